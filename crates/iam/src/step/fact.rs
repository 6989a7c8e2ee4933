//! What a step touches, as one value.
//!
//! The fact before and after a step decides everything on the way back and after an interruption: a step whose fact is as it
//! was before is still to be done, one whose fact is as it will be after is done, and anything else was changed by somebody.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{Step, Version};
use crate::desired::APPLY_TAG;
use crate::principal::Principal;
use crate::state::{State, Tagged, Tags, VersionId};
use crate::text::PolicyText;

/// What the step touches, as the state has it; null for what does not exist.
pub(crate) fn fact(step: &Step, state: &State) -> Value {
    match step {
        Step::CreateProvider { arn, .. } | Step::DeleteProvider { arn } => provider(arn, state),
        Step::AddClientId { arn, client_id } | Step::RemoveClientId { arn, client_id } => {
            let provider = state.providers.get(arn);
            json!(provider.is_some_and(|provider| provider.client_ids.contains(client_id)))
        }
        Step::CreatePolicy { arn, .. } | Step::DeletePolicy { arn } => policy(arn, state),
        Step::CreateVersion { arn, .. } | Step::SetDefault { arn, .. } => {
            let document = state.policies.get(arn).and_then(|policy| policy.document());
            json!({ "in force": document.map(PolicyText::meaning) })
        }
        Step::RestoreVersion { arn, document } => {
            let policy = state.policies.get(arn);
            let count = policy.map(|policy| {
                policy
                    .versions
                    .iter()
                    .filter(|(id, kept)| **id != policy.default && *kept == document)
                    .count()
            });
            json!({ "versions with this document": count })
        }
        Step::DeleteVersion { arn, version, .. } => match version {
            Version::Numbered(id) => {
                let versions = state.policies.get(arn).map(|policy| &policy.versions);
                json!(versions.and_then(|versions| versions.get(id)).map(PolicyText::meaning))
            }
            Version::Made => Value::Null,
        },
        Step::Tag { on, tags } => tag_values(on, tags.keys(), state),
        Step::Untag { on, keys } => tag_values(on, keys.iter(), state),
        Step::CreateRole { name, .. } | Step::DeleteRole { name } => role(name, state),
        Step::UpdateTrust { role, .. } => {
            let role = state.principals.get(&Principal::role(role));
            json!(role.and_then(|role| role.role.as_ref()).map(|role| role.trust.meaning()))
        }
        Step::UpdateRole { role, .. } => {
            let role = state.principals.get(&Principal::role(role));
            let role = role.and_then(|role| role.role.as_ref());
            json!(role.map(|role| json!({
                "description": role.description,
                "max session": role.max_session,
            })))
        }
        Step::PutBoundary { principal, .. } | Step::DeleteBoundary { principal } => {
            json!(state.principals.get(principal).and_then(|held| held.boundary.as_ref()))
        }
        Step::Attach { principal, policy } | Step::Detach { principal, policy } => {
            let held = state.principals.get(principal);
            json!(held.is_some_and(|held| held.attached.contains(policy)))
        }
        Step::PutInline { principal, name, .. } | Step::DeleteInline { principal, name } => {
            let held = state.principals.get(principal);
            json!(held.and_then(|held| held.inline.get(name)).map(PolicyText::meaning))
        }
    }
}

/// The version that the step made, if it is there: the one with the step's document that was not known before.
pub(crate) fn made_version(
    step: &Step,
    known: &BTreeSet<VersionId>,
    state: &State,
) -> Option<VersionId> {
    let (Step::CreateVersion { arn, document } | Step::RestoreVersion { arn, document }) = step
    else {
        return None;
    };
    let versions = &state.policies.get(arn)?.versions;
    let made = versions.iter().filter(|(id, kept)| !known.contains(id) && *kept == document);
    made.map(|(id, _)| *id).next_back()
}

fn provider(arn: &str, state: &State) -> Value {
    json!(state.providers.get(arn).map(|provider| json!({
        "url": provider.url,
        "audiences": provider.client_ids,
        "thumbprints": provider.thumbprints,
        "apply": maker(&provider.tags),
    })))
}

fn policy(arn: &str, state: &State) -> Value {
    json!(state.policies.get(arn).map(|policy| json!({
        "in force": policy.document().map(PolicyText::meaning),
        "versions": policy.versions.len(),
        "held by": policy.holders,
        "apply": maker(&policy.tags),
    })))
}

fn role(name: &str, state: &State) -> Value {
    json!(state.principals.get(&Principal::role(name)).map(|role| json!({
        "attached": role.attached,
        "inline": role.inline.keys().collect::<Vec<_>>(),
        "trust": role.role.as_ref().map(|role| role.trust.meaning()),
        "apply": maker(&role.tags),
    })))
}

fn maker(tags: &Tags) -> Option<&String> {
    tags.get(APPLY_TAG)
}

fn tag_values<'k>(on: &Tagged, keys: impl Iterator<Item = &'k String>, state: &State) -> Value {
    let tags = state.tags(on);
    let values = keys.map(|key| (key.clone(), json!(tags.and_then(|tags| tags.get(key)))));
    Value::Object(values.collect())
}
