//! What is PostgreSQL's alone: connecting, COPY, the lease by liveness of a backend.
//!
//! Four schemas: ops, vault, joint, open. The tables of ops and vault have names of their own, so that a
//! search path finds them and most statements are the same as on SQLite.

pub(crate) mod lease;
pub(crate) mod publish;

use std::{str::FromStr, sync::Arc, time::Duration};

use sqlx::{
    PgConnection, PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};

use crate::{
    StoreError,
    error::Doing,
    hex,
    migrate::Migration,
    sql::{Sql, Value},
    store::{Access, Store},
};

/// The migrations of the four schemas, from version 1.
pub(crate) const MIGRATIONS: &[Migration] = &[
    Migration {
        version: 1,
        sql: include_str!("../migrations/postgres/0001_zones.sql"),
    },
    Migration {
        version: 2,
        sql: include_str!("../migrations/postgres/0002_content.sql"),
    },
    Migration {
        version: 3,
        sql: include_str!("../migrations/postgres/0003_born_of.sql"),
    },
    Migration {
        version: 4,
        sql: include_str!("../migrations/postgres/0004_no_lookups.sql"),
    },
    Migration {
        version: 5,
        sql: include_str!("../migrations/postgres/0005_child_ids_and_quality.sql"),
    },
    Migration {
        version: 6,
        sql: include_str!("../migrations/postgres/0006_doubts.sql"),
    },
    Migration {
        version: 7,
        sql: include_str!("../migrations/postgres/0007_bookmark.sql"),
    },
    Migration {
        version: 8,
        sql: include_str!("../migrations/postgres/0008_opt_outs.sql"),
    },
    Migration {
        version: 9,
        sql: include_str!("../migrations/postgres/0009_births_of_others.sql"),
    },
    Migration {
        version: 10,
        sql: include_str!("../migrations/postgres/0010_digest_tier.sql"),
    },
];

/// A copy is sent in pieces of about this many bytes.
const PIECE: usize = 1 << 20;

/// The connections to the server.
#[derive(Clone, Debug)]
pub(crate) struct Backend {
    pub(crate) options: Arc<PgConnectOptions>,
    pub(crate) pool: PgPool,
}

impl Backend {
    /// Connects.
    pub(crate) async fn open(url: &str, password: Option<&str>, access: Access) -> Result<Self, StoreError> {
        let doing = Doing("connect to the database");
        let mut options = PgConnectOptions::from_str(url).map_err(|error| doing.failed(&error))?;
        if let Some(password) = password {
            options = options.password(password);
        }
        options = options.application_name("sendlink").options([
            ("search_path", "ops,vault"),
            ("timezone", "UTC"),
            ("datestyle", "ISO"),
        ]);
        if access == Access::ReadOnly {
            options = options.options([("default_transaction_read_only", "on")]);
        }
        // Statements are ours and hold no values, yet a night runs thousands.
        let options = sqlx::ConnectOptions::disable_statement_logging(options);
        let pool = PgPoolOptions::new()
            .max_connections(4)
            .acquire_timeout(Duration::from_secs(15))
            .connect_with(options.clone())
            .await
            .map_err(|error| doing.failed(&error))?;
        Ok(Backend {
            options: Arc::new(options),
            pool,
        })
    }
}

/// Rewrites tables without the rows that were deleted from them.
pub(crate) async fn scrub(back: &Backend, tables: &[String]) -> Result<(), StoreError> {
    let doing = Doing("scrub erased records");
    for table in tables {
        let sql = Sql::Made(format!("vacuum (full) {table}"));
        sqlx::query(sql.into_statement())
            .execute(&back.pool)
            .await
            .map_err(|error| doing.failed(&error))?;
    }
    Ok(())
}

/// The settings that decide what of a failed statement stands in the server's log, and what they should be.
const LOG_SETTINGS: [(&str, &[&str]); 5] = [
    ("log_statement", &["none", "ddl"]),
    ("log_min_error_statement", &["fatal", "panic"]),
    ("log_error_verbosity", &["terse"]),
    ("log_parameter_max_length", &["0"]),
    ("log_parameter_max_length_on_error", &["0"]),
];

/// The settings that would let rows into the server's log, as sentences.
pub(crate) async fn log_faults(store: &Store) -> Result<Vec<String>, StoreError> {
    let mut tx = store.read("read the server's settings").await?;
    let mut faults = Vec::new();
    for (name, wanted) in LOG_SETTINGS {
        let found = tx
            .optional(
                "select setting from pg_catalog.pg_settings where name = $1",
                [name.into()],
                |row| row.text(0),
            )
            .await?;
        let Some(found) = found else { continue };
        if let (false, Some(best)) = (wanted.contains(&found.as_str()), wanted.first()) {
            faults.push(format!(
                "the server's {name} is {found}; set it to {best}, or its log may quote rows"
            ));
        }
    }
    Ok(faults)
}

/// Copies rows into a table.
pub(crate) async fn copy_batch(
    connection: &mut PgConnection,
    table: &str,
    columns: &[&str],
    rows: Vec<Vec<Value>>,
) -> Result<(), sqlx::Error> {
    if rows.is_empty() {
        return Ok(());
    }
    let statement = format!("copy {table} ({}) from stdin", columns.join(","));
    let mut copy = connection.copy_in_raw(&statement).await?;
    let mut piece = Vec::with_capacity(PIECE + PIECE / 4);
    for row in &rows {
        write_row(&mut piece, row);
        if piece.len() >= PIECE {
            copy.send(piece.as_slice()).await?;
            piece.clear();
        }
    }
    if !piece.is_empty() {
        copy.send(piece.as_slice()).await?;
    }
    copy.finish().await?;
    Ok(())
}

/// One line of COPY's text format: https://www.postgresql.org/docs/current/sql-copy.html
fn write_row(line: &mut Vec<u8>, row: &[Value]) {
    for (index, value) in row.iter().enumerate() {
        if index > 0 {
            line.push(b'\t');
        }
        match value {
            Value::Integer(None) | Value::Real(None) | Value::Text(None) | Value::Blob(None) => {
                line.extend_from_slice(b"\\N");
            }
            Value::Integer(Some(number)) => line.extend_from_slice(number.to_string().as_bytes()),
            // The shortest text that reads back as the same number.
            Value::Real(Some(number)) => line.extend_from_slice(number.to_string().as_bytes()),
            Value::Text(Some(text)) => write_escaped(line, text.as_bytes()),
            Value::Blob(Some(bytes)) => {
                line.extend_from_slice(b"\\\\x");
                hex::write(line, bytes);
            }
        }
    }
    line.push(b'\n');
}

/// Writes text with what has a meaning in the format escaped.
fn write_escaped(line: &mut Vec<u8>, mut text: &[u8]) {
    loop {
        let special = text
            .iter()
            .position(|byte| matches!(byte, b'\\' | b'\n' | b'\r' | b'\t'));
        let Some((plain, [byte, rest @ ..])) = special.and_then(|at| text.split_at_checked(at)) else {
            line.extend_from_slice(text);
            return;
        };
        line.extend_from_slice(plain);
        line.extend_from_slice(match byte {
            b'\n' => b"\\n",
            b'\r' => b"\\r",
            b'\t' => b"\\t",
            _ => b"\\\\",
        });
        text = rest;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copied_values_are_escaped() {
        let mut line = Vec::new();
        write_row(
            &mut line,
            &[
                Value::from("tab\there, back\\slash, line\nend"),
                Value::Text(None),
                Value::from(-3),
                Value::Real(Some(1.5)),
                Value::from(vec![0, 255]),
            ],
        );
        assert_eq!(
            String::from_utf8(line).unwrap(),
            "tab\\there, back\\\\slash, line\\nend\t\\N\t-3\t1.5\t\\\\x00ff\n"
        );
    }
}
