//! What the measures know of the early feeds: reviews, notified pregnancies and births, nobody named.
//!
//! A withdrawn record, or one that a newer submission no longer holds, is not here: the early measures count what
//! stands.

use jiff::civil::Date;
use records::{IdentifierState, Identifiers, Month};

use crate::{
    Settings,
    notice::Link,
    validity::{Residence, is_described, lives},
};

/// The records of the early feeds that stand.
#[derive(Clone, Debug, Default)]
pub struct Early {
    /// Reviews.
    pub reviews: Vec<Review>,
    /// Notifications of pregnancies.
    pub pregnancies: Vec<Pregnancy>,
    /// Live births.
    pub births: Vec<Birth>,
    /// Births that were not live, by their mother, where she is known.
    pub not_live: Vec<(String, Month)>,
}

/// A record about one child.
#[derive(Clone, Debug)]
pub struct ChildRecord {
    /// Names the record; only compared and sorted.
    pub record_id: String,
    /// The feed that it came by.
    pub feed: String,
    /// ODS code of the body that sent it.
    pub provider: String,
    /// When it reached the area.
    pub received: Date,
    /// DfE code of the authority that the child's postcode lies in.
    pub la_code: Option<String>,
    /// Which identifiers of the child it bore.
    pub identifiers: Identifiers,
    /// Whether it says that the child is a boy or a girl.
    pub has_sex: bool,
    /// What linkage found.
    pub link: Link,
    /// How many nights it has been tried.
    pub tries: u32,
}

/// A 2-2½-year review.
#[derive(Clone, Debug)]
pub struct Review {
    /// The record.
    pub record: ChildRecord,
    /// When the child was seen.
    pub day: Date,
    /// How many domains of ASQ-3 are below the cut-off; none where there is no band.
    pub below_expected: Option<u8>,
}

/// A live birth.
#[derive(Clone, Debug)]
pub struct Birth {
    /// The record.
    pub record: ChildRecord,
    /// Whether a notification of the pregnancy stands that its child was born of. It is of the same kind, so that a
    /// match needs another still; but the child is known by more than its birth.
    pub has_notification: bool,
}

/// A notification of a pregnancy.
#[derive(Clone, Debug)]
pub struct Pregnancy {
    /// Names the record; only compared and sorted.
    pub record_id: String,
    /// The feed that it came by.
    pub feed: String,
    /// ODS code of the body that sent it.
    pub provider: String,
    /// When it reached the area.
    pub received: Date,
    /// The mother; only compared.
    pub mother_id: String,
    /// DfE code of the authority that her postcode lies in.
    pub la_code: Option<String>,
    /// Which identifiers of the mother it bore.
    pub identifiers: Identifiers,
    /// Month of the agreed due date.
    pub edd_month: Option<Month>,
    /// How many fetuses there are; 1 where nothing was said.
    pub fetuses: u8,
    /// Whether a loss, stillbirth, termination or move away is recorded.
    pub ended: bool,
    /// Whether a live birth is recorded as its outcome.
    pub born: bool,
    /// Its children: who is expected, and who was born.
    pub children: Vec<ExpectedChild>,
    /// How many nights it has been tried.
    pub tries: u32,
}

/// A child of a notified pregnancy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpectedChild {
    /// The child; only compared.
    pub child_id: String,
    /// Whether a record of the child itself stands: a birth, or one of another feed.
    pub born: bool,
}

impl ChildRecord {
    /// Whether it counts in a match rate: the child lives in our area, the sender was an open body on `day`, and the
    /// child is named by a valid NHS number, or by birth date and postcode with names or sex. The data sets that
    /// reviews come in have no names.
    pub(crate) fn is_valid(&self, day: Date, settings: &Settings<'_>) -> bool {
        self.residence(settings) == Residence::Ours
            && settings.organisations.is_live(&self.provider, day)
            && (self.identifiers.nhs_number == IdentifierState::Valid || self.is_described())
    }

    /// Whether it names its child without an NHS number.
    pub(crate) fn is_described(&self) -> bool {
        let place_and_day = [self.identifiers.birth_date, self.identifiers.postcode];
        is_described(&self.identifiers)
            || self.has_sex
                && place_and_day
                    .into_iter()
                    .all(|state| state == IdentifierState::Valid)
    }

    /// Where the child lives.
    pub(crate) fn residence(&self, settings: &Settings<'_>) -> Residence {
        lives(self.la_code.as_deref(), None, settings)
    }
}

impl Birth {
    /// Whether nothing else is known of the child: neither a notification of its pregnancy nor a record of another
    /// kind.
    pub(crate) fn is_unmatched(&self) -> bool {
        !self.has_notification && !self.record.link.is_match()
    }
}

impl Pregnancy {
    /// Where the mother lives.
    pub(crate) fn residence(&self, settings: &Settings<'_>) -> Residence {
        lives(self.la_code.as_deref(), None, settings)
    }

    /// Whether nobody was found and nobody is expected any more, though neither a loss nor a move is recorded.
    pub(crate) fn is_silent(&self) -> bool {
        !self.ended && self.children.is_empty()
    }
}
