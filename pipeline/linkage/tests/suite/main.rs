//! Linkage from outside: the rules as tables, awkward cases, properties, child ids, and how right tier T4 is.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod accuracy;
mod area;
mod child_ids;
mod doubts;
mod early;
mod encoder;
mod families;
mod hold_out;
mod nights;
mod properties;
mod rules;
