//! The records that stand and are not withheld, with their links and what they say: three tables, each read from end to end, and joined here.
//!
//! The database would look every record up in three places, in an order that is random on the disk, or sort all that
//! records say, which is most of the vault. Here what they say takes some hundred bytes of memory a record while the
//! dataset is built.

use std::{
    collections::{BTreeSet, HashMap},
    ops::Range,
    sync::Arc,
};

use jiff::civil::Date;
use linkage::Tier;
use tokio::sync::mpsc::channel;

use super::build::Builder;
use crate::{
    StoreError,
    gate::{Affected, Withheld},
    sql::{Row, Tx},
};

/// What is said is read and handed on by so many records at a time: some megabytes.
const BATCH: usize = 4_000;

/// Batches that wait to be heard.
const BATCHES_WAITING: usize = 3;

/// A record that stands.
pub(crate) struct Standing {
    pub(crate) record_id: [u8; 16],
    pub(crate) feed: Arc<str>,
    pub(crate) kind: Arc<str>,
    pub(crate) provider: Arc<str>,
    pub(crate) event_date: Date,
    pub(crate) received_date: Date,
    pub(crate) mother_id: Option<[u8; 16]>,
    /// `child`, `pregnancy` or `nobody`.
    pub(crate) about: Arc<str>,
    content: i64,
    payload: Range<usize>,
}

/// The link of a record with a child.
pub(crate) struct Linked {
    record_id: [u8; 16],
    number: i64,
    pub(crate) child_id: [u8; 16],
    pub(crate) tier: Arc<str>,
    pub(crate) weight: Option<i64>,
    pub(crate) linked_on: Date,
}

/// All of them.
pub(crate) struct Everything {
    /// By record id.
    records: Vec<Standing>,
    /// By record id and number.
    links: Vec<Linked>,
    /// Every payload, one after the other.
    payloads: String,
}

/// What one row of `content` says.
struct Content {
    id: i64,
    profile: String,
    payload: Option<String>,
}

const RECORDS: &str = "
    select record_id, feed, kind, provider, event_date, received_date, mother_id, about, content
      from record r
     where r.state = 'current' and not exists (select 1 from withheld w where w.record_id = r.record_id)";

const LINKS: &str = "select record_id, number, child_id, tier, weight, linked_on from link";

impl Everything {
    /// Reads everything; the builder hears of each child what the profiles of its records say. Hands the transaction
    /// back.
    pub(crate) async fn read(mut vault: Tx, builder: &mut Builder) -> Result<(Tx, Self), StoreError> {
        let mut names = Names::default();
        let mut records = vault
            .all(RECORDS, [], |row| Standing::read(row, &mut names))
            .await?;
        records.sort_unstable_by_key(|record| record.record_id);
        let mut links = vault.all(LINKS, [], |row| Linked::read(row, &mut names)).await?;
        let withheld = Withheld::read(&mut vault).await?;
        if !withheld.is_empty() {
            hide(&withheld, &records, &mut links, &mut names);
        }
        links.sort_unstable_by_key(|link| (link.record_id, link.number));
        let mut everything = Everything {
            records,
            links,
            payloads: String::new(),
        };
        let vault = everything.hear(vault, builder).await?;
        Ok((vault, everything))
    }

    /// Every record with its links and its payload, by record id.
    pub(crate) fn each(&self) -> impl Iterator<Item = (&Standing, &[Linked], &str)> {
        let mut links = self.links.as_slice();
        self.records.iter().map(move |record| {
            let own = take_links(&mut links, record.record_id);
            (
                record,
                own,
                self.payloads.get(record.payload.clone()).unwrap_or_default(),
            )
        })
    }

    /// Reads what all records say, while the builder hears what was read before.
    async fn hear(&mut self, mut vault: Tx, builder: &mut Builder) -> Result<Tx, StoreError> {
        let mut by_content: Vec<(i64, usize)> = self
            .records
            .iter()
            .enumerate()
            .map(|(place, record)| (record.content, place))
            .collect();
        by_content.sort_unstable();
        // Where the links of each record begin: records and links are in the same order.
        let mut links = self.links.as_slice();
        let own: Vec<Range<usize>> = self
            .records
            .iter()
            .map(|record| {
                let count = take_links(&mut links, record.record_id).len();
                let end = self.links.len() - links.len();
                end - count..end
            })
            .collect();
        let (sender, mut receiver) = channel(BATCHES_WAITING);
        let reading = tokio::spawn(async move {
            let sql = "select id, profile, payload from content";
            let read = vault.send_each(sql, [], BATCH, &sender, Content::read).await;
            (vault, read)
        });
        while let Some(batch) = receiver.recv().await {
            for content in batch {
                let found = by_content.binary_search_by_key(&content.id, |(id, _)| *id);
                // Of records that do not stand there is content too.
                let Some((_, place)) = found.ok().and_then(|found| by_content.get(found)) else {
                    continue;
                };
                let (Some(record), Some(own)) = (self.records.get_mut(*place), own.get(*place)) else {
                    continue;
                };
                let begin = self.payloads.len();
                self.payloads
                    .push_str(content.payload.as_deref().unwrap_or_default());
                record.payload = begin..self.payloads.len();
                let links = self.links.get(own.clone()).unwrap_or_default();
                if !links.is_empty() {
                    builder.hear_profile(record, links, &content.profile)?;
                }
            }
        }
        let (vault, read) = reading.await.map_err(|_| StoreError::Internal {
            doing: "read the vault",
            code: "a task that stopped".to_owned(),
        })?;
        read?;
        Ok(vault)
    }
}

/// Leaves the links of withheld records out, and what other links say of them: a record that was matched with withheld
/// ones alone is published as unmatched.
fn hide(withheld: &Withheld, records: &[Standing], links: &mut Vec<Linked>, names: &mut Names) {
    let none: Arc<str> = "".into();
    let kinds: HashMap<[u8; 16], &Arc<str>> = records
        .iter()
        .map(|record| (record.record_id, &record.kind))
        .collect();
    let kind = |record| kinds.get(record).copied().unwrap_or(&none);
    let affected = Affected::of(
        withheld,
        links
            .iter()
            .map(|link| (link.record_id, link.child_id, kind(&link.record_id))),
    );
    let unmatched = names.keep(Tier::T0.as_str());
    links.retain(|link| !withheld.holds(&link.record_id));
    for link in links {
        if affected.is_alone(&link.child_id) && is_match(&link.tier) {
            link.tier = unmatched.clone();
            link.weight = None;
        }
    }
}

fn is_match(tier: &str) -> bool {
    tier.parse().is_ok_and(Tier::is_match)
}

/// Takes the links of a record off those of it and of all later records.
fn take_links<'l>(links: &mut &'l [Linked], record: [u8; 16]) -> &'l [Linked] {
    let all = *links;
    let begin = all.iter().take_while(|link| link.record_id < record).count();
    let rest = all.get(begin..).unwrap_or_default();
    let own = rest.iter().take_while(|link| link.record_id == record).count();
    let (own, rest) = rest.split_at_checked(own).unwrap_or_default();
    *links = rest;
    own
}

impl Standing {
    fn read(row: &Row<'_>, names: &mut Names) -> Result<Self, StoreError> {
        Ok(Standing {
            record_id: row.bytes(0)?,
            feed: names.read(row, 1)?,
            kind: names.read(row, 2)?,
            provider: names.read(row, 3)?,
            event_date: row.parsed(4)?,
            received_date: row.parsed(5)?,
            mother_id: row.optional_bytes(6)?,
            about: names.read(row, 7)?,
            content: row.integer(8)?,
            payload: 0..0,
        })
    }
}

impl Linked {
    fn read(row: &Row<'_>, names: &mut Names) -> Result<Self, StoreError> {
        Ok(Linked {
            record_id: row.bytes(0)?,
            number: row.integer(1)?,
            child_id: row.bytes(2)?,
            tier: names.read(row, 3)?,
            weight: row.optional_integer(4)?,
            linked_on: row.parsed(5)?,
        })
    }
}

impl Content {
    fn read(row: &Row<'_>) -> Result<Self, StoreError> {
        Ok(Content {
            id: row.integer(0)?,
            profile: row.text(1)?,
            payload: row.optional_text(2)?,
        })
    }
}

/// Texts that many rows share, each kept once.
#[derive(Default)]
struct Names(BTreeSet<Arc<str>>);

impl Names {
    fn read(&mut self, row: &Row<'_>, column: usize) -> Result<Arc<str>, StoreError> {
        Ok(self.keep(row.str(column)?))
    }

    fn keep(&mut self, text: &str) -> Arc<str> {
        if let Some(name) = self.0.get(text) {
            return name.clone();
        }
        let name: Arc<str> = text.into();
        self.0.insert(name.clone());
        name
    }
}
