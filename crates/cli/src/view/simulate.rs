//! What is said about a request.

use std::fmt::Write as _;

use serde::Serialize;
use serde_json::Value;
use stackpass_ground::arn::Arn;
use stackpass_policy::condition::ConditionKey;
use stackpass_policy::evaluate::{Decision, Request};

use super::check::{self, reason};
use super::json;
use crate::error::CliError;
use crate::judge::{LayerKind, Near, Ruling};
use crate::text::{ERROR, HEADING, HINT, clean, paint, wrap};

/// How many statements are named that almost allow it.
const MAX_NEAR: usize = 3;

/// How wide the column of labels is, with its indent.
const LABEL: usize = 11;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RulingView<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a Value>,
    decision: &'static str,
    statements: Vec<check::json::GroundView<'a>>,
    keys: Vec<&'a str>,
    not_allowed_by: Vec<&'a str>,
}

#[derive(Serialize)]
struct ErrorView<'a> {
    id: &'a Value,
    error: &'a str,
}

/// Shows the answer to a person.
pub(crate) fn ruling(request: &Request, ruling: &Ruling<'_>, near: &[Near<'_>]) -> String {
    let resource = request.resource.as_ref().map_or("*", Arn::as_str);
    let (style, headline) = match ruling.decision {
        Some(Decision::Allowed) => (HEADING, "allowed"),
        Some(Decision::ImplicitDeny) if ruling.silent.contains(&&LayerKind::Identity) => {
            (ERROR, "denied: nothing allows it")
        }
        Some(Decision::ImplicitDeny) => (ERROR, "denied: the boundary does not allow it"),
        Some(Decision::ExplicitDeny) => (ERROR, "denied: a statement denies it"),
        None => (ERROR, "not decided: the request does not say enough"),
    };
    let mut text = format!("{}\n", paint(style, headline));
    let mut row = |label: &str, value: &str| {
        let label = format!("  {label:width$}", width = LABEL - 2);
        text.push_str(&wrap(&clean(value), LABEL).replacen(&" ".repeat(LABEL), &label, 1));
    };
    row("action", request.action.as_str());
    row("on", resource);
    for ground in &ruling.statements {
        row("by", &reason::place(ground));
    }
    for layer in &ruling.silent {
        row(
            "because",
            &match layer {
                LayerKind::Identity => "no statement of the policies allows it".to_owned(),
                LayerKind::Boundary(name) => {
                    format!("no statement of the boundary {name} allows it")
                }
            },
        );
    }
    for near in near.iter().take(MAX_NEAR) {
        row("near", &reason::near(near));
    }
    let keys: Vec<&str> = ruling.keys.iter().map(ConditionKey::as_str).collect();
    if !keys.is_empty() {
        let keys = keys.join(", ");
        match ruling.decision {
            Some(_) => row("if", &format!("the request has no {keys}")),
            None => row("on keys", &keys),
        }
    }
    if let (None, Some(key)) = (ruling.decision, ruling.keys.first()) {
        let key = clean(key.as_str());
        let _ = writeln!(text, "\n{}: say what it is: --context {key}=VALUE", paint(HINT, "hint"));
    }
    text
}

/// Writes the answer for a program that asked one request.
pub(crate) fn json(ruling: &Ruling<'_>) -> Result<String, CliError> {
    json::text(&view(None, ruling))
}

/// Writes the answer to a line of requests.
pub(crate) fn line(id: &Value, ruling: &Ruling<'_>) -> String {
    one_line(&view(Some(id), ruling))
}

/// Writes what is wrong with a line of requests.
pub(crate) fn error_line(id: &Value, error: &str) -> String {
    one_line(&ErrorView { id, error })
}

fn one_line(value: &impl Serialize) -> String {
    // Strings, numbers and what came in as JSON can always be written as JSON.
    let mut line = serde_json::to_string(value).unwrap_or_default();
    line.push('\n');
    line
}

fn view<'a>(id: Option<&'a Value>, ruling: &'a Ruling<'_>) -> RulingView<'a> {
    RulingView {
        id,
        decision: match ruling.decision {
            Some(Decision::Allowed) => "allowed",
            Some(Decision::ImplicitDeny) => "implicitDeny",
            Some(Decision::ExplicitDeny) => "explicitDeny",
            None => "depends",
        },
        statements: ruling.statements.iter().map(check::json::ground).collect(),
        keys: ruling.keys.iter().map(ConditionKey::as_str).collect(),
        not_allowed_by: ruling
            .silent
            .iter()
            .map(|layer| match layer {
                LayerKind::Identity => "policies",
                LayerKind::Boundary(name) => name,
            })
            .collect(),
    }
}
