//! An address over HTTPS that a feed pulls from.

use std::path::PathBuf;

use serde::Deserialize;
use url::Url;

use super::{
    Span,
    mailbox::{address_faults, default_patience, default_silence},
};

/// What a feed pulls over HTTPS, and how.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FromHttps {
    /// The address.
    pub url: Url,
    /// The name that what lies there has as a file; the feed's mapping may look at it.
    pub file: String,
    /// How we show who we are.
    #[serde(default)]
    pub access: Option<Access>,
    /// How pages hang together, where there are several.
    #[serde(default)]
    pub paging: Option<Paging>,
    /// The parameter that asks for what changed since the last loaded delivery.
    #[serde(default)]
    pub since: Option<Since>,
    /// The client certificate, as PEM.
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

/// How we show who we are.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Access {
    /// A key in a header.
    ApiKey {
        /// The header.
        header: String,
        /// The file with the key.
        file: PathBuf,
    },
    /// OAuth 2 client credentials.
    Oauth {
        /// Where tokens are given.
        token_url: Url,
        /// Our id there.
        client_id: String,
        /// The file with our secret there.
        secret_file: PathBuf,
        /// What the token is to be good for.
        #[serde(default)]
        scope: Option<String>,
    },
}

/// How pages hang together.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Paging {
    /// The header `Link` has the next one's address.
    LinkHeader,
    /// Each page is a FHIR Bundle.
    Bundle,
    /// A field of the page has the next one's address.
    Address {
        /// The names of the fields on the way there.
        at: Vec<String>,
    },
    /// A field of the page has a mark for the next one.
    Cursor {
        /// The names of the fields on the way there.
        at: Vec<String>,
        /// The parameter that takes it.
        parameter: String,
    },
}

/// The parameter that asks for what changed since.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Since {
    /// Its name.
    pub parameter: String,
    /// What stands before the time, such as `ge`.
    #[serde(default)]
    pub prefix: String,
}

impl FromHttps {
    /// What is wrong with it in itself.
    pub fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        faults.extend(address_faults("from.https: url", &self.url));
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        if self.file.is_empty() || self.file.starts_with('.') || !self.file.bytes().all(plain) {
            faults.push(
                "from.https: file: a file name of letters, digits, - and _, with its ending".to_owned(),
            );
        }
        if let Some(Access::Oauth { token_url, .. }) = &self.access {
            faults.extend(address_faults("from.https: token_url", token_url));
        }
        if self.certificate_file.is_some() != self.key_file.is_some() {
            faults.push("from.https: certificate_file and key_file: give both or neither".to_owned());
        }
        if let Some(Paging::Address { at } | Paging::Cursor { at, .. }) = &self.paging
            && at.is_empty()
        {
            faults
                .push("from.https: paging: at: the names of the fields on the way, at least one".to_owned());
        }
        faults
    }
}
