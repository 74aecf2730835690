//! Section 23 notices: a health body tells the council of a child under school age who probably has SEND.

mod fields;

pub use fields::NOTICES;
