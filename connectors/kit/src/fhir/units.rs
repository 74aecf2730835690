//! The messages of a file, one at a time.

use std::{
    fs::File,
    io::{BufRead, BufReader, Read},
};

use records::Rule;

use super::{node::Node, xml};
use crate::{
    connector::{DeliveryFile, ReadError},
    decode::{DecodeError, decode},
    json::{
        self, JsonFault,
        split::{Found, ObjectSplitter},
    },
    layout::FileForm,
    rules,
    tabular::TabularError,
};

/// A message of a file, or what stands in its place.
#[derive(Debug)]
pub enum Unit {
    /// A message, and the line on which it begins.
    Message(u64, Node),
    /// Something that breaks a rule, and the line on which it begins; those round it stand.
    Fault(u64, &'static Rule),
}

/// The messages of a file.
pub struct Units {
    source: Source,
    /// The messages of a Bundle of Bundles that are still to come, the last first.
    waiting: Vec<Unit>,
}

enum Source {
    Json(ObjectSplitter),
    /// An XML document is one message; none once it was read.
    Xml(Option<xml::Read>),
}

impl Units {
    /// Opens a landed file. Whether it is JSON or XML shows by its first character.
    ///
    /// # Errors
    /// [`ReadError::Refused`] where it is neither, [`ReadError::Io`] where it cannot be read.
    pub fn open(file: &DeliveryFile, form: &FileForm) -> Result<Self, ReadError> {
        let wrong = |error: TabularError| error.into_read_error(&file.label);
        let mut source = BufReader::new(File::open(&file.path).map_err(|error| wrong(error.into()))?);
        let is_xml = looks_like_xml(&mut source).map_err(|error| wrong(error.into()))?;
        let source = if is_xml {
            Source::Xml(Some(xml::read(file, form)?))
        } else {
            let whole = File::open(&file.path).map_err(|error| wrong(error.into()))?;
            Source::Json(splitter(whole, form).map_err(wrong)?)
        };
        Ok(Units {
            source,
            waiting: Vec::new(),
        })
    }

    /// The messages of JSON text.
    ///
    /// # Errors
    /// [`TabularError`] where it is not in the form's encoding.
    pub fn from_json(source: impl Read + Send + 'static, form: &FileForm) -> Result<Self, TabularError> {
        Ok(Units {
            source: Source::Json(splitter(source, form)?),
            waiting: Vec::new(),
        })
    }

    /// The next message.
    ///
    /// # Errors
    /// [`TabularError::Refused`] where the file stops early or is no FHIR.
    pub fn read(&mut self) -> Result<Option<Unit>, TabularError> {
        if let Some(unit) = self.waiting.pop() {
            return Ok(Some(unit));
        }
        let (line, node) = match &mut self.source {
            Source::Xml(document) => match document.take() {
                Some((Ok(node), line)) => (line, node),
                Some((Err(rule), line)) => return Ok(Some(Unit::Fault(line, rule))),
                None => return Ok(None),
            },
            Source::Json(objects) => {
                let found = objects.read()?;
                let refused = |rule, line: u64| Err(TabularError::refused(rule, line));
                match found {
                    Found::End => return Ok(None),
                    Found::Empty => return Err(TabularError::refused(&rules::EMPTY_FILE, None)),
                    Found::Truncated => return refused(&rules::TRUNCATED, objects.line.max(1)),
                    Found::Malformed => return refused(&rules::NOT_FHIR, objects.here()),
                    Found::Object => {}
                }
                let line = objects.line;
                if objects.too_long {
                    return Ok(Some(Unit::Fault(line, &rules::LONG_RECORD)));
                }
                match json::object(&objects.bytes) {
                    Ok(object) => (line, Node::from_json(object)),
                    Err(JsonFault::Object(rule)) => return Ok(Some(Unit::Fault(line, rule))),
                    Err(JsonFault::Grammar) => return refused(&rules::NOT_FHIR, line),
                }
            }
        };
        let Some(kind) = node.resource_type() else {
            return Ok(Some(Unit::Fault(line, &rules::NO_RESOURCE)));
        };
        // A page of messages: each is read as if it stood alone.
        let is_message = |(name, entry): &(String, Node)| {
            name == "entry" && entry.text("resource.resourceType") == Some("Bundle")
        };
        if kind != "Bundle" || !node.children.iter().any(is_message) {
            return Ok(Some(Unit::Message(line, node)));
        }
        for (name, entry) in node.children.into_iter().rev() {
            let resource = entry.children.into_iter().find(|(name, _)| name == "resource");
            let Some((_, resource)) = resource.filter(|_| name == "entry") else {
                continue;
            };
            self.waiting.push(match resource.resource_type() {
                Some(_) => Unit::Message(line, resource),
                None => Unit::Fault(line, &rules::NO_RESOURCE),
            });
        }
        Ok(self.waiting.pop())
    }
}

fn splitter(source: impl Read + Send + 'static, form: &FileForm) -> Result<ObjectSplitter, TabularError> {
    let decoded =
        decode(Box::new(source) as Box<dyn Read + Send>, form.encoding).map_err(|error| match error {
            DecodeError::NoByteOrderMark => TabularError::refused(&rules::NO_BYTE_ORDER_MARK, None),
            DecodeError::Io(error) => TabularError::Io(error),
        })?;
    Ok(ObjectSplitter::bare(Box::new(decoded)))
}

/// Whether the first character, behind spaces and a byte order mark, opens a tag.
fn looks_like_xml(source: &mut impl BufRead) -> std::io::Result<bool> {
    loop {
        let chunk = source.fill_buf()?;
        if chunk.is_empty() {
            return Ok(false);
        }
        let mark = |byte: &u8| matches!(byte, 0xef | 0xbb | 0xbf | 0xff | 0xfe | 0);
        if let Some(first) = chunk
            .iter()
            .find(|byte| !byte.is_ascii_whitespace() && !mark(byte))
        {
            return Ok(*first == b'<');
        }
        let length = chunk.len();
        source.consume(length);
    }
}
