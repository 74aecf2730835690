//! Publishing into schemas: only the rows that differ change, in one transaction, so that grants and views
//! stay, and a reader's snapshot shows one version whole.

use std::collections::BTreeMap;

use super::Backend;
use crate::{
    Lease, Published, Release, Run, Store, StoreError,
    error::Doing,
    joint::{DATASET, OPEN_TABLES, RELEASE, TABLES, Table, ddl, digest::read_back},
    publish::{
        self, TableChange, anything, check_lineage, compare, dataset_row, fill, put, release_row, said,
        version,
    },
    sql::{Sql, Tx},
};

const DOING: Doing = Doing("publish the dataset");

/// Names of the tables aside begin so; they are temporary.
const ASIDE: &str = "next_";

/// The roles that may read, where the administrator made them, and the schema of each.
const READERS: [(&str, &str); 2] = [("sendlink_analyst", "joint"), ("sendlink_reader", "open")];

/// Fills temporary tables, checks them, and brings the published tables to what they say.
pub(crate) async fn publish(
    store: &Store,
    lease: &Lease,
    run: &Run,
    release: &Release,
    vault: Tx,
) -> Result<Published, StoreError> {
    fail::fail_point!("dataset::publish::before-build");
    let mut tx = store.write(lease, DOING.0).await?;
    for (schema, tables) in [("joint", TABLES), ("open", OPEN_TABLES)] {
        for table in tables {
            let name = table.name;
            tx.execute(
                Sql::Made(format!(
                    "create temporary table {ASIDE}{name} (like {schema}.{name}) on commit drop"
                )),
                [],
            )
            .await?;
        }
    }
    let (mut vault, mut changes) = match is_empty(&mut tx).await? {
        true => fill_empty(vault, &mut tx, release).await?,
        false => replace(vault, &mut tx, release).await?,
    };
    let read = read_back(&mut tx, "joint.").await?;
    check_lineage(&mut vault, &read).await?;
    let last = publish::last_publication(&mut vault).await?;
    vault.rollback().await?;

    let version = version(run.as_at, &read.digest);
    put(
        &mut tx,
        ASIDE,
        &DATASET,
        vec![dataset_row(&version, run.as_at, release)],
    )
    .await?;
    put(
        &mut tx,
        ASIDE,
        &RELEASE,
        vec![release_row(&version, run.as_at, release)],
    )
    .await?;
    changes.extend(compare(&mut tx, &[DATASET], ASIDE, "joint.").await?);
    let open = compare(&mut tx, OPEN_TABLES, ASIDE, "open.").await?;
    let recorded = last.is_some_and(|last| last.row.version == version && last.said == said(release));
    let mut published = Published {
        version,
        digest: read.digest,
        written: true,
        changes,
    };
    if recorded && !anything(&published.changes) && !anything(&open) {
        published.written = false;
        tx.rollback().await?;
        return Ok(published);
    }
    apply(&mut tx, "joint.", &[&DATASET]).await?;
    apply(&mut tx, "open.", &[&RELEASE]).await?;
    publish::enter(&mut tx, run, release, &published, None).await?;
    fail::fail_point!("dataset::publish::before-commit");
    tx.commit().await?;
    fail::fail_point!("dataset::publish::after-commit");
    Ok(published)
}

/// Whether nothing is published yet: then there is nothing to compare with, and nothing to read meanwhile.
async fn is_empty(tx: &mut Tx) -> Result<bool, StoreError> {
    for table in TABLES {
        let sql = format!(
            "select count(*) from (select 1 from joint.{} limit 1) t",
            table.name
        );
        if tx.count(Sql::Made(sql), []).await? > 0 {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Fills empty tables. Their foreign keys and secondary indices are made anew once the rows are there: that checks and
/// sorts all rows at once, where otherwise each row would be looked up by itself.
async fn fill_empty(
    vault: Tx,
    tx: &mut Tx,
    release: &Release,
) -> Result<(Tx, BTreeMap<String, TableChange>), StoreError> {
    for table in TABLES {
        let name = table.name;
        for key in table.foreign_keys {
            let sql = format!(
                "alter table joint.{name} drop constraint {}",
                ddl::foreign_key_name(table, key)
            );
            tx.execute(Sql::Made(sql), []).await?;
        }
        for (index, _) in ddl::indices(table) {
            tx.execute(Sql::Made(format!("drop index joint.{index}")), [])
                .await?;
        }
    }
    let vault = fill(vault, tx, "joint.", release).await?;
    fail::fail_point!("dataset::publish::before-apply");
    let mut changes = BTreeMap::new();
    for table in TABLES.iter().filter(|table| table.name != DATASET.name) {
        let name = table.name;
        for (index, column) in ddl::indices(table) {
            let sql = format!("create index {index} on joint.{name} ({column})");
            tx.execute(Sql::Made(sql), []).await?;
        }
        for key in table.foreign_keys {
            let sql = format!(
                "alter table joint.{name} add constraint {} foreign key ({}) references joint.{}",
                ddl::foreign_key_name(table, key),
                key.column,
                key.table
            );
            tx.execute(Sql::Made(sql), []).await?;
        }
        tx.execute(Sql::Made(format!("analyze joint.{name}")), []).await?;
        let rows = tx
            .count(Sql::Made(format!("select count(*) from joint.{name}")), [])
            .await?;
        let change = TableChange {
            rows,
            inserted: rows,
            ..TableChange::default()
        };
        changes.insert(name.to_owned(), change);
    }
    Ok((vault, changes))
}

/// Fills the tables aside, and brings the published ones to what they say.
async fn replace(
    vault: Tx,
    tx: &mut Tx,
    release: &Release,
) -> Result<(Tx, BTreeMap<String, TableChange>), StoreError> {
    let mut vault = fill(vault, tx, ASIDE, release).await?;
    for table in TABLES {
        let (name, key) = (table.name, table.primary_key.join(", "));
        tx.execute(
            Sql::Made(format!("alter table {ASIDE}{name} add primary key ({key})")),
            [],
        )
        .await?;
        tx.execute(Sql::Made(format!("analyze {ASIDE}{name}")), [])
            .await?;
    }
    let rows: Vec<&Table> = TABLES.iter().filter(|table| table.name != DATASET.name).collect();
    let changes = compare(tx, TABLES, ASIDE, "joint.").await?;
    publish::brake(&changes, release, (&mut vault, tx, "joint.")).await?;
    fail::fail_point!("dataset::publish::before-apply");
    apply(tx, "joint.", &rows).await?;
    Ok((vault, changes))
}

/// Brings tables to what the tables aside say: new and changed rows first, in the order in which tables point
/// into one another, then what is gone in the opposite order.
async fn apply(tx: &mut Tx, schema: &str, tables: &[&Table]) -> Result<(), StoreError> {
    for table in tables {
        let (name, same) = (table.name, ddl::same_key(table, "n", "o"));
        if let Some(differs) = ddl::differs(table, "n", "o") {
            let set: Vec<String> = ddl::beside_key(table)
                .map(|column| format!("{0} = n.{0}", column.name))
                .collect();
            let sql = format!(
                "update {schema}{name} o set {} from {ASIDE}{name} n where {same} and ({differs})",
                set.join(", ")
            );
            tx.execute(Sql::Made(sql), []).await?;
        }
        let columns = table.column_names().join(", ");
        let sql = format!(
            "insert into {schema}{name} ({columns}) select {columns} from {ASIDE}{name} n
              where not exists (select 1 from {schema}{name} o where {same})"
        );
        tx.execute(Sql::Made(sql), []).await?;
    }
    for table in tables.iter().rev() {
        let (name, same) = (table.name, ddl::same_key(table, "n", "o"));
        let sql = format!(
            "delete from {schema}{name} o where not exists (select 1 from {ASIDE}{name} n where {same})"
        );
        tx.execute(Sql::Made(sql), []).await?;
    }
    Ok(())
}

/// Lets the readers' roles read, where there are such roles and the program may grant. Returns what was
/// skipped, as sentences.
pub(crate) async fn grant(back: &Backend) -> Result<Vec<String>, StoreError> {
    let failed = |error: sqlx::Error| Doing("grant reading").failed(&error);
    let mut skipped = Vec::new();
    for (role, schema) in READERS {
        let exists = sqlx::query("select 1 from pg_catalog.pg_roles where rolname = $1")
            .bind(role)
            .fetch_optional(&back.pool)
            .await
            .map_err(failed)?
            .is_some();
        if !exists {
            skipped.push(format!(
                "there is no role {role}, so nobody was granted to read schema {schema}"
            ));
            continue;
        }
        for sql in [
            format!("grant usage on schema {schema} to {role}"),
            format!("grant select on all tables in schema {schema} to {role}"),
        ] {
            match sqlx::query(Sql::Made(sql).into_statement())
                .execute(&back.pool)
                .await
                .map_err(failed)
            {
                Ok(_) => {}
                Err(StoreError::Denied { .. }) => {
                    skipped.push(format!(
                        "the right to grant reading of schema {schema} to {role} is missing"
                    ));
                    break;
                }
                Err(error) => return Err(error),
            }
        }
    }
    Ok(skipped)
}
