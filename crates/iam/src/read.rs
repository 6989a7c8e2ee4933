//! From IAM to a [`State`].

use crate::account::{is_aws_managed, name_of};
use crate::client::Iam;
use crate::desired::SET_TAG;
use crate::error::ApiError;
use crate::principal::Principal;
use crate::state::{Scope, State, Tagged};
use crate::step::Step;

/// Reads all that the scope asks for.
///
/// # Errors
///
/// The first call that fails.
pub async fn read<I: Iam>(iam: &I, scope: &Scope) -> Result<State, ApiError> {
    let mut state = State::default();
    refresh(iam, scope, &mut state).await?;
    Ok(state)
}

/// Reads again what the scope asks for; the rest of the state stays as it is.
pub(crate) async fn refresh<I: Iam>(
    iam: &I,
    scope: &Scope,
    state: &mut State,
) -> Result<(), ApiError> {
    for principal in &scope.principals {
        match iam.principal(principal).await? {
            Some(held) => drop(state.principals.insert(principal.clone(), held)),
            None => drop(state.principals.remove(principal)),
        }
    }
    for arn in &scope.policies {
        read_policy(iam, arn, state).await?;
        state.taken.remove(arn);
        if !state.policies.contains_key(arn)
            && let Some(other) = iam.policy_named(name_of(arn)).await?
            && other != *arn
        {
            state.taken.insert(arn.clone(), other);
        }
    }
    for arn in &scope.mentioned {
        match iam.policy_tags(arn).await? {
            Some(_) => state.mentioned.insert(arn.clone()),
            None => state.mentioned.remove(arn),
        };
    }
    for arn in &scope.providers {
        match iam.provider(arn).await? {
            Some(provider) => drop(state.providers.insert(arn.clone(), provider)),
            None => drop(state.providers.remove(arn)),
        }
    }
    read_sets(iam, scope, state).await?;
    reconcile(state);
    Ok(())
}

async fn read_policy<I: Iam>(iam: &I, arn: &str, state: &mut State) -> Result<(), ApiError> {
    match iam.policy(arn).await? {
        Some(policy) => drop(state.policies.insert(arn.to_owned(), policy)),
        None => drop(state.policies.remove(arn)),
    }
    Ok(())
}

/// Reads the policies that are attached and belong to a wanted set.
async fn read_sets<I: Iam>(iam: &I, scope: &Scope, state: &mut State) -> Result<(), ApiError> {
    for (principal, set) in &scope.sets {
        let attached = state.principals.get(principal).map(|held| held.attached.clone());
        for arn in attached.unwrap_or_default() {
            if is_aws_managed(&arn) || state.policies.contains_key(&arn) {
                continue;
            }
            let tags = iam.policy_tags(&arn).await?.unwrap_or_default();
            if tags.get(SET_TAG) == Some(set) {
                read_policy(iam, &arn, state).await?;
            }
        }
    }
    Ok(())
}

/// What a principal says of itself is right when the list of a policy's holders says otherwise: the two are read at different
/// moments, and the list lags.
fn reconcile(state: &mut State) {
    for (arn, policy) in &mut state.policies {
        for (principal, held) in &state.principals {
            let holds = held.attached.contains(arn) || held.boundary.as_ref() == Some(arn);
            if holds {
                policy.holders.insert(principal.clone());
            } else {
                policy.holders.remove(principal);
            }
        }
    }
}

impl Scope {
    /// Adds what a step touches.
    pub(crate) fn add(&mut self, step: &Step) {
        match step {
            Step::CreateProvider { arn, .. }
            | Step::DeleteProvider { arn }
            | Step::AddClientId { arn, .. }
            | Step::RemoveClientId { arn, .. }
            | Step::Tag { on: Tagged::Provider(arn), .. }
            | Step::Untag { on: Tagged::Provider(arn), .. } => {
                self.providers.insert(arn.clone());
            }
            Step::CreatePolicy { arn, .. }
            | Step::DeletePolicy { arn }
            | Step::CreateVersion { arn, .. }
            | Step::RestoreVersion { arn, .. }
            | Step::DeleteVersion { arn, .. }
            | Step::SetDefault { arn, .. }
            | Step::Tag { on: Tagged::Policy(arn), .. }
            | Step::Untag { on: Tagged::Policy(arn), .. } => {
                self.policies.insert(arn.clone());
            }
            Step::CreateRole { name, .. }
            | Step::DeleteRole { name }
            | Step::UpdateTrust { role: name, .. }
            | Step::UpdateRole { role: name, .. }
            | Step::Tag { on: Tagged::Role(name), .. }
            | Step::Untag { on: Tagged::Role(name), .. } => {
                self.principals.insert(Principal::role(name));
            }
            Step::PutBoundary { principal, .. }
            | Step::DeleteBoundary { principal }
            | Step::Attach { principal, .. }
            | Step::Detach { principal, .. }
            | Step::PutInline { principal, .. }
            | Step::DeleteInline { principal, .. } => {
                self.principals.insert(principal.clone());
            }
        }
    }
}
