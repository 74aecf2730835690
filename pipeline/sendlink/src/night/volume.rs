//! The volume band: a snapshot that is implausibly small or large waits for a person.
//!
//! A snapshot deletes what it does not hold, so an empty or half-sent one would empty the dataset. Each scope
//! is measured against what the vault holds of it; a scope that is new (the next census), against the latest
//! scope of the same family (the same school's, or the same set's, last census). A submission for a reporting
//! period repeats records of the periods before, which then belong to it, so that it is measured by its rows
//! against those of the submission loaded last; rows in quarantine say nothing and count for neither.
//!
//! However wide the band, nothing takes the place of records because it could not be read.

use std::collections::BTreeMap;

use dataset::{DeliveryInfo, Store, Verdict};
use records::{TableCounts, counts::Tally};

use super::read::ReadDelivery;
use crate::{
    config::{Delivery, Feed},
    exit::Failure,
};

/// Why a delivery is implausible as that which takes the place of what stands; none where it is not, or where there is
/// nothing to measure it against.
///
/// # Errors
/// Where the database cannot be read.
pub async fn implausible(
    store: &Store,
    feed: &Feed,
    info: &DeliveryInfo,
    read: &ReadDelivery,
) -> Result<Option<String>, Failure> {
    if let Some(reason) = emptied(store, feed, info, read).await? {
        return Ok(Some(reason));
    }
    if feed.delivery == Delivery::Delta {
        return Ok(None);
    }
    if feed.delivery == Delivery::Period {
        let loaded = store.deliveries(Some(&feed.name)).await?;
        let last = loaded.iter().rfind(|row| row.verdict == Verdict::Loaded);
        let before = last.map_or(0, |row| usable_rows(&row.counts));
        return Ok(outside(
            feed,
            "rows that can be used",
            usable_rows(&read.counts),
            before,
            "came last time",
        ));
    }
    let families: Vec<String> = read.scopes.iter().map(|scope| scope.scope.clone()).collect();
    let known = store.scope_sizes(&feed.name).await?;
    let before = baseline(&known, &families);
    if before == 0 {
        let empty = usable_rows(&read.counts) == 0 && !known.is_empty();
        return Ok(empty.then(|| "it is empty".to_owned()));
    }
    Ok(outside(feed, "records", read.spool.rows(), before, "stood"))
}

/// Why a delivery that would leave nothing where records stand must wait: of a scope that it is a snapshot of, or of what
/// an earlier reading of it brought. A band that begins at nothing lets an empty delivery through, but not one that
/// could not be read.
async fn emptied(
    store: &Store,
    feed: &Feed,
    info: &DeliveryInfo,
    read: &ReadDelivery,
) -> Result<Option<String>, Failure> {
    let mut ended = 0;
    for scope in read
        .scopes
        .iter()
        .filter(|scope| read.spool.stating(&scope.scope) == 0)
    {
        ended += store.would_end(info, Some(scope)).await?;
    }
    if ended == 0 && read.spool.rows() == 0 {
        ended = store.would_end(info, None).await?;
    }
    let quarantined: u64 = read.counts.0.values().map(|tally| tally.quarantined).sum();
    let (least, _) = feed.volume();
    Ok(match (ended, quarantined) {
        (0, _) => None,
        (_, 0) if least == 0.0 => None,
        (_, 0) => Some(format!("it has no records where {ended} stood")),
        _ => Some(format!(
            "it has no records that can be used where {ended} stood, and {quarantined} rows in quarantine"
        )),
    })
}

fn usable_rows(counts: &TableCounts) -> u64 {
    let usable = |tally: &Tally| tally.rows.saturating_sub(tally.quarantined);
    counts.0.values().map(usable).sum()
}

/// Why this many are outside the feed's band.
fn outside(feed: &Feed, what: &str, now: u64, before: u64, then: &str) -> Option<String> {
    if before == 0 || (now >= before / 2 && now.abs_diff(before) <= A_CLASS) {
        return None;
    }
    let share = now as f64 / before as f64;
    let (least, most) = feed.volume();
    if share < least {
        return Some(format!(
            "it has {now} {what} where {before} {then}, {:.0} % ({:.0} % is the least allowed)",
            share * 100.0,
            least * 100.0
        ));
    }
    if share > most {
        return Some(format!(
            "it has {now} {what} where {before} {then}, {:.0} % ({:.0} % is the most allowed)",
            share * 100.0,
            most * 100.0
        ));
    }
    None
}

/// A small school loses or gains a class without anything being wrong: thirty is the statutory limit of an infant
/// class (School Admissions (Infant Class Sizes) (England) Regulations 2012).
const A_CLASS: u64 = 30;

/// How many records a snapshot of these scopes should have, about. Known scopes are named by time and family:
/// `2025-spring/la`, so that the latest of a family is the last of its names.
fn baseline(known: &BTreeMap<String, u64>, scopes: &[String]) -> u64 {
    let mut sum = 0;
    for scope in scopes {
        if let Some(size) = known.get(scope) {
            sum += size;
            continue;
        }
        let Some(family) = scope.split_once('/').map(|(_, family)| family) else {
            continue;
        };
        let same_family = |name: &&String| name.split_once('/').is_some_and(|(_, other)| other == family);
        let latest = known
            .keys()
            .filter(same_family)
            .max_by_key(|name| census_order(name));
        sum += latest.and_then(|name| known.get(name)).copied().unwrap_or(0);
    }
    sum
}

/// The census of a scope, in time; scopes of no census come first.
fn census_order(scope: &str) -> Option<records::Census> {
    scope.split_once('/')?.0.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(scopes: &[(&str, u64)]) -> BTreeMap<String, u64> {
        scopes
            .iter()
            .map(|(scope, size)| ((*scope).to_owned(), *size))
            .collect()
    }

    #[test]
    fn a_new_census_is_measured_against_the_last_one_of_its_set() {
        let known = known(&[
            ("2024-autumn/la", 90),
            ("2025-spring/la", 100),
            ("2025-spring/acad", 300),
        ]);
        assert_eq!(baseline(&known, &["2025-summer/la".into()]), 100);
        assert_eq!(baseline(&known, &["2024-autumn/la".into()]), 90);
        assert_eq!(
            baseline(&known, &["2025-summer/la".into(), "2025-summer/acad".into()]),
            400
        );
        assert_eq!(baseline(&known, &["2025-summer/8812001".into()]), 0);
    }

    #[test]
    fn a_flat_snapshot_is_measured_against_itself() {
        assert_eq!(baseline(&known(&[("feed", 12)]), &["feed".into()]), 12);
    }
}
