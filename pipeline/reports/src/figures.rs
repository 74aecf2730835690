//! Numbers as people read them.

use measures::Interval;

/// A proportion in per cent with one decimal: `62.5%`.
pub(crate) fn percent(proportion: f64) -> String {
    format!("{:.1}%", proportion * 100.0)
}

/// A proportion's interval: `52.4% to 71.6%`.
pub(crate) fn percent_range(interval: Interval) -> String {
    format!("{} to {}", percent(interval.lower), percent(interval.upper))
}

/// A count with the noun in the right number: `1 notice`, `2 notices`.
pub(crate) fn count(number: u64, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}
