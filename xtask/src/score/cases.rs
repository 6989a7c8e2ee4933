//! Small templates from reports of real deployments, each with requests that its policy must let pass and requests that it must not.

use std::path::Path;

use anyhow::{Context, Result};
use serde::Deserialize;
use serde_json::Value;

use super::Score;
use super::report::generate_stack;
use super::requests::{Request, allowed};
use super::waivers::Waivers;
use crate::shell;

/// One template.
#[derive(Deserialize)]
struct Case {
    id: String,
    title: String,
    template: String,
    options: Vec<String>,
    allow: Vec<Request>,
    deny: Vec<Request>,
}

/// Scores `deploy-cases/cases.json`. A request that will stay wrong is waived by the case's id and the request's action; how many
/// others are wrong only shrinks.
pub(super) fn score(binary: &Path, corpus: &Path) -> Result<Score> {
    let waivers = Waivers::read("cases")?;
    let folder = corpus.join("deploy-cases");
    let cases: Vec<Case> = serde_json::from_str(&shell::read(&folder.join("cases.json"))?)
        .context("cannot read the cases")?;
    let mut told_wrong = Vec::new();
    let (mut requests, mut waived, mut wrong, mut whole) = (0, 0, 0, 0);
    for case in &cases {
        let options: Vec<&str> = case.options.iter().map(String::as_str).collect();
        let run = generate_stack(binary, &folder.join(&case.template), &options)?;
        // Without a report nothing is granted.
        let documents: Vec<&Value> = match &run.report {
            Ok(report) => report.policies.iter().map(|policy| &policy.document).collect(),
            Err(_) => Vec::new(),
        };
        let told = |word: &str, request: &Request| {
            let Request { action, resource, .. } = request;
            format!("{} {}: {word} {action} on {resource}", case.id, case.title)
        };
        let denied = case.allow.iter().filter(|request| !allowed(&documents, request));
        let granted = case.deny.iter().filter(|request| allowed(&documents, request));
        let bad = denied.map(|request| (request, told("denied", request)));
        let bad = bad.chain(granted.map(|request| (request, told("granted", request))));
        let (of_waivers, others): (Vec<_>, Vec<_>) =
            bad.partition(|(request, _)| waivers.covers(&case.id, &request.action, &case.id));
        requests += case.allow.len() + case.deny.len();
        waived += of_waivers.len();
        wrong += others.len();
        whole += usize::from(of_waivers.is_empty() && others.is_empty());
        told_wrong.extend(others.into_iter().map(|(_, told)| told));
    }
    let limit = waivers.ratchet.get("wrong").copied().unwrap_or_default();
    let mut failures: Vec<String> = waivers.unused().collect();
    if wrong > limit {
        failures.push(format!("{wrong} requests are wrong, {limit} may be"));
    } else if wrong < limit {
        failures.push(format!("wrong: tighten the ratchet from {limit} to {wrong}"));
    }
    let row = |name: &str, count: usize| vec![name.to_owned(), count.to_string()];
    let rows = [
        row("cases", cases.len()),
        row("whole", whole),
        row("requests", requests),
        row("right", requests - waived - wrong),
        row("waived", waived),
        row("wrong", wrong),
    ];
    let table = format!("{}\n{}", shell::aligned(&rows), told_wrong.join("\n"));
    Ok(Score { table, failures })
}
