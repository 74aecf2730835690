//! What people are asked about linkage, and what they answered.
//!
//! A doubt is named by the smallest records of the two children. Every person may answer once, without seeing what
//! others answered. What most of those say who are sure is a decision as any other (see [`decisions`](crate::decisions))
//! and is replayed every night; where as many say the one as the other there is none.

use std::collections::BTreeMap;

use jiff::civil::Date;
use linkage::{Asked, Comparison, Doubt, RecordId};
use records::Kind;
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::{
    DecisionKind, Lease, NewDecision, Run, Side, Store, StoreError, audit, decisions,
    sql::{Row, Tx, Value},
};

/// What a person answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Answer {
    /// The two are one child.
    Same,
    /// They are two children.
    Different,
    /// What is shown does not say.
    Unsure,
}

impl Answer {
    /// Every answer.
    pub const ALL: [Answer; 3] = [Answer::Same, Answer::Different, Answer::Unsure];

    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Answer::Same => "same",
            Answer::Different => "different",
            Answer::Unsure => "unsure",
        }
    }

    /// The answer with this word.
    pub fn from_code(code: &str) -> Option<Self> {
        Answer::ALL.into_iter().find(|answer| answer.as_str() == code)
    }
}

/// What one person answered to a doubt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// Who.
    pub reader: String,
    /// What.
    pub answer: Answer,
    /// Why.
    pub reason: String,
    /// When.
    pub on: Date,
}

impl Reading {
    /// Whether it is of this person, however the name was written.
    pub fn is_of(&self, reader: &str) -> bool {
        same_name(&self.reader) == same_name(reader)
    }
}

/// Where a record came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Its kind.
    pub kind: Kind,
    /// Its feed.
    pub feed: String,
    /// Who sent it.
    pub provider: String,
}

/// A doubt, as it is stored.
#[derive(Clone, Debug, PartialEq)]
pub struct DoubtRow {
    /// The question, and what speaks for and against one child.
    pub doubt: Doubt,
    /// Where the records that are compared came from, in the order of their names; none where one has left.
    pub sources: Option<[Source; 2]>,
    /// The as-at date of the run that first asked.
    pub since: Date,
    /// Whether the last linkage asked. A doubt that is settled stays for its readings.
    pub standing: bool,
    /// Whether a decision that came of its readings is in force.
    pub decided: bool,
    /// The readings in force, the first first.
    pub readings: Vec<Reading>,
}

impl DoubtRow {
    /// Its name for people: of 128 bits, and the same every night.
    pub fn id(&self) -> [u8; 16] {
        id(self.doubt.left, self.doubt.right)
    }

    /// Whether somebody should still answer.
    pub fn is_waiting(&self) -> bool {
        self.standing && !self.decided
    }
}

impl Store {
    /// Every doubt: those that stand first, by weight, the heaviest first.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn doubts(&self) -> Result<Vec<DoubtRow>, StoreError> {
        let mut tx = self.read("read the doubts").await?;
        let mut readings: BTreeMap<(RecordId, RecordId), Vec<Reading>> = BTreeMap::new();
        tx.each(
            "select left_id, right_id, reader, answer, reason, read_on
               from doubt_reading where in_force = 1 order by id",
            [],
            |row| {
                let of = (RecordId(row.bytes(0)?), RecordId(row.bytes(1)?));
                readings.entry(of).or_default().push(reading(row, 2)?);
                Ok(())
            },
        )
        .await?;
        let mut doubts = tx
            .all(
                "select d.left_id, d.right_id, d.left_compared, d.right_compared, d.asked, d.comparison, d.since,
                        d.standing, n.id, l.kind, l.feed, l.provider,
                        r.kind, r.feed, r.provider
                   from doubt d
                   left join decision n on n.id = d.decision and n.in_force = 1
                   left join record l on l.record_id = d.left_compared
                   left join record r on r.record_id = d.right_compared",
                [],
                doubt,
            )
            .await?;
        for row in &mut doubts {
            let of = (row.doubt.left, row.doubt.right);
            row.readings = readings.remove(&of).unwrap_or_default();
        }
        doubts.sort_by_key(|row| {
            let weight = row.doubt.comparison.weight();
            (
                !row.standing,
                std::cmp::Reverse(weight),
                row.doubt.left,
                row.doubt.right,
            )
        });
        Ok(doubts)
    }

    /// Enters what a person answers to a doubt, instead of what that person answered before, and brings the decision
    /// that follows into force.
    ///
    /// # Errors
    /// [`StoreError::Unknown`] where there is no such doubt.
    pub async fn answer_doubt(
        &self,
        lease: &Lease,
        doubt: &DoubtRow,
        reading: &Reading,
    ) -> Result<(), StoreError> {
        let mut tx = self.write(lease, "answer a doubt").await?;
        take_back(&mut tx, doubt, &reading.reader).await?;
        let id = tx
            .optional("select coalesce(max(id), 0) + 1 from doubt_reading", [], |row| {
                row.integer(0)
            })
            .await?
            .unwrap_or(1);
        let (left, right) = sides(doubt);
        tx.execute(
            "insert into doubt_reading (id, left_id, right_id, reader, answer, reason, read_on, in_force)
             values ($1, $2, $3, $4, $5, $6, $7, 1)",
            [
                id.into(),
                left,
                right,
                reading.reader.as_str().into(),
                reading.answer.as_str().into(),
                reading.reason.as_str().into(),
                reading.on.into(),
            ],
        )
        .await?;
        settle(&mut tx, doubt, reading).await?;
        let said = serde_json::json!({ "answer": reading.answer.as_str(), "reason": reading.reason });
        audit::append(&mut tx, &reading.reader, "answer doubt", &object(doubt), &said).await?;
        fail::fail_point!("dataset::doubts::before-commit");
        tx.commit().await
    }

    /// Takes back what a person answered to a doubt, and the decision with it where it does not hold without.
    ///
    /// # Errors
    /// [`StoreError::Unknown`] where that person has not answered, or there is no such doubt.
    pub async fn undo_answer(
        &self,
        lease: &Lease,
        doubt: &DoubtRow,
        reader: &str,
        reason: &str,
        on: Date,
    ) -> Result<(), StoreError> {
        let mut tx = self.write(lease, "take an answer back").await?;
        if take_back(&mut tx, doubt, reader).await? == 0 {
            return Err(StoreError::Unknown {
                what: "answer of this person",
            });
        }
        let undone = Reading {
            reader: reader.to_owned(),
            answer: Answer::Unsure,
            reason: reason.to_owned(),
            on,
        };
        settle(&mut tx, doubt, &undone).await?;
        let said = serde_json::json!({ "reason": reason });
        audit::append(&mut tx, reader, "undo answer", &object(doubt), &said).await?;
        tx.commit().await
    }
}

/// How far two people agree on the doubts that both answered.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Agreement {
    /// One of them.
    pub one: String,
    /// The other, who comes after in the alphabet.
    pub other: String,
    /// Doubts that both answered.
    pub doubts: u64,
    /// Those on which they gave one answer.
    pub agreed: u64,
    /// The share on which they would by chance, each answering as often as they did.
    pub by_chance: f64,
    /// Cohen's kappa: 1 where they always agree, 0 where no more than by chance. None where chance alone makes them
    /// agree always.
    pub kappa: Option<f64>,
}

/// How far each two people agree, after Cohen (1960).
pub fn agreement(doubts: &[DoubtRow]) -> Vec<Agreement> {
    // By the names as they are compared; shown as they were first written.
    let mut written: BTreeMap<String, String> = BTreeMap::new();
    let mut tables: BTreeMap<(String, String), [[u64; 3]; 3]> = BTreeMap::new();
    for row in doubts {
        for reading in &row.readings {
            written
                .entry(same_name(&reading.reader))
                .or_insert_with(|| reading.reader.trim().to_owned());
        }
        for (at, one) in row.readings.iter().enumerate() {
            for other in row.readings.iter().skip(at + 1) {
                let (mut first, mut second) = (
                    (same_name(&one.reader), one.answer),
                    (same_name(&other.reader), other.answer),
                );
                if second < first {
                    std::mem::swap(&mut first, &mut second);
                }
                let table = tables.entry((first.0, second.0)).or_default();
                if let Some(count) = table
                    .get_mut(first.1 as usize)
                    .and_then(|of| of.get_mut(second.1 as usize))
                {
                    *count += 1;
                }
            }
        }
    }
    let shown = |name: String| written.get(&name).cloned().unwrap_or(name);
    tables
        .into_iter()
        .map(|((one, other), table)| of_table(shown(one), shown(other), &table))
        .collect()
}

/// A name as it is compared: people do not write theirs alike every time.
fn same_name(name: &str) -> String {
    name.trim().to_lowercase()
}

fn of_table(one: String, other: String, table: &[[u64; 3]; 3]) -> Agreement {
    let doubts: u64 = table.iter().flatten().sum();
    let (mut agreed, mut by_chance) = (0, 0.0);
    for (at, of_one) in table.iter().enumerate() {
        agreed += of_one.get(at).copied().unwrap_or_default();
        let ours: u64 = of_one.iter().sum();
        let theirs: u64 = table.iter().filter_map(|of_one| of_one.get(at)).sum();
        by_chance += (ours as f64 / doubts as f64) * (theirs as f64 / doubts as f64);
    }
    let share = agreed as f64 / doubts as f64;
    Agreement {
        kappa: (by_chance < 1.0).then(|| (share - by_chance) / (1.0 - by_chance)),
        one,
        other,
        doubts,
        agreed,
        by_chance,
    }
}

/// Replaces the doubts that stand. Those that people have answered stay when they are not asked any more.
pub(crate) async fn save(tx: &mut Tx, run: &Run, doubts: &[Doubt]) -> Result<(), StoreError> {
    let table = if tx.is_postgres() {
        "create temporary table new_doubt (left_id bytea not null, right_id bytea not null,
           left_compared bytea not null, right_compared bytea not null, asked text collate \"C\" not null,
           comparison text collate \"C\" not null, primary key (left_id, right_id))"
    } else {
        "create temporary table new_doubt (left_id blob not null, right_id blob not null,
           left_compared blob not null, right_compared blob not null, asked text not null,
           comparison text not null, primary key (left_id, right_id))"
    };
    tx.execute(table, []).await?;
    let columns = [
        "left_id",
        "right_id",
        "left_compared",
        "right_compared",
        "asked",
        "comparison",
    ];
    for batch in doubts.chunks(BATCH) {
        let mut rows = Vec::with_capacity(batch.len());
        for doubt in batch {
            rows.push(vec![
                doubt.left.0.as_slice().into(),
                doubt.right.0.as_slice().into(),
                doubt.left_compared.0.as_slice().into(),
                doubt.right_compared.0.as_slice().into(),
                written(&doubt.asked)?.into(),
                written(&doubt.comparison)?.into(),
            ]);
        }
        tx.bulk("new_doubt", &columns, rows).await?;
    }
    for sql in [
        "update doubt set standing = 0 where standing = 1 and not exists
           (select 1 from new_doubt n where n.left_id = doubt.left_id and n.right_id = doubt.right_id)",
        "delete from doubt where standing = 0 and not exists
           (select 1 from doubt_reading r
             where r.left_id = doubt.left_id and r.right_id = doubt.right_id and r.in_force = 1)",
        "update doubt
            set left_compared = n.left_compared, right_compared = n.right_compared, asked = n.asked,
                comparison = n.comparison, standing = 1
           from new_doubt n
          where n.left_id = doubt.left_id and n.right_id = doubt.right_id
            and (doubt.standing = 0 or doubt.left_compared <> n.left_compared
                 or doubt.right_compared <> n.right_compared or doubt.asked <> n.asked
                 or doubt.comparison <> n.comparison)",
    ] {
        tx.execute(sql, []).await?;
    }
    tx.execute(
        "insert into doubt (left_id, right_id, left_compared, right_compared, asked, comparison, since, standing)
         select n.left_id, n.right_id, n.left_compared, n.right_compared, n.asked, n.comparison, $1, 1
           from new_doubt n
          where not exists
            (select 1 from doubt d where d.left_id = n.left_id and d.right_id = n.right_id)",
        [run.as_at.into()],
    )
    .await?;
    tx.execute("drop table new_doubt", []).await?;
    Ok(())
}

/// Takes the readings out of force that led to a decision which somebody removed.
pub(crate) async fn forget_readings(tx: &mut Tx, decision: i64) -> Result<(), StoreError> {
    tx.execute(
        "update doubt_reading set in_force = 0 where in_force = 1 and exists
           (select 1 from doubt d where d.decision = $1 and d.left_id = doubt_reading.left_id
                                    and d.right_id = doubt_reading.right_id)",
        [decision.into()],
    )
    .await?;
    tx.execute(
        "update doubt set decision = null where decision = $1",
        [decision.into()],
    )
    .await?;
    Ok(())
}

/// Doubts that are loaded at a time.
const BATCH: usize = 5_000;

/// Brings into force what the readings of a doubt say, by the name and for the reason of the last.
async fn settle(tx: &mut Tx, doubt: &DoubtRow, last: &Reading) -> Result<(), StoreError> {
    let (left, right) = sides(doubt);
    let answers = tx
        .all(
            "select reader, answer, reason, read_on from doubt_reading
              where left_id = $1 and right_id = $2 and in_force = 1",
            [left.clone(), right.clone()],
            |row| Ok(reading(row, 0)?.answer),
        )
        .await?;
    let now = tx
        .optional(
            "select n.id, n.kind from doubt d left join decision n on n.id = d.decision and n.in_force = 1
              where d.left_id = $1 and d.right_id = $2",
            [left.clone(), right.clone()],
            |row| Ok((row.optional_integer(0)?, row.optional_text(1)?)),
        )
        .await?
        .ok_or(StoreError::Unknown { what: "doubt" })?;
    let wanted = verdict(&answers);
    let known = now.1.as_deref().and_then(DecisionKind::from_code);
    if known == wanted {
        return Ok(());
    }
    if let (Some(id), _) = now {
        decisions::remove(tx, id, &last.reader, &last.reason).await?;
    }
    let decision = match wanted {
        None => None,
        Some(kind) => {
            let new = NewDecision {
                kind,
                left: Side::Record(doubt.doubt.left),
                right: Some(Side::Record(doubt.doubt.right)),
                reason: last.reason.clone(),
                author: last.reader.clone(),
                on: last.on,
            };
            decisions::add(tx, &new).await?
        }
    };
    tx.execute(
        "update doubt set decision = $3 where left_id = $1 and right_id = $2",
        [left, right, decision.into()],
    )
    .await?;
    Ok(())
}

/// What most of those say who are sure.
fn verdict(answers: &[Answer]) -> Option<DecisionKind> {
    let count = |of: Answer| answers.iter().filter(|answer| **answer == of).count();
    match count(Answer::Same).cmp(&count(Answer::Different)) {
        std::cmp::Ordering::Greater => Some(DecisionKind::Link),
        std::cmp::Ordering::Less => Some(DecisionKind::DoNotLink),
        std::cmp::Ordering::Equal => None,
    }
}

/// Takes a person's reading out of force; returns how many there were.
async fn take_back(tx: &mut Tx, doubt: &DoubtRow, reader: &str) -> Result<u64, StoreError> {
    let mut taken = 0;
    for known in doubt.readings.iter().filter(|known| known.is_of(reader)) {
        let (left, right) = sides(doubt);
        taken += tx
            .execute(
                "update doubt_reading set in_force = 0
                  where left_id = $1 and right_id = $2 and reader = $3 and in_force = 1",
                [left, right, known.reader.as_str().into()],
            )
            .await?;
    }
    Ok(taken)
}

fn sides(doubt: &DoubtRow) -> (Value, Value) {
    (
        doubt.doubt.left.0.as_slice().into(),
        doubt.doubt.right.0.as_slice().into(),
    )
}

fn object(doubt: &DoubtRow) -> String {
    format!("doubt {}", crate::hex::encode(&doubt.id()))
}

fn id(left: RecordId, right: RecordId) -> [u8; 16] {
    let hash = Sha256::new()
        .chain_update(left.0)
        .chain_update(right.0)
        .finalize();
    let mut id = [0; 16];
    for (byte, of_hash) in id.iter_mut().zip(hash) {
        *byte = of_hash;
    }
    id
}

fn written<T: Serialize>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|_| StoreError::Corrupt { what: "a doubt" })
}

fn doubt(row: &Row) -> Result<DoubtRow, StoreError> {
    let damaged = |_| StoreError::Corrupt { what: "a doubt" };
    let asked: Asked = serde_json::from_str(row.str(4)?).map_err(damaged)?;
    let comparison: Comparison = serde_json::from_str(row.str(5)?).map_err(damaged)?;
    let source = |at: usize| -> Result<Option<Source>, StoreError> {
        let Some(kind) = row.optional_parsed(at)? else {
            return Ok(None);
        };
        Ok(Some(Source {
            kind,
            feed: row.text(at + 1)?,
            provider: row.text(at + 2)?,
        }))
    };
    Ok(DoubtRow {
        doubt: Doubt {
            left: RecordId(row.bytes(0)?),
            right: RecordId(row.bytes(1)?),
            left_compared: RecordId(row.bytes(2)?),
            right_compared: RecordId(row.bytes(3)?),
            asked,
            comparison,
        },
        since: row.parsed(6)?,
        standing: row.integer(7)? == 1,
        decided: row.optional_integer(8)?.is_some(),
        sources: source(9)?.zip(source(12)?).map(|(left, right)| [left, right]),
        readings: Vec::new(),
    })
}

fn reading(row: &Row, from: usize) -> Result<Reading, StoreError> {
    Ok(Reading {
        reader: row.text(from)?,
        answer: Answer::from_code(row.str(from + 1)?).ok_or(StoreError::Corrupt { what: "an answer" })?,
        reason: row.text(from + 2)?,
        on: row.parsed(from + 3)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_most_say_who_are_sure_is_the_verdict() {
        use Answer::{Different, Same, Unsure};
        for (answers, expected) in [
            (&[][..], None),
            (&[Unsure], None),
            (&[Same], Some(DecisionKind::Link)),
            (&[Same, Unsure], Some(DecisionKind::Link)),
            (&[Same, Different], None),
            (&[Same, Different, Different], Some(DecisionKind::DoNotLink)),
        ] {
            assert_eq!(verdict(answers), expected, "{answers:?}");
        }
    }

    #[test]
    fn kappa_is_that_of_the_textbook() {
        // Two readers of fifty: 20 both same, 15 both different, 5 and 10 apart. Chance agrees on a half.
        let agreement = of_table("a".into(), "b".into(), &[[20, 5, 0], [10, 15, 0], [0, 0, 0]]);
        assert_eq!((agreement.doubts, agreement.agreed), (50, 35));
        assert!((agreement.by_chance - 0.5).abs() < 1e-12);
        assert!(agreement.kappa.is_some_and(|kappa| (kappa - 0.4).abs() < 1e-12));
        let always = of_table("a".into(), "b".into(), &[[3, 0, 0], [0, 0, 0], [0, 0, 0]]);
        assert_eq!(always.kappa, None);
    }
}
