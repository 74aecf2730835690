//! The right to write: one run at a time.

use std::fs::File;

use sqlx::PgConnection;

use crate::{Store, StoreError, forget, postgres, sqlite, store::Back};

/// The right to write, held until it is dropped. Its process may die: the lease is then free at once.
#[derive(Debug)]
pub struct Lease {
    pub(crate) fence: i64,
    /// Holds the lease by being open.
    _held: Held,
}

/// What keeps others out: a locked file, or a connection that lives.
#[derive(Debug)]
enum Held {
    File { _file: File },
    Connection { _connection: Box<PgConnection> },
}

impl Lease {
    /// The fence number: rises with every holder, and is checked inside every write transaction.
    pub fn fence(&self) -> i64 {
        self.fence
    }
}

impl Store {
    /// Takes the lease, and finishes what a holder before left half done: a publication is carried through,
    /// erased records are scrubbed. `holder` says who, for the message of others (a host name and process
    /// number).
    ///
    /// # Errors
    /// [`StoreError::LeaseHeld`] where a living process has it.
    pub async fn acquire(&self, holder: &str) -> Result<Lease, StoreError> {
        let lease = match &self.back {
            Back::Sqlite(back) => {
                let file = back.lock()?;
                let mut tx = self.write_unfenced("take the lease").await?;
                let fence = tx
                    .optional(
                        "update lease set fence = fence + 1, holder = $1 where id = 1 returning fence",
                        [holder.into()],
                        |row| row.integer(0),
                    )
                    .await?
                    .ok_or(StoreError::Corrupt { what: "the lease" })?;
                tx.commit().await?;
                Lease {
                    fence,
                    _held: Held::File { _file: file },
                }
            }
            Back::Postgres(back) => {
                let (connection, fence) = postgres::lease::acquire(back, holder).await?;
                Lease {
                    fence,
                    _held: Held::Connection {
                        _connection: Box::new(connection),
                    },
                }
            }
        };
        fail::fail_point!("dataset::lease::taken");
        if let Back::Sqlite(back) = &self.back {
            sqlite::publish::roll_forward(self, back, &lease).await?;
        }
        forget::finish_scrub(self, &lease).await?;
        Ok(lease)
    }

    /// Who took the lease last, as they called themselves; they may be long gone.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn last_holder(&self) -> Result<Option<String>, StoreError> {
        let mut tx = self.read("read the lease").await?;
        let holder = tx
            .optional("select holder from lease where id = 1", [], |row| row.text(0))
            .await?;
        Ok(holder.filter(|holder| !holder.is_empty()))
    }
}
