//! The files of a delivery, parted into sets.

use super::*;

/// A file that a table of the layout recognises, and what its name says.
pub(super) struct SetFile<'a> {
    pub(super) of: TableFile<'a>,
    pub(super) facts: NameFacts,
}

/// Recognises the files of a delivery.
pub(super) fn recognise<'a>(
    delivery: &'a Delivery,
    reading: &Reading<'a>,
    sink: &mut dyn Sink,
) -> Result<Vec<SetFile<'a>>, ReadError> {
    let files = table_set::recognise(TABLES, delivery, reading, sink)?;
    let facts = |of: &TableFile<'_>| NameFacts::of_table(&of.file.name);
    Ok(files
        .into_iter()
        .map(|of| SetFile {
            facts: facts(&of),
            of,
        })
        .collect())
}

/// Parts the files into sets. Set and census are believed only where every file's name says them, so that a
/// carelessly named file does not fall into a set of its own.
pub(super) fn sets(files: Vec<SetFile<'_>>) -> Vec<Vec<SetFile<'_>>> {
    let by_set = files.iter().all(|file| file.facts.set.is_some());
    let by_census = files
        .iter()
        .all(|file| file.facts.year.is_some() && file.facts.term.is_some());
    let mut sets: BTreeMap<_, Vec<SetFile<'_>>> = BTreeMap::new();
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
