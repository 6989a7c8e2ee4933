//! What every task shares: where the repository is, arguments, and running other programs.

use std::ffi::OsStr;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{env, fs};

use anyhow::{Context, Result, bail};
use serde_json::Value;

/// The folder of the workspace.
pub(crate) fn root() -> PathBuf {
    let manifest = env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    manifest.parent().map_or_else(|| PathBuf::from("."), Path::to_path_buf)
}

/// A program to run in the folder of the workspace.
pub(crate) fn program(name: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(name);
    command.current_dir(root()).stdin(Stdio::null());
    command
}

/// The cargo that started us.
pub(crate) fn cargo() -> Command {
    program(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// Another task, run by this very binary.
pub(crate) fn xtask() -> Result<Command> {
    Ok(program(env::current_exe().context("where is this binary?")?))
}

/// Runs a command with its output shown; an exit code other than 0 is an error.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("cannot start {}", line(command)))?;
    if !status.success() {
        bail!("{} ended with {status}", line(command));
    }
    Ok(())
}

/// Runs a command and gives what it wrote to stdout; an exit code other than 0 is an error that shows stderr.
pub(crate) fn capture(command: &mut Command) -> Result<String> {
    let output = command.output().with_context(|| format!("cannot start {}", line(command)))?;
    if !output.status.success() {
        let stderr = String::from_utf8_lossy(&output.stderr);
        bail!("{} ended with {}\n{}", line(command), output.status, stderr.trim_end());
    }
    String::from_utf8(output.stdout).with_context(|| format!("{} wrote no UTF-8", line(command)))
}

/// How the product is built.
#[derive(Clone, Copy)]
pub(crate) enum Profile {
    Debug,
    Release,
}

/// Builds the product and gives the path of its binary.
pub(crate) fn build_product(profile: Profile) -> Result<PathBuf> {
    let mut build = cargo();
    build.args(["build", "--locked", "--package", "stackpass", "--bin", "stackpass"]);
    build.args(["--message-format", "json-render-diagnostics"]).stderr(Stdio::inherit());
    if let Profile::Release = profile {
        build.arg("--release");
    }
    let messages = capture(&mut build)?;
    let executable = |line: &str| {
        let message: Value = serde_json::from_str(line).ok()?;
        message.get("executable")?.as_str().map(PathBuf::from)
    };
    messages.lines().filter_map(executable).next_back().context("cargo built no binary")
}

/// Whether a command exists and can tell its version.
pub(crate) fn is_available(command: &mut Command) -> bool {
    command
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// A command as a developer would type it.
pub(crate) fn line(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let name = program.file_stem().unwrap_or(program.as_os_str());
    let words = std::iter::once(name).chain(command.get_args()).map(OsStr::to_string_lossy);
    let text = words.collect::<Vec<_>>().join(" ");
    let set = command.get_envs().filter_map(|(name, value)| Some((name, value?)));
    let environment: String = set.fold(String::new(), |text, (name, value)| {
        format!("{text}{}='{}' ", name.display(), value.display())
    });
    match text.strip_prefix("xtask ") {
        Some(task) => format!("{environment}cargo xtask {task}"),
        None => format!("{environment}{text}"),
    }
}

/// Takes `--name` out of the arguments and says whether it stood there.
pub(crate) fn take_flag(args: &mut Vec<String>, name: &str) -> bool {
    let before = args.len();
    args.retain(|arg| arg != name);
    args.len() < before
}

/// Takes `--name VALUE` out of the arguments.
pub(crate) fn take_value(args: &mut Vec<String>, name: &str) -> Result<Option<String>> {
    let Some(at) = args.iter().position(|arg| arg == name) else { return Ok(None) };
    args.remove(at);
    if at == args.len() {
        bail!("`{name}` needs a value");
    }
    Ok(Some(args.remove(at)))
}

/// Refuses arguments that nobody took.
pub(crate) fn none_left(args: &[String]) -> Result<()> {
    match args.first() {
        Some(arg) => bail!("unknown argument `{arg}`"),
        None => Ok(()),
    }
}

/// Reads a text file; the message of a failure names it.
pub(crate) fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

/// Writes a file and the folders above it; the message of a failure names it.
pub(crate) fn write(path: &Path, text: &str) -> Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    }
    fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}

/// A table with its columns aligned: the first to the left, the others to the right.
pub(crate) fn aligned(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut table = String::new();
    for row in rows {
        for (column, (cell, width)) in row.iter().zip(&widths).enumerate() {
            let _ = match column {
                0 => write!(table, "  {cell:<width$}"),
                _ => write!(table, "  {cell:>width$}"),
            };
        }
        table.push('\n');
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<String> {
        line.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn a_value_is_taken_with_its_name() {
        let mut args = words("a --runs 3 b");
        assert_eq!(take_value(&mut args, "--runs").unwrap().as_deref(), Some("3"));
        assert_eq!(args, words("a b"));
    }

    #[test]
    fn a_name_without_a_value_is_refused() {
        assert!(take_value(&mut words("a --runs"), "--runs").is_err());
    }

    #[test]
    fn a_flag_is_taken_once_and_reported() {
        let mut args = words("--check x");
        assert!(take_flag(&mut args, "--check"));
        assert!(!take_flag(&mut args, "--check"));
        assert_eq!(args, words("x"));
    }

    #[test]
    fn a_task_is_shown_as_it_is_typed() {
        let mut command = Command::new("target/debug/xtask");
        command.args(["tidy", "--check"]);
        assert_eq!(line(&command), "cargo xtask tidy --check");
    }

    #[test]
    fn what_is_set_stands_before_the_command() {
        let mut command = Command::new("cargo");
        command.arg("doc").env("RUSTDOCFLAGS", "-D warnings").env_remove("HOME");
        assert_eq!(line(&command), "RUSTDOCFLAGS='-D warnings' cargo doc");
    }

    #[test]
    fn columns_are_aligned() {
        let rows =
            [vec!["a".to_owned(), "1000".to_owned()], vec!["long".to_owned(), "2".to_owned()]];
        assert_eq!(aligned(&rows), "  a     1000\n  long     2\n");
    }
}
