//! What the properties of a resource refer to.

use std::collections::BTreeSet;

use stackpass_ground::arn::ArnPattern;

use crate::names;
use crate::need::Scoping;
use crate::pattern::{self, Pattern};
use crate::registry;
use crate::value::Text;

use super::{Subject, families};

/// What a property refers to, for an action that accepts ARNs of these formats. Nothing, if it refers to something else.
pub(super) fn at_path(subject: &Subject<'_>, path: &str, formats: &[&str]) -> BTreeSet<Pattern> {
    let found = subject.resource.at(path);
    let mut patterns = BTreeSet::new();
    if found.values.is_empty() && found.complete {
        return patterns;
    }
    let formats = likeliest_first(subject, path, formats);
    for value in &found.values {
        for text in value.value.texts() {
            let kept = refers(subject, &text, &formats);
            subject.followed.note(subject.stack, path, &text, !kept.is_empty());
            patterns.extend(kept);
        }
    }
    if !found.complete {
        let wide = formats.iter().map(|format| names::anywhere(subject.stack, format));
        patterns.extend(wide.map(|glob| Pattern { glob, scoping: Scoping::UnknownValue }));
    }
    patterns
}

/// ARN formats in the order in which a bare name is taken for one of them: that of the type which the registry says the property
/// refers to, then those with the fewest parts.
fn likeliest_first<'a>(subject: &Subject<'_>, path: &str, formats: &[&'a str]) -> Vec<&'a str> {
    let targets: Vec<String> = subject
        .registered
        .into_iter()
        .flat_map(registry::ResourceType::references)
        .filter(|reference| reference.property == path)
        .filter_map(|reference| names::arn_template(reference.target_type))
        .map(|template| names::wildcard(subject.stack, template))
        .collect();
    let mut formats = if formats.is_empty() { vec!["*"] } else { formats.to_vec() };
    formats.sort_by_cached_key(|format| {
        let wildcard = names::wildcard(subject.stack, format);
        let is_target = targets.iter().any(|target| pattern::fits(target, &wildcard));
        (!is_target, format.matches("${").count())
    });
    formats
}

fn refers(subject: &Subject<'_>, text: &Text, formats: &[&str]) -> BTreeSet<Pattern> {
    if let Some(patterns) = names::of_same_stack(subject.stack, text, formats) {
        return patterns;
    }
    // What is referred to may be of another account or region.
    let accepted: Vec<String> =
        formats.iter().map(|format| names::everywhere(subject.stack, format)).collect();
    // Of a value that is not known at its beginning, nothing tells which of the formats it will have.
    let is_open = |pattern: &Pattern| {
        pattern.glob.starts_with('*') && pattern.scoping == Scoping::UnknownValue
    };
    if names::patterns(subject.stack, text).iter().any(is_open) {
        let each = formats.iter().flat_map(|format| names::referred(subject.stack, text, format));
        return each.collect();
    }
    let within =
        |pattern: &Pattern| accepted.iter().any(|wildcard| overlaps(&pattern.glob, wildcard));
    for format in formats {
        let patterns = names::referred(subject.stack, text, format);
        let kept: BTreeSet<Pattern> = patterns.into_iter().filter(within).collect();
        if !kept.is_empty() {
            return kept;
        }
    }
    let families = names::patterns(subject.stack, text).into_iter().filter_map(families::below);
    families.filter(within).collect()
}

fn overlaps(left: &str, right: &str) -> bool {
    match (left.parse::<ArnPattern>(), right.parse::<ArnPattern>()) {
        (Ok(left), Ok(right)) => left.overlaps(&right),
        _ => true,
    }
}
