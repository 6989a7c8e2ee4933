//! `cargo xtask rules`: checks the rule files and shows what is wrong in them, a line each, and nothing of Rust.
//!
//! The checks are tests of the `stacks` crate; this task makes what is embedded anew and runs them.

use anyhow::{Result, bail};

use crate::shell;

/// The tests that read the rule files.
const TESTS: [&str; 5] = ["rules::", "generic::", "names::", "registry::", "executor::"];

/// How a line about a rule file begins.
const ABOUT_A_FILE: &str = "crates/stacks/rules/";

/// Runs the task.
pub(crate) fn run(args: &[String]) -> Result<()> {
    shell::none_left(args)?;
    // What cannot be generated is told with file and line by the tests as well, and better.
    let generated = generate();
    eprintln!(
        "checking the rules; the first time, the checks are built, which takes a minute or two"
    );
    let mut tests = shell::cargo();
    tests.args(["test", "--quiet", "--locked", "--package", "stackpass-stacks", "--lib", "--"]);
    let output = tests.args(TESTS).output()?;
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text);
    let problems = problems(&text);
    for problem in &problems {
        println!("{problem}");
    }
    match (problems.len(), generated) {
        (0, Err(error)) => Err(error),
        (0, Ok(())) if output.status.success() => {
            println!("the rules have no problems");
            Ok(())
        }
        (0, Ok(())) => {
            bail!("a test failed that is not about a line of the rules\n\n{text}")
        }
        (1, _) => bail!("the rules have a problem"),
        (count, _) => bail!("the rules have {count} problems"),
    }
}

/// Makes what is embedded anew, if it is not what the files give.
fn generate() -> Result<()> {
    if shell::capture(shell::xtask()?.args(["codegen", "--check"])).is_ok() {
        return Ok(());
    }
    shell::capture(shell::xtask()?.arg("codegen"))?;
    println!("the rules were changed: `cargo xtask codegen` was run for you");
    Ok(())
}

/// The lines that are about rule files, each once, by file and line.
fn problems(output: &str) -> Vec<&str> {
    let mut lines: Vec<&str> =
        output.lines().filter(|line| line.starts_with(ABOUT_A_FILE)).collect();
    lines.sort_by_key(|line| {
        let mut parts = line.splitn(3, ':');
        (parts.next(), parts.next().and_then(|number| number.parse::<usize>().ok()), *line)
    });
    lines.dedup();
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_lines_about_rule_files_are_shown_each_once_in_their_order() {
        let output = "thread 'x' panicked at crates/stacks/src/x.rs:1:2:\n\
                      crates/stacks/rules/sqs.toml:10: AWS::SQS::Queue: b\n\
                      crates/stacks/rules/sqs.toml:9: AWS::SQS::Queue: a\n\
                      crates/stacks/rules/sqs.toml:10: AWS::SQS::Queue: b\n";
        assert_eq!(
            problems(output),
            [
                "crates/stacks/rules/sqs.toml:9: AWS::SQS::Queue: a",
                "crates/stacks/rules/sqs.toml:10: AWS::SQS::Queue: b",
            ]
        );
    }
}
