//! What is defined beside policies: roles and identity providers.

use super::value::{self, Value};
use super::{NamedDocument, identifier};
use crate::document::Document;

/// Stands for the account's id in trust policies: CloudFormation, CDK and Terraform fill it in, JSON and YAML have
/// `ACCOUNT_ID` in its place, which IAM refuses.
pub const ACCOUNT_ID: &str = "${AWS::AccountId}";

/// Stands for the partition in trust policies, as [`ACCOUNT_ID`] does for the account; in JSON and YAML it is `aws`.
pub const PARTITION: &str = "${AWS::Partition}";

/// Something to define in an account.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Definition {
    /// A customer managed policy.
    Policy(PolicyDefinition),
    /// A role.
    Role(RoleDefinition),
    /// An identity provider for `OpenID` Connect.
    OidcProvider(OidcProviderDefinition),
}

/// A customer managed policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyDefinition {
    /// Its name in the text, and what it says.
    pub document: NamedDocument,
    /// Its name in the account, if it must have a certain one.
    pub policy_name: Option<String>,
}

/// A role with all that is attached to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleDefinition {
    /// The name in the text, in upper camel case.
    pub name: String,
    /// The name in the account, if it must have a certain one.
    pub role_name: Option<String>,
    /// The path, `/ci/` for one.
    pub path: Option<String>,
    /// What the role is for.
    pub description: Option<String>,
    /// The longest session in seconds.
    pub max_session: Option<u32>,
    /// Who may assume it. Its texts may have [`ACCOUNT_ID`] and [`PARTITION`] in them.
    pub trust: Document,
    /// What it may never exceed.
    pub boundary: Option<PolicyRef>,
    /// Its inline policies.
    pub policies: Vec<NamedDocument>,
    /// The managed policies that are attached to it.
    pub managed_policies: Vec<PolicyRef>,
    /// The definition that must be there first, by its name: the identity provider that the trust policy names.
    pub after: Option<String>,
}

/// A managed policy, as a role refers to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PolicyRef {
    /// By its ARN.
    Arn(String),
    /// A policy of the role's account, by its path and name without the first slash: `ci/limit`.
    Named(String),
    /// One of the same text, by the name of its definition.
    Defined(String),
}

/// An identity provider for `OpenID` Connect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OidcProviderDefinition {
    /// The name in the text, in upper camel case.
    pub name: String,
    /// The URL of the provider, with `https://`.
    pub url: String,
    /// The audiences that tokens may be for.
    pub client_ids: Vec<String>,
    /// The fingerprints of the provider's certificates. None is the rule: IAM then verifies them by the authorities that
    /// it trusts, or fetches the fingerprint itself.
    pub thumbprints: Vec<String>,
}

impl RoleDefinition {
    /// Makes a role with nothing but a trust policy.
    pub fn new(name: impl Into<String>, trust: Document) -> RoleDefinition {
        RoleDefinition {
            name: name.into(),
            role_name: None,
            path: None,
            description: None,
            max_session: None,
            trust,
            boundary: None,
            policies: Vec::new(),
            managed_policies: Vec::new(),
            after: None,
        }
    }
}

impl From<NamedDocument> for Definition {
    fn from(document: NamedDocument) -> Definition {
        Definition::Policy(PolicyDefinition { document, policy_name: None })
    }
}

impl From<PolicyDefinition> for Definition {
    fn from(policy: PolicyDefinition) -> Definition {
        Definition::Policy(policy)
    }
}

impl From<OidcProviderDefinition> for Definition {
    fn from(provider: OidcProviderDefinition) -> Definition {
        Definition::OidcProvider(provider)
    }
}

impl From<RoleDefinition> for Definition {
    fn from(role: RoleDefinition) -> Definition {
        Definition::Role(role)
    }
}

/// How a format writes what is not the same in all of them.
pub(super) struct Form<'a> {
    /// A reference to a managed policy.
    pub(super) reference: &'a dyn Fn(&PolicyRef) -> Value,
    /// A text of a trust policy.
    pub(super) text: &'a dyn Fn(String) -> Value,
}

/// The properties of a role, as CloudFormation names them, in the order to write.
pub(super) fn role_properties(role: &RoleDefinition, form: &Form<'_>) -> Vec<(String, Value)> {
    let text =
        |key, value: &Option<String>| value.as_ref().map(|value| (key, Value::string(value)));
    let inline = |named: &NamedDocument| {
        Value::map([
            ("PolicyName", Value::string(&named.name)),
            ("PolicyDocument", value::document(&named.document)),
        ])
    };
    let managed = role.managed_policies.iter().map(form.reference).collect::<Vec<_>>();
    let policies = role.policies.iter().map(inline).collect::<Vec<_>>();
    let entries = [
        text("RoleName", &role.role_name),
        text("Path", &role.path),
        text("Description", &role.description),
        role.max_session.map(|seconds| ("MaxSessionDuration", Value::Raw(seconds.to_string()))),
        role.boundary.as_ref().map(|boundary| ("PermissionsBoundary", (form.reference)(boundary))),
        Some(("AssumeRolePolicyDocument", value::document(&role.trust).with_strings(form.text))),
        (!managed.is_empty()).then_some(("ManagedPolicyArns", Value::List(managed))),
        (!policies.is_empty()).then_some(("Policies", Value::List(policies))),
    ];
    entries.into_iter().flatten().map(|(key, value)| (key.to_owned(), value)).collect()
}

/// The properties of a provider, as CloudFormation names them, in the order to write.
pub(super) fn provider_properties(provider: &OidcProviderDefinition) -> Vec<(String, Value)> {
    let list = |texts: &[String]| Value::List(texts.iter().map(Value::string).collect());
    let entries = [
        Some(("Url", Value::string(&provider.url))),
        Some(("ClientIdList", list(&provider.client_ids))),
        (!provider.thumbprints.is_empty()).then(|| ("ThumbprintList", list(&provider.thumbprints))),
    ];
    entries.into_iter().flatten().map(|(key, value)| (key.to_owned(), value)).collect()
}

/// One policy as it is, everything else by name.
pub(super) fn plain(definitions: &[Definition]) -> Value {
    if let [Definition::Policy(only)] = definitions {
        return value::document(&only.document.document);
    }
    let reference = |policy: &PolicyRef| Value::String(plain_reference(policy, definitions));
    let text = |text: String| Value::String(filled(&text, "aws", "ACCOUNT_ID"));
    let form = Form { reference: &reference, text: &text };
    let entries = definitions.iter().map(|definition| match definition {
        Definition::Policy(policy) => {
            (policy.document.name.clone(), value::document(&policy.document.document))
        }
        Definition::Role(role) => (role.name.clone(), Value::Map(role_properties(role, &form))),
        Definition::OidcProvider(provider) => {
            (provider.name.clone(), Value::Map(provider_properties(provider)))
        }
    });
    Value::Map(entries.collect())
}

fn plain_reference(policy: &PolicyRef, definitions: &[Definition]) -> String {
    let arn = |name: &str| format!("arn:aws:iam::ACCOUNT_ID:policy/{name}");
    match policy {
        PolicyRef::Arn(arn) => arn.clone(),
        PolicyRef::Named(name) => arn(name),
        PolicyRef::Defined(name) => {
            let named = definitions.iter().find_map(|definition| match definition {
                Definition::Policy(policy) if policy.document.name == *name => {
                    policy.policy_name.as_deref()
                }
                _ => None,
            });
            arn(named.unwrap_or(&identifier(name)))
        }
    }
}

/// A text of a trust policy with partition and account filled in.
pub(super) fn filled(text: &str, partition: &str, account: &str) -> String {
    text.replace(PARTITION, partition).replace(ACCOUNT_ID, account)
}

/// Whether a text of a trust policy has anything to fill in.
pub(super) fn has_placeholder(text: &str) -> bool {
    text.contains(PARTITION) || text.contains(ACCOUNT_ID)
}
