//! The kinds of feed.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// What a feed's records are about. One connector crate reads one kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Notifications of pregnancies, and the births that end them.
    Pregnancy,
    /// Notices under section 23 of the Children and Families Act 2014.
    Section23,
    /// Health reviews at 2 to 2½ years, with ASQ-3.
    TwoYearReview,
    /// The DfE school census, pupil level.
    SchoolCensus,
}

impl Kind {
    /// Every kind that this program reads, in the order in which they are listed to people.
    pub const ALL: [Kind; 4] = [
        Kind::Pregnancy,
        Kind::Section23,
        Kind::TwoYearReview,
        Kind::SchoolCensus,
    ];

    /// The name used in configuration, mappings and the dataset.
    pub const fn as_str(self) -> &'static str {
        match self {
            Kind::Pregnancy => "pregnancy",
            Kind::Section23 => "section23",
            Kind::TwoYearReview => "two-year-review",
            Kind::SchoolCensus => "school-census",
        }
    }

    /// What a person calls its records, in the plural.
    pub const fn plural(self) -> &'static str {
        match self {
            Kind::Pregnancy => "pregnancy notifications and births",
            Kind::Section23 => "Section 23 notices",
            Kind::TwoYearReview => "2-2½-year reviews",
            Kind::SchoolCensus => "school census records",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The text is not the name of a kind.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a kind of feed; the kinds are pregnancy, section23, two-year-review and school-census")]
pub struct UnknownKind;

impl FromStr for Kind {
    type Err = UnknownKind;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Kind::ALL
            .into_iter()
            .find(|kind| kind.as_str() == text)
            .ok_or(UnknownKind)
    }
}
