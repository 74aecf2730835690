//! Birth date of a child.

use jiff::civil::{Date, date};
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::text::redacted;

/// A day on which a person may have been born.
///
/// That it is not later than the as-at date of a run is for the feeds to check; an identity knows no today.
///
/// ```
/// use identity::BirthDate;
/// use jiff::civil::date;
///
/// assert_eq!(BirthDate::new(date(2021, 4, 1))?.date(), date(2021, 4, 1));
/// assert!(BirthDate::new(date(1900, 1, 1)).unwrap_err().is_placeholder());
/// # Ok::<(), identity::BirthDateFault>(())
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Zeroize, ZeroizeOnDrop)]
pub struct BirthDate {
    year: i16,
    month: i8,
    day: i8,
}

/// Days that systems write for "not known": the first days of the calendars of databases, spreadsheets and Unix, and
/// the last that they can hold.
const PLACEHOLDERS: &[(i16, i8, i8)] = &[
    (1, 1, 1),
    (1753, 1, 1),
    (1800, 1, 1),
    (1899, 12, 30),
    (1899, 12, 31),
    (1900, 1, 1),
    (1900, 1, 2),
    (1901, 1, 1),
    (1904, 1, 1),
    (1970, 1, 1),
    (2099, 12, 31),
    (2999, 12, 31),
    (9999, 12, 31),
];

/// Years in which the people of these records can have been born: nobody before is alive, and a year after is a slip
/// of the finger.
const YEARS: std::ops::RangeInclusive<i16> = 1900..=2100;

impl BirthDate {
    /// The birth date that this day is.
    ///
    /// # Errors
    /// Says why the day is nobody's birth date.
    pub fn new(day: Date) -> Result<Self, BirthDateFault> {
        if PLACEHOLDERS.contains(&(day.year(), day.month(), day.day())) {
            return Err(BirthDateFault::Placeholder);
        }
        if !YEARS.contains(&day.year()) {
            return Err(BirthDateFault::OutOfRange);
        }
        Ok(BirthDate {
            year: day.year(),
            month: day.month(),
            day: day.day(),
        })
    }

    /// The day. A copy that is not wiped; see the head of the crate.
    pub fn date(&self) -> Date {
        date(self.year, self.month, self.day)
    }
}

redacted!(BirthDate);

/// Why a day is not a person's birth date.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BirthDateFault {
    /// A day that systems write for "not known".
    #[error("stands for an unknown date")]
    Placeholder,
    /// Before 1900 or after 2100.
    #[error("lies outside 1900 to 2100")]
    OutOfRange,
}

impl BirthDateFault {
    /// Whether there was nothing to parse: never, as there was a day.
    pub const fn is_blank(&self) -> bool {
        false
    }

    /// Whether the day stands in for a birth date.
    pub const fn is_placeholder(&self) -> bool {
        matches!(self, BirthDateFault::Placeholder)
    }
}

impl crate::Fault for BirthDateFault {
    fn is_blank(&self) -> bool {
        BirthDateFault::is_blank(self)
    }

    fn is_placeholder(&self) -> bool {
        BirthDateFault::is_placeholder(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_days_of_calendars_are_placeholders_and_typing_slips_are_faults() {
        assert_eq!(
            BirthDate::new(date(9999, 12, 31)),
            Err(BirthDateFault::Placeholder)
        );
        assert_eq!(
            BirthDate::new(date(1899, 12, 30)),
            Err(BirthDateFault::Placeholder)
        );
        assert_eq!(BirthDate::new(date(202, 3, 4)), Err(BirthDateFault::OutOfRange));
        assert_eq!(BirthDate::new(date(1899, 6, 1)), Err(BirthDateFault::OutOfRange));
        assert_eq!(
            BirthDate::new(date(2020, 2, 29)).unwrap().date(),
            date(2020, 2, 29)
        );
    }
}
