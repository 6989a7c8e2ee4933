//! What the elements of a statement mean.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;
use std::str::FromStr;

use stackpass_ground::code::Code;
use stackpass_ground::codes::DUPLICATE_KEY;

use super::missing;
use crate::codes;
use crate::condition::{ConditionKey, Conditions, Operator};
use crate::principal::{Principal, PrincipalKind};
use crate::source::Diagnostic;
use crate::statement::{Effect, Selection, Sid, Statement};
use crate::syntax::{
    Element, Keys, LocatedPrincipal, LocatedStatement, StatementElement, Values, last,
};

/// The statement that is meant; `None` if it means none.
pub(super) fn lower(
    statement: &LocatedStatement,
    problems: &mut Vec<Diagnostic>,
) -> Option<Statement> {
    let has = |name: &str| statement.element(name).is_some();
    for (names, element) in [
        (&["Effect"][..], "`Effect`"),
        (&["Action", "NotAction"], "`Action` or `NotAction`"),
        // Trust policies have no resource, policies of an identity no principal; a statement with neither is about nothing.
        (&["Resource", "NotResource", "Principal", "NotPrincipal"], "`Resource` or `NotResource`"),
    ] {
        if !names.iter().any(|name| has(name)) {
            problems.push(missing(statement.span, &statement.path, element));
        }
    }
    let sid = statement.element("Sid").and_then(|element| sid(element, problems));
    let effect = statement.element("Effect").and_then(|element| effect(element, problems));
    let principal = selection(statement, ("Principal", "NotPrincipal"), problems, principal);
    let actions = selection(statement, ("Action", "NotAction"), problems, |element, problems| {
        let StatementElement::Actions(values) = &element.value else { return None };
        Some(set(values.value(), codes::BAD_ACTION, |_| None, problems))
    });
    let resources =
        selection(statement, ("Resource", "NotResource"), problems, |element, problems| {
            let StatementElement::Resources(values) = &element.value else { return None };
            Some(set(values.value(), codes::BAD_RESOURCE, completed, problems))
        });
    let conditions = match statement.element("Condition").map(|element| &element.value) {
        Some(StatementElement::Condition(operators)) => conditions(operators, problems),
        _ => Conditions::new(),
    };
    Some(Statement { sid, effect: effect?, principal, actions: actions?, resources, conditions })
}

fn sid(element: &Element<StatementElement>, problems: &mut Vec<Diagnostic>) -> Option<Sid> {
    let StatementElement::Sid(text) = &element.value else { return None };
    let sid = text.parse();
    if sid.is_err() {
        let message =
            format!("{} is `{text}`, but a Sid has letters and digits only", element.path);
        let help = "some resource policies take other characters; the Sid is left out here";
        problems.push(Diagnostic::warning(codes::BAD_SID, element.span, message).with_help(help));
    }
    sid.ok()
}

fn effect(element: &Element<StatementElement>, problems: &mut Vec<Diagnostic>) -> Option<Effect> {
    let StatementElement::Effect(text) = &element.value else { return None };
    let effect = [Effect::Allow, Effect::Deny].into_iter().find(|effect| effect.name() == text);
    if effect.is_none() {
        let message = format!("{} must be `Allow` or `Deny`, found `{text}`", element.path);
        problems.push(Diagnostic::error(codes::BAD_EFFECT, element.span, message));
    }
    effect
}

/// Lowers an element or its negated form, and reports a statement that has both.
fn selection<T>(
    statement: &LocatedStatement,
    (only, except): (&str, &str),
    problems: &mut Vec<Diagnostic>,
    lower: impl Fn(&Element<StatementElement>, &mut Vec<Diagnostic>) -> Option<T>,
) -> Option<Selection<T>> {
    let mut value =
        |name: &str| statement.element(name).map(|element| (element, lower(element, problems)));
    match (value(only), value(except)) {
        (Some((_, only)), None) => only.map(Selection::Only),
        (None, Some((_, except))) => except.map(Selection::Except),
        (None, None) => None,
        (Some(_), Some((element, _))) => {
            let message = format!("{} has both `{only}` and `{except}`", statement.path);
            let help = "split it into two statements";
            problems.push(
                Diagnostic::error(codes::CONFLICTING_ELEMENTS, element.span, message)
                    .with_help(help),
            );
            None
        }
    }
}

/// Parses texts that are all of one kind.
fn set<T: FromStr<Err: Display> + Ord>(
    values: &Values,
    code: Code,
    help: impl Fn(&str) -> Option<String>,
    problems: &mut Vec<Diagnostic>,
) -> BTreeSet<T> {
    let mut set = BTreeSet::new();
    for text in values {
        match text.value.parse() {
            Ok(value) => {
                set.insert(value);
            }
            Err(error) => {
                let problem = Diagnostic::error(code, text.span, format!("{}: {error}", text.path));
                problems.push(Diagnostic { help: help(&text.value), ..problem });
            }
        }
    }
    set
}

/// What to write for an ARN with too few parts. IAM reads the missing ones as `*`, but whether a `*` before them also
/// crosses colons is not to be told, so that such a text is not taken for one or the other.
fn completed(text: &str) -> Option<String> {
    let missing = 6_usize.checked_sub(text.split(':').count())?;
    let stars = ":*".repeat(missing);
    text.starts_with("arn:").then(|| format!("write all six parts, such as `{text}{stars}`"))
}

fn principal(
    element: &Element<StatementElement>,
    problems: &mut Vec<Diagnostic>,
) -> Option<Principal> {
    let StatementElement::Principal(principal) = &element.value else { return None };
    let kinds = match principal.value() {
        LocatedPrincipal::Text(text) if text == "*" => return Some(Principal::Anyone),
        LocatedPrincipal::Text(text) => {
            let message = format!(
                "{} must be `*` or a mapping of kinds to names, found `{text}`",
                element.path
            );
            problems.push(Diagnostic::error(codes::BAD_PRINCIPAL, element.span, message));
            return None;
        }
        LocatedPrincipal::Kinds(kinds) => kinds,
    };
    let names = |kind: PrincipalKind| {
        let names = &last(kinds, kind.name())?.value;
        Some((kind, names.iter().map(|name| name.value.clone()).collect()))
    };
    let named: BTreeMap<PrincipalKind, BTreeSet<String>> =
        PrincipalKind::ALL.into_iter().filter_map(names).collect();
    Some(Principal::Named(named))
}

fn conditions(operators: &[Element<Keys>], problems: &mut Vec<Diagnostic>) -> Conditions {
    let mut conditions = Conditions::new();
    let mut seen = BTreeSet::new();
    for element in each_last(operators) {
        let operator = match element.name.parse::<Operator>() {
            Ok(operator) => operator,
            Err(error) => {
                let message = format!("{}: {error}", element.path);
                problems.push(Diagnostic::error(
                    codes::UNKNOWN_OPERATOR,
                    element.name_span,
                    message,
                ));
                continue;
            }
        };
        if !seen.insert(operator) {
            problems.push(repeated(element));
        }
        add_keys(&element.value, operator, &mut conditions, problems);
    }
    conditions
}

fn add_keys(
    keys: &Keys,
    operator: Operator,
    conditions: &mut Conditions,
    problems: &mut Vec<Diagnostic>,
) {
    for element in each_last(keys) {
        match element.name.parse::<ConditionKey>() {
            Ok(key) if conditions.values(operator, &key).is_some() => {
                problems.push(repeated(element));
            }
            Ok(key) => {
                conditions.add(operator, key, element.value.iter().map(|it| it.value.clone()));
            }
            Err(error) => {
                let message = format!("{}: {error}", element.path);
                problems.push(Diagnostic::error(
                    codes::BAD_CONDITION_KEY,
                    element.name_span,
                    message,
                ));
            }
        }
    }
}

/// The elements in their order, of those with the same name the last one only.
fn each_last<T>(elements: &[Element<T>]) -> impl Iterator<Item = &Element<T>> {
    let mut seen = BTreeSet::new();
    let mut last: Vec<&Element<T>> =
        elements.iter().rev().filter(|element| seen.insert(&element.name)).collect();
    last.reverse();
    last.into_iter()
}

/// Keys that differ by case only are the same key. To join them would turn *and* into *or*.
fn repeated<T>(element: &Element<T>) -> Diagnostic {
    let message = format!("{} stands twice, but for the case of letters", element.path);
    Diagnostic::error(DUPLICATE_KEY, element.name_span, message)
}
