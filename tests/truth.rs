//! A made-up area's links beside its truth, which no night reads.
//!
//! Each record of the vault says in which file and line it stood; `truth/records.csv` says who stands there.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

use sendlink_tests::{
    Area, Database, program,
    stated::{self, Stated, csv_rows},
};
use serde_json::Value;

/// Tiers that an identifier decides: no chance of a wrong one is accepted.
const EXACT: [&str; 3] = ["T1", "T2", "T3"];

/// Of links by weight, and of all matches that there are to be found: the least shares that are right and found.
const LEAST_PRECISION: f64 = 0.99;
const LEAST_RECALL: f64 = 0.90;

/// A record of the published dataset, and the truth of it.
#[derive(Debug)]
struct Told {
    kind: String,
    child: String,
    tier: String,
    person: String,
    /// File and line, which name the record in the area's files.
    place: (String, String),
}

impl Told {
    fn is_notice(&self) -> bool {
        self.kind == "section23"
    }

    fn is_at_school(&self) -> bool {
        self.kind == "school-census"
    }

    fn is_exact(&self) -> bool {
        EXACT.contains(&self.tier.as_str())
    }
}

/// Every record about one child of the published dataset with the person whom the truth says it is about.
fn told(area: &Area) -> Vec<Told> {
    let mut persons = BTreeMap::new();
    for row in csv_rows(&area.file("truth/records.csv")) {
        let name = row["file"].rsplit('/').next().unwrap().to_owned();
        let before = persons.insert(
            (row["feed"].clone(), (name, row["line"].clone())),
            row["person"].clone(),
        );
        assert!(before.is_none(), "two records at one place: {row:?}");
    }
    area.vault(
        "select r.kind, lower(hex(l.child_id)), l.tier, r.feed, json_extract(c.location, '$.file'),
                json_extract(c.location, '$.line')
           from record r join content c on c.id = r.content join link l on l.record_id = r.record_id
          where r.state = 'current' and l.number = 0 order by r.record_id",
    )
    .into_iter()
    .map(|row| {
        let [kind, child, tier, feed, file, line] = <[String; 6]>::try_from(row).expect("six columns");
        let place = (file, line);
        let person = persons
            .get(&(feed.clone(), place.clone()))
            .unwrap_or_else(|| panic!("nobody stands at {place:?} of {feed}"))
            .clone();
        Told {
            kind,
            child,
            tier,
            person,
            place,
        }
    })
    .collect()
}

/// Persons by child.
fn persons_of_children(told: &[Told]) -> BTreeMap<&str, BTreeSet<&str>> {
    let mut persons: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for record in told {
        persons.entry(&record.child).or_default().insert(&record.person);
    }
    persons
}

/// Children by person.
fn children_of_persons(told: &[Told]) -> BTreeMap<&str, BTreeSet<&str>> {
    let mut children: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for record in told {
        children.entry(&record.person).or_default().insert(&record.child);
    }
    children
}

/// An area of this many children, and one night done.
fn area(children: u32, seed: u64) -> Area {
    let area = Area::new(children, seed, Database::Sqlite);
    night(&area);
    area
}

/// A night that publishes. In a file of few notices two in quarantine are more than a person should overlook, which
/// the exit code says.
fn night(area: &Area) {
    let code = area.night().code;
    assert!(matches!(code, Some(0 | 3)), "{code:?}");
}

/// The authority lists its adoptions by the numbers before and after.
fn list_adoptions(area: &Area) {
    let persons: BTreeMap<String, BTreeMap<String, String>> = csv_rows(&area.file("truth/persons.csv"))
        .into_iter()
        .map(|row| (row["person"].clone(), row))
        .collect();
    let mut list = String::from("decision,left_type,left,right_type,right,reason\n");
    for pair in csv_rows(&area.file("truth/must-not-join.csv")) {
        if pair["reason"] != "adoption" {
            continue;
        }
        for left in ["nhs-number", "upn"] {
            for right in ["nhs-number", "upn"] {
                let number = |person: &str, column: &str| persons[person][&column.replace('-', "_")].clone();
                let (one, other) = (number(&pair["person_a"], left), number(&pair["person_b"], right));
                if !one.is_empty() && !other.is_empty() && one != other {
                    list.push_str(&format!("do-not-link,{left},{one},{right},{other},adoption\n"));
                }
            }
        }
    }
    fs::write(area.file("adoptions.csv"), list).unwrap();
    area.run(&["decisions", "add", "adoptions.csv", "--author", "A. Officer"])
        .expect(0);
}

#[test]
fn links_by_identifiers_agree_with_the_truth() {
    let area = area(8_000, 51);
    let told = told(&area);

    // No false link: whoever is joined by an identifier is one person.
    let mut joined: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for record in told.iter().filter(|record| record.is_exact()) {
        joined.entry(&record.child).or_default().insert(&record.person);
    }
    assert!(
        joined.len() > 100,
        "only {} children by identifiers",
        joined.len()
    );
    let false_links: Vec<_> = joined.iter().filter(|(_, persons)| persons.len() > 1).collect();
    assert!(false_links.is_empty(), "{false_links:?}");

    // No missing link: whatever states the same identity as a census record of the same person is joined by it.
    let notices = stated::in_notices(&area);
    let census = stated::in_the_census(&area);
    let numbers: BTreeMap<String, String> = csv_rows(&area.file("truth/persons.csv"))
        .into_iter()
        .map(|row| (row["person"].clone(), row["nhs_number"].clone()))
        .collect();
    let pupils: Vec<(&Told, &Stated)> = told
        .iter()
        .filter(|record| record.is_at_school())
        .filter_map(|record| Some((record, census.get(&record.place)?)))
        .collect();
    let (mut looked_at, mut excused) = (0, 0);
    for notice in told.iter().filter(|record| record.is_notice()) {
        let Some(stated) = notices.get(&notice.place) else {
            continue;
        };
        let same: Vec<&&Told> = pupils
            .iter()
            .filter(|(pupil, at_school)| {
                pupil.person == notice.person
                    && ((stated.exact.is_some() && stated.exact == at_school.exact)
                        || stated.upns.intersection(&at_school.upns).next().is_some())
            })
            .map(|(pupil, _)| pupil)
            .collect();
        if same.is_empty() {
            continue;
        }
        // Another child's or the mother's number speaks against what else the notice says.
        if stated::is_valid(&stated.nhs_number) && stated.nhs_number != numbers[&notice.person] {
            excused += 1;
            continue;
        }
        looked_at += 1;
        assert!(
            notice.is_exact(),
            "a notice at {:?} states what the census states and is of tier {}",
            notice.place,
            notice.tier
        );
        assert!(
            same.iter().all(|pupil| pupil.child == notice.child),
            "a notice at {:?} is not joined to what states the same",
            notice.place
        );
    }
    println!(
        "{looked_at} notices state what a census record states; {excused} more under a number of somebody else"
    );
    assert!(
        looked_at > 40 && excused * 10 < looked_at,
        "{looked_at} {excused}"
    );
}

#[test]
fn the_program_tells_how_its_links_stand_beside_the_truth() {
    let area = area(6_000, 55);
    // An adopted child is two persons, whom nothing but the list keeps apart.
    list_adoptions(&area);
    night(&area);
    let compared = area
        .run(&["match-rates", "--truth", "truth", "--format", "json"])
        .expect(0)
        .rows();
    let number = |row: &Value, column: &str| row[column].as_f64();
    let mut exact = 0.0;
    for row in &compared {
        println!("{row}");
        if EXACT.iter().any(|tier| row["tier"] == *tier) {
            assert_eq!(
                number(row, "matched"),
                number(row, "right"),
                "a false link: {row}"
            );
            exact += number(row, "matched").unwrap_or_default();
        }
    }
    assert!(exact > 1_000.0, "{exact} records by identifiers");
    let of = |kind: &str, tier: &str| {
        compared
            .iter()
            .find(|row| row["kind"] == kind && row["tier"] == tier)
            .unwrap()
    };
    for kind in ["section23", "two-year-review", "school-census"] {
        let precision = number(of(kind, "T4"), "precision").unwrap();
        assert!(precision >= LEAST_PRECISION, "{kind}: {precision}");
    }
    // What the weights expect of these links is what the truth says of them.
    let (mut right, mut linked) = (0.0, 0.0);
    for kind in ["section23", "two-year-review"] {
        right += number(of(kind, "T4"), "right").unwrap();
        linked += number(of(kind, "T4"), "matched").unwrap();
    }
    let figures = area.run(&["quality", "--format", "json"]).expect(0).rows();
    let expected = figures
        .iter()
        .find(|row| row["measure"] == "expected precision" && row["part"] == "T4")
        .expect("a figure of T4");
    let share = |count: f64, of: f64| count / of;
    let (expected, true_share) = (
        share(
            number(expected, "count").unwrap(),
            number(expected, "of").unwrap(),
        ),
        share(right, linked),
    );
    println!("precision of T4: expected {expected:.4}, true {true_share:.4}");
    assert!((expected - true_share).abs() < 0.01, "{expected} {true_share}");
    // A pupil whose family moved since a review without names is beyond any rule that makes no false link, so that
    // the census finds fewer of what others hold.
    for kind in ["section23", "two-year-review"] {
        let recall = number(of(kind, "all"), "recall").unwrap();
        assert!(recall >= LEAST_RECALL, "{kind}: {recall}");
    }
    // What the truth says of the same records by itself.
    let told = told(&area);
    let notices = told.iter().filter(|record| record.is_notice());
    assert_eq!(
        number(of("section23", "all"), "matched"),
        Some(
            notices
                .filter(|record| ["T1", "T2", "T3", "T4"].contains(&record.tier.as_str()))
                .count() as f64
        )
    );
    // Another area's truth knows none of these records, and says so.
    fs::create_dir(area.file("elsewhere")).unwrap();
    fs::write(
        area.file("elsewhere/records.csv"),
        "feed,file,line,person\ns23,a.csv,2,F1\n",
    )
    .unwrap();
    let refused = area.run(&["match-rates", "--truth", "elsewhere"]).expect(65);
    assert!(refused.stderr.contains("another area"), "{}", refused.stderr);
}

#[test]
fn links_by_weight_are_right_and_found() {
    weigh_against_the_truth(&area(12_000, 52));
}

/// Many years of census lie beside few notices, and all their brothers and sisters with them.
#[test]
fn several_years_of_census_do_not_drown_the_notices() {
    let area = Area::of_years(12_000, 3, 56, Database::Sqlite);
    night(&area);
    weigh_against_the_truth(&area);
}

fn weigh_against_the_truth(area: &Area) {
    let told = told(area);
    let at_school: BTreeSet<&str> = told
        .iter()
        .filter(|record| record.is_at_school())
        .map(|record| record.person.as_str())
        .collect();
    let mut pupils: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for record in told.iter().filter(|record| record.is_at_school()) {
        pupils.entry(&record.child).or_default().insert(&record.person);
    }
    let (mut matched, mut right, mut by_weight, mut by_weight_right) = (0, 0, 0, 0);
    let (mut to_find, mut found, mut left_to_weight) = (0, 0, 0);
    for notice in told.iter().filter(|record| record.is_notice()) {
        let with = pupils.get(notice.child.as_str());
        let is_right = with.is_some_and(|persons| persons.iter().eq([&notice.person.as_str()]));
        if with.is_some() {
            matched += 1;
            right += usize::from(is_right);
            if notice.tier == "T4" {
                by_weight += 1;
                by_weight_right += usize::from(is_right);
            }
        }
        if at_school.contains(notice.person.as_str()) {
            to_find += 1;
            found += usize::from(is_right);
            left_to_weight += usize::from(!notice.is_exact());
        }
    }
    let share = |part: usize, whole: usize| part as f64 / whole.max(1) as f64;
    println!(
        "all tiers: {matched} matched, precision {:.4}; {to_find} to find, recall {:.4}",
        share(right, matched),
        share(found, to_find)
    );
    println!(
        "T4: {by_weight} matched, precision {:.4}; of {left_to_weight} that no identifier joins it finds {:.4}",
        share(by_weight_right, by_weight),
        share(by_weight_right, left_to_weight)
    );
    assert!(by_weight > 30, "T4 had little to do: {by_weight}");
    assert!(
        share(by_weight_right, by_weight) >= LEAST_PRECISION,
        "precision of T4"
    );
    assert!(
        share(by_weight_right, left_to_weight) >= LEAST_RECALL,
        "recall of T4"
    );
    assert!(share(right, matched) >= LEAST_PRECISION, "precision");
    assert!(share(found, to_find) >= LEAST_RECALL, "recall");
}

#[test]
fn twins_stay_two_children_and_listed_pairs_stay_apart() {
    let area = area(3_000, 53);
    let pairs = csv_rows(&area.file("truth/must-not-join.csv"));
    let of_reason = |reason: &str| {
        pairs
            .iter()
            .filter(|pair| pair["reason"] == reason)
            .map(|pair| (pair["person_a"].clone(), pair["person_b"].clone()))
            .collect::<Vec<_>>()
    };
    let (twins, adopted) = (of_reason("born together"), of_reason("adoption"));
    assert!(
        twins.len() > 5 && !adopted.is_empty(),
        "{} {}",
        twins.len(),
        adopted.len()
    );
    let shared = |told: &[Told], pairs: &[(String, String)]| {
        let children = children_of_persons(told);
        pairs
            .iter()
            .filter(|(a, b)| {
                let (Some(a), Some(b)) = (children.get(a.as_str()), children.get(b.as_str())) else {
                    return false;
                };
                a.intersection(b).next().is_some()
            })
            .cloned()
            .collect::<Vec<_>>()
    };
    let first = told(&area);
    assert_eq!(shared(&first, &twins), [], "twins are one child");
    let mixed = persons_of_children(&first)
        .values()
        .filter(|persons| persons.len() > 1)
        .count();
    println!("{mixed} children of several persons");

    list_adoptions(&area);
    night(&area);
    let second = told(&area);
    assert_eq!(
        shared(&second, &adopted),
        [],
        "an adopted child's records are joined"
    );
    assert_eq!(shared(&second, &twins), []);
    assert_eq!(first.len(), second.len());
}

#[test]
fn the_truth_lies_where_no_night_reads_it() {
    let folder = tempfile::tempdir().unwrap();
    program::run(
        folder.path(),
        &[
            "synth",
            "--children",
            "300",
            "--years",
            "1",
            "--seed",
            "54",
            "--as-at",
            "2026-06-30",
            "--out",
            ".",
        ],
    )
    .expect(0);
    let configuration = fs::read_to_string(folder.path().join("sendlink.toml")).unwrap();
    assert!(!configuration.contains("truth"));
}
