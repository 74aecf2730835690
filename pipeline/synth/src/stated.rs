//! What a health professional writes down about who a child is, with all that goes wrong on the way.

use jiff::civil::{Date, date};
use records::EthnicGroup;

use crate::{
    calendar::{days_between, plus_days, swapped},
    dice::Dice,
    family::{Families, Person},
    geography::Place,
    names,
    numbers::{broken, mistaken},
};

/// An identity as it stands in a notice.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stated {
    pub(crate) nhs_number: String,
    pub(crate) nhs_number_status: &'static str,
    pub(crate) given_name: String,
    pub(crate) family_name: String,
    pub(crate) birth_date: Option<Date>,
    pub(crate) postcode: String,
}

/// How much more often than on average things go wrong for a child: 1 where nobody is treated unlike others, else
/// from 2.3 in the most deprived tenth to 0.5 in the least, and a third more for ethnic minorities.
pub(crate) fn bias(person: &Person, place: Place, families: &Families<'_>, by_deprivation: bool) -> f64 {
    if !by_deprivation {
        return 1.0;
    }
    let decile = f64::from(families.geography.decile(place));
    let minority = if person.group == EthnicGroup::WBRI {
        1.0
    } else {
        1.33
    };
    (2.5 - 0.2 * decile) * minority / 1.4
}

/// What is written on a day about a person.
pub(crate) fn stated(
    person: &Person,
    on: Date,
    from_system: bool,
    bias: f64,
    families: &Families<'_>,
    dice: &mut Dice,
) -> Stated {
    let (nhs_number, nhs_number_status) = nhs_number(person, from_system, bias, families, dice);
    let (mut given_name, mut family_name) = names_of(person, on, bias, families, dice);
    if dice.chance(families.rates.names_swapped * bias) {
        std::mem::swap(&mut given_name, &mut family_name);
    }
    Stated {
        nhs_number,
        nhs_number_status,
        given_name,
        family_name,
        birth_date: Some(birth_date(person, bias, families, dice)),
        postcode: postcode(person, on, bias, families, dice),
    }
}

fn nhs_number(
    person: &Person,
    from_system: bool,
    bias: f64,
    families: &Families<'_>,
    dice: &mut Dice,
) -> (String, &'static str) {
    let rates = families.rates;
    let missing = if from_system {
        rates.nhs_number_missing_from_system
    } else {
        rates.nhs_number_missing
    };
    let mothers = person.script.number_of_mother || dice.chance(rates.nhs_number_of_mother * bias);
    // Of a mother's own mother nothing is known.
    let number = if mothers && !person.mother_nhs_number.is_empty() {
        person.mother_nhs_number.clone()
    } else if dice.chance(missing * bias) {
        return (String::new(), "07");
    } else if dice.chance(rates.nhs_number_check_digit * bias) {
        broken(&person.nhs_number, dice.below(9))
    } else if dice.chance(rates.nhs_number_mistaken * bias) {
        let (place, add) = (dice.below(6), dice.below(9));
        mistaken(&person.nhs_number, place, add).unwrap_or_else(|| person.nhs_number.clone())
    } else if dice.chance(rates.nhs_number_placeholder * bias) {
        (dice.pick(&["0000000000", "9999999999"])).to_owned()
    } else {
        person.nhs_number.clone()
    };
    let spaced = !from_system && dice.chance(rates.nhs_number_spaced);
    let status = if from_system {
        "01"
    } else {
        dice.weighted(&[("01", 0.7), ("02", 0.25), ("03", 0.05)])
    };
    match (number.get(..3), number.get(3..6), number.get(6..)) {
        (Some(first), Some(middle), Some(last)) if spaced => (format!("{first} {middle} {last}"), status),
        _ => (number, status),
    }
}

fn names_of(
    person: &Person,
    on: Date,
    bias: f64,
    families: &Families<'_>,
    dice: &mut Dice,
) -> (String, String) {
    let rates = families.rates;
    let newborn = days_between(person.birth, on) <= 10;
    let unnamed = if newborn {
        rates.placeholder_forenames_newborn
    } else {
        rates.placeholder_forenames
    };
    // Nobody forgets the name of a mother, who alone has no mother here.
    let given_name = if dice.chance(unnamed) && !person.mother_forename.is_empty() {
        match person.born_together {
            1 => "Baby".to_owned(),
            _ => format!("Twin {}", person.sibling + 1),
        }
    } else if dice.chance(rates.forename_variants * bias) {
        forename_variant(&person.forename, dice)
    } else {
        person.forename.clone()
    };
    let surname = if newborn && dice.chance(0.5) {
        person.mother_surname.as_str()
    } else {
        person.surname(on)
    };
    let family_name = if dice.chance(rates.surname_variants * bias) {
        surname_variant(surname, dice)
    } else {
        surname.to_owned()
    };
    (given_name, family_name)
}

/// Another form of a forename: its short form, without its accents, otherwise hyphened, or mistyped.
pub(crate) fn forename_variant(forename: &str, dice: &mut Dice) -> String {
    let plain = names::without_accents(forename);
    if plain != forename {
        return plain;
    }
    if let Some(variant) = names::variant(forename, dice).filter(|_| dice.chance(0.75)) {
        return variant.to_owned();
    }
    names::punctuated_otherwise(forename, dice).unwrap_or_else(|| names::mistyped(forename, dice))
}

/// Another form of a surname.
pub(crate) fn surname_variant(surname: &str, dice: &mut Dice) -> String {
    let plain = names::without_accents(surname);
    if plain != surname {
        return plain;
    }
    // Of a double name one half is left out as often as the hyphen.
    if let Some((first, last)) = surname.split_once('-').filter(|_| dice.chance(0.5)) {
        return if dice.chance(0.5) {
            first.to_owned()
        } else {
            last.to_owned()
        };
    }
    names::punctuated_otherwise(surname, dice).unwrap_or_else(|| names::mistyped(surname, dice))
}

fn birth_date(person: &Person, bias: f64, families: &Families<'_>, dice: &mut Dice) -> Date {
    let birth = person.birth;
    if dice.chance(families.rates.birth_date_swaps * bias) {
        return swapped(birth)
            .filter(|day| *day <= families.last)
            .unwrap_or(birth);
    }
    if dice.chance(families.rates.birth_date_slips * bias) {
        let slip = match dice.below(3) {
            0 => plus_days(birth, if dice.chance(0.5) { 1 } else { -1 }),
            1 => Date::new(birth.year(), birth.month() % 12 + 1, birth.day()).unwrap_or(birth),
            _ => Date::new(birth.year() - 1, birth.month(), birth.day()).unwrap_or(date(
                birth.year() - 1,
                2,
                28,
            )),
        };
        return if slip <= families.last { slip } else { birth };
    }
    birth
}

fn postcode(person: &Person, on: Date, bias: f64, families: &Families<'_>, dice: &mut Dice) -> String {
    let rates = families.rates;
    let place = match person.place_before(on) {
        Some(before) if before != Place::Elsewhere && dice.chance(rates.stale_addresses * bias) => before,
        _ => person.place(on),
    };
    let index = match place {
        Place::At(index) => index,
        Place::NoFixedAbode => return "ZZ99 3VZ".to_owned(),
        Place::Elsewhere => return String::new(),
    };
    if dice.chance(rates.postcode_missing * bias) {
        return String::new();
    }
    if dice.chance(rates.postcode_pseudo * bias) {
        return "ZZ99 3WZ".to_owned();
    }
    let postcode = families.geography.postcode(index);
    if dice.chance(rates.postcode_partial * bias) {
        return postcode.split(' ').next().unwrap_or_default().to_owned();
    }
    untidy(postcode, rates.postcode_untidy, dice)
}

/// A postcode without its space or in lower case, as often as that happens.
pub(crate) fn untidy(postcode: String, share: f64, dice: &mut Dice) -> String {
    if !dice.chance(share) {
        return postcode;
    }
    match dice.below(3) {
        0 => postcode.to_lowercase(),
        1 => postcode.replace(' ', ""),
        _ => postcode.replace(' ', "  "),
    }
}

/// The NHS ethnic category of a group: NHS Data Dictionary, ETHNIC CATEGORY CODE 2001, which has no Traveller, Roma
/// or Arab.
pub(crate) fn ethnic_category(group: EthnicGroup) -> &'static str {
    match group {
        EthnicGroup::WBRI => "A",
        EthnicGroup::WIRI => "B",
        EthnicGroup::WIRT | EthnicGroup::WROM | EthnicGroup::WOTH => "C",
        EthnicGroup::MWBC => "D",
        EthnicGroup::MWBA => "E",
        EthnicGroup::MWAS => "F",
        EthnicGroup::MOTH => "G",
        EthnicGroup::AIND => "H",
        EthnicGroup::APKN => "J",
        EthnicGroup::ABAN => "K",
        EthnicGroup::AOTH => "L",
        EthnicGroup::BCRB => "M",
        EthnicGroup::BAFR => "N",
        EthnicGroup::BOTH => "P",
        EthnicGroup::CHNE => "R",
        EthnicGroup::OARA | EthnicGroup::OOTH => "S",
    }
}
