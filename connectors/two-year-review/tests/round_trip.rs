//! What is written through a layout reads back as it was, flat and as tables. The golden files hold the names and codes
//! still, so that a wrong one cannot pass here unseen.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod common;

use std::path::Path;

use common::{CSDS, layout, review, taken};
use jiff::civil::{Date, date};
use kit::{
    Connector,
    write::{Record, Table, write},
};
use proptest::prelude::*;
use records::Asq3;
use two_year_review::{Asq, Domain, TwoYearReview};

/// A made-up review.
#[derive(Clone, Debug)]
struct Made {
    birth: Date,
    day: Date,
    months: u8,
    scores: Vec<u8>,
    number: &'static str,
    by_referral: bool,
}

fn made() -> impl Strategy<Value = Made> {
    (
        (1..=28_i8, 1..=31_i8),
        prop::sample::select(vec![24_u8, 27, 30, 33]),
        prop::collection::vec(0..=60_u8, 5),
        prop::sample::select(vec!["9990000077", "9990000158", "9990000212"]),
        any::<bool>(),
    )
        .prop_map(|((birth, day), months, scores, number, by_referral)| Made {
            birth: date(2024, 1, birth),
            day: date(2026, 3, day),
            months,
            scores,
            number,
            by_referral,
        })
}

const FIELDS: [&str; 5] = [
    "asq3_communication",
    "asq3_gross_motor",
    "asq3_fine_motor",
    "asq3_problem_solving",
    "asq3_personal_social",
];

fn flat(mapping: &str, reviews: &[Made]) -> Result<(), TestCaseError> {
    let layout = layout(mapping);
    let mut records = Vec::new();
    for (number, made) in reviews.iter().enumerate() {
        let mut record = Record::from([
            ("review_id", format!("H{number}")),
            ("action", "NEW".to_owned()),
            ("status", "COMPLETED".to_owned()),
            // Without references the day tells two reviews of a child apart.
            ("review_date", made.day.to_string()),
            ("sent_at", format!("2026-04-01T06:{number:02}:00")),
            ("nhs_number", made.number.to_owned()),
            ("family_name", "Marshfield".to_owned()),
            ("given_name", "Robin".to_owned()),
            ("birth_date", made.birth.to_string()),
            ("sex", "2".to_owned()),
            ("postcode", "CM99 1AA".to_owned()),
            ("asq3_interval", made.months.to_string()),
        ]);
        for (field, score) in FIELDS.iter().zip(&made.scores) {
            record.insert(field, score.to_string());
        }
        records.push(record);
    }
    let table = TwoYearReview.tables()[0];
    let bytes = write(&Table::flat(&table, &layout), &records).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("reviews");
    std::fs::write(&path, bytes).unwrap();
    let (read, _) = taken(&path, &layout);
    prop_assert_eq!(read.incoming.len(), reviews.len());
    for (incoming, made) in read.incoming.iter().zip(reviews) {
        check(incoming, made)?;
    }
    Ok(())
}

fn check(incoming: &kit::Incoming, made: &Made) -> Result<(), TestCaseError> {
    let said = review(incoming);
    prop_assert_eq!(said.review_date, made.day);
    let asq3 = said.asq3.unwrap();
    prop_assert_eq!(asq3.interval_months, Some(made.months));
    prop_assert_eq!(scores(&asq3), made.scores.clone());
    let child = incoming.people.child.as_ref().unwrap();
    prop_assert_eq!(child.nhs_number.valid().unwrap().expose(), made.number);
    prop_assert_eq!(child.birth_date.valid().unwrap().date(), made.birth);
    Ok(())
}

fn scores(asq3: &Asq3) -> Vec<u8> {
    asq3.domains().iter().filter_map(|domain| domain.score).collect()
}

/// Writes the tables of a submission in which each review is of a child of its own.
fn submission(folder: &Path, reviews: &[Made]) {
    let layout = layout(CSDS);
    let asq = Asq::carried().unwrap();
    let mut rows: std::collections::BTreeMap<&str, Vec<Record>> = std::collections::BTreeMap::new();
    rows.entry("CYP000Header").or_default().push(Record::from([
        ("version", "1.6".to_owned()),
        ("provider", "RAJ".to_owned()),
        ("period_start", "2026-03-01".to_owned()),
        ("period_end", "2026-03-31".to_owned()),
        ("created_at", "2026-04-10T09:00:00".to_owned()),
    ]));
    for (number, made) in reviews.iter().enumerate() {
        let id = |letter: &str| format!("{letter}{number}");
        let mut add = |table: &'static str, record: Record| rows.entry(table).or_default().push(record);
        add(
            "CYP001MPI",
            Record::from([
                ("patient_id", id("P")),
                ("nhs_number", made.number.to_owned()),
                ("birth_date", made.birth.to_string()),
                ("postcode", "CM99 1AA".to_owned()),
                ("sex", "1".to_owned()),
            ]),
        );
        add(
            "CYP101Referral",
            Record::from([("referral_id", id("R")), ("patient_id", id("P"))]),
        );
        add(
            "CYP102ServiceTypeReferredTo",
            Record::from([
                ("referral_id", id("R")),
                ("team_id", id("T")),
                ("team_type", "16".to_owned()),
            ]),
        );
        let contact = Record::from([
            ("contact_id", id("C")),
            ("referral_id", id("R")),
            ("team_id", id("T")),
            ("contact_date", made.day.to_string()),
            ("attendance", "5".to_owned()),
        ]);
        let activity = Record::from([
            ("activity_id", id("A")),
            ("contact_id", id("C")),
            ("activity_type", "11".to_owned()),
        ]);
        add("CYP201CareContact", contact);
        add("CYP202CareActivity", activity);
        for (domain, score) in Domain::ALL.into_iter().zip(&made.scores) {
            let code = asq.code(made.months, domain).unwrap().to_string();
            let mut record = Record::from([("assessment", code), ("score", score.to_string())]);
            if made.by_referral {
                record.extend([("referral_id", id("R")), ("completed", made.day.to_string())]);
                add("CYP609CodedAssessmentReferral", record);
            } else {
                record.insert("activity_id", id("A"));
                add("CYP612CodedAssessmentContact", record);
            }
        }
    }
    for (name, records) in rows {
        let table = TwoYearReview
            .tables()
            .iter()
            .find(|table| table.name == name)
            .unwrap();
        let written = Table::new(table, &layout, &layout.tables[name].columns, |_| true);
        std::fs::write(
            folder.join(format!("{name}.csv")),
            write(&written, &records).unwrap(),
        )
        .unwrap();
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn csv_of_a_child_health_system(reviews in prop::collection::vec(made(), 0..6)) {
        flat("two-year-review/child-health-csv", &reviews)?;
    }

    #[test]
    fn a_workbook_of_a_team(reviews in prop::collection::vec(made(), 0..6)) {
        flat("two-year-review/team-workbook", &reviews)?;
    }

    #[test]
    fn tables_of_the_data_set(reviews in prop::collection::vec(made(), 1..6)) {
        let folder = tempfile::tempdir().unwrap();
        submission(folder.path(), &reviews);
        let (read, _) = taken(folder.path(), &layout(CSDS));
        prop_assert_eq!(read.incoming.len(), reviews.len());
        for (incoming, made) in read.incoming.iter().zip(&reviews) {
            check(incoming, made)?;
        }
    }
}
