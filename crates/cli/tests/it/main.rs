//! Tests of the program as people run it: wiring, streams and exit codes. What is derived is tested in the libraries.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod additional_stacks;
mod bad_input;
mod common;
mod documentation;
mod generate;
mod out;
mod streams;
mod why;
