//! JSON objects, one at a time and never trusted.

use std::{collections::BTreeSet, fmt};

use records::Rule;
use serde::{
    Deserialize, Deserializer,
    de::{self, MapAccess, SeqAccess, Visitor},
};
use zeroize::Zeroizing;

use crate::{field::LIST_SEPARATOR, rules};

pub(crate) mod split;

/// Why the text of an object is none.
#[derive(Clone, Copy, Debug)]
pub(crate) enum JsonFault {
    /// The object breaks this rule; those round it stand.
    Object(&'static Rule),
    /// It is no JSON, so that nobody knows where it ends.
    Grammar,
}

/// Reads the text of one object.
pub(crate) fn object(bytes: &[u8]) -> Result<Json, JsonFault> {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return Err(JsonFault::Object(&rules::BAD_ENCODING));
    };
    serde_json::from_str(text).map_err(|error| {
        let said = error.to_string();
        let says = |words: &str| said.contains(words);
        if says(REPEATED) {
            JsonFault::Object(&rules::REPEATED_KEY)
        } else if says("control character") {
            JsonFault::Object(&rules::CONTROL_CHARACTER)
        } else if says("recursion limit") {
            JsonFault::Object(&rules::DEEP_NESTING)
        } else if says("hex escape") {
            // Half of a pair of surrogates: this and a number too large for any machine keep the grammar.
            JsonFault::Object(&rules::BAD_ENCODING)
        } else if says("number out of range") {
            JsonFault::Object(&rules::BAD_NUMBER)
        } else {
            JsonFault::Grammar
        }
    })
}

/// A JSON value that keeps the order of keys and refuses one that is there twice.
pub(crate) enum Json {
    Null,
    Flag(bool),
    Number(f64),
    Text(Zeroizing<String>),
    List(Vec<Json>),
    Object(Vec<(String, Json)>),
}

/// How the error of a repeated key is told from others; the key itself is never in it.
const REPEATED: &str = "repeated key";

impl Json {
    /// A list as one cell: its items parted by the list separator, each object as `key=value,key=value`.
    pub(crate) fn in_one_cell(&self) -> Zeroizing<String> {
        let mut cell = Zeroizing::new(String::new());
        match self {
            Json::Null => {}
            Json::Flag(flag) => cell.push_str(if *flag { "true" } else { "false" }),
            Json::Number(number) => cell.push_str(&number.to_string()),
            Json::Text(text) => cell.push_str(text),
            Json::List(items) => {
                for (index, item) in items.iter().enumerate() {
                    if index > 0 {
                        cell.push_str(LIST_SEPARATOR);
                    }
                    cell.push_str(&item.in_one_cell());
                }
            }
            Json::Object(pairs) => {
                for (index, (key, value)) in pairs.iter().enumerate() {
                    if index > 0 {
                        cell.push(',');
                    }
                    cell.push_str(key);
                    cell.push('=');
                    cell.push_str(&value.in_one_cell());
                }
            }
        }
        cell
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct JsonVisitor;

        impl<'de> Visitor<'de> for JsonVisitor {
            type Value = Json;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON value")
            }

            fn visit_unit<E: de::Error>(self) -> Result<Json, E> {
                Ok(Json::Null)
            }

            fn visit_bool<E: de::Error>(self, flag: bool) -> Result<Json, E> {
                Ok(Json::Flag(flag))
            }

            fn visit_i64<E: de::Error>(self, number: i64) -> Result<Json, E> {
                Ok(Json::Number(number as f64))
            }

            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Json, E> {
                Ok(Json::Number(number as f64))
            }

            fn visit_f64<E: de::Error>(self, number: f64) -> Result<Json, E> {
                Ok(Json::Number(number))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Json, E> {
                Ok(Json::Text(Zeroizing::new(text.to_owned())))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Json, A::Error> {
                let mut list = Vec::new();
                while let Some(item) = items.next_element()? {
                    list.push(item);
                }
                Ok(Json::List(list))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut pairs: A) -> Result<Json, A::Error> {
                let mut object: Vec<(String, Json)> = Vec::new();
                let mut known = BTreeSet::new();
                while let Some((key, value)) = pairs.next_entry::<String, Json>()? {
                    if !known.insert(key.clone()) {
                        return Err(de::Error::custom(REPEATED));
                    }
                    object.push((key, value));
                }
                Ok(Json::Object(object))
            }
        }

        deserializer.deserialize_any(JsonVisitor)
    }
}
