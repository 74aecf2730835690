//! What relatives say: families move together.
//!
//! Two rows whose homes differ look like strangers, or like two of one name. But where another pair of rows leads from the
//! same home of the one list to the same home of the other, they seldom are (a link says something of its neighbours:
//! Bhattacharya and Getoor, ACM Transactions on Knowledge Discovery from Data 1, 2007). A home is what the rows of a
//! household were found to share, but for names, which may change with a move. Pairs of brothers and sisters are led to
//! in the same way, so it speaks against strangers only, and not against two of one household.

use rayon::prelude::*;

use super::{
    frame::{Frame, Row},
    keys::mix,
    outcome::MovedTogether,
    score::Scored,
    tables::ColumnKind,
    weights::Weights,
};
use crate::Weight;

/// A column is of the home where two of one household have it in common at least this often.
const OF_HOME: f64 = 0.5;
/// More pairs than this between two homes are no family: an address that stands for none.
const LARGEST: usize = 64;
/// Fewer who moved teach nothing.
const FEWEST: f64 = 20.0;
/// Relatives never count for more than this many bits: that two families are taken for one has a chance too.
const MOST_BITS: f64 = 16.0;

/// Says of each pair what its relatives add to its weight, from the weights that all pairs have. Returns how often those
/// who moved did so with others; none where nothing can be said.
pub(super) fn tell(frame: &Frame<'_>, weights: &Weights, pairs: &mut [Scored]) -> Option<MovedTogether> {
    let Home { units: home, chance } = home(frame, weights)?;
    let key = |row: Row| {
        let units = frame.row(row);
        let mut key = 0;
        for at in &home {
            match units.get(*at) {
                None | Some(0) => return None,
                Some(value) => key = mix(key ^ u64::from(*value)),
            }
        }
        Some(key)
    };
    // Pairs by the homes that they lead from and to.
    let mut moves: Vec<(u64, u32)> = pairs
        .par_iter()
        .enumerate()
        .filter_map(|(at, pair)| {
            let (from, to) = (key(pair.a)?, key(pair.b)?);
            (from != to).then_some((mix(from ^ to.rotate_left(32)), at as u32))
        })
        .collect();
    moves.par_sort_unstable();

    let families: Vec<&[(u64, u32)]> = moves
        .chunk_by(|(one, _), (other, _)| one == other)
        .filter(|family| family.len() <= LARGEST)
        .collect();
    let told: Vec<Vec<Told>> = families.par_iter().map(|family| told_of(family, pairs)).collect();

    let (mut moved, mut together, mut ways) = (0.0, 0.0, 0.0);
    for family in &told {
        let mut nobody = 1.0;
        for of in family {
            moved += of.probability;
            together += of.probability * of.others;
            nobody *= 1.0 - of.probability;
        }
        ways += 1.0 - nobody;
    }
    if moved < FEWEST {
        return None;
    }
    let of = MovedTogether {
        same: (together / moved).clamp(0.001, 0.99),
        // Two strangers are led to where each happens to live at one end of somebody's way.
        unrelated: (ways * chance * chance).clamp(1e-12, 0.5),
    };
    for (family, told) in families.iter().zip(&told) {
        for ((_, at), told) in family.iter().zip(told) {
            if let Some(pair) = pairs.get_mut(*at as usize) {
                pair.relatives = Weight::nearest(of.bits(told.others));
            }
        }
    }
    Some(of)
}

impl MovedTogether {
    /// What it adds that others lead the same way with this probability.
    fn bits(&self, others: f64) -> f64 {
        let led = self.same / self.unrelated;
        let alone = (1.0 - self.same) / (1.0 - self.unrelated);
        (others * led + (1.0 - others) * alone).log2().min(MOST_BITS)
    }
}

/// What makes a home.
struct Home {
    /// Units that all agree.
    units: Vec<usize>,
    /// The chance that two rows are of one home; at most, where columns go together.
    chance: f64,
}

/// None where no household was found, or it shares no more than a name.
fn home(frame: &Frame<'_>, weights: &Weights) -> Option<Home> {
    let columns = frame.columns.iter().zip(&weights.columns);
    let home: Vec<_> = columns
        .filter(|(column, of)| of.shared >= OF_HOME && column.kind != ColumnKind::Name)
        .map(|(column, _)| column)
        .collect();
    if !weights.trained || weights.household <= 0.0 || home.is_empty() {
        return None;
    }
    let chances = home.iter().map(|column| column.chance_of_whole(frame.two));
    Some(Home {
        units: home.iter().map(|column| column.slots.units.start).collect(),
        chance: chances.fold(1.0, f64::min),
    })
}

/// A pair among those that lead from one home to another.
struct Told {
    /// That it is one person.
    probability: f64,
    /// That any of the others is, of two other rows.
    others: f64,
}

fn told_of(family: &[(u64, u32)], pairs: &[Scored]) -> Vec<Told> {
    let pair = |at: &u32| pairs.get(*at as usize);
    family
        .iter()
        .filter_map(|(_, at)| {
            let this = pair(at)?;
            let mut none = 1.0;
            for (_, other) in family {
                if let Some(other) = pair(other)
                    && other.a != this.a
                    && other.b != this.b
                {
                    none *= 1.0 - other.weight.probability();
                }
            }
            Some(Told {
                probability: this.weight.probability(),
                others: 1.0 - none,
            })
        })
        .collect()
}
