//! What goes in: the current records, the decisions that people have taken, and the settings.

use std::collections::BTreeSet;

use crate::{Encoding, RecordId, Token, Weight};

/// One current record.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The record.
    pub record: RecordId,
    /// A small code of the feed kind, the caller's own: a record is matched by a record of another kind.
    pub kind: u8,
    /// The duplicate-free group that the record belongs to, for example one census of one school: two records
    /// of one group are two children. None where the sender may send a child twice.
    pub source: Option<u32>,
    /// Of a notification of a pregnancy: the numbers of children who were erased. They are not expected again, and
    /// no other child takes their numbers.
    pub erased: BTreeSet<u8>,
    /// What it says of the people in it.
    pub encoding: Encoding,
}

/// What people have decided. Decisions are replayed every night, so one taken today also holds for a record
/// that comes tomorrow.
#[derive(Clone, Debug, Default)]
pub struct Decisions {
    /// The do-not-link list (adoption, protection, a candidate that a person refused).
    pub apart: Vec<Apart>,
    /// Tokens of children whose records are joined to nothing at all.
    pub isolated: Vec<Token>,
    /// NHS numbers that stand for one child because one replaced the other.
    pub superseded: Vec<Supersession>,
    /// Pairs of records that a person confirmed to be one child. Any conflict rule still wins.
    pub same: Vec<(RecordId, RecordId)>,
}

/// Two that are never one child.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Apart {
    /// Two records.
    Records(RecordId, RecordId),
    /// Two persons by a token of each, an NHS number or a UPN: holds for every record that bears them.
    Persons(Token, Token),
}

/// One NHS number replaced by another (PDS supersession).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Supersession {
    /// The number no longer in use.
    pub former: Token,
    /// The number that replaced it.
    pub current: Token,
}

/// Where tier T4 begins and ends, and what day it is.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// At this weight or above, a pair is one child.
    pub accept: Weight,
    /// At this weight or above, but below `accept`, a pair is for review.
    pub review: Weight,
    /// A second candidate within this weight of the best makes the choice open: several candidates.
    pub margin: Weight,
    /// The day that the linkage is about, moved as the days of encodings are: a child whose due day is long past is
    /// not expected any more.
    pub as_at_day: i32,
}

impl Default for Settings {
    /// Accept from 4 bits (odds of 16 to 1: one false link in 17 at the very threshold, far fewer above it),
    /// review from 0 bits (more likely one child than not), and call a choice open when the second candidate
    /// is within 5 bits (odds of 32 to 1) of the first. The day is before all days: nothing is past.
    fn default() -> Self {
        Settings {
            accept: Weight::from_bits(4),
            review: Weight::from_bits(0),
            margin: Weight::from_bits(5),
            as_at_day: i32::MIN,
        }
    }
}

/// The stages of a linkage, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Joining by NHS number, UPN and exact identity.
    Identifiers,
    /// Comparing candidate pairs.
    Pairs,
    /// Joining by weight.
    Weights,
    /// Finding the children of pregnancies.
    Pregnancies,
}

/// Who watches a linkage run: hears of its progress and may stop it.
pub trait Watch: Sync {
    /// `done` of `total` steps of `stage` are done.
    fn progress(&self, stage: Stage, done: usize, total: usize) {
        let _ = (stage, done, total);
    }

    /// Whether to stop. Asked between batches.
    fn cancelled(&self) -> bool {
        false
    }
}

/// Nobody watches.
impl Watch for () {}

/// Why nothing was linked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LinkError {
    /// The watcher stopped it.
    #[error("the linkage was stopped")]
    Cancelled,
    /// Two entries have one record id: the caller must send each current record once.
    #[error("a record was sent to linkage twice")]
    DuplicateRecord,
    /// More records than a 32-bit position can count.
    #[error("more than {} records in one linkage", u32::MAX)]
    TooMany,
}
