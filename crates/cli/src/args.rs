//! Options that several commands share, and the checks that need nothing but the command line.

pub(crate) mod words;

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use stackpass_ground::account::AccountId;
use stackpass_ground::partition::Partition;
use stackpass_ground::region::Region;
use stackpass_policy::render::{Format, Layout};
use stackpass_stacks::deployment::{Mode, Options, Tool};
use stackpass_stacks::need::{Hardness, Lifetime, Who};
use stackpass_stacks::policies::NeedSelection;

use crate::error::{CliError, Kind};
use words::{
    account, lifetimes, modes, pair, partitions, qualifier, region, service_role, stack_name,
    tools, url, whos,
};

/// The input: what will be deployed.
#[derive(Args, Debug)]
pub(crate) struct InputArgs {
    /// Templates and synthesized apps
    ///
    /// A path is a CloudFormation template in JSON or YAML, a folder that `cdk synth` wrote, or an app's folder in which
    /// `cdk.out` is; `-` reads a template from standard input.
    #[arg(value_name = "PATH", required = true)]
    pub(crate) paths: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) deployment: DeploymentArgs,
}

/// What is known of the deployment beyond the input.
#[derive(Args, Debug)]
pub(crate) struct DeploymentArgs {
    /// Only this stack of a synthesized app (can be repeated)
    #[arg(long = "stack", value_name = "NAME", help_heading = "Stack")]
    pub(crate) stacks: Vec<String>,
    /// Value of a template parameter (can be repeated)
    #[arg(long = "parameter", value_name = "KEY=VALUE", value_parser = pair, help_heading = "Stack")]
    pub(crate) parameters: Vec<(String, String)>,
    #[command(flatten)]
    pub(crate) setting: SettingArgs,
    #[command(flatten)]
    pub(crate) tool: ToolArgs,
}

/// What is known of the stack beyond its template.
#[derive(Args, Debug)]
pub(crate) struct SettingArgs {
    /// Name of the stack, which generated names begin with; `*` stands for what varies
    #[arg(long, value_name = "NAME", value_parser = stack_name, help_heading = "Stack")]
    pub(crate) stack_name: Option<String>,
    /// Account to deploy to, 12 digits
    #[arg(long, value_name = "ID", value_parser = account, help_heading = "Stack")]
    pub(crate) account: Option<AccountId>,
    /// Partition of the account; else that of the region
    #[arg(long, value_parser = partitions(), hide_possible_values = true, help_heading = "Stack")]
    pub(crate) partition: Option<Partition>,
    /// Tag that the deployment puts on the stack (can be repeated)
    #[arg(long = "stack-tag", value_name = "KEY=VALUE", value_parser = pair, help_heading = "Stack")]
    pub(crate) stack_tags: Vec<(String, String)>,
}

/// Options of every command: which account is meant, and where.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct AwsArgs {
    /// Profile of the AWS config and credentials files to act with
    #[arg(long, value_name = "NAME", global = true, help_heading = "AWS")]
    pub(crate) profile: Option<String>,
    /// Region to deploy to, and to call
    #[arg(long, value_parser = region, global = true, help_heading = "AWS")]
    pub(crate) region: Option<Region>,
    /// Endpoint that is called in place of AWS, for LocalStack and the like
    #[arg(long, value_name = "URL", value_parser = url, global = true, help_heading = "AWS")]
    pub(crate) endpoint_url: Option<String>,
}

/// How the stack is deployed.
#[derive(Args, Debug)]
pub(crate) struct ToolArgs {
    /// Program that deploys; else the one that the input shows
    ///
    /// With a service role, an app of the CDK is deployed with the caller's own credentials, unless this is `cdk`: then with the
    /// roles of the bootstrap stack.
    #[arg(long, value_parser = tools(), help_heading = "Deployment")]
    pub(crate) tool: Option<Tool>,
    /// Whose permissions CloudFormation acts with; else what the input shows
    #[arg(long, value_parser = modes(), help_heading = "Deployment")]
    pub(crate) mode: Option<Mode>,
    /// Role that the caller passes to CloudFormation, with `--mode service-role`
    ///
    /// A name alone is that of a role with the path `/`; `PATH/NAME` names one with another path.
    #[arg(long, value_name = "NAME|ARN", value_parser = service_role, help_heading = "Deployment")]
    pub(crate) service_role: Option<String>,
    /// Qualifier of the CDK bootstrap stack, if it is not CDK's default
    #[arg(long, value_parser = qualifier, help_heading = "Deployment")]
    pub(crate) qualifier: Option<String>,
    /// Add what `sst start` itself calls
    #[arg(long, help_heading = "Deployment")]
    pub(crate) live: bool,
}

/// Which of the needs become policies, and under which quota.
#[derive(Args, Debug)]
pub(crate) struct PolicyArgs {
    #[command(flatten)]
    pub(crate) selection: SelectionArgs,
    #[command(flatten)]
    pub(crate) form: FormArgs,
}

/// Under which quota policies are made, and how they are written.
#[derive(Args, Debug)]
pub(crate) struct FormArgs {
    /// Quota to keep to; what is too large is split where AWS takes several policies
    #[arg(long, value_enum, default_value_t = Limit::Managed, help_heading = "Policy")]
    pub(crate) limit: Limit,
    /// Format of the policies
    #[arg(long, value_enum, default_value_t = PolicyFormat::Json, help_heading = "Output")]
    pub(crate) format: PolicyFormat,
    /// Write each policy to a file of its own in this folder
    #[arg(long, value_name = "FOLDER", help_heading = "Output")]
    pub(crate) out: Option<PathBuf>,
}

/// Which of the needs are looked at.
#[derive(Args, Debug)]
pub(crate) struct SelectionArgs {
    /// Only the needs of one side
    #[arg(long, value_parser = whos(), help_heading = "Policy")]
    pub(crate) who: Option<Who>,
    /// Part of the stack's life
    #[arg(long, value_parser = lifetimes(), default_value = "all", help_heading = "Policy")]
    pub(crate) phase: Lifetime,
    /// How hard a need has to be
    #[arg(long, value_enum, default_value_t = HardnessChoice::Default, help_heading = "Policy")]
    pub(crate) hardness: HardnessChoice,
}

/// How a command answers.
#[derive(Args, Debug)]
pub(crate) struct OutputArgs {
    /// Whether a person or a program reads the answer
    #[arg(long, value_enum, default_value_t = Reader::Human, help_heading = "Output")]
    pub(crate) output: Reader,
}

/// Who reads the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Reader {
    /// The answer on standard output, what to know about it on standard error
    Human,
    /// Everything as one JSON object on standard output
    Json,
}

/// Which hardness counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum HardnessChoice {
    /// What a deployment fails without, and what it would know or say less without
    Default,
    /// Only what a deployment fails without
    Must,
    /// Also what only drift detection, imports and the like want
    All,
}

/// The quotas of IAM.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Limit {
    /// Managed policies of 6,144 characters, as many as a role takes
    Managed,
    /// One inline policy of a role, 10,240 characters
    RoleInline,
    /// One inline policy of a user, 2,048 characters
    UserInline,
    /// One inline policy of a group, 5,120 characters
    GroupInline,
}

/// The formats of policies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum PolicyFormat {
    /// The policy itself; several as an object by name
    Json,
    /// The same in YAML
    Yaml,
    /// A template with managed policies
    #[value(name = "cloudformation")]
    CloudFormation,
    /// TypeScript for the AWS CDK
    Cdk,
    /// Terraform's language
    Terraform,
}

impl DeploymentArgs {
    /// The options of the engine. Fails where two options contradict each other.
    pub(crate) fn options(&self, aws: &AwsArgs) -> Result<Options, CliError> {
        let tool = &self.tool;
        if tool.service_role.is_some() && tool.mode != Some(Mode::ServiceRole) {
            let message = "`--service-role` says nothing without `--mode service-role`";
            return Err(CliError::new(Kind::Usage, message));
        }
        Ok(Options {
            parameters: no_doubles("--parameter", &self.parameters)?,
            tool: tool.tool,
            mode: tool.mode,
            live: tool.live,
            qualifier: tool.qualifier.clone(),
            service_role: tool.service_role.clone(),
            stacks: self.stacks.clone(),
            ..self.setting.options(aws)?
        })
    }
}

impl SettingArgs {
    /// The options of the engine, with nothing said of parameters and tool.
    pub(crate) fn options(&self, aws: &AwsArgs) -> Result<Options, CliError> {
        Ok(Options {
            stack_name: self.stack_name.clone(),
            account: self.account.as_ref().map(AccountId::to_string),
            region: aws.region.as_ref().map(Region::to_string),
            partition: self.partition.map(|partition| partition.to_string()),
            stack_tags: no_doubles("--stack-tag", &self.stack_tags)?,
            ..Options::new()
        })
    }
}

impl SelectionArgs {
    /// The selection of the engine.
    pub(crate) fn selection(&self) -> NeedSelection {
        NeedSelection { who: self.who, lifetime: self.phase, softest: self.hardness.softest() }
    }
}

impl HardnessChoice {
    /// The softest hardness that counts.
    pub(crate) fn softest(self) -> Hardness {
        match self {
            HardnessChoice::Default => NeedSelection::DEPLOYMENT.softest,
            HardnessChoice::Must => Hardness::Must,
            HardnessChoice::All => Hardness::Feature,
        }
    }
}

impl PolicyFormat {
    /// The format as the renderer knows it.
    pub(crate) fn format(self) -> Format {
        match self {
            PolicyFormat::Json => Format::Json { layout: Layout::Pretty },
            PolicyFormat::Yaml => Format::Yaml,
            PolicyFormat::CloudFormation => Format::CloudFormation,
            PolicyFormat::Cdk => Format::Cdk,
            PolicyFormat::Terraform => Format::Terraform,
        }
    }

    /// What a file of this format is called, after the policy's name.
    pub(crate) fn extension(self) -> &'static str {
        match self {
            PolicyFormat::Json => "json",
            PolicyFormat::Yaml => "yaml",
            PolicyFormat::CloudFormation => "template.yaml",
            PolicyFormat::Cdk => "ts",
            PolicyFormat::Terraform => "tf",
        }
    }
}

/// The pairs as a map; the same key twice is a mistake, even with the same value.
pub(crate) fn no_doubles(
    option: &str,
    pairs: &[(String, String)],
) -> Result<BTreeMap<String, String>, CliError> {
    let mut map = BTreeMap::new();
    for (key, value) in pairs {
        if map.insert(key.clone(), value.clone()).is_some() {
            let message = format!("`{option} {key}=...` is given twice");
            return Err(CliError::new(Kind::Usage, message));
        }
    }
    Ok(map)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exit::Exit;

    #[test]
    fn same_key_twice_is_a_mistake() {
        let pairs = [("A".to_owned(), "1".to_owned()), ("A".to_owned(), "1".to_owned())];
        let error = no_doubles("--parameter", &pairs).unwrap_err();
        assert_eq!(error.to_string(), "`--parameter A=...` is given twice");
        assert_eq!(error.exit(), Exit::Usage);
    }
}
