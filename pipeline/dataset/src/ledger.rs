//! The ledger of deliveries: what came, and what became of it.

use std::collections::BTreeMap;

use jiff::civil::DateTime;
use records::{Finding, Kind, TableCounts};

use crate::{
    Lease, Run, Store, StoreError, audit, findings,
    joint::build::json,
    sql::{Row, Tx, Value, sortable},
};

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

    fn from_code(code: &str) -> Result<Self, StoreError> {
        [
            Verdict::Loaded,
            Verdict::Refused,
            Verdict::Held,
            Verdict::Released,
            Verdict::Rejected,
        ]
        .into_iter()
        .find(|verdict| verdict.as_str() == code)
        .ok_or(StoreError::Corrupt {
            what: "the verdict on a delivery",
        })
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

/// The whole ledger, oldest first.
const LEDGER: &str = "
    select id, feed, kind, provider, delivery_hash, layout_hash, contract_hash, label, received, bytes,
           verdict, reason, run, counts
      from delivery order by id";

impl Store {
    /// What became of a reading of a delivery; none where it is new.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn known(&self, key: &DeliveryKey) -> Result<Option<Verdict>, StoreError> {
        let mut tx = self.read("read the ledger").await?;
        let verdict = tx
            .optional(
                "select verdict from delivery where feed = $1 and delivery_hash = $2
                    and layout_hash = $3 and contract_hash = $4",
                key_values(key),
                |row| row.text(0),
            )
            .await?;
        verdict.as_deref().map(Verdict::from_code).transpose()
    }

    /// Records that a delivery is refused, with its findings. Returns its number in the ledger.
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
        self.enter_unloaded(lease, run, info, Verdict::Refused, None, findings, counts)
            .await
    }

    /// Holds a delivery for a person's decision, with its findings. `reason` is a sentence of ours. Returns
    /// its number in the ledger.
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
        self.enter_unloaded(lease, run, info, Verdict::Held, Some(reason), findings, counts)
            .await
    }

    /// The deliveries that wait for a person, oldest first.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn held(&self) -> Result<Vec<DeliveryRow>, StoreError> {
        let mut held = self.deliveries(None).await?;
        held.retain(|delivery| delivery.verdict == Verdict::Held);
        Ok(held)
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
        self.decide_held(lease, id, Verdict::Released, author, reason)
            .await
    }

    /// Refuses a held delivery for good.
    ///
    /// # Errors
    /// [`StoreError::Unknown`] where no held delivery has this number.
    pub async fn reject(&self, lease: &Lease, id: i64, author: &str, reason: &str) -> Result<(), StoreError> {
        self.decide_held(lease, id, Verdict::Rejected, author, reason)
            .await
    }

    /// The ledger, oldest first; of one feed where it is named.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn deliveries(&self, feed: Option<&str>) -> Result<Vec<DeliveryRow>, StoreError> {
        let mut tx = self.read("read the ledger").await?;
        let mut rows = tx.all(LEDGER, [], read_delivery).await?;
        rows.retain(|delivery| feed.is_none_or(|feed| delivery.info.key.feed == feed));
        Ok(rows)
    }

    /// How many rows the feed's latest loaded delivery had; none before the first.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn last_loaded_rows(&self, feed: &str) -> Result<Option<u64>, StoreError> {
        let mut tx = self.read("read the ledger").await?;
        tx.optional(
            "select row_count from delivery where feed = $1 and verdict = 'loaded'
              order by received desc, id desc limit 1",
            [feed.into()],
            |row| row.count(0),
        )
        .await
    }

    /// Where the feed's transport goes on: the bookmark of its latest loaded delivery that has one. It was kept in the
    /// transaction that loaded the delivery, so it is never ahead of the records.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn bookmark(&self, feed: &str) -> Result<Option<String>, StoreError> {
        let mut tx = self.read("read the ledger").await?;
        tx.optional(
            "select bookmark from delivery where feed = $1 and verdict = 'loaded' and bookmark is not null
              order by received desc, id desc limit 1",
            [feed.into()],
            |row| row.text(0),
        )
        .await
    }

    /// How many records of each snapshot scope of the feed stand; a scope whose latest snapshot was empty has
    /// none.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn scope_sizes(&self, feed: &str) -> Result<BTreeMap<String, u64>, StoreError> {
        let mut tx = self.read("read the sizes of snapshots").await?;
        let sizes = tx
            .all(
                "select s.scope, (select count(*) from record r
                                   where r.feed = s.feed and r.scope = s.scope and r.state = 'current')
                   from snapshot s where s.feed = $1 order by s.scope",
                [feed.into()],
                |row| Ok((row.text(0)?, row.count(1)?)),
            )
            .await?;
        Ok(sizes.into_iter().collect())
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "one line of the ledger, and who writes it"
    )]
    async fn enter_unloaded(
        &self,
        lease: &Lease,
        run: &Run,
        info: &DeliveryInfo,
        verdict: Verdict,
        reason: Option<&str>,
        findings: &[Finding],
        counts: &TableCounts,
    ) -> Result<i64, StoreError> {
        let mut tx = self.write(lease, "enter a delivery").await?;
        let id = enter(&mut tx, run, info, verdict, reason, counts).await?;
        findings::replace(&mut tx, id, findings.iter().cloned()).await?;
        let said = serde_json::json!({ "rows": row_count(counts) });
        audit::append(
            &mut tx,
            "sendlink",
            verdict.as_str(),
            &format!("delivery {id}"),
            &said,
        )
        .await?;
        fail::fail_point!("dataset::ledger::before-commit");
        tx.commit().await?;
        Ok(id)
    }

    async fn decide_held(
        &self,
        lease: &Lease,
        id: i64,
        verdict: Verdict,
        author: &str,
        reason: &str,
    ) -> Result<(), StoreError> {
        let mut tx = self.write(lease, "decide on a held delivery").await?;
        let touched = tx
            .execute(
                "update delivery set verdict = $1, reason = $2 where id = $3 and verdict = 'held'",
                [verdict.as_str().into(), reason.into(), id.into()],
            )
            .await?;
        if touched == 0 {
            return Err(StoreError::Unknown {
                what: "held delivery",
            });
        }
        let said = serde_json::json!({ "reason": reason });
        audit::append(
            &mut tx,
            author,
            verdict.as_str(),
            &format!("delivery {id}"),
            &said,
        )
        .await?;
        tx.commit().await
    }
}

/// Whether a reading of these bytes was entered before, through this mapping or another.
pub(crate) async fn was_read(tx: &mut Tx, key: &DeliveryKey) -> Result<bool, StoreError> {
    let readings = tx
        .count(
            "select count(*) from delivery where feed = $1 and delivery_hash = $2",
            [key.feed.as_str().into(), key.delivery_hash.as_slice().into()],
        )
        .await?;
    Ok(readings > 0)
}

/// Enters a reading of a delivery, or what became of it since; it is then the reading in force of its bytes.
/// Returns its number.
pub(crate) async fn enter(
    tx: &mut Tx,
    run: &Run,
    info: &DeliveryInfo,
    verdict: Verdict,
    reason: Option<&str>,
    counts: &TableCounts,
) -> Result<i64, StoreError> {
    let known = tx
        .optional(
            "select id from delivery where feed = $1 and delivery_hash = $2
                and layout_hash = $3 and contract_hash = $4",
            key_values(&info.key),
            |row| row.integer(0),
        )
        .await?;
    tx.execute(
        "update delivery set in_force = 0 where feed = $1 and delivery_hash = $2",
        [
            info.key.feed.as_str().into(),
            info.key.delivery_hash.as_slice().into(),
        ],
    )
    .await?;
    let id = match known {
        Some(id) => id,
        None => tx
            .optional("select coalesce(max(id), 0) + 1 from delivery", [], |row| {
                row.integer(0)
            })
            .await?
            .unwrap_or(1),
    };
    let counts_json = serde_json::to_string(counts).map_err(|_| StoreError::Corrupt {
        what: "the counts of a delivery",
    })?;
    let rows = Value::Integer(i64::try_from(row_count(counts)).ok());
    if known.is_some() {
        // The same bytes may come again later, to restore what they said: they count from then on.
        tx.execute(
            "update delivery set verdict = $1, reason = $2, run = $3, row_count = $4, counts = $5, in_force = 1,
                    label = $6, received = case when received < $7 then $7 else received end
              where id = $8",
            [
                verdict.as_str().into(),
                reason.map(str::to_owned).into(),
                run.id.into(),
                rows,
                counts_json.into(),
                info.label.as_str().into(),
                sortable(info.received).into(),
                id.into(),
            ],
        )
        .await?;
        return Ok(id);
    }
    tx.execute(
        "insert into delivery (id, feed, kind, provider, delivery_hash, layout_hash, contract_hash, label,
                               received, bytes, verdict, reason, run, row_count, counts, in_force)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, 1)",
        [
            id.into(),
            info.key.feed.as_str().into(),
            info.kind.as_str().into(),
            info.provider.as_str().into(),
            info.key.delivery_hash.as_slice().into(),
            info.key.layout_hash.as_slice().into(),
            info.key.contract_hash.as_slice().into(),
            info.label.as_str().into(),
            sortable(info.received).into(),
            Value::Integer(i64::try_from(info.bytes).ok()),
            verdict.as_str().into(),
            reason.map(str::to_owned).into(),
            run.id.into(),
            rows,
            counts_json.into(),
        ],
    )
    .await?;
    Ok(id)
}

/// Keeps the bookmark of a delivery, where it has one.
pub(crate) async fn set_bookmark(tx: &mut Tx, id: i64, bookmark: Option<String>) -> Result<(), StoreError> {
    if bookmark.is_some() {
        tx.execute(
            "update delivery set bookmark = $1 where id = $2",
            [bookmark.into(), id.into()],
        )
        .await?;
    }
    Ok(())
}

/// Rows of all tables of a delivery.
pub(crate) fn row_count(counts: &TableCounts) -> u64 {
    counts.0.values().map(|tally| tally.rows).sum()
}

fn key_values(key: &DeliveryKey) -> [Value; 4] {
    [
        key.feed.as_str().into(),
        key.delivery_hash.as_slice().into(),
        key.layout_hash.as_slice().into(),
        key.contract_hash.as_slice().into(),
    ]
}

fn read_delivery(row: &Row) -> Result<DeliveryRow, StoreError> {
    Ok(DeliveryRow {
        id: row.integer(0)?,
        info: DeliveryInfo {
            key: DeliveryKey {
                feed: row.text(1)?,
                delivery_hash: row.bytes(4)?,
                layout_hash: row.bytes(5)?,
                contract_hash: row.bytes(6)?,
            },
            kind: row.parsed(2)?,
            provider: row.text(3)?,
            label: row.text(7)?,
            received: row.parsed(8)?,
            bytes: row.count(9)?,
        },
        verdict: Verdict::from_code(&row.text(10)?)?,
        reason: row.optional_text(11)?,
        run: row.integer(12)?,
        counts: json(&row.text(13)?)?,
    })
}
