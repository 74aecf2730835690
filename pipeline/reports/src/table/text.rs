//! A table in aligned columns.

use std::{
    borrow::Cow,
    io::{self, Write},
};

use super::{Column, Table, escape::plain_line};

/// Between two columns.
const GAP: &str = "  ";

/// Writes headings, a rule and the rows. Widths are counted in characters, which is right for the codes and
/// English words that tables hold.
pub(super) fn write<const N: usize>(table: &Table<N>, mut out: impl Write) -> io::Result<()> {
    let headings: Vec<Cow<'_, str>> = table
        .columns()
        .iter()
        .map(|column| Cow::Borrowed(column.heading()))
        .collect();
    let rows: Vec<Vec<Cow<'_, str>>> = table
        .rows()
        .iter()
        .map(|row| {
            row.iter()
                .map(|cell| Cow::Owned(plain_line(&cell.shown()).into_owned()))
                .collect()
        })
        .collect();

    let mut widths: Vec<usize> = headings.iter().map(|heading| heading.chars().count()).collect();
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }

    let rules: Vec<Cow<'_, str>> = widths
        .iter()
        .map(|&width| Cow::Owned("─".repeat(width)))
        .collect();
    for line in [&headings, &rules].into_iter().chain(&rows) {
        writeln!(out, "{}", aligned(line, &widths, table.columns()))?;
    }
    Ok(())
}

fn aligned(cells: &[Cow<'_, str>], widths: &[usize], columns: &[Column]) -> String {
    let mut line = String::new();
    for ((cell, &width), column) in cells.iter().zip(widths).zip(columns) {
        if !line.is_empty() {
            line.push_str(GAP);
        }
        if column.is_right() {
            line.push_str(&format!("{cell:>width$}"));
        } else {
            line.push_str(&format!("{cell:<width$}"));
        }
    }
    line.truncate(line.trim_end().len());
    line
}
