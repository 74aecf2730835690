//! The engine on made-up tables whose truth is known.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Column, ColumnKind, Found, PairFound, TableSettings, Tables, Value, ValueId, agglomerate, assignment,
    blocks::{Blocks, blocks_of},
    frame::Frame,
    kernel::{InstructionSet, Tile},
    keys::{self, Chance, mix},
    levels::compare,
    link_tables,
    scale::Scale,
    score::{self, Anchors, Bounds, Scored},
    train,
};
use crate::Weight;

const FORENAMES: [&str; 24] = [
    "OLIVER", "AMELIA", "NOAH", "ISLA", "ARTHUR", "AVA", "MUHAMMAD", "LILY", "LEO", "IVY", "THEO", "FREYA",
    "JACK", "ELSIE", "HENRY", "GRACE", "ZAINAB", "TOMASZ", "BRONWEN", "KWAME", "PRIYA", "SEREN", "DYLAN",
    "ROSA",
];
const SURNAMES: [&str; 32] = [
    "SMITH",
    "JONES",
    "TAYLOR",
    "BROWN",
    "WILLIAMS",
    "WILSON",
    "JOHNSON",
    "DAVIES",
    "PATEL",
    "ROBINSON",
    "WRIGHT",
    "THOMPSON",
    "EVANS",
    "WALKER",
    "WHITE",
    "ROBERTS",
    "GREEN",
    "HALL",
    "WOOD",
    "JACKSON",
    "CLARKE",
    "KHAN",
    "MARTIN",
    "COOPER",
    "OKAFOR",
    "NOWAK",
    "MURPHY",
    "BEGUM",
    "FLETCHER",
    "GRIFFITHS",
    "ASHWORTH",
    "PENHALIGON",
];

fn token(domain: u64, text: &str) -> u64 {
    text.bytes()
        .fold(mix(domain), |token, byte| mix(token ^ u64::from(byte)))
        .max(1)
}

fn name(text: &str) -> Value {
    let mut bits = [0_u64; 4];
    let padded: Vec<u8> = [b"^", text.as_bytes(), b"$"].concat();
    for pair in padded.windows(2) {
        let hash = token(9, std::str::from_utf8(pair).unwrap()).to_le_bytes();
        for position in hash.into_iter().take(5) {
            bits[usize::from(position / 64)] |= 1 << (position % 64);
        }
    }
    let first = |letters: usize| token(2 + letters as u64, text.get(..letters).unwrap_or(text));
    Value {
        whole: token(1, text),
        parts: [first(3), first(1), first(4), 0],
        bits,
        day: 0,
    }
}

fn date(year: u64, month: u64, day: u64) -> Value {
    let text = |month: u64, day: u64| format!("{year:04}{month:02}{day:02}");
    let mut bits = [0_u64; 4];
    for (place, digit) in text(month, day).bytes().enumerate() {
        let hash = mix(place as u64 * 256 + u64::from(digit)).to_le_bytes();
        for position in hash {
            bits[usize::from(position / 64)] |= 1 << (position % 64);
        }
    }
    let swapped = if day <= 12 && day != month {
        token(20, &text(day, month))
    } else {
        0
    };
    Value {
        whole: token(20, &text(month, day)),
        parts: [mix(year), mix(month + 50), mix(day + 50), swapped],
        bits,
        day: 0,
    }
}

/// A made-up child: forename, surname, year, month and day of birth, postcode.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Child(usize, usize, [u64; 3], u64);

/// Children with the ids of who they truly are.
type List = Vec<(u64, Child)>;

/// Two lists of the same children but for a few, with slips in the second; some have moved, some are
/// brothers and sisters, and some of these twins.
fn lists(children: usize, seed: u64) -> [List; 2] {
    let mut chance = Chance(seed << 20);
    let (mut left, mut right) = (Vec::new(), Vec::new());
    let mut before: Option<Child> = None;
    for at in 0..children as u64 {
        let mut child = Child(
            chance.below(FORENAMES.len()),
            chance.below(SURNAMES.len()),
            [
                2018 + chance.below(4) as u64,
                1 + chance.below(12) as u64,
                1 + chance.below(28) as u64,
            ],
            chance.below(2 * children) as u64,
        );
        if let Some(other) = before.take().filter(|_| chance.below(3) == 0) {
            let forename = (other.0 + 1 + chance.below(20)) % FORENAMES.len();
            let born = if chance.below(12) == 0 { other.2 } else { child.2 };
            child = Child(forename, other.1, born, other.3);
        }
        before = Some(child.clone());
        left.push((at, child.clone()));
        if chance.below(10) == 0 {
            continue;
        }
        match chance.below(12) {
            0 => child.3 = chance.below(2 * children) as u64,
            1 => child.2 = [child.2[0], child.2[2].min(12), child.2[1]],
            2 => child.1 = chance.below(SURNAMES.len()),
            _ => {}
        }
        right.push((at, child));
    }
    [left, right]
}

/// The rows of lists, one after the other: the number of the list, the id and the child.
type Rows<'r> = Vec<(usize, u64, &'r Child)>;

fn rows<'r>(lists: &[&'r [(u64, Child)]]) -> Rows<'r> {
    let each = lists.iter().enumerate();
    each.flat_map(|(list, rows)| rows.iter().map(move |(id, child)| (list, *id, child)))
        .collect()
}

fn column(rows: &Rows<'_>, title: &str, kind: ColumnKind, value: impl Fn(&Child) -> Option<Value>) -> Column {
    let mut column = Column::new(title, kind);
    let mut known: BTreeMap<u64, ValueId> = BTreeMap::new();
    for (_, _, child) in rows {
        let id = value(child).map(|value| {
            let whole = value.whole;
            *known
                .entry(whole)
                .or_insert_with(|| column.add_value(value, &[]).unwrap())
        });
        column.push(id);
    }
    column
}

fn names_and_date(rows: &Rows<'_>) -> Vec<Column> {
    vec![
        column(rows, "forename", ColumnKind::Name, |child| {
            Some(name(FORENAMES[child.0]))
        }),
        column(rows, "surname", ColumnKind::Name, |child| {
            Some(name(SURNAMES[child.1]))
        }),
        column(rows, "birth date", ColumnKind::Date, |child| {
            // The first of January stands for a date that is not known.
            let [year, month, day] = child.2;
            ((month, day) != (1, 1)).then(|| date(year, month, day))
        }),
    ]
}

fn tables_of(lists: &[&[(u64, Child)]], columns: Vec<Column>) -> Tables {
    let names = rows(lists)
        .iter()
        .map(|(list, id, _)| mix(*id * 2 + *list as u64))
        .collect();
    let counts: Vec<usize> = lists.iter().map(|list| list.len()).collect();
    let mut same_as = vec![None; columns.len()];
    same_as[0] = Some(1);
    Tables::new(columns, same_as, &counts, names).unwrap()
}

/// Lists with names, birth date and postcode.
fn tables(lists: &[&[(u64, Child)]]) -> Tables {
    let rows = rows(lists);
    let text = |number: u64| format!("ZX{number}");
    let mut columns = names_and_date(&rows);
    columns.push(column(&rows, "postcode", ColumnKind::Postcode, |child| {
        Some(Value {
            whole: token(30, &text(child.3)),
            parts: [
                token(31, &text(child.3 / 4)),
                token(32, &text(child.3 / 40)),
                0,
                0,
            ],
            ..name(&text(child.3))
        })
    }));
    tables_of(lists, columns)
}

/// Lists with names, birth date, and an address of house, street and town.
fn tables_with_address(lists: &[&[(u64, Child)]]) -> Tables {
    let rows = rows(lists);
    let mut columns = names_and_date(&rows);
    columns.push(column(&rows, "house", ColumnKind::Code, |child| {
        Some(name(&(child.3 % 89).to_string()))
    }));
    columns.push(column(&rows, "street", ColumnKind::Text, |child| {
        Some(name(&format!("{} STREET", mix(child.3 / 3) % 9_000)))
    }));
    columns.push(column(&rows, "town", ColumnKind::Text, |child| {
        Some(name(&format!("TOWN {}", child.3 % 11)))
    }));
    tables_of(lists, columns)
}

fn link(tables: &Tables, one_to_one: bool) -> Found {
    let settings = TableSettings {
        threshold: None,
        one_to_one,
    };
    link_tables(tables, &settings, &()).unwrap()
}

/// The links of two lists, as ids.
fn links(found: &Found, left: &[(u64, Child)], right: &[(u64, Child)]) -> BTreeSet<(u64, u64, Weight, u64)> {
    let linked = found.pairs.iter().filter(|pair| pair.link);
    linked
        .map(|pair| {
            let (a, b) = (pair.left as usize, pair.right as usize - left.len());
            (left[a].0, right[b].0, pair.weight, pair.pattern)
        })
        .collect()
}

#[test]
fn most_children_are_found_and_hardly_any_other() {
    for seed in 1..4 {
        let [left, right] = lists(3_000, seed);
        let found = link(&tables(&[&left, &right]), true);
        assert!(found.model.trained);
        let links = links(&found, &left, &right);
        let right_ones = links.iter().filter(|(a, b, ..)| a == b).count();
        assert!(
            right_ones as f64 > 0.985 * right.len() as f64,
            "{right_ones} of {}",
            right.len()
        );
        assert!(
            right_ones as f64 > 0.985 * links.len() as f64,
            "{right_ones} of {} links",
            links.len()
        );
        // What the model expects of itself is near the truth.
        let estimate = found
            .estimates
            .iter()
            .find(|estimate| estimate.threshold == 0.0)
            .unwrap();
        let precision = right_ones as f64 / links.len() as f64;
        assert!(
            (estimate.precision - precision).abs() < 0.02,
            "{} {precision}",
            estimate.precision
        );
    }
}

#[test]
fn neither_the_order_of_rows_nor_the_number_of_threads_matters() {
    let [left, right] = lists(800, 5);
    let expected = link(&tables(&[&left, &right]), true);
    let (mut turned_left, mut turned_right) = (left.clone(), right.clone());
    turned_left.reverse();
    turned_right.rotate_left(77);
    let again = link(&tables(&[&turned_left, &turned_right]), true);
    assert_eq!(
        links(&expected, &left, &right),
        links(&again, &turned_left, &turned_right)
    );
    assert_eq!(expected.model, again.model);
    assert_eq!(expected.histogram, again.histogram);
    assert_eq!(expected.decoys, again.decoys);
    let one = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    let alone = one.install(|| link(&tables(&[&left, &right]), true));
    assert_eq!(expected.pairs, alone.pairs);
    assert_eq!(expected.model, alone.model);
    assert_eq!(expected.decoys, alone.decoys);
}

/// Two lists of families of two or three. Every fourth family has moved, and every eighth child has another surname since.
/// Returns the ids of those with both.
fn families_that_moved(families: u64, seed: u64) -> ([List; 2], BTreeSet<u64>) {
    let mut chance = Chance(seed << 20);
    let (mut left, mut right, mut renamed) = (Vec::new(), Vec::new(), BTreeSet::new());
    for family in 0..families {
        let surname = chance.below(SURNAMES.len());
        let moves = chance.below(4) == 0;
        let new_home = families + chance.below(families as usize) as u64;
        for nth in 0..2 + chance.below(2) as u64 {
            let born = [
                2014 + 2 * nth + chance.below(2) as u64,
                1 + chance.below(12) as u64,
                2 + chance.below(26) as u64,
            ];
            let mut child = Child(chance.below(FORENAMES.len()), surname, born, family);
            let id = family * 10 + nth;
            left.push((id, child.clone()));
            if moves {
                child.3 = new_home;
            }
            if chance.below(8) == 0 {
                child.1 = (surname + 1 + chance.below(SURNAMES.len() - 1)) % SURNAMES.len();
                if moves {
                    renamed.insert(id);
                }
            }
            right.push((id, child));
        }
    }
    ([left, right], renamed)
}

#[test]
fn who_moved_with_brothers_and_sisters_is_found_under_another_name() {
    let ([left, right], renamed) = families_that_moved(2_000, 3);
    let found = link(&tables(&[&left, &right]), true);
    let moved = found.model.moved_together.unwrap();
    assert!(moved.same > 0.5 && moved.unrelated < 0.001, "{moved:?}");
    let told = |pair: &PairFound| {
        let (a, b) = (
            left[pair.left as usize].0,
            right[pair.right as usize - left.len()].0,
        );
        (a == b && renamed.contains(&a)).then_some(pair.weight)
    };
    let with: Vec<Weight> = found.pairs.iter().filter_map(told).collect();
    let sure = with.iter().filter(|weight| weight.bits() > 6.0).count();
    assert!(
        sure * 10 > renamed.len() * 9,
        "{sure} of {} who moved under a new name are sure",
        renamed.len()
    );

    // The same children, each with a new home of its own: nobody vouches for anybody.
    let scattered: List = right
        .iter()
        .map(|(id, child)| {
            let alone = Child(child.0, child.1, child.2, 10_000 + 7 * id);
            (*id, if child.3 < 2_000 { child.clone() } else { alone })
        })
        .collect();
    let found = link(&tables(&[&left, &scattered]), true);
    let alone: Vec<Weight> = found.pairs.iter().filter_map(told).collect();
    let mean = |weights: &[Weight]| {
        weights.iter().map(|weight| weight.bits()).sum::<f64>() / weights.len().max(1) as f64
    };
    assert!(
        mean(&with) > mean(&alone) + 4.0,
        "{} {}",
        mean(&with),
        mean(&alone)
    );
}

#[test]
fn decoys_are_linked_more_the_lower_the_threshold() {
    let [left, right] = lists(3_000, 12);
    let tables = tables(&[&left, &right]);
    let decoys = |bits: i32| {
        let settings = TableSettings {
            threshold: Some(Weight::from_bits(bits)),
            one_to_one: true,
        };
        link_tables(&tables, &settings, &()).unwrap().decoys
    };
    let [low, even, high] = [-4, 0, 6].map(decoys);
    for decoys in [low, even, high] {
        assert_eq!(decoys.rows, right.len() as u64 / 4);
    }
    assert!(
        low.linked > even.linked && even.linked > high.linked,
        "{low:?} {even:?} {high:?}"
    );
    // With so few names, one in ten who is in one list only is taken for somebody who has no match either.
    assert!(even.linked * 5 < even.rows, "{even:?}");

    let one = lists(400, 13)[0].clone();
    let found = link(&self::tables(&[&one]), false);
    assert_eq!(found.decoys.rows, one.len() as u64 / 4);
}

#[test]
fn one_to_one_takes_no_row_twice() {
    let [left, right] = lists(1_500, 6);
    let found = link(&tables(&[&left, &right]), true);
    let linked: Vec<_> = found.pairs.iter().filter(|pair| pair.link).collect();
    let rows: BTreeSet<u32> = linked.iter().flat_map(|pair| [pair.left, pair.right]).collect();
    assert_eq!(rows.len(), 2 * linked.len());
}

#[test]
fn a_single_list_is_searched_for_duplicates() {
    let [left, right] = lists(1_200, 7);
    let both: Vec<(u64, Child)> = left
        .iter()
        .cloned()
        .chain(right.iter().map(|(id, c)| (id + 10_000, c.clone())))
        .collect();
    let found = link(&tables(&[&both]), false);
    let same = |row: u32| both[row as usize].0 % 10_000;
    let linked: Vec<_> = found.pairs.iter().filter(|pair| pair.link).collect();
    let right_ones = linked
        .iter()
        .filter(|pair| same(pair.left) == same(pair.right))
        .count();
    assert!(
        right_ones as f64 > 0.95 * right.len() as f64,
        "{right_ones} of {}",
        right.len()
    );
    assert!(
        right_ones as f64 > 0.97 * linked.len() as f64,
        "{right_ones} of {}",
        linked.len()
    );
    for pair in &linked {
        assert_eq!(
            found.clusters[pair.left as usize],
            found.clusters[pair.right as usize]
        );
    }
}

/// Two rows of each of these people in one list, half of whom move in between, and whose rows differ often: families of
/// five, and every third address a home in which strangers live.
fn neighbours(people: usize, seed: u64) -> List {
    let mut chance = Chance(seed << 20);
    let mut rows = Vec::new();
    for at in 0..people as u64 {
        let (address, is_home) = (at / 5, at / 5 % 3 == 0);
        let mut child = Child(
            chance.below(FORENAMES.len()),
            if is_home {
                chance.below(SURNAMES.len())
            } else {
                mix(address) as usize % SURNAMES.len()
            },
            [
                1950 + chance.below(60) as u64,
                1 + chance.below(12) as u64,
                1 + chance.below(28) as u64,
            ],
            address,
        );
        rows.push((at, child.clone()));
        let moves = chance.below(2) == 0;
        match chance.below(10) {
            0 => child.0 = chance.below(FORENAMES.len()),
            1 => child.1 = chance.below(SURNAMES.len()),
            2 => child.2[0] = 1950 + chance.below(60) as u64,
            _ => {}
        }
        if moves {
            child.3 = chance.below(people) as u64;
        }
        rows.push((at, child));
    }
    rows
}

#[test]
fn households_are_not_taken_for_the_slips_of_one_person() {
    let rows = neighbours(4_000, 9);
    let found = link(&tables_with_address(&[&rows]), false);
    let same = |pair: &PairFound| rows[pair.left as usize].0 == rows[pair.right as usize].0;
    let linked: Vec<_> = found.pairs.iter().filter(|pair| pair.link).collect();
    let right = linked.iter().filter(|pair| same(pair)).count() as f64;
    eprintln!(
        "PROBE2 right {right} links {} prior {} hh {} {:#?}",
        linked.len(),
        found.model.prior * 8000. * 4000.,
        found.model.prior_household / found.model.prior,
        found
            .model
            .columns
            .iter()
            .map(|c| format!(
                "{:?}",
                c.levels
                    .iter()
                    .map(|l| format!("{:.4} {:.4} {:.4}", l.same, l.household, l.unrelated))
                    .collect::<Vec<_>>()
            ))
            .collect::<Vec<_>>()
    );
    // Of those who moved, the fewest slips leave enough to know them by.
    assert!(right > 0.85 * 4_000.0, "{right} of 4000");
    assert!(right > 0.98 * linked.len() as f64, "{right} of {}", linked.len());
}

#[test]
fn empty_tables_and_tables_of_one_row_have_no_links() {
    let [left, right] = lists(1, 8);
    for tables in [
        tables(&[&[], &[]]),
        tables(&[&left, &[]]),
        tables(&[&left]),
        tables(&[&[], &right]),
    ] {
        let found = link(&tables, false);
        assert!(found.pairs.is_empty());
        assert!(!found.model.trained);
    }
}

#[test]
fn bounds_lose_no_pair_that_shares_a_block() {
    let [left, right] = lists(400, 9);
    let both: Vec<_> = left
        .iter()
        .chain(&right)
        .map(|(id, child)| (*id, child.clone()))
        .collect();
    for tables in [tables(&[&left, &right]), tables(&[&both])] {
        let frame = Frame::new(&tables);
        let keys = keys::choose(&frame);
        let weights = train::train(&frame);
        let scale = Scale::new(&frame, &weights);
        let floor = Weight::from_bits(-6);
        let scores = score::score(&frame, &keys, &weights, floor, |_| false).unwrap();
        let mut expected = Vec::new();
        for a in 0..frame.rows() as u32 {
            for b in a + 1..frame.rows() as u32 {
                if frame.two && (!frame.is_left(a) || frame.is_left(b)) {
                    continue;
                }
                let pattern = compare(&frame, a, b);
                let weight = Weight::nearest(scale.weigh(&frame, a, b, pattern));
                if weight >= floor && keys.iter().any(|key| key.joins(frame.row(a), frame.row(b))) {
                    expected.push(Scored {
                        a,
                        b,
                        pattern,
                        weight,
                        relatives: Weight(0),
                    });
                }
            }
        }
        assert!(expected.len() > 300);
        let lost: Vec<&Scored> = expected
            .iter()
            .filter(|pair| !scores.kept.contains(pair))
            .collect();
        assert!(
            lost.is_empty(),
            "{} of {} are lost: {:?}",
            lost.len(),
            expected.len(),
            lost.first()
        );
        assert_eq!(scores.kept.len(), expected.len());
    }
}

#[test]
fn every_set_of_instructions_gives_the_same_bounds() {
    let [left, right] = lists(600, 10);
    let tables = tables(&[&left, &right]);
    let frame = Frame::new(&tables);
    let keys = keys::choose(&frame);
    let weights = train::train(&frame);
    let scale = Scale::new(&frame, &weights);
    let blocks = Blocks::of(&frame, &keys[0], 1);
    let with = |set| {
        let bounds = Bounds::new(&frame, &weights, &scale, Weight::from_bits(-6), set);
        let (mut anchors, mut tile, mut most, mut all) =
            (Anchors::default(), Tile::default(), Vec::new(), Vec::new());
        for block in blocks.stretches(1).into_iter().flat_map(blocks_of) {
            anchors.fill(&frame, &bounds, block);
            tile.fill(&frame, block);
            for (at, units) in anchors.units.chunks(frame.width).enumerate() {
                let values = &anchors.values[at * frame.columns.len()..][..frame.columns.len()];
                bounds.of_anchor(units, values, &tile, at, &mut most);
                all.extend_from_slice(&most);
            }
        }
        all
    };
    let baseline = with(InstructionSet::Baseline);
    assert!(baseline.len() > 100);
    assert_eq!(baseline, with(InstructionSet::detect()));
}

fn scored(a: u32, b: u32, bits: i32) -> Scored {
    Scored {
        a,
        b,
        pattern: 0,
        weight: Weight::from_bits(bits),
        relatives: Weight(0),
    }
}

#[test]
fn one_wrong_pair_does_not_chain_two_families() {
    // 0, 1, 2 and 3, 4, 5 are two persons; one pair between them is wrong and another was weighed against.
    let pairs = [
        scored(0, 1, 12),
        scored(0, 2, 11),
        scored(1, 2, 13),
        scored(2, 3, 4),
        scored(2, 4, -5),
        scored(3, 4, 9),
        scored(3, 5, 10),
        scored(4, 5, 12),
    ];
    let clusters = agglomerate::clusters(7, &pairs, Weight(0));
    assert_eq!(clusters, [0, 0, 0, 3, 3, 3, 6]);
}

#[test]
fn a_row_that_agrees_with_all_of_a_cluster_joins_it() {
    let pairs = [scored(0, 1, 9), scored(0, 2, 2), scored(1, 2, 1)];
    assert_eq!(agglomerate::clusters(3, &pairs, Weight(0)), [0, 0, 0]);
}

#[test]
fn a_rival_speaks_against_a_pair_and_standing_alone_for_it() {
    let [left, right] = lists(50, 11);
    let tables = tables(&[&left, &right]);
    let frame = Frame::new(&tables);
    let mut weights = train::train(&frame);
    weights.same = 0.5 * right.len() as f64 / frame.pairs();
    let first = frame.left as u32;
    // Row 0 has two candidates of one weight; row 1 has one that no other wants.
    let mut pairs = [
        scored(0, first, 3),
        scored(0, first + 1, 3),
        scored(1, first + 2, 3),
    ];
    assignment::Contest::new(&frame, &pairs).weigh(&frame, &weights, &mut pairs);
    let [a, b, alone] = pairs.map(|pair| pair.weight);
    assert_eq!(a, b);
    assert!(a.probability() < 0.5, "{}", a.probability());
    assert!(alone > Weight::from_bits(3));
}
