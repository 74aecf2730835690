//! One process that keeps the time itself, under a clock that runs as the test says.

use std::{fs, path::PathBuf, process::Command, time::Duration};

use jiff::{Timestamp, civil::date};
use sendlink_tests::{
    Area, Daemon, Database,
    hand::{Child, Notice, notices_csv, notices_feed},
    postgres::{self, Cluster},
};

/// Preloaded, it puts the clock where `FAKETIME` says.
fn clock_library() -> PathBuf {
    fs::read_dir("/usr/lib")
        .expect("a folder of libraries")
        .map(|entry| {
            entry
                .expect("an entry")
                .path()
                .join("faketime/libfaketimeMT.so.1")
        })
        .find(|path| path.exists())
        .expect("a faketime to run clocks with: run the tests through tests/run")
}

/// A command whose clock begins at this time of Greenwich.
fn at(area: &Area, clock: &str, arguments: &[&str]) -> Command {
    let mut command = area.command(arguments);
    command
        .env("LD_PRELOAD", clock_library())
        .env("FAKETIME", clock)
        .env("NO_FAKE_STAT", "1")
        .env("TZ", "UTC")
        .env("SENDLINK_LOG_FORMAT", "json");
    command
}

/// What stands in a line of the log: when it was written, and a field.
fn line(text: &str, field: &str) -> (Timestamp, String) {
    let line: serde_json::Value =
        serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"));
    let when = line["timestamp"]
        .as_str()
        .expect("a time")
        .parse()
        .expect("a time");
    (
        when,
        line["fields"][field].as_str().unwrap_or_default().to_owned(),
    )
}

/// An area whose nights are short, so that they stay short under a clock that runs fast.
fn quick_area() -> Area {
    let area = Area::bare(Database::Sqlite);
    let children = Child::several(1);
    area.configure(&[notices_feed("RAJ", "section23/superset")], &children);
    let notices = notices_csv(&[Notice::of(&children[0], "N-1", "2026-01-10")]);
    area.put("incoming/s23-raj/section23-1.csv", notices, "2026-02-01");
    area
}

/// A day passes in half a minute: each begins its night once, at the moment that the list says.
#[track_caller]
fn nights_begin(from: &str, expected: [(&str, &str); 2]) {
    let area = quick_area();
    let clock = format!("@{from} x3600");
    let mut running = Daemon::start(at(&area, &clock, &["run", "--every-night-at", "01:30"]));
    for (day, moment) in expected {
        let (_, planned) = line(&running.wait_for("The next night is planned."), "at");
        assert_eq!(planned, moment, "{day}");
        let (begun, as_at) = line(&running.wait_for("A run begins."), "as_at");
        assert_eq!(as_at, day);
        assert!(
            begun >= moment.parse::<Timestamp>().expect("a moment"),
            "{day}: begun at {begun}"
        );
    }
    running.wait_for("The run ends.");
}

#[test]
fn every_day_has_one_night_when_the_clocks_go_back() {
    nights_begin(
        "2026-10-25 00:00:00",
        [
            ("2026-10-25", "2026-10-25T00:30:00Z"),
            ("2026-10-26", "2026-10-26T01:30:00Z"),
        ],
    );
}

#[test]
fn every_day_has_one_night_when_the_clocks_go_forward() {
    nights_begin(
        "2027-03-28 01:00:00",
        [
            ("2027-03-28", "2027-03-28T01:30:00Z"),
            ("2027-03-29", "2027-03-29T00:30:00Z"),
        ],
    );
}

#[test]
fn a_night_that_fails_ends_nothing_but_itself() {
    let area = quick_area();
    let mended = fs::read_to_string(area.file("sendlink.toml")).unwrap();
    let mut running = Daemon::start(at(
        &area,
        "@2026-07-01 00:00:00 x3600",
        &["run", "--every-night-at", "03:00"],
    ));
    running.wait_for("The next night is planned.");
    area.edit_configuration(|text| format!("{text}\n[slip]\n"));
    running.wait_for("The night cannot begin.");
    fs::write(area.file("sendlink.toml"), mended).unwrap();
    let (_, as_at) = line(&running.wait_for("A run begins."), "as_at");
    assert_eq!(as_at, "2026-07-02");
    running.wait_for("The run ends.");
    assert_eq!(area.version().get(..10), Some("2026-07-02"));
}

#[test]
fn a_configuration_that_is_wrong_from_the_start_is_told_at_once() {
    let area = quick_area();
    area.edit_configuration(|text| format!("{text}\n[slip]\n"));
    area.run(&["run", "--every-night-at", "03:00"]).expect(78);
    area.run(&["run", "--every-night-at", "25:00"]).expect(64);
    area.run(&["run", "--every-night-at", "03:00", "--as-at", "2026-07-01"])
        .expect(64);
}

#[test]
fn a_database_that_is_away_is_waited_for() {
    let undisturbed = Area::small(54, Database::Sqlite);
    let cluster = Cluster::start();
    let area = undisturbed.twin(Database::Postgres);
    let store = postgres::database(&cluster.url());
    area.edit_configuration(|text| {
        text.replace(&area.store, &store).replace(
            "[reference]",
            "[night]\ntry_again_after = \"2 seconds\"\n\n[reference]",
        )
    });
    cluster.down();
    let mut running = Daemon::start(at(
        &area,
        "@2026-07-01 00:59:57",
        &["run", "--every-night-at", "02:00"],
    ));
    // Away when the night begins.
    running.wait_for("Opening the database failed, and is tried again after a wait.");
    cluster.up();
    running.wait_for("A delivery is loaded.");
    // Away in the middle of it.
    cluster.down();
    running.wait_for("The night ended before its end.");
    running.wait_for("The night is tried again.");
    cluster.up();
    running.wait_for("Continuing a run that was stopped.");
    running.wait_for("The run ends.");
    undisturbed.night_as_at("2026-07-01");
    assert_eq!(area.version(), undisturbed.version());
}

#[test]
fn a_night_that_was_missed_is_made_up_for() {
    let area = quick_area();
    let first = at(&area, "@2026-07-01 02:00:00", &["run"]).output().unwrap();
    assert_eq!(
        first.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&first.stderr)
    );
    // It was not running at three.
    let mut running = Daemon::start(at(
        &area,
        "@2026-07-02 12:00:00",
        &["run", "--every-night-at", "03:00"],
    ));
    running.wait_for("A night was missed");
    let (_, as_at) = line(&running.wait_for("A run begins."), "as_at");
    assert_eq!(as_at, date(2026, 7, 2).to_string());
    running.wait_for("The run ends.");
    drop(running);
    // And now it has missed none.
    let mut running = Daemon::start(at(
        &area,
        "@2026-07-02 13:00:00",
        &["run", "--every-night-at", "03:00"],
    ));
    let (_, planned) = line(&running.wait_for("The next night is planned."), "day");
    assert_eq!(planned, "2026-07-03");
    running.terminate();
    let status = running.end(Duration::from_secs(10));
    assert_eq!(status.code(), Some(0), "stopped between two nights");
}
