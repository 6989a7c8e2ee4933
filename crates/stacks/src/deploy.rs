//! A deployment: which stacks, with which tool, and who acts for them. The way from input to needs.
//!
//! ```text
//! Input -> plan -> Deployment -> needs -> Needs
//! ```

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use stackpass_policy::source::{Diagnostic, Source};

use std::sync::Arc;

use crate::assembly::{self, Asset, Files, Problem, StackArtifact, StackInput, StackTemplate};
use crate::caller;
use crate::executor::executor_needs;
use crate::imports;
use crate::need::{Needs, UnknownWord};
use crate::resolve::{Setting, Stack, expand_loops, resolve};
use crate::sam;
use crate::scope;
use crate::template::{self, Template};
use crate::value::{Text, Value};

/// The program that deploys, which decides what the caller calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tool {
    /// `aws cloudformation deploy` and its kin.
    AwsCli,
    /// The CDK command line with modern synthesis: it assumes the roles of the bootstrap stack.
    Cdk,
    /// `cdk bootstrap`.
    CdkBootstrap,
    /// The CDK command line with legacy synthesis: it uses the caller's own credentials.
    CdkLegacy,
    /// The SAM command line.
    Sam,
    /// SST before version 2.
    SstV1,
}

/// Who executes, seen from CloudFormation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mode {
    /// The execution role of the CDK bootstrap stack.
    Bootstrap,
    /// CloudFormation acts with the caller's own credentials.
    Direct,
    /// A service role that the caller passes.
    ServiceRole,
}

/// Gives the text of a file of a folder, by its path inside the folder.
pub type Folder = Box<dyn Fn(&str) -> Option<Source>>;

/// What to deploy.
pub enum Input {
    /// One template.
    Template(Source),
    /// One template and the files beside it, among which the templates of nested stacks are looked for.
    TemplateFile {
        /// The template.
        source: Source,
        /// The template's own name in its folder.
        file: String,
        /// Gives the text of a file of the folder.
        files: Folder,
    },
    /// A folder that `cdk synth` wrote.
    Assembly {
        /// Gives the text of a file, by its path inside the folder.
        files: Folder,
    },
}

impl fmt::Debug for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Input::Template(source) | Input::TemplateFile { source, .. } => {
                f.debug_tuple("Template").field(&source.name()).finish()
            }
            Input::Assembly { .. } => f.debug_struct("Assembly").finish_non_exhaustive(),
        }
    }
}

/// What the user says of a deployment; everything else is read from the input or stays unknown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// The stack's name, for a template, in which `*` stands for any characters; an assembly has its own.
    pub stack_name: Option<String>,
    /// The account id, over that of the assembly.
    pub account: Option<String>,
    /// The region, over that of the assembly.
    pub region: Option<String>,
    /// The partition; else that of the region.
    pub partition: Option<String>,
    /// Template parameters.
    pub parameters: BTreeMap<String, String>,
    /// Tags of the stacks, beside those of the assembly.
    pub stack_tags: BTreeMap<String, String>,
    /// The tool; else the one that the input shows.
    pub tool: Option<Tool>,
    /// Who executes; else what the input shows.
    pub mode: Option<Mode>,
    /// Whether `sst start` runs, which makes calls of its own.
    pub live: bool,
    /// The qualifier of the CDK bootstrap stack; else CDK's default.
    pub qualifier: Option<String>,
    /// The name of the service role, with its path before it if it has one, or its ARN.
    pub service_role: Option<String>,
    /// Only these stacks of an assembly; all, if empty.
    pub stacks: Vec<String>,
}

/// The stacks of a deployment with their tool and mode.
#[derive(Clone, Debug)]
pub struct Deployment {
    /// The stacks in the order of their names.
    pub stacks: Vec<PlannedStack>,
    /// The program that deploys.
    pub tool: Tool,
    /// Who executes.
    pub mode: Mode,
    /// Whether `sst start` runs.
    pub live: bool,
    /// The qualifier of the CDK bootstrap stack.
    pub qualifier: String,
    /// The ARN of the service role, with placeholders if only its name was given.
    pub service_role: Option<String>,
}

/// A stack with what the manifest says of its deployment.
#[derive(Clone, Debug)]
pub struct PlannedStack {
    /// The stack.
    pub stack: Stack,
    /// Its roles, assets and the like; nearly empty for a template that stands alone.
    pub artifact: StackArtifact,
}

/// CDK's default qualifier.
pub const DEFAULT_QUALIFIER: &str = "hnb659fds";

/// Reads and resolves the input, and tells the tool and the mode where the user does not.
///
/// Problems in the input come back beside the deployment, which holds what could be read.
pub fn plan(inputs: &[Input], options: &Options) -> (Deployment, Vec<Problem>) {
    let mut problems = Vec::new();
    let mut found = Vec::new();
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
                let stacks = assembly.stacks.into_iter().filter(|stack| is_wanted(stack, options));
                // No name of a stack has a `*`, so one that stands in an assembly is meant as a pattern.
                found.extend(stacks.map(|stack| (Some(Text::glob(&stack.artifact.name)), stack)));
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
    stacks.sort_by_key(|planned| scope::stack_name(&planned.stack));
    imports::join(&mut stacks.iter_mut().map(|planned| &mut planned.stack).collect::<Vec<_>>());
    let deployment = Deployment {
        stacks,
        tool,
        mode,
        live: options.live,
        qualifier: options.qualifier.clone().unwrap_or_else(|| DEFAULT_QUALIFIER.to_owned()),
        service_role: service_role(options),
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
    problems: &mut Vec<Problem>,
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

fn is_wanted(stack: &StackInput, options: &Options) -> bool {
    let StackArtifact { id, name, display_name, .. } = &stack.artifact;
    let names = [name, display_name, id];
    options.stacks.is_empty() || options.stacks.iter().any(|wanted| names.contains(&wanted))
}

fn of_source(source: &Arc<Source>, diagnostics: Vec<Diagnostic>) -> impl Iterator<Item = Problem> {
    diagnostics.into_iter().map(|diagnostic| Problem { source: Arc::clone(source), diagnostic })
}

/// Works out what a deployment needs: the caller's needs and the executor's, sorted.
pub fn needs(deployment: &Deployment) -> Needs {
    let mut needs = Needs::default();
    for planned in &deployment.stacks {
        needs.extend(executor_needs(&planned.stack));
        needs.extend(caller::caller_needs(deployment, planned));
    }
    needs.sorted()
}

fn planned(
    name: Option<Text>,
    input: StackInput,
    options: &Options,
    mode: Mode,
    problems: &mut Vec<Problem>,
) -> PlannedStack {
    let StackInput { artifact, root } = input;
    let region = options.region.clone().or_else(|| artifact.environment.region.clone());
    let account = options.account.clone().or_else(|| artifact.environment.account.clone());
    let partition = options.partition.clone().or_else(|| region.as_deref().map(partition_of));
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
        Mode::ServiceRole => service_role(options),
    };
    setting.executor_role = role
        .map(|role| scope::filled_text(&setting, &role))
        .filter(|role| role.starts_with("arn:"));
    PlannedStack { stack: resolved(&root, &setting, problems), artifact }
}

/// The ARN of the service role. A name alone is that of a role with the path `/`.
fn service_role(options: &Options) -> Option<String> {
    let given = options.service_role.as_deref()?;
    Some(if given.starts_with("arn:") {
        given.to_owned()
    } else {
        format!("arn:${{AWS::Partition}}:iam::${{AWS::AccountId}}:role/{given}")
    })
}

/// Resolves a stack, then the stacks nested in it with the parameters that it gives them.
fn resolved(input: &StackTemplate, setting: &Setting, problems: &mut Vec<Problem>) -> Stack {
    let (looped, of_loops) = expand_loops(&input.template, setting);
    problems.extend(of_source(&input.source, of_loops));
    let (template, mut unexpanded) = sam::expand(&looped);
    if setting.parameters.contains_key(sam::PACKAGE_BUCKET) {
        unexpanded.retain(|problem| problem.code != "sam-package");
    }
    problems.extend(of_source(&input.source, unexpanded));
    let (mut stack, diagnostics) = resolve(&input.source, &template, setting);
    problems.extend(of_source(&input.source, diagnostics));
    for (logical_id, nested) in &input.nested {
        let Some(resource) = stack.resources.get(logical_id) else { continue };
        // At least one random character follows the hyphen, which keeps the names inside apart from those of other stacks.
        let name = scope::fill(&stack, Some(resource), "${@name}").into_iter().next();
        let name = name.map(|name| match name.glob.strip_suffix("-*") {
            Some(known) => Text::glob(&format!("{known}-?*")),
            None => Text::glob(&name.glob),
        });
        let mut setting = Setting {
            stack_name: setting.stack_name.as_ref().and(name),
            parameters: passed_parameters(&stack, &resource.properties, &nested.template),
            ..setting.clone()
        };
        // Local code of nested stacks goes to the same bucket.
        if let Some(bucket) = stack.setting.parameters.get(sam::PACKAGE_BUCKET) {
            let parameters = &mut setting.parameters;
            parameters.entry(sam::PACKAGE_BUCKET.to_owned()).or_insert_with(|| bucket.clone());
        }
        let nested = resolved(nested, &setting, problems);
        stack.nested.insert(logical_id.clone(), nested);
    }
    stack
}

/// The parameters that a nested stack is given, in terms that hold outside its parent.
fn passed_parameters(
    parent: &Stack,
    properties: &Value,
    template: &Template,
) -> BTreeMap<String, Value> {
    let mut passed = BTreeMap::new();
    let given = match properties {
        Value::Map(map) if !map.open => map.entries.get("Parameters").map(|given| &given.value),
        _ => Some(&Value::Unknown),
    };
    let Some(given) = given else { return passed };
    // Of those that may be passed or not, nothing is known.
    let is_certain = matches!(given, Value::Map(map) if !map.open);
    if !is_certain {
        passed.extend(template.parameters.keys().map(|name| (name.clone(), Value::Unknown)));
    }
    if let Value::Map(given) = given {
        let entries = given.entries.iter();
        passed
            .extend(entries.map(|(name, located)| (name.clone(), outside(parent, &located.value))));
    }
    passed
}

fn outside(parent: &Stack, value: &Value) -> Value {
    match value {
        Value::Text(text) if text.has_attributes() => {
            let globs = scope::patterns(parent, text);
            Value::one_of(globs.into_iter().map(|pattern| Value::Text(Text::glob(&pattern.glob))))
        }
        Value::OneOf(values) => Value::one_of(values.iter().map(|value| outside(parent, value))),
        Value::List(_) | Value::Map(_) => Value::Unknown,
        value => value.clone(),
    }
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

/// The bucket of the bootstrap stack: the legacy template lets CloudFormation name it, the modern one fixes the name.
pub(crate) fn legacy_buckets(setting: &Setting, qualifier: &str) -> [String; 2] {
    let modern = format!("cdk-{qualifier}-assets-${{AWS::AccountId}}-${{AWS::Region}}");
    ["cdktoolkit-stagingbucket-*".to_owned(), scope::filled_text(setting, &modern)]
}

/// The partition of a region.
pub fn partition_of(region: &str) -> String {
    let partition = match region.split('-').collect::<Vec<_>>().as_slice() {
        ["cn", ..] => "aws-cn",
        ["us", "gov", ..] => "aws-us-gov",
        ["us", "iso", ..] => "aws-iso",
        ["us", "isob", ..] => "aws-iso-b",
        ["us", "isof", ..] => "aws-iso-f",
        ["eu", "isoe", ..] => "aws-iso-e",
        ["eusc", ..] => "aws-eusc",
        _ => "aws",
    };
    partition.to_owned()
}

/// A name for the mapping between the words of the command line and a choice.
macro_rules! words {
    ($type:ident, $expected:literal, $($variant:ident = $word:literal),+) => {
        impl FromStr for $type {
            type Err = UnknownWord;

            fn from_str(word: &str) -> Result<$type, UnknownWord> {
                match word {
                    $($word => Ok($type::$variant),)+
                    _ => Err(UnknownWord { word: word.to_owned(), expected: $expected }),
                }
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self {
                    $($type::$variant => $word,)+
                })
            }
        }
    };
}

words!(
    Tool,
    "aws-cli, cdk, cdk-bootstrap, cdk-legacy, sam, sst-v1",
    AwsCli = "aws-cli",
    Cdk = "cdk",
    CdkBootstrap = "cdk-bootstrap",
    CdkLegacy = "cdk-legacy",
    Sam = "sam",
    SstV1 = "sst-v1"
);
words!(
    Mode,
    "bootstrap, direct, service-role",
    Bootstrap = "bootstrap",
    Direct = "direct",
    ServiceRole = "service-role"
);
