//! The nets over the corpus: tests of the `stacks` crate that read further input from a folder.

use std::path::Path;

use anyhow::{Result, ensure};

use super::Score;
use crate::shell;

/// What is run, and what it says.
const NETS: [(&str, &str); 2] = [
    (
        "corpus::telling_account_and_region_takes_no_need_away",
        "no need goes when account and region are told",
    ),
    (
        "shapes::every_need_acts_on_arns_that_there_can_be",
        "each pattern fits its action, each required type is there",
    ),
];

/// Runs the nets.
pub(super) fn score(_binary: &Path, corpus: &Path) -> Result<Score> {
    ensure!(corpus.join("templates").is_dir(), "no `templates` in {}", corpus.display());
    let mut rows = Vec::new();
    let mut failures = Vec::new();
    for (test, says) in NETS {
        let mut command = shell::cargo();
        command.args([
            "test",
            "--quiet",
            "--locked",
            "--package",
            "stackpass-stacks",
            "--test",
            "it",
        ]);
        command.args(["--", "--exact", test]).env("STACKPASS_CORPUS", corpus);
        let holds = shell::run(&mut command).is_ok();
        rows.push(vec![says.to_owned(), if holds { "holds" } else { "does not hold" }.to_owned()]);
        if !holds {
            failures.push(format!("{test} (STACKPASS_CORPUS={})", corpus.display()));
        }
    }
    Ok(Score { table: shell::aligned(&rows), failures })
}
