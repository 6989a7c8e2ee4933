//! What a person reads about a service role: how it may be left, which resources it will be refused, how to deploy with it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use stackpass_policy::statement::Statement;
use stackpass_stacks::deployment::Tool;
use stackpass_stacks::need::ResourceRef;
use stackpass_stacks::service_role::{Carried, Closing, Finding, Weight, policy_arn, role_arn};

use super::{Boundary, BoundaryChoice, ServiceRole};
use crate::args::PolicyFormat;
use crate::text::{HEADING, HINT, WARNING, clean, count, list, paint, wrap};
use crate::view::how;

/// How many resources are shown one by one.
const MAX_SHOWN: usize = 12;

/// Everything there is to say. How to go on stands last.
pub(super) fn talk(role: &ServiceRole<'_>, format: PolicyFormat) -> String {
    let mut text = String::from("\n");
    text.push_str(&escalations(role));
    text.push_str(&notes(role));
    if let Some(boundary) = &role.boundary {
        text.push_str(&refused(boundary));
        text.push_str(&left_out(boundary));
    }
    text.push_str(&next(role, format));
    text
}

/// Whether the boundary closes what a finding tells of.
///
/// The conditions in the executor policy do that for what asks for a boundary, whatever the boundary itself says. A boundary
/// that exists was not read, so that nothing is said of its statements.
pub(super) fn is_closed(role: &ServiceRole<'_>, finding: &Finding) -> bool {
    let Some(boundary) = &role.boundary else { return false };
    let by_policy =
        |closing: &Closing| matches!(closing, Closing::RequireBoundary | Closing::KeepBoundaries);
    !finding.closed_by.is_empty()
        && (boundary.choice == BoundaryChoice::Generate || finding.closed_by.iter().all(by_policy))
}

/// The statements that the findings name, by Sid.
pub(super) fn closings(role: &ServiceRole<'_>) -> BTreeMap<&'static str, Statement> {
    let of_role = role_arn(None, None, &role.name);
    let boundary = match &role.boundary {
        Some(boundary) => boundary.arn.clone(),
        None => policy_arn(None, None, &format!("{}-boundary", role.name)),
    };
    let named = role.findings.iter().flat_map(|finding| finding.closed_by);
    named.map(|closing| (closing.sid(), closing.statement(&of_role, &boundary))).collect()
}

fn escalations(role: &ServiceRole<'_>) -> String {
    let (closed, open): (Vec<&Finding>, Vec<&Finding>) = role
        .findings
        .iter()
        .filter(|finding| finding.weight == Weight::Escalation)
        .partition(|finding| is_closed(role, finding));
    let mut text = String::new();
    if !closed.is_empty() {
        let codes: Vec<&str> = closed.iter().map(|finding| finding.code.as_str()).collect();
        let _ = writeln!(text, "{}: closed by the boundary", paint(HEADING, "Ways out"));
        text.push_str(&list(&codes, 2));
        text.push('\n');
    }
    if open.is_empty() {
        return text;
    }
    let number = count(open.len(), "way", "ways");
    let _ = writeln!(text, "{}: {number} out of the role", paint(WARNING, "Warning"));
    for finding in &open {
        text.push_str(&one(finding));
    }
    let can_close = open.iter().any(|finding| !finding.closed_by.is_empty());
    if can_close && role.boundary.is_none() {
        let hint = "hint: `--boundary generate` makes a boundary with the statements named here";
        text.push_str(&wrap(hint, 2).replacen("hint:", &paint(HINT, "hint:"), 1));
    }
    text.push('\n');
    text
}

fn notes(role: &ServiceRole<'_>) -> String {
    let mut text = format!("{}\n", paint(HEADING, "To know"));
    for finding in role.findings.iter().filter(|finding| finding.weight == Weight::Note) {
        text.push_str(&one(finding));
    }
    if role.shown_tool == Some(Tool::Cdk) {
        let sentence = "the app names roles of the bootstrap stack, which this caller may not assume: the CDK tells so and goes on with the caller's own credentials";
        text.push_str(&wrap(&format!("own-credentials: {sentence}"), 2));
        let help = "help: `CliCredentialsStackSynthesizer` in the app names none from the start";
        text.push_str(&wrap(help, 6).replacen("help:", &paint(HINT, "help:"), 1));
    }
    text.push('\n');
    text
}

fn one(finding: &Finding) -> String {
    let mut text = wrap(&format!("{}: {}", finding.code, finding.message), 2);
    let actions: Vec<&str> = finding.actions.iter().map(String::as_str).collect();
    if !actions.is_empty() {
        text.push_str(&list(&actions, 6));
    }
    if !finding.resources.is_empty() {
        text.push_str(&wrap(&format!("asked for by {}", names(&finding.resources)), 6));
    }
    let sids: Vec<&str> = finding.closed_by.iter().map(|closing| closing.sid()).collect();
    let closed_by = if sids.is_empty() { String::new() } else { format!(" ({})", sids.join(", ")) };
    let help = wrap(&format!("help: {}{closed_by}", how::told(&finding.help)), 6);
    text.push_str(&help.replacen("help:", &paint(HINT, "help:"), 1));
    text
}

fn names(resources: &BTreeSet<ResourceRef>) -> String {
    let mut ids: Vec<String> =
        resources.iter().map(|resource| clean(&resource.logical_id).into_owned()).collect();
    ids.sort();
    ids.dedup();
    let more = ids.len().saturating_sub(MAX_SHOWN);
    ids.truncate(MAX_SHOWN);
    let ids = ids.join(", ");
    if more == 0 { ids } else { format!("{ids} and {more} more") }
}

/// Roles and users that CloudFormation will not be allowed to make.
fn refused(boundary: &Boundary) -> String {
    if boundary.unbounded.is_empty() {
        return String::new();
    }
    let number = count(boundary.unbounded.len(), "principal", "principals");
    let mut text = format!("{}: {number} without the boundary\n", paint(WARNING, "Refused"));
    text.push_str(&wrap("CloudFormation may not make them before they set it:", 2));
    let mut by_reason: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for principal in &boundary.unbounded {
        let reason = match &principal.carried {
            Carried::None => "none set".to_owned(),
            Carried::Other(arn) => format!("`{}` set", clean(arn)),
            Carried::Unknown => "not known which one is set".to_owned(),
        };
        let ids = by_reason.entry(reason).or_default();
        ids.insert(clean(&principal.resource.logical_id).into_owned());
    }
    for (reason, ids) in &by_reason {
        text.push_str(&wrap(&format!("{reason}:"), 4));
        text.push_str(&list(&ids.iter().map(String::as_str).collect::<Vec<_>>(), 6));
    }
    let name = boundary.name.rsplit('/').next().unwrap_or_default();
    let help = format!(
        "help: set `PermissionsBoundary` on them: in a CDK app, `\"@aws-cdk/core:permissionsBoundary\": {{\"name\": \"{name}\"}}` in the context of cdk.json, or `PermissionsBoundary.of(app).apply(...)`; in a SAM template, `PermissionsBoundary` under `Globals.Function`"
    );
    text.push_str(&wrap(&help, 4).replacen("help:", &paint(HINT, "help:"), 1));
    text.push('\n');
    text
}

/// Roles of the template that are allowed more than the boundary.
fn left_out(boundary: &Boundary) -> String {
    if boundary.beyond.is_empty() {
        return String::new();
    }
    let number = count(boundary.beyond.len(), "resource allows", "resources allow");
    let mut text =
        format!("{}: {number} what the boundary leaves out\n", paint(WARNING, "Left out"));
    for (resource, actions) in boundary.beyond.iter().take(MAX_SHOWN) {
        let actions: Vec<_> = actions.iter().map(|action| clean(action)).collect();
        let id = clean(&resource.logical_id);
        text.push_str(&wrap(&format!("{id}: {}", actions.join(", ")), 2));
    }
    if let Some(more) = boundary.beyond.len().checked_sub(MAX_SHOWN).filter(|more| *more > 0) {
        let _ = writeln!(text, "  ... and {more} more");
    }
    let help = "help: if their code needs it, add it to the boundary for these resources only";
    text.push_str(&wrap(help, 4).replacen("help:", &paint(HINT, "help:"), 1));
    text.push('\n');
    text
}

fn next(role: &ServiceRole<'_>, format: PolicyFormat) -> String {
    let mut text = format!("{} with the role\n", paint(HEADING, "Deploy"));
    for command in commands(role) {
        let _ = writeln!(text, "  {command}");
    }
    let mut hint = |hint: &str| {
        text.push_str(&wrap(&format!("hint: {hint}"), 0).replacen(
            "hint:",
            &paint(HINT, "hint:"),
            1,
        ));
    };
    if !role.has_account {
        hint("`--account ID` names the account, in the commands and in the policies");
    }
    if format == PolicyFormat::CloudFormation {
        hint(
            "a stack of this template needs `--capabilities CAPABILITY_NAMED_IAM`, since the role has a name",
        );
    }
    if let Some(Boundary {
        choice: BoundaryChoice::Name(_) | BoundaryChoice::Arn(_), name, ..
    }) = &role.boundary
    {
        hint(&format!("`{name}` was not read: it must allow what the executor policy allows"));
    }
    text
}

/// How to deploy with the role.
pub(super) fn commands(role: &ServiceRole<'_>) -> Vec<String> {
    let commands: &[&str] = match role.report.derived.tool {
        Tool::AwsCli => &[
            "aws cloudformation deploy --template-file FILE --stack-name NAME --role-arn",
            "sam deploy --role-arn",
        ],
        Tool::Cdk | Tool::CdkLegacy => &["cdk deploy --role-arn", "sst deploy --role-arn"],
        Tool::CdkBootstrap => &["cdk bootstrap --role-arn"],
        Tool::Sam => &["sam deploy --role-arn"],
        Tool::SstV1 => &["sst deploy --role-arn"],
    };
    commands.iter().map(|command| format!("{command} {}", role.arn)).collect()
}
