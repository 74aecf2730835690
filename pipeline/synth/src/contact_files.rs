//! The files in which health visiting tells of its contacts: monthly submissions of the Community Services Data Set
//! with their refreshes by one service, lists of reviews by the other.

use std::collections::BTreeMap;

use jiff::civil::Date;
use records::Sex;
use two_year_review::{Asq, Domain, Meaning, REVIEWS, TwoYearReview};

use crate::{
    bodies::BODIES,
    calendar::plus_months,
    census::layout,
    contacts::{Contact, Contacts, Entry, LISTS, SUBMITS, Said, What, first_submission},
    family::Families,
    feeds,
    files::Files,
    notices::{Row, moment},
    settings::SynthError,
    stated::Stated,
    submissions::{List, Submission, Tables, Window},
    truth::{Says, Stands, Truth},
};

/// The layouts of both.
pub(crate) const SUBMISSION_LAYOUT: &str = "two-year-review/csds-1.6";
pub(crate) const LIST_LAYOUT: &str = "two-year-review/child-health-csv";

/// How the lists are called.
const LIST_FILE: (&str, &str) = ("reviews-", ".csv");

/// The team of health visitors, and what it does: NHS Data Dictionary, SERVICE OR TEAM TYPE REFERRED TO.
const TEAM: &str = "HV1";
const HEALTH_VISITING: &str = "16";

/// What was written.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Written {
    /// Reviews that are told of at least once.
    pub(crate) reviews: u64,
    pub(crate) records: u64,
    pub(crate) deliveries: u64,
}

/// Writes all that health visiting tells.
pub(crate) fn write_contacts(
    contacts: &Contacts,
    families: &Families<'_>,
    files: &Files,
    truth: &mut Truth,
) -> Result<Written, SynthError> {
    let told = contacts
        .contacts
        .iter()
        .filter(|contact| contact.records(families) > 0);
    let mut written = Written {
        reviews: told.count() as u64,
        ..Written::default()
    };
    submit(contacts, families, files, truth, &mut written)?;
    list(contacts, families, files, truth, &mut written)?;
    Ok(written)
}

/// The submissions: of every month since the first child who is followed could be reviewed.
fn submit(
    contacts: &Contacts,
    families: &Families<'_>,
    files: &Files,
    truth: &mut Truth,
    written: &mut Written,
) -> Result<(), SynthError> {
    let layout = layout(SUBMISSION_LAYOUT)?;
    let asq = Asq::carried().map_err(|error| SynthError::Layout {
        layout: SUBMISSION_LAYOUT.to_owned(),
        why: error.to_string(),
    })?;
    let mut by_submission: BTreeMap<Submission, Vec<(&Contact, &Said)>> = BTreeMap::new();
    for (from, window) in [
        (families.recent_from, Window::Primary),
        (first_submission(families), Window::Refresh),
    ] {
        for submission in Submission::from(from, window, families.last) {
            by_submission.insert(submission, Vec::new());
        }
    }
    for contact in contacts.contacts.iter().filter(|contact| contact.body == SUBMITS) {
        for (submission, said) in contact.submissions(families) {
            by_submission.entry(submission).or_default().push((contact, said));
        }
    }
    let body = &BODIES[SUBMITS];
    let feed = feeds::of_health_visiting(body.ods);
    for (submission, mut told) in by_submission {
        told.sort_by(|(one, _), (other, _)| (one.on, &one.reference).cmp(&(other.on, &other.reference)));
        let mut tables = Tables::begin(
            submission,
            &format!("incoming/two-year-review/{}", body.ods),
            &[
                "CYP000Header",
                "CYP001MPI",
                "CYP101Referral",
                "CYP102ServiceTypeReferredTo",
                "CYP201CareContact",
                "CYP202CareActivity",
                "CYP401SpEdNeedId",
                "CYP402SVF",
                "CYP403CPP",
                "CYP602DisabilityType",
                "CYP609CodedAssessmentReferral",
                "CYP612CodedAssessmentContact",
            ],
        );
        tables.add("CYP000Header", submission.header("1.6", body.ods));
        // A child stands once in a submission, as its first contact there has it.
        let mut children: BTreeMap<&str, &Said> = BTreeMap::new();
        for (contact, said) in told {
            let child = children.entry(&contact.child_reference).or_insert_with(|| {
                add_child(&mut tables, contact, said);
                said
            });
            let (file, line) = add_contact(&mut tables, contact, said, asq);
            if contact.is_review() {
                let stands = Stands {
                    feed: &feed,
                    kind: "two-year-review",
                    file: &file,
                    line,
                    provider: body.ods,
                    reference: &contact.reference,
                    person: &contact.person,
                    says: Says {
                        version: &submission.folder(),
                        day: &contact.on.to_string(),
                        ..Says::default()
                    },
                    ..Stands::default()
                };
                // The data set has no names.
                let child = Stated {
                    family_name: String::new(),
                    given_name: String::new(),
                    ..child.child.clone()
                };
                truth.review(&stands, &child, contact.sex, &asq3_of(said))?;
                written.records += 1;
            }
        }
        tables.write(&layout, kit::Connector::tables(&TwoYearReview), files)?;
        written.deliveries += 1;
    }
    Ok(())
}

fn add_child(tables: &mut Tables, contact: &Contact, said: &Said) {
    let mut row = Row::from([
        ("patient_id", contact.child_reference.clone()),
        ("sex", sex(contact.sex).to_owned()),
        ("ethnic_category", contact.ethnic_category.to_owned()),
    ]);
    put(&mut row, "nhs_number", &said.child.nhs_number);
    put(&mut row, "nhs_number_status", said.child.nhs_number_status);
    put(&mut row, "birth_date", &day(said.child.birth_date));
    put(&mut row, "postcode", &said.child.postcode);
    if !contact.mother_nhs_number.is_empty() {
        put(&mut row, "mother_nhs_number", &contact.mother_nhs_number);
        put(&mut row, "mother_nhs_number_status", "01");
    }
    tables.add("CYP001MPI", row);
    let referral = referral(contact);
    tables.add(
        "CYP101Referral",
        Row::from([
            ("referral_id", referral.clone()),
            ("patient_id", contact.child_reference.clone()),
        ]),
    );
    tables.add(
        "CYP102ServiceTypeReferredTo",
        Row::from([
            ("referral_id", referral),
            ("team_id", TEAM.to_owned()),
            ("team_type", HEALTH_VISITING.to_owned()),
        ]),
    );
    if let Some(since) = contact.protected_since {
        let patient = || ("patient_id", contact.child_reference.clone());
        tables.add("CYP402SVF", Row::from([patient()]));
        tables.add(
            "CYP403CPP",
            Row::from([patient(), ("start_date", since.to_string())]),
        );
    }
    for (table, field, code) in [
        ("CYP401SpEdNeedId", "need", contact.need.and_then(education_need)),
        (
            "CYP602DisabilityType",
            "disability",
            contact.need.and_then(disability),
        ),
    ] {
        if let Some(code) = code {
            tables.add(
                table,
                Row::from([
                    ("patient_id", contact.child_reference.clone()),
                    (field, code.to_owned()),
                ]),
            );
        }
    }
}

/// Adds a contact with its activity and scores. Returns where the contact stands.
fn add_contact(tables: &mut Tables, contact: &Contact, said: &Said, asq: &Asq) -> (String, u64) {
    let (attendance, activity_type) = match contact.what {
        // A type that was left out: the child's age tells what it was.
        What::Review { .. } if contact.untyped => ("5", ""),
        What::Review { .. } => ("5", "11"),
        What::Missed => ("3", "11"),
        What::Other(activity) => ("5", activity),
    };
    let place = tables.add(
        "CYP201CareContact",
        Row::from([
            ("contact_id", contact.reference.clone()),
            ("referral_id", referral(contact)),
            ("team_id", TEAM.to_owned()),
            ("contact_date", contact.on.to_string()),
            ("attendance", attendance.to_owned()),
            ("consultation_mechanism", "01".to_owned()),
        ]),
    );
    let activity = format!("A{}", contact.reference);
    let mut row = Row::from([
        ("activity_id", activity.clone()),
        ("contact_id", contact.reference.clone()),
    ]);
    put(&mut row, "activity_type", activity_type);
    tables.add("CYP202CareActivity", row);

    let mut scores: Vec<(u64, String)> = Vec::new();
    if let Some(asq3) = said.asq3 {
        for (domain, score) in Domain::ALL.into_iter().zip(asq3.scores) {
            scores.extend(
                asq.code(asq3.months, domain)
                    .map(|code| (code, score.to_string())),
            );
        }
    }
    if let What::Review {
        asq_se: Some((months, score)),
        ..
    } = contact.what
    {
        let of_form = |meaning: &Meaning| *meaning == Meaning::AsqSe { months };
        let code = asq.codes().into_iter().find(|(_, meaning)| of_form(meaning));
        scores.extend(code.map(|(code, _)| (code, score.to_string())));
    }
    for (code, score) in scores {
        let mut row = Row::from([("assessment", code.to_string()), ("score", score)]);
        if contact.scores_on_referral {
            put(&mut row, "referral_id", &referral(contact));
            put(&mut row, "completed", &contact.on.to_string());
            tables.add("CYP609CodedAssessmentReferral", row);
        } else {
            put(&mut row, "activity_id", &activity);
            tables.add("CYP612CodedAssessmentContact", row);
        }
    }
    place
}

/// The lists: of reviews, and of appointments for one that nobody came to.
fn list(
    contacts: &Contacts,
    families: &Families<'_>,
    files: &Files,
    truth: &mut Truth,
    written: &mut Written,
) -> Result<(), SynthError> {
    let body = &BODIES[LISTS];
    let listed = contacts
        .contacts
        .iter()
        .filter(|contact| contact.body == LISTS && !matches!(contact.what, What::Other(_)));
    let mut entries: Vec<(&Contact, Entry<'_>)> = listed
        .flat_map(|contact| contact.entries(families.last).map(move |entry| (contact, entry)))
        .collect();
    entries.sort_by(|(one, first), (other, second)| {
        (first.sent, &one.reference).cmp(&(second.sent, &other.reference))
    });
    let feed = feeds::of_health_visiting(body.ods);
    let folder = format!("incoming/two-year-review/{}", body.ods);
    let mut rest = entries.as_slice();
    let mut end = families.recent_from;
    loop {
        let (now, later) = rest.split_at(rest.partition_point(|(_, entry)| entry.sent < end));
        rest = later;
        if !now.is_empty() {
            let mut list = List::begin(&folder, LIST_FILE, LIST_LAYOUT, end)?;
            for (contact, entry) in now {
                let line = list.add(listed_row(contact, entry));
                if contact.is_review() {
                    let stands = Stands {
                        feed: &feed,
                        kind: "two-year-review",
                        file: &list.path,
                        line,
                        provider: body.ods,
                        reference: &contact.reference,
                        person: &contact.person,
                        says: Says {
                            action: entry.action,
                            version: &entry.sent.to_string(),
                            day: &contact.on.to_string(),
                            ..Says::default()
                        },
                        ..Stands::default()
                    };
                    truth.review(&stands, &entry.said.child, contact.sex, &asq3_of(entry.said))?;
                    written.records += 1;
                }
            }
            list.write(&REVIEWS, files)?;
            written.deliveries += 1;
        }
        if end >= families.last {
            return Ok(());
        }
        end = plus_months(end, 1).min(families.last);
    }
}

fn listed_row(contact: &Contact, entry: &Entry<'_>) -> Row {
    let child = &entry.said.child;
    let mut row = Row::from([
        ("review_id", contact.reference.clone()),
        ("action", entry.action.to_owned()),
        ("sent_at", moment(entry.sent.at(18, 30, 0, 0))),
        ("review_date", contact.on.to_string()),
        ("sex", sex(contact.sex).to_owned()),
        ("ethnic_category", contact.ethnic_category.to_owned()),
    ]);
    put(&mut row, "nhs_number", &child.nhs_number);
    put(&mut row, "nhs_number_status", child.nhs_number_status);
    put(&mut row, "family_name", &child.family_name);
    put(&mut row, "given_name", &child.given_name);
    put(&mut row, "birth_date", &day(child.birth_date));
    put(&mut row, "postcode", &child.postcode);
    if !contact.mother_nhs_number.is_empty() {
        put(&mut row, "mother_nhs_number", &contact.mother_nhs_number);
    }
    put(
        &mut row,
        "status",
        if contact.is_review() {
            "COMPLETED"
        } else {
            "NOT_ATTENDED"
        },
    );
    if let What::Review { integrated, asq_se } = contact.what {
        put(&mut row, "integrated", if integrated { "1" } else { "0" });
        if let Some((months, score)) = asq_se {
            put(&mut row, "asq_se_interval", &months.to_string());
            put(&mut row, "asq_se_score", &score.to_string());
        }
    }
    if let Some(asq3) = entry.said.asq3 {
        put(&mut row, "asq3_interval", &asq3.months.to_string());
        let domains = [
            "asq3_communication",
            "asq3_gross_motor",
            "asq3_fine_motor",
            "asq3_problem_solving",
            "asq3_personal_social",
        ];
        for (domain, score) in domains.into_iter().zip(asq3.scores) {
            put(&mut row, domain, &score.to_string());
        }
    }
    // The list's own words for needs are fewer than the DfE's.
    match contact.need {
        Some(need @ ("SLCN" | "ASD" | "PD" | "HI" | "VI" | "SEMH" | "MLD")) => put(&mut row, "needs", need),
        Some("DS" | "SLD" | "PMLD") => put(&mut row, "needs", "MLD"),
        _ => {}
    }
    row
}

/// Months and scores of ASQ-3, for the truth.
fn asq3_of(said: &Said) -> String {
    let Some(asq3) = said.asq3 else {
        return String::new();
    };
    let scores = asq3.scores.map(|score| score.to_string()).join(" ");
    format!("{} {scores}", asq3.months)
}

/// A child is referred to health visiting once, at birth.
fn referral(contact: &Contact) -> String {
    format!("R{}", contact.child_reference)
}

fn put(row: &mut Row, field: &'static str, value: &str) {
    if !value.is_empty() {
        row.insert(field, value.to_owned());
    }
}

fn day(day: Option<Date>) -> String {
    day.map(|day| day.to_string()).unwrap_or_default()
}

fn sex(sex: Sex) -> &'static str {
    match sex {
        Sex::M => "1",
        Sex::F => "2",
        Sex::U => "9",
    }
}

/// NHS Data Dictionary, SPECIAL EDUCATIONAL NEED TYPE.
fn education_need(need: &str) -> Option<&'static str> {
    Some(match need {
        "SPLD" => "1",
        "MLD" | "SLD" | "PMLD" | "DS" => "2",
        "SEMH" => "3",
        "SLCN" | "ASD" => "4",
        "HI" => "5",
        "VI" => "6",
        "PD" => "7",
        _ => return None,
    })
}

/// NHS Data Dictionary, DISABILITY CODE.
fn disability(need: &str) -> Option<&'static str> {
    Some(match need {
        "HI" | "MSI" => "02",
        "VI" => "09",
        "PD" | "PMLD" => "05",
        "DS" | "SLD" => "04",
        _ => return None,
    })
}
