//! What a sender calls its record. Either may itself be an NHS number or a UPN, so both are identifying.

use std::fmt;

use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::NhsNumberDigest;

/// The parts that name a record within its kind and provider, in an unambiguous encoding: each part is
/// preceded by its length, so that no two lists of parts read the same.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct BusinessKey(Vec<u8>);

impl BusinessKey {
    /// The key made of these parts. `scheme` tells keys of different make apart (`notice-id`, `upn`,
    /// `names-and-birth-date`).
    pub fn new(scheme: &str, parts: &[&str]) -> Self {
        let mut bytes =
            Vec::with_capacity(scheme.len() + parts.iter().map(|part| part.len() + 4).sum::<usize>() + 4);
        for part in std::iter::once(&scheme).chain(parts) {
            bytes.extend_from_slice(&(part.len() as u32).to_be_bytes());
            bytes.extend_from_slice(part.as_bytes());
        }
        BusinessKey(bytes)
    }

    /// The key made of a digest, in capitals, and of these parts behind it.
    pub fn of_digest(scheme: &str, digest: &NhsNumberDigest, parts: &[&str]) -> Self {
        let mut hex = Zeroizing::new(String::with_capacity(2 * digest.expose().len()));
        // A string takes whatever is written to it.
        let _ = digest.write_hex(&mut *hex);
        let parts: Vec<&str> = std::iter::once(hex.as_str())
            .chain(parts.iter().copied())
            .collect();
        BusinessKey::new(scheme, &parts)
    }

    /// The encoded parts, for the keyed hash alone.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for BusinessKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BusinessKey(…)")
    }
}

/// The sender's own reference for a record, shown only in the unmatched list and to its own provider.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct SenderReference(String);

impl SenderReference {
    /// A reference, trimmed; none where blank.
    pub fn new(text: &str) -> Option<Self> {
        let text = text.trim();
        (!text.is_empty()).then(|| SenderReference(text.to_owned()))
    }

    /// The text, to be sealed.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SenderReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SenderReference(…)")
    }
}
