//! CSV as RFC 4180 has it.

use csv::{Terminator, WriterBuilder};

use super::{Record, Table, WriteError, cells};

pub(super) fn write(table: &Table<'_>, records: &[Record]) -> Result<String, WriteError> {
    let delimiter = u8::try_from(table.layout.file.delimiter).unwrap_or(b',');
    let mut writer = WriterBuilder::new()
        .delimiter(delimiter)
        .terminator(Terminator::CRLF)
        .from_writer(Vec::new());
    // Rows above the header, where a layout has any, are titles.
    let titles = format!("{}\r\n", table.layout.version)
        .repeat(table.layout.file.header_row.saturating_sub(1) as usize);
    writer.write_record(table.header())?;
    for record in records {
        writer.write_record(table.columns.iter().map(|column| {
            record
                .get(column.field.name)
                .map(|value| cells::text(table.layout, column, value))
                .unwrap_or_default()
        }))?;
    }
    let bytes = writer
        .into_inner()
        .map_err(|error| WriteError::Io(error.into_error()))?;
    // Every cell was a string, so the whole is one.
    Ok(titles + &String::from_utf8_lossy(&bytes))
}
