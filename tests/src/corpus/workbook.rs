//! Workbooks, written down as the cells in which they differ from a sound sheet.
//!
//! The sound sheet has a title in its first row, the headings in the second and a record in each row below, all as
//! text. `[workbook.cells]` puts others in their place:
//!
//! ```toml
//! [workbook.cells]
//! J4 = { number = 9990000026.0 }        # a number, as a spreadsheet makes of an NHS number
//! O4 = { day = "2022-09-15" }           # a date cell
//! F4 = { error = "#N/A" }               # what a formula that failed shows
//! L4 = { formula = "=A1", shows = "x" } # a formula and the value that Excel stored with it
//! AK4 = { text = "see file" }
//! ```

use std::{collections::BTreeMap, path::Path};

use rust_xlsxwriter::{ExcelDateTime, Format, Formula, Workbook, Worksheet};
use serde::Deserialize;

/// A workbook.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Recipe {
    /// The name of the sheet with the records; "Notices" where none is given.
    pub sheet: Option<String>,
    /// Sheets that stand before it, with a line of text each.
    pub before: Vec<String>,
    /// Whether the sheet with the records is hidden.
    pub hidden: bool,
    /// Rows of the sheet that are hidden, as Excel numbers them.
    pub hidden_rows: Vec<u32>,
    /// Ranges that are merged into one cell, as `J4:J5`: each holds what its first cell held.
    pub merged: Vec<String>,
    /// How many blank rows stand between the first record and the second.
    pub gap: u32,
    /// Whether there is no title row, so that everything stands one row higher.
    pub untitled: bool,
    /// Cells that hold something else than in the sound sheet.
    pub cells: BTreeMap<String, Cell>,
}

/// What a cell holds.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
pub enum Cell {
    /// Text.
    Text {
        /// The text.
        text: String,
    },
    /// A number.
    Number {
        /// The number.
        number: f64,
    },
    /// A cell that is formatted as a date.
    Day {
        /// `YYYY-MM-DD`, or with `Thh:mm`.
        day: String,
    },
    /// True or false.
    Flag {
        /// Which.
        flag: bool,
    },
    /// A formula that failed.
    Error {
        /// What it shows, as `#N/A`.
        error: String,
    },
    /// A formula.
    Formula {
        /// As Excel has it, from the equals sign.
        formula: String,
        /// The value that was stored with it.
        shows: String,
    },
}

impl Recipe {
    /// The workbook's bytes, made over the sound rows of a CSV file.
    pub fn build(&self, sound: &Path) -> Vec<u8> {
        let mut workbook = Workbook::new();
        for name in &self.before {
            let sheet = workbook
                .add_worksheet()
                .set_name(name)
                .expect("a name for the sheet");
            sheet.write_string(0, 0, "Please do not sort").expect("written");
        }
        let sheet = workbook.add_worksheet();
        sheet
            .set_name(self.sheet.as_deref().unwrap_or("Notices"))
            .expect("a name for the sheet");
        sheet.set_hidden(self.hidden);
        let mut texts = BTreeMap::new();
        let top = u32::from(!self.untitled);
        if !self.untitled {
            texts.insert((0, 0), "Notices of the month".to_owned());
        }
        let mut rows = csv::ReaderBuilder::new()
            .has_headers(false)
            .from_path(sound)
            .expect("the sound rows");
        for (number, row) in (0..).zip(rows.records()) {
            let gap = if number > 1 { self.gap } else { 0 };
            for (column, text) in (0..).zip(row.expect("a row").iter()) {
                texts.insert((number + top + gap, column), text.to_owned());
            }
        }
        for (&(row, column), text) in &texts {
            if !text.is_empty() {
                sheet.write_string(row, column, text).expect("written");
            }
        }
        for (place, cell) in &self.cells {
            let (row, column) = place_of(place);
            cell.write(sheet, row, column);
        }
        for range in &self.merged {
            let (first, last) = range.split_once(':').expect("a range");
            let ((row, column), (last_row, last_column)) = (place_of(first), place_of(last));
            let text = texts.get(&(row, column)).map_or("", String::as_str);
            sheet
                .merge_range(row, column, last_row, last_column, text, &Format::new())
                .expect("merged");
        }
        for row in &self.hidden_rows {
            sheet.set_row_hidden(row - 1).expect("hidden");
        }
        workbook.save_to_buffer().expect("the workbook is made")
    }
}

impl Cell {
    fn write(&self, sheet: &mut Worksheet, row: u32, column: u16) {
        let written = match self {
            Cell::Text { text } if text.is_empty() => sheet.write_blank(row, column, &Format::new()),
            Cell::Text { text } => sheet.write_string(row, column, text),
            Cell::Number { number } => sheet.write_number(row, column, *number),
            Cell::Day { day } => {
                let day = ExcelDateTime::parse_from_str(day).expect("a day");
                let format = Format::new().set_num_format("dd/mm/yyyy");
                sheet.write_datetime_with_format(row, column, day, &format)
            }
            Cell::Flag { flag } => sheet.write_boolean(row, column, *flag),
            Cell::Error { error } => {
                sheet.write_formula(row, column, Formula::new("=NA()").set_result(error))
            }
            Cell::Formula { formula, shows } => {
                sheet.write_formula(row, column, Formula::new(formula).set_result(shows))
            }
        };
        written.expect("the cell is written");
    }
}

/// Row and column of a cell as Excel names it, both from nought.
fn place_of(name: &str) -> (u32, u16) {
    let letters = name.bytes().take_while(u8::is_ascii_uppercase).count();
    let (letters, row) = name.split_at(letters);
    let column = letters
        .bytes()
        .fold(0, |column, letter| column * 26 + u16::from(letter - b'A') + 1);
    let row: u32 = row.parse().unwrap_or_else(|_| panic!("{name} names no cell"));
    (row - 1, column - 1)
}
