//! The folder `mappings/`, carried in the program; a path of one's own wins.

use std::path::{Path, PathBuf};

use include_dir::{Dir, include_dir};
use serde::de::DeserializeOwned;

use crate::layout::{Layout, LayoutError};

static MAPPINGS: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/../../mappings");

/// Why a mapping cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum MappingError {
    /// Neither carried in the program nor a file.
    #[error("there is no mapping {name}: neither built in nor a file at {}", path.display())]
    NotFound {
        /// What was asked for.
        name: String,
        /// Where a file of one's own was looked for.
        path: PathBuf,
    },
    /// The file is there but cannot be read.
    #[error("{}: cannot be read: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// It is not a layout, or not of declared fields.
    #[error(transparent)]
    Layout(#[from] LayoutError),
    /// It is not a mapping file of its kind. The message names line and column.
    #[error("{name}: {source}")]
    Malformed {
        /// The mapping's name.
        name: String,
        /// What the TOML reader found.
        source: Box<toml::de::Error>,
    },
}

/// Loads a layout: `section23/portal-export` is one carried in the program, anything that is a file (with or
/// without `.toml`, from `base_dir` where relative) is one's own and wins.
///
/// # Errors
/// [`MappingError`], naming file, line and column.
pub fn load(name_or_path: &str, base_dir: &Path) -> Result<Layout, MappingError> {
    let own = base_dir.join(name_or_path);
    let with_extension = base_dir.join(format!("{name_or_path}.toml"));
    for path in [&own, &with_extension] {
        if path.is_file() {
            let text = std::fs::read_to_string(path).map_err(|source| MappingError::Io {
                path: path.clone(),
                source,
            })?;
            return Ok(Layout::parse(name_or_path, &text)?);
        }
    }
    let name = name_or_path.strip_suffix(".toml").unwrap_or(name_or_path);
    match embedded(&format!("{name}.toml")) {
        Some(text) => Ok(Layout::parse(name, text)?),
        None => Err(MappingError::NotFound {
            name: name_or_path.to_owned(),
            path: own,
        }),
    }
}

/// The text of a file of `mappings/` that the program carries, by its path in that folder.
pub fn embedded(path: &str) -> Option<&'static str> {
    MAPPINGS.get_file(path)?.contents_utf8()
}

/// A TOML file of `mappings/` that the program carries.
///
/// # Errors
/// [`MappingError::NotFound`] and [`MappingError::Malformed`].
pub fn embedded_toml<T: DeserializeOwned>(path: &str) -> Result<T, MappingError> {
    let text = embedded(path).ok_or_else(|| MappingError::NotFound {
        name: path.to_owned(),
        path: PathBuf::from(path),
    })?;
    toml::from_str(text).map_err(|source| MappingError::Malformed {
        name: path.to_owned(),
        source: Box::new(source),
    })
}

/// The names of the layouts that the program carries for a kind, sorted: `section23/portal-export`, …
pub fn names(kind: records::Kind) -> Vec<String> {
    let mut names = Vec::new();
    if let Some(folder) = MAPPINGS.get_dir(kind.as_str()) {
        for file in folder.files() {
            if file
                .path()
                .extension()
                .is_some_and(|extension| extension == "toml")
            {
                names.push(file.path().with_extension("").to_string_lossy().into_owned());
            }
        }
    }
    names.sort();
    names
}
