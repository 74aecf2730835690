//! What people are asked, what they answer, and which decision follows.

use dataset::{Answer, DecisionKind, DoubtRow, Reading, StoreError, doubts::agreement};
use jiff::civil::date;
use linkage::{Asked, Bar, Comparison, Doubt, Field, Tier, Weight};

use crate::support::{DAY, Home, Night, Sent, notice, on_both, pupil, record_id};

on_both! {
    answers_become_decisions,
    doubts_stay_as_long_as_somebody_answered,
    what_is_erased_is_not_asked_about,
}

fn doubt(left: u8, right: u8, bits: i32, asked: Asked) -> Doubt {
    Doubt {
        left: record_id(left),
        right: record_id(right),
        left_compared: record_id(left),
        right_compared: record_id(right),
        asked,
        comparison: Comparison {
            prior: Weight::from_bits(-13),
            fields: vec![Field {
                field: "forename".into(),
                agreement: "the same".into(),
                bits: Weight::from_bits(bits + 13),
                rarity: Weight(0),
                bearers: None,
            }],
            household: Weight(0),
            others: Weight(0),
            birth_gap: Some(3),
            event_gap: None,
        },
    }
}

/// A night with four records that are linked apart, and these doubts about them.
async fn night(home: &Home, doubts: &[Doubt]) -> Night {
    let night = Night::begin(home, DAY).await;
    night
        .load(&Sent::delta("1", vec![notice(1, 1, "ASD"), notice(2, 1, "HI")]))
        .await;
    night
        .load(&Sent::snapshot(
            "2",
            "a",
            1,
            vec![pupil(3, 1, "a", "K"), pupil(4, 1, "a", "K")],
        ))
        .await;
    ask(&night, doubts).await;
    night
}

async fn ask(night: &Night, doubts: &[Doubt]) {
    let mut links = night.links(&[]).await;
    links.doubts = doubts.to_vec();
    night
        .store
        .save_links(&night.lease, &night.run, &links)
        .await
        .unwrap();
}

async fn answer(night: &Night, doubt: &DoubtRow, reader: &str, answer: Answer) {
    let reading = Reading {
        reader: reader.into(),
        answer,
        reason: "so it seems".into(),
        on: DAY,
    };
    // As somebody else may have answered since the doubt was read.
    let doubt = only(night, doubt).await;
    night
        .store
        .answer_doubt(&night.lease, &doubt, &reading)
        .await
        .unwrap();
}

async fn only(night: &Night, of: &DoubtRow) -> DoubtRow {
    let doubts = night.store.doubts().await.unwrap();
    doubts.into_iter().find(|row| row.id() == of.id()).unwrap()
}

async fn decided(night: &Night) -> Vec<DecisionKind> {
    let decisions = night.store.decisions().await.unwrap();
    decisions.iter().map(|decision| decision.decision.kind).collect()
}

async fn answers_become_decisions(home: Home) {
    let refused = Asked::Refused(Tier::T1, Bar::BirthDatesDiffer);
    let night = night(&home, &[doubt(2, 4, -2, refused), doubt(1, 3, 2, Asked::Between)]).await;
    let doubts = night.store.doubts().await.unwrap();
    let [first, second] = doubts.as_slice() else {
        panic!("{doubts:?}")
    };
    assert_eq!(first.doubt, doubt(1, 3, 2, Asked::Between), "the heaviest first");
    assert_eq!(second.doubt.asked, refused);
    assert_eq!(first.since, DAY);
    let sources = first.sources.as_ref().unwrap();
    assert_eq!(
        sources.each_ref().map(|source| source.kind.as_str()),
        ["section23", "school-census"]
    );

    answer(&night, first, "A", Answer::Unsure).await;
    assert_eq!(decided(&night).await, []);
    answer(&night, first, "a ", Answer::Same).await;
    assert_eq!(decided(&night).await, [DecisionKind::Link]);
    assert_eq!(
        only(&night, first).await.readings.len(),
        1,
        "one person, however written"
    );
    answer(&night, first, "B", Answer::Different).await;
    assert_eq!(decided(&night).await, [], "they differ");
    assert!(only(&night, first).await.is_waiting());
    answer(&night, first, "C", Answer::Different).await;
    assert_eq!(decided(&night).await, [DecisionKind::DoNotLink]);
    answer(&night, second, "B", Answer::Same).await;
    assert_eq!(
        decided(&night).await,
        [DecisionKind::DoNotLink, DecisionKind::Link]
    );
    let agreement = agreement(&night.store.doubts().await.unwrap());
    let of: Vec<(&str, &str, u64, u64)> = agreement
        .iter()
        .map(|of| (of.one.as_str(), of.other.as_str(), of.doubts, of.agreed))
        .collect();
    assert_eq!(of, [("a", "B", 1, 0), ("a", "C", 1, 0), ("B", "C", 1, 1)]);

    let (store, lease) = (&night.store, &night.lease);
    let undo = |doubt: DoubtRow| async move { store.undo_answer(lease, &doubt, "C", "a slip", DAY).await };
    undo(only(&night, first).await).await.unwrap();
    assert_eq!(decided(&night).await, [DecisionKind::Link]);
    assert!(matches!(
        undo(only(&night, first).await).await,
        Err(StoreError::Unknown { .. })
    ));

    // A decision that is removed as any other takes the answers with it.
    let id = store.decisions().await.unwrap()[0].id;
    store
        .remove_decision(lease, id, "a person", "a mistake")
        .await
        .unwrap();
    let second = only(&night, second).await;
    assert!(second.readings.is_empty() && second.is_waiting());
    assert_eq!(only(&night, first).await.readings.len(), 2);
    assert!(store.verify_audit().await.unwrap().faults.is_empty());
}

async fn doubts_stay_as_long_as_somebody_answered(home: Home) {
    let (one, other) = (doubt(1, 3, 2, Asked::Between), doubt(2, 4, 1, Asked::Ambiguous));
    let first = night(&home, &[one.clone(), other.clone()]).await;
    let asked = first.store.doubts().await.unwrap();
    answer(&first, &asked[0], "A", Answer::Different).await;
    first.end().await;

    // Neither is asked any more; then one is again, with another weight.
    let second = Night::begin(&home, date(2026, 3, 2)).await;
    ask(&second, &[]).await;
    let stays = second.store.doubts().await.unwrap();
    assert_eq!(stays.len(), 1);
    assert!(!stays[0].standing && stays[0].decided && stays[0].doubt == one);
    let heavier = doubt(1, 3, 3, Asked::Between);
    ask(&second, &[heavier.clone(), other.clone()]).await;
    let again = second.store.doubts().await.unwrap();
    assert_eq!(again.len(), 2);
    assert_eq!(
        (&again[0].doubt, again[0].since, again[0].readings.len()),
        (&heavier, DAY, 1)
    );
    assert_eq!((&again[1].doubt, again[1].since), (&other, date(2026, 3, 2)));
}

async fn what_is_erased_is_not_asked_about(home: Home) {
    let night = night(
        &home,
        &[doubt(1, 3, 2, Asked::Between), doubt(2, 4, 1, Asked::Between)],
    )
    .await;
    for asked in night.store.doubts().await.unwrap() {
        answer(&night, &asked, "A", Answer::Same).await;
    }
    let what = dataset::ForgetWhat::Child(crate::support::child_id(3));
    let proof = night
        .store
        .forget(&night.lease, &what, "A", "asked for")
        .await
        .unwrap();
    for table in ["vault.doubt", "vault.doubt_reading", "vault.decision"] {
        assert_eq!((proof.before[table], proof.after[table]), (1, 0), "{table}");
    }
    let left = night.store.doubts().await.unwrap();
    assert_eq!(left.len(), 1);
    assert_eq!(left[0].doubt, doubt(2, 4, 1, Asked::Between));
}
