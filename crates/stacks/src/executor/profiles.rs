//! The roles that instances get: inside an instance profile, which a launch template or configuration may name.
//!
//! They are found where all of these are in the same template. The ARN of a profile does not show which role is inside, so
//! any other profile is an unknown value.

use std::collections::BTreeSet;

use super::Subject;
use crate::names::{self, NameTemplate};
use crate::need::Scoping;
use crate::pattern::Pattern;
use crate::resolve::{Resource, Stack};
use crate::value::{Text, Value};

/// The types between an instance and its role: the property with the name, and the properties that lead on.
const LINKS: [(&str, &str, &[&str]); 3] = [
    ("AWS::AutoScaling::LaunchConfiguration", "LaunchConfigurationName", &["IamInstanceProfile"]),
    (
        "AWS::EC2::LaunchTemplate",
        "LaunchTemplateName",
        &[
            "LaunchTemplateData.IamInstanceProfile.Arn",
            "LaunchTemplateData.IamInstanceProfile.Name",
        ],
    ),
    (PROFILE, "InstanceProfileName", &["Roles"]),
];

const PROFILE: &str = "AWS::IAM::InstanceProfile";

/// The roles behind a property that names an instance profile, a launch template or a launch configuration.
pub(super) fn roles(subject: &Subject<'_>, path: &str) -> BTreeSet<Pattern> {
    behind(subject.stack, &subject.resource.properties, path, LINKS.len())
}

fn behind(stack: &Stack, properties: &Value, path: &str, depth: usize) -> BTreeSet<Pattern> {
    let found = properties.at(path);
    let mut roles = BTreeSet::new();
    for text in found.values.iter().flat_map(|found| found.value.texts()) {
        roles.extend(of_text(stack, &text, depth));
    }
    if !found.complete {
        roles.insert(any(stack));
    }
    roles
}

fn of_text(stack: &Stack, text: &Text, depth: usize) -> BTreeSet<Pattern> {
    let link = linked(stack, text).zip(depth.checked_sub(1));
    let Some(((resource, paths), depth)) = link else { return BTreeSet::from([any(stack)]) };
    if resource.resource_type != PROFILE {
        let roles = paths.iter().map(|path| behind(stack, &resource.properties, path, depth));
        return roles.flatten().collect();
    }
    let found = resource.properties.at("Roles");
    let texts = found.values.iter().flat_map(|found| found.value.texts());
    let mut roles: BTreeSet<Pattern> =
        texts.flat_map(|role| names::referred(stack, &role, role_template())).collect();
    if !found.complete {
        roles.insert(any(stack));
    }
    roles
}

/// The resource that a text refers to or names, and the properties that lead on from it.
fn linked<'a>(stack: &'a Stack, text: &Text) -> Option<(&'a Resource, &'static [&'static str])> {
    let resource = match text.as_attribute() {
        Some((logical_id, _)) => stack.resources.get(logical_id)?,
        None => named(stack, text.known()?)?,
    };
    let (_, _, paths) = LINKS.into_iter().find(|(kind, ..)| resource.resource_type == *kind)?;
    Some((resource, paths))
}

/// The profile, launch template or launch configuration of this name or ARN.
fn named<'a>(stack: &'a Stack, name: &str) -> Option<&'a Resource> {
    let name = name.rsplit('/').next()?;
    stack.resources.values().find(|resource| {
        LINKS.iter().any(|(kind, property, _)| {
            let found = resource.properties.at(property);
            resource.resource_type == *kind
                && found.complete
                && matches!(found.values.as_slice(), [only] if only.value == &Value::text(name))
        })
    })
}

fn any(stack: &Stack) -> Pattern {
    role_template().wildcard(stack).scoped(Scoping::UnknownValue)
}

/// The ARN template of roles.
pub(super) fn role_template() -> NameTemplate<'static> {
    let otherwise = "arn:${Partition}:iam::${Account}:role/${RoleNameWithPath}";
    NameTemplate::of_kind_named("iam", "role", otherwise)
}
