//! What makes two deliveries the same.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// SHA-256 of a delivery's content. One file: of its bytes, whatever its name, so that a renamed copy is
/// recognised. Several files: of their names and hashes in the order of names, since names tell the tables
/// and sets of a delivery apart.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct DeliveryHash(pub [u8; 32]);

impl DeliveryHash {
    /// The hash of a delivery from its files' names and hashes, given in the order of names.
    pub fn of_files<'a>(files: impl ExactSizeIterator<Item = (&'a str, [u8; 32])>) -> Self {
        let single = files.len() == 1;
        let mut hasher = Sha256::new();
        for (name, hash) in files {
            if single {
                return DeliveryHash(hash);
            }
            hasher.update((name.len() as u64).to_be_bytes());
            hasher.update(name.as_bytes());
            hasher.update(hash);
        }
        DeliveryHash(hasher.finalize().into())
    }
}

impl fmt::Display for DeliveryHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for byte in self.0 {
            write!(f, "{byte:02x}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for DeliveryHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The text is not a SHA-256 in hexadecimal.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a SHA-256 in 64 hexadecimal digits")]
pub struct NotAHash;

impl FromStr for DeliveryHash {
    type Err = NotAHash;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.len() != 64 || !text.is_ascii() {
            return Err(NotAHash);
        }
        let mut bytes = [0u8; 32];
        for (index, byte) in bytes.iter_mut().enumerate() {
            let pair = text.get(index * 2..index * 2 + 2).ok_or(NotAHash)?;
            *byte = u8::from_str_radix(pair, 16).map_err(|_| NotAHash)?;
        }
        Ok(DeliveryHash(bytes))
    }
}

impl From<DeliveryHash> for String {
    fn from(hash: DeliveryHash) -> Self {
        hash.to_string()
    }
}

impl TryFrom<String> for DeliveryHash {
    type Error = NotAHash;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}
