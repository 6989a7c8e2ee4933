//! The commands, one file each.

mod apply;
mod check;
mod completions;
mod diff;
mod generate;
mod history;
#[cfg(test)]
mod printed;
mod reference;
mod rollback;
mod simulate;
mod whoami;
mod why;

use std::any::TypeId;
use std::ffi::OsString;
use std::path::PathBuf;

use clap::error::ErrorKind;
use clap::{Arg, ArgMatches, CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::args::AwsArgs;
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
    #[command(flatten)]
    aws: AwsArgs,
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
    Check(check::CheckArgs),
    Diff(diff::DiffArgs),
    Simulate(simulate::SimulateArgs),
    Apply(Box<apply::ApplyArgs>),
    Rollback(rollback::RollbackArgs),
    History(history::HistoryArgs),
    Whoami(whoami::WhoamiArgs),
    Completions(completions::CompletionsArgs),
    #[command(hide = true)]
    Reference(reference::ReferenceArgs),
}

impl Command {
    /// Runs the command.
    pub(crate) fn run(&self, aws: &AwsArgs, output: &mut Output<'_>) -> Result<Exit, CliError> {
        match self {
            Command::Generate(command) => command.run(aws, output),
            Command::Why(args) => why::run(args, aws, output),
            Command::Check(args) => check::run(args, aws, output),
            Command::Diff(args) => diff::run(args, aws, output),
            Command::Simulate(args) => simulate::run(args, aws, output),
            Command::Apply(args) => apply::run(args, aws, output),
            Command::Rollback(args) => rollback::run(args, aws, output),
            Command::History(args) => history::run(args, aws, output),
            Command::Whoami(args) => whoami::run(args, aws, output),
            Command::Completions(args) => completions::run(args, output),
            Command::Reference(args) => reference::run(args, output),
        }
    }
}

/// Reads a command line.
pub(crate) fn parse<I>(args: I) -> Result<(Command, AwsArgs), clap::Error>
where
    I: IntoIterator<Item: Into<OsString> + Clone>,
{
    let mut command = command_line();
    let matches = command.try_get_matches_from_mut(args)?;
    check_standard_input(&mut command, &matches)?;
    Cli::from_arg_matches(&matches).map(|cli| (cli.command, cli.aws))
}

/// Standard input has one text: who reads second would find nothing and take that for an answer.
fn check_standard_input(
    command: &mut clap::Command,
    matches: &ArgMatches,
) -> Result<(), clap::Error> {
    if let Some((name, matches)) = matches.subcommand() {
        return command
            .find_subcommand_mut(name)
            .map_or(Ok(()), |command| check_standard_input(command, matches));
    }
    let is_stdin = |arg: &&Arg| {
        let values = matches.get_raw(arg.get_id().as_str());
        arg.get_value_parser().type_id() == TypeId::of::<PathBuf>()
            && !WRITTEN.contains(&arg.get_id().as_str())
            && values.is_some_and(|mut values| values.any(|value| value == "-"))
    };
    let readers: Vec<String> =
        command.get_arguments().filter(is_stdin).map(|arg| format!("`{arg}`")).collect();
    if readers.len() < 2 {
        return Ok(());
    }
    let message = format!("standard input can be read once, not for {}", readers.join(" and "));
    Err(command.error(ErrorKind::ArgumentConflict, message))
}

/// The arguments that name what is written.
const WRITTEN: [&str; 2] = ["out", "plan_out"];

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
