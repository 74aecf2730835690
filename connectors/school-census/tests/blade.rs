//! What a Blade export may look like, and what must not pass.

#![allow(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod common;

use common::{
    child, copy, data, delivery, edit, layout, payload, read, read_as_at, read_delivery, refused, taken,
};
use jiff::civil::date;
use kit::{Layout, Mode, ReadError};
use records::finding::Effect;
use school_census::rules;

const SPRING: &str = "blade-2026-spring";

fn blade() -> Layout {
    layout("school-census/blade")
}

/// The rules of the findings of a folder.
fn rules_of(folder: &std::path::Path, layout: &Layout) -> Vec<&'static str> {
    taken(folder, layout)
        .0
        .findings
        .iter()
        .map(|finding| finding.rule.id)
        .collect()
}

#[test]
fn the_order_of_columns_and_rows_does_not_matter() {
    let folder = copy(SPRING);
    let (before, _) = taken(folder.path(), &blade());
    for entry in std::fs::read_dir(folder.path()).expect("the folder") {
        let name = entry
            .expect("an entry")
            .file_name()
            .into_string()
            .expect("a name");
        let path = folder.path().join(&name);
        let text = std::fs::read_to_string(&path).expect("a text");
        // No cell of these files is quoted: columns and rows can be turned round as text.
        let mut lines: Vec<String> = text
            .trim_start_matches('\u{feff}')
            .lines()
            .map(|line| line.split(',').rev().collect::<Vec<_>>().join(","))
            .collect();
        let header = lines.remove(0);
        lines.reverse();
        lines.insert(0, header);
        std::fs::write(path, lines.join("\n") + "\n").expect("written");
    }
    let (after, _) = taken(folder.path(), &blade());
    assert_eq!(before.sorted_records(), after.sorted_records());
    assert_ne!(before.records(), after.records(), "the rows were turned round");
}

#[test]
fn a_table_is_known_by_its_header_whatever_its_file_is_called() {
    let folder = copy(SPRING);
    let (before, _) = taken(folder.path(), &blade());
    for (number, entry) in std::fs::read_dir(folder.path()).expect("the folder").enumerate() {
        let path = entry.expect("an entry").path();
        std::fs::rename(&path, folder.path().join(format!("export {number}.csv"))).expect("renamed");
    }
    let (after, scopes) = taken(folder.path(), &blade());
    // The set is no longer known, so the scope is the school's.
    assert_eq!(
        scopes.first().map(|scope| scope.scope.as_str()),
        Some("2026-spring/0016901")
    );
    let without_scope = |read: &common::Read| read.sorted_records();
    assert_eq!(without_scope(&before), without_scope(&after));
}

#[test]
fn a_dual_registration_is_two_records_of_one_child() {
    let (read, _) = taken(&data("blade-2018-spring"), &blade());
    let mut registrations: Vec<_> = read
        .incoming
        .iter()
        .filter(|incoming| {
            child(incoming)
                .upn
                .valid()
                .is_some_and(|upn| upn.expose() == "Y001200112003")
        })
        .collect();
    registrations.sort_by_key(|incoming| payload(incoming).school.clone());
    let [main, subsidiary] = registrations.as_slice() else {
        panic!("two registrations")
    };
    assert_eq!(payload(main).enrol_status.as_deref(), Some("M"));
    assert_eq!(payload(subsidiary).enrol_status.as_deref(), Some("S"));
    assert_ne!(main.key.as_bytes(), subsidiary.key.as_bytes());
}

#[test]
fn of_two_rows_for_one_pupil_the_one_on_the_roll_is_the_later() {
    let (read, _) = taken(&data("blade-2018-spring"), &blade());
    let of_wren: Vec<_> = read
        .incoming
        .iter()
        .filter(|incoming| {
            child(incoming)
                .upn
                .valid()
                .is_some_and(|upn| upn.expose() == "F001200113001")
        })
        .collect();
    let [on_roll, off_roll] = of_wren.as_slice() else {
        panic!("two rows")
    };
    assert_eq!(on_roll.key.as_bytes(), off_roll.key.as_bytes());
    assert!(payload(on_roll).on_roll && !payload(off_roll).on_roll);
    assert!(on_roll.record.version > off_roll.record.version);
}

#[test]
fn needs_sent_in_autumn_are_passed_over() {
    let folder = copy("blade-2024-autumn");
    let needs = "senneedstableid,NativeId,senneedsorderseqcolumn,sourceid,pupilonrolltableid,sentyperank,sentype\n\
        n1,0012001,1,1,00001c59-0000-4000-8000-000000000001,1,ASD\n";
    std::fs::write(folder.path().join("needs.csv"), needs).expect("written");
    let (read, _) = taken(folder.path(), &blade());
    assert!(
        read.incoming
            .iter()
            .all(|incoming| payload(incoming).needs.is_empty())
    );
    assert_eq!(read.tallies().get("senneeds"), Some(&[1, 0, 1, 0]));
    let rules: Vec<&str> = read.findings.iter().map(|finding| finding.rule.id).collect();
    assert_eq!(rules, [rules::TABLE_OUT_OF_TERM.id]);
}

#[test]
fn a_required_table_that_is_missing_is_named() {
    for (table, required) in [
        ("schoolcensus", true),
        ("pupilonroll", true),
        ("senneeds", true),
        ("addresses", true),
        ("pupilnolongeronroll", false),
        ("fsmperiod", false),
    ] {
        let folder = copy(SPRING);
        std::fs::remove_file(folder.path().join(format!("{table}_2026_spring_acad.csv"))).expect("removed");
        if required {
            let finding = refused(folder.path(), &blade());
            assert_eq!(
                (finding.rule.id, finding.location.file.as_str()),
                (kit::rules::MISSING_TABLE.id, table)
            );
        } else {
            let (read, _) = taken(folder.path(), &blade());
            let missed = read
                .findings
                .iter()
                .find(|finding| finding.rule.id == kit::rules::EXPECTED_TABLE.id);
            assert_eq!(missed.map(|finding| finding.location.file.as_str()), Some(table));
        }
    }
    let nothing = tempfile::tempdir().expect("a folder");
    assert_eq!(
        refused(nothing.path(), &blade()).rule.id,
        kit::rules::MISSING_TABLE.id
    );
}

#[test]
fn free_meals_are_unknown_where_their_table_is_missing() {
    let folder = copy("blade-2018-spring");
    std::fs::remove_file(folder.path().join("2018_January_la_fsmperiod.csv")).expect("removed");
    let (read, _) = taken(folder.path(), &blade());
    assert!(
        read.incoming
            .iter()
            .all(|incoming| payload(incoming).fsm.is_none())
    );
}

#[test]
fn two_sets_in_one_delivery_are_kept_apart() {
    let folder = copy(SPRING);
    for entry in std::fs::read_dir(data("blade-2018-spring")).expect("the folder") {
        let entry = entry.expect("an entry");
        std::fs::copy(entry.path(), folder.path().join(entry.file_name())).expect("a copy");
    }
    // Both sets have rows of the same keys.
    let (read, scopes) = taken(folder.path(), &blade());
    assert_eq!(read.incoming.len(), 14);
    let scopes: Vec<&str> = scopes.iter().map(|scope| scope.scope.as_str()).collect();
    assert_eq!(scopes, ["2018-spring/la", "2026-spring/acad"]);
    assert!(
        !read
            .findings
            .iter()
            .any(|finding| finding.rule.id == kit::rules::DOUBLE_KEY.id)
    );

    std::fs::remove_file(folder.path().join("senneeds_2026_spring_acad.csv")).expect("removed");
    assert_eq!(
        refused(folder.path(), &blade()).rule.id,
        kit::rules::MISSING_TABLE.id
    );
}

#[test]
fn a_pupil_of_no_return_is_kept_out_with_what_belongs_to_it() {
    let folder = copy("blade-2018-spring");
    edit(folder.path(), "2018_January_la_schoolcensus.csv", |text| {
        text.lines().take(2).map(|line| format!("{line}\r\n")).collect()
    });
    let (read, _) = taken(folder.path(), &blade());
    assert!(
        read.incoming
            .iter()
            .all(|incoming| payload(incoming).school == "0012001")
    );
    assert_eq!(read.tallies().get("pupilonroll"), Some(&[9, 4, 0, 5]));
    assert_eq!(read.tallies().get("senneeds"), Some(&[8, 4, 0, 4]));
    let lost = read
        .findings
        .iter()
        .filter(|finding| finding.rule.id == rules::NO_RETURN.id)
        .count();
    assert_eq!(lost, 4);
}

#[test]
fn a_table_of_pupils_that_was_cut_short_between_rows_shows_in_what_belongs_to_them() {
    let folder = copy("blade-2018-spring");
    edit(folder.path(), "2018_January_la_addresses.csv", |text| {
        let stray = text
            .lines()
            .last()
            .expect("a row")
            .replace("000000000008", "0000000000aa");
        text + &format!("{stray}\r\n").repeat(19)
    });
    let (read, _) = taken(folder.path(), &blade());
    assert_eq!(read.tallies().get("addresses"), Some(&[28, 8, 0, 20]));

    edit(folder.path(), "2018_January_la_addresses.csv", |text| {
        let stray = text.lines().last().expect("a row").to_owned();
        text + &format!("{stray}\r\n")
    });
    let finding = refused(folder.path(), &blade());
    assert_eq!((finding.rule.id, finding.rows), (kit::rules::MANY_ORPHANS.id, 20));
}

#[test]
fn a_key_that_stands_twice_is_reported_and_costs_nothing() {
    let folder = copy(SPRING);
    edit(folder.path(), "pupilonroll_2026_spring_acad.csv", |text| {
        let last = text.lines().last().expect("a row").to_owned();
        format!("{text}{last}\r\n")
    });
    let (read, _) = taken(folder.path(), &blade());
    assert_eq!(read.incoming.len(), 5);
    let rules: Vec<&str> = read.findings.iter().map(|finding| finding.rule.id).collect();
    assert!(
        rules.contains(&kit::rules::DOUBLE_KEY.id) && rules.contains(&rules::DOUBLE_UPN.id),
        "{rules:?}"
    );
}

#[test]
fn blank_keys_join_nothing() {
    let folder = copy(SPRING);
    for name in ["pupilonroll", "addresses"] {
        edit(folder.path(), &format!("{name}_2026_spring_acad.csv"), |text| {
            text.replace("00001c59-0000-4000-8000-000000000002", "")
        });
    }
    let (read, _) = taken(folder.path(), &blade());
    assert_eq!(read.incoming.len(), 4);
    let without = read
        .incoming
        .iter()
        .filter(|incoming| child(incoming).postcode.valid().is_none());
    assert_eq!(without.count(), 1);
    assert_eq!(read.tallies().get("addresses"), Some(&[4, 3, 0, 1]));
}

#[test]
fn a_census_that_has_not_come_yet_is_refused() {
    let folder = data(SPRING);
    let (_, outcome) = read_as_at(&folder, &blade(), date(2026, 1, 14));
    let Err(ReadError::Refused(finding)) = outcome else {
        panic!("must be refused")
    };
    assert_eq!(finding.rule.id, rules::FUTURE_CENSUS.id);
    assert!(read_as_at(&folder, &blade(), date(2026, 1, 15)).1.is_ok());
}

#[test]
fn the_header_wins_over_the_names_of_the_files() {
    let folder = copy(SPRING);
    for entry in std::fs::read_dir(folder.path()).expect("the folder") {
        let path = entry.expect("an entry").path();
        let name = path
            .file_name()
            .expect("a name")
            .to_string_lossy()
            .replace("2026_spring", "2024_may");
        std::fs::rename(&path, folder.path().join(name)).expect("renamed");
    }
    let (read, scopes) = taken(folder.path(), &blade());
    assert_eq!(
        scopes.first().map(|scope| scope.scope.as_str()),
        Some("2026-spring/acad")
    );
    assert!(
        read.findings
            .iter()
            .any(|finding| finding.rule.id == rules::OTHER_CENSUS_IN_NAME.id)
    );
}

#[test]
fn faults_of_the_header_cost_what_they_must() {
    for (from, to, expected) in [
        ("2026-Jan-20 16:30:05", "", Some(rules::NO_TIME.id)),
        ("2026-Jan-15 00:00:00", "", Some(rules::NO_REFERENCE_DATE.id)),
        (
            "2026-Jan-15 00:00:00",
            "2026-Mar-15 00:00:00",
            Some(rules::ODD_REFERENCE_DATE.id),
        ),
        ("6901", "9901", Some(rules::ODD_SCHOOL.id)),
        ("6901", "69", None),
        ("SPR", "WINTER", None),
        ("SPR", "", None),
    ] {
        let folder = copy(SPRING);
        edit(folder.path(), "schoolcensus_2026_spring_acad.csv", |text| {
            text.replace(from, to)
        });
        match expected {
            Some(rule) => assert!(
                rules_of(folder.path(), &blade()).contains(&rule),
                "{from} -> {to}"
            ),
            None => assert_eq!(
                refused(folder.path(), &blade()).rule.id,
                rules::NO_READABLE_RETURN.id,
                "{from} -> {to}"
            ),
        }
    }
}

#[test]
fn a_later_attempt_is_a_later_version() {
    let version = |from: &str, to: &str| {
        let folder = copy(SPRING);
        if from != to {
            edit(folder.path(), "schoolcensus_2026_spring_acad.csv", |text| {
                text.replace(from, to)
            });
        }
        let (read, scopes) = taken(folder.path(), &blade());
        let versions: Vec<_> = read
            .incoming
            .iter()
            .map(|incoming| incoming.record.version)
            .collect();
        (versions, scopes.into_iter().map(|scope| scope.version).max())
    };
    let first = version("", "");
    assert!(version("2026-Jan-20", "2026-Jan-21") > first);
    assert!(version(",7,", ",8,") > first);
    assert!(version(",7,", ",6,") < first);
}

#[test]
fn columns_of_another_year_are_read_and_reported() {
    let folder = copy(SPRING);
    edit(folder.path(), "pupilonroll_2026_spring_acad.csv", |text| {
        text.replace(",sex", ",gender").replace("sex,", "gender,")
    });
    let (read, _) = taken(folder.path(), &blade());
    assert_eq!(
        read.incoming.first().map(|incoming| incoming.record.sex),
        Some(records::Sex::F)
    );
    let odd = read
        .findings
        .iter()
        .find(|finding| finding.rule.id == rules::COLUMN_OUT_OF_TERM.id);
    assert_eq!(
        odd.and_then(|finding| finding.location.header.as_deref()),
        Some("gender")
    );

    edit(folder.path(), "pupilonroll_2026_spring_acad.csv", |text| {
        text.replace("gender", "sorting")
    });
    let (read, _) = taken(folder.path(), &blade());
    let rules: Vec<&str> = read.findings.iter().map(|finding| finding.rule.id).collect();
    for rule in [&kit::rules::ABSENT_COLUMN, &kit::rules::UNKNOWN_COLUMN] {
        assert!(rules.contains(&rule.id), "{rules:?}");
    }
    assert!(
        read.incoming
            .iter()
            .all(|incoming| incoming.record.sex == records::Sex::U)
    );
}

#[test]
fn the_contract_decides_about_the_unknown() {
    let folder = copy(SPRING);
    edit(folder.path(), "pupilonroll_2026_spring_acad.csv", |text| {
        text.replace("youngcarer", "shoesize")
    });
    edit(folder.path(), "pupilonroll_2026_spring_acad.csv", |text| {
        text.replace("MWBC", "QQQQ")
    });
    let under = |change: fn(&mut kit::Contract)| {
        let mut layout = blade();
        change(&mut layout.contract);
        layout
    };
    let loaded = |layout: &Layout| taken(folder.path(), layout).0.incoming.len();
    assert_eq!(loaded(&blade()), 4);
    assert_eq!(
        loaded(&under(|contract| contract.unknown_code = Mode::QuarantineRow)),
        3
    );
    assert_eq!(
        loaded(&under(|contract| contract.bad_value = Mode::QuarantineRow)),
        3
    );
    for (change, rule) in [
        (
            (|contract| contract.unknown_column = Mode::RefuseDelivery) as fn(&mut kit::Contract),
            &kit::rules::UNKNOWN_COLUMN,
        ),
        (
            |contract| contract.unknown_code = Mode::RefuseDelivery,
            &kit::rules::UNKNOWN_CODE,
        ),
        (
            |contract| contract.bad_value = Mode::RefuseDelivery,
            &kit::rules::BAD_FORM,
        ),
    ] {
        assert_eq!(refused(folder.path(), &under(change)).rule.id, rule.id);
    }
}

#[test]
fn a_file_that_is_no_table_is_reported_or_refused() {
    let folder = copy(SPRING);
    std::fs::write(folder.path().join("Pupil list.csv"), "Name,Colour\nRook,black\n").expect("written");
    std::fs::write(folder.path().join("notes.pdf"), [0xff, 0xfe, 0, 1, 2]).expect("written");
    let (read, _) = taken(folder.path(), &blade());
    let unknown: Vec<_> = read
        .findings
        .iter()
        .filter(|finding| finding.rule.id == kit::rules::UNKNOWN_TABLE.id)
        .collect();
    assert_eq!(unknown.len(), 2);
    assert!(
        unknown
            .iter()
            .all(|finding| finding.location.file.starts_with("file ")),
        "{unknown:?}"
    );

    let mut strict = blade();
    strict.contract.unknown_column = Mode::RefuseDelivery;
    assert_eq!(
        refused(folder.path(), &strict).rule.id,
        kit::rules::UNKNOWN_TABLE.id
    );
}

#[test]
fn a_bad_row_never_costs_its_neighbours() {
    let folder = copy(SPRING);
    for (name, row) in [
        ("pupilonroll", "a,b,c\r\n"),
        ("senneeds", "\"x\"y,1,1,1,1,1,1\r\n"),
        ("addresses", "\u{1}\r\n"),
    ] {
        edit(folder.path(), &format!("{name}_2026_spring_acad.csv"), |text| {
            let (header, rows) = text.split_once("\r\n").expect("a header");
            format!("{header}\r\n{row}{rows}")
        });
    }
    let (before, _) = taken(&data(SPRING), &blade());
    let (after, _) = taken(folder.path(), &blade());
    assert_eq!(before.sorted_records(), after.sorted_records());
    let kept_out = after
        .findings
        .iter()
        .filter(|finding| finding.effect == Effect::QuarantinedRow)
        .count();
    assert_eq!(kept_out, 3);
}

#[test]
fn every_prefix_that_ends_within_a_row_is_refused() {
    let blade = blade();
    for table in ["pupilonroll", "senneeds"] {
        let folder = copy(SPRING);
        let name = format!("{table}_2026_spring_acad.csv");
        let delivery = delivery(folder.path(), &blade);
        let whole = std::fs::read(folder.path().join(&name)).expect("bytes");
        for length in 0..whole.len() {
            let prefix = whole.get(..length).expect("a prefix");
            std::fs::write(folder.path().join(&name), prefix).expect("written");
            let (read, outcome) = read_delivery(&delivery, &blade, date(2026, 11, 23));
            let rows = prefix.iter().filter(|byte| **byte == b'\n').count();
            // A CR ends a row as well as CR LF does.
            let at_boundary = prefix.last().is_some_and(|byte| matches!(byte, b'\n' | b'\r'));
            if !at_boundary {
                assert!(
                    matches!(outcome, Err(ReadError::Refused(_))),
                    "{name}: {length} bytes"
                );
                assert!(
                    read.findings
                        .iter()
                        .any(|finding| finding.effect == Effect::RefusedDelivery)
                );
            } else if table == "pupilonroll" {
                let rows = rows - usize::from(prefix.ends_with(b"\n"));
                assert_eq!(read.incoming.len(), rows, "{name}: {length} bytes");
            }
        }
    }
}

#[test]
fn no_finding_or_error_holds_a_value() {
    let folder = copy("blade-2018-spring");
    for entry in std::fs::read_dir(folder.path()).expect("the folder") {
        let name = entry
            .expect("an entry")
            .file_name()
            .into_string()
            .expect("a name");
        if name.contains("pupil") {
            edit(folder.path(), &name, |text| {
                text.replace("Wren", "C4NARY")
                    .replace("2008-Sep-02", "C4NARY-date")
            });
        }
    }
    let mut strict = blade();
    strict.contract.bad_value = Mode::RefuseDelivery;
    for layout in [blade(), strict] {
        let (read, outcome) = read(folder.path(), &layout);
        let mut said = format!("{:?} {outcome:?}", read.findings);
        for incoming in &read.incoming {
            said.push_str(&format!("{incoming:?}"));
        }
        if let Err(error) = outcome {
            said.push_str(&error.to_string());
        }
        for secret in [
            "C4NARY",
            "F001200113001",
            "Finch",
            "FINCH",
            "ZZ1 2ZZ",
            "1234567899",
        ] {
            assert!(!said.contains(secret), "{secret}");
        }
    }
}
