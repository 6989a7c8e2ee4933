//! A Python that can run LocalStack, wherever the machine has one.

use std::path::{Path, PathBuf};
use std::{env, fs};

use anyhow::{Result, bail};

use crate::shell;

/// The oldest version that LocalStack runs on, and that its dependencies of today are built for.
const OLDEST: Version = (3, 12);

/// Tried first: the version that the list of dependencies was made with.
const NAMES: [&str; 4] = ["python3.13", "python3.12", "python3", "python"];

const HELP: &str = "\
no Python of 3.12 or newer with `venv` was found
  Debian, Ubuntu: apt install python3-venv, if the release has 3.12 or newer
  macOS:          brew install python@3.13
  anywhere:       pyenv install 3.13, or https://www.python.org/downloads
looked for";

/// Major and minor number.
type Version = (u32, u32);

/// The interpreter to use.
pub(super) fn find() -> Result<PathBuf> {
    let candidates: Vec<PathBuf> =
        NAMES.iter().map(PathBuf::from).chain(pyenv_versions()).collect();
    for candidate in &candidates {
        if version(candidate).is_some_and(|version| version >= OLDEST) {
            return Ok(candidate.clone());
        }
    }
    let tried: Vec<String> =
        candidates.iter().map(|candidate| format!("`{}`", candidate.display())).collect();
    bail!("{HELP} {}", tried.join(", "));
}

/// The version, if it starts at all (a shim of pyenv may not) and can make virtual environments (Debian splits that off).
fn version(python: &Path) -> Option<Version> {
    const ASK: &str = "import sys, venv, ensurepip; print(*sys.version_info[:2])";
    let mut command = shell::program(python);
    command.args(["-c", ASK]);
    parse_version(&shell::capture(&mut command).ok()?)
}

fn parse_version(text: &str) -> Option<Version> {
    let mut numbers = text.split_whitespace().map(|number| number.parse().ok());
    Some((numbers.next()??, numbers.next()??))
}

/// The interpreters that pyenv has installed, those for which the dependencies are known to work first.
fn pyenv_versions() -> Vec<PathBuf> {
    let root = env::var_os("PYENV_ROOT").map(PathBuf::from);
    let root = root.or_else(|| Some(env::home_dir()?.join(".pyenv")));
    let Some(entries) = root.and_then(|root| fs::read_dir(root.join("versions")).ok()) else {
        return Vec::new();
    };
    let mut folders: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    folders.sort_by_key(|folder| {
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        preference(&name)
    });
    folders.into_iter().map(|folder| folder.join("bin/python")).collect()
}

/// Sorts `3.13.x` before `3.12.x` before the newer ones, and by name among these.
fn preference(name: &str) -> (usize, String) {
    let known = ["3.13", "3.12"];
    let place = known.iter().position(|start| name.starts_with(start)).unwrap_or(known.len());
    (place, name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_two_numbers() {
        assert_eq!(parse_version("3 13\n"), Some((3, 13)));
        assert_eq!(parse_version("pyenv: python3.13: command not found"), None);
    }

    #[test]
    fn two_digits_are_newer_than_one() {
        assert!(parse_version("3 9") < Some(OLDEST));
        assert!(parse_version("3 14") > Some(OLDEST));
    }

    #[test]
    fn the_version_that_is_known_to_work_comes_first() {
        let mut names = ["2.7.18", "3.12.1", "3.14.0", "3.13.0"];
        names.sort_by_key(|name| preference(name));
        assert_eq!(names, ["3.13.0", "3.12.1", "2.7.18", "3.14.0"]);
    }
}
