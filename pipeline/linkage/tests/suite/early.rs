//! How right the linkage of pregnancies, births and nameless reviews is, over a made-up area of four feeds.

use std::collections::{BTreeMap, BTreeSet};

use sendlink_linkage::{Decisions, Entry, Linkage, PregnancyState, RecordId, Settings, link};

use crate::{
    area::{Dice, forename, postcode, surname},
    encoder::{Made, Notified, day_number},
};

const PREGNANCY: u8 = 0;
const NOTICE: u8 = 1;
const CENSUS: u8 = 2;
const REVIEW: u8 = 3;

/// Of a hundred pregnancies with a child on record, at least so many find all their children.
const LEAST_FOUND: f64 = 0.97;
/// Of a hundred whose notification lacks the mother's number.
const LEAST_FOUND_BY_WEIGHT: f64 = 0.95;
/// Of a hundred links of pregnancies, at least so many are to the right child.
const LEAST_RIGHT: f64 = 0.999;

/// The area and its truth.
#[derive(Default)]
struct Area {
    entries: Vec<Entry>,
    /// The child of each record.
    child: BTreeMap<RecordId, u32>,
    /// The children of each pregnancy who are on record, and how many were expected.
    pregnancies: BTreeMap<RecordId, BTreeSet<u32>>,
    /// Those of them whose notification lacks the mother's number, and may have her names and address wrong.
    unnumbered: BTreeSet<RecordId>,
    twins: BTreeMap<u32, u32>,
}

impl Area {
    fn of(children: u32, seed: u64) -> Area {
        let mut area = Area::default();
        let mut dice = Dice(seed);
        let mut child = 0;
        let mut mother = 0_u32;
        while child < children {
            mother += 1;
            let family = Made {
                surname: surname(dice.zipf(3_000.0)),
                postcode: postcode(dice.below(u64::from(children))),
                mother: format!("M{mother}"),
                ..Made::default()
            };
            let family = Made {
                mothers_names: mothers_names(&mut Dice(seed << 32 | u64::from(mother)), &family),
                ..family
            };
            let mut year = 2014 + dice.below(3) as i32;
            for pregnancy in 0..=dice.below(3) {
                let key = format!("pregnancy {mother} {pregnancy}");
                if dice.chance(0.08) {
                    area.loss(&mut dice, &family, &key, year);
                }
                year += 2;
                let count = if dice.chance(0.015) { 2 } else { 1 };
                area.pregnancy(&mut dice, &family, &key, year, child..child + count);
                child += count;
            }
        }
        area
    }

    fn tell(&mut self, name: String, kind: u8, made: &Made, child: Option<u32>) {
        let entry = made.entry(&name, kind, None);
        if let Some(child) = child {
            self.child.insert(entry.record, child);
        }
        self.entries.push(entry);
    }

    /// A pregnancy that was lost, half the time without anybody saying so.
    fn loss(&mut self, dice: &mut Dice, family: &Made, key: &str, year: i32) {
        let made = Made {
            event: format!("{}-02-01", year + 1),
            pregnancy: Some(Notified {
                due: format!("{}-09-10", year + 1),
                fetuses: 1,
                ended: dice.chance(0.5),
                ..Notified::default()
            }),
            ..family.clone()
        };
        let name = format!("{key} lost");
        self.pregnancies
            .insert(made.entry(&name, PREGNANCY, None).record, BTreeSet::new());
        self.tell(name, PREGNANCY, &made, None);
    }

    fn pregnancy(
        &mut self,
        dice: &mut Dice,
        family: &Made,
        key: &str,
        year: i32,
        children: std::ops::Range<u32>,
    ) {
        let born = format!("{year}-{:02}-{:02}", 1 + dice.below(12), 1 + dice.below(28));
        let mut noted = family.clone();
        if dice.chance(0.1) {
            noted.mother = String::new();
            noted.mothers_names = noisy(&mut Dice(u64::from(children.start)), &noted.mothers_names);
            self.unnumbered.insert(noted.entry(key, PREGNANCY, None).record);
        }
        noted.event = format!("{}-06-01", year - 1);
        noted.pregnancy = Some(Notified {
            due: shifted(&born, dice),
            fetuses: if dice.chance(0.98) {
                children.len() as u8
            } else {
                1
            },
            ..Notified::default()
        });
        let mut on_record = BTreeSet::new();
        let has_births = dice.chance(0.9);
        let mut given: Vec<String> = Vec::new();
        for child in children.clone() {
            let boy = dice.chance(0.5);
            let mut name = forename(dice.zipf(400.0), boy);
            while given.iter().any(|other| other[..2] == name[..2]) {
                name = forename(dice.zipf(400.0), boy);
            }
            given.push(name.clone());
            let truth = Made {
                nhs_number: format!("N{child}"),
                forename: name,
                born: born.clone(),
                sex: if boy { "M" } else { "F" }.to_owned(),
                ..family.clone()
            };
            if children.len() > 1 {
                self.twins.insert(child, children.start);
            }
            if has_births {
                let mut birth = nameless(&truth, dice, 0.97);
                birth.event.clone_from(&born);
                if dice.chance(0.95) {
                    birth.born_of = key.to_owned();
                }
                self.tell(format!("birth {child}"), PREGNANCY, &birth, Some(child));
                on_record.insert(child);
            }
            if dice.chance(0.85) {
                let mut review = nameless(&truth, dice, 0.96);
                review.event = format!("{}-12-01", year + 2);
                if dice.chance(0.4) {
                    review.mother = String::new();
                    review.mothers_names = String::new();
                } else {
                    on_record.insert(child);
                }
                if dice.chance(0.25) {
                    review.postcode = postcode(dice.below(100_000));
                }
                self.tell(format!("review {child}"), REVIEW, &review, Some(child));
            }
            let named = Made {
                mother: String::new(),
                mothers_names: String::new(),
                ..truth
            };
            if dice.chance(0.08) {
                let notice = Made {
                    event: format!("{}-02-01", year + 3),
                    nhs_number: if dice.chance(0.88) {
                        named.nhs_number.clone()
                    } else {
                        String::new()
                    },
                    ..named.clone()
                };
                self.tell(format!("notice {child}"), NOTICE, &notice, Some(child));
            }
            let census = Made {
                event: format!("{}-10-02", year + 5),
                nhs_number: String::new(),
                postcode: if dice.chance(0.25) {
                    postcode(dice.below(100_000))
                } else {
                    named.postcode.clone()
                },
                ..named
            };
            if dice.chance(0.9) {
                self.tell(format!("census {child}"), CENSUS, &census, Some(child));
            }
        }
        self.pregnancies
            .insert(noted.entry(key, PREGNANCY, None).record, on_record);
        self.tell(key.to_owned(), PREGNANCY, &noted, None);
    }
}

/// Whom a child's records call its mother: in one family of seven she has another surname than the child.
fn mothers_names(dice: &mut Dice, family: &Made) -> String {
    let forename = forename(dice.zipf(400.0), false);
    let surname = if dice.chance(0.15) {
        surname(dice.zipf(3_000.0))
    } else {
        family.surname.clone()
    };
    let (year, month, day) = (1975 + dice.below(25), 1 + dice.below(12), 1 + dice.below(28));
    let postcode = &family.postcode;
    format!("{forename}/{surname}/{year}-{month:02}-{day:02}/{postcode}")
}

/// The same as a booking may have it: moved since, of another surname, a slip in a name or a day, no postcode.
fn noisy(dice: &mut Dice, names: &str) -> String {
    let mut parts: Vec<String> = names.split('/').map(str::to_owned).collect();
    if dice.chance(0.2) {
        parts[3] = postcode(dice.below(100_000));
    }
    if dice.chance(0.02) {
        parts[3] = String::new();
    }
    if dice.chance(0.03) {
        parts[1] = surname(dice.zipf(3_000.0));
    }
    if dice.chance(0.03) {
        parts[0].pop();
    }
    if dice.chance(0.02) {
        let day = 1 + dice.below(28);
        parts[2] = format!("{}-{day:02}", &parts[2][..7]);
    }
    parts.join("/")
}

/// What a table set without names says of a child.
fn nameless(truth: &Made, dice: &mut Dice, with_number: f64) -> Made {
    Made {
        nhs_number: if dice.chance(with_number) {
            truth.nhs_number.clone()
        } else {
            String::new()
        },
        forename: String::new(),
        surname: String::new(),
        ..truth.clone()
    }
}

/// A due date for a birth: within two weeks of it, or for one in fourteen up to ten weeks later.
fn shifted(born: &str, dice: &mut Dice) -> String {
    let (year, month, day): (i32, i32, i32) = (
        born[..4].parse().unwrap(),
        born[5..7].parse().unwrap(),
        born[8..].parse().unwrap(),
    );
    let later = if dice.chance(0.07) {
        15 + dice.below(56) as i32
    } else {
        dice.below(27) as i32 - 13
    };
    // Months of 28 days are near enough: a due date need only be a date.
    let days = (year * 12 + month - 1) * 28 + day.min(28) - 1 + later;
    format!("{:04}-{:02}-{:02}", days / 336, days / 28 % 12 + 1, days % 28 + 1)
}

fn judge(children: u32, seed: u64) {
    let area = Area::of(children, seed);
    let settings = Settings {
        as_at_day: day_number("2030-01-01"),
        ..Settings::default()
    };
    let started = std::time::Instant::now();
    let outcome = link(&area.entries, &Decisions::default(), &settings, &()).expect("a linkage");
    println!("{} records in {:.2?}", area.entries.len(), started.elapsed());
    score(&area, &outcome);
}

fn score(area: &Area, outcome: &Linkage) {
    let mut in_cluster: BTreeMap<u32, BTreeSet<u32>> = BTreeMap::new();
    for link in outcome.links.iter().filter(|link| link.subject.number == 0) {
        in_cluster
            .entry(link.cluster)
            .or_default()
            .insert(area.child[&link.subject.record]);
    }
    let mixed = in_cluster.values().filter(|children| children.len() > 1).count();
    let twins_merged = in_cluster
        .values()
        .filter(|children| {
            let births: BTreeSet<_> = children
                .iter()
                .filter_map(|child| area.twins.get(child))
                .collect();
            children
                .iter()
                .filter(|child| area.twins.contains_key(child))
                .count()
                > births.len()
        })
        .count();

    let mut linked: BTreeMap<RecordId, Vec<u32>> = BTreeMap::new();
    for link in outcome.links.iter().filter(|link| link.subject.number > 0) {
        linked.entry(link.subject.record).or_default().push(link.cluster);
    }
    let (mut links, mut right, mut with_children, mut found, mut doubled) = (0, 0, 0, 0, 0);
    let (mut by_weight, mut found_by_weight) = (0, 0);
    let mut states: BTreeMap<PregnancyState, usize> = BTreeMap::new();
    for pregnancy in &outcome.pregnancies {
        *states.entry(pregnancy.evidence.state).or_default() += 1;
        let truth = &area.pregnancies[&pregnancy.record];
        let clusters = linked
            .get(&pregnancy.record)
            .map(Vec::as_slice)
            .unwrap_or_default();
        let mut children = BTreeSet::new();
        for cluster in clusters {
            links += 1;
            let of = &in_cluster[cluster];
            right += usize::from(of.iter().all(|child| truth.contains(child)));
            doubled += usize::from(!of.iter().all(|child| children.insert(*child)));
        }
        let is_found = !truth.is_empty() && truth.is_subset(&children);
        with_children += usize::from(!truth.is_empty());
        found += usize::from(is_found);
        if area.unnumbered.contains(&pregnancy.record) {
            by_weight += usize::from(!truth.is_empty());
            found_by_weight += usize::from(is_found);
        }
    }
    println!("of them without the mother's number: {found_by_weight} of {by_weight}");
    assert!(
        by_weight > 100
            && f64::from(found_by_weight as u32) >= LEAST_FOUND_BY_WEIGHT * f64::from(by_weight as u32),
        "recall without the mother's number"
    );
    println!(
        "pregnancies: {} of {with_children} found all their children, {right} of {links} links right, \
         {doubled} children twice; {mixed} clusters of two children, {twins_merged} of twins; {states:?}",
        found
    );
    // Of two twins told of once each, by a record without a name and by another: nothing says that they are two.
    assert!(
        twins_merged * 500 <= area.twins.len(),
        "one twin in five hundred is taken for the other at most"
    );
    assert!(
        f64::from(found as u32) >= LEAST_FOUND * f64::from(with_children as u32),
        "recall"
    );
    assert!(
        f64::from(right as u32) >= LEAST_RIGHT * f64::from(links as u32),
        "precision"
    );
    assert!(
        mixed * 1_000 <= in_cluster.len(),
        "one cluster in a thousand holds two children at most"
    );
    assert!(
        doubled * 1_000 <= links,
        "one link in a thousand counts a child twice at most"
    );
    assert_eq!(
        states.get(&PregnancyState::Expected),
        None,
        "nobody is due any more"
    );
}

#[test]
fn four_thousand_children_of_four_feeds() {
    judge(4_000, 21);
}

#[test]
fn another_four_thousand() {
    judge(4_000, 22);
}
