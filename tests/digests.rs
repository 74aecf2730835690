//! A provider that sends the digests of OpenPseudonymiser in the place of NHS numbers and names: its notices meet the
//! children whom others name, if the salt is theirs, and the run says so if it is not.

use std::{fs, os::unix::fs::PermissionsExt};

use sendlink_tests::{
    Area, Database, Ended,
    hand::{
        Child, Notice, Pupil, Review, Submission, census_feed, community, community_feed, digest,
        digests_feed, nhs_number, notice_by_digest, notices_csv, notices_feed, spring_census,
    },
};

const SALT: &str = "mackerel";

const REVIEWED: Submission = Submission {
    provider: "RAT",
    month: "2024-03-01",
    made: "2024-04-20",
};

/// Five children: the first three with a review under their NHS numbers and at school, the fourth at school alone, the
/// fifth unknown to all but the provider of digests, which has sent a notice of each, and two that say nothing.
fn area(database: Database, digest_of: impl Fn(&Child) -> String) -> (Area, Vec<Child>) {
    let children = Child::several(5);
    let area = Area::bare(database);
    area.configure(
        &[
            notices_feed("RAJ", "section23/superset"),
            digests_feed(),
            census_feed(),
            community_feed("RAT"),
        ],
        &children,
    );
    area.put_digests_layout();
    let mut notices: Vec<Notice> = children
        .iter()
        .enumerate()
        .map(|(number, child)| notice_by_digest(child, &format!("P-{number}"), &digest_of(child)))
        .collect();
    // The digest of a blank number, and what is none.
    notices.push(notice_by_digest(&children[3], "P-blank", &digest("", SALT)));
    notices.push(notice_by_digest(
        &children[3],
        "P-cut",
        &digest_of(&children[3])[..60],
    ));
    area.put(
        "incoming/s23-rxp/section23-1.csv",
        notices_csv(&notices),
        "2026-02-01",
    );
    area.put_notices(
        "section23-1.csv",
        &[Notice::of(&children[0], "N-0", "2024-03-01")],
        "2026-02-01",
    );
    let reviews: Vec<Review> = ["CC0", "CC1", "CC2"]
        .into_iter()
        .zip(&children)
        .map(|(id, child)| Review {
            id,
            child,
            day: "2024-03-05",
            scores: [60, 55, 50, 45, 40],
        })
        .collect();
    area.put_submission("reviews-rat", REVIEWED, &community(REVIEWED, &reviews));
    let pupils: Vec<Pupil> = children[..4].iter().map(Pupil::of).collect();
    area.put_census(
        "first",
        2026,
        &spring_census(2026, "2026-Jan-22 09:00:00", &pupils),
        "2026-02-01",
    );
    (area, children)
}

const NUMBER: &str = "\"nhs-number\"";
const WITH_BIRTH_DATE: &str = "{ nhs-number-and-birth-date = { nhs_number = \"NHSNumber\", birth_date = \"DOB\", form = \
                               \"dd.mm.yyyy\" } }";

/// Tiers of the provider's notices, in order.
fn tiers(area: &Area) -> Vec<String> {
    let rows = area.joint("select tier from link where feed = 's23-rxp' order by tier");
    rows.concat()
}

/// Children who hold a notice of the provider and a school record.
fn at_school(area: &Area) -> u64 {
    area.count(
        "select count(distinct one.child_id) from link one join link other on one.child_id = other.child_id \
         where one.feed = 's23-rxp' and other.kind = 'school-census'",
    )
}

fn feed_is_told(ended: &Ended) -> bool {
    ended
        .stdout
        .lines()
        .any(|line| line.starts_with("s23-rxp") && line.contains("none of the digests of NHS numbers"))
}

#[test]
fn notices_by_digest_meet_the_children_at_school() {
    for database in Database::BOTH {
        let (area, children) = area(database, |child| digest(&child.nhs_number, SALT));
        area.salt(SALT, NUMBER);
        let checked = area.run(&["check"]).expect(0);
        assert!(
            checked.stdout.contains("made of the NHS number alone")
                && checked.stdout.contains("protects no NHS number"),
            "{}",
            checked.stdout
        );
        let night = area.night_as_at("2026-02-02").expect(0);
        assert!(!feed_is_told(&night), "{}", night.stdout);
        assert_eq!(at_school(&area), 3, "{database:?}");
        // Kept out: the notice whose digest is cut, of whom nothing is left; and nothing tells the blank one's child.
        assert_eq!(tiers(&area)[..4], ["T0", "T0", "T0", "T1d"], "{database:?}");

        // The officer sees what rests on digests.
        let rates = area.run(&["match-rates"]).expect(0).stdout;
        assert!(rates.contains("By digest (T1d)"), "{rates}");
        assert!(night.stdout.contains("By digest (T1d)"), "{}", night.stdout);
        let record = area.joint("select record_id from link where feed = 's23-rxp' and tier = 'T1d' limit 1");
        let explained = area.run(&["explain", &record.concat().concat()]).expect(0).stdout;
        assert!(
            explained.contains("T1d: digest of the NHS number")
                && explained.contains("a digest, without the number"),
            "{explained}"
        );
        // What is no digest is a finding that says where, and never what.
        let findings = area
            .run(&["findings", "--feed", "s23-rxp", "--format", "json"])
            .expect(0);
        let found = findings.rows();
        let bad: Vec<_> = found.iter().filter(|row| row["rule"] == "F055").collect();
        assert_eq!(bad.len(), 1, "{found:?}");
        assert!(
            !findings
                .stdout
                .contains(&digest(&children[3].nhs_number, SALT)[..60])
        );

        // Another night changes nothing.
        let version = area.version();
        area.night_as_at("2026-02-02").expect(0);
        assert_eq!(area.version(), version, "{database:?}");
        area.run(&["verify"]).expect(0);
    }
}

#[test]
fn a_wrong_salt_matches_nobody_and_the_night_says_so_until_it_is_mended() {
    for database in Database::BOTH {
        let (area, _) = area(database, |child| digest(&child.nhs_number, SALT));
        area.salt("herring", NUMBER);
        let night = area.night_as_at("2026-02-02").expect(3);
        assert!(feed_is_told(&night), "{}", night.stdout);
        assert!(!night.stdout.contains("herring") && !night.stderr.contains("herring"));
        assert_eq!(at_school(&area), 0, "{database:?}");
        assert!(!tiers(&area).contains(&"T1d".to_owned()), "{database:?}");

        // What has landed is read again with the salt that is right.
        area.salt(SALT, NUMBER);
        let night = area.night_as_at("2026-02-03").expect(0);
        assert!(!feed_is_told(&night), "{}", night.stdout);
        assert_eq!(at_school(&area), 3, "{database:?}");
    }
}

#[test]
fn the_birth_date_and_its_form_are_part_of_the_digest() {
    let written = |child: &Child| {
        let parts: Vec<&str> = child.birth_date.split('-').collect();
        let values = format!("{}.{}.{}{}", parts[2], parts[1], parts[0], child.nhs_number);
        digest(&values, SALT)
    };
    let (area, _) = area(Database::Sqlite, written);
    area.salt(SALT, &WITH_BIRTH_DATE.replace("dd.mm.yyyy", "yyyymmdd"));
    area.night_as_at("2026-02-02").expect(3);
    assert_eq!(at_school(&area), 0);
    area.salt(SALT, WITH_BIRTH_DATE);
    area.night_as_at("2026-02-03").expect(0);
    assert_eq!(at_school(&area), 3);
}

#[test]
fn without_a_salt_digests_join_digests() {
    let (area, children) = area(Database::Sqlite, |child| digest(&child.nhs_number, SALT));
    let checked = area.run(&["check"]).expect(0);
    assert!(
        checked.stdout.contains("without [open_pseudonymiser]"),
        "{}",
        checked.stdout
    );
    let again = notice_by_digest(
        &children[1],
        "P-again",
        &digest(&nhs_number(1), SALT).to_lowercase(),
    );
    area.put(
        "incoming/s23-rxp/section23-2.csv",
        notices_csv(&[again.with("opinion_date", "2024-06-01")]),
        "2026-02-01",
    );
    let night = area.night_as_at("2026-02-02").expect(0);
    assert!(!feed_is_told(&night));
    assert_eq!(at_school(&area), 0);
    let children: u64 = area.count("select count(distinct child_id) from link where feed = 's23-rxp'");
    assert_eq!(children, 6, "the second notice is of a child who is known");
}

#[test]
fn what_is_wrong_with_the_salt_is_said_before_anything_is_read() {
    let (area, _) = area(Database::Sqlite, |child| digest(&child.nhs_number, SALT));
    area.salt(SALT, NUMBER);
    fs::set_permissions(area.file("secrets/salt"), fs::Permissions::from_mode(0o644)).unwrap();
    for arguments in [&["check"][..], &["run", "--as-at", "2026-02-02"]] {
        let ended = area.run(arguments).expect(77);
        let said = format!("{}{}", ended.stdout, ended.stderr);
        assert!(said.contains("chmod 600") && !said.contains(SALT), "{said}");
    }
    area.salt(
        SALT,
        &WITH_BIRTH_DATE
            .replace("\"DOB\"", "\"dob\"")
            .replace("NHSNumber", "nhs"),
    );
    area.run(&["check"]).expect(0);
    area.salt(SALT, &WITH_BIRTH_DATE.replace("NHSNumber", "nhs"));
    let ended = area.run(&["check"]).expect(78);
    assert!(
        ended.stderr.contains("sort these two names differently"),
        "{}",
        ended.stderr
    );
    area.salt(SALT, &WITH_BIRTH_DATE.replace("dd.mm.yyyy", "mm/dd/yyyy"));
    let ended = area.run(&["check"]).expect(78);
    assert!(ended.stderr.contains("not one of yyyymmdd"), "{}", ended.stderr);
}
