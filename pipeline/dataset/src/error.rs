//! What can go wrong with the database, by what the program can do about it.

use jiff::civil::Date;

/// Why the database did not do as asked.
///
/// Never holds a value, a row or the driver's own text: PostgreSQL quotes whole rows in the detail of an
/// error, so only the code and the names of our own tables and constraints are kept.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// There is no database yet, or not the tables of one.
    #[error("there is no database yet; a run makes it")]
    Missing,
    /// The server does not answer, is shutting down, or the connection was cut. Trying again later may help.
    #[error("the database is not available ({doing}, {code})")]
    Unavailable {
        /// What was being done.
        doing: &'static str,
        /// SQLSTATE, or a word for the kind of fault.
        code: String,
    },
    /// The server refuses the user, the password, the database name or a right that the program needs.
    #[error("the database refuses access ({doing}, {code})")]
    Denied {
        /// What was being done.
        doing: &'static str,
        /// SQLSTATE.
        code: String,
    },
    /// The database was made by a later version of the program.
    #[error(
        "the database is of schema version {found}, this program knows up to {known}; use the newer program"
    )]
    NewerSchema {
        /// Version of the database.
        found: i64,
        /// Latest version that this program knows.
        known: i64,
    },
    /// The database is of an earlier version, and was opened for reading only.
    #[error(
        "the database is of schema version {found}, this program needs {known}; a run brings it up to date"
    )]
    OlderSchema {
        /// Version of the database.
        found: i64,
        /// The version that this program needs.
        known: i64,
    },
    /// Another process holds the lease.
    #[error("another run holds the lease")]
    LeaseHeld,
    /// The lease was lost to a later holder: nothing was written.
    #[error("the lease has passed to a later run; nothing was written")]
    Fenced,
    /// The database was made with another key.
    #[error("the key's fingerprint is not that of the key that the database was made with")]
    WrongKey,
    /// There is no room left.
    #[error("no room left to write ({doing}, {code})")]
    Full {
        /// What was being done.
        doing: &'static str,
        /// Result code.
        code: String,
    },
    /// The database or its folder cannot be written or made.
    #[error("the database cannot be written ({doing}, {code})")]
    ReadOnly {
        /// What was being done.
        doing: &'static str,
        /// Result code.
        code: String,
    },
    /// The system failed to read or write.
    #[error("input or output failed ({doing}, {code})")]
    Io {
        /// What was being done.
        doing: &'static str,
        /// Result code.
        code: String,
    },
    /// The day asked for lies before the day of the published dataset.
    #[error("the dataset is published as at {published}; an earlier day cannot be published after it")]
    AsAtTooEarly {
        /// The day of the published dataset.
        published: Date,
    },
    /// What was to be published breaks an invariant: it was not published. A person must decide.
    #[error("not published: {what} ({count})")]
    Invariant {
        /// Which invariant.
        what: &'static str,
        /// How many rows break it.
        count: u64,
    },
    /// More child ids would change than the brake allows: not published. A person must decide.
    #[error("not published: {changed} of {before} child ids would change, more than the brake allows")]
    Brake {
        /// How many ids would change or vanish.
        changed: u64,
        /// How many there are.
        before: u64,
    },
    /// There is no such delivery, decision, child or feed.
    #[error("there is no {what} of that id")]
    Unknown {
        /// What was looked for.
        what: &'static str,
    },
    /// The counts of a delivery do not add up: a bug, so nothing was loaded.
    #[error("the counts of table \"{table}\" do not add up; nothing was loaded")]
    Counts {
        /// The table of the delivery.
        table: String,
    },
    /// What is stored cannot be read back: a damaged database or a bug.
    #[error("what is stored cannot be understood ({what})")]
    Corrupt {
        /// What could not be read.
        what: &'static str,
    },
    /// Anything else: a bug.
    #[error("the database refused a statement ({doing}, {code})")]
    Internal {
        /// What was being done.
        doing: &'static str,
        /// SQLSTATE and constraint, or result code.
        code: String,
    },
}

/// What is being done, in words that follow "cannot" or stand in brackets. Turns the driver's errors into
/// ours, which is the only way that one leaves this crate.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Doing(pub(crate) &'static str);

impl Doing {
    /// The meaning of an error of the driver. Its text is dropped.
    pub(crate) fn failed(self, error: &sqlx::Error) -> StoreError {
        let doing = self.0;
        let unavailable = |code: &str| StoreError::Unavailable {
            doing,
            code: code.to_owned(),
        };
        match error {
            sqlx::Error::Database(database) => self.refused(database.as_ref()),
            sqlx::Error::Io(_) => unavailable("connection"),
            sqlx::Error::Tls(_) => unavailable("tls"),
            // The server hung up in the middle of a message.
            sqlx::Error::Protocol(_) => unavailable("protocol"),
            sqlx::Error::PoolTimedOut => unavailable("timeout"),
            sqlx::Error::PoolClosed | sqlx::Error::WorkerCrashed => unavailable("closed"),
            // A transaction that cannot begin: the connection is gone.
            sqlx::Error::BeginFailed => unavailable("begin"),
            sqlx::Error::Configuration(_) => StoreError::Denied {
                doing,
                code: "address".to_owned(),
            },
            sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) => StoreError::Corrupt {
                what: "a column of another type",
            },
            _ => StoreError::Internal {
                doing,
                code: "driver".to_owned(),
            },
        }
    }

    /// The meaning of a failed read or write of a file.
    pub(crate) fn io(self, error: &std::io::Error) -> StoreError {
        use std::io::ErrorKind as K;
        let doing = self.0;
        let code = format!("{:?}", error.kind());
        match error.kind() {
            K::StorageFull | K::QuotaExceeded | K::FileTooLarge => StoreError::Full { doing, code },
            K::PermissionDenied | K::ReadOnlyFilesystem => StoreError::ReadOnly { doing, code },
            _ => StoreError::Io { doing, code },
        }
    }

    fn refused(self, error: &dyn sqlx::error::DatabaseError) -> StoreError {
        let doing = self.0;
        let code = error.code().unwrap_or_default().into_owned();
        match (code.get(..2).unwrap_or_default(), code.as_str()) {
            (_, "53100") => StoreError::Full { doing, code },
            (_, "25006") => StoreError::ReadOnly { doing, code },
            ("58", _) => StoreError::Io { doing, code },
            // Connection faults, too many connections or no memory, an operator's shutdown, and the
            // conflicts that another attempt resolves.
            ("08" | "53" | "57" | "40", _) | (_, "55P03") => StoreError::Unavailable { doing, code },
            ("28" | "3D", _) | (_, "42501") => StoreError::Denied { doing, code },
            ("XX", _) => StoreError::Corrupt {
                what: "the server reports an internal fault",
            },
            _ => {
                // The name of a constraint is a name of ours; the rest of the message may quote rows.
                let constraint = error
                    .constraint()
                    .map(|name| format!(" {name}"))
                    .unwrap_or_default();
                StoreError::Internal {
                    doing,
                    code: code + &constraint,
                }
            }
        }
    }

    /// The meaning of a result code of SQLite.
    pub(crate) fn refused_by_sqlite(self, code: u32) -> StoreError {
        let doing = self.0;
        let shown = format!("SQLite {code}");
        // The primary result code is the low byte: https://www.sqlite.org/rescode.html
        match code & 0xff {
            5 | 6 => StoreError::Unavailable { doing, code: shown },
            8 | 14 | 3 => StoreError::ReadOnly { doing, code: shown },
            10 => StoreError::Io { doing, code: shown },
            13 => StoreError::Full { doing, code: shown },
            11 | 26 => StoreError::Corrupt {
                what: "the file is damaged or is no database",
            },
            _ => StoreError::Internal { doing, code: shown },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_of_files_are_told_apart() {
        let of = |kind: std::io::ErrorKind| Doing("test").io(&kind.into());
        assert!(matches!(
            of(std::io::ErrorKind::StorageFull),
            StoreError::Full { .. }
        ));
        assert!(matches!(
            of(std::io::ErrorKind::PermissionDenied),
            StoreError::ReadOnly { .. }
        ));
        assert!(matches!(
            of(std::io::ErrorKind::UnexpectedEof),
            StoreError::Io { .. }
        ));
    }

    #[test]
    fn result_codes_of_sqlite_are_told_apart() {
        let of = |code| Doing("test").refused_by_sqlite(code);
        assert!(matches!(of(13), StoreError::Full { .. }));
        // SQLITE_IOERR_WRITE, SQLITE_BUSY_SNAPSHOT, SQLITE_READONLY_DIRECTORY, SQLITE_NOTADB.
        assert!(matches!(of(778), StoreError::Io { .. }));
        assert!(matches!(of(517), StoreError::Unavailable { .. }));
        assert!(matches!(of(1544), StoreError::ReadOnly { .. }));
        assert!(matches!(of(26), StoreError::Corrupt { .. }));
        assert!(matches!(of(1), StoreError::Internal { .. }));
    }
}
