//! Names: which ones there are, and how they change on their way into a form.

use std::{collections::BTreeMap, sync::LazyLock};

use records::{EthnicGroup, Sex};

use crate::dice::Dice;

/// Where a family's names come from. It fits the ethnic group loosely, as in life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Culture {
    British,
    Irish,
    Polish,
    Romanian,
    Portuguese,
    Turkish,
    Indian,
    Sikh,
    Pakistani,
    Bangladeshi,
    Chinese,
    African,
    Somali,
    Caribbean,
    Arab,
    Filipino,
}

use Culture::*;

impl Culture {
    const ALL: [Culture; 16] = [
        British,
        Irish,
        Polish,
        Romanian,
        Portuguese,
        Turkish,
        Indian,
        Sikh,
        Pakistani,
        Bangladeshi,
        Chinese,
        African,
        Somali,
        Caribbean,
        Arab,
        Filipino,
    ];

    /// Its heading in the list of names.
    const fn heading(self) -> &'static str {
        match self {
            British => "british",
            Irish => "irish",
            Polish => "polish",
            Romanian => "romanian",
            Portuguese => "portuguese",
            Turkish => "turkish",
            Indian => "indian",
            Sikh => "sikh",
            Pakistani => "pakistani",
            Bangladeshi => "bangladeshi",
            Chinese => "chinese",
            African => "african",
            Somali => "somali",
            Caribbean => "caribbean",
            Arab => "arab",
            Filipino => "filipino",
        }
    }

    /// A culture that a family of this ethnic group may take its names from.
    pub(crate) fn of(group: EthnicGroup, dice: &mut Dice) -> Culture {
        let cultures: &[(Culture, f64)] = match group {
            EthnicGroup::WBRI => &[(British, 0.97), (Irish, 0.03)],
            EthnicGroup::WIRI => &[(Irish, 0.8), (British, 0.2)],
            EthnicGroup::WIRT => &[(Irish, 0.6), (British, 0.4)],
            EthnicGroup::WROM => &[(Romanian, 0.8), (British, 0.2)],
            EthnicGroup::WOTH => &[
                (Polish, 0.4),
                (Romanian, 0.25),
                (Portuguese, 0.15),
                (Turkish, 0.1),
                (British, 0.1),
            ],
            EthnicGroup::MWBC => &[(British, 0.6), (Caribbean, 0.4)],
            EthnicGroup::MWBA => &[(British, 0.55), (African, 0.45)],
            EthnicGroup::MWAS => &[(British, 0.5), (Indian, 0.3), (Pakistani, 0.2)],
            EthnicGroup::MOTH => &[(British, 0.5), (Portuguese, 0.2), (Arab, 0.15), (Filipino, 0.15)],
            EthnicGroup::AIND => &[(Indian, 0.7), (Sikh, 0.3)],
            EthnicGroup::APKN => &[(Pakistani, 1.0)],
            EthnicGroup::ABAN => &[(Bangladeshi, 1.0)],
            EthnicGroup::CHNE => &[(Chinese, 1.0)],
            EthnicGroup::AOTH => &[(Filipino, 0.4), (Indian, 0.4), (Pakistani, 0.2)],
            EthnicGroup::BAFR => &[(African, 0.8), (Somali, 0.2)],
            EthnicGroup::BCRB => &[(Caribbean, 0.8), (British, 0.2)],
            EthnicGroup::BOTH => &[(African, 0.5), (Caribbean, 0.3), (British, 0.2)],
            EthnicGroup::OARA => &[(Arab, 1.0)],
            EthnicGroup::OOTH => &[(Arab, 0.4), (Turkish, 0.3), (Portuguese, 0.3)],
        };
        dice.weighted(cultures)
    }
}

/// The names of one culture, the most frequent first.
#[derive(Debug, Default)]
struct Names {
    male: Vec<&'static str>,
    female: Vec<&'static str>,
    surnames: Vec<&'static str>,
}

static NAMES: LazyLock<BTreeMap<Culture, Names>> =
    LazyLock::new(|| read_names(include_str!("../data/names.txt")));

static VARIANTS: LazyLock<BTreeMap<&'static str, Vec<&'static str>>> =
    LazyLock::new(|| read_variants(include_str!("../data/variants.txt")));

fn names_of(culture: Culture) -> &'static Names {
    static NONE: Names = Names {
        male: Vec::new(),
        female: Vec::new(),
        surnames: Vec::new(),
    };
    NAMES.get(&culture).unwrap_or(&NONE)
}

/// The given names of boys and of girls and the surnames of a culture, the most frequent first.
pub(crate) fn frequent(culture: Culture) -> [&'static [&'static str]; 3] {
    let names = names_of(culture);
    [&names.male, &names.female, &names.surnames]
}

/// A given name.
pub(crate) fn forename(culture: Culture, sex: Sex, dice: &mut Dice) -> &'static str {
    let names = names_of(culture);
    dice.ranked(if sex == Sex::F { &names.female } else { &names.male })
}

/// A surname; now and then two, joined by a hyphen.
pub(crate) fn surname(culture: Culture, dice: &mut Dice) -> String {
    let names = names_of(culture);
    let first = dice.ranked(&names.surnames);
    let double_barrelled = match culture {
        British | Irish | Caribbean => 0.035,
        Portuguese | Filipino => 0.08,
        _ => 0.005,
    };
    if dice.chance(double_barrelled) && !first.contains(' ') {
        let second = dice.ranked(&names.surnames);
        if second != first && !second.contains(' ') {
            return format!("{first}-{second}");
        }
    }
    // A daughter's form of the commonest Polish names would be a wrong guess half of the time in England, where
    // registrars write the father's; so both stand unchanged.
    first.to_owned()
}

/// A short form or another spelling of a given name, where there is one.
pub(crate) fn variant(forename: &str, dice: &mut Dice) -> Option<&'static str> {
    VARIANTS.get(forename).map(|variants| dice.pick(variants))
}

/// The name as typed by somebody who has no accents on the keyboard.
pub(crate) fn without_accents(name: &str) -> String {
    name.chars()
        .map(|letter| match letter {
            'á' | 'à' | 'â' | 'ã' | 'ă' | 'ä' | 'ą' => 'a',
            'Á' => 'A',
            'ç' | 'ć' => 'c',
            'Ç' => 'C',
            'é' | 'è' | 'ê' | 'ë' | 'ę' => 'e',
            'É' => 'E',
            'ğ' => 'g',
            'í' | 'ï' | 'ı' => 'i',
            'ł' => 'l',
            'Ł' => 'L',
            'ń' => 'n',
            'ó' | 'ô' | 'õ' | 'ö' => 'o',
            'Ó' | 'Ö' => 'O',
            'ș' | 'ş' | 'ś' => 's',
            'Ș' | 'Ş' | 'Ś' => 'S',
            'ț' => 't',
            'ü' | 'ú' => 'u',
            'ż' | 'ź' => 'z',
            other => other,
        })
        .collect()
}

/// A slip of the finger: two letters change places, one is lost, or one is struck twice.
pub(crate) fn mistyped(name: &str, dice: &mut Dice) -> String {
    let mut letters: Vec<char> = name.chars().collect();
    if letters.len() < 3 {
        return name.to_owned();
    }
    let at = 1 + dice.below(letters.len() - 2);
    match dice.below(3) {
        0 if letters[at] != letters[at + 1] => letters.swap(at, at + 1),
        1 => letters.insert(at, letters[at]),
        _ => {
            letters.remove(at);
        }
    }
    letters.into_iter().collect()
}

/// The name with its hyphen, apostrophe or space written otherwise, where it has one.
pub(crate) fn punctuated_otherwise(name: &str, dice: &mut Dice) -> Option<String> {
    if name.contains('-') {
        Some(name.replace('-', if dice.chance(0.5) { " " } else { "" }))
    } else if name.contains('\'') {
        Some(name.replace('\'', if dice.chance(0.5) { "" } else { "\u{2019}" }))
    } else if name.contains(' ') {
        Some(name.replace(' ', if dice.chance(0.5) { "-" } else { "" }))
    } else {
        None
    }
}

fn read_names(list: &'static str) -> BTreeMap<Culture, Names> {
    let mut names: BTreeMap<Culture, Names> = BTreeMap::new();
    let mut heading = None;
    for line in list.lines().filter(|line| !line.starts_with('#')) {
        if let Some(inside) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            heading = inside.split_once(' ').and_then(|(name, kind)| {
                let culture = Culture::ALL
                    .into_iter()
                    .find(|culture| culture.heading() == name)?;
                Some((culture, kind))
            });
            continue;
        }
        let Some((culture, kind)) = heading else { continue };
        let names = names.entry(culture).or_default();
        let names = match kind {
            "M" => &mut names.male,
            "F" => &mut names.female,
            _ => &mut names.surnames,
        };
        names.extend(line.split(',').map(str::trim).filter(|name| !name.is_empty()));
    }
    names
}

fn read_variants(list: &'static str) -> BTreeMap<&'static str, Vec<&'static str>> {
    list.lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once(':'))
        .map(|(name, variants)| (name, variants.split(',').map(str::trim).collect()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dice::{Purpose, Seed};

    #[test]
    fn every_culture_has_names_of_each_kind() {
        for culture in Culture::ALL {
            let names = names_of(culture);
            assert!(
                names.male.len() >= 12 && names.female.len() >= 12 && names.surnames.len() >= 12,
                "{culture:?}"
            );
            for name in names.male.iter().chain(&names.female).chain(&names.surnames) {
                assert!(identity::Name::parse(name).is_ok(), "{name}");
            }
        }
        for group in EthnicGroup::ALL {
            Culture::of(*group, &mut Seed::new(1).dice(1, Purpose::Names));
        }
    }

    #[test]
    fn accents_can_all_be_dropped() {
        for names in NAMES.values() {
            for name in names.male.iter().chain(&names.female).chain(&names.surnames) {
                assert!(without_accents(name).is_ascii(), "{name}");
            }
        }
    }

    #[test]
    fn slips_change_the_name() {
        let mut dice = Seed::new(1).dice(1, Purpose::Names);
        for _ in 0..50 {
            let slip = mistyped("Oliver", &mut dice);
            assert!(slip != "Oliver" && slip.starts_with('O'), "{slip}");
        }
        assert_eq!(mistyped("Jo", &mut dice), "Jo");
        assert_eq!(punctuated_otherwise("Smith", &mut dice), None);
        assert_ne!(
            punctuated_otherwise("O'Brien", &mut dice).as_deref(),
            Some("O'Brien")
        );
    }
}
