//! Random histories of deliveries against a model that has none of the database's shortcuts: it keeps every
//! version that ever came, and works out at the end what stands.

use std::collections::BTreeMap;

use dataset::{NoticeFact, RecordState, RowState, Scope, VaultRow};
use records::Payload;

use crate::support::{DAY, Home, Night, Sent, encodings, hash, hour, notice, withdrawn};

/// Histories that are tried. Each has its number as seed, so that a failure names its history.
const HISTORIES: u64 = 60;

/// A small generator of our own, so that a seed means the same for ever: Knuth's MMIX constants.
struct Dice(u64);

impl Dice {
    fn below(&mut self, sides: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

fn row(dice: &mut Dice, scope: Option<&str>) -> VaultRow {
    let (number, version) = (dice.below(6) as u8, dice.below(5) as i8);
    let row = match dice.below(5) {
        0 if scope.is_none() => withdrawn(number, version),
        which => notice(number, version, ["ASD", "HI", "VI", "PD", "SLD"][which as usize]),
    };
    VaultRow {
        scope: scope.map(str::to_owned),
        ..row
    }
}

fn history(seed: u64) -> Vec<Sent> {
    let mut dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    for _ in 0..8 {
        dice.below(2);
    }
    let length = 2 + dice.below(7);
    (0..length)
        .map(|place| {
            let scope = ["a", "b"][dice.below(2) as usize];
            let snapshot = dice.below(2) == 0;
            let rows = (0..dice.below(6))
                .map(|_| row(&mut dice, snapshot.then_some(scope)))
                .collect();
            let mut sent = Sent::delta(&format!("{seed} {place}"), rows);
            if snapshot {
                sent.scopes = vec![Scope {
                    scope: scope.into(),
                    version: hour(dice.below(5) as i8),
                }];
            }
            sent
        })
        .collect()
}

/// The place of a version among all of its record: its time; then, of a snapshot, which one it was, else
/// withdrawal before statement and the content; then what decides within one delivery.
type Order = (records::Version, Vec<u8>, records::Version, [u8; 32]);

/// What stands of a record, and what it says.
type Standing = (RecordState, Option<String>);

fn model(history: &[Sent]) -> BTreeMap<u8, Standing> {
    let mut latest: BTreeMap<&str, (records::Version, Vec<u8>)> = BTreeMap::new();
    let mut versions: BTreeMap<u8, Vec<(Order, &VaultRow)>> = BTreeMap::new();
    for sent in history {
        let mut tie = vec![0];
        tie.extend(sent.info.key.delivery_hash);
        for scope in &sent.scopes {
            let order = (scope.version, tie.clone());
            let held = latest.entry(&scope.scope).or_insert_with(|| order.clone());
            *held = held.clone().max(order);
        }
        for row in &sent.rows {
            let (at, tie) = match sent.scopes.first() {
                Some(scope) => (scope.version, tie.clone()),
                None => {
                    let mut tie = vec![u8::from(row.state == RowState::Withdrawn)];
                    tie.extend(row.content_hash);
                    (row.version, tie)
                }
            };
            let order = (at, tie, row.version, row.content_hash);
            versions
                .entry(row.record_id.0[15])
                .or_default()
                .push((order, row));
        }
    }
    versions
        .into_iter()
        .map(|(number, mut versions)| {
            versions.sort_by(|(one, _), (other, _)| one.cmp(other));
            let says = versions.iter().rev().find_map(|(_, row)| match &row.state {
                RowState::Current(payload) => Some(need(payload)),
                RowState::Withdrawn => None,
            });
            let ((at, tie, ..), last) = versions.last().unwrap();
            let behind = last.scope.as_deref().and_then(|scope| latest.get(scope));
            let state = match last.state {
                RowState::Withdrawn => RecordState::Withdrawn,
                _ if behind.is_some_and(|(latest, by)| (at, tie) < (latest, by)) => RecordState::Absent,
                _ => RecordState::Current,
            };
            (number, (state, says))
        })
        .collect()
}

fn need(payload: &Payload) -> String {
    match payload {
        Payload::Section23(notice) => notice.primary_need.clone().unwrap(),
        _ => panic!("the histories are of notices"),
    }
}

fn standing(fact: NoticeFact) -> (u8, Standing) {
    (
        fact.record_id.0[15],
        (fact.state, fact.notice.and_then(|notice| notice.primary_need)),
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn what_stands_is_what_a_plain_model_says() {
    for seed in 0..HISTORIES {
        let history = history(seed);
        let home = Home::sqlite().await;
        let night = Night::begin(&home, DAY).await;
        for (place, sent) in history.iter().enumerate() {
            night.load(sent).await;
            let now: BTreeMap<u8, Standing> = night
                .store
                .facts()
                .await
                .unwrap()
                .notices
                .into_iter()
                .map(standing)
                .collect();
            assert_eq!(
                now,
                model(&history[..=place]),
                "history {seed}, after delivery {place}"
            );
        }
        // What was loaded, loaded once more, changes nothing.
        for sent in history.iter().step_by(2) {
            night.load(sent).await;
        }
        let now: BTreeMap<u8, Standing> = night
            .store
            .facts()
            .await
            .unwrap()
            .notices
            .into_iter()
            .map(standing)
            .collect();
        assert_eq!(now, model(&history), "history {seed}, loaded twice");
        let standing = now
            .values()
            .filter(|(state, _)| *state == RecordState::Current)
            .count();
        assert_eq!(encodings(&night.store).await.len(), standing, "history {seed}");
    }
}

#[test]
fn the_histories_hold_what_matters() {
    let states: Vec<RecordState> = (0..HISTORIES)
        .flat_map(|seed| model(&history(seed)).into_values().map(|(state, _)| state))
        .collect();
    for state in [RecordState::Current, RecordState::Withdrawn, RecordState::Absent] {
        assert!(
            states.iter().filter(|found| **found == state).count() > 20,
            "{state:?} is too rare"
        );
    }
    assert_ne!(hash("1"), hash("2"));
}
