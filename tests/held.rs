//! Deliveries that wait: for a person who releases or rejects them, or for a mapping to be mended.

use std::fs;

use sendlink_tests::{
    Area, Database,
    hand::{
        Child, Notice, Pregnancy, Pupil, Review, Submission, Table, census_feed, community, community_feed,
        maternity, maternity_feed, notices_feed, spring_census,
    },
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
    fs::write(area.file("ours.toml"), wrong).unwrap();
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

    fs::write(area.file("ours.toml"), layout).unwrap();
    // Not even the file need be there any more: what has landed is read again.
    fs::remove_file(area.file("incoming/s23-raj/section23-1.csv")).unwrap();
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

/// A band that lets anything through.
const ANY_VOLUME: &str = "volume_band = { least = 0.0, most = 1000.0 }\n";

/// Every cell of a column of a table says this.
fn all_say(tables: &mut [Table], table: &str, column: &str, text: &str) {
    let table = tables
        .iter_mut()
        .find(|other| other.name == table)
        .expect("the table");
    for row in 0..table.rows.len() {
        table.set(row, column, text);
    }
}

/// What the refresh of a month comes to: it waits, and the month stays as it was.
fn waits(area: &Area, night: &str, records: &str, standing: u64) {
    let night = area.night_as_at(night).expect(3);
    assert!(night.stdout.contains("held"), "{}", night.stdout);
    assert_eq!(area.count(records), standing, "the month before stands");
    let held = area.run(&["held", "--format", "json"]).expect(0).rows();
    assert_eq!(held.len(), 1, "{held:?}");
    let why = held[0]["why"].as_str().unwrap();
    assert!(why.contains(&standing.to_string()), "{why}");
}

#[test]
fn a_month_of_reviews_that_cannot_be_read_replaces_no_month() {
    for (database, band) in [
        (Database::Sqlite, ""),
        (Database::Sqlite, ANY_VOLUME),
        (Database::Postgres, ANY_VOLUME),
    ] {
        let children = Child::several(4);
        let area = Area::bare(database);
        area.configure(&[community_feed("RAT") + band], &children);
        let reviews: Vec<Review<'_>> = children
            .iter()
            .zip(["C-1", "C-2", "C-3", "C-4"])
            .map(|(child, id)| Review {
                id,
                child,
                day: "2024-03-11",
                scores: [60; 5],
            })
            .collect();
        let month = |made| Submission {
            provider: "RAT",
            month: "2024-03-01",
            made,
        };
        area.put_submission(
            "reviews-rat",
            month("2024-04-10"),
            &community(month("2024-04-10"), &reviews),
        );
        area.night_as_at("2024-04-12").expect(0);
        let reviewed = "select count(*) from two_year_review";
        assert_eq!(area.count(reviewed), 4);

        // The refresh: the system that writes it has begun to write days in letters.
        let refresh = month("2024-05-10");
        let mut tables = community(refresh, &reviews);
        all_say(&mut tables, "CYP201CareContact", "Contact_Date", "the eleventh");
        area.put_submission("reviews-rat", refresh, &tables);
        waits(&area, "2024-05-12", reviewed, 4);

        // Mended by its sender, it counts; the one that waits is the person's to reject.
        let mended = month("2024-05-20");
        area.put_submission("reviews-rat", mended, &community(mended, &reviews[..3]));
        area.night_as_at("2024-05-22").expect(0);
        assert_eq!(area.count(reviewed), 3, "{database:?}");
    }
}

#[test]
fn a_month_of_nobody_in_particular_replaces_no_month() {
    let children = Child::several(4);
    let area = Area::bare(Database::Sqlite);
    area.configure(&[community_feed("RAT")], &children);
    let reviews: Vec<Review<'_>> = children
        .iter()
        .zip(["C-1", "C-2", "C-3", "C-4"])
        .map(|(child, id)| Review {
            id,
            child,
            day: "2024-03-11",
            scores: [60; 5],
        })
        .collect();
    let month = |made| Submission {
        provider: "RAT",
        month: "2024-03-01",
        made,
    };
    area.put_submission(
        "reviews-rat",
        month("2024-04-10"),
        &community(month("2024-04-10"), &reviews),
    );
    area.night_as_at("2024-04-12").expect(0);

    // An extract whose identifiers were taken out on the way.
    let mut tables = community(month("2024-05-10"), &reviews);
    for column in ["NHSNumber", "DateOfBirth", "Postcode"] {
        all_say(&mut tables, "CYP001MPI", column, "");
    }
    area.put_submission("reviews-rat", month("2024-05-10"), &tables);
    waits(&area, "2024-05-12", "select count(*) from two_year_review", 4);

    // Three of four children lost is no month either: rows in quarantine count for nothing in the band.
    let rejected = the_only_held(&area);
    area.run(&["held", "reject", &rejected, "--reason", "no identifiers"])
        .expect(0);
    let mut tables = community(month("2024-05-11"), &reviews);
    let patients = tables.iter_mut().find(|table| table.name == "CYP001MPI");
    let patients = patients.expect("the patients");
    for row in 0..3 {
        for column in ["NHSNumber", "DateOfBirth", "Postcode"] {
            patients.set(row, column, "");
        }
    }
    area.put_submission("reviews-rat", month("2024-05-11"), &tables);
    let night = area.night_as_at("2024-05-13").expect(3);
    assert!(night.stdout.contains("held"), "{}", night.stdout);
    assert_eq!(area.count("select count(*) from two_year_review"), 4);
}

/// What names the one delivery that waits.
fn the_only_held(area: &Area) -> String {
    let held = area.run(&["held", "--format", "json"]).expect(0).rows();
    assert_eq!(held.len(), 1, "{held:?}");
    held[0]["delivery"].as_str().unwrap().to_owned()
}

#[test]
fn a_month_of_pregnancies_that_cannot_be_read_replaces_no_month() {
    let children = Child::several(3);
    let mothers: Vec<Child> = (0..3)
        .map(|number| {
            let home = &children[number as usize].postcode;
            Child::new(100 + number, "Mother", "Nobody", "1990-05-06", home)
        })
        .collect();
    let pregnancies: Vec<Pregnancy<'_>> = mothers
        .iter()
        .zip(["P-1", "P-2", "P-3"])
        .map(|(mother, id)| Pregnancy {
            id,
            mother,
            booked: "2024-03-05",
            due: "2024-10-20",
            fetuses: 1,
            discharged: "",
            babies: Vec::new(),
        })
        .collect();
    for band in ["", ANY_VOLUME] {
        let area = Area::bare(Database::Sqlite);
        area.configure(&[maternity_feed("RAJ") + band], &children);
        let month = |made| Submission {
            provider: "RAJ",
            month: "2024-03-01",
            made,
        };
        let first = month("2024-04-10");
        area.put_submission("pregnancy-raj", first, &maternity(first, &pregnancies));
        area.night_as_at("2024-04-12").expect(0);
        let notified = "select count(*) from pregnancy_notification";
        assert_eq!(area.count(notified), 3);

        let refresh = month("2024-05-10");
        let mut tables = maternity(refresh, &pregnancies);
        for table in ["MSD101PregnancyBooking", "MSD103DatingScan"] {
            all_say(&mut tables, table, "PregnancyID", "");
        }
        area.put_submission("pregnancy-raj", refresh, &tables);
        waits(&area, "2024-05-12", notified, 3);
    }
}

#[test]
fn a_census_that_cannot_be_read_replaces_no_census() {
    // One pupil: so few that the band asks nothing.
    for (count, band) in [(1, ""), (6, ANY_VOLUME)] {
        let children = Child::several(count);
        let area = Area::bare(Database::Sqlite);
        area.configure(&[census_feed() + band], &children);
        let pupils: Vec<Pupil> = children.iter().map(Pupil::of).collect();
        area.put_census(
            "first",
            2026,
            &spring_census(2026, "2026-Jan-22 09:00:00", &pupils),
            "2026-02-01",
        );
        area.night_as_at("2026-02-02").expect(0);
        let at_school = "select count(*) from school_record";
        assert_eq!(area.count(at_school), count as u64);

        let mut tables = spring_census(2026, "2026-Feb-22 09:00:00", &pupils);
        for column in ["upn", "surname", "forename"] {
            all_say(&mut tables, "pupilonroll", column, "");
        }
        area.put_census("second", 2026, &tables, "2026-03-01");
        waits(&area, "2026-03-02", at_school, count as u64);
    }
}

#[test]
fn a_mapping_that_breaks_takes_nothing_away() {
    let children = Child::several(5);
    let area = Area::bare(Database::Sqlite);
    area.configure(&[notices_feed("RAJ", "ours.toml")], &children);
    let layout = area
        .run(&["mapping", "show", "section23/superset"])
        .expect(0)
        .stdout;
    fs::write(area.file("ours.toml"), &layout).unwrap();
    let notices: Vec<Notice> = children
        .iter()
        .zip(1..)
        .map(|(child, number)| Notice::of(child, &format!("N-{number}"), "2024-03-01"))
        .collect();
    area.put_notices("section23-1.csv", &notices, "2026-02-01");
    area.night_as_at("2026-02-02").expect(0);
    assert_eq!(area.count("select count(*) from section23_notice"), 5);

    // What has landed is read again through it, and cannot be.
    let broken = layout.replace(
        "dates = [\"YYYY-MM-DD\", \"RFC3339\"]",
        "dates = [\"DD/MM/YYYY\"]",
    );
    fs::write(area.file("ours.toml"), broken).unwrap();
    waits(&area, "2026-02-03", "select count(*) from section23_notice", 5);
}
