//! One record: how it stands, and to which children it is linked.

use jiff::civil::Date;
use linkage::{ChildId, RecordId, Subject};

use crate::{LinkRow, RecordState, Source, Store, StoreError, sql::Row};

/// A record and its links.
#[derive(Clone, Debug, PartialEq)]
pub struct LinkedRecord {
    /// The record.
    pub record_id: RecordId,
    /// Where it came from.
    pub source: Source,
    /// How it stands.
    pub state: RecordState,
    /// The as-at date of the run that first had it.
    pub first_seen: Date,
    /// Its links after the last linkage: none where it does not stand or no child is expected of it.
    pub links: Vec<LinkRow>,
}

/// Another record of a child.
#[derive(Clone, Debug, PartialEq)]
pub struct Sibling {
    /// The record.
    pub record_id: RecordId,
    /// Where it came from.
    pub source: Source,
    /// The tier by which it was joined.
    pub tier: String,
}

impl Store {
    /// The ids of the records whose id begins with a byte. Not with more: what a person types may be an identifier,
    /// which must not come into a server's log.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn records_beginning(&self, byte: u8) -> Result<Vec<RecordId>, StoreError> {
        let (mut from, mut to) = ([0; 16], [u8::MAX; 16]);
        for id in [&mut from, &mut to] {
            let [first, ..] = id;
            *first = byte;
        }
        let mut tx = self.read("find a record").await?;
        tx.all(
            "select record_id from record where record_id >= $1 and record_id <= $2 order by record_id",
            [from.as_slice().into(), to.as_slice().into()],
            |row| Ok(RecordId(row.bytes(0)?)),
        )
        .await
    }

    /// A record and its links; none where there is no such record.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn linked_record(&self, record: RecordId) -> Result<Option<LinkedRecord>, StoreError> {
        let mut tx = self.read("read a record").await?;
        let links = tx
            .all(
                "select number, child_id, tier, weight, evidence, linked_on
                   from link where record_id = $1 order by number",
                [record.0.as_slice().into()],
                |row| {
                    Ok(LinkRow {
                        subject: Subject {
                            record,
                            number: u8::try_from(row.integer(0)?).map_err(|_| DAMAGED)?,
                        },
                        child_id: ChildId(row.bytes(1)?),
                        tier: row.text(2)?,
                        weight: row
                            .optional_integer(3)?
                            .map(i32::try_from)
                            .transpose()
                            .map_err(|_| DAMAGED)?,
                        evidence: row.text(4)?,
                        linked_on: row.parsed(5)?,
                    })
                },
            )
            .await?;
        tx.optional(
            "select kind, feed, provider, state, first_seen from record where record_id = $1",
            [record.0.as_slice().into()],
            |row| {
                Ok(LinkedRecord {
                    record_id: record,
                    source: source(row, 0)?,
                    state: RecordState::from_code(row.str(3)?)?,
                    first_seen: row.parsed(4)?,
                    links: links.clone(),
                })
            },
        )
        .await
    }

    /// Every record of a child, by record id.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn records_of(&self, child: ChildId) -> Result<Vec<Sibling>, StoreError> {
        let mut tx = self.read("read the records of a child").await?;
        tx.all(
            "select l.record_id, r.kind, r.feed, r.provider, l.tier
               from link l join record r on r.record_id = l.record_id
              where l.child_id = $1 order by l.record_id, l.number",
            [child.0.as_slice().into()],
            |row| {
                Ok(Sibling {
                    record_id: RecordId(row.bytes(0)?),
                    source: source(row, 1)?,
                    tier: row.text(4)?,
                })
            },
        )
        .await
    }
}

const DAMAGED: StoreError = StoreError::Corrupt { what: "a link" };

fn source(row: &Row, from: usize) -> Result<Source, StoreError> {
    Ok(Source {
        kind: row.parsed(from)?,
        feed: row.text(from + 1)?,
        provider: row.text(from + 2)?,
    })
}
