//! Permissions that follow a reference: a role that is passed, a key that is used, an object that is read.
//!
//! Handlers list them for every resource of a type. They are needed only when a property refers to such a thing, and on that thing only.

use stackpass_policy::action::Action;
use stackpass_policy::catalogue;
use stackpass_policy::source::Span;

use super::Subject;
use super::conditions::{self, Condition};
use super::targets::{self, Targets};
use crate::generic;
use crate::need::Scoping;
use crate::scope::{self, Pattern};
use crate::value::Text;

/// How an action of a handler is to be treated.
#[derive(Debug)]
pub(super) enum Treatment {
    /// It follows references; there may be none.
    Followed(Vec<Followed>),
    /// It does not, or nothing is known of the type's references.
    Ordinary,
}

/// A reference that an action follows.
#[derive(Debug)]
pub(super) struct Followed {
    pub(super) property: String,
    pub(super) span: Span,
    pub(super) targets: Targets,
    pub(super) conditions: Vec<Condition>,
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
        roles(subject)
    } else if action.service().eq_ignore_ascii_case("kms") && service != "KMS" {
        keys(subject, action)
    } else if (is("s3:GetObject") || is("s3:GetObjectVersion")) && service != "S3" {
        objects(subject, action)
    } else {
        None
    };
    followed.map_or(Treatment::Ordinary, Treatment::Followed)
}

fn roles(subject: &Subject<'_>) -> Option<Vec<Followed>> {
    let resource_type = &subject.resource.resource_type;
    let mut paths = referring(subject, &[ROLE]);
    paths.extend(generic::role_properties(resource_type).map(str::to_owned));
    let profiles = referring(subject, &[INSTANCE_PROFILE]);
    if paths.is_empty() && profiles.is_empty() {
        return None;
    }
    let service = generic::service_principal(resource_type);
    let mut followed = Vec::new();
    for path in sorted(paths) {
        followed.extend(passed(subject, &path, service));
    }
    for path in sorted(profiles) {
        followed.extend(profile_roles(subject, &path, service));
    }
    Some(followed)
}

/// `iam:PassRole` for each role that a property may hold.
fn passed(subject: &Subject<'_>, path: &str, service: Option<&str>) -> Vec<Followed> {
    let format = role_format();
    let found = subject.resource.properties.at(path);
    let mut followed = Vec::new();
    for value in &found.values {
        for text in value.value.texts() {
            let span =
                if value.span == Span::default() { subject.span_of(path) } else { value.span };
            followed.push(passed_role(subject, path, span, &text, service));
        }
    }
    if !found.complete {
        let wide = Pattern {
            glob: scope::wildcard(subject.stack, format),
            scoping: Scoping::UnknownValue,
        };
        followed.push(Followed {
            property: path.to_owned(),
            span: subject.span_of(path),
            targets: Targets::of([wide]),
            conditions: conditions::passed_to_service(subject, &Text::any(), service)
                .into_iter()
                .collect(),
        });
    }
    followed
}

fn passed_role(
    subject: &Subject<'_>,
    path: &str,
    span: Span,
    role: &Text,
    service: Option<&str>,
) -> Followed {
    Followed {
        property: path.to_owned(),
        span,
        targets: Targets::of(scope::referred(subject.stack, role, role_format())),
        conditions: conditions::passed_to_service(subject, role, service).into_iter().collect(),
    }
}

/// The roles of an instance profile: those it names, if it is in the same stack.
fn profile_roles(subject: &Subject<'_>, path: &str, service: Option<&str>) -> Vec<Followed> {
    let found = subject.resource.properties.at(path);
    let mut followed = Vec::new();
    for value in &found.values {
        for text in value.value.texts() {
            let profile = text
                .as_attribute()
                .and_then(|(logical_id, _)| subject.stack.resources.get(logical_id));
            let roles = profile.map(|profile| profile.properties.at("Roles"));
            let texts = match roles {
                Some(roles) if roles.complete => {
                    roles.values.iter().flat_map(|role| role.value.texts()).collect()
                }
                _ => vec![Text::any()],
            };
            followed.extend(
                texts.iter().map(|role| passed_role(subject, path, value.span, role, service)),
            );
        }
    }
    if !found.complete {
        followed.push(passed_role(subject, path, subject.span_of(path), &Text::any(), service));
    }
    followed
}

fn keys(subject: &Subject<'_>, action: &Action) -> Option<Vec<Followed>> {
    let mut paths = referring(subject, &[KEY, ALIAS]);
    paths.extend(generic::key_properties(&subject.resource.resource_type).map(str::to_owned));
    if paths.is_empty() {
        return None;
    }
    let formats: Vec<&str> = catalogue::action(action.service(), action.name())
        .into_iter()
        .flat_map(|facts| facts.resource_types().map(|(kind, _)| kind.arn()).collect::<Vec<_>>())
        .collect();
    let followed = sorted(paths)
        .into_iter()
        .filter(|path| subject.resource.properties.presence_at(path).possible())
        .map(|path| {
            let targets = if formats.is_empty() {
                Targets::of([Pattern { glob: "*".to_owned(), scoping: Scoping::NoResourceLevel }])
            } else {
                Targets::of(targets::at_path(subject, &path, &formats))
            };
            Followed {
                span: subject.span_of(&path),
                property: path,
                targets,
                conditions: Vec::new(),
            }
        });
    Some(followed.collect())
}

fn objects(subject: &Subject<'_>, action: &Action) -> Option<Vec<Followed>> {
    let mut locations = generic::object_properties(&subject.resource.resource_type).peekable();
    locations.peek()?;
    let versioned = action.name().eq_ignore_ascii_case("GetObjectVersion");
    let mut followed = Vec::new();
    for location in locations {
        let properties = &subject.resource.properties;
        if !properties.presence_at(&location.bucket).possible() {
            continue;
        }
        if versioned
            && !location
                .version
                .as_ref()
                .is_some_and(|version| properties.presence_at(version).possible())
        {
            continue;
        }
        followed.push(Followed {
            span: subject.span_of(&location.bucket),
            property: location.bucket.clone(),
            targets: Targets::of(object_arns(subject, &location.bucket, location.key.as_deref())),
            conditions: Vec::new(),
        });
    }
    Some(followed)
}

fn object_arns(subject: &Subject<'_>, bucket: &str, key: Option<&str>) -> Vec<Pattern> {
    let part = |path: &str| {
        let found = subject.resource.properties.at(path);
        let mut patterns: Vec<Pattern> = found
            .values
            .iter()
            .flat_map(|found| found.value.texts())
            .flat_map(|text| scope::patterns(subject.stack, &text))
            .collect();
        if !found.complete || patterns.is_empty() {
            patterns.push(Pattern { glob: "*".to_owned(), scoping: Scoping::UnknownValue });
        }
        patterns
    };
    let partition = scope::wildcard(subject.stack, "${Partition}");
    let keys =
        key.map_or_else(|| vec![Pattern { glob: "*".to_owned(), scoping: Scoping::Named }], part);
    let mut arns = Vec::new();
    for bucket in part(bucket) {
        for key in &keys {
            // A bucket that is known bounds the permission even when the key is not.
            let scoping = bucket.scoping.clone();
            arns.push(Pattern {
                glob: format!("arn:{partition}:s3:::{}/{}", bucket.glob, key.glob),
                scoping,
            });
        }
    }
    arns
}

/// The properties that refer, by the registry, to one of these types.
fn referring(subject: &Subject<'_>, types: &[&str]) -> Vec<String> {
    subject
        .registered
        .into_iter()
        .flat_map(|registered| registered.references())
        .filter(|reference| types.contains(&reference.target_type))
        .map(|reference| reference.property.to_owned())
        .collect()
}

fn sorted(mut paths: Vec<String>) -> Vec<String> {
    paths.sort();
    paths.dedup();
    paths
}

fn role_format() -> &'static str {
    catalogue::resource_type("iam", "role")
        .map_or("arn:${Partition}:iam::${Account}:role/${RoleNameWithPath}", |role| role.arn())
}
