//! Which organisation codes name a body on which section 23 lays its duty.

use std::sync::OnceLock;

use kit::mappings::{self, MappingError};
use serde::Deserialize;

/// The health bodies of `mappings/organisations/health-bodies.toml`.
#[derive(Clone, Debug, Deserialize)]
pub struct HealthBodies {
    body: Vec<Body>,
    #[serde(default)]
    default: Vec<Nobody>,
}

#[derive(Clone, Debug, Deserialize)]
struct Body {
    #[serde(default)]
    shapes: Vec<String>,
    #[serde(default)]
    codes: Vec<String>,
    statutory: bool,
}

#[derive(Clone, Debug, Deserialize)]
struct Nobody {
    code: String,
}

impl HealthBodies {
    /// The list that the program carries.
    ///
    /// # Errors
    /// [`MappingError`] where it is missing or malformed.
    pub fn carried() -> Result<&'static Self, MappingError> {
        static CARRIED: OnceLock<HealthBodies> = OnceLock::new();

        if let Some(bodies) = CARRIED.get() {
            return Ok(bodies);
        }
        let bodies = mappings::embedded_toml("organisations/health-bodies.toml")?;
        Ok(CARRIED.get_or_init(|| bodies))
    }

    /// Whether the duty of section 23 lies on the body: an integrated care board, an NHS trust or an NHS
    /// foundation trust (Children and Families Act 2014 section 23(1), as amended by the Health and Care Act
    /// 2022).
    ///
    /// ```
    /// let bodies = section23::HealthBodies::carried()?;
    /// assert!(bodies.has_duty("RAJ"));
    /// assert!(bodies.has_duty("QH8"));
    /// // A company that holds a health visiting contract gives notice without a duty of its own.
    /// assert!(!bodies.has_duty("NDA"));
    /// # Ok::<(), kit::mappings::MappingError>(())
    /// ```
    pub fn has_duty(&self, ods_code: &str) -> bool {
        let names_it = |body: &&Body| {
            body.codes.iter().any(|code| code == ods_code)
                || body.shapes.iter().any(|shape| fits(shape, ods_code))
        };
        !self.is_nobody(ods_code) && self.body.iter().find(names_it).is_some_and(|body| body.statutory)
    }

    /// Whether the code stands for "not known", "not applicable" or the like.
    pub fn is_nobody(&self, ods_code: &str) -> bool {
        self.default.iter().any(|nobody| nobody.code == ods_code)
    }
}

/// `@` is a letter, `#` a digit, `?` either, anything else itself.
fn fits(shape: &str, code: &str) -> bool {
    shape.len() == code.len()
        && shape
            .chars()
            .zip(code.chars())
            .all(|(wanted, given)| match wanted {
                '@' => given.is_ascii_uppercase(),
                '#' => given.is_ascii_digit(),
                '?' => given.is_ascii_uppercase() || given.is_ascii_digit(),
                literal => literal == given,
            })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_duty_lies_on_boards_and_trusts_alone() {
        let bodies = HealthBodies::carried().unwrap();
        for (code, duty) in [
            ("RAJ", true),
            ("R1H", true),
            ("QMX", true),
            ("A83627", false),
            ("NXX", false),
            ("881", false),
            ("Q99", false),
            ("V81999", false),
            ("raj", false),
            ("", false),
        ] {
            assert_eq!(bodies.has_duty(code), duty, "{code}");
        }
    }
}
