//! `stackpass rollback`.

use clap::Args;
use stackpass_iam::client::Iam;
use stackpass_iam::desired::ApplyId;
use stackpass_iam::journal::{Journal, Kind as JournalKind, Status};
use stackpass_iam::run::{self, Conflicts, Session};
use stackpass_iam::sdk::SdkIam;
use stackpass_iam::time::{RealTime, Time};

use super::apply::ConsentArgs;
use crate::args::{AwsArgs, OutputArgs, Reader};
use crate::ask::{Ask, Person, agrees};
use crate::aws::Aws;
use crate::change::{self, Interrupted, Scene, history, new_id, problem};
use crate::error::{CliError, Kind};
use crate::exit::Exit;
use crate::output::Output;
use crate::view::rollback::{self as view, Shown};

/// Take back what an apply did
///
/// Undoes the steps of an apply, last first, whether it was finished or interrupted. What would be done is shown, and nothing is
/// done before somebody agrees. What somebody else changed since is not touched, unless forced.
///
/// Without an id, the last apply to the account is meant and no other: asked for again, nothing more is taken back.
#[derive(Args)]
#[command(after_help = "\
Examples:
  stackpass rollback
  stackpass rollback 20261123-220102-1f3a --dry-run")]
pub(crate) struct RollbackArgs {
    /// Apply to take back; else the last one to this account
    #[arg(value_name = "ID")]
    id: Option<ApplyId>,
    /// Take back also what somebody changed since
    #[arg(long, help_heading = "Plan")]
    force: bool,
    #[command(flatten)]
    consent: ConsentArgs,
    #[command(flatten)]
    output: OutputArgs,
}

/// Plans the way back, shows it, asks and does it.
pub(crate) fn run(
    args: &RollbackArgs,
    aws: &AwsArgs,
    output: &mut Output<'_>,
) -> Result<Exit, CliError> {
    let aws = Aws::connect(aws)?;
    let identity = aws.identity()?;
    aws.check_account(&identity, args.consent.expect_account.as_ref())?;
    let scene = Scene::of(&aws, &identity, "rollback".to_owned())?;
    let iam = SdkIam::new(&aws.config);
    let mut person = Person::who(args.consent.yes);
    aws.wait(roll_back(args, &iam, &RealTime, scene, &mut person, output))
}

/// The same with IAM, time and person given.
pub(super) async fn roll_back<I: Iam, T: Time, A: Ask>(
    args: &RollbackArgs,
    iam: &I,
    time: &T,
    mut scene: Scene,
    ask: &mut A,
    output: &mut Output<'_>,
) -> Result<Exit, CliError> {
    if !args.consent.dry_run {
        let settled =
            change::settle(iam, time, &scene, Interrupted::Rollbacks, ask, output).await?;
        // Who asks again after an interruption means the same apply, not the one before it.
        for (rollback, outcome) in settled.iter().rev() {
            if let Some(journal) = taken_back(rollback, args.id.as_ref(), &scene)? {
                if args.output.output == Reader::Json {
                    let shown = Shown { journal: &journal, steps: &[] };
                    output.answer(&view::json(&shown, Some(outcome))?)?;
                }
                return Ok(Exit::Done);
            }
        }
    }
    let journal = chosen(args.id.as_ref(), &scene)?;
    let all = history(&scene.journals)?;
    let status = journal.status(&all);
    if is_over(&journal, &status) {
        let before = before(&journal, &all).filter(|_| args.id.is_none());
        match args.output.output {
            Reader::Human => output.talk(&view::nothing_left(&journal, &status, before)),
            Reader::Json => output.answer(&view::json_of_nothing(&journal)?)?,
        }
        return Ok(Exit::Done);
    }
    scene.occasion.title.clone_from(&journal.header.occasion.title);
    let conflicts = if args.force { Conflicts::Override } else { Conflicts::Refuse };
    let id = journal.id().as_str();
    let folder = scene.lock()?;
    let session = Session { iam, time, folder: &folder };
    let steps = run::plan_back(&session, &scene.occasion, id, conflicts)
        .await
        .map_err(|error| problem::of_run(error, output))?;
    let shown = Shown { journal: &journal, steps: &steps };
    match args.output.output {
        Reader::Human => output.styled_answer(&view::plan(&shown))?,
        Reader::Json if !args.consent.yes && !args.consent.dry_run => {
            output.talk(&view::plan(&shown));
        }
        Reader::Json => {}
    }
    output.talk(&view::left(&shown));
    let outcome = if args.consent.dry_run {
        None
    } else {
        if !steps.is_empty() && !agrees("Take this back?", ask, output).await? {
            return Err(CliError::new(Kind::Declined, "nothing was changed"));
        }
        let rollback = new_id()?;
        let outcome = change::perform(iam, output, async |iam, report| {
            let session = Session { iam, time, folder: &folder };
            run::roll_back(&session, &scene.occasion, id, rollback, conflicts, report).await
        });
        Some(outcome.await?)
    };
    match args.output.output {
        Reader::Human => output.talk(&view::end(&shown, outcome.as_ref())),
        Reader::Json => output.answer(&view::json(&shown, outcome.as_ref())?)?,
    }
    Ok(args.consent.exit(&steps))
}

/// The apply that the rollback took back, if it is the one of this id or any is meant.
fn taken_back(
    rollback: &Journal,
    id: Option<&ApplyId>,
    scene: &Scene,
) -> Result<Option<Journal>, CliError> {
    let JournalKind::Rollback(of) = &rollback.header.kind else { return Ok(None) };
    if id.is_some_and(|id| id != of) {
        return Ok(None);
    }
    Ok(history(&scene.journals)?.into_iter().find(|journal| journal.id() == of))
}

/// Whether nothing of an apply is in force.
fn is_over(journal: &Journal, status: &Status) -> bool {
    journal.header.kind == JournalKind::Apply
        && matches!(status, Status::RolledBack(_) | Status::Abandoned)
}

/// The apply that is meant: the one of this id, else the last one here.
///
/// One that was taken back already, or that did nothing, is not passed over: a job that is repeated would take back what
/// nobody meant.
fn chosen(id: Option<&ApplyId>, scene: &Scene) -> Result<Journal, CliError> {
    let all = history(&scene.journals)?;
    if let Some(id) = id {
        let found = all.into_iter().find(|journal| journal.id() == id);
        return found.ok_or_else(|| {
            CliError::new(Kind::Usage, format!("there is no apply `{id}`"))
                .with_hint("`stackpass history` lists them")
        });
    }
    let is_here =
        |journal: &&Journal| journal.header.kind == JournalKind::Apply && scene.is_here(journal);
    all.iter().rev().find(is_here).cloned().ok_or_else(|| {
        let account = &scene.occasion.account.id;
        let message = format!("nothing was applied to account {account} from this machine");
        CliError::new(Kind::Usage, message).with_hint("`stackpass history` lists what was done")
    })
}

/// The last apply before this one that can be taken back.
fn before<'j>(journal: &Journal, all: &'j [Journal]) -> Option<&'j Journal> {
    let (occasion, sequence) = (&journal.header.occasion, journal.header.sequence);
    all.iter().rev().find(|other| {
        other.header.kind == JournalKind::Apply
            && other.header.sequence < sequence
            && other.header.occasion.account == occasion.account
            && other.header.occasion.endpoint == occasion.endpoint
            && matches!(other.status(all), Status::Finished | Status::Unfinished)
    })
}
