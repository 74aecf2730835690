//! What deliveries do to the dataset, night by night: corrections and withdrawals, snapshots that come back, files that are
//! refused, and what is counted. Every file is written by hand.

use std::collections::BTreeSet;

use sendlink_tests::{
    Area, Database,
    hand::{Child, Notice, Pupil, feed, notices_csv, spring_census},
};
use serde_json::Value;

/// Opinion days and actions of the notices that stand.
fn notices(area: &Area) -> Vec<(String, String)> {
    area.joint("select opinion_date, action from section23_notice order by opinion_date")
        .into_iter()
        .map(|row| (row[0].clone(), row[1].clone()))
        .collect()
}

fn stands(day: &str, action: &str) -> (String, String) {
    (day.to_owned(), action.to_owned())
}

#[test]
fn a_correction_replaces_its_notice_and_a_withdrawal_takes_it_back() {
    for database in Database::BOTH {
        let children = Child::several(2);
        let area = Area::by_hand(database, &children);
        let first = Notice::of(&children[0], "N-1", "2024-03-01");
        area.put_notices(
            "section23-2026-02.csv",
            std::slice::from_ref(&first),
            "2026-02-01",
        );
        area.night_as_at("2026-02-02").expect(0);
        assert_eq!(notices(&area), [stands("2024-03-01", "NEW")], "{database:?}");

        // The sender got the day wrong and replaces the notice by another; a day later it adds to that one.
        let corrected = Notice::of(&children[0], "N-2", "2024-04-02")
            .again("CORRECT", "2026-02-20T09:00:00Z")
            .with("replaces_notification_id", "N-1");
        area.put_notices(
            "section23-2026-03.csv",
            std::slice::from_ref(&corrected),
            "2026-03-01",
        );
        area.night_as_at("2026-03-02").expect(0);
        assert_eq!(notices(&area), [stands("2024-04-02", "CORRECT")]);

        // What was replaced does not come back with an older copy under another name.
        area.put_notices(
            "section23-2026-04.csv",
            &[first.clone(), Notice::of(&children[1], "N-3", "2024-05-03")],
            "2026-04-01",
        );
        area.night_as_at("2026-04-02").expect(0);
        assert_eq!(
            notices(&area),
            [stands("2024-04-02", "CORRECT"), stands("2024-05-03", "NEW")]
        );

        area.put_notices(
            "section23-2026-05.csv",
            &[corrected.again("WITHDRAW", "2026-04-20T09:00:00Z")],
            "2026-05-01",
        );
        area.night_as_at("2026-05-02").expect(0);
        assert_eq!(notices(&area), [stands("2024-05-03", "NEW")]);
        assert_eq!(
            area.count("select count(*) from child"),
            1,
            "a child without a record is gone"
        );
        let counts = area.tallies("");
        assert_eq!(counts.last().unwrap()["notices"]["withdrawn"], 1);
    }
}

#[test]
fn a_withdrawal_may_come_before_what_it_withdraws() {
    for database in Database::BOTH {
        let children = Child::several(2);
        let area = Area::by_hand(database, &children);
        let notice = Notice::of(&children[0], "N-1", "2024-03-01");
        let other = Notice::of(&children[1], "N-2", "2024-03-02");
        let withdrawn = notice.clone().again("WITHDRAW", "2024-03-20T09:00:00Z");
        area.put_notices("section23-1.csv", &[withdrawn, other], "2026-02-01");
        area.night_as_at("2026-02-02").expect(0);
        area.put_notices("section23-2.csv", std::slice::from_ref(&notice), "2026-03-01");
        area.night_as_at("2026-03-02").expect(0);
        assert_eq!(notices(&area), [stands("2024-03-02", "NEW")], "{database:?}");
        assert_eq!(area.tallies("").last().unwrap()["notices"]["superseded"], 1);
        // Sent anew after the withdrawal, it stands again.
        area.put_notices(
            "section23-3.csv",
            &[notice.again("NEW", "2026-03-03T09:00:00Z")],
            "2026-04-01",
        );
        area.night_as_at("2026-04-02").expect(0);
        assert_eq!(notices(&area).len(), 2, "{database:?}");
    }
}

#[test]
fn the_same_snapshot_come_again_restores_what_it_says() {
    for database in Database::BOTH {
        let children = Child::several(6);
        let area = Area::bare(database);
        area.configure(
            &[feed(
                "s23-raj",
                "section23",
                "RAJ",
                "section23/superset",
                "incoming/s23-raj",
                "snapshot",
            )],
            &children,
        );
        // A list that its sender keeps and sends whole, without times of its own.
        let list: Vec<Notice> = children
            .iter()
            .zip(1..)
            .map(|(child, number)| {
                Notice::of(child, &format!("N-{number}"), "2024-03-01")
                    .with("sent_at", "")
                    .with("received_at", "")
            })
            .collect();
        let shorter = &list[..5];
        area.put_notices("section23-1.csv", &list, "2026-02-01");
        area.night_as_at("2026-02-02").expect(0);
        let dump = "select * from section23_notice order by record_id";
        let whole = area.joint(dump);
        assert_eq!(whole.len(), 6);

        area.put_notices("section23-2.csv", shorter, "2026-03-01");
        area.night_as_at("2026-03-02").expect(0);
        assert_eq!(area.joint(dump).len(), 5, "{database:?}: absence from a snapshot");

        area.put_notices("section23-3.csv", &list, "2026-04-01");
        area.night_as_at("2026-04-02").expect(0);
        assert_eq!(area.joint(dump), whole, "{database:?}: A, B, A");

        // All three files still lie there: nothing more happens.
        let version = area.version();
        area.night_as_at("2026-04-02").expect(0);
        assert_eq!(area.version(), version);
        area.tallies("");
    }
}

#[test]
fn a_truncated_file_is_refused_while_its_neighbours_load() {
    for database in Database::BOTH {
        let children = Child::several(6);
        let area = Area::by_hand(database, &children);
        let notice = |index: usize| Notice::of(&children[index], &format!("N-{index}"), "2024-03-01");
        area.put_notices("section23-1.csv", &[notice(0), notice(1)], "2026-02-01");
        let whole = notices_csv(&[notice(2), notice(3)]);
        let cut = &whole[..whole.len() - 40];
        area.put("incoming/s23-raj/section23-2.csv", cut, "2026-02-02");
        area.put_notices("section23-3.csv", &[notice(4), notice(5)], "2026-02-03");
        let night = area.night_as_at("2026-02-04").expect(3);
        assert!(night.stdout.contains("refused"), "{}", night.stdout);
        assert_eq!(
            area.count("select count(*) from section23_notice"),
            4,
            "{database:?}"
        );
        let refused = area.vault("select label from delivery where verdict = 'refused'");
        assert_eq!(refused, [["section23-2.csv"]]);
        let findings = area.run(&["findings", "--format", "json"]).expect(0).rows();
        assert!(
            findings.iter().any(|finding| {
                finding["file"] == "section23-2.csv" && finding["effect"] == "refused-delivery"
            }),
            "{findings:?}"
        );
        // It stays refused, which is no news; the whole file is another delivery.
        area.put("incoming/s23-raj/section23-2-again.csv", whole, "2026-02-05");
        area.night_as_at("2026-02-06").expect(0);
        assert_eq!(area.count("select count(*) from section23_notice"), 6);
    }
}

#[test]
fn counts_add_up_whatever_a_file_holds() {
    for database in Database::BOTH {
        let children = Child::several(6);
        let area = Area::by_hand(database, &children);
        let notice = |index: usize| Notice::of(&children[index], &format!("N-{index}"), "2024-03-01");
        let rows = [
            notice(0),
            notice(0), // twice
            notice(1),
            notice(1).again("UPDATE", "2024-03-05T09:00:00Z"), // the later one counts
            notice(2).with("opinion_date", "yesterday"),       // not a day
            notice(3).with("limb", ""),                        // says too little
            notice(4),
            notice(4).again("WITHDRAW", "2024-03-06T09:00:00Z"),
            notice(5),
        ];
        area.put_notices("section23-1.csv", &rows, "2026-02-01");
        area.night_as_at("2026-02-02").expect(0);
        let pupils: Vec<Pupil> = children.iter().map(Pupil::of).collect();
        let mut tables = spring_census(2026, "2026-Jan-22 09:00:00", &pupils);
        // A pupil of a return that is not there, and a need of a pupil who is not.
        tables[1].set(5, "schoolcensustableid", "another return");
        tables[2].set(4, "pupilonrolltableid", "nobody");
        area.put_census("first", 2026, &tables, "2026-02-01");
        // The same notices again, one of them new: the others are unchanged.
        area.put_notices(
            "section23-2.csv",
            &[notice(0), notice(5), notice(3)],
            "2026-02-03",
        );
        area.night_as_at("2026-02-04").expect(0);

        let counts = area.tallies("where feed = 's23-raj'");
        let of = |tally: &Value, outcome: &str| tally["notices"][outcome].as_u64().unwrap();
        assert_eq!(of(&counts[0], "rows"), rows.len() as u64, "{database:?}");
        assert_eq!(of(&counts[0], "quarantined"), 2);
        assert_eq!(of(&counts[0], "duplicate"), 1);
        assert_eq!(of(&counts[0], "superseded"), 2);
        assert_eq!(of(&counts[0], "withdrawn"), 1);
        assert_eq!(of(&counts[0], "loaded"), 3);
        assert_eq!(of(&counts[1], "rows"), 3);
        assert_eq!(of(&counts[1], "unchanged"), 2);
        assert_eq!(of(&counts[1], "loaded"), 1);
        let census = area.tallies("where feed = 'school-census'").remove(0);
        assert_eq!(census["pupilonroll"]["rows"], 6);
        assert_eq!(census["pupilonroll"]["quarantined"], 1);
        assert_eq!(census["pupilonroll"]["loaded"], 5);
        assert_eq!(census["senneeds"]["rows"], 6);

        // What status says stands is what the dataset holds.
        let status = area.run(&["status", "--format", "json"]).expect(0).json();
        for feed in status["feeds"].as_array().unwrap() {
            let name = feed["feed"].as_str().unwrap();
            let in_force = area.count(&format!("select count(*) from link where feed = '{name}'"));
            assert_eq!(feed["records"].as_u64(), Some(in_force), "{feed}");
        }
        assert_eq!(area.count("select count(*) from section23_notice"), 4);
        // Every quarantined row has a finding that says so.
        let findings = area
            .run(&["findings", "--feed", "s23-raj", "--format", "json"])
            .expect(0)
            .rows();
        let lines: BTreeSet<_> = findings
            .iter()
            .filter(|finding| finding["effect"] == "quarantined-row")
            .map(|finding| finding["line"].as_u64())
            .collect();
        assert_eq!(lines, [Some(6), Some(7)].into(), "{findings:?}");
    }
}
