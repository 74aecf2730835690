//! Columns of any table for linkage: each cell becomes keyed tokens, a keyed bit vector and a moved day number.
//!
//! The types of an identity would refuse another country's postcode or a birth in 1895; here a column is read for
//! what its [`ColumnKind`] says, and a cell that cannot be read is missing. Each distinct value is encoded once.

use std::collections::HashMap;

use foldhash::fast::FixedState;
use linkage::engine::{Column, ColumnKind, PARTS, TableError, Value, ValueId};

use crate::{
    KeyError,
    keyed::{BYTES, KeyedHash},
};

pub(crate) mod bigrams;
mod date;
mod words;

use bigrams::Bigrams;
use date::DateParts;

/// The secret under which the columns of one linkage are encoded.
pub struct TableKeys {
    secret: zeroize::Zeroizing<[u8; BYTES]>,
}

impl TableKeys {
    /// Keys from a secret. Tables that are linked share one; under another secret nothing compares.
    pub fn new(secret: &[u8; BYTES]) -> Self {
        TableKeys {
            secret: zeroize::Zeroizing::new(*secret),
        }
    }

    fn hash(&self, domain: &str, part: &str) -> Result<KeyedHash, KeyError> {
        Ok(KeyedHash::derived(
            &self.secret,
            "table",
            &format!("{part}/{domain}"),
            1,
        )?)
    }
}

/// Encodes the cells of one column, in the order of rows.
pub struct ColumnEncoder {
    column: Column,
    hashes: Hashes,
    /// Cells as they were written that have been met, by their hash: what they came to.
    met: HashMap<Box<str>, Option<ValueId>, FixedState>,
    /// Values by their whole token and those beside it.
    values: HashMap<(u64, Vec<ValueId>), ValueId, FixedState>,
    unreadable: u64,
}

/// The keyed hashes of a column.
struct Hashes {
    kind: ColumnKind,
    whole: KeyedHash,
    parts: [KeyedHash; PARTS],
    bigrams: Bigrams,
    /// The day that day numbers count from.
    origin: i32,
}

/// Days by which day numbers are moved at most, either way: some 270 years, so that no number tells a century.
const FURTHEST: u64 = 100_000;

/// The day number of a date that is none.
pub(crate) const NO_DAY: i32 = i32::MIN;

impl ColumnEncoder {
    /// An encoder for a column. Columns of one `domain` and kind share their keys, so that a value of one is seen
    /// to be a value of the other.
    ///
    /// # Errors
    ///
    /// When no key can be derived.
    pub fn new(keys: &TableKeys, name: &str, kind: ColumnKind, domain: &str) -> Result<Self, KeyError> {
        let hash = |part: &str| keys.hash(domain, part);
        let parts = [hash("part 0")?, hash("part 1")?, hash("part 2")?, hash("part 3")?];
        let moved = keys.hash("", "day")?.number(&[]) % (2 * FURTHEST + 1);
        Ok(ColumnEncoder {
            column: Column::new(name, kind),
            hashes: Hashes {
                kind,
                whole: hash("whole")?,
                parts,
                bigrams: Bigrams::new(hash("bigram")?, kind),
                origin: moved as i32 - FURTHEST as i32,
            },
            met: HashMap::default(),
            values: HashMap::default(),
            unreadable: 0,
        })
    }

    /// Takes the next row's cell. One that is empty, or cannot be read, is missing.
    ///
    /// # Errors
    ///
    /// When there are more values than can be counted.
    pub fn push(&mut self, cell: &str) -> Result<(), TableError> {
        let cell = cell.trim();
        if cell.is_empty() {
            self.column.push(None);
            return Ok(());
        }
        let value = match self.met.get(cell) {
            Some(value) => *value,
            None => {
                let value = self.encode(cell)?;
                self.met.insert(cell.into(), value);
                value
            }
        };
        self.unreadable += u64::from(value.is_none());
        self.column.push(value);
        Ok(())
    }

    /// Cells that held something that could not be read, so far.
    pub fn unreadable(&self) -> u64 {
        self.unreadable
    }

    /// The column, with all rows that were pushed.
    pub fn finish(self) -> Column {
        self.column
    }

    fn encode(&mut self, cell: &str) -> Result<Option<ValueId>, TableError> {
        let hashes = &self.hashes;
        let (value, others) = match hashes.kind {
            ColumnKind::Name => hashes.name(cell),
            ColumnKind::Date => (hashes.date(cell), Vec::new()),
            ColumnKind::Postcode => (hashes.postcode(cell), Vec::new()),
            ColumnKind::Code => (hashes.code(cell), Vec::new()),
            ColumnKind::Text => (hashes.text(cell), Vec::new()),
        };
        let Some(value) = value else {
            return Ok(None);
        };
        let mut ids = Vec::with_capacity(others.len());
        for other in others {
            ids.push(self.intern(other, Vec::new())?);
        }
        self.intern(value, ids).map(Some)
    }

    fn intern(&mut self, value: Value, others: Vec<ValueId>) -> Result<ValueId, TableError> {
        let key = (value.whole, others);
        if let Some(known) = self.values.get(&key) {
            return Ok(*known);
        }
        let id = self.column.add_value(value, &key.1)?;
        self.values.insert(key, id);
        Ok(id)
    }
}

/// Letters of the shortest part of a double name that stands for itself: shorter ones are shared by too many.
const SHORTEST_PART: usize = 3;

impl Hashes {
    fn token(&self, part: usize, text: &str) -> u64 {
        match self.parts.get(part) {
            Some(hash) if !text.is_empty() => token(hash, text),
            _ => 0,
        }
    }

    fn name(&self, cell: &str) -> (Option<Value>, Vec<Value>) {
        let words = words::of(cell);
        let main = self.one_name(&words.joined());
        let mut others = Vec::new();
        if main.is_some() && words.count() > 1 {
            let parts = words
                .iter()
                .filter(|word| word.chars().count() >= SHORTEST_PART)
                .filter_map(|word| self.one_name(word));
            for part in parts {
                if !others.contains(&part) {
                    others.push(part);
                }
            }
        }
        (main, others)
    }

    fn one_name(&self, letters: &str) -> Option<Value> {
        (!letters.is_empty()).then(|| Value {
            whole: token(&self.whole, letters),
            parts: [
                self.token(0, words::first(letters, 3)),
                self.token(1, words::first(letters, 1)),
                self.token(2, &words::sound(letters)),
                0,
            ],
            bits: self.bigrams.of(letters),
            day: NO_DAY,
        })
    }

    fn date(&self, cell: &str) -> Option<Value> {
        let date = DateParts::read(cell)?;
        let part = |hash: usize, number: Option<u16>| {
            number.map_or(0, |number| self.token(hash, &number.to_string()))
        };
        Some(Value {
            whole: token(&self.whole, &date.text()),
            parts: [
                part(0, Some(date.year)),
                part(1, date.month),
                // Under the key of months, so that an exchange shows in the parts too.
                part(1, date.day),
                date.swapped().map_or(0, |date| token(&self.whole, &date.text())),
            ],
            bits: self.bigrams.of_positions(&date.text()),
            day: date.day_number().map_or(NO_DAY, |day| day - self.origin),
        })
    }

    fn postcode(&self, cell: &str) -> Option<Value> {
        let text = words::of(cell).joined();
        let (sector, outward) = words::postcode_parts(&text);
        (!text.is_empty()).then(|| Value {
            whole: token(&self.whole, &text),
            parts: [self.token(0, sector), self.token(1, outward), 0, 0],
            bits: self.bigrams.of(&text),
            day: NO_DAY,
        })
    }

    fn code(&self, cell: &str) -> Option<Value> {
        let text = words::of(cell).joined();
        let (first, second) = words::halves(&text);
        (!text.is_empty()).then(|| Value {
            whole: token(&self.whole, &text),
            parts: [self.token(0, first), self.token(1, second), 0, 0],
            bits: self.bigrams.of(&text),
            day: NO_DAY,
        })
    }

    fn text(&self, cell: &str) -> Option<Value> {
        let words = words::of(cell);
        let text = words.joined();
        let first = words.iter().next().unwrap_or_default();
        let longest = words.iter().skip(1).fold("", |longest, word| {
            if word.chars().count() > longest.chars().count() {
                word
            } else {
                longest
            }
        });
        (!text.is_empty()).then(|| Value {
            whole: token(&self.whole, &text),
            parts: [
                self.token(0, first),
                // One key for words, wherever they stand.
                self.token(0, longest),
                self.token(2, words::first(&text, 4)),
                0,
            ],
            bits: self.bigrams.of(&text),
            day: NO_DAY,
        })
    }
}

/// A token that is never 0, which stands for none.
fn token(hash: &KeyedHash, text: &str) -> u64 {
    hash.number(&[text.as_bytes()]).max(1)
}
