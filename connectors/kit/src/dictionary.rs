//! The data dictionary: declared tables as Markdown, so that the page and the parser cannot disagree.

use std::{collections::BTreeSet, fmt::Write};

use crate::{
    codes,
    field::{Class, Codes, Field, FieldType, Table},
    mappings::MappingError,
};

/// A page on the tables of one kind: for each its fields, then the code lists that they use. `title` is its
/// first heading.
///
/// # Errors
/// [`MappingError`] where a code list is missing from the program.
pub fn page(title: &str, tables: &[Table]) -> Result<String, MappingError> {
    let mut page = format!("# {title}\n");
    let mut lists = BTreeSet::new();
    for table in tables {
        let _ = writeln!(page, "\n## {}\n\n{}", table.name, table.description);
        if table.fields.is_empty() {
            continue;
        }
        page.push_str("\n| field | holds | level | class | meaning | source |\n|---|---|---|---|---|---|\n");
        for field in table.fields {
            let _ = writeln!(
                page,
                "| `{}` | {} | {} | {} | {} | {} |",
                field.name,
                holds(field),
                field.level.as_str(),
                field.class.as_str(),
                cell(field.description),
                cell(field.source),
            );
            if let FieldType::Code(Codes::List(name)) | FieldType::CodeList(Codes::List(name)) =
                field.field_type
            {
                lists.insert(name);
            }
        }
        for field in table.fields {
            let own = match field.field_type {
                FieldType::Code(Codes::These(codes)) | FieldType::CodeList(Codes::These(codes)) => codes,
                _ => continue,
            };
            let _ = write!(
                page,
                "\n### Codes of `{}`\n\n| code | meaning |\n|---|---|\n",
                field.name
            );
            for (code, meaning) in own {
                let _ = writeln!(page, "| `{code}` | {} |", cell(meaning));
            }
        }
    }
    for name in lists {
        let list = codes::list(name)?;
        let _ = write!(
            page,
            "\n## Code list `{name}`\n\n{} ({}).\n\n",
            cell(&list.description),
            cell(&list.source)
        );
        page.push_str("| code | meaning | in the dataset | from | until |\n|---|---|---|---|---|\n");
        for (code, entry) in &list.codes {
            let shown =
                |census: Option<records::Census>| census.map(|census| census.to_string()).unwrap_or_default();
            let means = match entry.means.as_deref() {
                None => format!("`{code}`"),
                Some("") => "blank".to_owned(),
                Some(means) => format!("`{means}`"),
            };
            let (from, until) = (shown(entry.from), shown(entry.until));
            let _ = writeln!(
                page,
                "| `{code}` | {} | {means} | {from} | {until} |",
                cell(&entry.label)
            );
        }
    }
    Ok(page)
}

fn holds(field: &Field) -> String {
    if field.class == Class::FreeText || field.class == Class::StaffId {
        return "text, never read".to_owned();
    }
    match field.field_type {
        FieldType::Text { max } => format!("text of up to {max} characters"),
        FieldType::TextList { max } => format!("items of up to {max} characters"),
        FieldType::Code(Codes::List(name)) => format!("a code of `{name}`"),
        FieldType::CodeList(Codes::List(name)) => format!("codes of `{name}`"),
        FieldType::Code(Codes::These(_)) => "a code".to_owned(),
        FieldType::CodeList(Codes::These(_)) => "codes".to_owned(),
        FieldType::Date => "a day".to_owned(),
        FieldType::DateTime => "a moment".to_owned(),
        FieldType::Integer { min, max } => format!("a whole number, {min} to {max}"),
        FieldType::Flag => "true or false".to_owned(),
        FieldType::NhsNumber => "an NHS number".to_owned(),
        FieldType::NhsNumberDigest => "the digest of an NHS number".to_owned(),
        FieldType::Upn => "a UPN".to_owned(),
        FieldType::Uln => "a ULN".to_owned(),
        FieldType::Name => "a name".to_owned(),
        FieldType::Postcode => "a postcode".to_owned(),
        FieldType::OdsCode => "an ODS code".to_owned(),
        FieldType::GssCode => "an ONS area code".to_owned(),
        FieldType::Digits { min, max } if min == max => format!("{min} digits"),
        FieldType::Digits { min, max } => format!("{min} to {max} digits"),
    }
}

/// Text that stays in its cell.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}
