//! A table held in memory by the pupil that each row belongs to.

use std::collections::HashMap;

use super::*;

/// Rows without a pupil from which a table counts as cut off from its pupils. A few are left behind by any system
/// that exports its tables one after the other.
const FEW_ORPHANS: u64 = 20;

/// The rows of one table.
pub(super) struct Held<T> {
    name: &'static str,
    /// The header of the column with the pupil's key, for findings.
    header: Option<String>,
    files: Vec<String>,
    pupils: HashMap<Box<str>, Rows<T>>,
    rows: u64,
}

/// The rows of one pupil.
struct Rows<T> {
    /// Whether a pupil has asked for them.
    taken: bool,
    /// The file and line of each, and what it says; nothing where its values had to be left out.
    rows: Vec<(usize, u64, Option<T>)>,
}

impl<T> Held<T> {
    pub(super) fn new(name: &'static str, header: Option<String>) -> Self {
        Held {
            name,
            header,
            files: Vec::new(),
            pupils: HashMap::new(),
            rows: 0,
        }
    }

    /// The rows from here stand in this file.
    pub(super) fn start_file(&mut self, label: &str) {
        self.files.push(label.to_owned());
    }

    pub(super) fn is_without_files(&self) -> bool {
        self.files.is_empty()
    }

    pub(super) fn push(&mut self, pupil: &str, line: u64, says: Option<T>) {
        self.rows += 1;
        let file = self.files.len().saturating_sub(1);
        let row = (file, line, says);
        match self.pupils.get_mut(pupil) {
            Some(rows) => rows.rows.push(row),
            None => {
                self.pupils.insert(
                    pupil.into(),
                    Rows {
                        taken: false,
                        rows: vec![row],
                    },
                );
            }
        }
    }

    /// Reports the rows that no pupil asked for.
    ///
    /// # Errors
    /// Refuses the delivery where they are so many that a table of pupils must have been cut short.
    pub(super) fn report_orphans(self, sink: &mut dyn Sink) -> Result<(), ReadError> {
        let mut orphans: Vec<(usize, u64)> = Vec::new();
        for rows in self.pupils.values().filter(|rows| !rows.taken) {
            orphans.extend(rows.rows.iter().map(|(file, line, _)| (*file, *line)));
        }
        orphans.sort_unstable();
        let location = |&(file, line): &(usize, u64)| Location {
            file: self.files.get(file).cloned().unwrap_or_default(),
            line: Some(line),
            header: self.header.clone(),
            ..Location::default()
        };
        let count = orphans.len() as u64;
        if count >= FEW_ORPHANS && count * 10 > self.rows {
            let place = orphans.first().map(location).unwrap_or_default();
            let finding = Finding {
                rows: count,
                ..at(&rules::MANY_ORPHANS, Effect::RefusedDelivery, place)
            };
            return Err(refuse(finding, sink));
        }
        for orphan in &orphans {
            sink.finding(at(&rules::ORPHAN, Effect::QuarantinedRow, location(orphan)));
        }
        if count > 0 {
            sink.rows_without_record(self.name, Outcome::Quarantined, count);
        }
        Ok(())
    }
}

impl<T: Clone> Held<T> {
    /// What the rows of a pupil say. They are counted in `counts` the first time; a second pupil of the same key,
    /// which is a finding, gets them without. A pupil without a key has none.
    pub(super) fn take(&mut self, pupil: &str, counts: &mut Vec<(&'static str, u64)>) -> Vec<T> {
        if pupil.is_empty() {
            return Vec::new();
        }
        let Some(rows) = self.pupils.get_mut(pupil) else {
            return Vec::new();
        };
        if !rows.taken {
            rows.taken = true;
            counts.push((self.name, rows.rows.len() as u64));
        }
        rows.rows.iter().filter_map(|(_, _, says)| says.clone()).collect()
    }
}
