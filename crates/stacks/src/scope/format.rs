//! ARN formats as text: their variables, and which names in them the service keeps in lower case.

use std::collections::BTreeSet;

use stackpass_ground::account::AccountId;

use super::Pattern;
use crate::generic;

/// What may stand before a property in a variable of an ARN template.
pub(crate) const PREFIXES: [&str; 3] = ["lower:", "account of ", "path of "];

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
