//! The `sendlink` program.
fn main() {}
