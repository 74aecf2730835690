//! One row of cells.

use std::borrow::Cow;

use jiff::civil::DateTime;
use records::Rule;
use zeroize::Zeroizing;

use super::LONGEST_FIELD;
use crate::rules;

/// One row: a buffer that is used again for the next, and wiped when dropped.
#[derive(Default)]
pub struct Row {
    line: u64,
    text: Zeroizing<String>,
    slots: Vec<Slot>,
}

/// What a cell holds. Only sheets and JSON know anything but text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Slot {
    /// Nothing.
    Blank,
    /// Text: a stretch of the row's buffer.
    Text {
        /// Where it starts, in bytes.
        start: usize,
        /// Where it ends.
        end: usize,
    },
    /// A number.
    Number(f64),
    /// A day or moment: a sheet's cell that is formatted as one.
    Moment(DateTime),
    /// True or false.
    Flag(bool),
    /// A spreadsheet error such as `#N/A`.
    Error,
}

/// Whole numbers up to here are exact in a spreadsheet's cell: 2 to the 53rd.
const LARGEST_EXACT: f64 = 9_007_199_254_740_992.0;

impl Row {
    /// A row of texts from a source that has no columns of its own, such as XML.
    pub fn from_texts<T: AsRef<str>>(line: u64, texts: impl IntoIterator<Item = T>) -> Self {
        let mut row = Row::default();
        row.clear(line);
        for text in texts {
            row.push_text(text.as_ref());
        }
        row
    }

    /// The line of a text file, the Excel row, the record of a JSON array; from 1.
    pub fn line(&self) -> u64 {
        self.line
    }

    /// How many cells the row has.
    pub fn len(&self) -> usize {
        self.slots.len()
    }

    /// Whether the row has no cells.
    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// What the cell in `column` holds; [`Slot::Blank`] beyond the last.
    pub fn slot(&self, column: usize) -> Slot {
        self.slots.get(column).copied().unwrap_or(Slot::Blank)
    }

    /// The cell as text, trimmed; none where blank or an error. A whole number is written without decimals, so
    /// that an NHS number that a spreadsheet took for one reads as its ten digits.
    pub fn text(&self, column: usize) -> Option<Cow<'_, str>> {
        match self.slot(column) {
            Slot::Blank | Slot::Error => None,
            Slot::Text { start, end } => {
                let text = self.text.get(start..end)?.trim();
                (!text.is_empty()).then_some(Cow::Borrowed(text))
            }
            Slot::Number(number) if number.fract() == 0.0 && number.abs() < LARGEST_EXACT => {
                Some(Cow::Owned(format!("{number:.0}")))
            }
            Slot::Number(number) => Some(Cow::Owned(number.to_string())),
            Slot::Moment(moment) => Some(Cow::Owned(moment.to_string())),
            Slot::Flag(flag) => Some(Cow::Borrowed(if flag { "true" } else { "false" })),
        }
    }

    /// Whether no cell holds anything but spaces.
    pub fn is_blank(&self) -> bool {
        (0..self.len()).all(|column| match self.slot(column) {
            Slot::Text { .. } => self.text(column).is_none(),
            slot => slot == Slot::Blank,
        })
    }

    /// Starts a new row at `line`: for readers that make rows of something else, as of XML elements.
    pub fn clear(&mut self, line: u64) {
        self.line = line;
        self.text.clear();
        self.slots.clear();
    }

    /// Becomes a row of `slots`, which are stretches of `text`; they are given another row's in exchange, whose room
    /// is used again.
    pub(super) fn fill(&mut self, line: u64, text: &str, slots: &mut Vec<Slot>) {
        self.line = line;
        self.text.clear();
        self.text.push_str(text);
        std::mem::swap(&mut self.slots, slots);
    }

    /// Appends a cell of text.
    pub(super) fn push_text(&mut self, text: &str) {
        let start = self.text.len();
        self.text.push_str(text);
        self.slots.push(Slot::Text {
            start,
            end: self.text.len(),
        });
    }

    /// Sets the cell in `column`, with blanks before it where there are none yet.
    pub fn set(&mut self, column: usize, slot: Slot) {
        while self.slots.len() <= column {
            self.slots.push(Slot::Blank);
        }
        if let Some(place) = self.slots.get_mut(column) {
            *place = slot;
        }
    }

    /// As [`set`](Self::set), for text.
    pub fn set_text(&mut self, column: usize, text: &str) {
        let start = self.text.len();
        self.text.push_str(text);
        self.set(
            column,
            Slot::Text {
                start,
                end: self.text.len(),
            },
        );
    }

    /// Gives back room that is not used, for a row that is held.
    pub(super) fn shrink(&mut self) {
        self.slots.shrink_to_fit();
    }

    /// The first cell that no honest sender writes.
    pub(crate) fn fault(&self) -> Option<(&'static Rule, u32)> {
        // The whole text at once tells nearly all rows apart: what may be a control character, and what may be too long.
        let suspicious = |found, byte: u8| found | (byte < b' ') | (byte == 0x7f) | (byte == 0xc2);
        if self.text.len() <= LONGEST_FIELD && !self.text.bytes().fold(false, suspicious) {
            return None;
        }
        for (column, slot) in (0..).zip(&self.slots) {
            let Slot::Text { start, end } = *slot else {
                continue;
            };
            if end - start > LONGEST_FIELD {
                return Some((&rules::LONG_FIELD, column));
            }
            let text = self.text.get(start..end).unwrap_or_default();
            if text
                .chars()
                .any(|c| c.is_control() && !matches!(c, '\t' | '\n' | '\r'))
            {
                return Some((&rules::CONTROL_CHARACTER, column));
            }
        }
        None
    }
}

impl std::fmt::Debug for Row {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Row")
            .field("line", &self.line)
            .field("cells", &self.slots.len())
            .finish_non_exhaustive()
    }
}
