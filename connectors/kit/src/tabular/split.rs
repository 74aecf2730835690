//! CSV records, split so that truncation shows.
//!
//! The grammar is RFC 4180 with any delimiter and with CR, LF or CRLF at the end of a record. A quote means
//! something only at the start of a field.

use std::io::{self, BufRead, BufReader, Read};

use memchr::{memchr_iter, memchr3};
use zeroize::Zeroizing;

use super::{
    LONGEST_RECORD,
    row::{Row, Slot},
};

/// Records of a CSV text, as bytes.
pub(super) struct Splitter {
    source: BufReader<Box<dyn Read + Send>>,
    delimiter: u8,
    lines: Lines,
}

/// Counts lines.
#[derive(Default)]
struct Lines {
    /// Line ends passed so far.
    ended: u64,
    /// The last byte was a CR: an LF after it ends the same line.
    after_cr: bool,
}

/// One record: its fields, unquoted, one after the other. Between them may stand delimiters.
#[derive(Default)]
pub(super) struct RawRecord {
    bytes: Zeroizing<Vec<u8>>,
    /// Where each field stands in `bytes`: stretches of text alone.
    slots: Vec<Slot>,
    /// Where the field starts that is being read.
    start: usize,
    /// The line on which it starts, from 1.
    pub(super) line: u64,
    /// The text ended before a line end did.
    pub(super) unended: bool,
    /// The text ended within quotes.
    pub(super) open_quote: bool,
    /// Something other than a delimiter or line end follows a closing quote.
    pub(super) text_after_quote: bool,
    /// A line end stands within quotes.
    pub(super) line_end_in_quotes: bool,
    /// Longer than [`LONGEST_RECORD`]; the rest was passed over.
    pub(super) too_long: bool,
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    FieldStart,
    Unquoted,
    Quoted,
    AfterQuote,
}

impl RawRecord {
    /// The fields.
    pub(super) fn fields(&self) -> impl Iterator<Item = &[u8]> {
        self.slots.iter().map(|slot| match *slot {
            Slot::Text { start, end } => self.bytes.get(start..end).unwrap_or_default(),
            _ => &[],
        })
    }

    /// How many fields there are.
    pub(super) fn len(&self) -> usize {
        self.slots.len()
    }

    /// Becomes `row`, whose room it takes in exchange; false, and nothing done, where a field is not UTF-8.
    pub(super) fn fill(&mut self, row: &mut Row) -> bool {
        let Ok(text) = std::str::from_utf8(&self.bytes) else {
            return false;
        };
        // Half a character at the end of a field and half at the start of the next are no character.
        let whole = |slot: &Slot| matches!(slot, Slot::Text { start, .. } if text.is_char_boundary(*start));
        if !self.slots.iter().all(whole) {
            return false;
        }
        row.fill(self.line, text, &mut self.slots);
        true
    }

    fn clear(&mut self) {
        self.bytes.clear();
        self.slots.clear();
        self.start = 0;
        self.unended = false;
        self.open_quote = false;
        self.text_after_quote = false;
        self.line_end_in_quotes = false;
        self.too_long = false;
    }

    /// Takes a whole record without quotes.
    fn take_plain(&mut self, line: &[u8], delimiter: u8) {
        self.bytes.extend_from_slice(line);
        for end in memchr_iter(delimiter, line) {
            self.slots.push(Slot::Text {
                start: self.start,
                end,
            });
            self.start = end + 1;
        }
        self.slots.push(Slot::Text {
            start: self.start,
            end: line.len(),
        });
    }

    fn push(&mut self, byte: u8) {
        if self.bytes.len() < LONGEST_RECORD {
            self.bytes.push(byte);
        } else {
            self.too_long = true;
        }
    }

    fn end_field(&mut self) {
        let end = self.bytes.len();
        // A million delimiters are as much of an attack as a million letters.
        if self.slots.len() < LONGEST_RECORD {
            self.slots.push(Slot::Text {
                start: self.start,
                end,
            });
        } else {
            self.too_long = true;
        }
        self.start = end;
    }
}

impl Lines {
    /// Passes over a byte: whether it is part of a line end.
    fn pass(&mut self, byte: u8) -> bool {
        let second_of_crlf = byte == b'\n' && self.after_cr;
        self.after_cr = byte == b'\r';
        let line_end = matches!(byte, b'\r' | b'\n');
        self.ended += u64::from(line_end && !second_of_crlf);
        line_end
    }
}

impl Splitter {
    pub(super) fn new(source: Box<dyn Read + Send>, delimiter: u8) -> Self {
        Splitter {
            source: BufReader::with_capacity(64 * 1024, source),
            delimiter,
            lines: Lines::default(),
        }
    }

    /// Reads the next record; false at the end of the text. Empty lines are passed over.
    pub(super) fn read(&mut self, record: &mut RawRecord) -> io::Result<bool> {
        record.clear();
        if !self.pass_line_ends()? {
            return Ok(false);
        }
        record.line = self.lines.ended + 1;
        // Most records hold no quote, and lie in the buffer from end to end.
        let chunk = self.source.fill_buf()?;
        if let Some(end) = memchr3(b'\r', b'\n', b'"', chunk)
            && let Some((line, [byte @ (b'\r' | b'\n'), ..])) = chunk.split_at_checked(end)
        {
            record.take_plain(line, self.delimiter);
            self.lines.pass(*byte);
            self.source.consume(end + 1);
            return Ok(true);
        }
        self.read_quoted(record)
    }

    /// Passes over line ends; false at the end of the text.
    fn pass_line_ends(&mut self) -> io::Result<bool> {
        loop {
            let chunk = self.source.fill_buf()?;
            let Some(&byte) = chunk.first() else {
                return Ok(false);
            };
            if !self.lines.pass(byte) {
                return Ok(true);
            }
            self.source.consume(1);
        }
    }

    /// Reads on from the start of a record, byte by byte.
    fn read_quoted(&mut self, record: &mut RawRecord) -> io::Result<bool> {
        let mut state = State::FieldStart;
        loop {
            let chunk = self.source.fill_buf()?;
            if chunk.is_empty() {
                record.unended = true;
                record.open_quote = state == State::Quoted;
                record.end_field();
                return Ok(true);
            }
            let mut taken = 0;
            let mut ended = false;
            for &byte in chunk {
                taken += 1;
                let line_end = self.lines.pass(byte);
                if state == State::Quoted {
                    if byte == b'"' {
                        state = State::AfterQuote;
                    } else {
                        record.line_end_in_quotes |= line_end;
                        record.push(byte);
                    }
                } else if line_end {
                    record.end_field();
                    ended = true;
                    break;
                } else if byte == self.delimiter {
                    record.end_field();
                    state = State::FieldStart;
                } else if byte == b'"' && state == State::FieldStart {
                    state = State::Quoted;
                } else if byte == b'"' && state == State::AfterQuote {
                    record.push(byte);
                    state = State::Quoted;
                } else {
                    record.text_after_quote |= state == State::AfterQuote;
                    record.push(byte);
                    state = State::Unquoted;
                }
            }
            self.source.consume(taken);
            if ended {
                return Ok(true);
            }
        }
    }
}
