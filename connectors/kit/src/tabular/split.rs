//! CSV records, split so that truncation shows.
//!
//! The grammar is RFC 4180 with any delimiter and with CR, LF or CRLF at the end of a record. A quote means
//! something only at the start of a field.

use std::io::{self, BufRead, BufReader, Read};

use zeroize::Zeroizing;

use super::LONGEST_RECORD;

/// Records of a CSV text, as bytes.
pub(super) struct Splitter {
    source: BufReader<Box<dyn Read + Send>>,
    delimiter: u8,
    /// Line ends passed so far.
    lines: u64,
    /// The last byte was a CR: an LF after it ends the same line.
    after_cr: bool,
}

/// One record: its fields, unquoted, one after the other.
#[derive(Default)]
pub(super) struct RawRecord {
    bytes: Zeroizing<Vec<u8>>,
    /// Where each field ends in `bytes`.
    ends: Vec<usize>,
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
    RecordStart,
    FieldStart,
    Unquoted,
    Quoted,
    AfterQuote,
}

impl RawRecord {
    /// The fields.
    pub(super) fn fields(&self) -> impl Iterator<Item = &[u8]> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts
            .zip(&self.ends)
            .map(|(start, &end)| self.bytes.get(start..end).unwrap_or_default())
    }

    /// How many fields there are.
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    fn push(&mut self, byte: u8) {
        if self.bytes.len() < LONGEST_RECORD {
            self.bytes.push(byte);
        } else {
            self.too_long = true;
        }
    }

    fn end_field(&mut self) {
        // A million delimiters are as much of an attack as a million letters.
        if self.ends.len() < LONGEST_RECORD {
            self.ends.push(self.bytes.len());
        } else {
            self.too_long = true;
        }
    }
}

impl Splitter {
    pub(super) fn new(source: Box<dyn Read + Send>, delimiter: u8) -> Self {
        Splitter {
            source: BufReader::with_capacity(64 * 1024, source),
            delimiter,
            lines: 0,
            after_cr: false,
        }
    }

    /// Reads the next record; false at the end of the text. Empty lines are passed over.
    pub(super) fn read(&mut self, record: &mut RawRecord) -> io::Result<bool> {
        record.bytes.clear();
        record.ends.clear();
        record.unended = false;
        record.open_quote = false;
        record.text_after_quote = false;
        record.line_end_in_quotes = false;
        record.too_long = false;
        let mut state = State::RecordStart;
        loop {
            let chunk = self.source.fill_buf()?;
            if chunk.is_empty() {
                if state == State::RecordStart {
                    return Ok(false);
                }
                record.unended = true;
                record.open_quote = state == State::Quoted;
                record.end_field();
                return Ok(true);
            }
            let mut taken = 0;
            let mut ended = false;
            for &byte in chunk {
                taken += 1;
                let second_of_crlf = byte == b'\n' && std::mem::take(&mut self.after_cr);
                self.after_cr = byte == b'\r';
                let line_end = matches!(byte, b'\r' | b'\n');
                if line_end && !second_of_crlf {
                    self.lines += 1;
                }
                if state == State::RecordStart {
                    if line_end {
                        continue;
                    }
                    record.line = self.lines + 1;
                    state = State::FieldStart;
                }
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
