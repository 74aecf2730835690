//! Files that hold secrets: opened once, and refused where somebody else may open them too.

use std::{
    fs,
    io::{self, Read},
    path::Path,
};

use zeroize::Zeroizing;

/// Why a secret was not read.
#[derive(Debug)]
pub(crate) enum Unread {
    /// There is no file.
    Missing,
    /// It cannot be read.
    Io(io::Error),
    /// A folder, a device or a pipe.
    NotAFile,
    /// Somebody else may read or replace the secret.
    Exposed {
        /// Who may: everybody, or a group.
        who: &'static str,
        /// Its permission bits.
        mode: u32,
    },
    /// It holds more than such a secret can.
    TooLong,
}

/// Reads a file of at most `longest` bytes.
///
/// The checks hold for the very file that is read, whatever its path leads through: it is opened once. On systems
/// without Unix modes the file's access list is the owner's business.
pub(crate) fn read(path: &Path, longest: u64) -> Result<Zeroizing<Vec<u8>>, Unread> {
    let file = fs::File::open(path).map_err(|source| match source.kind() {
        io::ErrorKind::NotFound => Unread::Missing,
        _ => Unread::Io(source),
    })?;
    let metadata = file.metadata().map_err(Unread::Io)?;
    if !metadata.is_file() {
        return Err(Unread::NotAFile);
    }
    check_access(&metadata)?;

    // Room for everything from the start: a buffer that grows leaves copies of itself behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(longest as usize + 64));
    file.take(longest + 1)
        .read_to_end(&mut bytes)
        .map_err(Unread::Io)?;
    if bytes.len() as u64 > longest {
        return Err(Unread::TooLong);
    }
    Ok(bytes)
}

#[cfg(unix)]
fn check_access(metadata: &fs::Metadata) -> Result<(), Unread> {
    use std::os::unix::fs::MetadataExt;

    let mode = metadata.mode() & 0o777;
    let own_group = metadata.gid() == rustix::process::getegid().as_raw();
    let who = if mode & 0o007 != 0 {
        "everybody"
    } else if mode & 0o070 != 0 && !own_group {
        "a group that is not this process's own"
    } else {
        return Ok(());
    };
    Err(Unread::Exposed { who, mode })
}

#[cfg(not(unix))]
fn check_access(_: &fs::Metadata) -> Result<(), Unread> {
    Ok(())
}
