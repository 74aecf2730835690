//! Reviews in FHIR: scores of ASQ-3 and ASQ:SE as observations.
//!
//! They are published in two shapes. In the profile of the Digital Child Health messages (STU3) one Observation of the
//! questionnaire has a component for each score; the example that is shipped with it has an Observation for each score
//! contained in that of the questionnaire. Servers of R4 resources may have an Observation for each score that stands by
//! itself. All three say by its SNOMED CT code which form and domain a score is of, and so are read alike: the scores of
//! one child on one day at one encounter are one review.
//!
//! An encounter that says of which sort it is decides whether it is the review at 2 to 2½ years; otherwise one of the
//! forms of this review does. All else is out of scope.

use kit::{
    Delivery, ReadError, Reading, Sink,
    fhir::{self, Bundle, Extract, Node, PERSON_ELEMENTS, Resource, Shape},
};
use records::finding::Effect;

use crate::{
    REVIEWS,
    asq::Asq,
    flat::{MINIMUM, Reference, Reviews},
    rules,
};

mod scores;

use scores::{Scores, given, is_of_asq};

/// The sort of encounter that is the health visitor's review at 2 to 2½ years (Digital Child Health, encounter types).
const REVIEW_ENCOUNTER: &str = "0020";

/// What the messages about assessments are called (Digital Child Health, event types).
const ASSESSMENTS: [&str; 2] = ["CH004", "assessment-scales-1"];

/// The elements of a review besides those of its child.
const ELEMENTS: [&str; 13] = [
    "MessageHeader.messageEventType",
    "Bundle.made",
    "Encounter.identifier",
    "Observation.effective",
    "Observation.status",
    "ASQ-3:interval",
    "ASQ-3:communication",
    "ASQ-3:grossMotor",
    "ASQ-3:fineMotor",
    "ASQ-3:problemSolving",
    "ASQ-3:personalSocial",
    "ASQ-SE:interval",
    "ASQ-SE:total",
];

/// Reads the files of a delivery.
pub(crate) fn read(delivery: &Delivery, reading: &Reading<'_>, sink: &mut dyn Sink) -> Result<(), ReadError> {
    let reviews = Reviews::new(delivery, reading, Reference::ElseChildAndDay)?;
    let layout = reading.layout;
    let shape = Shape {
        table: &REVIEWS,
        columns: (&layout.columns, layout.ignored.as_slice()),
        is_element,
    };
    let asq = Asq::carried()?;
    for file in &delivery.files {
        kit::flat::check_mapped(MINIMUM, shape.columns.0, file, sink)?;
        fhir::read_file(
            &shape,
            file,
            layout,
            sink,
            |bundle| extract(bundle, asq),
            |values| reviews.read(values),
        )?;
    }
    Ok(())
}

fn is_element(name: &str) -> bool {
    let of_child = name.strip_prefix("Patient.");
    ELEMENTS.contains(&name) || of_child.is_some_and(|rest| PERSON_ELEMENTS.contains(&rest))
}

/// What belongs to one review.
struct Review<'a> {
    encounter: Option<Resource<'a>>,
    child: Child<'a>,
    day: Option<&'a str>,
    observations: Vec<Resource<'a>>,
}

/// The child of a review: a Patient of the message, or what a reference says of one that is not in it.
#[derive(Clone, Copy)]
enum Child<'a> {
    Patient(Resource<'a>),
    Named(&'a Node),
    Nobody,
}

impl<'a> Child<'a> {
    fn is(self, other: Child<'_>) -> bool {
        match (self, other) {
            (Child::Patient(one), Child::Patient(other)) => one.is(other),
            (Child::Named(one), Child::Named(other)) => ["identifier.value", "reference"]
                .iter()
                .all(|path| one.text(path) == other.text(path)),
            (Child::Nobody, Child::Nobody) => true,
            _ => false,
        }
    }

    fn node(self) -> Option<&'a Node> {
        match self {
            Child::Patient(patient) => Some(patient.node),
            Child::Named(node) => Some(node),
            Child::Nobody => None,
        }
    }
}

/// The reviews of a message.
fn extract(bundle: &Bundle<'_>, asq: &Asq) -> Vec<Extract> {
    let deletes = bundle.header().is_some() && bundle.event_type(None) == Some("delete");
    let mut reviews = reviews(bundle, asq, deletes);
    // Nothing says what is to be deleted: that must not pass unheard.
    if deletes && reviews.is_empty() && bundle.event().is_some_and(|event| ASSESSMENTS.contains(&event)) {
        reviews.push(Review {
            encounter: None,
            child: Child::Nobody,
            day: None,
            observations: Vec::new(),
        });
    }
    reviews
        .into_iter()
        .filter_map(|review| {
            let scores = Scores::of(&review.observations, asq);
            is_of_two_years(&review, &scores, asq, deletes).then(|| told(bundle, &review, &scores))
        })
        .collect()
}

/// The observations of a message by child, day and encounter; and encounters of the review that have none.
fn reviews<'a>(bundle: &Bundle<'a>, asq: &Asq, deletes: bool) -> Vec<Review<'a>> {
    let mut reviews: Vec<Review<'a>> = Vec::new();
    for observation in bundle
        .all("Observation")
        .filter(|observation| is_of_asq(observation.node, asq))
    {
        let encounter = encounter_of(bundle, observation);
        let child = child_of(bundle, observation, encounter);
        let day = day_of(observation.node, encounter);
        let same = |review: &&mut Review<'_>| {
            let same_encounter = match (review.encounter, encounter) {
                (Some(one), Some(other)) => one.is(other),
                (None, None) => true,
                _ => false,
            };
            same_encounter && review.child.is(child) && date_of(review.day) == date_of(day)
        };
        match reviews.iter_mut().find(same) {
            Some(review) => review.observations.push(observation),
            None => reviews.push(Review {
                encounter,
                child,
                day,
                observations: vec![observation],
            }),
        }
    }
    for encounter in bundle.all("Encounter") {
        let told = reviews
            .iter()
            .any(|review| review.encounter.is_some_and(|other| other.is(encounter)));
        if !told && (deletes || encounter_type(encounter.node) == Some(REVIEW_ENCOUNTER)) {
            reviews.push(Review {
                encounter: Some(encounter),
                child: child_of(bundle, encounter, Some(encounter)),
                day: encounter.node.text("period.start"),
                observations: Vec::new(),
            });
        }
    }
    reviews
}

fn encounter_of<'a>(bundle: &Bundle<'a>, observation: Resource<'a>) -> Option<Resource<'a>> {
    // STU3 calls it context.
    let named = ["encounter", "context"]
        .iter()
        .find_map(|name| bundle.resolve(observation.node.at(name), observation));
    let focus = || {
        let header = bundle.header()?;
        bundle.resolve(header.node.at("focus"), header)
    };
    named
        .or_else(focus)
        .filter(|encounter| encounter.is_a("Encounter"))
}

/// Who the subject is; of a message that holds but one Patient, that one.
fn child_of<'a>(bundle: &Bundle<'a>, of: Resource<'a>, encounter: Option<Resource<'a>>) -> Child<'a> {
    let subjects = [Some(of), encounter]
        .into_iter()
        .flatten()
        .filter_map(|resource| {
            let subject = resource
                .node
                .at("subject")
                .or_else(|| resource.node.at("patient"))?;
            Some((resource, subject))
        });
    let mut named = Child::Nobody;
    for (resource, subject) in subjects {
        if let Some(patient) = bundle
            .resolve(Some(subject), resource)
            .filter(|patient| patient.is_a("Patient"))
        {
            return Child::Patient(patient);
        }
        if matches!(named, Child::Nobody) {
            named = Child::Named(subject);
        }
    }
    let mut patients = bundle.all("Patient");
    match (named, patients.next(), patients.next()) {
        (Child::Nobody, Some(only), None) => Child::Patient(only),
        _ => named,
    }
}

fn day_of<'a>(observation: &'a Node, encounter: Option<Resource<'a>>) -> Option<&'a str> {
    let own = ["effectiveDateTime", "effectiveInstant", "effectivePeriod.start"];
    own.iter()
        .find_map(|path| observation.text(path))
        .or_else(|| encounter?.node.text("period.start"))
}

/// The day of a moment, as written.
fn date_of(moment: Option<&str>) -> Option<&str> {
    moment.map(|moment| moment.split_once('T').map_or(moment, |(day, _)| day))
}

/// The sort of an encounter in the list of the child health messages; none where it says another or none.
fn encounter_type(encounter: &Node) -> Option<&str> {
    let is_list = |system: &str| system.contains("EncounterType");
    let codings = encounter.all("type").flat_map(|concept| concept.all("coding"));
    codings
        .filter(|coding| coding.text("system").is_some_and(is_list))
        .find_map(|coding| coding.text("code"))
}

/// Whether it is the review at 2 to 2½ years.
fn is_of_two_years(review: &Review<'_>, scores: &Scores, asq: &Asq, deletes: bool) -> bool {
    match review
        .encounter
        .and_then(|encounter| encounter_type(encounter.node))
    {
        Some(sort) => sort == REVIEW_ENCOUNTER,
        None => scores.are_of_two_years(asq) || (deletes && review.observations.is_empty()),
    }
}

/// What a review says.
fn told(bundle: &Bundle<'_>, review: &Review<'_>, scores: &Scores) -> Extract {
    let mut told = Extract::default();
    let first = review.observations.first().copied();
    told.set_some(
        "MessageHeader.messageEventType",
        bundle.event_type(first.or(review.encounter)),
    );
    told.set_some("Bundle.made", made(bundle, review));
    told.set_some("Encounter.identifier", reference(review));
    told.set_some("Observation.effective", review.day);
    told.set_some("Observation.status", status(review));
    if let Some(child) = review.child.node() {
        fhir::person(&mut told, "Patient", child);
    }
    if bundle.kind().is_none() && first.is_some_and(|only| given(only.node).len() < 2) {
        told.note("ASQ-3:interval", &rules::SCORE_ALONE, Effect::QuarantinedRow);
    }
    scores.tell(&mut told);
    told
}

/// When it was made: the message, or the observation that was changed last where there is none.
fn made<'a>(bundle: &Bundle<'a>, review: &Review<'a>) -> Option<&'a str> {
    let own = review.observations.iter().chain(&review.encounter);
    let own = own.filter_map(|resource| {
        let node = resource.node;
        node.text("meta.lastUpdated").or_else(|| node.text("issued"))
    });
    match bundle.header() {
        Some(_) => bundle.made(),
        None => own.max().or_else(|| bundle.made()),
    }
}

/// What the sender calls the review: an identifier of its encounter, else of the questionnaire's observation, else the
/// id of either. Of several identifiers it is the one whose system comes first in the alphabet, whatever their order.
fn reference<'a>(review: &Review<'a>) -> Option<&'a str> {
    let identifier = |node: &'a Node| {
        let identifiers = node.all("identifier");
        let named =
            identifiers.filter_map(|identifier| Some((identifier.text("system"), identifier.text("value")?)));
        named.min().map(|(_, value)| value)
    };
    let only = match review.observations.as_slice() {
        [only] => Some(only.node),
        _ => None,
    };
    let encounter = review.encounter.map(|encounter| encounter.node);
    encounter
        .and_then(identifier)
        .or_else(|| only.and_then(identifier))
        .or_else(|| encounter.and_then(|encounter| encounter.text("id")))
        .or_else(|| only.and_then(|only| only.text("id")))
}

/// How its observations stand: in error only where all of them are.
fn status<'a>(review: &Review<'a>) -> Option<&'a str> {
    let mut of_all = review
        .observations
        .iter()
        .map(|observation| observation.node.text("status"));
    let taken_back = |status: &Option<&str>| matches!(status, Some("entered-in-error" | "cancelled"));
    let standing = of_all.clone().find(|status| !taken_back(status));
    standing.or_else(|| of_all.next())?
}
