//! `stackpass generate bootstrap`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use stackpass_stacks::builtin;
use stackpass_stacks::deployment::{Input, Mode, Options, Tool};

use super::generate;
use crate::args::{AwsArgs, OutputArgs, PolicyArgs, SettingArgs, no_doubles, words};
use crate::error::CliError;
use crate::exit::Exit;
use crate::input::{self, Inputs};
use crate::output::Output;

/// The parameter of the bootstrap template that tells which key encrypts its bucket.
const KEY_PARAMETER: &str = "FileAssetsBucketKmsKeyId";

/// Derive the least policy for `cdk bootstrap`
///
/// The stack is needed once for each account and region. The built-in template is that of the CDK command line; give your own
/// with --template if you changed it. Like the CDK, this makes no key unless it is told to.
#[derive(Args)]
#[command(after_help = "\
Examples:
  stackpass generate bootstrap --account 111122223333 --region eu-west-1
  stackpass generate bootstrap --kms new --qualifier myteam
  cdk bootstrap --show-template > bootstrap.yaml && stackpass generate bootstrap --template bootstrap.yaml")]
pub(crate) struct BootstrapArgs {
    /// Bootstrap template of your own
    #[arg(long, value_name = "FILE", help_heading = "Stack")]
    template: Option<PathBuf>,
    /// Qualifier, if it is not CDK's default
    #[arg(long, value_parser = words::qualifier, help_heading = "Stack")]
    qualifier: Option<String>,
    /// Key that encrypts the bucket
    #[arg(long, value_enum, default_value_t = Kms::AwsManaged, help_heading = "Stack")]
    kms: Kms,
    /// Value of a template parameter (can be repeated)
    #[arg(long = "parameter", value_name = "KEY=VALUE", value_parser = words::pair, help_heading = "Stack")]
    parameters: Vec<(String, String)>,
    #[command(flatten)]
    setting: SettingArgs,
    #[command(flatten)]
    policy: PolicyArgs,
    #[command(flatten)]
    output: OutputArgs,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Kms {
    /// The account's key for S3, as the CDK command line asks for
    AwsManaged,
    /// A key of the stack's own
    New,
}

/// Derives the policy of the bootstrap stack and prints it.
pub(crate) fn run(
    args: &BootstrapArgs,
    aws: &AwsArgs,
    output: &mut Output<'_>,
) -> Result<Exit, CliError> {
    let options = options(args, aws)?;
    let inputs = match &args.template {
        Some(path) => Inputs::of(Input::Template(input::read(path)?)),
        None => Inputs::of(builtin::bootstrap()),
    };
    generate(&inputs, &options, &args.policy, &args.output, output)
}

fn options(args: &BootstrapArgs, aws: &AwsArgs) -> Result<Options, CliError> {
    let mut parameters = no_doubles("--parameter", &args.parameters)?;
    let key = match args.kms {
        Kms::AwsManaged => "AWS_MANAGED_KEY",
        Kms::New => "",
    };
    parameters.entry(KEY_PARAMETER.to_owned()).or_insert_with(|| key.to_owned());
    if let Some(qualifier) = &args.qualifier {
        parameters.insert("Qualifier".to_owned(), qualifier.clone());
    }
    let options = args.setting.options(aws)?;
    Ok(Options {
        stack_name: options.stack_name.or_else(|| Some(builtin::BOOTSTRAP_STACK_NAME.to_owned())),
        parameters,
        tool: Some(Tool::CdkBootstrap),
        mode: Some(Mode::Direct),
        qualifier: args.qualifier.clone(),
        ..options
    })
}
