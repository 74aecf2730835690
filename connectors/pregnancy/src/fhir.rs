//! Notifications of births in FHIR: the event message of the National Events Management Service
//! (`pds-birth-notification-1`, STU3) and the record at birth of the Personal Demographics Service (R4).
//!
//! Both hold the baby as a Patient, and a RelatedPerson whose `patient` the baby is: the mother, by herself or as the
//! Patient that links to her. The message is about the mother, so that the first Patient need not be the baby: who is
//! who is told by references and roles alone. Facts of the birth are observations of the baby or of the mother.

use kit::{
    Delivery, ReadError, Reading, Sink,
    fhir::{self, Bundle, Extract, Node, PERSON_ELEMENTS, Resource, SNOMED, Shape},
};

use crate::births::{BIRTHS, Births, MINIMUM};

/// Roles of the woman who gave birth (HL7 v3 RoleCode): gestational, natural, birth mother. An adoptive mother is not.
const MOTHERS: [&str; 5] = ["GESTM", "NMTH", "NMTHF", "BIRTHMOTHER", "MTH"];

/// The elements of a message besides those of its people and its observations.
const ELEMENTS: [&str; 4] = [
    "MessageHeader.id",
    "MessageHeader.event",
    "MessageHeader.messageEventType",
    "Bundle.made",
];

/// Reads the files of a delivery.
pub(crate) fn read(delivery: &Delivery, reading: &Reading<'_>, sink: &mut dyn Sink) -> Result<(), ReadError> {
    let births = Births::new(delivery, reading)?;
    let layout = reading.layout;
    let Some(table) = layout.tables.get(BIRTHS.name) else {
        return Err(crate::not_laid_out(layout, "needs [tables.births]").into());
    };
    let shape = Shape {
        table: &BIRTHS,
        columns: (&table.columns, table.ignored.as_slice()),
        is_element,
    };
    for file in &delivery.files {
        kit::flat::check_mapped(MINIMUM, &table.columns, file, sink)?;
        fhir::read_file(&shape, file, layout, sink, extract, |values| births.read(values))?;
    }
    Ok(())
}

fn is_element(name: &str) -> bool {
    let of_person = |who: &str| {
        name.strip_prefix(who)
            .and_then(|rest| rest.strip_prefix('.'))
            .is_some_and(|rest| PERSON_ELEMENTS.contains(&rest))
    };
    let observation = name.strip_prefix("Observation:");
    ELEMENTS.contains(&name)
        || of_person("Patient")
        || of_person("Mother")
        || observation.is_some_and(|code| !code.is_empty() && code.bytes().all(|byte| byte.is_ascii_digit()))
}

/// The births of a message. One of another event gives a row too, with nothing but the event: the layout says which
/// events are births.
fn extract(bundle: &Bundle<'_>) -> Vec<Extract> {
    let mut births: Vec<Extract> = Vec::new();
    for baby in babies(bundle) {
        let mut birth = frame(bundle, Some(baby));
        fhir::person(&mut birth, "Patient", baby.node);
        for mother in mothers(bundle, baby) {
            fhir::person(&mut birth, "Mother", mother.node);
            observations(bundle, mother, &mut birth);
        }
        observations(bundle, baby, &mut birth);
        births.push(birth);
    }
    if births.is_empty() && (bundle.header().is_some() || bundle.kind() == Some("transaction")) {
        births.push(frame(bundle, None));
    }
    births
}

fn frame(bundle: &Bundle<'_>, about: Option<Resource<'_>>) -> Extract {
    let mut frame = Extract::default();
    let header = bundle.header().map(|header| header.node);
    frame.set_some("MessageHeader.id", header.and_then(|header| header.text("id")));
    frame.set_some("MessageHeader.event", bundle.event());
    frame.set_some("MessageHeader.messageEventType", bundle.event_type(about));
    frame.set_some("Bundle.made", bundle.made());
    frame
}

/// Whose births a message tells of: the Patients to whom a mother is related; without one, the Patient that has a place
/// among those born together, or stands alone.
fn babies<'a>(bundle: &Bundle<'a>) -> Vec<Resource<'a>> {
    let mut babies: Vec<Resource<'a>> = Vec::new();
    for related in bundle
        .all("RelatedPerson")
        .filter(|related| is_mother(related.node))
    {
        let baby = bundle.resolve(related.node.at("patient"), related);
        if let Some(baby) =
            baby.filter(|baby| baby.is_a("Patient") && !babies.iter().any(|other| other.is(*baby)))
        {
            babies.push(baby);
        }
    }
    if !babies.is_empty() {
        return babies;
    }
    let ordered = |patient: &Resource<'_>| patient.node.text("multipleBirthInteger").is_some();
    babies.extend(bundle.all("Patient").filter(ordered));
    // Whom a message of the events service is about is the mother.
    let told_of = subject(bundle);
    let mut others = bundle
        .all("Patient")
        .filter(|patient| !told_of.is_some_and(|subject| subject.is(*patient)));
    if let (true, Some(only), None) = (babies.is_empty(), others.next(), others.next()) {
        babies.push(only);
    }
    babies
}

/// Whom a message of the events service is about.
fn subject<'a>(bundle: &Bundle<'a>) -> Option<Resource<'a>> {
    let mut told = bundle.all("Communication");
    told.find_map(|told| bundle.resolve(told.node.at("subject"), told))
}

/// What the message says of a baby's mother: the Patient that she is, then the RelatedPerson.
fn mothers<'a>(bundle: &Bundle<'a>, baby: Resource<'a>) -> Vec<Resource<'a>> {
    let related: Vec<Resource<'a>> = bundle
        .all("RelatedPerson")
        .filter(|related| is_mother(related.node))
        .filter(|related| {
            bundle
                .resolve(related.node.at("patient"), *related)
                .is_some_and(|patient| patient.is(baby))
        })
        .collect();
    let links_to = |patient: Resource<'a>| {
        patient.node.all("link").any(|link| {
            let other = bundle.resolve(link.at("other"), patient);
            other.is_some_and(|other| related.iter().any(|mother| mother.is(other)))
        })
    };
    let herself = bundle
        .all("Patient")
        .find(|patient| links_to(*patient))
        .or_else(|| subject(bundle))
        .or_else(|| same_number(bundle, &related));
    let herself = herself.filter(|patient| patient.is_a("Patient") && !patient.is(baby));
    herself.into_iter().chain(related).collect()
}

/// The Patient with the NHS number of a RelatedPerson.
fn same_number<'a>(bundle: &Bundle<'a>, related: &[Resource<'a>]) -> Option<Resource<'a>> {
    const NUMBER: &str = "Mother.identifier:nhsNumber";
    let read = |resource: &Resource<'a>| {
        let mut extract = Extract::default();
        fhir::person(&mut extract, "Mother", resource.node);
        extract
    };
    let wanted = related
        .iter()
        .map(read)
        .find(|mother| mother.get(NUMBER).is_some())?;
    bundle
        .all("Patient")
        .find(|patient| read(patient).get(NUMBER) == wanted.get(NUMBER))
}

fn is_mother(related: &Node) -> bool {
    let codings = related
        .all("relationship")
        .flat_map(|concept| concept.all("coding"));
    let mut codes = codings.filter_map(|coding| coding.text("code"));
    codes.any(|code| MOTHERS.contains(&code))
}

/// The observations of one of the two, under their SNOMED CT codes.
fn observations(bundle: &Bundle<'_>, of: Resource<'_>, birth: &mut Extract) {
    for observation in bundle.all("Observation") {
        let subject = bundle.resolve(observation.node.at("subject"), observation);
        if !subject.is_some_and(|subject| subject.is(of)) {
            continue;
        }
        let code = observation
            .node
            .at("code")
            .and_then(|concept| concept.code(|system| system == SNOMED));
        if let (Some(code), Some(value)) = (code, Bundle::observed(observation.node)) {
            birth.set(format!("Observation:{code}"), &value);
        }
    }
}
