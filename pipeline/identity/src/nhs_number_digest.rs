//! The digest that stands for an NHS number where a sender has pseudonymised it with OpenPseudonymiser: SHA-256, alone
//! or together with the birth date, with the sender's salt behind it (OpenPseudonymiser CryptoLib 0.9.7).
//!
//! It identifies as the number does. Some 910 million numbers pass the check digit, and whoever holds the salt tries
//! them all in a minute.

use std::fmt;

use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::text::{ShortText, fault, is_blank, redacted};

/// A digest in the place of an NHS number.
///
/// ```
/// use identity::NhsNumberDigest;
///
/// let digest = NhsNumberDigest::parse("ED72F814B7905F3D3958749FA90FE657C101EC657402783DB68CBE3513E76087")?;
/// // Either case, as systems fold it.
/// let folded = NhsNumberDigest::parse("ed72f814b7905f3d3958749fa90fe657c101ec657402783db68cbe3513e76087")?;
/// assert_eq!(digest, folded);
/// assert_eq!(digest.expose()[..2], [0xED, 0x72]);
/// assert_eq!(format!("{digest:?}"), "NhsNumberDigest(…)");
///
/// assert!(NhsNumberDigest::parse("943 476 5919").is_err());
/// # Ok::<(), identity::NhsNumberDigestFault>(())
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Zeroize, ZeroizeOnDrop)]
pub struct NhsNumberDigest([u8; BYTES]);

/// Bytes of SHA-256.
const BYTES: usize = 32;

impl NhsNumberDigest {
    /// Reads a digest of 64 hexadecimal digits of either case.
    ///
    /// # Errors
    /// Says why the text is no digest of a person.
    pub fn parse(text: &str) -> Result<Self, NhsNumberDigestFault> {
        if is_blank(text) {
            return Err(NhsNumberDigestFault::Blank);
        }
        let written = ShortText::<{ 2 * BYTES }>::compact(text).ok_or(NhsNumberDigestFault::Shape)?;
        let digits = written.as_bytes();
        if digits.len() != 2 * BYTES {
            return Err(NhsNumberDigestFault::Shape);
        }
        let mut digest = NhsNumberDigest([0; BYTES]);
        for (byte, pair) in digest.0.iter_mut().zip(digits.chunks(2)) {
            for digit in pair {
                let value = char::from(*digit)
                    .to_digit(16)
                    .ok_or(NhsNumberDigestFault::Shape)?;
                *byte = (*byte << 4) | value as u8;
            }
        }
        if digits.iter().all(|digit| digits.first() == Some(digit)) {
            return Err(NhsNumberDigestFault::RepeatedDigit);
        }
        Ok(digest)
    }

    /// The digest that a hash function gave.
    pub const fn of_hash(hash: [u8; BYTES]) -> Self {
        NhsNumberDigest(hash)
    }

    /// The 32 bytes.
    pub const fn expose(&self) -> &[u8; BYTES] {
        &self.0
    }

    /// Writes the 64 digits in capitals, as OpenPseudonymiser does.
    ///
    /// # Errors
    /// Where `out` takes no more.
    pub fn write_hex(&self, out: &mut dyn fmt::Write) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(out, "{byte:02X}"))
    }
}

redacted!(NhsNumberDigest);

/// Why a text is not the digest of a person's number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NhsNumberDigestFault {
    /// Nothing there.
    #[error("is blank")]
    Blank,
    /// Anything but 64 hexadecimal digits.
    #[error("is not 64 hexadecimal digits")]
    Shape,
    /// One digit, 64 times: somebody filled a column that must not be blank.
    #[error("repeats one digit")]
    RepeatedDigit,
}

fault!(NhsNumberDigestFault, blank: NhsNumberDigestFault::Blank, placeholder: NhsNumberDigestFault::RepeatedDigit);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_written_is_read(hash in any::<[u8; BYTES]>()) {
            let digest = NhsNumberDigest::of_hash(hash);
            let mut text = String::new();
            digest.write_hex(&mut text).unwrap();
            for written in [text.to_lowercase(), format!(" {text}\u{a0}"), text] {
                prop_assert_eq!(NhsNumberDigest::parse(&written), Ok(digest.clone()));
            }
        }
    }

    #[test]
    fn what_is_no_digest_is_refused() {
        use NhsNumberDigestFault::{Blank, RepeatedDigit, Shape};

        let hex = "ED72F814B7905F3D3958749FA90FE657C101EC657402783DB68CBE3513E76087";
        for (text, fault) in [
            (String::new(), Blank),
            (" - ".to_owned(), Blank),
            (hex[1..].to_owned(), Shape),
            (format!("{hex}0"), Shape),
            (hex.replace('E', "G"), Shape),
            // A prefix that some tools put before hexadecimal digits, and digits of another alphabet.
            (format!("0x{hex}"), Shape),
            (hex.replace('7', "７"), Shape),
            ("0".repeat(64), RepeatedDigit),
            ("F".repeat(64), RepeatedDigit),
        ] {
            assert_eq!(NhsNumberDigest::parse(&text), Err(fault), "{text}");
        }
    }
}
