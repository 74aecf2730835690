//! What becomes of files in the folders that feeds read: taken once they are quiet, kept, archived or deleted, missed
//! where none comes, and gone from the landing folder when their time is over.

use std::{fs, time::SystemTime};

use sendlink_tests::{
    Area, Database,
    hand::{Child, Notice, notices_csv, notices_feed},
};

/// An area with one feed of notices, whose line `from` or `basis` is changed as given.
fn area(change: impl Fn(String) -> String) -> (Area, Vec<Child>) {
    let children = Child::several(3);
    let area = Area::bare(Database::Sqlite);
    area.configure(&[change(notices_feed("RAJ", "section23/superset"))], &children);
    (area, children)
}

fn notice(children: &[Child], number: usize) -> Vec<Notice> {
    vec![Notice::of(
        &children[number],
        &format!("N-{number}"),
        "2025-03-01",
    )]
}

fn names(area: &Area, folder: &str) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(area.file(folder))
        .into_iter()
        .flatten()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

const COUNT: &str = "select count(*) from section23_notice";

#[test]
fn a_loaded_file_is_archived_and_a_namesake_does_not_replace_it() {
    let (area, children) = area(|feed| feed.replace("\"keep\"", "\"archive\""));
    for (number, night) in ["2026-03-02", "2026-03-03"].into_iter().enumerate() {
        area.put_notices("section23-1.csv", &notice(&children, number), night);
        area.run(&["run", "--as-at", night]).expect(0);
        assert_eq!(area.count(COUNT), number as u64 + 1);
    }
    assert_eq!(names(&area, "incoming/s23-raj"), ["archive"]);
    assert_eq!(names(&area, "incoming/s23-raj/archive").len(), 2, "both are kept");
    // What lies in the archive is not read again.
    let night = area.run(&["run", "--as-at", "2026-03-04"]).expect(0);
    assert!(night.stdout.contains("othing new"), "{}", night.stdout);
}

#[test]
fn a_refused_file_is_told_of_too() {
    let (area, children) = area(|feed| feed.replace("\"keep\"", "\"archive\""));
    let whole = notices_csv(&notice(&children, 0));
    area.put(
        "incoming/s23-raj/section23-1.csv",
        &whole[..whole.len() - 20],
        "2026-03-01",
    );
    area.run(&["run", "--as-at", "2026-03-02"]).expect(3);
    assert_eq!(names(&area, "incoming/s23-raj"), ["archive"]);
}

#[test]
fn a_loaded_file_is_deleted_where_that_is_said_and_only_then() {
    let (area, children) = area(|feed| feed.replace("\"keep\"", "\"delete\""));
    area.put_notices("section23-1.csv", &notice(&children, 0), "2026-03-01");
    area.run(&["run", "--as-at", "2026-03-02", "--dry-run"]).expect(0);
    assert_eq!(
        names(&area, "incoming/s23-raj"),
        ["section23-1.csv"],
        "a dry run deletes nothing"
    );
    // A night that dies before it has a verdict deletes nothing either.
    let killed = area
        .command(&["run", "--as-at", "2026-03-02"])
        .env("SENDLINK_KILL_AT", "night::after-publish")
        .output()
        .unwrap();
    assert_eq!(killed.status.code(), None);
    assert_eq!(names(&area, "incoming/s23-raj"), ["section23-1.csv"]);
    area.run(&["run", "--as-at", "2026-03-02"]).expect(0);
    assert!(names(&area, "incoming/s23-raj").is_empty());
    assert_eq!(area.count(COUNT), 1);
}

#[test]
fn a_file_that_is_still_being_written_waits() {
    let (area, children) = area(|feed| feed.replace("0 seconds", "1 hour"));
    area.put_notices("section23-1.csv", &notice(&children, 0), "2026-03-01");
    let file = area.put_notices("section23-2.csv", &notice(&children, 1), "2026-03-01");
    fs::File::options()
        .write(true)
        .open(&file)
        .and_then(|open| open.set_modified(SystemTime::now()))
        .unwrap();
    // Other programs' unfinished work is no delivery at all.
    area.put_notices(".section23-3.csv", &notice(&children, 2), "2026-03-01");
    area.put_notices("section23-4.csv.part", &notice(&children, 2), "2026-03-01");
    area.run(&["run", "--as-at", "2026-03-02"]).expect(0);
    assert_eq!(area.count(COUNT), 1);
    area.put_notices("section23-2.csv", &notice(&children, 1), "2026-03-01");
    area.run(&["run", "--as-at", "2026-03-02"]).expect(0);
    assert_eq!(area.count(COUNT), 2);
}

#[test]
fn a_source_that_is_silent_for_too_long_is_missing() {
    let (area, children) = area(|feed| feed + "expect_every = \"7 days\"\n");
    let silent = area.run(&["run", "--as-at", "2026-03-01"]).expect(3);
    assert!(silent.stdout.contains("missing"), "{}", silent.stdout);
    area.put_notices("section23-1.csv", &notice(&children, 0), "2026-03-01");
    area.run(&["run", "--as-at", "2026-03-02"]).expect(0);
    area.run(&["run", "--as-at", "2026-03-08"]).expect(0);
    let state = "select state from freshness";
    let fresh = area.joint(state);
    area.run(&["run", "--as-at", "2026-03-09"]).expect(3);
    assert_ne!(area.joint(state), fresh, "the dataset says so too");
    assert_eq!(area.count(COUNT), 1, "what it sent before stays");
}

#[test]
fn landed_files_are_deleted_when_their_time_is_over() {
    let (area, children) = area(|feed| feed.replace("\"keep\"", "\"archive\""));
    area.edit_configuration(|text| text.replace("keep_days = 3650", "keep_days = 30"));
    area.put_notices("section23-1.csv", &notice(&children, 0), "2026-03-01");
    area.run(&["run", "--as-at", "2026-03-02"]).expect(0);
    area.put_notices("section23-2.csv", &notice(&children, 1), "2026-03-20");
    area.run(&["run", "--as-at", "2026-03-31"]).expect(0);
    assert_eq!(names(&area, "landing/s23-raj").len(), 2);
    area.run(&["run", "--as-at", "2026-04-01"]).expect(0);
    assert_eq!(names(&area, "landing/s23-raj").len(), 1);
    // What was read stays.
    area.run(&["run", "--as-at", "2026-05-01"]).expect(0);
    assert!(names(&area, "landing/s23-raj").is_empty());
    assert_eq!(area.count(COUNT), 2);
}

#[test]
fn the_landing_folder_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt;

    let (area, children) = area(|feed| feed);
    area.put_notices("section23-1.csv", &notice(&children, 0), "2026-03-01");
    area.run(&["run", "--as-at", "2026-03-02"]).expect(0);
    let mut folders = vec![area.file("landing")];
    while let Some(folder) = folders.pop() {
        let mode = fs::metadata(&folder).unwrap().permissions().mode() & 0o077;
        assert_eq!(mode, 0, "{} is open to others", folder.display());
        folders.extend(
            fs::read_dir(&folder)
                .into_iter()
                .flatten()
                .map(|entry| entry.unwrap().path()),
        );
    }
}
