//! Months, academic years and compulsory school age.

use std::{fmt, str::FromStr};

use jiff::civil::{Date, date};
use serde::{Deserialize, Serialize};

/// A calendar month, written `YYYY-MM`. Birth dates leave the pseudonym stage only in this form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Month {
    year: i16,
    month: i8,
}

impl Month {
    /// The month that a date falls in.
    pub fn of(date: Date) -> Self {
        Month {
            year: date.year(),
            month: date.month(),
        }
    }

    /// The calendar year.
    pub fn year(self) -> i16 {
        self.year
    }

    /// The month of the year, 1 to 12.
    pub fn month(self) -> i8 {
        self.month
    }

    /// The first day of the month.
    pub fn first_day(self) -> Date {
        date(self.year, self.month, 1)
    }

    /// How many months `self` lies after `earlier`; negative if before.
    pub fn months_since(self, earlier: Month) -> i32 {
        (i32::from(self.year) - i32::from(earlier.year)) * 12 + i32::from(self.month)
            - i32::from(earlier.month)
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year, self.month)
    }
}

/// The text is not a month in the form `YYYY-MM`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a month in the form YYYY-MM")]
pub struct NotAMonth;

impl FromStr for Month {
    type Err = NotAMonth;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (year, month) = text.split_once('-').ok_or(NotAMonth)?;
        if year.len() != 4 || month.len() != 2 {
            return Err(NotAMonth);
        }
        let year = year.parse().map_err(|_| NotAMonth)?;
        let month = month.parse().map_err(|_| NotAMonth)?;
        Date::new(year, month, 1).map_err(|_| NotAMonth)?;
        Ok(Month { year, month })
    }
}

impl From<Month> for String {
    fn from(month: Month) -> Self {
        month.to_string()
    }
}

impl TryFrom<String> for Month {
    type Error = NotAMonth;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

/// The first day of compulsory school age for a child born on `birth`.
///
/// Education Act 1996 section 8 with the Education (Start of Compulsory School Age) Order 1998: the
/// prescribed day (31 August, 31 December, 31 March) that falls on or next follows the fifth birthday.
///
/// ```
/// use jiff::civil::date;
/// use records::dates::compulsory_school_age;
///
/// assert_eq!(compulsory_school_age(date(2021, 4, 1)), date(2026, 8, 31));
/// assert_eq!(compulsory_school_age(date(2020, 8, 31)), date(2025, 8, 31));
/// assert_eq!(compulsory_school_age(date(2020, 9, 1)), date(2025, 12, 31));
/// assert_eq!(compulsory_school_age(date(2021, 1, 1)), date(2026, 3, 31));
/// // A child born on 29 February turns five on 28 February for this purpose; the answer is the same.
/// assert_eq!(compulsory_school_age(date(2020, 2, 29)), date(2025, 3, 31));
/// ```
pub fn compulsory_school_age(birth: Date) -> Date {
    let year = birth.year().saturating_add(5).min(9998);
    let fifth = (birth.month(), birth.day());
    if fifth <= (3, 31) {
        date(year, 3, 31)
    } else if fifth <= (8, 31) {
        date(year, 8, 31)
    } else {
        date(year, 12, 31)
    }
}

/// The calendar year in which the academic year (1 September to 31 August) of `day` began.
pub fn academic_year(day: Date) -> i16 {
    if day.month() >= 9 {
        day.year()
    } else {
        day.year() - 1
    }
}
