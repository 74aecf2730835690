//! Decisions of people about linkage: who must not, or must, be one child.

use jiff::civil::Date;
use linkage::{RecordId, Token};

use crate::{Lease, Store, StoreError};

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
        Err(StoreError::unfinished())
    }

    /// Adds decisions, all or none; one that is in force already is left as it is. Returns how many were new.
    ///
    /// # Errors
    /// Where the database cannot be written.
    pub async fn add_decisions(&self, lease: &Lease, decisions: &[NewDecision]) -> Result<u64, StoreError> {
        let _ = (lease, decisions);
        Err(StoreError::unfinished())
    }

    /// Takes a decision out of force.
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
        let _ = (lease, id, author, reason);
        Err(StoreError::unfinished())
    }
}
