//! The database as the program sees it.

use std::sync::Arc;

use crate::{
    Lease, StoreError, StoreUrl,
    error::Doing,
    migrate, postgres,
    sql::{Inner, Tx},
    sqlite,
};

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
pub struct Store {
    pub(crate) back: Back,
    skipped_grants: Arc<[String]>,
}

/// The two back ends.
#[derive(Clone, Debug)]
pub(crate) enum Back {
    Sqlite(sqlite::Backend),
    Postgres(postgres::Backend),
}

impl Store {
    /// Opens the database. With [`Access::ReadWrite`] it is made if it is not there and brought to this
    /// program's schema version.
    ///
    /// # Errors
    /// [`StoreError::NewerSchema`] where a later program made it, [`StoreError::Missing`] and
    /// [`StoreError::OlderSchema`] for reading only, [`StoreError::Unavailable`] where the server is away.
    pub async fn open(url: &StoreUrl, access: Access) -> Result<Self, StoreError> {
        let back = match url {
            StoreUrl::Sqlite { folder } => Back::Sqlite(sqlite::Backend::open(folder, access).await?),
            StoreUrl::Postgres { url, password } => {
                Back::Postgres(postgres::Backend::open(url, password.as_deref(), access).await?)
            }
        };
        let mut store = Store {
            back,
            skipped_grants: Arc::default(),
        };
        migrate::migrate(&store, access).await?;
        if let (Back::Postgres(back), Access::ReadWrite) = (&store.back, access) {
            store.skipped_grants = postgres::publish::grant(back).await?.into();
        }
        Ok(store)
    }

    /// The fingerprint of the key that the database was made with; none before the first run.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn key_fingerprint(&self) -> Result<Option<String>, StoreError> {
        let mut tx = self.read("read the key's fingerprint").await?;
        tx.optional("select fingerprint from store_key", [], |row| row.text(0))
            .await
    }

    /// Checks the key before anything is written: the first run stores its fingerprint, every later run must
    /// come with the same.
    ///
    /// # Errors
    /// [`StoreError::WrongKey`] where it is another.
    pub async fn check_key(&self, lease: &Lease, fingerprint: &str) -> Result<(), StoreError> {
        let mut tx = self.write(lease, "check the key").await?;
        let stored = tx
            .optional("select fingerprint from store_key", [], |row| row.text(0))
            .await?;
        match stored {
            Some(stored) if stored == fingerprint => tx.rollback().await,
            Some(_) => Err(StoreError::WrongKey),
            None => {
                tx.execute(
                    "insert into store_key (id, fingerprint) values (1, $1)",
                    [fingerprint.into()],
                )
                .await?;
                fail::fail_point!("dataset::key::before-commit");
                tx.commit().await
            }
        }
    }

    /// Where the published dataset is, for people: the file `joint.db`, or the schemas of a database.
    pub fn published_at(&self) -> String {
        match &self.back {
            Back::Sqlite(back) => back.folder.join("joint.db").display().to_string(),
            Back::Postgres(back) => format!(
                "schemas joint and open of database {} on {}",
                back.options.get_database().unwrap_or("(default)"),
                back.options.get_host()
            ),
        }
    }

    /// Grants on the published schemas that could not be given, as sentences; always empty on SQLite.
    pub fn skipped_grants(&self) -> &[String] {
        &self.skipped_grants
    }

    /// What a server's settings would let into its log, as sentences: parameters, statements and the details
    /// of errors may quote rows. Always empty on SQLite.
    ///
    /// # Errors
    /// Where the server cannot be asked.
    pub async fn log_faults(&self) -> Result<Vec<String>, StoreError> {
        match &self.back {
            Back::Sqlite(_) => Ok(Vec::new()),
            Back::Postgres(_) => postgres::log_faults(self).await,
        }
    }

    /// Closes every connection.
    pub async fn close(self) {
        match self.back {
            Back::Sqlite(back) => back.pool.close(),
            Back::Postgres(back) => back.pool.close().await,
        }
    }

    /// A transaction that sees one state of the database and changes nothing.
    pub(crate) async fn read(&self, doing: &'static str) -> Result<Tx, StoreError> {
        let doing = Doing(doing);
        let inner = match &self.back {
            Back::Sqlite(back) => Inner::Sqlite(back.pool.begin(doing, "begin")?),
            Back::Postgres(back) => {
                let begun = back
                    .pool
                    .begin_with("begin isolation level repeatable read read only");
                Inner::Postgres(begun.await.map_err(|error| doing.failed(&error))?)
            }
        };
        Ok(Tx::new(doing, inner))
    }

    /// A transaction that writes, as long as the lease has not passed to another.
    pub(crate) async fn write(&self, lease: &Lease, doing: &'static str) -> Result<Tx, StoreError> {
        let mut tx = self.write_unfenced(doing).await?;
        // The row stays locked on PostgreSQL until this transaction ends, so that no other can take the
        // lease in between; on SQLite there is one writer anyway.
        let fence = if tx.is_postgres() {
            "select fence from lease where id = 1 for share"
        } else {
            "select fence from lease where id = 1"
        };
        match tx.optional(fence, [], |row| row.integer(0)).await? {
            Some(fence) if fence == lease.fence => Ok(tx),
            _ => Err(StoreError::Fenced),
        }
    }

    /// A transaction that writes without a lease: only for what comes before there can be one.
    pub(crate) async fn write_unfenced(&self, doing: &'static str) -> Result<Tx, StoreError> {
        let doing = Doing(doing);
        let inner = match &self.back {
            Back::Sqlite(back) => Inner::Sqlite(back.pool.begin(doing, "begin immediate")?),
            Back::Postgres(back) => {
                let begun = back.pool.begin_with("begin");
                Inner::Postgres(begun.await.map_err(|error| doing.failed(&error))?)
            }
        };
        Ok(Tx::new(doing, inner))
    }
}
