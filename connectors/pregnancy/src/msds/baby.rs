//! One row of babies.

use std::collections::BTreeMap;

use identity::{BusinessKey, Held, Identity, NhsNumber, People, SenderReference};
use kit::{
    Incoming, Values,
    table_set::{Seen, Submission},
};
use records::{
    Birth, EthnicGroup, Location, Month, Payload, PregnancyOutcome, Record, Sex, State, finding::Effect,
};

use super::{Around, mothers::Mother, outcome_of, tables::BABIES};
use crate::{items, key, mother, rules};

/// A baby, born alive or not.
#[derive(Clone)]
pub(super) struct Baby {
    key: BusinessKey,
    reference: Option<SenderReference>,
    location: Location,
    identity: Identity,
    sex: Sex,
    ethnic_group: Option<EthnicGroup>,
    birth: Birth,
}

/// Reads a row of babies; none where it is kept out, which is then noted.
pub(super) fn read(values: &mut Values<'_>, around: &Around<'_>, keys: &mut Seen) -> Option<Baby> {
    let reading = around.reading;
    items::note_expected(values, &["baby_id"]);
    let id = values.text("baby_id");
    let birth_order = values
        .integer("birth_order")
        .and_then(|order| u8::try_from(order).ok());
    let delivery = values.text("delivery_id");
    let key = match (&id, &delivery, birth_order) {
        (Some(id), _, _) => Some(key::of_baby(id)),
        (None, Some(delivery), Some(order)) => Some(key::of_birth(delivery, order)),
        _ => {
            values.note("baby_id", &rules::UNTOLD_BABY, Effect::QuarantinedRow);
            None
        }
    };
    if key.as_ref().is_some_and(|key| !keys.first(key.as_bytes())) {
        values.note("baby_id", &kit::rules::DOUBLE_KEY, Effect::QuarantinedRow);
    }
    let identity = mother::unnamed(values, reading.test_numbers, reading.as_at);
    let outcome = values
        .code("outcome")
        .and_then(|code| outcome_of(&around.lists.outcomes, &code));
    match outcome {
        Some(PregnancyOutcome::LiveBirth) => items::note_expected(values, &["nhs_number"]),
        Some(_) => {}
        None => values.note("outcome", &rules::NO_BIRTH_OUTCOME, Effect::Accepted),
    }
    match identity.birth_date.valid() {
        Some(born) if born.date() > around.submission.last_day => {
            values.note("birth_date", &rules::BORN_OUT_OF_PERIOD, Effect::Accepted);
        }
        Some(_) => {}
        // Without either nobody could ever be found to be this child.
        None if identity.nhs_number.valid().is_none() => {
            values.note("birth_date", &rules::NO_BABY_DATE, Effect::QuarantinedRow);
        }
        None => values.note("birth_date", &rules::NO_BABY_DATE, Effect::Accepted),
    }
    let gestation_weeks = values
        .integer("gestation_days")
        .and_then(|days| u8::try_from(days / 7).ok());
    let mut other = BTreeMap::new();
    if values.date("death_date").is_some() {
        items::set_flag(&mut other, "died", true);
    }
    let sex = values.code("sex");
    let ethnic_category = values.code("ethnic_category");
    Some(Baby {
        key: key?,
        reference: id.as_deref().and_then(SenderReference::new),
        location: values.location(),
        identity,
        sex: sex.map(|code| around.lists.sexes.sex(&code)).unwrap_or_default(),
        ethnic_group: ethnic_category.and_then(|code| around.lists.ethnic_categories.ethnic_group(&code)),
        birth: Birth {
            outcome,
            birth_order,
            gestation_weeks,
            other,
        },
    })
}

impl Baby {
    /// How it was born.
    pub(super) fn outcome(&self) -> Option<PregnancyOutcome> {
        self.birth.outcome
    }

    /// Whether a child was born. Where the row does not say, an NHS number tells: it is given to the living alone.
    pub(super) fn is_alive(&self) -> bool {
        match self.birth.outcome {
            Some(outcome) => outcome == PregnancyOutcome::LiveBirth,
            None => self.nhs_number().is_some(),
        }
    }

    /// Its NHS number.
    pub(super) fn nhs_number(&self) -> Option<&NhsNumber> {
        self.identity.nhs_number.valid()
    }

    /// When it was born.
    pub(super) fn born(&self) -> Option<&identity::BirthDate> {
        self.identity.birth_date.valid()
    }

    /// The record of the birth. A child lives where its mother does; one that was not born alive is no child.
    pub(super) fn into_record(
        self,
        mother: Option<&Mother>,
        born_of: Option<BusinessKey>,
        submission: &Submission,
    ) -> Incoming {
        let alive = self.is_alive();
        let month = match &self.identity.birth_date {
            Held::Valid(born) => Month::of(born.date()),
            Held::Absent | Held::Invalid | Held::Placeholder => submission.month,
        };
        let mother = mother.map(|mother| &mother.identity);
        let mut child = self.identity;
        if let Some(mother) = mother {
            child.postcode = mother.postcode.clone();
            child.no_fixed_abode = mother.no_fixed_abode;
        }
        let mother = mother.map(|mother| Identity {
            nhs_number: mother.nhs_number.clone(),
            nhs_number_status: mother.nhs_number_status,
            birth_date: mother.birth_date.clone(),
            ..Identity::default()
        });
        let people = People {
            child: alive.then_some(child),
            mother,
            expected: None,
            born_of,
        };
        let record = Record {
            version: submission.version(),
            state: State::Current(Box::new(Payload::Birth(self.birth))),
            event_date: month.first_day(),
            received_date: None,
            sex: if alive { self.sex } else { Sex::U },
            ethnic_group: self.ethnic_group.filter(|_| alive),
            scope: Some(submission.scope()),
        };
        Incoming {
            people,
            key: self.key,
            reference: self.reference,
            location: self.location,
            record,
            rows: vec![(BABIES, 1)],
            replaces: Vec::new(),
        }
    }
}
