//! Files for people, written only where they differ, so that a night that changes nothing touches nothing.

use std::{fs, io::Write, path::Path};

use crate::exit::{Failure, of_write};

/// Writes a file aside and renames it into place, unless it already says just this. Whether it was written.
///
/// # Errors
/// Exit code 73 or 74 where it cannot be written.
pub fn write(path: &Path, content: &[u8]) -> Result<bool, Failure> {
    if fs::read(path).is_ok_and(|there| there == content) {
        return Ok(false);
    }
    let failed = |error: std::io::Error| {
        Failure::new(
            of_write(&error),
            format!("{} cannot be written: {error}", path.display()),
        )
    };
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(failed)?;
    }
    let mut name = path.as_os_str().to_owned();
    name.push(".new");
    let aside = Path::new(&name);
    let mut file = fs::File::create(aside).map_err(failed)?;
    file.write_all(content)
        .and_then(|()| file.sync_all())
        .map_err(failed)?;
    fs::rename(aside, path).map_err(failed)?;
    Ok(true)
}

/// A table as CSV bytes.
///
/// # Errors
/// A fault of the program.
pub fn csv<const N: usize>(table: &reports::Table<N>) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    table
        .write(reports::Format::Csv, &mut bytes)
        .map_err(|error| Failure::new(crate::exit::Exit::Bug, error))?;
    Ok(bytes)
}
