//! Rules on any file: names, sizes, paths of a machine, markers.

use super::Problem;
use super::repo::{Repo, is_generated};

/// Larger files belong into a data folder, or nowhere.
const MAX_BYTES: u64 = 512 * 1024;

/// How absolute paths of somebody's machine begin. They are split so that this file does not name any.
const MACHINE_PATHS: [&str; 5] = [
    concat!("/", "home/"),
    concat!("/", "Users/"),
    concat!("/", "root/"),
    concat!("/", "tmp/"),
    concat!("/", "work/"),
];

const MARKER: &str = "@generated";

/// `foo.rs` beside `foo/`, never `foo/mod.rs`.
pub(super) fn no_mod_rs(repo: &Repo) -> Vec<Problem> {
    repo.rust()
        .filter(|(path, _)| path.ends_with("/mod.rs"))
        .map(|(path, _)| Problem::file(path, "write `foo.rs` beside `foo/` instead of `mod.rs`"))
        .collect()
}

/// Only data may be large.
pub(super) fn size(repo: &Repo) -> Vec<Problem> {
    repo.sizes()
        .filter(|(path, bytes)| *bytes > MAX_BYTES && !is_generated(path))
        .map(|(path, bytes)| {
            Problem::file(path, format!("{bytes} bytes; only data files may be over {MAX_BYTES}"))
        })
        .collect()
}

/// No file tells where it was made.
pub(super) fn no_machine_paths(repo: &Repo) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (path, text) in repo.texts() {
        for (line, content) in text.lines().enumerate() {
            if let Some(found) = MACHINE_PATHS.iter().find(|start| names_path(content, start)) {
                let message = format!("a path of one machine (`{found}`)");
                problems.push(Problem::line(path, line + 1, message));
            }
        }
    }
    problems
}

/// Whether an absolute path that begins like this stands in the line: not in the middle of a longer path, and not alone.
fn names_path(line: &str, start: &str) -> bool {
    line.match_indices(start).any(|(at, _)| {
        let (before, from) = line.split_at(at);
        let begins_there = !before
            .ends_with(|c: char| c.is_alphanumeric() || "_-.~}>:*/".contains(c))
            || before.ends_with("://");
        let goes_on = from.chars().nth(start.len()).is_some_and(char::is_alphanumeric);
        begins_there && goes_on
    })
}

/// A lock file of npm must not tell where its packages were fetched.
pub(super) fn lock_files_name_no_registry(repo: &Repo) -> Vec<Problem> {
    repo.texts()
        .filter(|(path, text)| path.ends_with("package-lock.json") && text.contains("\"resolved\""))
        .map(|(path, _)| {
            let help = "run `npm install --omit-lockfile-registry-resolved`";
            Problem::file(path, format!("names the registry that made it; {help}"))
        })
        .collect()
}

/// What a task generates says so in its first lines.
pub(super) fn generated_marker(repo: &Repo) -> Vec<Problem> {
    repo.texts()
        .filter(|(path, _)| is_generated_text(path))
        .filter(|(_, text)| !text.lines().take(5).any(|line| line.contains(MARKER)))
        .map(|(path, _)| Problem::file(path, format!("`{MARKER}` is missing in the first lines")))
        .collect()
}

fn is_generated_text(path: &str) -> bool {
    let is_page = path.starts_with("docs/src/reference/") && path.rsplit('.').next() == Some("md");
    is_page || (path.contains("/generated/") && path.rsplit('.').next() == Some("rs"))
}

#[cfg(test)]
mod tests {
    use super::super::check;
    use super::*;

    #[test]
    fn mod_rs_is_a_problem() {
        check(
            no_mod_rs,
            &[("crates/policy/src/arn/mod.rs", ""), ("crates/policy/src/mod_rs.rs", "")],
            &["crates/policy/src/arn/mod.rs: write `foo.rs` beside `foo/` instead of `mod.rs`"],
        );
    }

    #[test]
    fn a_large_file_outside_data_is_a_problem() {
        let large = "x".repeat(512 * 1024 + 1);
        check(
            size,
            &[("crates/policy/data/actions.tsv", &large), ("docs/large.txt", &large)],
            &["docs/large.txt: 524289 bytes; only data files may be over 524288"],
        );
    }

    #[test]
    fn a_path_of_one_machine_is_a_problem() {
        let text = ["ok", concat!("see /", "home/ana/x")].join("\n");
        check(
            no_machine_paths,
            &[("README.md", &text)],
            &[concat!("README.md:2: a path of one machine (`/", "home/`)")],
        );
    }

    #[test]
    fn a_url_of_a_file_is_a_path_of_one_machine() {
        assert!(names_path(concat!("file:///", "tmp/a.mjs"), MACHINE_PATHS[3]));
    }

    #[test]
    fn the_middle_of_a_path_and_an_arn_are_none() {
        for line in [
            concat!("docs/", "home/page"),
            concat!("arn:aws:iam::1:role/", "root/x"),
            concat!("arn:aws:s3:::/", "root/x"),
            concat!("$X/", "tmp/"),
        ] {
            let hit = MACHINE_PATHS.iter().any(|start| names_path(line, start));
            assert!(!hit, "{line}");
        }
    }

    #[test]
    fn a_lock_file_with_addresses_is_a_problem() {
        check(
            lock_files_name_no_registry,
            &[("examples/a/package-lock.json", r#"{"resolved": "x"}"#)],
            &[
                "examples/a/package-lock.json: names the registry that made it; run `npm install --omit-lockfile-registry-resolved`",
            ],
        );
    }

    #[test]
    fn generated_code_carries_the_marker() {
        let files = [
            ("crates/policy/src/generated/actions.rs", "// written by hand"),
            ("docs/src/reference/commands.md", "<!-- @generated by a task -->"),
        ];
        let expected =
            ["crates/policy/src/generated/actions.rs: `@generated` is missing in the first lines"];
        check(generated_marker, &files, &expected);
    }
}
