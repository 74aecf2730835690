//! Links held against the truth: how many are right, and how much was found.
//!
//! Two rows are truly the same where they are of one entity. Of two inputs only pairs across them count, of one input
//! all. Everything is counted over pairs, but B-cubed, which takes the mean over rows and so does not let a few large
//! clusters decide.

mod counts;
mod truth;

use linkage::engine::{Found, PairFound};
use serde::Serialize;

use self::counts::{b_cubed, pairs_in_clusters, true_pairs};
pub use self::truth::Truth;
use super::read::Rows;

/// The precision at which recall is told: one false link in a thousand.
pub const STRICT: f64 = 0.999;

/// How links compare with the truth.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Evaluation {
    /// Pairs that are truly the same.
    pub true_pairs: u64,
    /// Of those, how many were never weighed, or were too light to be kept: no threshold would find them.
    pub out_of_reach: u64,
    /// The accepted links.
    pub links: Score,
    /// All pairs of rows within one cluster.
    pub clusters: Score,
    /// The mean over rows of how much of a row's cluster is of its entity, and of its entity in its cluster.
    pub b_cubed: BCubed,
    /// The point of the curve with the highest F1.
    pub best: Option<Point>,
    /// The highest recall of a point of the curve with a precision of 0.999 or more.
    pub recall_at_precision_0_999: Option<f64>,
    /// Precision and recall by falling threshold, two points a bit at most. Where links are one to one, each row is
    /// in the heaviest pair that is left for it.
    pub curve: Vec<Point>,
    /// What the model expected, beside what is so.
    pub estimates: Vec<Compared>,
}

/// Precision, recall and their harmonic mean; none where nothing was there to be shared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Score {
    /// Pairs that are the same and were said to be.
    pub right: u64,
    /// Pairs that were said to be the same and are not.
    pub wrong: u64,
    /// Pairs that are the same and were not said to be.
    pub missed: u64,
    /// The share of pairs said to be the same that are.
    pub precision: Option<f64>,
    /// The share of pairs that are the same that were said to be.
    pub recall: Option<f64>,
    /// Their harmonic mean.
    pub f1: Option<f64>,
}

/// B-cubed precision, recall and their harmonic mean; 1 where there are no rows.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct BCubed {
    /// The mean share of a row's cluster that is of its entity.
    pub precision: f64,
    /// The mean share of a row's entity that is in its cluster.
    pub recall: f64,
    /// Their harmonic mean.
    pub f1: f64,
}

/// A point of the curve.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Point {
    /// The weight from which pairs are links, in bits.
    pub threshold: f64,
    /// Links at that threshold.
    pub links: u64,
    /// The share of them that is right.
    pub precision: f64,
    /// The share of true pairs among them.
    pub recall: f64,
    /// The harmonic mean of both.
    pub f1: f64,
}

/// An estimate beside the truth at one threshold.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Compared {
    /// In bits.
    pub threshold: f64,
    /// Precision that the model expected.
    pub estimated_precision: f64,
    /// Precision that is so; none without links.
    pub precision: Option<f64>,
    /// Recall that the model expected.
    pub estimated_recall: f64,
    /// Recall that is so; none where there is nothing to be found.
    pub recall: Option<f64>,
}

impl Score {
    /// From counts: pairs that were said to be the same, those of them that are, and those that truly are.
    fn of(said: u64, right: u64, truly: u64) -> Self {
        let share = |of: u64| (of > 0).then(|| right as f64 / of as f64);
        Score {
            right,
            wrong: said.saturating_sub(right),
            missed: truly.saturating_sub(right),
            precision: share(said),
            recall: share(truly),
            f1: (said + truly > 0).then(|| 2.0 * right as f64 / (said + truly) as f64),
        }
    }
}

/// Holds what was found against the truth.
pub fn evaluate(truth: &Truth, rows: &Rows, found: &Found, one_to_one: bool) -> Evaluation {
    let left = rows.tables.are_two().then(|| rows.tables.left_rows());
    weigh(truth.entities(), left, found, one_to_one)
}

/// The same, of plain entities: one for each row. `left` counts the rows of the first input where there are two.
fn weigh(entities: &[u32], left: Option<usize>, found: &Found, one_to_one: bool) -> Evaluation {
    let truly = true_pairs(entities, left);
    let same = |pair: &PairFound| {
        let entity = |row: u32| entities.get(row as usize);
        entity(pair.left) == entity(pair.right)
    };
    let count = |pairs: &mut dyn Iterator<Item = &PairFound>| pairs.count() as u64;
    let said = count(&mut found.pairs.iter().filter(|pair| pair.link));
    let right = count(&mut found.pairs.iter().filter(|pair| pair.link && same(pair)));
    let kept = count(&mut found.pairs.iter().filter(|pair| same(pair)));
    let (in_clusters, right_in_clusters) = pairs_in_clusters(&found.clusters, entities, left);

    let points = points(found, entities.len(), one_to_one, truly, same);
    let at_best = |best: Option<Point>, point: &Point| match best {
        Some(best) if best.f1 >= point.f1 => Some(best),
        _ => Some(*point),
    };
    let strict = points.iter().filter(|point| point.precision >= STRICT);
    Evaluation {
        true_pairs: truly,
        out_of_reach: truly.saturating_sub(kept),
        links: Score::of(said, right, truly),
        clusters: Score::of(in_clusters, right_in_clusters, truly),
        b_cubed: b_cubed(&found.clusters, entities),
        best: points.iter().fold(None, at_best),
        recall_at_precision_0_999: strict.map(|point| point.recall).reduce(f64::max),
        estimates: compared(found, &points, truly),
        curve: thinned(&points),
    }
}

/// A point for each distinct weight, by falling weight.
fn points(
    found: &Found,
    rows: usize,
    one_to_one: bool,
    truly: u64,
    same: impl Fn(&PairFound) -> bool,
) -> Vec<Point> {
    let mut taken = vec![false; if one_to_one { rows } else { 0 }];
    let (mut said, mut right) = (0, 0);
    let mut points = Vec::new();
    for weight in found.pairs.chunk_by(|one, other| one.weight == other.weight) {
        let before = said;
        for pair in weight {
            let ends = [pair.left as usize, pair.right as usize];
            if one_to_one {
                if ends.iter().any(|row| taken.get(*row).copied().unwrap_or(true)) {
                    continue;
                }
                for row in ends {
                    if let Some(taken) = taken.get_mut(row) {
                        *taken = true;
                    }
                }
            }
            said += 1;
            right += u64::from(same(pair));
        }
        if let (true, Some(pair)) = (said > before, weight.first()) {
            let score = Score::of(said, right, truly);
            points.push(Point {
                threshold: pair.weight.bits(),
                links: said,
                precision: score.precision.unwrap_or_default(),
                recall: score.recall.unwrap_or_default(),
                f1: score.f1.unwrap_or_default(),
            });
        }
    }
    points
}

/// The last point of each half bit: what lies between cannot be told apart on paper.
fn thinned(points: &[Point]) -> Vec<Point> {
    let half_bit = |point: &Point| (point.threshold * 2.0).floor();
    points
        .chunk_by(|one, other| half_bit(one) == half_bit(other))
        .filter_map(|half| half.last().copied())
        .collect()
}

fn compared(found: &Found, points: &[Point], truly: u64) -> Vec<Compared> {
    found
        .estimates
        .iter()
        .map(|estimate| {
            // Points fall, so the last one at or above the threshold has all its links.
            let above = points.partition_point(|point| point.threshold >= estimate.threshold);
            let point = above.checked_sub(1).and_then(|last| points.get(last));
            Compared {
                threshold: estimate.threshold,
                estimated_precision: estimate.precision,
                precision: point.map(|point| point.precision),
                estimated_recall: estimate.recall,
                recall: (truly > 0).then(|| point.map_or(0.0, |point| point.recall)),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests;
