//! The weights of pairs where each row is linked with at most one row of the other input.
//!
//! That a row has another, better candidate speaks against a pair; that neither row has any other speaks for it. The
//! chances of all matchings together are a product over pairs and over rows left alone, whose marginals belief
//! propagation finds (Bayati, Shah and Sharma, IEEE Transactions on Information Theory 54, 2008): a row sends each
//! candidate the chance that it is free of all others.

use super::{frame::Frame, score::Scored, weights::Weights};
use crate::Weight;

/// Rounds of messages. Candidates are few, and their graph nearly a forest: it settles in a handful.
const ROUNDS: usize = 12;
/// The least share of rows that is taken to have no match: that of a list which is wholly within the other is not
/// known to be none.
const LEAST_ALONE: f64 = 0.02;

/// Replaces the weights of pairs by what they are once each row has at most one match.
pub(super) fn weigh(frame: &Frame<'_>, weights: &Weights, pairs: &mut [Scored]) {
    let left = frame.left.max(1) as f64;
    let right = (frame.rows() - frame.left).max(1) as f64;
    let matches = weights.same * frame.pairs();
    let alone = |rows: f64| (1.0 - matches / rows).clamp(LEAST_ALONE, 1.0);
    let (alone_left, alone_right) = (alone(left), alone(right));

    let odds: Vec<f64> = pairs.iter().map(|pair| pair.weight.bits().exp2()).collect();
    // The message of each pair's left row to its right row, and the other way.
    let mut from_left = vec![1.0 / alone_left; pairs.len()];
    let mut from_right = vec![1.0 / alone_right; pairs.len()];
    let mut sums = vec![0.0_f64; frame.rows()];
    for _ in 0..ROUNDS {
        send(
            pairs,
            &odds,
            |pair| pair.a,
            alone_left,
            &from_right,
            &mut from_left,
            &mut sums,
        );
        send(
            pairs,
            &odds,
            |pair| pair.b,
            alone_right,
            &from_left,
            &mut from_right,
            &mut sums,
        );
    }
    for (((pair, odds), left), right) in pairs.iter_mut().zip(&odds).zip(&from_left).zip(&from_right) {
        pair.weight = Weight::nearest((odds * left * right).log2());
    }
}

/// Makes the messages of the rows of one side, from those that they got.
fn send(
    pairs: &[Scored],
    odds: &[f64],
    row: impl Fn(&Scored) -> u32,
    alone: f64,
    got: &[f64],
    sent: &mut [f64],
    sums: &mut [f64],
) {
    for ((pair, odds), got) in pairs.iter().zip(odds).zip(got) {
        if let Some(sum) = sums.get_mut(row(pair) as usize) {
            *sum += odds * got;
        }
    }
    for (((pair, odds), got), sent) in pairs.iter().zip(odds).zip(got).zip(sent) {
        let sum = sums.get(row(pair) as usize).copied().unwrap_or_default();
        *sent = 1.0 / (alone + (sum - odds * got).max(0.0));
    }
    for pair in pairs {
        if let Some(sum) = sums.get_mut(row(pair) as usize) {
            *sum = 0.0;
        }
    }
}
