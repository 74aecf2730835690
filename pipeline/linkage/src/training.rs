//! Trains the model on the pairs themselves, without a truth.
//!
//! Expectation maximisation over all pairs at once collapses: matches are too few beside chance. So there is a
//! session for every three fields that agree in full, in which matches are plenty; *u* is fixed from random
//! pairs; and a session starts from the share of its pairs that chance does not explain. What the sessions
//! learn of a field is averaged over those that did not use it, by the matches that each saw.

use rayon::prelude::*;

use crate::{
    candidates::{Candidates, mix},
    compare::{
        BIRTH, EXACT, FIELDS, FORENAME, LEVELS, MISSING, PATTERNS, POSTCODE, Pattern, SURNAME, compare,
    },
    model::{Levels, Model, Prior, level_of, likelihood_without},
    persons::{Frequencies, Persons},
    population::Population,
};

/// Fewer persons than this teach nothing.
const FEWEST_PERSONS: usize = 1_000;
/// Fewer matched pairs than this, over all sessions, teach nothing either.
const FEWEST_MATCHES: f64 = 50.0;
/// The assumed levels weigh as much as this many matched pairs beside those that were seen.
const ASSUMED_MATCHES: f64 = 40.0;
/// And as much as this many random pairs.
const ASSUMED_RANDOM: f64 = 50.0;
/// Random pairs drawn for *u*: enough to see a level of one in ten thousand a hundred times.
const RANDOM_PAIRS: usize = 1_000_000;
/// A session of which less than this share is matched teaches more about chance than about matches.
const LEAST_MATCHED: f64 = 0.5;
/// No level is rarer than this between two records of one child: a feed without a single wrong sex or date has
/// not been looked at long enough.
const RAREST_SLIP: f64 = 0.000_5;
const ROUNDS: usize = 40;

/// The sessions: three fields that agree in full teach the fourth, and sex. Two would do in a small area, but
/// in one of half a million children most pairs with a forename and a birth date in common are chance.
const SESSIONS: [[usize; 3]; 4] = [
    [SURNAME, BIRTH, POSTCODE],
    [FORENAME, BIRTH, POSTCODE],
    [FORENAME, SURNAME, POSTCODE],
    [FORENAME, SURNAME, BIRTH],
];

/// Trains on the candidates and on the pairs that T3 has already joined. Falls back on what is assumed where
/// there is too little to learn from.
pub(crate) fn train(
    population: &Population<'_>,
    persons: &Persons,
    frequencies: &Frequencies,
    candidates: &Candidates,
    exact_pairs: &[(u32, u32)],
) -> Model {
    let assumed = Model::assumed();
    if persons.len() < FEWEST_PERSONS {
        return assumed;
    }
    let mut across = counts(&candidates.across);
    let mut within = counts(&candidates.within);
    for (left, right) in exact_pairs {
        if let (Some(a), Some(b)) = (population.person(*left), population.person(*right)) {
            let pattern = compare(&crate::compare::Face::of(a), &crate::compare::Face::of(b));
            let kind = |at: u32| population.entries.get(at as usize).map(|entry| entry.kind);
            let counts = if kind(*left) == kind(*right) {
                &mut within
            } else {
                &mut across
            };
            match counts.iter_mut().find(|(known, _)| *known == pattern) {
                Some((_, count)) => *count += 1.0,
                None => counts.push((pattern, 1.0)),
            }
        }
    }

    let unrelated = unrelated(persons, frequencies, &assumed.unrelated);
    let pairs = PairCounts::of(persons);
    let mut all = across.clone();
    all.extend(within.iter().copied());

    let mut seen = [[0.0; LEVELS]; 5];
    let mut matches = 0.0;
    for fields in SESSIONS {
        if let Some(session) = session(fields, &all, &unrelated, &assumed, pairs.across + pairs.within) {
            matches += session.matches;
            for field in (0..FIELDS.len()).filter(|field| !fields.contains(field)) {
                if let (Some(seen), Some(levels)) = (seen.get_mut(field), session.seen.get(field)) {
                    for (sum, count) in seen.iter_mut().zip(levels) {
                        *sum += count;
                    }
                }
            }
        }
    }
    if matches < FEWEST_MATCHES {
        return assumed;
    }

    let mut model = Model {
        same: with_slips(blend(&seen, &assumed.same, ASSUMED_MATCHES)),
        unrelated,
        trained: true,
        ..assumed
    };
    model.across = prior(&model, &across, pairs.across, true);
    model.within = prior(&model, &within, pairs.within, false);
    model
}

/// The patterns that occurred, with their counts.
fn counts(histogram: &[u64]) -> Vec<(Pattern, f64)> {
    debug_assert!(histogram.len() == PATTERNS);
    (0_u16..)
        .zip(histogram)
        .filter(|(_, count)| **count > 0)
        .map(|(at, count)| (Pattern(at), *count as f64))
        .collect()
}

/// How often unrelated persons have each level: from random pairs; and for agreement in full, which is too
/// rare to be seen at random, from the frequencies of the values.
fn unrelated(persons: &Persons, frequencies: &Frequencies, assumed: &Levels) -> Levels {
    let count = persons.len();
    let mut order: Vec<u32> = (0..count as u32).collect();
    order.par_sort_unstable_by_key(|person| (mix(u64::from(*person)), *person));
    let steps = (RANDOM_PAIRS / count).clamp(1, count / 2);
    let seen: [[u64; LEVELS]; 5] = (0..count)
        .into_par_iter()
        .map(|at| {
            let mut seen = [[0_u64; LEVELS]; 5];
            for step in 1..=steps {
                let (Some(a), Some(b)) = (order.get(at), order.get((at + step) % count)) else {
                    continue;
                };
                let pattern = compare(&persons.face(*a), &persons.face(*b));
                let full = [FORENAME, BIRTH, POSTCODE]
                    .iter()
                    .filter(|field| pattern.level(**field) == EXACT)
                    .count();
                // Two of these in full at random is a match that was drawn by chance.
                if full < 2 {
                    tally(&mut seen, pattern);
                }
            }
            seen
        })
        .reduce(|| [[0; LEVELS]; 5], add);

    let mut levels = blend(
        &seen.map(|field| field.map(|count| count as f64)),
        assumed,
        ASSUMED_RANDOM,
    );
    for (field, frequency) in [
        (FORENAME, &frequencies.forenames),
        (SURNAME, &frequencies.surnames),
        (POSTCODE, &frequencies.postcodes),
    ] {
        if let Some(levels) = levels.get_mut(field) {
            set_exact(levels, frequency.chance());
        }
    }
    levels
}

fn tally(seen: &mut [[u64; LEVELS]; 5], pattern: Pattern) {
    for (field, levels) in seen.iter_mut().enumerate() {
        let level = pattern.level(field);
        if level != MISSING
            && let Some(count) = levels.get_mut(usize::from(level))
        {
            *count += 1;
        }
    }
}

fn add(mut a: [[u64; LEVELS]; 5], b: [[u64; LEVELS]; 5]) -> [[u64; LEVELS]; 5] {
    for (mine, theirs) in a.iter_mut().flatten().zip(b.iter().flatten()) {
        *mine += theirs;
    }
    a
}

/// Sets the chance of full agreement and scales the other levels to the rest.
fn set_exact(levels: &mut [f64; LEVELS], exact: f64) {
    // Nobody agrees: as rare as one pair in ten million, but not impossible.
    let exact = exact.clamp(1e-7, 0.5);
    let rest: f64 = levels.iter().skip(2).sum();
    for (level, chance) in levels.iter_mut().enumerate().skip(1) {
        *chance = if level == usize::from(EXACT) {
            exact
        } else {
            *chance * (1.0 - exact) / rest
        };
    }
}

/// Probabilities from counts, leaning on what is assumed as if it had been seen so many times.
fn blend(seen: &Levels, assumed: &Levels, strength: f64) -> Levels {
    let mut levels = *assumed;
    for (levels, seen) in levels.iter_mut().zip(seen) {
        let total: f64 = seen.iter().skip(1).sum();
        for (chance, count) in levels.iter_mut().zip(seen).skip(1) {
            *chance = (count + strength * *chance) / (total + strength);
        }
    }
    levels
}

/// Raises every level of a field to the rarest slip, at the cost of full agreement.
fn with_slips(mut levels: Levels) -> Levels {
    for (field, (_, count)) in levels.iter_mut().zip(FIELDS) {
        let mut rest = 1.0;
        for chance in field.iter_mut().take(usize::from(count) + 1).skip(2) {
            *chance = chance.max(RAREST_SLIP);
            rest -= *chance;
        }
        if let Some(exact) = field.get_mut(usize::from(EXACT)) {
            *exact = rest;
        }
    }
    levels
}

/// What one session saw of its matches.
struct Session {
    matches: f64,
    seen: Levels,
}

fn session(
    fields: [usize; 3],
    counts: &[(Pattern, f64)],
    unrelated: &Levels,
    assumed: &Model,
    pairs: f64,
) -> Option<Session> {
    let counts: Vec<(Pattern, f64)> = counts
        .iter()
        .filter(|(pattern, _)| fields.iter().all(|field| pattern.level(*field) == EXACT))
        .copied()
        .collect();
    let observed: f64 = counts.iter().map(|(_, count)| count).sum();
    let by_chance: f64 = pairs
        * fields
            .iter()
            .map(|field| level_of(unrelated, *field, EXACT))
            .product::<f64>();
    let mut share = 1.0 - by_chance / observed.max(1.0);
    if share < LEAST_MATCHED {
        return None;
    }
    let mut of_household = (1.0 - share).min(0.05);
    share -= of_household / 2.0;
    let mut same = assumed.same;
    let mut session = Session {
        matches: 0.0,
        seen: [[0.0; LEVELS]; 5],
    };
    for _ in 0..ROUNDS {
        session = Session {
            matches: 0.0,
            seen: [[0.0; LEVELS]; 5],
        };
        let mut household = 0.0;
        for (pattern, count) in &counts {
            let chances = [
                share * likelihood_without(&same, *pattern, fields),
                of_household * likelihood_without(&assumed.household, *pattern, fields),
                (1.0 - share - of_household).max(0.0) * likelihood_without(unrelated, *pattern, fields),
            ];
            let total: f64 = chances.iter().sum();
            let [matched, at_home, _] = chances.map(|chance| count * chance / total);
            session.matches += matched;
            household += at_home;
            for (field, levels) in session.seen.iter_mut().enumerate() {
                let level = pattern.level(field);
                if level != MISSING
                    && let Some(seen) = levels.get_mut(usize::from(level))
                {
                    *seen += matched;
                }
            }
        }
        share = session.matches / observed;
        of_household = household / observed;
        same = blend(&session.seen, &assumed.same, ASSUMED_MATCHES);
    }
    (share >= LEAST_MATCHED).then_some(session)
}

/// How many pairs of persons there are.
struct PairCounts {
    across: f64,
    within: f64,
}

impl PairCounts {
    fn of(persons: &Persons) -> Self {
        let mut of_kind = [0_u64; 256];
        for kind in persons.kinds.iter().filter_map(|kinds| kinds.single()) {
            if let Some(count) = of_kind.get_mut(usize::from(kind)) {
                *count += 1;
            }
        }
        let within: f64 = of_kind
            .iter()
            .map(|count| *count as f64 * (*count as f64 - 1.0) / 2.0)
            .sum();
        let count = persons.len() as f64;
        PairCounts {
            across: (count * (count - 1.0) / 2.0 - within).max(1.0),
            within: within.max(1.0),
        }
    }
}

/// The shares of pairs that are one child and of one household, by the classes of the pairs compared; those
/// never compared are unrelated.
fn prior(model: &Model, counts: &[(Pattern, f64)], pairs: f64, across: bool) -> Prior {
    let mut model = model.clone();
    // Not below one in ten billion pairs, as a prior of nought could never rise again.
    let floor = 1e-10;
    for _ in 0..ROUNDS {
        let (mut same, mut household) = (0.0, 0.0);
        for (pattern, count) in counts {
            let chances = model.chances(*pattern, across);
            let total: f64 = chances.iter().sum();
            let [matched, at_home, _] = chances.map(|chance| count * chance / total);
            same += matched;
            household += at_home;
        }
        let next = Prior {
            same: (same / pairs).clamp(floor, 0.25),
            household: (household / pairs).clamp(floor, 0.25),
        };
        if across {
            model.across = next;
        } else {
            model.within = next;
        }
    }
    if across { model.across } else { model.within }
}
