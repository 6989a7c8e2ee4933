//! Carrying a plan out, going on after an interruption, and taking it back.

mod back;

use std::fmt;

use serde_json::Value;

use crate::client::Iam;
use crate::desired::{ApplyId, Desired};
use crate::error::ApiError;
use crate::journal::{
    End, Folder, Journal, JournalError, Kind, Occasion, Progress, Record, Status, Writer,
};
use crate::plan::{Plan, Planned, Problem, plan};
use crate::read::read;
use crate::retry::{self, Unwritten};
use crate::state::{Scope, State, VersionId};
use crate::step::{Step, fact, simulate};
use crate::time::Time;

pub use back::way_back;

/// What everything here works with.
#[derive(Debug)]
pub struct Session<'s, I, T> {
    /// IAM.
    pub iam: &'s I,
    /// Waiting.
    pub time: &'s T,
    /// The locked folder of the journals.
    pub folder: &'s Folder,
}

/// Something that happens while steps are carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event<'e> {
    /// A step begins; its index and the number of all steps.
    Begin(usize, usize, &'e Step),
    /// A step is done.
    Done(usize, usize, &'e Step),
    /// A step was so already.
    Skipped(usize, usize, &'e Step),
    /// A step is done, and IAM does not show it yet.
    NotVisibleYet(usize, usize, &'e Step),
}

/// What to do when somebody changed what is to be changed or taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conflicts {
    /// Change nothing and say what differs.
    Refuse,
    /// Go on all the same.
    Override,
}

/// Somebody changed what a step touches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The step that meets it, in words.
    pub step: String,
    /// What it should find; null for nothing.
    pub expected: Value,
    /// What is there; null for nothing.
    pub found: Value,
    /// Our own applies that changed it since and have not been taken back, last first; none if somebody else did.
    pub by: Vec<ApplyId>,
}

/// What was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The id of the journal; `None` if there was nothing to do.
    pub id: Option<ApplyId>,
    /// The steps that were carried out now.
    pub done: usize,
    /// The steps that were done or not needed already.
    pub skipped: usize,
}

/// Why something was not done, or not to its end.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// A call failed while reading; nothing was changed.
    #[error("cannot read from IAM")]
    Read(#[source] Box<ApiError>),
    /// A step failed; what was done before it is in the journal, to be finished or rolled back.
    #[error("cannot {step}")]
    Step {
        /// The journal.
        id: ApplyId,
        /// The step, in words.
        step: String,
        /// The number of steps that were done before it.
        done: usize,
        /// Whether the step may have been done all the same, as when its answer was lost.
        unsure: bool,
        /// Why.
        #[source]
        source: Box<ApiError>,
    },
    /// What was done cannot be written down any more; IAM knows it, and the journal is unfinished.
    #[error("cannot go on without the journal of `{id}`")]
    Unwritten {
        /// The journal.
        id: ApplyId,
        /// Why.
        #[source]
        source: JournalError,
    },
    /// The journal cannot be used.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// An earlier journal of this account has to be finished or rolled back first.
    #[error("`{0}` was interrupted")]
    Unfinished(ApplyId),
    /// What was agreed to is not what would be done now.
    #[error("IAM has changed since the plan was made")]
    Changed,
    /// There is no plan for it.
    #[error("it cannot be planned")]
    Problems(Vec<Problem>),
    /// Somebody changed what is to be changed or taken back.
    #[error("somebody changed what `{id}` changed")]
    Conflict {
        /// The journal.
        id: ApplyId,
        /// What differs.
        differences: Vec<Difference>,
        /// Our own applies that changed it, last first: taken back in this order, they are in the way no more.
        later: Vec<ApplyId>,
    },
    /// The journal is about another account or endpoint.
    #[error("`{id}` is about account {account}{}", at(endpoint.as_deref()))]
    Elsewhere {
        /// The journal.
        id: ApplyId,
        /// Its account.
        account: String,
        /// Its endpoint.
        endpoint: Option<String>,
    },
    /// There is nothing to finish or to take back.
    #[error("`{id}` is {status}")]
    NothingToDo {
        /// The journal.
        id: ApplyId,
        /// What became of it.
        status: Status,
    },
}

/// The journals of the account that have to be finished or rolled back before anything else, oldest first.
///
/// # Errors
///
/// A journal that cannot be read.
pub fn unfinished(folder: &Folder, occasion: &Occasion) -> Result<Vec<Journal>, JournalError> {
    let all = folder.journals()?;
    let is_meant = |journal: &&Journal| {
        is_same_place(&journal.header.occasion, occasion)
            && journal.status(&all) == Status::Unfinished
            // An interrupted rollback comes before the apply that it takes back.
            && !all.iter().any(|other| {
                other.header.kind == Kind::Rollback(journal.id().clone()) && other.end.is_none()
            })
    };
    Ok(all.iter().filter(is_meant).cloned().collect())
}

/// Reads what there is and plans the way from there to what is wanted.
///
/// # Errors
///
/// [`RunError::Read`] and [`RunError::Problems`].
pub async fn prepare<I: Iam>(iam: &I, desired: &Desired) -> Result<(State, Plan), RunError> {
    let quotas = iam.quotas().await.map_err(unread)?;
    let state = read(iam, &desired.scope()).await.map_err(unread)?;
    let plan = plan(desired, &state, &quotas).map_err(RunError::Problems)?;
    Ok((state, plan))
}

/// Carries out the plan that was made for what is wanted.
///
/// The plan is made again first: what is done is what was agreed to, or nothing.
///
/// # Errors
///
/// All of [`RunError`] but [`RunError::NothingToDo`]. After [`RunError::Step`] the journal can be finished or rolled back; if
/// nothing at all was done, it is closed.
pub async fn apply<I: Iam, T: Time>(
    session: &Session<'_, I, T>,
    occasion: &Occasion,
    desired: &Desired,
    agreed: &Plan,
    report: &mut dyn FnMut(Event<'_>),
) -> Result<Outcome, RunError> {
    if let Some(first) = unfinished(session.folder, occasion)?.first() {
        return Err(RunError::Unfinished(first.id().clone()));
    }
    let (mut state, now) = prepare(session.iam, desired).await?;
    if now.steps != agreed.steps {
        return Err(RunError::Changed);
    }
    if now.is_empty() {
        return Ok(Outcome { id: None, done: 0, skipped: 0 });
    }
    let journal =
        session.folder.begin(desired.id.clone(), Kind::Apply, occasion.clone(), now.steps)?;
    carry_out(session, &journal, Conflicts::Refuse, &mut state, report).await
}

/// Finishes an apply or a rollback that was interrupted.
///
/// # Errors
///
/// [`RunError::Conflict`] before anything is done if somebody changed what is still to be changed, unless overridden;
/// otherwise as [`apply`].
pub async fn finish<I: Iam, T: Time>(
    session: &Session<'_, I, T>,
    occasion: &Occasion,
    id: &str,
    conflicts: Conflicts,
    report: &mut dyn FnMut(Event<'_>),
) -> Result<Outcome, RunError> {
    let journal = journal_for(session.folder, occasion, id)?;
    let status = journal.status(&session.folder.journals()?);
    if status != Status::Unfinished {
        return Err(RunError::NothingToDo { id: journal.header.id, status });
    }
    let pending = unfinished(session.folder, occasion)?;
    if let Some(other) = pending.iter().find(|other| other.id() != journal.id()) {
        return Err(RunError::Unfinished(other.id().clone()));
    }
    let mut state = read(session.iam, &journal.scope()).await.map_err(unread)?;
    carry_out(session, &journal, conflicts, &mut state, report).await
}

/// Takes back what an apply did, finished or interrupted. An interrupted rollback is finished by [`finish`].
///
/// # Errors
///
/// [`RunError::Conflict`] before anything is done if somebody changed what is to be taken back, unless overridden;
/// otherwise as [`apply`].
pub async fn roll_back<I: Iam, T: Time>(
    session: &Session<'_, I, T>,
    occasion: &Occasion,
    id: &str,
    rollback: ApplyId,
    conflicts: Conflicts,
    report: &mut dyn FnMut(Event<'_>),
) -> Result<Outcome, RunError> {
    let journal = journal_for(session.folder, occasion, id)?;
    let status = journal.status(&session.folder.journals()?);
    let is_apply = journal.header.kind == Kind::Apply;
    if !is_apply || !matches!(status, Status::Unfinished | Status::Finished) {
        return Err(RunError::NothingToDo { id: journal.header.id, status });
    }
    let pending = unfinished(session.folder, occasion)?;
    if let Some(other) = pending.iter().find(|other| other.id() != journal.id()) {
        return Err(RunError::Unfinished(other.id().clone()));
    }
    let mut state = read(session.iam, &journal.scope()).await.map_err(unread)?;
    let journal = settle(session, journal, &mut state).await?;
    if !journal.has_done_something() && journal.end.is_none() {
        session.folder.resume(&journal)?.add(&Record::End { how: End::Abandoned })?;
        return Ok(Outcome { id: None, done: 0, skipped: 0 });
    }
    let later = later(session.folder, &journal)?;
    let steps = way_back(&journal, &later, &state, conflicts)
        .map_err(|differences| conflict(&journal, differences, &later))?;
    let kind = Kind::Rollback(journal.id().clone());
    let begun = session.folder.begin(rollback, kind, occasion.clone(), steps)?;
    carry_out(session, &begun, conflicts, &mut state, report).await
}

/// The steps that a rollback would take now, for showing them. An interrupted step is looked up in IAM.
///
/// # Errors
///
/// As [`roll_back`].
pub async fn plan_back<I: Iam, T: Time>(
    session: &Session<'_, I, T>,
    occasion: &Occasion,
    id: &str,
    conflicts: Conflicts,
) -> Result<Vec<Planned>, RunError> {
    let journal = journal_for(session.folder, occasion, id)?;
    let mut state = read(session.iam, &journal.scope()).await.map_err(unread)?;
    let journal = settle(session, journal, &mut state).await?;
    let later = later(session.folder, &journal)?;
    way_back(&journal, &later, &state, conflicts)
        .map_err(|differences| conflict(&journal, differences, &later))
}

/// The applies to the same account that came after this one and are in force, oldest first.
fn later(folder: &Folder, journal: &Journal) -> Result<Vec<Journal>, RunError> {
    let all = folder.journals()?;
    let is_later = |other: &&Journal| {
        other.header.kind == Kind::Apply
            && other.header.sequence > journal.header.sequence
            && is_same_place(&other.header.occasion, &journal.header.occasion)
            && matches!(other.status(&all), Status::Finished | Status::Unfinished)
    };
    Ok(all.iter().filter(is_later).cloned().collect())
}

fn conflict(journal: &Journal, differences: Vec<Difference>, later: &[Journal]) -> RunError {
    let is_named =
        |apply: &&Journal| differences.iter().any(|difference| difference.by.contains(apply.id()));
    let later = later.iter().rev().filter(is_named).map(|apply| apply.id().clone()).collect();
    RunError::Conflict { id: journal.id().clone(), differences, later }
}

/// Finds out whether the steps that were about to be done were done.
async fn settle<I: Iam, T: Time>(
    session: &Session<'_, I, T>,
    mut journal: Journal,
    state: &mut State,
) -> Result<Journal, RunError> {
    for (planned, progress) in journal.header.steps.iter().zip(&mut journal.progress) {
        if let Progress::Intended(known) = progress {
            let made = look_up(session, &planned.step, known, state, retry::LOOKS).await?;
            *progress = match made {
                Some(made) => Progress::Done { made, found: None },
                None => Progress::Todo,
            };
        }
    }
    Ok(journal)
}

/// Whether a step that was about to be done was done.
async fn look_up<I: Iam, T: Time>(
    session: &Session<'_, I, T>,
    step: &Step,
    known: &std::collections::BTreeSet<VersionId>,
    state: &mut State,
    looks: u32,
) -> Result<Option<Option<VersionId>>, RunError> {
    let mut expected = state.clone();
    simulate(step, &mut expected);
    retry::happened(session.iam, session.time, step, known, state, &expected, looks)
        .await
        .map_err(unread)
}

/// Does what is left of a journal.
async fn carry_out<I: Iam, T: Time>(
    session: &Session<'_, I, T>,
    journal: &Journal,
    conflicts: Conflicts,
    state: &mut State,
    report: &mut dyn FnMut(Event<'_>),
) -> Result<Outcome, RunError> {
    let mut writer = session.folder.resume(journal)?;
    let mut outcome = Outcome { id: Some(journal.id().clone()), done: 0, skipped: 0 };
    let steps = &journal.header.steps;
    let mut is_checked = false;
    for (index, (planned, progress)) in steps.iter().zip(&journal.progress).enumerate() {
        match progress {
            Progress::Done { .. } | Progress::Skipped => {
                outcome.skipped += 1;
                continue;
            }
            Progress::Intended(known) => {
                let looks = retry::looks_before_repeating(&planned.step);
                if let Some(made) = look_up(session, &planned.step, known, state, looks).await? {
                    note(&mut writer, journal, &Record::Done { step: index, made, found: None })?;
                    outcome.skipped += 1;
                    report(Event::Skipped(index, steps.len(), &planned.step));
                    continue;
                }
            }
            Progress::Todo => {}
        }
        if !is_checked {
            check(journal, index, state, conflicts)?;
            is_checked = true;
        }
        let is_done = do_step(session, journal, index, planned, state, &mut writer, report).await?;
        if is_done {
            outcome.done += 1;
        } else {
            outcome.skipped += 1;
        }
    }
    note(&mut writer, journal, &Record::End { how: End::Finished })?;
    Ok(outcome)
}

/// Does a step; `false` if it was so already.
async fn do_step<I: Iam, T: Time>(
    session: &Session<'_, I, T>,
    journal: &Journal,
    index: usize,
    planned: &Planned,
    state: &mut State,
    writer: &mut Writer,
    report: &mut dyn FnMut(Event<'_>),
) -> Result<bool, RunError> {
    let step = &planned.step;
    let count = journal.header.steps.len();
    if fact(step, state) == planned.after {
        note(writer, journal, &Record::Skipped { step: index })?;
        report(Event::Skipped(index, count, step));
        return Ok(false);
    }
    report(Event::Begin(index, count, step));
    let known = known_versions(step, state);
    note(writer, journal, &Record::Intent { step: index, known: known.clone() })?;
    match retry::write(session.iam, session.time, step, &known, state).await {
        Ok(written) => {
            let found = fact(step, state);
            let found = (found != planned.after).then_some(found);
            note(writer, journal, &Record::Done { step: index, made: written.made, found })?;
            let event = if written.visible { Event::Done } else { Event::NotVisibleYet };
            report(event(index, count, step));
            Ok(true)
        }
        Err(Unwritten { error: source, unsure }) => {
            note(
                writer,
                journal,
                &Record::Failed { step: index, error: source.to_string(), unsure },
            )?;
            let done = index;
            if index == 0 && !unsure {
                note(writer, journal, &Record::End { how: End::Abandoned })?;
            }
            let (id, step) = (journal.id().clone(), step.to_string());
            Err(RunError::Step { id, step, done, unsure, source: Box::new(source) })
        }
    }
}

/// Adds to the journal while its steps are carried out.
fn note(writer: &mut Writer, journal: &Journal, record: &Record) -> Result<(), RunError> {
    let id = journal.id().clone();
    writer.add(record).map_err(|source| RunError::Unwritten { id, source })
}

/// Compares what is left of a journal with what is there, as if it were done step by step.
fn check(
    journal: &Journal,
    from: usize,
    state: &State,
    conflicts: Conflicts,
) -> Result<(), RunError> {
    let mut state = state.clone();
    let mut differences = Vec::new();
    for planned in journal.header.steps.iter().skip(from) {
        let found = fact(&planned.step, &state);
        if found != planned.before && found != planned.after {
            differences.push(Difference {
                step: planned.step.to_string(),
                expected: planned.before.clone(),
                found,
                by: Vec::new(),
            });
        }
        simulate(&planned.step, &mut state);
    }
    if differences.is_empty() || conflicts == Conflicts::Override {
        return Ok(());
    }
    Err(conflict(journal, differences, &[]))
}

fn known_versions(step: &Step, state: &State) -> std::collections::BTreeSet<VersionId> {
    let mut scope = Scope::default();
    scope.add(step);
    let policies = scope.policies.iter().filter_map(|arn| state.policies.get(arn));
    policies.flat_map(|policy| policy.versions.keys().copied()).collect()
}

fn journal_for(folder: &Folder, occasion: &Occasion, id: &str) -> Result<Journal, RunError> {
    let journal = folder.journal(id)?;
    let theirs = &journal.header.occasion;
    if is_same_place(theirs, occasion) {
        return Ok(journal);
    }
    let (account, endpoint) = (theirs.account.id.clone(), theirs.endpoint.clone());
    Err(RunError::Elsewhere { id: journal.header.id, account, endpoint })
}

fn is_same_place(one: &Occasion, other: &Occasion) -> bool {
    one.account == other.account && one.endpoint == other.endpoint
}

fn unread(error: ApiError) -> RunError {
    RunError::Read(Box::new(error))
}

fn at(endpoint: Option<&str>) -> String {
    endpoint.map(|endpoint| format!(" at `{endpoint}`")).unwrap_or_default()
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "to {}: expected {}, found {}", self.step, self.expected, self.found)
    }
}
