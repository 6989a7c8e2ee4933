//! References to parts of a SAM resource: `!Ref MyFunction.Alias`, `!Sub ${MyApi.Stage}`, `!GetAtt MyFunction.DestinationQueue.Arn`.

use std::collections::BTreeMap;

use stackpass_ground::tree::{Kind, Node};

use crate::template::Template;

/// The ids behind `logical id` and `part`.
type Parts = BTreeMap<(String, String), String>;

/// Puts the ids of what was made in the place of references to parts.
pub(super) fn rewrite(template: &mut Template, parts: &Parts) {
    if parts.is_empty() {
        return;
    }
    for resource in template.resources.values_mut() {
        rewrite_node(&mut resource.properties, parts);
        for policy in [&mut resource.update_policy, &mut resource.metadata].into_iter().flatten() {
            rewrite_node(policy, parts);
        }
    }
    for output in template.outputs.values_mut() {
        rewrite_node(&mut output.value, parts);
        output.export_name.iter_mut().for_each(|name| rewrite_node(name, parts));
    }
}

fn rewrite_node(node: &mut Node, parts: &Parts) {
    match &mut node.kind {
        Kind::List(items) => items.iter_mut().for_each(|item| rewrite_node(item, parts)),
        Kind::Map(entries) => {
            for entry in entries {
                match entry.key.as_str() {
                    "Ref" => rewrite_target(&mut entry.value, parts),
                    "Fn::GetAtt" => rewrite_attribute(&mut entry.value, parts),
                    "Fn::Sub" => rewrite_sub(&mut entry.value, parts),
                    _ => rewrite_node(&mut entry.value, parts),
                }
            }
        }
        Kind::Null | Kind::Bool(_) | Kind::Number(_) | Kind::String(_) => {}
    }
}

/// `MyFunction.Alias` as the id of the alias.
fn rewrite_target(target: &mut Node, parts: &Parts) {
    if let Some(id) = target.as_str().and_then(|text| named(text, parts)) {
        target.kind = Kind::String(id);
    }
}

/// `MyFunction.DestinationQueue.Arn`, split after the id or before the attribute.
fn rewrite_attribute(argument: &mut Node, parts: &Parts) {
    let Kind::List(items) = &mut argument.kind else { return };
    let [target, attribute] = items.as_mut_slice() else { return };
    rewrite_target(target, parts);
    let (Some(id), Some(path)) = (target.as_str(), attribute.as_str()) else { return };
    let Some((part, rest)) = path.split_once('.') else { return };
    if let Some(found) = parts.get(&(id.to_owned(), part.to_owned())) {
        attribute.kind = Kind::String(rest.to_owned());
        target.kind = Kind::String(found.clone());
    }
}

fn rewrite_sub(argument: &mut Node, parts: &Parts) {
    match &mut argument.kind {
        Kind::String(text) => *text = in_text(text, parts),
        Kind::List(items) => {
            for item in items {
                match &mut item.kind {
                    Kind::String(text) => *text = in_text(text, parts),
                    _ => rewrite_node(item, parts),
                }
            }
        }
        _ => rewrite_node(argument, parts),
    }
}

fn in_text(text: &str, parts: &Parts) -> String {
    let mut written = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        let Some((name, after)) = after.split_once('}') else { break };
        written.push_str(before);
        written.push_str("${");
        written.push_str(&named(name, parts).unwrap_or_else(|| name.to_owned()));
        written.push('}');
        rest = after;
    }
    written.push_str(rest);
    written
}

/// What `id.part` or `id.part.attribute` stands for.
fn named(text: &str, parts: &Parts) -> Option<String> {
    let (id, path) = text.split_once('.')?;
    let (part, rest) = path.split_once('.').map_or((path, None), |(part, rest)| (part, Some(rest)));
    let found = parts.get(&(id.to_owned(), part.to_owned()))?;
    Some(rest.map_or_else(|| found.clone(), |rest| format!("{found}.{rest}")))
}
