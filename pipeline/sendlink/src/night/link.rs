//! Relinks all current records from scratch, then carries yesterday's child ids over.

use std::collections::{BTreeMap, HashMap};

use dataset::{ChildRow, LinkRow, Links, Member};
use linkage::{CarriedOver, Decisions, Entry, HoldOut, KnownChild, LinkError, Linkage, Yesterday};

use super::{
    Night,
    events::{Linked, SourceAlert},
    load::interrupted,
    summary::{DigestsSummary, LinkageSummary},
};
use crate::{
    context,
    exit::{Exit, Failure},
    feeds::Ready,
    progress::Progress,
    to_link,
    watcher::Watcher,
};

/// Links every current record of the vault.
///
/// # Errors
/// Where the database fails, an encoding is not sealed under this key, or the run is stopping.
pub async fn link(night: &mut Night<'_>, feeds: &[Ready<'_>]) -> Result<(), Failure> {
    night.check_stop()?;
    tracing::info!("Linking all records.");
    let encoder = context::encoder(&night.keys)?;
    let mut entries = to_link::entries(&night.store, &encoder).await?;
    let decisions = to_link::decisions(&night.store).await?;
    let members = night.store.membership().await.map_err(interrupted)?;
    let known = night.store.known_children().await.map_err(interrupted)?;
    let yesterday = Yesterday {
        children: known
            .iter()
            .map(|child| KnownChild {
                child: child.child_id,
                anchor: child.anchor,
                since: days_of(child.since),
                merged_into: child.merged_into,
            })
            .collect(),
        members: members
            .iter()
            .map(|member| (member.subject, member.child_id))
            .collect(),
    };
    let settings = linkage::Settings {
        as_at_day: encoder.day_number(night.run.as_at),
        ..linkage::Settings::default()
    };
    fail::fail_point!("night::before-link");
    let watch = Watcher {
        stop: night.stop.clone(),
        progress: Progress::start("comparing records", None),
    };
    let (linkage, carried) = tokio::task::block_in_place(|| {
        let mut linkage = linkage::link(&entries, &decisions, &settings, &watch)?;
        let carried = linkage::carry_over(&mut linkage, &yesterday, &|subject| encoder.child_id(subject));
        Ok((linkage, carried))
    })
    .map_err(failure)?;
    drop(watch);
    let carried = carried.map_err(|error| Failure::new(Exit::KeyRefused, error))?;

    let links = rows(&linkage, &carried, &members, night.run.as_at)?;
    let change = night
        .store
        .save_links(&night.lease, &night.run, &links)
        .await
        .map_err(interrupted)?;
    fail::fail_point!("night::after-link");
    night.tell(Linked {
        linkage: summarise(&linkage),
        new: change.new,
        merged: change.merged,
        split: change.split,
        doubts: links.doubts.len(),
    });
    if linkage.digests.records > 0 && linkage.digests.known == 0 {
        tell_of_unknown_digests(night, feeds);
    }
    night.implausible = linkage::implausible(&entries, &linkage);
    if night.config.night.hold_out {
        // As much memory again is wanted now.
        drop((linkage, carried, links, members));
        night.held_out = Some(hold_out(night, &mut entries, &decisions, &settings)?);
    }
    Ok(())
}

/// Says of each feed that sends digests that none is of a number that anybody else sends: what a wrong salt looks like.
/// In an area without the salt nothing else is to be expected.
fn tell_of_unknown_digests(night: &mut Night<'_>, feeds: &[Ready<'_>]) {
    if night.digests.is_none() {
        return;
    }
    for ready in feeds.iter().filter(|ready| ready.maps_digests()) {
        night.tell(SourceAlert {
            feed: ready.feed,
            alert: "none of the digests of NHS numbers is of a number that is known here; ask the sender whether salt, \
                    fields and form of the birth date are those of [open_pseudonymiser]"
                .to_owned(),
        });
    }
}

/// Links once more without NHS numbers, to see how right linkage is.
fn hold_out(
    night: &Night<'_>,
    entries: &mut Vec<Entry>,
    decisions: &Decisions,
    settings: &linkage::Settings,
) -> Result<HoldOut, Failure> {
    let watch = Watcher {
        stop: night.stop.clone(),
        progress: Progress::start("comparing without NHS numbers", None),
    };
    tokio::task::block_in_place(|| linkage::hold_out(entries, decisions, settings, &watch)).map_err(failure)
}

fn failure(error: LinkError) -> Failure {
    match error {
        LinkError::Cancelled => super::stop::stopped(),
        error => Failure::new(Exit::Bug, error),
    }
}

fn rows(
    linkage: &Linkage,
    carried: &CarriedOver,
    members: &[Member],
    as_at: jiff::civil::Date,
) -> Result<Links, Failure> {
    let before: HashMap<_, _> = members.iter().map(|member| (member.subject, member)).collect();
    let mut links = Links::default();
    let mut anchors = BTreeMap::new();
    for child in &carried.children {
        anchors.insert(child.child, child.anchor);
    }
    let mut current = BTreeMap::new();
    for (link, member) in linkage.links.iter().zip(&carried.members) {
        if link.subject != member.subject {
            return Err(Failure::new(
                Exit::Bug,
                "linkage and its child ids disagree about their records",
            ));
        }
        let Some(anchor) = anchors.get(&member.child) else {
            return Err(Failure::new(Exit::Bug, "a record has a child that is not there"));
        };
        current.insert(member.child, *anchor);
        let since = before
            .get(&member.subject)
            .filter(|was| was.child_id == member.child && is_match(&was.tier) == member.tier.is_match());
        links.links.push(LinkRow {
            subject: member.subject,
            child_id: member.child,
            tier: member.tier.as_str().to_owned(),
            weight: (member.tier != linkage::Tier::T0).then_some(member.weight.0),
            evidence: serde_json::to_string(&link.evidence)
                .map_err(|error| Failure::new(Exit::Bug, error))?,
            linked_on: since.map_or(as_at, |was| was.linked_on),
        });
    }
    links.doubts = linkage.doubts.clone();
    links.children = current
        .into_iter()
        .map(|(child_id, anchor)| ChildRow { child_id, anchor })
        .collect();
    Ok(links)
}

/// Days since the year 1: a number that grows with time.
fn days_of(date: jiff::civil::Date) -> i64 {
    (date - jiff::civil::date(1, 1, 1)).get_days().into()
}

fn is_match(tier: &str) -> bool {
    tier.parse().is_ok_and(linkage::Tier::is_match)
}

fn summarise(linkage: &Linkage) -> LinkageSummary {
    let mut tiers = BTreeMap::new();
    for link in &linkage.links {
        *tiers.entry(link.tier.as_str().to_owned()).or_insert(0) += 1;
    }
    let mut pregnancies = BTreeMap::new();
    for pregnancy in &linkage.pregnancies {
        let state = pregnancy.evidence.state.words();
        *pregnancies.entry(state.to_owned()).or_insert(0) += 1;
    }
    LinkageSummary {
        pregnancies,
        records: linkage.links.len() as u64,
        children: linkage.clusters.into(),
        tiers,
        refused_unions: linkage.refused.len() as u64,
        digests: (linkage.digests.records > 0).then_some(DigestsSummary {
            records: linkage.digests.records,
            known: linkage.digests.known,
        }),
    }
}
