//! An identifier that a record may hold.

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
    /// The identifier, where there is a usable one.
    pub fn valid(&self) -> Option<&T> {
        match self {
            Held::Valid(identifier) => Some(identifier),
            Held::Absent | Held::Invalid | Held::Placeholder => None,
        }
    }
}
