//! Hand-written files, record by record and finding by finding.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod common;

use common::{layout, read};
use identity::{BusinessKey, Held};
use jiff::civil::date;
use records::{EthnicGroup, Sex, State};

#[test]
fn a_portal_export() {
    let (kept, result) = read(
        &layout("section23/portal-export"),
        "section23-notifications-2025-04.csv",
    );
    result.unwrap();
    assert_eq!(
        kept.references(),
        [
            "S1001", "S1002", "S1003", "S1001", "S1007", "S1002", "S1008", "S1009", "S1011", "S1012",
            "S1013", "S1016", "S1017",
        ]
    );
    assert_eq!((kept.rows, kept.quarantined), (20, 7));
    assert_eq!(
        kept.finding_lines(),
        [
            // The column "Internal notes" is not in the layout: counted once, and its name not shown.
            "- AZ F008 accepted - x3",
            // The row on line 2 has a line end in a quoted cell, so the next is on line 4.
            "4 P F022 accepted NHS number",
            "5 P F032 blanked-value NHS number",
            "6 P F031 blanked-value NHS number",
            "6 P S23-002 quarantined-row NHS number",
            "6 R F031 blanked-value Child's first name",
            "6 AD F021 accepted Postcode",
            "7 V F024 blanked-value Child's date of birth",
            "7 V S23-001 quarantined-row Child's date of birth",
            // 25 February in American order.
            "8 K F024 blanked-value Date opinion formed",
            "8 K S23-001 quarantined-row Date opinion formed",
            "12 P F022 accepted NHS number",
            "13 AJ S23-013 accepted Parent agrees to the referral",
            "13 AS F023 blanked-value Main area of need",
            "14 - F009 quarantined-row -",
            // A formula where a name should be is text that is no name.
            "15 Q F035 blanked-value Child's surname",
            // Twins on one form.
            "17 A S23-012 quarantined-row Submission ID",
            "18 K S23-006 accepted Date opinion formed",
            "18 L S23-007 accepted Date parent informed",
            "18 V S23-005 accepted Child's date of birth",
            "19 G S23-010 accepted Organisation code",
            "19 O S23-001 quarantined-row Local authority code",
            "19 O S23-003 blanked-value Local authority code",
            "20 A S23-001 quarantined-row Submission ID",
            "21 C S23-004 blanked-value Date submitted",
            "21 V S23-009 accepted Child's date of birth",
            "22 G S23-010 accepted Organisation code",
            "22 H F021 accepted Your profession",
            "22 L F021 accepted Date parent informed",
        ]
    );
}

#[test]
fn what_a_notice_of_the_portal_says() {
    let (kept, _) = read(
        &layout("section23/portal-export"),
        "section23-notifications-2025-04.csv",
    );
    let first = &kept.records[0];
    let child = first.people.child.as_ref().unwrap();
    assert_eq!(child.nhs_number.valid().unwrap().expose(), "9990123004");
    assert_eq!(child.surname.valid().unwrap().expose(), "MARSHFIELD");
    assert_eq!(child.birth_date.valid().unwrap().date(), date(2022, 7, 4));
    assert_eq!(child.other_forenames.len(), 1);
    let mother = first.people.mother.as_ref().unwrap();
    assert_eq!(mother.nhs_number.valid().unwrap().expose(), "9990123373");
    assert_eq!(first.key, BusinessKey::new("notice-id", &["RAJ", "S1001"]));
    assert_eq!(first.record.version.time(), date(2025, 3, 14).at(9, 30, 0, 0));
    assert_eq!(first.record.event_date, date(2025, 3, 10));
    assert_eq!(first.record.received_date, Some(date(2025, 3, 14)));
    assert_eq!(
        (first.record.sex, first.record.ethnic_group),
        (Sex::M, Some(EthnicGroup::WBRI))
    );
    assert_eq!(
        (first.location.line, first.rows.as_slice()),
        (Some(2), [("notices", 1)].as_slice())
    );

    let notice = kept.notice(0);
    assert_eq!((notice.limb.as_str(), notice.category.as_str()), ("HAS", "SEN"));
    assert_eq!(
        (notice.primary_need.as_deref(), notice.secondary_need.as_deref()),
        (Some("SLCN"), Some("ASD"))
    );
    assert_eq!(notice.notifier_role.as_deref(), Some("HEALTH_VISITOR"));
    assert_eq!(notice.sent_date, Some(date(2025, 3, 14)));
    assert_eq!(notice.la_gss.as_deref(), Some("E10000012"));
    assert_eq!(
        (notice.action.as_str(), notice.notice_kind.as_str()),
        ("NEW", "NOTIFICATION")
    );
    assert!(notice.statutory_duty);
    let other: Vec<(&str, &str)> = notice
        .other
        .iter()
        .map(|(field, code)| (field.as_str(), code.as_str()))
        .collect();
    assert_eq!(
        other,
        [
            ("diagnosis_status", "SUSPECTED"),
            ("discussion_held", "YES"),
            ("gp_practice_ods", "A83627"),
            ("looked_after", "N"),
            ("setting_attends", "YES"),
            ("setting_type", "PVI_NURSERY"),
        ]
    );

    // Consent withheld and an objection recorded: loaded all the same, and kept apart from being informed.
    let refused = kept.notice(2);
    assert_eq!(refused.share_for_services.as_deref(), Some("REFUSED"));
    assert_eq!(
        (refused.parent_objection, refused.parent_informed_date),
        (true, Some(date(2025, 3, 11)))
    );
    assert_eq!(refused.limb, "PROBABLY_HAS");
    assert_eq!(
        kept.records[2].people.child.as_ref().unwrap().nhs_number,
        Held::Invalid
    );

    // No field says "no fixed abode": the postcode does.
    let homeless = kept.records[6].people.child.as_ref().unwrap();
    assert!(homeless.no_fixed_abode && homeless.postcode == Held::Placeholder);
    assert_eq!(homeless.surname.valid().unwrap().expose(), "O'BRIEN-NUNEZ");
    assert_eq!(
        (kept.records[6].record.sex, kept.records[6].record.ethnic_group),
        (Sex::U, None)
    );

    // A body that is not named in the Act has no duty; a code that stands for nobody neither.
    assert!(!kept.notice(11).statutory_duty && !kept.notice(12).statutory_duty);
    assert_eq!(kept.notice(11).notifier_org, "NDA");
    // A moment of sending that is yet to come is not used; the day of receipt orders the version.
    assert_eq!(
        kept.records[11].record.version.time(),
        date(2025, 3, 14).at(0, 0, 0, 0)
    );
}

#[test]
fn updates_corrections_and_withdrawals() {
    let (kept, _) = read(
        &layout("section23/portal-export"),
        "section23-notifications-2025-04.csv",
    );
    let (new, update, correction, withdrawal) = (
        &kept.records[0],
        &kept.records[3],
        &kept.records[4],
        &kept.records[5],
    );
    assert_eq!(new.key, update.key);
    assert!(new.record.version < update.record.version);
    assert_eq!(
        (
            kept.notice(3).action.as_str(),
            kept.notice(3).primary_need.as_deref()
        ),
        ("UPDATE", Some("ASD"))
    );

    assert_eq!(
        correction.replaces,
        [BusinessKey::new("notice-id", &["RAJ", "S1003"])]
    );
    assert_eq!(kept.notice(4).category, "BOTH");

    assert_eq!(withdrawal.record.state, State::Withdrawn);
    assert_eq!(withdrawal.key, kept.records[1].key);
    assert!(withdrawal.people.child.is_none());
}

#[test]
fn a_workbook() {
    let (kept, result) = read(
        &layout("section23/portal-export-xlsx"),
        "section23-notifications-2025-05.xlsx",
    );
    result.unwrap();
    assert_eq!(kept.references(), ["X1", "1002", "X3", "X5"]);
    assert_eq!((kept.rows, kept.quarantined), (5, 1));
    assert_eq!(
        kept.finding_lines(),
        [
            // A number that is not whole is no NHS number; the row below the empty one keeps its Excel row.
            "6 P F032 blanked-value NHS number",
            "7 K F028 blanked-value Date opinion formed",
            "7 K S23-001 quarantined-row Date opinion formed",
        ]
    );
    let [first, second] = [0, 1].map(|number| kept.records[number].people.child.as_ref().unwrap());
    assert_eq!(first.nhs_number.valid().unwrap().expose(), "9990123004");
    assert_eq!(second.nhs_number.valid().unwrap().expose(), "9990123373");
    // A date that was typed, and one whose cell lost its format.
    assert_eq!(second.birth_date.valid().unwrap().date(), date(2022, 7, 5));
    assert_eq!(kept.notice(1).opinion_date, date(2025, 3, 10));
    assert_eq!(
        kept.records[0].record.version.time(),
        date(2025, 3, 14).at(9, 30, 0, 0)
    );
    assert_eq!(kept.records[0].location.sheet.as_deref(), Some("Notifications"));
}

#[test]
fn an_interface() {
    let (kept, result) = read(&layout("section23/api-json"), "section23-api.json");
    result.unwrap();
    assert_eq!(kept.references(), ["J-1", "J-2", "J-5"]);
    assert_eq!((kept.rows, kept.quarantined), (4, 1));
    assert_eq!(
        kept.finding_lines(),
        [
            // A key that the layout does not know: keys stand in no column.
            "- - F008 accepted -",
            "2 - F021 accepted notification.parent_informed_date",
            "3 - F019 quarantined-row -",
        ]
    );

    let first = kept.notice(0);
    let other: Vec<(&str, &str)> = first
        .other
        .iter()
        .map(|(field, code)| (field.as_str(), code.as_str()))
        .collect();
    assert_eq!(
        other,
        [
            ("asq3_scores", "24:communication:15;24:gross_motor:40"),
            ("broad_area", "CI;SP"),
            ("diagnosis_snomed", "35919005"),
            ("diagnosis_status", "SUSPECTED"),
            ("discussion_held", "YES"),
            ("ehcp_in_place", "N"),
            ("equipment_or_medical_needs", "HEARING_AID"),
            ("gestation_at_birth_weeks", "34"),
            ("interpreter_needed", "N"),
            ("language", "en"),
            ("other_needs", "ASD;PD"),
            ("referral_consent", "GIVEN"),
            ("services_involved", "HV;SLT"),
            ("services_waiting_for", "PAED:2025-02-01"),
            ("voluntary_org_advised", "YES"),
        ]
    );
    assert_eq!(first.delivering_org.as_deref(), Some("NDA01"));
    // The sender's day is the one on its clock; versions order by the moment.
    assert_eq!(first.sent_date, Some(date(2025, 6, 1)));
    assert_eq!(
        kept.records[0].record.version.time(),
        date(2025, 5, 31).at(23, 30, 0, 0)
    );
    let child = kept.records[1].people.child.as_ref().unwrap();
    assert_eq!(child.nhs_number.valid().unwrap().expose(), "9990123373");
    assert_eq!(kept.notice(1).primary_need, None);
    assert_eq!(kept.records[2].record.state, State::Withdrawn);
}

#[test]
fn free_text_and_staff_never_leave_the_reader() {
    for (name, file) in [
        ("section23/portal-export", "section23-notifications-2025-04.csv"),
        (
            "section23/portal-export-xlsx",
            "section23-notifications-2025-05.xlsx",
        ),
        ("section23/api-json", "section23-api.json"),
    ] {
        let (kept, _) = read(&layout(name), file);
        for incoming in &kept.records {
            let payload = format!("{:?}", incoming.record).to_lowercase();
            for words in [
                "placeholder",
                "example.org",
                "points",
                "gdd",
                "hyperlink",
                "in words",
                "charity",
                "a nurse",
            ] {
                assert!(!payload.contains(words), "{words} in {file}");
            }
        }
    }
}
