//! The key file: three secrets, each with a work of its own.
//!
//! - `linkage` makes the tokens and name vectors that records are compared by. It may be replaced: each
//!   replacement is an *epoch*, and tokens of different epochs never agree.
//! - `spine` makes record ids and child ids. It is never replaced, or every child would become another.
//! - `seal` encrypts encodings and references in the vault.
//!
//! Whoever holds the file can try all NHS numbers in minutes and so find out who is in the dataset. It belongs in
//! other hands than the dataset, and its backup with the vault's backup: one without the other is worthless.

use std::{
    fmt, fs,
    io::{self, Write},
    path::{Path, PathBuf},
};

use hmac::digest::common::InvalidLength;
use zeroize::Zeroizing;

use crate::{
    keyed::{BYTES, KeyedHash, derived_key},
    secret_file::{self, Unread},
};

/// Version of the file's form.
const VERSION: u32 = 1;

/// Bytes of the longest file that is read; a key file has about 400.
const LONGEST_FILE: u64 = 4096;

/// What a fingerprint is a hash of.
const FINGERPRINT_OF: &[u8] = b"the key file of this dataset";

/// A secret by its work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Secret {
    Linkage,
    Spine,
    Seal,
}

impl Secret {
    const fn name(self) -> &'static str {
        match self {
            Secret::Linkage => "linkage",
            Secret::Spine => "spine",
            Secret::Seal => "seal",
        }
    }
}

/// The secrets in memory. They are overwritten when the value is dropped; `Debug` shows the fingerprint alone.
pub struct Keys {
    epoch: u32,
    linkage: Zeroizing<[u8; BYTES]>,
    spine: Zeroizing<[u8; BYTES]>,
    seal: Zeroizing<[u8; BYTES]>,
    fingerprint: String,
}

impl Keys {
    /// Keys of these secrets, for tests and for those who keep secrets elsewhere than in a file.
    ///
    /// # Errors
    /// [`KeyError::Weak`] where a secret is one byte repeated, or two secrets are equal.
    pub fn from_secrets(
        epoch: u32,
        linkage: [u8; BYTES],
        spine: [u8; BYTES],
        seal: [u8; BYTES],
    ) -> Result<Self, KeyError> {
        let (linkage, spine, seal) = (
            Zeroizing::new(linkage),
            Zeroizing::new(spine),
            Zeroizing::new(seal),
        );
        let is_one_byte = |secret: &[u8; BYTES]| secret.iter().all(|byte| secret.first() == Some(byte));
        if linkage == spine || spine == seal || seal == linkage {
            return Err(KeyError::Weak);
        }
        if is_one_byte(&linkage) || is_one_byte(&spine) || is_one_byte(&seal) {
            return Err(KeyError::Weak);
        }
        let fingerprint = fingerprint(epoch, [&linkage, &spine, &seal])?;
        Ok(Keys {
            epoch,
            linkage,
            spine,
            seal,
            fingerprint,
        })
    }

    /// Names the keys without giving them away: sixteen hexadecimal digits that differ for other secrets and
    /// for another epoch.
    pub fn fingerprint(&self) -> String {
        self.fingerprint.clone()
    }

    /// The epoch of the linkage secret, from 1.
    pub fn epoch(&self) -> u32 {
        self.epoch
    }

    /// The hash for `field` under the key that a secret gives for it.
    pub(crate) fn hash(&self, secret: Secret, field: &str) -> Result<KeyedHash, KeyError> {
        Ok(KeyedHash::derived(
            self.secret(secret),
            secret.name(),
            field,
            self.epoch_of(secret),
        )?)
    }

    /// The key that a secret gives for `field`.
    pub(crate) fn key(&self, secret: Secret, field: &str) -> Result<Zeroizing<[u8; BYTES]>, KeyError> {
        Ok(derived_key(
            self.secret(secret),
            secret.name(),
            field,
            self.epoch_of(secret),
        )?)
    }

    fn secret(&self, secret: Secret) -> &[u8; BYTES] {
        match secret {
            Secret::Linkage => &self.linkage,
            Secret::Spine => &self.spine,
            Secret::Seal => &self.seal,
        }
    }

    /// The epoch counts linkage secrets: what spine and seal give must outlive it.
    fn epoch_of(&self, secret: Secret) -> u32 {
        if secret == Secret::Linkage { self.epoch } else { 0 }
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keys")
            .field("fingerprint", &self.fingerprint)
            .finish_non_exhaustive()
    }
}

/// The file that holds the secrets.
#[derive(Clone, Copy, Debug)]
pub struct KeyFile;

impl KeyFile {
    /// Makes new secrets from the system's random numbers and writes them to a new file that its owner alone may
    /// read. The file is on the disk when this returns.
    ///
    /// # Errors
    /// [`KeyError::Exists`] where there is a file: keys are never overwritten, because what was made under
    /// them could not be read again.
    pub fn generate(path: &Path) -> Result<Keys, KeyError> {
        let mut secrets = [
            Zeroizing::new([0; BYTES]),
            Zeroizing::new([0; BYTES]),
            Zeroizing::new([0; BYTES]),
        ];
        for secret in &mut secrets {
            aws_lc_rs::rand::fill(secret.as_mut_slice()).map_err(|_| KeyError::NoRandomNumbers)?;
        }
        let [linkage, spine, seal] = &secrets;
        let keys = Keys::from_secrets(1, **linkage, **spine, **seal)?;

        let io = |source| KeyError::Io {
            path: path.to_owned(),
            source,
        };
        let mut file = create_new(path).map_err(|source| match source.kind() {
            io::ErrorKind::AlreadyExists => KeyError::Exists {
                path: path.to_owned(),
            },
            _ => io(source),
        })?;
        let written = file
            .write_all(text(&keys).as_bytes())
            .and_then(|()| file.sync_all());
        if let Err(source) = written {
            // Half a key file would be taken for a damaged one; that it cannot be removed either adds nothing.
            let _ = fs::remove_file(path);
            return Err(io(source));
        }
        sync_folder_of(path).map_err(io)?;
        Ok(keys)
    }

    /// Reads the secrets.
    ///
    /// # Errors
    /// Says why the program must not start with this file.
    pub fn load(path: &Path) -> Result<Keys, KeyError> {
        let bytes = secret_file::read(path, LONGEST_FILE).map_err(|unread| {
            let path = path.to_owned();
            match unread {
                Unread::Missing => KeyError::Missing { path },
                Unread::Io(source) => KeyError::Io { path, source },
                Unread::NotAFile => KeyError::NotAFile { path },
                Unread::Exposed { who, mode } => KeyError::Exposed { path, who, mode },
                Unread::TooLong => KeyError::Malformed {
                    path,
                    line: 1,
                    wrong: "is too long for a key file",
                },
            }
        })?;
        parse(&bytes).map_err(|fault| match fault {
            Fault::Line(line, wrong) => KeyError::Malformed {
                path: path.to_owned(),
                line,
                wrong,
            },
            Fault::Key(error) => error,
        })
    }
}

/// Why there are no keys. No message holds a part of a secret.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// There is no file.
    #[error("{}: there is no key file; `sendlink keys new` makes one", path.display())]
    Missing {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// The file cannot be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A folder, a device or a pipe.
    #[error("{}: is not a regular file", path.display())]
    NotAFile {
        /// What it is called.
        path: PathBuf,
    },
    /// Somebody else may read or replace the keys.
    #[error("{}: {who} may open the key file (mode {mode:03o}); run `chmod 600` on it", path.display())]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Who may: everybody, or a group.
        who: &'static str,
        /// Its permission bits.
        mode: u32,
    },
    /// There is a file, and it was left alone.
    #[error("{}: exists already; keys are never overwritten", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// The text is no key file.
    #[error("{}, line {line}: {wrong}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong.
        wrong: &'static str,
    },
    /// A secret that nobody drew at random.
    #[error("a secret repeats one byte or equals another secret")]
    Weak,
    /// The system gave no random numbers.
    #[error("the system has no random numbers")]
    NoRandomNumbers,
    /// A key of the wrong length: a fault of this program.
    #[error("a key could not be derived")]
    Derivation,
}

impl From<InvalidLength> for KeyError {
    fn from(_: InvalidLength) -> Self {
        KeyError::Derivation
    }
}

enum Fault {
    Line(usize, &'static str),
    Key(KeyError),
}

/// The file's text: lines of `name = value`.
fn text(keys: &Keys) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(LONGEST_FILE as usize));
    text.push_str("# Keys of sendlink. Keep them secret, and back them up together with the vault: neither is of use alone.\n");
    text.push_str(&format!("version = {VERSION}\nepoch = {}\n", keys.epoch));
    for secret in [Secret::Linkage, Secret::Spine, Secret::Seal] {
        text.push_str(secret.name());
        text.push_str(" = \"");
        for byte in keys.secret(secret) {
            for digit in [byte >> 4, byte & 0xf] {
                text.push(char::from_digit(u32::from(digit), 16).unwrap_or_default());
            }
        }
        text.push_str("\"\n");
    }
    text
}

fn parse(bytes: &[u8]) -> Result<Keys, Fault> {
    let text = std::str::from_utf8(bytes).map_err(|_| Fault::Line(1, "is not text"))?;
    let (mut version, mut epoch) = (None, None);
    let (mut linkage, mut spine, mut seal) = (None, None, None);
    let mut last_line = 1;
    for (index, line) in text.lines().enumerate() {
        let number = index + 1;
        last_line = number;
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (name, value) = line
            .split_once('=')
            .ok_or(Fault::Line(number, "is not in the form name = value"))?;
        let value = value.trim();
        let again = match name.trim() {
            "version" => version.replace(whole_number(value, number)?).is_some(),
            "epoch" => epoch.replace(whole_number(value, number)?).is_some(),
            "linkage" => linkage.replace(secret(value, number)?).is_some(),
            "spine" => spine.replace(secret(value, number)?).is_some(),
            "seal" => seal.replace(secret(value, number)?).is_some(),
            _ => {
                return Err(Fault::Line(
                    number,
                    "is none of version, epoch, linkage, spine, seal",
                ));
            }
        };
        if again {
            return Err(Fault::Line(number, "says again what another line says"));
        }
    }
    if version != Some(VERSION) {
        return Err(Fault::Line(
            last_line,
            "the version is missing or unknown to this program",
        ));
    }
    let Some(epoch @ 1..) = epoch else {
        return Err(Fault::Line(last_line, "the epoch is missing or zero"));
    };
    let (Some(linkage), Some(spine), Some(seal)) = (linkage, spine, seal) else {
        return Err(Fault::Line(
            last_line,
            "one of linkage, spine and seal is missing",
        ));
    };
    Keys::from_secrets(epoch, *linkage, *spine, *seal).map_err(Fault::Key)
}

fn whole_number(value: &str, line: usize) -> Result<u32, Fault> {
    value
        .parse()
        .map_err(|_| Fault::Line(line, "is not a whole number"))
}

/// A secret from its hexadecimal digits, with or without quotation marks.
fn secret(value: &str, line: usize) -> Result<Zeroizing<[u8; BYTES]>, Fault> {
    let wrong = Fault::Line(line, "is not 64 hexadecimal digits");
    let digits = value.trim_matches('"').as_bytes();
    let mut secret = Zeroizing::new([0; BYTES]);
    if digits.len() != 2 * BYTES {
        return Err(wrong);
    }
    for (byte, pair) in secret.iter_mut().zip(digits.chunks(2)) {
        for digit in pair {
            let Some(value) = char::from(*digit).to_digit(16) else {
                return Err(wrong);
            };
            *byte = (*byte << 4) | value as u8;
        }
    }
    Ok(secret)
}

fn fingerprint(epoch: u32, secrets: [&[u8; BYTES]; 3]) -> Result<String, KeyError> {
    let mut hashes = Zeroizing::new([0; 3 * BYTES]);
    for (hash, secret) in hashes.chunks_mut(BYTES).zip(secrets) {
        hash.copy_from_slice(&KeyedHash::derived(secret, "fingerprint", "", 0)?.of(&[FINGERPRINT_OF]));
    }
    let of_all = KeyedHash::new(hashes.as_slice())?.number(&[FINGERPRINT_OF, &epoch.to_be_bytes()]);
    Ok(format!("{of_all:016x}"))
}

/// Makes a file that its owner alone may read.
pub(crate) fn create_new(path: &Path) -> io::Result<fs::File> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Makes the file's name durable, as `sync_all` does its content.
pub(crate) fn sync_folder_of(path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    {
        let folder = path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty())
            .unwrap_or(Path::new("."));
        fs::File::open(folder)?.sync_all()?;
    }
    #[cfg(not(unix))]
    let _ = path;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file_with(text: &str) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sendlink.key");
        create_new(&path).unwrap().write_all(text.as_bytes()).unwrap();
        (folder, path)
    }

    fn lines() -> String {
        let secret = |start: u8| {
            (start..start + 32)
                .map(|byte| format!("{byte:02x}"))
                .collect::<String>()
        };
        format!(
            "version = 1\nepoch = 3\nlinkage = \"{}\"\nspine = {}\nseal = \"{}\"\n",
            secret(0),
            secret(40),
            secret(80)
        )
    }

    #[test]
    fn what_is_generated_is_loaded() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sendlink.key");
        let made = KeyFile::generate(&path).unwrap();
        let loaded = KeyFile::load(&path).unwrap();
        assert_eq!(made.fingerprint(), loaded.fingerprint());
        assert_eq!(made.epoch(), 1);
        assert_eq!(made.spine, loaded.spine);

        let other = KeyFile::generate(&folder.path().join("other.key")).unwrap();
        assert_ne!(made.fingerprint(), other.fingerprint());
    }

    #[test]
    fn a_file_is_never_overwritten() {
        let (_folder, path) = file_with("mine");
        assert!(matches!(KeyFile::generate(&path), Err(KeyError::Exists { .. })));
        assert_eq!(fs::read_to_string(&path).unwrap(), "mine");
    }

    #[test]
    fn each_secret_and_the_epoch_count_in_the_fingerprint() {
        let of = |text: &str| parse(text.as_bytes()).ok().unwrap().fingerprint();
        let base = of(&lines());
        assert_eq!(base.len(), 16);
        assert_ne!(base, of(&lines().replace("epoch = 3", "epoch = 4")));
        for old in ["\"00", "28", "\"50"] {
            assert_ne!(
                base,
                of(&lines().replacen(old, &old.replace(['0', '8'], "f"), 1)),
                "{old}"
            );
        }
    }

    #[test]
    fn damaged_files_are_refused_by_line_and_never_quoted() {
        let cases = [
            (lines().replace("version = 1", "version = 2"), "version"),
            (lines().replace("epoch = 3", "epoch = 0"), "epoch"),
            (lines().replace("epoch = 3", "epoch = x"), "whole number"),
            (lines().replace("spine", "spin"), "none of"),
            (lines().replace("\"\nspine", "0\"\nspine"), "64 hexadecimal"),
            (lines().replace("\"00", "\"0g"), "64 hexadecimal"),
            (lines() + "epoch = 4\n", "again"),
            (lines().lines().take(4).collect::<Vec<_>>().join("\n"), "missing"),
            ("secret".to_owned(), "name = value"),
            ("#".repeat(5000), "too long"),
        ];
        for (text, wrong) in cases {
            let (_folder, path) = file_with(&text);
            let message = KeyFile::load(&path).unwrap_err().to_string();
            assert!(message.contains(wrong), "{message}");
            assert!(!message.contains("0102"), "{message}");
        }
    }

    #[test]
    fn secrets_that_nobody_drew_are_refused() {
        let random = |start: u8| std::array::from_fn(|index| start + index as u8);
        assert!(matches!(
            Keys::from_secrets(1, [0; 32], random(1), random(2)),
            Err(KeyError::Weak)
        ));
        assert!(matches!(
            Keys::from_secrets(1, random(1), random(1), random(2)),
            Err(KeyError::Weak)
        ));
        assert!(Keys::from_secrets(1, random(0), random(1), random(2)).is_ok());
    }

    #[test]
    fn debug_shows_the_fingerprint_alone() {
        let keys = parse(lines().as_bytes()).ok().unwrap();
        assert_eq!(
            format!("{keys:?}"),
            format!("Keys {{ fingerprint: {:?}, .. }}", keys.fingerprint())
        );
    }

    #[cfg(unix)]
    #[test]
    fn files_that_others_may_open_are_refused() {
        use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};

        let (folder, path) = file_with(&lines());
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        let load_with = |mode| {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            KeyFile::load(&path)
        };
        for mode in [0o604, 0o602, 0o601, 0o644, 0o666] {
            assert!(
                matches!(load_with(mode), Err(KeyError::Exposed { who: "everybody", .. })),
                "{mode:o}"
            );
        }
        // Readable by the group of this process, as a mounted secret is.
        let own = rustix::process::getegid().as_raw();
        if chown(&path, None, Some(own)).is_ok() {
            assert!(load_with(0o440).is_ok());
        }
        // Only root may give a file to any group.
        if chown(&path, None, Some(own + 1)).is_ok() {
            assert!(matches!(
                load_with(0o640),
                Err(KeyError::Exposed { mode: 0o640, .. })
            ));
            // The checks hold for what a link leads to.
            let link = folder.path().join("link");
            symlink(&path, &link).unwrap();
            assert!(matches!(KeyFile::load(&link), Err(KeyError::Exposed { .. })));
            assert!(load_with(0o600).is_ok());
            assert!(KeyFile::load(&link).is_ok());
        }
        assert!(matches!(
            KeyFile::load(folder.path()),
            Err(KeyError::NotAFile { .. })
        ));
        assert!(matches!(
            KeyFile::load(&folder.path().join("none")),
            Err(KeyError::Missing { .. })
        ));
    }
}
