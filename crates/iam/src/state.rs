//! What IAM holds, as plain values.
//!
//! A [`State`] knows only what it was asked for: the principals, policies and providers of a [`Scope`]. What was asked for
//! and is not in it does not exist.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::account::name_of;
use crate::principal::Principal;
use crate::text::PolicyText;

/// Tags by their key.
pub type Tags = BTreeMap<String, String>;

/// What is to be read from IAM.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    /// Users, groups and roles with their policies.
    pub principals: BTreeSet<Principal>,
    /// Customer-managed policies with all their versions, by ARN.
    pub policies: BTreeSet<String>,
    /// Policies of which only the existence matters, by ARN.
    pub mentioned: BTreeSet<String>,
    /// identity providers, by ARN.
    pub providers: BTreeSet<String>,
    /// The policies attached to these principals are read with their versions if they carry the tag of this set.
    pub sets: BTreeMap<Principal, String>,
}

/// What IAM held when it was asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// The principals that exist.
    pub principals: BTreeMap<Principal, PrincipalState>,
    /// The customer-managed policies that exist, by ARN.
    pub policies: BTreeMap<String, PolicyState>,
    /// The policies that exist among those that are only mentioned, by ARN.
    pub mentioned: BTreeSet<String>,
    /// Where the name of a policy that does not exist is taken by one with another path: ARN asked for, and ARN that is there.
    pub taken: BTreeMap<String, String>,
    /// The identity providers that exist, by ARN.
    pub providers: BTreeMap<String, ProviderState>,
}

/// A user, a group or a role.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PrincipalState {
    /// Its ARN.
    pub arn: String,
    /// The ARNs of the managed policies that are attached.
    pub attached: BTreeSet<String>,
    /// The inline policies, by name.
    pub inline: BTreeMap<String, PolicyText>,
    /// The ARN of the permissions boundary; a group has none.
    pub boundary: Option<String>,
    /// Its tags; a group has none.
    pub tags: Tags,
    /// What only a role has.
    pub role: Option<RoleState>,
}

/// What only a role has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleState {
    /// Its path, `/` or `/a/b/`.
    pub path: String,
    /// The trust policy.
    pub trust: PolicyText,
    /// What it is for.
    pub description: String,
    /// The longest session, in seconds.
    pub max_session: u32,
}

/// A customer-managed policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyState {
    /// What it is for; cannot be changed.
    pub description: String,
    /// Its tags.
    pub tags: Tags,
    /// The version in force.
    pub default: VersionId,
    /// All versions with their documents.
    pub versions: BTreeMap<VersionId, PolicyText>,
    /// Who holds it, as policy or as boundary.
    pub holders: BTreeSet<Principal>,
}

/// An identity provider (OIDC).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderState {
    /// Its URL without `https://`.
    pub url: String,
    /// The audiences.
    pub client_ids: BTreeSet<String>,
    /// The fingerprints of certificates.
    pub thumbprints: BTreeSet<String>,
    /// Its tags.
    pub tags: Tags,
}

/// What can carry tags here.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tagged {
    /// A customer-managed policy, by ARN.
    Policy(String),
    /// A role, by name.
    Role(String),
    /// An identity provider (OIDC), by ARN.
    Provider(String),
}

/// The number of a version of a managed policy, written `v3`. Numbers are not used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct VersionId(pub u32);

/// The text is not `v` and a number.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a version such as `v3`, found `{0}`")]
pub struct ParseVersionIdError(String);

impl PolicyState {
    /// The document in force.
    pub fn document(&self) -> Option<&PolicyText> {
        self.versions.get(&self.default)
    }
}

impl State {
    /// The tags of a policy, role or provider that exists.
    pub(crate) fn tags(&self, on: &Tagged) -> Option<&Tags> {
        match on {
            Tagged::Policy(arn) => self.policies.get(arn).map(|policy| &policy.tags),
            Tagged::Role(name) => {
                self.principals.get(&Principal::role(name)).map(|role| &role.tags)
            }
            Tagged::Provider(arn) => self.providers.get(arn).map(|provider| &provider.tags),
        }
    }
}

impl fmt::Display for Tagged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Tagged::Policy(arn) => write!(f, "policy {}", name_of(arn)),
            Tagged::Role(name) => write!(f, "role {name}"),
            Tagged::Provider(arn) => write!(f, "OpenID Connect provider {arn}"),
        }
    }
}

impl fmt::Display for VersionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "v{}", self.0)
    }
}

impl FromStr for VersionId {
    type Err = ParseVersionIdError;

    fn from_str(text: &str) -> Result<VersionId, ParseVersionIdError> {
        let number = text.strip_prefix('v').and_then(|number| number.parse().ok());
        number.map(VersionId).ok_or_else(|| ParseVersionIdError(text.to_owned()))
    }
}

impl TryFrom<String> for VersionId {
    type Error = ParseVersionIdError;

    fn try_from(text: String) -> Result<VersionId, ParseVersionIdError> {
        text.parse()
    }
}

impl From<VersionId> for String {
    fn from(version: VersionId) -> String {
        version.to_string()
    }
}
