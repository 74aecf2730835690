//! Notices of a provider that sends digests in the place of NHS numbers, as CSV and as a workbook.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod common;

use common::{Kept, layout, read_path};
use identity::Held;
use kit::{
    layout::Format,
    write::{Record, Table, write},
};
use section23::NOTICES;

const DIGEST: &str = "ED72F814B7905F3D3958749FA90FE657C101EC657402783DB68CBE3513E76087";

/// Each record under the layout of a supplier that has no numbers: the carried one with its number's column turned over
/// to digests.
fn read_back(format: Format, records: &[Record]) -> Kept {
    let mut layout = layout("section23/superset");
    layout.file.format = format;
    let number = layout.columns.remove("nhs_number").unwrap();
    layout.columns.insert("nhs_number_digest".to_owned(), number);
    let bytes = write(&Table::flat(&NOTICES, &layout), records).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    std::fs::write(&path, bytes).unwrap();
    let (kept, result) = read_path(&layout, &path, "file");
    result.unwrap();
    kept
}

fn notice(id: &str, digest: &str, named: bool) -> Record {
    let name = |name: &str| if named { name.to_owned() } else { String::new() };
    Record::from([
        ("notification_id", id.to_owned()),
        ("sent_at", "2025-03-04T10:00:00".to_owned()),
        ("action", "NEW".to_owned()),
        ("kind", "NOTIFICATION".to_owned()),
        ("opinion_date", "2025-03-04".to_owned()),
        ("parent_informed_date", "2025-03-04".to_owned()),
        ("limb", "HAS".to_owned()),
        ("category", "SEN".to_owned()),
        ("la_gss", "E10000012".to_owned()),
        ("notifier_org_ods", "RAJ".to_owned()),
        ("birth_date", "2021-04-09".to_owned()),
        ("family_name", name("Marshfield")),
        ("given_name", name("Robin")),
        ("postcode", name("CM99 1AA")),
        ("nhs_number_digest", digest.to_owned()),
    ])
}

#[test]
fn a_digest_tells_a_child_from_others() {
    for format in [Format::Csv, Format::Xlsx] {
        let records = [
            notice("1", DIGEST, false),
            notice("2", &DIGEST.to_lowercase(), false),
            notice("3", &DIGEST[..63], true),
            notice("4", &"0".repeat(64), true),
            notice("5", &DIGEST[..63], false),
        ];
        let kept = read_back(format, &records);
        assert_eq!(kept.references(), ["1", "2", "3", "4"], "{format:?}");
        let digest = |number: usize| {
            let child = kept.records[number].people.child.as_ref().unwrap();
            child.nhs_number_digest.clone()
        };
        assert!(matches!(digest(0), Held::Valid(_)));
        assert_eq!(digest(0), digest(1));
        // What is none is left out with a finding that says where; the record goes on without it.
        assert_eq!((digest(2), digest(3)), (Held::Invalid, Held::Placeholder));
        let lines = kept.finding_lines();
        let of = |rule: &str| lines.iter().filter(|line| line.contains(rule)).count();
        assert_eq!(
            (of("F055 blanked-value nhs_number"), of("F031 blanked-value")),
            (2, 1),
            "{lines:?}"
        );
        // Nothing is left that would tell the fifth from others.
        assert_eq!(
            (of("S23-002 quarantined-row"), kept.quarantined),
            (1, 1),
            "{lines:?}"
        );
        assert!(!format!("{:?} {:?}", kept.findings, kept.records).contains(&DIGEST[..20]));
    }
}
