//! What stands in one place of a table.

use std::{borrow::Cow, fmt};

use jiff::civil::Date;
use records::{Kind, Month};

use super::escape::guard_formula;

/// A value of a table. Numbers keep their type, so that CSV need not guard them and JSON need not quote them.
/// Debug output names the type alone, as a text may be a sender's reference.
#[derive(Clone, Default, PartialEq)]
pub enum Cell {
    /// No value.
    #[default]
    Blank,
    /// Words, a code or a date.
    Text(String),
    /// A count.
    Integer(i64),
    /// A number shown with this many decimals in text and CSV; JSON holds it in full. What is not finite is
    /// blank.
    Number {
        /// The number.
        value: f64,
        /// Decimals shown.
        decimals: usize,
    },
    /// Yes or no; `true` and `false` in JSON.
    Flag(bool),
}

impl Cell {
    /// A number with a fixed count of decimals.
    pub const fn number(value: f64, decimals: usize) -> Self {
        Cell::Number { value, decimals }
    }

    /// The cell as people read it, without any guard.
    pub fn shown(&self) -> Cow<'_, str> {
        match self {
            Cell::Blank => Cow::Borrowed(""),
            Cell::Text(text) => Cow::Borrowed(text),
            Cell::Integer(count) => Cow::Owned(count.to_string()),
            Cell::Number { value, decimals } if value.is_finite() => {
                Cow::Owned(format!("{value:.decimals$}"))
            }
            Cell::Number { .. } => Cow::Borrowed(""),
            Cell::Flag(true) => Cow::Borrowed("yes"),
            Cell::Flag(false) => Cow::Borrowed("no"),
        }
    }

    /// The cell for a CSV file that somebody may open in a spreadsheet.
    pub(super) fn for_csv(&self) -> Vec<u8> {
        match self {
            Cell::Text(text) => guard_formula(text).into_owned().into_bytes(),
            other => other.shown().into_owned().into_bytes(),
        }
    }
}

impl fmt::Debug for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Cell::Blank => "Blank",
            Cell::Text(_) => "Text",
            Cell::Integer(_) => "Integer",
            Cell::Number { .. } => "Number",
            Cell::Flag(_) => "Flag",
        })
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        if text.is_empty() {
            Cell::Blank
        } else {
            Cell::Text(text.to_owned())
        }
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        if text.is_empty() {
            Cell::Blank
        } else {
            Cell::Text(text)
        }
    }
}

impl From<&String> for Cell {
    fn from(text: &String) -> Self {
        Cell::from(text.as_str())
    }
}

impl From<u64> for Cell {
    fn from(count: u64) -> Self {
        // A count past i64::MAX cannot come from rows that were read.
        Cell::Integer(i64::try_from(count).unwrap_or(i64::MAX))
    }
}

impl From<usize> for Cell {
    fn from(count: usize) -> Self {
        Cell::Integer(i64::try_from(count).unwrap_or(i64::MAX))
    }
}

impl From<i64> for Cell {
    fn from(count: i64) -> Self {
        Cell::Integer(count)
    }
}

impl From<u32> for Cell {
    fn from(count: u32) -> Self {
        Cell::Integer(i64::from(count))
    }
}

impl From<bool> for Cell {
    fn from(flag: bool) -> Self {
        Cell::Flag(flag)
    }
}

impl From<Date> for Cell {
    fn from(date: Date) -> Self {
        Cell::Text(date.to_string())
    }
}

impl From<Month> for Cell {
    fn from(month: Month) -> Self {
        Cell::Text(month.to_string())
    }
}

impl From<Kind> for Cell {
    fn from(kind: Kind) -> Self {
        Cell::Text(kind.as_str().to_owned())
    }
}

impl<T: Into<Cell>> From<Option<T>> for Cell {
    fn from(value: Option<T>) -> Self {
        value.map_or(Cell::Blank, Into::into)
    }
}
