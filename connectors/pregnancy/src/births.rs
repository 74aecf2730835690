//! Births as notifications in FHIR tell of them, and the records that these become.
//!
//! A birth is named by the NHS number that the baby was given, so that whoever tells of it, and however often, tells of
//! one record. A baby who was not born alive has none: it is named by its mother's number, the day and its place among
//! those born together.

use std::{collections::BTreeMap, sync::Arc};

use identity::{BusinessKey, Held, Identity, People, SenderReference};
use jiff::civil::DateTime;
use kit::{
    Delivery, Incoming, Parsed, ReadError, Reading, Table, Values,
    codes::{self, CodeList},
    date::Moment,
    field::{Class::*, Codes, FieldType, FieldType::*, Level::*},
    flat::Became,
    people::{self, Home},
};
use records::{Birth, Month, Payload, PregnancyOutcome, Record, Sex, State, Version, finding::Effect};

use crate::{items, rules};

/// Fields without which no message is a birth.
pub(crate) const MINIMUM: &[&str] = &["event", "action"];

/// Codes that are this table's own.
const fn own(codes: &'static [(&'static str, &'static str)]) -> FieldType {
    Code(Codes::These(codes))
}

const ACTION: &[(&str, &str)] = &[
    ("NEW", "A birth that was not told of before"),
    ("UPDATE", "The same birth with other facts"),
    ("CANCEL", "The message about the birth is taken back"),
];

const EVENT: &[(&str, &str)] = &[("BIRTH", "A birth; anything else is out of scope")];

const OUTCOME: &[(&str, &str)] = &[("LIVE_BIRTH", "Born alive"), ("STILLBIRTH", "Not born alive")];

/// The births that notifications in FHIR tell of.
pub static BIRTHS: Table = Table {
    name: "births",
    description: "One row a birth that a notification in FHIR tells of, live or not.",
    fields: kit::fields! {
        "notification_id" Text { max: 64 }, Optional, Plain, "The sender's own reference of the message";
        "event" own(EVENT), Required, Plain,
            "What the message tells of; what is no birth is out of scope", "National Events Management Service, EventType-1";
        "action" own(ACTION), Required, Plain,
            "What the sender does", "National Events Management Service, MessageEventType-1";
        "sent_at" DateTime, Expected, Plain,
            "When the birth was recorded or changed; the later one wins where a birth is told of again",
            "National Events Management Service, message sequencing";
        "nhs_number" NhsNumber, Expected, DirectId,
            "NHS number of the baby; a baby that was not born alive has none", "NHS Data Dictionary, NHS NUMBER (BABY)";
        "nhs_number_status" Code(Codes::List("nhs-number-status")), Optional, Plain,
            "How far the number was checked", "UK Core, NHSNumberVerificationStatusEngland";
        "family_name" Name, Optional, DirectId, "Surname of the baby, as registered";
        "given_name" Name, Optional, DirectId, "Forename of the baby";
        "other_given_name" Name, Optional, DirectId, "Second forename";
        "birth_date" Date, Required, DirectId, "Day of birth; kept as a month";
        "sex" Code(Codes::List("sex")), Expected, Plain, "Sex of the baby", "HL7 FHIR, AdministrativeGender";
        "ethnic_category" Code(Codes::List("ethnic-2001")), Optional, SpecialCategory,
            "Ethnic category of the baby", "UK Core, EthnicCategory";
        "postcode" Postcode, Optional, DirectId, "Postcode of the baby's home; else the mother's";
        "outcome" own(OUTCOME), Expected, SpecialCategory,
            "Whether the baby was born alive", "NHS Data Dictionary, LIVE OR STILL BIRTH INDICATOR";
        "birth_order" Integer { min: 1, max: 9 }, Optional, Plain,
            "Its place among those born together", "HL7 FHIR, Patient.multipleBirthInteger";
        "births_in_delivery" Integer { min: 1, max: 9 }, Optional, Plain, "How many were born together";
        "gestation_weeks" Integer { min: 20, max: 45 }, Optional, SpecialCategory, "Completed weeks of pregnancy at birth";
        "died" Flag, Optional, SpecialCategory, "Whether the baby has died; kept as a flag";
        "mother_nhs_number" NhsNumber, Expected, DirectId,
            "NHS number of the mother, which links the birth to its pregnancy", "NHS Data Dictionary, NHS NUMBER (MOTHER)";
        "mother_nhs_number_status" Code(Codes::List("nhs-number-status")), Optional, Plain,
            "How far the mother's number was checked", "UK Core, NHSNumberVerificationStatusEngland";
        "mother_family_name" Name, Optional, DirectId, "Surname of the mother";
        "mother_given_name" Name, Optional, DirectId, "Forename of the mother";
        "mother_previous_family_name" Name, Optional, DirectId, "An earlier surname of the mother";
        "mother_birth_date" Date, Optional, DirectId, "Birth date of the mother";
        "mother_postcode" Postcode, Optional, DirectId, "Postcode of the mother's home";
    },
};

/// Reads the births of a delivery.
pub(crate) struct Births<'a> {
    reading: &'a Reading<'a>,
    received: DateTime,
    sexes: Arc<CodeList>,
    ethnic_categories: Arc<CodeList>,
}

/// What a row says whether or not it takes the birth back.
struct Frame {
    reference: Option<String>,
    version: Version,
    key: BusinessKey,
}

impl<'a> Births<'a> {
    pub(crate) fn new(delivery: &Delivery, reading: &'a Reading<'a>) -> Result<Self, ReadError> {
        Ok(Births {
            reading,
            received: delivery.received,
            sexes: codes::list("sex")?,
            ethnic_categories: codes::list("ethnic-2001")?,
        })
    }

    /// The record of a row.
    pub(crate) fn read(&self, values: &mut Values<'_>) -> Became {
        if values.parsed_code("event") != Parsed::Value("BIRTH".to_owned()) {
            return Became::OutOfScope;
        }
        self.birth(values).into()
    }

    fn birth(&self, values: &mut Values<'_>) -> Option<Incoming> {
        // A word that nobody knows may take the birth back: it is never taken for one that tells of it.
        let known = |action: &String| ACTION.iter().any(|(code, _)| code == action);
        let action = values.code("action").filter(known);
        let action = values.need("action", action, &kit::rules::NO_EVENT_TYPE);
        let reference = values.text("notification_id");
        let sent = self.sent(values);
        let child = self.baby(values);
        let mother = self.mother(values);
        let birth_order = small(values, "birth_order");
        let together = small(values, "births_in_delivery");
        let key = key(
            &child,
            &mother,
            birth_order.or(together.filter(|births| *births == 1)),
        );
        if key.is_none() {
            values.note("nhs_number", &rules::UNTOLD_BIRTH, Effect::QuarantinedRow);
        }
        let frame = Frame {
            reference,
            version: Version::at(sent.map_or(self.received, |sent| sent.ordered)),
            key: key?,
        };
        match action?.as_str() {
            "CANCEL" => Some(withdrawal(values, frame)),
            _ => self.told(values, frame, (child, mother), birth_order),
        }
    }

    fn told(
        &self,
        values: &mut Values<'_>,
        frame: Frame,
        (mut child, mother): (Identity, Identity),
        birth_order: Option<u8>,
    ) -> Option<Incoming> {
        items::note_expected(values, &["sent_at", "sex", "mother_nhs_number"]);
        let outcome = values.code("outcome");
        let outcome = outcome.and_then(|code| PregnancyOutcome::from_code(&code));
        let number = child.nhs_number.valid();
        match outcome {
            Some(PregnancyOutcome::LiveBirth) => items::note_expected(values, &["nhs_number"]),
            Some(_) => {}
            None => values.note("outcome", &rules::NO_BIRTH_OUTCOME, Effect::Accepted),
        }
        if number.is_some() && number == mother.nhs_number.valid() {
            values.note("nhs_number", &rules::SAME_NUMBER, Effect::Accepted);
        }
        if child.birth_date.valid().is_none() {
            values.note("birth_date", &rules::NO_BABY_DATE, Effect::Accepted);
        }
        // An NHS number is given to the living alone.
        let alive = outcome.map_or(number.is_some(), |outcome| outcome == PregnancyOutcome::LiveBirth);
        let month = match child.birth_date.valid() {
            Some(born) => Month::of(born.date()),
            None => Month::of(frame.version.time().date()),
        };
        let gestation_weeks = small(values, "gestation_weeks");
        let mut other = BTreeMap::new();
        if values.flag("died") == Some(true) {
            items::set_flag(&mut other, "died", true);
        }
        let sex = values.code("sex");
        let ethnic_category = values.code("ethnic_category");
        if child.postcode == Held::Absent {
            child.postcode = mother.postcode.clone();
            child.no_fixed_abode = mother.no_fixed_abode;
        }
        let is_somebody = mother.nhs_number != Held::Absent || mother.surname != Held::Absent;
        let birth = Birth {
            outcome,
            birth_order,
            gestation_weeks,
            other,
        };
        let people = People {
            child: alive.then_some(child),
            mother: is_somebody.then_some(mother),
            ..People::default()
        };
        let sex = sex.map(|code| self.sexes.sex(&code)).unwrap_or_default();
        let ethnic_group = ethnic_category.and_then(|code| self.ethnic_categories.ethnic_group(&code));
        let record = Record {
            version: frame.version,
            state: State::Current(Box::new(Payload::Birth(birth))),
            event_date: month.first_day(),
            received_date: None,
            sex: if alive { sex } else { Sex::U },
            ethnic_group: ethnic_group.filter(|_| alive),
            scope: None,
        };
        Some(incoming(values, frame, people, record))
    }

    /// When the message was made; a moment that is yet to come would win over every later version.
    fn sent(&self, values: &mut Values<'_>) -> Option<Moment> {
        let moment = values.moment("sent_at")?;
        if moment.written.date() > self.reading.as_at {
            values.note("sent_at", &rules::FUTURE_DATE, Effect::BlankedValue);
            return None;
        }
        Some(moment)
    }

    fn baby(&self, values: &mut Values<'_>) -> Identity {
        let reading = self.reading;
        let too_late = &kit::rules::BAD_BIRTH_DATE;
        let child = Identity {
            nhs_number: people::nhs_number(values, "nhs_number", reading.test_numbers),
            nhs_number_status: people::nhs_number_status(values, "nhs_number_status"),
            forename: people::name(values, "given_name"),
            other_forenames: people::names(values, &["other_given_name"]),
            surname: people::name(values, "family_name"),
            birth_date: people::birth_date(values, "birth_date", reading.as_at, too_late),
            ..Identity::default()
        };
        Home::read(values, "postcode").of(child)
    }

    fn mother(&self, values: &mut Values<'_>) -> Identity {
        let reading = self.reading;
        let too_late = &kit::rules::BAD_BIRTH_DATE;
        let mother = Identity {
            nhs_number: people::nhs_number(values, "mother_nhs_number", reading.test_numbers),
            nhs_number_status: people::nhs_number_status(values, "mother_nhs_number_status"),
            forename: people::name(values, "mother_given_name"),
            surname: people::name(values, "mother_family_name"),
            other_surnames: people::names(values, &["mother_previous_family_name"]),
            birth_date: people::birth_date(values, "mother_birth_date", reading.as_at, too_late),
            ..Identity::default()
        };
        Home::read(values, "mother_postcode").of(mother)
    }
}

/// A birth that is taken back needs to be named and no more.
fn withdrawal(values: &mut Values<'_>, frame: Frame) -> Incoming {
    let record = Record {
        version: frame.version,
        state: State::Withdrawn,
        event_date: Month::of(frame.version.time().date()).first_day(),
        received_date: None,
        sex: Sex::U,
        ethnic_group: None,
        scope: None,
    };
    incoming(values, frame, People::default(), record)
}

fn incoming(values: &Values<'_>, frame: Frame, people: People, record: Record) -> Incoming {
    Incoming {
        people,
        key: frame.key,
        reference: frame.reference.as_deref().and_then(SenderReference::new),
        location: values.location(),
        record,
        rows: vec![(BIRTHS.name, 1)],
        replaces: Vec::new(),
    }
}

/// What names a birth.
fn key(child: &Identity, mother: &Identity, order: Option<u8>) -> Option<BusinessKey> {
    if let Some(number) = child.nhs_number.valid() {
        return Some(BusinessKey::new("birth-nhs-number", &[number.expose()]));
    }
    let mother = mother.nhs_number.valid()?.expose();
    let day = child.birth_date.valid()?.date().to_string();
    Some(BusinessKey::new(
        "birth-of-mother",
        &[mother, &day, &order?.to_string()],
    ))
}

fn small(values: &mut Values<'_>, field: &str) -> Option<u8> {
    values.integer(field).and_then(|number| u8::try_from(number).ok())
}
