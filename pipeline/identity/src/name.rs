//! A forename or surname in a form in which spellings of one name agree.

use unicode_normalization::UnicodeNormalization;
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::text::{fault, is_hyphen, redacted};

/// A name: upper-case letters in words parted by one space or hyphen, perhaps with apostrophes.
///
/// Accents are dropped, as one system keeps them and the next does not; letters that Unicode does not take apart
/// are spelt out (`Ø` as `O`, `ß` as `SS`). Letters of other scripts stay.
///
/// ```
/// use identity::Name;
///
/// let name = Name::parse(" Zoë\u{2019}s  Nuñez–Smith ")?;
/// assert_eq!(name.expose(), "ZOE'S NUNEZ-SMITH");
/// assert_eq!(name.parts().collect::<Vec<_>>(), ["ZOE'S", "NUNEZ", "SMITH"]);
/// assert_eq!(name.letters().collect::<String>(), "ZOESNUNEZSMITH");
///
/// assert!(Name::parse("Twin 1").unwrap_err().is_placeholder());
/// assert!(Name::parse("Za\u{200b}ra").is_err());
/// # Ok::<(), identity::NameFault>(())
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Zeroize, ZeroizeOnDrop)]
pub struct Name(String);

/// Bytes of the longest name that is read. Longer ones are sentences; the longest field for a name in the NHS Data
/// Dictionary has 70 characters.
const LONGEST_BYTES: usize = 240;

impl Name {
    /// Reads a name.
    ///
    /// # Errors
    /// Says why the text is nobody's name.
    pub fn parse(text: &str) -> Result<Self, NameFault> {
        if text
            .chars()
            .all(|character| character.is_whitespace() || separator(character).is_some())
        {
            return Err(NameFault::Blank);
        }
        let name = canonical(text)?;
        let canonical = name.expose();
        if is_placeholder(canonical) {
            return Err(NameFault::Placeholder);
        }
        if canonical.chars().any(|character| character.is_numeric()) {
            return Err(NameFault::Character);
        }
        if !canonical.chars().any(char::is_alphabetic) {
            return Err(NameFault::Character);
        }
        if mixes_scripts(canonical) {
            return Err(NameFault::MixedScripts);
        }
        if text.is_ascii() {
            return Ok(name);
        }
        // The buffer has spare room; the name is kept in a string of its own length.
        Ok(Name(canonical.to_owned()))
    }

    /// The canonical form.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The words of the name, in order: each half of a double-barrelled surname is one.
    pub fn parts(&self) -> impl Iterator<Item = &str> {
        self.0.split([' ', '-'])
    }

    /// The letters alone: `O'BRIEN`, `O BRIEN` and `OBRIEN` have the same.
    pub fn letters(&self) -> impl Iterator<Item = char> {
        self.0.chars().filter(|character| character.is_alphabetic())
    }
}

redacted!(Name);

/// Why a text is nobody's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameFault {
    /// Nothing there, or punctuation alone.
    #[error("is blank")]
    Blank,
    /// Written because a field must not be blank: `Baby`, `Not known`, `Twin 1`, `Test`.
    #[error("stands in for a name")]
    Placeholder,
    /// A digit, symbol, control character or invisible character. Invisible ones are never mended silently: they
    /// make two equal names look different.
    #[error("holds a character that no name has")]
    Character,
    /// Latin letters among Greek or Cyrillic ones, which look alike and compare unlike.
    #[error("mixes scripts")]
    MixedScripts,
    /// Longer than a name can be.
    #[error("is too long for a name")]
    TooLong,
}

fault!(NameFault, blank: NameFault::Blank, placeholder: NameFault::Placeholder);

/// First words after which whatever follows (`of Jane`, `1`, `A`) names nobody.
const PLACEHOLDER_STARTS: &[&str] = &[
    "BABY", "BABYBOY", "BABYGIRL", "FETUS", "FOETUS", "INFANT", "NEWBORN", "TRIPLET", "TWIN", "UNBORN",
    "UNNAMED",
];

/// Whole texts that stand in for a name.
const PLACEHOLDERS: &[&str] = &[
    "ANON",
    "ANONYMOUS",
    "BOY",
    "DUMMY",
    "FEMALE",
    "FEMALE BABY",
    "FEMALE INFANT",
    "FIRST NAME",
    "FORENAME",
    "GIRL",
    "LAST NAME",
    "MALE",
    "MALE BABY",
    "MALE INFANT",
    "N A",
    "NIL",
    "NO FORENAME",
    "NO NAME",
    "NO SURNAME",
    "NONE",
    "NOT AVAILABLE",
    "NOT GIVEN",
    "NOT KNOWN",
    "NOT PROVIDED",
    "NOT RECORDED",
    "NOT STATED",
    "NOTKNOWN",
    "NULL",
    "REFUSED",
    "SURNAME",
    "TBA",
    "TBC",
    "TEST",
    "TEST CHILD",
    "TEST PATIENT",
    "TESTPATIENT",
    "UNKNOWN",
    "WITHHELD",
];

fn is_placeholder(canonical: &str) -> bool {
    let first = canonical.split([' ', '-']).next().unwrap_or_default();
    PLACEHOLDER_STARTS.contains(&first.trim_end_matches(char::is_numeric))
        || PLACEHOLDERS.iter().any(|stand_in| same_words(stand_in, canonical))
        // NHS test patients are called XXTESTPATIENT and ZZTEST, and a field is often filled with XXX.
        || first.starts_with("XXTEST")
        || first.starts_with("ZZTEST")
        || first.starts_with("ZZZ")
        || canonical.chars().all(|character| character == 'X')
}

/// Whether two texts are equal where a hyphen counts as a space.
fn same_words(stand_in: &str, canonical: &str) -> bool {
    // The lengths tell nearly all apart at once: this runs for every name that is read.
    stand_in.len() == canonical.len()
        && stand_in
            .bytes()
            .zip(canonical.bytes())
            .all(|(a, b)| a == b || (a, b) == (b' ', b'-'))
}

/// The canonical form, digits still in it.
fn canonical(text: &str) -> Result<Name, NameFault> {
    // Full from the start: a string that grows leaves copies of itself behind. Only what is not ASCII can become longer.
    let longest = if text.is_ascii() {
        text.len().min(LONGEST_BYTES)
    } else {
        LONGEST_BYTES
    };
    let mut name = Name(String::with_capacity(longest));
    let canonical = &mut name.0;
    let mut waiting = None;
    for character in text.chars() {
        // Nearly every letter of nearly every name: the way below would lead to the same.
        if character.is_ascii_alphanumeric() {
            push_after(canonical, &mut waiting)?;
            push(canonical, character.to_ascii_uppercase())?;
            continue;
        }
        if character.is_control() || is_invisible(character) {
            return Err(NameFault::Character);
        }
        // Some apostrophes decompose to a space and an accent, and some letters to an apostrophe and a letter.
        let is_separator = separator(character).is_some();
        for piece in std::iter::once(character)
            .filter(|_| is_separator)
            .chain(decomposed(character, is_separator))
        {
            if let Some(separator) = separator(piece) {
                // A hyphen wins over the spaces around it, a space over an apostrophe at a word's edge.
                waiting = match (waiting, separator) {
                    (Some('-'), _) | (_, '-') => Some('-'),
                    (Some(' '), _) | (_, ' ') => Some(' '),
                    _ => Some('\''),
                };
                continue;
            }
            if unicode_normalization::char::is_combining_mark(piece) {
                continue;
            }
            if !piece.is_alphanumeric() {
                return Err(NameFault::Character);
            }
            push_after(canonical, &mut waiting)?;
            for upper in piece
                .to_uppercase()
                .flat_map(|upper| std::iter::once(upper).nfkd())
            {
                match spelt_out(upper) {
                    Some(letters) => letters.chars().try_for_each(|letter| push(canonical, letter))?,
                    None if unicode_normalization::char::is_combining_mark(upper) => {}
                    None => push(canonical, upper)?,
                }
            }
        }
    }
    Ok(name)
}

/// The character taken apart; nothing of one that is used as it stands.
fn decomposed(character: char, as_it_stands: bool) -> impl Iterator<Item = char> {
    (!as_it_stands).then_some(character).into_iter().nfkd()
}

/// Appends the separator that waits for a letter after it.
fn push_after(canonical: &mut String, waiting: &mut Option<char>) -> Result<(), NameFault> {
    match waiting.take() {
        Some(separator) if !canonical.is_empty() => push(canonical, separator),
        _ => Ok(()),
    }
}

fn push(canonical: &mut String, character: char) -> Result<(), NameFault> {
    if canonical.len() + character.len_utf8() > LONGEST_BYTES {
        return Err(NameFault::TooLong);
    }
    canonical.push(character);
    Ok(())
}

/// What a character between letters means: a hyphen, an apostrophe, or a space.
fn separator(character: char) -> Option<char> {
    match character {
        '\'' | '`' | '\u{B4}' | '\u{2B9}' | '\u{2BB}' | '\u{2BC}' | '\u{2018}' | '\u{2019}' | '\u{201B}'
        | '\u{2032}' | '\u{FF07}' => Some('\''),
        '.' | ',' | '/' | '(' | ')' | '"' | '_' => Some(' '),
        _ if is_hyphen(character) => Some('-'),
        _ if character.is_whitespace() => Some(' '),
        _ => None,
    }
}

/// Zero-width characters, direction marks, soft hyphens, byte order marks and the mark of a failed decoding.
fn is_invisible(character: char) -> bool {
    matches!(character,
        '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}' | '\u{1160}' | '\u{180E}' | '\u{200B}'..='\u{200F}'
        | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}'
        | '\u{FFA0}' | '\u{FFF0}'..='\u{FFFF}' | '\u{E0000}'..='\u{E0FFF}')
}

/// Latin letters that Unicode does not take apart, as registers in England spell them.
fn spelt_out(letter: char) -> Option<&'static str> {
    match letter {
        'Æ' => Some("AE"),
        'Ð' | 'Đ' => Some("D"),
        'Ħ' => Some("H"),
        'Ł' => Some("L"),
        'Ø' => Some("O"),
        'Œ' => Some("OE"),
        'Þ' => Some("TH"),
        'Ŧ' => Some("T"),
        'ẞ' => Some("SS"),
        _ => None,
    }
}

fn mixes_scripts(canonical: &str) -> bool {
    let latin = canonical.chars().any(|letter| letter.is_ascii_alphabetic());
    let look_alike = |letter: char| matches!(letter, '\u{370}'..='\u{3FF}' | '\u{400}'..='\u{52F}');
    latin && canonical.chars().any(look_alike)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn canonical_of(text: &str) -> String {
        Name::parse(text).unwrap().expose().to_owned()
    }

    proptest! {
        #[test]
        fn the_canonical_form_reads_as_itself(text in "\\PC{1,30}") {
            if let Ok(name) = Name::parse(&text) {
                prop_assert_eq!(Name::parse(name.expose()), Ok(name.clone()));
                prop_assert!(name.parts().all(|part| !part.is_empty()));
            }
        }

        #[test]
        fn case_and_composition_do_not_matter(text in "[A-Za-zÀ-ÖØ-öø-ž]{1,12}") {
            if let Ok(name) = Name::parse(&text) {
                prop_assert_eq!(Name::parse(&text.nfd().collect::<String>()), Ok(name.clone()));
                prop_assert_eq!(Name::parse(&text.nfc().collect::<String>()), Ok(name.clone()));
                prop_assert_eq!(Name::parse(&format!("  {text}. ")), Ok(name));
            }
        }
    }

    #[test]
    fn spellings_of_one_name_agree() {
        assert_eq!(canonical_of("O\u{2019}Brien"), "O'BRIEN");
        assert_eq!(canonical_of("O\u{B4}Brien"), "O'BRIEN");
        assert_eq!(canonical_of("o`brien"), "O'BRIEN");
        assert_eq!(canonical_of("Smith - Jones"), "SMITH-JONES");
        assert_eq!(canonical_of("Smith\u{2013}Jones"), "SMITH-JONES");
        assert_eq!(canonical_of("St. John"), "ST JOHN");
        assert_eq!(canonical_of("Mary (Molly)"), "MARY MOLLY");
        assert_eq!(canonical_of("Søren"), "SOREN");
        assert_eq!(canonical_of("Strauß"), "STRAUSS");
        assert_eq!(canonical_of("Łukasz"), "LUKASZ");
        assert_eq!(canonical_of("Олена"), "ОЛЕНА");
        assert_eq!(canonical_of("ﬁona"), "FIONA");
    }

    #[test]
    fn stand_ins_are_placeholders() {
        for text in [
            "Baby",
            "BABY BOY",
            "baby of Jane",
            "Infant",
            "Twin 1",
            "twin2",
            "Twin-B",
            "Unknown",
            "NOT KNOWN",
            "not-known",
            "N/A",
            "Test",
            "Male",
            "Female baby",
            "xxx",
            "X",
            "ZZZTEST",
            "XXTESTPATIENT-ABCD",
        ] {
            assert_eq!(Name::parse(text), Err(NameFault::Placeholder), "{text}");
        }
        for text in ["Testa", "Babs", "Na", "Malek", "Xu", "Twinkle", "Infanta"] {
            assert!(Name::parse(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn invisible_characters_and_look_alikes_are_refused() {
        for text in [
            "Za\u{200B}ra",
            "Zara\u{202E}",
            "Za\u{AD}ra",
            "Za\0ra",
            "\u{FEFF}Zara",
            "Zara\u{FFFD}",
            "Zar4",
            "Z@ra",
        ] {
            assert_eq!(Name::parse(text), Err(NameFault::Character), "{text:?}");
        }
        // The second letter is Cyrillic.
        assert_eq!(Name::parse("Z\u{430}ra"), Err(NameFault::MixedScripts));
        assert_eq!(Name::parse(&"a".repeat(241)), Err(NameFault::TooLong));
        for text in ["", " \u{a0}", "-", ".", "' '"] {
            assert_eq!(Name::parse(text), Err(NameFault::Blank), "{text:?}");
        }
    }
}
