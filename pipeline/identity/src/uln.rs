//! Unique learner number: ten digits with a check digit (Learning Records Service; ILR specification, field ULN).

use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::text::{ShortText, fault, is_blank, redacted};

/// A valid unique learner number.
///
/// ```
/// use identity::Uln;
///
/// assert!(Uln::parse("1234567899").is_ok());
/// assert!(Uln::parse("9999999999").unwrap_err().is_placeholder());
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Zeroize, ZeroizeOnDrop)]
pub struct Uln(ShortText<DIGITS>);

/// Digits in a unique learner number.
const DIGITS: usize = 10;

impl Uln {
    /// Reads a number, written with or without spaces and hyphens.
    ///
    /// # Errors
    /// Says why the text is no learner's number.
    pub fn parse(text: &str) -> Result<Self, UlnFault> {
        if is_blank(text) {
            return Err(UlnFault::Blank);
        }
        let number = ShortText::<DIGITS>::compact(text).ok_or(UlnFault::Shape)?;
        let digits = number.as_bytes();
        if digits.len() != DIGITS || !digits.iter().all(u8::is_ascii_digit) {
            return Err(UlnFault::Shape);
        }
        if matches!(digits, b"9999999999" | b"0000000000") {
            return Err(UlnFault::Placeholder);
        }
        if digits.first() == Some(&b'0') {
            return Err(UlnFault::Shape);
        }
        if !check_digit_holds(digits) {
            return Err(UlnFault::CheckDigit);
        }
        Ok(Uln(number))
    }

    /// The ten digits.
    pub fn expose(&self) -> &str {
        self.0.as_str()
    }
}

redacted!(Uln);

/// Why a text is not a learner's number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UlnFault {
    /// Nothing there.
    #[error("is blank")]
    Blank,
    /// Anything but ten digits that do not start with zero.
    #[error("is not ten digits from 1000000000")]
    Shape,
    /// The check digit is another one, or no check digit makes a number of the first nine.
    #[error("fails its check digit")]
    CheckDigit,
    /// 9999999999, which the ILR uses for "not known yet", or ten zeros.
    #[error("stands for an unknown number")]
    Placeholder,
}

fault!(UlnFault, blank: UlnFault::Blank, placeholder: UlnFault::Placeholder);

/// Weights 10 to 2 on the first nine digits: 10 less the remainder modulo 11 is the check digit, and there is no
/// number where the remainder is 0. The same as: weights 10 to 1 on all ten leave 10, as a tenth digit of 10 is
/// none.
fn check_digit_holds(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .zip((1..=10).rev())
        .map(|(digit, weight)| u32::from(digit - b'0') * weight)
        .sum();
    sum % 11 == 10
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_written_is_read(first_nine in 100_000_000_u64..=999_999_999) {
            let valid: Vec<_> = (0..10).filter_map(|check| Uln::parse(&format!("{first_nine}{check}")).ok()).collect();
            prop_assert!(valid.len() <= 1, "at most one check digit");
            for number in valid {
                prop_assert_eq!(Uln::parse(&format!(" {} ", number.expose())), Ok(number.clone()));
            }
        }
    }
}
