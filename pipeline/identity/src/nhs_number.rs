//! NHS number: ten digits, the last a modulus 11 check digit (NHS Data Dictionary, NHS NUMBER).

use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::text::{ShortText, fault, is_blank, redacted};

/// Whether numbers that are kept for tests are people here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TestNumbers {
    /// A live area: a test number is test data that leaked in.
    #[default]
    Refused,
    /// A made-up area, where everybody has one.
    Allowed,
}

/// A valid NHS number.
///
/// ```
/// use identity::{NhsNumber, TestNumbers};
///
/// let number = NhsNumber::parse("943 476 5919", TestNumbers::Refused)?;
/// assert_eq!(number.expose(), "9434765919");
/// assert_eq!(format!("{number:?}"), "NhsNumber(…)");
///
/// // The 999 range is for tests.
/// assert!(NhsNumber::parse("999 000 0018", TestNumbers::Refused).unwrap_err().is_placeholder());
/// assert!(NhsNumber::parse("999 000 0018", TestNumbers::Allowed).is_ok());
/// # Ok::<(), identity::NhsNumberFault>(())
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Zeroize, ZeroizeOnDrop)]
pub struct NhsNumber(ShortText<DIGITS>);

/// Digits in an NHS number.
const DIGITS: usize = 10;

impl NhsNumber {
    /// Reads a number, written with or without spaces and hyphens.
    ///
    /// Nothing is repaired: nine digits may have lost a leading zero or any other, and a spreadsheet's
    /// `9434765919.0` may have been rounded on its way.
    ///
    /// # Errors
    /// Says why the text is no number of a person.
    pub fn parse(text: &str, test_numbers: TestNumbers) -> Result<Self, NhsNumberFault> {
        if is_blank(text) {
            return Err(NhsNumberFault::Blank);
        }
        let number = ShortText::<DIGITS>::compact(text).ok_or(NhsNumberFault::Shape)?;
        let digits = number.as_bytes();
        if digits.len() != DIGITS || !digits.iter().all(u8::is_ascii_digit) {
            return Err(NhsNumberFault::Shape);
        }
        if digits.iter().all(|digit| digits.first() == Some(digit)) {
            return Err(NhsNumberFault::RepeatedDigit);
        }
        if !check_digit_holds(digits) {
            return Err(NhsNumberFault::CheckDigit);
        }
        if test_numbers == TestNumbers::Refused && is_test_number(digits) {
            return Err(NhsNumberFault::TestNumber);
        }
        Ok(NhsNumber(number))
    }

    /// The ten digits.
    pub fn expose(&self) -> &str {
        self.0.as_str()
    }
}

redacted!(NhsNumber);

/// Why a text is not the NHS number of a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NhsNumberFault {
    /// Nothing there.
    #[error("is blank")]
    Blank,
    /// Anything but ten digits, perhaps with spaces and hyphens.
    #[error("is not ten digits")]
    Shape,
    /// The check digit is another one, or no check digit makes a number of the first nine.
    #[error("fails its check digit")]
    CheckDigit,
    /// Ten equal digits. They pass the check digit and are nobody's.
    #[error("repeats one digit")]
    RepeatedDigit,
    /// A number of the 999 range or a sandbox pattern, in a live area.
    #[error("is a test number")]
    TestNumber,
}

fault!(NhsNumberFault, blank: NhsNumberFault::Blank,
    placeholder: NhsNumberFault::RepeatedDigit | NhsNumberFault::TestNumber);

/// Weights 10 to 2 on the first nine digits; 11 less the remainder modulo 11 is the check digit, 11 standing
/// for 0 and 10 for "no such number". The same as: weights 10 to 1 on all ten sum to a multiple of 11.
fn check_digit_holds(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .zip((1..=10).rev())
        .map(|(digit, weight)| u32::from(digit - b'0') * weight)
        .sum();
    sum.is_multiple_of(11)
}

/// The range from 999 000 0000 is kept for tests; numbers such as 900 000 0009 belong to sandboxes and are on NHS
/// England's list of numbers to refuse.
fn is_test_number(digits: &[u8]) -> bool {
    let sandbox = match digits {
        [first, middle @ .., last] => first == last && middle.iter().all(|digit| *digit == b'0'),
        _ => false,
    };
    sandbox || digits.starts_with(b"999")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_written_is_read(first_nine in 100_000_000_u64..999_999_999) {
            let valid: Vec<_> = (0..10)
                .filter_map(|check| NhsNumber::parse(&format!("{first_nine}{check}"), TestNumbers::Allowed).ok())
                .collect();
            prop_assert!(valid.len() <= 1, "at most one check digit");
            for number in valid {
                let (a, rest) = number.expose().split_at(3);
                let (b, c) = rest.split_at(3);
                for written in [format!("{a} {b} {c}"), format!("{a}-{b}-{c}"), format!("\u{a0}{a}{b}{c}\u{2009}")] {
                    prop_assert_eq!(NhsNumber::parse(&written, TestNumbers::Allowed), Ok(number.clone()));
                }
            }
        }

        #[test]
        fn a_wrong_digit_is_always_seen(first_nine in 100_000_000_u64..999_999_999, place in 0_usize..10, add in 1_u8..10) {
            for check in 0..10 {
                let text = format!("{first_nine}{check}");
                if NhsNumber::parse(&text, TestNumbers::Allowed).is_err() {
                    continue;
                }
                let mut wrong = text.into_bytes();
                wrong[place] = b'0' + (wrong[place] - b'0' + add) % 10;
                let wrong = String::from_utf8(wrong).unwrap();
                prop_assert!(NhsNumber::parse(&wrong, TestNumbers::Allowed).is_err());
            }
        }
    }

    #[test]
    fn ids_of_the_master_person_service_are_no_numbers() {
        for text in ["U123456789", "A123456789~~~B123456789", "9434765919~~~9434765919"] {
            assert_eq!(
                NhsNumber::parse(text, TestNumbers::Allowed),
                Err(NhsNumberFault::Shape)
            );
        }
    }
}
