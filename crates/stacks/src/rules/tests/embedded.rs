//! What is embedded against the files, and the checks that services make for each other.

use std::collections::BTreeMap;

use super::actions::{action_exists, no_action};
use super::arns::variables;
use super::file::{Entry, Part, Problem, RuleFile, Text};
use crate::need::Phase;
use crate::rules::{On, RULES, TypeRules, When, of};

/// The file of what services check beside their own actions.
const CHECKS: &str = "checked-by-services.toml";

#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Checks {
    check: Vec<Check>,
}

#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Check {
    calls: Vec<String>,
    actions: Vec<String>,
    when: Vec<When>,
    phases: Vec<Phase>,
    #[serde(default)]
    #[expect(dead_code, reason = "codegen reads it")]
    renamed: bool,
    #[serde(default)]
    on: Vec<On>,
    evidence: Vec<String>,
}

/// What is wrong with the checks of services.
pub(super) fn check_services() -> Vec<Problem> {
    let text = Text::read(CHECKS);
    let checks = match text.parsed::<Checks>() {
        Ok(checks) => checks.check,
        Err(problem) => return vec![problem],
    };
    let mut problems = Vec::new();
    for (position, check) in checks.iter().enumerate() {
        let mut tell = |found: &str, what: String| {
            problems.push(text.problem(&["check", &position.to_string()], found, what));
        };
        let Check { calls, actions, when, phases, evidence, on, .. } = check;
        for action in calls.iter().chain(actions).filter(|action| !action.starts_with("*:")) {
            if !action_exists(action) {
                tell(action, no_action(action));
            }
        }
        for (is_empty, key) in [
            (when.is_empty(), "when"),
            (phases.is_empty(), "phases"),
            (evidence.is_empty(), "evidence"),
        ] {
            if is_empty {
                tell(key, format!("a check without `{key}`; write at least one"));
            }
        }
        for template in on.iter().filter_map(|on| match on {
            On::Arn(template) => Some(template),
            _ => None,
        }) {
            if let Err(problem) = variables(template) {
                tell(template, problem);
            }
        }
    }
    problems
}

/// Where what is embedded is not what the files say.
pub(super) fn check_embedded(files: &[RuleFile]) -> Vec<Problem> {
    let Ok(Checks { check: checks }) = Text::read(CHECKS).parsed() else { return Vec::new() };
    let is_stale = |entry: &Entry<'_>| {
        of(entry.name).is_none_or(|embedded| !is_as_written(embedded, entry.rules, &checks))
    };
    let stale = files.iter().flat_map(RuleFile::entries).filter(is_stale);
    let mut problems: Vec<Problem> =
        stale.map(|entry| entry.problem(Part::Type, "", STALE)).collect();
    let written: BTreeMap<&str, &TypeRules> =
        files.iter().flat_map(RuleFile::entries).map(|entry| (entry.name, entry.rules)).collect();
    let nothing = TypeRules::default();
    for name in RULES.lines().filter_map(|line| line.split('\t').next()) {
        let is_gone = !written.contains_key(name)
            && !of(name).is_some_and(|embedded| is_as_written(embedded, &nothing, &checks));
        if is_gone {
            problems.push(Text::new(&file_of(name), "").problem(&[name], "", STALE));
        }
    }
    problems
}

const STALE: &str = "the program does not have what the file says; run `cargo xtask codegen`";

fn file_of(name: &str) -> String {
    format!("{}.toml", name.split("::").nth(1).unwrap_or(name).to_lowercase())
}

/// Whether the embedded rules of a type are the written ones, with those behind them that the type's calls bring with them.
fn is_as_written(embedded: &TypeRules, written: &TypeRules, checks: &[Check]) -> bool {
    let mut embedded = embedded.clone();
    if embedded.rule.len() < written.rule.len() {
        return false;
    }
    let added = embedded.rule.split_off(written.rule.len());
    let is_check = |check: &Check, rule: &crate::rules::Rule| {
        check.on == rule.on && check.evidence == rule.evidence
    };
    format!("{embedded:?}") == format!("{written:?}")
        && added.iter().all(|rule| checks.iter().any(|check| is_check(check, rule)))
}
