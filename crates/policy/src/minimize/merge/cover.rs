//! Which of the patterns cover which others.
//!
//! A pattern can only cover texts that start as it does, up to its first wildcard. Sorted texts with the same start are
//! neighbors, so that only those are compared.

use crate::action::ActionPattern;
use crate::arn::ArnPattern;
use crate::minimize::names::Names;

/// For each action and each resource the others that cover it. Of patterns that cover each other the first one counts.
pub(super) struct Covers {
    actions: Vec<Vec<usize>>,
    resources: Vec<Vec<usize>>,
}

impl Covers {
    /// The actions that cover an action, itself not among them.
    pub(super) fn of_action(&self, action: usize) -> &[usize] {
        self.actions.get(action).map_or(&[], Vec::as_slice)
    }

    /// The resources that cover a resource, itself not among them.
    pub(super) fn of_resource(&self, resource: usize) -> &[usize] {
        self.resources.get(resource).map_or(&[], Vec::as_slice)
    }
}

/// Compares all names with each other where that can have a result.
pub(super) fn covers(names: &Names<'_>) -> Covers {
    Covers {
        actions: action_covers(names.actions()),
        resources: resource_covers(names.resources()),
    }
}

fn action_covers(actions: &[&ActionPattern]) -> Vec<Vec<usize>> {
    let mut covers = vec![Vec::new(); actions.len()];
    let lower: Vec<String> = actions.iter().map(|it| it.as_str().to_ascii_lowercase()).collect();
    for (number, action) in actions.iter().enumerate() {
        if !action.has_wildcard() {
            continue;
        }
        let start = lower.get(number).map_or("", |text| literal_start(text));
        for other in starting_with(&lower, start) {
            if let Some(covered) = actions.get(other) {
                note(&mut covers, number, other, action.covers(covered), || covered.covers(action));
            }
        }
    }
    covers
}

fn resource_covers(resources: &[&ArnPattern]) -> Vec<Vec<usize>> {
    let mut covers = vec![Vec::new(); resources.len()];
    let texts: Vec<&str> = resources.iter().map(|it| it.as_str()).collect();
    // Patterns that differ in the last part only stand together; the parts before it are compared once for all of them.
    let mut heads: Vec<(&str, &ArnPattern)> =
        resources.iter().filter(|it| !it.is_any()).map(|it| (head(it), *it)).collect();
    heads.dedup_by_key(|(head, _)| *head);
    for (number, resource) in resources.iter().enumerate() {
        let mut compare = |other: usize| {
            if let Some(covered) = resources.get(other) {
                note(&mut covers, number, other, resource.covers(covered), || {
                    covered.covers(resource)
                });
            }
        };
        if resource.is_any() {
            (0..resources.len()).for_each(compare);
            continue;
        }
        if !resource.has_wildcard() {
            continue;
        }
        let start = literal_start(resource.resource());
        for (head, sample) in &heads {
            if *head == self::head(resource) || resource.covers_head(sample) {
                starting_with(&texts, &format!("{head}{start}")).for_each(&mut compare);
            }
        }
    }
    covers
}

/// Notes that one covers the other, unless the other covers it as well and comes first.
fn note(
    covers: &mut [Vec<usize>],
    number: usize,
    other: usize,
    covered: bool,
    covers_back: impl FnOnce() -> bool,
) {
    if number != other
        && covered
        && (number < other || !covers_back())
        && let Some(list) = covers.get_mut(other)
    {
        list.push(number);
    }
}

/// The places of the sorted texts that start with a text.
fn starting_with<T: AsRef<str>>(texts: &[T], start: &str) -> impl Iterator<Item = usize> {
    let first = texts.partition_point(|text| text.as_ref() < start);
    let rest = texts.get(first..).unwrap_or_default();
    let count = rest.partition_point(|text| text.as_ref().starts_with(start));
    first..first + count
}

/// The text up to the first wildcard or variable.
fn literal_start(text: &str) -> &str {
    text.split(['*', '?', '$']).next().unwrap_or_default()
}

/// The first five parts with their colons.
fn head(pattern: &ArnPattern) -> &str {
    pattern.as_str().strip_suffix(pattern.resource()).unwrap_or_default()
}
