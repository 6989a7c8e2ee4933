//! What IAM does with a call, and what it refuses.

use std::collections::BTreeSet;

use super::{Store, error};
use crate::account::{is_aws_managed, name_of};
use crate::error::{ApiError, Cause};
use crate::principal::{Kind, Principal};
use crate::quotas::Quotas;
use crate::state::{
    PolicyState, PrincipalState, ProviderState, RoleState, Tagged, Tags, VersionId,
};
use crate::step::{Step, Version};

const QUOTAS: Quotas = Quotas::DEFAULT;

/// Changes the store. What was just made is not found by those who look at what shows.
pub(super) fn write(
    step: &Step,
    store: &mut Store,
    seen: &Store,
) -> Result<Option<VersionId>, ApiError> {
    let fail = |cause, message: &str| Err(error(step.action(), cause, message));
    let missing = || error(step.action(), Cause::NoSuchEntity, "it does not exist");
    match step {
        Step::CreateProvider { arn, url, client_ids, thumbprints, tags } => {
            if store.held.providers.contains_key(arn) {
                return fail(Cause::AlreadyExists, "there is a provider with this URL");
            }
            let provider = ProviderState {
                url: url.trim_start_matches("https://").to_owned(),
                client_ids: client_ids.clone(),
                thumbprints: thumbprints.clone(),
                tags: tags.clone(),
            };
            store.held.providers.insert(arn.clone(), provider);
        }
        // To delete a provider that is not there is a success.
        Step::DeleteProvider { arn } => drop(store.held.providers.remove(arn)),
        Step::AddClientId { arn, client_id } => {
            let provider = store.held.providers.get_mut(arn).ok_or_else(missing)?;
            provider.client_ids.insert(client_id.clone());
        }
        Step::RemoveClientId { arn, client_id } => {
            let provider = store.held.providers.get_mut(arn).ok_or_else(missing)?;
            provider.client_ids.remove(client_id);
        }
        Step::CreatePolicy { arn, name, description, document, tags, .. } => {
            let mut names = store.held.policies.keys().map(|arn| name_of(arn));
            if names.any(|taken| taken.eq_ignore_ascii_case(name)) {
                return fail(Cause::AlreadyExists, "the name is taken");
            }
            if document.size() > QUOTAS.policy_size || tags.len() > 50 {
                return fail(Cause::LimitExceeded, "it is too large");
            }
            let first = VersionId(1);
            let policy = PolicyState {
                description: description.clone(),
                tags: tags.clone(),
                default: first,
                versions: [(first, document.clone())].into(),
                holders: BTreeSet::new(),
            };
            store.held.policies.insert(arn.clone(), policy);
            store.next.insert(arn.clone(), 2);
        }
        Step::DeletePolicy { arn } => {
            let policy = store.held.policies.get(arn).ok_or_else(missing)?;
            let shows = seen.held.policies.get(arn).unwrap_or(policy);
            for policy in [policy, shows] {
                if policy.versions.len() > 1 || !policy.holders.is_empty() {
                    return fail(Cause::DeleteConflict, "it has versions or holders");
                }
            }
            store.held.policies.remove(arn);
            store.next.remove(arn);
        }
        Step::CreateVersion { arn, document } | Step::RestoreVersion { arn, document } => {
            let shows = seen.held.policies.get(arn).ok_or_else(missing)?;
            let policy = store.held.policies.get_mut(arn).ok_or_else(missing)?;
            if policy.versions.len().max(shows.versions.len()) >= QUOTAS.versions {
                return fail(Cause::LimitExceeded, "it has five versions");
            }
            if document.size() > QUOTAS.policy_size {
                return fail(Cause::LimitExceeded, "it is too large");
            }
            let next = store.next.entry(arn.clone()).or_insert(1);
            let id = VersionId(*next);
            *next += 1;
            policy.versions.insert(id, document.clone());
            if matches!(step, Step::CreateVersion { .. }) {
                policy.default = id;
            }
            return Ok(Some(id));
        }
        Step::DeleteVersion { arn, version, .. } => {
            let policy = store.held.policies.get_mut(arn).ok_or_else(missing)?;
            let id = numbered(*version).ok_or_else(missing)?;
            if id == policy.default {
                return fail(Cause::DeleteConflict, "it is in force");
            }
            policy.versions.remove(&id).ok_or_else(missing)?;
        }
        Step::SetDefault { arn, version, .. } => {
            let policy = store.held.policies.get_mut(arn).ok_or_else(missing)?;
            let id = numbered(*version).ok_or_else(missing)?;
            if !policy.versions.contains_key(&id) {
                return Err(missing());
            }
            policy.default = id;
        }
        Step::Tag { on, tags } => {
            let present = tags_of(on, store).ok_or_else(missing)?;
            present.extend(tags.clone());
            if present.len() > 50 {
                return fail(Cause::LimitExceeded, "it has more than 50 tags");
            }
        }
        Step::Untag { on, keys } => {
            tags_of(on, store).ok_or_else(missing)?.retain(|key, _| !keys.contains(key));
        }
        Step::CreateRole { name, arn, path, trust, description, max_session, boundary, tags } => {
            let mut taken = store.held.principals.keys();
            if taken.any(|p| p.kind == Kind::Role && p.name.eq_ignore_ascii_case(name)) {
                return fail(Cause::AlreadyExists, "the name is taken");
            }
            if let Some(boundary) = boundary {
                known(boundary, seen).ok_or_else(missing)?;
            }
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
            store.held.principals.insert(Principal::role(name), held);
        }
        Step::DeleteRole { name } => {
            let role = Principal::role(name);
            let held = store.held.principals.get(&role).ok_or_else(missing)?;
            let shows = seen.held.principals.get(&role).unwrap_or(held);
            for held in [held, shows] {
                if !held.attached.is_empty() || !held.inline.is_empty() {
                    return fail(Cause::DeleteConflict, "it holds policies");
                }
            }
            store.held.principals.remove(&role);
        }
        Step::UpdateTrust { role, trust } => {
            role_of(role, store).ok_or_else(missing)?.trust = trust.clone();
        }
        Step::UpdateRole { role, description, max_session } => {
            let role = role_of(role, store).ok_or_else(missing)?;
            role.description.clone_from(description);
            role.max_session = *max_session;
        }
        Step::PutBoundary { principal, policy } => {
            known(policy, seen).ok_or_else(missing)?;
            let held = store.held.principals.get_mut(principal).ok_or_else(missing)?;
            held.boundary = Some(policy.clone());
        }
        Step::DeleteBoundary { principal } => {
            let held = store.held.principals.get_mut(principal).ok_or_else(missing)?;
            held.boundary.take().ok_or_else(missing)?;
        }
        Step::Attach { principal, policy } => {
            known(policy, seen).ok_or_else(missing)?;
            let shows = seen.held.principals.get(principal).ok_or_else(missing)?.attached.len();
            let held = store.held.principals.get_mut(principal).ok_or_else(missing)?;
            let is_new = !held.attached.contains(policy);
            if is_new && held.attached.len().max(shows) >= QUOTAS.attached(principal.kind) {
                return fail(Cause::LimitExceeded, "it has ten policies");
            }
            held.attached.insert(policy.clone());
        }
        Step::Detach { principal, policy } => {
            let held = store.held.principals.get_mut(principal).ok_or_else(missing)?;
            if !held.attached.remove(policy) {
                return Err(missing());
            }
        }
        Step::PutInline { principal, name, document } => {
            seen.held.principals.get(principal).ok_or_else(missing)?;
            let held = store.held.principals.get_mut(principal).ok_or_else(missing)?;
            held.inline.insert(name.clone(), document.clone());
            let size: usize = held.inline.values().map(crate::text::PolicyText::size).sum();
            if size > QUOTAS.inline_size(principal.kind) {
                return fail(Cause::LimitExceeded, "its inline policies are too large");
            }
        }
        Step::DeleteInline { principal, name } => {
            let held = store.held.principals.get_mut(principal).ok_or_else(missing)?;
            held.inline.remove(name).ok_or_else(missing)?;
        }
    }
    list_holders(store);
    Ok(None)
}

/// Whether the policy shows.
fn known(policy: &str, seen: &Store) -> Option<()> {
    let is_there = if is_aws_managed(policy) {
        seen.aws.contains_key(policy)
    } else {
        seen.held.policies.contains_key(policy)
    };
    is_there.then_some(())
}

/// The holders of a policy are those who hold it.
fn list_holders(store: &mut Store) {
    let principals = &store.held.principals;
    for (arn, policy) in &mut store.held.policies {
        let holders = principals
            .iter()
            .filter(|(_, held)| held.attached.contains(arn) || held.boundary.as_ref() == Some(arn));
        policy.holders = holders.map(|(principal, _)| principal.clone()).collect();
    }
}

fn tags_of<'s>(on: &Tagged, store: &'s mut Store) -> Option<&'s mut Tags> {
    match on {
        Tagged::Policy(arn) => Some(&mut store.held.policies.get_mut(arn)?.tags),
        Tagged::Role(name) => {
            Some(&mut store.held.principals.get_mut(&Principal::role(name))?.tags)
        }
        Tagged::Provider(arn) => Some(&mut store.held.providers.get_mut(arn)?.tags),
    }
}

fn role_of<'s>(name: &str, store: &'s mut Store) -> Option<&'s mut RoleState> {
    store.held.principals.get_mut(&Principal::role(name))?.role.as_mut()
}

fn numbered(version: Version) -> Option<VersionId> {
    match version {
        Version::Numbered(id) => Some(id),
        Version::Made => None,
    }
}
