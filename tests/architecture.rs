//! Who may import whom. The walls are the privacy promise: below the pseudonym stage nothing can name a child,
//! because nothing there can reach `identity`, directly or through another crate.

use std::{
    collections::{BTreeMap, BTreeSet},
    process::Command,
};

use serde_json::Value;

/// The direct dependencies that each crate may have among ours.
const ALLOWED: &[(&str, &[&str])] = &[
    ("sendlink-identity", &[]),
    ("sendlink-records", &[]),
    ("sendlink-linkage", &[]),
    ("sendlink-kit", &["sendlink-identity", "sendlink-records"]),
    (
        "sendlink-pregnancy",
        &["sendlink-kit", "sendlink-identity", "sendlink-records"],
    ),
    (
        "sendlink-section23",
        &["sendlink-kit", "sendlink-identity", "sendlink-records"],
    ),
    (
        "sendlink-two-year-review",
        &["sendlink-kit", "sendlink-identity", "sendlink-records"],
    ),
    (
        "sendlink-school-census",
        &["sendlink-kit", "sendlink-identity", "sendlink-records"],
    ),
    ("sendlink-transport", &["sendlink-kit"]),
    (
        "sendlink-pseudonym",
        &["sendlink-identity", "sendlink-records", "sendlink-linkage"],
    ),
    ("sendlink-dataset", &["sendlink-records", "sendlink-linkage"]),
    ("sendlink-measures", &["sendlink-dataset", "sendlink-records"]),
    (
        "sendlink-reports",
        &["sendlink-measures", "sendlink-dataset", "sendlink-records"],
    ),
    (
        "sendlink-synth",
        &[
            "sendlink-kit",
            "sendlink-pregnancy",
            "sendlink-section23",
            "sendlink-two-year-review",
            "sendlink-school-census",
            "sendlink-identity",
            "sendlink-records",
        ],
    ),
];

/// Crates that must not reach `identity` by any path.
const BELOW_THE_DOOR: &[&str] = &[
    "sendlink-linkage",
    "sendlink-dataset",
    "sendlink-measures",
    "sendlink-reports",
];

/// Pairs that must not reach each other by any path.
const NEVER: &[(&str, &str)] = &[
    ("sendlink-pregnancy", "sendlink-transport"),
    ("sendlink-pregnancy", "sendlink-dataset"),
    ("sendlink-section23", "sendlink-transport"),
    ("sendlink-section23", "sendlink-dataset"),
    ("sendlink-two-year-review", "sendlink-transport"),
    ("sendlink-two-year-review", "sendlink-dataset"),
    ("sendlink-school-census", "sendlink-transport"),
    ("sendlink-school-census", "sendlink-dataset"),
];

type Graph = BTreeMap<String, BTreeSet<String>>;

/// Our crates and the normal dependencies among them (not those of tests and builds).
fn graph() -> Graph {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version=1", "--no-deps", "--offline"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo runs");
    assert!(
        output.status.success(),
        "cargo metadata: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("cargo writes JSON");
    let mut graph = Graph::new();
    for package in metadata["packages"].as_array().expect("packages") {
        let dependencies = package["dependencies"]
            .as_array()
            .expect("dependencies")
            .iter()
            .filter(|dependency| dependency["kind"].is_null() && dependency["path"].is_string())
            .map(|dependency| dependency["name"].as_str().expect("a name").to_owned())
            .collect();
        graph.insert(package["name"].as_str().expect("a name").to_owned(), dependencies);
    }
    graph
}

fn reach(graph: &Graph, from: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut open = vec![from.to_owned()];
    while let Some(name) = open.pop() {
        for next in graph.get(&name).into_iter().flatten() {
            if found.insert(next.clone()) {
                open.push(next.clone());
            }
        }
    }
    found
}

/// Every breach of the rules in a graph.
fn breaches(graph: &Graph) -> Vec<String> {
    let mut breaches = Vec::new();
    let allowed: BTreeMap<_, BTreeSet<_>> = ALLOWED
        .iter()
        .map(|(name, may)| (*name, may.iter().copied().collect()))
        .collect();
    for (name, dependencies) in graph {
        if name == "sendlink" || name == "sendlink-tests" {
            continue;
        }
        let Some(may) = allowed.get(name.as_str()) else {
            breaches.push(format!("{name} is not in the table of who may import whom"));
            continue;
        };
        for dependency in dependencies {
            if !may.contains(dependency.as_str()) {
                breaches.push(format!("{name} imports {dependency}"));
            }
        }
    }
    for name in BELOW_THE_DOOR {
        if reach(graph, name).contains("sendlink-identity") {
            breaches.push(format!("{name} reaches identity"));
        }
    }
    for (from, to) in NEVER {
        if reach(graph, from).contains(*to) {
            breaches.push(format!("{from} reaches {to}"));
        }
    }
    breaches
}

#[test]
fn every_crate_keeps_to_its_walls() {
    assert_eq!(breaches(&graph()), Vec::<String>::new());
}

#[test]
fn a_breach_would_be_seen() {
    let mut direct = graph();
    direct
        .entry("sendlink-linkage".into())
        .or_default()
        .insert("sendlink-identity".into());
    assert!(
        breaches(&direct)
            .iter()
            .any(|breach| breach.contains("linkage imports sendlink-identity"))
    );
    // Through another crate: dataset reaches linkage, so it now reaches identity too.
    assert!(
        breaches(&direct)
            .iter()
            .any(|breach| breach == "sendlink-dataset reaches identity")
    );
    let mut unknown = graph();
    unknown.insert("sendlink-new".into(), BTreeSet::new());
    assert!(
        breaches(&unknown)
            .iter()
            .any(|breach| breach.contains("not in the table"))
    );
}
