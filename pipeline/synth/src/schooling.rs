//! Which schools a child goes to, and under which UPN.

use jiff::civil::{Date, Weekday, date};

use crate::{
    calendar::{cohort, days_between, plus_days, reception, year_start},
    dice::{Dice, Purpose},
    family::{Families, Person},
    geography::{OURS, Place},
    needs::Level,
    numbers::Upns,
    schools::{Phase, Schools},
};

/// One registration of a pupil at one school.
#[derive(Clone, Debug)]
pub(crate) struct Enrolment {
    pub(crate) school: usize,
    pub(crate) entry: Date,
    /// The last day on the roll.
    pub(crate) leaving: Option<Date>,
    /// Whether it is the lesser of two registrations.
    pub(crate) subsidiary: bool,
}

impl Enrolment {
    /// Whether the pupil is on the roll on a day.
    pub(crate) fn is_on_roll(&self, on: Date) -> bool {
        self.entry <= on && self.leaving.is_none_or(|leaving| on < leaving)
    }
}

/// A child's time at the authority's schools.
#[derive(Clone, Debug, Default)]
pub(crate) struct Schooling {
    pub(crate) enrolments: Vec<Enrolment>,
    upn: String,
    /// A UPN that was used before the pupil's own was known, and until when.
    temporary: Option<(String, Date)>,
}

impl Schooling {
    /// The time of somebody who is registered once and never changes.
    pub(crate) fn of_one(enrolment: Enrolment, upn: String) -> Self {
        Schooling {
            enrolments: vec![enrolment],
            upn,
            temporary: None,
        }
    }

    /// The UPN that a school knows on a day.
    pub(crate) fn upn(&self, on: Date) -> &str {
        match &self.temporary {
            Some((temporary, until)) if on < *until => temporary,
            _ => &self.upn,
        }
    }

    /// The temporary UPN, once the pupil's own has taken its place.
    pub(crate) fn former_upn(&self, on: Date) -> Option<&str> {
        self.temporary
            .as_ref()
            .filter(|(_, until)| *until <= on)
            .map(|(temporary, _)| temporary.as_str())
    }
}

/// The school number under which UPNs of other authorities' schools are given: nine thousand and more.
const SCHOOLS_BEYOND: u16 = 9_000;

/// Sends a child to school.
pub(crate) fn schooling(
    person: &Person,
    families: &Families<'_>,
    schools: &Schools,
    upns: &mut Upns,
) -> Schooling {
    let rates = families.rates;
    let mut dice = families.seed.dice(person.subject, Purpose::Schooling);
    let outside = dice.chance(rates.outside_state_schools);
    let nursery = dice.chance(rates.nursery) || person.needs.level == Level::Plan && dice.chance(0.3);
    if outside && !person.script.notified {
        return Schooling::default();
    }
    let first_class = year_start(reception(cohort(person.birth)));
    let end = date(first_class.year() + 7, 7, 22);
    let start = if nursery {
        term_after_third_birthday(person.birth)
    } else {
        first_class
    };
    let severe = person.needs.is_severe() && dice.chance(rates.special_schools);
    let special_from = person
        .needs
        .plan_from()
        .filter(|_| severe)
        .map(|plan| plus_days(plan, 90).max(first_class));

    // What may change the school, in the order of time.
    let mut turns: Vec<(Date, Turn)> = vec![(start, Turn::Start)];
    turns.extend(
        person
            .stays
            .iter()
            .filter(|stay| stay.from > start)
            .map(|stay| (stay.from, Turn::Move)),
    );
    turns.push((first_class, Turn::Reception));
    turns.extend(special_from.map(|from| (from, Turn::Special)));
    turns.sort();

    let mut stay: Vec<Enrolment> = Vec::new();
    for (at, turn) in turns.into_iter().filter(|(at, _)| *at >= start && *at < end) {
        if at > families.last || !person.is_known(at.max(person.known_from)) {
            continue;
        }
        // Whoever gets a new identity after the start of school starts then.
        let at = at.max(person.known_from);
        let place = person.place(at);
        let position = families.geography.position(place);
        let open = stay
            .last()
            .filter(|enrolment| enrolment.leaving.is_none())
            .map(|enrolment| enrolment.school);
        let comes = match place {
            Place::At(postcode) if families.geography.authority(postcode) != OURS => {
                dice.chance(if open.is_some() {
                    0.3
                } else {
                    rates.pupils_from_neighbours
                })
            }
            place => families.geography.is_ours(place),
        };
        if !comes {
            close(&mut stay, at);
            continue;
        }
        let special = special_from.is_some_and(|from| from <= at);
        let young = at < first_class;
        let phase = open.map(|school| schools.get(school).phase);
        let changes = match (turn, phase) {
            (_, None) => true,
            (Turn::Reception, Some(Phase::Nursery)) => true,
            (Turn::Special, Some(phase)) => phase != Phase::Special,
            (Turn::Move, Some(Phase::Primary)) => dice.chance(rates.school_changes_on_move),
            _ => false,
        };
        if !changes {
            continue;
        }
        let school = match (special, young) {
            (true, _) => schools.near(position, Phase::Special, open, &mut dice),
            (false, true) => schools.nursery_near(position, &mut dice),
            (false, false) => schools.near(position, Phase::Primary, open, &mut dice),
        };
        let arrives = if at == start || turn == Turn::Reception {
            at
        } else {
            plus_days(at, dice.between(2, 20))
        };
        if Some(school) == open || arrives >= end {
            continue;
        }
        close(&mut stay, at);
        stay.push(Enrolment {
            school,
            entry: school_day(arrives),
            leaving: None,
            subsidiary: false,
        });
    }
    close(&mut stay, end);
    if let Some(until) = person.known_until {
        for enrolment in &mut stay {
            enrolment.leaving = enrolment
                .leaving
                .map(|leaving| leaving.min(until).max(enrolment.entry));
        }
    }
    add_second_registration(person, families, schools, &mut stay, &mut dice);
    let Some(first) = stay.iter().min_by_key(|enrolment| enrolment.entry) else {
        return Schooling::default();
    };
    let (entry, school) = (first.entry, schools.get(first.school).number);
    if entry > families.last {
        return Schooling::default();
    }
    // Whoever comes from elsewhere after the start of school has a UPN already.
    let issuer = if entry > plus_days(first_class, 60) && !person.adopted {
        SCHOOLS_BEYOND + dice.below(900) as u16
    } else {
        school
    };
    let temporary = dice.chance(rates.temporary_upns).then(|| dice.between(40, 400));
    Schooling {
        upn: upns.permanent(issuer, entry.year()),
        temporary: temporary.map(|days| (upns.temporary(school, entry.year()), plus_days(entry, days))),
        enrolments: stay,
    }
}

/// What may change a child's school.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Turn {
    Start,
    Move,
    Reception,
    Special,
}

/// Ends the registration that is open.
fn close(stay: &mut [Enrolment], on: Date) {
    if let Some(open) = stay.last_mut().filter(|enrolment| enrolment.leaving.is_none()) {
        open.leaving = Some(on.max(open.entry));
    }
}

/// Some pupils with SEN are for a time registered at a second school, most often a special one.
fn add_second_registration(
    person: &Person,
    families: &Families<'_>,
    schools: &Schools,
    stay: &mut Vec<Enrolment>,
    dice: &mut Dice,
) {
    if person.needs.level == Level::None || !dice.chance(families.rates.dual_registrations) {
        return;
    }
    let main = stay
        .iter()
        .find(|enrolment| schools.get(enrolment.school).phase == Phase::Primary);
    let Some((school, entry, Some(leaving))) = main.map(|main| (main.school, main.entry, main.leaving))
    else {
        return;
    };
    let length = days_between(entry, leaving);
    if length < 400 {
        return;
    }
    let from = school_day(plus_days(entry, dice.between(100, length - 200)));
    let until = plus_days(from, dice.between(100, 500)).min(leaving);
    let phase = if dice.chance(0.7) {
        Phase::Special
    } else {
        Phase::Primary
    };
    let second = schools.near(
        families.geography.position(person.place(from)),
        phase,
        Some(school),
        dice,
    );
    // A registration that overlaps another at the same school would be one of the two over again.
    if stay.iter().all(|enrolment| enrolment.school != second) {
        stay.push(Enrolment {
            school: second,
            entry: from,
            leaving: Some(until),
            subsidiary: true,
        });
    }
}

/// Free nursery education starts with the term after the third birthday.
fn term_after_third_birthday(birth: Date) -> Date {
    let year = birth.year() + 3;
    match birth.month() {
        1..=3 => date(year, 4, 15),
        4..=8 => date(year, 9, 4),
        _ => date(year + 1, 1, 6),
    }
}

/// The day itself or the next one on which schools are open, holidays within terms aside.
fn school_day(day: Date) -> Date {
    let day = if day.month() == 8 || (day.month() == 7 && day.day() > 20) {
        year_start(day.year())
    } else {
        day
    };
    match day.weekday() {
        Weekday::Saturday => plus_days(day, 2),
        Weekday::Sunday => plus_days(day, 1),
        _ => day,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nursery_starts_with_a_term() {
        assert_eq!(term_after_third_birthday(date(2020, 3, 31)), date(2023, 4, 15));
        assert_eq!(term_after_third_birthday(date(2020, 4, 1)), date(2023, 9, 4));
        assert_eq!(term_after_third_birthday(date(2020, 9, 1)), date(2024, 1, 6));
    }

    #[test]
    fn nobody_enters_in_the_summer_holidays_or_at_a_weekend() {
        assert_eq!(school_day(date(2025, 8, 3)), date(2025, 9, 1));
        assert_eq!(school_day(date(2025, 3, 1)), date(2025, 3, 3));
        assert_eq!(school_day(date(2025, 3, 4)), date(2025, 3, 4));
    }
}
