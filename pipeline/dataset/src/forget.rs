//! Erasing for good: a child, or all that a feed delivered.
//!
//! Rows are deleted and the space that they took is scrubbed: SQLite overwrites deleted rows with zeros, empties
//! its log and rewrites the file; PostgreSQL rewrites the tables. What is beyond a database's reach is not
//! promised: blocks that a file system or a disk freed, a server's write-ahead log until it is recycled, and
//! backups, which the operator must let lapse.

use std::collections::{BTreeMap, BTreeSet};

use linkage::ChildId;
use records::Location;

use crate::{
    FeedState, Lease, Run, Store, StoreError, audit, hex,
    joint::{FRESHNESS, TABLES, build::json},
    load::mark,
    opt_outs::tokens,
    postgres,
    publish::{last_publication, unsaid},
    sql::{Sql, Tx, Value},
    sqlite,
    store::Back,
};

/// What to erase.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ForgetWhat {
    /// Every record of one child. They cannot come back. A notification of a pregnancy that other children are
    /// about too stays, without this child.
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
    /// Rows by table that hold them now, those of `joint` included once something is published.
    pub after: BTreeMap<String, u64>,
    /// Whether the dataset was published again without them. False where nothing is published, or where the
    /// vault holds what is not linked yet: the next run then publishes without them.
    pub published: bool,
    /// The records and the child, to look for them in what is published.
    ids: BTreeSet<String>,
}

/// Rows that hold what is erased, by table.
const HELD: [(&str, &str); 10] = [
    (
        "vault.record",
        "select count(*) from record where record_id in (select record_id from target)",
    ),
    (
        "vault.content",
        "select count(*) from content where id in (select id from target_content)",
    ),
    (
        "vault.link",
        "select count(*) from link where record_id in (select record_id from target)
            or child_id in (select child_id from target_child)",
    ),
    (
        "vault.child",
        "select count(*) from child where child_id in (select child_id from target_child)",
    ),
    (
        "vault.child_event",
        "select count(*) from child_event where child_id in (select child_id from target_child)
            or other in (select child_id from target_child)",
    ),
    (
        "vault.decision",
        "select count(*) from decision
          where (left_type = 'record' and left_id in (select record_id from target))
             or (right_type = 'record' and right_id in (select record_id from target))",
    ),
    (
        "vault.doubt",
        "select count(*) from doubt
          where left_id in (select record_id from target) or right_id in (select record_id from target)
             or left_compared in (select record_id from target)
             or right_compared in (select record_id from target)",
    ),
    (
        "vault.withheld",
        "select count(*) from withheld where record_id in (select record_id from target)",
    ),
    (
        "vault.opt_out_number",
        "select count(*) from opt_out_number where token in (select token from target_patient)",
    ),
    (
        "vault.doubt_reading",
        "select count(*) from doubt_reading
          where left_id in (select record_id from target) or right_id in (select record_id from target)",
    ),
];

const ERASE: [&str; 11] = [
    "delete from doubt
      where left_id in (select record_id from target) or right_id in (select record_id from target)
         or left_compared in (select record_id from target) or right_compared in (select record_id from target)",
    "delete from doubt_reading
      where left_id in (select record_id from target) or right_id in (select record_id from target)",
    "delete from decision
      where (left_type = 'record' and left_id in (select record_id from target))
         or (right_type = 'record' and right_id in (select record_id from target))",
    "delete from content where id in (select id from target_content)",
    "delete from withheld where record_id in (select record_id from target)",
    "delete from opt_out_number where token in (select token from target_patient)",
    // Of a notification that other children are about too, which stays.
    "insert into forgotten_subject (mark, number)
     select k.mark, l.number from kept k join link l on l.record_id = k.record_id
      where l.child_id in (select child_id from target_child)
     on conflict (mark, number) do nothing",
    "delete from link where record_id in (select record_id from target)
        or child_id in (select child_id from target_child)",
    "delete from record where record_id in (select record_id from target)",
    "delete from child_event where child_id in (select child_id from target_child)
        or other in (select child_id from target_child)",
    "delete from child where child_id in (select child_id from target_child)",
];

/// A record to erase, with where its findings stand.
struct Target {
    record_id: [u8; 16],
    delivery: i64,
    said_delivery: Option<i64>,
    location: Location,
}

impl Store {
    /// Erases records with their encodings, references, links, decisions and the places of their findings,
    /// leaves a tombstone that keeps them from coming back, scrubs the space that they took, and publishes the
    /// dataset again without them, as it was otherwise: the next linkage finds what else changes.
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
        let mut tx = self.write(lease, "erase records").await?;
        let targets = find(&mut tx, what).await?;
        let mut proof = ForgetProof {
            records: targets.len() as u64,
            ..ForgetProof::default()
        };
        stage(&mut tx, what, &targets, &mut proof).await?;
        for (table, sql) in HELD {
            proof.before.insert(table.to_owned(), tx.count(sql, []).await?);
        }
        let findings = erase_findings(&mut tx, what, &targets).await?;
        proof.before.insert("ops.finding".to_owned(), findings);
        for sql in ERASE {
            tx.execute(sql, []).await?;
        }
        tx.execute(
            "insert into forgotten (mark) select mark from target where true on conflict (mark) do nothing",
            [],
        )
        .await?;
        tx.execute(
            "insert into scrub (id) values (1) on conflict (id) do nothing",
            [],
        )
        .await?;
        for (table, sql) in HELD {
            proof.after.insert(table.to_owned(), tx.count(sql, []).await?);
        }
        proof.after.insert("ops.finding".to_owned(), 0);
        for sql in [
            "drop table target",
            "drop table target_content",
            "drop table target_patient",
            "drop table target_child",
            "drop table kept",
        ] {
            tx.execute(sql, []).await?;
        }
        let object = match what {
            ForgetWhat::Child(_) => "a child".to_owned(),
            ForgetWhat::Feed(feed) => format!("feed {feed}"),
        };
        let said = serde_json::json!({ "records": proof.records, "reason": reason });
        audit::append(&mut tx, author, "forget", &object, &said).await?;
        fail::fail_point!("dataset::forget::before-commit");
        tx.commit().await?;
        fail::fail_point!("dataset::forget::before-scrub");
        finish_scrub(self, lease).await?;
        proof.published = match publish_again(self, lease).await {
            Ok(published) => published,
            Err(StoreError::Invariant { .. }) => false,
            Err(error) => return Err(error),
        };
        self.look_for_erased(proof).await
    }

    /// Scrubs the published tables, and looks through them for what was erased.
    async fn look_for_erased(&self, mut proof: ForgetProof) -> Result<ForgetProof, StoreError> {
        let (mut tx, prefix) = match &self.back {
            Back::Sqlite(back) => match sqlite::publish::read_published(back).await? {
                Some(tx) => (tx, ""),
                None => return Ok(proof),
            },
            Back::Postgres(back) => {
                postgres::scrub(
                    back,
                    &TABLES
                        .iter()
                        .map(|table| format!("joint.{}", table.name))
                        .collect::<Vec<_>>(),
                )
                .await?;
                (self.read("look for erased records").await?, "joint.")
            }
        };
        for table in TABLES {
            let ids: Vec<&str> = ["record_id", "child_id"]
                .into_iter()
                .filter(|id| table.column_names().contains(id))
                .collect();
            if ids.is_empty() {
                continue;
            }
            let mut found = 0;
            tx.each(
                Sql::Made(format!("select {} from {prefix}{}", ids.join(", "), table.name)),
                [],
                |row| {
                    for column in 0..ids.len() {
                        if row
                            .optional_text(column)?
                            .is_some_and(|id| proof.ids.contains(&id))
                        {
                            found += 1;
                            break;
                        }
                    }
                    Ok(())
                },
            )
            .await?;
            proof.after.insert(format!("joint.{}", table.name), found);
        }
        tx.rollback().await?;
        Ok(proof)
    }
}

/// Scrubs what an erasure left in free space, unless that is done.
pub(crate) async fn finish_scrub(store: &Store, lease: &Lease) -> Result<(), StoreError> {
    let mut tx = store.read("look for an unfinished erasure").await?;
    let pending = tx.count("select count(*) from scrub", []).await?;
    tx.rollback().await?;
    if pending == 0 {
        return Ok(());
    }
    match &store.back {
        Back::Sqlite(back) => sqlite::scrub(back)?,
        Back::Postgres(back) => {
            let tables = [
                "record",
                "content",
                "link",
                "child",
                "child_event",
                "decision",
                "doubt",
                "doubt_reading",
                "withheld",
                "opt_out_number",
            ];
            let mut tables: Vec<String> = tables.iter().map(|table| format!("vault.{table}")).collect();
            tables.push("ops.finding".to_owned());
            postgres::scrub(back, &tables).await?;
        }
    }
    fail::fail_point!("dataset::forget::scrubbed");
    let mut tx = store.write(lease, "finish an erasure").await?;
    tx.execute("delete from scrub", []).await?;
    tx.commit().await
}

/// Publishes the dataset of the same day again, saying of itself what it said. False where nothing is published.
async fn publish_again(store: &Store, lease: &Lease) -> Result<bool, StoreError> {
    let mut tx = store.read("read what is published").await?;
    let last = last_publication(&mut tx).await?;
    tx.rollback().await?;
    let Some(last) = last else { return Ok(false) };
    let feeds = match &store.back {
        Back::Sqlite(back) => match sqlite::publish::read_published(back).await? {
            Some(mut tx) => published_feeds(&mut tx, "").await?,
            None => return Ok(false),
        },
        Back::Postgres(_) => {
            let mut tx = store.read("read what is published").await?;
            published_feeds(&mut tx, "joint.").await?
        }
    };
    let run = Run {
        id: last.row.run,
        as_at: last.row.as_at,
        resumed: false,
    };
    store.publish(lease, &run, &unsaid(&last.said, feeds)?).await?;
    Ok(true)
}

async fn published_feeds(tx: &mut Tx, prefix: &str) -> Result<Vec<FeedState>, StoreError> {
    let sql = format!(
        "select feed, kind, provider, state from {prefix}{}",
        FRESHNESS.name
    );
    tx.all(Sql::Made(sql), [], |row| {
        Ok(FeedState {
            feed: row.text(0)?,
            kind: row.parsed(1)?,
            provider: row.text(2)?,
            state: row.text(3)?,
        })
    })
    .await
}

async fn find(tx: &mut Tx, what: &ForgetWhat) -> Result<Vec<Target>, StoreError> {
    let read = |row: &crate::sql::Row| {
        Ok(Target {
            record_id: row.bytes(0)?,
            delivery: row.integer(1)?,
            said_delivery: row.optional_integer(2)?,
            location: json(&row.text(3)?)?,
        })
    };
    let (targets, unknown) = match what {
        ForgetWhat::Child(child) => (
            tx.all(
                "select r.record_id, r.delivery, r.said_delivery, c.location
                   from record r join content c on c.id = r.content join link l on l.record_id = r.record_id
                  where l.child_id = $1 and not exists
                    (select 1 from link o where o.record_id = l.record_id and o.child_id <> l.child_id)",
                [child.0.as_slice().into()],
                read,
            )
            .await?,
            "child",
        ),
        ForgetWhat::Feed(feed) => (
            tx.all(
                "select r.record_id, r.delivery, r.said_delivery, c.location
                   from record r join content c on c.id = r.content where r.feed = $1",
                [feed.as_str().into()],
                read,
            )
            .await?,
            "feed with records",
        ),
    };
    // An expected child may have nothing but its place in a notification that stays.
    let is_linked = match what {
        ForgetWhat::Child(child) if targets.is_empty() => {
            let links = "select count(*) from link where child_id = $1";
            tx.count(links, [child.0.as_slice().into()]).await? > 0
        }
        _ => false,
    };
    if targets.is_empty() && !is_linked {
        return Err(StoreError::Unknown { what: unknown });
    }
    Ok(targets)
}

/// Puts what is erased into temporary tables: the records, the children that have no other record, and the
/// notifications that stay without the child.
async fn stage(
    tx: &mut Tx,
    what: &ForgetWhat,
    targets: &[Target],
    proof: &mut ForgetProof,
) -> Result<(), StoreError> {
    let blob = if tx.is_postgres() { "bytea" } else { "blob" };
    for sql in [
        format!("create temporary table target (record_id {blob} primary key, mark {blob} not null)"),
        "create temporary table target_content (id bigint primary key)".to_owned(),
        format!("create temporary table target_patient (token {blob} primary key)"),
        format!("create temporary table target_child (child_id {blob} primary key)"),
        format!("create temporary table kept (record_id {blob} primary key, mark {blob} not null)"),
    ] {
        tx.execute(Sql::Made(sql), []).await?;
    }
    let rows = targets
        .iter()
        .map(|target| {
            vec![
                target.record_id.as_slice().into(),
                mark(&target.record_id).as_slice().into(),
            ]
        })
        .collect();
    tx.bulk("target", &["record_id", "mark"], rows).await?;
    tx.execute(
        "insert into target_content (id)
         select r.content from record r join target t on t.record_id = r.record_id
          union
         select r.encoded from record r join target t on t.record_id = r.record_id where r.encoded is not null",
        [],
    )
    .await?;
    stage_patients(tx).await?;
    tx.execute(
        "insert into target_child (child_id)
         select distinct l.child_id from link l join target t on t.record_id = l.record_id
          where not exists (select 1 from link o where o.child_id = l.child_id
                               and o.record_id not in (select record_id from target))",
        [],
    )
    .await?;
    if let ForgetWhat::Child(child) = what {
        let child = || [Value::from(child.0.as_slice())];
        tx.execute(
            "insert into target_child (child_id) select child_id from child where child_id = $1
             on conflict (child_id) do nothing",
            child(),
        )
        .await?;
        let kept = tx
            .all(
                "select record_id from link
                  where child_id = $1 and record_id not in (select record_id from target)",
                child(),
                |row| {
                    let record: [u8; 16] = row.bytes(0)?;
                    Ok(vec![record.as_slice().into(), mark(&record).as_slice().into()])
                },
            )
            .await?;
        tx.bulk("kept", &["record_id", "mark"], kept).await?;
    }
    // Ids that went into an erased child lead to it.
    while tx
        .execute(
            "insert into target_child (child_id)
             select c.child_id from child c
              where c.redirect in (select child_id from target_child)
                and c.child_id not in (select child_id from target_child)",
            [],
        )
        .await?
        > 0
    {}
    proof
        .ids
        .extend(targets.iter().map(|target| hex::encode(&target.record_id)));
    if let ForgetWhat::Child(child) = what {
        proof.ids.insert(hex::encode(&child.0));
    }
    if let ForgetWhat::Feed(feed) = what {
        tx.execute("delete from snapshot where feed = $1", [feed.as_str().into()])
            .await?;
    }
    Ok(())
}

/// Puts the tokens of the patients whom no other record holds into a temporary table.
async fn stage_patients(tx: &mut Tx) -> Result<(), StoreError> {
    let (mut erased, mut others) = (BTreeSet::new(), BTreeSet::new());
    tx.each(
        "select c.patients, t.id
           from content c left join target_content t on t.id = c.id where c.patients is not null",
        [],
        |row| {
            let of = match row.optional_integer(1)? {
                None => &mut others,
                Some(_) => &mut erased,
            };
            of.extend(tokens(&row.blob(0)?)?);
            Ok(())
        },
    )
    .await?;
    let rows = erased
        .difference(&others)
        .map(|token| vec![token.0.as_slice().into()])
        .collect();
    tx.bulk("target_patient", &["token"], rows).await
}

/// Erases the places of findings; returns how many findings there were.
async fn erase_findings(tx: &mut Tx, what: &ForgetWhat, targets: &[Target]) -> Result<u64, StoreError> {
    if let ForgetWhat::Feed(feed) = what {
        return tx
            .execute(
                "delete from finding where delivery in (select id from delivery where feed = $1)",
                [feed.as_str().into()],
            )
            .await;
    }
    let mut erased = 0;
    for target in targets {
        let Some(line) = target.location.line else {
            continue;
        };
        for delivery in [Some(target.delivery), target.said_delivery]
            .into_iter()
            .flatten()
        {
            erased += tx
                .execute(
                    "delete from finding where delivery = $1 and file = $2
                        and sheet is not distinct from $3 and line = $4",
                    [
                        delivery.into(),
                        target.location.file.as_str().into(),
                        target.location.sheet.clone().into(),
                        Value::Integer(i64::try_from(line).ok()),
                    ],
                )
                .await?;
        }
    }
    Ok(erased)
}
