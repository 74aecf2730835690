//! The delivery as it came: what it says in the vault already, what that is judged by in a temporary table.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use records::Outcome;
use sha2::{Digest, Sha256};

use super::{
    LoadReport, Scope,
    written::{Says, WrittenRow},
};
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

/// What rows are judged by.
const JUDGED: [&str; 17] = [
    "number",
    "shape",
    "record_id",
    "withdrawn",
    "order_at",
    "order_tie",
    "version",
    "content_hash",
    "scope",
    "event_date",
    "received_date",
    "about",
    "mother_id",
    "born_of",
    "place",
    "outcome",
    "wins",
];

/// What rows say. It goes into the vault at once, under an id that the row's number makes; what no record takes is
/// deleted again.
const CONTENT: [&str; 7] = [
    "id",
    "profile",
    "payload",
    "location",
    "sealed",
    "reference",
    "patients",
];

const CREATE_SQLITE: &str = "
    create temporary table stage (
       number integer primary key, shape integer not null, record_id blob not null, withdrawn integer not null,
       order_at text not null, order_tie blob not null, version text not null, content_hash blob not null, scope text,
       event_date text not null, received_date text not null, about text not null, mother_id blob,
       born_of blob,
       place integer not null, said_place integer not null default 1, outcome text not null,
       late integer not null default 0, known integer not null default 0, wins integer not null,
       says integer not null default 0, was_content integer, was_encoded integer)";

const CREATE_POSTGRES: &str = "
    create temporary table stage (
       number bigint primary key, shape bigint not null, record_id bytea not null, withdrawn bigint not null,
       order_at text collate \"C\" not null, order_tie bytea not null, version text collate \"C\" not null,
       content_hash bytea not null, scope text collate \"C\", event_date text collate \"C\" not null,
       received_date text collate \"C\" not null, about text collate \"C\" not null, mother_id bytea,
       born_of bytea,
       place bigint not null, said_place bigint not null default 1, outcome text collate \"C\" not null,
       late bigint not null default 0, known bigint not null default 0, wins bigint not null,
       says bigint not null default 0, was_content bigint, was_encoded bigint)";

/// What must be remembered while rows are staged.
pub(super) struct Staged {
    /// The order of a version within its snapshot, by scope.
    scopes: BTreeMap<String, (String, Vec<u8>)>,
    /// The tables that rows come from, each combination once, by the number that stands in the stage.
    shapes: BTreeMap<Vec<(String, u64)>, i64>,
    number: i64,
    /// The beginnings of the ids of records that were met: an id is a keyed hash, so that eight bytes of it tell.
    met: HashSet<u64>,
    /// Whether a record may have been met twice.
    repeated: bool,
    /// Whether a row belongs to a scope.
    scoped: bool,
    /// Whether a row must pass the gate of opt-outs before it is published.
    gated: bool,
    /// Whether these bytes were read before.
    again: bool,
    /// The greatest id of content that was there before.
    content_base: i64,
    /// Marks of records that were erased for good.
    forgotten: BTreeSet<[u8; 32]>,
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
    /// Makes the table. `again`: these bytes were read before.
    pub(super) async fn new(
        tx: &mut Tx,
        info: &DeliveryInfo,
        scopes: &[Scope],
        again: bool,
    ) -> Result<Self, StoreError> {
        let create = if tx.is_postgres() {
            CREATE_POSTGRES
        } else {
            CREATE_SQLITE
        };
        tx.execute(create, []).await?;
        let content_base = tx
            .optional("select coalesce(max(id), 0) from content", [], |row| {
                row.integer(0)
            })
            .await?
            .unwrap_or(0);
        let forgotten = tx
            .all("select mark from forgotten", [], |row| row.bytes(0))
            .await?;
        Ok(Staged {
            scopes: scopes
                .iter()
                .map(|scope| (scope.scope.clone(), snapshot_order(scope, info)))
                .collect(),
            shapes: BTreeMap::new(),
            number: 0,
            met: HashSet::new(),
            repeated: false,
            scoped: false,
            gated: false,
            again,
            content_base,
            forgotten: forgotten.into_iter().collect(),
        })
    }

    /// The id of a row's content less the row's number.
    pub(super) fn content_base(&self) -> i64 {
        self.content_base
    }

    /// Whether a record may stand in more than one row.
    pub(super) fn repeated(&self) -> bool {
        self.repeated
    }

    /// Whether these bytes were read before.
    pub(super) fn again(&self) -> bool {
        self.again
    }

    /// Whether a row belongs to a scope.
    pub(super) fn scoped(&self) -> bool {
        self.scoped
    }

    /// The scopes that the delivery is a snapshot of.
    pub(super) fn scopes(&self) -> impl Iterator<Item = &str> {
        self.scopes.keys().map(String::as_str)
    }

    /// Fills it.
    pub(super) async fn take(
        &mut self,
        tx: &mut Tx,
        rows: impl Iterator<Item = std::io::Result<WrittenRow>>,
    ) -> Result<(), StoreError> {
        let (mut judged, mut content) = (Vec::with_capacity(BATCH), Vec::with_capacity(BATCH));
        for row in rows {
            let row = row.map_err(|error| Doing("read the spool").io(&error))?;
            self.add(row, &mut judged, &mut content)?;
            if judged.len() == BATCH {
                tx.bulk("stage", &JUDGED, std::mem::take(&mut judged)).await?;
                tx.bulk("content", &CONTENT, std::mem::take(&mut content)).await?;
            }
        }
        tx.bulk("stage", &JUDGED, judged).await?;
        tx.bulk("content", &CONTENT, content).await?;
        if self.repeated || self.again {
            tx.execute("create index stage_by_record on stage (record_id)", [])
                .await?;
        }
        if tx.is_postgres() {
            tx.execute("analyze stage", []).await?;
        }
        Ok(())
    }

    /// Adds a row to what is judged, and what it says to the content.
    fn add(
        &mut self,
        row: WrittenRow,
        judged: &mut Vec<Vec<Value>>,
        content: &mut Vec<Vec<Value>>,
    ) -> Result<(), StoreError> {
        row.check()?;
        self.number += 1;
        let [a, b, c, d, e, f, g, h, ..] = row.record_id.0;
        self.repeated |= !self.met.insert(u64::from_be_bytes([a, b, c, d, e, f, g, h]));
        self.scoped |= row.scope.is_some();
        self.gated |= row.patients.is_some();
        let next = i64::try_from(self.shapes.len()).unwrap_or(i64::MAX);
        let shape = match self.shapes.get(&row.tables) {
            Some(shape) => *shape,
            None => *self.shapes.entry(row.tables).or_insert(next),
        };
        let version = sortable_version(row.version);
        let withdrawn = row.says == Says::Withdrawn;
        // Hashing every record for a table that is nearly always empty would be waste.
        let is_forgotten = !self.forgotten.is_empty() && self.forgotten.contains(&mark(&row.record_id.0));
        let snapshot = row
            .scope
            .as_ref()
            .and_then(|scope| self.scopes.get(scope))
            .cloned();
        let (order_at, order_tie) =
            snapshot.unwrap_or_else(|| (version.clone(), tie(withdrawn, &row.content_hash)));
        let outcome = match (is_forgotten, withdrawn) {
            (true, _) => FORGOTTEN,
            (false, true) => "withdrawn",
            (false, false) => "loaded",
        };
        judged.push(vec![
            self.number.into(),
            shape.into(),
            row.record_id.0.as_slice().into(),
            withdrawn.into(),
            order_at.into(),
            order_tie.into(),
            version.into(),
            row.content_hash.as_slice().into(),
            row.scope.into(),
            row.event_date.into(),
            row.received_date.into(),
            row.about.as_str().into(),
            row.mother_id.map(|mother| mother.0.to_vec()).into(),
            row.born_of.map(|pregnancy| pregnancy.0.to_vec()).into(),
            // What was erased is in no other row's way.
            (!is_forgotten).into(),
            outcome.into(),
            (!is_forgotten).into(),
        ]);
        if !is_forgotten {
            content.push(vec![
                (self.content_base + self.number).into(),
                row.profile.into(),
                row.payload.into(),
                row.location.into(),
                row.sealed_encoding.into(),
                row.sealed_reference.into(),
                row.patients.into(),
            ]);
        }
        Ok(())
    }

    /// Withholds what came under a lawful basis that needs the National Data Opt-out until the gate has looked at it, so
    /// that nothing is published in between.
    pub(super) async fn withhold(&self, tx: &mut Tx) -> Result<(), StoreError> {
        if !self.gated {
            return Ok(());
        }
        tx.execute(
            "insert into withheld (record_id)
             select distinct s.record_id from stage s join content c on c.id = $1 + s.number
              where c.patients is not null and s.place > 0
             on conflict (record_id) do nothing",
            [self.content_base.into()],
        )
        .await?;
        Ok(())
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

/// Removes the table, which would be kept until the connection is closed.
pub(super) async fn remove(tx: &mut Tx) -> Result<(), StoreError> {
    tx.execute("drop table stage", []).await?;
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
