//! Dates as linkage compares them.

use jiff::civil::{Date, date};
use linkage::{DateEncoding, PartToken};

use super::role::Role;
use crate::{KeyError, Keys, keyed::KeyedHash};

/// Days to either side that a day number may be moved by: about 55 years, so that the number of a child's birth can be
/// any child's or grandparent's.
const FURTHEST: u64 = 20_000;

/// The years whose tokens are made beforehand; others are hashed when they come.
const FIRST_YEAR: i16 = 1950;
const YEARS: i16 = 100;

/// Keys and tables for dates.
pub(super) struct DateKeys {
    whole: KeyedHash,
    year: KeyedHash,
    /// Tokens of the years from [`FIRST_YEAR`], in which nearly all whom records are about were born.
    years: Vec<PartToken>,
    /// Tokens of the numbers 0 to 31, which months and days share.
    numbers: Vec<PartToken>,
    /// The day that day numbers count from, as days from 1970-01-01.
    origin: i32,
}

impl DateKeys {
    pub(super) fn new(keys: &Keys, role: Role) -> Result<Self, KeyError> {
        let hash = |field| role.hash(keys, field);
        let number = hash("date-part")?;
        let numbers = (0_u8..=31)
            .map(|value| PartToken(number.number(&[&[value]])))
            .collect();
        let year = hash("date-year")?;
        let years = (FIRST_YEAR..FIRST_YEAR + YEARS)
            .map(|of| year_token(&year, of))
            .collect();
        let moved = hash("date-origin")?.number(&[]) % (2 * FURTHEST + 1);
        Ok(DateKeys {
            whole: hash("date")?,
            year,
            years,
            numbers,
            origin: moved as i32 - FURTHEST as i32,
        })
    }

    pub(super) fn encode(&self, day: Date) -> DateEncoding {
        DateEncoding {
            whole: self.whole(day),
            swapped: swapped(day).map(|day| self.whole(day)),
            year: self.year(day.year()),
            month: self.part(day.month()),
            day: self.part(day.day()),
            day_number: self.day_number(day),
        }
    }

    /// Days since a day that the key alone knows.
    pub(super) fn day_number(&self, day: Date) -> i32 {
        let epoch = date(1970, 1, 1);
        // Whole days between civil dates of four-digit years: far within an i32.
        (day - epoch).get_days() - self.origin
    }

    fn whole(&self, day: Date) -> PartToken {
        PartToken(self.whole.number(&[&date_bytes(day)]))
    }

    fn year(&self, of: i16) -> PartToken {
        usize::try_from(of - FIRST_YEAR)
            .ok()
            .and_then(|index| self.years.get(index))
            .copied()
            .unwrap_or_else(|| year_token(&self.year, of))
    }

    fn part(&self, value: i8) -> PartToken {
        usize::try_from(value)
            .ok()
            .and_then(|index| self.numbers.get(index))
            .copied()
            .unwrap_or(PartToken(0))
    }
}

fn year_token(hash: &KeyedHash, year: i16) -> PartToken {
    PartToken(hash.number(&[&year.to_be_bytes()]))
}

/// A date in four bytes: year, month, day.
pub(super) fn date_bytes(day: Date) -> [u8; 4] {
    let [high, low] = day.year().to_be_bytes();
    [high, low, day.month() as u8, day.day() as u8]
}

/// The date with day and month exchanged, where that is another date.
fn swapped(day: Date) -> Option<Date> {
    if day.day() == day.month() {
        return None;
    }
    Date::new(day.year(), day.day(), day.month()).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::tests::{keys, other_keys};

    fn any_day() -> impl Strategy<Value = Date> {
        (1990_i16..2040, 1_i8..=12, 1_i8..=28).prop_map(|(year, month, day)| date(year, month, day))
    }

    proptest! {
        #[test]
        fn gaps_can_be_measured_and_dates_not_read(a in any_day(), b in any_day()) {
            let (ours, theirs) = (DateKeys::new(&keys(), Role::Child).unwrap(), DateKeys::new(&other_keys(), Role::Child).unwrap());
            prop_assert_eq!(ours.day_number(b) - ours.day_number(a), (b - a).get_days());
            prop_assert_ne!(ours.day_number(a), theirs.day_number(a));
            prop_assert_eq!(ours.encode(a).whole == ours.encode(b).whole, a == b);
        }

        #[test]
        fn an_exchange_of_day_and_month_is_seen_from_either_side(year in 1990_i16..2040, a in 1_i8..=12, b in 1_i8..=12) {
            let keys = DateKeys::new(&keys(), Role::Child).unwrap();
            let (one, other) = (keys.encode(date(year, a, b)), keys.encode(date(year, b, a)));
            if a == b {
                prop_assert_eq!(one.swapped, None);
            } else {
                prop_assert_eq!(one.swapped, Some(other.whole));
                prop_assert_eq!(other.swapped, Some(one.whole));
            }
            prop_assert_eq!(one.month, other.day);
        }
    }

    #[test]
    fn a_year_has_one_token_whether_it_was_made_beforehand_or_not() {
        let keys = DateKeys::new(&keys(), Role::Child).unwrap();
        for year in [999, 1949, 1950, 2049, 2050, 9999] {
            assert_eq!(keys.year(year), year_token(&keys.year, year), "{year}");
        }
        assert_ne!(keys.year(1949), keys.year(1950));
    }

    #[test]
    fn a_day_after_the_twelfth_has_no_exchange() {
        let keys = DateKeys::new(&keys(), Role::Child).unwrap();
        assert_eq!(keys.encode(date(2021, 4, 13)).swapped, None);
        // 30 February is no date.
        assert_eq!(keys.encode(date(2021, 2, 30 - 2)).swapped, None);
    }
}
