//! The wildcards of ARN formats: what stands for every resource of a kind.

use super::any_build;
use super::glob::append;
use crate::resolve::Stack;

/// The wildcard of an ARN format: account and region as far as they are known, everything else open.
pub(crate) fn wildcard(stack: &Stack, format: &str) -> String {
    let mut glob = String::with_capacity(format.len());
    let mut rest = format;
    while let Some((before, after)) = rest.split_once("${") {
        let Some((variable, after)) = after.split_once('}') else { break };
        append(&mut glob, before);
        let setting = &stack.setting;
        let known = match variable {
            "Partition" => setting.partition.as_deref(),
            "Region" => setting.region.as_deref(),
            "Account" | "AccountId" => setting.account.as_deref(),
            _ if variable.starts_with("account of ") => setting.account.as_deref(),
            // Most lie in no path.
            _ if variable.starts_with("path of ") => Some(""),
            "*" => Some("${*}"),
            "?" => Some("${?}"),
            "$" => Some("${$}"),
            // The name of the stack is none of these: other stacks have that format, too.
            _ => None,
        };
        append(&mut glob, known.unwrap_or("*"));
        rest = after;
    }
    append(&mut glob, rest);
    if is_of_objects(format) { any_build(&glob) } else { glob }
}

/// The wildcard of an ARN format for a value of which nothing is known: it may be in another account, as layers and keys often are.
///
/// Roles and what else IAM holds can be given to a service in their own account only. What EC2 holds is used in its own region,
/// and of it subnets are shared between accounts.
pub(crate) fn anywhere(stack: &Stack, format: &str) -> String {
    let is_of_ec2 = format.contains(":ec2:");
    if format.contains(":iam:") || is_of_ec2 && !format.contains(":subnet/") {
        return wildcard(stack, format);
    }
    if is_of_ec2 {
        return wildcard(stack, &format.replace("${Account}", "*"));
    }
    everywhere(stack, format)
}

/// The wildcard of an ARN format in any account and region: what a literal ARN is compared with. Layers, keys, topics, certificates and
/// roles of others are referred to by it.
pub(crate) fn everywhere(stack: &Stack, format: &str) -> String {
    wildcard(stack, &format.replace("${Region}", "*").replace("${Account}", "*"))
}

/// Whether the ARNs of a format are those of objects in buckets.
pub(super) fn is_of_objects(template: &str) -> bool {
    template.starts_with("arn:${Partition}:s3:::") && template.contains('/')
}
