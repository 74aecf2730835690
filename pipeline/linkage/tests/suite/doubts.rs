//! What people are asked adds up to what linkage weighed, and says nothing of who is meant.

use std::collections::{BTreeMap, BTreeSet};

use sendlink_linkage::{Asked, Bar, Bearers, Decisions, Entry, Settings, Tier, Weight, link};

use crate::{
    area::area,
    encoder::{Made, record_id},
};

#[test]
fn a_waterfall_adds_up_to_the_weight_that_left_a_pair_open() {
    let entries: Vec<Entry> = area(4_000, 11).into_iter().map(|told| told.entry).collect();
    let linkage = link(&entries, &Decisions::default(), &Settings::default(), &()).unwrap();
    assert!(linkage.summary.model.trained);
    let cluster: BTreeMap<_, _> = linkage
        .links
        .iter()
        .map(|link| (link.subject.record, link.cluster))
        .collect();
    let mut records: BTreeMap<u32, usize> = BTreeMap::new();
    for of in cluster.values() {
        *records.entry(*of).or_default() += 1;
    }
    let candidates: BTreeMap<_, _> = linkage
        .review
        .iter()
        .map(|pair| ((pair.left, pair.right), pair.weight))
        .collect();
    let (mut asked, mut alone, mut rare) = (0, 0, 0);
    for doubt in &linkage.doubts {
        assert!(doubt.left < doubt.right);
        assert_ne!(cluster[&doubt.left], cluster[&doubt.right]);
        if matches!(doubt.asked, Asked::Refused(..)) {
            continue;
        }
        let comparison = &doubt.comparison;
        let Some(weight) = candidates.get(&(doubt.left, doubt.right)) else {
            continue;
        };
        assert_eq!(comparison.weight(), *weight);
        asked += 1;
        rare += usize::from(comparison.fields.iter().any(|field| field.rarity != Weight(0)));
        // Of two lone records nothing is left over but rounding, one step a part, unless the birth dates conflict and
        // hold the weight below acceptance.
        let lone = |record| records[&cluster[record]] == 1;
        if lone(&doubt.left) && lone(&doubt.right) && *weight < Weight(4 * Weight::STEPS - 1) {
            alone += 1;
            assert!(comparison.others.0.abs() <= 8, "{comparison:?}");
        }
    }
    assert!(asked > 20 && alone > 10 && rare > 10, "{asked} {alone} {rare}");
    let pairs: BTreeSet<_> = linkage
        .doubts
        .iter()
        .map(|doubt| (doubt.left, doubt.right))
        .collect();
    assert_eq!(
        pairs.len(),
        linkage.doubts.len(),
        "two children are asked about once"
    );
}

#[test]
fn a_refused_union_is_asked_about_until_a_person_has_decided() {
    let made = |born: &str| Made {
        nhs_number: "9990000018".into(),
        forename: "Wanda".into(),
        surname: "Ashcombe".into(),
        born: born.into(),
        postcode: "ZX1 2AB".into(),
        ..Made::default()
    };
    let entries = [
        made("2020-05-14").entry("1", 1, None),
        made("2018-11-03").entry("2", 2, None),
    ];
    let run = |decisions: &Decisions| link(&entries, decisions, &Settings::default(), &()).unwrap();
    let asked = run(&Decisions::default());
    let [doubt] = asked.doubts.as_slice() else {
        panic!("{:?}", asked.doubts)
    };
    assert_eq!(doubt.asked, Asked::Refused(Tier::T1, Bar::BirthDatesDiffer));
    assert_eq!(doubt.comparison.birth_gap, Some(558));
    assert_eq!(doubt.comparison.fields[2].agreement, "another date");

    let (one, other) = (record_id("1"), record_id("2"));
    let apart = Decisions {
        apart: vec![sendlink_linkage::Apart::Records(one, other)],
        ..Decisions::default()
    };
    assert_eq!(run(&apart).doubts, []);
    let same = Decisions {
        same: vec![(one, other)],
        ..Decisions::default()
    };
    let joined = run(&same);
    assert_eq!((joined.clusters, joined.doubts), (1, vec![]));
}

#[test]
fn a_count_is_told_in_bands() {
    for (count, band) in [
        (0, Bearers::Below10),
        (9, Bearers::Below10),
        (10, Bearers::Below100),
        (99, Bearers::Below100),
        (100, Bearers::Below1000),
        (999, Bearers::Below1000),
        (1_000, Bearers::From1000),
    ] {
        assert_eq!(Bearers::of(count), band, "{count}");
    }
}
