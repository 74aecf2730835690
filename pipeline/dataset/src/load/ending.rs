//! What a delivery would take away, asked before it is loaded.

use super::{Scope, stage::snapshot_order};
use crate::{DeliveryInfo, Store, StoreError};

impl Store {
    /// How many records that stand a delivery would end if it held none: of this scope, those by an earlier version than
    /// its own; of any, and of none, those that an earlier reading of it brought.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn would_end(&self, info: &DeliveryInfo, scope: Option<&Scope>) -> Result<u64, StoreError> {
        const OF_A_SCOPE: &str = "
            select count(*) from record
             where feed = $1 and state = 'current' and scope = $3
               and ((order_at, order_tie) < ($4, $5) or delivery in
                    (select id from delivery where feed = $1 and delivery_hash = $2))";
        const READ_BEFORE: &str = "
            select count(*) from record
             where state = 'current' and delivery in
                   (select id from delivery where feed = $1 and delivery_hash = $2)";
        let mut tx = self.read("count what a delivery would end").await?;
        let (feed, hash) = (info.key.feed.as_str(), info.key.delivery_hash.as_slice());
        let count = match scope {
            None => {
                tx.optional(READ_BEFORE, [feed.into(), hash.into()], |row| row.count(0))
                    .await?
            }
            Some(scope) => {
                let (version, tie) = snapshot_order(scope, info);
                let of = [
                    feed.into(),
                    hash.into(),
                    scope.scope.as_str().into(),
                    version.into(),
                    tie.into(),
                ];
                tx.optional(OF_A_SCOPE, of, |row| row.count(0)).await?
            }
        };
        Ok(count.unwrap_or_default())
    }
}
