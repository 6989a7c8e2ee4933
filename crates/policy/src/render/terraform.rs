//! Writes Terraform's language.
//!
//! A policy becomes an `aws_iam_policy_document` and an `aws_iam_policy`. The provider reads `&{` in such a document as
//! `${` and leaves out empty lists, so that a policy with one of them is written as a string of JSON instead.

use std::collections::BTreeSet;

use super::{NamedDocument, identifier, json, value};
use crate::condition::{ConditionKey, Operator};
use crate::document::{Document, Version};
use crate::principal::Principal;
use crate::statement::{Selection, Statement};

/// Writes a file with two blocks for each policy, or one for a policy that must be written as JSON.
pub(super) fn render(documents: &[NamedDocument]) -> String {
    let blocks: Vec<String> = documents.iter().map(blocks).collect();
    blocks.join("\n")
}

fn blocks(named: &NamedDocument) -> String {
    let name = identifier(&named.name);
    let label = snake_case(&name);
    if has_own_form(&named.document) {
        let data = data(&label, &named.document);
        let policy = policy(&name, &label, &format!("data.aws_iam_policy_document.{label}.json"));
        format!("{data}\n{policy}")
    } else {
        let text = json::compact(&value::document(&named.document));
        policy(&name, &label, &quoted(&text))
    }
}

fn policy(name: &str, label: &str, document: &str) -> String {
    format!(
        "resource \"aws_iam_policy\" \"{label}\" {{
  name   = \"{name}\"
  policy = {document}
}}
"
    )
}

/// Whether the provider's policy document can say the same.
fn has_own_form(document: &Document) -> bool {
    let is_full = |statement: &Statement| {
        let principals = match statement.principal.as_ref().map(Selection::value) {
            Some(Principal::Named(kinds)) => {
                !kinds.is_empty() && kinds.values().all(|names| !names.is_empty())
            }
            Some(Principal::Anyone) | None => true,
        };
        principals
            && !statement.actions.value().is_empty()
            && statement.resources.as_ref().is_none_or(|resources| !resources.value().is_empty())
            && statement.conditions.iter().all(|(_, _, values)| !values.is_empty())
            && statement.conditions.operators().all(|(_, keys)| !keys.is_empty())
    };
    !document.statements.is_empty()
        && document.statements.iter().all(is_full)
        && !json::compact(&value::document(document)).contains("&{")
}

fn data(label: &str, document: &Document) -> String {
    let mut text = format!("data \"aws_iam_policy_document\" \"{label}\" {{\n");
    // A missing version is the old one to IAM, but the current one to the provider.
    let version = document.version.unwrap_or(Version::V2008);
    if version != Version::V2012 {
        text.extend(["  version = ", &quoted(version.name()), "\n"]);
    }
    if let Some(id) = &document.id {
        text.extend(["  policy_id = ", &quoted(id), "\n"]);
    }
    for statement in &document.statements {
        if !text.ends_with("{\n") {
            text.push('\n');
        }
        text.push_str(&block(statement));
    }
    text.push_str("}\n");
    text
}

fn block(statement: &Statement) -> String {
    let actions = match &statement.actions {
        Selection::Only(patterns) => ("actions", list(patterns)),
        Selection::Except(patterns) => ("not_actions", list(patterns)),
    };
    let resources = statement.resources.as_ref().map(|selection| match selection {
        Selection::Only(patterns) => ("resources", list(patterns)),
        Selection::Except(patterns) => ("not_resources", list(patterns)),
    });
    let sid = statement.sid.as_ref().map(|sid| ("sid", quoted(sid.as_str())));
    let effect = ("effect", quoted(statement.effect.name()));
    let arguments: Vec<(&str, String)> =
        [sid, Some(effect), Some(actions), resources].into_iter().flatten().collect();
    let width = arguments.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
    let mut text = String::from("  statement {\n");
    for (name, value) in arguments {
        text.extend(["    ", &format!("{name:width$}"), " = ", &value, "\n"]);
    }
    text.push_str(&principals(statement));
    for (operator, key, values) in statement.conditions.iter() {
        text.push_str(&condition(operator, key, values));
    }
    text.push_str("  }\n");
    text
}

fn condition(operator: Operator, key: &ConditionKey, values: &BTreeSet<String>) -> String {
    format!(
        "
    condition {{
      test     = {}
      variable = {}
      values   = {}
    }}
",
        quoted(&operator.to_string()),
        quoted(key.as_str()),
        list_at(values, 3),
    )
}

fn principals(statement: &Statement) -> String {
    let (name, principal) = match &statement.principal {
        None => return String::new(),
        Some(Selection::Only(principal)) => ("principals", principal),
        Some(Selection::Except(principal)) => ("not_principals", principal),
    };
    let block = |kind: &str, identifiers: String| {
        format!(
            "\n    {name} {{\n      type        = {}\n      identifiers = {identifiers}\n    }}\n",
            quoted(kind)
        )
    };
    match principal {
        Principal::Anyone => block("*", "[\"*\"]".to_owned()),
        Principal::Named(kinds) => {
            kinds.iter().map(|(kind, names)| block(kind.name(), list_at(names, 3))).collect()
        }
    }
}

fn list<T: ToString>(items: impl IntoIterator<Item = T>) -> String {
    list_at(items, 2)
}

/// A list on one line for one item, on several lines for more.
fn list_at<T: ToString>(items: impl IntoIterator<Item = T>, depth: usize) -> String {
    let items: Vec<String> = items.into_iter().map(|item| quoted(&item.to_string())).collect();
    if let [only] = items.as_slice() {
        return format!("[{only}]");
    }
    let mut text = String::from("[\n");
    for item in items {
        json::indent(depth + 1, &mut text);
        text.push_str(&item);
        text.push_str(",\n");
    }
    json::indent(depth, &mut text);
    text.push(']');
    text
}

/// A quoted template in which nothing is a template: `${` becomes `$${`, and `%{` becomes `%%{`.
fn quoted(string: &str) -> String {
    let mut text = String::from("\"");
    let mut characters = string.chars().peekable();
    while let Some(character) = characters.next() {
        let next = characters.peek().copied();
        match character {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            '$' | '%' if next == Some('{') => text.extend([character, character]),
            // Two of them before a brace would be taken for the escape itself.
            '$' | '%' if next == Some(character) => {
                text.push_str(&json::unicode_escape(character));
            }
            character if json::is_printable(character) => text.push(character),
            character => text.push_str(&json::unicode_escape(character)),
        }
    }
    text.push('"');
    text
}

fn snake_case(name: &str) -> String {
    let mut text = String::with_capacity(name.len() + 4);
    let mut previous = '_';
    for character in name.chars() {
        if character.is_ascii_uppercase() && !previous.is_ascii_uppercase() && previous != '_' {
            text.push('_');
        }
        text.push(character.to_ascii_lowercase());
        previous = character;
    }
    text
}
