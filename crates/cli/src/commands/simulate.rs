//! `stackpass simulate`.

mod request;
mod stream;

use std::collections::BTreeSet;
use std::path::PathBuf;

use clap::Args;
use stackpass_ground::region::Region;
use stackpass_policy::evaluate::Decision;

use crate::args::words::pair;
use crate::args::{AwsArgs, OutputArgs, Reader};
use crate::error::{CliError, Kind};
use crate::exit::Exit;
use crate::judge::Judge;
use crate::output::Output;
use crate::policy_files::{PolicyFile, PolicyFiles};
use crate::view::{json, simulate, summary};

/// Decide requests as IAM would
///
/// The request is decided by the policies together: one must allow it and none may deny it. With `--boundary`, the boundary
/// must allow it as well. Policies of the organization, of the resource and of the session are not known here.
///
/// With `--requests`, each line is a request as a JSON object with `action`, `resource`, `context` and an `id` of any kind, and
/// each gets a line with its decision at once, in the same order.
#[derive(Args)]
#[command(after_help = "\
Examples:
  stackpass simulate --policy deploy.json --action s3:PutObject --resource arn:aws:s3:::photos/cat.jpg
  stackpass simulate --policy deploy.json --action iam:PassRole \\
    --resource arn:aws:iam::111122223333:role/dev-api --context iam:PassedToService=lambda.amazonaws.com
  stackpass simulate --policy deploy.json --requests - <requests.ndjson")]
pub(crate) struct SimulateArgs {
    /// Policy of the principal (can be repeated)
    #[arg(long = "policy", value_name = "FILE", required = true, help_heading = "Policies")]
    policies: Vec<PathBuf>,
    /// Permissions boundary of the principal (can be repeated; each must allow the request)
    #[arg(long = "boundary", value_name = "FILE", help_heading = "Policies")]
    boundaries: Vec<PathBuf>,
    /// Action of the request
    #[arg(
        long,
        required_unless_present = "requests",
        conflicts_with = "requests",
        help_heading = "Request"
    )]
    action: Option<String>,
    /// ARN of the resource; left out for an action that names none
    #[arg(long, value_name = "ARN", conflicts_with = "requests", help_heading = "Request")]
    resource: Option<String>,
    /// Value of a condition key (can be repeated, also for another value of the same key)
    #[arg(long, value_name = "KEY=VALUE", value_parser = pair, conflicts_with = "requests", help_heading = "Request")]
    context: Vec<(String, String)>,
    /// ARN of the principal, for the condition keys about it
    #[arg(long, value_name = "ARN", conflicts_with = "requests", help_heading = "Request")]
    principal: Option<String>,
    /// File with one request a line, `-` for standard input
    #[arg(long, value_name = "FILE", conflicts_with = "output", help_heading = "Request")]
    requests: Option<PathBuf>,
    #[command(flatten)]
    output: OutputArgs,
}

/// Reads the policies and decides one request or many.
pub(crate) fn run(
    args: &SimulateArgs,
    aws: &AwsArgs,
    output: &mut Output<'_>,
) -> Result<Exit, CliError> {
    let policies = PolicyFiles::open(&args.policies)?;
    let boundaries = PolicyFiles::open(&args.boundaries)?;
    let problems: Vec<_> = policies.problems.iter().chain(&boundaries.problems).cloned().collect();
    if let (Err(error), Reader::Json) = (PolicyFiles::refuse_errors(&problems), args.output.output)
    {
        output.answer(&json::diagnostics(&problems)?)?;
        return Ok(error.exit());
    }
    output.talk(&summary::problems(&problems));
    PolicyFiles::refuse_errors(&problems)?;
    one_holder(&policies.policies)?;
    let judge = Judge::new(policies.policies, boundaries.policies);
    if let Some(path) = &args.requests {
        return stream::run(&judge, path, output);
    }
    let request = request::Asked {
        action: args.action.as_deref().unwrap_or_default(),
        resource: args.resource.as_deref(),
        context: &args.context,
        principal: args.principal.as_deref(),
        region: aws.region.as_ref().map(Region::as_str),
    };
    let request = request.read().map_err(|error| CliError::new(Kind::Usage, error))?;
    let ruling = judge.decide(&request);
    match args.output.output {
        Reader::Human => {
            let is_silent = ruling.decision == Some(Decision::ImplicitDeny);
            let near = if is_silent { judge.near(&request) } else { Vec::new() };
            output.styled_answer(&simulate::ruling(&request, &ruling, &near))?;
        }
        Reader::Json => output.answer(&simulate::json(&ruling)?)?,
    }
    Ok(if ruling.decision == Some(Decision::Allowed) { Exit::Done } else { Exit::Denied })
}

/// A file with policies of several holders says what nobody is allowed alone.
fn one_holder(policies: &[PolicyFile]) -> Result<(), CliError> {
    let holders: BTreeSet<&str> = policies.iter().filter_map(PolicyFile::holder).collect();
    if holders.len() < 2 {
        return Ok(());
    }
    let holders: Vec<String> = holders.into_iter().map(|holder| format!("`{holder}`")).collect();
    let message = format!("the policies are of {}, who act apart", holders.join(" and "));
    Err(CliError::new(Kind::Input, message).with_hint(
        "give those of one, each in a file of its own: `stackpass generate ... --out FOLDER`",
    ))
}
