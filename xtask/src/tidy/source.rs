//! Rules on Rust source: purity, length, tests that do not count, loose ends.

use std::collections::BTreeMap;

use super::Problem;
use super::repo::{Repo, is_generated};

/// The crates that do no I/O.
const PURE: [&str; 3] = ["crates/ground/src/", "crates/policy/src/", "crates/stacks/src/"];

/// The parts of the standard library that ask the operating system.
const IMPURE: [&str; 6] = ["env", "fs", "net", "process", "thread", "time"];

/// Past this many lines of code a file is split by meaning.
const MAX_LINES: usize = 600;

/// Files that are longer, with the length that they may not exceed. Entries only shrink and go.
const RATCHET: &str = "xtask/tidy/lines-of-code.toml";

/// The pure crates do not ask the operating system anything; their tests may.
pub(super) fn pure_crates(repo: &Repo) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (path, text) in repo.rust() {
        if !PURE.iter().any(|crate_| path.starts_with(crate_)) || is_test_file(path) {
            continue;
        }
        for (line, module) in impure_uses(text) {
            let message = format!("`std::{module}` in a crate that does no I/O");
            problems.push(Problem::line(path, line, message));
        }
    }
    problems
}

/// The lines of `std::fs` and the like, also inside `use std::{...}`, before the tests.
fn impure_uses(text: &str) -> Vec<(usize, &'static str)> {
    let code = blank_comments(without_tests(text));
    let mut uses = Vec::new();
    for (at, found) in code.match_indices("std::") {
        let rest = code.get(at + found.len()..).unwrap_or_default();
        let line = code.get(..at).unwrap_or_default().matches('\n').count() + 1;
        let names = if rest.starts_with('{') { group_names(rest) } else { vec![first_name(rest)] };
        uses.extend(
            IMPURE.iter().filter(|module| names.contains(module)).map(|module| (line, *module)),
        );
    }
    uses
}

/// The first name of each item of `{a, b::c, d::{e, f}}`.
fn group_names(text: &str) -> Vec<&str> {
    let mut names = Vec::new();
    let mut depth = 0;
    for (at, character) in text.char_indices() {
        if depth == 1 && matches!(character, '{' | ',') || depth == 0 {
            names.push(first_name(text.get(at + 1..).unwrap_or_default().trim_start()));
        }
        match character {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            break;
        }
    }
    names
}

fn first_name(text: &str) -> &str {
    text.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default()
}

/// A file holds one thing, in about 300 lines of code.
pub(super) fn lines_of_code(repo: &Repo) -> Vec<Problem> {
    let ratchet: BTreeMap<String, usize> =
        repo.text(RATCHET).and_then(|text| toml::from_str(text).ok()).unwrap_or_default();
    let mut problems = Vec::new();
    let files = repo.rust().filter(|(path, _)| !is_test_file(path) && !is_generated(path));
    let lengths: BTreeMap<&str, usize> =
        files.map(|(path, text)| (path, code_lines(text))).collect();
    for (&path, &lines) in &lengths {
        let limit = ratchet.get(path).copied().unwrap_or(MAX_LINES);
        if lines > limit {
            let message = format!("{lines} lines of code, {limit} allowed; split it by meaning");
            problems.push(Problem::file(path, message));
        }
    }
    for path in ratchet.keys() {
        if lengths.get(path.as_str()).is_none_or(|&lines| lines <= MAX_LINES) {
            problems.push(Problem::file(RATCHET, format!("`{path}` no longer needs an entry")));
        }
    }
    problems
}

fn code_lines(text: &str) -> usize {
    let code = without_tests(text).lines().map(str::trim);
    code.filter(|line| !line.is_empty() && !is_comment(line)).count()
}

/// A test that does not run, or that passes on any panic, proves nothing.
pub(super) fn no_silenced_tests(repo: &Repo) -> Vec<Problem> {
    const SILENCERS: [&str; 2] = ["#[ignore", "#[should_panic"];
    each_line(repo, |line| {
        let found = SILENCERS.iter().find(|silencer| line.trim_start().starts_with(**silencer))?;
        Some(format!("`{found}]`: assert what happens today and say why it is wrong"))
    })
}

/// A loose end has a place where it is followed.
pub(super) fn todo_has_an_issue(repo: &Repo) -> Vec<Problem> {
    const WORDS: [&str; 3] = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X:")];
    each_line(repo, |line| {
        let comment = line.split_once("//")?.1;
        let (word, rest) =
            WORDS.iter().find_map(|word| Some((word, comment.split_once(word)?.1)))?;
        (!names_an_issue(rest)).then(|| format!("`{word}` without its issue: write `{word}(#12)`"))
    })
}

fn names_an_issue(text: &str) -> bool {
    let number =
        text.strip_prefix("(#").and_then(|rest| rest.split_once(')')).map(|(number, _)| number);
    number.is_some_and(|number| !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()))
}

/// The problems that a function sees in single lines of Rust.
fn each_line(repo: &Repo, problem: impl Fn(&str) -> Option<String>) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (path, text) in repo.rust() {
        for (line, content) in text.lines().enumerate() {
            problems.extend(problem(content).map(|message| Problem::line(path, line + 1, message)));
        }
    }
    problems
}

/// The text up to the tests at its end.
fn without_tests(text: &str) -> &str {
    let end = text.find("\n#[cfg(test)]\nmod tests").map_or(text.len(), |at| at + 1);
    text.get(..end).unwrap_or(text)
}

/// The same text with whole-line comments emptied, so that lines keep their numbers.
fn blank_comments(text: &str) -> String {
    let lines = text.lines().map(|line| if is_comment(line) { "" } else { line });
    lines.collect::<Vec<_>>().join("\n")
}

fn is_comment(line: &str) -> bool {
    line.trim_start().starts_with("//")
}

/// Whether a file holds tests alone.
pub(super) fn is_test_file(path: &str) -> bool {
    path.ends_with("/tests.rs") || path.contains("/tests/") || path.contains("/fuzz_targets/")
}

#[cfg(test)]
mod tests {
    use super::super::check;
    use super::*;

    const FILE: &str = "crates/policy/src/arn.rs";

    #[test]
    fn a_pure_crate_that_reads_a_file_is_a_problem() {
        check(
            pure_crates,
            &[(FILE, "//! See std::fs.\nlet text = std::fs::read(path);")],
            &["crates/policy/src/arn.rs:2: `std::fs` in a crate that does no I/O"],
        );
    }

    #[test]
    fn a_grouped_import_is_looked_into() {
        check(
            pure_crates,
            &[(FILE, "use std::{collections::{btree_map, env}, fmt,\n    time::Instant};")],
            &["crates/policy/src/arn.rs:1: `std::time` in a crate that does no I/O"],
        );
    }

    #[test]
    fn tests_and_other_crates_may_read_files() {
        let code = "fn f() {}\n#[cfg(test)]\nmod tests {\n    use std::fs;\n}";
        let files = [
            (FILE, code),
            ("crates/policy/tests/it/main.rs", "use std::fs;"),
            ("crates/cli/src/lib.rs", "use std::fs;"),
        ];
        check(pure_crates, &files, &[]);
    }

    #[test]
    fn only_code_counts_as_lines_of_code() {
        let text = "//! A.\n\nfn a() {\n    // Why.\n    b();\n}\n\n#[cfg(test)]\nmod tests {\n    fn t() {}\n}\n";
        assert_eq!(code_lines(text), 3);
    }

    #[test]
    fn a_long_file_is_a_problem() {
        let long = "x();\n".repeat(601);
        check(
            lines_of_code,
            &[(FILE, &long)],
            &["crates/policy/src/arn.rs: 601 lines of code, 600 allowed; split it by meaning"],
        );
    }

    #[test]
    fn the_ratchet_allows_its_length_and_no_more() {
        let ratchet = (RATCHET, "\"crates/policy/src/arn.rs\" = 610");
        check(lines_of_code, &[(FILE, &"x();\n".repeat(610)), ratchet], &[]);
        check(
            lines_of_code,
            &[(FILE, &"x();\n".repeat(611)), ratchet],
            &["crates/policy/src/arn.rs: 611 lines of code, 610 allowed; split it by meaning"],
        );
    }

    #[test]
    fn a_ratchet_entry_that_nothing_needs_is_a_problem() {
        check(
            lines_of_code,
            &[(FILE, "x();"), (RATCHET, "\"crates/policy/src/arn.rs\" = 610")],
            &["xtask/tidy/lines-of-code.toml: `crates/policy/src/arn.rs` no longer needs an entry"],
        );
    }

    #[test]
    fn a_silenced_test_is_a_problem() {
        let message = "assert what happens today and say why it is wrong";
        check(
            no_silenced_tests,
            &[(FILE, "    #[ignore = \"slow\"]\n    #[should_panic(expected = \"x\")]")],
            &[
                &format!("crates/policy/src/arn.rs:1: `#[ignore]`: {message}"),
                &format!("crates/policy/src/arn.rs:2: `#[should_panic]`: {message}"),
            ],
        );
    }

    #[test]
    fn a_loose_end_names_its_issue() {
        let text = concat!("// TO", "DO: later\n// TO", "DO(#7): later\n// TO", "DO(#): later");
        let message = concat!("`TO", "DO` without its issue: write `TO", "DO(#12)`");
        check(
            todo_has_an_issue,
            &[(FILE, text)],
            &[
                &format!("crates/policy/src/arn.rs:1: {message}"),
                &format!("crates/policy/src/arn.rs:3: {message}"),
            ],
        );
    }
}
