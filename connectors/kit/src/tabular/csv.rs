//! Rows of a CSV file.

use std::io::Read;

use super::{
    Row, RowFault, Step, TabularError,
    split::{RawRecord, Splitter},
};
use crate::{
    decode::{DecodeError, decode},
    layout::{FileForm, FinalNewline},
    rules,
};

pub(super) struct CsvRows {
    splitter: Splitter,
    record: RawRecord,
    final_newline: FinalNewline,
}

/// Opens a CSV text and reads its header.
pub(super) fn open(
    source: Box<dyn Read + Send>,
    form: &FileForm,
) -> Result<(CsvRows, Vec<String>), TabularError> {
    let decoded = decode(source, form.encoding).map_err(|error| match error {
        DecodeError::NoByteOrderMark => TabularError::refused(&rules::NO_BYTE_ORDER_MARK, None),
        DecodeError::Io(error) => TabularError::Io(error),
    })?;
    let delimiter = u8::try_from(form.delimiter).unwrap_or(b',');
    let mut splitter = Splitter::new(Box::new(decoded), delimiter);
    let mut record = RawRecord::default();
    for row in 1..=form.header_row {
        if !splitter.read(&mut record)? {
            let rule = if row == 1 {
                &rules::EMPTY_FILE
            } else {
                &rules::BAD_HEADER
            };
            return Err(TabularError::refused(rule, None));
        }
    }
    // A header without a line end may have lost its last columns, and then nobody would miss them.
    if record.unended {
        return Err(TabularError::refused(&rules::TRUNCATED, record.line));
    }
    if record.too_long || record.text_after_quote {
        return Err(TabularError::refused(&rules::BAD_HEADER, record.line));
    }
    let mut header = Vec::with_capacity(record.len());
    for field in record.fields() {
        let name =
            std::str::from_utf8(field).map_err(|_| TabularError::refused(&rules::BAD_HEADER, record.line))?;
        header.push(name.trim().to_owned());
    }
    let rows = CsvRows {
        splitter,
        record,
        final_newline: form.final_newline,
    };
    Ok((rows, header))
}

impl CsvRows {
    /// Reads the next record as a row of `width` cells.
    pub(super) fn read(&mut self, row: &mut Row, width: usize) -> Result<Step, TabularError> {
        let record = &mut self.record;
        if !self.splitter.read(record)? {
            return Ok(Step::End);
        }
        if record.unended {
            let whole = !record.open_quote && !record.too_long && record.len() == width;
            if !whole || self.final_newline == FinalNewline::Required {
                return Err(TabularError::refused(&rules::TRUNCATED, record.line));
            }
        }
        let line = record.line;
        // A quote that was never closed runs on to the next one in the file and ends before its text. Whose rows
        // lie between, nobody can say.
        if record.text_after_quote && record.line_end_in_quotes {
            return Err(TabularError::refused(&rules::UNCLOSED_QUOTE, line));
        }
        let fault = |rule, column| Ok(Step::Fault(RowFault { rule, line, column }));
        if record.too_long {
            return fault(&rules::LONG_RECORD, None);
        }
        if record.len() != width {
            return fault(&rules::UNEQUAL_FIELDS, None);
        }
        if record.text_after_quote {
            return fault(&rules::TEXT_AFTER_QUOTE, None);
        }
        if record.fill(row) {
            return Ok(Step::Row);
        }
        // A file that ends in half a character was cut there.
        if record.unended {
            return Err(TabularError::refused(&rules::TRUNCATED, line));
        }
        let column = record
            .fields()
            .position(|field| std::str::from_utf8(field).is_err());
        fault(
            &rules::BAD_ENCODING,
            column.and_then(|column| u32::try_from(column).ok()),
        )
    }
}
