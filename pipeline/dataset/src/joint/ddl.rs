//! The declaration of the joint dataset as tables of either back end.

use super::{Column, ColumnType, ForeignKey, Table};

/// A table of SQLite, with its comments in the text, where `.schema` shows them.
pub(crate) fn sqlite(table: &Table) -> String {
    let mut lines = vec![format!("create table {} (\n  -- {}.", table.name, table.comment)];
    for column in table.columns {
        let kind = match column.column_type {
            ColumnType::Text | ColumnType::Date => "text",
            ColumnType::Integer | ColumnType::Count => "integer",
            ColumnType::Weight => "real",
        };
        lines.push(format!(
            "  {} {kind}{}, -- {}",
            column.name,
            not_null(column),
            column.comment
        ));
    }
    for key in table.foreign_keys {
        lines.push(format!(
            "  foreign key ({}) references {},",
            key.column, key.table
        ));
    }
    lines.push(format!("  primary key ({})", table.primary_key.join(", ")));
    lines.push(") strict, without rowid".to_owned());
    lines.join("\n")
}

/// Indices of SQLite on the foreign keys that no primary key begins with.
pub(crate) fn indices(table: &Table) -> Vec<(String, &'static str)> {
    table
        .foreign_keys
        .iter()
        .filter(|key| table.primary_key.first() != Some(&key.column))
        .map(|key| (format!("{}_by_{}", table.name, key.column), key.column))
        .collect()
}

/// The name that PostgreSQL gives to a foreign key that is declared without one.
pub(crate) fn foreign_key_name(table: &Table, key: &ForeignKey) -> String {
    format!("{}_{}_fkey", table.name, key.column)
}

/// A table of PostgreSQL with its indices and comments, as statements.
#[cfg(test)]
pub(crate) fn postgres(schema: &str, table: &Table) -> String {
    let quoted = |text: &str| text.replace('\'', "''");
    let name = format!("{schema}.{}", table.name);
    let mut lines: Vec<String> = table
        .columns
        .iter()
        .map(|column| {
            let kind = match column.column_type {
                ColumnType::Text => "text collate \"C\"",
                ColumnType::Date => "date",
                ColumnType::Integer => "smallint",
                ColumnType::Count => "bigint",
                ColumnType::Weight => "double precision",
            };
            format!("  {} {kind}{}", column.name, not_null(column))
        })
        .collect();
    lines.push(format!("  primary key ({})", table.primary_key.join(", ")));
    for key in table.foreign_keys {
        lines.push(format!(
            "  foreign key ({}) references {schema}.{}",
            key.column, key.table
        ));
    }
    let mut sql = format!("create table {name} (\n{}\n);\n", lines.join(",\n"));
    for (index, column) in indices(table) {
        sql += &format!("create index {index} on {name} ({column});\n");
    }
    sql += &format!("comment on table {name} is '{}.';\n", quoted(table.comment));
    for column in table.columns {
        sql += &format!(
            "comment on column {name}.{} is '{}';\n",
            column.name,
            quoted(column.comment)
        );
    }
    sql
}

/// The condition that two rows have the same key.
pub(crate) fn same_key(table: &Table, one: &str, other: &str) -> String {
    let keys: Vec<String> = table
        .primary_key
        .iter()
        .map(|key| format!("{one}.{key} = {other}.{key}"))
        .collect();
    keys.join(" and ")
}

/// The condition that two rows of the same key say something else; none where the key is all there is.
pub(crate) fn differs(table: &Table, one: &str, other: &str) -> Option<String> {
    let columns: Vec<String> = beside_key(table)
        .map(|column| format!("{one}.{0} is distinct from {other}.{0}", column.name))
        .collect();
    (!columns.is_empty()).then(|| columns.join(" or "))
}

/// The columns that are not part of the key.
pub(crate) fn beside_key(table: &Table) -> impl Iterator<Item = &'static Column> {
    let key = table.primary_key;
    table
        .columns
        .iter()
        .filter(move |column| !key.contains(&column.name))
}

fn not_null(column: &Column) -> &'static str {
    if column.nullable { "" } else { " not null" }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::joint::{OPEN_TABLES, TABLES};

    /// Migrations are written out, so that they stay what they were when the declaration moves on; a later one then
    /// carries the difference.
    #[test]
    fn the_migrations_make_the_declared_tables() {
        let migrations = [
            include_str!("../../migrations/postgres/0001_zones.sql"),
            include_str!("../../migrations/postgres/0005_child_ids_and_quality.sql"),
            include_str!("../../migrations/postgres/0008_opt_outs.sql"),
            include_str!("../../migrations/postgres/0009_births_of_others.sql"),
            include_str!("../../migrations/postgres/0010_digest_tier.sql"),
        ];
        for (schema, tables) in [("joint", TABLES), ("open", OPEN_TABLES)] {
            for table in tables {
                let sql = postgres(schema, table);
                let (made, comments) = sql.split_once("comment on").expect("every table has one");
                assert!(
                    migrations.iter().any(|migration| migration.contains(made)),
                    "no migration holds:\n{made}"
                );
                for comment in comments.split("\ncomment on") {
                    let (object, _) = comment.split_once(" is '").expect("a comment");
                    let object = format!("comment on{object} is '");
                    let last = migrations
                        .iter()
                        .rev()
                        .find(|migration| migration.contains(&object));
                    assert!(
                        last.is_some_and(|migration| migration.contains(comment.trim_end())),
                        "not the last that the migrations say:\ncomment on{comment}"
                    );
                }
            }
        }
    }

    #[test]
    fn every_foreign_key_points_to_an_earlier_table() {
        for (index, table) in TABLES.iter().enumerate() {
            for key in table.foreign_keys {
                assert!(TABLES[..index].iter().any(|earlier| earlier.name == key.table));
                assert!(table.columns.iter().any(|column| column.name == key.column));
            }
            for column in table.columns {
                assert!(!column.comment.contains('\n') && !column.comment.ends_with('.'));
            }
        }
    }
}
