//! What identifies people, read in the same way from every kind of record.

use identity::{
    BirthDate, Held, Identity, Name, NhsNumber, NhsNumberDigest, NhsNumberStatus, Postcode, PostcodeFault,
    TestNumbers,
};
use jiff::civil::Date;
use records::{Rule, finding::Effect};

use crate::{
    rules,
    values::{Parsed, Values},
};

/// An NHS number.
pub fn nhs_number(values: &mut Values<'_>, field: &str, test_numbers: TestNumbers) -> Held<NhsNumber> {
    values.identifier(field, |text| NhsNumber::parse(text, test_numbers))
}

/// The digest that stands for an NHS number.
pub fn nhs_number_digest(values: &mut Values<'_>, field: &str) -> Held<NhsNumberDigest> {
    values.identifier(field, NhsNumberDigest::parse)
}

/// The status of an NHS number: a code of the list `nhs-number-status`.
pub fn nhs_number_status(values: &mut Values<'_>, field: &str) -> Option<NhsNumberStatus> {
    match values.code(field)?.as_str() {
        "01" => Some(NhsNumberStatus::Verified),
        "02" => Some(NhsNumberStatus::NotTraced),
        "03" => Some(NhsNumberStatus::TraceRequired),
        "04" => Some(NhsNumberStatus::TraceFailed),
        "05" => Some(NhsNumberStatus::TraceUnresolved),
        "06" => Some(NhsNumberStatus::InProgress),
        "07" => Some(NhsNumberStatus::NotRequired),
        "08" => Some(NhsNumberStatus::Postponed),
        _ => None,
    }
}

/// A birth date. One after `last_day`, on which the record can still be about a person who was born, breaks the rule
/// `too_late`. As with every identifier, one that cannot be used is left out with a finding, whatever the contract says.
pub fn birth_date(
    values: &mut Values<'_>,
    field: &str,
    last_day: Date,
    too_late: &'static Rule,
) -> Held<BirthDate> {
    let (held, rule) = match values.parsed_date(field) {
        Parsed::Blank => return Held::Absent,
        Parsed::Bad if values.is_error(field) => (Held::Invalid, &rules::ERROR_CELL),
        Parsed::Bad => (Held::Invalid, &rules::BAD_DATE),
        Parsed::Value(day) if day > last_day => (Held::Invalid, too_late),
        Parsed::Value(day) => match Held::from_parse(BirthDate::new(day)) {
            Held::Placeholder => (Held::Placeholder, &rules::PLACEHOLDER),
            held => (held, &rules::BAD_BIRTH_DATE),
        },
    };
    if held.valid().is_none() {
        values.note(field, rule, Effect::BlankedValue);
    }
    held
}

/// Where somebody lives, as far as it is kept.
#[derive(Clone, Debug, Default)]
pub struct Home {
    /// The postcode.
    pub postcode: Held<Postcode>,
    /// Whether it says "no fixed abode": a fact about the person, not a fault of the row.
    pub no_fixed_abode: bool,
}

impl Home {
    /// Reads a postcode.
    pub fn read(values: &mut Values<'_>, field: &str) -> Self {
        // The postcode that says so holds a Z, as few others do.
        let says_so = |text: &str| {
            text.contains(['Z', 'z']) && matches!(Postcode::parse(text), Err(PostcodeFault::NoFixedAbode))
        };
        if values.raw(field).is_some_and(|text| says_so(&text)) {
            return Home {
                postcode: Held::Placeholder,
                no_fixed_abode: true,
            };
        }
        Home {
            postcode: values.identifier(field, Postcode::parse),
            no_fixed_abode: false,
        }
    }

    /// The same person, at home here.
    pub fn of(self, person: Identity) -> Identity {
        Identity {
            postcode: self.postcode,
            no_fixed_abode: self.no_fixed_abode,
            ..person
        }
    }
}

/// A name.
pub fn name(values: &mut Values<'_>, field: &str) -> Held<Name> {
    values.identifier(field, Name::parse)
}

/// The usable ones of several names.
pub fn names(values: &mut Values<'_>, fields: &[&str]) -> Vec<Name> {
    let mut names = Vec::new();
    for field in fields {
        if let Held::Valid(name) = name(values, field) {
            names.push(name);
        }
    }
    names
}
