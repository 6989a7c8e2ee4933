//! Which template parameters a value follows from, so that a gap can say what would close it.

use std::collections::BTreeSet;

use super::Subject;
use crate::generic;
use crate::help::{Help, Wanted};
use crate::names::{self, NameTemplate};
use crate::resolve::{Resource, Stack};
use crate::rules;
use crate::value::{Part, Text, Value};

/// How many resources lie between a value and its parameter at the most.
const MAX_DEPTH: usize = 4;

/// How many parameters a gap names at the most.
const MAX_NAMES: usize = 8;

/// How many values are looked at for one gap at the most.
const MAX_VALUES: usize = 2000;

/// What to do about a value that is not known: that of a property, or of whatever names the resource itself.
pub(super) fn help(subject: &Subject<'_>, property: Option<&str>) -> Help {
    let mut search =
        Search { stack: subject.stack, names: BTreeSet::new(), lists: false, left: MAX_VALUES };
    search.property(subject.resource, property, MAX_DEPTH);
    // Parts of the same thing stand beside each other: bucket and key of an object.
    let parent = property.and_then(|property| property.rsplit_once('.'));
    if let Some((parent, _)) = parent.filter(|_| search.names.is_empty()) {
        search.property(subject.resource, Some(parent), MAX_DEPTH);
    }
    if !search.names.is_empty() {
        return give("give it with ", &search.names, ", or narrow the policy by hand");
    }
    let lists = &subject.stack.open_lists;
    if search.lists && !lists.is_empty() {
        let before = "if it is one of the lists, give it with ";
        return give(before, lists, "; else narrow the policy by hand");
    }
    if property.is_some_and(|property| is_file(subject, property)) {
        return "it is a file of this machine: give the template that `aws cloudformation package` or `sam package` makes, which has its address in S3".into();
    }
    "no parameter of the template tells it: narrow the policy by hand".into()
}

fn give(before: &'static str, names: &BTreeSet<String>, after: &str) -> Help {
    let more = names.len().saturating_sub(MAX_NAMES);
    let names = names.iter().take(MAX_NAMES).cloned().collect();
    Help::Give { before, what: Wanted::Parameters { names, more }, after: after.to_owned() }
}

/// Whether a property that takes the address of an object has a path in its place: that of a file, which a tool uploads first.
fn is_file(subject: &Subject<'_>, property: &str) -> bool {
    let mut locations = generic::object_properties(&subject.resource.resource_type);
    let found = subject.resource.at(property);
    let mut texts = found.values.iter().flat_map(|found| found.value.texts());
    locations.any(|location| location.property() == Some(property))
        && texts.any(|text| names::is_path(&text))
}

struct Search<'a> {
    stack: &'a Stack,
    names: BTreeSet<String>,
    /// Whether a value was met of which not even the origin is known.
    lists: bool,
    left: usize,
}

impl Search<'_> {
    /// Looks at a property of a resource, or at those that name it.
    fn property(&mut self, resource: &Resource, property: Option<&str>, depth: usize) {
        let Some(property) = property else {
            for property in naming(&resource.resource_type) {
                self.property(resource, Some(property), depth);
            }
            return;
        };
        let found = resource.at(property);
        self.lists |= !found.complete;
        for found in found.values {
            self.value(found.value, depth);
        }
    }

    fn value(&mut self, value: &Value, depth: usize) {
        let Some(left) = self.left.checked_sub(1) else { return };
        self.left = left;
        match value {
            Value::Text(text) => self.text(text, depth),
            Value::List(list) => {
                self.lists |= list.open;
                list.items.iter().for_each(|item| self.value(&item.value, depth));
            }
            Value::Map(map) => {
                map.entries.values().for_each(|entry| self.value(&entry.value, depth));
            }
            Value::OneOf(values) => values.iter().for_each(|value| self.value(value, depth)),
            Value::Unknown => self.lists = true,
            Value::Absent | Value::Bool(_) => {}
        }
    }

    fn text(&mut self, text: &Text, depth: usize) {
        for part in text.parts() {
            match part {
                Part::Parameter(name) => {
                    self.names.insert(name.clone());
                }
                Part::Attribute { logical_id, attribute } => {
                    let further = self.stack.resources.get(logical_id).zip(depth.checked_sub(1));
                    let Some((resource, depth)) = further else { continue };
                    if let Some(attribute) = attribute {
                        self.property(resource, Some(attribute), depth);
                    }
                    self.property(resource, None, depth);
                }
                Part::Piece { of, .. } | Part::Import(of) => self.text(of, depth),
                Part::Literal(_) | Part::Any | Part::One | Part::Environment => {}
            }
        }
    }
}

/// The properties that the ARN and the name of a resource of a type are made of.
pub(super) fn naming(resource_type: &str) -> impl Iterator<Item = &'static str> {
    let template = NameTemplate::of_type(resource_type).into_iter();
    let name = rules::of(resource_type).and_then(|rules| rules.name.as_ref()?.property.as_deref());
    template.flat_map(NameTemplate::properties).chain(name)
}
