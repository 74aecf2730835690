//! The dirty corpus: each file with a defect brings exactly the findings that are written beside it, and its good
//! neighbours load.

use std::collections::{BTreeMap, BTreeSet};

use sendlink_tests::corpus::{cases, read};

/// What one list has more often than the other.
fn beyond(one: &[String], other: &[String]) -> Vec<String> {
    let mut left = other.to_vec();
    let mut more = Vec::new();
    for line in one {
        match left.iter().position(|candidate| candidate == line) {
            Some(place) => drop(left.remove(place)),
            None => more.push(line.clone()),
        }
    }
    more
}

#[test]
fn every_defect_is_named_where_it_stands_and_costs_what_it_must() {
    let mut wrong = Vec::new();
    for ready in cases() {
        let label = ready
            .delivery
            .files
            .first()
            .map_or("", |file| file.label.as_str());
        let expected: Vec<String> = ready
            .case
            .findings
            .iter()
            .map(|finding| finding.line(label))
            .collect();
        let outcome = read(&ready.delivery, &ready.layout, &ready.provider, ready.case.live);
        let mut differs = Vec::new();
        for line in beyond(&expected, &outcome.findings) {
            differs.push(format!("  missing: {line}"));
        }
        for line in beyond(&outcome.findings, &expected) {
            differs.push(format!("  beyond:  {line}"));
        }
        if ready.case.loads != outcome.loaded {
            differs.push(format!(
                "  loads {:?}\n  and not {:?}",
                outcome.loaded, ready.case.loads
            ));
        }
        if !outcome.refused && !outcome.counts.add_up() {
            differs.push(format!("  rows do not add up: {:?}", outcome.counts));
        }
        if !differs.is_empty() {
            wrong.push(format!(
                "{} ({}):\n{}",
                ready.title,
                ready.case.kind,
                differs.join("\n")
            ));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} cases differ:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

#[test]
fn the_corpus_is_as_wide_as_it_claims() {
    let cases = cases();
    let kinds: BTreeSet<&str> = cases.iter().map(|ready| ready.case.kind.as_str()).collect();
    let mut forms: BTreeMap<&str, usize> = BTreeMap::new();
    for ready in &cases {
        let (form, _) = ready.title.split_once('/').expect("a folder");
        *forms.entry(form).or_default() += 1;
    }
    assert!(cases.len() >= 600, "{} cases", cases.len());
    assert!(kinds.len() >= 150, "{} kinds", kinds.len());
    for (form, cases) in &forms {
        assert!(*cases >= 10, "{form} has {cases} cases");
    }
    println!("{} cases of {} kinds: {forms:?}", cases.len(), kinds.len());
}
