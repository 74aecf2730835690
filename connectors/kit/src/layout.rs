//! A layout: how one supplier (and year) writes a kind of record down. Data, in `mappings/<kind>/<name>.toml`.
//!
//! A flat layout names the columns of its kind's first table under `[columns]`; a table set and XML name each table
//! under `[tables.<name>]`. Unknown keys are refused with line and column, so that a slip of the pen in a new
//! layout shows before a file is read.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
};

use records::Kind;
use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::{contract::Contract, date::DateForms, field::LIST_SEPARATOR};

mod censuses;
mod check;
mod column;
mod file_form;

pub use censuses::{Censuses, NotCensuses};
pub use column::{Column, fold as fold_code};
pub use file_form::{Encoding, FileForm, FinalNewline, Format};

/// How one supplier writes a kind of record down.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Layout {
    /// The kind of record.
    pub kind: Kind,
    /// The layout's own version.
    pub version: String,
    /// Whose files these are and where they come from.
    pub description: String,
    /// The form of the files.
    #[serde(default)]
    pub file: FileForm,
    /// What to do about the unexpected.
    #[serde(default)]
    pub contract: Contract,
    /// A flat layout: the source column of each declared field.
    #[serde(default)]
    pub columns: BTreeMap<String, Column>,
    /// Columns that are known and deliberately not read.
    #[serde(default)]
    pub ignored: Vec<String>,
    /// A table set or XML: the tables by their declared name.
    #[serde(default)]
    pub tables: BTreeMap<String, TableLayout>,
    /// What the layout is called in the ledger; set by [`mappings::load`](crate::mappings::load).
    #[serde(skip)]
    pub name: String,
    /// SHA-256 of the layout's bytes, in hexadecimal: the ledger reads a delivery again when it changes.
    #[serde(skip)]
    pub hash: String,
}

/// How one table of a set is written down.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TableLayout {
    /// Whether a delivery without this table is incomplete.
    #[serde(default)]
    pub required: bool,
    /// Headers that, all present, tell this table from the others of its set.
    #[serde(default)]
    pub recognised_by: Vec<String>,
    /// Words in the names of its files, which tell it from others where its header does not.
    #[serde(default)]
    pub named: Vec<String>,
    /// XML: the local name of the element that is one row.
    #[serde(default)]
    pub element: Option<String>,
    /// The source column, or the path of local element names below [`element`](Self::element), of each field.
    #[serde(default)]
    pub columns: BTreeMap<String, Column>,
    /// Columns that are known and deliberately not read.
    #[serde(default)]
    pub ignored: Vec<String>,
    /// The censuses in which the table is sent.
    #[serde(default)]
    pub census: Censuses,
    /// Every column of the table, read or not, by the censuses in which it is sent; those of other tables that
    /// point here are not repeated. Empty where the layout does not say.
    #[serde(default)]
    pub sent: BTreeMap<Censuses, Vec<String>>,
}

/// Why a layout cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LayoutError {
    /// The text is not a layout. The message names line and column.
    #[error("{layout}: {source}")]
    Malformed {
        /// The layout's name or path.
        layout: String,
        /// What the TOML reader found.
        source: Box<toml::de::Error>,
    },
    /// A field that the kind does not declare.
    #[error("{layout}: {table} has no field {field}; see the data dictionary for those it has")]
    UnknownField {
        /// The layout's name or path.
        layout: String,
        /// The declared table.
        table: String,
        /// The name that is not a field.
        field: String,
    },
    /// A table that the kind does not declare.
    #[error("{layout}: {kind} has no table {table}")]
    UnknownTable {
        /// The layout's name or path.
        layout: String,
        /// The kind.
        kind: Kind,
        /// The name that is not a table.
        table: String,
    },
    /// Something that the text says cannot be meant.
    #[error("{layout}: {what}")]
    Contradiction {
        /// The layout's name or path.
        layout: String,
        /// What is wrong, as a lowercase fragment.
        what: String,
    },
}

impl Layout {
    /// Reads a layout from its TOML text. `name` is what errors and the ledger call it.
    ///
    /// # Errors
    /// [`LayoutError::Malformed`] with line and column, or [`LayoutError::Contradiction`].
    pub fn parse(name: &str, text: &str) -> Result<Self, LayoutError> {
        let mut layout: Layout = toml::from_str(text).map_err(|source| LayoutError::Malformed {
            layout: name.to_owned(),
            source: Box::new(source),
        })?;
        layout.name = name.to_owned();
        layout.hash = hex(&Sha256::digest(text.as_bytes()).into());
        let contradiction = |what: &str| LayoutError::Contradiction {
            layout: name.to_owned(),
            what: what.to_owned(),
        };
        if layout.columns.is_empty() == layout.tables.is_empty() {
            return Err(contradiction("needs either [columns] or [tables], and not both"));
        }
        if !layout.columns.is_empty() && layout.file.format.needs_tables() {
            return Err(contradiction("this format needs [tables], not [columns]"));
        }
        if layout.file.header_row == 0 {
            return Err(contradiction("header_row counts from 1"));
        }
        if !layout.file.delimiter.is_ascii() || matches!(layout.file.delimiter, '"' | '\r' | '\n') {
            return Err(contradiction(
                "the delimiter must be an ASCII character other than a quote or line end",
            ));
        }
        Ok(layout)
    }

    /// The table of a set that a file is: of those whose marks are all in its header, the one with the most. Where
    /// none or several are, its name must say which; where it does not, nobody can tell.
    pub fn recognise(&self, header: &[String], file_name: &str) -> Option<(&str, &TableLayout)> {
        let header: BTreeSet<String> = header.iter().map(|name| fold_code(name)).collect();
        let marks = |table: &TableLayout| match table
            .recognised_by
            .iter()
            .all(|mark| header.contains(&fold_code(mark)))
        {
            true => table.recognised_by.len(),
            false => 0,
        };
        let most = self.tables.values().map(marks).max().unwrap_or_default();
        let marked: Vec<_> = self
            .tables
            .iter()
            .filter(|(_, table)| marks(table) == most)
            .collect();
        if let ([(name, table)], 1..) = (marked.as_slice(), most) {
            return Some((name, table));
        }
        let file_name = file_name.to_lowercase();
        let said = |table: &TableLayout| {
            let words = table.named.iter().map(|word| word.to_lowercase());
            words
                .filter(|word| file_name.contains(word.as_str()))
                .max_by_key(String::len)
        };
        let mut named: Vec<(String, (&str, &TableLayout))> = marked
            .into_iter()
            .filter_map(|(name, table)| Some((said(table)?, (name.as_str(), table))))
            .collect();
        named.sort_by_key(|(word, _)| Reverse(word.len()));
        let ((word, table), others) = named.split_first()?;
        // Of two words one may be part of the other; a name that says both says neither.
        others
            .iter()
            .all(|(other, _)| word.len() > other.len() && word.contains(other.as_str()))
            .then_some(*table)
    }

    /// The date forms in force for a column.
    pub fn dates<'a>(&'a self, column: &'a Column) -> &'a DateForms {
        column.dates.as_ref().unwrap_or(&self.file.dates)
    }

    /// What separates the items of a list in a column.
    pub fn separator<'a>(&'a self, column: &'a Column) -> &'a str {
        column.separator.as_deref().unwrap_or(LIST_SEPARATOR)
    }
}

fn hex(bytes: &[u8; 32]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(64), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
