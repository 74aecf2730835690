//! Messages in XML.

use records::Rule;
use zeroize::Zeroizing;

use super::node::Node;
use crate::{
    connector::{DeliveryFile, ReadError},
    layout::FileForm,
    rules,
    tabular::LONGEST_RECORD,
    xml::{self, XmlFile, XmlStep},
};

/// Attributes that say something: the value of a primitive, the URL of an extension, the id of an element.
const ATTRIBUTES: [&str; 3] = ["value", "url", "id"];

/// What a document came to: a message, or the rule that it breaks; and the line on which it begins.
pub(super) type Read = (Result<Node, &'static Rule>, u64);

/// An element that is open.
struct Frame {
    name: String,
    node: Node,
    /// The element is the resource that its parent holds (`resource`, `contained`): what stands in it belongs there.
    is_resource: bool,
}

/// Reads a document.
///
/// # Errors
/// [`ReadError::Refused`] where it is not a Bundle, or not whole.
pub(super) fn read(file: &DeliveryFile, form: &FileForm) -> Result<Read, ReadError> {
    let form = FileForm {
        roots: vec!["Bundle".to_owned()],
        ..form.clone()
    };
    let document = xml::open(file, &form).map_err(|fault| fault.into_read_error(&file.label))?;
    build(document.keeping(&ATTRIBUTES)).map_err(|fault| fault.into_read_error(&file.label))
}

fn build(mut document: XmlFile) -> Result<Read, xml::XmlFault> {
    let mut open: Vec<Frame> = Vec::new();
    let mut root = Node::default();
    let (mut line, mut length) = (1, 0_usize);
    let mut wrong: Option<&'static Rule> = None;
    loop {
        match document.step()? {
            XmlStep::Open { name, at } => {
                let holds = |frame: &Frame| matches!(frame.name.as_str(), "resource" | "contained");
                let is_resource = open
                    .last()
                    .is_none_or(|parent| holds(parent) && !parent.is_resource);
                if open.is_empty() {
                    line = at.line;
                }
                let name = name.to_owned();
                let mut frame = Frame {
                    node: Node::default(),
                    is_resource,
                    name,
                };
                length += frame.name.len();
                if is_resource {
                    let kind = Node {
                        value: Some(Zeroizing::new(frame.name.clone())),
                        ..Node::default()
                    };
                    frame.node.children.push(("resourceType".to_owned(), kind));
                }
                for (name, text) in document.attributes() {
                    length += text.len();
                    match name.as_str() {
                        "value" => frame.node.value = Some(text.clone()),
                        name => {
                            let attribute = Node {
                                value: Some(text.clone()),
                                ..Node::default()
                            };
                            frame.node.children.push((name.to_owned(), attribute));
                        }
                    }
                }
                open.push(frame);
            }
            XmlStep::Close(element) => {
                // The narrative is for people: it may hold what it likes.
                let in_narrative = open.iter().any(|frame| frame.name == "div");
                if let (Some(flaw), false) = (element.flaw, in_narrative) {
                    wrong.get_or_insert(flaw.rule());
                }
                let Some(frame) = open.pop() else { continue };
                match open.last_mut() {
                    None => root = frame.node,
                    Some(_) if in_narrative => {}
                    Some(parent) if frame.is_resource => parent.node.children.extend(frame.node.children),
                    Some(parent) => parent.node.children.push((frame.name, frame.node)),
                }
            }
            XmlStep::End => break,
        }
        if length > LONGEST_RECORD {
            return Ok((Err(&rules::LONG_RECORD), line));
        }
    }
    Ok((wrong.map_or(Ok(root), Err), line))
}
