//! What the levels of a pattern are worth: three classes of pairs.
//!
//! Two rows are of the *same* person, of two persons of one *household*, or *unrelated* (after Fellegi and Sunter,
//! 1969, with one class more). People of one household share some columns as often as one person's rows do, and the
//! others no oftener than strangers; which, is learned: a column's *shared* says how much.

use super::{
    frame::Frame,
    levels::{EXACT, MISSING, MOST_LEVELS, assumed_same, count, labels, level_of},
    outcome::{ColumnModel, Contribution, LevelModel, TableModel, Waterfall},
};
use crate::Weight;

/// The chances of a column's levels. Level 0 is missing and says nothing.
#[derive(Clone, Debug)]
pub(crate) struct ColumnWeights {
    pub(crate) same: [f64; MOST_LEVELS],
    pub(crate) unrelated: [f64; MOST_LEVELS],
    /// From 0, as among strangers, to 1, as among rows of one person.
    pub(crate) shared: f64,
}

/// A model of all columns.
#[derive(Clone, Debug)]
pub(crate) struct Weights {
    pub(crate) columns: Vec<ColumnWeights>,
    /// The chance that two rows are of one person.
    pub(crate) same: f64,
    /// The chance that they are of one household, but not one person.
    pub(crate) household: f64,
    pub(crate) trained: bool,
    /// Whether a rare value counts for more: not where too few rows tell what is rare.
    pub(crate) by_value: bool,
}

/// No value counts for more than this many bits beyond an average one, either way.
const MOST_RARITY: f64 = 12.0;

impl Weights {
    /// The model before anything is learned but the chances of strangers.
    pub(super) fn assumed(frame: &Frame<'_>, unrelated: &[[f64; MOST_LEVELS]]) -> Self {
        let columns = frame
            .columns
            .iter()
            .zip(unrelated)
            .map(|(column, unrelated)| ColumnWeights {
                same: assumed_same(column.kind),
                unrelated: *unrelated,
                shared: 0.5,
            })
            .collect();
        let smaller = if frame.two {
            frame.left.min(frame.rows() - frame.left)
        } else {
            frame.left
        };
        Weights {
            columns,
            same: (smaller as f64 / 2.0 / frame.pairs().max(1.0)).min(0.5),
            household: 0.0,
            trained: false,
            by_value: true,
        }
    }

    /// What a pattern is worth, any value counting as an average one.
    pub(crate) fn of_pattern(&self, pattern: u64) -> Weight {
        let (mut strangers, mut household) = (0.0, 0.0);
        for (at, column) in self.columns.iter().enumerate() {
            let level = level_of(pattern, at);
            if level != MISSING {
                let ratio = column.ratio(level);
                strangers += ratio.log2();
                household += ((1.0 - column.shared) * ratio + column.shared).log2();
            }
        }
        let unrelated = 1.0 - self.same - self.household;
        let against = unrelated * f64::exp2(strangers) + self.household * f64::exp2(household);
        Weight::nearest((self.same / against).log2())
    }

    /// Why a pattern is worth what it is, any value counting as an average one.
    pub(crate) fn waterfall(&self, pattern: u64) -> Waterfall {
        let prior = (self.same / (1.0 - self.same - self.household)).log2();
        let columns: Vec<Contribution> = self
            .columns
            .iter()
            .enumerate()
            .map(|(at, column)| {
                let level = level_of(pattern, at);
                Contribution {
                    level,
                    bits: if level == MISSING { 0.0 } else { column.bits(level) },
                    rarity: 0.0,
                }
            })
            .collect();
        let weight = self.of_pattern(pattern).bits();
        let total = prior + columns.iter().map(|column| column.bits).sum::<f64>();
        Waterfall {
            prior,
            columns,
            household: (weight - total).min(0.0),
            weight,
        }
    }

    /// The model, for people.
    pub(super) fn summary(&self, frame: &Frame<'_>) -> TableModel {
        let columns = frame.columns.iter().zip(&self.columns).map(|(column, weights)| {
            let levels = (EXACT..).zip(labels(column.kind)).map(|(level, label)| {
                let (same, unrelated) = (weights.same_at(level), weights.unrelated_at(level));
                LevelModel {
                    label: (*label).to_owned(),
                    same,
                    household: (1.0 - weights.shared) * unrelated + weights.shared * same,
                    unrelated,
                    bits: (same / unrelated).log2(),
                }
            });
            ColumnModel {
                name: column.column.name().to_owned(),
                kind: column.kind,
                levels: levels.collect(),
            }
        });
        TableModel {
            trained: self.trained,
            prior: self.same,
            prior_household: self.household,
            columns: columns.collect(),
            moved_together: None,
        }
    }
}

impl ColumnWeights {
    pub(super) fn same_at(&self, level: u8) -> f64 {
        self.same.get(usize::from(level)).copied().unwrap_or(1.0)
    }

    pub(super) fn unrelated_at(&self, level: u8) -> f64 {
        self.unrelated.get(usize::from(level)).copied().unwrap_or(1.0)
    }

    /// Makes a level no likelier than a share between rows of one person, and the others likelier instead.
    pub(super) fn cap(&mut self, level: u8, most: f64) {
        let was = self.same_at(level);
        if was <= most {
            return;
        }
        for (at, same) in (0_u8..).zip(&mut self.same).skip(usize::from(EXACT)) {
            *same = if at == level {
                most
            } else {
                *same * (1.0 - most) / (1.0 - was)
            };
        }
    }

    /// How much likelier a level is between strangers than between rows of one person.
    fn ratio(&self, level: u8) -> f64 {
        self.unrelated_at(level) / self.same_at(level)
    }

    /// The bits that a level adds, rarity apart.
    pub(super) fn bits(&self, level: u8) -> f64 {
        -self.ratio(level).log2()
    }

    /// Bits by which an exact agreement on a value of this share counts for more than an average one.
    pub(super) fn rarity(&self, share: f64) -> f64 {
        (self.unrelated_at(EXACT) / share)
            .log2()
            .clamp(-MOST_RARITY, MOST_RARITY)
    }
}

/// The levels of a column from which a bound takes its highest.
pub(super) fn most_bits(weights: &ColumnWeights, levels: std::ops::RangeInclusive<u8>) -> f64 {
    levels
        .map(|level| weights.bits(level))
        .fold(f64::NEG_INFINITY, f64::max)
}

/// In steps of a [`Weight`].
pub(super) fn steps(bits: f64) -> i32 {
    Weight::nearest(bits).0
}

/// Levels of a column of a frame.
pub(super) fn levels_of(frame: &Frame<'_>, at: usize) -> u8 {
    frame.columns.get(at).map_or(0, |column| count(column.kind))
}
