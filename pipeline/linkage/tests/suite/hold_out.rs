//! What a second linkage without NHS numbers says of the first.

use sendlink_linkage::{
    Decisions, Entry, NhsNumberEncoding, Settings, SexEncoding, Token, hold_out, implausible, link,
};

use crate::area::{CENSUS, NOTICE, Told, area};

/// An area in which half the children's records all bear their NHS number.
fn numbered(seed: u64) -> Vec<Told> {
    let mut told = area(3_000, seed);
    for told in &mut told {
        if told.child % 2 == 0
            && let Some(child) = &mut told.entry.encoding.child
        {
            child.nhs_number = Some(NhsNumberEncoding {
                token: Token(u128::from(told.child + 1).to_le_bytes()),
                conclusive: true,
            });
        }
    }
    told
}

#[test]
fn what_is_hidden_is_found_again_and_decoys_are_not() {
    let told = numbered(21);
    let mut entries: Vec<Entry> = told.iter().map(|told| told.entry.clone()).collect();
    let first = link(&entries, &Decisions::default(), &Settings::default(), &()).unwrap();
    let held_out = hold_out(&mut entries, &Decisions::default(), &Settings::default(), &()).unwrap();

    let has_other = |one: &Told| {
        told.iter()
            .any(|other| other.child == one.child && other.entry.kind != one.entry.kind)
    };
    for kind in [NOTICE, CENSUS] {
        let hidden = told
            .iter()
            .filter(|told| told.entry.kind == kind && told.child % 2 == 0 && has_other(told))
            .count() as u64;
        let (all, found) = held_out.found[&kind];
        assert_eq!(all, hidden, "every record whose number another kind bears");
        assert!(found * 100 >= all * 90 && found < all, "{found} of {all}");
        let (matched, right) = held_out.right[&kind];
        assert!(
            matched > 500 && right * 100 >= matched * 99,
            "{right} of {matched}"
        );
    }
    let (decoys, matched) = held_out.decoys;
    assert_eq!(decoys, told.len() as u64 / 50);
    assert!(matched * 50 <= decoys, "{matched} of {decoys}");

    // The numbers had found what the second linkage missed.
    let matched = |linkage: &sendlink_linkage::Linkage| {
        linkage.links.iter().filter(|link| link.tier.is_match()).count()
    };
    let second = link(&entries, &Decisions::default(), &Settings::default(), &()).unwrap();
    assert!(matched(&first) > matched(&second));
}

#[test]
fn a_match_of_another_sex_or_year_is_implausible() {
    let mut told = numbered(22);
    let linked = |told: &[Told]| {
        let mut entries: Vec<Entry> = told.iter().map(|told| told.entry.clone()).collect();
        entries.sort_by_key(|entry| entry.record);
        let linkage = link(&entries, &Decisions::default(), &Settings::default(), &()).unwrap();
        (implausible(&entries, &linkage), linkage)
    };
    let (before, linkage) = linked(&told);
    let matched = linkage.links.iter().filter(|link| link.tier.is_match()).count() as u64;
    assert_eq!(before.values().map(|(matched, _)| matched).sum::<u64>(), matched);

    // Ten notices with a number, of which five are given another sex, and five another year of birth.
    let pairs: Vec<usize> = (0..told.len())
        .filter(|at| {
            let one = &told[*at];
            let others = || told.iter().filter(|other| other.child == one.child);
            one.entry.kind == NOTICE
                && one.child.is_multiple_of(2)
                && one.noise.is_empty()
                && others().count() == 2
                && others().all(|other| other.noise.is_empty())
        })
        .take(10)
        .collect();
    assert_eq!(pairs.len(), 10);
    for (nth, at) in pairs.into_iter().enumerate() {
        let child = told[at].entry.encoding.child.as_mut().unwrap();
        if nth < 5 {
            child.sex = match child.sex.unwrap() {
                SexEncoding::M => Some(SexEncoding::F),
                SexEncoding::F => Some(SexEncoding::M),
            };
        } else {
            child.birth.as_mut().unwrap().day_number += 400;
        }
    }
    let (after, _) = linked(&told);
    for kind in [NOTICE, CENSUS] {
        assert_eq!(after[&kind].0, before[&kind].0, "the numbers still match them");
        assert_eq!(after[&kind].1, before[&kind].1 + 10, "both sides of each");
    }
}

#[test]
fn nothing_to_hide_says_nothing() {
    let held_out = hold_out(&mut Vec::new(), &Decisions::default(), &Settings::default(), &()).unwrap();
    assert_eq!(held_out, sendlink_linkage::HoldOut::default());
    let mut one: Vec<Entry> = numbered(3).into_iter().take(1).map(|told| told.entry).collect();
    let held_out = hold_out(&mut one, &Decisions::default(), &Settings::default(), &()).unwrap();
    assert_eq!(held_out, sendlink_linkage::HoldOut::default());
}
