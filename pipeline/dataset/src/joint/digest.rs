//! The canonical dump of the joint dataset, and its SHA-256: equal wherever the rows are equal.
//!
//! The dump goes table by table in the order of their names, without `dataset`. A table is its name and the
//! names of its columns in order; then its rows in the order of their keys, text by bytes and numbers by
//! value; a row is its values in the order of the column names. Every name and value is written as its
//! length in bytes, a colon and the bytes, a blank as `-`. Days are ISO text, flags 0 or 1, weights whole
//! numbers of 1/1024 bit.

use std::io::Write;

use sha2::{Digest, Sha256};

use super::{ColumnType, DATASET, TABLES, Table};
use crate::{
    StoreError,
    sql::{Sql, Tx},
};

/// What reading the joint dataset back found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ReadBack {
    /// The digest.
    pub(crate) digest: [u8; 32],
    /// Rows by table.
    pub(crate) rows: Vec<(&'static str, u64)>,
    /// For each table that begins with a record id, the hash of its record ids in order.
    pub(crate) lineage: Vec<(&'static str, [u8; 32])>,
}

/// Units of a weight in a bit.
pub(crate) const WEIGHT_UNITS: f64 = 1024.0;

/// Reads every row back and digests it. `prefix` stands before each table's name.
pub(crate) async fn read_back(tx: &mut Tx, prefix: &str) -> Result<ReadBack, StoreError> {
    let mut tables: Vec<&Table> = TABLES.iter().filter(|table| table.name != DATASET.name).collect();
    tables.sort_by_key(|table| table.name);
    let mut dump = Dump {
        hash: Sha256::new(),
        row: Vec::new(),
    };
    let (mut counts, mut lineage) = (Vec::new(), Vec::new());
    for table in tables {
        let mut columns: Vec<_> = table.columns.iter().collect();
        columns.sort_by_key(|column| column.name);
        dump.write(table.name);
        for column in &columns {
            dump.write(column.name);
        }
        dump.row_ends();
        let record_id = columns.iter().position(|column| column.name == "record_id");
        let mut records = Sha256::new();
        let mut rows = 0;
        let postgres = tx.is_postgres();
        tx.each(Sql::Made(select(table, prefix, postgres)), [], |row| {
            rows += 1;
            for (index, column) in columns.iter().enumerate() {
                match column.column_type {
                    ColumnType::Text | ColumnType::Date => {
                        let text = row.optional_str(index)?;
                        if Some(index) == record_id {
                            records.update(text.unwrap_or_default());
                        }
                        dump.optional(text);
                    }
                    ColumnType::Integer | ColumnType::Count => {
                        dump.optional(
                            row.optional_integer(index)?
                                .map(|number| number.to_string())
                                .as_deref(),
                        );
                    }
                    ColumnType::Weight => {
                        dump.optional(row.optional_real(index)?.map(weight).transpose()?.as_deref());
                    }
                }
            }
            dump.row_ends();
            Ok(())
        })
        .await?;
        counts.push((table.name, rows));
        if record_id.is_some() {
            lineage.push((table.name, records.finalize().into()));
        }
    }
    Ok(ReadBack {
        digest: dump.hash.finalize().into(),
        rows: counts,
        lineage,
    })
}

/// The columns in the order of their names, as types that both back ends read alike.
fn select(table: &Table, prefix: &str, postgres: bool) -> String {
    let mut columns: Vec<_> = table.columns.iter().collect();
    columns.sort_by_key(|column| column.name);
    let columns: Vec<String> = columns
        .into_iter()
        .map(|column| match (column.column_type, postgres) {
            (ColumnType::Date, true) => format!("to_char({}, 'YYYY-MM-DD')", column.name),
            (ColumnType::Integer, true) => format!("cast({} as bigint)", column.name),
            _ => column.name.to_owned(),
        })
        .collect();
    format!(
        "select {} from {prefix}{} order by {}",
        columns.join(", "),
        table.name,
        table.primary_key.join(", ")
    )
}

/// A weight in bits as a whole number of its units.
fn weight(bits: f64) -> Result<String, StoreError> {
    let units = bits * WEIGHT_UNITS;
    if units.fract() != 0.0 || units.abs() > f64::from(i32::MAX) {
        return Err(StoreError::Corrupt {
            what: "a weight that is no multiple of 1/1024",
        });
    }
    Ok(format!("{units:.0}"))
}

/// What is hashed, collected so that the hash is fed by the row and not by the value.
struct Dump {
    hash: Sha256,
    row: Vec<u8>,
}

impl Dump {
    fn write(&mut self, text: &str) {
        // A vector takes all that is written to it.
        let _ = write!(self.row, "{}:", text.len());
        self.row.extend_from_slice(text.as_bytes());
    }

    fn optional(&mut self, text: Option<&str>) {
        match text {
            Some(text) => self.write(text),
            None => self.row.push(b'-'),
        }
    }

    fn row_ends(&mut self) {
        self.hash.update(&self.row);
        self.row.clear();
    }
}
