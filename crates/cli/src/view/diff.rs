//! What a change adds and removes, for people.

pub(crate) mod markdown;

use std::collections::BTreeSet;
use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use stackpass_ground::arn::ArnPattern;
use stackpass_policy::compare::Actions;
use stackpass_stacks::need::{Gap, Phase};

use super::how;
use super::why::conditions;
use crate::difference::{Change, Difference, Permission, Risk};
use crate::text::{FAINT, HEADING, WARNING, clean, count, paint, thousands, wrap};

/// What comes.
const ADDED: Style = AnsiColor::Green.on_default();
/// What goes.
const REMOVED: Style = AnsiColor::Red.on_default();

/// How wide the column of labels is, with its indent.
const LABEL: usize = 10;

/// Shows all changes, one paragraph each; nothing if there are none.
pub(crate) fn diff(difference: &Difference<'_>) -> String {
    let mut text = String::new();
    section(&mut text, "Added", (ADDED, '+'), &difference.added);
    section(&mut text, "Removed", (REMOVED, '-'), &difference.removed);
    gap_section(&mut text, "New gaps", (ADDED, '+'), &difference.new_gaps);
    gap_section(&mut text, "Gaps that are closed", (REMOVED, '-'), &difference.gone_gaps);
    text
}

/// All in one sentence.
pub(crate) fn summary(difference: &Difference<'_>) -> String {
    if difference.is_empty() {
        return "no difference".to_owned();
    }
    let Difference { added, removed, new_gaps, gone_gaps } = difference;
    let mut parts = Vec::new();
    let side = |changes: &[Change<'_>], verb: &str, of: &str| {
        let permissions = Difference::permissions(changes);
        let all = changes.len();
        match (all, permissions) {
            (0, _) => format!("nothing {verb}"),
            (all, 0) => format!("{} {verb}, none {of}", thousands(all)),
            (all, some) if some == all => format!("{} {verb}", thousands(all)),
            (all, some) => format!("{} {verb}, {} {of}", thousands(all), thousands(some)),
        }
    };
    if !(added.is_empty() && removed.is_empty()) {
        parts.push(side(added, "added", "of them a new permission"));
        parts.push(side(removed, "removed", "of them a permission that is no longer needed"));
    }
    if !new_gaps.is_empty() {
        parts.push(count(new_gaps.len(), "new gap", "new gaps"));
    }
    if !gone_gaps.is_empty() {
        parts.push(count(gone_gaps.len(), "gap closed", "gaps closed"));
    }
    parts.join("; ")
}

/// The new permissions that deserve a look, by what is to be feared.
pub(crate) fn risks(difference: &Difference<'_>) -> Vec<(Risk, usize)> {
    [Risk::PassesRole, Risk::ManagesPermissions, Risk::AnyResource]
        .into_iter()
        .map(|risk| {
            let is_risky = |change: &&Change<'_>| {
                change.permission == Permission::Differs && change.risks.contains(&risk)
            };
            (risk, difference.added.iter().filter(is_risky).count())
        })
        .filter(|(_, number)| *number > 0)
        .collect()
}

/// The same as a warning.
pub(crate) fn warning(difference: &Difference<'_>) -> String {
    let risks = risks(difference);
    if risks.is_empty() {
        return String::new();
    }
    let parts: Vec<String> = risks
        .iter()
        .map(|(risk, number)| format!("{} {}", thousands(*number), risk.meaning()))
        .collect();
    let sentence = wrap(&format!("warning: of what is new, {}", parts.join(", ")), 0);
    sentence.replacen("warning", &paint(WARNING, "warning"), 1)
}

fn section(text: &mut String, title: &str, mark: (Style, char), changes: &[Change<'_>]) {
    if changes.is_empty() {
        return;
    }
    start(text, title, changes.len());
    for change in changes {
        text.push_str(&paragraph(mark, change));
    }
}

fn gap_section(text: &mut String, title: &str, (style, mark): (Style, char), gaps: &[&Gap]) {
    if gaps.is_empty() {
        return;
    }
    start(text, title, gaps.len());
    for gap in gaps {
        let _ = writeln!(text, "\n{}", paint(style, format!("{mark} {}", gap.code)));
        if let Some(resource) = &gap.resource {
            let name = format!("{} ({})", resource.logical_id, resource.resource_type);
            text.push_str(&row("for", &clean(&name)));
        }
        text.push_str(&row("at", &clean(&gap.place.to_string())));
        text.push_str(&row("what", &clean(&gap.message)));
        text.push_str(&row("help", &clean(&how::told(&gap.help))));
    }
}

fn start(text: &mut String, title: &str, number: usize) {
    text.push_str(if text.is_empty() { "" } else { "\n" });
    let _ = writeln!(text, "{}: {}", paint(HEADING, title), thousands(number));
}

fn paragraph((style, mark): (Style, char), change: &Change<'_>) -> String {
    let mut text = format!("\n{}", paint(style, format!("{mark} {}", clean(&action(change)))));
    if change.permission == Permission::Same {
        let other = if mark == '+' { "needed before" } else { "still needed" };
        let _ = write!(text, " {}", paint(FAINT, format!("({other}, for another reason)")));
    }
    if !change.risks.is_empty() {
        let risks: Vec<&str> = change.risks.iter().map(|risk| risk.meaning()).collect();
        let _ = write!(text, " {}", paint(WARNING, format!("! {}", risks.join(", "))));
    }
    text.push('\n');
    if let Some(need) = change.need {
        let who = format!("{}, to {}", need.who, phases(change).join(", "));
        text.push_str(&row("who", &who));
        text.push_str(&row("for", &clean(&reason(change))));
        text.push_str(&row("at", &clean(&need.why.place.to_string())));
    }
    let resources: Vec<&str> = change.grant.resources.iter().map(ArnPattern::as_str).collect();
    text.push_str(&row("on", &clean(&resources.join(", "))));
    for condition in conditions(&change.grant.conditions) {
        text.push_str(&row("if", &clean(&condition)));
    }
    for limit in change.limits.lines() {
        text.push_str(&row("", &clean(&limit)));
    }
    text
}

/// The action, and what is left out of it.
fn action(change: &Change<'_>) -> String {
    let patterns = BTreeSet::from([change.grant.action.clone()]);
    Actions { patterns, but: change.limits.actions.clone() }.to_string()
}

fn phases(change: &Change<'_>) -> Vec<String> {
    change.phases.iter().map(Phase::to_string).collect()
}

/// The resource and property that a change is for, with the stack if it is known.
fn reason(change: &Change<'_>) -> String {
    let Some(need) = change.need else { return String::new() };
    let stack = match need.why.stack.as_str() {
        "*" => String::new(),
        stack => format!(" in {stack}"),
    };
    let property =
        need.why.property.as_ref().map_or_else(String::new, |property| format!(", {property}"));
    match &need.why.resource {
        Some(resource) => {
            format!("{} ({}){property}{stack}", resource.logical_id, resource.resource_type)
        }
        None => format!("the deployment itself{property}{stack}"),
    }
}

/// A labeled value, on as many lines as it takes.
fn row(label: &str, value: &str) -> String {
    let label = format!("    {label:width$}", width = LABEL - 4);
    wrap(value, LABEL).replacen(&" ".repeat(LABEL), &label, 1)
}

#[cfg(test)]
mod tests;
