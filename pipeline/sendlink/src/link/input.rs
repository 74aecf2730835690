//! One CSV file, read in a stream.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{BufRead, BufReader},
    path::Path,
};

use csv::{ErrorKind, StringRecord};
use sha2::{Digest, Sha256};

use super::plan::{Input, PlannedColumn};
use crate::exit::{Exit, Failure};

/// Bytes that are read at once.
const BUFFER: usize = 1 << 18;

/// Rows of a batch: enough that handing one over costs nothing beside encoding it, few enough to stay in the cache.
pub const BATCH: usize = 4_096;

/// Some rows of a file: of each its id, then the cells of the planned columns, all trimmed.
#[derive(Debug, Default)]
pub struct Batch {
    text: String,
    ends: Vec<u32>,
    width: usize,
}

impl Batch {
    /// Its rows.
    pub fn rows(&self) -> usize {
        self.ends.len() / self.width.max(1)
    }

    /// The id of each row.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.cells(0)
    }

    /// The cells of a planned column.
    pub fn column(&self, column: usize) -> impl Iterator<Item = &str> {
        self.cells(column + 1)
    }

    fn cells(&self, place: usize) -> impl Iterator<Item = &str> {
        (0..self.rows()).map(move |row| {
            let at = row * self.width + place;
            let end = |at: usize| self.ends.get(at).map_or(0, |end| *end as usize);
            let start = at.checked_sub(1).map_or(0, end);
            self.text.get(start..end(at)).unwrap_or_default()
        })
    }

    fn push(&mut self, cell: &str) {
        self.text.push_str(cell.trim());
        self.ends.push(self.text.len() as u32);
    }
}

/// A file that is being read.
pub struct Reader<'a> {
    input: &'a Input,
    csv: csv::Reader<File>,
    /// Where the id stands in a row, then the planned columns.
    places: Vec<usize>,
    record: StringRecord,
    rows: u64,
    /// Size and time of the file when it was opened.
    seen: fs::Metadata,
}

impl<'a> Reader<'a> {
    /// Opens the input at this position, and finds its columns.
    ///
    /// # Errors
    /// Exit code 65 where there is no such file or a heading is missing or there twice.
    pub fn open(input: &'a Input, position: usize, columns: &[PlannedColumn]) -> Result<Self, Failure> {
        let (file, seen) = open(&input.path)?;
        let mut csv = csv::ReaderBuilder::new()
            .buffer_capacity(BUFFER)
            .from_reader(file);
        let headings = csv
            .headers()
            .map_err(|error| refused(&input.path, &error))?
            .clone();
        let wanted = std::iter::once(&input.id)
            .chain(columns.iter().filter_map(|column| column.headings.get(position)));
        let mut places = Vec::new();
        for heading in wanted {
            places.push(place(&input.path, &headings, heading)?);
        }
        Ok(Reader {
            input,
            csv,
            places,
            record: StringRecord::new(),
            rows: 0,
            seen,
        })
    }

    /// The next rows; none at the end of the file.
    ///
    /// # Errors
    /// Exit code 65 for a row that cannot be used or a file that changes while it is read.
    pub fn batch(&mut self) -> Result<Option<Batch>, Failure> {
        let path = &self.input.path;
        let mut batch = Batch {
            width: self.places.len(),
            ..Batch::default()
        };
        while batch.rows() < BATCH && batch.text.len() < LARGE {
            if !self
                .csv
                .read_record(&mut self.record)
                .map_err(|error| refused(path, &error))?
            {
                break;
            }
            self.rows += 1;
            let cells = || {
                self.places
                    .iter()
                    .map(|place| self.record.get(*place).unwrap_or_default())
            };
            if cells().next().is_none_or(|id| id.trim().is_empty()) {
                let line = self.record.position().map_or(0, csv::Position::line);
                return Err(unusable(
                    path,
                    format!(
                        "line {line}: there is nothing under \"{}\"; every row needs an id",
                        self.input.id
                    ),
                ));
            }
            cells().for_each(|cell| batch.push(cell));
        }
        if batch.rows() > 0 {
            return Ok(Some(batch));
        }
        let now = fs::metadata(path).map_err(|error| failed(path, &error))?;
        if now.len() != self.seen.len() || now.modified().ok() != self.seen.modified().ok() {
            return Err(unusable(
                path,
                "changed while it was read; try again when it is whole",
            ));
        }
        Ok(None)
    }

    /// How far into the file it has come, in bytes.
    pub fn bytes(&self) -> u64 {
        self.csv.position().byte()
    }
}

/// Text of a batch above which it is handed over, however few its rows: a cell may be long.
const LARGE: usize = 1 << 24;

/// The digest of a file's lines, in whatever order they stand, so that shuffled rows are encoded under the same key:
/// the sum of their hashes.
///
/// # Errors
/// Exit code 65 or 74 where the file cannot be read.
pub fn digest(path: &Path) -> Result<[u8; 32], Failure> {
    let (file, _) = open(path)?;
    let mut file = BufReader::with_capacity(BUFFER, file);
    let mut sum = [0_u64; 4];
    let mut line = Vec::new();
    while file
        .read_until(b'\n', &mut line)
        .map_err(|error| failed(path, &error))?
        > 0
    {
        while line.last().is_some_and(u8::is_ascii_whitespace) {
            line.pop();
        }
        let hash = Sha256::digest(&line);
        for (sum, part) in sum.iter_mut().zip(hash.chunks_exact(8)) {
            let mut bytes = [0; 8];
            bytes.copy_from_slice(part);
            *sum = sum.wrapping_add(u64::from_le_bytes(bytes));
        }
        line.clear();
    }
    let mut digest = [0; 32];
    for (to, part) in digest.chunks_exact_mut(8).zip(sum) {
        to.copy_from_slice(&part.to_le_bytes());
    }
    Ok(digest)
}

/// The lines on which rows stand, counted from 0, for a message. None where the file cannot be read any more.
pub fn lines_of<const N: usize>(path: &Path, rows: [usize; N]) -> [Option<u64>; N] {
    let mut lines = [None; N];
    let Ok(mut csv) = csv::Reader::from_path(path) else {
        return lines;
    };
    let mut record = StringRecord::new();
    let mut row = 0;
    while let Ok(true) = csv.read_record(&mut record) {
        for (line, wanted) in lines.iter_mut().zip(rows) {
            if wanted == row {
                *line = record.position().map(csv::Position::line);
            }
        }
        row += 1;
    }
    lines
}

/// Where a heading stands.
///
/// # Errors
/// Exit code 65 where it is missing or there twice.
pub fn place(path: &Path, headings: &StringRecord, wanted: &str) -> Result<usize, Failure> {
    let mut found: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (place, heading) in headings.iter().enumerate() {
        // A byte order mark is no part of a heading.
        let heading = heading.trim_start_matches('\u{feff}').trim();
        found.entry(heading).or_default().push(place);
    }
    match found.get(wanted).map(Vec::as_slice) {
        Some([place]) => Ok(*place),
        Some(_) => Err(unusable(
            path,
            format!("line 1: there are two columns \"{wanted}\""),
        )),
        None if headings.is_empty() => Err(unusable(
            path,
            "the file is empty; its first line must name its columns",
        )),
        None if headings.len() == 1 && found.keys().any(|only| only.contains([';', '\t', '|'])) => {
            Err(unusable(
                path,
                "line 1: the columns are not separated by commas; save the file as CSV with commas",
            ))
        }
        None => Err(unusable(path, format!("line 1: there is no column \"{wanted}\""))),
    }
}

/// A file that cannot be used, and why.
pub fn unusable(path: &Path, why: impl std::fmt::Display) -> Failure {
    Failure::new(Exit::NoInput, format!("{}: {why}", path.display()))
}

/// What the reader of CSV has against a file, without a word of what is in it.
pub fn refused(path: &Path, error: &csv::Error) -> Failure {
    let line = error.position().map_or(1, csv::Position::line);
    match error.kind() {
        ErrorKind::UnequalLengths {
            expected_len, len, ..
        } => unusable(
            path,
            format!(
                "line {line}: {len} fields where the first line has {expected_len}; is a quotation mark open, or a comma not quoted?"
            ),
        ),
        ErrorKind::Utf8 { err, .. } => unusable(
            path,
            format!(
                "line {line}, field {}: not UTF-8; save the file as \"CSV UTF-8\"",
                err.field() + 1
            ),
        ),
        ErrorKind::Io(error) => failed(path, error),
        _ => unusable(path, format!("line {line}: cannot be read as CSV")),
    }
}

fn open(path: &Path) -> Result<(File, fs::Metadata), Failure> {
    let file = File::open(path).map_err(|error| failed(path, &error))?;
    let seen = file.metadata().map_err(|error| failed(path, &error))?;
    if seen.is_dir() {
        return Err(unusable(path, "is a folder, not a file"));
    }
    Ok((file, seen))
}

fn failed(path: &Path, error: &std::io::Error) -> Failure {
    let exit = if error.kind() == std::io::ErrorKind::NotFound {
        Exit::NoInput
    } else {
        Exit::Io
    };
    Failure::new(exit, format!("{} cannot be read: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_of_lines_does_not_depend_on_their_order() {
        let folder = tempfile::tempdir().unwrap();
        let of = |text: &str| {
            let path = folder.path().join("file.csv");
            fs::write(&path, text).unwrap();
            digest(&path).unwrap()
        };
        let one = of("id,name\n1,Ann\n2,Bob\n");
        assert_eq!(one, of("id,name\n2,Bob\n1,Ann"));
        assert_eq!(one, of("id,name\r\n2,Bob\r\n1,Ann\r\n"));
        assert_ne!(one, of("id,name\n1,Ann\n2,Bo\n"));
        assert_ne!(one, of("id,name\n1,Ann\n2,Bob\n2,Bob\n"));
    }
}
