//! The contract of a connector and what all connectors share.
//!
//! A connector declares its fields ([`field`]), is told by a [`layout`] how one supplier writes them down, and
//! reads a delivery through [`decode`] (bytes to text), [`tabular`] (CSV, XLSX and JSON as rows) or XML, one
//! record at a time, under the feed's [`contract`]; deliveries of many tables go through [`table_set`]. What a source calls things is data in `mappings/`, reached
//! through [`mappings`] and [`codes`].

pub mod binding;
pub mod codes;
pub mod conformance;
pub mod connector;
pub mod contract;
pub mod date;
pub mod decode;
pub mod dictionary;
pub mod fhir;
pub mod field;
pub mod flat;
mod json;
pub mod layout;
pub mod mapping_check;
pub mod mappings;
pub mod people;
pub mod report;
pub mod retry;
pub mod rules;
pub mod several;
pub mod table_set;
pub mod tabular;
pub mod values;
pub mod write;
pub mod xml;

pub use binding::Binding;
pub use connector::{
    Connector, Delivery, DeliveryFile, Incoming, ReadError, Reading, Sink, SnapshotScope, Stopped,
};
pub use contract::{Contract, Mode};
pub use field::{Class, Codes, Field, FieldType, Level, Table};
pub use layout::Layout;
pub use mapping_check::mapping_check;
pub use tabular::{Reader, Row, Step};
pub use values::{Parsed, Values, Verdict};
