//! The tree of a resource.

use zeroize::Zeroizing;

use crate::json::Json;

/// An element of a resource: its value, where it is a primitive, and the elements below it. An element that repeats
/// stands as often below its parent, as in XML. The texts are wiped when dropped.
#[derive(Clone, Default)]
pub struct Node {
    pub(super) value: Option<Zeroizing<String>>,
    pub(super) children: Vec<(String, Node)>,
}

impl Node {
    /// The value, trimmed; none where the element is no primitive, or blank.
    pub fn value(&self) -> Option<&str> {
        let value = self.value.as_deref().map(|value| value.trim());
        value.filter(|value| !value.is_empty())
    }

    /// The elements of this name directly below, in their order.
    pub fn all<'n>(&'n self, name: &str) -> impl Iterator<Item = &'n Node> {
        let named = self.children.iter().filter(move |(other, _)| other == name);
        named.map(|(_, node)| node)
    }

    /// Every element directly below, with its name.
    pub fn children(&self) -> impl Iterator<Item = (&str, &Node)> {
        self.children.iter().map(|(name, node)| (name.as_str(), node))
    }

    /// The first element at a path of names parted by points.
    pub fn at(&self, path: &str) -> Option<&Node> {
        path.split('.').try_fold(self, |node, name| node.all(name).next())
    }

    /// The value at a path.
    pub fn text(&self, path: &str) -> Option<&str> {
        self.at(path).and_then(Node::value)
    }

    /// What kind of resource it is (`Patient`, `Bundle`); none where it is no resource.
    pub fn resource_type(&self) -> Option<&str> {
        self.text("resourceType")
    }

    /// The extension whose URL ends in a segment that `is_meant` takes: profiles of several years differ in what stands
    /// before.
    pub fn extension(&self, is_meant: impl Fn(&str) -> bool) -> Option<&Node> {
        self.all("extension").find(|extension| {
            let url = extension.text("url").unwrap_or_default();
            is_meant(last_segment(url))
        })
    }

    /// The code of a CodeableConcept, Coding or code below this element. Of several codings it is the one whose system
    /// `is_meant` takes; one that stands alone need not say its system.
    pub fn code(&self, is_meant: impl Fn(&str) -> bool) -> Option<&str> {
        if self.value().is_some() {
            return self.value();
        }
        let codings: Vec<&Node> = self.all("coding").collect();
        let meant = |coding: &&&Node| is_meant(coding.text("system").unwrap_or_default());
        match codings.as_slice() {
            [] => self.text("code"),
            [one] if one.text("system").is_none() || meant(&one) => one.text("code"),
            several => several.iter().find(meant)?.text("code"),
        }
    }

    /// A tree of JSON. Arrays are elements that repeat.
    pub(crate) fn from_json(json: Json) -> Self {
        let mut node = Node::default();
        match json {
            Json::Object(pairs) => {
                for (name, value) in pairs {
                    node.add(name, value);
                }
            }
            // No resource is an array or a bare value.
            json => node.value = Some(json.in_one_cell()),
        }
        node
    }

    fn add(&mut self, name: String, value: Json) {
        match value {
            Json::Null => {}
            Json::List(items) => {
                for item in items {
                    self.add(name.clone(), item);
                }
            }
            Json::Object(_) | Json::Flag(_) | Json::Number(_) | Json::Text(_) => {
                self.children.push((name, Node::from_json(value)));
            }
        }
    }
}

/// Names and numbers never reach a log.
impl std::fmt::Debug for Node {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Node")
            .field("elements", &self.children.len())
            .finish_non_exhaustive()
    }
}

/// What stands behind the last slash.
pub(super) fn last_segment(url: &str) -> &str {
    url.trim_end_matches('/').rsplit('/').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(text: &str) -> Node {
        Node::from_json(crate::json::object(text.as_bytes()).unwrap())
    }

    #[test]
    fn arrays_repeat_and_paths_lead_to_the_first() {
        let patient = node(
            r#"{"resourceType":"Patient","name":[{"given":["Wren","Ivy"]},{"given":["Bird"]}],"active":true}"#,
        );
        assert_eq!(patient.resource_type(), Some("Patient"));
        assert_eq!(patient.text("name.given"), Some("Wren"));
        assert_eq!(patient.all("name").count(), 2);
        assert_eq!(patient.text("active"), Some("true"));
        assert_eq!(patient.text("name.family"), None);
    }

    #[test]
    fn a_code_is_chosen_by_its_system() {
        let concept = node(
            r#"{"coding":[{"system":"http://loinc.org","code":"29463-7"},{"system":"http://snomed.info/sct","code":"364589006"}]}"#,
        );
        assert_eq!(
            concept.code(|system| system == super::super::SNOMED),
            Some("364589006")
        );
        assert_eq!(concept.code(|system| system.contains("icd")), None);
        let alone = node(r#"{"coding":[{"code":"01"}]}"#);
        assert_eq!(alone.code(|_| false), Some("01"));
        let other = node(r#"{"coding":[{"system":"http://loinc.org","code":"01"}]}"#);
        assert_eq!(other.code(|system| system == super::super::SNOMED), None);
    }
}
