//! What stops a change, as errors with cause and what to do.

use stackpass_iam::attached::AttachedError;
use stackpass_iam::desired::ApplyId;
use stackpass_iam::error::ApiError;
use stackpass_iam::journal::JournalError;
use stackpass_iam::plan::Problem;
use stackpass_iam::run::RunError;

use super::stop::STOPPED;
use crate::error::{CliError, Kind};
use crate::output::Output;
use crate::text::count;
use crate::view::changes;

/// A call that failed.
pub(crate) fn of_api(what: &str, error: ApiError) -> CliError {
    let help = error.help();
    let refused = CliError::new(Kind::Aws, what).caused_by(error);
    match help {
        Some(help) => refused.with_hint(help),
        None => refused,
    }
}

/// The policies of a principal that are not known.
pub(crate) fn of_attached(error: AttachedError) -> CliError {
    match error {
        AttachedError::Api(error) => of_api("cannot read from IAM", error),
        error @ AttachedError::NoSuchPrincipal(_) => CliError::new(Kind::Input, error.to_string())
            .with_hint("check the name and the account, `stackpass whoami` says which"),
        error => CliError::new(Kind::Aws, error.to_string()).with_hint("try again in a moment"),
    }
}

/// A journal that cannot be used.
pub(crate) fn of_journal(error: JournalError) -> CliError {
    let hint = match &error {
        JournalError::Locked(_) => Some("wait until it has ended"),
        JournalError::Corrupt { .. } => Some(
            "look at the file; what it belongs to can only be undone by hand once it is moved away",
        ),
        JournalError::Newer(_) => Some("update stackpass"),
        JournalError::Missing(_) => Some("`stackpass history` lists them"),
        JournalError::Repeated(_) => Some("the plan was applied already; make a new one"),
        _ => Some("`STACKPASS_STATE_DIR` names another folder"),
    };
    let kind = match &error {
        JournalError::Missing(_) => Kind::Usage,
        _ => Kind::Input,
    };
    let message = "cannot use the journal";
    let error = match error {
        error @ JournalError::Io { .. } => CliError::new(Kind::Output, message).caused_by(error),
        error => CliError::new(kind, error.to_string()),
    };
    match hint {
        Some(hint) => error.with_hint(hint),
        None => error,
    }
}

/// All reasons for which there is no plan.
pub(crate) fn of_problems(problems: &[Problem], output: &mut Output<'_>) -> CliError {
    output.talk(&changes::problems(problems));
    let reasons = count(problems.len(), "reason", "reasons");
    CliError::new(Kind::Input, format!("nothing was changed, for {reasons}"))
}

/// What stopped an apply or a rollback.
pub(crate) fn of_run(error: RunError, output: &mut Output<'_>) -> CliError {
    match error {
        RunError::Read(error) => of_api("cannot read from IAM", *error),
        RunError::Step { id, source, .. } if source.code.as_deref() == Some(STOPPED) => {
            ways_on(stopped(), &id)
        }
        RunError::Step { id, step, done, unsure, source } => {
            let nothing = done == 0 && !unsure;
            let refused = of_api(&format!("cannot {step}"), *source);
            if nothing { refused.with_hint("nothing was changed") } else { ways_on(refused, &id) }
        }
        RunError::Unwritten { id, source } => ways_on(
            CliError::new(Kind::Output, "cannot write down what was done").caused_by(source),
            &id,
        ),
        RunError::Journal(error) => of_journal(error),
        RunError::Unfinished(id) => {
            ways_on(CliError::new(Kind::Input, format!("`{id}` was interrupted")), &id)
        }
        RunError::Changed => CliError::new(
            Kind::Input,
            "nothing was changed: IAM has changed since the plan was made",
        )
        .with_hint("look at the plan of now, and agree to that"),
        RunError::Problems(problems) => of_problems(&problems, output),
        RunError::Conflict { id, differences, later } => {
            output.talk(&changes::differences(&differences));
            of_conflict(&id, &later)
        }
        error @ RunError::Elsewhere { .. } => CliError::new(Kind::Input, error.to_string())
            .with_hint("choose the credentials of that account with `--profile`"),
        error => CliError::new(Kind::Input, error.to_string()),
    }
}

/// Somebody, or our own later applies, changed what is to be taken back.
fn of_conflict(id: &ApplyId, later: &[ApplyId]) -> CliError {
    let names: Vec<String> = later.iter().map(|it| format!("`{it}`")).collect();
    let error = match later {
        [] => CliError::new(Kind::Input, format!("somebody changed what `{id}` changed")),
        [only] => CliError::new(Kind::Input, format!("`{only}` changed what `{id}` changed"))
            .with_hint(format!("`stackpass rollback {only}` takes that back, which comes first")),
        [last, ..] => {
            let message = format!("later applies changed what `{id}` changed");
            CliError::new(Kind::Input, message).with_hint(format!(
                "they come first, in this order: {}; begin with `stackpass rollback {last}`",
                names.join(", ")
            ))
        }
    };
    error
        .with_hint("nothing was changed now")
        .with_hint(format!("`stackpass rollback {id} --force` takes the rest back all the same"))
}

/// Somebody pressed Ctrl-C.
pub(super) fn stopped() -> CliError {
    CliError::new(Kind::Declined, "stopped")
}

fn ways_on(error: CliError, id: &ApplyId) -> CliError {
    error
        .with_hint("applying again offers to finish what was begun")
        .with_hint(format!("`stackpass rollback {id}` takes it back"))
}
