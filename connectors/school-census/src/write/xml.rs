//! Writes a school's return as XML, in the order of the DfE's groups.

use std::{
    collections::BTreeMap,
    io::{self, Write},
};

use jiff::civil::{Date, DateTime};
use kit::{Layout, layout::TableLayout};
use quick_xml::{
    Writer,
    events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event},
};
use records::Census;

use super::name_in;
use crate::tables::{ADDRESSES, MEALS, NEEDS, OFF_ROLL, ON_ROLL, RETURNS};

/// What the header of a return says.
#[derive(Clone, Debug)]
pub struct ReturnHeader {
    /// Which census.
    pub census: Census,
    /// The reference date.
    pub census_date: Date,
    /// LAESTAB of the school, seven digits.
    pub school: String,
    /// Which attempt, from 1.
    pub serial: u16,
    /// When it was made.
    pub made: DateTime,
}

/// One pupil of a return. Texts are written as they are, so that faults can be made.
#[derive(Clone, Debug, Default)]
pub struct PupilReturn {
    /// The values of the declared fields of the pupil tables, by name.
    pub fields: BTreeMap<&'static str, String>,
    /// Rank and type of each need.
    pub needs: Vec<(String, String)>,
    /// Start and end of each period of free school meals; an open one has a blank end.
    pub meals: Vec<(String, String)>,
    /// The postcode of each address.
    pub postcodes: Vec<String>,
}

/// Groups of a pupil's fields, in the order of the return. A place in brackets stands for a block.
const GROUPS: [(&str, &[&str]); 4] = [
    (
        "PupilIdentifiers",
        &[
            "upn",
            "former_upn",
            "uln",
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
        &[
            "ethnicity",
            "first_language",
            "[meals]",
            "funded_hours",
            "hours_at_setting",
        ],
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
    (
        "SpecialEducationalNeeds",
        &["sen_provision", "[needs]", "sen_unit", "resourced_provision"],
    ),
];

/// Writes one return: the header first, then pupils on the roll, then those off it.
pub struct ReturnWriter<'a, W: Write> {
    out: Writer<W>,
    layout: &'a Layout,
    census: Census,
    /// The list of pupils that is open.
    list: Option<bool>,
}

impl<'a, W: Write> ReturnWriter<'a, W> {
    /// Begins a return. `layout` is one of format `xml`.
    ///
    /// # Errors
    /// Where `out` cannot be written to.
    pub fn new(out: W, layout: &'a Layout, header: &ReturnHeader) -> io::Result<Self> {
        let out = Writer::new_with_indent(out, b' ', 1);
        let mut writer = ReturnWriter {
            out,
            layout,
            census: header.census,
            list: None,
        };
        writer
            .out
            .write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
        let root = layout.file.roots.first().map_or("Message", String::as_str);
        writer.open(root)?;
        writer.header(header)?;
        writer.open("Pupils")?;
        Ok(writer)
    }

    /// Writes a pupil. Those on the roll come before those off it.
    ///
    /// # Errors
    /// Where it cannot be written, or comes out of order.
    pub fn pupil(&mut self, pupil: &PupilReturn, on_roll: bool) -> io::Result<()> {
        if self.list != Some(on_roll) {
            if self.list == Some(false) {
                return Err(io::Error::other("pupils on the roll come before those off it"));
            }
            self.close_list()?;
            self.open(list_name(on_roll))?;
            self.list = Some(on_roll);
        }
        let layout = self.layout;
        let Some(table) = layout.tables.get(if on_roll { ON_ROLL } else { OFF_ROLL }) else {
            return Ok(());
        };
        let element = table.element.as_deref().unwrap_or("PupilOnRoll");
        self.open(element)?;
        for (group, fields) in GROUPS {
            let is_blank = |field: &str| match field {
                "[meals]" => pupil.meals.is_empty(),
                "[needs]" => pupil.needs.is_empty(),
                field => pupil.fields.get(field).is_none_or(String::is_empty),
            };
            if fields.iter().all(|field| is_blank(field)) {
                continue;
            }
            self.open(group)?;
            for &field in fields {
                match field {
                    "[meals]" => {
                        self.blocks("FSMperiods", MEALS[0], ["start_date", "end_date"], &pupil.meals)?
                    }
                    "[needs]" => self.blocks("SENneeds", NEEDS, ["rank", "need"], &pupil.needs)?,
                    field => self.field(table, field, pupil.fields.get(field))?,
                }
            }
            self.close(group)?;
        }
        if let Some(addresses) = layout.tables.get(ADDRESSES[0]) {
            for postcode in &pupil.postcodes {
                self.open("Address")?;
                self.field(addresses, "postcode", Some(postcode))?;
                self.close("Address")?;
            }
        }
        self.close(element)
    }

    /// Ends the return and gives back what it was written to.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn finish(mut self) -> io::Result<W> {
        self.close_list()?;
        self.close("Pupils")?;
        let root = self.layout.file.roots.first().map_or("Message", String::as_str);
        self.close(root)?;
        let mut out = self.out.into_inner();
        out.write_all(b"\n")?;
        Ok(out)
    }

    fn header(&mut self, header: &ReturnHeader) -> io::Result<()> {
        let layout = self.layout;
        let Some(table) = layout.tables.get(RETURNS) else {
            return Ok(());
        };
        let element = table.element.as_deref().unwrap_or("Header");
        let (la, number) = header.school.split_at_checked(3).unwrap_or((&header.school, ""));
        let text = |text: &str| Some(text.to_owned());
        self.open(element)?;
        self.open("CollectionDetails")?;
        for (field, value) in [
            ("collection", text("SC")),
            ("term", text(header.census.term.code())),
            ("year", text(&header.census.year.to_string())),
            ("reference_date", text(&header.census_date.to_string())),
        ] {
            self.field(table, field, value.as_ref())?;
        }
        self.close("CollectionDetails")?;
        self.open("Source")?;
        self.leaf("SourceLevel", "S")?;
        self.field(table, "la", text(la).as_ref())?;
        self.field(table, "school_number", text(number).as_ref())?;
        self.leaf("SoftwareCode", "sendlink made-up area")?;
        self.field(
            table,
            "serial_number",
            text(&format!("{:03}", header.serial)).as_ref(),
        )?;
        self.field(table, "sent_at", text(&header.made.to_string()).as_ref())?;
        self.close("Source")?;
        self.close(element)
    }

    /// A repeated block; nothing where there are none or the census has no such table.
    fn blocks(
        &mut self,
        group: &str,
        table: &str,
        fields: [&str; 2],
        rows: &[(String, String)],
    ) -> io::Result<()> {
        let layout = self.layout;
        let Some(table) = layout
            .tables
            .get(table)
            .filter(|table| table.census.contains(self.census))
        else {
            return Ok(());
        };
        let Some(element) = table.element.as_deref().filter(|_| !rows.is_empty()) else {
            return Ok(());
        };
        self.open(group)?;
        for (first, second) in rows {
            self.open(element)?;
            for (field, value) in fields.into_iter().zip([first, second]) {
                self.field(table, field, Some(value))?;
            }
            self.close(element)?;
        }
        self.close(group)
    }

    /// A field under the name that this census gives it; nothing where it is blank or not collected.
    fn field(&mut self, table: &TableLayout, field: &str, value: Option<&String>) -> io::Result<()> {
        let Some(value) = value.filter(|value| !value.is_empty()) else {
            return Ok(());
        };
        let name = table
            .columns
            .get(field)
            .and_then(|column| name_in(table, column, self.census));
        name.map_or(Ok(()), |name| self.leaf(name, value))
    }

    fn close_list(&mut self) -> io::Result<()> {
        self.list
            .take()
            .map_or(Ok(()), |on_roll| self.close(list_name(on_roll)))
    }

    fn open(&mut self, name: &str) -> io::Result<()> {
        self.out.write_event(Event::Start(BytesStart::new(name)))
    }

    fn close(&mut self, name: &str) -> io::Result<()> {
        self.out.write_event(Event::End(BytesEnd::new(name)))
    }

    fn leaf(&mut self, name: &str, text: &str) -> io::Result<()> {
        self.open(name)?;
        self.out.write_event(Event::Text(BytesText::new(text)))?;
        self.close(name)
    }
}

fn list_name(on_roll: bool) -> &'static str {
    if on_roll {
        "PupilsOnRoll"
    } else {
        "PupilsNoLongerOnRoll"
    }
}
