//! When a rule applies to a resource.

use stackpass_ground::arn::ArnPattern;
use stackpass_ground::truth::Truth;
use stackpass_ground::wildcard::{Case, Glob, Syntax};

use crate::names;
use crate::registry::ResourceType;
use crate::rules::{Term, When};
use crate::value::{Text, Value};

use super::{PropertyAt, Subject};

impl Subject<'_> {
    /// Whether an alternative of a `when` holds or may hold: the property that asks for it, and its place.
    pub(super) fn applies(&self, when: &[When]) -> Option<PropertyAt> {
        if when.is_empty() {
            return Some(self.itself());
        }
        let alternative = when.iter().find(|alternative| {
            alternative
                .0
                .iter()
                .map(|term| self.holds(term))
                .fold(Truth::Yes, Truth::and)
                .possible()
        })?;
        let shown = alternative.0.iter().find_map(|term| match term {
            Term::Present(path) | Term::Equal(path, _) | Term::Like(path, _) => {
                Some(self.property(path))
            }
            Term::Tags => self.tags(),
            Term::Absent(_) | Term::UpdatePolicy | Term::Snapshot => None,
        });
        Some(shown.unwrap_or_else(|| self.itself()))
    }

    fn holds(&self, term: &Term) -> Truth {
        let resource = self.resource;
        match term {
            Term::Present(path) => resource.presence_at(path),
            Term::Absent(path) => resource.presence_at(path).negate(),
            Term::Equal(path, value) => {
                let expected = Value::text(value.as_str());
                resource.any_at(path, &|value| value.equality(&expected))
            }
            Term::Like(path, pattern) => self.likeness(path, pattern),
            Term::UpdatePolicy => resource.update_policy.presence(),
            Term::Snapshot => self.takes_snapshot(),
            Term::Tags => Truth::from(self.tags().is_some()),
        }
    }

    /// Whether a text that a pattern matches stands at a property path. What is not wholly known may be such a text.
    fn likeness(&self, path: &str, pattern: &str) -> Truth {
        let glob = Glob::new(pattern, Case::Sensitive, Syntax::Plain);
        let is_like = |text: &Text| {
            if let Some(text) = text.known() {
                Truth::from(glob.matches(text))
            } else {
                let patterns = names::patterns(self.stack, text);
                let may = patterns.iter().any(|found| overlaps(found.as_str(), pattern));
                if may { Truth::Maybe } else { Truth::No }
            }
        };
        // A mapping is no text, whatever stands in it.
        self.resource.any_at(path, &|value| match value {
            Value::Map(_) => Truth::No,
            value => value.texts().iter().map(is_like).max().unwrap_or(Truth::No),
        })
    }

    /// Whether the resource has or may have tags: the property they come from, and its place.
    pub(super) fn tags(&self) -> Option<PropertyAt> {
        let property = self
            .registered
            .and_then(ResourceType::tagging)
            .map_or("Tags", |tagging| tagging.property);
        if self.resource.presence_at(property).possible() {
            return Some(self.property(property));
        }
        (!self.stack.setting.stack_tags.is_empty()).then(|| self.itself())
    }
}

/// Whether a text may match both patterns. Those of ARNs are compared part by part, so that an open name does not reach into
/// another service.
fn overlaps(left: &str, right: &str) -> bool {
    let is_arn = |pattern: &str| pattern.starts_with("arn:") && pattern.matches(':').count() >= 5;
    if is_arn(left)
        && is_arn(right)
        && let (Ok(left), Ok(right)) = (left.parse::<ArnPattern>(), right.parse::<ArnPattern>())
    {
        return left.overlaps(&right);
    }
    let glob = |pattern| Glob::new(pattern, Case::Sensitive, Syntax::Variables);
    glob(left).overlaps(glob(right))
}
