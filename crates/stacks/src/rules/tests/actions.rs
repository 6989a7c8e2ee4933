//! Actions of rules: that they exist, when they are called, and which condition keys they take.

use std::collections::BTreeSet;

use stackpass_policy::action::{Action, ActionPattern};
use stackpass_policy::catalogue;

use super::file::{Entry, Part, Problem, RuleFile, Text};
use super::schemas::{either, nearest};
use crate::need::Phase;
use crate::registry;
use crate::rules::Rule;

/// The file of the actions that the catalog lacks and that may be named all the same.
const ALLOWED: &str = "allowed-actions.toml";

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct AllowedActions {
    action: Vec<AllowedAction>,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct AllowedAction {
    name: String,
    evidence: String,
}

/// Whether an action is in the catalog or allowed beside it.
pub(crate) fn action_exists(action: &str) -> bool {
    let Ok(parsed) = action.parse::<Action>() else { return false };
    let is_allowed = || {
        let allowed = Text::read(ALLOWED).parsed::<AllowedActions>();
        let allowed = allowed.map_or(Vec::new(), |allowed| allowed.action);
        allowed.iter().any(|known| known.name.eq_ignore_ascii_case(action))
    };
    catalogue::action(parsed.service(), parsed.name()).is_some() || is_allowed()
}

/// What is wrong with an action that does not exist.
pub(crate) fn no_action(action: &str) -> String {
    let Some((service, name)) = action.split_once(':') else {
        return format!("`{action}` is no action; write `SERVICE:Name`, as in a policy");
    };
    let known: Vec<&str> = catalogue::actions(service).map(catalogue::ActionFacts::name).collect();
    match nearest(name, known.iter().copied()) {
        Some(near) => format!("no action `{action}`; write `{service}:{near}`"),
        None if known.is_empty() => match nearest(service, catalogue::services()) {
            Some(near) => format!("no service `{service}` in IAM; write `{near}:{name}`"),
            None => format!(
                "no service `{service}` in IAM; write the prefix that its actions have in policies"
            ),
        },
        None => format!(
            "no action `{action}`; write one of the service authorization reference, or add it to {ALLOWED} with its evidence"
        ),
    }
}

pub(super) fn check(entry: Entry<'_>, problems: &mut Vec<Problem>) {
    for (part, rule) in entry.rules() {
        if rule.actions.is_empty() {
            let text = "a rule without actions; write `actions = [\"SERVICE:Name\"]`";
            problems.push(entry.problem(part, "actions", text));
        }
        for action in &rule.actions {
            let action = action.as_str();
            if action_exists(action) {
                check_phases(entry, part, rule, action, problems);
            } else {
                problems.push(entry.problem(part, action, no_action(action)));
            }
        }
        for phase in rule.phases.iter().filter(|phase| !is_of_executor(**phase)) {
            let text = format!(
                "no resource is handled in the phase `{phase}`; write `create`, `update`, `delete`, `read` or `rollback`"
            );
            problems.push(entry.problem(part, &phase.to_string(), text));
        }
        check_conditions(entry, part, rule, problems);
    }
}

/// Whether CloudFormation handles resources in a phase; the others are of whoever deploys.
fn is_of_executor(phase: Phase) -> bool {
    !matches!(phase, Phase::Publish | Phase::ChangeSet)
}

fn check_phases(
    entry: Entry<'_>,
    part: Part,
    rule: &Rule,
    action: &str,
    problems: &mut Vec<Problem>,
) {
    if rule.phases.is_empty() && !in_handlers(entry.name, action) {
        let text = format!(
            "no handler of the type lists `{action}`, so nothing tells when it is called; write `phases`, such as `phases = [\"create\", \"update\"]`"
        );
        problems.push(entry.problem(part, action, text));
    }
}

/// Whether a handler of a type lists an action, wildcards of the registry included.
fn in_handlers(resource_type: &str, action: &str) -> bool {
    let Some(registered) = registry::resource_type(resource_type) else { return false };
    let action: Action = action.parse().unwrap();
    registered.permissions().any(|permission| {
        let listed = format!("{}:{}", permission.service, permission.name);
        listed.parse::<ActionPattern>().is_ok_and(|listed| listed.matches(&action))
    })
}

fn check_conditions(entry: Entry<'_>, part: Part, rule: &Rule, problems: &mut Vec<Problem>) {
    for condition in &rule.conditions {
        let key = condition.key.as_str();
        problems
            .extend(key_problems(rule, key).into_iter().map(|text| entry.problem(part, key, text)));
        if condition.values.is_empty() {
            let text = format!("`{key}` has no values; write at least one");
            problems.push(entry.problem(part, key, text));
        }
    }
}

fn key_problems(rule: &Rule, key: &str) -> Vec<String> {
    if catalogue::condition_key_type(key).is_none() {
        let instead = nearest(key, catalogue::condition_keys());
        let instead = instead.unwrap_or("one of the service authorization reference");
        return vec![format!("no condition key `{key}`; write `{instead}`")];
    }
    let known =
        rule.actions.iter().filter_map(|action| catalogue::action(action.service(), action.name()));
    let mut problems = Vec::new();
    for facts in known {
        let keys: Vec<&str> = facts.condition_keys().collect();
        if is_global(key) || keys.iter().any(|known| is_key(known, key)) {
            continue;
        }
        let (service, name) = (facts.service(), facts.name());
        let instead = if keys.is_empty() {
            "it takes only the keys of all services; leave the condition out".to_owned()
        } else {
            let mut known: Vec<String> =
                keys.iter().take(8).map(|key| format!("`{key}`")).collect();
            if keys.len() > 8 {
                known.push("another key of the service authorization reference".to_owned());
            }
            format!("write {}", either(&known))
        };
        problems
            .push(format!("`{service}:{name}` does not take the condition key `{key}`; {instead}"));
    }
    problems
}

/// Whether a key is in every request. Keys of tags are of the actions that the catalog gives them to.
fn is_global(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    let of_tags = ["aws:requesttag/", "aws:resourcetag/", "aws:tagkeys"];
    key.starts_with("aws:") && !of_tags.iter().any(|start| key.starts_with(start))
}

/// Whether a key is a known one, of which the user may choose a part: `aws:RequestTag/${TagKey}`.
fn is_key(known: &str, key: &str) -> bool {
    let (known, key) = (known.to_ascii_lowercase(), key.to_ascii_lowercase());
    match known.split_once("${") {
        Some((start, rest)) => {
            let end = rest.split_once('}').map_or("", |(_, end)| end);
            key.strip_prefix(start).is_some_and(|rest| rest.ends_with(end))
        }
        None => known == key,
    }
}

/// What is wrong with the list of allowed actions, after what the files and handlers name.
pub(super) fn check_allowed(files: &[RuleFile]) -> Vec<Problem> {
    let text = Text::read(ALLOWED);
    let listed = match text.parsed::<AllowedActions>() {
        Ok(listed) => listed.action,
        Err(problem) => return vec![problem],
    };
    let used = used_actions(files);
    let mut problems = Vec::new();
    for (position, AllowedAction { name, evidence }) in listed.iter().enumerate() {
        let mut tell = |found: &str| {
            problems.push(text.problem(&["action", &position.to_string()], name, found));
        };
        match name.parse::<Action>() {
            Err(_) => tell(&format!("`{name}` is no action; write `SERVICE:Name`")),
            Ok(action) if catalogue::action(action.service(), action.name()).is_some() => {
                tell(&format!("`{name}` is in the catalog by now; take it out"));
            }
            Ok(_) if !used.contains(&name.to_ascii_lowercase()) => {
                tell(&format!("no rule and no handler has `{name}`; take it out"));
            }
            Ok(_) => {}
        }
        if evidence.trim().is_empty() {
            tell(&format!("`{name}` has no evidence; write where the action is seen"));
        }
    }
    problems
}

/// The actions of all rules and handlers, in lower case.
fn used_actions(files: &[RuleFile]) -> BTreeSet<String> {
    let rules = files.iter().flat_map(|file| file.types.values()).flat_map(|rules| &rules.rule);
    let of_rules = rules.flat_map(|rule| &rule.actions).map(ToString::to_string);
    let of_handlers = registry::resource_types().flat_map(|registered| {
        let listed = registered.permissions().map(|listed| (listed.service, listed.name));
        let listed = listed.map(|(service, name)| format!("{service}:{name}"));
        let tagging = registered.tagging_permissions();
        listed.chain(tagging.map(|(service, name)| format!("{service}:{name}"))).collect::<Vec<_>>()
    });
    of_rules.chain(of_handlers).map(|action| action.to_ascii_lowercase()).collect()
}
