//! Unique pupil number: thirteen characters (DfE, Unique pupil numbers: a guide for schools and local authorities).
//!
//! A check letter, three digits of the authority, four of the school, two of the year of allocation, and a
//! serial of three digits. In a *temporary* UPN the last character is a letter.

use std::sync::LazyLock;

use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::text::{ShortText, fault, is_blank, redacted};

/// A valid unique pupil number, permanent or temporary.
///
/// ```
/// use identity::Upn;
///
/// let upn = Upn::parse("t881200123045")?;
/// assert_eq!(upn.expose(), "T881200123045");
/// assert!(!upn.is_temporary());
/// assert!(Upn::parse("A88120012304C")?.is_temporary());
/// # Ok::<(), identity::UpnFault>(())
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Zeroize, ZeroizeOnDrop)]
pub struct Upn(ShortText<CHARACTERS>);

/// Characters in a UPN.
const CHARACTERS: usize = 13;

/// Letters of a UPN by their value: the alphabet without I, O and S, which look like digits.
const LETTERS: &[u8; 23] = b"ABCDEFGHJKLMNPQRTUVWXYZ";

/// Authorities whose number may stand in a UPN, by number.
static AUTHORITIES: LazyLock<[bool; 1000]> =
    LazyLock::new(|| authorities(include_str!("../../../mappings/codes/upn-la-codes.txt")));

impl Upn {
    /// Reads a UPN in either case, with or without spaces.
    ///
    /// # Errors
    /// Says why the text is no pupil's number.
    pub fn parse(text: &str) -> Result<Self, UpnFault> {
        if is_blank(text) {
            return Err(UpnFault::Blank);
        }
        let upn = ShortText::<CHARACTERS>::compact(text).ok_or(UpnFault::Shape)?;
        if is_unknown_reason(upn.as_bytes()) {
            return Err(UpnFault::UnknownReason);
        }
        let [check, body @ ..] = upn.as_bytes() else {
            return Err(UpnFault::Shape);
        };
        if body.len() != CHARACTERS - 1 {
            return Err(UpnFault::Shape);
        }
        if body.iter().all(|digit| *digit == b'0') {
            return Err(UpnFault::Zeros);
        }
        if weighted_sum(body).and_then(|sum| LETTERS.get(sum % LETTERS.len())) != Some(check) {
            return Err(if weighted_sum(body).is_none() {
                UpnFault::Shape
            } else {
                UpnFault::CheckLetter
            });
        }
        let authority = body
            .iter()
            .take(3)
            .fold(0, |number, digit| number * 10 + usize::from(digit - b'0'));
        if !AUTHORITIES.get(authority).is_some_and(|known| *known) {
            return Err(UpnFault::Authority);
        }
        Ok(Upn(upn))
    }

    /// Whether the number is temporary: given until the pupil's own is known, and unique in its school alone.
    pub fn is_temporary(&self) -> bool {
        self.0.as_bytes().last().is_some_and(u8::is_ascii_alphabetic)
    }

    /// The thirteen characters, in upper case.
    pub fn expose(&self) -> &str {
        self.0.as_str()
    }

    /// The check letter of a body: the twelve characters after it. `None` where they are not eleven digits and a
    /// digit or letter.
    pub fn check_letter(body: &str) -> Option<char> {
        let body = body.as_bytes();
        if body.len() != CHARACTERS - 1 {
            return None;
        }
        LETTERS
            .get(weighted_sum(body)? % LETTERS.len())
            .map(|letter| char::from(*letter))
    }
}

redacted!(Upn);

/// Why a text is not a pupil's number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UpnFault {
    /// Nothing there.
    #[error("is blank")]
    Blank,
    /// Anything but a letter, eleven digits, and a digit or letter.
    #[error("is not a letter, eleven digits, and a digit or letter")]
    Shape,
    /// The first letter is not the one that the rest asks for.
    #[error("fails its check letter")]
    CheckLetter,
    /// Characters 2 to 4 were never the number of an authority.
    #[error("names no local authority")]
    Authority,
    /// One of the codes UN1 to UN10, which say why there is no UPN.
    #[error("is a reason for having none")]
    UnknownReason,
    /// Twelve zeros.
    #[error("is all zeros")]
    Zeros,
}

fault!(UpnFault, blank: UpnFault::Blank, placeholder: UpnFault::UnknownReason | UpnFault::Zeros);

/// Each character after the check letter by its value times its position, 2 to 13. `None` unless they are digits;
/// the last may be a letter.
fn weighted_sum(body: &[u8]) -> Option<usize> {
    let mut sum = 0;
    for (index, character) in body.iter().enumerate() {
        let position = index + 2;
        let value = match character {
            b'0'..=b'9' => usize::from(character - b'0'),
            letter if position == CHARACTERS => LETTERS.iter().position(|candidate| candidate == letter)?,
            _ => return None,
        };
        sum += value * position;
    }
    Some(sum)
}

/// The statutory returns (children in need, children looked after, SEN2) write UN1 to UN10 in place of a UPN.
fn is_unknown_reason(text: &[u8]) -> bool {
    matches!(text, [b'U', b'N', b'1'..=b'9'] | [b'U', b'N', b'1', b'0'])
}

/// Reads the list of authorities: a number or an inclusive range a line, `#` starting a comment.
fn authorities(list: &str) -> [bool; 1000] {
    let mut known = [false; 1000];
    for line in list.lines().filter(|line| !line.starts_with('#')) {
        let (first, last) = line.split_once('-').unwrap_or((line, line));
        if let (Ok(first), Ok(last)) = (first.trim().parse::<usize>(), last.trim().parse::<usize>()) {
            for number in known.iter_mut().take(last + 1).skip(first) {
                *number = true;
            }
        }
    }
    known
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_written_is_read(school in 1000_u32..9999, year in 0_u32..100, serial in 0_u32..1000, letter in 0_usize..23) {
            let temporary = char::from(LETTERS[letter]);
            for body in [
                format!("001{school}{year:02}{serial:03}"),
                format!("881{school}{year:02}{:02}{temporary}", serial / 10),
            ] {
                let text = format!("{}{body}", Upn::check_letter(&body).unwrap());
                let upn = Upn::parse(&text).unwrap();
                prop_assert_eq!(upn.expose(), text.as_str());
                prop_assert_eq!(Upn::parse(&text.to_lowercase()), Ok(upn));
            }
        }
    }

    #[test]
    fn every_line_of_the_list_of_authorities_is_read() {
        let list = include_str!("../../../mappings/codes/upn-la-codes.txt");
        for line in list.lines().filter(|line| !line.starts_with('#')) {
            let (first, last) = line.split_once('-').unwrap_or((line, line));
            let (first, last): (usize, usize) = (first.parse().unwrap(), last.parse().unwrap());
            assert!(first <= last && last < 1000, "{line}");
            assert!(AUTHORITIES[first] && AUTHORITIES[last], "{line}");
        }
        // Authorities that are gone (Dorset as it was, Cumbria), new ones, and numbers that were never given.
        for number in [835, 909, 940, 943, 5] {
            assert!(AUTHORITIES[number], "{number}");
        }
        for number in [0, 6, 200, 950, 999] {
            assert!(!AUTHORITIES[number], "{number}");
        }
    }

    #[test]
    fn reasons_for_having_none_are_placeholders() {
        for text in ["UN1", "un10", "000000000000 0"] {
            assert!(Upn::parse(text).unwrap_err().is_placeholder(), "{text}");
        }
        assert_eq!(Upn::parse("UN11"), Err(UpnFault::Shape));
    }
}
