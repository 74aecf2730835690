//! One row of pregnancies.

use identity::{BirthDate, Expectation, People, SenderReference};
use jiff::{ToSpan, civil::Date};
use kit::{Incoming, Values, table_set::HeldRow};
use records::{Month, Payload, PregnancyNotification, PregnancyOutcome, Record, Sex, State, finding::Effect};

use super::{Around, baby::Baby, mothers::Mother, outcome_of};
use crate::{
    course::{self, Course, Known},
    items, key, rules,
};

/// A mother who goes to another provider this long before the birth takes her child with her; later she may have
/// given birth already.
const MOVED_BEFORE_DUE_DAYS: i32 = 21;

/// A row of a dating scan.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scan {
    day: Option<Date>,
    fetuses: Option<u8>,
}

impl Scan {
    pub(super) fn read(values: &mut Values<'_>) -> Self {
        Scan {
            day: values.date("scan_date"),
            fetuses: values
                .integer("fetus_count")
                .and_then(|count| u8::try_from(count).ok()),
        }
    }
}

/// The record of a pregnancy; the rows that it was made from are for the caller to add.
pub(super) fn read(
    values: &mut Values<'_>,
    id: &str,
    mother: &Mother,
    scans: &[HeldRow<Scan>],
    babies: &[&Baby],
    around: &Around<'_>,
) -> Incoming {
    let submission = around.submission;
    let known = Known {
        by: submission.last_day,
        before_birth: false,
        as_at: around.reading.as_at,
    };
    items::note_expected(values, &["booking_date"]);
    let course = course::read(values, known);
    course::note_age(values, &mother.identity.birth_date, &course, known);
    let fetus_count = fetuses(values, scans);
    if fetus_count.is_some_and(|count| babies.len() > usize::from(count)) {
        values.note("pregnancy_id", &rules::MORE_BABIES, Effect::Accepted);
    }
    let discharge_date = values.date("discharge_date");
    let discharge_reason = values.code("discharge_reason");
    let (outcome, day) = match outcome_of_births(babies) {
        Some((outcome, born)) => (Some(outcome), born.map(BirthDate::date)),
        None => {
            let outcome = discharge_reason
                .and_then(|code| outcome_of(&around.lists.discharge_reasons, &code))
                .filter(|outcome| {
                    // Only a mother who left before the birth can have moved out before it.
                    let left = discharge_date.unwrap_or(submission.last_day);
                    babies.is_empty()
                        && (*outcome != PregnancyOutcome::MovedOut || is_before_birth(left, &course))
                });
            (outcome, discharge_date.filter(|_| outcome.is_some()))
        }
    };
    let due = course.due.as_ref().map(BirthDate::date);
    if matches!((due, outcome, day), (Some(due), Some(outcome), Some(day)) if !course::can_end(due, outcome, day))
    {
        values.note("edd", &rules::ODD_OUTCOME, Effect::Accepted);
    }
    let complex_social_factors = items::flag(values, "complex_social_factors");
    let mut other = items::of(values);
    if let Some(practice) = &mother.practice {
        other.insert("gp_practice_ods".to_owned(), practice.clone());
    }
    for flag in &mother.flags {
        items::set_flag(&mut other, flag, true);
    }
    let first_contact = course::day_so_far(values, "first_contact_date", known.as_at);
    let payload = PregnancyNotification {
        notified_date: None,
        booking_date: course.booking,
        edd_month: due.map(Month::of),
        gestation_weeks_at_booking: course.weeks_at_booking,
        fetus_count,
        outcome,
        outcome_month: day.map(Month::of),
        complex_social_factors,
        other,
    };
    let event_date = course.booking.or(first_contact).unwrap_or(submission.last_day);
    let born = babies
        .iter()
        .filter(|baby| baby.is_alive())
        .filter_map(|baby| baby.born())
        .min()
        .cloned();
    let people = People {
        mother: Some(mother.identity.clone()),
        expected: Some(Expectation {
            due: course.due,
            born,
        }),
        ..People::default()
    };
    Incoming {
        people,
        key: key::of_pregnancy(id),
        reference: SenderReference::new(id),
        location: values.location(),
        record: Record {
            version: submission.version(),
            state: State::Current(Box::new(Payload::Pregnancy(payload))),
            event_date,
            received_date: None,
            sex: Sex::U,
            ethnic_group: None,
            scope: Some(submission.scope()),
        },
        rows: Vec::new(),
        replaces: Vec::new(),
    }
}

/// How many fetuses the latest scan counts. It has a row for each of them, all with the same count.
fn fetuses(values: &mut Values<'_>, scans: &[HeldRow<Scan>]) -> Option<u8> {
    let counted = || {
        scans
            .iter()
            .filter_map(|row| row.says)
            .filter_map(|scan| Some((scan.day, scan.fetuses?)))
    };
    let (day, most) = counted().max()?;
    if counted().any(|(other, count)| other == day && count != most) {
        values.note("pregnancy_id", &rules::SCANS_DISAGREE, Effect::Accepted);
    }
    Some(most)
}

/// How a pregnancy ended by its babies, and when. None where they do not tell.
fn outcome_of_births<'a>(babies: &[&'a Baby]) -> Option<(PregnancyOutcome, Option<&'a BirthDate>)> {
    let told = |baby: &Baby| match baby.is_alive() {
        true => Some(PregnancyOutcome::LiveBirth),
        false => baby.outcome(),
    };
    let outcome = PregnancyOutcome::of_births(babies.iter().map(|baby| told(baby)))?;
    let ended = babies.iter().filter(|baby| told(baby) == Some(outcome));
    Some((outcome, ended.filter_map(|baby| baby.born()).min()))
}

/// Whether a day lies so long before the due date that no child can be expected to have been born.
fn is_before_birth(day: Date, course: &Course) -> bool {
    course.due.as_ref().is_some_and(|due| {
        due.date()
            .checked_sub(MOVED_BEFORE_DUE_DAYS.days())
            .is_ok_and(|last| day < last)
    })
}
