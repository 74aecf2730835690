//! Births and reviews that come as FHIR messages, a night for each: the same children as those of other feeds.

use std::slice;

use sendlink_tests::{
    Area, Database,
    hand::{Child, Pregnancy, Submission, feed, maternity, maternity_feed},
};
use serde_json::{Value, json};

const BOOKED: Submission<'static> = Submission {
    provider: "RAJ",
    month: "2020-09-01",
    made: "2020-10-20",
};

fn area(database: Database, people: &[Child]) -> Area {
    let area = Area::bare(database);
    area.configure(
        &[
            maternity_feed("RAJ"),
            feed(
                "births",
                "pregnancy",
                "X26",
                "pregnancy/fhir-births",
                "incoming/births",
                "delta",
            ),
            feed(
                "reviews",
                "two-year-review",
                "RAT",
                "two-year-review/fhir-asq",
                "incoming/reviews",
                "delta",
            ),
        ],
        people,
    );
    area
}

fn number(value: &str) -> Value {
    json!([
        {"system": "https://example.org/local", "value": "1"},
        {"system": "https://fhir.nhs.uk/Id/nhs-number", "value": value}
    ])
}

fn patient(id: &str, child: &Child) -> Value {
    json!({"resourceType": "Patient", "id": id, "identifier": number(&child.nhs_number),
           "name": [{"use": "official", "family": child.surname, "given": [child.forename]}],
           "gender": "female", "birthDate": child.birth_date,
           "address": [{"use": "home", "postalCode": child.postcode}]})
}

/// A message of the events service about these resources.
fn message(event_type: &str, made: &str, resources: &[Value]) -> String {
    let header = json!({"resourceType": "MessageHeader", "id": format!("M-{made}"), "meta": {"lastUpdated": made},
        "extension": [{"url": "https://fhir.nhs.uk/STU3/StructureDefinition/Extension-MessageEventType-1",
                       "valueCodeableConcept": {"coding": [{"code": event_type}]}}],
        "event": {"code": "pds-birth-notification-1"}, "focus": [{"reference": "Encounter/visit"}]});
    let entries: Vec<Value> = std::iter::once(&header)
        .chain(resources)
        .map(|resource| json!({"resource": resource}))
        .collect();
    json!({"resourceType": "Bundle", "type": "message", "entry": entries}).to_string()
}

/// What the national service tells of a birth.
fn birth(mother: &Child, baby: &Child, outcome: &str) -> Vec<Value> {
    let mut baby = patient("baby", baby);
    baby["multipleBirthInteger"] = 1.into();
    if outcome != "1" {
        baby["identifier"] = json!([]);
    }
    let about = |code: &str, value: Value| {
        let mut observation = json!({"resourceType": "Observation", "status": "final",
            "code": {"coding": [{"system": "http://snomed.info/sct", "code": code}]},
            "subject": {"reference": "Patient/baby"}});
        observation["valueCodeableConcept"] = json!({"coding": [{"code": value}]});
        observation
    };
    vec![
        json!({"resourceType": "Communication", "id": "told", "subject": {"reference": "Patient/mother"}}),
        patient("mother", mother),
        json!({"resourceType": "RelatedPerson", "id": "related", "patient": {"reference": "Patient/baby"},
               "relationship": {"coding": [{"code": "NMTH"}]}}),
        baby,
        about("237364002", outcome.into()),
    ]
}

/// What a health visitor's system tells of a review.
fn review(child: &Child, communication: u8) -> Vec<Value> {
    let component = |code: &str, value: u8| json!({"code": {"coding": [{"system": "http://snomed.info/sct", "code": code}]}, "valueQuantity": {"value": value}});
    vec![
        patient("child", child),
        json!({"resourceType": "Encounter", "id": "visit", "identifier": [{"system": "https://example.org/visit", "value": "V-1"}],
               "subject": {"reference": "Patient/child"}, "period": {"start": "2023-07-10T10:00:00+01:00"}}),
        json!({"resourceType": "Observation", "status": "final", "subject": {"reference": "Patient/child"},
               "code": {"coding": [{"system": "http://snomed.info/sct", "code": "448615001"}]},
               "context": {"reference": "Encounter/visit"},
               "component": [component("953261000000103", communication), component("953281000000107", 60),
                             component("953271000000105", 60), component("953291000000109", 60),
                             component("953301000000108", 60)]}),
    ]
}

fn family() -> (Child, Child) {
    (
        Child::new(1, "Marian", "Thistlewood", "1991-02-11", "QZ1 1AA"),
        Child::new(2, "Rosalind", "Thistlewood", "2021-04-12", "QZ1 1AA"),
    )
}

/// An area in which the mother's pregnancy is notified and her child expected.
fn expecting(database: Database, mother: &Child, daughter: &Child) -> Area {
    let area = area(database, &[mother.clone(), daughter.clone()]);
    let pregnancy = Pregnancy {
        id: "P-1",
        mother,
        booked: "2020-09-14",
        due: "2021-04-10",
        fetuses: 1,
        discharged: "",
        babies: Vec::new(),
    };
    area.put_submission(
        "pregnancy-raj",
        BOOKED,
        &maternity(BOOKED, slice::from_ref(&pregnancy)),
    );
    area.night_as_at("2020-10-22").expect(0);
    area
}

/// Every child as id, whether it is expected and birth month.
fn children(area: &Area) -> Vec<Vec<String>> {
    area.joint("select child_id, expected, coalesce(birth_month, '') from child order by child_id")
}

#[test]
fn a_birth_told_of_nationally_ends_the_pregnancy_that_the_trust_told_of() {
    for database in Database::BOTH {
        let (mother, daughter) = family();
        let area = expecting(database, &mother, &daughter);
        let before = children(&area);
        let [expected] = before.as_slice() else {
            panic!("{database:?}: one child is expected: {before:?}");
        };
        assert_eq!(expected[1], "1");

        let told = message(
            "new",
            "2021-04-13T09:00:00+01:00",
            &birth(&mother, &daughter, "1"),
        );
        area.put("incoming/births/1.json", told, "2021-04-14");
        area.night_as_at("2021-04-15").expect(0);
        let born = vec![vec![expected[0].clone(), "0".to_owned(), "2021-04".to_owned()]];
        assert_eq!(
            children(&area),
            born,
            "{database:?}: born under the id of the expected child"
        );
        assert_eq!(
            area.joint("select kind, tier from link order by kind, tier"),
            [["pregnancy", "T1"], ["pregnancy", "T1"]],
            "{database:?}: by the mother's number"
        );
        assert_eq!(
            area.joint("select outcome, outcome_month from pregnancy_notification"),
            [["LIVE_BIRTH", "2021-04"]],
            "{database:?}"
        );
        assert_eq!(
            area.count("select count(*) from birth where child_id is not null"),
            1
        );

        // Her review comes as a message too, then with another score, then it turns out to be somebody else's.
        let send = |file: &str, kind: &str, made: &str, score: u8| {
            let text = message(kind, made, &review(&daughter, score));
            area.put(&format!("incoming/reviews/{file}.json"), text, "2023-07-12");
        };
        send("1", "new", "2023-07-11T09:00:00+01:00", 20);
        area.night_as_at("2023-07-13").expect(0);
        let scores = "select child_id, communication from two_year_review";
        assert_eq!(area.joint(scores), [[expected[0].as_str(), "20"]], "{database:?}");
        send("2", "update", "2023-07-12T09:00:00+01:00", 45);
        area.night_as_at("2023-07-14").expect(0);
        assert_eq!(area.joint(scores), [[expected[0].as_str(), "45"]], "{database:?}");
        send("3", "delete", "2023-07-13T09:00:00+01:00", 45);
        area.night_as_at("2023-07-15").expect(0);
        assert!(area.joint(scores).is_empty(), "{database:?}");
        area.tallies("");
    }
}

#[test]
fn a_birth_that_is_taken_back_was_none() {
    for database in Database::BOTH {
        let (mother, daughter) = family();
        let area = expecting(database, &mother, &daughter);
        let expected = children(&area);
        let send = |file: &str, kind: &str, made: &str, came: &str| {
            let told = message(kind, made, &birth(&mother, &daughter, "1"));
            area.put(&format!("incoming/births/{file}.json"), told, came);
        };
        send("1", "new", "2021-04-13T09:00:00+01:00", "2021-04-14");
        area.night_as_at("2021-04-15").expect(0);
        assert_eq!(children(&area)[0][1], "0");
        send("2", "delete", "2021-04-14T09:00:00+01:00", "2021-04-15");
        area.night_as_at("2021-04-16").expect(0);
        assert_eq!(
            children(&area),
            expected,
            "{database:?}: the child is expected again, under the same id"
        );
        assert_eq!(
            area.joint("select coalesce(outcome, 'none') from pregnancy_notification"),
            [["none"]]
        );
        assert_eq!(area.count("select count(*) from birth"), 0);
    }
}

#[test]
fn a_stillbirth_told_of_nationally_is_a_birth_of_nobody_and_ends_the_expectation() {
    for database in Database::BOTH {
        let (mother, daughter) = family();
        let area = expecting(database, &mother, &daughter);
        let expected = children(&area);
        let send = |file: &str, kind: &str, made: &str, came: &str| {
            let told = message(kind, made, &birth(&mother, &daughter, "2"));
            area.put(&format!("incoming/births/{file}.json"), told, came);
        };
        send("1", "new", "2021-04-13T09:00:00+01:00", "2021-04-14");
        area.night_as_at("2021-04-15").expect(0);
        assert_eq!(
            area.joint("select outcome, child_id, birth_month from birth"),
            [["STILLBIRTH", "", "2021-04"]]
        );
        assert!(
            children(&area).is_empty(),
            "{database:?}: nobody is expected any more"
        );
        // The message was wrong, and is taken back.
        send("2", "delete", "2021-04-14T09:00:00+01:00", "2021-04-15");
        area.night_as_at("2021-04-16").expect(0);
        assert_eq!(
            children(&area),
            expected,
            "{database:?}: expected again, under the same id"
        );
    }
}
