//! The coded items of a notice that the payload keeps under their field's name.

use std::collections::BTreeMap;

use kit::Values;
use records::finding::Effect;

use crate::{HealthBodies, items};

/// Coded items that are kept under their field's name.
const CODES: &[&str] = &[
    "discussion_held",
    "voluntary_org_advised",
    "interpreter_needed",
    "looked_after",
    "child_protection_plan",
    "safeguarding_flag",
    "parent_relationship",
    "parent_has_parental_responsibility",
    "parent_contact_preference",
    "referral_consent",
    "setting_attends",
    "setting_type",
    "diagnosis_status",
    "evidence_attached",
    "ehcna_requested",
    "ehcp_in_place",
    "early_years_inclusion_funding",
];
/// Lists of codes that are kept under their field's name.
const CODE_LISTS: &[&str] = &["broad_area", "equipment_or_medical_needs", "services_involved"];
/// Lists of items with parts.
const ITEM_LISTS: &[&str] = &[
    "diagnosis_snomed",
    "diagnosis_icd10",
    "asq3_scores",
    "services_waiting_for",
];
/// The items of a row, by field.
pub(super) fn items_of(values: &mut Values<'_>, bodies: &HealthBodies) -> BTreeMap<String, String> {
    let mut other = BTreeMap::new();
    for &field in CODES {
        if let Some(code) = values.code(field) {
            other.insert(field.to_owned(), code);
        }
    }
    for &field in CODE_LISTS {
        let codes = values.codes(field);
        if !codes.is_empty() {
            other.insert(field.to_owned(), codes.join(";"));
        }
    }
    for &field in ITEM_LISTS {
        if let Some(items) = items::read(values, field) {
            other.insert(field.to_owned(), items);
        }
    }
    if let Some(site) = values.text("notifier_site_ods") {
        other.insert("notifier_site_ods".to_owned(), site);
    }
    if let Some(practice) = values.text("gp_practice_ods") {
        if !is_practice(&practice) {
            values.bad("gp_practice_ods", &kit::rules::BAD_FORM);
        } else if !bodies.is_nobody(&practice) {
            other.insert("gp_practice_ods".to_owned(), practice);
        }
    }
    if let Some(weeks) = values.integer("gestation_at_birth_weeks") {
        other.insert("gestation_at_birth_weeks".to_owned(), weeks.to_string());
    }
    if let Some(language) = values
        .text("language")
        .map(|language| language.to_ascii_lowercase())
    {
        // ISO 639-1, or the NHS codes q1 to q5 for sign and communication systems; anything else may be words.
        let coded = matches!(
            language.as_bytes(),
            [b'a'..=b'z', b'a'..=b'z'] | [b'q', b'1'..=b'5']
        );
        if coded {
            other.insert("language".to_owned(), language);
        } else {
            values.note("language", &kit::rules::BAD_FORM, Effect::BlankedValue);
        }
    }
    other
}

/// A general practice's code: a letter and five digits (NHS England, Organisation Data Service).
fn is_practice(code: &str) -> bool {
    let digits = code.get(1..).unwrap_or_default();
    code.starts_with(|first: char| first.is_ascii_uppercase())
        && digits.len() == 5
        && digits.bytes().all(|byte| byte.is_ascii_digit())
}
