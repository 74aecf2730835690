//! Another supplier is a TOML file and no compiling.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod common;

use common::{data, layout, read};
use identity::TestNumbers;
use jiff::civil::date;
use kit::{Delivery, DeliveryFile, ReadError, Reading, mapping_check};
use section23::Section23;

#[test]
fn a_list_with_columns_of_its_own_invention() {
    let (kept, result) = read(&layout("another-supplier"), "list.txt");
    result.unwrap();
    assert_eq!((kept.rows, kept.quarantined, kept.records.len()), (4, 2, 2));
    let first = kept.notice(0);
    assert_eq!(first.opinion_date, date(2025, 3, 4));
    assert_eq!((first.limb.as_str(), first.category.as_str()), ("HAS", "BOTH"));
    assert_eq!(
        (first.primary_need.as_deref(), first.secondary_need.as_deref()),
        (Some("SLCN"), Some("HI"))
    );
    assert_eq!(
        (first.notifier_org.as_str(), first.la_gss.as_deref()),
        ("RWN", Some("E06000033"))
    );
    let child = kept.records[0].people.child.as_ref().unwrap();
    assert_eq!(child.forename.valid().unwrap().expose(), "ZOE");
    assert_eq!(child.birth_date.valid().unwrap().date(), date(2022, 3, 7));
    // Without references children and days tell the notices apart, and the same list again says the same.
    assert!(kept.records[0].reference.is_none());
    let (again, _) = read(&layout("another-supplier"), "list.txt");
    assert_eq!(kept.records[0].key, again.records[0].key);
    assert_ne!(kept.records[0].key, kept.records[1].key);
    assert_eq!(
        kept.finding_lines(),
        [
            "- L F008 blanked-value -",
            "3 E F022 accepted NHS",
            "5 E F022 accepted NHS",
            // The thirteenth month.
            "5 G F024 quarantined-row Seen on",
            "6 E F022 accepted NHS",
            "6 J F023 quarantined-row Need",
        ]
    );
}

#[test]
fn a_layout_without_the_minimum_is_refused_and_says_which_field() {
    let mut layout = layout("another-supplier");
    layout.columns.remove("limb");
    let (kept, result) = read(&layout, "list.txt");
    let Err(ReadError::Refused(finding)) = result else {
        panic!("taken")
    };
    assert_eq!(
        (finding.rule.id, finding.location.header.as_deref()),
        ("F030", Some("limb"))
    );
    assert!(kept.records.is_empty());
}

#[test]
fn a_check_of_a_mapping_says_what_would_be_read() {
    let layout = layout("another-supplier");
    let name = "list.txt".to_owned();
    let file = DeliveryFile {
        label: name.clone(),
        path: data().join(&name),
        bytes: 0,
        name,
    };
    let sample = Delivery {
        files: vec![file],
        received: date(2025, 6, 1).at(6, 0, 0, 0),
    };
    let reading = Reading {
        layout: &layout,
        provider: "RWN",
        as_at: date(2026, 10, 31),
        test_numbers: TestNumbers::Allowed,
    };
    let report = mapping_check(&Section23, &sample, &reading).unwrap();
    assert!(!report.refused);
    assert_eq!(
        (report.records, report.quarantined, report.rows["notices"]),
        (2, 2, 4)
    );
    let file = &report.files[0];
    assert_eq!((file.table, file.rows), (Some("notices"), 4));
    // "Remarks", whose name is not shown.
    assert_eq!(file.columns_not_read, [11]);
    // Required, but not of the minimum: the layout may do without.
    assert!(
        file.required_not_mapped.contains(&"notifier_role") && !file.required_not_mapped.contains(&"action")
    );
    let counts = |name: &str| {
        let field = file
            .fields
            .iter()
            .find(|report| report.field.name == name)
            .unwrap();
        (field.found, field.blank, field.valid, field.bad)
    };
    assert_eq!(counts("opinion_date"), (true, 0, 3, 1));
    assert_eq!(counts("nhs_number"), (true, 3, 1, 0));
    assert_eq!(counts("primary_need"), (true, 1, 2, 1));
    assert_eq!(counts("action"), (false, 0, 4, 0));
    assert_eq!(counts("uprn"), (false, 4, 0, 0));
    assert_eq!(report.findings["F023"].1, 1);
}
