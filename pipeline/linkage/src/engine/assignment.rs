//! The weights of pairs where each row is linked with at most one row of the other input.
//!
//! That a row has another, better candidate speaks against a pair; that neither row has any other speaks for it. The
//! chances of all matchings together are a product over pairs and over rows left alone, whose marginals belief
//! propagation finds (Bayati, Shah and Sharma, IEEE Transactions on Information Theory 54, 2008): a row sends each
//! candidate the chance that it is free of all others.

use rayon::prelude::*;

use super::{frame::Frame, score::Scored, weights::Weights};
use crate::Weight;

/// Rounds of messages. Candidates are few, and their graph nearly a forest: it settles in a handful.
const ROUNDS: usize = 12;
/// The least share of rows that is taken to have no match: that of a list which is wholly within the other is not
/// known to be none.
const LEAST_ALONE: f64 = 0.02;

/// The pairs of which a row has other candidates too. Most rows have one candidate, who has no other: such a pair waits
/// for no message.
pub(super) struct Contest {
    /// Of each pair whether it is one of them.
    contested: Vec<bool>,
    /// Which pairs they are.
    pairs: Vec<u32>,
    lefts: Side,
    rights: Side,
}

/// The rows of one side of the contested pairs.
struct Side {
    /// Of each contested pair its row, numbered from 0 so that what is summed by row stays close together.
    rows: Vec<u32>,
    count: usize,
}

impl Contest {
    pub(super) fn new(frame: &Frame<'_>, pairs: &[Scored]) -> Self {
        let mut candidates = vec![0_u8; frame.rows()];
        for pair in pairs {
            for row in [pair.a, pair.b] {
                if let Some(count) = candidates.get_mut(row as usize) {
                    *count = count.saturating_add(1);
                }
            }
        }
        let has_others = |row: u32| candidates.get(row as usize).is_some_and(|count| *count > 1);
        let contested: Vec<bool> = pairs
            .par_iter()
            .map(|pair| has_others(pair.a) || has_others(pair.b))
            .collect();
        let of_contest = || pairs.iter().zip(&contested).filter(|(_, contested)| **contested);
        Contest {
            lefts: Side::new(frame.rows(), of_contest().map(|(pair, _)| pair.a)),
            rights: Side::new(frame.rows(), of_contest().map(|(pair, _)| pair.b)),
            pairs: (0_u32..)
                .zip(&contested)
                .filter(|(_, contested)| **contested)
                .map(|(at, _)| at)
                .collect(),
            contested,
        }
    }

    /// Replaces the weights of the pairs by what they are once each row has at most one match.
    pub(super) fn weigh(&self, frame: &Frame<'_>, weights: &Weights, pairs: &mut [Scored]) {
        let (alone_left, alone_right) = alone(frame, weights);
        let uncontested_bits = uncontested_bits(frame, weights);
        pairs
            .par_iter_mut()
            .zip(&self.contested)
            .filter(|(_, contested)| !**contested)
            .for_each(|(pair, _)| pair.weight = Weight::nearest(pair.weight.bits() + uncontested_bits));

        let odds: Vec<f64> = self
            .pairs
            .par_iter()
            .map(|at| {
                pairs
                    .get(*at as usize)
                    .map_or(0.0, |pair| pair.weight.bits().exp2())
            })
            .collect();
        // The message of each pair's left row to its right row, and the other way.
        let mut from_left = vec![1.0 / alone_left; odds.len()];
        let mut from_right = vec![1.0 / alone_right; odds.len()];
        for _ in 0..ROUNDS {
            self.lefts.send(&odds, alone_left, &from_right, &mut from_left);
            self.rights.send(&odds, alone_right, &from_left, &mut from_right);
        }
        for (((at, odds), left), right) in self.pairs.iter().zip(&odds).zip(&from_left).zip(&from_right) {
            if let Some(pair) = pairs.get_mut(*at as usize) {
                pair.weight = Weight::nearest((odds * left * right).log2());
            }
        }
    }
}

/// The bits that a pair gains where neither of its rows has another candidate.
pub(super) fn uncontested_bits(frame: &Frame<'_>, weights: &Weights) -> f64 {
    let (left, right) = alone(frame, weights);
    -(left * right).log2()
}

/// The share of rows of each side that have no match.
fn alone(frame: &Frame<'_>, weights: &Weights) -> (f64, f64) {
    let left = frame.left.max(1) as f64;
    let right = (frame.rows() - frame.left).max(1) as f64;
    let matches = weights.same * frame.pairs();
    let alone = |rows: f64| (1.0 - matches / rows).clamp(LEAST_ALONE, 1.0);
    (alone(left), alone(right))
}

impl Side {
    fn new(all: usize, rows: impl Iterator<Item = u32>) -> Self {
        let mut numbers = vec![u32::MAX; all];
        let mut count = 0;
        let rows = rows
            .map(|row| match numbers.get_mut(row as usize) {
                Some(number) if *number == u32::MAX => {
                    *number = count;
                    count += 1;
                    *number
                }
                Some(number) => *number,
                None => 0,
            })
            .collect();
        Side {
            rows,
            count: count as usize,
        }
    }

    /// Makes the messages of these rows from those that they got.
    fn send(&self, odds: &[f64], alone: f64, got: &[f64], sent: &mut [f64]) {
        let mut sums = vec![0.0_f64; self.count];
        for ((row, odds), got) in self.rows.iter().zip(odds).zip(got) {
            if let Some(sum) = sums.get_mut(*row as usize) {
                *sum += odds * got;
            }
        }
        for (((row, odds), got), sent) in self.rows.iter().zip(odds).zip(got).zip(sent) {
            let sum = sums.get(*row as usize).copied().unwrap_or_default();
            *sent = 1.0 / (alone + (sum - odds * got).max(0.0));
        }
    }
}
