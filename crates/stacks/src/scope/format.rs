//! ARN formats as text: their variables, and which names in them the service keeps in lower case.

use std::collections::BTreeSet;

use super::Pattern;
use crate::generic;

/// The variables of an ARN template, without what is done to them: properties, for the most part.
pub(crate) fn properties_in(template: &str) -> impl Iterator<Item = &str> {
    let variables = template.split("${").skip(1).filter_map(|rest| rest.split_once('}'));
    let properties = variables.filter_map(|(variable, _)| {
        variable.strip_prefix("lower:").unwrap_or(variable).split(['|', '#', '+', '/']).next()
    });
    properties.filter(|property| !matches!(*property, "Partition" | "Region" | "Account"))
}

/// A name as it stands in ARNs of this format: in lower case where the service keeps it so, however the template writes it, and both
/// ways where it may.
pub(super) fn in_case(format: &str, name: Pattern) -> BTreeSet<Pattern> {
    let mut parts = format.splitn(6, ':');
    let service = parts.nth(2).unwrap_or_default();
    let resource = parts.nth(2).unwrap_or_default();
    let kind = resource.split([':', '/']).next().unwrap_or_default();
    if generic::may_be_in_lower_case(service) {
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
