//! What a record says once nobody is named: payloads, codes, findings, provenance and dates.
//!
//! Nothing in this crate identifies a child, so everything in it may be stored, logged and published
//! under the rules of its zone. The identifying half of a record is [`identity`](../identity/index.html),
//! which this crate does not know.

pub mod census;
pub mod codes;
pub mod counts;
pub mod dates;
pub mod finding;
pub mod kind;
pub mod payload;
pub mod profile;
pub mod record;

pub use census::{Census, Term};
pub use codes::{EthnicGroup, Sex};
pub use counts::{Outcome, TableCounts};
pub use dates::Month;
pub use finding::{Finding, Location, Rule};
pub use kind::Kind;
pub use payload::{
    Asq3, AsqBand, AsqDomain, Birth, Payload, PregnancyNotification, PregnancyOutcome, SchoolRecord,
    Section23Notice, TwoYearReview,
};
pub use profile::{Area, IdentifierState, Identifiers, Profile};
pub use record::{Record, State, Version};
