//! Loading a delivery: records, findings and the ledger's line in one transaction.
//!
//! The state of the vault is a function of what came, not of the order in which it came. Of the versions of a
//! record the greatest decides whether it stands, and the greatest that states it decides what it says. A
//! version orders by its time, then withdrawal before statement, then content hash; within the scope of a
//! snapshot by the snapshot's time and hash instead, so that a snapshot counts as a whole. A record of a
//! scope is gone once the latest snapshot of the scope is later than the version that it stands by.

mod ending;
mod merge;
mod stage;
mod written;

pub use written::WrittenRow;

pub(crate) use stage::mark;

use std::io;

use jiff::civil::Date;
use linkage::{MotherId, RecordId, Token};
use records::{Finding, Location, Payload, Profile, TableCounts, Version};
use serde::{Deserialize, Serialize};

use crate::{
    DeliveryInfo, Lease, Run, Store, StoreError, Verdict, audit, findings, ledger, load::stage::Staged,
};

/// A scope that a delivery is a snapshot of: what the vault holds of it and the delivery does not is gone.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Scope {
    /// The scope, as [`VaultRow::scope`] names it.
    pub scope: String,
    /// Which snapshot of the scope this is: a later one wins, whichever arrives first.
    pub version: Version,
}

/// Whether a version states its record or takes it back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RowState {
    /// The record stands, and says this.
    Current(Box<Payload>),
    /// The record is taken back: a tombstone, which may come before what it withdraws.
    Withdrawn,
}

/// Whom a record is about, and so which links it has once it stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum About {
    /// One child: exactly one link, number 0.
    #[default]
    Child,
    /// A pregnancy: one link for each child expected or born of it, numbered from 1; none once nobody is
    /// expected.
    Pregnancy,
    /// Nobody: a birth without a living child. No link.
    Nobody,
}

impl About {
    /// The code in the vault.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            About::Child => "child",
            About::Pregnancy => "pregnancy",
            About::Nobody => "nobody",
        }
    }
}

/// One version of one record as the vault keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VaultRow {
    /// Which record.
    pub record_id: RecordId,
    /// Which version.
    pub version: Version,
    /// SHA-256 of what the version says, identity included.
    pub content_hash: [u8; 32],
    /// Whether it states the record or takes it back.
    pub state: RowState,
    /// Whom it is about.
    pub about: About,
    /// The mother whom it names; always there where it notifies a pregnancy.
    pub mother_id: Option<MotherId>,
    /// Of a birth, the record of the pregnancy that it ended; none where the birth does not name it.
    pub born_of: Option<RecordId>,
    /// The day that the record is about.
    pub event_date: Date,
    /// When it reached the area. The vault keeps the earliest of all versions.
    pub received_date: Date,
    /// The snapshot scope that it belongs to; none in a delta.
    pub scope: Option<String>,
    /// What may be known of the person.
    pub profile: Profile,
    /// The sealed encoding; none only for a tombstone.
    pub sealed_encoding: Option<Vec<u8>>,
    /// The sender's reference, sealed; none where there is none or it may not be shown.
    pub sealed_reference: Option<Vec<u8>>,
    /// Where it stood in the delivery.
    pub location: Location,
    /// How many rows of which tables it was made from; their outcome is the record's.
    pub tables: Vec<(String, u64)>,
    /// Where the feed's lawful basis needs the National Data Opt-out: the tokens of the NHS numbers that it holds, in
    /// order, empty where it holds none. None where the feed needs no opt-outs.
    pub patients: Option<Vec<Token>>,
}

impl VaultRow {
    /// A tombstone for a record that another one replaces. It was made from no row of its own.
    pub fn tombstone(record_id: RecordId, version: Version, received_date: Date) -> Self {
        VaultRow {
            record_id,
            version,
            content_hash: [0; 32],
            state: RowState::Withdrawn,
            about: About::default(),
            mother_id: None,
            born_of: None,
            event_date: version.time().date(),
            received_date,
            scope: None,
            profile: Profile::default(),
            sealed_encoding: None,
            sealed_reference: None,
            location: Location::default(),
            tables: Vec::new(),
            patients: None,
        }
    }
}

/// A delivery to load.
pub struct DeliveryLoad<'a> {
    /// The delivery.
    pub info: DeliveryInfo,
    /// The scopes that it is a snapshot of; none for a delta.
    pub scopes: Vec<Scope>,
    /// Its records, in any order, as read back from the spool.
    pub rows: Box<dyn Iterator<Item = io::Result<WrittenRow>> + Send + 'a>,
    /// Its findings.
    pub findings: Box<dyn Iterator<Item = Finding> + Send + 'a>,
    /// The counts so far: rows read, out of scope and quarantined. The outcome of the records is added.
    pub counts: TableCounts,
    /// Where the transport goes on after this delivery; see [`Store::bookmark`].
    pub bookmark: Option<String>,
}

/// What loading a delivery did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LoadReport {
    /// The delivery's number in the ledger.
    pub delivery: i64,
    /// The counts, complete: they add up.
    pub counts: TableCounts,
    /// Records that a newer snapshot no longer holds.
    pub absent: u64,
    /// Records that an earlier reading of the same delivery made and this reading does not.
    pub unread: u64,
    /// Records kept out because they were erased for good; counted as out of scope.
    pub forgotten: u64,
}

impl Store {
    /// Loads one delivery in one transaction: records, findings and the ledger's line together, or nothing.
    ///
    /// The order of deliveries does not matter: of a record the greatest version wins (withdrawal before
    /// content hash where versions are equal), of a scope the latest snapshot.
    ///
    /// # Errors
    /// [`StoreError::Counts`] where rows are unaccounted for; [`StoreError::Io`] where the spool cannot be
    /// read.
    pub async fn load(
        &self,
        lease: &Lease,
        run: &Run,
        delivery: DeliveryLoad<'_>,
    ) -> Result<LoadReport, StoreError> {
        let DeliveryLoad {
            info,
            scopes,
            rows,
            findings,
            counts,
            bookmark,
        } = delivery;
        let mut tx = self.write(lease, "load a delivery").await?;
        let again = ledger::was_read(&mut tx, &info.key).await?;
        let id = ledger::enter(&mut tx, run, &info, Verdict::Loaded, None, &counts).await?;
        let mut staged = Staged::new(&mut tx, &info, &scopes, again).await?;
        staged.take(&mut tx, rows).await?;
        fail::fail_point!("dataset::load::staged");
        let judged = merge::judge(&mut tx, &info, &scopes, &staged).await?;
        let mut report = LoadReport {
            delivery: id,
            counts,
            ..LoadReport::default()
        };
        staged.count_outcomes(&mut tx, &mut report).await?;
        merge::merge(&mut tx, run, &info, id, judged, &staged, &mut report).await?;
        staged.withhold(&mut tx).await?;
        stage::remove(&mut tx).await?;
        findings::replace(&mut tx, id, findings).await?;

        if let Some((table, _)) = report.counts.0.iter().find(|(_, tally)| !tally.adds_up()) {
            return Err(StoreError::Counts { table: table.clone() });
        }
        ledger::enter(&mut tx, run, &info, Verdict::Loaded, None, &report.counts).await?;
        ledger::set_bookmark(&mut tx, id, bookmark).await?;
        let said = serde_json::json!({
            "rows": ledger::row_count(&report.counts),
            "absent": report.absent,
            "unread": report.unread,
            "forgotten": report.forgotten,
        });
        audit::append(&mut tx, "sendlink", "load", &format!("delivery {id}"), &said).await?;
        fail::fail_point!("dataset::load::before-commit");
        tx.commit().await?;
        fail::fail_point!("dataset::load::after-commit");
        Ok(report)
    }
}
