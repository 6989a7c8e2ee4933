//! CloudFormation templates and CDK assemblies in, permission needs and policies out.
//!
//! This crate does no I/O: no file, network, clock or environment. From the text of a template to a policy:
//!
//! ```
//! use stackpass_stacks::policies::{Limits, NeedSelection, policies};
//! use stackpass_stacks::{Input, Options, Source, needs, plan};
//!
//! let text = "Resources: {Jobs: {Type: AWS::SQS::Queue, Properties: {QueueName: jobs}}}";
//! let template = Input::Template(Source::new("template.yaml", text));
//! let (deployment, problems) = plan(&[template], &Options::new());
//! let needs = needs(&deployment);
//! assert!(problems.is_empty() && needs.gaps.is_empty());
//! let selected = NeedSelection::DEPLOYMENT.of(&needs);
//! let policies = policies(selected, deployment.mode, &Limits::MANAGED)?;
//! let json = policies[0].document.to_string();
//! assert!(json.contains(r#""arn:*:sqs:*:*:jobs""#), "{json}");
//! # Ok::<(), stackpass_stacks::policies::PoliciesError>(())
//! ```

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

use need::Needs;

pub use deployment::{Deployment, Input, Options};
pub use plan::plan;
pub use stackpass_ground::source::Source;

/// Works out what a deployment needs: the caller's needs and the executor's, sorted.
pub fn needs(deployment: &Deployment) -> Needs {
    let mut needs = Needs::default();
    for planned in &deployment.stacks {
        needs.extend(executor::executor_needs(&planned.stack));
        needs.extend(caller::caller_needs(deployment, planned));
    }
    needs.sorted()
}
