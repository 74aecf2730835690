//! The schools of the authority: primary schools, nursery schools and special schools, all made up.

use jiff::civil::Date;

use crate::{
    dice::{Dice, Purpose, Seed},
    files::{Csv, Files},
    geography::{AUTHORITIES, Geography, OURS, Place},
    settings::SynthError,
};

/// What a school is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    Primary,
    Nursery,
    Special,
    /// For eleven to sixteen: of its pupils only those are told of who are mothers.
    Secondary,
}

/// Who sends a school's census, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Sends {
    /// In the authority's set of maintained schools.
    Maintained,
    /// In the set of academies.
    Academies,
    /// As a return of its own, in XML.
    Itself,
}

/// A school.
#[derive(Debug)]
pub(crate) struct School {
    pub(crate) urn: u32,
    /// The school's number within its authority.
    pub(crate) number: u16,
    pub(crate) name: String,
    pub(crate) phase: Phase,
    pub(crate) sends: Sends,
    /// Whether it has a nursery class.
    pub(crate) nursery_class: bool,
    academy: bool,
    postcode: Option<usize>,
    /// How far along the authority it lies, in thousandths.
    position: usize,
}

impl School {
    /// The seven digits of authority and school.
    pub(crate) fn laestab(&self) -> String {
        format!("{}{:04}", AUTHORITIES[OURS].dfe, self.number)
    }
}

/// The schools.
#[derive(Debug)]
pub(crate) struct Schools(Vec<School>);

/// Schools that send their own return.
const SENDING_THEMSELVES: usize = 3;

impl Schools {
    pub(crate) fn new(seed: Seed, children: usize, geography: &Geography) -> Self {
        let mut schools = Vec::new();
        // A year group has an eleventh of the children; a school takes about 45 of each.
        let primaries = (children / 11).div_ceil(45).max(4);
        let nurseries = primaries.div_ceil(20);
        let specials = primaries.div_ceil(15).max(2);
        for (phase, count) in [
            (Phase::Primary, primaries),
            (Phase::Nursery, nurseries),
            (Phase::Special, specials),
            (Phase::Secondary, primaries.div_ceil(12)),
        ] {
            for index in 0..count {
                let mut dice = seed.dice(schools.len() as u64, Purpose::School);
                let position = (2 * index + 1) * 500 / count;
                let mut home = geography.home(OURS, &mut dice);
                // The nearest of a few tries is near enough to where the school is said to lie.
                for _ in 0..20 {
                    let other = geography.home(OURS, &mut dice);
                    if geography.position(other).abs_diff(position)
                        < geography.position(home).abs_diff(position)
                    {
                        home = other;
                    }
                }
                let by_chance = dice.chance(0.42);
                // The first special school always is one, so that there is a set of academies.
                let academy = match phase {
                    Phase::Nursery => false,
                    Phase::Special if index == 0 => true,
                    Phase::Primary | Phase::Special | Phase::Secondary => by_chance,
                };
                let sends = match (phase, academy) {
                    (Phase::Primary, _) if index % (primaries / SENDING_THEMSELVES).max(2) == 1 => {
                        Sends::Itself
                    }
                    (_, true) => Sends::Academies,
                    (_, false) => Sends::Maintained,
                };
                schools.push(School {
                    // Six digits that no register has come near.
                    urn: 990_001 + schools.len() as u32,
                    number: number(phase, index),
                    name: name(phase, schools.len(), &mut dice),
                    phase,
                    sends,
                    nursery_class: phase == Phase::Nursery || (phase == Phase::Primary && dice.chance(0.55)),
                    academy,
                    postcode: if let Place::At(postcode) = home {
                        Some(postcode)
                    } else {
                        None
                    },
                    position,
                });
            }
        }
        Schools(schools)
    }

    pub(crate) fn all(&self) -> &[School] {
        &self.0
    }

    pub(crate) fn get(&self, index: usize) -> &School {
        &self.0[index.min(self.0.len() - 1)]
    }

    /// One of the three nearest schools of a phase, the nearest most often; not `but`.
    pub(crate) fn near(&self, position: usize, phase: Phase, but: Option<usize>, dice: &mut Dice) -> usize {
        self.nearest(position, but, dice, |school| school.phase == phase)
    }

    /// One of the three nearest schools with a nursery class.
    pub(crate) fn nursery_near(&self, position: usize, dice: &mut Dice) -> usize {
        self.nearest(position, None, dice, |school| school.nursery_class)
    }

    fn nearest(
        &self,
        position: usize,
        but: Option<usize>,
        dice: &mut Dice,
        fits: impl Fn(&School) -> bool,
    ) -> usize {
        let mut near: Vec<(usize, usize)> = self
            .0
            .iter()
            .enumerate()
            .filter(|(index, school)| fits(school) && Some(*index) != but)
            .map(|(index, school)| (school.position.abs_diff(position), index))
            .collect();
        near.sort_unstable();
        near.truncate(3);
        let choice = dice.weighted(&[(0, 0.7), (1, 0.2), (2, 0.1)]);
        near.get(choice).or(near.first()).map_or(0, |(_, index)| *index)
    }

    /// Writes the schools under columns of Get Information About Schools.
    pub(crate) fn write(&self, geography: &Geography, files: &Files, opened: Date) -> Result<(), SynthError> {
        let header = [
            "URN",
            "LA (code)",
            "LA (name)",
            "EstablishmentNumber",
            "EstablishmentName",
            "TypeOfEstablishment (name)",
            "EstablishmentStatus (name)",
            "OpenDate",
            "CloseDate",
            "PhaseOfEducation (name)",
            "StatutoryLowAge",
            "StatutoryHighAge",
            "Postcode",
        ];
        let mut register = Csv::create(files, "reference/schools.csv", &header)?;
        let opened = opened.strftime("%d-%m-%Y").to_string();
        for school in &self.0 {
            let kind = match (school.phase, school.academy) {
                (Phase::Primary, true) => "Academy converter",
                (Phase::Primary, false) => "Community school",
                (Phase::Special, true) => "Academy special converter",
                (Phase::Special, false) => "Community special school",
                (Phase::Nursery, _) => "Local authority nursery school",
                (Phase::Secondary, true) => "Academy converter",
                (Phase::Secondary, false) => "Community school",
            };
            let (phase, low, high) = match school.phase {
                Phase::Primary if school.nursery_class => ("Primary", "3", "11"),
                Phase::Primary => ("Primary", "4", "11"),
                Phase::Nursery => ("Nursery", "2", "5"),
                Phase::Special => ("Not applicable", "3", "11"),
                Phase::Secondary => ("Secondary", "11", "16"),
            };
            let postcode = school
                .postcode
                .map(|postcode| geography.postcode(postcode))
                .unwrap_or_default();
            let authority = &AUTHORITIES[OURS];
            let (urn, number) = (school.urn.to_string(), format!("{:04}", school.number));
            register.row(&[
                &urn,
                authority.dfe,
                authority.name,
                &number,
                &school.name,
                kind,
                "Open",
                &opened,
                "",
                phase,
                low,
                high,
                &postcode,
            ])?;
        }
        register.finish(None)
    }
}

/// Numbers from the top of the ranges of each phase (DfE: primary 2000 to 3999, nursery 1800 to 1899, special 7000 to
/// 7999, secondary 4000 to 4999), which authorities fill from below.
fn number(phase: Phase, index: usize) -> u16 {
    let top = match phase {
        Phase::Primary => 3_999,
        Phase::Nursery => 1_899,
        Phase::Special => 7_999,
        Phase::Secondary => 4_999,
    };
    top - index as u16
}

/// A name for the school that is the `index`-th of all.
fn name(phase: Phase, index: usize, dice: &mut Dice) -> String {
    const FIRST: &[&str] = &[
        "Mere", "Holt", "Alder", "Birch", "Bramble", "Brook", "Cherry", "Coppice", "Elm", "Fern", "Gorse",
        "Hazel", "Heron", "Juniper", "Larch", "Lark", "Linden", "Maple", "Marsh", "Meadow", "Oak", "Orchard",
        "Rowan", "Rush", "Sorrel", "Swift", "Thistle", "Willow", "Wren", "Yarrow",
    ];
    const SECOND: &[&str] = &[
        "bank", "combe", "croft", "dale", "dene", "field", "ford", "gate", "hurst", "lea", "mere", "ridge",
        "side", "stead", "thorpe", "wick", "wood", "worth",
    ];
    // Thirty by eighteen names before one repeats; the saint keeps those of larger areas apart.
    let place = format!(
        "{}{}",
        FIRST[index % FIRST.len()],
        SECOND[index / FIRST.len() % SECOND.len()]
    );
    let saint = if index >= FIRST.len() * SECOND.len() || dice.chance(0.15) {
        " St Osgyth"
    } else {
        ""
    };
    match phase {
        Phase::Primary => format!("{place}{saint} Primary School"),
        Phase::Nursery => format!("{place} Nursery School"),
        Phase::Special => format!("{place} School"),
        Phase::Secondary => format!("{place} High School"),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn schools_have_numbers_of_their_phase_and_every_way_of_sending() {
        let seed = Seed::new(1);
        for children in [200, 2_000, 20_000, 300_000] {
            let geography = Geography::new(seed, children);
            let schools = Schools::new(seed, children, &geography);
            let mut numbers = BTreeSet::new();
            for school in schools.all() {
                assert!(numbers.insert(school.number) && school.laestab().len() == 7);
                let range = match school.phase {
                    Phase::Primary => 2_000..=3_999,
                    Phase::Nursery => 1_800..=1_899,
                    Phase::Special => 7_000..=7_999,
                    Phase::Secondary => 4_000..=4_999,
                };
                assert!(range.contains(&school.number), "{school:?}");
            }
            let ways: BTreeSet<Sends> = schools.all().iter().map(|school| school.sends).collect();
            assert_eq!(ways.len(), 3, "{children}");
            let own = schools
                .all()
                .iter()
                .filter(|school| school.sends == Sends::Itself)
                .count();
            assert!((1..=4).contains(&own), "{own}");
        }
    }
}
