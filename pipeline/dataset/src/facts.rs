//! What measures are made from: notices with their links, and the school records of children.

use std::collections::BTreeSet;

use jiff::civil::Date;
use linkage::{ChildId, RecordId};
use records::{Census, Kind, Location, Profile, Section23Notice, payload::SchoolNeed};

use crate::{Store, StoreError};

/// How a record stands in the vault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RecordState {
    /// It stands.
    Current,
    /// Its sender took it back.
    Withdrawn,
    /// A newer snapshot of its scope no longer holds it.
    Absent,
}

/// Everything that measures may know of one notice, withdrawn ones included.
#[derive(Clone, Debug, PartialEq)]
pub struct NoticeFact {
    /// The record.
    pub record_id: RecordId,
    /// Its feed.
    pub feed: String,
    /// Who sent it.
    pub provider: String,
    /// The delivery that its current version came in, by number and label.
    pub delivery: i64,
    /// The label of that delivery.
    pub delivery_label: String,
    /// Where it stood there.
    pub location: Location,
    /// How it stands.
    pub state: RecordState,
    /// The day of the opinion; of the withdrawal, where the notice itself never came.
    pub event_date: Date,
    /// When the notice first reached the area.
    pub received_date: Date,
    /// What may be known of the child.
    pub profile: Profile,
    /// What it says; none where only its withdrawal came.
    pub notice: Option<Section23Notice>,
    /// The sender's reference, sealed; the seal is bound to record id and version.
    pub sealed_reference: Option<Vec<u8>>,
    /// The version that the seal is bound to.
    pub version: records::Version,
    /// Its child; none where it does not stand or was not linked yet.
    pub child_id: Option<ChildId>,
    /// The tier of its link.
    pub tier: Option<String>,
    /// The weight of its link, in 1/1024 bit.
    pub weight: Option<i32>,
    /// What joined it, or kept it from being joined.
    pub evidence: Option<String>,
    /// Since when it has been joined so.
    pub linked_on: Option<Date>,
    /// The kinds of the other records of its child that stand, its own kind left out.
    pub matched_kinds: BTreeSet<Kind>,
    /// The day of the first run that held it.
    pub first_seen: Date,
    /// How many runs have tried to match it: finished runs since it was first held, that one included.
    pub tries: u64,
}

/// One school record of a child.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchoolFact {
    /// The child.
    pub child_id: ChildId,
    /// The record.
    pub record_id: RecordId,
    /// Which census.
    pub census: Census,
    /// Its reference date.
    pub census_date: Date,
    /// When it reached the area.
    pub received_date: Date,
    /// LAESTAB of the school.
    pub school: String,
    /// National curriculum year.
    pub nc_year: Option<String>,
    /// Whether the pupil was on the roll.
    pub on_roll: bool,
    /// Enrolment status.
    pub enrol_status: Option<String>,
    /// `N`, `K`, `E`, or a code of years past.
    pub sen_provision: Option<String>,
    /// Needs by rank.
    pub needs: Vec<SchoolNeed>,
}

/// A census of which something is loaded.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CensusLoaded {
    /// Which census.
    pub census: Census,
    /// The authority's code, the first three digits of its schools' LAESTABs.
    pub la_code: String,
    /// How many schools.
    pub schools: u64,
    /// How many pupil records.
    pub records: u64,
}

impl Store {
    /// Every Section 23 notice that ever came and was not erased, by record id.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn notice_facts(&self) -> Result<Vec<NoticeFact>, StoreError> {
        Err(StoreError::unfinished())
    }

    /// The school records of every child that has a notice, ordered by child, census and record.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn school_facts(&self) -> Result<Vec<SchoolFact>, StoreError> {
        Err(StoreError::unfinished())
    }

    /// Which censuses are loaded, by authority.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn censuses_loaded(&self) -> Result<Vec<CensusLoaded>, StoreError> {
        Err(StoreError::unfinished())
    }
}
