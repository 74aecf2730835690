//! A supplier's flat file: a review a row.

use std::{collections::BTreeMap, sync::Arc};

use identity::{BirthDate, BusinessKey, Held, Identity, Name, People, SenderReference, TestNumbers};
use jiff::{
    Unit,
    civil::{Date, DateTime},
};
use kit::{
    Delivery, Incoming, Parsed, ReadError, Reading, Sink, Values,
    codes::{self, CodeList},
    date::Moment,
    flat::Became,
    people::{self, Home},
    several::Several,
};
use records::{
    Asq3, AsqBand, AsqDomain, Payload, Record, Rule, Sex, State, TwoYearReview, Version, finding::Effect,
};

use crate::{
    REVIEWS,
    asq::{Asq, Domain, hundredths},
    rules,
};

/// Fields without any of which a review is not loaded.
pub(crate) const MINIMUM: &[&str] = &["action", "review_date"];

/// Fields whose blank is a finding, where the layout has a column for them.
const EXPECTED: &[&str] = &[
    "nhs_number",
    "family_name",
    "given_name",
    "birth_date",
    "sex",
    "postcode",
    "sent_at",
];

/// Flags that the payload keeps under their field's name.
const FLAGS: &[&str] = &["looked_after", "child_protection_plan", "safeguarding"];

/// Ages in completed months that a review at 2 to 2½ years is not likely to be outside of.
const LIKELY_MONTHS: std::ops::RangeInclusive<i32> = 18..=48;

/// Reads a delivery of flat files.
pub(crate) fn read(delivery: &Delivery, reading: &Reading<'_>, sink: &mut dyn Sink) -> Result<(), ReadError> {
    let reviews = Reviews::new(delivery, reading, Reference::AsLaidOut)?;
    let mut several = Several::default();
    for file in &delivery.files {
        kit::flat::check_mapped(MINIMUM, &reading.layout.columns, file, sink)?;
        kit::flat::read_file(&REVIEWS, file, reading.layout, sink, |values| {
            let became = reviews.read(values);
            if let Became::Record(incoming) = &became
                && let Some(child) = &incoming.people.child
            {
                let rule = ("review_id", &rules::SEVERAL_CHILDREN);
                several.check(values, rule, &incoming.key, incoming.record.version, child);
            }
            became
        })?;
    }
    Ok(())
}

/// What names a review.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reference {
    /// The sender's reference where the layout has a column for it, and then on every row; else its child and its day.
    AsLaidOut,
    /// The sender's reference where there is one; else its child and its day.
    ElseChildAndDay,
}

/// What is needed to read the rows of a delivery.
pub(crate) struct Reviews<'a> {
    reading: &'a Reading<'a>,
    reference: Reference,
    received: DateTime,
    sexes: Arc<CodeList>,
    ethnic_categories: Arc<CodeList>,
    disabilities: Arc<CodeList>,
    asq: &'static Asq,
}

/// What every row has, one that takes a review back too.
struct Frame {
    reference: Option<String>,
    version: Version,
    received: Option<Date>,
}

impl<'a> Reviews<'a> {
    pub(crate) fn new(
        delivery: &Delivery,
        reading: &'a Reading<'a>,
        reference: Reference,
    ) -> Result<Self, ReadError> {
        Ok(Reviews {
            reading,
            reference,
            received: delivery.received,
            sexes: codes::list("sex")?,
            ethnic_categories: codes::list("ethnic-2001")?,
            disabilities: codes::list("disability")?,
            asq: Asq::carried()?,
        })
    }

    pub(crate) fn read(&self, values: &mut Values<'_>) -> Became {
        let action = values.code("action");
        let Some(action) = values.need("action", action, &rules::NOT_MINIMUM) else {
            return Became::Nothing;
        };
        let reference = values.text("review_id");
        if self.reference == Reference::AsLaidOut
            && values.has("review_id")
            && values
                .need("review_id", reference.as_ref(), &rules::NOT_MINIMUM)
                .is_none()
        {
            return Became::Nothing;
        }
        let sent = self.moment(values, "sent_at");
        let received = self.moment(values, "received_at");
        let came = received.map_or(self.received, |received| received.ordered);
        let frame = Frame {
            reference,
            version: Version::at(sent.map_or(came, |sent| sent.ordered)),
            received: received.map(|received| received.written.date()),
        };
        let Some(took_place) = took_place(values) else {
            return Became::Nothing;
        };
        match (action.as_str(), took_place) {
            // What turns out not to have taken place is taken back.
            ("CANCEL", _) | ("UPDATE", false) => self.withdrawal(values, frame).into(),
            ("NEW", false) => Became::OutOfScope,
            ("NEW" | "UPDATE", true) => self.review(values, frame).into(),
            // A word that the contract lets pass, and that nobody knows.
            _ => {
                values.note("action", &rules::NOT_MINIMUM, Effect::QuarantinedRow);
                Became::Nothing
            }
        }
    }

    /// A review that is taken back needs its reference alone; what else it says is not looked at.
    fn withdrawal(&self, values: &mut Values<'_>, frame: Frame) -> Option<Incoming> {
        let review_date = match values.parsed_date("review_date") {
            Parsed::Value(day) => Some(day),
            Parsed::Blank | Parsed::Bad => None,
        };
        let by_child = match (self.reference, &frame.reference) {
            (Reference::ElseChildAndDay, None) => self.key_of_child(values, review_date),
            _ => None,
        };
        let reference = frame.reference;
        let key = reference.as_deref().map(key).or(by_child);
        let key = values.need("review_id", key, &rules::NOT_MINIMUM)?;
        Some(Incoming {
            people: People::default(),
            key,
            reference: reference.as_deref().and_then(SenderReference::new),
            location: values.location(),
            record: Record {
                version: frame.version,
                state: State::Withdrawn,
                event_date: review_date.unwrap_or_else(|| frame.version.time().date()),
                received_date: frame.received,
                sex: Sex::U,
                ethnic_group: None,
                scope: None,
            },
            rows: vec![(REVIEWS.name, 1)],
            replaces: Vec::new(),
        })
    }

    /// The key of a review without a reference that is taken back.
    fn key_of_child(&self, values: &mut Values<'_>, day: Option<Date>) -> Option<BusinessKey> {
        let child = self.people(values).child?;
        need_somebody(values, &child)?;
        Some(key_of_child(&child, day?))
    }

    fn review(&self, values: &mut Values<'_>, frame: Frame) -> Option<Incoming> {
        for field in EXPECTED {
            if values.has(field) && values.is_blank(field) {
                values.note(field, &kit::rules::EXPECTED_VALUE, Effect::Accepted);
            }
        }
        let people = self.people(values);
        let child = people.child.as_ref()?;
        let review_date = values.date("review_date");
        let review_date = values.need("review_date", review_date, &rules::NOT_MINIMUM);
        let somebody = need_somebody(values, child);
        let review_date = review_date?;
        somebody?;
        if review_date > self.reading.as_at {
            values.note("review_date", &rules::FUTURE_REVIEW, Effect::QuarantinedRow);
            return None;
        }
        let birth = child.birth_date.valid().map(BirthDate::date);
        if let Some(rule) = birth.and_then(|birth| odd_age(birth, review_date)) {
            values.note("birth_date", rule, Effect::Accepted);
        }
        let (asq_se_interval_months, asq_se_score) = self.asq_se(values);
        let mut other = BTreeMap::new();
        for &flag in FLAGS {
            if let Some(code @ ("Y" | "N")) = values.code(flag).as_deref() {
                other.insert(flag.to_owned(), code.to_owned());
            }
        }
        let disabilities = values.codes("disabilities").into_iter();
        let review = TwoYearReview {
            review_date,
            age_months: birth.and_then(|birth| age_months(birth, review_date)),
            integrated: values.flag("integrated"),
            asq3: self.asq3(values, birth, review_date),
            asq_se_interval_months,
            asq_se_score,
            needs: values.codes("needs"),
            disabilities: disabilities
                .filter_map(|code| self.disabilities.meant(&code))
                .collect(),
            other,
        };
        let sex = values.code("sex");
        let ethnic_category = values.code("ethnic_category");
        Some(Incoming {
            key: match &frame.reference {
                Some(reference) => key(reference),
                None => key_of_child(child, review_date),
            },
            reference: frame.reference.as_deref().and_then(SenderReference::new),
            location: values.location(),
            record: Record {
                version: frame.version,
                state: State::Current(Box::new(Payload::TwoYearReview(review))),
                event_date: review_date,
                received_date: frame.received,
                sex: sex.map(|code| self.sexes.sex(&code)).unwrap_or_default(),
                ethnic_group: ethnic_category.and_then(|code| self.ethnic_categories.ethnic_group(&code)),
                scope: None,
            },
            rows: vec![(REVIEWS.name, 1)],
            replaces: Vec::new(),
            people,
        })
    }

    fn people(&self, values: &mut Values<'_>) -> People {
        let test_numbers = self.reading.test_numbers;
        let as_at = self.reading.as_at;
        let child = Identity {
            nhs_number: people::nhs_number(values, "nhs_number", test_numbers),
            nhs_number_status: people::nhs_number_status(values, "nhs_number_status"),
            nhs_number_digest: people::nhs_number_digest(values, "nhs_number_digest"),
            forename: people::name(values, "given_name"),
            other_forenames: people::names(values, &["other_given_names", "preferred_name"]),
            surname: people::name(values, "family_name"),
            other_surnames: people::names(values, &["previous_family_name"]),
            birth_date: people::birth_date(values, "birth_date", as_at, &kit::rules::BAD_BIRTH_DATE),
            ..Identity::default()
        };
        People {
            child: Some(Home::read(values, "postcode").of(child)),
            mother: mother(values, test_numbers),
            ..People::default()
        }
    }

    /// A moment that is not yet to come. One that is would win over every later version, so it is not used.
    fn moment(&self, values: &mut Values<'_>, field: &str) -> Option<Moment> {
        let moment = values.moment(field)?;
        if moment.written.date() > self.reading.as_at {
            values.note(field, &rules::FUTURE_TIME, Effect::BlankedValue);
            return None;
        }
        Some(moment)
    }

    fn asq3(&self, values: &mut Values<'_>, birth: Option<Date>, day: Date) -> Option<Asq3> {
        if DOMAINS.iter().all(|(field, _)| values.is_blank(field)) {
            return None;
        }
        let stated = values
            .integer("asq3_interval")
            .and_then(|months| u8::try_from(months).ok());
        let months = stated.filter(|months| self.asq.has_form(*months));
        match (stated, months) {
            (None, _) if values.is_blank("asq3_interval") => {
                values.note("asq3_interval", &rules::NO_INTERVAL, Effect::Accepted);
            }
            (Some(_), None) => values.note("asq3_interval", &rules::NO_SUCH_FORM, Effect::BlankedValue),
            _ => {}
        }
        let for_age = months
            .zip(birth)
            .and_then(|(months, birth)| self.asq.is_for_age(months, birth, day));
        if for_age == Some(false) {
            values.note("asq3_interval", &rules::AGE_OF_FORM, Effect::Accepted);
        }
        let mut missing = None;
        let mut domain = |(field, domain): (&'static str, Domain)| {
            if values.is_blank(field) {
                missing = missing.or(Some(field));
                return AsqDomain::default();
            }
            let Some(hundredths) = score(values, field) else {
                return AsqDomain::default();
            };
            let scored = self.asq.domain(months, domain, hundredths);
            if scored.band == Some(AsqBand::OutOfRange) {
                values.note(field, &rules::OUT_OF_RANGE, Effect::BlankedValue);
            }
            scored
        };
        let [
            communication,
            gross_motor,
            fine_motor,
            problem_solving,
            personal_social,
        ] = DOMAINS.map(&mut domain);
        if let Some(field) = missing {
            values.note(field, &rules::INCOMPLETE, Effect::Accepted);
        }
        Some(Asq3 {
            interval_months: months,
            communication,
            gross_motor,
            fine_motor,
            problem_solving,
            personal_social,
        })
    }

    fn asq_se(&self, values: &mut Values<'_>) -> (Option<u8>, Option<u16>) {
        let months = values
            .integer("asq_se_interval")
            .and_then(|months| u8::try_from(months).ok());
        if values.is_blank("asq_se_score") {
            return (months, None);
        }
        let total = score(values, "asq_se_score").and_then(|hundredths| {
            let total = Asq::social_emotional(hundredths);
            if total.is_none() {
                values.note("asq_se_score", &rules::OUT_OF_RANGE, Effect::BlankedValue);
            }
            total
        });
        (months, total)
    }
}

/// Whether the review took place; a row that does not say did. None where it says something that nobody knows: that keeps
/// the row out.
fn took_place(values: &mut Values<'_>) -> Option<bool> {
    match values.code("status").as_deref() {
        Some("COMPLETED") => Some(true),
        Some("NOT_ATTENDED" | "DECLINED" | "CANCELLED") => Some(false),
        None if values.is_blank("status") || !values.has("status") => Some(true),
        _ => {
            values.note("status", &rules::NOT_MINIMUM, Effect::QuarantinedRow);
            None
        }
    }
}

/// The domains of ASQ-3 by their fields.
const DOMAINS: [(&str, Domain); 5] = [
    ("asq3_communication", Domain::Communication),
    ("asq3_gross_motor", Domain::GrossMotor),
    ("asq3_fine_motor", Domain::FineMotor),
    ("asq3_problem_solving", Domain::ProblemSolving),
    ("asq3_personal_social", Domain::PersonalSocial),
];

/// A score in hundredths; one that is no number is noted.
fn score(values: &mut Values<'_>, field: &str) -> Option<i64> {
    let hundredths = values.raw(field).and_then(|text| hundredths(&text));
    if hundredths.is_none() {
        values.bad(field, &rules::NOT_A_SCORE);
    }
    hundredths
}

/// The mother, where the row has a number of hers or its digest.
pub(crate) fn mother(values: &mut Values<'_>, test_numbers: TestNumbers) -> Option<Identity> {
    let nhs_number = people::nhs_number(values, "mother_nhs_number", test_numbers);
    let nhs_number_status = people::nhs_number_status(values, "mother_nhs_number_status");
    let nhs_number_digest = people::nhs_number_digest(values, "mother_nhs_number_digest");
    (nhs_number != Held::Absent || nhs_number_digest != Held::Absent).then(|| Identity {
        nhs_number,
        nhs_number_status,
        nhs_number_digest,
        ..Identity::default()
    })
}

/// Completed months of age on a day; none before birth.
pub(crate) fn age_months(birth: Date, day: Date) -> Option<u8> {
    let age = birth.until((Unit::Month, day)).ok()?;
    (birth <= day)
        .then(|| u8::try_from(age.get_months()).ok())
        .flatten()
}

/// The rule that a child's age on the day of the review breaks.
pub(crate) fn odd_age(birth: Date, day: Date) -> Option<&'static Rule> {
    if day < birth {
        return Some(&rules::BEFORE_BIRTH);
    }
    let months = birth.until((Unit::Month, day)).ok()?.get_months();
    (!LIKELY_MONTHS.contains(&months)).then_some(&rules::ODD_AGE)
}

/// Whether the child can be told from others: by NHS number, by its digest, or by names and either birth date or postcode. A postcode
/// of no place counts as one: a homeless child's review is not turned away.
fn need_somebody(values: &mut Values<'_>, child: &Identity) -> Option<()> {
    let named = child.surname.valid().is_some() && child.forename.valid().is_some();
    let placed =
        matches!(child.postcode, Held::Valid(_) | Held::Placeholder) || child.birth_date.valid().is_some();
    let numbered = child.nhs_number.valid().is_some() || child.nhs_number_digest.valid().is_some();
    if numbered || (named && placed) {
        return Some(());
    }
    values.note("nhs_number", &rules::NOBODY, Effect::QuarantinedRow);
    None
}

fn key(reference: &str) -> BusinessKey {
    BusinessKey::new("review-id", &[reference])
}

/// The key of a review without a reference: its child and its day.
fn key_of_child(child: &Identity, day: Date) -> BusinessKey {
    let day = day.to_string();
    if let Some(number) = child.nhs_number.valid() {
        return BusinessKey::new("review-nhs-number", &[number.expose(), &day]);
    }
    if let (None, Some(digest)) = (child.surname.valid(), child.nhs_number_digest.valid()) {
        return BusinessKey::of_digest("review-nhs-number-digest", digest, &[&day]);
    }
    let name = |name: &Held<Name>| name.valid().map_or("", Name::expose).to_owned();
    let birth = child.birth_date.valid().map(|birth| birth.date().to_string());
    BusinessKey::new(
        "review-names-and-birth-date",
        &[
            &name(&child.surname),
            &name(&child.forename),
            &birth.unwrap_or_default(),
            &day,
        ],
    )
}
