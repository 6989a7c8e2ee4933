//! `stackpass generate services`.

use std::path::PathBuf;

use clap::Args;
use stackpass_ground::partition::Partition;
use stackpass_policy::catalogue;
use stackpass_stacks::deployment::{Mode, Options};
use stackpass_stacks::policies::{Holder, NeedSelection};
use stackpass_stacks::services::{
    Choice, Origin, Part, Plumbing, ServiceSet, escalation, find, parts, sets,
};

use super::{answer, refuse, write};
use crate::args::{AwsArgs, DeploymentArgs, FormArgs, OutputArgs, Reader};
use crate::codes;
use crate::engine::{Derived, derive};
use crate::error::{CliError, Kind};
use crate::exit::Exit;
use crate::input::Inputs;
use crate::output::Output;
use crate::policies::{Owner, in_order};
use crate::similar;
use crate::view::finding::{Finding, findings};
use crate::view::{json, services, summary};

/// The set that `--custom-domain` adds.
const CUSTOM_DOMAIN: &str = "custom-domain";

/// Grant full permission to selected AWS services
///
/// Every action of the services is allowed on every resource of the account, so that resources of other services cannot be
/// touched. What any deployment calls beside them is included and told on standard error.
/// For the least policy of what will be deployed there is `stackpass generate stack`.
#[derive(Args)]
#[command(after_help = "\
Examples:
  stackpass generate services --list
  stackpass generate services api dynamodb --custom-domain
  stackpass generate services static-site queue --format terraform
  stackpass generate services --from cdk.out")]
pub(crate) struct ServicesArgs {
    /// Names of what is deployed, such as `api`, or prefixes of services, such as `dynamodb`
    ///
    /// `--list` shows the names. `config:*` is the service where a name means something else.
    #[arg(value_name = "NAME", required_unless_present_any = ["list", "from", "custom_domain"])]
    names: Vec<String>,
    /// Add what a domain name of your own takes: certificate and DNS records
    #[arg(long, help_heading = "Services")]
    custom_domain: bool,
    /// Choose the services that this template or synthesized app needs (can be repeated)
    #[arg(long, value_name = "PATH", help_heading = "Services")]
    from: Vec<PathBuf>,
    /// Leave out what any deployment calls beside the services
    #[arg(long, help_heading = "Services")]
    no_plumbing: bool,
    /// Show the names, and grant nothing
    #[arg(
        long,
        help_heading = "Services",
        conflicts_with_all = ["names", "custom_domain", "from", "no_plumbing"]
    )]
    list: bool,
    #[command(flatten)]
    deployment: DeploymentArgs,
    #[command(flatten)]
    form: FormArgs,
    #[command(flatten)]
    output: OutputArgs,
}

/// What the user named.
#[derive(Default)]
struct Named {
    sets: Vec<ServiceSet>,
    services: Vec<&'static str>,
    findings: Vec<Finding>,
}

/// Makes the policy of the services and prints it.
pub(crate) fn run(
    args: &ServicesArgs,
    aws: &AwsArgs,
    output: &mut Output<'_>,
) -> Result<Exit, CliError> {
    if args.list {
        return show_list(&args.output, output);
    }
    let named = named(args)?;
    let options = args.deployment.options(aws)?;
    if args.from.is_empty() {
        check_alone(&options)?;
        return grant(args, &named, &options, None, output);
    }
    let inputs = Inputs::open(&args.from)?;
    inputs.check(&options)?;
    let derived = derive(&inputs, &options)?;
    if !derived.is_usable() {
        return refuse(&derived, &args.output, output);
    }
    grant(args, &named, &options, Some(&derived), output)
}

fn grant(
    args: &ServicesArgs,
    named: &Named,
    options: &Options,
    derived: Option<&Derived>,
    output: &mut Output<'_>,
) -> Result<Exit, CliError> {
    let needs =
        derived.map_or_else(Vec::new, |derived| NeedSelection::DEPLOYMENT.of(&derived.needs));
    let of_region = || options.region.as_deref().map(|region| Partition::of(region).to_string());
    let partition = options.partition.clone().or_else(of_region);
    let parts = parts(&Choice {
        sets: named.sets.clone(),
        services: named.services.iter().map(|service| (*service).to_owned()).collect(),
        needs,
        partition,
        plumbing: if args.no_plumbing { Plumbing::Without } else { Plumbing::With },
    });
    let statements = parts.iter().map(|part| part.statement.clone()).collect();
    let policies = in_order(Owner::Holder(Holder::Deploy), statements, args.form.limit)?;
    let mut found = named.findings.clone();
    found.extend(findings_of(&parts));
    found.extend(derived.and_then(|derived| other_role(derived.mode)));
    let gaps = derived.map_or(&[][..], |derived| &derived.needs.gaps);
    let problems = derived.map_or(&[][..], |derived| &derived.problems);

    write(&policies, &args.form, output)?;
    match args.output.output {
        Reader::Human => {
            answer(&policies, &args.form, output)?;
            output.talk(&summary::problems(problems));
            output.talk(&summary::gaps(gaps));
            output.talk(&services::parts(&parts));
            output.talk(&findings(&found));
            output.talk(&services::facts(&policies));
        }
        Reader::Json => {
            let strategy = json::Strategy {
                managed_policy: None,
                parts: &parts,
                policies: &policies,
                findings: &found,
                gaps,
                problems,
            };
            output.answer(&json::strategy(&strategy)?)?;
        }
    }
    Ok(if gaps.is_empty() { Exit::Done } else { Exit::Gaps })
}

fn show_list(reader: &OutputArgs, output: &mut Output<'_>) -> Result<Exit, CliError> {
    let all: Vec<&str> = catalogue::services().collect();
    match reader.output {
        Reader::Human => output.styled_answer(&services::all_sets(all.len()))?,
        Reader::Json => output.answer(&json::service_sets(all)?)?,
    }
    Ok(Exit::Done)
}

/// Options about a stack say nothing where no stack is read.
fn check_alone(options: &Options) -> Result<(), CliError> {
    let given = [
        ("--stack", !options.stacks.is_empty()),
        ("--stack-name", options.stack_name.is_some()),
        ("--account", options.account.is_some()),
        ("--parameter", !options.parameters.is_empty()),
        ("--stack-tag", !options.stack_tags.is_empty()),
        ("--tool", options.tool.is_some()),
        ("--mode", options.mode.is_some()),
        ("--qualifier", options.qualifier.is_some()),
        ("--live", options.live),
    ];
    match given.into_iter().find(|(_, is_given)| *is_given) {
        None => Ok(()),
        Some((option, _)) => {
            let message = format!("`{option}` says nothing without `--from PATH`");
            Err(CliError::new(Kind::Usage, message))
        }
    }
}

fn named(args: &ServicesArgs) -> Result<Named, CliError> {
    let mut named = Named::default();
    let custom_domain = args.custom_domain.then_some(CUSTOM_DOMAIN);
    let names = args.names.iter().map(String::as_str).chain(custom_domain);
    let strangers: Vec<&str> = names.filter_map(|name| take(name, &mut named).err()).collect();
    if strangers.is_empty() { Ok(named) } else { Err(unknown(&strangers)) }
}

/// A set goes before a service of the same name; with `:*` behind it a name is always a service. A name that is neither comes
/// back.
fn take<'a>(name: &'a str, named: &mut Named) -> Result<(), &'a str> {
    let plain = name.strip_suffix(":*").unwrap_or(name);
    let service = catalogue::services().find(|known| known.eq_ignore_ascii_case(plain));
    let set = find(name);
    match (set, service) {
        (Some(set), service) => {
            let other = service.filter(|service| !set.services().any(|held| held == *service));
            named.findings.extend(other.map(|service| namesake(set, service)));
            named.sets.push(set);
            Ok(())
        }
        (None, Some(service)) => {
            named.services.push(service);
            Ok(())
        }
        (None, None) => Err(plain),
    }
}

fn namesake(set: ServiceSet, service: &'static str) -> Finding {
    Finding {
        code: codes::NAMESAKE,
        about: vec![set.name().to_owned()],
        message: format!("`{}` is taken for {}, not for the service", set.name(), set.meaning()),
        help: Some(format!("`{service}:*` is the service")),
    }
}

/// A policy of one holder, where the input is deployed by two.
fn other_role(mode: Mode) -> Option<Finding> {
    let (role, help) = match mode {
        Mode::Direct => return None,
        Mode::Bootstrap => (
            "the execution role of the CDK's bootstrap stack",
            "attach it to that role, `cdk bootstrap --cloudformation-execution-policies ARN`, or \
             deploy with the caller's permissions; `stackpass generate stack` makes a policy for each",
        ),
        Mode::ServiceRole => (
            "a service role",
            "attach it to that role; `stackpass generate service-role` makes a policy for each",
        ),
    };
    Some(Finding {
        code: codes::TWO_HOLDERS,
        about: vec![mode.to_string()],
        message: format!(
            "CloudFormation acts with {role} here, so only that role needs most of the policy"
        ),
        help: Some(help.to_owned()),
    })
}

fn unknown(strangers: &[&str]) -> CliError {
    let names = || {
        sets()
            .flat_map(|set| std::iter::once(set.name()).chain(set.other_names()))
            .chain(catalogue::services())
            .map(str::to_owned)
    };
    let quoted: Vec<String> = strangers.iter().map(|name| format!("`{name}`")).collect();
    let what = format!("there is no service or set of services {}", quoted.join(", "));
    let mut error = CliError::new(Kind::Usage, what);
    for name in strangers {
        let nearest = similar::nearest(name, names());
        error = match strangers {
            [_] => similar::hinted(error, &nearest),
            _ if nearest.is_empty() => error,
            _ => {
                let nearest: Vec<String> = nearest.iter().map(|it| format!("`{it}`")).collect();
                error.with_hint(format!("for `{name}`, did you mean {}?", nearest.join(", ")))
            }
        };
    }
    error.with_hint("`stackpass generate services --list` shows the names")
}

/// What to know about the statements.
fn findings_of(parts: &[Part]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for part in parts {
        let sid = part.statement.sid.iter().map(ToString::to_string);
        let actions = part.statement.actions.value();
        let whole = actions.iter().filter(|action| action.name() == "*");
        for escalation in whole.filter_map(|action| escalation(action.service())) {
            findings.push(Finding {
                code: codes::ESCALATION,
                about: sid.clone().collect(),
                message: format!(
                    "`{}:*` is as good as everything: who has it {}",
                    escalation.service, escalation.meaning
                ),
                help: Some("leave it out; roles of functions are managed without it".to_owned()),
            });
        }
        let makes_roles = actions.iter().any(|action| action.as_str() == "iam:PutRolePolicy");
        if makes_roles && matches!(part.origin, Origin::Plumbing(_)) {
            findings.push(Finding {
                code: codes::ROLES,
                about: sid.collect(),
                message: "who may make roles and pass them to functions can come to any permission, \
                          so this is for people who are trusted with the account"
                    .to_owned(),
                help: Some(
                    "`stackpass generate stack` names the roles; a permissions boundary bounds them"
                        .to_owned(),
                ),
            });
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exit::Exit;

    fn check(name: &str, expected: &[&str]) {
        let mut named = Named::default();
        let error = unknown(&[take(name, &mut named).unwrap_err()]);
        assert_eq!(error.exit(), Exit::Usage);
        let hints = error.hints();
        assert_eq!(&hints[..hints.len() - 1], expected, "{name}");
    }

    #[test]
    fn misspelled_name_gets_its_neighbors() {
        check("dynamdb", &["did you mean `dynamodb`?"]);
        check("costum-domain", &["did you mean `custom-domain`?"]);
        check("zzzzzzzz", &[]);
        check("", &[]);
    }

    #[test]
    fn name_is_a_set_and_with_a_star_a_service() {
        let mut named = Named::default();
        for name in ["API", "DynamoDB", "config", "config:*"] {
            take(name, &mut named).unwrap();
        }
        let sets: Vec<&str> = named.sets.iter().map(|set| set.name()).collect();
        assert_eq!(sets, ["api", "config"]);
        assert_eq!(named.services, ["dynamodb", "config"]);
        let codes: Vec<&str> = named.findings.iter().map(|finding| finding.code.as_str()).collect();
        assert_eq!(codes, ["namesake"]);
    }
}
