//! What IAM is to hold.
//!
//! A [`Desired`] says what is wanted and nothing about how to get there. Everything refers to policies by ARN, which
//! [`Account::policy_arn`] tells before the policy exists.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::account::Account;
use crate::principal::Principal;
use crate::state::{Scope, Tags};
use crate::text::PolicyText;

/// The tag that marks what this tool made, with the id of the apply that made it.
pub const APPLY_TAG: &str = "stackpass:apply";

/// The tag that says which set a policy belongs to; see [`Desired::set`].
pub const SET_TAG: &str = "stackpass:set";

/// What one apply is to bring about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Desired {
    /// The id of the apply: it marks what is made, and names the journal.
    pub id: ApplyId,
    /// The account that is worked on.
    pub account: Account,
    /// The name of a set: policies of the same set that an earlier apply attached and this one does not want are detached, and
    /// deleted when nobody else holds them.
    pub set: Option<String>,
    /// What to do with policies, roles and providers of the wanted name that this tool did not make.
    pub foreign: Foreign,
    /// Customer-managed policies to make or bring up to date.
    pub policies: Vec<Policy>,
    /// Roles to make or bring up to date.
    pub roles: Vec<Role>,
    /// identity providers to make or bring up to date.
    pub providers: Vec<Provider>,
    /// Who is to hold what.
    pub holdings: Vec<Holding>,
}

/// What to do with a thing of the wanted name that this tool did not make.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Foreign {
    /// Leave it alone and say so.
    Refuse,
    /// Take it over: change it, and mark it.
    Adopt,
}

/// A customer-managed policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    /// Its name, up to 128 characters.
    pub name: String,
    /// Its path: `/`, or `/a/b/`.
    pub path: String,
    /// What it is for. Only a new policy gets it: IAM cannot change it.
    pub description: String,
    /// The permissions.
    pub document: PolicyText,
    /// Tags beside those of this tool.
    pub tags: Tags,
}

/// A role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Role {
    /// Its name, up to 64 characters.
    pub name: String,
    /// Its path: `/`, or `/a/b/`.
    pub path: String,
    /// What it is for.
    pub description: String,
    /// Who may assume it.
    pub trust: PolicyText,
    /// The longest session in seconds; `None` leaves it as it is, an hour for a new role.
    pub max_session: Option<u32>,
    /// Tags beside those of this tool.
    pub tags: Tags,
}

/// An identity provider (OIDC).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provider {
    /// Its URL, with `https://`.
    pub url: String,
    /// The audiences, such as `sts.amazonaws.com`.
    pub client_ids: BTreeSet<String>,
    /// Fingerprints of certificates; none for the providers whose certificates IAM knows.
    pub thumbprints: BTreeSet<String>,
    /// Tags beside those of this tool.
    pub tags: Tags,
}

/// What a principal is to hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holding {
    /// The user, group or role; it exists or is one of [`Desired::roles`].
    pub principal: Principal,
    /// The ARNs of managed policies to attach, of [`Desired::policies`] or others.
    pub attached: BTreeSet<String>,
    /// Inline policies to write, by name.
    pub inline: BTreeMap<String, PolicyText>,
    /// The permissions boundary.
    pub boundary: Boundary,
    /// What becomes of the policies that it holds besides.
    pub besides: Besides,
}

/// The permissions boundary of a principal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Boundary {
    /// Leave it as it is.
    Keep,
    /// Let it be this policy, by ARN.
    Set(String),
    /// Take it away.
    Remove,
}

/// What becomes of the policies that a principal holds beside the wanted ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Besides {
    /// They stay.
    Keep,
    /// Managed policies are detached and inline policies deleted.
    Replace,
}

/// The id of an apply: up to 64 letters, digits, `-` and `_`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ApplyId(String);

/// The text is no id of an apply.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected up to 64 letters, digits, `-` and `_`, found `{0}`")]
pub struct ParseApplyIdError(String);

impl Desired {
    /// Wants nothing yet: keeps what is there and refuses to take over what others made.
    pub fn new(id: ApplyId, account: Account) -> Desired {
        Desired {
            id,
            account,
            set: None,
            foreign: Foreign::Refuse,
            policies: Vec::new(),
            roles: Vec::new(),
            providers: Vec::new(),
            holdings: Vec::new(),
        }
    }

    /// The ARN of one of the wanted policies.
    pub fn arn(&self, policy: &Policy) -> String {
        self.account.policy_arn(&policy.path, &policy.name)
    }

    /// What must be known of IAM to plan this.
    pub fn scope(&self) -> Scope {
        let mut scope = Scope::default();
        scope.policies.extend(self.policies.iter().map(|policy| self.arn(policy)));
        scope.principals.extend(self.roles.iter().map(|role| Principal::role(&role.name)));
        let urls = self.providers.iter().map(|provider| provider.url.as_str());
        scope.providers.extend(urls.map(|url| self.account.provider_arn(url)));
        scope.providers.extend(self.roles.iter().flat_map(|role| role.providers(&self.account)));
        for holding in &self.holdings {
            scope.principals.insert(holding.principal.clone());
            scope.mentioned.extend(holding.attached.iter().cloned());
            if let Boundary::Set(policy) = &holding.boundary {
                scope.mentioned.insert(policy.clone());
            }
            if let Some(set) = &self.set {
                scope.sets.insert(holding.principal.clone(), set.clone());
            }
        }
        scope.mentioned.retain(|arn| !scope.policies.contains(arn));
        scope
    }
}

impl Role {
    /// The ARNs of the account's identity providers (OIDC) that the trust policy names.
    pub fn providers(&self, account: &Account) -> BTreeSet<String> {
        let statements = self.trust.meaning().get("Statement").and_then(Value::as_array);
        let federated = statements
            .into_iter()
            .flatten()
            .filter_map(|statement| statement.get("Principal")?.get("Federated"));
        let names = federated.flat_map(|value| match value {
            Value::Array(names) => names.iter().filter_map(Value::as_str).collect(),
            single => single.as_str().into_iter().collect::<Vec<_>>(),
        });
        let prefix = account.provider_arn("");
        names.filter(|name| name.starts_with(&prefix)).map(str::to_owned).collect()
    }
}

impl Holding {
    /// Wants nothing yet of this principal and keeps what it holds.
    pub fn new(principal: Principal) -> Holding {
        Holding {
            principal,
            attached: BTreeSet::new(),
            inline: BTreeMap::new(),
            boundary: Boundary::Keep,
            besides: Besides::Keep,
        }
    }
}

impl ApplyId {
    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ApplyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for ApplyId {
    type Err = ParseApplyIdError;

    fn from_str(text: &str) -> Result<ApplyId, ParseApplyIdError> {
        let is_right = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        if (1..=64).contains(&text.len()) && text.bytes().all(is_right) {
            Ok(ApplyId(text.to_owned()))
        } else {
            Err(ParseApplyIdError(text.to_owned()))
        }
    }
}

impl TryFrom<String> for ApplyId {
    type Error = ParseApplyIdError;

    fn try_from(text: String) -> Result<ApplyId, ParseApplyIdError> {
        text.parse()
    }
}

impl From<ApplyId> for String {
    fn from(id: ApplyId) -> String {
        id.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_safe_in_file_names_and_tags() {
        assert!("20261123-220102-ab_1".parse::<ApplyId>().is_ok());
        for text in ["", "a/b", "..", "a b", &"x".repeat(65)] {
            assert!(text.parse::<ApplyId>().is_err(), "{text}");
        }
    }
}
