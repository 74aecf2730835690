//! What became of every row of a delivery.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What became of one row of a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Became the current state of its record.
    Loaded,
    /// Says exactly what the vault already holds.
    Unchanged,
    /// A later version of the record is already known.
    Superseded,
    /// Stands twice in this delivery.
    Duplicate,
    /// Takes its record back.
    Withdrawn,
    /// Rightly sent but not of concern to this feed.
    OutOfScope,
    /// Not understood; kept out, with a finding that says why.
    Quarantined,
}

/// The rows of one table of a delivery by what became of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// Rows that the file holds.
    pub rows: u64,
    /// See [`Outcome::Loaded`].
    pub loaded: u64,
    /// See [`Outcome::Unchanged`].
    pub unchanged: u64,
    /// See [`Outcome::Superseded`].
    pub superseded: u64,
    /// See [`Outcome::Duplicate`].
    pub duplicate: u64,
    /// See [`Outcome::Withdrawn`].
    pub withdrawn: u64,
    /// See [`Outcome::OutOfScope`].
    pub out_of_scope: u64,
    /// See [`Outcome::Quarantined`].
    pub quarantined: u64,
}

impl Tally {
    /// Adds `rows` rows to one outcome (not to [`Tally::rows`], which the reader counts by itself, so that
    /// [`Tally::adds_up`] can fail).
    pub fn add(&mut self, outcome: Outcome, rows: u64) {
        let cell = match outcome {
            Outcome::Loaded => &mut self.loaded,
            Outcome::Unchanged => &mut self.unchanged,
            Outcome::Superseded => &mut self.superseded,
            Outcome::Duplicate => &mut self.duplicate,
            Outcome::Withdrawn => &mut self.withdrawn,
            Outcome::OutOfScope => &mut self.out_of_scope,
            Outcome::Quarantined => &mut self.quarantined,
        };
        *cell += rows;
    }

    /// The count of one outcome.
    pub fn of(&self, outcome: Outcome) -> u64 {
        match outcome {
            Outcome::Loaded => self.loaded,
            Outcome::Unchanged => self.unchanged,
            Outcome::Superseded => self.superseded,
            Outcome::Duplicate => self.duplicate,
            Outcome::Withdrawn => self.withdrawn,
            Outcome::OutOfScope => self.out_of_scope,
            Outcome::Quarantined => self.quarantined,
        }
    }

    /// Whether every row has exactly one outcome.
    pub fn adds_up(&self) -> bool {
        self.rows
            == self.loaded
                + self.unchanged
                + self.superseded
                + self.duplicate
                + self.withdrawn
                + self.out_of_scope
                + self.quarantined
    }
}

/// The tallies of a delivery by table name (`notices`, `pupilonroll`, `senneeds`, …).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableCounts(pub BTreeMap<String, Tally>);

impl TableCounts {
    /// The tally of one table, made if it is new.
    pub fn table(&mut self, name: &str) -> &mut Tally {
        if !self.0.contains_key(name) {
            self.0.insert(name.to_owned(), Tally::default());
        }
        self.0.entry(name.to_owned()).or_default()
    }

    /// Whether every table adds up.
    pub fn add_up(&self) -> bool {
        self.0.values().all(Tally::adds_up)
    }
}
