//! Intervals around proportions and rates.

/// The standard normal deviate of a two-sided 95% interval, to the digits that the public health measures of
/// England use.
pub const Z95: f64 = 1.959964;

/// A value with its 95% interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// The value: a proportion from 0 to 1, or a rate in its own unit.
    pub value: f64,
    /// The lower limit.
    pub lower: f64,
    /// The upper limit.
    pub upper: f64,
}

/// The proportion `x / n` with Wilson's score interval (Wilson 1927), which stays within 0 and 1 and holds
/// for small counts. None where nothing was counted or `x` is more than `n`: no proportion then.
///
/// ```
/// let interval = measures::wilson(65, 100).expect("a proportion");
/// assert_eq!(interval.value, 0.65);
/// assert!((interval.lower - 0.5525443).abs() < 2e-7);
/// assert!((interval.upper - 0.7363575).abs() < 2e-7);
/// assert!(measures::wilson(0, 0).is_none());
/// ```
pub fn wilson(x: u64, n: u64) -> Option<Interval> {
    if n == 0 || x > n {
        return None;
    }
    // Counts of children: exact in a double.
    let (x, n) = (x as f64, n as f64);
    let value = x / n;
    let z2 = Z95 * Z95;
    let middle = 2.0 * x + z2;
    let reach = Z95 * (z2 + 4.0 * x * (1.0 - value)).sqrt();
    let below = 2.0 * (n + z2);
    // The limits of 0 and n are 0 and 1; rounding must not carry them past.
    Some(Interval {
        value,
        lower: ((middle - reach) / below).clamp(0.0, value),
        upper: ((middle + reach) / below).clamp(value, 1.0),
    })
}

/// The rate of `count` events per 1,000 of `population` with Byar's interval (Breslow and Day 1987), which is
/// within a few hundredths of the exact Poisson interval even for small counts. None without a population.
pub fn per_thousand(count: u64, population: u64) -> Option<Interval> {
    if population == 0 {
        return None;
    }
    let scale = 1000.0 / population as f64;
    let count = count as f64;
    let lower = if count == 0.0 { 0.0 } else { byar(count, -Z95) };
    let upper = byar(count + 1.0, Z95);
    Some(Interval {
        value: count * scale,
        lower: lower * scale,
        upper: upper * scale,
    })
}

fn byar(count: f64, z: f64) -> f64 {
    count * (1.0 - 1.0 / (9.0 * count) + z / (3.0 * count.sqrt())).powi(3)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn assert_limits(x: u64, n: u64, lower: f64, upper: f64) {
        let interval = wilson(x, n).expect("a proportion");
        assert!(
            (interval.lower - lower).abs() < 2e-7,
            "lower of {x}/{n}: {}",
            interval.lower
        );
        assert!(
            (interval.upper - upper).abs() < 2e-7,
            "upper of {x}/{n}: {}",
            interval.upper
        );
    }

    #[test]
    fn wilson_gives_the_published_values() {
        assert_limits(65, 100, 0.5525443, 0.7363575);
        assert_limits(0, 10, 0.0, 0.2775328);
        assert_limits(8, 20, 0.2188065, 0.6134185);
    }

    #[test]
    fn what_is_no_proportion_has_no_interval() {
        assert_eq!(wilson(0, 0), None);
        assert_eq!(wilson(3, 2), None);
        assert_eq!(per_thousand(3, 0), None);
    }

    #[test]
    fn byar_is_near_the_exact_poisson_interval() {
        // Exact limits of a count of 10: 4.795 and 18.390; of 0: 0 and 3.689.
        let ten = per_thousand(10, 1000).expect("a rate");
        assert!(
            (ten.lower - 4.795).abs() < 0.02 && (ten.upper - 18.390).abs() < 0.02,
            "{ten:?}"
        );
        let none = per_thousand(0, 1000).expect("a rate");
        assert!(none.lower == 0.0 && (none.upper - 3.689).abs() < 0.06, "{none:?}");
    }

    proptest! {
        #[test]
        fn an_interval_holds_its_value(n in 1_u64..100_000, share in 0.0_f64..=1.0) {
            let x = (share * n as f64) as u64;
            let i = wilson(x, n).expect("a proportion");
            prop_assert!(0.0 <= i.lower && i.lower <= i.value && i.value <= i.upper && i.upper <= 1.0);
            prop_assert!(i.lower < i.upper);
        }
    }
}
