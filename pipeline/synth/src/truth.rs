//! The truth: who each record is about. It lies apart, and no run reads it.

use std::collections::BTreeSet;

use jiff::civil::Date;

use crate::{
    bodies::BODIES,
    family::{Family, Person},
    files::{Csv, Files},
    maternity::Course,
    settings::SynthError,
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
}

/// The files of the truth.
pub(crate) struct Truth {
    records: Csv,
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
        self.persons.finish(None)?;
        self.mothers.finish(None)?;
        self.pregnancies.finish(None)?;
        self.must_not_join.finish(None)
    }
}
