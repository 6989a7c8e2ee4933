//! Writing to IAM, which throttles, loses answers, and shows a change only a moment later.
//!
//! A call is only repeated when it is known not to have been carried out: that there is one version more than wanted is worse
//! than an error.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::client::Iam;
use crate::error::{ApiError, Cause};
use crate::read::refresh;
use crate::state::{Scope, State, VersionId};
use crate::step::{Step, fact, made_version, simulate};
use crate::time::Time;

/// How often a call is tried.
const TRIES: u32 = 10;

/// How often IAM is asked whether a change is visible.
pub(crate) const LOOKS: u32 = 8;

const SHORTEST: Duration = Duration::from_millis(200);
const LONGEST: Duration = Duration::from_secs(10);

/// A step that was carried out.
#[derive(Debug)]
pub(crate) struct Written {
    /// The version that it made.
    pub(crate) made: Option<VersionId>,
    /// Whether IAM shows the change; if not, the state is what it should show.
    pub(crate) visible: bool,
}

/// A step that was not carried out, as far as one knows.
#[derive(Debug)]
pub(crate) struct Unwritten {
    /// What stopped it.
    pub(crate) error: ApiError,
    /// Whether it may have been carried out all the same: an answer was lost, this time or before.
    pub(crate) unsure: bool,
}

/// Carries a step out and waits until it shows. The state is brought up to date.
pub(crate) async fn write<I: Iam, T: Time>(
    iam: &I,
    time: &T,
    step: &Step,
    known: &BTreeSet<VersionId>,
    state: &mut State,
) -> Result<Written, Unwritten> {
    let before = fact(step, state);
    let mut expected = state.clone();
    simulate(step, &mut expected);
    let mut unsure = false;
    let mut attempt = 0;
    let made = loop {
        let error = match iam.write(step).await {
            Ok(made) => break made,
            Err(error) => error,
        };
        attempt += 1;
        unsure |= error.is_ambiguous();
        let may_be_done =
            unsure || matches!(error.cause, Cause::AlreadyExists | Cause::NoSuchEntity);
        if may_be_done {
            let looks = if unsure { looks_before_repeating(step) } else { 1 };
            match happened(iam, time, step, known, state, &expected, looks).await {
                Ok(Some(made)) => break made,
                Ok(None) => {}
                Err(error) => return Err(Unwritten { error, unsure }),
            }
        }
        // Who holds the name is only known when it shows: until then it may be what was just made.
        let is_taken = error.cause == Cause::AlreadyExists && !fact(step, state).is_null();
        if attempt >= TRIES || is_taken || !is_worth_trying_again(&error, step, attempt) {
            return Err(Unwritten { error, unsure });
        }
        time.sleep(pause(attempt, time.random())).await;
    };
    let visible = wait_until_visible(iam, time, step, made, state, &expected).await;
    if !visible && fact(step, state) == before {
        // IAM has accepted it: what it still shows is the past.
        *state = expected;
        if let Some(made) = made {
            renumber(step, made, state);
        }
    }
    Ok(Written { made, visible })
}

/// Whether a step that may have been carried out was; `Some` with the version that it made. Asks up to `looks` times.
pub(crate) async fn happened<I: Iam, T: Time>(
    iam: &I,
    time: &T,
    step: &Step,
    known: &BTreeSet<VersionId>,
    state: &mut State,
    expected: &State,
    looks: u32,
) -> Result<Option<Option<VersionId>>, ApiError> {
    for look in 0..looks.max(1) {
        if look > 0 {
            time.sleep(pause(look, time.random())).await;
        }
        refresh(iam, &scope_of(step), state).await?;
        if makes_version(step) {
            if let Some(made) = made_version(step, known, state) {
                return Ok(Some(Some(made)));
            }
        } else if fact(step, state) == fact(step, expected) {
            return Ok(Some(None));
        }
    }
    Ok(None)
}

/// How often to ask whether a step was carried out by a program that died, before it is carried out: most steps can be
/// repeated without harm.
pub(crate) fn looks_before_repeating(step: &Step) -> u32 {
    if makes_version(step) { LOOKS } else { 1 }
}

async fn wait_until_visible<I: Iam, T: Time>(
    iam: &I,
    time: &T,
    step: &Step,
    made: Option<VersionId>,
    state: &mut State,
    expected: &State,
) -> bool {
    for look in 0..LOOKS {
        if look > 0 {
            time.sleep(pause(look, time.random())).await;
        }
        match refresh(iam, &scope_of(step), state).await {
            Ok(()) => {}
            // The change is made: that it cannot be looked at just now is no reason to stop.
            Err(error) if is_passing(&error) => continue,
            Err(_) => return false,
        }
        let is_there = match (step, made) {
            (Step::CreateVersion { arn, .. }, Some(made)) => {
                state.policies.get(arn).is_some_and(|policy| policy.default == made)
            }
            (Step::RestoreVersion { arn, .. }, Some(made)) => {
                state.policies.get(arn).is_some_and(|policy| policy.versions.contains_key(&made))
            }
            _ => fact(step, state) == fact(step, expected),
        };
        if is_there {
            return true;
        }
    }
    false
}

/// Gives the version that a simulated step made the number that IAM gave it.
fn renumber(step: &Step, made: VersionId, state: &mut State) {
    let (Step::CreateVersion { arn, document } | Step::RestoreVersion { arn, document }) = step
    else {
        return;
    };
    let Some(policy) = state.policies.get_mut(arn) else { return };
    let Some((guess, _)) = policy.versions.pop_last() else { return };
    policy.versions.insert(made, document.clone());
    if policy.default == guess {
        policy.default = made;
    }
}

fn makes_version(step: &Step) -> bool {
    matches!(step, Step::CreateVersion { .. } | Step::RestoreVersion { .. })
}

fn scope_of(step: &Step) -> Scope {
    let mut scope = Scope::default();
    scope.add(step);
    scope
}

fn is_passing(error: &ApiError) -> bool {
    error.is_ambiguous() || matches!(error.cause, Cause::Throttled | Cause::BeingChanged)
}

/// Whether the same call can succeed in a moment.
fn is_worth_trying_again(error: &ApiError, step: &Step, attempt: u32) -> bool {
    if is_passing(error) {
        return true;
    }
    if attempt >= LOOKS {
        return false;
    }
    match error.cause {
        // What the step names was there when it was planned, or a step before has made it.
        Cause::NoSuchEntity | Cause::AlreadyExists => true,
        // A role is not known at once where policies are checked, nor is a provider.
        Cause::MalformedPolicy => error.message.contains("rincipal"),
        // What an earlier step took away still counts for a moment.
        Cause::DeleteConflict => matches!(
            step,
            Step::DeletePolicy { .. } | Step::DeleteRole { .. } | Step::DeleteVersion { .. }
        ),
        Cause::LimitExceeded => makes_version(step) || matches!(step, Step::Attach { .. }),
        _ => false,
    }
}

/// A pause that doubles each time, between half and all of it by chance, so that two programs do not stay in step.
pub(crate) fn pause(attempt: u32, random: u64) -> Duration {
    let longest = SHORTEST.saturating_mul(1 << attempt.min(16)).min(LONGEST);
    let half = longest / 2;
    let share = u32::try_from(random % 1000).unwrap_or_default();
    half + half * share / 1000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_ten_seconds() {
        let least: Vec<u128> = (1..9).map(|attempt| pause(attempt, 0).as_millis()).collect();
        assert_eq!(least, [200, 400, 800, 1600, 3200, 5000, 5000, 5000]);
        let most: Vec<u128> = (1..9).map(|attempt| pause(attempt, 999).as_millis()).collect();
        assert_eq!(most, [399, 799, 1599, 3198, 6396, 9995, 9995, 9995]);
    }
}
