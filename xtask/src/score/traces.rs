//! Recorded deployments: every call that was made must be allowed by the policy of the side that made it.
//!
//! The recordings come from an emulator of AWS, so they are a lower bound of what AWS calls, with habits of their own:
//! those are waivers, by resource type.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use super::Score;
use super::files::entries;
use super::report::{Holder, Report, Who, expect_report, generate_stack};
use super::waivers::Waivers;
use crate::shell;

/// One phase of one recorded deployment.
#[derive(Deserialize)]
struct Recording {
    source: String,
    stack: String,
    calls: Vec<Call>,
}

/// One recorded call.
#[derive(Deserialize)]
struct Call {
    side: Side,
    iam: Vec<String>,
    /// The principal of a client's call: `caller`, or the name of a role that it assumed.
    #[serde(rename = "as")]
    principal: Option<String>,
    resource: Option<Resource>,
}

/// Who made a call.
#[derive(Clone, Copy, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum Side {
    Client,
    Engine,
}

/// The resource that the engine was working on.
#[derive(Deserialize)]
struct Resource {
    #[serde(rename = "type")]
    kind: String,
}

/// How a deployment was made: what to generate, and how.
struct Deployment {
    input: PathBuf,
    options: Vec<&'static str>,
}

/// Who a call is to be allowed for.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Demand {
    Caller,
    /// By the type of the resource.
    Executor(String),
    /// The engine acting for no resource: it reads the template and resolves parameters for whoever deploys.
    Anyone,
}

/// What a set of recordings came to.
#[derive(Default)]
struct Tally {
    deployments: usize,
    calls: usize,
    demands: usize,
    waived: usize,
    failed: usize,
}

/// Scores every file of `traces/`.
pub(super) fn score(binary: &Path, corpus: &Path) -> Result<Score> {
    let waivers = Waivers::read("traces")?;
    let mut tallies: BTreeMap<&str, Tally> = BTreeMap::new();
    let mut failures = Vec::new();
    let mut files = entries(&corpus.join("traces"))?;
    files.sort();
    for file in files {
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let recordings: Vec<Recording> = serde_json::from_str(&shell::read(&file)?)
            .with_context(|| format!("cannot read {name}"))?;
        let Some(first) = recordings.first() else { bail!("{name} holds no recording") };
        let deployment = deployment(corpus, &first.source)?;
        let mut options = deployment.options.clone();
        options.extend(["--phase", "all", "--stack-name", first.stack.as_str()]);
        let run = generate_stack(binary, &deployment.input, &options)?;
        let group = if name.starts_with("cdk-") { "cdk" } else { "aws-cli" };
        let tally = tallies.entry(group).or_default();
        tally.deployments += 1;
        tally.calls += recordings.iter().map(|recording| recording.calls.len()).sum::<usize>();
        let report = match expect_report(run, &deployment.input) {
            Ok(report) => report,
            Err(error) => {
                failures.push(format!("{name}: {error:#}"));
                continue;
            }
        };
        for (demand, action) in demands(&recordings) {
            tally.demands += 1;
            if is_allowed(&report, &demand, &action) {
                continue;
            }
            if waivers.covers(demand.subject(), &action, &name) {
                tally.waived += 1;
            } else {
                tally.failed += 1;
                failures.push(format!("{name}: {action} of {} is not allowed", demand.subject()));
            }
        }
    }
    failures.extend(waivers.unused());
    Ok(Score { table: table(&tallies), failures })
}

/// The input and the way of a recorded deployment, from the name that the recording gives it.
fn deployment(corpus: &Path, source: &str) -> Result<Deployment> {
    const BOOTSTRAPPED: [&str; 4] = ["--tool", "cdk", "--mode", "bootstrap"];
    let assembly = |name: &str| Deployment {
        input: corpus.join("assemblies").join(name),
        options: BOOTSTRAPPED.to_vec(),
    };
    let deployment = match source {
        "synth/cdk.out/queue-worker" => assembly("queue-worker"),
        "synth/cdk.out/rest-crud" => assembly("rest-crud"),
        "sst1/out/bootstrap" => assembly("sst-v1-bootstrap"),
        "sst1/out/debug" => assembly("sst-v1-debug-stack"),
        "aws-cdk npm 2.1148.1" => Deployment {
            input: corpus.join("templates/cdk-bootstrap-v33.yaml"),
            options: vec!["--tool", "cdk-bootstrap", "--mode", "direct"],
        },
        template => Deployment {
            input: corpus.join("templates").join(template),
            options: vec!["--tool", "aws-cli", "--mode", "service-role"],
        },
    };
    if !deployment.input.exists() {
        bail!("the corpus has no `{source}`");
    }
    Ok(deployment)
}

/// What the recordings ask of the policies, each once. Calls under a role of the bootstrap stack are not the caller's.
fn demands(recordings: &[Recording]) -> BTreeSet<(Demand, String)> {
    let calls = recordings.iter().flat_map(|recording| &recording.calls);
    let demanding = calls.filter_map(|call| {
        let demand = match (call.side, &call.resource) {
            (Side::Client, _) if call.principal.as_deref() == Some("caller") => Demand::Caller,
            (Side::Client, _) => return None,
            (Side::Engine, Some(resource)) => Demand::Executor(resource.kind.clone()),
            (Side::Engine, None) => Demand::Anyone,
        };
        Some(call.iam.iter().map(move |action| (demand.clone(), action.clone())))
    });
    demanding.flatten().collect()
}

/// Whether the policies allow it. Without a policy of its own the executor acts with the caller's.
fn is_allowed(report: &Report, demand: &Demand, action: &str) -> bool {
    let by_caller = || report.allows(Who::Caller, action);
    let by_executor = || report.allows(Who::Executor, action);
    let has_executor = || report.policies.iter().any(|policy| policy.who == Holder::Executor);
    match demand {
        Demand::Caller => by_caller(),
        Demand::Executor(_) => by_executor() || (!has_executor() && by_caller()),
        Demand::Anyone => by_caller() || by_executor(),
    }
}

impl Demand {
    /// The name that a waiver uses.
    fn subject(&self) -> &str {
        match self {
            Demand::Caller => "caller",
            Demand::Executor(kind) => kind,
            Demand::Anyone => "engine",
        }
    }
}

fn table(tallies: &BTreeMap<&str, Tally>) -> String {
    let header = ["", "deployments", "calls", "distinct demands", "waived", "not allowed"];
    let mut rows = vec![header.map(str::to_owned).to_vec()];
    for (group, tally) in tallies {
        let counts = [tally.deployments, tally.calls, tally.demands, tally.waived, tally.failed];
        let cells = counts.iter().map(usize::to_string);
        rows.push(std::iter::once((*group).to_owned()).chain(cells).collect());
    }
    shell::aligned(&rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_under_an_assumed_role_are_not_the_callers() {
        let text = r#"[{"source": "s", "stack": "S", "calls": [
            {"side": "client", "iam": ["sts:AssumeRole"], "as": "caller"},
            {"side": "client", "iam": ["cloudformation:CreateChangeSet"], "as": "deploy-role"},
            {"side": "engine", "iam": ["iam:PassRole", "lambda:CreateFunction"], "resource": {"type": "AWS::Lambda::Function"}},
            {"side": "engine", "iam": ["s3:GetObject"]}]}]"#;
        let recordings: Vec<Recording> = serde_json::from_str(text).unwrap();
        let demands: Vec<String> = demands(&recordings)
            .iter()
            .map(|(demand, action)| format!("{} {action}", demand.subject()))
            .collect();
        let expected = [
            "caller sts:AssumeRole",
            "AWS::Lambda::Function iam:PassRole",
            "AWS::Lambda::Function lambda:CreateFunction",
            "engine s3:GetObject",
        ];
        assert_eq!(demands, expected);
    }

    #[test]
    fn without_a_role_the_executor_acts_with_the_callers_policy() {
        let text = r#"{"needs": [], "gaps": [], "diagnostics": [], "policies": [{"who": "caller", "document":
            {"Statement": {"Effect": "Allow", "Action": "sqs:CreateQueue", "Resource": "*"}}}]}"#;
        let report: Report = serde_json::from_str(text).unwrap();
        let demand = Demand::Executor("AWS::SQS::Queue".to_owned());
        assert!(is_allowed(&report, &demand, "sqs:CreateQueue"));
        assert!(!is_allowed(&report, &demand, "sqs:DeleteQueue"));
    }
}
