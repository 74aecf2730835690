//! The ledger of deliveries: what came, and what became of it.

use std::collections::BTreeMap;

use jiff::civil::DateTime;
use records::{Finding, Kind, TableCounts};

use crate::{Lease, Run, Store, StoreError};

/// What names a reading of a delivery: the same bytes read through a mended mapping are another reading.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DeliveryKey {
    /// The feed.
    pub feed: String,
    /// SHA-256 of the delivery.
    pub delivery_hash: [u8; 32],
    /// SHA-256 of the layout and the code lists that it was read through.
    pub layout_hash: [u8; 32],
    /// SHA-256 of the feed's contract.
    pub contract_hash: [u8; 32],
}

/// A delivery as the program knows it before it is loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryInfo {
    /// What names this reading.
    pub key: DeliveryKey,
    /// The kind of its records.
    pub kind: Kind,
    /// Who sent it.
    pub provider: String,
    /// How findings and people name it; never a sender's file name that the layout does not know.
    pub label: String,
    /// When the transport says that it came.
    pub received: DateTime,
    /// Its length in bytes.
    pub bytes: u64,
}

/// What became of a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// Its records are in the vault.
    Loaded,
    /// It could not be trusted; its findings say why.
    Refused,
    /// It waits for a person.
    Held,
    /// A person let it through; the next run loads it.
    Released,
    /// A person refused it.
    Rejected,
}

impl Verdict {
    /// The word for it in tables.
    pub const fn as_str(self) -> &'static str {
        match self {
            Verdict::Loaded => "loaded",
            Verdict::Refused => "refused",
            Verdict::Held => "held",
            Verdict::Released => "released",
            Verdict::Rejected => "rejected",
        }
    }
}

/// One line of the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryRow {
    /// Its number.
    pub id: i64,
    /// The delivery.
    pub info: DeliveryInfo,
    /// What became of it.
    pub verdict: Verdict,
    /// Why it is held, released or rejected.
    pub reason: Option<String>,
    /// The run that gave the verdict.
    pub run: i64,
    /// Its rows by table and outcome.
    pub counts: TableCounts,
}

impl Store {
    /// What became of a reading of a delivery; none where it is new.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn known(&self, key: &DeliveryKey) -> Result<Option<Verdict>, StoreError> {
        let _ = key;
        Err(StoreError::unfinished())
    }

    /// Records that a delivery is refused, with its findings.
    ///
    /// # Errors
    /// Where the database cannot be written.
    pub async fn refuse(
        &self,
        lease: &Lease,
        run: &Run,
        info: &DeliveryInfo,
        findings: &[Finding],
        counts: &TableCounts,
    ) -> Result<i64, StoreError> {
        let _ = (lease, run, info, findings, counts);
        Err(StoreError::unfinished())
    }

    /// Holds a delivery for a person's decision, with its findings. `reason` is a sentence of ours.
    ///
    /// # Errors
    /// Where the database cannot be written.
    pub async fn hold(
        &self,
        lease: &Lease,
        run: &Run,
        info: &DeliveryInfo,
        reason: &str,
        findings: &[Finding],
        counts: &TableCounts,
    ) -> Result<i64, StoreError> {
        let _ = (lease, run, info, reason, findings, counts);
        Err(StoreError::unfinished())
    }

    /// The deliveries that wait for a person, oldest first.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn held(&self) -> Result<Vec<DeliveryRow>, StoreError> {
        Err(StoreError::unfinished())
    }

    /// Lets a held delivery be loaded by the next run.
    ///
    /// # Errors
    /// [`StoreError::Unknown`] where no held delivery has this number.
    pub async fn release(
        &self,
        lease: &Lease,
        id: i64,
        author: &str,
        reason: &str,
    ) -> Result<(), StoreError> {
        let _ = (lease, id, author, reason);
        Err(StoreError::unfinished())
    }

    /// Refuses a held delivery for good.
    ///
    /// # Errors
    /// [`StoreError::Unknown`] where no held delivery has this number.
    pub async fn reject(&self, lease: &Lease, id: i64, author: &str, reason: &str) -> Result<(), StoreError> {
        let _ = (lease, id, author, reason);
        Err(StoreError::unfinished())
    }

    /// The ledger, oldest first; of one feed where it is named.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn deliveries(&self, feed: Option<&str>) -> Result<Vec<DeliveryRow>, StoreError> {
        let _ = feed;
        Err(StoreError::unfinished())
    }

    /// How many rows the feed's latest loaded delivery had; none before the first.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn last_loaded_rows(&self, feed: &str) -> Result<Option<u64>, StoreError> {
        let _ = feed;
        Err(StoreError::unfinished())
    }

    /// How many records of each of these snapshot scopes stand; a scope that is not known is not in the answer.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn scope_sizes(
        &self,
        feed: &str,
        scopes: &[String],
    ) -> Result<BTreeMap<String, u64>, StoreError> {
        let _ = (feed, scopes);
        Err(StoreError::unfinished())
    }
}
