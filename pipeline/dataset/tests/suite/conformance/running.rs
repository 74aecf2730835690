//! Keys, leases and runs.

use dataset::{Access, Store, StoreError};
use jiff::civil::date;

use crate::support::{DAY, Home, Night, Sent, begin_run, notice, on_both, release, sqlite_pool};

on_both! {
    nothing_can_be_read_before_there_is_a_database,
    a_key_is_kept_and_another_refused,
    one_writer_at_a_time,
    a_late_writer_is_fenced_off,
    a_stopped_run_keeps_its_day,
    a_run_that_failed_says_with_what,
    the_audit_chain_holds,
}

async fn nothing_can_be_read_before_there_is_a_database(home: Home) {
    assert!(matches!(
        Store::open(&home.url, Access::ReadOnly).await,
        Err(StoreError::Missing)
    ));
    home.open().await.close().await;
    let store = Store::open(&home.url, Access::ReadOnly).await.unwrap();
    assert_eq!(store.published().await.unwrap(), None);
    assert!(matches!(store.digest().await, Err(StoreError::Missing)));
    assert!(
        store.acquire("reader").await.is_err(),
        "a reader cannot take the lease"
    );
}

async fn a_key_is_kept_and_another_refused(home: Home) {
    let store = home.open().await;
    let lease = store.acquire("test").await.unwrap();
    assert_eq!(store.key_fingerprint().await.unwrap(), None);
    store.check_key(&lease, "one").await.unwrap();
    store.check_key(&lease, "one").await.unwrap();
    assert!(matches!(
        store.check_key(&lease, "two").await,
        Err(StoreError::WrongKey)
    ));
    assert_eq!(store.key_fingerprint().await.unwrap().as_deref(), Some("one"));
}

async fn one_writer_at_a_time(home: Home) {
    let store = home.open().await;
    let first = store.acquire("first").await.unwrap();
    let other = home.open().await;
    let started = std::time::Instant::now();
    assert!(matches!(
        other.acquire("second").await,
        Err(StoreError::LeaseHeld)
    ));
    assert!(started.elapsed().as_secs_f64() < 2.5);
    assert_eq!(other.last_holder().await.unwrap().as_deref(), Some("first"));
    let fence = first.fence();
    drop(first);
    let second = other.acquire("second").await.unwrap();
    assert!(second.fence() > fence);
}

async fn a_late_writer_is_fenced_off(home: Home) {
    let night = Night::begin(&home, DAY).await;
    let other = home.open().await;
    // As if the first holder's lock had been lost while it went on.
    let Night { store, lease, run } = night;
    steal(&home).await;
    let load = Sent::delta("late", vec![notice(1, 1, "ASD")]);
    assert!(matches!(
        store.load(&lease, &run, load.load()).await,
        Err(StoreError::Fenced)
    ));
    assert!(other.facts().await.unwrap().notices.is_empty());
}

/// Raises the fence behind everybody's back.
async fn steal(home: &Home) {
    match &home.database {
        Some(database) => {
            let mut connection = database.connect().await;
            sqlx::query("update ops.lease set fence = fence + 1")
                .execute(&mut connection)
                .await
                .unwrap();
        }
        None => {
            let pool = sqlite_pool(home, "vault.db").await;
            sqlx::query("update lease set fence = fence + 1")
                .execute(&pool)
                .await
                .unwrap();
            pool.close().await;
        }
    }
}

async fn a_stopped_run_keeps_its_day(home: Home) {
    let store = home.open().await;
    let lease = store.acquire("test").await.unwrap();
    let first = begin_run(&store, &lease, Some(date(2026, 2, 20))).await.unwrap();
    assert!(!first.resumed);
    // It was killed; the next night asks for no day.
    let second = begin_run(&store, &lease, None).await.unwrap();
    assert_eq!(
        (second.id, second.as_at, second.resumed),
        (first.id, date(2026, 2, 20), true)
    );
    // Another day is another run.
    let third = begin_run(&store, &lease, Some(DAY)).await.unwrap();
    assert_eq!((third.id, third.as_at, third.resumed), (first.id + 1, DAY, false));
    store.publish(&lease, &third, &release()).await.unwrap();
    store
        .finish_run(&lease, &third, 3, &serde_json::json!({ "loaded": 0 }))
        .await
        .unwrap();
    let early = begin_run(&store, &lease, Some(date(2026, 2, 28))).await;
    assert!(matches!(early, Err(StoreError::AsAtTooEarly { published }) if published == DAY));

    let history = store.history(10).await.unwrap();
    let states: Vec<_> = history
        .iter()
        .map(|run| (run.id, run.state.as_str(), run.resumptions))
        .collect();
    assert_eq!(states, [(2, "finished", 0), (1, "abandoned", 1)]);
    assert_eq!(history[0].exit_code, Some(3));
    assert_eq!(history[0].summary, Some(serde_json::json!({ "loaded": 0 })));
    let status = store.status().await.unwrap();
    assert_eq!(status.last_run.map(|run| run.id), Some(2));
    assert_eq!(status.published.map(|published| published.as_at), Some(DAY));
}

async fn a_run_that_failed_says_with_what(home: Home) {
    let store = home.open().await;
    let lease = store.acquire("test").await.unwrap();
    let run = begin_run(&store, &lease, Some(DAY)).await.unwrap();
    let row = async || store.history(1).await.unwrap().remove(0);
    // As a killed one leaves it.
    assert_eq!((row().await.exit_code, row().await.finished), (None, None));
    store.fail_run(&lease, &run, 75).await.unwrap();
    let failed = row().await;
    assert_eq!((failed.state.as_str(), failed.exit_code), ("running", Some(75)));
    assert!(failed.finished.is_some());
    assert_eq!(
        store.last_run_ended_with([75, 0]).await.unwrap(),
        None,
        "it has not ended"
    );
    // Continued, it has no code until it ends; a failure after that changes nothing.
    let again = begin_run(&store, &lease, None).await.unwrap();
    assert_eq!((again.id, again.resumed), (run.id, true));
    assert_eq!((row().await.exit_code, row().await.finished), (None, None));
    store.publish(&lease, &again, &release()).await.unwrap();
    store
        .finish_run(&lease, &again, 0, &serde_json::json!({}))
        .await
        .unwrap();
    store.fail_run(&lease, &again, 70).await.unwrap();
    let ended = row().await;
    assert_eq!((ended.state.as_str(), ended.exit_code), ("finished", Some(0)));
}

async fn the_audit_chain_holds(home: Home) {
    let night = Night::begin(&home, DAY).await;
    let Night { store, lease, .. } = &night;
    for place in 0..20 {
        store
            .audit(
                lease,
                "a person",
                "look",
                &format!("page {place}"),
                &serde_json::json!({}),
            )
            .await
            .unwrap();
    }
    let report = store.verify_audit().await.unwrap();
    assert!(report.faults.is_empty());
    assert_eq!(report.entries, 21, "the run's beginning, and ours");
    let entries = store.audit_entries().await.unwrap();
    assert_eq!(
        (entries[0].action.as_str(), entries[20].object.as_str()),
        ("begin run", "page 19")
    );

    let edit = "update audit set actor = 'nobody' where seq = 7";
    let cut = "delete from audit where seq = 21";
    match &home.database {
        Some(database) => {
            let mut connection = database.connect().await;
            sqlx::query("set search_path to ops")
                .execute(&mut connection)
                .await
                .unwrap();
            for sql in [edit, cut, "truncate audit"] {
                assert!(
                    sqlx::query(sql).execute(&mut connection).await.is_err(),
                    "{sql} must be refused"
                );
            }
            sqlx::query("alter table audit disable trigger all")
                .execute(&mut connection)
                .await
                .unwrap();
            sqlx::query(edit).execute(&mut connection).await.unwrap();
        }
        None => {
            let pool = sqlite_pool(&home, "vault.db").await;
            for sql in [edit, cut] {
                assert!(
                    sqlx::query(sql).execute(&pool).await.is_err(),
                    "{sql} must be refused"
                );
            }
            sqlx::query("drop trigger audit_is_not_edited")
                .execute(&pool)
                .await
                .unwrap();
            sqlx::query(edit).execute(&pool).await.unwrap();
            pool.close().await;
        }
    }
    let report = store.verify_audit().await.unwrap();
    assert_eq!(report.faults, [dataset::AuditFault::Edited { seq: 7 }]);
}
