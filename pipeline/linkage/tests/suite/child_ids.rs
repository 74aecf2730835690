//! Child ids from night to night.

use std::collections::BTreeMap;

use proptest::prelude::*;
use sendlink_linkage::{
    AnchorRank, CarriedOver, CarryOverError, ChildId, Event, Evidence, Fate, KnownChild, Link, Linkage,
    RecordId, Subject, Tier, Weight, Yesterday, carry_over,
};

/// A night whose clusters are the words of a text and whose records are their letters. The first letter of the
/// alphabet is the smallest record.
fn night(clusters: &str) -> Linkage {
    let mut links: Vec<Link> = clusters
        .split_whitespace()
        .enumerate()
        .flat_map(|(cluster, records)| records.bytes().map(move |record| (cluster, record)))
        .map(|(cluster, record)| Link {
            subject: id(record),
            cluster: cluster as u32,
            tier: Tier::T0,
            weight: Weight::default(),
            evidence: Evidence::default(),
            anchor: AnchorRank::Record,
        })
        .collect();
    links.sort_by_key(|link| link.subject);
    // Clusters are numbered in the order of their smallest record.
    let mut numbers: BTreeMap<u32, u32> = BTreeMap::new();
    for link in &mut links {
        let next = numbers.len() as u32;
        link.cluster = *numbers.entry(link.cluster).or_insert(next);
    }
    Linkage {
        links,
        clusters: numbers.len() as u32,
        ..Linkage::default()
    }
}

fn id(record: u8) -> Subject {
    Subject {
        record: RecordId([record; 16]),
        number: 0,
    }
}

/// The child that a record anchors is written as the capital of its letter.
fn mint(anchor: Subject) -> ChildId {
    ChildId([anchor.record.0[0].to_ascii_uppercase(); 16])
}

fn carry(clusters: &str, yesterday: &Yesterday) -> CarriedOver {
    carry_over(&mut night(clusters), yesterday, &mint).expect("ids for all")
}

/// What is published, as the next night's yesterday.
fn published(carried: &CarriedOver, yesterday: &Yesterday, now: i64) -> Yesterday {
    let since: BTreeMap<ChildId, i64> = yesterday
        .children
        .iter()
        .map(|child| (child.child, child.since))
        .collect();
    Yesterday {
        children: carried
            .children
            .iter()
            .map(|state| KnownChild {
                child: state.child,
                anchor: state.anchor,
                since: since.get(&state.child).copied().unwrap_or(now),
                merged_into: match state.fate {
                    Fate::MergedInto(into) => Some(into),
                    _ => None,
                },
            })
            .collect(),
        members: carried
            .members
            .iter()
            .map(|member| (member.subject, member.child))
            .collect(),
    }
}

/// Runs nights one after another and pictures the last: `record:child` in the order of records.
fn nights(clusters: &[&str]) -> (String, CarriedOver) {
    let mut yesterday = Yesterday::default();
    let mut carried = CarriedOver::default();
    for (now, clusters) in (0_i64..).zip(clusters) {
        carried = carry(clusters, &yesterday);
        yesterday = published(&carried, &yesterday, now);
    }
    (picture(&carried), carried)
}

fn picture(carried: &CarriedOver) -> String {
    let pairs: Vec<String> = carried
        .members
        .iter()
        .map(|member| {
            format!(
                "{}{}",
                char::from(member.subject.record.0[0]),
                char::from(member.child.0[0])
            )
        })
        .collect();
    pairs.join(" ")
}

fn fate(carried: &CarriedOver, child: u8) -> Option<Fate> {
    carried
        .children
        .iter()
        .find(|state| state.child == ChildId([child; 16]))
        .map(|state| state.fate)
}

fn event(carried: &CarriedOver, record: u8) -> Event {
    carried
        .members
        .iter()
        .find(|member| member.subject == id(record))
        .expect("a member")
        .event
}

#[test]
fn a_new_child_is_named_after_its_anchor() {
    let (picture, carried) = nights(&["ab c"]);
    assert_eq!(picture, "aA bA cC");
    assert_eq!(
        (event(&carried, b'b'), fate(&carried, b'A')),
        (Event::New, Some(Fate::New))
    );
    assert_eq!(carried.members.iter().filter(|member| member.anchor).count(), 2);
}

#[test]
fn the_best_anchor_bears_a_number() {
    let mut night = night("abc");
    night.links[1].anchor = AnchorRank::Upn;
    night.links[2].anchor = AnchorRank::NhsNumber;
    let carried = carry_over(&mut night, &Yesterday::default(), &mint).expect("an id");
    assert_eq!(picture(&carried), "aC bC cC");
}

#[test]
fn an_id_is_made_once_and_stays() {
    // b names the child before a is known.
    assert_eq!(nights(&["bc", "abc"]).0, "aB bB cB");
}

#[test]
fn a_merge_keeps_the_older_id_and_redirects_the_other() {
    let (picture, carried) = nights(&["cd", "ab cd", "abcd"]);
    assert_eq!(picture, "aC bC cC dC");
    assert_eq!(fate(&carried, b'A'), Some(Fate::MergedInto(ChildId([b'C'; 16]))));
    assert_eq!(
        event(&carried, b'a'),
        Event::Merged {
            from: ChildId([b'A'; 16])
        }
    );
    assert_eq!(event(&carried, b'c'), Event::Kept);
}

#[test]
fn of_two_as_old_the_one_with_more_records_stays() {
    assert_eq!(nights(&["a bcd", "abcd"]).0, "aB bB cB dB");
}

#[test]
fn a_split_keeps_the_id_with_the_anchor_however_small_its_part() {
    let (picture, carried) = nights(&["abcd", "a bcd"]);
    assert_eq!(picture, "aA bB cB dB");
    assert_eq!(
        event(&carried, b'c'),
        Event::Split {
            from: ChildId([b'A'; 16])
        }
    );
    assert_eq!(
        (fate(&carried, b'A'), fate(&carried, b'B')),
        (Some(Fate::Current), Some(Fate::New))
    );
}

#[test]
fn what_was_merged_and_comes_apart_has_its_id_back() {
    let (picture, carried) = nights(&["ab cd", "abcd", "ab cd"]);
    assert_eq!(picture, "aA bA cC dC");
    assert_eq!(fate(&carried, b'C'), Some(Fate::Back));
    assert_eq!(
        event(&carried, b'd'),
        Event::Split {
            from: ChildId([b'A'; 16])
        }
    );
}

#[test]
fn without_its_anchor_a_child_goes_on_with_most_of_its_records() {
    assert_eq!(nights(&["abcde", "b cde"]).0, "bB cA dA eA");
}

#[test]
fn an_anchor_that_comes_back_takes_its_id_back() {
    // a is withdrawn, its child goes on in b and c; then a is there again, alone.
    let (picture, carried) = nights(&["abc", "bc", "a bc"]);
    assert_eq!(picture, "aA bB cB");
    assert_eq!(
        event(&carried, b'b'),
        Event::Split {
            from: ChildId([b'A'; 16])
        }
    );
}

#[test]
fn a_record_that_changes_sides_is_moved() {
    let (picture, carried) = nights(&["abc de", "ab cde"]);
    assert_eq!(picture, "aA bA cD dD eD");
    assert_eq!(
        event(&carried, b'c'),
        Event::Moved {
            from: ChildId([b'A'; 16])
        }
    );
}

#[test]
fn a_child_without_records_is_gone_and_known() {
    let (_, carried) = nights(&["a b", "b"]);
    assert_eq!(fate(&carried, b'A'), Some(Fate::Gone));
    let (picture, carried) = nights(&["a b", "b", "ac b"]);
    assert_eq!(
        (picture.as_str(), fate(&carried, b'A')),
        ("aA bB cA", Some(Fate::Back))
    );
}

#[test]
fn redirects_lead_to_the_child_of_today() {
    // C into B, then B into A; c is withdrawn.
    let (_, carried) = nights(&["ad", "ad be", "ad be c", "ad bec", "ad be", "adbe"]);
    assert_eq!(fate(&carried, b'C'), Some(Fate::MergedInto(ChildId([b'A'; 16]))));
    assert_eq!(fate(&carried, b'B'), Some(Fate::MergedInto(ChildId([b'A'; 16]))));
}

#[test]
fn children_of_another_key_are_an_error_and_not_a_second_child_of_one_id() {
    let yesterday = Yesterday {
        children: vec![KnownChild {
            child: mint(id(b'b')),
            anchor: id(b'z'),
            since: 0,
            merged_into: None,
        }],
        members: Vec::new(),
    };
    assert_eq!(
        carry_over(&mut night("b"), &yesterday, &mint),
        Err(CarryOverError::NoFreeId)
    );
    // Another record's id is taken where there is one.
    assert_eq!(picture(&carry("bc", &yesterday)), "bC cC");
}

/// A night of the records `a` to `h`, each in one of five clusters or withdrawn.
fn any_night() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::option::weighted(0.85, 0_usize..5), 8).prop_map(|places| {
        let mut words = vec![String::new(); 5];
        for (record, place) in (b'a'..).zip(places) {
            if let Some(word) = place.and_then(|place| words.get_mut(place)) {
                word.push(char::from(record));
            }
        }
        words.join(" ")
    })
}

proptest! {
    #[test]
    fn any_history_has_one_id_a_cluster_and_stands_still_when_nothing_changes(
        history in prop::collection::vec(any_night(), 1..6),
    ) {
        let mut yesterday = Yesterday::default();
        for (now, clusters) in (0_i64..).zip(&history) {
            let mut night = night(clusters);
            let carried = carry_over(&mut night, &yesterday, &mint).expect("ids for all");
            let mut child_of: BTreeMap<u32, ChildId> = BTreeMap::new();
            for (link, member) in night.links.iter().zip(&carried.members) {
                prop_assert_eq!(link.subject, member.subject);
                prop_assert_eq!(*child_of.entry(link.cluster).or_insert(member.child), member.child);
            }
            let mut ids: Vec<ChildId> = child_of.values().copied().collect();
            ids.sort();
            ids.dedup();
            prop_assert_eq!(ids.len(), child_of.len(), "one id for one cluster");

            // A child with records is current, a redirect leads to one, and an anchor's id is where the anchor is.
            for state in &carried.children {
                let current = ids.contains(&state.child);
                match state.fate {
                    Fate::New | Fate::Current | Fate::Back => prop_assert!(current),
                    Fate::MergedInto(into) => prop_assert!(!current && ids.contains(&into)),
                    Fate::Gone => prop_assert!(!current),
                }
                if let Some(anchor) = carried.members.iter().find(|member| member.subject == state.anchor) {
                    let now = match state.fate {
                        Fate::MergedInto(into) => into,
                        _ => state.child,
                    };
                    prop_assert_eq!(anchor.child, now);
                }
            }
            for (child, _) in yesterday.children.iter().map(|known| (known.child, ())) {
                prop_assert!(carried.children.iter().any(|state| state.child == child), "no child is forgotten");
            }

            yesterday = published(&carried, &yesterday, now);
            let again = carry_over(&mut night, &yesterday, &mint).expect("ids for all");
            prop_assert_eq!(picture(&again), picture(&carried));
            prop_assert!(again.members.iter().all(|member| member.event == Event::Kept));
        }
    }
}
