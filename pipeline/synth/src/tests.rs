//! Whole areas: their bytes, their truth, and what the connectors make of them.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use identity::{NhsNumber, TestNumbers, Upn};
use jiff::civil::date;
use kit::{Connector, Delivery, DeliveryFile, Incoming, Reading, Sink, Stopped};
use records::{Finding, Kind, Outcome};
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
        Kind::Pregnancy => &pregnancy::Pregnancy,
        Kind::Section23 => &section23::Section23,
        Kind::TwoYearReview => &two_year_review::TwoYearReview,
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
    let mut by_name = BTreeMap::new();
    for record in &truth {
        // What names a record in its feed names one person. A school never sends one pupil twice.
        let name =
            ["feed", "provider", "reference", "census", "school", "upn"].map(|part| record[part].clone());
        let before = by_name.insert(name, &record["person"]);
        let again = if record["kind"] == "section23" {
            before == Some(&record["person"])
        } else {
            false
        };
        assert!(before.is_none() || again, "one name for two records");
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
                found += 1;
                // A withdrawal says nothing about anybody.
                let Some(child) = &incoming.people.child else {
                    continue;
                };
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

/// What became of the rows of the area's feeds, and the findings by rule and effect.
fn outcome(area: &Area, kind: Kind) -> (u64, u64, u64, BTreeMap<(&'static str, &'static str), u64>) {
    let mut counts: BTreeMap<_, u64> = BTreeMap::new();
    let (mut rows, mut records, mut quarantined) = (0, 0, 0);
    for feed in area.summary.feeds.iter().filter(|feed| feed.kind == kind) {
        for seen in read_back(area, feed).values() {
            rows += seen.rows;
            records += seen.records.len() as u64;
            quarantined += seen
                .without_record
                .get(&Outcome::Quarantined)
                .copied()
                .unwrap_or_default();
            for finding in &seen.findings {
                *counts
                    .entry((finding.rule.id, finding.effect.as_str()))
                    .or_default() += finding.rows;
            }
        }
    }
    (rows, records, quarantined, counts)
}

#[test]
fn the_connectors_read_all_that_was_written() {
    let area = area(|settings| {
        settings.children = 3_000;
        settings.rates.incomplete = 0.0;
        settings.rates.nhs_number_check_digit = 0.05;
    });
    let causes =
        |findings: BTreeMap<(&'static str, &'static str), u64>| findings.into_keys().collect::<Vec<_>>();
    let (rows, records, quarantined, findings) = outcome(&area, Kind::Section23);
    assert_eq!(
        (rows, records, quarantined),
        (area.summary.notices, area.summary.notices - 1, 1)
    );
    // What is blank, no valid number or postcode, told to the parent too late, or about a child too old: the noise.
    // One notice has neither a valid number nor a postcode, and so is about nobody.
    assert_eq!(
        causes(findings),
        [
            ("F021", "accepted"),
            ("F022", "accepted"),
            ("F032", "blanked-value"),
            ("F036", "blanked-value"),
            ("S23-002", "quarantined-row"),
            ("S23-007", "accepted"),
            ("S23-009", "accepted"),
        ]
    );
    let (_, records, quarantined, findings) = outcome(&area, Kind::SchoolCensus);
    assert_eq!((records, quarantined), (area.summary.school_records, 0));
    // A UPN with a wrong letter, and pupils without an address.
    assert_eq!(
        causes(findings),
        [("F033", "blanked-value"), ("SC-105", "accepted")]
    );
}

#[test]
fn an_incomplete_notice_is_quarantined_and_costs_nothing_else() {
    let area = area(|settings| settings.rates.incomplete = 0.5);
    let (rows, records, quarantined, findings) = outcome(&area, Kind::Section23);
    assert_eq!(rows, area.summary.notices);
    assert_eq!(records + quarantined, rows);
    assert!(
        quarantined * 10 > rows && quarantined * 10 < rows * 6,
        "{quarantined} of {rows}"
    );
    let refused: u64 = findings
        .iter()
        .filter(|((_, effect), _)| *effect == "quarantined-row")
        .map(|(_, rows)| rows)
        .sum();
    assert!(refused >= quarantined, "{findings:?}");
}

#[test]
fn every_area_holds_the_awkward_cases() {
    for (children, years) in [(FEWEST_CHILDREN, 1), (1_500, 2), (1_500, 4)] {
        let area = area(|settings| {
            settings.children = children;
            settings.years = years;
        });
        assert_eq!(area.summary.children, children);
        let truth = area.table("truth/records.csv");
        let kinds_of = |person: &str| -> BTreeSet<&str> {
            truth
                .iter()
                .filter(|record| record["person"] == person)
                .map(|record| record["kind"].as_str())
                .collect()
        };
        // Twins, triplets of whom one was stillborn, leap day, 31 August, 1 September, no fixed abode, too late, the
        // mother's number, every action: notified and at school.
        for person in [
            "F000000-1",
            "F000000-1b",
            "F000001-1",
            "F000001-1b",
            "F000004-1",
            "F000005-1",
            "F000006-1",
            "F000007-1",
            "F000008-1",
            "F000010-1",
            "F000011-1",
        ] {
            assert_eq!(
                kinds_of(person).len(),
                2,
                "{person} of {children} over {years} years"
            );
        }
        assert!(kinds_of("F000001-1c").is_empty());
        // Adopted between notice and school: known to each under one identity only.
        assert!(
            kinds_of("F000002-1").contains("section23")
                && kinds_of("F000002-1-adopted").contains("school-census")
        );
        // Moved to a neighbour before school.
        assert!(kinds_of("F000009-1").contains("section23"));
        let pairs: BTreeMap<(String, String), String> = area
            .table("truth/must-not-join.csv")
            .into_iter()
            .map(|mut pair| {
                (
                    (pair.remove("person_a").unwrap(), pair.remove("person_b").unwrap()),
                    pair.remove("reason").unwrap(),
                )
            })
            .collect();
        let reason =
            |one: &str, other: &str| pairs.get(&(one.to_owned(), other.to_owned())).map(String::as_str);
        assert_eq!(reason("F000002-1", "F000002-1-adopted"), Some("adoption"));
        assert_eq!(reason("F000000-1", "F000000-1b"), Some("born together"));
    }
}

#[test]
fn an_area_that_cannot_be_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let refused = |change: fn(&mut Settings)| {
        let mut settings = small(folder.path());
        change(&mut settings);
        write(&settings, |_, _| {}).unwrap_err().to_string()
    };
    assert!(refused(|settings| settings.children = 0).contains("200 children"));
    assert!(refused(|settings| settings.years = 0).contains("one to ten"));
    assert!(refused(|settings| settings.as_at = date(2014, 1, 1)).contains("2015"));
    assert!(refused(|settings| settings.children = 10_000_000).contains("999 range"));
    fs::write(folder.path().join("mine"), "").unwrap();
    assert!(refused(|_| {}).contains("not empty"));
    assert_eq!(files_below(folder.path()).len(), 1, "nothing was written");
}

#[test]
fn any_day_can_be_the_as_at_date() {
    for as_at in [
        date(2024, 2, 29),
        date(2025, 8, 31),
        date(2025, 9, 1),
        date(2026, 1, 1),
        date(2026, 12, 31),
    ] {
        let area = area(|settings| {
            settings.children = FEWEST_CHILDREN;
            settings.as_at = as_at;
        });
        assert_eq!(area.summary.children, FEWEST_CHILDREN);
        assert_eq!(area.summary.censuses.len(), 6);
        for record in area.table("truth/records.csv") {
            assert!(area.path().join(&record["file"]).exists());
        }
        let latest = area.tree().values().map(|(_, seconds)| *seconds).max().unwrap();
        assert!(
            latest
                < as_at
                    .tomorrow()
                    .unwrap()
                    .to_zoned(jiff::tz::TimeZone::UTC)
                    .unwrap()
                    .timestamp()
                    .as_second() as u64
        );
    }
}

/// Shares of notices without an NHS number, about children born in the three most and the three least deprived tenths.
fn shares_without_number(bias_by_deprivation: bool) -> (f64, f64) {
    let area = area(|settings| {
        settings.children = 6_000;
        settings.bias_by_deprivation = bias_by_deprivation;
        settings.rates.nhs_number_missing = 0.3;
        settings.rates.nhs_number_missing_from_system = 0.3;
    });
    let deciles: BTreeMap<String, u8> = area
        .table("truth/persons.csv")
        .into_iter()
        .filter_map(|person| Some((person["person"].clone(), person["imd_decile"].parse().ok()?)))
        .collect();
    let persons: BTreeMap<String, String> = area
        .table("truth/records.csv")
        .into_iter()
        .map(|record| (record["reference"].clone(), record["person"].clone()))
        .collect();
    let mut shares = [(0.0, 0.0); 2];
    for feed in area
        .summary
        .feeds
        .iter()
        .filter(|feed| feed.kind == Kind::Section23)
    {
        for incoming in read_back(&area, feed).into_values().flat_map(|seen| seen.records) {
            let (Some(child), Some(reference)) = (&incoming.people.child, &incoming.reference) else {
                continue;
            };
            let share = match persons
                .get(reference.expose())
                .and_then(|person| deciles.get(person))
            {
                Some(1..=3) => &mut shares[0],
                Some(8..=10) => &mut shares[1],
                _ => continue,
            };
            share.0 += f64::from(u8::from(child.nhs_number == identity::Held::Absent));
            share.1 += 1.0;
        }
    }
    (shares[0].0 / shares[0].1, shares[1].0 / shares[1].1)
}

#[test]
fn deprivation_brings_gaps_only_where_it_is_asked_to() {
    let (most, least) = shares_without_number(true);
    assert!(most > 1.6 * least, "{most} against {least}");
    let (most, least) = shares_without_number(false);
    assert!((most - least).abs() < 0.15, "{most} against {least}");
}
