//! Postcodes: units in sectors, sectors in districts, districts in areas, as many as there are children for.

use crate::dice::Dice;

/// Children a postcode: of some 15 households four or five have children, 1.8 each.
const CHILDREN: usize = 8;
/// Units of a sector, sectors of a district and districts of an area, about as in England.
const UNITS: usize = 150;
const SECTORS: usize = 5;
const DISTRICTS: usize = 20;

/// Letters of the last two places: all but C, I, K, M, O and V, which are never used there.
const UNIT_LETTERS: &[u8; 20] = b"ABDEFGHJLNPQRSTUWXYZ";
/// Second letters of an area that begins with Q.
const AREA_LETTERS: &[u8; 23] = b"ABCDEFGHKLMNOPRSTUWXYZJ";

/// All postcodes, numbered so that neighbours are near.
#[derive(Clone, Copy, Debug)]
pub(super) struct Places {
    count: usize,
}

impl Places {
    /// Enough for so many children.
    pub(super) fn of(children: usize) -> Self {
        Places {
            count: children.div_ceil(CHILDREN),
        }
    }

    /// Any of them.
    pub(super) fn anywhere(self, dice: &mut Dice) -> usize {
        dice.below(self.count)
    }

    /// Another one of the same district, where a family that moves mostly stays.
    pub(super) fn near(self, here: usize, dice: &mut Dice) -> usize {
        const DISTRICT: usize = UNITS * SECTORS;
        let first = here / DISTRICT * DISTRICT;
        first + dice.below(DISTRICT.min(self.count - first))
    }

    /// As it is written. Never the same for two of the first 51 million.
    pub(super) fn written(self, place: usize) -> String {
        let (sector_number, unit) = (place / UNITS, place % UNITS);
        let (district_number, sector) = (sector_number / SECTORS, sector_number % SECTORS);
        let (area, district) = (district_number / DISTRICTS, district_number % DISTRICTS);
        let letter = |number: usize| char::from(UNIT_LETTERS[number % UNIT_LETTERS.len()]);
        // Units of a sector are strewn over the 400 that it has room for.
        let strewn = (unit * 37 + sector_number * 11) % 400;
        format!(
            "Q{}{} {}{}{}",
            char::from(AREA_LETTERS[area % AREA_LETTERS.len()]),
            district + 1 + area / AREA_LETTERS.len() * DISTRICTS,
            sector + 1,
            letter(strewn / UNIT_LETTERS.len()),
            letter(strewn),
        )
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::dice::{Purpose, Seed};

    #[test]
    fn no_postcode_is_written_twice() {
        let places = Places::of(1_200_000);
        let written: BTreeSet<String> = (0..places.count).map(|place| places.written(place)).collect();
        assert_eq!(written.len(), places.count);
        assert!(
            written
                .iter()
                .all(|text| text.starts_with('Q') && text.len() <= 8)
        );
    }

    #[test]
    fn a_move_nearby_stays_in_the_district() {
        let places = Places::of(100_000);
        let mut dice = Seed::new(1).dice(1, Purpose::ListFamily);
        for here in [0, 740, 760, places.count - 1] {
            let there = places.near(here, &mut dice);
            assert!(there < places.count);
            let outward = |place| places.written(place).split(' ').next().map(str::to_owned);
            assert_eq!(outward(here), outward(there));
        }
    }
}
