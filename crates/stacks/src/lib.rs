//! CloudFormation templates and CDK assemblies in, permission needs out.
//!
//! This crate does no I/O: no file, network, clock or environment.

pub mod assembly;
pub mod template;
