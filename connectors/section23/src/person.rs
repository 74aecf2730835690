//! Who a notice is about.

use identity::{Held, Identity, People, TestNumbers, Upn};
use jiff::civil::Date;
use kit::{
    Values,
    people::{Home, birth_date, name, names, nhs_number, nhs_number_digest, nhs_number_status},
};

/// The child and the mother of a row.
pub(crate) fn people(values: &mut Values<'_>, test_numbers: TestNumbers, as_at: Date) -> People {
    let child = Identity {
        nhs_number: nhs_number(values, "nhs_number", test_numbers),
        nhs_number_status: nhs_number_status(values, "nhs_number_status"),
        nhs_number_digest: nhs_number_digest(values, "nhs_number_digest"),
        upn: values.identifier("upn", Upn::parse),
        forename: name(values, "given_name"),
        surname: name(values, "family_name"),
        birth_date: birth_date(values, "birth_date", as_at, &kit::rules::BAD_BIRTH_DATE),
        other_forenames: names(values, &["other_given_names", "preferred_name"]),
        other_surnames: names(values, &["previous_family_name"]),
        ..Identity::default()
    };
    let child = Home::read(values, "postcode").of(child);
    let mother = Identity {
        nhs_number: nhs_number(values, "mother_nhs_number", test_numbers),
        nhs_number_digest: nhs_number_digest(values, "mother_nhs_number_digest"),
        ..Identity::default()
    };
    let numbered = mother.nhs_number != Held::Absent || mother.nhs_number_digest != Held::Absent;
    let mother = numbered.then_some(mother);
    People {
        child: Some(child),
        mother,
        ..People::default()
    }
}
