//! `stackpass generate debug-stack`.

use std::path::PathBuf;

use clap::Args;
use stackpass_stacks::builtin;
use stackpass_stacks::deployment::{Input, Mode, Options, Tool};

use super::generate;
use crate::args::{AwsArgs, OutputArgs, PolicyArgs, SettingArgs, words};
use crate::error::CliError;
use crate::exit::Exit;
use crate::input::{self, Inputs};
use crate::output::Output;

/// Derive the least policy for the debug stack of SST
///
/// `sst start` deploys it beside the app, for the Live Lambda Development environment. SST names it after stage and app,
/// `STAGE-APP-debug-stack`; what is not given stands for any.
#[derive(Args)]
#[command(after_help = "\
Examples:
  stackpass generate debug-stack --stage dev --app notes
  stackpass generate debug-stack --stack-name dev-notes-debug-stack --region us-east-1")]
pub(crate) struct DebugStackArgs {
    /// Stage, the first word of the stack's name
    #[arg(long, value_parser = words::stack_name, help_heading = "Stack")]
    stage: Option<String>,
    /// App, the second word of the stack's name
    #[arg(long, value_parser = words::stack_name, help_heading = "Stack")]
    app: Option<String>,
    /// Template of your own
    #[arg(long, value_name = "FILE", help_heading = "Stack")]
    template: Option<PathBuf>,
    /// Add what `sst start` itself calls
    #[arg(long, help_heading = "Deployment")]
    live: bool,
    #[command(flatten)]
    setting: SettingArgs,
    #[command(flatten)]
    policy: PolicyArgs,
    #[command(flatten)]
    output: OutputArgs,
}

/// Derives the policy of the debug stack and prints it.
pub(crate) fn run(
    args: &DebugStackArgs,
    aws: &AwsArgs,
    output: &mut Output<'_>,
) -> Result<Exit, CliError> {
    let options = args.setting.options(aws)?;
    let stage = args.stage.as_deref().unwrap_or("*");
    let app = args.app.as_deref().unwrap_or("*");
    let name = options.stack_name.clone().unwrap_or_else(|| format!("{stage}-{app}-debug-stack"));
    let input = match &args.template {
        Some(path) => Input::Template(input::read(path)?),
        None => builtin::debug_stack(&name, stage),
    };
    let options = Options {
        stack_name: Some(name),
        tool: Some(Tool::SstV1),
        mode: Some(Mode::Direct),
        live: args.live,
        ..options
    };
    generate(&Inputs::of(input), &options, &args.policy, &args.output, output)
}
