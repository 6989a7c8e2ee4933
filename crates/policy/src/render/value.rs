//! A policy as a tree of strings, lists and mappings, in the order to write.

use std::collections::{BTreeMap, BTreeSet};

use crate::condition::{ConditionKey, Conditions};
use crate::document::Document;
use crate::principal::Principal;
use crate::statement::{Selection, Statement};

/// What JSON and YAML have in common, as far as policies need it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Value {
    String(String),
    /// Written as it is: a number, or an expression of the format's own language.
    Raw(String),
    List(Vec<Value>),
    Map(Vec<(String, Value)>),
}

impl Value {
    /// Makes a string.
    pub(super) fn string(text: impl Into<String>) -> Value {
        Value::String(text.into())
    }

    /// Makes a mapping.
    pub(super) fn map<const N: usize>(entries: [(&str, Value); N]) -> Value {
        Value::Map(entries.map(|(key, value)| (key.to_owned(), value)).into())
    }

    /// The same with every string, keys not among them, made into something else.
    pub(super) fn with_strings(self, make: &dyn Fn(String) -> Value) -> Value {
        match self {
            Value::String(string) => make(string),
            Value::Raw(_) => self,
            Value::List(items) => {
                Value::List(items.into_iter().map(|item| item.with_strings(make)).collect())
            }
            Value::Map(entries) => Value::Map(
                entries.into_iter().map(|(key, value)| (key, value.with_strings(make))).collect(),
            ),
        }
    }
}

/// The tree of a policy.
pub(super) fn document(document: &Document) -> Value {
    let version = document.version.map(|version| ("Version", Value::string(version.name())));
    let id = document.id.as_ref().map(|id| ("Id", Value::string(id)));
    let statements = document.statements.iter().map(statement).collect();
    let entries = [version, id, Some(("Statement", Value::List(statements)))];
    Value::Map(entries.into_iter().flatten().map(|(key, value)| (key.to_owned(), value)).collect())
}

/// The tree of a statement.
pub(super) fn statement(statement: &Statement) -> Value {
    let sid = statement.sid.as_ref().map(|sid| ("Sid", Value::string(sid.as_str())));
    let effect = ("Effect", Value::string(statement.effect.name()));
    let who = statement.principal.as_ref().map(|selection| match selection {
        Selection::Only(value) => ("Principal", principal(value)),
        Selection::Except(value) => ("NotPrincipal", principal(value)),
    });
    let actions = match &statement.actions {
        Selection::Only(patterns) => ("Action", set(patterns)),
        Selection::Except(patterns) => ("NotAction", set(patterns)),
    };
    let resources = statement.resources.as_ref().map(|selection| match selection {
        Selection::Only(patterns) => ("Resource", set(patterns)),
        Selection::Except(patterns) => ("NotResource", set(patterns)),
    });
    let condition = (!statement.conditions.is_empty())
        .then(|| ("Condition", conditions(&statement.conditions)));
    let entries = [sid, Some(effect), who, Some(actions), resources, condition];
    Value::Map(entries.into_iter().flatten().map(|(key, value)| (key.to_owned(), value)).collect())
}

fn principal(principal: &Principal) -> Value {
    match principal {
        Principal::Anyone => Value::string("*"),
        Principal::Named(kinds) => Value::Map(
            kinds.iter().map(|(kind, names)| (kind.name().to_owned(), set(names))).collect(),
        ),
    }
}

fn conditions(conditions: &Conditions) -> Value {
    let keys_of = |keys: &BTreeMap<ConditionKey, BTreeSet<String>>| {
        Value::Map(keys.iter().map(|(key, values)| (key.to_string(), set(values))).collect())
    };
    Value::Map(
        conditions
            .operators()
            .map(|(operator, keys)| (operator.to_string(), keys_of(keys)))
            .collect(),
    )
}

/// A string for one, a list for none or several.
fn set<T: ToString>(items: &BTreeSet<T>) -> Value {
    let mut values: Vec<Value> = items.iter().map(|item| Value::String(item.to_string())).collect();
    match values.pop() {
        Some(only) if values.is_empty() => only,
        last => {
            values.extend(last);
            Value::List(values)
        }
    }
}
