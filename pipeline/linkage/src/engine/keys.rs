//! Blocking keys: what two rows must have in common to be compared at all.
//!
//! A key is a few units of a row taken together. Which keys are worth their cost depends on the columns, on how
//! common their values are and on how many rows there are, so they are chosen for each linkage: some thousand pairs
//! of rows of one person are imagined, with the slips and moves that registers have, and keys are taken greedily,
//! each for the pairs that it finds and no key before it did, against the pairs that it makes us compare.

use std::{fmt::Write as _, ops::Range};

use super::{frame::Frame, frame::FrameColumn, tables::ColumnKind};

/// A blocking key.
#[derive(Clone, Debug)]
pub(super) struct Key {
    /// Positions of units in a row, all of which agree in a block.
    pub(super) units: Vec<usize>,
    /// The columns that these are of.
    pub(super) columns: Vec<usize>,
    /// The share of pairs of rows that agree by chance.
    pub(super) chance: f64,
    /// What it is, for people.
    pub(super) name: String,
    /// Units of the column by which rows stand together.
    pub(super) local: Range<usize>,
    /// Units by which a block too large is divided, each by itself.
    pub(super) splitters: Vec<usize>,
}

impl Key {
    /// The token of a row's block; none where the row lacks one of the units.
    pub(super) fn token(&self, row: &[u32]) -> Option<u64> {
        let (mut token, mut lead) = (0, 0);
        for unit in &self.units {
            match row.get(*unit) {
                None | Some(0) => return None,
                Some(value) => {
                    token = mix(token ^ u64::from(*value));
                    if self.local.contains(unit) {
                        lead = mix(lead ^ u64::from(*value));
                    }
                }
            }
        }
        // Blocks of rows that stand together in memory come one after the other.
        Some((lead << 40) | (token >> 24))
    }

    /// Whether two rows share a block.
    pub(super) fn joins(&self, a: &[u32], b: &[u32]) -> bool {
        self.units.iter().all(|unit| {
            a.get(*unit)
                .is_some_and(|value| *value != 0 && b.get(*unit) == Some(value))
        })
    }
}

/// A part of a column that can be in a key.
#[derive(Clone, Debug)]
struct Atom {
    column: usize,
    units: Vec<usize>,
    label: &'static str,
    chance: f64,
    /// Which imagined pairs agree on it.
    agrees: Bits,
}

/// Imagined pairs of one person. Enough that a kind of noise of one in a thousand is there.
const IMAGINED: usize = 4_096;
const WORDS: usize = IMAGINED / 64;
type Bits = [u64; WORDS];

/// The most keys: past this a key finds next to nothing that others did not.
const MOST_KEYS: usize = 40;
/// What sorting rows by a key costs a row, and a pair costs, in nanoseconds: only their ratio matters.
const ROW_COST: f64 = 120.0;
const PAIR_COST: f64 = 5.0;
/// Nanoseconds of one core that finding pairs may cost a row, and in all where there are few rows.
const BUDGET_A_ROW: f64 = 1_600.0;
const LEAST_BUDGET: f64 = 4e8;
/// A key that finds fewer of the imagined pairs than this is not worth a sort.
const LEAST_GAIN: f64 = 1.0;
/// Each key that finds a pair leaves it this much of its worth to the next: what one key misses for a reason that we
/// did not imagine, another may find.
const AGAIN: f64 = 0.3;
/// A key that compares more pairs a row than this by chance alone is too coarse.
const MOST_PAIRS_A_ROW: f64 = 60.0;

/// Chooses keys for a frame, the most useful first.
pub(super) fn choose(frame: &Frame<'_>) -> Vec<Key> {
    let atoms = atoms(frame);
    let rows = frame.rows().max(1) as f64;
    let pairs = frame.pairs();
    let mut candidates: Vec<Key> = Vec::new();
    let mut finds: Vec<Bits> = Vec::new();
    let mut consider = |chosen: &[&Atom]| {
        let chance: f64 = chosen.iter().map(|atom| atom.chance).product();
        if chance * pairs / rows > MOST_PAIRS_A_ROW || chance == 0.0 {
            return;
        }
        let mut bits = [u64::MAX; WORDS];
        for atom in chosen {
            for (bits, agrees) in bits.iter_mut().zip(&atom.agrees) {
                *bits &= agrees;
            }
        }
        candidates.push(Key {
            units: chosen
                .iter()
                .flat_map(|atom| atom.units.iter().copied())
                .collect(),
            columns: chosen.iter().map(|atom| atom.column).collect(),
            chance,
            name: name(frame, chosen),
            local: frame.local(),
            splitters: Vec::new(),
        });
        finds.push(bits);
    };
    for (i, first) in atoms.iter().enumerate() {
        consider(&[first]);
        for (j, second) in atoms.iter().enumerate().skip(i + 1) {
            if second.column == first.column {
                continue;
            }
            consider(&[first, second]);
            for third in atoms.iter().skip(j + 1) {
                if third.column != second.column && third.column != first.column {
                    consider(&[first, second, third]);
                }
            }
        }
    }
    let mut budget = (BUDGET_A_ROW * rows).max(LEAST_BUDGET);
    let mut worth = vec![1.0_f64; IMAGINED];
    let mut keys: Vec<Key> = Vec::new();
    while keys.len() < MOST_KEYS {
        let mut best: Option<(usize, f64)> = None;
        for (at, (key, finds)) in candidates.iter().zip(&finds).enumerate() {
            let gain: f64 = places(finds).filter_map(|place| worth.get(place)).sum();
            let cost = ROW_COST * rows + PAIR_COST * key.chance * pairs;
            let known = || {
                keys.iter()
                    .any(|known| known.units.iter().all(|unit| key.units.contains(unit)))
            };
            if gain < LEAST_GAIN || cost > budget || known() {
                continue;
            }
            let value = gain / cost;
            if best.is_none_or(|(_, most)| value > most) {
                best = Some((at, value));
            }
        }
        let Some((at, _)) = best else { break };
        if let (Some(key), Some(finds)) = (candidates.get(at), finds.get(at)) {
            budget -= ROW_COST * rows + PAIR_COST * key.chance * pairs;
            for place in places(finds) {
                if let Some(worth) = worth.get_mut(place) {
                    *worth *= AGAIN;
                }
            }
            let mut key = key.clone();
            key.splitters = splitters(&atoms, &key);
            keys.push(key);
        }
    }
    keys
}

/// The most sessions of training.
const MOST_SESSIONS: usize = 60;
/// Chance pairs a row below which the blocks of a key hold more matches than chance.
const FEW_PAIRS_A_ROW: f64 = 0.3;

/// Keys to learn from: whole values of two columns, or of three where two say too little, so that most of what
/// agrees is one person. The ones with the fewest chance pairs are taken.
pub(super) fn sessions(frame: &Frame<'_>) -> Vec<Key> {
    let rows = frame.rows().max(1) as f64;
    let few = FEW_PAIRS_A_ROW * rows / frame.pairs().max(1.0);
    let chances: Vec<f64> = frame
        .columns
        .iter()
        .map(|column| column.chance_of_whole(frame.two))
        .collect();
    let key = |columns: &[usize]| {
        let chosen = columns.iter().filter_map(|at| frame.columns.get(*at));
        Key {
            units: chosen.clone().map(|column| column.slots.units.start).collect(),
            columns: columns.to_vec(),
            chance: columns.iter().filter_map(|at| chances.get(*at)).product(),
            name: String::new(),
            local: frame.local(),
            splitters: Vec::new(),
        }
    };
    let mut keys: Vec<Key> = Vec::new();
    let columns = frame.columns.len();
    for a in 0..columns {
        for b in a + 1..columns {
            let two = key(&[a, b]);
            if two.chance <= few {
                keys.push(two);
                continue;
            }
            for c in (0..columns).filter(|c| *c != a && *c != b) {
                let mut members = [a, b, c];
                members.sort_unstable();
                let three = key(&members);
                if three.chance <= few && !keys.iter().any(|known| known.columns == three.columns) {
                    keys.push(three);
                }
            }
        }
    }
    keys.retain(|key| key.chance > 0.0 && key.columns.len() < columns);
    keys.sort_by(|a, b| {
        a.columns
            .len()
            .cmp(&b.columns.len())
            .then(a.chance.total_cmp(&b.chance))
    });
    keys.truncate(MOST_SESSIONS);
    keys
}

/// The imagined pairs that are marked.
fn places(bits: &Bits) -> impl Iterator<Item = usize> {
    bits.iter().enumerate().flat_map(|(word, bits)| {
        let mut rest = *bits;
        std::iter::from_fn(move || {
            let bit = rest.trailing_zeros();
            rest &= rest.wrapping_sub(1);
            (bit < 64).then_some(word * 64 + bit as usize)
        })
    })
}

/// The three best units to divide a block by: the most selective one of each of three other columns.
fn splitters(atoms: &[Atom], key: &Key) -> Vec<usize> {
    let mut single: Vec<&Atom> = atoms
        .iter()
        .filter(|atom| atom.units.len() == 1 && !key.columns.contains(&atom.column))
        .collect();
    single.sort_by(|a, b| a.chance.total_cmp(&b.chance));
    let mut columns = Vec::new();
    let mut units = Vec::new();
    for atom in single {
        if !columns.contains(&atom.column) && units.len() < 3 {
            columns.push(atom.column);
            units.extend(atom.units.first());
        }
    }
    units
}

fn name(frame: &Frame<'_>, chosen: &[&Atom]) -> String {
    let mut name = String::new();
    for atom in chosen {
        if !name.is_empty() {
            name.push_str(" + ");
        }
        let column = frame
            .columns
            .get(atom.column)
            .map_or("", |column| column.column.name());
        // Writing to a string cannot fail.
        let _ = write!(name, "{column}");
        if !atom.label.is_empty() {
            let _ = write!(name, " ({})", atom.label);
        }
    }
    name
}

fn atoms(frame: &Frame<'_>) -> Vec<Atom> {
    let imagined = Imagined::new(frame);
    let mut atoms = Vec::new();
    for (at, column) in frame.columns.iter().enumerate() {
        let unit = |offset: usize| column.slots.units.start + offset;
        let mut add =
            |units: Vec<usize>, label: &'static str, chance: f64, agrees: &dyn Fn(&Slip) -> bool| {
                atoms.push(Atom {
                    column: at,
                    units,
                    label,
                    chance: chance.min(1.0),
                    agrees: imagined.agree(at, agrees),
                });
            };
        let whole = column.chance_of_whole(frame.two);
        let part = |offset: usize| column.chances.get(offset).copied().unwrap_or(1.0);
        add(vec![unit(0)], "", whole, &|slip| slip.same);
        match column.kind {
            ColumnKind::Name => {
                add(vec![unit(1)], "first three letters", part(0), &|slip| {
                    slip.parts[0]
                });
                add(vec![unit(2)], "initial", part(1), &|slip| slip.parts[1]);
                add(vec![unit(3)], "sound", part(2), &|slip| slip.parts[2]);
            }
            ColumnKind::Date => {
                if let Some(turned) = column.slots.turned {
                    add(vec![turned], "or exchanged", part(3), &|slip| {
                        slip.same || slip.turned
                    });
                }
                let two = |a: usize, b: usize| part(a) * part(b);
                add(vec![unit(1), unit(2)], "year and month", two(0, 1), &|slip| {
                    slip.parts[0] && slip.parts[1]
                });
                add(vec![unit(2), unit(3)], "month and day", two(1, 2), &|slip| {
                    slip.parts[1] && slip.parts[2]
                });
                add(vec![unit(1), unit(3)], "year and day", two(0, 2), &|slip| {
                    slip.parts[0] && slip.parts[2]
                });
                add(vec![unit(1)], "year", part(0), &|slip| slip.parts[0]);
            }
            ColumnKind::Postcode => {
                add(vec![unit(1)], "sector", part(0), &|slip| slip.parts[0]);
                add(vec![unit(2)], "outward", part(1), &|slip| slip.parts[1]);
            }
            ColumnKind::Code => {
                add(vec![unit(1)], "first half", part(0), &|slip| slip.parts[0]);
                add(vec![unit(2)], "second half", part(1), &|slip| slip.parts[1]);
            }
            ColumnKind::Text => {
                add(vec![unit(1)], "first word", part(0), &|slip| slip.parts[0]);
                add(vec![unit(2)], "second word", part(1), &|slip| slip.parts[1]);
                add(vec![unit(3)], "first four letters", part(2), &|slip| {
                    slip.parts[2]
                });
            }
        }
    }
    atoms
}

/// What a slip has left of a value.
#[derive(Clone, Copy, Debug, Default)]
struct Slip {
    present: bool,
    same: bool,
    turned: bool,
    parts: [bool; 3],
}

/// The imagined pairs: of each column what is left.
struct Imagined(Vec<Vec<Slip>>);

impl Imagined {
    fn new(frame: &Frame<'_>) -> Self {
        let mut chance = Chance(0x73_65_6e_64_6c_69_6e_6b);
        let pairs = (0..IMAGINED).map(|_| {
            // A move changes all that says where somebody lives; a new family name often comes with it.
            let moved = chance.within(0.25);
            frame
                .columns
                .iter()
                .map(|column| slip(column, frame, moved, &mut chance))
                .collect()
        });
        Imagined(pairs.collect())
    }

    fn agree(&self, column: usize, agrees: &dyn Fn(&Slip) -> bool) -> Bits {
        let mut bits = [0; WORDS];
        for (word, pairs) in bits.iter_mut().zip(self.0.chunks(64)) {
            for (bit, pair) in pairs.iter().enumerate() {
                let holds = pair.get(column).is_some_and(|slip| slip.present && agrees(slip));
                *word |= u64::from(holds) << bit;
            }
        }
        bits
    }
}

/// Draws what is left of a value. The rates are those of registers of people: a name in eight is written another way,
/// a date in twenty, and so on; only their order matters for which keys are chosen.
fn slip(column: &FrameColumn<'_>, frame: &Frame<'_>, moved: bool, chance: &mut Chance) -> Slip {
    let left = frame.left.max(1) as f64;
    let right = if frame.two {
        (frame.rows() - frame.left).max(1) as f64
    } else {
        left
    };
    let held = if frame.two {
        column.present[0] as f64 / left * (column.present[1] as f64 / right)
    } else {
        (column.present[0] as f64 / left).powi(2)
    };
    if !chance.within(held) {
        return Slip::default();
    }
    let kept = Slip {
        present: true,
        same: true,
        turned: true,
        parts: [true; 3],
    };
    let changed = Slip {
        same: false,
        turned: false,
        ..kept
    };
    match column.kind {
        ColumnKind::Name => match chance.draw() {
            ..0.72 => kept,
            ..0.86 => Slip {
                parts: [chance.within(0.75), chance.within(0.9), chance.within(0.55)],
                ..changed
            },
            ..0.92 => Slip {
                parts: [chance.within(0.4), chance.within(0.7), false],
                ..changed
            },
            _ => Slip {
                parts: [false; 3],
                ..changed
            },
        },
        ColumnKind::Date => match chance.draw() {
            ..0.88 => kept,
            ..0.91 => Slip {
                turned: true,
                parts: [true, false, false],
                ..changed
            },
            ..0.94 => Slip {
                parts: [true, true, false],
                ..changed
            },
            ..0.97 => Slip {
                parts: [true, false, true],
                ..changed
            },
            ..0.99 => Slip {
                parts: [false, true, true],
                ..changed
            },
            _ => Slip {
                parts: [false; 3],
                ..changed
            },
        },
        ColumnKind::Postcode => {
            if moved {
                let near = chance.within(0.4);
                return Slip {
                    parts: [near && chance.within(0.3), near, false],
                    ..changed
                };
            }
            match chance.draw() {
                ..0.88 => kept,
                _ => Slip {
                    parts: [chance.within(0.5), chance.within(0.7), false],
                    ..changed
                },
            }
        }
        ColumnKind::Code => match chance.draw() {
            ..0.85 => kept,
            ..0.95 => {
                let first = chance.within(0.5);
                Slip {
                    parts: [first, !first, false],
                    ..changed
                }
            }
            _ => Slip {
                parts: [false; 3],
                ..changed
            },
        },
        ColumnKind::Text => {
            if moved && chance.within(0.8) {
                return Slip {
                    parts: [false; 3],
                    ..changed
                };
            }
            match chance.draw() {
                ..0.65 => kept,
                ..0.9 => {
                    let first = chance.within(0.5);
                    Slip {
                        parts: [first, !first, first && chance.within(0.8)],
                        ..changed
                    }
                }
                _ => Slip {
                    parts: [false; 3],
                    ..changed
                },
            }
        }
    }
}

/// The finaliser of SplitMix64 (Steele, Lea and Flood, 2014): spreads what is hidden already.
pub(crate) fn mix(value: u64) -> u64 {
    let mut z = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Numbers that look drawn and are always the same.
pub(super) struct Chance(pub(super) u64);

impl Chance {
    pub(super) fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(1);
        mix(self.0)
    }

    /// From 0 to 1.
    fn draw(&mut self) -> f64 {
        (self.number() >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn within(&mut self, share: f64) -> bool {
        self.draw() < share
    }

    /// Below a bound.
    pub(super) fn below(&mut self, bound: usize) -> usize {
        if bound == 0 {
            0
        } else {
            (self.number() % bound as u64) as usize
        }
    }
}
