//! The calls of the tools that deploy: data, one TOML file a tool under `tools/`.

use std::sync::OnceLock;

use serde::Deserialize;
use stackpass_policy::action::Action;
use stackpass_policy::condition::Conditions;

use crate::deployment::Tool;
use crate::need::{Hardness, Phase};
use crate::rules::{ConditionEntry, ValueEntry, language};

pub(crate) const FILES: [(Tool, &str); 6] = [
    (Tool::AwsCli, include_str!("generated/tool-aws-cli.json")),
    (Tool::Cdk, include_str!("generated/tool-cdk.json")),
    (Tool::CdkBootstrap, include_str!("generated/tool-cdk-bootstrap.json")),
    (Tool::CdkLegacy, include_str!("generated/tool-cdk-legacy.json")),
    (Tool::Sam, include_str!("generated/tool-sam.json")),
    (Tool::SstV1, include_str!("generated/tool-sst-v1.json")),
];

/// The calls of one tool.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ToolCalls {
    /// What the tool is and which version was looked at.
    #[cfg_attr(not(test), expect(dead_code, reason = "for readers of the file, and checked"))]
    pub(crate) description: String,
    /// Its calls.
    pub(crate) need: Vec<ToolNeed>,
}

/// Calls of a tool that act on the same thing for the same reason.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ToolNeed {
    /// The actions.
    #[serde(deserialize_with = "language::parsed")]
    pub(crate) actions: Vec<Action>,
    /// What they act on.
    pub(crate) on: On,
    /// When they are called.
    pub(crate) phases: Vec<Phase>,
    /// Facts of the deployment of which one must hold; none means always.
    #[serde(default)]
    pub(crate) when: Vec<Fact>,
    /// What the permission is bound to. Nothing of a resource is known here, so that all values are texts.
    #[serde(default, deserialize_with = "language::conditions")]
    pub(crate) conditions: Vec<ConditionEntry>,
    /// What happens without them.
    #[serde(default)]
    pub(crate) hardness: Hardness,
    /// Where the facts come from.
    pub(crate) evidence: Vec<String>,
}

impl ToolNeed {
    /// The conditions under which the permission may be granted.
    pub(crate) fn conditions(&self) -> Conditions {
        let mut conditions = Conditions::new();
        for entry in &self.conditions {
            let texts = entry.values.iter().filter_map(|value| match value {
                ValueEntry::Text(text) => Some(text),
                _ => None,
            });
            conditions.add(entry.operator, entry.key.clone(), texts.cloned());
        }
        conditions
    }
}

/// Something that holds for a deployment of a stack, or does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Fact {
    /// The account or the region is not known.
    Agnostic,
    /// The caller itself publishes files.
    HasFileAssets,
    /// The caller itself publishes container images.
    HasImageAssets,
    /// A template has resources `AWS::CloudFormation::Stack`.
    HasNestedStacks,
    /// A role publishes files.
    HasRoleAssets,
    /// A role publishes container images.
    HasRoleImages,
    /// A template has the transform of SAM.
    HasSamTransform,
    /// CloudFormation acts with a role that the caller passes.
    HasServiceRole,
    /// A role of the assembly is assumed with session tags.
    HasSessionTags,
    /// A parameter of the template is read from Systems Manager.
    HasSsmParameters,
    /// The stack has tags.
    HasStackTags,
    /// The legacy synthesizer publishes container images.
    LegacyImageAssets,
    /// `sst start` runs.
    Live,
    /// No bucket is named, so that SAM uses its own.
    ManagedBucket,
    /// The stack is deployed by the deploy role that it names.
    Modern,
    /// The template is that of `cdk bootstrap --example-permissions-boundary`.
    PermissionsBoundary,
    /// The app is one of SST 1.x, whose stacks name a deploy role.
    #[serde(rename = "sst-1")]
    Sst1,
    /// The stack is protected against deletion.
    TerminationProtection,
}

/// What the actions of a tool act on.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) enum On {
    /// `any`: every resource.
    Any,
    /// `stack`: the stack.
    Stack,
    /// `debug-stack`: the debug stack of SST.
    DebugStack,
    /// `debug-object`: the objects in the debug stack's bucket.
    DebugObject,
    /// `ssm-parameters`: the parameters of Systems Manager that the template reads.
    SsmParameters,
    /// `asset-bucket`: the buckets to which the caller uploads.
    AssetBucket,
    /// `asset-object`: what it uploads there.
    AssetObject,
    /// `asset-repository`: the repositories to which it pushes.
    AssetRepository,
    /// `bootstrap-parameter`: the parameter that holds the version of the bootstrap stack.
    BootstrapParameter,
    /// `role:NAME`: a role of the bootstrap stack.
    Role(BootstrapRole),
    /// An ARN template.
    Arn(String),
}

/// A role of the bootstrap stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BootstrapRole {
    /// `deploy`: who makes change sets.
    Deploy,
    /// `lookup`: who looks things up while the app is synthesized.
    Lookup,
    /// `execution`: whom CloudFormation acts with.
    Execution,
    /// `file-publishing`: who uploads files.
    FilePublishing,
    /// `image-publishing`: who pushes images.
    ImagePublishing,
}

impl TryFrom<String> for On {
    type Error = String;

    fn try_from(text: String) -> Result<On, String> {
        Ok(match text.as_str() {
            "any" => On::Any,
            "stack" => On::Stack,
            "debug-stack" => On::DebugStack,
            "debug-object" => On::DebugObject,
            "ssm-parameters" => On::SsmParameters,
            "asset-bucket" => On::AssetBucket,
            "asset-object" => On::AssetObject,
            "asset-repository" => On::AssetRepository,
            "bootstrap-parameter" => On::BootstrapParameter,
            "role:deploy" => On::Role(BootstrapRole::Deploy),
            "role:lookup" => On::Role(BootstrapRole::Lookup),
            "role:execution" => On::Role(BootstrapRole::Execution),
            "role:file-publishing" => On::Role(BootstrapRole::FilePublishing),
            "role:image-publishing" => On::Role(BootstrapRole::ImagePublishing),
            _ if text.starts_with("arn:") => On::Arn(text),
            _ => return Err(format!("`{text}` is nothing that a tool acts on")),
        })
    }
}

/// The calls of a tool.
pub(crate) fn calls_of(tool: Tool) -> &'static ToolCalls {
    static CALLS: [OnceLock<ToolCalls>; FILES.len()] = [const { OnceLock::new() }; FILES.len()];
    static NONE: OnceLock<ToolCalls> = OnceLock::new();
    let index = FILES.iter().position(|(known, _)| *known == tool);
    let text = index.and_then(|index| FILES.get(index)).map_or("", |(_, text)| text);
    let slot = index.and_then(|index| CALLS.get(index)).unwrap_or(&NONE);
    // A file that does not parse cannot pass the tests; here it counts as one without calls.
    slot.get_or_init(|| serde_json::from_str(text).unwrap_or_default())
}

#[cfg(test)]
mod tests;
