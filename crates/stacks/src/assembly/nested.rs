//! The templates of stacks that a template creates.
//!
//! A resource `AWS::CloudFormation::Stack` points to its template by a URL that is put together when it is deployed. Which
//! file that will be shows in three ways: the CDK's metadata names it, the URL is a relative path as `aws cloudformation
//! package` takes it, or the URL is made of an asset's key or parameters.

use std::{collections::BTreeMap, sync::Arc};

use stackpass_ground::{
    source::{Diagnostic, Source},
    tree::Node,
};

use super::{Asset, StackTemplate, files::Reading, path};
use crate::codes;
use crate::template::{self, LogicalId, Resource, Template};

/// How many nested templates an assembly may have, and how deep they may nest. CloudFormation's own limits are far below.
const MAX_TEMPLATES: usize = 2_000;
const MAX_DEPTH: usize = 20;

/// The types of nested stacks: CloudFormation's, and SAM's, which names its template by `Location`.
const STACKS: [&str; 2] = ["AWS::CloudFormation::Stack", "AWS::Serverless::Application"];

/// A template's file and those whose stacks it is nested in.
struct Place<'a> {
    file: &'a str,
    source: &'a Arc<Source>,
    parent: Option<&'a Place<'a>>,
}

impl Place<'_> {
    fn is_inside(&self, file: &str) -> bool {
        self.file == file || self.parent.is_some_and(|parent| parent.is_inside(file))
    }

    fn depth(&self) -> usize {
        1 + self.parent.map_or(0, Place::depth)
    }
}

/// Reads the templates of all nested stacks that are in the assembly. The paths of assets are relative to `folder`.
pub(super) fn read(
    template: &Template,
    source: &Arc<Source>,
    file: &str,
    folder: &str,
    assets: &[Asset],
    reading: &mut Reading<'_>,
) -> BTreeMap<LogicalId, StackTemplate> {
    stacks_in(template, &Place { file, source, parent: None }, folder, assets, reading)
}

fn stacks_in(
    template: &Template,
    place: &Place<'_>,
    folder: &str,
    assets: &[Asset],
    reading: &mut Reading<'_>,
) -> BTreeMap<LogicalId, StackTemplate> {
    let mut stacks = BTreeMap::new();
    for resource in template.resources.values() {
        if !STACKS.contains(&resource.resource_type.as_str()) {
            continue;
        }
        let Some(file) = template_file(resource, place.file, folder, assets) else { continue };
        if let Some(stack) = stack(resource, &file, place, folder, assets, reading) {
            stacks.insert(resource.logical_id.clone(), stack);
        }
    }
    stacks
}

fn stack(
    resource: &Resource,
    file: &str,
    place: &Place<'_>,
    folder: &str,
    assets: &[Asset],
    reading: &mut Reading<'_>,
) -> Option<StackTemplate> {
    let id = &resource.logical_id;
    let span = resource.type_span;
    if place.is_inside(file) {
        let message = format!("the stack `{id}` creates itself by `{file}`");
        reading.report(place.source, Diagnostic::error(codes::RECURSIVE_STACK, span, message));
        return None;
    }
    reading.nested_templates += 1;
    if reading.nested_templates > MAX_TEMPLATES || place.depth() > MAX_DEPTH {
        if reading.nested_templates <= MAX_TEMPLATES + 1 {
            let message = format!("the stack `{id}` is one nested stack too many");
            reading.report(place.source, Diagnostic::error(codes::TOO_MANY_STACKS, span, message));
        }
        return None;
    }
    let Some(source) = (reading.files)(file) else {
        let message = format!("the template `{file}` of the nested stack `{id}` is missing");
        let problem = Diagnostic::error(codes::MISSING_FILE, span, message);
        reading.report(place.source, problem.with_help("run `cdk synth` again"));
        return None;
    };
    let source = Arc::new(source);
    let (template, diagnostics) = template::read(&source);
    reading.report_all(&source, diagnostics);
    let template = template?;
    let inner = Place { file, source: &source, parent: Some(place) };
    let nested = stacks_in(&template, &inner, folder, assets, reading);
    Some(StackTemplate { template, source, nested })
}

/// The file in the assembly that a nested stack's template is, as far as it shows.
fn template_file(
    resource: &Resource,
    parent: &str,
    folder: &str,
    assets: &[Asset],
) -> Option<String> {
    let named = resource.metadata.as_ref().and_then(|metadata| metadata.field("aws:asset:path"));
    if let Some(name) = named.and_then(Node::as_str) {
        return path::join(folder, name);
    }
    let url = resource.properties.field("TemplateURL").or(resource.properties.field("Location"))?;
    if let Some(text) = url.as_str().filter(|text| !text.contains("://")) {
        let parent = parent.rsplit_once('/').map_or("", |(folder, _)| folder);
        return path::join(parent, text);
    }
    let mut texts = Vec::new();
    collect_texts(url, &mut texts);
    let file = assets.iter().find_map(|asset| pointed_to(asset, &texts))?;
    path::join(folder, file)
}

/// The file of an asset to whose place in a bucket one of these texts points.
fn pointed_to<'a>(asset: &'a Asset, texts: &[&str]) -> Option<&'a str> {
    let (mark, file) = match asset {
        Asset::File { key, path, .. } => (key.as_str(), path.as_deref()?),
        Asset::LegacyFile { bucket_parameter, path, .. } => {
            // A parameter that hands this one down to a nested stack has its name but for the eight digits at its end.
            let end = bucket_parameter.len().saturating_sub(8);
            (bucket_parameter.get(..end)?, path.as_str())
        }
        Asset::Image { .. } | Asset::LegacyImage { .. } => return None,
    };
    let is_pointed_to = !mark.is_empty() && texts.iter().any(|text| text.contains(mark));
    is_pointed_to.then_some(file)
}

fn collect_texts<'n>(node: &'n Node, texts: &mut Vec<&'n str>) {
    texts.extend(node.as_str());
    for item in node.items() {
        collect_texts(item, texts);
    }
    for entry in node.entries() {
        collect_texts(&entry.value, texts);
    }
}
