//! Scores the pairs of all blocks.
//!
//! The rows of a block are laid side by side, unit by unit, and each of them is held against all others at once:
//! first by a bound on the weight, from which units agree and how near the sketches are, then in full for the few
//! pairs that the bound leaves. A pair is scored in full under the first key that joins it.

use std::collections::BTreeSet;

use rayon::prelude::*;

use super::{
    blocks::{Blocks, Placed, blocks_of, pairs_in, sides},
    frame::{Frame, Row},
    kernel::{self, ColumnBounds, InstructionSet, Tile},
    keys::Key,
    levels::compare,
    outcome::Blocking,
    scale::Scale,
    tables::ColumnKind,
    weights::{Weights, most_bits, steps},
};
use crate::Weight;

/// Pairs of a block that is still compared whole. A larger one is divided by further columns.
const MOST_PAIRS: u64 = 30_000;
/// How often a block is divided before what is left is left out.
const DIVISIONS: usize = 2;
/// Rows that are asked for before their turn: enough to cover the wait for memory, few enough to stay in the cache.
const AHEAD: usize = 32;
/// Stretches of blocks that are scored at one time, so that all cores have work.
const STRETCHES: usize = 64;

/// A pair that was kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Scored {
    pub(super) a: Row,
    pub(super) b: Row,
    pub(super) pattern: u64,
    pub(super) weight: Weight,
    /// What relatives add to it.
    pub(super) relatives: Weight,
}

/// What came of scoring.
pub(super) struct Scores {
    /// Pairs at or above the floor, each once, by rows.
    pub(super) kept: Vec<Scored>,
    pub(super) blocking: Vec<Blocking>,
    /// Comparisons made.
    pub(super) compared: u64,
}

/// Scores the blocks of all keys.
pub(super) fn score(
    frame: &Frame<'_>,
    keys: &[Key],
    weights: &Weights,
    floor: Weight,
    mut stop: impl FnMut(usize) -> bool,
) -> Option<Scores> {
    let scale = Scale::new(frame, weights);
    let bounds = Bounds::new(frame, weights, &scale, floor, InstructionSet::detect());
    let mut kept: Vec<Scored> = Vec::new();
    let mut blocking = Vec::with_capacity(keys.len());
    let mut compared = 0;
    let mut divided: Vec<BTreeSet<u64>> = Vec::new();
    for (at, key) in keys.iter().enumerate() {
        if stop(at) {
            return None;
        }
        let blocks = Blocks::of(frame, key, 1);
        let earlier = Earlier {
            keys: keys.get(..at).unwrap_or_default(),
            divided: &divided,
        };
        let parts: Vec<Part> = blocks
            .stretches(STRETCHES)
            .into_par_iter()
            .map(|stretch| {
                let mut part = Part::default();
                let mut tile = Tile::default();
                let mut anchors = Anchors::default();
                let mut position = 0;
                for rows in blocks_of(stretch) {
                    let ahead = position + AHEAD;
                    for (_, row) in stretch
                        .get(ahead..(ahead + rows.len()).min(stretch.len()))
                        .unwrap_or_default()
                    {
                        kernel::prefetch(frame, *row);
                    }
                    position += rows.len();
                    let pairs = pairs_in(frame, rows);
                    let Some((token, _)) = rows.first().filter(|_| pairs > 0) else {
                        continue;
                    };
                    part.blocks += 1;
                    part.largest = part.largest.max(rows.len() as u64);
                    let mut scorer = Scorer {
                        frame,
                        scale: &scale,
                        bounds: &bounds,
                        earlier: &earlier,
                        floor,
                        tile: &mut tile,
                        anchors: &mut anchors,
                        part: &mut part,
                    };
                    if pairs <= MOST_PAIRS {
                        scorer.block(rows);
                    } else {
                        scorer.part.divided.insert(*token);
                        scorer.divide(key, rows, DIVISIONS);
                    }
                }
                part
            })
            .collect();
        let mut line = Blocking {
            key: key.name.clone(),
            blocks: 0,
            largest: 0,
            left_out: 0,
            pairs: 0,
        };
        let mut too_large = BTreeSet::new();
        for part in parts {
            kept.extend(part.kept);
            line.blocks += part.blocks;
            line.largest = line.largest.max(part.largest);
            line.left_out += part.left_out;
            line.pairs += part.pairs;
            too_large.extend(part.divided);
        }
        compared += line.pairs;
        divided.push(too_large);
        blocking.push(line);
    }
    kept.par_sort_unstable_by_key(|pair| (pair.a, pair.b));
    kept.dedup_by_key(|pair| (pair.a, pair.b));
    Some(Scores {
        kept,
        blocking,
        compared,
    })
}

/// What a stretch of blocks gave.
#[derive(Default)]
struct Part {
    kept: Vec<Scored>,
    blocks: u64,
    largest: u64,
    left_out: u64,
    pairs: u64,
    divided: BTreeSet<u64>,
}

/// The keys before the one at hand, with the blocks that they divided.
struct Earlier<'k> {
    keys: &'k [Key],
    divided: &'k [BTreeSet<u64>],
}

impl Earlier<'_> {
    /// Whether an earlier key has scored the pair.
    fn has(&self, a: &[u32], b: &[u32]) -> bool {
        self.keys.iter().zip(self.divided).any(|(key, divided)| {
            key.joins(a, b)
                && (divided.is_empty() || key.token(a).is_none_or(|token| !divided.contains(&token)))
        })
    }
}

/// For each column the most that a pair can get, by what its units show.
pub(super) struct Bounds {
    prior: i32,
    floor: i32,
    columns: Vec<ColumnBounds>,
    set: InstructionSet,
}

impl Bounds {
    pub(super) fn new(
        frame: &Frame<'_>,
        weights: &Weights,
        scale: &Scale,
        floor: Weight,
        set: InstructionSet,
    ) -> Self {
        let columns = frame
            .columns
            .iter()
            .zip(&weights.columns)
            .enumerate()
            .map(|(at, (column, of))| {
                let (close, far) = match column.kind {
                    ColumnKind::Name | ColumnKind::Text => (3..=3, 4..=5),
                    ColumnKind::Date => (3..=5, 6..=6),
                    ColumnKind::Postcode => (3..=3, 4..=4),
                    ColumnKind::Code => (3..=3, 3..=3),
                };
                let far = most_bits(of, far);
                let close = most_bits(of, close).max(far);
                let values = scale.of_values(at);
                let values = values
                    .map(|(exact, near)| (steps(exact), steps(near.max(close))))
                    .collect();
                let (near, alike) = match column.kind {
                    ColumnKind::Name | ColumnKind::Text => (66, 52),
                    ColumnKind::Postcode => (68, 101),
                    ColumnKind::Code | ColumnKind::Date => (55, 101),
                };
                ColumnBounds {
                    kind: column.kind,
                    whole: column.slots.units.start,
                    parts: column.slots.units.len() - 1,
                    turned: column.slots.turned,
                    sketch: column.slots.sketch,
                    other: column
                        .same_as
                        .and_then(|other| frame.columns.get(other))
                        .map(|other| other.slots.units.start),
                    values,
                    close: steps(close),
                    far: steps(far),
                    near,
                    alike,
                }
            });
        Bounds {
            prior: steps((weights.same / (1.0 - weights.same)).log2()),
            floor: floor.0,
            columns: columns.collect(),
            set,
        }
    }

    /// For each row of the tile, from a position on, the most that it can weigh with an anchor.
    pub(super) fn of_anchor(
        &self,
        units: &[u32],
        values: &[(i32, i32)],
        tile: &Tile,
        from: usize,
        most: &mut Vec<i32>,
    ) {
        most.clear();
        most.resize(tile.rows.len().saturating_sub(from), self.prior);
        for (column, value) in self.columns.iter().zip(values) {
            kernel::add(self.set, column, units, *value, tile, from, most);
        }
    }
}

/// The rows that are held against those of a tile, one after the other. They are copied beforehand, as fetching each
/// when its turn comes would wait for memory every time.
#[derive(Default)]
pub(super) struct Anchors {
    rows: Vec<Row>,
    pub(super) units: Vec<u32>,
    /// Of each row and column what the row's value gives: where theirs is the same, and where it is near.
    pub(super) values: Vec<(i32, i32)>,
}

impl Anchors {
    pub(super) fn fill(&mut self, frame: &Frame<'_>, bounds: &Bounds, rows: &[Placed]) {
        self.rows.clear();
        self.units.clear();
        self.values.clear();
        for (_, row) in rows {
            self.rows.push(*row);
            self.units.extend_from_slice(frame.row(*row));
        }
        for row in self.units.chunks(frame.width.max(1)) {
            for column in &bounds.columns {
                let whole = row.get(column.whole).copied().unwrap_or_default();
                self.values
                    .push(column.values.get(whole as usize).copied().unwrap_or_default());
            }
        }
    }
}

/// Scores blocks of one key.
struct Scorer<'s, 'f> {
    frame: &'s Frame<'f>,
    scale: &'s Scale,
    bounds: &'s Bounds,
    earlier: &'s Earlier<'s>,
    floor: Weight,
    tile: &'s mut Tile,
    anchors: &'s mut Anchors,
    part: &'s mut Part,
}

impl Scorer<'_, '_> {
    fn block(&mut self, rows: &[Placed]) {
        let (left, right) = sides(self.frame, rows);
        self.part.pairs += pairs_in(self.frame, rows);
        self.anchors.fill(self.frame, self.bounds, left);
        let two = self.frame.two;
        self.tile.fill(self.frame, if two { right } else { left });
        let mut most = std::mem::take(&mut self.tile.most);
        let width = self.frame.width.max(1);
        let columns = self.bounds.columns.len().max(1);
        let anchors = self
            .anchors
            .units
            .chunks(width)
            .zip(self.anchors.values.chunks(columns));
        for (at, (row, (units, values))) in self.anchors.rows.iter().zip(anchors).enumerate() {
            let from = if two { 0 } else { at + 1 };
            self.bounds.of_anchor(units, values, self.tile, from, &mut most);
            let theirs = self.tile.rows.get(from..).unwrap_or_default();
            for (their, most) in theirs.iter().zip(&most) {
                if *most >= self.bounds.floor {
                    self.part
                        .consider(self.frame, self.scale, self.earlier, self.floor, *row, *their);
                }
            }
        }
        self.tile.most = most;
    }

    /// Divides a block that is too large by other columns, one after the other.
    fn divide(&mut self, key: &Key, rows: &[Placed], left: usize) {
        if left == 0 {
            self.part.left_out += 1;
            return;
        }
        for splitter in &key.splitters {
            let mut by: Vec<Placed> = rows
                .iter()
                .filter_map(|(_, row)| {
                    let unit = self.frame.row(*row).get(*splitter).copied().unwrap_or_default();
                    (unit != 0).then_some((u64::from(unit), *row))
                })
                .collect();
            by.sort_unstable();
            for block in blocks_of(&by) {
                let pairs = pairs_in(self.frame, block);
                if pairs > MOST_PAIRS {
                    self.divide(key, block, left - 1);
                } else if pairs > 0 {
                    self.block(block);
                }
            }
        }
    }
}

impl Part {
    fn consider(
        &mut self,
        frame: &Frame<'_>,
        scale: &Scale,
        earlier: &Earlier<'_>,
        floor: Weight,
        a: Row,
        b: Row,
    ) {
        if !frame.compares(a, b) || earlier.has(frame.row(a), frame.row(b)) {
            return;
        }
        let pattern = compare(frame, a, b);
        let weight = Weight::nearest(scale.weigh(frame, a, b, pattern));
        if weight >= floor {
            let (a, b) = (a.min(b), a.max(b));
            self.kept.push(Scored {
                a,
                b,
                pattern,
                weight,
                relatives: Weight(0),
            });
        }
    }
}
