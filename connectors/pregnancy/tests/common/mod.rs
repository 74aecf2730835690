//! What the tests of this crate share: a sink that keeps everything, and short texts of what it holds.

#![allow(dead_code, reason = "each test file uses its own part")]

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use identity::TestNumbers;
use jiff::civil::date;
use kit::{
    Connector, Delivery, DeliveryFile, Incoming, Layout, ReadError, Reading, Sink, SnapshotScope, Stopped,
    mappings,
};
use pregnancy::Pregnancy;
use records::{Birth, Finding, Outcome, Payload, PregnancyNotification, State};

/// Keeps what a connector hands on.
#[derive(Default)]
pub struct Kept {
    pub records: Vec<Incoming>,
    pub findings: Vec<Finding>,
    /// Rows by table.
    pub rows: BTreeMap<&'static str, u64>,
    /// Rows that became no record, by table and outcome.
    pub without_record: BTreeMap<(&'static str, Outcome), u64>,
}

impl Sink for Kept {
    fn record(&mut self, incoming: Incoming) -> Result<(), Stopped> {
        self.records.push(incoming);
        Ok(())
    }

    fn finding(&mut self, finding: Finding) {
        self.findings.push(finding);
    }

    fn rows_read(&mut self, table: &'static str, rows: u64) {
        *self.rows.entry(table).or_default() += rows;
    }

    fn rows_without_record(&mut self, table: &'static str, outcome: Outcome, rows: u64) {
        *self.without_record.entry((table, outcome)).or_default() += rows;
    }
}

impl Kept {
    /// The findings as `file line column rule effect header`, sorted; those that speak of many rows end with their
    /// number. Of a delivery of one file the file is left out.
    pub fn finding_lines(&self) -> Vec<String> {
        let mut findings: Vec<&Finding> = self.findings.iter().collect();
        let place = |finding: &Finding| finding.location.clone();
        findings.sort_by_key(|finding| {
            let place = place(finding);
            (place.file, place.line, place.column, finding.rule.id)
        });
        let files: std::collections::BTreeSet<&str> = findings
            .iter()
            .map(|finding| finding.location.file.as_str())
            .collect();
        findings
            .iter()
            .map(|finding| {
                let place = &finding.location;
                let file = match files.len() {
                    1 => String::new(),
                    _ => format!("{} ", place.file.split('.').next().unwrap_or_default()),
                };
                let mut line = format!(
                    "{file}{} {} {} {} {}",
                    place.line.map_or("-".to_owned(), |line| line.to_string()),
                    place.column_letter().unwrap_or("-".to_owned()),
                    finding.rule.id,
                    finding.effect.as_str(),
                    place.header.as_deref().unwrap_or("-"),
                );
                if finding.rows != 1 {
                    line.push_str(&format!(" x{}", finding.rows));
                }
                line
            })
            .collect()
    }

    /// The references of the records, in order.
    pub fn references(&self) -> Vec<&str> {
        self.records.iter().map(reference).collect()
    }

    /// The record of this reference; the `number`th where there are several.
    pub fn of(&self, wanted: &str, number: usize) -> &Incoming {
        self.records
            .iter()
            .filter(|incoming| reference(incoming) == wanted)
            .nth(number)
            .unwrap()
    }

    /// Rows that were kept out.
    pub fn quarantined(&self) -> u64 {
        let kept_out = self
            .without_record
            .iter()
            .filter(|((_, outcome), _)| *outcome == Outcome::Quarantined);
        kept_out.map(|(_, rows)| rows).sum()
    }

    /// What became of the rows of each table: those of records, out of scope, kept out.
    pub fn counts(&self) -> BTreeMap<&'static str, (u64, u64, u64)> {
        let mut counts: BTreeMap<&'static str, (u64, u64, u64)> = BTreeMap::new();
        for (table, rows) in self.records.iter().flat_map(|incoming| &incoming.rows) {
            counts.entry(table).or_default().0 += rows;
        }
        for ((table, outcome), rows) in &self.without_record {
            let counts = counts.entry(table).or_default();
            match outcome {
                Outcome::OutOfScope => counts.1 += rows,
                Outcome::Quarantined => counts.2 += rows,
                _ => panic!("an outcome that is not the connector's to say"),
            }
        }
        counts.retain(|_, counts| *counts != (0, 0, 0));
        counts
    }
}

/// The reference of a record, or a dash.
fn reference(incoming: &Incoming) -> &str {
    incoming
        .reference
        .as_ref()
        .map_or("-", |reference| reference.expose())
}

/// What a record of a notification says.
pub fn notification(incoming: &Incoming) -> &PregnancyNotification {
    match payload(incoming) {
        Payload::Pregnancy(notification) => notification,
        _ => panic!("not a notification"),
    }
}

/// What a record of a birth says.
pub fn birth(incoming: &Incoming) -> &Birth {
    match payload(incoming) {
        Payload::Birth(birth) => birth,
        _ => panic!("not a birth"),
    }
}

fn payload(incoming: &Incoming) -> &Payload {
    match &incoming.record.state {
        State::Current(payload) => payload,
        State::Withdrawn => panic!("withdrawn"),
    }
}

/// Items as `field=value`.
pub fn items(other: &BTreeMap<String, String>) -> Vec<String> {
    other
        .iter()
        .map(|(field, value)| format!("{field}={value}"))
        .collect()
}

/// Reads a file of `tests/data`, or the files of a folder there, through a layout.
pub fn read(layout: &Layout, name: &str) -> (Kept, Result<Vec<SnapshotScope>, ReadError>) {
    read_path(layout, &data().join(name), name)
}

/// Reads a file or the files of a folder anywhere.
pub fn read_path(layout: &Layout, path: &Path, name: &str) -> (Kept, Result<Vec<SnapshotScope>, ReadError>) {
    let delivery = delivery(layout, path, name);
    let mut kept = Kept::default();
    let result = Pregnancy.read(&delivery, &reading(layout), &mut kept);
    (kept, result)
}

/// A file as a delivery, or the files of a folder.
pub fn delivery(layout: &Layout, path: &Path, name: &str) -> Delivery {
    let mut found: Vec<(String, PathBuf)> = if path.is_dir() {
        std::fs::read_dir(path)
            .unwrap()
            .map(|entry| entry.unwrap())
            .map(|entry| (entry.file_name().into_string().unwrap(), entry.path()))
            .collect()
    } else {
        vec![(name.to_owned(), path.to_owned())]
    };
    found.sort();
    let files = (1..)
        .zip(found)
        .map(|(number, (name, path))| DeliveryFile {
            label: layout.file.label(&name, number, &["RAJ"]),
            bytes: std::fs::metadata(&path).unwrap().len(),
            name,
            path,
        })
        .collect();
    Delivery {
        files,
        received: date(2026, 6, 1).at(6, 0, 0, 0),
    }
}

/// How the tests read.
pub fn reading(layout: &Layout) -> Reading<'_> {
    Reading {
        layout,
        provider: "RAJ",
        as_at: date(2026, 10, 31),
        test_numbers: TestNumbers::Allowed,
    }
}

/// A layout that the program carries, or a file of `tests/data`.
pub fn layout(name: &str) -> Layout {
    let layout = mappings::load(name, &data()).unwrap();
    layout.check(Pregnancy.tables()).unwrap();
    layout
}

pub fn data() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data")
}
