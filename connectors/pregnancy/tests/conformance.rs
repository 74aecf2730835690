//! The promises of every connector, on each golden delivery and on deliveries that are broken.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod common;

use common::{data, delivery, layout, reading};
use kit::conformance::broken_promises;
use pregnancy::Pregnancy;

#[test]
fn promises_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    let broken_file = folder.path().join("broken.csv");
    std::fs::write(&broken_file, "Notification ID,Secret header\n1,\"Marshfield").unwrap();
    let broken_set = folder.path().join("set");
    std::fs::create_dir(&broken_set).unwrap();
    std::fs::write(
        broken_set.join("MSD101PregnancyBooking.csv"),
        "PregnancyID,LPIDMother\r\nP1,M1\r\n",
    )
    .unwrap();
    for (mapping, path) in [
        (
            "pregnancy/epr-export",
            data().join("pregnancy-notifications-2026-10.csv"),
        ),
        (
            "pregnancy/weekly-list-xlsx",
            data().join("antenatal-list-2026-03.xlsx"),
        ),
        ("pregnancy/msds-2", data().join("msds-2026-03")),
        ("pregnancy/fhir-births", data().join("births/several.ndjson")),
        ("pregnancy/fhir-births", data().join("births/event.xml")),
        ("pregnancy/fhir-births", broken_file.clone()),
        ("pregnancy/epr-export", broken_file.clone()),
        ("pregnancy/weekly-list-xlsx", broken_file),
        ("pregnancy/msds-2", broken_set),
    ] {
        let layout = layout(mapping);
        let delivery = delivery(&layout, &path, "a");
        let marks = [
            "Marshfield",
            "Fernley",
            "Holly",
            "Internal",
            "Biscuits",
            "Secret",
            "N100",
            "P-77",
            "999",
            "4501",
            "CM99",
        ];
        assert_eq!(
            broken_promises(&Pregnancy, &delivery, &reading(&layout), &marks).unwrap(),
            [""; 0],
            "{mapping}"
        );
    }
}
