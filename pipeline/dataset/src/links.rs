//! What linkage reads and writes: sealed encodings, yesterday's membership, today's links.

use jiff::civil::Date;
use linkage::{ChildId, RecordId};
use records::{Kind, Version};

use crate::{Lease, Run, Store, StoreError};

/// The sealed encoding of a record that stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EncodingRow {
    /// The record.
    pub record_id: RecordId,
    /// Its kind.
    pub kind: Kind,
    /// Its feed.
    pub feed: String,
    /// Who sent it.
    pub provider: String,
    /// The snapshot scope that it belongs to.
    pub scope: Option<String>,
    /// Its version: with the record id, what the seal is bound to.
    pub version: Version,
    /// The day that it is about.
    pub event_date: Date,
    /// When the record first reached the area.
    pub received_date: Date,
    /// The sealed encoding.
    pub sealed_encoding: Vec<u8>,
}

/// Which child a record belonged to after the last linkage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// The record, which may have left since.
    pub record_id: RecordId,
    /// Its child.
    pub child_id: ChildId,
    /// The record that the child id was made from.
    pub anchor: RecordId,
    /// The tier by which it was joined: `T1` … `T0`.
    pub tier: String,
    /// Since when.
    pub linked_on: Date,
}

/// The link of one record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkRow {
    /// The record.
    pub record_id: RecordId,
    /// Its child.
    pub child_id: ChildId,
    /// The tier: `T1`, `T2`, `T3`, `T4`, `T4r`, `Tx` or `T0`.
    pub tier: String,
    /// The evidence in 1/1024 bit; none where no pair was scored.
    pub weight: Option<i32>,
    /// What joined it, or what kept it from being joined: a code of the linkage crate.
    pub evidence: String,
    /// Since when it has been joined so.
    pub linked_on: Date,
}

/// A child that has at least one record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ChildRow {
    /// The child.
    pub child_id: ChildId,
    /// The record that its id was made from.
    pub anchor: RecordId,
}

/// The whole outcome of a linkage.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Links {
    /// One link a record that stands.
    pub links: Vec<LinkRow>,
    /// Every child that a link names, once.
    pub children: Vec<ChildRow>,
}

/// What a linkage changed against the one before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LinkChange {
    /// Children before.
    pub before: u64,
    /// Children now.
    pub after: u64,
    /// New children, none of whose records had another child.
    pub new: u64,
    /// New children that were split off another.
    pub split: u64,
    /// Children that went into another; their ids redirect to it.
    pub merged: u64,
    /// Children that have no record left.
    pub ended: u64,
    /// Records that changed their child.
    pub moved: u64,
}

impl Store {
    /// A page of the sealed encodings of all records that stand, ordered by record id: at most `limit`, after
    /// `after`. An empty page is the end.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn encodings(
        &self,
        after: Option<RecordId>,
        limit: u32,
    ) -> Result<Vec<EncodingRow>, StoreError> {
        let _ = (after, limit);
        Err(StoreError::unfinished())
    }

    /// Which child each record belonged to after the last linkage, ordered by record id.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn membership(&self) -> Result<Vec<Member>, StoreError> {
        Err(StoreError::unfinished())
    }

    /// Replaces all links in one transaction, and keeps the history of child ids: a child that went into
    /// another redirects to it, an id is never used again for somebody else.
    ///
    /// # Errors
    /// [`StoreError::Invariant`] where a link names a record that does not stand, or a child that `children`
    /// does not hold.
    pub async fn save_links(
        &self,
        lease: &Lease,
        run: &Run,
        links: &Links,
    ) -> Result<LinkChange, StoreError> {
        let _ = (lease, run, links);
        Err(StoreError::unfinished())
    }

    /// The child that an id means today: itself, or what it was merged into. None where there is none.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn resolve_child(&self, child: ChildId) -> Result<Option<ChildId>, StoreError> {
        let _ = child;
        Err(StoreError::unfinished())
    }
}
