//! Guarding text that leaves for a spreadsheet or a terminal.
//!
//! A spreadsheet runs a cell that begins with `=`, `+`, `-`, `@`, a tab or a carriage return as a formula
//! (OWASP, CSV injection). Such text gets an apostrophe in front, which a spreadsheet hides.

use std::borrow::Cow;

/// What may begin a formula.
const FORMULA_STARTS: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

/// The text with an apostrophe in front where a spreadsheet would take it for a formula.
///
/// ```
/// use reports::table::escape::guard_formula;
///
/// assert_eq!(guard_formula("=HYPERLINK(\"x\")"), "'=HYPERLINK(\"x\")");
/// assert_eq!(guard_formula("RAJ"), "RAJ");
/// ```
pub fn guard_formula(text: &str) -> Cow<'_, str> {
    if text.starts_with(FORMULA_STARTS) {
        Cow::Owned(format!("'{text}"))
    } else {
        Cow::Borrowed(text)
    }
}

/// The text on one line and without control characters: each becomes a space, so that no file name or code
/// can move a terminal's cursor or break a row in two.
pub fn plain_line(text: &str) -> Cow<'_, str> {
    if text.chars().any(char::is_control) {
        Cow::Owned(
            text.chars()
                .map(|c| if c.is_control() { ' ' } else { c })
                .collect(),
        )
    } else {
        Cow::Borrowed(text)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{Column, Format, Table};

    #[test]
    fn every_start_is_guarded() {
        for start in FORMULA_STARTS {
            assert_eq!(guard_formula(&format!("{start}1")), format!("'{start}1"));
        }
        assert_eq!(guard_formula(""), "");
        assert_eq!(guard_formula("a=b"), "a=b");
        assert_eq!(guard_formula("'=a"), "'=a");
    }

    proptest! {
        #[test]
        fn no_cell_of_a_csv_begins_a_formula(
            texts in prop::collection::vec("[=+@\\-\t\r\n\",;a-z' ]{0,6}", 1..20),
        ) {
            let mut table = Table::new([Column::new("a"), Column::new("b")]);
            for text in &texts {
                table.push([text.into(), "x".into()]);
            }
            let mut out = Vec::new();
            table.write(Format::Csv, &mut out).expect("memory takes all");
            let mut read = csv::Reader::from_reader(out.as_slice());
            let mut count = 0;
            for (row, text) in read.records().zip(&texts) {
                let row = row.expect("well formed");
                let cell = row.get(0).expect("two columns");
                prop_assert!(!cell.starts_with(FORMULA_STARTS));
                // Nothing is lost: the guard comes off again.
                prop_assert!(cell == text || cell.strip_prefix('\'') == Some(text));
                count += 1;
            }
            prop_assert_eq!(count, texts.len());
        }

        #[test]
        fn a_table_has_one_line_a_row(text in ".*") {
            let mut table = Table::new([Column::new("a"), Column::new("b")]);
            table.push([text.into(), "x".into()]);
            let mut out = Vec::new();
            table.write(Format::Table, &mut out).expect("memory takes all");
            let out = String::from_utf8(out).expect("UTF-8");
            prop_assert_eq!(out.lines().count(), 3);
            prop_assert!(!out.chars().any(|c| c.is_control() && c != '\n'));
        }
    }
}
