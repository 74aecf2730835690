//! In which role somebody stands in a record. Roles have keys of their own, so that they never compare.

use crate::{KeyError, Keys, keyed::KeyedHash, keys::Secret};

/// Whom a record is about, or who bore them.
#[derive(Clone, Copy)]
pub(super) enum Role {
    Child,
    Mother,
}

impl Role {
    /// The hash of a field under this role's key.
    pub(super) fn hash(self, keys: &Keys, field: &str) -> Result<KeyedHash, KeyError> {
        match self {
            Role::Child => keys.hash(Secret::Linkage, field),
            Role::Mother => keys.hash(Secret::Linkage, &format!("mothers-{field}")),
        }
    }
}
