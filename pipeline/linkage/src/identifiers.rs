//! Tiers T1 to T3: pairs of records with an identifier in common.

use std::cmp::Reverse;

use rayon::prelude::*;

use crate::{
    Bar, Tier, Token, Weight,
    clusters::{Clusters, Edge, Union},
    engine::Weights,
    faces,
    population::Population,
    rules::birth_dates_conflict,
};

/// An identifier on more records than this is not used: a child has at most three census records a year for
/// fifteen years, twice where dually registered, and then some notices. It also bounds the pairs.
const MOST_BEARERS: usize = 200;

/// What joining by identifiers found besides the clusters.
#[derive(Debug, Default)]
pub(crate) struct Identified {
    /// Records whose NHS number met a conflict.
    pub(crate) conflicts: Vec<u32>,
    /// Identifiers on too many records.
    pub(crate) unused: usize,
}

/// Joins by NHS number, then its digest, then UPN, then exact identity; within a tier the pair that agrees best goes first, then
/// the smaller record ids. Confirmed pairs come last.
pub(crate) fn join(population: &Population<'_>, clusters: &mut Clusters<'_>) -> Identified {
    let assumed = faces::assumed();
    let mut found = Identified::default();
    for tier in [Tier::T1, Tier::T1d, Tier::T2, Tier::T3] {
        let mut bearers = bearers(population, tier);
        bearers.par_sort_unstable();
        let groups: Vec<&[(Token, u32)]> = bearers
            .chunk_by(|a, b| a.0 == b.0)
            .filter(|group| group.len() > 1 && asks(population, tier, group))
            .collect();
        found.unused += groups.iter().filter(|group| group.len() > MOST_BEARERS).count();

        let mut edges: Vec<(Edge, Option<Bar>)> = groups
            .par_iter()
            .filter(|group| group.len() <= MOST_BEARERS)
            .flat_map_iter(|group| {
                pairs(group)
                    .filter(|(a, b)| tier != Tier::T1d || population.digests.is_either_alone(*a, *b))
                    .map(|(a, b)| edge(population, &assumed, tier, a, b))
            })
            .collect();
        edges.par_sort_unstable_by_key(|(edge, _)| (std::cmp::Reverse(edge.weight), edge.left, edge.right));
        // Two records may share several UPNs.
        edges.dedup_by_key(|(edge, _)| (edge.left, edge.right));

        for (edge, refused) in edges {
            let bar = match refused {
                Some(bar) => {
                    clusters.refuse(&edge, bar);
                    bar
                }
                None => match clusters.unite(edge) {
                    Union::Refused(bar) => bar,
                    Union::Made | Union::Already => continue,
                },
            };
            let by_number = matches!(tier, Tier::T1 | Tier::T1d);
            if by_number && matches!(bar, Bar::BirthDatesDiffer | Bar::Twins | Bar::BornAfterEvent) {
                found.conflicts.extend([edge.left, edge.right]);
            }
        }
    }

    for (left, right) in &population.same {
        let weight = weight(population, &assumed, *left, *right);
        clusters.unite(Edge {
            tier: Tier::T4,
            weight,
            left: *left,
            right: *right,
            confirmed: true,
        });
    }
    found
}

fn bearers(population: &Population<'_>, tier: Tier) -> Vec<(Token, u32)> {
    let mut bearers = Vec::new();
    for (at, standing) in (0_u32..).zip(&population.standings) {
        if population.isolated(at) {
            continue;
        }
        match tier {
            Tier::T1 => bearers.extend(
                standing
                    .nhs_number
                    .filter(|_| standing.nhs_number_joins)
                    .map(|t| (t, at)),
            ),
            Tier::T1d => bearers.extend(population.digests.joining(at).map(|token| (token, at))),
            Tier::T2 => bearers.extend(standing.upns.iter().map(|token| (*token, at))),
            _ => bearers.extend(
                population
                    .person(at)
                    .and_then(|person| person.exact)
                    .map(|token| (token, at)),
            ),
        }
    }
    bearers
}

/// Whether this tier has anything to ask of a group: where all bear their numbers, the numbers have spoken.
fn asks(population: &Population<'_>, tier: Tier, group: &[(Token, u32)]) -> bool {
    tier != Tier::T1d || group.iter().any(|(_, at)| population.digests.is_alone(*at))
}

fn pairs(group: &[(Token, u32)]) -> impl Iterator<Item = (u32, u32)> {
    group.iter().enumerate().flat_map(|(at, (_, a))| {
        group
            .iter()
            .skip(at + 1)
            .filter(move |(_, b)| a != b)
            .map(move |(_, b)| (*a, *b))
    })
}

/// The edge of two records that bear one identifier, and why it is refused if their birth dates conflict.
fn edge(
    population: &Population<'_>,
    assumed: &Weights,
    tier: Tier,
    left: u32,
    right: u32,
) -> (Edge, Option<Bar>) {
    let birth = |at| population.person(at).and_then(|person| person.birth.as_ref());
    let conflict = matches!((birth(left), birth(right)), (Some(a), Some(b)) if birth_dates_conflict(a, b));
    let weight = weight(population, assumed, left, right);
    (
        Edge {
            tier,
            weight,
            left,
            right,
            confirmed: false,
        },
        conflict.then_some(Bar::BirthDatesDiffer),
    )
}

/// The weight of two records, any value counting as an average one.
pub(crate) fn weight(population: &Population<'_>, weights: &Weights, left: u32, right: u32) -> Weight {
    match (population.person(left), population.person(right)) {
        (Some(a), Some(b)) => weights.of_pattern(faces::pattern(a, b)),
        _ => Weight::default(),
    }
}

/// The two of these records that weigh most together, and what they weigh; of equals the first two.
pub(crate) fn heaviest(
    population: &Population<'_>,
    weights: &Weights,
    ours: &[u32],
    theirs: &[u32],
) -> Option<((u32, u32), Weight)> {
    let pairs = ours.iter().flat_map(|a| theirs.iter().map(move |b| (*a, *b)));
    pairs
        .map(|(a, b)| ((a, b), weight(population, weights, a, b)))
        .max_by_key(|(pair, weight)| (*weight, Reverse(*pair)))
}
