//! Where each record stood that is about one child, and how it is linked: for the truth of a made-up area.

use linkage::{ChildId, Tier};
use records::{Kind, Location};

use crate::{Store, StoreError, joint::build::json};

/// A record that stands, about one child.
#[derive(Clone, Debug)]
pub struct PlacedRecord {
    /// Its kind.
    pub kind: Kind,
    /// The configured flow that it came by.
    pub feed: String,
    /// Where it stood in its delivery.
    pub location: Location,
    /// Its child.
    pub child_id: ChildId,
    /// The rule that matched it, or why none did.
    pub tier: Tier,
}

impl Store {
    /// Every record that stands and is about one child, ordered by record id.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn placed_records(&self) -> Result<Vec<PlacedRecord>, StoreError> {
        let mut tx = self.read("read where records stood").await?;
        tx.all(
            "select r.kind, r.feed, c.location, l.child_id, l.tier
               from link l join record r on r.record_id = l.record_id join content c on c.id = r.content
              where r.state = 'current' and l.number = 0 order by l.record_id",
            [],
            |row| {
                Ok(PlacedRecord {
                    kind: row.parsed(0)?,
                    feed: row.text(1)?,
                    location: json(&row.text(2)?)?,
                    child_id: ChildId(row.bytes(3)?),
                    tier: row.parsed(4)?,
                })
            },
        )
        .await
    }
}
