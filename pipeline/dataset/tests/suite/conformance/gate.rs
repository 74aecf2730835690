//! What opt-outs keep back.

use std::collections::{BTreeMap, BTreeSet};

use dataset::{GateRule, GatedRecords, ListState, NewOptOutList, StoreError, VaultRow};
use jiff::civil::{Date, date};
use linkage::Token;

use crate::support::{DAY, Home, Night, Sent, notice, on_both, pupil};

on_both! {
    what_no_list_covers_is_withheld_from_the_moment_it_is_loaded,
    a_record_passes_where_all_its_patients_came_back,
    lists_are_answered_once_and_in_order,
}

fn rule(gated: bool) -> GateRule {
    let feeds = BTreeMap::from([("s23".to_owned(), "RAJ".to_owned())]);
    GateRule {
        free: match gated {
            true => BTreeSet::new(),
            false => feeds.keys().cloned().collect(),
        },
        gated: if gated { feeds } else { BTreeMap::new() },
        max_age_days: 21,
        publish_without_number: false,
    }
}

fn token(number: u8) -> Token {
    Token([number; 16])
}

fn of(number: u8, patients: &[u8]) -> VaultRow {
    VaultRow {
        patients: Some(patients.iter().map(|patient| token(*patient)).collect()),
        ..notice(number, 1, "ASD")
    }
}

async fn ask(night: &Night, asked_on: Date, patients: &[u8]) -> i64 {
    let list = NewOptOutList {
        asked_on,
        sent: patients.len() as u64,
        tokens: patients.iter().map(|patient| token(*patient)).collect(),
    };
    night
        .store
        .ask_opt_outs(&night.lease, &list, |_| None)
        .await
        .unwrap()
        .id
}

async fn answer(night: &Night, list: i64, patients: &[u8]) -> Result<(), StoreError> {
    let tokens = patients.iter().map(|patient| token(*patient)).collect();
    night
        .store
        .answer_opt_outs(&night.lease, list, DAY, patients.len() as u64, &tokens, "test")
        .await
}

async fn gate(night: &Night, rule: &GateRule) -> GatedRecords {
    let report = night.store.gate(&night.lease, &night.run, rule).await.unwrap();
    report.feeds.get("s23").copied().unwrap_or_default()
}

/// How many notices are published.
async fn notices(night: &Night) -> u64 {
    night.publish().await.changes["section23_notice"].rows
}

async fn what_no_list_covers_is_withheld_from_the_moment_it_is_loaded(home: Home) {
    let night = Night::begin(&home, DAY).await;
    night
        .load(&Sent::delta("1", vec![of(1, &[1]), of(2, &[2])]))
        .await;
    night
        .load(&Sent::snapshot("2", "a", 1, vec![pupil(3, 1, "a", "K")]))
        .await;
    night.link(&[(3, 1)]).await;
    // No gate has run.
    assert_eq!(notices(&night).await, 0);
    assert_eq!(night.store.facts().await.unwrap().notices, []);
    let list = ask(&night, DAY, &[1, 2]).await;
    answer(&night, list, &[1, 2]).await.unwrap();
    assert_eq!(gate(&night, &rule(true)).await.withheld, 0);
    assert_eq!(notices(&night).await, 2);
    // A correction is withheld again until the gate has looked at it, its neighbour not.
    let corrected = VaultRow {
        patients: Some(vec![token(9)]),
        ..notice(1, 2, "HI")
    };
    night.load(&Sent::delta("3", vec![corrected])).await;
    assert_eq!(notices(&night).await, 1);
    assert_eq!(gate(&night, &rule(true)).await.withheld, 1);
    assert_eq!(notices(&night).await, 1);
    // Under another basis it passes.
    assert_eq!(gate(&night, &rule(false)).await, GatedRecords::default());
    assert_eq!(notices(&night).await, 2);
    night.end().await;
}

async fn a_record_passes_where_all_its_patients_came_back(home: Home) {
    let night = Night::begin(&home, DAY).await;
    let before = notice(5, 1, "ASD");
    let rows = vec![of(1, &[1]), of(2, &[1, 2]), of(3, &[]), of(4, &[4]), before];
    night.load(&Sent::delta("1", rows)).await;
    night.link(&[]).await;
    let list = ask(&night, DAY, &[1, 2]).await;
    answer(&night, list, &[1]).await.unwrap();
    let told = GatedRecords {
        records: 5,
        withheld: 4,
        without_number: 1,
        came_before: 1,
    };
    assert_eq!(gate(&night, &rule(true)).await, told);
    assert_eq!(notices(&night).await, 1);
    let lenient = GateRule {
        publish_without_number: true,
        ..rule(true)
    };
    assert_eq!(gate(&night, &lenient).await.withheld, 3);
    assert_eq!(notices(&night).await, 2);
    // Where it is of the same child as one whose number did not come back, it is withheld with it.
    night.link(&[(3, 4)]).await;
    assert_eq!(gate(&night, &lenient).await.withheld, 4);
    assert_eq!(notices(&night).await, 1);
    night.link(&[]).await;
    night.end().await;

    let last = date(2026, 3, 22);
    let night = Night::begin(&home, last).await;
    assert_eq!(gate(&night, &lenient).await.withheld, 3, "21 days are allowed");
    night.end().await;
    let night = Night::begin(&home, last.tomorrow().unwrap()).await;
    assert_eq!(gate(&night, &lenient).await.withheld, 5);
    assert_eq!(notices(&night).await, 0);
    assert_eq!(night.store.opt_out_tokens(list).await.unwrap(), BTreeSet::new());
    let lists = night.store.opt_out_lists().await.unwrap();
    assert_eq!(lists[0].state, ListState::Dropped);
    // A feed that is no longer configured stays where it was.
    let nothing = GateRule {
        gated: BTreeMap::new(),
        ..rule(true)
    };
    assert_eq!(gate(&night, &nothing).await.withheld, 5);
    night.end().await;
}

async fn lists_are_answered_once_and_in_order(home: Home) {
    let night = Night::begin(&home, DAY).await;
    let (first, second) = (ask(&night, DAY, &[1]).await, ask(&night, DAY, &[1, 2, 3]).await);
    assert_eq!((first, second), (1, 2));
    let unknown = |ended: Result<(), StoreError>| matches!(ended, Err(StoreError::Unknown { .. }));
    assert!(unknown(answer(&night, 3, &[1]).await));
    answer(&night, second, &[2, 3]).await.unwrap();
    let kept = night.store.opt_out_tokens(second).await.unwrap();
    assert_eq!(kept, BTreeSet::from([token(2), token(3)]));
    assert!(unknown(answer(&night, second, &[1]).await), "once");
    assert!(
        unknown(answer(&night, first, &[1]).await),
        "a later one is in force"
    );
    assert_eq!(night.store.opt_out_tokens(first).await.unwrap(), BTreeSet::new());
    let states: Vec<ListState> = night
        .store
        .opt_out_lists()
        .await
        .unwrap()
        .into_iter()
        .map(|list| list.state)
        .collect();
    assert_eq!(states, [ListState::Dropped, ListState::Answered]);
    night.end().await;
}
