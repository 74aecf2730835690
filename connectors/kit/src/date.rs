//! Dates in every form that senders use. The form is declared by the layout, never guessed.
//!
//! A form is written with `YYYY` or `YY`, `MM` or `M`, `MMM` (`Jan`) or `MMMM` (`January`), `DD` or `D`, `hh`,
//! `mm`, `ss`, and anything else literally. `M` and `D` take one or two digits, `MM` and `DD` exactly two.
//! `YY` is a year of this century: nobody in these feeds was born in the last. Two names are special:
//! `RFC3339` (a date, a `T` or space, a time, perhaps an offset) and `excel-serial` (days since 1900 in a sheet).

use std::fmt;

use jiff::{
    Timestamp,
    civil::{Date, DateTime, Time},
    tz::TimeZone,
};
use serde::{Deserialize, Deserializer, de};

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

/// The forms in which a file writes its dates, tried in order. Never two that could read one text differently.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DateForms(Vec<DateForm>);

impl Default for DateForms {
    /// ISO 8601: `YYYY-MM-DD`, with or without a time.
    fn default() -> Self {
        DateForms(
            ["YYYY-MM-DD", "RFC3339"]
                .into_iter()
                .filter_map(|form| DateForm::new(form).ok())
                .collect(),
        )
    }
}

impl DateForms {
    /// These forms.
    ///
    /// # Errors
    /// [`DateFormError::NotAForm`]; [`DateFormError::Ambiguous`] where two forms look alike but order day,
    /// month and year differently.
    pub fn new<S: AsRef<str>>(forms: &[S]) -> Result<Self, DateFormError> {
        let forms: Vec<DateForm> = forms
            .iter()
            .map(|form| DateForm::new(form.as_ref()))
            .collect::<Result<_, _>>()?;
        for (index, one) in forms.iter().enumerate() {
            for other in forms.iter().skip(index + 1) {
                if let (Some((shape, order)), Some((other_shape, other_order))) = (one.shape(), other.shape())
                    && shape == other_shape
                    && order != other_order
                {
                    return Err(DateFormError::Ambiguous(one.name.clone(), other.name.clone()));
                }
            }
        }
        Ok(DateForms(forms))
    }

    /// The forms, in order.
    pub fn forms(&self) -> &[DateForm] {
        &self.0
    }

    /// The moment that `text` means in the first form that it fits.
    pub fn moment(&self, text: &str) -> Option<Moment> {
        self.0.iter().find_map(|form| form.parse(text))
    }

    /// The day that `text` means; a time after it is dropped.
    pub fn date(&self, text: &str) -> Option<Date> {
        self.moment(text).map(|moment| moment.written.date())
    }

    /// Whether plain numbers in a sheet are days.
    pub fn excel_serials(&self) -> bool {
        self.0.iter().any(|form| form.parts == Parts::ExcelSerial)
    }

    /// Writes a moment in the first form with (or without) a time of day, else in the first form that is text.
    pub fn write_timed(&self, moment: DateTime, timed: bool) -> String {
        let fits = |form: &&DateForm| form.parts != Parts::ExcelSerial && form.has_time() == timed;
        let first = self
            .0
            .iter()
            .find(fits)
            .or_else(|| self.0.iter().find(|form| form.parts != Parts::ExcelSerial));
        match first {
            Some(form) => form.write(moment),
            None => moment.date().to_string(),
        }
    }
}

impl<'de> Deserialize<'de> for DateForms {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let forms = Vec::<String>::deserialize(deserializer)?;
        DateForms::new(&forms).map_err(de::Error::custom)
    }
}

impl fmt::Display for DateForms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, form) in self.0.iter().enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            write!(f, "{comma}{}", form.name)?;
        }
        Ok(())
    }
}

/// The moment of an Excel serial number: days since 31 December 1899, counting the 29 February 1900 that never
/// was (so serials under 61 are refused), or since 1 January 1904.
pub fn from_excel_serial(serial: f64, dates_from_1904: bool) -> Option<DateTime> {
    // Serial 61 is 1 March 1900; 2_958_465 is 31 December 9999, the last that Excel knows.
    let in_range = if dates_from_1904 {
        (0.0..2_957_003.0).contains(&serial)
    } else {
        (61.0..2_958_466.0).contains(&serial)
    };
    if !in_range {
        return None;
    }
    let origin = if dates_from_1904 {
        Date::constant(1904, 1, 1)
    } else {
        Date::constant(1899, 12, 30)
    };
    let days = serial.floor();
    let seconds = ((serial - days) * 86_400.0).round() as i64;
    let date = origin.checked_add(jiff::Span::new().days(days as i64)).ok()?;
    date.to_datetime(Time::midnight())
        .checked_add(jiff::Span::new().seconds(seconds))
        .ok()
}

fn excel_serial(moment: DateTime) -> i64 {
    let origin = Date::constant(1899, 12, 30);
    moment
        .date()
        .since((jiff::Unit::Day, origin))
        .map(|span| i64::from(span.get_days()))
        .unwrap_or_default()
}

fn parse_rfc3339(text: &str) -> Option<Moment> {
    if let Ok(timestamp) = text.parse::<Timestamp>() {
        let ordered = TimeZone::UTC.to_datetime(timestamp);
        // The sender's own clock: the same text without its offset.
        let pieces = jiff::fmt::temporal::Pieces::parse(text).ok()?;
        let written = pieces.date().to_datetime(pieces.time()?);
        return Some(Moment { written, ordered });
    }
    // Ten characters are a date alone: `YYYY-MM-DD` says so itself where it is meant.
    if text.len() <= 10 {
        return None;
    }
    let written = text.parse::<DateTime>().ok()?;
    Some(Moment {
        written,
        ordered: written,
    })
}

fn parse_pattern(parts: &[Part], text: &str) -> Option<DateTime> {
    let mut rest = text;
    let (mut year, mut month, mut day) = (0, 0, 0);
    let (mut hour, mut minute, mut second) = (0, 0, 0);
    for part in parts {
        match part {
            Part::Year { digits } => {
                let number = take_digits(&mut rest, *digits, *digits)?;
                year = if *digits == 2 { 2000 + number } else { number };
            }
            Part::Month { least } => month = take_digits(&mut rest, *least, 2)?,
            Part::MonthName { full } => month = take_month(&mut rest, *full)?,
            Part::Day { least } => day = take_digits(&mut rest, *least, 2)?,
            Part::Hour => hour = take_digits(&mut rest, 2, 2)?,
            Part::Minute => minute = take_digits(&mut rest, 2, 2)?,
            Part::Second => second = take_digits(&mut rest, 2, 2)?,
            Part::Literal(character) => rest = rest.strip_prefix(*character)?,
        }
    }
    if !rest.is_empty() {
        return None;
    }
    let small = |number: i16| i8::try_from(number).ok();
    let date = Date::new(year, small(month)?, small(day)?).ok()?;
    let time = Time::new(small(hour)?, small(minute)?, small(second)?, 0).ok()?;
    Some(date.to_datetime(time))
}

fn take_digits(rest: &mut &str, least: usize, most: usize) -> Option<i16> {
    let count = rest.bytes().take(most).take_while(u8::is_ascii_digit).count();
    if count < least {
        return None;
    }
    let (digits, after) = rest.split_at_checked(count)?;
    *rest = after;
    digits.parse().ok()
}

fn take_month(rest: &mut &str, full: bool) -> Option<i16> {
    for (number, name) in (1..).zip(MONTHS) {
        let name = if full { name } else { name.get(..3)? };
        if let Some((start, after)) = rest.split_at_checked(name.len())
            && start.eq_ignore_ascii_case(name)
        {
            *rest = after;
            return Some(number);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

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
