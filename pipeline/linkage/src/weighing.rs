//! Tier T4: joins persons by weight.
//!
//! Average-link agglomeration: the two clusters with the highest mean weight over all their pairs join first,
//! so that one wrong pair cannot chain two families together. A choice between candidates that cannot be one
//! child is left open.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet, BinaryHeap},
};

use crate::{
    Bar, Candidate, Settings, Stage, Tier, Watch, Weight,
    clusters::{Clusters, Edge, Union},
    persons::Persons,
    population::Population,
};

/// A pair that was not weighed, or weighed less than this, counts as this much in a mean: somewhat against, as
/// two records of one child do sometimes have little in common.
pub(crate) const UNSEEN: Weight = Weight::from_bits(-2);

/// Pops between two looks at the watcher.
const BATCH: usize = 4_096;

/// A weighed pair of persons.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Weighed {
    pub(crate) left: u32,
    pub(crate) right: u32,
    pub(crate) weight: Weight,
}

/// What an unmatched person might have been.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Prospect {
    /// Children that it might be.
    pub(crate) candidates: u16,
    /// The best of their weights.
    pub(crate) best: Option<Weight>,
    /// Whether several are as good as each other.
    pub(crate) ambiguous: bool,
    /// What kept it from the others.
    pub(crate) bar: Option<Bar>,
}

impl Prospect {
    /// Takes in what another rule found.
    pub(crate) fn add(&mut self, other: &Prospect) {
        self.candidates = self.candidates.saturating_add(other.candidates);
        self.best = self.best.max(other.best);
        self.ambiguous |= other.ambiguous || self.candidates > other.candidates;
        self.bar = self.bar.into_iter().chain(other.bar).min();
    }
}

/// Clusters of persons, with the sums of weights between them.
pub(crate) struct Weighing<'p> {
    persons: &'p Persons,
    settings: Settings,
    /// For each cluster its neighbours: the sum of the weights between them and the number of pairs weighed.
    near: Vec<BTreeMap<u32, (i64, i64)>>,
    /// Persons in each cluster; 0 once it has become part of another.
    size: Vec<i64>,
    queue: BinaryHeap<(Weight, Reverse<u32>, Reverse<u32>)>,
    ambiguous: BTreeSet<(u32, u32)>,
    pub(crate) accepted: u64,
    pub(crate) expected_false: f64,
}

impl<'p> Weighing<'p> {
    pub(crate) fn new(persons: &'p Persons, settings: Settings, weighed: &[Weighed]) -> Self {
        let mut this = Weighing {
            persons,
            settings,
            near: vec![BTreeMap::new(); persons.len()],
            size: vec![1; persons.len()],
            queue: BinaryHeap::new(),
            ambiguous: BTreeSet::new(),
            accepted: 0,
            expected_false: 0.0,
        };
        for pair in weighed {
            let sum = i64::from(pair.weight.0);
            this.set_near(pair.left, pair.right, (sum, 1));
            this.queue_up(pair.left, pair.right);
        }
        this
    }

    /// Joins all that may be joined. False when the watcher stopped it.
    pub(crate) fn join(&mut self, clusters: &mut Clusters<'_>, watch: &dyn Watch) -> bool {
        let mut popped = 0;
        let total = self.queue.len();
        while let Some((weight, Reverse(a), Reverse(b))) = self.queue.pop() {
            popped += 1;
            if popped % BATCH == 0 {
                watch.progress(Stage::Weights, popped.min(total), total);
                if watch.cancelled() {
                    return false;
                }
            }
            if weight < self.settings.accept {
                break;
            }
            // An entry is stale once one side has grown.
            if self.mean(a, b) != Some(weight) {
                continue;
            }
            if self.has_rival(clusters, a, b, weight) || self.has_rival(clusters, b, a, weight) {
                self.ambiguous.insert((a, b));
                continue;
            }
            let (left, right) = (self.record(a), self.record(b));
            let edge = Edge {
                tier: Tier::T4,
                weight,
                left,
                right,
                confirmed: false,
            };
            if clusters.unite(edge) == Union::Made {
                self.accepted += 1;
                self.expected_false += 1.0 - weight.probability();
                self.merge(a, b);
            }
        }
        true
    }

    /// What each unmatched person might have been, by its cluster's root record.
    pub(crate) fn prospects(&self, clusters: &Clusters<'_>) -> BTreeMap<u32, Prospect> {
        let mut prospects = BTreeMap::new();
        for person in (0_u32..)
            .take(self.persons.len())
            .filter(|person| self.is_alive(*person))
        {
            let record = self.record(person);
            if clusters.kinds(record).single().is_none() {
                continue;
            }
            let mut prospect = Prospect::default();
            let mut weights: Vec<Weight> = Vec::new();
            for other in self.neighbours(person) {
                let Some(weight) = self
                    .mean(person, other)
                    .filter(|weight| *weight >= self.settings.review)
                else {
                    continue;
                };
                let theirs = self.record(other);
                if clusters.kinds(record).holds_all_of(clusters.kinds(theirs)) {
                    continue;
                }
                match clusters.bar(record, theirs) {
                    Some(bar) => prospect.bar = Some(prospect.bar.map_or(bar, |known| known.min(bar))),
                    None => weights.push(weight),
                }
                prospect.ambiguous |= self.ambiguous.contains(&(person.min(other), person.max(other)));
            }
            weights.sort_unstable_by_key(|weight| Reverse(*weight));
            prospect.candidates = u16::try_from(weights.len()).unwrap_or(u16::MAX);
            prospect.best = weights.first().copied();
            if let [best, second, ..] = weights.as_slice() {
                prospect.ambiguous |= second.0 >= best.0.saturating_sub(self.settings.margin.0);
            }
            prospects.insert(clusters.root(record), prospect);
        }
        prospects
    }

    /// The pairs for a person to decide, heaviest first.
    pub(crate) fn review(&self, population: &Population<'_>, clusters: &Clusters<'_>) -> Vec<Candidate> {
        let mut review = Vec::new();
        for person in (0_u32..)
            .take(self.persons.len())
            .filter(|person| self.is_alive(*person))
        {
            for other in self.neighbours(person).filter(|other| *other > person) {
                let Some(weight) = self
                    .mean(person, other)
                    .filter(|weight| *weight >= self.settings.review)
                else {
                    continue;
                };
                let (a, b) = (self.record(person), self.record(other));
                if clusters.bar(a, b).is_none()
                    && let (Some(left), Some(right)) = (population.record(a), population.record(b))
                {
                    review.push(Candidate {
                        left,
                        right,
                        weight,
                        ambiguous: weight >= self.settings.accept,
                    });
                }
            }
        }
        review.sort_unstable_by_key(|pair| (Reverse(pair.weight), pair.left, pair.right));
        review
    }

    /// Whether `a` has another candidate about as good as `b` that cannot be one child with `b`.
    fn has_rival(&self, clusters: &Clusters<'_>, a: u32, b: u32, weight: Weight) -> bool {
        let least = Weight(weight.0.saturating_sub(self.settings.margin.0)).max(self.settings.review);
        self.neighbours(a).filter(|other| *other != b).any(|other| {
            self.mean(a, other).is_some_and(|mean| mean >= least)
                && clusters.bar(self.record(a), self.record(other)).is_none()
                && !(self
                    .mean(other, b)
                    .is_some_and(|mean| mean >= self.settings.accept)
                    && clusters.bar(self.record(other), self.record(b)).is_none())
        })
    }

    /// The mean weight between two clusters; none where no pair was weighed, or one is no more.
    fn mean(&self, a: u32, b: u32) -> Option<Weight> {
        let (sum, seen) = *self.near.get(a as usize)?.get(&b)?;
        let pairs = self.size.get(a as usize)? * self.size.get(b as usize)?;
        let total = sum + (pairs - seen) * i64::from(UNSEEN.0);
        let mean = total.checked_div_euclid(pairs)?;
        i32::try_from(mean).ok().map(Weight)
    }

    fn merge(&mut self, a: u32, b: u32) {
        let (keep, lose) = (a.min(b), a.max(b));
        let lost = self
            .near
            .get_mut(lose as usize)
            .map(std::mem::take)
            .unwrap_or_default();
        let lost_size = self
            .size
            .get_mut(lose as usize)
            .map(std::mem::take)
            .unwrap_or_default();
        if let Some(size) = self.size.get_mut(keep as usize) {
            *size += lost_size;
        }
        if let Some(near) = self.near.get_mut(keep as usize) {
            near.remove(&lose);
        }
        for (other, (sum, seen)) in lost {
            if let Some(near) = self.near.get_mut(other as usize) {
                near.remove(&lose);
            }
            if other != keep {
                let known = self
                    .near
                    .get(keep as usize)
                    .and_then(|near| near.get(&other))
                    .copied()
                    .unwrap_or_default();
                self.set_near(keep, other, (known.0 + sum, known.1 + seen));
            }
        }
        for other in self.neighbours(keep).collect::<Vec<_>>() {
            self.queue_up(keep, other);
        }
    }

    fn queue_up(&mut self, a: u32, b: u32) {
        if let Some(weight) = self.mean(a, b).filter(|weight| *weight >= self.settings.accept) {
            self.queue.push((weight, Reverse(a.min(b)), Reverse(a.max(b))));
        }
    }

    fn set_near(&mut self, a: u32, b: u32, sum: (i64, i64)) {
        for (from, to) in [(a, b), (b, a)] {
            if let Some(near) = self.near.get_mut(from as usize) {
                near.insert(to, sum);
            }
        }
    }

    fn neighbours(&self, person: u32) -> impl Iterator<Item = u32> + '_ {
        self.near
            .get(person as usize)
            .into_iter()
            .flat_map(|near| near.keys().copied())
    }

    fn is_alive(&self, person: u32) -> bool {
        self.size.get(person as usize).is_some_and(|size| *size > 0)
    }

    /// The record that stands for a person. Persons are numbered from records, so every person has one.
    fn record(&self, person: u32) -> u32 {
        self.persons
            .first_record
            .get(person as usize)
            .copied()
            .unwrap_or(u32::MAX)
    }
}
