//! Suppliers' flat files, record by record and finding by finding.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod common;

use common::{data, domains, layout, other, read, refused, review, taken};
use identity::{BusinessKey, Held};
use jiff::civil::date;
use kit::{Delivery, Mode, ReadError, Reading, mapping_check};
use records::{EthnicGroup, Sex, State};
use two_year_review::TwoYearReview;

const CHILD_HEALTH: &str = "two-year-review/child-health-csv";
const APRIL: &str = "reviews-2026-04.csv";
const WORKBOOK: &str = "two-year-review/team-workbook";

#[test]
fn a_child_health_system() {
    let (read, scopes) = taken(&data().join(APRIL), &layout(CHILD_HEALTH));
    assert!(scopes.is_empty());
    assert_eq!(
        read.references(),
        ["H1", "H2", "H1", "H2", "H6", "H7", "H8", "H9"]
    );
    // Read, loaded, out of scope (the child was not brought), kept out.
    assert_eq!(read.tally("reviews"), [14, 8, 1, 5]);
    let at = |line: &str| format!("reviews-2026-04:{line}");
    assert_eq!(
        read.lines(),
        [
            "3 W ASQ-3 communication: TYR-102 blanked-value",
            "3 X ASQ-3 gross motor: TYR-103 blanked-value",
            "3 Y ASQ-3 fine motor: TYR-108 accepted",
            "7 H NHS number: F022 accepted",
            "7 H NHS number: TYR-002 quarantined-row",
            "7 K Forename: F022 accepted",
            "8 A Contact ID: TYR-001 quarantined-row",
            // 31 February.
            "9 E Contact date: F024 blanked-value",
            "9 E Contact date: TYR-001 quarantined-row",
            "10 V ASQ-3 months: TYR-109 accepted",
            "11 V ASQ-3 months: TYR-110 blanked-value",
            "12 O Date of birth: TYR-006 accepted",
            "12 V ASQ-3 months: TYR-107 accepted",
            // Another child under one reference.
            "13 A Contact ID: TYR-013 quarantined-row",
            "14 C Extracted at: TYR-014 blanked-value",
            "14 H NHS number: F022 accepted",
            "15 E Contact date: TYR-003 quarantined-row",
        ]
        .map(at)
    );
}

#[test]
fn what_a_row_says() {
    let (read, _) = taken(&data().join(APRIL), &layout(CHILD_HEALTH));
    let first = &read.incoming[0];
    let said = review(first);
    assert_eq!((said.review_date, said.age_months), (date(2026, 3, 12), Some(26)));
    assert_eq!(said.integrated, Some(true));
    let asq3 = said.asq3.unwrap();
    assert_eq!(asq3.interval_months, Some(27));
    assert_eq!(
        domains(&asq3),
        [
            "40 EXPECTED",
            "28 BELOW",
            "20 EXPECTED",
            "25 BELOW",
            "50 EXPECTED"
        ]
    );
    assert_eq!(
        (said.asq_se_interval_months, said.asq_se_score),
        (Some(24), Some(75))
    );
    assert_eq!(
        (said.needs.as_slice(), said.disabilities.as_slice()),
        (
            ["SLCN".to_owned(), "ASD".to_owned()].as_slice(),
            ["10".to_owned()].as_slice()
        )
    );
    assert_eq!(other(first), ["looked_after=N", "safeguarding=Y"]);
    let child = first.people.child.as_ref().unwrap();
    assert_eq!(child.nhs_number.valid().unwrap().expose(), "9990000077");
    assert_eq!(child.surname.valid().unwrap().expose(), "MARSHFIELD");
    assert_eq!(child.other_forenames.len(), 2);
    let mother = first.people.mother.as_ref().unwrap();
    assert_eq!(mother.nhs_number.valid().unwrap().expose(), "9990001472");
    assert_eq!(
        (first.record.sex, first.record.ethnic_group),
        (Sex::M, Some(EthnicGroup::WBRI))
    );
    assert_eq!(
        (&first.record.scope, first.rows.as_slice()),
        (&None, [("reviews", 1)].as_slice())
    );
    assert_eq!(first.key, BusinessKey::new("review-id", &["H1"]));

    // Scores without the age of their form have no band; no score at all is no questionnaire.
    let unbanded = review(&read.incoming[4]).asq3.unwrap();
    assert_eq!(
        (unbanded.interval_months, unbanded.below_expected_domains()),
        (None, None)
    );
    assert_eq!(domains(&unbanded)[0], "40 -");
    assert!(review(&read.incoming[7]).asq3.is_none());
    // Homeless, and told from others by name.
    let homeless = read.incoming[7].people.child.as_ref().unwrap();
    assert!(homeless.no_fixed_abode && homeless.nhs_number == Held::Absent);
    // A time that is yet to come does not order the version: the transport's does.
    assert_eq!(
        read.incoming[7].record.version.time(),
        date(2026, 5, 1).at(3, 0, 0, 0)
    );
}

#[test]
fn updates_and_cancellations() {
    let (read, _) = taken(&data().join(APRIL), &layout(CHILD_HEALTH));
    let [new, second, update, cancel] = [0, 1, 2, 3].map(|number| &read.incoming[number]);
    assert_eq!(new.key, update.key);
    assert!(new.record.version < update.record.version);
    assert_eq!(domains(&review(update).asq3.unwrap())[1], "40 EXPECTED");
    assert_eq!(
        (&cancel.key, &cancel.record.state),
        (&second.key, &State::Withdrawn)
    );
    assert!(cancel.people.child.is_none() && second.record.version < cancel.record.version);

    // An update by which the child was not seen after all takes the review back.
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(APRIL);
    let text = std::fs::read_to_string(data().join(APRIL)).unwrap();
    let line = text.lines().nth(4).unwrap();
    assert!(line.starts_with("H1,Amended"));
    std::fs::write(&path, text.replace(line, &line.replace("Seen", "Not brought"))).unwrap();
    let (read, _) = taken(&path, &layout(CHILD_HEALTH));
    assert_eq!(read.incoming[2].record.state, State::Withdrawn);
    assert_eq!(read.incoming[2].key, new.key);
}

#[test]
fn a_word_for_action_or_status_that_nobody_knows_keeps_the_row_out() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("reviews-1.csv");
    let mut layout = layout(CHILD_HEALTH);
    for mode in [Mode::BlankValue, Mode::Accept] {
        layout.contract.unknown_code = mode;
        for (action, status, tally) in [
            ("New", "Seen", [1, 1, 0, 0]),
            ("", "", [1, 1, 0, 0]),
            ("New", "Declined", [1, 0, 1, 0]),
            ("REMOVED", "Seen", [1, 0, 0, 1]),
            ("Taken out", "Seen", [1, 0, 0, 1]),
            ("New", "POSTPONED", [1, 0, 0, 1]),
            ("New", "Ill that day", [1, 0, 0, 1]),
        ] {
            let text = format!(
                "Contact ID,Record status,Outcome,Contact date,NHS number\r\n\
                 H1,{action},{status},12/03/2026,9990000077\r\n"
            );
            std::fs::write(&path, text).unwrap();
            let (read, _) = taken(&path, &layout);
            assert_eq!(read.tally("reviews"), tally, "{action} {status}");
        }
    }
}

#[test]
fn a_workbook_without_references() {
    let (read, _) = taken(&data().join("reviews-2026-03.xlsx"), &layout(WORKBOOK));
    assert_eq!(read.tally("reviews"), [5, 3, 1, 1]);
    assert_eq!(
        read.lines(),
        [
            "reviews-2026-03.xlsx:6 C Last changed: F022 accepted",
            "reviews-2026-03.xlsx:6 D NHS no: F022 accepted",
            "reviews-2026-03.xlsx:7 A Seen on: F028 blanked-value",
            "reviews-2026-03.xlsx:7 A Seen on: TYR-001 quarantined-row",
            "reviews-2026-03.xlsx:7 C Last changed: F022 accepted",
        ]
    );
    // A number in a cell of numbers and one that was typed; a date of the sheet and one that was typed.
    let numbers: Vec<&str> = read.incoming[..2]
        .iter()
        .map(|incoming| {
            incoming
                .people
                .child
                .as_ref()
                .unwrap()
                .nhs_number
                .valid()
                .unwrap()
                .expose()
        })
        .collect();
    assert_eq!(numbers, ["9990000077", "9990000158"]);
    assert_eq!(review(&read.incoming[1]).review_date, date(2026, 3, 12));
    assert_eq!(domains(&review(&read.incoming[0]).asq3.unwrap())[1], "28 BELOW");
    assert_eq!(read.incoming[0].location.sheet.as_deref(), Some("Reviews"));
    // Children and days tell the reviews apart, by number or by name, and the same list again says the same.
    let keys: Vec<&BusinessKey> = read.incoming.iter().map(|incoming| &incoming.key).collect();
    assert!(keys[0] != keys[1] && keys[1] != keys[2]);
    let (again, _) = taken(&data().join("reviews-2026-03.xlsx"), &layout(WORKBOOK));
    assert!(
        again
            .incoming
            .iter()
            .zip(keys)
            .all(|(incoming, key)| incoming.key == *key)
    );
}

#[test]
fn another_supplier_is_a_file_and_no_compiling() {
    let (read, _) = taken(&data().join("list.txt"), &layout("another-supplier"));
    assert_eq!(
        read.lines(),
        [
            "list.txt:- N -: F008 blanked-value",
            "list.txt:2 B NHS: F022 accepted",
            "list.txt:3 B NHS: F022 accepted",
            "list.txt:3 H C: TYR-102 quarantined-row",
            "list.txt:4 F PC: F022 accepted",
            "list.txt:4 G Boy/girl: F023 quarantined-row",
        ]
    );
    let child = read.incoming[0].people.child.as_ref().unwrap();
    assert_eq!(child.forename.valid().unwrap().expose(), "ZOE");
    assert_eq!(review(&read.incoming[0]).needs, ["SLCN", "PD"]);

    let mut without = layout("another-supplier");
    without.columns.remove("review_date");
    assert_eq!(refused(&data().join("list.txt"), &without).0, "F030");
}

#[test]
fn a_check_of_a_mapping_says_what_would_be_read() {
    let report = |layout: &str, path: &str| {
        let layout = common::layout(layout);
        let sample: Delivery = common::delivery(&data().join(path), &layout);
        let reading = Reading {
            layout: &layout,
            provider: "XXX",
            as_at: date(2026, 11, 23),
            test_numbers: identity::TestNumbers::Allowed,
        };
        mapping_check(&TwoYearReview, &sample, &reading).unwrap()
    };
    let flat = report("another-supplier", "list.txt");
    assert_eq!((flat.records, flat.quarantined, flat.refused), (1, 2, false));
    assert_eq!(flat.files[0].columns_not_read, [13]);

    // A submission is looked at as its own provider's, whoever looks.
    let set = report(common::CSDS, common::MARCH);
    assert!(!set.refused);
    assert_eq!((set.records, set.rows["CYP201CareContact"]), (8, 15));
    let contacts = set
        .files
        .iter()
        .find(|file| file.table == Some("CYP201CareContact"))
        .unwrap();
    let date = contacts
        .fields
        .iter()
        .find(|report| report.field.name == "contact_date")
        .unwrap();
    assert_eq!((date.found, date.valid, date.blank, date.bad), (true, 15, 0, 0));
    assert!(set.files.iter().all(|file| file.table.is_some()));
}

#[test]
fn every_prefix_of_a_file_is_whole_rows_or_refused() {
    let layout = layout(CHILD_HEALTH);
    let bytes = std::fs::read(data().join(APRIL)).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("prefix");
    let ended = |length: usize| bytes[..length].ends_with(b"\n") || bytes[..length].ends_with(b"\r");
    let whole = bytes.iter().filter(|byte| **byte == b'\n').count() as u64 - 1;
    assert_eq!(whole, 14);
    for length in 0..=bytes.len() {
        std::fs::write(&path, &bytes[..length]).unwrap();
        let (read, outcome) = read(&path, &layout);
        match outcome {
            Ok(_) => {
                assert!(ended(length), "{length} bytes");
                let rows = bytes[..length].iter().filter(|byte| **byte == b'\r').count() as u64 - 1;
                assert_eq!(read.tally("reviews")[0], rows, "{length} bytes");
            }
            Err(ReadError::Refused(finding)) => {
                assert!(
                    !ended(length) && ["F001", "F002"].contains(&finding.rule.id),
                    "{length} bytes"
                );
            }
            Err(error) => panic!("{error}"),
        }
    }

    let layout = common::layout(WORKBOOK);
    let bytes = std::fs::read(data().join("reviews-2026-03.xlsx")).unwrap();
    for length in (0..bytes.len()).step_by(53) {
        std::fs::write(&path, &bytes[..length]).unwrap();
        let rule = refused(&path, &layout).0;
        assert!(["F001", "F015"].contains(&rule), "{length} bytes: {rule}");
    }
}
