//! Writes records the way a supplier would, so that made-up files go through the same declared fields and
//! layouts as real ones.
//!
//! A record is a map from declared field to canonical value: dates as `YYYY-MM-DD`, moments as
//! `YYYY-MM-DDThh:mm:ss`, lists parted by `;`, codes as the code lists have them. The layout turns them into its
//! own date forms and spellings. A value that is not canonical is written as it stands, which is how a made-up
//! file gets its faults: `31/02/2021` in a date field stays what it is.
//!
//! ```
//! use std::collections::BTreeMap;
//! use kit::{Class, Field, FieldType, Layout, Level, Table, write::{Table as Sheet, write}};
//!
//! static T: Table = Table { name: "t", description: "", fields: &[
//!     Field::new("day", FieldType::Date, Level::Required, Class::Plain, "Day"),
//!     Field::new("answer", FieldType::Flag, Level::Optional, Class::Plain, "Answer"),
//! ] };
//! let layout = Layout::parse("t", r#"
//!     kind = "section23"
//!     version = "1"
//!     description = "An example"
//!     file = { dates = ["DD/MM/YYYY"] }
//!     [columns]
//!     day = "The day"
//!     answer = { column = "Really?", codes = { "Yes" = "1", "No" = "0" } }
//! "#)?;
//! let rows = vec![BTreeMap::from([("day", "2025-03-04".to_owned()), ("answer", "1".to_owned())])];
//! let file = write(&Sheet::flat(&T, &layout), &rows)?;
//! assert_eq!(String::from_utf8_lossy(&file), "The day,Really?\r\n04/03/2025,Yes\r\n");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::collections::BTreeMap;

use crate::{
    field::{self, Field, FieldType},
    layout::{Column, Encoding, Format, Layout},
};

mod cells;
mod csv;
mod json;
mod xlsx;

/// One record: canonical values by field.
pub type Record = BTreeMap<&'static str, String>;

/// Why a file cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The layout's format is not one that this module writes.
    #[error("{layout}: this format is written by its own kind of feed")]
    Format {
        /// The layout's name.
        layout: String,
    },
    /// CSV could not be made.
    #[error(transparent)]
    Csv(#[from] ::csv::Error),
    /// A workbook could not be made.
    #[error(transparent)]
    Xlsx(#[from] rust_xlsxwriter::XlsxError),
    /// JSON could not be made.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    /// A buffer could not be flushed.
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

/// What is written: the columns that a layout has for a table.
#[derive(Clone, Debug)]
pub struct Table<'a> {
    layout: &'a Layout,
    columns: Vec<TableColumn<'a>>,
}

#[derive(Clone, Copy, Debug)]
struct TableColumn<'a> {
    field: &'static Field,
    spec: &'a Column,
    name: &'a str,
}

impl<'a> Table<'a> {
    /// The columns of a flat layout, in the declared order of their fields.
    pub fn flat(table: &field::Table, layout: &'a Layout) -> Self {
        Self::new(table, layout, &layout.columns, |_| true)
    }

    /// The columns of one table of a set; `sent` says which fields this file has (those of its census, say).
    pub fn new(
        table: &field::Table,
        layout: &'a Layout,
        columns: &'a BTreeMap<String, Column>,
        sent: impl Fn(&Field) -> bool,
    ) -> Self {
        let mut written = Vec::new();
        for field in table.fields {
            if let Some((spec, name)) = columns
                .get(field.name)
                .and_then(|spec| Some((spec, spec.names.first()?)))
                && sent(field)
            {
                written.push(TableColumn { field, spec, name });
            }
        }
        Table {
            layout,
            columns: written,
        }
    }

    /// The names of the columns.
    pub fn header(&self) -> Vec<&str> {
        self.columns.iter().map(|column| column.name).collect()
    }
}

/// The bytes of a file with these records, in the layout's format and encoding. The same records give the same
/// bytes.
///
/// # Errors
/// [`WriteError`].
pub fn write(table: &Table<'_>, records: &[Record]) -> Result<Vec<u8>, WriteError> {
    match table.layout.file.format {
        Format::Csv | Format::Blade | Format::TableSet => {
            Ok(encode(csv::write(table, records)?, table.layout.file.encoding))
        }
        Format::Xlsx => xlsx::write(table, records),
        Format::Json => Ok(encode(json::write(table, records)?, table.layout.file.encoding)),
        Format::Xml | Format::Fhir => Err(WriteError::Format {
            layout: table.layout.name.clone(),
        }),
    }
}

/// The same text in a declared encoding. What Windows-1252 does not have becomes a numeric reference, as in a
/// browser's form.
fn encode(utf8: String, encoding: Encoding) -> Vec<u8> {
    match encoding {
        Encoding::Utf8 => utf8.into_bytes(),
        Encoding::Utf16 => {
            let mut bytes = vec![0xff, 0xfe];
            bytes.extend(utf8.encode_utf16().flat_map(u16::to_le_bytes));
            bytes
        }
        Encoding::Windows1252 => encoding_rs::WINDOWS_1252.encode(&utf8).0.into_owned(),
    }
}

/// Whether a field is a list.
fn is_list(field: &Field) -> bool {
    matches!(
        field.field_type,
        FieldType::CodeList(_) | FieldType::TextList { .. }
    )
}
