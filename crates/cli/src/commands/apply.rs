//! `stackpass apply`.

mod access;
mod documents;
mod names;
mod plan_file;
mod values;
mod wanted;

use std::path::PathBuf;

use clap::{ArgGroup, Args};
use stackpass_ground::account::AccountId;
use stackpass_iam::account::Account;
use stackpass_iam::client::Iam;
use stackpass_iam::desired::Desired;
use stackpass_iam::plan::{Plan, Planned, plan};
use stackpass_iam::read::read;
use stackpass_iam::run::{self, Session};
use stackpass_iam::sdk::SdkIam;
use stackpass_iam::time::{RealTime, Time};

use crate::args::words::{account, pair, policy_path, principal_name};
use crate::args::{AwsArgs, OutputArgs, Reader};
use crate::ask::{Ask, Person, agrees};
use crate::aws::Aws;
use crate::change::{self, Interrupted, Scene, history, new_id, problem};
use crate::error::{CliError, Kind};
use crate::exit::Exit;
use crate::output::Output;
use crate::view::apply::{self as view, Shown};
use crate::view::changes;
use documents::Documents;
use names::Names;
use plan_file::PlanFile;
use wanted::wanted;

/// Put policies into IAM, after showing what would change
///
/// Makes or updates managed policies and attaches them to a role, a user or a group. What would change is shown, with the access
/// that comes and goes, and nothing is done before somebody agrees. Applying the same again changes nothing. Each apply can be
/// taken back with `stackpass rollback`, and one that was stopped halfway can be finished.
#[derive(Args)]
#[command(after_help = "\
Examples:
  stackpass apply --role deploy --policy deploy.json
  stackpass generate stack cdk.out | stackpass apply --user ci --policy - --yes
  stackpass apply --create-service-role app-executor --from policies --user ci
  stackpass apply --role deploy --policy deploy.json --dry-run --plan-out plan.json
  stackpass apply --from-plan plan.json")]
#[command(group(ArgGroup::new("applied").required(true).multiple(true).args([
    "role", "user", "group", "create_role", "create_service_role", "from_plan",
])))]
pub(crate) struct ApplyArgs {
    #[command(flatten)]
    holder: HolderArgs,
    #[command(flatten)]
    content: ContentArgs,
    #[command(flatten)]
    naming: NamingArgs,
    #[command(flatten)]
    consent: ConsentArgs,
    /// Apply the plan of this file; refused if IAM changed since it was made
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with_all = ["holder", "HolderArgs", "ContentArgs", "NamingArgs", "plan_out"],
        help_heading = "Plan"
    )]
    from_plan: Option<PathBuf>,
    /// Write the plan to a file, to apply it later
    #[arg(long, value_name = "FILE", requires = "dry_run", help_heading = "Plan")]
    plan_out: Option<PathBuf>,
    #[command(flatten)]
    output: OutputArgs,
}

/// Who gets the policies.
#[derive(Args, Debug)]
struct HolderArgs {
    /// Role that gets the policies, by name or ARN
    #[arg(long, value_name = "NAME|ARN", group = "holder", help_heading = "Who")]
    role: Option<String>,
    /// User that gets the policies, by name or ARN
    #[arg(long, value_name = "NAME|ARN", group = "holder", help_heading = "Who")]
    user: Option<String>,
    /// Group that gets the policies, by name or ARN
    #[arg(long, value_name = "NAME|ARN", group = "holder", help_heading = "Who")]
    group: Option<String>,
    /// Role to make for the policies
    #[arg(
        long,
        value_name = "NAME",
        value_parser = principal_name,
        group = "holder",
        requires = "trust",
        help_heading = "Who"
    )]
    create_role: Option<String>,
    /// Trust policy of the role that is made
    #[arg(long, value_name = "FILE", requires = "create_role", help_heading = "Who")]
    trust: Option<PathBuf>,
    /// OIDC provider that the role trusts, by its URL; made if there is none
    #[arg(long, value_name = "URL", requires = "create_role", help_heading = "Who")]
    oidc_provider: Option<String>,
    /// Audience of the provider
    #[arg(
        long,
        value_name = "NAME",
        default_value = "sts.amazonaws.com",
        requires = "oidc_provider",
        help_heading = "Who"
    )]
    oidc_audience: String,
    /// Service role to make; the policy for the caller goes to `--role`, `--user` or `--group`
    #[arg(
        long,
        value_name = "NAME",
        value_parser = principal_name,
        requires = "from",
        conflicts_with_all = ["create_role", "path"],
        help_heading = "Who"
    )]
    create_service_role: Option<String>,
}

/// What they get.
#[derive(Args, Debug)]
struct ContentArgs {
    /// Policy to make or update, and attach; `-` reads standard input (can be repeated)
    ///
    /// A file is a policy in JSON or YAML, or what `stackpass generate` prints.
    #[arg(long = "policy", value_name = "FILE", help_heading = "What")]
    policies: Vec<PathBuf>,
    /// Of a file with several policies, only those of this holder, `caller` for one
    #[arg(long, value_name = "NAME", requires = "policies", help_heading = "What")]
    only: Option<String>,
    /// Managed policy that exists, to attach: by ARN, or by name, of the account or of AWS (can be repeated)
    #[arg(long = "managed-policy", value_name = "ARN|NAME", help_heading = "What")]
    managed: Vec<String>,
    /// Managed policy that exists, to set as permissions boundary; for the service role, if one is made
    ///
    /// A name is first looked for in the account, then among the policies of AWS.
    #[arg(long, value_name = "ARN|NAME", help_heading = "What")]
    boundary: Option<String>,
    /// Folder that `stackpass generate service-role --out` wrote
    #[arg(
        long,
        value_name = "FOLDER",
        requires = "create_service_role",
        conflicts_with_all = ["policies", "managed"],
        help_heading = "What"
    )]
    from: Option<PathBuf>,
    /// Detach all other managed policies and delete all inline policies of the holder
    #[arg(long, help_heading = "What")]
    replace: bool,
    /// Take over policies and roles of the same names that stackpass did not make
    #[arg(long, help_heading = "What")]
    adopt: bool,
}

/// What it is called.
#[derive(Args, Debug)]
struct NamingArgs {
    /// What the names of the policies begin with; else the name of the holder
    #[arg(long, value_name = "NAME", value_parser = principal_name, help_heading = "Naming")]
    name_prefix: Option<String>,
    /// Path of policies and roles that are made
    #[arg(
        long,
        value_name = "PATH",
        value_parser = policy_path,
        default_value = "/",
        help_heading = "Naming"
    )]
    path: String,
    /// Tag for policies and roles (can be repeated)
    #[arg(long = "tag", value_name = "KEY=VALUE", value_parser = pair, help_heading = "Naming")]
    tags: Vec<(String, String)>,
    /// Description of policies and roles that are made
    #[arg(long, value_name = "TEXT", default_value = "Made by stackpass", help_heading = "Naming")]
    description: String,
}

/// Options of all commands that change an account: where, and whether somebody agrees.
#[derive(Args, Debug)]
pub(super) struct ConsentArgs {
    /// Do it without asking
    #[arg(long, short = 'y', conflicts_with = "dry_run", help_heading = "Plan")]
    pub(super) yes: bool,
    /// Show what would change, and change nothing
    #[arg(long, help_heading = "Plan")]
    pub(super) dry_run: bool,
    /// Exit with 8 if something would change
    #[arg(long, requires = "dry_run", help_heading = "Plan")]
    pub(super) exit_code: bool,
    /// Account that it has to be, 12 digits
    #[arg(long, value_name = "ID", value_parser = account, help_heading = "AWS")]
    pub(super) expect_account: Option<AccountId>,
}

impl ConsentArgs {
    /// How a command ends that was to take these steps.
    pub(super) fn exit(&self, steps: &[Planned]) -> Exit {
        if self.exit_code && !steps.is_empty() { Exit::Differs } else { Exit::Done }
    }
}

/// What to do, and what was agreed to before.
struct Task {
    wanted: Desired,
    /// The steps of a plan file.
    agreed: Option<PlanFile>,
}

/// Plans, shows, asks and does it.
pub(crate) fn run(
    args: &ApplyArgs,
    aws: &AwsArgs,
    output: &mut Output<'_>,
) -> Result<Exit, CliError> {
    check(args)?;
    let plan_file = args.from_plan.as_deref().map(PlanFile::open).transpose()?;
    let documents = Documents::open(args, output)?;
    let aws = Aws::connect(aws)?;
    let identity = aws.identity()?;
    aws.check_account(&identity, args.consent.expect_account.as_ref())?;
    let account = Account::new(&identity.account, identity.partition());
    let iam = SdkIam::new(&aws.config);
    let task = if let Some(file) = plan_file {
        of_file(file, &account)?
    } else {
        let names = aws.wait(Names::look_up(&args.content, &iam, &account, output))?;
        let wanted = wanted(args, &documents, &names, new_id()?, account)?;
        Task { wanted, agreed: None }
    };
    let scene = Scene::of(&aws, &identity, title(&task.wanted))?;
    if let Some(file) = &task.agreed {
        check_endpoint(file, &scene)?;
    }
    let mut person = Person::who(args.consent.yes);
    aws.wait(apply(args, &iam, &RealTime, &scene, &task, &mut person, output))
}

/// The same with IAM, time and person given.
async fn apply<I: Iam, T: Time, A: Ask>(
    args: &ApplyArgs,
    iam: &I,
    time: &T,
    scene: &Scene,
    task: &Task,
    ask: &mut A,
    output: &mut Output<'_>,
) -> Result<Exit, CliError> {
    if args.consent.dry_run {
        for journal in scene.unfinished()? {
            output.talk(&changes::interrupted(&journal));
        }
    } else {
        change::settle(iam, time, scene, Interrupted::All, ask, output).await?;
    }
    let Task { wanted, agreed } = task;
    if agreed.is_some() && history(&scene.journals)?.iter().any(|it| *it.id() == wanted.id) {
        let message = format!("the plan was applied already, as `{}`", wanted.id);
        let hint = format!("`stackpass history {}` shows what was done", wanted.id);
        return Err(CliError::new(Kind::Input, message).with_hint(hint));
    }
    let mut plan = make_plan(iam, wanted, output).await?;
    plan.notes.extend(values::other_accounts(wanted));
    plan.notes.extend(values::unknown_actions(wanted));
    if let Some(agreed) = agreed
        && agreed.steps != plan.steps
    {
        return Err(CliError::new(Kind::Input, "IAM has changed since the plan was made")
            .with_hint("make the plan again, and look at it"));
    }
    let access = access::changes(iam, wanted, &plan).await?;
    let shown = Shown { occasion: &scene.occasion, wanted, plan: &plan, access: &access };
    match args.output.output {
        Reader::Human => output.styled_answer(&view::plan(&shown))?,
        // Whoever is asked has to see what about.
        Reader::Json if !args.consent.yes && !args.consent.dry_run => {
            output.talk(&view::plan(&shown));
        }
        Reader::Json => {}
    }
    output.talk(&changes::notes(&plan.notes));
    if let Some(path) = &args.plan_out {
        let file = PlanFile::new(scene.occasion.endpoint.clone(), wanted.clone(), &plan);
        output.talk(&file.write(path)?);
    }
    let outcome = if plan.is_empty() || args.consent.dry_run {
        None
    } else {
        let folder = scene.lock()?;
        if !agrees("Change this?", ask, output).await? {
            return Err(CliError::new(Kind::Declined, "nothing was changed"));
        }
        let outcome = change::perform(iam, output, async |iam, report| {
            let session = Session { iam, time, folder: &folder };
            run::apply(&session, &scene.occasion, wanted, &plan, report).await
        });
        Some(outcome.await?)
    };
    match args.output.output {
        Reader::Human => output.talk(&view::end(&shown, outcome.as_ref())),
        Reader::Json => output.answer(&view::json(&shown, outcome.as_ref())?)?,
    }
    Ok(args.consent.exit(&plan.steps))
}

/// Reads what is there and plans the way to what is wanted.
async fn make_plan<I: Iam>(
    iam: &I,
    wanted: &Desired,
    output: &mut Output<'_>,
) -> Result<Plan, CliError> {
    let cannot_read = |error| problem::of_api("cannot read from IAM", error);
    let quotas = iam.quotas().await.map_err(cannot_read)?;
    let state = read(iam, &wanted.scope()).await.map_err(cannot_read)?;
    plan(wanted, &state, &quotas).map_err(|problems| problem::of_problems(&problems, output))
}

/// Something must be asked for.
fn check(args: &ApplyArgs) -> Result<(), CliError> {
    let ContentArgs { policies, managed, boundary, from, .. } = &args.content;
    let is_something = !policies.is_empty()
        || !managed.is_empty()
        || boundary.is_some()
        || from.is_some()
        || args.holder.create_role.is_some()
        || args.from_plan.is_some();
    if is_something {
        return Ok(());
    }
    let hint = "give `--policy FILE`, `--managed-policy NAME` or `--boundary NAME`";
    Err(CliError::new(Kind::Usage, "there is nothing to attach").with_hint(hint))
}

/// What a plan file wants, if it is for this account.
fn of_file(file: PlanFile, account: &Account) -> Result<Task, CliError> {
    let wanted = file.wanted.clone();
    if wanted.account == *account {
        return Ok(Task { wanted, agreed: Some(file) });
    }
    let message = format!(
        "the plan is for account {}, these credentials are of {}",
        wanted.account.id, account.id
    );
    let hint = "choose the credentials of that account with `--profile`";
    Err(CliError::new(Kind::Aws, message).with_hint(hint))
}

fn check_endpoint(file: &PlanFile, scene: &Scene) -> Result<(), CliError> {
    let place = |endpoint: &Option<String>| endpoint.clone().unwrap_or_else(|| "AWS".to_owned());
    let (planned, present) = (&file.endpoint, &scene.occasion.endpoint);
    if planned == present {
        return Ok(());
    }
    let message = format!("the plan is for {}, this is {}", place(planned), place(present));
    Err(CliError::new(Kind::Aws, message).with_hint("`--endpoint-url` says which"))
}

/// What it is about, in a few words.
fn title(wanted: &Desired) -> String {
    let holders: Vec<String> =
        wanted.holdings.iter().map(|holding| holding.principal.to_string()).collect();
    holders.join(", ")
}

#[cfg(test)]
mod tests;
