//! The other direction: what a census looks like in a year, for whoever writes made-up ones.
//!
//! Columns and element names come from the same layouts that the reader uses, so a name that is wrong there is
//! wrong in both; the hand-written files of this crate's tests are what would notice.

use std::collections::BTreeMap;

use jiff::civil::{Date, DateTime, Time};
use kit::{
    Layout,
    layout::{Column, Format, TableLayout, fold_code},
};
use records::{Census, Term};

use crate::tables::TABLES;

mod xml;

pub use xml::{PupilReturn, ReturnHeader, ReturnWriter};

/// A table of a Blade export as one census sends it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableForm {
    /// Its name.
    pub name: &'static str,
    /// Its columns, in order.
    pub columns: Vec<ColumnForm>,
}

/// A column of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnForm {
    /// Its header.
    pub name: String,
    /// The declared field that is read from it; none for a column that is not read.
    pub field: Option<&'static str>,
}

impl TableForm {
    /// The header row.
    pub fn header(&self) -> impl Iterator<Item = &str> {
        self.columns.iter().map(|column| column.name.as_str())
    }

    /// A row: the values of declared fields by name, and the bookkeeping of the export. What is not given is
    /// blank, and what the census does not send is left out.
    pub fn row(&self, values: &BTreeMap<&str, String>, native_id: &str, order: u64) -> Vec<String> {
        let bookkeeping = |name: &str| match name {
            "NativeId" => native_id.to_owned(),
            "sourceid" => "1".to_owned(),
            _ if name.ends_with("orderseqcolumn") => order.to_string(),
            _ => String::new(),
        };
        self.columns
            .iter()
            .map(|column| {
                let value = column.field.and_then(|field| values.get(field));
                value.cloned().unwrap_or_else(|| bookkeeping(&column.name))
            })
            .collect()
    }
}

/// The tables of a census and their columns, those that are read first.
pub fn tables(layout: &Layout, census: Census) -> Vec<TableForm> {
    let mut tables = Vec::new();
    for table in TABLES {
        let Some(in_layout) = layout
            .tables
            .get(table.name)
            .filter(|layout| layout.census.contains(census))
        else {
            continue;
        };
        let mut columns = Vec::new();
        for (_, names) in in_layout
            .sent
            .iter()
            .filter(|(censuses, _)| censuses.contains(census))
        {
            for name in names {
                let field = table.fields.iter().find(|field| {
                    let column = in_layout.columns.get(field.name);
                    column.is_some_and(|column| {
                        column.names.iter().any(|read| fold_code(read) == fold_code(name))
                    })
                });
                columns.push(ColumnForm {
                    name: name.clone(),
                    field: field.map(|field| field.name),
                });
            }
        }
        tables.push(TableForm {
            name: table.name,
            columns,
        });
    }
    tables
}

/// The name under which a census sends a field: of a column's names the first that is sent in it; none where the
/// census does not collect the field. A name that the layout gives no span is always sent.
pub(crate) fn name_in<'a>(table: &TableLayout, column: &'a Column, census: Census) -> Option<&'a str> {
    let sent = |name: &&String| {
        let mut spans = table
            .sent
            .iter()
            .filter(|(_, names)| names.contains(name))
            .peekable();
        spans.peek().is_none() || spans.any(|(censuses, _)| censuses.contains(census))
    };
    column.names.iter().find(sent).map(String::as_str)
}

/// A day as the layout's files write it: a Blade export adds midnight.
pub fn day(layout: &Layout, day: Date) -> String {
    let timed = layout.file.format == Format::Blade;
    layout
        .file
        .dates
        .write_timed(day.to_datetime(Time::midnight()), timed)
}

/// A moment as the layout's files write it.
pub fn moment(layout: &Layout, moment: DateTime) -> String {
    layout.file.dates.write_timed(moment, true)
}

/// True or false as a Blade export writes it.
pub fn flag(flag: bool) -> &'static str {
    if flag { "True" } else { "False" }
}

/// The name that COLLECT's users give the file of a table: `2026_January_la_pupilonroll.csv`.
pub fn table_file_name(table: &str, census: Census, academies: bool) -> String {
    let month = match census.term {
        Term::Spring => "January",
        Term::Summer => "May",
        Term::Autumn => "October",
    };
    let set = if academies { "acad" } else { "la" };
    format!("{}_{month}_{set}_{table}.csv", census.year)
}

/// The name that a management information system gives a return: `8812001_SC1_881LL26_001.xml`. `school` is the
/// LAESTAB.
pub fn return_file_name(school: &str, census: Census, serial: u16) -> String {
    let term = match census.term {
        Term::Spring => 1,
        Term::Summer => 2,
        Term::Autumn => 3,
    };
    let la = school.get(..3).unwrap_or(school);
    format!(
        "{school}_SC{term}_{la}LL{:02}_{serial:03}.xml",
        census.year.rem_euclid(100)
    )
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn columns(table: &str, census: &str) -> Vec<String> {
        let layout = kit::mappings::load("school-census/blade", Path::new(".")).expect("the layout");
        let census = census.parse().expect("a census");
        let tables = tables(&layout, census);
        let form = tables.iter().find(|form| form.name == table);
        let mut columns: Vec<String> = form
            .into_iter()
            .flat_map(|form| &form.columns)
            .map(|column| column.name.clone())
            .collect();
        columns.sort_unstable();
        columns
    }

    /// The columns of the pupil table as the 2026 spring export has them.
    const SPRING_2026: &str = "pupilonrolltableid NativeId pupilonrollorderseqcolumn sourceid schoolcensustableid upn \
        formerupn surname forename uniquelearnernumber middlenames preferredsurname formersurname dob entrydate \
        schoollunchtaken parttime senunitindicator resourcedprovisionindicator missingaddress hoursatsetting \
        termlysessionspossible fundedhours duplicatenotfunded moveoffrollflag topupfunding unitcontacttime ethnicity \
        yssa language enrolstatus classtype boarder ncyearactual senprovision servicechild eyppbf plaa dafindicator \
        extendedhours eyppr youngcarer sex eligibilitycode";

    #[test]
    fn the_pupil_table_of_2026_spring_is_whole() {
        let mut expected: Vec<&str> = SPRING_2026.split_whitespace().collect();
        expected.sort_unstable();
        assert_eq!(columns("pupilonroll", "2026-spring"), expected);
    }

    #[test]
    fn columns_come_and_go_in_the_year_of_the_change() {
        for (table, column, first, last) in [
            ("pupilonroll", "gender", "2015-autumn", "2023-summer"),
            ("pupilonroll", "sex", "2023-autumn", "2026-autumn"),
            ("pupilonroll", "adoptedfromcare", "2015-autumn", "2016-summer"),
            ("pupilonroll", "plaa", "2016-autumn", "2026-autumn"),
            ("pupilonroll", "countryofbirth", "2016-autumn", "2018-summer"),
            ("pupilonroll", "thirtyhourcode", "2017-autumn", "2024-summer"),
            ("pupilonroll", "eligibilitycode", "2024-autumn", "2026-autumn"),
            ("schoolcensus", "urn", "2017-autumn", "2026-autumn"),
            ("termlyexclusionsonroll", "incare", "2015-autumn", "2016-summer"),
            ("termlyexclusionsonroll", "reason1", "2021-spring", "2026-autumn"),
            (
                "termlysessiondetailsonroll",
                "absencesessions",
                "2015-autumn",
                "2020-summer",
            ),
        ] {
            for year in 2015..=2026 {
                for term in [Term::Spring, Term::Summer, Term::Autumn] {
                    let census = Census { year, term };
                    if census
                        < (Census {
                            year: 2015,
                            term: Term::Autumn,
                        })
                    {
                        continue;
                    }
                    let (first, last): (Census, Census) =
                        (first.parse().expect("a census"), last.parse().expect("a census"));
                    let there = columns(table, &census.to_string())
                        .iter()
                        .any(|name| name == column);
                    assert_eq!(
                        there,
                        (first..=last).contains(&census),
                        "{table}.{column} in {census}"
                    );
                }
            }
        }
    }

    #[test]
    fn what_a_term_does_not_collect_is_not_there() {
        let has =
            |census: &str, column: &str| columns("pupilonroll", census).iter().any(|name| name == column);
        for (column, spring, summer, autumn) in [
            ("ethnicity", true, false, false),
            ("senprovision", true, true, true),
            ("senunitindicator", true, true, true),
            ("expandedhours", false, true, false),
            ("qualhrs", false, false, true),
            ("youngcarer", true, false, false),
        ] {
            let there = ["2025-spring", "2025-summer", "2025-autumn"].map(|census| has(census, column));
            assert_eq!(there, [spring, summer, autumn], "{column}");
        }
        for (table, terms) in [
            ("senneeds", [true, false, false]),
            ("addresses", [true, true, false]),
            ("addressesonroll", [false, false, true]),
            ("addressesoffroll", [false, false, true]),
            ("fsmperiod", [true, true, false]),
            ("fsmperiodsonroll", [false, false, true]),
        ] {
            let there = ["2025-spring", "2025-summer", "2025-autumn"]
                .map(|census| !columns(table, census).is_empty());
            assert_eq!(there, terms, "{table}");
        }
        assert!(!has("2016-summer", "senunitindicator") && has("2018-summer", "senunitindicator"));
        assert!(has("2018-spring", "eyppe") && !has("2019-spring", "eyppe"));
    }

    #[test]
    fn a_row_stands_under_its_header() {
        let layout = kit::mappings::load("school-census/blade", Path::new(".")).expect("the layout");
        let census = "2023-spring".parse().expect("a census");
        let tables = tables(&layout, census);
        let form = tables
            .iter()
            .find(|form| form.name == "pupilonroll")
            .expect("the table");
        let values = BTreeMap::from([
            ("sex", "F".to_owned()),
            ("nc_year", "4".to_owned()),
            ("row_id", "p1".to_owned()),
        ]);
        let row = form.row(&values, "0012001", 7);
        let cell = |name: &str| {
            let column = form.header().position(|header| header == name);
            column.and_then(|column| row.get(column)).map(String::as_str)
        };
        assert_eq!(cell("gender"), Some("F"));
        assert_eq!(cell("sex"), None);
        assert_eq!(cell("ncyearactual"), Some("4"));
        assert_eq!(cell("pupilonrolltableid"), Some("p1"));
        assert_eq!(cell("NativeId"), Some("0012001"));
        assert_eq!(cell("pupilonrollorderseqcolumn"), Some("7"));
        assert_eq!(
            day(&layout, jiff::civil::date(2020, 4, 25)),
            "2020-Apr-25 00:00:00"
        );
    }
}
