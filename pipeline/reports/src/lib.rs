//! Pages, tables and spreadsheets for people.
//!
//! Everything here is made from plain values that other crates computed: nothing reads the database, a file
//! or the clock, so the same values give the same bytes.
//!
//! - [`table`]: what every command prints, as an aligned table, CSV or JSON.

pub mod table;

pub use table::{Cell, Column, Format, Table, WriteError};
