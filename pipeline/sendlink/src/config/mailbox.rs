//! A MESH mailbox of the configuration.

use std::path::PathBuf;

use serde::Deserialize;
use transport::http;
use url::Url;

use super::Span;

/// `[[mailbox]]`: a MESH mailbox that feeds receive from.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mailbox {
    /// Its id.
    pub id: String,
    /// The service: the live one, the one for integration, or one on this machine.
    pub url: Url,
    /// The file with the mailbox's password.
    pub password_file: PathBuf,
    /// The file with the shared key of the environment.
    pub shared_key_file: PathBuf,
    /// The client certificate, as PEM, with the certificates between it and its authority.
    #[serde(default)]
    pub certificate_file: Option<PathBuf>,
    /// Its private key, as PEM.
    #[serde(default)]
    pub key_file: Option<PathBuf>,
    /// The authority of the server's certificate, as PEM, where it is not one of the system's.
    #[serde(default)]
    pub authority_file: Option<PathBuf>,
    /// The proxy on the way.
    #[serde(default)]
    pub proxy: Option<Url>,
    /// After this long without a byte an attempt is given up.
    #[serde(default = "default_silence")]
    pub silence: Span,
    /// How long a night may spend on failed attempts and waits.
    #[serde(default = "default_patience")]
    pub patience: Span,
}

/// Servers may think for half a minute; a minute without a byte is no connection.
pub(super) fn default_silence() -> Span {
    Span(std::time::Duration::from_secs(60))
}

/// A restart of a server is over by then, and a night is not.
pub(super) fn default_patience() -> Span {
    Span(std::time::Duration::from_secs(600))
}

impl Mailbox {
    /// What is wrong with it in itself.
    pub fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        if !is_id(&self.id) {
            faults.push("id: capital letters and digits, as the service writes it".to_owned());
        }
        faults.extend(address_faults("url", &self.url));
        if self.certificate_file.is_some() != self.key_file.is_some() {
            faults.push("certificate_file and key_file: give both or neither".to_owned());
        }
        faults
    }
}

/// Whether a text has the form of a mailbox's id.
pub(super) fn is_id(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
    !text.is_empty() && text.bytes().all(plain)
}

/// Whether a text has the form of a workflow's id.
pub(super) fn is_workflow(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    !text.is_empty() && text.bytes().all(plain)
}

/// What is wrong with an address that secrets are sent to.
pub(super) fn address_faults(key: &str, url: &Url) -> Option<String> {
    if !http::is_private(url) {
        return Some(format!(
            "{key}: begins with https:// (http:// only for this machine itself)"
        ));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Some(format!(
            "{key}: no password in an address; name the file that holds it"
        ));
    }
    None
}
