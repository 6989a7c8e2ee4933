//! Buckets and objects of S3 that a resource of another service reads: their properties name them in many ways.

use std::collections::BTreeSet;

use stackpass_policy::action::Action;
use stackpass_policy::catalogue::{self, ResourceTypeFacts};

use super::Subject;
use super::follow::at_path;
use super::followed::Followed;
use super::kinds;
use super::target::Targets;
use crate::generic::{self, ObjectLocation};
use crate::names::{self, NameTemplate};
use crate::need::Scoping;
use crate::pattern::Pattern;

const BUCKET: NameTemplate<'_> = NameTemplate::new("arn:${Partition}:s3:::${BucketName}");
const OBJECT: NameTemplate<'_> =
    NameTemplate::new("arn:${Partition}:s3:::${BucketName}/${ObjectName}");

/// Whether an action reads an object of S3, or what belongs to it: its attributes, its grants, a version of it.
pub(super) fn is_read(action: &Action) -> bool {
    let name = action.name().to_ascii_lowercase();
    action.service().eq_ignore_ascii_case("s3") && name.starts_with("getobject")
}

/// The objects that a read is for: those that the properties name. None, if no property of the type is known to name one.
pub(super) fn read(subject: &Subject<'_>, action: &Action) -> Option<Vec<Followed>> {
    let mut locations = generic::object_properties(&subject.resource.resource_type).peekable();
    locations.peek()?;
    let versioned = action.name().to_ascii_lowercase().starts_with("getobjectversion");
    let has_version = |location: &&ObjectLocation| {
        !versioned || location.version.as_deref().is_some_and(|path| is_there(subject, path))
    };
    let followed = named(subject).filter(has_version).filter_map(|location| {
        let property = location.property()?;
        Some(Followed {
            at: subject.property(property),
            targets: Targets::of(arns(subject, location)),
            conditions: Vec::new(),
            open: Vec::new(),
        })
    });
    Some(followed.collect())
}

/// The locations of objects that the resource may name.
fn named(subject: &Subject<'_>) -> impl Iterator<Item = &'static ObjectLocation> {
    generic::object_properties(&subject.resource.resource_type)
        .filter(|location| location.property().is_some_and(|path| is_there(subject, path)))
}

fn is_there(subject: &Subject<'_>, path: &str) -> bool {
    subject.resource.presence_at(path).possible()
}

/// What the properties say of one of the resource types of S3 that an action accepts.
pub(super) fn referenced(
    subject: &Subject<'_>,
    action: &Action,
    kind: &ResourceTypeFacts,
) -> BTreeSet<Pattern> {
    let told = kinds::referenced(subject, kind);
    match kind.name() {
        "bucket" if is_any(&told) && is_look_up(action) => {
            Some(buckets(subject)).filter(|buckets| !buckets.is_empty()).unwrap_or(told)
        }
        // An access point stands in for a bucket, and is none where a property names the bucket itself.
        "accesspoint" if is_named(&of_kind(subject, action, "bucket")) => BTreeSet::new(),
        "accesspointobject" if is_named(&of_kind(subject, action, "object")) => BTreeSet::new(),
        // A place inside a bucket is told where a bucket is acted on: `BUCKET/PREFIX`.
        "bucket" => told.into_iter().map(bucket_of).collect(),
        _ => told,
    }
}

fn of_kind(subject: &Subject<'_>, action: &Action, name: &str) -> BTreeSet<Pattern> {
    let mut kinds = catalogue::resource_types("s3");
    let kind = kinds.find(|kind| kind.name() == name);
    kind.map(|kind| referenced(subject, action, &kind)).unwrap_or_default()
}

fn is_any(patterns: &BTreeSet<Pattern>) -> bool {
    patterns.iter().all(|pattern| *pattern.scoping() == Scoping::AnyOfType)
}

fn is_named(patterns: &BTreeSet<Pattern>) -> bool {
    !patterns.is_empty() && patterns.iter().all(Pattern::is_named)
}

/// Whether an action tells something of a bucket, and so may be for one that is there already.
fn is_look_up(action: &Action) -> bool {
    let name = action.name().to_ascii_lowercase();
    ["get", "list", "head"].iter().any(|verb| name.starts_with(verb))
}

/// The buckets with the objects that the resource's properties name.
fn buckets(subject: &Subject<'_>) -> BTreeSet<Pattern> {
    let objects = named(subject).flat_map(|location| arns(subject, location));
    let buckets = objects.map(bucket_of).map(|bucket| match bucket.scoping() {
        // Of an object whose key alone is not known.
        Scoping::UnknownValue if !bucket.as_str().contains('*') => bucket.scoped(Scoping::Named),
        _ => bucket,
    });
    buckets.collect()
}

/// What a property refers to, for an action that accepts ARNs of these templates: of an action on buckets, the bucket.
pub(super) fn in_format(pattern: Pattern, templates: &[NameTemplate<'_>]) -> Pattern {
    let accepts = |end: &str| templates.iter().any(|template| template.as_str().ends_with(end));
    if accepts(":s3:::${BucketName}") && !accepts("/${ObjectName}") {
        return bucket_of(pattern);
    }
    pattern
}

/// The bucket of a place inside it, or of the domain name that it has.
fn bucket_of(pattern: Pattern) -> Pattern {
    let Some((start, place)) = pattern.as_str().split_once(":::") else { return pattern };
    let name = place.split('/').next().unwrap_or(place);
    let is_domain = name.contains(".amazonaws.com");
    let name = name.split_once(".s3").filter(|_| is_domain).map_or(name, |(name, _)| name);
    let glob = format!("{start}:::{name}");
    pattern.with_text(glob)
}

/// The ARNs of the objects at a location.
fn arns(subject: &Subject<'_>, location: &ObjectLocation) -> BTreeSet<Pattern> {
    let filled = |template: &str| {
        names::fill(subject.stack, Some(subject.resource), NameTemplate::new(template))
    };
    let within = match (&location.key, &location.prefix) {
        (Some(key), _) => format!("${{{key}}}"),
        (None, Some(prefix)) => format!("${{{prefix}|}}*"),
        (None, None) => "*".to_owned(),
    };
    if let Some(bucket) = &location.bucket {
        return filled(&format!("arn:${{Partition}}:s3:::${{{bucket}}}/{within}"));
    }
    if let Some(bucket_arn) = &location.bucket_arn {
        let buckets = at_path(subject, bucket_arn, &[BUCKET]);
        let keys = filled(&within);
        let object = |bucket: &Pattern, key: &Pattern| {
            let glob = format!("{}/{}", bucket.as_str(), key.as_str());
            Pattern::new(glob, bucket.scoping().max(key.scoping()).clone())
        };
        let of_bucket = |bucket| keys.iter().map(move |key| object(bucket, key));
        return buckets.iter().flat_map(of_bucket).collect();
    }
    let path = location.url.as_deref().or(location.arn.as_deref()).unwrap_or_default();
    at_path(subject, path, &[OBJECT])
}
