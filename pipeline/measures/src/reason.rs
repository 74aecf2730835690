//! Why a notice, a review, a birth or a pregnancy is not matched: reasons R01 to R11.
//!
//! The order in which they are tried and the words that people read are data,
//! `mappings/measures/reasons.toml`; the conditions are here. The file's examples are this module's tests.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    str::FromStr,
};

use records::IdentifierState;
use serde::Deserialize;

use crate::{
    notice::{Stated, Tier},
    unmatched::Item,
    validity::{self, Residence},
};

/// The reasons that come with the program.
const REASONS: &str = include_str!("../../../mappings/measures/reasons.toml");

/// Why a notice is not matched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// No NHS number, and not enough else.
    R01,
    /// An NHS number that fails its check.
    R02,
    /// A valid NHS number that is on no other record.
    R03,
    /// Names, birth date and postcode, but no candidate.
    R04,
    /// A person must choose among candidates.
    R05,
    /// The NHS number agrees with a record whose other details conflict.
    R06,
    /// Lives in another area.
    R07,
    /// Over compulsory school age.
    R08,
    /// A duplicate.
    R09,
    /// Parent not informed, or an objection.
    R10,
    /// The whole file cannot be compared.
    R11,
}

impl Reason {
    /// Every reason, by number; the order tried is [`Reasons::rows`]'s.
    pub const ALL: [Reason; 11] = [
        Reason::R01,
        Reason::R02,
        Reason::R03,
        Reason::R04,
        Reason::R05,
        Reason::R06,
        Reason::R07,
        Reason::R08,
        Reason::R09,
        Reason::R10,
        Reason::R11,
    ];

    /// The code.
    pub const fn as_str(self) -> &'static str {
        match self {
            Reason::R01 => "R01",
            Reason::R02 => "R02",
            Reason::R03 => "R03",
            Reason::R04 => "R04",
            Reason::R05 => "R05",
            Reason::R06 => "R06",
            Reason::R07 => "R07",
            Reason::R08 => "R08",
            Reason::R09 => "R09",
            Reason::R10 => "R10",
            Reason::R11 => "R11",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Reason {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Reason::ALL
            .into_iter()
            .find(|reason| reason.as_str() == text)
            .ok_or_else(|| "not a reason from R01 to R11".to_owned())
    }
}

/// One reason as people read it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReasonRow {
    /// Which.
    #[serde(deserialize_with = "reason_code")]
    pub id: Reason,
    /// A few words for a table.
    pub title: String,
    /// What it means.
    pub means: String,
    /// What to do about it.
    pub todo: String,
    /// Who should: `sender`, `local authority`, `nobody`.
    pub who: String,
    /// What to do once the notice has been open for `late_after_days`.
    #[serde(default)]
    pub todo_late: Option<String>,
    /// Days open from which `todo_late` takes the place of `todo`.
    #[serde(default)]
    pub late_after_days: Option<i32>,
    /// What differs where the record is no notice.
    #[serde(default)]
    other: BTreeMap<Item, Words>,
    #[serde(default)]
    examples: Vec<toml::Table>,
}

/// The words of a reason for another sort of record than a notice.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Words {
    title: Option<String>,
    todo: String,
    /// Of a pregnancy of which a live birth is recorded.
    #[serde(default)]
    todo_born: Option<String>,
    who: String,
    /// As `todo_born`.
    #[serde(default)]
    who_born: Option<String>,
}

impl ReasonRow {
    /// A few words for a table, of a sort of record.
    pub fn title_of(&self, item: Item) -> &str {
        let other = self.other.get(&item).and_then(|words| words.title.as_deref());
        other.unwrap_or(&self.title)
    }

    /// Who should do something about a sort of record.
    pub fn who_of(&self, item: Item) -> &str {
        self.other.get(&item).map_or(&self.who, |words| &words.who)
    }

    /// What to do about a sort of record that has been open for so many days.
    pub fn todo_after(&self, item: Item, days_open: i32) -> &str {
        if let Some(words) = self.other.get(&item) {
            return &words.todo;
        }
        match (&self.todo_late, self.late_after_days) {
            (Some(todo), Some(days)) if days_open >= days => todo,
            _ => &self.todo,
        }
    }

    /// What to do, and who should, about a pregnancy of which a live birth is recorded, though no record of the
    /// child came.
    pub fn once_born(&self) -> (&str, &str) {
        let words = self.other.get(&Item::Pregnancy);
        let todo = words.and_then(|words| words.todo_born.as_deref());
        let who = words.and_then(|words| words.who_born.as_deref());
        (
            todo.unwrap_or_else(|| self.todo_after(Item::Pregnancy, 0)),
            who.unwrap_or_else(|| self.who_of(Item::Pregnancy)),
        )
    }

    /// The examples that stand beside the reason.
    pub fn examples(&self) -> &[toml::Table] {
        &self.examples
    }
}

/// The reasons in the order in which they are tried.
#[derive(Clone, Debug)]
pub struct Reasons(Vec<ReasonRow>);

/// The table of reasons cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ReasonsError {
    /// Not the TOML that is expected. The text names line and column.
    #[error("the table of reasons: {0}")]
    Toml(#[from] toml::de::Error),
    /// A reason stands twice.
    #[error("the table of reasons has {0} twice")]
    Twice(Reason),
    /// A reason is missing, so that a notice could be left without one.
    #[error("the table of reasons lacks {0}")]
    Missing(Reason),
}

impl Reasons {
    /// The table that comes with the program.
    ///
    /// # Errors
    /// [`ReasonsError`] where it is malformed, which a test rules out.
    pub fn built_in() -> Result<Self, ReasonsError> {
        Reasons::parse(REASONS)
    }

    /// Reads a table of one's own: other words or another order, but every reason once.
    ///
    /// # Errors
    /// [`ReasonsError`], naming the place or the reason.
    pub fn parse(text: &str) -> Result<Self, ReasonsError> {
        let file: File = toml::from_str(text)?;
        let mut seen = BTreeSet::new();
        for row in &file.reason {
            if !seen.insert(row.id) {
                return Err(ReasonsError::Twice(row.id));
            }
        }
        match Reason::ALL.into_iter().find(|reason| !seen.contains(reason)) {
            Some(missing) => Err(ReasonsError::Missing(missing)),
            None => Ok(Reasons(file.reason)),
        }
    }

    /// The reasons, in the order in which they are tried.
    pub fn rows(&self) -> &[ReasonRow] {
        &self.0
    }

    /// The words of one reason.
    pub fn row(&self, reason: Reason) -> Option<&ReasonRow> {
        self.0.iter().find(|row| row.id == reason)
    }

    /// The first reason in the table's order that fits.
    pub(crate) fn first(&self, case: &Case) -> Reason {
        let fits = |&reason: &Reason| fits(reason, case);
        // The table holds every reason, so one that fits is found; it would be the one by keys at the latest.
        self.0
            .iter()
            .map(|row| row.id)
            .find(fits)
            .unwrap_or_else(|| by_keys(case))
    }
}

/// What decides the reason of one unmatched record. What only a notice can be is false for the others.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Case {
    pub comparable: bool,
    /// Whether the parent was not informed, or objects.
    pub parent_objects: bool,
    pub duplicate: bool,
    pub over_age: bool,
    pub residence: Residence,
    /// Whether the NHS number met a conflict.
    pub conflict: bool,
    pub tier: Tier,
    pub nhs_number: IdentifierState,
    /// Whether the record names its person without an NHS number.
    pub described: bool,
}

impl Case {
    /// The case of a notice, for what it says itself: no duplicate, not over age, ours.
    pub(crate) fn of(stated: &Stated) -> Self {
        Case {
            comparable: stated.comparable,
            parent_objects: !stated.parent_informed || stated.parent_objection,
            duplicate: false,
            over_age: false,
            residence: Residence::Ours,
            conflict: stated.link.conflict,
            tier: stated.link.tier,
            nhs_number: stated.identifiers.nhs_number,
            described: validity::is_described(&stated.identifiers),
        }
    }
}

fn fits(reason: Reason, case: &Case) -> bool {
    match reason {
        Reason::R11 => !case.comparable,
        Reason::R10 => case.parent_objects,
        Reason::R09 => case.duplicate,
        Reason::R08 => case.over_age,
        Reason::R07 => case.residence == Residence::Elsewhere,
        Reason::R06 => case.conflict,
        Reason::R05 => matches!(case.tier, Tier::Tx | Tier::T4r),
        Reason::R01 | Reason::R02 | Reason::R03 | Reason::R04 => by_keys(case) == reason,
    }
}

/// Exactly one of R01 to R04 holds for any record, by the identifiers that it bears.
fn by_keys(case: &Case) -> Reason {
    match case.nhs_number {
        IdentifierState::Invalid => Reason::R02,
        IdentifierState::Valid => Reason::R03,
        // A stand-in such as 0000000000 is no number.
        IdentifierState::Absent | IdentifierState::Placeholder if case.described => Reason::R04,
        IdentifierState::Absent | IdentifierState::Placeholder => Reason::R01,
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(rename = "version")]
    _version: String,
    reason: Vec<ReasonRow>,
}

fn reason_code<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Reason, D::Error> {
    String::deserialize(deserializer)?
        .parse()
        .map_err(serde::de::Error::custom)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::stated;

    /// What an example may state, and how it changes a sound notice.
    fn reason_of(example: &toml::Table, reasons: &Reasons) -> Reason {
        let mut stated = stated();
        let (mut duplicate, mut over_age, mut residence) = (false, false, Residence::Ours);
        let state = |value: &toml::Value| match value.as_str() {
            Some("absent") => IdentifierState::Absent,
            Some("invalid") => IdentifierState::Invalid,
            Some("placeholder") => IdentifierState::Placeholder,
            other => panic!("not the state of an identifier: {other:?}"),
        };
        for (key, value) in example {
            let flag = value.as_bool();
            match key.as_str() {
                "comparable" => stated.comparable = flag.expect("a flag"),
                "parent_informed" => stated.parent_informed = flag.expect("a flag"),
                "objection" => stated.parent_objection = flag.expect("a flag"),
                "conflict" => stated.link.conflict = flag.expect("a flag"),
                "duplicate" => duplicate = flag.expect("a flag"),
                "over_age" => over_age = flag.expect("a flag"),
                "residence" if value.as_str() == Some("elsewhere") => residence = Residence::Elsewhere,
                "tier" => stated.link.tier = value.as_str().and_then(|t| t.parse().ok()).expect("a tier"),
                "nhs_number" => stated.identifiers.nhs_number = state(value),
                "postcode" => stated.identifiers.postcode = state(value),
                "forename" => stated.identifiers.forename = state(value),
                other => panic!("an example states {other}, which no input is called"),
            }
        }
        reasons.first(&Case {
            duplicate,
            over_age,
            residence,
            ..Case::of(&stated)
        })
    }

    #[test]
    fn the_examples_of_the_table_hold() {
        let reasons = Reasons::built_in().expect("well formed");
        for row in reasons.rows() {
            assert!(!row.examples().is_empty(), "{} has no example", row.id);
            for example in row.examples() {
                assert_eq!(reason_of(example, &reasons), row.id, "{example}");
            }
        }
    }

    #[test]
    fn the_order_is_the_tables() {
        // Out of area and over age: the built-in order says R08; with R07 moved to the front it is R07.
        let built_in = Reasons::built_in().expect("well formed");
        let example: toml::Table =
            toml::from_str("over_age = true\nresidence = \"elsewhere\"").expect("TOML");
        assert_eq!(reason_of(&example, &built_in), Reason::R08);
        let mut rows = built_in.rows().to_vec();
        rows.sort_by_key(|row| row.id != Reason::R07);
        assert_eq!(reason_of(&example, &Reasons(rows)), Reason::R07);
    }

    #[test]
    fn a_table_must_hold_every_reason_once() {
        let without = REASONS.replace("id = \"R05\"", "id = \"R04\"");
        assert!(matches!(
            Reasons::parse(&without),
            Err(ReasonsError::Twice(Reason::R04))
        ));
        let cut = &REASONS[..REASONS.find("[[reason]]\nid = \"R01\"").expect("the last reason")];
        assert!(matches!(
            Reasons::parse(cut),
            Err(ReasonsError::Missing(Reason::R01))
        ));
        let unknown = REASONS.replace("id = \"R05\"", "id = \"R12\"");
        assert!(matches!(Reasons::parse(&unknown), Err(ReasonsError::Toml(_))));
    }

    #[test]
    fn what_to_do_changes_with_time() {
        let reasons = Reasons::built_in().expect("well formed");
        let waiting = reasons.row(Reason::R03).expect("every reason");
        assert_eq!(waiting.todo_after(Item::Notice, 89), waiting.todo);
        assert_eq!(
            Some(waiting.todo_after(Item::Notice, 90)),
            waiting.todo_late.as_deref()
        );
        assert_ne!(waiting.todo_after(Item::Pregnancy, 90), waiting.todo);
        assert_eq!(waiting.title_of(Item::Review), waiting.title);
    }
}
