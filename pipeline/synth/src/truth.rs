//! The truth: who each record is about. It lies apart, and no run reads it.

use std::collections::BTreeSet;

use crate::{
    family::Person,
    files::{Csv, Files},
    settings::SynthError,
};

/// Where a record stands and whom it is about.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stands<'a> {
    pub(crate) feed: &'a str,
    pub(crate) kind: &'a str,
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
    pub(crate) person: &'a str,
}

/// The files of the truth.
pub(crate) struct Truth {
    records: Csv,
    persons: Csv,
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

    /// Pairs among the children of a family of whom there are records: the two identities of an adopted child, and
    /// children of one birth.
    pub(crate) fn family(&mut self, persons: &[Person], recorded: &BTreeSet<&str>) -> Result<(), SynthError> {
        for (index, one) in persons.iter().enumerate() {
            for other in persons.iter().skip(index + 1) {
                let both = recorded.contains(one.id.as_str()) && recorded.contains(other.id.as_str());
                let reason = if other.adopted && other.id.strip_suffix("-adopted") == Some(&one.id) {
                    "adoption"
                } else if one.born_together > 1 && one.birth == other.birth && !other.adopted && !one.adopted
                {
                    "born together"
                } else {
                    continue;
                };
                if both {
                    self.must_not_join.row(&[&one.id, &other.id, reason])?;
                }
            }
        }
        Ok(())
    }

    pub(crate) fn finish(self) -> Result<(), SynthError> {
        self.records.finish(None)?;
        self.persons.finish(None)?;
        self.must_not_join.finish(None)
    }
}
