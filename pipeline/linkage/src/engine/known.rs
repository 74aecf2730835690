//! Weighs the pairs of rows of which some are known to be of one person already.
//!
//! Rows come of several kinds of source. Two kinds have more persons in common than one kind has duplicates, so each
//! pair of kinds has a prior of its own, counted over the pairs that were weighed.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::{
    frame::{Frame, Row},
    keys,
    levels::{EXACT, NEAR, compare, level_of},
    outcome::{Blocking, TableModel, Waterfall},
    scale::Scale,
    score,
    tables::Tables,
    train,
    weights::Weights,
};
use crate::{KindPrior, LinkError, Stage, Watch, Weight};

/// What is known of the rows of a table, in its order.
pub(crate) struct Known<'k> {
    /// Rows of one group are not compared: one source said them of one person.
    pub(crate) groups: &'k [u32],
    /// Whom each row is about, as far as is known. Pairs of one person are learned from, and not returned.
    pub(crate) persons: &'k [u32],
    /// The kind of its source.
    pub(crate) kinds: &'k [u8],
}

/// Two rows of persons not known to be one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RowPair {
    pub(crate) left: u32,
    pub(crate) right: u32,
    pub(crate) pattern: u64,
    pub(crate) weight: Weight,
}

/// What was weighed, and by what.
pub(crate) struct Weighed<'t> {
    pub(crate) pairs: Vec<RowPair>,
    pub(crate) weights: Weights,
    pub(crate) priors: Vec<KindPrior>,
    pub(crate) model: TableModel,
    pub(crate) blocking: Vec<Blocking>,
    pub(crate) compared: u64,
    frame: Frame<'t>,
}

/// Says of single pairs of rows why they weigh what they do.
pub(crate) struct Explainer<'w, 't> {
    weighed: &'w Weighed<'t>,
    scale: Scale,
    /// Of each row of the tables its place in the frame.
    places: Vec<Row>,
}

/// Why a pair of rows weighs what it does.
pub(crate) struct Explained {
    /// Without what the kinds of their sources add.
    pub(crate) waterfall: Waterfall,
    /// Of each column how many rows have the commoner of two values that are the same or nearly so.
    pub(crate) bearers: Vec<Option<u32>>,
}

impl<'t> Weighed<'t> {
    pub(crate) fn explainer(&self) -> Explainer<'_, 't> {
        let mut places = vec![0; self.frame.rows()];
        for (place, row) in (0_u32..).zip(&self.frame.order) {
            if let Some(at) = places.get_mut(*row as usize) {
                *at = place;
            }
        }
        Explainer {
            weighed: self,
            scale: Scale::new(&self.frame, &self.weights),
            places,
        }
    }

    /// What the kinds of two rows' sources add to a weight beyond what the model says, in bits.
    pub(crate) fn rise(&self, one: u8, other: u8) -> f64 {
        let kinds = (one.min(other), one.max(other));
        let prior = self.priors.iter().find(|prior| prior.kinds == kinds);
        prior.map_or(0.0, |prior| rise(prior, &self.weights).bits())
    }
}

impl Explainer<'_, '_> {
    pub(crate) fn explain(&self, left: u32, right: u32) -> Explained {
        let frame = &self.weighed.frame;
        let place = |row: u32| self.places.get(row as usize).copied().unwrap_or_default();
        let (a, b) = (place(left), place(right));
        let pattern = compare(frame, a, b);
        let bearers = frame.columns.iter().enumerate().map(|(at, column)| {
            let count = |row: Row| {
                let unit = frame.row(row).get(column.slots.units.start)?;
                column
                    .counts
                    .get(*unit as usize)
                    .map(|of_sides| of_sides.iter().sum::<u32>())
            };
            match level_of(pattern, at) {
                EXACT | NEAR => count(a).max(count(b)),
                _ => None,
            }
        });
        Explained {
            bearers: bearers.collect(),
            waterfall: self.scale.waterfall(frame, a, b, pattern),
        }
    }
}

/// Pairs below this are not kept. A kind's prior may raise a pair by some bits.
const FLOOR: Weight = Weight::from_bits(-6);
/// Rounds of counting priors: each takes a share of what the last one left, and the shares are large.
const ROUNDS: usize = 10;
/// Persons that two kinds have in common at the least, as a prior of nought could never rise again.
const FEWEST_IN_COMMON: f64 = 0.5;
/// No prior is higher.
const MOST_PRIOR: f64 = 0.25;

/// Weighs the pairs of rows that blocking keys bring together, by what the rows teach, or by what is assumed.
pub(crate) fn weigh<'t>(
    tables: &'t Tables,
    known: &Known<'_>,
    assumed: Option<Weights>,
    watch: &dyn Watch,
) -> Result<Weighed<'t>, LinkError> {
    let frame = Frame::new(tables).with_known(known.groups, known.kinds);
    let keys = keys::choose(&frame);
    if watch.cancelled() {
        return Err(LinkError::Cancelled);
    }
    let weights = assumed.unwrap_or_else(|| train::train(&frame));
    let scores = score::score(&frame, &keys, &weights, FLOOR, |key| {
        watch.progress(Stage::Pairs, key, keys.len());
        watch.cancelled()
    })
    .ok_or(LinkError::Cancelled)?;
    watch.progress(Stage::Pairs, keys.len(), keys.len());

    let place = |row: u32| frame.order.get(row as usize).copied().unwrap_or_default();
    let mut pairs: Vec<RowPair> = scores
        .kept
        .par_iter()
        .map(|pair| {
            let (a, b) = (place(pair.a), place(pair.b));
            RowPair {
                left: a.min(b),
                right: a.max(b),
                pattern: pair.pattern,
                weight: pair.weight,
            }
        })
        .collect();
    let priors = if weights.trained {
        priors(known, &weights, &pairs)
    } else {
        Vec::new()
    };
    let rises: BTreeMap<(u8, u8), i32> = priors
        .iter()
        .map(|prior| (prior.kinds, rise(prior, &weights).0))
        .collect();
    pairs.retain_mut(|pair| {
        let rise = kinds_of(known, pair).and_then(|kinds| rises.get(&kinds));
        pair.weight.0 = pair.weight.0.saturating_add(rise.copied().unwrap_or_default());
        !is_known(known, pair)
    });
    Ok(Weighed {
        pairs,
        model: weights.summary(&frame),
        weights,
        priors,
        blocking: scores.blocking,
        compared: scores.compared,
        frame,
    })
}

/// What the prior of two kinds adds to a weight beyond the model's.
fn rise(prior: &KindPrior, weights: &Weights) -> Weight {
    Weight::nearest((prior.same / weights.same).log2())
}

/// The share of pairs of each two kinds that are one person.
fn priors(known: &Known<'_>, weights: &Weights, pairs: &[RowPair]) -> Vec<KindPrior> {
    let mut rows: BTreeMap<u8, f64> = BTreeMap::new();
    for kind in known.kinds {
        *rows.entry(*kind).or_default() += 1.0;
    }
    let all: Vec<((u8, u8), f64)> = rows
        .iter()
        .flat_map(|(one, here)| {
            rows.range(*one..).map(move |(other, there)| {
                let pairs = if one == other {
                    here * (here - 1.0) / 2.0
                } else {
                    here * there
                };
                ((*one, *other), pairs.max(1.0))
            })
        })
        .collect();
    let mut priors: BTreeMap<(u8, u8), f64> = all.iter().map(|(kinds, _)| (*kinds, weights.same)).collect();
    for _ in 0..ROUNDS {
        let mut in_common: BTreeMap<(u8, u8), f64> = BTreeMap::new();
        for pair in pairs {
            let Some((kinds, prior)) = kinds_of(known, pair).and_then(|kinds| priors.get_key_value(&kinds))
            else {
                continue;
            };
            *in_common.entry(*kinds).or_default() += if is_known(known, pair) {
                1.0
            } else {
                let odds = pair.weight.bits().exp2() * prior / weights.same;
                odds / (1.0 + odds)
            };
        }
        for (kinds, pairs) in &all {
            let same = in_common.get(kinds).copied().unwrap_or_default();
            priors.insert(*kinds, (same.max(FEWEST_IN_COMMON) / pairs).min(MOST_PRIOR));
        }
    }
    priors
        .into_iter()
        .map(|(kinds, same)| KindPrior { kinds, same })
        .collect()
}

fn kinds_of(known: &Known<'_>, pair: &RowPair) -> Option<(u8, u8)> {
    let kind = |row: u32| known.kinds.get(row as usize).copied();
    let (one, other) = (kind(pair.left)?, kind(pair.right)?);
    Some((one.min(other), one.max(other)))
}

fn is_known(known: &Known<'_>, pair: &RowPair) -> bool {
    let person = |row: u32| known.persons.get(row as usize);
    person(pair.left) == person(pair.right)
}
