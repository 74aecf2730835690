//! From messages to rows of declared fields.

use std::collections::BTreeMap;

use records::{Location, Outcome, Rule, finding::Effect};
use zeroize::Zeroizing;

use super::{Bundle, Unit, Units};
use crate::{
    binding::{Binding, known_names},
    connector::{DeliveryFile, ReadError, Sink},
    field::Table,
    flat::Became,
    layout::{Column, Layout},
    report::{at, refused},
    rules,
    tabular::Row,
    values::{Values, Verdict},
};

/// What a message says of one record: cells by the names of their elements.
#[derive(Default)]
pub struct Extract {
    cells: BTreeMap<String, Zeroizing<String>>,
    notes: Vec<(String, &'static Rule, Effect)>,
}

impl Extract {
    /// Sets a cell, unless it was set before.
    pub fn set(&mut self, element: impl Into<String>, text: &str) {
        let cell = self.cells.entry(element.into());
        cell.or_insert_with(|| Zeroizing::new(text.to_owned()));
    }

    /// As [`set`](Self::set), where there is something.
    pub fn set_some(&mut self, element: impl Into<String>, text: Option<&str>) {
        if let Some(text) = text {
            self.set(element, text);
        }
    }

    /// Notes that an element breaks a rule, and what that costs: the record, a value, or nothing.
    pub fn note(&mut self, element: impl Into<String>, rule: &'static Rule, effect: Effect) {
        self.notes.push((element.into(), rule, effect));
    }

    /// A cell.
    pub fn get(&self, element: &str) -> Option<&str> {
        self.cells.get(element).map(|text| text.as_str())
    }
}

/// How the messages of a feed become rows.
pub struct Shape<'a> {
    /// The table that the rows are of.
    pub table: &'static Table,
    /// Where the layout finds its fields, and what it knows and does not read.
    pub columns: (&'a BTreeMap<String, Column>, &'a [String]),
    /// Whether a message can have an element of this name.
    pub is_element: fn(&str) -> bool,
}

/// Reads a file of messages. `extract` says what of a message is a record; one of which nothing is counts as out of
/// scope. `record` makes the record of each, as [`flat::read_file`](crate::flat::read_file) does of a row.
///
/// # Errors
/// [`ReadError`]; where it is [`ReadError::Refused`], `sink` has the finding.
pub fn read_file<R: Into<Became>>(
    shape: &Shape<'_>,
    file: &DeliveryFile,
    layout: &Layout,
    sink: &mut dyn Sink,
    mut extract: impl FnMut(&Bundle<'_>) -> Vec<Extract>,
    mut record: impl FnMut(&mut Values<'_>) -> R,
) -> Result<(), ReadError> {
    let mut units = Units::open(file, &layout.file).map_err(|error| refused(error, sink))?;
    let (columns, ignored) = shape.columns;
    let mut header = known_names(columns, ignored);
    header.retain(|name| (shape.is_element)(name));
    let place = Location {
        file: file.label.clone(),
        ..Location::default()
    };
    let binding = Binding::new(shape.table, layout, shape.columns, &header, place, sink)?;
    let mut binding = binding.without_columns();
    let column_of = |element: &str| {
        let place = header.iter().position(|name| name == element)?;
        u32::try_from(place).ok()
    };

    let (mut rows, mut kept_out, mut out_of_scope) = (0, 0, 0);
    let mut row = Row::default();
    while let Some(unit) = units
        .read()
        .map_err(|error| refused(error.into_read_error(&file.label), sink))?
    {
        let (line, node) = match unit {
            Unit::Message(line, node) => (line, node),
            Unit::Fault(line, rule) => {
                rows += 1;
                kept_out += 1;
                sink.finding(at(rule, Effect::QuarantinedRow, binding.location_of(line, None)));
                continue;
            }
        };
        let Some(bundle) = Bundle::of(&node) else {
            rows += 1;
            kept_out += 1;
            let location = binding.location_of(line, None);
            sink.finding(at(&rules::NO_RESOURCE, Effect::QuarantinedRow, location));
            continue;
        };
        let extracts = extract(&bundle);
        rows += extracts.len().max(1) as u64;
        out_of_scope += u64::from(extracts.is_empty());
        for extract in extracts {
            row.clear(line);
            for (column, name) in header.iter().enumerate() {
                if let Some(text) = extract.get(name) {
                    row.set_text(column, text);
                }
            }
            let mut keep = true;
            let fault = row
                .fault()
                .map(|(rule, column)| (rule, Effect::QuarantinedRow, Some(column)));
            let notes = extract.notes.iter();
            for (rule, effect, column) in fault
                .into_iter()
                .chain(notes.map(|(element, rule, effect)| (*rule, *effect, column_of(element))))
            {
                keep &= effect != Effect::QuarantinedRow;
                sink.finding(at(rule, effect, binding.location_of(line, column)));
            }
            if !keep {
                kept_out += 1;
                continue;
            }
            let mut values = binding.values(&row);
            let became = record(&mut values).into();
            match (values.finish(sink)?, became) {
                (Verdict::Keep, Became::Record(incoming)) => sink.record(*incoming)?,
                (Verdict::Keep, Became::OutOfScope) => out_of_scope += 1,
                (Verdict::Keep, Became::Nothing) | (Verdict::Quarantined, _) => kept_out += 1,
            }
        }
    }
    binding.finish(sink);
    sink.rows_read(shape.table.name, rows);
    sink.rows_without_record(shape.table.name, Outcome::Quarantined, kept_out);
    if out_of_scope > 0 {
        sink.rows_without_record(shape.table.name, Outcome::OutOfScope, out_of_scope);
    }
    Ok(())
}
