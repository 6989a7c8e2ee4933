//! A missing permission of the tool itself, read from what AWS says of it.
//!
//! The message is `User: ARN is not authorized to perform: iam:X on resource: role NAME because no identity-based policy allows
//! the iam:X action`, or `with an explicit deny in a permissions boundary: ARN`, with variations:
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html>.

use stackpass_ground::account::AccountId;
use stackpass_ground::arn::{Arn, ArnPattern};
use stackpass_policy::action::Action;

/// Who lacks which permission, and by which kind of policy, as far as AWS says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Denied {
    /// The ARN of who called.
    pub caller: Option<String>,
    /// The action that is missing; it can be another one than that of the call.
    pub action: Option<String>,
    /// The resource that it is missing on, as a policy names it; made of kind and name where AWS gives no ARN.
    pub resource: Option<String>,
    /// Whether a statement denies it, or none allows it.
    pub how: How,
    /// The kind of policy that denies it, or that would have to allow it.
    pub by: Option<PolicyKind>,
    /// The ARN of the policy that denies it.
    pub policy: Option<String>,
}

/// How a call is denied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// A statement denies it: nothing else can allow it.
    Explicitly,
    /// No statement allows it.
    Implicitly,
}

/// The kinds of policies that decide about a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PolicyKind {
    /// A policy that the caller holds.
    Identity,
    /// The permissions boundary of the caller.
    Boundary,
    /// The policy that was given when the session was made.
    Session,
    /// A service control policy of the organization.
    ServiceControl,
    /// A resource control policy of the organization.
    ResourceControl,
    /// The policy of what the call is about.
    Resource,
    /// The trust policy of a role.
    Trust,
    /// The policy of the VPC endpoint that the call went through.
    Endpoint,
}

/// AWS's words for the kinds of policies.
const WORDS: [(&str, PolicyKind); 9] = [
    ("identity-based policy", PolicyKind::Identity),
    ("permissions boundary", PolicyKind::Boundary),
    ("session policy", PolicyKind::Session),
    ("sessions policy", PolicyKind::Session),
    ("service control policy", PolicyKind::ServiceControl),
    ("resource control policy", PolicyKind::ResourceControl),
    ("resource-based policy", PolicyKind::Resource),
    ("role trust policy", PolicyKind::Trust),
    ("VPC endpoint policy", PolicyKind::Endpoint),
];

/// What IAM calls its own resources in messages, and in ARNs.
const KINDS: [(&str, &str); 7] = [
    ("role", "role"),
    ("user", "user"),
    ("group", "group"),
    ("policy", "policy"),
    ("instance profile", "instance-profile"),
    ("oidc-provider", "oidc-provider"),
    ("saml-provider", "saml-provider"),
];

impl Denied {
    /// Reads AWS's message.
    pub fn parse(message: &str) -> Denied {
        let caller = after(message, "User: ").and_then(word);
        let resource = after(message, "on resource: ");
        let resource = resource.and_then(|text| resource_arn(text, caller.as_deref()));
        let action = after(message, "not authorized to perform: ").and_then(word);
        let (how, reason) = match after(message, "with an explicit deny") {
            Some(reason) => (How::Explicitly, Some(reason)),
            None => (How::Implicitly, after(message, " because no ")),
        };
        // Of a policy that denies through another one, the other one is what has to be changed.
        let reason = reason.map(|it| after(it, "transitively through").unwrap_or(it));
        Denied {
            caller,
            action: action.filter(|action| action.parse::<Action>().is_ok()),
            resource,
            how,
            by: reason.and_then(kind),
            policy: reason.and_then(|it| after(it, ": ")).and_then(word).filter(|it| is_arn(it)),
        }
    }

    /// What to do about it; `action` is that of the call, for when AWS names none.
    pub fn help(&self, action: &str) -> String {
        let action = self.action.as_deref().unwrap_or(action);
        if self.how == How::Implicitly && matches!(self.by, None | Some(PolicyKind::Identity)) {
            return format!("allow it to {} with the policy {}", self.who(), self.allowing(action));
        }
        let verb = match self.how {
            How::Explicitly => "denies",
            How::Implicitly => "does not allow",
        };
        let named = self.policy.as_ref().map(|arn| format!(" (`{arn}`)")).unwrap_or_default();
        let (subject, way) = self.subject_and_way();
        format!(
            "{subject}{named} {verb} `{action}`, and no policy of the caller can allow it: {way}"
        )
    }

    /// The policy that decided, and who can change it.
    fn subject_and_way(&self) -> (String, String) {
        let account = match self.caller.as_deref().and_then(account_of) {
            Some((_, account)) => format!("account {account}"),
            None => "the account".to_owned(),
        };
        let admin = format!("whoever manages IAM in {account}");
        let organization = "only who manages the organization's policies can change it".to_owned();
        match self.by {
            Some(PolicyKind::Identity) => {
                (format!("a policy of {}", self.who()), format!("{admin} can change it"))
            }
            Some(PolicyKind::Boundary) => (
                format!("the permissions boundary of {}", self.who()),
                format!("{admin} can change it, or set another one"),
            ),
            Some(PolicyKind::Session) => (
                "the policy of this session".to_owned(),
                "whoever made the session gave it that policy; get one without it".to_owned(),
            ),
            Some(PolicyKind::ServiceControl) => {
                ("a service control policy of the organization".to_owned(), organization)
            }
            Some(PolicyKind::ResourceControl) => {
                ("a resource control policy of the organization".to_owned(), organization)
            }
            Some(PolicyKind::Resource) => {
                ("the policy of the resource".to_owned(), "its owner can change it".to_owned())
            }
            Some(PolicyKind::Trust) => (
                "the trust policy of the role".to_owned(),
                "whoever manages IAM in the role's account can change it".to_owned(),
            ),
            Some(PolicyKind::Endpoint) => (
                "the policy of the VPC endpoint".to_owned(),
                "whoever manages the network can change it; outside of it there is no such policy"
                    .to_owned(),
            ),
            None => (
                "some policy".to_owned(),
                format!(
                    "look for a `Deny` in the policies and the boundary of {}, then ask who manages \
                     the organization's",
                    self.who()
                ),
            ),
        }
    }

    /// The caller, in words.
    fn who(&self) -> String {
        let resource = self.caller.as_deref().and_then(|arn| arn.splitn(6, ':').nth(5));
        let mut parts = resource.unwrap_or_default().split('/');
        match (parts.next(), parts.next(), parts.next_back()) {
            (Some("assumed-role"), Some(role), _) => format!("the role `{role}`"),
            (Some("role"), Some(only), None) => format!("the role `{only}`"),
            (Some("role"), Some(_), Some(last)) => format!("the role `{last}`"),
            (Some("user"), Some(only), None) => format!("the user `{only}`"),
            (Some("user"), Some(_), Some(last)) => format!("the user `{last}`"),
            _ => "the caller".to_owned(),
        }
    }

    /// The policy that would allow the call.
    fn allowing(&self, action: &str) -> String {
        let text = |text: &str| serde_json::Value::from(text).to_string();
        let resource = self.resource.as_deref().unwrap_or("*");
        format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":{},"Resource":{}}}]}}"#,
            text(action),
            text(resource)
        )
    }
}

fn after<'t>(text: &'t str, marker: &str) -> Option<&'t str> {
    text.split_once(marker).map(|(_, rest)| rest)
}

/// The first word, without what ends a sentence or encloses it.
fn word(text: &str) -> Option<String> {
    let word = text.split_whitespace().next().unwrap_or_default();
    let word = word.trim_matches('"').trim_end_matches(['.', ',', ')', '"']);
    (!word.is_empty()).then(|| word.to_owned())
}

/// The kind of policy that is named first.
fn kind(reason: &str) -> Option<PolicyKind> {
    let found = WORDS.iter().filter_map(|(words, kind)| Some((reason.find(words)?, *kind)));
    found.min_by_key(|(place, _)| *place).map(|(_, kind)| kind)
}

/// What a policy calls the resource: the ARN, which IAM writes for some of its resources as kind and name only.
fn resource_arn(text: &str, caller: Option<&str>) -> Option<String> {
    let first = word(text)?;
    if first == "*" || is_arn(&first) {
        return Some(first);
    }
    let (rest, kind) = KINDS
        .iter()
        .find_map(|(words, kind)| Some((text.strip_prefix(words)?.strip_prefix(' ')?, *kind)))?;
    let name = word(rest)?;
    if is_arn(&name) {
        return Some(name);
    }
    let (partition, account) = account_of(caller?)?;
    let arn = format!("arn:{partition}:iam::{account}:{kind}/{name}");
    is_arn(&arn).then_some(arn)
}

fn is_arn(text: &str) -> bool {
    text.starts_with("arn:") && text.parse::<ArnPattern>().is_ok()
}

/// The partition and the account of an ARN.
fn account_of(arn: &str) -> Option<(String, AccountId)> {
    let arn: Arn = arn.parse().ok()?;
    Some((arn.partition().to_owned(), arn.account().parse().ok()?))
}

#[cfg(test)]
mod tests;
