//! Submissions that are cut short, another's, or sent again.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod common;

use std::{collections::BTreeMap, fmt::Write};

use common::{Kept, data, delivery, layout, notification, read_path, reading};
use kit::{ReadError, SnapshotScope, conformance::broken_promises};
use pregnancy::Pregnancy;
use proptest::prelude::*;
use records::PregnancyOutcome;

/// A submission of `number` pregnancies, each with its mother, a delivery and a baby.
fn submission(number: usize) -> BTreeMap<&'static str, String> {
    let mut mothers = "LPIDMother,PersonBirthDateMother,NHSNumberMother,Postcode\r\n".to_owned();
    let mut pregnancies = "PregnancyID,LPIDMother,AntenatalAppDate,EDDAgreed\r\n".to_owned();
    let mut deliveries = "LabourDeliveryID,PregnancyID\r\n".to_owned();
    let mut babies = "LPIDBaby,LabourDeliveryID,PersonBirthDateBaby,PregOutcome\r\n".to_owned();
    for number in 0..number {
        let _ = write!(mothers, "M{number},1995-05-04,,CM99 1AA\r\n");
        let _ = write!(pregnancies, "P{number},M{number},2025-09-01,2026-04-10\r\n");
        let _ = write!(deliveries, "D{number},P{number}\r\n");
        let _ = write!(babies, "B{number},D{number},2026-03-20,01\r\n");
    }
    BTreeMap::from([
        ("MSD000Header", header("2026-03-01", "2026-03-31", "10:15:00")),
        ("MSD001MotherDemog", mothers),
        ("MSD101PregnancyBooking", pregnancies),
        ("MSD301LabourDelivery", deliveries),
        ("MSD401BabyDemographics", babies),
    ])
}

fn header(start: &str, end: &str, time: &str) -> String {
    format!(
        "Version,OrgIDProvider,RPStartDate,RPEndDate,FileCreationDate,FileCreationTime\r\n\
         2.0,RAJ,{start},{end},2026-04-20,{time}\r\n"
    )
}

/// Reads a submission; the rule that refuses it as the error.
fn read(tables: &BTreeMap<&'static str, String>) -> (Kept, Result<Vec<SnapshotScope>, &'static str>) {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in tables {
        std::fs::write(folder.path().join(format!("{name}.csv")), text).unwrap();
    }
    let (kept, result) = read_path(&layout("pregnancy/msds-2"), folder.path(), "");
    let result = result.map_err(|error| match error {
        ReadError::Refused(finding) => finding.rule.id,
        error => panic!("{error}"),
    });
    (kept, result)
}

#[test]
fn a_table_cut_between_two_rows_shows_by_what_it_leaves_alone() {
    let whole = submission(60);
    assert_eq!(read(&whole).1.unwrap().len(), 1);
    for table in [
        "MSD001MotherDemog",
        "MSD101PregnancyBooking",
        "MSD301LabourDelivery",
    ] {
        let mut cut = whole.clone();
        let rows: Vec<&str> = whole[table].split_inclusive("\r\n").collect();
        cut.insert(table, rows[..20].concat());
        assert_eq!(read(&cut).1.unwrap_err(), "F045", "{table}");
        // A row or two are lost by any system that exports its tables one after the other.
        cut.insert(table, rows[..59].concat());
        assert!(read(&cut).1.is_ok(), "{table}");
    }
}

#[test]
fn a_submission_needs_its_tables() {
    let whole = submission(3);
    for table in whole.keys() {
        let mut short = whole.clone();
        short.remove(table);
        assert_eq!(read(&short).1.unwrap_err(), "F040", "{table}");
    }
    // Scans, practices and circumstances are missed aloud.
    let (kept, _) = read(&whole);
    let missed = kept.findings.iter().filter(|finding| finding.rule.id == "F041");
    assert_eq!(missed.count(), 3);
}

#[test]
fn a_header_must_be_of_this_provider_and_of_one_month() {
    let with = |header: String| {
        let mut tables = submission(1);
        tables.insert("MSD000Header", header);
        read(&tables).1.unwrap_err()
    };
    let right = header("2026-03-01", "2026-03-31", "10:15:00");
    assert_eq!(with(right.replace("RAJ", "RWN")), "F048");
    assert_eq!(with(header("2026-03-01", "2026-04-30", "10:15:00")), "F049");
    assert_eq!(with(header("2027-03-01", "2027-03-31", "10:15:00")), "F050");
    assert_eq!(with(header("2026-03-01", "2026-03-31", "noon")), "F046");
}

#[test]
fn a_refresh_orders_after_its_primary_and_before_the_next_month() {
    let version = |header: String| {
        let mut tables = submission(1);
        tables.insert("MSD000Header", header);
        let (kept, scopes) = read(&tables);
        let [scope] = scopes.unwrap().try_into().unwrap();
        let SnapshotScope { scope, version } = scope;
        assert!(
            kept.records
                .iter()
                .all(|incoming| incoming.record.version == version
                    && incoming.record.scope.as_ref() == Some(&scope))
        );
        (scope, version)
    };
    let primary = version(header("2026-03-01", "2026-03-31", "10:15:00"));
    let refresh = version(header("2026-03-01", "2026-03-31", "17:00:00"));
    let april = version(header("2026-04-01", "2026-04-30", "08:00:00"));
    assert!(primary.1 < refresh.1 && refresh.1 < april.1);
    assert_eq!(
        (primary.0.as_str(), april.0.as_str()),
        ("RAJ/2026-03", "RAJ/2026-04")
    );
    assert_eq!(primary.0, refresh.0);
}

#[test]
fn a_mother_who_changes_provider_moved_out_only_if_no_child_can_be_born_yet() {
    for (discharged, due, outcome) in [
        ("2026-03-10", "2026-08-01", Some(PregnancyOutcome::MovedOut)),
        // Two weeks before the birth is due it may have been.
        ("2026-03-10", "2026-03-24", None),
        ("2026-03-10", "2026-02-01", None),
        // Without a day of discharge the end of the month is the latest.
        ("", "2026-08-01", Some(PregnancyOutcome::MovedOut)),
        ("", "2026-04-10", None),
        ("2026-03-10", "", None),
    ] {
        let mut tables = submission(1);
        tables.insert(
            "MSD101PregnancyBooking",
            format!(
                "PregnancyID,LPIDMother,EDDAgreed,DischargeDateMatService,DischReason\r\n\
                 P0,M0,{due},{discharged},02\r\n"
            ),
        );
        for table in ["MSD301LabourDelivery", "MSD401BabyDemographics"] {
            let header = tables[table].lines().next().unwrap().to_owned();
            tables.insert(table, format!("{header}\r\n"));
        }
        let (kept, result) = read(&tables);
        result.unwrap();
        assert_eq!(
            notification(kept.of("P0", 0)).outcome,
            outcome,
            "{discharged} {due}"
        );
    }
}

#[test]
fn of_babies_one_who_may_live_keeps_the_pregnancy_from_being_a_stillbirth() {
    use PregnancyOutcome::{LiveBirth, Stillbirth, Termination};

    for (outcomes, told) in [
        (&["02", "03"][..], Some(Stillbirth)),
        (&["04", "01"], Some(LiveBirth)),
        (&["05"], Some(Termination)),
        (&["05", "02"], Some(Stillbirth)),
        (&["02", "98"], None),
        (&["98"], None),
    ] {
        let mut tables = submission(1);
        let mut babies = "LPIDBaby,LabourDeliveryID,PersonBirthDateBaby,PregOutcome\r\n".to_owned();
        for (number, outcome) in outcomes.iter().enumerate() {
            let _ = write!(babies, "B{number},D0,2026-03-20,{outcome}\r\n");
        }
        tables.insert("MSD401BabyDemographics", babies);
        let (kept, _) = read(&tables);
        assert_eq!(notification(kept.of("P0", 0)).outcome, told, "{outcomes:?}");
        let children = kept
            .records
            .iter()
            .filter(|incoming| incoming.people.child.is_some());
        assert_eq!(
            children.count(),
            outcomes.iter().filter(|outcome| **outcome == "01").count()
        );
    }
}

/// The lines of each table of the golden submission: header and rows.
fn golden_tables() -> Vec<(String, Vec<String>)> {
    let mut tables = Vec::new();
    for entry in std::fs::read_dir(data().join("msds-2026-03")).unwrap() {
        let entry = entry.unwrap();
        let text = std::fs::read_to_string(entry.path()).unwrap();
        let lines = text.split_inclusive("\r\n").map(str::to_owned).collect();
        tables.push((entry.file_name().into_string().unwrap(), lines));
    }
    tables.sort();
    tables
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Rows that are lost, doubled, moved or cut off leave no row uncounted and none counted twice.
    #[test]
    fn every_row_is_counted_once_whatever_the_tables_lost(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), 0..4_u8), 0..24),
    ) {
        let mut tables = golden_tables();
        for (table, row, change) in changes {
            let lines = &mut tables[table.index(9)].1;
            if lines.len() < 2 {
                continue;
            }
            let at = 1 + row.index(lines.len() - 1);
            match change {
                0 => drop(lines.remove(at)),
                1 => lines.insert(at, lines[at].clone()),
                2 => lines[1..].rotate_left(1),
                // Two cells fewer.
                _ => lines[at] = lines[at].replacen(',', "", 2),
            }
        }
        let folder = tempfile::tempdir().unwrap();
        for (name, lines) in &tables {
            std::fs::write(folder.path().join(name), lines.concat()).unwrap();
        }
        let layout = layout("pregnancy/msds-2");
        let delivery = delivery(&layout, folder.path(), "");
        prop_assert_eq!(
            broken_promises(&Pregnancy, &delivery, &reading(&layout), &["999", "4501", "CM99"]).unwrap(),
            Vec::<String>::new()
        );
    }
}
