//! Mothers, pregnancies and births.

use identity::Expectation;
use records::{Birth, PregnancyNotification};

use super::*;

fn mother() -> Identity {
    Identity {
        nhs_number: Held::Valid(number("4010232137")),
        forename: Held::from_parse(Name::parse("Odile")),
        surname: Held::from_parse(Name::parse("Okafor")),
        birth_date: Held::from_parse(BirthDate::new(date(1994, 7, 2))),
        postcode: Held::from_parse(Postcode::parse("CM1 1AA")),
        ..Identity::default()
    }
}

fn without_number(mother: Identity) -> Identity {
    Identity {
        nhs_number: Held::default(),
        ..mother
    }
}

fn notification(outcome: Option<PregnancyOutcome>, fetus_count: Option<u8>) -> Payload {
    Payload::Pregnancy(PregnancyNotification {
        notified_date: None,
        booking_date: None,
        edd_month: None,
        gestation_weeks_at_booking: None,
        fetus_count,
        outcome,
        outcome_month: None,
        complex_social_factors: None,
        other: Default::default(),
    })
}

fn due(day: Date) -> Option<Expectation> {
    Some(Expectation {
        due: BirthDate::new(day).ok(),
        born: None,
    })
}

fn key(id: &str) -> BusinessKey {
    BusinessKey::new("pregnancy", &[id])
}

fn encoded(people: People, id: &str, payload: Payload) -> Encoded {
    let identified = Identified {
        people,
        key: key(id),
        reference: None,
        location: None,
        record: Record {
            state: State::Current(Box::new(payload)),
            event_date: date(2025, 2, 1),
            ..record()
        },
    };
    encoder().encode(Kind::Pregnancy, "RAJ", identified).unwrap()
}

fn notified(mother: Identity, id: &str) -> Encoded {
    let people = People {
        mother: Some(mother),
        expected: due(date(2025, 3, 1)),
        ..People::default()
    };
    encoded(people, id, notification(None, None))
}

#[test]
fn days_of_pregnancies_births_and_tonight_are_moved_alike() {
    let encoder = encoder();
    let pregnancy = notified(mother(), "1").encoding.pregnancy.unwrap();
    let day = |day: Date| encoder.day_number(day);
    assert_eq!(pregnancy.due_day, Some(day(date(2025, 3, 1))));
    assert_eq!(
        day(date(2025, 3, 22)) - day(date(2025, 3, 1)),
        21,
        "three weeks are three weeks"
    );
    assert_eq!(
        person(&encode(child())).birth.unwrap().day_number,
        day(date(2019, 4, 9))
    );
}

#[test]
fn a_notification_says_how_many_and_whether_it_ended() {
    let people = || People {
        mother: Some(mother()),
        expected: due(date(2025, 3, 1)),
        ..People::default()
    };
    let of = |payload| encoded(people(), "1", payload).encoding.pregnancy.unwrap();
    let plain = of(notification(None, None));
    assert_eq!((plain.fetuses, plain.ended), (1, false));
    assert_eq!(of(notification(None, Some(0))).fetuses, 1);
    assert_eq!(of(notification(None, Some(3))).fetuses, 3);
    assert!(of(notification(Some(PregnancyOutcome::Loss), None)).ended);
    assert!(!of(notification(Some(PregnancyOutcome::LiveBirth), None)).ended);
}

#[test]
fn a_birth_names_the_record_of_its_pregnancy_and_its_own_day() {
    let people = People {
        child: Some(child()),
        mother: Some(mother()),
        born_of: Some(key("1")),
        ..People::default()
    };
    let birth = Birth {
        outcome: Some(PregnancyOutcome::LiveBirth),
        birth_order: None,
        gestation_weeks: None,
        other: Default::default(),
    };
    let encoded = encoded(people, "birth", Payload::Birth(birth));
    assert_eq!(encoded.encoding.born_of, Some(notified(mother(), "1").record_id));
    assert_eq!(
        encoded.encoding.event_day,
        Some(encoder().day_number(date(2019, 4, 9))),
        "and not the first of its month"
    );
    assert!(encoded.encoding.pregnancy.is_none());
}

#[test]
fn of_a_birth_that_was_not_live_the_month_is_known() {
    let people = People {
        mother: Some(mother()),
        ..People::default()
    };
    let birth = Birth {
        outcome: Some(PregnancyOutcome::Stillbirth),
        birth_order: None,
        gestation_weeks: None,
        other: Default::default(),
    };
    let encoded = encoded(people, "birth", Payload::Birth(birth));
    assert!(encoded.encoding.child.is_none() && encoded.encoding.born_of.is_none());
    assert!(encoded.encoding.event_day.is_some());
}

#[test]
fn a_mother_is_one_by_her_number_whatever_else_is_said_of_her() {
    let moved = Identity {
        postcode: Held::from_parse(Postcode::parse("CM2 2BB")),
        surname: Held::from_parse(Name::parse("Tillbrook")),
        ..mother()
    };
    let (one, other) = (notified(mother(), "1"), notified(moved, "2"));
    assert_eq!(one.mother_id, other.mother_id);
    let numbers = |encoded: &Encoded| encoded.encoding.mother.as_ref().unwrap().nhs_number;
    assert_eq!(numbers(&one), numbers(&other));
    assert!(numbers(&one).is_some());
}

#[test]
fn without_a_number_her_names_and_birth_date_name_her_or_else_the_record() {
    let named = |id| notified(without_number(mother()), id).mother_id.unwrap();
    assert_eq!(named("1"), named("2"));
    assert_ne!(
        Some(named("1")),
        notified(mother(), "1").mother_id,
        "ids of two derivations"
    );
    let nobody = |id| notified(Identity::default(), id).mother_id.unwrap();
    assert_ne!(nobody("1"), nobody("2"), "a mother to itself");
    assert!(
        notified(without_number(mother()), "1")
            .encoding
            .mother
            .unwrap()
            .exact
            .is_some()
    );
}

#[test]
fn a_mother_who_is_on_record_as_a_child_has_nothing_in_common_with_herself() {
    let as_child = encode(mother());
    let as_mother = notified(mother(), "1");
    let (child, mother) = (person(&as_child), as_mother.encoding.mother.as_ref().unwrap());
    assert_ne!(child.nhs_number.map(|number| number.token), mother.nhs_number);
    assert_ne!(child.exact, mother.exact);
    // Only that the number is a mother's can be seen.
    assert_eq!(child.nhs_number_as_mother, mother.nhs_number);
    let anchor = Subject {
        record: as_child.record_id,
        number: 0,
    };
    assert_ne!(
        Some(encoder().child_id(anchor).0),
        as_mother.mother_id.map(|id| id.0)
    );
}

#[test]
fn each_expected_child_of_a_pregnancy_has_an_id_of_its_own() {
    let encoder = encoder();
    let record = notified(mother(), "1").record_id;
    let ids: std::collections::BTreeSet<ChildId> = (0..=u8::MAX)
        .map(|number| encoder.child_id(Subject { record, number }))
        .collect();
    assert_eq!(ids.len(), 256);
    assert_eq!(
        encoder.child_id(Subject { record, number: 1 }),
        encoder.child_id(Subject { record, number: 1 })
    );
}
