//! Which file is which table, and of which set.

use super::*;

/// A file that a table of the layout recognises.
pub(super) struct TableFile<'a> {
    pub(super) file: &'a DeliveryFile,
    pub(super) table: &'static Table,
    pub(super) layout: &'a TableLayout,
    pub(super) facts: NameFacts,
}

impl TableFile<'_> {
    /// Opens the file at its first row.
    ///
    /// # Errors
    /// Where it cannot be read, or has no header.
    pub(super) fn open(&self, reading: &Reading<'_>, sink: &mut dyn Sink) -> Result<Reader, ReadError> {
        open(self.file, reading, sink)
    }
}

/// Recognises the files of a delivery by their headers. Files that are no CSV or no table of the layout are
/// reported, and refused where the feed refuses columns that it does not know.
pub(super) fn recognise<'a>(
    delivery: &'a Delivery,
    reading: &Reading<'a>,
    sink: &mut dyn Sink,
) -> Result<Vec<TableFile<'a>>, ReadError> {
    let mut files = Vec::new();
    for file in &delivery.files {
        let is_csv = file
            .name
            .rsplit_once('.')
            .is_none_or(|(_, extension)| extension.eq_ignore_ascii_case("csv"));
        let found = if is_csv {
            find(open(file, reading, sink)?.header(), reading)
        } else {
            None
        };
        let facts = NameFacts::of_table(&file.name);
        if let Some((table, layout)) = found {
            files.push(TableFile {
                file,
                table,
                layout,
                facts,
            });
            continue;
        }
        let location = Location {
            file: file.label.clone(),
            ..Location::default()
        };
        if reading.layout.contract.unknown_column == kit::Mode::RefuseDelivery {
            return Err(refuse(
                at(&rules::UNKNOWN_TABLE, Effect::RefusedDelivery, location),
                sink,
            ));
        }
        sink.finding(at(&rules::UNKNOWN_TABLE, Effect::Accepted, location));
    }
    Ok(files)
}

/// Parts the files into sets. Set and census are believed only where every file's name says them, so that a
/// carelessly named file does not fall into a set of its own.
pub(super) fn sets(files: Vec<TableFile<'_>>) -> Vec<Vec<TableFile<'_>>> {
    let by_set = files.iter().all(|file| file.facts.set.is_some());
    let by_census = files
        .iter()
        .all(|file| file.facts.year.is_some() && file.facts.term.is_some());
    let mut sets: BTreeMap<_, Vec<TableFile<'_>>> = BTreeMap::new();
    if files.is_empty() {
        // An empty set, which lacks its tables: the delivery is then refused for that.
        sets.insert((None, None), Vec::new());
    }
    for file in files {
        let census = (file.facts.year, file.facts.term);
        let key = (file.facts.set.filter(|_| by_set), by_census.then_some(census));
        sets.entry(key).or_default().push(file);
    }
    sets.into_values().collect()
}

fn open(file: &DeliveryFile, reading: &Reading<'_>, sink: &mut dyn Sink) -> Result<Reader, ReadError> {
    Reader::open(file, &reading.layout.file, &[])
        .map_err(|error| refused(error.into_read_error(&file.label), sink))
}

/// The table that a header belongs to.
fn find<'a>(header: &[String], reading: &Reading<'a>) -> Option<(&'static Table, &'a TableLayout)> {
    let (name, layout) = reading.layout.recognise(header)?;
    Some((table(name)?, layout))
}
