use std::{collections::BTreeMap, fs, path::Path};

use super::*;

fn made(noise: Noise, seed: u64, a_side: usize) -> (tempfile::TempDir, ListSummary) {
    let folder = tempfile::tempdir().unwrap();
    let settings = ListSettings {
        a_side,
        seed,
        noise,
        out: folder.path().to_owned(),
    };
    let summary = write_lists(&settings).unwrap();
    (folder, summary)
}

fn rows(folder: &Path, name: &str) -> Vec<Vec<String>> {
    csv::Reader::from_path(folder.join(name))
        .unwrap()
        .records()
        .map(|row| row.unwrap().iter().map(str::to_owned).collect())
        .collect()
}

#[test]
fn four_in_five_are_on_both_lists() {
    let (folder, summary) = made(Noise::Usual, 1, 10_000);
    assert_eq!(summary.rows, [10_000, 10_000]);
    assert_eq!(summary.pairs, 8_000);
    assert_eq!(rows(folder.path(), "truth.csv").len(), 8_000);
    let twins = summary.twins as f64 / 12_000.0;
    assert!((0.02..0.04).contains(&twins), "{twins}");
}

#[test]
fn the_truth_names_rows_that_agree_where_nothing_was_done() {
    let (folder, _) = made(Noise::Usual, 2, 2_000);
    let by_id = |name: &str| -> BTreeMap<String, Vec<String>> {
        rows(folder.path(), name)
            .into_iter()
            .map(|row| (row[0].clone(), row))
            .collect()
    };
    let (left, right) = (by_id("left.csv"), by_id("right.csv"));
    let mut untouched = 0;
    for pair in rows(folder.path(), "truth.csv") {
        let (left, right) = (&left[&pair[0]], &right[&pair[1]]);
        let kinds: Vec<&str> = pair[2].split('+').collect();
        if kinds == ["none"] {
            untouched += 1;
            assert_eq!(left[3], right[3]);
            assert_eq!(left[4], right[4]);
            assert_eq!(left[5].replace(' ', ""), right[5].replace(' ', ""));
        }
        assert_eq!(
            kinds.contains(&"blank-birth-date"),
            left[3].is_empty() || right[3].is_empty()
        );
    }
    assert!(untouched > 600, "{untouched}");
}

#[test]
fn as_many_move_and_change_names_as_is_said() {
    for (noise, share) in [(Noise::Light, 0.15), (Noise::Usual, 0.25), (Noise::Heavy, 0.40)] {
        let (folder, _) = made(noise, 3, 20_000);
        let truth = rows(folder.path(), "truth.csv");
        let of = |kinds: &[&str]| {
            let with = truth
                .iter()
                .filter(|pair| pair[2].split('+').any(|kind| kinds.contains(&kind)))
                .count();
            with as f64 / truth.len() as f64
        };
        let moved = of(&["moved"]);
        assert!((moved - share).abs() < 0.025, "{moved} of {share}");
        let names = of(&[
            "nickname",
            "spelling",
            "middle-name",
            "typo",
            "double-barrel",
            "surname-change",
        ]);
        assert!((names - share).abs() < 0.025, "{names} of {share}");
        let both = truth
            .iter()
            .filter(|pair| pair[2].contains("moved") && pair[2].contains("surname-change"))
            .count();
        assert!(both > 100, "{both}");
    }
}

#[test]
fn the_same_settings_make_the_same_bytes_and_another_seed_does_not() {
    let (one, _) = made(Noise::Usual, 4, 500);
    let (again, _) = made(Noise::Usual, 4, 500);
    let (other, _) = made(Noise::Usual, 5, 500);
    for name in ["left.csv", "right.csv", "truth.csv", "relatives.csv", "link.toml"] {
        let read = |folder: &tempfile::TempDir| fs::read(folder.path().join(name)).unwrap();
        assert_eq!(read(&one), read(&again), "{name}");
        if name != "link.toml" {
            assert_ne!(read(&one), read(&other), "{name}");
        }
    }
}

#[test]
fn relatives_are_never_the_same() {
    let (folder, _) = made(Noise::Usual, 6, 5_000);
    let truth: std::collections::BTreeSet<(String, String)> = rows(folder.path(), "truth.csv")
        .into_iter()
        .map(|pair| (pair[0].clone(), pair[1].clone()))
        .collect();
    let relatives = rows(folder.path(), "relatives.csv");
    assert!(relatives.iter().any(|pair| pair[2] == "twin"));
    assert!(relatives.iter().any(|pair| pair[2] == "sibling"));
    for pair in relatives {
        assert!(!truth.contains(&(pair[0].clone(), pair[1].clone())));
    }
}
