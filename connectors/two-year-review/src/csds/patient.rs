//! One patient: who it is, and the records of the reviews.

use std::collections::BTreeMap;

use identity::{BirthDate, BusinessKey, Held as Identifier, Identity, People, SenderReference};
use jiff::civil::Date;
use kit::{
    Incoming, Parsed, ReadError, Sink, Values, Verdict,
    people::{self, Home},
    table_set::Seen,
};
use records::{EthnicGroup, Location, Outcome, Payload, Record, Sex, State, TwoYearReview, finding::Effect};

use super::{
    Around, Family, Rows, Tables,
    answers::{Given, Scored, Scoring},
    found::{By, Found},
    tables::{ACTIVITIES, CONTACT_SCORES, CONTACTS, PATIENTS, REFERRAL_SCORES, REFERRALS, TEAMS},
};
use crate::{flat, rules};

/// Who a patient is, as far as records of reviews say.
struct Patient {
    child: Identity,
    mother: Option<Identity>,
    sex: Sex,
    ethnic_group: Option<EthnicGroup>,
    /// Flags by their field's name.
    flags: BTreeMap<String, String>,
}

/// Flags of a patient's own row.
const FLAGS: [&str; 3] = ["looked_after", "safeguarding", "constant_supervision"];

impl Tables {
    /// Reads a row of patients and whatever hangs on it.
    pub(super) fn read_patient(
        &mut self,
        mut values: Values<'_>,
        keys: &mut Seen,
        around: Around<'_>,
        sink: &mut dyn Sink,
    ) -> Result<(), ReadError> {
        let Some(key) = keys.key(&mut values, "patient_id") else {
            values.finish(sink)?;
            sink.rows_without_record(PATIENTS, Outcome::Quarantined, 1);
            return Ok(());
        };
        let family = self.take(&key);
        let birth = match values.parsed_date("birth_date") {
            Parsed::Value(day) => Some(day),
            Parsed::Blank | Parsed::Bad => None,
        };
        let reviews = self.find(&family, birth, around, sink);
        let patient = (!reviews.found.is_empty()).then(|| Patient::read(&mut values, around));
        let patient = patient.flatten();
        let verdict = values.finish(sink)?;

        // What is in use counts with its record, or is kept out with it; the rest is of no concern.
        let mut left = Tally::of(family.rows.iter().copied().chain([(PATIENTS, 1)]));
        if verdict == Verdict::Quarantined {
            left.count(PATIENTS, 1, Outcome::Quarantined, sink);
        }
        for contact in &reviews.kept_out {
            left.count(CONTACTS, 1, Outcome::Quarantined, sink);
            left.count(
                ACTIVITIES,
                contact.activities.len() as u64,
                Outcome::Quarantined,
                sink,
            );
            left.count(
                CONTACT_SCORES,
                contact.scores.len() as u64,
                Outcome::Quarantined,
                sink,
            );
        }
        left.count(
            REFERRAL_SCORES,
            reviews.scores_kept_out,
            Outcome::Quarantined,
            sink,
        );
        let mut referrals_in_use: Vec<&str> = Vec::new();
        for (number, found) in reviews.found.iter().enumerate() {
            let mut rows = found.rows();
            if !referrals_in_use.contains(&found.referral.id.as_ref()) {
                referrals_in_use.push(&found.referral.id);
                rows.push((REFERRALS, 1));
                rows.push((TEAMS, found.referral.teams.len() as u64));
            }
            if number == 0 {
                rows.extend_from_slice(&family.own_rows);
                rows.push((PATIENTS, 1));
            }
            let Some(patient) = patient.as_ref().filter(|_| verdict == Verdict::Keep) else {
                for (table, rows) in rows {
                    left.count(table, rows, Outcome::Quarantined, sink);
                }
                continue;
            };
            let place = self.place(found);
            let scored = self.score(found, patient, place.clone(), around, sink)?;
            for table in &scored.kept_out {
                left.count(table, 1, Outcome::Quarantined, sink);
            }
            rows.retain_mut(|(table, rows)| {
                *rows =
                    rows.saturating_sub(scored.kept_out.iter().filter(|out| *out == table).count() as u64);
                *rows = left.take(table, *rows);
                *rows > 0
            });
            note_date(found, patient.birth(), &place, around, sink);
            sink.record(patient.record(found, &family, scored, place, rows, around))?;
        }
        left.finish(sink);
        Ok(())
    }

    /// Where a review stands: its contact's row, or that of its first score.
    fn place(&self, found: &Found<'_>) -> Location {
        match (found.contact, found.assessed.first()) {
            (Some(contact), _) => self.place_of(contact, "contact_date"),
            (None, Some(first)) => self.referral_scores.place(first, "completed"),
            (None, None) => Location::default(),
        }
    }

    fn score(
        &self,
        found: &Found<'_>,
        patient: &Patient,
        place: Location,
        around: Around<'_>,
        sink: &mut dyn Sink,
    ) -> Result<Scored, ReadError> {
        let at_contact = found
            .contact
            .map(|contact| contact.scores.as_slice())
            .unwrap_or_default();
        let at_contact = at_contact.iter().map(|row| Given {
            row: *row,
            held: &self.contact_scores,
        });
        let on_referral = found.assessed.iter().map(|row| Given {
            row: *row,
            held: &self.referral_scores,
        });
        let given: Vec<Given<'_>> = at_contact.chain(on_referral).collect();
        let scoring = Scoring {
            asq: around.lists.asq,
            contract: around.reading.layout.contract,
            birth: patient.birth(),
            day: found.date,
            place,
        };
        scoring.read(&given, sink)
    }
}

impl Found<'_> {
    /// The rows that only this review is made of.
    fn rows(&self) -> Rows {
        let mut rows = vec![(REFERRAL_SCORES, self.assessed.len() as u64)];
        if let Some(contact) = self.contact {
            rows.push((CONTACTS, 1));
            rows.push((ACTIVITIES, contact.activities.len() as u64));
            rows.push((CONTACT_SCORES, contact.scores.len() as u64));
        }
        rows
    }

    /// What names the review.
    fn key(&self) -> BusinessKey {
        match self.contact.and_then(|contact| contact.row.says.as_ref()) {
            Some(contact) => BusinessKey::new("care-contact", &[&contact.id]),
            None => BusinessKey::new("service-request", &[&self.referral.id, &self.date.to_string()]),
        }
    }
}

impl Patient {
    /// Reads the row; none where nothing tells the child from others, which has then been noted as costing the row.
    fn read(values: &mut Values<'_>, around: Around<'_>) -> Option<Self> {
        let reading = around.reading;
        for field in ["nhs_number", "birth_date", "postcode", "sex"] {
            if values.is_blank(field) {
                values.note(field, &kit::rules::EXPECTED_VALUE, Effect::Accepted);
            }
        }
        let child = Identity {
            nhs_number: people::nhs_number(values, "nhs_number", reading.test_numbers),
            nhs_number_status: people::nhs_number_status(values, "nhs_number_status"),
            birth_date: people::birth_date(values, "birth_date", reading.as_at, &kit::rules::BAD_BIRTH_DATE),
            ..Identity::default()
        };
        let child = Home::read(values, "postcode").of(child);
        let mother = flat::mother(values, reading.test_numbers);
        let sex = values.code("sex");
        let ethnic_category = values.code("ethnic_category");
        let lists = around.lists;
        let mut flags = BTreeMap::new();
        for flag in FLAGS {
            if let Some(code @ ("Y" | "N")) = values.code(flag).as_deref() {
                flags.insert(flag.to_owned(), code.to_owned());
            }
        }
        // Without names a birth date alone is shared by many; a homeless child has no postcode that says more.
        let at_home = matches!(child.postcode, Identifier::Valid(_)) || child.no_fixed_abode;
        let is_somebody =
            child.nhs_number.valid().is_some() || (child.birth_date.valid().is_some() && at_home);
        if !is_somebody {
            values.note("nhs_number", &rules::NOBODY, Effect::QuarantinedRow);
            return None;
        }
        Some(Patient {
            child,
            mother,
            sex: sex.map(|code| lists.sexes.sex(&code)).unwrap_or_default(),
            ethnic_group: ethnic_category.and_then(|code| lists.ethnic_categories.ethnic_group(&code)),
            flags,
        })
    }

    fn birth(&self) -> Option<Date> {
        self.child.birth_date.valid().map(BirthDate::date)
    }

    fn record(
        &self,
        found: &Found<'_>,
        family: &Family,
        scored: Scored,
        location: Location,
        rows: Rows,
        around: Around<'_>,
    ) -> Incoming {
        let says = found.contact.and_then(|contact| contact.row.says.as_ref());
        let mut other = self.flags.clone();
        other.insert("found_by".to_owned(), found.by.as_str().to_owned());
        if let Some(mechanism) = says.and_then(|contact| contact.mechanism.clone()) {
            other.insert("consultation_mechanism".to_owned(), mechanism);
        }
        if family.has_safeguarding_factors {
            other.insert("safeguarding".to_owned(), "Y".to_owned());
        }
        if family.plans.iter().any(|plan| plan.covers(found.date)) {
            other.insert("child_protection_plan".to_owned(), "Y".to_owned());
        }
        let review = TwoYearReview {
            review_date: found.date,
            age_months: self.birth().and_then(|birth| flat::age_months(birth, found.date)),
            integrated: None,
            asq3: scored.asq3,
            asq_se_interval_months: scored.asq_se.map(|(months, _)| months),
            asq_se_score: scored.asq_se.and_then(|(_, total)| total),
            needs: sorted(&family.needs),
            disabilities: sorted(&family.disabilities),
            other,
        };
        let submission = around.submission;
        Incoming {
            people: People {
                child: Some(self.child.clone()),
                mother: self.mother.clone(),
                ..People::default()
            },
            key: found.key(),
            reference: SenderReference::new(says.map_or(&found.referral.id, |contact| &contact.id)),
            location,
            record: Record {
                version: submission.version(),
                state: State::Current(Box::new(Payload::TwoYearReview(review))),
                event_date: found.date,
                received_date: None,
                sex: self.sex,
                ethnic_group: self.ethnic_group,
                scope: Some(submission.scope()),
            },
            rows,
            replaces: Vec::new(),
        }
    }
}

/// Notes a day that a review can hardly have been on.
fn note_date(
    found: &Found<'_>,
    birth: Option<Date>,
    place: &Location,
    around: Around<'_>,
    sink: &mut dyn Sink,
) {
    let month = around.submission.month;
    if records::Month::of(found.date) != month {
        sink.finding(kit::report::at(
            &rules::OUTSIDE_PERIOD,
            Effect::Accepted,
            place.clone(),
        ));
    }
    if let Some(rule) = birth.and_then(|birth| flat::odd_age(birth, found.date))
        && (found.by == By::Type || rule.id == rules::BEFORE_BIRTH.id)
    {
        sink.finding(kit::report::at(rule, Effect::Accepted, place.clone()));
    }
}

fn sorted(codes: &[String]) -> Vec<String> {
    let codes: std::collections::BTreeSet<&String> = codes.iter().collect();
    codes.into_iter().cloned().collect()
}

/// Rows that still have to be counted, by table.
struct Tally(BTreeMap<&'static str, u64>);

impl Tally {
    fn of(rows: impl Iterator<Item = (&'static str, u64)>) -> Self {
        let mut tally = BTreeMap::new();
        for (table, rows) in rows {
            *tally.entry(table).or_default() += rows;
        }
        Tally(tally)
    }

    /// Takes as many rows as there are left of those asked for.
    fn take(&mut self, table: &'static str, rows: u64) -> u64 {
        let left = self.0.entry(table).or_default();
        let taken = rows.min(*left);
        *left -= taken;
        taken
    }

    fn count(&mut self, table: &'static str, rows: u64, outcome: Outcome, sink: &mut dyn Sink) {
        let rows = self.take(table, rows);
        if rows > 0 {
            sink.rows_without_record(table, outcome, rows);
        }
    }

    /// Counts what is left as out of scope.
    fn finish(self, sink: &mut dyn Sink) {
        for (table, rows) in self.0 {
            if rows > 0 {
                sink.rows_without_record(table, Outcome::OutOfScope, rows);
            }
        }
    }
}
