//! The digests of OpenPseudonymiser, byte for byte (CryptoLib 0.9.7, University of Nottingham), so that a record whose
//! sender has replaced the NHS number by one can be joined with records that bear the number.
//!
//! A digest is SHA-256 of the values of the chosen fields, one after the other in the order of the fields' names,
//! without carriage returns, line feeds, tabs and spaces, and of the salt behind them; written as 64 hexadecimal digits.
//! Nothing stands between the values, no case is folded, and a date counts as it was written.
//!
//! A digest is no protection. Some 910 million NHS numbers pass the check digit; whoever holds the salt tries them all
//! in a minute, and the "encrypted salt" of the tool opens with the public key that comes with it. Digests are
//! therefore treated as NHS numbers are: tokens are made of them under a key of their own, and they are forgotten.

mod birth_date;
mod order;

use std::{
    fmt,
    path::{Path, PathBuf},
};

use identity::{BirthDate, NhsNumber, NhsNumberDigest};
use linkage::DigestOf;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

pub use self::{
    birth_date::{BirthDateForm, NotABirthDateForm},
    order::{Order, OrderUnclear},
};
use crate::{
    KeyError, Keys,
    keys::Secret,
    secret_file::{self, Unread},
};

/// Bytes of the longest salt: the tool encrypts salts into 128.
const LONGEST_SALT: u64 = 128;

/// What senders digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DigestFields {
    /// The NHS number alone.
    NhsNumber,
    /// The NHS number and the birth date.
    NhsNumberAndBirthDate(Order, BirthDateForm),
}

/// How the senders of an area make their digests: the salt, and what is digested with it.
///
/// ```
/// use identity::{BirthDate, NhsNumber, NhsNumberDigest, TestNumbers};
/// use jiff::civil::date;
/// use pseudonym::{DigestFields, OpenPseudonymiser, Order};
///
/// let fields = DigestFields::NhsNumberAndBirthDate(Order::of("NHSNumber", "DOB")?, "dd.mm.yyyy".parse()?);
/// let digests = OpenPseudonymiser::new("mackerel", fields)?;
/// let number = NhsNumber::parse("943 476 5919", TestNumbers::Refused)?;
/// let birth = BirthDate::new(date(1973, 11, 29))?;
/// // The example of CryptoLib's own tests.
/// assert_eq!(
///     digests.digest(&number, Some(&birth)),
///     Some(NhsNumberDigest::parse("ED72F814B7905F3D3958749FA90FE657C101EC657402783DB68CBE3513E76087")?)
/// );
/// // Without the birth date there is no such digest.
/// assert_eq!(digests.digest(&number, None), None);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct OpenPseudonymiser {
    salt: Zeroizing<String>,
    fields: DigestFields,
}

impl OpenPseudonymiser {
    /// Digests with this salt, in plain text.
    ///
    /// # Errors
    /// [`WrongSalt`] where it is none that the tool's editions agree about.
    pub fn new(salt: &str, fields: DigestFields) -> Result<Self, WrongSalt> {
        if salt.trim().is_empty() {
            return Err(WrongSalt("is blank"));
        }
        if salt.contains(['\r', '\n']) {
            return Err(WrongSalt("has more than one line"));
        }
        if salt.trim() != salt {
            return Err(WrongSalt(
                "begins or ends with white space, which one edition of the tool removes and the other digests",
            ));
        }
        Ok(OpenPseudonymiser {
            salt: Zeroizing::new(salt.to_owned()),
            fields,
        })
    }

    /// Reads the salt from its file: its one line, without the line's end.
    ///
    /// # Errors
    /// [`SaltError`]. The file is refused where others than the process may open it, as the key file is.
    pub fn load(path: &Path, fields: DigestFields) -> Result<Self, SaltError> {
        let wrong = |wrong| SaltError::Wrong {
            path: path.to_owned(),
            wrong: WrongSalt(wrong),
        };
        let encrypted = "is not text; a salt that the tool has encrypted is 128 bytes, and its owner can tell the \
                         plain one";
        let bytes = secret_file::read(path, LONGEST_SALT).map_err(|unread| match unread {
            Unread::Missing => SaltError::Missing {
                path: path.to_owned(),
            },
            Unread::Io(source) => SaltError::Io {
                path: path.to_owned(),
                source,
            },
            Unread::NotAFile => wrong("is not a regular file"),
            Unread::Exposed { who, mode } => SaltError::Exposed {
                path: path.to_owned(),
                who,
                mode,
            },
            Unread::TooLong => wrong("is longer than a salt can be"),
        })?;
        let text = std::str::from_utf8(&bytes).map_err(|_| wrong(encrypted))?;
        // An encrypted salt may be text by chance.
        if text.contains(|character: char| character.is_control() && !matches!(character, '\r' | '\n')) {
            return Err(wrong(encrypted));
        }
        let line = text.strip_suffix('\n').unwrap_or(text);
        let line = line.strip_suffix('\r').unwrap_or(line);
        OpenPseudonymiser::new(line, fields).map_err(|wrong| SaltError::Wrong {
            path: path.to_owned(),
            wrong,
        })
    }

    /// The digest of a person; none where it is made of the birth date too and there is none.
    pub fn digest(&self, number: &NhsNumber, birth: Option<&BirthDate>) -> Option<NhsNumberDigest> {
        self.of(number.expose(), birth)
    }

    /// Whether a digest is of nobody: the tool makes one of a blank number too.
    pub fn is_nobodys(&self, digest: &NhsNumberDigest, birth: Option<&BirthDate>) -> bool {
        [birth, None]
            .into_iter()
            .any(|birth| self.of("", birth).as_ref() == Some(digest))
            || *digest == hashed([], &self.salt)
    }

    /// What the digests are of.
    pub fn made_of(&self) -> DigestOf {
        match self.fields {
            DigestFields::NhsNumber => DigestOf::NhsNumber,
            DigestFields::NhsNumberAndBirthDate(..) => DigestOf::NhsNumberAndBirthDate,
        }
    }

    /// Names salt and fields without giving them away: sixteen hexadecimal digits that differ for others, under a key,
    /// as a salt of a few letters is soon guessed.
    ///
    /// # Errors
    /// [`KeyError::Derivation`], a fault of this program.
    pub fn fingerprint(&self, keys: &Keys) -> Result<String, KeyError> {
        let hash = keys.hash(Secret::Linkage, "open-pseudonymiser-fingerprint")?;
        let number = hash.number(&[self.salt.as_bytes(), format!("{:?}", self.fields).as_bytes()]);
        Ok(format!("{number:016x}"))
    }

    fn of(&self, number: &str, birth: Option<&BirthDate>) -> Option<NhsNumberDigest> {
        match self.fields {
            DigestFields::NhsNumber => Some(hashed([number], &self.salt)),
            DigestFields::NhsNumberAndBirthDate(order, form) => {
                let birth = form.write(birth?.date());
                Some(match order {
                    Order::BirthDateFirst => hashed([birth.as_str(), number], &self.salt),
                    Order::NhsNumberFirst => hashed([number, birth.as_str()], &self.salt),
                })
            }
        }
    }
}

impl fmt::Debug for OpenPseudonymiser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OpenPseudonymiser(…)")
    }
}

/// The digest of values in their order, and of the salt behind them.
fn hashed<const N: usize>(values: [&str; N], salt: &str) -> NhsNumberDigest {
    let mut hash = Sha256::new();
    for part in values
        .iter()
        .flat_map(|value| value.split(['\r', '\n', '\t', ' ']))
    {
        hash.update(part.as_bytes());
    }
    hash.update(salt.as_bytes());
    NhsNumberDigest::of_hash(hash.finalize().into())
}

/// Why a text is no salt. The text itself is never shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the salt {0}")]
pub struct WrongSalt(&'static str);

/// Why there is no salt. No message holds a part of it.
#[derive(Debug, thiserror::Error)]
pub enum SaltError {
    /// There is no file.
    #[error("{}: there is no salt file; its owner gives you the salt, in plain text on one line", path.display())]
    Missing {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// The file cannot be read.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Somebody else may read or replace the salt.
    #[error("{}: {who} may open the salt file (mode {mode:03o}); run `chmod 600` on it", path.display())]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Who may: everybody, or a group.
        who: &'static str,
        /// Its permission bits.
        mode: u32,
    },
    /// What the file holds is no salt.
    #[error("{}: {wrong}", path.display())]
    Wrong {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        wrong: WrongSalt,
    },
}

#[cfg(test)]
mod tests;
