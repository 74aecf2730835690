//! Mothers: each is a person of her own, with a birth date, names, homes and an NHS number. One who has a child while
//! she is at school is in the school census too, as anybody else of her age.

use jiff::civil::Date;
use records::Sex;

use crate::{
    calendar::{cohort, plus_days, plus_years, year_start},
    dice::Purpose,
    family::{Families, Parents, Person, Stay},
    geography::Place,
    names,
    needs::Needs,
    numbers::Upns,
    schooling::{Enrolment, Schooling},
    schools::{Phase, Schools},
    script::Script,
};

/// The place of a mother's stream of chance among those of her family.
const SUBJECT: u64 = 0xf0;

/// Ages in years at the first birth, with shares: 29.2 on average (ONS, births in England and Wales, 2022).
const AGES: &[((i16, i16), f64)] = &[
    ((18, 22), 0.12),
    ((23, 27), 0.26),
    ((28, 32), 0.37),
    ((33, 37), 0.21),
    ((38, 40), 0.04),
];

impl Families<'_> {
    /// The mother of a family.
    pub(crate) fn mother(&self, parents: &Parents) -> Person {
        let subject = parents.number << 8 | SUBJECT;
        let mut dice = self.seed.dice(subject, Purpose::Mother);
        let first = parents.births.first().copied().unwrap_or(self.last);
        let teenage = dice.chance(self.rates.teenage_mothers) && !parents.script.is_scripted();
        let (youngest, oldest) = if teenage { (15, 17) } else { dice.weighted(AGES) };
        let years = dice.between(youngest.into(), oldest.into()) as i16;
        let days = dice.between(0, 364);
        let birth = match parents.script.mother_aged_days {
            Some(age) => plus_days(first, -age),
            None => plus_days(plus_years(first, -years), -days),
        };
        let mut surnames = vec![(birth, parents.mother_surname.clone())];
        let marries = dice.chance(self.rates.mothers_surname_changes);
        let married = plus_days(first, dice.between(-300, 1_200));
        if marries && !teenage && !parents.script.is_scripted() {
            surnames = vec![
                (birth, names::surname(parents.culture, &mut dice)),
                (married, parents.mother_surname.clone()),
            ];
        }
        let mut stays = parents.stays.clone();
        // A new home before the first child.
        let moved = dice.chance(self.rates.moves_while_pregnant);
        let moved_on = plus_days(first, -dice.between(20, 220));
        if let (
            true,
            Some(Stay {
                place: Place::At(home),
                ..
            }),
        ) = (moved, stays.first().copied())
        {
            let before = self.geography.home_near(home, &mut dice);
            stays[0].from = moved_on;
            stays.insert(
                0,
                Stay {
                    from: birth,
                    place: before,
                },
            );
        }
        Person {
            id: format!("F{:06}-M", parents.number),
            subject,
            group: parents.group,
            culture: parents.culture,
            sex: Sex::F,
            birth,
            known_from: birth,
            known_until: None,
            forename: parents.mother_forename.to_owned(),
            middle_name: dice
                .chance(0.6)
                .then(|| names::forename(parents.culture, Sex::F, &mut dice).to_owned()),
            surnames,
            stays,
            needs: Needs::none(birth),
            free_meals: None,
            sibling: 0,
            born_together: 1,
            mother_forename: "",
            mother_surname: String::new(),
            script: Script::default(),
            adopted: false,
            nhs_number: String::new(),
            mother_nhs_number: String::new(),
        }
    }
}

/// The years of a mother at secondary school, where she was of school age when her first child was born; nothing of
/// anybody older. Those who are mothers are the only pupils of secondary schools in an area whose children count to
/// the end of primary school.
pub(crate) fn schooling(
    mother: &Person,
    first_birth: Date,
    families: &Families<'_>,
    schools: &Schools,
    upns: &mut Upns,
) -> Schooling {
    let leaves = school_leaving(mother.birth);
    if first_birth >= leaves || !families.geography.is_ours(mother.place(first_birth)) {
        return Schooling::default();
    }
    let entry = year_start(cohort(mother.birth) + 12);
    if entry > families.last {
        return Schooling::default();
    }
    let position = families.geography.position(mother.place(entry));
    let mut dice = families.seed.dice_of(mother.subject, 1, Purpose::Mother);
    let school = schools.near(position, Phase::Secondary, None, &mut dice);
    // The primary school that she came from gave her the number.
    let upn = upns.permanent(schools.get(school).number, entry.year() - 7);
    Schooling::of_one(
        Enrolment {
            school,
            entry,
            leaving: Some(leaves),
            subsidiary: false,
        },
        upn,
    )
}

/// The last Friday of June, about, of the academic year in which somebody turns sixteen.
fn school_leaving(birth: Date) -> Date {
    jiff::civil::date(cohort(birth) + 17, 6, 27)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn whoever_turns_sixteen_in_a_year_leaves_at_its_end() {
        // Born on 31 August 2009: sixteen on the last day of Year 11, which ends in June 2025.
        assert_eq!(school_leaving(date(2009, 8, 31)), date(2025, 6, 27));
        assert_eq!(school_leaving(date(2009, 9, 1)), date(2026, 6, 27));
    }
}
