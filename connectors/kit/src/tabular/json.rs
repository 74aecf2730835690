//! Rows of an array of JSON objects.

use std::{
    collections::{BTreeSet, HashMap},
    io::Read,
};

use super::{Row, RowFault, Slot, Step, TabularError};
use crate::{
    decode::{DecodeError, decode},
    json::{
        self, Json, JsonFault,
        split::{Found, ObjectSplitter},
    },
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
        let mut object = match json::object(&self.objects.bytes) {
            Ok(object) => object,
            Err(JsonFault::Object(rule)) => return fault(rule),
            Err(JsonFault::Grammar) => return Err(TabularError::refused(&rules::NOT_JSON, line)),
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
