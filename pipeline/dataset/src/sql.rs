//! Statements, values and transactions, the same for both back ends.
//!
//! Not a general database layer: just the four kinds of value that our own tables hold, so that a statement
//! that is the same in both dialects is written once. Loading many rows goes through [`Tx::bulk`], which
//! copies on PostgreSQL and inserts in batches on SQLite.

use futures_util::TryStreamExt;
use jiff::civil::{Date, DateTime, Time};
use records::Version;
use sqlx::{AssertSqlSafe, Postgres, Row as _, SqlSafeStr, SqlStr, Transaction, postgres::PgRow};
use tokio::{runtime::Handle, sync::mpsc::Sender};

use crate::{
    StoreError,
    error::Doing,
    postgres,
    sqlite::{self, connection},
};

/// A value to bind or copy. Blank values keep their type, which PostgreSQL wants to know.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Integer(Option<i64>),
    Real(Option<f64>),
    Text(Option<String>),
    Blob(Option<Vec<u8>>),
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Value::Integer(Some(value))
    }
}

impl From<Option<i64>> for Value {
    fn from(value: Option<i64>) -> Self {
        Value::Integer(value)
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Value::Integer(Some(i64::from(value)))
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Value::Text(Some(value.to_owned()))
    }
}

impl From<String> for Value {
    fn from(value: String) -> Self {
        Value::Text(Some(value))
    }
}

impl From<Option<String>> for Value {
    fn from(value: Option<String>) -> Self {
        Value::Text(value)
    }
}

impl From<Date> for Value {
    fn from(value: Date) -> Self {
        Value::Text(Some(value.to_string()))
    }
}

impl From<&[u8]> for Value {
    fn from(value: &[u8]) -> Self {
        Value::Blob(Some(value.to_vec()))
    }
}

impl From<Vec<u8>> for Value {
    fn from(value: Vec<u8>) -> Self {
        Value::Blob(Some(value))
    }
}

impl From<Option<Vec<u8>>> for Value {
    fn from(value: Option<Vec<u8>>) -> Self {
        Value::Blob(value)
    }
}

/// A text that orders as the times do: fixed width down to the nanosecond.
pub(crate) fn sortable(at: DateTime) -> String {
    format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:09}",
        at.year(),
        at.month(),
        at.day(),
        at.hour(),
        at.minute(),
        at.second(),
        at.subsec_nanosecond()
    )
}

/// A text that orders as the versions do: a submission for a reporting period after what was said at the same
/// time, since a text comes after its own beginning. For the same reason what is zero at the end of a time is left
/// out: these texts fill a good part of the vault.
pub(crate) fn sortable_version(version: Version) -> String {
    let time = short(version.time());
    match version.issued() {
        Some(issued) => format!("{time} {}", short(issued)),
        None => time,
    }
}

fn short(at: DateTime) -> String {
    let mut text = sortable(at);
    if at.subsec_nanosecond() == 0 {
        text.truncate("YYYY-MM-DDTHH:MM:SS".len());
        if at.time() == Time::midnight() {
            text.truncate("YYYY-MM-DD".len());
        }
    }
    text
}

/// The version that [`sortable_version`] wrote.
pub(crate) fn version_of(text: &str) -> Result<Version, StoreError> {
    let (time, issued) = match text.split_once(' ') {
        Some((time, issued)) => (time, Some(issued)),
        None => (text, None),
    };
    let time: DateTime = parse(time)?;
    match issued {
        Some(issued) => Ok(Version::of_period(time.date(), parse(issued)?)),
        None => Ok(Version::at(time)),
    }
}

/// SQL text: written in the source, or made from the declaration of the joint dataset. Never from data.
#[derive(Clone, Debug)]
pub(crate) enum Sql {
    Written(&'static str),
    Made(String),
}

impl From<&'static str> for Sql {
    fn from(text: &'static str) -> Self {
        Sql::Written(text)
    }
}

impl Sql {
    pub(crate) fn into_statement(self) -> SqlStr {
        match self {
            Sql::Written(text) => text.into_sql_str(),
            // Made of the names in `joint::TABLES` alone.
            Sql::Made(text) => AssertSqlSafe(text).into_sql_str(),
        }
    }

    pub(crate) fn as_str(&self) -> &str {
        match self {
            Sql::Written(text) => text,
            Sql::Made(text) => text,
        }
    }
}

/// A row that came back.
pub(crate) enum Row<'r> {
    Sqlite(&'r rusqlite::Row<'r>),
    Postgres(PgRow),
}

macro_rules! read {
    ($optional:ident, $type:ty) => {
        pub(crate) fn $optional(&self, column: usize) -> Result<Option<$type>, StoreError> {
            match self {
                Row::Sqlite(row) => row.get(column).ok(),
                Row::Postgres(row) => row.try_get(column).ok(),
            }
            .ok_or(StoreError::Corrupt {
                what: "a column of another type",
            })
        }
    };
    ($name:ident, $optional:ident, $type:ty) => {
        read!($optional, $type);

        pub(crate) fn $name(&self, column: usize) -> Result<$type, StoreError> {
            self.$optional(column)?.ok_or(StoreError::Corrupt {
                what: "a blank where there must be a value",
            })
        }
    };
}

impl Row<'_> {
    read!(integer, optional_integer, i64);
    read!(optional_real, f64);
    read!(text, optional_text, String);
    read!(blob, optional_blob, Vec<u8>);

    /// A text as it stands in the row, without a copy; blank where there is none.
    pub(crate) fn optional_str(&self, column: usize) -> Result<Option<&str>, StoreError> {
        match self {
            Row::Sqlite(row) => row
                .get_ref(column)
                .ok()
                .and_then(|value| value.as_str_or_null().ok()),
            Row::Postgres(row) => row.try_get(column).ok(),
        }
        .ok_or(StoreError::Corrupt {
            what: "a column of another type",
        })
    }

    /// A text as it stands in the row.
    pub(crate) fn str(&self, column: usize) -> Result<&str, StoreError> {
        self.optional_str(column)?.ok_or(StoreError::Corrupt {
            what: "a blank where there must be a value",
        })
    }

    /// A count, which is never negative.
    pub(crate) fn count(&self, column: usize) -> Result<u64, StoreError> {
        u64::try_from(self.integer(column)?).map_err(|_| StoreError::Corrupt {
            what: "a negative count",
        })
    }

    /// A blob of a known length: an id or a hash.
    pub(crate) fn bytes<const N: usize>(&self, column: usize) -> Result<[u8; N], StoreError> {
        self.optional_bytes(column)?.ok_or(StoreError::Corrupt {
            what: "a blank where there must be a value",
        })
    }

    /// The same, or a blank.
    pub(crate) fn optional_bytes<const N: usize>(
        &self,
        column: usize,
    ) -> Result<Option<[u8; N]>, StoreError> {
        let bytes: Option<&[u8]> = match self {
            Row::Sqlite(row) => row
                .get_ref(column)
                .ok()
                .and_then(|value| value.as_blob_or_null().ok()),
            Row::Postgres(row) => row.try_get(column).ok(),
        }
        .ok_or(StoreError::Corrupt {
            what: "a column of another type",
        })?;
        bytes
            .map(<[u8; N]>::try_from)
            .transpose()
            .map_err(|_| StoreError::Corrupt {
                what: "an id of another length",
            })
    }

    /// A text that some type of ours wrote.
    pub(crate) fn parsed<T: std::str::FromStr>(&self, column: usize) -> Result<T, StoreError> {
        parse(self.str(column)?)
    }

    /// A text that some type of ours wrote, or a blank.
    pub(crate) fn optional_parsed<T: std::str::FromStr>(
        &self,
        column: usize,
    ) -> Result<Option<T>, StoreError> {
        self.optional_str(column)?.map(parse).transpose()
    }
}

/// Reads back a text that a type of ours wrote.
pub(crate) fn parse<T: std::str::FromStr>(text: &str) -> Result<T, StoreError> {
    text.parse().map_err(|_| StoreError::Corrupt {
        what: "a text that is none of ours",
    })
}

/// A transaction. Dropped without a commit, it leaves nothing behind.
pub(crate) struct Tx {
    doing: Doing,
    inner: Inner,
}

pub(crate) enum Inner {
    Sqlite(connection::Transaction),
    Postgres(Transaction<'static, Postgres>),
}

macro_rules! bound {
    ($sql:expr, $values:expr) => {{
        let mut query = sqlx::query($sql.into_statement());
        for value in $values {
            query = match value {
                Value::Integer(value) => query.bind(value),
                Value::Real(value) => query.bind(value),
                Value::Text(value) => query.bind(value),
                Value::Blob(value) => query.bind(value),
            };
        }
        query
    }};
}

impl Tx {
    pub(crate) fn new(doing: Doing, inner: Inner) -> Self {
        Tx { doing, inner }
    }

    pub(crate) fn is_postgres(&self) -> bool {
        matches!(self.inner, Inner::Postgres(_))
    }

    /// Runs a statement; returns how many rows it touched.
    pub(crate) async fn execute<const N: usize>(
        &mut self,
        sql: impl Into<Sql>,
        values: [Value; N],
    ) -> Result<u64, StoreError> {
        let sql = sql.into();
        match &mut self.inner {
            Inner::Sqlite(tx) => tx.execute(sql.as_str(), &values),
            Inner::Postgres(tx) => bound!(sql, values)
                .execute(&mut **tx)
                .await
                .map(|done| done.rows_affected())
                .map_err(|error| self.doing.failed(&error)),
        }
    }

    /// Runs statements without values.
    pub(crate) async fn batch(&mut self, sql: &'static str) -> Result<(), StoreError> {
        match &mut self.inner {
            Inner::Sqlite(tx) => tx.batch(sql),
            Inner::Postgres(tx) => sqlx::raw_sql(sql)
                .execute(&mut **tx)
                .await
                .map(drop)
                .map_err(|error| self.doing.failed(&error)),
        }
    }

    /// Runs a query and hands each row on as it comes.
    pub(crate) async fn each<const N: usize>(
        &mut self,
        sql: impl Into<Sql>,
        values: [Value; N],
        mut take: impl FnMut(&Row<'_>) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let (sql, doing) = (sql.into(), self.doing);
        let tx = match &mut self.inner {
            Inner::Sqlite(tx) => return tx.each(sql.as_str(), &values, take),
            Inner::Postgres(tx) => tx,
        };
        let mut rows = bound!(sql, values).fetch(&mut **tx);
        while let Some(row) = rows.try_next().await.map_err(|error| doing.failed(&error))? {
            take(&Row::Postgres(row))?;
        }
        Ok(())
    }

    /// Runs a query, makes something of each row and sends it on by the batch, while others work on what was sent.
    ///
    /// # Errors
    /// Also where nobody listens any more: the listener then says why.
    pub(crate) async fn send_each<T, const N: usize>(
        &mut self,
        sql: impl Into<Sql>,
        values: [Value; N],
        batch: usize,
        to: &Sender<Vec<T>>,
        mut make: impl FnMut(&Row<'_>) -> Result<T, StoreError>,
    ) -> Result<(), StoreError> {
        let (sql, doing) = (sql.into(), self.doing);
        let mut made = Vec::with_capacity(batch);
        match &mut self.inner {
            Inner::Sqlite(tx) => {
                let runtime = Handle::current();
                tx.each(sql.as_str(), &values, |row| {
                    made.push(make(row)?);
                    if made.len() == batch {
                        let full = std::mem::replace(&mut made, Vec::with_capacity(batch));
                        runtime.block_on(to.send(full)).map_err(|_| unheard(doing))?;
                    }
                    Ok(())
                })?;
            }
            Inner::Postgres(tx) => {
                let mut rows = bound!(sql, values).fetch(&mut **tx);
                while let Some(row) = rows.try_next().await.map_err(|error| doing.failed(&error))? {
                    made.push(make(&Row::Postgres(row))?);
                    if made.len() == batch {
                        let full = std::mem::replace(&mut made, Vec::with_capacity(batch));
                        to.send(full).await.map_err(|_| unheard(doing))?;
                    }
                }
            }
        }
        to.send(made).await.map_err(|_| unheard(doing))
    }

    /// Runs a query and makes something of each row.
    pub(crate) async fn all<T, const N: usize>(
        &mut self,
        sql: impl Into<Sql>,
        values: [Value; N],
        mut make: impl FnMut(&Row<'_>) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        let mut made = Vec::new();
        self.each(sql, values, |row| {
            made.push(make(row)?);
            Ok(())
        })
        .await?;
        Ok(made)
    }

    /// Runs a query that finds at most one row.
    pub(crate) async fn optional<T, const N: usize>(
        &mut self,
        sql: impl Into<Sql>,
        values: [Value; N],
        make: impl FnMut(&Row<'_>) -> Result<T, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        Ok(self.all(sql, values, make).await?.into_iter().next())
    }

    /// Runs a query that counts: one row with one number.
    pub(crate) async fn count<const N: usize>(
        &mut self,
        sql: impl Into<Sql>,
        values: [Value; N],
    ) -> Result<u64, StoreError> {
        self.optional(sql, values, |row| row.count(0))
            .await?
            .ok_or(StoreError::Corrupt {
                what: "a count without a row",
            })
    }

    /// Loads rows: by COPY on PostgreSQL, by one prepared insert on SQLite.
    /// `table` and `columns` are names of ours.
    pub(crate) async fn bulk(
        &mut self,
        table: &str,
        columns: &[&str],
        rows: Vec<Vec<Value>>,
    ) -> Result<(), StoreError> {
        match &mut self.inner {
            Inner::Sqlite(tx) => tx.insert(&sqlite::insert_statement(table, columns), &rows),
            Inner::Postgres(tx) => postgres::copy_batch(tx, table, columns, rows)
                .await
                .map_err(|error| self.doing.failed(&error)),
        }
    }

    /// Makes everything done lasting.
    pub(crate) async fn commit(self) -> Result<(), StoreError> {
        let doing = self.doing;
        match self.inner {
            Inner::Sqlite(tx) => tx.commit(),
            Inner::Postgres(tx) => tx.commit().await.map_err(|error| doing.failed(&error)),
        }
    }

    /// Leaves nothing behind, and waits until that is so.
    pub(crate) async fn rollback(self) -> Result<(), StoreError> {
        let doing = self.doing;
        match self.inner {
            Inner::Sqlite(tx) => tx.rollback(),
            Inner::Postgres(tx) => tx.rollback().await.map_err(|error| doing.failed(&error)),
        }
    }
}

fn unheard(doing: Doing) -> StoreError {
    StoreError::Internal {
        doing: doing.0,
        code: "nobody listens".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::{date, datetime};

    use super::*;

    #[test]
    fn sortable_versions_order_as_versions_do() {
        let day = date(2026, 3, 31);
        let versions = [
            Version::at(day.at(0, 0, 0, 0)),
            Version::of_period(day, date(2026, 4, 20).at(9, 0, 0, 0)),
            Version::of_period(day, date(2026, 5, 20).at(9, 0, 0, 0)),
            Version::at(day.at(0, 0, 0, 1)),
            Version::of_period(date(2026, 4, 30), date(2026, 5, 1).at(9, 0, 0, 0)),
        ];
        assert!(versions.is_sorted());
        assert!(versions.map(sortable_version).is_sorted());
        for version in versions {
            assert_eq!(version_of(&sortable_version(version)).unwrap(), version);
        }
    }

    #[test]
    fn sortable_times_order_as_times_do() {
        let times = [
            date(999, 12, 31).at(23, 59, 59, 0),
            datetime(2025, 1, 2, 3, 4, 5, 0),
            datetime(2025, 1, 2, 3, 4, 5, 250_000_000),
            datetime(2025, 1, 2, 3, 4, 5, 500_000_000),
            datetime(2025, 11, 2, 3, 4, 5, 0),
        ];
        assert!(times.map(sortable).is_sorted());
        assert_eq!(parse::<DateTime>(&sortable(times[2])).unwrap(), times[2]);
    }
}
