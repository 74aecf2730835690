//! Told to stop, the program ends within ten seconds, whatever it was doing, and running again continues.

use std::{
    process::Command,
    sync::Arc,
    time::{Duration, Instant},
};

use sendlink_tests::{
    Area, Daemon, Database,
    area::AS_AT,
    hand::{Child, coming_from, notices_feed},
    peer::http::{Reply, Server},
    postgres::{self, Cluster},
};

/// What a container gets between SIGTERM and SIGKILL.
const TEN_SECONDS: Duration = Duration::from_secs(10);

/// What waits for nothing but the signal needs no more.
const AT_ONCE: Duration = Duration::from_secs(5);

/// Tells it to stop, and expects the end that a scheduler may try again.
#[track_caller]
fn stops(mut running: Daemon, within: Duration) {
    let told = Instant::now();
    running.terminate();
    let status = running.end(within);
    assert_eq!(status.code(), Some(75), "{}", running.log.join("\n"));
    assert!(told.elapsed() <= within, "{:?}", told.elapsed());
}

#[test]
fn a_wait_before_a_source_is_tried_again_is_cut_short() {
    let away = Server::start(Arc::new(|_| Reply::new(503, "").with("retry-after", 300)), None);
    let area = Area::bare(Database::Sqlite);
    let source = format!(
        "{{ https = {{ url = \"{}/notices\", file = \"section23-1.json\", patience = \"1 hour\" }} }}",
        away.url
    );
    let feed = coming_from(&notices_feed("RAJ", "section23/api-json"), &source);
    area.configure(&[feed], &Child::several(1));
    for arguments in [&["run"][..], &["run", "--dry-run"]] {
        let mut running = Daemon::start(area.command(arguments));
        running.wait_for("is tried again after a wait");
        stops(running, AT_ONCE);
    }
}

#[test]
fn the_wait_for_a_database_is_cut_short() {
    let cluster = Cluster::start();
    let area = Area::bare_with_store(postgres::database(&cluster.url()));
    area.configure(&[notices_feed("RAJ", "section23/api-json")], &Child::several(1));
    cluster.down();
    let mut running = Daemon::start(area.command(&["run"]));
    running.wait_for("is tried again after a wait");
    stops(running, AT_ONCE);
}

#[test]
fn a_night_that_is_told_to_stop_is_continued_by_the_next() {
    for database in Database::BOTH {
        let area = Area::small(41, Database::Sqlite);
        area.night().expect(0);
        let version = area.version();
        for moment in [
            "A delivery has landed",
            "A delivery is loaded",
            "Linking all records",
        ] {
            let twin = area.twin(database);
            let mut running = Daemon::start(twin.command(&["run", "--as-at", AS_AT]));
            running.wait_for(moment);
            stops(running, TEN_SECONDS);
            twin.night().expect(0);
            assert_eq!(twin.version(), version, "{database:?}: stopped at {moment:?}");
        }
    }
}

#[test]
fn the_history_says_how_a_run_failed_as_long_as_it_can_be_told() {
    for database in Database::BOTH {
        let area = Area::small(43, database);
        let last = || {
            let rows = area.run(&["history", "--format", "json"]).expect(0).rows();
            let field = |name: &str| rows[0][name].clone();
            (field("run"), field("outcome"), field("exit"))
        };
        let said = |run: i64, outcome: &str, exit: Option<i64>| {
            (
                run.into(),
                outcome.into(),
                exit.map_or(serde_json::Value::Null, Into::into),
            )
        };
        let killed = area
            .command(&["run", "--as-at", AS_AT])
            .env("SENDLINK_KILL_AT", "night::before-link")
            .output()
            .expect("the program starts");
        assert_eq!(killed.status.code(), None);
        assert_eq!(last(), said(1, "did not end", None), "{database:?}");

        let mut running = Daemon::start(area.command(&["run", "--as-at", AS_AT]));
        running.wait_for("Linking all records");
        stops(running, TEN_SECONDS);
        assert_eq!(last(), said(1, "stopped", Some(75)), "{database:?}");
        let status = area.run(&["status"]).expect(0).stdout;
        assert!(
            status.contains(", failed with exit code 75; running again continues it"),
            "{status}"
        );

        // Where the reports should go lies a file.
        std::fs::write(area.file("reports"), "in the way").unwrap();
        area.night().expect(74);
        assert_eq!(last(), said(1, "failed", Some(74)), "{database:?}");

        std::fs::remove_file(area.file("reports")).unwrap();
        area.night().expect(0);
        assert_eq!(last(), said(1, "unchanged", Some(0)), "{database:?}");
    }
}

/// A server that answers nothing any more, and whose connections stay open.
struct Frozen<'a>(&'a Cluster);

impl<'a> Frozen<'a> {
    fn new(cluster: &'a Cluster) -> Self {
        let frozen = Frozen(cluster);
        frozen.signal("-STOP");
        frozen
    }

    fn signal(&self, signal: &str) {
        let postmaster = self.0.process().to_string();
        let status = Command::new("pkill").args([signal, "-P", &postmaster]).status();
        assert!(status.expect("pkill starts").success());
    }
}

impl Drop for Frozen<'_> {
    fn drop(&mut self) {
        self.signal("-CONT");
    }
}

#[test]
fn work_that_does_not_heed_the_signal_is_left() {
    let cluster = Cluster::start();
    let area = Area::small(42, Database::Sqlite);
    let twin = area.twin(Database::Postgres);
    let store = postgres::database(&cluster.url());
    twin.edit_configuration(|text| text.replace(&twin.store, &store));
    let mut running = Daemon::start(twin.command(&["run", "--as-at", AS_AT]));
    running.wait_for("A delivery is loaded");
    let frozen = Frozen::new(&cluster);
    stops(running, TEN_SECONDS);
    drop(frozen);
    area.night().expect(0);
    twin.night().expect(0);
    assert_eq!(area.version(), twin.version());
}
