//! What both back ends must do alike.

use dataset::{
    Access, DecisionKind, FindingFilter, ForgetWhat, NewDecision, RecordState, Side, Store, StoreError,
    Verdict,
};
use jiff::civil::date;
use records::{Finding, Kind, Location, Outcome, Rule, finding::Effect};

use crate::support::{
    self, DAY, Home, Night, Sent, begin_run, child_id, hash, notice, on_both, pupil, record_id, release,
    state, withdrawn,
};

on_both! {
    nothing_can_be_read_before_there_is_a_database,
    a_key_is_kept_and_another_refused,
    one_writer_at_a_time,
    a_late_writer_is_fenced_off,
    a_stopped_run_keeps_its_day,
    a_row_has_one_outcome,
    a_withdrawal_may_come_first,
    a_repeated_record_counts_once,
    rows_that_are_unaccounted_for_load_nothing,
    a_broken_spool_loads_nothing,
    what_is_larger_than_a_batch_is_whole,
    a_snapshot_deletes_what_it_does_not_hold,
    a_b_a_restores_a,
    the_order_of_deliveries_does_not_matter,
    a_mended_mapping_replaces_its_earlier_reading,
    a_held_delivery_waits_for_a_person,
    findings_are_kept_by_delivery,
    children_keep_their_ids_and_history,
    links_must_be_whole,
    decisions_hold_a_publication,
    a_publication_is_written_once,
    the_brake_holds_a_publication,
    the_latest_record_with_a_value_wins,
    facts_tell_how_notices_stand,
    an_erased_child_does_not_come_back,
    an_erased_feed_does_not_come_back,
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
    assert!(other.notice_facts().await.unwrap().is_empty());
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

async fn sqlite_pool(home: &Home, file: &str) -> sqlx::SqlitePool {
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(home.path(file));
    sqlx::SqlitePool::connect_with(options).await.unwrap()
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

/// The tally of table `notices` as (rows, loaded, unchanged, superseded, duplicate, withdrawn).
fn tally(report: &mut dataset::LoadReport) -> (u64, u64, u64, u64, u64, u64) {
    let tally = report.counts.table("notices");
    let of = |outcome| tally.of(outcome);
    (
        tally.rows,
        of(Outcome::Loaded),
        of(Outcome::Unchanged),
        of(Outcome::Superseded),
        of(Outcome::Duplicate),
        of(Outcome::Withdrawn),
    )
}

async fn a_row_has_one_outcome(home: Home) {
    let night = Night::begin(&home, DAY).await;
    let mut first = night
        .load(&Sent::delta("1", vec![notice(1, 5, "ASD"), notice(2, 5, "HI")]))
        .await;
    assert_eq!(tally(&mut first), (2, 2, 0, 0, 0, 0));
    let mut second = night
        .load(&Sent::delta(
            "2",
            vec![
                notice(1, 6, "ASD"),
                notice(2, 4, "VI"),
                notice(3, 1, "MLD"),
                withdrawn(4, 1),
            ],
        ))
        .await;
    // The same again later, an older version, a new record, a withdrawal of what never came.
    assert_eq!(tally(&mut second), (4, 1, 1, 1, 0, 1));
    let mut third = night
        .load(&Sent::delta("3", vec![notice(2, 6, "PD"), withdrawn(3, 2)]))
        .await;
    assert_eq!(tally(&mut third), (2, 1, 0, 0, 0, 1));
    let mut fourth = night
        .load(&Sent::delta("4", vec![withdrawn(3, 3), notice(1, 2, "ASD")]))
        .await;
    assert_eq!(tally(&mut fourth), (2, 0, 1, 1, 0, 0));

    let facts = night.store.notice_facts().await.unwrap();
    let seen: Vec<_> = facts
        .iter()
        .map(|fact| {
            let need = fact
                .notice
                .as_ref()
                .and_then(|notice| notice.primary_need.clone());
            (fact.record_id.0[15], fact.state, need)
        })
        .collect();
    assert_eq!(
        seen,
        [
            (1, RecordState::Current, Some("ASD".into())),
            (2, RecordState::Current, Some("PD".into())),
            // Withdrawn, and still counted with what it said.
            (3, RecordState::Withdrawn, Some("MLD".into())),
            (4, RecordState::Withdrawn, None),
        ]
    );
    // The version moves with a repeat, the first receipt stays.
    assert_eq!(facts[0].version, support::hour(6));
    assert_eq!(
        facts[0].received_date,
        date(2026, 1, 4),
        "the late older version came first by its own date"
    );
    let standing: Vec<u8> = night
        .store
        .encodings(None, 10)
        .await
        .unwrap()
        .iter()
        .map(|row| row.record_id.0[15])
        .collect();
    assert_eq!(standing, [1, 2], "what was withdrawn keeps no encoding");
}

async fn a_withdrawal_may_come_first(home: Home) {
    let night = Night::begin(&home, DAY).await;
    night.load(&Sent::delta("1", vec![withdrawn(1, 5)])).await;
    let mut late = night.load(&Sent::delta("2", vec![notice(1, 4, "ASD")])).await;
    assert_eq!(tally(&mut late), (1, 0, 0, 1, 0, 0));
    // A withdrawal wins over a statement of the same time.
    let mut same = night.load(&Sent::delta("3", vec![notice(1, 5, "HI")])).await;
    assert_eq!(tally(&mut same), (1, 0, 0, 1, 0, 0));
    let facts = night.store.notice_facts().await.unwrap();
    assert_eq!(facts[0].state, RecordState::Withdrawn);
    assert_eq!(
        facts[0].notice.as_ref().unwrap().primary_need.as_deref(),
        Some("HI")
    );
    // A later statement revives it.
    let mut revived = night.load(&Sent::delta("4", vec![notice(1, 6, "HI")])).await;
    assert_eq!(tally(&mut revived), (1, 1, 0, 0, 0, 0));
    assert_eq!(night.store.encodings(None, 10).await.unwrap().len(), 1);
}

async fn a_repeated_record_counts_once(home: Home) {
    let night = Night::begin(&home, DAY).await;
    let rows = vec![
        notice(1, 1, "ASD"),
        notice(1, 1, "ASD"),
        notice(2, 1, "HI"),
        notice(2, 2, "VI"),
    ];
    let mut report = night.load(&Sent::delta("1", rows)).await;
    assert_eq!(tally(&mut report), (4, 2, 0, 1, 1, 0));
    // A bare tombstone was made from no row.
    let mut rows = vec![notice(3, 3, "ASD")];
    rows.push(dataset::VaultRow::tombstone(
        record_id(1),
        support::hour(3),
        date(2026, 1, 5),
    ));
    let mut report = night.load(&Sent::delta("2", rows)).await;
    assert_eq!(tally(&mut report), (1, 1, 0, 0, 0, 0));
    assert_eq!(
        night.store.notice_facts().await.unwrap()[0].state,
        RecordState::Withdrawn
    );
}

async fn rows_that_are_unaccounted_for_load_nothing(home: Home) {
    let night = Night::begin(&home, DAY).await;
    let mut delivery = Sent::delta("1", vec![notice(1, 1, "ASD")]);
    delivery.counts.table("notices").rows += 1;
    let error = night.try_load(&delivery).await.unwrap_err();
    assert!(
        matches!(&error, StoreError::Counts { table } if table == "notices"),
        "{error}"
    );
    assert!(night.store.notice_facts().await.unwrap().is_empty());
    assert_eq!(night.store.known(&delivery.info.key).await.unwrap(), None);
    // The missing row was quarantined.
    delivery.counts.table("notices").add(Outcome::Quarantined, 1);
    night.load(&delivery).await;
    assert_eq!(
        night.store.known(&delivery.info.key).await.unwrap(),
        Some(Verdict::Loaded)
    );
    assert_eq!(night.store.last_loaded_rows("s23").await.unwrap(), Some(2));
    assert_eq!(night.store.last_loaded_rows("other").await.unwrap(), None);
}

async fn a_broken_spool_loads_nothing(home: Home) {
    let night = Night::begin(&home, DAY).await;
    let delivery = Sent::delta("1", vec![notice(1, 1, "ASD")]);
    let mut load = delivery.load();
    load.rows = Box::new(
        [
            Ok(notice(1, 1, "ASD")),
            Err(std::io::ErrorKind::UnexpectedEof.into()),
        ]
        .into_iter(),
    );
    let error = night
        .store
        .load(&night.lease, &night.run, load)
        .await
        .unwrap_err();
    assert!(matches!(error, StoreError::Io { .. }), "{error}");
    assert_eq!(night.store.known(&delivery.info.key).await.unwrap(), None);
}

async fn what_is_larger_than_a_batch_is_whole(home: Home) {
    const NOTICES: u32 = 21_000;
    let id = |number: u32| {
        let mut id = [0xab; 16];
        // Not in the order of arrival.
        id[..4].copy_from_slice(&number.wrapping_mul(2_654_435_761).to_be_bytes());
        id
    };
    let night = Night::begin(&home, DAY).await;
    let rows: Vec<_> = (0..NOTICES)
        .map(|number| dataset::VaultRow {
            record_id: linkage::RecordId(id(number)),
            ..notice((number % 28) as u8, 1, "ASD")
        })
        .collect();
    let mut report = night.load(&Sent::delta("large", rows)).await;
    assert_eq!(tally(&mut report), (NOTICES.into(), NOTICES.into(), 0, 0, 0, 0));
    let (mut links, mut after) = (dataset::Links::default(), None);
    loop {
        let page = night.store.encodings(after, 9_000).await.unwrap();
        let Some(last) = page.last() else { break };
        assert!(page.is_sorted_by_key(|row| row.record_id) && after < page.first().map(|row| row.record_id));
        after = Some(last.record_id);
        for row in page {
            let child_id = linkage::ChildId(row.record_id.0);
            links.children.push(dataset::ChildRow {
                child_id,
                anchor: row.record_id,
            });
            links.links.push(dataset::LinkRow {
                record_id: row.record_id,
                child_id,
                tier: "T0".into(),
                weight: None,
                evidence: String::new(),
                linked_on: DAY,
            });
        }
    }
    night
        .store
        .save_links(&night.lease, &night.run, &links)
        .await
        .unwrap();
    let published = night.publish().await;
    for table in ["child", "link", "section23_notice"] {
        assert_eq!(published.changes[table].rows, u64::from(NOTICES), "{table}");
    }
    assert_eq!(night.store.digest().await.unwrap(), published.digest);
}

async fn a_snapshot_deletes_what_it_does_not_hold(home: Home) {
    let night = Night::begin(&home, DAY).await;
    let numbers = async |night: &Night| -> Vec<u8> {
        night
            .store
            .encodings(None, 100)
            .await
            .unwrap()
            .iter()
            .map(|row| row.record_id.0[15])
            .collect()
    };
    night
        .load(&Sent::snapshot(
            "a1",
            "a",
            1,
            vec![pupil(1, 1, "a", "K"), pupil(2, 1, "a", "N")],
        ))
        .await;
    night
        .load(&Sent::snapshot("b1", "b", 1, vec![pupil(3, 1, "b", "E")]))
        .await;
    let report = night
        .load(&Sent::snapshot("a3", "a", 3, vec![pupil(1, 3, "a", "K")]))
        .await;
    assert_eq!(report.absent, 1);
    assert_eq!(numbers(&night).await, [1, 3]);
    // An older snapshot that comes late changes nothing, not even for records it alone holds.
    let late = Sent::snapshot("a2", "a", 2, vec![pupil(1, 2, "a", "E"), pupil(4, 2, "a", "K")]);
    let mut report = night.load(&late).await;
    assert_eq!((report.absent, report.counts.table("pupils").superseded), (0, 2));
    assert_eq!(report.counts.table("needs").superseded, 4);
    assert_eq!(numbers(&night).await, [1, 3]);
    // An empty snapshot is one too; the volume band is the program's to check.
    let report = night.load(&Sent::snapshot("b2", "b", 2, vec![])).await;
    assert_eq!(report.absent, 1);
    let sizes = night.store.scope_sizes("census").await.unwrap();
    assert_eq!(
        sizes.into_iter().collect::<Vec<_>>(),
        [("a".to_owned(), 1), ("b".to_owned(), 0)]
    );
}

async fn a_b_a_restores_a(home: Home) {
    let night = Night::begin(&home, DAY).await;
    let a = |name: &str, version| {
        Sent::snapshot(
            name,
            "a",
            version,
            vec![pupil(1, version, "a", "K"), pupil(2, version, "a", "N")],
        )
    };
    night.load(&a("first", 1)).await;
    night.link(&[]).await;
    let published = night.publish().await;
    night
        .load(&Sent::snapshot("second", "a", 2, vec![pupil(1, 2, "a", "E")]))
        .await;
    night.link(&[]).await;
    assert_ne!(night.publish().await.digest, published.digest);
    let mut report = night.load(&a("third", 3)).await;
    assert_eq!(report.counts.table("pupils").loaded, 2);
    night.link(&[]).await;
    assert_eq!(night.publish().await.digest, published.digest);
}

async fn the_order_of_deliveries_does_not_matter(home: Home) {
    let deliveries = [
        Sent::delta(
            "d1",
            vec![notice(1, 1, "ASD"), notice(2, 4, "HI"), withdrawn(3, 4)],
        ),
        Sent::delta(
            "d2",
            vec![notice(1, 2, "VI"), withdrawn(2, 3), notice(3, 3, "PD")],
        ),
        // The same time as d1 says of record 1, with other content.
        Sent::delta(
            "d3",
            vec![
                notice(1, 1, "SLD"),
                withdrawn(3, 2),
                withdrawn(4, 9),
                withdrawn(4, 8),
            ],
        ),
        Sent::snapshot("s1", "a", 1, vec![pupil(10, 1, "a", "K"), pupil(11, 1, "a", "N")]),
        Sent::snapshot("s2", "a", 2, vec![pupil(11, 2, "a", "E"), pupil(12, 2, "a", "N")]),
        // Two snapshots of one time: one of them counts, as a whole.
        Sent::snapshot(
            "s2 too",
            "a",
            2,
            vec![pupil(11, 2, "a", "K"), pupil(13, 2, "a", "N")],
        ),
    ];
    let mut seen = None;
    // Some of the 720 orders, spread evenly.
    for order in (0..720).step_by(if home.database.is_some() { 61 } else { 7 }) {
        let home = match home.database {
            Some(_) => Home::postgres().await,
            None => Home::sqlite().await,
        };
        let night = Night::begin(&home, DAY).await;
        for place in permutation(order, deliveries.len()) {
            night.load(&deliveries[place]).await;
        }
        night.link(&[]).await;
        let now = (state(&night.store).await, night.publish().await.digest);
        let first = seen.get_or_insert_with(|| now.clone());
        assert_eq!(first, &now, "order {order}");
        night.end().await;
    }
}

/// The `n`th order of so many things.
fn permutation(mut n: usize, length: usize) -> Vec<usize> {
    let mut left: Vec<usize> = (0..length).collect();
    let mut order = Vec::new();
    while !left.is_empty() {
        order.push(left.remove(n % left.len()));
        n /= left.len() + 1;
    }
    order
}

async fn a_mended_mapping_replaces_its_earlier_reading(home: Home) {
    let night = Night::begin(&home, DAY).await;
    let first = Sent::delta("same bytes", vec![notice(1, 5, "ZZZ"), notice(2, 5, "HI")]);
    night.load(&first).await;
    night.load(&Sent::delta("other", vec![notice(9, 1, "PD")])).await;
    // The mended mapping reads another need, another key, and one row that was quarantined before.
    let mut second = Sent::delta(
        "same bytes",
        vec![notice(1, 5, "ASD"), notice(3, 5, "HI"), notice(4, 5, "VI")],
    );
    second.info.key.layout_hash = hash("mended");
    let mut report = night.load(&second).await;
    assert_eq!(tally(&mut report), (3, 3, 0, 0, 0, 0));
    assert_eq!(
        report.unread, 1,
        "record 2 was never in the delivery as it is read now"
    );
    let needs: Vec<_> = night
        .store
        .notice_facts()
        .await
        .unwrap()
        .into_iter()
        .map(|fact| (fact.record_id.0[15], fact.notice.unwrap().primary_need.unwrap()))
        .collect();
    let expected =
        [(1, "ASD"), (3, "HI"), (4, "VI"), (9, "PD")].map(|(number, need)| (number, need.to_owned()));
    assert_eq!(needs, expected);
    assert_eq!(
        night.store.known(&first.info.key).await.unwrap(),
        Some(Verdict::Loaded)
    );
}

async fn a_held_delivery_waits_for_a_person(home: Home) {
    let night = Night::begin(&home, DAY).await;
    let Night { store, lease, run } = &night;
    let delivery = Sent::delta("1", vec![notice(1, 1, "ASD")]);
    let id = store
        .hold(
            lease,
            run,
            &delivery.info,
            "fewer rows than last time",
            &[],
            &delivery.counts,
        )
        .await
        .unwrap();
    let held = store.held().await.unwrap();
    assert_eq!(held.len(), 1);
    assert_eq!(
        (held[0].id, held[0].reason.as_deref()),
        (id, Some("fewer rows than last time"))
    );
    assert_eq!(held[0].info, delivery.info);
    assert_eq!(
        store.known(&delivery.info.key).await.unwrap(),
        Some(Verdict::Held)
    );
    store
        .release(lease, id, "a person", "the school closed")
        .await
        .unwrap();
    assert_eq!(
        store.known(&delivery.info.key).await.unwrap(),
        Some(Verdict::Released)
    );
    assert!(matches!(
        store.reject(lease, id, "a person", "no").await,
        Err(StoreError::Unknown { .. })
    ));
    let report = night.load(&delivery).await;
    assert_eq!(report.delivery, id);
    assert_eq!(
        store.known(&delivery.info.key).await.unwrap(),
        Some(Verdict::Loaded)
    );

    let other = Sent::delta("2", vec![]);
    let id = store
        .hold(lease, run, &other.info, "empty", &[], &other.counts)
        .await
        .unwrap();
    store
        .reject(lease, id, "a person", "sent by mistake")
        .await
        .unwrap();
    assert_eq!(
        store.known(&other.info.key).await.unwrap(),
        Some(Verdict::Rejected)
    );
    let feeds = store.status().await.unwrap().feeds;
    assert_eq!(
        (feeds[0].deliveries, feeds[0].refused, feeds[0].records),
        (1, 1, 1)
    );
}

static BAD_DATE: Rule = Rule {
    id: "T001",
    wrong: "not a date",
    remedy: "write DD/MM/YYYY",
    source: "sendlink",
};
static BAD_FILE: Rule = Rule {
    id: "T002",
    wrong: "cut short",
    remedy: "send it again",
    source: "sendlink",
};

fn finding(rule: &'static Rule, effect: Effect, line: Option<u64>) -> Finding {
    let location = Location {
        file: "notices.csv".into(),
        line,
        column: Some(27),
        ..Location::default()
    };
    Finding {
        rule,
        effect,
        location,
        rows: 1,
    }
}

async fn findings_are_kept_by_delivery(home: Home) {
    let night = Night::begin(&home, DAY).await;
    let Night { store, lease, run } = &night;
    let mut first = Sent::delta("1", vec![notice(1, 1, "ASD")]);
    first.findings = vec![
        finding(&BAD_DATE, Effect::BlankedValue, Some(9)),
        finding(&BAD_DATE, Effect::QuarantinedRow, Some(7)),
    ];
    let id = night.load(&first).await.delivery;
    let second = Sent::delta("2", vec![]);
    let refused = [finding(&BAD_FILE, Effect::RefusedDelivery, None)];
    store
        .refuse(lease, run, &second.info, &refused, &second.counts)
        .await
        .unwrap();

    let found = store.findings(&FindingFilter::default()).await.unwrap();
    let seen: Vec<_> = found
        .iter()
        .map(|f| (f.rule.as_str(), f.effect, f.location.line))
        .collect();
    assert_eq!(
        seen,
        [
            ("T001", Effect::QuarantinedRow, Some(7)),
            ("T001", Effect::BlankedValue, Some(9)),
            ("T002", Effect::RefusedDelivery, None),
        ]
    );
    assert_eq!(found[0].remedy, "write DD/MM/YYYY");
    assert_eq!(found[0].location.column_letter().as_deref(), Some("AB"));
    assert_eq!(
        (found[0].kind, found[0].provider.as_str()),
        (Kind::Section23, "RAJ")
    );
    let of = |filter| async move { store.findings(&filter).await.unwrap().len() };
    assert_eq!(
        of(FindingFilter {
            delivery: Some(id),
            ..FindingFilter::default()
        })
        .await,
        2
    );
    assert_eq!(
        of(FindingFilter {
            feed: Some("census".into()),
            ..FindingFilter::default()
        })
        .await,
        0
    );
    assert_eq!(
        of(FindingFilter {
            run: Some(run.id),
            ..FindingFilter::default()
        })
        .await,
        3
    );
    let counts = store.finding_counts(&FindingFilter::default()).await.unwrap();
    assert_eq!(counts.len(), 3);

    // Read through a mended mapping, the same bytes have no findings any more.
    let mut mended = first.clone();
    mended.info.key.layout_hash = hash("mended");
    mended.findings.clear();
    night.load(&mended).await;
    assert_eq!(store.findings(&FindingFilter::default()).await.unwrap().len(), 1);
}

async fn children_keep_their_ids_and_history(home: Home) {
    let night = Night::begin(&home, DAY).await;
    let store = &night.store;
    night
        .load(&Sent::delta(
            "1",
            vec![notice(1, 1, "ASD"), notice(2, 1, "HI"), notice(3, 1, "VI")],
        ))
        .await;
    let change = night.link(&[]).await;
    assert_eq!((change.before, change.after, change.new), (0, 3, 3));
    assert_eq!(
        night.link(&[]).await,
        dataset::LinkChange {
            before: 3,
            after: 3,
            ..Default::default()
        }
    );

    // 2 goes into 1, then 3 ends.
    let change = night.link(&[(2, 1)]).await;
    assert_eq!((change.after, change.merged, change.moved), (2, 1, 1));
    assert_eq!(store.resolve_child(child_id(2)).await.unwrap(), Some(child_id(1)));
    night.load(&Sent::delta("2", vec![withdrawn(3, 2)])).await;
    let change = night.link(&[(2, 1)]).await;
    assert_eq!((change.after, change.ended), (1, 1));
    assert_eq!(store.resolve_child(child_id(3)).await.unwrap(), None);
    let members = store.membership().await.unwrap();
    assert_eq!(members.len(), 2);
    assert!(
        members
            .iter()
            .all(|member| member.anchor == record_id(1) && member.child_id == child_id(1))
    );

    // 1 goes into 2: the redirect of 2 is lifted and 1 leads to it.
    let change = night.link(&[(1, 2)]).await;
    assert_eq!((change.merged, change.split, change.moved), (1, 1, 2));
    assert_eq!(store.resolve_child(child_id(1)).await.unwrap(), Some(child_id(2)));
    assert_eq!(store.resolve_child(child_id(9)).await.unwrap(), None);
}

async fn links_must_be_whole(home: Home) {
    let night = Night::begin(&home, DAY).await;
    night
        .load(&Sent::delta("1", vec![notice(1, 1, "ASD"), notice(2, 1, "HI")]))
        .await;
    let whole = night.links(&[]).await;
    let save = |links| {
        let night = &night;
        async move {
            night
                .store
                .save_links(&night.lease, &night.run, &links)
                .await
                .unwrap_err()
                .to_string()
        }
    };
    let mut missing = whole.clone();
    missing.links.pop();
    missing.children.pop();
    assert!(save(missing).await.contains("without a link"));
    let mut stray = whole.clone();
    stray.links[0].record_id = record_id(77);
    assert!(save(stray).await.contains("do not stand"));
    let mut unlisted = whole.clone();
    unlisted.children.pop();
    assert!(save(unlisted).await.contains("not listed"));
    let mut empty = whole.clone();
    empty.children.push(dataset::ChildRow {
        child_id: child_id(8),
        anchor: record_id(8),
    });
    assert!(save(empty).await.contains("without a record"));
    assert!(night.store.membership().await.unwrap().is_empty());
    // What is not linked yet is not published either.
    let error = night.try_publish(&release()).await.unwrap_err();
    assert!(matches!(error, StoreError::Invariant { count: 2, .. }), "{error}");
}

async fn decisions_hold_a_publication(home: Home) {
    let night = Night::begin(&home, DAY).await;
    let Night { store, lease, .. } = &night;
    night
        .load(&Sent::delta("1", vec![notice(1, 1, "ASD"), notice(2, 1, "HI")]))
        .await;
    night.link(&[]).await;
    night.publish().await;
    let decision = |left, right| NewDecision {
        kind: DecisionKind::DoNotLink,
        left: Side::Record(record_id(left)),
        right: Some(Side::Record(record_id(right))),
        reason: "adopted".into(),
        author: "a person".into(),
        on: DAY,
    };
    assert_eq!(
        store
            .add_decisions(lease, &[decision(1, 2), decision(2, 1)])
            .await
            .unwrap(),
        1
    );
    let token = Side::NhsNumber(linkage::Token([3; 16]));
    let isolate = NewDecision {
        kind: DecisionKind::Isolate,
        left: token,
        right: None,
        ..decision(1, 2)
    };
    assert_eq!(
        store
            .add_decisions(lease, std::slice::from_ref(&isolate))
            .await
            .unwrap(),
        1
    );
    let decisions = store.decisions().await.unwrap();
    assert_eq!(
        decisions.iter().map(|decision| decision.id).collect::<Vec<_>>(),
        [1, 2]
    );
    assert_eq!(decisions[0].decision, decision(1, 2));
    assert_eq!(decisions[1].decision, isolate);
    night.publish().await;

    night.link(&[(2, 1)]).await;
    let error = night.try_publish(&release()).await.unwrap_err();
    assert!(error.to_string().contains("do-not-link"), "{error}");
    store
        .remove_decision(lease, 1, "a person", "a mistake")
        .await
        .unwrap();
    assert!(matches!(
        store.remove_decision(lease, 1, "a", "b").await,
        Err(StoreError::Unknown { .. })
    ));
    night.publish().await;
}

async fn a_publication_is_written_once(home: Home) {
    let night = Night::begin(&home, DAY).await;
    night
        .load(&Sent::delta("1", vec![notice(1, 1, "ASD"), notice(2, 1, "HI")]))
        .await;
    night
        .load(&Sent::snapshot("2", "a", 1, vec![pupil(3, 1, "a", "K")]))
        .await;
    night.link(&[(3, 1)]).await;
    let first = night.publish().await;
    assert!(first.written);
    assert_eq!(first.version, format!("2026-03-01-{}", &hex(&first.digest)[..12]));
    assert_eq!(first.changes["child"].inserted, 2);
    assert_eq!(first.changes["link"].rows, 3);
    assert_eq!(first.changes["school_need"].rows, 2);
    let before = bytes_of_what_is_published(&home).await;

    let again = night.publish().await;
    assert!(!again.written);
    assert_eq!(
        (again.digest, again.version.as_str()),
        (first.digest, first.version.as_str())
    );
    assert_eq!(bytes_of_what_is_published(&home).await, before);
    assert_eq!(night.store.digest().await.unwrap(), first.digest);
    assert_eq!(
        night.store.published().await.unwrap().unwrap().version,
        first.version
    );

    night
        .load(&Sent::delta("3", vec![notice(2, 2, "VI"), withdrawn(1, 2)]))
        .await;
    night.link(&[(3, 1)]).await;
    let third = night.publish().await;
    assert!(third.written);
    let notices = third.changes["section23_notice"];
    assert_eq!(
        (notices.rows, notices.inserted, notices.updated, notices.deleted),
        (1, 0, 1, 1)
    );
    assert_eq!(third.changes["child"].deleted, 0, "the pupil keeps the child");
    assert_eq!(third.changes["dataset"].rows, 1);
    assert_ne!(bytes_of_what_is_published(&home).await, before);

    // Nothing new on the next night but its day: the rows stay, the dataset is about another day.
    night.end().await;
    let next = Night::begin(&home, date(2026, 3, 2)).await;
    let fourth = next.publish().await;
    assert!(fourth.written);
    assert_eq!(fourth.digest, third.digest);
    assert!(fourth.version.starts_with("2026-03-02-"));
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The files; or every row with the transaction that wrote it.
async fn bytes_of_what_is_published(home: &Home) -> Vec<u8> {
    let Some(database) = &home.database else {
        let joint = std::fs::read(home.path("joint.db")).unwrap();
        assert!(!home.path("joint.next.db").exists() && !home.path("open.next.db").exists());
        return [joint, std::fs::read(home.path("open.db")).unwrap()].concat();
    };
    let mut connection = database.connect().await;
    let mut rows = Vec::new();
    for table in [
        "child",
        "section23_notice",
        "school_record",
        "school_need",
        "link",
        "freshness",
        "dataset",
    ] {
        let sql = format!("select ctid::text || xmin::text || t::text from joint.{table} t order by 1");
        let found: Vec<String> = sqlx::query_scalar(sqlx::AssertSqlSafe(sql))
            .fetch_all(&mut connection)
            .await
            .unwrap();
        rows.extend(found.join("\n").into_bytes());
    }
    rows
}

async fn the_brake_holds_a_publication(home: Home) {
    let night = Night::begin(&home, DAY).await;
    let rows = (1..=10).map(|number| notice(number, 1, "ASD")).collect();
    night.load(&Sent::delta("1", rows)).await;
    night.link(&[]).await;
    let careful = dataset::Release {
        brake: 0.25,
        ..release()
    };
    let first = night.try_publish(&careful).await.unwrap();
    night
        .load(&Sent::delta(
            "2",
            (1..=3).map(|number| withdrawn(number, 2)).collect(),
        ))
        .await;
    night.link(&[]).await;
    let error = night.try_publish(&careful).await.unwrap_err();
    assert!(
        matches!(
            error,
            StoreError::Brake {
                changed: 3,
                before: 10
            }
        ),
        "{error}"
    );
    assert_eq!(
        night.store.digest().await.unwrap(),
        first.digest,
        "what was published stays"
    );
    night.publish().await;
    assert_ne!(night.store.digest().await.unwrap(), first.digest);
}

async fn the_latest_record_with_a_value_wins(home: Home) {
    let night = Night::begin(&home, DAY).await;
    let mut old = notice(1, 1, "ASD");
    old.event_date = date(2025, 1, 1);
    let mut new = notice(2, 1, "ASD");
    new.event_date = date(2025, 6, 1);
    new.profile.sex = records::Sex::U;
    new.profile.ethnic_group = None;
    new.profile.area = records::Area {
        lsoa: Some("E01099999".into()),
        ..records::Area::default()
    };
    night.load(&Sent::delta("1", vec![old, new])).await;
    night.link(&[(2, 1)]).await;
    night.publish().await;
    let sql = "select sex || ' ' || ethnic_group || ' ' || lsoa || ' ' || coalesce(la_code, '-') from child";
    let child: String = match &home.database {
        Some(database) => {
            let sql = sqlx::AssertSqlSafe(sql.replace("from child", "from joint.child"));
            sqlx::query_scalar(sql)
                .fetch_one(&mut database.connect().await)
                .await
                .unwrap()
        }
        None => {
            let pool = sqlite_pool(&home, "joint.db").await;
            sqlx::query_scalar(sql).fetch_one(&pool).await.unwrap()
        }
    };
    // The address is taken whole from one record, not patched together.
    assert_eq!(child, "M WBRI E01099999 -");
}

async fn facts_tell_how_notices_stand(home: Home) {
    let night = Night::begin(&home, DAY).await;
    night
        .load(&Sent::delta("1", vec![notice(1, 1, "ASD"), notice(2, 1, "HI")]))
        .await;
    night
        .load(&Sent::snapshot(
            "2",
            "a",
            1,
            vec![pupil(3, 1, "a", "K"), pupil(4, 1, "a", "N")],
        ))
        .await;
    night.link(&[(3, 1)]).await;
    night.end().await;
    let night = Night::begin(&home, date(2026, 3, 2)).await;
    let facts = night.store.notice_facts().await.unwrap();
    assert_eq!(
        facts[0].matched_kinds.iter().copied().collect::<Vec<_>>(),
        [Kind::SchoolCensus]
    );
    assert!(facts[1].matched_kinds.is_empty());
    assert_eq!(facts[0].child_id, Some(child_id(1)));
    assert_eq!((facts[0].tries, facts[0].first_seen), (1, DAY));
    assert_eq!(
        facts[0].sealed_reference.as_deref(),
        Some(b"reference 1".as_slice())
    );
    assert_eq!(
        (facts[0].delivery_label.as_str(), facts[0].location.line),
        ("1", Some(1))
    );
    let school = night.store.school_facts().await.unwrap();
    assert_eq!(school.len(), 1, "only of children that have a notice");
    assert_eq!(
        (school[0].child_id, school[0].sen_provision.as_deref()),
        (child_id(1), Some("K"))
    );
    let loaded = night.store.censuses_loaded().await.unwrap();
    assert_eq!(
        (
            loaded.len(),
            loaded[0].la_code.as_str(),
            loaded[0].schools,
            loaded[0].records
        ),
        (1, "881", 1, 2)
    );
}

async fn an_erased_child_does_not_come_back(home: Home) {
    let night = Night::begin(&home, DAY).await;
    let Night { store, lease, .. } = &night;
    let mut delivery = Sent::delta(
        "1",
        vec![notice(1, 1, "ASD"), notice(2, 1, "HI"), notice(5, 1, "PD")],
    );
    delivery.findings = vec![
        finding(&BAD_DATE, Effect::BlankedValue, Some(1)),
        finding(&BAD_DATE, Effect::BlankedValue, Some(2)),
    ];
    night.load(&delivery).await;
    night
        .load(&Sent::snapshot("2", "a", 1, vec![pupil(3, 1, "a", "K")]))
        .await;
    night.link(&[]).await;
    night.link(&[(3, 1), (5, 1)]).await;
    night.publish().await;

    let unknown = store
        .forget(lease, &ForgetWhat::Child(child_id(9)), "a person", "asked")
        .await;
    assert!(matches!(unknown, Err(StoreError::Unknown { .. })));
    let proof = store
        .forget(lease, &ForgetWhat::Child(child_id(1)), "a person", "asked")
        .await
        .unwrap();
    assert_eq!(proof.records, 3);
    assert_eq!(proof.before["vault.record"], 3);
    assert_eq!(proof.before["vault.encoding"], 3);
    // Its own id, and those of 3 and 5 that went into it.
    assert_eq!(proof.before["vault.child"], 3);
    assert_eq!(proof.before["ops.finding"], 1);
    assert!(proof.published);
    let published = store.published().await.unwrap().unwrap();
    assert!(!night.publish().await.written, "it is published as a run would");
    assert_eq!(night.publish().await.version, published.version);
    assert!(proof.after.values().all(|rows| *rows == 0), "{:?}", proof.after);
    assert!(proof.after.contains_key("joint.link") && proof.after.contains_key("joint.child"));

    // Sent again, later even, it stays out, and is counted.
    let again = Sent::delta("3", vec![notice(1, 9, "ASD"), notice(2, 9, "HI")]);
    let mut report = night.load(&again).await;
    assert_eq!(
        (report.forgotten, report.counts.table("notices").out_of_scope),
        (1, 1)
    );
    let left: Vec<u8> = store
        .notice_facts()
        .await
        .unwrap()
        .iter()
        .map(|fact| fact.record_id.0[15])
        .collect();
    assert_eq!(left, [2]);
    assert_eq!(store.findings(&FindingFilter::default()).await.unwrap().len(), 1);
    night.end().await;
    if home.database.is_none() {
        for file in ["vault.db", "vault.db-wal", "joint.db"] {
            let bytes = std::fs::read(home.path(file)).unwrap_or_default();
            for gone in [b"sealed 1 1 ASD".as_slice(), b"reference 1", &record_id(1).0] {
                assert!(
                    !bytes.windows(gone.len()).any(|window| window == gone),
                    "{file} still holds a record"
                );
            }
        }
        let vault = std::fs::read(home.path("vault.db")).unwrap();
        assert!(
            vault
                .windows(14)
                .any(|window| window == b"sealed 2 9 HI\0" || window.starts_with(b"sealed 2 9 HI"))
        );
    }
}

async fn an_erased_feed_does_not_come_back(home: Home) {
    let night = Night::begin(&home, DAY).await;
    let Night { store, lease, .. } = &night;
    night
        .load(&Sent::delta("1", vec![notice(1, 1, "ASD"), notice(2, 1, "HI")]))
        .await;
    let census = Sent::snapshot("2", "a", 1, vec![pupil(3, 1, "a", "K"), pupil(4, 1, "a", "K")]);
    night.load(&census).await;
    night.link(&[(3, 1)]).await;
    night.publish().await;
    let proof = store
        .forget(lease, &ForgetWhat::Feed("census".into()), "a person", "ended")
        .await
        .unwrap();
    assert_eq!((proof.records, proof.before["vault.child"]), (2, 1));
    assert!(proof.published);
    night.link(&[]).await;
    assert_eq!(night.publish().await.changes["school_record"].rows, 0);
    assert!(proof.after.values().all(|rows| *rows == 0), "{:?}", proof.after);
    let mut later = Sent::snapshot("3", "a", 2, census.rows.clone());
    later.info.key.delivery_hash = hash("later");
    assert_eq!(night.load(&later).await.forgotten, 2);
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
