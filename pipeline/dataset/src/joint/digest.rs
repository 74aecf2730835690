//! The canonical dump of the joint dataset, and its SHA-256: equal wherever the rows are equal.
//!
//! The dump goes table by table in the order of their names, without `dataset`. A table is its name and the
//! names of its columns in order; then its rows in the order of their keys, text by bytes and numbers by
//! value; a row is its values in the order of the column names. Every name and value is written as its
//! length in bytes, a colon and the bytes, a blank as `-`. Days are ISO text, flags 0 or 1, weights whole
//! numbers of 1/1024 bit.

use sha2::{Digest, Sha256};

use super::{ColumnType, DATASET, TABLES, Table};
use crate::{
    StoreError,
    sql::{Row, Sql, Tx},
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
    let mut dump = Dump(Sha256::new());
    let (mut counts, mut lineage) = (Vec::new(), Vec::new());
    for table in tables {
        let mut columns: Vec<_> = table.columns.iter().collect();
        columns.sort_by_key(|column| column.name);
        dump.write(table.name.as_bytes());
        for column in &columns {
            dump.write(column.name.as_bytes());
        }
        let record_id = columns.iter().position(|column| column.name == "record_id");
        let mut records = Sha256::new();
        let mut rows = 0;
        let postgres = tx.is_postgres();
        tx.each(Sql::Made(select(table, prefix, postgres)), [], |row| {
            rows += 1;
            for (index, column) in columns.iter().enumerate() {
                let value = canonical(row, index, column.column_type)?;
                if Some(index) == record_id {
                    records.update(value.as_deref().unwrap_or_default());
                }
                dump.optional(value.as_deref());
            }
            Ok(())
        })
        .await?;
        counts.push((table.name, rows));
        if record_id.is_some() {
            lineage.push((table.name, records.finalize().into()));
        }
    }
    Ok(ReadBack {
        digest: dump.0.finalize().into(),
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

fn canonical(row: &Row, index: usize, column_type: ColumnType) -> Result<Option<String>, StoreError> {
    match column_type {
        ColumnType::Text | ColumnType::Date => row.optional_text(index),
        ColumnType::Integer => Ok(row.optional_integer(index)?.map(|number| number.to_string())),
        ColumnType::Weight => {
            let Some(bits) = row.optional_real(index)? else {
                return Ok(None);
            };
            let units = bits * WEIGHT_UNITS;
            if units.fract() != 0.0 || units.abs() > f64::from(i32::MAX) {
                return Err(StoreError::Corrupt {
                    what: "a weight that is no multiple of 1/1024",
                });
            }
            Ok(Some(format!("{units:.0}")))
        }
    }
}

struct Dump(Sha256);

impl Dump {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(format!("{}:", bytes.len()));
        self.0.update(bytes);
    }

    fn optional(&mut self, value: Option<&str>) {
        match value {
            Some(value) => self.write(value.as_bytes()),
            None => self.0.update(b"-"),
        }
    }
}
