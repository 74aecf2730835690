//! Newer databases, servers that go away, roles with few rights, errors that must not tell.

use dataset::{Access, Store, StoreError, StoreUrl, WrittenRow};
use sqlx::{AssertSqlSafe, Connection};

use crate::{
    postgres::Cluster,
    support::{DAY, Home, Night, Sent, begin_run, notice, on_both, release},
};

on_both! {
    a_newer_database_is_refused,
    opening_twice_changes_nothing,
}

async fn execute(home: &Home, postgres: &'static str, sqlite: &'static str) {
    match &home.database {
        Some(database) => {
            sqlx::query(postgres)
                .execute(&mut database.connect().await)
                .await
                .unwrap();
        }
        None => {
            let options = sqlx::sqlite::SqliteConnectOptions::new().filename(home.path("vault.db"));
            let pool = sqlx::SqlitePool::connect_with(options).await.unwrap();
            sqlx::query(sqlite).execute(&pool).await.unwrap();
            pool.close().await;
        }
    }
}

async fn a_newer_database_is_refused(home: Home) {
    home.open().await.close().await;
    execute(
        &home,
        "insert into ops.schema_version (version) values (99)",
        "insert into schema_version (version) values (99)",
    )
    .await;
    let of = if home.database.is_some() {
        "postgres"
    } else {
        "sqlite"
    };
    let migrations = concat!(env!("CARGO_MANIFEST_DIR"), "/migrations");
    let latest = std::fs::read_dir(format!("{migrations}/{of}")).unwrap().count() as i64;
    for access in [Access::ReadWrite, Access::ReadOnly] {
        let refused = Store::open(&home.url, access).await;
        assert!(matches!(
            refused,
            Err(StoreError::NewerSchema { found: 99, known }) if known == latest
        ));
    }
    execute(
        &home,
        "delete from ops.schema_version",
        "delete from schema_version",
    )
    .await;
    execute(
        &home,
        "insert into ops.schema_version (version) values (0)",
        "insert into schema_version (version) values (0)",
    )
    .await;
    let older = Store::open(&home.url, Access::ReadOnly).await;
    assert!(matches!(
        older,
        Err(StoreError::OlderSchema { found: 0, known }) if known == latest
    ));
}

async fn opening_twice_changes_nothing(home: Home) {
    let (one, other) = tokio::join!(home.open(), home.open());
    one.close().await;
    other.close().await;
    let night = Night::begin(&home, DAY).await;
    night.load(&Sent::delta("1", vec![notice(1, 1, "ASD")])).await;
    let reader = Store::open(&home.url, Access::ReadOnly).await.unwrap();
    assert_eq!(
        reader.facts().await.unwrap().notices.len(),
        1,
        "a reader reads while a run goes on"
    );
    assert!(
        reader
            .audit(&night.lease, "a", "b", "c", &serde_json::json!({}))
            .await
            .is_err()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_no_database_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("vault.db"), [b'x'; 5000]).unwrap();
    let url = StoreUrl::Sqlite {
        folder: folder.path().to_owned(),
    };
    let refused = Store::open(&url, Access::ReadWrite).await.unwrap_err();
    assert!(matches!(refused, StoreError::Corrupt { .. }), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_cannot_be_made_is_said_so() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("data"), "a file").unwrap();
    let url = StoreUrl::Sqlite {
        folder: folder.path().join("data"),
    };
    let refused = Store::open(&url, Access::ReadWrite).await.unwrap_err();
    assert!(
        matches!(refused, StoreError::Io { .. } | StoreError::ReadOnly { .. }),
        "{refused}"
    );
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn the_vault_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let home = Home::sqlite().await;
    let night = Night::begin(&home, DAY).await;
    for file in ["vault.db", "vault.db-wal"] {
        let mode = std::fs::metadata(home.path(file)).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{file} is open to others");
    }
    night.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_server_is_unavailable() {
    // A port that was free a moment ago.
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let url = StoreUrl::parse(
        &format!("postgres://u@127.0.0.1:{port}/d"),
        std::path::Path::new("."),
    )
    .unwrap();
    let error = Store::open(&url, Access::ReadWrite).await.unwrap_err();
    assert!(matches!(error, StoreError::Unavailable { .. }), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_goes_away_in_the_middle_loses_nothing() {
    let cluster = Cluster::start();
    let url = StoreUrl::parse(&cluster.url(), std::path::Path::new(".")).unwrap();
    let home = Home {
        url,
        folder: None,
        database: None,
    };
    let night = Night::begin(&home, DAY).await;
    night.load(&Sent::delta("1", vec![notice(1, 1, "ASD")])).await;

    // The server dies while rows are being handed over.
    let second = Sent::delta("2", vec![notice(2, 1, "HI"), notice(3, 1, "VI")]);
    let mut load = second.load();
    let rows = second.rows.clone();
    let dying = &cluster;
    load.rows = Box::new(rows.into_iter().enumerate().map(move |(index, row)| {
        if index == 1 {
            dying.stop_server();
        }
        Ok(WrittenRow::write(row).unwrap())
    }));
    let error = night
        .store
        .load(&night.lease, &night.run, load)
        .await
        .unwrap_err();
    assert!(matches!(error, StoreError::Unavailable { .. }), "{error}");
    cluster.start_server();

    // The same process goes on: its lease is still the latest.
    night.load(&second).await;
    night.link(&[]).await;
    let published = night.publish().await;
    assert_eq!(published.changes["section23_notice"].rows, 3);

    // And another process that starts now finds no living holder.
    let other = home.open().await;
    let lease = other.acquire("another").await.unwrap();
    assert!(matches!(night.try_load(&second).await, Err(StoreError::Fenced)));
    begin_run(&other, &lease, Some(DAY)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plain_role_is_enough_and_skipped_grants_are_told() {
    let home = Home::postgres().await;
    let database = home.database.as_ref().unwrap();
    let mut connection = database.connect().await;
    let name = database.url.rsplit_once('/').unwrap().1.to_owned();
    let role = format!("plain_{name}");
    for sql in [
        format!("create role {role} login nosuperuser nocreatedb nocreaterole"),
        format!("grant create on database {name} to {role}"),
    ] {
        sqlx::query(AssertSqlSafe(sql))
            .execute(&mut connection)
            .await
            .unwrap();
    }
    let url = database.url.replace("postgres@", &format!("{role}@"));
    let home = Home {
        url: StoreUrl::parse(&url, std::path::Path::new(".")).unwrap(),
        folder: None,
        database: None,
    };
    let night = Night::begin(&home, DAY).await;
    let skipped = night.store.skipped_grants();
    assert!(
        skipped.iter().any(|grant| grant.contains("sendlink_analyst")),
        "{skipped:?}"
    );
    night.load(&Sent::delta("1", vec![notice(1, 1, "ASD")])).await;
    night.link(&[]).await;
    night.publish().await;
    // The lease works for a role that may not see other roles' sessions.
    let other = home.open().await;
    assert!(matches!(
        other.acquire("second").await,
        Err(StoreError::LeaseHeld)
    ));
    night.end().await;
    drop(other.acquire("second").await.unwrap());
    other.close().await;
    let sql = format!("drop owned by {role} cascade");
    sqlx::query(AssertSqlSafe(sql))
        .execute(&mut connection)
        .await
        .unwrap();
    sqlx::query(AssertSqlSafe(format!("drop role {role}")))
        .execute(&mut connection)
        .await
        .unwrap();
    connection.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_without_rights_is_denied() {
    let home = Home::postgres().await;
    let database = home.database.as_ref().unwrap();
    let mut connection = database.connect().await;
    let name = database.url.rsplit_once('/').unwrap().1.to_owned();
    let role = format!("poor_{name}");
    let sql = format!("create role {role} login");
    sqlx::query(AssertSqlSafe(sql))
        .execute(&mut connection)
        .await
        .unwrap();
    let url = database.url.replace("postgres@", &format!("{role}@"));
    let error = Store::open(
        &StoreUrl::parse(&url, std::path::Path::new(".")).unwrap(),
        Access::ReadWrite,
    )
    .await
    .unwrap_err();
    assert!(matches!(error, StoreError::Denied { .. }), "{error}");
    sqlx::query(AssertSqlSafe(format!("drop role {role}")))
        .execute(&mut connection)
        .await
        .unwrap();
}

/// PostgreSQL quotes rows and values in the details of its errors; neither may pass.
#[tokio::test(flavor = "multi_thread")]
async fn an_error_never_tells_what_stands_in_a_row() {
    let home = Home::postgres().await;
    let night = Night::begin(&home, DAY).await;
    // A NUL cannot be stored as text: the copy is refused, and the server quotes the line.
    let mut bad = notice(1, 1, "CANARY");
    bad.scope = Some("CANARY\0SCOPE".into());
    let error = night.try_load(&Sent::delta("1", vec![bad])).await.unwrap_err();
    for shown in [error.to_string(), format!("{error:?}")] {
        assert!(!shown.contains("CANARY") && !shown.contains("SCOPE"), "{shown}");
    }
    // The store is usable afterwards.
    night.load(&Sent::delta("1", vec![notice(1, 1, "ASD")])).await;
    night.link(&[]).await;
    night
        .store
        .publish(&night.lease, &night.run, &release())
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_talkative_server_is_told_of() {
    let quiet = Cluster::start();
    let url = StoreUrl::parse(&quiet.url(), std::path::Path::new(".")).unwrap();
    let store = Store::open(&url, Access::ReadWrite).await.unwrap();
    let faults = store.log_faults().await.unwrap();
    assert!(faults.is_empty(), "{faults:?}");
    let mut connection = <sqlx::PgConnection as Connection>::connect(&quiet.url())
        .await
        .unwrap();
    sqlx::query("alter database postgres set log_statement = 'all'")
        .execute(&mut connection)
        .await
        .unwrap();
    let store = Store::open(&url, Access::ReadOnly).await.unwrap();
    let faults = store.log_faults().await.unwrap();
    assert_eq!(faults.len(), 1);
    assert!(faults[0].contains("log_statement"));
}
