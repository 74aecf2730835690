//! What lies at a place that files are dropped into, and which of it belongs together: the same for a folder, an object
//! store and an SFTP server.

use std::time::{Duration, SystemTime};

use crate::archive::Form;

/// What becomes of a delivery at its place once the night has its verdict.
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

/// Whether files that lie loose belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grouping {
    /// Each file is a delivery.
    EachFile,
    /// All loose files together are one delivery (a set of tables).
    Together,
}

/// One file where the provider left it. `P` is how its place points at files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceFile<P> {
    /// Its name.
    pub name: String,
    /// Where it lies.
    pub path: P,
    /// Its length when it was found.
    pub bytes: u64,
    /// When it was last changed.
    pub modified: SystemTime,
}

/// A delivery where the provider left it. `S` is how its place points at sub-folders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dropped<P, S = P> {
    /// The sub-folder it came in, if it did.
    pub sub_folder: Option<S>,
    /// Its files, in the order of their names.
    pub files: Vec<SourceFile<P>>,
}

impl<P, S> Dropped<P, S> {
    /// When its youngest file was last changed: the transport's time of the delivery.
    pub fn modified(&self) -> SystemTime {
        self.files
            .iter()
            .map(|file| file.modified)
            .max()
            .unwrap_or(SystemTime::UNIX_EPOCH)
    }

    /// Whether it has been unchanged for so long.
    pub fn is_settled(&self, now: SystemTime, quiet: Duration) -> bool {
        // A time in the future is a clock that differs, not a file still being written.
        now.duration_since(self.modified()).unwrap_or(quiet) >= quiet
    }
}

/// The deliveries among what was found: each sub-folder that is not empty, then the loose files, alone or together.
pub fn deliveries<P, S>(
    sub_folders: Vec<(S, Vec<SourceFile<P>>)>,
    loose: Vec<SourceFile<P>>,
    grouping: Grouping,
) -> Vec<Dropped<P, S>> {
    let mut drops: Vec<_> = sub_folders
        .into_iter()
        .filter(|(_, files)| !files.is_empty())
        .map(|(folder, files)| Dropped {
            sub_folder: Some(folder),
            files,
        })
        .collect();
    // A zip is a sub-folder of its own, wherever its neighbours belong.
    let alone = |file: &SourceFile<P>| grouping == Grouping::EachFile || Form::of(&file.name) == Form::Zip;
    let (alone, together): (Vec<_>, Vec<_>) = loose.into_iter().partition(alone);
    drops.extend(alone.into_iter().map(|file| Dropped {
        sub_folder: None,
        files: vec![file],
    }));
    if !together.is_empty() {
        drops.push(Dropped {
            sub_folder: None,
            files: together,
        });
    }
    drops
}

/// Whether a name is one under which other programs keep their work in progress.
pub fn is_unfinished(name: &str) -> bool {
    let ending = [".tmp", ".part", ".filepart"]
        .iter()
        .any(|ending| name.to_ascii_lowercase().ends_with(ending));
    name.starts_with('.') || name.starts_with("~$") || ending
}

/// The sub-folder that loaded deliveries move to.
pub const ARCHIVE: &str = "archive";
