//! A hand-written submission to the Maternity Services Data Set, record by record and finding by finding.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod common;

use common::{birth, items, layout, notification, read};
use identity::{BirthDate, BusinessKey, Held};
use jiff::civil::date;
use kit::SnapshotScope;
use records::{EthnicGroup, PregnancyOutcome, Sex, Version};

#[test]
fn a_submission() {
    let (kept, result) = read(&layout("pregnancy/msds-2"), "msds-2026-03");
    let version = Version::of_period(date(2026, 3, 31), date(2026, 4, 20).at(10, 15, 0, 0));
    assert_eq!(
        result.unwrap(),
        [SnapshotScope {
            scope: "RAJ/2026-03".to_owned(),
            version
        }]
    );
    assert_eq!(
        kept.references(),
        [
            "P1", "B1", "B2", "P2", "P3", "B4", "P5", "P6", "P7", "-", "P8", "B11", "B12", "B8", "B9"
        ]
    );
    for incoming in &kept.records {
        assert_eq!(incoming.record.version, version);
        assert_eq!(incoming.record.scope.as_deref(), Some("RAJ/2026-03"));
    }
    let counts: Vec<_> = kept.counts().into_iter().collect();
    assert_eq!(
        counts,
        [
            ("MSD000Header", (0, 1, 0)),
            ("MSD001MotherDemog", (7, 1, 1)),
            ("MSD002GP", (2, 1, 1)),
            ("MSD003SocPersCircumstances", (2, 0, 0)),
            ("MSD101PregnancyBooking", (7, 0, 2)),
            ("MSD103DatingScan", (5, 0, 2)),
            ("MSD201CareContactPreg", (0, 2, 0)),
            ("MSD301LabourDelivery", (3, 0, 2)),
            ("MSD401BabyDemographics", (8, 0, 3)),
        ]
    );
    assert_eq!(
        kept.finding_lines(),
        [
            "MSD001MotherDemog 3 E F039 accepted NHSNumberMother",
            "MSD001MotherDemog 4 E F022 accepted NHSNumberMother",
            // A mother without a pregnancy, and one who stands there twice.
            "MSD001MotherDemog 5 A PN-017 accepted LPIDMother",
            "MSD001MotherDemog 10 A F043 quarantined-row LPIDMother",
            "MSD002GP 5 A F044 quarantined-row LPIDMother",
            "MSD101PregnancyBooking 4 F PN-004 accepted EDDAgreed",
            "MSD101PregnancyBooking 5 B PN-016 quarantined-row LPIDMother",
            "MSD101PregnancyBooking 7 D F022 accepted AntenatalAppDate",
            "MSD101PregnancyBooking 8 A PN-024 accepted PregnancyID",
            "MSD101PregnancyBooking 9 AB F023 blanked-value DischReason",
            "MSD101PregnancyBooking 10 A F043 quarantined-row PregnancyID",
            "MSD103DatingScan 8 A F044 quarantined-row PregnancyID",
            "MSD301LabourDelivery 5 B F044 quarantined-row PregnancyID",
            "MSD401BabyDemographics 5 A F022 accepted LPIDBaby",
            "MSD401BabyDemographics 6 I F039 accepted NHSNumberBaby",
            "MSD401BabyDemographics 7 B PN-018 accepted LabourDeliveryID",
            // Neither a reference nor a birth order.
            "MSD401BabyDemographics 8 A F022 accepted LPIDBaby",
            "MSD401BabyDemographics 8 A PN-020 quarantined-row LPIDBaby",
            // Born in April, in a submission for March, of an unknown outcome.
            "MSD401BabyDemographics 9 D PN-025 accepted PersonBirthDateBaby",
            "MSD401BabyDemographics 9 F PN-022 accepted PregOutcome",
            // The mother's number, and forty weeks written for days.
            "MSD401BabyDemographics 10 I PN-021 accepted NHSNumberBaby",
            "MSD401BabyDemographics 10 P F025 blanked-value GestationLengthBirth",
            "MSD401BabyDemographics 11 D F031 blanked-value PersonBirthDateBaby",
            "MSD401BabyDemographics 11 D PN-019 quarantined-row PersonBirthDateBaby",
            "MSD401BabyDemographics 11 I F022 accepted NHSNumberBaby",
            "MSD401BabyDemographics 12 A F043 quarantined-row LPIDBaby",
        ]
    );
}

#[test]
fn a_pregnancy_of_twins() {
    let (kept, _) = read(&layout("pregnancy/msds-2"), "msds-2026-03");
    let pregnancy = kept.of("P1", 0);
    assert_eq!(pregnancy.key, BusinessKey::new("pregnancy", &["P1"]));
    assert_eq!(pregnancy.record.event_date, date(2025, 9, 1));
    let mother = pregnancy.people.mother.as_ref().unwrap();
    assert_eq!(mother.nhs_number.valid().unwrap().expose(), "9990200076");
    assert_eq!(mother.birth_date.valid().unwrap().date(), date(1995, 5, 4));
    // The tables have no names.
    assert_eq!(
        (&mother.surname, &mother.forename),
        (&Held::Absent, &Held::Absent)
    );
    let expected = pregnancy.people.expected.as_ref().unwrap();
    assert_eq!(
        expected.due.as_ref().map(BirthDate::date),
        Some(date(2026, 4, 10))
    );
    assert_eq!(
        expected.born.as_ref().map(BirthDate::date),
        Some(date(2026, 3, 20))
    );
    let says = notification(pregnancy);
    // Of two scans the later one counts, and its two rows are one count.
    assert_eq!(says.fetus_count, Some(2));
    assert_eq!(says.gestation_weeks_at_booking, Some(8));
    // One twin lives.
    assert_eq!(says.outcome, Some(PregnancyOutcome::LiveBirth));
    assert_eq!(says.outcome_month.unwrap().to_string(), "2026-03");
    assert_eq!(says.complex_social_factors, Some(true));
    // The practice in force at the end of the month; a circumstance of the list as its flag; Z is no answer.
    assert_eq!(
        items(&says.other),
        [
            "booking_site_ods=RAJ01",
            "domestic_abuse=Y",
            "edd_method=03",
            "gp_practice_ods=A83627",
            "language=en",
            "mental_health=Y",
        ]
    );
    assert_eq!(
        pregnancy.rows,
        [
            ("MSD101PregnancyBooking", 1),
            ("MSD001MotherDemog", 1),
            ("MSD002GP", 2),
            ("MSD003SocPersCircumstances", 1),
            ("MSD103DatingScan", 3),
            ("MSD301LabourDelivery", 1),
        ]
    );

    let [live, still] = ["B1", "B2"].map(|id| kept.of(id, 0));
    for baby in [live, still] {
        assert_eq!(baby.people.born_of, Some(BusinessKey::new("pregnancy", &["P1"])));
        // The full birth date goes no further than the identity.
        assert_eq!(baby.record.event_date, date(2026, 3, 1));
        let mother = baby.people.mother.as_ref().unwrap();
        assert_eq!(mother.nhs_number.valid().unwrap().expose(), "9990200076");
        assert_eq!(mother.birth_date.valid().unwrap().date(), date(1995, 5, 4));
        assert_eq!(baby.rows, [("MSD401BabyDemographics", 1)]);
    }
    assert_eq!(live.key, BusinessKey::new("birth", &["B1"]));
    let child = live.people.child.as_ref().unwrap();
    assert_eq!(child.nhs_number.valid().unwrap().expose(), "9990200637");
    assert_eq!(child.birth_date.valid().unwrap().date(), date(2026, 3, 20));
    // A baby lives where its mother does.
    assert_eq!(child.postcode.valid().unwrap().expose(), "CM99 1AA");
    assert_eq!(
        (live.record.sex, live.record.ethnic_group),
        (Sex::F, Some(EthnicGroup::WBRI))
    );
    assert_eq!(
        (
            birth(live).outcome,
            birth(live).birth_order,
            birth(live).gestation_weeks
        ),
        (Some(PregnancyOutcome::LiveBirth), Some(1), Some(37))
    );

    // One who was not born alive is a birth, and no child.
    assert!(still.people.child.is_none());
    assert_eq!(birth(still).outcome, Some(PregnancyOutcome::Stillbirth));
    assert_eq!((still.record.sex, still.record.ethnic_group), (Sex::U, None));
}

#[test]
fn how_pregnancies_ended() {
    let (kept, _) = read(&layout("pregnancy/msds-2"), "msds-2026-03");
    let ended = |id: &str| {
        let says = notification(kept.of(id, 0));
        (says.outcome, says.outcome_month.map(|month| month.to_string()))
    };
    let march = || Some("2026-03".to_owned());
    assert_eq!(ended("P2"), (None, None));
    // Left for another provider months before the birth; lost; every baby stillborn.
    assert_eq!(ended("P5"), (Some(PregnancyOutcome::MovedOut), march()));
    assert_eq!(ended("P6"), (Some(PregnancyOutcome::Loss), march()));
    assert_eq!(ended("P7"), (Some(PregnancyOutcome::Stillbirth), march()));
    assert_eq!(ended("P8"), (Some(PregnancyOutcome::LiveBirth), march()));
    // Scans of one day that disagree: the most is planned for.
    assert_eq!(notification(kept.of("P7", 0)).fetus_count, Some(2));
}

#[test]
fn births_that_stand_alone() {
    let (kept, _) = read(&layout("pregnancy/msds-2"), "msds-2026-03");
    let baby = |id: &str| kept.of(id, 0);
    // Without a reference of its own a baby is named by its delivery and place.
    assert_eq!(baby("-").key, BusinessKey::new("birth-of-delivery", &["D7", "1"]));
    // Its pregnancy has no mother here, or is not here: then it was sent in another month.
    for (id, pregnancy) in [("B4", "P4"), ("B8", "P98")] {
        assert!(baby(id).people.mother.is_none());
        assert_eq!(
            baby(id).people.born_of,
            Some(BusinessKey::new("pregnancy", &[pregnancy]))
        );
        let child = baby(id).people.child.as_ref().unwrap();
        assert_eq!(child.postcode, Held::Absent);
        assert!(child.nhs_number.valid().is_some());
    }
    // Its delivery is not here.
    assert!(baby("B9").people.born_of.is_none() && baby("B9").people.child.is_some());
    // Born alive and died.
    assert_eq!(items(&birth(baby("B4")).other), ["died=Y"]);
    // Where nobody says how a baby was born, an NHS number does: the stillborn have none.
    assert!(baby("B11").people.child.is_some());
    assert_eq!(birth(baby("B11")).outcome, None);
    // A number of nine digits got its zero back, in the baby's column and in the mother's.
    let number = baby("B8").people.child.as_ref().unwrap().nhs_number.clone();
    assert_eq!(number.valid().unwrap().expose(), "0450123014");
    let homeless = kept.of("P2", 0).people.mother.as_ref().unwrap();
    assert_eq!(homeless.nhs_number.valid().unwrap().expose(), "0450123006");
    assert!(homeless.no_fixed_abode);
}
