//! Publishing: the joint dataset is built aside, checked, and put in force in one step.

use std::collections::BTreeMap;

use jiff::civil::Date;
use records::Kind;
use sha2::{Digest, Sha256};
use tokio::sync::mpsc::channel;

use crate::{
    Lease, Run, Store, StoreError,
    births::Births,
    children, gate, hex,
    joint::{
        self, BIRTH, CHILD_ID_HISTORY, FRESHNESS, LINK, OPT_OUT, PREGNANCY_CHILD, PREGNANCY_NOTIFICATION,
        SCHOOL_RECORD, SECTION23_NOTICE, TABLES, TWO_YEAR_REVIEW, Table,
        build::{Builder, json},
        digest::{ReadBack, read_back},
        standing::Everything,
    },
    postgres,
    sql::{Sql, Tx, Value},
    sqlite,
    store::Back,
};

/// Records whose rows are made and written at a time: a few megabytes.
const BATCH: usize = 4_000;

/// Batches of rows that wait to be written.
const BATCHES_WAITING: usize = 3;

/// How a feed stands on the day, for the dataset's `freshness`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedState {
    /// The feed.
    pub feed: String,
    /// Its kind.
    pub kind: Kind,
    /// Who sends it.
    pub provider: String,
    /// `current`, or `missing`: the source could not be read, or was silent for longer than expected.
    pub state: String,
}

/// What a publication says about itself.
#[derive(Clone, Debug)]
pub struct Release {
    /// Name and version of the program.
    pub software: String,
    /// Fingerprint of the key.
    pub key_fingerprint: String,
    /// The mappings in force: names with their versions.
    pub mapping_versions: String,
    /// Every configured feed.
    pub feeds: Vec<FeedState>,
    /// The share of child ids that may change or vanish; `1.0` lets all through.
    pub brake: f64,
    /// How many may change whatever their share, by leave of a person; see [`Store::release_brake`].
    pub brake_released: Option<u64>,
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
        let mut vault = self.read("read the vault").await?;
        check_vault(&mut vault).await?;
        let published = match &self.back {
            Back::Sqlite(back) => sqlite::publish::publish(self, back, lease, run, release, vault).await?,
            Back::Postgres(_) => postgres::publish::publish(self, lease, run, release, vault).await?,
        };
        Ok(published)
    }

    /// What is published; none before the first time.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn published(&self) -> Result<Option<PublishedRow>, StoreError> {
        let mut tx = self.read("read what is published").await?;
        Ok(last_publication(&mut tx).await?.map(|last| last.row))
    }

    /// The digest of the published dataset, computed again from what is there.
    ///
    /// # Errors
    /// [`StoreError::Missing`] before the first publication.
    pub async fn digest(&self) -> Result<[u8; 32], StoreError> {
        match &self.back {
            Back::Sqlite(back) => sqlite::publish::digest(back).await,
            Back::Postgres(_) => {
                let mut tx = self.read("digest what is published").await?;
                if last_publication(&mut tx).await?.is_none() {
                    return Err(StoreError::Missing);
                }
                Ok(read_back(&mut tx, "joint.").await?.digest)
            }
        }
    }
}

/// The latest publication that is in force.
pub(crate) struct LastPublication {
    pub(crate) row: PublishedRow,
    /// What it says of itself, see [`said`].
    pub(crate) said: String,
    /// SHA-256 of the published files, on SQLite.
    pub(crate) joint_hash: Option<Vec<u8>>,
    pub(crate) open_hash: Option<Vec<u8>>,
}

pub(crate) async fn last_publication(tx: &mut Tx) -> Result<Option<LastPublication>, StoreError> {
    tx.optional(
        "select version, digest, as_at, run, said, joint_hash, open_hash from publication
          where state = 'published' order by id desc limit 1",
        [],
        |row| {
            Ok(LastPublication {
                row: PublishedRow {
                    version: row.text(0)?,
                    digest: row.bytes(1)?,
                    as_at: row.parsed(2)?,
                    run: row.integer(3)?,
                },
                said: row.text(4)?,
                joint_hash: row.optional_blob(5)?,
                open_hash: row.optional_blob(6)?,
            })
        },
    )
    .await
}

/// Enters a publication into ops, in place of the one before; with no file hashes it is in force at once.
pub(crate) async fn enter(
    tx: &mut Tx,
    run: &Run,
    release: &Release,
    published: &Published,
    hashes: Option<([u8; 32], [u8; 32])>,
) -> Result<(), StoreError> {
    let state = if hashes.is_some() { "intended" } else { "published" };
    if hashes.is_none() {
        replace_last(tx).await?;
    }
    let id = tx
        .count("select coalesce(max(id), 0) + 1 from publication", [])
        .await?;
    tx.execute(
        "insert into publication (id, run, state, version, as_at, digest, said, joint_hash, open_hash)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        [
            Value::Integer(i64::try_from(id).ok()),
            run.id.into(),
            state.into(),
            published.version.as_str().into(),
            run.as_at.into(),
            published.digest.as_slice().into(),
            said(release).into(),
            hashes.map(|(joint, _)| joint.to_vec()).into(),
            hashes.map(|(_, open)| open.to_vec()).into(),
        ],
    )
    .await?;
    // Leave to pass the brake is for one publication.
    tx.execute(
        "update brake_release set used_by = $1 where used_by is null",
        [run.id.into()],
    )
    .await?;
    let rows: BTreeMap<&str, u64> = published
        .changes
        .iter()
        .map(|(table, change)| (table.as_str(), change.rows))
        .collect();
    crate::audit::append(
        tx,
        "sendlink",
        "publish",
        &published.version,
        &serde_json::json!({ "rows": rows }),
    )
    .await
}

/// The publication in force is no longer.
pub(crate) async fn replace_last(tx: &mut Tx) -> Result<(), StoreError> {
    tx.execute(
        "update publication set state = 'replaced' where state = 'published'",
        [],
    )
    .await?;
    Ok(())
}

/// What a publication says of itself besides its rows, to see whether anything is new.
pub(crate) fn said(release: &Release) -> String {
    serde_json::json!([
        release.software,
        release.key_fingerprint,
        release.mapping_versions,
        release.note
    ])
    .to_string()
}

/// The release that said so, with nothing to hold it back.
pub(crate) fn unsaid(said: &str, feeds: Vec<FeedState>) -> Result<Release, StoreError> {
    let (software, key_fingerprint, mapping_versions, note) = json(said)?;
    Ok(Release {
        software,
        key_fingerprint,
        mapping_versions,
        feeds,
        brake: 1.0,
        brake_released: None,
        note,
    })
}

/// The name of a version.
pub(crate) fn version(as_at: Date, digest: &[u8; 32]) -> String {
    let digest = hex::encode(digest);
    format!("{as_at}-{}", digest.get(..12).unwrap_or_default())
}

/// The row of table `dataset`.
pub(crate) fn dataset_row(version: &str, as_at: Date, release: &Release) -> Vec<Value> {
    vec![
        version.into(),
        as_at.into(),
        release.software.as_str().into(),
        release.key_fingerprint.as_str().into(),
        release.mapping_versions.as_str().into(),
    ]
}

/// The row of table `release` of the open zone.
pub(crate) fn release_row(version: &str, as_at: Date, release: &Release) -> Vec<Value> {
    vec![version.into(), as_at.into(), release.note.as_str().into()]
}

/// Loads rows into a table of the declaration.
pub(crate) async fn put(
    tx: &mut Tx,
    prefix: &str,
    table: &Table,
    rows: Vec<Vec<Value>>,
) -> Result<(), StoreError> {
    tx.bulk(&format!("{prefix}{}", table.name), &table.column_names(), rows)
        .await
}

/// Fills the tables aside with everything but the row of `dataset`: rows are made while those before are written.
/// `prefix` stands before their names. Hands the vault's transaction back.
pub(crate) async fn fill(
    mut vault: Tx,
    aside: &mut Tx,
    prefix: &str,
    release: &Release,
) -> Result<Tx, StoreError> {
    let births = Births::read(&mut vault).await?;
    let mut builder = Builder::new(births);
    let (mut vault, everything) = Everything::read(vault, &mut builder).await?;
    let (sender, mut receiver) = channel(BATCHES_WAITING);
    let making = tokio::task::spawn_blocking(move || {
        let mut records = everything.each().peekable();
        while records.peek().is_some() {
            for (standing, links, payload) in records.by_ref().take(BATCH) {
                builder.add(standing, links, payload)?;
            }
            // Nobody listens any more where writing has failed, and that error is the one to tell.
            if sender.blocking_send(builder.take()).is_err() {
                return Ok(());
            }
        }
        builder.finish();
        let _ = sender.blocking_send(builder.take());
        Ok(())
    });
    while let Some(made) = receiver.recv().await {
        for (name, rows) in made {
            if let Some(table) = TABLES.iter().find(|table| table.name == name) {
                put(aside, prefix, table, rows).await?;
            }
        }
    }
    making.await.map_err(|_| StoreError::Internal {
        doing: "make the rows of the dataset",
        code: "a task that stopped".to_owned(),
    })??;
    let freshness = freshness(&mut vault, release).await?;
    put(aside, prefix, &FRESHNESS, freshness).await?;
    put(aside, prefix, &OPT_OUT, gate::rows(&mut vault).await?).await?;
    let hidden = gate::hidden_children(&mut vault).await?;
    let history = children::id_history(&mut vault, &hidden).await?;
    put(aside, prefix, &CHILD_ID_HISTORY, history).await?;
    Ok(vault)
}

async fn freshness(vault: &mut Tx, release: &Release) -> Result<Vec<Vec<Value>>, StoreError> {
    let latest: BTreeMap<String, (String, String)> = vault
        .all(
            "select r.feed, max(r.event_date), max(r.received_date) from record r
              where r.state = 'current' and not exists (select 1 from withheld w where w.record_id = r.record_id)
              group by r.feed",
            [],
            |row| Ok((row.text(0)?, (row.text(1)?, row.text(2)?))),
        )
        .await?
        .into_iter()
        .collect();
    let mut feeds: Vec<&FeedState> = release.feeds.iter().collect();
    feeds.sort_by(|a, b| a.feed.cmp(&b.feed));
    Ok(feeds
        .into_iter()
        .map(|feed| {
            let latest = latest.get(&feed.feed);
            vec![
                feed.feed.as_str().into(),
                feed.kind.as_str().into(),
                feed.provider.as_str().into(),
                latest.map(|(event, _)| event.clone()).into(),
                latest.map(|(_, received)| received.clone()).into(),
                feed.state.as_str().into(),
            ]
        })
        .collect())
}

/// How records that stand go with their links: all in one pass, as each pass goes over the whole vault.
const LINKED: &str = "
    select coalesce(sum(case when r.about = 'child' and l.number is null then 1 else 0 end), 0),
           coalesce(sum(case when r.about = 'nobody' or (r.about = 'child') <> (l.number = 0)
                             then case when l.number is null then 0 else 1 end else 0 end), 0),
           coalesce(sum(case when r.about = 'pregnancy' and r.mother_id is null then 1 else 0 end), 0),
           (select count(*) from link) - count(l.number)
      from record r left join link l on l.record_id = r.record_id
     where r.state = 'current'";

/// What [`LINKED`] counts.
const LINKED_WRONGLY: [&str; 4] = [
    "records about a child that stand without a link",
    "links under a number that their record does not have",
    "pregnancies without a mother",
    "links of records that do not stand",
];

/// Checks the vault before anything is built from it.
async fn check_vault(vault: &mut Tx) -> Result<(), StoreError> {
    let counts = vault
        .all(LINKED, [], |row| {
            (0..LINKED_WRONGLY.len())
                .map(|column| row.count(column))
                .collect::<Result<Vec<_>, _>>()
        })
        .await?;
    for (what, count) in LINKED_WRONGLY.into_iter().zip(counts.into_iter().flatten()) {
        if count > 0 {
            return Err(StoreError::Invariant { what, count });
        }
    }
    let checks = [
        (
            "links to a child that is not live",
            "select count(*) from link l left join child c on c.child_id = l.child_id
              where c.state is null or c.state <> 'live'",
        ),
        (
            "pairs on the do-not-link list in one child",
            "select count(*) from decision d
               join link a on a.record_id = d.left_id join link b on b.record_id = d.right_id
              where d.in_force = 1 and d.kind = 'do-not-link' and d.left_type = 'record'
                and d.right_type = 'record' and a.child_id = b.child_id and a.record_id <> b.record_id",
        ),
        (
            "isolated records joined with others",
            "select count(*) from decision d join link a on a.record_id = d.left_id
              where d.in_force = 1 and d.kind = 'isolate' and d.left_type = 'record' and exists
                (select 1 from link b where b.child_id = a.child_id and b.record_id <> a.record_id)",
        ),
    ];
    for (what, sql) in checks {
        let count = vault.count(sql, []).await?;
        if count > 0 {
            return Err(StoreError::Invariant { what, count });
        }
    }
    Ok(())
}

/// Every record that stands and is not withheld, with how many children a notification of a pregnancy has.
const LINEAGE: &str = "
    select r.record_id, r.kind, r.about,
           case when r.about = 'pregnancy'
                then (select count(*) from link l where l.record_id = r.record_id and l.number > 0) else 0 end
      from record r
     where r.state = 'current' and not exists (select 1 from withheld w where w.record_id = r.record_id)
     order by r.record_id";

/// Checks that the rows read back are those of the vault, record by record.
pub(crate) async fn check_lineage(vault: &mut Tx, read: &ReadBack) -> Result<(), StoreError> {
    let tables = [
        LINK,
        PREGNANCY_NOTIFICATION,
        PREGNANCY_CHILD,
        BIRTH,
        TWO_YEAR_REVIEW,
        SECTION23_NOTICE,
        SCHOOL_RECORD,
    ];
    let mut expected = tables.map(|table| (table.name, Sha256::new(), 0));
    let mut expect = |table: &Table, record: &str, times: u64| {
        for (_, hash, count) in expected.iter_mut().filter(|(name, _, _)| *name == table.name) {
            for _ in 0..times {
                hash.update(record);
                *count += 1;
            }
        }
    };
    vault
        .each(LINEAGE, [], |row| {
            let record = hex::encode(&row.bytes::<16>(0)?);
            let children = row.count(3)?;
            let own = match (row.parsed::<Kind>(1)?, row.text(2)?.as_str()) {
                (Kind::Pregnancy, "pregnancy") => &PREGNANCY_NOTIFICATION,
                (Kind::Pregnancy, _) => &BIRTH,
                (Kind::TwoYearReview, _) => &TWO_YEAR_REVIEW,
                (Kind::Section23, _) => &SECTION23_NOTICE,
                (Kind::SchoolCensus, _) => &SCHOOL_RECORD,
            };
            expect(own, &record, 1);
            expect(&PREGNANCY_CHILD, &record, children);
            // Of a record about a child one, whatever the vault's links say.
            let linked = if row.text(2)? == "child" { 1 } else { children };
            expect(&LINK, &record, linked);
            Ok(())
        })
        .await?;
    for (table, hash, count) in expected {
        let hash: [u8; 32] = hash.finalize().into();
        if !read.lineage.contains(&(table, hash)) {
            return Err(StoreError::Invariant {
                what: "rows that are not those of the vault",
                count,
            });
        }
    }
    Ok(())
}

/// What putting the tables `new` in place of the tables `old` changes, by table. Both are prefixes.
pub(crate) async fn compare(
    tx: &mut Tx,
    tables: &[Table],
    new: &str,
    old: &str,
) -> Result<BTreeMap<String, TableChange>, StoreError> {
    let mut changes = BTreeMap::new();
    for table in tables {
        let (name, same) = (table.name, joint::ddl::same_key(table, "n", "o"));
        let differs = joint::ddl::differs(table, "n", "o");
        let count = |sql: String| Sql::Made(sql);
        let change = TableChange {
            rows: tx.count(count(format!("select count(*) from {new}{name}")), []).await?,
            inserted: tx
                .count(
                    count(format!(
                        "select count(*) from {new}{name} n where not exists (select 1 from {old}{name} o where {same})"
                    )),
                    [],
                )
                .await?,
            updated: match &differs {
                Some(differs) => {
                    let sql = format!(
                        "select count(*) from {new}{name} n join {old}{name} o on {same} where {differs}"
                    );
                    tx.count(count(sql), []).await?
                }
                None => 0,
            },
            deleted: tx
                .count(
                    count(format!(
                        "select count(*) from {old}{name} o where not exists (select 1 from {new}{name} n where {same})"
                    )),
                    [],
                )
                .await?,
        };
        changes.insert(name.to_owned(), change);
    }
    Ok(changes)
}

/// Whether any row differs.
pub(crate) fn anything(changes: &BTreeMap<String, TableChange>) -> bool {
    changes
        .values()
        .any(|change| change.inserted + change.updated + change.deleted > 0)
}

/// Holds a publication that would take away more child ids than the brake allows. The published tables are behind the
/// prefix `old`. Children whom the gate takes away do not count: what may not be published must not stay for the brake's
/// sake.
pub(crate) async fn brake(
    changes: &BTreeMap<String, TableChange>,
    release: &Release,
    (vault, aside, old): (&mut Tx, &mut Tx, &str),
) -> Result<(), StoreError> {
    let Some(children) = changes.get(joint::CHILD.name) else {
        return Ok(());
    };
    let before = children.rows + children.deleted - children.inserted;
    if children.deleted == 0 {
        return Ok(());
    }
    let hidden = gate::hidden_children(vault).await?;
    let changed = children
        .deleted
        .saturating_sub(gate::published_among(aside, old, &hidden).await?);
    #[expect(
        clippy::cast_precision_loss,
        reason = "a share of far fewer than 2^52 children"
    )]
    let share = if before == 0 {
        0.0
    } else {
        changed as f64 / before as f64
    };
    let is_released = release.brake_released.is_some_and(|most| changed <= most);
    if share > release.brake && !is_released {
        return Err(StoreError::Brake { changed, before });
    }
    Ok(())
}
