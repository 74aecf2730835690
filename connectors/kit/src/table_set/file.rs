//! One file of a set.

use std::collections::BTreeMap;

use records::{Location, Outcome, finding::Effect};

use super::{Held, open};
use crate::{
    Verdict,
    binding::Binding,
    connector::{DeliveryFile, ReadError, Reading, Sink},
    field::Table,
    layout::{Column, TableLayout},
    report::{at, refused},
    tabular::{Reader, Row, Step},
    values::Values,
};

/// A file that is a table of the layout.
#[derive(Clone, Copy, Debug)]
pub struct TableFile<'a> {
    /// The file.
    pub file: &'a DeliveryFile,
    /// The table.
    pub table: &'static Table,
    /// How the table is written down.
    pub layout: &'a TableLayout,
}

/// A file of a set, opened at its first row.
pub struct OpenTable {
    reader: Reader,
    table: &'static Table,
    label: String,
}

/// The columns of a table that a layout reads, and those that it passes over.
type Columns<'a> = (&'a BTreeMap<String, Column>, &'a [String]);

impl TableFile<'_> {
    /// Opens the file at its first row.
    ///
    /// # Errors
    /// Where it cannot be read, or has no header.
    pub fn open(&self, reading: &Reading<'_>, sink: &mut dyn Sink) -> Result<OpenTable, ReadError> {
        Ok(OpenTable {
            reader: open(self.file, reading, sink)?,
            table: self.table,
            label: self.file.label.clone(),
        })
    }

    /// Counts the rows of a table that is of no use.
    ///
    /// # Errors
    /// Where it cannot be read to its end.
    pub fn pass_over(&self, reading: &Reading<'_>, sink: &mut dyn Sink) -> Result<(), ReadError> {
        let mut table = self.open(reading, sink)?;
        let mut row = Row::default();
        let mut rows = 0;
        while !matches!(table.step(&mut row, sink)?, Step::End) {
            rows += 1;
        }
        sink.rows_read(self.table.name, rows);
        sink.rows_without_record(self.table.name, Outcome::OutOfScope, rows);
        Ok(())
    }
}

impl OpenTable {
    /// The names of the columns.
    pub fn header(&self) -> &[String] {
        self.reader.header()
    }

    /// The file, for a finding.
    pub fn place(&self) -> Location {
        self.reader.location(None, None)
    }

    /// Reads the file row by row. Rows that cannot be trusted are counted here; what becomes of the others is for
    /// `each` to count.
    ///
    /// # Errors
    /// [`ReadError`], also that of `each`.
    pub fn each_row(
        mut self,
        columns: Columns<'_>,
        reading: &Reading<'_>,
        sink: &mut dyn Sink,
        mut each: impl FnMut(Values<'_>, &mut dyn Sink) -> Result<(), ReadError>,
    ) -> Result<(), ReadError> {
        let mut binding = self.bind(columns, reading, sink)?;
        let mut row = Row::default();
        while let Some(whole) = self.next(&binding, &mut row, sink)? {
            if whole {
                each(binding.values(&row), sink)?;
            }
        }
        binding.finish(sink);
        Ok(())
    }

    /// Holds the rows of the file. Rows that are kept out are counted here; what becomes of the others is for who
    /// takes them to count.
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn hold<T>(
        mut self,
        columns: Columns<'_>,
        reading: &Reading<'_>,
        held: &mut Held<T>,
        sink: &mut dyn Sink,
        mut parse: impl FnMut(&mut Values<'_>) -> Option<T>,
    ) -> Result<(), ReadError> {
        let mut binding = self.bind(columns, reading, sink)?;
        let places = self.table.fields.iter();
        held.start_file(
            places
                .map(|field| (field.name, binding.location_of_field(field.name)))
                .collect(),
        );
        let parent = held.parent();
        let mut row = Row::default();
        while let Some(whole) = self.next(&binding, &mut row, sink)? {
            if !whole {
                continue;
            }
            let mut values = binding.values(&row);
            let says = parse(&mut values);
            let key = values.raw(parent).unwrap_or_default();
            match values.finish(sink)? {
                Verdict::Keep => held.push(&key, row.line(), says),
                Verdict::Quarantined => sink.rows_without_record(self.table.name, Outcome::Quarantined, 1),
            }
        }
        binding.finish(sink);
        Ok(())
    }

    fn bind(
        &self,
        columns: Columns<'_>,
        reading: &Reading<'_>,
        sink: &mut dyn Sink,
    ) -> Result<Binding, ReadError> {
        Binding::new(
            self.table,
            reading.layout,
            columns,
            self.header(),
            self.place(),
            sink,
        )
    }

    /// Reads the next row and counts it: whether it is whole; none at the end.
    fn next(
        &mut self,
        binding: &Binding,
        row: &mut Row,
        sink: &mut dyn Sink,
    ) -> Result<Option<bool>, ReadError> {
        let step = self.step(row, sink)?;
        if matches!(step, Step::End) {
            return Ok(None);
        }
        sink.rows_read(self.table.name, 1);
        if let Step::Fault(fault) = step {
            sink.rows_without_record(self.table.name, Outcome::Quarantined, 1);
            let location = binding.location_of(fault.line, fault.column);
            sink.finding(at(fault.rule, Effect::QuarantinedRow, location));
            return Ok(Some(false));
        }
        Ok(Some(true))
    }

    fn step(&mut self, row: &mut Row, sink: &mut dyn Sink) -> Result<Step, ReadError> {
        self.reader
            .read(row)
            .map_err(|error| refused(error.into_read_error(&self.label), sink))
    }
}
