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
        let sent = self.sent(layout);
        let columns = self.columns_in_force(layout, reader.header(), &sent);
        let ignored: Vec<String> = layout
            .sent
            .values()
            .flatten()
            .chain(&layout.ignored)
            .cloned()
            .collect();
        self.report_columns_out_of_term(&sent, reader.header(), &place, sink);
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
    fn columns_in_force(
        &self,
        layout: &TableLayout,
        header: &[String],
        sent: &BTreeMap<String, SentColumn<'_>>,
    ) -> BTreeMap<String, Column> {
        let header: BTreeSet<String> = header.iter().map(|name| fold_code(name)).collect();
        let wanted = |name: &String| {
            let name = fold_code(name);
            header.contains(&name) || sent.get(&name).is_some_and(|column| column.in_force)
        };
        let every = sent.is_empty() || self.censuses.is_empty();
        let columns = layout
            .columns
            .iter()
            .filter(|(_, column)| every || column.names.iter().any(wanted));
        columns
            .map(|(field, column)| (field.clone(), column.clone()))
            .collect()
    }

    /// The columns that a table may have in any census, by their folded names.
    fn sent<'l>(&self, layout: &'l TableLayout) -> BTreeMap<String, SentColumn<'l>> {
        let mut sent = BTreeMap::new();
        for (censuses, names) in &layout.sent {
            let in_force = self.censuses.iter().any(|census| censuses.contains(*census));
            for name in names {
                let column = sent
                    .entry(fold_code(name))
                    .or_insert(SentColumn { name, in_force });
                column.in_force |= in_force;
            }
        }
        sent
    }

    fn report_columns_out_of_term(
        &self,
        sent: &BTreeMap<String, SentColumn<'_>>,
        header: &[String],
        place: &Location,
        sink: &mut dyn Sink,
    ) {
        if self.censuses.is_empty() {
            return;
        }
        for (column, name) in (0..).zip(header) {
            if let Some(known) = sent.get(&fold_code(name)).filter(|known| !known.in_force) {
                let header = Some(known.name.to_owned());
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

/// A column that a table has in some census.
struct SentColumn<'a> {
    /// As the layout writes it.
    name: &'a str,
    /// Whether it is sent in a census of this set.
    in_force: bool,
}
