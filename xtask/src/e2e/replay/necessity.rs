//! Whether a deployment fails without the needs that it is said to fail without; and how much is granted beyond what was called.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::Path;

use anyhow::Result;
use serde_json::Value;

use super::report::{Grant, write_statements};
use super::{Demand, Demands, Deployment, Holder};
use crate::e2e::calls::Request;
use crate::e2e::judge::{Judge, Verdict};

/// What came out.
#[derive(Debug, Default)]
pub(crate) struct Necessity {
    /// Must-needs, duplicates as one, that cover a recorded call.
    pub(crate) called: usize,
    /// Of those, needs without which a call is denied.
    pub(crate) necessary: usize,
    /// Needs whose calls other needs cover as well.
    pub(crate) redundant: Vec<Redundant>,
    /// Granted and called actions by holder.
    pub(crate) ratio: BTreeMap<Holder, Ratio>,
}

/// A need whose calls another need covers as well.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct Redundant {
    pub(crate) action: String,
    pub(crate) need: String,
    pub(crate) other: String,
}

impl fmt::Display for Redundant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, also by {}", self.need, self.other)
    }
}

/// How many different actions are granted, and how many of them were called.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Ratio {
    pub(crate) granted: usize,
    pub(crate) called: usize,
}

/// Takes needs away, one after another, and replays the calls that they cover.
pub(crate) fn necessity(deployment: &Deployment<'_>) -> Result<Necessity> {
    let demands = Demands::of(deployment)?;
    let mut found = Necessity::default();
    let holders = deployment.report.holders();
    for holder in holders {
        let asked = |demand: &&Demand<'_>| demand.holders(deployment.report).contains(&holder);
        let requests: BTreeSet<&Request> = demands
            .made
            .iter()
            .filter(asked)
            .map(|demand| demand.renamed.as_ref().unwrap_or(&demand.request))
            .collect();
        take_away(deployment, holder, &requests, &mut found)?;
    }
    found.redundant.sort();
    Ok(found)
}

fn take_away(
    deployment: &Deployment<'_>,
    holder: Holder,
    requests: &BTreeSet<&Request>,
    found: &mut Necessity,
) -> Result<()> {
    let grants = deployment.report.grants(holder);
    let statements: Vec<_> = grants.iter().enumerate().map(|(at, it)| it.statement(at)).collect();
    let folder = deployment.folder.join(format!("{holder:?}").to_lowercase());
    let covered = covered(deployment, &folder, &statements, requests)?;
    for (at, grant) in grants.iter().enumerate().filter(|(_, grant)| grant.is_must()) {
        let Some(requests) = covered.get(&at) else { continue };
        found.called += 1;
        let others = statements.iter().enumerate().filter(|(other, _)| *other != at);
        let others: Vec<_> = others.map(|(_, statement)| statement.clone()).collect();
        if first_denied(deployment, &folder, &others, requests)? {
            found.necessary += 1;
        } else {
            let other = other(&grants, &covered, at, requests);
            found.redundant.push(Redundant {
                need: grant.shown(),
                action: grant.first.action.clone(),
                other,
            });
        }
    }
    let called: BTreeSet<&str> = covered
        .keys()
        .filter_map(|at| grants.get(*at).map(|grant| grant.first.action.as_str()))
        .collect();
    let granted: BTreeSet<&str> = grants.iter().map(|grant| grant.first.action.as_str()).collect();
    found.ratio.insert(holder, Ratio { granted: granted.len(), called: called.len() });
    Ok(())
}

/// The requests that each statement allows, by its place.
fn covered<'a>(
    deployment: &Deployment<'_>,
    folder: &Path,
    statements: &[Value],
    requests: &BTreeSet<&'a Request>,
) -> Result<BTreeMap<usize, Vec<&'a Request>>> {
    let mut covered: BTreeMap<usize, Vec<&Request>> = BTreeMap::new();
    if statements.is_empty() {
        return Ok(covered);
    }
    let policy = write_statements(&folder.join("needs.json"), statements)?;
    let mut judge = Judge::start(deployment.binary, &[policy], None)?;
    for request in requests {
        let decision = judge.decide(request)?;
        if decision.verdict != Verdict::Allowed {
            continue;
        }
        for matched in decision.statements {
            covered.entry(matched.index).or_default().push(request);
        }
    }
    Ok(covered)
}

/// Whether the statements leave one of the requests without permission.
fn first_denied(
    deployment: &Deployment<'_>,
    folder: &Path,
    statements: &[Value],
    requests: &[&Request],
) -> Result<bool> {
    if statements.is_empty() {
        return Ok(!requests.is_empty());
    }
    let policy = write_statements(&folder.join("others.json"), statements)?;
    let mut judge = Judge::start(deployment.binary, &[policy], None)?;
    for request in requests {
        if judge.decide(request)?.verdict != Verdict::Allowed {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Another need that covers the first of the requests.
fn other(
    grants: &[Grant<'_>],
    covered: &BTreeMap<usize, Vec<&Request>>,
    at: usize,
    requests: &[&Request],
) -> String {
    let also = |(index, of): &(&usize, &Vec<&Request>)| {
        **index != at && requests.first().is_some_and(|request| of.contains(request))
    };
    let other = covered.iter().find(also).and_then(|(index, _)| grants.get(*index));
    other.map(Grant::shown).unwrap_or_default()
}
