//! The IAM policy language.
//!
//! This crate does no I/O: no file, network, clock or environment.

pub mod catalogue;
pub mod sorted_lines;
pub mod source;
pub mod tree;
