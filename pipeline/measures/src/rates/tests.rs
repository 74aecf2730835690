use jiff::civil::date;
use records::{Census, IdentifierState, Term};

use super::*;
use crate::{
    Births, Notice, NoticeState, SchoolFact, SchoolFacts, assess,
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
        match_rates(
            &assessed,
            &Early::default(),
            &slices.iter().copied().collect(),
            &settings,
        )
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
    let of =
        |measure, month: &str| maturity(measure, Some(month.parse().expect("a month")), as_at).to_string();
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
        let rates = match_rates(
            &assessed,
            &Early::default(),
            &BTreeSet::from([Slice::Total]),
            &settings,
        );
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
        let rates = match_rates(&assessed, &Early::default(), &slices, &settings);
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
