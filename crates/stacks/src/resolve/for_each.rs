//! Loops: `Fn::ForEach` with the transform `AWS::LanguageExtensions`.
//!
//! The transform runs in AWS, before CloudFormation looks at the template and before SAM's does. Here a loop is run if it is
//! known what it runs over. One that may run over several collections makes what any of them gives, in sections; inside of a
//! resource such a loop stays, as what it makes beside the others would change the resource. A loop over what is not known
//! stays as well, which is a gap.

use std::borrow::Cow;
use std::collections::BTreeSet;

use stackpass_ground::source::Diagnostic;
use stackpass_ground::tree::{Entry, Kind, Node};
use stackpass_ground::truth::Truth;

use super::{Evaluation, Setting};
use crate::codes;
use crate::template::for_each::{self, LANGUAGE_EXTENSIONS, Room, is_loop};
use crate::template::{self, CLOUDFORMATION_RESOURCES, Loop, SPLIT, Section, Template};
use crate::value::Value;

/// How deep loops may stand in one another.
const MAX_DEPTH: usize = 20;

/// How many problems of what loops make are told; one place makes the same one for every item.
const MAX_PROBLEMS: usize = 50;

/// Runs the loops of a template that can be run.
///
/// A template without loops is lent back as it is. What cannot be run is left where it is.
pub(crate) fn expand<'a>(
    template: &'a Template,
    setting: &Setting,
) -> (Cow<'a, Template>, Vec<Diagnostic>) {
    if !has_loops(template) {
        return (Cow::Borrowed(template), Vec::new());
    }
    let mut expanded = template.clone();
    let mut running = Running {
        evaluation: Evaluation::new(template, setting),
        room: Room::default(),
        is_full: false,
        diagnostics: Vec::new(),
    };
    // Parameters are told about when the expanded template is resolved.
    running.evaluation.read_parameters();
    for it in std::mem::take(&mut expanded.loops) {
        running.section(it.section, &it.entry, &mut expanded, 0);
    }
    for resource in expanded.resources.values_mut() {
        running.inside(&mut resource.properties, 0);
    }
    for output in expanded.outputs.values_mut() {
        running.inside(&mut output.value, 0);
    }
    for condition in expanded.conditions.values_mut() {
        running.inside(condition, 0);
    }
    let mut diagnostics = running.diagnostics;
    diagnostics.sort();
    diagnostics.dedup();
    diagnostics.truncate(MAX_PROBLEMS);
    (Cow::Owned(expanded), diagnostics)
}

/// Whether there is a loop in any place where loops are run.
fn has_loops(template: &Template) -> bool {
    let properties = template.resources.values().map(|resource| &resource.properties);
    let values = template.outputs.values().map(|output| &output.value);
    let mut nodes = properties.chain(values).chain(template.conditions.values());
    !template.loops.is_empty() || nodes.any(holds_loop)
}

fn holds_loop(node: &Node) -> bool {
    match &node.kind {
        Kind::List(items) => items.iter().any(holds_loop),
        Kind::Map(entries) => {
            entries.iter().any(|entry| is_loop(&entry.key) || holds_loop(&entry.value))
        }
        Kind::Null | Kind::Bool(_) | Kind::Number(_) | Kind::String(_) => false,
    }
}

/// A template's loops on their way.
struct Running<'a> {
    evaluation: Evaluation<'a>,
    room: Room,
    /// Whether the room has run out, which is told once.
    is_full: bool,
    diagnostics: Vec<Diagnostic>,
}

/// The items of a collection.
struct Items {
    /// All that may be among them, in order.
    texts: Vec<String>,
    /// Whether there is one collection only.
    is_certain: bool,
}

impl Running<'_> {
    /// Runs a loop that makes entries of a section.
    fn section(&mut self, section: Section, entry: &Entry, template: &mut Template, depth: usize) {
        let Some(made) = self.run(entry, depth, Certainty::Any) else {
            // The inner loop of a loop stands once for every item, all of them the same.
            let is_same = |open: &Loop| open.section == section && open.entry.key == entry.key;
            if !template.loops.iter().any(is_same) {
                template.loops.push(Loop { section, entry: entry.clone() });
            }
            return;
        };
        for entry in made {
            if is_loop(&entry.key) {
                self.section(section, &entry, template, depth + 1);
            } else if section == Section::Resources
                && template.resources.len() >= CLOUDFORMATION_RESOURCES
            {
                self.full(&entry, "the loops of the template make more than the 500 resources that CloudFormation takes");
                return;
            } else {
                self.add(section, &entry, template);
            }
        }
    }

    fn add(&mut self, section: Section, entry: &Entry, template: &mut Template) {
        let mut problems = Vec::new();
        template::add(section, entry, template, &mut problems);
        self.diagnostics.extend(problems.into_iter().map(|problem| {
            if problem.code == codes::INVALID_LOGICAL_ID {
                problem.with_help("`&{Identifier}` leaves out what is neither a letter nor a digit")
            } else {
                problem
            }
        }));
    }

    /// Runs the loops inside of a value whose long forms are written out.
    fn inside(&mut self, node: &mut Node, depth: usize) {
        match &mut node.kind {
            Kind::List(items) => {
                for item in items {
                    self.inside(item, depth);
                }
            }
            Kind::Map(entries) => {
                if entries.iter().any(|entry| is_loop(&entry.key)) {
                    *entries = self.entries(entries, depth);
                }
                for entry in entries.iter_mut().filter(|entry| !is_loop(&entry.key)) {
                    self.inside(&mut entry.value, depth);
                }
            }
            Kind::Null | Kind::Bool(_) | Kind::Number(_) | Kind::String(_) => {}
        }
    }

    /// The entries of a mapping, with what its loops make in their place.
    fn entries(&mut self, entries: &[Entry], depth: usize) -> Vec<Entry> {
        let mut all = Vec::new();
        for entry in entries {
            let made =
                if is_loop(&entry.key) { self.run(entry, depth, Certainty::One) } else { None };
            match made {
                Some(made) if made.iter().any(|entry| is_loop(&entry.key)) => {
                    all.extend(self.entries(&made, depth + 1));
                }
                Some(made) => all.extend(made),
                None => all.push(entry.clone()),
            }
        }
        all
    }

    /// What all turns of a loop make; `None` if that is not known.
    fn run(&mut self, entry: &Entry, depth: usize, certainty: Certainty) -> Option<Vec<Entry>> {
        if self.is_full || !self.may_loop(entry) {
            return None;
        }
        let Some(parts) = for_each::parts(&entry.value) else {
            let message = format!(
                "`{}` has to be a list of an identifier, a collection and a mapping",
                entry.key
            );
            self.diagnostics.push(
                Diagnostic::error(codes::INVALID_LOOP, entry.key_span, message)
                    .with_help("write `- Name`, `- [a, b]` and `- Key${Name}: ...` under it"),
            );
            return None;
        };
        if depth > MAX_DEPTH {
            self.full(entry, "loops stand too deep in one another");
            return None;
        }
        let items = self.items(parts.collection)?;
        if certainty == Certainty::One && !items.is_certain {
            return None;
        }
        let mut made = Vec::new();
        for item in &items.texts {
            let Some(turn) = for_each::turn(parts, item, &mut self.room) else {
                self.full(entry, "the loops of the template make more than is looked at");
                return None;
            };
            made.extend(turn);
        }
        Some(made)
    }

    /// Whether CloudFormation runs loops in this template. A macro of the account may have a loop of its own.
    fn may_loop(&mut self, entry: &Entry) -> bool {
        let transforms = &self.evaluation.template.transforms;
        if transforms.iter().any(|transform| transform.name == LANGUAGE_EXTENSIONS) {
            return true;
        }
        if !transforms.iter().any(|transform| !transform.name.starts_with("AWS::")) {
            let message = format!("`{}` needs the transform `{LANGUAGE_EXTENSIONS}`", entry.key);
            let problem = Diagnostic::error(codes::MISSING_TRANSFORM, entry.key_span, message);
            self.diagnostics.push(
                problem
                    .with_help(format!("add `Transform: {LANGUAGE_EXTENSIONS}` to the template")),
            );
        }
        false
    }

    /// The items of a collection; `None` if they are not known.
    fn items(&mut self, collection: &Node) -> Option<Items> {
        let value = self.evaluation.value(&template::plain(collection));
        let alternatives = value.alternatives();
        let mut texts = Vec::new();
        for value in alternatives {
            let Value::List(list) = value else { return None };
            let mut of_one = Vec::new();
            collect(list, &mut of_one)?;
            texts.push(of_one);
        }
        let is_certain = texts.len() == 1;
        let mut seen = BTreeSet::new();
        // What stands twice in one collection is a mistake to be told of; what several have in common is made once.
        let is_wanted = |text: &String| is_certain || seen.insert(text.clone());
        Some(Items { texts: texts.into_iter().flatten().filter(is_wanted).collect(), is_certain })
    }

    fn full(&mut self, entry: &Entry, message: &str) {
        if !std::mem::replace(&mut self.is_full, true) {
            let problem = Diagnostic::error(codes::LOOP_TOO_LARGE, entry.key_span, message);
            self.diagnostics.push(problem.with_help(SPLIT));
        }
    }
}

/// Whether a loop may be run for every collection that it may have.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Certainty {
    One,
    Any,
}

/// The texts of a list, and of the lists in it.
fn collect(list: &crate::value::List, texts: &mut Vec<String>) -> Option<()> {
    if list.open {
        return None;
    }
    for item in &list.items {
        match &item.value {
            Value::List(inner) => collect(inner, texts)?,
            Value::Bool(value) => texts.push(value.to_string()),
            Value::Text(text) => texts.push(text.known()?.to_owned()),
            other if other.presence() == Truth::No => {}
            _ => return None,
        }
    }
    Some(())
}

#[cfg(test)]
mod tests;
