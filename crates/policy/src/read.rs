//! Reads policies. Everything that is wrong is reported in one pass, each with its place and its path in the policy.
//!
//! A policy with an error is no policy: what would be left could allow more than was written.

mod elements;
mod path;

use crate::document::{Document, Version};
use crate::source::{Diagnostic, Severity, Source};
use crate::tree::{self, Kind, Node};
use path::Path;

/// Reads a policy in JSON or YAML. `None` if there is an error among the diagnostics, which are in the order of their places.
///
/// ```
/// use stackpass_policy::read::read;
/// use stackpass_policy::source::Source;
///
/// let text = r#"{"Statement": [{"Effect": "Allow", "Action": "s3", "Resource": "*"}]}"#;
/// let (policy, problems) = read(&Source::new("deploy.json", text));
/// assert_eq!(policy, None);
/// assert_eq!(problems[0].message, "`Statement[0].Action`: expected `service:Name`, found `s3`");
/// ```
pub fn read(source: &Source) -> (Option<Document>, Vec<Diagnostic>) {
    let (node, mut problems) = tree::read(source);
    // A key that stands twice is an error in a policy, which is reported with its path.
    problems.retain(|problem| problem.code != elements::DUPLICATE_KEY);
    let is_whole = problems.iter().all(|problem| problem.severity != Severity::Error);
    let (document, more) = node.map_or((None, Vec::new()), |node| document(&node));
    problems.extend(more);
    problems.sort();
    (document.filter(|_| is_whole), problems)
}

/// Reads the policy that a value is. `None` if there is an error among the diagnostics.
pub fn document(node: &Node) -> (Option<Document>, Vec<Diagnostic>) {
    let mut problems = Vec::new();
    let document = read_document(node, &mut problems);
    let is_usable = problems.iter().all(|problem| problem.severity != Severity::Error);
    (document.filter(|_| is_usable), problems)
}

fn read_document(node: &Node, problems: &mut Vec<Diagnostic>) -> Option<Document> {
    const ELEMENTS: [&str; 3] = ["Version", "Id", "Statement"];
    let path = Path::root();
    elements::expect_mapping(node, &path, problems)?;
    elements::report_unknown(node, &ELEMENTS, &path, problems);
    let version = node.field("Version").and_then(|node| version(node, &path, problems));
    let id = node.field("Id").and_then(|node| elements::text(node, &path.field("Id"), problems));
    let Some(statements) = node.field("Statement") else {
        problems.push(elements::missing(node, &path, "`Statement`"));
        return None;
    };
    let path = path.field("Statement");
    let statements = match &statements.kind {
        Kind::List(items) => items
            .iter()
            .enumerate()
            .filter_map(|(index, item)| elements::statement(item, &path.item(index), problems))
            .collect(),
        _ => elements::statement(statements, &path, problems).into_iter().collect(),
    };
    Some(Document { version, id, statements })
}

fn version(node: &Node, path: &Path, problems: &mut Vec<Diagnostic>) -> Option<Version> {
    let path = path.field("Version");
    let text = elements::text(node, &path, problems)?;
    let version = [Version::V2008, Version::V2012].into_iter().find(|it| it.name() == text);
    if version.is_none() {
        let message = format!("{path} is `{text}`, which is no version of the policy language");
        let help = "write `2012-10-17`, the current version";
        problems.push(Diagnostic::error("bad-version", node.span, message).with_help(help));
    }
    version
}

#[cfg(test)]
mod tests;
