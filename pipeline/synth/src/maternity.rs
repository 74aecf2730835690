//! What maternity services tell: of which pregnancies, when, about whom, and of which births. How it is written down
//! is for [`crate::submissions`] and the lists.

use jiff::civil::Date;
use records::{PregnancyOutcome, Sex};

use crate::{
    bodies,
    calendar::{days_between, plus_days, plus_months},
    dice::{Dice, Purpose},
    family::{Families, Family, Person},
    pregnancies::Pregnancy,
    stated::{Stated, bias, ethnic_category, stated},
    submissions::{Submission, Window},
};

/// Who sends monthly submissions, and who sends lists, as places in [`bodies::BODIES`].
pub(crate) const SUBMITS: usize = 0;
pub(crate) const LISTS: usize = 1;

/// All that maternity services tell.
#[derive(Debug, Default)]
pub(crate) struct Maternity {
    pub(crate) courses: Vec<Course>,
}

/// One pregnancy as its maternity service follows it.
#[derive(Debug)]
pub(crate) struct Course {
    /// The service, as a place in [`bodies::BODIES`].
    pub(crate) body: usize,
    pub(crate) pregnancy: Pregnancy,
    /// What the truth calls the mother.
    pub(crate) mother: String,
    /// The service's reference of the pregnancy, and of the mother.
    pub(crate) reference: String,
    pub(crate) mother_reference: String,
    /// The booking with this service.
    pub(crate) booked: Date,
    /// The first notification.
    pub(crate) notified: Date,
    /// How it ended for this service and when; none where it has not ended, or the service does not know.
    pub(crate) ended: Option<(Date, PregnancyOutcome)>,
    /// The day from which the service tells nothing more.
    pub(crate) lost_sight: Option<Date>,
    /// What is told at first.
    pub(crate) first: Said,
    /// What is told from a day on, where something is corrected.
    pub(crate) corrected: Option<(Date, Said)>,
    pub(crate) complex_social_factors: bool,
    pub(crate) domestic_abuse: bool,
    pub(crate) ethnic_category: &'static str,
    pub(crate) babies: Vec<Baby>,
}

/// What is told of a pregnancy that can be told wrongly.
#[derive(Clone, Debug)]
pub(crate) struct Said {
    /// The mother.
    pub(crate) mother: Stated,
    pub(crate) due: Date,
    pub(crate) fetuses: usize,
}

/// A child that was born, alive or not.
#[derive(Debug)]
pub(crate) struct Baby {
    /// What the truth calls the child; none where it was not born alive.
    pub(crate) person: Option<String>,
    pub(crate) reference: String,
    pub(crate) outcome: PregnancyOutcome,
    /// 1 is the first.
    pub(crate) order: usize,
    pub(crate) sex: Sex,
    pub(crate) birth: Date,
    /// The number, at first and a month later.
    pub(crate) nhs_number: [(String, &'static str); 2],
}

impl Course {
    /// How often the birth of each child is told: in the month's submission and in the one after. Lists tell of no
    /// births.
    pub(crate) fn births_told<'a>(&'a self, families: &Families<'_>) -> Vec<(&'a str, u64)> {
        let persons = self
            .babies
            .iter()
            .filter_map(|baby| Some((baby.person.as_deref()?, baby.birth)));
        let told = persons.map(|(person, birth)| {
            let submissions = Submission::from(birth, Window::Primary, families.last);
            (
                person,
                submissions
                    .take_while(|submission| self.is_in(*submission))
                    .count() as u64,
            )
        });
        told.filter(|(_, times)| self.body == SUBMITS && *times > 0)
            .collect()
    }

    /// Whether the pregnancy is in a month's submission: from the booking until the month after its end.
    pub(crate) fn is_in(&self, submission: Submission) -> bool {
        let over = self.ended.map(|(on, _)| plus_months(on, 1));
        let until = self.lost_sight.or(over);
        self.booked <= submission.last_day() && until.is_none_or(|until| submission.first_day() <= until)
    }

    /// What is told on a day.
    pub(crate) fn said(&self, on: Date) -> &Said {
        match &self.corrected {
            Some((from, said)) if *from <= on => said,
            _ => &self.first,
        }
    }

    /// How it ended, if it had by a day.
    pub(crate) fn ended(&self, by: Date) -> Option<(Date, PregnancyOutcome)> {
        self.ended.filter(|(on, _)| *on <= by)
    }
}

impl Maternity {
    /// Adds the pregnancies of a family that a service tells of, and returns them.
    pub(crate) fn family(&mut self, family: &Family, families: &Families<'_>) -> &[Course] {
        let before = self.courses.len();
        for pregnancy in &family.pregnancies {
            if let Some(course) = course(pregnancy, family, families) {
                self.courses.push(course);
            }
        }
        self.courses.get(before..).unwrap_or_default()
    }
}

fn course(pregnancy: &Pregnancy, family: &Family, families: &Families<'_>) -> Option<Course> {
    let (rates, geography, mother) = (families.rates, families.geography, &family.mother);
    let mut dice = families.seed.dice(pregnancy.subject, Purpose::MaternityNoise);
    let notified = !dice.chance(rates.pregnancies_not_notified) || pregnancy.bound;
    let told_of_move = !dice.chance(rates.moves_away_not_told);
    let ours = |on: Date| geography.is_ours(mother.place(on));
    let moves = || {
        let stays = mother.stays.iter().map(|stay| stay.from);
        stays.filter(|from| *from < pregnancy.ends)
    };
    // Whoever moves here while pregnant books again.
    let booked = if ours(pregnancy.booked) {
        pregnancy.booked
    } else {
        let arrived = moves().find(|from| *from > pregnancy.booked && ours(*from))?;
        plus_days(arrived, 10)
    };
    let too_late = booked >= families.last || pregnancy.ends < families.followed_from;
    if !notified || days_between(booked, pregnancy.ends) < 10 || too_late {
        return None;
    }
    let left = moves().find(|from| *from > booked && !ours(*from));
    let moved_out = pregnancy.outcome == PregnancyOutcome::MovedOut;
    let left = left.or(moved_out.then_some(pregnancy.ends));
    let ended = match left {
        Some(left) => told_of_move.then_some((left, PregnancyOutcome::MovedOut)),
        None => Some((pregnancy.ends, pregnancy.outcome)),
    };
    let lost_sight = left.filter(|_| !told_of_move);

    let body = bodies::hospital(geography.position(mother.place(booked)));
    let mut first = said(mother, pregnancy, booked, families, &mut dice);
    let corrected_on = plus_days(booked, dice.between(20, 70));
    let is_corrected = dice.chance(rates.pregnancies_corrected) && corrected_on < pregnancy.ends;
    let corrected = is_corrected.then(|| {
        let mut said = first.clone();
        said.mother.nhs_number.clone_from(&mother.nhs_number);
        said.mother.nhs_number_status = "01";
        said.mother.family_name = mother.surname(corrected_on).to_owned();
        (corrected_on, said)
    });
    if is_corrected {
        // What there was to correct.
        match dice.below(3) {
            0 => (first.mother.nhs_number, first.mother.nhs_number_status) = (String::new(), "07"),
            1 => first.due = plus_days(pregnancy.due, 3 * dice.between(1, 4)),
            _ => first.fetuses = 1,
        }
    }
    let mut course = Course {
        body,
        mother: mother.id.clone(),
        reference: reference("P", pregnancy.subject),
        mother_reference: reference("M", mother.subject),
        booked,
        notified: plus_days(booked, dice.between(0, 7)),
        ended,
        lost_sight,
        corrected,
        first,
        complex_social_factors: false,
        domestic_abuse: false,
        ethnic_category: ethnic_category(mother.group),
        babies: Vec::new(),
        pregnancy: pregnancy.clone(),
    };
    course.complex_social_factors = dice.chance(rates.complex_social_factors);
    course.domestic_abuse = dice.chance(0.2) && course.complex_social_factors;
    let delivered = |outcome| {
        matches!(
            outcome,
            PregnancyOutcome::LiveBirth | PregnancyOutcome::Stillbirth
        )
    };
    if course.ended.is_some_and(|(_, outcome)| delivered(outcome)) && pregnancy.ends <= families.last {
        course.babies = babies(pregnancy, family, families, &mut dice);
    }
    Some(course)
}

fn said(mother: &Person, pregnancy: &Pregnancy, on: Date, families: &Families<'_>, dice: &mut Dice) -> Said {
    let bias = bias(mother, mother.place(on), families, families.bias_by_deprivation);
    let mut mothers = stated(mother, on, true, bias, families, dice);
    if pregnancy.bound {
        mothers.nhs_number.clone_from(&mother.nhs_number);
        mothers.nhs_number_status = "01";
        mothers.birth_date = Some(mother.birth);
    }
    Said {
        mother: mothers,
        due: pregnancy.due,
        fetuses: pregnancy.fetuses.len(),
    }
}

fn babies(pregnancy: &Pregnancy, family: &Family, families: &Families<'_>, dice: &mut Dice) -> Vec<Baby> {
    let rates = families.rates;
    let born = pregnancy.fetuses.iter().zip(1..);
    born.map(|(fetus, order)| {
        let child = fetus
            .person
            .as_ref()
            .and_then(|id| family.children.iter().find(|child| child.id == *id));
        let missing = dice.chance(rates.newborn_number_missing) && !pregnancy.bound;
        let mothers = dice.chance(rates.nhs_number_of_mother) && !pregnancy.bound;
        let sex = if dice.chance(0.512) { Sex::M } else { Sex::F };
        let number = child.map_or("", |child| child.nhs_number.as_str());
        let later = match child {
            Some(_) if mothers => (family.mother.nhs_number.clone(), "01"),
            Some(_) => (number.to_owned(), "01"),
            None => (String::new(), "07"),
        };
        let at_first = match child {
            Some(_) if missing => (String::new(), "08"),
            // A baby's number is traced when it is six weeks old.
            Some(_) => (later.0.clone(), "08"),
            None => later.clone(),
        };
        Baby {
            person: child.map(|child| child.id.clone()),
            reference: reference("B", pregnancy.subject << 2 | order as u64),
            outcome: fetus.outcome,
            order,
            sex: child.map_or(sex, |child| child.sex),
            birth: pregnancy.ends,
            nhs_number: [at_first, later],
        }
    })
    .collect()
}

/// A reference that does not show in which order pregnancies were made.
pub(crate) fn reference(letter: &str, subject: u64) -> String {
    /// The largest prime below 10^10: multiplying by anything modulo a prime keeps numbers apart.
    const PRIME: u128 = 9_999_999_967;
    const FACTOR: u128 = 2_718_281_828;
    // A subject of a family is below 2^28, and a matter of it takes three bits more.
    format!("{letter}{:010}", u128::from(subject) * FACTOR % PRIME)
}
