//! `stackpass generate stack`.

use clap::Args;

use super::generate;
use crate::args::{AwsArgs, InputArgs, OutputArgs, PolicyArgs};
use crate::error::CliError;
use crate::exit::Exit;
use crate::input::Inputs;
use crate::output::Output;

/// Derive the least policies for templates and synthesized apps
///
/// The policy is printed alone on standard output. If there are several, of the caller and of the role that CloudFormation
/// acts with, or because one would be over a quota, they are printed as one object with a key for each.
/// What could not be scoped or worked out is told on standard error; gaps have an exit code of their own.
#[derive(Args)]
#[command(after_help = "\
Examples:
  stackpass generate stack cdk.out
  stackpass generate stack cdk.out --who executor --format terraform
  stackpass generate stack template.yaml --stack-name dev-api --region eu-west-1
  stackpass generate stack template.yaml --mode service-role --out policies
  aws cloudformation get-template --stack-name dev-api --query TemplateBody |
    stackpass generate stack - --stack-name dev-api")]
pub(crate) struct StackArgs {
    #[command(flatten)]
    input: InputArgs,
    #[command(flatten)]
    policy: PolicyArgs,
    #[command(flatten)]
    output: OutputArgs,
}

/// Reads the input, derives its policies and prints them.
pub(crate) fn run(
    args: &StackArgs,
    aws: &AwsArgs,
    output: &mut Output<'_>,
) -> Result<Exit, CliError> {
    let options = args.input.deployment.options(aws)?;
    let inputs = Inputs::open(&args.input.paths)?;
    inputs.check(&options)?;
    generate(&inputs, &options, &args.policy, &args.output, output)
}
