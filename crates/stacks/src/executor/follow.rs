//! What the properties of a resource refer to.

use std::collections::BTreeSet;

use crate::names::{self, NameTemplate};
use crate::pattern::Pattern;
use crate::registry::ResourceType;

use super::Subject;

/// What may be an ARN of anything.
const ANYTHING: NameTemplate<'static> = NameTemplate::new("*");

/// What a property refers to, for an action that accepts ARNs of these templates. Nothing, if it refers to something else.
pub(super) fn at_path(
    subject: &Subject<'_>,
    path: &str,
    templates: &[NameTemplate<'_>],
) -> BTreeSet<Pattern> {
    let found = subject.resource.at(path);
    let mut patterns = BTreeSet::new();
    if found.values.is_empty() && found.complete {
        return patterns;
    }
    let templates = likeliest_first(subject, path, templates);
    for value in &found.values {
        for text in value.value.texts() {
            let kept = names::referred_among(subject.stack, &text, &templates);
            subject.followed.note(subject.stack, path, &text, !kept.is_empty());
            patterns.extend(kept);
        }
    }
    if !found.complete {
        patterns.extend(templates.iter().map(|template| template.anywhere(subject.stack)));
    }
    patterns
}

/// ARN templates in the order in which a bare name is taken for one of them: that of the type which the registry says the property
/// refers to, then those with the fewest parts.
fn likeliest_first<'a>(
    subject: &Subject<'_>,
    path: &str,
    templates: &[NameTemplate<'a>],
) -> Vec<NameTemplate<'a>> {
    let references = subject.registered.into_iter().flat_map(ResourceType::references);
    let targets: Vec<Pattern> = references
        .filter(|reference| reference.property == path)
        .filter_map(|reference| NameTemplate::of_type(reference.target_type))
        .map(|template| template.wildcard(subject.stack))
        .collect();
    let mut templates = if templates.is_empty() { vec![ANYTHING] } else { templates.to_vec() };
    templates.sort_by_cached_key(|template| {
        let wildcard = template.wildcard(subject.stack);
        let is_target = targets.iter().any(|target| target.fits(&wildcard));
        (!is_target, template.variables())
    });
    templates
}
