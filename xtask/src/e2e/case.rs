//! The cases: a folder under `testdata/e2e` with a `case.toml`.
//!
//! The page on e2e in the book describes the format.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use serde_json::Value;

use super::world::{ACCOUNT, REGION};
use crate::shell;

const FOLDER: &str = "testdata/e2e";

/// A case.
#[derive(Clone, Debug)]
pub(super) struct Case {
    /// The name of its folder.
    pub(super) name: String,
    /// What it shows, in a line.
    pub(super) about: String,
    pub(super) folder: PathBuf,
    pub(super) kind: Kind,
}

/// What a case does.
#[derive(Clone, Debug)]
pub(super) enum Kind {
    Commands(Vec<Step>),
    Deployment(Box<Deployment>),
    Kills(Box<Kills>),
}

/// A change of IAM that is killed at random moments, and then finished or taken back.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Kills {
    /// An account that nothing else uses: all of its IAM is compared.
    pub(super) account: String,
    /// How often the change is killed.
    pub(super) moments: usize,
    /// The command that makes the change.
    pub(super) change: Vec<String>,
    /// The command that takes it back.
    pub(super) back: Vec<String>,
    /// What the administrator does before.
    #[serde(skip)]
    pub(super) before: Vec<Step>,
}

/// A stack that is deployed, updated and deleted.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Deployment {
    pub(super) stack: String,
    pub(super) tool: Tool,
    pub(super) mode: Mode,
    /// A template, or the folder of an assembly; relative to the case.
    pub(super) input: String,
    /// What the tool is given instead, such as the template that `aws cloudformation package` writes.
    pub(super) deployed: Option<String>,
    /// What it is changed to, within what the policies of the input allow; without it there is no update.
    pub(super) update: Option<String>,
    #[serde(default = "default_account")]
    pub(super) account: String,
    #[serde(default = "default_region")]
    pub(super) region: String,
    /// Parameters of the template, for the program and for the AWS CLI.
    #[serde(default)]
    pub(super) parameters: BTreeMap<String, String>,
    /// More options for the program.
    #[serde(default)]
    pub(super) options: Vec<String>,
    /// More arguments for the tool.
    #[serde(default)]
    pub(super) arguments: Vec<String>,
    /// Whether the account is bootstrapped for the CDK before; with `mode = "bootstrap"` it always is.
    #[serde(default)]
    pub(super) bootstrap: bool,
    /// What the administrator does before.
    #[serde(skip)]
    pub(super) before: Vec<Step>,
}

/// What deploys.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Tool {
    AwsCli,
    Cdk,
    CdkBootstrap,
}

/// Whose permissions CloudFormation acts with.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Mode {
    Bootstrap,
    Direct,
    ServiceRole,
}

impl Tool {
    /// The value of `--tool`.
    pub(super) fn name(self) -> &'static str {
        match self {
            Tool::AwsCli => "aws-cli",
            Tool::Cdk => "cdk",
            Tool::CdkBootstrap => "cdk-bootstrap",
        }
    }

    /// Whether it is given a template, which does not say the name of the stack.
    pub(super) fn is_template(self) -> bool {
        self != Tool::Cdk
    }
}

impl Mode {
    /// The value of `--mode`.
    pub(super) fn name(self) -> &'static str {
        match self {
            Mode::Bootstrap => "bootstrap",
            Mode::Direct => "direct",
            Mode::ServiceRole => "service-role",
        }
    }
}

fn default_account() -> String {
    ACCOUNT.to_owned()
}

fn default_region() -> String {
    REGION.to_owned()
}

/// One step of a case.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Step {
    Run(Box<Run>),
    /// Writes a file of the case's folder for results.
    Write {
        path: String,
        text: String,
    },
}

/// A command, and what it has to answer.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Run {
    /// Program and arguments: `stackpass`, `aws`, `cdk` or `python`.
    pub(super) words: Vec<String>,
    /// Variables of the environment; an empty text takes one away.
    pub(super) env: BTreeMap<String, String>,
    pub(super) exit: i32,
    /// What each output has to contain.
    pub(super) stdout: Vec<String>,
    pub(super) stderr: Vec<String>,
    /// What the JSON on stdout has to hold, by pointer. A text that begins with `@` stands for the JSON of that file.
    pub(super) json: BTreeMap<String, Value>,
    /// Names for values of the JSON on stdout, by pointer, to use later as `{name}`.
    pub(super) save: BTreeMap<String, String>,
    /// A file for stdout.
    pub(super) into: Option<String>,
}

/// `case.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CaseToml {
    about: String,
    deployment: Option<Deployment>,
    kills: Option<Kills>,
    /// The case; or with a deployment or kills, what the administrator does before.
    #[serde(default)]
    step: Vec<StepToml>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StepToml {
    run: Option<Vec<String>>,
    #[serde(default)]
    env: BTreeMap<String, String>,
    #[serde(default)]
    exit: i32,
    #[serde(default)]
    stdout: Vec<String>,
    #[serde(default)]
    stderr: Vec<String>,
    #[serde(default)]
    json: BTreeMap<String, Value>,
    #[serde(default)]
    save: BTreeMap<String, String>,
    into: Option<String>,
    write: Option<String>,
    text: Option<String>,
}

impl Case {
    /// Whether it needs the CDK CLI.
    pub(super) fn uses_cdk(&self) -> bool {
        let steps = match &self.kind {
            Kind::Commands(steps) => steps,
            Kind::Deployment(deployment) => &deployment.before,
            Kind::Kills(kills) => &kills.before,
        };
        let is_deployed_by_it = match &self.kind {
            Kind::Commands(_) | Kind::Kills(_) => false,
            Kind::Deployment(deployment) => deployment.tool != Tool::AwsCli || deployment.bootstrap,
        };
        is_deployed_by_it
            || steps.iter().any(|step| match step {
                Step::Run(run) => run.words.first().is_some_and(|word| word == "cdk"),
                Step::Write { .. } => false,
            })
    }

    #[cfg(test)]
    pub(super) fn named(name: &str) -> Case {
        let kind = Kind::Commands(Vec::new());
        Case { name: name.to_owned(), about: String::new(), folder: PathBuf::new(), kind }
    }
}

/// All cases, by name.
pub(super) fn all() -> Result<Vec<Case>> {
    let folder = shell::root().join(FOLDER);
    let entries =
        fs::read_dir(&folder).with_context(|| format!("cannot list {}", folder.display()))?;
    let mut folders: Vec<PathBuf> = entries
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| path.join("case.toml").is_file())
        .collect();
    folders.sort();
    folders.iter().map(|folder| read(folder)).collect()
}

fn read(folder: &Path) -> Result<Case> {
    let path = folder.join("case.toml");
    let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let (about, kind) =
        parse(&shell::read(&path)?).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(Case { name, about, folder: folder.to_path_buf(), kind })
}

fn parse(text: &str) -> Result<(String, Kind)> {
    let case: CaseToml = toml::from_str(text)?;
    let steps: Vec<Step> = case.step.into_iter().map(step).collect::<Result<_>>()?;
    let kind = match (case.deployment, case.kills) {
        (Some(_), Some(_)) => bail!("a case has a deployment or kills"),
        (Some(deployment), None) => {
            Kind::Deployment(Box::new(Deployment { before: steps, ..deployment }))
        }
        (None, Some(kills)) => Kind::Kills(Box::new(Kills { before: steps, ..kills })),
        (None, None) if steps.is_empty() => bail!("a case has steps, a deployment or kills"),
        (None, None) => Kind::Commands(steps),
    };
    Ok((case.about, kind))
}

fn step(toml: StepToml) -> Result<Step> {
    match (toml.run, toml.write, toml.text) {
        (Some(words), None, None) if !words.is_empty() => Ok(Step::Run(Box::new(Run {
            words,
            env: toml.env,
            exit: toml.exit,
            stdout: toml.stdout,
            stderr: toml.stderr,
            json: toml.json,
            save: toml.save,
            into: toml.into,
        }))),
        (None, Some(path), Some(text)) => Ok(Step::Write { path, text }),
        _ => bail!("a step has `run`, or `write` with `text`"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps(text: &str) -> Result<Vec<Step>> {
        match parse(text)? {
            (_, Kind::Commands(steps)) => Ok(steps),
            (_, Kind::Deployment(deployment)) => Ok(deployment.before),
            (_, Kind::Kills(kills)) => Ok(kills.before),
        }
    }

    #[test]
    fn a_step_runs_a_command_or_writes_a_file() {
        let text = r#"
            about = "both"
            [[step]]
            write = "a"
            text = "b"
            [[step]]
            run = ["aws", "help"]
            json = {"/a" = 1}
        "#;
        let run = Run {
            words: vec!["aws".to_owned(), "help".to_owned()],
            json: BTreeMap::from([("/a".to_owned(), Value::from(1))]),
            ..Run::default()
        };
        let write = Step::Write { path: "a".to_owned(), text: "b".to_owned() };
        assert_eq!(steps(text).unwrap(), [write, Step::Run(Box::new(run))]);
    }

    #[test]
    fn a_step_of_both_kinds_and_an_unknown_field_are_refused() {
        assert!(steps("about = ''\n[[step]]\nrun = ['a']\nwrite = 'b'\ntext = ''").is_err());
        assert!(steps("about = ''\n[[step]]\nrum = ['a']").is_err());
        assert!(steps("about = ''").is_err());
    }

    #[test]
    fn every_case_can_be_read() {
        let cases = all().unwrap();
        assert!(!cases.is_empty());
    }
}
