//! Keyed bit vectors of neighbouring signs.

use linkage::engine::ColumnKind;

use crate::keyed::KeyedHash;

/// Signs that have a place in the table: A to Z, 0 to 9, and the two ends.
const SYMBOLS: usize = 38;
const START: usize = 36;
const END: usize = 37;

/// Sets bits for the pairs of neighbouring signs of a text, its ends included.
pub(super) struct Bigrams {
    hash: KeyedHash,
    positions: usize,
    /// The bits of each pair of [`SYMBOLS`]: nearly all texts are made of them.
    table: Vec<[u64; 4]>,
}

impl Bigrams {
    pub(super) fn new(hash: KeyedHash, kind: ColumnKind) -> Self {
        let positions = positions(kind);
        let mut table = Vec::new();
        if kind != ColumnKind::Date {
            table.reserve(SYMBOLS * SYMBOLS);
            for a in 0..SYMBOLS {
                for b in 0..SYMBOLS {
                    table.push(bits(&hash, positions, symbol(a), symbol(b)));
                }
            }
        }
        Bigrams {
            hash,
            positions,
            table,
        }
    }

    /// The bits of a text of letters and digits.
    pub(super) fn of(&self, text: &str) -> [u64; 4] {
        let mut all = [0; 4];
        let mut before = symbol(START);
        for after in text.chars().chain([symbol(END)]) {
            let known = index(before)
                .zip(index(after))
                .and_then(|(a, b)| self.table.get(a * SYMBOLS + b));
            let pair = known
                .copied()
                .unwrap_or_else(|| bits(&self.hash, self.positions, before, after));
            for (word, more) in all.iter_mut().zip(pair) {
                *word |= more;
            }
            before = after;
        }
        all
    }

    /// The bits of each sign at its place, for texts that are all of one length.
    pub(super) fn of_positions(&self, text: &str) -> [u64; 4] {
        let mut all = [0; 4];
        for (place, sign) in ('a'..='z').zip(text.chars()) {
            for (word, more) in all.iter_mut().zip(bits(&self.hash, self.positions, place, sign)) {
                *word |= more;
            }
        }
        all
    }
}

/// Positions that a pair sets of the 256. Few enough that the vectors of two unrelated texts have little in common
/// (a name has some nine pairs, an address thirty), enough that one slip is seen to be one.
fn positions(kind: ColumnKind) -> usize {
    match kind {
        ColumnKind::Name | ColumnKind::Postcode | ColumnKind::Code => 5,
        ColumnKind::Date => 8,
        ColumnKind::Text => 3,
    }
}

/// The bits of one pair: each position from a byte of its own of a keyed hash.
pub(crate) fn bits(hash: &KeyedHash, positions: usize, first: char, second: char) -> [u64; 4] {
    let (mut a, mut b) = ([0; 4], [0; 4]);
    let hashed = hash.of(&[
        first.encode_utf8(&mut a).as_bytes(),
        second.encode_utf8(&mut b).as_bytes(),
    ]);
    let mut bits = [0_u64; 4];
    for position in hashed.into_iter().take(positions) {
        if let Some(word) = bits.get_mut(usize::from(position / 64)) {
            *word |= 1 << (position % 64);
        }
    }
    bits
}

/// The sign of a place in the table. No text holds the two of the ends.
fn symbol(index: usize) -> char {
    match index {
        START => '^',
        END => '$',
        digit @ 26.. => char::from(b'0' + (digit - 26) as u8),
        letter => char::from(b'A' + letter as u8),
    }
}

fn index(symbol: char) -> Option<usize> {
    match symbol {
        '^' => Some(START),
        '$' => Some(END),
        'A'..='Z' => Some(symbol as usize - 'A' as usize),
        '0'..='9' => Some(symbol as usize - '0' as usize + 26),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_only_a_short_cut() {
        let hash = KeyedHash::new(&[3; 32]).unwrap();
        let with = Bigrams::new(hash.clone(), ColumnKind::Text);
        let without = Bigrams {
            table: Vec::new(),
            hash,
            positions: with.positions,
        };
        for text in ["WALLABYPLACE12", "", "ÞORN", "Z9"] {
            assert_eq!(with.of(text), without.of(text));
        }
        for sign in 0..SYMBOLS {
            assert_eq!(index(symbol(sign)), Some(sign));
        }
    }
}
