//! What most commands begin with: the configuration, the keys, the database.

use std::{env, fs, sync::Arc};

use dataset::{Access, EncodingRow, Store, StoreError, StoreUrl};
use jiff::{Zoned, civil::Date, tz::TimeZone};
use kit::retry::{Again, Judged, RetryPolicy, retry};
use pseudonym::{AreaLookup, Encoder, KeyFile, Keys, OpenPseudonymiser, SaltError};
use tokio::{
    sync::mpsc::{Receiver, channel},
    task::JoinHandle,
};

use crate::{
    config::Config,
    exit::{Exit, Failure},
};

/// Name and version of the program, as runs and datasets record it.
pub const SOFTWARE: &str = concat!("sendlink ", env!("CARGO_PKG_VERSION"));

/// Today in London. A machine without a time zone database has only UTC, which differs for an hour a night.
pub fn today() -> Date {
    Zoned::now()
        .with_time_zone(london().unwrap_or(TimeZone::UTC))
        .date()
}

/// The time zone of London; none on a machine without a time zone database.
pub fn london() -> Option<TimeZone> {
    TimeZone::get("Europe/London").ok()
}

/// Loads the keys of the configuration.
///
/// # Errors
/// Exit code 77 where the key file is missing, open to others or damaged.
pub fn keys(config: &Config) -> Result<Keys, Failure> {
    let path = config.path(&config.keys.file);
    KeyFile::load(&path).map_err(|error| Failure::new(Exit::KeyRefused, error))
}

/// What must be said of the digests of OpenPseudonymiser wherever they are used.
pub const DIGESTS_ARE_NUMBERS: &str = "a salted SHA-256 protects no NHS number: whoever holds the salt tries all of them in a minute, \
     and an encrypted salt opens with a public key; treat digests as NHS numbers";

/// How senders made the digests of NHS numbers; none where the configuration does not say.
///
/// # Errors
/// Exit code 77 where the salt file is missing or open to others, 78 where it holds no salt.
pub fn open_pseudonymiser(config: &Config) -> Result<Option<OpenPseudonymiser>, Failure> {
    let Some(digests) = &config.open_pseudonymiser else {
        return Ok(None);
    };
    let wrong = |exit, message: String| Failure::new(exit, format!("[open_pseudonymiser] {message}"));
    let fields = digests
        .digest_fields()
        .map_err(|fault| wrong(Exit::Config, fault))?;
    match OpenPseudonymiser::load(&config.path(&digests.salt_file), fields) {
        Ok(digests) => Ok(Some(digests)),
        Err(error @ SaltError::Wrong { .. }) => Err(wrong(Exit::Config, format!("salt_file: {error}"))),
        Err(error) => Err(wrong(Exit::KeyRefused, format!("salt_file: {error}"))),
    }
}

/// Names how digests of NHS numbers are made, without giving the salt away.
///
/// # Errors
/// Exit code 77 where keys cannot be derived.
pub fn fingerprint(digests: Option<&OpenPseudonymiser>, keys: &Keys) -> Result<Option<String>, Failure> {
    let fingerprint = digests.map(|digests| digests.fingerprint(keys)).transpose();
    fingerprint.map_err(|error| Failure::new(Exit::KeyRefused, error))
}

/// An encoder for tokens and child ids alone: it knows no postcode.
///
/// # Errors
/// Exit code 77 where keys cannot be derived.
pub fn encoder(keys: &Keys) -> Result<Encoder, Failure> {
    Encoder::new(keys, Arc::new(AreaLookup::default())).map_err(|error| Failure::new(Exit::KeyRefused, error))
}

/// The address of the database, with its password read from where the configuration says.
///
/// # Errors
/// Exit code 78 where the address or the place of the password is wrong.
pub fn store_url(config: &Config) -> Result<StoreUrl, Failure> {
    let wrong = |message: String| Failure::new(Exit::Config, format!("[store] {message}"));
    let url =
        StoreUrl::parse(&config.store.url, &config.folder).map_err(|error| wrong(format!("url: {error}")))?;
    let password = if let Some(file) = &config.store.password_file {
        let path = config.path(file);
        let text = fs::read_to_string(&path).map_err(|error| {
            wrong(format!(
                "password_file: {} cannot be read: {error}",
                path.display()
            ))
        })?;
        Some(text.trim_end_matches(['\r', '\n']).to_owned())
    } else if let Some(name) = &config.store.password_env {
        let text = env::var(name).map_err(|_| wrong(format!("password_env: {name} is not set")))?;
        Some(text)
    } else {
        None
    };
    Ok(match password {
        Some(password) => url.with_password(password),
        None => url,
    })
}

/// Opens the database. For a night, a PostgreSQL server that is starting is waited for; a person is told at once.
///
/// # Errors
/// See [`Failure::from`] for what becomes of each [`StoreError`].
pub async fn store(config: &Config, access: Access) -> Result<Store, Failure> {
    let url = store_url(config)?;
    let opened = match access {
        Access::ReadOnly => Store::open(&url, access).await,
        Access::ReadWrite => {
            let judge = |error: &StoreError| match error {
                StoreError::Unavailable { .. } => Judged {
                    class: "unavailable",
                    again: Again::Later,
                },
                _ => Judged {
                    class: "permanent",
                    again: Again::Never,
                },
            };
            retry(RetryPolicy::SERVER_RESTART, "Opening the database", judge, || {
                Store::open(&url, access)
            })
            .await
        }
    };
    Ok(opened?)
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        let exit = match &error {
            StoreError::Missing => Exit::NoInput,
            StoreError::Unavailable { .. } => Exit::Unavailable,
            StoreError::Fenced => Exit::TryAgain,
            StoreError::Denied { .. } | StoreError::NewerSchema { .. } | StoreError::OlderSchema { .. } => {
                Exit::Config
            }
            StoreError::LeaseHeld => Exit::LeaseHeld,
            StoreError::WrongKey => Exit::KeyRefused,
            StoreError::Full { .. } | StoreError::ReadOnly { .. } => Exit::CannotWrite,
            StoreError::Io { .. } => Exit::Io,
            StoreError::AsAtTooEarly { .. } | StoreError::Unknown { .. } => Exit::Usage,
            StoreError::Invariant { .. } | StoreError::Brake { .. } => Exit::Held,
            _ => Exit::Bug,
        };
        Failure::new(exit, error)
    }
}

/// Sealed encodings that are handed on together.
const ENCODINGS: usize = 5_000;

/// Batches of them that wait.
const ENCODINGS_WAITING: usize = 3;

/// The sealed encodings of all records that stand, as they are read, and what ends with their end: [`read`].
pub fn encodings(store: &Store) -> (Receiver<Vec<EncodingRow>>, JoinHandle<Result<(), StoreError>>) {
    let (sender, receiver) = channel(ENCODINGS_WAITING);
    let store = store.clone();
    let reading = tokio::spawn(async move { store.encodings(ENCODINGS, &sender).await });
    (receiver, reading)
}

/// Whether all was read.
///
/// # Errors
/// Where the database could not be read.
pub async fn read(reading: JoinHandle<Result<(), StoreError>>) -> Result<(), StoreError> {
    reading.await.unwrap_or(Err(StoreError::Internal {
        doing: "read the encodings",
        code: "a task that stopped".to_owned(),
    }))
}
