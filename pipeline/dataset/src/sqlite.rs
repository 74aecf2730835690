//! What is SQLite's alone: its files, how they are opened, batched inserts, the lock file.
//!
//! `vault.db` holds ops and vault, in WAL mode with full synchronisation. `joint.db` and `open.db` are what
//! people read; see [`files`] for how they are replaced.

pub(crate) mod files;
pub(crate) mod publish;

use std::{
    fs::{self, File, OpenOptions},
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use sqlx::{
    Row, SqliteConnection, SqlitePool,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use crate::{
    StoreError,
    error::Doing,
    migrate::Migration,
    sql::{Sql, Value, bound},
    store::Access,
};

/// The migrations of `vault.db`, from version 1.
pub(crate) const MIGRATIONS: &[Migration] = &[Migration {
    version: 1,
    sql: include_str!("../migrations/sqlite/0001_ops_and_vault.sql"),
}];

/// At most this many values are bound to a statement; SQLite's own limit is 32,766.
const MOST_VALUES: usize = 30_000;

/// At most this many rows go into a statement: more gains no speed, and takes long to parse.
const MOST_ROWS: usize = 500;

/// Rows that a query may be ahead of their reader.
pub(crate) const ROWS_AHEAD: usize = 500;

/// The folder and the connections to `vault.db`.
#[derive(Clone, Debug)]
pub(crate) struct Backend {
    pub(crate) folder: PathBuf,
    pub(crate) pool: SqlitePool,
}

impl Backend {
    /// Opens `vault.db`; makes it where it may.
    pub(crate) async fn open(folder: &Path, access: Access) -> Result<Self, StoreError> {
        let doing = Doing("open the database");
        let file = folder.join("vault.db");
        match access {
            Access::ReadWrite => make_private(folder, &file).map_err(|error| doing.io(&error))?,
            Access::ReadOnly if !file.exists() => return Err(StoreError::Missing),
            Access::ReadOnly => {}
        }
        let mut options = SqliteConnectOptions::new()
            .filename(&file)
            .create_if_missing(false)
            .foreign_keys(true)
            // Another connection of ours writes for as long as a delivery takes to load.
            .busy_timeout(Duration::from_secs(20))
            // Deleted rows are overwritten with zeros.
            .pragma("secure_delete", "ON")
            // The connection's own thread runs ahead by so many rows: fewer changes of thread.
            .row_buffer_size(ROWS_AHEAD)
            // 64 MiB: the indices of a county's records.
            .pragma("cache_size", "-65536");
        options = match access {
            Access::ReadWrite => options
                .journal_mode(SqliteJournalMode::Wal)
                .synchronous(SqliteSynchronous::Full),
            // Not the read-only mode of the file system: a reader of a WAL must be able to recover it.
            Access::ReadOnly => options.pragma("query_only", "ON"),
        };
        let options = quiet(options);
        let pool = connect(options).await.map_err(|error| doing.failed(&error))?;
        Ok(Backend {
            folder: folder.to_owned(),
            pool,
        })
    }

    /// The lock file, locked: the operating system frees it when the process ends, however it ends.
    pub(crate) fn lock(&self) -> Result<File, StoreError> {
        let doing = Doing("lock the database");
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(self.folder.join("sendlink.lock"))
            .map_err(|error| doing.io(&error))?;
        match file.try_lock() {
            Ok(()) => Ok(file),
            Err(fs::TryLockError::WouldBlock) => Err(StoreError::LeaseHeld),
            Err(fs::TryLockError::Error(error)) => Err(doing.io(&error)),
        }
    }
}

/// Opens the file. Of two programs that make it at once, one is told that it is busy when it turns the log on: SQLite
/// does not wait there, whatever the timeout.
async fn connect(options: SqliteConnectOptions) -> Result<SqlitePool, sqlx::Error> {
    let mut tries = TRIES;
    loop {
        let opened = SqlitePoolOptions::new()
            .max_connections(4)
            .connect_with(options.clone())
            .await;
        match opened {
            Err(sqlx::Error::Database(error)) if tries > 0 && error.code().as_deref() == Some(BUSY) => {
                tries -= 1;
                tokio::time::sleep(BETWEEN_TRIES).await;
            }
            other => return other,
        }
    }
}

/// SQLITE_BUSY.
const BUSY: &str = "5";
/// Turning the log on takes milliseconds: two seconds of tries outlast any that is not stuck.
const TRIES: u32 = 40;
const BETWEEN_TRIES: Duration = Duration::from_millis(50);

/// Rewrites the file without its free space, and empties its log.
pub(crate) async fn scrub(back: &Backend) -> Result<(), StoreError> {
    let doing = Doing("scrub erased records");
    let failed = |error: sqlx::Error| doing.failed(&error);
    let mut connection = back.pool.acquire().await.map_err(failed)?;
    sqlx::query("vacuum")
        .execute(&mut *connection)
        .await
        .map_err(failed)?;
    let busy: i64 = sqlx::query("pragma wal_checkpoint(truncate)")
        .fetch_one(&mut *connection)
        .await
        .and_then(|row| row.try_get(0))
        .map_err(failed)?;
    if busy != 0 {
        // A reader holds an old state open; the next holder of the lease tries again.
        return Err(StoreError::Unavailable {
            doing: doing.0,
            code: "a reader is open".to_owned(),
        });
    }
    Ok(())
}

/// Statements are ours and hold no values, yet a night runs thousands: they are not logged.
pub(crate) fn quiet<O: sqlx::ConnectOptions>(options: O) -> O {
    options.disable_statement_logging()
}

/// Makes the folder, and the vault's file readable by its owner alone, before SQLite can make it otherwise.
fn make_private(folder: &Path, file: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let mut options = OpenOptions::new();
    options.create(true).truncate(false).write(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options.open(file)?;
    Ok(())
}

/// Inserts rows in batches.
pub(crate) async fn insert_batch(
    connection: &mut SqliteConnection,
    table: &str,
    columns: &[&str],
    rows: Vec<Vec<Value>>,
) -> Result<(), sqlx::Error> {
    let most = (MOST_VALUES / columns.len().max(1)).clamp(1, MOST_ROWS);
    let mut rows = rows.into_iter();
    loop {
        let batch: Vec<Vec<Value>> = rows.by_ref().take(most).collect();
        if batch.is_empty() {
            return Ok(());
        }
        let sql = Sql::Made(insert_statement(table, columns, batch.len()));
        bound!(sql, batch.into_iter().flatten())
            .execute(&mut *connection)
            .await?;
    }
}

fn insert_statement(table: &str, columns: &[&str], rows: usize) -> String {
    let one = format!("({})", vec!["?"; columns.len()].join(","));
    format!(
        "insert into {table} ({}) values {}",
        columns.join(","),
        vec![one; rows].join(",")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_is_one_statement() {
        assert_eq!(
            insert_statement("t", &["a", "b"], 2),
            "insert into t (a,b) values (?,?),(?,?)"
        );
    }
}
