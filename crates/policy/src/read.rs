//! Reads policies. Everything that is wrong is reported in one pass, each with its place and its path in the policy.
//!
//! A policy is read in two steps: its text to a [`LocatedPolicy`], in which everything has its place, and that to the
//! [`Document`] that it means. A policy with an error is no document: what would be left could allow more than was written.

mod statement;

use crate::codes;
use crate::document::{Document, Version};
use crate::source::{Diagnostic, Severity, Source, Span};
use crate::syntax::{self, Element, LocatedPolicy, Path, PolicyElement};
use crate::tree::Node;

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
    meaning(syntax::read(source))
}

/// Reads the policy that a value is. `None` if there is an error among the diagnostics, which are in the order of their places.
pub fn document(node: &Node) -> (Option<Document>, Vec<Diagnostic>) {
    meaning(syntax::policy(node))
}

/// The document that a policy means, and what its values do not say rightly, in the order of the places. `None` if there is
/// an error among that, or if the policy is not [whole](LocatedPolicy::is_whole).
///
/// ```
/// use stackpass_policy::read::lower;
/// use stackpass_policy::source::Source;
/// use stackpass_policy::syntax;
///
/// let text = r#"{"Statement": {"Effect": "Allow", "Action": ["s3:*", "s3:*"], "Resource": "*"}}"#;
/// let (policy, _) = syntax::read(&Source::new("deploy.json", text));
/// let policy = policy.ok_or("not a policy")?;
/// assert_eq!(policy.statements()[0].actions().count(), 2);
///
/// let (document, problems) = lower(&policy);
/// assert_eq!(problems, []);
/// let document = document.ok_or("not a policy without errors")?;
/// assert_eq!(document.statements[0].actions.value().len(), 1);
/// # Ok::<(), &str>(())
/// ```
pub fn lower(policy: &LocatedPolicy) -> (Option<Document>, Vec<Diagnostic>) {
    let mut problems = Vec::new();
    let document = lower_policy(policy, &mut problems);
    let is_usable = problems.iter().all(|problem| problem.severity != Severity::Error);
    problems.sort();
    (document.filter(|_| is_usable && policy.is_whole()), problems)
}

fn meaning(
    (policy, mut problems): (Option<LocatedPolicy>, Vec<Diagnostic>),
) -> (Option<Document>, Vec<Diagnostic>) {
    let (document, more) = policy.map_or((None, Vec::new()), |policy| lower(&policy));
    problems.extend(more);
    problems.sort();
    (document, problems)
}

fn lower_policy(policy: &LocatedPolicy, problems: &mut Vec<Diagnostic>) -> Option<Document> {
    let version = policy.element("Version").and_then(|element| version(element, problems));
    let id = policy.element("Id").and_then(|element| match &element.value {
        PolicyElement::Id(id) => Some(id.clone()),
        _ => None,
    });
    if policy.element("Statement").is_none() {
        problems.push(missing(policy.span, &Path::root(), "`Statement`"));
        return None;
    }
    let statements = policy.statements().iter();
    let statements = statements.filter_map(|it| statement::lower(it, problems)).collect();
    Some(Document { version, id, statements })
}

fn version(element: &Element<PolicyElement>, problems: &mut Vec<Diagnostic>) -> Option<Version> {
    let PolicyElement::Version(text) = &element.value else { return None };
    let version = [Version::V2008, Version::V2012].into_iter().find(|it| it.name() == text);
    if version.is_none() {
        let message =
            format!("{} is `{text}`, which is no version of the policy language", element.path);
        let help = "write `2012-10-17`, the current version";
        problems.push(Diagnostic::error(codes::BAD_VERSION, element.span, message).with_help(help));
    }
    version
}

/// Makes the diagnostic of an element that is not there.
fn missing(span: Span, path: &Path, element: &str) -> Diagnostic {
    Diagnostic::error(codes::MISSING_ELEMENT, span, format!("{path} has no {element}"))
}

#[cfg(test)]
mod tests;
