//! The steps by which IAM is changed: one call of IAM each.

mod fact;
mod simulate;
mod subject;
mod undo;

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::account::name_of;
use crate::principal::{Kind, Principal};
use crate::state::{Tagged, Tags, VersionId};
use crate::text::PolicyText;

pub(crate) use fact::{fact, made_version};
pub(crate) use simulate::simulate;
pub(crate) use subject::subject;
pub(crate) use undo::undo;

/// One change, one call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Step {
    /// Makes an identity provider.
    CreateProvider {
        /// The ARN that it will have.
        arn: String,
        /// Its URL, with `https://`.
        url: String,
        /// The audiences.
        client_ids: BTreeSet<String>,
        /// The fingerprints of certificates.
        thumbprints: BTreeSet<String>,
        /// Its tags.
        tags: Tags,
    },
    /// Deletes an identity provider.
    DeleteProvider {
        /// Its ARN.
        arn: String,
    },
    /// Adds an audience to an identity provider.
    AddClientId {
        /// The ARN of the provider.
        arn: String,
        /// The audience.
        client_id: String,
    },
    /// Removes an audience from an identity provider.
    RemoveClientId {
        /// The ARN of the provider.
        arn: String,
        /// The audience.
        client_id: String,
    },
    /// Makes a customer-managed policy.
    CreatePolicy {
        /// The ARN that it will have.
        arn: String,
        /// Its name.
        name: String,
        /// Its path.
        path: String,
        /// What it is for.
        description: String,
        /// Its first version.
        document: PolicyText,
        /// Its tags.
        tags: Tags,
    },
    /// Deletes a customer-managed policy that has one version and no holders.
    DeletePolicy {
        /// Its ARN.
        arn: String,
    },
    /// Makes a version and puts it in force.
    CreateVersion {
        /// The ARN of the policy.
        arn: String,
        /// The document of the version.
        document: PolicyText,
    },
    /// Makes a version that is not in force: brings back one that was deleted, under a new number.
    RestoreVersion {
        /// The ARN of the policy.
        arn: String,
        /// The document of the version.
        document: PolicyText,
    },
    /// Deletes a version that is not in force.
    DeleteVersion {
        /// The ARN of the policy.
        arn: String,
        /// The version.
        version: Version,
        /// Its document, where it is known.
        document: Option<PolicyText>,
    },
    /// Puts a version in force.
    SetDefault {
        /// The ARN of the policy.
        arn: String,
        /// The version.
        version: Version,
        /// Its document, where it is known.
        document: Option<PolicyText>,
    },
    /// Writes tags.
    Tag {
        /// What carries them.
        on: Tagged,
        /// The tags.
        tags: Tags,
    },
    /// Removes tags.
    Untag {
        /// What carries them.
        on: Tagged,
        /// The keys of the tags.
        keys: BTreeSet<String>,
    },
    /// Makes a role.
    CreateRole {
        /// Its name.
        name: String,
        /// The ARN that it will have.
        arn: String,
        /// Its path.
        path: String,
        /// Who may assume it.
        trust: PolicyText,
        /// What it is for.
        description: String,
        /// The longest session, in seconds.
        max_session: u32,
        /// The ARN of its permissions boundary.
        boundary: Option<String>,
        /// Its tags.
        tags: Tags,
    },
    /// Deletes a role that holds nothing.
    DeleteRole {
        /// Its name.
        name: String,
    },
    /// Changes who may assume a role.
    UpdateTrust {
        /// The name of the role.
        role: String,
        /// The trust policy.
        trust: PolicyText,
    },
    /// Changes description and longest session of a role.
    UpdateRole {
        /// The name of the role.
        role: String,
        /// What it is for.
        description: String,
        /// The longest session, in seconds.
        max_session: u32,
    },
    /// Sets the permissions boundary of a user or role.
    PutBoundary {
        /// The user or role.
        principal: Principal,
        /// The ARN of the policy.
        policy: String,
    },
    /// Takes the permissions boundary of a user or role away.
    DeleteBoundary {
        /// The user or role.
        principal: Principal,
    },
    /// Attaches a managed policy.
    Attach {
        /// Who gets it.
        principal: Principal,
        /// The ARN of the policy.
        policy: String,
    },
    /// Detaches a managed policy.
    Detach {
        /// Who loses it.
        principal: Principal,
        /// The ARN of the policy.
        policy: String,
    },
    /// Writes an inline policy.
    PutInline {
        /// Who gets it.
        principal: Principal,
        /// The name of the policy.
        name: String,
        /// The permissions.
        document: PolicyText,
    },
    /// Deletes an inline policy.
    DeleteInline {
        /// Who loses it.
        principal: Principal,
        /// The name of the policy.
        name: String,
    },
}

/// A version of a policy in a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Version {
    /// The version with this number.
    Numbered(VersionId),
    /// The version that the step made which this one undoes; its number was not known when this was written.
    Made,
}

impl Step {
    /// The IAM action of the call, such as `iam:CreatePolicy`.
    pub fn action(&self) -> &'static str {
        match self {
            Step::CreateProvider { .. } => "iam:CreateOpenIDConnectProvider",
            Step::DeleteProvider { .. } => "iam:DeleteOpenIDConnectProvider",
            Step::AddClientId { .. } => "iam:AddClientIDToOpenIDConnectProvider",
            Step::RemoveClientId { .. } => "iam:RemoveClientIDFromOpenIDConnectProvider",
            Step::CreatePolicy { .. } => "iam:CreatePolicy",
            Step::DeletePolicy { .. } => "iam:DeletePolicy",
            Step::CreateVersion { .. } | Step::RestoreVersion { .. } => "iam:CreatePolicyVersion",
            Step::DeleteVersion { .. } => "iam:DeletePolicyVersion",
            Step::SetDefault { .. } => "iam:SetDefaultPolicyVersion",
            Step::Tag { on: Tagged::Policy(_), .. } => "iam:TagPolicy",
            Step::Tag { on: Tagged::Role(_), .. } => "iam:TagRole",
            Step::Tag { on: Tagged::Provider(_), .. } => "iam:TagOpenIDConnectProvider",
            Step::Untag { on: Tagged::Policy(_), .. } => "iam:UntagPolicy",
            Step::Untag { on: Tagged::Role(_), .. } => "iam:UntagRole",
            Step::Untag { on: Tagged::Provider(_), .. } => "iam:UntagOpenIDConnectProvider",
            Step::CreateRole { .. } => "iam:CreateRole",
            Step::DeleteRole { .. } => "iam:DeleteRole",
            Step::UpdateTrust { .. } => "iam:UpdateAssumeRolePolicy",
            Step::UpdateRole { .. } => "iam:UpdateRole",
            Step::PutBoundary { principal, .. } => match principal.kind {
                Kind::User => "iam:PutUserPermissionsBoundary",
                _ => "iam:PutRolePermissionsBoundary",
            },
            Step::DeleteBoundary { principal } => match principal.kind {
                Kind::User => "iam:DeleteUserPermissionsBoundary",
                _ => "iam:DeleteRolePermissionsBoundary",
            },
            Step::Attach { principal, .. } => match principal.kind {
                Kind::Group => "iam:AttachGroupPolicy",
                Kind::Role => "iam:AttachRolePolicy",
                Kind::User => "iam:AttachUserPolicy",
            },
            Step::Detach { principal, .. } => match principal.kind {
                Kind::Group => "iam:DetachGroupPolicy",
                Kind::Role => "iam:DetachRolePolicy",
                Kind::User => "iam:DetachUserPolicy",
            },
            Step::PutInline { principal, .. } => match principal.kind {
                Kind::Group => "iam:PutGroupPolicy",
                Kind::Role => "iam:PutRolePolicy",
                Kind::User => "iam:PutUserPolicy",
            },
            Step::DeleteInline { principal, .. } => match principal.kind {
                Kind::Group => "iam:DeleteGroupPolicy",
                Kind::Role => "iam:DeleteRolePolicy",
                Kind::User => "iam:DeleteUserPolicy",
            },
        }
    }
}

impl fmt::Display for Step {
    /// Writes what the step does, in one line: `attach policy Deploy to role/deploy`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Step::CreateProvider { url, .. } => write!(f, "create OpenID Connect provider {url}"),
            Step::DeleteProvider { arn } => write!(f, "delete OpenID Connect provider {arn}"),
            Step::AddClientId { arn, client_id } => {
                write!(f, "add audience {client_id} to OpenID Connect provider {arn}")
            }
            Step::RemoveClientId { arn, client_id } => {
                write!(f, "remove audience {client_id} from OpenID Connect provider {arn}")
            }
            Step::CreatePolicy { name, .. } => write!(f, "create policy {name}"),
            Step::DeletePolicy { arn } => write!(f, "delete policy {}", name_of(arn)),
            Step::CreateVersion { arn, .. } => {
                write!(f, "create version of policy {} and put it in force", name_of(arn))
            }
            Step::RestoreVersion { arn, .. } => {
                write!(
                    f,
                    "bring back deleted version of policy {}, under a new number",
                    name_of(arn)
                )
            }
            Step::DeleteVersion { arn, version, .. } => {
                write!(f, "delete {version} of policy {}", name_of(arn))
            }
            Step::SetDefault { arn, version, .. } => {
                write!(f, "put {version} of policy {} in force", name_of(arn))
            }
            Step::Tag { on, tags } => {
                let tags: Vec<String> =
                    tags.iter().map(|(key, value)| format!("{key}={value}")).collect();
                write!(f, "tag {on} with {}", tags.join(", "))
            }
            Step::Untag { on, keys } => {
                let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
                write!(f, "remove tags {} of {on}", keys.join(", "))
            }
            Step::CreateRole { name, .. } => write!(f, "create role {name}"),
            Step::DeleteRole { name } => write!(f, "delete role {name}"),
            Step::UpdateTrust { role, .. } => write!(f, "change who may assume role {role}"),
            Step::UpdateRole { role, .. } => {
                write!(f, "change description and longest session of role {role}")
            }
            Step::PutBoundary { principal, policy } => {
                write!(f, "set permissions boundary of {principal} to {}", name_of(policy))
            }
            Step::DeleteBoundary { principal } => {
                write!(f, "remove permissions boundary of {principal}")
            }
            Step::Attach { principal, policy } => {
                write!(f, "attach policy {} to {principal}", name_of(policy))
            }
            Step::Detach { principal, policy } => {
                write!(f, "detach policy {} from {principal}", name_of(policy))
            }
            Step::PutInline { principal, name, .. } => {
                write!(f, "write inline policy {name} of {principal}")
            }
            Step::DeleteInline { principal, name } => {
                write!(f, "delete inline policy {name} of {principal}")
            }
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Version::Numbered(id) => write!(f, "version {id}"),
            Version::Made => f.write_str("the version made"),
        }
    }
}
