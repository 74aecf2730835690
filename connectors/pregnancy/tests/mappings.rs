//! What the layouts that the program carries read, as a check of a mapping says it.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod common;

use common::{data, delivery, layout, read, read_path, reading};
use kit::{Connector, Mode, ReadError, mapping_check, mappings};
use pregnancy::Pregnancy;
use records::Kind;

#[test]
fn every_layout_is_of_declared_fields() {
    let names = mappings::names(Kind::Pregnancy);
    assert_eq!(
        names,
        [
            "pregnancy/epr-export",
            "pregnancy/fhir-births",
            "pregnancy/msds-2",
            "pregnancy/weekly-list-xlsx"
        ]
    );
    for name in names {
        let layout = layout(&name);
        assert_eq!(layout.kind, Kind::Pregnancy);
        let of_tables = name.ends_with("msds-2") || name.ends_with("fhir-births");
        assert_eq!(layout.columns.is_empty(), of_tables);
    }
}

#[test]
fn a_check_of_an_export_says_what_would_be_read() {
    let layout = layout("pregnancy/epr-export");
    let name = "pregnancy-notifications-2026-10.csv";
    let sample = delivery(&layout, &data().join(name), name);
    // The name is the pattern's own words and a date.
    assert_eq!(sample.files[0].label, name);
    let report = mapping_check(&Pregnancy, &sample, &reading(&layout)).unwrap();
    assert!(!report.refused);
    assert_eq!(
        (report.records, report.quarantined, report.rows["notifications"]),
        (15, 5, 20)
    );
    let file = &report.files[0];
    assert_eq!((file.table, file.rows), (Some("notifications"), 20));
    assert_eq!(file.columns_not_read, [47]);
    assert_eq!(file.required_not_mapped, [""; 0]);
    let counts = |name: &str| {
        let found = file.fields.iter().find(|report| report.field.name == name);
        let report = found.unwrap();
        (report.found, report.blank, report.valid, report.bad)
    };
    assert_eq!(counts("fetus_count"), (true, 16, 2, 1));
    assert_eq!(counts("nhs_number"), (true, 4, 13, 2));
    assert_eq!(counts("edd"), (true, 1, 17, 1));
}

#[test]
fn a_check_of_a_submission_takes_whoever_sent_it() {
    let layout = layout("pregnancy/msds-2");
    let sample = delivery(&layout, &data().join("msds-2026-03"), "");
    let mut reading = reading(&layout);
    reading.provider = "RWN";
    let report = mapping_check(&Pregnancy, &sample, &reading).unwrap();
    assert!(!report.refused);
    assert_eq!((report.records, report.quarantined), (15, 11));
    // Every file is known by its header, and its columns are all named.
    for file in &report.files {
        assert!(file.table.is_some_and(|table| file.label.starts_with(table)));
        assert_eq!(file.required_not_mapped, [""; 0], "{}", file.label);
        if file.table != Some("MSD201CareContactPreg") {
            assert_eq!(file.columns_not_read, [0_u32; 0], "{}", file.label);
        }
    }
}

#[test]
fn a_layout_without_the_minimum_is_refused_and_says_which_field() {
    let mut layout = layout("pregnancy/epr-export");
    layout.columns.remove("notification_id");
    let (kept, result) = read(&layout, "pregnancy-notifications-2026-10.csv");
    let Err(ReadError::Refused(finding)) = result else {
        panic!("taken")
    };
    assert_eq!(
        (finding.rule.id, finding.location.header.as_deref()),
        ("F030", Some("notification_id"))
    );
    assert!(kept.records.is_empty());
}

#[test]
fn what_the_reader_must_never_see_has_no_reader() {
    // A layout may name such columns, so that they are known; their values go nowhere.
    let (kept, _) = read(
        &layout("pregnancy/epr-export"),
        "pregnancy-notifications-2026-10.csv",
    );
    let said = format!("{:?}", kept.records);
    for text in [
        "Test Lane",
        "01632",
        "Midwife",
        "Long talk",
        "North team",
        "Marshfield",
        "MARSHFIELD",
    ] {
        assert!(!said.contains(text), "{text}");
    }
    for table in Pregnancy.tables() {
        for field in table.fields {
            assert!(!field.description.is_empty(), "{} {}", table.name, field.name);
        }
    }
}

#[test]
fn an_action_that_nobody_knows_gives_no_notice_under_any_contract() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("list");
    std::fs::write(
        &path,
        "Notification ID,Type,Date sent,NHS number\r\nN1,RETRACT,02/03/2026,9990200076\r\n",
    )
    .unwrap();
    for mode in [
        Mode::RefuseDelivery,
        Mode::QuarantineRow,
        Mode::BlankValue,
        Mode::Accept,
    ] {
        let mut layout = layout("pregnancy/epr-export");
        layout.contract.unknown_code = mode;
        let (kept, result) = read_path(&layout, &path, "list");
        assert!(kept.records.is_empty(), "{mode:?}");
        assert_eq!(result.is_err(), mode == Mode::RefuseDelivery);
    }
}
