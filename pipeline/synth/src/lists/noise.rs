//! How a register writes a child down: with short forms, slips, exchanged parts and gaps.

use jiff::civil::Date;
use records::Sex;

use super::{Noise, family::Child, names::ListNames};
use crate::{
    dice::Dice,
    names::{mistyped, punctuated_otherwise, variant, without_accents},
};

/// How often what happens, of pairs.
#[derive(Clone, Copy, Debug)]
pub(super) struct NoiseRates {
    pub moved: f64,
    pub renamed: f64,
    short_form: f64,
    spelling: f64,
    middle_name: f64,
    typo: f64,
    double_barrel: f64,
    /// Of the four in ten whose day can be a month.
    day_month_swap: f64,
    date_typo: f64,
    blank: f64,
    postcode_typo: f64,
    wrong_sex: f64,
}

impl NoiseRates {
    pub(super) fn of(noise: Noise) -> Self {
        let times = match noise {
            Noise::Light => 0.6,
            Noise::Usual => 1.0,
            Noise::Heavy => 1.6,
        };
        NoiseRates {
            moved: 0.24 * times,
            renamed: 0.04 * times,
            short_form: 0.06 * times,
            spelling: 0.04 * times,
            middle_name: 0.03 * times,
            typo: 0.05 * times,
            double_barrel: 0.03 * times,
            day_month_swap: 0.04 * times,
            date_typo: 0.01 * times,
            blank: 0.02 * times,
            postcode_typo: 0.01 * times,
            wrong_sex: 0.003 * times,
        }
    }
}

/// A row as it stands in a list, without its id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Row {
    forename: String,
    surname: String,
    birth: String,
    sex: &'static str,
    postcode: String,
}

impl Row {
    /// Its fields after the id, as in the file. No value has a comma or a quotation mark.
    pub(super) fn written(&self) -> String {
        format!(
            "{},{},{},{},{}",
            self.forename, self.surname, self.birth, self.sex, self.postcode
        )
    }
}

/// A child as both lists would have it.
#[derive(Clone, Debug)]
pub(super) struct Written {
    pub rows: [Row; 2],
    pub birth: Date,
    pub twin: bool,
    /// What makes the pair hard, in the order of the alphabet.
    pub kinds: Vec<&'static str>,
}

/// Writes children down.
pub(super) struct Register<'a> {
    pub names: &'a ListNames,
    pub rates: NoiseRates,
}

impl Register<'_> {
    pub(super) fn write_down(&self, child: Child, dice: &mut Dice) -> Written {
        let rates = &self.rates;
        let mut kinds = Vec::new();
        for (is, kind) in [
            (child.moved, "moved"),
            (child.renamed, "surname-change"),
            (child.twin, "twin"),
        ] {
            if is {
                kinds.push(kind);
            }
        }
        let Child {
            forename, surnames, ..
        } = child;
        let mut forenames = [forename.clone(), forename];
        let mut surnames = surnames;
        let mut births = [child.birth.to_string(), child.birth.to_string()];
        let mut sexes = [letter(child.sex), letter(child.sex)];
        let mut postcodes = child.postcodes;

        // One name event a pair: each is drawn from what the others leave.
        let mut left = dice.share();
        let mut happens = |rate: f64| {
            let happened = (0.0..rate).contains(&left);
            left -= rate;
            happened
        };
        let was = (forenames.clone(), surnames.clone());
        if happens(rates.short_form) {
            let side = dice.below(2);
            forenames[side] =
                variant(&forenames[side], dice).map_or_else(|| cut(&forenames[side]), str::to_owned);
            kinds.push("nickname");
        } else if happens(rates.spelling) {
            let side = dice.below(2);
            forenames[side] = respelled(&forenames[side]);
            kinds.push("spelling");
        } else if happens(rates.middle_name) {
            let side = dice.below(2);
            let middle = self.names.forename(child.culture, child.sex, dice);
            forenames[side] = format!("{} {middle}", forenames[side]);
            kinds.push("middle-name");
        } else if happens(rates.typo) {
            let side = dice.below(2);
            let name = if dice.chance(0.5) {
                &mut forenames[side]
            } else {
                &mut surnames[side]
            };
            *name = mistyped(name, dice);
            kinds.push("typo");
        } else if happens(rates.double_barrel) && !child.renamed {
            let side = dice.below(2);
            surnames[side] = match surnames[side].split_once('-') {
                Some((first, second)) => (if dice.chance(0.5) { first } else { second }).to_owned(),
                None => format!("{}-{}", surnames[side], self.names.surname(child.culture, dice)),
            };
            kinds.push("double-barrel");
        }
        // A name of three letters has no shorter form.
        if was == (forenames.clone(), surnames.clone()) {
            kinds.retain(|kind| *kind != "nickname");
        }
        // Half of all registers have no accents, and hyphens and apostrophes come and go; neither is worth a kind.
        if dice.chance(0.5) {
            let side = dice.below(2);
            forenames[side] = without_accents(&forenames[side]);
            surnames[side] = without_accents(&surnames[side]);
        }
        if dice.chance(0.2)
            && let Some(otherwise) = punctuated_otherwise(&surnames[1], dice)
        {
            surnames[1] = otherwise.replace('\u{2019}', "'");
        }

        let side = dice.below(2);
        if dice.chance(rates.day_month_swap)
            && let Some(swapped) = swapped(child.birth)
        {
            births[side] = swapped.to_string();
            kinds.push("day-month-swap");
        } else if dice.chance(rates.date_typo)
            && let Some(slipped) = slipped(child.birth, dice)
        {
            births[side] = slipped.to_string();
            kinds.push("date-typo");
        }
        if dice.chance(rates.postcode_typo) {
            let side = dice.below(2);
            postcodes[side] = slipped_postcode(&postcodes[side], dice);
            kinds.push("postcode-typo");
        }
        if dice.chance(rates.wrong_sex) {
            sexes[dice.below(2)] = letter(if child.sex == Sex::F { Sex::M } else { Sex::F });
            kinds.push("wrong-sex");
        }

        if dice.chance(rates.blank) {
            births[dice.below(2)].clear();
            kinds.push("blank-birth-date");
        }
        if dice.chance(rates.blank) {
            forenames[dice.below(2)].clear();
            kinds.push("blank-forename");
        }
        if dice.chance(rates.blank / 2.0) {
            postcodes[dice.below(2)].clear();
            kinds.push("blank-postcode");
        }
        if dice.chance(rates.blank / 2.0) {
            sexes[dice.below(2)] = "";
            kinds.push("blank-sex");
        }
        kinds.sort_unstable();

        let mut rows = [0, 1].map(|side: usize| Row {
            forename: std::mem::take(&mut forenames[side]),
            surname: std::mem::take(&mut surnames[side]),
            birth: std::mem::take(&mut births[side]),
            sex: sexes[side],
            postcode: std::mem::take(&mut postcodes[side]),
        });
        if dice.chance(POSTCODE_WITHOUT_SPACE) {
            let side = dice.below(2);
            rows[side].postcode = rows[side].postcode.replace(' ', "");
        }
        Written {
            rows,
            birth: child.birth,
            twin: child.twin,
            kinds,
        }
    }
}

/// Postcodes that are written in one word.
const POSTCODE_WITHOUT_SPACE: f64 = 0.1;

fn letter(sex: Sex) -> &'static str {
    if sex == Sex::F { "F" } else { "M" }
}

/// A short form by rule, of a name that has none of its own.
fn cut(name: &str) -> String {
    let letters: Vec<char> = name.chars().collect();
    let kept = if letters.len() > 5 { 4 } else { 3 };
    letters.into_iter().take(kept).collect()
}

/// Another spelling that sounds the same.
fn respelled(name: &str) -> String {
    for (one, other) in SPELLINGS {
        if name.contains(one) {
            return name.replacen(one, other, 1);
        }
    }
    format!("{name}e")
}

/// Spellings that are taken for one another, the rarer before the more frequent.
const SPELLINGS: [(&str, &str); 14] = [
    ("ph", "f"),
    ("Ph", "F"),
    ("leigh", "ley"),
    ("ley", "leigh"),
    ("ie", "y"),
    ("ll", "l"),
    ("nn", "n"),
    ("tt", "t"),
    ("C", "K"),
    ("ck", "k"),
    ("lyn", "lynn"),
    ("y", "ie"),
    ("el", "ell"),
    ("an", "en"),
];

fn swapped(date: Date) -> Option<Date> {
    (date.day() != date.month())
        .then(|| Date::new(date.year(), date.day(), date.month()).ok())
        .flatten()
}

/// One part wrong by a little.
fn slipped(date: Date, dice: &mut Dice) -> Option<Date> {
    let step = if dice.chance(0.5) { 1_i8 } else { -1 };
    let slipped = match dice.below(4) {
        0 => Date::new(date.year() + i16::from(step), date.month(), date.day()),
        1 => Date::new(date.year(), date.month() + step, date.day()),
        2 => Date::new(date.year(), date.month(), date.day() + 10 * step),
        _ => Date::new(date.year(), date.month(), date.day() + step),
    };
    slipped.ok()
}

/// One letter of the last two wrong, or two signs exchanged.
fn slipped_postcode(postcode: &str, dice: &mut Dice) -> String {
    let mut signs: Vec<char> = postcode.chars().collect();
    let last = signs.len().saturating_sub(1);
    match (dice.chance(0.5), signs.get(last).copied()) {
        (true, Some(_)) => signs[last] = dice.pick(&['A', 'B', 'D', 'E', 'F', 'G', 'H', 'J']),
        (false, Some(_)) if last > 0 => signs.swap(last - 1, last),
        _ => {}
    }
    signs.into_iter().collect()
}
