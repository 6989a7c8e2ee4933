//! The way back of a step.

use super::{Step, Version};
use crate::account::name_of;
use crate::principal::Principal;
use crate::state::{State, Tagged, Tags};
use crate::text::PolicyText;

/// The steps that bring back what the step will change, read from the state before it.
///
/// Numbers of versions cannot be had back: a deleted version comes back under a new one.
pub(crate) fn undo(step: &Step, before: &State) -> Vec<Step> {
    match step {
        Step::CreateProvider { arn, .. } => vec![Step::DeleteProvider { arn: arn.clone() }],
        Step::DeleteProvider { arn } => provider_again(arn, before),
        Step::AddClientId { arn, client_id } => {
            vec![Step::RemoveClientId { arn: arn.clone(), client_id: client_id.clone() }]
        }
        Step::RemoveClientId { arn, client_id } => {
            vec![Step::AddClientId { arn: arn.clone(), client_id: client_id.clone() }]
        }
        Step::CreatePolicy { arn, .. } => vec![Step::DeletePolicy { arn: arn.clone() }],
        Step::DeletePolicy { arn } => policy_again(arn, before),
        Step::CreateVersion { arn, document } => {
            let mut steps = default_again(arn, before);
            steps.push(made_away(arn, document));
            steps
        }
        Step::RestoreVersion { arn, document } => vec![made_away(arn, document)],
        Step::DeleteVersion { arn, version, .. } => {
            let Version::Numbered(id) = version else { return Vec::new() };
            let policy = before.policies.get(arn);
            let document = policy.and_then(|policy| policy.versions.get(id)).cloned();
            let again = |document| Step::RestoreVersion { arn: arn.clone(), document };
            document.map(again).into_iter().collect()
        }
        Step::SetDefault { arn, .. } => default_again(arn, before),
        Step::Tag { on, tags } => tags_again(on, tags.keys(), before),
        Step::Untag { on, keys } => tags_again(on, keys.iter(), before),
        Step::CreateRole { name, .. } => vec![Step::DeleteRole { name: name.clone() }],
        Step::DeleteRole { name } => role_again(name, before),
        Step::UpdateTrust { role, .. } => {
            let held = before.principals.get(&Principal::role(role));
            let trust = held.and_then(|held| held.role.as_ref()).map(|held| held.trust.clone());
            let again = |trust| Step::UpdateTrust { role: role.clone(), trust };
            trust.map(again).into_iter().collect()
        }
        Step::UpdateRole { role, .. } => {
            let held = before.principals.get(&Principal::role(role));
            let again = held.and_then(|held| held.role.as_ref()).map(|held| Step::UpdateRole {
                role: role.clone(),
                description: held.description.clone(),
                max_session: held.max_session,
            });
            again.into_iter().collect()
        }
        Step::PutBoundary { principal, .. } | Step::DeleteBoundary { principal } => {
            let held = before.principals.get(principal);
            let again = match held.and_then(|held| held.boundary.clone()) {
                Some(policy) => Step::PutBoundary { principal: principal.clone(), policy },
                None => Step::DeleteBoundary { principal: principal.clone() },
            };
            vec![again]
        }
        Step::Attach { principal, policy } => {
            vec![Step::Detach { principal: principal.clone(), policy: policy.clone() }]
        }
        Step::Detach { principal, policy } => {
            vec![Step::Attach { principal: principal.clone(), policy: policy.clone() }]
        }
        Step::PutInline { principal, name, .. } | Step::DeleteInline { principal, name } => {
            let (principal, name) = (principal.clone(), name.clone());
            let held = before.principals.get(&principal);
            let again = match held.and_then(|held| held.inline.get(&name)).cloned() {
                Some(document) => Step::PutInline { principal, name, document },
                None => Step::DeleteInline { principal, name },
            };
            vec![again]
        }
    }
}

fn provider_again(arn: &str, before: &State) -> Vec<Step> {
    let again = before.providers.get(arn).map(|provider| Step::CreateProvider {
        arn: arn.to_owned(),
        url: format!("https://{}", provider.url),
        client_ids: provider.client_ids.clone(),
        thumbprints: provider.thumbprints.clone(),
        tags: provider.tags.clone(),
    });
    again.into_iter().collect()
}

fn policy_again(arn: &str, before: &State) -> Vec<Step> {
    let Some(policy) = before.policies.get(arn) else { return Vec::new() };
    let again = policy.document().map(|document| Step::CreatePolicy {
        arn: arn.to_owned(),
        name: name_of(arn).to_owned(),
        path: path_of(arn),
        description: policy.description.clone(),
        document: document.clone(),
        tags: policy.tags.clone(),
    });
    again.into_iter().collect()
}

fn default_again(arn: &str, before: &State) -> Vec<Step> {
    let again = before.policies.get(arn).map(|policy| Step::SetDefault {
        arn: arn.to_owned(),
        version: Version::Numbered(policy.default),
        document: policy.document().cloned(),
    });
    again.into_iter().collect()
}

fn made_away(arn: &str, document: &PolicyText) -> Step {
    let document = Some(document.clone());
    Step::DeleteVersion { arn: arn.to_owned(), version: Version::Made, document }
}

fn role_again(name: &str, before: &State) -> Vec<Step> {
    let Some(held) = before.principals.get(&Principal::role(name)) else { return Vec::new() };
    let again = held.role.as_ref().map(|role| Step::CreateRole {
        name: name.to_owned(),
        arn: held.arn.clone(),
        path: role.path.clone(),
        trust: role.trust.clone(),
        description: role.description.clone(),
        max_session: role.max_session,
        boundary: held.boundary.clone(),
        tags: held.tags.clone(),
    });
    again.into_iter().collect()
}

/// Writes the tags that were there and removes those that were not.
fn tags_again<'k>(
    on: &Tagged,
    keys: impl Iterator<Item = &'k String>,
    before: &State,
) -> Vec<Step> {
    let present = before.tags(on);
    let mut tags = Tags::new();
    let mut new = std::collections::BTreeSet::new();
    for key in keys {
        match present.and_then(|present| present.get(key)) {
            Some(value) => drop(tags.insert(key.clone(), value.clone())),
            None => drop(new.insert(key.clone())),
        }
    }
    let mut steps = Vec::new();
    if !tags.is_empty() {
        steps.push(Step::Tag { on: on.clone(), tags });
    }
    if !new.is_empty() {
        steps.push(Step::Untag { on: on.clone(), keys: new });
    }
    steps
}

/// The path in the ARN of a policy: `/a/b/` of `arn:aws:iam::1:policy/a/b/name`.
fn path_of(arn: &str) -> String {
    let resource = arn.splitn(6, ':').nth(5).unwrap_or_default();
    let after_kind = resource.find('/').and_then(|slash| resource.get(slash..));
    let path = after_kind.and_then(|rest| rest.rfind('/').and_then(|slash| rest.get(..=slash)));
    path.unwrap_or("/").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn path_lies_between_kind_and_name() {
        assert_eq!(path_of("arn:aws:iam::111122223333:policy/a/b/name"), "/a/b/");
        assert_eq!(path_of("arn:aws:iam::111122223333:policy/name"), "/");
    }
}
