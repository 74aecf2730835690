//! What the tests of this crate share: deliveries from folders, and a sink that writes down what it is given.

#![allow(dead_code, reason = "each test file uses its own part")]

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use identity::{Held, Identity, Name, TestNumbers, Upn};
use jiff::civil::{Date, date};
use kit::{
    Connector, Delivery, DeliveryFile, Incoming, Layout, ReadError, Reading, Sink, SnapshotScope, Stopped,
};
use records::{Finding, Outcome, Payload, SchoolRecord, TableCounts, finding::Effect, record::State};
use school_census::SchoolCensus;

/// A folder of hand-written files.
pub fn data(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data")
        .join(folder)
}

/// A layout that the program carries.
pub fn layout(name: &str) -> Layout {
    let layout = kit::mappings::load(name, Path::new(".")).expect("the layout is there");
    layout
        .check(SchoolCensus.tables())
        .expect("the layout names declared fields");
    layout
}

/// The delivery that lies in a folder.
pub fn delivery(folder: &Path, layout: &Layout) -> Delivery {
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .expect("the folder is there")
        .map(|entry| {
            entry
                .expect("an entry")
                .file_name()
                .into_string()
                .expect("a plain name")
        })
        .collect();
    names.sort();
    let files = names
        .iter()
        .enumerate()
        .map(|(index, name)| DeliveryFile {
            label: layout.file.label(name, index + 1, &[]),
            name: name.clone(),
            path: folder.join(name),
            bytes: std::fs::metadata(folder.join(name)).expect("a file").len(),
        })
        .collect();
    Delivery {
        files,
        received: date(2027, 1, 1).at(3, 0, 0, 0),
    }
}

/// What reading a delivery brought.
#[derive(Default)]
pub struct Read {
    pub incoming: Vec<Incoming>,
    pub findings: Vec<Finding>,
    pub counts: TableCounts,
}

impl Sink for Read {
    fn record(&mut self, incoming: Incoming) -> Result<(), Stopped> {
        for (table, rows) in &incoming.rows {
            self.counts.table(table).add(Outcome::Loaded, *rows);
        }
        self.incoming.push(incoming);
        Ok(())
    }

    fn finding(&mut self, finding: Finding) {
        self.findings.push(finding);
    }

    fn rows_read(&mut self, table: &'static str, rows: u64) {
        self.counts.table(table).rows += rows;
    }

    fn rows_without_record(&mut self, table: &'static str, outcome: Outcome, rows: u64) {
        self.counts.table(table).add(outcome, rows);
    }
}

/// Reads a folder as authority 001 at the end of 2026.
pub fn read(folder: &Path, layout: &Layout) -> (Read, Result<Vec<SnapshotScope>, ReadError>) {
    read_as_at(folder, layout, date(2026, 11, 23))
}

/// As [`read`], on another day.
pub fn read_as_at(
    folder: &Path,
    layout: &Layout,
    as_at: Date,
) -> (Read, Result<Vec<SnapshotScope>, ReadError>) {
    read_delivery(&delivery(folder, layout), layout, as_at)
}

/// Reads a delivery.
pub fn read_delivery(
    delivery: &Delivery,
    layout: &Layout,
    as_at: Date,
) -> (Read, Result<Vec<SnapshotScope>, ReadError>) {
    let mut read = Read::default();
    let reading = Reading {
        layout,
        provider: "001",
        as_at,
        test_numbers: TestNumbers::Allowed,
    };
    let outcome = SchoolCensus.read(delivery, &reading, &mut read);
    (read, outcome)
}

/// Reads a folder that must be taken.
pub fn taken(folder: &Path, layout: &Layout) -> (Read, Vec<SnapshotScope>) {
    let (read, outcome) = read(folder, layout);
    let scopes = outcome.expect("the delivery is taken");
    assert!(read.counts.add_up(), "{:#?}", read.counts);
    (read, scopes)
}

/// The rule for which a folder is refused.
pub fn refused(folder: &Path, layout: &Layout) -> Finding {
    match read(folder, layout).1 {
        Err(ReadError::Refused(finding)) => {
            assert_eq!(finding.effect, Effect::RefusedDelivery);
            *finding
        }
        other => panic!("must be refused, but: {other:?}"),
    }
}

impl Read {
    /// Each record in one line, in the order in which they came.
    pub fn records(&self) -> Vec<String> {
        self.incoming.iter().map(record).collect()
    }

    /// The records in an order of their own, without the places where they stood.
    pub fn sorted_records(&self) -> Vec<String> {
        let mut records: Vec<String> = self
            .incoming
            .iter()
            .map(|incoming| format!("{} {:?}", record(incoming), incoming.key.as_bytes()))
            .map(|record| {
                record
                    .split_once(": ")
                    .map_or(record.clone(), |(_, rest)| rest.to_owned())
            })
            .collect();
        records.sort();
        records
    }

    /// Each finding in one line: where, which rule, what it cost.
    pub fn findings(&self) -> Vec<String> {
        self.findings
            .iter()
            .map(|finding| {
                let place = &finding.location;
                let mut text = place.file.clone();
                if let Some(line) = place.line {
                    text.push_str(&format!(":{line}"));
                }
                if let Some(column) = place.column_letter() {
                    text.push_str(&format!(" {column}"));
                }
                if let Some(header) = &place.header {
                    text.push_str(&format!(" {header}"));
                }
                format!("{text}: {} {}", finding.rule.id, finding.effect.as_str())
            })
            .collect()
    }

    /// Rows, loaded, out of scope and quarantined, by table.
    pub fn tallies(&self) -> BTreeMap<&str, [u64; 4]> {
        let tallies = self.counts.0.iter();
        tallies
            .map(|(name, tally)| {
                (
                    name.as_str(),
                    [tally.rows, tally.loaded, tally.out_of_scope, tally.quarantined],
                )
            })
            .collect()
    }
}

/// What a record says of the school.
pub fn payload(incoming: &Incoming) -> &SchoolRecord {
    match &incoming.record.state {
        State::Current(payload) => match payload.as_ref() {
            Payload::SchoolCensus(record) => record,
            _ => panic!("a school census record"),
        },
        State::Withdrawn => panic!("a school census withdraws nothing"),
    }
}

/// The child of a record.
pub fn child(incoming: &Incoming) -> &Identity {
    assert!(incoming.people.mother.is_none());
    incoming.people.child.as_ref().expect("a child")
}

fn record(incoming: &Incoming) -> String {
    let child = child(incoming);
    let school = payload(incoming);
    let name = |name: &Held<Name>| name.valid().map_or("-", Name::expose).to_owned();
    let names = |names: &[Name]| names.iter().map(Name::expose).collect::<Vec<_>>().join("/");
    let upns: Vec<&str> = child.former_upns.iter().map(Upn::expose).collect();
    let option = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".into());
    let flag = |flag: Option<bool>| flag.map_or("-", |flag| if flag { "yes" } else { "no" });
    let needs: Vec<String> = school
        .needs
        .iter()
        .map(|need| format!("{}{}", need.rank, need.need))
        .collect();
    let postcodes: Vec<&str> = child
        .postcode
        .valid()
        .into_iter()
        .chain(&child.other_postcodes)
        .map(|postcode| postcode.expose())
        .collect();
    format!(
        "{}:{}: {} {} {} was[{}] {} {}[{}] {}[{}] {} {} {} at[{}]{} | year {} {} sen {} unit {} rp {} fsm {} {} needs[{}]",
        incoming.location.file,
        incoming.location.line.unwrap_or_default(),
        school.school,
        if school.on_roll { "on" } else { "off" },
        child.upn.valid().map_or("-", Upn::expose),
        upns.join("/"),
        child.uln.valid().map_or("-", |uln| uln.expose()),
        name(&child.surname),
        names(&child.other_surnames),
        name(&child.forename),
        names(&child.other_forenames),
        child
            .birth_date
            .valid()
            .map_or("-".to_owned(), |birth| birth.date().to_string()),
        incoming.record.sex.as_str(),
        incoming.record.ethnic_group.map_or("-", |group| group.as_str()),
        postcodes.join("/"),
        if child.no_fixed_abode {
            " no fixed abode"
        } else {
            ""
        },
        option(&school.nc_year),
        option(&school.enrol_status),
        option(&school.sen_provision),
        flag(school.sen_unit),
        flag(school.resourced_provision),
        flag(school.fsm),
        option(&school.first_language),
        needs.join(" "),
    )
}

/// Compares line by line, so that a difference shows where it is.
pub fn assert_lines(found: &[String], expected: &[&str]) {
    for (found, expected) in found.iter().zip(expected) {
        assert_eq!(found, expected);
    }
    assert_eq!(found.len(), expected.len(), "{found:#?}");
}

/// A copy of a folder of hand-written files that a test may change.
pub fn copy(folder: &str) -> tempfile::TempDir {
    let copy = tempfile::tempdir().expect("a temporary folder");
    for entry in std::fs::read_dir(data(folder)).expect("the folder is there") {
        let entry = entry.expect("an entry");
        std::fs::copy(entry.path(), copy.path().join(entry.file_name())).expect("a copy");
    }
    copy
}

/// Changes the text of one file.
pub fn edit(folder: &Path, name: &str, change: impl FnOnce(String) -> String) {
    let path = folder.join(name);
    let text = std::fs::read_to_string(&path).expect("a text");
    let changed = change(text.clone());
    assert_ne!(text, changed, "the test changes nothing");
    std::fs::write(path, changed).expect("written");
}
