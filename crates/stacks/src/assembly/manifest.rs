//! `manifest.json`: the artifacts of a folder.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use stackpass_ground::{account::AccountId, region::Region};
use stackpass_ground::{
    source::{Diagnostic, Severity, Source, Span},
    tree::{self, Entry, Kind, Node},
};

use super::{
    Asset, Environment, StackArtifact, StackInput, StackTemplate, assets,
    files::{Manifest, Reading, expect_map, file, has_session_tags, read_tree, text},
    nested,
    order::order,
    path,
};
use crate::codes;
use crate::template;

/// The name of the manifest in its folder.
pub(super) const FILE: &str = "manifest.json";

/// A folder with a manifest: the assembly itself or a stage of it.
#[derive(Default)]
pub(super) struct Folder {
    path: String,
    display_name: Option<String>,
}

/// Reads the stacks of a folder and of the stages in it.
pub(super) fn read(folder: &Folder, stacks: &mut Vec<StackInput>, reading: &mut Reading<'_>) {
    reading.folders.insert(folder.path.clone());
    let file = path::join(&folder.path, FILE).unwrap_or_default();
    let Some(source) = (reading.files)(&file) else {
        let source = Arc::new(Source::new(file, ""));
        let problem =
            Diagnostic::error(codes::MISSING_MANIFEST, Span::default(), "there is no manifest");
        let help = "run `cdk synth`, and give the folder that it writes, `cdk.out` by default";
        return reading.report(&source, problem.with_help(help));
    };
    let source = Arc::new(source);
    let Some(root) = read_tree(&source, reading) else { return };
    let (Some(_), Some(artifacts)) = (root.field("version"), root.field("artifacts")) else {
        let message = "a manifest has the keys `version` and `artifacts`";
        let problem = Diagnostic::error(codes::NOT_A_MANIFEST, root.span, message);
        return reading
            .report(&source, problem.with_help("give the folder that `cdk synth` writes"));
    };
    if expect_map("artifacts", artifacts, &source, reading).is_none() {
        return;
    }
    let manifest = Manifest { folder: &folder.path, source, artifacts };
    for artifact in in_order(&manifest, reading) {
        match artifact.value.field("type").and_then(Node::as_str) {
            Some("aws:cloudformation:stack") => {
                stacks.extend(stack(&manifest, folder, artifact, reading));
            }
            Some("cdk:cloud-assembly") => stage(&manifest, folder, artifact, stacks, reading),
            _ => {}
        }
    }
}

/// The artifacts, each behind those it depends on.
fn in_order<'m>(manifest: &Manifest<'m>, reading: &mut Reading<'_>) -> Vec<&'m Entry> {
    // Of two artifacts of one id the last counts, as in every mapping.
    let artifacts: BTreeMap<&str, &Entry> =
        manifest.artifacts.entries().iter().map(|entry| (entry.key.as_str(), entry)).collect();
    let needed = |entry: &&'m Entry| {
        let needed = entry.value.field("dependencies").map_or(&[][..], Node::items);
        needed.iter().filter_map(Node::as_str).collect::<BTreeSet<_>>()
    };
    let edges = artifacts.iter().map(|(&id, entry)| (id, needed(entry))).collect();
    let (ordered, cyclic) = order(&edges);
    if let Some(first) = cyclic.first().and_then(|id| artifacts.get(id)) {
        let message = format!("the artifacts `{}` depend on one another", cyclic.join("`, `"));
        let problem = Diagnostic::error(codes::DEPENDENCY_CYCLE, first.key_span, message);
        reading.report(&manifest.source, problem.with_help("run `cdk synth` again"));
    }
    ordered.into_iter().filter_map(|id| artifacts.get(id).copied()).collect()
}

fn stage(
    manifest: &Manifest<'_>,
    folder: &Folder,
    artifact: &Entry,
    stacks: &mut Vec<StackInput>,
    reading: &mut Reading<'_>,
) {
    let empty = Node::empty(Span::default());
    let properties = artifact.value.field("properties").unwrap_or(&empty);
    let source = &manifest.source;
    let span = properties.field("directoryName").map_or(artifact.key_span, |name| name.span);
    let Some(name) = text(properties, "directoryName", source, reading) else {
        let message = format!("the stage `{}` has no `directoryName`", artifact.key);
        return reading.report(source, Diagnostic::error(codes::INVALID_MANIFEST, span, message));
    };
    let Some(path) = path::join(&folder.path, &name) else {
        let message = format!("the path `{name}` leads out of the assembly");
        return reading.report(source, Diagnostic::error(codes::OUTSIDE_PATH, span, message));
    };
    if reading.folders.contains(&path) {
        let message = format!("the folder `{name}` is that of another stage");
        return reading.report(source, Diagnostic::error(codes::INVALID_MANIFEST, span, message));
    }
    let display_name = text(properties, "displayName", source, reading);
    read(&Folder { path, display_name }, stacks, reading);
}

fn stack(
    manifest: &Manifest<'_>,
    folder: &Folder,
    artifact: &Entry,
    reading: &mut Reading<'_>,
) -> Option<StackInput> {
    let source = &manifest.source;
    let empty = Node::empty(Span::default());
    let properties = artifact.value.field("properties").unwrap_or(&empty);
    let environment = environment(artifact, source, reading);
    let (file_name, template_source) = file(manifest, properties, "templateFile", reading)?;
    let template = template(artifact, source, &template_source, reading)?;
    let metadata = assets::metadata(manifest, &artifact.value, reading);
    let assets = assets::of_stack(manifest, &artifact.value, metadata.as_ref(), reading);
    let nested = nested::read(
        &template,
        &template_source,
        &file_name,
        folder_of(&file_name),
        &assets,
        reading,
    );
    let mut tags = texts(properties, "tags", source, reading);
    if tags.is_empty() {
        tags = metadata.as_ref().map(assets::stack_tags).unwrap_or_default();
    }
    let mut optional = |key: &str| text(properties, key, source, reading);
    let name = optional("stackName").unwrap_or_else(|| artifact.key.clone());
    let deploy_role = optional("assumeRoleArn");
    let execution_role = optional("cloudFormationExecutionRoleArn");
    let bootstrap_parameter = optional("bootstrapStackVersionSsmParameter");
    let termination_protection = optional("terminationProtection");
    let lookup_role = properties.field("lookupRole");
    let display_name = text(&artifact.value, "displayName", source, reading)
        .or_else(|| folder.display_name.as_ref().map(|stage| format!("{stage}/{name}")));
    let artifact = StackArtifact {
        id: artifact.key.clone(),
        display_name: display_name.unwrap_or_else(|| name.clone()),
        name,
        environment,
        tags,
        termination_protection: termination_protection.as_deref() == Some("true"),
        parameters: texts(properties, "parameters", source, reading),
        deploy_role,
        lookup_role: lookup_role.and_then(|role| text(role, "arn", source, reading)),
        execution_role,
        session_tags: has_session_tags(properties) || assets.iter().any(Asset::has_session_tags),
        bootstrap_parameter,
        assets,
    };
    let root = StackTemplate { template, source: template_source, nested };
    Some(StackInput { artifact, root })
}

fn folder_of(file: &str) -> &str {
    file.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// Reads a stack's template. A template without resources is not deployed by the CDK, so it is no error.
fn template(
    artifact: &Entry,
    manifest: &Arc<Source>,
    source: &Arc<Source>,
    reading: &mut Reading<'_>,
) -> Option<template::Template> {
    let (node, diagnostics) = tree::read(source);
    let is_sound = diagnostics.iter().all(|problem| problem.severity == Severity::Warning);
    let is_empty = node.as_ref().is_some_and(|node| {
        let resources = node.field("Resources").map_or(&[][..], Node::entries);
        matches!(node.kind, Kind::Map(_)) && resources.is_empty()
    });
    if is_sound && is_empty {
        let message = format!("the stack `{}` has no resources and is not deployed", artifact.key);
        reading
            .report(manifest, Diagnostic::warning(codes::EMPTY_STACK, artifact.key_span, message));
        return None;
    }
    let (template, diagnostics) = template::read(source);
    reading.report_all(source, diagnostics);
    template
}

/// Reads `aws://ACCOUNT/REGION`, in which either part may be unknown.
fn environment(artifact: &Entry, source: &Arc<Source>, reading: &mut Reading<'_>) -> Environment {
    let Some(text) = text(&artifact.value, "environment", source, reading) else {
        return Environment::default();
    };
    let span = artifact.value.field("environment").map_or(artifact.key_span, |node| node.span);
    let mut refuse = |message: String, help: &str| {
        let problem = Diagnostic::error(codes::INVALID_MANIFEST, span, message);
        reading.report(source, problem.with_help(help));
        None
    };
    let parts = text.strip_prefix("aws://").and_then(|parts| parts.split_once('/'));
    let Some((account, region)) = parts else {
        let help = "an environment is `aws://ACCOUNT/REGION`";
        refuse(format!("`{text}` is no environment"), help);
        return Environment::default();
    };
    let account = match account {
        "unknown-account" => None,
        account if account.parse::<AccountId>().is_ok() => Some(account.to_owned()),
        account => refuse(
            format!("`{account}` is no account"),
            "an account has 12 digits; one that is not known is written `unknown-account`",
        ),
    };
    let region = match region {
        "unknown-region" => None,
        region if region.parse::<Region>().is_ok() => Some(region.to_owned()),
        region => refuse(
            format!("`{region}` is no region"),
            "a region is written as `eu-west-1`, one that is not known as `unknown-region`",
        ),
    };
    Environment { account, region }
}

/// A mapping of texts; empty if the field is not there.
fn texts(
    node: &Node,
    key: &str,
    source: &Arc<Source>,
    reading: &mut Reading<'_>,
) -> BTreeMap<String, String> {
    let Some(map) = node.field(key) else { return BTreeMap::new() };
    let entries = expect_map(key, map, source, reading).unwrap_or_default();
    let keys: BTreeSet<&str> = entries.iter().map(|entry| entry.key.as_str()).collect();
    let value = |key: &str| Some((key.to_owned(), text(map, key, source, reading)?));
    keys.into_iter().filter_map(value).collect()
}
