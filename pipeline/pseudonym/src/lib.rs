//! The one door: turns an identity into an encoding and a profile and forgets it.
//!
//! Connectors know children; linkage, the dataset and the reports must not. A record passes from the one side to the
//! other through [`Encoder::encode`] and nowhere else: what goes in holds names and numbers, what comes out holds
//!
//! - the **record id**, the record's name for ever: a keyed hash of kind, provider and business key;
//! - the **encoding**, what linkage compares: keyed tokens of identifiers and their parts, keyed bit vectors of names,
//!   day numbers moved by an offset that the key hides;
//! - the **profile**, what the dataset may know: month of birth, sex, ethnic group, small area, and which identifiers
//!   there were;
//! - the **content hash**, by which a record that is sent again unchanged is recognised.
//!
//! ```
//! use std::sync::Arc;
//!
//! use identity::{BirthDate, BusinessKey, Held, Identity, Name, NhsNumber, People, SenderReference, TestNumbers};
//! use jiff::civil::date;
//! use pseudonym::{AreaLookup, Encoder, Identified, KeyFile, Reference};
//! use records::{Kind, Record, Sex, State, Version};
//!
//! let folder = tempfile::tempdir()?;
//! let keys = KeyFile::generate(&folder.path().join("sendlink.key"))?;
//! let encoder = Encoder::new(&keys, Arc::new(AreaLookup::empty()))?;
//!
//! let identified = |number: &str, surname: &str| Identified {
//!     people: People {
//!         child: Some(Identity {
//!             nhs_number: Held::from_parse(NhsNumber::parse(number, TestNumbers::Allowed)),
//!             surname: Held::from_parse(Name::parse(surname)),
//!             birth_date: Held::from_parse(BirthDate::new(date(2021, 4, 9))),
//!             ..Identity::default()
//!         }),
//!         ..People::default()
//!     },
//!     key: BusinessKey::new("notice-id", &["RAJ", "S23-17"]),
//!     reference: SenderReference::new("S23-17"),
//!     location: None,
//!     record: Record {
//!         version: Version::at(date(2026, 1, 5).at(0, 0, 0, 0)),
//!         state: State::Withdrawn,
//!         event_date: date(2026, 1, 5),
//!         received_date: None,
//!         sex: Sex::F,
//!         ethnic_group: None,
//!         scope: None,
//!     },
//! };
//! let one = encoder.encode(Kind::Section23, "RAJ", identified("999 000 0018", "O\u{2019}Brien"))?;
//! let other = encoder.encode(Kind::Section23, "RAJ", identified("9990000018", "OBRIEN"))?;
//!
//! // Two spellings of one child compare equal; the dataset learns the month of birth.
//! assert_eq!(one.encoding, other.encoding);
//! assert_eq!(one.profile.birth_month.map(|month| month.to_string()).as_deref(), Some("2021-04"));
//! // What the vault keeps is sealed, and opens for this record alone.
//! let reference = one.sealed_reference.as_deref().unwrap_or_default();
//! assert_eq!(encoder.seal().open_reference(one.record_id, reference)?, Reference::Given("S23-17".into()));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Keys
//! One [`KeyFile`] holds three secrets: *linkage* for tokens and vectors, *spine* for record and child ids, *seal* for
//! what the vault keeps. HKDF-SHA-256 derives a key for each field, purpose and epoch; hashes are HMAC-SHA-256 of a
//! version byte and parts that are each preceded by their length. An NHS number has a token as a child's and another
//! as a mother's: roles never compare by accident. A plain or salted hash would fall to trying all numbers, so there
//! is no way to encode without keys.
//!
//! Name vectors can be attacked by who holds them and a list of likely names (graph matching), key or no key. They are
//! therefore sealed wherever they are stored, see [`Seal`], and no other stage than linkage sees them.
//!
//! # What is wiped from memory
//! Overwritten when dropped: the secrets and derived key bytes ([`Keys`]), the states of HMAC, identities
//! (see the `identity` crate), references, letters of names while they are hashed, the file's text while it is read.
//!
//! Not overwritten: the expanded AES key inside the cryptographic library until the library frees it; stack slots and
//! registers that the compiler used for intermediate values, dates among them; encodings, which are pseudonymous but
//! can be attacked; the buffers of the operating system and of the CSV, spreadsheet and XML readers before this stage;
//! pages that were swapped out or written to a core dump. Run without swap or with encrypted swap, and with core dumps
//! off.

mod areas;
mod columns;
mod encode;
mod keyed;
mod keys;
mod open_pseudonymiser;
mod patients;
mod reference;
mod seal;
mod secret_file;

pub use areas::{
    AreaError, AreaLookup, AreaSummary, DeprivationEdition, LocalAuthority, PostcodeDirectoryLayout,
    local_authorities,
};
pub use columns::{ColumnEncoder, TableKeys};
pub use encode::{EncodeError, Encoded, Encoder, Identified};
pub use keys::{KeyError, KeyFile, Keys};
pub use open_pseudonymiser::{
    BirthDateForm, DigestFields, NotABirthDateForm, OpenPseudonymiser, Order, OrderUnclear, SaltError,
    WrongSalt,
};
pub use patients::{ListFault, PatientFile, PatientFileError, PatientTokens, Patients};
pub use reference::Reference;
pub use seal::{Seal, SealError};

#[cfg(test)]
mod tests {
    use crate::Keys;

    fn secret(start: u8) -> [u8; 32] {
        std::array::from_fn(|index| start + index as u8)
    }

    /// Keys of a made-up area.
    pub(crate) fn keys() -> Keys {
        Keys::from_secrets(1, secret(1), secret(2), secret(3)).unwrap()
    }

    /// Keys of another.
    pub(crate) fn other_keys() -> Keys {
        Keys::from_secrets(1, secret(11), secret(12), secret(13)).unwrap()
    }
}
