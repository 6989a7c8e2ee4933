//! The debug stack of SST, as published: few actions, and the dangerous ones on named resources.

use std::path::Path;

use anyhow::Result;

use super::Score;
use super::report::{Need, Who, expect_report, generate_stack};
use crate::shell;

/// The handlers of the registry would ask for 187.
const MAX_ACTIONS: usize = 70;

/// Scores `assemblies/sst-debug-stack`.
pub(super) fn score(binary: &Path, corpus: &Path) -> Result<Score> {
    let input = corpus.join("assemblies/sst-debug-stack");
    let report = expect_report(generate_stack(binary, &input, &[])?, &input)?;
    let actions = report.actions(Who::Executor).len();
    let of = |action: &str| -> Vec<&Need> {
        let needs = report.needs.iter().filter(|need| need.who == Who::Executor);
        needs.filter(|need| need.action == action).collect()
    };
    let (passes, invokes) = (of("iam:PassRole"), of("lambda:InvokeFunction"));
    let mut failures = Vec::new();
    if actions > MAX_ACTIONS {
        failures.push(format!("{actions} actions, {MAX_ACTIONS} allowed"));
    }
    for (action, needs) in [("iam:PassRole", &passes), ("lambda:InvokeFunction", &invokes)] {
        if needs.is_empty() {
            failures.push(format!("no need of {action}"));
        }
        failures.extend(needs.iter().filter_map(|need| unnamed(need)));
    }
    let free = passes.iter().filter(|need| !says_to_whom(need));
    failures.extend(free.map(|need| format!("{}: iam:PassRole to any service", name(need))));
    let rows = [
        ("actions of the executor", actions),
        ("iam:PassRole", passes.len()),
        ("lambda:InvokeFunction", invokes.len()),
    ];
    let rows: Vec<Vec<String>> =
        rows.iter().map(|(label, count)| vec![(*label).to_owned(), count.to_string()]).collect();
    Ok(Score { table: shell::aligned(&rows), failures })
}

/// A need on every resource of a kind, told as a failure.
fn unnamed(need: &Need) -> Option<String> {
    let is_named = |resource: &String| {
        let name = resource.rsplit(['/', ':']).next().unwrap_or_default();
        name.chars().any(|c| c.is_ascii_alphanumeric())
    };
    let is_scoped = !need.resources.is_empty() && need.resources.iter().all(is_named);
    (!is_scoped)
        .then(|| format!("{}: {} on {}", name(need), need.action, need.resources.join(", ")))
}

fn says_to_whom(need: &Need) -> bool {
    need.conditions.to_string().contains("iam:PassedToService")
}

fn name(need: &Need) -> &str {
    need.logical_id.as_deref().unwrap_or("the stack")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn need(resource: &str, conditions: serde_json::Value) -> Need {
        Need {
            scoping: "named".to_owned(),
            who: Who::Executor,
            action: "iam:PassRole".to_owned(),
            resources: vec![resource.to_owned()],
            conditions,
            resource_type: None,
            logical_id: Some("Role".to_owned()),
        }
    }

    #[test]
    fn a_name_or_a_pattern_of_one_is_named() {
        assert!(
            unnamed(&need("arn:aws:iam::1:role/stack-Role-*", serde_json::Value::Null)).is_none()
        );
        for wide in ["*", "arn:aws:iam::1:role/*", "arn:aws:lambda:*:1:function:*"] {
            assert!(unnamed(&need(wide, serde_json::Value::Null)).is_some(), "{wide}");
        }
    }

    #[test]
    fn a_condition_says_to_whom_a_role_is_passed() {
        let condition =
            serde_json::json!({"StringEquals": {"iam:PassedToService": ["lambda.amazonaws.com"]}});
        assert!(says_to_whom(&need("*", condition)));
        assert!(!says_to_whom(&need("*", serde_json::Value::Null)));
    }
}
