//! What became of child ids, and the brake that waits for a person where too many would change.

use sendlink_tests::{
    Area, Database,
    hand::{Child, Notice, Pupil, nhs_number, spring_census, upn},
};

/// Two children told of by notices and a census, one of them under two sets of numbers.
fn area(database: Database) -> (Area, String) {
    let children = Child::several(2);
    let area = Area::by_hand(database, &children);
    let before = &children[0];
    let after = Child {
        nhs_number: nhs_number(77),
        upn: upn(77),
        ..before.clone()
    };
    area.put_notices(
        "section23-1.csv",
        &[
            Notice::of(before, "N-1", "2024-03-01"),
            Notice::of(&children[1], "N-2", "2024-03-01"),
        ],
        "2026-02-01",
    );
    area.put_census(
        "first",
        2026,
        &spring_census(
            2026,
            "2026-Jan-22 09:00:00",
            &[Pupil::of(&after), Pupil::of(&children[1])],
        ),
        "2026-02-01",
    );
    area.edit_configuration(|text| text.replace("changed_ids_brake = 1.0", "changed_ids_brake = 0.1"));
    let apart = format!(
        "decision,left_type,left,right_type,right,reason\n\
         do-not-link,nhs-number,{},upn,{},adoption\n",
        before.nhs_number, after.upn
    );
    (area, apart)
}

fn changes(area: &Area, arguments: &[&str]) -> Vec<[String; 4]> {
    let arguments = [&["children"], arguments, &["--format", "json"]].concat();
    area.run(&arguments)
        .expect(0)
        .rows()
        .iter()
        .map(|row| {
            ["change", "child_id", "other", "tier"].map(|name| row[name].as_str().unwrap_or("").to_owned())
        })
        .collect()
}

#[test]
fn a_child_who_is_split_and_joined_again_can_be_followed() {
    for database in Database::BOTH {
        let (area, apart) = area(database);
        area.night_as_at("2026-02-02").expect(0);
        assert!(changes(&area, &["changes"]).is_empty());
        assert_eq!(changes(&area, &["changes", "--with-new"]).len(), 2);

        area.run_with_input(&["decisions", "add", "-", "--author", "A. Officer"], &apart)
            .expect(0);
        area.night_as_at("2026-02-03").expect(0);
        let split = changes(&area, &["changes"]);
        let [[change, new, old, tier]] = split.as_slice() else {
            panic!("{database:?}: {split:?}");
        };
        assert_eq!((change.as_str(), tier.as_str()), ("split", "T0"));
        let history = "select child_id || ' ' || now || ' ' || reason || ' ' || as_at from child_id_history";
        assert_eq!(area.joint(history), [[format!("{old} {new} split 2026-02-03")]]);

        // Two of three children would be one: more than a tenth.
        area.run(&["decisions", "remove", "1", "--reason", "listed in error"])
            .expect(0);
        let held = area.night_as_at("2026-02-04").expect(4);
        assert!(held.stdout.contains("1 of 3 child ids"), "{}", held.stdout);
        assert_eq!(
            area.count("select count(*) from child"),
            3,
            "yesterday's dataset stands"
        );
        let waiting = area.run(&["held", "--format", "json"]).expect(0).rows();
        assert_eq!(waiting[0]["delivery"], "dataset");
        area.run(&["held", "reject", "dataset", "--reason", "no"])
            .expect(64);
        area.run(&["held", "release", "dataset", "--reason", "the list was wrong"])
            .expect(0);
        let waiting = area.run(&["held", "--format", "json"]).expect(0).rows();
        assert!(
            waiting[0]["why"].as_str().unwrap().contains("released"),
            "{waiting:?}"
        );
        area.night_as_at("2026-02-05").expect(0);
        assert!(
            area.run(&["held", "--format", "json"])
                .expect(0)
                .rows()
                .is_empty()
        );
        area.run(&["held", "release", "dataset", "--reason", "once more"])
            .expect(64);

        assert_eq!(area.joint(history), [[format!("{new} {old} merged 2026-02-04")]]);
        let of_old = changes(&area, &["history", old]);
        let words: Vec<&str> = of_old.iter().map(|[change, ..]| change.as_str()).collect();
        assert_eq!(words, ["new", "split", "merged"]);
        assert_eq!(changes(&area, &["history", new]), of_old);
        assert_eq!(changes(&area, &["changes", "--since", "2026-02-04"]).len(), 1);
        area.run(&["children", "history", "00"]).expect(64);
        area.run(&["children", "history", &"0".repeat(32)]).expect(64);

        // Nothing changes on a night without news.
        area.night_as_at("2026-02-06").expect(0);
        assert!(changes(&area, &["changes", "--since", "2026-02-06"]).is_empty());
        area.run(&["verify"]).expect(0);
    }
}
