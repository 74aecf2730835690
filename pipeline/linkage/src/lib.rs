//! Which encodings are the same child.
//!
//! [`link`] takes every current record's [`Encoding`] and what people have decided, and returns for each record
//! its cluster, the [`Tier`] and [`Weight`] of the rule that matched it, and the [`Evidence`] from which a
//! reason can be chosen where none did. It works from scratch every night, so that the order in which records
//! came does not matter. [`carry_over`] then gives the clusters the child ids of yesterday.
//!
//! | tier | a record of another kind is the same child because |
//! |---|---|
//! | T1 | the NHS numbers are equal, and nothing speaks against the number |
//! | T1d | the digests of the NHS numbers are equal, of which at least one was sent without its number |
//! | T2 | the UPNs are equal, in force or former |
//! | T3 | forename, surname, birth date and postcode are equal |
//! | T4 | the weight of what agrees and what does not is high enough, or a person confirmed it |
//!
//! The stages are `population` (records made ready), `identifiers` (T1 to T3), `digests` (numbers behind digests), `persons` and `faces` (what is
//! compared of whom), [`engine`] (which pairs are compared, and what their agreement is worth), `weighing` (T4) and
//! `nameless` (T4 for records without a name). Whatever rule asks, `clusters` makes a union only if no pair of its records is barred
//! ([`Bar`]).
//!
//! Then the children of notified pregnancies are found: `mothers` and `pregnancies` say which notifications are of
//! one pregnancy, `births` and `assignment` whose children are whose, `expected` who is still to be born, and `ways`
//! by which rule. A mother joins no records. Each child of a pregnancy is a [`Subject`] of its own.
//!
//! Where the records do not settle it, `doubts` says what a person is asked, without anything that the records hold.
//!
//! The rules are written out, with examples that are the test, in `tests/rules.md`.
//!
//! [`engine`] links tables of any columns, with nothing known of them but the kind of each.

pub mod encoding;
pub mod engine;

mod assignment;
mod births;
mod children;
mod clusters;
mod digests;
mod doubts;
mod entry;
mod expected;
mod faces;
mod hold_out;
mod identifiers;
mod implausible;
mod link;
mod links;
mod mothers;
mod nameless;
mod outcome;
mod persons;
mod population;
mod pregnancies;
mod rules;
mod ways;
mod weighing;

pub use children::{
    CarriedOver, CarryOverError, ChildState, Event, Fate, KnownChild, Membership, Yesterday, carry_over,
};
pub use doubts::{Asked, Bearers, Comparison, Doubt, Field, Joined};
pub use encoding::{
    ChildId, DateEncoding, DigestEncoding, DigestEncodings, DigestOf, Encoding, MotherDescription,
    MotherEncoding, MotherId, NameBits, NameEncoding, NhsNumberEncoding, PartToken, PersonEncoding,
    PostcodeEncoding, PregnancyEncoding, RecordId, SexEncoding, Subject, Token,
};
pub use entry::{Apart, Decisions, Entry, LinkError, Settings, Stage, Supersession, Watch};
pub use hold_out::{HoldOut, hold_out};
pub use implausible::implausible;
pub use link::{joined, link};
pub use outcome::{
    AnchorRank, Bar, Candidate, DigestSummary, Evidence, KindPrior, Link, Linkage, ModelSummary,
    MotherEvidence, NotATier, NumberEvidence, Pregnancy, PregnancyEvidence, PregnancyState, Refusal, Tier,
    Weight,
};
