//! The answers of the strategies that grant more than is needed.

use serde::Serialize;
use stackpass_ground::source::LocatedDiagnostic;
use stackpass_stacks::need::Gap;
use stackpass_stacks::services::{Origin, Part, ServiceSet, sets};

use super::{DiagnosticView, GapView, PolicyView, diagnostic, gap, policy, text};
use crate::engine::data_date;
use crate::error::CliError;
use crate::policies::Policy;
use crate::view::finding::Finding;

/// What a strategy answers.
pub(crate) struct Strategy<'a> {
    /// The ARN of the policy of AWS that grants the same, if there is one.
    pub(crate) managed_policy: Option<&'a str>,
    /// The statements with their origin.
    pub(crate) parts: &'a [Part],
    /// The policies.
    pub(crate) policies: &'a [Policy],
    /// What to know about them.
    pub(crate) findings: &'a [Finding],
    /// What could not be worked out of the input.
    pub(crate) gaps: &'a [Gap],
    /// What is wrong with the input.
    pub(crate) problems: &'a [LocatedDiagnostic],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer<'a> {
    version: &'static str,
    data_date: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    managed_policy: Option<&'a str>,
    policies: Vec<PolicyView<'a>>,
    statements: Vec<PartView<'a>>,
    findings: Vec<FindingView<'a>>,
    gaps: Vec<GapView<'a>>,
    diagnostics: Vec<DiagnosticView<'a>>,
}

#[derive(Serialize)]
struct PartView<'a> {
    sid: Option<&'a str>,
    origin: &'static str,
    set: Option<&'static str>,
    services: Vec<&'a str>,
    reason: Option<&'static str>,
}

#[derive(Serialize)]
struct FindingView<'a> {
    code: &'a str,
    about: &'a [String],
    message: &'a str,
    help: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Listing {
    version: &'static str,
    data_date: &'static str,
    sets: Vec<SetView>,
    services: Vec<&'static str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SetView {
    name: &'static str,
    other_names: Vec<&'static str>,
    services: Vec<&'static str>,
    meaning: &'static str,
}

/// Writes the answer of a strategy.
pub(crate) fn strategy(strategy: &Strategy<'_>) -> Result<String, CliError> {
    let policies: Result<Vec<_>, _> = strategy.policies.iter().map(policy).collect();
    text(&Answer {
        version: env!("CARGO_PKG_VERSION"),
        data_date: data_date(),
        managed_policy: strategy.managed_policy,
        policies: policies?,
        statements: strategy.parts.iter().map(part).collect(),
        findings: strategy.findings.iter().map(finding).collect(),
        gaps: strategy.gaps.iter().map(gap).collect(),
        diagnostics: strategy.problems.iter().map(diagnostic).collect(),
    })
}

/// Writes all sets and all services.
pub(crate) fn service_sets(services: Vec<&'static str>) -> Result<String, CliError> {
    text(&Listing {
        version: env!("CARGO_PKG_VERSION"),
        data_date: data_date(),
        sets: sets().map(set).collect(),
        services,
    })
}

fn set(set: ServiceSet) -> SetView {
    SetView {
        name: set.name(),
        other_names: set.other_names().collect(),
        services: set.services().collect(),
        meaning: set.meaning(),
    }
}

fn part(part: &Part) -> PartView<'_> {
    let (origin, set, reason) = match part.origin {
        Origin::Stacks => ("stacks", None, None),
        Origin::Set(set) => ("set", Some(set.name()), None),
        Origin::Service => ("service", None, None),
        Origin::Plumbing(reason) => ("plumbing", None, Some(reason)),
        Origin::Rest(_) => ("needs", None, None),
    };
    let mut services: Vec<&str> = part
        .statement
        .actions
        .value()
        .iter()
        .map(stackpass_policy::action::ActionPattern::service)
        .collect();
    services.dedup();
    let sid = part.statement.sid.as_ref().map(stackpass_policy::statement::Sid::as_str);
    PartView { sid, origin, set, services, reason }
}

fn finding(finding: &Finding) -> FindingView<'_> {
    FindingView {
        code: finding.code.as_str(),
        about: &finding.about,
        message: &finding.message,
        help: finding.help.as_deref(),
    }
}
