//! How good linkage is, told of every group of children: what share of records matched, and what share of the matches is
//! right and of the children found, as the weights expect.
//!
//! After the guidance for information about linking data sets (GUILD; Gilbert and others, Journal of Public Health 40,
//! 2018), which asks for match rates and errors by group, as those whom linkage misses are seldom like the others.

use std::collections::BTreeMap;

use dataset::{
    Facts, Tier, Weight,
    facts::{RecordFact, RecordState},
};
use jiff::civil::Date;
use records::{IdentifierState, Profile, Sex};

use crate::{FactsError, Interval, wilson};

/// Fewer children than this are not told apart by what they are: a small group and its rest could be somebody known.
const FEWEST: u64 = 10;

/// What a figure says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum QualityMeasure {
    /// Of the records of a child, the share that is matched with a record of another kind.
    MatchRate,
    /// Of the matched records, the share that is matched rightly, as their weights expect.
    ExpectedPrecision,
    /// Of the records that have a match, the share that was found, as the weights of the matches and of the best
    /// candidates of the others expect. What no key brought together is not among them.
    ExpectedRecall,
    /// Of the records, the share with a valid NHS number.
    NhsNumberValid,
}

impl QualityMeasure {
    /// Every measure.
    pub const ALL: [QualityMeasure; 4] = [
        QualityMeasure::MatchRate,
        QualityMeasure::ExpectedPrecision,
        QualityMeasure::ExpectedRecall,
        QualityMeasure::NhsNumberValid,
    ];

    /// Its name in tables.
    pub const fn as_str(self) -> &'static str {
        match self {
            QualityMeasure::MatchRate => "match rate",
            QualityMeasure::ExpectedPrecision => "expected precision",
            QualityMeasure::ExpectedRecall => "expected recall",
            QualityMeasure::NhsNumberValid => "valid NHS number",
        }
    }
}

/// By what records are divided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum QualitySlice {
    /// Not at all.
    Total,
    /// By feed.
    Feed,
    /// By the body that sent them.
    Provider,
    /// By tier; the tiers that are no match are left out.
    Tier,
    /// By completed years of age of the child on the day, 5 and more together.
    Age,
    /// By sex.
    Sex,
    /// By ethnic group.
    EthnicGroup,
    /// By decile of deprivation of the small area where the child lived.
    Deprivation,
}

impl QualitySlice {
    /// Its name in tables.
    pub const fn as_str(self) -> &'static str {
        match self {
            QualitySlice::Total => "total",
            QualitySlice::Feed => "feed",
            QualitySlice::Provider => "provider",
            QualitySlice::Tier => "tier",
            QualitySlice::Age => "age",
            QualitySlice::Sex => "sex",
            QualitySlice::EthnicGroup => "ethnic group",
            QualitySlice::Deprivation => "deprivation decile",
        }
    }

    /// Whether it divides by what children are, and small groups must not show.
    const fn is_of_children(self) -> bool {
        matches!(
            self,
            QualitySlice::Age | QualitySlice::Sex | QualitySlice::EthnicGroup | QualitySlice::Deprivation
        )
    }
}

/// One figure about one group of records.
#[derive(Clone, Debug, PartialEq)]
pub struct QualityFigure {
    /// What it says.
    pub measure: QualityMeasure,
    /// By what the records are divided.
    pub slice: QualitySlice,
    /// Which part; blank for all.
    pub part: String,
    /// How many, of how many, and the share with its 95% interval; none where the group is too small to be shown.
    pub counted: Option<(u64, u64, Interval)>,
}

/// A record of a child as these figures take it.
struct Told<'f> {
    feed: &'f str,
    provider: &'f str,
    profile: &'f Profile,
    tier: Tier,
    probability: f64,
}

/// The figures of the records of children that stand, but school records: most pupils have a record of no other kind,
/// and are to have none.
///
/// # Errors
/// [`FactsError`] where a link has no tier that is known here.
pub fn quality(facts: &Facts, as_at: Date) -> Result<Vec<QualityFigure>, FactsError> {
    let mut tallies: BTreeMap<(QualityMeasure, QualitySlice, String), (f64, f64)> = BTreeMap::new();
    for told in told(facts)? {
        let (matched, found) = if told.tier.is_match() {
            (1.0, told.probability)
        } else {
            (0.0, 0.0)
        };
        let valid = told.profile.identifiers.nhs_number == IdentifierState::Valid;
        for (slice, part) in parts(&told, as_at) {
            let mut count = |measure, count: f64, of: f64| {
                let tally = tallies.entry((measure, slice, part.clone())).or_default();
                tally.0 += count;
                tally.1 += of;
            };
            if slice == QualitySlice::Tier {
                count(QualityMeasure::ExpectedPrecision, found, matched);
                continue;
            }
            count(QualityMeasure::MatchRate, matched, 1.0);
            count(QualityMeasure::ExpectedPrecision, found, matched);
            count(QualityMeasure::ExpectedRecall, found, found.max(told.probability));
            count(QualityMeasure::NhsNumberValid, f64::from(u8::from(valid)), 1.0);
        }
    }
    Ok(tallies
        .into_iter()
        .filter(|(_, (_, of))| *of > 0.0)
        .map(|((measure, slice, part), (count, of))| {
            let (count, of) = (count.round() as u64, of.round() as u64);
            let is_small = |count: u64| count > 0 && count < FEWEST;
            let rest = of.saturating_sub(count);
            let hidden = slice.is_of_children()
                && (is_small(of)
                    || measure == QualityMeasure::MatchRate && (is_small(count) || is_small(rest)));
            QualityFigure {
                measure,
                slice,
                part,
                counted: wilson(count, of)
                    .filter(|_| !hidden)
                    .map(|interval| (count, of, interval)),
            }
        })
        .collect())
}

fn told(facts: &Facts) -> Result<Vec<Told<'_>>, FactsError> {
    let notices = facts.notices.iter().filter_map(|fact| {
        let tier = fact.tier.as_deref()?;
        Some((
            fact.state,
            fact.record_id.0,
            (&*fact.feed, &*fact.provider, &fact.profile),
            (tier, fact.weight),
        ))
    });
    notices
        .chain(facts.reviews.iter().filter_map(of_fact))
        .chain(facts.births.iter().filter_map(of_fact))
        .filter(|(state, ..)| *state == RecordState::Current)
        .map(|(_, record, (feed, provider, profile), (tier, weight))| {
            Ok(Told {
                feed,
                provider,
                profile,
                tier: tier.parse().map_err(|_| FactsError::Tier {
                    record_id: crate::facts::hex(&record),
                })?,
                probability: weight.map_or(0.0, |weight| Weight(weight).probability()),
            })
        })
        .collect()
}

/// A record's state, id, origin and link as they are stored.
type Stored<'f> = (
    RecordState,
    [u8; 16],
    (&'f str, &'f str, &'f Profile),
    (&'f str, Option<i32>),
);

fn of_fact<S>(fact: &RecordFact<S>) -> Option<Stored<'_>> {
    let link = fact.links.first()?;
    Some((
        fact.state,
        fact.record_id.0,
        (&fact.feed, &fact.provider, &fact.profile),
        (&link.tier, link.weight),
    ))
}

/// The groups that a record is in.
fn parts(told: &Told<'_>, as_at: Date) -> Vec<(QualitySlice, String)> {
    let profile = told.profile;
    let unknown = || "not known".to_owned();
    let age = profile.birth_month.map_or_else(unknown, |month| {
        let months = records::Month::of(as_at).months_since(month);
        match months.div_euclid(12) {
            ..0 => unknown(),
            years @ 0..5 => years.to_string(),
            _ => "5 and more".to_owned(),
        }
    });
    let sex = match profile.sex {
        Sex::U => unknown(),
        sex => sex.as_str().to_owned(),
    };
    vec![
        (QualitySlice::Total, String::new()),
        (QualitySlice::Feed, told.feed.to_owned()),
        (QualitySlice::Provider, told.provider.to_owned()),
        (QualitySlice::Tier, told.tier.as_str().to_owned()),
        (QualitySlice::Age, age),
        (QualitySlice::Sex, sex),
        (
            QualitySlice::EthnicGroup,
            profile
                .ethnic_group
                .map_or_else(unknown, |group| group.as_str().to_owned()),
        ),
        (
            QualitySlice::Deprivation,
            profile
                .area
                .imd_decile
                .map_or_else(unknown, |decile| format!("{decile:02}")),
        ),
    ]
}
