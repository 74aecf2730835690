//! Code lists: which codes a field may hold and what each means in the dataset. Data, in `mappings/codes/`.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use records::{Census, EthnicGroup, Sex};
use serde::{
    Deserialize, Deserializer,
    de::{self, MapAccess, Visitor, value::MapAccessDeserializer},
};

use crate::mappings::{self, MappingError};

/// One code list.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CodeList {
    /// What the codes are of.
    pub description: String,
    /// Who publishes them.
    pub source: String,
    /// The codes.
    pub codes: BTreeMap<String, Code>,
}

/// One code. In TOML either its meaning, or a table with more to say.
#[derive(Clone, Debug)]
pub struct Code {
    /// What it means, in words.
    pub label: String,
    /// The dataset's own code for it, where that differs; blank where the dataset has none ("not stated").
    pub means: Option<String>,
    /// The first census in which it may be used.
    pub from: Option<Census>,
    /// The last census in which it may be used: a legacy code is accepted before, reported after.
    pub until: Option<Census>,
}

impl CodeList {
    /// The code that is written `text`, without regard to case and spaces at its ends.
    pub fn find(&self, text: &str) -> Option<(&str, &Code)> {
        let text = text.trim();
        if let Some((name, code)) = self.codes.get_key_value(text) {
            return Some((name, code));
        }
        let found = self
            .codes
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(text))?;
        Some((found.0, found.1))
    }

    /// The dataset's own code for a canonical code of this list: the code itself where it has no other, none where it
    /// means nothing there ("not stated").
    pub fn meant(&self, code: &str) -> Option<String> {
        let (name, code) = self.find(code)?;
        let means = code.means.as_deref().unwrap_or(name);
        (!means.is_empty()).then(|| means.to_owned())
    }

    /// The sex that a canonical code of this list means; [`Sex::U`] for an unknown one.
    pub fn sex(&self, code: &str) -> Sex {
        self.find(code)
            .and_then(|(name, code)| Sex::from_code(code.means.as_deref().unwrap_or(name)))
            .unwrap_or_default()
    }

    /// The ethnic group that a canonical code of this list means; none for "not stated" and unknown ones.
    pub fn ethnic_group(&self, code: &str) -> Option<EthnicGroup> {
        let (name, code) = self.find(code)?;
        EthnicGroup::from_code(code.means.as_deref().unwrap_or(name))
    }
}

/// The code list `mappings/codes/<name>.toml` that the program carries.
///
/// # Errors
/// [`MappingError`] where there is no such list or it cannot be read.
pub fn list(name: &str) -> Result<Arc<CodeList>, MappingError> {
    static LISTS: Mutex<BTreeMap<String, Arc<CodeList>>> = Mutex::new(BTreeMap::new());

    let mut lists = LISTS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(list) = lists.get(name) {
        return Ok(Arc::clone(list));
    }
    let path = format!("codes/{name}.toml");
    let list: CodeList = mappings::embedded_toml(&path)?;
    let list = Arc::new(list);
    lists.insert(name.to_owned(), Arc::clone(&list));
    Ok(list)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Long {
    label: String,
    means: Option<String>,
    from: Option<Census>,
    until: Option<Census>,
}

impl<'de> Deserialize<'de> for Code {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct CodeVisitor;

        impl<'de> Visitor<'de> for CodeVisitor {
            type Value = Code;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("what the code means, or a table with label, means, from or until")
            }

            fn visit_str<E: de::Error>(self, label: &str) -> Result<Code, E> {
                Ok(Code {
                    label: label.to_owned(),
                    means: None,
                    from: None,
                    until: None,
                })
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Code, A::Error> {
                let Long {
                    label,
                    means,
                    from,
                    until,
                } = Long::deserialize(MapAccessDeserializer::new(map))?;
                Ok(Code {
                    label,
                    means,
                    from,
                    until,
                })
            }
        }

        deserializer.deserialize_any(CodeVisitor)
    }
}
