//! Connections to a file, and transactions on them.
//!
//! `rusqlite` and not the driver of the other back end: that one hands each row from a thread of its own through a
//! channel, with every value copied twice, and a night reads and writes tens of millions of values. SQLite works where
//! it is called; other tasks of the runtime go on meanwhile.

use std::{
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use rusqlite::{
    Connection, OpenFlags, Statement, ToSql,
    types::{ToSqlOutput, ValueRef},
};
use tokio::runtime::{Handle, RuntimeFlavor};

use crate::{
    StoreError,
    error::Doing,
    sql::{Row, Value},
};

/// How connections to a file are opened.
#[derive(Clone, Debug)]
pub(crate) struct Opening {
    /// The file.
    pub(crate) file: PathBuf,
    /// Whether it may only be read.
    pub(crate) read_only: bool,
    /// Another file, attached as `old`.
    pub(crate) old: Option<PathBuf>,
    /// How long to wait for another that writes.
    pub(crate) busy_timeout: Duration,
    /// What is set on each connection, in order.
    pub(crate) pragmas: &'static [&'static str],
}

/// The connections to a file: an idle one is used again.
#[derive(Clone, Debug)]
pub(crate) struct Pool(Arc<Connections>);

#[derive(Debug)]
struct Connections {
    opening: Opening,
    idle: Mutex<Vec<Connection>>,
}

impl Pool {
    /// Opens the file.
    pub(crate) fn open(opening: Opening, doing: Doing) -> Result<Self, StoreError> {
        let first = blocking(|| opening.connect()).map_err(|error| failed(doing, &error))?;
        Ok(Pool(Arc::new(Connections {
            opening,
            idle: Mutex::new(vec![first]),
        })))
    }

    /// A connection of one's own.
    pub(crate) fn connection(&self, doing: Doing) -> Result<Lent, StoreError> {
        let idle = self.idle().pop();
        let connection = match idle {
            Some(connection) => connection,
            None => blocking(|| self.0.opening.connect()).map_err(|error| failed(doing, &error))?,
        };
        Ok(Lent {
            connection: Some(connection),
            pool: self.clone(),
            doing,
        })
    }

    /// A transaction, begun by this statement.
    pub(crate) fn begin(&self, doing: Doing, statement: &str) -> Result<Transaction, StoreError> {
        let lent = self.connection(doing)?;
        lent.batch(statement)?;
        Ok(Transaction(lent))
    }

    /// Closes the connections that are idle: all, once every transaction has ended.
    pub(crate) fn close(&self) {
        let idle = std::mem::take(&mut *self.idle());
        blocking(|| drop(idle));
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Connection>> {
        self.0.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Opening {
    fn connect(&self) -> rusqlite::Result<Connection> {
        let flags = if self.read_only {
            OpenFlags::SQLITE_OPEN_READ_ONLY
        } else {
            OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE
        };
        let connection = Connection::open_with_flags(&self.file, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
        connection.busy_timeout(self.busy_timeout)?;
        for pragma in self.pragmas {
            connection.execute_batch(&format!("pragma {pragma}"))?;
        }
        if let Some(old) = &self.old {
            connection.execute("attach database ?1 as old", [old.to_string_lossy()])?;
        }
        Ok(connection)
    }
}

/// A connection, which goes back to the idle ones when dropped.
pub(crate) struct Lent {
    connection: Option<Connection>,
    pool: Pool,
    doing: Doing,
}

impl Lent {
    /// Runs statements without values.
    pub(crate) fn batch(&self, sql: &str) -> Result<(), StoreError> {
        self.run(|connection| connection.execute_batch(sql))
    }

    /// The first number of the first row.
    pub(crate) fn number(&self, sql: &str) -> Result<i64, StoreError> {
        self.run(|connection| connection.query_row(sql, [], |row| row.get(0)))
    }

    fn run<T>(&self, work: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, StoreError> {
        let connection = self.connection.as_ref().ok_or(closed(self.doing))?;
        blocking(|| work(connection)).map_err(|error| failed(self.doing, &error))
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            self.pool.idle().push(connection);
        }
    }
}

/// A transaction. Dropped without a commit, it leaves nothing behind.
pub(crate) struct Transaction(Lent);

impl Transaction {
    /// Runs a statement; returns how many rows it touched.
    pub(crate) fn execute(&self, sql: &str, values: &[Value]) -> Result<u64, StoreError> {
        self.0.run(|connection| {
            let mut statement = connection.prepare(sql)?;
            bind_by_name(&mut statement, values)?;
            statement.raw_execute().map(|rows| rows as u64)
        })
    }

    /// Runs statements without values.
    pub(crate) fn batch(&self, sql: &str) -> Result<(), StoreError> {
        self.0.batch(sql)
    }

    /// Runs a query and hands each row on as it comes.
    pub(crate) fn each(
        &self,
        sql: &str,
        values: &[Value],
        mut take: impl FnMut(&Row<'_>) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let mut stopped = None;
        self.0.run(|connection| {
            let mut statement = connection.prepare(sql)?;
            bind_by_name(&mut statement, values)?;
            let mut rows = statement.raw_query();
            while let Some(row) = rows.next()? {
                if let Err(error) = take(&Row::Sqlite(row)) {
                    stopped = Some(error);
                    break;
                }
            }
            Ok(())
        })?;
        stopped.map_or(Ok(()), Err)
    }

    /// Runs a statement, which has a `?` for each value of a row, for each of the rows.
    pub(crate) fn insert(&self, sql: &str, rows: &[Vec<Value>]) -> Result<(), StoreError> {
        self.0.run(|connection| {
            let mut statement = connection.prepare(sql)?;
            for row in rows {
                for (index, value) in row.iter().enumerate() {
                    statement.raw_bind_parameter(index + 1, Borrowed(value))?;
                }
                statement.raw_execute()?;
            }
            Ok(())
        })
    }

    /// Makes everything done lasting.
    pub(crate) fn commit(self) -> Result<(), StoreError> {
        self.0.batch("commit")
    }

    /// Leaves nothing behind.
    pub(crate) fn rollback(self) -> Result<(), StoreError> {
        self.0.batch("rollback")
    }
}

impl Drop for Transaction {
    fn drop(&mut self) {
        let Some(connection) = &self.0.connection else {
            return;
        };
        // Neither committed nor rolled back, or the commit was refused.
        if !connection.is_autocommit() && connection.execute_batch("rollback").is_err() {
            // Nobody may go on where this one stopped: closing undoes it.
            self.0.connection = None;
        }
    }
}

/// Runs what blocks; other tasks go on meanwhile where the runtime has several threads.
fn blocking<T>(work: impl FnOnce() -> T) -> T {
    match Handle::try_current().map(|runtime| runtime.runtime_flavor()) {
        Ok(RuntimeFlavor::MultiThread) => tokio::task::block_in_place(work),
        _ => work(),
    }
}

/// SQLite numbers `$3` by where it first stands; our statements mean the third value.
fn bind_by_name(statement: &mut Statement<'_>, values: &[Value]) -> rusqlite::Result<()> {
    for place in 1..=statement.parameter_count() {
        let value = statement
            .parameter_name(place)
            .and_then(|name| name.strip_prefix('$')?.parse::<usize>().ok()?.checked_sub(1))
            .and_then(|number| values.get(number))
            .ok_or(rusqlite::Error::InvalidParameterCount(values.len(), place))?;
        statement.raw_bind_parameter(place, Borrowed(value))?;
    }
    Ok(())
}

/// A value to bind without a copy of ours.
struct Borrowed<'v>(&'v Value);

impl ToSql for Borrowed<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self.0 {
            Value::Integer(Some(number)) => ValueRef::Integer(*number),
            Value::Real(Some(number)) => ValueRef::Real(*number),
            Value::Text(Some(text)) => ValueRef::Text(text.as_bytes()),
            Value::Blob(Some(bytes)) => ValueRef::Blob(bytes),
            Value::Integer(None) | Value::Real(None) | Value::Text(None) | Value::Blob(None) => {
                ValueRef::Null
            }
        }))
    }
}

fn closed(doing: Doing) -> StoreError {
    StoreError::Unavailable {
        doing: doing.0,
        code: "closed".to_owned(),
    }
}

/// The meaning of an error. Its text is dropped.
fn failed(doing: Doing, error: &rusqlite::Error) -> StoreError {
    match error.sqlite_error() {
        Some(refused) => doing.refused_by_sqlite(refused.extended_code.unsigned_abs()),
        None => StoreError::Internal {
            doing: doing.0,
            code: "driver".to_owned(),
        },
    }
}
