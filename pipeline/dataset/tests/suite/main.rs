//! The database from outside, on both back ends.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on stops")]

mod conformance;
#[cfg(feature = "failpoints")]
mod faults;
mod model;
#[path = "../support/postgres.rs"]
mod postgres;
mod publishing;
mod support;
mod troubles;
mod upgrade;
