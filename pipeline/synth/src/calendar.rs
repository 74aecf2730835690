//! Dates, by days and by academic years.

use jiff::{
    SignedDuration,
    civil::{Date, date},
};

/// The day so many days later (earlier where negative).
pub(crate) fn plus_days(day: Date, days: i32) -> Date {
    day.saturating_add(SignedDuration::from_hours(24 * i64::from(days)))
}

/// How many days `to` lies after `from`.
pub(crate) fn days_between(from: Date, to: Date) -> i32 {
    (to - from).get_days()
}

/// The first day of the academic year that begins in this calendar year.
pub(crate) fn year_start(year: i16) -> Date {
    date(year, 9, 1)
}

/// The academic year (by the calendar year in which it begins) in which a child is born; children of one such year
/// go through school together.
pub(crate) fn cohort(birth: Date) -> i16 {
    records::dates::academic_year(birth)
}

/// The academic year in which a cohort is in Reception: its children turn four in the year before.
pub(crate) fn reception(cohort: i16) -> i16 {
    cohort + 5
}

/// The national curriculum year of a cohort in an academic year, or none outside E1 to Year 11.
pub(crate) fn curriculum_year(cohort: i16, academic_year: i16) -> Option<&'static str> {
    const YEARS: [&str; 16] = [
        "E1", "E2", "N1", "N2", "R", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11",
    ];
    usize::try_from(academic_year - cohort - 1)
        .ok()
        .and_then(|index| YEARS.get(index))
        .copied()
}

/// The same day some years later; 29 February becomes the 28th where need be.
pub(crate) fn plus_years(day: Date, years: i16) -> Date {
    Date::new(day.year() + years, day.month(), day.day())
        .unwrap_or_else(|_| date(day.year() + years, day.month(), 28))
}

/// The first day of a day's month.
pub(crate) fn month_start(day: Date) -> Date {
    date(day.year(), day.month(), 1)
}

/// The same day some months later, or the last of its month.
pub(crate) fn plus_months(day: Date, months: i32) -> Date {
    let month = i32::from(day.month()) - 1 + months;
    let (year, month) = (
        day.year() + month.div_euclid(12) as i16,
        (month.rem_euclid(12) + 1) as i8,
    );
    (0..4)
        .find_map(|short| Date::new(year, month, day.day() - short).ok())
        .unwrap_or(day)
}

/// The day with its day and month taken for each other, where that is another day.
pub(crate) fn swapped(day: Date) -> Option<Date> {
    Date::new(day.year(), day.day(), day.month())
        .ok()
        .filter(|other| *other != day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn years_of_school_follow_the_birth_date() {
        // The oldest and the youngest of one class.
        assert_eq!(cohort(date(2020, 9, 1)), 2020);
        assert_eq!(cohort(date(2021, 8, 31)), 2020);
        assert_eq!(curriculum_year(2020, 2025), Some("R"));
        assert_eq!(curriculum_year(2020, 2031), Some("6"));
        assert_eq!(curriculum_year(2020, 2036), Some("11"));
        assert_eq!(curriculum_year(2020, 2037), None);
        assert_eq!(curriculum_year(2020, 2024), Some("N2"));
    }

    #[test]
    fn days_are_counted_across_months_and_years() {
        assert_eq!(plus_days(date(2024, 2, 28), 2), date(2024, 3, 1));
        assert_eq!(days_between(date(2023, 12, 31), date(2025, 1, 1)), 367);
        assert_eq!(plus_years(date(2024, 2, 29), 1), date(2025, 2, 28));
        assert_eq!(plus_months(date(2024, 1, 31), 1), date(2024, 2, 29));
        assert_eq!(plus_months(date(2024, 1, 15), -1), date(2023, 12, 15));
        assert_eq!(swapped(date(2024, 3, 5)), Some(date(2024, 5, 3)));
        assert_eq!(swapped(date(2024, 3, 13)), None);
        assert_eq!(swapped(date(2024, 4, 4)), None);
    }
}
