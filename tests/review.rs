//! People decide about pairs of records of which linkage is not sure, without seeing whom they are about.

use sendlink_tests::{
    Area, Database, Ended,
    hand::{Child, Notice, Pupil, nhs_number, spring_census, upn},
};
use serde_json::Value;

/// A girl who moved and whose surname changed between notice and school; another whose NHS number stands on two notices
/// with other birth dates; and two notices that agree in everything but the NHS number.
struct Doubtful {
    area: Area,
    /// Everything that names one of them.
    markers: Vec<String>,
}

const FIRST: &str = "2026-02-02";
const ASK: [&str; 3] = ["review", "list", "--format=json"];

impl Doubtful {
    fn new(database: Database) -> Self {
        let before = Child::new(1, "Wanda", "Ashcombe", "2020-05-14", "QZ1 1AA");
        let after = Child {
            surname: "Tillbrook".into(),
            postcode: "QZ8 8YZ".into(),
            ..before.clone()
        };
        let numbered = Child::new(2, "Beatrix", "Colquhoun", "2019-11-23", "QZ3 3CC");
        let misdated = Child {
            birth_date: "2018-04-07".into(),
            ..numbered.clone()
        };
        let twice = Child::new(3, "Lionel", "Drinkwater", "2021-08-30", "QZ4 4DD");
        let renumbered = Child {
            nhs_number: nhs_number(33),
            ..twice.clone()
        };
        let children = [before, after, numbered, misdated, twice, renumbered];
        let area = Area::by_hand(database, &children);
        let notices: Vec<Notice> = [0, 2, 3, 4, 5]
            .iter()
            .map(|at| Notice::of(&children[*at], &format!("N-{at}"), "2024-03-01"))
            .collect();
        area.put_notices("section23-1.csv", &notices, "2026-02-01");
        area.put_census(
            "first",
            2026,
            &spring_census(2026, "2026-Jan-22 09:00:00", &[Pupil::of(&children[1])]),
            "2026-02-01",
        );
        area.night_as_at(FIRST).expect(0);
        let markers = children
            .iter()
            .flat_map(|child| {
                [
                    &child.forename,
                    &child.surname,
                    &child.birth_date,
                    &child.nhs_number,
                    &child.upn,
                    &child.postcode,
                ]
            })
            .cloned()
            .chain([upn(1)])
            .collect();
        Doubtful { area, markers }
    }

    /// Runs a command whose output names nobody.
    #[track_caller]
    fn says(&self, arguments: &[&str], code: i32) -> Ended {
        let ended = self.area.run(arguments).expect(code);
        for marker in &self.markers {
            for said in [&ended.stdout, &ended.stderr] {
                assert!(
                    !said.to_lowercase().contains(&marker.to_lowercase()),
                    "{arguments:?} shows an identifier:\n{said}"
                );
            }
        }
        ended
    }

    #[track_caller]
    fn list(&self, more: &[&str]) -> Vec<Value> {
        self.says(&[&ASK, more].concat(), 0).rows()
    }

    /// The id of the one pair that waits for this reason.
    #[track_caller]
    fn pair(&self, why: &str) -> Option<String> {
        let mut found: Vec<String> = self
            .list(&[])
            .iter()
            .filter(|row| row["asked"].as_str().unwrap().contains(why))
            .map(|row| row["pair"].as_str().unwrap().to_owned())
            .collect();
        assert!(found.len() <= 1, "{found:?}");
        found.pop()
    }

    #[track_caller]
    fn decide(&self, pair: &str, answer: &str, author: &str) {
        let said = ["review", "decide", pair, answer, "--author", author];
        self.says(&[&said[..], &["--reason", "the gap in days"]].concat(), 0);
    }

    /// What is said of the girl's record in the census: `what` of `explain`.
    #[track_caller]
    fn explained(&self, what: &str) -> String {
        let found = self
            .area
            .joint("select record_id from link where kind = 'school-census'");
        let record = found.concat().concat();
        let said = self.says(&["explain", &record, "--format", "json"], 0).rows();
        let line = said.iter().find(|line| line["what"] == what);
        line.map_or_else(String::new, |line| line["says"].as_str().unwrap().to_owned())
    }

    fn children(&self) -> u64 {
        self.area.count("select count(distinct child_id) from link")
    }
}

const BETWEEN: &str = "between the thresholds";

#[test]
fn a_decision_is_obeyed_every_night_until_it_is_undone() {
    for database in Database::BOTH {
        let doubtful = Doubtful::new(database);
        let apart = doubtful.children();
        let pair = doubtful.pair(BETWEEN).expect("the girl who moved waits");
        assert!(
            doubtful.explained("matched").starts_with("no, T4r"),
            "{database:?}"
        );
        assert_eq!(doubtful.explained("candidates"), "1");
        assert!(doubtful.explained("pair for review").starts_with(&pair));

        // The beginning of the id will do; what is said in more than one format names nobody.
        for format in ["table", "csv", "json"] {
            doubtful.says(&["review", "show", &pair[..8], "--format", format], 0);
            doubtful.says(&["review", "list", "--format", format], 0);
        }
        let shown = doubtful
            .says(&["review", "show", &pair, "--format", "json"], 0)
            .rows();
        let part = |name: &str| {
            let line = shown.iter().find(|line| line["part"] == name);
            line.unwrap_or_else(|| panic!("no {name}: {shown:?}")).clone()
        };
        assert_eq!(part("forename")["says"], "the same");
        assert_eq!(part("surname")["says"], "unlike");
        assert_eq!(part("postcode")["says"], "elsewhere");
        assert_eq!(part("days between birth dates")["says"], "0");
        assert_eq!(part("forename")["value"], "on fewer than 10");
        // From 1 March 2024 to 15 January 2026.
        assert_eq!(part("days between events")["says"], "685");
        let all: f64 = shown.iter().filter_map(|line| line["bits"].as_f64()).sum();
        let weight = part("weight")["sum"].as_f64().unwrap();
        assert!((all - weight).abs() < 0.01, "{all} is not {weight}");
        assert!((0.0..4.0).contains(&weight), "{weight}");

        doubtful.decide(&pair, "same", "A. Officer");
        assert_eq!(doubtful.children(), apart, "before the next night");
        for night in ["2026-02-03", "2026-02-04"] {
            doubtful.area.night_as_at(night).expect(0);
            assert_eq!(doubtful.children(), apart - 1, "{database:?}, {night}");
            assert_eq!(doubtful.explained("matched"), "yes, as a person decided");
            assert_eq!(doubtful.pair(BETWEEN), None);
        }
        let undo = ["review", "undo", &pair, "--author", "a. officer "];
        doubtful.says(&[&undo[..], &["--reason", "a slip"]].concat(), 0);
        doubtful.says(&[&undo[..], &["--reason", "again"]].concat(), 64);
        doubtful.area.night_as_at("2026-02-05").expect(0);
        assert_eq!(doubtful.children(), apart, "{database:?}: forgotten");
        assert_eq!(doubtful.pair(BETWEEN).as_deref(), Some(&*pair), "asked anew");

        doubtful.decide(&pair, "different", "A. Officer");
        doubtful.area.night_as_at("2026-02-06").expect(0);
        assert_eq!(doubtful.pair(BETWEEN), None, "{database:?}");
        assert_eq!(
            doubtful.explained("kept from its best barred candidate by"),
            "the do-not-link list keeps them apart"
        );
        // It is a decision as any other, and may be removed as one.
        let decisions = doubtful.says(&["decisions", "--format", "json"], 0).rows();
        assert_eq!(decisions.len(), 1, "{decisions:?}");
        let id = decisions[0]["id"].to_string();
        doubtful.says(&["decisions", "remove", &id, "--reason", "by mistake"], 0);
        doubtful.area.night_as_at("2026-02-07").expect(0);
        assert_eq!(doubtful.pair(BETWEEN).as_deref(), Some(&*pair), "{database:?}");
        doubtful.says(&["verify"], 0);
    }
}

#[test]
fn a_second_person_reads_without_seeing_the_first_answer() {
    let doubtful = Doubtful::new(Database::Sqlite);
    let pair = doubtful.pair(BETWEEN).expect("the girl who moved waits");
    assert!(doubtful.list(&["--second"]).is_empty());
    doubtful.decide(&pair, "different", "A. Officer");
    doubtful.decide(&pair, "same", "A. Officer");

    assert!(doubtful.list(&["--second", "--author", "a. officer"]).is_empty());
    let second = doubtful.says(&["review", "list", "--second", "--author", "B. Nurse"], 0);
    assert!(second.stdout.contains(&pair), "{}", second.stdout);
    let shown = doubtful.says(&["review", "show", &pair], 0);
    for said in [&second.stdout, &shown.stdout] {
        for answer in ["Officer", "the gap in days", "same\n", "different"] {
            assert!(!said.contains(answer), "{said}");
        }
    }

    // They differ, so nothing is decided, and a third settles it.
    doubtful.decide(&pair, "different", "B. Nurse");
    doubtful.area.night_as_at("2026-02-03").expect(0);
    assert_eq!(doubtful.pair(BETWEEN).as_deref(), Some(&*pair));
    let apart = doubtful.children();
    let agreement = doubtful
        .says(&["review", "agreement", "--format", "json"], 0)
        .rows();
    assert_eq!(agreement.len(), 1, "{agreement:?}");
    let between = &agreement[0];
    assert_eq!(
        (&between["one"], &between["other"]),
        (&"A. Officer".into(), &"B. Nurse".into())
    );
    assert_eq!((&between["pairs"], &between["agreed"]), (&1.into(), &0.into()));
    assert_eq!(between["kappa"].as_f64(), Some(0.0));
    doubtful.decide(&pair, "same", "C. Teacher");
    doubtful.area.night_as_at("2026-02-04").expect(0);
    assert_eq!(doubtful.children(), apart - 1);
    assert_eq!(doubtful.pair(BETWEEN), None);
    assert_eq!(
        doubtful
            .says(&["review", "agreement", "--format", "json"], 0)
            .rows()
            .len(),
        3
    );
}

#[test]
fn a_refused_union_is_shown_and_can_be_settled_only_as_linkage_can_obey() {
    let doubtful = Doubtful::new(Database::Sqlite);
    let apart = doubtful.children();
    let numbers = doubtful
        .pair("two different NHS numbers")
        .expect("two notices of one boy");
    let dates = doubtful
        .pair("conflicting birth dates")
        .expect("one number, two birth dates");
    let said = [
        "review", "decide", &numbers, "same", "--author", "A", "--reason", "one boy",
    ];
    let refused = doubtful.says(&said, 64);
    assert!(
        refused.stderr.contains("two different NHS numbers"),
        "{}",
        refused.stderr
    );
    doubtful.decide(&numbers, "different", "A. Officer");
    doubtful.decide(&dates, "same", "A. Officer");
    doubtful.area.night_as_at("2026-02-03").expect(0);
    assert_eq!(doubtful.children(), apart - 1, "the misdated notice is joined");
    assert_eq!(doubtful.pair("two different NHS numbers"), None);
    assert_eq!(doubtful.pair("conflicting birth dates"), None);

    // What is typed in error is not repeated.
    let number = doubtful.markers[3].clone();
    for said in [
        vec!["review", "show", &number],
        vec![
            "review", "decide", &number, "same", "--author", "A", "--reason", "b",
        ],
        vec![
            "review", "decide", &dates, &number, "--author", "A", "--reason", "b",
        ],
        vec![
            "review", "decide", &dates, "same", "--author", " ", "--reason", "b",
        ],
        vec!["review", "undo", &dates, "--author", "Nobody", "--reason", "b"],
        vec!["explain", &number],
        vec!["explain", "Wanda"],
        vec!["explain", ""],
    ] {
        doubtful.says(&said, 64);
    }
}

#[test]
fn an_erased_child_leaves_no_pair_and_no_answer() {
    for database in Database::BOTH {
        let doubtful = Doubtful::new(database);
        let pair = doubtful.pair(BETWEEN).expect("the girl who moved waits");
        doubtful.decide(&pair, "same", "A. Officer");
        let forget = ["forget", "child", "-", "--reason", "erasure request"];
        let proof = doubtful
            .area
            .run_with_input(&forget, &doubtful.markers[3])
            .expect(0);
        assert!(proof.stdout.contains("vault.doubt_reading"), "{}", proof.stdout);
        doubtful.says(&["review", "show", &pair], 64);
        doubtful.area.night_as_at("2026-02-03").expect(0);
        assert_eq!(doubtful.pair(BETWEEN), None, "{database:?}");
    }
}

/// Of every match by weight the parts are told, and they add up to it.
#[test]
fn a_match_by_weight_is_explained_part_by_part() {
    let area = Area::new(1_500, 21, Database::Sqlite);
    area.night();
    for kind in ["section23", "two-year-review"] {
        let matched = area.joint(&format!(
            "select min(record_id) from link where tier = 'T4' and kind = '{kind}'"
        ));
        let record = matched.concat().concat();
        let said = area
            .run(&["explain", &record, "--weights", "--format", "json"])
            .expect(0)
            .rows();
        let lines = |what: &str| -> Vec<&str> {
            let of = said.iter().filter(|line| line["what"] == what);
            of.map(|line| line["says"].as_str().unwrap()).collect()
        };
        let bits = |says: &str| -> f64 {
            let number = says.split(" bits").next().unwrap().rsplit(' ').next().unwrap();
            number.parse().unwrap()
        };
        // What matched it is among the unions.
        let weight = bits(lines("weight")[0]);
        let unions: Vec<f64> = lines("joined by weight").into_iter().map(bits).collect();
        assert!(
            unions.iter().any(|union| (union - weight).abs() < 0.11),
            "{kind}: {weight} is none of {unions:?}"
        );
        let parts: f64 = said
            .iter()
            .filter(|line| line["what"].as_str().unwrap().starts_with("by "))
            .map(|line| bits(line["says"].as_str().unwrap()))
            .sum();
        let all: f64 = unions.iter().sum();
        assert!(
            (parts - all).abs() < 0.06 * 9.0 * unions.len() as f64,
            "{kind}: {parts} {all}"
        );
        // Unless they are asked for, nothing is linked again.
        let briefly = area.run(&["explain", &record]).expect(0).stdout;
        assert!(!briefly.contains("joined by weight"));
    }
}
