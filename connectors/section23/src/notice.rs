//! One row of notices.

use std::sync::Arc;

use identity::{BusinessKey, Identity, People, SenderReference};
use jiff::civil::{Date, DateTime};
use kit::{
    Delivery, Incoming, Level, Parsed, ReadError, Reading, Values, Verdict,
    codes::{self, CodeList},
    date::Moment,
};
use records::{Payload, Record, Section23Notice, State, Version, finding::Effect};

use crate::{HealthBodies, NOTICES, fields, minimum, person, rules};

mod order;
mod other;

/// What is needed to read the rows of a delivery.
pub(crate) struct Notices<'a> {
    reading: &'a Reading<'a>,
    bodies: &'a HealthBodies,
    received: DateTime,
    sexes: Arc<CodeList>,
    ethnic_categories: Arc<CodeList>,
    types_of_need: Arc<CodeList>,
}

/// What every notice has, a withdrawal too.
struct Frame {
    organisation: String,
    reference: Option<String>,
    version: Version,
    sent: Option<Moment>,
    received: Option<Date>,
}

impl<'a> Notices<'a> {
    pub(crate) fn new(
        delivery: &Delivery,
        reading: &'a Reading<'a>,
        bodies: &'a HealthBodies,
    ) -> Result<Self, ReadError> {
        Ok(Notices {
            reading,
            bodies,
            received: delivery.received,
            sexes: codes::list("sex")?,
            ethnic_categories: codes::list("ethnic-2001")?,
            types_of_need: codes::list("sen-types")?,
        })
    }

    /// The record of a row; none where it says too little, which is then noted.
    pub(crate) fn read(&self, values: &mut Values<'_>) -> Option<Incoming> {
        // One that is not known may be a way to take the notice back: it is never taken for a notice.
        let known = |action: &String| fields::ACTION.iter().any(|(code, _)| code == action);
        let action = values.code("action").filter(known);
        let action = minimum::need(values, "action", action)?;
        let organisation = values.text("notifier_org_ods");
        let organisation = minimum::need(values, "notifier_org_ods", organisation);
        let reference = values.text("notification_id");
        let reference = match values.has("notification_id") {
            true => Some(minimum::need(values, "notification_id", reference)),
            false => None,
        };
        let sent = self.moment(values, "sent_at");
        let received = self.moment(values, "received_at");
        let came = received.map_or(self.received, |received| received.ordered);
        let frame = Frame {
            organisation: organisation?,
            reference: match reference {
                Some(reference) => Some(reference?),
                None => None,
            },
            version: Version::at(sent.map_or(came, |sent| sent.ordered)),
            sent,
            received: received.map(|received| received.written.date()),
        };
        if action == "WITHDRAW" {
            self.withdrawal(values, frame)
        } else {
            self.notice(values, frame, action)
        }
    }

    /// A notice that is taken back needs its reference alone; what else it says is not looked at.
    fn withdrawal(&self, values: &mut Values<'_>, frame: Frame) -> Option<Incoming> {
        let reference = minimum::need(values, "notification_id", frame.reference)?;
        let opinion_date = match values.parsed_date("opinion_date") {
            Parsed::Value(day) => Some(day),
            Parsed::Blank | Parsed::Bad => None,
        };
        let record = Record {
            version: frame.version,
            state: State::Withdrawn,
            event_date: opinion_date.unwrap_or_else(|| frame.version.time().date()),
            received_date: frame.received,
            sex: records::Sex::U,
            ethnic_group: None,
            scope: None,
        };
        Some(Incoming {
            people: People::default(),
            key: key(&frame.organisation, &reference),
            reference: SenderReference::new(&reference),
            location: values.location(),
            record,
            rows: vec![(NOTICES.name, 1)],
            replaces: Vec::new(),
        })
    }

    fn notice(&self, values: &mut Values<'_>, frame: Frame, action: String) -> Option<Incoming> {
        let people = person::people(values, self.reading.test_numbers, self.reading.as_at);
        let child = people.child.as_ref()?;
        let opinion_date = values.date("opinion_date");
        let la_gss = self.authority(values);
        let limb = values.code("limb");
        let category = values.code("category");
        let notice_kind = values.code("kind");

        // Every value of the minimum is looked at before the row is given up, so that one letter back to the sender
        // says all.
        let opinion_date = minimum::need(values, "opinion_date", opinion_date);
        let la_gss = minimum::need(values, "la_gss", la_gss);
        let birth_date = minimum::need(
            values,
            "birth_date",
            child.birth_date.valid().map(|birth| birth.date()),
        );
        let limb = minimum::need(values, "limb", limb);
        let category = minimum::need(values, "category", category);
        let notice_kind = minimum::need(values, "kind", notice_kind);
        let somebody = minimum::somebody(values, child);
        note_blanks(values);
        let (opinion_date, birth_date) = (opinion_date?, birth_date?);
        if somebody == Verdict::Quarantined {
            return None;
        }

        let parent_informed_date = self.day(values, "parent_informed_date");
        let discussion_offered_date = self.day(values, "discussion_offered_date");
        let sent_date = frame.sent.map(|sent| sent.written.date());
        let dates = order::Dates {
            as_at: self.reading.as_at,
            birth: birth_date,
            opinion: opinion_date,
            informed: parent_informed_date,
            sent: sent_date,
        };
        order::note_order(values, dates);
        if self.bodies.is_nobody(&frame.organisation) {
            values.note("notifier_org_ods", &rules::NO_ORGANISATION, Effect::Accepted);
        }
        let own_number = child.nhs_number.valid();
        let mothers_number = people
            .mother
            .as_ref()
            .and_then(|mother| mother.nhs_number.valid());
        if own_number.is_some() && own_number == mothers_number {
            values.note("mother_nhs_number", &rules::SAME_NUMBER, Effect::Accepted);
        }
        let replaces = self.replaces(values, &frame, &action);
        if notice_kind.as_deref() == Some("NOTIFICATION_AND_REFERRAL")
            && values.has("referral_consent")
            && values.is_blank("referral_consent")
        {
            values.note("referral_consent", &rules::NO_REFERRAL_CONSENT, Effect::Accepted);
        }

        let primary_need = values
            .code("primary_need")
            .map(|code| self.need(values, "primary_need", code));
        let other_needs = self.other_needs(values);
        let mut other = other::items_of(values, self.bodies);
        if other_needs.len() > 1 {
            other.insert("other_needs".to_owned(), other_needs.join(";"));
        }
        let payload = Section23Notice {
            statutory_duty: self.bodies.has_duty(&frame.organisation),
            notifier_org: frame.organisation.clone(),
            delivering_org: values.text("delivering_org_ods"),
            opinion_date,
            parent_informed_date,
            discussion_offered_date,
            sent_date,
            limb: limb?,
            category: category?,
            primary_need,
            secondary_need: other_needs.into_iter().next(),
            notifier_role: values.code("notifier_role"),
            notice_kind: notice_kind?,
            action,
            la_gss: Some(la_gss?),
            share_for_services: values.code("share_for_services"),
            parent_objection: values.code("parent_objection").as_deref() == Some("Y"),
            other,
        };
        let record = Record {
            version: frame.version,
            state: State::Current(Box::new(Payload::Section23(payload))),
            event_date: opinion_date,
            received_date: frame.received,
            sex: values
                .code("sex")
                .map(|code| self.sexes.sex(&code))
                .unwrap_or_default(),
            ethnic_group: values
                .code("ethnic_category")
                .and_then(|code| self.ethnic_categories.ethnic_group(&code)),
            scope: None,
        };
        let key = match &frame.reference {
            Some(reference) => key(&frame.organisation, reference),
            None => key_of_child(&frame.organisation, child, opinion_date),
        };
        Some(Incoming {
            key,
            reference: frame.reference.as_deref().and_then(SenderReference::new),
            location: values.location(),
            record,
            rows: vec![(NOTICES.name, 1)],
            replaces,
            people,
        })
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

    /// A day; one that is yet to come is noted and kept.
    fn day(&self, values: &mut Values<'_>, field: &str) -> Option<Date> {
        let day = values.date(field)?;
        if day > self.reading.as_at {
            values.note(field, &rules::FUTURE_DATE, Effect::Accepted);
        }
        Some(day)
    }

    /// A type of need by the code that the dataset has for it; one that was given up is noted.
    fn need(&self, values: &mut Values<'_>, field: &str, code: String) -> String {
        let Some((name, known)) = self.types_of_need.find(&code) else {
            return code;
        };
        if known.until.is_some() {
            values.note(field, &kit::rules::LEGACY_CODE, Effect::Accepted);
        }
        known.means.as_deref().unwrap_or(name).to_owned()
    }

    /// Types of need, without repeats.
    fn other_needs(&self, values: &mut Values<'_>) -> Vec<String> {
        let mut needs: Vec<String> = Vec::new();
        for code in values.codes("other_needs") {
            let need = self.need(values, "other_needs", code);
            if !needs.contains(&need) {
                needs.push(need);
            }
        }
        needs
    }

    /// The authority: unitary, metropolitan, London or county.
    fn authority(&self, values: &mut Values<'_>) -> Option<String> {
        let code = values.text("la_gss")?;
        if ["E06", "E08", "E09", "E10"]
            .iter()
            .any(|prefix| code.starts_with(prefix))
        {
            return Some(code);
        }
        values.bad("la_gss", &rules::NOT_AN_ENGLISH_AUTHORITY);
        None
    }

    fn replaces(&self, values: &mut Values<'_>, frame: &Frame, action: &str) -> Vec<BusinessKey> {
        if action != "CORRECT" {
            return Vec::new();
        }
        match values.text("replaces_notification_id") {
            Some(replaced) if frame.reference.as_ref() != Some(&replaced) => {
                vec![key(&frame.organisation, &replaced)]
            }
            _ => {
                values.note(
                    "replaces_notification_id",
                    &rules::NOTHING_REPLACED,
                    Effect::Accepted,
                );
                Vec::new()
            }
        }
    }
}

fn key(organisation: &str, reference: &str) -> BusinessKey {
    BusinessKey::new("notice-id", &[organisation, reference])
}

/// The key of a notice without a reference: its child and the day of the opinion.
fn key_of_child(organisation: &str, child: &Identity, opinion: Date) -> BusinessKey {
    let opinion = opinion.to_string();
    if let Some(number) = child.nhs_number.valid() {
        return BusinessKey::new("notice-nhs-number", &[organisation, number.expose(), &opinion]);
    }
    if let (None, Some(digest)) = (child.surname.valid(), child.nhs_number_digest.valid()) {
        return BusinessKey::of_digest("notice-nhs-number-digest", digest, &[organisation, &opinion]);
    }
    let name = |name: &identity::Held<identity::Name>| name.valid().map(|name| name.expose().to_owned());
    let birth = child.birth_date.valid().map(|birth| birth.date().to_string());
    BusinessKey::new(
        "notice-names-and-birth-date",
        &[
            organisation,
            &name(&child.surname).unwrap_or_default(),
            &name(&child.forename).unwrap_or_default(),
            &birth.unwrap_or_default(),
            &opinion,
        ],
    )
}

/// Notes what is blank and should not be, beyond the minimum. A field that the layout does not have is no fault of
/// the row.
fn note_blanks(values: &mut Values<'_>) {
    for field in NOTICES.fields {
        let part_of_minimum = minimum::FIELDS.contains(&field.name) || field.name == "notification_id";
        if part_of_minimum || !values.has(field.name) || !values.is_blank(field.name) {
            continue;
        }
        match field.level {
            Level::Required => values.note(field.name, &kit::rules::MISSING_VALUE, Effect::Accepted),
            Level::Expected => values.note(field.name, &kit::rules::EXPECTED_VALUE, Effect::Accepted),
            _ => {}
        }
    }
}
