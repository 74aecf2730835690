//! A school's own return, as its management information system writes it for COLLECT.

use std::{
    fs::File,
    io::{BufWriter, Write},
};

use jiff::civil::DateTime;
use kit::{Layout, field::Table};
use records::{Census, Term};
use school_census::tables::{ADDRESSES, MEALS, NEEDS, OFF_ROLL, ON_ROLL, RETURNS, TABLES};

use super::{
    Pupil,
    layouts::{Layouts, text, value},
};
use crate::{
    feeds,
    files::{Files, wrong},
    geography::{AUTHORITIES, OURS},
    notices::Row,
    schools::School,
    settings::SynthError,
    truth::{Stands, Truth},
};

/// The groups of a pupil's element and the declared fields in each, in the order of the DfE specification.
const GROUPS: &[(&str, &[&str])] = &[
    (
        "PupilIdentifiers",
        &[
            "upn",
            "former_upn",
            "surname",
            "forename",
            "middle_names",
            "preferred_surname",
            "former_surname",
            "birth_date",
            "sex",
        ],
    ),
    (
        "PupilCharacteristics",
        &["ethnicity", "first_language", "funded_hours", "hours_at_setting"],
    ),
    (
        "PupilStatus",
        &[
            "enrol_status",
            "entry_date",
            "leaving_date",
            "part_time",
            "boarder",
            "nc_year",
        ],
    ),
];

/// One school's return to one census.
pub(crate) struct Return {
    path: String,
    laestab: String,
    census: Census,
    layout: Layout,
    files: Files,
    writer: BufWriter<File>,
    /// Lines written.
    lines: u64,
    /// Elements of pupils who left, which come after those of all others.
    left: Vec<Left>,
}

/// A pupil who left, and who it is.
struct Left {
    element: String,
    upn: String,
    person: String,
}

impl Return {
    pub(crate) fn begin(
        census: Census,
        school: &School,
        header: &Row,
        layouts: &Layouts,
        files: &Files,
    ) -> Result<Self, SynthError> {
        let number = match census.term {
            Term::Spring => 1,
            Term::Summer => 2,
            Term::Autumn => 3,
        };
        let (laestab, serial) = (school.laestab(), value(header, "serial_number"));
        let la = value(header, "la");
        let year = census.year % 100;
        let path = format!("incoming/school-returns/{laestab}_SC{number}_{la}LL{year:02}_{serial:0>3}.xml");
        let writer = files.create(&path)?;
        let mut of_school = Return {
            path,
            laestab,
            census,
            layout: layouts.xml.clone(),
            files: files.clone(),
            writer,
            lines: 0,
            left: Vec::new(),
        };
        let item = |field| of_school.item(RETURNS, field, header);
        let head = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Message>\n <Header>\n  <CollectionDetails>\n{}{}{}{}  \
             </CollectionDetails>\n  <Source>\n   <SourceLevel>S</SourceLevel>\n{}{}   <URN>{}</URN>\n   \
             <SoftwareCode>sendlink</SoftwareCode>\n   <Release>1</Release>\n{}{}  </Source>\n </Header>\n <Pupils>\n  \
             <PupilsOnRoll>\n",
            item("collection"),
            item("term"),
            item("year"),
            item("reference_date"),
            item("la"),
            item("school_number"),
            school.urn,
            item("serial_number"),
            item("sent_at"),
        );
        of_school.put(&head)?;
        Ok(of_school)
    }

    /// Writes a pupil, one who left not before the end.
    pub(crate) fn pupil(&mut self, pupil: &Pupil, person: &str, truth: &mut Truth) -> Result<(), SynthError> {
        let table = if pupil.on_roll { ON_ROLL } else { OFF_ROLL };
        let element = if pupil.on_roll {
            "PupilOnRoll"
        } else {
            "PupilNoLongerOnRoll"
        };
        let mut body = format!("   <{element}>\n");
        for (group, fields) in GROUPS {
            let mut items: String = fields
                .iter()
                .map(|field| self.item(table, field, &pupil.fields))
                .collect();
            if *group == "PupilCharacteristics"
                && let Some(meals) = &pupil.meals
            {
                let dates =
                    self.item(MEALS[0], "start_date", meals) + &self.item(MEALS[0], "end_date", meals);
                items += &format!(
                    "     <FSMperiods><FSMperiod>\n{dates}     <UKcountry>ENG</UKcountry></FSMperiod></FSMperiods>\n"
                );
            }
            if !items.is_empty() {
                body += &format!("    <{group}>\n{items}    </{group}>\n");
            }
        }
        if pupil.on_roll {
            body += "    <SpecialEducationalNeeds>\n";
            body += &self.item(table, "sen_provision", &pupil.fields);
            if !pupil.needs.is_empty() {
                body += "     <SENneeds>\n";
                for need in &pupil.needs {
                    let items = self.item(NEEDS, "rank", need) + &self.item(NEEDS, "need", need);
                    body += &format!("      <SENneed>\n{items}      </SENneed>\n");
                }
                body += "     </SENneeds>\n";
            }
            body += &self.item(table, "sen_unit", &pupil.fields);
            body += &self.item(table, "resourced_provision", &pupil.fields);
            body += "    </SpecialEducationalNeeds>\n";
        }
        if let Some(address) = &pupil.address {
            body += &format!(
                "    <HomeInformation>\n{}    </HomeInformation>\n",
                self.item(ADDRESSES[0], "postcode", address)
            );
        }
        body += &format!("   </{element}>\n");
        let left = Left {
            element: body,
            upn: value(&pupil.fields, "upn").to_owned(),
            person: person.to_owned(),
        };
        if pupil.on_roll {
            self.put_pupil(&left, truth)
        } else {
            self.left.push(left);
            Ok(())
        }
    }

    /// Writes a pupil's element, and the truth of the line on which it begins.
    fn put_pupil(&mut self, pupil: &Left, truth: &mut Truth) -> Result<(), SynthError> {
        truth.record(&Stands {
            feed: feeds::RETURNS,
            kind: "school-census",
            file: &self.path,
            line: self.lines + 1,
            provider: AUTHORITIES[OURS].dfe,
            reference: "",
            census: &self.census.to_string(),
            school: &self.laestab,
            upn: &pupil.upn,
            person: &pupil.person,
            ..Stands::default()
        })?;
        self.put(&pupil.element)
    }

    pub(crate) fn finish(mut self, at: DateTime, truth: &mut Truth) -> Result<(), SynthError> {
        self.put("  </PupilsOnRoll>\n")?;
        if !self.left.is_empty() {
            self.put("  <PupilsNoLongerOnRoll>\n")?;
            for left in std::mem::take(&mut self.left) {
                self.put_pupil(&left, truth)?;
            }
            self.put("  </PupilsNoLongerOnRoll>\n")?;
        }
        self.put(" </Pupils>\n</Message>\n")?;
        let Return {
            path,
            files,
            mut writer,
            ..
        } = self;
        writer.flush().map_err(|source| wrong(&path, source))?;
        drop(writer);
        files.came(&path, Some(at))
    }

    fn put(&mut self, text: &str) -> Result<(), SynthError> {
        self.lines += text.matches('\n').count() as u64;
        self.writer
            .write_all(text.as_bytes())
            .map_err(|source| wrong(&self.path, source))
    }

    /// The element of a declared field, under the name that the layout has for it in this census; nothing where the
    /// field is blank.
    fn item(&self, table: &str, field: &str, row: &Row) -> String {
        let canonical = value(row, field);
        let declared: Option<&'static Table> = TABLES.iter().find(|declared| declared.name == table);
        let column = self
            .layout
            .tables
            .get(table)
            .and_then(|of_table| of_table.columns.get(field));
        let (Some(field), Some(column)) = (declared.and_then(|table| table.field(field)), column) else {
            return String::new();
        };
        if canonical.is_empty() {
            return String::new();
        }
        // Sex was called gender before the autumn census of 2023.
        let older = self.census
            < (Census {
                year: 2023,
                term: Term::Autumn,
            });
        let name = if older {
            column.names.last()
        } else {
            column.names.first()
        };
        let name = if field.name == "sex" {
            name
        } else {
            column.names.first()
        };
        let text = text(
            &self.layout,
            field.field_type,
            canonical,
            false,
            ("true", "false"),
        );
        name.map(|name| format!("     <{name}>{}</{name}>\n", escaped(&text)))
            .unwrap_or_default()
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}
