//! An Excel workbook, as people make them: dates are date cells, NHS numbers are numbers.

use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook};

use super::{Record, Table, WriteError, cells};
use crate::field::FieldType;

pub(super) fn write(table: &Table<'_>, records: &[Record]) -> Result<Vec<u8>, WriteError> {
    let form = &table.layout.file;
    let mut workbook = Workbook::new();
    // A workbook says when it was made; ours must be the same bytes each time.
    let made = ExcelDateTime::from_ymd(2000, 1, 1)?;
    workbook.set_properties(&DocProperties::new().set_creation_datetime(&made));
    let day = Format::new().set_num_format("dd/mm/yyyy");
    let moment = Format::new().set_num_format("dd/mm/yyyy hh:mm");
    let sheet = workbook.add_worksheet();
    if let Some(name) = &form.sheet {
        sheet.set_name(name)?;
    }
    let header_row = form.header_row.saturating_sub(1);
    if header_row > 0 {
        sheet.write_string(0, 0, &table.layout.version)?;
    }
    for (at, name) in (0..).zip(table.header()) {
        sheet.write_string(header_row, at, name)?;
    }
    for (row, record) in (header_row + 1..).zip(records) {
        for (at, column) in (0..).zip(&table.columns) {
            let Some(canonical) = record.get(column.field.name).filter(|value| !value.is_empty()) else {
                continue;
            };
            if let Some(when) = cells::moment(column.field.field_type, canonical) {
                let format = if column.field.field_type == FieldType::DateTime {
                    &moment
                } else {
                    &day
                };
                // A sheet knows no day before 1900: such a one is typed as text.
                if let Ok(date) =
                    ExcelDateTime::parse_from_str(&when.strftime("%Y-%m-%dT%H:%M:%S").to_string())
                {
                    sheet.write_datetime_with_format(row, at, &date, format)?;
                    continue;
                }
            }
            let as_number = column.field.field_type == FieldType::NhsNumber
                && canonical.len() == 10
                && !canonical.starts_with('0');
            match canonical.parse::<u64>() {
                // Ten digits are far below the 2 to the 53rd that a cell holds exactly.
                Ok(number) if as_number => sheet.write_number(row, at, number as f64)?,
                _ => sheet.write_string(row, at, cells::text(table.layout, column, canonical))?,
            };
        }
    }
    Ok(workbook.save_to_buffer()?)
}
