//! The landing folder: deliveries as they came, complete and synced to disk, until their retention ends.
//!
//! Everything in it names children, so the folder is open to its owner alone (0700). A delivery is written
//! under a temporary name, synced, and renamed, so that it is there whole or not at all:
//!
//! ```text
//! landing/<feed>/<sha-256>/manifest.json   names, lengths and hashes
//! landing/<feed>/<sha-256>/0001            the first file, under no name of the sender's
//! ```

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
    time::SystemTime,
};

use jiff::{Timestamp, civil::DateTime, tz::TimeZone};
use serde::{Deserialize, Serialize};

use crate::{DeliveryHash, TransportError, folder::Offered, hash::hash_reader};

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
    /// Its folder.
    pub path: PathBuf,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Manifest {
    hash: DeliveryHash,
    received: DateTime,
    files: Vec<ManifestFile>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ManifestFile {
    name: String,
    stored_as: String,
    bytes: u64,
    sha256: DeliveryHash,
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

    /// The hash that an offered delivery would land under. Reads every byte and writes none.
    ///
    /// # Errors
    /// [`TransportError::Source`] where a file cannot be read.
    pub fn hash(&self, feed: &str, offered: &Offered) -> Result<DeliveryHash, TransportError> {
        let mut hashes = Vec::with_capacity(offered.files.len());
        for file in &offered.files {
            let (hash, _) = File::open(&file.path)
                .and_then(|reader| hash_reader(reader, |_| Ok(())))
                .map_err(|source| TransportError::Source {
                    feed: feed.to_owned(),
                    source,
                })?;
            hashes.push((file.name.as_str(), hash));
        }
        Ok(DeliveryHash::of_files(hashes.into_iter()))
    }

    /// Copies an offered delivery in. Where the same content has landed before, only its time is renewed.
    ///
    /// # Errors
    /// [`TransportError::Source`] where it cannot be read, [`TransportError::Landing`] where it cannot be
    /// written.
    pub fn land(&self, feed: &str, offered: &Offered) -> Result<Landed, TransportError> {
        let source_failed = |source| TransportError::Source {
            feed: feed.to_owned(),
            source,
        };
        let landing_failed = |source| TransportError::Landing { source };
        let feed_folder = self.root.join(feed);
        make_private(&feed_folder).map_err(landing_failed)?;
        let arriving = feed_folder.join(".arriving");
        remove_if_there(&arriving).map_err(landing_failed)?;
        make_private(&arriving).map_err(landing_failed)?;

        let mut files = Vec::with_capacity(offered.files.len());
        for (index, file) in offered.files.iter().enumerate() {
            let stored_as = format!("{:04}", index + 1);
            let reader = File::open(&file.path).map_err(source_failed)?;
            let mut writer = create_private(&arriving.join(&stored_as)).map_err(landing_failed)?;
            let mut write_error = None;
            let copied = hash_reader(reader, |piece| {
                writer.write_all(piece).map_err(|error| {
                    let kind = error.kind();
                    write_error = Some(error);
                    io::Error::from(kind)
                })
            });
            let (hash, bytes) = match (copied, write_error) {
                (_, Some(error)) => return Err(landing_failed(error)),
                (Err(error), None) => return Err(source_failed(error)),
                (Ok(copied), None) => copied,
            };
            writer.sync_all().map_err(landing_failed)?;
            files.push(ManifestFile {
                name: file.name.clone(),
                stored_as,
                bytes,
                sha256: DeliveryHash(hash),
            });
        }
        let hash = DeliveryHash::of_files(
            files
                .iter()
                .map(|file| (file.name.as_str(), file.sha256.0))
                .collect::<Vec<_>>()
                .into_iter(),
        );
        let manifest = Manifest {
            hash,
            received: london(offered.modified()),
            files,
        };
        write_manifest(&arriving, &manifest).map_err(landing_failed)?;

        let landed = feed_folder.join(hash.to_string());
        if landed.exists() {
            // The copy there was synced whole; keep it and take only the new time over.
            write_manifest(&landed, &manifest).map_err(landing_failed)?;
            remove_if_there(&arriving).map_err(landing_failed)?;
        } else {
            fs::rename(&arriving, &landed).map_err(landing_failed)?;
        }
        sync_folder(&feed_folder).map_err(landing_failed)?;
        Ok(to_landed(manifest, landed))
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
            let bytes = fs::read(path.join(MANIFEST)).map_err(failed)?;
            let manifest: Manifest = serde_json::from_slice(&bytes).map_err(|_| {
                failed(io::Error::new(
                    io::ErrorKind::InvalidData,
                    "its manifest is damaged",
                ))
            })?;
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

const MANIFEST: &str = "manifest.json";

fn to_landed(manifest: Manifest, path: PathBuf) -> Landed {
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

fn write_manifest(folder: &Path, manifest: &Manifest) -> io::Result<()> {
    let temporary = folder.join(".manifest");
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .open(&temporary)?;
    restrict(&temporary, 0o600)?;
    serde_json::to_writer_pretty(&mut file, manifest)?;
    file.sync_all()?;
    fs::rename(temporary, folder.join(MANIFEST))?;
    sync_folder(folder)
}

fn create_private(path: &Path) -> io::Result<File> {
    let file = OpenOptions::new().write(true).create_new(true).open(path)?;
    restrict(path, 0o600)?;
    Ok(file)
}

fn make_private(path: &Path) -> io::Result<()> {
    fs::create_dir_all(path)?;
    restrict(path, 0o700)
}

#[cfg(unix)]
fn restrict(path: &Path, mode: u32) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(mode))
}

#[cfg(not(unix))]
fn restrict(_path: &Path, _mode: u32) -> io::Result<()> {
    // Windows inherits the access list of the parent folder, which the operator's page says to restrict.
    Ok(())
}

fn sync_folder(path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    File::open(path)?.sync_all()?;
    #[cfg(not(unix))]
    let _ = path;
    Ok(())
}

fn remove_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}
