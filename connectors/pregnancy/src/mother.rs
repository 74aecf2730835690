//! Who a mother or a baby is.

use identity::{Identity, TestNumbers};
use jiff::civil::Date;
use kit::{
    Values,
    people::{self, Home},
};

/// The mother of a row of notifications: with names.
pub(crate) fn named(values: &mut Values<'_>, test_numbers: TestNumbers, as_at: Date) -> Identity {
    Identity {
        forename: people::name(values, "given_name"),
        surname: people::name(values, "family_name"),
        other_surnames: people::names(values, &["previous_family_name"]),
        ..unnamed(values, test_numbers, as_at)
    }
}

/// The person of a row without names: NHS number, birth date, and postcode where the row has one.
pub(crate) fn unnamed(values: &mut Values<'_>, test_numbers: TestNumbers, as_at: Date) -> Identity {
    let person = Identity {
        nhs_number: people::nhs_number(values, "nhs_number", test_numbers),
        nhs_number_status: people::nhs_number_status(values, "nhs_number_status"),
        nhs_number_digest: people::nhs_number_digest(values, "nhs_number_digest"),
        birth_date: people::birth_date(values, "birth_date", as_at, &kit::rules::BAD_BIRTH_DATE),
        ..Identity::default()
    };
    Home::read(values, "postcode").of(person)
}
