//! An array of JSON objects; a dotted column name is a group.

use serde_json::{Map, Value};

use super::{Record, Table, WriteError, cells, is_list};

pub(super) fn write(table: &Table<'_>, records: &[Record]) -> Result<String, WriteError> {
    let mut objects = Vec::with_capacity(records.len());
    for record in records {
        let mut object = Map::new();
        for column in &table.columns {
            let Some(canonical) = record.get(column.field.name).filter(|value| !value.is_empty()) else {
                continue;
            };
            let value = if is_list(column.field) {
                cells::items(column, canonical).into()
            } else {
                cells::text(table.layout, column, canonical).into()
            };
            put(&mut object, column.name, value);
        }
        objects.push(Value::Object(object));
    }
    let mut text = serde_json::to_string_pretty(&objects)?;
    text.push('\n');
    Ok(text)
}

/// Sets `group.name` in an object.
fn put(object: &mut Map<String, Value>, path: &str, value: Value) {
    match path.split_once('.') {
        None => {
            object.insert(path.to_owned(), value);
        }
        Some((group, rest)) => {
            let inner = object.entry(group).or_insert_with(|| Value::Object(Map::new()));
            if let Value::Object(inner) = inner {
                put(inner, rest, value);
            }
        }
    }
}
