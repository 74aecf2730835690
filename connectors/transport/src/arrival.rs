//! A delivery on its way into the landing folder.
//!
//! It is written under a temporary name, file by file, each hashed as it is written; a [`Batch`](crate::Batch) syncs it and
//! puts it into its place. One that is only looked at is hashed and written nowhere.

use std::{
    fs::{self, File},
    io::{self, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
    time::SystemTime,
};

use sha2::{Digest, Sha256};

use crate::{
    DeliveryHash, Limits, TransportError,
    archive::{self, Form, Raw},
    landing::{Manifest, ManifestFile, london, make_anew, make_private, private, remove_if_there},
};

/// A delivery on its way.
pub struct Arrival {
    /// Where it arrives; none where nothing is to be written.
    folder: Option<PathBuf>,
    files: Vec<ManifestFile>,
    received: SystemTime,
    unfit: Option<&'static str>,
    bookmark: Option<String>,
}

impl Arrival {
    /// An arrival that is hashed and written nowhere.
    pub fn glance() -> Self {
        Arrival {
            folder: None,
            files: Vec::new(),
            received: SystemTime::UNIX_EPOCH,
            unfit: None,
            bookmark: None,
        }
    }

    pub(crate) fn writing(folder: &Path) -> io::Result<Self> {
        let arrival = Arrival {
            folder: Some(folder.to_owned()),
            ..Arrival::glance()
        };
        arrival.clear()?;
        Ok(arrival)
    }

    /// When the delivery reached us, as its transport tells it.
    pub fn received(&mut self, when: SystemTime) {
        self.received = when;
    }

    /// Where the transport goes on after this delivery.
    pub fn bookmark(&mut self, bookmark: String) {
        self.bookmark = Some(bookmark);
    }

    /// Begins again, with a delivery whose content cannot be taken for the reason of this rule of [`kit::rules`]. What
    /// came is then poured in as it came.
    ///
    /// # Errors
    /// Where the folder cannot be written.
    pub fn unfit(&mut self, rule: &'static str) -> Result<(), TransportError> {
        self.files.clear();
        self.unfit = Some(rule);
        self.clear().map_err(|source| TransportError::Landing { source })
    }

    /// Opens the archives among the files that have arrived from `place` under these names, as those of a folder are. An
    /// arrival that is only looked at stays as it is.
    ///
    /// # Errors
    /// [`TransportError::Landing`] where the folder cannot be written or read back.
    pub(crate) fn open_archives_among<'a>(
        &mut self,
        names: impl IntoIterator<Item = &'a str>,
        limits: Limits,
        place: &str,
    ) -> Result<(), TransportError> {
        if names.into_iter().all(|name| Form::of(name) == Form::Plain) {
            return Ok(());
        }
        let failed = |source| TransportError::Landing { source };
        let Some((came, raw)) = self.set_aside().map_err(failed)? else {
            return Ok(());
        };
        archive::pour(&raw, limits, place, self)?;
        remove_if_there(&came).map_err(failed)
    }

    /// Moves what has arrived out of the way: where to, and the files.
    fn set_aside(&mut self) -> io::Result<Option<(PathBuf, Vec<Raw>)>> {
        let (Some(folder), Some(arriving)) = (&self.folder, self.arriving()) else {
            return Ok(None);
        };
        let came = folder.join(".came");
        remove_if_there(&came)?;
        fs::rename(&arriving, &came)?;
        make_private(&arriving)?;
        let raw = self.files.drain(..).map(|file| Raw {
            path: came.join(file.stored_as),
            name: file.name,
            bytes: file.bytes,
        });
        Ok(Some((came.clone(), raw.collect())))
    }

    /// A further file of the delivery, under its sender's name.
    ///
    /// # Errors
    /// Where it cannot be made.
    pub fn file(&mut self, name: &str) -> Result<ArrivingFile<'_>, TransportError> {
        let stored_as = format!("{:04}", self.files.len() + 1);
        let writer = match self.arriving() {
            Some(arriving) => Some(
                private()
                    .create_new(true)
                    .open(arriving.join(&stored_as))
                    .map_err(|source| TransportError::Landing { source })?,
            ),
            None => None,
        };
        Ok(ArrivingFile {
            arrival: self,
            name: name.to_owned(),
            stored_as,
            writer,
            hasher: Sha256::new(),
            bytes: 0,
            failure: None,
        })
    }

    /// Where the file that arrived last lies; none where nothing is written.
    pub(crate) fn latest(&self) -> Option<PathBuf> {
        Some(self.arriving()?.join(&self.files.last()?.stored_as))
    }

    /// The hash of what has arrived.
    pub fn hash(&self) -> DeliveryHash {
        let files: Vec<_> = self.in_order();
        DeliveryHash::of_files(files.iter().map(|file| (file.name.as_str(), file.sha256.0)))
    }

    /// When it reached us, in London.
    pub fn when(&self) -> jiff::civil::DateTime {
        london(self.received)
    }

    /// Deletes what has arrived.
    ///
    /// # Errors
    /// Where the folder cannot be written.
    pub fn discard(self) -> Result<(), TransportError> {
        match self.arriving() {
            Some(arriving) => remove_if_there(&arriving).map_err(|source| TransportError::Landing { source }),
            None => Ok(()),
        }
    }

    /// Completes the delivery with its manifest: where it lies, not synced, and what the manifest says. None for an
    /// arrival that was only looked at.
    pub(crate) fn whole(self) -> io::Result<Option<(PathBuf, Manifest)>> {
        let Some(arriving) = self.arriving() else {
            return Ok(None);
        };
        let manifest = Manifest {
            hash: self.hash(),
            received: self.when(),
            unfit: self.unfit.map(str::to_owned),
            bookmark: self.bookmark.clone(),
            files: self.in_order(),
        };
        manifest.write(&arriving)?;
        Ok(Some((arriving, manifest)))
    }

    fn in_order(&self) -> Vec<ManifestFile> {
        let mut files = self.files.clone();
        files.sort_by(|one, other| one.name.cmp(&other.name));
        files
    }

    fn arriving(&self) -> Option<PathBuf> {
        Some(self.folder.as_ref()?.join(".arriving"))
    }

    fn clear(&self) -> io::Result<()> {
        match self.arriving() {
            Some(arriving) => make_anew(&arriving),
            None => Ok(()),
        }
    }
}

/// A file of an arrival, as it is written.
pub struct ArrivingFile<'a> {
    arrival: &'a mut Arrival,
    name: String,
    stored_as: String,
    writer: Option<File>,
    hasher: Sha256,
    bytes: u64,
    failure: Option<io::Error>,
}

/// A place in a file that it can be wound back to.
pub struct Mark {
    hasher: Sha256,
    bytes: u64,
}

/// Why a file could not be filled.
#[derive(Debug)]
pub enum FillError {
    /// What it was to be filled from failed.
    From(io::Error),
    /// It is larger than this many bytes.
    TooLarge(u64),
    /// It cannot be written.
    Landing(io::Error),
}

impl ArrivingFile<'_> {
    /// How many bytes it has.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Takes all that a reader gives, up to this many bytes.
    ///
    /// # Errors
    /// See [`FillError`].
    pub fn fill(&mut self, mut from: impl Read, limit: u64) -> Result<(), FillError> {
        // Large enough that the system calls vanish beside the hashing.
        let mut buffer = vec![0u8; 256 * 1024];
        loop {
            let read = match from.read(&mut buffer) {
                Ok(0) => return Ok(()),
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(FillError::From(error)),
            };
            self.write_all(buffer.get(..read).unwrap_or_default())
                .map_err(FillError::Landing)?;
            if self.bytes > limit {
                return Err(FillError::TooLarge(limit));
            }
        }
    }

    /// The failure to write that made a writer around this file give up, if that was it.
    pub fn failure(&mut self) -> Option<io::Error> {
        self.failure.take()
    }

    /// The place that it has come to.
    pub fn mark(&self) -> Mark {
        Mark {
            hasher: self.hasher.clone(),
            bytes: self.bytes,
        }
    }

    /// Forgets all that was written after a mark.
    ///
    /// # Errors
    /// Where the file cannot be cut.
    pub fn rewind(&mut self, mark: &Mark) -> io::Result<()> {
        let written = self.bytes != mark.bytes || self.failure.is_some();
        self.hasher = mark.hasher.clone();
        self.bytes = mark.bytes;
        self.failure = None;
        // ext4 writes a file that was cut down to nothing to the disk as soon as it is closed: cut none without need.
        if let Some(writer) = &mut self.writer
            && written
        {
            writer.set_len(mark.bytes)?;
            writer.seek(SeekFrom::Start(mark.bytes))?;
        }
        Ok(())
    }

    /// The file is whole.
    pub fn finish(self) {
        self.arrival.files.push(ManifestFile {
            name: self.name,
            stored_as: self.stored_as,
            bytes: self.bytes,
            sha256: DeliveryHash(self.hasher.finalize().into()),
        });
    }
}

impl Write for ArrivingFile<'_> {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        let written = match &mut self.writer {
            Some(writer) => match writer.write(piece) {
                Ok(written) => written,
                Err(error) => {
                    let kind = error.kind();
                    if kind != io::ErrorKind::Interrupted {
                        self.failure = Some(error);
                    }
                    return Err(kind.into());
                }
            },
            None => piece.len(),
        };
        self.hasher.update(piece.get(..written).unwrap_or_default());
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
