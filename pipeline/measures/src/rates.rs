//! The match rates: measures N01 to N05, N08, N10 and N11, with intervals.
//!
//! | measure | numerator | denominator |
//! |---|---|---|
//! | N01 | notices received, duplicates counted once | |
//! | N01w | messages taken back by their sender | |
//! | N01r | notices of the twelve months to the as-at date | live births of a year; the rate is per 1,000 |
//! | N02 | valid notices; with a reason V01 to V06, the notices with that first fault | N01 |
//! | N03 | messages that repeat a notice | messages |
//! | N04 | notices received late after the opinion | N01 |
//! | N05 | matched notices; with a tier or a reason, the notices of that tier or reason | valid notices without an objection |
//! | N05-7d, N05-28d, N05-90d | matched within so many days of receipt | of these, the notices that old, whose days were watched |
//! | N05r | messages with this reason for not being matched | messages |
//! | N08 | found in a census with SEN support or a plan | of N05's notices, the matured |
//! | N08a, N08b, N08c | found in a census at all, with support, with a plan | the same |
//!
//! | N10 | matched reviews | valid reviews |
//! | N10b | of these children, those of whom no notice stands whose opinion was formed within 90 days of the first such review, or before it | children with a valid review 90 days old or older that has a domain below the cut-off |
//! | N11 | expected children who were found born | children expected of pregnancies whose due month ended twelve weeks ago or earlier, without those of a recorded loss, stillbirth, termination or move, or of a mother who lives elsewhere |
//!
//! A notice or a review is *matched* when its child also holds a current record of another kind. Months are months
//! of receipt for notices, of the review for reviews, and of the due date for pregnancies. A pregnancy that two
//! services notify counts once, and for each of them.

mod early;
mod measure;
mod tally;

use std::collections::{BTreeMap, BTreeSet};

use jiff::{ToSpan, civil::Date};
use records::Month;

use self::measure::maturity;
pub use self::measure::{Maturity, Measure, WINDOWS};
use self::tally::Tally;
use crate::{Assessed, Early, Interval, Settings, Standing, Tier, notice::Stated};

/// The area of a notice that does not say where the child lives.
pub const UNKNOWN_AREA: &str = "unknown";

/// By what records are parted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Slice {
    /// All together.
    Total,
    /// By feed, and the provider within it.
    Feed,
    /// By provider.
    Provider,
    /// By the authority where the child lives.
    Area,
    /// By month: see the [module](self).
    Month,
    /// By provider and month.
    ProviderMonth,
    /// By authority and month.
    AreaMonth,
}

impl Slice {
    /// Every slice.
    pub const ALL: [Slice; 7] = [
        Slice::Total,
        Slice::Feed,
        Slice::Provider,
        Slice::Area,
        Slice::Month,
        Slice::ProviderMonth,
        Slice::AreaMonth,
    ];
}

/// Which part of the records a rate speaks of; what is none is not parted by. Orders with wholes before parts.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Part {
    /// The feed.
    pub feed: Option<String>,
    /// The code of the body that answers today.
    pub provider: Option<String>,
    /// DfE code of the authority where the child lives, or [`UNKNOWN_AREA`].
    pub area: Option<String>,
    /// The month: see the [module](self).
    pub month: Option<Month>,
}

/// One number with what it was made from.
#[derive(Clone, Debug, PartialEq)]
pub struct Rate {
    /// What was measured.
    pub measure: Measure,
    /// Of which records.
    pub part: Part,
    /// The tier that the numerator is confined to.
    pub tier: Option<Tier>,
    /// The reason or fault that the numerator is confined to: `R01` to `R11`, `V01` to `V06`.
    pub reason: Option<&'static str>,
    /// How many.
    pub numerator: u64,
    /// Of how many; none for a plain count.
    pub denominator: Option<u64>,
    /// The share with Wilson's interval, or for N01r the rate per 1,000 with Byar's; none for a plain count and
    /// where the denominator is 0.
    pub interval: Option<Interval>,
    /// How settled it is.
    pub maturity: Maturity,
}

/// Counts every measure over every part that the slices make, wholes first, then by part and measure. Tiers
/// and reasons that nothing fell under are left out; totals of notices never are. The measures of an early feed
/// are counted where it has records.
pub fn match_rates(
    assessed: &[Assessed<'_>],
    early: &Early,
    slices: &BTreeSet<Slice>,
    settings: &Settings<'_>,
) -> Vec<Rate> {
    let mut rates = notice_rates(assessed, slices, settings);
    rates.extend(early::rates(assessed, early, slices, settings));
    // Stable: what a measure says of tiers and reasons stays together.
    rates.sort_by(|a, b| (&a.part, a.measure).cmp(&(&b.part, b.measure)));
    rates
}

fn notice_rates(assessed: &[Assessed<'_>], slices: &BTreeSet<Slice>, settings: &Settings<'_>) -> Vec<Rate> {
    let mut tallies: BTreeMap<Part, Tally> = BTreeMap::new();
    if slices.contains(&Slice::Total) {
        tallies.insert(Part::default(), Tally::default());
    }
    for message in assessed {
        for &slice in slices {
            tallies
                .entry(part(message, slice, settings))
                .or_default()
                .add(message, settings);
        }
    }
    tallies
        .iter()
        .flat_map(|(part, tally)| tally.rates(part, settings))
        .collect()
}

fn part(message: &Assessed<'_>, slice: Slice, settings: &Settings<'_>) -> Part {
    let area = match &message.standing {
        Standing::Current(judgement) => area(judgement.stated, settings),
        Standing::Withdrawn => UNKNOWN_AREA,
    };
    let whose = Whose {
        feed: &message.notice.feed,
        provider: &message.provider,
        area,
        month: Month::of(message.notice.received),
    };
    whose.part(slice)
}

/// What a record is parted by.
#[derive(Clone, Copy, Debug)]
struct Whose<'a> {
    feed: &'a str,
    provider: &'a str,
    area: &'a str,
    month: Month,
}

impl Whose<'_> {
    /// The part of a slice that the record belongs to.
    fn part(&self, slice: Slice) -> Part {
        let provider = || Some(self.provider.to_owned());
        let area = || Some(self.area.to_owned());
        let month = Some(self.month);
        let whole = Part::default();
        match slice {
            Slice::Total => whole,
            Slice::Feed => Part {
                feed: Some(self.feed.to_owned()),
                provider: provider(),
                ..whole
            },
            Slice::Provider => Part {
                provider: provider(),
                ..whole
            },
            Slice::Area => Part {
                area: area(),
                ..whole
            },
            Slice::Month => Part { month, ..whole },
            Slice::ProviderMonth => Part {
                provider: provider(),
                month,
                ..whole
            },
            Slice::AreaMonth => Part {
                area: area(),
                month,
                ..whole
            },
        }
    }
}

/// The authority: by postcode; else as stated, by its DfE code where it is ours, else by its ONS code.
fn area<'a>(stated: &'a Stated, settings: &'a Settings<'_>) -> &'a str {
    match (&stated.la_code, &stated.la_gss) {
        (Some(code), _) => code,
        (None, Some(gss)) => settings.la_gss.get(gss).unwrap_or(gss),
        (None, None) => UNKNOWN_AREA,
    }
}

/// The day after which the year ends that N01r counts.
fn year_before(as_at: Date) -> Date {
    as_at.saturating_sub(1.year())
}

/// Births of a part; none where they are not configured or do not apply to it.
fn births(part: &Part, settings: &Settings<'_>) -> Option<u64> {
    let births = &settings.births;
    match part {
        Part {
            feed: None,
            month: None,
            provider: None,
            area: None,
        } => settings
            .la_codes
            .iter()
            .map(|code| births.by_area.get(code).copied())
            .sum(),
        Part {
            feed: None,
            month: None,
            provider: None,
            area: Some(area),
        } => births.by_area.get(area).copied(),
        Part {
            feed: None,
            month: None,
            provider: Some(provider),
            area: None,
        } => births.by_provider.get(provider).copied(),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
