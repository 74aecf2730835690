//! What the identifiers have in common: a short text of fixed capacity, and how senders' text is cleaned.

use zeroize::{Zeroize, ZeroizeOnDrop};

/// An ASCII text of at most `N` bytes that lives in place, so that no copy is left on the heap.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Zeroize, ZeroizeOnDrop)]
pub(crate) struct ShortText<const N: usize> {
    bytes: [u8; N],
    length: u8,
}

impl<const N: usize> ShortText<N> {
    /// The characters of `text` in upper case, without white space and hyphens; `None` where one of the rest is
    /// not an ASCII letter or digit, or they are more than `N`.
    ///
    /// Full-width and other non-ASCII digits are refused and not folded: a sender that writes them has a fault
    /// upstream that it should hear of.
    pub(crate) fn compact(text: &str) -> Option<Self> {
        let mut bytes = [0; N];
        let mut length = 0_usize;
        for character in text.chars().filter(|character| !is_filler(*character)) {
            if !character.is_ascii_alphanumeric() {
                bytes.zeroize();
                return None;
            }
            let Some(place) = bytes.get_mut(length) else {
                bytes.zeroize();
                return None;
            };
            *place = character.to_ascii_uppercase() as u8;
            length += 1;
        }
        let short = u8::try_from(length)
            .ok()
            .map(|length| ShortText { bytes, length });
        bytes.zeroize();
        short
    }

    /// This text as it stands; `None` where it is longer than `N` or not ASCII.
    pub(crate) fn exact(parts: [&[u8]; 3]) -> Option<Self> {
        let mut short = ShortText {
            bytes: [0; N],
            length: 0,
        };
        for byte in parts.into_iter().flatten() {
            let place = short.bytes.get_mut(usize::from(short.length))?;
            *place = byte.is_ascii().then_some(*byte)?;
            short.length += 1;
        }
        Some(short)
    }

    /// The bytes in use.
    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.length)).unwrap_or_default()
    }

    /// The text.
    pub(crate) fn as_str(&self) -> &str {
        std::str::from_utf8(self.as_bytes()).unwrap_or_default()
    }
}

/// Whether `text` holds nothing but white space and hyphens.
pub(crate) fn is_blank(text: &str) -> bool {
    text.chars().all(is_filler)
}

/// White space in Unicode's sense (no-break spaces too) and every dash that a word processor makes of a hyphen.
fn is_filler(character: char) -> bool {
    character.is_whitespace() || is_hyphen(character)
}

/// Whether the character stands for a hyphen.
pub(crate) fn is_hyphen(character: char) -> bool {
    matches!(
        character,
        '-' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{FE58}' | '\u{FE63}' | '\u{FF0D}'
    )
}

/// Gives a type the redacted `Debug` that every identifying type has.
macro_rules! redacted {
    ($type:ident) => {
        impl std::fmt::Debug for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!(stringify!($type), "(…)"))
            }
        }
    };
}

/// Says which variants of a fault mean "nothing there" and which mean "a stand-in".
macro_rules! fault {
    ($fault:ident, blank: $blank:pat, placeholder: $placeholder:pat) => {
        impl $fault {
            /// Whether there was nothing to parse.
            pub const fn is_blank(&self) -> bool {
                matches!(self, $blank)
            }

            /// Whether the text stands in for an identifier: somebody filled a field that must not be blank.
            pub const fn is_placeholder(&self) -> bool {
                matches!(self, $placeholder)
            }
        }

        impl crate::Fault for $fault {
            fn is_blank(&self) -> bool {
                $fault::is_blank(self)
            }

            fn is_placeholder(&self) -> bool {
                $fault::is_placeholder(self)
            }
        }
    };
}

pub(crate) use {fault, redacted};
