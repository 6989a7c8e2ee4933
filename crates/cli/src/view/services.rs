//! What a person reads about a policy for whole services.

use std::fmt::Write as _;

use stackpass_stacks::services::{Origin, Part, Rest, ServiceSet, sets};

use crate::engine::data_dates;
use crate::policies::Policy;
use crate::text::{FAINT, HEADING, count, list, paint, thousands, wrap};

/// How far what belongs to a statement is indented.
const INDENT: usize = 4;

/// How wide the column of labels is.
const LABEL: usize = 10;

/// What each statement is for.
pub(crate) fn parts(parts: &[Part]) -> String {
    let is_whole =
        |part: &&Part| matches!(part.origin, Origin::Stacks | Origin::Set(_) | Origin::Service);
    let mut text = format!(
        "{}: every action of these services, on all that the account has of them\n",
        paint(HEADING, "Granted")
    );
    for part in parts.iter().filter(is_whole) {
        text.push_str(&of_services(part));
    }
    let beside: Vec<&Part> = parts.iter().filter(|part| !is_whole(part)).collect();
    if !beside.is_empty() {
        let _ = writeln!(text, "\n{}: what deploying takes", paint(HEADING, "Included"));
        for part in beside {
            let _ = writeln!(text, "  {}", sid(part));
            text.push_str(&wrap(reason(part), INDENT));
        }
    }
    text.push('\n');
    text
}

fn of_services(part: &Part) -> String {
    let about = match part.origin {
        Origin::Set(set) => format!(" {}", paint(FAINT, format!("({})", set.meaning()))),
        _ => String::new(),
    };
    let services: Vec<&str> = part
        .statement
        .actions
        .value()
        .iter()
        .map(stackpass_policy::action::ActionPattern::service)
        .collect();
    format!("  {}{about}\n{}", sid(part), list(&services, INDENT))
}

fn sid(part: &Part) -> &str {
    part.statement.sid.as_ref().map_or("(no name)", |sid| sid.as_str())
}

fn reason(part: &Part) -> &'static str {
    match part.origin {
        Origin::Plumbing(reason) => reason,
        Origin::Rest(Rest::Caller) => "the tool calls these by itself",
        Origin::Rest(Rest::Escalation) => {
            "the input needs these, and all of the service would be as good as everything"
        }
        _ => "",
    }
}

/// Sizes of the policies, and the days of the data.
pub(crate) fn facts(policies: &[Policy]) -> String {
    let mut text = String::new();
    for (index, policy) in policies.iter().enumerate() {
        let label = match (index, policies.len()) {
            (0, 1) => "policy",
            (0, _) => "policies",
            _ => "",
        };
        let (characters, quota) = (thousands(policy.characters), thousands(policy.quota));
        let _ = writeln!(
            text,
            "{} {:10} {characters:>quota_width$} of {quota} characters",
            paint(HEADING, format!("{label:LABEL$}")),
            policy.name,
            quota_width = quota.len()
        );
    }
    let _ = writeln!(text, "{} {}", paint(HEADING, "AWS data  "), data_dates());
    text
}

/// All sets.
pub(crate) fn all_sets(services: usize) -> String {
    let all: Vec<ServiceSet> = sets().collect();
    let mut text = format!("{}\n", paint(HEADING, count(all.len(), "set", "sets")));
    for set in all {
        let services: Vec<&str> = set.services().collect();
        let _ = writeln!(
            text,
            "\n{} {}",
            paint(HEADING, set.name()),
            paint(FAINT, format!("({})", set.meaning()))
        );
        text.push_str(&list(&services, INDENT));
        let others: Vec<&str> = set.other_names().collect();
        if !others.is_empty() {
            text.push_str(&wrap(&format!("also called {}", others.join(", ")), INDENT));
        }
    }
    let _ = write!(
        text,
        "\n{}: the prefix of any of the {} services of IAM, such as dynamodb;\n\
         `--output json` lists them\n",
        paint(HEADING, "Or"),
        thousands(services)
    );
    text
}
