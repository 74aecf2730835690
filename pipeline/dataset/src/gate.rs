//! The gate between linking and publishing: what the National Data Opt-out keeps back.
//!
//! A record of a feed whose lawful basis needs opt-outs is published only where every NHS number that it holds is on the
//! list that came back last, and that list is of legal age. Everything else of such a feed is loaded and linked, and
//! *withheld*: it stands in the table `withheld`, and nothing that is published or measured looks beyond it. The gate
//! decides anew about every record each night, so that what it says holds for what was published before, too.
//!
//! What it keeps back also tells nobody through its neighbours. A child whose records are all withheld has no row. Of a
//! child with other records, a record that was matched with withheld ones alone is published as unmatched.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use jiff::{ToSpan, civil::Date};
use linkage::Token;

use crate::{
    Lease, Run, Store, StoreError, audit, hex,
    opt_outs::{self, ListState, OptOutList},
    sql::{Sql, Tx, Value},
};

/// What the gate goes by.
#[derive(Clone, Debug)]
pub struct GateRule {
    /// The feeds whose lawful basis needs opt-outs, with who sends them.
    pub gated: BTreeMap<String, String>,
    /// The feeds whose basis needs none. Of a feed in neither, what came under a basis that needed opt-outs stays behind
    /// the gate.
    pub free: BTreeSet<String>,
    /// The age in days up to which a list may be used.
    pub max_age_days: i64,
    /// Whether a record without any NHS number, whom nobody can ask for, is published.
    pub publish_without_number: bool,
}

/// What the gate did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GateReport {
    /// The list that it went by; none where there is none of legal age.
    pub list: Option<OptOutList>,
    /// What became of the records of each feed that passes it.
    pub feeds: BTreeMap<String, GatedRecords>,
}

/// The records of a feed that stand, at the gate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GatedRecords {
    /// All of them.
    pub records: u64,
    /// Those that are withheld, for whatever reason.
    pub withheld: u64,
    /// Of these, those that hold no NHS number.
    pub without_number: u64,
    /// Of these, those that came before the feed's basis needed opt-outs, and whose NHS numbers were not kept.
    pub came_before: u64,
}

/// Fewer withheld records than this, but some, are not told: they could be of somebody known.
const FEWEST: u64 = 10;

/// Counts of withheld records are rounded to this, so that two publications do not tell one person's choice.
const ROUNDED_TO: u64 = 5;

/// A count of withheld records as it may be told: to the nearest five; none where there are one to nine.
pub fn told(withheld: u64) -> Option<u64> {
    match withheld {
        0 => Some(0),
        1..FEWEST => None,
        _ => Some((withheld + ROUNDED_TO / 2) / ROUNDED_TO * ROUNDED_TO),
    }
}

impl Store {
    /// Decides which records are withheld, and drops the lists that are past their age on the run's day.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn gate(&self, lease: &Lease, run: &Run, rule: &GateRule) -> Result<GateReport, StoreError> {
        let mut tx = self.write(lease, "decide what is withheld").await?;
        let list = list_in_force(&mut tx, run.as_at, rule.max_age_days).await?;
        let came_back = match &list {
            Some(list) => opt_outs::tokens_of(&mut tx, list.id).await?,
            None => BTreeSet::new(),
        };
        let mut gated = gated(&mut tx, rule).await?;
        let mut report = GateReport {
            feeds: gated
                .keys()
                .map(|feed| (feed.clone(), GatedRecords::default()))
                .collect(),
            list,
        };
        let judge = Judge {
            came_back: &came_back,
            publish_without_number: rule.publish_without_number && report.list.is_some(),
        };
        let mut judged = Judged::default();
        for (feed, counted) in &mut report.feeds {
            judge.feed(&mut tx, feed, counted, &mut judged).await?;
        }
        judged.follow_children(&mut tx, &mut report.feeds).await?;
        report
            .feeds
            .retain(|feed, counted| counted.records > 0 || rule.gated.contains_key(feed));
        gated.retain(|feed, _| report.feeds.contains_key(feed));
        write_withheld(&mut tx, judged.withheld).await?;
        tx.execute("delete from gated_feed", []).await?;
        let list_date = report.list.as_ref().map(|list| list.asked_on.to_string());
        for (feed, provider) in &gated {
            tx.execute(
                "insert into gated_feed (feed, provider, list_date) values ($1, $2, $3)",
                [
                    feed.as_str().into(),
                    provider.as_str().into(),
                    list_date.clone().into(),
                ],
            )
            .await?;
        }
        if !gated.is_empty() {
            let count: u64 = report.feeds.values().map(|feed| feed.withheld).sum();
            let said = serde_json::json!({ "withheld": told(count) });
            audit::append(&mut tx, "sendlink", "gate", &format!("run {}", run.id), &said).await?;
        }
        fail::fail_point!("dataset::gate::before-commit");
        tx.commit().await?;
        Ok(report)
    }
}

/// The list that came back last, where it is of legal age. Those past it are dropped, answered or not.
async fn list_in_force(
    tx: &mut Tx,
    as_at: Date,
    max_age_days: i64,
) -> Result<Option<OptOutList>, StoreError> {
    let oldest = as_at.checked_sub(max_age_days.days()).unwrap_or(Date::MIN);
    let mut in_force = None;
    for list in opt_outs::lists(tx).await? {
        match list.state {
            ListState::Dropped => {}
            _ if list.asked_on < oldest => opt_outs::drop_list(tx, list.id).await?,
            ListState::Answered => in_force = Some(list),
            ListState::Asked => {}
        }
    }
    Ok(in_force)
}

/// The feeds that pass the gate, with who sends them: those of the configuration, and those that passed it before and
/// are no longer configured.
async fn gated(tx: &mut Tx, rule: &GateRule) -> Result<BTreeMap<String, String>, StoreError> {
    let mut gated = rule.gated.clone();
    let before = tx
        .all("select feed, provider from gated_feed", [], |row| {
            Ok((row.text(0)?, row.text(1)?))
        })
        .await?;
    for (feed, provider) in before {
        if !rule.free.contains(&feed) {
            gated.entry(feed).or_insert(provider);
        }
    }
    Ok(gated)
}

/// What was decided.
#[derive(Default)]
struct Judged {
    /// What is withheld.
    withheld: HashSet<[u8; 16]>,
    /// Of these, what is withheld for a number that is not on the list.
    for_numbers: HashSet<[u8; 16]>,
    /// What stands without a number and passed, with its feed.
    without_number: HashMap<[u8; 16], String>,
}

impl Judged {
    /// A record without a number goes by the other records of its child: where one of them is withheld for its number,
    /// so is this one. Who has opted out is not to be published because a sender left the number out.
    async fn follow_children(
        &mut self,
        tx: &mut Tx,
        feeds: &mut BTreeMap<String, GatedRecords>,
    ) -> Result<(), StoreError> {
        if self.without_number.is_empty() || self.for_numbers.is_empty() {
            return Ok(());
        }
        let (mut children, mut links) = (HashSet::new(), Vec::new());
        tx.each("select record_id, child_id from link", [], |row| {
            let (record, child): ([u8; 16], [u8; 16]) = (row.bytes(0)?, row.bytes(1)?);
            if self.for_numbers.contains(&record) {
                children.insert(child);
            } else if self.without_number.contains_key(&record) {
                links.push((record, child));
            }
            Ok(())
        })
        .await?;
        for (record, _) in links.iter().filter(|(_, child)| children.contains(child)) {
            let Some(feed) = self.without_number.get(record) else {
                continue;
            };
            if self.withheld.insert(*record)
                && let Some(counted) = feeds.get_mut(feed)
            {
                counted.withheld += 1;
                counted.without_number += 1;
            }
        }
        Ok(())
    }
}

/// Decides about records one by one.
struct Judge<'a> {
    came_back: &'a BTreeSet<Token>,
    publish_without_number: bool,
}

impl Judge<'_> {
    /// Decides about the records of a feed, those that do not stand included: one may come back.
    async fn feed(
        &self,
        tx: &mut Tx,
        feed: &str,
        counted: &mut GatedRecords,
        judged: &mut Judged,
    ) -> Result<(), StoreError> {
        tx.each(
            "select r.record_id, r.state, c.patients from record r join content c on c.id = r.content
              where r.feed = $1",
            [feed.into()],
            |row| {
                let patients = row
                    .optional_blob(2)?
                    .map(|bytes| opt_outs::tokens(&bytes))
                    .transpose()?;
                let passes = match &patients {
                    // Whether it holds a number is not known.
                    None => false,
                    Some(patients) if patients.is_empty() => self.publish_without_number,
                    Some(patients) => patients.iter().all(|patient| self.came_back.contains(patient)),
                };
                let stands = row.str(1)? == "current";
                if stands {
                    counted.records += 1;
                }
                let record = row.bytes(0)?;
                let has_numbers = patients.as_ref().is_some_and(|patients| !patients.is_empty());
                if passes {
                    if !has_numbers && stands {
                        judged.without_number.insert(record, feed.to_owned());
                    }
                    return Ok(());
                }
                judged.withheld.insert(record);
                if has_numbers {
                    judged.for_numbers.insert(record);
                }
                if stands {
                    counted.withheld += 1;
                    counted.came_before += u64::from(patients.is_none());
                    counted.without_number += u64::from(patients.is_some() && !has_numbers);
                }
                Ok(())
            },
        )
        .await
    }
}

/// Writes down what is withheld, unless it is what stands there.
async fn write_withheld(tx: &mut Tx, withheld: HashSet<[u8; 16]>) -> Result<(), StoreError> {
    if Withheld::read(tx).await?.0 == withheld {
        return Ok(());
    }
    tx.execute("delete from withheld", []).await?;
    let mut records: Vec<[u8; 16]> = withheld.into_iter().collect();
    records.sort_unstable();
    for batch in records.chunks(10_000) {
        let rows = batch
            .iter()
            .map(|record| vec![record.as_slice().into()])
            .collect();
        tx.bulk("withheld", &["record_id"], rows).await?;
    }
    Ok(())
}

/// The records that are withheld.
#[derive(Debug, Default)]
pub(crate) struct Withheld(HashSet<[u8; 16]>);

impl Withheld {
    /// Reads them.
    pub(crate) async fn read(tx: &mut Tx) -> Result<Self, StoreError> {
        let records = tx
            .all("select record_id from withheld", [], |row| row.bytes(0))
            .await?;
        Ok(Withheld(records.into_iter().collect()))
    }

    /// Whether nothing is.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether this record is.
    pub(crate) fn holds(&self, record: &[u8; 16]) -> bool {
        self.0.contains(record)
    }
}

/// The children who have withheld records, with the kinds of their other records that are linked with them.
#[derive(Debug, Default)]
pub(crate) struct Affected<K>(HashMap<[u8; 16], HashSet<K>>);

impl<K: Clone + Eq + std::hash::Hash> Affected<K> {
    /// From the links of all records: the record, its child, its kind.
    pub(crate) fn of<'l>(
        withheld: &Withheld,
        links: impl Iterator<Item = ([u8; 16], [u8; 16], &'l K)> + Clone,
    ) -> Self
    where
        K: 'l,
    {
        let mut affected = HashMap::new();
        if withheld.is_empty() {
            return Affected(affected);
        }
        for (_, child, _) in links.clone().filter(|(record, _, _)| withheld.holds(record)) {
            affected.entry(child).or_insert_with(HashSet::new);
        }
        for (_, child, kind) in links.filter(|(record, _, _)| !withheld.holds(record)) {
            if let Some(kinds) = affected.get_mut(&child) {
                kinds.insert(kind.clone());
            }
        }
        Affected(affected)
    }

    /// Whether a record of this kind lost all that it was matched with.
    pub(crate) fn is_alone(&self, child: &[u8; 16]) -> bool {
        self.0.get(child).is_some_and(|kinds| kinds.len() < 2)
    }
}

/// The children of whom nothing may be published, as all of their records are withheld.
pub(crate) async fn hidden_children(tx: &mut Tx) -> Result<HashSet<String>, StoreError> {
    if tx.count("select count(*) from withheld", []).await? == 0 {
        return Ok(HashSet::new());
    }
    let children = tx
        .all(
            "select l.child_id from link l left join withheld w on w.record_id = l.record_id
              group by l.child_id having count(w.record_id) = count(*)",
            [],
            |row| Ok(hex::encode(&row.bytes::<16>(0)?)),
        )
        .await?;
    Ok(children.into_iter().collect())
}

/// How many of these children the published tables behind a prefix hold.
pub(crate) async fn published_among(
    tx: &mut Tx,
    prefix: &str,
    children: &HashSet<String>,
) -> Result<u64, StoreError> {
    if children.is_empty() {
        return Ok(0);
    }
    let mut found = 0;
    let sql = Sql::Made(format!(
        "select child_id from {prefix}{}",
        crate::joint::CHILD.name
    ));
    tx.each(sql, [], |row| {
        found += u64::from(children.contains(row.str(0)?));
        Ok(())
    })
    .await?;
    Ok(found)
}

/// The rows of [`OPT_OUT`](crate::joint::OPT_OUT).
pub(crate) async fn rows(vault: &mut Tx) -> Result<Vec<Vec<Value>>, StoreError> {
    let withheld: BTreeMap<String, u64> = vault
        .all(
            "select r.feed, count(*) from record r join withheld w on w.record_id = r.record_id
              where r.state = 'current' group by r.feed",
            [],
            |row| Ok((row.text(0)?, row.count(1)?)),
        )
        .await?
        .into_iter()
        .collect();
    vault
        .all(
            "select feed, provider, list_date from gated_feed order by feed",
            [],
            |row| {
                let feed = row.text(0)?;
                let records = withheld.get(&feed).copied().unwrap_or_default();
                Ok(vec![
                    feed.into(),
                    row.text(1)?.into(),
                    row.optional_text(2)?.into(),
                    Value::Integer(told(records).and_then(|count| i64::try_from(count).ok())),
                ])
            },
        )
        .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_counts_are_not_told_and_others_are_rounded() {
        let told: Vec<Option<u64>> = [0, 1, 9, 10, 12, 13, 1_000_002].map(told).to_vec();
        assert_eq!(
            told,
            [Some(0), None, None, Some(10), Some(10), Some(15), Some(1_000_000)]
        );
    }

    #[test]
    fn a_record_that_was_matched_with_withheld_ones_alone_is_alone() {
        let withheld = Withheld(HashSet::from([[1; 16]]));
        let links = [
            ([1; 16], [7; 16], "review"),
            ([2; 16], [7; 16], "notice"),
            ([3; 16], [8; 16], "notice"),
            ([4; 16], [8; 16], "census"),
        ];
        let of = |links: &[([u8; 16], [u8; 16], &'static str)]| {
            Affected::of(
                &withheld,
                links.iter().map(|(record, child, kind)| (*record, *child, kind)),
            )
        };
        let affected = of(&links);
        assert!(affected.is_alone(&[7; 16]));
        assert!(!affected.is_alone(&[8; 16]), "nothing of it is withheld");
        let third = [&links[..], &[([5; 16], [7; 16], "census")]].concat();
        assert!(
            !of(&third).is_alone(&[7; 16]),
            "notice and census have each other"
        );
    }
}
