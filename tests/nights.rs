//! Whole nights through the program, on both databases.

use std::{fs, path::Path};

use sendlink_tests::{Area, Database, area::AS_AT};

#[test]
fn a_night_publishes_and_a_second_one_finds_nothing_new() {
    for database in Database::BOTH {
        let area = Area::small(1, database);
        let first = area.night().expect(0);
        assert!(first.stdout.contains("Match rates"), "{}", first.stdout);
        let version = area.version();
        let published = published_bytes(&area);
        let second = area.night().expect(0);
        assert!(second.stdout.contains("othing new"), "{}", second.stdout);
        assert_eq!(area.version(), version, "{database:?}");
        assert_eq!(
            published_bytes(&area),
            published,
            "re-running changes no byte of what is published"
        );
    }
}

/// The bytes of the published files; empty on PostgreSQL.
fn published_bytes(area: &Area) -> Vec<Vec<u8>> {
    ["data/joint.db", "data/open.db"]
        .iter()
        .filter_map(|name| fs::read(area.file(name)).ok())
        .collect()
}

#[test]
fn both_databases_hold_the_same_dataset() {
    let area = Area::small(2, Database::Sqlite);
    let twin = area.twin(Database::Postgres);
    area.night().expect(0);
    twin.night().expect(0);
    assert_eq!(area.version(), twin.version());
}

#[test]
fn the_order_in_which_deliveries_arrive_does_not_matter() {
    let area = Area::small(3, Database::Sqlite);
    let twin = area.twin(Database::Sqlite);
    area.night().expect(0);
    // The twin gets the same deliveries one feed at a time, the last first.
    let text = fs::read_to_string(twin.file("sendlink.toml")).unwrap();
    let names: Vec<String> = text
        .lines()
        .filter_map(|line| {
            line.strip_prefix("name = \"")?
                .strip_suffix('"')
                .map(str::to_owned)
        })
        .filter(|name| text.contains(&format!("[[feed]]\nname = \"{name}\"")))
        .collect();
    assert!(names.len() > 2, "{names:?}");
    // A different order of the same night: the feeds are listed the other way round.
    let (head, _) = text.split_once("[[feed]]").unwrap();
    let mut feeds: Vec<&str> = text.split("[[feed]]").skip(1).collect();
    feeds.reverse();
    let reversed = format!(
        "{head}{}",
        feeds
            .iter()
            .map(|feed| format!("[[feed]]{}\n", feed.trim_end()))
            .collect::<String>()
    );
    fs::write(twin.file("sendlink.toml"), reversed).unwrap();
    twin.night().expect(0);
    assert_eq!(area.version(), twin.version());
}

#[test]
fn the_order_of_rows_does_not_matter() {
    let area = Area::small(9, Database::Sqlite);
    let twin = area.twin(Database::Sqlite);
    let mut turned = 0;
    for folder in ["incoming/section23/N9V", "incoming/school-census"] {
        turned += turn_rows_round(&twin.file(folder));
    }
    assert!(turned > 10, "{turned} files");
    area.night().expect(0);
    twin.night().expect(0);
    assert_eq!(area.version(), twin.version());
}

/// Puts the rows of every CSV file below a folder in the opposite order, below their header. How many files.
fn turn_rows_round(folder: &Path) -> u32 {
    let mut turned = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            turned += turn_rows_round(&path);
            continue;
        }
        let came = fs::metadata(&path).unwrap().modified().unwrap();
        let text = fs::read_to_string(&path).unwrap();
        let mut lines: Vec<&str> = text.lines().collect();
        let whole = |line: &&str| line.matches('"').count().is_multiple_of(2);
        assert!(lines.iter().all(whole), "a row of {} spans lines", path.display());
        lines[1..].reverse();
        let end = if text.contains("\r\n") { "\r\n" } else { "\n" };
        fs::write(&path, lines.join(end) + end).unwrap();
        fs::File::options()
            .write(true)
            .open(&path)
            .unwrap()
            .set_modified(came)
            .unwrap();
        turned += 1;
    }
    turned
}

#[test]
fn an_earlier_day_is_refused_after_a_later_one() {
    let area = Area::small(4, Database::Sqlite);
    area.night().expect(0);
    let version = area.version();
    let refused = area.run(&["run", "--as-at", "2026-06-01"]).expect(64);
    assert!(refused.stderr.contains(AS_AT), "{}", refused.stderr);
    assert_eq!(area.version(), version);
}

#[test]
fn a_dry_run_writes_nothing() {
    let area = Area::small(5, Database::Sqlite);
    let dry = area.run(&["run", "--as-at", AS_AT, "--dry-run"]).expect(0);
    assert!(dry.stdout.contains("nothing was written"), "{}", dry.stdout);
    for made in ["data", "landing", "reports"] {
        assert!(!area.file(made).exists(), "{made}");
    }
}

#[test]
fn a_broken_source_holds_back_neither_the_others_nor_the_dataset() {
    let area = Area::small(6, Database::Sqlite);
    let feed = fs::read_dir(area.file("incoming/section23"))
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    fs::rename(&feed, area.file("away")).unwrap();
    let night = area.night().expect(3);
    assert!(
        night.stderr.contains("missing") || night.stdout.contains("missing"),
        "{}",
        night.stderr
    );
    let without = area.version();
    fs::rename(area.file("away"), &feed).unwrap();
    area.night().expect(0);
    assert_ne!(area.version(), without);
}

#[test]
fn every_unmatched_notice_has_a_reason() {
    let area = Area::new(1_000, 7, Database::Sqlite);
    area.night().expect(0);
    let unmatched = area
        .run(&["match-rates", "--unmatched", "--format", "json"])
        .expect(0)
        .json();
    let rows = unmatched.as_array().unwrap();
    assert!(!rows.is_empty());
    for row in rows {
        let reason = row["reason"].as_str().unwrap_or("");
        assert!(reason.len() == 3 && reason.starts_with('R'), "{row}");
    }
}

#[test]
fn a_births_file_that_is_wrong_is_found_before_the_work() {
    let area = Area::small(8, Database::Sqlite);
    fs::write(
        area.file("reference/births.csv"),
        "la_code,year,births\n881,2025,many\n",
    )
    .unwrap();
    let checked = area.run(&["check"]).expect(78);
    assert!(checked.stdout.contains("line 2"), "{}", checked.stdout);
    area.night().expect(78);
    assert!(!area.file("data").exists());
}

#[test]
fn a_demonstration_that_was_cut_off_says_what_to_do() {
    let place = tempfile::TempDir::new().unwrap();
    fs::create_dir(place.path().join("demo")).unwrap();
    let refused = sendlink_tests::program::run(place.path(), &["demo"]).expect(64);
    assert!(refused.stderr.contains("delete it"), "{}", refused.stderr);
}
