//! Other programs for the same question, from PyPI, in an environment under `target/bench`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::{Row, START, job, mock, row};
use crate::shell;

/// Peers start slowly enough for fewer runs.
const MAX_RUNS: usize = 5;

/// What is installed together, and the program that it gives. `cfnlp` runs two requirements together in its metadata, so pip
/// of a version that lets it pass is installed first, and the second requirement is named here.
const PACKAGES: [(&str, &[&str]); 3] = [
    ("cfn-lint", &["cfn-lint==1.58.0"]),
    ("cfnlp", &["cfnlp==0.1.2", "cfn_flip==1.3.0", "boto3"]),
    ("iam-policy-autopilot", &["iam-policy-autopilot==0.3.0"]),
];
const PIP: &str = "pip==23.2.1";

/// The environment and what could not be put into it.
pub(super) struct Installed {
    folder: PathBuf,
    pub(super) missing: Vec<String>,
}

impl Installed {
    /// The path of a program, if it is there.
    fn program(&self, name: &str) -> Option<PathBuf> {
        let name = if cfg!(windows) { format!("{name}.exe") } else { name.to_owned() };
        let path = self.folder.join(name);
        path.is_file().then_some(path)
    }
}

/// Installs the peers that are not installed yet.
pub(super) fn install() -> Result<Installed> {
    let environment = shell::root().join("target/bench/venv");
    let folder = environment.join(if cfg!(windows) { "Scripts" } else { "bin" });
    let python = if cfg!(windows) { "python" } else { "python3" };
    if !folder.is_dir() {
        shell::run(shell::program(python).args(["-m", "venv"]).arg(&environment))
            .context("Python 3 with its venv module is needed")?;
        shell::run(&mut pip(&folder, &[PIP])).context("cannot install pip")?;
    }
    let mut installed = Installed { folder, missing: Vec::new() };
    for (program, packages) in PACKAGES {
        if installed.program(program).is_some() {
            continue;
        }
        println!("bench: installing {}", packages.join(" "));
        if let Err(error) = shell::capture(&mut pip(&installed.folder, packages)) {
            installed.missing.push(format!("{program}: {error:#}"));
        }
    }
    Ok(installed)
}

fn pip(folder: &Path, packages: &[&str]) -> Command {
    let mut command = shell::program(folder.join("python"));
    command.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]).args(packages);
    command
}

/// Measures what is installed.
pub(super) fn rows(installed: &Installed, inputs: &[PathBuf], runs: usize) -> Result<Vec<Row>> {
    let runs = runs.min(MAX_RUNS);
    let mut rows = Vec::new();
    if let Some(program) = installed.program("cfn-lint") {
        rows.push(row(
            "cfn-lint",
            START,
            "1.58.0",
            shell::program(&program).arg("--version"),
            runs,
        )?);
        for (input, template) in templates(inputs)? {
            let mut lint = shell::program(&program);
            rows.push(row(
                "cfn-lint",
                &job(input),
                "a linter: no policy",
                lint.arg(template),
                runs,
            )?);
        }
    }
    if let Some(program) = installed.program("cfnlp") {
        let endpoint = mock::start()?;
        for (input, template) in templates(inputs)? {
            let mut cfnlp = shell::program(&program);
            cfnlp.args(["--region", "us-east-1", "--include-update-actions", "-i"]).arg(template);
            with_mock(&mut cfnlp, &endpoint);
            rows.push(row("cfnlp", &job(input), "AWS mocked, 0 ms", &mut cfnlp, runs)?);
        }
    }
    if let Some(program) = installed.program("iam-policy-autopilot") {
        let mut version = shell::program(&program);
        version.arg("--version").env("DISABLE_IAM_POLICY_AUTOPILOT_TELEMETRY", "true");
        rows.push(row("iam-policy-autopilot", START, "reads source code", &mut version, runs)?);
    }
    Ok(rows)
}

/// Points the AWS SDK of a peer at the mock, with the example keys of AWS's documentation and no files of this user.
fn with_mock(command: &mut Command, endpoint: &str) {
    let nowhere = shell::root().join("target/bench/no-such-file");
    command
        .env("AWS_ENDPOINT_URL", endpoint)
        .env("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
        .env("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
        .env("AWS_CONFIG_FILE", &nowhere)
        .env("AWS_SHARED_CREDENTIALS_FILE", &nowhere)
        .env_remove("AWS_PROFILE")
        .env_remove("AWS_SESSION_TOKEN");
}

/// The template of each input: peers read one file. Of an assembly that is its first template.
fn templates(inputs: &[PathBuf]) -> Result<Vec<(&PathBuf, PathBuf)>> {
    inputs.iter().map(|input| Ok((input, template(input)?))).collect()
}

fn template(input: &Path) -> Result<PathBuf> {
    if input.is_file() {
        return Ok(input.to_path_buf());
    }
    let entries =
        fs::read_dir(input).with_context(|| format!("cannot list {}", input.display()))?;
    let paths = entries.filter_map(|entry| entry.ok().map(|entry| entry.path()));
    let is_template = |path: &PathBuf| path.to_string_lossy().ends_with(".template.json");
    paths.filter(is_template).min().with_context(|| format!("no template in {}", input.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_template_of_an_assembly_is_found() {
        let assembly = shell::root().join("examples/crud-api/cdk.out");
        let found = template(&assembly).unwrap();
        assert_eq!(found, assembly.join("CrudApi.template.json"));
    }
}
