//! A record: its payload, when it happened, and which of its versions this is.

use jiff::civil::{Date, DateTime};
use serde::{Deserialize, Serialize};

use crate::{EthnicGroup, Payload, Sex};

/// Orders the versions of one record: the sender's own time first. Ties are broken by content hash, which the
/// loader adds, so that the order in which files arrive never matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Version {
    time: DateTime,
    issued: Option<DateTime>,
}

impl Version {
    /// What the sender said at this time.
    pub const fn at(time: DateTime) -> Self {
        Version { time, issued: None }
    }

    /// What a submission for a reporting period says, by the period's last day and then by the time at which it
    /// was made: the refresh of a month comes after its primary submission and before the month that follows,
    /// whenever it was made.
    ///
    /// ```
    /// use jiff::civil::date;
    /// use records::Version;
    ///
    /// let march = |day| Version::of_period(date(2026, 3, 31), date(2026, 5, day).at(9, 0, 0, 0));
    /// let april = Version::of_period(date(2026, 4, 30), date(2026, 5, 2).at(9, 0, 0, 0));
    /// assert!(march(1) < march(28) && march(28) < april);
    /// ```
    pub const fn of_period(last_day: Date, issued: DateTime) -> Self {
        Version {
            time: last_day.at(0, 0, 0, 0),
            issued: Some(issued),
        }
    }

    /// The sender's time, or midnight of the last day of the reporting period.
    pub const fn time(self) -> DateTime {
        self.time
    }

    /// When the submission for a reporting period was made.
    pub const fn issued(self) -> Option<DateTime> {
        self.issued
    }
}

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
    /// The day that the record is about: opinion date, census day, review date, booking date, day of birth. The
    /// birth date of a child leaves the pseudonym stage only as a month, so that of a birth is the month's first.
    pub event_date: Date,
    /// When it reached the area, as the sender's file says; otherwise the loader takes the transport's time.
    pub received_date: Option<Date>,
    /// Sex of the child; unknown where the record is about a mother.
    pub sex: Sex,
    /// Ethnic group of the child; none where the record is about a mother.
    pub ethnic_group: Option<EthnicGroup>,
    /// The part of a snapshot that this record belongs to (`2025-spring/8812001`, `RAJ/2026-03`); absence from a later
    /// snapshot of the same scope deletes it. None in a delta.
    pub scope: Option<String>,
}
