//! The delivery as it came, in temporary tables.

use std::collections::BTreeMap;

use records::{Outcome, Payload};
use sha2::{Digest, Sha256};

use super::{About, LoadReport, RowState, Scope, VaultRow};
use crate::{
    DeliveryInfo, StoreError,
    error::Doing,
    sql::{Tx, Value, sortable_version},
};

/// Rows that are staged at a time: some ten megabytes. Smaller batches are slower over a network, where each
/// COPY ends with a wait for an acknowledgement.
const BATCH: usize = 10_000;

/// What a row counts as where it is kept out because its record was erased.
const FORGOTTEN: &str = "forgotten";

/// What rows are judged by. Apart from what they say, as PostgreSQL writes a whole row anew to change one
/// value of it.
const JUDGED: [&str; 12] = [
    "number",
    "shape",
    "record_id",
    "mark",
    "withdrawn",
    "order_at",
    "order_tie",
    "version",
    "content_hash",
    "scope",
    "event_date",
    "received_date",
];

/// What rows say.
const SAID: [&str; 8] = [
    "number",
    "profile",
    "payload",
    "location",
    "about",
    "mother_id",
    "sealed",
    "reference",
];

const CREATE_SQLITE: [&str; 2] = [
    "create temporary table stage (
       number integer primary key, shape integer not null, record_id blob not null, mark blob not null,
       withdrawn integer not null, order_at text not null, order_tie blob not null, version text not null,
       content_hash blob not null, scope text, event_date text not null, received_date text not null,
       place integer, said_place integer, outcome text, late integer not null default 0, wins integer not null default 0,
       says integer not null default 0)",
    "create temporary table stage_said (
       number integer primary key, profile text not null, payload text, location text not null,
       about text not null, mother_id blob, sealed blob, reference blob)",
];

const CREATE_POSTGRES: [&str; 2] = [
    "create temporary table stage (
       number bigint primary key, shape bigint not null, record_id bytea not null, mark bytea not null,
       withdrawn bigint not null, order_at text collate \"C\" not null, order_tie bytea not null,
       version text collate \"C\" not null, content_hash bytea not null, scope text collate \"C\",
       event_date text collate \"C\" not null, received_date text collate \"C\" not null, place bigint,
       said_place bigint, outcome text collate \"C\", late bigint not null default 0, wins bigint not null default 0,
       says bigint not null default 0)",
    "create temporary table stage_said (
       number bigint primary key, profile text collate \"C\" not null, payload text collate \"C\",
       location text collate \"C\" not null, about text collate \"C\" not null, mother_id bytea, sealed bytea,
       reference bytea)",
];

/// What must be remembered while rows are staged.
pub(super) struct Staged {
    /// The order of a version within its snapshot, by scope.
    scopes: BTreeMap<String, (String, Vec<u8>)>,
    /// The tables that rows come from, each combination once, by the number that stands in the stage.
    shapes: BTreeMap<Vec<(String, u64)>, i64>,
    number: i64,
}

/// The place of a version among those of one time: statements before withdrawals, which win.
fn tie(withdrawn: bool, hash: &[u8; 32]) -> Vec<u8> {
    let mut tie = vec![u8::from(withdrawn)];
    tie.extend_from_slice(hash);
    tie
}

/// The place of a snapshot among those of its scope.
pub(super) fn snapshot_order(scope: &Scope, info: &DeliveryInfo) -> (String, Vec<u8>) {
    (
        sortable_version(scope.version),
        tie(false, &info.key.delivery_hash),
    )
}

/// A hash of a record id, which tells an erased record from others and is no id itself.
pub(crate) fn mark(record_id: &[u8; 16]) -> [u8; 32] {
    let mut hasher = Sha256::new();
    hasher.update(b"sendlink forgotten 1");
    hasher.update(record_id);
    hasher.finalize().into()
}

impl Staged {
    /// Makes the tables.
    pub(super) async fn new(tx: &mut Tx, info: &DeliveryInfo, scopes: &[Scope]) -> Result<Self, StoreError> {
        let create = if tx.is_postgres() {
            CREATE_POSTGRES
        } else {
            CREATE_SQLITE
        };
        for table in create {
            tx.execute(table, []).await?;
        }
        Ok(Staged {
            scopes: scopes
                .iter()
                .map(|scope| (scope.scope.clone(), snapshot_order(scope, info)))
                .collect(),
            shapes: BTreeMap::new(),
            number: 0,
        })
    }

    /// Fills them.
    pub(super) async fn take(
        &mut self,
        tx: &mut Tx,
        rows: impl Iterator<Item = std::io::Result<VaultRow>>,
    ) -> Result<(), StoreError> {
        let mut batch = (Vec::new(), Vec::new());
        for row in rows {
            let row = row.map_err(|error| Doing("read the spool").io(&error))?;
            let (judged, said) = self.values(row)?;
            batch.0.push(judged);
            batch.1.push(said);
            if batch.0.len() == BATCH {
                let (judged, said) = std::mem::take(&mut batch);
                tx.bulk("stage", &JUDGED, judged).await?;
                tx.bulk("stage_said", &SAID, said).await?;
            }
        }
        tx.bulk("stage", &JUDGED, batch.0).await?;
        tx.bulk("stage_said", &SAID, batch.1).await?;
        tx.execute("create index stage_by_record on stage (record_id)", [])
            .await?;
        if tx.is_postgres() {
            tx.execute("analyze stage", []).await?;
            tx.execute("analyze stage_said", []).await?;
        }
        Ok(())
    }

    fn values(&mut self, row: VaultRow) -> Result<(Vec<Value>, Vec<Value>), StoreError> {
        let unwritable = |_| StoreError::Corrupt {
            what: "a record that cannot be written as JSON",
        };
        check_about(&row)?;
        self.number += 1;
        let next = i64::try_from(self.shapes.len()).unwrap_or(i64::MAX);
        let shape = *self.shapes.entry(row.tables).or_insert(next);
        let version = sortable_version(row.version);
        let (withdrawn, payload) = match row.state {
            RowState::Current(payload) => (false, Some(serde_json::to_string(&payload).map_err(unwritable)?)),
            RowState::Withdrawn => (true, None),
        };
        if !withdrawn && row.sealed_encoding.is_none() {
            return Err(StoreError::Corrupt {
                what: "a record without an encoding",
            });
        }
        let snapshot = row
            .scope
            .as_ref()
            .and_then(|scope| self.scopes.get(scope))
            .cloned();
        let (order_at, order_tie) =
            snapshot.unwrap_or_else(|| (version.clone(), tie(withdrawn, &row.content_hash)));
        let judged = vec![
            self.number.into(),
            shape.into(),
            row.record_id.0.as_slice().into(),
            mark(&row.record_id.0).as_slice().into(),
            withdrawn.into(),
            order_at.into(),
            order_tie.into(),
            version.into(),
            row.content_hash.as_slice().into(),
            row.scope.into(),
            row.event_date.into(),
            row.received_date.into(),
        ];
        let said = vec![
            self.number.into(),
            serde_json::to_string(&row.profile).map_err(unwritable)?.into(),
            payload.into(),
            serde_json::to_string(&row.location).map_err(unwritable)?.into(),
            row.about.as_str().into(),
            row.mother_id.map(|mother| mother.0.to_vec()).into(),
            row.sealed_encoding.into(),
            row.sealed_reference.into(),
        ];
        Ok((judged, said))
    }

    /// Adds what became of the rows to the counts.
    pub(super) async fn count_outcomes(
        &self,
        tx: &mut Tx,
        report: &mut LoadReport,
    ) -> Result<(), StoreError> {
        let outcomes = tx
            .all(
                "select shape, outcome, count(*) from stage group by shape, outcome",
                [],
                |row| Ok((row.integer(0)?, row.text(1)?, row.count(2)?)),
            )
            .await?;
        let shapes: BTreeMap<i64, &Vec<(String, u64)>> = self
            .shapes
            .iter()
            .map(|(tables, number)| (*number, tables))
            .collect();
        for (shape, outcome, records) in outcomes {
            if outcome == FORGOTTEN {
                report.forgotten += records;
            }
            let outcome = meaning(&outcome)?;
            for (table, rows) in shapes.get(&shape).copied().into_iter().flatten() {
                report.counts.table(table).add(outcome, rows * records);
            }
        }
        Ok(())
    }
}

/// A row must be about what its kind is about, or the links that it is held to would be the wrong ones.
fn check_about(row: &VaultRow) -> Result<(), StoreError> {
    let RowState::Current(payload) = &row.state else {
        return Ok(());
    };
    let what = match (&**payload, row.about) {
        (Payload::Pregnancy(_), About::Pregnancy) if row.mother_id.is_none() => {
            "a pregnancy without a mother"
        }
        (Payload::Pregnancy(_), About::Pregnancy)
        | (Payload::Birth(_), About::Child | About::Nobody)
        | (Payload::Section23(_) | Payload::TwoYearReview(_) | Payload::SchoolCensus(_), About::Child) => {
            return Ok(());
        }
        _ => "a record that is not about what its kind is about",
    };
    Err(StoreError::Corrupt { what })
}

/// Removes the tables, which would be kept until the connection is closed.
pub(super) async fn remove(tx: &mut Tx) -> Result<(), StoreError> {
    for table in ["drop table stage", "drop table stage_said"] {
        tx.execute(table, []).await?;
    }
    Ok(())
}

fn meaning(outcome: &str) -> Result<Outcome, StoreError> {
    match outcome {
        "loaded" => Ok(Outcome::Loaded),
        "unchanged" => Ok(Outcome::Unchanged),
        "superseded" => Ok(Outcome::Superseded),
        "duplicate" => Ok(Outcome::Duplicate),
        "withdrawn" => Ok(Outcome::Withdrawn),
        FORGOTTEN => Ok(Outcome::OutOfScope),
        _ => Err(StoreError::Corrupt {
            what: "the outcome of a row",
        }),
    }
}
