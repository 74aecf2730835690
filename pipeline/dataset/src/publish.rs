//! Publishing: the joint dataset is built aside, checked, and put in force in one step.

use std::collections::BTreeMap;

use jiff::civil::Date;
use records::Kind;

use crate::{Lease, Run, Store, StoreError};

/// How a feed stands on the day, for the dataset's `freshness`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedState {
    /// The feed.
    pub feed: String,
    /// Its kind.
    pub kind: Kind,
    /// Who sends it.
    pub provider: String,
    /// `fresh`, `late` (silent for longer than expected) or `missing` (nothing ever came).
    pub state: String,
}

/// What a publication says about itself.
#[derive(Clone, Debug)]
pub struct Release {
    /// Name and version of the program.
    pub software: String,
    /// Fingerprint of the key.
    pub key_fingerprint: String,
    /// The mappings in force, as `name@version` joined by spaces.
    pub mapping_versions: String,
    /// Every configured feed.
    pub feeds: Vec<FeedState>,
    /// The share of child ids that may change or vanish; `1.0` lets all through.
    pub brake: f64,
    /// What the `release` row of the open zone says.
    pub note: String,
}

/// How many rows of a table a publication changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TableChange {
    /// Rows in the table now.
    pub rows: u64,
    /// Rows that are new.
    pub inserted: u64,
    /// Rows that say something else.
    pub updated: u64,
    /// Rows that are gone.
    pub deleted: u64,
}

/// A publication.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Published {
    /// As-at date and the first 12 hexadecimal digits of the digest.
    pub version: String,
    /// SHA-256 of the canonical dump.
    pub digest: [u8; 32],
    /// Whether anything was written; false where all of it was published already.
    pub written: bool,
    /// What changed, by table.
    pub changes: BTreeMap<String, TableChange>,
}

/// What is published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublishedRow {
    /// As-at date and the first 12 hexadecimal digits of the digest.
    pub version: String,
    /// SHA-256 of the canonical dump.
    pub digest: [u8; 32],
    /// The day that it is about.
    pub as_at: Date,
    /// The run that published it.
    pub run: i64,
}

impl Store {
    /// Builds the joint dataset from the vault, checks it, and publishes it in one step. Where all of it is
    /// published already, no byte is written.
    ///
    /// # Errors
    /// [`StoreError::Invariant`] and [`StoreError::Brake`] where a person must decide; what was published
    /// before stays.
    pub async fn publish(
        &self,
        lease: &Lease,
        run: &Run,
        release: &Release,
    ) -> Result<Published, StoreError> {
        let _ = (lease, run, release);
        Err(StoreError::unfinished())
    }

    /// What is published; none before the first time.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn published(&self) -> Result<Option<PublishedRow>, StoreError> {
        Err(StoreError::unfinished())
    }

    /// The digest of the published dataset, computed again from what is there.
    ///
    /// # Errors
    /// [`StoreError::Missing`] before the first publication.
    pub async fn digest(&self) -> Result<[u8; 32], StoreError> {
        Err(StoreError::unfinished())
    }
}
