//! The `stackpass` binary.
fn main() {}
