//! Deliveries and feeds: every row of every file, and every record that stands.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use sendlink_tests::stated::{csv_rows, sheet_rows};

use crate::demo::{Demo, NOTICES, REVIEWS, Row, Standing};

pub(crate) fn entries(folder: &Path) -> Vec<PathBuf> {
    let mut entries: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    entries.sort();
    entries
}

/// The rows of a file.
fn rows_of(path: &Path) -> u64 {
    let rows = match path.extension().and_then(|extension| extension.to_str()) {
        Some("csv") => csv_rows(path).len(),
        Some("json") => {
            let list: Vec<serde_json::Value> = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
            list.len()
        }
        Some("xlsx") => {
            let (sheet, header) = if path.to_string_lossy().contains("section23") {
                ("Notifications", 2)
            } else {
                ("Antenatal list", 2)
            };
            sheet_rows(path, sheet, header).len()
        }
        Some("xml") => {
            let text = fs::read_to_string(path).unwrap();
            // The header of the return is a row as well.
            1 + text.matches("<PupilOnRoll>").count() + text.matches("<PupilNoLongerOnRoll>").count()
        }
        other => panic!("{other:?}"),
    };
    rows as u64
}

/// The deliveries of a feed: their files.
fn deliveries_of(demo: &Demo, feed: &str) -> Vec<Vec<PathBuf>> {
    let folder = match feed {
        "school-census" | "school-returns" => format!("incoming/{feed}"),
        other => {
            let (kind, body) = other.split_once('-').unwrap();
            let kind = match kind {
                "s23" => NOTICES,
                "review" => REVIEWS,
                other => other,
            };
            format!("incoming/{kind}/{}", body.to_uppercase())
        }
    };
    entries(&demo.area.file(&folder))
        .into_iter()
        .map(|path| if path.is_dir() { entries(&path) } else { vec![path] })
        .collect()
}

/// Every row of every file is counted, and as what the truth says that it is.
pub(crate) fn check_deliveries(demo: &Demo) {
    let shown = demo.shown("Deliveries");
    let feeds: BTreeSet<&str> = demo.records.iter().map(|row| row["feed"].as_str()).collect();
    assert_eq!(feeds.len(), 10);
    for feed in feeds {
        let deliveries = deliveries_of(demo, feed);
        let told: u64 = shown
            .rows
            .iter()
            .filter(|row| row[0] == feed)
            .map(|row| {
                assert_eq!(row[2], "loaded");
                row[1].split(' ').next().unwrap().parse().unwrap_or(1)
            })
            .sum();
        assert_eq!(told, deliveries.len() as u64, "deliveries of {feed}");
        let rows: u64 = deliveries.iter().flatten().map(|file| rows_of(file)).sum();
        assert_eq!(shown.sum(feed, "Rows"), rows, "rows of {feed}");

        // By what became of them, in the tables of which each row is a record.
        let of_feed: Vec<&Row> = demo.records.iter().filter(|row| row["feed"] == feed).collect();
        let takes_back = |row: &&&Row| matches!(row["action"].as_str(), "WITHDRAW" | "CANCEL");
        let withdrawing = of_feed.iter().filter(takes_back).count() as u64;
        let incomplete = of_feed
            .iter()
            .filter(|row| row["incomplete"] == "Y" && !takes_back(row))
            .count() as u64;
        let stating = of_feed.len() as u64 - withdrawing - incomplete;
        let mut counted: BTreeMap<String, u64> = BTreeMap::new();
        let tables: &[&str] = match feed {
            "pregnancy-r9m" => &["MSD101PregnancyBooking", "MSD401BabyDemographics"],
            "review-r9k" => &["CYP201CareContact"],
            "school-census" | "school-returns" => &["pupilonroll", "pupilnolongeronroll"],
            "pregnancy-r9h" => &["notifications"],
            "review-n9v" => &["reviews"],
            _ => &["notices"],
        };
        for tally in demo.area.tallies(&format!("where feed = '{feed}'")) {
            for (outcome, count) in tables
                .iter()
                .filter_map(|table| tally[table].as_object())
                .flatten()
            {
                *counted.entry(outcome.clone()).or_default() += count.as_u64().unwrap();
            }
        }
        let of = |outcome: &str| counted.get(outcome).copied().unwrap_or_default();
        assert_eq!(of("quarantined"), incomplete, "quarantined of {feed}");
        assert_eq!(
            shown.sum(feed, "Quarantined"),
            incomplete,
            "quarantined of {feed}"
        );
        // A withdrawal beside what it withdraws may come second or be withdrawn in its turn.
        assert_eq!(
            of("loaded") + of("unchanged") + of("superseded") + of("duplicate") + of("withdrawn"),
            stating + withdrawing,
            "records of {feed}"
        );
        assert!(of("withdrawn") <= withdrawing, "withdrawn of {feed}");
        assert_eq!(
            of("out_of_scope"),
            of("rows") - of_feed.len() as u64,
            "rows of {feed} that are none of ours"
        );
        assert_eq!(
            shown.sum(feed, "Loaded")
                + shown.sum(feed, "Unchanged")
                + shown.sum(feed, "Other")
                + shown.sum(feed, "Quarantined"),
            rows,
            "outcomes of {feed}"
        );
    }
}

/// As many records stand as the truth says.
pub(crate) fn check_feeds(demo: &Demo, standing: &[Standing<'_>]) {
    let shown = demo.shown("Feeds");
    let mut records: BTreeMap<&str, u64> = BTreeMap::new();
    for record in standing {
        *records.entry(&record.0["feed"]).or_default() += 1;
    }
    assert_eq!(records.len(), shown.rows.len());
    for (feed, count) in records {
        assert_eq!(shown.number(feed, "Records"), Some(count), "records of {feed}");
        assert_eq!(
            shown.number(feed, "Quarantined"),
            Some(demo.shown("Deliveries").sum(feed, "Quarantined")),
            "quarantined of {feed}"
        );
    }
}
