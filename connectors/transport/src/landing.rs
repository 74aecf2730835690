//! The landing folder: deliveries as they came, complete and synced to disk, until their retention ends.
//!
//! Everything in it names children, so the folder is open to its owner alone (0700). A delivery is written
//! under a temporary name, synced, and renamed, so that it is there whole or not at all (see [`Batch`]):
//!
//! ```text
//! landing/<feed>/<sha-256>/manifest.json   names, lengths and hashes; whom it came from
//! landing/<feed>/<sha-256>/0001            the first file, under no name of the sender's
//! ```

use std::{
    fs::{self, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
    time::SystemTime,
};

use jiff::{Timestamp, civil::DateTime, tz::TimeZone};
use kit::rules::{self, Rule};
use serde::{Deserialize, Serialize};

use crate::{Batch, DeliveryHash, TransportError};

/// The landing folder of all feeds.
#[derive(Clone, Debug)]
pub struct Landing {
    root: PathBuf,
}

/// One file of a landed delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LandedFile {
    /// The sender's name for it.
    pub name: String,
    /// Where it lies now.
    pub path: PathBuf,
    /// Its length.
    pub bytes: u64,
}

/// A delivery in the landing folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Landed {
    /// Its content.
    pub hash: DeliveryHash,
    /// The transport's time of it, in London.
    pub received: DateTime,
    /// Its files, in the order of their names.
    pub files: Vec<LandedFile>,
    /// Why its content cannot be taken, as the id of a rule; see [`Landed::unfit`].
    pub(crate) unfit: Option<String>,
    /// Where a pulling transport goes on after this delivery; opaque to all but it.
    pub bookmark: Option<String>,
    /// Its folder.
    pub path: PathBuf,
}

impl Landed {
    /// Why its content cannot be taken; its files are then what came, as it came, not to be read.
    pub fn unfit(&self) -> Option<&'static Rule> {
        let id = self.unfit.as_ref()?;
        let known = rules::ALL.iter().find(|rule| rule.id == id);
        // A rule of a newer program, unknown to this one, is a refusal still.
        Some(known.copied().unwrap_or(&rules::DAMAGED_ARCHIVE))
    }
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Manifest {
    pub(crate) hash: DeliveryHash,
    pub(crate) received: DateTime,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) unfit: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) bookmark: Option<String>,
    pub(crate) files: Vec<ManifestFile>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ManifestFile {
    pub(crate) name: String,
    pub(crate) stored_as: String,
    pub(crate) bytes: u64,
    pub(crate) sha256: DeliveryHash,
}

impl Landing {
    /// The landing folder, made where it is missing.
    ///
    /// # Errors
    /// [`TransportError::Landing`] where it cannot be made or is open to others.
    pub fn open(root: &Path) -> Result<Self, TransportError> {
        make_private(root).map_err(|source| TransportError::Landing { source })?;
        Ok(Landing {
            root: root.to_owned(),
        })
    }

    /// Room for deliveries of this feed to land together. A feed has one batch at a time: it clears away what another
    /// left waiting.
    ///
    /// # Errors
    /// [`TransportError::Landing`] where the folder cannot be written.
    pub fn batch(&self, feed: &str) -> Result<Batch, TransportError> {
        Batch::into_folder(self.root.join(feed)).map_err(|source| TransportError::Landing { source })
    }

    /// Every landed delivery of a feed, by time and then by hash.
    ///
    /// # Errors
    /// [`TransportError::Manifest`] where one cannot be read.
    pub fn deliveries(&self, feed: &str) -> Result<Vec<Landed>, TransportError> {
        let failed = |source| TransportError::Manifest {
            feed: feed.to_owned(),
            source,
        };
        let mut found = Vec::new();
        let entries = match fs::read_dir(self.root.join(feed)) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(found),
            Err(error) => return Err(failed(error)),
        };
        for entry in entries {
            let path = entry.map_err(failed)?.path();
            let is_delivery = path
                .file_name()
                .and_then(|name| name.to_str())
                .is_some_and(|name| name.parse::<DeliveryHash>().is_ok());
            if !is_delivery {
                continue;
            }
            let manifest = Manifest::read(&path).map_err(failed)?;
            found.push(to_landed(manifest, path));
        }
        found.sort_by_key(|landed: &Landed| (landed.received, landed.hash));
        Ok(found)
    }

    /// Deletes a landed delivery.
    ///
    /// # Errors
    /// [`TransportError::Landing`] where it cannot be deleted.
    pub fn remove(&self, landed: &Landed) -> Result<(), TransportError> {
        remove_if_there(&landed.path).map_err(|source| TransportError::Landing { source })
    }
}

impl Manifest {
    /// The manifest in the folder of a landed delivery.
    pub(crate) fn read(folder: &Path) -> io::Result<Self> {
        let bytes = fs::read(folder.join(MANIFEST))?;
        serde_json::from_slice(&bytes)
            .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "its manifest is damaged"))
    }

    /// Writes it into the folder of a delivery that is not in its place yet, and syncs nothing.
    pub(crate) fn write(&self, folder: &Path) -> io::Result<()> {
        self.write_as(&folder.join(MANIFEST)).map(drop)
    }

    /// Puts it in the place of a landed delivery's manifest, synced.
    pub(crate) fn replace(&self, folder: &Path) -> io::Result<()> {
        let temporary = folder.join(".manifest");
        self.write_as(&temporary)?.sync_all()?;
        fs::rename(temporary, folder.join(MANIFEST))?;
        sync_folder(folder)
    }

    fn write_as(&self, path: &Path) -> io::Result<fs::File> {
        let mut file = private().create(true).truncate(true).open(path)?;
        // In one piece: each token by itself would be a call of the system.
        file.write_all(&serde_json::to_vec_pretty(self)?)?;
        Ok(file)
    }
}

const MANIFEST: &str = "manifest.json";

pub(crate) fn to_landed(manifest: Manifest, path: PathBuf) -> Landed {
    let files = manifest
        .files
        .into_iter()
        .map(|file| LandedFile {
            path: path.join(&file.stored_as),
            name: file.name,
            bytes: file.bytes,
        })
        .collect();
    Landed {
        hash: manifest.hash,
        received: manifest.received,
        files,
        unfit: manifest.unfit,
        bookmark: manifest.bookmark,
        path,
    }
}

/// A system time as the wall clock in London showed it, to the second. A machine without a time zone
/// database has no London; then it is UTC, an hour off in summer.
pub fn london(time: SystemTime) -> DateTime {
    let timestamp = Timestamp::try_from(time).unwrap_or(Timestamp::UNIX_EPOCH);
    let zone = TimeZone::get("Europe/London").unwrap_or(TimeZone::UTC);
    let local = timestamp.to_zoned(zone).datetime();
    local.with().subsec_nanosecond(0).build().unwrap_or(local)
}

/// A folder that is open to its owner alone, made where it is missing; and whether it was. Windows inherits the access list
/// of the parent folder, which the operator's page says to restrict.
pub(crate) fn make_private(path: &Path) -> io::Result<bool> {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    match builder.create(path) {
        Ok(()) => return Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            builder.recursive(true).create(path)?;
            return Ok(true);
        }
        // It is there, and is a folder.
        Err(_) if path.is_dir() => {}
        Err(error) => return Err(error),
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        if fs::metadata(path)?.permissions().mode() & 0o777 != 0o700 {
            fs::set_permissions(path, fs::Permissions::from_mode(0o700))?;
        }
    }
    Ok(false)
}

/// A folder as [`make_private`] makes it, with nothing in it.
pub(crate) fn make_anew(path: &Path) -> io::Result<()> {
    if !make_private(path)? {
        remove_if_there(path)?;
        make_private(path)?;
    }
    Ok(())
}

/// For files that are made for their owner alone.
pub(crate) fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

pub(crate) fn sync_folder(path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    fs::File::open(path)?.sync_all()?;
    #[cfg(not(unix))]
    let _ = path;
    Ok(())
}

pub(crate) fn remove_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}
