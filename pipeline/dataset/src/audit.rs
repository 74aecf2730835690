//! The audit chain: who did what, each entry bound to the one before.

use jiff::Timestamp;

use crate::{Lease, Store, StoreError};

/// One entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditEntry {
    /// Its place in the chain, from 1.
    pub seq: u64,
    /// When.
    pub at: Timestamp,
    /// Who: a person's name, or the program.
    pub actor: String,
    /// What was done: a word of ours.
    pub action: String,
    /// To what: a delivery's number, a version, a decision's number; never a record or a child.
    pub object: String,
    /// How much, as JSON.
    pub counts: String,
    /// The hash of the entry before; zeros for the first.
    pub previous: [u8; 32],
    /// SHA-256 over all of the above.
    pub hash: [u8; 32],
}

/// Where a chain is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuditFault {
    /// This entry does not say what it said when it was written.
    Edited {
        /// Its place.
        seq: u64,
    },
    /// An entry is missing, doubled or moved here.
    Broken {
        /// Its place.
        seq: u64,
    },
    /// Entries are missing at the end.
    Truncated {
        /// How many entries the anchor says there are.
        expected: u64,
        /// How many there are.
        found: u64,
    },
}

/// What a check of the chain found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditReport {
    /// How many entries there are.
    pub entries: u64,
    /// The hash of the last one, to be kept elsewhere: only a copy elsewhere proves that the whole chain was
    /// not written anew.
    pub head: [u8; 32],
    /// Every fault.
    pub faults: Vec<AuditFault>,
}

impl Store {
    /// Adds an entry.
    ///
    /// # Errors
    /// Where the database cannot be written.
    pub async fn audit(
        &self,
        lease: &Lease,
        actor: &str,
        action: &str,
        object: &str,
        counts: &serde_json::Value,
    ) -> Result<(), StoreError> {
        let _ = (lease, actor, action, object, counts);
        Err(StoreError::unfinished())
    }

    /// The chain, from the first entry.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn audit_entries(&self) -> Result<Vec<AuditEntry>, StoreError> {
        Err(StoreError::unfinished())
    }

    /// Checks the chain.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn verify_audit(&self) -> Result<AuditReport, StoreError> {
        Err(StoreError::unfinished())
    }
}
