//! One linkage of tables from start to end.

use std::{cmp::Reverse, collections::BTreeMap};

use rayon::prelude::*;

use super::{
    agglomerate, decoys,
    frame::{Frame, Row},
    keys,
    levels::{EXACT, compare},
    outcome::{Estimate, Example, Found, PairFound, TableModel},
    refine,
    scale::Scale,
    score::{self, Scored},
    tables::{TableSettings, Tables},
    train,
};
use crate::{LinkError, Stage, Watch, Weight};

/// At this weight a pair is as likely one person as not.
const EVEN: Weight = Weight(0);
/// Pairs below this are not kept: they are against a link in a mean, but hardly more than a pair never weighed.
const FLOOR: Weight = Weight::from_bits(-6);

/// Finds which rows are the same.
///
/// The outcome depends neither on the order of rows nor on the number of threads.
///
/// # Errors
///
/// When the watcher stops it.
pub fn link_tables(tables: &Tables, settings: &TableSettings, watch: &dyn Watch) -> Result<Found, LinkError> {
    let frame = Frame::new(tables);
    let keys = keys::choose(&frame);
    if watch.cancelled() {
        return Err(LinkError::Cancelled);
    }
    let mut weights = train::train(&frame);
    let scores = score::score(&frame, &keys, &weights, FLOOR, |key| {
        watch.progress(Stage::Pairs, key, keys.len());
        watch.cancelled()
    })
    .ok_or(LinkError::Cancelled)?;
    watch.progress(Stage::Pairs, keys.len(), keys.len());

    let threshold = settings.threshold.unwrap_or(EVEN);
    let mut kept = scores.kept;
    let one_to_one = frame.two && settings.one_to_one;
    let mut moved_together = None;
    let links = if one_to_one {
        moved_together = refine::refine(&frame, &mut weights, &mut kept);
        assign(&frame, &kept, threshold)
    } else {
        Vec::new()
    };
    let clusters = if one_to_one {
        let mut clusters: Vec<u32> = (0_u32..).take(frame.rows()).collect();
        for (pair, _) in kept.iter().zip(&links).filter(|(_, link)| **link) {
            if let Some(place) = clusters.get_mut(pair.b as usize) {
                *place = pair.a;
            }
        }
        clusters
    } else {
        agglomerate::clusters(frame.rows(), &kept, threshold)
    };
    let scale = Scale::new(&frame, &weights);
    if !one_to_one {
        complete(&frame, &scale, &clusters, &mut kept);
    }
    // Two rows of one cluster are linked, by way of others if not by their own weight.
    let is_link = |at: usize, pair: &Scored| match links.get(at) {
        Some(link) => *link,
        None => clusters.get(pair.a as usize) == clusters.get(pair.b as usize),
    };
    let mut pairs: Vec<(Scored, bool)> = kept
        .drain(..)
        .enumerate()
        .map(|(at, pair)| (pair, is_link(at, &pair)))
        .collect();
    pairs.par_sort_unstable_by_key(|(pair, _)| (Reverse(pair.weight), pair.a, pair.b));
    let mut histogram: BTreeMap<i32, u64> = BTreeMap::new();
    for (pair, _) in &pairs {
        *histogram
            .entry(pair.weight.0.div_euclid(Weight::STEPS))
            .or_default() += 1;
    }
    let examples = examples(&frame, &scale, &pairs);
    let taken = one_to_one.then(|| {
        let mut odds = vec![0.0_f64; frame.left];
        for (pair, _) in &pairs {
            if let Some(odds) = odds.get_mut(pair.a as usize) {
                *odds += pair.weight.bits().exp2();
            }
        }
        odds
    });
    let place = |row: u32| frame.order.get(row as usize).copied().unwrap_or_default();
    let estimates = estimates(&pairs);
    let pairs = pairs
        .into_iter()
        .map(|(pair, link)| {
            let (a, b) = (place(pair.a), place(pair.b));
            PairFound {
                left: a.min(b),
                right: a.max(b),
                weight: pair.weight,
                pattern: pair.pattern,
                link,
            }
        })
        .collect();
    let clusters = in_table_order(&frame, &clusters);
    let unlinkable = unlinkable(&frame, &scale, threshold);
    let model = TableModel {
        moved_together,
        ..weights.summary(&frame)
    };
    let decoys = decoys::count(frame, &keys, &weights, taken.as_deref(), threshold);
    Ok(Found {
        pairs,
        threshold,
        floor: FLOOR,
        clusters,
        unlinkable,
        model,
        blocking: scores.blocking,
        scored: scores.compared,
        histogram: histogram.into_iter().collect(),
        estimates,
        examples,
        decoys,
    })
}

/// Which pairs are links where each row has at most one: greedily, the heaviest first. The best assignment of all
/// (Kuhn, 1955) is no better on lists of people, and far slower.
fn assign(frame: &Frame<'_>, pairs: &[Scored], threshold: Weight) -> Vec<bool> {
    let mut order: Vec<u32> = (0_u32..)
        .zip(pairs)
        .filter(|(_, pair)| pair.weight >= threshold)
        .map(|(at, _)| at)
        .collect();
    order.par_sort_unstable_by_key(|at| {
        pairs
            .get(*at as usize)
            .map(|pair| (Reverse(pair.weight), pair.a, pair.b))
    });
    let mut taken = vec![false; frame.rows()];
    let mut links = vec![false; pairs.len()];
    for at in order {
        let Some(pair) = pairs.get(at as usize) else {
            continue;
        };
        let free = |row: u32, taken: &[bool]| taken.get(row as usize) == Some(&false);
        if free(pair.a, &taken) && free(pair.b, &taken) {
            for row in [pair.a, pair.b] {
                if let Some(place) = taken.get_mut(row as usize) {
                    *place = true;
                }
            }
            if let Some(link) = links.get_mut(at as usize) {
                *link = true;
            }
        }
    }
    links
}

/// Rows of a cluster whose pairs are all weighed. Of a larger one, which is hardly one person, those that blocks found
/// are enough.
const LARGEST_COMPLETED: usize = 50;

/// Weighs the pairs of rows of one cluster that no block brought together, or that were too light to keep.
fn complete(frame: &Frame<'_>, scale: &Scale, clusters: &[u32], pairs: &mut Vec<Scored>) {
    let mut members: Vec<(u32, Row)> = (0_u32..)
        .zip(clusters)
        .map(|(row, cluster)| (*cluster, row))
        .collect();
    members.par_sort_unstable();
    let clusters: Vec<&[(u32, Row)]> = members
        .chunk_by(|(a, _), (b, _)| a == b)
        .filter(|rows| (2..=LARGEST_COMPLETED).contains(&rows.len()))
        .collect();
    let missing: Vec<Scored> = clusters
        .par_iter()
        .flat_map_iter(|rows| {
            let pairs = &*pairs;
            rows.iter().enumerate().flat_map(move |(at, (_, a))| {
                let others = rows.iter().skip(at + 1).map(|(_, b)| *b);
                others
                    .filter(|b| !frame.two || frame.is_left(*a) != frame.is_left(*b))
                    .filter(|b| {
                        pairs
                            .binary_search_by_key(&(*a, *b), |pair| (pair.a, pair.b))
                            .is_err()
                    })
                    .map(|b| {
                        let pattern = compare(frame, *a, b);
                        let weight = Weight::nearest(scale.weigh(frame, *a, b, pattern));
                        Scored {
                            a: *a,
                            b,
                            pattern,
                            weight,
                            relatives: Weight(0),
                        }
                    })
            })
        })
        .collect();
    pairs.extend(missing);
    pairs.par_sort_unstable_by_key(|pair| (pair.a, pair.b));
}

/// Of each row of the tables the first row of its cluster, in the order of the tables.
fn in_table_order(frame: &Frame<'_>, clusters: &[u32]) -> Vec<u32> {
    let mut first: Vec<u32> = vec![u32::MAX; frame.rows()];
    for (row, cluster) in clusters.iter().enumerate() {
        if let (Some(place), Some(first)) = (frame.order.get(row), first.get_mut(*cluster as usize)) {
            *first = (*first).min(*place);
        }
    }
    let mut in_order = vec![0; frame.rows()];
    for (row, cluster) in clusters.iter().enumerate() {
        if let (Some(place), Some(first)) = (frame.order.get(row), first.get(*cluster as usize))
            && let Some(cell) = in_order.get_mut(*place as usize)
        {
            *cell = *first;
        }
    }
    in_order
}

/// Pairs whose weights are explained: the weightiest of each of so many stretches of bits, links and others.
const EXAMPLES: i32 = 12;

fn examples(frame: &Frame<'_>, scale: &Scale, pairs: &[(Scored, bool)]) -> Vec<Example> {
    let mut examples: Vec<Example> = Vec::new();
    let (Some((heaviest, _)), Some((lightest, _))) = (pairs.first(), pairs.last()) else {
        return examples;
    };
    let step = ((heaviest.weight.0 - lightest.weight.0) / EXAMPLES).max(1);
    let mut next = heaviest.weight.0;
    for (at, (pair, _)) in pairs.iter().enumerate() {
        if pair.weight.0 <= next {
            next = pair.weight.0 - step;
            examples.push(Example {
                pair: at,
                relatives: pair.relatives,
                waterfall: scale.waterfall(frame, pair.a, pair.b, pair.pattern),
            });
        }
    }
    examples
}

/// Rows that even a row with all the same values would not reach the threshold with.
fn unlinkable(frame: &Frame<'_>, scale: &Scale, threshold: Weight) -> u64 {
    (0..frame.rows() as u32)
        .into_par_iter()
        .filter(|row| {
            let pattern = frame
                .columns
                .iter()
                .enumerate()
                .fold(0_u64, |pattern, (at, column)| {
                    if column.value(*row).is_some() {
                        pattern | (u64::from(EXACT) << (3 * at))
                    } else {
                        pattern
                    }
                });
            Weight::nearest(scale.weigh(frame, *row, *row, pattern)) < threshold
        })
        .count() as u64
}

/// Precision and recall at whole bits, as the weights expect them.
fn estimates(pairs: &[(Scored, bool)]) -> Vec<Estimate> {
    let all: f64 = pairs.iter().map(|(pair, _)| pair.weight.probability()).sum();
    let mut estimates: Vec<Estimate> = Vec::new();
    let (mut links, mut right) = (0_u64, 0.0);
    let mut at = 0;
    for threshold in (-5..=40).rev() {
        let least = Weight::from_bits(threshold);
        while let Some((pair, _)) = pairs.get(at).filter(|(pair, _)| pair.weight >= least) {
            links += 1;
            right += pair.weight.probability();
            at += 1;
        }
        estimates.push(Estimate {
            threshold: f64::from(threshold),
            links,
            precision: if links > 0 { right / links as f64 } else { 1.0 },
            recall: if all > 0.0 { right / all } else { 0.0 },
        });
    }
    estimates.reverse();
    estimates
}
