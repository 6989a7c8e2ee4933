//! The journals, as a table or one by one.

use std::fmt::Write as _;

use serde::Serialize;
use stackpass_iam::journal::{Journal, JournalError, Kind, Progress, Status};
use unicode_width::UnicodeWidthStr;

use super::apply::StepView;
use super::changes::{self, Sign};
use super::json;
use crate::error::CliError;
use crate::text::{FAINT, HEADING, WARNING, clean, paint};

#[derive(Serialize)]
struct Answer<'a> {
    version: &'static str,
    journals: Vec<JournalView<'a>>,
    damaged: Vec<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct JournalView<'a> {
    id: &'a str,
    kind: &'static str,
    rollback_of: Option<&'a str>,
    rolled_back_by: Option<String>,
    state: &'static str,
    time: &'a str,
    account: &'a str,
    partition: &'a str,
    endpoint: Option<&'a str>,
    caller: &'a str,
    tool: &'a str,
    title: &'a str,
    steps: Vec<StepView<'a>>,
    failures: Vec<&'a str>,
}

/// A line for each journal, oldest first.
pub(crate) fn table(journals: &[Journal]) -> String {
    let mut rows = vec![["id", "time", "account", "state", "what"].map(str::to_owned)];
    rows.extend(journals.iter().map(|journal| row(journal, journals)));
    let width = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.width()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..5).map(width).collect();
    let mut text = String::new();
    for (index, row) in rows.iter().enumerate() {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            let cell = clean(cell);
            let _ = write!(line, "{cell}{}", " ".repeat(width.saturating_sub(cell.width()) + 2));
        }
        let line = line.trim_end();
        let style = if index == 0 { HEADING } else { anstyle::Style::new() };
        let _ = writeln!(text, "{}", paint(style, line));
    }
    text
}

fn row(journal: &Journal, all: &[Journal]) -> [String; 5] {
    let occasion = &journal.header.occasion;
    let time = occasion.time.get(..16).unwrap_or(&occasion.time).replace('T', " ");
    let mut what = match &journal.header.kind {
        Kind::Apply => occasion.title.clone(),
        Kind::Rollback(id) => format!("rollback of {id}"),
    };
    if let Some(endpoint) = &occasion.endpoint {
        let _ = write!(what, " at {endpoint}");
    }
    let id = journal.id().to_string();
    [id, time, occasion.account.id.clone(), word(&journal.status(all)).to_owned(), what]
}

fn word(status: &Status) -> &'static str {
    match status {
        Status::Unfinished => "unfinished",
        Status::Finished => "done",
        Status::Abandoned => "nothing done",
        Status::RolledBack(_) => "rolled back",
    }
}

/// One journal with its steps.
pub(crate) fn one(journal: &Journal, all: &[Journal]) -> String {
    let occasion = &journal.header.occasion;
    let status = journal.status(all);
    let state = match &status {
        Status::RolledBack(id) => format!("rolled back by {id}"),
        Status::Unfinished => paint(WARNING, word(&status)),
        status => word(status).to_owned(),
    };
    let what = match &journal.header.kind {
        Kind::Apply => "apply".to_owned(),
        Kind::Rollback(id) => format!("rollback of {id}"),
    };
    let account = &occasion.account.id;
    let endpoint = occasion.endpoint.as_ref().map(|it| format!(" at {it}")).unwrap_or_default();
    let rows = [
        ("id", journal.id().to_string()),
        ("what", format!("{what}, {}", occasion.title)),
        ("time", occasion.time.clone()),
        ("account", format!("{account}{endpoint}")),
        ("caller", occasion.caller.clone()),
        ("program", occasion.tool.clone()),
    ];
    let mut text = String::new();
    for (label, value) in rows {
        let _ = writeln!(text, "{} {}", paint(HEADING, format!("{label:8}")), clean(&value));
    }
    let _ = writeln!(text, "{} {state}\n", paint(HEADING, "state   "));
    for (planned, progress) in journal.header.steps.iter().zip(&journal.progress) {
        let sign = Sign::of(planned);
        let sign = paint(sign.style(), sign.text());
        let step = planned.step.to_string();
        let far = paint(FAINT, format!("{:7}", far(progress)));
        let _ = writeln!(text, "  {far} {sign} {}", clean(&step));
    }
    for (step, failure) in &journal.failures {
        text.push_str(&changes::warning(&format!("step {} failed: {failure}", step + 1)));
    }
    text
}

fn far(progress: &Progress) -> &'static str {
    match progress {
        Progress::Todo => "to do",
        Progress::Intended(_) => "begun",
        Progress::Done { .. } => "done",
        Progress::Skipped => "skipped",
    }
}

/// All journals for programs.
pub(crate) fn json(journals: &[Journal], damaged: &[JournalError]) -> Result<String, CliError> {
    answer(journals.iter().map(|journal| view(journal, journals)).collect(), damaged)
}

/// One journal for programs.
pub(crate) fn json_of_one(
    journal: &Journal,
    all: &[Journal],
    damaged: &[JournalError],
) -> Result<String, CliError> {
    answer(vec![view(journal, all)], damaged)
}

fn answer(journals: Vec<JournalView<'_>>, damaged: &[JournalError]) -> Result<String, CliError> {
    let damaged = damaged.iter().map(ToString::to_string).collect();
    json::text(&Answer { version: env!("CARGO_PKG_VERSION"), journals, damaged })
}

fn view<'a>(journal: &'a Journal, all: &[Journal]) -> JournalView<'a> {
    let occasion = &journal.header.occasion;
    let status = journal.status(all);
    let steps = journal.header.steps.iter().zip(&journal.progress);
    JournalView {
        id: journal.id().as_str(),
        kind: match journal.header.kind {
            Kind::Apply => "apply",
            Kind::Rollback(_) => "rollback",
        },
        rollback_of: match &journal.header.kind {
            Kind::Apply => None,
            Kind::Rollback(id) => Some(id.as_str()),
        },
        rolled_back_by: match &status {
            Status::RolledBack(id) => Some(id.to_string()),
            _ => None,
        },
        state: match status {
            Status::Unfinished => "unfinished",
            Status::Finished => "done",
            Status::Abandoned => "nothing-done",
            Status::RolledBack(_) => "rolled-back",
        },
        time: &occasion.time,
        account: &occasion.account.id,
        partition: &occasion.account.partition,
        endpoint: occasion.endpoint.as_deref(),
        caller: &occasion.caller,
        tool: &occasion.tool,
        title: &occasion.title,
        steps: steps.map(|(step, progress)| StepView::new(step, Some(far(progress)))).collect(),
        failures: journal.failures.iter().map(|(_, failure)| failure.as_str()).collect(),
    }
}
