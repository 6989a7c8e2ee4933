//! Modules of one folder do not use each other in a circle.
//!
//! A module counts with everything below it. Where a path leads to a name that a parent passes on, the parent is what is used.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::Problem;
use super::paths::{self, Module};
use super::repo::{Repo, is_generated};
use super::source::is_test_file;

/// Modules that are in a circle today, by their folder. Entries only go.
const RATCHET: &str = "xtask/tidy/module-circles.toml";

/// Which of the modules of a folder uses which, with one place where it does.
type Arrows<'r> = BTreeMap<(String, String), (&'r str, usize)>;

/// Sibling modules do not use each other in a circle.
pub(super) fn no_module_circles(repo: &Repo) -> Vec<Problem> {
    let mut ratchet: BTreeMap<String, BTreeSet<String>> =
        repo.text(RATCHET).and_then(|text| toml::from_str(text).ok()).unwrap_or_default();
    let mut problems = Vec::new();
    for (folder, arrows) in folders(repo) {
        let known = ratchet.remove(&folder).unwrap_or_default();
        let modules: BTreeSet<&String> = arrows.keys().map(|(from, _)| from).collect();
        let circles: BTreeMap<&String, Vec<&String>> = modules
            .into_iter()
            .filter_map(|module| Some((module, circle(module, &arrows)?)))
            .collect();
        let new: BTreeSet<&Vec<&String>> = circles
            .iter()
            .filter(|(module, _)| !known.contains(**module))
            .map(|(_, circle)| circle)
            .collect();
        problems.extend(new.into_iter().map(|circle| described(&folder, circle, &arrows)));
        let gone = known.iter().filter(|module| !circles.contains_key(module));
        problems.extend(gone.map(|module| no_longer_needed(&folder, module)));
    }
    let left = ratchet.iter().flat_map(|(folder, known)| known.iter().map(move |it| (folder, it)));
    problems.extend(left.map(|(folder, module)| no_longer_needed(folder, module)));
    problems
}

fn no_longer_needed(folder: &str, module: &str) -> Problem {
    Problem::file(RATCHET, format!("`{module}` of `{folder}` no longer needs an entry"))
}

/// The arrows of each folder that has any.
fn folders(repo: &Repo) -> BTreeMap<String, Arrows<'_>> {
    let mut folders: BTreeMap<String, Arrows<'_>> = BTreeMap::new();
    for (source, files) in sources(repo) {
        for (from, file) in &files {
            for (to, line) in &file.named {
                if let Some((parent, arrow)) = arrow(from, known_module(to, &files)) {
                    let folder = [source, &parent.join("/")].join("/");
                    let arrows =
                        folders.entry(folder.trim_end_matches('/').to_owned()).or_default();
                    arrows.entry(arrow).or_insert((file.path, *line));
                }
            }
        }
    }
    folders
}

/// A file of product code, and what it names.
struct File<'r> {
    path: &'r str,
    named: Vec<(Module, usize)>,
}

/// The folder of each crate's source, and its modules but those for tests.
fn sources(repo: &Repo) -> BTreeMap<&str, BTreeMap<Module, File<'_>>> {
    let mut sources: BTreeMap<&str, BTreeMap<Module, File<'_>>> = BTreeMap::new();
    let mut for_tests = BTreeSet::new();
    for (path, text) in repo.rust() {
        let Some((source, module)) = module_of(path) else { continue };
        if is_test_file(path) || is_generated(path) {
            continue;
        }
        let read = paths::read(&module, text);
        for_tests.extend(read.for_tests.into_iter().map(|module| (source, module)));
        sources.entry(source).or_default().insert(module, File { path, named: read.named });
    }
    for (source, left_out) in for_tests {
        sources.entry(source).or_default().retain(|module, _| !module.starts_with(&left_out));
    }
    sources
}

/// The folder of the crate's source and the module of a path: `crates/policy/src/arn/parse.rs` is `arn::parse`.
fn module_of(path: &str) -> Option<(&str, Module)> {
    let (before, module) = path.split_once("/src/")?;
    let is_crate =
        before == "xtask" || before.starts_with("crates/") && before.matches('/').count() == 1;
    let source = path.get(..before.len() + "/src".len())?;
    let module = match module.strip_suffix(".rs")? {
        "lib" | "main" => Module::new(),
        module => module.split('/').map(str::to_owned).collect(),
    };
    is_crate.then_some((source, module))
}

/// The innermost module of a path.
fn known_module<'m>(path: &'m [String], files: &BTreeMap<Module, File<'_>>) -> &'m [String] {
    let lengths = (0..=path.len()).rev();
    let mut starts = lengths.filter_map(|length| path.get(..length));
    starts.find(|start| files.contains_key(*start)).unwrap_or_default()
}

/// The folder where two modules part, and the siblings there. Parents and children are no siblings.
fn arrow<'m>(from: &'m [String], to: &[String]) -> Option<(&'m [String], (String, String))> {
    let shared = from.iter().zip(to).take_while(|(from, to)| from == to).count();
    Some((from.get(..shared)?, (from.get(shared)?.clone(), to.get(shared)?.clone())))
}

/// A shortest circle through a module, beginning with the first of its names.
fn circle<'a>(module: &'a String, arrows: &'a Arrows<'_>) -> Option<Vec<&'a String>> {
    let mut ways = VecDeque::from([vec![module]]);
    let mut seen = BTreeSet::new();
    while let Some(way) = ways.pop_front() {
        let last = *way.last()?;
        for (_, to) in arrows.keys().filter(|(from, _)| from == last) {
            if to == module {
                return Some(from_first_name(way));
            }
            if seen.insert(to) {
                ways.push_back([way.as_slice(), &[to]].concat());
            }
        }
    }
    None
}

fn from_first_name(mut circle: Vec<&String>) -> Vec<&String> {
    let first = circle.iter().enumerate().min_by_key(|(_, name)| **name).map_or(0, |(at, _)| at);
    circle.rotate_left(first);
    circle
}

/// The problem of a circle, with one place of each arrow.
fn described(folder: &str, circle: &[&String], arrows: &Arrows<'_>) -> Problem {
    let next = circle.iter().cycle().skip(1);
    let uses = circle.iter().zip(next).filter_map(|(from, to)| {
        let (path, line) = arrows.get(&((*from).clone(), (*to).clone()))?;
        Some(format!("`{from}` uses `{to}` ({path}:{line})"))
    });
    let uses = uses.collect::<Vec<_>>().join(", ");
    Problem::file(folder, format!("modules in a circle: {uses}; move what does not belong"))
}

#[cfg(test)]
mod tests {
    use super::super::check;
    use super::*;

    const A: &str = "crates/policy/src/a.rs";
    const B: &str = "crates/policy/src/b.rs";
    const C: &str = "crates/policy/src/b/c.rs";

    #[test]
    fn two_modules_that_use_each_other_are_a_problem() {
        check(
            no_module_circles,
            &[(A, "//! A.\nuse crate::b::{X, Y};"), (B, "fn f() { super::a::g() }")],
            &["crates/policy/src: modules in a circle: `a` uses `b` (crates/policy/src/a.rs:2), \
                 `b` uses `a` (crates/policy/src/b.rs:1); move what does not belong"],
        );
    }

    #[test]
    fn a_module_counts_with_what_is_below_it() {
        check(
            no_module_circles,
            &[(A, "use crate::b;"), (B, ""), (C, "use crate::a::X;")],
            &["crates/policy/src: modules in a circle: `a` uses `b` (crates/policy/src/a.rs:1), \
                 `b` uses `a` (crates/policy/src/b/c.rs:1); move what does not belong"],
        );
    }

    #[test]
    fn a_circle_below_is_told_with_its_folder() {
        check(
            no_module_circles,
            &[
                (B, ""),
                (C, "use super::d;"),
                ("crates/policy/src/b/d.rs", "use super::e;"),
                ("crates/policy/src/b/e.rs", "use super::c;"),
            ],
            &[
                "crates/policy/src/b: modules in a circle: `c` uses `d` (crates/policy/src/b/c.rs:1), \
                 `d` uses `e` (crates/policy/src/b/d.rs:1), `e` uses `c` (crates/policy/src/b/e.rs:1); \
                 move what does not belong",
            ],
        );
    }

    #[test]
    fn parents_children_tests_and_other_crates_are_no_circle() {
        check(
            no_module_circles,
            &[
                (
                    "crates/policy/src/lib.rs",
                    "mod a;\nmod b;\n#[cfg(test)]\nmod laws;\nuse crate::a::X;",
                ),
                (A, "use crate::{X, b};\n#[cfg(test)]\nmod tests {\n    use super::*;\n}"),
                (B, "use self::c::X;\n#[cfg(test)]\nmod tests {\n    use crate::a::X;\n}"),
                (C, "use super::X;"),
                ("crates/policy/src/laws.rs", "use crate::a::X;"),
                ("crates/policy/src/b/tests.rs", "use crate::a::X;"),
                ("crates/cli/src/b.rs", "use crate::a::X;"),
            ],
            &[],
        );
    }

    #[test]
    fn a_known_circle_is_allowed_until_it_is_gone() {
        let known = (RATCHET, "\"crates/policy/src\" = [\"a\", \"b\"]");
        check(no_module_circles, &[(A, "use crate::b;"), (B, "use crate::a;"), known], &[]);
        check(
            no_module_circles,
            &[(A, "use crate::b;"), (B, ""), known],
            &[
                "xtask/tidy/module-circles.toml: `a` of `crates/policy/src` no longer needs an entry",
                "xtask/tidy/module-circles.toml: `b` of `crates/policy/src` no longer needs an entry",
            ],
        );
    }
}
