//! The words of a cell, and parts of them.

use rphonetic::{DoubleMetaphone, Encoder as _};
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// Letters and digits of a cell in capitals, without accents, word by word.
pub(super) struct Words {
    text: String,
}

/// Apostrophes stand within words (O'Brien), everything else that is no letter or digit between them.
fn is_apostrophe(letter: char) -> bool {
    matches!(
        letter,
        '\'' | '\u{2019}' | '\u{2018}' | '`' | '\u{00b4}' | '\u{02bc}'
    )
}

/// The words of a cell.
pub(super) fn of(cell: &str) -> Words {
    let mut text = String::with_capacity(cell.len());
    let mut push = |letter: char| {
        if letter.is_alphanumeric() {
            text.extend(letter.to_uppercase());
        } else if !is_apostrophe(letter) && !text.is_empty() && !text.ends_with(' ') {
            text.push(' ');
        }
    };
    if cell.is_ascii() {
        cell.chars().for_each(push);
    } else {
        cell.nfkd()
            .filter(|letter| !is_combining_mark(*letter))
            .for_each(&mut push);
    }
    if text.ends_with(' ') {
        text.pop();
    }
    Words { text }
}

impl Words {
    pub(super) fn iter(&self) -> impl Iterator<Item = &str> {
        self.text.split(' ').filter(|word| !word.is_empty())
    }

    pub(super) fn count(&self) -> usize {
        self.iter().count()
    }

    /// All of them without spaces: slips put spaces in and leave them out.
    pub(super) fn joined(&self) -> String {
        self.iter().collect()
    }
}

/// The first letters of a word.
pub(super) fn first(word: &str, letters: usize) -> &str {
    word.char_indices()
        .nth(letters)
        .map_or(word, |(end, _)| word.split_at(end).0)
}

/// How a name sounds in English: Double Metaphone (Philips, 2000), whole. Of another script, nothing.
pub(super) fn sound(letters: &str) -> String {
    if !letters.is_ascii() {
        return String::new();
    }
    DoubleMetaphone::new(Some(8)).encode(letters)
}

/// Two halves, the first the longer.
pub(super) fn halves(text: &str) -> (&str, &str) {
    let half = text.chars().count().div_ceil(2);
    match text.char_indices().nth(half) {
        Some((at, _)) => text.split_at(at),
        None => (text, ""),
    }
}

/// Sector and outward code: of a British postcode by its rule (the inward code is a digit and two letters), of any
/// other all but the last one and two signs.
pub(super) fn postcode_parts(text: &str) -> (&str, &str) {
    let (sector, outward) = match text.as_bytes() {
        [_, _, .., digit, a, b]
            if digit.is_ascii_digit() && a.is_ascii_alphabetic() && b.is_ascii_alphabetic() =>
        {
            (2, 3)
        }
        _ => (1, 2),
    };
    (without_last(text, sector), without_last(text, outward))
}

fn without_last(text: &str, letters: usize) -> &str {
    text.char_indices()
        .nth_back(letters.saturating_sub(1))
        .map_or("", |(at, _)| text.split_at(at).0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accents_case_and_signs_do_not_matter() {
        for (cell, joined) in [
            ("O\u{2019}Brien", "OBRIEN"),
            ("  zoë ", "ZOE"),
            ("Smith-Jones", "SMITHJONES"),
            ("straße", "STRASSE"),
            ("--", ""),
        ] {
            assert_eq!(of(cell).joined(), joined);
        }
        assert_eq!(
            of("rob.smith@mail.org").iter().collect::<Vec<_>>(),
            ["ROB", "SMITH", "MAIL", "ORG"]
        );
    }

    #[test]
    fn parts_of_postcodes() {
        assert_eq!(postcode_parts("CM11AA"), ("CM11", "CM1"));
        assert_eq!(postcode_parts("SW1A1AA"), ("SW1A1", "SW1A"));
        assert_eq!(postcode_parts("2119"), ("211", "21"));
        assert_eq!(postcode_parts("7"), ("", ""));
    }

    #[test]
    fn halves_share_out_every_sign() {
        assert_eq!(halves("1234567"), ("1234", "567"));
        assert_eq!(halves("1"), ("1", ""));
        assert_eq!(halves(""), ("", ""));
    }

    #[test]
    fn names_that_sound_the_same() {
        assert_eq!(sound("CATHERINE"), sound("KATHRYN"));
        assert_eq!(sound("ОЛЕНА"), "");
    }
}
