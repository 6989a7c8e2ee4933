//! Names and ARNs of a stack's resources, as patterns, before they exist.
//!
//! A pattern matches every name or ARN that the deployment can give; where nothing is known, it is the wildcard of the type.

mod families;
mod reach;
mod referent;
mod resource;
mod template;

pub(crate) use referent::{is_path, referred, referred_among, referred_or_any};
pub(crate) use resource::{arns, fill, filled_text, patterns, patterns_of, stack_name};
pub(crate) use template::NameTemplate;
#[cfg(test)]
pub(crate) use template::PREFIXES;
