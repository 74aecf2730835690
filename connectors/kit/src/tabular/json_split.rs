//! The objects of a JSON array, one at a time, with their ends found before they are parsed: an object that is
//! too long or badly encoded costs itself, and a file that stops early shows.

use std::io::{self, BufRead, BufReader, Read};

use zeroize::Zeroizing;

use super::LONGEST_RECORD;

/// Objects of an array.
pub(super) struct ObjectSplitter {
    source: BufReader<Box<dyn Read + Send>>,
    place: Place,
    pub(super) bytes: Zeroizing<Vec<u8>>,
    /// The object is longer than [`LONGEST_RECORD`]; the rest was passed over.
    pub(super) too_long: bool,
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
}

/// What was found.
pub(super) enum Found {
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
    pub(super) fn new(source: Box<dyn Read + Send>) -> Self {
        ObjectSplitter {
            source: BufReader::with_capacity(64 * 1024, source),
            place: Place::BeforeArray,
            bytes: Zeroizing::default(),
            too_long: false,
        }
    }

    /// Reads on to the end of the next object, whose text is then in `bytes`.
    pub(super) fn read(&mut self) -> io::Result<Found> {
        self.bytes.clear();
        self.too_long = false;
        loop {
            let chunk = self.source.fill_buf()?;
            if chunk.is_empty() {
                return Ok(match self.place {
                    Place::AfterArray => Found::End,
                    Place::BeforeArray => Found::Empty,
                    _ => Found::Truncated,
                });
            }
            let mut taken = 0;
            let mut found = None;
            for &byte in chunk {
                taken += 1;
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
                        let next = inside(depth, in_text, escaped, byte);
                        if next == Place::AfterObject {
                            found = Some(Found::Object);
                        }
                        next
                    }
                    (place, _) if space => place,
                    (Place::BeforeArray, b'[') => Place::First,
                    (Place::First | Place::Object, b'{') => {
                        self.bytes.push(byte);
                        Place::Inside {
                            depth: 1,
                            in_text: false,
                            escaped: false,
                        }
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
