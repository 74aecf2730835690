//! Learns a model from the rows themselves, without a truth.
//!
//! Expectation maximisation over all pairs at once collapses, as matches are too few beside chance. So there is a
//! session for each blocking key, in whose blocks matches are plenty; what strangers agree on is fixed beforehand
//! from random pairs; a session starts from the share of its pairs that chance does not explain, and says nothing of
//! the columns of its key. A column's levels are the weighted medians over the sessions.

use std::collections::HashMap;

use foldhash::fast::FixedState;
use rayon::prelude::*;

use super::{
    blocks::{Blocks, blocks_of, pairs_in, sides},
    frame::{Frame, Row},
    keys::{self, Chance, Key},
    levels::{EXACT, MISSING, MOST_LEVELS, compare, count, level_of},
    tables::ColumnKind,
    weights::{Weights, levels_of},
};

/// Random pairs from which the near levels of strangers are learned: one in ten thousand is seen thirty times.
const RANDOM_PAIRS: usize = 300_000;
/// Pairs of a session: enough to see a level of one in a thousand among matches.
const SESSION_PAIRS: u64 = 40_000;
/// A block of more pairs than this teaches more about chance than about matches.
const SESSION_BLOCK: u64 = 2_000;
/// A session of which chance explains more than this share is left out.
const MOST_CHANCE: f64 = 0.7;
/// Matched pairs that what is assumed weighs as much as.
const ASSUMED_PAIRS: f64 = 10.0;
/// Random pairs that what is assumed of strangers weighs as much as.
const ASSUMED_RANDOM: f64 = 1.0;
/// Matched pairs, over all sessions, below which nothing was learned.
const FEWEST_MATCHES: f64 = 20.0;
/// No level is rarer than this between rows of one person: what was never seen may still be.
const RAREST: f64 = 0.000_5;
const ROUNDS: usize = 60;
/// Rounds for households, whose chances change little.
const HOUSEHOLD_ROUNDS: usize = 30;

/// Patterns and how many pairs have each, in order.
pub(super) type Patterns = Vec<(u64, f64)>;

/// Learns the model.
pub(super) fn train(frame: &Frame<'_>) -> Weights {
    let keys = keys::sessions(frame);
    let unrelated = strangers(frame);
    let mut weights = Weights::assumed(frame, &unrelated);
    let sessions: Vec<Session> = keys
        .par_iter()
        .filter_map(|key| Session::new(frame, key))
        .collect();
    let mut every: Vec<Option<Learned>> = Vec::new();
    for with_household in [false, true] {
        if with_household {
            learn_households(&sessions, &every, frame, &mut weights);
        }
        every = sessions
            .par_iter()
            .map(|session| session.learn(&weights))
            .collect();
        let learned: Vec<&Learned> = every.iter().flatten().collect();
        let matches: f64 = learned.iter().map(|learned| learned.matches).sum();
        if matches < FEWEST_MATCHES {
            return weights;
        }
        weights.trained = true;
        let lessons = match with_household {
            true => learned,
            false => without_households(frame, &learned),
        };
        for (at, column) in weights.columns.iter_mut().enumerate() {
            let seen = told_of(frame, &lessons, at);
            if !seen.is_empty() {
                column.same = medians(&seen, &column.same, levels_of(frame, at));
            }
        }
        set_prior(frame, &of_few_circumstances(frame, &lessons), &mut weights);
    }
    weights
}

/// Whether a column says who somebody is, and not where they live or what else may change: names and dates.
fn is_of_person(frame: &Frame<'_>, at: usize) -> bool {
    let column = frame.columns.get(at);
    column.is_some_and(|column| matches!(column.kind, ColumnKind::Name | ColumnKind::Date))
}

/// What the sessions say of a column. Parts of an address change together: who still has the street still has the house.
/// So other columns than names and dates are learned where names and dates are the key, if there is such a session.
fn told_of<'l>(frame: &Frame<'_>, learned: &[&'l Learned], at: usize) -> Vec<(&'l [f64; MOST_LEVELS], f64)> {
    let of_person = |learned: &Learned| learned.columns.iter().all(|key| is_of_person(frame, *key));
    if !is_of_person(frame, at) {
        let told = learned.iter().filter(|learned| of_person(learned));
        let told: Vec<_> = told.filter_map(|learned| learned.of(at)).collect();
        if told.iter().map(|(_, mass)| mass).sum::<f64>() >= FEWEST_TOLD {
            return told;
        }
    }
    learned.iter().filter_map(|learned| learned.of(at)).collect()
}

/// Sessions whose key has one column at most that is neither name nor date, if there are such: of two that change
/// together, a key finds more than of two that do not.
fn of_few_circumstances<'l>(frame: &Frame<'_>, learned: &[&'l Learned]) -> Vec<&'l Learned> {
    let circumstances = |learned: &Learned| {
        let keys = learned.columns.iter();
        keys.filter(|key| !is_of_person(frame, **key)).count()
    };
    let few: Vec<&Learned> = learned
        .iter()
        .filter(|learned| circumstances(learned) <= 1)
        .copied()
        .collect();
    if few.is_empty() { learned.to_vec() } else { few }
}

/// Sessions that are not full of households. Before these have a class of their own, the many pairs of a surname and an
/// address are taken for one person's, who then seems to have another forename and birth date each time: such a session
/// says far oftener than others that a name or a date has nothing in common.
fn without_households<'l>(frame: &Frame<'_>, learned: &[&'l Learned]) -> Vec<&'l Learned> {
    let unlike = |learned: &Learned, at: usize, kind: ColumnKind| {
        let (seen, mass) = learned.of(at)?;
        let unlike = seen.get(usize::from(count(kind)))?;
        (mass >= FEWEST_TOLD).then(|| unlike / mass)
    };
    let mut clean = learned.to_vec();
    for (at, column) in frame.columns.iter().enumerate() {
        if !is_of_person(frame, at) {
            continue;
        }
        let shares = learned
            .iter()
            .filter_map(|learned| unlike(learned, at, column.kind));
        let Some(least) = shares.min_by(f64::total_cmp) else {
            continue;
        };
        clean.retain(|learned| {
            unlike(learned, at, column.kind).is_none_or(|share| share <= least + MOST_BEYOND)
        });
    }
    if clean.is_empty() { learned.to_vec() } else { clean }
}

/// The chances of each level between rows taken at random: of agreement in full from how often each value is there,
/// of the rest from random pairs.
fn strangers(frame: &Frame<'_>) -> Vec<[f64; MOST_LEVELS]> {
    const TASKS: usize = 32;
    let right = frame.rows() - frame.left;
    let counts: Vec<Vec<[u64; MOST_LEVELS]>> = (0..TASKS)
        .into_par_iter()
        .map(|task| {
            let mut chance = Chance((task as u64 + 1) << 32);
            let mut counts = vec![[0_u64; MOST_LEVELS]; frame.columns.len()];
            for _ in 0..RANDOM_PAIRS / TASKS {
                let a = chance.below(frame.left);
                let b = if frame.two {
                    frame.left + chance.below(right)
                } else {
                    chance.below(frame.left)
                };
                if a == b {
                    continue;
                }
                let pattern = compare(frame, a as Row, b as Row);
                for (at, counts) in counts.iter_mut().enumerate() {
                    if let Some(count) = counts.get_mut(usize::from(level_of(pattern, at))) {
                        *count += 1;
                    }
                }
            }
            counts
        })
        .collect();
    let mut all = Vec::with_capacity(frame.columns.len());
    for (at, column) in frame.columns.iter().enumerate() {
        let assumed = super::levels::assumed_same(column.kind);
        let levels = usize::from(levels_of(frame, at));
        let exact = column.chance_of_whole(frame.two).clamp(1e-9, 0.999);
        let mut seen = [0.0; MOST_LEVELS];
        for counts in &counts {
            for (seen, count) in seen.iter_mut().zip(counts.get(at).unwrap_or(&[0; MOST_LEVELS])) {
                *seen += *count as f64;
            }
        }
        // What was never seen is as rare as one in the pairs that were looked at.
        let mut near = [0.0; MOST_LEVELS];
        for level in usize::from(EXACT) + 1..=levels {
            if let (Some(near), Some(seen), Some(assumed)) =
                (near.get_mut(level), seen.get(level), assumed.get(level))
            {
                *near = seen + ASSUMED_RANDOM * assumed.max(0.01);
            }
        }
        let total: f64 = near.iter().sum();
        let mut chances = [1.0; MOST_LEVELS];
        for (level, chance) in chances.iter_mut().enumerate().skip(usize::from(EXACT)) {
            *chance = match level {
                1 => exact,
                level if level <= levels && total > 0.0 => {
                    (1.0 - exact) * near.get(level).copied().unwrap_or_default() / total
                }
                _ => 0.0,
            };
        }
        all.push(chances);
    }
    all
}

/// The pairs of one key's blocks, or of a sample of them.
struct Session {
    columns: Vec<usize>,
    patterns: Patterns,
    /// The share of its pairs that chance does not explain.
    unexplained: f64,
    /// Pairs of the whole key to each of these, of persons and of households: as many for each row, while in a large block
    /// chance has a pair for each two.
    scale: f64,
}

/// What a session says.
struct Learned {
    columns: Vec<usize>,
    /// Matched pairs of each column and level.
    seen: Vec<[f64; MOST_LEVELS]>,
    matches: f64,
    /// The same, scaled to all blocks of the key.
    all_matches: f64,
}

impl Learned {
    /// Matched pairs by level of a column that is not in the key, and how many there are.
    fn of(&self, column: usize) -> Option<(&[f64; MOST_LEVELS], f64)> {
        let seen = self
            .seen
            .get(column)
            .filter(|_| !self.columns.contains(&column))?;
        let mass: f64 = seen.iter().skip(usize::from(EXACT)).sum();
        (mass > 0.0).then_some((seen, mass))
    }
}

impl Session {
    fn new(frame: &Frame<'_>, key: &Key) -> Option<Self> {
        let expected = key.chance * frame.teaching_pairs(None, frame.pairs());
        let rows = frame.rows() as f64;
        let sample = ((expected + rows / 2.0) / SESSION_PAIRS as f64).ceil().max(1.0) as u64;
        let blocks = Blocks::of(frame, key, sample);
        let mut counts: HashMap<u64, f64, FixedState> = HashMap::default();
        let (mut pairs, mut all) = (0.0_f64, 0.0_f64);
        let (mut rows_seen, mut all_rows) = (0.0_f64, 0.0_f64);
        for stretch in blocks.stretches(1) {
            for block in blocks_of(stretch) {
                let in_block = pairs_in(frame, block);
                let teaching = frame.teaching_pairs(Some(block), in_block as f64);
                all += teaching;
                let rows = if teaching > 0.0 { block.len() as f64 } else { 0.0 };
                all_rows += rows;
                if in_block > SESSION_BLOCK || pairs > 2.0 * SESSION_PAIRS as f64 {
                    continue;
                }
                pairs += teaching;
                rows_seen += rows;
                let mut count = |a: Row, b: Row| {
                    if frame.teaches(a, b) {
                        *counts.entry(compare(frame, a, b)).or_default() += 1.0;
                    }
                };
                let (left, right) = sides(frame, block);
                if frame.two {
                    for (_, a) in left {
                        right.iter().for_each(|(_, b)| count(*a, *b));
                    }
                } else {
                    for (at, (_, a)) in left.iter().enumerate() {
                        left.iter().skip(at + 1).for_each(|(_, b)| count(*a, *b));
                    }
                }
            }
        }
        let unexplained = 1.0 - expected / sample as f64 / all.max(1.0);
        if pairs < 1.0 || unexplained < 1.0 - MOST_CHANCE {
            return None;
        }
        let mut patterns: Patterns = counts.into_iter().collect();
        patterns.sort_unstable_by_key(|(pattern, _)| *pattern);
        Some(Session {
            columns: key.columns.clone(),
            patterns,
            unexplained,
            scale: sample as f64 * (all_rows / rows_seen.max(1.0)),
        })
    }

    /// The likelihoods of a pattern's columns that are not in the key, for a class.
    fn likelihood(&self, pattern: u64, chance: impl Fn(usize, u8) -> f64, columns: usize) -> f64 {
        (0..columns)
            .filter(|at| !self.columns.contains(at))
            .map(|at| match level_of(pattern, at) {
                MISSING => 1.0,
                level => chance(at, level),
            })
            .product()
    }

    fn learn(&self, start: &Weights) -> Option<Learned> {
        let columns = start.columns.len();
        let mut same: Vec<[f64; MOST_LEVELS]> = start.columns.iter().map(|column| column.same).collect();
        let assumed = same.clone();
        let total: f64 = self.patterns.iter().map(|(_, count)| count).sum();
        let fixed: Vec<[f64; 2]> = self
            .patterns
            .iter()
            .map(|(pattern, _)| {
                let of = |at: usize| start.columns.get(at);
                let unrelated = self.likelihood(
                    *pattern,
                    |at, level| of(at).map_or(1.0, |c| c.unrelated_at(level)),
                    columns,
                );
                let household = self.likelihood(
                    *pattern,
                    |at, level| {
                        of(at).map_or(1.0, |c| {
                            (1.0 - c.shared) * c.unrelated_at(level) + c.shared * c.same_at(level)
                        })
                    },
                    columns,
                );
                [unrelated, household]
            })
            .collect();
        let with_household = start.household > 0.0;
        let mut shares = if with_household {
            [
                0.8 * self.unexplained,
                0.2 * self.unexplained,
                1.0 - self.unexplained,
            ]
        } else {
            [self.unexplained, 0.0, 1.0 - self.unexplained]
        };
        let mut seen = vec![[0.0; MOST_LEVELS]; columns];
        let mut matches = 0.0;
        for _ in 0..ROUNDS {
            seen.fill([0.0; MOST_LEVELS]);
            let mut masses = [0.0; 3];
            for ((pattern, count), [unrelated, household]) in self.patterns.iter().zip(&fixed) {
                let likely = self.likelihood(
                    *pattern,
                    |at, level| {
                        same.get(at)
                            .and_then(|m| m.get(usize::from(level)))
                            .copied()
                            .unwrap_or(1.0)
                    },
                    columns,
                );
                let chances = [shares[0] * likely, shares[1] * household, shares[2] * unrelated];
                let sum: f64 = chances.iter().sum();
                if sum <= 0.0 {
                    continue;
                }
                for (mass, chance) in masses.iter_mut().zip(chances) {
                    *mass += count * chance / sum;
                }
                let posterior = count * chances[0] / sum;
                for (at, seen) in seen.iter_mut().enumerate() {
                    if let Some(seen) = seen.get_mut(usize::from(level_of(*pattern, at))) {
                        *seen += posterior;
                    }
                }
            }
            matches = masses[0];
            shares = masses.map(|mass| (mass / total).max(1e-9));
            for ((same, seen), assumed) in same.iter_mut().zip(&seen).zip(&assumed) {
                *same = share_out(seen, assumed);
            }
        }
        (matches > 1.0).then(|| Learned {
            columns: self.columns.clone(),
            seen,
            matches,
            all_matches: matches * self.scale,
        })
    }
}

/// Chances of the levels from what was seen, leaning on what was assumed.
fn share_out(seen: &[f64; MOST_LEVELS], assumed: &[f64; MOST_LEVELS]) -> [f64; MOST_LEVELS] {
    let mass: f64 = seen.iter().skip(usize::from(EXACT)).sum();
    let mut shared = [1.0; MOST_LEVELS];
    for (level, share) in shared.iter_mut().enumerate().skip(usize::from(EXACT)) {
        let (seen, assumed) = (
            seen.get(level).copied().unwrap_or_default(),
            assumed.get(level).copied().unwrap_or_default(),
        );
        *share = (seen + ASSUMED_PAIRS * assumed) / (mass + ASSUMED_PAIRS);
    }
    shared
}

/// The weighted medians of the sessions' shares, level by level, made to sum to one.
fn medians(
    seen: &[(&[f64; MOST_LEVELS], f64)],
    assumed: &[f64; MOST_LEVELS],
    levels: u8,
) -> [f64; MOST_LEVELS] {
    let mut medians = [1.0; MOST_LEVELS];
    let mut sum = 0.0;
    for level in usize::from(EXACT)..=usize::from(levels) {
        let mut shares: Vec<(f64, f64)> = seen
            .iter()
            .map(|(seen, mass)| {
                let shares = share_out(seen, assumed);
                (shares.get(level).copied().unwrap_or_default(), mass.min(1e5))
            })
            .collect();
        shares.sort_by(|a, b| a.0.total_cmp(&b.0));
        let half = shares.iter().map(|(_, mass)| mass).sum::<f64>() / 2.0;
        let mut before = 0.0;
        let median = shares
            .iter()
            .find(|(_, mass)| {
                before += mass;
                before >= half
            })
            .map_or(0.0, |(share, _)| *share)
            .max(RAREST);
        sum += median;
        if let Some(place) = medians.get_mut(level) {
            *place = median;
        }
    }
    for (level, place) in medians.iter_mut().enumerate().skip(usize::from(EXACT)) {
        *place = if level <= usize::from(levels) {
            *place / sum
        } else {
            0.0
        };
    }
    medians
}

/// How many rows are of one person, from how many each session saw and how much of them its key finds.
fn set_prior(frame: &Frame<'_>, learned: &[&Learned], weights: &mut Weights) {
    let mut totals: Vec<(f64, f64)> = learned
        .iter()
        .map(|learned| {
            let found: f64 = learned
                .columns
                .iter()
                .filter_map(|at| weights.columns.get(*at).zip(frame.columns.get(*at)))
                .map(|(weights, column)| {
                    let left = frame.left.max(1) as f64;
                    let right = if frame.two {
                        (frame.rows() - frame.left).max(1) as f64
                    } else {
                        left
                    };
                    let held = column.present[0] as f64 / left
                        * if frame.two {
                            column.present[1] as f64 / right
                        } else {
                            column.present[0] as f64 / left
                        };
                    weights.same_at(EXACT) * held
                })
                .product();
            (learned.all_matches / found.max(0.01), learned.matches)
        })
        .collect();
    totals.sort_by(|a, b| a.0.total_cmp(&b.0));
    let half = totals.iter().map(|(_, mass)| mass).sum::<f64>() / 2.0;
    let mut before = 0.0;
    let total = totals.iter().find(|(_, mass)| {
        before += mass;
        before >= half
    });
    if let Some((total, _)) = total {
        let pairs = frame.teaching_pairs(None, frame.pairs());
        weights.same = (total / pairs.max(1.0)).clamp(1e-12, 0.5);
    }
}

/// Pairs of a session that neither chance nor persons explain, to one pair of one person, from which they are taken
/// for households.
const LEAST_HOUSEHOLDS: f64 = 0.05;
/// The share of a person's rows, two by two, whose forenames, or whose birth dates, have nothing in common, before
/// anything says otherwise. Twins differ in nothing but the one, and brothers of one forename in nothing but the other:
/// without this they would be taken for children under two names, or born twice.
const MOST_UNLIKE: f64 = 0.01;
/// By how much that share may be above the least of all sessions where there are no households.
const MOST_BEYOND: f64 = 0.1;
/// Pairs of one person from which a session may tell how often a column has nothing in common.
const FEWEST_TOLD: f64 = 200.0;
/// The share of children who are twins (NHS England counts 3 of 100).
const TWINS: f64 = 0.03;
/// And so many to one that chance explains: names go together (a forename and a surname of one language), so that
/// strangers agree on both somewhat oftener than on each.
const BEYOND_CHANCE: f64 = 5.0;
/// What households share of the columns by which they are found.
const FOUND_BY: f64 = 0.95;

/// Learns how much of each column a household shares, and how many such pairs there are, with the other two classes
/// held fast.
///
/// Households show in the sessions whose key is no birth date (a surname and a postcode, say) and which hold many more
/// pairs than chance and persons explain. Where no session does, there are none to be told apart.
fn learn_households(
    sessions: &[Session],
    learned: &[Option<Learned>],
    frame: &Frame<'_>,
    weights: &mut Weights,
) {
    let columns = weights.columns.len();
    let found: Vec<(&Session, [f64; 3])> = sessions
        .iter()
        .zip(learned)
        .filter_map(|(session, learned)| {
            let learned = learned.as_ref()?;
            let is_date = |at: &usize| {
                frame
                    .columns
                    .get(*at)
                    .is_none_or(|column| column.kind == ColumnKind::Date)
            };
            let total: f64 = session.patterns.iter().map(|(_, count)| count).sum();
            let chance = (1.0 - session.unexplained).max(0.0);
            let same = learned.matches / total.max(1.0);
            let excess = 1.0 - same - chance;
            (!session.columns.iter().any(is_date)
                && excess > LEAST_HOUSEHOLDS * same
                && excess > BEYOND_CHANCE * chance)
                .then_some((session, [same, excess, chance.max(1e-6)]))
        })
        .collect();
    if found.is_empty() {
        return;
    }
    let by_key = |at: usize| found.iter().all(|(session, _)| session.columns.contains(&at));
    let twins = twins(frame, weights.same);
    for (at, (column, weights)) in frame.columns.iter().zip(&mut weights.columns).enumerate() {
        if is_of_person(frame, at) && !by_key(at) {
            let unlike = count(column.kind);
            weights.cap(
                unlike,
                (least_unlike(learned, at, unlike) - twins).max(MOST_UNLIKE),
            );
        }
    }
    let mut shared: Vec<f64> = (0..columns)
        .map(|at| if by_key(at) { FOUND_BY } else { 0.2 })
        .collect();
    let mut shares: Vec<[f64; 3]> = found.iter().map(|(_, shares)| *shares).collect();
    for _ in 0..HOUSEHOLD_ROUNDS {
        let of = |at: usize| weights.columns.get(at);
        let mixed = |at: usize, level: u8| {
            let share = shared.get(at).copied().unwrap_or_default();
            of(at).map_or(1.0, |c| {
                (1.0 - share) * c.unrelated_at(level) + share * c.same_at(level)
            })
        };
        let mut sums = vec![[0.0; 2]; columns];
        for ((session, _), shares) in found.iter().zip(&mut shares) {
            let mut masses = [0.0; 3];
            for (pattern, count) in &session.patterns {
                let same = session.likelihood(
                    *pattern,
                    |at, level| of(at).map_or(1.0, |c| c.same_at(level)),
                    columns,
                );
                let unrelated = session.likelihood(
                    *pattern,
                    |at, level| of(at).map_or(1.0, |c| c.unrelated_at(level)),
                    columns,
                );
                let household = session.likelihood(*pattern, mixed, columns);
                let chances = [shares[0] * same, shares[1] * household, shares[2] * unrelated];
                let sum: f64 = chances.iter().sum();
                if sum <= 0.0 {
                    continue;
                }
                for (mass, chance) in masses.iter_mut().zip(chances) {
                    *mass += count * chance / sum;
                }
                let posterior = count * chances[1] / sum;
                for (at, seen) in sums.iter_mut().enumerate() {
                    let level = level_of(*pattern, at);
                    if level == MISSING || session.columns.contains(&at) {
                        continue;
                    }
                    let share = shared.get(at).copied().unwrap_or_default();
                    let of_shared = share * of(at).map_or(1.0, |c| c.same_at(level));
                    seen[0] += posterior;
                    seen[1] += posterior * of_shared / mixed(at, level).max(1e-12);
                }
            }
            let total: f64 = masses.iter().sum::<f64>().max(1e-9);
            *shares = masses.map(|mass| (mass / total).max(1e-9));
        }
        for (at, (shared, [all, of_shared])) in shared.iter_mut().zip(sums).enumerate() {
            if !by_key(at) {
                *shared = ((of_shared + 0.2) / (all + 2.0)).min(FOUND_BY);
            }
        }
    }
    for (column, shared) in weights.columns.iter_mut().zip(&shared) {
        column.shared = *shared;
    }
    // Pairs seen to pairs that there are, over all sessions: one whose key a household seldom shares sees hardly any, and
    // a few pairs of one person that it takes for a household's would be many there.
    let (mut seen, mut by_chance) = ([0.0_f64; 2], [0.0_f64; 2]);
    for ((session, _), [same, household, _]) in found.iter().zip(&shares) {
        let (mut of_same, mut of_household) = (1.0, 1.0);
        for column in session.columns.iter().filter_map(|at| weights.columns.get(*at)) {
            of_same *= column.same_at(EXACT);
            of_household *=
                (1.0 - column.shared) * column.unrelated_at(EXACT) + column.shared * column.same_at(EXACT);
        }
        let pairs: f64 = session.patterns.iter().map(|(_, count)| count).sum::<f64>() * session.scale;
        seen = [seen[0] + same * pairs, seen[1] + household * pairs];
        by_chance = [by_chance[0] + of_same, by_chance[1] + of_household];
    }
    let [same, household] = [0, 1].map(|class| seen[class] / by_chance[class].max(1e-12));
    weights.household = (weights.same * household / same.max(1e-9)).min(0.2);
}

/// How often a column has nothing in common between rows of one person, by the session that says the least: households
/// only ever add to it, and no key lets all of them in. Twins are in all sessions whose key is a birth date.
fn least_unlike(learned: &[Option<Learned>], column: usize, unlike: u8) -> f64 {
    let shares = learned.iter().flatten().filter_map(|learned| {
        let (seen, mass) = learned.of(column)?;
        (mass >= FEWEST_TOLD).then(|| seen.get(usize::from(unlike)).copied().unwrap_or_default() / mass)
    });
    shares.min_by(f64::total_cmp).unwrap_or_default()
}

/// Pairs of rows of twins to each pair of one person's. Where few persons have a second row, twins are many beside them.
fn twins(frame: &Frame<'_>, same: f64) -> f64 {
    let matches = (same * frame.pairs()).max(1.0);
    let rows = frame.rows() as f64;
    // Persons, were their rows shared out evenly.
    let persons = if frame.two {
        rows - matches
    } else {
        rows / (1.0 + 2.0 * matches / rows)
    };
    TWINS * frame.pairs() / persons.max(1.0) / matches
}
