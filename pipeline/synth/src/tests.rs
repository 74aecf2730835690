//! Whole areas: their bytes, their truth, and what the connectors make of them.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use identity::{NhsNumber, TestNumbers, Upn};
use jiff::civil::date;
use kit::{Connector, Delivery, DeliveryFile, Incoming, Reading, Sink, Stopped};
use records::{Finding, Kind, Outcome, finding::Effect};
use sha2::{Digest, Sha256};

use super::*;

const AS_AT: Date = date(2026, 11, 23);

fn small(out: &Path) -> Settings {
    Settings {
        children: 1_500,
        years: 2,
        ..Settings::new(out, AS_AT)
    }
}

/// An area in a folder that goes when it is dropped.
struct Area {
    folder: tempfile::TempDir,
    summary: Summary,
}

fn area(change: impl FnOnce(&mut Settings)) -> Area {
    let folder = tempfile::tempdir().unwrap();
    let mut settings = small(folder.path());
    change(&mut settings);
    let summary = write(&settings, |_, _| {}).unwrap();
    Area { folder, summary }
}

impl Area {
    fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Every file by its path, with the hash of its bytes and its time.
    fn tree(&self) -> BTreeMap<String, (String, u64)> {
        let mut tree = BTreeMap::new();
        for path in files_below(self.path()) {
            let hash: String = Sha256::digest(fs::read(&path).unwrap())
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect();
            let modified = fs::metadata(&path).unwrap().modified().unwrap();
            let seconds = modified.duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
            tree.insert(
                path.strip_prefix(self.path()).unwrap().display().to_string(),
                (hash, seconds),
            );
        }
        tree
    }

    fn table(&self, path: &str) -> Vec<BTreeMap<String, String>> {
        csv::Reader::from_path(self.path().join(path))
            .unwrap()
            .deserialize()
            .map(Result::unwrap)
            .collect()
    }
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(files_below(&path))
        } else {
            files.push(path)
        }
    }
    files.sort();
    files
}

/// What a connector handed on.
#[derive(Default)]
struct Seen {
    records: Vec<Incoming>,
    findings: Vec<Finding>,
    rows: u64,
    without_record: BTreeMap<Outcome, u64>,
}

impl Sink for Seen {
    fn record(&mut self, incoming: Incoming) -> Result<(), Stopped> {
        self.records.push(incoming);
        Ok(())
    }

    fn finding(&mut self, finding: Finding) {
        self.findings.push(finding);
    }

    fn rows_read(&mut self, _table: &'static str, rows: u64) {
        self.rows += rows;
    }

    fn rows_without_record(&mut self, _table: &'static str, outcome: Outcome, rows: u64) {
        *self.without_record.entry(outcome).or_default() += rows;
    }
}

/// Reads every delivery of a feed with its connector: what each made of it, by the delivery's path.
fn read_back(area: &Area, feed: &Feed) -> BTreeMap<String, Seen> {
    let layout = kit::mappings::load(feed.mapping, Path::new("/nowhere")).unwrap();
    let connector: &dyn Connector = match feed.kind {
        Kind::Section23 => &section23::Section23,
        Kind::SchoolCensus => &school_census::SchoolCensus,
    };
    let mut deliveries: BTreeMap<PathBuf, Vec<PathBuf>> = BTreeMap::new();
    let folder = area.path().join(&feed.folder);
    for file in files_below(&folder) {
        let parent = file.parent().unwrap().to_owned();
        deliveries
            .entry(if parent == folder { file.clone() } else { parent })
            .or_default()
            .push(file);
    }
    let mut seen = BTreeMap::new();
    for (path, files) in deliveries {
        let files = files
            .iter()
            .zip(1..)
            .map(|(path, number)| {
                let name = path.file_name().unwrap().to_str().unwrap().to_owned();
                let label = layout.file.label(&name, number, &[&feed.provider]);
                assert_eq!(label, name, "findings can name the file");
                DeliveryFile {
                    label,
                    name,
                    path: path.clone(),
                    bytes: fs::metadata(path).unwrap().len(),
                }
            })
            .collect();
        let reading = Reading {
            layout: &layout,
            provider: &feed.provider,
            as_at: AS_AT,
            test_numbers: TestNumbers::Allowed,
        };
        let delivery = Delivery {
            files,
            received: AS_AT.at(0, 0, 0, 0),
        };
        let mut sink = Seen::default();
        connector.read(&delivery, &reading, &mut sink).unwrap();
        seen.insert(
            path.strip_prefix(area.path()).unwrap().display().to_string(),
            sink,
        );
    }
    seen
}

#[test]
fn the_same_settings_make_the_same_bytes_and_times() {
    let one = area(|_| {}).tree();
    assert_eq!(one, area(|_| {}).tree());
    let other = area(|settings| settings.seed = 2).tree();
    let same = one
        .iter()
        .filter(|(path, file)| other.get(*path) == Some(file))
        .count();
    assert!(
        same * 20 < one.len(),
        "{same} of {} files do not depend on the seed",
        one.len()
    );
}

#[test]
fn a_rate_of_one_feed_leaves_the_others_alone() {
    let census_of = |area: &Area| -> BTreeMap<_, _> {
        area.tree()
            .into_iter()
            .filter(|(path, _)| path.starts_with("incoming/school"))
            .collect()
    };
    let plain = area(|_| {});
    let noisy = area(|settings| {
        settings.rates.nhs_number_missing = 0.9;
        settings.rates.duplicates = 0.5;
        settings.rates.forename_variants = 0.5;
    });
    assert_eq!(census_of(&plain), census_of(&noisy));
    assert!(noisy.summary.notices > plain.summary.notices);
}

#[test]
fn nobody_in_an_area_lives() {
    let area = area(|_| {});
    for person in area.table("truth/persons.csv") {
        let number = &person["nhs_number"];
        assert!(
            number.starts_with("999") && NhsNumber::parse(number, TestNumbers::Allowed).is_ok(),
            "{number}"
        );
        let upn = &person["upn"];
        assert!(
            upn.is_empty() || (Upn::parse(upn).is_ok() && ("001".."006").contains(&&upn[1..4])),
            "{upn}"
        );
    }
    // What notices and returns state is of the same ranges, or no number at all.
    for feed in &area.summary.feeds {
        for incoming in read_back(&area, feed).values().flat_map(|seen| &seen.records) {
            let people = &incoming.people;
            for person in people.child.iter().chain(&people.mother) {
                if let Some(number) = person.nhs_number.valid() {
                    assert!(number.expose().starts_with("999"));
                }
                for upn in person.upn.valid().into_iter().chain(&person.former_upns) {
                    assert!(("001".."006").contains(&&upn.expose()[1..4]));
                }
                if let Some(postcode) = person.postcode.valid() {
                    assert!(postcode.expose().starts_with('Q'));
                }
            }
        }
    }
}

#[test]
fn every_record_has_its_person_and_every_person_stands_once() {
    let area = area(|_| {});
    let truth = area.table("truth/records.csv");
    assert_eq!(
        truth.len() as u64,
        area.summary.notices + area.summary.school_records
    );
    let mut by_place = BTreeMap::new();
    for record in &truth {
        let place = (record["file"].clone(), record["line"].parse::<u64>().unwrap());
        assert!(
            by_place.insert(place, record).is_none(),
            "two persons in one place"
        );
    }
    let persons: BTreeMap<_, _> = area
        .table("truth/persons.csv")
        .into_iter()
        .map(|person| (person["person"].clone(), person))
        .collect();
    assert_eq!(persons.len(), area.summary.persons);
    let told: BTreeSet<&String> = truth.iter().map(|record| &record["person"]).collect();
    assert_eq!(told, persons.keys().collect());

    let mut found = 0;
    for feed in &area.summary.feeds {
        for (path, seen) in read_back(&area, feed) {
            for incoming in &seen.records {
                let line = incoming.location.line.unwrap();
                let file = if path.ends_with(&incoming.location.file) {
                    path.clone()
                } else {
                    format!("{path}/{}", incoming.location.file)
                };
                let record = by_place
                    .get(&(file.clone(), line))
                    .unwrap_or_else(|| panic!("{file}:{line}"));
                assert_eq!(record["feed"], feed.name);
                let child = incoming.people.child.as_ref().unwrap();
                if let Some(upn) = child.upn.valid().filter(|_| feed.kind == Kind::SchoolCensus) {
                    assert_eq!(upn.expose(), record["upn"]);
                }
                if let Some(birth) = child.birth_date.valid() {
                    let person = &persons[&record["person"]];
                    let year = person["birth_date"][..4].parse::<i16>().unwrap();
                    // A slip of the finger is one year at most.
                    assert!(
                        (birth.date().year() - year).abs() <= 1,
                        "the record is about somebody else"
                    );
                }
                found += 1;
            }
        }
    }
    assert!(
        found * 100 > truth.len() * 98,
        "{found} of {} records were read",
        truth.len()
    );
}

#[test]
fn the_connectors_read_what_was_written() {
    let area = area(|_| {});
    for feed in &area.summary.feeds {
        let mut counts: BTreeMap<(&str, Effect), u64> = BTreeMap::new();
        let (mut rows, mut quarantined, mut read) = (0, 0, 0);
        for seen in read_back(&area, feed).values() {
            rows += seen.rows;
            read += seen.records.len() as u64;
            quarantined += seen
                .without_record
                .get(&Outcome::Quarantined)
                .copied()
                .unwrap_or_default();
            for finding in &seen.findings {
                *counts.entry((finding.rule.id, finding.effect)).or_default() += finding.rows;
            }
        }
        eprintln!(
            "{} rows {rows} read {read} quarantined {quarantined} {counts:#?}",
            feed.name
        );
    }
}
