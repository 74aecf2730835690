//! Who somebody is: the parts of a Patient or RelatedPerson that tell people apart.

use records::finding::Effect;
use zeroize::Zeroizing;

use super::{
    node::{Node, last_segment},
    read::Extract,
};
use crate::rules;

/// The systems whose identifiers are NHS numbers: today's, and that of the years before 2016.
pub const NHS_NUMBER_SYSTEMS: &[&str] = &[
    "https://fhir.nhs.uk/Id/nhs-number",
    "http://fhir.nhs.uk/Id/nhs-number",
    "http://fhir.nhs.net/Id/nhs-number",
];

/// The elements that [`person`] reads, as they stand behind the person's name: `Patient.birthDate`.
pub const PERSON_ELEMENTS: &[&str] = &[
    "identifier:nhsNumber",
    "identifier:nhsNumber.verificationStatus",
    "name.family",
    "name.given",
    "name.given:other",
    "name.family:previous",
    "birthDate",
    "gender",
    "address.postalCode",
    "extension:ethnicCategory",
    "multipleBirthInteger",
    "deceased",
];

/// Adds to `extract`, under `who` (`Patient`, `Mother`), what a resource says of a person and no resource before it said.
///
/// An NHS number is known by its system, whatever its place among the identifiers. A name is the official one, else the
/// usual; old and maiden names are former ones. What has ended is passed over.
pub fn person(extract: &mut Extract, who: &str, resource: &Node) {
    let numbers: Vec<&Node> = resource
        .all("identifier")
        .filter(|identifier| is_nhs_number(identifier))
        .collect();
    let number = numbers.first().and_then(|identifier| identifier.text("value"));
    if numbers.iter().any(|other| !is_same(other.text("value"), number)) {
        extract.note(
            format!("{who}.identifier:nhsNumber"),
            &rules::SEVERAL_NUMBERS,
            Effect::BlankedValue,
        );
    } else if let Some(number) = number {
        extract.set(format!("{who}.identifier:nhsNumber"), number);
        let status = numbers
            .iter()
            .find_map(|identifier| verification_status(identifier));
        extract.set_some(format!("{who}.identifier:nhsNumber.verificationStatus"), status);
    }
    names(extract, who, resource);
    extract.set_some(format!("{who}.birthDate"), resource.text("birthDate"));
    extract.set_some(format!("{who}.gender"), resource.text("gender"));
    extract.set_some(format!("{who}.address.postalCode"), postcode(resource));
    let ethnic = resource.extension(|name| {
        name.starts_with("Extension-UKCore-EthnicCategory")
            || name.starts_with("Extension-CareConnect-EthnicCategory")
    });
    let ethnic = ethnic.and_then(|extension| extension.at("valueCodeableConcept"));
    let ethnic =
        ethnic.and_then(|concept| concept.code(|system| last_segment(system).contains("EthnicCategory")));
    extract.set_some(format!("{who}.extension:ethnicCategory"), ethnic);
    extract.set_some(
        format!("{who}.multipleBirthInteger"),
        resource.text("multipleBirthInteger"),
    );
    let died =
        resource.text("deceasedDateTime").is_some() || resource.text("deceasedBoolean") == Some("true");
    if died {
        extract.set(format!("{who}.deceased"), "true");
    }
}

/// An identifier in force whose system says that it is an NHS number.
fn is_nhs_number(identifier: &Node) -> bool {
    let system = identifier
        .text("system")
        .unwrap_or_default()
        .trim_end_matches('/');
    let known = NHS_NUMBER_SYSTEMS
        .iter()
        .any(|known| known.eq_ignore_ascii_case(system));
    known && identifier.text("value").is_some() && is_in_force(identifier)
}

/// Whether two numbers are one, however their digits are grouped.
fn is_same(one: Option<&str>, other: Option<&str>) -> bool {
    let digits = |number: Option<&'_ str>| -> Zeroizing<String> {
        let text = number.unwrap_or_default().chars();
        Zeroizing::new(text.filter(|c| c.is_alphanumeric()).collect())
    };
    digits(one) == digits(other)
}

/// How far an NHS number was checked.
fn verification_status(identifier: &Node) -> Option<&str> {
    let extension = identifier.extension(|name| name.contains("NHSNumberVerificationStatus"))?;
    let concept = extension.at("valueCodeableConcept")?;
    concept.code(|system| last_segment(system).contains("NHSNumberVerificationStatus"))
}

fn names(extract: &mut Extract, who: &str, resource: &Node) {
    let is_of = |name: &&Node, wanted: Option<&str>| name.text("use") == wanted && is_in_force(name);
    let find = |wanted| resource.all("name").find(|name| is_of(name, wanted));
    let name = find(Some("official"))
        .or_else(|| find(Some("usual")))
        .or_else(|| find(None));
    if let Some(name) = name {
        let mut given = name.all("given").filter_map(Node::value);
        extract.set_some(format!("{who}.name.family"), name.text("family"));
        extract.set_some(format!("{who}.name.given"), given.next());
        // A double forename is one name; further ones are told apart by the first alone.
        extract.set_some(format!("{who}.name.given:other"), given.next());
    }
    let former = resource
        .all("name")
        .find(|name| matches!(name.text("use"), Some("old" | "maiden")));
    extract.set_some(
        format!("{who}.name.family:previous"),
        former.and_then(|name| name.text("family")),
    );
}

/// The postcode of the home, else of an address that says nothing of its use.
fn postcode(resource: &Node) -> Option<&str> {
    let find = |wanted: Option<&str>| {
        let mut addresses = resource.all("address").filter(|address| is_in_force(address));
        addresses.find(|address| address.text("use") == wanted && address.text("postalCode").is_some())
    };
    find(Some("home")).or_else(|| find(None))?.text("postalCode")
}

/// Whether something is neither old nor has ended.
fn is_in_force(part: &Node) -> bool {
    part.text("use") != Some("old") && part.text("period.end").is_none()
}
