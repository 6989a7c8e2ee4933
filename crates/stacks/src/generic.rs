//! Facts that hold across resource types: which properties take roles, keys and objects, and what CloudFormation checks.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::Deserialize;
use stackpass_policy::action::Action;

use crate::address::Form;
use crate::need::Hardness;
use crate::rules::language;

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Generic {
    /// Resource type, or service segment, to the service principals that assume the roles it is passed.
    service_principals: BTreeMap<String, Vec<String>>,
    /// Resource type to the properties that take a role.
    role_properties: BTreeMap<String, Vec<String>>,
    /// Resource type to the properties that take an instance profile.
    instance_profile_properties: BTreeMap<String, Vec<String>>,
    /// Resource type to the property with a document in which roles stand, and the keys they stand under.
    role_documents: BTreeMap<String, RoleDocument>,
    /// Resource type to the properties that take a key.
    key_properties: BTreeMap<String, Vec<String>>,
    /// Resource type to the properties that take an object in a bucket.
    object_properties: BTreeMap<String, Vec<ObjectLocation>>,
    /// Resource type, or service segment, to the services whose service-linked role it may make.
    linked_services: BTreeMap<String, Vec<String>>,
    /// Resource type of another service to the kinds of resources that it makes in EC2, and tags.
    made_in_ec2: BTreeMap<String, Vec<String>>,
    /// Resource type, or service segment, to the services that use a key on the caller's behalf.
    keys_through: BTreeMap<String, Vec<String>>,
    /// Action to the ARN template that it is limited to wherever handlers list it.
    scopes: BTreeMap<String, String>,
    /// Resource type that is deleted after a last snapshot unless the template says otherwise, to the properties with which it is not.
    snapshot_by_default: BTreeMap<String, Vec<String>>,
    /// Type of a template parameter to the actions by which its value is checked.
    parameter_types: BTreeMap<String, Vec<String>>,
    /// Service to the kinds of resources, as in their ARNs, whose names it keeps in lower case.
    lower_case: BTreeMap<String, Vec<String>>,
    /// Kinds of resources, as `SERVICE:KIND`, of which it may do so, with the evidence; a service alone where no reference tells of which.
    either_case: BTreeMap<String, String>,
    /// What a template looks up to what is called for it.
    look_ups: BTreeMap<String, Vec<LookUp>>,
    /// Service to how values name its resources, where an ARN or a name is not all.
    naming: BTreeMap<String, Naming>,
}

/// What is called for something that a template looks up.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LookUp {
    /// The actions.
    #[serde(deserialize_with = "language::parsed")]
    pub(crate) actions: Vec<Action>,
    /// What happens without them.
    #[serde(default)]
    pub(crate) hardness: Hardness,
    /// Where the fact comes from.
    pub(crate) evidence: String,
}

/// How values name the resources of a service, beside by ARN and by name.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Naming {
    /// The forms of addresses; the first that fits is meant.
    pub(crate) addresses: Vec<Form>,
    /// What a name in an address ends before: the tag of an image.
    pub(crate) name_ends: Vec<String>,
    /// The kind of resources for which an alias may stand. It says nothing of the resource behind it but where that is.
    pub(crate) aliased: Option<String>,
    /// The kinds whose names may stand behind a path.
    pub(crate) in_paths: Vec<String>,
    /// The kinds that no wildcard is written for: who writes one means any of them.
    pub(crate) no_wildcards: Vec<String>,
    /// Whether what a value refers to is in the own account and region.
    pub(crate) at_home: bool,
    /// The kinds that may be of another account all the same.
    pub(crate) shared: Vec<String>,
    /// Whether ARNs end in characters that the service adds to the name.
    pub(crate) random_end: bool,
    /// Whether an ARN may be given without its last part, for all that lie below it.
    pub(crate) families: bool,
    /// Where the facts come from.
    pub(crate) evidence: String,
}

/// Where something is, as seen from the stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Home {
    /// In its account and region.
    Own,
    /// In its region, and in any account.
    AnyAccount,
    /// Anywhere.
    Anywhere,
}

impl Naming {
    /// Where a resource of a kind may be that a value refers to without saying where it is.
    pub(crate) fn home(&self, kind: &str) -> Home {
        let is_shared = self.shared.iter().any(|shared| shared == kind);
        match (self.at_home, is_shared) {
            (false, _) => Home::Anywhere,
            (true, true) => Home::AnyAccount,
            (true, false) => Home::Own,
        }
    }
}

/// A document inside a property, as an `OpenAPI` body, in which roles stand.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RoleDocument {
    /// The property with the document.
    pub(crate) path: String,
    /// The keys under which a role stands, at any depth.
    pub(crate) keys: Vec<String>,
}

/// The properties that together name an object: a bucket with a key or a prefix, or one text for both.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ObjectLocation {
    /// The property with the bucket's name.
    pub(crate) bucket: Option<String>,
    /// The property with the bucket's ARN.
    pub(crate) bucket_arn: Option<String>,
    /// The property with the object's key.
    pub(crate) key: Option<String>,
    /// The property with the beginning of the objects' keys.
    pub(crate) prefix: Option<String>,
    /// The property with the object's version.
    pub(crate) version: Option<String>,
    /// The property with the object's address.
    pub(crate) url: Option<String>,
    /// The property with the object's ARN.
    pub(crate) arn: Option<String>,
}

impl ObjectLocation {
    /// The property that is there if the object is.
    pub(crate) fn property(&self) -> Option<&str> {
        [&self.bucket, &self.bucket_arn, &self.url, &self.arn]
            .into_iter()
            .flatten()
            .next()
            .map(String::as_str)
    }
}

fn facts() -> &'static Generic {
    static FACTS: OnceLock<Generic> = OnceLock::new();
    // A file that does not parse cannot pass the tests; here it counts as one without facts.
    FACTS.get_or_init(|| {
        serde_json::from_str(include_str!("generated/generic.json")).unwrap_or_default()
    })
}

/// The service principals that assume the roles that a resource of this type is passed; empty if they are not known.
pub(crate) fn service_principals(resource_type: &str) -> &'static [String] {
    of_type_or_service(&facts().service_principals, resource_type)
}

/// The services whose service-linked role a resource of this type may make; empty if they are not known.
pub(crate) fn linked_services(resource_type: &str) -> &'static [String] {
    of_type_or_service(&facts().linked_services, resource_type)
}

/// The services through which a resource of this type uses a key; empty if it may use it directly.
pub(crate) fn keys_through(resource_type: &str) -> &'static [String] {
    of_type_or_service(&facts().keys_through, resource_type)
}

/// The kinds of resources, by the catalogue's names, that a resource of another service makes in EC2 and tags there.
pub(crate) fn made_in_ec2(resource_type: &str) -> &'static [String] {
    facts().made_in_ec2.get(resource_type).map_or(&[], Vec::as_slice)
}

fn of_type_or_service(
    facts: &'static BTreeMap<String, Vec<String>>,
    resource_type: &str,
) -> &'static [String] {
    let service = resource_type.split("::").nth(1).unwrap_or_default();
    let found = facts.get(resource_type).or_else(|| facts.get(service));
    found.map_or(&[], Vec::as_slice)
}

/// The properties that take a role, beside the registry's typed references.
pub(crate) fn role_properties(resource_type: &str) -> impl Iterator<Item = &'static str> {
    facts().role_properties.get(resource_type).into_iter().flatten().map(String::as_str)
}

/// The properties that take an instance profile, beside the registry's typed references.
pub(crate) fn instance_profile_properties(
    resource_type: &str,
) -> impl Iterator<Item = &'static str> {
    facts().instance_profile_properties.get(resource_type).into_iter().flatten().map(String::as_str)
}

/// The document of a type in which roles stand.
pub(crate) fn role_document(resource_type: &str) -> Option<&'static RoleDocument> {
    facts().role_documents.get(resource_type)
}

/// The properties that take a key, beside the registry's typed references.
pub(crate) fn key_properties(resource_type: &str) -> impl Iterator<Item = &'static str> {
    facts().key_properties.get(resource_type).into_iter().flatten().map(String::as_str)
}

/// The properties that name objects.
pub(crate) fn object_properties(
    resource_type: &str,
) -> impl Iterator<Item = &'static ObjectLocation> {
    facts().object_properties.get(resource_type).into_iter().flatten()
}

/// The properties without which a type is deleted only after a last snapshot; none for most types, which are not.
pub(crate) fn snapshot_unless(resource_type: &str) -> Option<&'static [String]> {
    facts().snapshot_by_default.get(resource_type).map(Vec::as_slice)
}

/// The ARN template that an action is limited to, wherever handlers list it.
pub(crate) fn scope_of(action: &Action) -> Option<&'static str> {
    facts().scopes.get(action.as_str()).map(String::as_str)
}

/// Whether a service may keep the names of a kind of resources, as in their ARNs, in lower case.
pub(crate) fn may_be_in_lower_case(service: &str, kind: &str) -> bool {
    let either = &facts().either_case;
    either.contains_key(service) || either.contains_key(&format!("{service}:{kind}"))
}

/// What is called for something that a template looks up, by its name in `generic.toml`.
pub(crate) fn look_ups(name: &str) -> &'static [LookUp] {
    facts().look_ups.get(name).map_or(&[], Vec::as_slice)
}

/// How values name the resources of a service.
pub(crate) fn naming(service: &str) -> &'static Naming {
    static NONE: OnceLock<Naming> = OnceLock::new();
    facts().naming.get(service).unwrap_or_else(|| NONE.get_or_init(Naming::default))
}

/// The kinds of resources of a service, as in their ARNs, whose names it keeps in lower case.
pub(crate) fn lower_case_kinds(service: &str) -> &'static [String] {
    facts().lower_case.get(service).map_or(&[], Vec::as_slice)
}

/// The actions by which CloudFormation checks a template parameter of this type.
pub(crate) fn parameter_type_actions(kind: &str) -> impl Iterator<Item = &'static str> {
    let kind = kind.strip_prefix("List<").and_then(|kind| kind.strip_suffix('>')).unwrap_or(kind);
    facts().parameter_types.get(kind).into_iter().flatten().map(String::as_str)
}

#[cfg(test)]
mod tests;
