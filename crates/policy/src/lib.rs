//! The IAM policy language.
//!
//! This crate does no I/O: no file, network, clock or environment.

pub mod catalogue;
pub mod sorted_lines;
pub mod source;
pub mod tree;

pub mod wildcard;

pub mod action;
pub mod arn;
pub mod condition;
pub mod principal;

pub mod statement;

pub mod document;

pub mod grant;

pub mod read;

pub mod covers;

pub mod sid;

pub mod minimize;

pub mod render;
pub mod size;
