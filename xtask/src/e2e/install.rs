//! The programs of others that e2e runs: LocalStack, the AWS CLI and boto3 from PyPI, the CDK CLI from npm.
//!
//! They live under `target/e2e` and are installed once: a marker holds what was asked for, so a change of the lists installs
//! again. The versions are fixed by `xtask/e2e/constraints.txt` and `xtask/e2e/node/package-lock.json`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::python;
use crate::shell;

const CONSTRAINTS: &str = "xtask/e2e/constraints.txt";
const NODE: &str = "xtask/e2e/node";
const PACKAGES: [&str; 4] =
    ["localstack-core[runtime]==4.14.0", "service-identity", "awscli", "boto3"];
const MARKER: &str = "installed.txt";

/// Waiters of the AWS CLI look every half minute by default, which suits AWS and not an emulator.
const WAITERS: &str = "cloudformation/2010-05-15/waiters-2.json";
const QUICK_WAITERS: &str = r#"
import importlib.util, pathlib, re, sys
source = pathlib.Path(importlib.util.find_spec("botocore").origin).parent / "data" / sys.argv[1]
text = re.sub(r'"delay": *\d+', '"delay": 1', source.read_text())
target = pathlib.Path(sys.argv[2]) / sys.argv[1]
target.parent.mkdir(parents=True, exist_ok=True)
target.write_text(text)
"#;

/// Where the programs are.
pub(super) struct Tools {
    /// The interpreter of the virtual environment.
    pub(super) python: PathBuf,
    /// Models that go before those of botocore.
    pub(super) models: PathBuf,
    /// The script of the CDK CLI, to be run by `node`.
    pub(super) cdk: PathBuf,
}

/// What of it a run needs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum With {
    Cdk,
    PythonOnly,
}

/// Installs what is missing.
pub(super) fn tools(folder: &Path, with: With) -> Result<Tools> {
    let environment = folder.join("python");
    let tools = Tools {
        python: environment.join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" }),
        models: environment.join("models"),
        cdk: folder.join("node/node_modules/aws-cdk/bin/cdk"),
    };
    install_python(&environment, &tools)?;
    if with == With::Cdk {
        install_node(&folder.join("node"))?;
    }
    Ok(tools)
}

fn install_python(environment: &Path, tools: &Tools) -> Result<()> {
    let constraints = shell::root().join(CONSTRAINTS);
    let wanted = format!("{}\n{}", PACKAGES.join("\n"), shell::read(&constraints)?);
    if is_installed(environment, &wanted) {
        return Ok(());
    }
    let python = python::find()?;
    println!("e2e: installing LocalStack and the AWS CLI with {}", python.display());
    empty(environment)?;
    shell::run(shell::program(python).args(["-m", "venv"]).arg(environment))?;
    let mut pip = shell::program(&tools.python);
    pip.args(["-m", "pip", "--disable-pip-version-check", "--no-input", "--quiet", "install"]);
    pip.args(["--constraint"]).arg(constraints).args(PACKAGES);
    shell::run(&mut pip)?;
    let mut waiters = shell::program(&tools.python);
    waiters.args(["-c", QUICK_WAITERS, WAITERS]).arg(&tools.models);
    shell::capture(&mut waiters)?;
    shell::write(&environment.join(MARKER), &wanted)
}

fn install_node(folder: &Path) -> Result<()> {
    let source = shell::root().join(NODE);
    let files = ["package.json", "package-lock.json"];
    let texts = files.map(|name| shell::read(&source.join(name)));
    let [package, lock] = texts;
    let (package, lock) = (package?, lock?);
    if is_installed(folder, &lock) {
        return Ok(());
    }
    println!("e2e: installing the CDK CLI");
    empty(folder)?;
    shell::write(&folder.join("package.json"), &package)?;
    shell::write(&folder.join("package-lock.json"), &lock)?;
    let mut npm = npm();
    npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel", "error"]);
    shell::run(npm.current_dir(folder)).context("the CDK CLI needs Node.js with npm")?;
    shell::write(&folder.join(MARKER), &lock)
}

fn npm() -> Command {
    shell::program(if cfg!(windows) { "npm.cmd" } else { "npm" })
}

fn is_installed(folder: &Path, wanted: &str) -> bool {
    fs::read_to_string(folder.join(MARKER)).is_ok_and(|text| text == wanted)
}

fn empty(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder)
            .with_context(|| format!("cannot remove {}", folder.display()))?;
    }
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))
}
