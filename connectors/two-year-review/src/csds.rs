//! A submission to the Community Services Data Set.
//!
//! Scores hang on activities or referrals, activities on contacts, contacts on referrals, referrals on patients. All but
//! the patients are held by what they hang on; patients are streamed, and each takes what is theirs. Only of patients
//! with a review are the identifiers read.

use std::sync::Arc;

use jiff::civil::Date;
use kit::{
    Delivery, Parsed, ReadError, Reading, Sink, SnapshotScope, Values,
    codes::{self, CodeList},
    table_set::{Held, HeldRow, Seen, Submission, TableSet},
};
use records::Outcome;

use crate::asq::{Asq, Meaning, hundredths};

mod answers;
mod found;
mod patient;
pub(crate) mod tables;

use tables::{
    ACTIVITIES, CONTACT_SCORES, CONTACTS, DISABILITIES, HEADER, NEEDS, PATIENTS, PROTECTION, REFERRAL_SCORES,
    REFERRALS, SAFEGUARDING, TEAMS,
};

/// The team type of health visiting (Community Services Data Set, CYP102).
const HEALTH_VISITING: &str = "16";

/// Rows by table, to be counted.
type Rows = Vec<(&'static str, u64)>;

/// Reads a submission.
pub(crate) fn read(
    delivery: &Delivery,
    reading: &Reading<'_>,
    sink: &mut dyn Sink,
) -> Result<Vec<SnapshotScope>, ReadError> {
    let lists = Lists::load()?;
    let mut set = TableSet::open(tables::TABLES, delivery, reading, sink)?;
    let submission = set.submission(HEADER, sink)?;
    let mut tables = Tables::hold(&mut set, &lists, sink)?;
    let around = Around {
        reading,
        lists: &lists,
        submission: &submission,
    };
    let mut keys = Seen::default();
    set.each_row(PATIENTS, sink, |values, sink| {
        tables.read_patient(values, &mut keys, around, sink)
    })?;
    tables.report_orphans(sink)?;
    set.finish(sink)?;
    Ok(vec![submission.snapshot()])
}

/// What every row is read in the light of.
#[derive(Clone, Copy)]
struct Around<'a> {
    reading: &'a Reading<'a>,
    lists: &'a Lists,
    submission: &'a Submission,
}

/// The lists whose codes mean something in the dataset, and the questionnaires.
struct Lists {
    activities: Arc<CodeList>,
    attendance: Arc<CodeList>,
    mechanisms: Arc<CodeList>,
    needs: Arc<CodeList>,
    disabilities: Arc<CodeList>,
    sexes: Arc<CodeList>,
    ethnic_categories: Arc<CodeList>,
    asq: &'static Asq,
}

impl Lists {
    fn load() -> Result<Self, ReadError> {
        Ok(Lists {
            activities: codes::list("community-activity-type")?,
            attendance: codes::list("attendance-status")?,
            mechanisms: codes::list("consultation-mechanism")?,
            needs: codes::list("education-need")?,
            disabilities: codes::list("disability")?,
            sexes: codes::list("sex")?,
            ethnic_categories: codes::list("ethnic-2001")?,
            asq: Asq::carried()?,
        })
    }
}

/// A team that a referral is to.
#[derive(Clone)]
struct Team {
    id: Option<Box<str>>,
    /// None where its type is blank.
    is_health_visiting: Option<bool>,
}

/// A contact.
#[derive(Clone)]
struct Contact {
    id: Box<str>,
    team: Option<Box<str>>,
    date: Option<Date>,
    attended: Option<bool>,
    mechanism: Option<String>,
}

/// What was done at a contact.
#[derive(Clone)]
struct Activity {
    id: Box<str>,
    kind: ActivityKind,
}

/// What the type of an activity says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ActivityKind {
    /// It is a 2-2½-year review.
    Review,
    /// It is something else.
    Other,
    /// The code is not in the list.
    Unknown,
    /// There is no type.
    Blank,
}

/// A score.
#[derive(Clone, Copy, Debug)]
struct Answer {
    /// None where the code is not one of a questionnaire's.
    meaning: Option<Meaning>,
    /// In hundredths; none where it is no number.
    score: Option<i64>,
    /// When the assessment was completed, where the row says.
    completed: Option<Date>,
}

impl Answer {
    fn read(values: &Values<'_>, asq: &Asq) -> Self {
        let code = values.raw("assessment").and_then(|code| code.parse().ok());
        let completed = match values.parsed_date("completed") {
            Parsed::Value(day) => Some(day),
            Parsed::Blank | Parsed::Bad => None,
        };
        Answer {
            meaning: code.and_then(|code| asq.meaning(code)),
            score: values.raw("score").and_then(|score| hundredths(&score)),
            completed,
        }
    }
}

/// A child protection plan.
#[derive(Clone, Copy)]
struct Plan {
    start: Option<Date>,
    end: Option<Date>,
}

impl Plan {
    /// Whether the plan is in force on a day.
    fn covers(self, day: Date) -> bool {
        self.start.is_none_or(|start| start <= day) && self.end.is_none_or(|end| day <= end)
    }
}

/// Everything that hangs on patients.
struct Tables {
    referrals: Held<Box<str>>,
    teams: Held<Team>,
    contacts: Held<Contact>,
    activities: Held<Activity>,
    contact_scores: Held<Answer>,
    referral_scores: Held<Answer>,
    needs: Held<String>,
    disabilities: Held<String>,
    safeguarding: Held<()>,
    protection: Held<Plan>,
}

/// What hangs on one patient.
struct Family {
    referrals: Vec<Referral>,
    needs: Vec<String>,
    disabilities: Vec<String>,
    has_safeguarding_factors: bool,
    plans: Vec<Plan>,
    /// Every row that was taken.
    rows: Rows,
    /// Those of them that hang on the patient directly: needs, disabilities, factors, plans.
    own_rows: Rows,
}

/// A referral, with what hangs on it.
struct Referral {
    id: Box<str>,
    teams: Vec<Team>,
    contacts: Vec<Seeing>,
    scores: Vec<HeldRow<Answer>>,
}

/// A contact, with what hangs on it.
struct Seeing {
    row: HeldRow<Contact>,
    activities: Vec<HeldRow<Activity>>,
    scores: Vec<HeldRow<Answer>>,
}

impl Tables {
    fn hold(set: &mut TableSet<'_>, lists: &Lists, sink: &mut dyn Sink) -> Result<Self, ReadError> {
        let (mut referrals, mut contacts, mut activities) =
            (Seen::default(), Seen::default(), Seen::default());
        let team = |values: &Values<'_>| values.raw("team_id").map(|id| id.as_ref().into());
        Ok(Tables {
            referrals: set.hold(REFERRALS, "patient_id", sink, |values| {
                referrals.key(values, "referral_id")
            })?,
            teams: set.hold(TEAMS, "referral_id", sink, |values| {
                let team_type = values.raw("team_type");
                Some(Team {
                    id: team(values),
                    is_health_visiting: team_type.map(|team_type| team_type == HEALTH_VISITING),
                })
            })?,
            contacts: set.hold(CONTACTS, "referral_id", sink, |values| {
                let attendance = values.code("attendance");
                let mechanism = values.code("consultation_mechanism");
                Some(Contact {
                    id: contacts.key(values, "contact_id")?,
                    team: team(values),
                    date: values.date("contact_date"),
                    attended: attendance
                        .and_then(|code| lists.attendance.meant(&code))
                        .map(|means| means == "ATTENDED"),
                    mechanism: mechanism.and_then(|code| lists.mechanisms.meant(&code)),
                })
            })?,
            activities: set.hold(ACTIVITIES, "contact_id", sink, |values| {
                let kind = match values.parsed_code("activity_type") {
                    Parsed::Blank => ActivityKind::Blank,
                    Parsed::Bad => ActivityKind::Unknown,
                    Parsed::Value(code) => match lists.activities.meant(&code).as_deref() {
                        Some("REVIEW") => ActivityKind::Review,
                        _ => ActivityKind::Other,
                    },
                };
                Some(Activity {
                    id: activities.key(values, "activity_id")?,
                    kind,
                })
            })?,
            contact_scores: set.hold(CONTACT_SCORES, "activity_id", sink, |values| {
                Some(Answer::read(values, lists.asq))
            })?,
            referral_scores: set.hold(REFERRAL_SCORES, "referral_id", sink, |values| {
                Some(Answer::read(values, lists.asq))
            })?,
            needs: set.hold(NEEDS, "patient_id", sink, |values| {
                values.code("need").and_then(|code| lists.needs.meant(&code))
            })?,
            disabilities: set.hold(DISABILITIES, "patient_id", sink, |values| {
                values
                    .code("disability")
                    .and_then(|code| lists.disabilities.meant(&code))
            })?,
            safeguarding: set.hold(SAFEGUARDING, "patient_id", sink, |_| Some(()))?,
            protection: set.hold(PROTECTION, "patient_id", sink, |values| {
                Some(Plan {
                    start: values.date("start_date"),
                    end: values.date("end_date"),
                })
            })?,
        })
    }

    /// Takes what hangs on a patient.
    fn take(&mut self, patient: &str) -> Family {
        let mut own_rows = Rows::new();
        let needs = says(self.needs.take(patient, &mut own_rows));
        let disabilities = says(self.disabilities.take(patient, &mut own_rows));
        let has_safeguarding_factors = !self.safeguarding.take(patient, &mut own_rows).is_empty();
        let plans = says(self.protection.take(patient, &mut own_rows));
        let mut rows = own_rows.clone();
        let ids: Vec<Box<str>> = says(self.referrals.take(patient, &mut rows));
        let referrals = ids
            .into_iter()
            .map(|id| self.take_referral(id, &mut rows))
            .collect();
        Family {
            referrals,
            needs,
            disabilities,
            has_safeguarding_factors,
            plans,
            rows,
            own_rows,
        }
    }

    fn take_referral(&mut self, id: Box<str>, rows: &mut Rows) -> Referral {
        let teams = says(self.teams.take(&id, rows));
        let scores = self.referral_scores.take(&id, rows).to_vec();
        let held = self.contacts.take(&id, rows).to_vec();
        let contacts = held.into_iter().map(|row| self.take_contact(row, rows)).collect();
        Referral {
            id,
            teams,
            contacts,
            scores,
        }
    }

    fn take_contact(&mut self, row: HeldRow<Contact>, rows: &mut Rows) -> Seeing {
        let id = row
            .says
            .as_ref()
            .map(|contact| contact.id.clone())
            .unwrap_or_default();
        let activities = self.activities.take(&id, rows).to_vec();
        let mut scores = Vec::new();
        for activity in activities.iter().filter_map(|row| row.says.as_ref()) {
            scores.extend_from_slice(self.contact_scores.take(&activity.id, rows));
        }
        Seeing {
            row,
            activities,
            scores,
        }
    }

    /// Reports what hangs on nothing. What hangs on that in turn is kept out with it and not reported again.
    fn report_orphans(mut self, sink: &mut dyn Sink) -> Result<(), ReadError> {
        let mut lost = Rows::new();
        let referrals = std::mem::replace(&mut self.referrals, Held::new(REFERRALS, "patient_id"));
        for id in referrals.report_orphans(sink)? {
            self.take_referral(id, &mut lost);
        }
        let contacts = std::mem::replace(&mut self.contacts, Held::new(CONTACTS, "referral_id"));
        for contact in contacts.report_orphans(sink)? {
            for activity in says(self.activities.take(&contact.id, &mut lost)) {
                self.contact_scores.take(&activity.id, &mut lost);
            }
        }
        for activity in self.activities.report_orphans(sink)? {
            self.contact_scores.take(&activity.id, &mut lost);
        }
        self.contact_scores.report_orphans(sink)?;
        self.teams.report_orphans(sink)?;
        self.referral_scores.report_orphans(sink)?;
        self.needs.report_orphans(sink)?;
        self.disabilities.report_orphans(sink)?;
        self.safeguarding.report_orphans(sink)?;
        self.protection.report_orphans(sink)?;
        for (table, rows) in lost {
            sink.rows_without_record(table, Outcome::Quarantined, rows);
        }
        Ok(())
    }
}

/// What rows say whose values did not have to be left out.
fn says<T: Clone>(rows: &[HeldRow<T>]) -> Vec<T> {
    rows.iter().filter_map(|row| row.says.clone()).collect()
}
