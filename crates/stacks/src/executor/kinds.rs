//! What a resource says of the resource types that an action acts on.

use std::collections::BTreeSet;

use stackpass_policy::catalogue::ResourceTypeFacts;

use crate::names;
use crate::need::Scoping;
use crate::pattern::{self, Pattern};
use crate::registry;

use super::Subject;
use super::follow::at_path;

/// What the resource's typed references say of a resource type that an action acts on; else the type's wildcard.
pub(super) fn referenced(subject: &Subject<'_>, kind: &ResourceTypeFacts) -> BTreeSet<Pattern> {
    subject.referenced(kind, || work_out(subject, kind))
}

fn work_out(subject: &Subject<'_>, kind: &ResourceTypeFacts) -> BTreeSet<Pattern> {
    let of_format = |format| {
        let wildcard = names::wildcard(subject.stack, format);
        let mut patterns = BTreeSet::new();
        for reference in subject.registered.into_iter().flat_map(registry::ResourceType::references)
        {
            let Some(template) = names::arn_template(reference.target_type) else { continue };
            if pattern::fits(&names::wildcard(subject.stack, template), &wildcard) {
                patterns.extend(at_path(subject, reference.property, &[format]));
            }
        }
        (wildcard, patterns)
    };
    let found: Vec<_> = kind.arns().map(of_format).collect();
    let patterns: BTreeSet<Pattern> =
        found.iter().flat_map(|(_, patterns)| patterns).cloned().collect();
    if !patterns.is_empty() {
        return patterns;
    }
    if let Some(patterns) = told_by_a_property(subject, kind) {
        return patterns;
    }
    let any = |(glob, _)| Pattern { glob, scoping: Scoping::AnyOfType };
    found.into_iter().map(any).collect()
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
    let formats: Vec<&str> = kind.arns().collect();
    let wildcards: Vec<String> =
        formats.iter().map(|format| names::everywhere(subject.stack, format)).collect();
    let mut told = BTreeSet::new();
    let mut is_told = false;
    let kind = plain(kind.name());
    let of_arn = format!("{kind}arn");
    let of_name = formats.iter().filter_map(|format| {
        let variable = plain(names::properties_in(format).last()?);
        variable.starts_with(&kind).then_some(variable)
    });
    let of_names: Vec<String> = of_name.collect();
    for (path, arns) in subject.literal_arns() {
        let last = plain(path.rsplit('.').next().unwrap_or(path));
        if last.trim_end_matches('s') == of_arn || of_names.contains(&last) {
            is_told = true;
            told.extend(at_path(subject, path, &formats));
            continue;
        }
        let of_kind = arns
            .iter()
            .filter(|arn| wildcards.iter().any(|wildcard| pattern::fits(&arn.glob, wildcard)));
        told.extend(of_kind.cloned());
    }
    (is_told || !told.is_empty()).then_some(told)
}
