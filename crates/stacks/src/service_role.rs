//! Strategy 4: what a role is made of that CloudFormation acts with, and what it opens.
//!
//! Who deploys needs no permission for the services of the stack; whoever changes the template decides what the role does.
//! So a role that makes roles is as strong as the roles that it makes, unless a permissions boundary binds both: see
//! [`boundary()`]. [`findings()`] names the ways out of a role, each with the statement of the boundary that closes it.

mod boundary;
mod bounds;
mod findings;
mod principals;

use stackpass_policy::document::Document;
use stackpass_policy::trust;

pub use boundary::{CHANGING_POLICY, Closing, FREEING, GIVING, bound, boundary};
pub use bounds::{Bounds, bounds, demanded, kept_bound};
pub use findings::{Finding, Weight, findings};
pub use principals::{Carried, Principal, asking_beyond, unbounded};

/// The service that acts with the role.
pub const SERVICE: &str = "cloudformation.amazonaws.com";

/// The longest name of a role.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
const MAX_NAME: usize = 64;

/// What names that we make begin with. It is not the name of a stack, after which CloudFormation names the roles of that
/// stack: the role must not be among those that it may change.
const PREFIX: &str = "cloudformation-";

/// The trust policy of the role.
///
/// It has no `aws:SourceAccount` or `aws:SourceArn`: the guide of CloudFormation documents both for extensions and stack
/// sets, not for the role of a stack. A role can be passed within its account only, so that no other account can make
/// CloudFormation use it.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cross-service-confused-deputy-prevention.html>
pub fn trust() -> Document {
    trust::by_service(SERVICE)
}

/// A name for the role, made of what the names of the stacks have in common. The order of the names does not matter.
///
/// ```
/// use stackpass_stacks::service_role::default_name;
///
/// assert_eq!(default_name(["dev-notes"]), "cloudformation-dev-notes");
/// assert_eq!(default_name(["dev-notes-api", "dev-notes-site"]), "cloudformation-dev-notes");
/// assert_eq!(default_name([]), "cloudformation-stackpass");
/// ```
pub fn default_name<'a>(stacks: impl IntoIterator<Item = &'a str>) -> String {
    let mut stacks = stacks.into_iter();
    let first: Vec<&str> = stacks.next().unwrap_or_default().split('-').collect();
    let common = stacks.fold(first, |common, stack| {
        let pairs = common.iter().copied().zip(stack.split('-'));
        pairs.take_while(|(a, b)| a == b).map(|(word, _)| word).collect()
    });
    let base = common.join("-");
    let base = if base.is_empty() { "stackpass" } else { base.as_str() };
    let name: String = PREFIX.chars().chain(base.chars()).take(MAX_NAME).collect();
    name.trim_end_matches('-').to_owned()
}

/// The ARN of a role by its name; what is not known of its account is a wildcard.
pub fn role_arn(partition: Option<&str>, account: Option<&str>, name: &str) -> String {
    format!("arn:{}:iam::{}:role/{name}", partition.unwrap_or("*"), account.unwrap_or("*"))
}

/// The ARN of a customer managed policy by its name, with its path before it if it has one; what is not known of its
/// account is a wildcard.
pub fn policy_arn(partition: Option<&str>, account: Option<&str>, name: &str) -> String {
    format!("arn:{}:iam::{}:policy/{name}", partition.unwrap_or("*"), account.unwrap_or("*"))
}

#[cfg(test)]
mod tests;
