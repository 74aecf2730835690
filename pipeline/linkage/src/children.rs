//! Child ids that last: tonight's clusters take over the ids of yesterday's children.
//!
//! A child's id is made once, from the subject that anchors it, and belongs to whatever cluster holds that
//! subject. A child that was expected has its id from the notification of the pregnancy; when it is born, that is
//! the older id and goes on. Where two children have become one, the older id goes on and the other redirects to it; where one
//! has become two, the part with the anchor keeps the id. A child whose anchor is no longer current goes on
//! with most of its records. A child that was merged and comes apart again has its old id back.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
};

use crate::{AnchorRank, ChildId, Linkage, RecordId, Subject, Tier, Weight};

/// What was published last.
#[derive(Clone, Debug, Default)]
pub struct Yesterday {
    /// Every child that ever was.
    pub children: Vec<KnownChild>,
    /// Which child each subject belonged to.
    pub members: Vec<(Subject, ChildId)>,
}

/// A child that was there before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KnownChild {
    /// Its id.
    pub child: ChildId,
    /// The subject that its id was made from.
    pub anchor: Subject,
    /// When it was first published: any number that grows with time, such as days or runs. The smaller is the
    /// older.
    pub since: i64,
    /// The child that it has become part of, if it has.
    pub merged_into: Option<ChildId>,
}

/// Where one subject belongs tonight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Membership {
    /// The record, and which of its children.
    pub subject: Subject,
    /// Its child.
    pub child: ChildId,
    /// Whether the child's id was made from it.
    pub anchor: bool,
    /// As in [`Link`](crate::Link).
    pub tier: Tier,
    /// As in [`Link`](crate::Link).
    pub weight: Weight,
    /// What is different from yesterday.
    pub event: Event,
}

/// How a subject came to its child.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// The subject was not there yesterday.
    New,
    /// It is where it was.
    Kept,
    /// Its child became part of another.
    Merged {
        /// Its child until yesterday.
        from: ChildId,
    },
    /// It left its child for one made (or made again) tonight.
    Split {
        /// Its child until yesterday.
        from: ChildId,
    },
    /// It left its child for another that was there already.
    Moved {
        /// Its child until yesterday.
        from: ChildId,
    },
}

/// What a child is tonight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChildState {
    /// Its id.
    pub child: ChildId,
    /// The subject that its id was made from.
    pub anchor: Subject,
    /// What became of it.
    pub fate: Fate,
}

/// What became of a child.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Made tonight.
    New,
    /// It has records, as it had.
    Current,
    /// It was part of another, or without records, and has records again.
    Back,
    /// It is part of another, whose id is current.
    MergedInto(ChildId),
    /// None of its records is current.
    Gone,
}

/// Tonight's children and their subjects.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CarriedOver {
    /// Every current subject, in order.
    pub members: Vec<Membership>,
    /// Every child that ever was, by id.
    pub children: Vec<ChildState>,
}

/// Why ids could not be carried over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CarryOverError {
    /// Every id that a cluster's records could make is in use: the known children do not come from this
    /// function, or not with this key.
    #[error("no child id is free for a new child; were the children made under another key?")]
    NoFreeId,
}

/// Gives every cluster of a linkage a child id. `mint` makes the id that a subject anchors, always the same for
/// the same subject.
///
/// The children of one pregnancy are numbered anew where yesterday's numbers say so: nobody knows which fetus became
/// which child, but a child keeps the number that it was given. Nothing else of `linkage` changes.
///
/// # Errors
///
/// When the known children contradict `mint`, so that no id is free for a new child.
pub fn carry_over(
    linkage: &mut Linkage,
    yesterday: &Yesterday,
    mint: &dyn Fn(Subject) -> ChildId,
) -> Result<CarriedOver, CarryOverError> {
    keep_numbers(linkage, yesterday);
    let linkage = &*linkage;
    let known: BTreeMap<ChildId, KnownChild> = yesterday
        .children
        .iter()
        .map(|child| (child.child, *child))
        .collect();
    let cluster_of: BTreeMap<Subject, u32> = linkage
        .links
        .iter()
        .map(|link| (link.subject, link.cluster))
        .collect();
    let was: BTreeMap<Subject, ChildId> = yesterday.members.iter().copied().collect();

    let claims = claims(&known, &was, &cluster_of);
    let mut child_of = chosen(&claims);
    let new = mint_missing(linkage, &known, &mut child_of, mint)?;

    let fates = fates(&known, &claims, &child_of, &was);
    let mut children: Vec<ChildState> = new
        .iter()
        .map(|(child, anchor)| ChildState {
            child: *child,
            anchor: *anchor,
            fate: Fate::New,
        })
        .collect();
    children.extend(known.values().map(|child| ChildState {
        child: child.child,
        anchor: child.anchor,
        fate: fates.get(&child.child).copied().unwrap_or(Fate::Gone),
    }));
    children.sort_unstable_by_key(|state| state.child);

    let anchors: BTreeMap<ChildId, Subject> =
        children.iter().map(|state| (state.child, state.anchor)).collect();
    let fresh = |child: &ChildId| new.contains_key(child) || fates.get(child) == Some(&Fate::Back);
    let mut members = Vec::with_capacity(linkage.links.len());
    for link in &linkage.links {
        let Some(child) = child_of.get(&link.cluster).copied() else {
            continue;
        };
        let event = match was.get(&link.subject).copied() {
            None => Event::New,
            Some(from) if from == child => Event::Kept,
            Some(from) if matches!(fates.get(&from), Some(Fate::MergedInto(_))) => Event::Merged { from },
            Some(from) if fresh(&child) => Event::Split { from },
            Some(from) => Event::Moved { from },
        };
        members.push(Membership {
            subject: link.subject,
            child,
            anchor: anchors.get(&child) == Some(&link.subject),
            tier: link.tier,
            weight: link.weight,
            event,
        });
    }
    members.sort_unstable_by_key(|member| member.subject);
    Ok(CarriedOver { members, children })
}

/// Gives the children of each pregnancy the numbers that they had: a child goes by where yesterday's records of it
/// are now. Those left over take the numbers left over, the smallest first.
fn keep_numbers(linkage: &mut Linkage, yesterday: &Yesterday) {
    let mut numbered: BTreeMap<RecordId, BTreeMap<u8, ChildId>> = BTreeMap::new();
    for (subject, child) in yesterday.members.iter().filter(|(subject, _)| subject.number > 0) {
        numbered
            .entry(subject.record)
            .or_default()
            .insert(subject.number, *child);
    }
    if numbered.is_empty() {
        return;
    }
    let children: BTreeSet<ChildId> = numbered.values().flat_map(BTreeMap::values).copied().collect();
    let was: BTreeMap<RecordId, ChildId> = yesterday
        .members
        .iter()
        .filter(|(subject, child)| subject.number == 0 && children.contains(child))
        .map(|(subject, child)| (subject.record, *child))
        .collect();
    // How many of a child's records of yesterday are in which cluster now.
    let mut now: BTreeMap<(u32, ChildId), usize> = BTreeMap::new();
    for link in linkage.links.iter().filter(|link| link.subject.number == 0) {
        if let Some(child) = was.get(&link.subject.record) {
            *now.entry((link.cluster, *child)).or_default() += 1;
        }
    }
    if now.is_empty() {
        return;
    }
    for links in linkage
        .links
        .chunk_by_mut(|a, b| a.subject.record == b.subject.record && a.subject.number > 0)
    {
        let known = links.first().and_then(|link| numbered.get(&link.subject.record));
        if let Some(known) = known {
            let numbers: Vec<u8> = links.iter().map(|link| link.subject.number).collect();
            let clusters: Vec<u32> = links.iter().map(|link| link.cluster).collect();
            for (link, number) in links.iter_mut().zip(renumbered(&numbers, &clusters, known, &now)) {
                link.subject.number = number;
            }
            links.sort_unstable_by_key(|link| link.subject);
        }
    }
}

/// The number of each of a pregnancy's clusters, in their order.
fn renumbered(
    numbers: &[u8],
    clusters: &[u32],
    known: &BTreeMap<u8, ChildId>,
    now: &BTreeMap<(u32, ChildId), usize>,
) -> Vec<u8> {
    let mut claims: Vec<(Reverse<usize>, u8, usize)> = Vec::new();
    for (at, cluster) in clusters.iter().enumerate() {
        for (number, child) in known {
            if let Some(records) = now.get(&(*cluster, *child)) {
                claims.push((Reverse(*records), *number, at));
            }
        }
    }
    claims.sort_unstable();
    let mut chosen: BTreeMap<usize, u8> = BTreeMap::new();
    let mut used: BTreeSet<u8> = BTreeSet::new();
    for (_, number, at) in claims {
        if !used.contains(&number) && !chosen.contains_key(&at) {
            used.insert(number);
            chosen.insert(at, number);
        }
    }
    let mut free = numbers.iter().filter(|number| !used.contains(number));
    (0..clusters.len())
        .filter_map(|at| chosen.get(&at).or_else(|| free.next()).copied())
        .collect()
}

/// How strongly a known child claims a cluster; the least claim wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Claim {
    /// A child that was merged away yields to one that is current.
    merged: bool,
    /// One that lost its anchor yields to one that holds it.
    without_anchor: bool,
    since: i64,
    records: Reverse<usize>,
    child: ChildId,
}

/// Each known child claims the one cluster that holds its anchor or, where the anchor is not current and the
/// child was, the cluster with most of its records.
fn claims(
    known: &BTreeMap<ChildId, KnownChild>,
    was: &BTreeMap<Subject, ChildId>,
    cluster_of: &BTreeMap<Subject, u32>,
) -> BTreeMap<u32, BTreeSet<Claim>> {
    let mut overlap: BTreeMap<ChildId, BTreeMap<u32, usize>> = BTreeMap::new();
    for (subject, child) in was {
        if let Some(cluster) = cluster_of.get(subject) {
            *overlap.entry(*child).or_default().entry(*cluster).or_default() += 1;
        }
    }
    let mut claims: BTreeMap<u32, BTreeSet<Claim>> = BTreeMap::new();
    for child in known.values() {
        let parts = overlap.get(&child.child);
        let anchored = cluster_of.get(&child.anchor).copied();
        let merged = child.merged_into.is_some();
        // Clusters are numbered by their smallest record, so the first of equals is the same every night.
        let largest = parts
            .and_then(|parts| {
                parts
                    .iter()
                    .max_by_key(|(cluster, count)| (**count, Reverse(**cluster)))
            })
            .map(|(cluster, _)| *cluster)
            .filter(|_| !merged);
        if let Some(cluster) = anchored.or(largest) {
            claims.entry(cluster).or_default().insert(Claim {
                merged,
                without_anchor: anchored.is_none(),
                since: child.since,
                records: Reverse(parts.and_then(|parts| parts.get(&cluster)).copied().unwrap_or(0)),
                child: child.child,
            });
        }
    }
    claims
}

fn chosen(claims: &BTreeMap<u32, BTreeSet<Claim>>) -> BTreeMap<u32, ChildId> {
    claims
        .iter()
        .filter_map(|(cluster, claims)| Some((*cluster, claims.first()?.child)))
        .collect()
}

/// Makes an id for each cluster that nobody claims, from its best anchor: a record with an NHS number, else with
/// a UPN, else any, else a notification; of equals the smallest. Returns the new ids with their anchors.
fn mint_missing(
    linkage: &Linkage,
    known: &BTreeMap<ChildId, KnownChild>,
    child_of: &mut BTreeMap<u32, ChildId>,
    mint: &dyn Fn(Subject) -> ChildId,
) -> Result<BTreeMap<ChildId, Subject>, CarryOverError> {
    let mut unclaimed: BTreeMap<u32, BTreeSet<(AnchorRank, Subject)>> = BTreeMap::new();
    for link in linkage
        .links
        .iter()
        .filter(|link| !child_of.contains_key(&link.cluster))
    {
        unclaimed
            .entry(link.cluster)
            .or_default()
            .insert((link.anchor, link.subject));
    }
    let mut new: BTreeMap<ChildId, Subject> = BTreeMap::new();
    for (cluster, subjects) in unclaimed {
        let free = subjects
            .iter()
            .map(|(_, subject)| (mint(*subject), *subject))
            .find(|(child, _)| !known.contains_key(child) && !new.contains_key(child));
        let (child, anchor) = free.ok_or(CarryOverError::NoFreeId)?;
        new.insert(child, anchor);
        child_of.insert(cluster, child);
    }
    Ok(new)
}

fn fates(
    known: &BTreeMap<ChildId, KnownChild>,
    claims: &BTreeMap<u32, BTreeSet<Claim>>,
    child_of: &BTreeMap<u32, ChildId>,
    was: &BTreeMap<Subject, ChildId>,
) -> BTreeMap<ChildId, Fate> {
    let had_records: BTreeSet<ChildId> = was.values().copied().collect();
    let mut fates = BTreeMap::new();
    for (cluster, claims) in claims {
        let Some(winner) = child_of.get(cluster) else {
            continue;
        };
        for claim in claims {
            let fate = if claim.child != *winner {
                Fate::MergedInto(*winner)
            } else if claim.merged || !had_records.contains(winner) {
                Fate::Back
            } else {
                Fate::Current
            };
            fates.insert(claim.child, fate);
        }
    }
    // A child merged before, whose anchor is not current, is where the one that it became part of is.
    for child in known.values().filter(|child| child.merged_into.is_some()) {
        if fates.contains_key(&child.child) {
            continue;
        }
        let mut passed = BTreeSet::from([child.child]);
        let mut next = child.merged_into;
        while let Some(at) = next.filter(|at| passed.insert(*at)) {
            next = match fates.get(&at) {
                Some(Fate::Current | Fate::Back | Fate::New) => {
                    fates.insert(child.child, Fate::MergedInto(at));
                    None
                }
                Some(Fate::MergedInto(on)) => Some(*on),
                Some(Fate::Gone) | None => known.get(&at).and_then(|known| known.merged_into),
            };
        }
    }
    fates
}
