//! What a second linkage without NHS numbers says of the first.

use sendlink_linkage::{Decisions, Entry, NhsNumberEncoding, Settings, Token, hold_out, link};

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
fn nothing_to_hide_says_nothing() {
    let held_out = hold_out(&mut Vec::new(), &Decisions::default(), &Settings::default(), &()).unwrap();
    assert_eq!(held_out, sendlink_linkage::HoldOut::default());
    let mut one: Vec<Entry> = numbered(3).into_iter().take(1).map(|told| told.entry).collect();
    let held_out = hold_out(&mut one, &Decisions::default(), &Settings::default(), &()).unwrap();
    assert_eq!(held_out, sendlink_linkage::HoldOut::default());
}
