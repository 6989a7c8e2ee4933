//! An apply: its plan, and its end.

use std::fmt::Write as _;

use serde::Serialize;
use stackpass_iam::account::Account;
use stackpass_iam::desired::Desired;
use stackpass_iam::journal::Occasion;
use stackpass_iam::plan::{Plan, Planned};
use stackpass_iam::run::Outcome;

use super::access::{self, Access, AccessView};
use super::changes::{self, Sign};
use super::json;
use super::roles::{self, RoleView};
use crate::error::CliError;
use crate::text::{FAINT, HEADING, clean, count, paint};

/// A plan with all that is shown of it.
pub(crate) struct Shown<'a> {
    /// Where.
    pub(crate) occasion: &'a Occasion,
    /// What is wanted.
    pub(crate) wanted: &'a Desired,
    /// The steps.
    pub(crate) plan: &'a Plan,
    /// The access that comes and goes.
    pub(crate) access: &'a [Access],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer<'a> {
    version: &'static str,
    id: Option<&'a str>,
    account: &'a str,
    title: &'a str,
    state: &'static str,
    steps: Vec<StepView<'a>>,
    access: Vec<AccessView>,
    roles: Vec<RoleView<'a>>,
    notes: Vec<String>,
}

/// A step for programs.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StepView<'a> {
    sign: &'static str,
    action: &'static str,
    text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    progress: Option<&'a str>,
}

impl<'a> StepView<'a> {
    /// The step, and how far it is where that is known.
    pub(crate) fn new(planned: &Planned, progress: Option<&'a str>) -> StepView<'a> {
        StepView {
            sign: Sign::of(planned).text(),
            action: planned.step.action(),
            text: planned.step.to_string(),
            progress,
        }
    }
}

/// The plan for people.
pub(crate) fn plan(shown: &Shown<'_>) -> String {
    let mut text = place(&shown.wanted.account, shown.occasion.endpoint.as_deref());
    if shown.plan.is_empty() {
        text.push_str("nothing to do: IAM holds it already\n");
        return text;
    }
    text.push_str(&changes::steps(&shown.plan.steps));
    text.push_str(&access::text(shown.access));
    text.push('\n');
    text
}

/// Which account a change is about.
pub(crate) fn place(account: &Account, endpoint: Option<&str>) -> String {
    let mut text = format!("{} {}", paint(HEADING, "account"), account.id);
    if let Some(endpoint) = endpoint {
        let _ = write!(text, " {}", paint(FAINT, format!("at {}", clean(endpoint))));
    }
    text.push_str("\n\n");
    text
}

/// What was done, how to take it back, and how to use the roles that are there now.
pub(crate) fn end(shown: &Shown<'_>, outcome: Option<&Outcome>) -> String {
    let mut text = String::new();
    if let Some(Outcome { id: Some(id), done, .. }) = outcome {
        let done = count(*done, "step", "steps");
        let _ = writeln!(text, "\ndone: {done}, journal `{id}`");
        let _ = writeln!(text, "to take it back: stackpass rollback {id}");
    }
    if outcome.is_some() || shown.plan.is_empty() {
        text.push_str(&roles::text(shown.wanted));
    }
    text
}

/// For programs.
pub(crate) fn json(shown: &Shown<'_>, outcome: Option<&Outcome>) -> Result<String, CliError> {
    let id = outcome.and_then(|outcome| outcome.id.as_ref());
    json::text(&Answer {
        version: env!("CARGO_PKG_VERSION"),
        id: id.map(stackpass_iam::desired::ApplyId::as_str),
        account: &shown.wanted.account.id,
        title: &shown.occasion.title,
        state: match outcome {
            _ if shown.plan.is_empty() => "nothing-to-do",
            None => "planned",
            Some(_) => "done",
        },
        steps: shown.plan.steps.iter().map(|it| StepView::new(it, None)).collect(),
        access: access::json(shown.access),
        roles: roles::views(shown.wanted),
        notes: shown.plan.notes.iter().map(ToString::to_string).collect(),
    })
}
