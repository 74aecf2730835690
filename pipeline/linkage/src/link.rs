//! One linkage from start to end.

use std::{cmp::Reverse, collections::BTreeSet};

use crate::{
    Candidate, Decisions, Entry, LinkError, Linkage, ModelSummary, NumberEvidence, Pregnancy, RecordId,
    Refusal, Settings, Stage, Watch, Weight,
    clusters::Clusters,
    doubts::{Ground, Joined},
    expected, identifiers,
    links::Linking,
    mothers::Mothers,
    nameless,
    persons::Persons,
    population::Population,
    pregnancies::Pregnancies,
    weighing::Weighing,
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
    let (mut linkage, doubts) = link_and(entries, decisions, settings, watch, |ground, review, refused| {
        ground.doubts(review, refused)
    })?;
    linkage.doubts = doubts;
    Ok(linkage)
}

/// Links everything, and says by which pairs the records of this record's child were joined by weight.
///
/// # Errors
///
/// As [`link`].
pub fn joined(
    entries: &[Entry],
    decisions: &Decisions,
    settings: &Settings,
    record: RecordId,
    watch: &dyn Watch,
) -> Result<Vec<Joined>, LinkError> {
    let (_, joined) = link_and(entries, decisions, settings, watch, |ground, _, _| {
        ground.joined(record)
    })?;
    Ok(joined)
}

/// Links without doubts, and asks something of what it stood on: `ask` is given the pairs for review and the refused
/// unions too.
pub(crate) fn link_and<T>(
    entries: &[Entry],
    decisions: &Decisions,
    settings: &Settings,
    watch: &dyn Watch,
    ask: impl FnOnce(&Ground<'_, '_, '_>, &[Candidate], &[Refusal]) -> T,
) -> Result<(Linkage, T), LinkError> {
    let population = Population::new(entries, decisions)?;
    let mothers = Mothers::of(&population);
    let pregnancies = Pregnancies::of(&population, &mothers);
    let mut clusters = Clusters::new(&population);

    watch.progress(Stage::Identifiers, 0, 1);
    let identified = identifiers::join(&population, &mut clusters);
    watch.progress(Stage::Identifiers, 1, 1);

    let persons = Persons::gather(&population, &clusters)?;
    let below_acceptance = Weight(settings.accept.0.saturating_sub(1));
    let (pairs, weighed) = persons.weigh(below_acceptance, watch)?;
    let weights = &weighed.weights;

    let mut weighing = Weighing::new(&persons, *settings, &pairs);
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
        weights,
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
        weights,
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
    let ground = Ground {
        population: &population,
        clusters: &clusters,
        persons: &persons,
        weighed: &weighed,
    };
    let asked = ask(&ground, &review, &clusters.refused);
    let summary = ModelSummary {
        persons: persons.len() as u64,
        pairs: weighed.compared,
        blocking: weighed.blocking,
        identifiers_left_out: identified.unused as u64,
        accepted: accepted + nameless.accepted,
        expected_false: expected_false + nameless.expected_false,
        priors: weighed.priors,
        model: weighed.model,
    };
    let mut refused = clusters.refused;
    let mut known = BTreeSet::new();
    refused.retain(|refusal| known.insert((refusal.left, refusal.right, refusal.tier)));
    let linkage = Linkage {
        links,
        clusters: count,
        pregnancies: notified,
        review,
        refused,
        doubts: Vec::new(),
        digests: population.digests.summary(),
        summary,
    };
    Ok((linkage, asked))
}
