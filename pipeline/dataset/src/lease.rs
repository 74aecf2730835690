//! The right to write: one run at a time.

use crate::{Store, StoreError};

/// The right to write, held until it is dropped. Its process may die: the lease is then free at once.
#[derive(Debug)]
pub struct Lease {
    pub(crate) fence: i64,
}

impl Lease {
    /// The fence number: rises with every holder, and is checked inside every write transaction.
    pub fn fence(&self) -> i64 {
        self.fence
    }
}

impl Store {
    /// Takes the lease. `holder` says who, for the message of others (a host name and process number).
    ///
    /// # Errors
    /// [`StoreError::LeaseHeld`] where a living process has it.
    pub async fn acquire(&self, holder: &str) -> Result<Lease, StoreError> {
        let _ = holder;
        Err(StoreError::unfinished())
    }
}
