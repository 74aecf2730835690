//! How far two values of a column agree: levels, from 1, the same.

use crate::rules::dice;

use super::{
    frame::{Frame, FrameColumn, Row},
    tables::{ColumnKind, Value},
};

/// The level of a column that is blank on either side: it says nothing.
pub(crate) const MISSING: u8 = 0;
/// The level of agreement in full.
pub(crate) const EXACT: u8 = 1;
/// The level of a near miss, and of exchanged values.
pub(crate) const NEAR: u8 = 2;
/// The most levels of a kind, missing included.
pub(crate) const MOST_LEVELS: usize = 7;

/// What each level of a kind means.
pub(super) const fn labels(kind: ColumnKind) -> &'static [&'static str] {
    match kind {
        ColumnKind::Name => &[
            "the same",
            "a slip, an exchanged or another of the names",
            "much alike, or sounds or starts alike",
            "somewhat alike, or the initial",
            "unlike",
        ],
        ColumnKind::Date => &[
            "the same",
            "day and month exchanged",
            "one digit",
            "two parts of three",
            "the year, or two digits",
            "another date",
        ],
        ColumnKind::Postcode => &[
            "the same",
            "the sector, or a slip",
            "the outward code",
            "elsewhere",
        ],
        ColumnKind::Code => &["the same", "a slip", "another"],
        ColumnKind::Text => &["the same", "a slip", "much alike", "a word in common", "unlike"],
    }
}

/// What a level of a kind means, 0 being missing.
pub(crate) fn label(kind: ColumnKind, level: u8) -> &'static str {
    let at = usize::from(level).checked_sub(usize::from(EXACT));
    at.and_then(|at| labels(kind).get(at).copied())
        .unwrap_or("blank on one side or both")
}

/// Levels of a kind beside missing.
pub(super) const fn count(kind: ColumnKind) -> u8 {
    labels(kind).len() as u8
}

/// The levels of all columns of two rows, three bits each.
pub(super) fn compare(frame: &Frame<'_>, a: Row, b: Row) -> u64 {
    let mut pattern = 0_u64;
    for (at, column) in frame.columns.iter().enumerate() {
        let level = level(column, a, b);
        pattern |= u64::from(level) << (3 * at);
    }
    for (at, column) in frame.columns.iter().enumerate() {
        let Some(other) = column.same_as else { continue };
        let (here, there) = (level_of(pattern, at), level_of(pattern, other));
        if here > NEAR && there > NEAR && exchanged(frame, at, other, a, b) {
            for at in [at, other] {
                pattern = (pattern & !(7 << (3 * at))) | (u64::from(NEAR) << (3 * at));
            }
        }
    }
    pattern
}

/// The level of a column in a pattern.
pub(crate) fn level_of(pattern: u64, column: usize) -> u8 {
    ((pattern >> (3 * column)) & 7) as u8
}

/// The level of one column.
fn level(column: &FrameColumn<'_>, a: Row, b: Row) -> u8 {
    let (Some((i, x)), Some((j, y))) = (column.value(a), column.value(b)) else {
        return MISSING;
    };
    let whole = |value: &Value| value.whole;
    between(
        column.kind,
        (x, column.others(i).map(whole)),
        (y, column.others(j).map(whole)),
    )
}

/// The level of two values, each with the tokens of others that stand beside it.
pub(crate) fn between(
    kind: ColumnKind,
    (x, ours): (&Value, impl Iterator<Item = u64> + Clone),
    (y, theirs): (&Value, impl Iterator<Item = u64> + Clone),
) -> u8 {
    if x.whole == y.whole {
        return EXACT;
    }
    let best = unequal(kind, x, y);
    let in_common = || {
        let mut ours = ours.chain([x.whole]);
        ours.any(|x| theirs.clone().chain([y.whole]).any(|y| x == y))
    };
    if best > NEAR && in_common() { NEAR } else { best }
}

/// Whether each has in one column what the other has in the other.
fn exchanged(frame: &Frame<'_>, one: usize, other: usize, a: Row, b: Row) -> bool {
    let whole = |column: usize, row: Row| {
        let column = frame.columns.get(column)?;
        column.value(row).map(|(_, value)| value.whole)
    };
    let crossed = |a: Row, b: Row| {
        let (x, y) = (whole(one, a), whole(other, b));
        x.is_some() && x == y
    };
    crossed(a, b) && crossed(b, a)
}

/// The level of two values that are not the same.
fn unequal(kind: ColumnKind, x: &Value, y: &Value) -> u8 {
    let part = |at: usize| {
        let (x, y) = (x.parts.get(at), y.parts.get(at));
        x == y && x.is_some_and(|token| *token != 0)
    };
    let alike = dice(&x.bits, &y.bits);
    match kind {
        ColumnKind::Name => match alike {
            75.. => 2,
            55.. => 3,
            _ if part(0) || part(2) => 3,
            35.. => 4,
            _ if part(1) => 4,
            _ => 5,
        },
        ColumnKind::Date => {
            let [.., swapped] = x.parts;
            let [.., theirs] = y.parts;
            let parts = u8::from(part(0)) + u8::from(part(1)) + u8::from(part(2));
            if swapped == y.whole || theirs == x.whole {
                2
            } else if parts >= 2 && alike >= ONE_DIGIT {
                3
            } else if parts >= 2 {
                4
            } else if part(0) || (parts >= 1 && alike >= TWO_DIGITS) {
                5
            } else {
                6
            }
        }
        ColumnKind::Postcode => match alike {
            _ if part(0) => 2,
            75.. => 2,
            _ if part(1) => 3,
            _ => 4,
        },
        ColumnKind::Code => match alike {
            60.. => 2,
            _ => 3,
        },
        ColumnKind::Text => {
            let word = |at: usize, other: usize| {
                let (x, y) = (x.parts.get(at), y.parts.get(other));
                x == y && x.is_some_and(|token| *token != 0)
            };
            match alike {
                75.. => 2,
                55.. => 3,
                _ if word(0, 0) || word(0, 1) || word(1, 0) || word(1, 1) || part(2) => 4,
                _ => 5,
            }
        }
    }
}

/// Seven of eight digits the same, as their vectors show it (some positions coincide).
const ONE_DIGIT: u32 = 84;
/// Six of eight.
const TWO_DIGITS: u32 = 71;

/// The chances of each level between two rows of one person, before anything is learned: the slips and moves of
/// registers of people. A text or a code may be a part of an address, and parts change together: each alone must not
/// speak too much against one person, or those who moved are lost before anything is learned of them.
pub(super) const fn assumed_same(kind: ColumnKind) -> [f64; MOST_LEVELS] {
    match kind {
        ColumnKind::Name => [1.0, 0.88, 0.04, 0.03, 0.02, 0.03, 0.0],
        ColumnKind::Date => [1.0, 0.95, 0.015, 0.015, 0.01, 0.005, 0.005],
        ColumnKind::Postcode => [1.0, 0.75, 0.05, 0.05, 0.15, 0.0, 0.0],
        ColumnKind::Code => [1.0, 0.73, 0.04, 0.23, 0.0, 0.0, 0.0],
        ColumnKind::Text => [1.0, 0.58, 0.1, 0.05, 0.04, 0.23, 0.0],
    }
}
