//! `stackpass generate`: policies from what will be deployed.

mod admin;
mod bootstrap;
mod debug_stack;
mod github_oidc;
mod gitlab_oidc;
mod oidc;
mod service_role;
mod services;
mod stack;

use clap::Subcommand;
use stackpass_stacks::deployment::Options;

use crate::args::{AwsArgs, FormArgs, OutputArgs, PolicyArgs, PolicyFormat, Reader};
use crate::engine::{Derived, derive};
use crate::error::CliError;
use crate::exit::Exit;
use crate::files::{self, NewFile};
use crate::input::Inputs;
use crate::output::Output;
use crate::policies::Policy;
use crate::report::Report;
use crate::view::{json, summary};
use stackpass_policy::document::Document;
use stackpass_policy::render::{
    Definition, NamedDocument, PolicyDefinition, render, render_definitions,
};

/// What to derive policies from.
#[derive(Subcommand)]
pub(crate) enum GenerateCommand {
    Stack(stack::StackArgs),
    Bootstrap(bootstrap::BootstrapArgs),
    DebugStack(debug_stack::DebugStackArgs),
    Admin(admin::AdminArgs),
    Services(services::ServicesArgs),
    ServiceRole(service_role::ServiceRoleArgs),
    GithubOidc(github_oidc::GithubOidcArgs),
    GitlabOidc(gitlab_oidc::GitlabOidcArgs),
}

impl GenerateCommand {
    /// Runs the command.
    pub(crate) fn run(&self, aws: &AwsArgs, output: &mut Output<'_>) -> Result<Exit, CliError> {
        match self {
            GenerateCommand::Stack(args) => stack::run(args, aws, output),
            GenerateCommand::Bootstrap(args) => bootstrap::run(args, aws, output),
            GenerateCommand::DebugStack(args) => debug_stack::run(args, aws, output),
            GenerateCommand::Admin(args) => admin::run(args, aws, output),
            GenerateCommand::Services(args) => services::run(args, aws, output),
            GenerateCommand::ServiceRole(args) => service_role::run(args, aws, output),
            GenerateCommand::GithubOidc(args) => github_oidc::run(args, aws, output),
            GenerateCommand::GitlabOidc(args) => gitlab_oidc::run(args, aws, output),
        }
    }
}

/// The way of all three commands, once their input is open.
fn generate(
    inputs: &Inputs,
    options: &Options,
    policy: &PolicyArgs,
    reader: &OutputArgs,
    output: &mut Output<'_>,
) -> Result<Exit, CliError> {
    let derived = derive(inputs, options)?;
    if !derived.is_usable() {
        return refuse(&derived, reader, output);
    }
    let report = Report::new(&derived, policy.selection.selection(), policy.form.limit)?;
    write(&report.policies, &policy.form, output)?;
    match reader.output {
        Reader::Human => {
            answer(&report.policies, &policy.form, output)?;
            output.talk(&summary::problems(&derived.problems));
            output.talk(&summary::summary(&report));
        }
        Reader::Json => output.answer(&json::answer(&report)?)?,
    }
    Ok(if report.gaps().is_empty() { Exit::Done } else { Exit::Gaps })
}

/// Writes the policies into the folder that was asked for, if any was.
fn write(policies: &[Policy], form: &FormArgs, output: &mut Output<'_>) -> Result<(), CliError> {
    if let Some(folder) = &form.out {
        let written = files::write(folder, &files_of(policies, form.format))?;
        output.talk(&written);
    }
    Ok(())
}

/// Prints the policies, unless they went into a folder.
fn answer(policies: &[Policy], form: &FormArgs, output: &mut Output<'_>) -> Result<(), CliError> {
    match form.out {
        Some(_) => Ok(()),
        None => output.answer(&text(policies, form.format)),
    }
}

/// Says what is wrong with the input. There is no answer: half of one would look like a whole one.
fn refuse(
    derived: &Derived,
    reader: &OutputArgs,
    output: &mut Output<'_>,
) -> Result<Exit, CliError> {
    match reader.output {
        Reader::Human => {
            output.talk(&summary::problems(&derived.problems));
            output.talk(&summary::unusable(derived));
        }
        Reader::Json => output.answer(&json::answer(&Report::of_unusable(derived))?)?,
    }
    Ok(Exit::Input)
}

/// All policies as one text. Where nothing is needed, that is a policy without statements.
fn text(policies: &[Policy], format: PolicyFormat) -> String {
    if policies.is_empty() {
        let document = Document::new(Vec::new());
        let nothing = NamedDocument { name: "StackpassDeploy".to_owned(), document };
        return render(&[nothing], format.format());
    }
    rendered(policies, format)
}

fn files_of(policies: &[Policy], format: PolicyFormat) -> Vec<NewFile> {
    policies
        .iter()
        .map(|policy| NewFile {
            name: format!("{}.{}", policy.name, format.extension()),
            text: rendered(std::slice::from_ref(policy), format),
        })
        .collect()
}

fn rendered(policies: &[Policy], format: PolicyFormat) -> String {
    match format {
        PolicyFormat::Json | PolicyFormat::Yaml => {
            let documents: Vec<NamedDocument> = policies.iter().map(Policy::keyed).collect();
            render(&documents, format.format())
        }
        PolicyFormat::CloudFormation | PolicyFormat::Cdk | PolicyFormat::Terraform => {
            let definitions = policies.iter().map(|policy| {
                Definition::Policy(PolicyDefinition {
                    document: policy.defined(),
                    policy_name: policy.fixed_name.clone(),
                })
            });
            render_definitions(&definitions.collect::<Vec<_>>(), format.format())
        }
    }
}
