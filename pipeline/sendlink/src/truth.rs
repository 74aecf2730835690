//! The links of a made-up area beside its truth, which no night reads.
//!
//! Each record of the vault says in which file and line it stood, and `truth/records.csv` says who stands there. A
//! record is **matched** if its child holds a record of another kind, **right** if all that its child holds of other
//! kinds is of the same person, and **to be found** if another kind holds anything of its person at all.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use dataset::PlacedRecord;
use linkage::Tier;
use records::Kind;
use reports::{Cell, Column, Table};
use serde::Deserialize;

use crate::exit::{Exit, Failure};

/// Who stands where, by feed, file and line.
#[derive(Debug)]
pub struct Truth(BTreeMap<(String, String, u64), String>);

#[derive(Deserialize)]
struct Row {
    feed: String,
    file: String,
    line: u64,
    person: String,
}

impl Truth {
    /// Reads the truth of a made-up area from its folder.
    ///
    /// # Errors
    /// Exit code 65 where the folder holds none.
    pub fn read(folder: &Path) -> Result<Self, Failure> {
        let path = folder.join("records.csv");
        let wrong = |error: csv::Error| {
            // The error of the reader may quote a cell.
            let what = match error.kind() {
                csv::ErrorKind::Io(error) => error.to_string(),
                _ => "not the truth of a made-up area".to_owned(),
            };
            Failure::new(Exit::NoInput, format!("{}: {what}", path.display()))
        };
        let mut persons = BTreeMap::new();
        for row in csv::Reader::from_path(&path).map_err(wrong)?.into_deserialize() {
            let Row {
                feed,
                file,
                line,
                person,
            } = row.map_err(wrong)?;
            let name = file.rsplit('/').next().unwrap_or(&file).to_owned();
            persons.insert((feed, name, line), person);
        }
        Ok(Truth(persons))
    }

    fn person(&self, record: &PlacedRecord) -> Option<&str> {
        let place = (
            record.feed.clone(),
            record.location.file.clone(),
            record.location.line?,
        );
        self.0.get(&place).map(String::as_str)
    }

    /// How the links of these records stand beside the truth, by kind and tier.
    ///
    /// # Errors
    /// Exit code 65 where a record stands in no place that the truth knows: it is of another area.
    pub fn compare(&self, records: &[PlacedRecord]) -> Result<Table<8>, Failure> {
        let mut told = Vec::with_capacity(records.len());
        for record in records {
            let person = self.person(record).ok_or_else(|| {
                Failure::new(
                    Exit::NoInput,
                    format!(
                        "the truth does not know a record of feed {}: it is of another area",
                        record.feed
                    ),
                )
            })?;
            told.push((record, person));
        }
        let mut of_child: BTreeMap<_, BTreeSet<(Kind, &str)>> = BTreeMap::new();
        let mut kinds_of_person: BTreeMap<&str, BTreeSet<Kind>> = BTreeMap::new();
        for (record, person) in &told {
            of_child
                .entry(record.child_id)
                .or_default()
                .insert((record.kind, person));
            kinds_of_person.entry(person).or_default().insert(record.kind);
        }
        let mut counts: BTreeMap<(Kind, Tier), Counts> = BTreeMap::new();
        for (record, person) in &told {
            let others = || {
                of_child
                    .get(&record.child_id)
                    .into_iter()
                    .flatten()
                    .filter(|(kind, _)| *kind != record.kind)
            };
            let counts = counts.entry((record.kind, record.tier)).or_default();
            let matched = others().next().is_some();
            let right = matched && others().all(|(_, other)| other == person);
            let to_find = kinds_of_person
                .get(person)
                .is_some_and(|kinds| kinds.iter().any(|kind| *kind != record.kind));
            counts.matched += u64::from(matched);
            counts.right += u64::from(right);
            counts.to_find += u64::from(to_find);
            counts.found += u64::from(to_find && right);
        }
        Ok(table(&counts))
    }
}

/// Records of one kind and tier.
#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    matched: u64,
    right: u64,
    to_find: u64,
    found: u64,
}

impl Counts {
    fn add(&mut self, other: Counts) {
        self.matched += other.matched;
        self.right += other.right;
        self.to_find += other.to_find;
        self.found += other.found;
    }
}

/// By kind: a row for each exact tier; one for T4 with what was left to it, that is what no identifier joined; one
/// for all.
fn table(counts: &BTreeMap<(Kind, Tier), Counts>) -> Table<8> {
    let mut table = Table::new([
        Column::new("kind").titled("Kind"),
        Column::new("tier").titled("Tier"),
        Column::new("matched").titled("Matched").right(),
        Column::new("right").titled("Right").right(),
        Column::new("precision").titled("Precision").right(),
        Column::new("to_find").titled("To find").right(),
        Column::new("found").titled("Found").right(),
        Column::new("recall").titled("Recall").right(),
    ]);
    for kind in Kind::ALL {
        let of = |tier| counts.get(&(kind, tier)).copied().unwrap_or_default();
        let (mut all, mut left) = (Counts::default(), Counts::default());
        for tier in Tier::ALL {
            all.add(of(tier));
            if !matches!(tier, Tier::T1 | Tier::T1d | Tier::T2 | Tier::T3) {
                left.add(of(tier));
            }
        }
        let mut push = |tier: &str, precision: Counts, recall: Option<Counts>| {
            table.push([
                kind.into(),
                tier.into(),
                precision.matched.into(),
                precision.right.into(),
                share(precision.right, precision.matched),
                recall.map_or(Cell::Blank, |recall| recall.to_find.into()),
                recall.map_or(Cell::Blank, |recall| recall.found.into()),
                recall.map_or(Cell::Blank, |recall| share(recall.found, recall.to_find)),
            ]);
        };
        for tier in [Tier::T1, Tier::T1d, Tier::T2, Tier::T3] {
            // Few areas have digests.
            if tier == Tier::T1d && of(tier).matched == 0 {
                continue;
            }
            push(tier.as_str(), of(tier), None);
        }
        push(Tier::T4.as_str(), of(Tier::T4), Some(left));
        push("all", all, Some(all));
    }
    table
}

/// A share to four places; blank of nothing.
fn share(part: u64, whole: u64) -> Cell {
    if whole == 0 {
        return Cell::Blank;
    }
    Cell::number(part as f64 / whole as f64, 4)
}
