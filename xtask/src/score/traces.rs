//! Recorded deployments: every call that was made must be allowed, with its resource, by the policy of the side that made it, and no
//! need may be there for nothing.
//!
//! The recordings come from an emulator of AWS, so they are a lower bound of what AWS calls, with habits of their own:
//! those are waivers, by resource type. The replay itself is that of `cargo xtask e2e`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use serde_json::Value;

use super::Score;
use super::files::entries;
use super::waivers::Waivers;
use crate::e2e::calls::catalogue::Catalogue;
use crate::e2e::calls::{Call, requests};
use crate::e2e::replay::{
    Deployment, Necessity, Redundant, Report, Sufficiency, necessity, sufficiency,
};
use crate::shell;

/// One phase of one recorded deployment.
#[derive(Deserialize)]
struct Recording {
    source: String,
    stack: String,
    phase: String,
    calls: Vec<Value>,
}

/// What a recording says of a call beyond what the recorder of e2e says.
#[derive(Deserialize)]
struct Extra {
    /// The actions, found out without our table.
    iam: Vec<String>,
    /// The principal of a client's call: `caller`, or the name of a role that it assumed.
    #[serde(rename = "as")]
    principal: Option<String>,
}

/// How a deployment was made: what to generate, and how.
struct Way {
    input: PathBuf,
    options: Vec<&'static str>,
}

/// The phases of a recording, with those of `generate stack`. A comparison, `cdk diff`, is no deployment and left out.
const PHASES: [(&str, &str); 3] =
    [("create", "first"), ("update", "update"), ("delete", "destroy")];

/// Where the recordings were made.
const REGION: &str = "us-east-1";

/// The principal of calls that the caller made with its own credentials.
const CALLER: &str = "caller";

/// Scores every file of `traces/`.
pub(super) fn score(binary: &Path, corpus: &Path) -> Result<Score> {
    let waivers = Waivers::read("traces")?;
    let catalogue = Catalogue::read()?;
    let mut failures = Vec::new();
    let mut rows = vec![HEADER.map(str::to_owned).to_vec()];
    let mut total = Row::default();
    let mut redundant = BTreeMap::new();
    let mut files = entries(&corpus.join("traces"))?;
    files.sort();
    for file in files {
        let name = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let outcome = replay(binary, corpus, &file, &waivers, &catalogue)
            .with_context(|| format!("cannot replay {name}"))?;
        rows.push(outcome.row.cells(&name));
        total.add(&outcome.row);
        let told = outcome.failures.iter().map(|failure| format!("{name}: {failure}"));
        failures.extend(told);
        for need in outcome.redundant {
            redundant.entry(need.action.clone()).or_insert_with(Vec::new).push(need);
        }
    }
    rows.push(total.cells("all"));
    failures.extend(waivers.unused());
    failures.extend(total.ratchet(&waivers.ratchet));
    let table = format!("{}\n{}", shell::aligned(&rows), redundant_table(&redundant));
    Ok(Score { table, failures })
}

/// What one deployment came to.
struct Outcome {
    row: Row,
    redundant: Vec<Redundant>,
    failures: Vec<String>,
}

fn replay(
    binary: &Path,
    corpus: &Path,
    file: &Path,
    waivers: &Waivers,
    catalogue: &Catalogue,
) -> Result<Outcome> {
    let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let mut recordings: Vec<Recording> = serde_json::from_str(&shell::read(file)?)?;
    recordings.retain(|recording| PHASES.iter().any(|(phase, _)| *phase == recording.phase));
    let Some(first) = recordings.first() else { bail!("it holds no recording") };
    let account = account(&recordings);
    let (calls, mut failures) = calls(&recordings, &account, catalogue)?;
    let way = way(corpus, &first.source)?;
    let tags = stack_tags(&calls);
    let generate = |phase: &str| {
        let mut options = way.options.clone();
        options.extend(["--phase", phase, "--stack-name", first.stack.as_str()]);
        options.extend(["--account", account.as_str(), "--region", REGION]);
        options.extend(tags.iter().flat_map(|tag| ["--stack-tag", tag.as_str()]));
        Report::generate(binary, &way.input, &options)
    };
    let report = generate("all")?;
    let phases = PHASES.iter().map(|(of, phase)| Ok((*of, generate(phase)?)));
    let phases = phases.collect::<Result<Vec<_>>>()?;
    let phases: Vec<(&str, &Report)> = phases.iter().map(|(of, report)| (*of, report)).collect();
    let deployment = Deployment {
        binary,
        calls: &calls,
        is_caller: &|call| call.principal.as_deref() == Some(CALLER),
        report: &report,
        phases: &phases,
        is_waived: &|denied| waivers.covers_denied(denied, &name),
        folder: shell::root().join("target/score/traces"),
    };
    let sufficiency = sufficiency(&deployment)?;
    let necessity = necessity(&deployment)?;
    failures.extend(sufficiency.denied.iter().map(ToString::to_string));
    failures.extend(sufficiency.unmapped.iter().map(ToString::to_string));
    let row = Row::of(&sufficiency, &necessity);
    Ok(Outcome { row, redundant: necessity.redundant, failures })
}

/// The calls, in the shape of e2e's recorder. The actions that they were recorded with are compared with those of our table.
fn calls(
    recordings: &[Recording],
    account: &str,
    catalogue: &Catalogue,
) -> Result<(Vec<Call>, Vec<String>)> {
    let mut calls = Vec::new();
    let mut differences = BTreeSet::new();
    for recording in recordings {
        for value in &recording.calls {
            let extra: Extra = serde_json::from_value(value.clone()).context("not a call")?;
            let mut call: Call = serde_json::from_value(value.clone()).context("not a call")?;
            call.principal = extra.principal;
            account.clone_into(&mut call.account);
            REGION.clone_into(&mut call.region);
            call.phase = Some(recording.phase.clone());
            if let Some(resource) = &mut call.resource {
                resource.stack.get_or_insert_with(|| recording.stack.clone());
            }
            differences.extend(difference(&call, &extra.iam));
            differences.extend(malformed(&call, catalogue));
            calls.push(call);
        }
    }
    Ok((calls, differences.into_iter().collect()))
}

/// An action that the recording has for a call and our table has not.
fn difference(call: &Call, recorded: &[String]) -> Option<String> {
    let ours: Vec<String> =
        requests(call).ok()?.into_iter().map(|request| request.action).collect();
    if ours.is_empty() {
        return None;
    }
    let missing = recorded.iter().find(|action| !ours.contains(action))?;
    Some(format!(
        "{}:{} has {missing} in the recording, not in the table",
        call.service, call.operation
    ))
}

/// A request of a call that does not agree with the catalogue: an unknown action, a resource that the action does not have.
fn malformed(call: &Call, catalogue: &Catalogue) -> Option<String> {
    let problem = requests(call).ok()?.iter().find_map(|request| catalogue.problem(request))?;
    Some(format!("{}:{}: {problem}", call.service, call.operation))
}

/// The tags that the deployment put on the stack, as `generate stack` takes them.
fn stack_tags(calls: &[Call]) -> BTreeSet<String> {
    let of_change_sets = calls.iter().filter(|call| call.operation == "CreateChangeSet");
    let tags = of_change_sets.filter_map(|call| call.params.get("Tags")?.as_array()).flatten();
    tags.filter_map(|tag| {
        let text = |name: &str| tag.get(name)?.as_str();
        Some(format!("{}={}", text("Key")?, text("Value")?))
    })
    .collect()
}

/// The account that the calls name most often.
fn account(recordings: &[Recording]) -> String {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let texts = recordings.iter().flat_map(|recording| &recording.calls).map(Value::to_string);
    for text in texts {
        for arn in text.split("arn:aws:").skip(1) {
            let account = arn.split(':').nth(2).unwrap_or_default();
            if account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit()) {
                *seen.entry(account.to_owned()).or_default() += 1;
            }
        }
    }
    let most = seen.into_iter().max_by_key(|(_, count)| *count);
    most.map_or_else(|| "000000000000".to_owned(), |(account, _)| account)
}

/// The input and the way of a recorded deployment, from the name that the recording gives it.
fn way(corpus: &Path, source: &str) -> Result<Way> {
    const BOOTSTRAPPED: [&str; 4] = ["--tool", "cdk", "--mode", "bootstrap"];
    let assembly = |name: &str| Way {
        input: corpus.join("assemblies").join(name),
        options: BOOTSTRAPPED.to_vec(),
    };
    let way = match source {
        "synth/cdk.out/queue-worker" => assembly("queue-worker"),
        "synth/cdk.out/rest-crud" => assembly("rest-crud"),
        "sst1/out/bootstrap" => assembly("sst-v1-bootstrap"),
        "sst1/out/debug" => assembly("sst-v1-debug-stack"),
        "aws-cdk npm 2.1148.1" => Way {
            input: corpus.join("templates/cdk-bootstrap-v33.yaml"),
            options: vec!["--tool", "cdk-bootstrap", "--mode", "direct"],
        },
        template => Way {
            input: corpus.join("templates").join(template),
            options: vec!["--tool", "aws-cli", "--mode", "service-role"],
        },
    };
    if !way.input.exists() {
        bail!("the corpus has no `{source}`");
    }
    Ok(way)
}

/// The actions of needs that other needs cover as well, with the number of such needs and an example.
fn redundant_table(redundant: &BTreeMap<String, Vec<Redundant>>) -> String {
    let mut text = String::new();
    for (action, needs) in redundant {
        let example = needs.first().map(ToString::to_string).unwrap_or_default();
        let _ = writeln!(text, "  {} redundant: {action}, as {example}", needs.len());
    }
    text
}

/// The columns of the table.
const HEADER: [&str; 13] = [
    "",
    "calls",
    "free",
    "apart",
    "requests",
    "allowed",
    "renamed",
    "waived",
    "denied",
    "called needs",
    "necessary",
    "redundant",
    "called/granted",
];

/// What one deployment came to, or all of them.
#[derive(Default)]
struct Row {
    counts: [usize; 11],
    called: usize,
    granted: usize,
}

impl Row {
    fn of(sufficiency: &Sufficiency, necessity: &Necessity) -> Row {
        let denied = sufficiency.denied.len() + sufficiency.unmapped.len();
        let ratios = necessity.ratio.values();
        Row {
            counts: [
                sufficiency.calls,
                sufficiency.free,
                sufficiency.apart,
                sufficiency.requests,
                sufficiency.allowed,
                sufficiency.renamed,
                sufficiency.waived,
                denied,
                necessity.called,
                necessity.necessary,
                necessity.redundant.len(),
            ],
            called: ratios.clone().map(|ratio| ratio.called).sum(),
            granted: ratios.map(|ratio| ratio.granted).sum(),
        }
    }

    fn add(&mut self, other: &Row) {
        self.counts.iter_mut().zip(other.counts).for_each(|(sum, count)| *sum += count);
        self.called += other.called;
        self.granted += other.granted;
    }

    fn cells(&self, name: &str) -> Vec<String> {
        let name: String = name.chars().take(44).collect();
        let counts = self.counts.iter().map(usize::to_string);
        let ratio = format!("{}/{}", self.called, self.granted);
        std::iter::once(name).chain(counts).chain([ratio]).collect()
    }

    /// What is otherwise than the file of waivers says: a count grew, or the ratchet can be tightened.
    fn ratchet(&self, limits: &BTreeMap<String, usize>) -> Vec<String> {
        let counts = HEADER.iter().skip(1).copied().zip(self.counts);
        let counts = counts.chain([("granted", self.granted)]);
        let told = counts.filter_map(|(name, count)| match limits.get(name)? {
            limit if count > *limit => Some(format!("{name}: {count}, {limit} allowed")),
            limit if count < *limit => {
                Some(format!("{name}: tighten the ratchet from {limit} to {count}"))
            }
            _ => None,
        });
        told.collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_action_that_the_table_lacks_is_told() {
        let call = json!({"side": "engine", "service": "sqs", "operation": "DeleteQueue",
            "params": {"QueueUrl": "http://localhost/111122223333/q"}});
        let call: Call = serde_json::from_value(call).unwrap();
        assert_eq!(difference(&call, &["sqs:DeleteQueue".to_owned()]), None);
        let expected = "sqs:DeleteQueue has sqs:Purge in the recording, not in the table";
        assert_eq!(difference(&call, &["sqs:Purge".to_owned()]).as_deref(), Some(expected));
    }

    #[test]
    fn the_account_is_the_one_that_is_named_most() {
        let call = |arn: &str| json!({"params": {"a": arn}});
        let calls =
            vec![call("arn:aws:iam::aws:policy/p"), call("arn:aws:sqs:us-east-1:111122223333:q")];
        let recording =
            Recording { source: String::new(), stack: String::new(), phase: String::new(), calls };
        assert_eq!(account(&[recording]), "111122223333");
    }
}
