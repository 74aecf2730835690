//! A model made ready to weigh many pairs: what each level and each value is worth, in tables.

use super::{
    frame::{Frame, Row},
    levels::{EXACT, MISSING, MOST_LEVELS, NEAR, level_of},
    outcome::{Contribution, Waterfall},
    weights::{ColumnWeights, Weights},
};

/// How much of the rarity of a value counts where values are only near: half, as a slip of a rare value is rare too,
/// but may be another value that is not.
const NEAR_RARITY: f64 = 0.5;
/// No rarity of near values counts for more than this many bits, either way.
const MOST_NEAR_RARITY: f64 = 4.0;

/// Tables of a model.
pub(super) struct Scale {
    columns: Vec<ScaleColumn>,
    same: f64,
    household: f64,
    unrelated: f64,
}

/// How much likelier something is among others than between rows of one person, as a logarithm to base 2: among
/// strangers, and in a household.
#[derive(Clone, Copy, Debug, Default)]
struct Against {
    strangers: f32,
    household: f32,
}

struct ScaleColumn {
    /// The unit of the whole value.
    whole: usize,
    levels: [Against; MOST_LEVELS],
    /// Of agreement in full, by unit of the value.
    exact: Vec<Against>,
    /// Of near agreement, by unit of the commoner of the two values.
    near: Vec<Against>,
}

impl Scale {
    pub(super) fn new(frame: &Frame<'_>, weights: &Weights) -> Self {
        let columns = frame.columns.iter().zip(&weights.columns).map(|(column, of)| {
            let mut levels = [Against::default(); MOST_LEVELS];
            for (level, against) in (0_u8..).zip(&mut levels).skip(usize::from(EXACT)) {
                *against = Against::new(of, level, 0.0);
            }
            let by_value = |level: u8, rarity: &dyn Fn(f64) -> f64| {
                (0_u32..)
                    .zip(&column.counts)
                    .map(|(unit, _)| match column.share(unit) {
                        _ if !weights.by_value => Against::new(of, level, 0.0),
                        share if share > 0.0 => Against::new(of, level, rarity(of.rarity(share))),
                        _ => Against::default(),
                    })
                    .collect()
            };
            ScaleColumn {
                whole: column.slots.units.start,
                levels,
                exact: by_value(EXACT, &|rarity| rarity),
                near: by_value(NEAR, &near_rarity),
            }
        });
        Scale {
            columns: columns.collect(),
            same: weights.same,
            household: weights.household,
            unrelated: 1.0 - weights.same - weights.household,
        }
    }

    /// The weight of a pair, in bits.
    pub(super) fn weigh(&self, frame: &Frame<'_>, a: Row, b: Row, pattern: u64) -> f64 {
        self.weigh_against(frame, (a, b), pattern, 0.0)
    }

    /// The weight of a pair whose relatives say with so many bits that its rows are no strangers.
    pub(super) fn weigh_against(
        &self,
        frame: &Frame<'_>,
        (a, b): (Row, Row),
        pattern: u64,
        relatives: f64,
    ) -> f64 {
        let (a, b) = (frame.row(a), frame.row(b));
        let (mut strangers, mut household) = (0.0_f32, 0.0_f32);
        for (at, column) in self.columns.iter().enumerate() {
            let against = column.against(a, b, level_of(pattern, at));
            strangers += against.strangers;
            household += against.household;
        }
        let mut against = self.unrelated * (f64::from(strangers) - relatives).exp2();
        if self.household > 0.0 {
            against += self.household * f64::from(household).exp2();
        }
        (self.same / against).log2()
    }

    /// Why a pair weighs what it does.
    pub(super) fn waterfall(&self, frame: &Frame<'_>, a: Row, b: Row, pattern: u64) -> Waterfall {
        let prior = (self.same / self.unrelated).log2();
        let mut total = prior;
        let columns = self.columns.iter().enumerate().map(|(at, column)| {
            let level = level_of(pattern, at);
            let of_level = column.levels.get(usize::from(level)).copied().unwrap_or_default();
            let bits = -f64::from(of_level.strangers);
            let all = -f64::from(column.against(frame.row(a), frame.row(b), level).strangers);
            total += all;
            Contribution {
                level,
                bits,
                rarity: all - bits,
            }
        });
        let columns = columns.collect();
        let weight = self.weigh(frame, a, b, pattern);
        Waterfall {
            prior,
            columns,
            household: (weight - total).min(0.0),
            weight,
        }
    }

    /// The most that an exact agreement of each value gives, in bits, and that a near one of it does.
    pub(super) fn of_values(&self, column: usize) -> impl Iterator<Item = (f64, f64)> {
        self.columns.get(column).into_iter().flat_map(|column| {
            let bits = |against: &Against| -f64::from(against.strangers);
            column
                .exact
                .iter()
                .zip(&column.near)
                .map(move |(exact, near)| (bits(exact), bits(near)))
        })
    }
}

impl Against {
    fn new(of: &ColumnWeights, level: u8, rarity: f64) -> Self {
        let ratio = (-of.bits(level) - rarity).exp2();
        Against {
            strangers: ratio.log2() as f32,
            household: ((1.0 - of.shared) * ratio + of.shared).log2() as f32,
        }
    }
}

impl ScaleColumn {
    fn against(&self, a: &[u32], b: &[u32], level: u8) -> Against {
        let by_value = |table: &[Against], row: &[u32]| {
            let unit = row.get(self.whole).copied().unwrap_or_default();
            table.get(unit as usize).copied().unwrap_or_default()
        };
        match level {
            MISSING => Against::default(),
            EXACT => by_value(&self.exact, a),
            // The commoner of the two: a slip turns a rare value into a common one more easily than we can tell.
            NEAR => {
                let (x, y) = (by_value(&self.near, a), by_value(&self.near, b));
                if x.strangers >= y.strangers { x } else { y }
            }
            _ => self.levels.get(usize::from(level)).copied().unwrap_or_default(),
        }
    }
}

fn near_rarity(rarity: f64) -> f64 {
    (NEAR_RARITY * rarity).clamp(-MOST_NEAR_RARITY, MOST_NEAR_RARITY)
}
