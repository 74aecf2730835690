//! The database as the program sees it.

use crate::{StoreError, StoreUrl};

/// What a store is opened for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Reading and writing: the database is made or brought up to date.
    ReadWrite,
    /// Reading only: changes nothing and fails where there is no database.
    ReadOnly,
}

/// An open database. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Store {}

impl Store {
    /// Opens the database. With [`Access::ReadWrite`] it is made if it is not there, brought to this
    /// program's schema version, and a publication that was cut short is rolled forward.
    ///
    /// # Errors
    /// [`StoreError::NewerSchema`] where a later program made it, [`StoreError::Missing`] and
    /// [`StoreError::OlderSchema`] for reading only, [`StoreError::Unavailable`] where the server is away.
    pub async fn open(url: &StoreUrl, access: Access) -> Result<Self, StoreError> {
        let _ = (url, access);
        Err(StoreError::unfinished())
    }

    /// The fingerprint of the key that the database was made with; none before the first run.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn key_fingerprint(&self) -> Result<Option<String>, StoreError> {
        Err(StoreError::unfinished())
    }

    /// Checks the key before anything is written: the first run stores its fingerprint, every later run must
    /// come with the same.
    ///
    /// # Errors
    /// [`StoreError::WrongKey`] where it is another.
    pub async fn check_key(&self, lease: &crate::Lease, fingerprint: &str) -> Result<(), StoreError> {
        let _ = (lease, fingerprint);
        Err(StoreError::unfinished())
    }

    /// Where the published dataset is, for people: the file `joint.db`, or the schemas of a database.
    pub fn published_at(&self) -> String {
        String::new()
    }

    /// Grants on the published schemas that could not be given, as sentences; always empty on SQLite.
    pub fn skipped_grants(&self) -> &[String] {
        &[]
    }

    /// Closes every connection.
    pub async fn close(self) {}
}
