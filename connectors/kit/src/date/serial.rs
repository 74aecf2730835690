//! Days as Excel counts them.

use jiff::{
    Span, Unit,
    civil::{Date, DateTime, Time},
};

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
    let date = origin.checked_add(Span::new().days(days as i64)).ok()?;
    date.to_datetime(Time::midnight())
        .checked_add(Span::new().seconds(seconds))
        .ok()
}

/// The serial number of a day in the calendar that starts in 1900.
pub(super) fn excel_serial(moment: DateTime) -> i64 {
    let origin = Date::constant(1899, 12, 30);
    moment
        .date()
        .since((Unit::Day, origin))
        .map(|span| i64::from(span.get_days()))
        .unwrap_or_default()
}
