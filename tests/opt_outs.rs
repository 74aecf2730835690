//! The National Data Opt-out: what is published follows the list that came back last, also for what was published before.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    os::unix::fs::PermissionsExt,
    path::Path,
};

use jiff::{ToSpan, Zoned, civil::Date};
use sendlink_tests::{
    Area, Database,
    hand::{
        Child, Notice, Pupil, Review, Submission, census_feed, community, community_feed, notices_feed,
        spring_census,
    },
};

const REVIEWED: Submission = Submission {
    provider: "RAT",
    month: "2024-03-01",
    made: "2024-04-20",
};

/// The feed of reviews, whose basis needs opt-outs.
fn gated_reviews() -> String {
    community_feed("RAT").replace(
        "basis = \"duty\"",
        // A month of few children after one of more is no fault here.
        "basis = \"s251-with-opt-out\"\nvolume_band = { least = 0.0 }",
    )
}

fn review<'a>(id: &'a str, child: &'a Child) -> Review<'a> {
    Review {
        id,
        child,
        day: "2024-03-05",
        scores: [60, 55, 50, 45, 40],
    }
}

/// An area in which the first child has a review, a notice and a school record, the second a review alone, the third a
/// review and a school record, the fourth a notice and a school record.
fn area(database: Database) -> (Area, Vec<Child>) {
    let children = Child::several(5);
    let area = Area::bare(database);
    area.configure(
        &[
            notices_feed("RAJ", "section23/superset"),
            census_feed(),
            gated_reviews(),
        ],
        &children,
    );
    area.put_notices(
        "section23-1.csv",
        &[
            Notice::of(&children[0], "N-1", "2024-03-01"),
            Notice::of(&children[3], "N-4", "2024-03-01"),
        ],
        "2026-02-01",
    );
    let pupils: Vec<Pupil> = [0, 2, 3].map(|child| Pupil::of(&children[child])).into();
    area.put_census(
        "first",
        2026,
        &spring_census(2026, "2026-Jan-22 09:00:00", &pupils),
        "2026-02-01",
    );
    let reviews = [
        review("CC1", &children[0]),
        review("CC2", &children[1]),
        review("CC3", &children[2]),
    ];
    area.put_submission("reviews-rat", REVIEWED, &community(REVIEWED, &reviews));
    (area, children)
}

fn today() -> Date {
    Zoned::now().date()
}

/// Runs a night so many days from now.
#[track_caller]
fn night(area: &Area, days: i64, code: i32) -> String {
    let day = today().checked_add(days.days()).expect("a day");
    area.night_as_at(&day.to_string()).expect(code).stdout
}

/// Asks, and answers that these have not opted out. What was sent.
#[track_caller]
fn ask_and_answer(area: &Area, not_opted_out: &[&Child]) -> String {
    let sent = export(area);
    answer(area, not_opted_out).expect(0);
    sent
}

/// Writes a list for the service. What it says.
#[track_caller]
fn export(area: &Area) -> String {
    fs::create_dir_all(area.file("carried")).unwrap();
    let ended = area.run(&["opt-outs", "export", "--out", "carried"]).expect(0);
    let file = files(&area.file("carried")).pop().expect("a file");
    assert!(ended.stdout.contains(&file), "{}", ended.stdout);
    let path = area.file("carried").join(file);
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    fs::read_to_string(path).unwrap()
}

fn list<'a>(children: impl IntoIterator<Item = &'a &'a Child>) -> String {
    let mut numbers: Vec<String> = children
        .into_iter()
        .map(|child| format!("{},\n", child.nhs_number))
        .collect();
    numbers.sort();
    numbers.concat()
}

fn answer(area: &Area, not_opted_out: &[&Child]) -> sendlink_tests::Ended {
    fs::write(area.file("answer.dat"), list(not_opted_out)).unwrap();
    area.run(&["opt-outs", "import", "answer.dat"])
}

fn files(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// Every table of the dataset that speaks of a child, with how many of its rows do.
fn rows_of(area: &Area, child: &str) -> Vec<String> {
    let mut found = Vec::new();
    for table in [
        "child",
        "link",
        "two_year_review",
        "section23_notice",
        "school_record",
        "pregnancy_child",
        "birth",
        "child_id_history",
    ] {
        let count = area.count(&format!(
            "select count(*) from {table} where child_id = '{child}'"
        ));
        if count > 0 {
            found.push(table.to_owned());
        }
    }
    found
}

/// The children of the reviews that the vault holds, by the day's order of their records; whatever is published.
fn reviews_in_the_vault(area: &Area) -> i64 {
    area.vault("select count(*) from record where kind = 'two-year-review' and state = 'current'")[0][0]
        .parse()
        .unwrap()
}

const REVIEWS: &str = "select count(*) from two_year_review";

fn child_of(area: &Area, table: &str, without: &str) -> Vec<String> {
    let sql = format!(
        "select t.child_id from {table} t where not exists
           (select 1 from {without} o where o.child_id = t.child_id) order by t.child_id"
    );
    area.joint(&sql).concat()
}

#[test]
fn what_is_published_follows_the_list_that_came_back_last() {
    for database in Database::BOTH {
        let (area, children) = area(database);
        let [first, second, third, ..] = children.as_slice() else {
            unreachable!()
        };
        // Without a list, everything is loaded and nothing of the feed is published; the others are.
        let said = night(&area, 0, 3);
        assert!(said.contains("fewer than 10 records are withheld"), "{said}");
        assert!(said.contains("no list of legal age"), "{said}");
        assert_eq!(reviews_in_the_vault(&area), 3);
        assert_eq!(area.count(REVIEWS), 0, "{database:?}");
        assert_eq!(area.count("select count(*) from child"), 3);
        assert_eq!(area.count("select count(*) from section23_notice"), 2);
        let gate = "select feed, coalesce(list_date, '-'), coalesce(records_withheld, -1) from opt_out";
        let gate_of = |area: &Area| area.joint(&gate.replace("list_date", &text_of(database, "list_date")));
        assert_eq!(gate_of(&area), [["reviews-rat", "-", "-1"]]);
        // Of the third child only the school record may be known, which was matched with nothing else.
        let alone = child_of(&area, "school_record", "section23_notice");
        assert_eq!(alone.len(), 1);
        let tier = format!("select tier from link where child_id = '{}'", alone[0]);
        assert_eq!(area.joint(&tier), [["T0"]], "{database:?}");
        assert_eq!(rows_of(&area, &alone[0]), ["child", "link", "school_record"]);

        // The list has the form of the service, holds the numbers of this feed alone, and goes when it is answered.
        let sent = ask_and_answer(&area, &[first, third]);
        assert_eq!(sent, list(&[first, second, third]));
        assert_eq!(files(&area.file("carried")), [""; 0], "{database:?}");
        assert!(!area.file("answer.dat").exists());
        night(&area, 0, 0);
        assert_eq!(area.count(REVIEWS), 2, "{database:?}");
        assert_eq!(area.count("select count(*) from child"), 3, "not who opted out");
        assert_eq!(
            gate_of(&area),
            [["reviews-rat", &today().to_string(), "-1"]],
            "one is too few to tell"
        );
        assert_ne!(area.joint(&tier), [["T0"]], "what was matched is so again");
        // Who opted out is nowhere written down: what is kept of the list is two of three.
        assert_eq!(area.vault("select count(*) from opt_out_number"), [["2"]]);
        let lists = area.run(&["opt-outs", "--format", "json"]).expect(0).rows();
        assert_eq!(lists.len(), 1);
        assert_eq!(
            (&lists[0]["sent"], &lists[0]["came_back"], &lists[0]["state"]),
            (&3.into(), &2.into(), &"answered".into())
        );
        let with_review = area.joint("select record_id, child_id from two_year_review order by record_id");
        let version = area.version();

        // A later opt-out takes away what was published; the child's other records stay.
        ask_and_answer(&area, &[third]);
        night(&area, 1, 0);
        assert_eq!(area.count(REVIEWS), 1, "{database:?}");
        let left = area.joint("select record_id, child_id from two_year_review");
        let gone: Vec<&Vec<String>> = with_review.iter().filter(|row| !left.contains(row)).collect();
        assert_eq!(gone.len(), 1);
        assert_eq!(
            rows_of(&area, &gone[0][1]),
            ["child", "link", "section23_notice", "school_record"]
        );
        let links = format!("select count(*) from link where child_id = '{}'", gone[0][1]);
        assert_eq!(area.count(&links), 2);

        // One that is taken back brings it back, as it was.
        ask_and_answer(&area, &[first, third]);
        night(&area, 2, 0);
        assert_eq!(
            area.joint("select record_id, child_id from two_year_review order by record_id"),
            with_review,
            "{database:?}"
        );
        assert_eq!(
            area.version()[10..],
            version[10..],
            "{database:?}: the rows are the same"
        );
        area.run(&["verify"]).expect(0);

        // A list past its age says nothing any more, and nothing is kept of it.
        night(&area, 21, 0);
        let said = night(&area, 22, 3);
        assert!(said.contains("no list of legal age"), "{said}");
        assert_eq!(area.count(REVIEWS), 0, "{database:?}");
        assert_eq!(area.count("select count(*) from section23_notice"), 2);
        assert_eq!(area.vault("select count(*) from opt_out_number"), [["0"]]);
    }
}

/// A column of dates as text.
fn text_of(database: Database, column: &str) -> String {
    match database {
        Database::Sqlite => column.to_owned(),
        Database::Postgres => format!("to_char({column}, 'YYYY-MM-DD')"),
    }
}

#[test]
fn who_opted_out_is_in_no_measure_and_in_no_list() {
    let (area, children) = area(Database::Sqlite);
    let [first, second, third, ..] = children.as_slice() else {
        unreachable!()
    };
    night(&area, 0, 3);
    ask_and_answer(&area, &[first, second, third]);
    night(&area, 0, 0);
    let reviews = |area: &Area| -> Vec<String> {
        let rates = area.run(&["match-rates", "--format", "json"]).expect(0).rows();
        rates
            .iter()
            .map(|row| row.to_string())
            .filter(|row| row.contains("RAT"))
            .collect()
    };
    let unmatched = |area: &Area| area.run(&["match-rates", "--unmatched"]).expect(0).stdout;
    let (all, told) = (reviews(&area), unmatched(&area));
    assert!(!all.is_empty());
    assert!(
        told.contains("CC2"),
        "the second child's review matched nothing: {told}"
    );
    ask_and_answer(&area, &[first, third]);
    night(&area, 1, 0);
    assert_ne!(reviews(&area), all);
    assert!(!unmatched(&area).contains("CC2"));
}

#[test]
fn a_record_that_came_after_the_list_waits_for_the_next() {
    let (area, children) = area(Database::Sqlite);
    let [first, second, third, _, fifth] = children.as_slice() else {
        unreachable!()
    };
    night(&area, 0, 3);
    ask_and_answer(&area, &[first, second, third]);
    let later = Submission {
        month: "2024-04-01",
        made: "2024-05-20",
        ..REVIEWED
    };
    let late = Review {
        day: "2024-04-05",
        ..review("CC9", fifth)
    };
    area.put_submission("reviews-rat", later, &community(later, &[late]));
    night(&area, 0, 0);
    assert_eq!((area.count(REVIEWS), reviews_in_the_vault(&area)), (3, 4));
    ask_and_answer(&area, &[first, second, third, fifth]);
    night(&area, 0, 0);
    assert_eq!(area.count(REVIEWS), 4);
}

#[test]
fn an_answer_that_is_none_changes_nothing() {
    let (area, children) = area(Database::Sqlite);
    let [first, second, third, _, fifth] = children.as_slice() else {
        unreachable!()
    };
    night(&area, 0, 3);
    answer(&area, &[first]).expect(64);
    export(&area);
    for (text, says) in [
        (list(&[first, fifth]), "1 of its numbers are not on list 1"),
        (
            format!("{},\n{}\n", first.nhs_number, second.nhs_number),
            "line 2",
        ),
        (format!("{},\n", first.nhs_number.replace('9', "8")), "line 1"),
        ("ERROR 05: the file is not valid".to_owned(), "line 1"),
        (String::new(), "--accept-empty"),
    ] {
        fs::write(area.file("answer.dat"), &text).unwrap();
        let ended = area.run(&["opt-outs", "import", "answer.dat"]).expect(65);
        assert!(ended.stderr.contains(says), "{}", ended.stderr);
        assert!(!ended.stderr.contains(&first.nhs_number[..6]), "{}", ended.stderr);
        assert!(area.file("answer.dat").exists(), "what is refused stays");
    }
    // A second list: now nobody can tell which one is answered, unless it is said.
    export(&area);
    answer(&area, &[first, second, third]).expect(64);
    area.run(&["opt-outs", "import", "answer.dat", "--list", "7"])
        .expect(64);
    area.run(&["opt-outs", "import", "answer.dat", "--list", "2"])
        .expect(0);
    assert_eq!(
        files(&area.file("carried")),
        [""; 0],
        "both lists are of no use now"
    );
    // The first cannot be answered any more: a later one is.
    fs::write(area.file("answer.dat"), list(&[first])).unwrap();
    area.run(&["opt-outs", "import", "answer.dat", "--list", "1"])
        .expect(64);
    night(&area, 0, 0);
    assert_eq!(area.count(REVIEWS), 3);
    // Everybody opts out.
    export(&area);
    fs::write(area.file("answer.dat"), "").unwrap();
    area.run(&["opt-outs", "import", "answer.dat", "--accept-empty"])
        .expect(0);
    night(&area, 0, 0);
    assert_eq!(area.count(REVIEWS), 0);
}

#[test]
fn a_record_without_a_number_is_withheld_unless_the_area_decides_otherwise() {
    let children = Child::several(2);
    let area = Area::bare(Database::Sqlite);
    let feed = notices_feed("RAJ", "section23/superset").replace("\"duty\"", "\"s251-with-opt-out\"");
    area.configure(&[feed], &children);
    area.put_notices(
        "section23-1.csv",
        &[
            Notice::of(&children[0], "N-1", "2024-03-01"),
            Notice::of(&children[1], "N-2", "2024-03-01").with("nhs_number", ""),
        ],
        "2026-02-01",
    );
    night(&area, 0, 3);
    ask_and_answer(&area, &[&children[0]]);
    night(&area, 0, 0);
    let notices = "select count(*) from section23_notice";
    assert_eq!(area.count(notices), 1);
    area.edit_configuration(|text| text + "\n[opt_outs]\nwithout_number = \"publish\"\n");
    night(&area, 0, 0);
    assert_eq!(area.count(notices), 2);
    // But not while nothing is known of anybody.
    night(&area, 22, 3);
    assert_eq!(area.count(notices), 0);
}

#[test]
fn a_mother_who_opted_out_keeps_the_record_back() {
    let children = Child::several(2);
    let area = Area::bare(Database::Sqlite);
    let feed = notices_feed("RAJ", "section23/superset").replace("\"duty\"", "\"s251-with-opt-out\"");
    area.configure(&[feed], &children);
    let mother = Child::new(77, "Philomena", "Ashdown", "1990-05-05", "QZ1 1AA");
    area.put_notices(
        "section23-1.csv",
        &[Notice::of(&children[0], "N-1", "2024-03-01").with("mother_nhs_number", &mother.nhs_number)],
        "2026-02-01",
    );
    night(&area, 0, 3);
    let sent = ask_and_answer(&area, &[&children[0]]);
    assert_eq!(sent, list(&[&children[0], &mother]));
    night(&area, 0, 0);
    assert_eq!(area.count("select count(*) from section23_notice"), 0);
    ask_and_answer(&area, &[&children[0], &mother]);
    night(&area, 0, 0);
    assert_eq!(area.count("select count(*) from section23_notice"), 1);
}

#[test]
fn what_may_not_be_published_does_not_stay_for_the_brakes_sake() {
    for database in Database::BOTH {
        let children = Child::several(20);
        let area = Area::bare(database);
        area.configure(&[gated_reviews()], &children);
        area.edit_configuration(|text| text.replace("changed_ids_brake = 1.0", "changed_ids_brake = 0.1"));
        let ids: Vec<String> = (0..20).map(|number| format!("CC{number}")).collect();
        let reviews: Vec<Review> = ids
            .iter()
            .zip(&children)
            .map(|(id, child)| review(id, child))
            .collect();
        area.put_submission("reviews-rat", REVIEWED, &community(REVIEWED, &reviews));
        night(&area, 0, 3);
        let all: Vec<&Child> = children.iter().collect();
        ask_and_answer(&area, &all);
        night(&area, 0, 0);
        assert_eq!(area.count("select count(*) from child"), 20);
        ask_and_answer(&area, &all[..8]);
        night(&area, 0, 0);
        assert_eq!(area.count("select count(*) from child"), 8, "{database:?}");
        assert_eq!(
            area.joint("select records_withheld from opt_out"),
            [["10"]],
            "twelve, to the nearest five"
        );
        // What leaves for another reason is held as ever.
        let refresh = Submission {
            made: "2024-05-20",
            ..REVIEWED
        };
        area.put_submission("reviews-rat", refresh, &community(refresh, &reviews[2..]));
        let said = night(&area, 1, 4);
        assert!(said.contains("eld"), "{said}");
        assert_eq!(area.count("select count(*) from child"), 8);
    }
}

#[test]
fn a_basis_that_changes_reads_again_what_has_landed() {
    let (area, children) = area(Database::Sqlite);
    let [first, second, third, ..] = children.as_slice() else {
        unreachable!()
    };
    let turn = |from: &'static str, to: &'static str| {
        area.edit_configuration(|text| {
            let (before, feed) = text.split_once("name = \"reviews-rat\"").unwrap();
            format!("{before}name = \"reviews-rat\"{}", feed.replace(from, to))
        });
    };
    turn("s251-with-opt-out", "s251-exempt");
    night(&area, 0, 0);
    assert_eq!(area.count(REVIEWS), 3);
    assert_eq!(area.count("select count(*) from opt_out"), 0);
    area.run(&["opt-outs", "export", "--out", "."]).expect(65);
    // Nothing is published of the feed from the first night under the new basis.
    turn("s251-exempt", "s251-with-opt-out");
    night(&area, 0, 3);
    assert_eq!(area.count(REVIEWS), 0);
    ask_and_answer(&area, &[first, second, third]);
    night(&area, 0, 0);
    assert_eq!(area.count(REVIEWS), 3);
    assert!(area.file("opt-outs/nhs-numbers.sealed").exists());
    turn("s251-with-opt-out", "s251-exempt");
    night(&area, 0, 0);
    assert_eq!(area.count(REVIEWS), 3);
    assert!(
        !area.file("opt-outs/nhs-numbers.sealed").exists(),
        "no number is kept that nobody will ask for"
    );
}

#[test]
fn a_feed_that_is_configured_no_longer_stays_behind_the_gate() {
    let (area, _) = area(Database::Sqlite);
    night(&area, 0, 3);
    area.edit_configuration(|text| {
        text.split_once("\n[[feed]]\nname = \"reviews-rat\"")
            .unwrap()
            .0
            .to_owned()
    });
    night(&area, 0, 3);
    assert_eq!((area.count(REVIEWS), reviews_in_the_vault(&area)), (0, 3));
}

#[test]
fn a_night_that_is_stopped_and_an_erasure_publish_nothing_that_was_not_let_through() {
    for database in Database::BOTH {
        let (area, children) = area(database);
        let [first, second, third, _, fifth] = children.as_slice() else {
            unreachable!()
        };
        night(&area, 0, 3);
        ask_and_answer(&area, &[first, second, third]);
        night(&area, 0, 0);
        // A refresh of the month, with a further child, is loaded and linked; then the night is killed.
        let refresh = Submission {
            made: "2024-05-20",
            ..REVIEWED
        };
        let reviews = [
            review("CC1", first),
            review("CC2", second),
            review("CC3", third),
            review("CC5", fifth),
        ];
        area.put_submission("reviews-rat", refresh, &community(refresh, &reviews));
        let day = today().to_string();
        let killed = area
            .command(&["run", "--as-at", &day])
            .env("SENDLINK_KILL_AT", "night::before-gate")
            .output()
            .unwrap();
        assert_eq!(killed.status.code(), None);
        let others = area.joint("select child_id from section23_notice order by child_id");
        // An erasure publishes at once, by what the gate has let through so far.
        area.run_with_input(
            &["forget", "child", "-", "--reason", "erasure request"],
            &second.nhs_number,
        )
        .expect(0);
        assert!(area.count(REVIEWS) <= 2, "{database:?}");
        let kept = area.vault("select count(*) from record where kind = 'two-year-review'");
        assert_eq!(kept, [["3"]]);
        night(&area, 0, 0);
        assert_eq!(
            area.count(REVIEWS),
            2,
            "{database:?}: the fifth was not asked for"
        );
        assert_eq!(
            area.joint("select child_id from section23_notice order by child_id"),
            others
        );
        // Of who was erased no number and no token is left.
        let tokens: i64 = area.vault("select count(*) from opt_out_number")[0][0]
            .parse()
            .unwrap();
        assert_eq!(tokens, 2, "{database:?}");
        assert_eq!(export(&area), list(&[first, third, fifth]));
    }
}

#[test]
fn both_databases_publish_the_same_and_a_second_night_nothing_new() {
    let (area, children) = area(Database::Sqlite);
    let twin = area.twin(Database::Postgres);
    for area in [&area, &twin] {
        night(area, 0, 3);
        ask_and_answer(area, &[&children[0], &children[2]]);
        night(area, 0, 0);
        let version = area.version();
        let again = night(area, 0, 0);
        assert!(again.contains("othing new"), "{again}");
        assert_eq!(area.version(), version);
    }
    assert_eq!(area.version(), twin.version());
}

/// The rows of a file of the truth, each with its columns by name.
fn truth(area: &Area, file: &str) -> Vec<BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_path(area.file("truth").join(file)).expect("a file of the truth");
    reader.deserialize().map(|row| row.expect("a row")).collect()
}

#[test]
fn of_a_made_up_area_is_withheld_what_its_truth_says() {
    for database in Database::BOTH {
        let day = today().to_string();
        let area = Area::with_opt_outs(1_500, 71, database, &day);
        area.run(&["run", "--as-at", &day]).expect(3);
        let days = "select review_date from two_year_review where provider = 'N9V' order by review_date";
        assert!(area.joint(days).is_empty(), "{database:?}: nobody was asked yet");
        export(&area);
        area.run(&["opt-outs", "import", "opt-outs-came-back.dat"])
            .expect(0);
        area.run(&["run", "--as-at", &day]).expect(0);

        let withheld = truth(&area, "withheld.csv");
        for why in [
            "the child has opted out",
            "the mother has opted out",
            "no NHS number",
        ] {
            assert!(withheld.iter().any(|row| row["why"] == why), "{why}");
        }
        let withheld: BTreeSet<&str> = withheld.iter().map(|row| row["reference"].as_str()).collect();
        let records = truth(&area, "records.csv");
        let mut standing = BTreeMap::new();
        for row in records.iter().filter(|row| row["feed"] == "review-n9v") {
            match row["action"].as_str() {
                "CANCEL" => standing.remove(row["reference"].as_str()),
                _ => standing.insert(row["reference"].as_str(), row["day"].clone()),
            };
        }
        let mut expected: Vec<Vec<String>> = standing
            .iter()
            .filter(|(reference, _)| !withheld.contains(*reference))
            .map(|(_, day)| vec![day.clone()])
            .collect();
        expected.sort();
        assert_eq!(area.joint(days), expected, "{database:?}");
        let nearest_five = (withheld.len() + 2) / 5 * 5;
        assert_eq!(
            area.joint("select feed, records_withheld from opt_out"),
            [["review-n9v".to_owned(), nearest_five.to_string()]],
            "{database:?}"
        );
    }
}

#[test]
fn what_is_wrong_with_the_section_is_said_at_once() {
    let (area, _) = area(Database::Sqlite);
    for (section, says) in [
        ("max_age = \"22 days\"", "max_age: between 1 day and 21 days"),
        ("max_age = \"3 hours\"", "max_age: between 1 day and 21 days"),
        ("without_number = \"guess\"", "withhold"),
        ("keep = true", "unknown field"),
        (
            "mesh = { mailbox = \"AREA9\", to = \"X26HC036\" }",
            "there is no [[mailbox]] of that id",
        ),
        ("mesh = { mailbox = \"A\", to = \"x\" }", "mesh: to"),
        (
            "mesh = { mailbox = \"A\", to = \"X\", ask_every = \"21 days\" }",
            "less than max_age",
        ),
    ] {
        let before = fs::read_to_string(area.file("sendlink.toml")).unwrap();
        area.edit_configuration(|text| format!("{text}\n[opt_outs]\n{section}\n"));
        let ended = area.run(&["check"]).expect(78);
        assert!(ended.stderr.contains(says), "{section}: {}", ended.stderr);
        fs::write(area.file("sendlink.toml"), before).unwrap();
    }
}
