//! `cargo xtask tidy`: what the compiler and clippy cannot know about this repository.
//!
//! Each rule is a function from the [`Repo`] to the problems that it sees, one file a subject. The repository is read once, into
//! memory, so a test plants a violation by writing a text.

mod circles;
mod docs;
mod files;
mod layers;
mod paths;
mod repo;
mod source;

use anyhow::{Result, bail};

use crate::shell;

use repo::Repo;

/// Something to put right: the path, the line if one is to blame, and what to do.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Problem {
    path: String,
    line: Option<usize>,
    message: String,
}

/// A rule by the name that a developer sees.
type Rule = (&'static str, fn(&Repo) -> Vec<Problem>);

const RULES: [Rule; 17] = [
    ("layers", layers::edges),
    ("package-names", layers::package_names),
    ("workspace-lints", layers::workspace_lints),
    ("anyhow-only-in-xtask", layers::anyhow_only_in_xtask),
    ("no-module-circles", circles::no_module_circles),
    ("pure-crates", source::pure_crates),
    ("no-mod-rs", files::no_mod_rs),
    ("file-size", files::size),
    ("lines-of-code", source::lines_of_code),
    ("no-silenced-tests", source::no_silenced_tests),
    ("todo-has-an-issue", source::todo_has_an_issue),
    ("no-machine-paths", files::no_machine_paths),
    ("lock-files-name-no-registry", files::lock_files_name_no_registry),
    ("generated-marker", files::generated_marker),
    ("commands-are-documented", docs::commands),
    ("exit-codes-are-documented", docs::exit_codes),
    ("pages", docs::pages),
];

/// Runs the task.
pub(crate) fn run(args: &[String]) -> Result<()> {
    shell::none_left(args)?;
    let repo = Repo::read(&shell::root())?;
    let mut count = 0;
    for (name, rule) in RULES {
        let mut problems = rule(&repo);
        problems.sort();
        count += problems.len();
        for Problem { path, line, message } in problems {
            let line = line.map(|line| format!(":{line}")).unwrap_or_default();
            println!("{path}{line}: {message} [{name}]");
        }
    }
    println!("tidy: {} rules over {} files, {count} problems", RULES.len(), repo.len());
    if count > 0 {
        bail!("{count} problems");
    }
    Ok(())
}

impl Problem {
    /// A problem of a whole file.
    fn file(path: &str, message: impl Into<String>) -> Problem {
        Problem { path: path.to_owned(), line: None, message: message.into() }
    }

    /// A problem at a line, counted from 1.
    fn line(path: &str, line: usize, message: impl Into<String>) -> Problem {
        Problem { path: path.to_owned(), line: Some(line), message: message.into() }
    }
}

/// What a rule says about planted files: `path: message` or `path:line: message`, one a line.
#[cfg(test)]
#[track_caller]
fn check(rule: fn(&Repo) -> Vec<Problem>, files: &[(&str, &str)], expected: &[&str]) {
    let mut problems = rule(&Repo::planted(files));
    problems.sort();
    let lines: Vec<String> = problems
        .into_iter()
        .map(|Problem { path, line, message }| match line {
            Some(line) => format!("{path}:{line}: {message}"),
            None => format!("{path}: {message}"),
        })
        .collect();
    assert_eq!(lines, expected);
}
