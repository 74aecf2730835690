//! The kinds of feed.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// What a feed's records are about. One connector crate reads one kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Notices under section 23 of the Children and Families Act 2014.
    Section23,
    /// The DfE school census, pupil level.
    SchoolCensus,
}

impl Kind {
    /// Every kind that this program reads, in the order in which they are listed to people.
    pub const ALL: [Kind; 2] = [Kind::Section23, Kind::SchoolCensus];

    /// The name used in configuration, mappings and the dataset.
    pub const fn as_str(self) -> &'static str {
        match self {
            Kind::Section23 => "section23",
            Kind::SchoolCensus => "school-census",
        }
    }

    /// What a person calls its records, in the plural.
    pub const fn plural(self) -> &'static str {
        match self {
            Kind::Section23 => "Section 23 notices",
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
#[error("not a kind of feed; the kinds are section23 and school-census")]
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
