//! Servers of our own for the program to talk to: they keep to the published descriptions of what they stand for, and
//! fail on demand.

pub mod http;
pub mod mesh;
pub mod s3;
pub mod smtp;
pub mod tls;
