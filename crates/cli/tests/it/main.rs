//! Tests of the program as people run it: wiring, streams and exit codes. What is derived is tested in the libraries.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]

mod additional_stacks;
mod aws;
mod bad_input;
mod check;
mod combinations;
mod common;
mod diff;
mod documentation;
mod generate;
mod oidc;
mod out;
mod service_role;
mod simulate;
mod strategies;
mod streams;
mod why;
