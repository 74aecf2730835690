//! Dates in the forms that tables of people use.

use jiff::civil::Date;

/// A date by its parts. What is written need not be a day of the calendar: a slip (31 June) still says most of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct DateParts {
    pub(super) year: u16,
    pub(super) month: Option<u16>,
    pub(super) day: Option<u16>,
}

/// Years before this are not taken for years of people: 4-digit numbers that are none.
const FIRST_YEAR: u16 = 1000;
const LAST_YEAR: u16 = 2999;

impl DateParts {
    /// Reads `2021-04-09`, `20210409`, `2021/4/9`, `09/04/2021`, `9.4.2021`, `9 Apr 2021`, `9-Apr-2021`,
    /// `April 9, 2021`, each with a time of day or not, and `2021-04` and `2021`. The day comes before the month
    /// where the year is last, unless only the other way round is possible. None where the form is not understood.
    pub(super) fn read(cell: &str) -> Option<Self> {
        let cell = without_time(cell);
        let mut tokens = cell
            .split(['-', '/', '.', ' ', ','])
            .filter(|token| !token.is_empty());
        let (first, second, third) = (tokens.next()?, tokens.next(), tokens.next());
        if tokens.next().is_some() {
            return None;
        }
        match (second, third) {
            (None, None) => Self::of_digits(first),
            (Some(second), None) => {
                let year = year(first)?;
                Some(DateParts {
                    year,
                    month: Some(month(second)?),
                    day: None,
                })
            }
            (Some(second), Some(third)) => {
                if let Some(year) = year(first) {
                    return Self::new(year, month(second)?, number(third)?);
                }
                let year = year(third)?;
                if let Some(named) = named_month(first) {
                    return Self::new(year, named, number(second)?);
                }
                if let Some(named) = named_month(second) {
                    return Self::new(year, named, number(first)?);
                }
                let (a, b) = (number(first)?, number(second)?);
                if b > 12 && a <= 12 {
                    Self::new(year, a, b)
                } else {
                    Self::new(year, b, a)
                }
            }
            (None, Some(_)) => None,
        }
    }

    fn of_digits(digits: &str) -> Option<Self> {
        if !digits.bytes().all(|digit| digit.is_ascii_digit()) {
            return None;
        }
        match digits.len() {
            4 => Some(DateParts {
                year: year(digits)?,
                month: None,
                day: None,
            }),
            8 => {
                let (first, rest) = digits.split_at(4);
                let (second, third) = rest.split_at(2);
                match year(first) {
                    Some(year) => Self::new(year, number(second)?, number(third)?),
                    None => {
                        let (day, month) = first.split_at(2);
                        Self::new(year(rest)?, number(month)?, number(day)?)
                    }
                }
            }
            _ => None,
        }
    }

    fn new(year: u16, month: u16, day: u16) -> Option<Self> {
        Some(DateParts {
            year,
            month: Some(month),
            day: Some(day),
        })
    }

    /// Eight digits, with zeros for what was not said.
    pub(super) fn text(self) -> String {
        format!(
            "{:04}{:02}{:02}",
            self.year,
            self.month.unwrap_or(0),
            self.day.unwrap_or(0)
        )
    }

    /// With day and month exchanged, where that may be another date.
    pub(super) fn swapped(self) -> Option<Self> {
        let (month, day) = (self.month?, self.day?);
        (month != day && (1..=12).contains(&day)).then_some(DateParts {
            year: self.year,
            month: Some(day),
            day: Some(month),
        })
    }

    /// Days since 1970-01-01, of a day of the calendar.
    pub(super) fn day_number(self) -> Option<i32> {
        let part = |part: u16| i8::try_from(part).ok();
        let date = Date::new(
            i16::try_from(self.year).ok()?,
            part(self.month?)?,
            part(self.day?)?,
        )
        .ok()?;
        Some((date - jiff::civil::date(1970, 1, 1)).get_days())
    }
}

/// What stands before a time of day.
fn without_time(cell: &str) -> &str {
    let time = |sign: char| sign == 'T' || sign == ' ';
    match cell.find(':') {
        Some(colon) => {
            let before = cell.get(..colon).unwrap_or_default();
            before.rfind(time).map_or(cell, |at| cell.split_at(at).0)
        }
        None => cell,
    }
}

fn number(token: &str) -> Option<u16> {
    (token.len() <= 2 && token.bytes().all(|digit| digit.is_ascii_digit()))
        .then(|| token.parse().ok())
        .flatten()
}

fn month(token: &str) -> Option<u16> {
    number(token).or_else(|| named_month(token))
}

fn year(token: &str) -> Option<u16> {
    if token.len() != 4 || !token.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let year = token.parse().ok()?;
    (FIRST_YEAR..=LAST_YEAR).contains(&year).then_some(year)
}

fn named_month(token: &str) -> Option<u16> {
    const MONTHS: [&str; 12] = [
        "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
    ];
    let short = token.get(..3)?.to_ascii_lowercase();
    (1..)
        .zip(MONTHS)
        .find(|(_, name)| *name == short)
        .map(|(month, _)| month)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(cell: &str) -> Option<String> {
        DateParts::read(cell).map(DateParts::text)
    }

    #[test]
    fn one_day_in_many_forms() {
        for cell in [
            "2021-04-09",
            "20210409",
            "2021/4/9",
            "09/04/2021",
            "9.4.2021",
            "9 Apr 2021",
            "09-APR-2021",
            "April 9, 2021",
            "2021-04-09T00:00:00",
            "2021-04-09 00:00:00",
            "09042021",
        ] {
            assert_eq!(text(cell).as_deref(), Some("20210409"), "{cell}");
        }
        assert_eq!(text("04/23/2021").as_deref(), Some("20210423"));
        assert_eq!(text("1895-12-31").as_deref(), Some("18951231"));
    }

    #[test]
    fn what_is_not_said_is_not_made_up() {
        assert_eq!(text("2021").as_deref(), Some("20210000"));
        assert_eq!(text("2021-04").as_deref(), Some("20210400"));
        for cell in [
            "",
            "-",
            "unknown",
            "9/4/21",
            "123456789",
            "2021-04-09-1",
            "12:30",
            "4 of May",
        ] {
            assert_eq!(text(cell), None, "{cell}");
        }
    }

    #[test]
    fn a_slip_is_still_a_date_but_no_day() {
        let slip = DateParts::read("20210631").unwrap();
        assert_eq!(slip.day_number(), None);
        assert_eq!(slip.swapped(), None);
        assert!(DateParts::read("2021-04-09").unwrap().day_number().is_some());
        assert_eq!(
            DateParts::read("2021-04-09").unwrap().swapped().unwrap().text(),
            "20210904"
        );
    }
}
