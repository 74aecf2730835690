//! What is forgotten is gone from every table, and does not come back; everybody else stays.

use std::fs;

use sendlink_tests::{
    Area, Database,
    hand::{Child, Notice, Pupil, nhs_number, spring_census},
};

/// An area of three children in notices and a census, with one night done.
fn area_to_forget_in(database: Database) -> (Area, Vec<Child>) {
    let children = Child::several(3);
    let area = Area::by_hand(database, &children);
    let notices: Vec<Notice> = children
        .iter()
        .zip(1..)
        .map(|(child, number)| Notice::of(child, &format!("N-{number}"), "2024-03-01"))
        .collect();
    area.put_notices("section23-1.csv", &notices, "2026-02-01");
    let pupils: Vec<Pupil> = children.iter().map(Pupil::of).collect();
    area.put_census(
        "first",
        2026,
        &spring_census(2026, "2026-Jan-22 09:00:00", &pupils),
        "2026-02-01",
    );
    area.night_as_at("2026-02-02").expect(0);
    assert_eq!(area.count("select count(*) from link"), 6);
    assert_eq!(area.count("select count(*) from child"), 3);
    (area, children)
}

/// Changes every feed's contract, so that each landed delivery is read anew.
fn read_again(area: &Area) {
    area.edit_configuration(|text| {
        text.replace(
            "basis = \"duty\"",
            "basis = \"duty\"\ncontract = { bad_value = \"blank-value\", unknown_code = \"accept\" }",
        )
    });
}

#[test]
fn a_forgotten_child_is_gone_and_does_not_come_back() {
    for database in Database::BOTH {
        let (area, children) = area_to_forget_in(database);
        let forgotten = &children[0];
        let others = "select record_id, child_id, tier from link order by record_id";
        let before = area.joint(others);
        // Without a reason, or for somebody unknown, nothing happens.
        let by_number = ["forget", "child", "-", "--reason", "erasure request"];
        area.run_with_input(&by_number[..3], &forgotten.nhs_number)
            .expect(64);
        area.run_with_input(&by_number, &nhs_number(99)).expect(64);
        let erased = area.run_with_input(&by_number, &forgotten.nhs_number).expect(0);
        assert!(erased.stdout.contains("Erased 2 records"), "{}", erased.stdout);

        area.night_as_at("2026-02-03").expect(0);
        let after = area.joint(others);
        assert_eq!(after.len(), 4, "{database:?}");
        assert!(
            after.iter().all(|row| before.contains(row)),
            "the others are as they were"
        );
        let gone: Vec<&Vec<String>> = before.iter().filter(|row| !after.contains(row)).collect();
        assert_eq!(gone.len(), 2);
        for (table, column) in [
            ("record", "record_id"),
            ("link", "record_id"),
            ("link", "child_id"),
            ("child", "child_id"),
        ] {
            let hex = match database {
                Database::Sqlite => format!("lower(hex({column}))"),
                Database::Postgres => format!("encode({column}, 'hex')"),
            };
            let left = area.vault(&format!("select {hex} from {table}"));
            for row in &gone {
                assert!(
                    !left.contains(&vec![row[0].clone()]) && !left.contains(&vec![row[1].clone()]),
                    "{database:?}: {table}"
                );
            }
        }
        let said = area.vault(
            "select count(*) from content
              where id not in (select content from record)
                and id not in (select encoded from record where encoded is not null)",
        );
        assert_eq!(said, [["0"]], "{database:?}: nothing is left of what it said");
        let kept = area.vault(
            "select count(*) from record r where not exists (select 1 from content c where c.id = r.content)",
        );
        assert_eq!(kept, [["0"]], "{database:?}: the others keep what they said");

        // The files still name the child; so does a copy with a later time, and a census made anew.
        area.put_notices(
            "section23-2.csv",
            &[Notice::of(forgotten, "N-1", "2024-03-01").again("UPDATE", "2026-02-03T09:00:00Z")],
            "2026-02-03",
        );
        area.night_as_at("2026-02-04").expect(0);
        assert_eq!(area.joint(others), after, "{database:?}: it came back");
        // Nor when all that has landed is read again, under another contract.
        read_again(&area);
        area.night_as_at("2026-02-05").expect(0);
        assert_eq!(area.joint(others), after, "{database:?}: it came back");
        assert!(
            area.tallies("where in_force = 1")
                .iter()
                .any(|delivery| delivery["notices"]["out_of_scope"] == 1)
        );
        area.run(&["verify"]).expect(0);
    }
}

#[test]
fn a_child_can_be_forgotten_by_its_id() {
    let (area, _) = area_to_forget_in(Database::Sqlite);
    let child = area.joint("select child_id from child order by child_id limit 1")[0][0].clone();
    area.run(&["forget", "child", &child, "--reason", "objection"])
        .expect(0);
    area.run(&["forget", "child", &child, "--reason", "objection"])
        .expect(64);
    area.night_as_at("2026-02-03").expect(0);
    assert_eq!(area.count("select count(*) from child"), 2);
    assert_eq!(
        area.count(&format!("select count(*) from child where child_id = '{child}'")),
        0
    );
}

#[test]
fn a_forgotten_feed_is_gone_and_the_other_stays() {
    for database in Database::BOTH {
        let (area, _) = area_to_forget_in(database);
        area.run(&["forget", "feed", "s23-raj", "--reason", "end of the agreement"])
            .expect(0);
        area.night_as_at("2026-02-03").expect(0);
        assert_eq!(
            area.count("select count(*) from section23_notice"),
            0,
            "{database:?}: the file still lies there, and is not read again"
        );
        assert_eq!(area.count("select count(*) from school_record"), 3);
        assert_eq!(area.count("select count(*) from child"), 3);
        let landed = fs::read_dir(area.file("landing/s23-raj")).map_or(0, |entries| {
            entries
                .flatten()
                .filter(|entry| !entry.file_name().to_string_lossy().starts_with('.'))
                .count()
        });
        assert_eq!(landed, 0, "nothing of the feed stays landed");
        read_again(&area);
        area.night_as_at("2026-02-04").expect(0);
        assert_eq!(
            area.count("select count(*) from section23_notice"),
            0,
            "{database:?}: it came back"
        );
    }
}
