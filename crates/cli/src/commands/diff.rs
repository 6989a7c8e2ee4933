//! `stackpass diff`.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::slice;

use clap::{Args, ValueEnum};
use stackpass_ground::source::LocatedDiagnostic;
use stackpass_ground::tree;
use stackpass_policy::document::Document;
use stackpass_stacks::deployment::{Mode, Options, Tool};
use stackpass_stacks::need::{Need, Needs};
use stackpass_stacks::service_role::Bounds;

use crate::args::{AwsArgs, DeploymentArgs, SelectionArgs};
use crate::difference::{Difference, of_needs, of_policies};
use crate::engine::{Derived, derive};
use crate::error::{CliError, Kind};
use crate::exit::Exit;
use crate::input::{self, Inputs};
use crate::output::Output;
use crate::policy_files::PolicyFiles;
use crate::text::count;
use crate::view::diff::{self as view, markdown};
use crate::view::{json, summary};

/// What stands for no deployment, as in git.
const NOTHING: &str = "/dev/null";

/// Show which permissions a change adds and removes
///
/// Both sides are templates or synthesized apps, or both are policies. A need that only moved is no difference. What is new
/// comes first, and of it what deserves a look: passing roles, managing permissions, changing what has no name.
#[derive(Args)]
#[command(after_help = "\
Examples:
  stackpass diff old/cdk.out cdk.out
  stackpass diff main.yaml branch.yaml --stack-name dev-api --output markdown
  stackpass diff /dev/null cdk.out          all that a new app needs
  stackpass diff old.json new.json --exit-code
  git show main:template.yaml | stackpass diff - template.yaml")]
pub(crate) struct DiffArgs {
    /// Template, synthesized app or policy as it was; `/dev/null` if there was none
    #[arg(value_name = "OLD")]
    old: PathBuf,
    /// The same as it will be
    #[arg(value_name = "NEW")]
    new: PathBuf,
    #[command(flatten)]
    deployment: DeploymentArgs,
    #[command(flatten)]
    selection: SelectionArgs,
    /// Exit with 8 if there is a difference
    #[arg(long, help_heading = "Output")]
    exit_code: bool,
    /// Who reads the answer
    #[arg(long, value_enum, default_value_t = DiffReader::Human, help_heading = "Output")]
    output: DiffReader,
}

/// Who reads the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum DiffReader {
    /// The answer on standard output, what to know about it on standard error
    Human,
    /// Everything as one JSON object on standard output
    Json,
    /// A comment for a pull request
    Markdown,
}

/// Compares the two sides and shows what differs.
pub(crate) fn run(
    args: &DiffArgs,
    aws: &AwsArgs,
    output: &mut Output<'_>,
) -> Result<Exit, CliError> {
    let policies = [&args.old, &args.new].map(|path| is_policy(path));
    match policies {
        [Some(true), Some(true) | None] | [None, Some(true)] => compare_policies(args, output),
        // Standard input and what cannot be read are what the other side is.
        [Some(true), _] => Err(mixed(&args.old, &args.new)),
        [_, Some(true)] => Err(mixed(&args.new, &args.old)),
        _ => compare_inputs(args, aws, output),
    }
}

fn compare_inputs(
    args: &DiffArgs,
    aws: &AwsArgs,
    output: &mut Output<'_>,
) -> Result<Exit, CliError> {
    let options = args.deployment.options(aws)?;
    let old = side(&args.old, &options)?;
    let new = side(&args.new, &options)?;
    let (old, new) = match (old, new) {
        (Some(old), Some(new)) => (old, new),
        (Some(old), None) => {
            let new = nothing(&old);
            (old, new)
        }
        (None, Some(new)) => (nothing(&new), new),
        (None, None) => return Err(CliError::new(Kind::Usage, "there is nothing on both sides")),
    };
    let problems: Vec<&LocatedDiagnostic> = old.problems.iter().chain(&new.problems).collect();
    if let Some(bad) = [&old, &new].into_iter().find(|it| !is_whole(it)) {
        return refuse(args, bad, &problems, output);
    }
    let needs = |derived: &'_ Derived| -> Vec<Need> {
        args.selection.selection().of(&derived.needs).into_iter().cloned().collect()
    };
    let (olds, news) = (needs(&old), needs(&new));
    let difference = of_needs(
        (&olds.iter().collect::<Vec<_>>(), &old.needs.gaps),
        (&news.iter().collect::<Vec<_>>(), &new.needs.gaps),
    );
    if args.output != DiffReader::Json {
        output.talk(&summary::problems(&old.problems));
        output.talk(&summary::problems(&new.problems));
        output.talk(&other_way(&old, &new));
    }
    let exit = show(args, &difference, Some([&old, &new]), &problems, output)?;
    let same = new.needs.gaps.len().saturating_sub(difference.new_gaps.len());
    if same > 0 && args.output != DiffReader::Json {
        let gaps = count(same, "gap is", "gaps are");
        output.talk(&format!(
            "{gaps} on both sides, and what they hide is not compared; `stackpass generate stack` lists them\n"
        ));
    }
    Ok(exit)
}

fn compare_policies(args: &DiffArgs, output: &mut Output<'_>) -> Result<Exit, CliError> {
    let old = policy(&args.old)?;
    let new = policy(&args.new)?;
    let problems: Vec<&LocatedDiagnostic> = old.problems.iter().chain(&new.problems).collect();
    if args.output != DiffReader::Json {
        output.talk(&summary::problems(&old.problems));
        output.talk(&summary::problems(&new.problems));
    }
    PolicyFiles::refuse_errors(&old.problems)?;
    PolicyFiles::refuse_errors(&new.problems)?;
    let difference = of_policies(&whole(&old)?, &whole(&new)?);
    show(args, &difference, None, &problems, output)
}

fn show(
    args: &DiffArgs,
    difference: &Difference<'_>,
    sides: Option<[&Derived; 2]>,
    problems: &[&LocatedDiagnostic],
    output: &mut Output<'_>,
) -> Result<Exit, CliError> {
    match args.output {
        DiffReader::Json => output.answer(&json::diff(difference, sides, problems)?)?,
        DiffReader::Markdown => output.answer(&markdown::markdown(difference))?,
        DiffReader::Human => {
            output.styled_answer(&view::diff(difference))?;
            let space = if difference.is_empty() { "" } else { "\n" };
            output.talk(&format!(
                "{space}{}{}\n",
                view::warning(difference),
                view::summary(difference)
            ));
        }
    }
    let differs = args.exit_code && !difference.is_empty();
    Ok(if differs { Exit::Differs } else { Exit::Done })
}

/// What one side needs; nothing for what stands for no deployment.
fn side(path: &Path, options: &Options) -> Result<Option<Derived>, CliError> {
    if is_nothing(path) {
        return Ok(None);
    }
    let inputs = Inputs::open(slice::from_ref(&path.to_owned()))?;
    inputs.check(options)?;
    derive(&inputs, options).map(Some)
}

/// A side without stacks, deployed like the other one.
fn nothing(other: &Derived) -> Derived {
    let (tool, mode): (Tool, Mode) = (other.tool, other.mode);
    let (stacks, problems) = (Vec::new(), Vec::new());
    Derived { stacks, tool, mode, needs: Needs::default(), bounds: Bounds::default(), problems }
}

/// Whether a side was read whole. One without stacks is nothing, which is no mistake here unless something is wrong with it.
fn is_whole(derived: &Derived) -> bool {
    derived.is_usable() || (derived.stacks.is_empty() && derived.problems.is_empty())
}

/// Says when both sides are not deployed alike, which is a reason for many differences.
fn other_way(old: &Derived, new: &Derived) -> String {
    if (old.tool, old.mode) == (new.tool, new.mode) {
        return String::new();
    }
    format!(
        "the old side is deployed by {} ({}), the new one by {} ({}); `--tool` and `--mode` compare them alike\n",
        old.tool, old.mode, new.tool, new.mode
    )
}

fn refuse(
    args: &DiffArgs,
    bad: &Derived,
    problems: &[&LocatedDiagnostic],
    output: &mut Output<'_>,
) -> Result<Exit, CliError> {
    if args.output == DiffReader::Json {
        let problems: Vec<LocatedDiagnostic> =
            problems.iter().map(|&problem| problem.clone()).collect();
        output.answer(&json::diagnostics(&problems)?)?;
    } else {
        output.talk(&summary::problems(&bad.problems));
        output.talk(&summary::unusable(bad));
    }
    Ok(Exit::Input)
}

fn policy(path: &Path) -> Result<PolicyFiles, CliError> {
    if is_nothing(path) {
        Ok(PolicyFiles::default())
    } else {
        PolicyFiles::open(&[path.to_owned()])
    }
}

/// All policies of a file as one. Those of different versions of the language do not mean the same by the same words.
fn whole(files: &PolicyFiles) -> Result<Document, CliError> {
    let mut all = files.policies.iter();
    let Some(first) = all.next() else { return Ok(Document::new(Vec::new())) };
    let mut document = first.document.clone();
    for other in all {
        if other.document.has_variables() != document.has_variables() {
            let message = format!("the policies of `{}` have different versions", first.name);
            return Err(CliError::new(Kind::Input, message));
        }
        document.statements.extend(other.document.statements.clone());
    }
    Ok(document)
}

/// Whether a file is a policy; unknown for what is nothing, and for what is not or cannot be read here.
fn is_policy(path: &Path) -> Option<bool> {
    if is_nothing(path) || is_stdin(path) {
        return None;
    }
    if path.is_dir() {
        return Some(false);
    }
    if !path.is_file() {
        return None;
    }
    // What cannot be read is told by whoever needs it.
    let root = tree::read(&input::read(path).ok()?).0?;
    let has_statement = |node: &tree::Node| node.field("Statement").is_some();
    let entries = root.entries();
    let several = !entries.is_empty() && entries.iter().all(|entry| has_statement(&entry.value));
    Some(root.field("Resources").is_none() && (has_statement(&root) || several))
}

fn mixed(policy: &Path, other: &Path) -> CliError {
    let message = format!("`{}` is a policy, `{}` is none", policy.display(), other.display());
    CliError::new(Kind::Usage, message)
        .with_hint("compare two policies, or two templates or synthesized apps")
        .with_hint("`stackpass check PATH --policy FILE` holds what is deployed against a policy")
}

fn is_nothing(path: &Path) -> bool {
    path.as_os_str() == OsStr::new(NOTHING)
}

fn is_stdin(path: &Path) -> bool {
    path.as_os_str() == OsStr::new("-")
}
