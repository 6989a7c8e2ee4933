//! The product's own evaluator, asked request by request: a running `stackpass simulate --requests -`.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use serde_json::json;

use super::calls::Request;
use crate::shell;

/// Decides requests by a set of policies. Without any policy every request is denied.
pub(crate) struct Judge {
    running: Option<Running>,
}

struct Running {
    child: Child,
    asks: ChildStdin,
    answers: BufReader<ChildStdout>,
    talk: PathBuf,
}

/// What the policies say to one request.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Decision {
    pub(crate) verdict: Verdict,
    /// The statements that made it so.
    pub(crate) statements: Vec<Matched>,
    /// The condition keys that would decide, if the request had them.
    pub(crate) keys: Vec<String>,
}

#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Verdict {
    Allowed,
    ImplicitDeny,
    ExplicitDeny,
    Depends,
}

/// A statement of one of the policies.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
pub(crate) struct Matched {
    pub(crate) policy: String,
    pub(crate) sid: Option<String>,
    pub(crate) index: usize,
}

/// One line of the answer, which is a decision or an error.
#[derive(Deserialize)]
struct Answer {
    error: Option<String>,
    decision: Option<Verdict>,
    #[serde(default)]
    statements: Vec<Matched>,
    #[serde(default)]
    keys: Vec<String>,
}

impl Judge {
    /// Starts the evaluator on policy files.
    pub(crate) fn start(
        binary: &Path,
        policies: &[PathBuf],
        boundary: Option<&Path>,
    ) -> Result<Judge> {
        if policies.is_empty() {
            return Ok(Judge { running: None });
        }
        let mut command = shell::program(binary);
        command.arg("simulate");
        for policy in policies {
            command.arg("--policy").arg(policy);
        }
        if let Some(boundary) = boundary {
            command.arg("--boundary").arg(boundary);
        }
        command.args(["--requests", "-"]);
        let talk = talk_file()?;
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(File::create(&talk)?);
        let mut child = command.spawn().context("cannot start `stackpass simulate`")?;
        let asks = child.stdin.take().context("the evaluator has no stdin")?;
        let answers = BufReader::new(child.stdout.take().context("the evaluator has no stdout")?);
        Ok(Judge { running: Some(Running { child, asks, answers, talk }) })
    }

    /// Decides one request.
    pub(crate) fn decide(&mut self, request: &Request) -> Result<Decision> {
        let Some(running) = &mut self.running else {
            let verdict = Verdict::ImplicitDeny;
            return Ok(Decision { verdict, statements: Vec::new(), keys: Vec::new() });
        };
        running.decide(request).with_context(|| format!("cannot decide {}", request.action))
    }
}

impl Running {
    fn decide(&mut self, request: &Request) -> Result<Decision> {
        let request = json!({"action": request.action, "resource": request.resource, "context": request.context});
        let line = format!("{request}\n");
        let mut answer = String::new();
        let asked = self.asks.write_all(line.as_bytes()).and_then(|()| self.asks.flush());
        if asked.is_err() || self.answers.read_line(&mut answer)? == 0 {
            let said = fs::read_to_string(&self.talk).unwrap_or_default();
            bail!("`stackpass simulate` ended: {}", said.trim_end());
        }
        let answer: Answer = serde_json::from_str(&answer)
            .with_context(|| format!("not an answer: {}", answer.trim_end()))?;
        match (answer.decision, answer.error) {
            (Some(verdict), None) => {
                Ok(Decision { verdict, statements: answer.statements, keys: answer.keys })
            }
            (_, error) => bail!("{}: {}", error.unwrap_or_default(), line.trim_end()),
        }
    }
}

impl Drop for Running {
    /// Ends the process. Its exit code says nothing that the answers have not said.
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_file(&self.talk);
    }
}

/// A file for what a process says on stderr: a pipe that nobody reads could stop it.
fn talk_file() -> Result<PathBuf> {
    static STARTED: AtomicUsize = AtomicUsize::new(0);
    let folder = shell::root().join("target/e2e/judge");
    fs::create_dir_all(&folder).context("cannot make target/e2e/judge")?;
    let number = STARTED.fetch_add(1, Ordering::Relaxed);
    Ok(folder.join(format!("{}-{number}.err", std::process::id())))
}
