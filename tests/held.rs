//! Deliveries that wait: for a person who releases or rejects them, or for a mapping to be mended.

use sendlink_tests::{
    Area, Database,
    hand::{Child, Notice, Pupil, notices_feed, spring_census},
};

/// An area with a census of ten pupils loaded and one of three arrived.
fn area_with_a_shrunken_census(database: Database) -> Area {
    let children = Child::several(10);
    let area = Area::by_hand(database, &children);
    let pupils: Vec<Pupil> = children.iter().map(Pupil::of).collect();
    area.put_census(
        "first",
        2026,
        &spring_census(2026, "2026-Jan-22 09:00:00", &pupils),
        "2026-02-01",
    );
    area.night_as_at("2026-02-02").expect(0);
    assert_eq!(area.count("select count(*) from school_record"), 10);
    area.put_census(
        "second",
        2026,
        &spring_census(2026, "2026-Feb-22 09:00:00", &pupils[..3]),
        "2026-03-01",
    );
    let night = area.night_as_at("2026-03-02").expect(3);
    assert!(night.stdout.contains("held"), "{}", night.stdout);
    assert_eq!(
        area.count("select count(*) from school_record"),
        10,
        "yesterday's census stands"
    );
    area
}

fn the_held_delivery(area: &Area) -> String {
    let held = area.run(&["held", "--format", "json"]).expect(0).rows();
    assert_eq!(held.len(), 1, "{held:?}");
    let why = held[0]["why"].as_str().unwrap();
    assert!(why.contains('3') && why.contains("10"), "{why}");
    held[0]["delivery"].as_str().unwrap().to_owned()
}

#[test]
fn an_implausibly_small_census_waits_for_a_person_who_releases_it() {
    for database in Database::BOTH {
        let area = area_with_a_shrunken_census(database);
        let delivery = the_held_delivery(&area);
        area.run(&["held", "release", &delivery]).expect(64);
        area.run(&["held", "release", &delivery, "--reason", "six schools closed"])
            .expect(0);
        area.night_as_at("2026-03-02").expect(0);
        assert_eq!(
            area.count("select count(*) from school_record"),
            3,
            "{database:?}"
        );
        assert!(
            area.run(&["held", "--format", "json"])
                .expect(0)
                .rows()
                .is_empty()
        );
        area.tallies("");
    }
}

#[test]
fn an_implausibly_small_census_waits_for_a_person_who_rejects_it() {
    let area = area_with_a_shrunken_census(Database::Sqlite);
    let delivery = the_held_delivery(&area);
    area.run(&["held", "reject", "nonsense", "--reason", "none"])
        .expect(64);
    area.run(&["held", "reject", &delivery, "--reason", "half a file"])
        .expect(0);
    area.night_as_at("2026-03-02").expect(0);
    assert_eq!(area.count("select count(*) from school_record"), 10);
    assert!(
        area.run(&["held", "--format", "json"])
            .expect(0)
            .rows()
            .is_empty()
    );
}

#[test]
fn a_mended_mapping_frees_quarantine() {
    let children = Child::several(5);
    let area = Area::bare(Database::Sqlite);
    area.configure(&[notices_feed("RAJ", "ours.toml")], &children);
    let layout = area
        .run(&["mapping", "show", "section23/superset"])
        .expect(0)
        .stdout;
    // The sender writes days as YYYY-MM-DD; the first draft of the mapping says otherwise.
    let wrong = layout.replace(
        "dates = [\"YYYY-MM-DD\", \"RFC3339\"]",
        "dates = [\"DD/MM/YYYY\"]",
    );
    assert_ne!(layout, wrong);
    std::fs::write(area.file("ours.toml"), wrong).unwrap();
    let notices: Vec<Notice> = children
        .iter()
        .zip(1..)
        .map(|(child, number)| Notice::of(child, &format!("N-{number}"), "2024-03-01"))
        .collect();
    area.put_notices("section23-1.csv", &notices, "2026-02-01");
    area.night_as_at("2026-02-02").expect(0);
    assert_eq!(area.count("select count(*) from section23_notice"), 0);
    assert_eq!(area.tallies("")[0]["notices"]["quarantined"], 5);
    let findings = area.run(&["findings", "--format", "json"]).expect(0).rows();
    assert!(!findings.is_empty());

    std::fs::write(area.file("ours.toml"), layout).unwrap();
    // Not even the file need be there any more: what has landed is read again.
    std::fs::remove_file(area.file("incoming/s23-raj/section23-1.csv")).unwrap();
    area.night_as_at("2026-02-03").expect(0);
    assert_eq!(area.count("select count(*) from section23_notice"), 5);
    let counts = area.tallies("where in_force = 1");
    assert_eq!(counts.len(), 1);
    assert_eq!(counts[0]["notices"]["loaded"], 5);
    let findings = area.run(&["findings", "--format", "json"]).expect(0).rows();
    assert!(
        findings
            .iter()
            .all(|finding| finding["effect"] != "quarantined-row"),
        "{findings:?}"
    );
}
