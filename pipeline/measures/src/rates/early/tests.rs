use jiff::civil::date;
use records::IdentifierState;

use super::*;
use crate::{
    Maturity, Notice, SchoolFacts, Tier, assess,
    rates::match_rates,
    testing::{born, changed, pregnancy, review, with_settings},
};

/// The early measures of these records, as at 30 June 2026.
fn rates_of(notices: &[Notice], early: &Early, slices: &[Slice]) -> Vec<Rate> {
    with_settings(|settings| {
        let assessed = assess::assess(notices, &SchoolFacts::default(), &settings);
        rates(&assessed, early, &slices.iter().copied().collect(), &settings)
    })
}

fn lines(rates: &[Rate]) -> Vec<String> {
    rates
        .iter()
        .map(|rate| {
            let part = [
                rate.part.feed.clone(),
                rate.part.provider.clone(),
                rate.part.area.clone(),
                rate.part.month.map(|month| month.to_string()),
            ];
            let part: Vec<String> = part.into_iter().flatten().collect();
            let of = rate.denominator.unwrap_or_default();
            format!("{} {} {}/{of}", part.join(" "), rate.measure, rate.numerator)
                .trim()
                .to_owned()
        })
        .collect()
}

fn reviews(reviews: Vec<Review>) -> Early {
    Early {
        reviews,
        ..Early::default()
    }
}

fn pregnancies(pregnancies: Vec<Pregnancy>) -> Early {
    Early {
        pregnancies,
        ..Early::default()
    }
}

#[test]
fn matched_reviews_are_counted_out_of_valid_ones() {
    let matched = |id, tier| review(id, |r| r.record.link.tier = tier);
    let early = reviews(vec![
        matched("a", Tier::T1),
        matched("b", Tier::T4),
        matched("c", Tier::T4r),
        review("d", |_| {}),
        // Not valid: lives elsewhere; unknown where; nobody's code; no number and no postcode; no number and no sex.
        review("e", |r| r.record.la_code = Some("882".into())),
        review("f", |r| r.record.la_code = None),
        review("g", |r| r.record.provider = "V81999".into()),
        review("h", |r| {
            r.record.identifiers.nhs_number = IdentifierState::Absent;
            r.record.identifiers.postcode = IdentifierState::Absent;
        }),
        review("i", |r| {
            r.record.identifiers.nhs_number = IdentifierState::Invalid;
            r.record.has_sex = false;
        }),
        // Valid without a number: birth date, postcode and sex.
        review("j", |r| r.record.identifiers.nhs_number = IdentifierState::Absent),
    ]);
    let rates = rates_of(&[], &early, &[Slice::Total]);
    assert_eq!(lines(&rates), ["N10 2/5", "N10b 0/0"]);
    assert_eq!(rates[0].interval, wilson(2, 5));
    assert_eq!(rates[1].interval, None);
    assert_eq!(rates[0].maturity, Maturity::Rolling);
}

#[test]
fn reviews_are_parted_by_their_own_month_and_place() {
    let early = reviews(vec![
        review("a", |r| r.record.link.tier = Tier::T1),
        review("b", |r| r.day = date(2026, 6, 3)),
    ]);
    let rates = rates_of(
        &[],
        &early,
        &[
            Slice::Feed,
            Slice::Provider,
            Slice::Area,
            Slice::Month,
            Slice::ProviderMonth,
        ],
    );
    let n10: Vec<String> = lines(&rates)
        .into_iter()
        .filter(|line| line.contains("N10 "))
        .collect();
    assert_eq!(
        n10,
        [
            "2026-02 N10 1/1",
            "2026-06 N10 0/1",
            "881 N10 1/2",
            "RAJ N10 1/2",
            "RAJ 2026-02 N10 1/1",
            "RAJ 2026-06 N10 0/1",
            "csds-raj RAJ N10 1/2",
        ]
    );
    let settled: Vec<(String, String)> = rates
        .iter()
        .filter(|rate| rate.part.month.is_some() && rate.part.provider.is_none())
        .map(|rate| (rate.measure.to_string(), rate.maturity.to_string()))
        .collect();
    let pairs: Vec<(&str, &str)> = settled.iter().map(|(m, s)| (m.as_str(), s.as_str())).collect();
    assert_eq!(
        pairs,
        [
            ("N10", "final"),
            ("N10b", "final"),
            ("N10", "provisional"),
            ("N10b", "provisional"),
        ]
    );
}

#[test]
fn concern_without_a_notice_counts_children_once() {
    let concern = |id: &str, day| {
        review(id, |r| {
            r.below_expected = Some(1);
            r.day = day;
        })
    };
    let of_child = |mut review: Review, child: &str| {
        review.record.link.child_id = child.to_owned();
        review
    };
    let february = date(2026, 2, 3);
    let early = reviews(vec![
        concern("silent", february),
        concern("on the 90th day", february),
        concern("on the 91st day", february),
        concern("before", february),
        // Two reviews, one child; the notice is late for the first.
        concern("twice", date(2026, 1, 1)),
        of_child(concern("again", february), "child of twice"),
        // 89 and 90 days before 30 June.
        concern("too young", date(2026, 4, 2)),
        concern("just old enough", date(2026, 4, 1)),
        // No concern, and no band at all.
        review("well", |_| {}),
        review("no form", |r| r.below_expected = None),
    ]);
    let notice = |id: &str, child: &str, opinion| {
        changed(id, |s| {
            s.link.child_id = child.to_owned();
            s.opinion = opinion;
        })
    };
    let mut withdrawn = notice("w", "child of silent", february);
    withdrawn.state = crate::NoticeState::Withdrawn;
    let notices = [
        withdrawn,
        notice("1", "child of on the 90th day", date(2026, 5, 4)),
        notice("2", "child of on the 91st day", date(2026, 5, 5)),
        notice("3", "child of before", date(2024, 7, 1)),
        notice("4", "child of twice", date(2026, 4, 2)),
    ];
    let rates = rates_of(&notices, &early, &[Slice::Total]);
    // Of silent, 90th, 91st, before, twice and just old enough: silent, 91st, twice and just old enough.
    assert_eq!(lines(&rates), ["N10 0/10", "N10b 4/6"]);
}

#[test]
fn expected_children_are_counted_one_by_one() {
    let early = pregnancies(vec![
        pregnancy("found", |p| p.children = born(&["a"])),
        pregnancy("twins", |p| {
            p.fetuses = 2;
            p.children = born(&["b", "c"]);
        }),
        pregnancy("one of twins", |p| {
            p.fetuses = 2;
            p.children = born(&["d"]);
        }),
        // Twins were born of a pregnancy in which one was seen.
        pregnancy("surprise", |p| p.children = born(&["e", "f"])),
        pregnancy("silent", |_| {}),
        pregnancy("still expected", |p| {
            p.children = born(&["g"]);
            p.children[0].born = false;
        }),
        // None of these counts.
        pregnancy("ended", |p| p.ended = true),
        pregnancy("elsewhere", |p| p.la_code = Some("882".into())),
        pregnancy("no date", |p| p.edd_month = None),
        // March ended 91 days before the 30th of June, April 61.
        pregnancy("too young", |p| {
            p.edd_month = Some("2026-04".parse().expect("a month"))
        }),
    ]);
    let rates = rates_of(&[], &early, &[Slice::Total, Slice::Month]);
    assert_eq!(
        lines(&rates),
        ["N11 6/9", "2026-03 N11 6/9", "2026-04 N11 0/0"],
        "1/1 + 2/2 + 1/2 + 2/2 + 0/1 + 0/1"
    );
    assert_eq!(rates[0].interval, wilson(6, 9));
    assert_eq!(rates[1].maturity, Maturity::Final);
    assert_eq!(rates[2].maturity, Maturity::Provisional);
}

#[test]
fn a_pregnancy_that_two_services_notify_counts_once_in_the_whole() {
    let of = |id: &str, provider: &str, month: &str| {
        pregnancy(id, |p| {
            p.mother_id = "one".into();
            p.provider = provider.into();
            p.edd_month = Some(month.parse().expect("a month"));
            p.children = born(&["a"]);
        })
    };
    let early = pregnancies(vec![
        of("1", "RAJ", "2026-03"),
        of("2", "QH8", "2026-02"),
        // Her next pregnancy but one before, by the same trust, was lost: another pregnancy.
        pregnancy("3", |p| {
            p.mother_id = "one".into();
            p.edd_month = Some("2025-01".parse().expect("a month"));
            p.ended = true;
        }),
    ]);
    let rates = rates_of(&[], &early, &[Slice::Total, Slice::Provider]);
    assert_eq!(lines(&rates), ["N11 1/1", "QH8 N11 1/1", "RAJ N11 1/1"]);
}

#[test]
fn a_twin_who_was_not_born_alive_is_not_missing() {
    let twins = pregnancy("twins", |p| {
        p.fetuses = 2;
        p.children = born(&["a"]);
    });
    let lost = |month: &str| Early {
        not_live: vec![("mother of twins".to_owned(), month.parse().expect("a month"))],
        ..pregnancies(vec![twins.clone()])
    };
    let n11 = |early: &Early| lines(&rates_of(&[], early, &[Slice::Total]));
    assert_eq!(n11(&lost("2026-02")), ["N11 1/1"]);
    assert_eq!(n11(&lost("2025-06")), ["N11 1/2"], "of an earlier pregnancy");
}

#[test]
fn early_measures_follow_those_of_notices_part_by_part() {
    let early = Early {
        reviews: vec![review("a", |_| {})],
        pregnancies: vec![pregnancy("b", |_| {})],
        ..Early::default()
    };
    with_settings(|settings| {
        let notices = [changed("n", |_| {})];
        let assessed = assess::assess(&notices, &SchoolFacts::default(), &settings);
        let slices = BTreeSet::from([Slice::Total, Slice::Provider]);
        let rates = match_rates(&assessed, &early, &slices, &settings);
        let measures: Vec<String> = rates
            .iter()
            .filter(|rate| rate.part.provider.is_some() && rate.reason.is_none())
            .map(|rate| rate.measure.to_string())
            .collect();
        assert_eq!(measures.first().map(String::as_str), Some("N01"));
        assert_eq!(measures[measures.len() - 4..], ["N08c", "N10", "N10b", "N11"]);
        assert!(rates.is_sorted_by(|a, b| a.part <= b.part));
        // Without an early feed nothing is said of it.
        let none = match_rates(&assessed, &Early::default(), &slices, &settings);
        assert!(none.iter().all(|rate| rate.measure < Measure::N10));
    });
}
