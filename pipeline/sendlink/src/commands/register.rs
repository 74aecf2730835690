//! `sendlink register`.

use std::io::{self, Write};

use reports::{Cell, Column, Format, Table};

use super::{print, quiet_pipe};
use crate::{
    cli::{Register, RegisterFormat},
    config::Config,
    exit::{Exit, Failure},
    register::{self, Entry},
};

/// Prints the record of processing, from the configuration alone.
///
/// # Errors
/// Exit code 78 where the configuration or a mapping is wrong.
pub fn run(arguments: &Register) -> Result<Exit, Failure> {
    let config = Config::load(&arguments.config.file)?;
    let entries = register::entries(&config)?;
    match arguments.format {
        RegisterFormat::Csv => print(&table(entries), Format::Csv)?,
        RegisterFormat::Markdown => {
            let page = register::markdown(&config, &entries);
            quiet_pipe(io::stdout().lock().write_all(page.as_bytes()).map_err(Into::into))?;
        }
    }
    Ok(Exit::Done)
}

fn table(entries: Vec<Entry>) -> Table<14> {
    let mut table = Table::new([
        Column::new("feed"),
        Column::new("kind"),
        Column::new("provider"),
        Column::new("way"),
        Column::new("basis"),
        Column::new("mapping"),
        Column::new("table"),
        Column::new("field"),
        Column::new("columns"),
        Column::new("class"),
        Column::new("meaning"),
        Column::new("kept"),
        Column::new("retention"),
        Column::new("recipients"),
    ]);
    for entry in entries {
        table.push([
            Cell::Text(entry.feed),
            Cell::from(entry.kind),
            Cell::Text(entry.provider),
            Cell::from(entry.way),
            Cell::from(entry.basis),
            Cell::Text(entry.mapping),
            Cell::Text(entry.table),
            Cell::Text(entry.field),
            Cell::Text(entry.columns),
            Cell::from(entry.class),
            Cell::Text(entry.meaning),
            Cell::Text(entry.kept),
            Cell::Text(entry.retention),
            Cell::Text(entry.recipients),
        ]);
    }
    table
}
