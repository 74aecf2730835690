//! Names as linkage compares them.

use identity::Name;
use linkage::{NameBits, NameEncoding, PartToken};
use zeroize::Zeroize;

use super::role::Role;
use crate::{KeyError, Keys, columns::bigrams::bits, keyed::KeyedHash};

/// Positions that a bigram sets. Five of 256 bits leave a name of eight letters (nine bigrams with its ends) at about
/// one bit in six, where the Dice coefficient of unrelated names is small.
const POSITIONS: usize = 5;

/// Names that are kept of one person and sort: more than any register holds, and a bound on what a row can cost.
const MOST: usize = 12;

/// Letters of the shortest part of a double name that stands for itself: shorter ones (`DE`, `AL`, `MC`) are shared by
/// too many.
const SHORTEST_PART: usize = 3;

/// Symbols of a bigram: the letters A to Z and the two ends.
const SYMBOLS: usize = 28;
const START: usize = 26;
const END: usize = 27;

/// Bytes of the longest name; a [`Name`] is never longer.
const LONGEST: usize = 240;

/// Keys and tables for names. Forenames and surnames share them, so that exchanged names show.
pub(super) struct NameKeys {
    whole: KeyedHash,
    start: KeyedHash,
    initial: KeyedHash,
    bigram: KeyedHash,
    /// Bits of each bigram of A to Z and the ends: there are 784, and every name is made of them.
    bigrams: Vec<NameBits>,
    /// Tokens of the initials A to Z.
    initials: Vec<PartToken>,
}

impl NameKeys {
    pub(super) fn new(keys: &Keys, role: Role) -> Result<Self, KeyError> {
        let hash = |field| role.hash(keys, field);
        let (bigram, initial) = (hash("name-bigram")?, hash("name-initial")?);
        let mut bigrams = Vec::with_capacity(SYMBOLS * SYMBOLS);
        for first in 0..SYMBOLS {
            for second in 0..SYMBOLS {
                bigrams.push(bits_of(&bigram, symbol(first), symbol(second)));
            }
        }
        let initials = (b'A'..=b'Z')
            .map(|letter| PartToken(initial.number(&[&[letter]])))
            .collect();
        Ok(NameKeys {
            whole: hash("name")?,
            start: hash("name-start")?,
            initial,
            bigram,
            bigrams,
            initials,
        })
    }

    /// The main name, the others, then the parts of those with several words, each once.
    pub(super) fn encode<'a>(&self, main: Option<&'a Name>, others: &'a [Name]) -> Vec<NameEncoding> {
        let names = || main.into_iter().chain(others);
        let mut encoded: Vec<NameEncoding> = Vec::with_capacity(2);
        let mut add = |letters: &Letters| {
            if encoded.len() < MOST && letters.length > 0 {
                let name = self.name(letters);
                if encoded.iter().all(|known| known.whole != name.whole) {
                    encoded.push(name);
                }
            }
        };
        for name in names() {
            add(&Letters::of(name.letters()));
        }
        for name in names() {
            if name.parts().nth(1).is_none() {
                continue;
            }
            for part in name.parts() {
                let letters = Letters::of(part.chars().filter(|character| character.is_alphabetic()));
                if letters.text().chars().count() >= SHORTEST_PART {
                    add(&letters);
                }
            }
        }
        encoded
    }

    fn name(&self, letters: &Letters) -> NameEncoding {
        let text = letters.text();
        let first_letters = |count| {
            text.char_indices()
                .nth(count)
                .map_or(text, |(end, _)| text.split_at(end).0)
        };
        NameEncoding {
            whole: PartToken(self.whole.number(&[text.as_bytes()])),
            start: PartToken(self.start.number(&[first_letters(3).as_bytes()])),
            initial: self.initial(first_letters(1)),
            bits: self.bits(text),
        }
    }

    fn initial(&self, letter: &str) -> PartToken {
        let known = letter
            .bytes()
            .next()
            .and_then(|byte| byte.checked_sub(b'A'))
            .map(usize::from);
        match known
            .filter(|_| letter.len() == 1)
            .and_then(|index| self.initials.get(index))
        {
            Some(token) => *token,
            None => PartToken(self.initial.number(&[letter.as_bytes()])),
        }
    }

    /// The bits of a name's bigrams, its ends included.
    fn bits(&self, text: &str) -> NameBits {
        let mut bits = NameBits([0; 4]);
        let mut before = symbol(START);
        for after in text.chars().chain([symbol(END)]) {
            let known = index(before)
                .zip(index(after))
                .and_then(|(a, b)| self.bigrams.get(a * SYMBOLS + b));
            let bigram = known
                .copied()
                .unwrap_or_else(|| bits_of(&self.bigram, before, after));
            for (word, more) in bits.0.iter_mut().zip(bigram.0) {
                *word |= more;
            }
            before = after;
        }
        bits
    }
}

/// The bits of one bigram: five positions, each from bytes of its own of a keyed hash.
fn bits_of(bigram: &KeyedHash, first: char, second: char) -> NameBits {
    NameBits(bits(bigram, POSITIONS, first, second))
}

/// The character that stands for a symbol of a bigram. No name holds the two of the ends.
fn symbol(index: usize) -> char {
    match index {
        START => '^',
        END => '$',
        letter => char::from(b'A' + letter as u8),
    }
}

fn index(symbol: char) -> Option<usize> {
    match symbol {
        '^' => Some(START),
        '$' => Some(END),
        'A'..='Z' => Some(symbol as usize - 'A' as usize),
        _ => None,
    }
}

/// The letters of a name, in place and wiped.
pub(super) struct Letters {
    bytes: [u8; LONGEST],
    length: usize,
}

impl Letters {
    pub(super) fn of(letters: impl Iterator<Item = char>) -> Self {
        let mut all = Letters {
            bytes: [0; LONGEST],
            length: 0,
        };
        for letter in letters {
            let end = all.length + letter.len_utf8();
            let Some(place) = all.bytes.get_mut(all.length..end) else {
                break;
            };
            letter.encode_utf8(place);
            all.length = end;
        }
        all
    }

    pub(super) fn text(&self) -> &str {
        self.bytes
            .get(..self.length)
            .and_then(|bytes| std::str::from_utf8(bytes).ok())
            .unwrap_or_default()
    }
}

impl Drop for Letters {
    fn drop(&mut self) {
        if let Some(used) = self.bytes.get_mut(..self.length) {
            used.zeroize();
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::tests::keys;

    fn encode(name: &str) -> Vec<NameEncoding> {
        NameKeys::new(&keys(), Role::Child)
            .unwrap()
            .encode(Some(&Name::parse(name).unwrap()), &[])
    }

    fn dice(a: NameBits, b: NameBits) -> f64 {
        let ones = |bits: NameBits| bits.0.iter().map(|word| word.count_ones()).sum::<u32>();
        let both = NameBits(std::array::from_fn(|index| a.0[index] & b.0[index]));
        2.0 * f64::from(ones(both)) / f64::from(ones(a) + ones(b))
    }

    #[test]
    fn spellings_of_one_name_are_one() {
        let plain = encode("OBrien");
        for spelling in ["O'Brien", "o\u{2019}brien", " O BRIEN "] {
            assert_eq!(encode(spelling)[0], plain[0], "{spelling}");
        }
    }

    #[test]
    fn near_names_are_near_and_others_far() {
        let bits = |name: &str| encode(name)[0].bits;
        assert!(dice(bits("Catherine"), bits("Catharine")) > 0.7);
        assert!(dice(bits("Mohammed"), bits("Mohamed")) > 0.75);
        assert!(dice(bits("Catherine"), bits("Oliver")) < 0.35);
        assert!(dice(bits("Олена"), bits("Олёна")) > 0.4);
    }

    #[test]
    fn parts_of_a_double_name_come_after_it() {
        let double = encode("Smith-Jones");
        assert_eq!(double.len(), 3);
        assert_eq!(double[0], encode("Smith Jones")[0]);
        assert_eq!(double[1], encode("Smith")[0]);
        assert_eq!(double[2], encode("Jones")[0]);
        // Particles are shared by too many to be names.
        assert_eq!(encode("de la Cruz").len(), 2);
    }

    #[test]
    fn a_name_of_many_words_costs_no_more_than_the_bound() {
        assert_eq!(
            encode(&["ABC", "DEF", "GHI", "JKL", "MNO", "PQR", "STU"].join(" ")).len(),
            8
        );
        let keys = NameKeys::new(&keys(), Role::Child).unwrap();
        let names: Vec<_> = ('a'..='z')
            .map(|letter| Name::parse(&format!("{letter}lex")).unwrap())
            .collect();
        assert_eq!(keys.encode(None, &names).len(), MOST);
    }

    proptest! {
        #[test]
        fn parts_follow_the_letters(name in "[A-Za-zÀ-Ö]{1,10}") {
            if let Ok(parsed) = Name::parse(&name) {
                let keys = NameKeys::new(&keys(), Role::Child).unwrap();
                let letters: String = parsed.letters().collect();
                let encoded = keys.encode(Some(&parsed), &[])[0];
                let ones: u32 = encoded.bits.0.iter().map(|word| word.count_ones()).sum();
                prop_assert!(ones as usize <= POSITIONS * (letters.chars().count() + 1));
                let shortened: String = letters.chars().take(3).collect();
                if let Ok(start) = Name::parse(&shortened) {
                    let start = keys.encode(Some(&start), &[])[0];
                    prop_assert_eq!(start.start, encoded.start);
                    prop_assert_eq!(start.initial, encoded.initial);
                }
            }
        }
    }
}
