//! The promises of every connector, on each golden delivery and on some that are broken.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod common;

use std::path::Path;

use common::{CSDS, MARCH, copy, data, delivery, edit, layout};
use identity::TestNumbers;
use jiff::civil::date;
use kit::{Reading, conformance::broken_promises};
use two_year_review::TwoYearReview;

fn keeps_its_promises(mapping: &str, path: &Path) {
    let layout = layout(mapping);
    let reading = Reading {
        layout: &layout,
        provider: "RAJ",
        as_at: date(2026, 11, 23),
        test_numbers: TestNumbers::Allowed,
    };
    let marks = [
        "Marshfield",
        "Robin",
        "Secret",
        "999",
        "P01",
        "R01",
        "C01",
        "A01",
        "H1",
        "remark",
    ];
    let broken = broken_promises(&TwoYearReview, &delivery(path, &layout), &reading, &marks).unwrap();
    assert_eq!(broken, [""; 0], "{mapping}");
}

#[test]
fn promises_are_kept() {
    keeps_its_promises(CSDS, &data().join(MARCH));
    keeps_its_promises(
        "two-year-review/child-health-csv",
        &data().join("reviews-2026-04.csv"),
    );
    keeps_its_promises(
        "two-year-review/team-workbook",
        &data().join("reviews-2026-03.xlsx"),
    );
    keeps_its_promises("another-supplier", &data().join("list.txt"));
    keeps_its_promises("two-year-review/fhir-asq", &data().join("fhir/several.ndjson"));
    keeps_its_promises("two-year-review/fhir-asq", &data().join("fhir/contained.xml"));
}

#[test]
fn promises_are_kept_with_broken_deliveries() {
    let folder = copy(MARCH);
    edit(folder.path(), "CYP609CodedAssessmentReferral.csv", |text| {
        text + "R01,\"Secret"
    });
    keeps_its_promises(CSDS, folder.path());
    let folder = copy(MARCH);
    edit(folder.path(), "CYP000Header.csv", |text| {
        text.replace("RAJ", "Secret")
    });
    keeps_its_promises(CSDS, folder.path());
    let folder = copy(MARCH);
    edit(folder.path(), "CYP001MPI.csv", |text| {
        text.replace("Gender", "Secret")
    });
    keeps_its_promises(CSDS, folder.path());
    std::fs::write(folder.path().join("Marshfield.csv"), "Secret,Robin\r\n1,2\r\n").unwrap();
    keeps_its_promises(CSDS, folder.path());
    keeps_its_promises("two-year-review/child-health-csv", &data().join("list.txt"));
}
