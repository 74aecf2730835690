//! Rows made ready to be compared in bulk.
//!
//! Each row becomes a fixed number of 32-bit *units* in one place: of each column the number of its whole value and
//! of its parts (equal where the tokens are equal, 0 where there is none), and a 128-bit sketch of its bit vector.
//! Values themselves stand in their column's table and are looked up only for pairs that the units do not settle.

use std::{collections::HashMap, ops::Range};

use foldhash::fast::FixedState;
use rayon::prelude::*;

use super::tables::{Column, ColumnKind, PARTS, Tables, Value};

/// A row, in the order of the frame.
pub(super) type Row = u32;

/// Rows in an order that does not depend on the order of the input: by side, then by name.
pub(super) struct Frame<'t> {
    pub(super) columns: Vec<FrameColumn<'t>>,
    /// Of each row its position in the tables.
    pub(super) order: Vec<u32>,
    /// Units of a row.
    pub(super) width: usize,
    /// All units, row by row.
    pub(super) units: Vec<u32>,
    /// The column by which rows stand together.
    pub(super) local: Option<usize>,
    /// Rows of the first input; all of them where there is one.
    pub(super) left: usize,
    pub(super) two: bool,
    /// Of each row its group, whose rows are not compared with each other; nothing where there are no groups.
    pub(super) groups: Vec<u32>,
    /// Of each row the kind of its source; nothing where kinds are not told apart.
    kinds: Vec<u8>,
}

/// Values of a column up to which all are known apart without a sketch.
const FEW_VALUES: usize = 64;

/// Rows that can be added later without moving all that is there.
pub(super) const SPARE_ROWS: usize = 5_000;

/// Units of a sketch. Of half the vector, as of a quarter nearly all bits are set by a long name.
pub(super) const SKETCH: usize = 4;

/// Where the units of a column stand in a row.
#[derive(Clone, Debug)]
pub(super) struct Slots {
    /// The whole value, then its parts.
    pub(super) units: Range<usize>,
    /// Of a date: the earlier-sorting of the date and its exchange, so that exchanged dates meet.
    pub(super) turned: Option<usize>,
    /// The sketch, [`SKETCH`] units; none for dates.
    pub(super) sketch: Option<usize>,
}

impl Slots {
    /// All units of the column, which stand in one piece.
    fn all(&self) -> Range<usize> {
        let end = match (self.sketch, self.turned) {
            (Some(sketch), _) => sketch + SKETCH,
            (None, Some(turned)) => turned + 1,
            (None, None) => self.units.end,
        };
        self.units.start..end
    }
}

/// A column of a frame.
pub(super) struct FrameColumn<'t> {
    pub(super) column: &'t Column,
    pub(super) kind: ColumnKind,
    pub(super) slots: Slots,
    /// The column with which values may be exchanged.
    pub(super) same_as: Option<usize>,
    /// Of each row its value, counted from 1.
    pub(super) cells: Vec<u32>,
    /// Of each whole value how many rows of each side have it, by its unit.
    pub(super) counts: Vec<[u32; 2]>,
    /// Rows of each side that have a value.
    pub(super) present: [u64; 2],
    /// Of each slot but the whole and of [`Slots::turned`]: rows of each side by unit, squared and summed over units,
    /// as the chance that two rows agree.
    pub(super) chances: Vec<f64>,
}

/// How many parts of a kind have units.
const fn parts_of(kind: ColumnKind) -> usize {
    match kind {
        ColumnKind::Name | ColumnKind::Date | ColumnKind::Text => 3,
        ColumnKind::Postcode | ColumnKind::Code => 2,
    }
}

impl<'t> Frame<'t> {
    pub(super) fn new(tables: &'t Tables) -> Self {
        let left = tables.left_rows();
        let mut order: Vec<u32> = (0_u32..).take(tables.rows()).collect();
        let name = |row: &u32| tables.names.get(*row as usize).copied();
        // Rows of one birth date stand together, year by year: most keys hold a date, and the rows of a block are then
        // near each other in memory.
        let dates = tables
            .columns
            .iter()
            .find(|column| column.kind() == ColumnKind::Date);
        let date = |row: &u32| {
            dates
                .and_then(|column| column.value_of(*row))
                .map(|value| (value.parts, value.whole))
        };
        order.par_sort_by_cached_key(|row| (*row as usize >= left, date(row), name(row), *row));

        let mut width = 0;
        let mut all_slots = Vec::new();
        for column in &tables.columns {
            let kind = column.kind();
            let start = width;
            width += 1 + parts_of(kind);
            let units = start..width;
            let turned = (kind == ColumnKind::Date).then(|| {
                width += 1;
                width - 1
            });
            // A column of few values (sex) is told apart by them.
            let sketch = (kind != ColumnKind::Date && column.values.len() > FEW_VALUES).then(|| {
                width += SKETCH;
                width - SKETCH
            });
            all_slots.push(Slots {
                units,
                turned,
                sketch,
            });
        }
        let domains = domains(tables);
        // The columns of one domain share their numbers, so they are made one after the other.
        let mut made: Vec<(usize, Made)> = domains
            .par_iter()
            .flat_map(|domain| make(tables, domain, &order, left))
            .collect();
        made.sort_unstable_by_key(|(at, _)| *at);

        let mut units = vec![0; width * (order.len() + SPARE_ROWS)];
        units.truncate(width * order.len());
        units
            .par_chunks_mut(width.max(1))
            .enumerate()
            .for_each(|(row, units)| {
                for ((_, made), slots) in made.iter().zip(&all_slots) {
                    let Some(of) = made.cells.get(row).and_then(|cell| made.value(*cell)) else {
                        continue;
                    };
                    for (unit, value) in units.iter_mut().skip(slots.units.start).zip(of.iter()) {
                        *unit = *value;
                    }
                }
            });
        let columns = tables
            .columns
            .iter()
            .zip(&tables.same_as)
            .zip(all_slots)
            .zip(made)
            .map(|(((column, same_as), slots), (_, made))| FrameColumn {
                column,
                kind: column.kind(),
                slots,
                same_as: *same_as,
                cells: made.cells,
                counts: made.counts,
                present: made.present,
                chances: made.chances,
            })
            .collect();
        Frame {
            columns,
            order,
            width,
            units,
            local: tables
                .columns
                .iter()
                .position(|column| column.kind() == ColumnKind::Date),
            left,
            two: tables.are_two(),
            groups: Vec::new(),
            kinds: Vec::new(),
        }
    }

    /// Leaves pairs of rows of one group out, and learns from pairs of two kinds only: one kind has its persons once,
    /// and the brothers and sisters in it would be taken for the slips of one child. Both in the order of the tables.
    pub(super) fn with_known(mut self, groups: &[u32], kinds: &[u8]) -> Self {
        let group = |place: &u32| groups.get(*place as usize).copied().unwrap_or_default();
        let kind = |place: &u32| kinds.get(*place as usize).copied().unwrap_or_default();
        self.groups = self.order.iter().map(group).collect();
        self.kinds = self.order.iter().map(kind).collect();
        self
    }

    /// Adds a row to the second input, or to the only one, that has each column's value of another row: of which, is
    /// asked by the column's position. Values count for no more than they did.
    pub(super) fn push_mixed(&mut self, source: impl Fn(usize) -> Row) {
        for (at, column) in self.columns.iter_mut().enumerate() {
            let row = source(at) as usize;
            column
                .cells
                .push(column.cells.get(row).copied().unwrap_or_default());
            let start = row * self.width;
            for unit in column.slots.all() {
                let value = self.units.get(start + unit).copied().unwrap_or_default();
                self.units.push(value);
            }
        }
        self.order.push(u32::MAX);
        if !self.groups.is_empty() {
            self.groups.push(u32::MAX);
        }
        if !self.kinds.is_empty() {
            self.kinds.push(u8::MAX);
        }
    }

    /// Whether a pair of rows is learned from.
    pub(super) fn teaches(&self, a: Row, b: Row) -> bool {
        let kind = |row: Row| self.kinds.get(row as usize);
        self.compares(a, b) && (self.kinds.is_empty() || kind(a) != kind(b))
    }

    /// Pairs that are learned from, of all there are or of these rows of one block.
    pub(super) fn teaching_pairs(&self, rows: Option<&[(u64, Row)]>, all: f64) -> f64 {
        if self.kinds.is_empty() {
            return all;
        }
        let mut counts = [0.0_f64; 256];
        let mut count = |kind: Option<&u8>| {
            if let Some(count) = kind.and_then(|kind| counts.get_mut(usize::from(*kind))) {
                *count += 1.0;
            }
        };
        match rows {
            Some(rows) => rows
                .iter()
                .for_each(|(_, row)| count(self.kinds.get(*row as usize))),
            None => self.kinds.iter().for_each(|kind| count(Some(kind))),
        }
        let within: f64 = counts.iter().map(|count| count * (count - 1.0) / 2.0).sum();
        all - within
    }

    /// Whether two rows are compared at all.
    pub(super) fn compares(&self, a: Row, b: Row) -> bool {
        let group = |row: Row| self.groups.get(row as usize);
        self.groups.is_empty() || group(a) != group(b)
    }

    pub(super) fn rows(&self) -> usize {
        self.order.len()
    }

    /// The units of the column by which rows stand together.
    pub(super) fn local(&self) -> Range<usize> {
        let column = self.local.and_then(|at| self.columns.get(at));
        column.map_or(0..0, |column| {
            let end = column
                .slots
                .turned
                .map_or(column.slots.units.end, |turned| turned + 1);
            column.slots.units.start..end
        })
    }

    /// The units of a row.
    pub(super) fn row(&self, row: Row) -> &[u32] {
        let start = row as usize * self.width;
        self.units.get(start..start + self.width).unwrap_or_default()
    }

    /// Whether a row is of the first input.
    pub(super) fn is_left(&self, row: Row) -> bool {
        (row as usize) < self.left
    }

    /// Pairs of rows that there are in all.
    pub(super) fn pairs(&self) -> f64 {
        let (left, rows) = (self.left as f64, self.rows() as f64);
        if self.two {
            left * (rows - left)
        } else {
            rows * (rows - 1.0) / 2.0
        }
    }
}

impl FrameColumn<'_> {
    /// The value of a row.
    pub(super) fn value(&self, row: Row) -> Option<(usize, &Value)> {
        let id = self.cells.get(row as usize)?.checked_sub(1)? as usize;
        Some((id, self.column.values.get(id)?))
    }

    /// The values that stand beside a value.
    pub(super) fn others(&self, id: usize) -> impl Iterator<Item = &Value> + Clone {
        self.column
            .others_of(id)
            .iter()
            .filter_map(|other| self.column.values.get(*other as usize))
    }

    /// The share of rows that have the whole value of this unit, both sides together.
    pub(super) fn share(&self, unit: u32) -> f64 {
        let counts = self.counts.get(unit as usize).copied().unwrap_or_default();
        let total = self.present[0] + self.present[1];
        f64::from(counts[0] + counts[1]) / (total.max(1) as f64)
    }

    /// The chance that two rows, of the two sides or of the one, have the same whole value.
    pub(super) fn chance_of_whole(&self, two: bool) -> f64 {
        chance(&self.counts, self.present, two)
    }
}

/// Columns that exchange values, in groups; every other column by itself.
fn domains(tables: &Tables) -> Vec<Vec<usize>> {
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for (at, same_as) in tables.same_as.iter().enumerate() {
        let group = same_as.and_then(|other| groups.iter().position(|group| group.contains(&other)));
        let named = groups.iter().position(|group| {
            group
                .iter()
                .any(|member| tables.same_as.get(*member) == Some(&Some(at)))
        });
        match group.or(named).and_then(|group| groups.get_mut(group)) {
            Some(group) => group.push(at),
            None => groups.push(vec![at]),
        }
    }
    groups
}

/// A column with its units.
struct Made {
    cells: Vec<u32>,
    /// Units of each value, `stride` each.
    values: Vec<u32>,
    stride: usize,
    counts: Vec<[u32; 2]>,
    present: [u64; 2],
    chances: Vec<f64>,
}

impl Made {
    fn value(&self, cell: u32) -> Option<&[u32]> {
        let start = cell.checked_sub(1)? as usize * self.stride;
        self.values.get(start..start + self.stride)
    }
}

/// Numbers tokens from 1, in the order in which rows bring them.
#[derive(Default)]
struct Numbers(HashMap<u64, u32, FixedState>);

impl Numbers {
    fn of(&mut self, token: u64) -> u32 {
        if token == 0 {
            return 0;
        }
        let next = self.0.len() as u32 + 1;
        *self.0.entry(token).or_insert(next)
    }
}

/// The units of the columns of one domain.
fn make(tables: &Tables, domain: &[usize], order: &[u32], left: usize) -> Vec<(usize, Made)> {
    let mut wholes = Numbers::default();
    let mut parts: [Numbers; PARTS] = Default::default();
    let mut turned = Numbers::default();
    let mut all = Vec::new();
    for at in domain {
        let Some(column) = tables.columns.get(*at) else {
            continue;
        };
        let kind = column.kind();
        let sketched = column.values.len() > FEW_VALUES;
        let stride = 1
            + parts_of(kind)
            + match kind {
                ColumnKind::Date => 1,
                _ if sketched => SKETCH,
                _ => 0,
            };
        let mut values = vec![0_u32; stride * column.values.len()];
        let mut seen = vec![false; column.values.len()];
        let mut cells = Vec::with_capacity(order.len() + SPARE_ROWS);
        let mut present = [0; 2];
        let mut counts: Vec<[u32; 2]> = vec![[0; 2]; wholes.0.len() + 1];
        let mut by_part: Vec<Vec<[u32; 2]>> = vec![Vec::new(); parts_of(kind) + 1];
        for (row, place) in order.iter().enumerate() {
            let cell = column.cells.get(*place as usize).copied().unwrap_or_default();
            cells.push(cell);
            let Some(id) = cell.checked_sub(1).map(|id| id as usize) else {
                continue;
            };
            let (Some(value), Some(seen)) = (column.values.get(id), seen.get_mut(id)) else {
                continue;
            };
            let Some(units) = values.get_mut(id * stride..(id + 1) * stride) else {
                continue;
            };
            if !std::mem::replace(seen, true) {
                let mut fresh = vec![wholes.of(value.whole)];
                for (numbers, token) in parts.iter_mut().zip(value.parts).take(parts_of(kind)) {
                    fresh.push(numbers.of(token));
                }
                if kind == ColumnKind::Date {
                    let other = value.parts.last().copied().filter(|swapped| *swapped != 0);
                    fresh.push(turned.of(other.map_or(value.whole, |other| other.min(value.whole))));
                } else if sketched {
                    // A value with others beside it may be near anything: its sketch has all bits.
                    let open = !column.others_of(id).is_empty();
                    fresh.extend(if open { [u32::MAX; SKETCH] } else { sketch(value) });
                }
                units.copy_from_slice(&fresh);
            }
            let side = usize::from(row >= left);
            present[side] += 1;
            count(&mut counts, units.first().copied().unwrap_or_default(), side);
            let last = 1 + parts_of(kind) + usize::from(kind == ColumnKind::Date);
            for (counts, unit) in by_part.iter_mut().zip(units.get(1..last).unwrap_or_default()) {
                count(counts, *unit, side);
            }
        }
        let chances = by_part
            .iter()
            .map(|counts| chance(counts, present, tables.are_two()))
            .collect();
        all.push((
            *at,
            Made {
                cells,
                values,
                stride,
                counts,
                present,
                chances,
            },
        ));
    }
    all
}

fn count(counts: &mut Vec<[u32; 2]>, unit: u32, side: usize) {
    if unit == 0 {
        return;
    }
    if counts.len() <= unit as usize {
        counts.resize(unit as usize + 1, [0; 2]);
    }
    if let Some(count) = counts
        .get_mut(unit as usize)
        .and_then(|counts| counts.get_mut(side))
    {
        *count += 1;
    }
}

/// The chance that two rows with a value agree, by how many have each.
fn chance(counts: &[[u32; 2]], present: [u64; 2], two: bool) -> f64 {
    let mut agree = 0.0;
    for [left, right] in counts {
        let (left, right) = (f64::from(*left), f64::from(*right));
        agree += if two {
            left * right
        } else {
            left * (left - 1.0).max(0.0)
        };
    }
    let (left, right) = (present[0] as f64, present[1] as f64);
    let pairs = if two { left * right } else { left * (left - 1.0) };
    if pairs > 0.0 { agree / pairs } else { 0.0 }
}

/// A bit vector folded to half: what is near in the one is near in the other.
fn sketch(value: &Value) -> [u32; SKETCH] {
    let [a, b, c, d] = value.bits;
    let (low, high) = (a | c, b | d);
    [low as u32, (low >> 32) as u32, high as u32, (high >> 32) as u32]
}
