//! Whatever the bytes, a reader ends, and says rows, faults or a refusal.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

use kit::{
    Reader, Row, Step,
    layout::{Encoding, FileForm, FinalNewline},
    tabular::TabularError,
};
use proptest::prelude::*;

/// Bytes that look enough like CSV or JSON to get somewhere.
fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        8 => prop::sample::select(vec![
            "a", "b,", "\"", "\"\"", "\r", "\n", "\r\n", ",", "\u{feff}", "\0", "é", "[", "]", "{", "}", "{\"a\":1}",
            "\\", ":", "\"k\":", "1e999", "null", " ", "\u{85}",
        ])
        .prop_map(|text| text.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..4),
    ];
    prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

fn form() -> impl Strategy<Value = FileForm> {
    let encoding = prop::sample::select(vec![Encoding::Utf8, Encoding::Utf16, Encoding::Windows1252]);
    (encoding, any::<bool>(), 1..3_u32).prop_map(|(encoding, required, header_row)| FileForm {
        encoding,
        header_row,
        final_newline: if required {
            FinalNewline::Required
        } else {
            FinalNewline::Optional
        },
        ..FileForm::default()
    })
}

/// Rows and faults, or the refusal.
fn drain(reader: Result<Reader, TabularError>) -> Result<u64, &'static str> {
    let refused = |error| match error {
        TabularError::Refused { rule, .. } => rule.id,
        TabularError::Io(error) => panic!("{error}"),
    };
    let mut reader = reader.map_err(refused)?;
    let mut row = Row::default();
    let mut steps = 0;
    while !matches!(reader.read(&mut row).map_err(refused)?, Step::End) {
        steps += 1;
        for column in 0..=row.len() {
            let _ = row.text(column);
        }
    }
    Ok(steps)
}

proptest! {
    #[test]
    fn csv(bytes in bytes(), form in form()) {
        let records = bytes.len() as u64;
        let read = drain(Reader::from_csv(std::io::Cursor::new(bytes), &form, "file 1"));
        prop_assert!(read.is_err() || read.unwrap() <= records);
    }

    #[test]
    fn json(bytes in bytes(), form in form()) {
        let records = bytes.len() as u64;
        let read = drain(Reader::from_json(std::io::Cursor::new(bytes), &form, "file 1", &[]));
        prop_assert!(read.is_err() || read.unwrap() <= records);
    }

    /// The rows of two whole files, one after the other, are those of each.
    #[test]
    fn rows_know_nothing_of_their_neighbours(
        one in prop::collection::vec("[a-z\"\\n, ]{0,6}", 2),
        other in prop::collection::vec("[a-z\"\\n, ]{0,6}", 2),
    ) {
        let line = |cells: &[String]| {
            let cells: Vec<_> = cells.iter().map(|cell| format!("\"{}\"", cell.replace('"', "\"\""))).collect();
            format!("{}\n", cells.join(","))
        };
        let cells = |text: String| {
            let source = std::io::Cursor::new(text.into_bytes());
            let mut reader = Reader::from_csv(source, &FileForm::default(), "file 1").unwrap();
            let mut row = Row::default();
            let mut rows = Vec::new();
            while let Step::Row = reader.read(&mut row).unwrap() {
                rows.push((row.text(0).map(|text| text.into_owned()), row.text(1).map(|text| text.into_owned())));
            }
            rows
        };
        let together = cells(format!("h,i\n{}{}", line(&one), line(&other)));
        let mut apart = cells(format!("h,i\n{}", line(&one)));
        apart.extend(cells(format!("h,i\n{}", line(&other))));
        prop_assert_eq!(together, apart);
    }
}
