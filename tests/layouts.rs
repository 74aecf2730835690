//! Another supplier's spreadsheet and next year's census need a mapping file at most, and no compiling.

use rust_xlsxwriter::{ExcelDateTime, Format, Workbook};
use sendlink_tests::{
    Area, Database,
    hand::{Child, Notice, Pupil, Table, census_feed, notices_feed, spring_census},
};

/// The layout of a spreadsheet that nobody but its author has ever seen: a title above the header, words of its own,
/// days as dates of Excel in one column and as text in another, NHS numbers as numbers, one column for the trust's own
/// use.
const WATCH_LIST: &str = r#"
kind = "section23"
version = "1"
description = "The watch list of the child development centre"

[file]
format = "xlsx"
pattern = "watch-list-*.xlsx"
sheet = "Kids"
header_row = 3
dates = ["D.M.YYYY", "excel-serial"]

[contract]
unknown_column = "accept"
unknown_code = "blank-value"
bad_value = "quarantine-row"

[columns]
notification_id = "Our no."
opinion_date = "Agreed at panel"
parent_informed_date = "Mum/dad know since"
discussion_offered_date = "Mum/dad know since"
family_name = "Last"
given_name = "First"
birth_date = "DOB"
nhs_number = "NHS"
postcode = "Lives at"
primary_need = { column = "Main thing", codes = { "Talking" = "SLCN", "Hearing" = "HI" } }
category = { column = "What", codes = { "learning" = "SEN", "disabled" = "DISABILITY", "bit of both" = "BOTH" } }
sex = { column = "Boy/girl", codes = { "b" = "1", "g" = "2" } }
notifier_role = { column = "Seen by", codes = { "doctor" = "PAEDIATRICIAN", "speech" = "SLT" } }
action = { default = "NEW" }
kind = { default = "NOTIFICATION" }
limb = { default = "PROBABLY_HAS" }
la_gss = { default = "E10000012" }
notifier_org_ods = { default = "RAJ" }
"#;

/// Four children on the watch list; the last has a day that is none.
fn watch_list(children: &[Child]) -> Vec<u8> {
    let mut workbook = Workbook::new();
    workbook
        .add_worksheet()
        .set_name("Read me")
        .unwrap()
        .write(0, 0, "Do not sort!")
        .unwrap();
    let sheet = workbook.add_worksheet().set_name("Kids").unwrap();
    sheet.write(0, 0, "Watch list").unwrap();
    let header = [
        "Boy/girl",
        "Our no.",
        "First",
        "Last",
        "DOB",
        "Lives at",
        "NHS",
        "Main thing",
        "What",
        "Seen by",
        "Agreed at panel",
        "Mum/dad know since",
        "Biscuits",
    ];
    for (column, name) in (0..).zip(header) {
        sheet.write(2, column, name).unwrap();
    }
    let day = Format::new().set_num_format("dd mmm yyyy");
    let rows = [
        ("g", "Talking", "learning", "speech", "3.3.2024"),
        ("g", "Hearing", "disabled", "doctor", "04.03.2024"),
        ("b", "Talking", "bit of both", "doctor", "5.3.2024"),
        ("g", "Talking", "learning", "doctor", "31.2.2024"),
    ];
    for ((row, child), (sex, need, what, by, agreed)) in (3..).zip(children).zip(rows) {
        sheet.write(row, 0, sex).unwrap();
        sheet.write(row, 1, format!("CDC {row}")).unwrap();
        sheet.write(row, 2, &child.forename).unwrap();
        sheet.write(row, 3, child.surname.to_uppercase()).unwrap();
        let birth = ExcelDateTime::parse_from_str(&child.birth_date).unwrap();
        sheet.write_with_format(row, 4, &birth, &day).unwrap();
        sheet
            .write(row, 5, child.postcode.replace(' ', "").to_lowercase())
            .unwrap();
        sheet
            .write(row, 6, child.nhs_number.parse::<f64>().unwrap())
            .unwrap();
        sheet.write(row, 7, need).unwrap();
        sheet.write(row, 8, what).unwrap();
        sheet.write(row, 9, by).unwrap();
        sheet.write(row, 10, agreed).unwrap();
        sheet.write(row, 11, agreed).unwrap();
        sheet.write(row, 12, "custard creams").unwrap();
    }
    workbook.save_to_buffer().unwrap()
}

#[test]
fn a_spreadsheet_of_ones_own_invention_loads_through_a_mapping_file_alone() {
    let children = Child::several(4);
    let area = Area::bare(Database::Sqlite);
    area.configure(
        &[notices_feed("RAJ", "watch-list.toml"), census_feed()],
        &children,
    );
    std::fs::write(area.file("watch-list.toml"), WATCH_LIST).unwrap();
    let workbook = area.put(
        "incoming/s23-raj/watch-list-2026.xlsx",
        watch_list(&children),
        "2026-02-01",
    );

    // What would be read, before anything is: columns, counts and rules, no value.
    let sample = workbook.display().to_string();
    let said = area
        .run(&[
            "mapping",
            "check",
            "watch-list.toml",
            "--sample",
            &sample,
            "--as-at",
            "2026-02-02",
        ])
        .expect(0)
        .stdout;
    for expected in [
        "opinion_date",
        "Agreed at panel",
        "nhs_number",
        "3 records",
        "quarantined-row",
    ] {
        assert!(said.contains(expected), "{expected} is not in:\n{said}");
    }
    for child in &children {
        for value in [&child.forename, &child.nhs_number, &child.surname.to_uppercase()] {
            assert!(!said.contains(value.as_str()), "a value is in the report");
        }
    }
    assert!(!said.contains("custard"));
    assert!(!area.file("data").exists(), "looking changes nothing");

    let pupils: Vec<Pupil> = children.iter().map(Pupil::of).collect();
    area.put_census(
        "first",
        2026,
        &spring_census(2026, "2026-Jan-22 09:00:00", &pupils),
        "2026-02-01",
    );
    area.run(&["run", "--as-at", "2026-02-02"]).expect(0);
    let read = area.joint(
        "select opinion_date, parent_informed_date, category, primary_need, notifier_role, statutory_duty, limb
           from section23_notice order by opinion_date",
    );
    let row = |cells: [&str; 7]| cells.map(str::to_owned).to_vec();
    assert_eq!(
        read,
        [
            row([
                "2024-03-03",
                "2024-03-03",
                "SEN",
                "SLCN",
                "SLT",
                "1",
                "PROBABLY_HAS"
            ]),
            row([
                "2024-03-04",
                "2024-03-04",
                "DISABILITY",
                "HI",
                "PAEDIATRICIAN",
                "1",
                "PROBABLY_HAS"
            ]),
            row([
                "2024-03-05",
                "2024-03-05",
                "BOTH",
                "SLCN",
                "PAEDIATRICIAN",
                "1",
                "PROBABLY_HAS"
            ]),
        ]
    );
    // Names in capitals, a postcode without its space and a date of Excel are the same child at school.
    assert_eq!(
        area.count("select count(*) from link where kind = 'section23' and tier = 'T3'"),
        3
    );
    let findings = area
        .run(&["findings", "--feed", "s23-raj", "--format", "json"])
        .expect(0)
        .json();
    let bad = findings
        .as_array()
        .unwrap()
        .iter()
        .find(|finding| finding["effect"] == "quarantined-row")
        .expect("the day that is none");
    assert_eq!(bad["sheet"], "Kids");
    assert_eq!(bad["line"], 7);
    assert_eq!(bad["column"], "K");
    assert_eq!(bad["header"], "Agreed at panel");
    assert_eq!(bad["file"], "watch-list-2026.xlsx");
}

#[test]
fn a_mapping_that_is_wrong_says_where() {
    let area = Area::bare(Database::Sqlite);
    for (wrong, says) in [
        (WATCH_LIST.replace("family_name", "familly_name"), "familly_name"),
        (WATCH_LIST.replace("header_row", "header_line"), "header_line"),
        (WATCH_LIST.replace("\"xlsx\"", "\"ods\""), "line"),
    ] {
        std::fs::write(area.file("wrong.toml"), wrong).unwrap();
        let refused = area.run(&["mapping", "check", "wrong.toml"]).expect(78);
        assert!(refused.stderr.contains(says), "{says}: {}", refused.stderr);
    }
}

/// The same table with its columns in another order, and one that no census has had so far.
fn shuffled_with_a_new_column(table: &Table) -> Table {
    let mut order: Vec<usize> = (0..table.header.len()).collect();
    order.reverse();
    order.rotate_left(table.header.len() / 3);
    let pick = |row: &[String], new: &str| {
        let mut cells: Vec<String> = order.iter().map(|place| row[*place].clone()).collect();
        cells.insert(1, new.to_owned());
        cells
    };
    Table {
        name: table.name,
        header: pick(&table.header, "breakfastclubstatus"),
        rows: table.rows.iter().map(|row| pick(row, "Y")).collect(),
    }
}

#[test]
fn a_census_reads_the_same_with_its_columns_shuffled_and_one_more() {
    let children = Child::several(6);
    let area = Area::bare(Database::Sqlite);
    area.configure(
        &[notices_feed("RAJ", "section23/superset"), census_feed()],
        &children,
    );
    let notices: Vec<Notice> = children
        .iter()
        .zip(1..)
        .map(|(child, number)| Notice::of(child, &format!("N-{number}"), "2024-03-01"))
        .collect();
    area.put_notices("section23-1.csv", &notices, "2026-02-01");
    let mut pupils: Vec<Pupil> = children.iter().map(Pupil::of).collect();
    pupils[1].provision = "E";
    pupils[1].needs = vec!["ASD", "SLCN", "SEMH"];
    pupils[2].provision = "N";
    pupils[2].needs = Vec::new();
    let tables = spring_census(2026, "2026-Jan-22 09:00:00", &pupils);
    let twin = area.twin(Database::Sqlite);
    area.put_census("set", 2026, &tables, "2026-02-01");
    let otherwise: Vec<Table> = tables.iter().map(shuffled_with_a_new_column).collect();
    twin.put_census("set", 2026, &otherwise, "2026-02-01");
    for area in [&area, &twin] {
        area.run(&["run", "--as-at", "2026-02-02"]).expect(0);
    }
    for table in ["child", "school_record", "school_need", "link"] {
        let dump = format!("select * from {table} order by 1, 2");
        let rows = area.joint(&dump);
        assert!(!rows.is_empty(), "{table}");
        assert_eq!(rows, twin.joint(&dump), "{table}");
    }
    assert_eq!(area.version(), twin.version());
    // The new column is no secret: it is noticed once a file, and nothing is lost by it.
    let noticed = |area: &Area| {
        let findings = area
            .run(&["findings", "--feed", "school-census", "--format", "json"])
            .expect(0)
            .json();
        findings
            .as_array()
            .unwrap()
            .iter()
            .filter(|finding| finding["rule"] == "F008")
            .count()
    };
    assert_eq!((noticed(&area), noticed(&twin)), (0, tables.len()));
}
