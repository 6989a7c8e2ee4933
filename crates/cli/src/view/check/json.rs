//! The answer of `stackpass check` for programs. The shape is stable: fields are added, never renamed or removed.

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::value::RawValue;
use stackpass_ground::arn::ArnPattern;
use stackpass_policy::compare::Extent;
use stackpass_stacks::need::Phase;

use super::{CheckReport, Section};
use crate::coverage::{Checked, Lack, Mend};
use crate::engine::data_date;
use crate::error::CliError;
use crate::judge::{Ground, LayerKind};
use crate::unused::{Needed, Unused};
use crate::view::json::{
    DiagnosticView, GapView, NeedView, StackView, diagnostic, document, gap, need, stack, text,
};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer<'a> {
    version: &'static str,
    data_date: &'static str,
    stacks: Vec<StackView<'a>>,
    tool: String,
    mode: String,
    sides: Vec<SideView<'a>>,
    uncovered: Vec<LackView<'a>>,
    mends: Vec<MendView<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unused: Option<Vec<UnusedView<'a>>>,
    unchecked: Vec<UncheckedView>,
    gaps: Vec<GapView<'a>>,
    diagnostics: Vec<DiagnosticView<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SideView<'a> {
    who: String,
    policies: Vec<&'a str>,
    boundaries: Vec<&'a str>,
    needs: usize,
    uncovered: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LackView<'a> {
    #[serde(flatten)]
    need: NeedView<'a>,
    phases: Vec<String>,
    /// `missing`, `denied`, `open` or `soft`.
    kind: &'static str,
    /// `none`, `part`, `open` or `denied`.
    extent: &'static str,
    left: Vec<&'a str>,
    boundary: Option<&'a str>,
    /// The boundary that the role or user must have, if that would be enough.
    #[serde(skip_serializing_if = "Option::is_none")]
    must_have_boundary: Option<&'a str>,
    statements: Vec<GroundView<'a>>,
}

#[derive(Serialize)]
struct MendView<'a> {
    who: String,
    boundary: Option<&'a str>,
    documents: Vec<Box<RawValue>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct UnusedView<'a> {
    who: String,
    #[serde(flatten)]
    statement: GroundView<'a>,
    whole: bool,
    actions: Vec<SurplusView<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SurplusView<'a> {
    action: &'a str,
    resources: Vec<&'a str>,
    needed_on: Vec<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    needed_actions: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    all_actions: Option<usize>,
}

#[derive(Serialize)]
struct UncheckedView {
    who: String,
    needs: usize,
}

/// A statement of a policy.
#[derive(Serialize)]
pub(crate) struct GroundView<'a> {
    policy: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<&'a str>,
    sid: Option<&'a str>,
    index: usize,
    line: Option<usize>,
}

/// Writes the answer.
pub(crate) fn answer(report: &CheckReport<'_>) -> Result<String, CliError> {
    let derived = report.derived;
    let lacks = report.checked.iter().flat_map(|it| &it.lacks);
    let mends: Result<Vec<_>, _> = report.mends.iter().map(mend).collect();
    let problems = derived.problems.iter().chain(report.problems);
    text(&Answer {
        version: env!("CARGO_PKG_VERSION"),
        data_date: data_date(),
        stacks: derived.stacks.iter().map(stack).collect(),
        tool: derived.tool.to_string(),
        mode: derived.mode.to_string(),
        sides: report.checked.iter().map(side).collect(),
        uncovered: lacks.map(lack).collect(),
        mends: mends?,
        unused: report.unused.as_ref().map(|unused| unused.iter().map(surplus).collect()),
        unchecked: report
            .unchecked
            .iter()
            .map(|(who, needs)| UncheckedView { who: who.to_string(), needs: *needs })
            .collect(),
        gaps: derived.needs.gaps.iter().map(gap).collect(),
        diagnostics: problems.map(diagnostic).collect(),
    })
}

fn side<'a>(checked: &Checked<'a>) -> SideView<'a> {
    let layers = checked.side.layers.iter();
    let names = |is_boundary: bool| {
        let names = layers
            .clone()
            .filter(|layer| (layer.kind != LayerKind::Identity) == is_boundary)
            .flat_map(|layer| layer.policies.iter().map(|it| it.name.as_str()));
        names.collect()
    };
    let needs = checked.lacks.iter().map(|lack| std::ptr::from_ref(lack.need));
    SideView {
        who: checked.side.holder.to_string(),
        policies: names(false),
        boundaries: names(true),
        needs: checked.needs,
        uncovered: needs.collect::<BTreeSet<_>>().len(),
    }
}

fn lack<'a>(lack: &'a Lack<'_>) -> LackView<'a> {
    LackView {
        need: need(lack.need),
        phases: lack.phases.iter().map(Phase::to_string).collect(),
        kind: match Section::of(lack) {
            Section::Soft => "soft",
            Section::Open => "open",
            Section::Denied => "denied",
            Section::Missing => "missing",
        },
        extent: match lack.extent {
            Extent::Covered => "covered",
            Extent::Open => "open",
            Extent::Part => "part",
            Extent::None => "none",
            Extent::Denied => "denied",
        },
        left: lack.resources.iter().map(|it| it.as_str()).collect(),
        boundary: boundary(&lack.layer.kind),
        must_have_boundary: lack.unbound.as_deref(),
        statements: lack.grounds().iter().map(ground).collect(),
    }
}

fn mend<'a>(mend: &Mend<'a>) -> Result<MendView<'a>, CliError> {
    let documents: Result<Vec<_>, _> = mend.documents.iter().map(|it| document(it, 4)).collect();
    Ok(MendView {
        who: mend.side.holder.to_string(),
        boundary: boundary(&mend.layer.kind),
        documents: documents?,
    })
}

fn boundary(kind: &LayerKind) -> Option<&str> {
    match kind {
        LayerKind::Identity => None,
        LayerKind::Boundary(name) => Some(name),
    }
}

fn surplus<'a>(unused: &'a Unused<'_>) -> UnusedView<'a> {
    let view = |it: &'a crate::unused::Surplus| {
        let (needed_on, needed, all) = match &it.needed {
            Needed::Nothing => (Vec::new(), None, None),
            Needed::On(on) => (on.iter().map(ArnPattern::as_str).collect(), None, None),
            Needed::Actions { needed, all } => (Vec::new(), Some(*needed), Some(*all)),
        };
        SurplusView {
            action: it.action.as_str(),
            resources: it.resources.iter().map(ArnPattern::as_str).collect(),
            needed_on,
            needed_actions: needed,
            all_actions: all,
        }
    };
    UnusedView {
        who: unused.holder.to_string(),
        statement: ground(&unused.ground),
        whole: unused.is_whole,
        actions: unused.surplus.iter().map(view).collect(),
    }
}

/// Writes where a statement stands.
pub(crate) fn ground<'a>(ground: &Ground<'a>) -> GroundView<'a> {
    GroundView {
        policy: &ground.policy.name,
        key: ground.policy.key.as_deref(),
        sid: ground.sid(),
        index: ground.index,
        line: ground.line(),
    }
}
