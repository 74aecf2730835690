//! Findings as they are stored and read: where and what, never a value.

use std::collections::BTreeSet;

use records::{Finding, Kind, Location, finding::Effect};

use crate::{
    Store, StoreError,
    sql::{Row, Tx, Value},
};

/// Findings that are loaded at a time.
const BATCH: usize = 5_000;

const COLUMNS: [&str; 10] = [
    "delivery",
    "number",
    "rule",
    "effect",
    "file",
    "sheet",
    "line",
    "col",
    "header",
    "row_count",
];

/// Which findings to read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FindingFilter {
    /// Only of this feed.
    pub feed: Option<String>,
    /// Only of deliveries with a verdict in this run.
    pub run: Option<i64>,
    /// Only of this delivery.
    pub delivery: Option<i64>,
}

/// A finding as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FindingRow {
    /// The delivery's number in the ledger.
    pub delivery: i64,
    /// The delivery's label.
    pub label: String,
    /// The feed.
    pub feed: String,
    /// The kind of its records.
    pub kind: Kind,
    /// Who sent it.
    pub provider: String,
    /// Id of the rule.
    pub rule: String,
    /// What is wrong.
    pub wrong: String,
    /// How to mend it.
    pub remedy: String,
    /// Where the rule comes from.
    pub source: String,
    /// What it cost.
    pub effect: Effect,
    /// Where.
    pub location: Location,
    /// How many rows share it.
    pub rows: u64,
}

/// How often a rule was broken in a feed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleCount {
    /// The feed.
    pub feed: String,
    /// Id of the rule.
    pub rule: String,
    /// What is wrong.
    pub wrong: String,
    /// What it cost.
    pub effect: Effect,
    /// How many rows.
    pub rows: u64,
}

/// Findings of readings in force; a blank filter lets all through.
const FINDINGS: &str = "
    select f.delivery, d.label, d.feed, d.kind, d.provider, f.rule, u.wrong, u.remedy, u.source, f.effect,
           f.file, f.sheet, f.line, f.col, f.header, f.row_count
      from finding f join delivery d on d.id = f.delivery join rule u on u.id = f.rule
     where d.in_force = 1 and coalesce($1, d.feed) = d.feed and coalesce($2, d.run) = d.run
       and coalesce($3, d.id) = d.id
     order by f.delivery, f.file, f.sheet nulls first, f.line nulls first, f.col nulls first, f.number";

impl Store {
    /// The findings of the current readings of deliveries, in the order of delivery, file and line. An earlier
    /// reading through a mapping that was mended since is left out.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn findings(&self, filter: &FindingFilter) -> Result<Vec<FindingRow>, StoreError> {
        let mut tx = self.read("read the findings").await?;
        tx.all(FINDINGS, filter.values(), read_finding).await
    }

    /// The same findings counted by feed, rule and effect.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn finding_counts(&self, filter: &FindingFilter) -> Result<Vec<RuleCount>, StoreError> {
        let mut tx = self.read("read the findings").await?;
        tx.all(
            "select d.feed, f.rule, u.wrong, f.effect, cast(sum(f.row_count) as bigint)
               from finding f join delivery d on d.id = f.delivery join rule u on u.id = f.rule
              where d.in_force = 1 and coalesce($1, d.feed) = d.feed and coalesce($2, d.run) = d.run
                and coalesce($3, d.id) = d.id
              group by d.feed, f.rule, u.wrong, f.effect order by d.feed, f.rule, f.effect",
            filter.values(),
            |row| {
                Ok(RuleCount {
                    feed: row.text(0)?,
                    rule: row.text(1)?,
                    wrong: row.text(2)?,
                    effect: effect(&row.text(3)?)?,
                    rows: row.count(4)?,
                })
            },
        )
        .await
    }
}

impl FindingFilter {
    fn values(&self) -> [Value; 3] {
        [self.feed.clone().into(), self.run.into(), self.delivery.into()]
    }
}

/// Puts findings in place of those that a reading had before.
pub(crate) async fn replace(
    tx: &mut Tx,
    delivery: i64,
    findings: impl Iterator<Item = Finding>,
) -> Result<u64, StoreError> {
    tx.execute("delete from finding where delivery = $1", [delivery.into()])
        .await?;
    let mut findings = findings.fuse();
    let mut rules = BTreeSet::new();
    let mut number: i64 = 0;
    loop {
        let batch: Vec<Finding> = findings.by_ref().take(BATCH).collect();
        if batch.is_empty() {
            return u64::try_from(number).map_err(|_| StoreError::Corrupt {
                what: "a count of findings",
            });
        }
        for finding in &batch {
            if rules.insert(finding.rule.id) {
                let rule = finding.rule;
                tx.execute(
                    "insert into rule (id, wrong, remedy, source) values ($1, $2, $3, $4)
                     on conflict (id) do update
                        set wrong = excluded.wrong, remedy = excluded.remedy, source = excluded.source",
                    [
                        rule.id.into(),
                        rule.wrong.into(),
                        rule.remedy.into(),
                        rule.source.into(),
                    ],
                )
                .await?;
            }
        }
        let rows = batch
            .into_iter()
            .map(|finding| {
                number += 1;
                let Location {
                    file,
                    sheet,
                    line,
                    column,
                    header,
                } = finding.location;
                vec![
                    delivery.into(),
                    number.into(),
                    finding.rule.id.into(),
                    finding.effect.as_str().into(),
                    file.into(),
                    sheet.into(),
                    Value::Integer(line.and_then(|line| i64::try_from(line).ok())),
                    Value::Integer(column.map(i64::from)),
                    header.into(),
                    Value::Integer(i64::try_from(finding.rows).ok()),
                ]
            })
            .collect();
        tx.bulk("finding", &COLUMNS, rows).await?;
    }
}

fn read_finding(row: &Row) -> Result<FindingRow, StoreError> {
    Ok(FindingRow {
        delivery: row.integer(0)?,
        label: row.text(1)?,
        feed: row.text(2)?,
        kind: row.parsed(3)?,
        provider: row.text(4)?,
        rule: row.text(5)?,
        wrong: row.text(6)?,
        remedy: row.text(7)?,
        source: row.text(8)?,
        effect: effect(&row.text(9)?)?,
        location: Location {
            file: row.text(10)?,
            sheet: row.optional_text(11)?,
            line: row
                .optional_integer(12)?
                .and_then(|line| u64::try_from(line).ok()),
            column: row
                .optional_integer(13)?
                .and_then(|column| u32::try_from(column).ok()),
            header: row.optional_text(14)?,
        },
        rows: row.count(15)?,
    })
}

fn effect(code: &str) -> Result<Effect, StoreError> {
    [
        Effect::Accepted,
        Effect::BlankedValue,
        Effect::QuarantinedRow,
        Effect::RefusedDelivery,
    ]
    .into_iter()
    .find(|effect| effect.as_str() == code)
    .ok_or(StoreError::Corrupt {
        what: "the effect of a finding",
    })
}
