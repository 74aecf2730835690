//! Pages, tables and spreadsheets for people.
//!
//! Everything here is made from plain values that other crates computed: nothing reads the database or the
//! clock, so the same values give the same bytes.
//!
//! - [`table`]: what every command prints, as an aligned table, CSV or JSON;
//! - [`findings`]: what is wrong in a feed, to send back to its provider;
//! - [`rates`] and [`unmatched`]: how many notices match, and which do not;
//! - [`quality`]: how good linkage is, and whether that has changed;
//! - [`pack`]: all of it for one provider, as a folder;
//! - [`summary`]: the night on one page;
//! - [`linking`]: how an analyst's own files were linked.

mod figures;
pub mod findings;
mod html;
pub mod linking;
pub mod pack;
pub mod quality;
pub mod rates;
pub mod summary;
pub mod table;
pub mod unmatched;

pub use findings::{FindingsPage, findings_table, rules_table, write_findings};
pub use pack::Pack;
pub use quality::{LinkageStatement, quality_table};
pub use rates::{digest_table, early_table, provider_table, write_rates};
pub use summary::{Children, DeliveryLine, Ending, FeedLine, Summary};
pub use table::{Cell, Column, Format, Table, WriteError};
pub use unmatched::{UnmatchedLine, Whereabouts, unmatched_table};
