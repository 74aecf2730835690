//! A set of tables as COLLECT exports them: one CSV file a table, joined by keys.

use std::collections::BTreeMap;

use jiff::civil::DateTime;
use kit::{Layout, field::Table};
use records::{Census, Term};
use school_census::tables::{ADDRESSES, MEALS, NEEDS, OFF_ROLL, ON_ROLL, RETURNS, TABLES};

use super::{
    Pupil,
    layouts::{Layouts, Source, columns, text, value},
};
use crate::{
    files::{Csv, Files},
    notices::Row,
    schools::School,
    settings::SynthError,
};

/// One set of one census.
pub(crate) struct Blade {
    returns: TableFile,
    on_roll: TableFile,
    off_roll: TableFile,
    needs: Option<TableFile>,
    addresses_on_roll: TableFile,
    addresses_off_roll: Option<TableFile>,
    meals: TableFile,
    /// The key of each school's return.
    keys: BTreeMap<usize, String>,
    /// What makes the keys of this set its own.
    set: u64,
}

impl Blade {
    pub(crate) fn begin(
        census: Census,
        set: &'static str,
        layouts: &Layouts,
        files: &Files,
    ) -> Result<Self, SynthError> {
        let open = |table: &str| TableFile::begin(table, census, set, &layouts.blade, files);
        let [spring_and_summer, autumn_on_roll, autumn_off_roll] = ADDRESSES;
        let [meals, autumn_meals] = MEALS;
        let autumn = census.term == Term::Autumn;
        let term = match census.term {
            Term::Spring => 1,
            Term::Summer => 2,
            Term::Autumn => 3,
        };
        Ok(Blade {
            returns: open(RETURNS)?,
            on_roll: open(ON_ROLL)?,
            off_roll: open(OFF_ROLL)?,
            needs: if census.term == Term::Spring {
                Some(open(NEEDS)?)
            } else {
                None
            },
            addresses_on_roll: open(if autumn { autumn_on_roll } else { spring_and_summer })?,
            addresses_off_roll: if autumn {
                Some(open(autumn_off_roll)?)
            } else {
                None
            },
            meals: open(if autumn { autumn_meals } else { meals })?,
            keys: BTreeMap::new(),
            set: census.year as u64 * 100 + term * 10 + u64::from(set == "acad"),
        })
    }

    /// Where pupils on or off the roll stand.
    pub(crate) fn path(&self, on_roll: bool) -> String {
        if on_roll {
            self.on_roll.path.clone()
        } else {
            self.off_roll.path.clone()
        }
    }

    /// Writes the header of a school's return.
    pub(crate) fn school(&mut self, index: usize, school: &School, header: &Row) -> Result<(), SynthError> {
        let key = self.key(0, index as u64);
        self.keys.insert(index, key.clone());
        let mut row = header.clone();
        row.insert("row_id", key);
        self.returns.row(school, &row)?;
        Ok(())
    }

    /// Writes a pupil's rows. Returns the line of the first.
    pub(crate) fn pupil(&mut self, index: usize, school: &School, pupil: &Pupil) -> Result<u64, SynthError> {
        let lines = if pupil.on_roll {
            self.on_roll.lines
        } else {
            self.off_roll.lines
        };
        let key = self.key(1 + u64::from(pupil.on_roll), lines);
        let mut row = pupil.fields.clone();
        row.insert("row_id", key.clone());
        row.insert("return_id", self.keys.get(&index).cloned().unwrap_or_default());
        let line = if pupil.on_roll {
            self.on_roll.row(school, &row)?
        } else {
            self.off_roll.row(school, &row)?
        };
        let belonging = |row: &Row, own: String| {
            let mut row = row.clone();
            row.insert("row_id", own);
            row.insert("pupil_id", key.clone());
            row
        };
        let set = self.set;
        if let Some(needs) = &mut self.needs {
            for need in &pupil.needs {
                let row = belonging(need, key_of(set, 3, needs.lines));
                needs.row(school, &row)?;
            }
        }
        let addresses = if pupil.on_roll {
            Some(&mut self.addresses_on_roll)
        } else {
            self.addresses_off_roll.as_mut()
        };
        if let (Some(addresses), Some(address)) = (addresses, &pupil.address) {
            let row = belonging(
                address,
                key_of(set, 4 + u64::from(pupil.on_roll), addresses.lines),
            );
            addresses.row(school, &row)?;
        }
        if let Some(meals) = &pupil.meals {
            let row = belonging(meals, key_of(set, 6, self.meals.lines));
            self.meals.row(school, &row)?;
        }
        Ok(line)
    }

    pub(crate) fn finish(self, at: DateTime) -> Result<(), SynthError> {
        let Blade {
            returns,
            on_roll,
            off_roll,
            needs,
            addresses_on_roll,
            addresses_off_roll,
            meals,
            ..
        } = self;
        let always = [returns, on_roll, off_roll, addresses_on_roll, meals];
        for table in always.into_iter().chain(needs).chain(addresses_off_roll) {
            table.csv.finish(Some(at))?;
        }
        Ok(())
    }

    fn key(&self, table: u64, number: u64) -> String {
        key_of(self.set, table, number)
    }
}

/// An opaque key, different for each row of each table of each set.
fn key_of(set: u64, table: u64, number: u64) -> String {
    // The finaliser of SplitMix64, which is one-to-one: distinct numbers stay distinct.
    let mut mixed = (set << 40 | table << 36 | number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^= mixed >> 31;
    let hex = format!("{mixed:016x}");
    let (first, rest) = hex.split_at(8);
    let (second, third) = rest.split_at(4);
    format!("{first}-{second}-{third}-8000-{set:08}{table:04}")
}

/// One file of a set.
struct TableFile {
    path: String,
    csv: Csv,
    columns: Vec<(String, Source)>,
    layout: Layout,
    /// Lines written, the header's among them.
    lines: u64,
}

impl TableFile {
    fn begin(
        table: &str,
        census: Census,
        set: &str,
        layout: &Layout,
        files: &Files,
    ) -> Result<Self, SynthError> {
        let declared: &'static Table =
            TABLES
                .iter()
                .find(|declared| declared.name == table)
                .ok_or_else(|| SynthError::Layout {
                    layout: layout.name.clone(),
                    why: format!("the table {table} is not declared"),
                })?;
        let columns = columns(layout, declared, census);
        let month = match census.term {
            Term::Spring => "January",
            Term::Summer => "May",
            Term::Autumn => "October",
        };
        let path = format!(
            "incoming/school-census/{census}-{set}/{}_{month}_{set}_{table}.csv",
            census.year
        );
        let header: Vec<&str> = columns.iter().map(|(name, _)| name.as_str()).collect();
        let csv = Csv::create(files, &path, &header)?;
        // A copy of the layout's small part in use would spare the clone, but there are only a hundred files.
        Ok(TableFile {
            path,
            csv,
            columns,
            layout: layout.clone(),
            lines: 1,
        })
    }

    /// Writes a row and returns its line.
    fn row(&mut self, school: &School, row: &Row) -> Result<u64, SynthError> {
        self.lines += 1;
        let cells: Vec<String> = self
            .columns
            .iter()
            .map(|(_, source)| match source {
                Source::Field(field, field_type) => match value(row, field) {
                    "" => String::new(),
                    canonical => text(&self.layout, *field_type, canonical, true, ("True", "False")),
                },
                Source::NativeId => school.laestab(),
                Source::Order => (self.lines - 1).to_string(),
                Source::Urn => school.urn.to_string(),
                Source::Text(text) => (*text).to_owned(),
            })
            .collect();
        let cells: Vec<&str> = cells.iter().map(String::as_str).collect();
        self.csv.row(&cells)?;
        Ok(self.lines)
    }
}
