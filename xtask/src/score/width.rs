//! How wide the policies of the public templates are: how many statements are narrower than all of a type, and how many of the actions
//! that the registry lists for the templates' types are given.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::Result;
use serde_json::Value;

use super::Score;
use super::files::{run_all, templates};
use super::report::{Report, Who};
use super::requests::{many, texts};
use super::waivers::Waivers;
use crate::shell;

/// What a user knows of a deployment.
const OPTIONS: [&str; 6] =
    ["--stack-name", "app", "--account", "111122223333", "--region", "eu-west-1"];

/// By how many per mille a count may lie below its limit before the limit is to be tightened.
const SLACK: usize = 10;

/// The counts over all templates.
#[derive(Default)]
struct Width {
    statements: usize,
    strict: usize,
    given: usize,
    listed: usize,
}

/// Scores the templates of `templates/`.
pub(super) fn score(binary: &Path, corpus: &Path) -> Result<Score> {
    let limits = Waivers::read("width")?.ratchet;
    let handlers = handlers()?;
    let mut width = Width::default();
    for (_, run) in run_all(binary, templates(&corpus.join("templates"))?, &OPTIONS)? {
        if let Ok(report) = &run.report {
            width.add(report, &handlers);
        }
    }
    let loose = per_mille(width.statements - width.strict, width.statements);
    let given = per_mille(width.given, width.listed);
    let row = |name: &str, part: usize, of: usize, share: usize| {
        vec![
            name.to_owned(),
            part.to_string(),
            of.to_string(),
            format!("{}.{} %", share / 10, share % 10),
        ]
    };
    let rows = [
        ["", "count", "of", "share"].map(str::to_owned).to_vec(),
        row("strictly scoped statements", width.strict, width.statements, 1000 - loose),
        row("actions given of those listed", width.given, width.listed, given),
    ];
    let mut failures = ratchet("loose-statements", loose, &limits);
    failures.extend(ratchet("handler-actions", given, &limits));
    Ok(Score { table: shell::aligned(&rows), failures })
}

impl Width {
    fn add(&mut self, report: &Report, handlers: &BTreeMap<String, BTreeSet<String>>) {
        for policy in &report.policies {
            for statement in many(policy.document.get("Statement")) {
                self.statements += 1;
                self.strict += usize::from(is_strict(statement));
            }
        }
        let mut given: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
        for need in report.needs.iter().filter(|need| need.who == Who::Executor) {
            if let Some(kind) = need.resource_type.as_deref() {
                given.entry(kind).or_default().insert(need.action.to_lowercase());
            }
        }
        // A rule may give what the registry does not list, so that the two are counted, not compared.
        let listed = given.keys().filter_map(|kind| handlers.get(*kind));
        let listed: BTreeSet<&String> = listed.flatten().collect();
        let given = given.iter().filter(|(kind, _)| handlers.contains_key(**kind));
        let given: BTreeSet<&String> = given.flat_map(|(_, actions)| actions).collect();
        self.given += given.len();
        self.listed += listed.len();
    }
}

/// Whether each resource of a statement is narrower than all of a type.
fn is_strict(statement: &Value) -> bool {
    let resources = texts(statement.get("Resource"));
    !resources.is_empty() && !resources.iter().any(|resource| is_whole_type(resource))
}

/// Whether a pattern is that of all resources, or of all of a type: what is behind the type has no letter and no digit.
fn is_whole_type(pattern: &str) -> bool {
    let resource = pattern.splitn(6, ':').nth(5).unwrap_or("*");
    let names = match resource.split_once([':', '/']) {
        Some((_, names)) => names,
        None => resource,
    };
    !names.chars().any(char::is_alphanumeric)
}

/// The actions of the registry's handlers by type.
fn handlers() -> Result<BTreeMap<String, BTreeSet<String>>> {
    let text = shell::read(&shell::root().join("crates/stacks/data/handlers.tsv"))?;
    let mut handlers: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        if let [kind, action, ..] = line.split('\t').collect::<Vec<_>>().as_slice() {
            handlers.entry((*kind).to_owned()).or_default().insert(action.to_lowercase());
        }
    }
    Ok(handlers)
}

fn per_mille(part: usize, of: usize) -> usize {
    part * 1000 / of.max(1)
}

/// What is wrong with a share: it grew over its limit, or the limit is to be tightened.
fn ratchet(name: &str, share: usize, limits: &BTreeMap<String, usize>) -> Vec<String> {
    let told = match limits.get(name) {
        None => Some(format!("write `{name} = {share}` under `[ratchet]`")),
        Some(limit) if share > *limit => {
            Some(format!("{name}: {share} per mille, {limit} allowed"))
        }
        Some(limit) if share + SLACK < *limit => {
            Some(format!("{name}: tighten the ratchet from {limit} to {share}"))
        }
        Some(_) => None,
    };
    told.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_without_a_name_is_a_whole_type() {
        for pattern in ["*", "arn:aws:s3:::*", "arn:aws:s3:::*/*", "arn:aws:kms:*:*:key/*"] {
            assert!(is_whole_type(pattern), "{pattern}");
        }
        for pattern in ["arn:aws:s3:::b", "arn:aws:iam::1:role/app-*", "arn:aws:sqs:*:*:a"] {
            assert!(!is_whole_type(pattern), "{pattern}");
        }
    }

    #[test]
    fn the_ratchet_leaves_a_little_room() {
        let limits = [("a".to_owned(), 500)].into();
        let told = |share| ratchet("a", share, &limits);
        assert_eq!((told(500).len(), told(495).len()), (0, 0));
        assert_eq!(told(501), ["a: 501 per mille, 500 allowed"]);
        assert_eq!(told(480), ["a: tighten the ratchet from 500 to 480"]);
        assert_eq!(ratchet("b", 3, &limits), ["write `b = 3` under `[ratchet]`"]);
    }
}
