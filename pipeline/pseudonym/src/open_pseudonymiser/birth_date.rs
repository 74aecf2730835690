//! How a birth date is written before it is digested.

use std::{fmt, str::FromStr};

use jiff::civil::Date;
use zeroize::Zeroizing;

/// A form of dates. Its text is a part of who somebody is: `29.11.1973` and `19731129` never meet.
///
/// ```
/// use pseudonym::BirthDateForm;
///
/// assert!("dd.mm.yyyy".parse::<BirthDateForm>().is_ok());
/// assert!("mm/dd/yyyy".parse::<BirthDateForm>().is_err());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BirthDateForm {
    name: &'static str,
    strftime: &'static str,
}

/// The forms by name: those that OpenPseudonymiser knows, and those of database exports.
const FORMS: [(&str, &str); 8] = [
    ("yyyymmdd", "%Y%m%d"),
    ("dd.mm.yyyy", "%d.%m.%Y"),
    ("dd/mm/yyyy", "%d/%m/%Y"),
    ("dd.mm.yy", "%d.%m.%y"),
    ("dd/mm/yy", "%d/%m/%y"),
    ("dd-mm-yyyy", "%d-%m-%Y"),
    ("yyyy-mm-dd", "%Y-%m-%d"),
    ("ddmmyyyy", "%d%m%Y"),
];

impl BirthDateForm {
    /// A day in this form.
    pub(super) fn write(self, day: Date) -> Zeroizing<String> {
        Zeroizing::new(day.strftime(self.strftime).to_string())
    }
}

impl FromStr for BirthDateForm {
    type Err = NotABirthDateForm;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        FORMS
            .into_iter()
            .find(|(name, _)| *name == text)
            .map(|(name, strftime)| BirthDateForm { name, strftime })
            .ok_or(NotABirthDateForm)
    }
}

impl fmt::Display for BirthDateForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// The text is not the name of a form of dates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not one of {}", FORMS.map(|(name, _)| name).join(", "))]
pub struct NotABirthDateForm;
