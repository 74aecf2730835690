//! A length of time as people write it: `7 days`, `90 seconds`.

use std::time::Duration;

use jiff::SignedDuration;
use serde::{Deserialize, Deserializer, de};

/// A positive length of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span(pub Duration);

impl Span {
    /// Whole days, rounded down.
    pub fn days(self) -> i64 {
        i64::try_from(self.0.as_secs() / 86_400).unwrap_or(i64::MAX)
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let wrong = || de::Error::custom("a length of time such as \"7 days\" or \"60 seconds\"");
        let (number, unit) = text.trim().split_once(' ').ok_or_else(wrong)?;
        let number: i64 = number.parse().map_err(|_| wrong())?;
        let seconds = match unit.trim().trim_end_matches('s') {
            "second" => 1,
            "minute" => 60,
            "hour" => 3_600,
            "day" => 86_400,
            "week" => 604_800,
            _ => return Err(wrong()),
        };
        let total = number.checked_mul(seconds).ok_or_else(wrong)?;
        Duration::try_from(SignedDuration::from_secs(total))
            .map(Span)
            .map_err(|_| wrong())
    }
}
