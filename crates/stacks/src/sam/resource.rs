//! The resources that the transform expands, with what is asked of them again and again.

use stackpass_ground::tree::{Kind, Node};

use super::build::{self, At, entry, field};
use crate::template::Resource;

/// What the names of SAM's types begin with.
pub(super) const PREFIX: &str = "AWS::Serverless::";

/// A SAM resource.
#[derive(Clone, Debug)]
pub(super) struct Macro {
    pub(super) resource: Resource,
    /// Its properties over the defaults of `Globals`.
    pub(super) properties: Node,
}

impl Macro {
    pub(super) fn id(&self) -> &str {
        self.resource.logical_id.as_str()
    }

    pub(super) fn at(&self) -> At {
        At(self.resource.span)
    }

    /// The place of a property; of the resource, if it has none.
    pub(super) fn at_property(&self, key: &str) -> At {
        entry(&self.properties, key).map_or(self.at(), build::entry_at)
    }

    pub(super) fn field(&self, key: &str) -> Option<&Node> {
        field(&self.properties, key)
    }

    /// The same without its condition and its policies, for what does not share them.
    pub(super) fn bare(&self) -> Macro {
        let mut bare = self.clone();
        bare.resource.condition = None;
        bare.resource.deletion_policy = None;
        bare.resource.update_replace_policy = None;
        bare
    }

    /// The text of a property that is certain.
    pub(super) fn word(&self, key: &str) -> Option<&str> {
        self.field(key).and_then(Node::scalar)
    }

    /// Whether a property is there and not certainly false or empty.
    pub(super) fn wants(&self, key: &str) -> bool {
        self.field(key).is_some_and(is_wanted)
    }
}

/// Whether a value asks for something: it is there, and neither false nor empty.
pub(super) fn is_wanted(node: &Node) -> bool {
    match &node.kind {
        Kind::Null => false,
        Kind::Bool(value) => *value,
        Kind::Number(text) => text != "0",
        Kind::String(text) => !text.is_empty(),
        Kind::List(items) => !items.is_empty(),
        Kind::Map(entries) => !entries.is_empty() && !build::is_no_value(node),
    }
}

pub(super) fn is_sam(resource: &Resource) -> bool {
    resource.resource_type.starts_with(PREFIX)
}

pub(super) fn sam_name(resource: &Resource) -> &str {
    resource.resource_type.strip_prefix(PREFIX).unwrap_or_default()
}

/// A resource that several others share: it is there if one of them is, and may be deleted if one of them may.
pub(super) fn weaker(mut resource: Resource, other: &Resource) -> Resource {
    let words = |policy: &Option<Node>| policy.as_ref().and_then(Node::as_str).map(str::to_owned);
    if resource.condition != other.condition {
        resource.condition = None;
    }
    if words(&resource.deletion_policy) != words(&other.deletion_policy) {
        resource.deletion_policy = None;
    }
    if words(&resource.update_replace_policy) != words(&other.update_replace_policy) {
        resource.update_replace_policy = None;
    }
    resource
}
