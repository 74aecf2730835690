//! Average-link clustering: the two clusters with the highest mean weight over all their pairs join first, so that
//! one wrong pair cannot chain two persons together.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BinaryHeap},
};

use rayon::prelude::*;

use super::score::Scored;
use crate::Weight;

/// A pair that was not weighed counts as this much in a mean: somewhat against.
const UNSEEN: i64 = -2 * Weight::STEPS as i64;

/// Of each of `rows` rows the first row of its cluster, from pairs sorted by rows.
pub(super) fn clusters(rows: usize, pairs: &[Scored], threshold: Weight) -> Vec<u32> {
    let mut roots: Vec<u32> = (0_u32..).take(rows).collect();
    for pair in pairs.iter().filter(|pair| pair.weight >= threshold) {
        let (a, b) = (root(&mut roots, pair.a), root(&mut roots, pair.b));
        if let Some(place) = roots.get_mut(a.max(b) as usize) {
            *place = a.min(b);
        }
    }
    for row in (0_u32..).take(rows) {
        root(&mut roots, row);
    }
    // The pairs of each component, in order of its root and of rows.
    let of = |row: u32| roots.get(row as usize).copied().unwrap_or(row);
    let mut within: Vec<(u32, Scored)> = pairs
        .par_iter()
        .filter(|pair| of(pair.a) == of(pair.b))
        .map(|pair| (of(pair.a), *pair))
        .collect();
    within.par_sort_unstable_by_key(|(root, pair)| (*root, pair.a, pair.b));
    let components: Vec<&[(u32, Scored)]> = within.chunk_by(|(a, _), (b, _)| a == b).collect();
    let joined: Vec<Vec<(u32, u32)>> = components
        .into_par_iter()
        .filter(|component| {
            // A component that is one pair, or all of whose pairs agree, is a cluster as it is.
            component.iter().any(|(_, pair)| pair.weight < threshold) || !is_complete(component)
        })
        .map(|component| agglomerate(component, threshold))
        .collect();
    for (row, first) in joined.into_iter().flatten() {
        if let Some(place) = roots.get_mut(row as usize) {
            *place = first;
        }
    }
    roots
}

fn root(roots: &mut [u32], row: u32) -> u32 {
    let mut at = row;
    loop {
        let up = roots.get(at as usize).copied().unwrap_or(at);
        if up == at {
            break;
        }
        at = up;
    }
    let mut walk = row;
    while walk != at {
        let Some(place) = roots.get_mut(walk as usize) else {
            break;
        };
        walk = std::mem::replace(place, at);
    }
    at
}

/// Whether every two rows of a component were weighed.
fn is_complete(component: &[(u32, Scored)]) -> bool {
    let mut rows: Vec<u32> = component.iter().flat_map(|(_, pair)| [pair.a, pair.b]).collect();
    rows.sort_unstable();
    rows.dedup();
    component.len() == rows.len() * (rows.len() - 1) / 2
}

/// Clusters one component: of each of its rows the first row of its cluster.
fn agglomerate(component: &[(u32, Scored)], threshold: Weight) -> Vec<(u32, u32)> {
    let mut rows: Vec<u32> = component.iter().flat_map(|(_, pair)| [pair.a, pair.b]).collect();
    rows.sort_unstable();
    rows.dedup();
    let place = |row: u32| rows.binary_search(&row).unwrap_or_default();
    let mut groups = Groups {
        near: vec![BTreeMap::new(); rows.len()],
        size: vec![1; rows.len()],
        queue: BinaryHeap::new(),
        threshold,
    };
    for (_, pair) in component {
        let (a, b) = (place(pair.a), place(pair.b));
        groups.set(a, b, (i64::from(pair.weight.0), 1));
        groups.queue_up(a, b);
    }
    let mut first: Vec<usize> = (0..rows.len()).collect();
    while let Some((a, b)) = groups.next() {
        groups.merge(a, b);
        for place in &mut first {
            if *place == b {
                *place = a;
            }
        }
    }
    rows.iter()
        .zip(&first)
        .filter_map(|(row, first)| Some((*row, *rows.get(*first)?)))
        .collect()
}

/// Clusters of one component, with the sums of weights between them.
struct Groups {
    /// For each cluster its neighbours: the sum of the weights between them, and the number of pairs weighed.
    near: Vec<BTreeMap<usize, (i64, i64)>>,
    /// Rows in each; 0 once it has become part of another.
    size: Vec<i64>,
    queue: BinaryHeap<(Weight, Reverse<usize>, Reverse<usize>)>,
    threshold: Weight,
}

impl Groups {
    /// The next two to join, the first the one to keep.
    fn next(&mut self) -> Option<(usize, usize)> {
        while let Some((weight, Reverse(a), Reverse(b))) = self.queue.pop() {
            // An entry is stale once one side has grown.
            if self.mean(a, b) == Some(weight) {
                return Some((a, b));
            }
        }
        None
    }

    fn mean(&self, a: usize, b: usize) -> Option<Weight> {
        let (sum, seen) = *self.near.get(a)?.get(&b)?;
        let pairs = self.size.get(a)? * self.size.get(b)?;
        let mean = (sum + (pairs - seen) * UNSEEN).checked_div_euclid(pairs)?;
        i32::try_from(mean).ok().map(Weight)
    }

    fn set(&mut self, a: usize, b: usize, sum: (i64, i64)) {
        for (from, to) in [(a, b), (b, a)] {
            if let Some(near) = self.near.get_mut(from) {
                near.insert(to, sum);
            }
        }
    }

    fn queue_up(&mut self, a: usize, b: usize) {
        if let Some(weight) = self.mean(a, b).filter(|weight| *weight >= self.threshold) {
            self.queue.push((weight, Reverse(a.min(b)), Reverse(a.max(b))));
        }
    }

    fn merge(&mut self, keep: usize, lose: usize) {
        let lost = self.near.get_mut(lose).map(std::mem::take).unwrap_or_default();
        let lost_size = self.size.get_mut(lose).map(std::mem::take).unwrap_or_default();
        if let Some(size) = self.size.get_mut(keep) {
            *size += lost_size;
        }
        if let Some(near) = self.near.get_mut(keep) {
            near.remove(&lose);
        }
        for (other, (sum, seen)) in lost {
            if let Some(near) = self.near.get_mut(other) {
                near.remove(&lose);
            }
            if other != keep {
                let known = self
                    .near
                    .get(keep)
                    .and_then(|near| near.get(&other))
                    .copied()
                    .unwrap_or_default();
                self.set(keep, other, (known.0 + sum, known.1 + seen));
            }
        }
        let neighbours: Vec<usize> = self
            .near
            .get(keep)
            .into_iter()
            .flat_map(|near| near.keys().copied())
            .collect();
        for other in neighbours {
            self.queue_up(keep, other);
        }
    }
}
