//! When the next night begins: once on every day of London, whatever the clocks do.
//!
//! A time that a day does not have, as the clocks went forward over it, stands for the time an hour later. A time that a
//! day has twice, as the clocks went back, stands for the first of the two. So each day has one night.

use std::str::FromStr;

use jiff::{
    Timestamp, ToSpan,
    civil::{Date, Time},
    tz::TimeZone,
};

/// A time of day at which nights begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeOfNight(Time);

/// A night that is to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due {
    /// The moment.
    pub at: Timestamp,
    /// The day in London whose night it is.
    pub day: Date,
}

impl FromStr for TimeOfNight {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = "a time of day such as 02:30";
        let (hour, minute) = text.split_once(':').ok_or(wrong)?;
        let number = |text: &str| {
            let plain = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
            plain.then(|| text.parse::<i8>().ok()).flatten().ok_or(wrong)
        };
        Time::new(number(hour)?, number(minute)?, 0, 0)
            .map(TimeOfNight)
            .map_err(|_| wrong)
    }
}

impl TimeOfNight {
    /// The first night that begins later than this moment. None at the end of the calendar.
    pub fn after(self, moment: Timestamp, zone: &TimeZone) -> Option<Due> {
        let today = moment.to_zoned(zone.clone()).date();
        let mut day = today.yesterday().ok()?;
        // Today's is over or to come; an hour's shift cannot move a night by more than a day.
        for _ in 0..4 {
            let due = self.on(day, zone)?;
            if due.at > moment {
                return Some(due);
            }
            day = day.tomorrow().ok()?;
        }
        None
    }

    /// The last night that began at this moment or earlier. None at the beginning of the calendar.
    pub fn until(self, moment: Timestamp, zone: &TimeZone) -> Option<Due> {
        let next = self.after(moment, zone)?;
        self.on(next.day.checked_sub(1.day()).ok()?, zone)
    }

    fn on(self, day: Date, zone: &TimeZone) -> Option<Due> {
        let at = zone
            .to_ambiguous_zoned(day.to_datetime(self.0))
            .compatible()
            .ok()?
            .timestamp();
        Some(Due { at, day })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn london() -> TimeZone {
        TimeZone::get("Europe/London").unwrap()
    }

    fn after(time: &str, moment: &str) -> String {
        let time: TimeOfNight = time.parse().unwrap();
        let due = time.after(moment.parse().unwrap(), &london()).unwrap();
        format!("{} {}", due.day, due.at)
    }

    #[test]
    fn times_of_day_are_understood_and_others_refused() {
        assert_eq!("02:30".parse(), Ok(TimeOfNight(Time::constant(2, 30, 0, 0))));
        for wrong in [
            "",
            "2:30",
            "24:00",
            "02:60",
            "02:30:00",
            "+2:30",
            "half past two",
            "02.30",
        ] {
            assert!(wrong.parse::<TimeOfNight>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_night_follows_the_clocks_of_london() {
        assert_eq!(
            after("02:30", "2026-01-10T02:29:59Z"),
            "2026-01-10 2026-01-10T02:30:00Z"
        );
        assert_eq!(
            after("02:30", "2026-01-10T02:30:00Z"),
            "2026-01-11 2026-01-11T02:30:00Z"
        );
        assert_eq!(
            after("02:30", "2026-07-10T01:00:00Z"),
            "2026-07-10 2026-07-10T01:30:00Z"
        );
        // It is tomorrow in London before it is in Greenwich.
        assert_eq!(
            after("00:15", "2026-07-10T22:30:00Z"),
            "2026-07-11 2026-07-10T23:15:00Z"
        );
    }

    #[test]
    fn when_the_clocks_go_forward_a_time_that_is_skipped_comes_an_hour_later() {
        assert_eq!(
            after("01:30", "2026-03-28T12:00:00Z"),
            "2026-03-29 2026-03-29T01:30:00Z"
        );
        assert_eq!(
            after("01:30", "2026-03-29T01:30:00Z"),
            "2026-03-30 2026-03-30T00:30:00Z"
        );
        assert_eq!(
            after("02:30", "2026-03-28T12:00:00Z"),
            "2026-03-29 2026-03-29T01:30:00Z"
        );
    }

    #[test]
    fn when_the_clocks_go_back_a_time_that_comes_twice_counts_once() {
        assert_eq!(
            after("01:30", "2026-10-24T12:00:00Z"),
            "2026-10-25 2026-10-25T00:30:00Z"
        );
        // The second half past one of the same day is nothing.
        assert_eq!(
            after("01:30", "2026-10-25T00:30:00Z"),
            "2026-10-26 2026-10-26T01:30:00Z"
        );
        assert_eq!(
            after("01:30", "2026-10-25T01:15:00Z"),
            "2026-10-26 2026-10-26T01:30:00Z"
        );
    }

    #[test]
    fn every_day_of_ten_years_has_one_night() {
        for time in ["00:00", "00:59", "01:00", "01:30", "02:00", "03:30", "23:59"] {
            let time: TimeOfNight = time.parse().unwrap();
            let mut due = time
                .after("2025-12-31T12:00:00Z".parse().unwrap(), &london())
                .unwrap();
            for _ in 0..3_653 {
                let next = time.after(due.at, &london()).unwrap();
                assert_eq!(next.day, due.day.tomorrow().unwrap());
                assert_eq!(time.until(due.at, &london()), Some(due));
                assert_eq!(time.until(next.at - 1.second(), &london()), Some(due));
                due = next;
            }
        }
    }
}
