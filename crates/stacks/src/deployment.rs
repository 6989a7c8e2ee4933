//! A deployment: what is deployed, with which tool, and who acts for it.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use stackpass_ground::source::Source;

use crate::assembly::StackArtifact;
use crate::need::UnknownWord;
use crate::resolve::Stack;

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
///
/// ```
/// use stackpass_stacks::Options;
///
/// let options = Options { stack_name: Some("prod-api".to_owned()), ..Options::new() };
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
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

impl Options {
    /// Nothing is said: a stack of any name in any account and region, in its whole.
    pub fn new() -> Options {
        Options::default()
    }

    /// The ARN of the service role. A name alone is that of a role with the path `/`.
    pub(crate) fn service_role_arn(&self) -> Option<String> {
        let given = self.service_role.as_deref()?;
        Some(if given.starts_with("arn:") {
            given.to_owned()
        } else {
            format!("arn:${{AWS::Partition}}:iam::${{AWS::AccountId}}:role/{given}")
        })
    }
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
    /// The names that were asked for and that no stack of an assembly has, in the order of [`Options::stacks`].
    pub unknown_names: Vec<String>,
    /// The names in CloudFormation of the stacks of assemblies that were not asked for.
    pub left_out: Vec<String>,
}

/// A stack with what the manifest says of its deployment.
#[derive(Clone, Debug)]
pub struct PlannedStack {
    /// The stack.
    pub stack: Stack,
    /// Its roles, assets and the like; nearly empty for a template that stands alone.
    pub artifact: StackArtifact,
}

/// Reads and writes a choice by the words of the command line, one a variant.
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
