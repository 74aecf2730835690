//! Rows from CSV, XLSX and JSON through one reader.
//!
//! A row that cannot be trusted costs itself: [`Step::Fault`]. What makes the boundaries between rows
//! uncertain (a file that stops in the middle of a record, broken JSON) refuses the delivery:
//! [`TabularError::Refused`]. Widely used readers take a half-transferred file without complaint, so
//! completeness is checked here, for each format.
//!
//! ```
//! use kit::{layout::FileForm, tabular::{Reader, Row, Step}};
//!
//! let csv = "id,colour\r\n1,\"green, dark\"\r\n2\r\n";
//! let mut rows = Reader::from_csv(csv.as_bytes(), &FileForm::default(), "shades.csv")?;
//! assert_eq!(rows.header(), ["id", "colour"]);
//!
//! let mut row = Row::default();
//! assert!(matches!(rows.read(&mut row)?, Step::Row));
//! assert_eq!((row.line(), row.text(1).as_deref()), (2, Some("green, dark")));
//! assert!(matches!(rows.read(&mut row)?, Step::Fault(fault) if fault.rule.id == "F009"));
//! assert!(matches!(rows.read(&mut row)?, Step::End));
//! # Ok::<(), kit::tabular::TabularError>(())
//! ```

use std::{fs::File, io::Read};

use records::{Finding, Location, Rule, finding::Effect};

use crate::{
    connector::{DeliveryFile, ReadError},
    layout::{FileForm, Format},
    rules,
};

mod csv;
mod json;
mod row;
mod split;
mod xlsx;

pub use row::{Row, Slot};

/// The longest field, in bytes: the longest free text of any feed is a tenth of it.
pub const LONGEST_FIELD: usize = 64 * 1024;
/// The longest record, in bytes: an unclosed quote must not take the file into memory.
pub const LONGEST_RECORD: usize = 1024 * 1024;

/// Rows of one file.
pub struct Reader {
    source: Source,
    header: Vec<String>,
    label: String,
    sheet: Option<String>,
}

enum Source {
    Csv(csv::CsvRows),
    Xlsx(xlsx::SheetRows),
    Json(json::JsonRows),
}

/// What reading on brought.
#[derive(Debug)]
pub enum Step {
    /// A row, in the buffer.
    Row,
    /// A row that cannot be trusted; the next one can.
    Fault(RowFault),
    /// No more rows.
    End,
}

/// Why a row cannot be trusted.
#[derive(Clone, Copy, Debug)]
pub struct RowFault {
    /// Which rule it breaks.
    pub rule: &'static Rule,
    /// The line, Excel row or record.
    pub line: u64,
    /// The column, from 0, where one is to blame.
    pub column: Option<u32>,
}

/// Why a file cannot be read (further).
#[derive(Debug, thiserror::Error)]
pub enum TabularError {
    /// The delivery must be refused.
    #[error("{}", .rule.wrong)]
    Refused {
        /// Which rule the file breaks.
        rule: &'static Rule,
        /// The line, Excel row or record, where known.
        line: Option<u64>,
        /// The column, from 0, where one is to blame.
        column: Option<u32>,
    },
    /// The landing folder could not be read.
    #[error("cannot be read: {0}")]
    Io(#[from] std::io::Error),
}

impl TabularError {
    pub(crate) fn refused(rule: &'static Rule, line: impl Into<Option<u64>>) -> Self {
        TabularError::Refused {
            rule,
            line: line.into(),
            column: None,
        }
    }

    /// The same as the contract of a connector has it, for the file called `label`.
    pub fn into_read_error(self, label: &str) -> ReadError {
        match self {
            TabularError::Refused { rule, line, column } => ReadError::Refused(Box::new(Finding {
                rule,
                effect: Effect::RefusedDelivery,
                location: Location {
                    file: label.to_owned(),
                    line,
                    column,
                    ..Location::default()
                },
                rows: 1,
            })),
            TabularError::Io(source) => ReadError::Io {
                label: label.to_owned(),
                source,
            },
        }
    }
}

impl Reader {
    /// Opens a landed file in the form that the layout declares. `known` are the names that the layout reads:
    /// JSON has no header, and these become its first columns.
    ///
    /// # Errors
    /// [`TabularError`].
    pub fn open(file: &DeliveryFile, form: &FileForm, known: &[String]) -> Result<Self, TabularError> {
        match form.format {
            Format::Csv | Format::Blade | Format::TableSet => {
                Self::from_csv(File::open(&file.path)?, form, &file.label)
            }
            Format::Xlsx => {
                let (rows, header, sheet) = xlsx::open(&file.path, form)?;
                let sheet = form.sheet.is_some().then_some(sheet);
                Ok(Reader {
                    source: Source::Xlsx(rows),
                    header,
                    label: file.label.clone(),
                    sheet,
                })
            }
            Format::Json => Self::from_json(File::open(&file.path)?, form, &file.label, known),
            // No flat layout is of XML, and FHIR is read by messages: `Layout::parse` and the connectors see to that.
            Format::Xml | Format::Fhir => Err(TabularError::refused(&rules::BAD_HEADER, None)),
        }
    }

    /// Rows of CSV text; `label` is how findings name it.
    ///
    /// # Errors
    /// [`TabularError`].
    pub fn from_csv(
        source: impl Read + Send + 'static,
        form: &FileForm,
        label: &str,
    ) -> Result<Self, TabularError> {
        let (rows, header) = csv::open(Box::new(source), form)?;
        Ok(Reader {
            source: Source::Csv(rows),
            header,
            label: label.to_owned(),
            sheet: None,
        })
    }

    /// Rows of an array of JSON objects; `known` are its first columns, further keys become columns as they
    /// are met. Nested objects are columns with dotted names (`child.sex`); arrays are lists in one cell.
    ///
    /// # Errors
    /// [`TabularError`].
    pub fn from_json(
        source: impl Read + Send + 'static,
        form: &FileForm,
        label: &str,
        known: &[String],
    ) -> Result<Self, TabularError> {
        let rows = json::open(Box::new(source), form)?;
        Ok(Reader {
            source: Source::Json(rows),
            header: known.to_vec(),
            label: label.to_owned(),
            sheet: None,
        })
    }

    /// The names of the columns, trimmed. JSON adds to them as rows are read.
    pub fn header(&self) -> &[String] {
        &self.header
    }

    /// Reads the next row into `row`. Rows without any text are passed over.
    ///
    /// # Errors
    /// [`TabularError`].
    pub fn read(&mut self, row: &mut Row) -> Result<Step, TabularError> {
        loop {
            let step = match &mut self.source {
                Source::Csv(rows) => rows.read(row, self.header.len())?,
                Source::Xlsx(rows) => rows.read(row),
                Source::Json(rows) => rows.read(row, &mut self.header)?,
            };
            if matches!(step, Step::Row) {
                if row.is_blank() && !matches!(self.source, Source::Json(_)) {
                    continue;
                }
                if let Some((rule, column)) = row.fault() {
                    return Ok(Step::Fault(RowFault {
                        rule,
                        line: row.line(),
                        column: Some(column),
                    }));
                }
            }
            return Ok(step);
        }
    }

    /// A place in this file, for a finding. The caller adds the header where its layout knows it.
    pub fn location(&self, line: Option<u64>, column: Option<u32>) -> Location {
        Location {
            file: self.label.clone(),
            sheet: self.sheet.clone(),
            line,
            column,
            header: None,
        }
    }

    /// What a finding calls the file.
    pub fn label(&self) -> &str {
        &self.label
    }
}
