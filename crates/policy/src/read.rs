//! Reads policies. Everything that is wrong is reported in one pass, each with its place and its path in the policy.
//!
//! A policy with an error is no policy: what would be left could allow more than was written.

mod elements;
mod path;

use crate::document::{Document, Version};
use crate::source::{Diagnostic, Severity};
use crate::tree::{Kind, Node};
use path::Path;

/// Reads the policy that a value is. `None` if there is an error among the diagnostics.
///
/// Keys that stand twice are reported by whoever made the tree; the last one counts here.
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
