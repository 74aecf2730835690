//! The export of each year: which columns it has, and that it is read.

#![allow(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod common;

use std::{collections::BTreeMap, path::Path};

use common::{child, layout, payload, taken};
use jiff::civil::{Date, date};
use kit::{Layout, layout::fold_code};
use records::{Census, Sex, Term};

const TERMS: [Term; 3] = [Term::Spring, Term::Summer, Term::Autumn];

/// Every census from the first that the layout knows.
fn censuses() -> impl Iterator<Item = Census> {
    let first = Census {
        year: 2015,
        term: Term::Autumn,
    };
    (2015..=2026)
        .flat_map(|year| TERMS.map(|term| Census { year, term }))
        .filter(move |census| *census >= first)
}

fn census(text: &str) -> Census {
    text.parse().expect("a census")
}

/// The columns of a table in a census, sorted; none where it has no such table.
fn columns<'a>(layout: &'a Layout, table: &str, census: Census) -> Vec<&'a str> {
    let table = layout.tables.get(table).expect("a table");
    let sent = table
        .sent
        .iter()
        .filter(|(censuses, _)| table.census.contains(census) && censuses.contains(census));
    let mut columns: Vec<&str> = sent.flat_map(|(_, names)| names).map(String::as_str).collect();
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
    let layout = layout("school-census/blade");
    assert_eq!(columns(&layout, "pupilonroll", census("2026-spring")), expected);
}

#[test]
fn columns_come_and_go_in_the_year_of_the_change() {
    let layout = layout("school-census/blade");
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
        for when in censuses() {
            let there = columns(&layout, table, when).contains(&column);
            let expected = (census(first)..=census(last)).contains(&when);
            assert_eq!(there, expected, "{table}.{column} in {when}");
        }
    }
}

#[test]
fn what_a_term_does_not_collect_is_not_there() {
    let layout = layout("school-census/blade");
    let has = |when: &str, column: &str| columns(&layout, "pupilonroll", census(when)).contains(&column);
    let in_2025 = ["2025-spring", "2025-summer", "2025-autumn"];
    for (column, terms) in [
        ("ethnicity", [true, false, false]),
        ("senprovision", [true, true, true]),
        ("senunitindicator", [true, true, true]),
        ("expandedhours", [false, true, false]),
        ("qualhrs", [false, false, true]),
        ("youngcarer", [true, false, false]),
    ] {
        assert_eq!(in_2025.map(|when| has(when, column)), terms, "{column}");
    }
    for (table, terms) in [
        ("senneeds", [true, false, false]),
        ("addresses", [true, true, false]),
        ("addressesonroll", [false, false, true]),
        ("addressesoffroll", [false, false, true]),
        ("fsmperiod", [true, true, false]),
        ("fsmperiodsonroll", [false, false, true]),
    ] {
        let there = in_2025.map(|when| !columns(&layout, table, census(when)).is_empty());
        assert_eq!(there, terms, "{table}");
    }
    assert!(!has("2016-summer", "senunitindicator") && has("2018-summer", "senunitindicator"));
    assert!(has("2018-spring", "eyppe") && !has("2019-spring", "eyppe"));
}

#[test]
fn what_is_read_is_among_what_is_sent() {
    let layout = layout("school-census/blade");
    for (name, table) in &layout.tables {
        let sent: Vec<String> = table
            .sent
            .values()
            .flatten()
            .map(|column| fold_code(column))
            .collect();
        let marks = table.recognised_by.iter();
        for column in table
            .columns
            .values()
            .flat_map(|column| &column.names)
            .chain(marks)
        {
            assert!(sent.contains(&fold_code(column)), "{name}.{column}");
        }
    }
}

fn day(day: Date) -> String {
    day.strftime("%Y-%b-%d 00:00:00").to_string()
}

/// Writes a set of one school and one pupil with the columns of a census.
fn write_set(folder: &Path, layout: &Layout, census: Census) {
    let (day_of_census, born, entered) = (day(census.day()), day(date(2009, 5, 6)), day(date(2014, 9, 3)));
    let year = census.year.to_string();
    let sex = if census < self::census("2023-autumn") {
        "gender"
    } else {
        "sex"
    };
    for name in layout.tables.keys() {
        let columns = columns(layout, name, census);
        if columns.is_empty() {
            continue;
        }
        let row: BTreeMap<&str, &str> = match name.as_str() {
            "schoolcensus" => BTreeMap::from([
                ("schoolcensustableid", "return"),
                ("collection", "SC"),
                ("term", census.term.code()),
                ("year", &year),
                ("referencedate", &day_of_census),
                ("lea", "001"),
                ("estab", "2001"),
                ("datetime", &day_of_census),
                ("serialno", "1"),
            ]),
            "pupilonroll" => BTreeMap::from([
                ("pupilonrolltableid", "pupil"),
                ("schoolcensustableid", "return"),
                ("upn", "F001200113001"),
                ("surname", "Wren, \"Hill\""),
                ("forename", "Ada"),
                ("dob", &born),
                (sex, "F"),
                ("ethnicity", "WBRI"),
                ("enrolstatus", "C"),
                ("ncyearactual", "4"),
                ("senprovision", "K"),
                ("senunitindicator", "True"),
                ("entrydate", &entered),
            ]),
            "senneeds" => BTreeMap::from([
                ("pupilonrolltableid", "pupil"),
                ("sentyperank", "1"),
                ("sentype", "ASD"),
            ]),
            "addresses" | "addressesonroll" => {
                BTreeMap::from([("pupilonrolltableid", "pupil"), ("postcode", "ZZ1 1ZZ")])
            }
            "fsmperiod" | "fsmperiodsonroll" => BTreeMap::from([
                ("pupilonrolltableid", "pupil"),
                ("fsmstartdate", entered.as_str()),
            ]),
            _ => BTreeMap::new(),
        };
        let mut text = columns.join(",") + "\r\n";
        if !row.is_empty() {
            let cell = |column: &&str| row.get(column).copied().unwrap_or_default().replace('"', "\"\"");
            let cells: Vec<String> = columns
                .iter()
                .map(|column| format!("\"{}\"", cell(column)))
                .collect();
            text += &(cells.join(",") + "\r\n");
        }
        std::fs::write(folder.join(format!("{census}_la_{name}.csv")), text).expect("written");
    }
}

#[test]
fn the_export_of_every_census_is_read_without_a_finding() {
    let layout = layout("school-census/blade");
    for census in censuses() {
        let folder = tempfile::tempdir().expect("a folder");
        write_set(folder.path(), &layout, census);
        let (read, scopes) = taken(folder.path(), &layout);
        assert_eq!(read.findings(), Vec::<String>::new(), "{census}");
        assert_eq!(
            scopes.first().map(|scope| scope.scope.clone()),
            Some(format!("{census}/la"))
        );
        let [pupil] = read.incoming.as_slice() else {
            panic!("one pupil in {census}")
        };
        let school = payload(pupil);
        let spring = census.term == Term::Spring;
        assert_eq!(school.census, census);
        assert_eq!(pupil.record.sex, Sex::F, "{census}");
        assert_eq!(pupil.record.ethnic_group.is_some(), spring, "{census}");
        assert_eq!(school.needs.len(), usize::from(spring), "{census}");
        assert_eq!(school.fsm, Some(true));
        let postcode = child(pupil).postcode.valid();
        assert_eq!(postcode.map(|postcode| postcode.expose()), Some("ZZ1 1ZZ"));
    }
}
