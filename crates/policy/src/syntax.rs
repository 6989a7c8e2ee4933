//! A policy as it stands in its text: its elements in their order, doubled ones and doubled values too, each with its place.
//!
//! This is what to point into. What a policy means is a [`Document`](crate::document::Document), which
//! [`read::lower`](crate::read::lower) makes of it; there, order and doubles are gone.
//!
//! Values are texts as they were written, whether or not they are actions, ARNs or effects. What has not the shape of its
//! element, a number for an action, is reported and left out, so that a policy with errors is there as far as it could be read.

mod path;
mod shape;

use stackpass_ground::codes::DUPLICATE_KEY;

use crate::source::{Diagnostic, Severity, Source, Span};
use crate::statement::Selection;
use crate::tree::{self, Node};

pub use path::Path;

/// A value with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Located<T> {
    /// The value.
    pub value: T,
    /// Where it stands in the source, with its quotes if it has any.
    pub span: Span,
    /// Where it stands in the policy.
    pub path: Path,
}

/// A value under its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Element<T> {
    /// The name as it was written.
    pub name: String,
    /// Where the name stands in the source.
    pub name_span: Span,
    /// The value.
    pub value: T,
    /// Where the value stands in the source.
    pub span: Span,
    /// Where the value stands in the policy.
    pub path: Path,
}

/// The strings of an element, one or a list, in their order.
pub type Values = Vec<Located<String>>;

/// The condition keys of an operator with their values.
pub type Keys = Vec<Element<Values>>;

/// A policy as it stands in its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocatedPolicy {
    /// Where it stands in the source.
    pub span: Span,
    /// Its elements in their order; one that stands twice is there twice.
    pub elements: Vec<Element<PolicyElement>>,
    /// Whether nothing was left out.
    is_whole: bool,
}

/// An element of a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PolicyElement {
    /// `Version`.
    Version(String),
    /// `Id`.
    Id(String),
    /// `Statement`, one or a list.
    Statements(Vec<LocatedStatement>),
    /// An element that a policy cannot have, or one whose value has another shape.
    Other,
}

/// A statement as it stands in its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocatedStatement {
    /// Where it stands in the source.
    pub span: Span,
    /// Where it stands in the policy.
    pub path: Path,
    /// Its elements in their order; one that stands twice is there twice.
    pub elements: Vec<Element<StatementElement>>,
}

/// An element of a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StatementElement {
    /// `Sid`.
    Sid(String),
    /// `Effect`.
    Effect(String),
    /// `Principal` or `NotPrincipal`.
    Principal(Selection<LocatedPrincipal>),
    /// `Action` or `NotAction`.
    Actions(Selection<Values>),
    /// `Resource` or `NotResource`.
    Resources(Selection<Values>),
    /// `Condition`: operators with their keys.
    Condition(Vec<Element<Keys>>),
    /// An element that a statement cannot have, or one whose value has another shape.
    Other,
}

/// A principal as it stands in its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LocatedPrincipal {
    /// A text; `*` is the only one that means something.
    Text(String),
    /// Kinds of principals with their names.
    Kinds(Vec<Element<Values>>),
}

/// Reads the text of a policy in JSON or YAML. `None` if it is no mapping.
///
/// The diagnostics, in the order of their places, are those of the text and of its shape: keys that stand twice, elements that
/// a policy does not have, values of another kind. What the values say is judged when they are lowered.
///
/// ```
/// use stackpass_policy::source::Source;
/// use stackpass_policy::syntax::read;
///
/// let text = r#"{"Statement": [{"Effect": "Allow", "Action": ["s3:GetObject", "s3:Put*"], "Resource": "*"}]}"#;
/// let source = Source::new("deploy.json", text);
/// let (policy, problems) = read(&source);
/// assert_eq!(problems, []);
///
/// let policy = policy.ok_or("not a policy")?;
/// let statement = policy.statements().first().ok_or("no statement")?;
/// let put = statement.actions().find(|action| action.value == "s3:Put*").ok_or("no such action")?;
/// assert_eq!(put.path.to_string(), "`Statement[0].Action[1]`");
/// assert_eq!(source.position(put.span.start).to_string(), "1:63");
/// assert_eq!(text.get(put.span.start..put.span.end), Some("\"s3:Put*\""));
/// # Ok::<(), &str>(())
/// ```
pub fn read(source: &Source) -> (Option<LocatedPolicy>, Vec<Diagnostic>) {
    let (node, mut problems) = tree::read(source);
    // A key that stands twice is an error in a policy, which is reported with its path.
    problems.retain(|problem| problem.code != DUPLICATE_KEY);
    let is_read = problems.iter().all(|problem| problem.severity != Severity::Error);
    let (policy, more) = node.map_or((None, Vec::new()), |node| policy(&node));
    problems.extend(more);
    problems.sort();
    let policy =
        policy.map(|policy| LocatedPolicy { is_whole: policy.is_whole && is_read, ..policy });
    (policy, problems)
}

/// Reads the policy that a value is. `None` if it is no mapping.
pub fn policy(node: &Node) -> (Option<LocatedPolicy>, Vec<Diagnostic>) {
    let mut problems = Vec::new();
    let elements = shape::policy(node, &mut problems);
    let is_whole = problems.iter().all(|problem| problem.severity != Severity::Error);
    (elements.map(|elements| LocatedPolicy { span: node.span, elements, is_whole }), problems)
}

impl LocatedPolicy {
    /// Whether text and shape are without an error, so that nothing of the policy is missing here.
    pub fn is_whole(&self) -> bool {
        self.is_whole
    }

    /// The element of a name, the last one if it stands twice.
    pub fn element(&self, name: &str) -> Option<&Element<PolicyElement>> {
        last(&self.elements, name)
    }

    /// The statements, in the order of the document that the policy means.
    pub fn statements(&self) -> &[LocatedStatement] {
        match self.element("Statement").map(|element| &element.value) {
            Some(PolicyElement::Statements(statements)) => statements,
            _ => &[],
        }
    }
}

impl LocatedStatement {
    /// The element of a name, the last one if it stands twice.
    pub fn element(&self, name: &str) -> Option<&Element<StatementElement>> {
        last(&self.elements, name)
    }

    /// The texts of `Action` and `NotAction`, in their order.
    pub fn actions(&self) -> impl Iterator<Item = &Located<String>> {
        self.elements.iter().flat_map(|element| match &element.value {
            StatementElement::Actions(actions) => actions.value().as_slice(),
            _ => &[],
        })
    }

    /// The texts of `Resource` and `NotResource`, in their order.
    pub fn resources(&self) -> impl Iterator<Item = &Located<String>> {
        self.elements.iter().flat_map(|element| match &element.value {
            StatementElement::Resources(resources) => resources.value().as_slice(),
            _ => &[],
        })
    }
}

/// The last element of a name.
pub(crate) fn last<'a, T>(elements: &'a [Element<T>], name: &str) -> Option<&'a Element<T>> {
    elements.iter().rev().find(|element| element.name == name)
}

#[cfg(test)]
mod tests;
