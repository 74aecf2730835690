//! The audit chain: who did what, each entry bound to the one before.

use sha2::{Digest, Sha256};

use crate::{
    Lease, Store, StoreError,
    sql::{Row, Tx, Value},
};

/// Begins what an entry's hash is made over, so that another meaning of the bytes can be told apart later.
const SCHEME: &[u8] = b"sendlink audit 1";

/// One entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditEntry {
    /// Its place in the chain, from 1.
    pub seq: u64,
    /// When, as an instant in ISO form.
    pub at: String,
    /// Who: a person's name, or the program.
    pub actor: String,
    /// What was done: a word of ours.
    pub action: String,
    /// To what: a delivery's number, a version, a decision's number; never a record or a child.
    pub object: String,
    /// How much, as JSON.
    pub counts: String,
    /// The hash of the entry before; zeros for the first.
    pub previous: [u8; 32],
    /// SHA-256 over all of the above.
    pub hash: [u8; 32],
}

/// Where a chain is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuditFault {
    /// This entry does not say what it said when it was written.
    Edited {
        /// Its place.
        seq: u64,
    },
    /// An entry is missing, doubled or moved here.
    Broken {
        /// Its place.
        seq: u64,
    },
    /// Entries are missing at the end.
    Truncated {
        /// How many entries the anchor says there are.
        expected: u64,
        /// How many there are.
        found: u64,
    },
}

/// What a check of the chain found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditReport {
    /// How many entries there are.
    pub entries: u64,
    /// The hash of the last one, to be kept elsewhere: only a copy elsewhere proves that the whole chain was
    /// not written anew.
    pub head: [u8; 32],
    /// Every fault.
    pub faults: Vec<AuditFault>,
}

impl AuditEntry {
    /// What the entry's hash must be.
    fn expected_hash(&self) -> [u8; 32] {
        let mut hasher = Sha256::new();
        let seq = self.seq.to_be_bytes();
        // Each part follows its length, so that no two entries are the same bytes.
        for part in [
            SCHEME,
            &seq,
            self.at.as_bytes(),
            self.actor.as_bytes(),
            self.action.as_bytes(),
            self.object.as_bytes(),
            self.counts.as_bytes(),
            &self.previous,
        ] {
            hasher.update(part.len().to_be_bytes());
            hasher.update(part);
        }
        hasher.finalize().into()
    }

    fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(AuditEntry {
            seq: row.count(0)?,
            at: row.text(1)?,
            actor: row.text(2)?,
            action: row.text(3)?,
            object: row.text(4)?,
            counts: row.text(5)?,
            previous: row.bytes(6)?,
            hash: row.bytes(7)?,
        })
    }
}

impl Store {
    /// Adds an entry.
    ///
    /// # Errors
    /// Where the database cannot be written.
    pub async fn audit(
        &self,
        lease: &Lease,
        actor: &str,
        action: &str,
        object: &str,
        counts: &serde_json::Value,
    ) -> Result<(), StoreError> {
        let mut tx = self.write(lease, "write the audit chain").await?;
        append(&mut tx, actor, action, object, counts).await?;
        tx.commit().await
    }

    /// The chain, from the first entry.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn audit_entries(&self) -> Result<Vec<AuditEntry>, StoreError> {
        let mut tx = self.read("read the audit chain").await?;
        entries(&mut tx).await
    }

    /// Checks the chain.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn verify_audit(&self) -> Result<AuditReport, StoreError> {
        let mut tx = self.read("read the audit chain").await?;
        let entries = entries(&mut tx).await?;
        let (count, head) = anchor(&mut tx).await?;
        Ok(verify(&entries, count, head))
    }
}

/// Adds an entry inside the transaction of what it is about.
pub(crate) async fn append(
    tx: &mut Tx,
    actor: &str,
    action: &str,
    object: &str,
    counts: &serde_json::Value,
) -> Result<(), StoreError> {
    let (count, head) = anchor(tx).await?;
    let mut entry = AuditEntry {
        seq: count + 1,
        at: jiff::Timestamp::now().to_string(),
        actor: actor.to_owned(),
        action: action.to_owned(),
        object: object.to_owned(),
        counts: counts.to_string(),
        previous: head,
        hash: [0; 32],
    };
    entry.hash = entry.expected_hash();
    let seq = Value::Integer(i64::try_from(entry.seq).ok());
    tx.execute(
        "insert into audit (seq, at, actor, action, object, counts, previous, hash)
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
        [
            seq.clone(),
            entry.at.into(),
            entry.actor.into(),
            entry.action.into(),
            entry.object.into(),
            entry.counts.into(),
            entry.previous.as_slice().into(),
            entry.hash.as_slice().into(),
        ],
    )
    .await?;
    tx.execute(
        "update audit_anchor set entries = $1, hash = $2 where id = 1",
        [seq, entry.hash.as_slice().into()],
    )
    .await?;
    Ok(())
}

async fn entries(tx: &mut Tx) -> Result<Vec<AuditEntry>, StoreError> {
    tx.all(
        "select seq, at, actor, action, object, counts, previous, hash from audit order by seq",
        [],
        AuditEntry::read,
    )
    .await
}

async fn anchor(tx: &mut Tx) -> Result<(u64, [u8; 32]), StoreError> {
    tx.optional("select entries, hash from audit_anchor where id = 1", [], |row| {
        Ok((row.count(0)?, row.bytes(1)?))
    })
    .await?
    .ok_or(StoreError::Corrupt {
        what: "the anchor of the audit chain",
    })
}

/// Checks entries against one another and against the anchor.
fn verify(entries: &[AuditEntry], anchored: u64, head: [u8; 32]) -> AuditReport {
    let mut faults = Vec::new();
    let (mut previous, mut expected) = ([0; 32], 1);
    for entry in entries {
        if entry.seq != expected || entry.previous != previous {
            faults.push(AuditFault::Broken { seq: entry.seq });
        }
        if entry.hash != entry.expected_hash() {
            faults.push(AuditFault::Edited { seq: entry.seq });
        }
        previous = entry.hash;
        expected = entry.seq + 1;
    }
    let found = expected - 1;
    if found != anchored || previous != head {
        faults.push(AuditFault::Truncated {
            expected: anchored,
            found,
        });
    }
    AuditReport {
        entries: found,
        head: previous,
        faults,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chain(length: u64) -> Vec<AuditEntry> {
        let mut entries: Vec<AuditEntry> = Vec::new();
        for seq in 1..=length {
            let mut entry = AuditEntry {
                seq,
                at: format!("2026-01-01T00:00:{:02}Z", seq % 60),
                actor: "sendlink".into(),
                action: "load".into(),
                object: format!("delivery {seq}"),
                counts: format!("{{\"records\":{seq}}}"),
                previous: entries.last().map_or([0; 32], |entry| entry.hash),
                hash: [0; 32],
            };
            entry.hash = entry.expected_hash();
            entries.push(entry);
        }
        entries
    }

    #[test]
    fn every_single_edit_of_500_entries_is_found() {
        let whole = chain(500);
        let head = whole[499].hash;
        let broken = |entries: &[AuditEntry]| !verify(entries, 500, head).faults.is_empty();
        assert!(!broken(&whole), "an untouched chain has no fault");

        let edits: [fn(&mut AuditEntry); 8] = [
            |entry| entry.seq += 1000,
            |entry| entry.at = entry.at.replace("2026", "2027"),
            |entry| entry.actor.push('x'),
            |entry| entry.action.clear(),
            |entry| entry.object.insert(0, ' '),
            |entry| entry.counts = entry.counts.replace(':', ": "),
            |entry| entry.previous[31] ^= 1,
            |entry| entry.hash[0] ^= 0x80,
        ];
        for place in 0..500 {
            for (number, edit) in edits.iter().enumerate() {
                let mut edited = whole.clone();
                edit(&mut edited[place]);
                assert!(broken(&edited), "edit {number} of entry {place}");
            }
            // Moving text from one part into the next, with the hash left as it is.
            let mut shifted = whole.clone();
            let taken = shifted[place].actor.pop().unwrap();
            shifted[place].action.insert(0, taken);
            assert!(broken(&shifted));

            let mut cut = whole.clone();
            cut.remove(place);
            assert!(broken(&cut), "entry {place} removed");
            let mut doubled = whole.clone();
            doubled.insert(place, whole[place].clone());
            assert!(broken(&doubled), "entry {place} doubled");
            if place > 0 {
                let mut swapped = whole.clone();
                swapped.swap(place - 1, place);
                assert!(broken(&swapped), "entries {place} and before swapped");
            }
        }
    }

    #[test]
    fn a_forged_entry_with_its_hash_made_anew_is_found_by_the_next_or_by_the_anchor() {
        let whole = chain(20);
        let head = whole[19].hash;
        for place in 0..20 {
            let mut forged = whole.clone();
            forged[place].actor = "somebody else".into();
            forged[place].hash = forged[place].expected_hash();
            assert!(!verify(&forged, 20, head).faults.is_empty());
        }
        assert_eq!(
            verify(&whole[..15], 20, head).faults,
            [AuditFault::Truncated {
                expected: 20,
                found: 15
            }]
        );
    }
}
