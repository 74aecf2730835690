//! The match rates: measures N01 to N05 and N08, with intervals.
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
//! A notice is *matched* when its child also holds a current record of another kind. Months are months of
//! receipt.

mod tally;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use jiff::{ToSpan, civil::Date};
use records::Month;

use self::tally::Tally;
use crate::{Assessed, Interval, Settings, Standing, Tier, assess, notice::Stated};

/// Days after receipt at which the match rate is taken.
pub const WINDOWS: [i32; 3] = [7, 28, 90];

/// Days after the end of a month at which its N01 to N04 are final.
const FINAL_AFTER_DAYS: i32 = 5;

/// The area of a notice that does not say where the child lives.
pub const UNKNOWN_AREA: &str = "unknown";

/// A measure; see the [module](self).
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
        }
    }
}

impl fmt::Display for Measure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// By what the notices are parted.
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
    /// By month of receipt.
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

/// Which part of the notices a rate speaks of; what is none is not parted by. Orders with wholes before parts.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Part {
    /// The feed.
    pub feed: Option<String>,
    /// The code of the body that answers today.
    pub provider: Option<String>,
    /// DfE code of the authority where the child lives, or [`UNKNOWN_AREA`].
    pub area: Option<String>,
    /// The month of receipt.
    pub month: Option<Month>,
}

/// How settled a rate is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Maturity {
    /// Notices of the month may still come, or have had less than 7 days to match.
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

/// One number with what it was made from.
#[derive(Clone, Debug, PartialEq)]
pub struct Rate {
    /// What was measured.
    pub measure: Measure,
    /// Of which notices.
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
/// and reasons that nothing fell under are left out; totals never are.
pub fn match_rates(
    assessed: &[Assessed<'_>],
    slices: &BTreeSet<Slice>,
    settings: &Settings<'_>,
) -> Vec<Rate> {
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
    let feed = || Some(message.notice.feed.clone());
    let provider = || Some(message.provider.clone());
    let month = || Some(Month::of(message.notice.received));
    let area = || {
        Some(match &message.standing {
            Standing::Current(judgement) => area(judgement.stated, settings).to_owned(),
            Standing::Withdrawn => UNKNOWN_AREA.to_owned(),
        })
    };
    let whole = Part::default();
    match slice {
        Slice::Total => whole,
        Slice::Feed => Part {
            feed: feed(),
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
        Slice::Month => Part {
            month: month(),
            ..whole
        },
        Slice::ProviderMonth => Part {
            provider: provider(),
            month: month(),
            ..whole
        },
        Slice::AreaMonth => Part {
            area: area(),
            month: month(),
            ..whole
        },
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

/// How settled a month's rate is on a day.
fn maturity(measure: Measure, month: Option<Month>, as_at: Date) -> Maturity {
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
        Measure::N05Within28 => final_after(28),
        Measure::N05Within90 => final_after(90),
        Measure::N05 | Measure::N05r => match WINDOWS.into_iter().rev().find(|&days| age >= days) {
            Some(days) => Maturity::Days(days),
            None => Maturity::Provisional,
        },
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
mod tests {
    use jiff::civil::date;
    use records::{Census, IdentifierState, Term};

    use super::*;
    use crate::{
        Births, Notice, NoticeState, SchoolFact, SchoolFacts,
        testing::{changed, with_settings},
    };

    /// Ten messages, counted by hand: see each line.
    fn messages() -> Vec<Notice> {
        let matched = |id: &str, tier: Tier, on: Date| {
            changed(id, |s| {
                s.link.tier = tier;
                s.link.matched_on = Some(on);
            })
        };
        let mut late = changed("05-late", |s| s.opinion = date(2026, 2, 1));
        late.received = date(2026, 3, 2); // 29 days
        let mut on_time = changed("06-28-days", |s| s.opinion = date(2026, 2, 2));
        on_time.received = date(2026, 3, 2);
        let mut merged = changed("07-merged-trust", |s| {
            s.identifiers.nhs_number = IdentifierState::Absent
        });
        merged.provider = "RDD".into(); // closed: not valid, but counted with RAJ
        let mut withdrawn = changed("10-withdrawn", |_| {});
        withdrawn.state = NoticeState::Withdrawn;
        vec![
            matched("01-same-day", Tier::T1, date(2026, 3, 4)),
            matched("02-day-7", Tier::T3, date(2026, 3, 11)),
            matched("03-day-8", Tier::T4, date(2026, 3, 12)),
            changed("04-unmatched", |_| {}),
            late,
            on_time,
            merged,
            changed("08-twice", |s| s.link.child_id = "child of 04-unmatched".into()),
            changed("09-objection", |s| s.parent_objection = true),
            withdrawn,
        ]
    }

    fn rates_of(notices: &[Notice], slices: &[Slice]) -> Vec<Rate> {
        with_settings(|settings| {
            let assessed = assess::assess(notices, &SchoolFacts::default(), &settings);
            match_rates(&assessed, &slices.iter().copied().collect(), &settings)
        })
    }

    fn lines(rates: &[Rate]) -> Vec<String> {
        rates
            .iter()
            .map(|rate| {
                let of = rate.denominator.map(|d| format!("/{d}")).unwrap_or_default();
                let tier = rate.tier.map(|t| format!(" {t}")).unwrap_or_default();
                let reason = rate.reason.map(|r| format!(" {r}")).unwrap_or_default();
                format!("{}{tier}{reason} {}{of}", rate.measure, rate.numerator)
            })
            .collect()
    }

    #[test]
    fn every_measure_counts_what_it_says() {
        let rates = rates_of(&messages(), &[Slice::Total]);
        let expected = [
            "N01 8",
            "N01w 1",
            "N02 7/8",
            "N02 V03 1/8",
            "N03 1/9",
            "N04 1/8",
            "N05 3/6",
            "N05 T1 1/6",
            "N05 T3 1/6",
            "N05 T4 1/6",
            "N05 T0 3/6",
            "N05 R03 3/6",
            "N05-7d 2/6",
            "N05-28d 3/6",
            "N05-90d 3/6",
            "N05r R03 3/9",
            "N05r R04 1/9",
            "N05r R09 1/9",
            "N05r R10 1/9",
            "N08 0/0",
            "N08a 0/0",
            "N08b 0/0",
            "N08c 0/0",
        ];
        assert_eq!(lines(&rates), expected);
        assert!(rates.iter().all(|rate| rate.maturity == Maturity::Rolling));
        let half = rates
            .iter()
            .find(|r| r.measure == Measure::N05)
            .and_then(|r| r.interval);
        assert_eq!(half, crate::wilson(3, 6));
        assert!(
            rates
                .iter()
                .filter(|r| r.measure == Measure::N08)
                .all(|r| r.interval.is_none())
        );
    }

    #[test]
    fn tiers_add_up_to_the_denominator_and_reasons_to_the_rest() {
        for rates in [
            rates_of(&messages(), &Slice::ALL),
            rates_of(&messages(), &[Slice::Area, Slice::ProviderMonth]),
        ] {
            let parts: BTreeSet<&Part> = rates.iter().map(|rate| &rate.part).collect();
            for part in parts {
                let of = |measure| {
                    rates
                        .iter()
                        .filter(move |r| r.part == *part && r.measure == measure)
                };
                let whole = of(Measure::N05)
                    .find(|r| r.tier.is_none() && r.reason.is_none())
                    .expect("a total");
                let tiers: u64 = of(Measure::N05)
                    .filter(|r| r.tier.is_some())
                    .map(|r| r.numerator)
                    .sum();
                let reasons: u64 = of(Measure::N05)
                    .filter(|r| r.reason.is_some())
                    .map(|r| r.numerator)
                    .sum();
                assert_eq!(Some(tiers), whole.denominator, "{part:?}");
                assert_eq!(Some(whole.numerator + reasons), whole.denominator, "{part:?}");
            }
        }
    }

    #[test]
    fn a_merged_trust_counts_with_its_successor() {
        let rates = rates_of(&messages(), &[Slice::Provider]);
        let providers: BTreeSet<_> = rates.iter().map(|rate| rate.part.provider.clone()).collect();
        assert_eq!(providers, BTreeSet::from([Some("RAJ".to_owned())]));
        assert_eq!(rates[0].numerator, 8);
    }

    #[test]
    fn the_order_of_the_messages_changes_nothing() {
        let mut turned = messages();
        turned.reverse();
        assert_eq!(rates_of(&turned, &Slice::ALL), rates_of(&messages(), &Slice::ALL));
    }

    #[test]
    fn a_window_counts_only_days_that_were_watched() {
        // First night 1 January, as at 30 June 2026.
        let received = |id: &str, day: Date| {
            let mut notice = changed(id, |s| {
                s.link.tier = Tier::T1;
                s.link.matched_on = Some(date(2026, 1, 1).max(day));
            });
            notice.received = day;
            notice
        };
        let rates = rates_of(
            &[
                received("a", date(2025, 12, 4)), // 28 days before the first night: known from day 28 on
                received("b", date(2025, 12, 25)), // 7 days before it
                received("c", date(2026, 6, 23)), // 7 days old
                received("d", date(2026, 6, 24)), // 6 days old: matched, but not old enough
            ],
            &[Slice::Total],
        );
        let window = |measure| {
            rates
                .iter()
                .find(|r| r.measure == measure)
                .map(|r| (r.numerator, r.denominator))
                .expect("a rate")
        };
        assert_eq!(window(Measure::N05Within7), (2, Some(2)));
        assert_eq!(window(Measure::N05Within28), (2, Some(2)));
        assert_eq!(window(Measure::N05Within90), (2, Some(2)));
    }

    #[test]
    fn months_settle() {
        let as_at = date(2026, 6, 30);
        let of = |measure, month: &str| {
            maturity(measure, Some(month.parse().expect("a month")), as_at).to_string()
        };
        assert_eq!(of(Measure::N01, "2026-06"), "provisional");
        assert_eq!(of(Measure::N01, "2026-05"), "final");
        assert_eq!(of(Measure::N05, "2026-06"), "provisional");
        assert_eq!(of(Measure::N05, "2026-05"), "+28 days");
        assert_eq!(of(Measure::N05, "2026-04"), "+28 days");
        assert_eq!(of(Measure::N05, "2026-03"), "+90 days");
        assert_eq!(of(Measure::N05Within28, "2026-06"), "provisional");
        assert_eq!(of(Measure::N08, "2020-01"), "rolling");
        assert_eq!(maturity(Measure::N05, None, as_at), Maturity::Rolling);
    }

    #[test]
    fn matured_notices_are_looked_for_in_the_census() {
        let old = |id: &str| changed(id, |s| s.birth_month = Some("2021-08".parse().expect("a month")));
        let notices = [old("a"), old("b"), old("c"), changed("young", |_| {})];
        let census = Census {
            year: 2025,
            term: Term::Autumn,
        };
        let at_school = |id: &str, provision: &str| SchoolFact {
            child_id: format!("child of {id}"),
            census,
            enrol_status: Some("C".into()),
            sen_provision: Some(provision.into()),
        };
        let school = SchoolFacts::new(
            [(census, "881".to_owned())],
            [at_school("a", "K"), at_school("b", "N"), at_school("young", "E")],
        );
        with_settings(|settings| {
            let assessed = assess::assess(&notices, &school, &settings);
            let rates = match_rates(&assessed, &BTreeSet::from([Slice::Total]), &settings);
            let found: Vec<String> = lines(&rates)
                .into_iter()
                .filter(|l| l.starts_with("N08"))
                .collect();
            assert_eq!(found, ["N08 1/3", "N08a 2/3", "N08b 1/3", "N08c 0/3"]);
        });
    }

    #[test]
    fn volume_is_a_years_notices_over_a_years_births() {
        with_settings(|mut settings| {
            settings.births = Births {
                by_area: BTreeMap::from([("881".to_owned(), 16_000)]),
                by_provider: BTreeMap::new(),
            };
            let mut old = changed("old", |_| {});
            old.received = date(2025, 6, 30);
            let mut first = changed("first", |_| {});
            first.received = date(2025, 7, 1);
            let notices = [old, first];
            let assessed = assess::assess(&notices, &SchoolFacts::default(), &settings);
            let slices = BTreeSet::from([Slice::Total, Slice::Area, Slice::Provider, Slice::Month]);
            let rates = match_rates(&assessed, &slices, &settings);
            let volumes: Vec<_> = rates.iter().filter(|r| r.measure == Measure::N01r).collect();
            assert_eq!(
                volumes.len(),
                2,
                "the whole and the area; births of a provider or a month are not known"
            );
            for rate in volumes {
                assert_eq!((rate.numerator, rate.denominator), (1, Some(16_000)));
                assert_eq!(rate.interval.map(|i| i.value), Some(0.0625));
            }
        });
    }

    #[test]
    fn no_notices_give_totals_of_nothing() {
        let rates = rates_of(&[], &Slice::ALL);
        assert!(
            rates
                .iter()
                .all(|rate| rate.numerator == 0 && rate.interval.is_none())
        );
        assert_eq!(rates.first().map(|rate| rate.measure), Some(Measure::N01));
    }
}
