//! One message: its resources, and which of them a reference means.

use super::node::{Node, last_segment};

/// A resource of a message, with the address that its entry gives it.
#[derive(Clone, Copy, Debug)]
pub struct Resource<'a> {
    /// The resource.
    pub node: &'a Node,
    full_url: Option<&'a str>,
    /// What the entry asks to be done with it, in a transaction.
    method: Option<&'a str>,
}

impl<'a> Resource<'a> {
    /// Whether both are the same resource of the message.
    pub fn is(self, other: Resource<'_>) -> bool {
        std::ptr::eq(self.node, other.node)
    }

    /// Whether it is of this kind.
    pub fn is_a(self, kind: &str) -> bool {
        self.node.resource_type() == Some(kind)
    }

    /// Whether a reference that stands in this message means it: by the address of its entry, or by kind and id. A
    /// version that the reference names is not looked at: the message holds one.
    fn is_meant_by(self, reference: &str) -> bool {
        let reference = reference.split("/_history/").next().unwrap_or_default();
        if reference.is_empty() {
            return false;
        }
        if self.full_url == Some(reference) {
            return true;
        }
        let Some(id) = self.node.text("id") else {
            return false;
        };
        if let Some(uuid) = reference.strip_prefix("urn:uuid:") {
            // Messages of the events service give some entries the bare identifier.
            return uuid == id;
        }
        let mut segments = reference.rsplit('/');
        segments.next() == Some(id) && segments.next() == self.node.resource_type()
    }
}

/// A message: a Bundle, or a resource that stands alone.
#[derive(Clone, Debug)]
pub struct Bundle<'a> {
    root: &'a Node,
    resources: Vec<Resource<'a>>,
}

impl<'a> Bundle<'a> {
    /// The message that this tree is; none where it is no resource at all.
    pub fn of(root: &'a Node) -> Option<Self> {
        let kind = root.resource_type()?;
        let resources = if kind == "Bundle" {
            let entries = root.all("entry");
            entries
                .filter_map(|entry| {
                    Some(Resource {
                        node: entry.at("resource")?,
                        full_url: entry.text("fullUrl"),
                        method: entry.text("request.method"),
                    })
                })
                .collect()
        } else {
            vec![Resource {
                node: root,
                full_url: None,
                method: None,
            }]
        };
        Some(Bundle { root, resources })
    }

    /// The resources of a kind, in their order.
    pub fn all<'b>(&'b self, kind: &'b str) -> impl Iterator<Item = Resource<'a>> + 'b {
        self.resources
            .iter()
            .copied()
            .filter(move |resource| resource.is_a(kind))
    }

    /// The resource of this message that an element's reference means. `within` is the resource in which it stands, for
    /// one that this contains.
    pub fn resolve(&self, reference: Option<&'a Node>, within: Resource<'a>) -> Option<Resource<'a>> {
        let reference = reference?.text("reference")?;
        if let Some(id) = reference.strip_prefix('#') {
            let contained = within
                .node
                .all("contained")
                .find(|node| node.text("id") == Some(id))?;
            return Some(Resource {
                node: contained,
                full_url: None,
                method: None,
            });
        }
        self.resources
            .iter()
            .copied()
            .find(|resource| resource.is_meant_by(reference))
    }

    /// The type of the Bundle (`message`, `transaction`); none of a resource that stands alone.
    pub fn kind(&self) -> Option<&'a str> {
        let root = self.root;
        root.text("type")
            .filter(|_| root.resource_type() == Some("Bundle"))
    }

    /// The header of a message.
    pub fn header(&self) -> Option<Resource<'a>> {
        self.all("MessageHeader").next()
    }

    /// The code of the event that a message tells of.
    pub fn event(&self) -> Option<&'a str> {
        let header = self.header()?.node;
        // STU3 has a Coding, R4 an `eventCoding`.
        header
            .text("event.code")
            .or_else(|| header.text("eventCoding.code"))
    }

    /// Whether the message states something new, `update`s it or `delete`s it, in the words of the NHS's extension; none
    /// where its header does not say. A transaction says so by what it asks to be done with `about`; a resource as a
    /// server holds it states how things stand, which is an update.
    pub fn event_type(&self, about: Option<Resource<'a>>) -> Option<&'a str> {
        if let Some(header) = self.header() {
            let extension = header.node.extension(|name| {
                name.starts_with("Extension-MessageEventType")
                    || name.eq_ignore_ascii_case("messageEventType")
            })?;
            let concept = extension
                .at("valueCodeableConcept")
                .or_else(|| extension.at("valueCoding"));
            return match concept {
                Some(concept) => concept.code(|system| last_segment(system).starts_with("MessageEventType")),
                None => extension.text("valueCode"),
            };
        }
        match about.and_then(|about| about.method) {
            Some("POST") => Some("new"),
            Some("PUT" | "PATCH" | "GET" | "HEAD") | None => Some("update"),
            Some("DELETE") => Some("delete"),
            Some(_) => None,
        }
    }

    /// When the message was made. The events service orders messages by when the change occurred (`meta.lastUpdated` of
    /// the header) before all else.
    pub fn made(&self) -> Option<&'a str> {
        let header = self.header().map(|header| header.node);
        let header = header.and_then(|header| {
            header
                .text("meta.lastUpdated")
                .or_else(|| header.text("timestamp"))
        });
        header
            .or_else(|| self.root.text("timestamp"))
            .or_else(|| self.root.text("meta.lastUpdated"))
    }

    /// The value of an observation as text: a number, a code, a text. Of a duration of weeks or days, whole weeks.
    pub fn observed(observation: &'a Node) -> Option<String> {
        let quantity = observation.at("valueQuantity");
        if let Some(number) = quantity.and_then(|quantity| quantity.text("value")) {
            let unit = quantity.and_then(|quantity| quantity.text("code").or_else(|| quantity.text("unit")));
            return Some(match unit {
                Some("d" | "day" | "days") => in_weeks(number).unwrap_or_else(|| number.to_owned()),
                _ => number.to_owned(),
            });
        }
        if let Some(concept) = observation.at("valueCodeableConcept") {
            return concept.code(|_| true).map(str::to_owned);
        }
        ["valueInteger", "valueString", "valueBoolean", "valueCode"]
            .iter()
            .find_map(|name| observation.text(name))
            .map(str::to_owned)
    }
}

/// Whole weeks of a number of days.
fn in_weeks(days: &str) -> Option<String> {
    let days: u32 = days.parse().ok()?;
    Some((days / 7).to_string())
}
