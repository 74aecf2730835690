//! Canonical values as a supplier writes them.

use jiff::civil::{Date, DateTime, Time};

use super::{TableColumn, is_list};
use crate::{
    field::{FieldType, LIST_SEPARATOR},
    layout::Layout,
};

/// The canonical moment of a date or moment field; none where the value is not canonical.
pub(super) fn moment(field_type: FieldType, canonical: &str) -> Option<DateTime> {
    match field_type {
        FieldType::Date => {
            // `2021-1-4` is no canonical date and is written as it stands.
            let date = canonical.parse::<Date>().ok().filter(|_| canonical.len() == 10)?;
            Some(date.to_datetime(Time::midnight()))
        }
        FieldType::DateTime => canonical.trim_end_matches('Z').parse().ok(),
        _ => None,
    }
}

/// The text of a cell.
pub(super) fn text(layout: &Layout, column: &TableColumn<'_>, canonical: &str) -> String {
    if let Some(moment) = moment(column.field.field_type, canonical) {
        let forms = layout.dates(column.spec);
        // A moment needs a form with a time, a day one without; either does where there is no other.
        let timed = column.field.field_type == FieldType::DateTime;
        return forms.write_timed(moment, timed);
    }
    if is_list(column.field) {
        return items(column, canonical).join(layout.separator(column.spec));
    }
    spelling(column, canonical)
}

/// The items of a list, each as its supplier spells it.
pub(super) fn items(column: &TableColumn<'_>, canonical: &str) -> Vec<String> {
    canonical
        .split(LIST_SEPARATOR)
        .filter(|item| !item.is_empty())
        .map(|item| spelling(column, item))
        .collect()
}

fn spelling(column: &TableColumn<'_>, canonical: &str) -> String {
    column
        .spec
        .spelt
        .get(canonical)
        .cloned()
        .unwrap_or_else(|| canonical.to_owned())
}
