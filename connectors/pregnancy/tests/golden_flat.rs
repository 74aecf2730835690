//! Hand-written flat files, record by record and finding by finding.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod common;

use common::{items, layout, notification, read};
use identity::{BusinessKey, Held};
use jiff::civil::date;
use records::{PregnancyOutcome, Sex, State};

const EXPORT: &str = "pregnancy-notifications-2026-10.csv";

#[test]
fn an_export() {
    let (kept, result) = read(&layout("pregnancy/epr-export"), EXPORT);
    assert_eq!(result.unwrap(), []);
    assert_eq!(
        kept.references(),
        [
            "N1001", "N1002", "N1004", "N1001", "N1002", "N1005", "N1006", "N1007", "N1008", "N1009",
            "N1010", "N1011", "N1012", "N1014", "N1015",
        ]
    );
    assert_eq!(kept.counts()["notifications"], (15, 0, 5));
    assert_eq!(
        kept.finding_lines(),
        [
            // The column "Internal flag" is not in the layout: counted once, and its name not shown.
            "- AV F008 accepted -",
            // The row on line 2 has a line end in a quoted cell, so the next is on line 4.
            "4 I F022 accepted NHS number",
            "4 Z PN-004 accepted EDD",
            "5 I F022 accepted NHS number",
            "5 I PN-002 quarantined-row NHS number",
            "5 L F022 accepted First name",
            "5 N F022 accepted Date of birth",
            "6 I F032 blanked-value NHS number",
            // A child of 2028 would be expected for years.
            "6 Z PN-005 blanked-value EDD",
            "8 I F022 accepted NHS number",
            "9 AT PN-014 accepted Outcome",
            // A mother of eight years, a last period of the year before, twelve weeks for seven, nine fetuses.
            "10 N PN-010 accepted Date of birth",
            "10 AB PN-009 accepted LMP",
            "10 AC PN-008 accepted Gestation at booking (weeks)",
            "10 AD F025 blanked-value Number of fetuses",
            "11 Z PN-006 accepted EDD",
            "12 X PN-007 accepted Booking date",
            // Another mother under the reference of line 2, at its time.
            "13 A PN-015 quarantined-row Notification ID",
            // A stillbirth at eight weeks.
            "14 AU PN-013 accepted Outcome date",
            "15 AU PN-012 blanked-value Outcome date",
            "16 AU PN-011 accepted Outcome date",
            "17 AU PN-003 blanked-value Outcome date",
            "18 A PN-001 quarantined-row Notification ID",
            "19 B F023 blanked-value Type",
            "19 B PN-001 quarantined-row Type",
            "20 E PN-003 blanked-value Date sent",
            "21 - F009 quarantined-row -",
            "22 I F031 blanked-value NHS number",
            "22 R F022 accepted Postcode",
            "22 V F023 blanked-value Interpreter needed",
            "22 X F022 accepted Booking date",
            // 31 February.
            "22 Z F024 blanked-value EDD",
        ]
    );
}

#[test]
fn what_a_notification_says() {
    let (kept, _) = read(&layout("pregnancy/epr-export"), EXPORT);
    let first = kept.of("N1001", 0);
    assert!(first.people.child.is_none() && first.people.born_of.is_none());
    let mother = first.people.mother.as_ref().unwrap();
    assert_eq!(mother.nhs_number.valid().unwrap().expose(), "9990200076");
    assert_eq!(
        mother.nhs_number_status,
        Some(identity::NhsNumberStatus::Verified)
    );
    assert_eq!(mother.surname.valid().unwrap().expose(), "MARSHFIELD");
    assert_eq!(mother.forename.valid().unwrap().expose(), "HOLLY");
    assert_eq!(mother.other_surnames[0].expose(), "ASH");
    assert_eq!(mother.birth_date.valid().unwrap().date(), date(1995, 5, 4));
    assert_eq!(mother.postcode.valid().unwrap().expose(), "CM99 1AA");
    let expected = first.people.expected.as_ref().unwrap();
    assert_eq!(expected.due.as_ref().unwrap().date(), date(2026, 10, 8));
    assert!(expected.born.is_none());

    assert_eq!(first.key, BusinessKey::new("pregnancy", &["P-77"]));
    assert_eq!(first.record.version.time(), date(2026, 3, 2).at(9, 15, 0, 0));
    assert_eq!(first.record.event_date, date(2026, 2, 20));
    assert_eq!(first.record.received_date, Some(date(2026, 3, 3)));
    // Sex and ethnic group are those of a child, and of a mother nothing is said.
    assert_eq!((first.record.sex, first.record.ethnic_group), (Sex::U, None));
    assert_eq!(first.record.scope, None);

    let says = notification(first);
    assert_eq!(says.notified_date, Some(date(2026, 3, 2)));
    assert_eq!(says.booking_date, Some(date(2026, 2, 20)));
    assert_eq!(says.edd_month.unwrap().to_string(), "2026-10");
    assert_eq!(says.gestation_weeks_at_booking, Some(7));
    assert_eq!(says.fetus_count, Some(2));
    assert_eq!(
        (says.outcome, says.outcome_month, says.complex_social_factors),
        (None, None, Some(true))
    );
    // A flag that is not known is not there, and neither is anything that could name somebody.
    assert_eq!(
        items(&says.other),
        [
            "booking_site_ods=RAJ01",
            "edd_method=03",
            "gp_practice_ods=A83627",
            "gravida=3",
            "interpreter_needed=N",
            "language=en",
            "mental_health=Y",
            "parity=1",
            "safeguarding=N",
            "smoking=NEVER",
            "source_org_ods=RAJ",
        ]
    );

    // Without an NHS number, with names; without a due date; and its reference is all it has.
    let unnumbered = kept.of("N1002", 0);
    assert_eq!(unnumbered.key, BusinessKey::new("notification-id", &["N1002"]));
    assert_eq!(
        unnumbered.people.mother.as_ref().unwrap().nhs_number,
        Held::Absent
    );
    assert!(
        unnumbered
            .people
            .expected
            .as_ref()
            .is_some_and(|expected| expected.due.is_none())
    );

    // A due date too far ahead is not expected by; one before the booking is, and lapses by itself.
    let due = |id: &str| {
        let expected = kept.of(id, 0).people.expected.as_ref().unwrap();
        expected.due.as_ref().map(identity::BirthDate::date)
    };
    assert_eq!(due("N1004"), None);
    assert_eq!(due("N1007"), Some(date(2026, 1, 1)));
    // Weeks are made from the due date where the form has none, and never where the dates cannot be.
    let weeks = |id: &str| notification(kept.of(id, 0)).gestation_weeks_at_booking;
    assert_eq!(
        (weeks("N1009"), weeks("N1006"), weeks("N1007"), weeks("N1008")),
        (Some(7), Some(12), None, None)
    );
    assert_eq!(notification(kept.of("N1006", 0)).fetus_count, None);

    let homeless = kept.of("N1011", 0).people.mother.as_ref().unwrap();
    assert!(homeless.no_fixed_abode && homeless.postcode == Held::Placeholder);

    // A time of sending that is yet to come is not used; the day of receipt orders the version.
    let untimed = kept.of("N1014", 0);
    assert_eq!(untimed.record.version.time(), date(2026, 3, 3).at(0, 0, 0, 0));
    assert_eq!(notification(untimed).notified_date, None);
    // Without a booking the day of the notification is the record's.
    let unbooked = kept.of("N1015", 0);
    assert_eq!(unbooked.record.event_date, date(2026, 3, 2));
    assert!(!notification(unbooked).other.contains_key("gp_practice_ods"));
}

#[test]
fn updates_outcomes_and_cancellations() {
    let (kept, _) = read(&layout("pregnancy/epr-export"), EXPORT);
    let (new, born) = (kept.of("N1001", 0), kept.of("N1001", 1));
    assert_eq!(new.key, born.key);
    assert!(new.record.version < born.record.version);
    let expected = born.people.expected.as_ref().unwrap();
    assert_eq!(expected.born.as_ref().unwrap().date(), date(2026, 9, 20));
    let says = notification(born);
    assert_eq!(says.outcome, Some(PregnancyOutcome::LiveBirth));
    assert_eq!(says.outcome_month.unwrap().to_string(), "2026-09");
    // Whichever day the update was sent, notice was first given in March.
    assert_eq!(says.notified_date, Some(date(2026, 3, 2)));
    // The notification may first have come without the pregnancy's reference.
    assert_eq!(born.replaces, [BusinessKey::new("notification-id", &["N1001"])]);
    assert_eq!(new.replaces, []);

    // A loss is an update that states it, and lets no child be expected.
    let lost = kept.of("N1002", 1);
    assert_eq!(lost.key, kept.of("N1002", 0).key);
    assert_eq!(notification(lost).outcome, Some(PregnancyOutcome::Loss));
    assert!(
        lost.people
            .expected
            .as_ref()
            .is_some_and(|expected| expected.born.is_none())
    );
    let outcome = |id: &str| {
        (
            notification(kept.of(id, 0)).outcome,
            notification(kept.of(id, 0)).outcome_month,
        )
    };
    assert_eq!(outcome("N1011"), (Some(PregnancyOutcome::MovedOut), None));
    assert_eq!(outcome("N1010"), (None, None));
    // A birth that is yet to come has no day.
    assert_eq!(outcome("N1012"), (Some(PregnancyOutcome::LiveBirth), None));

    // What was sent in error needs its reference alone.
    let cancelled = kept.of("N1005", 0);
    assert_eq!(cancelled.record.state, State::Withdrawn);
    assert_eq!(cancelled.key, BusinessKey::new("notification-id", &["N1005"]));
    assert!(cancelled.people.mother.is_none() && cancelled.people.expected.is_none());
}

#[test]
fn a_workbook() {
    let (kept, result) = read(
        &layout("pregnancy/weekly-list-xlsx"),
        "antenatal-list-2026-03.xlsx",
    );
    result.unwrap();
    assert_eq!(kept.references(), ["A1", "1002", "A3", "A4", "A5", "A6"]);
    assert_eq!(kept.counts()["notifications"], (6, 0, 0));
    assert_eq!(
        kept.finding_lines(),
        [
            "- Y F008 accepted -",
            // The number lost its zero, and no layout says that this column may: it stays a wrong one.
            "7 E F032 blanked-value NHS no",
            "8 O F028 blanked-value EDD",
        ]
    );
    let mother = |id: &str| kept.of(id, 0).people.mother.as_ref().unwrap();
    assert_eq!(mother("A1").nhs_number.valid().unwrap().expose(), "9990200076");
    assert_eq!(mother("1002").nhs_number.valid().unwrap().expose(), "9990200149");
    assert_eq!(mother("A4").nhs_number, Held::Invalid);
    // A date cell, a typed date, and a cell that lost its format.
    for id in ["A1", "1002", "A3"] {
        assert_eq!(mother(id).birth_date.valid().unwrap().date(), date(1991, 7, 4));
        let due = kept.of(id, 0).people.expected.as_ref().unwrap().due.as_ref();
        assert_eq!(due.unwrap().date(), date(2026, 10, 8), "{id}");
    }
    assert_eq!(
        items(&notification(kept.of("A1", 0)).other),
        ["gp_practice_ods=A83627"]
    );
    assert_eq!(notification(kept.of("A1", 0)).fetus_count, Some(1));
    assert_eq!(
        notification(kept.of("A3", 0)).outcome,
        Some(PregnancyOutcome::MovedOut)
    );
    assert_eq!(kept.of("A6", 0).record.state, State::Withdrawn);
    assert_eq!(kept.of("A1", 0).location.sheet.as_deref(), Some("Antenatal list"));
}
