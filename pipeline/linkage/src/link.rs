//! One linkage from start to end.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
};

use rayon::prelude::*;

use crate::{
    Bar, Decisions, Entry, Evidence, Link, LinkError, Linkage, NumberEvidence, RecordId, Settings, Stage,
    Tier, Watch, Weight,
    candidates::{self, Pair},
    clusters::{Clusters, Edge},
    identifiers,
    model::{Model, NUMBER_BITS},
    persons::{Frequencies, Persons},
    population::Population,
    training,
    weighing::{Prospect, UNSEEN, Weighed, Weighing},
};

/// Works out which records are the same child, from nothing but the records and the decisions.
///
/// The outcome does not depend on the order of `entries`, nor on the number of threads.
///
/// ```
/// use sendlink_linkage::{
///     Decisions, Encoding, Entry, NhsNumberEncoding, PersonEncoding, RecordId, Settings, Tier, Token, link,
/// };
///
/// let number = NhsNumberEncoding { token: Token([7; 16]), conclusive: true };
/// let child = PersonEncoding { nhs_number: Some(number), ..PersonEncoding::default() };
/// let encoding = Encoding { child: Some(child), ..Encoding::default() };
/// let entry = |id, kind| Entry { record: RecordId([id; 16]), kind, source: None, encoding: encoding.clone() };
///
/// let outcome = link(&[entry(1, 1), entry(2, 2)], &Decisions::default(), &Settings::default(), &())?;
/// assert_eq!(outcome.clusters, 1);
/// assert!(outcome.links.iter().all(|link| link.tier == Tier::T1));
/// # Ok::<(), sendlink_linkage::LinkError>(())
/// ```
///
/// # Errors
///
/// When a record is there twice, or the watcher stops it.
pub fn link(
    entries: &[Entry],
    decisions: &Decisions,
    settings: &Settings,
    watch: &dyn Watch,
) -> Result<Linkage, LinkError> {
    let population = Population::new(entries, decisions)?;
    let mut clusters = Clusters::new(&population);

    watch.progress(Stage::Identifiers, 0, 1);
    let identified = identifiers::join(&population, &mut clusters);
    watch.progress(Stage::Identifiers, 1, 1);

    let persons = Persons::gather(&population, &clusters);
    let candidates = candidates::compare_all(&persons, watch).ok_or(LinkError::Cancelled)?;
    let frequencies = Frequencies::of(&persons);
    let model = training::train(
        &population,
        &persons,
        &frequencies,
        &candidates,
        &identified.exact_pairs,
    );
    let weighed = weigh(&persons, &model, &frequencies, &candidates.plausible, settings);

    let mut weighing = Weighing::new(&persons, *settings, &weighed);
    if !weighing.join(&mut clusters, watch) {
        return Err(LinkError::Cancelled);
    }
    let prospects = weighing.prospects(&clusters);

    let mut numbers: Vec<NumberEvidence> = population
        .standings
        .iter()
        .map(|standing| standing.number)
        .collect();
    for at in &identified.conflicts {
        if let Some(number) = numbers.get_mut(*at as usize) {
            *number = NumberEvidence::Conflict;
        }
    }
    let (links, count) = links(&population, &clusters, &model, &numbers, &prospects);
    let review = weighing.review(&population, &clusters);
    let mut summary = model.summary();
    summary.persons = persons.len() as u64;
    summary.pairs = candidates.compared;
    summary.blocks_left_out = candidates.blocks_left_out;
    summary.identifiers_left_out = identified.unused as u64;
    summary.accepted = weighing.accepted;
    summary.expected_false = weighing.expected_false;
    let mut refused = clusters.refused;
    let mut known = BTreeSet::new();
    refused.retain(|refusal| known.insert((refusal.left, refusal.right, refusal.tier)));
    Ok(Linkage {
        links,
        clusters: count,
        review,
        refused,
        summary,
    })
}

/// Weighs the plausible pairs, and keeps those above the weight of a pair that was not weighed.
///
/// Birth dates that conflict refuse a number in common (T1); they also keep a weight below acceptance: chance
/// agreement of everything else is rare, but so is a child with no part of its birth date right.
fn weigh(
    persons: &Persons,
    model: &Model,
    frequencies: &Frequencies,
    pairs: &[Pair],
    settings: &Settings,
) -> Vec<Weighed> {
    let below_acceptance = Weight(settings.accept.0.saturating_sub(1));
    pairs
        .par_iter()
        .filter_map(|pair| {
            let across = persons.across_kinds(pair.left, pair.right);
            let (a, b) = (persons.face(pair.left), persons.face(pair.right));
            let mut weight = model.weight_of(pair.pattern, across, &a, &b, frequencies);
            if pair.pattern.birth_dates_conflict() {
                weight = weight.min(below_acceptance);
            }
            (weight >= UNSEEN).then_some(Weighed {
                left: pair.left,
                right: pair.right,
                weight,
            })
        })
        .collect()
}

fn links(
    population: &Population<'_>,
    clusters: &Clusters<'_>,
    model: &Model,
    numbers: &[NumberEvidence],
    prospects: &BTreeMap<u32, Prospect>,
) -> (Vec<Link>, u32) {
    let refused = refusals_across_kinds(population, clusters);
    let mut number_of_root: BTreeMap<u32, u32> = BTreeMap::new();
    let mut links = Vec::with_capacity(population.len());
    for (at, entry) in (0_u32..).zip(&population.entries) {
        let root = clusters.root(at);
        let next = number_of_root.len() as u32;
        let cluster = *number_of_root.entry(root).or_insert(next);
        let mut evidence = Evidence {
            nhs_number: numbers.get(at as usize).copied().unwrap_or_default(),
            ..Evidence::default()
        };
        let (tier, weight) = match clusters.joined(at) {
            Some(edge) => {
                evidence.confirmed = edge.confirmed;
                (edge.tier, final_weight(population, model, edge))
            }
            None => {
                let prospect = prospects.get(&root).copied().unwrap_or_default();
                evidence.candidates = prospect.candidates;
                let isolated = population.isolated(at).then_some(Bar::Isolated);
                evidence.bar = [isolated, prospect.bar, refused.get(&entry.record).copied()]
                    .into_iter()
                    .flatten()
                    .min();
                (unmatched_tier(&prospect), prospect.best.unwrap_or_default())
            }
        };
        let anchor = population.anchor_rank(at);
        links.push(Link {
            record: entry.record,
            cluster,
            tier,
            weight,
            evidence,
            anchor,
        });
    }
    (links, number_of_root.len() as u32)
}

fn unmatched_tier(prospect: &Prospect) -> Tier {
    match prospect {
        Prospect { candidates: 0, .. } => Tier::T0,
        Prospect { ambiguous: true, .. } => Tier::Tx,
        _ => Tier::T4r,
    }
}

/// The weight of the pair that matched a record: what the trained model says of it, and what the identifier
/// adds.
fn final_weight(population: &Population<'_>, model: &Model, edge: &Edge) -> Weight {
    let identifier = match edge.tier {
        Tier::T1 | Tier::T2 => Weight::from_bits(NUMBER_BITS),
        Tier::T3 => Weight::default(),
        _ if edge.confirmed => Weight::default(),
        _ => return edge.weight,
    };
    let names = identifiers::weight(population, model, edge.left, edge.right);
    Weight(names.0.saturating_add(identifier.0))
}

/// For each record, the gravest conflict that kept it from a record of another kind by an identifier.
fn refusals_across_kinds(population: &Population<'_>, clusters: &Clusters<'_>) -> BTreeMap<RecordId, Bar> {
    let kinds: BTreeMap<RecordId, u8> = population
        .entries
        .iter()
        .map(|entry| (entry.record, entry.kind))
        .collect();
    let mut gravest: BTreeMap<RecordId, Bar> = BTreeMap::new();
    let mut order: Vec<_> = clusters.refused.iter().collect();
    order.sort_by_key(|refusal| Reverse(refusal.bar));
    for refusal in order {
        if kinds.get(&refusal.left) != kinds.get(&refusal.right) {
            gravest.insert(refusal.left, refusal.bar);
            gravest.insert(refusal.right, refusal.bar);
        }
    }
    gravest
}
