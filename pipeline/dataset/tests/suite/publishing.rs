//! What readers of the published dataset see.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use dataset::{
    GateRule, RowState,
    joint::{ColumnType, DATASET, OPEN_TABLES, TABLES},
};
use records::{Kind, Payload};
use sqlx::{AssertSqlSafe, PgConnection, SqlitePool, sqlite::SqliteConnectOptions};

use crate::support::{DAY, Home, Night, Sent, birth, notice, pregnancy, pupil, review, withdrawn};

/// A small area: notices, pupils, children with both; a family with twins, one of them born; reviews.
async fn fill(night: &Night) {
    night
        .load(&Sent::delta(
            "1",
            (1..=20).map(|number| notice(number, 1, "ASD")).collect(),
        ))
        .await;
    night
        .load(&Sent::delta("2", vec![notice(3, 2, "HI"), withdrawn(4, 2)]))
        .await;
    let pupils = (100..=120).map(|number| pupil(number, 1, "a", "K")).collect();
    night.load(&Sent::snapshot("3", "a", 1, pupils)).await;
    let families = vec![pregnancy(130, 1, 2), birth(131, 1, true), birth(132, 1, false)];
    night.load(&Sent::of(Kind::Pregnancy, "4", families)).await;
    let mut needy = review(140, 1);
    if let RowState::Current(payload) = &mut needy.state
        && let Payload::TwoYearReview(said) = &mut **payload
    {
        said.needs = vec!["SLCN".into()];
    }
    night
        .load(&Sent::of(Kind::TwoYearReview, "5", vec![needy, review(141, 1)]))
        .await;
    let pregnancies = [(130, 1, 131), (130, 2, 150)];
    // Some children are two before they are one, so that ids have a history.
    night.link_families(&[], &pregnancies).await;
    night
        .link_families(&[(100, 1), (101, 2), (5, 2), (140, 131)], &pregnancies)
        .await;
    // A feed that needs opt-outs and has sent nothing yet: the gate has something to say, and keeps nothing back.
    let rule = GateRule {
        free: BTreeSet::new(),
        gated: BTreeMap::from([("reviews".to_owned(), "RAT".to_owned())]),
        max_age_days: 21,
        publish_without_number: false,
    };
    night.store.gate(&night.lease, &night.run, &rule).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_content_has_the_same_digest_on_both_back_ends() {
    let mut digests = BTreeSet::new();
    for home in [Home::sqlite().await, Home::postgres().await] {
        let night = Night::begin(&home, DAY).await;
        fill(&night).await;
        let published = night.publish().await;
        assert_eq!(night.store.digest().await.unwrap(), published.digest);
        digests.insert(published.digest);
    }
    assert_eq!(digests.len(), 1);
}

async fn joint(home: &Home) -> SqlitePool {
    let options = SqliteConnectOptions::new()
        .filename(home.path("joint.db"))
        .foreign_keys(false);
    SqlitePool::connect_with(options).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_digest_sees_every_column_and_publishing_again_mends_it() {
    let home = Home::sqlite().await;
    let night = Night::begin(&home, DAY).await;
    fill(&night).await;
    let published = night.publish().await;
    let whole = fs::read(home.path("joint.db")).unwrap();
    for table in TABLES {
        for column in table.columns {
            let (table_name, name) = (table.name, column.name);
            let change = match column.column_type {
                ColumnType::Text | ColumnType::Date => format!("coalesce({name}, '') || 'x'"),
                ColumnType::Integer | ColumnType::Count | ColumnType::Weight => {
                    format!("coalesce({name}, 0) + 7")
                }
            };
            let key = table.primary_key.join(" || ");
            let sql = format!(
                "update {table_name} set {name} = {change} where {key} = (select min({key}) from {table_name})"
            );
            let pool = joint(&home).await;
            let touched = sqlx::query(AssertSqlSafe(sql))
                .execute(&pool)
                .await
                .unwrap()
                .rows_affected();
            assert_eq!(touched, 1, "{table_name}.{name}");
            pool.close().await;
            let digest = night.store.digest().await.unwrap();
            assert_eq!(
                digest == published.digest,
                table_name == DATASET.name,
                "{table_name}.{name}"
            );
            fs::write(home.path("joint.db"), &whole).unwrap();
        }
    }
    fs::write(home.path("joint.db"), b"not a database").unwrap();
    assert!(night.store.digest().await.is_err());
    assert!(night.publish().await.written);
    assert_eq!(night.store.digest().await.unwrap(), published.digest);
    fs::remove_file(home.path("open.db")).unwrap();
    assert!(night.publish().await.written);
    assert!(home.path("open.db").exists());
    assert!(!night.publish().await.written);
}

/// Publishes 50 versions, each with one row more than the one before.
async fn publish_fifty(night: &Night) {
    for number in 1..=50 {
        night
            .load(&Sent::delta(&format!("{number}"), vec![notice(number, 1, "ASD")]))
            .await;
        night.link(&[]).await;
        night.publish().await;
    }
}

/// What a reader sees: the version, and how many notices, children and links there are.
const SEEN: &str = "select (select version from dataset), (select count(*) from section23_notice),
    (select count(*) from child), (select count(*) from link)";

type Seen = (String, i64, i64, i64);

fn assert_whole(seen: &[Seen]) {
    for (version, notices, children, links) in seen {
        assert!(notices == children && children == links, "{version} is not whole");
    }
    let versions: BTreeSet<_> = seen.iter().map(|(version, ..)| version).collect();
    let sizes: BTreeSet<_> = seen.iter().map(|(_, notices, ..)| notices).collect();
    assert_eq!(versions.len(), sizes.len(), "a version has one content");
    assert!(versions.len() > 5, "the reader saw the dataset change");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn a_reader_of_the_file_sees_whole_versions() {
    let home = Home::sqlite().await;
    let night = Night::begin(&home, DAY).await;
    night.publish().await;
    let stop = Arc::new(AtomicBool::new(false));
    let path = home.path("joint.db");
    let reader = tokio::spawn({
        let stop = Arc::clone(&stop);
        async move {
            let mut seen: Vec<Seen> = Vec::new();
            while !stop.load(Ordering::Relaxed) {
                let options = SqliteConnectOptions::new().filename(&path).read_only(true);
                let pool = SqlitePool::connect_with(options).await.unwrap();
                // The file stays open over several looks, while it is replaced.
                let first: Seen = sqlx::query_as(SEEN).fetch_one(&pool).await.unwrap();
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
                let second: Seen = sqlx::query_as(SEEN).fetch_one(&pool).await.unwrap();
                assert_eq!(first, second, "an open file does not change under its reader");
                seen.push(first);
                pool.close().await;
            }
            seen
        }
    });
    publish_fifty(&night).await;
    stop.store(true, Ordering::Relaxed);
    assert_whole(&reader.await.unwrap());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn a_reader_of_the_schema_sees_whole_versions() {
    let home = Home::postgres().await;
    let night = Night::begin(&home, DAY).await;
    night.publish().await;
    let stop = Arc::new(AtomicBool::new(false));
    let mut connection = home.database.as_ref().unwrap().connect().await;
    sqlx::query("set search_path to joint")
        .execute(&mut connection)
        .await
        .unwrap();
    // A view of an analyst's own goes on working.
    sqlx::query("create view public.mine as select count(*) as links from joint.link")
        .execute(&mut connection)
        .await
        .unwrap();
    let reader = tokio::spawn({
        let stop = Arc::clone(&stop);
        async move {
            let mut seen: Vec<Seen> = Vec::new();
            while !stop.load(Ordering::Relaxed) {
                seen.push(look_twice(&mut connection).await);
            }
            let links: i64 = sqlx::query_scalar("select links from public.mine")
                .fetch_one(&mut connection)
                .await
                .unwrap();
            (seen, links)
        }
    });
    publish_fifty(&night).await;
    stop.store(true, Ordering::Relaxed);
    let (seen, links) = reader.await.unwrap();
    assert_whole(&seen);
    assert_eq!(links, 50);
}

async fn look_twice(connection: &mut PgConnection) -> Seen {
    sqlx::query("begin isolation level repeatable read")
        .execute(&mut *connection)
        .await
        .unwrap();
    let first: Seen = sqlx::query_as(SEEN).fetch_one(&mut *connection).await.unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    let second: Seen = sqlx::query_as(SEEN).fetch_one(&mut *connection).await.unwrap();
    assert_eq!(first, second, "an open transaction sees one version");
    sqlx::query("commit").execute(&mut *connection).await.unwrap();
    first
}

#[tokio::test(flavor = "multi_thread")]
async fn the_schemas_hold_what_is_declared() {
    let home = Home::postgres().await;
    home.open().await.close().await;
    let mut connection = home.database.as_ref().unwrap().connect().await;
    for (schema, tables) in [("joint", TABLES), ("open", OPEN_TABLES)] {
        let names: Vec<String> =
            sqlx::query_scalar("select tablename::text from pg_tables where schemaname = $1 order by 1")
                .bind(schema)
                .fetch_all(&mut connection)
                .await
                .unwrap();
        let mut declared: Vec<_> = tables.iter().map(|table| table.name).collect();
        declared.sort_unstable();
        assert_eq!(names, declared);
        for table in tables {
            let found: Vec<(String, Option<String>)> = sqlx::query_as(
                "select a.attname::text, col_description(a.attrelid, a.attnum)
                   from pg_attribute a where a.attrelid = ($1 || '.' || $2)::regclass and a.attnum > 0
                  order by a.attnum",
            )
            .bind(schema)
            .bind(table.name)
            .fetch_all(&mut connection)
            .await
            .unwrap();
            let declared: Vec<_> = table
                .columns
                .iter()
                .map(|column| (column.name.to_owned(), Some(column.comment.to_owned())))
                .collect();
            assert_eq!(found, declared);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_open_zone_holds_its_release_alone() {
    let home = Home::sqlite().await;
    let night = Night::begin(&home, DAY).await;
    fill(&night).await;
    let published = night.publish().await;
    let pool = SqlitePool::connect_with(SqliteConnectOptions::new().filename(home.path("open.db")))
        .await
        .unwrap();
    let tables: Vec<String> = sqlx::query_scalar("select name from sqlite_schema where type = 'table'")
        .fetch_all(&pool)
        .await
        .unwrap();
    assert_eq!(tables, ["release"]);
    let row: (String, String, String) = sqlx::query_as("select version, as_at, note from release")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(
        row,
        (published.version, "2026-03-01".into(), "operational".into())
    );
    // The comments are in the schema, where `.schema` shows them.
    let schema: String = sqlx::query_scalar("select sql from sqlite_schema where name = 'release'")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert!(schema.contains("What a reader must know"));
}
