//! What becomes of records, whatever order they come in.

use dataset::{RecordState, StoreError, Verdict, WrittenRow};
use jiff::civil::date;
use linkage::Subject;
use records::Outcome;

use crate::support::{
    self, DAY, Home, Night, Sent, encodings, notice, on_both, pupil, record_id, state, tally, withdrawn,
};

on_both! {
    a_row_has_one_outcome,
    a_withdrawal_may_come_first,
    a_repeated_record_counts_once,
    rows_that_are_unaccounted_for_load_nothing,
    a_broken_spool_loads_nothing,
    what_is_larger_than_a_batch_is_whole,
    a_snapshot_deletes_what_it_does_not_hold,
    a_b_a_restores_a,
    the_order_of_deliveries_does_not_matter,
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

    let facts = night.store.facts().await.unwrap().notices;
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
    let standing: Vec<u8> = encodings(&night.store)
        .await
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
    let facts = night.store.facts().await.unwrap().notices;
    assert_eq!(facts[0].state, RecordState::Withdrawn);
    assert_eq!(
        facts[0].notice.as_ref().unwrap().primary_need.as_deref(),
        Some("HI")
    );
    // A later statement revives it.
    let mut revived = night.load(&Sent::delta("4", vec![notice(1, 6, "HI")])).await;
    assert_eq!(tally(&mut revived), (1, 1, 0, 0, 0, 0));
    assert_eq!(encodings(&night.store).await.len(), 1);
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
        night.store.facts().await.unwrap().notices[0].state,
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
    assert!(night.store.facts().await.unwrap().notices.is_empty());
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
            Ok(WrittenRow::write(notice(1, 1, "ASD")).unwrap()),
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
    let mut links = dataset::Links::default();
    for row in encodings(&night.store).await {
        let child_id = linkage::ChildId(row.record_id.0);
        links.children.push(dataset::ChildRow {
            child_id,
            anchor: Subject {
                record: row.record_id,
                number: 0,
            },
        });
        links.links.push(dataset::LinkRow {
            subject: Subject {
                record: row.record_id,
                number: 0,
            },
            child_id,
            tier: "T0".into(),
            weight: None,
            evidence: String::new(),
            linked_on: DAY,
        });
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
        encodings(&night.store)
            .await
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
