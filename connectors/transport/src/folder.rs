//! A folder that files are dropped into.
//!
//! A delivery is one file, or one sub-folder of files. It is ready once nothing in it has changed for the
//! quiet period, so that a file still being written is not taken. Names that start with a dot or `~$`, or end
//! in `.tmp`, `.part` or `.filepart`, are other programs' work in progress and are passed over, as is the
//! sub-folder `archive`, where loaded deliveries go.
//!
//! A `.gz` stands for the file in it, and a `.zip` for a sub-folder of its files. Both are opened as they are landed,
//! within [`Limits`].

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use crate::{
    Arrival, Checked, Fault, Limits, Listing, Offered, TransportError,
    archive::{self, Raw},
    dropped::{self, ARCHIVE, Grouping, Then},
};

/// A drop folder of one feed.
#[derive(Clone, Debug)]
pub struct Folder {
    /// The feed's name, for messages.
    pub feed: String,
    /// The folder.
    pub path: PathBuf,
    /// What becomes of loaded deliveries.
    pub then: Then,
    /// How long a delivery must have been unchanged.
    pub quiet: Duration,
    /// Whether loose files belong together.
    pub grouping: Grouping,
    /// How far archives are opened.
    pub limits: Limits,
}

/// One file in the folder.
pub type SourceFile = dropped::SourceFile<PathBuf>;

/// A delivery in the folder.
pub type Dropped = dropped::Dropped<PathBuf>;

impl Folder {
    /// Lists the deliveries in the folder, in the order of their names.
    ///
    /// # Errors
    /// [`TransportError::Source`] where the folder, or something in it, cannot be read.
    pub fn list(&self, now: SystemTime) -> Result<Listing, TransportError> {
        let mut listing = Listing::default();
        for delivery in self.deliveries()? {
            if delivery.is_settled(now, self.quiet) {
                listing.ready.push(Offered::Folder(self.clone(), delivery));
            } else {
                listing.unsettled += 1;
            }
        }
        Ok(listing)
    }

    /// What lies in the folder, whether it is still changing or not.
    ///
    /// # Errors
    /// [`TransportError::Source`] where the folder, or something in it, cannot be read.
    pub fn deliveries(&self) -> Result<Vec<Dropped>, TransportError> {
        self.deliveries_inner().map_err(|error| TransportError::Source {
            place: self.place(),
            fault: Fault::Io(error),
        })
    }

    fn deliveries_inner(&self) -> io::Result<Vec<Dropped>> {
        let mut loose = Vec::new();
        let mut sub_folders = Vec::new();
        for (name, path, metadata) in entries(&self.path)? {
            if metadata.is_file() {
                loose.push(source_file(name, path, &metadata)?);
            } else if metadata.is_dir() && name != ARCHIVE {
                let mut files = Vec::new();
                for (name, path, metadata) in entries(&path)? {
                    if metadata.is_file() {
                        files.push(source_file(name, path, &metadata)?);
                    }
                }
                sub_folders.push((path, files));
            }
        }
        Ok(dropped::deliveries(sub_folders, loose, self.grouping))
    }

    /// Copies a delivery into the landing folder, archives opened. One that cannot be opened lands as it came, with the
    /// reason, to be refused.
    ///
    /// # Errors
    /// [`TransportError::Delivery`] where it cannot be read, [`TransportError::Landing`] where it cannot be written.
    pub fn fetch(&self, dropped: &Dropped, into: &mut Arrival) -> Result<(), TransportError> {
        into.received(dropped.modified());
        let raw: Vec<Raw> = dropped.files.iter().map(raw).collect();
        archive::pour(&raw, self.limits, &self.place(), into)
    }

    /// Whether the folder can be read, and what lies in it.
    pub fn check(&self, now: SystemTime) -> Vec<Checked> {
        vec![match self.list(now) {
            Ok(listing) => Checked::Good(format!(
                "{} deliveries in its folder, {} still changing",
                listing.ready.len(),
                listing.unsettled
            )),
            Err(error) => Checked::Bad(error.to_string()),
        }]
    }

    /// Clears a delivery that has its verdict as [`Then`] says. One that changed since it was listed is left alone, to
    /// be found as a new one.
    ///
    /// # Errors
    /// [`TransportError::Acknowledge`] where it cannot be moved or deleted. Nothing is lost by that.
    pub fn acknowledge(&self, delivery: &Dropped) -> Result<(), TransportError> {
        self.acknowledge_inner(delivery)
            .map_err(|error| TransportError::Acknowledge {
                place: self.place(),
                fault: Fault::Io(error),
            })
    }

    fn place(&self) -> String {
        format!("the folder of feed {}", self.feed)
    }

    fn acknowledge_inner(&self, delivery: &Dropped) -> io::Result<()> {
        for file in &delivery.files {
            match fs::metadata(&file.path) {
                Ok(now) if now.len() == file.bytes && now.modified()? == file.modified => {}
                Ok(_) => return Ok(()),
                // Acknowledged before, by a night that was stopped just after.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        match self.then {
            Then::Keep => Ok(()),
            Then::Archive => self.archive(delivery),
            Then::Delete => {
                for file in &delivery.files {
                    ignore_missing(fs::remove_file(&file.path))?;
                }
                match &delivery.sub_folder {
                    // Fails where something else has come into the folder meanwhile; that is then a delivery.
                    Some(folder) => fs::remove_dir(folder).or(Ok(())),
                    None => Ok(()),
                }
            }
        }
    }

    fn archive(&self, delivery: &Dropped) -> io::Result<()> {
        let archive = self.path.join(ARCHIVE);
        fs::create_dir_all(&archive)?;
        let moves: Vec<&Path> = match &delivery.sub_folder {
            Some(folder) => vec![folder],
            None => delivery.files.iter().map(|file| file.path.as_path()).collect(),
        };
        for from in moves {
            let Some(name) = from.file_name() else { continue };
            let mut to = archive.join(name);
            let mut copy = 1u32;
            while to.exists() {
                copy += 1;
                let mut numbered = name.to_owned();
                numbered.push(format!(".{copy}"));
                to = archive.join(numbered);
            }
            ignore_missing(fs::rename(from, to))?;
        }
        Ok(())
    }
}

type Entry = (String, PathBuf, fs::Metadata);

/// The visible entries of a folder, by name. Links are followed: an operator may link a share in.
fn entries(folder: &Path) -> io::Result<Vec<Entry>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if dropped::is_unfinished(&name) {
            continue;
        }
        match fs::metadata(entry.path()) {
            Ok(metadata) => found.push((name, entry.path(), metadata)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    found.sort_by(|one, other| one.0.cmp(&other.0));
    Ok(found)
}

fn raw(file: &SourceFile) -> Raw {
    Raw {
        name: file.name.clone(),
        path: file.path.clone(),
        bytes: file.bytes,
    }
}

fn source_file(name: String, path: PathBuf, metadata: &fs::Metadata) -> io::Result<SourceFile> {
    Ok(SourceFile {
        name,
        path,
        bytes: metadata.len(),
        modified: metadata.modified()?,
    })
}

fn ignore_missing(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}
