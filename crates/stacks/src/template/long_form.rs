//! One spelling for what YAML can say in two: `!Ref x` becomes `{"Ref": "x"}`.
//!
//! The short forms are listed at
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html>.

use crate::codes;
use stackpass_ground::{
    source::Diagnostic,
    tree::{Entry, Kind, Node},
};

/// The functions whose short form is their name without `Fn::`.
const FUNCTIONS: &[&str] = &[
    "And",
    "Base64",
    "Cidr",
    "Contains",
    "EachMemberEquals",
    "EachMemberIn",
    "Equals",
    "FindInMap",
    "ForEach",
    "GetAZs",
    "GetAtt",
    "GetStackOutput",
    "If",
    "ImportValue",
    "Join",
    "Length",
    "Not",
    "Or",
    "RefAll",
    "Select",
    "Split",
    "Sub",
    "ToJsonString",
    "Transform",
    "ValueOf",
    "ValueOfAll",
];

/// What `yes`, `no`, `on` and `off` without quotes mean.
///
/// CloudFormation reads YAML 1.1, in which they are booleans. Where text is compared with text, as in parameters and conditions,
/// both sides are kept as they are written, and compare the same.
#[derive(Clone, Copy)]
pub(super) enum Words {
    Booleans,
    Text,
}

/// Copies a value with the long forms of all functions, for what is looked at before its section is read. What is wrong with
/// it is reported when the section is.
pub(crate) fn plain(node: &Node) -> Node {
    long_form(node, Words::Text, &mut Vec::new())
}

/// Copies a value, with every short form in it made long.
///
/// A tag that CloudFormation does not know is reported and kept as a function of that name, so that nobody takes the value
/// under it for what it is not.
pub(super) fn long_form(node: &Node, words: Words, diagnostics: &mut Vec<Diagnostic>) -> Node {
    let kind = match &node.kind {
        Kind::List(items) => {
            Kind::List(items.iter().map(|item| long_form(item, words, diagnostics)).collect())
        }
        Kind::Map(entries) => Kind::Map(
            entries
                .iter()
                .map(|entry| {
                    let value = long_form(&entry.value, words, diagnostics);
                    let value = if entry.key == "Fn::GetAtt" { attribute(value) } else { value };
                    Entry { key: entry.key.clone(), key_span: entry.key_span, value }
                })
                .collect(),
        ),
        Kind::String(text) => match (words, unquoted_boolean(text, node)) {
            (Words::Booleans, Some(value)) => Kind::Bool(value),
            _ => Kind::String(text.clone()),
        },
        other => other.clone(),
    };
    let value = Node::new(kind, node.span);
    match &node.tag {
        Some(tag) => function(tag, value, diagnostics),
        None => value,
    }
}

/// Wraps the value of a short form into the long one.
fn function(tag: &str, value: Node, diagnostics: &mut Vec<Diagnostic>) -> Node {
    let span = value.span;
    let key = match tag {
        "Ref" | "Condition" => tag.to_owned(),
        _ => format!("Fn::{tag}"),
    };
    let is_known = matches!(tag, "Ref" | "Condition") || FUNCTIONS.contains(&tag);
    if !is_known {
        let message = format!("CloudFormation has no short form `!{tag}`");
        let help = match FUNCTIONS.iter().find(|known| known.eq_ignore_ascii_case(tag)) {
            Some(known) => format!("write `!{known}`"),
            None => "run the tool that knows it, and give its output".to_owned(),
        };
        diagnostics.push(Diagnostic::error(codes::UNKNOWN_TAG, span, message).with_help(help));
    }
    let value = if tag == "GetAtt" { attribute(value) } else { value };
    Node::entry(key, value, span)
}

/// Splits `Id.Attribute` at its first dot; anything else stays.
fn attribute(value: Node) -> Node {
    let Some((id, name)) = value.as_str().and_then(|text| text.split_once('.')) else {
        return value;
    };
    let part = |text: &str| Node::string(text, value.span);
    Node::new(Kind::List(vec![part(id), part(name)]), value.span)
}

/// The boolean of YAML 1.1 that a scalar without quotes is. The span of a quoted one holds its quotes, so it is longer than
/// its text.
fn unquoted_boolean(text: &str, node: &Node) -> Option<bool> {
    if node.tag.is_some() || node.span.end - node.span.start != text.len() {
        return None;
    }
    match text {
        "yes" | "Yes" | "YES" | "on" | "On" | "ON" => Some(true),
        "no" | "No" | "NO" | "off" | "Off" | "OFF" => Some(false),
        _ => None,
    }
}
