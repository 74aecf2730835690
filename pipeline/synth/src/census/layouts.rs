//! The layouts of the census, as the readers use them.

use std::collections::BTreeMap;

use kit::{
    Layout,
    field::{FieldType, Table},
    layout::fold_code,
};
use records::Census;

use crate::{notices::Row, settings::SynthError};

/// The layouts of both forms of the census.
pub(crate) struct Layouts {
    pub(crate) blade: Layout,
    pub(crate) xml: Layout,
}

impl Layouts {
    pub(crate) fn load() -> Result<Self, SynthError> {
        Ok(Layouts {
            blade: layout("school-census/blade")?,
            xml: layout("school-census/xml")?,
        })
    }
}

/// A layout that the program carries.
pub(crate) fn layout(name: &str) -> Result<Layout, SynthError> {
    let fault = |why: String| SynthError::Layout {
        layout: name.to_owned(),
        why,
    };
    let text =
        kit::mappings::embedded(&format!("{name}.toml")).ok_or_else(|| fault("it is missing".to_owned()))?;
    Layout::parse(name, text).map_err(|error| fault(error.to_string()))
}

/// What stands in one column of a Blade table.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Source {
    /// A declared field.
    Field(&'static str, FieldType),
    /// The school that sent the row.
    NativeId,
    /// The row's number among those of its school's return.
    Order,
    /// The unique reference number of the school.
    Urn,
    /// Always this.
    Text(&'static str),
}

/// The columns of a table in a census: what is sent, by the layout, and what stands in each.
pub(crate) fn columns(layout: &Layout, table: &'static Table, census: Census) -> Vec<(String, Source)> {
    let Some(of_table) = layout.tables.get(table.name) else {
        return Vec::new();
    };
    let mut by_column: BTreeMap<String, &'static str> = BTreeMap::new();
    for field in table.fields {
        for name in of_table
            .columns
            .get(field.name)
            .map(|column| column.names.as_slice())
            .unwrap_or_default()
        {
            by_column.insert(fold_code(name), field.name);
        }
    }
    let sent = of_table
        .sent
        .iter()
        .filter(|(censuses, _)| censuses.contains(census))
        .flat_map(|(_, names)| names);
    let mut columns: Vec<(String, Source)> = Vec::new();
    for name in sent {
        let declared = by_column
            .get(&fold_code(name))
            .and_then(|field| table.field(field));
        let source = match (declared, name.as_str()) {
            (Some(field), _) => Source::Field(field.name, field.field_type),
            (None, "NativeId") => Source::NativeId,
            (None, "urn") => Source::Urn,
            (None, "name") => Source::Text("SC"),
            (None, "sourceid") => Source::Text("1"),
            (None, "sourcelevel") => Source::Text("S"),
            (None, "softwarecode") => Source::Text("sendlink"),
            (None, "release" | "xversion") => Source::Text("1"),
            (None, "ukcountry") => Source::Text("ENG"),
            (None, other) if other.ends_with("orderseqcolumn") => Source::Order,
            (None, _) => Source::Text(""),
        };
        columns.push((name.clone(), source));
    }
    // A column of the census before 2023 stands under two names in the layout; only the one that is sent is here.
    columns.sort_by(|(one, _), (other, _)| one.cmp(other));
    columns.dedup_by(|(one, _), (other, _)| one == other);
    columns
}

/// The text of a declared field in the layout's form of dates and with these words for true and false.
pub(crate) fn text(
    layout: &Layout,
    field_type: FieldType,
    canonical: &str,
    timed: bool,
    (yes, no): (&str, &str),
) -> String {
    match field_type {
        FieldType::Flag => if canonical == "1" { yes } else { no }.to_owned(),
        FieldType::Date => match canonical.parse::<jiff::civil::Date>() {
            Ok(day) => layout.file.dates.write_timed(day.at(0, 0, 0, 0), timed),
            Err(_) => canonical.to_owned(),
        },
        FieldType::DateTime => match canonical.parse::<jiff::civil::DateTime>() {
            Ok(moment) => layout.file.dates.write_timed(moment, true),
            Err(_) => canonical.to_owned(),
        },
        _ => canonical.to_owned(),
    }
}

/// A field of a row; blank where it has none.
pub(crate) fn value<'a>(row: &'a Row, field: &str) -> &'a str {
    row.get(field).map_or("", String::as_str)
}
