//! A length of time as people write it: `7 days`, `90 seconds`, `26h`.

use std::{fmt, str::FromStr, time::Duration};

use jiff::SignedDuration;
use serde::{Deserialize, Deserializer, de};

/// A positive length of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span(pub Duration);

/// Units, the longest first: the word, its letter, and the seconds that it stands for.
const UNITS: [(&str, &str, u64); 5] = [
    ("week", "w", 604_800),
    ("day", "d", 86_400),
    ("hour", "h", 3_600),
    ("minute", "m", 60),
    ("second", "s", 1),
];

impl Span {
    /// Whole days, rounded down.
    pub fn days(self) -> i64 {
        i64::try_from(self.0.as_secs() / 86_400).unwrap_or(i64::MAX)
    }
}

impl FromStr for Span {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = "a length of time such as \"7 days\" or \"60 seconds\"";
        let text = text.trim();
        let end = text.find(|sign: char| !sign.is_ascii_digit()).ok_or(wrong)?;
        let (number, unit) = text.split_at(end);
        let number: i64 = number.parse().map_err(|_| wrong)?;
        // A letter stands right behind its number, a word after a blank.
        let seconds = UNITS.iter().find_map(|(word, letter, seconds)| {
            let spelt = unit.strip_prefix(' ').map(str::trim_start);
            let spelt = spelt.map(|unit| unit.strip_suffix('s').unwrap_or(unit));
            (spelt == Some(*word) || unit == *letter).then_some(*seconds)
        });
        let seconds = i64::try_from(seconds.ok_or(wrong)?).map_err(|_| wrong)?;
        let total = number.checked_mul(seconds).ok_or(wrong)?;
        Duration::try_from(SignedDuration::from_secs(total))
            .map(Span)
            .map_err(|_| wrong)
    }
}

/// In the longest unit that gives a whole number.
impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.as_secs();
        for (word, _, unit) in UNITS {
            if seconds.is_multiple_of(unit) {
                let plural = if seconds / unit == 1 { "" } else { "s" };
                return write!(f, "{} {word}{plural}", seconds / unit);
            }
        }
        Ok(())
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time_are_understood_and_shown_in_their_longest_unit() {
        for (text, seconds, shown) in [
            ("7 days", 604_800, "1 week"),
            ("1 day", 86_400, "1 day"),
            ("26h", 93_600, "26 hours"),
            ("26 hours", 93_600, "26 hours"),
            ("90 seconds", 90, "90 seconds"),
            ("10m", 600, "10 minutes"),
            ("0 seconds", 0, "0 weeks"),
            (" 2  weeks ", 1_209_600, "2 weeks"),
        ] {
            let span: Span = text.parse().unwrap();
            assert_eq!(
                (span.0.as_secs(), span.to_string().as_str()),
                (seconds, shown),
                "{text}"
            );
        }
        for wrong in [
            "",
            "7",
            "days",
            "-1 days",
            "7days",
            "26 h",
            "1.5 hours",
            "5 months",
            "7 dayss",
            "99999999999999999 weeks",
        ] {
            assert!(wrong.parse::<Span>().is_err(), "{wrong}");
        }
    }
}
