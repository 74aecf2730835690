//! Clusters of records that grow by unions, each of which must pass every conflict rule for every pair.

use crate::{Bar, Refusal, Tier, Weight, population::Population};

/// A union that a rule asks for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Edge {
    pub(crate) tier: Tier,
    pub(crate) weight: Weight,
    pub(crate) left: u32,
    pub(crate) right: u32,
    pub(crate) confirmed: bool,
}

/// Kinds of feed as bits of a set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Kinds([u64; 4]);

impl Kinds {
    fn of(kind: u8) -> Self {
        let mut bits = [0; 4];
        for (word, bits) in (0_u8..).zip(&mut bits) {
            if kind / 64 == word {
                *bits = 1 << (kind % 64);
            }
        }
        Kinds(bits)
    }

    /// The one kind of it, if it is one.
    pub(crate) fn single(self) -> Option<u8> {
        let count: u32 = self.0.iter().map(|word| word.count_ones()).sum();
        let (word, bits) = (0_u32..).zip(self.0).find(|(_, bits)| *bits != 0)?;
        if count == 1 {
            u8::try_from(word * 64 + bits.trailing_zeros()).ok()
        } else {
            None
        }
    }

    pub(crate) fn holds_all_of(self, other: Kinds) -> bool {
        self.0
            .iter()
            .zip(other.0)
            .all(|(mine, theirs)| theirs & !mine == 0)
    }

    fn with(mut self, other: Kinds) -> Self {
        for (mine, theirs) in self.0.iter_mut().zip(other.0) {
            *mine |= theirs;
        }
        self
    }
}

/// What became of a union.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Union {
    /// The two are now one.
    Made,
    /// They were one already.
    Already,
    /// A conflict forbids it.
    Refused(Bar),
}

/// The clusters, at first one a record.
pub(crate) struct Clusters<'a> {
    population: &'a Population<'a>,
    parent: Vec<u32>,
    members: Vec<Vec<u32>>,
    kinds: Vec<Kinds>,
    /// For each record the edge that joined it to a record of another kind.
    joined: Vec<Option<Edge>>,
    /// The unions made, in order: a tree of the strongest ways for each cluster.
    pub(crate) made: Vec<Edge>,
    pub(crate) refused: Vec<Refusal>,
}

impl<'a> Clusters<'a> {
    pub(crate) fn new(population: &'a Population<'a>) -> Self {
        let count = population.len();
        Clusters {
            population,
            parent: (0_u32..).take(count).collect(),
            members: (0_u32..).take(count).map(|at| vec![at]).collect(),
            kinds: population
                .entries
                .iter()
                .map(|entry| Kinds::of(entry.kind))
                .collect(),
            joined: vec![None; count],
            made: Vec::new(),
            refused: Vec::new(),
        }
    }

    /// The record that stands for a record's cluster.
    pub(crate) fn root(&self, record: u32) -> u32 {
        let mut at = record;
        while let Some(up) = self.parent.get(at as usize)
            && *up != at
        {
            at = *up;
        }
        at
    }

    /// The records of a record's cluster.
    pub(crate) fn members(&self, record: u32) -> &[u32] {
        self.members
            .get(self.root(record) as usize)
            .map_or(&[], Vec::as_slice)
    }

    pub(crate) fn kinds(&self, record: u32) -> Kinds {
        self.kinds
            .get(self.root(record) as usize)
            .copied()
            .unwrap_or_default()
    }

    pub(crate) fn joined(&self, record: u32) -> Option<&Edge> {
        self.joined.get(record as usize).and_then(Option::as_ref)
    }

    /// What keeps two clusters apart: the first bar between any two of their records. Unlike forenames bar nothing
    /// where the two records' own numbers also stand beside one and the same forename.
    pub(crate) fn bar(&self, a: u32, b: u32) -> Option<Bar> {
        let (mine, others) = (self.members(a), self.members(b));
        let between = |x: u32, y: u32| {
            let bar = self.population.bar(x, y)?;
            let mistyped = bar == Bar::Twins && self.population.named_alike_elsewhere((x, mine), (y, others));
            (!mistyped).then_some(bar)
        };
        mine.iter()
            .find_map(|x| others.iter().find_map(|y| between(*x, *y)))
    }

    /// Joins the clusters of an edge's records, unless a conflict between any two of their records forbids it.
    /// Where that brings the first record of another kind, the edge is what matched the others.
    pub(crate) fn unite(&mut self, edge: Edge) -> Union {
        let (a, b) = (self.root(edge.left), self.root(edge.right));
        if a == b {
            return Union::Already;
        }
        if let Some(bar) = self.bar(a, b) {
            self.refuse(&edge, bar);
            return Union::Refused(bar);
        }
        let (kinds_a, kinds_b) = (self.kinds(a), self.kinds(b));
        for (side, mine, theirs) in [(a, kinds_a, kinds_b), (b, kinds_b, kinds_a)] {
            if mine.single().is_some() && !mine.holds_all_of(theirs) {
                self.match_all(side, edge);
            }
        }
        // The smaller is hung below the larger, so that no chain is longer than the logarithm of its cluster.
        let (keep, lose) = if self.members(a).len() >= self.members(b).len() {
            (a, b)
        } else {
            (b, a)
        };
        let moved = self
            .members
            .get_mut(lose as usize)
            .map(std::mem::take)
            .unwrap_or_default();
        if let Some(members) = self.members.get_mut(keep as usize) {
            members.extend(moved);
        }
        if let Some(parent) = self.parent.get_mut(lose as usize) {
            *parent = keep;
        }
        if let Some(kinds) = self.kinds.get_mut(keep as usize) {
            *kinds = kinds_a.with(kinds_b);
        }
        self.made.push(edge);
        Union::Made
    }

    /// Notes that a rule asked for a union and did not get it.
    pub(crate) fn refuse(&mut self, edge: &Edge, bar: Bar) {
        if let (Some(left), Some(right)) = (
            self.population.record(edge.left),
            self.population.record(edge.right),
        ) {
            self.refused.push(Refusal {
                left,
                right,
                tier: edge.tier,
                bar,
            });
        }
    }

    fn match_all(&mut self, root: u32, edge: Edge) {
        let Some(members) = self.members.get(root as usize) else {
            return;
        };
        for member in members {
            if let Some(joined) = self.joined.get_mut(*member as usize) {
                *joined = Some(edge);
            }
        }
    }
}
