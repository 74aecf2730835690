//! Whether the dates of a notice can follow one another as they do.

use jiff::civil::Date;
use kit::Values;
use records::{dates::compulsory_school_age, finding::Effect};

use crate::rules;

/// The dates of a notice.
pub(super) struct Dates {
    pub(super) as_at: Date,
    pub(super) birth: Date,
    pub(super) opinion: Date,
    pub(super) informed: Option<Date>,
    pub(super) sent: Option<Date>,
}

/// Notes dates that cannot follow one another as they do. The row is loaded: which of the dates is wrong, only
/// the sender knows.
pub(super) fn note_order(values: &mut Values<'_>, dates: Dates) {
    let Dates {
        as_at,
        birth,
        opinion,
        informed,
        sent,
    } = dates;
    if opinion > as_at {
        values.note("opinion_date", &rules::FUTURE_DATE, Effect::Accepted);
    }
    if birth > opinion {
        values.note("birth_date", &rules::BORN_AFTER_OPINION, Effect::Accepted);
    } else if opinion >= compulsory_school_age(birth) {
        values.note("birth_date", &rules::SCHOOL_AGE, Effect::Accepted);
    }
    if sent.is_some_and(|sent| opinion > sent) {
        values.note("opinion_date", &rules::OPINION_AFTER_SENT, Effect::Accepted);
    }
    if let Some(informed) = informed {
        if sent.is_some_and(|sent| informed > sent) {
            values.note(
                "parent_informed_date",
                &rules::INFORMED_AFTER_SENT,
                Effect::Accepted,
            );
        }
        if informed < opinion {
            values.note(
                "parent_informed_date",
                &rules::INFORMED_BEFORE_OPINION,
                Effect::Accepted,
            );
        }
    }
}
