//! The demonstration after its night, with its truth.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::{Date, date};
use sendlink_tests::{
    Area,
    page::{Shown, tables},
    stated::csv_rows,
};

use crate::files::entries;

/// The day that the demonstration is about.
pub(crate) const AS_AT: Date = date(2026, 11, 16);
/// The county that the area is.
pub(crate) const OURS: &str = "E10000012";
pub(crate) const NOTICES: &str = "section23";
pub(crate) const PREGNANCIES: &str = "pregnancy";
pub(crate) const REVIEWS: &str = "two-year-review";
pub(crate) const CENSUS: &str = "school-census";

pub(crate) type Row = BTreeMap<String, String>;
/// Feed, file and line.
pub(crate) type Place = (String, String, String);

/// The demonstration after its night.
pub(crate) struct Demo {
    pub(crate) area: Area,
    pub(crate) page: BTreeMap<String, Shown>,
    /// Every row of a file that is about a record.
    pub(crate) records: Vec<Row>,
    /// What is true of notices and reviews, by place.
    pub(crate) said: BTreeMap<Place, Row>,
    pub(crate) links: Vec<Link>,
    /// The authority of each postcode: its county, else itself.
    pub(crate) authorities: BTreeMap<String, String>,
}

/// A record's link to a child, as the vault has it.
pub(crate) struct Link {
    pub(crate) child: String,
    /// 0 of a record about one child; of a notified pregnancy the place of the child.
    pub(crate) number: u64,
    pub(crate) tier: String,
    pub(crate) kind: String,
    pub(crate) place: Place,
}

/// A record that stands.
#[derive(Clone, Copy)]
pub(crate) struct Standing<'a>(pub(crate) &'a Row);

impl Standing<'_> {
    pub(crate) fn is(&self, kind: &str) -> bool {
        self.0["kind"] == kind
    }

    pub(crate) fn place(&self) -> Place {
        place(self.0)
    }

    pub(crate) fn day(&self) -> Date {
        self.0["day"].parse().expect("a day")
    }
}

/// A file is known by its name alone: no two of a feed are called the same.
pub(crate) fn place(row: &Row) -> Place {
    let name = row["file"].rsplit('/').next().expect("a name");
    (row["feed"].clone(), name.to_owned(), row["line"].clone())
}

pub(crate) fn demo() -> Demo {
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
    pub(crate) fn last_versions(&self) -> Vec<(&str, &str, Option<&Row>)> {
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
    pub(crate) fn standing(&self) -> Vec<Standing<'_>> {
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
    pub(crate) fn last_submissions(&self) -> BTreeMap<(String, String), String> {
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
    pub(crate) fn is_ours(&self, postcode: &str, stated: &str) -> bool {
        let found = self.authorities.get(&postcode.replace(' ', "").to_uppercase());
        found.map_or(stated, String::as_str) == OURS
    }

    pub(crate) fn shown(&self, heading: &str) -> &Shown {
        self.page
            .get(heading)
            .unwrap_or_else(|| panic!("no table {heading}: {:?}", self.page.keys()))
    }

    /// The children with a record of their own, by kind.
    pub(crate) fn kinds_of_children(&self) -> BTreeMap<&str, BTreeSet<&str>> {
        let mut kinds: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for link in &self.links {
            kinds.entry(&link.child).or_default().insert(&link.kind);
        }
        kinds
    }

    pub(crate) fn children_with_own_record(&self) -> BTreeSet<&str> {
        let own = self.links.iter().filter(|link| link.number == 0);
        own.map(|link| link.child.as_str()).collect()
    }
}
