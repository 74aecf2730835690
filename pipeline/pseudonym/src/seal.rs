//! Sealing: AES-256-GCM for whatever the vault keeps that could be attacked or could name a child.
//!
//! A sealed value is a version byte, a nonce of twelve bytes, the ciphertext and a tag of sixteen. The version, what
//! the value is, and its record id are authenticated with it, so that a value moved to another record, or an encoding
//! put in the place of a reference, does not open.
//!
//! The nonce is a keyed hash of record id and content, not a random number: sealing the same content again gives the
//! same bytes, so that a night that is run again changes nothing in the vault, and a poor random number generator
//! cannot make two contents share a nonce. What it tells is whether two versions of one record are equal, which the
//! content hash beside them tells anyway. At 2^35 sealed values under one key (20 million records for four years of
//! nights, all changing every night) the chance that any two share a nonce is below 2^-26.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use linkage::{DigestEncodings, Encoding, RecordId};
use zeroize::Zeroizing;

use crate::{KeyError, Keys, Reference, keyed::KeyedHash, keys::Secret};

/// Version of the sealed form and of the content within. An encoding of another version is not read: records are then
/// encoded again from the landing area.
const VERSION: u8 = 3;

/// Version of an encoding with digests of NHS numbers behind it. What has none stays in the version before, so that a
/// vault without digests is read as it is and none of its records counts as changed.
const VERSION_WITH_DIGESTS: u8 = 4;

/// Bytes before the ciphertext.
const HEAD: usize = 1 + NONCE_LEN;

/// Bytes that a sealed encoding usually needs: room that spares the buffer from growing.
const USUAL: usize = 768;

/// What a sealed value is. The number is authenticated.
#[derive(Clone, Copy)]
enum Content {
    Encoding = 1,
    Reference = 2,
}

/// Seals and opens what the vault keeps.
///
/// ```
/// use linkage::{Encoding, RecordId};
/// use pseudonym::{Keys, Seal};
///
/// let keys = Keys::from_secrets(1, *b"linkage linkage linkage linkage ", *b"spine spine spine spine spine sp", *b"seal seal seal seal seal seal se")?;
/// let seal = Seal::new(&keys)?;
/// let id = RecordId([1; 16]);
/// let sealed = seal.encoding(id, &Encoding::default())?;
/// assert_eq!(seal.open_encoding(id, &sealed)?, Encoding::default());
/// assert!(seal.open_encoding(RecordId([2; 16]), &sealed).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Seal {
    key: LessSafeKey,
    nonces: KeyedHash,
}

impl Seal {
    /// The seal under these keys.
    ///
    /// # Errors
    /// [`KeyError::Derivation`], a fault of this program.
    pub fn new(keys: &Keys) -> Result<Self, KeyError> {
        let key = keys.key(Secret::Seal, "vault")?;
        let key = UnboundKey::new(&AES_256_GCM, key.as_slice()).map_err(|_| KeyError::Derivation)?;
        Ok(Seal {
            key: LessSafeKey::new(key),
            nonces: keys.hash(Secret::Seal, "nonce")?,
        })
    }

    /// Seals an encoding for its record.
    ///
    /// # Errors
    /// [`SealError::Refused`], a fault of this program.
    pub fn encoding(&self, record: RecordId, encoding: &Encoding) -> Result<Vec<u8>, SealError> {
        self.written(record, Written::of(encoding)?)
    }

    /// Seals an encoding that was written already.
    pub(crate) fn written(&self, record: RecordId, written: Written) -> Result<Vec<u8>, SealError> {
        self.seal(Content::Encoding, record, written)
    }

    /// Opens the encoding of a record.
    ///
    /// # Errors
    /// Says why it is not one.
    pub fn open_encoding(&self, record: RecordId, sealed: &[u8]) -> Result<Encoding, SealError> {
        let (version, bytes) = self.open(Content::Encoding, record, sealed)?;
        let unreadable = |_| SealError::Unreadable;
        let (mut encoding, behind) = postcard::take_from_bytes::<Encoding>(&bytes).map_err(unreadable)?;
        if version == VERSION_WITH_DIGESTS {
            let digests: DigestEncodings = postcard::from_bytes(behind).map_err(unreadable)?;
            encoding.digests = Some(Box::new(digests));
        }
        Ok(encoding)
    }

    /// Seals a reference for its record.
    ///
    /// # Errors
    /// [`SealError::Refused`], a fault of this program.
    pub fn reference(&self, record: RecordId, reference: &Reference) -> Result<Vec<u8>, SealError> {
        let bytes = postcard::to_extend(reference, with_head()).map_err(|_| SealError::Refused)?;
        let version = VERSION;
        self.seal(Content::Reference, record, Written { version, bytes })
    }

    /// Opens the reference of a record.
    ///
    /// # Errors
    /// Says why it is not one.
    pub fn open_reference(&self, record: RecordId, sealed: &[u8]) -> Result<Reference, SealError> {
        let (_, bytes) = self.open(Content::Reference, record, sealed)?;
        postcard::from_bytes(&bytes).map_err(|_| SealError::Unreadable)
    }

    /// Seals in place what follows the head of `bytes`.
    fn seal(&self, content: Content, record: RecordId, written: Written) -> Result<Vec<u8>, SealError> {
        let Written { version, mut bytes } = written;
        let Some((head, plain)) = bytes.split_at_mut_checked(HEAD) else {
            return Err(SealError::Refused);
        };
        let hash = self.nonces.of(&[&[content as u8], &record.0, plain]);
        let nonce: [u8; NONCE_LEN] =
            std::array::from_fn(|index| hash.get(index).copied().unwrap_or_default());
        for (place, byte) in head.iter_mut().zip(std::iter::once(version).chain(nonce)) {
            *place = byte;
        }
        let tag = self
            .key
            .seal_in_place_separate_tag(
                Nonce::assume_unique_for_key(nonce),
                associated(version, content, record),
                plain,
            )
            .map_err(|_| SealError::Refused)?;
        bytes.extend_from_slice(tag.as_ref());
        Ok(bytes)
    }

    fn open(
        &self,
        content: Content,
        record: RecordId,
        sealed: &[u8],
    ) -> Result<(u8, Zeroizing<Vec<u8>>), SealError> {
        let [version, rest @ ..] = sealed else {
            return Err(SealError::NotSealed);
        };
        let is_read = match content {
            Content::Encoding => matches!(*version, VERSION | VERSION_WITH_DIGESTS),
            Content::Reference => *version == VERSION,
        };
        if !is_read {
            return Err(SealError::Version(*version));
        }
        let (nonce, ciphertext) = rest.split_at_checked(NONCE_LEN).ok_or(SealError::NotSealed)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| SealError::NotSealed)?;
        let mut bytes = Zeroizing::new(ciphertext.to_vec());
        let length = self
            .key
            .open_in_place(nonce, associated(*version, content, record), bytes.as_mut_slice())
            .map_err(|_| SealError::NotSealed)?
            .len();
        bytes.truncate(length);
        Ok((*version, bytes))
    }
}

impl std::fmt::Debug for Seal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Seal(…)")
    }
}

/// Why something cannot be sealed or opened. No message holds what was sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// Not sealed under these keys for this record, or damaged since.
    #[error("is not sealed under this key for this record")]
    NotSealed,
    /// Sealed by a program that writes another version.
    #[error("is sealed in version {0}, which this program does not read; encode the landed deliveries again")]
    Version(u8),
    /// Opened, but not what this version writes.
    #[error("holds something else than this version of the program writes")]
    Unreadable,
    /// The cipher refused to work.
    #[error("could not be sealed")]
    Refused,
}

/// What is to be sealed, behind room for the head.
pub(crate) struct Written {
    version: u8,
    bytes: Vec<u8>,
}

impl Written {
    /// An encoding.
    pub(crate) fn of(encoding: &Encoding) -> Result<Self, SealError> {
        let refused = |_| SealError::Refused;
        let bytes = postcard::to_extend(encoding, with_head()).map_err(refused)?;
        Ok(match encoding.digests.as_deref() {
            None => Written {
                version: VERSION,
                bytes,
            },
            Some(digests) => Written {
                version: VERSION_WITH_DIGESTS,
                bytes: postcard::to_extend(digests, bytes).map_err(refused)?,
            },
        })
    }

    /// The part that says something.
    pub(crate) fn content(&self) -> &[u8] {
        self.bytes.get(HEAD..).unwrap_or_default()
    }
}

fn with_head() -> Vec<u8> {
    let mut bytes = Vec::with_capacity(USUAL);
    bytes.resize(HEAD, 0);
    bytes
}

/// What is authenticated besides the content: version, what it is, and whose.
fn associated(version: u8, content: Content, record: RecordId) -> Aad<[u8; 18]> {
    let mut bytes = [0; 18];
    for (place, byte) in bytes
        .iter_mut()
        .zip([version, content as u8].into_iter().chain(record.0))
    {
        *place = byte;
    }
    Aad::from(bytes)
}
