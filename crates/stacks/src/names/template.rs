//! ARN templates: their variables, their wildcards, and which names in them the service keeps in lower case.

use std::collections::BTreeSet;

use stackpass_ground::account::AccountId;

use crate::generic;
use crate::registry;
use crate::resolve::Stack;
use crate::rules;

use crate::pattern::{Pattern, any_build, append};

/// What may stand before a property in a variable of an ARN template.
pub(crate) const PREFIXES: [&str; 3] = ["lower:", "account of ", "path of "];

/// The ARN template of a resource type.
pub(crate) fn arn_template(resource_type: &str) -> Option<&'static str> {
    match rules::of(resource_type).and_then(|rules| rules.arn.as_deref()) {
        Some(template) => Some(template),
        None => registry::resource_type(resource_type)?.arn_template(),
    }
}

/// The variables of an ARN template, without what is done to them: properties, for the most part.
pub(crate) fn properties_in(template: &str) -> impl Iterator<Item = &str> {
    let variables = template.split("${").skip(1).filter_map(|rest| rest.split_once('}'));
    let properties = variables.filter_map(|(variable, _)| {
        let prefix = PREFIXES.into_iter().find_map(|prefix| variable.strip_prefix(prefix));
        prefix.unwrap_or(variable).split(['|', '#', '+', '/']).next()
    });
    properties.filter(|property| !matches!(*property, "Partition" | "Region" | "Account"))
}

/// A name as it stands in ARNs of this format: in lower case where the service keeps it so, however the template writes it, and both
/// ways where it may.
pub(super) fn in_case(format: &str, name: Pattern) -> BTreeSet<Pattern> {
    let mut parts = format.splitn(6, ':');
    let service = parts.nth(2).unwrap_or_default();
    let resource = parts.nth(2).unwrap_or_default();
    let kind = resource.split([':', '/', '$']).next().unwrap_or_default();
    if generic::may_be_in_lower_case(service, kind) {
        BTreeSet::from([lower(name.clone()), name])
    } else if generic::lower_case_kinds(service).iter().any(|lower| lower == kind) {
        BTreeSet::from([lower(name)])
    } else {
        BTreeSet::from([name])
    }
}

pub(super) fn lower(pattern: Pattern) -> Pattern {
    Pattern { glob: pattern.glob.to_lowercase(), ..pattern }
}

/// The account that stands at the beginning of an identifier, and what comes behind it, with a slash in front: a catalog of AWS Glue is
/// `ACCOUNT`, `ACCOUNT:PATH` or `PATH`.
/// <https://docs.aws.amazon.com/glue/latest/webapi/API_CreateTable.html>
pub(super) fn account_and_rest(glob: &str) -> (Option<&str>, String) {
    let (account, path) = match glob.split_once(':') {
        Some((account, path)) => (Some(account), path),
        None if glob.parse::<AccountId>().is_ok() || glob == "*" => (Some(glob), ""),
        None => (None, glob),
    };
    (account, if path.is_empty() { String::new() } else { format!("/{path}") })
}

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
