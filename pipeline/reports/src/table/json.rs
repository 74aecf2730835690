//! A table as JSON: an array of objects, one a line.

use std::io::Write;

use serde::{Serialize, Serializer, ser::SerializeMap};

use super::{Cell, Column, Table, WriteError};

pub(super) fn write<const N: usize>(table: &Table<N>, mut out: impl Write) -> Result<(), WriteError> {
    if table.is_empty() {
        out.write_all(b"[]\n")?;
        return Ok(());
    }
    let mut before = "[\n  ";
    for cells in table.rows() {
        out.write_all(before.as_bytes())?;
        serde_json::to_writer(
            &mut out,
            &Object {
                columns: table.columns(),
                cells,
            },
        )?;
        before = ",\n  ";
    }
    out.write_all(b"\n]\n")?;
    Ok(())
}

/// One row, so that keys keep the order of the columns.
struct Object<'a> {
    columns: &'a [Column],
    cells: &'a [Cell],
}

impl Serialize for Object<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.cells.len()))?;
        for (column, cell) in self.columns.iter().zip(self.cells) {
            map.serialize_entry(column.name(), cell)?;
        }
        map.end()
    }
}

impl Serialize for Cell {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Cell::Blank => serializer.serialize_unit(),
            Cell::Text(text) => serializer.serialize_str(text),
            Cell::Integer(count) => serializer.serialize_i64(*count),
            // serde_json writes what is not finite as null.
            Cell::Number { value, .. } => serializer.serialize_f64(*value),
            Cell::Flag(flag) => serializer.serialize_bool(*flag),
        }
    }
}
