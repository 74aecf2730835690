//! Postcode in its canonical form: upper case, one space before the last three characters.

use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::text::{ShortText, fault, is_blank, redacted};

/// The postcode of a place.
///
/// Its shape is checked, not whether Royal Mail ever gave it out: the postcode directory knows that, and a
/// postcode that the directory does not know can still agree with another record's.
///
/// ```
/// use identity::Postcode;
///
/// let postcode = Postcode::parse("cm11aa")?;
/// assert_eq!(postcode.expose(), "CM1 1AA");
/// assert_eq!(postcode.outward(), "CM1");
/// assert_eq!(postcode.sector(), "CM1 1");
/// # Ok::<(), identity::PostcodeFault>(())
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Zeroize, ZeroizeOnDrop)]
pub struct Postcode(ShortText<8>);

/// Characters of the inward part: a digit and two letters.
const INWARD: usize = 3;

/// Characters of the longest postcode without its space.
const LONGEST: usize = 7;

/// Pseudo-postcode of the NHS Postcode Directory for a person with no fixed abode.
const NO_FIXED_ABODE: &[u8] = b"ZZ993VZ";

impl Postcode {
    /// Reads a postcode in either case, wherever its spaces stand.
    ///
    /// # Errors
    /// Says why the text is not the postcode of a place.
    pub fn parse(text: &str) -> Result<Self, PostcodeFault> {
        if is_blank(text) {
            return Err(PostcodeFault::Blank);
        }
        let compact = ShortText::<LONGEST>::compact(text).ok_or(PostcodeFault::Shape)?;
        let bytes = compact.as_bytes();
        if bytes == NO_FIXED_ABODE {
            return Err(PostcodeFault::NoFixedAbode);
        }
        if bytes.starts_with(b"ZZ99") {
            return Err(PostcodeFault::Pseudo);
        }
        let (outward, inward) = bytes
            .len()
            .checked_sub(INWARD)
            .and_then(|middle| bytes.split_at_checked(middle))
            .ok_or(PostcodeFault::Shape)?;
        let inward_holds = matches!(inward, [b'0'..=b'9', b'A'..=b'Z', b'A'..=b'Z']);
        if !inward_holds || !(is_outward(outward) || bytes == b"GIR0AA") {
            return Err(PostcodeFault::Shape);
        }
        ShortText::exact([outward, b" ", inward])
            .map(Postcode)
            .ok_or(PostcodeFault::Shape)
    }

    /// The postcode with its space.
    pub fn expose(&self) -> &str {
        self.0.as_str()
    }

    /// The part before the space: the postcode district.
    pub fn outward(&self) -> &str {
        self.without(INWARD + 1)
    }

    /// The outward part, the space and the digit after it: the postcode sector.
    pub fn sector(&self) -> &str {
        self.without(INWARD - 1)
    }

    fn without(&self, last: usize) -> &str {
        let text = self.0.as_str();
        text.len()
            .checked_sub(last)
            .and_then(|end| text.get(..end))
            .unwrap_or_default()
    }
}

redacted!(Postcode);

/// Why a text is not the postcode of a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PostcodeFault {
    /// Nothing there.
    #[error("is blank")]
    Blank,
    /// Not written as a postcode is.
    #[error("is not written as a postcode")]
    Shape,
    /// A ZZ99 code of the NHS Postcode Directory: not known, another country, not otherwise specified. People
    /// who share one live nowhere together.
    #[error("is a pseudo-postcode")]
    Pseudo,
    /// ZZ99 3VZ: the person has no fixed abode. No place either, but a fact to keep.
    #[error("says that there is no fixed abode")]
    NoFixedAbode,
}

fault!(PostcodeFault, blank: PostcodeFault::Blank,
    placeholder: PostcodeFault::Pseudo | PostcodeFault::NoFixedAbode);

/// One or two letters, a digit, and perhaps another digit or letter (NHS Data Dictionary, POSTCODE).
fn is_outward(outward: &[u8]) -> bool {
    let area = outward
        .iter()
        .take_while(|byte| byte.is_ascii_alphabetic())
        .count();
    let Some(district) = outward.get(area..) else {
        return false;
    };
    (1..=2).contains(&area) && matches!(district, [b'0'..=b'9'] | [b'0'..=b'9', b'0'..=b'9' | b'A'..=b'Z'])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_written_is_read(outward in "[A-Y]{1,2}[0-9][0-9A-Z]?", inward in "[0-9][A-Z]{2}") {
            let written = format!("{outward} {inward}");
            let postcode = Postcode::parse(&written).unwrap();
            prop_assert_eq!(postcode.expose(), written.as_str());
            prop_assert_eq!(postcode.outward(), outward.as_str());
            prop_assert_eq!(postcode.sector(), &written[..written.len() - 2]);
            for other in [format!("{outward}{inward}"), written.to_lowercase(), format!(" {outward}  {inward}\u{a0}")] {
                prop_assert_eq!(Postcode::parse(&other), Ok(postcode.clone()));
            }
        }
    }

    #[test]
    fn every_shape_is_known() {
        for text in [
            "M1 1AA", "M60 1NW", "CR2 6XH", "DN55 1PT", "W1A 1HQ", "EC1A 1BB", "GIR 0AA",
        ] {
            assert_eq!(Postcode::parse(text).unwrap().expose(), text);
        }
        for text in [
            "CM1",
            "CM",
            "1CM 1AA",
            "CMM1 1AA",
            "CM111 1AA",
            "CM1 AAA",
            "CM1 1A1",
            "CM1 1ÅA",
            "AA9A 9AAA",
        ] {
            assert_eq!(Postcode::parse(text), Err(PostcodeFault::Shape), "{text}");
        }
    }

    #[test]
    fn pseudo_postcodes_are_no_places() {
        for text in ["ZZ99 3CZ", "zz99 3wz", "ZZ992WZ", "ZZ99"] {
            assert_eq!(Postcode::parse(text), Err(PostcodeFault::Pseudo), "{text}");
        }
        assert_eq!(Postcode::parse("zz993vz"), Err(PostcodeFault::NoFixedAbode));
        assert_eq!(Postcode::parse("\u{a0}-"), Err(PostcodeFault::Blank));
    }
}
