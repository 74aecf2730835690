//! The shape of an organisation code.

/// What may stand in one place of a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Letter,
    Digit,
    Either,
    Exactly(char),
}

/// A code's shape: `@` a capital letter, `#` a digit, `?` either, anything else itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Shape(Vec<Place>);

impl Shape {
    pub(super) fn new(text: &str) -> Self {
        let place = |c| match c {
            '@' => Place::Letter,
            '#' => Place::Digit,
            '?' => Place::Either,
            other => Place::Exactly(other),
        };
        Shape(text.chars().map(place).collect())
    }

    pub(super) fn fits(&self, code: &str) -> bool {
        code.chars().count() == self.0.len() && code.chars().zip(&self.0).all(|(c, place)| place.fits(c))
    }
}

impl Place {
    fn fits(self, c: char) -> bool {
        match self {
            Place::Letter => c.is_ascii_uppercase(),
            Place::Digit => c.is_ascii_digit(),
            Place::Either => c.is_ascii_uppercase() || c.is_ascii_digit(),
            Place::Exactly(exactly) => c == exactly,
        }
    }
}
