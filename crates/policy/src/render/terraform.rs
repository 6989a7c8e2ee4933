//! Writes Terraform's language.
//!
//! A policy becomes an `aws_iam_policy_document` and an `aws_iam_policy`; for roles see [`role`]. The provider reads `&{` in such a document as
//! `${` and leaves out empty lists, so that a policy with one of them is written as a string of JSON instead.

mod role;

use super::definition::{Definition, PolicyDefinition};
use super::{identifier, json, value};
use crate::document::{Document, Version};
use crate::principal::Principal;
use crate::statement::{Selection, Statement};

/// Writes a file with a few blocks for each definition.
pub(super) fn render(definitions: &[Definition]) -> String {
    let blocks: Vec<String> = definitions
        .iter()
        .flat_map(|definition| match definition {
            Definition::Policy(policy) => policy_blocks(policy),
            Definition::Role(role) => role::blocks(role),
            Definition::OidcProvider(provider) => vec![role::provider(provider)],
        })
        .collect();
    role::with_sources(blocks).join("\n")
}

fn policy_blocks(policy: &PolicyDefinition) -> Vec<String> {
    let name = identifier(&policy.document.name);
    let label = snake_case(&name);
    let (data, expression) = document(&label, &policy.document.document);
    let name = ("name", quoted(policy.policy_name.as_ref().unwrap_or(&name)));
    let resource = resource("aws_iam_policy", &label, &[name, ("policy", expression)]);
    data.into_iter().chain([resource]).collect()
}

/// The block that a document needs, if it does, and the expression that gives its text.
fn document(label: &str, document: &Document) -> (Option<String>, String) {
    if has_own_form(document) {
        let expression = format!("data.aws_iam_policy_document.{label}.json");
        (Some(data(label, document)), expression)
    } else {
        (None, quoted(&json::compact(&value::document(document))))
    }
}

fn resource(kind: &str, label: &str, arguments: &[(&str, String)]) -> String {
    format!("resource \"{kind}\" \"{label}\" {{\n{}}}\n", aligned(arguments, 1))
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
    let conditions: Vec<String> = statement
        .conditions
        .iter()
        .map(|(operator, key, values)| {
            let arguments = [
                ("test", quoted(&operator.to_string())),
                ("variable", quoted(key.as_str())),
                ("values", list_at(values, 3)),
            ];
            inner_block("condition", &arguments)
        })
        .collect();
    format!(
        "  statement {{\n{}{}{}  }}\n",
        aligned(&arguments, 2),
        principals(statement),
        conditions.concat()
    )
}

fn principals(statement: &Statement) -> String {
    let (name, principal) = match &statement.principal {
        None => return String::new(),
        Some(Selection::Only(principal)) => ("principals", principal),
        Some(Selection::Except(principal)) => ("not_principals", principal),
    };
    let block = |kind: &str, identifiers: String| {
        inner_block(name, &[("type", quoted(kind)), ("identifiers", identifiers)])
    };
    match principal {
        Principal::Anyone => block("*", "[\"*\"]".to_owned()),
        Principal::Named(kinds) => {
            kinds.iter().map(|(kind, names)| block(kind.name(), list_at(names, 3))).collect()
        }
    }
}

fn inner_block(name: &str, arguments: &[(&str, String)]) -> String {
    format!("\n    {name} {{\n{}    }}\n", aligned(arguments, 3))
}

/// Writes arguments as `terraform fmt` does: the equal signs of neighbors stand below each other, but a value of several
/// lines is no neighbor.
fn aligned(arguments: &[(&str, String)], depth: usize) -> String {
    let is_long = |value: &String| value.contains('\n');
    let mut text = String::new();
    for group in arguments.chunk_by(|(_, a), (_, b)| !is_long(a) && !is_long(b)) {
        let width = group.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
        for (name, value) in group {
            json::indent(depth, &mut text);
            text.extend([&format!("{name:width$}"), " = ", value.as_str(), "\n"]);
        }
    }
    text
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
