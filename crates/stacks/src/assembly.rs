//! What `cdk synth` writes: the stacks of an app with all that is needed to deploy them.
//!
//! The folder is read through a look-up that the caller gives, so nothing here opens a file. Manifests of CDK v1 and v2 are
//! read, with stages, nested stacks, asset manifests, and the asset metadata of the legacy synthesizer. The layout is that of
//! `@aws-cdk/cloud-assembly-schema`. Tokens such as `${AWS::Partition}` stay in the text they stand in.

mod assets;
mod files;
mod manifest;
mod nested;
mod order;
mod path;

use std::{collections::BTreeMap, sync::Arc};

use stackpass_ground::source::{Diagnostic, LocatedDiagnostic, Source, Span};

use crate::codes;
use crate::template::{LogicalId, Template};

use files::Reading;

/// The stacks of a CDK app.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Assembly {
    /// The stacks, each behind those it depends on, else by their artifact ids.
    pub stacks: Vec<StackInput>,
}

/// A stack to deploy.
#[derive(Clone, Debug, PartialEq)]
pub struct StackInput {
    /// What is known of its deployment.
    pub artifact: StackArtifact,
    /// Its template with those of the stacks nested in it.
    pub root: StackTemplate,
}

impl StackInput {
    /// Makes a stack of a template that stands alone. It has the name of the template's text.
    pub fn alone(root: StackTemplate) -> StackInput {
        let name = root.source.name().to_owned();
        let artifact = StackArtifact {
            id: name.clone(),
            display_name: name.clone(),
            name,
            ..StackArtifact::default()
        };
        StackInput { artifact, root }
    }
}

/// What a manifest says of a stack beside its template.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StackArtifact {
    /// The id by which the manifest refers to it, unique in its stage.
    pub id: String,
    /// The name it has in CloudFormation.
    pub name: String,
    /// The name it has on the CDK command line: its path in the app, `Prod/Api`.
    pub display_name: String,
    /// Where it is deployed to.
    pub environment: Environment,
    /// The tags of the stack, which CloudFormation puts on its resources.
    pub tags: BTreeMap<String, String>,
    /// Whether it is protected from being deleted.
    pub termination_protection: bool,
    /// The values of template parameters that the app fixes.
    pub parameters: BTreeMap<String, String>,
    /// The ARN of the role that the CDK command line assumes to deploy it.
    pub deploy_role: Option<String>,
    /// The ARN of the role that the CDK command line assumes to look things up.
    pub lookup_role: Option<String>,
    /// The ARN of the role that CloudFormation is passed.
    pub execution_role: Option<String>,
    /// Whether a role of the stack or of its assets is assumed with session tags.
    pub session_tags: bool,
    /// The Systems Manager parameter that holds the version of the bootstrap stack.
    pub bootstrap_parameter: Option<String>,
    /// What is uploaded before it is deployed, sorted.
    pub assets: Vec<Asset>,
}

/// A template with its text and the templates of the stacks that it creates.
#[derive(Clone, Debug, PartialEq)]
pub struct StackTemplate {
    /// The template.
    pub template: Template,
    /// The text that it was read from.
    pub source: Arc<Source>,
    /// The stacks that it creates, by their logical ids, as far as their templates are known. Their names are
    /// CloudFormation's choice, all else is their parent's.
    pub nested: BTreeMap<LogicalId, StackTemplate>,
}

/// An account and a region, as far as the app fixes them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Environment {
    /// The account's id.
    pub account: Option<String>,
    /// The region's name.
    pub region: Option<String>,
}

/// Something that is uploaded before a stack is deployed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Asset {
    /// A file in a bucket.
    File {
        /// The bucket's name.
        bucket: String,
        /// The object's key.
        key: String,
        /// The ARN of the role that the CDK command line assumes to upload it.
        publishing_role: Option<String>,
        /// Whether the role is assumed with session tags.
        session_tags: bool,
        /// The file or folder in the assembly that is uploaded; none if a program makes it.
        path: Option<String>,
    },
    /// A container image in an ECR repository.
    Image {
        /// The repository's name.
        repository: String,
        /// The region of the repository, if it is not the stack's.
        region: Option<String>,
        /// The ARN of the role that the CDK command line assumes to push it.
        publishing_role: Option<String>,
        /// Whether the role is assumed with session tags.
        session_tags: bool,
    },
    /// A file in the legacy bootstrap bucket, of which the template learns through parameters.
    LegacyFile {
        /// The file or folder in the assembly.
        path: String,
        /// The parameter that takes the bucket's name.
        bucket_parameter: String,
        /// The parameter that takes the prefix and the rest of the key, `||` between them.
        key_parameter: String,
        /// The parameter that takes the hash.
        hash_parameter: Option<String>,
    },
    /// A container image that is pushed by the legacy synthesizer, which creates the repository if it is missing.
    LegacyImage {
        /// The repository's name; the CDK makes one from the asset's id if there is none.
        repository: Option<String>,
    },
}

impl Asset {
    /// Whether it is a file, not an image.
    pub fn is_file(&self) -> bool {
        matches!(self, Asset::File { .. } | Asset::LegacyFile { .. })
    }

    /// The ARN of the role that the CDK command line assumes to publish it, if it names one.
    pub fn publishing_role(&self) -> Option<&String> {
        match self {
            Asset::File { publishing_role, .. } | Asset::Image { publishing_role, .. } => {
                publishing_role.as_ref()
            }
            Asset::LegacyFile { .. } | Asset::LegacyImage { .. } => None,
        }
    }

    /// Whether a role is assumed with session tags to publish it.
    fn has_session_tags(&self) -> bool {
        match self {
            Asset::File { session_tags, .. } | Asset::Image { session_tags, .. } => *session_tags,
            Asset::LegacyFile { .. } | Asset::LegacyImage { .. } => false,
        }
    }
}

/// Finds a file by its path, relative to the assembly and with `/` between its parts; none if it cannot be read.
pub type Files<'a> = &'a dyn Fn(&str) -> Option<Source>;

/// Reads an assembly.
///
/// What is broken is reported and left out, and the rest is kept. The look-up is never asked for a path outside of the
/// assembly, whatever a manifest says.
///
/// ```
/// use stackpass_ground::source::Source;
/// use stackpass_stacks::assembly;
///
/// let files = |path: &str| {
///     let text = match path {
///         "manifest.json" => r#"{"version": "36.0.0", "artifacts": {"Api": {
///             "type": "aws:cloudformation:stack", "environment": "aws://unknown-account/eu-west-1",
///             "properties": {"templateFile": "Api.template.json", "stackName": "prod-api"}}}}"#,
///         "Api.template.json" => r#"{"Resources": {"Queue": {"Type": "AWS::SQS::Queue"}}}"#,
///         _ => return None,
///     };
///     Some(Source::new(path, text))
/// };
/// let (assembly, problems) = assembly::read(&files);
/// assert_eq!(problems, []);
/// assert_eq!(assembly.stacks[0].artifact.name, "prod-api");
/// assert_eq!(assembly.stacks[0].artifact.environment.region.as_deref(), Some("eu-west-1"));
/// ```
pub fn read(files: Files<'_>) -> (Assembly, Vec<LocatedDiagnostic>) {
    let mut reading = Reading::new(files);
    let mut stacks = Vec::new();
    manifest::read(&manifest::Folder::default(), &mut stacks, &mut reading);
    if stacks.is_empty() && reading.problems.is_empty() {
        let source = Arc::new((files)(manifest::FILE).unwrap_or_else(|| Source::new("", "")));
        let problem =
            Diagnostic::error(codes::NO_STACKS, Span::default(), "the assembly has no stacks");
        reading.report(&source, problem.with_help("run `cdk synth` again"));
    }
    (Assembly { stacks }, reading.problems)
}

/// Reads the nested stacks of a template that stands alone.
///
/// Their templates are found where `TemplateURL` is a path, relative to the template's own file, as `aws cloudformation package`
/// takes it.
pub fn nested_stacks(
    template: &Template,
    source: &Arc<Source>,
    file: &str,
    files: Files<'_>,
) -> (BTreeMap<LogicalId, StackTemplate>, Vec<LocatedDiagnostic>) {
    let mut reading = Reading::new(files);
    let stacks = nested::read(template, source, file, "", &[], &mut reading);
    (stacks, reading.problems)
}

#[cfg(test)]
mod tests;
