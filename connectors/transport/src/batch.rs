//! Deliveries of one feed that land together: one sync of the disk serves them all.
//!
//! A delivery that has arrived whole waits in the feed's folder under a name that nothing reads. [`Batch::settle`] syncs
//! all that waits and moves each to its place, so that a landed delivery is always whole. What a killed run left waiting
//! is cleared away by the next: its source has it still, for nobody was told of a verdict.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

use crate::{
    Arrival, DeliveryHash, Landed, TransportError,
    landing::{Manifest, make_private, remove_if_there, sync_folder, to_landed},
};

/// How many deliveries wait at most: so many are fetched again after a kill. The cost of a sync is lost among the
/// fetching of a tenth as many.
const TOGETHER: usize = 256;

/// Deliveries of a feed on their way into its landing folder. What is added is there once [`Batch::settle`] says so.
#[derive(Debug)]
pub struct Batch {
    folder: PathBuf,
    waiting: BTreeMap<DeliveryHash, Manifest>,
}

impl Batch {
    pub(crate) fn into_folder(folder: PathBuf) -> io::Result<Self> {
        make_private(&folder)?;
        let batch = Batch {
            folder,
            waiting: BTreeMap::new(),
        };
        remove_if_there(&batch.room())?;
        Ok(batch)
    }

    /// Room for a delivery to arrive in; one arrives at a time.
    ///
    /// # Errors
    /// [`TransportError::Landing`] where the folder cannot be written.
    pub fn arrival(&self) -> Result<Arrival, TransportError> {
        Arrival::writing(&self.room()).map_err(landing)
    }

    /// Adds a delivery that has arrived whole, and says how many files it has; none for an arrival that was only looked
    /// at. The same content once more takes the place of the first.
    ///
    /// # Errors
    /// [`TransportError::Landing`] where the folder cannot be written.
    pub fn add(&mut self, arrival: Arrival) -> Result<Option<usize>, TransportError> {
        let Some((came, manifest)) = arrival.whole().map_err(landing)? else {
            return Ok(None);
        };
        let files = manifest.files.len();
        let place = self.room().join(manifest.hash.to_string());
        if self.waiting.contains_key(&manifest.hash) {
            remove_if_there(&place).map_err(landing)?;
        }
        fs::rename(came, place).map_err(landing)?;
        self.waiting.insert(manifest.hash, manifest);
        if self.waiting.len() >= TOGETHER {
            self.settle()?;
        }
        Ok(Some(files))
    }

    /// Lands a delivery by itself: adds it and settles. None for an arrival that was only looked at.
    ///
    /// # Errors
    /// [`TransportError::Landing`] where the folder cannot be written.
    pub fn land(mut self, arrival: Arrival) -> Result<Option<Landed>, TransportError> {
        let hash = arrival.hash();
        self.add(arrival)?;
        Ok(self.settle()?.into_iter().find(|landed| landed.hash == hash))
    }

    /// Syncs what waits and puts it into its place. Where the same content has landed before, only its time and bookmark
    /// are renewed. Returns what has landed by this call, in the order of the hashes.
    ///
    /// # Errors
    /// [`TransportError::Landing`] where the folder cannot be written.
    pub fn settle(&mut self) -> Result<Vec<Landed>, TransportError> {
        self.settle_inner().map_err(landing)
    }

    fn settle_inner(&mut self) -> io::Result<Vec<Landed>> {
        let room = self.room();
        if self.waiting.is_empty() {
            remove_if_there(&room)?;
            return Ok(Vec::new());
        }
        sync_below(&room)?;
        let mut landed = Vec::with_capacity(self.waiting.len());
        for (hash, manifest) in std::mem::take(&mut self.waiting) {
            let name = hash.to_string();
            let (waited, place) = (room.join(&name), self.folder.join(&name));
            match fs::rename(&waited, &place) {
                Ok(()) => {
                    landed.push(to_landed(manifest, place));
                    continue;
                }
                // Asked in this order, as nearly everything that lands is new.
                Err(_) if place.exists() => {}
                Err(error) => return Err(error),
            }
            // The copy there was synced whole. Its files may be stored in another order: keep its own list of them.
            let mut there = Manifest::read(&place)?;
            there.received = manifest.received;
            there.bookmark = manifest.bookmark;
            there.replace(&place)?;
            remove_if_there(&waited)?;
            landed.push(to_landed(there, place));
        }
        remove_if_there(&room)?;
        sync_folder(&self.folder)?;
        Ok(landed)
    }

    fn room(&self) -> PathBuf {
        self.folder.join(".waiting")
    }
}

fn landing(source: io::Error) -> TransportError {
    TransportError::Landing { source }
}

/// Everything in a folder and the folders below it is on disk when this returns: with the whole file system, in one call.
/// Since Linux 5.8 the call reports what could not be written.
#[cfg(target_os = "linux")]
fn sync_below(folder: &Path) -> io::Result<()> {
    Ok(rustix::fs::syncfs(fs::File::open(folder)?)?)
}

/// Everything in a folder and the folders below it is on disk when this returns.
#[cfg(not(target_os = "linux"))]
fn sync_below(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            sync_below(&entry.path())?;
        } else {
            // Windows syncs only what is open for writing.
            fs::File::options().write(true).open(entry.path())?.sync_all()?;
        }
    }
    sync_folder(folder)
}
