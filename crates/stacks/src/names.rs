//! Names and ARNs of a stack's resources, as patterns, before they exist.
//!
//! A pattern matches every name or ARN that the deployment can give; where nothing is known, it is the wildcard of the type.

mod address;
mod reach;
mod referent;
mod resource;
mod template;

pub(crate) use referent::{is_path, of_same_stack, referred, referred_or_any};
pub(crate) use resource::{arns, fill, filled_text, patterns, patterns_of, stack_name};
#[cfg(test)]
pub(crate) use template::PREFIXES;
pub(crate) use template::{anywhere, arn_template, everywhere, properties_in, wildcard};
