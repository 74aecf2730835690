//! XML, read one element at a time and never trusted.
//!
//! A [`XmlReader`] walks a document of any length in constant memory and says, for each element, where it
//! opened, its local name and its text. It knows two kinds of trouble:
//!
//! - a [`XmlFlaw`] spoils one element: a control character, an entity that is not one of the five, a field
//!   over 64 KiB. The structure round it still stands, so only the record that holds it is lost.
//! - a [`XmlFault`] ends the reading: the document is cut short, wrongly nested, too deep, or not the
//!   document that was asked for. Nothing after the fault can be placed, and nothing before it can be trusted
//!   to be complete, so the delivery is refused.
//!
//! The parser below (quick-xml) accepts a document that ends with elements still open, several roots, and
//! anything behind the last root. A half-sent census would pass as a smaller one; the checks here are what
//! stops it. A document type declaration is refused before anything in it is looked at, and no entity is
//! ever expanded but the five of XML itself and character references.
//!
//! Input is UTF-8: [`decode`](crate::decode) comes first and takes care of byte order mark and declaration.
//!
//! ```
//! use kit::xml::{XmlReader, XmlStep};
//!
//! let mut reader = XmlReader::new("<Message><Name>Rook &amp; Daw</Name></Message>".as_bytes(), ["Message"]);
//! let mut names = Vec::new();
//! loop {
//!     match reader.step()? {
//!         XmlStep::Close(element) if element.name == "Name" => names.push(element.text),
//!         XmlStep::End => break,
//!         _ => {}
//!     }
//! }
//! assert_eq!(names.first().map(|name| name.as_str()), Some("Rook & Daw"));
//! # Ok::<(), kit::xml::XmlFault>(())
//! ```

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Cursor, Read},
};

use quick_xml::{
    Reader, XmlVersion,
    escape::resolve_predefined_entity,
    events::{BytesRef, BytesStart, Event},
};
use records::{Finding, Location, Rule, finding::Effect};
use zeroize::Zeroizing;

use crate::{
    connector::{DeliveryFile, ReadError},
    decode::{DecodeError, Decoded, decode},
    layout::{Encoding, FileForm},
};

/// How deep elements may nest. The deepest return of the DfE nests eight deep; far more is an attack on
/// readers that recurse.
pub const MAX_DEPTH: usize = 64;

/// How many attributes one element may have. The returns read here have none.
pub const MAX_ATTRIBUTES: usize = 64;

/// How long the text of one element may be, in bytes of UTF-8.
pub const MAX_FIELD_BYTES: usize = 64 * 1024;

/// How long one piece of markup or text may be before reading stops, in bytes: what bounds memory where a
/// document never closes a tag or a comment. Well above [`MAX_FIELD_BYTES`], so that a field somewhat too long
/// costs one record and not the delivery.
pub const MAX_EVENT_BYTES: u64 = 1024 * 1024;

/// Declares the rules of this module.
macro_rules! rules {
    ($($name:ident $id:literal $wrong:literal, $remedy:literal;)*) => {
        $(
            #[doc = concat!("`", $id, "`: ", $wrong, ".")]
            pub static $name: Rule = Rule {
                id: $id,
                wrong: $wrong,
                remedy: $remedy,
                source: "Extensible Markup Language (XML) 1.0; sendlink",
            };
        )*

        /// Every rule about XML documents, by id.
        pub static ALL: &[&Rule] = &[$(&$name),*];
    };
}

rules! {
    EMPTY "XML-001" "the document holds no element", "send the file again; it seems to have been cut off at its very start";
    WRONG_ROOT "XML-002" "the document is not of the expected kind: its outermost element has another name",
        "send the return itself, and check that this feed's mapping is meant for this kind of file";
    TRAILING "XML-003" "something stands behind the end of the document", "send each document in a file of its own";
    UNCLOSED "XML-004" "the document ends before its elements are closed: it was cut short",
        "send the whole file again";
    MALFORMED "XML-005" "the document is not well-formed", "export the file again and do not edit it by hand";
    DOCTYPE "XML-006" "the document holds a document type declaration, which is not accepted",
        "remove the DOCTYPE; the return needs none";
    TOO_DEEP "XML-007" "elements are nested more than 64 deep", "export the file again; no return nests as deep";
    TOO_LONG "XML-008" "a tag, comment or text is longer than 1 MiB", "export the file again; a tag may never have been closed";
    NOT_UTF8 "XML-009" "the document is not text in the encoding that it declares", "export the file as UTF-8";
    ENTITY "XML-010" "an entity other than the five of XML is used, or an & stands alone", "write & as &amp;";
    LONG_FIELD "XML-011" "the text of an element is longer than 64 KiB", "shorten the field";
    CONTROL "XML-012" "an element holds a control character", "remove the character in the source system";
    ATTRIBUTES "XML-013" "an element has faulty attributes or more than 64 of them", "export the file again; the return has no attributes";
    MIXED "XML-014" "text stands between elements", "export the file again and do not edit it by hand";
    DAMAGED "XML-015" "an element holds a replacement character: its text was damaged before it was sent",
        "correct the text in the source system";
}

/// A place in a document, both counted from 1. Columns count characters, not bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The line.
    pub line: u64,
    /// The character within the line.
    pub column: u64,
}

/// An element that has closed.
#[derive(Clone, PartialEq, Eq)]
pub struct Element {
    /// Its local name, as written: without a namespace prefix.
    pub name: String,
    /// Its own text, assembled across references and CDATA and trimmed; blank for an element that only holds
    /// others. Wiped when dropped; the parser's own buffer is not.
    pub text: Zeroizing<String>,
    /// Where it opened.
    pub at: Place,
    /// Whether it held no other element.
    pub leaf: bool,
    /// What is wrong with it, if anything; the first thing where there are several.
    pub flaw: Option<XmlFlaw>,
}

/// Texts of a return are names and birth dates: they never reach a log.
impl std::fmt::Debug for Element {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Element")
            .field("at", &self.at)
            .field("flaw", &self.flaw)
            .finish_non_exhaustive()
    }
}

/// What spoils one element and leaves the structure of the document sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum XmlFlaw {
    /// See [`ENTITY`].
    Entity,
    /// See [`LONG_FIELD`].
    LongField,
    /// See [`CONTROL`].
    Control,
    /// See [`ATTRIBUTES`].
    Attributes,
    /// See [`MIXED`].
    Mixed,
    /// See [`DAMAGED`].
    Damaged,
}

impl XmlFlaw {
    /// The rule that it breaks.
    pub const fn rule(self) -> &'static Rule {
        match self {
            XmlFlaw::Entity => &ENTITY,
            XmlFlaw::LongField => &LONG_FIELD,
            XmlFlaw::Control => &CONTROL,
            XmlFlaw::Attributes => &ATTRIBUTES,
            XmlFlaw::Mixed => &MIXED,
            XmlFlaw::Damaged => &DAMAGED,
        }
    }
}

/// Why a document cannot be read on.
#[derive(Debug, thiserror::Error)]
pub enum XmlFault {
    /// The document breaks a rule as a whole.
    #[error("line {}, character {}: {}", .at.line, .at.column, .rule.wrong)]
    Broken {
        /// Which rule.
        rule: &'static Rule,
        /// Where; for a document cut short, where it ends.
        at: Place,
    },
    /// The bytes could not be had.
    #[error("cannot be read: {0}")]
    Io(io::Error),
}

impl XmlFault {
    /// The same as the contract of a connector has it, for the file called `label`.
    pub fn into_read_error(self, label: &str) -> ReadError {
        match self {
            XmlFault::Broken { rule, at } => ReadError::Refused(Box::new(Finding {
                rule,
                effect: Effect::RefusedDelivery,
                location: Location {
                    file: label.to_owned(),
                    line: Some(at.line),
                    ..Location::default()
                },
                rows: 1,
            })),
            XmlFault::Io(source) => ReadError::Io {
                label: label.to_owned(),
                source,
            },
        }
    }
}

/// One step through a document.
#[derive(Debug)]
pub enum XmlStep<'r> {
    /// An element opens.
    Open {
        /// Its local name.
        name: &'r str,
        /// Where.
        at: Place,
    },
    /// An element closes.
    Close(Element),
    /// The document ended, whole.
    End,
}

/// A landed document, decoded.
pub type XmlFile = XmlReader<BufReader<Decoded<io::Chain<Cursor<Vec<u8>>, File>>>>;

/// Where an XML declaration must have ended, in bytes: it has three short parts.
const DECLARATION_BYTES: u64 = 256;

/// Opens a landed document. Its byte order mark decides on the encoding, else its declaration, else `form`.
///
/// # Errors
/// [`XmlFault`] where it cannot be read, or declares an encoding other than UTF-8, UTF-16 with a mark,
/// Windows-1252 and ISO 8859-1.
pub fn open(file: &DeliveryFile, form: &FileForm) -> Result<XmlFile, XmlFault> {
    let mut source = File::open(&file.path).map_err(XmlFault::Io)?;
    let mut start = Vec::new();
    source
        .by_ref()
        .take(DECLARATION_BYTES)
        .read_to_end(&mut start)
        .map_err(XmlFault::Io)?;
    let not_text = XmlFault::Broken {
        rule: &NOT_UTF8,
        at: Place::START,
    };
    let Some(encoding) = declared_encoding(&start, form.encoding) else {
        return Err(not_text);
    };
    let decoded = decode(Cursor::new(start).chain(source), encoding).map_err(|error| match error {
        DecodeError::NoByteOrderMark => not_text,
        DecodeError::Io(error) => XmlFault::Io(error),
    })?;
    Ok(XmlReader::new(
        BufReader::with_capacity(64 * 1024, decoded),
        form.roots.iter().cloned(),
    ))
}

/// The encoding that an XML declaration names, `otherwise` where it names none; none where it is not one that can
/// be decoded.
fn declared_encoding(start: &[u8], otherwise: Encoding) -> Option<Encoding> {
    let start = String::from_utf8_lossy(start);
    let declaration = start.trim_start_matches('\u{feff}').strip_prefix("<?xml");
    let declaration = declaration
        .and_then(|text| text.split_once("?>"))
        .map(|(declaration, _)| declaration);
    let Some((_, name)) = declaration.and_then(|text| text.split_once("encoding")) else {
        return Some(otherwise);
    };
    let name = name.trim_start().strip_prefix('=')?.trim_start();
    let quote = name.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
    let (name, _) = name.get(1..)?.split_once(quote)?;
    let encoding = encoding_rs::Encoding::for_label(name.as_bytes())?;
    if encoding == encoding_rs::UTF_8 {
        Some(Encoding::Utf8)
    } else if encoding == encoding_rs::WINDOWS_1252 {
        // What browsers and Windows mean by ISO 8859-1, which differs only in control characters.
        Some(Encoding::Windows1252)
    } else if encoding == encoding_rs::UTF_16LE || encoding == encoding_rs::UTF_16BE {
        Some(Encoding::Utf16)
    } else {
        None
    }
}

/// Walks one document.
pub struct XmlReader<R: BufRead> {
    reader: Reader<Guarded<R>>,
    buffer: Vec<u8>,
    roots: Vec<String>,
    open: Vec<Frame>,
    root_seen: bool,
    /// The local names of attributes that are kept.
    kept: Vec<&'static str>,
    /// Those of the element that opened last.
    attributes: Vec<(String, Zeroizing<String>)>,
}

/// An element that is open.
struct Frame {
    name: String,
    text: Zeroizing<String>,
    at: Place,
    leaf: bool,
    flaw: Option<XmlFlaw>,
}

impl Frame {
    fn spoil(&mut self, flaw: XmlFlaw) {
        self.flaw.get_or_insert(flaw);
    }

    /// Adds text, up to the cap: what is over it is not kept.
    fn push(&mut self, text: &str) {
        if self.text.len() + text.len() > MAX_FIELD_BYTES {
            self.spoil(XmlFlaw::LongField);
            return;
        }
        // Printable ASCII, as nearly all texts are, holds neither.
        if !text.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
            if text.chars().any(is_control) {
                self.spoil(XmlFlaw::Control);
            }
            if text.contains(char::REPLACEMENT_CHARACTER) {
                self.spoil(XmlFlaw::Damaged);
            }
        }
        self.text.push_str(text);
    }
}

impl<R: BufRead> XmlReader<R> {
    /// A reader of a document whose outermost element has one of the names `roots`, in any case of letters.
    pub fn new(input: R, roots: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let mut reader = Reader::from_reader(Guarded::new(input));
        let config = reader.config_mut();
        // An empty element then comes as one that opens and closes, like any other.
        config.expand_empty_elements = true;
        // A lone & spoils its element only; the text that holds it says so.
        config.allow_dangling_amp = true;
        XmlReader {
            reader,
            buffer: Vec::new(),
            roots: roots.into_iter().map(Into::into).collect(),
            open: Vec::new(),
            root_seen: false,
            kept: Vec::new(),
            attributes: Vec::new(),
        }
    }

    /// The same reader, which keeps attributes of these local names.
    pub fn keeping(self, kept: &[&'static str]) -> Self {
        XmlReader {
            kept: kept.to_vec(),
            ..self
        }
    }

    /// The kept attributes of the element that opened last, in their order. A text that is no sound one is left out, and
    /// the element has a flaw.
    pub fn attributes(&self) -> &[(String, Zeroizing<String>)] {
        &self.attributes
    }

    /// How many elements are open.
    pub fn depth(&self) -> usize {
        self.open.len()
    }

    /// Where the reader stands.
    pub fn place(&self) -> Place {
        self.reader.get_ref().place()
    }

    /// The next step.
    ///
    /// # Errors
    /// [`XmlFault`] where the document cannot be read on; do not call again after one.
    pub fn step(&mut self) -> Result<XmlStep<'_>, XmlFault> {
        loop {
            let at = self.place();
            let broken = |rule| Err(XmlFault::Broken { rule, at });
            self.buffer.clear();
            self.reader.get_mut().mark();
            let event = match self.reader.read_event_into(&mut self.buffer) {
                Ok(event) => event,
                Err(error) => return Err(fault(error, at)),
            };
            match event {
                Event::Start(start) => {
                    if self.open.len() >= MAX_DEPTH {
                        return broken(&TOO_DEEP);
                    }
                    let name = start.local_name().as_ref().to_owned();
                    match self.open.last_mut() {
                        Some(parent) => parent.leaf = false,
                        None if self.root_seen => return broken(&TRAILING),
                        None if !self.roots.iter().any(|root| root.eq_ignore_ascii_case(&name)) => {
                            return broken(&WRONG_ROOT);
                        }
                        None => self.root_seen = true,
                    }
                    let flaw = (!attributes_are_sound(&start)).then_some(XmlFlaw::Attributes);
                    let mut frame = Frame {
                        name,
                        text: Zeroizing::default(),
                        at,
                        leaf: true,
                        flaw,
                    };
                    self.attributes.clear();
                    if !self.kept.is_empty() && frame.flaw.is_none() {
                        keep_attributes(&start, &self.kept, &mut self.attributes, &mut frame);
                    }
                    self.open.push(frame);
                    // The frame just pushed is there; the compiler needs the other arm.
                    let name = self.open.last().map_or("", |frame| frame.name.as_str());
                    return Ok(XmlStep::Open { name, at });
                }
                Event::End(_) => {
                    // The parser has checked the name against the tag that it closes.
                    let Some(frame) = self.open.pop() else {
                        return broken(&MALFORMED);
                    };
                    return Ok(XmlStep::Close(close(frame)));
                }
                Event::Text(text) => {
                    let text = text.xml_content(XmlVersion::Implicit1_0);
                    match self.open.last_mut() {
                        Some(frame) => {
                            if text.contains('&') {
                                frame.spoil(XmlFlaw::Entity);
                            }
                            frame.push(&text);
                        }
                        None if text.trim().is_empty() => {}
                        None if self.root_seen => return broken(&TRAILING),
                        None => return broken(&MALFORMED),
                    }
                }
                Event::CData(text) => match self.open.last_mut() {
                    Some(frame) => frame.push(&text.xml_content(XmlVersion::Implicit1_0)),
                    None if self.root_seen => return broken(&TRAILING),
                    None => return broken(&MALFORMED),
                },
                Event::GeneralRef(reference) => match self.open.last_mut() {
                    Some(frame) => match resolve(&reference) {
                        Some(text) => frame.push(&text),
                        None => frame.spoil(XmlFlaw::Entity),
                    },
                    None if self.root_seen => return broken(&TRAILING),
                    None => return broken(&MALFORMED),
                },
                Event::DocType(_) => return broken(&DOCTYPE),
                // A declaration stands first or not at all.
                Event::Decl(_) if self.root_seen || at != Place::START => return broken(&MALFORMED),
                Event::Decl(_) | Event::Comment(_) | Event::PI(_) => {}
                // Cannot come: empty elements are expanded.
                Event::Empty(_) => return broken(&MALFORMED),
                Event::Eof if !self.open.is_empty() => return broken(&UNCLOSED),
                Event::Eof if !self.root_seen => return broken(&EMPTY),
                Event::Eof => return Ok(XmlStep::End),
            }
        }
    }
}

/// An element as its reader sees it.
fn close(mut frame: Frame) -> Element {
    if !frame.leaf && !frame.text.trim().is_empty() {
        frame.spoil(XmlFlaw::Mixed);
    }
    Element {
        text: if !frame.leaf {
            Zeroizing::default()
        } else if frame.text.trim().len() == frame.text.len() {
            frame.text
        } else {
            Zeroizing::new(frame.text.trim().to_owned())
        },
        name: frame.name,
        at: frame.at,
        leaf: frame.leaf,
        flaw: frame.flaw,
    }
}

/// The text of a character reference or of one of the five entities; none for anything else.
fn resolve(reference: &BytesRef<'_>) -> Option<String> {
    match reference.resolve_char_ref() {
        Ok(Some(character)) => Some(character.to_string()),
        Ok(None) => {
            let name: &str = reference;
            resolve_predefined_entity(name).map(str::to_owned)
        }
        Err(_) => None,
    }
}

/// Whether the attributes can be parsed, are not repeated, and are not too many.
fn attributes_are_sound(start: &BytesStart<'_>) -> bool {
    let mut attributes = start.attributes();
    attributes
        .by_ref()
        .take(MAX_ATTRIBUTES)
        .all(|attribute| attribute.is_ok())
        && attributes.next().is_none()
}

/// Keeps the attributes of these local names, each checked as the text of an element is.
fn keep_attributes(
    start: &BytesStart<'_>,
    kept: &[&str],
    attributes: &mut Vec<(String, Zeroizing<String>)>,
    frame: &mut Frame,
) {
    for attribute in start.attributes().flatten() {
        let name = attribute.key.local_name().as_ref().to_owned();
        if !kept.contains(&name.as_str()) {
            continue;
        }
        let Ok(text) = attribute.normalized_value(XmlVersion::Implicit1_0) else {
            frame.spoil(XmlFlaw::Entity);
            continue;
        };
        frame.push(&text);
        let kept = std::mem::take(&mut frame.text);
        attributes.push((name, kept));
    }
}

/// Characters that no XML document may hold, and the C1 controls, which mark text decoded wrongly.
fn is_control(character: char) -> bool {
    matches!(character, '\u{fffe}' | '\u{ffff}')
        || (character.is_control() && !matches!(character, '\t' | '\n' | '\r'))
}

/// What the parser says, without the texts that it quotes.
fn fault(error: quick_xml::Error, at: Place) -> XmlFault {
    use quick_xml::{Error, errors::SyntaxError};
    let rule = match error {
        Error::Io(error) => {
            return match error.get_ref().and_then(|inner| inner.downcast_ref::<TooLong>()) {
                Some(TooLong) => XmlFault::Broken { rule: &TOO_LONG, at },
                None => XmlFault::Io(io::Error::new(error.kind(), error.to_string())),
            };
        }
        Error::Encoding(_) => &NOT_UTF8,
        Error::Syntax(SyntaxError::InvalidBangMarkup) => &MALFORMED,
        // The other errors of syntax all say that the input ended inside a piece of markup.
        Error::Syntax(_) => &UNCLOSED,
        _ => &MALFORMED,
    };
    XmlFault::Broken { rule, at }
}

impl Place {
    /// The first character of a document.
    const START: Place = Place { line: 1, column: 1 };
}

/// One piece of markup or text went over [`MAX_EVENT_BYTES`].
#[derive(Debug, thiserror::Error)]
#[error("a piece of markup or text is too long")]
struct TooLong;

/// Counts what is consumed, and stops a piece of markup that never ends.
struct Guarded<R> {
    inner: R,
    counter: Counter,
}

/// Where reading stands, and how far since the last mark.
struct Counter {
    place: Place,
    since_mark: u64,
}

impl Counter {
    fn count(&mut self, bytes: &[u8]) {
        let ends = bytes.iter().filter(|byte| **byte == b'\n').count();
        let mut line = bytes;
        if ends > 0 {
            self.place.line += ends as u64;
            self.place.column = 1;
            line = bytes.rsplit(|byte| *byte == b'\n').next().unwrap_or_default();
        }
        // Not a continuation byte of UTF-8: a character begins here.
        let characters = line.iter().filter(|byte| **byte & 0xC0 != 0x80).count();
        self.place.column += characters as u64;
        self.since_mark += bytes.len() as u64;
    }
}

impl<R> Guarded<R> {
    fn new(inner: R) -> Self {
        Guarded {
            inner,
            counter: Counter {
                place: Place::START,
                since_mark: 0,
            },
        }
    }

    fn place(&self) -> Place {
        self.counter.place
    }

    /// Starts counting the next piece.
    fn mark(&mut self) {
        self.counter.since_mark = 0;
    }
}

impl<R: BufRead> Read for Guarded<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let mut available = self.fill_buf()?;
        let taken = available.read(into)?;
        self.consume(taken);
        Ok(taken)
    }
}

impl<R: BufRead> BufRead for Guarded<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.counter.since_mark > MAX_EVENT_BYTES {
            return Err(io::Error::new(io::ErrorKind::InvalidData, TooLong));
        }
        self.inner.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        // What is about to be consumed is still buffered: this call reads nothing.
        if let Ok(buffered) = self.inner.fill_buf() {
            self.counter.count(buffered.get(..amount).unwrap_or(buffered));
        }
        self.inner.consume(amount);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An element's name, text and flaw.
    type Leaf = (String, String, Option<XmlFlaw>);

    /// What a document comes to: its leaves, or the rule that ends it.
    fn read(document: &str) -> Result<Vec<Leaf>, (&'static str, Place)> {
        let mut reader = XmlReader::new(document.as_bytes(), ["Message"]);
        let mut leaves = Vec::new();
        loop {
            match reader.step() {
                Ok(XmlStep::Open { .. }) => {}
                Ok(XmlStep::Close(element)) if element.leaf || element.flaw.is_some() => {
                    leaves.push((element.name, element.text.to_string(), element.flaw));
                }
                Ok(XmlStep::Close(_)) => {}
                Ok(XmlStep::End) => return Ok(leaves),
                Err(XmlFault::Broken { rule, at }) => return Err((rule.id, at)),
                Err(XmlFault::Io(error)) => panic!("{error}"),
            }
        }
    }

    fn leaf(name: &str, text: &str, flaw: Option<XmlFlaw>) -> Leaf {
        (name.to_owned(), text.to_owned(), flaw)
    }

    fn rule(document: &str) -> &'static str {
        read(document).expect_err("the document must be refused").0
    }

    const WHOLE: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!-- made up -->\n<m:Message xmlns:m=\"urn:x\">\n \
        <Pupil><Name> K &amp; E&#x41;</Name><Note><![CDATA[a < b]]> c</Note><Empty/></Pupil>\n</m:Message>\n";

    #[test]
    fn text_is_assembled_across_references_and_cdata() {
        let leaves = read(WHOLE).expect("whole");
        assert_eq!(
            leaves,
            [
                leaf("Name", "K & EA", None),
                leaf("Note", "a < b c", None),
                leaf("Empty", "", None)
            ]
        );
    }

    #[test]
    fn every_prefix_that_does_not_close_is_refused() {
        let end = WHOLE.trim_end().len();
        for length in 0..WHOLE.len() {
            let outcome = read(&WHOLE[..length]);
            assert_eq!(
                outcome.is_ok(),
                length >= end,
                "prefix of {length} bytes: {outcome:?}"
            );
        }
    }

    #[test]
    fn the_document_asked_for_and_nothing_behind_it() {
        assert_eq!(rule(""), EMPTY.id);
        assert_eq!(rule("<Other/>"), WRONG_ROOT.id);
        assert!(read("<message/> <!-- end -->\n").is_ok());
        for trailing in ["<Message/>", "x", "<![CDATA[x]]>", "&amp;", "<"] {
            assert!(
                read(&format!("<Message></Message>{trailing}")).is_err(),
                "{trailing}"
            );
        }
        assert_eq!(rule("x<Message/>"), MALFORMED.id);
        assert_eq!(rule("<Message><?xml version=\"1.0\"?></Message>"), MALFORMED.id);
        assert_eq!(rule("<Message><A></B></Message>"), MALFORMED.id);
    }

    #[test]
    fn declarations_and_depth_end_the_reading() {
        let bomb = "<!DOCTYPE m [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;\">]><Message>&b;</Message>";
        assert_eq!(rule(bomb), DOCTYPE.id);
        let nested = |depth: usize| {
            format!(
                "<Message>{}{}</Message>",
                "<a>".repeat(depth),
                "</a>".repeat(depth)
            )
        };
        assert!(read(&nested(MAX_DEPTH - 1)).is_ok());
        assert_eq!(rule(&nested(MAX_DEPTH)), TOO_DEEP.id);
        assert_eq!(rule(&nested(1_000_000)), TOO_DEEP.id);
    }

    #[test]
    fn a_spoilt_element_leaves_its_neighbours() {
        let long = "x".repeat(MAX_FIELD_BYTES + 1);
        let many: String = (0..=MAX_ATTRIBUTES).map(|n| format!(" a{n}=\"1\"")).collect();
        for (spoilt, flaw) in [
            ("<A>&rook;</A>".to_owned(), XmlFlaw::Entity),
            ("<A>K & E</A>".to_owned(), XmlFlaw::Entity),
            ("<A>K&</A>".to_owned(), XmlFlaw::Entity),
            ("<A>&#0;</A>".to_owned(), XmlFlaw::Entity),
            ("<A>&#7;</A>".to_owned(), XmlFlaw::Control),
            ("<A>a\u{1}b</A>".to_owned(), XmlFlaw::Control),
            ("<A>a\u{85}b</A>".to_owned(), XmlFlaw::Control),
            ("<A>Zo\u{fffd}</A>".to_owned(), XmlFlaw::Damaged),
            (format!("<A>{long}</A>"), XmlFlaw::LongField),
            (format!("<A{many}>x</A>"), XmlFlaw::Attributes),
            ("<A b=1>x</A>".to_owned(), XmlFlaw::Attributes),
            ("<A b=\"1\" b=\"2\">x</A>".to_owned(), XmlFlaw::Attributes),
            ("<A>x<B></B></A>".to_owned(), XmlFlaw::Mixed),
        ] {
            let leaves = read(&format!("<Message><N>1</N>{spoilt}<N>2</N></Message>"))
                .expect("the structure is sound");
            assert_eq!(leaves.first(), Some(&leaf("N", "1", None)));
            assert_eq!(leaves.last(), Some(&leaf("N", "2", None)));
            assert!(
                leaves
                    .iter()
                    .any(|(name, _, found)| name == "A" && *found == Some(flaw)),
                "{flaw:?}: {leaves:?}"
            );
        }
    }

    #[test]
    fn a_piece_that_never_ends_is_not_held_in_memory() {
        let endless = format!("<Message><A>{}", "x".repeat(4 * MAX_EVENT_BYTES as usize));
        assert_eq!(rule(&endless), TOO_LONG.id);
        assert_eq!(rule(&endless.replace("<A>", "<A ")), TOO_LONG.id);
        assert_eq!(rule(&endless.replace("<A>", "<!--")), TOO_LONG.id);
    }

    #[test]
    fn places_count_lines_and_characters() {
        let mut reader = XmlReader::new("<Message>\n <Zoë>é</Zoë><B/>\n</Message>".as_bytes(), ["Message"]);
        let mut places = Vec::new();
        loop {
            match reader.step().expect("whole") {
                XmlStep::Open { name, at } => places.push((name.to_owned(), at.line, at.column)),
                XmlStep::Close(_) => {}
                XmlStep::End => break,
            }
        }
        let expected = [("Message", 1, 1), ("Zoë", 2, 2), ("B", 2, 14)];
        assert_eq!(
            places,
            expected.map(|(name, line, column)| (name.to_owned(), line, column))
        );
        assert_eq!(
            read("<Message>\n\n<A>").expect_err("cut short").1,
            Place { line: 3, column: 4 }
        );
    }

    #[test]
    fn the_declaration_names_the_encoding() {
        let declared = |text: &str| declared_encoding(text.as_bytes(), Encoding::Windows1252);
        assert_eq!(
            declared("<?xml version='1.0' encoding = 'utf-8'?><M/>"),
            Some(Encoding::Utf8)
        );
        assert_eq!(
            declared("<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><M/>"),
            Some(Encoding::Windows1252)
        );
        assert_eq!(
            declared("<?xml version=\"1.0\"?><M encoding=\"utf-8\"/>"),
            Some(Encoding::Windows1252)
        );
        assert_eq!(declared("<M/>"), Some(Encoding::Windows1252));
        for text in [
            "<?xml encoding=utf-8?>",
            "<?xml encoding=\"klingon\"?>",
            "<?xml encoding=\"shift_jis\"?>",
        ] {
            assert_eq!(declared(text), None, "{text}");
        }
    }

    #[test]
    fn bytes_that_are_not_utf8_end_the_reading() {
        let mut reader = XmlReader::new(&b"<Message><A>Zo\xeb</A></Message>"[..], ["Message"]);
        let fault = loop {
            match reader.step() {
                Ok(XmlStep::End) => panic!("bad bytes went through"),
                Ok(_) => {}
                Err(fault) => break fault,
            }
        };
        assert!(
            matches!(fault, XmlFault::Broken { rule, .. } if *rule == NOT_UTF8),
            "{fault:?}"
        );
    }

    #[test]
    fn neither_errors_nor_debug_output_hold_a_text() {
        let mut reader = XmlReader::new(
            "<Message><Surname>Rookwood</Surname></Wrongwood>".as_bytes(),
            ["Message"],
        );
        let mut said = String::new();
        loop {
            match reader.step() {
                Ok(step) => said.push_str(&format!("{step:?}")),
                Err(fault) => {
                    said.push_str(&format!("{fault} {fault:?}"));
                    break;
                }
            }
        }
        assert!(!said.contains("wood"), "{said}");
    }
}
