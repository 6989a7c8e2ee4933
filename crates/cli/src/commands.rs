//! The commands, one file each.

mod completions;
mod generate;
mod reference;
mod why;

use std::ffi::OsString;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::engine;
use crate::error::CliError;
use crate::exit::Exit;
use crate::output::Output;

/// Derive the least permissions that a deployment to AWS needs
///
/// stackpass reads what will be deployed, a CloudFormation template or a synthesized CDK or SST app, and answers with which
/// permissions the deployment may run. It needs no AWS account, no network and no configuration.
#[derive(Parser)]
#[command(
    name = "stackpass",
    max_term_width = 100,
    subcommand_required = true,
    arg_required_else_help = true
)]
#[command(after_help = EXAMPLES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "\
Examples:
  stackpass generate stack cdk.out            the policies for a synthesized app
  stackpass generate stack template.yaml      the policy for a template
  stackpass generate bootstrap                the policy for `cdk bootstrap`
  stackpass why iam:PassRole cdk.out          why a permission is in a policy";

/// What to do.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Derive the policies that a deployment needs
    #[command(subcommand)]
    Generate(generate::GenerateCommand),
    Why(why::WhyArgs),
    Completions(completions::CompletionsArgs),
    #[command(hide = true)]
    Reference(reference::ReferenceArgs),
}

impl Command {
    /// Runs the command.
    pub(crate) fn run(&self, output: &mut Output<'_>) -> Result<Exit, CliError> {
        match self {
            Command::Generate(command) => command.run(output),
            Command::Why(args) => why::run(args, output),
            Command::Completions(args) => completions::run(args, output),
            Command::Reference(args) => reference::run(args, output),
        }
    }
}

/// Reads a command line.
pub(crate) fn parse<I>(args: I) -> Result<Command, clap::Error>
where
    I: IntoIterator<Item: Into<OsString> + Clone>,
{
    let matches = command_line().try_get_matches_from(args)?;
    Cli::from_arg_matches(&matches).map(|cli| cli.command)
}

/// The whole command line, for parsing and for documentation.
fn command_line() -> clap::Command {
    let version = env!("CARGO_PKG_VERSION");
    let (date, dates) = (engine::data_date(), engine::data_dates());
    Cli::command().version(format!("{version} (AWS data of {date}: {dates})"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn command_line_is_consistent() {
        command_line().debug_assert();
    }
}
