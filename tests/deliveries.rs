//! What deliveries do to the dataset, night by night: corrections and withdrawals, snapshots that come back, files that
//! are held, refused or freed, decisions, and erasure. Every file is written by hand.

use std::{io::Write, process::Stdio};

use sendlink_tests::{
    Area, Database, Ended,
    hand::{Child, Notice, Pupil, census_feed, feed, notices_csv, notices_feed, spring_census},
};
use serde_json::Value;

/// An area whose notices come from one trust, as changes.
fn area_of_notices(database: Database, children: &[Child]) -> Area {
    let area = Area::bare(database);
    area.configure(
        &[notices_feed("RAJ", "section23/superset"), census_feed()],
        children,
    );
    area
}

/// A night of the area, however it ends.
fn night_on(area: &Area, as_at: &str) -> Ended {
    area.run(&["run", "--as-at", as_at])
}

/// Runs a command that reads this text from standard input.
fn run_with_input(area: &Area, arguments: &[&str], input: &str) -> Ended {
    let mut child = area
        .command(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap().into()
}

fn array(ended: Ended) -> Vec<Value> {
    ended.json().as_array().expect("an array").clone()
}

/// Opinion days and actions of the notices that stand.
fn notices(area: &Area) -> Vec<(String, String)> {
    area.joint("select opinion_date, action from section23_notice order by opinion_date")
        .into_iter()
        .map(|row| (row[0].clone(), row[1].clone()))
        .collect()
}

fn stands(day: &str, action: &str) -> (String, String) {
    (day.to_owned(), action.to_owned())
}

/// The tallies of every table of every delivery, each of which must add up.
fn tallies(area: &Area, where_sql: &str) -> Vec<Value> {
    let rows = area.vault(&format!("select counts from delivery {where_sql} order by id"));
    let counts: Vec<Value> = rows
        .iter()
        .map(|row| serde_json::from_str(&row[0]).expect("counts are JSON"))
        .collect();
    for delivery in &counts {
        for (table, tally) in delivery.as_object().expect("tables") {
            let outcomes: u64 = tally
                .as_object()
                .expect("outcomes")
                .iter()
                .filter(|(name, _)| *name != "rows")
                .map(|(_, count)| count.as_u64().expect("a count"))
                .sum();
            assert_eq!(
                tally["rows"].as_u64(),
                Some(outcomes),
                "{table} does not add up: {tally}"
            );
        }
    }
    counts
}

#[test]
fn a_correction_replaces_its_notice_and_a_withdrawal_takes_it_back() {
    for database in Database::BOTH {
        let children = Child::several(2);
        let area = area_of_notices(database, &children);
        let first = Notice::of(&children[0], "N-1", "2024-03-01");
        area.put_notices(
            "section23-2026-02.csv",
            std::slice::from_ref(&first),
            "2026-02-01",
        );
        night_on(&area, "2026-02-02").expect(0);
        assert_eq!(notices(&area), [stands("2024-03-01", "NEW")], "{database:?}");

        // The sender got the day wrong and replaces the notice by another; a day later it adds to that one.
        let corrected = Notice::of(&children[0], "N-2", "2024-04-02")
            .again("CORRECT", "2026-02-20T09:00:00Z")
            .with("replaces_notification_id", "N-1");
        area.put_notices(
            "section23-2026-03.csv",
            std::slice::from_ref(&corrected),
            "2026-03-01",
        );
        night_on(&area, "2026-03-02").expect(0);
        assert_eq!(notices(&area), [stands("2024-04-02", "CORRECT")]);

        // What was replaced does not come back with an older copy under another name.
        area.put_notices(
            "section23-2026-04.csv",
            &[first.clone(), Notice::of(&children[1], "N-3", "2024-05-03")],
            "2026-04-01",
        );
        night_on(&area, "2026-04-02").expect(0);
        assert_eq!(
            notices(&area),
            [stands("2024-04-02", "CORRECT"), stands("2024-05-03", "NEW")]
        );

        area.put_notices(
            "section23-2026-05.csv",
            &[corrected.again("WITHDRAW", "2026-04-20T09:00:00Z")],
            "2026-05-01",
        );
        night_on(&area, "2026-05-02").expect(0);
        assert_eq!(notices(&area), [stands("2024-05-03", "NEW")]);
        assert_eq!(
            area.count("select count(*) from child"),
            1,
            "a child without a record is gone"
        );
        let counts = tallies(&area, "");
        assert_eq!(counts.last().unwrap()["notices"]["withdrawn"], 1);
    }
}

#[test]
fn a_withdrawal_may_come_before_what_it_withdraws() {
    for database in Database::BOTH {
        let children = Child::several(2);
        let area = area_of_notices(database, &children);
        let notice = Notice::of(&children[0], "N-1", "2024-03-01");
        let other = Notice::of(&children[1], "N-2", "2024-03-02");
        let withdrawn = notice.clone().again("WITHDRAW", "2024-03-20T09:00:00Z");
        area.put_notices("section23-1.csv", &[withdrawn, other], "2026-02-01");
        night_on(&area, "2026-02-02").expect(0);
        area.put_notices("section23-2.csv", std::slice::from_ref(&notice), "2026-03-01");
        night_on(&area, "2026-03-02").expect(0);
        assert_eq!(notices(&area), [stands("2024-03-02", "NEW")], "{database:?}");
        assert_eq!(tallies(&area, "").last().unwrap()["notices"]["superseded"], 1);
        // Sent anew after the withdrawal, it stands again.
        area.put_notices(
            "section23-3.csv",
            &[notice.again("NEW", "2026-03-03T09:00:00Z")],
            "2026-04-01",
        );
        night_on(&area, "2026-04-02").expect(0);
        assert_eq!(notices(&area).len(), 2, "{database:?}");
    }
}

#[test]
fn the_same_snapshot_come_again_restores_what_it_says() {
    for database in Database::BOTH {
        let children = Child::several(6);
        let area = Area::bare(database);
        area.configure(
            &[feed(
                "s23-raj",
                "section23",
                "RAJ",
                "section23/superset",
                "incoming/s23-raj",
                "snapshot",
            )],
            &children,
        );
        // A list that its sender keeps and sends whole, without times of its own.
        let list: Vec<Notice> = children
            .iter()
            .zip(1..)
            .map(|(child, number)| {
                Notice::of(child, &format!("N-{number}"), "2024-03-01")
                    .with("sent_at", "")
                    .with("received_at", "")
            })
            .collect();
        let shorter = &list[..5];
        area.put_notices("section23-1.csv", &list, "2026-02-01");
        night_on(&area, "2026-02-02").expect(0);
        let dump = "select * from section23_notice order by record_id";
        let whole = area.joint(dump);
        assert_eq!(whole.len(), 6);

        area.put_notices("section23-2.csv", shorter, "2026-03-01");
        night_on(&area, "2026-03-02").expect(0);
        assert_eq!(area.joint(dump).len(), 5, "{database:?}: absence from a snapshot");

        area.put_notices("section23-3.csv", &list, "2026-04-01");
        night_on(&area, "2026-04-02").expect(0);
        assert_eq!(area.joint(dump), whole, "{database:?}: A, B, A");

        // All three files still lie there: nothing more happens.
        let version = area.version();
        night_on(&area, "2026-04-02").expect(0);
        assert_eq!(area.version(), version);
        tallies(&area, "");
    }
}

/// An area with a census of ten pupils loaded and one of three arrived.
fn area_with_a_shrunken_census(database: Database) -> Area {
    let children = Child::several(10);
    let area = area_of_notices(database, &children);
    let pupils: Vec<Pupil> = children.iter().map(Pupil::of).collect();
    area.put_census(
        "first",
        2026,
        &spring_census(2026, "2026-Jan-22 09:00:00", &pupils),
        "2026-02-01",
    );
    night_on(&area, "2026-02-02").expect(0);
    assert_eq!(area.count("select count(*) from school_record"), 10);
    area.put_census(
        "second",
        2026,
        &spring_census(2026, "2026-Feb-22 09:00:00", &pupils[..3]),
        "2026-03-01",
    );
    let night = night_on(&area, "2026-03-02").expect(3);
    assert!(night.stdout.contains("held"), "{}", night.stdout);
    assert_eq!(
        area.count("select count(*) from school_record"),
        10,
        "yesterday's census stands"
    );
    area
}

fn the_held_delivery(area: &Area) -> String {
    let held = array(area.run(&["held", "--format", "json"]).expect(0));
    assert_eq!(held.len(), 1, "{held:?}");
    let why = held[0]["why"].as_str().unwrap();
    assert!(why.contains('3') && why.contains("10"), "{why}");
    held[0]["delivery"].as_str().unwrap().to_owned()
}

#[test]
fn an_implausibly_small_census_waits_for_a_person_who_releases_it() {
    for database in Database::BOTH {
        let area = area_with_a_shrunken_census(database);
        let delivery = the_held_delivery(&area);
        area.run(&["held", "release", &delivery]).expect(64);
        area.run(&["held", "release", &delivery, "--reason", "six schools closed"])
            .expect(0);
        night_on(&area, "2026-03-02").expect(0);
        assert_eq!(
            area.count("select count(*) from school_record"),
            3,
            "{database:?}"
        );
        assert!(array(area.run(&["held", "--format", "json"]).expect(0)).is_empty());
        tallies(&area, "");
    }
}

#[test]
fn an_implausibly_small_census_waits_for_a_person_who_rejects_it() {
    let area = area_with_a_shrunken_census(Database::Sqlite);
    let delivery = the_held_delivery(&area);
    area.run(&["held", "reject", "nonsense", "--reason", "none"])
        .expect(64);
    area.run(&["held", "reject", &delivery, "--reason", "half a file"])
        .expect(0);
    night_on(&area, "2026-03-02").expect(0);
    assert_eq!(area.count("select count(*) from school_record"), 10);
    assert!(array(area.run(&["held", "--format", "json"]).expect(0)).is_empty());
}

#[test]
fn a_mended_mapping_frees_quarantine() {
    let children = Child::several(5);
    let area = Area::bare(Database::Sqlite);
    area.configure(&[notices_feed("RAJ", "ours.toml")], &children);
    let layout = area
        .run(&["mapping", "show", "section23/superset"])
        .expect(0)
        .stdout;
    // The sender writes days as YYYY-MM-DD; the first draft of the mapping says otherwise.
    let wrong = layout.replace(
        "dates = [\"YYYY-MM-DD\", \"RFC3339\"]",
        "dates = [\"DD/MM/YYYY\"]",
    );
    assert_ne!(layout, wrong);
    std::fs::write(area.file("ours.toml"), wrong).unwrap();
    let notices: Vec<Notice> = children
        .iter()
        .zip(1..)
        .map(|(child, number)| Notice::of(child, &format!("N-{number}"), "2024-03-01"))
        .collect();
    area.put_notices("section23-1.csv", &notices, "2026-02-01");
    night_on(&area, "2026-02-02").expect(0);
    assert_eq!(area.count("select count(*) from section23_notice"), 0);
    assert_eq!(tallies(&area, "")[0]["notices"]["quarantined"], 5);
    let findings = array(area.run(&["findings", "--format", "json"]).expect(0));
    assert!(!findings.is_empty());

    std::fs::write(area.file("ours.toml"), layout).unwrap();
    // Not even the file need be there any more: what has landed is read again.
    std::fs::remove_file(area.file("incoming/s23-raj/section23-1.csv")).unwrap();
    night_on(&area, "2026-02-03").expect(0);
    assert_eq!(area.count("select count(*) from section23_notice"), 5);
    let counts = tallies(&area, "where in_force = 1");
    assert_eq!(counts.len(), 1);
    assert_eq!(counts[0]["notices"]["loaded"], 5);
    let findings = array(area.run(&["findings", "--format", "json"]).expect(0));
    assert!(
        findings
            .iter()
            .all(|finding| finding["effect"] != "quarantined-row"),
        "{findings:?}"
    );
}

#[test]
fn a_truncated_file_is_refused_while_its_neighbours_load() {
    for database in Database::BOTH {
        let children = Child::several(6);
        let area = area_of_notices(database, &children);
        let notice = |index: usize| Notice::of(&children[index], &format!("N-{index}"), "2024-03-01");
        area.put_notices("section23-1.csv", &[notice(0), notice(1)], "2026-02-01");
        let whole = notices_csv(&[notice(2), notice(3)]);
        let cut = &whole[..whole.len() - 40];
        area.put("incoming/s23-raj/section23-2.csv", cut, "2026-02-02");
        area.put_notices("section23-3.csv", &[notice(4), notice(5)], "2026-02-03");
        let night = night_on(&area, "2026-02-04").expect(3);
        assert!(night.stdout.contains("refused"), "{}", night.stdout);
        assert_eq!(
            area.count("select count(*) from section23_notice"),
            4,
            "{database:?}"
        );
        let refused = area.vault("select label from delivery where verdict = 'refused'");
        assert_eq!(refused, [["section23-2.csv"]]);
        let findings = array(area.run(&["findings", "--format", "json"]).expect(0));
        assert!(
            findings.iter().any(|finding| {
                finding["file"] == "section23-2.csv" && finding["effect"] == "refused-delivery"
            }),
            "{findings:?}"
        );
        // It stays refused, which is no news; the whole file is another delivery.
        area.put("incoming/s23-raj/section23-2-again.csv", whole, "2026-02-05");
        night_on(&area, "2026-02-06").expect(0);
        assert_eq!(area.count("select count(*) from section23_notice"), 6);
    }
}

#[test]
fn counts_add_up_whatever_a_file_holds() {
    for database in Database::BOTH {
        let children = Child::several(6);
        let area = area_of_notices(database, &children);
        let notice = |index: usize| Notice::of(&children[index], &format!("N-{index}"), "2024-03-01");
        let rows = [
            notice(0),
            notice(0), // twice
            notice(1),
            notice(1).again("UPDATE", "2024-03-05T09:00:00Z"), // the later one counts
            notice(2).with("opinion_date", "yesterday"),       // not a day
            notice(3).with("limb", ""),                        // says too little
            notice(4),
            notice(4).again("WITHDRAW", "2024-03-06T09:00:00Z"),
            notice(5),
        ];
        area.put_notices("section23-1.csv", &rows, "2026-02-01");
        night_on(&area, "2026-02-02").expect(0);
        let pupils: Vec<Pupil> = children.iter().map(Pupil::of).collect();
        let mut tables = spring_census(2026, "2026-Jan-22 09:00:00", &pupils);
        // A pupil of a return that is not there, and a need of a pupil who is not.
        tables[1].set(5, "schoolcensustableid", "another return");
        tables[2].set(4, "pupilonrolltableid", "nobody");
        area.put_census("first", 2026, &tables, "2026-02-01");
        // The same notices again, one of them new: the others are unchanged.
        area.put_notices(
            "section23-2.csv",
            &[notice(0), notice(5), notice(3)],
            "2026-02-03",
        );
        night_on(&area, "2026-02-04").expect(0);

        let counts = tallies(&area, "where feed = 's23-raj'");
        let of = |tally: &Value, outcome: &str| tally["notices"][outcome].as_u64().unwrap();
        assert_eq!(of(&counts[0], "rows"), rows.len() as u64, "{database:?}");
        assert_eq!(of(&counts[0], "quarantined"), 2);
        assert_eq!(of(&counts[0], "duplicate"), 1);
        assert_eq!(of(&counts[0], "superseded"), 2);
        assert_eq!(of(&counts[0], "withdrawn"), 1);
        assert_eq!(of(&counts[0], "loaded"), 3);
        assert_eq!(of(&counts[1], "rows"), 3);
        assert_eq!(of(&counts[1], "unchanged"), 2);
        assert_eq!(of(&counts[1], "loaded"), 1);
        let census = tallies(&area, "where feed = 'school-census'").remove(0);
        assert_eq!(census["pupilonroll"]["rows"], 6);
        assert_eq!(census["pupilonroll"]["quarantined"], 1);
        assert_eq!(census["pupilonroll"]["loaded"], 5);
        assert_eq!(census["senneeds"]["rows"], 6);

        // What status says stands is what the dataset holds.
        let status = area.run(&["status", "--format", "json"]).expect(0).json();
        for feed in status["feeds"].as_array().unwrap() {
            let name = feed["feed"].as_str().unwrap();
            let in_force = area.count(&format!("select count(*) from link where feed = '{name}'"));
            assert_eq!(feed["records"].as_u64(), Some(in_force), "{feed}");
        }
        assert_eq!(area.count("select count(*) from section23_notice"), 4);
        // Every quarantined row has a finding that says so.
        let findings = array(
            area.run(&["findings", "--feed", "s23-raj", "--format", "json"])
                .expect(0),
        );
        let lines: std::collections::BTreeSet<_> = findings
            .iter()
            .filter(|finding| finding["effect"] == "quarantined-row")
            .map(|finding| finding["line"].as_u64())
            .collect();
        assert_eq!(lines, [Some(6), Some(7)].into(), "{findings:?}");
    }
}

#[test]
fn a_listed_pair_is_kept_apart_until_the_decision_is_removed() {
    for database in Database::BOTH {
        let children = Child::several(3);
        let area = area_of_notices(database, &children);
        // A child adopted between notice and school, with the same names and home: only the list keeps them apart.
        let before = &children[0];
        let after = Child {
            nhs_number: sendlink_tests::hand::nhs_number(77),
            upn: sendlink_tests::hand::upn(77),
            ..before.clone()
        };
        area.put_notices(
            "section23-1.csv",
            &[
                Notice::of(before, "N-1", "2024-03-01"),
                Notice::of(&children[1], "N-2", "2024-03-01"),
            ],
            "2026-02-01",
        );
        area.put_census(
            "first",
            2026,
            &spring_census(
                2026,
                "2026-Jan-22 09:00:00",
                &[Pupil::of(&after), Pupil::of(&children[1])],
            ),
            "2026-02-01",
        );
        night_on(&area, "2026-02-02").expect(0);
        let joined = "select count(distinct child_id) from link";
        assert_eq!(
            area.count(joined),
            2,
            "{database:?}: nothing else keeps them apart"
        );

        let list = format!(
            "decision,left_type,left,right_type,right,reason\n\
             do-not-link,nhs-number,{},upn,{},adoption\n",
            before.nhs_number, after.upn
        );
        run_with_input(&area, &["decisions", "add", "-", "--author", "A. Officer"], &list).expect(0);
        // A line that is wrong adds nothing, and the message does not repeat it.
        let number = &before.nhs_number;
        let wrong = format!(
            "{list}do-not-link,nhs-number,{number}9,upn,{},adoption\n",
            after.upn
        );
        let refused = run_with_input(
            &area,
            &["decisions", "add", "-", "--author", "A. Officer"],
            &wrong,
        )
        .expect(65);
        assert!(refused.stderr.contains("line 3"), "{}", refused.stderr);
        assert!(
            !refused.stderr.contains(&number[..9]),
            "the message repeats the number"
        );

        night_on(&area, "2026-02-03").expect(0);
        assert_eq!(area.count(joined), 3, "{database:?}: the list is obeyed");
        let decisions = array(area.run(&["decisions", "--format", "json"]).expect(0));
        assert_eq!(decisions.len(), 1, "{decisions:?}");
        let id = decisions[0]["id"].to_string();
        area.run(&["decisions", "remove", &id, "--reason", "listed in error"])
            .expect(0);
        night_on(&area, "2026-02-04").expect(0);
        assert_eq!(area.count(joined), 2, "{database:?}: joined again");
        area.run(&["verify"]).expect(0);
    }
}

/// An area of three children in notices and a census, with one night done.
fn area_to_forget_in(database: Database) -> (Area, Vec<Child>) {
    let children = Child::several(3);
    let area = area_of_notices(database, &children);
    let notices: Vec<Notice> = children
        .iter()
        .zip(1..)
        .map(|(child, number)| Notice::of(child, &format!("N-{number}"), "2024-03-01"))
        .collect();
    area.put_notices("section23-1.csv", &notices, "2026-02-01");
    let pupils: Vec<Pupil> = children.iter().map(Pupil::of).collect();
    area.put_census(
        "first",
        2026,
        &spring_census(2026, "2026-Jan-22 09:00:00", &pupils),
        "2026-02-01",
    );
    night_on(&area, "2026-02-02").expect(0);
    assert_eq!(area.count("select count(*) from link"), 6);
    assert_eq!(area.count("select count(*) from child"), 3);
    (area, children)
}

/// Changes every feed's contract, so that each landed delivery is read anew.
fn read_again(area: &Area) {
    area.edit_configuration(|text| {
        text.replace(
            "basis = \"duty\"",
            "basis = \"duty\"\ncontract = { bad_value = \"blank-value\", unknown_code = \"accept\" }",
        )
    });
}

#[test]
fn a_forgotten_child_is_gone_and_does_not_come_back() {
    for database in Database::BOTH {
        let (area, children) = area_to_forget_in(database);
        let forgotten = &children[0];
        let others = "select record_id, child_id, tier from link order by record_id";
        let before = area.joint(others);
        // Without a reason, or for somebody unknown, nothing happens.
        let by_number = ["forget", "child", "-", "--reason", "erasure request"];
        run_with_input(&area, &by_number[..3], &forgotten.nhs_number).expect(64);
        run_with_input(&area, &by_number, &sendlink_tests::hand::nhs_number(99)).expect(64);
        let erased = run_with_input(&area, &by_number, &forgotten.nhs_number).expect(0);
        assert!(erased.stdout.contains("Erased 2 records"), "{}", erased.stdout);

        night_on(&area, "2026-02-03").expect(0);
        let after = area.joint(others);
        assert_eq!(after.len(), 4, "{database:?}");
        assert!(
            after.iter().all(|row| before.contains(row)),
            "the others are as they were"
        );
        let gone: Vec<&Vec<String>> = before.iter().filter(|row| !after.contains(row)).collect();
        assert_eq!(gone.len(), 2);
        for (table, column) in [
            ("record", "record_id"),
            ("encoding", "record_id"),
            ("link", "record_id"),
            ("link", "child_id"),
            ("child", "child_id"),
        ] {
            let hex = match database {
                Database::Sqlite => format!("lower(hex({column}))"),
                Database::Postgres => format!("encode({column}, 'hex')"),
            };
            let left = area.vault(&format!("select {hex} from {table}"));
            for row in &gone {
                assert!(
                    !left.contains(&vec![row[0].clone()]) && !left.contains(&vec![row[1].clone()]),
                    "{database:?}: {table}"
                );
            }
        }

        // The files still name the child; so does a copy with a later time, and a census made anew.
        area.put_notices(
            "section23-2.csv",
            &[Notice::of(forgotten, "N-1", "2024-03-01").again("UPDATE", "2026-02-03T09:00:00Z")],
            "2026-02-03",
        );
        night_on(&area, "2026-02-04").expect(0);
        assert_eq!(area.joint(others), after, "{database:?}: it came back");
        // Nor when all that has landed is read again, under another contract.
        read_again(&area);
        night_on(&area, "2026-02-05").expect(0);
        assert_eq!(area.joint(others), after, "{database:?}: it came back");
        assert!(
            tallies(&area, "where in_force = 1")
                .iter()
                .any(|delivery| delivery["notices"]["out_of_scope"] == 1)
        );
        area.run(&["verify"]).expect(0);
    }
}

#[test]
fn a_child_can_be_forgotten_by_its_id() {
    let (area, _) = area_to_forget_in(Database::Sqlite);
    let child = area.joint("select child_id from child order by child_id limit 1")[0][0].clone();
    area.run(&["forget", "child", &child, "--reason", "objection"])
        .expect(0);
    area.run(&["forget", "child", &child, "--reason", "objection"])
        .expect(64);
    night_on(&area, "2026-02-03").expect(0);
    assert_eq!(area.count("select count(*) from child"), 2);
    assert_eq!(
        area.count(&format!("select count(*) from child where child_id = '{child}'")),
        0
    );
}

#[test]
fn a_forgotten_feed_is_gone_and_the_other_stays() {
    for database in Database::BOTH {
        let (area, _) = area_to_forget_in(database);
        area.run(&["forget", "feed", "s23-raj", "--reason", "end of the agreement"])
            .expect(0);
        night_on(&area, "2026-02-03").expect(0);
        assert_eq!(
            area.count("select count(*) from section23_notice"),
            0,
            "{database:?}: the file still lies there, and is not read again"
        );
        assert_eq!(area.count("select count(*) from school_record"), 3);
        assert_eq!(area.count("select count(*) from child"), 3);
        let landed = std::fs::read_dir(area.file("landing/s23-raj")).map_or(0, |entries| {
            entries
                .flatten()
                .filter(|entry| !entry.file_name().to_string_lossy().starts_with('.'))
                .count()
        });
        assert_eq!(landed, 0, "nothing of the feed stays landed");
        read_again(&area);
        night_on(&area, "2026-02-04").expect(0);
        assert_eq!(
            area.count("select count(*) from section23_notice"),
            0,
            "{database:?}: it came back"
        );
    }
}
