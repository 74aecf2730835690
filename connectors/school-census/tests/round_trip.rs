//! What is written is read, in every census.

#![allow(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod common;

use std::{collections::BTreeMap, path::Path};

use common::{child, layout, payload, taken};
use jiff::civil::date;
use records::{Census, Sex, Term};
use school_census::write::{self, PupilReturn, ReturnHeader, ReturnWriter};

fn censuses() -> impl Iterator<Item = Census> {
    let terms = [Term::Spring, Term::Summer, Term::Autumn];
    let first = Census {
        year: 2015,
        term: Term::Autumn,
    };
    (2015..=2026)
        .flat_map(move |year| terms.map(|term| Census { year, term }))
        .filter(move |census| *census >= first)
}

fn values(pairs: &[(&'static str, &str)]) -> BTreeMap<&'static str, String> {
    pairs
        .iter()
        .map(|(field, value)| (*field, (*value).to_owned()))
        .collect()
}

/// Writes a set of one school and one pupil.
fn write_set(folder: &Path, census: Census) {
    let layout = layout("school-census/blade");
    let day = |day| write::day(&layout, day);
    let sent_at = write::moment(&layout, census.day().at(16, 5, 9, 0));
    let (day_of_census, born, entered) = (day(census.day()), day(date(2009, 5, 6)), day(date(2014, 9, 3)));
    let year = census.year.to_string();
    for table in write::tables(&layout, census) {
        let row = match table.name {
            "schoolcensus" => values(&[
                ("row_id", "return"),
                ("collection", "SC"),
                ("term", census.term.code()),
                ("year", &year),
                ("reference_date", &day_of_census),
                ("la", "001"),
                ("school_number", "2001"),
                ("sent_at", &sent_at),
                ("serial_number", "1"),
            ]),
            "pupilonroll" => values(&[
                ("row_id", "pupil"),
                ("return_id", "return"),
                ("upn", "F001200113001"),
                ("surname", "Wren, the \"first\""),
                ("forename", "Ada"),
                ("birth_date", &born),
                ("sex", "F"),
                ("ethnicity", "WBRI"),
                ("enrol_status", "C"),
                ("nc_year", "4"),
                ("sen_provision", "K"),
                ("sen_unit", write::flag(true)),
                ("entry_date", &entered),
            ]),
            "senneeds" => values(&[
                ("row_id", "need"),
                ("pupil_id", "pupil"),
                ("rank", "1"),
                ("need", "ASD"),
            ]),
            "addresses" | "addressesonroll" => values(&[("pupil_id", "pupil"), ("postcode", "ZZ1 1ZZ")]),
            "fsmperiod" | "fsmperiodsonroll" => values(&[("pupil_id", "pupil"), ("start_date", &entered)]),
            _ => BTreeMap::new(),
        };
        let quoted = |cell: &str| format!("\"{}\"", cell.replace('"', "\"\""));
        let mut text = table.header().collect::<Vec<_>>().join(",") + "\r\n";
        if !row.is_empty() {
            let cells: Vec<String> = table
                .row(&row, "0012001", 1)
                .iter()
                .map(|cell| quoted(cell))
                .collect();
            text += &(cells.join(",") + "\r\n");
        }
        let name = write::table_file_name(table.name, census, false);
        std::fs::write(folder.join(name), text).expect("written");
    }
}

#[test]
fn blade_sets_of_every_census_are_read_without_a_finding() {
    let layout = layout("school-census/blade");
    for census in censuses() {
        let folder = tempfile::tempdir().expect("a folder");
        write_set(folder.path(), census);
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
        assert_eq!(
            child(pupil).postcode.valid().map(|postcode| postcode.expose()),
            Some("ZZ1 1ZZ")
        );
    }
}

#[test]
fn returns_of_every_census_are_read_again() {
    let layout = layout("school-census/xml");
    for census in censuses() {
        let header = ReturnHeader {
            census,
            census_date: census.day(),
            school: "0012001".to_owned(),
            serial: 4,
            made: census.day().at(16, 5, 9, 0),
        };
        let pupil = PupilReturn {
            fields: values(&[
                ("upn", "F001200113001"),
                ("former_upn", "N00120010701A"),
                ("surname", "Wren & Sons"),
                ("forename", "Ada"),
                ("birth_date", "2009-05-06"),
                ("sex", "F"),
                ("ethnicity", "WBRI"),
                ("enrol_status", "C"),
                ("nc_year", "4"),
                ("sen_provision", "E"),
                ("sen_unit", "true"),
                ("entry_date", "2014-09-03"),
            ]),
            needs: vec![
                ("1".to_owned(), "HI".to_owned()),
                ("2".to_owned(), "VI".to_owned()),
            ],
            meals: vec![("2014-09-03".to_owned(), String::new())],
            postcodes: vec!["ZZ1 1ZZ".to_owned(), "ZZ1 2ZZ".to_owned()],
        };
        let mut writer = ReturnWriter::new(Vec::new(), &layout, &header).expect("written");
        writer.pupil(&pupil, true).expect("written");
        let left = PupilReturn {
            fields: BTreeMap::from([("leaving_date", "2014-10-01".to_owned())]),
            ..pupil.clone()
        };
        let left = PupilReturn {
            fields: pupil
                .fields
                .clone()
                .into_iter()
                .chain(left.fields)
                .filter(|(field, _)| *field != "upn")
                .collect(),
            needs: Vec::new(),
            ..left
        };
        writer.pupil(&left, false).expect("written");
        assert!(
            writer.pupil(&pupil, true).is_err(),
            "those on the roll come first"
        );
        let folder = tempfile::tempdir().expect("a folder");
        let name = write::return_file_name(&header.school, census, header.serial);
        std::fs::write(folder.path().join(&name), writer.finish().expect("written")).expect("written");

        let (read, _) = taken(folder.path(), &layout);
        let findings: Vec<&str> = read.findings.iter().map(|finding| finding.rule.id).collect();
        assert_eq!(findings, [kit::rules::BAD_NAME.id; 2], "{census}");
        let [on_roll, off_roll] = read.incoming.as_slice() else {
            panic!("two pupils in {census}")
        };
        assert!(payload(on_roll).on_roll && !payload(off_roll).on_roll);
        assert_eq!(on_roll.record.sex, Sex::F);
        let needs = if census.term == Term::Spring { 2 } else { 0 };
        assert_eq!(payload(on_roll).needs.len(), needs, "{census}");
        assert_eq!(payload(on_roll).fsm, Some(true));
        assert_eq!(child(on_roll).other_postcodes.len(), 1);
        assert!(on_roll.location.file == name, "{}", on_roll.location.file);
    }
}
