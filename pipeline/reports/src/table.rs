//! One table for every command: declared once, written as aligned text, CSV or JSON.
//!
//! ```
//! use reports::{Column, Format, Table};
//!
//! let mut table = Table::new([Column::new("feed"), Column::new("rows").right()]);
//! table.push(["s23-raj".into(), 120_u64.into()]);
//!
//! let mut out = Vec::new();
//! table.write(Format::Table, &mut out)?;
//! assert_eq!(String::from_utf8_lossy(&out), "feed     rows\n───────  ────\ns23-raj   120\n");
//!
//! let mut out = Vec::new();
//! table.write(Format::Csv, &mut out)?;
//! assert_eq!(String::from_utf8_lossy(&out), "feed,rows\ns23-raj,120\n");
//! # Ok::<(), reports::WriteError>(())
//! ```

mod cell;
pub mod escape;
mod json;
mod text;

use std::{
    fmt,
    io::{self, Write},
    str::FromStr,
};

pub use cell::Cell;

/// How a command prints its data.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// Aligned columns for a terminal.
    #[default]
    Table,
    /// Comma-separated values with a header, UTF-8, one line feed a row, text guarded against formulas
    /// (see [`escape`]). For a program that must have the text unchanged there is JSON.
    Csv,
    /// An array of objects, one a row, keys in column order.
    Json,
}

impl Format {
    /// Every format, in the order in which they are listed to people.
    pub const ALL: [Format; 3] = [Format::Table, Format::Csv, Format::Json];

    /// The word for it on a command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Format::Table => "table",
            Format::Csv => "csv",
            Format::Json => "json",
        }
    }
}

/// The text is not the name of a format.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a format; the formats are table, csv and json")]
pub struct UnknownFormat;

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Format::ALL
            .into_iter()
            .find(|format| format.as_str() == text)
            .ok_or(UnknownFormat)
    }
}

/// A column: its name in CSV and JSON, its heading for people, and on which side its cells stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    name: &'static str,
    heading: &'static str,
    right: bool,
}

impl Column {
    /// A column on the left under its own name, which is lower case with underscores.
    pub const fn new(name: &'static str) -> Self {
        Column {
            name,
            heading: name,
            right: false,
        }
    }

    /// The same column with another heading where people read it.
    pub const fn titled(mut self, heading: &'static str) -> Self {
        self.heading = heading;
        self
    }

    /// The same column with its cells on the right, as numbers stand.
    pub const fn right(mut self) -> Self {
        self.right = true;
        self
    }

    /// The name in CSV and JSON.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// What people read above it.
    pub const fn heading(&self) -> &'static str {
        self.heading
    }

    /// Whether its cells stand on the right.
    pub const fn is_right(&self) -> bool {
        self.right
    }
}

/// A table of `N` columns. A row of another length does not compile. Debug output holds no cell, as a cell
/// may hold a sender's reference.
#[derive(Clone, PartialEq)]
pub struct Table<const N: usize> {
    columns: [Column; N],
    rows: Vec<[Cell; N]>,
}

/// A table could not be written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The output took no more, in whichever format.
    #[error("cannot write: {0}")]
    Io(#[from] io::Error),
    /// The values could not be put into CSV.
    #[error("cannot write CSV: {0}")]
    Csv(csv::Error),
    /// The values could not be put into JSON.
    #[error("cannot write JSON: {0}")]
    Json(serde_json::Error),
}

impl From<csv::Error> for WriteError {
    fn from(error: csv::Error) -> Self {
        if !error.is_io_error() {
            return WriteError::Csv(error);
        }
        match error.into_kind() {
            csv::ErrorKind::Io(error) => WriteError::Io(error),
            kind => WriteError::Io(io::Error::other(format!("{kind:?}"))),
        }
    }
}

impl From<serde_json::Error> for WriteError {
    fn from(error: serde_json::Error) -> Self {
        if error.is_io() {
            WriteError::Io(error.into())
        } else {
            WriteError::Json(error)
        }
    }
}

impl<const N: usize> Table<N> {
    /// A table without rows.
    pub const fn new(columns: [Column; N]) -> Self {
        Table {
            columns,
            rows: Vec::new(),
        }
    }

    /// Adds a row below the others.
    pub fn push(&mut self, row: [Cell; N]) {
        self.rows.push(row);
    }

    /// The columns.
    pub fn columns(&self) -> &[Column; N] {
        &self.columns
    }

    /// The rows.
    pub fn rows(&self) -> &[[Cell; N]] {
        &self.rows
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Writes the table.
    ///
    /// # Errors
    /// [`WriteError`] when the output takes no more.
    pub fn write(&self, format: Format, out: impl Write) -> Result<(), WriteError> {
        match format {
            Format::Table => text::write(self, out)?,
            Format::Csv => self.write_csv(out, csv::Terminator::Any(b'\n'))?,
            Format::Json => json::write(self, out)?,
        }
        Ok(())
    }

    /// Writes the table as CSV to be opened by double click: as [`Format::Csv`], but with a byte order mark and
    /// carriage returns, without which a spreadsheet program may misread letters beyond ASCII.
    ///
    /// # Errors
    /// [`WriteError`] when the output takes no more.
    pub fn write_for_spreadsheet(&self, mut out: impl Write) -> Result<(), WriteError> {
        out.write_all("\u{feff}".as_bytes())?;
        self.write_csv(out, csv::Terminator::CRLF)
    }

    fn write_csv(&self, out: impl Write, terminator: csv::Terminator) -> Result<(), WriteError> {
        let mut csv = csv::WriterBuilder::new().terminator(terminator).from_writer(out);
        csv.write_record(self.columns.iter().map(Column::name))?;
        for row in &self.rows {
            csv.write_record(row.iter().map(Cell::for_csv))?;
        }
        csv.flush()?;
        Ok(())
    }
}

impl<const N: usize> fmt::Debug for Table<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Table")
            .field("columns", &self.columns)
            .field("rows", &self.rows.len())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn example() -> Table<4> {
        let mut table = Table::new([
            Column::new("provider").titled("Provider"),
            Column::new("received").titled("Received"),
            Column::new("notices").titled("Notices").right(),
            Column::new("rate").titled("Rate").right(),
        ]);
        table.push([
            "RAJ".into(),
            date(2026, 3, 1).into(),
            1200_u64.into(),
            Cell::number(0.5, 4),
        ]);
        table.push([
            "=1+1, \"x\"".into(),
            Cell::Blank,
            (-3_i64).into(),
            Cell::number(f64::NAN, 4),
        ]);
        table
    }

    fn written(format: Format) -> String {
        let mut out = Vec::new();
        example().write(format, &mut out).expect("memory takes all");
        String::from_utf8(out).expect("UTF-8")
    }

    #[test]
    fn a_terminal_gets_aligned_columns() {
        let expected = "\
Provider   Received    Notices    Rate
─────────  ──────────  ───────  ──────
RAJ        2026-03-01     1200  0.5000
=1+1, \"x\"                   -3
";
        assert_eq!(written(Format::Table), expected);
    }

    #[test]
    fn csv_guards_text_and_leaves_numbers() {
        let expected = "\
provider,received,notices,rate
RAJ,2026-03-01,1200,0.5000
\"'=1+1, \"\"x\"\"\",,-3,
";
        assert_eq!(written(Format::Csv), expected);
    }

    #[test]
    fn a_spreadsheet_gets_a_mark_and_carriage_returns() {
        let mut table = Table::new([Column::new("age")]);
        table.push(["2½".into()]);
        let mut out = Vec::new();
        table.write_for_spreadsheet(&mut out).expect("memory takes all");
        assert_eq!(String::from_utf8_lossy(&out), "\u{feff}age\r\n2½\r\n");
    }

    #[test]
    fn a_closed_pipe_is_told_apart_in_every_format() {
        struct Closed;
        impl Write for Closed {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::BrokenPipe.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Err(io::ErrorKind::BrokenPipe.into())
            }
        }
        for format in Format::ALL {
            let written = example().write(format, Closed);
            let is_closed =
                matches!(&written, Err(WriteError::Io(error)) if error.kind() == io::ErrorKind::BrokenPipe);
            assert!(is_closed, "{format:?}: {written:?}");
        }
    }

    #[test]
    fn debug_output_shows_no_cell() {
        let mut table = Table::new([Column::new("reference")]);
        table.push(["SECRET".into()]);
        assert!(!format!("{table:?} {:?}", table.rows()).contains("SECRET"));
    }

    #[test]
    fn json_keeps_column_order_and_text_as_it_is() {
        let expected = r#"[
  {"provider":"RAJ","received":"2026-03-01","notices":1200,"rate":0.5},
  {"provider":"=1+1, \"x\"","received":null,"notices":-3,"rate":null}
]
"#;
        assert_eq!(written(Format::Json), expected);
    }

    #[test]
    fn an_empty_table_is_still_well_formed() {
        let table = Table::new([Column::new("feed")]);
        let mut out = Vec::new();
        table.write(Format::Json, &mut out).expect("memory takes all");
        assert_eq!(out, b"[]\n");
        out.clear();
        table.write(Format::Csv, &mut out).expect("memory takes all");
        assert_eq!(out, b"feed\n");
    }
}
