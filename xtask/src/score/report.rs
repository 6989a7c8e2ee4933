//! Running `stackpass generate stack` and reading its JSON report, as far as the score needs it.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};
use std::{fs, thread};

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use serde_json::Value;

use crate::shell;

/// A run that takes longer is ended and counts as failed.
const TIMEOUT: Duration = Duration::from_secs(30);

/// What one run gave.
pub(super) struct Run {
    /// The report, or why there is none.
    pub(super) report: Result<Report, String>,
    pub(super) took: Duration,
}

/// The JSON report of `generate stack --output json`.
#[derive(Debug, Deserialize)]
pub(super) struct Report {
    pub(super) needs: Vec<Need>,
    pub(super) policies: Vec<Policy>,
    pub(super) gaps: Vec<Value>,
    pub(super) diagnostics: Vec<Diagnostic>,
}

/// Who needs a permission.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(super) enum Who {
    Caller,
    Executor,
}

/// Whom a policy is for.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(super) enum Holder {
    Caller,
    Executor,
    /// Caller and executor in one: `CloudFormation` acts with the caller's credentials.
    Deploy,
}

/// One need.
#[derive(Debug, Deserialize)]
pub(super) struct Need {
    pub(super) who: Who,
    pub(super) action: String,
    #[serde(default)]
    pub(super) resources: Vec<String>,
    #[serde(default)]
    pub(super) conditions: Value,
    /// How closely its resources could be named.
    #[serde(default)]
    pub(super) scoping: String,
    #[serde(rename = "logicalId")]
    pub(super) logical_id: Option<String>,
    #[serde(rename = "resourceType")]
    pub(super) resource_type: Option<String>,
}

/// One policy.
#[derive(Debug, Deserialize)]
pub(super) struct Policy {
    pub(super) who: Holder,
    pub(super) document: Value,
}

/// Something about the input, with its place.
#[derive(Debug, Deserialize)]
pub(super) struct Diagnostic {
    pub(super) file: Option<String>,
    pub(super) line: Option<u64>,
    pub(super) column: Option<u64>,
}

impl Diagnostic {
    /// Whether it says where: file, line and column.
    pub(super) fn has_a_place(&self) -> bool {
        self.file.as_ref().is_some_and(|file| !file.is_empty())
            && self.line.is_some_and(|line| line > 0)
            && self.column.is_some_and(|column| column > 0)
    }
}

impl Report {
    /// The actions that one side needs.
    pub(super) fn actions(&self, who: Who) -> BTreeSet<&str> {
        let needs = self.needs.iter().filter(|need| need.who == who);
        needs.map(|need| need.action.as_str()).collect()
    }

    /// Whether the policies of one side allow an action on something.
    pub(super) fn allows(&self, who: Who, action: &str) -> bool {
        let holder = match who {
            Who::Caller => Holder::Caller,
            Who::Executor => Holder::Executor,
        };
        let policies = self.policies.iter();
        policies
            .filter(|policy| policy.who == holder || policy.who == Holder::Deploy)
            .flat_map(|policy| allowed_patterns(&policy.document))
            .any(|pattern| matches(pattern, action))
    }
}

/// Runs the binary on one path. The clock stops when the process has ended.
pub(super) fn generate_stack(binary: &Path, input: &Path, options: &[&str]) -> Result<Run> {
    let folder = shell::root().join("target/score");
    fs::create_dir_all(&folder).context("cannot make target/score")?;
    let name = format!("{:?}", thread::current().id());
    let name: String = name.chars().filter(char::is_ascii_digit).collect();
    let (stdout, stderr) = (folder.join(format!("{name}.out")), folder.join(format!("{name}.err")));
    let mut command = shell::program(binary);
    command.args(["generate", "stack"]).arg(input).args(["--output", "json"]).args(options);
    command.stdout(Stdio::from(fs::File::create(&stdout)?));
    command.stderr(Stdio::from(fs::File::create(&stderr)?));
    let start = Instant::now();
    let child = command.spawn().with_context(|| format!("cannot start {}", binary.display()))?;
    let ended = wait(child)?;
    let took = start.elapsed();
    let said = String::from_utf8_lossy(&fs::read(&stderr)?).into_owned();
    let text = fs::read(&stdout)?;
    Ok(Run { report: read(ended, &said, &text), took })
}

/// Waits for a process; gives its exit code, or why there is none.
fn wait(mut child: Child) -> Result<Result<i32, String>> {
    let start = Instant::now();
    while start.elapsed() < TIMEOUT {
        if let Some(status) = child.try_wait()? {
            return Ok(status.code().ok_or_else(|| format!("died: {status}")));
        }
        thread::sleep(Duration::from_micros(500));
    }
    child.kill()?;
    child.wait()?;
    Ok(Err(format!("not done after {} s", TIMEOUT.as_secs())))
}

/// A report counts when the process ended by itself, did not panic, and wrote JSON.
fn read(ended: Result<i32, String>, stderr: &str, stdout: &[u8]) -> Result<Report, String> {
    let code = ended?;
    if stderr.contains("panicked at") || code == 101 {
        return Err(format!("panicked: {}", stderr.lines().next().unwrap_or_default()));
    }
    serde_json::from_slice(stdout).map_err(|error| {
        let said = stderr.lines().next().unwrap_or_default();
        format!("exit code {code} and no report ({error}): {said}")
    })
}

/// The report of a run that must have one.
pub(super) fn expect_report(run: Run, input: &Path) -> Result<Report> {
    match run.report {
        Ok(report) => Ok(report),
        Err(reason) => bail!("{}: {reason}", input.display()),
    }
}

/// The action patterns of the `Allow` statements of a policy document.
fn allowed_patterns(document: &Value) -> Vec<&str> {
    let statements = one_or_many(document.get("Statement"));
    let allows = statements
        .filter(|statement| statement.get("Effect").and_then(Value::as_str) == Some("Allow"));
    allows
        .flat_map(|statement| one_or_many(statement.get("Action")).filter_map(Value::as_str))
        .collect()
}

fn one_or_many(value: Option<&Value>) -> impl Iterator<Item = &Value> {
    let (one, many) = match value {
        Some(Value::Array(items)) => (None, items.as_slice()),
        other => (other, &[][..]),
    };
    one.into_iter().chain(many)
}

/// Whether an IAM action pattern covers an action: `*` is any text, `?` one character, case does not matter.
///
/// A second matcher beside the product's, on purpose: the score must not trust what it measures.
pub(super) fn matches(pattern: &str, action: &str) -> bool {
    fn tails(pattern: &[u8], action: &[u8]) -> bool {
        match (pattern.split_first(), action.split_first()) {
            (None, None) => true,
            (Some((b'*', rest)), _) => {
                (0..=action.len()).any(|skip| tails(rest, action.get(skip..).unwrap_or_default()))
            }
            (Some((p, rest)), Some((a, actions))) => {
                (*p == b'?' || p.eq_ignore_ascii_case(a)) && tails(rest, actions)
            }
            _ => false,
        }
    }
    tails(pattern.as_bytes(), action.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_covers_actions_whatever_their_case() {
        let cases = [
            ("s3:Get*", "s3:getobject", true),
            ("s3:*Tag*", "s3:PutBucketTagging", true),
            ("s3:Get??ject", "s3:GetObject", true),
            ("*", "iam:PassRole", true),
            ("s3:Get", "s3:GetObject", false),
            ("s3:Put*", "s3:GetObject", false),
        ];
        for (pattern, action, expected) in cases {
            assert_eq!(matches(pattern, action), expected, "{pattern} {action}");
        }
    }

    #[test]
    fn a_panic_is_no_report() {
        let error = read(Ok(101), "thread 'main' panicked at src/x.rs:1\nboom", b"").unwrap_err();
        assert_eq!(error, "panicked: thread 'main' panicked at src/x.rs:1");
    }

    #[test]
    fn a_report_allows_what_its_policies_allow() {
        let text = r#"{"stacks": [], "needs": [], "gaps": [], "findings": [], "diagnostics": [], "policies": [
            {"who": "executor", "name": "p", "document": {"Version": "2012-10-17", "Statement": [
                {"Effect": "Allow", "Action": ["s3:Get*", "sqs:CreateQueue"], "Resource": "*"},
                {"Effect": "Deny", "Action": "iam:PassRole", "Resource": "*"}]}}]}"#;
        let report = read(Ok(0), "", text.as_bytes()).unwrap();
        assert!(report.allows(Who::Executor, "s3:GetObject"));
        assert!(!report.allows(Who::Executor, "iam:PassRole"));
        assert!(!report.allows(Who::Caller, "s3:GetObject"));
    }

    #[test]
    fn a_diagnostic_without_a_column_has_no_place() {
        let diagnostic = Diagnostic { file: Some("a".to_owned()), line: Some(1), column: None };
        assert!(!diagnostic.has_a_place());
    }
}
