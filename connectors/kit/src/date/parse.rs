//! Reading a text in one form.

use jiff::{
    Timestamp,
    civil::{Date, DateTime, Time},
    fmt::temporal::Pieces,
    tz::TimeZone,
};

use super::{MONTHS, Moment, Part};

pub(super) fn parse_rfc3339(text: &str) -> Option<Moment> {
    if let Ok(timestamp) = text.parse::<Timestamp>() {
        let ordered = TimeZone::UTC.to_datetime(timestamp);
        // The sender's own clock: the same text without its offset.
        let pieces = Pieces::parse(text).ok()?;
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

pub(super) fn parse_pattern(parts: &[Part], text: &str) -> Option<DateTime> {
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
