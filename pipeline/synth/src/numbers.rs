//! Numbers that no living person has: NHS numbers of the test range and UPNs under pseudo-authorities.

use std::collections::BTreeMap;

use identity::Upn;

/// The valid numbers of the range 999 000 0000 to 999 999 9999, which is kept for tests. The first part of them goes
/// to children in the order of their birth, the rest to their mothers.
#[derive(Debug)]
pub(crate) struct NhsNumbers {
    valid: Vec<u64>,
    child_step: usize,
    mother_step: usize,
    mothers_from: usize,
}

/// Where the mothers' part of the range begins, in hundredths of it.
const MOTHERS_FROM_PERCENT: usize = 62;

impl NhsNumbers {
    /// Spreads numbers for so many children and mothers evenly over the range, so that a mistyped digit seldom makes
    /// another child's number. None where the range does not hold so many.
    pub(crate) fn new(children: usize, mothers: usize) -> Option<Self> {
        let valid: Vec<u64> = (999_000_000..=999_999_999).filter_map(with_check_digit).collect();
        let mothers_from = valid.len() * MOTHERS_FROM_PERCENT / 100;
        let child_step = mothers_from / children.max(1);
        let mother_step = (valid.len() - mothers_from) / mothers.max(1);
        (child_step > 0 && mother_step > 0).then_some(NhsNumbers {
            valid,
            child_step,
            mother_step,
            mothers_from,
        })
    }

    /// The number of the `sibling`-th child of one birth, the first of whom is the `ordinal`-th child of all:
    /// children of one birth have neighbouring numbers. None once the numbers for children are used up.
    pub(crate) fn child(&self, ordinal: usize, sibling: usize) -> Option<String> {
        let place = ordinal * self.child_step + sibling;
        self.valid
            .get(place)
            .filter(|_| place < self.mothers_from)
            .map(u64::to_string)
    }

    /// The number of the `ordinal`-th mother. None once the numbers for mothers are used up.
    pub(crate) fn mother(&self, ordinal: usize) -> Option<String> {
        self.valid
            .get(self.mothers_from + ordinal * self.mother_step)
            .map(u64::to_string)
    }
}

/// A number with its check digit (modulus 11), none where there is no such number.
fn with_check_digit(first_nine: u64) -> Option<u64> {
    let mut sum = 0;
    let mut rest = first_nine;
    for weight in 2..=10 {
        sum += rest % 10 * weight;
        rest /= 10;
    }
    match 11 - sum % 11 {
        10 => None,
        11 => Some(first_nine * 10),
        digit => Some(first_nine * 10 + digit),
    }
}

/// The number with its last digit changed, so that its check digit is wrong.
pub(crate) fn broken(number: &str, add: usize) -> String {
    let mut digits: Vec<u8> = number.bytes().collect();
    if let Some(last) = digits.last_mut() {
        *last = b'0' + (*last - b'0' + 1 + (add % 9) as u8) % 10;
    }
    String::from_utf8(digits).unwrap_or_default()
}

/// The number with one of its digits mistyped in a way that the check digit does not see. None where no such slip
/// gives a number of the test range.
pub(crate) fn mistaken(number: &str, place: usize, add: usize) -> Option<String> {
    let mut first_nine: Vec<u8> = number.bytes().take(9).collect();
    // The first three digits stay: they say that nobody has the number.
    let digit = first_nine.get_mut(3 + place % 6)?;
    *digit = b'0' + (*digit - b'0' + 1 + (add % 9) as u8) % 10;
    let first_nine: u64 = String::from_utf8(first_nine).ok()?.parse().ok()?;
    with_check_digit(first_nine).map(|number| number.to_string())
}

/// Gives out UPNs. The authority's part is one of the pseudo-authorities 001 to 005, which belong to no pupil; the
/// rest is the school's number, the year of entry and a serial, as in a true one.
#[derive(Debug, Default)]
pub(crate) struct Upns {
    given: BTreeMap<(u16, i16), u32>,
    temporary: BTreeMap<(u16, i16), u32>,
}

/// Serials of three digits.
const SERIALS: u32 = 999;

/// Letters that may end a temporary UPN: the alphabet without I, O and S.
const LETTERS: &[u8; 23] = b"ABCDEFGHJKLMNPQRTUVWXYZ";

impl Upns {
    /// A permanent UPN, given by a school in a calendar year.
    pub(crate) fn permanent(&mut self, school: u16, year: i16) -> String {
        let given = self.given.entry((school, year)).or_default();
        *given += 1;
        let (authority, serial) = (1 + (*given - 1) / SERIALS % 5, 1 + (*given - 1) % SERIALS);
        with_check_letter(&format!(
            "{authority:03}{school:04}{:02}{serial:03}",
            year.rem_euclid(100)
        ))
    }

    /// A temporary UPN, given by a school in a calendar year until the pupil's own is known.
    pub(crate) fn temporary(&mut self, school: u16, year: i16) -> String {
        let given = self.temporary.entry((school, year)).or_default();
        *given += 1;
        let (serial, letter) = (
            1 + (*given - 1) % 99,
            LETTERS[((*given - 1) / 99) as usize % LETTERS.len()],
        );
        let letter = char::from(letter);
        with_check_letter(&format!(
            "001{school:04}{:02}{serial:02}{letter}",
            year.rem_euclid(100)
        ))
    }
}

fn with_check_letter(body: &str) -> String {
    Upn::check_letter(body)
        .map(|letter| format!("{letter}{body}"))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use identity::{NhsNumber, TestNumbers};

    use super::*;

    /// Whether a text is a valid number of the test range.
    fn is_test_number(text: &str) -> bool {
        let parsed = |test_numbers| NhsNumber::parse(text, test_numbers).is_ok();
        parsed(TestNumbers::Allowed) && !parsed(TestNumbers::Refused)
    }

    #[test]
    fn nhs_numbers_are_valid_and_in_the_test_range() {
        let numbers = NhsNumbers::new(20_000, 12_000).unwrap();
        assert_eq!(numbers.valid.len(), 909_091);
        let mut seen = std::collections::BTreeSet::new();
        for ordinal in (0..20_000).step_by(7) {
            assert!(seen.insert(numbers.child(ordinal, 0).unwrap()));
            assert!(seen.insert(numbers.child(ordinal, 1).unwrap()));
        }
        for ordinal in (0..12_000).step_by(5) {
            assert!(seen.insert(numbers.mother(ordinal).unwrap()));
        }
        assert!(seen.iter().all(|number| is_test_number(number)));
        assert!(!is_test_number("9434765919"), "a number of the live range");
        assert!(NhsNumbers::new(600_000, 1).is_none());
        assert!(numbers.child(numbers.mothers_from, 0).is_none() && numbers.mother(400_000).is_none());
    }

    #[test]
    fn broken_numbers_fail_their_check_digit_and_mistaken_ones_pass() {
        for add in 0..12 {
            assert!(!is_test_number(&broken("9990000018", add)));
        }
        let mistaken: Vec<String> = (0..60).filter_map(|n| mistaken("9990000018", n, n / 6)).collect();
        assert!(mistaken.len() > 40);
        assert!(
            mistaken
                .iter()
                .all(|number| is_test_number(number) && number != "9990000018")
        );
    }

    #[test]
    fn upns_follow_their_rule_and_never_repeat() {
        let mut upns = Upns::default();
        let mut seen = std::collections::BTreeSet::new();
        for _ in 0..1_500 {
            let upn = upns.permanent(3999, 2025);
            assert!(!Upn::parse(&upn).unwrap().is_temporary(), "{upn}");
            assert!(seen.insert(upn));
        }
        for _ in 0..150 {
            let upn = upns.temporary(3999, 2025);
            assert!(Upn::parse(&upn).unwrap().is_temporary(), "{upn}");
            assert!(seen.insert(upn));
        }
        assert!(seen.iter().all(|upn| ("001".."006").contains(&&upn[1..4])));
    }
}
