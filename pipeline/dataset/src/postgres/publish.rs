//! Publishing into schemas: only the rows that differ change, in one transaction, so that grants and views
//! stay, and a reader's snapshot shows one version whole.

use super::Backend;
use crate::{
    Lease, Published, Release, Run, Store, StoreError,
    error::Doing,
    joint::{DATASET, OPEN_TABLES, RELEASE, TABLES, Table, ddl, digest::read_back},
    publish::{self, anything, check_lineage, compare, dataset_row, fill, put, release_row, said, version},
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
    let mut vault = fill(vault, &mut tx, ASIDE, release).await?;
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
    let mut changes = compare(&mut tx, TABLES, ASIDE, "joint.").await?;
    publish::brake(&changes, release)?;
    fail::fail_point!("dataset::publish::before-apply");
    let rows: Vec<&Table> = TABLES.iter().filter(|table| table.name != DATASET.name).collect();
    apply(&mut tx, "joint.", &rows).await?;
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
