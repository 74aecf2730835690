//! Ages and Stages Questionnaires: codes, forms and cut-offs, from `mappings/assessments/asq.toml`.
//!
//! A domain of ASQ-3 totals 0 to 60; at or above the cut-off of the form is as expected, below is two standard deviations
//! below the mean. With omitted items the total is scaled, so that it need not be a multiple of five, nor whole.

use std::{
    collections::{BTreeMap, HashMap},
    sync::OnceLock,
};

use jiff::{Unit, civil::Date};
use kit::mappings::{self, MappingError};
use records::{AsqBand, AsqDomain};
use serde::Deserialize;

/// The most that a domain of ASQ-3 can total, in hundredths: six items of ten points.
const MOST: i64 = 60 * 100;
/// The most that any form of ASQ:SE-2 can total, in hundredths: forty items of fifteen points.
const MOST_SE: i64 = 600 * 100;

/// A domain of ASQ-3, in the order of the form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Domain {
    /// Communication.
    Communication,
    /// Gross motor.
    GrossMotor,
    /// Fine motor.
    FineMotor,
    /// Problem solving.
    ProblemSolving,
    /// Personal-social.
    PersonalSocial,
}

impl Domain {
    /// Every domain, in the order of the form.
    pub const ALL: [Domain; 5] = [
        Domain::Communication,
        Domain::GrossMotor,
        Domain::FineMotor,
        Domain::ProblemSolving,
        Domain::PersonalSocial,
    ];
}

/// What a code says about the score that it stands with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// A domain of the form of ASQ-3 for this age.
    Asq3 {
        /// Months of the form.
        months: u8,
        /// The domain.
        domain: Domain,
    },
    /// The total of the form of ASQ:SE-2 for this age.
    AsqSe {
        /// Months of the form.
        months: u8,
    },
}

/// The questionnaires.
#[derive(Debug)]
pub struct Asq {
    forms: BTreeMap<u8, Form>,
    codes: HashMap<u64, Meaning>,
}

/// A form of ASQ-3.
#[derive(Debug)]
struct Form {
    /// Months and days of age from and until which it is made for.
    ages: (i32, i32, i32, i32),
    /// By domain, in hundredths; none where none is published.
    cutoffs: Option<[i64; 5]>,
    codes: [u64; 5],
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Text {
    #[expect(dead_code, reason = "for who reads the file")]
    source: String,
    asq3: BTreeMap<String, FormText>,
    asq_se: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FormText {
    ages: (i32, i32, i32, i32),
    communication: String,
    gross_motor: String,
    fine_motor: String,
    problem_solving: String,
    personal_social: String,
    cutoffs: Option<Cutoffs>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Cutoffs {
    communication: f64,
    gross_motor: f64,
    fine_motor: f64,
    problem_solving: f64,
    personal_social: f64,
}

impl Asq {
    /// The questionnaires that the program carries.
    ///
    /// # Errors
    /// [`MappingError`] where they are missing or malformed.
    pub fn carried() -> Result<&'static Self, MappingError> {
        static CARRIED: OnceLock<Asq> = OnceLock::new();
        if let Some(asq) = CARRIED.get() {
            return Ok(asq);
        }
        let text: Text = mappings::embedded_toml("assessments/asq.toml")?;
        Ok(CARRIED.get_or_init(|| Asq::new(text)))
    }

    fn new(text: Text) -> Self {
        let mut forms = BTreeMap::new();
        let mut codes = HashMap::new();
        // What is no number is left out; a test holds the file to all its codes.
        let number = |code: &str| code.parse().unwrap_or_default();
        for (months, form) in text.asq3 {
            let Ok(months) = months.parse::<u8>() else {
                continue;
            };
            let of_form = [
                number(&form.communication),
                number(&form.gross_motor),
                number(&form.fine_motor),
                number(&form.problem_solving),
                number(&form.personal_social),
            ];
            let hundredths = |cutoff: f64| (cutoff * 100.0).round() as i64;
            for (code, domain) in of_form.into_iter().zip(Domain::ALL) {
                codes.insert(code, Meaning::Asq3 { months, domain });
            }
            let form = Form {
                ages: form.ages,
                cutoffs: form.cutoffs.map(|cutoffs| {
                    [
                        hundredths(cutoffs.communication),
                        hundredths(cutoffs.gross_motor),
                        hundredths(cutoffs.fine_motor),
                        hundredths(cutoffs.problem_solving),
                        hundredths(cutoffs.personal_social),
                    ]
                }),
                codes: of_form,
            };
            forms.insert(months, form);
        }
        for (months, code) in text.asq_se {
            let Ok(months) = months.parse::<u8>() else {
                continue;
            };
            codes.insert(number(&code), Meaning::AsqSe { months });
        }
        Asq { forms, codes }
    }

    /// What a code means; none where it is not one of a questionnaire's.
    pub fn meaning(&self, code: u64) -> Option<Meaning> {
        self.codes.get(&code).copied()
    }

    /// Every code with what it means, in the order of the codes.
    pub fn codes(&self) -> Vec<(u64, Meaning)> {
        let mut codes: Vec<_> = self
            .codes
            .iter()
            .map(|(code, meaning)| (*code, *meaning))
            .collect();
        codes.sort_unstable_by_key(|(code, _)| *code);
        codes
    }

    /// The code of a domain of a form of ASQ-3; none where there is no such form.
    pub fn code(&self, months: u8, domain: Domain) -> Option<u64> {
        self.forms.get(&months)?.codes.get(domain as usize).copied()
    }

    /// Whether there is a form of ASQ-3 for this age.
    pub fn has_form(&self, months: u8) -> bool {
        self.forms.contains_key(&months)
    }

    /// Whether the form has published cut-offs: those of this review.
    pub fn is_banded(&self, months: u8) -> bool {
        self.forms.get(&months).is_some_and(|form| form.cutoffs.is_some())
    }

    /// Whether a child born on `birth` is of the age that the form is made for; none where there is no such form, or the
    /// day lies before the birth.
    pub(crate) fn is_for_age(&self, months: u8, birth: Date, day: Date) -> Option<bool> {
        let form = self.forms.get(&months).filter(|_| birth <= day)?;
        let age = birth.until((Unit::Month, day)).ok()?;
        let age = (age.get_months(), age.get_days());
        let (from_months, from_days, until_months, until_days) = form.ages;
        Some((from_months, from_days) <= age && age <= (until_months, until_days))
    }

    /// A domain's score in hundredths, rounded and banded.
    pub(crate) fn domain(&self, months: Option<u8>, domain: Domain, hundredths: i64) -> AsqDomain {
        if !(0..=MOST).contains(&hundredths) {
            return AsqDomain {
                score: None,
                band: Some(AsqBand::OutOfRange),
            };
        }
        let form = months.and_then(|months| self.forms.get(&months));
        let cutoff = form
            .and_then(|form| form.cutoffs)
            .and_then(|cutoffs| cutoffs.get(domain as usize).copied());
        AsqDomain {
            score: u8::try_from((hundredths + 50) / 100).ok(),
            band: cutoff.map(|cutoff| {
                if hundredths >= cutoff {
                    AsqBand::Expected
                } else {
                    AsqBand::Below
                }
            }),
        }
    }

    /// The total of ASQ:SE-2, rounded; none where no form can yield it.
    pub(crate) fn social_emotional(hundredths: i64) -> Option<u16> {
        (0..=MOST_SE)
            .contains(&hundredths)
            .then(|| u16::try_from((hundredths + 50) / 100).ok())
            .flatten()
    }
}

/// A score in hundredths: digits, perhaps with a sign and decimals; none where the text is no number.
pub(crate) fn hundredths(text: &str) -> Option<i64> {
    let text = text.trim();
    let (sign, digits) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text),
    };
    let (whole, decimals) = digits.split_once('.').unwrap_or((digits, ""));
    let all_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty()
        || whole.len() > 9
        || decimals.len() > 9
        || !all_digits(whole)
        || !all_digits(decimals)
    {
        return None;
    }
    // A point with nothing behind it is a slip.
    if digits.ends_with('.') {
        return None;
    }
    let whole: i64 = whole.parse().ok()?;
    let hundredths = decimals
        .bytes()
        .chain([b'0', b'0'])
        .take(2)
        .fold(0, |sum, digit| sum * 10 + i64::from(digit - b'0'));
    Some(sign * (whole * 100 + hundredths))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn scores_are_numbers() {
        for (text, score) in [
            ("45", Some(4500)),
            (" 45.0 ", Some(4500)),
            ("25.17", Some(2517)),
            ("25.169", Some(2516)),
            ("0", Some(0)),
            ("-5", Some(-500)),
            ("-0.5", Some(-50)),
            ("", None),
            ("-", None),
            ("forty", None),
            ("45 pts", None),
            ("4e1", None),
            ("45.", None),
            (".5", None),
            ("١٠", None),
            ("99999999999999999999", None),
        ] {
            assert_eq!(hundredths(text), score, "{text}");
        }
    }

    #[test]
    fn forms_are_for_ages() {
        let asq = Asq::carried().unwrap();
        let birth = date(2023, 1, 10);
        for (months, day, is_for) in [
            (24, date(2024, 12, 9), Some(false)),
            (24, date(2024, 12, 10), Some(true)),
            (24, date(2025, 2, 25), Some(true)),
            (24, date(2025, 2, 26), Some(false)),
            (27, date(2025, 2, 26), Some(true)),
            (30, date(2025, 5, 26), Some(true)),
            (30, date(2025, 8, 26), Some(false)),
            (25, date(2025, 2, 25), None),
        ] {
            assert_eq!(asq.is_for_age(months, birth, day), is_for, "{months} {day}");
        }
    }
}
