//! Reads an area's database from outside, as an analyst with SQL does.

use serde_json::Value;
use sqlx::{AssertSqlSafe, Connection, Row, SqliteConnection, sqlite::SqliteConnectOptions};

use crate::{Area, postgres};

impl Area {
    /// The rows that a query of the joint dataset gives, as text; a blank is an empty text.
    #[track_caller]
    pub fn joint(&self, sql: &str) -> Vec<Vec<String>> {
        self.zone("joint", sql)
    }

    /// The rows that a query of the vault and of operations gives. Only the program reads these in earnest.
    #[track_caller]
    pub fn vault(&self, sql: &str) -> Vec<Vec<String>> {
        self.zone("vault", sql)
    }

    /// One number of the joint dataset.
    #[track_caller]
    pub fn count(&self, sql: &str) -> u64 {
        self.joint(sql)[0][0].parse().expect("a number")
    }

    /// The counts of the deliveries that `where_sql` chooses, oldest first: outcomes by table. Fails where a table's rows
    /// do not add up.
    #[track_caller]
    pub fn tallies(&self, where_sql: &str) -> Vec<Value> {
        let rows = self.vault(&format!("select counts from delivery {where_sql} order by id"));
        let counts: Vec<Value> = rows
            .iter()
            .map(|row| serde_json::from_str(&row[0]).expect("counts are JSON"))
            .collect();
        for delivery in &counts {
            for (table, tally) in delivery.as_object().expect("tables") {
                let outcomes: u64 = tally
                    .as_object()
                    .expect("outcomes")
                    .iter()
                    .filter(|(name, _)| *name != "rows")
                    .map(|(_, count)| count.as_u64().expect("a count"))
                    .sum();
                assert_eq!(
                    tally["rows"].as_u64(),
                    Some(outcomes),
                    "{table} does not add up: {tally}"
                );
            }
        }
        counts
    }

    #[track_caller]
    fn zone(&self, zone: &str, sql: &str) -> Vec<Vec<String>> {
        if self.store.starts_with("postgres:") {
            let text = postgres::query(&self.store, &format!("set search_path to {zone}, ops; {sql}"));
            return text
                .lines()
                .map(|line| line.split('|').map(str::to_owned).collect())
                .collect();
        }
        let file = self.file("data").join(format!("{zone}.db"));
        let options = SqliteConnectOptions::new().filename(file).read_only(true);
        block_on(async {
            let mut connection = SqliteConnection::connect_with(&options)
                .await
                .expect("the database opens");
            sqlite_rows(&mut connection, sql).await
        })
    }
}

/// The rows of a query on an open SQLite file.
pub async fn sqlite_rows(connection: &mut SqliteConnection, sql: &str) -> Vec<Vec<String>> {
    let rows = sqlx::query(AssertSqlSafe(sql.to_owned()))
        .fetch_all(connection)
        .await
        .unwrap_or_else(|error| panic!("{sql}: {error}"));
    rows.iter()
        .map(|row| {
            (0..row.len())
                // SQLite gives any value as text.
                .map(|column| row.get_unchecked::<Option<String>, _>(column).unwrap_or_default())
                .collect()
        })
        .collect()
}

/// Runs a future to its end.
pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime")
        .block_on(future)
}
