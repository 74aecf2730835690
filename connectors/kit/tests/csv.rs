//! CSV files as they should and should not be.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

use kit::{
    Reader, Row, Step,
    layout::{Encoding, FileForm, FinalNewline},
    tabular::{LONGEST_FIELD, LONGEST_RECORD, TabularError},
};

/// Reads a text; each row as its line and cells, each fault as its line and rule.
fn read(bytes: &[u8], form: &FileForm) -> Result<Vec<String>, &'static str> {
    let refused = |error| match error {
        TabularError::Refused { rule, .. } => rule.id,
        TabularError::Io(error) => panic!("{error}"),
    };
    let mut reader =
        Reader::from_csv(std::io::Cursor::new(bytes.to_vec()), form, "file 1").map_err(refused)?;
    let mut row = Row::default();
    let mut rows = Vec::new();
    loop {
        match reader.read(&mut row).map_err(refused)? {
            Step::End => return Ok(rows),
            Step::Row => {
                let cells: Vec<_> = (0..row.len())
                    .map(|column| row.text(column).unwrap_or_default().into_owned())
                    .collect();
                rows.push(format!("{}: {}", row.line(), cells.join("|")));
            }
            Step::Fault(fault) => {
                let column = fault
                    .column
                    .map(|column| format!(" column {column}"))
                    .unwrap_or_default();
                rows.push(format!("{}: {}{column}", fault.line, fault.rule.id));
            }
        }
    }
}

fn plain(text: &str) -> Result<Vec<String>, &'static str> {
    read(text.as_bytes(), &FileForm::default())
}

#[test]
fn quotes_and_line_ends_of_every_kind() {
    let text = "a,b\r\n1,\"x, \"\"y\"\"\r\nz\"\r2,plain\n\n\n3,6\" nail\n";
    assert_eq!(
        plain(text).unwrap(),
        ["2: 1|x, \"y\"\r\nz", "4: 2|plain", "7: 3|6\" nail"]
    );
    let semicolons = FileForm {
        delimiter: ';',
        ..FileForm::default()
    };
    assert_eq!(read(b"a;b\n1,5;2\n", &semicolons).unwrap(), ["2: 1,5|2"]);
}

#[test]
fn a_bad_row_costs_itself() {
    assert_eq!(
        plain("a,b\n1,2\n3\n4,5,6\n7,8\n\"9\"x,10\n11,12\n").unwrap(),
        ["2: 1|2", "3: F009", "4: F009", "5: 7|8", "6: F010", "7: 11|12"]
    );
    assert_eq!(
        plain("a,b\n1,\0\n2,\u{1b}[2J\n3,tab\there\n").unwrap(),
        ["2: F012 column 1", "3: F012 column 1", "4: 3|tab\there"]
    );
    assert_eq!(
        read(b"a,b\n1,\xe9\n2,ok\n", &FileForm::default()).unwrap(),
        ["2: F011 column 1", "3: 2|ok"]
    );
}

#[test]
fn a_quote_that_is_not_closed_takes_no_row_with_it_unseen() {
    assert_eq!(plain("a,b\n1,\"open\n2,x\n3,\"quoted\"\n4,y\n"), Err("F038"));
    assert_eq!(plain("a,b\n1,\"open\n2,x\n3,y\n"), Err("F002"));
    // Closed as it should be, a cell of several lines leaves no doubt where its record ends.
    assert_eq!(
        plain("a,b\n1,\"two\nlines\",2\n3,4\n").unwrap(),
        ["2: F009", "4: 3|4"]
    );
}

#[test]
fn long_fields_and_records_cost_themselves() {
    let field = "x".repeat(LONGEST_FIELD + 1);
    let allowed = "y".repeat(LONGEST_FIELD);
    let record = "z".repeat(LONGEST_RECORD + 1);
    let text = format!("a,b\n1,{field}\n2,\"{record}\"\n3,\"{record}\nstill\"\n4,{allowed}\n");
    let rows = plain(&text).unwrap();
    assert_eq!(rows[..3], ["2: F013 column 1", "3: F014", "4: F014"]);
    assert!(rows[3].starts_with("6: 4|yyy"));
}

#[test]
fn a_file_that_stops_is_refused() {
    assert_eq!(plain(""), Err("F001"));
    assert_eq!(plain("\u{feff}"), Err("F001"));
    assert_eq!(plain("a,b"), Err("F002"));
    assert_eq!(plain("a,b\n1,\"open\n2,3\n"), Err("F002"));
    assert_eq!(plain("a,b\n1,2\n3"), Err("F002"));
    assert_eq!(plain("a,b\n1,2\n "), Err("F002"));
    assert_eq!(plain("a,b\n1,2\n3,4").unwrap(), ["2: 1|2", "3: 3|4"]);
    // Half of a two-byte character.
    assert_eq!(read(b"a,b\n1,Zo\xc3", &FileForm::default()), Err("F002"));
    let required = FileForm {
        final_newline: FinalNewline::Required,
        ..FileForm::default()
    };
    assert_eq!(read(b"a,b\n1,2\n3,4", &required), Err("F002"));
    assert_eq!(read(b"a,b\n", &required).unwrap(), [""; 0]);
}

#[test]
fn encodings() {
    let windows = FileForm {
        encoding: Encoding::Windows1252,
        ..FileForm::default()
    };
    assert_eq!(
        read(b"a,b\n1,Zo\xeb \x96 x\n", &windows).unwrap(),
        ["2: 1|Zoë – x"]
    );
    let utf_16 = FileForm {
        encoding: Encoding::Utf16,
        ..FileForm::default()
    };
    let mut bytes = vec![0xff, 0xfe];
    bytes.extend("a,b\n1,Zoë\n2,".encode_utf16().flat_map(u16::to_le_bytes));
    // A lone surrogate costs its row.
    bytes.extend([0x00, 0xd8]);
    bytes.extend("\n3,x\n".encode_utf16().flat_map(u16::to_le_bytes));
    assert_eq!(
        read(&bytes, &utf_16).unwrap(),
        ["2: 1|Zoë", "3: F011 column 1", "4: 3|x"]
    );
    assert_eq!(read(b"a,b\n1,2\n", &utf_16), Err("F003"));
    // Cut in the middle of a code unit.
    assert_eq!(read(&bytes[..bytes.len() - 1], &utf_16), Err("F002"));
}

#[test]
fn rows_above_the_header_and_blank_rows_are_passed_over() {
    let form = FileForm {
        header_row: 3,
        ..FileForm::default()
    };
    assert_eq!(
        read(b"Export\nof today\na , b\n,\n1,2\n  ,\t\n3,4\n", &form).unwrap(),
        ["5: 1|2", "7: 3|4"]
    );
    assert_eq!(read(b"Export\n", &form), Err("F004"));
}
