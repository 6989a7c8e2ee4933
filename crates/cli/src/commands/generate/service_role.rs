//! `stackpass generate service-role`.

mod answer;
mod talk;

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use stackpass_ground::account::AccountId;
use stackpass_ground::arn::Arn;
use stackpass_policy::document::Document;
use stackpass_policy::minimize::MinimizeError;
use stackpass_stacks::deployment::{Deployment, Mode, Options, Tool};
use stackpass_stacks::need::{Lifetime, ResourceRef};
use stackpass_stacks::policies::NeedSelection;
use stackpass_stacks::service_role::{
    self, Carried, Finding, Principal, asking_beyond, default_name, policy_arn, role_arn, unbounded,
};

use super::refuse;
use crate::args::{
    AwsArgs, HardnessChoice, Limit, OutputArgs, PolicyFormat, Reader, SettingArgs, no_doubles,
    words,
};
use crate::engine::{Derived, derive};
use crate::error::{CliError, Kind};
use crate::exit::Exit;
use crate::files;
use crate::input::Inputs;
use crate::output::Output;
use crate::report::Report;
use crate::view::summary;

/// Derive a role for CloudFormation, and who may deploy with it
///
/// CloudFormation acts with the role, so that who deploys needs no permission for the services of the stack. The answer has
/// the policy of the caller, the policies and the trust policy of the role and, if asked for, a permissions boundary, as
/// documents or as one file that makes all of it. How to deploy with the role, and what to know before, is told on
/// standard error.
#[derive(Args)]
#[command(after_help = "\
Examples:
  stackpass generate service-role cdk.out --boundary generate
  stackpass generate service-role template.yaml --stack-name dev-api --account 111122223333
  stackpass generate service-role cdk.out --role-name deployer --format terraform
  stackpass generate service-role cdk.out --out policies")]
pub(crate) struct ServiceRoleArgs {
    /// Templates and synthesized apps
    ///
    /// A path is a CloudFormation template in JSON or YAML, a folder that `cdk synth` wrote, or an app's folder in which
    /// `cdk.out` is; `-` reads a template from standard input.
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<PathBuf>,
    /// Name of the role; else one made of the names of the stacks
    #[arg(long, value_name = "NAME", value_parser = role_name, help_heading = "Role")]
    role_name: Option<String>,
    /// Permissions boundary of the role and of every role that it makes
    ///
    /// `generate` makes one. The name or ARN of a managed policy takes one that exists. If roles or users of the input do not set
    /// it, they are listed, and the exit code is 9: CloudFormation may not make them.
    #[arg(long, value_name = "generate|NAME|ARN", value_parser = boundary, help_heading = "Role")]
    boundary: Option<BoundaryChoice>,
    /// Where the permissions of the role go
    #[arg(long, value_enum, default_value_t = RoleLimit::Managed, help_heading = "Role")]
    limit: RoleLimit,
    /// Only this stack of a synthesized app (can be repeated)
    #[arg(long = "stack", value_name = "NAME", help_heading = "Stack")]
    stacks: Vec<String>,
    /// Value of a template parameter (can be repeated)
    #[arg(long = "parameter", value_name = "KEY=VALUE", value_parser = words::pair, help_heading = "Stack")]
    parameters: Vec<(String, String)>,
    #[command(flatten)]
    setting: SettingArgs,
    /// Program that deploys; else the one that the input shows
    ///
    /// An app of the CDK is deployed with the caller's own credentials, unless this is `cdk`: then with the roles of the
    /// bootstrap stack.
    #[arg(long, value_parser = words::tools(), help_heading = "Deployment")]
    tool: Option<Tool>,
    /// Qualifier of the CDK bootstrap stack, if it is not CDK's default
    #[arg(long, value_parser = words::qualifier, help_heading = "Deployment")]
    qualifier: Option<String>,
    /// Part of the stack's life
    #[arg(long, value_parser = words::lifetimes(), default_value = "all", help_heading = "Policy")]
    phase: Lifetime,
    /// How hard a need has to be
    #[arg(long, value_enum, default_value_t = HardnessChoice::Default, help_heading = "Policy")]
    hardness: HardnessChoice,
    /// Format of the answer
    #[arg(long, value_enum, default_value_t = PolicyFormat::Json, help_heading = "Output")]
    format: PolicyFormat,
    /// Write files into this folder
    #[arg(long, value_name = "FOLDER", help_heading = "Output")]
    out: Option<PathBuf>,
    #[command(flatten)]
    output: OutputArgs,
}

/// Where the permissions of a role go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum RoleLimit {
    /// Managed policies of 6,144 characters, as many as it takes
    Managed,
    /// One inline policy of 10,240 characters
    RoleInline,
}

/// What `--boundary` says.
#[derive(Clone, Debug, PartialEq, Eq)]
enum BoundaryChoice {
    Generate,
    Name(String),
    Arn(String),
}

/// All that there is to say of a service role.
struct ServiceRole<'a> {
    report: Report<'a>,
    limit: RoleLimit,
    /// The program that the input shows, if another one was taken.
    shown_tool: Option<Tool>,
    name: String,
    /// The ARN to show; what is not known of it has a placeholder.
    arn: String,
    has_account: bool,
    trust: Document,
    boundary: Option<Boundary>,
    findings: Vec<Finding>,
}

/// A permissions boundary.
struct Boundary {
    choice: BoundaryChoice,
    name: String,
    /// Its ARN, perhaps with wildcards.
    arn: String,
    /// Its text, if it is made here.
    document: Option<Document>,
    /// Roles and users that do not set it.
    unbounded: Vec<Principal>,
    /// Resources that allow what it leaves out.
    beyond: Vec<(ResourceRef, std::collections::BTreeSet<String>)>,
}

/// Derives the role and prints it.
pub(crate) fn run(
    args: &ServiceRoleArgs,
    aws: &AwsArgs,
    output: &mut Output<'_>,
) -> Result<Exit, CliError> {
    let mut options = options(args, aws)?;
    let inputs = Inputs::open(&args.paths)?;
    inputs.check(&options)?;
    let shown = derive(&inputs, &options)?;
    if !shown.is_usable() {
        return refuse(&shown, &args.output, output);
    }
    let names = shown.stacks.iter().filter_map(|stack| stack.name.as_deref());
    let name = args.role_name.clone().unwrap_or_else(|| default_name(names));
    let (deployment, _) = stackpass_stacks::plan(&inputs.inputs, &options);
    let has_roles = deployment.stacks.iter().any(|planned| planned.artifact.deploy_role.is_some());
    let shown_tool = (args.tool.is_none() && has_roles).then_some(Tool::Cdk);
    let place = Place::of(&deployment);
    let role = role_arn(place.partition.as_deref(), place.account.as_deref(), &name);
    options.service_role = Some(role.clone());
    let mut derived = derive(&inputs, &options)?;

    let boundary = args.boundary.as_ref().map(|choice| place.boundary(choice, &name, &deployment));
    if let Some(boundary) = &boundary {
        derived.needs = service_role::bound(derived.needs, &boundary.arn);
    }
    let role = made(args, &derived, &deployment, boundary, &name, &role)?;
    let role = ServiceRole {
        shown_tool,
        arn: place.shown_arn(&name),
        has_account: place.account.is_some(),
        ..role
    };
    print(args, &role, output)
}

fn made<'a>(
    args: &ServiceRoleArgs,
    derived: &'a Derived,
    deployment: &Deployment,
    boundary: Option<Boundary>,
    name: &str,
    role: &str,
) -> Result<ServiceRole<'a>, CliError> {
    let selection =
        NeedSelection { who: None, lifetime: args.phase, softest: args.hardness.softest() };
    let limit = match args.limit {
        RoleLimit::Managed => Limit::Managed,
        RoleLimit::RoleInline => Limit::RoleInline,
    };
    let report = Report::new(derived, selection, limit)?;
    let findings = service_role::findings(deployment, &report.needs, role);
    let boundary = match boundary {
        Some(boundary) if boundary.choice == BoundaryChoice::Generate => {
            let document = service_role::boundary(&report.needs, role, &boundary.arn)
                .map_err(|error| no_boundary(&error))?;
            Some(Boundary { document: Some(document), ..boundary })
        }
        other => other,
    };
    Ok(ServiceRole {
        report,
        limit: args.limit,
        shown_tool: None,
        name: name.to_owned(),
        arn: String::new(),
        has_account: false,
        trust: service_role::trust(),
        boundary,
        findings,
    })
}

fn no_boundary(error: &MinimizeError) -> CliError {
    let kind = match error {
        MinimizeError::TooLarge { .. } => Kind::OverQuota,
        _ => Kind::Unexpected,
    };
    CliError::new(kind, "the boundary does not fit into one managed policy")
        .caused_by(error.clone())
        .with_hint("`--stack NAME` makes a role for a part of the deployment")
        .with_hint("`--boundary NAME` takes a boundary of your own")
}

fn print(
    args: &ServiceRoleArgs,
    role: &ServiceRole<'_>,
    output: &mut Output<'_>,
) -> Result<Exit, CliError> {
    if let Some(folder) = &args.out {
        let written = files::write(folder, &answer::files(role, args.format))?;
        output.talk(&written);
    }
    match args.output.output {
        Reader::Human => {
            if args.out.is_none() {
                output.answer(&answer::text(role, args.format))?;
            }
            output.talk(&summary::problems(&role.report.derived.problems));
            output.talk(&summary::summary(&role.report));
            output.talk(&talk::talk(role, args.format));
        }
        Reader::Json => output.answer(&answer::json(role)?)?,
    }
    Ok(exit(role))
}

/// A role that CloudFormation will not be allowed to make fails the deployment, so that a pipeline has to stop here.
fn exit(role: &ServiceRole<'_>) -> Exit {
    let mut exit = if role.report.gaps().is_empty() { Exit::Done } else { Exit::Gaps };
    for principal in role.boundary.iter().flat_map(|boundary| &boundary.unbounded) {
        exit = exit.or(match principal.carried {
            Carried::Unknown => Exit::Gaps,
            _ => Exit::Denied,
        });
    }
    exit
}

fn options(args: &ServiceRoleArgs, aws: &AwsArgs) -> Result<Options, CliError> {
    Ok(Options {
        parameters: no_doubles("--parameter", &args.parameters)?,
        tool: args.tool,
        mode: Some(Mode::ServiceRole),
        qualifier: args.qualifier.clone(),
        stacks: args.stacks.clone(),
        ..args.setting.options(aws)?
    })
}

/// Where the role is, as far as it is the same for all stacks.
struct Place {
    partition: Option<String>,
    account: Option<String>,
}

impl Place {
    fn of(deployment: &Deployment) -> Place {
        let settings = || deployment.stacks.iter().map(|planned| &planned.stack.setting);
        let same = |mut values: Vec<&Option<String>>| {
            values.dedup();
            if let [only] = values.as_slice() { (*only).clone() } else { None }
        };
        Place {
            partition: same(settings().map(|setting| &setting.partition).collect()),
            account: same(settings().map(|setting| &setting.account).collect()),
        }
    }

    /// The ARN of the role, to copy.
    fn shown_arn(&self, name: &str) -> String {
        let account = self.account.as_deref().unwrap_or("ACCOUNT_ID");
        role_arn(Some(self.partition.as_deref().unwrap_or("aws")), Some(account), name)
    }

    fn boundary(&self, choice: &BoundaryChoice, role: &str, deployment: &Deployment) -> Boundary {
        let named =
            |name: &str| policy_arn(self.partition.as_deref(), self.account.as_deref(), name);
        let (name, arn) = match choice {
            BoundaryChoice::Generate => {
                let name = format!("{role}-boundary");
                let arn = named(&name);
                (name, arn)
            }
            BoundaryChoice::Name(name) => (name.clone(), named(name)),
            BoundaryChoice::Arn(arn) => (arn.clone(), arn.clone()),
        };
        let beyond = match choice {
            BoundaryChoice::Generate => asking_beyond(deployment),
            BoundaryChoice::Name(_) | BoundaryChoice::Arn(_) => Vec::new(),
        };
        Boundary {
            choice: choice.clone(),
            name,
            unbounded: unbounded(deployment, &arn),
            arn,
            document: None,
            beyond,
        }
    }
}

/// Reads the name of a role.
pub(super) fn role_name(text: &str) -> Result<String, String> {
    if (1..=64).contains(&text.len()) && text.chars().all(is_of_name) {
        return Ok(text.to_owned());
    }
    Err("a role's name has up to 64 letters, digits and characters of `+=,.@_-`".to_owned())
}

/// Reads `generate`, or the name or ARN of a managed policy.
fn boundary(text: &str) -> Result<BoundaryChoice, String> {
    let is_name = |name: &str| {
        let (path, last) = name.rsplit_once('/').unwrap_or(("", name));
        (1..=128).contains(&last.len())
            && path.len() <= 510
            && last.chars().all(is_of_name)
            && path.chars().all(|character| is_of_name(character) || character == '/')
            && !name.starts_with('/')
    };
    if text == "generate" {
        return Ok(BoundaryChoice::Generate);
    }
    if let Ok(arn) = text.parse::<Arn>() {
        if policy_in(&arn).is_some_and(is_name) {
            return Ok(BoundaryChoice::Arn(text.to_owned()));
        }
    } else if is_name(text) {
        return Ok(BoundaryChoice::Name(text.to_owned()));
    }
    Err("expected `generate`, or a managed policy's name or its ARN, `arn:aws:iam::111122223333:policy/NAME`"
        .to_owned())
}

/// The path and the name of the managed policy that an ARN is of, AWS's own or that of an account.
fn policy_in(arn: &Arn) -> Option<&str> {
    let is_of_iam = arn.service() == "iam" && arn.region().is_empty();
    let has_account = arn.account() == "aws" || arn.account().parse::<AccountId>().is_ok();
    let is_policy = arn.partition().starts_with("aws") && is_of_iam && has_account;
    arn.resource().strip_prefix("policy/").filter(|_| is_policy)
}

fn is_of_name(character: char) -> bool {
    character.is_ascii_alphanumeric() || "+=,.@_-".contains(character)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn role_name_is_one_of_iam() {
        for good in ["deployer", "a+=,.@_-9", &"a".repeat(64)] {
            assert_eq!(role_name(good).as_deref(), Ok(good));
        }
        for bad in ["", "a/b", "a b", "ä", "*", &"a".repeat(65)] {
            assert!(role_name(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn boundary_is_made_named_or_an_arn() {
        let arn = "arn:aws-cn:iam::111122223333:policy/ci/limit";
        assert_eq!(boundary("generate"), Ok(BoundaryChoice::Generate));
        assert_eq!(boundary("ci/limit"), Ok(BoundaryChoice::Name("ci/limit".to_owned())));
        assert_eq!(boundary(arn), Ok(BoundaryChoice::Arn(arn.to_owned())));
        let managed = "arn:aws:iam::aws:policy/PowerUserAccess";
        assert_eq!(boundary(managed), Ok(BoundaryChoice::Arn(managed.to_owned())));
        for bad in [
            "",
            "/limit",
            "limit/",
            "a b",
            "*",
            "arn:aws:iam::111122223333:role/limit",
            "arn:aws:iam::1:policy/limit",
            "arn:aws:iam::111122223333:policy/",
            "arn:aws:iam::111122223333:policy/*",
        ] {
            assert!(boundary(bad).is_err(), "{bad}");
        }
    }
}
