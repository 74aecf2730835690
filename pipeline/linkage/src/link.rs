//! One linkage from start to end.

use std::{cmp::Reverse, collections::BTreeSet};

use rayon::prelude::*;

use crate::{
    Decisions, Entry, LinkError, Linkage, NumberEvidence, Pregnancy, Settings, Stage, Watch, Weight,
    candidates::{self, Pair},
    clusters::Clusters,
    expected, identifiers,
    links::Linking,
    model::Model,
    mothers::Mothers,
    nameless,
    persons::{Frequencies, Persons},
    population::Population,
    pregnancies::Pregnancies,
    training,
    weighing::{UNSEEN, Weighed, Weighing},
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
/// let entry = |id, kind| Entry {
///     record: RecordId([id; 16]), kind, source: None, erased: Default::default(), encoding: encoding.clone(),
/// };
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
    let mothers = Mothers::of(&population);
    let pregnancies = Pregnancies::of(&population, &mothers);
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
    let mut prospects = weighing.prospects(&clusters);
    let mut review = weighing.review(&population, &clusters);
    let (accepted, expected_false) = (weighing.accepted, weighing.expected_false);

    let known = nameless::Known {
        population: &population,
        mothers: &mothers,
        pregnancies: &pregnancies,
        model: &model,
    };
    let nameless = nameless::join(&known, &mut clusters);
    for (at, prospect) in &nameless.prospects {
        prospects.entry(clusters.root(*at)).or_default().add(prospect);
    }
    review.extend(nameless.review);
    review.sort_unstable_by_key(|pair| (Reverse(pair.weight), pair.left, pair.right));

    watch.progress(Stage::Pregnancies, 0, 1);
    let expected = expected::find(&population, &clusters, &mothers, &pregnancies, settings);
    watch.progress(Stage::Pregnancies, 1, 1);

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
    let linking = Linking {
        population: &population,
        clusters: &clusters,
        model: &model,
        numbers: &numbers,
        prospects: &prospects,
        expected: &expected,
    };
    let (links, count) = linking.links();
    let notified = population
        .notifications
        .iter()
        .zip(&expected.evidence)
        .map(|(entry, evidence)| Pregnancy {
            record: entry.record,
            evidence: *evidence,
        })
        .collect();
    let mut summary = model.summary();
    summary.persons = persons.len() as u64;
    summary.pairs = candidates.compared;
    summary.blocks_left_out = candidates.blocks_left_out;
    summary.identifiers_left_out = identified.unused as u64;
    summary.accepted = accepted + nameless.accepted;
    summary.expected_false = expected_false + nameless.expected_false;
    let mut refused = clusters.refused;
    let mut known = BTreeSet::new();
    refused.retain(|refusal| known.insert((refusal.left, refusal.right, refusal.tier)));
    Ok(Linkage {
        links,
        clusters: count,
        pregnancies: notified,
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
