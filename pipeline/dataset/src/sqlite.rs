//! What is SQLite's alone: its files, how they are opened, batched inserts, the lock file.
//!
//! `vault.db` holds ops and vault, in WAL mode with full synchronisation. `joint.db` and `open.db` are what
//! people read; see [`files`] for how they are replaced.

pub(crate) mod connection;
pub(crate) mod files;
pub(crate) mod publish;

use std::{
    fs::{self, File, OpenOptions},
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use crate::{StoreError, error::Doing, migrate::Migration, store::Access};

use self::connection::{Opening, Pool};

/// The migrations of `vault.db`, from version 1.
pub(crate) const MIGRATIONS: &[Migration] = &[
    Migration {
        version: 1,
        sql: include_str!("../migrations/sqlite/0001_ops_and_vault.sql"),
    },
    Migration {
        version: 2,
        sql: include_str!("../migrations/sqlite/0002_content.sql"),
    },
    Migration {
        version: 3,
        sql: include_str!("../migrations/sqlite/0003_born_of.sql"),
    },
    Migration {
        version: 4,
        sql: include_str!("../migrations/sqlite/0004_child_ids_and_quality.sql"),
    },
    Migration {
        version: 5,
        sql: include_str!("../migrations/sqlite/0005_doubts.sql"),
    },
    Migration {
        version: 6,
        sql: include_str!("../migrations/sqlite/0006_bookmark.sql"),
    },
    Migration {
        version: 7,
        sql: include_str!("../migrations/sqlite/0007_opt_outs.sql"),
    },
];

/// The folder and the connections to `vault.db`.
#[derive(Clone, Debug)]
pub(crate) struct Backend {
    pub(crate) folder: PathBuf,
    pub(crate) pool: Pool,
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
        let opening = Opening {
            file,
            read_only: false,
            old: None,
            // Another connection of ours writes for as long as a delivery takes to load.
            busy_timeout: Duration::from_secs(20),
            pragmas: match access {
                Access::ReadWrite => &WRITING,
                // Not the read-only mode of the file system: a reader of a WAL must be able to recover it.
                Access::ReadOnly => &READING,
            },
        };
        let pool = connect(&opening, doing).await?;
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

/// Deleted rows are overwritten with zeros; and foreign keys hold.
const SAFE: [&str; 2] = ["foreign_keys = on", "secure_delete = on"];

/// 128 MiB each for the indices of a county's records and for what a delivery is judged by.
const CACHED: [&str; 2] = ["main.cache_size = -131072", "temp.cache_size = -131072"];

/// Rows of some hundred bytes fill pages of this size well. Has no effect on a file that is there.
const PAGES: &str = "page_size = 8192";

/// The log is worked in once it holds 64 MiB, and not after each of many small deliveries: what is committed is in the
/// log, and safe there.
const LOG: &str = "wal_autocheckpoint = 8192";

const WRITING: [&str; 8] = [
    PAGES,
    SAFE[0],
    SAFE[1],
    CACHED[0],
    CACHED[1],
    "journal_mode = wal",
    LOG,
    "synchronous = full",
];

const READING: [&str; 5] = [SAFE[0], SAFE[1], CACHED[0], CACHED[1], "query_only = on"];

/// Opens the file. Of two programs that make it at once, one is told that it is busy when it turns the log on: SQLite
/// does not wait there, whatever the timeout.
async fn connect(opening: &Opening, doing: Doing) -> Result<Pool, StoreError> {
    let mut tries = TRIES;
    loop {
        match Pool::open(opening.clone(), doing) {
            Err(StoreError::Unavailable { .. }) if tries > 0 => {
                tries -= 1;
                tokio::time::sleep(BETWEEN_TRIES).await;
            }
            other => return other,
        }
    }
}

/// Turning the log on takes milliseconds: two seconds of tries outlast any that is not stuck.
const TRIES: u32 = 40;
const BETWEEN_TRIES: Duration = Duration::from_millis(50);

/// Rewrites the file without its free space, and empties its log.
pub(crate) fn scrub(back: &Backend) -> Result<(), StoreError> {
    let doing = Doing("scrub erased records");
    let connection = back.pool.connection(doing)?;
    connection.batch("vacuum")?;
    if connection.number("pragma wal_checkpoint(truncate)")? != 0 {
        // A reader holds an old state open; the next holder of the lease tries again.
        return Err(StoreError::Unavailable {
            doing: doing.0,
            code: "a reader is open".to_owned(),
        });
    }
    Ok(())
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

/// The statement that inserts a row into these columns.
pub(crate) fn insert_statement(table: &str, columns: &[&str]) -> String {
    format!(
        "insert into {table} ({}) values ({})",
        columns.join(","),
        vec!["?"; columns.len()].join(",")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_column_has_its_place() {
        assert_eq!(
            insert_statement("t", &["a", "b"]),
            "insert into t (a,b) values (?,?)"
        );
    }
}
