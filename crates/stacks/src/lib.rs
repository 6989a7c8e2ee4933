//! `CloudFormation` templates and CDK assemblies in, permission needs out.
//!
//! This crate does no I/O: no file, network, clock or environment.

pub mod template;
pub mod assembly;
pub mod value;
pub mod resolve;
pub mod names;
pub mod registry;
pub mod rules;
mod generic;
mod scope;
pub mod need;
mod executor;
pub mod caller;
pub mod deploy;
pub mod builtin;
pub mod registry;
