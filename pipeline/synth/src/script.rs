//! Cases that every area must hold, however small: the first families live them.

use jiff::civil::{Date, date};

use crate::calendar::{plus_days, plus_years};

/// What is bound to happen to the first child of a family; by default nothing.
#[derive(Clone, Debug, Default)]
pub(crate) struct Script {
    /// The day of birth.
    pub(crate) born: Option<Date>,
    /// How many are born at once.
    pub(crate) born_together: Option<usize>,
    /// Whether the last of them is stillborn, and so in no record.
    pub(crate) stillborn: bool,
    /// Whether a health body gives notice.
    pub(crate) notified: bool,
    /// Whether that happens after the start of compulsory school age.
    pub(crate) too_late: bool,
    /// Whether the notice is sent again by somebody else, updated, corrected and withdrawn.
    pub(crate) every_action: bool,
    /// Whether the notice states the mother's number for the child's.
    pub(crate) number_of_mother: bool,
    /// The age in days at adoption.
    pub(crate) adopted_after_days: Option<i32>,
    /// The age in days at a move to a neighbouring authority.
    pub(crate) moves_away_after_days: Option<i32>,
    /// Whether the family has no fixed abode for a time.
    pub(crate) homeless: bool,
    /// The mother's age in days at the birth.
    pub(crate) mother_aged_days: Option<i32>,
    /// Whether every feed knows the child, under the right numbers: notified before birth, born, reviewed, at school.
    pub(crate) followed: bool,
}

impl Script {
    /// What is bound to happen in the family of this number, in an area as at a day in which notice has been given
    /// since another.
    pub(crate) fn of(family: u64, as_at: Date, notices_from: Date) -> Self {
        // No earlier than the first notices, or the child might be known before and not told of.
        let years_ago = |years: i16| plus_years(as_at, -years).max(notices_from);
        let notified = Script {
            notified: true,
            ..Script::default()
        };
        match family {
            0 => Script {
                born: Some(years_ago(7)),
                born_together: Some(2),
                ..notified
            },
            1 => Script {
                born: Some(years_ago(6)),
                born_together: Some(3),
                stillborn: true,
                ..notified
            },
            2 => Script {
                born: Some(years_ago(7)),
                adopted_after_days: Some(1_300),
                ..notified
            },
            3 => Script {
                born: Some(years_ago(9)),
                adopted_after_days: Some(2_400),
                ..notified
            },
            4 => Script {
                born: leap_day(as_at.year() - 5),
                ..notified
            },
            5 => Script {
                born: Some(date(as_at.year() - 6, 8, 31)),
                ..notified
            },
            6 => Script {
                born: Some(date(as_at.year() - 6, 9, 1)),
                ..notified
            },
            7 => Script {
                born: Some(years_ago(7)),
                homeless: true,
                ..notified
            },
            8 => Script {
                born: Some(years_ago(7)),
                too_late: true,
                ..notified
            },
            9 => Script {
                born: Some(years_ago(7)),
                moves_away_after_days: Some(1_400),
                ..notified
            },
            10 => Script {
                born: Some(years_ago(6)),
                number_of_mother: true,
                ..notified
            },
            11 => Script {
                born: Some(years_ago(6)),
                every_action: true,
                ..notified
            },
            // A mother who is of school age still when her child has been reviewed. Nobody had reason to give notice of
            // the child.
            12 => Script {
                born: Some(plus_days(as_at, -1_030)),
                mother_aged_days: Some(5_020),
                followed: true,
                ..Script::default()
            },
            // One of twins is stillborn.
            13 => Script {
                born: Some(years_ago(4)),
                born_together: Some(2),
                stillborn: true,
                followed: true,
                ..Script::default()
            },
            // Old enough to be at school, young enough to have been notified before birth: a child, and twins.
            14 => Script {
                born: Some(plus_days(as_at, -2_100)),
                followed: true,
                ..notified
            },
            15 => Script {
                born: Some(plus_days(as_at, -2_100)),
                born_together: Some(2),
                followed: true,
                ..notified
            },
            _ => Script::default(),
        }
    }

    /// Whether anything is bound to happen.
    pub(crate) fn is_scripted(&self) -> bool {
        self.born.is_some()
    }
}

/// The last 29 February in or before a year.
fn leap_day(year: i16) -> Option<Date> {
    (0..8).find_map(|back| Date::new(year - back, 2, 29).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leap_days_are_found_across_centuries() {
        assert_eq!(leap_day(2023), Some(date(2020, 2, 29)));
        assert_eq!(leap_day(1903), Some(date(1896, 2, 29)));
    }
}
