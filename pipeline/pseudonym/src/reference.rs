//! How a person finds an unmatched record again: by the sender's own reference, or by file and row.

use std::fmt;

use identity::{Identity, Name, NhsNumber, People, SenderReference, TestNumbers, Uln, Upn};
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

/// Whether a reference can name somebody: it reads as an NHS number, UPN or ULN, whoever's; it holds a number or
/// postcode of these people; or a name or birth date of theirs is the whole of it or a word in it.
fn identifies(text: &str, people: &People) -> bool {
    // Test numbers count: they are people in a made-up area.
    if NhsNumber::parse(text, TestNumbers::Allowed).is_ok()
        || Upn::parse(text).is_ok()
        || Uln::parse(text).is_ok()
    {
        return true;
    }
    let compact = letters_and_digits(text);
    [&people.child, &people.mother]
        .into_iter()
        .flatten()
        .any(|person| names(text, &compact, person))
}

fn names(text: &str, compact: &str, person: &Identity) -> bool {
    let numbers = [
        person.nhs_number.valid().map(NhsNumber::expose),
        person.upn.valid().map(Upn::expose),
        person.uln.valid().map(Uln::expose),
    ];
    let numbers = numbers
        .into_iter()
        .flatten()
        .chain(person.former_upns.iter().map(Upn::expose));
    let postcodes = person.postcode.valid().into_iter().chain(&person.other_postcodes);
    let names = [&person.forename, &person.surname]
        .into_iter()
        .filter_map(|name| name.valid());
    numbers.into_iter().any(|number| compact.contains(number))
        || postcodes
            .into_iter()
            .any(|postcode| compact.contains(letters_and_digits(postcode.expose()).as_str()))
        || names
            .chain(&person.other_forenames)
            .chain(&person.other_surnames)
            .any(|name| holds_name(text, name))
        || person
            .birth_date
            .valid()
            .is_some_and(|birth| holds_date(text, compact, birth.date()))
}

/// Whether the reference is the name, or a word of it is a word of the name. An initial proves nothing.
fn holds_name(text: &str, name: &Name) -> bool {
    let same_letters = |other: &Name, part: &str| {
        other
            .letters()
            .eq(part.chars().filter(|character| character.is_alphabetic()))
    };
    let is_part = |word: &str| {
        let word = Name::parse(word)
            .ok()
            .filter(|word| word.letters().nth(1).is_some());
        word.is_some_and(|word| name.parts().any(|part| same_letters(&word, part)))
    };
    Name::parse(text).is_ok_and(|whole| same_letters(&whole, name.expose())) || words(text).any(is_part)
}

/// Whether the reference is the date in digits, or holds it with its century.
fn holds_date(text: &str, compact: &str, date: Date) -> bool {
    let (year, month, day) = (date.year(), date.month(), date.day());
    let short_year = year.rem_euclid(100);
    let long = [
        Zeroizing::new(format!("{year:04}{month:02}{day:02}")),
        Zeroizing::new(format!("{day:02}{month:02}{year:04}")),
        Zeroizing::new(format!("{month:02}{day:02}{year:04}")),
    ];
    let short = [
        Zeroizing::new(format!("{short_year:02}{month:02}{day:02}")),
        Zeroizing::new(format!("{day:02}{month:02}{short_year:02}")),
        Zeroizing::new(format!("{month:02}{day:02}{short_year:02}")),
    ];
    long.iter().any(|form| compact.contains(form.as_str()))
        || short
            .iter()
            .any(|form| compact == form.as_str() || words(text).any(|word| word == form.as_str()))
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
    use identity::{BirthDate, Held, Postcode};
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
