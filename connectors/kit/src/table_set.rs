//! Deliveries of many tables joined by keys: COLLECT's Blade export, and the submissions of NHS data sets.
//!
//! Each file is one CSV table, told by its header and, where headers do not decide, by its name. A set is read
//! from its leaves to its root: the tables of what belongs to somebody are held ([`Held`]), compactly and by the key
//! of the row that each belongs to; then the table of people is streamed, and each person takes what is theirs. What
//! nobody took belongs to nobody: its parent's row was lost or never sent.
//!
//! A submission to an NHS data set ([`TableSet`]) states in its header ([`Submission`]) whose it is, of which month
//! and when it was made. It is the whole truth of its provider and month: a refresh replaces what the primary
//! submission said.
//!
//! Every row of every table is counted once. A reader counts the rows of tables that it holds or streams as it
//! decides about them; [`TableSet::finish`] counts those of all others as out of scope.

use std::{
    collections::{BTreeSet, HashSet},
    hash::{BuildHasher, Hash},
};

use foldhash::{fast, quality};
use records::{Location, finding::Effect};

use crate::{
    Verdict,
    connector::{Delivery, DeliveryFile, ReadError, Reading, Sink},
    contract::Mode,
    field::Table,
    layout::TableLayout,
    report::{about_table, at, refuse, refused},
    rules,
    tabular::Reader,
    values::Values,
};

mod file;
mod held;
mod submission;

pub use file::{OpenTable, TableFile};
pub use held::{Held, HeldRow, is_cut_off};
pub use submission::{HEADER_FIELDS, Submission, stated_provider};

/// Recognises the files of a delivery. Files that are no CSV or no table of the layout are reported, and refused
/// where the feed refuses columns that it does not know.
///
/// # Errors
/// [`ReadError`] where a file cannot be opened, or is refused.
pub fn recognise<'a>(
    tables: &'static [Table],
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
            let reader = open(file, reading, sink)?;
            find(tables, reading, reader.header(), &file.name)
        } else {
            None
        };
        if let Some((table, layout)) = found {
            files.push(TableFile { file, table, layout });
            continue;
        }
        let location = Location {
            file: file.label.clone(),
            ..Location::default()
        };
        if reading.layout.contract.unknown_column == Mode::RefuseDelivery {
            let finding = at(&rules::UNKNOWN_TABLE, Effect::RefusedDelivery, location);
            return Err(refuse(finding, sink));
        }
        sink.finding(at(&rules::UNKNOWN_TABLE, Effect::Accepted, location));
    }
    Ok(files)
}

/// The table that a file of this header and name is.
pub(crate) fn find<'a>(
    tables: &'static [Table],
    reading: &Reading<'a>,
    header: &[String],
    file_name: &str,
) -> Option<(&'static Table, &'a TableLayout)> {
    let (name, layout) = reading.layout.recognise(header, file_name)?;
    Some((tables.iter().find(|table| table.name == name)?, layout))
}

fn open(file: &DeliveryFile, reading: &Reading<'_>, sink: &mut dyn Sink) -> Result<Reader, ReadError> {
    Reader::open(file, &reading.layout.file, &[])
        .map_err(|error| refused(error.into_read_error(&file.label), sink))
}

/// Keys seen so far. Hashes of 64 bits are kept, so that a county's census takes a few megabytes: two keys that meet
/// by chance (one chance in ten million for a million keys) would cost a finding and, where a key must be its row's
/// alone, the second row.
#[derive(Default)]
pub struct Seen(HashSet<u64, fast::FixedState>);

impl Seen {
    /// Whether this is the first time.
    pub fn first<T: Hash + ?Sized>(&mut self, what: &T) -> bool {
        self.0.insert(quality::FixedState::default().hash_one(what))
    }

    /// The key of a row, which must be there and be this row's alone. Where it is not, that is noted, as keeping the
    /// row out: of two rows with one key the first stands.
    pub fn key(&mut self, values: &mut Values<'_>, field: &str) -> Option<Box<str>> {
        let Some(key) = values.raw(field) else {
            values.note(field, &rules::MISSING_VALUE, Effect::QuarantinedRow);
            return None;
        };
        if !self.first(key.as_ref()) {
            values.note(field, &rules::DOUBLE_KEY, Effect::QuarantinedRow);
            return None;
        }
        Some(key.as_ref().into())
    }
}

/// The files of one submission.
pub struct TableSet<'a> {
    reading: &'a Reading<'a>,
    files: Vec<TableFile<'a>>,
    /// Tables whose rows are counted.
    read: BTreeSet<&'static str>,
}

impl<'a> TableSet<'a> {
    /// Recognises the files of a submission and checks that every table is there that the layout requires. A table
    /// that would be read and is not there is reported: what it says is then unknown, not "no".
    ///
    /// # Errors
    /// [`ReadError::Refused`] where a required table is missing or a file cannot be read.
    pub fn open(
        tables: &'static [Table],
        delivery: &'a Delivery,
        reading: &'a Reading<'a>,
        sink: &mut dyn Sink,
    ) -> Result<Self, ReadError> {
        let files = recognise(tables, delivery, reading, sink)?;
        for table in tables {
            let Some(layout) = reading.layout.tables.get(table.name) else {
                continue;
            };
            if files.iter().any(|file| file.table.name == table.name) {
                continue;
            }
            if layout.required {
                let finding = about_table(&rules::MISSING_TABLE, Effect::RefusedDelivery, table.name);
                return Err(refuse(finding, sink));
            }
            if !layout.columns.is_empty() {
                sink.finding(about_table(&rules::EXPECTED_TABLE, Effect::Accepted, table.name));
            }
        }
        Ok(TableSet {
            reading,
            files,
            read: BTreeSet::new(),
        })
    }

    /// Whether the submission holds this table.
    pub fn has(&self, table: &str) -> bool {
        self.files.iter().any(|file| file.table.name == table)
    }

    /// Reads a table row by row, file after file. Rows that cannot be trusted are counted here; what becomes of the
    /// others is for `each` to count.
    ///
    /// # Errors
    /// [`ReadError`], also that of `each`.
    pub fn each_row(
        &mut self,
        table: &'static str,
        sink: &mut dyn Sink,
        mut each: impl FnMut(Values<'_>, &mut dyn Sink) -> Result<(), ReadError>,
    ) -> Result<(), ReadError> {
        self.read.insert(table);
        for file in self.files.iter().filter(|file| file.table.name == table) {
            let columns = (&file.layout.columns, file.layout.ignored.as_slice());
            file.open(self.reading, sink)?
                .each_row(columns, self.reading, sink, &mut each)?;
        }
        Ok(())
    }

    /// Holds a table by the key of the row that each of its rows belongs to: the value of the field `parent`. Rows
    /// that are kept out are counted; what becomes of the others is for who takes them to count. Empty where the
    /// submission does not hold the table.
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn hold<T>(
        &mut self,
        table: &'static str,
        parent: &'static str,
        sink: &mut dyn Sink,
        mut parse: impl FnMut(&mut Values<'_>) -> Option<T>,
    ) -> Result<Held<T>, ReadError> {
        self.read.insert(table);
        let mut held = Held::new(table, parent);
        for file in self.files.iter().filter(|file| file.table.name == table) {
            let columns = (&file.layout.columns, file.layout.ignored.as_slice());
            file.open(self.reading, sink)?
                .hold(columns, self.reading, &mut held, sink, &mut parse)?;
        }
        Ok(held)
    }

    /// Reads the table of the header: whose submission this is, of which month, made when. Its rows are out of
    /// scope.
    ///
    /// # Errors
    /// [`ReadError::Refused`] where the header does not say, or says that the submission is not what this feed
    /// sends.
    pub fn submission(&mut self, table: &'static str, sink: &mut dyn Sink) -> Result<Submission, ReadError> {
        let reading = self.reading;
        let mut stated: Option<Submission> = None;
        self.each_row(table, sink, |mut values, sink| {
            let submission = Submission::read(&mut values, reading);
            if let (Some(first), Some(this)) = (&stated, &submission)
                && first != this
            {
                values.note("period_end", &rules::SEVERAL_SUBMISSIONS, Effect::RefusedDelivery);
            }
            let outcome = match values.finish(sink)? {
                Verdict::Keep => records::Outcome::OutOfScope,
                Verdict::Quarantined => records::Outcome::Quarantined,
            };
            sink.rows_without_record(table, outcome, 1);
            stated = stated.take().or(submission);
            Ok(())
        })?;
        stated.ok_or_else(|| {
            let finding = about_table(&rules::NO_SUBMISSION, Effect::RefusedDelivery, table);
            refuse(finding, sink)
        })
    }

    /// Counts the rows of the tables that were not read, as out of scope.
    ///
    /// # Errors
    /// [`ReadError`] where a file is cut short or cannot be read.
    pub fn finish(self, sink: &mut dyn Sink) -> Result<(), ReadError> {
        for file in &self.files {
            if !self.read.contains(file.table.name) {
                file.pass_over(self.reading, sink)?;
            }
        }
        Ok(())
    }
}
