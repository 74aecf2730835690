//! The objects of a JSON array, or of a file that holds one after the other, with their ends found before they are
//! parsed: an object that is too long or badly encoded costs itself, and a file that stops early shows.

use std::io::{self, BufRead, BufReader, Read};

use zeroize::Zeroizing;

use crate::tabular::LONGEST_RECORD;

/// Objects of an array, or objects one after the other.
pub(crate) struct ObjectSplitter {
    source: BufReader<Box<dyn Read + Send>>,
    place: Place,
    /// Whether objects may stand without an array round them, as one a line.
    bare: bool,
    /// Whether the object stands in an array.
    in_array: bool,
    /// Line ends passed so far.
    ends: u64,
    /// The line on which the object begins, from 1.
    pub(crate) line: u64,
    pub(crate) bytes: Zeroizing<Vec<u8>>,
    /// The object is longer than [`LONGEST_RECORD`]; the rest was passed over.
    pub(crate) too_long: bool,
}

/// What may come next.
#[derive(Clone, Copy, PartialEq)]
enum Place {
    BeforeArray,
    /// After `[`: an object or `]`.
    First,
    /// After a comma: an object.
    Object,
    Inside {
        depth: u32,
        in_text: bool,
        escaped: bool,
    },
    /// After an object: a comma or `]`.
    AfterObject,
    AfterArray,
    /// After an object that no array holds.
    Between,
}

/// What was found.
pub(crate) enum Found {
    Object,
    End,
    /// The text ends within the array.
    Truncated,
    /// Nothing at all.
    Empty,
    /// Something that is not an array of objects.
    Malformed,
}

impl ObjectSplitter {
    pub(crate) fn new(source: Box<dyn Read + Send>) -> Self {
        ObjectSplitter {
            source: BufReader::with_capacity(64 * 1024, source),
            place: Place::BeforeArray,
            bare: false,
            in_array: false,
            ends: 0,
            line: 0,
            bytes: Zeroizing::default(),
            too_long: false,
        }
    }

    /// As [`new`](Self::new), where objects may also stand one after the other without an array.
    pub(crate) fn bare(source: Box<dyn Read + Send>) -> Self {
        ObjectSplitter {
            bare: true,
            ..Self::new(source)
        }
    }

    /// The line on which the reader stands, from 1.
    pub(crate) fn here(&self) -> u64 {
        self.ends + 1
    }

    /// Reads on to the end of the next object, whose text is then in `bytes`.
    pub(crate) fn read(&mut self) -> io::Result<Found> {
        self.bytes.clear();
        self.too_long = false;
        loop {
            let chunk = self.source.fill_buf()?;
            if chunk.is_empty() {
                return Ok(match self.place {
                    Place::AfterArray | Place::Between => Found::End,
                    Place::BeforeArray => Found::Empty,
                    _ => Found::Truncated,
                });
            }
            let mut taken = 0;
            let mut found = None;
            for &byte in chunk {
                taken += 1;
                self.ends += u64::from(byte == b'\n');
                let space = matches!(byte, b' ' | b'\t' | b'\n' | b'\r');
                self.place = match (self.place, byte) {
                    (
                        Place::Inside {
                            depth,
                            in_text,
                            escaped,
                        },
                        _,
                    ) => {
                        if self.bytes.len() < LONGEST_RECORD {
                            self.bytes.push(byte);
                        } else {
                            self.too_long = true;
                        }
                        match inside(depth, in_text, escaped, byte) {
                            Place::AfterObject => {
                                found = Some(Found::Object);
                                if self.in_array {
                                    Place::AfterObject
                                } else {
                                    Place::Between
                                }
                            }
                            next => next,
                        }
                    }
                    (place, _) if space => place,
                    (Place::BeforeArray, b'[') => Place::First,
                    (Place::First | Place::Object, b'{') => {
                        self.bytes.push(byte);
                        self.line = self.ends + 1;
                        self.in_array = true;
                        AT_FIRST_BRACE
                    }
                    (Place::BeforeArray | Place::Between, b'{') if self.bare => {
                        self.bytes.push(byte);
                        self.line = self.ends + 1;
                        self.in_array = false;
                        AT_FIRST_BRACE
                    }
                    (Place::First | Place::AfterObject, b']') => Place::AfterArray,
                    (Place::AfterObject, b',') => Place::Object,
                    (place, _) => {
                        found = Some(Found::Malformed);
                        place
                    }
                };
                if found.is_some() {
                    break;
                }
            }
            self.source.consume(taken);
            if let Some(found) = found {
                return Ok(found);
            }
        }
    }
}

/// Behind the first brace of an object.
const AT_FIRST_BRACE: Place = Place::Inside {
    depth: 1,
    in_text: false,
    escaped: false,
};

fn inside(depth: u32, in_text: bool, escaped: bool, byte: u8) -> Place {
    match byte {
        _ if escaped => Place::Inside {
            depth,
            in_text,
            escaped: false,
        },
        b'\\' if in_text => Place::Inside {
            depth,
            in_text,
            escaped: true,
        },
        b'"' => Place::Inside {
            depth,
            in_text: !in_text,
            escaped: false,
        },
        b'{' | b'[' if !in_text => Place::Inside {
            depth: depth.saturating_add(1),
            in_text,
            escaped,
        },
        b'}' | b']' if !in_text && depth == 1 => Place::AfterObject,
        b'}' | b']' if !in_text => Place::Inside {
            depth: depth - 1,
            in_text,
            escaped,
        },
        _ => Place::Inside {
            depth,
            in_text,
            escaped,
        },
    }
}
