//! Families of the lists: who is born to whom and where, and what changes between the one list and the other.

use jiff::{Span, civil::Date};
use records::Sex;

use crate::{
    dice::{Dice, Purpose, Seed},
    lists::{names::ListNames, noise::NoiseRates, places::Places},
};

/// A child as it is, first when the left list is written and then when the right one is.
#[derive(Clone, Debug)]
pub(super) struct Child {
    pub culture: usize,
    pub forename: String,
    pub surnames: [String; 2],
    pub birth: Date,
    pub sex: Sex,
    pub postcodes: [String; 2],
    pub twin: bool,
    pub moved: bool,
    pub renamed: bool,
}

/// Children of one household.
#[derive(Clone, Debug)]
pub(super) struct Family {
    pub children: Vec<Child>,
}

/// Makes families.
pub(super) struct Families<'a> {
    pub seed: Seed,
    pub names: &'a ListNames,
    pub places: Places,
    pub rates: NoiseRates,
}

/// How many children a family has.
const SIZES: &[(usize, f64)] = &[(1, 0.45), (2, 0.38), (3, 0.12), (4, 0.04), (5, 0.01)];
/// Births that are of twins, so that about 3 children in 100 are one of two.
const TWIN_BIRTHS: f64 = 0.0155;
/// Twins of the same sex, of whom a third are identical.
const TWINS_OF_ONE_SEX: f64 = 0.65;
/// Twins whose names begin with the same letter more often than chance makes them.
const TWINS_ALIKE: f64 = 0.15;
/// Children who bear another surname than their siblings.
const OTHER_SURNAME: f64 = 0.08;
/// Moves that end within the district.
const MOVES_NEARBY: f64 = 0.6;
/// Families with a name of two parts.
const DOUBLE_BARRELLED: f64 = 0.03;
/// Those who change their surname often move with it: a new household, a placement.
const MOVED_IF_RENAMED: f64 = 0.45;
/// Changes of surname that are of all children of a family.
const RENAMED_TOGETHER: f64 = 0.5;

/// Days of sixteen school years, the oldest child to the youngest.
const DAYS: i32 = 5_844;

impl Families<'_> {
    pub(super) fn family(&self, number: u64) -> Family {
        let mut dice = self.seed.dice(number, Purpose::ListFamily);
        let culture = self.names.culture(&mut dice);
        let surname = self.surname(culture, &mut dice);
        let home = self.places.anywhere(&mut dice);
        let moved = dice.chance(self.rates.moved);
        let next_home = self.next_home(home, &mut dice);
        let renamed = dice.chance(self.rates.renamed * RENAMED_TOGETHER);
        let next_surname = self.other_surname(culture, &surname, &mut dice);

        let mut family = Family { children: Vec::new() };
        let mut born = dice.below(DAYS as usize) as i32;
        for _ in 0..dice.weighted(SIZES) {
            let twins = dice.chance(TWIN_BIRTHS);
            let sex = any_sex(&mut dice);
            let mut surnames = [surname.clone(), surname.clone()];
            if dice.chance(OTHER_SURNAME) {
                let other = self.other_surname(culture, &surname, &mut dice);
                surnames = [other.clone(), other];
            }
            let alone_renamed = dice.chance(self.rates.renamed * (1.0 - RENAMED_TOGETHER));
            if renamed {
                surnames[1].clone_from(&next_surname);
            } else if alone_renamed {
                surnames[1] = self.other_surname(culture, &surnames[0], &mut dice);
            }
            let is_renamed = surnames[0] != surnames[1];
            let is_moved = moved || is_renamed && dice.chance(MOVED_IF_RENAMED);
            let place = if is_moved { next_home } else { home };
            let mut child = Child {
                culture,
                forename: self.names.forename(culture, sex, &mut dice).to_owned(),
                surnames,
                birth: birth(born),
                sex,
                postcodes: [self.places.written(home), self.places.written(place)],
                twin: twins,
                moved: is_moved && place != home,
                renamed: is_renamed,
            };
            // Nobody calls two children alike.
            let taken =
                |name: &str, family: &Family| family.children.iter().any(|other| other.forename == name);
            while taken(&child.forename, &family) {
                child.forename = self.names.forename(culture, sex, &mut dice).to_owned();
            }
            if twins {
                family.children.push(self.twin_of(&child, &mut dice));
                while taken(&child.forename, &family) {
                    child.forename = self.names.forename(culture, sex, &mut dice).to_owned();
                }
            }
            family.children.push(child);
            born += dice.between(450, 1_600);
            if born >= DAYS {
                break;
            }
        }
        family
    }

    fn twin_of(&self, child: &Child, dice: &mut Dice) -> Child {
        let mut twin = child.clone();
        if !dice.chance(TWINS_OF_ONE_SEX) {
            twin.sex = if child.sex == Sex::F { Sex::M } else { Sex::F };
        }
        let alike = dice.chance(TWINS_ALIKE);
        // A rare initial may have no second name: then any will do.
        for _ in 0..200 {
            twin.forename = self.names.forename(twin.culture, twin.sex, dice).to_owned();
            let same_initial = twin.forename.chars().next() == child.forename.chars().next();
            if twin.forename != child.forename && (same_initial || !alike) {
                break;
            }
        }
        twin
    }

    fn surname(&self, culture: usize, dice: &mut Dice) -> String {
        let first = self.names.surname(culture, dice);
        if dice.chance(DOUBLE_BARRELLED) && !first.contains([' ', '-']) {
            let second = self.names.surname(culture, dice);
            if second != first && !second.contains([' ', '-']) {
                return format!("{first}-{second}");
            }
        }
        first.to_owned()
    }

    fn other_surname(&self, culture: usize, surname: &str, dice: &mut Dice) -> String {
        for _ in 0..20 {
            let other = self.surname(culture, dice);
            if other != surname {
                return other;
            }
        }
        surname.to_owned()
    }

    fn next_home(&self, home: usize, dice: &mut Dice) -> usize {
        if dice.chance(MOVES_NEARBY) {
            self.places.near(home, dice)
        } else {
            self.places.anywhere(dice)
        }
    }
}

fn any_sex(dice: &mut Dice) -> Sex {
    if dice.chance(0.512) { Sex::M } else { Sex::F }
}

fn birth(days: i32) -> Date {
    jiff::civil::date(2008, 9, 1).saturating_add(Span::new().days(days))
}
