//! `stackpass why`.

use clap::Args;
use stackpass_policy::action::ActionPattern;
use stackpass_policy::catalogue;
use stackpass_stacks::need::Need;

use crate::args::{AwsArgs, InputArgs, OutputArgs, Reader, SelectionArgs};
use crate::engine::{Derived, derive};
use crate::error::{CliError, Kind};
use crate::exit::Exit;
use crate::input::Inputs;
use crate::output::Output;
use crate::similar;
use crate::text::count;
use crate::view::{json, summary, why};

/// Show each reason for which an action is needed
///
/// A reason is a resource with the property that asks for it, the line where that stands, and where the fact comes from.
/// If the input does not need the action, the exit code says so.
#[derive(Args)]
#[command(after_help = "\
Examples:
  stackpass why iam:PassRole cdk.out
  stackpass why 's3:Put*' template.yaml --phase update")]
pub(crate) struct WhyArgs {
    /// Action, or a pattern with `*` and `?`
    #[arg(value_name = "ACTION", value_parser = clap::value_parser!(ActionPattern))]
    action: ActionPattern,
    #[command(flatten)]
    input: InputArgs,
    #[command(flatten)]
    selection: SelectionArgs,
    #[command(flatten)]
    output: OutputArgs,
}

/// Derives the needs of the input and shows those behind the action.
pub(crate) fn run(
    args: &WhyArgs,
    aws: &AwsArgs,
    output: &mut Output<'_>,
) -> Result<Exit, CliError> {
    let options = args.input.deployment.options(aws)?;
    let inputs = Inputs::open(&args.input.paths)?;
    inputs.check(&options)?;
    let derived = derive(&inputs, &options)?;
    let needs = matching(args, &derived);
    if needs.is_empty() {
        check_known(&args.action)?;
    }
    let usable = derived.is_usable();
    match args.output.output {
        Reader::Human => {
            output.talk(&summary::problems(&derived.problems));
            if usable {
                answer(args, &needs, &derived, output)?;
            } else {
                output.talk(&summary::unusable(&derived));
            }
        }
        Reader::Json => {
            let shown = if usable { needs.as_slice() } else { &[] };
            let gaps = &derived.needs.gaps;
            output.answer(&json::why(args.action.as_str(), shown, gaps, &derived.problems)?)?;
        }
    }
    let found = if needs.is_empty() { Exit::NotNeeded } else { Exit::Done };
    let whole = if derived.needs.gaps.is_empty() { Exit::Done } else { Exit::Gaps };
    Ok(if usable { found.or(whole) } else { Exit::Input })
}

fn answer(
    args: &WhyArgs,
    needs: &[&Need],
    derived: &Derived,
    output: &mut Output<'_>,
) -> Result<(), CliError> {
    if needs.is_empty() {
        output.talk(&format!("{} is not needed\n", args.action));
    } else {
        output.styled_answer(&why::why(needs))?;
    }
    let gaps = derived.needs.gaps.len();
    if gaps > 0 {
        let gaps = count(gaps, "gap", "gaps");
        output.talk(&format!(
            "\n{gaps} in the input, so there may be more; `stackpass generate stack` lists them\n"
        ));
    }
    Ok(())
}

fn matching<'a>(args: &WhyArgs, derived: &'a Derived) -> Vec<&'a Need> {
    let needs = args.selection.selection().of(&derived.needs).into_iter();
    needs.filter(|need| args.action.matches(&need.action)).collect()
}

/// An action that does not exist is more likely misspelled than not needed.
fn check_known(pattern: &ActionPattern) -> Result<(), CliError> {
    let known = |service: &str| {
        catalogue::actions(service).any(|facts| {
            let action = format!("{}:{}", facts.service(), facts.name());
            action.parse().is_ok_and(|action| pattern.matches(&action))
        })
    };
    if catalogue::services().any(known) {
        return Ok(());
    }
    let error = CliError::new(Kind::Usage, format!("AWS has no action `{pattern}`"));
    Err(similar::hinted(error, &similar(pattern)))
}

/// The most similar names of the catalogue: of the same service if there is such a one, else of all.
fn similar(pattern: &ActionPattern) -> Vec<String> {
    let service = pattern.service().to_ascii_lowercase();
    let in_service = |name: &&str| name.eq_ignore_ascii_case(&service);
    let mut services: Vec<&str> = catalogue::services().filter(in_service).collect();
    if services.is_empty() {
        services = catalogue::services().collect();
    }
    let actions = services.into_iter().flat_map(catalogue::actions);
    let names = actions.map(|facts| format!("{}:{}", facts.service(), facts.name()));
    similar::nearest(pattern.as_str(), names)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pattern: &str, expected: &[&str]) {
        let pattern: ActionPattern = pattern.parse().unwrap();
        let hints = match check_known(&pattern) {
            Ok(()) => Vec::new(),
            Err(error) => error.hints().to_vec(),
        };
        assert_eq!(hints, expected, "{pattern}");
    }

    #[test]
    fn misspelled_action_gets_its_neighbors() {
        check("s3:PutObjekt", &["did you mean `s3:PutObject`, `s3:GetObject`, `s3:PutObjectAcl`?"]);
        check("iam:PassRoles", &["did you mean `iam:PassRole`, `iam:ListRoles`?"]);
    }

    #[test]
    fn misspelled_service_is_found_too() {
        let pattern: ActionPattern = "dynamdb:CreateTable".parse().unwrap();
        let error = check_known(&pattern).unwrap_err();
        assert!(
            error.hints()[0].starts_with("did you mean `dynamodb:CreateTable`"),
            "{:?}",
            error.hints()
        );
    }

    #[test]
    fn known_actions_and_patterns_pass_in_any_case() {
        check("S3:putobject", &[]);
        check("s3:Put*", &[]);
        check("*", &[]);
    }
}
