//! What the engine says: pairs, clusters, the model, and how sure it is.

use serde::Serialize;

use super::ColumnKind;
use crate::Weight;

/// What was found.
#[derive(Clone, Debug)]
pub struct Found {
    /// Every pair that was weighed and kept, links or not, by falling weight: those above [`Found::floor`], and all of
    /// one cluster.
    pub pairs: Vec<PairFound>,
    /// The weight from which a pair is a link.
    pub threshold: Weight,
    /// The least weight of `pairs` that are not of one cluster.
    pub floor: Weight,
    /// Of each row the first row of its cluster.
    pub clusters: Vec<u32>,
    /// What agreement is worth.
    pub model: TableModel,
    /// What was compared.
    pub blocking: Vec<Blocking>,
    /// Pairs scored, each once.
    pub scored: u64,
    /// Rows with too little in them ever to reach the threshold, whoever they were compared with.
    pub unlinkable: u64,
    /// Pairs by weight in whole bits, rounded down: the bits and the count, of all that were scored.
    pub histogram: Vec<(i32, u64)>,
    /// Precision and recall as the model expects them, by rising threshold.
    pub estimates: Vec<Estimate>,
    /// Why some of the pairs weigh what they do, from the heaviest to the lightest.
    pub examples: Vec<Example>,
    /// What chance alone would link.
    pub decoys: Decoys,
}

/// Rows that are nobody's, each value that of another row, held against the others once everything was learned.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Decoys {
    /// How many there were.
    pub rows: u64,
    /// How many of them would have been linked.
    pub linked: u64,
}

/// A pair and why it has its weight.
#[derive(Clone, Debug, PartialEq)]
pub struct Example {
    /// Which of [`Found::pairs`].
    pub pair: usize,
    /// Why. Its weight is that of the two rows by themselves, before relatives spoke and one of several matches was chosen.
    pub waterfall: Waterfall,
    /// What relatives who moved along add to it.
    pub relatives: Weight,
}

/// Two rows that were weighed. Of two inputs, `left` is of the first and `right` of the second; of one input,
/// `left` comes first in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PairFound {
    /// Row.
    pub left: u32,
    /// Row.
    pub right: u32,
    /// How likely the two are one, after rarity of what they share.
    pub weight: Weight,
    /// The level of each column, three bits each, the first column lowest; 0 is missing, 1 the same.
    pub pattern: u64,
    /// Whether it is a link: the rows are of one cluster; or, where each has one match at most, heavy enough and chosen.
    pub link: bool,
}

impl PairFound {
    /// The level of a column.
    pub fn level(&self, column: usize) -> u8 {
        ((self.pattern >> (3 * column)) & 7) as u8
    }
}

/// The model of a linkage.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct TableModel {
    /// Whether it was learned from the rows; false where there were too few.
    pub trained: bool,
    /// The chance that a row of one input and one of the other are the same (of two rows, with one input).
    pub prior: f64,
    /// The chance that they are of one household, but not the same.
    pub prior_household: f64,
    /// The columns, in the order of the tables.
    pub columns: Vec<ColumnModel>,
    /// How often somebody who moved did so with relatives; none where that was not asked, or too few moved.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub moved_together: Option<MovedTogether>,
}

/// How often a pair of rows of different homes leads the same way as another pair.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct MovedTogether {
    /// Its probability between two rows of one person.
    pub same: f64,
    /// Its probability between two rows taken at random.
    pub unrelated: f64,
}

/// One column of a model.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ColumnModel {
    /// Its name.
    pub name: String,
    /// What it holds.
    #[serde(serialize_with = "in_words")]
    pub kind: ColumnKind,
    /// Its levels from 1, the same, to the least alike.
    pub levels: Vec<LevelModel>,
}

/// One level of a column.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LevelModel {
    /// What it means.
    pub label: String,
    /// Its probability between two rows of one person (*m*).
    pub same: f64,
    /// Its probability between two persons of one household.
    pub household: f64,
    /// Its probability between two rows taken at random (*u*).
    pub unrelated: f64,
    /// log2(same / unrelated): what it adds to a weight, rarity apart.
    pub bits: f64,
}

/// One blocking key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Blocking {
    /// What two rows have in common in one of its blocks.
    pub key: String,
    /// Blocks with something to compare.
    pub blocks: u64,
    /// Rows in the largest.
    pub largest: u64,
    /// Blocks that were left out for their size.
    pub left_out: u64,
    /// Pairs that this key was the first to compare.
    pub pairs: u64,
}

/// Precision and recall as the model expects them at a threshold.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Estimate {
    /// The threshold, in bits.
    pub threshold: f64,
    /// Links at that threshold.
    pub links: u64,
    /// The share of them that is right.
    pub precision: f64,
    /// The share of what is there to be found.
    pub recall: f64,
}

/// Why a pair has its weight.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Waterfall {
    /// Before anything is compared, in bits.
    pub prior: f64,
    /// What each column adds.
    pub columns: Vec<Contribution>,
    /// What the chance of one household takes away, in bits; never above 0.
    pub household: f64,
    /// The sum.
    pub weight: f64,
}

/// What a column adds to a weight.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Contribution {
    /// Level of the pair: 0 missing.
    pub level: u8,
    /// What the level is worth, in bits.
    pub bits: f64,
    /// What the rarity of the value in common adds or takes away, in bits.
    pub rarity: f64,
}

/// The kind of a column, for people and files.
fn in_words<S: serde::Serializer>(kind: &ColumnKind, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(kind.as_str())
}

impl ColumnKind {
    /// Its name in configuration and files.
    pub const fn as_str(self) -> &'static str {
        match self {
            ColumnKind::Name => "name",
            ColumnKind::Date => "date",
            ColumnKind::Postcode => "postcode",
            ColumnKind::Code => "code",
            ColumnKind::Text => "text",
        }
    }
}
