//! How the published files are replaced: both are written aside and synchronised, the vault records the
//! intent with the hashes of both, then each is renamed. A run that finds an intent carries it through, so
//! that both files always come to hold one version. A reader who has a file open keeps reading the old one.

use std::{
    fs::{self, File},
    io::{self, Read},
    path::{Path, PathBuf},
};

use sha2::{Digest, Sha256};

/// A published file and the one written aside to take its place.
#[derive(Clone, Debug)]
pub(crate) struct Pair {
    pub(crate) aside: PathBuf,
    pub(crate) published: PathBuf,
}

impl Pair {
    /// The pair for zone `joint` or `open`.
    pub(crate) fn of(folder: &Path, zone: &str) -> Self {
        Pair {
            aside: folder.join(format!("{zone}.next.db")),
            published: folder.join(format!("{zone}.db")),
        }
    }

    /// Removes what an earlier attempt left aside.
    pub(crate) fn clear(&self) -> io::Result<()> {
        let mut journal = self.aside.clone().into_os_string();
        journal.push("-journal");
        for file in [&self.aside, Path::new(&journal)] {
            match fs::remove_file(file) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }

    /// Makes the file aside lasting, and returns its hash.
    pub(crate) fn seal(&self) -> io::Result<[u8; 32]> {
        File::open(&self.aside)?.sync_all()?;
        hash(&self.aside)
    }

    /// Puts the file aside in place of the published one, if that is not done yet. False where neither file
    /// is the one that was meant.
    pub(crate) fn carry_through(&self, meant: &[u8]) -> io::Result<bool> {
        if self.published.exists() && hash(&self.published)? == *meant {
            return Ok(true);
        }
        if !self.aside.exists() || hash(&self.aside)? != *meant {
            return Ok(false);
        }
        fs::rename(&self.aside, &self.published)?;
        sync_folder(&self.published)?;
        Ok(true)
    }
}

/// SHA-256 of a file.
pub(crate) fn hash(file: &Path) -> io::Result<[u8; 32]> {
    let mut file = File::open(file)?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            return Ok(hasher.finalize().into());
        }
        hasher.update(buffer.get(..read).unwrap_or_default());
    }
}

/// Makes a rename lasting.
pub(crate) fn sync_folder(file: &Path) -> io::Result<()> {
    match file.parent() {
        Some(folder) => File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes_of(text: &str) -> [u8; 32] {
        Sha256::digest(text).into()
    }

    #[test]
    fn an_intent_is_carried_through_from_wherever_it_stopped() {
        let folder = tempfile::tempdir().unwrap();
        let pair = Pair::of(folder.path(), "joint");
        let meant = bytes_of("new");

        // Nothing there: what was meant is lost.
        assert!(!pair.carry_through(&meant).unwrap());
        // Before the rename.
        fs::write(&pair.published, "old").unwrap();
        fs::write(&pair.aside, "new").unwrap();
        assert!(pair.carry_through(&meant).unwrap());
        assert_eq!(fs::read(&pair.published).unwrap(), b"new");
        assert!(!pair.aside.exists());
        // After the rename.
        assert!(pair.carry_through(&meant).unwrap());
        // Half-written aside: not what was meant, so the published file stays.
        fs::write(&pair.aside, "ne").unwrap();
        assert!(!pair.carry_through(&bytes_of("newer")).unwrap());
        assert_eq!(fs::read(&pair.published).unwrap(), b"new");
    }
}
