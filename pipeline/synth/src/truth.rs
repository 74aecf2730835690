//! The truth: who each record is about. It lies apart, and no run reads it.

use std::collections::BTreeSet;

use jiff::civil::Date;
use records::Sex;

use crate::{
    bodies::BODIES,
    family::{Family, Person},
    files::{Csv, Files},
    maternity::Course,
    notices::Row,
    settings::SynthError,
    stated::Stated,
};

/// Where a record stands and whom it is about.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Stands<'a> {
    pub(crate) feed: &'a str,
    pub(crate) kind: &'a str,
    /// What the record says, where a kind has several: a pregnancy or a birth.
    pub(crate) payload: &'a str,
    /// The file, from the folder of the area.
    pub(crate) file: &'a str,
    /// The line of a text file, the row of a sheet or the place in a list of objects, from 1.
    pub(crate) line: u64,
    pub(crate) provider: &'a str,
    /// The sender's reference, where it has one.
    pub(crate) reference: &'a str,
    pub(crate) census: &'a str,
    pub(crate) school: &'a str,
    pub(crate) upn: &'a str,
    /// The child; nobody where the record is about a pregnancy, or a birth that was not live.
    pub(crate) person: &'a str,
    /// The mother, where the record is about a pregnancy or a birth.
    pub(crate) mother: &'a str,
    pub(crate) says: Says<'a>,
}

/// What a row says of what is counted, in canonical form; blank where it says nothing of it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Says<'a> {
    /// What the sender does: NEW, UPDATE, CORRECT, WITHDRAW or CANCEL. Table sets do nothing but state.
    pub(crate) action: &'a str,
    /// What orders the versions of a record: when it was sent, or the submission that it is in.
    pub(crate) version: &'a str,
    /// The reference of the notice whose place it takes; of a birth, of the pregnancy that it ended.
    pub(crate) refers_to: &'a str,
    /// The day of the opinion, the review or the birth; the due date.
    pub(crate) day: &'a str,
    /// Whether it lacks what a notice must say.
    pub(crate) incomplete: bool,
    pub(crate) fetuses: &'a str,
    /// Where the mother lives.
    pub(crate) postcode: &'a str,
    /// How the pregnancy ended, or the birth.
    pub(crate) outcome: &'a str,
    /// The day on which the pregnancy ended, or the mother left.
    pub(crate) ended: &'a str,
}

/// What stands of every notice in the truth, in canonical form, beside its place: what its validity depends on.
const OF_NOTICES: [&str; 14] = [
    "notification_id",
    "sent_at",
    "received_at",
    "opinion_date",
    "nhs_number",
    "family_name",
    "given_name",
    "birth_date",
    "postcode",
    "la_gss",
    "category",
    "primary_need",
    "parent_informed_date",
    "parent_objection",
];

/// The files of the truth.
pub(crate) struct Truth {
    records: Csv,
    notices: Csv,
    reviews: Csv,
    persons: Csv,
    mothers: Csv,
    pregnancies: Csv,
    must_not_join: Csv,
    /// Rows of the file of records.
    pub(crate) count: u64,
}

impl Truth {
    pub(crate) fn begin(files: &Files) -> Result<Self, SynthError> {
        Ok(Truth {
            records: Csv::create(
                files,
                "truth/records.csv",
                &[
                    "feed",
                    "kind",
                    "file",
                    "line",
                    "provider",
                    "reference",
                    "census",
                    "school",
                    "upn",
                    "person",
                    "payload",
                    "mother",
                    "action",
                    "version",
                    "refers_to",
                    "day",
                    "incomplete",
                    "fetuses",
                    "postcode",
                    "outcome",
                    "ended",
                ],
            )?,
            notices: Csv::create(
                files,
                "truth/notices.csv",
                &["feed", "file", "line"]
                    .into_iter()
                    .chain(OF_NOTICES)
                    .collect::<Vec<_>>(),
            )?,
            reviews: Csv::create(
                files,
                "truth/reviews.csv",
                &[
                    "feed",
                    "file",
                    "line",
                    "nhs_number",
                    "family_name",
                    "given_name",
                    "birth_date",
                    "postcode",
                    "sex",
                    "asq3",
                ],
            )?,
            persons: Csv::create(
                files,
                "truth/persons.csv",
                &[
                    "person",
                    "birth_date",
                    "sex",
                    "ethnic_group",
                    "imd_decile",
                    "nhs_number",
                    "upn",
                    "forename",
                    "surname",
                    "records",
                ],
            )?,
            mothers: Csv::create(
                files,
                "truth/mothers.csv",
                &[
                    "mother",
                    "birth_date",
                    "nhs_number",
                    "forename",
                    "surname",
                    "pregnancies",
                ],
            )?,
            pregnancies: Csv::create(
                files,
                "truth/pregnancies.csv",
                &[
                    "pregnancy",
                    "mother",
                    "provider",
                    "reference",
                    "due_date",
                    "fetus",
                    "outcome",
                    "on",
                    "person",
                ],
            )?,
            must_not_join: Csv::create(
                files,
                "truth/must-not-join.csv",
                &["person_a", "person_b", "reason"],
            )?,
            count: 0,
        })
    }

    pub(crate) fn record(&mut self, stands: &Stands<'_>) -> Result<(), SynthError> {
        self.count += 1;
        self.records.row(&[
            stands.feed,
            stands.kind,
            stands.file,
            &stands.line.to_string(),
            stands.provider,
            stands.reference,
            stands.census,
            stands.school,
            stands.upn,
            stands.person,
            if stands.payload.is_empty() {
                stands.kind
            } else {
                stands.payload
            },
            stands.mother,
            stands.says.action,
            stands.says.version,
            stands.says.refers_to,
            stands.says.day,
            if stands.says.incomplete { "Y" } else { "N" },
            stands.says.fetuses,
            stands.says.postcode,
            stands.says.outcome,
            stands.says.ended,
        ])
    }

    /// A notice, as it stands in a file.
    pub(crate) fn notice(&mut self, stands: &Stands<'_>, row: &Row) -> Result<(), SynthError> {
        self.record(stands)?;
        let line = stands.line.to_string();
        let said = OF_NOTICES.map(|field| row.get(field).map(String::as_str).unwrap_or_default());
        self.notices
            .row(&[&[stands.feed, stands.file, &line], said.as_slice()].concat())
    }

    /// A review, as it stands in a file: who was seen, and months and scores of ASQ-3.
    pub(crate) fn review(
        &mut self,
        stands: &Stands<'_>,
        child: &Stated,
        sex: Sex,
        asq3: &str,
    ) -> Result<(), SynthError> {
        self.record(stands)?;
        self.reviews.row(&[
            stands.feed,
            stands.file,
            &stands.line.to_string(),
            &child.nhs_number,
            &child.family_name,
            &child.given_name,
            &child.birth_date.map(|day| day.to_string()).unwrap_or_default(),
            &child.postcode,
            sex.as_str(),
            asq3,
        ])
    }

    /// A person of whom there are records.
    pub(crate) fn person(
        &mut self,
        person: &Person,
        decile: Option<u8>,
        upn: &str,
        records: u64,
    ) -> Result<(), SynthError> {
        self.persons.row(&[
            &person.id,
            &person.birth.to_string(),
            person.sex.as_str(),
            person.group.as_str(),
            &decile.map(|decile| decile.to_string()).unwrap_or_default(),
            &person.nhs_number,
            upn,
            &person.forename,
            person.surname(person.known_from),
            &records.to_string(),
        ])
    }

    /// A mother of whose pregnancies a service tells, and what each fetus became by the as-at date.
    pub(crate) fn mother(
        &mut self,
        mother: &Person,
        courses: &[Course],
        as_at: Date,
    ) -> Result<(), SynthError> {
        if courses.is_empty() {
            return Ok(());
        }
        self.mothers.row(&[
            &mother.id,
            &mother.birth.to_string(),
            &mother.nhs_number,
            &mother.forename,
            mother.surname(as_at),
            &courses.len().to_string(),
        ])?;
        for course in courses {
            let pregnancy = &course.pregnancy;
            let ended = pregnancy.has_ended(as_at);
            for (fetus, number) in pregnancy.fetuses.iter().zip(1..) {
                // A mother who moves away is pregnant still; what is known is that she moved.
                let (outcome, on) = if ended {
                    (fetus.outcome.as_str(), pregnancy.ends.to_string())
                } else {
                    ("", String::new())
                };
                self.pregnancies.row(&[
                    &pregnancy.id,
                    &mother.id,
                    BODIES[course.body].ods,
                    &course.reference,
                    &pregnancy.due.to_string(),
                    &i32::to_string(&number),
                    outcome,
                    &on,
                    fetus.person.as_deref().unwrap_or_default(),
                ])?;
            }
        }
        Ok(())
    }

    /// Pairs in a family of whom there are records: the two identities of an adopted child, children of one birth,
    /// and a mother who is at school and each of her children.
    pub(crate) fn family(&mut self, family: &Family, recorded: &BTreeSet<&str>) -> Result<(), SynthError> {
        let mother = &family.mother;
        for (index, one) in family.children.iter().enumerate() {
            let mut pairs: Vec<(&Person, &str)> = Vec::new();
            for other in family.children.iter().skip(index + 1) {
                if other.adopted && other.id.strip_suffix("-adopted") == Some(&one.id) {
                    pairs.push((other, "adoption"));
                } else if one.born_together > 1 && one.birth == other.birth && !other.adopted && !one.adopted
                {
                    pairs.push((other, "born together"));
                }
            }
            pairs.push((mother, "mother and child"));
            for (other, reason) in pairs {
                if recorded.contains(one.id.as_str()) && recorded.contains(other.id.as_str()) {
                    self.must_not_join.row(&[&one.id, &other.id, reason])?;
                }
            }
        }
        Ok(())
    }

    pub(crate) fn finish(self) -> Result<(), SynthError> {
        self.records.finish(None)?;
        self.notices.finish(None)?;
        self.reviews.finish(None)?;
        self.persons.finish(None)?;
        self.mothers.finish(None)?;
        self.pregnancies.finish(None)?;
        self.must_not_join.finish(None)
    }
}
