//! An identifier that a record may hold.

/// Why a text is no usable identifier. Faults never hold the text.
pub trait Fault: std::error::Error {
    /// Whether there was nothing to parse.
    fn is_blank(&self) -> bool;

    /// Whether the text stands in for an identifier (`Baby`, ten equal digits, ZZ99).
    fn is_placeholder(&self) -> bool;
}

/// Whether a field held a usable identifier, and if not, why not. The text of an unusable one is not kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Held<T> {
    /// Blank, or the source has no such field.
    #[default]
    Absent,
    /// A usable identifier.
    Valid(T),
    /// Fails the identifier's own rule.
    Invalid,
    /// A stand-in for an identifier.
    Placeholder,
}

impl<T> Held<T> {
    /// What a field held, from the result of parsing it.
    ///
    /// ```
    /// use identity::{Held, Postcode};
    ///
    /// assert!(matches!(Held::from_parse(Postcode::parse("cm11aa")), Held::Valid(_)));
    /// assert_eq!(Held::from_parse(Postcode::parse("ZZ99 3VZ")), Held::Placeholder);
    /// assert_eq!(Held::from_parse(Postcode::parse("CM1")), Held::Invalid);
    /// assert_eq!(Held::from_parse(Postcode::parse(" ")), Held::Absent);
    /// ```
    pub fn from_parse<F: Fault>(result: Result<T, F>) -> Self {
        match result {
            Ok(identifier) => Held::Valid(identifier),
            Err(fault) if fault.is_blank() => Held::Absent,
            Err(fault) if fault.is_placeholder() => Held::Placeholder,
            Err(_) => Held::Invalid,
        }
    }

    /// The identifier, where there is a usable one.
    pub fn valid(&self) -> Option<&T> {
        match self {
            Held::Valid(identifier) => Some(identifier),
            Held::Absent | Held::Invalid | Held::Placeholder => None,
        }
    }
}
