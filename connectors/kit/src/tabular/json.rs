//! Rows of an array of JSON objects.

use std::{
    collections::{BTreeSet, HashMap},
    fmt,
    io::Read,
};

use serde::{
    Deserialize, Deserializer,
    de::{self, MapAccess, SeqAccess, Visitor},
};
use zeroize::Zeroizing;

use super::{
    Row, RowFault, Slot, Step, TabularError,
    json_split::{Found, ObjectSplitter},
};
use crate::{
    decode::{DecodeError, decode},
    field::LIST_SEPARATOR,
    layout::{FileForm, fold_code},
    rules,
};

/// Levels of objects within objects that become dotted names. The record of any feed has two.
const DEEPEST: usize = 8;
/// The most columns: a file that invents a key for every record must not fill the memory.
const MOST_COLUMNS: usize = 4096;

pub(super) struct JsonRows {
    objects: ObjectSplitter,
    /// Records read so far.
    records: u64,
    /// The column of each key, by its folded name.
    columns: HashMap<String, usize>,
    /// Columns that are in `columns`.
    known: usize,
}

pub(super) fn open(source: Box<dyn Read + Send>, form: &FileForm) -> Result<JsonRows, TabularError> {
    let decoded = decode(source, form.encoding).map_err(|error| match error {
        DecodeError::NoByteOrderMark => TabularError::refused(&rules::NO_BYTE_ORDER_MARK, None),
        DecodeError::Io(error) => TabularError::Io(error),
    })?;
    Ok(JsonRows {
        objects: ObjectSplitter::new(Box::new(decoded)),
        records: 0,
        columns: HashMap::new(),
        known: 0,
    })
}

impl JsonRows {
    /// Reads the next object; keys that are new become columns of `header`.
    pub(super) fn read(&mut self, row: &mut Row, header: &mut Vec<String>) -> Result<Step, TabularError> {
        for (column, name) in header.iter().enumerate().skip(self.known) {
            self.columns.entry(fold_code(name)).or_insert(column);
        }
        self.known = header.len();

        let found = self.objects.read()?;
        let line = self.records + 1;
        match found {
            Found::End => return Ok(Step::End),
            Found::Empty => return Err(TabularError::refused(&rules::EMPTY_FILE, None)),
            Found::Truncated => return Err(TabularError::refused(&rules::TRUNCATED, line)),
            Found::Malformed => return Err(TabularError::refused(&rules::NOT_JSON, line)),
            Found::Object => self.records = line,
        }
        let fault = |rule| {
            Ok(Step::Fault(RowFault {
                rule,
                line,
                column: None,
            }))
        };
        if self.objects.too_long {
            return fault(&rules::LONG_RECORD);
        }
        let Ok(text) = std::str::from_utf8(&self.objects.bytes) else {
            return fault(&rules::BAD_ENCODING);
        };
        let mut object: Json = match serde_json::from_str(text) {
            Ok(object) => object,
            Err(error) if error.to_string().contains(REPEATED) => return fault(&rules::REPEATED_KEY),
            Err(error) if error.to_string().contains("control character") => {
                return fault(&rules::CONTROL_CHARACTER);
            }
            Err(error) if error.to_string().contains("recursion limit") => {
                return fault(&rules::DEEP_NESTING);
            }
            // Half of a pair of surrogates, and a number that is too large for any machine: both keep the grammar, so
            // that the objects round this one stand.
            Err(error) if error.to_string().contains("hex escape") => return fault(&rules::BAD_ENCODING),
            Err(error) if error.to_string().contains("number out of range") => {
                return fault(&rules::BAD_NUMBER);
            }
            Err(_) => return Err(TabularError::refused(&rules::NOT_JSON, line)),
        };
        row.clear(line);
        let mut flat = Vec::new();
        if !flatten(&mut object, "", 0, &mut flat) {
            return fault(&rules::DEEP_NESTING);
        }
        let mut filled = BTreeSet::new();
        for (name, value) in flat {
            let folded = fold_code(&name);
            let column = match self.columns.get(&folded) {
                Some(&column) => column,
                None if header.len() >= MOST_COLUMNS => {
                    return Err(TabularError::refused(&rules::TOO_LARGE, line));
                }
                None => {
                    header.push(name);
                    self.columns.insert(folded, header.len() - 1);
                    self.known = header.len();
                    header.len() - 1
                }
            };
            // `nhs_number` and `NHS_Number`, or `child.sex` and `sex` within `child`, are one field.
            if !filled.insert(column) {
                return fault(&rules::REPEATED_KEY);
            }
            match value {
                Json::Null => row.set(column, Slot::Blank),
                Json::Flag(flag) => row.set(column, Slot::Flag(flag)),
                Json::Number(number) => row.set(column, Slot::Number(number)),
                Json::Text(text) => row.set_text(column, &text),
                list => row.set_text(column, &list.in_one_cell()),
            }
        }
        Ok(Step::Row)
    }
}

/// A JSON value that keeps the order of keys and refuses one that is there twice.
enum Json {
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
    fn in_one_cell(&self) -> Zeroizing<String> {
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

/// Moves the leaves of nested objects into `flat` under dotted names; false where they lie too deep.
fn flatten(value: &mut Json, path: &str, depth: usize, flat: &mut Vec<(String, Json)>) -> bool {
    let Json::Object(pairs) = value else {
        flat.push((path.to_owned(), std::mem::replace(value, Json::Null)));
        return true;
    };
    if depth >= DEEPEST {
        return false;
    }
    pairs.iter_mut().all(|(key, value)| {
        let key = key.trim();
        let name = if path.is_empty() {
            key.to_owned()
        } else {
            format!("{path}.{key}")
        };
        flatten(value, &name, depth + 1, flat)
    })
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
