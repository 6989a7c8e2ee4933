//! The answer for programs, one JSON object. The shape is stable: fields are added, never renamed or removed.

mod diff;
mod strategies;

use serde::Serialize;
use serde_json::value::RawValue;
use std::collections::BTreeMap;

use stackpass_ground::arn::ArnPattern;
use stackpass_ground::source::{LocatedDiagnostic, Severity};
use stackpass_policy::action::Action;
use stackpass_policy::condition::Conditions;
use stackpass_policy::document::Document;
use stackpass_policy::render::{Format, Layout, NamedDocument, render};
use stackpass_stacks::need::{Gap, Need, Place, ResourceRef};
use stackpass_stacks::policies::Unscoped;

use super::{how, scoping};
use crate::engine::{StackFacts, data_date};
use crate::error::{CliError, Kind};
use crate::policies::Policy;
use crate::report::Report;

pub(crate) use diff::diff;
pub(crate) use strategies::{Strategy, service_sets, strategy};

/// How deep a policy stands in the object.
const POLICY_DEPTH: usize = 3;

/// The answer of `generate`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer<'a, Extra> {
    version: &'static str,
    data_date: &'static str,
    stacks: Vec<StackView<'a>>,
    tool: String,
    mode: String,
    policies: Vec<PolicyView<'a>>,
    needs: Vec<NeedView<'a>>,
    gaps: Vec<GapView<'a>>,
    findings: Vec<FindingView<'a>>,
    diagnostics: Vec<DiagnosticView<'a>>,
    #[serde(flatten)]
    extra: Option<&'a Extra>,
}

/// The answer of `why`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WhyAnswer<'a> {
    version: &'static str,
    data_date: &'static str,
    action: &'a str,
    needs: Vec<NeedView<'a>>,
    gaps: Vec<GapView<'a>>,
    diagnostics: Vec<DiagnosticView<'a>>,
}

/// The answer of commands that cannot use their policies.
#[derive(Serialize)]
struct Unusable<'a> {
    version: &'static str,
    diagnostics: Vec<DiagnosticView<'a>>,
}

#[derive(Serialize)]
pub(super) struct StackView<'a> {
    name: Option<&'a str>,
    source: &'a str,
    resources: usize,
    account: Option<&'a str>,
    region: Option<&'a str>,
}

#[derive(Serialize)]
struct PolicyView<'a> {
    who: String,
    name: &'a str,
    characters: usize,
    quota: usize,
    document: Box<RawValue>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct NeedView<'a> {
    who: String,
    phase: String,
    action: &'a str,
    resources: Vec<&'a str>,
    conditions: BTreeMap<String, BTreeMap<&'a str, Vec<&'a str>>>,
    hardness: String,
    scoping: String,
    stack: &'a str,
    logical_id: Option<&'a str>,
    resource_type: Option<&'a str>,
    property: Option<&'a str>,
    #[serde(flatten)]
    place: PlaceView<'a>,
    evidence: &'a [String],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct GapView<'a> {
    code: &'a str,
    stack: &'a str,
    logical_id: Option<&'a str>,
    resource_type: Option<&'a str>,
    message: &'a str,
    help: String,
    #[serde(flatten)]
    place: PlaceView<'a>,
}

#[derive(Serialize)]
struct FindingView<'a> {
    code: String,
    actions: Vec<&'a str>,
    message: &'a str,
    help: Option<&'a str>,
}

#[derive(Serialize)]
pub(super) struct DiagnosticView<'a> {
    code: &'a str,
    severity: &'static str,
    message: &'a str,
    help: Option<&'a str>,
    #[serde(flatten)]
    place: PlaceView<'a>,
}

#[derive(Serialize)]
struct PlaceView<'a> {
    file: &'a str,
    line: usize,
    column: usize,
}

/// Writes the answer of `generate`.
pub(crate) fn answer(report: &Report<'_>) -> Result<String, CliError> {
    whole::<()>(report, None)
}

/// Writes the answer of `generate` with further fields.
pub(crate) fn answer_with(report: &Report<'_>, extra: &impl Serialize) -> Result<String, CliError> {
    whole(report, Some(extra))
}

fn whole<Extra: Serialize>(report: &Report<'_>, extra: Option<&Extra>) -> Result<String, CliError> {
    let derived = report.derived;
    let policies: Result<Vec<_>, _> = report.policies.iter().map(policy).collect();
    text(&Answer {
        version: env!("CARGO_PKG_VERSION"),
        data_date: data_date(),
        stacks: derived.stacks.iter().map(stack).collect(),
        tool: derived.tool.to_string(),
        mode: derived.mode.to_string(),
        policies: policies?,
        needs: report.needs.iter().map(|&each| need(each)).collect(),
        gaps: report.gaps().iter().map(gap).collect(),
        findings: report.unscoped.iter().map(finding).collect(),
        diagnostics: derived.problems.iter().map(diagnostic).collect(),
        extra,
    })
}

/// Writes the answer of `why`.
pub(crate) fn why(
    action: &str,
    needs: &[&Need],
    gaps: &[Gap],
    problems: &[LocatedDiagnostic],
) -> Result<String, CliError> {
    text(&WhyAnswer {
        version: env!("CARGO_PKG_VERSION"),
        data_date: data_date(),
        action,
        needs: needs.iter().map(|&each| need(each)).collect(),
        gaps: gaps.iter().map(gap).collect(),
        diagnostics: problems.iter().map(diagnostic).collect(),
    })
}

/// Writes what is wrong with the input of a command that has no answer because of it.
pub(crate) fn diagnostics(problems: &[LocatedDiagnostic]) -> Result<String, CliError> {
    text(&Unusable {
        version: env!("CARGO_PKG_VERSION"),
        diagnostics: problems.iter().map(diagnostic).collect(),
    })
}

/// Any answer, with its last line ended.
pub(crate) fn text(value: &impl Serialize) -> Result<String, CliError> {
    let mut text = serde_json::to_string_pretty(value).map_err(bug)?;
    text.push('\n');
    Ok(text)
}

pub(super) fn bug(cause: serde_json::Error) -> CliError {
    CliError::new(Kind::Unexpected, "cannot write the answer as JSON").caused_by(cause)
}

pub(super) fn stack(stack: &StackFacts) -> StackView<'_> {
    StackView {
        name: stack.name.as_deref(),
        source: &stack.source,
        resources: stack.resources,
        account: stack.account.as_deref(),
        region: stack.region.as_deref(),
    }
}

fn policy(policy: &Policy) -> Result<PolicyView<'_>, CliError> {
    Ok(PolicyView {
        who: policy.owner.to_string(),
        name: &policy.name,
        characters: policy.characters,
        quota: policy.quota,
        document: document(&policy.document, POLICY_DEPTH)?,
    })
}

/// The policy exactly as it is written alone, but indented by so many steps: JSON has no line breaks inside of strings.
pub(crate) fn document(document: &Document, depth: usize) -> Result<Box<RawValue>, CliError> {
    let alone = NamedDocument { name: String::new(), document: document.clone() };
    let text = render(&[alone], Format::Json { layout: Layout::Pretty });
    let indent = format!("\n{}", "  ".repeat(depth));
    RawValue::from_string(text.trim_end().replace('\n', &indent)).map_err(bug)
}

pub(super) fn need(need: &Need) -> NeedView<'_> {
    let (logical_id, resource_type) = resource(need.why.resource.as_ref());
    NeedView {
        who: need.who.to_string(),
        phase: need.phase.to_string(),
        action: need.action.as_str(),
        resources: need.resources.iter().map(ArnPattern::as_str).collect(),
        conditions: conditions(&need.conditions),
        hardness: need.hardness.to_string(),
        scoping: need.scoping.to_string(),
        stack: &need.why.stack,
        logical_id,
        resource_type,
        property: need.why.property.as_deref(),
        place: place(&need.why.place),
        evidence: &need.why.evidence,
    }
}

fn conditions(conditions: &Conditions) -> BTreeMap<String, BTreeMap<&str, Vec<&str>>> {
    let mut map: BTreeMap<String, BTreeMap<&str, Vec<&str>>> = BTreeMap::new();
    for (operator, key, values) in conditions.iter() {
        let values = values.iter().map(String::as_str).collect();
        map.entry(operator.to_string()).or_default().insert(key.as_str(), values);
    }
    map
}

pub(super) fn gap(gap: &Gap) -> GapView<'_> {
    let (logical_id, resource_type) = resource(gap.resource.as_ref());
    GapView {
        code: gap.code.as_str(),
        stack: &gap.stack,
        logical_id,
        resource_type,
        message: &gap.message,
        help: how::told(&gap.help),
        place: place(&gap.place),
    }
}

fn finding(unscoped: &Unscoped) -> FindingView<'_> {
    FindingView {
        code: unscoped.scoping.to_string(),
        actions: unscoped.actions.iter().map(Action::as_str).collect(),
        message: unscoped.message,
        help: scoping::help(&unscoped.scoping),
    }
}

pub(super) fn diagnostic(problem: &LocatedDiagnostic) -> DiagnosticView<'_> {
    let diagnostic = &problem.diagnostic;
    let position = problem.source.position(diagnostic.span.start);
    DiagnosticView {
        code: diagnostic.code.as_str(),
        severity: match diagnostic.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        },
        message: &diagnostic.message,
        help: diagnostic.help.as_deref(),
        place: PlaceView {
            file: problem.source.name(),
            line: position.line,
            column: position.column,
        },
    }
}

fn resource(resource: Option<&ResourceRef>) -> (Option<&str>, Option<&str>) {
    match resource {
        Some(resource) => (Some(&resource.logical_id), Some(&resource.resource_type)),
        None => (None, None),
    }
}

fn place(place: &Place) -> PlaceView<'_> {
    PlaceView { file: &place.file, line: place.position.line, column: place.position.column }
}
