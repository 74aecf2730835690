//! The ledger: held and refused deliveries, findings, mended mappings, erased feeds.

use dataset::{FindingFilter, ForgetWhat, StoreError, Verdict};
use records::{Kind, finding::Effect};

use crate::support::{
    BAD_DATE, BAD_FILE, DAY, Home, Night, Sent, child_id, finding, hash, notice, on_both, pupil, record_id,
    tally,
};

on_both! {
    a_mended_mapping_replaces_its_earlier_reading,
    a_held_delivery_waits_for_a_person,
    findings_are_kept_by_delivery,
    an_erased_child_does_not_come_back,
    an_erased_feed_does_not_come_back,
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
        .facts()
        .await
        .unwrap()
        .notices
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
    assert_eq!(proof.before["vault.content"], 3);
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
        .facts()
        .await
        .unwrap()
        .notices
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
