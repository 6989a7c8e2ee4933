//! CloudFormation templates and CDK assemblies in, permission needs out.
//!
//! This crate does no I/O: no file, network, clock or environment.

mod address;
pub mod assembly;
mod bootstrap;
pub mod builtin;
mod caller;
pub mod codes;
pub mod deployment;
mod executor;
mod generated_names;
mod generic;
pub mod help;
mod imports;
mod names;
pub mod need;
mod pattern;
mod plan;
pub mod policies;
mod property_path;
pub mod registry;
pub mod resolve;
pub mod rules;
pub mod sam;
pub mod service_role;
pub mod services;
pub mod template;
mod tools;
mod transforms;
pub mod value;

use deployment::Deployment;
use need::Needs;

pub use plan::plan;

/// Works out what a deployment needs: the caller's needs and the executor's, sorted.
pub fn needs(deployment: &Deployment) -> Needs {
    let mut needs = Needs::default();
    for planned in &deployment.stacks {
        needs.extend(executor::executor_needs(&planned.stack));
        needs.extend(caller::caller_needs(deployment, planned));
    }
    needs.sorted()
}
