//! A record: its payload, when it happened, and which of its versions this is.

use jiff::civil::{Date, DateTime};
use serde::{Deserialize, Serialize};

use crate::{EthnicGroup, Payload, Sex};

/// Orders the versions of one record: the sender's own time first. Ties are broken by content hash, which the
/// loader adds, so that the order in which files arrive never matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Version(pub DateTime);

/// Whether a version states its record or takes it back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum State {
    /// The record stands, and says this.
    Current(Box<Payload>),
    /// The sender took the record back. A tombstone, which may come before what it withdraws.
    Withdrawn,
}

/// One version of one record, with nobody named.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// Which version.
    pub version: Version,
    /// What it says.
    pub state: State,
    /// The day that the record is about: opinion date, census day.
    pub event_date: Date,
    /// When it reached the area, as the sender's file says; otherwise the loader takes the transport's time.
    pub received_date: Option<Date>,
    /// Sex of the child.
    pub sex: Sex,
    /// Ethnic group of the child.
    pub ethnic_group: Option<EthnicGroup>,
    /// The part of a snapshot that this record belongs to (`2025-spring/8812001`); absence from a later
    /// snapshot of the same scope deletes it. None in a delta.
    pub scope: Option<String>,
}
