//! Publishing into files.

use std::{collections::BTreeMap, path::Path, time::Duration};

use super::{
    Backend,
    connection::{Opening, Pool},
    files::{Pair, hash, sync_folder},
};
use crate::{
    Lease, Published, Release, Run, Store, StoreError,
    error::Doing,
    joint::{
        DATASET, OPEN_TABLES, RELEASE, TABLES, Table, ddl,
        digest::{ReadBack, read_back},
    },
    publish::{
        self, LastPublication, TableChange, check_lineage, dataset_row, fill, last_publication, put,
        release_row, said, version,
    },
    sql::{Inner, Sql, Tx},
};

const DOING: Doing = Doing("publish the dataset");

/// Builds both files aside, checks them, and puts them in place.
pub(crate) async fn publish(
    store: &Store,
    back: &Backend,
    lease: &Lease,
    run: &Run,
    release: &Release,
    mut vault: Tx,
) -> Result<Published, StoreError> {
    let (joint, open) = (Pair::of(&back.folder, "joint"), Pair::of(&back.folder, "open"));
    for pair in [&joint, &open] {
        pair.clear().map_err(|error| DOING.io(&error))?;
    }
    fail::fail_point!("dataset::publish::before-build");
    // A published file that is not what was published is not looked into, just replaced.
    let last = last_publication(&mut vault).await?;
    let last = last.filter(|last| in_place(&joint, last.joint_hash.as_deref()));
    let (vault, mut published) = match build(&joint, last.as_ref(), run, release, vault).await {
        Ok(built) => built,
        Err(error) => {
            // The error matters more than a file that the next publication clears anyway.
            let _ = joint.clear();
            return Err(error);
        }
    };
    vault.rollback().await?;
    if let Some(last) = last
        && last.row.version == published.version
        && last.row.digest == published.digest
        && last.said == said(release)
        && in_place(&open, last.open_hash.as_deref())
    {
        joint.clear().map_err(|error| DOING.io(&error))?;
        published.written = false;
        return Ok(published);
    }
    build_open(&open, run, release, &published.version).await?;
    let hashes = (
        joint.seal().map_err(|error| DOING.io(&error))?,
        open.seal().map_err(|error| DOING.io(&error))?,
    );
    sync_folder(&joint.aside).map_err(|error| DOING.io(&error))?;
    fail::fail_point!("dataset::publish::before-intent");
    let mut tx = store.write(lease, DOING.0).await?;
    publish::enter(&mut tx, run, release, &published, Some(hashes)).await?;
    tx.commit().await?;
    fail::fail_point!("dataset::publish::after-intent");
    roll_forward(store, back, lease).await?;
    Ok(published)
}

/// Writes the joint dataset aside, and checks it. `last` is what the published file holds.
async fn build(
    joint: &Pair,
    last: Option<&LastPublication>,
    run: &Run,
    release: &Release,
    vault: Tx,
) -> Result<(Tx, Published), StoreError> {
    let pool = create(&joint.aside, last.map(|_| joint.published.as_path()))?;
    let mut aside = begin(&pool)?;
    make_tables(&mut aside, TABLES).await?;
    let mut vault = fill(vault, &mut aside, "main.", release).await?;
    make_indices(&mut aside, TABLES).await?;
    let read = read_back(&mut aside, "main.").await?;
    check_lineage(&mut vault, &read).await?;
    check_foreign_keys(&mut aside).await?;
    let version = version(run.as_at, &read.digest);
    put(
        &mut aside,
        "main.",
        &DATASET,
        vec![dataset_row(&version, run.as_at, release)],
    )
    .await?;
    let changes = match last {
        Some(last) if last.row.digest == read.digest => {
            let mut changes = publish::compare(&mut aside, &[DATASET], "main.", "old.").await?;
            changes.extend(rows_of(&read, |rows| TableChange {
                rows,
                ..TableChange::default()
            }));
            changes
        }
        Some(_) if same_shape(&mut aside).await? => {
            publish::compare(&mut aside, TABLES, "main.", "old.").await?
        }
        _ => {
            let all = |rows| TableChange {
                rows,
                inserted: rows,
                ..TableChange::default()
            };
            let mut changes = rows_of(&read, all);
            changes.insert(DATASET.name.to_owned(), all(1));
            changes
        }
    };
    publish::brake(&changes, release, (&mut vault, &mut aside, "old.")).await?;
    aside.commit().await?;
    pool.close();
    let published = Published {
        version,
        digest: read.digest,
        written: true,
        changes,
    };
    Ok((vault, published))
}

fn rows_of(read: &ReadBack, change: impl Fn(u64) -> TableChange) -> BTreeMap<String, TableChange> {
    read.rows
        .iter()
        .map(|(table, rows)| ((*table).to_owned(), change(*rows)))
        .collect()
}

/// Writes the open zone aside.
async fn build_open(open: &Pair, run: &Run, release: &Release, version: &str) -> Result<(), StoreError> {
    let pool = create(&open.aside, None)?;
    let mut aside = begin(&pool)?;
    make_tables(&mut aside, OPEN_TABLES).await?;
    put(
        &mut aside,
        "",
        &RELEASE,
        vec![release_row(version, run.as_at, release)],
    )
    .await?;
    aside.commit().await?;
    pool.close();
    Ok(())
}

/// Carries through a publication that was intended. Does nothing where there is none.
pub(crate) async fn roll_forward(store: &Store, back: &Backend, lease: &Lease) -> Result<(), StoreError> {
    let mut tx = store.write(lease, DOING.0).await?;
    let intended = tx
        .optional(
            "select id, joint_hash, open_hash from publication where state = 'intended' order by id desc limit 1",
            [],
            |row| Ok((row.integer(0)?, row.blob(1)?, row.blob(2)?)),
        )
        .await?;
    let Some((id, joint_hash, open_hash)) = intended else {
        return tx.rollback().await;
    };
    let (joint, open) = (Pair::of(&back.folder, "joint"), Pair::of(&back.folder, "open"));
    let mut whole = joint
        .carry_through(&joint_hash)
        .map_err(|error| DOING.io(&error))?;
    fail::fail_point!("dataset::publish::between-renames");
    whole &= open.carry_through(&open_hash).map_err(|error| DOING.io(&error))?;
    fail::fail_point!("dataset::publish::after-renames");
    if whole {
        publish::replace_last(&mut tx).await?;
    }
    let state = if whole { "published" } else { "lost" };
    tx.execute(
        "update publication set state = $1 where id = $2",
        [state.into(), id.into()],
    )
    .await?;
    tx.commit().await?;
    fail::fail_point!("dataset::publish::after-commit");
    Ok(())
}

/// The digest of the published file.
pub(crate) async fn digest(back: &Backend) -> Result<[u8; 32], StoreError> {
    let mut tx = read_published(back).await?.ok_or(StoreError::Missing)?;
    let read = read_back(&mut tx, "").await?;
    tx.rollback().await?;
    Ok(read.digest)
}

/// A transaction on the published file; none before there is one.
pub(crate) async fn read_published(back: &Backend) -> Result<Option<Tx>, StoreError> {
    let file = back.folder.join("joint.db");
    if !file.exists() {
        return Ok(None);
    }
    let opening = Opening {
        file,
        read_only: true,
        old: None,
        busy_timeout: BUSY,
        pragmas: &[],
    };
    begin(&Pool::open(opening, DOING)?).map(Some)
}

/// How long to wait for somebody who reads the published file in a way that locks it.
const BUSY: Duration = Duration::from_secs(5);

/// Of a file that is synchronised once it is whole, and thrown away where it does not get that far: SQLite need not be
/// careful with it. 64 MiB: the indices by child.
const ASIDE: [&str; 5] = [
    "page_size = 8192",
    "foreign_keys = off",
    "journal_mode = memory",
    "synchronous = off",
    "cache_size = -65536",
];

/// A new file, with the published one attached as `old` where there is one.
fn create(file: &Path, old: Option<&Path>) -> Result<Pool, StoreError> {
    let opening = Opening {
        file: file.to_owned(),
        read_only: false,
        old: old.map(Path::to_owned),
        busy_timeout: BUSY,
        pragmas: &ASIDE,
    };
    Pool::open(opening, DOING)
}

fn begin(pool: &Pool) -> Result<Tx, StoreError> {
    Ok(Tx::new(DOING, Inner::Sqlite(pool.begin(DOING, "begin")?)))
}

async fn make_tables(tx: &mut Tx, tables: &[Table]) -> Result<(), StoreError> {
    for table in tables {
        tx.execute(Sql::Made(ddl::sqlite(table)), []).await?;
    }
    Ok(())
}

/// After the rows, as an index is quicker made at once.
async fn make_indices(tx: &mut Tx, tables: &[Table]) -> Result<(), StoreError> {
    for table in tables {
        for (index, column) in ddl::indices(table) {
            tx.execute(
                Sql::Made(format!("create index {index} on {} ({column})", table.name)),
                [],
            )
            .await?;
        }
    }
    Ok(())
}

async fn check_foreign_keys(tx: &mut Tx) -> Result<(), StoreError> {
    let count = tx
        .count("select count(*) from pragma_foreign_key_check(null, 'main')", [])
        .await?;
    if count > 0 {
        return Err(StoreError::Invariant {
            what: "rows that point to no row",
            count,
        });
    }
    Ok(())
}

/// Whether the published file has the tables and columns of this program, so that rows can be compared.
async fn same_shape(tx: &mut Tx) -> Result<bool, StoreError> {
    for table in TABLES {
        let columns = tx
            .all(
                "select name from pragma_table_info($1, 'old') order by cid",
                [table.name.into()],
                |row| row.text(0),
            )
            .await?;
        if columns != table.column_names() {
            return Ok(false);
        }
    }
    Ok(true)
}

fn in_place(pair: &Pair, meant: Option<&[u8]>) -> bool {
    // A file that cannot be read is not in place, and is written anew.
    meant.is_some_and(|meant| hash(&pair.published).is_ok_and(|found| found == *meant))
}
