//! Every count of the demonstration's summary, found once more without the program: from the truth of the made-up area,
//! and from its files.
//!
//! What does not depend on linkage must be equal. What does must be equal once the links that the truth calls wrong or
//! missing are taken into account, and there may be few of these.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use jiff::{
    ToSpan,
    civil::{Date, date},
};
use sendlink_tests::{
    Area,
    page::{Shown, tables},
    stated::{csv_rows, is_valid, sheet_rows},
};

/// The day that the demonstration is about.
const AS_AT: Date = date(2026, 11, 16);
/// The county that the area is.
const OURS: &str = "E10000012";
const NOTICES: &str = "section23";
const PREGNANCIES: &str = "pregnancy";
const REVIEWS: &str = "two-year-review";
const CENSUS: &str = "school-census";

/// ASQ-3 cut-offs in the order communication, gross motor, fine motor, problem solving, personal-social, by the months
/// of the form (Ages & Stages Questionnaires, third edition, information summaries).
const CUT_OFFS: [(&str, [f64; 5]); 3] = [
    ("24", [25.17, 38.07, 35.16, 29.78, 31.54]),
    ("27", [24.02, 28.01, 18.42, 27.62, 25.31]),
    ("30", [33.30, 36.14, 19.25, 27.08, 32.01]),
];

type Row = BTreeMap<String, String>;
/// Feed, file and line.
type Place = (String, String, String);

/// The demonstration after its night.
struct Demo {
    area: Area,
    page: BTreeMap<String, Shown>,
    /// Every row of a file that is about a record.
    records: Vec<Row>,
    /// What is true of notices and reviews, by place.
    said: BTreeMap<Place, Row>,
    links: Vec<Link>,
    /// The authority of each postcode: its county, else itself.
    authorities: BTreeMap<String, String>,
}

/// A record's link to a child, as the vault has it.
struct Link {
    child: String,
    /// 0 of a record about one child; of a notified pregnancy the place of the child.
    number: u64,
    tier: String,
    kind: String,
    place: Place,
}

/// A record that stands.
#[derive(Clone, Copy)]
struct Standing<'a>(&'a Row);

impl Standing<'_> {
    fn is(&self, kind: &str) -> bool {
        self.0["kind"] == kind
    }

    fn place(&self) -> Place {
        place(self.0)
    }

    fn day(&self) -> Date {
        self.0["day"].parse().expect("a day")
    }
}

/// A file is known by its name alone: no two of a feed are called the same.
fn place(row: &Row) -> Place {
    let name = row["file"].rsplit('/').next().expect("a name");
    (row["feed"].clone(), name.to_owned(), row["line"].clone())
}

fn demo() -> Demo {
    let (area, ended) = Area::demonstration(2_000);
    assert!(matches!(ended.code, Some(0 | 3)), "{}", ended.stderr);
    let links = area
        .vault(
            "select lower(hex(l.child_id)), l.number, l.tier, r.kind, r.feed, json_extract(c.location, '$.file'),
                    json_extract(c.location, '$.line')
               from record r join content c on c.id = r.content join link l on l.record_id = r.record_id
              where r.state = 'current' order by r.record_id, l.number",
        )
        .into_iter()
        .map(|row| {
            let [child, number, tier, kind, feed, file, line] = <[String; 7]>::try_from(row).expect("columns");
            Link {
                child,
                number: number.parse().expect("a number"),
                tier,
                kind,
                place: (feed, file, line),
            }
        })
        .collect();
    let said = ["truth/notices.csv", "truth/reviews.csv"]
        .into_iter()
        .flat_map(|file| csv_rows(&area.file(file)))
        .map(|row| (place(&row), row))
        .collect();
    let authorities = csv_rows(&area.file("reference/postcodes.csv"))
        .into_iter()
        .map(|row| {
            let county =
                Some(&row["oscty"]).filter(|county| !county.is_empty() && !county.starts_with("E99"));
            (
                row["pcds"].replace(' ', ""),
                county.unwrap_or(&row["oslaua"]).clone(),
            )
        })
        .collect();
    Demo {
        page: tables(&ended.stdout),
        records: csv_rows(&area.file("truth/records.csv")),
        said,
        links,
        authorities,
        area,
    }
}

impl Demo {
    /// The last version of each record by its feed and version: none where it takes the record back.
    fn last_versions(&self) -> Vec<(&str, &str, Option<&Row>)> {
        // Version, whether it takes the record back, what it says; by record.
        type Versions<'a> = Vec<(&'a str, bool, Option<&'a Row>)>;
        let mut versions: BTreeMap<[&str; 5], Versions<'_>> = BTreeMap::new();
        for row in &self.records {
            let takes_back = matches!(row["action"].as_str(), "WITHDRAW" | "CANCEL");
            if row["incomplete"] == "Y" && !takes_back {
                continue;
            }
            let who = match (row["kind"] == CENSUS, row["upn"].is_empty()) {
                (true, true) => "person",
                (true, false) => "upn",
                (false, _) => "reference",
            };
            let key = ["feed", "payload", who, "census", "school"].map(|column| row[column].as_str());
            let version = row["version"].as_str();
            let says = (!takes_back).then_some(row);
            versions.entry(key).or_default().push((version, takes_back, says));
            if row["kind"] == NOTICES && !row["refers_to"].is_empty() {
                let mut replaced = key;
                replaced[2] = &row["refers_to"];
                versions.entry(replaced).or_default().push((version, true, None));
            }
        }
        versions
            .into_iter()
            .filter_map(|([feed, ..], versions)| {
                let last = versions
                    .into_iter()
                    .max_by_key(|(version, takes_back, _)| (*version, *takes_back));
                last.map(|(version, _, row)| (feed, version, row))
            })
            .collect()
    }

    /// The records that stand: those whose last version does not take them back, unless a later submission of its month
    /// leaves them out.
    fn standing(&self) -> Vec<Standing<'_>> {
        let last = self.last_submissions();
        self.last_versions()
            .into_iter()
            .filter_map(|(feed, version, row)| {
                let month = (feed.to_owned(), version.chars().take(7).collect());
                let is_last = last.get(&month).is_none_or(|last| last == version);
                row.filter(|_| is_last).map(Standing)
            })
            .collect()
    }

    /// The name of the last submission of each feed's month.
    fn last_submissions(&self) -> BTreeMap<(String, String), String> {
        let mut last = BTreeMap::new();
        for (feed, folder) in [
            ("pregnancy-r9m", "incoming/pregnancy/R9M"),
            ("review-r9k", "incoming/two-year-review/R9K"),
        ] {
            for submission in entries(&self.area.file(folder)) {
                let name = submission
                    .file_name()
                    .expect("a name")
                    .to_string_lossy()
                    .into_owned();
                let slot: &mut String = last.entry((feed.to_owned(), name[..7].to_owned())).or_default();
                *slot = slot.clone().max(name);
            }
        }
        last
    }

    /// Whether somebody at a postcode is ours; by the authority that was stated where it is in no directory.
    fn is_ours(&self, postcode: &str, stated: &str) -> bool {
        let found = self.authorities.get(&postcode.replace(' ', "").to_uppercase());
        found.map_or(stated, String::as_str) == OURS
    }

    fn shown(&self, heading: &str) -> &Shown {
        self.page
            .get(heading)
            .unwrap_or_else(|| panic!("no table {heading}: {:?}", self.page.keys()))
    }

    /// The children with a record of their own, by kind.
    fn kinds_of_children(&self) -> BTreeMap<&str, BTreeSet<&str>> {
        let mut kinds: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for link in &self.links {
            kinds.entry(&link.child).or_default().insert(&link.kind);
        }
        kinds
    }

    fn children_with_own_record(&self) -> BTreeSet<&str> {
        let own = self.links.iter().filter(|link| link.number == 0);
        own.map(|link| link.child.as_str()).collect()
    }
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let mut entries: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    entries.sort();
    entries
}

/// The rows of a file.
fn rows_of(path: &Path) -> u64 {
    let rows = match path.extension().and_then(|extension| extension.to_str()) {
        Some("csv") => csv_rows(path).len(),
        Some("json") => {
            let list: Vec<serde_json::Value> = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
            list.len()
        }
        Some("xlsx") => {
            let (sheet, header) = if path.to_string_lossy().contains("section23") {
                ("Notifications", 2)
            } else {
                ("Antenatal list", 2)
            };
            sheet_rows(path, sheet, header).len()
        }
        Some("xml") => {
            let text = fs::read_to_string(path).unwrap();
            // The header of the return is a row as well.
            1 + text.matches("<PupilOnRoll>").count() + text.matches("<PupilNoLongerOnRoll>").count()
        }
        other => panic!("{other:?}"),
    };
    rows as u64
}

/// The deliveries of a feed: their files.
fn deliveries_of(demo: &Demo, feed: &str) -> Vec<Vec<PathBuf>> {
    let folder = match feed {
        "school-census" | "school-returns" => format!("incoming/{feed}"),
        other => {
            let (kind, body) = other.split_once('-').unwrap();
            let kind = match kind {
                "s23" => NOTICES,
                "review" => REVIEWS,
                other => other,
            };
            format!("incoming/{kind}/{}", body.to_uppercase())
        }
    };
    entries(&demo.area.file(&folder))
        .into_iter()
        .map(|path| if path.is_dir() { entries(&path) } else { vec![path] })
        .collect()
}

/// Every row of every file is counted, and as what the truth says that it is.
fn check_deliveries(demo: &Demo) {
    let shown = demo.shown("Deliveries");
    let feeds: BTreeSet<&str> = demo.records.iter().map(|row| row["feed"].as_str()).collect();
    assert_eq!(feeds.len(), 10);
    for feed in feeds {
        let deliveries = deliveries_of(demo, feed);
        let told: u64 = shown
            .rows
            .iter()
            .filter(|row| row[0] == feed)
            .map(|row| {
                assert_eq!(row[2], "loaded");
                row[1].split(' ').next().unwrap().parse().unwrap_or(1)
            })
            .sum();
        assert_eq!(told, deliveries.len() as u64, "deliveries of {feed}");
        let rows: u64 = deliveries.iter().flatten().map(|file| rows_of(file)).sum();
        assert_eq!(shown.sum(feed, "Rows"), rows, "rows of {feed}");

        // By what became of them, in the tables of which each row is a record.
        let of_feed: Vec<&Row> = demo.records.iter().filter(|row| row["feed"] == feed).collect();
        let takes_back = |row: &&&Row| matches!(row["action"].as_str(), "WITHDRAW" | "CANCEL");
        let withdrawing = of_feed.iter().filter(takes_back).count() as u64;
        let incomplete = of_feed
            .iter()
            .filter(|row| row["incomplete"] == "Y" && !takes_back(row))
            .count() as u64;
        let stating = of_feed.len() as u64 - withdrawing - incomplete;
        let mut counted: BTreeMap<String, u64> = BTreeMap::new();
        let tables: &[&str] = match feed {
            "pregnancy-r9m" => &["MSD101PregnancyBooking", "MSD401BabyDemographics"],
            "review-r9k" => &["CYP201CareContact"],
            "school-census" | "school-returns" => &["pupilonroll", "pupilnolongeronroll"],
            "pregnancy-r9h" => &["notifications"],
            "review-n9v" => &["reviews"],
            _ => &["notices"],
        };
        for tally in demo.area.tallies(&format!("where feed = '{feed}'")) {
            for (outcome, count) in tables
                .iter()
                .filter_map(|table| tally[table].as_object())
                .flatten()
            {
                *counted.entry(outcome.clone()).or_default() += count.as_u64().unwrap();
            }
        }
        let of = |outcome: &str| counted.get(outcome).copied().unwrap_or_default();
        assert_eq!(of("quarantined"), incomplete, "quarantined of {feed}");
        assert_eq!(
            shown.sum(feed, "Quarantined"),
            incomplete,
            "quarantined of {feed}"
        );
        // A withdrawal beside what it withdraws may come second or be withdrawn in its turn.
        assert_eq!(
            of("loaded") + of("unchanged") + of("superseded") + of("duplicate") + of("withdrawn"),
            stating + withdrawing,
            "records of {feed}"
        );
        assert!(of("withdrawn") <= withdrawing, "withdrawn of {feed}");
        assert_eq!(
            of("out_of_scope"),
            of("rows") - of_feed.len() as u64,
            "rows of {feed} that are none of ours"
        );
        assert_eq!(
            shown.sum(feed, "Loaded")
                + shown.sum(feed, "Unchanged")
                + shown.sum(feed, "Other")
                + shown.sum(feed, "Quarantined"),
            rows,
            "outcomes of {feed}"
        );
    }
}

/// As many records stand as the truth says.
fn check_feeds(demo: &Demo, standing: &[Standing<'_>]) {
    let shown = demo.shown("Feeds");
    let mut records: BTreeMap<&str, u64> = BTreeMap::new();
    for record in standing {
        *records.entry(&record.0["feed"]).or_default() += 1;
    }
    assert_eq!(records.len(), shown.rows.len());
    for (feed, count) in records {
        assert_eq!(shown.number(feed, "Records"), Some(count), "records of {feed}");
        assert_eq!(
            shown.number(feed, "Quarantined"),
            Some(demo.shown("Deliveries").sum(feed, "Quarantined")),
            "quarantined of {feed}"
        );
    }
}

/// How children and persons go together.
#[derive(Debug, Default)]
struct Compared {
    persons: u64,
    children: u64,
    /// Children too many, where one person's records are several children.
    missing: u64,
    /// Children too few, where several persons' records are one child.
    wrong: u64,
}

fn compare<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>) -> Compared {
    let (mut persons, mut children) = (BTreeMap::new(), BTreeMap::new());
    for (child, person) in pairs {
        persons.entry(person).or_insert_with(BTreeSet::new).insert(child);
        children.entry(child).or_insert_with(BTreeSet::new).insert(person);
    }
    Compared {
        persons: persons.len() as u64,
        children: children.len() as u64,
        missing: persons.values().map(|children| children.len() as u64 - 1).sum(),
        wrong: children.values().map(|persons| persons.len() as u64 - 1).sum(),
    }
}

/// What a notified pregnancy's records say all together.
struct Pregnant<'a> {
    record: Standing<'a>,
    fetuses: u64,
    not_live: u64,
    /// Blank while nothing is said.
    outcome: &'a str,
}

impl Pregnant<'_> {
    fn has_ended_without_child(&self) -> bool {
        !matches!(self.outcome, "" | "LIVE_BIRTH")
    }
}

fn pregnancies<'a>(standing: &[Standing<'a>]) -> Vec<Pregnant<'a>> {
    // Who leaves a hospital's care about when her child is due may have had it there.
    let left_in_time = |row: &Row, due: Date| {
        let on: Option<Date> = row["ended"].parse().ok();
        on.is_some_and(|on| on < due - 21.days())
    };
    let mut births: BTreeMap<(&str, &str), Vec<&str>> = BTreeMap::new();
    for birth in standing.iter().filter(|record| record.0["payload"] == "birth") {
        births
            .entry((&birth.0["feed"], &birth.0["refers_to"]))
            .or_default()
            .push(&birth.0["outcome"]);
    }
    standing
        .iter()
        .filter(|record| record.0["payload"] == "pregnancy")
        .map(|record| {
            let born = births.get(&(record.0["feed"].as_str(), record.0["reference"].as_str()));
            let born = born.map(Vec::as_slice).unwrap_or_default();
            let not_live = born.iter().filter(|outcome| **outcome != "LIVE_BIRTH").count();
            let outcome = match born {
                [] if record.0["outcome"] == "MOVED_OUT"
                    && record.0["feed"] == "pregnancy-r9m"
                    && !left_in_time(record.0, record.day()) =>
                {
                    ""
                }
                [] => record.0["outcome"].as_str(),
                _ if not_live < born.len() => "LIVE_BIRTH",
                [first, ..] => first,
            };
            Pregnant {
                record: *record,
                fetuses: record.0["fetuses"].parse().unwrap_or(1),
                not_live: not_live as u64,
                outcome,
            }
        })
        .collect()
}

fn check_children(demo: &Demo, standing: &[Standing<'_>]) {
    let shown = demo.shown("Children");
    let number = |row: &str| {
        shown
            .number(row, "Count")
            .unwrap_or_else(|| panic!("no row {row}"))
    };
    let persons: BTreeMap<Place, &str> = standing
        .iter()
        .map(|record| (record.place(), record.0["person"].as_str()))
        .collect();
    let of_kind = |kind: &'static str| {
        demo.links
            .iter()
            .filter(move |link| link.number == 0 && (kind.is_empty() || link.kind == kind))
            .map(|link| (link.child.as_str(), persons[&link.place]))
    };
    for (kind, row) in [
        (NOTICES, "with a Section 23 notice"),
        (REVIEWS, "with a 2-2½-year review"),
        (CENSUS, "on a school census"),
    ] {
        let true_persons: BTreeSet<&str> = standing
            .iter()
            .filter(|record| record.is(kind))
            .map(|record| record.0["person"].as_str())
            .collect();
        let compared = compare(of_kind(kind));
        println!("{kind}: {compared:?}");
        assert_eq!(number(row), compared.children, "{row}");
        assert_eq!(compared.persons, true_persons.len() as u64, "{row}: persons");
        assert_eq!(
            number(row) + compared.wrong,
            true_persons.len() as u64 + compared.missing,
            "{row}"
        );
        assert!(compared.wrong * 200 <= compared.persons, "{compared:?}");
        assert!(compared.missing * 50 <= compared.persons, "{compared:?}");
    }

    // Expected: of what the files say of pregnancies that still go on, all but those whose child was found.
    let own = demo.children_with_own_record();
    let mut linked: BTreeMap<&Place, BTreeSet<&str>> = BTreeMap::new();
    for link in demo.links.iter().filter(|link| link.number > 0) {
        linked.entry(&link.place).or_default().insert(&link.child);
    }
    let (mut expected, mut said_born) = (BTreeSet::new(), BTreeSet::new());
    let mut differing = Vec::new();
    for pregnancy in pregnancies(standing) {
        let place = pregnancy.record.place();
        let found = linked.get(&place).cloned().unwrap_or_default();
        let is_late = pregnancy.record.day() + 21.days() < AS_AT;
        let none =
            found.iter().any(|child| own.contains(child)) || pregnancy.has_ended_without_child() || is_late;
        let wanted = if none {
            0
        } else {
            pregnancy.fetuses - pregnancy.not_live
        };
        let without_own: BTreeSet<&str> = found.difference(&own).copied().collect();
        if without_own.len() as u64 != wanted {
            differing.push(format!(
                "{place:?} {:?}: {wanted} wanted, {} there",
                pregnancy.record.0,
                without_own.len()
            ));
        }
        if pregnancy.outcome == "LIVE_BIRTH" {
            said_born.extend(without_own);
        } else {
            expected.extend(without_own);
        }
    }
    assert!(
        differing.is_empty(),
        "{}\n{}",
        differing.len(),
        differing.join("\n")
    );
    expected.retain(|child| !said_born.contains(child));
    assert_eq!(number("of them expected, not born yet"), expected.len() as u64);

    let born = compare(of_kind(""));
    println!("all: {born:?}, {} said to be born", said_born.len());
    assert_eq!(
        number("in the dataset"),
        born.children + expected.len() as u64 + said_born.len() as u64,
        "all"
    );
    let true_persons: BTreeSet<&str> = standing
        .iter()
        .map(|record| record.0["person"].as_str())
        .filter(|person| !person.is_empty())
        .collect();
    assert_eq!(born.persons, true_persons.len() as u64, "persons");
    assert!(born.wrong * 200 <= born.persons, "{born:?}");
    assert!(born.missing * 10 <= born.persons, "{born:?}");

    let kinds = demo.kinds_of_children();
    let with = |kind: &str| kinds.values().filter(|kinds| kinds.contains(kind)).count() as u64;
    assert_eq!(number("told of by a maternity service"), with(PREGNANCIES));
    let joined = kinds.values().filter(|kinds| kinds.len() > 1).count() as u64;
    assert_eq!(number("with records of more than one kind"), joined);
    // Of persons whose records are of several kinds, most are found; nobody else is.
    let mut true_kinds: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for record in standing.iter().filter(|record| !record.0["person"].is_empty()) {
        true_kinds
            .entry(&record.0["person"])
            .or_default()
            .insert(&record.0["kind"]);
    }
    let notified: BTreeSet<(String, String)> = standing
        .iter()
        .filter(|record| record.0["payload"] == "pregnancy")
        .map(|record| (record.0["provider"].clone(), record.0["reference"].clone()))
        .collect();
    let fetuses = csv_rows(&demo.area.file("truth/pregnancies.csv"));
    for row in &fetuses {
        let pregnancy = (row["provider"].clone(), row["reference"].clone());
        if notified.contains(&pregnancy) && true_kinds.contains_key(row["person"].as_str()) {
            true_kinds.entry(&row["person"]).or_default().insert(PREGNANCIES);
        }
    }
    let truly_joined = true_kinds.values().filter(|kinds| kinds.len() > 1).count() as u64;
    println!("{joined} joined of {truly_joined}");
    assert!(joined <= truly_joined, "{joined} of {truly_joined}");
}

/// The day on which compulsory school age begins: the last of December, March or August on or after the fifth
/// birthday (Education (Start of Compulsory School Age) Order 1998).
fn school_age(birth: Date) -> Date {
    let fifth = birth + 5.years();
    let year = fifth.year();
    [date(year, 3, 31), date(year, 8, 31), date(year, 12, 31)]
        .into_iter()
        .find(|day| fifth <= *day)
        .expect("a day of the year")
}

fn check_notices(demo: &Demo, standing: &[Standing<'_>]) {
    let shown = demo.shown("Match rates of Section 23 notices");
    let child_of: BTreeMap<&Place, &Link> = demo
        .links
        .iter()
        .filter(|link| link.kind == NOTICES)
        .map(|link| (&link.place, link))
        .collect();
    let kinds = demo.kinds_of_children();
    struct Notice<'a> {
        provider: &'a str,
        child: &'a str,
        person: &'a str,
        tier: &'a str,
        opinion: Date,
        order: (Date, String),
        valid: bool,
        objection: bool,
    }
    // A notice was received when the first of its versions was.
    let mut received: BTreeMap<(&str, &str), &str> = BTreeMap::new();
    for said in demo
        .said
        .values()
        .filter(|said| said.contains_key("notification_id"))
    {
        let first = received
            .entry((&said["feed"], &said["notification_id"]))
            .or_insert(&said["received_at"]);
        *first = (*first).min(said["received_at"].as_str());
    }
    let notices: Vec<Notice<'_>> = standing
        .iter()
        .filter(|record| record.is(NOTICES))
        .map(|record| {
            let place = record.place();
            let said = &demo.said[&place];
            let link = child_of[&place];
            let birth: Option<Date> = said["birth_date"].parse().ok();
            let sent: Date = said["sent_at"][..10].parse().unwrap();
            let number = said["nhs_number"].replace(' ', "");
            let postcode = said["postcode"].replace(' ', "");
            let described = ["family_name", "given_name", "birth_date"]
                .iter()
                .all(|field| !said[*field].is_empty())
                && demo.authorities.contains_key(&postcode.to_uppercase());
            let valid = birth.is_some_and(|birth| sent < school_age(birth))
                && demo.is_ours(&postcode, &said["la_gss"])
                && (is_valid(&number) || described)
                && !said["primary_need"].is_empty()
                && !said["parent_informed_date"].is_empty();
            Notice {
                provider: &record.0["provider"],
                child: &link.child,
                person: &record.0["person"],
                tier: &link.tier,
                opinion: record.day(),
                order: (
                    received[&(said["feed"].as_str(), said["notification_id"].as_str())][..10]
                        .parse()
                        .unwrap(),
                    format!("{place:?}"),
                ),
                valid,
                objection: said["parent_objection"] == "Y",
            }
        })
        .collect();
    // One of several notices of a child by one body within a month of the first counts: one with an objection, else a
    // valid one, else the first.
    let counting = |of: fn(&Notice<'_>) -> String| -> Vec<usize> {
        let mut groups: BTreeMap<(String, &str), Vec<usize>> = BTreeMap::new();
        for (at, notice) in notices.iter().enumerate() {
            groups.entry((of(notice), notice.provider)).or_default().push(at);
        }
        let mut counting = Vec::new();
        for mut group in groups.into_values() {
            group.sort_by_key(|at| (notices[*at].opinion, notices[*at].order.clone()));
            while let Some(first) = group.first().copied() {
                let last = notices[first].opinion + 31.days();
                let (together, after): (Vec<usize>, Vec<usize>) =
                    group.into_iter().partition(|at| notices[*at].opinion <= last);
                counting.extend(
                    together
                        .into_iter()
                        .min_by_key(|at| (!notices[*at].objection, !notices[*at].valid)),
                );
                group = after;
            }
        }
        counting
    };
    let by_child = counting(|notice| notice.child.to_owned());
    let by_person = counting(|notice| notice.person.to_owned());
    assert!(
        by_child.len().abs_diff(by_person.len()) <= 2,
        "{} notices, by the truth {}",
        by_child.len(),
        by_person.len()
    );
    let rates = demo
        .area
        .run(&["match-rates", "--format", "json"])
        .expect(0)
        .rows();
    let mut true_kinds: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for record in standing {
        true_kinds
            .entry(&record.0["person"])
            .or_default()
            .insert(&record.0["kind"]);
    }
    let providers: BTreeSet<&str> = notices.iter().map(|notice| notice.provider).collect();
    for provider in providers.into_iter().chain(["all"]) {
        let of_provider: Vec<&Notice<'_>> = by_child
            .iter()
            .map(|at| &notices[*at])
            .filter(|notice| provider == "all" || notice.provider == provider)
            .collect();
        let number = |column: &str| {
            let number = shown.number(provider, column);
            number.unwrap_or_else(|| panic!("no {column} of {provider}"))
        };
        assert_eq!(
            number("Notices"),
            of_provider.len() as u64,
            "notices of {provider}"
        );
        let valid: Vec<&&Notice<'_>> = of_provider.iter().filter(|notice| notice.valid).collect();
        assert_eq!(number("Valid"), valid.len() as u64, "valid notices of {provider}");
        let eligible: Vec<&&&Notice<'_>> = valid.iter().filter(|notice| !notice.objection).collect();
        let is_matched = |notice: &&&&&Notice<'_>| kinds[notice.child].len() > 1;
        let matched: Vec<_> = eligible.iter().filter(is_matched).collect();
        assert_eq!(
            number("Matched"),
            matched.len() as u64,
            "matched notices of {provider}"
        );
        let rate = format!("{:.1}%", 100.0 * matched.len() as f64 / eligible.len() as f64);
        let row = shown.rows.iter().find(|row| row[0] == provider).unwrap();
        assert_eq!(row[4], rate, "rate of {provider}");
        for tier in ["T1", "T2", "T3", "T4"] {
            let of_tier = matched.iter().filter(|notice| notice.tier == tier).count();
            assert_eq!(number(tier), of_tier as u64, "{tier} of {provider}");
        }
        let to_find = eligible
            .iter()
            .filter(|notice| true_kinds[notice.person].len() > 1)
            .count();
        println!("{provider}: {} notices matched, {to_find} to find", matched.len());

        // What is shown beyond the overview.
        let messages: Vec<&Notice<'_>> = notices
            .iter()
            .filter(|notice| provider == "all" || notice.provider == provider)
            .collect();
        let repeated = messages.len() - of_provider.len();
        let late = of_provider
            .iter()
            .filter(|notice| notice.opinion + 28.days() < notice.order.0)
            .count();
        let taken_back = demo
            .last_versions()
            .iter()
            .filter(|(feed, _, row)| {
                let body = feed.strip_prefix("s23-").map(str::to_uppercase);
                row.is_none() && body.is_some_and(|body| provider == "all" || body == provider)
            })
            .count();
        for (measure, count, out_of) in [
            ("N01", of_provider.len(), None),
            ("N01w", taken_back, None),
            ("N02", valid.len(), Some(of_provider.len())),
            ("N03", repeated, Some(messages.len())),
            ("N04", late, Some(of_provider.len())),
            ("N05", matched.len(), Some(eligible.len())),
        ] {
            let rate = rates
                .iter()
                .find(|rate| {
                    let whose = rate["provider"].as_str().unwrap_or("all");
                    let whole = ["feed", "area", "month", "tier", "reason"];
                    rate["measure"] == measure
                        && whose == provider
                        && whole.iter().all(|part| rate[*part].is_null())
                })
                .unwrap_or_else(|| panic!("no {measure} of {provider}"));
            assert_eq!(rate["numerator"], count, "{measure} of {provider}: {rate}");
            let out_of = out_of.map_or(serde_json::Value::Null, |out_of| out_of.into());
            assert_eq!(rate["denominator"], out_of, "{measure} of {provider}: {rate}");
        }
        // A child of whom only a notification of the pregnancy is known besides is found by its mother's number.
        assert!(matched.len() * 10 >= to_find * 8, "{provider}");
    }
}

/// Domains whose score lies below its cut-off.
fn below(asq3: &str) -> Option<usize> {
    let mut parts = asq3.split_whitespace();
    let months = parts.next()?;
    let (_, cut_offs) = CUT_OFFS
        .iter()
        .find(|(of, _)| *of == months)
        .unwrap_or_else(|| panic!("no cut-offs of {months} months"));
    let below = parts
        .zip(cut_offs)
        .filter(|(score, cut_off)| score.parse::<f64>().unwrap() < **cut_off);
    Some(below.count())
}

fn check_early(demo: &Demo, standing: &[Standing<'_>]) {
    let shown = demo.shown("Reviews and pregnancies");
    let links: BTreeMap<&Place, &Link> = demo
        .links
        .iter()
        .filter(|link| link.number == 0)
        .map(|link| (&link.place, link))
        .collect();
    let kinds = demo.kinds_of_children();
    let mut opinions: BTreeMap<&str, Date> = BTreeMap::new();
    for record in standing.iter().filter(|record| record.is(NOTICES)) {
        let first = opinions
            .entry(&links[&record.place()].child)
            .or_insert(record.day());
        *first = (*first).min(record.day());
    }
    let mut concerns_of_all: BTreeMap<&str, Date> = BTreeMap::new();
    for provider in ["N9V", "R9K", "all"] {
        let (mut reviews, mut matched) = (0, 0);
        let mut concerns: BTreeMap<&str, Date> = BTreeMap::new();
        for record in standing.iter().filter(|record| record.is(REVIEWS)) {
            let place = record.place();
            let said = &demo.said[&place];
            let has = |field: &str| !said[field].is_empty();
            let postcode = said["postcode"].replace(' ', "").to_uppercase();
            let is_placed = demo.authorities.contains_key(&postcode);
            let named = has("family_name") && has("given_name");
            let valid = demo.is_ours(&postcode, "")
                && (is_valid(&said["nhs_number"].replace(' ', ""))
                    || is_placed && has("birth_date") && (named || said["sex"] != "U"));
            if !valid || provider != "all" && record.0["provider"] != provider {
                continue;
            }
            let child = links[&place].child.as_str();
            reviews += 1;
            matched += u64::from(kinds[child].len() > 1);
            if record.day() + 90.days() <= AS_AT && below(&said["asq3"]).is_some_and(|below| below > 0) {
                let first = concerns.entry(child).or_insert(record.day());
                *first = (*first).min(record.day());
            }
        }
        let unnotified = concerns
            .iter()
            .filter(|(child, review)| {
                opinions
                    .get(*child)
                    .is_none_or(|opinion| **review + 90.days() < *opinion)
            })
            .count() as u64;
        assert_eq!(
            shown.number(provider, "Reviews"),
            Some(reviews),
            "reviews of {provider}"
        );
        assert_eq!(
            shown.number(provider, "Matched"),
            Some(matched),
            "matched of {provider}"
        );
        assert_eq!(
            shown.number(provider, "With concern"),
            Some(concerns.len() as u64),
            "reviews with concern of {provider}"
        );
        assert_eq!(
            shown.number(provider, "No notice"),
            Some(unnotified),
            "no notice of {provider}"
        );
        concerns_of_all.extend(concerns);
    }
    assert!(!concerns_of_all.is_empty());

    // Pregnancies of one mother whose due months are the same or neighbours are one.
    let own = demo.children_with_own_record();
    let mut linked: BTreeMap<Place, BTreeSet<&str>> = BTreeMap::new();
    for link in demo.links.iter().filter(|link| link.number > 0) {
        linked.entry(link.place.clone()).or_default().insert(&link.child);
    }
    let pregnancies = pregnancies(standing);
    for provider in ["R9H", "R9M", "all"] {
        let (mut expected, mut born) = (0, 0);
        for pregnancy in &pregnancies {
            let row = pregnancy.record.0;
            let is_of = provider == "all" || row["provider"] == provider;
            let due = pregnancy.record.day().last_of_month() + 84.days();
            let authority = demo
                .authorities
                .get(&row["postcode"].replace(' ', "").to_uppercase());
            let is_elsewhere = authority.is_some_and(|authority| authority != OURS);
            if !is_of || is_elsewhere || pregnancy.has_ended_without_child() || due > AS_AT {
                continue;
            }
            let found = linked.get(&pregnancy.record.place()).cloned().unwrap_or_default();
            let found = found.intersection(&own).count() as u64;
            expected += (pregnancy.fetuses - pregnancy.not_live).max(found);
            born += found;
        }
        assert_eq!(
            shown.number(provider, "Expected"),
            Some(expected),
            "expected of {provider}"
        );
        assert_eq!(
            shown.number(provider, "Found born"),
            Some(born),
            "born of {provider}"
        );
    }
}

/// The page for a browser shows what the terminal shows.
fn check_page(demo: &Demo) {
    let page = fs::read_to_string(demo.area.file("reports/summary.html")).unwrap();
    for (id, heading) in [
        ("deliveries", "Deliveries"),
        ("feeds", "Feeds"),
        ("children", "Children"),
        ("rates", "Match rates of Section 23 notices"),
        ("early", "Reviews and pregnancies"),
    ] {
        let (_, table) = page
            .split_once(&format!("<caption id=\"{id}\">"))
            .expect("the table");
        let (table, _) = table.split_once("</tbody>").expect("an end");
        let (_, body) = table.split_once("<tbody>").expect("rows");
        let rows: Vec<Vec<String>> = body.split("<tr>").skip(1).map(cells).collect();
        assert_eq!(rows, demo.shown(heading).rows, "{heading}");
    }
}

/// The cells of a row of a page.
fn cells(row: &str) -> Vec<String> {
    let ends = row.replace("</th>", "</td>");
    let (cells, _) = ends.rsplit_once("</td>").expect("a cell");
    cells
        .split("</td>")
        .map(|cell| cell.rsplit_once('>').map_or("", |(_, text)| text).to_owned())
        .collect()
}

#[test]
fn every_count_of_the_summary_agrees_with_the_truth() {
    let demo = demo();
    let standing = demo.standing();
    check_page(&demo);
    check_deliveries(&demo);
    check_feeds(&demo, &standing);
    check_children(&demo, &standing);
    check_notices(&demo, &standing);
    check_early(&demo, &standing);
}
