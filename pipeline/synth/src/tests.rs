//! Whole areas: their bytes, their truth, and what the connectors make of them.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use identity::{NhsNumber, TestNumbers, Upn};
use jiff::civil::date;
use kit::{Connector, Delivery, DeliveryFile, Incoming, Reading, Sink, Stopped};
use records::{AsqBand, Finding, Kind, Outcome, Payload, State};
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
    // Headers of submissions say whose they are and of which month, and a table may hold nothing but its columns.
    let same = one
        .iter()
        .filter(|(path, _)| !path.contains("/MSD") && !path.contains("/CYP"))
        .filter(|(path, file)| other.get(*path) == Some(file))
        .count();
    let of_submissions = one
        .iter()
        .filter(|(path, file)| path.contains("/MSD101") && other.get(*path) == Some(file))
        .count();
    assert_eq!(of_submissions, 0);
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
    for mother in area.table("truth/mothers.csv") {
        let number = &mother["nhs_number"];
        assert!(
            number.starts_with("999") && NhsNumber::parse(number, TestNumbers::Allowed).is_ok(),
            "{number}"
        );
    }
    // What files state is of the same ranges, or no number at all. "Baby" is no mother's name.
    for feed in &area.summary.feeds {
        for incoming in read_back(&area, feed).values().flat_map(|seen| &seen.records) {
            let people = &incoming.people;
            if let Some(mother) = &people.mother {
                assert!(mother.forename != identity::Held::Placeholder);
            }
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
    let summary = &area.summary;
    assert_eq!(
        truth.len() as u64,
        summary.notices
            + summary.school_records
            + summary.pregnancy_records
            + summary.birth_records
            + summary.review_records
    );
    let mut by_place = BTreeMap::new();
    let mut by_name = BTreeMap::new();
    for record in &truth {
        // What names a record in its feed names one person. A school never sends one pupil twice; the others say
        // again, and otherwise, what they have said.
        let name =
            ["feed", "provider", "reference", "census", "school", "upn"].map(|part| record[part].clone());
        let about = (&record["person"], &record["mother"]);
        let before = by_name.insert(name, about);
        let again = record["kind"] != "school-census" && before == Some(about);
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
    let mut told: BTreeMap<&String, u64> = BTreeMap::new();
    for record in truth.iter().filter(|record| !record["person"].is_empty()) {
        *told.entry(&record["person"]).or_default() += 1;
    }
    for (id, person) in &persons {
        let records: u64 = person["records"].parse().unwrap();
        assert_eq!(told.remove(id), Some(records), "{id}");
    }
    assert!(told.is_empty(), "{} persons are not listed", told.len());

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
    let (rows, records, quarantined, findings) = outcome(&area, Kind::Pregnancy);
    let told = area.summary.pregnancy_records + area.summary.birth_records;
    assert_eq!(records + quarantined, told);
    assert!(rows > records, "mothers, scans and deliveries have rows too");
    assert!(quarantined * 500 < told, "{quarantined} of {told}");
    // What is blank, no valid number or postcode; a mother without either, of whom nobody can say who she is; and a
    // baby under its mother's number, which is one in five hundred.
    let intended = [
        ("F022", "accepted"),
        ("F031", "blanked-value"),
        ("F032", "blanked-value"),
        ("F036", "blanked-value"),
        ("PN-002", "quarantined-row"),
        ("PN-021", "accepted"),
    ];
    let found = causes(findings);
    assert!(
        found.iter().all(|cause| intended.contains(cause)) && found.starts_with(&intended[..4]),
        "{found:?}"
    );
    let (rows, records, quarantined, findings) = outcome(&area, Kind::TwoYearReview);
    let told = area.summary.review_records;
    assert!(
        rows > 4 * records,
        "children, referrals, contacts, activities and scores have rows"
    );
    // The same of children; a contact without an activity, and a birth date that does not fit the form.
    assert_eq!(
        causes(findings),
        [
            ("F022", "accepted"),
            ("F031", "blanked-value"),
            ("F032", "blanked-value"),
            ("F036", "blanked-value"),
            ("TYR-002", "quarantined-row"),
            ("TYR-010", "accepted"),
            ("TYR-107", "accepted"),
        ]
    );
    // With a child of whom nobody can say who it is go all the rows of the submission that are about it.
    assert!(
        records <= told && told <= records + quarantined && quarantined * 50 < told,
        "{quarantined} {records} {told}"
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
            for kind in ["section23", "school-census"] {
                assert!(
                    kinds_of(person).contains(kind),
                    "{person} of {children} over {years} years: {kind}"
                );
            }
        }
        assert!(kinds_of("F000001-1c").is_empty());
        // A mother who is at school, and her child.
        assert!(kinds_of("F000012-M").contains("school-census"));
        let as_mother: BTreeSet<&str> = truth
            .iter()
            .filter(|record| record["mother"] == "F000012-M")
            .map(|record| record["payload"].as_str())
            .collect();
        assert!(as_mother.contains("pregnancy"), "{as_mother:?}");
        // What became of each fetus: one of twins stillborn; twins who are followed; a loss, a stillbirth, a
        // termination, a move away, and children who are expected.
        let fetuses = area.table("truth/pregnancies.csv");
        let became = |pregnancy: &str| -> Vec<(&str, &str)> {
            fetuses
                .iter()
                .filter(|fetus| fetus["pregnancy"] == pregnancy)
                .map(|fetus| (fetus["outcome"].as_str(), fetus["person"].as_str()))
                .collect()
        };
        assert_eq!(
            became("F000013-P1"),
            [("LIVE_BIRTH", "F000013-1"), ("STILLBIRTH", "")]
        );
        assert_eq!(
            became("F000015-P1"),
            [("LIVE_BIRTH", "F000015-1"), ("LIVE_BIRTH", "F000015-1b")]
        );
        for (number, outcome) in ["LOSS", "STILLBIRTH", "TERMINATION", "MOVED_OUT", "", ""]
            .into_iter()
            .enumerate()
        {
            let became = became(&format!("F{:06}-P1", 900_000 + number));
            assert!(
                !became.is_empty() && became.iter().all(|fetus| *fetus == (outcome, "")),
                "{outcome} {became:?}"
            );
        }
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
        assert_eq!(reason("F000012-1", "F000012-M"), Some("mother and child"));
        // Followed all the way: notified before birth, reviewed, at school; one of a pair of twins likewise.
        for person in ["F000014-1", "F000015-1", "F000015-1b"] {
            let kinds = kinds_of(person);
            assert!(
                ["two-year-review", "section23", "school-census"]
                    .iter()
                    .all(|kind| kinds.contains(kind)),
                "{person} of {children} over {years} years: {kinds:?}"
            );
            assert!(fetuses.iter().any(|fetus| fetus["person"] == person));
        }
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

#[test]
fn about_a_thousand_and_fifty_pregnancies_are_notified_for_a_thousand_births() {
    let area = area(|settings| settings.children = 12_000);
    let births: BTreeMap<String, f64> = area
        .table("reference/births.csv")
        .into_iter()
        .map(|row| (row["year"].clone(), row["births"].parse().unwrap()))
        .collect();
    // Years whose pregnancies are all known.
    let years = ["2022", "2023", "2024", "2025"];
    let all: f64 = years.iter().map(|year| births[*year]).sum();
    let mut pregnancies = BTreeSet::new();
    let mut ended: BTreeMap<String, f64> = BTreeMap::new();
    let (mut several, mut one, mut expected) = (0.0, 0.0, 0.0);
    for fetus in area.table("truth/pregnancies.csv") {
        if fetus["outcome"].is_empty() {
            expected += 1.0;
        }
        if !years.contains(&&fetus["due_date"][..4]) {
            continue;
        }
        *ended.entry(fetus["outcome"].clone()).or_default() += 1.0;
        if pregnancies.insert(fetus["pregnancy"].clone()) {
            one += 1.0;
        } else if fetus["fetus"] == "2" {
            several += 1.0;
        }
    }
    let rate = |count: f64| 1_000.0 * count / all;
    let notified = rate(pregnancies.len() as f64);
    assert!((1_010.0..1_090.0).contains(&notified), "{notified}");
    let losses = rate(ended["LOSS"]);
    assert!((35.0..75.0).contains(&losses), "{losses}");
    for (outcome, least, most) in [
        ("TERMINATION", 5.0, 22.0),
        ("STILLBIRTH", 1.0, 11.0),
        ("MOVED_OUT", 12.0, 45.0),
    ] {
        let found = rate(ended[outcome]);
        assert!((least..most).contains(&found), "{outcome} {found}");
    }
    let multiple = 1_000.0 * several / one;
    assert!((8.0..24.0).contains(&multiple), "{multiple}");
    // Births of half a year to come: booked, and told of in submissions that are a month behind.
    let of_a_year = 1_000.0 * expected / (all / years.len() as f64);
    assert!((330.0..680.0).contains(&of_a_year), "{of_a_year}");
}

#[test]
fn reviews_are_as_frequent_and_as_good_as_in_england() {
    let area = area(|settings| settings.children = 12_000);
    let births: BTreeMap<String, f64> = area
        .table("reference/births.csv")
        .into_iter()
        .map(|row| (row["year"].clone(), row["births"].parse().unwrap()))
        .collect();
    let persons: BTreeMap<String, String> = area
        .table("truth/persons.csv")
        .into_iter()
        .map(|person| (person["person"].clone(), person["birth_date"][..4].to_owned()))
        .collect();
    // Children of years in which all were old enough to be reviewed.
    let years = ["2021", "2022", "2023"];
    let reviewed: BTreeSet<String> = area
        .table("truth/records.csv")
        .into_iter()
        .filter(|record| {
            record["kind"] == "two-year-review" && years.contains(&persons[&record["person"]].as_str())
        })
        .map(|record| record["person"].clone())
        .collect();
    let of_a_thousand = 1_000.0 * reviewed.len() as f64 / years.iter().map(|year| births[*year]).sum::<f64>();
    // Those who move in before the review stand against those who move away.
    assert!((790.0..910.0).contains(&of_a_thousand), "{of_a_thousand}");

    let (mut reviews, mut with_asq, mut below) = (0.0, 0.0, 0.0);
    let mut at_or_above = [0.0; 5];
    let mut counted = BTreeSet::new();
    for feed in area
        .summary
        .feeds
        .iter()
        .filter(|feed| feed.kind == Kind::TwoYearReview)
    {
        for seen in read_back(&area, feed).into_values() {
            for incoming in seen.records {
                // Each review once.
                if !counted.insert(incoming.reference.unwrap().expose().to_owned()) {
                    continue;
                }
                let State::Current(payload) = incoming.record.state else {
                    continue;
                };
                let Payload::TwoYearReview(review) = *payload else {
                    panic!("a review")
                };
                reviews += 1.0;
                let Some(asq3) = review.asq3 else { continue };
                with_asq += 1.0;
                for (count, domain) in at_or_above.iter_mut().zip(asq3.domains()) {
                    *count += f64::from(u8::from(domain.band == Some(AsqBand::Expected)));
                }
                below += f64::from(u8::from(asq3.below_expected_domains().unwrap() > 0));
            }
        }
    }
    let used = with_asq / reviews;
    assert!((0.89..0.935).contains(&used), "{used}");
    for (found, published) in at_or_above.into_iter().zip([0.853, 0.928, 0.926, 0.918, 0.903]) {
        let found = found / with_asq;
        assert!((found - published).abs() < 0.022, "{found} against {published}");
    }
    assert!(
        (0.175..0.23).contains(&(below / with_asq)),
        "{}",
        below / with_asq
    );
}

#[test]
fn a_refresh_says_more_than_its_primary_submission_and_now_and_then_something_else() {
    let area = area(|settings| settings.children = 4_000);
    let feed = area
        .summary
        .feeds
        .iter()
        .find(|feed| feed.name == "review-r9k")
        .unwrap();
    assert_eq!(feed.delivery, DeliveryMode::Period);
    let read = read_back(&area, feed);
    let (mut again, mut changed, mut later, mut gone) = (0, 0, 0, 0);
    for (path, primary) in &read {
        let Some(month) = path.strip_suffix("-primary") else {
            continue;
        };
        // The refresh of the last months is still to come.
        let Some(refresh) = read.get(&format!("{month}-refresh")) else {
            continue;
        };
        let by_key = |seen: &Seen| -> BTreeMap<String, String> {
            seen.records
                .iter()
                .map(|incoming| {
                    let child = incoming.people.child.as_ref().unwrap();
                    (
                        incoming.reference.as_ref().unwrap().expose().to_owned(),
                        format!(
                            "{:?} {:?}",
                            child.nhs_number.valid().map(|number| number.expose()),
                            incoming.record.state
                        ),
                    )
                })
                .collect()
        };
        let (before, after) = (by_key(primary), by_key(refresh));
        for (reference, said) in &before {
            match after.get(reference) {
                Some(now) if now == said => again += 1,
                Some(_) => changed += 1,
                None => gone += 1,
            }
        }
        later += after
            .keys()
            .filter(|reference| !before.contains_key(*reference))
            .count();
    }
    assert!(
        again > 10 * changed && changed > 5 && later > 5 && gone > 0,
        "{again} {changed} {later} {gone}"
    );
}

#[test]
fn low_development_foretells_needs_only_where_it_is_asked_to() {
    let seed = Seed::new(4);
    let rates = Rates::default();
    let geography = Geography::new(seed, 5_000);
    let shares = |early_signals: bool| {
        let families = Families {
            seed,
            rates: &rates,
            geography: &geography,
            first: date(2014, 9, 1),
            last: AS_AT,
            notices_from: date(2017, 9, 1),
            followed_from: date(2020, 9, 1),
            recent_from: date(2023, 11, 23),
            early_signals,
            bias_by_deprivation: false,
        };
        // By whether the child is in the lowest fifth: children, and those of them with needs.
        let mut counts = [[0.0_f64; 3]; 2];
        for child in (100..12_000)
            .filter_map(|number| families.family(number))
            .flat_map(|family| family.children)
        {
            let low = usize::from(families.development(&child) < 0.2);
            counts[low][0] += 1.0;
            counts[low][1] += f64::from(u8::from(child.needs.level >= needs::Level::Support));
            counts[low][2] += f64::from(u8::from(child.needs.level == needs::Level::Plan));
        }
        let all = counts[0][0] + counts[1][0];
        assert!((counts[1][0] / all - 0.2).abs() < 0.01, "{counts:?}");
        [1, 2].map(|needs| (counts[1][needs] / counts[1][0]) / (counts[0][needs] / counts[0][0]))
    };
    let [support, plan] = shares(true);
    assert!(support > 2.0 && plan > 2.5, "{support} {plan}");
    let [support, plan] = shares(false);
    assert!(
        (0.9..1.1).contains(&support) && (0.85..1.18).contains(&plan),
        "{support} {plan}"
    );
}

#[test]
fn signals_change_nothing_but_scores() {
    let but_reviews = |early_signals: bool| -> BTreeMap<_, _> {
        let area = area(|settings| settings.early_signals = early_signals);
        let mut tree = area.tree();
        tree.retain(|path, _| !path.starts_with("incoming/two-year-review") && path != "truth/reviews.csv");
        tree
    };
    assert_eq!(but_reviews(true), but_reviews(false));
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
