//! The inner loop: one row against all rows of a block, by bounds.
//!
//! Compiled once for each set of instructions, and chosen when the program runs: with 512-bit vectors that count bits
//! it is several times as fast as with what every x86-64 has.

use super::{
    blocks::Placed,
    frame::{Frame, Row, SKETCH},
    tables::ColumnKind,
};

/// The most that a column can give a pair, by what its units show.
pub(super) struct ColumnBounds {
    pub(super) kind: ColumnKind,
    pub(super) whole: usize,
    pub(super) parts: usize,
    pub(super) turned: Option<usize>,
    pub(super) sketch: Option<usize>,
    /// The whole value of the column with which values may be exchanged.
    pub(super) other: Option<usize>,
    /// Of each whole value, by unit: where theirs is the same, and where it is near.
    pub(super) values: Vec<(i32, i32)>,
    /// Where they are alike, and where they are not.
    pub(super) close: i32,
    pub(super) far: i32,
    /// Hundredths of likeness of the sketches from which two values may be near, and alike: somewhat below those of
    /// the vectors, as a sketch loses little of what two have in common.
    pub(super) near: u32,
    pub(super) alike: u32,
}

/// The rows of a block, unit by unit.
#[derive(Default)]
pub(super) struct Tile {
    pub(super) rows: Vec<Row>,
    /// All rows' first units, then all their second ones, and so on.
    units: Vec<u32>,
    by_row: Vec<u32>,
    pub(super) most: Vec<i32>,
}

impl Tile {
    pub(super) fn fill(&mut self, frame: &Frame<'_>, rows: &[Placed]) {
        self.rows.clear();
        self.by_row.clear();
        for (_, row) in rows {
            self.rows.push(*row);
            self.by_row.extend_from_slice(frame.row(*row));
        }
        let count = rows.len();
        self.units.clear();
        self.units.resize(count * frame.width, 0);
        for (unit, column) in self.units.chunks_mut(count.max(1)).enumerate() {
            for (place, row) in column.iter_mut().zip(self.by_row.chunks(frame.width.max(1))) {
                *place = row.get(unit).copied().unwrap_or_default();
            }
        }
    }

    fn unit(&self, at: usize, from: usize) -> &[u32] {
        let count = self.rows.len();
        self.units
            .get(at * count + from..(at + 1) * count)
            .unwrap_or_default()
    }
}

/// What the processor can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum InstructionSet {
    /// What every machine of the target has.
    Baseline,
    /// 256-bit integer vectors.
    #[cfg(target_arch = "x86_64")]
    Avx2,
    /// 512-bit vectors that count bits.
    #[cfg(target_arch = "x86_64")]
    Avx512,
}

impl InstructionSet {
    /// That of the machine that we run on.
    pub(super) fn detect() -> Self {
        #[cfg(target_arch = "x86_64")]
        {
            if is_x86_feature_detected!("avx512vpopcntdq")
                && is_x86_feature_detected!("avx512bw")
                && is_x86_feature_detected!("avx512vl")
            {
                return InstructionSet::Avx512;
            }
            if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("popcnt") {
                return InstructionSet::Avx2;
            }
        }
        InstructionSet::Baseline
    }
}

/// Adds to each row of the tile, from a position on, the most that a column can give it beside our row. `value` is
/// what our value gives: where theirs is the same, and where it is near.
#[allow(
    unsafe_code,
    reason = "the functions for an instruction set are called only where it was found"
)]
pub(super) fn add(
    set: InstructionSet,
    column: &ColumnBounds,
    ours: &[u32],
    value: (i32, i32),
    tile: &Tile,
    from: usize,
    most: &mut [i32],
) {
    match set {
        InstructionSet::Baseline => bound(column, ours, value, tile, from, most),
        // SAFETY: `detect` found these features on this machine; the code is the safe code of `bound`.
        #[cfg(target_arch = "x86_64")]
        InstructionSet::Avx2 => unsafe { bound_avx2(column, ours, value, tile, from, most) },
        #[cfg(target_arch = "x86_64")]
        InstructionSet::Avx512 => unsafe { bound_avx512(column, ours, value, tile, from, most) },
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,popcnt")]
fn bound_avx2(
    column: &ColumnBounds,
    ours: &[u32],
    value: (i32, i32),
    tile: &Tile,
    from: usize,
    most: &mut [i32],
) {
    bound(column, ours, value, tile, from, most);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vpopcntdq,popcnt")]
fn bound_avx512(
    column: &ColumnBounds,
    ours: &[u32],
    value: (i32, i32),
    tile: &Tile,
    from: usize,
    most: &mut [i32],
) {
    bound(column, ours, value, tile, from, most);
}

/// Asks for a row before it is read: rows of a block are anywhere in memory, and waiting for each in turn would take
/// longer than all that is done with them.
#[inline(always)]
#[allow(
    unsafe_code,
    reason = "a hint to the processor, which never faults, whatever the address"
)]
pub(super) fn prefetch(frame: &Frame<'_>, row: Row) {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        const LINE: usize = 16;
        for unit in frame.row(row).iter().step_by(LINE) {
            // SAFETY: the address is that of a unit of the row; the hint reads nothing.
            unsafe { _mm_prefetch::<_MM_HINT_T0>(std::ptr::from_ref(unit).cast()) };
        }
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = (frame, row);
}

/// Adds to each row of the tile the most that this column can give it.
#[inline(always)]
fn bound(column: &ColumnBounds, ours: &[u32], value: (i32, i32), tile: &Tile, from: usize, most: &mut [i32]) {
    let unit = |at: usize| ours.get(at).copied().unwrap_or_default();
    let whole = unit(column.whole);
    if whole == 0 {
        return;
    }
    let (exact, near_this) = value;
    let theirs = tile.unit(column.whole, from);
    // None of theirs is this: it stands for a part that we do not have.
    let part = |at: usize| match unit(column.whole + at) {
        0 => u32::MAX,
        unit => unit,
    };
    let [one, two, three] = [1, 2, 3].map(|at| if at <= column.parts { part(at) } else { u32::MAX });
    let ones = tile.unit(column.whole + 1, from);
    let twos = tile.unit(column.whole + 2.min(column.parts), from);
    let threes = tile.unit(column.whole + 3.min(column.parts), from);
    let far = column.far;
    if let Some(sketch) = column.sketch {
        let ours: [u32; SKETCH] = std::array::from_fn(|at| unit(sketch + at));
        let total: u32 = ours.iter().map(|bits| bits.count_ones()).sum();
        // A sketch of ones stands for a value with others beside it, which may be near anything.
        let open = total == 32 * SKETCH as u32;
        let [p, q, r, s]: [&[u32]; SKETCH] = std::array::from_fn(|at| tile.unit(sketch + at, from));
        let others = tile.unit(column.other.unwrap_or(column.whole), from);
        let (near, alike, close) = (column.near, column.alike, column.close);
        let name = column.kind == ColumnKind::Name;
        let code = column.kind == ColumnKind::Code;
        // The sector of a postcode, and either half of a code, come with a near one.
        let by_part = code || column.kind == ColumnKind::Postcode;
        let columns = most.iter_mut().zip(theirs).zip(ones).zip(twos).zip(threes);
        let sketches = p.iter().zip(q).zip(r).zip(s);
        for ((((((most, their), a), b), c), (((p, q), r), s)), turned) in columns.zip(sketches).zip(others) {
            let common = (p & ours[0]).count_ones()
                + (q & ours[1]).count_ones()
                + (r & ours[2]).count_ones()
                + (s & ours[3]).count_ones();
            let their_bits = p.count_ones() + q.count_ones() + r.count_ones() + s.count_ones();
            let all = total + their_bits;
            let is_near = (200 * common >= near * all)
                | open
                | (their_bits == 32 * SKETCH as u32)
                | (*turned == whole)
                | (by_part & (*a == one))
                | (code & (*b == two));
            let is_alike =
                (200 * common >= alike * all) | (*a == one) | (!name & (*b == two)) | (*c == three);
            let add = if is_near {
                near_this
            } else if is_alike {
                close
            } else {
                far
            };
            let add = if *their == whole { exact } else { add };
            *most += if *their == 0 { 0 } else { add };
        }
    } else {
        let turned = column.turned.map_or(u32::MAX, unit);
        let close = column.close;
        let turns = tile.unit(column.turned.unwrap_or(column.whole), from);
        let columns = most
            .iter_mut()
            .zip(theirs)
            .zip(ones)
            .zip(twos)
            .zip(threes)
            .zip(turns);
        for (((((most, their), a), b), c), t) in columns {
            let parts = u32::from(*a == one) + u32::from(*b == two) + u32::from(*c == three);
            let add = if (parts >= 2) | (*t == turned) {
                near_this
            } else if parts == 1 {
                close
            } else {
                far
            };
            let add = if *their == whole { exact } else { add };
            *most += if *their == 0 { 0 } else { add };
        }
    }
}
