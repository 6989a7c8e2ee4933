//! The way back of an apply, from what is there now.

use std::collections::BTreeSet;

use super::{Conflicts, Difference};
use crate::desired::ApplyId;
use crate::journal::{Journal, Progress};
use crate::plan::{Planned, with_way_back};
use crate::principal::Principal;
use crate::state::{State, VersionId};
use crate::step::{Step, Version, fact, simulate, subject};
use crate::text::PolicyText;

/// The steps that take back what was done, last first. Steps that change nothing any more are left out.
///
/// `later` are our own applies since, oldest first: they are named where they changed what is to be taken back.
///
/// # Errors
///
/// Everything that was changed since, unless it is overridden.
pub fn way_back(
    journal: &Journal,
    later: &[Journal],
    live: &State,
    conflicts: Conflicts,
) -> Result<Vec<Planned>, Vec<Difference>> {
    let mut state = live.clone();
    let mut steps = Vec::new();
    let mut differences = Vec::new();
    // The policies that are made again.
    let mut again = BTreeSet::new();
    let done = journal.header.steps.iter().zip(&journal.progress).rev();
    for (planned, progress) in done {
        let Progress::Done { made, found } = progress else { continue };
        let after = found.as_ref().unwrap_or(&planned.after);
        let is = fact(&planned.step, &state);
        if is != *after && is != planned.before && !is_renumbered(&planned.step, &again) {
            differences.push(Difference {
                step: planned.step.to_string(),
                expected: after.clone(),
                found: is,
                by: changed_by(&planned.step, later),
            });
        }
        for step in &planned.undo {
            let Some(step) = fitted(step, *made, &state) else { continue };
            for step in cleared(&step, &state).into_iter().chain([step]) {
                let before = state.clone();
                simulate(&step, &mut state);
                if state != before {
                    if let Step::CreatePolicy { arn, .. } = &step {
                        again.insert(arn.clone());
                    }
                    steps.push(step);
                }
            }
        }
    }
    if !differences.is_empty() && conflicts == Conflicts::Refuse {
        return Err(differences);
    }
    let mut steps = with_way_back(steps, live);
    for planned in &mut steps {
        planned.undo.clear();
    }
    Ok(steps)
}

/// Those of these applies that changed what the step is about, last first.
fn changed_by(step: &Step, applies: &[Journal]) -> Vec<ApplyId> {
    let Some(subject) = subject(step) else { return Vec::new() };
    let changes = |apply: &&Journal| {
        let steps = apply.header.steps.iter().zip(&apply.progress);
        let mut done =
            steps.filter(|(_, progress)| !matches!(progress, Progress::Todo | Progress::Skipped));
        done.any(|(planned, _)| subject.is_changed_by(&planned.step))
    };
    applies.iter().rev().filter(changes).map(|apply| apply.id().clone()).collect()
}

/// Whether the step names a version of a policy that is made again: its numbers begin anew, and mean other versions.
fn is_renumbered(step: &Step, again: &BTreeSet<String>) -> bool {
    matches!(step, Step::DeleteVersion { arn, .. } if again.contains(arn))
}

/// The step with the number of the version that it is about; `None` if there is nothing for it to do.
fn fitted(step: &Step, made: Option<VersionId>, state: &State) -> Option<Step> {
    match step {
        Step::DeleteVersion { arn, version, document } => {
            let id = numbered(*version, made)?;
            let policy = state.policies.get(arn)?;
            let is_meant = |found: &PolicyText| Some(found) == document.as_ref();
            let id = match policy.versions.get(&id) {
                Some(found) if is_meant(found) => id,
                // A later apply deleted it, and its rollback brought it back under another number: no version had this
                // document before it was made.
                _ => {
                    let mut spare = policy.versions.iter().rev();
                    let found = |(id, found): &(&VersionId, &PolicyText)| {
                        **id != policy.default && is_meant(found)
                    };
                    *spare.find(found)?.0
                }
            };
            let document = document.clone();
            (policy.default != id).then(|| Step::DeleteVersion {
                arn: arn.clone(),
                version: Version::Numbered(id),
                document,
            })
        }
        Step::SetDefault { arn, version, document } => {
            let id = numbered(*version, made)?;
            let policy = state.policies.get(arn)?;
            if document.is_none() || policy.versions.get(&id) == document.as_ref() {
                return (policy.default != id).then(|| step.clone());
            }
            // Its number is gone: another version with the same document does, or a new one.
            let document = document.clone()?;
            let same = policy.versions.iter().rev().find(|(_, kept)| **kept == document);
            let arn = arn.clone();
            Some(match same {
                Some((id, _)) => Step::SetDefault {
                    arn,
                    version: Version::Numbered(*id),
                    document: Some(document),
                },
                None => Step::CreateVersion { arn, document },
            })
        }
        Step::RestoreVersion { arn, document } => {
            let policy = state.policies.get(arn)?;
            let spare: BTreeSet<_> =
                policy.versions.keys().filter(|id| **id != policy.default).collect();
            (spare.len() < MOST_SPARE)
                .then(|| Step::RestoreVersion { arn: arn.clone(), document: document.clone() })
        }
        other => (!is_in_use(other, state)).then(|| other.clone()),
    }
}

/// Whether somebody uses what the step deletes, so that IAM would refuse: it stays.
fn is_in_use(step: &Step, state: &State) -> bool {
    match step {
        Step::DeletePolicy { arn } => {
            state.policies.get(arn).is_some_and(|policy| !policy.holders.is_empty())
        }
        Step::DeleteRole { name } => {
            let role = state.principals.get(&Principal::role(name));
            role.is_some_and(|role| !role.attached.is_empty() || !role.inline.is_empty())
        }
        _ => false,
    }
}

/// What has to go before the step can be done: a policy is deleted when it has one version only.
fn cleared(step: &Step, state: &State) -> Vec<Step> {
    let Step::DeletePolicy { arn } = step else { return Vec::new() };
    let Some(policy) = state.policies.get(arn) else { return Vec::new() };
    let spare = policy.versions.iter().filter(|(id, _)| **id != policy.default);
    let delete = |(id, document): (&VersionId, &PolicyText)| Step::DeleteVersion {
        arn: arn.clone(),
        version: Version::Numbered(*id),
        document: Some(document.clone()),
    };
    spare.map(delete).collect()
}

/// IAM keeps five versions: one in force and four others.
const MOST_SPARE: usize = 4;

fn numbered(version: Version, made: Option<VersionId>) -> Option<VersionId> {
    match version {
        Version::Numbered(id) => Some(id),
        Version::Made => made,
    }
}
