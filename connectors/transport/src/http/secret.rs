//! Secrets from files.

use std::{fmt, fs, path::Path};

use zeroize::Zeroizing;

use crate::TransportError;

/// A password or key. Overwritten when it is done with, and never shown.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Reads a secret from its file, without the end of its line.
    ///
    /// # Errors
    /// [`TransportError::Setup`] where it cannot be read, is empty or is more than one line.
    pub fn read(what: &'static str, path: &Path) -> Result<Self, TransportError> {
        let wrong = |reason: String| TransportError::Setup {
            what,
            path: path.to_owned(),
            reason,
        };
        let Secret(text) = Secret::read_whole(what, path)?;
        let line = text.trim_end_matches(['\r', '\n']);
        if line.is_empty() || line.contains(['\r', '\n']) {
            return Err(wrong("it does not hold one line".to_owned()));
        }
        Ok(Secret(Zeroizing::new(line.to_owned())))
    }

    /// Reads a secret of several lines from its file, such as a private key.
    ///
    /// # Errors
    /// [`TransportError::Setup`] where it cannot be read.
    pub fn read_whole(what: &'static str, path: &Path) -> Result<Self, TransportError> {
        let text = fs::read_to_string(path).map_err(|error| TransportError::Setup {
            what,
            path: path.to_owned(),
            reason: error.to_string(),
        })?;
        Ok(Secret(Zeroizing::new(text)))
    }

    /// The secret itself.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Secret(Zeroizing::new(text))
    }
}
