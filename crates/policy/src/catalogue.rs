//! The IAM catalogue: services, their actions and resource types, and condition keys.
//!
//! The facts are those of the Service Authorization Reference on the day [`DATE`]. Names are found without regard to
//! case, as IAM does, and are given in the catalogue's own spelling. An action that is not in the catalogue may still be
//! real: services are ahead of their documentation now and then.
//!
//! ```
//! use stackpass_policy::catalogue;
//!
//! let put = catalogue::action("S3", "putobject").unwrap();
//! assert_eq!((put.service(), put.name()), ("s3", "PutObject"));
//! assert!(put.resource_types().any(|(of, _)| of.arns().eq(["arn:${Partition}:s3:::${BucketName}/${ObjectName}"])));
//! ```
//!
//! Everything is embedded text in the shape that [`sorted_lines`] reads, so that looking up costs a bisection and
//! starting costs nothing:
//!
//! | file | line |
//! |---|---|
//! | `services.txt` | service, the offsets of its part of `actions.txt` and of `resource-types.txt` |
//! | `actions.txt` | name; a digit of access levels and a letter for each resource type; set of condition keys |
//! | `resource-types.txt` | name, ARN format, set of condition keys |
//! | `condition-key-sets.txt` | references to condition keys |
//! | `condition-keys.txt` | condition key, letter of its type |

use std::{fmt, iter};

use crate::sorted_lines::{self, field, line_at, value};

/// The day of the facts, such as `2026-11-20`.
pub const DATE: &str = include_str!("generated/date.txt");
/// The version of the source of the facts.
pub const VERSION: &str = include_str!("generated/version.txt");

const SERVICES: &str = include_str!("generated/services.txt");
const ACTIONS: &str = include_str!("generated/actions.txt");
const RESOURCE_TYPES: &str = include_str!("generated/resource-types.txt");
const CONDITION_KEY_SETS: &str = include_str!("generated/condition-key-sets.txt");
const CONDITION_KEYS: &str = include_str!("generated/condition-keys.txt");

/// Gives the prefixes of all services, sorted.
pub fn services() -> impl Iterator<Item = &'static str> {
    SERVICES.lines().map(|line| field(line, 0))
}

/// Finds an action by the prefix of its service and its name.
pub fn action(service: &str, name: &str) -> Option<ActionFacts> {
    let service = Service::find(service)?;
    let line = sorted_lines::find(service.actions, name)?;
    Some(ActionFacts { service, line })
}

/// Finds an action by where its line begins in the embedded text, so that other tables need not repeat its name.
///
/// Offsets are those of this very version; they stand in what `cargo xtask codegen` makes for the other crates.
#[doc(hidden)]
pub fn action_at(offset: usize) -> Option<ActionFacts> {
    let end = |line: &str| Service::offset(line, 1);
    let at =
        sorted_lines::partition_point(SERVICES, |line| end(line).is_some_and(|end| end <= offset));
    let service = Service::of(line_at(SERVICES, at))?;
    let line = line_at(ACTIONS, offset);
    (!line.is_empty()).then_some(ActionFacts { service, line })
}

/// Gives all actions of a service, sorted; none when the service is unknown.
pub fn actions(service: &str) -> impl Iterator<Item = ActionFacts> + use<> {
    Service::find(service)
        .into_iter()
        .flat_map(|service| service.actions.lines().map(move |line| ActionFacts { service, line }))
}

/// Finds a resource type of a service by its name in the catalogue.
pub fn resource_type(service: &str, name: &str) -> Option<ResourceTypeFacts> {
    let service = Service::find(service)?;
    let line = sorted_lines::find(service.resource_types, name)?;
    Some(ResourceTypeFacts { service: service.name, line })
}

/// Gives all resource types of a service, sorted; none when the service is unknown.
pub fn resource_types(service: &str) -> impl Iterator<Item = ResourceTypeFacts> + use<> {
    Service::find(service).into_iter().flat_map(|service| {
        service
            .resource_types
            .lines()
            .map(move |line| ResourceTypeFacts { service: service.name, line })
    })
}

/// Gives all condition keys, sorted; a part that the user chooses stands as `${Name}`, such as `aws:RequestTag/${TagKey}`.
pub fn condition_keys() -> impl Iterator<Item = &'static str> {
    CONDITION_KEYS.lines().map(|line| field(line, 0))
}

/// Finds the type of a condition key, written as in the catalogue or with the user's own part, such as `aws:RequestTag/team`.
pub fn condition_key_type(key: &str) -> Option<ConditionKeyType> {
    let line = sorted_lines::find(CONDITION_KEYS, key).or_else(|| templated_key(key))?;
    ConditionKeyType::from_letter(field(line, 1))
}

/// Finds the line of a key of which the user chooses a part: `prefix${Name}suffix`.
fn templated_key(key: &str) -> Option<&'static str> {
    let is_mark = |byte: u8| matches!(byte, b'/' | b':' | b'.' | b'-');
    let starts = key
        .bytes()
        .enumerate()
        .filter(|(_, byte)| is_mark(*byte))
        .filter_map(|(at, _)| key.get(..=at));
    let mut candidates = starts.flat_map(|start| {
        let rest = key.len() - start.len();
        sorted_lines::starting_with(CONDITION_KEYS, &format!("{start}${{"))
            .map(move |line| (line, rest))
    });
    let found = candidates.find(|(line, rest)| {
        let suffix = field(line, 0).split_once('}').map_or("", |(_, suffix)| suffix);
        let end = key.len().checked_sub(suffix.len()).and_then(|at| key.get(at..));
        suffix.len() < *rest && end.is_some_and(|end| end.eq_ignore_ascii_case(suffix))
    });
    found.map(|(line, _)| line)
}

/// A service's part of the catalogue.
#[derive(Clone, Copy)]
struct Service {
    name: &'static str,
    actions: &'static str,
    resource_types: &'static str,
}

impl Service {
    fn find(name: &str) -> Option<Self> {
        Self::of(sorted_lines::find(SERVICES, name)?)
    }

    /// The service of a line of `services.txt`.
    fn of(line: &'static str) -> Option<Self> {
        let offset = |number| Self::offset(line, number);
        Some(Self {
            name: field(line, 0),
            actions: ACTIONS.get(offset(0)?..offset(1)?)?,
            resource_types: RESOURCE_TYPES.get(offset(2)?..offset(3)?)?,
        })
    }

    /// One of the offsets of a line: where its actions begin and end, where its resource types begin and end.
    fn offset(line: &str, number: usize) -> Option<usize> {
        field(line, 1).as_bytes().get(number * 4..number * 4 + 4).map(value)
    }
}

/// What the catalogue says about an action.
#[derive(Clone, Copy)]
pub struct ActionFacts {
    service: Service,
    line: &'static str,
}

impl ActionFacts {
    /// The prefix of its service, such as `s3`.
    pub fn service(self) -> &'static str {
        self.service.name
    }

    /// Its name in the catalogue's spelling, such as `PutObject`.
    pub fn name(self) -> &'static str {
        field(self.line, 0)
    }

    /// Its access levels; some actions have two, such as tagging and writing.
    pub fn access_levels(self) -> impl Iterator<Item = AccessLevel> {
        let bits = field(self.line, 1).as_bytes().get(..1).map_or(0, value);
        let all = AccessLevel::ALL.into_iter().enumerate();
        all.filter(move |(bit, _)| bits >> bit & 1 == 1).map(|(_, level)| level)
    }

    /// The resource types that it accepts, and whether a request must name one of that type.
    ///
    /// Without any, the action has no resource-level support: a statement must say `"Resource": "*"`.
    pub fn resource_types(self) -> impl Iterator<Item = (ResourceTypeFacts, bool)> {
        let letters = field(self.line, 1).get(1..).unwrap_or_default();
        let types = self.service.resource_types;
        positions(letters).filter_map(move |(position, required)| {
            let line = types.lines().nth(position)?;
            Some((ResourceTypeFacts { service: self.service.name, line }, required))
        })
    }

    /// The condition keys that it takes, on its own or on any of its resource types, sorted.
    ///
    /// The keys of every service (`aws:SourceIp` and the like) are not repeated here.
    pub fn condition_keys(self) -> impl Iterator<Item = &'static str> {
        key_set(field(self.line, 2))
    }
}

impl PartialEq for ActionFacts {
    fn eq(&self, other: &Self) -> bool {
        (self.service(), self.name()) == (other.service(), other.name())
    }
}

impl Eq for ActionFacts {}

impl fmt::Debug for ActionFacts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ActionFacts({}:{})", self.service(), self.name())
    }
}

/// What the catalogue says about a resource type.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ResourceTypeFacts {
    service: &'static str,
    line: &'static str,
}

impl ResourceTypeFacts {
    /// The prefix of its service, such as `s3`.
    pub fn service(self) -> &'static str {
        self.service
    }

    /// Its name in the catalogue, such as `bucket`.
    pub fn name(self) -> &'static str {
        field(self.line, 0)
    }

    /// The formats of its ARN with `${Partition}`, `${Region}`, `${Account}` and placeholders of its own; most types have one.
    pub fn arns(self) -> impl Iterator<Item = &'static str> {
        field(self.line, 1).split(", ")
    }

    /// The condition keys that apply to it, sorted.
    pub fn condition_keys(self) -> impl Iterator<Item = &'static str> {
        key_set(field(self.line, 2))
    }
}

impl fmt::Debug for ResourceTypeFacts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ResourceTypeFacts({}:{})", self.service(), self.name())
    }
}

/// What kind of access an action gives, in AWS's classification.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AccessLevel {
    /// Sees which resources there are.
    List,
    /// Sees what is in them.
    Read,
    /// Creates, changes or deletes them.
    Write,
    /// Changes who may do what.
    PermissionsManagement,
    /// Changes tags only.
    Tagging,
}

impl AccessLevel {
    /// In the order of their bits in the embedded text.
    const ALL: [Self; 5] =
        [Self::List, Self::Read, Self::Write, Self::PermissionsManagement, Self::Tagging];
}

/// The type of the values of a condition key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum ConditionKeyType {
    /// One ARN.
    Arn,
    /// Several ARNs.
    ArrayOfArn,
    /// Several times true or false.
    ArrayOfBool,
    /// Several strings.
    ArrayOfString,
    /// True or false.
    Bool,
    /// A point in time.
    Date,
    /// An address or a range of addresses.
    IpAddress,
    /// A number.
    Numeric,
    /// One string.
    String,
}

impl ConditionKeyType {
    /// Whether a request gives several values, so that `ForAnyValue` or `ForAllValues` is called for.
    pub fn is_multivalued(self) -> bool {
        matches!(self, Self::ArrayOfArn | Self::ArrayOfBool | Self::ArrayOfString)
    }

    fn from_letter(letter: &str) -> Option<Self> {
        match letter {
            "R" => Some(Self::Arn),
            "r" => Some(Self::ArrayOfArn),
            "b" => Some(Self::ArrayOfBool),
            "s" => Some(Self::ArrayOfString),
            "B" => Some(Self::Bool),
            "D" => Some(Self::Date),
            "I" => Some(Self::IpAddress),
            "N" => Some(Self::Numeric),
            "S" => Some(Self::String),
            _ => None,
        }
    }
}

/// Reads the letters of an action's resource types: position of the type in its service, and whether it is required.
///
/// A letter is upper case when required; a number before it counts alphabets, so `1a` is the 27th type.
fn positions(letters: &'static str) -> impl Iterator<Item = (usize, bool)> {
    let mut letters = letters.bytes();
    iter::from_fn(move || {
        let mut alphabets = 0_usize;
        for byte in letters.by_ref() {
            if byte.is_ascii_digit() {
                alphabets = alphabets * 10 + usize::from(byte - b'0');
            } else {
                let letter = byte.to_ascii_lowercase().saturating_sub(b'a');
                return Some((alphabets * 26 + usize::from(letter), byte.is_ascii_uppercase()));
            }
        }
        None
    })
}

/// The condition keys of the set that a field refers to; none when the field is empty.
fn key_set(reference: &'static str) -> impl Iterator<Item = &'static str> {
    let set = sorted_lines::references(reference)
        .next()
        .map_or("", |offset| line_at(CONDITION_KEY_SETS, offset));
    sorted_lines::references(set).map(|offset| field(line_at(CONDITION_KEYS, offset), 0))
}

#[cfg(test)]
mod tests;
