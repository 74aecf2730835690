//! Submissions to NHS data sets: a table set for a provider and month, made once and, for some sets, made again.

use std::collections::BTreeMap;

use jiff::civil::{Date, DateTime};
use kit::{
    Layout,
    field::Table,
    write::{self, write},
};

use crate::{
    calendar::{month_start, plus_days, plus_months},
    census::layout,
    files::{Files, wrong},
    notices::Row,
    settings::SynthError,
};

/// Which of the submissions of a month.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Window {
    Primary,
    Refresh,
}

/// A submission for a month.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Submission {
    /// The first day of the month.
    month: Date,
    pub(crate) window: Window,
}

impl Submission {
    /// The submission for the month of a day.
    pub(crate) fn of(day: Date, window: Window) -> Self {
        Submission {
            month: month_start(day),
            window,
        }
    }

    pub(crate) fn first_day(self) -> Date {
        self.month
    }

    pub(crate) fn last_day(self) -> Date {
        plus_days(plus_months(self.month, 1), -1)
    }

    /// When it is made: the windows close late in the month after, and in the one after that.
    pub(crate) fn made(self) -> DateTime {
        let months = match self.window {
            Window::Primary => 1,
            Window::Refresh => 2,
        };
        plus_days(plus_months(self.month, months), 22).at(16, 5, 0, 0)
    }

    /// When it comes: early in the morning of the day after.
    pub(crate) fn came(self) -> DateTime {
        plus_days(self.made().date(), 1).at(5, 0, 0, 0)
    }

    /// Whether it has come by the as-at date.
    pub(crate) fn has_come(self, as_at: Date) -> bool {
        self.came().date() < as_at
    }

    /// The submissions of this kind for the months from that of a day on, as far as they have come.
    pub(crate) fn from(day: Date, window: Window, as_at: Date) -> impl Iterator<Item = Submission> {
        (0..)
            .map(move |months| Submission::of(plus_months(month_start(day), months), window))
            .take_while(move |submission| submission.has_come(as_at))
    }

    /// The name of its sub-folder; of two, the greater name is the later submission.
    pub(crate) fn folder(self) -> String {
        let window = match self.window {
            Window::Primary => "primary",
            Window::Refresh => "refresh",
        };
        format!("{}-{window}", self.month.strftime("%Y-%m"))
    }

    /// The name of a table's file: no two of a provider are called the same.
    fn file(self, table: &str) -> String {
        let number = match self.window {
            Window::Primary => 1,
            Window::Refresh => 2,
        };
        format!("{table}_{}_{number}.csv", self.month.strftime("%Y%m"))
    }

    /// The row of its header, by the fields that both data sets have.
    pub(crate) fn header(self, version: &str, provider: &str) -> Row {
        let made = self.made();
        Row::from([
            ("version", version.to_owned()),
            ("provider", provider.to_owned()),
            ("submitter", provider.to_owned()),
            ("period_start", self.first_day().to_string()),
            ("period_end", self.last_day().to_string()),
            ("created_at", made.strftime("%Y-%m-%dT%H:%M:%S").to_string()),
            ("created_time", made.strftime("%H:%M:%S").to_string()),
        ])
    }
}

/// The tables of one submission, as they fill.
pub(crate) struct Tables {
    submission: Submission,
    folder: String,
    rows: BTreeMap<&'static str, Vec<Row>>,
}

impl Tables {
    /// A submission in a sub-folder of a feed's folder, with nothing in it yet. Every one of `tables` is written, if
    /// only with its header.
    pub(crate) fn begin(submission: Submission, feed: &str, tables: &[&'static str]) -> Self {
        Tables {
            submission,
            folder: format!("{feed}/{}", submission.folder()),
            rows: tables.iter().map(|table| (*table, Vec::new())).collect(),
        }
    }

    /// Adds a row. Returns the file, from the folder of the area, and the line.
    pub(crate) fn add(&mut self, table: &'static str, row: Row) -> (String, u64) {
        let rows = self.rows.entry(table).or_default();
        rows.push(row);
        let line = rows.len() as u64 + 1;
        (self.path(table), line)
    }

    fn path(&self, table: &str) -> String {
        format!("{}/{}", self.folder, self.submission.file(table))
    }

    /// Writes the files.
    pub(crate) fn write(
        &self,
        layout: &Layout,
        declared: &'static [Table],
        files: &Files,
    ) -> Result<(), SynthError> {
        let fault = |why: String| SynthError::Layout {
            layout: layout.name.clone(),
            why,
        };
        for (name, rows) in &self.rows {
            let of_layout = layout.tables.get(*name);
            let (Some(table), Some(of_layout)) =
                (declared.iter().find(|table| table.name == *name), of_layout)
            else {
                return Err(fault(format!("the table {name} is not declared")));
            };
            let sheet = write::Table::new(table, layout, &of_layout.columns, |_| true);
            let bytes = write(&sheet, rows).map_err(|error| fault(error.to_string()))?;
            put(files, &self.path(name), &bytes, self.submission.came())?;
        }
        Ok(())
    }
}

/// A flat file of one feed.
pub(crate) struct List {
    pub(crate) path: String,
    layout: Layout,
    rows: Vec<Row>,
    came: DateTime,
}

impl List {
    /// A file that comes on a day, with nothing in it yet.
    pub(crate) fn begin(
        feed: &str,
        (before, after): (&str, &str),
        mapping: &str,
        on: Date,
    ) -> Result<Self, SynthError> {
        Ok(List {
            path: format!("{feed}/{before}{}{after}", on.strftime("%Y%m%d")),
            layout: layout(mapping)?,
            rows: Vec::new(),
            came: on.at(5, 0, 0, 0),
        })
    }

    /// Adds a row. Returns its line.
    pub(crate) fn add(&mut self, row: Row) -> u64 {
        self.rows.push(row);
        u64::from(self.layout.file.header_row) + self.rows.len() as u64
    }

    /// Writes the file.
    pub(crate) fn write(&self, table: &'static Table, files: &Files) -> Result<(), SynthError> {
        let sheet = write::Table::flat(table, &self.layout);
        let bytes = write(&sheet, &self.rows).map_err(|error| SynthError::Layout {
            layout: self.layout.name.clone(),
            why: error.to_string(),
        })?;
        put(files, &self.path, &bytes, self.came)
    }
}

fn put(files: &Files, path: &str, bytes: &[u8], came: DateTime) -> Result<(), SynthError> {
    let place = files.place(path)?;
    std::fs::write(&place, bytes).map_err(|source| wrong(path, source))?;
    files.came(path, Some(came))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn a_refresh_comes_after_its_primary_and_before_the_next_refresh() {
        let primary = Submission::of(date(2026, 3, 17), Window::Primary);
        let refresh = Submission::of(date(2026, 3, 17), Window::Refresh);
        assert_eq!(
            (primary.first_day(), primary.last_day()),
            (date(2026, 3, 1), date(2026, 3, 31))
        );
        assert_eq!(primary.came().date(), date(2026, 4, 24));
        assert_eq!(refresh.came().date(), date(2026, 5, 24));
        assert_eq!(primary.folder(), "2026-03-primary");
        assert!(primary.has_come(date(2026, 4, 25)) && !primary.has_come(date(2026, 4, 24)));
        let months: Vec<_> = Submission::from(date(2025, 11, 30), Window::Primary, date(2026, 4, 25))
            .map(|submission| submission.first_day().month())
            .collect();
        assert_eq!(months, [11, 12, 1, 2, 3]);
    }
}
