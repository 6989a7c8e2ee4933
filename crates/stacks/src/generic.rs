//! Facts that hold across resource types: which properties take roles, keys and objects, and what CloudFormation checks.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::Deserialize;
use stackpass_policy::action::Action;

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Generic {
    /// Resource type, or service segment, to the service principal that assumes the roles it is passed.
    service_principals: BTreeMap<String, String>,
    /// Resource type to the properties that take a role.
    role_properties: BTreeMap<String, Vec<String>>,
    /// Resource type to the properties that take a key.
    key_properties: BTreeMap<String, Vec<String>>,
    /// Resource type to the properties that take an object in a bucket.
    object_properties: BTreeMap<String, Vec<ObjectLocation>>,
    /// Resource type to the properties that take a container image.
    image_properties: BTreeMap<String, Vec<String>>,
    /// Action to the ARN template that it is limited to wherever handlers list it.
    #[serde(default)]
    scopes: BTreeMap<String, String>,
    /// Type of a template parameter to the actions by which its value is checked.
    #[serde(default)]
    parameter_types: BTreeMap<String, Vec<String>>,
}

/// The properties that together name an object.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ObjectLocation {
    /// The property with the bucket's name.
    pub(crate) bucket: String,
    /// The property with the object's key.
    pub(crate) key: Option<String>,
    /// The property with the object's version.
    pub(crate) version: Option<String>,
}

fn facts() -> &'static Generic {
    static FACTS: OnceLock<Generic> = OnceLock::new();
    // A file that does not parse cannot pass the tests; here it counts as one without facts.
    FACTS.get_or_init(|| toml::from_str(include_str!("../rules/generic.toml")).unwrap_or_default())
}

/// The service principal that assumes the roles that a resource of this type is passed.
pub(crate) fn service_principal(resource_type: &str) -> Option<&'static str> {
    let principals = &facts().service_principals;
    let service = resource_type.split("::").nth(1)?;
    principals.get(resource_type).or_else(|| principals.get(service)).map(String::as_str)
}

/// The properties that take a role, beside the registry's typed references.
pub(crate) fn role_properties(resource_type: &str) -> impl Iterator<Item = &'static str> {
    facts().role_properties.get(resource_type).into_iter().flatten().map(String::as_str)
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

/// The ARN template that an action is limited to, wherever handlers list it.
pub(crate) fn scope_of(action: &Action) -> Option<&'static str> {
    facts().scopes.get(action.as_str()).map(String::as_str)
}

/// The actions by which `CloudFormation` checks a template parameter of this type.
pub(crate) fn parameter_type_actions(kind: &str) -> impl Iterator<Item = &'static str> {
    let kind = kind.strip_prefix("List<").and_then(|kind| kind.strip_suffix('>')).unwrap_or(kind);
    facts().parameter_types.get(kind).into_iter().flatten().map(String::as_str)
}
