//! Mistakes that a writer of rules makes, and what is said of each.

mod calls;
mod targets;
mod types;

use super::file::{RuleFile, Text};
use super::problems_in;

/// The problems of a text as the file of a service.
fn said(file: &str, text: &str) -> Vec<String> {
    let mut problems = match RuleFile::of(Text::new(file, text)) {
        Ok(file) => problems_in(&[file]),
        Err(problem) => vec![problem],
    };
    problems.sort();
    problems.iter().map(ToString::to_string).collect()
}

/// Checks what is said of a rule of `AWS::SQS::Queue`, with these lines beside its actions.
fn queue(lines: &str, expected: &[&str]) {
    let text = format!("[[type.\"AWS::SQS::Queue\".rule]]\n{lines}\nevidence = [\"registry\"]\n");
    check("sqs.toml", &text, expected);
}

fn check(file: &str, text: &str, expected: &[&str]) {
    assert_eq!(said(file, text), expected);
}

/// What the page for contributors shows: rules without problems, and what is said of two mistakes in them.
#[test]
fn the_page_shows_what_is_right_and_what_is_said() {
    let page = include_str!("../../../../../docs/src/contributing/adding-a-resource-type.md");
    let block = |start: &str, of: &str| {
        let mut blocks = page.split(start).skip(1).filter_map(|rest| rest.split("```").next());
        blocks.find(|block| block.contains(of)).unwrap().to_owned()
    };
    let vault = block("```toml\n", "[type.\"AWS::Backup::BackupVault\"]");
    check("backup.toml", &vault, &[]);
    check("logs.toml", &block("```toml\n", ".unchecked]]"), &[]);
    let mistaken = vault
        .replace("[\"Notifications\"]", "[\"Notification\"]")
        .replace("PutBackupVaultLockConfiguration\"]\nwhen", "PutVaultLock\"]\nwhen");
    let said = block("```text\n", "backup.toml");
    check("backup.toml", &mistaken, &said.lines().collect::<Vec<_>>());
}
