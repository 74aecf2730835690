//! Leave of a person to publish although more child ids change than the brake allows.

use jiff::Timestamp;

use crate::{Lease, Store, StoreError, audit, sql::Value};

/// Leave that no publication has used yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrakeRelease {
    /// How many child ids may change: what the person saw.
    pub changed: u64,
    /// Who gave it.
    pub author: String,
    /// Why.
    pub reason: String,
}

impl Store {
    /// Gives the next publication leave to change or take away up to `changed` child ids, whatever share of all that
    /// is. It is used up by that publication, whether or not it needed it.
    ///
    /// # Errors
    /// Where the database cannot be written.
    pub async fn release_brake(
        &self,
        lease: &Lease,
        changed: u64,
        author: &str,
        reason: &str,
    ) -> Result<(), StoreError> {
        let mut tx = self.write(lease, "release the brake").await?;
        let id = tx
            .count("select coalesce(max(id), 0) + 1 from brake_release", [])
            .await?;
        tx.execute(
            "insert into brake_release (id, changed, author, reason, released_at) values ($1, $2, $3, $4, $5)",
            [
                Value::Integer(i64::try_from(id).ok()),
                Value::Integer(i64::try_from(changed).ok()),
                author.into(),
                reason.into(),
                Timestamp::now().to_string().into(),
            ],
        )
        .await?;
        let said = serde_json::json!({ "changed": changed, "reason": reason });
        audit::append(&mut tx, author, "release brake", "dataset", &said).await?;
        tx.commit().await
    }

    /// The leave that the next publication has; the latest where there are several.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn brake_release(&self) -> Result<Option<BrakeRelease>, StoreError> {
        let mut tx = self.read("read the leave to pass the brake").await?;
        tx.optional(
            "select changed, author, reason from brake_release where used_by is null order by id desc limit 1",
            [],
            |row| {
                Ok(BrakeRelease {
                    changed: row.count(0)?,
                    author: row.text(1)?,
                    reason: row.text(2)?,
                })
            },
        )
        .await
    }
}
