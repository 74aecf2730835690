//! Archives, opened in a stream and within limits.
//!
//! Nothing that an archive says about itself is believed: not its sizes, not its paths. What comes out is counted as it
//! comes and set against the length that the archive has on the disk; of a path only the last part is used, as a name
//! in the landing folder's list, never as a place to write to.

use std::{
    collections::BTreeSet,
    fs::File,
    io::{self, BufReader, Read},
    path::PathBuf,
};

use flate2::read::MultiGzDecoder;
use kit::rules::{self, Rule};
use zip::{ZipArchive, result::ZipError};

use crate::{Arrival, Fault, TransportError, arrival::FillError};

/// A file as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Raw {
    /// Its sender's name for it.
    pub name: String,
    /// Where it lies.
    pub path: PathBuf,
    /// Its length.
    pub bytes: u64,
}

/// Pours files into an arrival, archives opened. Where one cannot be opened, all arrive as they came, with the reason.
///
/// # Errors
/// [`TransportError::Delivery`] (of this `place`) where a file cannot be read, [`TransportError::Landing`] where it
/// cannot be written.
pub fn pour(files: &[Raw], limits: Limits, place: &str, into: &mut Arrival) -> Result<(), TransportError> {
    let failed = |error| match error {
        Pour::Transport(error) => error,
        Pour::Landing(source) => TransportError::Landing { source },
        Pour::Read(error) => TransportError::Delivery {
            place: place.to_owned(),
            fault: Fault::Io(error),
        },
        Pour::Unfit(rule) => TransportError::Delivery {
            place: place.to_owned(),
            fault: Fault::Damaged(rule.wrong),
        },
    };
    let rule = match Opened::new(limits).pour_all(files, into) {
        Err(Pour::Unfit(rule)) => rule,
        other => return other.map_err(failed),
    };
    into.unfit(rule.id)?;
    for file in files {
        plain(file, into).map_err(failed)?;
    }
    Ok(())
}

/// Pours in one file as it is.
fn plain(file: &Raw, into: &mut Arrival) -> Result<(), Pour> {
    let reader = File::open(&file.path).map_err(Pour::Read)?;
    let mut arriving = into.file(&file.name).map_err(Pour::Transport)?;
    arriving.fill(reader, u64::MAX)?;
    arriving.finish();
    Ok(())
}

/// How far the archives of one delivery are opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes that may come out for each byte of an archive.
    pub ratio: u64,
    /// Bytes that may come out of all archives of a delivery.
    pub total: u64,
    /// Entries that an archive may have.
    pub entries: usize,
}

impl Limits {
    /// CSV and XML shrink to between a tenth and a thirtieth; deflate at its most gives a thousandth. The largest table
    /// set that we know is some hundred megabytes in thirty tables.
    pub const USUAL: Limits = Limits {
        ratio: 100,
        total: 2 * 1024 * 1024 * 1024,
        entries: 1_000,
    };
}

/// Below this much the ratio says nothing: a column of blanks shrinks a lot and harms nobody.
const RATIO_COUNTS_FROM: u64 = 1024 * 1024;

/// What a file is, by the ending of its name. A workbook is a zip by its bytes and no archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Itself.
    Plain,
    /// One file, compressed.
    Gzip,
    /// Several files.
    Zip,
}

impl Form {
    /// The form of a file of this name.
    pub fn of(name: &str) -> Self {
        match name.rsplit_once('.') {
            Some((_, ending)) if ending.eq_ignore_ascii_case("gz") => Form::Gzip,
            Some((_, ending)) if ending.eq_ignore_ascii_case("zip") => Form::Zip,
            _ => Form::Plain,
        }
    }
}

/// What has come out of the archives of one delivery.
struct Opened {
    limits: Limits,
    total: u64,
    names: BTreeSet<String>,
}

impl Opened {
    fn new(limits: Limits) -> Self {
        Opened {
            limits,
            total: 0,
            names: BTreeSet::new(),
        }
    }

    fn pour_all(&mut self, files: &[Raw], into: &mut Arrival) -> Result<(), Pour> {
        for file in files {
            match Form::of(&file.name) {
                Form::Plain => {
                    self.name(&file.name)?;
                    plain(file, into)?;
                }
                Form::Gzip => self.gzip(file, into)?,
                Form::Zip => self.zip(file, into)?,
            }
        }
        Ok(())
    }

    /// Takes a name; each may be taken once.
    fn name(&mut self, name: &str) -> Result<(), Pour> {
        match self.names.insert(name.to_owned()) {
            true => Ok(()),
            false => Err(Pour::Unfit(&rules::ARCHIVE_NAMES)),
        }
    }

    /// Pours in the file that a `.gz` holds.
    fn gzip(&mut self, file: &Raw, into: &mut Arrival) -> Result<(), Pour> {
        let name = file.name.rsplit_once('.').map_or("", |(name, _)| name);
        self.name(name)?;
        let reader = File::open(&file.path).map_err(Pour::Read)?;
        let decoder = MultiGzDecoder::new(BufReader::new(reader));
        self.pour(name, decoder, self.room(file, 0), into)?;
        Ok(())
    }

    /// Pours in the files that a `.zip` holds.
    fn zip(&mut self, file: &Raw, into: &mut Arrival) -> Result<(), Pour> {
        let reader = File::open(&file.path).map_err(Pour::Read)?;
        let mut archive = ZipArchive::new(BufReader::new(reader)).map_err(unopened)?;
        if archive.len() > self.limits.entries {
            return Err(Pour::Unfit(&rules::ARCHIVE_BOMB));
        }
        let mut from_this = 0;
        let mut files = 0;
        for index in 0..archive.len() {
            let entry = archive.by_index_raw(index).map_err(unopened)?;
            if entry.is_dir() {
                continue;
            }
            if entry.encrypted() {
                return Err(Pour::Unfit(&rules::LOCKED_ARCHIVE));
            }
            let path = entry.name().map_err(unopened)?.into_owned();
            let name = path.rsplit(['/', '\\']).next().unwrap_or_default().to_owned();
            if entry.is_symlink() || Form::of(&name) != Form::Plain || name.is_empty() {
                return Err(Pour::Unfit(&rules::NESTED_ARCHIVE));
            }
            if is_litter(&path, &name) {
                continue;
            }
            drop(entry);
            self.name(&name)?;
            let entry = archive.by_index(index).map_err(unopened)?;
            from_this += self.pour(&name, entry, self.room(file, from_this), into)?;
            files += 1;
        }
        match files {
            0 => Err(Pour::Unfit(&rules::EMPTY_FILE)),
            _ => Ok(()),
        }
    }

    /// How many bytes more may come out of an archive that has given this many.
    fn room(&self, file: &Raw, given: u64) -> u64 {
        let of_file = file
            .bytes
            .saturating_mul(self.limits.ratio)
            .max(RATIO_COUNTS_FROM);
        of_file
            .saturating_sub(given)
            .min(self.limits.total.saturating_sub(self.total))
    }

    fn pour(&mut self, name: &str, from: impl Read, room: u64, into: &mut Arrival) -> Result<u64, Pour> {
        let mut arriving = into.file(name).map_err(Pour::Transport)?;
        arriving.fill(from, room).map_err(|error| match error {
            FillError::From(error) => unread(error),
            other => other.into(),
        })?;
        let bytes = arriving.bytes();
        arriving.finish();
        self.total += bytes;
        Ok(bytes)
    }
}

/// What programs that make archives leave in them beside the files.
fn is_litter(path: &str, name: &str) -> bool {
    name.starts_with('.') || path.starts_with("__MACOSX/") || name.eq_ignore_ascii_case("thumbs.db")
}

/// An archive that cannot be opened: the disk's fault, or its own.
fn unopened(error: ZipError) -> Pour {
    match error {
        ZipError::Io(error) => unread(error),
        _ => Pour::Unfit(&rules::DAMAGED_ARCHIVE),
    }
}

fn unread(error: io::Error) -> Pour {
    match error.raw_os_error() {
        Some(_) => Pour::Read(error),
        None => Pour::Unfit(&rules::DAMAGED_ARCHIVE),
    }
}

/// Why a delivery cannot be poured into the landing folder.
enum Pour {
    /// A file cannot be read.
    Read(io::Error),
    /// The landing folder cannot be written.
    Landing(io::Error),
    /// Another failure of the landing folder.
    Transport(TransportError),
    /// An archive is not to be opened, for the reason of this rule.
    Unfit(&'static Rule),
}

impl From<FillError> for Pour {
    fn from(error: FillError) -> Self {
        match error {
            FillError::From(error) => Pour::Read(error),
            FillError::Landing(error) => Pour::Landing(error),
            // Only archives are filled up to a limit.
            FillError::TooLarge(_) => Pour::Unfit(&rules::ARCHIVE_BOMB),
        }
    }
}
