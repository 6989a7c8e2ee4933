//! Every tool's file against the catalogue and our own words.

use stackpass_policy::catalogue;

use super::{FILES, On, ToolCalls, ToolNeed};
use crate::rules::ValueEntry;
use crate::rules::tests::{action_exists, variables};

/// The variables that an ARN template of a tool may have.
const VARIABLES: [&str; 5] = ["Partition", "Region", "Account", "StackName", "Qualifier"];

fn problems(need: &ToolNeed) -> Vec<String> {
    let mut problems = Vec::new();
    let mut problem = |text: String| problems.push(text);
    if need.actions.is_empty() || need.phases.is_empty() || need.evidence.is_empty() {
        problem("no actions, phases or evidence".to_owned());
    }
    for action in &need.actions {
        if !action_exists(action.as_str()) {
            problem(format!("no action `{action}`"));
        }
        let facts = catalogue::action(action.service(), action.name());
        let names_no_resource = facts.is_some_and(|facts| facts.resource_types().next().is_none());
        if names_no_resource && need.on != On::Any {
            problem(format!("`{action}` has no resource-level permission"));
        }
    }
    if let On::Arn(template) = &need.on {
        for word in variables(template).unwrap() {
            if !VARIABLES.contains(&word.as_str()) {
                problem(format!("nothing is known of `{word}`"));
            }
        }
    }
    for entry in &need.conditions {
        let key = &entry.key;
        if catalogue::condition_key_type(key.as_str()).is_none() {
            problem(format!("no condition key `{key}`"));
        }
        if !entry.values.iter().all(|value| matches!(value, ValueEntry::Text(_))) {
            problem(format!("`{key}` has a value of a resource"));
        }
    }
    problems
}

#[test]
fn every_tool_is_sound() {
    let mut found = Vec::new();
    for (tool, text) in FILES {
        let calls: ToolCalls =
            serde_json::from_str(text).unwrap_or_else(|error| panic!("{tool}: {error}"));
        assert!(!calls.description.is_empty() && !calls.need.is_empty(), "{tool}");
        for need in &calls.need {
            let problems = problems(need).into_iter();
            found.extend(problems.map(|problem| format!("{tool} {:?}: {problem}", need.actions)));
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn words_that_nobody_knows_are_refused() {
    for on in ["", "stacks", "role:", "role:administrator", "asset"] {
        assert!(On::try_from(on.to_owned()).is_err(), "{on:?}");
    }
    let need = |line: &str| {
        let text = format!(
            r#"{{"actions": ["sts:AssumeRole"], "on": "any", "phases": ["read"], "evidence": ["x"], {line}}}"#
        );
        serde_json::from_str::<ToolNeed>(&text).map_err(|error| error.to_string())
    };
    assert!(need(r#""when": ["live"]"#).is_ok());
    for line in [
        r#""when": ["lively"]"#,
        r#""phases": ["publication"]"#,
        r#""actions": ["sts"]"#,
        r#""conditions": {"StringEqual": {"aws:RequestedRegion": ["x"]}}"#,
        r#""conditions": {"StringEquals": {"region": ["x"]}}"#,
    ] {
        assert!(need(line).is_err(), "{line}");
    }
}
