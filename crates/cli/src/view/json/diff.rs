//! The answer of `diff`.

use std::collections::BTreeMap;

use serde::Serialize;
use stackpass_ground::arn::ArnPattern;
use stackpass_ground::source::LocatedDiagnostic;
use stackpass_policy::action::ActionPattern;
use stackpass_stacks::need::Phase;

use super::{
    DiagnosticView, GapView, NeedView, StackView, conditions, diagnostic, gap, need, stack,
};
use crate::difference::{Change, Difference, Permission};
use crate::engine::{Derived, data_date};
use crate::error::CliError;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer<'a> {
    version: &'static str,
    data_date: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    old: Option<SideView<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    new: Option<SideView<'a>>,
    added: Vec<ChangeView<'a>>,
    removed: Vec<ChangeView<'a>>,
    added_gaps: Vec<GapView<'a>>,
    removed_gaps: Vec<GapView<'a>>,
    diagnostics: Vec<DiagnosticView<'a>>,
}

#[derive(Serialize)]
struct SideView<'a> {
    stacks: Vec<StackView<'a>>,
    tool: String,
    mode: String,
}

/// A permission with the need behind it, which a change of a policy has not.
#[derive(Serialize)]
struct ChangeView<'a> {
    permission: &'static str,
    risks: Vec<&'static str>,
    phases: Vec<String>,
    action: &'a str,
    #[serde(rename = "butActions", skip_serializing_if = "Vec::is_empty")]
    but_actions: Vec<&'a str>,
    resources: Vec<&'a str>,
    #[serde(rename = "butResources", skip_serializing_if = "Vec::is_empty")]
    but_resources: Vec<&'a str>,
    conditions: BTreeMap<String, BTreeMap<&'a str, Vec<&'a str>>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unless: Vec<BTreeMap<String, BTreeMap<&'a str, Vec<&'a str>>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    need: Option<NeedView<'a>>,
}

/// Writes the answer; the sides are those of inputs, policies have none.
pub(crate) fn diff(
    difference: &Difference<'_>,
    sides: Option<[&Derived; 2]>,
    problems: &[&LocatedDiagnostic],
) -> Result<String, CliError> {
    let [old, new] = match sides {
        Some(sides) => sides.map(|derived| Some(side(derived))),
        None => [None, None],
    };
    super::text(&Answer {
        version: env!("CARGO_PKG_VERSION"),
        data_date: data_date(),
        old,
        new,
        added: difference.added.iter().map(change).collect(),
        removed: difference.removed.iter().map(change).collect(),
        added_gaps: difference.new_gaps.iter().map(|&each| gap(each)).collect(),
        removed_gaps: difference.gone_gaps.iter().map(|&each| gap(each)).collect(),
        diagnostics: problems.iter().map(|&each| diagnostic(each)).collect(),
    })
}

fn side(derived: &Derived) -> SideView<'_> {
    SideView {
        stacks: derived.stacks.iter().map(stack).collect(),
        tool: derived.tool.to_string(),
        mode: derived.mode.to_string(),
    }
}

fn change<'a>(change: &'a Change<'_>) -> ChangeView<'a> {
    ChangeView {
        permission: match change.permission {
            Permission::Differs => "differs",
            Permission::Same => "same",
        },
        risks: change.risks.iter().map(|risk| risk.code()).collect(),
        phases: change.phases.iter().map(Phase::to_string).collect(),
        action: change.grant.action.as_str(),
        but_actions: change.limits.actions.iter().map(ActionPattern::as_str).collect(),
        resources: change.grant.resources.iter().map(ArnPattern::as_str).collect(),
        but_resources: change.limits.resources.iter().map(ArnPattern::as_str).collect(),
        conditions: conditions(&change.grant.conditions),
        unless: change.limits.unless.iter().map(conditions).collect(),
        need: change.need.map(need),
    }
}
