//! The weight of a pattern: how much likelier it is between two records of one child than between two children.
//!
//! Three classes of pairs (after Fellegi and Sunter, 1969, with one more): the *same* child, two children of
//! one *household*, and *unrelated* children. Brothers, sisters and twins share a surname, an address and
//! perhaps a birthday; without a class of their own they look like matches.

use serde::{Deserialize, Serialize};

use crate::{
    Weight,
    compare::{BIRTH, FIELDS, FORENAME, LEVELS, MISSING, POSTCODE, Pattern, SURNAME},
    compare::{EXACT, Face},
    persons::Frequencies,
};

/// Probabilities of each field's levels; missing (level 0) has probability 1 as it says nothing.
pub(crate) type Levels = [[f64; LEVELS]; 5];

/// What linkage assumes before it has seen enough pairs, and leans on while it has seen few: rates of slips
/// and moves between a health record and a school record of one child.
const SAME: Levels = [
    [1.0, 0.90, 0.025, 0.03, 0.015, 0.03],
    [1.0, 0.90, 0.025, 0.015, 0.01, 0.05],
    [1.0, 0.98, 0.004, 0.012, 0.002, 0.002],
    [1.0, 0.70, 0.03, 0.05, 0.22, 0.0],
    [1.0, 0.995, 0.005, 0.0, 0.0, 0.0],
];

/// Two children of one household. Not trained: two thirds to nine tenths share surname and postcode; a
/// birth date in common is a multiple birth (15 in 1,000 maternities are), a forename in common a mistake.
const HOUSEHOLD: Levels = [
    [1.0, 0.005, 0.005, 0.015, 0.11, 0.865],
    [1.0, 0.80, 0.02, 0.01, 0.05, 0.12],
    [1.0, 0.03, 0.0002, 0.015, 0.2, 0.7548],
    [1.0, 0.85, 0.01, 0.02, 0.12, 0.0],
    [1.0, 0.5, 0.5, 0.0, 0.0, 0.0],
];

/// Two children taken at random from an area of some ten thousand.
const UNRELATED: Levels = [
    [1.0, 0.005, 0.003, 0.02, 0.11, 0.862],
    [1.0, 0.003, 0.002, 0.01, 0.08, 0.905],
    [1.0, 0.0003, 0.0001, 0.015, 0.2, 0.7846],
    [1.0, 0.0003, 0.003, 0.03, 0.9667, 0.0],
    [1.0, 0.5, 0.5, 0.0, 0.0, 0.0],
];

/// The share of pairs that are one child, and of one household, before anything is compared.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Prior {
    pub(crate) same: f64,
    pub(crate) household: f64,
}

/// One chance in 2^13: an area of some ten thousand children on each side.
const PRIOR: Prior = Prior {
    same: 1.0 / 8192.0,
    household: 1.0 / 8192.0,
};

/// What an NHS number or a UPN in common adds to a weight, in bits: one in 2^30 pairs of numbers, of some
/// 910 million that pass the check digit, agrees by chance.
pub(crate) const NUMBER_BITS: i32 = 30;

/// A rare or common value moves a weight by at most this many bits.
const MOST_RARITY_BITS: f64 = 5.0;

/// The model: what each level of each field is worth.
#[derive(Clone, Debug)]
pub(crate) struct Model {
    pub(crate) same: Levels,
    pub(crate) household: Levels,
    pub(crate) unrelated: Levels,
    /// For pairs across kinds of feed, and for pairs within one kind.
    pub(crate) across: Prior,
    pub(crate) within: Prior,
    /// Whether it was trained on the records, or is what we assume.
    pub(crate) trained: bool,
}

impl Model {
    /// The model before training.
    pub(crate) fn assumed() -> Self {
        Model {
            same: SAME,
            household: HOUSEHOLD,
            unrelated: UNRELATED,
            across: PRIOR,
            within: PRIOR,
            trained: false,
        }
    }

    /// The weight of a pattern, any value counting as an average one.
    pub(crate) fn weight(&self, pattern: Pattern, across: bool) -> Weight {
        self.weight_with_rarity(pattern, across, 0.0)
    }

    /// The weight of two persons: rare values in common count for more.
    pub(crate) fn weight_of(
        &self,
        pattern: Pattern,
        across: bool,
        a: &Face<'_>,
        b: &Face<'_>,
        frequencies: &Frequencies,
    ) -> Weight {
        if !self.trained {
            return self.weight(pattern, across);
        }
        let mut rarity = 0.0;
        if pattern.level(FORENAME) == EXACT {
            let shares = a
                .forenames
                .firsts()
                .iter()
                .filter(|x| b.forenames.firsts().iter().any(|y| x.whole == y.whole));
            let rarest = shares
                .map(|name| frequencies.forenames.share(name.whole.0))
                .fold(1.0, f64::min);
            rarity += self.rarity(FORENAME, rarest);
        }
        if pattern.level(SURNAME) == EXACT {
            let shares = a
                .surnames
                .firsts()
                .iter()
                .filter(|x| b.surnames.firsts().iter().any(|y| x.whole == y.whole));
            let rarest = shares
                .map(|name| frequencies.surnames.share(name.whole.0))
                .fold(1.0, f64::min);
            rarity += self.rarity(SURNAME, rarest);
        }
        if pattern.level(POSTCODE) == EXACT {
            let shares = a
                .postcodes
                .iter()
                .filter(|x| b.postcodes.iter().any(|y| x.whole == y.whole));
            let rarest = shares
                .map(|postcode| frequencies.postcodes.share(postcode.whole.0))
                .fold(1.0, f64::min);
            rarity += self.rarity(POSTCODE, rarest);
        }
        self.weight_with_rarity(pattern, across, rarity)
    }

    /// Bits by which unrelated children agree more rarely on a value of this share than on an average one.
    fn rarity(&self, field: usize, share: f64) -> f64 {
        let average = level_of(&self.unrelated, field, EXACT);
        (average / share)
            .log2()
            .clamp(-MOST_RARITY_BITS, MOST_RARITY_BITS)
    }

    fn weight_with_rarity(&self, pattern: Pattern, across: bool, rarity: f64) -> Weight {
        let [same, household, unrelated] = self.chances(pattern, across);
        Weight::nearest((same / (unrelated * (-rarity).exp2() + household)).log2())
    }

    /// The chances that a pair is of each class and has this pattern: same, household, unrelated.
    pub(crate) fn chances(&self, pattern: Pattern, across: bool) -> [f64; 3] {
        let prior = if across { self.across } else { self.within };
        [
            prior.same * likelihood(&self.same, pattern),
            prior.household * likelihood(&self.household, pattern),
            (1.0 - prior.same - prior.household) * likelihood(&self.unrelated, pattern),
        ]
    }

    pub(crate) fn summary(&self) -> ModelSummary {
        let mut levels = Vec::new();
        for (field, (name, count)) in FIELDS.iter().enumerate() {
            for level in EXACT..=*count {
                levels.push(LevelSummary {
                    field: (*name).to_owned(),
                    level,
                    same: level_of(&self.same, field, level),
                    unrelated: level_of(&self.unrelated, field, level),
                });
            }
        }
        ModelSummary {
            trained: self.trained,
            prior_across: self.across.same,
            prior_within: self.within.same,
            levels,
            ..ModelSummary::default()
        }
    }
}

/// The chance of a pattern where fields are independent of each other.
pub(crate) fn likelihood(levels: &Levels, pattern: Pattern) -> f64 {
    (0..FIELDS.len())
        .map(|field| level_of(levels, field, pattern.level(field)))
        .product()
}

/// The chance of the fields of a pattern without some of them.
pub(crate) fn likelihood_without(levels: &Levels, pattern: Pattern, without: [usize; 3]) -> f64 {
    (0..FIELDS.len())
        .filter(|field| !without.contains(field))
        .map(|field| level_of(levels, field, pattern.level(field)))
        .product()
}

pub(crate) fn level_of(levels: &Levels, field: usize, level: u8) -> f64 {
    if level == MISSING {
        return 1.0;
    }
    levels
        .get(field)
        .and_then(|levels| levels.get(usize::from(level)))
        .copied()
        .unwrap_or(1.0)
}

/// What tier T4 worked with and did, for people.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ModelSummary {
    /// Whether the model was trained on these records; false where there were too few.
    pub trained: bool,
    /// The share of pairs across kinds of feed that are one child.
    pub prior_across: f64,
    /// The share of pairs within a kind that are one child.
    pub prior_within: f64,
    /// The probabilities.
    pub levels: Vec<LevelSummary>,
    /// Persons compared: clusters after tiers T1 to T3.
    pub persons: u64,
    /// Pairs compared.
    pub pairs: u64,
    /// Blocks left out because they held too many persons.
    pub blocks_left_out: u64,
    /// Identifiers left out because they were on too many records.
    pub identifiers_left_out: u64,
    /// Unions made by weight.
    pub accepted: u64,
    /// How many of them the model expects to be false.
    pub expected_false: f64,
}

/// One level of one field.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LevelSummary {
    /// The field.
    pub field: String,
    /// The level: 1 is agreement in full, higher levels agree less.
    pub level: u8,
    /// Its probability where two records are of one child (*m*).
    pub same: f64,
    /// Its probability where they are of unrelated children (*u*).
    pub unrelated: f64,
}

const _: () = assert!(BIRTH == 2, "the tables above follow the order of the fields");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn assumed_levels_are_probabilities() {
        for table in [SAME, HOUSEHOLD, UNRELATED] {
            for field in table {
                let sum: f64 = field.iter().skip(1).sum();
                assert!((sum - 1.0).abs() < 1e-9, "{sum}");
            }
        }
    }
}
