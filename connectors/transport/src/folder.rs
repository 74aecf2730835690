//! A folder that files are dropped into.
//!
//! A delivery is one file, or one sub-folder of files. It is ready once nothing in it has changed for the
//! quiet period, so that a file still being written is not taken. Names that start with a dot or `~$`, or end
//! in `.tmp`, `.part` or `.filepart`, are other programs' work in progress and are passed over, as is the
//! sub-folder `archive`, where loaded deliveries go.

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use crate::TransportError;

/// What becomes of a delivery in its folder once the night has its verdict.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Then {
    /// It stays, and is recognised by its hash on later nights.
    #[default]
    Keep,
    /// It moves to the sub-folder `archive`.
    Archive,
    /// It is deleted.
    Delete,
}

/// Whether files that lie loose in the folder belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grouping {
    /// Each file is a delivery.
    EachFile,
    /// All loose files together are one delivery (a set of tables).
    Together,
}

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
}

/// One file where the provider left it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceFile {
    /// Its name.
    pub name: String,
    /// Where it lies.
    pub path: PathBuf,
    /// Its length when it was found.
    pub bytes: u64,
    /// When it was last changed.
    pub modified: SystemTime,
}

/// A delivery where the provider left it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offered {
    /// The sub-folder it came in, if it did.
    pub sub_folder: Option<PathBuf>,
    /// Its files, in the order of their names.
    pub files: Vec<SourceFile>,
}

impl Offered {
    /// When its youngest file was last changed: the transport's time of the delivery.
    pub fn modified(&self) -> SystemTime {
        self.files
            .iter()
            .map(|file| file.modified)
            .max()
            .unwrap_or(SystemTime::UNIX_EPOCH)
    }
}

/// What lies in a folder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// Deliveries that have been quiet long enough, in the order of their names.
    pub ready: Vec<Offered>,
    /// How many deliveries are still changing.
    pub unsettled: usize,
}

impl Folder {
    /// Lists the deliveries in the folder.
    ///
    /// # Errors
    /// [`TransportError::Source`] where the folder, or something in it, cannot be read.
    pub fn list(&self, now: SystemTime) -> Result<Listing, TransportError> {
        self.list_inner(now).map_err(|source| TransportError::Source {
            feed: self.feed.clone(),
            source,
        })
    }

    fn list_inner(&self, now: SystemTime) -> io::Result<Listing> {
        let mut loose = Vec::new();
        let mut offered = Vec::new();
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
                if !files.is_empty() {
                    offered.push(Offered {
                        sub_folder: Some(path),
                        files,
                    });
                }
            }
        }
        match self.grouping {
            Grouping::EachFile => {
                offered.extend(loose.into_iter().map(|file| Offered {
                    sub_folder: None,
                    files: vec![file],
                }));
            }
            Grouping::Together if !loose.is_empty() => offered.push(Offered {
                sub_folder: None,
                files: loose,
            }),
            Grouping::Together => {}
        }
        let mut listing = Listing::default();
        for delivery in offered {
            // A time in the future is a clock that differs, not a file still being written.
            let age = now.duration_since(delivery.modified()).unwrap_or(self.quiet);
            if age >= self.quiet {
                listing.ready.push(delivery);
            } else {
                listing.unsettled += 1;
            }
        }
        Ok(listing)
    }

    /// Tells the source that the night has its durable verdict on a delivery: clears it as [`Then`] says.
    /// A delivery that changed since it was listed is left alone, to be found as a new one.
    ///
    /// # Errors
    /// [`TransportError::Acknowledge`] where it cannot be moved or deleted. Nothing is lost by that.
    pub fn acknowledge(&self, delivery: &Offered) -> Result<(), TransportError> {
        self.acknowledge_inner(delivery)
            .map_err(|source| TransportError::Acknowledge {
                feed: self.feed.clone(),
                source,
            })
    }

    fn acknowledge_inner(&self, delivery: &Offered) -> io::Result<()> {
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

    fn archive(&self, delivery: &Offered) -> io::Result<()> {
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

/// The sub-folder that loaded deliveries move to.
const ARCHIVE: &str = "archive";

type Entry = (String, PathBuf, fs::Metadata);

/// The visible entries of a folder, by name. Links are followed: an operator may link a share in.
fn entries(folder: &Path) -> io::Result<Vec<Entry>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let unfinished = [".tmp", ".part", ".filepart"]
            .iter()
            .any(|ending| name.to_ascii_lowercase().ends_with(ending));
        if name.starts_with('.') || name.starts_with("~$") || unfinished {
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
