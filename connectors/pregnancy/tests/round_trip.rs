//! What is written through a layout reads back as it was, in every format. The golden files hold the names and
//! codes still, so that a wrong one cannot pass here unseen.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod common;

use common::{birth, layout, notification, read_path};
use kit::{
    Connector,
    write::{Record, Table, write},
};
use pregnancy::{NOTIFICATIONS, Pregnancy};
use proptest::prelude::*;

/// NHS numbers of the test range.
const NUMBERS: [&str; 4] = ["9990200076", "9990200149", "9990200211", "9990200289"];

/// Days of some years.
fn day(years: std::ops::Range<i16>) -> impl Strategy<Value = String> {
    (years, 1..=12_i8, 1..=28_i8).prop_map(|(year, month, day)| format!("{year:04}-{month:02}-{day:02}"))
}

/// A made-up notification: canonical values of fields that both flat layouts have.
fn made_up() -> impl Strategy<Value = Record> {
    let name = "[A-Z][a-zé]{2,10}( [A-Z][a-z]{2,8})?";
    (
        (day(2024..2026), day(2024..2026), day(1980..2005), name, name),
        prop::sample::select(vec!["NEW", "UPDATE"]),
        prop::sample::select(vec![
            "",
            "LIVE_BIRTH",
            "STILLBIRTH",
            "LOSS",
            "TERMINATION",
            "MOVED_OUT",
        ]),
        prop::sample::select(vec!["", "Y", "N"]),
        (0..=6_u8, prop::option::of(prop::sample::select(NUMBERS.to_vec()))),
        ("[A-Za-z0-9 ,;\"'=+@é€-]{0,20}", 0..24_u8, 0..60_u8),
    )
        .prop_map(
            |(
                (sent, edd, birth, family, given),
                action,
                outcome,
                flag,
                (fetuses, nhs),
                (notes, hour, minute),
            )| {
                Record::from([
                    ("sent_at", format!("{sent}T{hour:02}:{minute:02}:00")),
                    ("notified_date", sent.clone()),
                    ("booking_date", sent),
                    ("edd", edd.clone()),
                    ("birth_date", birth),
                    ("family_name", family),
                    ("given_name", given),
                    ("action", action.to_owned()),
                    ("outcome", outcome.to_owned()),
                    (
                        "outcome_date",
                        if outcome.is_empty() { String::new() } else { edd },
                    ),
                    ("complex_social_factors", flag.to_owned()),
                    ("mental_health", flag.to_owned()),
                    (
                        "fetus_count",
                        if fetuses == 0 {
                            String::new()
                        } else {
                            fetuses.to_string()
                        },
                    ),
                    ("nhs_number", nhs.unwrap_or_default().to_owned()),
                    ("postcode", "CM99 1AA".to_owned()),
                    ("notes", notes),
                ])
            },
        )
}

fn reads_back(name: &str, mut records: Vec<Record>) -> Result<(), TestCaseError> {
    for (number, record) in records.iter_mut().enumerate() {
        record.insert("notification_id", format!("N{number}"));
    }
    let layout = layout(name);
    let bytes = write(&Table::flat(&NOTIFICATIONS, &layout), &records).unwrap();
    prop_assert_eq!(
        &bytes,
        &write(&Table::flat(&NOTIFICATIONS, &layout), &records).unwrap()
    );
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    std::fs::write(&path, bytes).unwrap();
    let (kept, result) = read_path(&layout, &path, "file");
    result.unwrap();
    prop_assert_eq!(kept.records.len(), records.len());
    for (incoming, record) in kept.records.iter().zip(&records) {
        let says = notification(incoming);
        let mother = incoming.people.mother.as_ref().unwrap();
        prop_assert_eq!(
            incoming.reference.as_ref().unwrap().expose(),
            &record["notification_id"]
        );
        prop_assert_eq!(&record["sent_at"], &incoming.record.version.time().to_string());
        prop_assert_eq!(
            says.booking_date.map(|day| day.to_string()),
            Some(record["booking_date"].clone())
        );
        prop_assert_eq!(
            mother.birth_date.valid().unwrap().date().to_string(),
            record["birth_date"].clone()
        );
        let nhs = mother.nhs_number.valid().map(|number| number.expose());
        prop_assert_eq!(nhs.unwrap_or_default(), &record["nhs_number"]);
        let due = incoming.people.expected.as_ref().unwrap().due.as_ref();
        let too_far = kept
            .findings
            .iter()
            .any(|finding| finding.rule.id == "PN-005" && finding.location.line == incoming.location.line);
        prop_assert_eq!(due.is_none(), too_far);
        if let Some(due) = due {
            prop_assert_eq!(due.date().to_string(), record["edd"].clone());
        }
        prop_assert_eq!(
            says.outcome.map(|outcome| outcome.as_str()).unwrap_or_default(),
            &record["outcome"]
        );
        let flag = |flag: &str| match flag {
            "Y" => Some(true),
            "N" => Some(false),
            _ => None,
        };
        prop_assert_eq!(
            says.complex_social_factors,
            flag(&record["complex_social_factors"])
        );
        prop_assert_eq!(
            says.other.get("mental_health").cloned().unwrap_or_default(),
            record["mental_health"].clone()
        );
        prop_assert_eq!(
            says.fetus_count
                .map(|count| count.to_string())
                .unwrap_or_default(),
            record["fetus_count"].clone()
        );
    }
    Ok(())
}

/// Pregnancies: how many fetuses, how many babies, and whether each lives.
fn pregnancies() -> impl Strategy<Value = Vec<(u8, Vec<bool>)>> {
    prop::collection::vec((1..=4_u8, prop::collection::vec(any::<bool>(), 0..3)), 0..6)
}

fn a_submission_reads_back(pregnancies: &[(u8, Vec<bool>)]) -> Result<(), TestCaseError> {
    let mut tables: std::collections::BTreeMap<&str, Vec<Record>> = std::collections::BTreeMap::new();
    let mut add = |table, record: Vec<(&'static str, String)>| {
        tables
            .entry(table)
            .or_default()
            .push(record.into_iter().collect());
    };
    add(
        "MSD000Header",
        vec![
            ("provider", "RAJ".to_owned()),
            ("period_start", "2026-03-01".to_owned()),
            ("period_end", "2026-03-31".to_owned()),
            ("created_at", "2026-04-20".to_owned()),
            ("created_time", "10:15:00".to_owned()),
        ],
    );
    for (number, (fetuses, babies)) in pregnancies.iter().enumerate() {
        let (mother, pregnancy, delivery) =
            (format!("M{number}"), format!("P{number}"), format!("D{number}"));
        add(
            "MSD001MotherDemog",
            vec![
                ("mother_id", mother.clone()),
                ("nhs_number", NUMBERS[number % NUMBERS.len()].to_owned()),
                ("birth_date", "1995-05-04".to_owned()),
                ("postcode", "CM99 1AA".to_owned()),
            ],
        );
        add(
            "MSD101PregnancyBooking",
            vec![
                ("pregnancy_id", pregnancy.clone()),
                ("mother_id", mother),
                ("booking_date", "2025-09-01".to_owned()),
                ("edd", "2026-04-10".to_owned()),
            ],
        );
        for _ in 0..*fetuses {
            add(
                "MSD103DatingScan",
                vec![
                    ("pregnancy_id", pregnancy.clone()),
                    ("scan_date", "2025-10-01".to_owned()),
                    ("fetus_count", fetuses.to_string()),
                ],
            );
        }
        if !babies.is_empty() {
            add(
                "MSD301LabourDelivery",
                vec![("delivery_id", delivery.clone()), ("pregnancy_id", pregnancy)],
            );
        }
        for (order, alive) in (1..).zip(babies) {
            add(
                "MSD401BabyDemographics",
                vec![
                    ("baby_id", format!("B{number}-{order}")),
                    ("delivery_id", delivery.clone()),
                    ("birth_date", "2026-03-20".to_owned()),
                    ("outcome", if *alive { "01" } else { "02" }.to_owned()),
                    ("sex", "2".to_owned()),
                    ("birth_order", order.to_string()),
                ],
            );
        }
    }
    let layout = layout("pregnancy/msds-2");
    let folder = tempfile::tempdir().unwrap();
    for table in Pregnancy.tables() {
        let Some(told) = layout.tables.get(table.name) else {
            continue;
        };
        if told.columns.is_empty() {
            continue;
        }
        let records = tables.remove(table.name).unwrap_or_default();
        let sheet = Table::new(table, &layout, &told.columns, |_| true);
        std::fs::write(
            folder.path().join(format!("{}.csv", table.name)),
            write(&sheet, &records).unwrap(),
        )
        .unwrap();
    }
    let (kept, result) = read_path(&layout, folder.path(), "");
    prop_assert_eq!(result.unwrap().len(), 1);
    for (number, (fetuses, babies)) in pregnancies.iter().enumerate() {
        let says = notification(kept.of(&format!("P{number}"), 0));
        prop_assert_eq!(says.fetus_count, Some(*fetuses));
        let outcome = says.outcome.map(|outcome| outcome.as_str());
        let told = match babies.as_slice() {
            [] => None,
            babies if babies.contains(&true) => Some("LIVE_BIRTH"),
            _ => Some("STILLBIRTH"),
        };
        prop_assert_eq!(outcome, told);
        for (order, alive) in (1..).zip(babies) {
            let baby = kept.of(&format!("B{number}-{order}"), 0);
            prop_assert_eq!(baby.people.child.is_some(), *alive);
            prop_assert_eq!(birth(baby).birth_order, Some(order));
        }
    }
    let babies: usize = pregnancies.iter().map(|(_, babies)| babies.len()).sum();
    prop_assert_eq!(kept.records.len(), pregnancies.len() + babies);
    prop_assert_eq!(kept.quarantined(), 0);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn csv_of_a_record_system(records in prop::collection::vec(made_up(), 0..8)) {
        reads_back("pregnancy/epr-export", records)?;
    }

    #[test]
    fn a_workbook_of_a_team(records in prop::collection::vec(made_up(), 0..8)) {
        reads_back("pregnancy/weekly-list-xlsx", records)?;
    }

    #[test]
    fn a_table_set(pregnancies in pregnancies()) {
        a_submission_reads_back(&pregnancies)?;
    }
}
