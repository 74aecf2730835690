//! Decisions of people about linkage: who must not, or must, be one child.

use jiff::civil::Date;
use linkage::{RecordId, Token};

use crate::{
    Lease, Store, StoreError, audit, doubts,
    sql::{Row, Tx, Value},
};

/// What a person decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DecisionKind {
    /// The two are never one child (adoption, protection, a wrong link).
    DoNotLink,
    /// The two are one child.
    Link,
    /// The left identifier is superseded by the right: two numbers of one person.
    Superseded,
    /// The left is joined with nobody.
    Isolate,
}

impl DecisionKind {
    /// Every kind.
    pub const ALL: [DecisionKind; 4] = [
        DecisionKind::DoNotLink,
        DecisionKind::Link,
        DecisionKind::Superseded,
        DecisionKind::Isolate,
    ];

    /// The word for it in files and tables.
    pub const fn as_str(self) -> &'static str {
        match self {
            DecisionKind::DoNotLink => "do-not-link",
            DecisionKind::Link => "link",
            DecisionKind::Superseded => "superseded",
            DecisionKind::Isolate => "isolate",
        }
    }

    /// The kind with this word.
    pub fn from_code(code: &str) -> Option<Self> {
        DecisionKind::ALL.into_iter().find(|kind| kind.as_str() == code)
    }
}

/// What a decision is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// A record.
    Record(RecordId),
    /// Whoever bears this NHS number.
    NhsNumber(Token),
    /// Whoever bears this UPN.
    Upn(Token),
}

impl Side {
    /// The word for its type in files and tables.
    pub const fn type_name(self) -> &'static str {
        match self {
            Side::Record(_) => "record",
            Side::NhsNumber(_) => "nhs-number",
            Side::Upn(_) => "upn",
        }
    }

    /// Its 16 bytes.
    pub const fn bytes(self) -> [u8; 16] {
        match self {
            Side::Record(RecordId(bytes)) | Side::NhsNumber(Token(bytes)) | Side::Upn(Token(bytes)) => bytes,
        }
    }

    /// The side with this type and bytes.
    pub fn from_parts(type_name: &str, bytes: [u8; 16]) -> Option<Self> {
        match type_name {
            "record" => Some(Side::Record(RecordId(bytes))),
            "nhs-number" => Some(Side::NhsNumber(Token(bytes))),
            "upn" => Some(Side::Upn(Token(bytes))),
            _ => None,
        }
    }
}

/// A decision to add.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewDecision {
    /// What was decided.
    pub kind: DecisionKind,
    /// About whom.
    pub left: Side,
    /// And whom; none only for [`DecisionKind::Isolate`].
    pub right: Option<Side>,
    /// Why.
    pub reason: String,
    /// Who decided.
    pub author: String,
    /// When.
    pub on: Date,
}

/// A decision in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// Its number.
    pub id: i64,
    /// What it says.
    pub decision: NewDecision,
}

impl Store {
    /// The decisions in force, by number.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn decisions(&self) -> Result<Vec<Decision>, StoreError> {
        let mut tx = self.read("read the decisions").await?;
        tx.all(
            "select id, kind, left_type, left_id, right_type, right_id, reason, author, decided_on
               from decision where in_force = 1 order by id",
            [],
            read_decision,
        )
        .await
    }

    /// Adds decisions, all or none; one that is in force already is left as it is. Returns how many were new.
    ///
    /// # Errors
    /// Where the database cannot be written.
    pub async fn add_decisions(&self, lease: &Lease, decisions: &[NewDecision]) -> Result<u64, StoreError> {
        let mut tx = self.write(lease, "add decisions").await?;
        let mut added = 0;
        for new in decisions {
            added += u64::from(add(&mut tx, new).await?.is_some());
        }
        fail::fail_point!("dataset::decisions::before-commit");
        tx.commit().await?;
        Ok(added)
    }

    /// Takes a decision out of force, and with it what people answered to the question that led to it.
    ///
    /// # Errors
    /// [`StoreError::Unknown`] where none in force has this number.
    pub async fn remove_decision(
        &self,
        lease: &Lease,
        id: i64,
        author: &str,
        reason: &str,
    ) -> Result<(), StoreError> {
        let mut tx = self.write(lease, "remove a decision").await?;
        remove(&mut tx, id, author, reason).await?;
        doubts::forget_readings(&mut tx, id).await?;
        tx.commit().await
    }
}

/// Adds a decision; returns its number, or none where it is in force already.
pub(crate) async fn add(tx: &mut Tx, new: &NewDecision) -> Result<Option<i64>, StoreError> {
    // Which of two stands on the left means something only where one supersedes the other.
    let (left, right) = match (new.kind, new.right) {
        (DecisionKind::DoNotLink | DecisionKind::Link, Some(right)) if right < new.left => {
            (right, Some(new.left))
        }
        (_, right) => (new.left, right),
    };
    let right_type = right.map(|side| side.type_name().to_owned());
    let right_id = right.map(|side| side.bytes().to_vec());
    let known = tx
        .count(
            "select count(*) from decision
              where in_force = 1 and kind = $1 and left_type = $2 and left_id = $3
                and right_type is not distinct from $4 and right_id is not distinct from $5",
            [
                new.kind.as_str().into(),
                left.type_name().into(),
                left.bytes().as_slice().into(),
                right_type.clone().into(),
                right_id.clone().into(),
            ],
        )
        .await?;
    if known > 0 {
        return Ok(None);
    }
    let id = tx
        .optional("select coalesce(max(id), 0) + 1 from decision", [], |row| {
            row.integer(0)
        })
        .await?
        .unwrap_or(1);
    tx.execute(
        "insert into decision (id, kind, left_type, left_id, right_type, right_id, reason, author,
                               decided_on, in_force)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 1)",
        [
            id.into(),
            new.kind.as_str().into(),
            left.type_name().into(),
            left.bytes().as_slice().into(),
            right_type.into(),
            Value::Blob(right_id),
            new.reason.as_str().into(),
            new.author.as_str().into(),
            new.on.into(),
        ],
    )
    .await?;
    let said = serde_json::json!({ "kind": new.kind.as_str() });
    audit::append(tx, &new.author, "decide", &format!("decision {id}"), &said).await?;
    Ok(Some(id))
}

/// Takes a decision out of force.
pub(crate) async fn remove(tx: &mut Tx, id: i64, author: &str, reason: &str) -> Result<(), StoreError> {
    let touched = tx
        .execute(
            "update decision set in_force = 0 where id = $1 and in_force = 1",
            [id.into()],
        )
        .await?;
    if touched == 0 {
        return Err(StoreError::Unknown {
            what: "decision in force",
        });
    }
    let said = serde_json::json!({ "reason": reason });
    audit::append(tx, author, "remove decision", &format!("decision {id}"), &said).await
}

fn read_decision(row: &Row) -> Result<Decision, StoreError> {
    let damaged = StoreError::Corrupt { what: "a decision" };
    let side = |type_name: &str, bytes| {
        Side::from_parts(type_name, bytes).ok_or(StoreError::Corrupt { what: "a decision" })
    };
    let right = match row.optional_text(4)? {
        Some(type_name) => Some(side(&type_name, row.bytes(5)?)?),
        None => None,
    };
    Ok(Decision {
        id: row.integer(0)?,
        decision: NewDecision {
            kind: DecisionKind::from_code(&row.text(1)?).ok_or(damaged)?,
            left: side(&row.text(2)?, row.bytes(3)?)?,
            right,
            reason: row.text(6)?,
            author: row.text(7)?,
            on: row.parsed(8)?,
        },
    })
}
