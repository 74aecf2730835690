//! What the tests of this crate share: deliveries of files, and a sink that writes down what it is given.

#![allow(dead_code, reason = "each test file uses its own part")]

use std::path::{Path, PathBuf};

use identity::{BusinessKey, TestNumbers};
use jiff::civil::{Date, date};
use kit::{
    Connector, Delivery, DeliveryFile, Incoming, Layout, ReadError, Reading, Sink, SnapshotScope, Stopped,
};
use records::{Asq3, Finding, Outcome, Payload, TableCounts, TwoYearReview, finding::Effect, record::State};
use two_year_review::TwoYearReview as Connected;

/// The layout of the data set.
pub const CSDS: &str = "two-year-review/csds-1.6";
/// A submission of hand-written tables.
pub const MARCH: &str = "csds-2026-03";

pub fn data() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data")
}

/// A layout that the program carries, or a file of `tests/data`.
pub fn layout(name: &str) -> Layout {
    let layout = kit::mappings::load(name, &data()).unwrap();
    layout.check(Connected.tables()).unwrap();
    layout
}

/// A copy of a folder of `tests/data`, to be spoilt.
pub fn copy(folder: &str) -> tempfile::TempDir {
    let copy = tempfile::tempdir().unwrap();
    for entry in std::fs::read_dir(data().join(folder)).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), copy.path().join(entry.file_name())).unwrap();
    }
    copy
}

/// Rewrites a file of a folder.
pub fn edit(folder: &Path, name: &str, change: impl FnOnce(String) -> String) {
    let path = folder.join(name);
    let text = std::fs::read_to_string(&path).unwrap();
    let changed = change(text.clone());
    assert_ne!(text, changed, "{name} was not changed");
    std::fs::write(path, changed).unwrap();
}

/// The delivery that lies in a folder, or is a file.
pub fn delivery(path: &Path, layout: &Layout) -> Delivery {
    let mut paths = vec![path.to_owned()];
    if path.is_dir() {
        paths = std::fs::read_dir(path)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
    }
    paths.sort();
    let file = |(index, path): (usize, PathBuf)| {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        DeliveryFile {
            label: layout.file.label(&name, index + 1, &[]),
            bytes: std::fs::metadata(&path).unwrap().len(),
            name,
            path,
        }
    };
    Delivery {
        files: paths.into_iter().enumerate().map(file).collect(),
        received: date(2026, 5, 1).at(3, 0, 0, 0),
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

pub type Outcomes = Result<Vec<SnapshotScope>, ReadError>;

/// Reads a folder or file as provider RAJ at the end of 2026.
pub fn read(path: &Path, layout: &Layout) -> (Read, Outcomes) {
    read_as_at(path, layout, date(2026, 11, 23))
}

/// As [`read`], on another day.
pub fn read_as_at(path: &Path, layout: &Layout, as_at: Date) -> (Read, Outcomes) {
    let mut read = Read::default();
    let reading = Reading {
        layout,
        provider: "RAJ",
        as_at,
        test_numbers: TestNumbers::Allowed,
    };
    let outcome = Connected.read(&delivery(path, layout), &reading, &mut read);
    (read, outcome)
}

/// Reads what must be taken.
pub fn taken(path: &Path, layout: &Layout) -> (Read, Vec<SnapshotScope>) {
    let (read, outcome) = read(path, layout);
    let scopes = outcome.unwrap();
    assert!(read.counts.add_up(), "{:#?}", read.counts);
    (read, scopes)
}

/// The rule for which a delivery is refused, and the file that the finding names.
pub fn refused(path: &Path, layout: &Layout) -> (&'static str, String) {
    let (read, outcome) = read(path, layout);
    match outcome {
        Err(ReadError::Refused(finding)) => {
            assert_eq!(finding.effect, Effect::RefusedDelivery);
            assert!(read.findings.contains(&finding));
            (finding.rule.id, finding.location.file)
        }
        other => panic!("must be refused, but: {other:?}"),
    }
}

impl Read {
    /// The findings as `file:line column header: rule effect`, in the order of the files.
    pub fn lines(&self) -> Vec<String> {
        let mut findings: Vec<&Finding> = self.findings.iter().collect();
        findings.sort_by_key(|finding| (&finding.location, finding.rule.id));
        findings
            .iter()
            .map(|finding| {
                let place = &finding.location;
                let line = place.line.map_or("-".to_owned(), |line| line.to_string());
                let column = place.column_letter().unwrap_or("-".to_owned());
                let header = place.header.as_deref().unwrap_or("-");
                let file = place.file.trim_end_matches(".csv");
                format!(
                    "{file}:{line} {column} {header}: {} {}",
                    finding.rule.id,
                    finding.effect.as_str()
                )
            })
            .collect()
    }

    /// The ids of the rules that were broken, in order.
    pub fn rules(&self) -> Vec<&'static str> {
        let mut rules: Vec<&str> = self.findings.iter().map(|finding| finding.rule.id).collect();
        rules.sort_unstable();
        rules
    }

    /// Rows of a table: read, loaded, out of scope, kept out.
    pub fn tally(&self, table: &str) -> [u64; 4] {
        let tally = self.counts.0.get(table).copied().unwrap_or_default();
        [tally.rows, tally.loaded, tally.out_of_scope, tally.quarantined]
    }

    /// The record of a contact.
    pub fn contact(&self, id: &str) -> &Incoming {
        self.by_key(&BusinessKey::new("care-contact", &[id]))
            .unwrap_or_else(|| panic!("no review {id}"))
    }

    pub fn by_key(&self, key: &BusinessKey) -> Option<&Incoming> {
        self.incoming.iter().find(|incoming| incoming.key == *key)
    }

    /// The references of the records, in order.
    pub fn references(&self) -> Vec<&str> {
        self.incoming
            .iter()
            .map(|incoming| {
                incoming
                    .reference
                    .as_ref()
                    .map_or("-", |reference| reference.expose())
            })
            .collect()
    }
}

/// What a record says.
pub fn review(incoming: &Incoming) -> &TwoYearReview {
    match &incoming.record.state {
        State::Current(payload) => match payload.as_ref() {
            Payload::TwoYearReview(review) => review,
            _ => panic!("no review"),
        },
        State::Withdrawn => panic!("withdrawn"),
    }
}

/// Score and band of each domain, as `40 EXPECTED`, in the order of the form.
pub fn domains(asq3: &Asq3) -> [String; 5] {
    asq3.domains().map(|domain| {
        let score = domain.score.map_or("-".to_owned(), |score| score.to_string());
        format!("{score} {}", domain.band.map_or("-", |band| band.as_str()))
    })
}

/// What a record says apart from the flags by which it was found, as `field=code`.
pub fn other(incoming: &Incoming) -> Vec<String> {
    review(incoming)
        .other
        .iter()
        .map(|(field, code)| format!("{field}={code}"))
        .collect()
}
