//! A rule file as it was written, and problems with the line that they are in.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::rules::{Rule, TypeRules};

/// Files beside the rules of services.
const OTHER_FILES: [&str; 3] = ["allowed-actions", "checked-by-services", "generic"];

pub(crate) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("rules")
}

/// What is wrong in a rule file, where, and what to write instead.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Problem {
    file: String,
    line: usize,
    /// The resource type, or what else the file speaks of.
    of: String,
    text: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "crates/stacks/rules/{}:{}: {}: {}", self.file, self.line, self.of, self.text)
    }
}

/// Fails with the problems, a line each.
pub(crate) fn none_of(mut problems: Vec<Problem>) {
    problems.sort();
    problems.dedup();
    let lines: Vec<String> = problems.iter().map(Problem::to_string).collect();
    assert!(problems.is_empty(), "problems in the rules: {}\n{}\n", lines.len(), lines.join("\n"));
}

/// A part of what a file says of a type.
#[derive(Clone, Copy, Debug)]
pub(super) enum Part {
    /// Its table.
    Type,
    /// One of its rules, by position.
    Rule(usize),
    /// One of its drops, by position.
    Drop(usize),
    /// One of its unchecked references, by position.
    Unchecked(usize),
}

/// A file with its name, such as `s3.toml`.
#[derive(Clone, Debug)]
pub(crate) struct Text {
    pub(super) name: String,
    text: String,
}

impl Text {
    pub(super) fn new(name: &str, text: &str) -> Text {
        Text { name: name.to_owned(), text: text.to_owned() }
    }

    /// Reads a file of the folder of rules.
    pub(crate) fn read(name: &str) -> Text {
        Text::new(name, &fs::read_to_string(folder().join(name)).unwrap())
    }

    /// What the file says, or why it says nothing.
    pub(crate) fn parsed<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        toml::from_str(&self.text).map_err(|error| {
            let line = self.line_at(error.span().map_or(0, |span| span.start));
            let text = plain(&error.message().lines().collect::<Vec<_>>().join(" "));
            Problem { file: self.name.clone(), line, of: self.type_before(line), text }
        })
    }

    /// A problem at the first text or key `found` in the value at `path`, or where that value begins.
    pub(crate) fn problem(&self, path: &[&str], found: &str, text: impl Into<String>) -> Problem {
        let table = DeTable::parse(&self.text);
        let table = table.as_ref().map(Spanned::get_ref);
        let (start, value) = table.map_or((0, None), |table| at(table, path));
        let offset = value.and_then(|value| offset_of(value, found)).unwrap_or(start);
        let of = path.iter().find(|step| step.contains("::")).or(path.first());
        Problem {
            file: self.name.clone(),
            line: self.line_at(offset),
            of: of.map_or("the file", |of| of).to_owned(),
            text: text.into(),
        }
    }

    /// All texts in the value at `path`.
    pub(super) fn texts(&self, path: &[&str]) -> Vec<String> {
        let table = DeTable::parse(&self.text).unwrap();
        let mut texts = Vec::new();
        let mut values: Vec<&DeValue<'_>> = at(table.get_ref(), path).1.into_iter().collect();
        while let Some(value) = values.pop() {
            match value {
                DeValue::String(text) => texts.push(text.to_string()),
                DeValue::Table(table) => values.extend(table.values().map(Spanned::get_ref)),
                DeValue::Array(items) => values.extend(items.iter().map(Spanned::get_ref)),
                _ => {}
            }
        }
        texts
    }

    fn line_at(&self, offset: usize) -> usize {
        self.text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1
    }

    /// The type whose table is the last to begin before a line.
    fn type_before(&self, line: usize) -> String {
        let headers = self.text.lines().take(line).filter(|line| line.starts_with('['));
        let quoted = headers.filter_map(|header| header.split('"').nth(1));
        quoted.last().unwrap_or("the file").to_owned()
    }
}

/// What a reader says, in the words of somebody who writes rules.
fn plain(message: &str) -> String {
    let unknown = ["unknown field ", "unknown variant "]
        .into_iter()
        .find_map(|start| message.strip_prefix(start)?.split_once(", expected "));
    if let Some((word, known)) = unknown {
        let known = known.trim_start_matches("one of ").replace("`publish`, `change-set`, ", "");
        return format!("{word} is not known here; write {known}");
    }
    let text = message.replace("missing field ", "missing ");
    match message.strip_prefix("`self").and_then(|rest| rest.split_once('`')) {
        Some((suffix, _)) if suffix.starts_with(['/', '*']) => {
            format!("{text}; write `self:{suffix}`")
        }
        _ => text,
    }
}

/// What stands at a path, or at the part of it that there is, and where that begins.
fn at<'a>(table: &'a DeTable<'a>, path: &[&str]) -> (usize, Option<&'a DeValue<'a>>) {
    let (mut start, mut value) = (0, None);
    for step in path {
        let next = match value {
            None => entry(table, step),
            Some(value) => inside(value, step),
        };
        let Some((begin, inner)) = next else { break };
        (start, value) = (begin, Some(inner));
    }
    (start, value)
}

/// A key of a table: where it stands, and its value.
fn entry<'a>(table: &'a DeTable<'a>, key: &str) -> Option<(usize, &'a DeValue<'a>)> {
    let found = table.iter().find(|(name, _)| name.get_ref() == key);
    found.map(|(name, value)| (name.span().start, value.get_ref()))
}

/// A key of a table, or a position of a list: where it begins, and its value.
fn inside<'a>(value: &'a DeValue<'a>, step: &str) -> Option<(usize, &'a DeValue<'a>)> {
    match value {
        DeValue::Table(table) => entry(table, step),
        DeValue::Array(items) => {
            let item: &Spanned<DeValue<'_>> = items.get(step.parse::<usize>().ok()?)?;
            Some((item.span().start, item.get_ref()))
        }
        _ => None,
    }
}

/// Where a text or key stands inside a value.
fn offset_of(value: &DeValue<'_>, found: &str) -> Option<usize> {
    let of = |item: &Spanned<DeValue<'_>>| match item.get_ref() {
        DeValue::String(text) if text == found => Some(item.span().start),
        value => offset_of(value, found),
    };
    match value {
        DeValue::Table(table) => table.iter().find_map(|(key, item)| {
            if key.get_ref() == found { Some(key.span().start) } else { of(item) }
        }),
        DeValue::Array(items) => items.iter().find_map(of),
        _ => None,
    }
}

/// The rules of one service's types.
#[derive(Debug)]
pub(crate) struct RuleFile {
    pub(super) text: Text,
    pub(super) types: BTreeMap<String, TypeRules>,
}

#[derive(Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Types {
    #[serde(default, rename = "type")]
    types: BTreeMap<String, TypeRules>,
}

impl RuleFile {
    pub(super) fn of(text: Text) -> Result<RuleFile, Problem> {
        let Types { types } = text.parsed()?;
        Ok(RuleFile { text, types })
    }

    pub(super) fn entries(&self) -> impl Iterator<Item = Entry<'_>> {
        self.types.iter().map(|(name, rules)| Entry { name, rules, text: &self.text })
    }
}

/// What a file says of one type.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry<'a> {
    pub(super) name: &'a str,
    pub(super) rules: &'a TypeRules,
    pub(super) text: &'a Text,
}

impl<'a> Entry<'a> {
    /// A problem at the text or key `found` of a part.
    pub(super) fn problem(self, part: Part, found: &str, text: impl Into<String>) -> Problem {
        let path = self.path(part);
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        self.text.problem(&path, found, text)
    }

    /// All texts of a part.
    pub(super) fn texts(self, part: Part) -> Vec<String> {
        let path = self.path(part);
        self.text.texts(&path.iter().map(String::as_str).collect::<Vec<_>>())
    }

    fn path(self, part: Part) -> Vec<String> {
        let item = |list: &str, at: usize| vec![list.to_owned(), at.to_string()];
        let inner = match part {
            Part::Type => Vec::new(),
            Part::Rule(at) => item("rule", at),
            Part::Drop(at) => item("drop", at),
            Part::Unchecked(at) => item("unchecked", at),
        };
        let of_type = ["type", self.name].map(str::to_owned);
        of_type.into_iter().chain(inner).collect()
    }

    /// Its rules, each with where it stands.
    pub(super) fn rules(self) -> impl Iterator<Item = (Part, &'a Rule)> {
        self.rules.rule.iter().enumerate().map(|(at, rule)| (Part::Rule(at), rule))
    }
}

/// The files of services, and what keeps others from being read.
pub(super) fn all() -> (Vec<RuleFile>, Vec<Problem>) {
    let entries = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path());
    let mut paths: Vec<PathBuf> = entries
        .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
        .filter(|path| !OTHER_FILES.iter().any(|other| path.file_stem() == Some(other.as_ref())))
        .collect();
    paths.sort();
    let (mut files, mut problems) = (Vec::new(), Vec::new());
    for path in paths {
        match RuleFile::of(Text::read(&path.file_name().unwrap().to_string_lossy())) {
            Ok(file) => files.push(file),
            Err(problem) => problems.push(problem),
        }
    }
    (files, problems)
}

/// Runs a check on every rule and fails with all that it finds.
pub(crate) fn check_rules(check: impl Fn(&str, &TypeRules, &Rule) -> Vec<String>) {
    let (files, mut problems) = all();
    let mut count = 0;
    for entry in files.iter().flat_map(RuleFile::entries) {
        for (part, rule) in entry.rules() {
            count += 1;
            let found = check(entry.name, entry.rules, rule).into_iter();
            problems.extend(found.map(|text| entry.problem(part, "actions", text)));
        }
    }
    none_of(problems);
    assert!(count > 500, "only {count} rules were checked");
}
