//! A hand-written submission to the Community Services Data Set, record by record and finding by finding.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod common;

use common::{CSDS, MARCH, data, domains, layout, other, review, taken};
use identity::{BusinessKey, Held, NhsNumberStatus};
use jiff::civil::date;
use kit::SnapshotScope;
use records::{EthnicGroup, Sex, Version};

#[test]
fn every_finding() {
    let (read, _) = taken(&data().join(MARCH), &layout(CSDS));
    assert_eq!(
        read.lines(),
        [
            // Neither NHS number nor postcode: a birth date alone is shared by many.
            "CYP001MPI:8 C NHSNumber: F022 accepted",
            "CYP001MPI:8 C NHSNumber: TYR-002 quarantined-row",
            "CYP001MPI:8 F Postcode: F022 accepted",
            // Line 9 has a bad NHS number and no review: nothing of it is read. Line 10 is homeless and loaded.
            "CYP001MPI:10 C NHSNumber: F022 accepted",
            "CYP001MPI:12 A LocalPatientID: F043 quarantined-row",
            "CYP101Referral:14 B LocalPatientID: F044 quarantined-row",
            "CYP201CareContact:4 D Contact_Date: TYR-010 accepted",
            "CYP201CareContact:11 C TeamID_Local: TYR-009 accepted",
            "CYP201CareContact:12 D Contact_Date: TYR-011 accepted",
            "CYP201CareContact:13 D Contact_Date: TYR-108 accepted",
            "CYP201CareContact:14 F AttendanceStatus: TYR-007 quarantined-row",
            "CYP201CareContact:15 D Contact_Date: TYR-004 accepted",
            "CYP201CareContact:15 D Contact_Date: TYR-006 accepted",
            // Its activity and score are kept out with it and not named again.
            "CYP201CareContact:16 B ServiceRequestID: F044 quarantined-row",
            "CYP202CareActivity:18 - -: F009 quarantined-row",
            "CYP401SpEdNeedId:5 A LocalPatientID: F044 quarantined-row",
            "CYP609CodedAssessmentReferral:10 D AssessmentCompletion_Date: TYR-008 quarantined-row",
            "CYP612CodedAssessmentContact:8 B SNOMED_ID: TYR-107 accepted",
            "CYP612CodedAssessmentContact:11 C Score: TYR-102 blanked-value",
            "CYP612CodedAssessmentContact:12 C Score: TYR-103 blanked-value",
            "CYP612CodedAssessmentContact:14 C Score: TYR-104 accepted",
            "CYP612CodedAssessmentContact:16 C Score: TYR-105 blanked-value",
            "CYP612CodedAssessmentContact:18 B SNOMED_ID: TYR-106 blanked-value",
            // The same unknown code at a physiotherapist's contact (line 20) is nobody's concern.
            "CYP612CodedAssessmentContact:19 B SNOMED_ID: TYR-101 blanked-value",
            "CYP612CodedAssessmentContact:23 A CareActivityID: F044 quarantined-row",
        ]
    );
}

#[test]
fn every_row_of_every_table() {
    let (read, scopes) = taken(&data().join(MARCH), &layout(CSDS));
    // Read, loaded, out of scope, kept out.
    for (table, tally) in [
        ("CYP000Header", [1, 0, 1, 0]),
        ("CYP001MPI", [13, 8, 3, 2]),
        ("CYP101Referral", [13, 8, 3, 2]),
        ("CYP102ServiceTypeReferredTo", [11, 7, 3, 1]),
        ("CYP201CareContact", [15, 7, 5, 3]),
        ("CYP202CareActivity", [17, 8, 5, 4]),
        ("CYP401SpEdNeedId", [4, 2, 1, 1]),
        ("CYP402SVF", [1, 1, 0, 0]),
        ("CYP403CPP", [2, 2, 0, 0]),
        ("CYP602DisabilityType", [2, 2, 0, 0]),
        ("CYP609CodedAssessmentReferral", [9, 7, 1, 1]),
        ("CYP612CodedAssessmentContact", [22, 19, 1, 2]),
        // Anonymous, and staff.
        ("CYP613AnonSelfAssessment", [2, 0, 2, 0]),
        ("CYP901StaffDetails", [1, 0, 1, 0]),
    ] {
        assert_eq!(read.tally(table), tally, "{table}");
    }
    assert_eq!(read.counts.0.len(), 14);
    assert_eq!(
        read.references(),
        ["C01", "C03", "C04", "R05", "C06", "C09", "C11b", "C12"]
    );
    let version = Version::of_period(date(2026, 3, 31), date(2026, 4, 10).at(9, 0, 0, 0));
    let scope = "RAJ/2026-03".to_owned();
    assert_eq!(scopes, [SnapshotScope { scope, version }]);
    for incoming in &read.incoming {
        assert_eq!(incoming.record.version, version);
        assert_eq!(incoming.record.scope.as_deref(), Some("RAJ/2026-03"));
    }
}

#[test]
fn what_a_review_says() {
    let (read, _) = taken(&data().join(MARCH), &layout(CSDS));
    let first = read.contact("C01");
    let said = review(first);
    assert_eq!((said.review_date, said.age_months), (date(2026, 3, 12), Some(26)));
    assert_eq!(first.record.event_date, said.review_date);
    let asq3 = said.asq3.unwrap();
    assert_eq!(asq3.interval_months, Some(27));
    // 27.5 is shown as 28, which is not below 28.01 but is below it unrounded.
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
    assert_eq!(asq3.below_expected_domains(), Some(2));
    assert_eq!(
        (said.asq_se_interval_months, said.asq_se_score),
        (Some(24), Some(75))
    );
    assert_eq!(said.needs, ["LD", "SLCN"]);
    assert_eq!(said.disabilities, ["10"]);
    // The plan ended before the review; "not stated" is no flag.
    assert_eq!(
        other(first),
        [
            "consultation_mechanism=01",
            "found_by=activity-type",
            "looked_after=Y",
            "safeguarding=N"
        ]
    );
    assert!(said.integrated.is_none());

    let child = first.people.child.as_ref().unwrap();
    assert_eq!(child.nhs_number.valid().unwrap().expose(), "9990000077");
    assert_eq!(child.nhs_number_status, Some(NhsNumberStatus::Verified));
    assert_eq!(child.birth_date.valid().unwrap().date(), date(2024, 1, 10));
    assert_eq!(child.postcode.valid().unwrap().expose(), "CM99 1AA");
    assert_eq!((&child.forename, &child.surname), (&Held::Absent, &Held::Absent));
    let mother = first.people.mother.as_ref().unwrap();
    assert_eq!(mother.nhs_number.valid().unwrap().expose(), "9990001472");
    assert_eq!(mother.nhs_number_status, Some(NhsNumberStatus::Verified));
    assert_eq!(
        (first.record.sex, first.record.ethnic_group),
        (Sex::M, Some(EthnicGroup::WBRI))
    );
    assert!(read.contact("C04").people.mother.is_none());
}

#[test]
fn a_contact_without_a_type_is_found_by_age_and_only_the_first() {
    let (read, _) = taken(&data().join(MARCH), &layout(CSDS));
    let found = read.contact("C03");
    assert!(other(found).contains(&"found_by=age".to_owned()));
    assert!(review(found).asq3.is_none());
    // "Not stated" is no ethnic group.
    assert_eq!((found.record.sex, found.record.ethnic_group), (Sex::F, None));
}

#[test]
fn a_contact_and_an_assessment_of_one_day_and_referral_are_one_review() {
    let (read, _) = taken(&data().join(MARCH), &layout(CSDS));
    let met = read.contact("C04");
    // Three domains stand at the contact, two on the referral: 35.16 reaches its cut-off, 29.77 does not.
    assert_eq!(
        domains(&review(met).asq3.unwrap()),
        [
            "30 EXPECTED",
            "40 EXPECTED",
            "35 EXPECTED",
            "30 BELOW",
            "32 EXPECTED"
        ]
    );
    assert!(met.rows.contains(&("CYP609CodedAssessmentReferral", 2)));
    assert!(other(met).contains(&"safeguarding=Y".to_owned()));

    let key = BusinessKey::new("service-request", &["R05", "2026-03-16"]);
    let alone = read.by_key(&key).unwrap();
    assert!(other(alone).contains(&"found_by=assessment".to_owned()));
    assert_eq!(review(alone).asq3.unwrap().below_expected_domains(), Some(1));
    assert_eq!(
        read.incoming
            .iter()
            .filter(|incoming| incoming.key == key)
            .count(),
        1
    );
}

#[test]
fn scores_that_cannot_be_used_are_left_out_one_by_one() {
    let (read, _) = taken(&data().join(MARCH), &layout(CSDS));
    assert_eq!(
        domains(&review(read.contact("C06")).asq3.unwrap()),
        // No number; out of range; twice the same; two that differ; on the cut-off.
        ["- -", "- OUT_OF_RANGE", "20 EXPECTED", "- -", "25 EXPECTED"]
    );
}

#[test]
fn a_homeless_child_is_a_child() {
    let (read, _) = taken(&data().join(MARCH), &layout(CSDS));
    let homeless = read.contact("C09");
    let child = homeless.people.child.as_ref().unwrap();
    assert!(child.no_fixed_abode && child.nhs_number == Held::Absent);
    assert!(other(homeless).contains(&"child_protection_plan=Y".to_owned()));
}
