//! Which shape the elements of a policy have: strings, lists and mappings of them.

use std::collections::BTreeSet;

use stackpass_ground::codes::DUPLICATE_KEY;

use super::{
    Element, Keys, Located, LocatedPrincipal, LocatedStatement, Path, PolicyElement,
    StatementElement, Values,
};
use crate::codes;
use crate::condition::Operator;
use crate::principal::PrincipalKind;
use crate::source::Diagnostic;
use crate::statement::Selection;
use crate::tree::{Entry, Kind, Node};

/// The elements that a policy can have.
const OF_POLICY: [&str; 3] = ["Version", "Id", "Statement"];

/// The elements that a statement can have.
const OF_STATEMENT: [&str; 9] = [
    "Sid",
    "Effect",
    "Principal",
    "NotPrincipal",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Condition",
];

/// What may stand for a string.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Scalars {
    /// Strings only.
    Strings,
    /// Numbers as well: account ids, which YAML reads as numbers.
    Numbers,
    /// Numbers and booleans as well: the values of conditions.
    All,
}

/// Reads the elements of a policy; `None` if it is no mapping.
pub(super) fn policy(
    node: &Node,
    problems: &mut Vec<Diagnostic>,
) -> Option<Vec<Element<PolicyElement>>> {
    let path = Path::root();
    expect_mapping(node, &path, problems)?;
    report_unknown(node, &OF_POLICY, &path, problems);
    Some(elements(node, &path, problems, |entry, path, problems| {
        let node = &entry.value;
        let value = match entry.key.as_str() {
            "Version" => text(node, path, problems).map(PolicyElement::Version),
            "Id" => text(node, path, problems).map(PolicyElement::Id),
            "Statement" => Some(PolicyElement::Statements(statements(node, path, problems))),
            _ => None,
        };
        value.unwrap_or(PolicyElement::Other)
    }))
}

fn statements(node: &Node, path: &Path, problems: &mut Vec<Diagnostic>) -> Vec<LocatedStatement> {
    let Kind::List(items) = &node.kind else {
        return statement(node, path, problems).into_iter().collect();
    };
    let of_item = |(index, item)| statement(item, &path.item(index), problems);
    items.iter().enumerate().filter_map(of_item).collect()
}

fn statement(node: &Node, path: &Path, problems: &mut Vec<Diagnostic>) -> Option<LocatedStatement> {
    expect_mapping(node, path, problems)?;
    report_unknown(node, &OF_STATEMENT, path, problems);
    let elements = elements(node, path, problems, |entry, path, problems| {
        statement_element(entry, path, problems).unwrap_or(StatementElement::Other)
    });
    Some(LocatedStatement { span: node.span, path: path.clone(), elements })
}

fn statement_element(
    entry: &Entry,
    path: &Path,
    problems: &mut Vec<Diagnostic>,
) -> Option<StatementElement> {
    let node = &entry.value;
    let mut strings = || values(node, path, Scalars::Strings, problems);
    Some(match entry.key.as_str() {
        "Action" => StatementElement::Actions(Selection::Only(strings()?)),
        "NotAction" => StatementElement::Actions(Selection::Except(strings()?)),
        "Resource" => StatementElement::Resources(Selection::Only(strings()?)),
        "NotResource" => StatementElement::Resources(Selection::Except(strings()?)),
        "Sid" => StatementElement::Sid(text(node, path, problems)?),
        "Effect" => StatementElement::Effect(text(node, path, problems)?),
        "Principal" => {
            StatementElement::Principal(Selection::Only(principal(node, path, problems)?))
        }
        "NotPrincipal" => {
            StatementElement::Principal(Selection::Except(principal(node, path, problems)?))
        }
        "Condition" => StatementElement::Condition(condition(node, path, problems)?),
        _ => return None,
    })
}

fn principal(node: &Node, path: &Path, problems: &mut Vec<Diagnostic>) -> Option<LocatedPrincipal> {
    if let (Kind::String(text), None) = (&node.kind, &node.tag) {
        return Some(LocatedPrincipal::Text(text.clone()));
    }
    expect_mapping(node, path, problems)?;
    let names: Vec<&str> = PrincipalKind::ALL.iter().map(|kind| kind.name()).collect();
    report_unknown(node, &names, path, problems);
    let kinds = elements(node, path, problems, |entry, path, problems| {
        let mut unreported = Vec::new();
        let is_known = names.contains(&entry.key.as_str());
        let problems = if is_known { problems } else { &mut unreported };
        values(&entry.value, path, Scalars::Numbers, problems).unwrap_or_default()
    });
    Some(LocatedPrincipal::Kinds(kinds))
}

fn condition(
    node: &Node,
    path: &Path,
    problems: &mut Vec<Diagnostic>,
) -> Option<Vec<Element<Keys>>> {
    expect_mapping(node, path, problems)?;
    Some(elements(node, path, problems, |entry, path, problems| {
        // Of an operator that is none, nothing else is reported.
        let mut unreported = Vec::new();
        let is_known = entry.key.parse::<Operator>().is_ok();
        keys(&entry.value, path, if is_known { problems } else { &mut unreported })
    }))
}

fn keys(node: &Node, path: &Path, problems: &mut Vec<Diagnostic>) -> Keys {
    if expect_mapping(node, path, problems).is_none() {
        return Keys::new();
    }
    elements(node, path, problems, |entry, path, problems| {
        values(&entry.value, path, Scalars::All, problems).unwrap_or_default()
    })
}

/// Reads the entries of a mapping. Of those with the same name, what is wrong is reported of the last one only.
fn elements<T>(
    node: &Node,
    path: &Path,
    problems: &mut Vec<Diagnostic>,
    read: impl Fn(&Entry, &Path, &mut Vec<Diagnostic>) -> T,
) -> Vec<Element<T>> {
    let mut seen = BTreeSet::new();
    let mut elements: Vec<Element<T>> = Vec::with_capacity(node.entries().len());
    for entry in node.entries().iter().rev() {
        let path = path.field(&entry.key);
        let mut unreported = Vec::new();
        let is_last = seen.insert(&entry.key);
        let value = read(entry, &path, if is_last { problems } else { &mut unreported });
        elements.push(Element {
            name: entry.key.clone(),
            name_span: entry.key_span,
            value,
            span: entry.value.span,
            path,
        });
    }
    elements.reverse();
    elements
}

/// Reads a string or a list of strings; `None` if it is neither.
fn values(
    node: &Node,
    path: &Path,
    scalars: Scalars,
    problems: &mut Vec<Diagnostic>,
) -> Option<Values> {
    if let Some(value) = scalar(node, scalars) {
        return Some(vec![Located { value, span: node.span, path: path.clone() }]);
    }
    let (Kind::List(items), None) = (&node.kind, &node.tag) else {
        problems.push(wrong_type(node, path, "a string or a list of strings"));
        return None;
    };
    let mut values = Vec::with_capacity(items.len());
    for (index, item) in items.iter().enumerate() {
        let path = path.item(index);
        match scalar(item, scalars) {
            Some(value) => values.push(Located { value, span: item.span, path }),
            None => problems.push(wrong_type(item, &path, "a string")),
        }
    }
    Some(values)
}

fn scalar(node: &Node, scalars: Scalars) -> Option<String> {
    match &node.kind {
        _ if node.tag.is_some() => None,
        Kind::String(text) => Some(text.clone()),
        Kind::Number(text) if scalars != Scalars::Strings => Some(text.clone()),
        Kind::Bool(value) if scalars == Scalars::All => Some(value.to_string()),
        _ => None,
    }
}

fn text(node: &Node, path: &Path, problems: &mut Vec<Diagnostic>) -> Option<String> {
    let text = scalar(node, Scalars::Strings);
    if text.is_none() {
        problems.push(wrong_type(node, path, "a string"));
    }
    text
}

/// Reports a value that is no mapping, and keys that stand twice in one that is: IAM takes no policy with them.
fn expect_mapping(node: &Node, path: &Path, problems: &mut Vec<Diagnostic>) -> Option<()> {
    if !matches!(node.kind, Kind::Map(_)) || node.tag.is_some() {
        problems.push(wrong_type(node, path, "a mapping"));
        return None;
    }
    let mut seen = BTreeSet::new();
    for entry in node.entries().iter().filter(|entry| !seen.insert(&entry.key)) {
        let message = format!("{} stands twice", path.field(&entry.key));
        problems.push(Diagnostic::error(DUPLICATE_KEY, entry.key_span, message));
    }
    Some(())
}

/// Reports the keys of a mapping that are none of its elements.
fn report_unknown(node: &Node, elements: &[&str], path: &Path, problems: &mut Vec<Diagnostic>) {
    for entry in node.entries().iter().filter(|entry| !elements.contains(&entry.key.as_str())) {
        let message = format!("{path} cannot have the element `{}`", entry.key);
        let meant = elements.iter().find(|element| element.eq_ignore_ascii_case(&entry.key));
        let help = match meant {
            Some(element) => format!("write `{element}`: the case of letters counts"),
            None => format!("it can have {}", listed(elements)),
        };
        problems.push(
            Diagnostic::error(codes::UNKNOWN_ELEMENT, entry.key_span, message).with_help(help),
        );
    }
}

fn wrong_type(node: &Node, path: &Path, expected: &str) -> Diagnostic {
    let found = match &node.tag {
        Some(tag) => format!("the tag `!{tag}`"),
        None => node.kind_name().to_owned(),
    };
    let message = format!("{path} must be {expected}, found {found}");
    Diagnostic::error(codes::WRONG_TYPE, node.span, message)
}

fn listed(words: &[&str]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    quoted.join(", ")
}
