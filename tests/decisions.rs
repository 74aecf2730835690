//! What people decide of linkage is obeyed from the next night on.

use sendlink_tests::{
    Area, Database,
    hand::{Child, Notice, Pupil, nhs_number, spring_census, upn},
};

#[test]
fn a_listed_pair_is_kept_apart_until_the_decision_is_removed() {
    for database in Database::BOTH {
        let children = Child::several(3);
        let area = Area::by_hand(database, &children);
        // A child adopted between notice and school, with the same names and home: only the list keeps them apart.
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
        area.night_as_at("2026-02-02").expect(0);
        let joined = "select count(distinct child_id) from link";
        assert_eq!(
            area.count(joined),
            2,
            "{database:?}: nothing else keeps them apart"
        );

        let list = format!(
            "decision,left_type,left,right_type,right,reason\n\
             do-not-link,nhs-number,{},upn,{},adoption\n",
            before.nhs_number, after.upn
        );
        area.run_with_input(&["decisions", "add", "-", "--author", "A. Officer"], &list)
            .expect(0);
        // A line that is wrong adds nothing, and the message does not repeat it.
        let number = &before.nhs_number;
        let wrong = format!(
            "{list}do-not-link,nhs-number,{number}9,upn,{},adoption\n",
            after.upn
        );
        let refused = area
            .run_with_input(&["decisions", "add", "-", "--author", "A. Officer"], &wrong)
            .expect(65);
        assert!(refused.stderr.contains("line 3"), "{}", refused.stderr);
        assert!(
            !refused.stderr.contains(&number[..9]),
            "the message repeats the number"
        );

        area.night_as_at("2026-02-03").expect(0);
        assert_eq!(area.count(joined), 3, "{database:?}: the list is obeyed");
        let decisions = area.run(&["decisions", "--format", "json"]).expect(0).rows();
        assert_eq!(decisions.len(), 1, "{decisions:?}");
        let id = decisions[0]["id"].to_string();
        area.run(&["decisions", "remove", &id, "--reason", "listed in error"])
            .expect(0);
        area.night_as_at("2026-02-04").expect(0);
        assert_eq!(area.count(joined), 2, "{database:?}: joined again");
        area.run(&["verify"]).expect(0);
    }
}
