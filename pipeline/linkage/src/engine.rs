//! The engine: which rows of encoded tables are the same, with nothing known beforehand but the kind of each column.
//!
//! [`Tables`] are columns of encoded values, one row a record, of one input (whose duplicates are wanted) or of two
//! (whose rows are linked with each other). [`link_tables`] finds the rows that are one person and says how sure it
//! is. It sees tokens, bit vectors and moved day numbers, never clear text.

mod agglomerate;
mod assignment;
mod blocks;
mod decoys;
mod frame;
mod kernel;
mod keys;
mod known;
mod levels;
mod link;
mod outcome;
mod refine;
mod relatives;
mod scale;
mod score;
mod tables;
mod train;
mod weights;

pub use link::link_tables;

pub(crate) use keys::mix;
pub(crate) use known::{Explained, Explainer, Known, RowPair, Weighed, weigh};
pub(crate) use levels::{MISSING, between, label};
pub(crate) use weights::{ColumnWeights, Weights};

pub use outcome::{
    Blocking, ColumnModel, Contribution, Decoys, Estimate, Example, Found, LevelModel, MovedTogether,
    PairFound, TableModel, Waterfall,
};
pub use tables::{
    Column, ColumnKind, MOST_COLUMNS, PARTS, TableError, TableSettings, Tables, Value, ValueId,
};

#[cfg(test)]
mod tests;
