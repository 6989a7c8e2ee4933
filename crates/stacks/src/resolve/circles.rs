//! Resources that wait for each other, which CloudFormation refuses.
//!
//! Only what is certain counts: resources that are deployed for sure, and of a choice the side that is taken for sure. What waits
//! for what is read from the text of the properties, since values no longer show every reference.

use std::collections::BTreeMap;

use stackpass_ground::source::{Diagnostic, Span};
use stackpass_ground::tree::{Kind, Node};
use stackpass_ground::truth::Truth;

use super::Evaluation;
use crate::codes;
use crate::template::LogicalId;

/// How many circles of a template are told.
const MAX_CIRCLES: usize = 20;

/// How many resources of a circle are named.
const MAX_NAMES: usize = 10;

/// What each resource waits for, and where that stands.
type Edges = BTreeMap<LogicalId, BTreeMap<LogicalId, Span>>;

/// Reports the circles among the resources that are deployed for sure.
pub(super) fn report(evaluation: &mut Evaluation<'_>, certain: &[LogicalId]) {
    let template = evaluation.template;
    // A macro of the account may take a reference out.
    if template.transforms.iter().any(|transform| !transform.name.starts_with("AWS::")) {
        return;
    }
    let mut edges = Edges::new();
    for id in certain {
        let Some(resource) = template.resources.get(id) else { continue };
        let mut found = Vec::new();
        collect(evaluation, &resource.properties, &mut found);
        found.extend(resource.depends_on.iter().map(|other| (other.as_str(), resource.span)));
        let mut of_one = BTreeMap::new();
        for (target, span) in found {
            let is_resource = !evaluation.parameters.contains_key(target);
            let known = is_resource.then(|| certain.binary_search_by(|id| id.as_str().cmp(target)));
            if let Some(target) = known.and_then(Result::ok).and_then(|index| certain.get(index)) {
                of_one.entry(target.clone()).or_insert(span);
            }
        }
        edges.insert(id.clone(), of_one);
    }
    for _ in 0..MAX_CIRCLES {
        trim(&mut edges);
        let Some(circle) = circle(&edges) else { return };
        evaluation.diagnose(diagnostic(&circle));
        for (id, _) in &circle {
            edges.remove(id);
        }
    }
}

/// Takes out whatever waits for nothing that is left, until all that is left waits for something.
fn trim(edges: &mut Edges) {
    let mut waiting: BTreeMap<LogicalId, Vec<LogicalId>> = BTreeMap::new();
    let mut counts: BTreeMap<LogicalId, usize> = BTreeMap::new();
    for (id, targets) in &*edges {
        let left = targets.keys().filter(|target| edges.contains_key(*target));
        let left: Vec<&LogicalId> = left.collect();
        counts.insert(id.clone(), left.len());
        for target in left {
            waiting.entry(target.clone()).or_default().push(id.clone());
        }
    }
    let done = counts.iter().filter(|(_, count)| **count == 0);
    let mut done: Vec<LogicalId> = done.map(|(id, _)| id.clone()).collect();
    while let Some(id) = done.pop() {
        edges.remove(&id);
        for other in waiting.remove(&id).unwrap_or_default() {
            let Some(count) = counts.get_mut(&other) else { continue };
            *count = count.saturating_sub(1);
            if *count == 0 {
                done.push(other);
            }
        }
    }
}

/// A circle: each resource with the place where it names the next one.
fn circle(edges: &Edges) -> Option<Vec<(LogicalId, Span)>> {
    let mut at = edges.keys().next()?;
    let mut way: Vec<(LogicalId, Span)> = Vec::new();
    while !way.iter().any(|(id, _)| id == at) {
        let targets = edges.get(at)?;
        let (next, span) = targets.iter().find(|(target, _)| edges.contains_key(*target))?;
        way.push((at.clone(), *span));
        at = next;
    }
    let begin = way.iter().position(|(id, _)| id == at)?;
    Some(way.split_off(begin))
}

fn diagnostic(circle: &[(LogicalId, Span)]) -> Diagnostic {
    let names: Vec<String> =
        circle.iter().take(MAX_NAMES).map(|(id, _)| format!("`{id}`")).collect();
    let more = match circle.len().saturating_sub(MAX_NAMES) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let message = match names.as_slice() {
        [only] => format!("{only} refers to itself"),
        names => format!("{}{more} refer to each other in a circle", names.join(", ")),
    };
    let span = circle.first().map(|(_, span)| *span).unwrap_or_default();
    Diagnostic::error(codes::CIRCULAR_DEPENDENCY, span, message).with_help(
        "CloudFormation refuses it: take out one of the references, or write the name in its place",
    )
}

/// Collects the names that a value refers to for sure.
fn collect<'n>(evaluation: &mut Evaluation<'_>, node: &'n Node, found: &mut Vec<(&'n str, Span)>) {
    match &node.kind {
        Kind::List(items) => {
            for item in items {
                collect(evaluation, item, found);
            }
        }
        Kind::Map(entries) => {
            for entry in entries {
                match entry.key.as_str() {
                    key if key.starts_with("Fn::ForEach") || key == "Fn::Transform" => {}
                    "Ref" => found.extend(entry.value.as_str().map(|id| (id, node.span))),
                    "Fn::GetAtt" => {
                        let text = entry.value.items().first().unwrap_or(&entry.value).as_str();
                        let id = text.and_then(|text| text.split('.').next());
                        found.extend(id.map(|id| (id, node.span)));
                    }
                    "Fn::Sub" => substituted(evaluation, &entry.value, node.span, found),
                    "Fn::If" => chosen(evaluation, &entry.value, found),
                    _ => collect(evaluation, &entry.value, found),
                }
            }
        }
        Kind::Null | Kind::Bool(_) | Kind::Number(_) | Kind::String(_) => {}
    }
}

/// The names in the text of `Fn::Sub`, and those in its variables.
fn substituted<'n>(
    evaluation: &mut Evaluation<'_>,
    argument: &'n Node,
    span: Span,
    found: &mut Vec<(&'n str, Span)>,
) {
    let variables = argument.items().get(1);
    let Some(text) = argument.items().first().unwrap_or(argument).as_str() else { return };
    let names = text.split("${").skip(1).filter_map(|rest| Some(rest.split_once('}')?.0.trim()));
    for name in names.filter(|name| !name.starts_with('!')) {
        if variables.is_none_or(|variables| variables.field(name).is_none()) {
            found.extend(name.split('.').next().map(|id| (id, span)));
        }
    }
    if let Some(variables) = variables {
        collect(evaluation, variables, found);
    }
}

/// The names in the side of `Fn::If` that is taken for sure.
fn chosen<'n>(
    evaluation: &mut Evaluation<'_>,
    argument: &'n Node,
    found: &mut Vec<(&'n str, Span)>,
) {
    let [condition, yes, no] = argument.items() else { return };
    let truth = match condition.as_str() {
        Some(name) => evaluation.condition(name, condition.span),
        None => evaluation.truth(condition),
    };
    match truth {
        Truth::Yes => collect(evaluation, yes, found),
        Truth::No => collect(evaluation, no, found),
        Truth::Maybe => {}
    }
}
