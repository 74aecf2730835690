//! Rows of a sheet of an Excel workbook.
//!
//! A workbook cannot be read as a stream from its start, so its sheet is held in memory under caps. Values are
//! those that Excel stored; formulas are never computed.

use std::{
    fs::File,
    io::{self, BufReader, Read},
    path::Path,
    vec,
};

use calamine::{DataRef, ExcelDateTime, Reader, Xlsx};
use jiff::civil::DateTime;

use super::{Row, Slot, Step, TabularError};
use crate::{layout::FileForm, rules};

/// The largest workbook file, in bytes: a county's notices of ten years take a fifth of it.
const LARGEST_FILE: u64 = 64 * 1024 * 1024;
/// The most that its parts may unpack to, in bytes: what a packed file of the largest size honestly holds, and
/// a bound on what a bomb can do.
const LARGEST_UNPACKED: u64 = 512 * 1024 * 1024;
/// The most parts of a workbook.
const MOST_PARTS: usize = 1000;
/// The most that the rows of a sheet may take in memory, in bytes: about 80,000 rows of fifty cells. What is held
/// counts, blanks before a cell too: a sheet of rows that each use their last column alone is small as a file.
const MOST_HELD: usize = 128 * 1024 * 1024;
/// What a row takes besides its cells and text, about.
const ROW_BYTES: usize = 128;
/// The longest stretch of a part without the start of a tag, in bytes. The longest text of a cell is 32,767 characters
/// (ECMA-376); the parser holds a stretch in memory before anybody can look at it.
const LONGEST_STRETCH: u64 = 1024 * 1024;
/// The most that the part with the texts of all sheets may unpack to, in bytes: it is held in memory as a whole.
const MOST_SHARED_TEXT: u64 = 32 * 1024 * 1024;
/// The widest sheet, in columns. Excel's own limit is 16,384; no layout comes near this.
const WIDEST: u32 = 1024;

pub(super) struct SheetRows {
    rows: vec::IntoIter<Row>,
}

impl SheetRows {
    pub(super) fn read(&mut self, row: &mut Row) -> Step {
        match self.rows.next() {
            Some(next) => {
                *row = next;
                Step::Row
            }
            None => Step::End,
        }
    }
}

/// Opens a workbook; returns the rows below the header, the header, and the sheet's name.
pub(super) fn open(path: &Path, form: &FileForm) -> Result<(SheetRows, Vec<String>, String), TabularError> {
    check_size(path)?;
    let not_a_workbook = || TabularError::refused(&rules::NOT_A_WORKBOOK, None);
    let mut workbook = Xlsx::new(BufReader::new(File::open(path)?)).map_err(|_| not_a_workbook())?;
    let names = workbook.sheet_names();
    let sheet = match &form.sheet {
        Some(wanted) => names
            .iter()
            .find(|name| name.trim().eq_ignore_ascii_case(wanted.trim())),
        None => names.first(),
    };
    let sheet = sheet
        .cloned()
        .ok_or_else(|| TabularError::refused(&rules::NO_SHEET, None))?;
    let mut rows = read_cells(&mut workbook, &sheet)?;

    let header_line = u64::from(form.header_row);
    let header_at = rows
        .iter()
        .position(|row| row.line() == header_line)
        .ok_or_else(|| TabularError::refused(&rules::BAD_HEADER, header_line))?;
    let header_row = &rows.get(header_at).map(|row| {
        (0..row.len())
            .map(|column| row.text(column).unwrap_or_default().into_owned())
            .collect::<Vec<_>>()
    });
    let header = header_row.clone().unwrap_or_default();
    rows.drain(..=header_at);
    Ok((
        SheetRows {
            rows: rows.into_iter(),
        },
        header,
        sheet,
    ))
}

/// Cells come row by row, each with its own place in the sheet, whatever its first used cell.
fn read_cells<R: io::Read + io::Seek>(workbook: &mut Xlsx<R>, sheet: &str) -> Result<Vec<Row>, TabularError> {
    let not_a_workbook = || TabularError::refused(&rules::NOT_A_WORKBOOK, None);
    let mut cells = workbook
        .worksheet_cells_reader(sheet)
        .map_err(|_| not_a_workbook())?;
    let mut rows: Vec<Row> = Vec::new();
    let mut held = 0;
    while let Some(cell) = cells.next_cell().map_err(|_| not_a_workbook())? {
        let (row, column) = cell.get_position();
        let line = u64::from(row) + 1;
        if matches!(cell.get_value(), DataRef::Empty) {
            continue;
        }
        let is_new = rows.last().is_none_or(|last| last.line() < line);
        let width = rows.last().filter(|_| !is_new).map_or(0, Row::len);
        let blanks_and_cell = (column as usize + 1).saturating_sub(width);
        held += blanks_and_cell * size_of::<Slot>() + text_bytes(cell.get_value());
        held += if is_new { ROW_BYTES } else { 0 };
        if held > MOST_HELD || column >= WIDEST {
            return Err(TabularError::Refused {
                rule: &rules::TOO_LARGE,
                line: Some(line),
                column: Some(column),
            });
        }
        if is_new {
            if let Some(last) = rows.last_mut() {
                last.shrink();
            }
            let mut new = Row::default();
            new.clear(line);
            rows.push(new);
        }
        // Excel writes rows in order; a file that does not was made to confuse.
        let Some(last) = rows.last_mut().filter(|last| last.line() == line) else {
            return Err(not_a_workbook());
        };
        let column = column as usize;
        match cell.get_value() {
            DataRef::Empty => {}
            DataRef::Int(number) => last.set(column, Slot::Number(*number as f64)),
            DataRef::Float(number) => last.set(column, Slot::Number(*number)),
            DataRef::String(text) => last.set_text(column, text),
            DataRef::SharedString(text) => last.set_text(column, text),
            DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => last.set_text(column, text),
            DataRef::Bool(flag) => last.set(column, Slot::Flag(*flag)),
            DataRef::DateTime(moment) => last.set(column, moment_slot(moment)),
            DataRef::Error(_) => last.set(column, Slot::Error),
        }
    }
    Ok(rows)
}

/// What the text of a cell takes.
fn text_bytes(value: &DataRef<'_>) -> usize {
    match value {
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => text.len(),
        DataRef::SharedString(text) => text.len(),
        _ => 0,
    }
}

/// A cell that is formatted as a date; calamine knows which of the two calendars the workbook uses.
fn moment_slot(moment: &ExcelDateTime) -> Slot {
    if !moment.is_datetime() || moment.as_f64() < 0.0 {
        return Slot::Number(moment.as_f64());
    }
    let (year, month, day, hour, minute, second, _) = moment.to_ymd_hms_milli();
    let small = |number: u8| i8::try_from(number).ok();
    let moment = || {
        DateTime::new(
            i16::try_from(year).ok()?,
            small(month)?,
            small(day)?,
            small(hour)?,
            small(minute)?,
            small(second)?,
            0,
        )
        .ok()
    };
    moment().map_or(Slot::Error, Slot::Moment)
}

/// Unpacks every part into nothing, so that a bomb goes off where it does no harm.
fn check_size(path: &Path) -> Result<(), TabularError> {
    let too_large = || TabularError::refused(&rules::TOO_LARGE, None);
    let not_a_workbook = || TabularError::refused(&rules::NOT_A_WORKBOOK, None);
    let file = File::open(path)?;
    let bytes = file.metadata()?.len();
    if bytes == 0 {
        return Err(TabularError::refused(&rules::EMPTY_FILE, None));
    }
    if bytes > LARGEST_FILE {
        return Err(too_large());
    }
    let mut archive = zip::ZipArchive::new(BufReader::new(file)).map_err(|_| not_a_workbook())?;
    if archive.len() > MOST_PARTS {
        return Err(too_large());
    }
    let mut room = LARGEST_UNPACKED;
    for index in 0..archive.len() {
        let part = archive.by_index(index).map_err(|_| not_a_workbook())?;
        let name = part.name().map_err(|_| not_a_workbook())?.to_ascii_lowercase();
        let is_shared_text = name.ends_with("sharedstrings.xml");
        let mut measure = Measure::default();
        let unpacked = io::copy(&mut part.take(room + 1), &mut measure).map_err(|_| not_a_workbook())?;
        let is_markup = name.ends_with(".xml") || name.ends_with(".rels");
        if (is_markup && measure.longest > LONGEST_STRETCH) || (is_shared_text && unpacked > MOST_SHARED_TEXT)
        {
            return Err(too_large());
        }
        room = room.checked_sub(unpacked).ok_or_else(too_large)?;
    }
    Ok(())
}

/// Measures what is unpacked into it.
#[derive(Default)]
struct Measure {
    /// Bytes since the last start of a tag.
    since: u64,
    /// The most that there were.
    longest: u64,
}

impl io::Write for Measure {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        for stretch in bytes.split_inclusive(|byte| *byte == b'<') {
            self.since += stretch.len() as u64;
            self.longest = self.longest.max(self.since);
            if stretch.ends_with(b"<") {
                self.since = 0;
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
