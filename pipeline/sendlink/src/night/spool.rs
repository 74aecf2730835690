//! Encoded rows on disk between reading and loading.
//!
//! A delivery is loaded in one transaction, and no transaction may wait on parsing or encoding; so the encoded
//! rows of a delivery are written out first. They are as the vault will hold them: sealed, pseudonymised. The
//! file has no name and vanishes with the process.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{self, BufReader, BufWriter, Read, Seek, Write},
    path::Path,
};

use dataset::WrittenRow;

/// A row as it stands in a spool.
pub struct SpooledRow {
    bytes: Vec<u8>,
    /// The scope in which it states a record.
    states_in: Option<String>,
}

impl SpooledRow {
    /// Makes one.
    ///
    /// # Errors
    /// Where the row cannot be written.
    pub fn new(row: &WrittenRow) -> io::Result<Self> {
        Ok(SpooledRow {
            bytes: postcard::to_allocvec(row).map_err(io::Error::other)?,
            states_in: row.states_in().map(str::to_owned),
        })
    }
}

/// A spool being written.
pub struct SpoolWriter {
    file: BufWriter<File>,
    rows: u64,
    stating: BTreeMap<String, u64>,
}

/// A spool to be read back.
pub struct Spool {
    file: File,
    rows: u64,
    stating: BTreeMap<String, u64>,
}

impl SpoolWriter {
    /// An empty spool in this folder.
    ///
    /// # Errors
    /// Where the folder cannot be written.
    pub fn new(folder: &Path) -> io::Result<Self> {
        Ok(SpoolWriter {
            file: BufWriter::with_capacity(1 << 20, tempfile::tempfile_in(folder)?),
            rows: 0,
            stating: BTreeMap::new(),
        })
    }

    /// Adds a row.
    ///
    /// # Errors
    /// Where the disk takes no more.
    pub fn push(&mut self, row: &SpooledRow) -> io::Result<()> {
        let SpooledRow { bytes, states_in } = row;
        self.file.write_all(&(bytes.len() as u32).to_le_bytes())?;
        self.file.write_all(bytes)?;
        self.rows += 1;
        if let Some(scope) = states_in {
            match self.stating.get_mut(scope) {
                Some(rows) => *rows += 1,
                None => {
                    self.stating.insert(scope.clone(), 1);
                }
            }
        }
        Ok(())
    }

    /// Ends writing.
    ///
    /// # Errors
    /// Where the disk takes no more.
    pub fn finish(self) -> io::Result<Spool> {
        let mut file = self.file.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.rewind()?;
        Ok(Spool {
            file,
            rows: self.rows,
            stating: self.stating,
        })
    }
}

impl Spool {
    /// How many rows it holds.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// How many of them state a record of this scope.
    pub fn stating(&self, scope: &str) -> u64 {
        self.stating.get(scope).copied().unwrap_or_default()
    }

    /// Reads the rows back, once.
    pub fn read(self) -> impl Iterator<Item = io::Result<WrittenRow>> + Send {
        let mut file = BufReader::with_capacity(1 << 20, self.file);
        let mut buffer = Vec::new();
        (0..self.rows).map(move |_| {
            let mut length = [0; 4];
            file.read_exact(&mut length)?;
            buffer.resize(u32::from_le_bytes(length) as usize, 0);
            file.read_exact(&mut buffer)?;
            postcard::from_bytes(&buffer).map_err(io::Error::other)
        })
    }
}
