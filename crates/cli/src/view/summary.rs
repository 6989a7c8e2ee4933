//! What a person reads beside the policy. The most important stands last, next to where the eye is.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use stackpass_ground::source::{LocatedDiagnostic, Severity};
use stackpass_policy::action::Action;
use stackpass_stacks::deployment::Mode;
use stackpass_stacks::need::Gap;
use stackpass_stacks::policies::Unscoped;
use unicode_width::UnicodeWidthStr;

use super::{how, scoping, snippet};
use crate::engine::{Derived, StackFacts, data_dates};
use crate::report::Report;
use crate::text::{
    ERROR, FAINT, HEADING, HINT, WARNING, WIDTH, clean, count, list, paint, thousands, wrap,
};

/// How many problems, gaps or stacks are shown one by one.
const MAX_SHOWN: usize = 12;

/// How wide the column of labels is.
const LABEL: usize = 10;

/// What is wrong with the input, each problem with the line it stands in.
pub(crate) fn problems(problems: &[LocatedDiagnostic]) -> String {
    let mut text = String::new();
    for problem in problems.iter().take(MAX_SHOWN) {
        let _ = writeln!(text, "{}", snippet::diagnostic(&problem.source, &problem.diagnostic));
    }
    if let Some(more) = more(problems.len(), "problem", "problems") {
        let _ = writeln!(text, "{more}\n");
    }
    text
}

/// Everything else: gaps, what could not be scoped, and the facts.
pub(crate) fn summary(report: &Report<'_>) -> String {
    format!("{}{}{}", gaps(report.gaps()), not_scoped(report), facts(report))
}

/// Why there is no answer.
pub(crate) fn unusable(derived: &Derived) -> String {
    let is_error = |problem: &&LocatedDiagnostic| problem.diagnostic.severity == Severity::Error;
    let errors = derived.problems.iter().filter(is_error).count();
    let label = paint(ERROR, "error");
    if errors > 0 {
        format!(
            "{label}: no answer, because of {} in the input\n",
            count(errors, "error", "errors")
        )
    } else {
        format!("{label}: there is no stack in the input\n")
    }
}

/// What could not be worked out. The same help stands once, below all gaps that it is for.
pub(crate) fn gaps(gaps: &[Gap]) -> String {
    if gaps.is_empty() {
        return String::new();
    }
    let heading = format!("{} could not be worked out", count(gaps.len(), "thing", "things"));
    let mut text =
        format!("{}: {heading}, so look at the policy before you use it\n", paint(WARNING, "Gaps"));
    let shown = gaps.iter().take(MAX_SHOWN);
    let mut shown: Vec<(String, &Gap)> = shown.map(|gap| (how::told(&gap.help), gap)).collect();
    shown.sort_by(|(one, _), (other, _)| one.cmp(other));
    for (index, (help, gap)) in shown.iter().enumerate() {
        text.push_str(&place_and_resource(gap));
        text.push_str(&wrap(&clean(&gap.message), 6));
        let is_last_of_its_help = shown.get(index + 1).is_none_or(|(next, _)| next != help);
        if is_last_of_its_help {
            let help = wrap(&format!("help: {}", clean(help)), 4);
            text.push_str(&help.replacen("help:", &paint(HINT, "help:"), 1));
        }
    }
    if let Some(more) = more(gaps.len(), "gap", "gaps") {
        let _ = writeln!(text, "  {more}");
    }
    text.push('\n');
    text
}

/// On one line if there is room.
fn place_and_resource(gap: &Gap) -> String {
    let place = gap.place.to_string();
    let Some(resource) = &gap.resource else { return format!("  {}\n", clean(&place)) };
    let logical_id = clean(&resource.logical_id);
    let resource_type = format!("({})", clean(&resource.resource_type));
    let width = [place.as_str(), &logical_id, &resource_type]
        .iter()
        .map(|text| text.width() + 1)
        .sum::<usize>();
    let between = if width < WIDTH { " " } else { "\n    " };
    format!("  {}{between}{logical_id} {}\n", clean(&place), paint(FAINT, resource_type))
}

fn not_scoped(report: &Report<'_>) -> String {
    if report.unscoped.is_empty() {
        return String::new();
    }
    let actions: BTreeSet<&Action> =
        report.unscoped.iter().flat_map(|reason| &reason.actions).collect();
    let mut text = format!(
        "{}: {} of {} allowed on more than the stack's own resources\n",
        paint(HEADING, "Not scoped"),
        thousands(actions.len()),
        count(report.actions(), "action", "actions"),
    );
    for Unscoped { scoping, message, actions } in &report.unscoped {
        let help = scoping::help(scoping).map_or_else(String::new, |help| format!("; {help}"));
        text.push_str(&wrap(&format!("{message}{help}"), 2));
        let actions: Vec<&str> = actions.iter().map(Action::as_str).collect();
        text.push_str(&list(&actions, 6));
    }
    text.push('\n');
    text
}

fn facts(report: &Report<'_>) -> String {
    let derived = report.derived;
    let who = match derived.mode {
        Mode::Bootstrap => "CloudFormation acts with the bootstrap stack's execution role",
        Mode::Direct => "CloudFormation acts with the caller's permissions",
        Mode::ServiceRole => "CloudFormation acts with a service role",
    };
    let needs = format!(
        "{}, {}",
        thousands(report.needs.len()),
        count(report.actions(), "action", "actions")
    );
    let rows = [
        (label(derived.stacks.len(), "stack", "stacks"), stacks(&derived.stacks)),
        ("tool", vec![format!("{}; {who}", derived.tool)]),
        ("needs", vec![needs]),
        (label(report.policies.len(), "policy", "policies"), policies(report)),
        ("AWS data", vec![data_dates()]),
    ];
    let mut text = String::new();
    for (label, values) in rows {
        for (index, value) in values.iter().enumerate() {
            let label = if index == 0 { label } else { "" };
            let _ = writeln!(text, "{} {value}", paint(HEADING, format!("{label:LABEL$}")));
        }
    }
    text
}

fn label(number: usize, one: &'static str, many: &'static str) -> &'static str {
    if number == 1 { one } else { many }
}

fn stacks(stacks: &[StackFacts]) -> Vec<String> {
    let mut rows = Vec::new();
    for stack in stacks.iter().take(MAX_SHOWN) {
        let name = clean(stack.name.as_deref().unwrap_or("(no name given)"));
        let row = format!("{name}, {}", count(stack.resources, "resource", "resources"));
        let source = format!("({})", clean(&stack.source));
        if LABEL + 1 + row.width() + 1 + source.width() <= WIDTH {
            rows.push(format!("{row} {}", paint(FAINT, source)));
        } else {
            rows.extend([row, format!("  {}", paint(FAINT, source))]);
        }
    }
    rows.extend(more(stacks.len(), "stack", "stacks"));
    rows
}

fn policies(report: &Report<'_>) -> Vec<String> {
    let width = report.policies.iter().map(|policy| policy.name.width()).max().unwrap_or_default();
    let row = |policy: &crate::policies::Policy| {
        let characters = thousands(policy.characters);
        let quota = thousands(policy.quota);
        format!(
            "{:width$}  {characters:>quota_width$} of {quota} characters",
            policy.name,
            quota_width = quota.len()
        )
    };
    if report.policies.is_empty() {
        return vec!["none, because nothing is needed".to_owned()];
    }
    report.policies.iter().map(row).collect()
}

/// How many were not shown one by one.
fn more(all: usize, one: &str, many: &str) -> Option<String> {
    let more = all.checked_sub(MAX_SHOWN).filter(|more| *more > 0)?;
    Some(format!("... and {} more; `--output json` has all", count(more, one, many)))
}

#[cfg(test)]
mod tests {
    use anstream::adapter::strip_str;
    use insta::assert_snapshot;
    use stackpass_stacks::deployment::Tool;
    use stackpass_stacks::need::{Need, Needs, Scoping};
    use stackpass_stacks::policies::NeedSelection;

    use super::*;
    use crate::args::Limit;
    use crate::view::samples::{gap, need};

    fn derived(needs: Vec<Need>, gaps: Vec<Gap>) -> Derived {
        Derived {
            stacks: vec![StackFacts {
                name: None,
                source: "template.yaml".to_owned(),
                resources: 2,
                account: None,
                region: None,
            }],
            tool: Tool::AwsCli,
            mode: Mode::ServiceRole,
            needs: Needs { needs, gaps },
            bounds: stackpass_stacks::service_role::Bounds::default(),
            problems: Vec::new(),
        }
    }

    fn shown(derived: &Derived) -> String {
        let report = Report::new(derived, NeedSelection::DEPLOYMENT, Limit::Managed).unwrap();
        strip_str(&summary(&report)).to_string().replace(&data_dates(), "DATES")
    }

    #[test]
    fn nothing_remarkable_is_said_in_few_lines() {
        let needs = vec![
            need(
                "caller cloudformation:CreateChangeSet create arn:aws:cloudformation:*:*:stack/x/*",
            ),
            need("executor s3:CreateBucket create arn:aws:s3:::b"),
        ];
        assert_snapshot!(shown(&derived(needs, Vec::new())), @"
        stack      (no name given), 2 resources (template.yaml)
        tool       aws-cli; CloudFormation acts with a service role
        needs      2, 2 actions
        policies   caller      178 of 6,144 characters
                   executor    129 of 6,144 characters
        AWS data   DATES
        ");
    }

    #[test]
    fn gaps_and_reasons_come_before_the_facts() {
        let vpcs = need("executor ec2:DescribeVpcs read *");
        let vpcs = Need { scoping: Scoping::NoResourceLevel, ..vpcs };
        let role = need("executor iam:CreateRole create arn:aws:iam::*:role/*");
        let role = Need { scoping: Scoping::UnknownStackName, ..role };
        assert_snapshot!(shown(&derived(vec![vpcs, role], vec![gap()])), @"
        Gaps: 1 thing could not be worked out, so look at the policy before you use it
          template.yaml:40:3 Odd (Acme::Odd::Thing)
              the type `Acme::Odd::Thing` is in no registry
            help: add what its API calls need to the policy by hand

        Not scoped: 2 of 2 actions allowed on more than the stack's own resources
          stack name not given; give it with `--stack-name`
              iam:CreateRole
          no resource-level permission in IAM
              ec2:DescribeVpcs

        stack      (no name given), 2 resources (template.yaml)
        tool       aws-cli; CloudFormation acts with a service role
        needs      2, 2 actions
        policy     executor    214 of 6,144 characters
        AWS data   DATES
        ");
    }

    #[test]
    fn many_gaps_are_cut_and_counted() {
        let many = (1..=25).map(|line| {
            let mut gap = gap();
            gap.place.position.line = line;
            gap
        });
        let text = strip_str(&gaps(&many.collect::<Vec<_>>())).to_string();
        assert_eq!(text.matches("help:").count(), 1, "{text}");
        assert!(text.contains("... and 13 gaps more"), "{text}");
    }
}
