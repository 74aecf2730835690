//! Writing files under the folder of the area, with times that do not depend on the clock.

use std::{
    fs::{self, File},
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use jiff::civil::{Date, DateTime};

use crate::settings::SynthError;

/// The folder of the area.
#[derive(Clone, Debug)]
pub(crate) struct Files {
    out: PathBuf,
    as_at: Date,
}

impl Files {
    /// Begins a folder, which must be new or empty.
    pub(crate) fn begin(out: &Path, as_at: Date) -> Result<Self, SynthError> {
        let files = Files {
            out: out.to_owned(),
            as_at,
        };
        fs::create_dir_all(out).map_err(|source| wrong(".", source))?;
        let mut entries = fs::read_dir(out).map_err(|source| wrong(".", source))?;
        if entries.next().is_some() {
            return Err(SynthError::Settings("the folder for the area is not empty"));
        }
        Ok(files)
    }

    /// Where a file lies. Its folder is made.
    pub(crate) fn place(&self, path: &str) -> Result<PathBuf, SynthError> {
        let place = self.out.join(path);
        if let Some(folder) = place.parent() {
            fs::create_dir_all(folder).map_err(|source| wrong(path, source))?;
        }
        Ok(place)
    }

    /// A new file.
    pub(crate) fn create(&self, path: &str) -> Result<BufWriter<File>, SynthError> {
        File::create(self.place(path)?)
            .map(BufWriter::new)
            .map_err(|source| wrong(path, source))
    }

    /// Sets when a file came, which the transport takes for the time of delivery; by default the as-at date.
    pub(crate) fn came(&self, path: &str, at: Option<DateTime>) -> Result<(), SynthError> {
        let at = at.unwrap_or_else(|| self.as_at.at(6, 0, 0, 0));
        let seconds = at
            .to_zoned(jiff::tz::TimeZone::UTC)
            .map(|time| time.timestamp().as_second())
            .unwrap_or_default();
        let time = SystemTime::UNIX_EPOCH + Duration::from_secs(u64::try_from(seconds).unwrap_or_default());
        File::options()
            .write(true)
            .open(self.out.join(path))
            .and_then(|file| file.set_modified(time))
            .map_err(|source| wrong(path, source))
    }
}

/// An error of one file.
pub(crate) fn wrong(path: &str, source: io::Error) -> SynthError {
    SynthError::Write {
        path: path.to_owned(),
        source,
    }
}

/// A CSV file of our own: reference and truth.
pub(crate) struct Csv {
    path: String,
    files: Files,
    writer: csv::Writer<BufWriter<File>>,
}

impl Csv {
    pub(crate) fn create(files: &Files, path: &str, header: &[&str]) -> Result<Self, SynthError> {
        let writer = csv::WriterBuilder::new().from_writer(files.create(path)?);
        let mut csv = Csv {
            path: path.to_owned(),
            files: files.clone(),
            writer,
        };
        csv.row(header)?;
        Ok(csv)
    }

    pub(crate) fn row(&mut self, cells: &[&str]) -> Result<(), SynthError> {
        self.writer
            .write_record(cells)
            .map_err(|error| wrong(&self.path, error.into()))
    }

    /// Ends the file and sets when it came.
    pub(crate) fn finish(self, at: Option<DateTime>) -> Result<(), SynthError> {
        let Csv { path, files, writer } = self;
        let mut inner = writer
            .into_inner()
            .map_err(|error| wrong(&path, error.into_error()))?;
        inner.flush().map_err(|source| wrong(&path, source))?;
        drop(inner);
        files.came(&path, at)
    }
}
