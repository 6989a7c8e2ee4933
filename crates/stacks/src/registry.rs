//! The CloudFormation registry: what is known of every resource type.
//!
//! The facts are those of the registry's schemas on the day [`DATE`], joined with ARN templates and typed references from
//! the service specification of the CDK. Property paths are dotted; lists are traversed without a mark (`Rules.Id`) and
//! maps with a star (`Services.*.Name`). The registry's permissions are neither minimal nor complete: rules refine them.
//!
//! ```
//! use stackpass_stacks::registry;
//!
//! let bucket = registry::resource_type("AWS::S3::Bucket").unwrap();
//! assert!(bucket.primary_identifier().eq(["BucketName"]));
//! assert!(bucket.permissions().any(|of| of.name == "CreateBucket" && of.verbs.contains(registry::Verb::Create)));
//! ```
//!
//! Everything is embedded text in the shape that [`sorted_lines`] reads, so that starting costs nothing. A line of
//! `types.txt` is a resource type; its fields refer to lines of the other files.

use std::fmt;

use stackpass_ground::sorted_lines::{self, field, line_at, references, value};
use stackpass_policy::catalogue;

/// The day of the facts, such as `2026-11-20`.
pub const DATE: &str = include_str!("generated/date.txt");

const TYPES: &str = include_str!("generated/types.txt");
/// The actions of handlers that the catalogue lacks.
const UNLISTED_ACTIONS: &str = include_str!("generated/unlisted-actions.txt");
const PATHS: &str = include_str!("generated/paths.txt");
/// Resource type and attribute that a property can refer to.
const TARGETS: &str = include_str!("generated/targets.txt");

/// References to actions are offsets in the catalogue's text, or, from here on, in [`UNLISTED_ACTIONS`].
const UNLISTED: usize = 63 << 18;
/// How many digits a reference to an action has.
const ACTION_DIGITS: usize = 4;

/// The fields of a line of `types.txt`, by position.
mod column {
    pub(super) const NAME: usize = 0;
    /// A digit of handlers, a digit of tagging.
    pub(super) const DIGITS: usize = 1;
    pub(super) const NAME_LENGTH: usize = 2;
    pub(super) const TAG_PROPERTY: usize = 3;
    pub(super) const PRIMARY_IDENTIFIER: usize = 4;
    pub(super) const CREATE_ONLY: usize = 5;
    pub(super) const READ_ONLY: usize = 6;
    pub(super) const REF_IDENTIFIER: usize = 7;
    pub(super) const ARN: usize = 8;
    /// Reference to the action and a digit of verbs, for each.
    pub(super) const PERMISSIONS: usize = 9;
    pub(super) const TAGGING_PERMISSIONS: usize = 10;
    /// References to property and target, for each.
    pub(super) const REFERENCES: usize = 11;
}

/// Finds a resource type by its exact name, such as `AWS::S3::Bucket`.
pub fn resource_type(name: &str) -> Option<ResourceType> {
    let line = sorted_lines::find(TYPES, name)?;
    Some(ResourceType { line }).filter(|of| of.name() == name)
}

/// Gives all resource types, sorted.
pub fn resource_types() -> impl Iterator<Item = ResourceType> {
    TYPES.lines().map(|line| ResourceType { line })
}

/// What is known of a resource type.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ResourceType {
    line: &'static str,
}

impl ResourceType {
    /// Its name, such as `AWS::S3::Bucket`.
    pub fn name(self) -> &'static str {
        self.field(column::NAME)
    }

    /// The handlers that it has; without an update handler, every change replaces the resource.
    pub fn handlers(self) -> Verbs {
        Verbs::from_bits(self.digit(0))
    }

    /// Whether the registry says which permissions it needs.
    pub fn has_handlers(self) -> bool {
        !self.handlers().is_empty()
    }

    /// The permissions of its handlers, sorted by action.
    pub fn permissions(self) -> impl Iterator<Item = HandlerPermission> {
        let entries = self.field(column::PERMISSIONS).as_bytes().chunks_exact(ACTION_DIGITS + 1);
        entries.filter_map(|entry| {
            let (reference, verbs) = entry.split_at_checked(ACTION_DIGITS)?;
            let (service, name) = action(value(reference))?;
            Some(HandlerPermission { service, name, verbs: Verbs::from_bits(value(verbs)) })
        })
    }

    /// How it is tagged; `None` when it cannot be.
    pub fn tagging(self) -> Option<Tagging> {
        let bits = self.digit(1);
        let property = self.paths(column::TAG_PROPERTY).next()?;
        Some(Tagging {
            property,
            system_tags: bits & 1 != 0,
            on_create: bits & 2 != 0,
            updatable: bits & 4 != 0,
        })
    }

    /// The permissions that tagging needs, sorted by action: service and name of each.
    pub fn tagging_permissions(self) -> impl Iterator<Item = (&'static str, &'static str)> {
        let entries =
            self.field(column::TAGGING_PERMISSIONS).as_bytes().chunks_exact(ACTION_DIGITS);
        entries.map(value).filter_map(action)
    }

    /// The properties whose values make up the identifier, in the identifier's order.
    pub fn primary_identifier(self) -> impl Iterator<Item = &'static str> {
        self.paths(column::PRIMARY_IDENTIFIER)
    }

    /// The properties whose change replaces the resource, sorted.
    pub fn create_only(self) -> impl Iterator<Item = &'static str> {
        self.paths(column::CREATE_ONLY)
    }

    /// The properties that the resource returns and a template cannot set, sorted.
    pub fn read_only(self) -> impl Iterator<Item = &'static str> {
        self.paths(column::READ_ONLY)
    }

    /// The properties whose values `Ref` gives, in order: the primary identifier unless the type is known to differ.
    pub fn ref_identifier(self) -> impl Iterator<Item = &'static str> {
        let own = self.field(column::REF_IDENTIFIER).is_empty();
        self.paths(if own { column::PRIMARY_IDENTIFIER } else { column::REF_IDENTIFIER })
    }

    /// The ARN with `${Partition}`, `${Region}`, `${Account}` and placeholders that mostly are names of properties.
    pub fn arn_template(self) -> Option<&'static str> {
        Some(self.field(column::ARN)).filter(|arn| !arn.is_empty())
    }

    /// What its properties can refer to, sorted by property. A property can have several targets.
    pub fn references(self) -> impl Iterator<Item = Reference> {
        let entries = self.field(column::REFERENCES).as_bytes().chunks_exact(6);
        entries.filter_map(|entry| entry.split_at_checked(3)).map(|(property, target)| {
            let target = line_at(TARGETS, value(target));
            Reference {
                property: line_at(PATHS, value(property)),
                target_type: field(target, 0),
                target_attribute: field(target, 1),
            }
        })
    }

    /// The maximum length of the name, where the one property of the identifier is a name that a template can give and
    /// the schema limits it.
    pub fn name_max_length(self) -> Option<usize> {
        self.field(column::NAME_LENGTH).parse().ok()
    }

    fn field(self, position: usize) -> &'static str {
        field(self.line, position)
    }

    fn digit(self, position: usize) -> usize {
        self.field(column::DIGITS).as_bytes().get(position..=position).map_or(0, value)
    }

    fn paths(self, position: usize) -> impl Iterator<Item = &'static str> {
        references(self.field(position)).map(|offset| line_at(PATHS, offset))
    }
}

impl fmt::Debug for ResourceType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ResourceType({})", self.name())
    }
}

/// A permission that handlers of a resource type need.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HandlerPermission {
    /// The prefix of the action's service, such as `s3`.
    pub service: &'static str,
    /// The action's name, such as `CreateBucket`. A few types have a pattern, such as `*`.
    pub name: &'static str,
    /// The handlers that need it.
    pub verbs: Verbs,
}

/// How a resource type is tagged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tagging {
    /// The property that holds the tags.
    pub property: &'static str,
    /// Whether each resource gets the tags `aws:cloudformation:*`.
    pub system_tags: bool,
    /// Whether tags can be given on creation.
    pub on_create: bool,
    /// Whether tags can be changed without a replacement.
    pub updatable: bool,
}

/// A property that takes an attribute of a resource of another type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reference {
    /// The path of the property, such as `Code.S3Bucket`.
    pub property: &'static str,
    /// The type of the other resource, such as `AWS::S3::Bucket`.
    pub target_type: &'static str,
    /// The attribute that it takes, such as `BucketName`. Annotations that name no property of the target stay as they are.
    pub target_attribute: &'static str,
}

/// What a handler of the registry does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verb {
    /// Makes the resource.
    Create,
    /// Reads one resource.
    Read,
    /// Changes the resource.
    Update,
    /// Deletes the resource.
    Delete,
    /// Reads which resources there are.
    List,
}

impl Verb {
    /// In the order of their bits in the embedded text.
    const ALL: [Self; 5] = [Self::Create, Self::Read, Self::Update, Self::Delete, Self::List];

    fn bit(self) -> u8 {
        match self {
            Self::Create => 1,
            Self::Read => 2,
            Self::Update => 4,
            Self::Delete => 8,
            Self::List => 16,
        }
    }
}

/// A set of verbs.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Verbs(u8);

impl Verbs {
    /// Whether the verb is in the set.
    pub fn contains(self, verb: Verb) -> bool {
        self.0 & verb.bit() != 0
    }

    /// Whether the set has no verb.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The verbs of the set in the order create, read, update, delete, list.
    pub fn iter(self) -> impl Iterator<Item = Verb> {
        Verb::ALL.into_iter().filter(move |verb| self.contains(*verb))
    }

    fn from_bits(bits: usize) -> Self {
        Self(u8::try_from(bits & 31).unwrap_or_default())
    }
}

impl fmt::Debug for Verbs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

/// Service and name of the action that a reference is to.
fn action(reference: usize) -> Option<(&'static str, &'static str)> {
    match reference.checked_sub(UNLISTED) {
        Some(offset) => line_at(UNLISTED_ACTIONS, offset).split_once(':'),
        None => catalogue::action_at(reference).map(|facts| (facts.service(), facts.name())),
    }
}

#[cfg(test)]
mod tests;
