//! What linkage reads and writes: sealed encodings, yesterday's membership, today's links.

mod forgotten;

use std::collections::BTreeSet;

use jiff::civil::Date;
use linkage::{ChildId, Doubt, RecordId, Subject};
use records::{Kind, Version};
use tokio::sync::mpsc::Sender;

use crate::{
    Lease, Run, Store, StoreError, audit, doubts,
    links::forgotten::forgotten_subjects,
    sql::{Row, Tx, Value, version_of},
};

/// Links that are loaded at a time.
const BATCH: usize = 20_000;

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
    /// Of a notification of a pregnancy: the numbers of children who were erased. They are not expected again, and
    /// no other child takes their numbers.
    pub erased: BTreeSet<u8>,
}

/// Which child a record belonged to after the last linkage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// The record, which may have left since, and which of its children.
    pub subject: Subject,
    /// The child.
    pub child_id: ChildId,
    /// What the child id was made from.
    pub anchor: Subject,
    /// The tier by which it was joined: `T1` … `T0`.
    pub tier: String,
    /// Since when.
    pub linked_on: Date,
}

/// A child that stands or once stood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KnownChildRow {
    /// Its id.
    pub child_id: ChildId,
    /// What the id was made from.
    pub anchor: Subject,
    /// The day of the run that first had it.
    pub since: Date,
    /// The child that it went into.
    pub merged_into: Option<ChildId>,
}

/// The link of one record to its child, or to one of its children.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkRow {
    /// The record, and which of its children.
    pub subject: Subject,
    /// The child.
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
    /// What its id was made from.
    pub anchor: Subject,
}

/// The whole outcome of a linkage.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Links {
    /// One link a child of a record that stands, see [`About`](crate::About).
    pub links: Vec<LinkRow>,
    /// Every child that a link names, once.
    pub children: Vec<ChildRow>,
    /// What people are asked.
    pub doubts: Vec<Doubt>,
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
    /// Sends the sealed encodings of all records that stand, by the batch, in no certain order: that in which they are
    /// read fastest.
    ///
    /// # Errors
    /// Where the database cannot be read, or nobody listens any more.
    pub async fn encodings(&self, batch: usize, to: &Sender<Vec<EncodingRow>>) -> Result<(), StoreError> {
        let mut tx = self.read("read the encodings").await?;
        let forgotten = forgotten_subjects(&mut tx).await?;
        tx.send_each(
            "select r.record_id, r.kind, r.feed, r.provider, r.scope, r.version, r.event_date,
                    r.received_date, c.sealed
               from record r join content c on c.id = r.encoded
              where r.state = 'current'",
            [],
            batch,
            to,
            |row| {
                let record_id = RecordId(row.bytes(0)?);
                Ok(EncodingRow {
                    record_id,
                    erased: forgotten.of(record_id).cloned().unwrap_or_default(),
                    kind: row.parsed(1)?,
                    feed: row.text(2)?,
                    provider: row.text(3)?,
                    scope: row.optional_text(4)?,
                    version: version_of(&row.text(5)?)?,
                    event_date: row.parsed(6)?,
                    received_date: row.parsed(7)?,
                    sealed_encoding: row.blob(8)?,
                })
            },
        )
        .await
    }

    /// Which child each record belonged to after the last linkage, ordered by record id and number.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn membership(&self) -> Result<Vec<Member>, StoreError> {
        let mut tx = self.read("read the links").await?;
        tx.all(
            "select l.record_id, l.number, l.child_id, c.anchor, c.anchor_number, l.tier, l.linked_on
               from link l join child c on c.child_id = l.child_id order by l.record_id, l.number",
            [],
            |row| {
                Ok(Member {
                    subject: subject(row, 0)?,
                    child_id: ChildId(row.bytes(2)?),
                    anchor: subject(row, 3)?,
                    tier: row.text(5)?,
                    linked_on: row.parsed(6)?,
                })
            },
        )
        .await
    }

    /// Every child that ever was, ordered by id: what tonight's clusters may take over.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn known_children(&self) -> Result<Vec<KnownChildRow>, StoreError> {
        let mut tx = self.read("read the children").await?;
        tx.all(
            "select child_id, anchor, anchor_number, since, redirect from child order by child_id",
            [],
            |row| {
                Ok(KnownChildRow {
                    child_id: ChildId(row.bytes(0)?),
                    anchor: subject(row, 1)?,
                    since: row.parsed(3)?,
                    merged_into: row.optional_blob(4)?.map(child).transpose()?,
                })
            },
        )
        .await
    }

    /// Replaces all links in one transaction, and keeps the history of child ids: a child that went into
    /// another redirects to it, an id is never used again for somebody else. Links of children who were erased
    /// from a notification of a pregnancy are passed over.
    ///
    /// # Errors
    /// [`StoreError::Invariant`] where a record that is about one child has no link, a link names a record that
    /// does not stand, a number that the record cannot have or a child that `children` does not hold.
    pub async fn save_links(
        &self,
        lease: &Lease,
        run: &Run,
        links: &Links,
    ) -> Result<LinkChange, StoreError> {
        let mut tx = self.write(lease, "save the links").await?;
        let forgotten = forgotten_subjects(&mut tx).await?;
        stage(&mut tx, &forgotten.left_out(links)).await?;
        check(&mut tx).await?;
        let change = compare(&mut tx).await?;
        keep_history(&mut tx, run).await?;
        tx.execute(CHANGED, []).await?;
        tx.execute(
            "insert into link (record_id, number, child_id, tier, weight, evidence, linked_on)
             select n.record_id, n.number, n.child_id, n.tier, n.weight, n.evidence, n.linked_on from new_link n
              where not exists (select 1 from link l where l.record_id = n.record_id and l.number = n.number)
              order by n.record_id, n.number",
            [],
        )
        .await?;
        doubts::save(&mut tx, run, &links.doubts).await?;
        for table in ["drop table new_link", "drop table new_child", "drop table fate"] {
            tx.execute(table, []).await?;
        }
        if tx.is_postgres() {
            // What reads next joins these, and must not plan by what they were before the night.
            for table in [
                "analyze record",
                "analyze content",
                "analyze link",
                "analyze child",
            ] {
                tx.execute(table, []).await?;
            }
        }
        let said = serde_json::json!({
            "children": change.after,
            "new": change.new,
            "split": change.split,
            "merged": change.merged,
            "ended": change.ended,
            "moved": change.moved,
        });
        audit::append(&mut tx, "sendlink", "link", &format!("run {}", run.id), &said).await?;
        fail::fail_point!("dataset::links::before-commit");
        tx.commit().await?;
        fail::fail_point!("dataset::links::after-commit");
        Ok(change)
    }

    /// The child that an id means today: itself, or what it was merged into. None where there is none.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn resolve_child(&self, child: ChildId) -> Result<Option<ChildId>, StoreError> {
        let mut tx = self.read("find a child").await?;
        let mut wanted = child.0;
        let mut seen = std::collections::BTreeSet::new();
        loop {
            let found = tx
                .optional(
                    "select state, redirect from child where child_id = $1",
                    [wanted.as_slice().into()],
                    |row| Ok((row.text(0)?, row.optional_blob(1)?)),
                )
                .await?;
            match found {
                Some((state, _)) if state == "live" => return Ok(Some(ChildId(wanted))),
                Some((_, Some(redirect))) if seen.insert(wanted) => {
                    wanted = redirect.try_into().map_err(|_| StoreError::Corrupt {
                        what: "an id of another length",
                    })?;
                }
                _ => return Ok(None),
            }
        }
    }
}

/// Reads a subject from a column with a record id and the next, with a number.
fn subject(row: &Row, column: usize) -> Result<Subject, StoreError> {
    Ok(Subject {
        record: RecordId(row.bytes(column)?),
        number: number(row, column + 1)?,
    })
}

fn number(row: &Row, column: usize) -> Result<u8, StoreError> {
    u8::try_from(row.integer(column)?).map_err(|_| StoreError::Corrupt {
        what: "the number of a child beyond 255",
    })
}

fn child(bytes: Vec<u8>) -> Result<ChildId, StoreError> {
    bytes.try_into().map(ChildId).map_err(|_| StoreError::Corrupt {
        what: "an id of another length",
    })
}

/// Links that are gone or say something else.
const CHANGED: &str = "
    delete from link where not exists
      (select 1 from new_link n
        where n.record_id = link.record_id and n.number = link.number and n.child_id = link.child_id
          and n.tier = link.tier and n.weight is not distinct from link.weight and n.evidence = link.evidence
          and n.linked_on = link.linked_on)";

/// Of each child before that is no more: the child that most of its records went to, by the smaller id where
/// as many went to another; blank where none of them stands.
const FATE: &str = "
    insert into fate (child_id, redirect)
    select c.child_id, w.child_id
      from child c
      left join (select o.child_id as before, n.child_id,
                        row_number() over (partition by o.child_id order by count(*) desc, n.child_id) as place
                   from link o join new_link n on n.record_id = o.record_id and n.number = o.number
                  group by o.child_id, n.child_id) w
        on w.before = c.child_id and w.place = 1
     where c.state = 'live' and not exists (select 1 from new_child n where n.child_id = c.child_id)";

/// Loads the links into temporary tables.
async fn stage(tx: &mut Tx, links: &Links) -> Result<(), StoreError> {
    let (link, child, fate) = if tx.is_postgres() {
        (
            "create temporary table new_link (record_id bytea not null, number bigint not null,
               child_id bytea not null, tier text collate \"C\" not null, weight bigint,
               evidence text collate \"C\" not null, linked_on text collate \"C\" not null,
               primary key (record_id, number))",
            "create temporary table new_child (child_id bytea primary key, anchor bytea not null,
               anchor_number bigint not null)",
            "create temporary table fate (child_id bytea primary key, redirect bytea)",
        )
    } else {
        (
            "create temporary table new_link (record_id blob not null, number integer not null,
               child_id blob not null, tier text not null, weight integer, evidence text not null,
               linked_on text not null, primary key (record_id, number))",
            "create temporary table new_child (child_id blob primary key, anchor blob not null,
               anchor_number integer not null)",
            "create temporary table fate (child_id blob primary key, redirect blob)",
        )
    };
    for sql in [link, child, fate] {
        tx.execute(sql, []).await?;
    }
    for batch in links.links.chunks(BATCH) {
        let rows = batch
            .iter()
            .map(|link| {
                vec![
                    link.subject.record.0.as_slice().into(),
                    i64::from(link.subject.number).into(),
                    link.child_id.0.as_slice().into(),
                    link.tier.as_str().into(),
                    Value::Integer(link.weight.map(i64::from)),
                    link.evidence.as_str().into(),
                    link.linked_on.into(),
                ]
            })
            .collect();
        let columns = [
            "record_id",
            "number",
            "child_id",
            "tier",
            "weight",
            "evidence",
            "linked_on",
        ];
        tx.bulk("new_link", &columns, rows).await?;
    }
    for batch in links.children.chunks(BATCH) {
        let rows = batch
            .iter()
            .map(|child| {
                vec![
                    child.child_id.0.as_slice().into(),
                    child.anchor.record.0.as_slice().into(),
                    i64::from(child.anchor.number).into(),
                ]
            })
            .collect();
        tx.bulk("new_child", &["child_id", "anchor", "anchor_number"], rows)
            .await?;
    }
    tx.execute("create index new_link_by_child on new_link (child_id)", [])
        .await?;
    if tx.is_postgres() {
        tx.execute("analyze new_link", []).await?;
        tx.execute("analyze new_child", []).await?;
    }
    tx.execute(FATE, []).await?;
    Ok(())
}

/// How the new links go with the records: all in one pass, as each pass goes over all of them.
const LINKED: &str = "
    select coalesce(sum(case when r.record_id is null or r.state <> 'current' then 1 else 0 end), 0),
           coalesce(sum(case when r.about = 'nobody' or (r.about = 'child') <> (n.number = 0) then 1 else 0 end), 0),
           coalesce(sum(case when r.about = 'child' and r.state = 'current' and n.number = 0 then 1 else 0 end), 0)
      from new_link n left join record r on r.record_id = n.record_id";

async fn check(tx: &mut Tx) -> Result<(), StoreError> {
    let about_a_child = tx
        .count(
            "select count(*) from record where state = 'current' and about = 'child'",
            [],
        )
        .await?;
    let counts = tx
        .optional(LINKED, [], |row| {
            Ok((row.count(0)?, row.count(1)?, row.count(2)?))
        })
        .await?;
    let (gone, misnumbered, linked) = counts.unwrap_or_default();
    for (what, count) in [
        ("links of records that do not stand", gone),
        (
            "links under a number that their record does not have",
            misnumbered,
        ),
        (
            "records about a child that stand without a link",
            about_a_child.saturating_sub(linked),
        ),
    ] {
        if count > 0 {
            return Err(StoreError::Invariant { what, count });
        }
    }
    let checks = [
        (
            "children who are linked twice with one pregnancy",
            "select count(*) from (select 1 from new_link n where n.number > 0
                                    group by n.record_id, n.child_id having count(*) > 1) twice",
        ),
        (
            "links to a child that is not listed",
            "select count(*) from new_link n where not exists
               (select 1 from new_child c where c.child_id = n.child_id)",
        ),
        (
            "children without a record",
            "select count(*) from new_child c where not exists
               (select 1 from new_link n where n.child_id = c.child_id)",
        ),
        (
            "child ids that were made from another record before",
            "select count(*) from new_child n join child c on c.child_id = n.child_id 
              where c.anchor <> n.anchor or c.anchor_number <> n.anchor_number",
        ),
    ];
    for (what, sql) in checks {
        let count = tx.count(sql, []).await?;
        if count > 0 {
            return Err(StoreError::Invariant { what, count });
        }
    }
    Ok(())
}

async fn compare(tx: &mut Tx) -> Result<LinkChange, StoreError> {
    let before = tx
        .count("select count(*) from child where state = 'live'", [])
        .await?;
    let after = tx.count("select count(*) from new_child", []).await?;
    let arrived = tx
        .count(
            "select count(*) from new_child n where not exists
               (select 1 from child c where c.child_id = n.child_id and c.state = 'live')",
            [],
        )
        .await?;
    let split = tx
        .count(
            "select count(*) from new_child n
               join link o on o.record_id = n.anchor and o.number = n.anchor_number
              where o.child_id <> n.child_id and not exists
                (select 1 from child c where c.child_id = n.child_id and c.state = 'live')",
            [],
        )
        .await?;
    Ok(LinkChange {
        before,
        after,
        new: arrived.saturating_sub(split),
        split,
        merged: tx
            .count("select count(*) from fate where redirect is not null", [])
            .await?,
        ended: tx
            .count("select count(*) from fate where redirect is null", [])
            .await?,
        moved: tx
            .count(
                "select count(*) from link o
                   join new_link n on n.record_id = o.record_id and n.number = o.number
                  where n.child_id <> o.child_id",
                [],
            )
            .await?,
    })
}

/// What became of children since the last linkage. A run that is repeated after a stop finds nothing new.
const EVENTS: [&str; 5] = [
    // It had ended or gone into another, and stands again.
    "insert into child_event (run, as_at, event, child_id, other, tier)
     select $1, $2, 'returned', n.child_id, c.redirect, l.tier
       from new_child n join child c on c.child_id = n.child_id
       left join new_link l on l.record_id = n.anchor and l.number = n.anchor_number
      where c.state <> 'live'
     on conflict (run, event, child_id) do nothing",
    "insert into child_event (run, as_at, event, child_id, other, tier)
     select $1, $2, 'split', n.child_id, o.child_id, l.tier
       from new_child n join link o on o.record_id = n.anchor and o.number = n.anchor_number
       join new_link l on l.record_id = n.anchor and l.number = n.anchor_number
      where o.child_id <> n.child_id and not exists (select 1 from child c where c.child_id = n.child_id)
     on conflict (run, event, child_id) do nothing",
    "insert into child_event (run, as_at, event, child_id, other)
     select $1, $2, 'new', n.child_id, null
       from new_child n
      where not exists (select 1 from child c where c.child_id = n.child_id)
        and not exists (select 1 from link o
                          where o.record_id = n.anchor and o.number = n.anchor_number and o.child_id <> n.child_id)
     on conflict (run, event, child_id) do nothing",
    "insert into child_event (run, as_at, event, child_id, other, tier)
     select $1, $2, 'merged', f.child_id, f.redirect, l.tier
       from fate f join child c on c.child_id = f.child_id
       left join new_link l on l.record_id = c.anchor and l.number = c.anchor_number
      where f.redirect is not null
     on conflict (run, event, child_id) do nothing",
    "insert into child_event (run, as_at, event, child_id, other)
     select $1, $2, 'ended', child_id, null from fate where redirect is null
     on conflict (run, event, child_id) do nothing",
];

/// Enters what became of children, and brings their table up to date.
async fn keep_history(tx: &mut Tx, run: &Run) -> Result<(), StoreError> {
    for event in EVENTS {
        tx.execute(event, [run.id.into(), run.as_at.into()]).await?;
    }
    tx.execute(
        "update child set state = case when f.redirect is null then 'ended' else 'merged' end,
                          redirect = f.redirect
           from fate f where f.child_id = child.child_id",
        [],
    )
    .await?;
    tx.execute(
        "insert into child (child_id, anchor, anchor_number, state, since)
         select child_id, anchor, anchor_number, 'live', $1 from new_child where true
         on conflict (child_id) do update set state = 'live', redirect = null
          where child.state <> 'live'",
        [run.as_at.into()],
    )
    .await?;
    Ok(())
}
