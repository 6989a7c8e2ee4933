//! Changing an account: what apply and rollback share.
//!
//! Whoever presses Ctrl-C stops after the running step; the journal says what is left. A second Ctrl-C stops at once, which the
//! journal survives as well.

pub(crate) mod problem;
mod stop;

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::path::{Path, PathBuf};

use stackpass_iam::account::Account;
use stackpass_iam::client::Iam;
use stackpass_iam::desired::ApplyId;
use stackpass_iam::journal::{self, Folder, Journal, Kind as JournalKind, Occasion, Status, Wait};
use stackpass_iam::run::{self, Conflicts, Event, Outcome, RunError, Session};
use stackpass_iam::time::{RealTime, Time};

use crate::ask::Ask;
use crate::aws::Aws;
use crate::aws::identity::Identity;
use crate::clock::Moment;
use crate::error::{CliError, Kind};
use crate::output::Output;
use crate::state_folder;
use crate::view::changes;
use stop::Stoppable;

/// Where and when something is changed.
#[derive(Clone, Debug)]
pub(crate) struct Scene {
    /// Where the journals lie.
    pub(crate) journals: PathBuf,
    /// When, where and by whom.
    pub(crate) occasion: Occasion,
}

impl Scene {
    /// The scene of the credentials in use.
    pub(crate) fn of(aws: &Aws, identity: &Identity, title: String) -> Result<Scene, CliError> {
        let occasion = Occasion {
            time: Moment::now().stamp(),
            account: Account::new(&identity.account, identity.partition()),
            endpoint: aws.config.endpoint_url().map(place),
            caller: identity.arn.clone(),
            tool: concat!("stackpass ", env!("CARGO_PKG_VERSION")).to_owned(),
            title,
        };
        Ok(Scene { journals: state_folder::journals()?, occasion })
    }

    /// Locks the folder of the journals.
    pub(crate) fn lock(&self) -> Result<Folder, CliError> {
        Folder::open(&self.journals, Wait::Refuse).map_err(problem::of_journal)
    }

    /// Whether a journal is of the same account and endpoint.
    pub(crate) fn is_here(&self, journal: &Journal) -> bool {
        let other = &journal.header.occasion;
        other.account == self.occasion.account && other.endpoint == self.occasion.endpoint
    }

    /// The journals of the same account that are neither finished nor rolled back, oldest first. Nothing is locked.
    pub(crate) fn unfinished(&self) -> Result<Vec<Journal>, CliError> {
        let all = history(&self.journals)?;
        let is_here = |journal: &&Journal| self.is_here(journal);
        let is_taken_back = |id: &ApplyId| {
            all.iter()
                .any(|it| it.header.kind == JournalKind::Rollback(id.clone()) && it.end.is_none())
        };
        let unfinished = all.iter().filter(is_here).filter(|journal| {
            journal.status(&all) == Status::Unfinished && !is_taken_back(journal.id())
        });
        Ok(unfinished.cloned().collect())
    }
}

/// The endpoint as it is written down: without a slash at its end, so that both spellings are one place, and without a name and
/// password in front of the host.
fn place(url: &str) -> String {
    let url = url.trim_end_matches('/');
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
    format!("{scheme}://{host}{path}")
}

/// All journals, oldest first.
pub(crate) fn history(journals: &Path) -> Result<Vec<Journal>, CliError> {
    journal::history(journals).map_err(problem::of_journal)
}

/// A new id: the time, and chance, so that two machines do not choose the same.
pub(crate) fn new_id() -> Result<ApplyId, CliError> {
    let id = format!("{}-{:04x}", Moment::now().digits(), RealTime.random() & 0xFFFF);
    id.parse()
        .map_err(|cause| CliError::new(Kind::Unexpected, "cannot make an id").caused_by(cause))
}

/// Which interrupted journals are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Interrupted {
    /// All of them.
    All,
    /// Rollbacks only.
    Rollbacks,
}

/// Asks what is to become of an apply or a rollback that was interrupted, and does it. Gives what was settled.
pub(crate) async fn settle<I: Iam, T: Time, A: Ask>(
    iam: &I,
    time: &T,
    scene: &Scene,
    which: Interrupted,
    ask: &mut A,
    output: &mut Output<'_>,
) -> Result<Vec<(Journal, Outcome)>, CliError> {
    let mut settled = Vec::new();
    for journal in scene.unfinished()? {
        let id = journal.id().clone();
        let is_rollback = matches!(journal.header.kind, JournalKind::Rollback(_));
        if which == Interrupted::Rollbacks && !is_rollback {
            continue;
        }
        output.talk(&changes::interrupted(&journal));
        let words: &[&str] =
            if is_rollback { &["stop", "finish"] } else { &["stop", "finish", "rollback"] };
        let folder = scene.lock()?;
        let answer = ask.ask("What shall become of it?", words, output).await?;
        let outcome = match answer {
            "finish" => {
                perform(iam, output, async |iam, report| {
                    let session = Session { iam, time, folder: &folder };
                    let conflicts = Conflicts::Refuse;
                    run::finish(&session, &scene.occasion, id.as_str(), conflicts, report).await
                })
                .await?
            }
            "rollback" => {
                let rollback = new_id()?;
                perform(iam, output, async |iam, report| {
                    let session = Session { iam, time, folder: &folder };
                    let (occasion, conflicts) = (&scene.occasion, Conflicts::Refuse);
                    run::roll_back(&session, occasion, id.as_str(), rollback, conflicts, report)
                        .await
                })
                .await?
            }
            _ => {
                let message = format!("nothing was changed: `{id}` is still unfinished");
                return Err(CliError::new(Kind::Declined, message));
            }
        };
        output.talk(&changes::settled(answer, &id, &outcome));
        settled.push((journal, outcome));
    }
    Ok(settled)
}

/// Carries something out with its steps reported, until it is done or somebody stops it.
pub(crate) async fn perform<'i, I: Iam>(
    iam: &'i I,
    output: &mut Output<'_>,
    work: impl AsyncFnOnce(&Stoppable<'_, I>, &mut dyn FnMut(Event<'_>)) -> Result<Outcome, RunError>,
) -> Result<Outcome, CliError> {
    let stopped = Cell::new(false);
    let iam = Stoppable { iam, stopped: &stopped };
    let result = {
        let output = RefCell::new(&mut *output);
        let mut report = |event: Event<'_>| {
            output.borrow_mut().talk(&changes::event(&event));
        };
        let work = work(&iam, &mut report);
        until_stopped(work, &stopped, &output).await
    };
    match result {
        Some(Ok(outcome)) => Ok(outcome),
        Some(Err(error)) => Err(problem::of_run(error, output)),
        None => Err(problem::stopped()),
    }
}

/// Waits for the work; `None` if it was left in the middle of a step.
async fn until_stopped<O>(
    work: impl Future<Output = O>,
    stopped: &Cell<bool>,
    output: &RefCell<&mut Output<'_>>,
) -> Option<O> {
    let mut work = std::pin::pin!(work);
    loop {
        tokio::select! {
            biased;
            result = &mut work => return Some(result),
            pressed = tokio::signal::ctrl_c() => {
                if pressed.is_err() {
                    return Some(work.await);
                }
                if stopped.replace(true) {
                    return None;
                }
                output.borrow_mut().talk("\nstopping after the running step; Ctrl-C again stops at once\n");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(url: &str, expected: &str) {
        assert_eq!(place(url), expected);
    }

    #[test]
    fn endpoint_is_written_down_in_one_way_and_without_a_password() {
        check("http://127.0.0.1:4566", "http://127.0.0.1:4566");
        check("http://127.0.0.1:4566/", "http://127.0.0.1:4566");
        check("https://me:secret@host/iam@x/", "https://host/iam@x");
        check("odd/", "odd");
    }
}
