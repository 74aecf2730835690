//! The measures by name, and when each is settled.

use std::fmt;

use jiff::civil::Date;
use records::Month;

use crate::assess;

/// Days after receipt at which the match rate is taken.
pub const WINDOWS: [i32; 3] = [7, 28, 90];

/// Days after a review with concern within which a notice is looked for (N10b).
pub(super) const NOTICE_WITHIN_DAYS: i32 = 90;

/// Days after the end of the month in which a birth is due at which the birth should be known (N11): twelve weeks, by
/// when the new birth visit and the six-week review are past and their data submitted.
pub(super) const BIRTH_WITHIN_DAYS: i32 = 84;

/// Days after the end of a month at which its N01 to N04 are final.
const FINAL_AFTER_DAYS: i32 = 5;

/// A measure; see the [module](super).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs, reason = "the table of the module defines each")]
pub enum Measure {
    N01,
    N01w,
    N01r,
    N02,
    N03,
    N04,
    N05,
    N05Within7,
    N05Within28,
    N05Within90,
    N05r,
    N08,
    N08a,
    N08b,
    N08c,
    N10,
    N10b,
    N11,
}

impl Measure {
    /// The code in tables.
    pub const fn as_str(self) -> &'static str {
        match self {
            Measure::N01 => "N01",
            Measure::N01w => "N01w",
            Measure::N01r => "N01r",
            Measure::N02 => "N02",
            Measure::N03 => "N03",
            Measure::N04 => "N04",
            Measure::N05 => "N05",
            Measure::N05Within7 => "N05-7d",
            Measure::N05Within28 => "N05-28d",
            Measure::N05Within90 => "N05-90d",
            Measure::N05r => "N05r",
            Measure::N08 => "N08",
            Measure::N08a => "N08a",
            Measure::N08b => "N08b",
            Measure::N08c => "N08c",
            Measure::N10 => "N10",
            Measure::N10b => "N10b",
            Measure::N11 => "N11",
        }
    }

    /// What it is, for people.
    pub const fn words(self) -> &'static str {
        match self {
            Measure::N01 => "notices received",
            Measure::N01w => "withdrawn",
            Measure::N01r => "notices per 1,000 births",
            Measure::N02 => "valid",
            Measure::N03 => "duplicate messages",
            Measure::N04 => "late",
            Measure::N05 => "matched",
            Measure::N05Within7 => "matched within 7 days",
            Measure::N05Within28 => "matched within 28 days",
            Measure::N05Within90 => "matched within 90 days",
            Measure::N05r => "messages not matched",
            Measure::N08 => "found with SEN support or a plan",
            Measure::N08a => "found in a census",
            Measure::N08b => "found with SEN support",
            Measure::N08c => "found with a plan",
            Measure::N10 => "reviews matched",
            Measure::N10b => "review with concern, no notice within 90 days",
            Measure::N11 => "expected children found born",
        }
    }
}

impl fmt::Display for Measure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How settled a rate is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Maturity {
    /// Records of the month may still come, or have had too little time to match.
    Provisional,
    /// Every notice has had this many days to match; more may yet.
    Days(i32),
    /// No more change is expected.
    Final,
    /// Spans months of every age, or moves with each census.
    Rolling,
}

impl fmt::Display for Maturity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Maturity::Provisional => f.write_str("provisional"),
            Maturity::Days(days) => write!(f, "+{days} days"),
            Maturity::Final => f.write_str("final"),
            Maturity::Rolling => f.write_str("rolling"),
        }
    }
}

/// How settled a month's rate is on a day.
pub(super) fn maturity(measure: Measure, month: Option<Month>, as_at: Date) -> Maturity {
    let Some(month) = month else {
        return Maturity::Rolling;
    };
    let age = assess::days(month.first_day().last_of_month(), as_at);
    let final_after = |days| {
        if age >= days {
            Maturity::Final
        } else {
            Maturity::Provisional
        }
    };
    match measure {
        Measure::N08 | Measure::N08a | Measure::N08b | Measure::N08c => Maturity::Rolling,
        Measure::N01 | Measure::N01w | Measure::N01r | Measure::N02 | Measure::N03 | Measure::N04 => {
            final_after(FINAL_AFTER_DAYS)
        }
        Measure::N05Within7 => final_after(7),
        Measure::N05Within28 | Measure::N10 => final_after(28),
        Measure::N05Within90 | Measure::N10b => final_after(NOTICE_WITHIN_DAYS),
        Measure::N11 => final_after(BIRTH_WITHIN_DAYS),
        Measure::N05 | Measure::N05r => match WINDOWS.into_iter().rev().find(|&days| age >= days) {
            Some(days) => Maturity::Days(days),
            None => Maturity::Provisional,
        },
    }
}
