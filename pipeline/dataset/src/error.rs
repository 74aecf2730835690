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

impl StoreError {
    pub(crate) fn unfinished() -> Self {
        StoreError::Internal {
            doing: "unfinished",
            code: String::new(),
        }
    }
}
