//! Submissions to the Community Services Data Set that are older, newer, broken or meant for somebody else.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod common;

use std::path::Path;

use common::{CSDS, edit, layout, read, read_as_at, refused, review, taken};
use jiff::civil::date;
use kit::{Mode, ReadError};

/// A submission whose one child is seen once.
fn small() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in [
        (
            "CYP000Header",
            "OrgID_Provider,RP_StartDate,RP_EndDate,FileCreation_DateTime,Version\r\n\
             RAJ,2026-03-01,2026-03-31,2026-04-10 09:00:00,1.6\r\n",
        ),
        (
            "CYP001MPI",
            "LocalPatientID,NHSNumber,NHSNumber_Status,DateOfBirth,Postcode,Gender\r\n\
             P1,9990000077,01,2024-01-10,CM99 1AA,1\r\n",
        ),
        ("CYP101Referral", "ServiceRequestID,LocalPatientID\r\nR1,P1\r\n"),
        (
            "CYP102ServiceTypeReferredTo",
            "ServiceRequestID,TeamID_Local,TeamType\r\nR1,T1,16\r\n",
        ),
        (
            "CYP201CareContact",
            "CareContactID,ServiceRequestID,TeamID_Local,Contact_Date,AttendanceStatus,ConsMechanism\r\n\
             C1,R1,T1,2026-03-12,5,01\r\n",
        ),
        (
            "CYP202CareActivity",
            "CareActivityID,CareContactID,Activity_Type\r\nA1,C1,11\r\n",
        ),
        (
            "CYP612CodedAssessmentContact",
            "CareActivityID,SNOMED_ID,Score\r\nA1,953261000000103,24.5\r\nA1,953281000000107,60\r\n\
             A1,953271000000105,0\r\nA1,953291000000109,30\r\nA1,953301000000108,30\r\n",
        ),
    ] {
        std::fs::write(folder.path().join(format!("{name}.csv")), text).unwrap();
    }
    folder
}

/// How many reviews the small submission holds after a change of one file, and the rules that it breaks besides the
/// tables that are not sent.
fn after(name: &str, from: &str, to: &str) -> (usize, Vec<&'static str>) {
    let folder = small();
    edit(folder.path(), &format!("{name}.csv"), |text| {
        text.replace(from, to)
    });
    let (read, _) = taken(folder.path(), &layout(CSDS));
    let mut rules = read.rules();
    rules.retain(|rule| *rule != kit::rules::EXPECTED_TABLE.id && *rule != kit::rules::ABSENT_COLUMN.id);
    (read.incoming.len(), rules)
}

#[test]
fn tables_that_should_be_there_are_missed_aloud() {
    let folder = small();
    let (read, _) = taken(folder.path(), &layout(CSDS));
    assert_eq!(read.incoming.len(), 1);
    let missed: Vec<String> = read
        .findings
        .iter()
        .filter(|finding| finding.rule.id == kit::rules::EXPECTED_TABLE.id)
        .map(|finding| finding.location.file.clone())
        .collect();
    assert_eq!(
        missed,
        [
            "CYP401SpEdNeedId",
            "CYP402SVF",
            "CYP403CPP",
            "CYP602DisabilityType",
            "CYP609CodedAssessmentReferral"
        ]
    );
    for required in [
        "CYP000Header",
        "CYP001MPI",
        "CYP101Referral",
        "CYP201CareContact",
        "CYP202CareActivity",
    ] {
        let folder = small();
        std::fs::remove_file(folder.path().join(format!("{required}.csv"))).unwrap();
        assert_eq!(
            refused(folder.path(), &layout(CSDS)),
            (kit::rules::MISSING_TABLE.id, required.to_owned())
        );
    }
}

#[test]
fn names_of_version_1_5_say_the_same() {
    let folder = small();
    let new = taken(folder.path(), &layout(CSDS)).0;
    edit(folder.path(), "CYP201CareContact.csv", |text| {
        text.replace(
            "AttendanceStatus,ConsMechanism",
            "AttendOrNot,Consultation_MediumUsed",
        )
    });
    let old = taken(folder.path(), &layout(CSDS)).0;
    assert_eq!(old.incoming[0].record, new.incoming[0].record);
    assert_eq!(old.rules(), new.rules());
    // A code of the old list alone: by web camera.
    edit(folder.path(), "CYP201CareContact.csv", |text| {
        text.replace(",5,01", ",5,03")
    });
    let (read, _) = taken(folder.path(), &layout(CSDS));
    assert_eq!(review(&read.incoming[0]).other["consultation_mechanism"], "11");
    assert_eq!(read.rules(), new.rules());
}

#[test]
fn columns_stand_in_any_order_and_files_have_any_name() {
    let folder = small();
    let before = taken(folder.path(), &layout(CSDS)).0;
    edit(folder.path(), "CYP612CodedAssessmentContact.csv", |text| {
        text.lines()
            .map(|line| {
                let mut cells: Vec<&str> = line.split(',').collect();
                cells.rotate_left(1);
                cells.join(",") + "\r\n"
            })
            .collect()
    });
    for (number, name) in ["CYP101Referral", "CYP612CodedAssessmentContact", "CYP000Header"]
        .iter()
        .enumerate()
    {
        let path = |name: &str| folder.path().join(name);
        std::fs::rename(path(&format!("{name}.csv")), path(&format!("table {number}.csv"))).unwrap();
    }
    let after = taken(folder.path(), &layout(CSDS)).0;
    assert_eq!(after.incoming[0].record, before.incoming[0].record);
}

#[test]
fn where_a_header_does_not_tell_the_table_its_name_does() {
    // Without the column by which it is told, the file is still known, and the column is missed by name.
    let folder = small();
    edit(folder.path(), "CYP201CareContact.csv", |text| {
        text.replace("Contact_Date", "Date of contact")
    });
    let (read, _) = taken(folder.path(), &layout(CSDS));
    assert_eq!(read.incoming.len(), 0);
    assert!(
        read.lines()
            .contains(&"CYP201CareContact:- - Contact_Date: F006 accepted".to_owned()),
        "{:?}",
        read.lines()
    );
    assert!(read.rules().contains(&"TYR-008"));
    // Under a name that says nothing it is nobody's table.
    let nameless = folder.path().join("contacts.csv");
    std::fs::rename(folder.path().join("CYP201CareContact.csv"), nameless).unwrap();
    assert_eq!(
        refused(folder.path(), &layout(CSDS)),
        (kit::rules::MISSING_TABLE.id, "CYP201CareContact".to_owned())
    );
}

#[test]
fn which_contacts_are_reviews() {
    let none: &[&str] = &[];
    for (name, from, to, records, rules) in [
        ("CYP201CareContact", ",5,01", ",6,01", 1, none),
        ("CYP201CareContact", ",5,01", ",7,01", 0, none),
        ("CYP201CareContact", ",5,01", ",2,01", 0, none),
        ("CYP201CareContact", ",5,01", ",,01", 0, &["TYR-007"]),
        // A code that nobody knows is no attendance.
        ("CYP201CareContact", ",5,01", ",8,01", 0, &["F023", "TYR-007"]),
        ("CYP201CareContact", "2026-03-12", "", 0, &["TYR-008"]),
        (
            "CYP201CareContact",
            "2026-03-12",
            "12 March",
            0,
            &["F024", "TYR-008"],
        ),
        ("CYP201CareContact", "2026-03-12", "2027-03-12", 0, &["TYR-003"]),
        ("CYP201CareContact", "2026-03-12", "2026-04-01", 1, &["TYR-004"]),
        (
            "CYP201CareContact",
            "2026-03-12",
            "2023-03-12",
            1,
            &["TYR-004", "TYR-005"],
        ),
        ("CYP102ServiceTypeReferredTo", ",16", ",21", 0, &["TYR-009"]),
        // A team without a type does not say that it is another one.
        ("CYP102ServiceTypeReferredTo", ",16", ",", 1, none),
        ("CYP202CareActivity", ",11", ",12", 0, none),
        ("CYP202CareActivity", ",11", ",", 1, &["TYR-010"]),
        // A type that the list does not know is a type: the age does not decide.
        ("CYP202CareActivity", ",11", ",77", 0, &["TYR-012"]),
        // By age alone the team must be known.
        ("CYP001MPI", "2024-01-10", "2023-09-10", 1, &["TYR-107"]),
        (
            "CYP001MPI",
            "9990000077,01,2024-01-10,CM99 1AA",
            ",,2024-01-10,CM99 1AA",
            1,
            &["F022"],
        ),
        (
            "CYP001MPI",
            "9990000077,01,2024-01-10,CM99 1AA",
            ",,,CM99 1AA",
            0,
            &["F022", "F022", "TYR-002"],
        ),
        ("CYP001MPI", "9990000077", "9990000078", 1, &["F032"]),
    ] {
        assert_eq!(
            after(name, from, to),
            (records, rules.to_vec()),
            "{name} {from} {to}"
        );
    }
}

#[test]
fn the_window_of_ages_is_of_whole_days() {
    // Born so that the contact of 12 March 2026 lies this many days later.
    for (birth, found) in [
        ("2024-04-21", false),
        ("2024-04-20", true),
        ("2023-09-10", true),
        ("2023-09-09", false),
    ] {
        let folder = small();
        edit(folder.path(), "CYP202CareActivity.csv", |text| {
            text.replace(",11", ",")
        });
        edit(folder.path(), "CYP001MPI.csv", |text| {
            text.replace("2024-01-10", birth)
        });
        let (read, _) = taken(folder.path(), &layout(CSDS));
        assert_eq!(read.incoming.len(), usize::from(found), "{birth}");
    }
}

#[test]
fn scores_on_the_edges() {
    let bands = |code: &str, score: &str| {
        let folder = small();
        edit(folder.path(), "CYP612CodedAssessmentContact.csv", |text| {
            text.replace("953261000000103,24.5", &format!("{code},{score}"))
        });
        let (read, _) = taken(folder.path(), &layout(CSDS));
        let asq3 = review(&read.incoming[0]).asq3.unwrap();
        common::domains(&asq3)[0].clone()
    };
    let communication = "953261000000103";
    for (score, said) in [
        ("24.02", "24 EXPECTED"),
        ("24.01", "24 BELOW"),
        ("0", "0 BELOW"),
        ("60", "60 EXPECTED"),
        ("60.01", "- OUT_OF_RANGE"),
        ("-5", "- OUT_OF_RANGE"),
        ("sixty", "- -"),
        ("", "- -"),
    ] {
        assert_eq!(bands(communication, score), said, "{score}");
    }
    // No score that can be used, but a form that was.
    let folder = small();
    edit(folder.path(), "CYP612CodedAssessmentContact.csv", |_| {
        "CareActivityID,SNOMED_ID,Score\r\nA1,953261000000103,not done\r\n".to_owned()
    });
    let (read, _) = taken(folder.path(), &layout(CSDS));
    let asq3 = review(&read.incoming[0]).asq3.unwrap();
    assert_eq!(
        (asq3.interval_months, asq3.below_expected_domains()),
        (Some(27), None)
    );
    // Of two rows for one domain the one that is a score counts.
    edit(folder.path(), "CYP612CodedAssessmentContact.csv", |text| {
        text + "A1,953261000000103,30\r\n"
    });
    let (read, _) = taken(folder.path(), &layout(CSDS));
    assert_eq!(
        common::domains(&review(&read.incoming[0]).asq3.unwrap())[0],
        "30 EXPECTED"
    );
    // A form without published cut-offs: the score is kept and has no band.
    let folder = small();
    edit(folder.path(), "CYP612CodedAssessmentContact.csv", |_| {
        "CareActivityID,SNOMED_ID,Score\r\nA1,953361000000107,10\r\n".to_owned()
    });
    let (read, _) = taken(folder.path(), &layout(CSDS));
    let asq3 = review(&read.incoming[0]).asq3.unwrap();
    assert_eq!(
        (asq3.interval_months, asq3.below_expected_domains()),
        (Some(33), None)
    );
    assert_eq!(common::domains(&asq3)[0], "10 -");
    assert!(read.rules().contains(&"TYR-107"));
}

#[test]
fn a_submission_must_say_whose_it_is_of_which_month_and_when_it_was_made() {
    for (from, to, rule) in [
        ("RAJ,", ",", "F046"),
        ("2026-03-31", "", "F046"),
        ("2026-03-01", "1 March", "F046"),
        ("2026-04-10 09:00:00", "", "F046"),
        ("RAJ,", "RQ8,", "F048"),
        ("2026-03-31", "2026-04-30", "F049"),
        ("2026-03-01", "2026-03-02", "F049"),
        ("2026-04-10", "2027-04-10", "F050"),
        ("2026-03-01,2026-03-31", "2026-12-01,2026-12-31", "F050"),
    ] {
        let folder = small();
        edit(folder.path(), "CYP000Header.csv", |text| text.replace(from, to));
        let (read, outcome) = read(folder.path(), &layout(CSDS));
        assert!(matches!(outcome, Err(ReadError::Refused(_))), "{from} {to}");
        assert!(read.rules().contains(&rule), "{from} {to}: {:?}", read.rules());
        assert!(read.incoming.is_empty());
    }
    // Two headers that agree are one; two months are two submissions.
    let folder = small();
    let header = folder.path().join("CYP000Header.csv");
    std::fs::copy(&header, folder.path().join("CYP000Header-2.csv")).unwrap();
    assert_eq!(
        taken(folder.path(), &layout(CSDS)).0.tally("CYP000Header"),
        [2, 0, 2, 0]
    );
    edit(folder.path(), "CYP000Header-2.csv", |text| {
        text.replace("2026-03-01,2026-03-31", "2026-02-01,2026-02-28")
    });
    assert_eq!(refused(folder.path(), &layout(CSDS)).0, "F047");
    edit(folder.path(), "CYP000Header-2.csv", |text| {
        text.lines().take(1).map(|line| format!("{line}\r\n")).collect()
    });
    std::fs::remove_file(header).unwrap();
    assert_eq!(refused(folder.path(), &layout(CSDS)).0, "F046");
}

#[test]
fn a_month_that_is_not_over_is_not_read() {
    let (_, outcome) = read_as_at(small().path(), &layout(CSDS), date(2026, 4, 9));
    assert!(matches!(outcome, Err(ReadError::Refused(finding)) if finding.rule.id == "F050"));
    let (_, outcome) = read_as_at(small().path(), &layout(CSDS), date(2026, 4, 10));
    assert!(outcome.is_ok());
}

#[test]
fn a_refresh_comes_after_its_primary_and_before_the_next_month() {
    let version = |changes: &[(&str, &str)]| {
        let folder = small();
        for (from, to) in changes {
            edit(folder.path(), "CYP000Header.csv", |text| text.replace(from, to));
        }
        let (_, scopes) = taken(folder.path(), &layout(CSDS));
        (scopes[0].scope.clone(), scopes[0].version)
    };
    let primary = version(&[]);
    let refresh = version(&[("2026-04-10", "2026-05-20")]);
    let next = version(&[("2026-03-01,2026-03-31", "2026-04-01,2026-04-30")]);
    assert_eq!(primary.0, refresh.0);
    assert_ne!(primary.0, next.0);
    assert!(primary.1 < refresh.1 && refresh.1 < next.1);
}

#[test]
fn a_table_of_parents_that_was_cut_short_refuses_the_submission() {
    let folder = small();
    edit(folder.path(), "CYP201CareContact.csv", |text| {
        let stray: String = (0..20)
            .map(|n| format!("X{n},R9,T1,2026-03-12,5,01\r\n"))
            .collect();
        text + &stray
    });
    assert_eq!(
        refused(folder.path(), &layout(CSDS)),
        (kit::rules::MANY_ORPHANS.id, "CYP201CareContact.csv".to_owned())
    );
}

#[test]
fn of_two_rows_with_one_key_the_first_stands() {
    for (table, row) in [
        ("CYP001MPI", "P1,9990000158,01,2024-02-10,CM99 1AA,2\r\n"),
        ("CYP101Referral", "R1,P1\r\n"),
        ("CYP201CareContact", "C1,R1,T1,2026-03-13,5,01\r\n"),
        ("CYP202CareActivity", "A1,C1,12\r\n"),
    ] {
        let folder = small();
        let before = taken(folder.path(), &layout(CSDS)).0;
        edit(folder.path(), &format!("{table}.csv"), |text| text + row);
        let (read, _) = taken(folder.path(), &layout(CSDS));
        assert_eq!(read.tally(table), [2, 1, 0, 1], "{table}");
        assert!(read.rules().contains(&kit::rules::DOUBLE_KEY.id));
        assert_eq!(read.incoming[0].record, before.incoming[0].record, "{table}");
    }
}

#[test]
fn the_contract_decides_about_unknown_codes_bad_values_and_columns() {
    let spoilt = || {
        let folder = small();
        edit(folder.path(), "CYP612CodedAssessmentContact.csv", |text| {
            text.replace("A1,953281000000107,60", "A1,716619001,60")
                .replace("A1,953271000000105,0", "A1,953271000000105,none")
        });
        folder
    };
    let mut layout = layout(CSDS);
    for mode in [Mode::Accept, Mode::BlankValue] {
        layout.contract.unknown_code = mode;
        layout.contract.bad_value = mode;
        let (read, _) = taken(spoilt().path(), &layout);
        assert_eq!(read.tally("CYP612CodedAssessmentContact"), [5, 5, 0, 0]);
        assert_eq!(
            common::domains(&review(&read.incoming[0]).asq3.unwrap())[1..3],
            ["- -", "- -"]
        );
    }
    layout.contract.unknown_code = Mode::QuarantineRow;
    layout.contract.bad_value = Mode::QuarantineRow;
    let (read, _) = taken(spoilt().path(), &layout);
    assert_eq!(read.tally("CYP612CodedAssessmentContact"), [5, 3, 0, 2]);
    assert_eq!(read.incoming.len(), 1);
    layout.contract.unknown_code = Mode::RefuseDelivery;
    assert_eq!(refused(spoilt().path(), &layout).0, "TYR-101");
    layout.contract.unknown_code = Mode::BlankValue;
    layout.contract.bad_value = Mode::RefuseDelivery;
    assert_eq!(refused(spoilt().path(), &layout).0, "TYR-102");

    // A column that nobody knows.
    let folder = small();
    edit(folder.path(), "CYP001MPI.csv", |text| {
        text.replace("Gender", "Gender,Shoe size")
            .replace(",1\r", ",1,9\r")
    });
    let mut layout = common::layout(CSDS);
    assert_eq!(taken(folder.path(), &layout).0.incoming.len(), 1);
    layout.contract.unknown_column = Mode::QuarantineRow;
    let (read, _) = taken(folder.path(), &layout);
    assert_eq!((read.incoming.len(), read.tally("CYP001MPI")), (0, [1, 0, 0, 1]));
    layout.contract.unknown_column = Mode::RefuseDelivery;
    assert_eq!(refused(folder.path(), &layout).0, "F008");
    std::fs::write(folder.path().join("readme.txt"), "hello").unwrap();
    assert_eq!(refused(folder.path(), &layout).0, kit::rules::UNKNOWN_TABLE.id);
}

#[test]
fn every_table_of_both_versions_is_told_by_its_header_and_every_column_is_read_or_ignored() {
    let layout = layout(CSDS);
    // The columns that the tables which are read have in version 1.6, and those of version 1.5 with another name.
    for (table, header) in [
        (
            "CYP000Header",
            "Version OrgID_Provider OrgID_Submitter RP_StartDate RP_EndDate FileCreation_DateTime PrimarySystem",
        ),
        (
            "CYP001MPI",
            "LocalPatientID OrgID_LocalPatientID OrgID_EducationEstablishment NHSNumber NHSNumber_Status DateOfBirth Postcode Gender EthnicCategory EthnicCategory2021 LanguagePreferred Relationship_MainCarer HVFAV_Date ChildLookedAfter_Indicator Safeguarding_Indicator Disability_SupervisionAndCare_Indicator EducationAssessment DiscussedPreferredDeathLocation_Indicator RiskOfUnexpectedDeath_Indicator DeathLocationPreferred_Type DateOfDeath DeathLocationActual_Type NotAtPreferredLocation_Reason NHSNumber_Mother NHSNumberStatus_Mother OrgID_Responsible",
        ),
        (
            "CYP101Referral",
            "ServiceRequestID LocalPatientID OrgID_Commissioner ReferralRequest_ReceivedDate ReferralRequest_ReceivedTime ServiceLineAgreement SourceOfReferral OrgID_Referring Referring_StaffGroup Priority_Type PrimaryReferralReason Discharge_Date Discharge_LetterIssuedDate",
        ),
        (
            "CYP102ServiceTypeReferredTo",
            "ServiceRequestID TeamID_Local TeamType Referral_ClosureDate Referral_RejectionDate Referral_ClosureReason Referral_RejectionReason",
        ),
        (
            "CYP201CareContact",
            "CareContactID ServiceRequestID TeamID_Local Contact_Date Contact_Time OrgID_Commissioner AdminCategory CareContact_Duration Consultation_Type CareContact_Subject ConsMechanism Activity_LocationType Treatment_OrgSiteID GroupTherapyIndicator AttendanceStatus ReasonableOffer_Date ClinicallyAppropriate_Date Contact_CancellationDate Contact_CancellationReason ReplacementAppointment_OfferedDate ReplacementAppointment_BookedDate",
        ),
        (
            "CYP202CareActivity",
            "CareActivityID CareContactID Activity_Type CareProfessionalID_Local CareActivity_Duration Procedure_Scheme CodedProcedure Finding_Scheme CodedFinding Observation_Scheme CodedObservation ObservationValue UC_UnitOfMeasurement",
        ),
        ("CYP401SpEdNeedId", "LocalPatientID EducationNeed_Type"),
        ("CYP402SVF", "LocalPatientID SafeguardingFactors_Type"),
        ("CYP403CPP", "LocalPatientID CPP_Reason CPP_StartDate CPP_EndDate"),
        (
            "CYP602DisabilityType",
            "LocalPatientID Disability DisabilityImpactPerception",
        ),
        (
            "CYP606ProvDiag",
            "ServiceRequestID Diagnosis_Scheme ProvisionalDiagnosis ProvisionalDiagnosis_Date",
        ),
        (
            "CYP609CodedAssessmentReferral",
            "ServiceRequestID SNOMED_ID Score AssessmentCompletion_Date",
        ),
        ("CYP612CodedAssessmentContact", "CareActivityID SNOMED_ID Score"),
        (
            "CYP613AnonSelfAssessment",
            "AssessmentCompletion_Date SNOMED_ID Score Activity_LocationType OrgID_Commissioner",
        ),
    ] {
        let header: Vec<String> = header.split(' ').map(str::to_owned).collect();
        let (name, told) = layout.recognise(&header, "a.csv").unwrap();
        assert_eq!(name, table);
        if told.columns.is_empty() {
            continue;
        }
        let read = told.columns.values().flat_map(|column| &column.names);
        let known: Vec<&String> = read.chain(&told.ignored).collect();
        for name in &header {
            assert_eq!(
                known.iter().filter(|known| **known == name).count(),
                1,
                "{table} {name}"
            );
        }
    }
    assert_eq!(layout.tables.len(), 37);
    assert_eq!(
        layout.file.label("CYP201CareContact_202603.csv", 1, &[]),
        "CYP201CareContact_202603.csv"
    );
    assert_eq!(layout.file.label("CYP201-Robin-Marsh.csv", 4, &[]), "file 4");
}

#[test]
fn every_prefix_of_every_table_is_whole_rows_or_refused() {
    let layout = layout(CSDS);
    for table in [
        "CYP000Header",
        "CYP001MPI",
        "CYP201CareContact",
        "CYP612CodedAssessmentContact",
    ] {
        let folder = small();
        let path: &Path = &folder.path().join(format!("{table}.csv"));
        let bytes = std::fs::read(path).unwrap();
        for length in 0..bytes.len() {
            std::fs::write(path, &bytes[..length]).unwrap();
            let (read, outcome) = read(folder.path(), &layout);
            let at_row_end = bytes[..length].ends_with(b"\n");
            match outcome {
                Ok(_) => {
                    // A CR alone ends a row as well; nothing is lost by the LF behind it.
                    assert!(at_row_end || bytes[..length].ends_with(b"\r"), "{table} {length}");
                    assert!(
                        read.counts.add_up() && read.incoming.len() <= 1,
                        "{table} {length}"
                    );
                }
                Err(ReadError::Refused(finding)) => {
                    let rule = finding.rule.id;
                    // Whole rows that leave none, or too little to know what they are of.
                    let nothing_left = ["F046", kit::rules::MANY_ORPHANS.id].contains(&rule);
                    assert!(
                        ["F001", "F002"].contains(&rule)
                            || (nothing_left && (at_row_end || bytes[..length].ends_with(b"\r"))),
                        "{table} {length} {rule}"
                    );
                }
                Err(error) => panic!("{table} {length}: {error}"),
            }
        }
    }
}
