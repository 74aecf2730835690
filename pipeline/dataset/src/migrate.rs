//! Schema versions: small steps, each once, and never backwards.

use crate::{
    StoreError,
    sql::Tx,
    store::{Access, Back, Store},
};

/// One step from the version before it.
pub(crate) struct Migration {
    pub(crate) version: i64,
    pub(crate) sql: &'static str,
}

/// Brings the database to this program's version, or refuses.
pub(crate) async fn migrate(store: &Store, access: Access) -> Result<(), StoreError> {
    let migrations = match &store.back {
        Back::Sqlite(_) => crate::sqlite::MIGRATIONS,
        Back::Postgres(_) => crate::postgres::MIGRATIONS,
    };
    let known = migrations
        .iter()
        .map(|migration| migration.version)
        .max()
        .unwrap_or(0);
    if access == Access::ReadOnly {
        let mut tx = store.read("read the schema version").await?;
        return match version(&mut tx).await? {
            None => Err(StoreError::Missing),
            Some(found) if found > known => Err(StoreError::NewerSchema { found, known }),
            Some(found) if found < known => Err(StoreError::OlderSchema { found, known }),
            Some(_) => Ok(()),
        };
    }
    let mut tx = store.write_unfenced("bring the database up to date").await?;
    if tx.is_postgres() {
        // Two programs that start at once must not both make the schemas. The number is arbitrary, ours.
        tx.execute("select pg_advisory_xact_lock(5232941)", []).await?;
    }
    let found = version(&mut tx).await?.unwrap_or(0);
    if found > known {
        return Err(StoreError::NewerSchema { found, known });
    }
    if found == known {
        return tx.rollback().await;
    }
    for migration in migrations.iter().filter(|migration| migration.version > found) {
        tx.batch(migration.sql).await?;
        tx.execute(
            "insert into schema_version (version) values ($1)",
            [migration.version.into()],
        )
        .await?;
    }
    fail::fail_point!("dataset::migrate::before-commit");
    tx.commit().await
}

/// The version of the database; none where there are no tables yet.
async fn version(tx: &mut Tx) -> Result<Option<i64>, StoreError> {
    let tables = if tx.is_postgres() {
        "select count(*) from pg_catalog.pg_tables where schemaname = 'ops' and tablename = 'schema_version'"
    } else {
        "select count(*) from sqlite_schema where type = 'table' and name = 'schema_version'"
    };
    let tables = tx.count(tables, []).await?;
    if tables == 0 {
        return Ok(None);
    }
    Ok(tx
        .optional("select max(version) from schema_version", [], |row| {
            row.optional_integer(0)
        })
        .await?
        .flatten())
}
