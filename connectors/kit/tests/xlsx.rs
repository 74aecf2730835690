//! Workbooks as they should and should not be.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

use std::{io::Write, path::Path};

use kit::{
    DeliveryFile, Reader, Row, Step,
    layout::{FileForm, Format},
    tabular::{Slot, TabularError},
};
use rust_xlsxwriter::{ExcelDateTime, Format as CellFormat, Formula, Workbook};

fn form(sheet: Option<&str>) -> FileForm {
    FileForm {
        format: Format::Xlsx,
        sheet: sheet.map(str::to_owned),
        ..FileForm::default()
    }
}

/// The header, and each row's number and cells.
type Sheet = (Vec<String>, Vec<(u64, Vec<Slot>)>);

fn read(bytes: &[u8], form: &FileForm) -> Result<Sheet, &'static str> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("book");
    std::fs::write(&path, bytes).unwrap();
    let refused = |error| match error {
        TabularError::Refused { rule, .. } => rule.id,
        TabularError::Io(error) => panic!("{error}"),
    };
    let file = DeliveryFile {
        label: "book".into(),
        name: "book".into(),
        path,
        bytes: bytes.len() as u64,
    };
    let mut reader = Reader::open(&file, form, &[]).map_err(refused)?;
    let mut row = Row::default();
    let mut rows = Vec::new();
    while let Step::Row = reader.read(&mut row).map_err(refused)? {
        rows.push((
            row.line(),
            (0..row.len()).map(|column| row.slot(column)).collect(),
        ));
    }
    Ok((reader.header().to_vec(), rows))
}

#[test]
fn cells_keep_their_place_and_kind() {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet().set_name("Data").unwrap();
    let date = CellFormat::new().set_num_format("dd/mm/yyyy");
    // The sheet's first used cell is C2.
    for (column, name) in [(2, " Id "), (3, "Day"), (5, "Sum")] {
        sheet.write_string(1, column, name).unwrap();
    }
    sheet.write_number(2, 2, 9_990_000_018.0).unwrap();
    sheet
        .write_datetime_with_format(2, 3, ExcelDateTime::from_ymd(2025, 3, 10).unwrap(), &date)
        .unwrap();
    sheet
        .write_formula(2, 5, Formula::new("=1+1").set_result("2"))
        .unwrap();
    sheet.write_boolean(9, 2, true).unwrap();
    let bytes = book.save_to_buffer().unwrap();

    let mut form = form(Some("data"));
    form.header_row = 2;
    let (header, rows) = read(&bytes, &form).unwrap();
    assert_eq!(header, ["", "", "Id", "Day", "", "Sum"]);
    assert_eq!(rows.len(), 2);
    let (line, cells) = &rows[0];
    assert_eq!(*line, 3);
    assert_eq!(cells[2], Slot::Number(9_990_000_018.0));
    assert_eq!(
        cells[3],
        Slot::Moment(jiff::civil::date(2025, 3, 10).at(0, 0, 0, 0))
    );
    // What Excel stored; formulas are not computed.
    assert_eq!(cells[5], Slot::Number(2.0));
    assert_eq!(rows[1], (10, vec![Slot::Blank, Slot::Blank, Slot::Flag(true)]));

    assert_eq!(
        read(
            &bytes,
            &FileForm {
                sheet: Some("Other".into()),
                ..form.clone()
            }
        )
        .unwrap_err(),
        "F016"
    );
    assert_eq!(
        read(
            &bytes,
            &FileForm {
                header_row: 1,
                ..form
            }
        )
        .unwrap_err(),
        "F004"
    );
}

#[test]
fn the_calendar_of_1904() {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    sheet.write_string(0, 0, "Day").unwrap();
    let format = CellFormat::new().set_num_format("dd/mm/yyyy");
    sheet.write_number_with_format(1, 0, 44_264.0, &format).unwrap();
    let bytes = book.save_to_buffer().unwrap();
    let (_, rows) = read(&bytes, &form(None)).unwrap();
    assert_eq!(
        rows[0].1,
        [Slot::Moment(jiff::civil::date(2021, 3, 9).at(0, 0, 0, 0))]
    );

    let old = rewritten(&bytes, "xl/workbook.xml", |xml| {
        xml.replace("<workbookPr ", "<workbookPr date1904=\"1\" ")
    });
    let (_, rows) = read(&old, &form(None)).unwrap();
    assert_eq!(
        rows[0].1,
        [Slot::Moment(jiff::civil::date(2025, 3, 10).at(0, 0, 0, 0))]
    );
}

#[test]
fn hostile_workbooks() {
    assert_eq!(read(b"", &form(None)).unwrap_err(), "F001");
    assert_eq!(read(b"PK\x03\x04 and no more", &form(None)).unwrap_err(), "F015");

    let mut book = Workbook::new();
    book.add_worksheet()
        .write_string(0, 0, "Id")
        .unwrap()
        .write_string(0, 16_383, "far")
        .unwrap();
    assert_eq!(
        read(&book.save_to_buffer().unwrap(), &form(None)).unwrap_err(),
        "F017"
    );

    // A few bytes that unpack to more than half a gibibyte.
    let mut bomb = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default().compression_level(Some(1));
    bomb.start_file("xl/sharedStrings.xml", options).unwrap();
    let spaces = vec![b' '; 1 << 20];
    for _ in 0..520 {
        bomb.write_all(&spaces).unwrap();
    }
    let bytes = bomb.finish().unwrap().into_inner();
    assert!(bytes.len() < 1 << 23);
    assert_eq!(read(&bytes, &form(None)).unwrap_err(), "F017");
    assert!(!Path::new("xl").exists());
}

/// The workbook with one part changed.
fn rewritten(bytes: &[u8], part: &str, change: impl Fn(String) -> String) -> Vec<u8> {
    let mut old = zip::ZipArchive::new(std::io::Cursor::new(bytes)).unwrap();
    let mut new = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for index in 0..old.len() {
        let mut file = old.by_index(index).unwrap();
        let name = file.name().unwrap().into_owned();
        let mut text = Vec::new();
        std::io::Read::read_to_end(&mut file, &mut text).unwrap();
        if name == part {
            let changed = change(String::from_utf8(text.clone()).unwrap());
            assert_ne!(changed.as_bytes(), text);
            text = changed.into_bytes();
        }
        new.start_file(name, zip::write::SimpleFileOptions::default())
            .unwrap();
        new.write_all(&text).unwrap();
    }
    new.finish().unwrap().into_inner()
}
