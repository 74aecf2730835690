//! Where people live: neighbourhoods of a made-up part of Essex and of the two authorities beside it.
//!
//! The authorities and districts bear the codes of real ones (Essex, Southend-on-Sea, Thurrock), because a postcode
//! must lead to an authority that exists; wards, neighbourhoods (LSOAs) and postcodes are made up. No postcode area
//! begins with Q, so no letter can go astray: postcodes of the area begin with `QE`, those of its neighbours with
//! `QS` and `QT`.

use crate::{
    dice::{Dice, Purpose, Seed},
    files::{Csv, Files},
    settings::SynthError,
};

/// Small postcode units of a neighbourhood.
const POSTCODES: usize = 40;

/// Children under eleven in a neighbourhood: an LSOA has about 1,600 people.
const CHILDREN: usize = 200;

/// LSOAs of England by the Index of Multiple Deprivation 2019.
const RANKS: usize = 32_844;

/// An authority with education duties.
#[derive(Debug)]
pub(crate) struct Authority {
    /// Its DfE code.
    pub(crate) dfe: &'static str,
    /// Its ONS code.
    pub(crate) ons: &'static str,
    pub(crate) name: &'static str,
    /// Its county's code in the postcode directory; a pseudo-code where it has none.
    county: &'static str,
    postcode_area: &'static str,
    districts: &'static [&'static str],
}

/// The authority whose children are ours, and its neighbours.
pub(crate) const AUTHORITIES: [Authority; 3] = [
    Authority {
        dfe: "881",
        ons: "E10000012",
        name: "Essex",
        county: "E10000012",
        postcode_area: "QE",
        districts: &[
            "E07000066",
            "E07000067",
            "E07000070",
            "E07000071",
            "E07000073",
            "E07000076",
        ],
    },
    Authority {
        dfe: "882",
        ons: "E06000033",
        name: "Southend-on-Sea",
        county: "E99999999",
        postcode_area: "QS",
        districts: &["E06000033"],
    },
    Authority {
        dfe: "883",
        ons: "E06000034",
        name: "Thurrock",
        county: "E99999999",
        postcode_area: "QT",
        districts: &["E06000034"],
    },
];

/// The authority whose children are ours.
pub(crate) const OURS: usize = 0;

/// Where somebody lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// At this postcode of the area or of a neighbour.
    At(usize),
    /// In our authority, without an address.
    NoFixedAbode,
    /// Beyond the neighbours, where nobody writes to us.
    Elsewhere,
}

/// A neighbourhood.
#[derive(Debug)]
struct Neighbourhood {
    authority: usize,
    district: &'static str,
    ward: String,
    lsoa: String,
    imd_rank: usize,
    /// Its place among those of its authority.
    number: usize,
}

/// The neighbourhoods.
#[derive(Debug)]
pub(crate) struct Geography {
    neighbourhoods: Vec<Neighbourhood>,
    ours: usize,
}

impl Geography {
    /// Enough neighbourhoods for so many children, and a few beside them.
    pub(crate) fn new(seed: Seed, children: usize) -> Self {
        let mut neighbourhoods = Vec::new();
        let ours = (children / CHILDREN).max(12);
        for (index, authority) in AUTHORITIES.iter().enumerate() {
            let count = if index == OURS { ours } else { (ours / 8).max(3) };
            for number in 0..count {
                let mut dice = seed.dice(neighbourhoods.len() as u64, Purpose::Place);
                let district = number * authority.districts.len() / count;
                // Neighbouring LSOAs share a ward, five at a time; a ward lies in one district.
                let ward = district + number / 5;
                // Every decile has its neighbourhoods, and some districts have more of one end.
                let lean = [-1, 0, 1][district % 3] * dice.between(0, 1);
                let decile = (1 + (number as i32 * 7) % 10 + lean).clamp(1, 10);
                neighbourhoods.push(Neighbourhood {
                    authority: index,
                    district: authority.districts[district],
                    // No ward or LSOA has had a number that begins with 9.
                    ward: format!("E059{index}{ward:04}"),
                    lsoa: format!("E019{:05}", index * 20_000 + number),
                    imd_rank: (decile as usize - 1) * RANKS / 10 + 1 + dice.below(RANKS / 10),
                    number,
                });
            }
        }
        Geography { neighbourhoods, ours }
    }

    /// A home somewhere in an authority.
    pub(crate) fn home(&self, authority: usize, dice: &mut Dice) -> Place {
        let (first, count) = self.range(authority);
        Place::At((first + dice.below(count)) * POSTCODES + dice.below(POSTCODES))
    }

    /// Another home near one: in the same or the next neighbourhoods.
    pub(crate) fn home_near(&self, postcode: usize, dice: &mut Dice) -> Place {
        let here = postcode / POSTCODES;
        let (first, count) = self.range(self.authority(postcode));
        let neighbourhood =
            (here as i32 + dice.between(-3, 3)).clamp(first as i32, (first + count) as i32 - 1);
        Place::At(neighbourhood as usize * POSTCODES + dice.below(POSTCODES))
    }

    /// The authority that a postcode lies in.
    pub(crate) fn authority(&self, postcode: usize) -> usize {
        self.neighbourhood(postcode).authority
    }

    /// Whether the place lies in the authority whose children are ours.
    pub(crate) fn is_ours(&self, place: Place) -> bool {
        match place {
            Place::At(postcode) => self.authority(postcode) == OURS,
            Place::NoFixedAbode => true,
            Place::Elsewhere => false,
        }
    }

    /// How far along its authority a place lies, in thousandths: what decides the nearest school.
    pub(crate) fn position(&self, place: Place) -> usize {
        match place {
            Place::At(postcode) => {
                let neighbourhood = self.neighbourhood(postcode);
                neighbourhood.number * 1_000 / self.range(neighbourhood.authority).1
            }
            Place::NoFixedAbode | Place::Elsewhere => 500,
        }
    }

    /// The decile of deprivation, 1 the most deprived; a place without an address is as deprived as any.
    pub(crate) fn decile(&self, place: Place) -> u8 {
        match place {
            Place::At(postcode) => {
                (1 + (self.neighbourhood(postcode).imd_rank - 1) * 10 / RANKS).min(10) as u8
            }
            Place::NoFixedAbode => 1,
            Place::Elsewhere => 5,
        }
    }

    /// The decile of deprivation of a place that is in the directory.
    pub(crate) fn known_decile(&self, place: Place) -> Option<u8> {
        matches!(place, Place::At(_)).then(|| self.decile(place))
    }

    /// A postcode as it is written.
    pub(crate) fn postcode(&self, index: usize) -> String {
        let neighbourhood = self.neighbourhood(index);
        let area = AUTHORITIES[neighbourhood.authority].postcode_area;
        let number = neighbourhood.number * POSTCODES + index % POSTCODES;
        let (district, sector) = (1 + number / 1_000, number / 100 % 10);
        // 37 has no factor in common with 400: a hundred different units, not in the order of the alphabet.
        let unit = (number % 100 * 37 + district * 11 + sector) % 400;
        let letters = [UNIT_LETTERS[unit / 20], UNIT_LETTERS[unit % 20]];
        format!(
            "{area}{district} {sector}{}{}",
            char::from(letters[0]),
            char::from(letters[1])
        )
    }

    /// Writes the postcodes under columns of the ONS Postcode Directory.
    pub(crate) fn write(&self, files: &Files) -> Result<(), SynthError> {
        let header = [
            "pcd", "pcd2", "pcds", "dointr", "doterm", "oscty", "oslaua", "osward", "lsoa11", "lsoa21", "imd",
        ];
        let mut directory = Csv::create(files, "reference/postcodes.csv", &header)?;
        for (index, neighbourhood) in self.neighbourhoods.iter().enumerate() {
            let county = AUTHORITIES[neighbourhood.authority].county;
            let rank = neighbourhood.imd_rank.to_string();
            for unit in 0..POSTCODES {
                let pcds = self.postcode(index * POSTCODES + unit);
                let (outward, inward) = pcds.split_once(' ').unwrap_or_default();
                let (pcd, pcd2) = (format!("{outward:<4}{inward}"), format!("{outward:<4} {inward}"));
                let (district, ward, lsoa) =
                    (neighbourhood.district, &neighbourhood.ward, &neighbourhood.lsoa);
                directory.row(&[
                    &pcd, &pcd2, &pcds, "198001", "", county, district, ward, lsoa, lsoa, &rank,
                ])?;
            }
        }
        directory.finish(None)
    }

    fn neighbourhood(&self, postcode: usize) -> &Neighbourhood {
        &self.neighbourhoods[(postcode / POSTCODES).min(self.neighbourhoods.len() - 1)]
    }

    /// The first neighbourhood of an authority and how many it has.
    fn range(&self, authority: usize) -> (usize, usize) {
        let beside = (self.ours / 8).max(3);
        if authority == OURS {
            (0, self.ours)
        } else {
            (self.ours + (authority - 1) * beside, beside)
        }
    }
}

/// Letters of the unit part of a postcode: all but C, I, K, M, O and V, which are never used.
const UNIT_LETTERS: &[u8; 20] = b"ABDEFGHJLNPQRSTUWXYZ";

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn postcodes_are_well_formed_and_never_repeat() {
        let geography = Geography::new(Seed::new(3), 20_000);
        let mut seen = BTreeSet::new();
        for postcode in 0..geography.neighbourhoods.len() * POSTCODES {
            let text = geography.postcode(postcode);
            assert_eq!(identity::Postcode::parse(&text).unwrap().expose(), text);
            assert!(text.starts_with('Q'));
            assert!(seen.insert(text));
        }
        assert_eq!(seen.len(), (100 + 12 + 12) * POSTCODES);
    }

    #[test]
    fn codes_have_their_shape_and_wards_lie_in_one_district() {
        let geography = Geography::new(Seed::new(3), 300_000);
        let mut districts = std::collections::BTreeMap::new();
        let mut lsoas = BTreeSet::new();
        for neighbourhood in &geography.neighbourhoods {
            for code in [&neighbourhood.ward, &neighbourhood.lsoa] {
                assert!(
                    code.len() == 9 && code[1..].bytes().all(|byte| byte.is_ascii_digit()),
                    "{code}"
                );
            }
            assert!(lsoas.insert(neighbourhood.lsoa.clone()));
            let district = districts
                .entry(neighbourhood.ward.clone())
                .or_insert(neighbourhood.district);
            assert_eq!(*district, neighbourhood.district);
        }
    }

    #[test]
    fn homes_lie_where_they_are_asked_for() {
        let geography = Geography::new(Seed::new(3), 5_000);
        let mut dice = Seed::new(3).dice(1, Purpose::Moves);
        let mut deciles = BTreeSet::new();
        for authority in 0..AUTHORITIES.len() {
            for _ in 0..200 {
                let Place::At(home) = geography.home(authority, &mut dice) else {
                    panic!("a postcode")
                };
                let Place::At(near) = geography.home_near(home, &mut dice) else {
                    panic!("a postcode")
                };
                assert_eq!(
                    (geography.authority(home), geography.authority(near)),
                    (authority, authority)
                );
                deciles.insert(geography.decile(Place::At(home)));
            }
        }
        assert_eq!(deciles, (1..=10).collect());
    }
}
