//! `sendlink dictionary`.

use std::fmt::Write;

use dataset::joint::{ColumnType, OPEN_TABLES, TABLES, Table};
use records::Kind;

use crate::{
    cli::Dictionary,
    exit::{Exit, Failure},
    feeds, output,
};

/// Writes the data dictionary: a page for each kind of record that is read, one for the joint dataset, and one for the ways
/// in which deliveries arrive.
///
/// # Errors
/// Exit code 73 or 74 where it cannot be written.
pub fn run(arguments: &Dictionary) -> Result<Exit, Failure> {
    for (name, page) in pages()? {
        match &arguments.out {
            Some(folder) => {
                let path = folder.join(format!("{name}.md"));
                if output::write(&path, page.as_bytes())? {
                    println!("wrote {}", path.display());
                }
            }
            None => println!("{page}"),
        }
    }
    Ok(Exit::Done)
}

/// Every page, by the name of its file.
fn pages() -> Result<Vec<(String, String)>, Failure> {
    let mut pages = Vec::new();
    for kind in Kind::ALL {
        let tables = feeds::connector(kind).tables();
        let page = kit::dictionary::page(&capital(kind.plural()), tables)
            .map_err(|error| Failure::new(Exit::Bug, error))?;
        pages.push((kind.as_str().to_owned(), page));
    }
    pages.push(("joint".to_owned(), joint()));
    pages.push(("transports".to_owned(), transport::promise::page()));
    Ok(pages)
}

fn capital(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(characters).collect()
    })
}

fn joint() -> String {
    let mut page =
        "# The joint dataset\n\nIds are 32 hexadecimal digits, months `YYYY-MM`, flags 0 and 1.\n".to_owned();
    for (zone, tables) in [("joint", TABLES), ("open", OPEN_TABLES)] {
        // Writing to a String does not fail.
        let _ = write!(page, "\n## Zone `{zone}`\n");
        for table in tables {
            table_page(&mut page, table);
        }
    }
    page
}

fn table_page(page: &mut String, table: &Table) {
    let _ = write!(
        page,
        "\n### {}\n\n{}.\n\n| column | type | key | meaning |\n|---|---|---|---|\n",
        table.name, table.comment
    );
    for column in table.columns {
        let holds = match column.column_type {
            ColumnType::Text => "text",
            ColumnType::Date => "date",
            ColumnType::Integer | ColumnType::Count => "integer",
            ColumnType::Weight => "number",
        };
        let mut key = Vec::new();
        if table.primary_key.contains(&column.name) {
            key.push("primary".to_owned());
        }
        for foreign in table
            .foreign_keys
            .iter()
            .filter(|foreign| foreign.column == column.name)
        {
            key.push(format!("→ {}", foreign.table));
        }
        let blank = if column.nullable { ", may be blank" } else { "" };
        let _ = writeln!(
            page,
            "| `{}` | {holds}{blank} | {} | {} |",
            column.name,
            key.join(", "),
            column.comment
        );
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use super::*;

    /// The committed pages are those of the code: `sendlink dictionary --out docs/dictionary` writes them.
    #[test]
    fn the_committed_dictionary_is_up_to_date() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/dictionary");
        for (name, page) in pages().unwrap() {
            let committed = fs::read_to_string(folder.join(format!("{name}.md"))).unwrap_or_default();
            assert!(
                committed == page,
                "docs/dictionary/{name}.md is not what the code says; write it anew"
            );
        }
    }
}
