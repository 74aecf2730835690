//! Learns once more, from the pairs that were scored.
//!
//! The sessions of training each see a part of the matches, and what they call a match may be a twin or chance. The
//! pairs that all keys together found hold nearly every match, and where each row has one match at most, which of
//! them it is. So the levels are counted again over all of them, each pair for as much as it is probably one person.

use rayon::prelude::*;

use super::{
    assignment::Contest,
    frame::Frame,
    levels::{EXACT, MOST_LEVELS, level_of},
    outcome::MovedTogether,
    relatives,
    scale::Scale,
    score::Scored,
    weights::{Weights, levels_of},
};
use crate::Weight;

/// Rounds of counting and weighing. After two the levels hardly move.
const ROUNDS: usize = 3;
/// Matches that what the sessions learned weighs as much as: few, as it is what we start from.
const LEARNED_PAIRS: f64 = 20.0;
/// The least that a prior changes to, and the most, of what the sessions found.
const LEAST_PRIOR: f64 = 0.5;
const MOST_PRIOR: f64 = 2.0;

/// Learns the levels again where each row has one match at most, and gives the pairs the weights that follow. Where
/// rows may have more, a pair's weight says less of what its whole cluster says, and the levels would come out too
/// clean. At last relatives are heard, once: what they say comes from the same weights.
pub(super) fn refine(
    frame: &Frame<'_>,
    weights: &mut Weights,
    pairs: &mut [Scored],
) -> Option<MovedTogether> {
    let first = weights.clone();
    let contest = Contest::new(frame, pairs);
    for _ in 0..ROUNDS {
        weigh(frame, &contest, weights, pairs);
        if !first.trained {
            return None;
        }
        let (matches, seen) = count(pairs, weights.columns.len());
        for (at, (column, seen)) in weights.columns.iter_mut().zip(&seen).enumerate() {
            let Some(learned) = first.columns.get(at) else {
                continue;
            };
            let mass: f64 = seen.iter().skip(usize::from(EXACT)).sum();
            for level in usize::from(EXACT)..=usize::from(levels_of(frame, at)) {
                if let (Some(same), Some(seen), Some(learned)) = (
                    column.same.get_mut(level),
                    seen.get(level),
                    learned.same.get(level),
                ) {
                    *same = (seen + LEARNED_PAIRS * learned) / (mass + LEARNED_PAIRS);
                }
            }
        }
        let prior = matches / frame.pairs().max(1.0);
        weights.same = prior.clamp(LEAST_PRIOR * first.same, MOST_PRIOR * first.same);
        weights.household = first.household;
    }
    weigh(frame, &contest, weights, pairs);
    let moved_together = relatives::tell(frame, weights, pairs)?;
    weigh(frame, &contest, weights, pairs);
    Some(moved_together)
}

/// Pairs that one task counts. Sums of parts of one size are the same with any number of threads.
const PAIRS_A_TASK: usize = 1 << 15;

/// How many matches there are, and how many of each level in each column, each pair for as much as it is probably one.
fn count(pairs: &[Scored], columns: usize) -> (f64, Vec<[f64; MOST_LEVELS]>) {
    let parts: Vec<_> = pairs
        .par_chunks(PAIRS_A_TASK)
        .map(|pairs| {
            let mut seen = vec![[0.0; MOST_LEVELS]; columns];
            let mut matches = 0.0;
            for pair in pairs {
                let probability = pair.weight.probability();
                matches += probability;
                for (at, seen) in seen.iter_mut().enumerate() {
                    if let Some(seen) = seen.get_mut(usize::from(level_of(pair.pattern, at))) {
                        *seen += probability;
                    }
                }
            }
            (matches, seen)
        })
        .collect();
    let mut all = (0.0, vec![[0.0; MOST_LEVELS]; columns]);
    for (matches, seen) in parts {
        all.0 += matches;
        for (all, seen) in all.1.iter_mut().flatten().zip(seen.iter().flatten()) {
            *all += seen;
        }
    }
    all
}

fn weigh(frame: &Frame<'_>, contest: &Contest, weights: &Weights, pairs: &mut [Scored]) {
    let scale = Scale::new(frame, weights);
    pairs.par_iter_mut().for_each(|pair| {
        let rows = (pair.a, pair.b);
        let bits = scale.weigh_against(frame, rows, pair.pattern, pair.relatives.bits());
        pair.weight = Weight::nearest(bits);
    });
    contest.weigh(frame, weights, pairs);
}
