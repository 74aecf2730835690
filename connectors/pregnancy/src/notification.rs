//! One row of a supplier's flat file.

use identity::{BirthDate, BusinessKey, Expectation, Held, Identity, People, SenderReference};
use jiff::civil::{Date, DateTime};
use kit::{Delivery, Incoming, Level, Reading, Values, date::Moment, several::Several};
use records::{
    Month, Payload, PregnancyNotification, PregnancyOutcome, Record, Sex, State, Version, finding::Effect,
};

use crate::{
    NOTIFICATIONS,
    course::{self, Course, Known},
    fields, items, key, mother, rules,
};

/// Fields without which a notification is not loaded.
pub(crate) const MINIMUM: &[&str] = &["notification_id", "action"];

/// Reads the rows of a delivery.
pub(crate) struct Notifications<'a> {
    reading: &'a Reading<'a>,
    received: DateTime,
    several: Several,
}

/// What every notification has, one that is taken back too.
struct Frame {
    reference: String,
    pregnancy: Option<String>,
    version: Version,
    sent: Option<Moment>,
    received: Option<Date>,
}

impl Frame {
    fn key(&self) -> BusinessKey {
        match &self.pregnancy {
            Some(pregnancy) => key::of_pregnancy(pregnancy),
            None => key::of_notification(&self.reference),
        }
    }
}

/// How a pregnancy ended.
#[derive(Clone, Copy)]
struct Ended {
    outcome: PregnancyOutcome,
    day: Option<Date>,
}

impl<'a> Notifications<'a> {
    pub(crate) fn new(delivery: &Delivery, reading: &'a Reading<'a>) -> Self {
        Notifications {
            reading,
            received: delivery.received,
            several: Several::default(),
        }
    }

    /// The record of a row; none where it says too little, which is then noted.
    pub(crate) fn read(&mut self, values: &mut Values<'_>) -> Option<Incoming> {
        // One that is not known may take the notification back: it is never taken for one that gives notice.
        let known = |action: &String| fields::ACTION.iter().any(|(code, _)| code == action);
        let action = values.code("action").filter(known);
        let action = values.need("action", action, &rules::NOT_MINIMUM);
        let reference = values.text("notification_id");
        let reference = values.need("notification_id", reference, &rules::NOT_MINIMUM);
        let pregnancy = values.text("pregnancy_id");
        let sent = self.moment(values, "sent_at");
        let received = self.moment(values, "received_at");
        let came = received.map_or(self.received, |received| received.ordered);
        let frame = Frame {
            reference: reference?,
            pregnancy,
            version: Version::at(sent.map_or(came, |sent| sent.ordered)),
            sent,
            received: received.map(|received| received.written.date()),
        };
        match action?.as_str() {
            "CANCEL" => Some(cancellation(values, frame)),
            action => self.notification(values, frame, action),
        }
    }

    fn notification(&mut self, values: &mut Values<'_>, frame: Frame, action: &str) -> Option<Incoming> {
        let as_at = self.reading.as_at;
        let mother = mother::named(values, self.reading.test_numbers, as_at);
        note_blanks(values);
        need_somebody(values, &mother)?;

        let sent = frame.sent.map(|sent| sent.written.date());
        let notified = course::day_so_far(values, "notified_date", as_at).or(sent);
        let outcome = values
            .code("outcome")
            .and_then(|code| PregnancyOutcome::from_code(&code));
        let known = Known {
            by: notified.unwrap_or(frame.version.time().date()),
            before_birth: action == "NEW" && outcome.is_none(),
            as_at,
        };
        let course = course::read(values, known);
        course::note_age(values, &mother.birth_date, &course, known);
        let ended = self.ended(values, outcome, &course);
        let complex_social_factors = items::flag(values, "complex_social_factors");
        let payload = PregnancyNotification {
            notified_date: notified,
            booking_date: course.booking,
            edd_month: course.due.as_ref().map(|due| Month::of(due.date())),
            gestation_weeks_at_booking: course.weeks_at_booking,
            fetus_count: values
                .integer("fetus_count")
                .and_then(|count| u8::try_from(count).ok()),
            outcome: ended.map(|ended| ended.outcome),
            outcome_month: ended.and_then(|ended| ended.day).map(Month::of),
            complex_social_factors,
            other: items::of(values),
        };
        let event_date = course.booking.unwrap_or(known.by);
        let expected = expectation(course, ended);
        self.several.check(
            values,
            ("notification_id", &rules::SEVERAL_MOTHERS),
            &frame.key(),
            frame.version,
            &mother,
        );
        let people = People {
            mother: Some(mother),
            expected: Some(expected),
            ..People::default()
        };
        // An update of a notification that was sent before its pregnancy had a reference takes the place of both.
        let earlier =
            (action == "UPDATE" && frame.pregnancy.is_some()).then(|| key::of_notification(&frame.reference));
        let state = State::Current(Box::new(Payload::Pregnancy(payload)));
        Some(incoming(values, frame, people, state, event_date, earlier))
    }

    /// A moment that is not yet to come. One that is would win over every later version, so it is not used.
    fn moment(&self, values: &mut Values<'_>, field: &str) -> Option<Moment> {
        let moment = values.moment(field)?;
        if moment.written.date() > self.reading.as_at {
            values.note(field, &rules::FUTURE_DATE, Effect::BlankedValue);
            return None;
        }
        Some(moment)
    }

    /// How the pregnancy ended, and whether it can have.
    fn ended(
        &self,
        values: &mut Values<'_>,
        outcome: Option<PregnancyOutcome>,
        course: &Course,
    ) -> Option<Ended> {
        let day = course::day_so_far(values, "outcome_date", self.reading.as_at);
        let Some(outcome) = outcome else {
            // An outcome that could not be read has its own finding.
            if day.is_some() && values.is_blank("outcome") {
                values.note("outcome_date", &rules::NO_OUTCOME, Effect::BlankedValue);
            }
            return None;
        };
        if values.is_blank("outcome_date") {
            values.note("outcome_date", &rules::NO_OUTCOME_DATE, Effect::Accepted);
        }
        let due = course.due.as_ref().map(BirthDate::date);
        if matches!((due, day), (Some(due), Some(day)) if !course::can_end(due, outcome, day)) {
            values.note("outcome_date", &rules::ODD_OUTCOME, Effect::Accepted);
        }
        Some(Ended { outcome, day })
    }
}

/// A notification that is taken back needs its reference alone; what else it says is not looked at.
fn cancellation(values: &mut Values<'_>, frame: Frame) -> Incoming {
    if !values.is_blank("outcome") {
        values.note("outcome", &rules::CANCELLED_OUTCOME, Effect::Accepted);
    }
    let day = frame.version.time().date();
    // Whichever of its two names it was loaded under.
    let earlier = frame
        .pregnancy
        .is_some()
        .then(|| key::of_notification(&frame.reference));
    incoming(values, frame, People::default(), State::Withdrawn, day, earlier)
}

fn incoming(
    values: &Values<'_>,
    frame: Frame,
    people: People,
    state: State,
    event_date: Date,
    earlier: Option<BusinessKey>,
) -> Incoming {
    Incoming {
        people,
        key: frame.key(),
        reference: SenderReference::new(&frame.reference),
        location: values.location(),
        record: Record {
            version: frame.version,
            state,
            event_date,
            received_date: frame.received,
            sex: Sex::U,
            ethnic_group: None,
            scope: None,
        },
        rows: vec![(NOTIFICATIONS.name, 1)],
        replaces: earlier.into_iter().collect(),
    }
}

/// When children are expected, or were born.
fn expectation(course: Course, ended: Option<Ended>) -> Expectation {
    let born = ended
        .filter(|ended| ended.outcome == PregnancyOutcome::LiveBirth)
        .and_then(|ended| ended.day)
        .and_then(|day| BirthDate::new(day).ok());
    Expectation {
        due: course.due,
        born,
    }
}

/// Whether the mother can be told from others; notes it where not.
fn need_somebody(values: &mut Values<'_>, mother: &Identity) -> Option<()> {
    let named = matches!(
        (&mother.surname, &mother.forename, &mother.birth_date),
        (Held::Valid(_), Held::Valid(_), Held::Valid(_))
    );
    let numbered = mother.nhs_number.valid().is_some() || mother.nhs_number_digest.valid().is_some();
    if named || numbered {
        return Some(());
    }
    values.note("nhs_number", &rules::NOBODY, Effect::QuarantinedRow);
    None
}

/// Notes what is blank and should not be, beyond the minimum. A field that the layout does not have is no fault of
/// the row, and a blank due date has a rule of its own.
fn note_blanks(values: &mut Values<'_>) {
    for field in NOTIFICATIONS.fields {
        let own = MINIMUM.contains(&field.name) || field.name == "edd";
        if own || !values.has(field.name) || !values.is_blank(field.name) {
            continue;
        }
        match field.level {
            Level::Required => values.note(field.name, &kit::rules::MISSING_VALUE, Effect::Accepted),
            Level::Expected => values.note(field.name, &kit::rules::EXPECTED_VALUE, Effect::Accepted),
            _ => {}
        }
    }
}
