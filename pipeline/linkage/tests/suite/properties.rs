//! What holds for any records: order does not matter, what is barred stays apart, strangers change nothing.

use std::collections::BTreeMap;

use proptest::prelude::*;
use sendlink_linkage::{Apart, Decisions, Entry, Linkage, RecordId, Settings, link};

use crate::{
    area::area,
    encoder::{Made, nhs_token, upn_token},
};

/// Records of few people with few values, so that everything collides with everything.
fn records() -> impl Strategy<Value = Vec<(Made, u8, Option<u32>)>> {
    let pick = |values: &'static [&'static str]| prop::sample::select(values).prop_map(str::to_owned);
    let record = (
        (
            pick(&["", "", "", "N1", "N2", "N3"]),
            any::<bool>(),
            pick(&["", "", "U1", "U2"]),
            pick(&["", "", "U1", "U3"]),
        ),
        (
            pick(&["", "Wanda", "Wanda", "Beatrix", "Wendy"]),
            pick(&["", "Ashcombe", "Ashcombe", "Tillbrook"]),
        ),
        (
            pick(&["", "2020-05-04", "2020-05-04", "2020-04-05", "2018-11-23"]),
            pick(&["", "ZX1 2AB", "ZX1 2AB", "ZX2 3CD"]),
        ),
        (
            pick(&["", "M", "F"]),
            pick(&["", "", "N2"]),
            pick(&["", "2019-01-01", "2025-01-16", "2025-01-16"]),
        ),
        (1_u8..=2, prop::option::weighted(0.2, 0_u32..2)),
    );
    let made = record.prop_map(
        |(ids, (forename, surname), (born, postcode), (sex, mother, event), (kind, source))| {
            let (nhs_number, inconclusive, upn, former_upn) = ids;
            let made = Made {
                nhs_number,
                inconclusive,
                upn,
                former_upn,
                forename,
                surname,
                born,
                postcode,
                sex,
                mother,
                event,
                ..Made::default()
            };
            (made, kind, source)
        },
    );
    prop::collection::vec(made, 0..14)
}

fn entries(records: &[(Made, u8, Option<u32>)]) -> Vec<Entry> {
    records
        .iter()
        .enumerate()
        .map(|(at, (made, kind, source))| made.entry(&format!("{at}"), *kind, *source))
        .collect()
}

fn run(entries: &[Entry], decisions: &Decisions) -> Linkage {
    link(entries, decisions, &Settings::default(), &()).expect("a linkage")
}

/// The clusters as sets of records, each named by its smallest.
fn children(outcome: &Linkage) -> BTreeMap<RecordId, RecordId> {
    let mut first: BTreeMap<u32, RecordId> = BTreeMap::new();
    let mut children = BTreeMap::new();
    for link in &outcome.links {
        children.insert(
            link.subject.record,
            *first.entry(link.cluster).or_insert(link.subject.record),
        );
    }
    children
}

fn decisions() -> Decisions {
    Decisions {
        apart: vec![
            Apart::Persons(nhs_token("N1"), upn_token("U2")),
            Apart::Persons(upn_token("U1"), upn_token("U3")),
        ],
        ..Decisions::default()
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn order_does_not_matter(records in records(), turn in 0_usize..14) {
        let entries = entries(&records);
        let mut turned = entries.clone();
        turned.rotate_left(turn.min(entries.len()));
        turned.reverse();
        let (one, other) = (run(&entries, &decisions()), run(&turned, &decisions()));
        prop_assert_eq!(one.links, other.links);
        prop_assert_eq!(one.review, other.review);
        prop_assert_eq!(one.refused, other.refused);
        prop_assert_eq!(one.doubts, other.doubts);
    }

    #[test]
    fn no_two_records_of_a_child_are_barred(records in records()) {
        let entries = entries(&records);
        let outcome = run(&entries, &decisions());
        let child = children(&outcome);
        for (at, a) in entries.iter().enumerate() {
            for b in entries.iter().skip(at + 1).filter(|b| child[&a.record] == child[&b.record]) {
                let ((one, kind, source), (other, ..)) = (&records[at], &records[position(&entries, b)]);
                let mothers: Vec<&String> = records.iter().map(|(made, ..)| &made.mother).collect();
                let own = |made: &Made| !made.nhs_number.is_empty() && !mothers.contains(&&made.nhs_number);
                let nobodys = |made: &Made| number_of_many(&records, &made.nhs_number);
                let numbers_differ = own(one) && own(other) && !nobodys(one) && !nobodys(other)
                    && one.nhs_number != other.nhs_number;
                prop_assert!(!numbers_differ, "two NHS numbers: {one:?} {other:?}");
                let one_day = !one.event.is_empty() && one.event == other.event;
                let upns_differ = !one.upn.is_empty() && !other.upn.is_empty() && one.upn != other.upn;
                prop_assert!(!(one_day && upns_differ), "two UPNs on one day: {one:?} {other:?}");
                prop_assert!(source.is_none() || a.source != b.source, "one source ({kind}): {one:?} {other:?}");
                let born_after = |a: &Made, b: &Made| !a.born.is_empty() && !b.event.is_empty() && a.born > b.event;
                prop_assert!(!born_after(one, other) && !born_after(other, one), "born after: {one:?} {other:?}");
                let twins = one.born == other.born && !one.born.is_empty()
                    && (one.surname == other.surname && !one.surname.is_empty()
                        || one.postcode == other.postcode && !one.postcode.is_empty())
                    && one.forename.starts_with('W') && other.forename == "Beatrix"
                    && !share_upn(one, other);
                prop_assert!(!twins, "twins: {one:?} {other:?}");
                // A record that bears both of a listed pair counts as the one that it bears first.
                let first = |made: &Made| own(made) && made.nhs_number == "N1" && !nobodys(made);
                let second = |made: &Made| made.upn == "U2" && made.nhs_number != "N1";
                prop_assert!(!(first(one) && second(other)), "listed: {one:?} {other:?}");
                prop_assert!(!(one.upn == "U3" && other.upn == "U1"), "listed: {one:?} {other:?}");
            }
        }
    }

    #[test]
    fn a_stranger_changes_nothing(records in records()) {
        let mut entries = entries(&records);
        let before = run(&entries, &decisions());
        let stranger = Made {
            nhs_number: "N9".to_owned(),
            upn: "U9".to_owned(),
            forename: "Lionel".to_owned(),
            surname: "Prewett".to_owned(),
            born: "2015-07-31".to_owned(),
            postcode: "ZX9 8YZ".to_owned(),
            ..Made::default()
        };
        let stranger = stranger.entry("stranger", 2, None);
        entries.push(stranger.clone());
        let after = run(&entries, &decisions());
        let after: Vec<_> = after.links.iter().filter(|link| link.subject.record != stranger.record).collect();
        prop_assert_eq!(before.links.len(), after.len());
        for (before, after) in before.links.iter().zip(after) {
            prop_assert_eq!((before.tier, before.weight, before.evidence), (after.tier, after.weight, after.evidence));
        }
    }
}

/// The number is on three dates of which no two are near.
fn number_of_many(records: &[(Made, u8, Option<u32>)], number: &str) -> bool {
    let dates: std::collections::BTreeSet<&str> = records
        .iter()
        .filter(|(made, ..)| made.nhs_number == number && !made.born.is_empty())
        .map(|(made, ..)| {
            if made.born.starts_with("2018") {
                "2018"
            } else {
                "2020"
            }
        })
        .collect();
    dates.len() > 2
}

fn share_upn(a: &Made, b: &Made) -> bool {
    let upns = |made: &Made| [made.upn.clone(), made.former_upn.clone()];
    upns(a).iter().any(|upn| !upn.is_empty() && upns(b).contains(upn))
}

fn position(entries: &[Entry], entry: &Entry) -> usize {
    entries
        .iter()
        .position(|other| other.record == entry.record)
        .expect("one of them")
}

#[test]
fn a_trained_linkage_does_not_depend_on_order_or_threads() {
    let entries: Vec<Entry> = area(1_500, 3).into_iter().map(|told| told.entry).collect();
    let mut turned = entries.clone();
    turned.reverse();
    turned.rotate_left(700);
    let one = run(&entries, &Decisions::default());
    let pool = rayon_pool(1);
    let other = pool.install(|| run(&turned, &Decisions::default()));
    assert!(one.summary.model.trained);
    assert_eq!(one.links, other.links);
    assert_eq!(one.review, other.review);
    assert_eq!(one.doubts, other.doubts);
    assert_eq!(one.summary, other.summary);
}

fn rayon_pool(threads: usize) -> rayon::ThreadPool {
    rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build()
        .expect("a pool")
}

#[test]
fn a_record_sent_twice_is_refused_and_a_stop_is_obeyed() {
    struct Impatient;
    impl sendlink_linkage::Watch for Impatient {
        fn cancelled(&self) -> bool {
            true
        }
    }
    let entry = Made {
        forename: "Wanda".to_owned(),
        ..Made::default()
    }
    .entry("1", 1, None);
    let twice = [entry.clone(), entry.clone()];
    let outcome = link(&twice, &Decisions::default(), &Settings::default(), &());
    assert_eq!(outcome.err(), Some(sendlink_linkage::LinkError::DuplicateRecord));
    let outcome = link(&[entry], &Decisions::default(), &Settings::default(), &Impatient);
    assert_eq!(outcome.err(), Some(sendlink_linkage::LinkError::Cancelled));
}

#[test]
fn nothing_links_to_nothing() {
    let outcome = run(&[], &decisions());
    assert!(outcome.links.is_empty() && outcome.clusters == 0);
}
