//! Permissions that follow a reference: a role that is passed, a key that is used, an object that is read.
//!
//! Handlers list them for every resource of a type. They are needed only when a property refers to such a thing, and on that thing only.

use stackpass_ground::source::Span;
use stackpass_policy::action::Action;
use stackpass_policy::catalogue::{self, ActionFacts};

use super::conditions::{self, Open};
use super::followed::Followed;
use super::objects;
use super::profiles::{self, role_template};
use super::target::Targets;
use super::{PropertyAt, Subject, follow};
use crate::generic;
use crate::names::{self, NameTemplate};
use crate::need::Scoping;
use crate::pattern::Pattern;
use crate::registry::ResourceType;
use crate::value::{Part, Text, Value};

/// How an action of a handler is to be treated.
#[derive(Debug)]
pub(super) enum Treatment {
    /// It follows references; there may be none.
    Followed(Vec<Followed>),
    /// It passes a role, and no property is known to name one.
    NotNamed,
    /// It does not, or nothing is known of the type's references.
    Ordinary,
}

const ROLE: &str = "AWS::IAM::Role";
const INSTANCE_PROFILE: &str = "AWS::IAM::InstanceProfile";
const KEY: &str = "AWS::KMS::Key";
const ALIAS: &str = "AWS::KMS::Alias";

/// Tells how an action of a resource's handlers is to be treated.
pub(super) fn of(subject: &Subject<'_>, action: &Action) -> Treatment {
    let service = subject.resource.resource_type.split("::").nth(1).unwrap_or_default();
    let is = |name: &str| action.as_str().eq_ignore_ascii_case(name);
    let followed = if is("iam:PassRole") {
        return roles(subject).map_or(Treatment::NotNamed, Treatment::Followed);
    } else if is("iam:GetRole") && service != "IAM" {
        roles(subject).map(looked_up)
    } else if action.service().eq_ignore_ascii_case("kms") && service != "KMS" {
        keys(subject, action)
    } else if objects::is_read(action) && service != "S3" {
        objects::read(subject, action)
    } else {
        None
    };
    followed.map_or(Treatment::Ordinary, Treatment::Followed)
}

/// The roles that are passed, for a call that only looks at them: it is made to no service.
fn looked_up(passed: Vec<Followed>) -> Vec<Followed> {
    let without = |followed| Followed { conditions: Vec::new(), open: Vec::new(), ..followed };
    passed.into_iter().map(without).collect()
}

fn roles(subject: &Subject<'_>) -> Option<Vec<Followed>> {
    let resource_type = &subject.resource.resource_type;
    let mut paths = referring(subject, &[ROLE]);
    paths.extend(generic::role_properties(resource_type).map(str::to_owned));
    let mut profile_paths = referring(subject, &[INSTANCE_PROFILE]);
    profile_paths.extend(generic::instance_profile_properties(resource_type).map(str::to_owned));
    let document = generic::role_document(resource_type);
    if document.is_none() && paths.is_empty() && profile_paths.is_empty() {
        return None;
    }
    let services = generic::service_principals(resource_type);
    let mut followed = Vec::new();
    for path in sorted(paths) {
        followed.extend(passed(subject, &path, services));
    }
    for path in sorted(profile_paths) {
        followed.push(Followed {
            at: subject.property(&path),
            targets: Targets::of(profiles::roles(subject, &path)),
            conditions: conditions::passed_to_instances(subject).into_iter().collect(),
            open: Vec::new(),
        });
    }
    for role in document.into_iter().flat_map(|document| roles_in(subject, document)) {
        let at = subject.property_at(&role.path, role.span);
        followed.push(passed_role(subject, at, &role.text, services));
    }
    Some(followed)
}

/// A role that stands somewhere inside a document.
struct RoleInDocument {
    path: String,
    span: Span,
    text: Text,
}

fn roles_in(subject: &Subject<'_>, document: &generic::RoleDocument) -> Vec<RoleInDocument> {
    let found = subject.resource.at(&document.path);
    let mut roles = Vec::new();
    for value in &found.values {
        collect_roles(value.value, document, &mut roles);
    }
    // A document as text cannot be looked into here; one that has none of the keys has no roles.
    let may_hold = |text: &Text| {
        text.parts().iter().any(|part| match part {
            Part::Literal(literal) => document.keys.iter().any(|key| literal.contains(key)),
            Part::Any | Part::One | Part::Parameter(_) | Part::Import(_) | Part::Piece { .. } => {
                true
            }
            Part::Attribute { .. } | Part::Environment => false,
        })
    };
    let texts = found.values.iter().filter_map(|found| match found.value {
        Value::Text(text) => Some(text),
        _ => None,
    });
    if !found.complete || texts.into_iter().any(may_hold) {
        let span = subject.span_of(&document.path);
        roles.push(RoleInDocument { path: document.path.clone(), span, text: Text::any() });
    }
    roles
}

fn collect_roles(value: &Value, document: &generic::RoleDocument, roles: &mut Vec<RoleInDocument>) {
    match value {
        Value::Map(map) => {
            for (key, entry) in &map.entries {
                if document.keys.contains(key)
                    && !matches!(entry.value, Value::Map(_) | Value::List(_))
                {
                    let found = entry.value.texts().into_iter();
                    roles.extend(found.map(|text| RoleInDocument {
                        path: document.path.clone(),
                        span: entry.span,
                        text,
                    }));
                } else {
                    collect_roles(&entry.value, document, roles);
                }
            }
        }
        Value::List(list) => {
            for item in &list.items {
                collect_roles(&item.value, document, roles);
            }
        }
        Value::OneOf(values) => {
            for value in values {
                collect_roles(value, document, roles);
            }
        }
        Value::Unknown => roles.push(RoleInDocument {
            path: document.path.clone(),
            span: Span::default(),
            text: Text::any(),
        }),
        Value::Absent | Value::Bool(_) | Value::Text(_) => {}
    }
}

/// `iam:PassRole` for each role that a property may hold.
fn passed(subject: &Subject<'_>, path: &str, services: &[String]) -> Vec<Followed> {
    let found = subject.resource.at(path);
    let mut followed = Vec::new();
    let is_ordinary = |text: &Text| text.known().is_some_and(|text| !text.starts_with("arn:"));
    let takes_anything = takes_arns_of_several_services(subject, path);
    for value in &found.values {
        for text in value.value.texts() {
            if takes_anything && is_ordinary(&text) {
                continue;
            }
            let at = subject.property_at(path, value.span);
            followed.push(passed_role(subject, at, &text, services));
        }
    }
    if !found.complete {
        let wide = role_template().wildcard(subject.stack).scoped(Scoping::UnknownValue);
        let targets = Targets::of([wide]);
        followed.push(passed_on(subject, subject.property(path), &Text::any(), services, targets));
    }
    followed
}

/// Whether a property takes ARNs of roles and of other things, and any text beside: the values of the parameters of Firehose's
/// processors, one of which is a number of seconds. A word there is no role's name.
fn takes_arns_of_several_services(subject: &Subject<'_>, path: &str) -> bool {
    let references = subject.registered.into_iter().flat_map(ResourceType::references);
    let mut references = references.filter(|reference| reference.property == path).peekable();
    let mut is_of_another = false;
    references.peek().is_some()
        && references.all(|reference| {
            is_of_another |= reference.target_type != ROLE;
            reference.target_attribute.ends_with("Arn")
        })
        && is_of_another
}

fn passed_role(
    subject: &Subject<'_>,
    at: PropertyAt,
    role: &Text,
    services: &[String],
) -> Followed {
    // A property may take a role or something else: the parameters of Firehose's processors are ARNs of functions and of roles.
    let may_be_role = |pattern: &Pattern| {
        let service = pattern.service().unwrap_or("iam");
        service == "iam" || service.contains('*')
    };
    let referred = names::referred(subject.stack, role, role_template()).into_iter();
    let targets = Targets::of(referred.filter(may_be_role));
    passed_on(subject, at, role, services, targets)
}

/// `iam:PassRole` on targets, to the services that receive the role as far as they are known.
fn passed_on(
    subject: &Subject<'_>,
    at: PropertyAt,
    role: &Text,
    services: &[String],
    targets: Targets,
) -> Followed {
    let condition = conditions::passed_to_service(subject, role, services);
    let property = at.path.clone().unwrap_or_default();
    let open = || Open { key: "iam:PassedToService".to_owned(), property };
    Followed {
        at,
        targets,
        open: condition.is_none().then(open).into_iter().collect(),
        conditions: condition.into_iter().collect(),
    }
}

fn keys(subject: &Subject<'_>, action: &Action) -> Option<Vec<Followed>> {
    let mut paths = referring(subject, &[KEY, ALIAS]);
    paths.extend(generic::key_properties(&subject.resource.resource_type).map(str::to_owned));
    if paths.is_empty() {
        return None;
    }
    let facts = catalogue::action(action.service(), action.name());
    let kinds = facts.into_iter().flat_map(ActionFacts::resource_types);
    let templates: Vec<NameTemplate<'_>> =
        kinds.flat_map(|(kind, _)| NameTemplate::of_kind(kind)).collect();
    let followed = sorted(paths)
        .into_iter()
        .filter(|path| subject.resource.presence_at(path).possible())
        .map(|path| {
            let targets = if templates.is_empty() {
                Targets::of([Pattern::any(Scoping::NoResourceLevel)])
            } else {
                Targets::of(follow::at_path(subject, &path, &templates))
            };
            Followed {
                at: subject.property(&path),
                targets,
                conditions: Vec::new(),
                open: Vec::new(),
            }
        });
    Some(followed.collect())
}

/// The properties that refer, by the registry, to one of these types.
fn referring(subject: &Subject<'_>, types: &[&str]) -> Vec<String> {
    subject
        .registered
        .into_iter()
        .flat_map(ResourceType::references)
        .filter(|reference| types.contains(&reference.target_type))
        .map(|reference| reference.property.to_owned())
        .collect()
}

fn sorted(mut paths: Vec<String>) -> Vec<String> {
    paths.sort();
    paths.dedup();
    paths
}
