//! The file in which NHS numbers lie sealed, apart from the vault.
//!
//! AES-256-GCM over all numbers at once, under a key that is derived for this file alone: a version byte, a nonce, the
//! ciphertext, a tag. As in the vault the nonce is a keyed hash of the content, so that writing the same numbers again
//! gives the same bytes. The file is replaced whole, and open to its owner alone.

use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
};

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use identity::TestNumbers;
use zeroize::Zeroizing;

use super::Patients;
use crate::{
    KeyError, Keys,
    keyed::KeyedHash,
    keys::{Secret, create_new, sync_folder_of},
};

/// Version of the file's form.
const VERSION: u8 = 1;

/// What is authenticated with the numbers: no other sealed thing opens in their place.
const ASSOCIATED: &[u8] = b"sendlink patients 1";

/// The name of the file in its folder.
const NAME: &str = "nhs-numbers.sealed";

/// The file, and the key that opens it.
pub struct PatientFile {
    path: PathBuf,
    key: LessSafeKey,
    nonces: KeyedHash,
}

impl PatientFile {
    /// The file in this folder, under these keys. Nothing is read or made yet.
    ///
    /// # Errors
    /// [`KeyError::Derivation`], a fault of this program.
    pub fn new(folder: &Path, keys: &Keys) -> Result<Self, KeyError> {
        let key = keys.key(Secret::Seal, "patients")?;
        let key = UnboundKey::new(&AES_256_GCM, key.as_slice()).map_err(|_| KeyError::Derivation)?;
        Ok(PatientFile {
            path: folder.join(NAME),
            key: LessSafeKey::new(key),
            nonces: keys.hash(Secret::Seal, "patients-nonce")?,
        })
    }

    /// Where it lies.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Reads the numbers; none where there is no file yet.
    ///
    /// # Errors
    /// Where it cannot be read, or does not open under this key.
    pub fn read(&self) -> Result<Patients, PatientFileError> {
        let sealed = match fs::read(&self.path) {
            Ok(sealed) => sealed,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Patients::default()),
            Err(source) => return Err(self.io(source)),
        };
        let list = self.open(&sealed).ok_or_else(|| self.not_sealed())?;
        // What was a number when it was sealed is one still, whatever the area says of test numbers since.
        Patients::parse_list(&list, TestNumbers::Allowed).map_err(|_| self.not_sealed())
    }

    /// Writes the numbers in place of those before: aside, synced, renamed. Where nobody is left, the file goes.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn write(&self, patients: &Patients) -> Result<(), PatientFileError> {
        if patients.is_empty() {
            return match fs::remove_file(&self.path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => Err(self.io(error)),
                _ => Ok(()),
            };
        }
        let sealed = self.seal(patients).ok_or(PatientFileError::Refused)?;
        self.replace(&sealed).map_err(|source| self.io(source))
    }

    fn replace(&self, sealed: &[u8]) -> io::Result<()> {
        if let Some(folder) = self.path.parent().filter(|folder| !folder.exists()) {
            let mut builder = fs::DirBuilder::new();
            builder.recursive(true);
            #[cfg(unix)]
            std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
            builder.create(folder)?;
        }
        let aside = self.path.with_extension("new");
        // Left by a run that was stopped.
        match fs::remove_file(&aside) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut file = create_new(&aside)?;
        file.write_all(sealed)?;
        file.sync_all()?;
        fs::rename(&aside, &self.path)?;
        sync_folder_of(&self.path)
    }

    fn seal(&self, patients: &Patients) -> Option<Vec<u8>> {
        let mut list = patients.list();
        let hash = self.nonces.of(&[&list]);
        let nonce: [u8; NONCE_LEN] =
            std::array::from_fn(|index| hash.get(index).copied().unwrap_or_default());
        let tag = self
            .key
            .seal_in_place_separate_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(ASSOCIATED),
                list.as_mut_slice(),
            )
            .ok()?;
        Some([&[VERSION][..], &nonce, list.as_slice(), tag.as_ref()].concat())
    }

    fn open(&self, sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let (nonce, ciphertext) = sealed.strip_prefix(&[VERSION])?.split_at_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut list = Zeroizing::new(ciphertext.to_vec());
        let length = self
            .key
            .open_in_place(nonce, Aad::from(ASSOCIATED), list.as_mut_slice())
            .ok()?
            .len();
        list.truncate(length);
        Some(list)
    }

    fn io(&self, source: io::Error) -> PatientFileError {
        PatientFileError::Io {
            path: self.path.clone(),
            source,
        }
    }

    fn not_sealed(&self) -> PatientFileError {
        PatientFileError::NotSealed {
            path: self.path.clone(),
        }
    }
}

impl std::fmt::Debug for PatientFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PatientFile")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

/// Why the sealed numbers cannot be had. No message holds a number.
#[derive(Debug, thiserror::Error)]
pub enum PatientFileError {
    /// The file cannot be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Not sealed under these keys, or damaged since.
    #[error("{}: is not sealed under this key, or is damaged", path.display())]
    NotSealed {
        /// The file.
        path: PathBuf,
    },
    /// The cipher refused to work.
    #[error("the NHS numbers could not be sealed")]
    Refused,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::{keys, other_keys};

    const LIST: &[u8] = b"9990000018,\n9990000026,\n";

    fn patients() -> Patients {
        Patients::parse_list(LIST, TestNumbers::Allowed).unwrap()
    }

    #[test]
    fn numbers_lie_sealed_and_for_their_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let file = PatientFile::new(&folder.path().join("opt-outs"), &keys()).unwrap();
        assert!(file.read().unwrap().is_empty());
        file.write(&patients()).unwrap();
        let sealed = fs::read(file.path()).unwrap();
        assert!(!sealed.windows(6).any(|window| window == b"999000"));
        assert_eq!(file.read().unwrap(), patients());
        file.write(&patients()).unwrap();
        assert_eq!(
            fs::read(file.path()).unwrap(),
            sealed,
            "the same again is the same"
        );
        #[cfg(unix)]
        for (path, mode) in [(file.path(), 0o600), (file.path().parent().unwrap(), 0o700)] {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o777, mode);
        }
        file.write(&Patients::default()).unwrap();
        assert!(!file.path().exists(), "nobody is left");
    }

    #[test]
    fn another_key_and_a_changed_byte_open_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let file = PatientFile::new(folder.path(), &keys()).unwrap();
        file.write(&patients()).unwrap();
        let other = PatientFile::new(folder.path(), &other_keys()).unwrap();
        assert!(matches!(other.read(), Err(PatientFileError::NotSealed { .. })));
        let sealed = fs::read(file.path()).unwrap();
        for place in 0..sealed.len() {
            let mut damaged = sealed.clone();
            damaged[place] ^= 1;
            fs::write(file.path(), damaged).unwrap();
            let read = file.read();
            assert!(matches!(read, Err(PatientFileError::NotSealed { .. })), "{place}");
        }
        fs::write(file.path(), &sealed[..5]).unwrap();
        assert!(file.read().is_err());
    }
}
