//! `stackpass generate admin`.

use clap::Args;
use stackpass_ground::account::AccountId;
use stackpass_ground::arn::ArnPattern;
use stackpass_ground::partition::Partition;
use stackpass_ground::region::Region;
use stackpass_policy::action::ActionPattern;
use stackpass_policy::condition::{Comparison, ConditionKey, Conditions};
use stackpass_policy::statement::{Effect, Sid, Statement};
use stackpass_stacks::policies::Holder;
use stackpass_stacks::service_role::{CHANGING_POLICY, FREEING, GIVING};

use super::{answer, write};
use crate::args::{AwsArgs, FormArgs, OutputArgs, Reader, words};
use crate::codes;
use crate::error::{CliError, Kind};
use crate::exit::Exit;
use crate::output::Output;
use crate::policies::{Owner, Policy, in_order};
use crate::view::admin::{self, Next};
use crate::view::finding::{Finding, findings};
use crate::view::{json, services};

/// The boundary's name, unless another is given.
const BOUNDARY: &str = "StackpassBoundary";

/// What would end the account, take it out of its organization, or act as the root user of others.
const LEAVING: [&str; 6] = [
    "account:CloseAccount",
    "organizations:CloseAccount",
    "organizations:DeleteOrganization",
    "organizations:LeaveOrganization",
    "organizations:RemoveAccountFromOrganization",
    "sts:AssumeRoot",
];

/// Grant everything, as the policy `AdministratorAccess` of AWS does
///
/// This is for trying things out in a development account. The policy is the same as that of AWS; with `--expect-account` it is
/// without effect in every other account, and with `--boundary` there is a second policy, the permissions boundary for who
/// gets it.
#[derive(Args)]
#[command(after_help = "\
Examples:
  stackpass generate admin --expect-account 111122223333
  stackpass generate admin --expect-account 111122223333 --boundary --out policies
  stackpass generate admin --user alice > /dev/null     only how to attach AWS's own policy")]
pub(crate) struct AdminArgs {
    /// Development account, 12 digits; the policy grants nothing in any other
    #[arg(long, value_name = "ID", value_parser = words::account, help_heading = "Guard rails")]
    expect_account: Option<AccountId>,
    /// Add a permissions boundary that nobody who has it can get around; with the name it will have
    #[arg(
        long,
        value_name = "NAME",
        value_parser = words::policy_name,
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = BOUNDARY,
        help_heading = "Guard rails"
    )]
    boundary: Option<String>,
    /// Role to show the commands for
    #[arg(long, value_name = "NAME", value_parser = words::principal_name, help_heading = "Holder")]
    role: Option<String>,
    /// User to show the commands for
    #[arg(
        long,
        value_name = "NAME",
        value_parser = words::principal_name,
        conflicts_with = "role",
        help_heading = "Holder"
    )]
    user: Option<String>,
    /// Partition of the account; else that of the region
    #[arg(long, value_parser = words::partitions(), hide_possible_values = true, help_heading = "Holder")]
    partition: Option<Partition>,
    #[command(flatten)]
    form: FormArgs,
    #[command(flatten)]
    output: OutputArgs,
}

/// Makes the policy and prints it.
pub(crate) fn run(
    args: &AdminArgs,
    aws: &AwsArgs,
    output: &mut Output<'_>,
) -> Result<Exit, CliError> {
    let of_region = || aws.region.as_ref().map(Region::partition);
    let partition = args.partition.or_else(of_region).unwrap_or(Partition::AWS);
    let account = args.expect_account.as_ref().map(AccountId::as_str);
    let mut policies = in_order(
        Owner::Holder(Holder::Deploy),
        vec![everything(account).map_err(bug)?],
        args.form.limit,
    )?;
    if let Some(name) = &args.boundary {
        let boundary = boundary(name, partition, account).map_err(bug)?;
        let boundary = in_order(Owner::Boundary, boundary, args.form.limit)?.into_iter();
        policies.extend(boundary.map(|it| Policy { fixed_name: Some(name.clone()), ..it }));
    }
    let managed = format!("arn:{partition}:iam::aws:policy/AdministratorAccess");
    let found = findings_of(args);

    write(&policies, &args.form, output)?;
    match args.output.output {
        Reader::Human => {
            answer(&policies, &args.form, output)?;
            output.talk(&findings(&found));
            let is_own = args.expect_account.is_some() || args.boundary.is_some();
            output.talk(&admin::next(&Next {
                kind: if args.user.is_some() { "user" } else { "role" },
                holder: args.user.as_deref().or(args.role.as_deref()).unwrap_or("NAME"),
                managed: (!is_own).then_some(&managed),
                boundary: args.boundary.as_deref(),
                account: args.expect_account.as_ref().map(AccountId::as_str),
                folder: args.form.out.as_deref(),
            }));
            output.talk(&services::facts(&policies));
        }
        Reader::Json => {
            let strategy = json::Strategy {
                managed_policy: Some(&managed),
                parts: &[],
                policies: &policies,
                findings: &found,
                gaps: &[],
                problems: &[],
            };
            output.answer(&json::strategy(&strategy)?)?;
        }
    }
    Ok(Exit::Done)
}

/// The one statement of AWS's policy, without a name as there, or with the account as its condition.
fn everything(account: Option<&str>) -> Result<Statement, String> {
    let all = Statement::allow([ActionPattern::any()], [ArnPattern::any()]);
    let Some(account) = account else { return Ok(all) };
    let key: ConditionKey = parsed("aws:PrincipalAccount")?;
    let conditions = Conditions::new().with(Comparison::StringEquals, key, [account]);
    Ok(all.with_sid(parsed("AdministratorAccess")?).with_conditions(conditions))
}

/// Everything but what would get around the boundary or do away with the account.
fn boundary(
    name: &str,
    partition: Partition,
    account: Option<&str>,
) -> Result<Vec<Statement>, String> {
    let account = account.unwrap_or("${aws:PrincipalAccount}");
    let arn = format!("arn:{partition}:iam::{account}:policy/{name}");
    let key: ConditionKey = parsed("iam:PermissionsBoundary")?;
    let elsewhere = Conditions::new().with(Comparison::StringNotEquals, key, [arn.as_str()]);
    let allow = Statement::allow([ActionPattern::any()], [ArnPattern::any()]);
    // The policy is named in every account, so that the resource needs no variable.
    let anywhere = format!("arn:{partition}:iam::*:policy/{name}");
    Ok(vec![
        allow.with_sid(parsed("AllowEverythingElse")?),
        deny("KeepBoundaryAsItIs", &CHANGING_POLICY, &anywhere)?,
        deny("KeepBoundaryAttached", &FREEING, "*")?,
        deny("BoundEveryRoleAndUser", &GIVING, "*")?.with_conditions(elsewhere),
        deny("KeepAccount", &LEAVING, "*")?,
    ])
}

fn deny(sid: &str, actions: &[&str], resource: &str) -> Result<Statement, String> {
    let actions: Result<Vec<ActionPattern>, String> =
        actions.iter().map(|action| parsed(action)).collect();
    let statement = Statement::allow(actions?, [parsed::<ArnPattern>(resource)?]);
    Ok(Statement { effect: Effect::Deny, sid: Some(parsed::<Sid>(sid)?), ..statement })
}

/// Reads a text of this program; that it can be read is tested.
fn parsed<T: std::str::FromStr>(text: &str) -> Result<T, String> {
    text.parse().map_err(|_| format!("`{text}` cannot be read"))
}

fn bug(message: String) -> CliError {
    CliError::new(Kind::Unexpected, message)
}

/// What is granted, in plain words.
fn findings_of(args: &AdminArgs) -> Vec<Finding> {
    let mut findings = vec![Finding {
        code: codes::EVERYTHING,
        about: vec!["*".to_owned()],
        message: "this grants everything: reading and deleting all data of the account, making \
                  users and roles with any permission, spending without limit"
            .to_owned(),
        help: Some(
            "use it in a development account; for others there are `stackpass generate stack`, \
             `services` and `service-role`"
                .to_owned(),
        ),
    }];
    if args.expect_account.is_none() {
        findings.push(Finding {
            code: codes::ANY_ACCOUNT,
            about: vec!["aws:PrincipalAccount".to_owned()],
            message: "it does so in every account that it is put into".to_owned(),
            help: Some("`--expect-account ID` makes it work in one account only".to_owned()),
        });
    }
    if let Some(name) = &args.boundary {
        findings.push(Finding {
            code: codes::BOUNDARY,
            about: vec![name.clone()],
            message: format!(
                "with the boundary, a stack can only make roles that have `{name}` as their \
                 boundary too; roles and users that exist without it stay as strong as they are"
            ),
            help: Some(format!(
                "CDK: `\"@aws-cdk/core:permissionsBoundary\": {{\"name\": \"{name}\"}}` in the context \
                 of cdk.json and `cdk bootstrap --custom-permissions-boundary {name}`; SAM: \
                 `PermissionsBoundary` of each function"
            )),
        });
    }
    findings
}

#[cfg(test)]
mod tests;
