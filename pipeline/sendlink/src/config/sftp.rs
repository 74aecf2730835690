//! An SFTP server that a feed takes its deliveries from.

use std::path::PathBuf;

use serde::{Deserialize, Deserializer, de};
use transport::sftp;

use super::{
    Span, Then,
    feed::{archive, default_quiet},
    mailbox::{default_patience, default_silence},
    object_store::Pattern,
};

/// What a feed takes from an SFTP server, and how.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FromSftp {
    /// The server's name or address.
    pub host: String,
    /// Its port.
    #[serde(default = "default_port")]
    pub port: u16,
    /// Who we are there.
    pub user: String,
    /// The file with our private key.
    pub key_file: PathBuf,
    /// The file with the words that open it, where it is locked.
    #[serde(default)]
    pub passphrase_file: Option<PathBuf>,
    /// The host keys that the server may show.
    pub host_keys: Vec<HostKey>,
    /// The folder there.
    pub folder: String,
    /// Only files whose names fit.
    #[serde(default)]
    pub pattern: Option<Pattern>,
    /// What becomes of a delivery there once it is loaded, refused or held.
    #[serde(default = "archive")]
    pub then: Then,
    /// How long a delivery must have been unchanged before it is taken.
    #[serde(default = "default_quiet")]
    pub quiet: Span,
    /// After this long without an answer an attempt is given up.
    #[serde(default = "default_silence")]
    pub silence: Span,
    /// How long a night may spend on failed attempts and waits.
    #[serde(default = "default_patience")]
    pub patience: Span,
}

/// A host key, as `ssh-keyscan` writes it without the host's name.
#[derive(Clone, Debug)]
pub struct HostKey(pub sftp::HostKey);

impl<'de> Deserialize<'de> for HostKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map(HostKey).map_err(de::Error::custom)
    }
}

/// That of SSH.
fn default_port() -> u16 {
    22
}

impl FromSftp {
    /// What the feed reads from, in words that two feeds share only where they share the place.
    pub fn place(&self) -> String {
        let pattern = self
            .pattern
            .as_ref()
            .map_or("", |pattern| pattern.0.glob().glob());
        let folder = self.folder.trim_end_matches('/');
        format!(
            "sftp:{}:{}:{}:{folder}:{pattern}",
            self.host, self.port, self.user
        )
    }

    /// What is wrong with it in itself.
    pub fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        if self.host_keys.is_empty() {
            faults.push(
                "from.sftp: host_keys: at least one; without it nobody could tell the server from another"
                    .to_owned(),
            );
        }
        if self.host.is_empty() || self.host.contains(['/', '@']) {
            faults.push("from.sftp: host: the server's name alone".to_owned());
        }
        if self.folder.is_empty() {
            faults.push("from.sftp: folder: \".\" for the one that the user begins in".to_owned());
        }
        faults
    }
}
