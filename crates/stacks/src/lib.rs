//! CloudFormation templates and CDK assemblies in, permission needs out.
//!
//! This crate does no I/O: no file, network, clock or environment.

pub mod assembly;
pub mod builtin;
pub mod caller;
pub mod deploy;
mod executor;
mod generic;
mod imports;
pub mod names;
pub mod need;
pub mod registry;
pub mod resolve;
pub mod rules;
pub mod sam;
mod scope;
pub mod service_role;
pub mod services;
pub mod template;
mod transforms;
pub mod value;
