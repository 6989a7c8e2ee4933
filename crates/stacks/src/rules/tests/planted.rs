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
