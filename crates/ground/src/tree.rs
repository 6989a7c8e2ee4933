//! JSON and YAML as a tree in which every value and every key keeps its place.
//!
//! Policies, templates and CDK manifests are all read through this tree. Readers never panic, never stop at the first problem
//! that they can step over, and bound their depth. What a document means is decided by whoever walks the tree.

pub mod json;
pub mod yaml;

use std::collections::HashSet;

use crate::codes;
use crate::source::{Diagnostic, Severity, Source, Span};

/// How deep values may stand in one another. What is deeper is reported and left out, so that walking a tree cannot overflow
/// the stack.
pub const MAX_DEPTH: usize = 200;

/// How many problems one text may report before the rest is summed up in one line.
const MAX_DIAGNOSTICS: usize = 200;

/// Reads a source as JSON when it starts like JSON, else as YAML.
///
/// YAML has a form that looks like JSON (`{a: 1}`); a text that starts with a brace is read as YAML only when the JSON reader
/// finds broken syntax and the YAML reader finds none.
///
/// ```
/// use stackpass_ground::{source::Source, tree};
///
/// let (node, problems) = tree::read(&Source::new("a.yaml", "Name: !Sub ${Stage}-api"));
/// let name = node.as_ref().and_then(|node| node.field("Name"));
/// assert_eq!(name.and_then(|name| name.tag.as_deref()), Some("Sub"));
/// assert_eq!(problems, []);
/// ```
pub fn read(source: &Source) -> (Option<Node>, Vec<Diagnostic>) {
    let text = source.text();
    let start = text.trim_start_matches(|c: char| c == '\u{FEFF}' || c.is_whitespace());
    if !start.starts_with(['{', '[']) {
        return yaml::read(text);
    }
    let (node, problems) = json::read(text);
    let is_broken = |problems: &[Diagnostic]| {
        problems.iter().any(|problem| problem.severity == Severity::Error)
    };
    if !is_broken(&problems) {
        return (node, problems);
    }
    match yaml::read(text) {
        (Some(node), problems) if !is_broken(&problems) => (Some(node), problems),
        _ => (node, problems),
    }
}

/// A value with its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// What it is.
    pub kind: Kind,
    /// Where it stands in the source.
    pub span: Span,
    /// The YAML tag without `!`, if it has a local one: `Sub` for `!Sub`. Always `None` in JSON.
    pub tag: Option<String>,
}

/// The kinds of values.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// `null`, or an empty YAML value.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number, as it was written: account ids keep their leading zeros.
    Number(String),
    /// A string.
    String(String),
    /// A list.
    List(Vec<Node>),
    /// A mapping in the order of the source. Duplicate keys are kept and reported.
    Map(Vec<Entry>),
}

/// One entry of a mapping.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The key's text.
    pub key: String,
    /// Where the key stands.
    pub key_span: Span,
    /// Its value.
    pub value: Node,
}

impl Node {
    /// Makes a value without a tag.
    pub const fn new(kind: Kind, span: Span) -> Node {
        Node { kind, span, tag: None }
    }

    /// Makes a string.
    pub fn string(text: impl Into<String>, span: Span) -> Node {
        Node::new(Kind::String(text.into()), span)
    }

    /// Makes a mapping that holds nothing.
    pub const fn empty(span: Span) -> Node {
        Node::new(Kind::Map(Vec::new()), span)
    }

    /// Makes a mapping of one entry, whose key stands where the mapping does.
    pub fn entry(key: impl Into<String>, value: Node, span: Span) -> Node {
        let entry = Entry { key: key.into(), key_span: span, value };
        Node::new(Kind::Map(vec![entry]), span)
    }

    /// The value of a key, the last one if the key stands twice; `None` for a missing key or when this is no mapping.
    pub fn field(&self, key: &str) -> Option<&Node> {
        self.entries().iter().rev().find(|entry| entry.key == key).map(|entry| &entry.value)
    }

    /// The entries of a mapping; none for anything else.
    pub fn entries(&self) -> &[Entry] {
        match &self.kind {
            Kind::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The items of a list; none for anything else.
    pub fn items(&self) -> &[Node] {
        match &self.kind {
            Kind::List(items) => items,
            _ => &[],
        }
    }

    /// The text of a string.
    pub fn as_str(&self) -> Option<&str> {
        match &self.kind {
            Kind::String(text) => Some(text),
            _ => None,
        }
    }

    /// The text of a string or a number as written, and `true` or `false` for a boolean.
    ///
    /// CloudFormation turns these into one another wherever a property wants another kind.
    pub fn scalar(&self) -> Option<&str> {
        match &self.kind {
            Kind::String(text) | Kind::Number(text) => Some(text),
            Kind::Bool(true) => Some("true"),
            Kind::Bool(false) => Some("false"),
            Kind::Null | Kind::List(_) | Kind::Map(_) => None,
        }
    }

    /// What this is, in words for a message: `a string`, `a list`.
    pub fn kind_name(&self) -> &'static str {
        match self.kind {
            Kind::Null => "null",
            Kind::Bool(_) => "a boolean",
            Kind::Number(_) => "a number",
            Kind::String(_) => "a string",
            Kind::List(_) => "a list",
            Kind::Map(_) => "a mapping",
        }
    }
}

/// Adds a problem, unless there are so many already that nobody would read it.
fn report(diagnostics: &mut Vec<Diagnostic>, diagnostic: Diagnostic) {
    if diagnostics.len() < MAX_DIAGNOSTICS {
        diagnostics.push(diagnostic);
        return;
    }
    let is_summed_up = |severity: Severity| {
        diagnostics.iter().skip(MAX_DIAGNOSTICS).any(|last| last.severity == severity)
    };
    if !is_summed_up(diagnostic.severity) {
        diagnostics.push(Diagnostic {
            code: codes::TOO_MANY_PROBLEMS,
            message: "there are more problems from here on, which are not listed".to_owned(),
            help: Some("correct those above and run again".to_owned()),
            ..diagnostic
        });
    }
}

/// Reports every key that stands twice in one mapping.
///
/// A warning, as AWS deploys templates with such keys and takes the last one, like [`Node::field`].
fn report_duplicate_keys(entries: &[Entry], diagnostics: &mut Vec<Diagnostic>) {
    let mut seen = HashSet::with_capacity(entries.len());
    for entry in entries {
        if !seen.insert(entry.key.as_str()) {
            let message = format!("the key `{}` stands twice in one mapping", entry.key);
            report(
                diagnostics,
                Diagnostic::warning(codes::DUPLICATE_KEY, entry.key_span, message)
                    .with_help("keep one of the two; the last one counts"),
            );
        }
    }
}

#[cfg(test)]
mod tests;
