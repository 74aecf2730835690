//! Loading a delivery of 50,000 pupils, publishing and reading back, on SQLite and, where `SENDLINK_TEST_POSTGRES` names
//! a server, on PostgreSQL; beside the insertion of the same ids, payloads and encodings into a bare table.

#![allow(clippy::unwrap_used, reason = "a benchmark that cannot go on stops")]

use std::{
    future::Future,
    time::{Duration, Instant},
};

use criterion::{Criterion, SamplingMode, Throughput, criterion_group, criterion_main};
use dataset::{ChildRow, LinkRow, Links, RowState, VaultRow};
use linkage::{ChildId, RecordId, Subject};
use sqlx::{AssertSqlSafe, postgres::PgPoolCopyExt};
use support::{DAY, Home, Night, Sent};

#[path = "../tests/support/postgres.rs"]
#[allow(dead_code, reason = "shared with the tests")]
mod postgres;
#[path = "../tests/suite/support.rs"]
mod support;

const ROWS: u32 = 50_000;

/// Rows that are read back at once.
const PAGE: usize = 5_000;

/// Bytes of a pupil's sealed encoding, about.
const SEALED: usize = 330;

/// A pupil of a census.
fn pupil(number: u32) -> VaultRow {
    let mut id = [0; 16];
    for (place, byte) in id.iter_mut().zip(support::hash(&number.to_string())) {
        *place = byte;
    }
    id[..4].copy_from_slice(&number.to_be_bytes());
    VaultRow {
        record_id: RecordId(id),
        content_hash: support::hash(&format!("pupil {number}")),
        sealed_encoding: Some([&id[..], &[7; SEALED]].concat()),
        ..support::pupil(1, 1, "a", "K")
    }
}

/// Each record is a child of its own.
fn links(rows: &[VaultRow]) -> Links {
    let subject = |row: &VaultRow| Subject {
        record: row.record_id,
        number: 0,
    };
    Links {
        links: rows
            .iter()
            .map(|row| LinkRow {
                subject: subject(row),
                child_id: ChildId(row.record_id.0),
                tier: "T0".into(),
                weight: None,
                evidence: "alone".into(),
                linked_on: DAY,
            })
            .collect(),
        children: rows
            .iter()
            .map(|row| ChildRow {
                child_id: ChildId(row.record_id.0),
                anchor: subject(row),
            })
            .collect(),
        doubts: Vec::new(),
    }
}

/// What a row holds at least: its id, its payload and its encoding.
fn bare(row: &VaultRow) -> (&[u8], String, &[u8]) {
    let payload = match &row.state {
        RowState::Current(payload) => serde_json::to_string(payload).unwrap(),
        RowState::Withdrawn => String::new(),
    };
    (
        &row.record_id.0,
        payload,
        row.sealed_encoding.as_deref().unwrap_or_default(),
    )
}

async fn insert_bare(home: &Home, rows: &[VaultRow]) -> Duration {
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    match &home.database {
        Some(database) => {
            let pool = sqlx::PgPool::connect(&database.url).await.unwrap();
            let table = "create table bare (id bytea primary key, payload text, encoding bytea)";
            sqlx::query(AssertSqlSafe(table)).execute(&pool).await.unwrap();
            let start = Instant::now();
            let mut copy = pool.copy_in_raw("copy bare from stdin").await.unwrap();
            for chunk in rows.chunks(1_000) {
                let mut text = String::new();
                for (id, payload, encoding) in chunk.iter().map(bare) {
                    text += &format!("\\\\x{}\t{payload}\t\\\\x{}\n", hex(id), hex(encoding));
                }
                copy.send(text.into_bytes()).await.unwrap();
            }
            copy.finish().await.unwrap();
            let taken = start.elapsed();
            pool.close().await;
            taken
        }
        None => {
            let options = sqlx::sqlite::SqliteConnectOptions::new()
                .filename(home.folder.as_ref().unwrap().path().join("bare.db"))
                .create_if_missing(true);
            let pool = sqlx::SqlitePool::connect_with(options).await.unwrap();
            let table = "create table bare (id blob primary key, payload text, encoding blob) without rowid";
            sqlx::query(AssertSqlSafe(table)).execute(&pool).await.unwrap();
            let start = Instant::now();
            let mut transaction = pool.begin().await.unwrap();
            for chunk in rows.chunks(1_000) {
                let mut insert = sqlx::QueryBuilder::<sqlx::Sqlite>::new("insert into bare ");
                insert.push_values(chunk.iter().map(bare), |mut row, (id, payload, encoding)| {
                    row.push_bind(id).push_bind(payload).push_bind(encoding);
                });
                insert.build().execute(&mut *transaction).await.unwrap();
            }
            transaction.commit().await.unwrap();
            let taken = start.elapsed();
            pool.close().await;
            taken
        }
    }
}

/// How long the stages of a night take that loads one delivery into an empty store.
#[derive(Default)]
struct Stages {
    load: Duration,
    save_links: Duration,
    publish: Duration,
    read_back: Duration,
}

/// One of them.
type Stage = fn(Stages) -> Duration;

async fn night(home: &Home, sent: &Sent, links: &Links) -> Stages {
    let night = Night::begin(home, DAY).await;
    let mut stages = Stages::default();
    let start = Instant::now();
    night.load(sent).await;
    stages.load = start.elapsed();
    let start = Instant::now();
    night
        .store
        .save_links(&night.lease, &night.run, links)
        .await
        .unwrap();
    stages.save_links = start.elapsed();
    let start = Instant::now();
    night.publish().await;
    stages.publish = start.elapsed();
    let start = Instant::now();
    let (sender, mut receiver) = tokio::sync::mpsc::channel(2);
    let store = night.store.clone();
    let reading = tokio::spawn(async move { store.encodings(PAGE, &sender).await });
    while receiver.recv().await.is_some() {}
    reading.await.unwrap().unwrap();
    stages.read_back = start.elapsed();
    night.end().await;
    stages
}

fn on<F: Future<Output = Home>>(criterion: &mut Criterion, database: &str, home: impl Fn() -> F + Copy) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let rows: Vec<VaultRow> = (0..ROWS).map(pupil).collect();
    let links = links(&rows);
    let sent = Sent::snapshot("pupils", "a", 1, rows.clone());
    let mut group = criterion.benchmark_group(format!("50,000 rows on {database}"));
    group
        .throughput(Throughput::Elements(u64::from(ROWS)))
        .sample_size(10)
        .sampling_mode(SamplingMode::Flat);
    group.bench_function("yardstick: a bare table", |bencher| {
        bencher.iter_custom(|times| {
            (0..times)
                .map(|_| runtime.block_on(async { insert_bare(&home().await, &rows).await }))
                .sum()
        });
    });
    let stages: [(&str, Stage); 4] = [
        ("load", |stages| stages.load),
        ("save links", |stages| stages.save_links),
        ("publish", |stages| stages.publish),
        ("read encodings back", |stages| stages.read_back),
    ];
    for (name, stage) in stages {
        group.bench_function(name, |bencher| {
            bencher.iter_custom(|times| {
                (0..times)
                    .map(|_| stage(runtime.block_on(async { night(&home().await, &sent, &links).await })))
                    .sum()
            });
        });
    }
    group.finish();
}

fn loading(criterion: &mut Criterion) {
    on(criterion, "SQLite", Home::sqlite);
    if std::env::var_os("SENDLINK_TEST_POSTGRES").is_some() {
        on(criterion, "PostgreSQL", Home::postgres);
    }
}

criterion_group!(benches, loading);
criterion_main!(benches);
