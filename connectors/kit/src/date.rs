//! Dates in every form that senders use. The form is declared by the layout, never guessed.
//!
//! A form is written with `YYYY` or `YY`, `MM` or `M`, `MMM` (`Jan`) or `MMMM` (`January`), `DD` or `D`, `hh`,
//! `mm`, `ss`, and anything else literally. `M` and `D` take one or two digits, `MM` and `DD` exactly two.
//! `YY` is a year of this century: nobody in these feeds was born in the last. Two names are special:
//! `RFC3339` (a date, a `T` or space, a time, perhaps an offset) and `excel-serial` (days since 1900 in a sheet).

use jiff::civil::DateTime;

mod forms;
mod parse;
mod serial;

pub use forms::DateForms;
pub use serial::from_excel_serial;

use parse::{parse_pattern, parse_rfc3339};
use serial::excel_serial;

/// A moment as its sender wrote it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// On the sender's clock: its date is the day that the sender means.
    pub written: DateTime,
    /// In UTC where the sender gave an offset, else as written: what versions order by.
    pub ordered: DateTime,
}

/// One declared form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DateForm {
    name: String,
    parts: Parts,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Parts {
    Pattern(Vec<Part>),
    Rfc3339,
    ExcelSerial,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Year { digits: usize },
    Month { least: usize },
    MonthName { full: bool },
    Day { least: usize },
    Hour,
    Minute,
    Second,
    Literal(char),
}

/// The text is not a date form, or the forms contradict each other.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DateFormError {
    /// No year, month or day in it.
    #[error("{0} is not a date form: it needs YYYY or YY, MM, M or MMM, and DD or D")]
    NotAForm(String),
    /// A date could be read either way, and nothing would tell.
    #[error("{0} and {1} cannot both be in use: a date such as 03/04/2025 would have to be guessed")]
    Ambiguous(String, String),
}

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

impl DateForm {
    /// The form that this text describes.
    ///
    /// # Errors
    /// [`DateFormError::NotAForm`].
    pub fn new(text: &str) -> Result<Self, DateFormError> {
        let form = |parts| {
            Ok(DateForm {
                name: text.to_owned(),
                parts,
            })
        };
        match text {
            "RFC3339" => return form(Parts::Rfc3339),
            "excel-serial" => return form(Parts::ExcelSerial),
            _ => {}
        }
        let mut parts = Vec::new();
        let mut rest = text;
        'next: while let Some(first) = rest.chars().next() {
            // The longest first, so that `MMMM` is not read as `MM` twice.
            for (token, part) in [
                ("YYYY", Part::Year { digits: 4 }),
                ("YY", Part::Year { digits: 2 }),
                ("MMMM", Part::MonthName { full: true }),
                ("MMM", Part::MonthName { full: false }),
                ("MM", Part::Month { least: 2 }),
                ("M", Part::Month { least: 1 }),
                ("DD", Part::Day { least: 2 }),
                ("D", Part::Day { least: 1 }),
                ("hh", Part::Hour),
                ("mm", Part::Minute),
                ("ss", Part::Second),
            ] {
                if let Some(after) = rest.strip_prefix(token) {
                    parts.push(part);
                    rest = after;
                    continue 'next;
                }
            }
            parts.push(Part::Literal(first));
            rest = rest.get(first.len_utf8()..).unwrap_or_default();
        }
        let count = |wanted: fn(&Part) -> bool| parts.iter().filter(|part| wanted(part)).count();
        let whole = count(|part| matches!(part, Part::Year { .. })) == 1
            && count(|part| matches!(part, Part::Month { .. } | Part::MonthName { .. })) == 1
            && count(|part| matches!(part, Part::Day { .. })) == 1;
        if whole {
            form(Parts::Pattern(parts))
        } else {
            Err(DateFormError::NotAForm(text.to_owned()))
        }
    }

    /// The form as it is written in layouts.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The moment that `text` means in this form; none where it is not in this form or no such day exists.
    ///
    /// ```
    /// use jiff::civil::date;
    /// use kit::date::DateForm;
    ///
    /// let uk = DateForm::new("DD/MM/YYYY")?;
    /// assert_eq!(uk.parse("03/04/2025").map(|moment| moment.written.date()), Some(date(2025, 4, 3)));
    /// assert_eq!(uk.parse("31/02/2025"), None);
    /// assert_eq!(uk.parse("2025-04-03"), None);
    /// # Ok::<(), kit::date::DateFormError>(())
    /// ```
    pub fn parse(&self, text: &str) -> Option<Moment> {
        let text = text.trim();
        match &self.parts {
            Parts::Pattern(parts) => {
                let written = parse_pattern(parts, text)?;
                Some(Moment {
                    written,
                    ordered: written,
                })
            }
            Parts::Rfc3339 => parse_rfc3339(text),
            Parts::ExcelSerial => None,
        }
    }

    /// Writes a moment in this form, as a sender would.
    pub fn write(&self, moment: DateTime) -> String {
        use std::fmt::Write;
        let parts = match &self.parts {
            Parts::Pattern(parts) => parts,
            Parts::Rfc3339 => return format!("{moment}Z"),
            Parts::ExcelSerial => return excel_serial(moment).to_string(),
        };
        let mut text = String::new();
        let month_name = MONTHS
            .get(usize::from(moment.month().unsigned_abs()) - 1)
            .copied()
            .unwrap_or_default();
        for part in parts {
            // Writing to a string cannot fail.
            let _ = match part {
                Part::Year { digits: 2 } => write!(text, "{:02}", moment.year().rem_euclid(100)),
                Part::Year { .. } => write!(text, "{:04}", moment.year()),
                Part::Month { least } => write!(text, "{:0least$}", moment.month()),
                Part::MonthName { full: true } => write!(text, "{month_name}"),
                Part::MonthName { full: false } => {
                    write!(text, "{}", month_name.get(..3).unwrap_or_default())
                }
                Part::Day { least } => write!(text, "{:0least$}", moment.day()),
                Part::Hour => write!(text, "{:02}", moment.hour()),
                Part::Minute => write!(text, "{:02}", moment.minute()),
                Part::Second => write!(text, "{:02}", moment.second()),
                Part::Literal(character) => write!(text, "{character}"),
            };
        }
        text
    }

    fn has_time(&self) -> bool {
        match &self.parts {
            Parts::Pattern(parts) => parts.contains(&Part::Hour),
            Parts::Rfc3339 => true,
            Parts::ExcelSerial => false,
        }
    }

    /// What a numeric date in this form looks like, and the order of its parts; none where the month is a word.
    fn shape(&self) -> Option<(Vec<Option<char>>, Vec<char>)> {
        let Parts::Pattern(parts) = &self.parts else {
            return None;
        };
        let mut shape = Vec::new();
        let mut order = Vec::new();
        for part in parts {
            match part {
                Part::Year { digits } => {
                    shape.extend(std::iter::repeat_n(None, usize::from(*digits == 4) + 1));
                    order.push('Y');
                }
                Part::Month { .. } | Part::Day { .. } => {
                    shape.push(None);
                    order.push(if matches!(part, Part::Day { .. }) {
                        'D'
                    } else {
                        'M'
                    });
                }
                Part::MonthName { .. } => return None,
                Part::Hour | Part::Minute | Part::Second => {}
                Part::Literal(character) => shape.push(Some(*character)),
            }
        }
        Some((shape, order))
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::{Date, date};

    use super::*;

    fn day(form: &str, text: &str) -> Option<Date> {
        DateForm::new(form)
            .unwrap()
            .parse(text)
            .map(|moment| moment.written.date())
    }

    #[test]
    fn every_form_in_use() {
        let third_of_april = Some(date(2025, 4, 3));
        for (form, text) in [
            ("YYYY-MM-DD", "2025-04-03"),
            ("DD/MM/YYYY", " 03/04/2025 "),
            ("DD/MM/YY", "03/04/25"),
            ("D/M/YYYY", "3/4/2025"),
            ("D/M/YYYY", "03/04/2025"),
            ("MM/DD/YYYY", "04/03/2025"),
            ("DD-MMM-YYYY", "03-APR-2025"),
            ("D MMMM YYYY", "3 April 2025"),
            ("DD.MM.YYYY", "03.04.2025"),
            ("YYYYMMDD", "20250403"),
            ("YYYY-MMM-DD hh:mm:ss", "2025-Apr-03 00:00:00"),
            ("RFC3339", "2025-04-03T23:59:59.5+01:00"),
            ("RFC3339", "2025-04-03 12:00:00"),
        ] {
            assert_eq!(day(form, text), third_of_april, "{form}");
        }
    }

    #[test]
    fn nothing_else_fits() {
        for (form, text) in [
            ("DD/MM/YYYY", "3/4/2025"),
            ("DD/MM/YYYY", "03/04/25"),
            ("DD/MM/YYYY", "03/04/2025 10:00"),
            ("DD/MM/YYYY", "03-04-2025"),
            ("DD/MM/YYYY", "31/02/2025"),
            ("DD/MM/YYYY", "25/13/2025"),
            ("YYYYMMDD", "2025043"),
            ("YYYY-MMM-DD hh:mm:ss", "2025-Apr-03 24:00:00"),
            ("DD/MM/YYYY", "٠٣/04/2025"),
            ("RFC3339", "2025-04-03"),
            ("DD/MM/YYYY", ""),
        ] {
            assert_eq!(day(form, text), None, "{form} {text}");
        }
    }

    #[test]
    fn a_moment_is_ordered_by_its_offset_and_dated_by_its_clock() {
        let moment = DateForm::new("RFC3339")
            .unwrap()
            .parse("2025-06-01T00:30:00+01:00")
            .unwrap();
        assert_eq!(moment.written, date(2025, 6, 1).at(0, 30, 0, 0));
        assert_eq!(moment.ordered, date(2025, 5, 31).at(23, 30, 0, 0));
    }

    #[test]
    fn serials_of_both_calendars() {
        assert_eq!(
            from_excel_serial(45_726.0, false),
            Some(date(2025, 3, 10).at(0, 0, 0, 0))
        );
        assert_eq!(
            from_excel_serial(45_726.75, false),
            Some(date(2025, 3, 10).at(18, 0, 0, 0))
        );
        assert_eq!(
            from_excel_serial(44_264.0, true),
            Some(date(2025, 3, 10).at(0, 0, 0, 0))
        );
        // 29 February 1900 never was; before it Excel is a day out.
        for serial in [0.0, 60.0, -1.0, 3.0e6, f64::NAN, f64::INFINITY] {
            assert_eq!(from_excel_serial(serial, false), None);
        }
    }

    #[test]
    fn what_is_written_reads_back() {
        let moment = date(2025, 4, 3).at(16, 5, 9, 0);
        for form in [
            "YYYY-MM-DD hh:mm:ss",
            "D/M/YYYY hh:mm:ss",
            "DD-MMM-YY hh.mm.ss",
            "D MMMM YYYY, hhmmss",
            "RFC3339",
        ] {
            let form = DateForm::new(form).unwrap();
            assert_eq!(
                form.parse(&form.write(moment)).map(|moment| moment.written),
                Some(moment)
            );
        }
    }
}
