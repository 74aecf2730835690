//! Who a notice is about.

use identity::{
    BirthDate, Held, Identity, Name, NhsNumber, NhsNumberStatus, People, Postcode, PostcodeFault,
    TestNumbers, Upn,
};
use jiff::civil::Date;
use kit::{Parsed, Values};
use records::finding::Effect;

/// The child and the mother of a row.
pub(crate) fn people(values: &mut Values<'_>, test_numbers: TestNumbers, as_at: Date) -> People {
    let nhs_number = |text: &str| NhsNumber::parse(text, test_numbers);
    let mut child = Identity {
        nhs_number: values.identifier("nhs_number", nhs_number),
        nhs_number_status: values.code("nhs_number_status").and_then(|code| status(&code)),
        upn: values.identifier("upn", Upn::parse),
        forename: values.identifier("given_name", Name::parse),
        surname: values.identifier("family_name", Name::parse),
        birth_date: birth_date(values, as_at),
        ..Identity::default()
    };
    for field in ["other_given_names", "preferred_name"] {
        if let Held::Valid(name) = values.identifier(field, Name::parse) {
            child.other_forenames.push(name);
        }
    }
    if let Held::Valid(name) = values.identifier("previous_family_name", Name::parse) {
        child.other_surnames.push(name);
    }
    // No fixed abode is a fact about the child, not a fault of the row.
    let postcode = values.raw("postcode").map(|text| Postcode::parse(&text));
    if matches!(postcode, Some(Err(PostcodeFault::NoFixedAbode))) {
        child.no_fixed_abode = true;
        child.postcode = Held::Placeholder;
    } else {
        child.postcode = values.identifier("postcode", Postcode::parse);
    }
    let mother = Identity {
        nhs_number: values.identifier("mother_nhs_number", nhs_number),
        ..Identity::default()
    };
    let mother = (mother.nhs_number != Held::Absent).then_some(mother);
    People {
        child: Some(child),
        mother,
        ..People::default()
    }
}

fn birth_date(values: &mut Values<'_>, as_at: Date) -> Held<BirthDate> {
    match values.parsed_date("birth_date") {
        Parsed::Blank => Held::Absent,
        Parsed::Bad => {
            values.bad("birth_date", &kit::rules::BAD_DATE);
            Held::Invalid
        }
        Parsed::Value(day) if day > as_at => {
            values.bad("birth_date", &kit::rules::BAD_BIRTH_DATE);
            Held::Invalid
        }
        Parsed::Value(day) => {
            let held = Held::from_parse(BirthDate::new(day));
            match held {
                Held::Placeholder => {
                    values.note("birth_date", &kit::rules::PLACEHOLDER, Effect::BlankedValue)
                }
                Held::Invalid => values.bad("birth_date", &kit::rules::BAD_BIRTH_DATE),
                Held::Absent | Held::Valid(_) => {}
            }
            held
        }
    }
}

fn status(code: &str) -> Option<NhsNumberStatus> {
    match code {
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
