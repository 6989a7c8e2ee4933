//! A rollback: its plan, and its end.

use std::fmt::Write as _;

use serde::Serialize;
use stackpass_iam::journal::{Journal, Progress, Status};
use stackpass_iam::plan::Planned;
use stackpass_iam::run::Outcome;
use stackpass_iam::step::Step;

use super::apply::{StepView, place};
use super::changes;
use super::json;
use crate::error::CliError;
use crate::text::{FAINT, HEADING, HINT, clean, count, paint};

/// The way back, with all that is shown of it.
pub(crate) struct Shown<'a> {
    /// What is taken back.
    pub(crate) journal: &'a Journal,
    /// The steps back.
    pub(crate) steps: &'a [Planned],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer<'a> {
    version: &'static str,
    id: Option<&'a str>,
    rollback_of: &'a str,
    account: &'a str,
    title: &'a str,
    state: &'static str,
    steps: Vec<StepView<'a>>,
}

/// The way back for people.
pub(crate) fn plan(shown: &Shown<'_>) -> String {
    let occasion = &shown.journal.header.occasion;
    let mut text = place(&occasion.account, occasion.endpoint.as_deref());
    let about = format!("({}, {})", occasion.time, clean(&occasion.title));
    let _ = writeln!(
        text,
        "{} {} {}\n",
        paint(HEADING, "rollback of"),
        shown.journal.id(),
        paint(FAINT, about)
    );
    if shown.steps.is_empty() {
        text.push_str("nothing to do: IAM is as it was before\n");
    } else {
        text.push_str(&changes::steps(shown.steps));
    }
    text.push('\n');
    text
}

/// What the apply made and a rollback by force does not delete, since IAM would refuse.
pub(crate) fn left(shown: &Shown<'_>) -> String {
    let is_deleted = |step: &Step| {
        shown.steps.iter().any(|planned| match (&planned.step, step) {
            (Step::DeletePolicy { arn }, Step::CreatePolicy { arn: made, .. }) => arn == made,
            (Step::DeleteRole { name }, Step::CreateRole { name: made, .. }) => name == made,
            _ => false,
        })
    };
    let steps = shown.journal.header.steps.iter().zip(&shown.journal.progress);
    let made = steps.filter(|(_, progress)| matches!(progress, Progress::Done { .. }));
    let left: Vec<String> = made
        .map(|(planned, _)| &planned.step)
        .filter(|step| !is_deleted(step))
        .filter_map(|step| match step {
            Step::CreatePolicy { name, .. } => Some(format!("policy {name}")),
            Step::CreateRole { name, .. } => Some(format!("role {name}")),
            _ => None,
        })
        .collect();
    if left.is_empty() {
        return String::new();
    }
    changes::warning(&format!(
        "{} will not be deleted: it is in use by others, or gone already",
        left.join(", ")
    ))
}

/// What was done.
pub(crate) fn end(shown: &Shown<'_>, outcome: Option<&Outcome>) -> String {
    let Some(outcome) = outcome else { return String::new() };
    let done = count(outcome.done, "step", "steps");
    match &outcome.id {
        Some(id) => format!("\n`{}` is rolled back: {done}, journal `{id}`\n", shown.journal.id()),
        None => format!("`{}` had done nothing; it is closed\n", shown.journal.id()),
    }
}

/// An apply of which nothing is left to take back, and which one comes before it.
pub(crate) fn nothing_left(journal: &Journal, status: &Status, before: Option<&Journal>) -> String {
    let about = |journal: &Journal| {
        let occasion = &journal.header.occasion;
        format!("`{}` ({}, {})", journal.id(), occasion.time, clean(&occasion.title))
    };
    let what = match status {
        Status::RolledBack(id) => format!("is rolled back already, by `{id}`"),
        _ => "did nothing".to_owned(),
    };
    let mut text = format!("the apply {} {what}: nothing was changed\n", about(journal));
    if let Some(before) = before {
        let hint = paint(HINT, "hint:");
        let _ = writeln!(
            text,
            "{hint} the one before it is {}: `stackpass rollback {}` takes that back",
            about(before),
            before.id()
        );
    }
    text
}

/// The same for programs.
pub(crate) fn json_of_nothing(journal: &Journal) -> Result<String, CliError> {
    answer(&Shown { journal, steps: &[] }, None, "nothing-to-do")
}

/// For programs.
pub(crate) fn json(shown: &Shown<'_>, outcome: Option<&Outcome>) -> Result<String, CliError> {
    let state = match outcome {
        None => "planned",
        Some(_) => "rolled-back",
    };
    answer(shown, outcome, state)
}

fn answer(
    shown: &Shown<'_>,
    outcome: Option<&Outcome>,
    state: &'static str,
) -> Result<String, CliError> {
    let occasion = &shown.journal.header.occasion;
    let id = outcome.and_then(|outcome| outcome.id.as_ref());
    json::text(&Answer {
        version: env!("CARGO_PKG_VERSION"),
        id: id.map(stackpass_iam::desired::ApplyId::as_str),
        rollback_of: shown.journal.id().as_str(),
        account: &occasion.account.id,
        title: &occasion.title,
        state,
        steps: shown.steps.iter().map(|it| StepView::new(it, None)).collect(),
    })
}
