//! Reading a file of one table, a record a row: what every feed of spreadsheets and flat exports does.

use std::collections::BTreeMap;

use records::{Location, Outcome, finding::Effect};

use crate::{
    binding::{Binding, known_names},
    connector::{DeliveryFile, Incoming, ReadError, Sink},
    field::Table,
    layout::{Column, Layout},
    report::{at, refuse, refused},
    rules,
    tabular::{Reader, Row, Step},
    values::{Values, Verdict},
};

/// Refuses a delivery whose layout has, among `columns`, neither column nor default for one of `fields`, without which no
/// row is a record: none of its rows could be loaded, and the layout is to blame, not the rows.
///
/// # Errors
/// [`ReadError::Refused`]; `sink` has the finding.
pub fn check_mapped(
    fields: &[&str],
    columns: &BTreeMap<String, Column>,
    file: &DeliveryFile,
    sink: &mut dyn Sink,
) -> Result<(), ReadError> {
    let Some(field) = fields.iter().find(|field| !columns.contains_key(**field)) else {
        return Ok(());
    };
    let location = Location {
        file: file.label.clone(),
        // The name of a declared field is ours, not the sender's.
        header: Some((*field).to_owned()),
        ..Location::default()
    };
    let finding = at(&rules::UNMAPPED_FIELD, Effect::RefusedDelivery, location);
    Err(refuse(finding, sink))
}

/// What became of a row.
#[derive(Debug)]
pub enum Became {
    /// A record.
    Record(Box<Incoming>),
    /// Nothing, rightly: it is of no concern to the feed.
    OutOfScope,
    /// Nothing: why has been noted in its values.
    Nothing,
}

impl From<Option<Incoming>> for Became {
    fn from(incoming: Option<Incoming>) -> Self {
        incoming.map_or(Became::Nothing, |incoming| Became::Record(Box::new(incoming)))
    }
}

/// Reads a file of `table` in the form of a flat layout. `record` makes a record of each row, or notes in the
/// values why there is none; a row whose values are quarantined is kept out whatever `record` made of it.
///
/// # Errors
/// [`ReadError`]; where it is [`ReadError::Refused`], `sink` has the finding.
pub fn read_file<R: Into<Became>>(
    table: &'static Table,
    file: &DeliveryFile,
    layout: &Layout,
    sink: &mut dyn Sink,
    mut record: impl FnMut(&mut Values<'_>) -> R,
) -> Result<(), ReadError> {
    let known = known_names(&layout.columns, &layout.ignored);
    let mut reader = Reader::open(file, &layout.file, &known)
        .map_err(|error| refused(error.into_read_error(&file.label), sink))?;
    let place = reader.location(None, None);
    let columns = (&layout.columns, layout.ignored.as_slice());
    let mut binding = Binding::new(table, layout, columns, reader.header(), place, sink)?;

    let (mut rows, mut kept_out, mut out_of_scope) = (0, 0, 0);
    let mut row = Row::default();
    loop {
        match reader
            .read(&mut row)
            .map_err(|error| refused(error.into_read_error(&file.label), sink))?
        {
            Step::End => break,
            Step::Fault(fault) => {
                rows += 1;
                kept_out += 1;
                let location = binding.location_of(fault.line, fault.column);
                sink.finding(at(fault.rule, Effect::QuarantinedRow, location));
            }
            Step::Row => {
                rows += 1;
                let mut values = binding.values(&row);
                let became = record(&mut values).into();
                match (values.finish(sink)?, became) {
                    (Verdict::Keep, Became::Record(incoming)) => sink.record(*incoming)?,
                    (Verdict::Keep, Became::OutOfScope) => out_of_scope += 1,
                    (Verdict::Keep, Became::Nothing) | (Verdict::Quarantined, _) => kept_out += 1,
                }
            }
        }
    }
    binding.finish(sink);
    sink.rows_read(table.name, rows);
    sink.rows_without_record(table.name, Outcome::Quarantined, kept_out);
    if out_of_scope > 0 {
        sink.rows_without_record(table.name, Outcome::OutOfScope, out_of_scope);
    }
    Ok(())
}
