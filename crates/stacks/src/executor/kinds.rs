//! What a resource says of the resource types that an action acts on.

use std::collections::BTreeSet;

use stackpass_policy::catalogue::ResourceTypeFacts;

use crate::names::NameTemplate;
use crate::pattern::Pattern;
use crate::registry;

use super::Subject;
use super::follow::at_path;

/// What the resource's typed references say of a resource type that an action acts on; else the type's wildcard.
pub(super) fn referenced(subject: &Subject<'_>, kind: &ResourceTypeFacts) -> BTreeSet<Pattern> {
    subject.referenced(kind, || work_out(subject, kind))
}

fn work_out(subject: &Subject<'_>, kind: &ResourceTypeFacts) -> BTreeSet<Pattern> {
    let of_template = |template: NameTemplate<'static>| {
        let wildcard = template.wildcard(subject.stack);
        let mut patterns = BTreeSet::new();
        for reference in subject.registered.into_iter().flat_map(registry::ResourceType::references)
        {
            let Some(target) = NameTemplate::of_type(reference.target_type) else { continue };
            if target.wildcard(subject.stack).fits(&wildcard) {
                patterns.extend(at_path(subject, reference.property, &[template]));
            }
        }
        (wildcard, patterns)
    };
    let found: Vec<_> = NameTemplate::of_kind(*kind).map(of_template).collect();
    let patterns: BTreeSet<Pattern> =
        found.iter().flat_map(|(_, patterns)| patterns).cloned().collect();
    if !patterns.is_empty() {
        return patterns;
    }
    if let Some(patterns) = told_by_a_property(subject, kind) {
        return patterns;
    }
    found.into_iter().map(|(wildcard, _)| wildcard).collect()
}

/// What a property says of a resource type that an action acts on, where the registry knows no reference: one that is named for the
/// type, as `StreamARN` for a stream and `EndpointConfigName` for what has that in its ARN, or any that holds the ARN of such a thing.
fn told_by_a_property(
    subject: &Subject<'_>,
    kind: &ResourceTypeFacts,
) -> Option<BTreeSet<Pattern>> {
    let plain = |text: &str| {
        let letters = text.chars().filter(char::is_ascii_alphanumeric);
        letters.collect::<String>().to_ascii_lowercase()
    };
    let templates: Vec<NameTemplate<'_>> = NameTemplate::of_kind(*kind).collect();
    let wildcards: Vec<Pattern> =
        templates.iter().map(|template| template.everywhere(subject.stack)).collect();
    let mut told = BTreeSet::new();
    let mut is_told = false;
    let kind = plain(kind.name());
    let of_arn = format!("{kind}arn");
    let of_name = templates.iter().filter_map(|template| {
        let variable = plain(template.properties().last()?);
        variable.starts_with(&kind).then_some(variable)
    });
    let of_names: Vec<String> = of_name.collect();
    for (path, arns) in subject.literal_arns() {
        let last = plain(path.rsplit('.').next().unwrap_or(path));
        if last.trim_end_matches('s') == of_arn || of_names.contains(&last) {
            is_told = true;
            told.extend(at_path(subject, path, &templates));
            continue;
        }
        let of_kind = arns.iter().filter(|arn| wildcards.iter().any(|wildcard| arn.fits(wildcard)));
        told.extend(of_kind.cloned());
    }
    (is_told || !told.is_empty()).then_some(told)
}
