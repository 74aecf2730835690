//! What holds for any pregnancies, births and reviews of few mothers.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use sendlink_linkage::{
    ChildId, Decisions, Entry, Event, Fate, KnownChild, Linkage, PregnancyState, RecordId, Settings, Subject,
    Yesterday, carry_over, link,
};

use crate::encoder::{Made, Notified, day_number, record_id};

/// A record, its name and its kind.
type Told = (String, u8, Made);

/// Few mothers, days and numbers, so that everything collides with everything.
fn family(fetuses: std::ops::RangeInclusive<u8>) -> impl Strategy<Value = Vec<Told>> {
    prop::collection::vec(record(fetuses), 0..14).prop_map(|records| {
        records
            .into_iter()
            .enumerate()
            .map(|(at, (kind, made))| (format!("{at}"), kind, made))
            .collect()
    })
}

fn record(fetuses: std::ops::RangeInclusive<u8>) -> impl Strategy<Value = (u8, Made)> {
    let pick = |values: &'static [&'static str]| prop::sample::select(values).prop_map(str::to_owned);
    let notification = (
        pick(&["", "2020-05-20", "2020-06-05", "2021-04-01"]),
        pick(&["", "", "", "2020-05-14"]),
        fetuses,
        prop::bool::weighted(0.15),
    );
    (
        (
            0_u8..=5,
            pick(&["M1", "M1", "M2", ""]),
            pick(&[
                "",
                "Odile/Ashcombe/1994-07-02/ZX1 2AB",
                "Odile/Ashcombe/1994-07-02/",
                "Odilie/Ashcombe/1994-07-02/ZX9 8YZ",
                "Hetty/Crowhurst/1990-01-08/ZX1 2AB",
            ]),
        ),
        notification,
        (
            pick(&["", "", "N1", "N2", "N3"]),
            pick(&["", "F", "M"]),
            pick(&["", "", "Wanda", "Beatrix"]),
        ),
        (
            pick(&["", "2020-05-14", "2020-05-14", "2020-05-15", "2021-03-20"]),
            pick(&["", "ZX1 2AB", "ZX1 2AB", "ZX9 8YZ"]),
        ),
        pick(&["0", "1", "2", "3", "4", ""]),
    )
        .prop_map(
            |(
                (what, mother, names),
                (due, birth, fetuses, ended),
                (number, sex, forename),
                (born, postcode),
                of,
            )| {
                let mut made = Made {
                    mother,
                    mothers_names: names,
                    event: "2026-09-01".to_owned(),
                    ..Made::default()
                };
                if what <= 1 {
                    made.event = "2019-11-01".to_owned();
                    made.pregnancy = Some(Notified {
                        due,
                        birth,
                        fetuses,
                        ended,
                    });
                    return (0, made);
                }
                made.nhs_number = number;
                made.sex = sex;
                made.born = born;
                made.postcode = postcode;
                if what == 2 {
                    made.born_of = of;
                    made.event.clone_from(&made.born);
                    return (0, made);
                }
                if what == 3 {
                    return (3, made);
                }
                made.mother = String::new();
                made.mothers_names = String::new();
                made.nhs_number = String::new();
                made.forename = forename;
                made.surname = "Ashcombe".to_owned();
                (2, made)
            },
        )
}

fn entries(told: &[Told]) -> Vec<Entry> {
    told.iter()
        .map(|(name, kind, made)| made.entry(name, *kind, None))
        .collect()
}

fn run(entries: &[Entry]) -> Linkage {
    let settings = Settings {
        as_at_day: day_number("2020-05-30"),
        ..Settings::default()
    };
    link(entries, &Decisions::default(), &settings, &()).expect("a linkage")
}

/// The clusters of records about children, each record named with the smallest of its cluster.
fn children(outcome: &Linkage) -> BTreeMap<RecordId, RecordId> {
    let mut first: BTreeMap<u32, RecordId> = BTreeMap::new();
    let links = outcome.links.iter().filter(|link| link.subject.number == 0);
    links
        .map(|link| {
            (
                link.subject.record,
                *first.entry(link.cluster).or_insert(link.subject.record),
            )
        })
        .collect()
}

fn mint(anchor: Subject) -> ChildId {
    let mut id = anchor.record.0;
    id[0] ^= anchor.number.wrapping_mul(0x35);
    ChildId(id)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn order_does_not_matter(told in family(1..=3), turn in 0_usize..14) {
        let entries = entries(&told);
        let mut turned = entries.clone();
        turned.rotate_left(turn.min(entries.len()));
        turned.reverse();
        let (one, other) = (run(&entries), run(&turned));
        prop_assert_eq!(one.links, other.links);
        prop_assert_eq!(one.pregnancies, other.pregnancies);
        prop_assert_eq!(one.review, other.review);
    }

    #[test]
    fn every_pregnancy_has_as_many_children_as_it_says_and_no_child_two_pregnancies(told in family(1..=3)) {
        let outcome = run(&entries(&told));
        let by_name: BTreeMap<RecordId, &Made> =
            told.iter().map(|(name, _, made)| (record_id(name), made)).collect();
        let mut clusters: BTreeSet<u32> = BTreeSet::new();
        let mut pregnancies_of: BTreeMap<u32, Vec<&Made>> = BTreeMap::new();
        for link in &outcome.links {
            clusters.insert(link.cluster);
            let made = by_name[&link.subject.record];
            prop_assert_eq!(link.subject.number == 0, made.pregnancy.is_none());
            prop_assert!(link.subject.number == 0 || link.evidence.pregnancy.is_some());
            if link.subject.number > 0 {
                pregnancies_of.entry(link.cluster).or_default().push(made);
            }
        }
        prop_assert_eq!(clusters.len() as u32, outcome.clusters);
        let born: BTreeSet<u32> = outcome
            .links
            .iter()
            .filter(|link| link.subject.number == 0)
            .map(|link| link.cluster)
            .collect();

        let notified = told.iter().filter(|(_, _, made)| made.pregnancy.is_some()).count();
        prop_assert_eq!(outcome.pregnancies.len(), notified);
        for pregnancy in &outcome.pregnancies {
            let links: Vec<_> =
                outcome.links.iter().filter(|link| link.subject.record == pregnancy.record).collect();
            let numbers: BTreeSet<u8> = links.iter().map(|link| link.subject.number).collect();
            let of: BTreeSet<u32> = links.iter().map(|link| link.cluster).collect();
            prop_assert_eq!((numbers.len(), of.len()), (links.len(), links.len()), "a child twice");
            let are_born = links.iter().filter(|link| born.contains(&link.cluster)).count();
            match pregnancy.evidence.state {
                PregnancyState::Born => {
                    prop_assert!(!links.is_empty() && are_born == links.len());
                    prop_assert!(links.iter().all(|link| link.tier.is_match()));
                }
                PregnancyState::Expected => {
                    prop_assert!(are_born == 0 && (1..=3).contains(&links.len()));
                    prop_assert!(links.iter().all(|link| !link.tier.is_match()));
                }
                _ => prop_assert!(links.is_empty()),
            }
        }
        // Of one mother by her number, with due days further apart than one pregnancy's may be.
        for made in pregnancies_of.values() {
            for (at, a) in made.iter().enumerate() {
                for b in made.iter().skip(at + 1).filter(|b| a.mother == b.mother && !a.mother.is_empty()) {
                    let due = |made: &Made| made.pregnancy.as_ref().map(|p| p.due.clone()).unwrap_or_default();
                    let late = "2021-04-01";
                    let both = !due(a).is_empty() && !due(b).is_empty();
                    prop_assert!(!both || (due(a) == late) == (due(b) == late), "one child of two pregnancies");
                }
            }
        }
    }

    #[test]
    fn births_of_one_pregnancy_are_never_one_child(told in family(1..=3)) {
        let outcome = run(&entries(&told));
        let children = children(&outcome);
        for (at, (one, _, a)) in told.iter().enumerate() {
            for (other, _, b) in told.iter().skip(at + 1) {
                let together = a.pregnancy.is_none() && b.pregnancy.is_none()
                    && !a.born_of.is_empty() && a.born_of == b.born_of;
                let one_number = !a.nhs_number.is_empty() && a.nhs_number == b.nhs_number;
                if together && !one_number {
                    prop_assert_ne!(children[&record_id(one)], children[&record_id(other)]);
                }
            }
        }
    }

    /// Single pregnancies and numbers of her own say nothing of which records are one child.
    #[test]
    fn a_mother_joins_nobody_and_parts_nobody(told in family(1..=1)) {
        let with = run(&entries(&told));
        let without: Vec<Told> = told
            .iter()
            .filter(|(_, _, made)| made.pregnancy.is_none())
            .cloned()
            .map(|(name, kind, made)| {
                let made = Made { mother: String::new(), mothers_names: String::new(), ..made };
                (name, kind, made)
            })
            .collect();
        prop_assert_eq!(children(&with), children(&run(&entries(&without))));
    }

    #[test]
    fn ids_stand_still_when_nothing_changes_and_each_cluster_has_one(
        told in family(1..=3),
        nights in prop::collection::vec(prop::collection::vec(prop::bool::weighted(0.8), 14), 1..5),
    ) {
        let mut yesterday = Yesterday::default();
        for (now, present) in (0_i64..).zip(&nights) {
            let tonight: Vec<Told> = told
                .iter()
                .zip(present)
                .filter(|(_, present)| **present)
                .map(|(told, _)| told.clone())
                .collect();
            let mut linkage = run(&entries(&tonight));
            let carried = carry_over(&mut linkage, &yesterday, &mint).expect("ids for all");
            let mut child_of: BTreeMap<u32, ChildId> = BTreeMap::new();
            for (link, member) in linkage.links.iter().zip(&carried.members) {
                prop_assert_eq!(link.subject, member.subject);
                prop_assert_eq!(*child_of.entry(link.cluster).or_insert(member.child), member.child);
            }
            let ids: BTreeSet<ChildId> = child_of.values().copied().collect();
            prop_assert_eq!(ids.len(), child_of.len(), "one id for one cluster");

            let since: BTreeMap<ChildId, i64> =
                yesterday.children.iter().map(|child| (child.child, child.since)).collect();
            yesterday = Yesterday {
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
                members: carried.members.iter().map(|member| (member.subject, member.child)).collect(),
            };
            let mut again = run(&entries(&tonight));
            let kept = carry_over(&mut again, &yesterday, &mint).expect("ids for all");
            prop_assert!(kept.members.iter().all(|member| member.event == Event::Kept));
        }
    }
}

/// A number typed into every form is no mother's, and costs no more than any other.
#[test]
fn a_mother_on_too_many_records_is_nobody() {
    let notified = |at: usize| Made {
        mother: "M1".to_owned(),
        event: "2019-11-01".to_owned(),
        pregnancy: Some(Notified {
            due: "2020-05-20".to_owned(),
            fetuses: 1,
            ..Notified::default()
        }),
        postcode: format!("ZX{at} 2AB"),
        ..Made::default()
    };
    let born = |at: usize| Made {
        mother: "M1".to_owned(),
        born: "2020-05-14".to_owned(),
        event: "2022-08-20".to_owned(),
        nhs_number: format!("N{at}"),
        ..Made::default()
    };
    let mut entries: Vec<Entry> = (0..101)
        .map(|at| notified(at).entry(&format!("n{at}"), 0, None))
        .collect();
    entries.extend((0..100).map(|at| born(at).entry(&format!("r{at}"), 3, None)));
    let outcome = run(&entries);
    assert_eq!(outcome.clusters, 201, "an expected child each");
    let state = |p: &sendlink_linkage::Pregnancy| (p.evidence.state, p.evidence.mother);
    let unknown = (
        PregnancyState::Expected,
        sendlink_linkage::MotherEvidence::TooManyRecords,
    );
    assert!(
        outcome
            .pregnancies
            .iter()
            .all(|pregnancy| state(pregnancy) == unknown)
    );

    // With one record fewer she is a mother, of more children than one birth can have.
    entries.pop();
    assert!(run(&entries).clusters < 201);
}
