//! All policies that decide what a principal may do: its own, those of its groups, and its permissions boundary.
//!
//! Not here, since IAM does not tell them: policies of the organization, of sessions, and of the resources themselves.

use std::collections::BTreeMap;

use stackpass_ground::source::{Diagnostic, Source};
use stackpass_policy::document::Document;
use stackpass_policy::read;

use crate::account::name_of;
use crate::client::Iam;
use crate::error::ApiError;
use crate::principal::{Kind, Principal};
use crate::state::PrincipalState;
use crate::text::PolicyText;

/// The policies of a principal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attached {
    /// Whose they are.
    pub principal: Principal,
    /// Its ARN.
    pub arn: String,
    /// Its policies: managed ones by name, then inline ones, then those of each group in the same order.
    pub policies: Vec<AttachedPolicy>,
    /// What it can do at most.
    pub boundary: Option<AttachedPolicy>,
}

/// A policy that a principal has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttachedPolicy {
    /// Its name.
    pub name: String,
    /// Its ARN; an inline policy has none.
    pub arn: Option<String>,
    /// How the principal has it.
    pub source: PolicySource,
    /// The document in force.
    pub text: PolicyText,
}

/// How a principal has a policy.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PolicySource {
    /// A managed policy, attached.
    Managed,
    /// A policy written into the principal.
    Inline,
    /// A policy of the group of this name, attached to it or written into it.
    Group(String),
}

/// Why the policies of a principal are not known.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AttachedError {
    /// There is no such principal.
    #[error("there is no {} `{}`", .0.kind, .0.name)]
    NoSuchPrincipal(Principal),
    /// A policy is attached and cannot be found: somebody is changing it.
    #[error("policy `{0}` is attached, but does not exist any more")]
    Vanished(String),
    /// IAM refused, or cannot be reached.
    #[error(transparent)]
    Api(#[from] ApiError),
}

/// The text names no principal of the kind.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected the name of a {kind} or its ARN, found `{text}`")]
pub struct ParseNameError {
    kind: Kind,
    text: String,
}

impl AttachedPolicy {
    /// Reads the document. IAM knows it to be right, so a diagnostic says that this crate knows less of the language.
    pub fn read(&self) -> (Option<Document>, Vec<Diagnostic>) {
        read::read(&self.source())
    }

    /// The document as a text with a name to show.
    pub fn source(&self) -> Source {
        Source::new(self.name.clone(), self.text.as_str())
    }
}

/// Reads the name of a principal, or its ARN: that of a session of a role names the role.
///
/// ```
/// use stackpass_iam::attached::named;
/// use stackpass_iam::principal::{Kind, Principal};
///
/// let role = Principal::role("deploy");
/// assert_eq!(named(Kind::Role, "deploy"), Ok(role.clone()));
/// assert_eq!(named(Kind::Role, "arn:aws:iam::111122223333:role/ci/deploy"), Ok(role.clone()));
/// assert_eq!(named(Kind::Role, "arn:aws:sts::111122223333:assumed-role/deploy/me"), Ok(role));
/// assert!(named(Kind::User, "arn:aws:iam::111122223333:role/deploy").is_err());
/// ```
///
/// # Errors
///
/// The text has characters that no name has, or it is the ARN of something else.
pub fn named(kind: Kind, text: &str) -> Result<Principal, ParseNameError> {
    let wrong = || ParseNameError { kind, text: text.to_owned() };
    let name = match text.strip_prefix("arn:") {
        None => text,
        Some(rest) => {
            let resource = rest.splitn(5, ':').nth(4).ok_or_else(wrong)?;
            match resource.split_once('/') {
                Some((of, path)) if of == kind.name() => name_of(path),
                Some(("assumed-role", session)) if kind == Kind::Role => {
                    session.split('/').next().unwrap_or_default()
                }
                _ => return Err(wrong()),
            }
        }
    };
    let is_right =
        |character: char| character.is_ascii_alphanumeric() || "_+=,.@-".contains(character);
    let longest = if kind == Kind::Role || kind == Kind::User { 64 } else { 128 };
    if !(1..=longest).contains(&name.len()) || !name.chars().all(is_right) {
        return Err(wrong());
    }
    Ok(Principal { kind, name: name.to_owned() })
}

/// Reads all policies of a principal.
///
/// # Errors
///
/// The principal does not exist, a policy goes away meanwhile, or a call fails.
pub async fn attached<I: Iam>(iam: &I, principal: &Principal) -> Result<Attached, AttachedError> {
    let mut documents = Documents { iam, known: BTreeMap::new() };
    let Some(held) = iam.principal(principal).await? else {
        return Err(AttachedError::NoSuchPrincipal(principal.clone()));
    };
    let mut policies = documents.of(&held, None).await?;
    if principal.kind == Kind::User {
        let mut groups = iam.groups(&principal.name).await?.unwrap_or_default();
        groups.sort();
        for group in groups {
            // A group that went away meanwhile gives nothing any more.
            if let Some(held) = iam.principal(&Principal::group(&group)).await? {
                policies.extend(documents.of(&held, Some(&group)).await?);
            }
        }
    }
    let boundary = match &held.boundary {
        Some(arn) => Some(documents.managed(arn, PolicySource::Managed).await?),
        None => None,
    };
    Ok(Attached { principal: principal.clone(), arn: held.arn, policies, boundary })
}

/// Documents that were read already, by ARN: groups often share policies with their users.
struct Documents<'i, I> {
    iam: &'i I,
    known: BTreeMap<String, PolicyText>,
}

impl<I: Iam> Documents<'_, I> {
    async fn of(
        &mut self,
        held: &PrincipalState,
        group: Option<&str>,
    ) -> Result<Vec<AttachedPolicy>, AttachedError> {
        let source = |own| group.map_or(own, |name| PolicySource::Group(name.to_owned()));
        let mut policies = Vec::new();
        for arn in &held.attached {
            policies.push(self.managed(arn, source(PolicySource::Managed)).await?);
        }
        policies.sort_by(|one, other| (&one.name, &one.arn).cmp(&(&other.name, &other.arn)));
        policies.extend(held.inline.iter().map(|(name, text)| AttachedPolicy {
            name: name.clone(),
            arn: None,
            source: source(PolicySource::Inline),
            text: text.clone(),
        }));
        Ok(policies)
    }

    async fn managed(
        &mut self,
        arn: &str,
        source: PolicySource,
    ) -> Result<AttachedPolicy, AttachedError> {
        let text = if let Some(text) = self.known.get(arn) {
            text.clone()
        } else {
            let text = self.iam.document(arn).await?;
            text.ok_or_else(|| AttachedError::Vanished(name_of(arn).to_owned()))?
        };
        self.known.insert(arn.to_owned(), text.clone());
        let name = name_of(arn).to_owned();
        Ok(AttachedPolicy { name, arn: Some(arn.to_owned()), source, text })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(kind: Kind, text: &str, expected: Option<&str>) {
        let name = named(kind, text).ok().map(|principal| principal.name);
        assert_eq!(name.as_deref(), expected, "{text}");
    }

    #[test]
    fn principal_is_named_by_name_or_arn() {
        check(Kind::User, "jo", Some("jo"));
        check(Kind::User, "arn:aws:iam::111122223333:user/team/a/jo", Some("jo"));
        check(Kind::Group, "arn:aws-cn:iam::111122223333:group/devs", Some("devs"));
        check(Kind::Role, "arn:aws:sts::111122223333:assumed-role/deploy/ci", Some("deploy"));
        check(Kind::User, "arn:aws:sts::111122223333:assumed-role/deploy/ci", None);
        check(Kind::Role, "role/deploy", None);
        check(Kind::Role, "arn:aws:iam::111122223333:role/", None);
        check(Kind::Role, "arn:aws", None);
        check(Kind::Role, "", None);
        check(Kind::Role, &"r".repeat(65), None);
    }
}
