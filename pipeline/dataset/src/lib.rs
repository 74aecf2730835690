//! The database: ops, vault, joint and open zones, on SQLite and PostgreSQL.
//!
//! | zone | holds | who reads |
//! |---|---|---|
//! | ops | runs, ledger of deliveries, findings, audit chain | the data team, through commands |
//! | vault | one row a record: sealed encoding, profile, coded payload; links, child ids, decisions | the program |
//! | joint | the joint SEND dataset, pseudonymised, record level | analysts under agreement |
//! | open | what may be shown to anybody | everybody |
//!
//! A [`Store`] is opened on a [`StoreUrl`]. Whatever writes takes a [`Lease`] first, whose fence number is
//! checked inside every write transaction, so that a run that was stopped and comes back late can change
//! nothing. A night then goes [`Store::begin_or_resume_run`], [`Store::load`] for each delivery,
//! [`Store::save_links`], [`Store::gate`], [`Store::publish`], [`Store::finish_run`].
//!
//! Both back ends run the same statements wherever SQL is the same; `sqlite` and `postgres` hold what differs:
//! opening, bulk loading, publishing, erasing. No statement is made from data: values are bound or copied,
//! never written into SQL text, where a server's log would show them.

pub mod audit;
pub mod brake;
pub mod children;
pub mod decisions;
pub mod doubts;
pub mod error;
pub mod facts;
pub mod findings;
pub mod forget;
pub mod gate;
pub mod joint;
pub mod lease;
pub mod ledger;
pub mod linked;
pub mod links;
pub mod load;
pub mod opt_outs;
pub mod places;
pub mod publish;
pub mod quality;
pub mod runs;
pub mod store;
pub mod url;

mod births;
mod hex;
mod migrate;
mod postgres;
mod sql;
mod sqlite;

pub use audit::{AuditEntry, AuditFault, AuditReport};
pub use brake::BrakeRelease;
pub use children::{ChildChange, ChildEvent, ChildEventFilter};
pub use decisions::{Decision, DecisionKind, NewDecision, Side};
pub use doubts::{Agreement, Answer, DoubtRow, Reading, Source};
pub use error::StoreError;
pub use facts::{
    BirthFact, CensusLoaded, ChildCounts, Facts, LinkFact, NoticeFact, PregnancyFact, RecordFact,
    RecordState, ReviewFact, SchoolFact,
};
pub use findings::{FindingFilter, FindingRow, RuleCount};
pub use forget::{ForgetProof, ForgetWhat};
pub use gate::{GateReport, GateRule, GatedRecords};
pub use lease::Lease;
pub use ledger::{DeliveryInfo, DeliveryKey, DeliveryRow, Verdict};
pub use linkage::{Tier, Weight};
pub use linked::{LinkedRecord, Sibling};
pub use links::{ChildRow, EncodingRow, LinkChange, LinkRow, Links, Member};
pub use load::{About, DeliveryLoad, LoadReport, RowState, Scope, VaultRow, WrittenRow};
pub use opt_outs::{ListState, NewOptOutList, OptOutList};
pub use places::PlacedRecord;
pub use publish::{FeedState, Published, PublishedRow, Release, TableChange};
pub use quality::{QualityRow, RunQuality};
pub use runs::{FeedStatus, Run, RunRequest, RunRow, RunState, Status};
pub use store::{Access, Store};
pub use url::{StoreUrl, StoreUrlError};
