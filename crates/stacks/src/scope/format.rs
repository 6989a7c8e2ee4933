//! ARN formats as text: their variables, and which names in them the service keeps in lower case.

use super::Pattern;
use crate::generic;

/// The variables of an ARN template, without what is done to them: properties, for the most part.
pub(crate) fn properties_in(template: &str) -> impl Iterator<Item = &str> {
    let variables = template.split("${").skip(1).filter_map(|rest| rest.split_once('}'));
    variables.filter_map(|(variable, _)| {
        variable.strip_prefix("lower:").unwrap_or(variable).split(['|', '#', '+', '/']).next()
    })
}

/// Whether the service keeps names of this ARN format in lower case, however the template writes them.
pub(super) fn is_kept_in_lower_case(format: &str) -> bool {
    let mut parts = format.splitn(6, ':');
    let service = parts.nth(2).unwrap_or_default();
    let resource = parts.nth(2).unwrap_or_default();
    let kind = resource.split([':', '/']).next().unwrap_or_default();
    generic::lower_case_kinds(service).iter().any(|lower| lower == kind)
}

pub(super) fn lower(pattern: Pattern) -> Pattern {
    Pattern { glob: pattern.glob.to_lowercase(), ..pattern }
}
