//! The rows of one file, read as the columns in force that year.

use super::*;

/// The columns of a file in force, and those known and passed over.
pub(super) struct InForce {
    columns: BTreeMap<String, Column>,
    ignored: Vec<String>,
}

impl InForce {
    /// The same as a reader of tables takes them.
    pub(super) fn columns(&self) -> (&BTreeMap<String, Column>, &[String]) {
        (&self.columns, &self.ignored)
    }
}

impl TableSet<'_> {
    /// Opens a file and says which of its columns to read. Columns that are not part of the census are reported.
    pub(super) fn open(
        &self,
        file: &SetFile<'_>,
        sink: &mut dyn Sink,
    ) -> Result<(OpenTable, InForce), ReadError> {
        let layout = file.of.layout;
        let table = file.of.open(self.reading, sink)?;
        let sent = self.sent(layout);
        self.report_columns_out_of_term(&sent, table.header(), &table.place(), sink);
        let ignored = layout.sent.values().flatten().chain(&layout.ignored);
        let in_force = InForce {
            columns: self.columns_in_force(layout, table.header(), &sent),
            ignored: ignored.cloned().collect(),
        };
        Ok((table, in_force))
    }

    /// Reads a file row by row. Rows that cannot be trusted are counted here.
    pub(super) fn each_row(
        &self,
        file: &SetFile<'_>,
        sink: &mut dyn Sink,
        each: impl FnMut(Values<'_>, &mut dyn Sink) -> Result<(), ReadError>,
    ) -> Result<(), ReadError> {
        let (table, in_force) = self.open(file, sink)?;
        table.each_row(in_force.columns(), self.reading, sink, each)
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
