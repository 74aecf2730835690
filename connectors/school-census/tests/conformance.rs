//! The promises of every connector, on each golden delivery and on deliveries that are broken.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod common;

use std::path::Path;

use common::{copy, data, delivery, edit, layout};
use identity::TestNumbers;
use jiff::civil::date;
use kit::{Reading, conformance::broken_promises};
use school_census::SchoolCensus;

fn keeps_its_promises(mapping: &str, folder: &Path) {
    let layout = layout(mapping);
    let reading = Reading {
        layout: &layout,
        provider: "001",
        as_at: date(2026, 11, 23),
        test_numbers: TestNumbers::Allowed,
    };
    let marks = [
        "WREN",
        "HERON",
        "CRANE",
        "PIPIT",
        "ADA",
        "NOOR",
        "F001200113001",
        "Z001690121001",
        "1234567899",
        "Secret",
    ];
    let broken = broken_promises(&SchoolCensus, &delivery(folder, &layout), &reading, &marks).unwrap();
    assert_eq!(broken, [""; 0], "{mapping}, {}", folder.display());
}

#[test]
fn promises_are_kept() {
    for folder in ["blade-2018-spring", "blade-2024-autumn", "blade-2026-spring"] {
        keeps_its_promises("school-census/blade", &data(folder));
    }
    keeps_its_promises("school-census/xml", &data("xml"));
}

#[test]
fn promises_are_kept_with_broken_deliveries() {
    const PUPILS: &str = "pupilonroll.csv";
    // Cut short within quotes.
    let folder = copy("blade-2024-autumn");
    edit(folder.path(), PUPILS, |text| text + "9,\"Secret");
    keeps_its_promises("school-census/blade", folder.path());
    // A header that nobody declared, in the place of one that is needed, and a file that belongs to nothing.
    let folder = copy("blade-2024-autumn");
    edit(folder.path(), PUPILS, |text| text.replace("surname", "Secret"));
    std::fs::write(folder.path().join("CRANE.csv"), "Secret,PIPIT\r\n1,2\r\n").unwrap();
    keeps_its_promises("school-census/blade", folder.path());
    // A table set without its pupils, and one without anything.
    let folder = copy("blade-2024-autumn");
    std::fs::remove_file(folder.path().join(PUPILS)).unwrap();
    keeps_its_promises("school-census/blade", folder.path());
    let folder = copy("blade-2024-autumn");
    for name in std::fs::read_dir(folder.path()).unwrap() {
        std::fs::write(name.unwrap().path(), "").unwrap();
    }
    keeps_its_promises("school-census/blade", folder.path());
    // A return that is cut short, one of another form, and one that is no XML.
    const RETURN: &str = "0012001_SC1_001LL25_004.xml";
    let folder = copy("xml");
    edit(folder.path(), RETURN, |text| text[..text.len() / 2].to_owned());
    keeps_its_promises("school-census/xml", folder.path());
    edit(folder.path(), RETURN, |text| {
        text.replace("<Surname>", "<Secret>")
            .replace("</Surname>", "</Secret>")
    });
    keeps_its_promises("school-census/xml", folder.path());
    std::fs::write(folder.path().join(RETURN), "Secret, not a return").unwrap();
    keeps_its_promises("school-census/xml", folder.path());
}
