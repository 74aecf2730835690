//! From a pregnancy to the school: one child has one id from the notification on.

use std::collections::{BTreeMap, BTreeSet};

use sendlink_linkage::{
    CarriedOver, ChildId, Decisions, Entry, Fate, KnownChild, Linkage, PregnancyState, Settings, Subject,
    Tier, Yesterday, carry_over, link,
};

use crate::encoder::{Made, Notified, day_number, record_id};

const PREGNANCY: u8 = 0;
const REVIEW: u8 = 3;
const CENSUS: u8 = 2;

/// Nights one after the other over the same vault.
#[derive(Default)]
struct Vault {
    records: BTreeMap<String, Entry>,
    yesterday: Yesterday,
    linkage: Linkage,
    carried: CarriedOver,
}

impl Vault {
    fn record(&mut self, name: &str, kind: u8, made: Made) -> &mut Self {
        self.records.insert(name.to_owned(), made.entry(name, kind, None));
        self
    }

    fn without(&mut self, name: &str) -> &mut Self {
        self.records.remove(name);
        self
    }

    /// Links all records on a day and carries the ids over.
    fn night(&mut self, as_at: &str) -> &mut Self {
        let entries: Vec<Entry> = self.records.values().cloned().collect();
        let settings = Settings {
            as_at_day: day_number(as_at),
            ..Settings::default()
        };
        self.linkage = link(&entries, &Decisions::default(), &settings, &()).expect("a linkage");
        self.carried = carry_over(&mut self.linkage, &self.yesterday, &mint).expect("ids for all");
        let since: BTreeMap<ChildId, i64> = self
            .yesterday
            .children
            .iter()
            .map(|child| (child.child, child.since))
            .collect();
        self.yesterday = Yesterday {
            children: self
                .carried
                .children
                .iter()
                .map(|state| KnownChild {
                    child: state.child,
                    anchor: state.anchor,
                    since: since
                        .get(&state.child)
                        .copied()
                        .unwrap_or(i64::from(settings.as_at_day)),
                    merged_into: match state.fate {
                        Fate::MergedInto(into) => Some(into),
                        _ => None,
                    },
                })
                .collect(),
            members: self
                .carried
                .members
                .iter()
                .map(|member| (member.subject, member.child))
                .collect(),
        };
        self
    }

    /// The children of a record.
    fn children(&self, record: &str) -> Vec<ChildId> {
        let members = self.carried.members.iter();
        members
            .filter(|member| member.subject.record == record_id(record))
            .map(|member| member.child)
            .collect()
    }

    fn child(&self, record: &str) -> ChildId {
        match self.children(record).as_slice() {
            [child] => *child,
            other => panic!("one child of {record}, not {}", other.len()),
        }
    }

    fn tier(&self, record: &str) -> Tier {
        let of = |link: &&sendlink_linkage::Link| link.subject.record == record_id(record);
        self.linkage.links.iter().find(of).expect("a link").tier
    }

    fn state(&self, record: &str) -> PregnancyState {
        let of = |pregnancy: &&sendlink_linkage::Pregnancy| pregnancy.record == record_id(record);
        let pregnancy = self.linkage.pregnancies.iter().find(of).expect("a pregnancy");
        pregnancy.evidence.state
    }

    fn fate(&self, child: ChildId) -> Fate {
        let states = self.carried.children.iter();
        states
            .filter(|state| state.child == child)
            .map(|state| state.fate)
            .next()
            .expect("known")
    }
}

/// The same id for the same subject, and no other.
fn mint(anchor: Subject) -> ChildId {
    let mut id = anchor.record.0;
    id[0] ^= anchor.number.wrapping_mul(0x35);
    ChildId(id)
}

fn notification(due: &str, fetuses: u8) -> Made {
    Made {
        mother: "9990000034".to_owned(),
        event: "2020-09-01".to_owned(),
        pregnancy: Some(Notified {
            due: due.to_owned(),
            fetuses,
            ..Notified::default()
        }),
        ..Made::default()
    }
}

fn birth(number: &str, sex: &str) -> Made {
    Made {
        nhs_number: number.to_owned(),
        mother: "9990000034".to_owned(),
        born: "2021-02-25".to_owned(),
        postcode: "ZX1 2AB".to_owned(),
        sex: sex.to_owned(),
        event: "2021-02-25".to_owned(),
        born_of: "notification".to_owned(),
        ..Made::default()
    }
}

fn review(number: &str, sex: &str) -> Made {
    Made {
        event: "2023-08-20".to_owned(),
        born_of: String::new(),
        mother: String::new(),
        ..birth(number, sex)
    }
}

fn census(forename: &str, sex: &str) -> Made {
    Made {
        forename: forename.to_owned(),
        surname: "Ashcombe".to_owned(),
        born: "2021-02-25".to_owned(),
        postcode: "ZX1 2AB".to_owned(),
        sex: sex.to_owned(),
        event: "2025-10-02".to_owned(),
        ..Made::default()
    }
}

#[test]
fn a_pregnancy_a_birth_a_review_and_a_census_are_one_child_with_one_id() {
    let mut vault = Vault::default();

    // The maternity service notifies the pregnancy: a child is expected.
    vault
        .record("notification", PREGNANCY, notification("2021-03-01", 1))
        .night("2020-09-02");
    let id = vault.child("notification");
    assert_eq!(vault.tier("notification"), Tier::T0);
    assert_eq!(vault.state("notification"), PregnancyState::Expected);

    // The child is born, and bears the id by which it was expected.
    vault
        .record("birth", PREGNANCY, birth("9990000018", "F"))
        .night("2021-03-04");
    assert_eq!((vault.child("notification"), vault.child("birth")), (id, id));
    assert_eq!(
        (vault.tier("notification"), vault.tier("birth")),
        (Tier::T1, Tier::T1)
    );

    // A review at 2½ years, by the child's NHS number.
    vault
        .record("review", REVIEW, review("9990000018", "F"))
        .night("2023-08-21");
    assert_eq!(vault.child("review"), id);
    assert_eq!(vault.tier("review"), Tier::T1);

    // The school census, which knows no NHS number.
    vault
        .record("census", CENSUS, census("Wanda", "F"))
        .night("2025-10-03");
    for record in ["notification", "birth", "review", "census"] {
        assert_eq!(vault.child(record), id, "{record}");
    }
    assert_eq!(vault.tier("census"), Tier::T4);
    assert_eq!(vault.linkage.clusters, 1);
    assert_eq!(vault.fate(id), Fate::Current);
}

#[test]
fn twins_of_one_pregnancy_are_two_children_with_two_ids() {
    let mut vault = Vault::default();
    vault
        .record("notification", PREGNANCY, notification("2021-03-01", 2))
        .night("2020-09-02");
    let ids: BTreeSet<ChildId> = vault.children("notification").into_iter().collect();
    assert_eq!(ids.len(), 2);

    vault
        .record("birth 1", PREGNANCY, birth("9990000018", "F"))
        .record("birth 2", PREGNANCY, birth("9990000026", "F"))
        .night("2021-03-04");
    let (one, other) = (vault.child("birth 1"), vault.child("birth 2"));
    assert_eq!(BTreeSet::from([one, other]), ids);

    vault
        .record("review 1", REVIEW, review("9990000018", "F"))
        .record("review 2", REVIEW, review("9990000026", "F"))
        .night("2023-08-21");
    assert_eq!((vault.child("review 1"), vault.child("review 2")), (one, other));

    // Notices that bear number and name bridge to the census.
    let notice = |number: &str, forename: &str| Made {
        nhs_number: number.to_owned(),
        event: "2024-02-01".to_owned(),
        ..census(forename, "F")
    };
    vault
        .record("notice 1", 1, notice("9990000018", "Wanda"))
        .record("notice 2", 1, notice("9990000026", "Beatrix"))
        .record("census 1", CENSUS, census("Wanda", "F"))
        .record("census 2", CENSUS, census("Beatrix", "F"))
        .night("2025-10-03");
    assert_eq!((vault.child("census 1"), vault.child("census 2")), (one, other));
    assert_eq!(
        vault
            .children("notification")
            .into_iter()
            .collect::<BTreeSet<_>>(),
        ids
    );
    assert_eq!(vault.linkage.clusters, 2);
}

/// Records that come later have ids smaller than those that came before, and must not turn the twins around.
#[test]
fn twins_keep_their_ids_whatever_comes_later() {
    for name in 0..40 {
        let mut vault = Vault::default();
        vault
            .record("notification", PREGNANCY, notification("2021-03-01", 2))
            .night("2020-09-02");
        vault
            .record("birth 1", PREGNANCY, birth("9990000018", "F"))
            .record("birth 2", PREGNANCY, birth("9990000026", "M"))
            .night("2021-03-04");
        let before = (vault.child("birth 1"), vault.child("birth 2"));
        let early = |number: &str, sex: &str| Made {
            event: "2021-02-25".to_owned(),
            ..review(number, sex)
        };
        vault
            .record(&format!("late {name}"), REVIEW, early("9990000018", "F"))
            .record(&format!("later {name}"), REVIEW, early("9990000026", "M"))
            .night("2023-08-21");
        assert_eq!((vault.child("birth 1"), vault.child("birth 2")), before);

        // The first twin's records are withdrawn: the other keeps the id.
        vault
            .without("birth 1")
            .without(&format!("late {name}"))
            .night("2023-08-22");
        assert_eq!(vault.child("birth 2"), before.1);
        assert_eq!(vault.child("notification"), before.1);
        assert_eq!(vault.fate(before.0), Fate::Gone);
        vault
            .record("birth 1", PREGNANCY, birth("9990000018", "F"))
            .night("2023-08-23");
        assert_eq!((vault.child("birth 1"), vault.child("birth 2")), before);
        assert_eq!(vault.fate(before.0), Fate::Back);
    }
}

#[test]
fn the_second_twin_is_heard_of_a_night_later() {
    let mut vault = Vault::default();
    vault
        .record("notification", PREGNANCY, notification("2021-03-01", 2))
        .night("2020-09-02");
    let ids: BTreeSet<ChildId> = vault.children("notification").into_iter().collect();
    vault
        .record("birth 1", PREGNANCY, birth("9990000018", "F"))
        .night("2021-03-04");
    let one = vault.child("birth 1");
    assert_eq!(
        vault.children("notification"),
        [one],
        "a birth ends the expectation of all"
    );
    vault
        .record("birth 2", PREGNANCY, birth("9990000026", "M"))
        .night("2021-03-05");
    assert_eq!(vault.child("birth 1"), one);
    assert_eq!(BTreeSet::from([one, vault.child("birth 2")]), ids);
}

#[test]
fn a_loss_removes_the_child_and_an_unlikely_birth_brings_it_back() {
    let mut vault = Vault::default();
    vault
        .record("notification", PREGNANCY, notification("2021-03-01", 1))
        .night("2020-09-02");
    let id = vault.child("notification");

    let mut lost = notification("2021-03-01", 1);
    if let Some(pregnancy) = &mut lost.pregnancy {
        pregnancy.ended = true;
    }
    vault.record("notification", PREGNANCY, lost).night("2020-11-01");
    assert!(vault.children("notification").is_empty());
    assert_eq!(vault.fate(id), Fate::Gone);
    assert_eq!(vault.linkage.clusters, 0);

    // The loss was another's: the record of a birth says so.
    vault
        .record("birth", PREGNANCY, birth("9990000018", "F"))
        .night("2021-03-04");
    assert_eq!((vault.child("notification"), vault.child("birth")), (id, id));
    assert_eq!(vault.fate(id), Fate::Back);
}

#[test]
fn silence_removes_the_child_and_a_late_record_brings_it_back() {
    let mut vault = Vault::default();
    vault
        .record("notification", PREGNANCY, notification("2021-03-01", 1))
        .night("2021-03-22");
    let id = vault.child("notification");
    vault.night("2021-03-23");
    assert!(vault.children("notification").is_empty());
    assert_eq!(
        (vault.state("notification"), vault.fate(id)),
        (PregnancyState::Silent, Fate::Gone)
    );

    let late = Made {
        mother: "9990000034".to_owned(),
        ..review("9990000018", "F")
    };
    vault.record("review", REVIEW, late).night("2023-08-21");
    assert_eq!((vault.child("notification"), vault.child("review")), (id, id));
    assert_eq!(vault.fate(id), Fate::Back);
}

#[test]
fn a_second_notification_of_the_pregnancy_expects_the_same_child_under_the_same_id() {
    for name in 0..20 {
        let mut vault = Vault::default();
        vault
            .record("notification", PREGNANCY, notification("2021-03-01", 1))
            .night("2020-09-02");
        let id = vault.child("notification");
        let second = format!("second {name}");
        vault
            .record(&second, PREGNANCY, notification("2021-03-10", 1))
            .night("2020-10-02");
        assert_eq!((vault.child("notification"), vault.child(&second)), (id, id));
        // It is born when only the second notification still stands.
        let unnamed = Made {
            born_of: String::new(),
            ..birth("9990000018", "F")
        };
        vault
            .without("notification")
            .record("birth", PREGNANCY, unnamed)
            .night("2021-03-04");
        assert_eq!((vault.child("birth"), vault.child(&second)), (id, id));
    }
}

#[test]
fn a_child_who_is_known_before_its_pregnancy_keeps_its_own_id() {
    let mut vault = Vault::default();
    vault
        .record("birth", PREGNANCY, birth("9990000018", "F"))
        .night("2021-03-04");
    let id = vault.child("birth");
    vault
        .record("notification", PREGNANCY, notification("2021-03-01", 1))
        .night("2021-03-05");
    assert_eq!((vault.child("notification"), vault.child("birth")), (id, id));
}

#[test]
fn a_child_who_was_erased_is_not_expected_again_and_nobody_takes_its_number() {
    let mut vault = Vault::default();
    vault.record("notification", PREGNANCY, notification("2021-03-01", 2));
    let entry = vault.records.get_mut("notification").expect("it is there");
    entry.erased.insert(1);
    vault.night("2020-09-02");
    let numbers = |vault: &Vault| -> Vec<u8> {
        vault
            .linkage
            .links
            .iter()
            .map(|link| link.subject.number)
            .filter(|number| *number > 0)
            .collect()
    };
    assert_eq!(numbers(&vault), [2]);
    vault
        .record("birth 2", PREGNANCY, birth("9990000026", "M"))
        .night("2021-03-04");
    assert_eq!(numbers(&vault), [2]);
}
