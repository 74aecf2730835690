//! Chance that depends on the seed alone.
//!
//! Every subject (a household, a child, a school) has a stream of its own for each purpose, so that a rate that
//! changes for the notices moves no child and no census. The draws are made here rather than by a sampling library:
//! the same seed must give the same area whatever release of such a library is in use.

use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng, SeedableRng},
};

/// What a stream is drawn for. The number is part of the area's identity: never change one.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Purpose {
    Place = 1,
    School = 2,
    Household = 3,
    Moves = 4,
    Birth = 5,
    Names = 6,
    Needs = 7,
    Schooling = 8,
    Adoption = 9,
    Notices = 10,
    NoticeNoise = 11,
    CensusNoise = 12,
    FreeMeals = 13,
    Mother = 16,
    Pregnancy = 17,
    MaternityNoise = 18,
    Development = 19,
    Contacts = 20,
    ContactNoise = 21,
    ListNames = 22,
    ListFamily = 23,
    ListNoise = 24,
    ListOrder = 25,
    OptOut = 26,
}

/// The seed of an area.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seed(u64);

impl Seed {
    pub(crate) fn new(seed: u64) -> Self {
        Seed(seed)
    }

    /// The stream of one of a subject's matters (its second notice, its third school) for one purpose.
    pub(crate) fn dice_of(self, subject: u64, matter: usize, purpose: Purpose) -> Dice {
        // A subject is a family's number and eight bits more: 2^36 families before matters would meet subjects.
        self.dice(subject | (matter as u64 & 0xffff) << 44, purpose)
    }

    /// The stream of one subject for one purpose.
    pub(crate) fn dice(self, subject: u64, purpose: Purpose) -> Dice {
        let mut key = [0; 32];
        let (seed, name) = key.split_at_mut(8);
        seed.copy_from_slice(&self.0.to_le_bytes());
        // Sets these streams apart from anybody else's use of the same small seeds.
        name.copy_from_slice(b"sendlink made-up area  1");
        // Sixteen purposes a key leave 2^60 subjects; the next sixteen have a key of their own, which ends in a 2.
        name[23] += (purpose as u64 >> 4) as u8;
        let mut rng = ChaCha8Rng::from_seed(key);
        rng.set_stream(subject << 4 | purpose as u64 & 0xf);
        Dice(rng)
    }
}

/// One stream of chance.
#[derive(Debug)]
pub(crate) struct Dice(ChaCha8Rng);

impl Dice {
    /// A number from 0 to `bound` - 1; 0 where `bound` is 0.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        // Scaling 32 bits is even enough for bounds of a few thousand.
        ((u64::from(self.0.next_u32()) * bound as u64) >> 32) as usize
    }

    /// A number from `low` to `high`, both included.
    pub(crate) fn between(&mut self, low: i32, high: i32) -> i32 {
        low + self.below((high - low + 1).max(1) as usize) as i32
    }

    /// Whether something happens that happens with this probability.
    pub(crate) fn chance(&mut self, probability: f64) -> bool {
        f64::from(self.0.next_u32()) < probability * 4_294_967_296.0
    }

    /// A number from 0 up to, but not including, 1.
    pub(crate) fn share(&mut self) -> f64 {
        f64::from(self.0.next_u32()) / 4_294_967_296.0
    }

    /// A number that is spread as by the normal distribution, of mean 0 and variance 1: the sum of twelve even draws,
    /// which is near enough and, unlike a logarithm, has the same last bit on every machine.
    pub(crate) fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.share()).sum::<f64>() - 6.0
    }

    /// One of the items, all equally likely. The items must not be empty: they are lists of this crate.
    pub(crate) fn pick<T: Copy>(&mut self, items: &[T]) -> T {
        items[self.below(items.len())]
    }

    /// Puts the items into an order that tells nothing.
    pub(crate) fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }

    /// One of the items, by weight. The items must not be empty.
    pub(crate) fn weighted<T: Copy>(&mut self, items: &[(T, f64)]) -> T {
        let total: f64 = items.iter().map(|(_, weight)| weight).sum();
        let mut left = f64::from(self.0.next_u32()) / 4_294_967_296.0 * total;
        let mut chosen = items[0].0;
        for (item, weight) in items {
            chosen = *item;
            left -= weight;
            if left < 0.0 {
                break;
            }
        }
        chosen
    }

    /// One of the items, the earlier ones more often: the k-th about as often as 1 in k + a tenth of them all,
    /// which is how given names and surnames are spread.
    pub(crate) fn ranked<T: Copy>(&mut self, items: &[T]) -> T {
        let flat = items.len().div_ceil(10);
        let total: u64 = (0..items.len())
            .map(|rank| RANK_SCALE / (rank + flat) as u64)
            .sum();
        let mut left = (u64::from(self.0.next_u32()) * total) >> 32;
        for (rank, item) in items.iter().enumerate() {
            let weight = RANK_SCALE / (rank + flat) as u64;
            if left < weight {
                return *item;
            }
            left -= weight;
        }
        items[0]
    }
}

/// Large enough that whole numbers lose nothing over lists of a few hundred names.
const RANK_SCALE: u64 = 1 << 24;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_do_not_meet() {
        let seed = Seed::new(7);
        let draw = |mut dice: Dice| (0..8).map(|_| dice.below(1_000_000)).collect::<Vec<_>>();
        let first = draw(seed.dice(1, Purpose::Birth));
        assert_eq!(first, draw(seed.dice(1, Purpose::Birth)));
        assert_ne!(first, draw(seed.dice(2, Purpose::Birth)));
        assert_ne!(first, draw(seed.dice(1, Purpose::Names)));
        assert_ne!(first, draw(Seed::new(8).dice(1, Purpose::Birth)));
        // Sixteen numbers apart.
        assert_ne!(
            draw(seed.dice(1, Purpose::Place)),
            draw(seed.dice(1, Purpose::Pregnancy))
        );
    }

    #[test]
    fn draws_follow_their_weights() {
        let mut dice = Seed::new(1).dice(0, Purpose::Birth);
        let hits = (0..10_000).filter(|_| dice.chance(0.2)).count();
        assert!((1_850..2_150).contains(&hits), "{hits}");
        let heavy = (0..10_000)
            .filter(|_| dice.weighted(&[(true, 3.0), (false, 1.0)]))
            .count();
        assert!((7_300..7_700).contains(&heavy), "{heavy}");
        let names: Vec<usize> = (0..100).collect();
        let mut seen = [0_usize; 100];
        for _ in 0..20_000 {
            seen[dice.ranked(&names)] += 1;
        }
        assert!(seen[0] > 3 * seen[60] && seen[99] > 0, "{seen:?}");
        assert!(!dice.chance(0.0) && dice.chance(1.0));
        let normal: Vec<f64> = (0..20_000).map(|_| dice.normal()).collect();
        let mean = normal.iter().sum::<f64>() / 20_000.0;
        let variance = normal
            .iter()
            .map(|draw| (draw - mean) * (draw - mean))
            .sum::<f64>()
            / 20_000.0;
        assert!(
            mean.abs() < 0.03 && (variance - 1.0).abs() < 0.04,
            "{mean} {variance}"
        );
    }
}
