//! `stackpass check`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use stackpass_ground::source::LocatedDiagnostic;
use stackpass_iam::principal::Kind as PrincipalKind;
use stackpass_policy::compare::Extent;
use stackpass_policy::condition::ConditionKey;
use stackpass_stacks::deployment::{Mode, Options};
use stackpass_stacks::need::{Need, Who};
use stackpass_stacks::policies::{Holder, held};

use crate::args::words::condition;
use crate::args::{AwsArgs, InputArgs, SelectionArgs};
use crate::coverage::{Checked, Lack, Side, check, mends, merged};
use crate::engine::{Derived, derive};
use crate::error::{CliError, Kind};
use crate::exit::Exit;
use crate::input::Inputs;
use crate::judge::layers;
use crate::live::{self, Live, Named};
use crate::output::Output;
use crate::policy_files::{PolicyFile, PolicyFiles};
use crate::unused::unused;
use crate::view::check::{self as view, CheckReport};
use crate::view::{json, summary};

/// Check whether policies are enough for a deployment, before it fails halfway
///
/// The needs of the input are held against the policies of who has them: those of the caller, and those of the role that
/// CloudFormation acts with if they are given. What is not covered is shown with the reason, the place that asks for it and
/// the statements that would mend it; the exit code says that something is missing.
///
/// What cannot be seen is not taken into account: policies of the organization, of resources, and of sessions.
#[derive(Args)]
#[command(after_help = "\
Examples:
  stackpass check cdk.out --policy deploy.json
  stackpass check cdk.out --policy caller.json --executor-policy executor.json
  stackpass check template.yaml --stack-name dev-api --policy deploy.json --boundary boundary.json
  stackpass check cdk.out --role deploy --executor-role cdk-hnb659fds-cfn-exec-role-111122223333-eu-west-1
  stackpass check template.yaml --policy deploy.json --unused
  stackpass check cdk.out --policy deploy.json --output sarif >check.sarif")]
pub(crate) struct CheckArgs {
    #[command(flatten)]
    input: InputArgs,
    /// Policy of the caller (can be repeated; all of them count together)
    #[arg(
        long = "policy",
        value_name = "FILE",
        required_unless_present_any = ["role", "user", "executor_policies", "executor_role"],
        help_heading = "Policies to check"
    )]
    policies: Vec<PathBuf>,
    /// Role of the caller, whose policies and boundary are read from AWS
    #[arg(long, value_name = "NAME|ARN", help_heading = "Policies to check")]
    role: Option<String>,
    /// User who is the caller, whose policies, groups and boundary are read from AWS
    #[arg(
        long,
        value_name = "NAME|ARN",
        conflicts_with = "role",
        help_heading = "Policies to check"
    )]
    user: Option<String>,
    /// Permissions boundary of the caller (can be repeated; each must allow)
    #[arg(
        long = "boundary",
        value_name = "FILE",
        requires = "policies",
        conflicts_with_all = ["role", "user"],
        help_heading = "Policies to check"
    )]
    boundaries: Vec<PathBuf>,
    /// Condition key of the caller's requests with its value (can be repeated), `aws:MultiFactorAuthPresent=true` for one
    #[arg(long, value_name = "KEY=VALUE", value_parser = condition, help_heading = "Policies to check")]
    context: Vec<(ConditionKey, String)>,
    /// Policy of the role that CloudFormation acts with (can be repeated)
    #[arg(long = "executor-policy", value_name = "FILE", help_heading = "Policies to check")]
    executor_policies: Vec<PathBuf>,
    /// Role that CloudFormation acts with, whose policies and boundary are read from AWS
    #[arg(long, value_name = "NAME|ARN", help_heading = "Policies to check")]
    executor_role: Option<String>,
    /// Permissions boundary of that role (can be repeated)
    #[arg(
        long = "executor-boundary",
        value_name = "FILE",
        requires = "executor_policies",
        conflicts_with = "executor_role",
        help_heading = "Policies to check"
    )]
    executor_boundaries: Vec<PathBuf>,
    /// Fail also if something is missing that the deployment can do without
    #[arg(long, help_heading = "Policies to check")]
    strict: bool,
    /// Show what the policies grant and the input does not need
    #[arg(long, help_heading = "Policies to check")]
    unused: bool,
    #[command(flatten)]
    selection: SelectionArgs,
    /// Who reads the answer
    #[arg(long, value_enum, default_value_t = CheckReader::Human, help_heading = "Output")]
    output: CheckReader,
}

/// Who reads the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum CheckReader {
    /// The answer on standard output, what to know about it on standard error
    Human,
    /// Everything as one JSON object on standard output
    Json,
    /// A log in the format SARIF 2.1.0, for code scanning
    Sarif,
    /// Annotations of a GitHub workflow, at the lines that need what is missing
    Github,
}

/// Derives the needs of the input and holds them against the policies.
pub(crate) fn run(
    args: &CheckArgs,
    aws: &AwsArgs,
    output: &mut Output<'_>,
) -> Result<Exit, CliError> {
    let options = args.input.deployment.options(aws)?;
    let inputs = Inputs::open(&args.input.paths)?;
    inputs.check(&options)?;
    let mut derived = derive(&inputs, &options)?;
    let files = Files::open(args, aws)?;
    if let Some(role) = files.service_role(&derived, options.service_role.as_deref())? {
        derived = derive(&inputs, &Options { service_role: Some(role), ..options })?;
    }
    if !derived.is_usable() || PolicyFiles::refuse_errors(&files.problems).is_err() {
        return refuse(args, &derived, &files, output);
    }
    let sides = files.sides(&derived)?;
    let selected = args.selection.selection().of(&derived.needs);
    let all: Vec<&Need> = derived.needs.needs.iter().collect();
    let checked: Vec<Checked<'_>> = sides
        .iter()
        .map(|side| {
            check(side, &held(&selected, side.holder, derived.mode), &derived, &args.context)
        })
        .collect();
    let is_failing = |lack: &Lack<'_>| args.strict || lack.is_hard();
    let report = CheckReport {
        derived: &derived,
        problems: &files.problems,
        mends: checked.iter().flat_map(|it| mends(it, is_failing)).collect(),
        unused: args.unused.then(|| {
            let needs_of = |side: &Side| held(&all, side.holder, derived.mode);
            sides.iter().flat_map(|side| unused(side, &needs_of(side))).collect()
        }),
        unchecked: unchecked(&selected, &sides, derived.mode),
        checked,
    };
    print(args.output, &report, output)?;
    Ok(exit(&report, is_failing))
}

/// How many needs nobody's policies were given for.
fn unchecked(needs: &[&Need], sides: &[Side], mode: Mode) -> Vec<(Who, usize)> {
    let is_open = |need: &Need| {
        let holder = Holder::of(need, mode);
        !sides.iter().any(|side| side.holder == holder)
    };
    let of = |who: Who| -> Vec<&Need> {
        needs.iter().copied().filter(|need| need.who == who && is_open(need)).collect()
    };
    let counted = [Who::Caller, Who::Executor].map(|who| (who, merged(&of(who)).len()));
    counted.into_iter().filter(|(_, number)| *number > 0).collect()
}

fn exit(report: &CheckReport<'_>, is_failing: impl Fn(&Lack<'_>) -> bool) -> Exit {
    let mut exit = if report.derived.needs.gaps.is_empty() { Exit::Done } else { Exit::Gaps };
    for lack in report.checked.iter().flat_map(|it| &it.lacks).filter(|lack| is_failing(lack)) {
        exit = exit.or(if lack.extent == Extent::Open { Exit::Gaps } else { Exit::Denied });
    }
    exit
}

fn print(
    reader: CheckReader,
    report: &CheckReport<'_>,
    output: &mut Output<'_>,
) -> Result<(), CliError> {
    match reader {
        CheckReader::Human => {
            output.talk(&summary::problems(&report.derived.problems));
            output.talk(&summary::problems(report.problems));
            output.talk(&summary::gaps(&report.derived.needs.gaps));
            output.styled_answer(&view::human(report))?;
            output.talk(&view::remarks(report));
        }
        CheckReader::Json => output.answer(&view::json::answer(report)?)?,
        CheckReader::Sarif => output.answer(&view::sarif::log(report)?)?,
        CheckReader::Github => {
            output.answer(&view::github::annotations(report))?;
            output.talk(&view::verdict(report));
            output.talk(&view::remarks(report));
        }
    }
    Ok(())
}

/// Says what is wrong with the input or the policies. There is no answer.
fn refuse(
    args: &CheckArgs,
    derived: &Derived,
    files: &Files,
    output: &mut Output<'_>,
) -> Result<Exit, CliError> {
    let problems: Vec<_> = derived.problems.iter().chain(&files.problems).cloned().collect();
    if args.output == CheckReader::Json {
        output.answer(&json::diagnostics(&problems)?)?;
        return Ok(Exit::Input);
    }
    output.talk(&summary::problems(&problems));
    PolicyFiles::refuse_errors(&files.problems)?;
    output.talk(&summary::unusable(derived));
    Ok(Exit::Input)
}

/// Whether a role is the one that is called so. A name without a path is that of a role with any.
fn is_named(role: &str, given: &str) -> bool {
    let after = role.split_once(":role/").map_or(role, |(_, name)| name);
    let last = after.rsplit('/').next();
    given == role || given == after || last == Some(given)
}

/// The policies of both sides.
struct Files {
    caller: Option<(Vec<PolicyFile>, Vec<PolicyFile>)>,
    executor: Option<(Vec<PolicyFile>, Vec<PolicyFile>)>,
    /// The ARN of the role that was read as the executor's.
    executor_role: Option<String>,
    problems: Vec<LocatedDiagnostic>,
}

impl Files {
    /// Opens the files, and asks AWS for what is there. Policies of both kinds count together: so a policy can be tried
    /// beside those that a role has.
    fn open(args: &CheckArgs, aws: &AwsArgs) -> Result<Files, CliError> {
        let named = |kind, text: &'_ Option<String>| text.clone().map(|text| (kind, text));
        let caller = named(PrincipalKind::Role, &args.role)
            .or_else(|| named(PrincipalKind::User, &args.user));
        let principals = [caller, named(PrincipalKind::Role, &args.executor_role)];
        let principals = principals
            .each_ref()
            .map(|it| it.as_ref().map(|(kind, text)| Named { kind: *kind, text }));
        let mut problems = Vec::new();
        let mut open = |policies: &[PathBuf], boundaries: &[PathBuf], live: Option<Live>| {
            if policies.is_empty() && live.is_none() {
                return Ok(None);
            }
            let Live { policies: mut all, boundary: mut limits, .. } = live.unwrap_or_default();
            all.extend(PolicyFiles::open(policies)?);
            limits.extend(PolicyFiles::open(boundaries)?);
            problems.extend(all.problems);
            problems.extend(limits.problems);
            Ok::<_, CliError>(Some((all.policies, limits.policies)))
        };
        let [caller, executor] = live::read(principals, aws)?;
        let executor_role = executor.as_ref().map(|role| role.arn.clone());
        let caller = open(&args.policies, &args.boundaries, caller)?;
        let executor = open(&args.executor_policies, &args.executor_boundaries, executor)?;
        Ok(Files { caller, executor, executor_role, problems })
    }

    /// The service role, where the role that was read tells more of it than the command line.
    fn service_role(
        &self,
        derived: &Derived,
        given: Option<&str>,
    ) -> Result<Option<String>, CliError> {
        let Some(role) = self.executor_role.clone().filter(|_| derived.mode == Mode::ServiceRole)
        else {
            return Ok(None);
        };
        let is_same = given.is_none_or(|given| is_named(&role, given));
        if is_same {
            return Ok(Some(role));
        }
        let message = "`--service-role` and `--executor-role` name different roles";
        Err(CliError::new(Kind::Usage, message).with_hint(
            "CloudFormation acts with the service role: `--executor-role` alone is enough",
        ))
    }

    /// Who has which policies. A file with policies of both sides, as `stackpass generate` prints it, is for both.
    fn sides(&self, derived: &Derived) -> Result<Vec<Side>, CliError> {
        let side = |holder, policies: Vec<PolicyFile>, boundaries: &[PolicyFile]| Side {
            holder,
            layers: layers(policies, boundaries.to_vec()),
        };
        if derived.mode == Mode::Direct {
            let Some((policies, boundaries)) =
                self.caller.as_ref().filter(|_| self.executor.is_none())
            else {
                let message = "CloudFormation acts with the caller's permissions, not with a role";
                return Err(CliError::new(Kind::Usage, message)
                    .with_hint("give the caller's policies alone, with `--policy`")
                    .with_hint("`--mode service-role` is for a role that the caller passes"));
            };
            return Ok(vec![side(Holder::Deploy, policies.clone(), boundaries)]);
        }
        let is_executors = |policy: &&PolicyFile| policy.holder() == Some("executor");
        let mut sides = Vec::new();
        if let Some((policies, boundaries)) = &self.caller {
            let own = policies.iter().filter(|it| !is_executors(it)).cloned().collect();
            sides.push(side(Holder::Caller, own, boundaries));
            let other: Vec<PolicyFile> = policies.iter().filter(is_executors).cloned().collect();
            if self.executor.is_none() && !other.is_empty() {
                sides.push(side(Holder::Executor, other, &[]));
            }
        }
        if let Some((policies, boundaries)) = &self.executor {
            let own = policies.iter().filter(|it| it.holder().is_none_or(|it| it == "executor"));
            sides.push(side(Holder::Executor, own.cloned().collect(), boundaries));
        }
        Ok(sides)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn service_role_is_the_role_that_was_read() {
        let role = "arn:aws:iam::111122223333:role/ci/deploy";
        for same in ["deploy", "ci/deploy", role] {
            assert!(is_named(role, same), "{same}");
        }
        for other in ["ci", "x/deploy", "i/deploy", "arn:aws:iam::444455556666:role/ci/deploy"] {
            assert!(!is_named(role, other), "{other}");
        }
    }
}
