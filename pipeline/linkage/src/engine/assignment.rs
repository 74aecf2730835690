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
    let (alone_left, alone_right) = alone(frame, weights);

    // Most rows have one candidate, who has no other: such a pair waits for no message.
    let mut candidates = vec![0_u8; frame.rows()];
    for pair in pairs.iter() {
        for row in [pair.a, pair.b] {
            if let Some(count) = candidates.get_mut(row as usize) {
                *count = count.saturating_add(1);
            }
        }
    }
    let has_others = |row: u32| candidates.get(row as usize).is_some_and(|count| *count > 1);
    let (mut contested, uncontested): (Vec<&mut Scored>, Vec<&mut Scored>) = pairs
        .iter_mut()
        .partition(|pair| has_others(pair.a) || has_others(pair.b));
    let uncontested_bits = uncontested_bits(frame, weights);
    for pair in uncontested {
        pair.weight = Weight::nearest(pair.weight.bits() + uncontested_bits);
    }

    let odds: Vec<f64> = contested.iter().map(|pair| pair.weight.bits().exp2()).collect();
    // The message of each pair's left row to its right row, and the other way.
    let mut from_left = vec![1.0 / alone_left; contested.len()];
    let mut from_right = vec![1.0 / alone_right; contested.len()];
    let lefts: Vec<u32> = contested.iter().map(|pair| pair.a).collect();
    let rights: Vec<u32> = contested.iter().map(|pair| pair.b).collect();
    let mut sums = vec![0.0_f64; frame.rows()];
    for _ in 0..ROUNDS {
        send(&lefts, &odds, alone_left, &from_right, &mut from_left, &mut sums);
        send(
            &rights,
            &odds,
            alone_right,
            &from_left,
            &mut from_right,
            &mut sums,
        );
    }
    for (((pair, odds), left), right) in contested.iter_mut().zip(&odds).zip(&from_left).zip(&from_right) {
        pair.weight = Weight::nearest((odds * left * right).log2());
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

/// Makes the messages of the rows of one side, a row of each pair, from those that they got.
fn send(rows: &[u32], odds: &[f64], alone: f64, got: &[f64], sent: &mut [f64], sums: &mut [f64]) {
    for ((row, odds), got) in rows.iter().zip(odds).zip(got) {
        if let Some(sum) = sums.get_mut(*row as usize) {
            *sum += odds * got;
        }
    }
    for (((row, odds), got), sent) in rows.iter().zip(odds).zip(got).zip(sent) {
        let sum = sums.get(*row as usize).copied().unwrap_or_default();
        *sent = 1.0 / (alone + (sum - odds * got).max(0.0));
    }
    for row in rows {
        if let Some(sum) = sums.get_mut(*row as usize) {
            *sum = 0.0;
        }
    }
}
