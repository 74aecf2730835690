//! Names of a whole nation: the frequent ones as they are, and a long tail made by rule.

use std::collections::BTreeSet;

use records::Sex;

use crate::{
    dice::{Dice, Purpose, Seed},
    names::{Culture, frequent},
};

/// Names with the share of draws up to and including each.
struct Ranked {
    names: Vec<String>,
    until: Vec<f64>,
}

impl Ranked {
    /// The k-th name about as often as 1 in k + `flat`.
    fn new(frequent: &[&str], tail: impl IntoIterator<Item = String>, flat: usize) -> Self {
        let mut seen = BTreeSet::new();
        let names: Vec<String> = frequent
            .iter()
            .map(|name| (*name).to_owned())
            .chain(tail)
            .filter(|name| seen.insert(name.clone()))
            .collect();
        let mut sum = 0.0;
        let mut until: Vec<f64> = (1..=names.len())
            .map(|rank| {
                sum += 1.0 / (rank + flat) as f64;
                sum
            })
            .collect();
        until.iter_mut().for_each(|share| *share /= sum);
        Ranked { names, until }
    }

    fn draw(&self, dice: &mut Dice) -> &str {
        let share = dice.share();
        let index = self.until.partition_point(|until| *until <= share);
        &self.names[index.min(self.names.len() - 1)]
    }
}

/// The names of one culture.
struct OfCulture {
    male: Ranked,
    female: Ranked,
    surnames: Ranked,
}

/// All names.
pub(super) struct ListNames {
    by_culture: Vec<(Culture, f64, OfCulture)>,
}

impl ListNames {
    pub(super) fn new() -> Self {
        let by_culture = CULTURES
            .into_iter()
            .enumerate()
            .map(|(number, (culture, share))| {
                let [male, female, surnames] = frequent(culture);
                let names = if culture == Culture::British {
                    OfCulture {
                        male: Ranked::new(male, joined(MALE_STARTS, MALE_ENDS, 1), 20),
                        female: Ranked::new(female, joined(FEMALE_STARTS, FEMALE_ENDS, 2), 20),
                        surnames: Ranked::new(surnames, joined(PLACE_STARTS, PLACE_ENDS, 3), 12),
                    }
                } else {
                    let mut dice = Seed::new(0).dice(10 + number as u64, Purpose::ListNames);
                    OfCulture {
                        male: Ranked::new(male, spoken(OTHER_FORENAMES, &mut dice), 4),
                        female: Ranked::new(female, spoken(OTHER_FORENAMES, &mut dice), 4),
                        surnames: Ranked::new(surnames, spoken(OTHER_SURNAMES, &mut dice), 4),
                    }
                };
                (culture, share, names)
            })
            .collect();
        ListNames { by_culture }
    }

    /// A culture that a family takes its names from, by position.
    pub(super) fn culture(&self, dice: &mut Dice) -> usize {
        let mut left = dice.share();
        for (index, (_, share, _)) in self.by_culture.iter().enumerate() {
            left -= share;
            if left < 0.0 {
                return index;
            }
        }
        0
    }

    pub(super) fn forename(&self, culture: usize, sex: Sex, dice: &mut Dice) -> &str {
        let names = &self.by_culture[culture].2;
        if sex == Sex::F {
            names.female.draw(dice)
        } else {
            names.male.draw(dice)
        }
    }

    pub(super) fn surname(&self, culture: usize, dice: &mut Dice) -> &str {
        self.by_culture[culture].2.surnames.draw(dice)
    }
}

/// Cultures and their shares of families, near those of the ethnic groups of England's pupils.
const CULTURES: [(Culture, f64); 16] = [
    (Culture::British, 0.70),
    (Culture::Irish, 0.02),
    (Culture::Polish, 0.03),
    (Culture::Romanian, 0.02),
    (Culture::Portuguese, 0.01),
    (Culture::Turkish, 0.01),
    (Culture::Indian, 0.04),
    (Culture::Sikh, 0.015),
    (Culture::Pakistani, 0.05),
    (Culture::Bangladeshi, 0.02),
    (Culture::Chinese, 0.01),
    (Culture::African, 0.035),
    (Culture::Somali, 0.01),
    (Culture::Caribbean, 0.01),
    (Culture::Arab, 0.015),
    (Culture::Filipino, 0.005),
];

/// Rarer names that each of the smaller cultures has.
const OTHER_FORENAMES: usize = 60;
const OTHER_SURNAMES: usize = 300;

/// Every start with every end, in an order that has nothing to do with either.
fn joined(starts: &[&str], ends: &[&str], subject: u64) -> Vec<String> {
    let mut names: Vec<String> = starts
        .iter()
        .flat_map(|start| ends.iter().map(move |end| format!("{start}{end}")))
        .collect();
    let mut dice = Seed::new(0).dice(subject, Purpose::ListNames);
    dice.shuffle(&mut names);
    names
}

/// So many names of two or three syllables.
fn spoken(count: usize, dice: &mut Dice) -> Vec<String> {
    // Each culture has sounds of its own.
    let onsets: Vec<&str> = (0..9).map(|_| dice.pick(ONSETS)).collect();
    let codas: Vec<&str> = (0..6).map(|_| dice.pick(CODAS)).collect();
    let mut seen = BTreeSet::new();
    let mut names = Vec::new();
    while names.len() < count {
        let mut name = String::new();
        for _ in 0..2 + dice.below(2) {
            name.push_str(dice.pick(&onsets));
            name.push_str(dice.pick(VOWELS));
        }
        name.push_str(dice.pick(&codas));
        let name = capital(&name);
        if seen.insert(name.clone()) {
            names.push(name);
        }
    }
    names
}

fn capital(name: &str) -> String {
    let mut letters = name.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).collect())
        .unwrap_or_default()
}

const ONSETS: &[&str] = &[
    "b", "ch", "d", "f", "g", "h", "j", "k", "kh", "l", "m", "n", "p", "r", "s", "sh", "t", "th", "v", "w",
    "y", "z",
];
const VOWELS: &[&str] = &["a", "a", "e", "i", "o", "u"];
const CODAS: &[&str] = &[
    "", "", "n", "r", "m", "l", "h", "d", "s", "ri", "na", "ma", "dze", "ski", "van",
];

const MALE_STARTS: &[&str] = &[
    "Ad", "Al", "Ar", "Bran", "Bren", "Cal", "Cas", "Dar", "Dev", "El", "Em", "Fin", "Gar", "Har", "Jar",
    "Kay", "Ken", "Kel", "Lan", "Len", "Mal", "Mar", "Or", "Ral", "Ray", "Ros", "Tal", "Tev", "Tor", "Ty",
    "Val", "Zan",
];
const MALE_ENDS: &[&str] = &[
    "an", "en", "ic", "iel", "on", "us", "den", "vin", "ton", "ley", "lan", "rick", "ard",
];
const FEMALE_STARTS: &[&str] = &[
    "Ad", "Al", "Am", "Bel", "Bri", "Cal", "Cas", "Car", "Dar", "El", "Em", "Fel", "Gen", "Jan", "Jos",
    "Kar", "Kel", "Lar", "Len", "Lor", "Mar", "Mel", "Nat", "Or", "Ros", "Sab", "Sel", "Tal", "Val", "Viv",
    "Yas", "Zel",
];
const FEMALE_ENDS: &[&str] = &[
    "a", "ia", "elle", "ina", "leigh", "lyn", "ette", "anna", "issa", "ora", "ie", "wen",
];
const PLACE_STARTS: &[&str] = &[
    "Apple", "Ash", "Bar", "Beck", "Birch", "Black", "Brad", "Bram", "Brock", "Burn", "Cald", "Chad", "Clay",
    "Cole", "Comb", "Cran", "Daven", "Dun", "East", "Ellis", "Elm", "Fair", "Farn", "Fen", "Gold", "Gran",
    "Green", "Had", "Hamp", "Hard", "Hather", "Hazel", "Hem", "High", "Hol", "Hurst", "Ing", "Kel", "Kil",
    "King", "Lang", "Lin", "Long", "Mar", "Mel", "Mid", "Mill", "Nether", "Nor", "Oak", "Old", "Orm", "Pem",
    "Pen", "Pil", "Quar", "Rad", "Raven", "Raw", "Red", "Ring", "Rock", "Rother", "Rush", "San", "Sax",
    "Sel", "Shel", "Silver", "Skel", "Stan", "Stock", "Strat", "Sud", "Swin", "Tar", "Thorn", "Tilling",
    "Tun", "Up", "Wal", "Wander", "Wash", "Water", "Wel", "Wen", "West", "Whit", "Wick", "Wilber", "Win",
    "Wood", "Yard", "Yel",
];
const PLACE_ENDS: &[&str] = &[
    "bourne", "bridge", "brook", "bury", "by", "caster", "church", "cliffe", "combe", "croft", "dale", "den",
    "don", "ell", "er", "ett", "field", "fold", "ford", "gate", "grave", "ham", "head", "hill", "house",
    "hurst", "ing", "ingham", "ington", "kin", "land", "ley", "low", "man", "mere", "more", "ock", "ridge",
    "shaw", "side", "son", "stead", "stone", "thorpe", "ton", "wall", "ward", "well", "wick", "wood",
    "worth",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_thousands_of_surnames_and_a_thousand_forenames() {
        let names = ListNames::new();
        let british = &names.by_culture[0].2;
        assert!(british.surnames.names.len() > 4_500);
        let count =
            |of: fn(&OfCulture) -> usize| names.by_culture.iter().map(|names| of(&names.2)).sum::<usize>();
        assert!(count(|names| names.male.names.len() + names.female.names.len()) > 1_000);
        for name in names.by_culture.iter().flat_map(|names| &names.2.surnames.names) {
            assert!(identity::Name::parse(name).is_ok(), "{name}");
        }
    }

    #[test]
    fn the_first_surname_is_about_one_in_a_hundred() {
        let names = ListNames::new();
        let mut dice = Seed::new(1).dice(1, Purpose::ListFamily);
        let smiths = (0..100_000)
            .filter(|_| {
                let culture = names.culture(&mut dice);
                names.surname(culture, &mut dice) == "Smith"
            })
            .count();
        assert!((600..1_500).contains(&smiths), "{smiths}");
    }
}
