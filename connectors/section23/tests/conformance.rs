//! The promises of every connector, on each golden file and on files that are broken.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod common;

use common::{data, layout};
use identity::TestNumbers;
use jiff::civil::date;
use kit::{Delivery, DeliveryFile, Reading, conformance::broken_promises};
use section23::Section23;

#[test]
fn promises_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    let broken_file = folder.path().join("broken.csv");
    std::fs::write(&broken_file, "Submission ID,Secret header\n1,\"Marshfield").unwrap();
    for (mapping, path) in [
        (
            "section23/portal-export",
            data().join("section23-notifications-2025-04.csv"),
        ),
        (
            "section23/portal-export-xlsx",
            data().join("section23-notifications-2025-05.xlsx"),
        ),
        ("section23/api-json", data().join("section23-api.json")),
        ("another-supplier", data().join("list.txt")),
        ("section23/portal-export", broken_file),
        ("section23/api-json", data().join("list.txt")),
    ] {
        let layout = layout(mapping);
        let file = DeliveryFile {
            label: "file 1".into(),
            name: "a".into(),
            path,
            bytes: 0,
        };
        let delivery = Delivery {
            files: vec![file],
            received: date(2025, 6, 1).at(6, 0, 0, 0),
        };
        let reading = Reading {
            layout: &layout,
            provider: "881",
            as_at: date(2026, 10, 31),
            test_numbers: TestNumbers::Allowed,
        };
        let marks = [
            "Marshfield",
            "Robin",
            "Internal",
            "shoe",
            "Remarks",
            "Secret",
            "S100",
            "999",
        ];
        assert_eq!(
            broken_promises(&Section23, &delivery, &reading, &marks).unwrap(),
            [""; 0],
            "{mapping}"
        );
    }
}
