//! A database of the first schema version, with a record in it, under today's program.

use dataset::RecordState;
use sqlx::{AssertSqlSafe, Executor};

use crate::support::{DAY, Home, Night, Sent, encodings, hex, notice, on_both, tally};

on_both! {
    what_an_earlier_program_stored_stands,
}

const FIRST: [&str; 2] = [
    include_str!("../../migrations/sqlite/0001_ops_and_vault.sql"),
    include_str!("../../migrations/postgres/0001_zones.sql"),
];

async fn execute(home: &Home, [sqlite, postgres]: [&str; 2]) {
    match &home.database {
        Some(database) => {
            let mut connection = database.connect().await;
            connection
                .execute(sqlx::raw_sql(AssertSqlSafe(postgres)))
                .await
                .unwrap();
        }
        None => {
            std::fs::create_dir_all(home.path("")).unwrap();
            let options = sqlx::sqlite::SqliteConnectOptions::new()
                .filename(home.path("vault.db"))
                .create_if_missing(true);
            let pool = sqlx::SqlitePool::connect_with(options).await.unwrap();
            sqlx::raw_sql(AssertSqlSafe(sqlite)).execute(&pool).await.unwrap();
            pool.close().await;
        }
    }
}

async fn what_an_earlier_program_stored_stands(home: Home) {
    execute(&home, FIRST).await;
    let row = notice(1, 4, "ASD");
    let dataset::RowState::Current(payload) = &row.state else {
        unreachable!()
    };
    let version = row.version.time().strftime("%Y-%m-%dT%H:%M:%S%.9f").to_string();
    let sql = format!(
        "insert into O.run (id, as_at, state, started, resumptions, software, config_hash)
         values (1, '{DAY}', 'finished', '2026-01-01T00:00:00Z', 0, 'sendlink', 'c');
         insert into O.delivery (id, feed, kind, provider, delivery_hash, layout_hash, contract_hash, label, received,
                                 bytes, verdict, run, row_count, counts, in_force)
         values (1, 's23', 'section23', 'RAJ', X'00', X'00', X'00', 'a.csv', '{version}', 1, 'loaded', 1, 1, '{{}}', 1);
         insert into V.record (record_id, kind, feed, provider, state, order_at, order_tie, version, content_hash,
                               delivery, said_at, said_tie, said_delivery, event_date, received_date, profile, payload,
                               about, location, first_run, first_seen)
         values (X'{id}', 'section23', 's23', 'RAJ', 'current', '{version}', X'00{hash}', '{version}', X'{hash}', 1,
                 '{version}', X'00{hash}', 1, '{event}', '{received}', '{profile}', '{said}', 'child', '{location}', 1,
                 '{DAY}');
         insert into V.encoding (record_id, version, sealed, reference) values (X'{id}', '{version}', X'5ea1ed', null);",
        id = hex(&row.record_id.0),
        hash = hex(&row.content_hash),
        event = row.event_date,
        received = row.received_date,
        profile = serde_json::to_string(&row.profile).unwrap(),
        said = serde_json::to_string(payload).unwrap(),
        location = serde_json::to_string(&row.location).unwrap(),
    );
    let sqlite = sql.replace("O.", "").replace("V.", "");
    let postgres = sql
        .replace("O.", "ops.")
        .replace("V.", "vault.")
        .replace("X'", "'\\x");
    let known = "insert into O.schema_version (version) values (1);";
    execute(&home, [&sqlite, &postgres]).await;
    execute(&home, [&known.replace("O.", ""), &known.replace("O.", "ops.")]).await;

    let night = Night::begin(&home, DAY).await;
    let facts = night.store.facts().await.unwrap().notices;
    assert_eq!(facts.len(), 1);
    assert_eq!(facts[0].state, RecordState::Current);
    assert_eq!(facts[0].location, row.location);
    assert_eq!(
        facts[0].notice.as_ref().unwrap().primary_need.as_deref(),
        Some("ASD")
    );
    let stored = encodings(&night.store).await;
    assert_eq!(stored[0].sealed_encoding, [0x5e, 0xa1, 0xed]);
    assert_eq!(stored[0].version, row.version);
    // The same again says nothing new, and an older version changes nothing.
    let mut same = night.load(&Sent::delta("2", vec![row])).await;
    assert_eq!(tally(&mut same), (1, 0, 1, 0, 0, 0));
    let mut older = night.load(&Sent::delta("3", vec![notice(1, 3, "HI")])).await;
    assert_eq!(tally(&mut older), (1, 0, 0, 1, 0, 0));
}
