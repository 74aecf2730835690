//! Statements, values and transactions, the same for both back ends.
//!
//! Not a general database layer: just the four kinds of value that our own tables hold, so that a statement
//! that is the same in both dialects is written once. Loading many rows goes through [`Tx::bulk`], which
//! copies on PostgreSQL and inserts in batches on SQLite.

use futures_util::{StreamExt, TryStreamExt, stream::BoxStream};
use jiff::civil::{Date, DateTime};
use records::Version;
use sqlx::{
    AssertSqlSafe, Postgres, Row as _, SqlSafeStr, SqlStr, Sqlite, Transaction, postgres::PgRow,
    sqlite::SqliteRow,
};

use crate::{StoreError, error::Doing, postgres, sqlite};

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
/// time, since a text comes after its own beginning.
pub(crate) fn sortable_version(version: Version) -> String {
    let time = sortable(version.time());
    match version.issued() {
        Some(issued) => format!("{time} {}", sortable(issued)),
        None => time,
    }
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
}

/// A row that came back.
pub(crate) enum Row {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

macro_rules! read {
    ($optional:ident, $type:ty) => {
        pub(crate) fn $optional(&self, column: usize) -> Result<Option<$type>, StoreError> {
            match self {
                Row::Sqlite(row) => row.try_get(column),
                Row::Postgres(row) => row.try_get(column),
            }
            .map_err(|_| StoreError::Corrupt {
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

impl Row {
    read!(integer, optional_integer, i64);
    read!(optional_real, f64);
    read!(text, optional_text, String);
    read!(blob, optional_blob, Vec<u8>);

    /// A count, which is never negative.
    pub(crate) fn count(&self, column: usize) -> Result<u64, StoreError> {
        u64::try_from(self.integer(column)?).map_err(|_| StoreError::Corrupt {
            what: "a negative count",
        })
    }

    /// A blob of a known length: an id or a hash.
    pub(crate) fn bytes<const N: usize>(&self, column: usize) -> Result<[u8; N], StoreError> {
        self.blob(column)?.try_into().map_err(|_| StoreError::Corrupt {
            what: "an id of another length",
        })
    }

    /// A text that some type of ours wrote.
    pub(crate) fn parsed<T: std::str::FromStr>(&self, column: usize) -> Result<T, StoreError> {
        parse(&self.text(column)?)
    }

    /// A text that some type of ours wrote, or a blank.
    pub(crate) fn optional_parsed<T: std::str::FromStr>(
        &self,
        column: usize,
    ) -> Result<Option<T>, StoreError> {
        self.optional_text(column)?.as_deref().map(parse).transpose()
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
    Sqlite(Transaction<'static, Sqlite>),
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
pub(crate) use bound;

impl Tx {
    pub(crate) fn new(doing: &'static str, inner: Inner) -> Self {
        Tx {
            doing: Doing(doing),
            inner,
        }
    }

    /// The connection of the back end, for what only one of them can do.
    pub(crate) fn inner(&mut self) -> &mut Inner {
        &mut self.inner
    }

    pub(crate) fn is_postgres(&self) -> bool {
        matches!(self.inner, Inner::Postgres(_))
    }

    pub(crate) fn doing(&self) -> Doing {
        self.doing
    }

    /// Runs a statement; returns how many rows it touched.
    pub(crate) async fn execute<const N: usize>(
        &mut self,
        sql: impl Into<Sql>,
        values: [Value; N],
    ) -> Result<u64, StoreError> {
        let sql = sql.into();
        match &mut self.inner {
            Inner::Sqlite(tx) => bound!(sql, values)
                .execute(&mut **tx)
                .await
                .map(|done| done.rows_affected()),
            Inner::Postgres(tx) => bound!(sql, values)
                .execute(&mut **tx)
                .await
                .map(|done| done.rows_affected()),
        }
        .map_err(|error| self.doing.failed(&error))
    }

    /// Runs a query whose rows come as they are asked for.
    pub(crate) fn stream<'t, const N: usize>(
        &'t mut self,
        sql: impl Into<Sql>,
        values: [Value; N],
    ) -> BoxStream<'t, Result<Row, StoreError>> {
        let sql = sql.into();
        let doing = self.doing;
        match &mut self.inner {
            Inner::Sqlite(tx) => bound!(sql, values).fetch(&mut **tx).map_ok(Row::Sqlite).boxed(),
            Inner::Postgres(tx) => bound!(sql, values).fetch(&mut **tx).map_ok(Row::Postgres).boxed(),
        }
        .map_err(move |error| doing.failed(&error))
        .boxed()
    }

    /// Runs a query and hands each row on as it comes.
    pub(crate) async fn each<const N: usize>(
        &mut self,
        sql: impl Into<Sql>,
        values: [Value; N],
        mut take: impl FnMut(&Row) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let mut rows = self.stream(sql, values);
        while let Some(row) = rows.try_next().await? {
            take(&row)?;
        }
        Ok(())
    }

    /// Runs a query and makes something of each row.
    pub(crate) async fn all<T, const N: usize>(
        &mut self,
        sql: impl Into<Sql>,
        values: [Value; N],
        mut make: impl FnMut(&Row) -> Result<T, StoreError>,
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
        make: impl FnMut(&Row) -> Result<T, StoreError>,
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

    /// Loads rows: by COPY on PostgreSQL, by batched inserts on SQLite.
    /// `table` and `columns` are names of ours.
    pub(crate) async fn bulk(
        &mut self,
        table: &str,
        columns: &[&str],
        rows: Vec<Vec<Value>>,
    ) -> Result<(), StoreError> {
        match &mut self.inner {
            Inner::Sqlite(tx) => sqlite::insert_batch(tx, table, columns, rows).await,
            Inner::Postgres(tx) => postgres::copy_batch(tx, table, columns, rows).await,
        }
        .map_err(|error| self.doing.failed(&error))
    }

    /// Makes everything done lasting.
    pub(crate) async fn commit(self) -> Result<(), StoreError> {
        let doing = self.doing;
        match self.inner {
            Inner::Sqlite(tx) => tx.commit().await,
            Inner::Postgres(tx) => tx.commit().await,
        }
        .map_err(|error| doing.failed(&error))
    }

    /// Leaves nothing behind, and waits until that is so.
    pub(crate) async fn rollback(self) -> Result<(), StoreError> {
        let doing = self.doing;
        match self.inner {
            Inner::Sqlite(tx) => tx.rollback().await,
            Inner::Postgres(tx) => tx.rollback().await,
        }
        .map_err(|error| doing.failed(&error))
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
