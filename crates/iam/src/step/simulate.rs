//! What a step makes of a state, without IAM.

use std::collections::BTreeSet;

use super::{Step, Version};
use crate::principal::Principal;
use crate::state::{
    PolicyState, PrincipalState, ProviderState, RoleState, State, Tagged, Tags, VersionId,
};

/// Changes the state as the step would change IAM. What cannot be done changes nothing.
pub(crate) fn simulate(step: &Step, state: &mut State) {
    match step {
        Step::CreateProvider { arn, url, client_ids, thumbprints, tags } => {
            let url = url.strip_prefix("https://").unwrap_or(url).to_owned();
            let (client_ids, thumbprints) = (client_ids.clone(), thumbprints.clone());
            let provider = ProviderState { url, client_ids, thumbprints, tags: tags.clone() };
            state.providers.insert(arn.clone(), provider);
        }
        Step::DeleteProvider { arn } => {
            state.providers.remove(arn);
        }
        Step::AddClientId { arn, client_id } => {
            if let Some(provider) = state.providers.get_mut(arn) {
                provider.client_ids.insert(client_id.clone());
            }
        }
        Step::RemoveClientId { arn, client_id } => {
            if let Some(provider) = state.providers.get_mut(arn) {
                provider.client_ids.remove(client_id);
            }
        }
        Step::CreatePolicy { arn, description, document, tags, .. } => {
            let first = VersionId(1);
            let policy = PolicyState {
                description: description.clone(),
                tags: tags.clone(),
                default: first,
                versions: [(first, document.clone())].into(),
                holders: BTreeSet::new(),
            };
            state.policies.insert(arn.clone(), policy);
        }
        Step::DeletePolicy { arn } => {
            state.policies.remove(arn);
        }
        Step::CreateVersion { arn, document } => {
            if let Some(policy) = state.policies.get_mut(arn) {
                let id = next_version(policy);
                policy.versions.insert(id, document.clone());
                policy.default = id;
            }
        }
        Step::RestoreVersion { arn, document } => {
            if let Some(policy) = state.policies.get_mut(arn) {
                policy.versions.insert(next_version(policy), document.clone());
            }
        }
        Step::DeleteVersion { arn, version, .. } => {
            if let (Some(policy), Version::Numbered(id)) = (state.policies.get_mut(arn), version) {
                policy.versions.remove(id);
            }
        }
        Step::SetDefault { arn, version, .. } => {
            if let (Some(policy), Version::Numbered(id)) = (state.policies.get_mut(arn), version) {
                policy.default = *id;
            }
        }
        Step::Tag { on, tags } => {
            if let Some(present) = tags_mut(on, state) {
                present.extend(tags.clone());
            }
        }
        Step::Untag { on, keys } => {
            if let Some(present) = tags_mut(on, state) {
                present.retain(|key, _| !keys.contains(key));
            }
        }
        Step::CreateRole { name, arn, path, trust, description, max_session, boundary, tags } => {
            let role = RoleState {
                path: path.clone(),
                trust: trust.clone(),
                description: description.clone(),
                max_session: *max_session,
            };
            let held = PrincipalState {
                arn: arn.clone(),
                boundary: boundary.clone(),
                tags: tags.clone(),
                role: Some(role),
                ..PrincipalState::default()
            };
            let principal = Principal::role(name);
            hold(boundary.as_deref(), &principal, state);
            state.principals.insert(principal, held);
        }
        Step::DeleteRole { name } => {
            let principal = Principal::role(name);
            let boundary = state.principals.remove(&principal).and_then(|role| role.boundary);
            let_go(boundary.as_deref(), &principal, state);
        }
        Step::UpdateTrust { role, trust } => {
            if let Some(role) = role_mut(role, state) {
                role.trust = trust.clone();
            }
        }
        Step::UpdateRole { role, description, max_session } => {
            if let Some(role) = role_mut(role, state) {
                role.description.clone_from(description);
                role.max_session = *max_session;
            }
        }
        Step::PutBoundary { principal, policy } => set_boundary(principal, Some(policy), state),
        Step::DeleteBoundary { principal } => set_boundary(principal, None, state),
        Step::Attach { principal, policy } => {
            if let Some(held) = state.principals.get_mut(principal) {
                held.attached.insert(policy.clone());
                hold(Some(policy), principal, state);
            }
        }
        Step::Detach { principal, policy } => {
            if let Some(held) = state.principals.get_mut(principal) {
                held.attached.remove(policy);
                let_go(Some(policy), principal, state);
            }
        }
        Step::PutInline { principal, name, document } => {
            if let Some(held) = state.principals.get_mut(principal) {
                held.inline.insert(name.clone(), document.clone());
            }
        }
        Step::DeleteInline { principal, name } => {
            if let Some(held) = state.principals.get_mut(principal) {
                held.inline.remove(name);
            }
        }
    }
}

/// A number that no version has; IAM's own may be higher, if versions were deleted.
fn next_version(policy: &PolicyState) -> VersionId {
    let highest = policy.versions.keys().next_back().map_or(0, |id| id.0);
    VersionId(highest.saturating_add(1))
}

fn tags_mut<'s>(on: &Tagged, state: &'s mut State) -> Option<&'s mut Tags> {
    match on {
        Tagged::Policy(arn) => state.policies.get_mut(arn).map(|policy| &mut policy.tags),
        Tagged::Role(name) => {
            state.principals.get_mut(&Principal::role(name)).map(|role| &mut role.tags)
        }
        Tagged::Provider(arn) => state.providers.get_mut(arn).map(|provider| &mut provider.tags),
    }
}

fn role_mut<'s>(name: &str, state: &'s mut State) -> Option<&'s mut RoleState> {
    state.principals.get_mut(&Principal::role(name))?.role.as_mut()
}

fn set_boundary(principal: &Principal, policy: Option<&String>, state: &mut State) {
    let Some(held) = state.principals.get_mut(principal) else { return };
    let old = std::mem::replace(&mut held.boundary, policy.cloned());
    let_go(old.as_deref(), principal, state);
    hold(policy.map(String::as_str), principal, state);
}

fn hold(policy: Option<&str>, principal: &Principal, state: &mut State) {
    if let Some(policy) = policy.and_then(|arn| state.policies.get_mut(arn)) {
        policy.holders.insert(principal.clone());
    }
}

/// Takes the principal from the policy's holders, unless it holds the policy in the other way still.
fn let_go(policy: Option<&str>, principal: &Principal, state: &mut State) {
    let Some(arn) = policy else { return };
    let holds_still = state
        .principals
        .get(principal)
        .is_some_and(|held| held.attached.contains(arn) || held.boundary.as_deref() == Some(arn));
    if let (false, Some(policy)) = (holds_still, state.policies.get_mut(arn)) {
        policy.holders.remove(principal);
    }
}
