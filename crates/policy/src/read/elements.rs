//! The elements of a statement.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;
use std::str::FromStr;

use super::path::Path;
use crate::condition::{ConditionKey, Conditions, Operator};
use crate::principal::{Principal, PrincipalKind};
use crate::source::Diagnostic;
use crate::statement::{Effect, Selection, Sid, Statement};
use crate::tree::{Entry, Kind, Node};

/// The elements that a statement can have.
const ELEMENTS: [&str; 9] = [
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

/// Reads a statement; `None` if it could not be read.
pub(super) fn statement(
    node: &Node,
    path: &Path,
    problems: &mut Vec<Diagnostic>,
) -> Option<Statement> {
    expect_mapping(node, path, problems)?;
    report_unknown(node, &ELEMENTS, path, problems);
    let sid = node.field("Sid").and_then(|node| sid(node, &path.field("Sid"), problems));
    if node.field("Effect").is_none() {
        problems.push(missing(node, path, "`Effect`"));
    }
    let effect =
        node.field("Effect").and_then(|node| effect(node, &path.field("Effect"), problems));
    let principal = selection(node, ("Principal", "NotPrincipal"), path, problems, principal);
    let actions =
        selection(node, ("Action", "NotAction"), path, problems, |node, path, problems| {
            set(node, path, "bad-action", |_| None, problems)
        });
    let resources =
        selection(node, ("Resource", "NotResource"), path, problems, |node, path, problems| {
            set(node, path, "bad-resource", completed, problems)
        });
    let has = |name: &str| node.field(name).is_some();
    if !has("Action") && !has("NotAction") {
        problems.push(missing(node, path, "`Action` or `NotAction`"));
    }
    // Trust policies have no resource, policies of an identity no principal; a statement with neither is about nothing.
    if !["Resource", "NotResource", "Principal", "NotPrincipal"].into_iter().any(has) {
        problems.push(missing(node, path, "`Resource` or `NotResource`"));
    }
    let conditions = node
        .field("Condition")
        .map(|node| conditions(node, &path.field("Condition"), problems))
        .unwrap_or_default();
    Some(Statement { sid, effect: effect?, principal, actions: actions?, resources, conditions })
}

/// The code of a key that stands twice, here as in the readers of trees.
pub(super) const DUPLICATE_KEY: &str = "duplicate-key";

/// Reports a value that is no mapping, and keys that stand twice in one that is: IAM takes no policy with them.
pub(super) fn expect_mapping(
    node: &Node,
    path: &Path,
    problems: &mut Vec<Diagnostic>,
) -> Option<()> {
    if matches!(node.kind, Kind::Map(_)) && node.tag.is_none() {
        let mut seen = BTreeSet::new();
        for entry in node.entries().iter().filter(|entry| !seen.insert(&entry.key)) {
            let message = format!("{} stands twice", path.field(&entry.key));
            problems.push(Diagnostic::error(DUPLICATE_KEY, entry.key_span, message));
        }
        return Some(());
    }
    problems.push(wrong_type(node, path, "a mapping"));
    None
}

/// Reports the keys of a mapping that are none of its elements.
pub(super) fn report_unknown(
    node: &Node,
    elements: &[&str],
    path: &Path,
    problems: &mut Vec<Diagnostic>,
) {
    for entry in node.entries().iter().filter(|entry| !elements.contains(&entry.key.as_str())) {
        let message = format!("{path} cannot have the element `{}`", entry.key);
        let meant = elements.iter().find(|element| element.eq_ignore_ascii_case(&entry.key));
        let help = match meant {
            Some(element) => format!("write `{element}`: the case of letters counts"),
            None => format!("it can have {}", listed(elements)),
        };
        problems
            .push(Diagnostic::error("unknown-element", entry.key_span, message).with_help(help));
    }
}

/// Makes the diagnostic of an element that is not there.
pub(super) fn missing(node: &Node, path: &Path, element: &str) -> Diagnostic {
    Diagnostic::error("missing-element", node.span, format!("{path} has no {element}"))
}

/// Reads a string.
pub(super) fn text(node: &Node, path: &Path, problems: &mut Vec<Diagnostic>) -> Option<String> {
    match &node.kind {
        Kind::String(text) if node.tag.is_none() => Some(text.clone()),
        _ => {
            problems.push(wrong_type(node, path, "a string"));
            None
        }
    }
}

fn wrong_type(node: &Node, path: &Path, expected: &str) -> Diagnostic {
    let found = match &node.tag {
        Some(tag) => format!("the tag `!{tag}`"),
        None => node.kind_name().to_owned(),
    };
    let message = format!("{path} must be {expected}, found {found}");
    Diagnostic::error("wrong-type", node.span, message)
}

fn sid(node: &Node, path: &Path, problems: &mut Vec<Diagnostic>) -> Option<Sid> {
    let text = text(node, path, problems)?;
    let sid = text.parse();
    if sid.is_err() {
        let message = format!("{path} is `{text}`, but a Sid has letters and digits only");
        let help = "some resource policies take other characters; the Sid is left out here";
        problems.push(Diagnostic::warning("bad-sid", node.span, message).with_help(help));
    }
    sid.ok()
}

fn effect(node: &Node, path: &Path, problems: &mut Vec<Diagnostic>) -> Option<Effect> {
    let text = text(node, path, problems)?;
    let effect = [Effect::Allow, Effect::Deny].into_iter().find(|effect| effect.name() == text);
    if effect.is_none() {
        let message = format!("{path} must be `Allow` or `Deny`, found `{text}`");
        problems.push(Diagnostic::error("bad-effect", node.span, message));
    }
    effect
}

/// Reads an element or its negated form, and reports a statement that has both.
fn selection<T>(
    statement: &Node,
    (only, except): (&str, &str),
    path: &Path,
    problems: &mut Vec<Diagnostic>,
    read: impl Fn(&Node, &Path, &mut Vec<Diagnostic>) -> Option<T>,
) -> Option<Selection<T>> {
    let mut value = |name: &str| {
        statement.field(name).map(|node| (node, read(node, &path.field(name), problems)))
    };
    match (value(only), value(except)) {
        (Some((_, only)), None) => only.map(Selection::Only),
        (None, Some((_, except))) => except.map(Selection::Except),
        (None, None) => None,
        (Some(_), Some((node, _))) => {
            let message = format!("{path} has both `{only}` and `{except}`");
            let help = "split it into two statements";
            problems.push(
                Diagnostic::error("conflicting-elements", node.span, message).with_help(help),
            );
            None
        }
    }
}

/// Reads a string or a list of strings that are all of one kind.
fn set<T: FromStr<Err: Display> + Ord>(
    node: &Node,
    path: &Path,
    code: &'static str,
    help: impl Fn(&str) -> Option<String>,
    problems: &mut Vec<Diagnostic>,
) -> Option<BTreeSet<T>> {
    let strings = strings(node, path, Scalars::Strings, problems)?;
    let mut parse = |(node, path, text): (&Node, Path, String)| {
        let parsed = text.parse::<T>();
        if let Err(error) = &parsed {
            let problem = Diagnostic::error(code, node.span, format!("{path}: {error}"));
            problems.push(Diagnostic { help: help(&text), ..problem });
        }
        parsed.ok()
    };
    Some(strings.into_iter().filter_map(&mut parse).collect())
}

/// What to write for an ARN with too few parts. IAM reads the missing ones as `*`, but whether a `*` before them also
/// crosses colons is not to be told, so that such a text is not taken for one or the other.
fn completed(text: &str) -> Option<String> {
    let missing = 6_usize.checked_sub(text.split(':').count())?;
    let stars = ":*".repeat(missing);
    text.starts_with("arn:").then(|| format!("write all six parts, such as `{text}{stars}`"))
}

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

/// Reads a string or a list of strings, with the place of each.
fn strings<'a>(
    node: &'a Node,
    path: &Path,
    scalars: Scalars,
    problems: &mut Vec<Diagnostic>,
) -> Option<Vec<(&'a Node, Path, String)>> {
    let scalar = |node: &Node| match &node.kind {
        _ if node.tag.is_some() => None,
        Kind::String(text) => Some(text.clone()),
        Kind::Number(text) if scalars != Scalars::Strings => Some(text.clone()),
        Kind::Bool(value) if scalars == Scalars::All => Some(value.to_string()),
        _ => None,
    };
    if let Some(text) = scalar(node) {
        return Some(vec![(node, path.clone(), text)]);
    }
    let Kind::List(items) = &node.kind else {
        problems.push(wrong_type(node, path, "a string or a list of strings"));
        return None;
    };
    if node.tag.is_some() {
        problems.push(wrong_type(node, path, "a string or a list of strings"));
        return None;
    }
    let mut strings = Vec::with_capacity(items.len());
    for (index, item) in items.iter().enumerate() {
        let path = path.item(index);
        match scalar(item) {
            Some(text) => strings.push((item, path, text)),
            None => problems.push(wrong_type(item, &path, "a string")),
        }
    }
    Some(strings)
}

fn principal(node: &Node, path: &Path, problems: &mut Vec<Diagnostic>) -> Option<Principal> {
    if let (Kind::String(text), None) = (&node.kind, &node.tag) {
        if text == "*" {
            return Some(Principal::Anyone);
        }
        let message = format!("{path} must be `*` or a mapping of kinds to names, found `{text}`");
        problems.push(Diagnostic::error("bad-principal", node.span, message));
        return None;
    }
    expect_mapping(node, path, problems)?;
    let names: Vec<&str> = PrincipalKind::ALL.iter().map(|kind| kind.name()).collect();
    report_unknown(node, &names, path, problems);
    let mut kinds = BTreeMap::new();
    for kind in PrincipalKind::ALL {
        let Some(node) = node.field(kind.name()) else { continue };
        let names = strings(node, &path.field(kind.name()), Scalars::Numbers, problems);
        let names = names.unwrap_or_default().into_iter().map(|(_, _, name)| name).collect();
        kinds.insert(kind, names);
    }
    Some(Principal::Named(kinds))
}

fn conditions(node: &Node, path: &Path, problems: &mut Vec<Diagnostic>) -> Conditions {
    let mut conditions = Conditions::new();
    if expect_mapping(node, path, problems).is_none() {
        return conditions;
    }
    let mut operators = BTreeSet::new();
    for entry in last_entries(node) {
        let path = path.field(&entry.key);
        let operator = match entry.key.parse::<Operator>() {
            Ok(operator) => operator,
            Err(error) => {
                let message = format!("{path}: {error}");
                problems.push(Diagnostic::error("unknown-operator", entry.key_span, message));
                continue;
            }
        };
        if !operators.insert(operator) {
            problems.push(repeated(entry, &path));
        }
        if expect_mapping(&entry.value, &path, problems).is_some() {
            read_keys(&entry.value, operator, &path, &mut conditions, problems);
        }
    }
    conditions
}

fn read_keys(
    node: &Node,
    operator: Operator,
    path: &Path,
    conditions: &mut Conditions,
    problems: &mut Vec<Diagnostic>,
) {
    for entry in last_entries(node) {
        let path = path.field(&entry.key);
        let values = strings(&entry.value, &path, Scalars::All, problems);
        match entry.key.parse::<ConditionKey>() {
            Ok(key) if conditions.values(operator, &key).is_some() => {
                problems.push(repeated(entry, &path));
            }
            Ok(key) => {
                let values = values.unwrap_or_default().into_iter().map(|(_, _, text)| text);
                conditions.add(operator, key, values);
            }
            Err(error) => {
                let message = format!("{path}: {error}");
                problems.push(Diagnostic::error("bad-condition-key", entry.key_span, message));
            }
        }
    }
}

/// The entries of a mapping, of those with the same key the last one only.
fn last_entries(node: &Node) -> Vec<&Entry> {
    let mut seen = BTreeSet::new();
    let mut entries: Vec<&Entry> =
        node.entries().iter().rev().filter(|entry| seen.insert(&entry.key)).collect();
    entries.reverse();
    entries
}

/// Keys that differ by case only are the same key. To join them would turn *and* into *or*.
fn repeated(entry: &Entry, path: &Path) -> Diagnostic {
    let message = format!("{path} stands twice, but for the case of letters");
    Diagnostic::error(DUPLICATE_KEY, entry.key_span, message)
}

fn listed(words: &[&str]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    quoted.join(", ")
}
