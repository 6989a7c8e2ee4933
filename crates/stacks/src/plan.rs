//! The plan of a deployment: input is read and resolved, and the tool and the mode are told where the user does not.

mod nested;

use std::collections::BTreeMap;
use std::sync::Arc;

use stackpass_ground::partition::Partition;
use stackpass_ground::source::{Diagnostic, LocatedDiagnostic, Source};

use crate::assembly::{self, Asset, Files, StackArtifact, StackInput, StackTemplate};
use crate::bootstrap::{DEFAULT_QUALIFIER, legacy_buckets};
use crate::deployment::{Deployment, Input, Mode, Options, PlannedStack, Tool};
use crate::imports;
use crate::names;
use crate::resolve::Setting;
use crate::sam;
use crate::template;
use crate::value::{Text, Value};

use nested::resolved;

/// Reads and resolves the input, and tells the tool and the mode where the user does not.
///
/// Problems in the input come back beside the deployment, which holds what could be read.
pub fn plan(inputs: &[Input], options: &Options) -> (Deployment, Vec<LocatedDiagnostic>) {
    let mut problems = Vec::new();
    let mut found = Vec::new();
    let (mut unknown_names, mut left_out) = (options.stacks.clone(), Vec::new());
    for input in inputs {
        match input {
            Input::Template(source) => {
                let alone = |_: &str| None;
                found.extend(of_template(source, "", &alone, options, &mut problems));
            }
            Input::TemplateFile { source, file, files } => {
                found.extend(of_template(source, file, files.as_ref(), options, &mut problems));
            }
            Input::Assembly { files, .. } => {
                let (assembly, of_assembly) = assembly::read(files.as_ref());
                problems.extend(of_assembly);
                let (stacks, others) = chosen(assembly.stacks, &options.stacks);
                unknown_names.retain(|name| !stacks.iter().any(|stack| is_named(stack, name)));
                left_out.extend(others.into_iter().map(|stack| stack.artifact.name));
                // No name of a stack has a `*`, so one that stands in an assembly is meant as a pattern.
                found.extend(
                    stacks.into_iter().map(|stack| (Some(Text::glob(&stack.artifact.name)), stack)),
                );
            }
        }
    }
    let shown = || tool_of(found.iter().map(|(_, stack)| stack), inputs);
    let tool = options.tool.unwrap_or_else(|| match (shown(), options.mode) {
        // The roles of the bootstrap stack pass that stack's own execution role, so that a service role is used without them.
        (Tool::Cdk, Some(Mode::ServiceRole)) => Tool::CdkLegacy,
        (tool, _) => tool,
    });
    let mode =
        options.mode.unwrap_or(if tool == Tool::Cdk { Mode::Bootstrap } else { Mode::Direct });
    let mut stacks: Vec<PlannedStack> = found
        .into_iter()
        .map(|(name, input)| planned(name, input, options, mode, &mut problems))
        .collect();
    stacks.sort_by_key(|planned| names::stack_name(&planned.stack));
    imports::join(&mut stacks.iter_mut().map(|planned| &mut planned.stack).collect::<Vec<_>>());
    let deployment = Deployment {
        stacks,
        tool,
        mode,
        live: options.live,
        qualifier: options.qualifier.clone().unwrap_or_else(|| DEFAULT_QUALIFIER.to_owned()),
        service_role: options.service_role_arn(),
        unknown_names,
        left_out,
    };
    (deployment, problems)
}

/// The tool that input of this form is deployed with: a stack that names a role to assume comes from modern synthesis.
fn tool_of<'a>(mut stacks: impl Iterator<Item = &'a StackInput>, inputs: &[Input]) -> Tool {
    if stacks.any(|stack| stack.artifact.deploy_role.is_some()) {
        Tool::Cdk
    } else if inputs.iter().any(|input| matches!(input, Input::Assembly { .. })) {
        Tool::CdkLegacy
    } else {
        Tool::AwsCli
    }
}

/// A template that stands alone, with the stacks nested in it whose templates are among the files.
fn of_template(
    source: &Source,
    file: &str,
    files: Files<'_>,
    options: &Options,
    problems: &mut Vec<LocatedDiagnostic>,
) -> Option<(Option<Text>, StackInput)> {
    let source = Arc::new(source.clone());
    let (template, diagnostics) = template::read(&source);
    problems.extend(of_source(&source, diagnostics));
    let template = template?;
    let (nested, of_nested) = assembly::nested_stacks(&template, &source, file, files);
    problems.extend(of_nested);
    let input = StackInput::alone(StackTemplate { template, source, nested });
    Some((options.stack_name.as_deref().map(Text::glob), input))
}

/// The stacks that were asked for, and the others; all are asked for if none is named.
fn chosen(stacks: Vec<StackInput>, names: &[String]) -> (Vec<StackInput>, Vec<StackInput>) {
    let is_wanted =
        |stack: &StackInput| names.is_empty() || names.iter().any(|wanted| is_named(stack, wanted));
    stacks.into_iter().partition(is_wanted)
}

fn is_named(stack: &StackInput, wanted: &String) -> bool {
    let StackArtifact { id, name, display_name, .. } = &stack.artifact;
    [name, display_name, id].contains(&wanted)
}

fn of_source(
    source: &Arc<Source>,
    diagnostics: Vec<Diagnostic>,
) -> impl Iterator<Item = LocatedDiagnostic> {
    diagnostics
        .into_iter()
        .map(|diagnostic| LocatedDiagnostic { source: Arc::clone(source), diagnostic })
}

fn planned(
    name: Option<Text>,
    input: StackInput,
    options: &Options,
    mode: Mode,
    problems: &mut Vec<LocatedDiagnostic>,
) -> PlannedStack {
    let StackInput { artifact, root } = input;
    let region = options.region.clone().or_else(|| artifact.environment.region.clone());
    let account = options.account.clone().or_else(|| artifact.environment.account.clone());
    let of_region = || region.as_deref().map(|region| Partition::of(region).to_string());
    let partition = options.partition.clone().or_else(of_region);
    let mut stack_tags = artifact.tags.clone();
    stack_tags.extend(options.stack_tags.clone());
    let mut setting = Setting {
        stack_name: name,
        account,
        region,
        partition,
        parameters: artifact
            .parameters
            .iter()
            .map(|(name, value)| (name.clone(), Value::text(value)))
            .collect(),
        stack_tags,
        executor_role: None,
    };
    setting.parameters.extend(legacy_asset_parameters(&artifact.assets, &setting, options));
    setting
        .parameters
        .extend(options.parameters.iter().map(|(name, value)| (name.clone(), Value::text(value))));
    if options.tool == Some(Tool::Sam) {
        let bucket = || Value::Text(Text::glob(sam::MANAGED_BUCKET));
        setting.parameters.entry(sam::PACKAGE_BUCKET.to_owned()).or_insert_with(bucket);
    }
    let role = match mode {
        Mode::Direct => None,
        Mode::Bootstrap => artifact.execution_role.clone(),
        Mode::ServiceRole => options.service_role_arn(),
    };
    setting.executor_role = role
        .map(|role| names::filled_text(&setting, &role))
        .filter(|role| role.starts_with("arn:"));
    PlannedStack { stack: resolved(&root, &setting, problems), artifact }
}

/// The parameters by which legacy synthesis names the bucket and the key of an asset, as the CDK command line sets them.
fn legacy_asset_parameters(
    assets: &[Asset],
    setting: &Setting,
    options: &Options,
) -> BTreeMap<String, Value> {
    let qualifier = options.qualifier.as_deref().unwrap_or(DEFAULT_QUALIFIER);
    let buckets = legacy_buckets(setting, qualifier);
    let bucket = Value::one_of(buckets.iter().map(|bucket| Value::Text(Text::glob(bucket))));
    let mut parameters = BTreeMap::new();
    for asset in assets {
        if let Asset::LegacyFile { bucket_parameter, key_parameter, hash_parameter, .. } = asset {
            parameters.insert(bucket_parameter.clone(), bucket.clone());
            parameters.insert(key_parameter.clone(), Value::Text(Text::glob("assets/*||*")));
            parameters.extend(hash_parameter.iter().map(|name| (name.clone(), Value::Unknown)));
        }
    }
    parameters
}
