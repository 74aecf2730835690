//! Two lists of the same made-up children with no number in common: what linkage is measured on.
//!
//! Families come first: they live at a postcode, have brothers, sisters and twins, move, and change their names. A list
//! then has four children in five of the other's, each written down as a register writes: with slips, short forms and
//! gaps. The truth lies apart, and says of each pair what was done to it.
//!
//! ```text
//! left.csv, right.csv   id, forename, surname, birth_date, sex, postcode
//! truth.csv             left_id, right_id, kinds: the pairs, and what makes each hard, joined by `+`
//! relatives.csv         left_id, right_id, relation: twins and siblings, who are not the same
//! link.toml             what `sendlink link` is given
//! ```
//!
//! Postcodes begin with Q, as none does. About 15 households share one, of which four or five have children. Ranks of
//! names fall off as they do in England: the first surname has about 1 in 100, and thousands have a few each.

mod family;
mod names;
mod noise;
mod places;
mod rows;

use std::path::PathBuf;

use crate::{
    SynthError,
    dice::{Purpose, Seed},
    files::Files,
    lists::{
        family::Families,
        names::ListNames,
        noise::{NoiseRates, Register},
        places::Places,
        rows::{Listed, Lists},
    },
};

/// How much the two lists differ.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Noise {
    /// 15 % moved, 15 % with a name that differs.
    Light,
    /// 25 % moved, 25 % with a name that differs.
    #[default]
    Usual,
    /// 40 % moved, 40 % with a name that differs.
    Heavy,
}

/// What two lists are made from. The same settings make the same bytes.
#[derive(Clone, Debug)]
pub struct ListSettings {
    /// Children on each list.
    pub a_side: usize,
    /// Where chance comes from.
    pub seed: u64,
    /// How much the lists differ.
    pub noise: Noise,
    /// The folder to write, which must be new or empty.
    pub out: PathBuf,
}

/// What was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListSummary {
    /// Rows of the left list and of the right.
    pub rows: [usize; 2],
    /// Children on both.
    pub pairs: usize,
    /// Children on either who are one of twins.
    pub twins: usize,
}

/// The fewest children that make a list.
pub const FEWEST_LISTED: usize = 100;

/// Writes two lists and the truth about them.
///
/// # Errors
/// [`SynthError`]: too few or too many children, or a file that cannot be written.
pub fn write_lists(settings: &ListSettings) -> Result<ListSummary, SynthError> {
    if settings.a_side < FEWEST_LISTED {
        return Err(SynthError::Settings("a list needs at least 100 children"));
    }
    if settings.a_side > MOST_LISTED {
        return Err(SynthError::Settings("a list has at most 20,000,000 children"));
    }
    let files = Files::begin(&settings.out, jiff::civil::date(2026, 9, 1))?;
    let seed = Seed::new(settings.seed);
    let names = ListNames::new();
    let rates = NoiseRates::of(settings.noise);
    // Four in five of each list are on the other: of six children, four are on both and each list has one more.
    let wanted = settings.a_side * 6 / 5;
    let families = Families {
        seed,
        names: &names,
        places: Places::of(wanted),
        rates,
    };
    let register = Register { names: &names, rates };
    let mut lists = Lists::default();
    let (mut made, mut twins, mut number) = (0, 0, 0);
    while made < wanted {
        let family = families.family(number);
        let first = lists.family();
        for (index, child) in family.children.into_iter().enumerate().take(wanted - made) {
            let mut dice = seed.dice_of(number, index, Purpose::ListNoise);
            let on = Listed::of(made, settings.a_side);
            twins += usize::from(child.twin);
            lists.add(register.write_down(child, &mut dice), on, first);
            made += 1;
        }
        number += 1;
    }
    let pairs = lists.write(&files, seed)?;
    Ok(ListSummary {
        rows: lists.rows(),
        pairs,
        twins,
    })
}

/// Row numbers and subjects of chance have room for more, but nobody's memory has.
const MOST_LISTED: usize = 20_000_000;

#[cfg(test)]
mod tests;
