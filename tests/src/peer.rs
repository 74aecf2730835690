//! Servers for the program to talk to. Those of our own keep to the published descriptions of what they stand for, and
//! fail on demand; before those of others stands a proxy that does.

pub mod azurite;
pub mod http;
pub mod mesh;
pub mod process;
pub mod proxy;
pub mod s3;
pub mod smtp;
pub mod tls;
