//! The sections of a template, one function each.

use std::collections::BTreeMap;

use stackpass_ground::code::Code;
use stackpass_ground::{
    source::{Diagnostic, Severity, Span},
    tree::{Entry, Kind, Node},
};

use super::{
    LogicalId, Loop, Output, Parameter, Reach, Resource, Section, Template, Transform,
    for_each::is_loop,
    long_form::{Words, long_form},
    transforms::PART,
};
use crate::codes;

/// Reads one section into the template.
pub(super) fn read(section: &Entry, template: &mut Template, diagnostics: &mut Vec<Diagnostic>) {
    let node = &section.value;
    match section.key.as_str() {
        "AWSTemplateFormatVersion" | "Hooks" | PART => {}
        "Description" => template.description = node.scalar().map(str::to_owned),
        "Metadata" => template.metadata = Some(long_form(node, Words::Text, diagnostics)),
        "Globals" => template.globals = Some(long_form(node, Words::Booleans, diagnostics)),
        "Transform" => template.transforms = transforms(node, diagnostics),
        "Parameters" => template.parameters = each(section, diagnostics, parameter),
        "Mappings" => template.mappings = each(section, diagnostics, mapping),
        "Conditions" => {
            template.conditions = each(section, diagnostics, mapping);
            keep_loops(Section::Conditions, section, template);
        }
        "Rules" => template.rules = each(section, diagnostics, mapping),
        "Outputs" => {
            template.outputs = each(section, diagnostics, output);
            keep_loops(Section::Outputs, section, template);
        }
        "Resources" => {
            let resources = each(section, diagnostics, resource).into_values();
            template.resources =
                resources.map(|resource| (resource.logical_id.clone(), resource)).collect();
            keep_loops(Section::Resources, section, template);
        }
        key => diagnostics.push(
            Diagnostic::warning(
                codes::UNKNOWN_SECTION,
                section.key_span,
                format!("a template has no section `{key}`"),
            )
            .with_help("CloudFormation refuses it unless a macro takes it out"),
        ),
    }
}

/// Reads the entries of a section, whatever can be read of them.
fn each<T>(
    section: &Entry,
    diagnostics: &mut Vec<Diagnostic>,
    read: fn(&Entry, &mut Vec<Diagnostic>) -> Option<T>,
) -> BTreeMap<String, T> {
    match &section.value.kind {
        Kind::Map(_) | Kind::Null => {}
        _ => diagnostics.push(wrong_kind(
            codes::INVALID_SECTION,
            &section.key,
            "a mapping",
            &section.value,
        )),
    }
    let mut known = BTreeMap::new();
    let has_bodies = matches!(section.key.as_str(), "Outputs" | "Resources");
    let has_loops = matches!(section.key.as_str(), "Conditions" | "Outputs" | "Resources");
    for entry in section.value.entries() {
        if has_loops && is_loop(&entry.key)
            || entry.key == PART
            || has_bodies && is_brought_in(entry)
        {
            continue;
        }
        if entry.key.starts_with("Fn::") {
            // Outputs need no permission of their own, so that a loop over them hides nothing.
            let severity =
                if section.key == "Outputs" { Severity::Warning } else { Severity::Error };
            diagnostics.push(Diagnostic { severity, ..unexpanded(entry) });
        } else if let Some(value) = read(entry, diagnostics) {
            known.insert(entry.key.clone(), value);
        }
    }
    known
}

/// Whether all of an entry comes from a transform.
fn is_brought_in(entry: &Entry) -> bool {
    let has = |key: &str| entry.value.field(key).is_some();
    entry.value.tag.as_deref() == Some("Transform") || has(PART) && !has("Type") && !has("Value")
}

/// Keeps the loops of a section for when it is known what they run over.
fn keep_loops(section: Section, node: &Entry, template: &mut Template) {
    let loops = node.value.entries().iter().filter(|entry| is_loop(&entry.key));
    template.loops.extend(loops.map(|entry| Loop { section, entry: entry.clone() }));
}

/// Adds an entry to a section, as a loop makes it. One that is there already is an error.
pub(crate) fn add(
    section: Section,
    entry: &Entry,
    template: &mut Template,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let is_new = match section {
        Section::Conditions => !template.conditions.contains_key(&entry.key),
        Section::Resources => !template.resources.contains_key(entry.key.as_str()),
        Section::Outputs => !template.outputs.contains_key(&entry.key),
    };
    if !is_new {
        let message = format!("`{}` is there already when the loop makes it", entry.key);
        let problem = Diagnostic::error(codes::DUPLICATE_ENTRY, entry.key_span, message);
        diagnostics.push(problem.with_help(
            "the key has to hold the loop's identifier, and an item may be there once only",
        ));
        return;
    }
    match section {
        Section::Conditions => {
            let condition = mapping(entry, diagnostics);
            template.conditions.extend(condition.map(|node| (entry.key.clone(), node)));
        }
        Section::Resources => {
            let resource = resource(entry, diagnostics);
            template
                .resources
                .extend(resource.map(|resource| (resource.logical_id.clone(), resource)));
        }
        Section::Outputs => {
            let output = output(entry, diagnostics);
            template.outputs.extend(output.map(|output| (entry.key.clone(), output)));
        }
    }
}

/// Reports what only CloudFormation can expand.
fn unexpanded(entry: &Entry) -> Diagnostic {
    let message = format!("what `{}` makes is not known before it is expanded", entry.key);
    Diagnostic::error(codes::UNEXPANDED, entry.key_span, message).with_help(
        "give the processed template: `aws cloudformation get-template --template-stage Processed`",
    )
}

fn wrong_kind(code: Code, key: &str, expected: &str, node: &Node) -> Diagnostic {
    let found = match &node.tag {
        Some(tag) => format!("`!{tag}`"),
        None => node.kind_name().to_owned(),
    };
    Diagnostic::error(code, node.span, format!("`{key}` has to be {expected}, this is {found}"))
}

/// The span of an entry from its key to the end of its value.
fn entry_span(entry: &Entry) -> Span {
    Span::new(entry.key_span.start, entry.value.span.end.max(entry.key_span.end))
}

fn transforms(node: &Node, diagnostics: &mut Vec<Diagnostic>) -> Vec<Transform> {
    let names = match &node.kind {
        Kind::List(items) => items.as_slice(),
        _ => std::slice::from_ref(node),
    };
    let mut transforms = Vec::new();
    for name in names {
        match Transform::read(name, Reach::Template) {
            Some(transform) => transforms.push(transform),
            None => diagnostics.push(wrong_kind(
                codes::INVALID_SECTION,
                "Transform",
                "the name of a macro, or a list of such names",
                name,
            )),
        }
    }
    transforms
}

fn mapping(entry: &Entry, diagnostics: &mut Vec<Diagnostic>) -> Option<Node> {
    let node = long_form(&entry.value, Words::Text, diagnostics);
    if matches!(node.kind, Kind::Map(_)) {
        return Some(node);
    }
    diagnostics.push(wrong_kind(codes::INVALID_ENTRY, &entry.key, "a mapping", &node));
    None
}

fn parameter(entry: &Entry, diagnostics: &mut Vec<Diagnostic>) -> Option<Parameter> {
    let node = mapping(entry, diagnostics)?;
    let parameter_type = node.field("Type");
    match parameter_type {
        Some(of) if of.as_str().is_none() => {
            diagnostics.push(wrong_kind(codes::INVALID_TYPE, "Type", "a string", of));
        }
        Some(_) => {}
        None => {
            let message = format!("the parameter `{}` has no `Type`", entry.key);
            let problem = Diagnostic::error(codes::MISSING_TYPE, entry.key_span, message);
            diagnostics.push(problem.with_help("add `Type: String`, or the type it has"));
        }
    }
    let allowed_values = node.field("AllowedValues");
    if let Some(values) = allowed_values.filter(|values| !matches!(values.kind, Kind::List(_))) {
        diagnostics.push(wrong_kind(codes::INVALID_ENTRY, "AllowedValues", "a list", values));
    }
    let is_list = |values: &&Node| matches!(values.kind, Kind::List(_));
    Some(Parameter {
        parameter_type: parameter_type.and_then(Node::as_str).unwrap_or("String").to_owned(),
        default: node.field("Default").cloned(),
        allowed_values: allowed_values.filter(is_list).map(|values| values.items().to_vec()),
        no_echo: node.field("NoEcho").and_then(Node::scalar).is_some_and(is_true),
        span: entry_span(entry),
    })
}

fn is_true(text: &str) -> bool {
    matches!(text.to_ascii_lowercase().as_str(), "true" | "yes" | "on")
}

fn output(entry: &Entry, diagnostics: &mut Vec<Diagnostic>) -> Option<Output> {
    let node = mapping(entry, diagnostics)?;
    let Some(value) = node.field("Value") else {
        let message = format!("the output `{}` has no `Value`", entry.key);
        diagnostics.push(Diagnostic::error(codes::INVALID_ENTRY, entry.key_span, message));
        return None;
    };
    Some(Output {
        value: value.clone(),
        condition: name(node.field("Condition"), "Condition", diagnostics),
        export_name: node.field("Export").and_then(|export| export.field("Name")).cloned(),
        span: entry_span(entry),
    })
}

fn resource(entry: &Entry, diagnostics: &mut Vec<Diagnostic>) -> Option<Resource> {
    let Ok(logical_id) = entry.key.parse::<LogicalId>() else {
        let message = format!("`{}` cannot be a logical id", entry.key);
        let problem = Diagnostic::error(codes::INVALID_LOGICAL_ID, entry.key_span, message);
        diagnostics.push(problem.with_help("use 1 to 255 letters and digits"));
        return None;
    };
    let node = &entry.value;
    if !matches!(node.kind, Kind::Map(_)) || node.tag.is_some() {
        let problem = wrong_kind(codes::INVALID_RESOURCE, &entry.key, "a mapping", node);
        diagnostics.push(problem.with_help("give it a `Type` and `Properties`"));
        return None;
    }
    let (resource_type, type_span) = resource_type(entry, diagnostics)?;
    for attribute in node.entries().iter().filter(|entry| !is_attribute(&entry.key)) {
        let message = format!("a resource has no attribute `{}`", attribute.key);
        let problem = Diagnostic::warning(codes::UNKNOWN_ATTRIBUTE, attribute.key_span, message);
        diagnostics.push(problem.with_help("properties belong under `Properties`"));
    }
    let mut attribute =
        |key: &str, words: Words| node.field(key).map(|value| long_form(value, words, diagnostics));
    let properties = attribute("Properties", Words::Booleans);
    let deletion_policy = attribute("DeletionPolicy", Words::Text);
    let update_replace_policy = attribute("UpdateReplacePolicy", Words::Text);
    // It takes no permission; only its mistakes are of interest.
    attribute("CreationPolicy", Words::Booleans);
    let update_policy = attribute("UpdatePolicy", Words::Booleans);
    let metadata = attribute("Metadata", Words::Text);
    let connectors = attribute("Connectors", Words::Booleans);
    let ignore_globals = attribute("IgnoreGlobals", Words::Text);
    let condition = attribute("Condition", Words::Text);
    let depends_on = attribute("DependsOn", Words::Text);
    Some(Resource {
        resource_type,
        type_span,
        span: entry_span(entry),
        properties: properties_of(entry, properties, diagnostics),
        condition: name(condition.as_ref(), "Condition", diagnostics),
        depends_on: dependencies(depends_on.as_ref(), diagnostics),
        deletion_policy,
        update_replace_policy,
        update_policy,
        metadata,
        connectors,
        ignore_globals,
        logical_id,
    })
}

fn resource_type(entry: &Entry, diagnostics: &mut Vec<Diagnostic>) -> Option<(String, Span)> {
    let Some(node) = entry.value.field("Type") else {
        let message = format!("the resource `{}` has no `Type`", entry.key);
        let problem = Diagnostic::error(codes::MISSING_TYPE, entry.key_span, message);
        diagnostics.push(problem.with_help("add the type, such as `Type: AWS::S3::Bucket`"));
        return None;
    };
    match node.as_str() {
        Some(name) if node.tag.is_none() && !name.is_empty() => Some((name.to_owned(), node.span)),
        _ => {
            let problem =
                wrong_kind(codes::INVALID_TYPE, "Type", "the name of a resource type", node);
            diagnostics.push(problem.with_help("write a name such as `AWS::S3::Bucket`"));
            None
        }
    }
}

/// The attributes that CloudFormation knows, `Version` on custom resources only, and SAM's.
fn is_attribute(key: &str) -> bool {
    matches!(
        key,
        "Type"
            | "Properties"
            | "Condition"
            | "DependsOn"
            | "DeletionPolicy"
            | "UpdateReplacePolicy"
            | "CreationPolicy"
            | "UpdatePolicy"
            | "Metadata"
            | "Description"
            | "Version"
            | "Connectors"
            | "IgnoreGlobals"
            | PART
    )
}

fn properties_of(
    entry: &Entry,
    properties: Option<Node>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Node {
    let end = entry_span(entry).end;
    let empty = Node::empty(Span::new(end, end));
    match properties {
        Some(node) if matches!(node.kind, Kind::Map(_)) => node,
        Some(node) if node.kind != Kind::Null => {
            let problem = wrong_kind(codes::INVALID_PROPERTIES, "Properties", "a mapping", &node);
            diagnostics.push(problem.with_help("write one `Name: value` a line"));
            empty
        }
        Some(_) | None => empty,
    }
}

/// The text of an attribute that names something.
fn name(node: Option<&Node>, key: &str, diagnostics: &mut Vec<Diagnostic>) -> Option<String> {
    let node = node?;
    let text = node.as_str();
    if text.is_none() {
        diagnostics.push(wrong_kind(
            codes::INVALID_ATTRIBUTE,
            key,
            "the name of a condition",
            node,
        ));
    }
    text.map(str::to_owned)
}

fn dependencies(node: Option<&Node>, diagnostics: &mut Vec<Diagnostic>) -> Vec<LogicalId> {
    let Some(node) = node else { return Vec::new() };
    let ids = match &node.kind {
        Kind::List(items) => items.as_slice(),
        _ => std::slice::from_ref(node),
    };
    let mut dependencies = Vec::new();
    for id in ids {
        match id.as_str().map(str::parse::<LogicalId>) {
            Some(Ok(id)) => dependencies.push(id),
            Some(Err(error)) => {
                diagnostics.push(Diagnostic::error(
                    codes::INVALID_ATTRIBUTE,
                    id.span,
                    error.to_string(),
                ));
            }
            None => {
                let expected = "a logical id, or a list of them";
                diagnostics.push(wrong_kind(codes::INVALID_ATTRIBUTE, "DependsOn", expected, id));
            }
        }
    }
    dependencies
}
