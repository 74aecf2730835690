//! What is written through a layout reads back as it was, in every format. The golden files hold the names and
//! codes still, so that a wrong one cannot pass here unseen.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod common;

use common::{layout, read_path};
use kit::write::{Record, Table, write};
use proptest::prelude::*;
use section23::NOTICES;

/// A made-up notice: canonical values of fields that every carried layout has.
fn notice() -> impl Strategy<Value = Record> {
    let day = |years: std::ops::Range<i16>| {
        (years, 1..=12_i8, 1..=28_i8).prop_map(|(year, month, day)| format!("{year:04}-{month:02}-{day:02}"))
    };
    let text = "[A-Za-z0-9][A-Za-z0-9 ,;\"'=+@é€-]{0,20}[A-Za-z0-9]";
    let name = "[A-Z][a-zé]{2,10}( [A-Z][a-z]{2,8})?";
    (
        (text, day(2023..2026), day(2020..2023), name, name),
        prop::sample::select(vec!["NEW", "UPDATE"]),
        prop::sample::select(vec!["HAS", "PROBABLY_HAS"]),
        prop::sample::select(vec!["SEN", "DISABILITY", "BOTH"]),
        prop::sample::subsequence(vec!["ASD", "SLCN", "PD", "HI"], 0..=4),
        prop::sample::select(vec!["9990123004", "9990123373", ""]),
        (text, 0..24_u8, 0..60_u8),
    )
        .prop_map(
            |(
                (id, opinion, birth, family, given),
                action,
                limb,
                category,
                needs,
                nhs,
                (reason, hour, minute),
            )| {
                Record::from([
                    ("sent_at", format!("{opinion}T{hour:02}:{minute:02}:00")),
                    ("notification_id", id.replace(';', "")),
                    ("opinion_date", opinion),
                    ("birth_date", birth),
                    ("family_name", family),
                    ("given_name", given),
                    ("action", action.to_owned()),
                    ("kind", "NOTIFICATION".to_owned()),
                    ("limb", limb.to_owned()),
                    ("category", category.to_owned()),
                    ("other_needs", needs.join(";")),
                    ("nhs_number", nhs.to_owned()),
                    ("postcode", "CM99 1AA".to_owned()),
                    ("la_gss", "E10000012".to_owned()),
                    ("notifier_org_ods", "RAJ".to_owned()),
                    ("notifier_role", "HEALTH_VISITOR".to_owned()),
                    ("reason_text", reason),
                ])
            },
        )
}

fn reads_back(name: &str, records: &[Record]) -> Result<(), TestCaseError> {
    let layout = layout(name);
    let bytes = write(&Table::flat(&NOTICES, &layout), records).unwrap();
    prop_assert_eq!(&bytes, &write(&Table::flat(&NOTICES, &layout), records).unwrap());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    std::fs::write(&path, bytes).unwrap();
    let (kept, result) = read_path(&layout, &path, "file");
    result.unwrap();
    prop_assert_eq!(kept.records.len() + kept.quarantined as usize, records.len());
    // Two made-up notices may share a reference; one of each pair is then kept out.
    let siblings = kept
        .findings
        .iter()
        .filter(|finding| finding.rule.id == "S23-012")
        .count();
    prop_assert_eq!(kept.quarantined as usize, siblings);
    for incoming in &kept.records {
        let reference = incoming.reference.as_ref().unwrap().expose();
        let number = kept
            .records
            .iter()
            .position(|other| std::ptr::eq(other, incoming))
            .unwrap();
        let notice = kept.notice(number);
        let child = incoming.people.child.as_ref().unwrap();
        let same = |record: &&Record| {
            let nhs = child
                .nhs_number
                .valid()
                .map(|number| number.expose())
                .unwrap_or_default();
            record["notification_id"].trim() == reference
                && record["opinion_date"] == notice.opinion_date.to_string()
                && record["sent_at"] == incoming.record.version.time().to_string()
                && record["birth_date"] == child.birth_date.valid().unwrap().date().to_string()
                && record["nhs_number"] == nhs
                && record["limb"] == notice.limb
                && record["category"] == notice.category
                && record["action"] == notice.action
                && record["other_needs"].split(';').next()
                    == Some(notice.secondary_need.as_deref().unwrap_or_default())
        };
        prop_assert!(records.iter().any(|record| same(&record)));
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn csv_with_names_of_ours(records in prop::collection::vec(notice(), 0..8)) {
        reads_back("section23/superset", &records)?;
    }

    #[test]
    fn csv_of_a_portal(records in prop::collection::vec(notice(), 0..8)) {
        reads_back("section23/portal-export", &records)?;
    }

    #[test]
    fn a_workbook_of_a_portal(records in prop::collection::vec(notice(), 0..8)) {
        reads_back("section23/portal-export-xlsx", &records)?;
    }

    #[test]
    fn json_of_an_interface(records in prop::collection::vec(notice(), 0..8)) {
        reads_back("section23/api-json", &records)?;
    }
}
