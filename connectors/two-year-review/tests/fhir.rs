//! Reviews in FHIR: the published shapes say the same, updates and deletions count, and only this review is read.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod common;

use std::fs;

use common::{data, layout};
use identity::{NhsNumber, TestNumbers};
use jiff::civil::date;
use kit::{Connector, Delivery, DeliveryFile, Incoming, ReadError, Reading, Sink, Stopped};
use records::{Asq3, AsqBand, Finding, Outcome, Payload, TwoYearReview, record::State};
use two_year_review::TwoYearReview as Connected;

#[derive(Default)]
struct Kept {
    records: Vec<Incoming>,
    findings: Vec<Finding>,
    rows: u64,
    out_of_scope: u64,
    quarantined: u64,
}

impl Sink for Kept {
    fn record(&mut self, incoming: Incoming) -> Result<(), Stopped> {
        self.records.push(incoming);
        Ok(())
    }

    fn finding(&mut self, finding: Finding) {
        self.findings.push(finding);
    }

    fn rows_read(&mut self, _: &'static str, rows: u64) {
        self.rows += rows;
    }

    fn rows_without_record(&mut self, _: &'static str, outcome: Outcome, rows: u64) {
        match outcome {
            Outcome::OutOfScope => self.out_of_scope += rows,
            _ => self.quarantined += rows,
        }
    }
}

impl Kept {
    /// Line, header and rule of each finding.
    fn lines(&self) -> Vec<String> {
        let findings = self.findings.iter();
        let line = |finding: &Finding| {
            let place = &finding.location;
            let header = place.header.as_deref().unwrap_or("-");
            format!("{} {header} {}", place.line.unwrap_or_default(), finding.rule.id)
        };
        findings.map(line).collect()
    }
}

fn reviews_of(text: &str) -> (Kept, Result<(), ReadError>) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("reviews");
    fs::write(&path, text).unwrap();
    let layout = layout("two-year-review/fhir-asq");
    let delivery = Delivery {
        files: vec![DeliveryFile {
            label: "file 1".to_owned(),
            name: "reviews.json".to_owned(),
            bytes: text.len() as u64,
            path,
        }],
        received: date(2026, 6, 1).at(6, 0, 0, 0),
    };
    let reading = Reading {
        layout: &layout,
        provider: "RAT",
        as_at: date(2026, 6, 30),
        test_numbers: TestNumbers::Allowed,
    };
    let mut kept = Kept::default();
    let result = Connected
        .read(&delivery, &reading, &mut kept)
        .map(|scopes| assert!(scopes.is_empty()));
    (kept, result)
}

fn sound(name: &str) -> String {
    fs::read_to_string(data().join("fhir").join(name)).unwrap()
}

fn reviews(name: &str) -> Kept {
    let (kept, result) = reviews_of(&sound(name));
    result.unwrap();
    assert_eq!(kept.lines(), [""; 0], "{name}");
    kept
}

fn says(incoming: &Incoming) -> &TwoYearReview {
    match &incoming.record.state {
        State::Current(payload) => match payload.as_ref() {
            Payload::TwoYearReview(review) => review,
            _ => panic!("not a review"),
        },
        State::Withdrawn => panic!("withdrawn"),
    }
}

fn scores(asq3: &Asq3) -> Vec<Option<u8>> {
    asq3.domains().iter().map(|domain| domain.score).collect()
}

fn number(incoming: &Incoming) -> &str {
    let child = incoming.people.child.as_ref().unwrap();
    child.nhs_number.valid().map_or("-", NhsNumber::expose)
}

#[test]
fn a_score_may_be_a_component_of_its_questionnaire() {
    let kept = reviews("components.json");
    let review = says(&kept.records[0]);
    // The observation has no date: its encounter does.
    assert_eq!(review.review_date, date(2026, 3, 10));
    assert_eq!(review.age_months, Some(27));
    let asq3 = review.asq3.as_ref().unwrap();
    assert_eq!(asq3.interval_months, Some(27));
    assert_eq!(scores(asq3), [55, 20, 45, 50, 60].map(Some));
    assert_eq!(asq3.gross_motor.band, Some(AsqBand::Below));
    assert_eq!(kept.records[0].reference.as_ref().unwrap().expose(), "R-1");
    assert_eq!(
        kept.records[0].record.version.time(),
        date(2026, 3, 11).at(9, 15, 30, 0)
    );
}

#[test]
fn a_score_may_be_an_observation_contained_in_its_questionnaire() {
    let json = reviews("contained.json");
    let asq3 = says(&json.records[0]).asq3.as_ref().unwrap();
    assert_eq!(asq3.interval_months, Some(30));
    assert_eq!(scores(asq3), [30, 40, 45, 50, 25].map(Some));
    assert_eq!(asq3.below_expected_domains(), Some(2));
    let xml = reviews("contained.xml");
    assert_eq!(xml.records[0].record, json.records[0].record);
    assert_eq!(number(&xml.records[0]), number(&json.records[0]));
}

#[test]
fn scores_may_be_observations_of_their_own() {
    let kept = reviews("flat.json");
    let [told] = kept.records.as_slice() else {
        panic!("one review of five observations");
    };
    let review = says(told);
    assert_eq!(review.review_date, date(2026, 3, 12));
    assert_eq!(
        scores(review.asq3.as_ref().unwrap()),
        [50, 45, 40, 35, 30].map(Some)
    );
    // The observation that changed last, as a search has no header.
    assert_eq!(told.record.version.time().date(), date(2026, 3, 13));
    assert!(
        told.reference.is_none(),
        "nothing names the review but its child and day"
    );
}

#[test]
fn updates_replace_deletions_take_back_and_other_reviews_are_passed_over() {
    let kept = reviews("several.ndjson");
    assert_eq!((kept.rows, kept.out_of_scope, kept.quarantined), (6, 1, 0));
    let [first, second, update, deletion, without] = kept.records.as_slice() else {
        panic!("five of six: a review at one year is another's");
    };
    let same = |a: &Incoming, b: &Incoming| a.key.as_bytes() == b.key.as_bytes();
    assert!(same(first, update) && first.record.version < update.record.version);
    assert_eq!(says(update).asq3.as_ref().unwrap().gross_motor.score, Some(30));
    assert!(same(second, deletion));
    assert!(matches!(deletion.record.state, State::Withdrawn));
    // The review took place, and no questionnaire was sent with it.
    assert!(says(without).asq3.is_none());
}

#[test]
fn an_observation_in_error_takes_its_review_back() {
    let text = sound("flat.json").replace("\"final\"", "\"entered-in-error\"");
    let (kept, result) = reviews_of(&text);
    result.unwrap();
    assert!(matches!(kept.records[0].record.state, State::Withdrawn));
    let stands = reviews("flat.json");
    assert_eq!(kept.records[0].key.as_bytes(), stands.records[0].key.as_bytes());
}

#[test]
fn a_child_is_chosen_by_reference_and_system() {
    // Another Patient stands first; the subject is meant all the same.
    let mut bundle: serde_json::Value = serde_json::from_str(&sound("components.json")).unwrap();
    let other: serde_json::Value = serde_json::from_str(&sound("contained.json").replace(
        "a0000000-0000-4000-8000-0000000000a1",
        "a0000000-0000-4000-8000-0000000000b1",
    ))
    .unwrap();
    bundle["entry"]
        .as_array_mut()
        .unwrap()
        .insert(1, other["entry"][1].clone());
    let (kept, result) = reviews_of(&bundle.to_string());
    result.unwrap();
    assert_eq!(
        number(&kept.records[0]),
        number(&reviews("components.json").records[0])
    );
}

#[test]
fn scores_that_contradict_each_other_are_not_used() {
    let mut bundle: serde_json::Value = serde_json::from_str(&sound("components.json")).unwrap();
    let components = bundle["entry"][3]["resource"]["component"]
        .as_array_mut()
        .unwrap();
    let mut again = components[0].clone();
    components.push(components[4].clone());
    again["valueQuantity"]["value"] = 5.into();
    components.push(again);
    let (kept, result) = reviews_of(&bundle.to_string());
    result.unwrap();
    let asq3 = says(&kept.records[0]).asq3.unwrap();
    assert_eq!(asq3.communication.score, None);
    assert_eq!(asq3.personal_social.score, Some(60));
    assert_eq!(
        kept.lines(),
        [
            "1 ASQ-3:communication TYR-105",
            "1 ASQ-3:personalSocial TYR-104",
            "1 ASQ-3:communication TYR-108"
        ]
    );
}

#[test]
fn a_score_that_stands_alone_waits_for_the_others() {
    let bundle: serde_json::Value = serde_json::from_str(&sound("flat.json")).unwrap();
    let (kept, result) = reviews_of(&bundle["entry"][1]["resource"].to_string());
    result.unwrap();
    assert!(kept.records.is_empty());
    assert_eq!(kept.lines(), ["1 ASQ-3:interval TYR-111"]);
    assert_eq!((kept.rows, kept.quarantined), (1, 1));
}
