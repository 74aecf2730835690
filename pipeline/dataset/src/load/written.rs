//! A row with what it says written out as the vault stores it: made where rows are encoded, on all cores, and not where
//! they are loaded, one after the other.

use jiff::civil::Date;
use linkage::{MotherId, RecordId};
use records::{Payload, Version};
use serde::{Deserialize, Serialize};

use super::{About, RowState, VaultRow};
use crate::StoreError;

/// A [`VaultRow`], written out. Serialisable, so that it can be spooled on the way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WrittenRow {
    pub(super) record_id: RecordId,
    pub(super) version: Version,
    pub(super) content_hash: [u8; 32],
    pub(super) says: Says,
    pub(super) about: About,
    pub(super) mother_id: Option<MotherId>,
    pub(super) born_of: Option<RecordId>,
    pub(super) event_date: Date,
    pub(super) received_date: Date,
    pub(super) scope: Option<String>,
    pub(super) profile: String,
    pub(super) payload: Option<String>,
    pub(super) location: String,
    pub(super) sealed_encoding: Option<Vec<u8>>,
    pub(super) sealed_reference: Option<Vec<u8>>,
    pub(super) tables: Vec<(String, u64)>,
    /// Tokens, one after the other.
    pub(super) patients: Option<Vec<u8>>,
}

/// Of what sort a payload is, as far as it decides whom its record may be about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Says {
    /// Nothing: the record is taken back.
    Withdrawn,
    Pregnancy,
    Birth,
    /// Anything of a child.
    OfChild,
}

impl WrittenRow {
    /// The snapshot scope in which it states its record; none where it belongs to none, or takes its record back.
    pub fn states_in(&self) -> Option<&str> {
        match self.says {
            Says::Withdrawn => None,
            Says::Pregnancy | Says::Birth | Says::OfChild => self.scope.as_deref(),
        }
    }

    /// Writes a row out.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] where what it says cannot be written.
    pub fn write(row: VaultRow) -> Result<Self, StoreError> {
        let (says, payload) = match &row.state {
            RowState::Current(payload) => {
                let says = match **payload {
                    Payload::Pregnancy(_) => Says::Pregnancy,
                    Payload::Birth(_) => Says::Birth,
                    Payload::Section23(_) | Payload::TwoYearReview(_) | Payload::SchoolCensus(_) => {
                        Says::OfChild
                    }
                };
                (says, Some(json(payload)?))
            }
            RowState::Withdrawn => (Says::Withdrawn, None),
        };
        Ok(WrittenRow {
            record_id: row.record_id,
            version: row.version,
            content_hash: row.content_hash,
            says,
            about: row.about,
            mother_id: row.mother_id,
            born_of: row.born_of,
            event_date: row.event_date,
            received_date: row.received_date,
            scope: row.scope,
            profile: json(&row.profile)?,
            payload,
            location: json(&row.location)?,
            sealed_encoding: row.sealed_encoding,
            sealed_reference: row.sealed_reference,
            tables: row.tables,
            patients: row
                .patients
                .map(|tokens| tokens.iter().flat_map(|token| token.0).collect()),
        })
    }

    /// A row must be about what its kind is about, or the links that it is held to would be the wrong ones; and one
    /// that states something has an encoding to be linked by.
    pub(super) fn check(&self) -> Result<(), StoreError> {
        let what = match (self.says, self.about) {
            (Says::Withdrawn, _) => return Ok(()),
            _ if self.sealed_encoding.is_none() => "a record without an encoding",
            (Says::Pregnancy, About::Pregnancy) if self.mother_id.is_none() => "a pregnancy without a mother",
            (Says::Pregnancy, About::Pregnancy)
            | (Says::Birth, About::Child | About::Nobody)
            | (Says::OfChild, About::Child) => return Ok(()),
            _ => "a record that is not about what its kind is about",
        };
        Err(StoreError::Corrupt { what })
    }
}

fn json(value: &impl Serialize) -> Result<String, StoreError> {
    let text = serde_json::to_string(value).map_err(|_| StoreError::Corrupt {
        what: "a record that cannot be written as JSON",
    })?;
    Ok(without_blanks(&text))
}

/// The same JSON without the fields that are `null`: a good part of what records say is what they do not say, and a
/// field that is missing reads back as a blank. The JSON is as `serde_json` writes it, without white space.
fn without_blanks(json: &str) -> String {
    let mut kept = String::with_capacity(json.len());
    let mut rest = json;
    while let Some(quote) = rest.find('"') {
        let (before, text) = rest.split_at(quote);
        kept.push_str(before);
        let (text, after) = text.split_at(length_of_text(text));
        match after.strip_prefix(":null") {
            Some(after) if after.starts_with(',') => rest = after.get(1..).unwrap_or_default(),
            Some(after) => {
                if kept.ends_with(',') {
                    kept.pop();
                }
                rest = after;
            }
            None => {
                kept.push_str(text);
                rest = after;
            }
        }
    }
    kept.push_str(rest);
    kept
}

/// The length of the text in quotes that this begins with.
fn length_of_text(json: &str) -> usize {
    let mut escaped = false;
    json.bytes()
        .skip(1)
        .position(|byte| {
            let ends = byte == b'"' && !escaped;
            escaped = byte == b'\\' && !escaped;
            ends
        })
        .map_or(json.len(), |end| end + 2)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i32>().prop_map(Value::from),
            any::<String>().prop_map(Value::from),
            Just(Value::from("\\\":null,\"a")),
        ];
        leaf.prop_recursive(4, 32, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                prop::collection::btree_map(any::<String>(), inner, 0..5)
                    .prop_map(|fields| Value::Object(fields.into_iter().collect())),
            ]
        })
    }

    fn prune(value: &mut Value) {
        match value {
            Value::Object(fields) => {
                fields.retain(|_, value| !value.is_null());
                fields.values_mut().for_each(prune);
            }
            Value::Array(values) => values.iter_mut().for_each(prune),
            _ => {}
        }
    }

    proptest! {
        #[test]
        fn nothing_but_blank_fields_is_left_out(mut value in any_json()) {
            let short: Value = serde_json::from_str(&without_blanks(&value.to_string())).unwrap();
            prune(&mut value);
            prop_assert_eq!(short, value);
        }
    }

    #[test]
    fn blanks_are_left_out_wherever_they_stand() {
        for (json, short) in [
            (json!({"a": null, "b": 1, "c": null}), r#"{"b":1}"#),
            (json!({"a": null, "b": null}), "{}"),
            (
                json!({"a": {"b": null}, "c": [null, ":null"]}),
                r#"{"a":{},"c":[null,":null"]}"#,
            ),
        ] {
            assert_eq!(without_blanks(&json.to_string()), short);
        }
    }
}
