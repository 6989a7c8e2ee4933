//! From what is wanted and what is there to the steps between.

mod build;
mod problems;

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::desired::{APPLY_TAG, Desired, SET_TAG};
use crate::quotas::Quotas;
use crate::state::{Scope, State};
use crate::step::{self, Step};

pub use problems::Problem;

/// The steps from what is there to what is wanted; none if it is there already.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// The steps, in the order in which they are done.
    pub steps: Vec<Planned>,
    /// What one should know before agreeing.
    pub notes: Vec<Note>,
}

/// A step with its way back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Planned {
    /// What is done.
    pub step: Step,
    /// What undoes it, in this order; of a rollback's steps, nothing.
    pub undo: Vec<Step>,
    /// What the step touches, before it; null for what does not exist.
    pub before: Value,
    /// What the step touches, after it.
    pub after: Value,
}

/// Something that one should know before agreeing to a plan.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Note(pub String);

impl Plan {
    /// Whether nothing is to be done.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// What must be known of IAM to carry the plan out.
    pub fn scope(&self) -> Scope {
        let mut scope = Scope::default();
        for planned in &self.steps {
            scope.add(&planned.step);
        }
        scope
    }
}

/// Plans the way from the state to what is wanted.
///
/// # Errors
///
/// All [`Problem`]s for which the plan would fail or do what nobody asked for; then nothing is planned.
pub fn plan(desired: &Desired, state: &State, quotas: &Quotas) -> Result<Plan, Vec<Problem>> {
    let mut problems = problems::find(desired, state, quotas);
    problems.sort();
    problems.dedup();
    if !problems.is_empty() {
        return Err(problems);
    }
    Ok(build::build(desired, state, quotas))
}

/// Whether the policy belongs to the wanted set, before or after the plan.
fn is_of_set(arn: &str, desired: &Desired, state: &State) -> bool {
    let Some(set) = &desired.set else { return false };
    let tags = state.policies.get(arn).map(|policy| &policy.tags);
    desired.policies.iter().any(|policy| desired.arn(policy) == arn)
        || tags.is_some_and(|tags| tags.contains_key(APPLY_TAG) && tags.get(SET_TAG) == Some(set))
}

/// Each step with its way back and its facts, when all are done one after the other from this state.
pub(crate) fn with_way_back(steps: Vec<Step>, state: &State) -> Vec<Planned> {
    let mut state = state.clone();
    let planned = steps.into_iter().map(|step| {
        let undo = step::undo(&step, &state);
        let before = step::fact(&step, &state);
        step::simulate(&step, &mut state);
        let after = step::fact(&step, &state);
        Planned { step, undo, before, after }
    });
    planned.collect()
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
