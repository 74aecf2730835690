//! What the tests of this crate share: a sink that keeps everything, and short texts of what it holds.

#![allow(dead_code, reason = "each test file uses its own part")]

use std::path::{Path, PathBuf};

use identity::TestNumbers;
use jiff::civil::date;
use kit::{Connector, Delivery, DeliveryFile, Incoming, Layout, ReadError, Reading, Sink, Stopped, mappings};
use records::{Finding, Outcome, Payload, Section23Notice, State};
use section23::Section23;

/// Keeps what a connector hands on.
#[derive(Default)]
pub struct Kept {
    pub records: Vec<Incoming>,
    pub findings: Vec<Finding>,
    pub rows: u64,
    pub quarantined: u64,
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
        assert_eq!(table, "notices");
        self.rows += rows;
    }

    fn rows_without_record(&mut self, _: &'static str, outcome: Outcome, rows: u64) {
        assert_eq!(outcome, Outcome::Quarantined);
        self.quarantined += rows;
    }
}

impl Kept {
    /// The findings as `line column header rule effect`, in the order of the file; those that speak of many rows
    /// end with their number.
    pub fn finding_lines(&self) -> Vec<String> {
        let mut findings = self.findings.clone();
        findings.sort_by_key(|finding| (finding.location.line, finding.location.column, finding.rule.id));
        findings
            .iter()
            .map(|finding| {
                let place = &finding.location;
                let mut line = format!(
                    "{} {} {} {} {}",
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
        self.records
            .iter()
            .map(|incoming| {
                incoming
                    .reference
                    .as_ref()
                    .map_or("-", |reference| reference.expose())
            })
            .collect()
    }

    /// What the `number`th record says.
    pub fn notice(&self, number: usize) -> &Section23Notice {
        match &self.records[number].record.state {
            State::Current(payload) => match payload.as_ref() {
                Payload::Section23(notice) => notice,
                _ => panic!("not a notice"),
            },
            State::Withdrawn => panic!("withdrawn"),
        }
    }
}

/// Reads a file of `tests/data` through a layout.
pub fn read(layout: &Layout, file: &str) -> (Kept, Result<(), ReadError>) {
    read_path(layout, &data().join(file), file)
}

/// Reads a file anywhere.
pub fn read_path(layout: &Layout, path: &Path, name: &str) -> (Kept, Result<(), ReadError>) {
    let bytes = std::fs::metadata(path).unwrap().len();
    let label = layout.file.label(name, 1, &[]);
    let file = DeliveryFile {
        label,
        name: name.to_owned(),
        path: path.to_owned(),
        bytes,
    };
    let delivery = Delivery {
        files: vec![file],
        received: date(2025, 6, 1).at(6, 0, 0, 0),
    };
    let reading = Reading {
        layout,
        provider: "881",
        as_at: date(2026, 10, 31),
        test_numbers: TestNumbers::Allowed,
    };
    let mut kept = Kept::default();
    let result = Section23
        .read(&delivery, &reading, &mut kept)
        .map(|scopes| assert!(scopes.is_empty()));
    (kept, result)
}

/// A layout that the program carries, or a file of `tests/data`.
pub fn layout(name: &str) -> Layout {
    let layout = mappings::load(name, &data()).unwrap();
    layout.check(Section23.tables()).unwrap();
    layout
}

pub fn data() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data")
}
