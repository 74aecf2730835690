//! Layouts that are wrong say where.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

use kit::{Layout, layout::LayoutError, mappings};

const GOOD: &str = r#"
kind = "section23"
version = "1"
description = "Good"

[columns]
notification_id = "Id"
"#;

fn error(text: &str) -> String {
    match Layout::parse("mine.toml", text) {
        Ok(_) => panic!("taken"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn unknown_keys_are_refused_with_their_line_and_column() {
    assert!(Layout::parse("mine.toml", GOOD).is_ok());
    let message = error(&GOOD.replace("version", "verison"));
    assert!(
        message.contains("mine.toml") && message.contains("line 3, column 1"),
        "{message}"
    );
    let message = error(&GOOD.replace("\"Id\"", "{ colum = \"Id\" }"));
    assert!(
        message.contains("line 7") && message.contains("colum"),
        "{message}"
    );
    let message = error(&GOOD.replace("[columns]", "[file]\nformat = \"cvs\"\n[columns]"));
    assert!(message.contains("line 7") && message.contains("csv"), "{message}");
}

#[test]
fn day_first_and_month_first_cannot_both_be_in_use() {
    let message = error(&GOOD.replace(
        "[columns]",
        "[file]\ndates = [\"DD/MM/YYYY\", \"MM/DD/YYYY\"]\n[columns]",
    ));
    assert!(
        message.contains("guessed") && message.contains("line 7"),
        "{message}"
    );
    let forms = "dates = [\"DD/MM/YYYY\", \"D/M/YYYY\", \"DD/MM/YY\", \"DD-MMM-YYYY\", \"YYYYMMDD\"]";
    assert!(
        Layout::parse(
            "x",
            &GOOD.replace("[columns]", &format!("[file]\n{forms}\n[columns]"))
        )
        .is_ok()
    );
    assert!(
        error(&GOOD.replace("[columns]", "[file]\ndates = [\"DD/YYYY\"]\n[columns]")).contains("date form")
    );
}

#[test]
fn contradictions_are_refused() {
    for (from, to, says) in [
        (
            "[columns]\nnotification_id = \"Id\"",
            "",
            "either [columns] or [tables]",
        ),
        (
            "\"Id\"",
            "{ codes = { a = \"b\" } }",
            "needs a column or a default",
        ),
        ("[columns]", "[file]\nheader_row = 0\n[columns]", "counts from 1"),
        ("[columns]", "[file]\ndelimiter = \"é\"\n[columns]", "ASCII"),
        ("[columns]", "[file]\nformat = \"xml\"\n[columns]", "tables"),
    ] {
        let message = error(&GOOD.replace(from, to));
        assert!(message.contains(says), "{message}");
    }
}

#[test]
fn a_field_that_is_not_declared_is_refused() {
    static TABLE: kit::Table = kit::Table {
        name: "t",
        description: "",
        fields: &[],
    };
    let layout = Layout::parse("mine", GOOD).unwrap();
    let error = layout.check(std::slice::from_ref(&TABLE)).unwrap_err();
    assert!(matches!(error, LayoutError::UnknownField { ref field, .. } if field == "notification_id"));
}

#[test]
fn a_code_map_that_leads_to_no_code_is_refused() {
    use kit::{Class, Codes, Field, FieldType, Level, Table};
    static TABLE: Table = Table {
        name: "t",
        description: "",
        fields: &[
            Field::new(
                "sex",
                FieldType::Code(Codes::List("sex")),
                Level::Optional,
                Class::Plain,
                "",
            ),
            Field::new("day", FieldType::Date, Level::Optional, Class::Plain, ""),
        ],
    };
    for (column, good) in [
        (
            r#"sex = { column = "Sex", codes = { "Boy" = "1", "-" = "" } }"#,
            true,
        ),
        (r#"sex = { column = "Sex", codes = { "Boy" = "male" } }"#, false),
        (r#"sex = { column = "Sex", default = "9" }"#, true),
        (r#"sex = { column = "Sex", default = "?" }"#, false),
        (r#"day = { default = "2025-13-01" }"#, false),
    ] {
        let layout = Layout::parse("mine", &GOOD.replace("notification_id = \"Id\"", column)).unwrap();
        assert_eq!(
            layout.check(std::slice::from_ref(&TABLE)).is_ok(),
            good,
            "{column}"
        );
    }
}

#[test]
fn every_layout_and_code_list_that_the_program_carries_is_well_formed() {
    let nowhere = std::path::Path::new("/nonexistent");
    for kind in records::Kind::ALL {
        let names = mappings::names(kind);
        assert!(!names.is_empty());
        for name in names {
            let layout = mappings::load(&name, nowhere).unwrap();
            assert_eq!((layout.kind, layout.hash.len()), (kind, 64));
        }
    }
    for name in [
        "sex",
        "ethnic-2001",
        "ethnic-dfe",
        "sen-types",
        "nhs-number-status",
    ] {
        assert!(!kit::codes::list(name).unwrap().codes.is_empty());
    }
    let dfe = kit::codes::list("ethnic-dfe").unwrap();
    assert_eq!(dfe.codes.len(), 108);
    for (code, entry) in &dfe.codes {
        assert_eq!(
            dfe.ethnic_group(code).is_none(),
            entry.means.as_deref() == Some(""),
            "{code}"
        );
    }
}

#[test]
fn a_path_of_ones_own_wins() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("section23")).unwrap();
    std::fs::write(folder.path().join("section23/superset.toml"), GOOD).unwrap();
    assert_eq!(
        mappings::load("section23/superset", folder.path())
            .unwrap()
            .description,
        "Good"
    );
    assert_ne!(
        mappings::load("section23/api-json", folder.path())
            .unwrap()
            .description,
        "Good"
    );
    assert!(mappings::load("section23/none", folder.path()).is_err());
}
