//! Which pairs of persons are compared: those that share one of many blocking keys.
//!
//! Each person looks up the other members of its blocks and compares with those that come after it, once each:
//! no global set of pairs is held, and the work splits over threads without changing its outcome.

use rayon::prelude::*;

use crate::{
    PartToken, Stage, Watch,
    compare::{Face, PATTERNS, Pattern, compare},
    persons::Persons,
};

/// A block of more persons than this is left out: its key says too little, and the others of these persons say
/// more. A date on which forty children of a county are born fits; a surname and a sector do too.
const MOST_IN_BLOCK: usize = 150;

/// Persons whose pairs are compared between two looks at the watcher.
const BATCH: usize = 16_384;

/// A pair of persons that may be one child.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pair {
    pub(crate) left: u32,
    pub(crate) right: u32,
    pub(crate) pattern: Pattern,
}

/// All pairs compared: their number by pattern, and the plausible ones themselves.
#[derive(Debug)]
pub(crate) struct Candidates {
    /// Pairs across kinds of feed, by pattern.
    pub(crate) across: Vec<u64>,
    /// Pairs within one kind.
    pub(crate) within: Vec<u64>,
    pub(crate) plausible: Vec<Pair>,
    pub(crate) compared: u64,
    pub(crate) blocks_left_out: u64,
}

/// Compares the candidates; none when the watcher stopped it.
pub(crate) fn compare_all(persons: &Persons, watch: &dyn Watch) -> Option<Candidates> {
    let blocks = Blocks::build(persons);
    let count = persons.len();
    let mut all = Candidates {
        across: vec![0; PATTERNS],
        within: vec![0; PATTERNS],
        plausible: Vec::new(),
        compared: 0,
        blocks_left_out: blocks.left_out,
    };
    for start in (0..count).step_by(BATCH) {
        watch.progress(Stage::Pairs, start, count);
        if watch.cancelled() {
            return None;
        }
        let end = (start + BATCH).min(count);
        let found: Vec<Vec<Pair>> = (start as u32..end as u32)
            .into_par_iter()
            .map_init(Vec::new, |others, person| {
                blocks.others(person, others);
                let face = persons.face(person);
                let mut pairs: Vec<Pair> = Vec::with_capacity(others.len());
                for other in others.iter() {
                    let pattern = compare(&face, &persons.face(*other));
                    pairs.push(Pair {
                        left: person,
                        right: *other,
                        pattern,
                    });
                }
                pairs
            })
            .collect();
        for pair in found.into_iter().flatten() {
            let counts = if persons.across_kinds(pair.left, pair.right) {
                &mut all.across
            } else {
                &mut all.within
            };
            if let Some(count) = counts.get_mut(usize::from(pair.pattern.0)) {
                *count += 1;
            }
            all.compared += 1;
            if pair.pattern.is_plausible() {
                all.plausible.push(pair);
            }
        }
    }
    watch.progress(Stage::Pairs, count, count);
    Some(all)
}

/// Persons by blocking key.
struct Blocks {
    /// Members of all blocks, block after block, each in order.
    members: Vec<u32>,
    /// Where each block starts and ends in `members`.
    spans: Vec<(u32, u32)>,
    /// The blocks of all persons, person after person.
    blocks: Vec<u32>,
    /// Where each person's blocks start in `blocks`; one more than there are persons.
    starts: Vec<u32>,
    left_out: u64,
}

impl Blocks {
    fn build(persons: &Persons) -> Self {
        let mut keyed: Vec<(u64, u32)> = (0..persons.len() as u32)
            .into_par_iter()
            .flat_map_iter(|person| {
                keys(&persons.face(person))
                    .into_iter()
                    .map(move |key| (key, person))
            })
            .collect();
        keyed.par_sort_unstable();

        let mut built = Blocks {
            members: Vec::new(),
            spans: Vec::new(),
            blocks: Vec::new(),
            starts: vec![0; persons.len() + 1],
            left_out: 0,
        };
        let mut of_person: Vec<(u32, u32)> = Vec::new();
        for block in keyed.chunk_by(|a, b| a.0 == b.0) {
            if block.len() > MOST_IN_BLOCK {
                built.left_out += 1;
            } else if block.len() > 1 {
                let number = built.spans.len() as u32;
                let start = built.members.len() as u32;
                built.members.extend(block.iter().map(|(_, person)| *person));
                built.spans.push((start, built.members.len() as u32));
                of_person.extend(block.iter().map(|(_, person)| (*person, number)));
            }
        }
        drop(keyed);
        of_person.par_sort_unstable();
        for (person, block) in of_person {
            built.blocks.push(block);
            if let Some(end) = built.starts.get_mut(person as usize + 1) {
                *end = built.blocks.len() as u32;
            }
        }
        // A person without blocks starts where the one before it ends.
        let mut last = 0;
        for start in &mut built.starts {
            *start = last.max(*start);
            last = *start;
        }
        built
    }

    /// Those who share a block with a person and come after it, each once, in order.
    fn others(&self, person: u32, others: &mut Vec<u32>) {
        others.clear();
        let span = self
            .starts
            .get(person as usize)
            .zip(self.starts.get(person as usize + 1));
        let blocks = span.and_then(|(start, end)| self.blocks.get(*start as usize..*end as usize));
        for block in blocks.unwrap_or_default() {
            let span = self.spans.get(*block as usize).copied().unwrap_or_default();
            let members = self
                .members
                .get(span.0 as usize..span.1 as usize)
                .unwrap_or_default();
            let after = members.partition_point(|member| *member <= person);
            others.extend(members.iter().skip(after));
        }
        others.sort_unstable();
        others.dedup();
    }
}

/// The blocking keys of a person, each a combination of parts of two fields or one whole birth date, so that
/// any one field may be wrong or blank, and most pairs of them.
fn keys(face: &Face<'_>) -> Vec<u64> {
    let forenames = face.forenames.firsts();
    let surnames = face.surnames.all;
    let mut keys = Vec::with_capacity(32);
    for birth in face.births {
        keys.push(key(1, &[birth.whole]));
        for forename in forenames {
            keys.push(key(2, &[birth.whole, forename.initial]));
            keys.push(key(3, &[forename.whole, birth.year, birth.month]));
            keys.push(key(4, &[forename.whole, birth.year, birth.day]));
            keys.push(key(5, &[forename.whole, birth.month, birth.day]));
            if let Some(swapped) = birth.swapped {
                keys.push(key(
                    6,
                    &[birth.whole.min(swapped), birth.whole.max(swapped), forename.start],
                ));
            }
            for surname in surnames {
                keys.push(key(7, &[forename.start, surname.start, birth.year]));
            }
        }
        for surname in surnames {
            keys.push(key(8, &[birth.whole, surname.initial]));
            keys.push(key(9, &[surname.whole, birth.year, birth.month]));
            keys.push(key(10, &[surname.whole, birth.year, birth.day]));
            keys.push(key(11, &[surname.whole, birth.month, birth.day]));
            if let Some(swapped) = birth.swapped {
                keys.push(key(
                    12,
                    &[birth.whole.min(swapped), birth.whole.max(swapped), surname.start],
                ));
            }
        }
        for postcode in face.postcodes {
            keys.push(key(13, &[birth.whole, postcode.outward]));
            keys.push(key(14, &[postcode.whole, birth.year]));
        }
    }
    for forename in forenames {
        for surname in surnames {
            keys.push(key(
                15,
                &[
                    forename.whole.min(surname.whole),
                    forename.whole.max(surname.whole),
                ],
            ));
        }
        for postcode in face.postcodes {
            keys.push(key(16, &[postcode.whole, forename.start]));
        }
    }
    for surname in surnames {
        for postcode in face.postcodes {
            keys.push(key(17, &[surname.whole, postcode.sector]));
        }
    }
    keys.sort_unstable();
    keys.dedup();
    keys
}

/// Mixes parts into one key. The parts are keyed tokens already: this needs to spread, not to hide.
fn key(sort: u64, parts: &[PartToken]) -> u64 {
    let mut mixed = sort;
    for part in parts {
        mixed = mix(mixed ^ part.0);
    }
    mixed
}

/// The finaliser of SplitMix64 (Steele, Lea and Flood, 2014).
pub(crate) fn mix(value: u64) -> u64 {
    let mut z = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
