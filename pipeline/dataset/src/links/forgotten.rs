//! Children who were erased from notifications of pregnancies that stand.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
};

use linkage::{ChildId, RecordId};

use super::{LinkRow, Links, number};
use crate::{StoreError, load::mark, sql::Tx};

/// The children who were erased from notifications that stand: by the mark of the notification.
pub(super) struct Forgotten(BTreeMap<[u8; 32], BTreeSet<u8>>);

pub(super) async fn forgotten_subjects(tx: &mut Tx) -> Result<Forgotten, StoreError> {
    let mut forgotten: BTreeMap<_, BTreeSet<u8>> = BTreeMap::new();
    tx.each("select mark, number from forgotten_subject", [], |row| {
        forgotten
            .entry(row.bytes(0)?)
            .or_default()
            .insert(number(row, 1)?);
        Ok(())
    })
    .await?;
    Ok(Forgotten(forgotten))
}

impl Forgotten {
    pub(super) fn of(&self, record: RecordId) -> Option<&BTreeSet<u8>> {
        // Hashing every record for a table that is nearly always empty would be waste.
        if self.0.is_empty() {
            return None;
        }
        self.0.get(&mark(&record.0))
    }

    /// The links without those of erased children, and the children that still have a link.
    pub(super) fn left_out<'l>(&self, links: &'l Links) -> Cow<'l, Links> {
        let is_erased = |link: &LinkRow| {
            link.subject.number > 0
                && self
                    .of(link.subject.record)
                    .is_some_and(|numbers| numbers.contains(&link.subject.number))
        };
        let (erased, kept): (Vec<&LinkRow>, Vec<&LinkRow>) =
            links.links.iter().partition(|link| is_erased(link));
        if erased.is_empty() {
            return Cow::Borrowed(links);
        }
        let mut gone: BTreeSet<ChildId> = erased.iter().map(|link| link.child_id).collect();
        for link in &kept {
            gone.remove(&link.child_id);
        }
        Cow::Owned(Links {
            links: kept.into_iter().cloned().collect(),
            children: links
                .children
                .iter()
                .filter(|child| !gone.contains(&child.child_id))
                .copied()
                .collect(),
            doubts: links.doubts.clone(),
        })
    }
}
