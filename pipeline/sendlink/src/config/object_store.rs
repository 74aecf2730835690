//! An object store that a feed takes its deliveries from.

use std::path::PathBuf;

use globset::{Glob, GlobMatcher};
use serde::{Deserialize, Deserializer, de};
use url::Url;

use super::{
    Span, Then,
    feed::{archive, default_quiet},
    mailbox::{address_faults, default_patience, default_silence},
};

/// What a feed takes from an object store, and how.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FromObjectStore {
    /// Which store, and who we are there.
    pub store: ObjectStore,
    /// Only what lies below this; empty for all.
    #[serde(default)]
    pub prefix: String,
    /// Only objects whose names fit.
    #[serde(default)]
    pub pattern: Option<Pattern>,
    /// What becomes of a delivery there once it is loaded, refused or held.
    #[serde(default = "archive")]
    pub then: Then,
    /// How long a delivery must have been unchanged before it is taken.
    #[serde(default = "default_quiet")]
    pub quiet: Span,
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

/// What names must look like: `*` and `?` stand for anything.
#[derive(Clone, Debug)]
pub struct Pattern(pub GlobMatcher);

/// Which store.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum ObjectStore {
    /// S3, or a service that speaks like it.
    S3 {
        /// The bucket.
        bucket: String,
        /// Its region.
        #[serde(default)]
        region: Option<String>,
        /// The service, where it is not that of Amazon.
        #[serde(default)]
        endpoint: Option<Url>,
        /// The id of our key.
        #[serde(default)]
        key_id: Option<String>,
        /// The file with the key.
        #[serde(default)]
        secret_file: Option<PathBuf>,
    },
    /// Azure Blob.
    Azure {
        /// The storage account.
        account: String,
        /// The container.
        container: String,
        /// The service, where it is not the public one.
        #[serde(default)]
        endpoint: Option<Url>,
        /// How we show who we are.
        access: AzureAccess,
    },
    /// Google Cloud Storage.
    Google {
        /// The bucket.
        bucket: String,
        /// The service, where it is not the public one.
        #[serde(default)]
        endpoint: Option<Url>,
        /// The file with the key of the service account.
        #[serde(default)]
        key_file: Option<PathBuf>,
    },
    /// A folder.
    Local {
        /// The folder.
        folder: PathBuf,
    },
}

/// How we show Azure who we are.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum AzureAccess {
    /// The key of the account.
    Key {
        /// The file with it.
        file: PathBuf,
    },
    /// A shared access signature.
    Signature {
        /// The file with it.
        file: PathBuf,
    },
    /// A client of Microsoft Entra.
    Client {
        /// The tenant's id.
        tenant: String,
        /// The client's id.
        client_id: String,
        /// The file with the client's secret.
        secret_file: PathBuf,
        /// Where tokens are given, where it is not the public place.
        #[serde(default)]
        authority: Option<Url>,
    },
}

impl<'de> Deserialize<'de> for Pattern {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let glob = Glob::new(&text).map_err(|_| de::Error::custom("a pattern of names such as \"*.csv\""))?;
        Ok(Pattern(glob.compile_matcher()))
    }
}

impl FromObjectStore {
    /// What the feed reads from, in words that two feeds share only where they share the place.
    pub fn place(&self) -> String {
        let store = match &self.store {
            ObjectStore::S3 { bucket, endpoint, .. } => format!("s3:{}:{bucket}", shown(endpoint.as_ref())),
            ObjectStore::Azure {
                account,
                container,
                endpoint,
                ..
            } => format!("azure:{}:{account}:{container}", shown(endpoint.as_ref())),
            ObjectStore::Google { bucket, endpoint, .. } => {
                format!("google:{}:{bucket}", shown(endpoint.as_ref()))
            }
            ObjectStore::Local { folder } => format!("local:{}", folder.display()),
        };
        let pattern = self
            .pattern
            .as_ref()
            .map_or("", |pattern| pattern.0.glob().glob());
        format!("{store}:{}:{pattern}", self.prefix.trim_matches('/'))
    }

    /// What is wrong with it in itself.
    pub fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        let mut address = |key: &str, url: Option<&Url>| {
            faults.extend(url.and_then(|url| address_faults(&format!("from.object_store: {key}"), url)));
        };
        match &self.store {
            ObjectStore::S3 { endpoint, .. } | ObjectStore::Google { endpoint, .. } => {
                address("endpoint", endpoint.as_ref());
            }
            ObjectStore::Azure { endpoint, access, .. } => {
                address("endpoint", endpoint.as_ref());
                if let AzureAccess::Client { authority, .. } = access {
                    address("authority", authority.as_ref());
                }
            }
            ObjectStore::Local { .. } => {}
        }
        if let ObjectStore::S3 {
            key_id, secret_file, ..
        } = &self.store
            && key_id.is_some() != secret_file.is_some()
        {
            faults.push("from.object_store: key_id and secret_file: give both or neither".to_owned());
        }
        if self.prefix.split('/').any(|part| matches!(part, "." | "..")) {
            faults.push("from.object_store: prefix: no part of it may be . or ..".to_owned());
        }
        faults
    }
}

fn shown(endpoint: Option<&Url>) -> &str {
    endpoint.map_or("", Url::as_str)
}
