//! The roles and users of a deployment, held against a permissions boundary.

use std::collections::BTreeSet;

use stackpass_ground::arn::ArnPattern;
use stackpass_ground::truth::Truth;

use super::boundary::parsed_not_for_all;
use crate::deployment::Deployment;
use crate::names;
use crate::need::{Place, ResourceRef};
use crate::pattern::Pattern;
use crate::resolve::{Resource, Stack};
use crate::value::Value;

/// A role or user of a template.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Principal {
    /// Its stack.
    pub stack: String,
    /// The resource.
    pub resource: ResourceRef,
    /// Where it stands.
    pub place: Place,
    /// What is to be said of it.
    pub carried: Carried,
}

/// What is known of a principal's boundary.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Carried {
    /// It sets none.
    None,
    /// It sets another one.
    Other(String),
    /// It may set the boundary, which its template does not tell.
    Unknown,
}

/// The roles and users that do not set the boundary for certain: with it, CloudFormation may not make them.
pub fn unbounded(deployment: &Deployment, boundary: &str) -> Vec<Principal> {
    let mut found = Vec::new();
    for planned in &deployment.stacks {
        each(&planned.stack, &mut |stack, resource| {
            if !is_principal(resource) {
                return;
            }
            found.extend(carried(stack, resource, boundary).map(|carried| Principal {
                stack: names::stack_name(stack),
                resource: resource_ref(resource),
                place: stack.place(resource.span),
                carried,
            }));
        });
    }
    found.sort();
    found
}

/// The resources whose policies allow what the boundary of [`super::boundary()`] leaves out, with those actions: their roles
/// will not be able to do it.
pub fn asking_beyond(deployment: &Deployment) -> Vec<(ResourceRef, BTreeSet<String>)> {
    let mut found = Vec::new();
    for planned in &deployment.stacks {
        each(&planned.stack, &mut |_, resource| {
            let actions = allowed_actions(resource);
            let beyond: BTreeSet<String> =
                actions.into_iter().filter(|action| is_beyond(action)).collect();
            if !beyond.is_empty() {
                found.push((resource_ref(resource), beyond));
            }
        });
    }
    found.sort();
    found.dedup();
    found
}

/// Visits the resources of a stack and of those nested in it.
pub(super) fn each(stack: &Stack, visit: &mut impl FnMut(&Stack, &Resource)) {
    for resource in stack.resources.values() {
        visit(stack, resource);
    }
    for nested in stack.nested.values() {
        each(nested, visit);
    }
}

pub(super) fn resource_ref(resource: &Resource) -> ResourceRef {
    ResourceRef {
        logical_id: resource.logical_id.to_string(),
        resource_type: resource.resource_type.clone(),
    }
}

pub(super) fn is_principal(resource: &Resource) -> bool {
    matches!(resource.resource_type.as_str(), "AWS::IAM::Role" | "AWS::IAM::User")
}

/// What is wrong with a principal's boundary; `None` if it is the one that is asked for.
fn carried(stack: &Stack, resource: &Resource, boundary: &str) -> Option<Carried> {
    let presence = resource.properties.presence_at("PermissionsBoundary");
    if presence == Truth::No {
        return Some(Carried::None);
    }
    let found = resource.properties.at("PermissionsBoundary");
    let texts = found.values.iter().flat_map(|found| found.value.texts());
    let globs: BTreeSet<String> =
        texts.flat_map(|text| names::patterns(stack, &text)).map(Pattern::into_string).collect();
    let mut worst =
        if presence == Truth::Yes && found.complete { None } else { Some(Carried::Unknown) };
    for glob in &globs {
        match is_boundary(glob, boundary) {
            Truth::Yes => {}
            Truth::Maybe => worst = Some(Carried::Unknown),
            Truth::No => return Some(Carried::Other(glob.clone())),
        }
    }
    if globs.is_empty() { Some(Carried::Unknown) } else { worst }
}

/// Whether what a template sets is the boundary. An unknown account or partition is the one that is deployed to.
pub(super) fn is_boundary(set: &str, boundary: &str) -> Truth {
    let (Ok(set), Ok(boundary)) = (set.parse::<ArnPattern>(), boundary.parse::<ArnPattern>())
    else {
        return Truth::Maybe;
    };
    if !set.overlaps(&boundary) {
        Truth::No
    } else if set.resource() == boundary.resource() && !set.resource().contains('*') {
        Truth::Yes
    } else {
        Truth::Maybe
    }
}

/// The actions that the policies of a resource allow, as they are written there.
fn allowed_actions(resource: &Resource) -> BTreeSet<String> {
    let path = match resource.resource_type.as_str() {
        "AWS::IAM::Role" | "AWS::IAM::User" => "Policies.PolicyDocument.Statement",
        "AWS::IAM::ManagedPolicy"
        | "AWS::IAM::Policy"
        | "AWS::IAM::RolePolicy"
        | "AWS::IAM::UserPolicy" => "PolicyDocument.Statement",
        _ => return BTreeSet::new(),
    };
    let statements = resource.properties.at(path).values;
    let allows = |statement: &&Value| statement.equality_at("Effect", "Deny") != Truth::Yes;
    let actions = statements.iter().map(|found| found.value).filter(allows).flat_map(|statement| {
        statement.at("Action").values.into_iter().flat_map(|found| found.value.texts())
    });
    actions.filter_map(|text| text.known().map(str::to_owned)).collect()
}

/// Whether an action, perhaps with wildcards, is one that the boundary leaves to the executor.
fn is_beyond(action: &str) -> bool {
    action.parse().is_ok_and(|action| parsed_not_for_all().iter().any(|it| it.overlaps(&action)))
}
