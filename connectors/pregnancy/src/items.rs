//! The coded items of a notification that the payload keeps under their field's name.

use std::collections::BTreeMap;

use kit::Values;
use records::finding::Effect;

use crate::fields::FLAGS;

/// Coded items that both doors may have.
const CODES: &[&str] = &["edd_method", "smoking", "interpreter_needed"];
/// Counts that both doors may have.
const COUNTS: &[&str] = &["gravida", "parity"];
/// Organisations.
const ORGANISATIONS: &[&str] = &["source_org_ods", "booking_site_ods"];

/// The items of a row, by field. A field that the table does not declare is passed over.
pub(crate) fn of(values: &mut Values<'_>) -> BTreeMap<String, String> {
    let mut other = BTreeMap::new();
    for &field in CODES {
        if let Some(code) = values.code(field) {
            other.insert(field.to_owned(), code);
        }
    }
    for &field in COUNTS {
        if let Some(count) = values.integer(field) {
            other.insert(field.to_owned(), count.to_string());
        }
    }
    for &field in ORGANISATIONS {
        if let Some(code) = values.text(field) {
            other.insert(field.to_owned(), code);
        }
    }
    if let Some(practice) = practice(values) {
        other.insert("gp_practice_ods".to_owned(), practice);
    }
    for &field in FLAGS {
        if let Some(flag) = flag(values, field) {
            set_flag(&mut other, field, flag);
        }
    }
    if let Some(language) = language(values) {
        other.insert("language".to_owned(), language);
    }
    other
}

/// Notes what is blank and is expected. A field that the layout does not have is no fault of the row.
pub(crate) fn note_expected(values: &mut Values<'_>, fields: &[&str]) {
    for field in fields {
        if values.has(field) && values.is_blank(field) {
            values.note(field, &kit::rules::EXPECTED_VALUE, Effect::Accepted);
        }
    }
}

/// Yes or no; "not known" is neither.
pub(crate) fn flag(values: &mut Values<'_>, field: &str) -> Option<bool> {
    match values.code(field)?.as_str() {
        "Y" => Some(true),
        "N" => Some(false),
        _ => None,
    }
}

/// Raises or lowers a flag. One that is raised stays so, whatever else of the row says.
pub(crate) fn set_flag(other: &mut BTreeMap<String, String>, flag: &str, raised: bool) {
    let said = other.entry(flag.to_owned()).or_default();
    if said != "Y" {
        *said = if raised { "Y" } else { "N" }.to_owned();
    }
}

/// A general practice: a letter and five digits (NHS England, Organisation Data Service). V81997 to V81999 stand for
/// none, not applicable and not known.
pub(crate) fn practice(values: &mut Values<'_>) -> Option<String> {
    let code = values.text("gp_practice_ods")?;
    let digits = code.get(1..).unwrap_or_default();
    let is_practice = code.starts_with(|first: char| first.is_ascii_uppercase())
        && digits.len() == 5
        && digits.bytes().all(|byte| byte.is_ascii_digit());
    if !is_practice {
        values.bad("gp_practice_ods", &kit::rules::BAD_FORM);
        return None;
    }
    (!matches!(code.as_str(), "V81997" | "V81998" | "V81999")).then_some(code)
}

/// A language of two letters, or q1 to q5 for sign and communication systems; anything else may be words.
fn language(values: &mut Values<'_>) -> Option<String> {
    let language = values.text("language")?.to_ascii_lowercase();
    let coded = matches!(
        language.as_bytes(),
        [b'a'..=b'z', b'a'..=b'z'] | [b'q', b'1'..=b'5']
    );
    if coded {
        return Some(language);
    }
    values.bad("language", &kit::rules::BAD_FORM);
    None
}
