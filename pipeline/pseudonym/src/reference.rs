//! How a person finds an unmatched record again: by the sender's own reference, or by file and row.

use std::fmt;

use identity::{
    Identity, Name, NhsNumber, NhsNumberDigest, People, Postcode, SenderReference, TestNumbers, Uln, Upn,
};
use jiff::civil::Date;
use records::Location;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// What the unmatched list shows for a record.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
pub enum Reference {
    /// The sender's own reference.
    Given(String),
    /// Where the record stood, because there is no reference or the reference names a child.
    Place {
        /// The file's label.
        file: String,
        /// The sheet, for a workbook.
        sheet: Option<String>,
        /// The line, Excel row or record, from 1.
        line: Option<u64>,
    },
}

impl Reference {
    /// The reference to show for a record: the sender's own unless it is, or holds, an identifier of the record's
    /// people. None where there is neither a reference nor a place.
    pub(crate) fn of(
        people: &People,
        given: Option<SenderReference>,
        place: Option<&Location>,
    ) -> Option<Self> {
        match given {
            Some(reference) if !identifies(reference.expose(), people) => {
                Some(Reference::Given(reference.expose().to_owned()))
            }
            _ => place.map(|place| Reference::Place {
                file: place.file.clone(),
                sheet: place.sheet.clone(),
                line: place.line,
            }),
        }
    }
}

impl fmt::Debug for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Reference(…)")
    }
}

/// Whether a reference can name somebody: it reads as an NHS number or its digest, a UPN or ULN, whoever's; it holds a number or
/// postcode of these people; or a name or birth date of theirs is the whole of it or a word in it.
fn identifies(text: &str, people: &People) -> bool {
    // Test numbers count: they are people in a made-up area.
    if NhsNumber::parse(text, TestNumbers::Allowed).is_ok()
        || Upn::parse(text).is_ok()
        || Uln::parse(text).is_ok()
        || NhsNumberDigest::parse(text).is_ok()
    {
        return true;
    }
    let reference = Reading {
        compact: letters_and_digits(text),
        words: words(text).collect(),
        names: words(text)
            .chain([text])
            .filter_map(name_of_several_letters)
            .collect(),
    };
    [&people.child, &people.mother]
        .into_iter()
        .flatten()
        .any(|person| reference.names(person))
}

/// A reference, read in the ways in which it might name somebody.
struct Reading<'a> {
    compact: Zeroizing<String>,
    words: Vec<&'a str>,
    /// Its words, and the whole of it, where they read as names.
    names: Vec<Name>,
}

impl Reading<'_> {
    /// Whether it holds an identifier of this person.
    fn names(&self, person: &Identity) -> bool {
        let numbers = [
            person.nhs_number.valid().map(NhsNumber::expose),
            person.upn.valid().map(Upn::expose),
            person.uln.valid().map(Uln::expose),
        ];
        let names = [person.forename.valid(), person.surname.valid()];
        let names = || {
            names
                .into_iter()
                .flatten()
                .chain(&person.other_forenames)
                .chain(&person.other_surnames)
        };
        numbers
            .into_iter()
            .flatten()
            .any(|number| self.compact.contains(number))
            || person
                .nhs_number_digest
                .valid()
                .is_some_and(|digest| self.holds_digest(digest))
            || person
                .former_upns
                .iter()
                .any(|upn| self.compact.contains(upn.expose()))
            || person
                .postcode
                .valid()
                .into_iter()
                .chain(&person.other_postcodes)
                .any(|code| self.holds_postcode(code))
            || names().any(|name| self.holds_name(name))
            || person
                .birth_date
                .valid()
                .is_some_and(|birth| self.holds_date(birth.date()))
    }

    fn holds_digest(&self, digest: &NhsNumberDigest) -> bool {
        let mut hex = Zeroizing::new(String::with_capacity(2 * digest.expose().len()));
        // A string takes whatever is written to it.
        let _ = digest.write_hex(&mut *hex);
        self.compact.contains(hex.as_str())
    }

    fn holds_postcode(&self, postcode: &Postcode) -> bool {
        self.compact
            .contains(letters_and_digits(postcode.expose()).as_str())
    }

    /// Whether it, or a word of it, is the name or a word of the name.
    fn holds_name(&self, name: &Name) -> bool {
        let same_letters = |read: &Name, part: &str| {
            read.letters()
                .eq(part.chars().filter(|character| character.is_alphabetic()))
        };
        self.names.iter().any(|read| {
            same_letters(read, name.expose()) || name.parts().any(|part| same_letters(read, part))
        })
    }

    /// Whether it holds the date in digits with its century, or a word of it is the date without.
    fn holds_date(&self, date: Date) -> bool {
        if self.compact.bytes().filter(u8::is_ascii_digit).count() < 6 {
            return false;
        }
        let (year, month, day) = (
            date.year().unsigned_abs(),
            date.month().unsigned_abs(),
            date.day().unsigned_abs(),
        );
        let orders = |year: u32| {
            let (month, day) = (u32::from(month), u32::from(day));
            let after = if year > 99 { 10_000 } else { 100 };
            [
                year * 10_000 + month * 100 + day,
                (day * 100 + month) * after + year,
                (month * 100 + day) * after + year,
            ]
        };
        let long = orders(u32::from(year)).map(digits::<8>);
        let short = orders(u32::from(year) % 100).map(digits::<6>);
        let is_short = |text: &str| short.iter().any(|form| text.as_bytes() == form);
        self.compact
            .as_bytes()
            .windows(8)
            .any(|window| long.iter().any(|form| window == form))
            || is_short(&self.compact)
            || self.words.iter().any(|word| is_short(word))
    }
}

/// A name of more than one letter: an initial proves nothing.
fn name_of_several_letters(text: &str) -> Option<Name> {
    // Spares most references, which are letters and digits mixed, from being read as names.
    if text.bytes().any(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Name::parse(text)
        .ok()
        .filter(|name| name.letters().nth(1).is_some())
}

/// The last `N` decimal digits of a number.
fn digits<const N: usize>(mut number: u32) -> [u8; N] {
    let mut digits = [b'0'; N];
    for digit in digits.iter_mut().rev() {
        *digit += (number % 10) as u8;
        number /= 10;
    }
    digits
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|character: char| !character.is_alphanumeric())
        .filter(|word| !word.is_empty())
}

/// The letters and digits of a text, in upper case.
fn letters_and_digits(text: &str) -> Zeroizing<String> {
    // Upper case takes at most three times the room (`ΐ` takes three letters): the string never grows.
    let mut compact = Zeroizing::new(String::with_capacity(3 * text.len()));
    compact.extend(
        text.chars()
            .filter(|character| character.is_alphanumeric())
            .flat_map(char::to_uppercase),
    );
    compact
}

#[cfg(test)]
mod tests {
    use identity::{BirthDate, Held};
    use jiff::civil::date;

    use super::*;

    fn people() -> People {
        let child = Identity {
            nhs_number: Held::from_parse(NhsNumber::parse("943 476 5919", TestNumbers::Refused)),
            upn: Held::from_parse(Upn::parse("T881200123045")),
            forename: Held::from_parse(Name::parse("Zoë")),
            surname: Held::from_parse(Name::parse("Okafor-Lee")),
            birth_date: Held::from_parse(BirthDate::new(date(2021, 4, 9))),
            postcode: Held::from_parse(Postcode::parse("CM1 1AA")),
            ..Identity::default()
        };
        let mother = Identity {
            nhs_number: Held::from_parse(NhsNumber::parse("401 023 2137", TestNumbers::Refused)),
            ..Identity::default()
        };
        People {
            child: Some(child),
            mother: Some(mother),
            ..People::default()
        }
    }

    #[test]
    fn references_that_name_a_child_give_way_to_file_and_row() {
        let place = Location {
            file: "notices.csv".into(),
            line: Some(7),
            ..Location::default()
        };
        let shown = |text: &str| Reference::of(&people(), SenderReference::new(text), Some(&place));
        for text in [
            "9434765919",
            "943-476-5919",
            "S23/943 476 5919/1",
            "4010232137",
            "t881200123045",
            "REF T881200123045",
            // Other people's.
            "999 000 0018",
            "B801200005001",
            "1234567899",
            "ZOE",
            "Zoë/1",
            "okafor lee",
            "OKAFOR",
            "S23-Okafor-1",
            "2021-04-09",
            "09/04/2021",
            "S23-20210409-1",
            "090421",
            "CM11AA",
            "S23 cm1 1aa",
        ] {
            let expected = Reference::Place {
                file: "notices.csv".into(),
                sheet: None,
                line: Some(7),
            };
            assert_eq!(shown(text), Some(expected), "{text}");
        }
        for text in ["S23-000123", "RAJ/2025/17", "0904210", "LEES", "CM1"] {
            assert_eq!(shown(text), Some(Reference::Given(text.into())), "{text}");
        }
        assert!(matches!(
            Reference::of(&people(), None, Some(&place)),
            Some(Reference::Place { .. })
        ));
        assert_eq!(Reference::of(&people(), None, None), None);
    }
}
