//! Findings as they are stored and read: where and what, never a value.

use records::{Kind, Location, finding::Effect};

use crate::{Store, StoreError};

/// Which findings to read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FindingFilter {
    /// Only of this feed.
    pub feed: Option<String>,
    /// Only of deliveries with a verdict in this run.
    pub run: Option<i64>,
    /// Only of this delivery.
    pub delivery: Option<i64>,
}

/// A finding as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FindingRow {
    /// The delivery's number in the ledger.
    pub delivery: i64,
    /// The delivery's label.
    pub label: String,
    /// The feed.
    pub feed: String,
    /// The kind of its records.
    pub kind: Kind,
    /// Who sent it.
    pub provider: String,
    /// Id of the rule.
    pub rule: String,
    /// What is wrong.
    pub wrong: String,
    /// How to mend it.
    pub remedy: String,
    /// Where the rule comes from.
    pub source: String,
    /// What it cost.
    pub effect: Effect,
    /// Where.
    pub location: Location,
    /// How many rows share it.
    pub rows: u64,
}

/// How often a rule was broken in a feed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleCount {
    /// The feed.
    pub feed: String,
    /// Id of the rule.
    pub rule: String,
    /// What is wrong.
    pub wrong: String,
    /// What it cost.
    pub effect: Effect,
    /// How many rows.
    pub rows: u64,
}

impl Store {
    /// The findings of the current readings of deliveries, in the order of delivery, file and line. An earlier
    /// reading through a mapping that was mended since is left out.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn findings(&self, filter: &FindingFilter) -> Result<Vec<FindingRow>, StoreError> {
        let _ = filter;
        Err(StoreError::unfinished())
    }

    /// The same findings counted by feed, rule and effect.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn finding_counts(&self, filter: &FindingFilter) -> Result<Vec<RuleCount>, StoreError> {
        let _ = filter;
        Err(StoreError::unfinished())
    }
}
