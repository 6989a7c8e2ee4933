//! Rules on the documentation: it covers what exists, names nothing that does not, and its links lead somewhere.

use std::collections::BTreeSet;

use super::Problem;
use super::repo::Repo;

const COMMANDS: &str = "docs/src/reference/commands.md";
const EXIT_CODES: &str = "docs/src/reference/exit-codes.md";
const EXIT_SOURCE: &str = "crates/cli/src/exit.rs";
const SUMMARY: &str = "docs/src/SUMMARY.md";

/// A newcomer reads it in one sitting.
const MAX_ARCHITECTURE_LINES: usize = 200;

/// The one command that both a person and the build run.
const TEST_COMMAND: &str = "cargo xtask ci";

/// Each command of the reference is explained in the guide or the README, and no page shows a command that does not exist.
pub(super) fn commands(repo: &Repo) -> Vec<Problem> {
    let Some(reference) = repo.text(COMMANDS) else { return missing(COMMANDS) };
    let known = listed_commands(reference);
    let mut problems = Vec::new();
    let mut shown = BTreeSet::new();
    for (path, text) in pages_by_hand(repo) {
        for (line, words) in code_lines(text) {
            let Some(words) = words.strip_prefix("stackpass ") else { continue };
            match longest_command(words, &known) {
                Some(command) => shown.extend([command]),
                None if words.starts_with('-') => {}
                None => {
                    let message = format!("`stackpass {words}` is no command of the reference");
                    problems.push(Problem::line(path, line, message));
                }
            }
        }
    }
    let parents = |command: &String| known.iter().any(|other| is_below(other, command));
    let unexplained = known.iter().filter(|command| !shown.contains(*command) && !parents(command));
    problems.extend(unexplained.map(|command| {
        Problem::file(COMMANDS, format!("no page of the guide shows `stackpass {command}`"))
    }));
    problems
}

/// The commands that the headings of the reference name, without the name of the program.
fn listed_commands(reference: &str) -> BTreeSet<String> {
    let headings = reference.lines().filter(|line| line.starts_with('#'));
    let names = headings.map(|line| line.trim_start_matches('#').trim().trim_matches('`'));
    names.filter_map(|name| name.strip_prefix("stackpass ")).map(str::to_owned).collect()
}

fn longest_command(words: &str, known: &BTreeSet<String>) -> Option<String> {
    let matching = known.iter().filter(|command| words == *command || is_below(words, command));
    matching.max_by_key(|command| command.len()).cloned()
}

/// Whether a command line goes on where a command ends.
fn is_below(line: &str, command: &str) -> bool {
    line.strip_prefix(command).is_some_and(|rest| rest.starts_with(' '))
}

/// Every exit code of the program has a row in the reference, and every row a code.
pub(super) fn exit_codes(repo: &Repo) -> Vec<Problem> {
    let Some(page) = repo.text(EXIT_CODES) else { return missing(EXIT_CODES) };
    let Some(source) = repo.text(EXIT_SOURCE) else { return missing(EXIT_SOURCE) };
    let discriminant = |line: &str| {
        let value = line.trim().strip_suffix(',')?.split_once(" = ")?.1;
        value.parse::<u8>().ok()
    };
    let row = |line: &str| line.strip_prefix('|')?.split('|').next()?.trim().parse::<u8>().ok();
    let codes: BTreeSet<u8> = source.lines().filter_map(discriminant).collect();
    let rows: BTreeSet<u8> = page.lines().filter_map(row).collect();
    let undocumented = codes.difference(&rows).map(|code| {
        Problem::file(EXIT_SOURCE, format!("exit code {code} has no row in `{EXIT_CODES}`"))
    });
    let invented = rows.difference(&codes).map(|code| {
        Problem::file(EXIT_CODES, format!("exit code {code} does not exist in `{EXIT_SOURCE}`"))
    });
    let none = codes.is_empty().then(|| Problem::file(EXIT_SOURCE, "no exit code found"));
    undocumented.chain(invented).chain(none).collect()
}

/// Every page is in the table of contents, every link leads to a file, and the pages that must be short are.
pub(super) fn pages(repo: &Repo) -> Vec<Problem> {
    let summary = repo.text(SUMMARY).unwrap_or_default();
    let linked: BTreeSet<String> =
        links(summary).map(|(_, target)| resolve(SUMMARY, target)).collect();
    let orphans = repo
        .texts()
        .filter(|(path, _)| path.starts_with("docs/src/") && is_markdown(path) && *path != SUMMARY)
        .filter(|(path, _)| !linked.contains(*path))
        .map(|(path, _)| Problem::file(path, format!("is not in `{SUMMARY}`")));
    let mut problems: Vec<Problem> = orphans.collect();
    for (path, text) in repo.texts().filter(|(path, _)| is_markdown(path)) {
        for (line, target) in links(text) {
            if !exists(repo, &resolve(path, target)) {
                let message = format!("the link `{target}` leads nowhere");
                problems.push(Problem::line(path, line, message));
            }
        }
    }
    let architecture = repo.text("ARCHITECTURE.md").map_or(0, |text| text.lines().count());
    if architecture > MAX_ARCHITECTURE_LINES {
        let message = format!("{architecture} lines, {MAX_ARCHITECTURE_LINES} allowed");
        problems.push(Problem::file("ARCHITECTURE.md", message));
    }
    for path in ["README.md", ".ci/run"] {
        if !repo.text(path).is_some_and(|text| text.contains(TEST_COMMAND)) {
            problems.push(Problem::file(path, format!("does not say `{TEST_COMMAND}`")));
        }
    }
    problems
}

fn missing(path: &str) -> Vec<Problem> {
    let help = if is_markdown(path) { "; run `cargo xtask docs`" } else { "" };
    vec![Problem::file(path, format!("is missing{help}"))]
}

/// The pages that people write: not the generated reference, and not the record of decisions and changes.
fn pages_by_hand(repo: &Repo) -> impl Iterator<Item = (&str, &str)> {
    repo.texts().filter(|(path, _)| {
        is_markdown(path)
            && !path.starts_with("docs/src/reference/")
            && !path.contains("/decisions/")
            && *path != "CHANGELOG.md"
    })
}

fn is_markdown(path: &str) -> bool {
    path.rsplit('.').next() == Some("md")
}

/// Code in a page, with line numbers: each line of a fenced block, each `span`; a prompt and what `cargo run` puts before the
/// program's own words are taken off.
fn code_lines(text: &str) -> Vec<(usize, String)> {
    let mut code = Vec::new();
    let mut is_fenced = false;
    for (index, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            is_fenced = !is_fenced;
        } else if is_fenced {
            code.push((index + 1, without_prefix(line)));
        } else {
            code.extend(
                line.split('`').skip(1).step_by(2).map(|span| (index + 1, without_prefix(span))),
            );
        }
    }
    code
}

fn without_prefix(line: &str) -> String {
    let line = line.trim().trim_start_matches("$ ");
    match line.split_once("--bin stackpass -- ") {
        Some((_, words)) => format!("stackpass {words}"),
        None => line.to_owned(),
    }
}

/// The targets of links to files of the repository, with their lines.
fn links(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let numbered = text.lines().enumerate();
    let targets = numbered.flat_map(|(index, line)| {
        let starts = line.split("](").skip(1);
        starts.filter_map(move |rest| Some((index + 1, rest.split_once(')')?.0)))
    });
    targets.filter(|(_, target)| !target.contains(':') && !target.starts_with('#'))
}

/// The path that a link in a page leads to.
fn resolve(page: &str, target: &str) -> String {
    let target = target.split('#').next().unwrap_or_default();
    let mut parts: Vec<&str> = page.split('/').collect();
    parts.pop();
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            name => parts.push(name),
        }
    }
    parts.join("/")
}

fn exists(repo: &Repo, path: &str) -> bool {
    let folder = format!("{path}/");
    repo.sizes().any(|(file, _)| file == path || file.starts_with(&folder))
}

#[cfg(test)]
mod tests {
    use super::super::check;
    use super::*;

    const REFERENCE: (&str, &str) =
        (COMMANDS, "# Commands\n\n## `stackpass generate`\n\n## `stackpass generate stack`\n");

    #[test]
    fn a_command_that_no_page_shows_is_a_problem() {
        check(
            commands,
            &[REFERENCE, ("README.md", "nothing")],
            &[
                "docs/src/reference/commands.md: no page of the guide shows `stackpass generate stack`",
            ],
        );
    }

    #[test]
    fn a_page_that_shows_an_unknown_command_is_a_problem() {
        let page = "```sh\ncargo run --bin stackpass -- generate stack cdk.out\n```\nThen `stackpass fly` and `stackpass --version`.";
        check(
            commands,
            &[REFERENCE, ("README.md", page)],
            &["README.md:4: `stackpass fly` is no command of the reference"],
        );
    }

    #[test]
    fn without_a_reference_nothing_is_covered() {
        check(
            commands,
            &[("README.md", "")],
            &["docs/src/reference/commands.md: is missing; run `cargo xtask docs`"],
        );
    }

    #[test]
    fn codes_and_rows_are_the_same() {
        let source = "enum Exit {\n    Done = 0,\n    Gaps = 3,\n}";
        let page = "| code | meaning |\n|---|---|\n| 0 | done |\n| 9 | x |\n";
        check(
            exit_codes,
            &[(EXIT_SOURCE, source), (EXIT_CODES, page)],
            &[
                "crates/cli/src/exit.rs: exit code 3 has no row in `docs/src/reference/exit-codes.md`",
                "docs/src/reference/exit-codes.md: exit code 9 does not exist in `crates/cli/src/exit.rs`",
            ],
        );
    }

    const STATED: [(&str, &str); 2] = [(".ci/run", TEST_COMMAND), ("README.md", TEST_COMMAND)];

    #[test]
    fn an_orphan_page_and_a_dead_link_are_problems() {
        let [ci, readme] = STATED;
        check(
            pages,
            &[
                ci,
                readme,
                (SUMMARY, "[Start](guide/start.md)\n[Gone](guide/gone.md)"),
                ("docs/src/guide/start.md", "[up](../../../README.md#top) [web](https://a.b)"),
                ("docs/src/guide/lost.md", ""),
            ],
            &[
                "docs/src/SUMMARY.md:2: the link `guide/gone.md` leads nowhere",
                "docs/src/guide/lost.md: is not in `docs/src/SUMMARY.md`",
            ],
        );
    }

    #[test]
    fn the_architecture_stays_short() {
        let [ci, readme] = STATED;
        let long = "a\n".repeat(201);
        check(
            pages,
            &[ci, readme, ("ARCHITECTURE.md", &long)],
            &["ARCHITECTURE.md: 201 lines, 200 allowed"],
        );
    }

    #[test]
    fn the_readme_says_what_the_build_runs() {
        let [ci, _] = STATED;
        check(
            pages,
            &[ci, ("README.md", "make test")],
            &["README.md: does not say `cargo xtask ci`"],
        );
    }
}
