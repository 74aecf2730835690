//! The form of single values.

use std::borrow::Cow;

use identity::{Name, NhsNumber, NhsNumberDigest, Postcode, TestNumbers, Uln, Upn};
use records::Rule;

use super::Parsed;
use crate::{
    binding::BoundField,
    field::{Codes, FieldType},
    layout::fold_code,
    rules,
};

/// Whether a text says nothing where an identifier of this type belongs; see each identifier's fault for "blank".
pub(super) fn is_no_identifier(field_type: FieldType, text: &str) -> bool {
    // A letter or digit says something: that spares nearly all texts the parsers, which read them again.
    if text.bytes().any(|byte| byte.is_ascii_alphanumeric()) {
        return false;
    }
    match field_type {
        FieldType::NhsNumber => {
            NhsNumber::parse(text, TestNumbers::Allowed).is_err_and(|fault| fault.is_blank())
        }
        FieldType::NhsNumberDigest => NhsNumberDigest::parse(text).is_err_and(|fault| fault.is_blank()),
        FieldType::Upn => Upn::parse(text).is_err_and(|fault| fault.is_blank()),
        FieldType::Uln => Uln::parse(text).is_err_and(|fault| fault.is_blank()),
        FieldType::Name => Name::parse(text).is_err_and(|fault| fault.is_blank()),
        FieldType::Postcode => Postcode::parse(text).is_err_and(|fault| fault.is_blank()),
        _ => false,
    }
}

/// The longest text that an accepted unknown code may have: longer ones are words, and words may name people.
const LONGEST_UNKNOWN_CODE: usize = 8;

/// The canonical code that a source text means.
pub(super) fn canonical_code(bound: &BoundField, text: &str) -> Parsed<String> {
    let text = text.trim();
    if text.is_empty() {
        return Parsed::Blank;
    }
    let text = match mapped(bound, text) {
        Some(means) if means.is_empty() => return Parsed::Blank,
        Some(means) => means.as_str(),
        None => without_decimals(text),
    };
    let found = match bound.field.field_type {
        FieldType::Code(Codes::These(codes)) | FieldType::CodeList(Codes::These(codes)) => codes
            .iter()
            .map(|(code, _)| *code)
            .find(|code| code.eq_ignore_ascii_case(text)),
        _ => bound
            .list
            .as_ref()
            .and_then(|list| list.find(text))
            .map(|(code, _)| code),
    };
    found.map_or(Parsed::Bad, |code| Parsed::Value(code.to_owned()))
}

/// What the layout has a source text mean.
pub(super) fn mapped<'b>(bound: &'b BoundField, text: &str) -> Option<&'b String> {
    let codes = &bound.spec.codes;
    if codes.is_empty() {
        return None;
    }
    codes.get(folded(text).as_ref())
}

/// As [`fold_code`], of a text without spaces at its ends.
pub(super) fn folded(text: &str) -> Cow<'_, str> {
    let is_folded = |byte: u8| byte.is_ascii_graphic() && !byte.is_ascii_uppercase();
    if text.bytes().all(is_folded) {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(fold_code(text))
    }
}

/// A text in the form that its type requires, or the rule that it breaks.
pub(super) fn in_form(field_type: FieldType, text: &str) -> Result<String, &'static Rule> {
    let upper = || text.to_ascii_uppercase();
    match field_type {
        FieldType::Text { max } if text.chars().count() > max => Err(&rules::LONG_TEXT),
        FieldType::OdsCode if !is_ods_code(text) => Err(&rules::BAD_FORM),
        FieldType::OdsCode => Ok(upper()),
        FieldType::GssCode => {
            let digits = text.get(1..).unwrap_or_default();
            let letter = text.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic());
            let right = letter && digits.len() == 8 && digits.bytes().all(|byte| byte.is_ascii_digit());
            if right { Ok(upper()) } else { Err(&rules::BAD_FORM) }
        }
        FieldType::Digits { min, max } => {
            let text = without_decimals(text);
            let right = (min..=max).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
            if right {
                Ok(text.to_owned())
            } else {
                Err(&rules::BAD_FORM)
            }
        }
        _ => Ok(text.to_owned()),
    }
}

/// Three letters or digits, or four to six of which one is a digit: longer codes without any are words.
fn is_ods_code(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric())
        && (text.len() == 3
            || ((4..=6).contains(&text.len()) && text.bytes().any(|byte| byte.is_ascii_digit())))
}

/// A whole number as an export writes it that took the column for one of decimals: `134.0` is 134.
pub(super) fn without_decimals(text: &str) -> &str {
    match text.strip_suffix(".0") {
        Some(digits) if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) => digits,
        _ => text,
    }
}

pub(super) fn is_shaped_like_a_code(text: &str) -> bool {
    text.len() <= LONGEST_UNKNOWN_CODE
        && text
            .bytes()
            .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
}
