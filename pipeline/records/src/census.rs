//! Which school census: a term of a calendar year.

use std::{fmt, str::FromStr};

use jiff::civil::{Date, Weekday, date};
use serde::{Deserialize, Serialize};

/// A census term.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Term {
    /// January.
    Spring,
    /// May.
    Summer,
    /// October.
    Autumn,
}

impl Term {
    /// The word used in a census's name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Term::Spring => "spring",
            Term::Summer => "summer",
            Term::Autumn => "autumn",
        }
    }

    /// The DfE code in the header of a return: `SPR`, `SUM`, `AUT`.
    pub const fn code(self) -> &'static str {
        match self {
            Term::Spring => "SPR",
            Term::Summer => "SUM",
            Term::Autumn => "AUT",
        }
    }
}

/// One school census, written `2025-spring`. Orders by time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Census {
    /// The calendar year of the census day.
    pub year: i16,
    /// The term.
    pub term: Term,
}

impl Census {
    /// The census of this term and calendar year; `None` outside 2000 to 2100, which no return can mean.
    pub fn new(year: i16, term: Term) -> Option<Self> {
        (2000..=2100).contains(&year).then_some(Census { year, term })
    }

    /// The census day: first Thursday of October, third Thursday of January or of May (DfE school census guide).
    ///
    /// ```
    /// use jiff::civil::date;
    /// use records::{Census, Term};
    ///
    /// assert_eq!(Census { year: 2025, term: Term::Spring }.day(), date(2025, 1, 16));
    /// assert_eq!(Census { year: 2026, term: Term::Summer }.day(), date(2026, 5, 21));
    /// assert_eq!(Census { year: 2026, term: Term::Autumn }.day(), date(2026, 10, 1));
    /// ```
    pub fn day(self) -> Date {
        let (month, week) = match self.term {
            Term::Spring => (1, 2),
            Term::Summer => (5, 2),
            Term::Autumn => (10, 0),
        };
        let first = date(self.year, month, 1);
        let to_thursday = (i32::from(Weekday::Thursday.to_monday_zero_offset())
            - i32::from(first.weekday().to_monday_zero_offset()))
        .rem_euclid(7);
        // At most the 21st of a month: always a day of that month.
        date(self.year, month, 1 + to_thursday as i8 + 7 * week)
    }
}

impl fmt::Display for Census {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{}", self.year, self.term.as_str())
    }
}

/// The text is not a census in the form `2025-spring`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a census in the form 2025-spring")]
pub struct NotACensus;

impl FromStr for Census {
    type Err = NotACensus;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (year, term) = text.split_once('-').ok_or(NotACensus)?;
        let term = [Term::Spring, Term::Summer, Term::Autumn]
            .into_iter()
            .find(|candidate| candidate.as_str() == term)
            .ok_or(NotACensus)?;
        Census::new(year.parse().map_err(|_| NotACensus)?, term).ok_or(NotACensus)
    }
}

impl From<Census> for String {
    fn from(census: Census) -> Self {
        census.to_string()
    }
}

impl TryFrom<String> for Census {
    type Error = NotACensus;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}
