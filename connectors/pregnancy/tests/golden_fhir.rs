//! Births told of in FHIR: event messages as JSON and XML, records at birth, and what becomes of each.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod common;

use std::fs;

use common::{Kept, birth, data, layout, read, read_path};
use identity::{Identity, NhsNumber};
use jiff::civil::date;
use kit::Incoming;
use records::{PregnancyOutcome, Sex, State};

const LAYOUT: &str = "pregnancy/fhir-births";

fn births(name: &str) -> Kept {
    let (kept, result) = read(&layout(LAYOUT), &format!("births/{name}"));
    assert_eq!(result.unwrap(), []);
    kept
}

/// The births of a text.
fn births_of(text: &str) -> Kept {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("births.json");
    fs::write(&path, text).unwrap();
    let (kept, result) = read_path(&layout(LAYOUT), &path, "births.json");
    assert_eq!(result.unwrap(), []);
    kept
}

fn sound(name: &str) -> String {
    fs::read_to_string(data().join("births").join(name)).unwrap()
}

/// NHS number, forename, surname, birth date and postcode.
fn who(person: &Identity) -> [String; 5] {
    let name =
        |name: &identity::Held<identity::Name>| name.valid().map_or("-", identity::Name::expose).to_owned();
    [
        person
            .nhs_number
            .valid()
            .map_or("-", NhsNumber::expose)
            .to_owned(),
        name(&person.forename),
        name(&person.surname),
        person
            .birth_date
            .valid()
            .map_or("-".to_owned(), |day| day.date().to_string()),
        person
            .postcode
            .valid()
            .map_or("-", identity::Postcode::expose)
            .to_owned(),
    ]
}

fn child(incoming: &Incoming) -> [String; 5] {
    who(incoming.people.child.as_ref().unwrap())
}

fn mother(incoming: &Incoming) -> [String; 5] {
    who(incoming.people.mother.as_ref().unwrap())
}

#[test]
fn an_event_message_is_about_the_mother_and_tells_of_the_baby() {
    let kept = births("event.json");
    assert_eq!(kept.finding_lines(), [""; 0]);
    let [told] = kept.records.as_slice() else {
        panic!("one birth");
    };
    // The mother's Patient stands before the baby's: roles decide, not places.
    assert_eq!(
        child(told),
        ["9990000344", "ROBIN", "MARSHFIELD", "2026-03-10", "CM99 1AA"]
    );
    assert_eq!(
        mother(told),
        ["9990000786", "ALDER", "MARSHFIELD", "1995-05-04", "-"]
    );
    let says = birth(told);
    assert_eq!(says.outcome, Some(PregnancyOutcome::LiveBirth));
    assert_eq!((says.birth_order, says.gestation_weeks), (Some(1), Some(39)));
    assert_eq!(told.record.sex, Sex::F);
    assert_eq!(told.record.event_date, date(2026, 3, 1));
    // When the change occurred orders messages, not when the message was made.
    assert_eq!(told.record.version.time().date(), date(2026, 3, 11));
    assert_eq!(kept.rows["births"], 1);
}

#[test]
fn a_record_at_birth_tells_the_same() {
    let kept = births("record-at-birth.json");
    assert_eq!(kept.finding_lines(), [""; 0]);
    let told = &kept.records[0];
    // A temporary address is not the home, and a local number no NHS number.
    assert_eq!(
        child(told),
        ["9990000352", "WREN", "LARKSPUR", "2026-04-02", "CM99 2BB"]
    );
    assert_eq!(
        mother(told),
        ["9990000794", "HAZEL", "LARKSPUR", "1990-11-30", "-"]
    );
    let says = birth(told);
    assert_eq!((says.birth_order, says.gestation_weeks), (Some(2), Some(37)));
    assert_eq!(told.record.sex, Sex::M);
}

#[test]
fn xml_says_what_json_says() {
    let kept = births("event.xml");
    assert_eq!(kept.finding_lines(), [""; 0]);
    let told = &kept.records[0];
    assert_eq!(
        child(told)[1..],
        ["SORREL", "O'HOLLOWELL", "2026-03-12", "CM99 1AA"]
    );
    assert_eq!(mother(told)[1..], ["ALDER", "O'HOLLOWELL", "1995-05-04", "-"]);
    assert_eq!(birth(told).gestation_weeks, Some(39));
}

#[test]
fn messages_come_one_a_line_and_updates_and_deletions_count() {
    let kept = births("several.ndjson");
    assert_eq!(kept.rows["births"], 5);
    assert_eq!(
        kept.counts()["births"],
        (4, 1, 0),
        "a change of practice is no birth"
    );
    let [told, still, update, deletion] = kept.records.as_slice() else {
        panic!("four");
    };
    let same = |a: &Incoming, b: &Incoming| a.key.as_bytes() == b.key.as_bytes();
    assert!(same(told, update), "the same birth");
    assert!(update.record.version > told.record.version);
    assert_eq!(child(update)[1], "ROBYN");
    assert!(matches!(deletion.record.state, State::Withdrawn));
    assert!(!same(told, deletion));
    // Nobody was born alive, so that the record is about nobody; the mother's pregnancy has ended.
    assert!(still.people.child.is_none());
    assert_eq!(birth(still).outcome, Some(PregnancyOutcome::Stillbirth));
    assert_eq!(still.record.sex, Sex::U);
    // The child's stand-in name costs nothing but itself.
    assert_eq!(kept.quarantined(), 0);
}

#[test]
fn a_page_of_messages_is_each_message() {
    let page = format!(
        r#"{{"resourceType":"Bundle","type":"searchset","entry":[{{"resource":{}}},{{"resource":{}}}]}}"#,
        sound("event.json"),
        sound("record-at-birth.json"),
    );
    assert_eq!(births_of(&page).records.len(), 2);
    let array = format!("[{},\n{}]", sound("event.json"), sound("record-at-birth.json"));
    let kept = births_of(&array);
    assert_eq!(kept.records.len(), 2);
    assert!(
        kept.records[1].location.line > Some(100),
        "where the message begins"
    );
}

#[test]
fn an_identifier_is_chosen_by_its_system() {
    // The NHS number under another system is not one, though it stands first and alone.
    let text = sound("event.json").replace("https://fhir.nhs.uk/Id/nhs-number", "https://example.org/number");
    let kept = births_of(&text);
    assert!(kept.records.is_empty());
    assert!(
        kept.finding_lines()
            .contains(&"1 - PN-026 quarantined-row Patient.identifier:nhsNumber".to_owned())
    );
    // The system of the years before is known.
    let text = sound("event.json").replace(
        "https://fhir.nhs.uk/Id/nhs-number",
        "http://fhir.nhs.net/Id/nhs-number",
    );
    assert_eq!(births_of(&text).records.len(), 1);
}

#[test]
fn a_message_that_does_not_say_what_it_does_is_kept_out() {
    let text = sound("event.json").replace("Extension-MessageEventType-1", "Extension-Another-1");
    let kept = births_of(&text);
    assert!(kept.records.is_empty());
    assert_eq!(
        kept.finding_lines(),
        ["1 - F053 quarantined-row MessageHeader.messageEventType"]
    );
    let text = sound("event.json").replace("\"code\": \"new\"", "\"code\": \"retract\"");
    assert!(births_of(&text).records.is_empty());
}

#[test]
fn the_order_of_entries_means_nothing() {
    let said = births("event.json");
    let mut bundle: serde_json::Value = serde_json::from_str(&sound("event.json")).unwrap();
    // A message begins with its header; whatever else it holds may come in any order.
    bundle["entry"].as_array_mut().unwrap()[1..].reverse();
    let kept = births_of(&bundle.to_string());
    assert_eq!(child(&kept.records[0]), child(&said.records[0]));
    assert_eq!(mother(&kept.records[0]), mother(&said.records[0]));
    assert_eq!(kept.records[0].record, said.records[0].record);
}

#[test]
fn weeks_may_be_told_in_days() {
    let text = sound("event.json")
        .replace("\"value\": 39,", "\"value\": 276,")
        .replace("\"wk\"", "\"d\"");
    assert_eq!(birth(&births_of(&text).records[0]).gestation_weeks, Some(39));
}

#[test]
fn a_mother_who_adopts_is_no_mother_of_a_birth() {
    let text = sound("event.json").replace("\"NMTH\"", "\"ADOPTM\"");
    let kept = births_of(&text);
    assert!(kept.records[0].people.child.is_some());
    assert!(
        kept.records[0].people.mother.is_some(),
        "the message is still about the woman who gave birth"
    );
}

#[test]
fn a_file_that_stops_early_or_is_something_else_is_refused() {
    let whole = sound("several.ndjson");
    for cut in [whole.len() / 7, whole.len() / 2, whole.len() - 3] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("births.ndjson");
        fs::write(&path, &whole[..cut]).unwrap();
        let (_, result) = read_path(&layout(LAYOUT), &path, "births.ndjson");
        assert!(result.is_err(), "{cut}");
    }
    for text in [
        "",
        "<Patient xmlns=\"http://hl7.org/fhir\"/>",
        "ID,Name\n1,x\n",
        "[1]",
        "{\"resourceType\" \"Bundle\"}",
    ] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("births.json");
        fs::write(&path, text).unwrap();
        let (_, result) = read_path(&layout(LAYOUT), &path, "births.json");
        assert!(result.is_err(), "{text}");
    }
}
