//! The rows of one file, read as the columns in force that year.

use super::*;

impl TableSet<'_> {
    /// Reads a file row by row. Rows that cannot be trusted are counted here.
    pub(super) fn each_row(
        &self,
        file: &TableFile<'_>,
        sink: &mut dyn Sink,
        mut each: impl FnMut(Values<'_>, &mut dyn Sink) -> Result<(), ReadError>,
    ) -> Result<(), ReadError> {
        let layout = file.layout;
        let mut reader = file.open(self.reading, sink)?;
        let place = reader.location(None, None);
        let columns = self.columns_in_force(layout, reader.header());
        let ignored: Vec<String> = layout
            .sent
            .values()
            .flatten()
            .chain(&layout.ignored)
            .cloned()
            .collect();
        self.report_columns_out_of_term(layout, reader.header(), &place, sink);
        let known = (&columns, ignored.as_slice());
        let mut binding = Binding::new(
            file.table,
            self.reading.layout,
            known,
            reader.header(),
            place,
            sink,
        )?;
        let mut row = Row::default();
        loop {
            let step = reader
                .read(&mut row)
                .map_err(|error| refused(error.into_read_error(&file.file.label), sink))?;
            match step {
                Step::Row => {
                    sink.rows_read(file.table.name, 1);
                    each(binding.values(&row), sink)?;
                }
                Step::Fault(fault) => {
                    sink.rows_read(file.table.name, 1);
                    sink.rows_without_record(file.table.name, Outcome::Quarantined, 1);
                    let location = reader.location(Some(fault.line), fault.column);
                    sink.finding(at(fault.rule, Effect::QuarantinedRow, location));
                }
                Step::End => break,
            }
        }
        binding.finish(sink);
        Ok(())
    }

    /// The columns to read: those that the file has, and those that it should have in this census, so that they
    /// are missed. A return's own header is read before its census is known and is the same in every census.
    fn columns_in_force(&self, layout: &TableLayout, header: &[String]) -> BTreeMap<String, Column> {
        let has = |name: &String| header.iter().any(|other| fold_code(other) == fold_code(name));
        let sent = |name: &String| {
            layout.sent.iter().any(|(censuses, names)| {
                names.iter().any(|other| fold_code(other) == fold_code(name))
                    && self.censuses.iter().any(|census| censuses.contains(*census))
            })
        };
        let wanted = |column: &Column| {
            layout.sent.is_empty()
                || self.censuses.is_empty()
                || column.names.iter().any(|name| has(name) || sent(name))
        };
        let columns = layout.columns.iter().filter(|(_, column)| wanted(column));
        columns
            .map(|(field, column)| (field.clone(), column.clone()))
            .collect()
    }

    fn report_columns_out_of_term(
        &self,
        layout: &TableLayout,
        header: &[String],
        place: &Location,
        sink: &mut dyn Sink,
    ) {
        if self.censuses.is_empty() {
            return;
        }
        for (column, name) in (0..).zip(header) {
            let spans: Vec<_> = layout
                .sent
                .iter()
                .filter_map(|(censuses, names)| {
                    let known = names.iter().find(|other| fold_code(other) == fold_code(name))?;
                    Some((censuses, known))
                })
                .collect();
            let in_force = spans
                .iter()
                .any(|(censuses, _)| self.censuses.iter().any(|census| censuses.contains(*census)));
            if let (false, Some((_, known))) = (in_force, spans.first()) {
                let header = Some((*known).clone());
                let location = Location {
                    column: Some(column),
                    header,
                    ..place.clone()
                };
                sink.finding(at(&rules::COLUMN_OUT_OF_TERM, Effect::Accepted, location));
            }
        }
    }
}
