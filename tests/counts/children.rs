//! Children, born and expected.

use std::collections::{BTreeMap, BTreeSet};

use jiff::ToSpan;
use sendlink_tests::stated::csv_rows;

use crate::{
    demo::{AS_AT, CENSUS, Demo, NOTICES, PREGNANCIES, Place, REVIEWS, Standing},
    pregnancies::pregnancies,
};

/// How children and persons go together.
#[derive(Debug, Default)]
struct Compared {
    persons: u64,
    children: u64,
    /// Children too many, where one person's records are several children.
    missing: u64,
    /// Children too few, where several persons' records are one child.
    wrong: u64,
}

fn compare<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>) -> Compared {
    let (mut persons, mut children) = (BTreeMap::new(), BTreeMap::new());
    for (child, person) in pairs {
        persons.entry(person).or_insert_with(BTreeSet::new).insert(child);
        children.entry(child).or_insert_with(BTreeSet::new).insert(person);
    }
    Compared {
        persons: persons.len() as u64,
        children: children.len() as u64,
        missing: persons.values().map(|children| children.len() as u64 - 1).sum(),
        wrong: children.values().map(|persons| persons.len() as u64 - 1).sum(),
    }
}

pub(crate) fn check_children(demo: &Demo, standing: &[Standing<'_>]) {
    let shown = demo.shown("Children");
    let number = |row: &str| {
        shown
            .number(row, "Count")
            .unwrap_or_else(|| panic!("no row {row}"))
    };
    let persons: BTreeMap<Place, &str> = standing
        .iter()
        .map(|record| (record.place(), record.0["person"].as_str()))
        .collect();
    let of_kind = |kind: &'static str| {
        demo.links
            .iter()
            .filter(move |link| link.number == 0 && (kind.is_empty() || link.kind == kind))
            .map(|link| (link.child.as_str(), persons[&link.place]))
    };
    for (kind, row) in [
        (NOTICES, "with a Section 23 notice"),
        (REVIEWS, "with a 2-2½-year review"),
        (CENSUS, "on a school census"),
    ] {
        let true_persons: BTreeSet<&str> = standing
            .iter()
            .filter(|record| record.is(kind))
            .map(|record| record.0["person"].as_str())
            .collect();
        let compared = compare(of_kind(kind));
        println!("{kind}: {compared:?}");
        assert_eq!(number(row), compared.children, "{row}");
        assert_eq!(compared.persons, true_persons.len() as u64, "{row}: persons");
        assert_eq!(
            number(row) + compared.wrong,
            true_persons.len() as u64 + compared.missing,
            "{row}"
        );
        assert!(compared.wrong * 200 <= compared.persons, "{compared:?}");
        assert!(compared.missing * 50 <= compared.persons, "{compared:?}");
    }

    // Expected: of what the files say of pregnancies that still go on, all but those whose child was found.
    let own = demo.children_with_own_record();
    let mut linked: BTreeMap<&Place, BTreeSet<&str>> = BTreeMap::new();
    for link in demo.links.iter().filter(|link| link.number > 0) {
        linked.entry(&link.place).or_default().insert(&link.child);
    }
    let (mut expected, mut said_born) = (BTreeSet::new(), BTreeSet::new());
    let mut differing = Vec::new();
    for pregnancy in pregnancies(standing) {
        let place = pregnancy.record.place();
        let found = linked.get(&place).cloned().unwrap_or_default();
        let is_late = pregnancy.record.day() + 21.days() < AS_AT;
        let none =
            found.iter().any(|child| own.contains(child)) || pregnancy.has_ended_without_child() || is_late;
        let wanted = if none {
            0
        } else {
            pregnancy.fetuses - pregnancy.not_live
        };
        let without_own: BTreeSet<&str> = found.difference(&own).copied().collect();
        if without_own.len() as u64 != wanted {
            differing.push(format!(
                "{place:?} {:?}: {wanted} wanted, {} there",
                pregnancy.record.0,
                without_own.len()
            ));
        }
        if pregnancy.outcome == "LIVE_BIRTH" {
            said_born.extend(without_own);
        } else {
            expected.extend(without_own);
        }
    }
    assert!(
        differing.is_empty(),
        "{}\n{}",
        differing.len(),
        differing.join("\n")
    );
    expected.retain(|child| !said_born.contains(child));
    assert_eq!(number("of them expected, not born yet"), expected.len() as u64);

    let born = compare(of_kind(""));
    println!("all: {born:?}, {} said to be born", said_born.len());
    assert_eq!(
        number("in the dataset"),
        born.children + expected.len() as u64 + said_born.len() as u64,
        "all"
    );
    let true_persons: BTreeSet<&str> = standing
        .iter()
        .map(|record| record.0["person"].as_str())
        .filter(|person| !person.is_empty())
        .collect();
    assert_eq!(born.persons, true_persons.len() as u64, "persons");
    assert!(born.wrong * 200 <= born.persons, "{born:?}");
    assert!(born.missing * 10 <= born.persons, "{born:?}");

    let kinds = demo.kinds_of_children();
    let with = |kind: &str| kinds.values().filter(|kinds| kinds.contains(kind)).count() as u64;
    assert_eq!(number("told of by a maternity service"), with(PREGNANCIES));
    let joined = kinds.values().filter(|kinds| kinds.len() > 1).count() as u64;
    assert_eq!(number("with records of more than one kind"), joined);
    // Of persons whose records are of several kinds, most are found; nobody else is.
    let mut true_kinds: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for record in standing.iter().filter(|record| !record.0["person"].is_empty()) {
        true_kinds
            .entry(&record.0["person"])
            .or_default()
            .insert(&record.0["kind"]);
    }
    let notified: BTreeSet<(String, String)> = standing
        .iter()
        .filter(|record| record.0["payload"] == "pregnancy")
        .map(|record| (record.0["provider"].clone(), record.0["reference"].clone()))
        .collect();
    let fetuses = csv_rows(&demo.area.file("truth/pregnancies.csv"));
    for row in &fetuses {
        let pregnancy = (row["provider"].clone(), row["reference"].clone());
        if notified.contains(&pregnancy) && true_kinds.contains_key(row["person"].as_str()) {
            true_kinds.entry(&row["person"]).or_default().insert(PREGNANCIES);
        }
    }
    let truly_joined = true_kinds.values().filter(|kinds| kinds.len() > 1).count() as u64;
    println!("{joined} joined of {truly_joined}");
    assert!(joined <= truly_joined, "{joined} of {truly_joined}");
}
