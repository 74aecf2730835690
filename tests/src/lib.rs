//! What the tests of whole nights share: a made-up area in a folder of its own, on either database, and the
//! program run as an operator runs it.

pub mod area;
pub mod canary;
pub mod corpus;
pub mod daemon;
pub mod hand;
pub mod landed;
pub mod measured;
pub mod page;
pub mod peer;
pub mod postgres;
pub mod program;
pub mod rows;
pub mod scanner;
pub mod stated;

pub use area::{Area, Database};
pub use daemon::Daemon;
pub use program::Ended;
