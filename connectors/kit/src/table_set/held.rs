//! A table held in memory by the row that each of its rows belongs to.

use std::collections::{BTreeMap, HashMap};

use foldhash::quality::RandomState;
use records::{Finding, Location, Outcome, Rule, finding::Effect};

use crate::{
    connector::{ReadError, Sink},
    report::{at, refuse},
    rules,
};

/// Rows without a parent from which a table counts as cut off from the table that it belongs to. A few are left
/// behind by any system that exports its tables one after the other.
const FEW_ORPHANS: u64 = 20;

/// The rows of one table.
pub struct Held<T> {
    table: &'static str,
    parent: &'static str,
    /// For each file, where its fields stand.
    files: Vec<BTreeMap<&'static str, Location>>,
    rows: HashMap<Box<str>, Family<T>, RandomState>,
    count: u64,
}

/// The rows of one parent.
struct Family<T> {
    /// Whether the parent has asked for them.
    taken: bool,
    rows: Vec<HeldRow<T>>,
}

/// One row that is held.
#[derive(Clone, Copy, Debug)]
pub struct HeldRow<T> {
    file: u32,
    line: u64,
    /// What it says; nothing where its values had to be left out.
    pub says: Option<T>,
}

impl<T> Held<T> {
    /// Nothing yet, of a table whose field `parent` says what a row belongs to.
    pub fn new(table: &'static str, parent: &'static str) -> Self {
        Held {
            table,
            parent,
            files: Vec::new(),
            rows: HashMap::default(),
            count: 0,
        }
    }

    /// The table.
    pub fn table(&self) -> &'static str {
        self.table
    }

    pub(super) fn parent(&self) -> &'static str {
        self.parent
    }

    /// The rows from here stand in another file, with its fields in these places.
    pub(super) fn start_file(&mut self, places: BTreeMap<&'static str, Location>) {
        self.files.push(places);
    }

    /// Whether no file of the table was read.
    pub fn is_without_files(&self) -> bool {
        self.files.is_empty()
    }

    pub(super) fn push(&mut self, parent: &str, line: u64, says: Option<T>) {
        self.count += 1;
        let file = u32::try_from(self.files.len().saturating_sub(1)).unwrap_or(u32::MAX);
        let row = HeldRow { file, line, says };
        match self.rows.get_mut(parent) {
            Some(family) => family.rows.push(row),
            None => {
                let family = Family {
                    taken: false,
                    rows: vec![row],
                };
                self.rows.insert(parent.into(), family);
            }
        }
    }

    /// The rows of a parent, in the order of the file. They are counted in `counts` the first time; a second parent
    /// of the same key, which is a finding, gets them without. A parent without a key has none.
    pub fn take(&mut self, parent: &str, counts: &mut Vec<(&'static str, u64)>) -> &[HeldRow<T>] {
        if parent.is_empty() {
            return &[];
        }
        let Some(family) = self.rows.get_mut(parent) else {
            return &[];
        };
        if !family.taken {
            family.taken = true;
            counts.push((self.table, family.rows.len() as u64));
        }
        &family.rows
    }

    /// Where a field of a row stands, for a finding.
    pub fn place(&self, row: &HeldRow<T>, field: &str) -> Location {
        let file = usize::try_from(row.file)
            .ok()
            .and_then(|file| self.files.get(file));
        let place = file.and_then(|places| places.get(field)).cloned();
        Location {
            line: Some(row.line),
            ..place.unwrap_or_default()
        }
    }

    /// Reports the rows that no parent asked for and counts them as kept out. What they say is given back, for what
    /// belongs to them in turn.
    ///
    /// # Errors
    /// Refuses the delivery where they are so many that the table of their parents must have been cut short.
    pub fn report_orphans(self, sink: &mut dyn Sink) -> Result<Vec<T>, ReadError> {
        let table = self.table;
        let orphans = self.orphans(&rules::ORPHAN, Effect::QuarantinedRow, sink)?;
        if !orphans.is_empty() {
            sink.rows_without_record(table, Outcome::Quarantined, orphans.len() as u64);
        }
        Ok(orphans.into_iter().filter_map(|row| row.says).collect())
    }

    /// The rows that no parent asked for, which stand by themselves: they are reported under `rule`, and to count them
    /// is for who takes them.
    ///
    /// # Errors
    /// Refuses the delivery where they are so many that the table of their parents must have been cut short.
    pub fn adopt_orphans(
        self,
        rule: &'static Rule,
        sink: &mut dyn Sink,
    ) -> Result<Vec<HeldRow<T>>, ReadError> {
        self.orphans(rule, Effect::Accepted, sink)
    }

    fn orphans(
        self,
        rule: &'static Rule,
        effect: Effect,
        sink: &mut dyn Sink,
    ) -> Result<Vec<HeldRow<T>>, ReadError> {
        let Held {
            parent,
            files,
            rows,
            count,
            ..
        } = self;
        let left = rows.into_values().filter(|family| !family.taken);
        let mut orphans: Vec<HeldRow<T>> = left.flat_map(|family| family.rows).collect();
        orphans.sort_unstable_by_key(|row| (row.file, row.line));
        let place = |row: &HeldRow<T>| {
            let file = usize::try_from(row.file).ok().and_then(|file| files.get(file));
            let place = file.and_then(|places| places.get(parent)).cloned();
            Location {
                line: Some(row.line),
                ..place.unwrap_or_default()
            }
        };
        let lost = orphans.len() as u64;
        if is_cut_off(lost, count) {
            let finding = Finding {
                rows: lost,
                ..at(
                    &rules::MANY_ORPHANS,
                    Effect::RefusedDelivery,
                    orphans.first().map(place).unwrap_or_default(),
                )
            };
            return Err(refuse(finding, sink));
        }
        for orphan in &orphans {
            sink.finding(at(rule, effect, place(orphan)));
        }
        Ok(orphans)
    }
}

/// Whether so many rows of a table have lost the rows that they belong to that the table of those must have been cut
/// short.
pub fn is_cut_off(lost: u64, rows: u64) -> bool {
    lost >= FEW_ORPHANS && lost * 10 > rows
}
