//! The files in which maternity services tell of pregnancies and births: monthly submissions of the Maternity Services
//! Data Set by one hospital, lists of notifications by the other.

use std::collections::BTreeSet;

use jiff::civil::{Date, DateTime};
use pregnancy::{NOTIFICATIONS, Pregnancy as Connector};
use records::{PregnancyOutcome, Sex};

use crate::{
    bodies::{BODIES, Body},
    calendar::{plus_days, plus_months},
    census::layout,
    dice::Purpose,
    family::Families,
    feeds,
    files::Files,
    maternity::{Baby, Course, LISTS, Maternity, SUBMITS},
    notices::{Row, STREETS, moment},
    settings::SynthError,
    submissions::{List, Submission, Tables, Window},
    truth::{Says, Stands, Truth},
};

/// The layouts of both.
pub(crate) const SUBMISSION_LAYOUT: &str = "pregnancy/msds-2";
pub(crate) const LIST_LAYOUT: &str = "pregnancy/weekly-list-xlsx";

/// How the lists are called.
const LIST_FILE: (&str, &str) = ("antenatal-list-", ".xlsx");

/// What was written.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Written {
    pub(crate) pregnancy_records: u64,
    pub(crate) birth_records: u64,
    pub(crate) deliveries: u64,
}

/// Writes all that maternity services tell.
pub(crate) fn write_maternity(
    maternity: &Maternity,
    families: &Families<'_>,
    files: &Files,
    truth: &mut Truth,
) -> Result<Written, SynthError> {
    let mut written = Written::default();
    submit(maternity, families, files, truth, &mut written)?;
    list(maternity, families, files, truth, &mut written)?;
    Ok(written)
}

/// The submissions: of every month since the first birth that is followed, with all pregnancies that went on then.
fn submit(
    maternity: &Maternity,
    families: &Families<'_>,
    files: &Files,
    truth: &mut Truth,
    written: &mut Written,
) -> Result<(), SynthError> {
    let body = &BODIES[SUBMITS];
    let mut courses: Vec<&Course> = maternity
        .courses
        .iter()
        .filter(|course| course.body == SUBMITS)
        .collect();
    courses.sort_by(|one, other| (one.booked, &one.reference).cmp(&(other.booked, &other.reference)));
    let layout = layout(SUBMISSION_LAYOUT)?;
    let feed = feeds::of_maternity(body.ods);
    for submission in Submission::from(families.followed_from, Window::Primary, families.last) {
        let mut tables = Tables::begin(
            submission,
            &format!("incoming/pregnancy/{}", body.ods),
            &[
                "MSD000Header",
                "MSD001MotherDemog",
                "MSD002GP",
                "MSD003SocPersCircumstances",
                "MSD101PregnancyBooking",
                "MSD103DatingScan",
                "MSD301LabourDelivery",
                "MSD401BabyDemographics",
            ],
        );
        tables.add("MSD000Header", submission.header("2.0", body.ods));
        let mut mothers = BTreeSet::new();
        for course in &courses {
            if !course.is_in(submission) {
                continue;
            }
            if mothers.insert(&course.mother_reference) {
                add_mother(&mut tables, course, submission);
            }
            let (file, line) = tables.add("MSD101PregnancyBooking", booking(course, submission));
            let said = course.said(submission.last_day());
            let (version, fetuses) = (submission.folder(), scanned(course, submission));
            let left = course
                .ended(submission.last_day())
                .filter(|(_, outcome)| discharge_reason(*outcome).is_some());
            let stands = Stands {
                feed: &feed,
                kind: "pregnancy",
                payload: "pregnancy",
                file: &file,
                line,
                provider: body.ods,
                reference: &course.reference,
                mother: &course.mother,
                says: Says {
                    version: &version,
                    day: &said.due.to_string(),
                    postcode: &said.mother.postcode,
                    fetuses: &fetuses.map(|fetuses| fetuses.to_string()).unwrap_or_default(),
                    // Babies speak for themselves.
                    outcome: left.map_or("", |(_, outcome)| outcome.as_str()),
                    ended: &left.map(|(on, _)| on.to_string()).unwrap_or_default(),
                    ..Says::default()
                },
                ..Stands::default()
            };
            truth.record(&stands)?;
            written.pregnancy_records += 1;
            add_scan(&mut tables, course, submission);
            for (file, line, baby) in add_birth(&mut tables, course, submission) {
                truth.record(&Stands {
                    payload: "birth",
                    file: &file,
                    line,
                    reference: &baby.reference,
                    person: baby.person.as_deref().unwrap_or_default(),
                    says: Says {
                        version: &version,
                        day: &baby.birth.to_string(),
                        outcome: baby.outcome.as_str(),
                        refers_to: &course.reference,
                        ..Says::default()
                    },
                    ..stands
                })?;
                written.birth_records += 1;
            }
        }
        tables.write(&layout, kit::Connector::tables(&Connector), files)?;
        written.deliveries += 1;
    }
    Ok(())
}

fn add_mother(tables: &mut Tables, course: &Course, submission: Submission) {
    let mother = &course.said(submission.last_day()).mother;
    let mut row = Row::from([("mother_id", course.mother_reference.clone())]);
    put(&mut row, "nhs_number", &mother.nhs_number);
    put(&mut row, "nhs_number_status", mother.nhs_number_status);
    put(&mut row, "birth_date", &day(mother.birth_date));
    put(&mut row, "postcode", &mother.postcode);
    tables.add("MSD001MotherDemog", row);
    tables.add(
        "MSD002GP",
        Row::from([
            ("mother_id", course.mother_reference.clone()),
            ("gp_practice_ods", "V81999".to_owned()),
            ("registered_from", plus_days(course.booked, -1_500).to_string()),
        ]),
    );
    if course.domestic_abuse {
        tables.add(
            "MSD003SocPersCircumstances",
            Row::from([
                ("mother_id", course.mother_reference.clone()),
                // SNOMED CT: history of domestic violence.
                ("circumstance", "412732008".to_owned()),
            ]),
        );
    }
}

fn booking(course: &Course, submission: Submission) -> Row {
    let said = course.said(submission.last_day());
    let mut row = Row::from([
        ("pregnancy_id", course.reference.clone()),
        ("mother_id", course.mother_reference.clone()),
        ("booking_date", course.booked.to_string()),
        ("edd", said.due.to_string()),
        ("edd_method", "03".to_owned()),
        ("lmp_date", plus_days(said.due, -280).to_string()),
        (
            "complex_social_factors",
            yes_no(course.complex_social_factors).to_owned(),
        ),
    ]);
    if let Some((on, outcome)) = course.ended(submission.last_day())
        && let Some(reason) = discharge_reason(outcome)
    {
        put(&mut row, "discharge_date", &on.to_string());
        put(&mut row, "discharge_reason", reason);
    }
    row
}

/// The day of the dating scan: between eleven and fourteen weeks, or at the booking where that was later.
fn scan(course: &Course) -> Date {
    plus_days(course.pregnancy.due, 12 * 7 - 280).max(course.booked)
}

/// How many fetuses a submission says that the scan counted; none while there was none.
fn scanned(course: &Course, submission: Submission) -> Option<usize> {
    let scan = scan(course);
    let over = course.ended.is_some_and(|(on, _)| on <= scan);
    (scan <= submission.last_day() && !over).then(|| course.said(submission.last_day()).fetuses)
}

fn add_scan(tables: &mut Tables, course: &Course, submission: Submission) {
    let Some(fetuses) = scanned(course, submission) else {
        return;
    };
    let scan = scan(course);
    for _ in 0..fetuses {
        tables.add(
            "MSD103DatingScan",
            Row::from([
                ("pregnancy_id", course.reference.clone()),
                ("scan_date", scan.to_string()),
                ("fetus_count", fetuses.to_string()),
            ]),
        );
    }
}

/// Adds the delivery and its babies once there was one. Returns where each baby stands.
fn add_birth<'a>(
    tables: &mut Tables,
    course: &'a Course,
    submission: Submission,
) -> Vec<(String, u64, &'a Baby)> {
    let Some(first) = course
        .babies
        .first()
        .filter(|baby| baby.birth <= submission.last_day())
    else {
        return Vec::new();
    };
    let delivery = format!("D{}", course.reference);
    tables.add(
        "MSD301LabourDelivery",
        Row::from([
            ("delivery_id", delivery.clone()),
            ("pregnancy_id", course.reference.clone()),
        ]),
    );
    // The month after the birth knows the number.
    let later = usize::from(first.birth < submission.first_day());
    let babies = course.babies.iter().map(|baby| {
        let (number, status) = &baby.nhs_number[later];
        let mut row = Row::from([
            ("baby_id", baby.reference.clone()),
            ("delivery_id", delivery.clone()),
            ("birth_date", baby.birth.to_string()),
            ("outcome", outcome(baby.outcome).to_owned()),
            ("sex", sex(baby.sex).to_owned()),
            ("ethnic_category", course.ethnic_category.to_owned()),
            ("birth_order", baby.order.to_string()),
            ("gestation_days", course.pregnancy.days(baby.birth).to_string()),
        ]);
        put(&mut row, "nhs_number", number);
        put(&mut row, "nhs_number_status", status);
        let (file, line) = tables.add("MSD401BabyDemographics", row);
        (file, line, baby)
    });
    babies.collect()
}

/// The lists.
fn list(
    maternity: &Maternity,
    families: &Families<'_>,
    files: &Files,
    truth: &mut Truth,
    written: &mut Written,
) -> Result<(), SynthError> {
    let body = &BODIES[LISTS];
    let mut entries: Vec<Entry<'_>> = Vec::new();
    for course in maternity.courses.iter().filter(|course| course.body == LISTS) {
        entries_of(course, families, &mut entries);
    }
    entries.retain(|entry| entry.sent.date() < plus_days(families.last, -1));
    entries.sort_by(|one, other| (one.sent, &one.reference).cmp(&(other.sent, &other.reference)));
    let feed = feeds::of_maternity(body.ods);
    let folder = format!("incoming/pregnancy/{}", body.ods);
    let mut rest = entries.as_slice();
    let mut end = families.recent_from;
    loop {
        let (now, later) = rest.split_at(rest.partition_point(|entry| entry.sent.date() < end));
        rest = later;
        if !now.is_empty() {
            let mut list = List::begin(&folder, LIST_FILE, LIST_LAYOUT, end)?;
            for entry in now {
                let row = entry.row(body);
                let said = |field| row.get(field).map(String::as_str).unwrap_or_default();
                let line = list.add(row.clone());
                truth.record(&Stands {
                    feed: &feed,
                    kind: "pregnancy",
                    payload: "pregnancy",
                    file: &list.path,
                    line,
                    provider: body.ods,
                    reference: &entry.reference,
                    mother: &entry.course.mother,
                    says: Says {
                        action: entry.action,
                        version: said("sent_at"),
                        day: said("edd"),
                        fetuses: said("fetus_count"),
                        postcode: said("postcode"),
                        outcome: said("outcome"),
                        ended: said("outcome_date"),
                        ..Says::default()
                    },
                    ..Stands::default()
                })?;
                written.pregnancy_records += 1;
            }
            list.write(&NOTIFICATIONS, files)?;
            written.deliveries += 1;
        }
        if end >= families.last {
            return Ok(());
        }
        end = plus_months(end, 1).min(families.last);
    }
}

/// One row of a list.
struct Entry<'a> {
    course: &'a Course,
    reference: String,
    action: &'static str,
    sent: DateTime,
    /// The number that stands for what is drawn at random and stays: address, telephone.
    home: usize,
}

fn entries_of<'a>(course: &'a Course, families: &Families<'_>, entries: &mut Vec<Entry<'a>>) {
    let rates = families.rates;
    let mut dice = families
        .seed
        .dice_of(course.pregnancy.subject, 2, Purpose::MaternityNoise);
    let home = dice.below(4_000);
    let in_error = dice.chance(rates.notifications_in_error);
    let days_to_tell = dice.between(1, 16);
    let as_cancelled = dice.chance(rates.losses_sent_as_cancelled);
    let mut add = |on: Date, action, reference: &str| {
        let sent = on.at(8 + dice.below(10) as i8, dice.below(60) as i8, 0, 0);
        entries.push(Entry {
            course,
            reference: reference.to_owned(),
            action,
            sent,
            home,
        });
    };
    add(course.notified, "NEW", &course.reference);
    if in_error {
        // The same pregnancy, entered twice.
        let again = format!("{}-2", course.reference);
        add(plus_days(course.notified, 1), "NEW", &again);
        add(plus_days(course.notified, 9), "CANCEL", &again);
    }
    if let Some((on, _)) = &course.corrected {
        add(*on, "UPDATE", &course.reference);
    }
    if let Some((on, outcome)) = course.ended {
        let told = plus_days(on.max(course.notified), days_to_tell);
        let cancelled = outcome == PregnancyOutcome::Loss && as_cancelled;
        add(
            told,
            if cancelled { "CANCEL" } else { "UPDATE" },
            &course.reference,
        );
    }
}

impl Entry<'_> {
    fn row(&self, body: &Body) -> Row {
        let course = self.course;
        let on = self.sent.date();
        let said = course.said(on);
        let mother = &said.mother;
        let mut row = Row::new();
        put(&mut row, "notification_id", &self.reference);
        put(&mut row, "action", self.action);
        put(&mut row, "notified_date", &course.notified.to_string());
        put(&mut row, "sent_at", &moment(self.sent));
        put(&mut row, "source_org_ods", body.ods);
        put(&mut row, "nhs_number", &mother.nhs_number);
        put(&mut row, "nhs_number_status", mother.nhs_number_status);
        put(&mut row, "family_name", &mother.family_name);
        put(&mut row, "given_name", &mother.given_name);
        put(&mut row, "birth_date", &day(mother.birth_date));
        if !mother.postcode.starts_with("ZZ99") {
            let street = STREETS[self.home % STREETS.len()];
            put(
                &mut row,
                "address_line_1",
                &format!("{} {street}", 1 + self.home / STREETS.len()),
            );
        }
        put(&mut row, "postcode", &mother.postcode);
        // Numbers that are kept for films and examples.
        put(&mut row, "phone", &format!("07700 900{:03}", self.home % 1_000));
        put(&mut row, "ethnic_category", course.ethnic_category);
        put(&mut row, "gp_practice_ods", "V81999");
        put(&mut row, "booking_date", &course.booked.to_string());
        put(&mut row, "edd", &said.due.to_string());
        put(&mut row, "edd_method", "03");
        put(&mut row, "lmp_date", &plus_days(said.due, -280).to_string());
        put(&mut row, "fetus_count", &said.fetuses.to_string());
        put(
            &mut row,
            "complex_social_factors",
            yes_no(course.complex_social_factors),
        );
        put(&mut row, "domestic_abuse", yes_no(course.domestic_abuse));
        // Whoever takes a notification back does not say how the pregnancy ended.
        if let Some((ended, outcome)) = course.ended(on).filter(|_| self.action == "UPDATE") {
            put(&mut row, "outcome", outcome.as_str());
            put(&mut row, "outcome_date", &ended.to_string());
        }
        row
    }
}

fn put(row: &mut Row, field: &'static str, value: &str) {
    if !value.is_empty() {
        row.insert(field, value.to_owned());
    }
}

fn day(day: Option<Date>) -> String {
    day.map(|day| day.to_string()).unwrap_or_default()
}

fn yes_no(is: bool) -> &'static str {
    if is { "Y" } else { "N" }
}

fn sex(sex: Sex) -> &'static str {
    match sex {
        Sex::M => "1",
        Sex::F => "2",
        Sex::U => "9",
    }
}

/// How a pregnancy ended for one child: NHS Data Dictionary, PREGNANCY OUTCOME.
fn outcome(outcome: PregnancyOutcome) -> &'static str {
    match outcome {
        PregnancyOutcome::Stillbirth => "02",
        _ => "01",
    }
}

/// Why care ended without a birth: NHS Data Dictionary, PRIMARY DISCHARGE REASON (MOTHER MATERNITY SERVICES).
fn discharge_reason(outcome: PregnancyOutcome) -> Option<&'static str> {
    match outcome {
        PregnancyOutcome::LiveBirth | PregnancyOutcome::Stillbirth => None,
        PregnancyOutcome::Loss => Some("03"),
        PregnancyOutcome::Termination => Some("04"),
        PregnancyOutcome::MovedOut => Some("02"),
    }
}
