//! One step, one call.

use std::collections::BTreeSet;

use aws_sdk_iam::Client;
use aws_sdk_iam::types::Tag;

use super::version_id;
use crate::error::{ApiError, Cause};
use crate::principal::{Kind, Principal};
use crate::state::{Tagged, Tags, VersionId};
use crate::step::{Step, Version};

/// Sends a call and gives its answer, or our error.
macro_rules! send {
    ($step:expr, $call:expr) => {
        $call.send().await.map_err(|error| ApiError::from_sdk($step.action(), &error))?
    };
}

pub(super) async fn write(client: &Client, step: &Step) -> Result<Option<VersionId>, ApiError> {
    match step {
        Step::CreateProvider { url, client_ids, thumbprints, tags, .. } => {
            let call = client
                .create_open_id_connect_provider()
                .url(url)
                .set_client_id_list(Some(client_ids.iter().cloned().collect()))
                .set_tags(Some(sdk_tags(step, tags)?));
            let thumbprints: Vec<String> = thumbprints.iter().cloned().collect();
            let thumbprints = (!thumbprints.is_empty()).then_some(thumbprints);
            send!(step, call.set_thumbprint_list(thumbprints));
        }
        Step::DeleteProvider { arn } => {
            let call = client.delete_open_id_connect_provider();
            send!(step, call.open_id_connect_provider_arn(arn));
        }
        Step::AddClientId { arn, client_id } => {
            let call = client.add_client_id_to_open_id_connect_provider();
            send!(step, call.open_id_connect_provider_arn(arn).client_id(client_id));
        }
        Step::RemoveClientId { arn, client_id } => {
            let call = client.remove_client_id_from_open_id_connect_provider();
            send!(step, call.open_id_connect_provider_arn(arn).client_id(client_id));
        }
        Step::CreatePolicy { name, path, description, document, tags, .. } => {
            let call = client
                .create_policy()
                .policy_name(name)
                .path(path)
                .set_description(not_empty(description))
                .policy_document(document.as_str())
                .set_tags(Some(sdk_tags(step, tags)?));
            send!(step, call);
        }
        Step::DeletePolicy { arn } => {
            send!(step, client.delete_policy().policy_arn(arn));
        }
        Step::CreateVersion { arn, document } | Step::RestoreVersion { arn, document } => {
            let in_force = matches!(step, Step::CreateVersion { .. });
            let call = client
                .create_policy_version()
                .policy_arn(arn)
                .policy_document(document.as_str())
                .set_as_default(in_force);
            let made = send!(step, call).policy_version.and_then(|version| version.version_id);
            return version_id(step.action(), made.as_deref()).map(Some);
        }
        Step::DeleteVersion { arn, version, .. } => {
            let call = client.delete_policy_version().policy_arn(arn);
            send!(step, call.version_id(number(step, *version)?));
        }
        Step::SetDefault { arn, version, .. } => {
            let call = client.set_default_policy_version().policy_arn(arn);
            send!(step, call.version_id(number(step, *version)?));
        }
        Step::Tag { on, tags } => tag(client, step, on, tags).await?,
        Step::Untag { on, keys } => untag(client, step, on, keys).await?,
        Step::CreateRole {
            name, path, trust, description, max_session, boundary, tags, ..
        } => {
            let call = client
                .create_role()
                .role_name(name)
                .path(path)
                .assume_role_policy_document(trust.as_str())
                .set_description(not_empty(description))
                .max_session_duration(seconds(*max_session))
                .set_permissions_boundary(boundary.clone())
                .set_tags(Some(sdk_tags(step, tags)?));
            send!(step, call);
        }
        Step::DeleteRole { name } => {
            send!(step, client.delete_role().role_name(name));
        }
        Step::UpdateTrust { role, trust } => {
            let call = client.update_assume_role_policy().role_name(role);
            send!(step, call.policy_document(trust.as_str()));
        }
        Step::UpdateRole { role, description, max_session } => {
            let call = client.update_role().role_name(role).description(description);
            send!(step, call.max_session_duration(seconds(*max_session)));
        }
        Step::PutBoundary { principal, policy } => match principal.kind {
            Kind::User => {
                let call = client.put_user_permissions_boundary().user_name(&principal.name);
                send!(step, call.permissions_boundary(policy));
            }
            Kind::Role | Kind::Group => {
                let call = client.put_role_permissions_boundary().role_name(&principal.name);
                send!(step, call.permissions_boundary(policy));
            }
        },
        Step::DeleteBoundary { principal } => match principal.kind {
            Kind::User => {
                let call = client.delete_user_permissions_boundary();
                send!(step, call.user_name(&principal.name));
            }
            Kind::Role | Kind::Group => {
                let call = client.delete_role_permissions_boundary();
                send!(step, call.role_name(&principal.name));
            }
        },
        Step::Attach { principal, policy } => attach(client, step, principal, policy).await?,
        Step::Detach { principal, policy } => detach(client, step, principal, policy).await?,
        Step::PutInline { principal, name, document } => {
            put_inline(client, step, principal, name, document.as_str()).await?;
        }
        Step::DeleteInline { principal, name } => {
            delete_inline(client, step, principal, name).await?;
        }
    }
    Ok(None)
}

async fn tag(client: &Client, step: &Step, on: &Tagged, tags: &Tags) -> Result<(), ApiError> {
    let tags = Some(sdk_tags(step, tags)?);
    match on {
        Tagged::Policy(arn) => {
            send!(step, client.tag_policy().policy_arn(arn).set_tags(tags));
        }
        Tagged::Role(name) => {
            send!(step, client.tag_role().role_name(name).set_tags(tags));
        }
        Tagged::Provider(arn) => {
            let call = client.tag_open_id_connect_provider();
            send!(step, call.open_id_connect_provider_arn(arn).set_tags(tags));
        }
    }
    Ok(())
}

async fn untag(
    client: &Client,
    step: &Step,
    on: &Tagged,
    keys: &BTreeSet<String>,
) -> Result<(), ApiError> {
    let keys = Some(keys.iter().cloned().collect());
    match on {
        Tagged::Policy(arn) => {
            send!(step, client.untag_policy().policy_arn(arn).set_tag_keys(keys));
        }
        Tagged::Role(name) => {
            send!(step, client.untag_role().role_name(name).set_tag_keys(keys));
        }
        Tagged::Provider(arn) => {
            let call = client.untag_open_id_connect_provider();
            send!(step, call.open_id_connect_provider_arn(arn).set_tag_keys(keys));
        }
    }
    Ok(())
}

async fn attach(
    client: &Client,
    step: &Step,
    principal: &Principal,
    policy: &str,
) -> Result<(), ApiError> {
    let name = &principal.name;
    match principal.kind {
        Kind::Group => {
            send!(step, client.attach_group_policy().group_name(name).policy_arn(policy));
        }
        Kind::Role => {
            send!(step, client.attach_role_policy().role_name(name).policy_arn(policy));
        }
        Kind::User => {
            send!(step, client.attach_user_policy().user_name(name).policy_arn(policy));
        }
    }
    Ok(())
}

async fn detach(
    client: &Client,
    step: &Step,
    principal: &Principal,
    policy: &str,
) -> Result<(), ApiError> {
    let name = &principal.name;
    match principal.kind {
        Kind::Group => {
            send!(step, client.detach_group_policy().group_name(name).policy_arn(policy));
        }
        Kind::Role => {
            send!(step, client.detach_role_policy().role_name(name).policy_arn(policy));
        }
        Kind::User => {
            send!(step, client.detach_user_policy().user_name(name).policy_arn(policy));
        }
    }
    Ok(())
}

async fn put_inline(
    client: &Client,
    step: &Step,
    principal: &Principal,
    policy: &str,
    text: &str,
) -> Result<(), ApiError> {
    let name = &principal.name;
    match principal.kind {
        Kind::Group => {
            let call = client.put_group_policy().group_name(name).policy_name(policy);
            send!(step, call.policy_document(text));
        }
        Kind::Role => {
            let call = client.put_role_policy().role_name(name).policy_name(policy);
            send!(step, call.policy_document(text));
        }
        Kind::User => {
            let call = client.put_user_policy().user_name(name).policy_name(policy);
            send!(step, call.policy_document(text));
        }
    }
    Ok(())
}

async fn delete_inline(
    client: &Client,
    step: &Step,
    principal: &Principal,
    policy: &str,
) -> Result<(), ApiError> {
    let name = &principal.name;
    match principal.kind {
        Kind::Group => {
            send!(step, client.delete_group_policy().group_name(name).policy_name(policy));
        }
        Kind::Role => {
            send!(step, client.delete_role_policy().role_name(name).policy_name(policy));
        }
        Kind::User => {
            send!(step, client.delete_user_policy().user_name(name).policy_name(policy));
        }
    }
    Ok(())
}

fn sdk_tags(step: &Step, tags: &Tags) -> Result<Vec<Tag>, ApiError> {
    let tag = |(key, value): (&String, &String)| {
        Tag::builder()
            .key(key)
            .value(value)
            .build()
            .map_err(|error| invalid(step, &error.to_string()))
    };
    tags.iter().map(tag).collect()
}

fn number(step: &Step, version: Version) -> Result<String, ApiError> {
    match version {
        Version::Numbered(id) => Ok(id.to_string()),
        Version::Made => Err(invalid(step, "the number of the version is not known")),
    }
}

fn invalid(step: &Step, message: &str) -> ApiError {
    ApiError {
        action: step.action().to_owned(),
        cause: Cause::InvalidInput,
        code: None,
        message: message.to_owned(),
        request_id: None,
        status: None,
    }
}

fn not_empty(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

fn seconds(seconds: u32) -> i32 {
    i32::try_from(seconds).unwrap_or(i32::MAX)
}
