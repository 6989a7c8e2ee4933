//! `stackpass generate`: policies from what will be deployed.

mod bootstrap;
mod debug_stack;
mod stack;

use clap::Subcommand;
use stackpass_stacks::deploy::Options;

use crate::args::{OutputArgs, PolicyArgs, PolicyFormat, Reader};
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
use stackpass_policy::render::{NamedDocument, render};

/// What to derive policies from.
#[derive(Subcommand)]
pub(crate) enum GenerateCommand {
    Stack(stack::StackArgs),
    Bootstrap(bootstrap::BootstrapArgs),
    DebugStack(debug_stack::DebugStackArgs),
}

impl GenerateCommand {
    /// Runs the command.
    pub(crate) fn run(&self, output: &mut Output<'_>) -> Result<Exit, CliError> {
        match self {
            GenerateCommand::Stack(args) => stack::run(args, output),
            GenerateCommand::Bootstrap(args) => bootstrap::run(args, output),
            GenerateCommand::DebugStack(args) => debug_stack::run(args, output),
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
    let report = Report::new(&derived, &policy.selection, policy.limit)?;
    if let Some(folder) = &policy.out {
        let written = files::write(folder, &files_of(&report.policies, policy.format))?;
        output.talk(&written);
    }
    match reader.output {
        Reader::Human => {
            if policy.out.is_none() {
                output.answer(&text(&report.policies, policy.format))?;
            }
            output.talk(&summary::problems(&derived.problems));
            output.talk(&summary::summary(&report));
        }
        Reader::Json => output.answer(&json::answer(&report)?)?,
    }
    Ok(if report.gaps().is_empty() { Exit::Done } else { Exit::Gaps })
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
    let mut documents: Vec<NamedDocument> =
        policies.iter().map(|policy| named(policy, format)).collect();
    if documents.is_empty() {
        let document = Document::new(Vec::new());
        documents.push(NamedDocument { name: "StackpassDeploy".to_owned(), document });
    }
    render(&documents, format.format())
}

fn files_of(policies: &[Policy], format: PolicyFormat) -> Vec<NewFile> {
    policies
        .iter()
        .map(|policy| NewFile {
            name: format!("{}.{}", policy.name, format.extension()),
            text: render(&[named(policy, format)], format.format()),
        })
        .collect()
}

fn named(policy: &Policy, format: PolicyFormat) -> NamedDocument {
    match format {
        PolicyFormat::Json | PolicyFormat::Yaml => policy.keyed(),
        PolicyFormat::CloudFormation | PolicyFormat::Cdk | PolicyFormat::Terraform => {
            policy.defined()
        }
    }
}
