//! Readers of the dataset while it is published anew: each sees one whole version.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    thread,
};

use sendlink_tests::{
    Area, Database,
    hand::{Child, Notice, notices_feed},
    rows::{block_on, sqlite_rows},
};
use sqlx::{Connection, PgConnection, Row, SqliteConnection, sqlite::SqliteConnectOptions};

/// Nights that publish something new.
const NIGHTS: usize = 5;

/// A version, and what must go with it: how many notices, links and children, and the latest opinion.
const WHOLE: &str = "
    select version,
           cast((select count(*) from section23_notice) as text),
           cast((select count(*) from link) as text),
           cast((select count(*) from child) as text),
           cast((select max(opinion_date) from section23_notice) as text)
      from dataset";

/// An area whose nights each bring one more notice; `night` runs the next.
struct Growing {
    area: Area,
    children: Vec<Child>,
}

impl Growing {
    fn new(database: Database) -> Self {
        let children = Child::several(NIGHTS + 1);
        let area = Area::bare(database);
        area.configure(&[notices_feed("RAJ", "section23/superset")], &children);
        let growing = Growing { area, children };
        growing.night(0);
        growing
    }

    fn night(&self, number: usize) {
        let day = format!("2026-03-{:02}", 10 + number);
        let opinion = format!("2025-01-{:02}", 10 + number);
        self.area.put_notices(
            &format!("section23-{number}.csv"),
            &[Notice::of(
                &self.children[number],
                &format!("N-{number}"),
                &opinion,
            )],
            &day,
        );
        self.area.run(&["run", "--as-at", &day]).expect(0);
    }

    /// What belongs to the version that the night of this number publishes.
    fn expect_whole(&self, whole: &[String], number: usize) {
        let count = (number + 1).to_string();
        assert!(
            whole[0].starts_with(&format!("2026-03-{:02}", 10 + number)),
            "{whole:?}"
        );
        assert_eq!(
            whole[1..],
            [
                count.clone(),
                count.clone(),
                count,
                format!("2025-01-{:02}", 10 + number)
            ],
            "a torn version"
        );
    }

    /// The number of the night whose version this is.
    fn night_of(&self, whole: &[String]) -> usize {
        whole[0][8..10].parse::<usize>().expect("a day") - 10
    }
}

/// Tells the other readers to stop, also where this one fails.
struct StopAtTheEnd<'a>(&'a AtomicBool);

impl Drop for StopAtTheEnd<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

#[test]
fn a_transaction_on_postgresql_sees_one_version_across_publications() {
    let growing = Growing::new(Database::Postgres);
    let stop = AtomicBool::new(false);
    let mut seen = thread::scope(|scope| {
        // One who comes again and again.
        let hasty = scope.spawn(|| {
            block_on(async {
                let mut connection = PgConnection::connect(&growing.area.store).await.unwrap();
                let mut seen = Vec::new();
                while !stop.load(Ordering::SeqCst) {
                    seen.push(in_a_transaction(&mut connection, 2).await);
                }
                seen
            })
        });
        let end = StopAtTheEnd(&stop);
        // Those who stay: one begins before each publication and reads again after it.
        block_on(async {
            let mut patient = PgConnection::connect(&growing.area.store).await.unwrap();
            begin(&mut patient).await;
            for number in 1..=NIGHTS {
                let mut reader = PgConnection::connect(&growing.area.store).await.unwrap();
                begin(&mut reader).await;
                let before = pg_row(&mut reader).await;
                growing.expect_whole(&before, number - 1);
                growing.night(number);
                assert_eq!(
                    pg_row(&mut reader).await,
                    before,
                    "the version changed under a reader"
                );
            }
            growing.expect_whole(&pg_row(&mut patient).await, 0);
        });
        drop(end);
        hasty.join().unwrap()
    });
    assert!(seen.len() > NIGHTS, "only {} looks", seen.len());
    seen.dedup();
    for whole in &seen {
        growing.expect_whole(whole, growing.night_of(whole));
    }
}

async fn begin(connection: &mut PgConnection) {
    for sql in [
        "begin isolation level repeatable read read only",
        "set local search_path to joint",
        // The snapshot is taken by the first query that reads.
        "select count(*) from dataset",
    ] {
        sqlx::query(sql).execute(&mut *connection).await.unwrap();
    }
}

/// Reads several times in one transaction; all must agree.
async fn in_a_transaction(connection: &mut PgConnection, times: usize) -> Vec<String> {
    begin(connection).await;
    let first = pg_row(connection).await;
    for _ in 1..times {
        assert_eq!(pg_row(connection).await, first);
    }
    sqlx::query("commit").execute(&mut *connection).await.unwrap();
    first
}

async fn pg_row(connection: &mut PgConnection) -> Vec<String> {
    let row = sqlx::query(WHOLE).fetch_one(connection).await.unwrap();
    (0..row.len()).map(|column| row.get(column)).collect()
}

#[test]
fn an_open_sqlite_file_holds_one_version_across_publications() {
    let growing = Growing::new(Database::Sqlite);
    let file = growing.area.file("data/joint.db");
    let options = SqliteConnectOptions::new().filename(&file).read_only(true);
    block_on(async {
        let mut patient = SqliteConnection::connect_with(&options).await.unwrap();
        let first = sqlite_rows(&mut patient, WHOLE).await.remove(0);
        growing.expect_whole(&first, 0);
        for number in 1..=NIGHTS {
            let mut reader = SqliteConnection::connect_with(&options).await.unwrap();
            let before = sqlite_rows(&mut reader, WHOLE).await.remove(0);
            growing.expect_whole(&before, number - 1);
            growing.night(number);
            assert_eq!(
                sqlite_rows(&mut reader, WHOLE).await.remove(0),
                before,
                "the version changed under an open file"
            );
        }
        assert_eq!(
            sqlite_rows(&mut patient, WHOLE).await.remove(0),
            first,
            "five publications later the open file still holds its version"
        );
    });
}

#[test]
fn a_sqlite_file_opened_at_any_moment_is_whole() {
    let growing = Growing::new(Database::Sqlite);
    let file = growing.area.file("data/joint.db");
    let stop = AtomicBool::new(false);
    let seen = thread::scope(|scope| {
        let hasty = scope.spawn(|| {
            block_on(async {
                let mut seen = Vec::new();
                while !stop.load(Ordering::SeqCst) {
                    let options = SqliteConnectOptions::new().filename(&file).read_only(true);
                    let mut reader = SqliteConnection::connect_with(&options).await.unwrap();
                    seen.push(sqlite_rows(&mut reader, WHOLE).await.remove(0));
                    reader.close().await.unwrap();
                }
                seen
            })
        });
        let end = StopAtTheEnd(&stop);
        for number in 1..=NIGHTS {
            growing.night(number);
        }
        drop(end);
        hasty.join().unwrap()
    });
    assert!(seen.len() > NIGHTS, "only {} looks", seen.len());
    for whole in &seen {
        growing.expect_whole(whole, growing.night_of(whole));
    }
}
