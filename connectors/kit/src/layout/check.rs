//! Whether what a layout says is declared: its tables, its fields, and the codes that its code maps lead to.

use std::collections::BTreeMap;

use super::{Column, Layout, LayoutError};
use crate::{
    codes,
    field::{Codes, Field, FieldType, Table},
};

impl Layout {
    /// Checks that every table and field that the layout names is declared, and that every code map and default
    /// leads to a value that its field may hold. A flat layout is of the first of the tables.
    ///
    /// # Errors
    /// [`LayoutError::UnknownTable`], [`LayoutError::UnknownField`] and [`LayoutError::Contradiction`].
    pub fn check(&self, tables: &[Table]) -> Result<(), LayoutError> {
        if let ([table, ..], false) = (tables, self.columns.is_empty()) {
            self.check_columns(table, &self.columns)?;
        }
        for (name, layout) in &self.tables {
            let Some(table) = tables.iter().find(|table| table.name == name) else {
                return Err(LayoutError::UnknownTable {
                    layout: self.name.clone(),
                    kind: self.kind,
                    table: name.clone(),
                });
            };
            self.check_columns(table, &layout.columns)?;
        }
        Ok(())
    }

    fn check_columns(&self, table: &Table, columns: &BTreeMap<String, Column>) -> Result<(), LayoutError> {
        for (name, column) in columns {
            let Some(field) = table.field(name).filter(|field| field.level.is_read()) else {
                return Err(LayoutError::UnknownField {
                    layout: self.name.clone(),
                    table: table.name.to_owned(),
                    field: name.clone(),
                });
            };
            let meant = column.codes.values().filter(|means| !means.is_empty());
            for value in meant.chain(&column.default) {
                if !may_hold(field, value) {
                    let what = format!("{name} cannot hold {value}; see the data dictionary for what it can");
                    return Err(LayoutError::Contradiction {
                        layout: self.name.clone(),
                        what,
                    });
                }
            }
        }
        Ok(())
    }
}

/// Whether a field may hold a canonical value.
fn may_hold(field: &Field, value: &str) -> bool {
    match field.field_type {
        FieldType::Code(codes) | FieldType::CodeList(codes) => match codes {
            Codes::These(codes) => codes.iter().any(|(code, _)| *code == value),
            // A list that the program does not carry is reported when the layout is bound to a file.
            Codes::List(name) => codes::list(name).map_or(true, |list| list.codes.contains_key(value)),
        },
        FieldType::Flag => matches!(value, "0" | "1"),
        FieldType::Date => value.parse::<jiff::civil::Date>().is_ok(),
        FieldType::Integer { min, max } => value.parse().is_ok_and(|number| (min..=max).contains(&number)),
        _ => true,
    }
}
