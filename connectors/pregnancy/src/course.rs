//! The dates of a pregnancy, and whether they can belong together.

use identity::{BirthDate, Held};
use jiff::{ToSpan, civil::Date};
use kit::Values;
use records::{PregnancyOutcome, finding::Effect};

use crate::rules;

/// Days from the first day of the last menstrual period to the due date (Naegele's rule).
const TERM_DAYS: i32 = 280;
/// No pregnancy lasts longer: 42 weeks and some days of grace.
const LONGEST_DAYS: i32 = 44 * 7;
/// A due date cannot lie further ahead of the day on which the pregnancy is known.
const FURTHEST_DUE_DAYS: i32 = 42 * 7;
/// From here on a pregnancy that ends without a living child ended in a stillbirth (Still-Birth (Definition) Act 1992).
const STILLBIRTH_DAYS: i32 = 24 * 7;
/// Nobody born alive before is known to have lived.
const EARLIEST_LIVE_DAYS: i32 = 20 * 7;
/// How far the due date may lie from the one that the last period makes, where that is what it was found by: a cycle
/// that is longer or shorter than 28 days moves it by a few days.
const PERIOD_DAYS: i32 = 10;
/// The same where a scan found it: a scan corrects a period that was remembered wrongly, but not by more than a cycle.
const SCANNED_PERIOD_DAYS: i32 = 35;
/// Ages at which women of England gave birth, with room on both sides.
const MOTHERS_AGES: std::ops::RangeInclusive<i16> = 11..=60;

/// What a row says of the course of a pregnancy.
#[derive(Clone, Debug, Default)]
pub(crate) struct Course {
    /// Day of the booking.
    pub(crate) booking: Option<Date>,
    /// The agreed due date.
    pub(crate) due: Option<BirthDate>,
    /// Completed weeks at the booking.
    pub(crate) weeks_at_booking: Option<u8>,
}

/// When a pregnancy was known.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Known {
    /// The day by which it was known at the latest.
    pub(crate) by: Date,
    /// Whether its child should not yet have been due on that day.
    pub(crate) before_birth: bool,
    /// The as-at date of the run.
    pub(crate) as_at: Date,
}

/// Reads booking, due date, last period and weeks at booking, and notes what cannot belong together.
pub(crate) fn read(values: &mut Values<'_>, known: Known) -> Course {
    let booking = day_so_far(values, "booking_date", known.as_at);
    let due = due(values, known);
    let said = values
        .integer("gestation_weeks_at_booking")
        .and_then(|weeks| u8::try_from(weeks).ok());
    let Some(due) = due else {
        return Course {
            booking,
            due,
            weeks_at_booking: said,
        };
    };
    let day = due.date();
    let before = booking.is_some_and(|booking| booking > day) || (known.before_birth && known.by > day);
    if before {
        values.note("edd", &rules::DUE_BEFORE, Effect::Accepted);
    }
    let weeks = booking.and_then(|booking| {
        let days = gestation(day, booking);
        if days < 0 {
            values.note("booking_date", &rules::BOOKED_BEFORE_PREGNANCY, Effect::Accepted);
        }
        (0..=LONGEST_DAYS).contains(&days).then_some((days / 7) as u8)
    });
    if matches!((said, weeks), (Some(said), Some(weeks)) if said.abs_diff(weeks) > 1) {
        values.note(
            "gestation_weeks_at_booking",
            &rules::GESTATION_DISAGREES,
            Effect::Accepted,
        );
    }
    note_period(values, day);
    Course {
        booking,
        due: Some(due),
        weeks_at_booking: said.or(weeks),
    }
}

/// Notes a mother who is too young or too old: one of the two dates is wrong.
pub(crate) fn note_age(values: &mut Values<'_>, mother: &Held<BirthDate>, course: &Course, known: Known) {
    let Some(birth) = mother.valid().map(BirthDate::date) else {
        return;
    };
    let then = course.due.as_ref().map_or(known.by, BirthDate::date);
    let had_birthday = (then.month(), then.day()) >= (birth.month(), birth.day());
    let age = then.year() - birth.year() - i16::from(!had_birthday);
    if !MOTHERS_AGES.contains(&age) {
        values.note("birth_date", &rules::MOTHERS_AGE, Effect::Accepted);
    }
}

/// Whether a pregnancy that is due on `due` can have ended like this on `day`.
pub(crate) fn can_end(due: Date, outcome: PregnancyOutcome, day: Date) -> bool {
    let days = gestation(due, day);
    match outcome {
        PregnancyOutcome::LiveBirth => (EARLIEST_LIVE_DAYS..=LONGEST_DAYS).contains(&days),
        PregnancyOutcome::Stillbirth => (STILLBIRTH_DAYS..=LONGEST_DAYS).contains(&days),
        PregnancyOutcome::Loss => (0..STILLBIRTH_DAYS).contains(&days),
        PregnancyOutcome::Termination => (0..=LONGEST_DAYS).contains(&days),
        PregnancyOutcome::MovedOut => true,
    }
}

/// A day; one that is yet to come is noted and left out, as it cannot have happened.
pub(crate) fn day_so_far(values: &mut Values<'_>, field: &str, as_at: Date) -> Option<Date> {
    let day = values.date(field)?;
    if day > as_at {
        values.note(field, &rules::FUTURE_DATE, Effect::BlankedValue);
        return None;
    }
    Some(day)
}

/// The due date. One that lies too far ahead would have a child expected for years, so it is left out.
fn due(values: &mut Values<'_>, known: Known) -> Option<BirthDate> {
    if values.is_blank("edd") {
        values.note("edd", &rules::NO_DUE_DATE, Effect::Accepted);
        return None;
    }
    let day = values.date("edd")?;
    let held = Held::from_parse(BirthDate::new(day));
    let too_late = known
        .by
        .checked_add(FURTHEST_DUE_DAYS.days())
        .is_ok_and(|last| day > last);
    match held {
        Held::Valid(_) if too_late => {
            values.note("edd", &rules::DUE_TOO_LATE, Effect::BlankedValue);
            None
        }
        Held::Valid(due) => Some(due),
        Held::Placeholder => {
            values.note("edd", &kit::rules::PLACEHOLDER, Effect::BlankedValue);
            None
        }
        Held::Invalid | Held::Absent => {
            values.note("edd", &rules::DUE_BEFORE, Effect::BlankedValue);
            None
        }
    }
}

fn note_period(values: &mut Values<'_>, due: Date) {
    let Some(period) = values.date("lmp_date") else {
        return;
    };
    // By the last period alone (01), or by the period that a scan confirmed (02).
    let by_period = matches!(values.code("edd_method").as_deref(), Some("01" | "02"));
    let allowed = if by_period {
        PERIOD_DAYS
    } else {
        SCANNED_PERIOD_DAYS
    };
    if (days_between(period, due) - TERM_DAYS).abs() > allowed {
        values.note("lmp_date", &rules::PERIOD_DISAGREES, Effect::Accepted);
    }
}

/// Days since the last period on `day`, of a pregnancy due on `due`.
fn gestation(due: Date, day: Date) -> i32 {
    TERM_DAYS - days_between(day, due)
}

/// Days from `from` to `to`, as many as years of four digits can lie apart.
fn days_between(from: Date, to: Date) -> i32 {
    from.until((jiff::Unit::Day, to))
        .map_or(i32::MAX / 2, |span| span.get_days())
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn a_pregnancy_ends_in_its_time() {
        use PregnancyOutcome::*;

        let due = date(2026, 10, 8);
        // 280 days before is 1 January.
        assert_eq!(gestation(due, date(2026, 1, 1)), 0);
        assert_eq!(gestation(due, due), 280);
        for (outcome, day, can) in [
            (LiveBirth, date(2026, 9, 20), true),
            (LiveBirth, date(2026, 4, 1), false),
            (LiveBirth, date(2027, 2, 1), false),
            // 24 weeks are reached on 18 June.
            (Stillbirth, date(2026, 6, 18), true),
            (Stillbirth, date(2026, 6, 17), false),
            (Loss, date(2026, 6, 17), true),
            (Loss, date(2026, 6, 18), false),
            (Loss, date(2025, 12, 31), false),
            (Termination, date(2026, 8, 1), true),
            (MovedOut, date(2020, 1, 1), true),
        ] {
            assert_eq!(can_end(due, outcome, day), can, "{outcome:?} {day}");
        }
    }
}
