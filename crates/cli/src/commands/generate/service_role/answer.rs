//! The answer in its forms: documents, one file that makes everything, and one object for programs.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::value::RawValue;
use stackpass_policy::document::Document;
use stackpass_policy::render::{
    Definition, NamedDocument, PolicyDefinition, PolicyRef, RoleDefinition, render,
    render_definitions,
};
use stackpass_stacks::need::ResourceRef;
use stackpass_stacks::policies::Holder;
use stackpass_stacks::service_role::{Carried, Finding, Principal, Weight};

use super::talk::{closings, commands, is_closed};
use super::{Boundary, BoundaryChoice, RoleLimit, ServiceRole};
use crate::args::PolicyFormat;
use crate::error::CliError;
use crate::files::NewFile;
use crate::policies::{Owner, Policy, name_of_role};
use crate::view::how;
use crate::view::json;

const BOUNDARY: &str = "StackpassBoundary";
const FILE: &str = "service-role";

/// The answer as one text.
pub(super) fn text(role: &ServiceRole<'_>, format: PolicyFormat) -> String {
    if is_of_documents(format) {
        render(&documents(role), format.format())
    } else {
        render_definitions(&definitions(role), format.format())
    }
}

/// The answer as files: one for each document, or one that makes everything.
pub(super) fn files(role: &ServiceRole<'_>, format: PolicyFormat) -> Vec<NewFile> {
    let file = |name: &str, text| NewFile { name: format!("{name}.{}", format.extension()), text };
    if !is_of_documents(format) {
        return vec![file(FILE, text(role, format))];
    }
    documents(role)
        .into_iter()
        .map(|named| file(&named.name.clone(), render(&[named], format.format())))
        .collect()
}

fn is_of_documents(format: PolicyFormat) -> bool {
    match format {
        PolicyFormat::Json | PolicyFormat::Yaml => true,
        PolicyFormat::CloudFormation | PolicyFormat::Cdk | PolicyFormat::Terraform => false,
    }
}

fn documents(role: &ServiceRole<'_>) -> Vec<NamedDocument> {
    let named = |name: &str, document: &Document| NamedDocument {
        name: name.to_owned(),
        document: document.clone(),
    };
    let policies = role.report.policies.iter().map(Policy::keyed);
    let boundary = role.boundary.as_ref().and_then(|boundary| boundary.document.as_ref());
    policies
        .chain([named("trust", &role.trust)])
        .chain(boundary.map(|document| named("boundary", document)))
        .collect()
}

/// Everything as the account has it: policies first, then the role.
pub(super) fn definitions(role: &ServiceRole<'_>) -> Vec<Definition> {
    let (executor, others): (Vec<_>, Vec<_>) = role
        .report
        .policies
        .iter()
        .partition(|policy| policy.owner == Owner::Holder(Holder::Executor));
    let managed_policy = |policy: &Policy| {
        let policy_name = Some(name_of_role(&role.name, &policy.name));
        PolicyDefinition { document: policy.defined(), policy_name }
    };
    let mut definitions: Vec<Definition> =
        others.iter().map(|policy| managed_policy(policy).into()).collect();
    let (mut inline, mut managed) = (Vec::new(), Vec::new());
    for policy in executor {
        let defined = policy.defined();
        match role.limit {
            RoleLimit::Managed => {
                managed.push(PolicyRef::Defined(defined.name));
                definitions.push(managed_policy(policy).into());
            }
            RoleLimit::RoleInline => inline.push(defined),
        }
    }
    let boundary = role.boundary.as_ref().map(|boundary| match &boundary.choice {
        BoundaryChoice::Generate => PolicyRef::Defined(BOUNDARY.to_owned()),
        BoundaryChoice::Name(name) => PolicyRef::Named(name.clone()),
        BoundaryChoice::Arn(arn) => PolicyRef::Arn(arn.clone()),
    });
    if let Some(Boundary { name, document: Some(document), .. }) = &role.boundary {
        let document = NamedDocument { name: BOUNDARY.to_owned(), document: document.clone() };
        definitions.push(PolicyDefinition { document, policy_name: Some(name.clone()) }.into());
    }
    let trust = role.trust.clone();
    definitions.push(Definition::Role(RoleDefinition {
        role_name: Some(role.name.clone()),
        description: Some("What CloudFormation acts with".to_owned()),
        boundary,
        policies: inline,
        managed_policies: managed,
        ..RoleDefinition::new("StackpassServiceRole", trust)
    }));
    definitions
}

/// What the answer for programs has beside that of `generate stack`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Extra<'a> {
    service_role: RoleView<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RoleView<'a> {
    name: &'a str,
    arn: &'a str,
    trust: Box<RawValue>,
    boundary: Option<BoundaryView<'a>>,
    commands: Vec<String>,
    findings: Vec<FindingView<'a>>,
    closing_statements: BTreeMap<&'static str, Box<RawValue>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct BoundaryView<'a> {
    name: &'a str,
    arn: &'a str,
    document: Option<Box<RawValue>>,
    not_set: Vec<PrincipalView<'a>>,
    left_out: Vec<LeftOutView<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PrincipalView<'a> {
    stack: &'a str,
    logical_id: &'a str,
    resource_type: &'a str,
    file: &'a str,
    line: usize,
    column: usize,
    reason: &'static str,
    set: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LeftOutView<'a> {
    logical_id: &'a str,
    resource_type: &'a str,
    actions: &'a BTreeSet<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct FindingView<'a> {
    code: &'a str,
    weight: &'static str,
    closed: bool,
    message: &'a str,
    help: String,
    actions: &'a BTreeSet<String>,
    resources: Vec<ResourceView<'a>>,
    closed_by: Vec<&'static str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ResourceView<'a> {
    logical_id: &'a str,
    resource_type: &'a str,
}

/// The answer for programs.
pub(super) fn json(role: &ServiceRole<'_>) -> Result<String, CliError> {
    let boundary = match &role.boundary {
        Some(boundary) => Some(BoundaryView {
            name: &boundary.name,
            arn: &boundary.arn,
            document: boundary.document.as_ref().map(|it| json::document(it, 3)).transpose()?,
            not_set: boundary.unbounded.iter().map(principal).collect(),
            left_out: boundary.beyond.iter().map(left_out).collect(),
        }),
        None => None,
    };
    let closing = closings(role).into_iter().map(|(sid, statement)| {
        json::document(&Document::new(vec![statement]), 3).map(|document| (sid, document))
    });
    let extra = Extra {
        service_role: RoleView {
            name: &role.name,
            arn: &role.arn,
            trust: json::document(&role.trust, 2)?,
            boundary,
            commands: commands(role),
            findings: role.findings.iter().map(|finding| view(role, finding)).collect(),
            closing_statements: closing.collect::<Result<_, CliError>>()?,
        },
    };
    json::answer_with(&role.report, &extra)
}

fn principal(principal: &Principal) -> PrincipalView<'_> {
    let (reason, set) = match &principal.carried {
        Carried::None => ("not-set", None),
        Carried::Other(arn) => ("other", Some(arn.as_str())),
        Carried::Unknown => ("unknown", None),
    };
    PrincipalView {
        stack: &principal.stack,
        logical_id: &principal.resource.logical_id,
        resource_type: &principal.resource.resource_type,
        file: &principal.place.file,
        line: principal.place.position.line,
        column: principal.place.position.column,
        reason,
        set,
    }
}

fn left_out((resource, actions): &(ResourceRef, BTreeSet<String>)) -> LeftOutView<'_> {
    LeftOutView {
        logical_id: &resource.logical_id,
        resource_type: &resource.resource_type,
        actions,
    }
}

fn view<'a>(role: &ServiceRole<'_>, finding: &'a Finding) -> FindingView<'a> {
    FindingView {
        code: finding.code.as_str(),
        weight: match finding.weight {
            Weight::Escalation => "escalation",
            Weight::Note => "note",
        },
        closed: is_closed(role, finding),
        message: &finding.message,
        help: how::told(&finding.help),
        actions: &finding.actions,
        resources: finding
            .resources
            .iter()
            .map(|resource| ResourceView {
                logical_id: &resource.logical_id,
                resource_type: &resource.resource_type,
            })
            .collect(),
        closed_by: finding.closed_by.iter().map(|closing| closing.sid()).collect(),
    }
}
