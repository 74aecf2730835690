//! Erasing for good: a child, or all that a feed delivered.

use std::collections::BTreeMap;

use linkage::ChildId;

use crate::{Lease, Store, StoreError};

/// What to erase.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ForgetWhat {
    /// Every record of one child. They cannot come back.
    Child(ChildId),
    /// Every record and finding of one feed. They cannot come back either.
    Feed(String),
}

/// The proof of an erasure.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ForgetProof {
    /// Records erased.
    pub records: u64,
    /// Rows by table that held them before.
    pub before: BTreeMap<String, u64>,
    /// Rows by table that hold them now: all zero, but for `joint` tables until the next publication.
    pub after: BTreeMap<String, u64>,
}

impl Store {
    /// Erases records with their encodings, references, links, decisions and the places of their findings,
    /// leaves a tombstone that keeps them from coming back, and scrubs the space that they took. Link and
    /// publish afterwards: the joint dataset holds them until then.
    ///
    /// # Errors
    /// [`StoreError::Unknown`] where there is no such child or feed.
    pub async fn forget(
        &self,
        lease: &Lease,
        what: &ForgetWhat,
        author: &str,
        reason: &str,
    ) -> Result<ForgetProof, StoreError> {
        let _ = (lease, what, author, reason);
        Err(StoreError::unfinished())
    }
}
