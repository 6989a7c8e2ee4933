//! IAM through AWS's SDK.
//!
//! What only reads is repeated by the SDK when it fails. What writes is not: the SDK cannot tell whether a lost answer meant
//! success, and a version made twice stays. [`crate::run`] can tell, and repeats where it is safe.

mod principals;
mod write;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use aws_sdk_iam::Client;
use aws_sdk_iam::config::Builder;
use aws_sdk_iam::config::retry::{ClassifyRetry, RetryAction, RetryConfig};
use aws_sdk_iam::config::timeout::TimeoutConfig;
use aws_sdk_iam::types::{PolicyScopeType, SummaryKeyType};
use aws_smithy_runtime_api::client::interceptors::context::InterceptorContext;
use aws_types::SdkConfig;

use crate::client::Iam;
use crate::error::{ApiError, Cause};
use crate::principal::Principal;
use crate::quotas::Quotas;
use crate::state::{PolicyState, PrincipalState, ProviderState, Tags, VersionId};
use crate::step::Step;
use crate::text::PolicyText;

/// How often the SDK tries a call that only reads.
const READ_ATTEMPTS: u32 = 8;

/// How long one attempt may take.
const ATTEMPT: Duration = Duration::from_secs(30);

/// How often a policy is read again that changes while it is read.
const READINGS: usize = 3;

/// IAM through AWS's SDK.
#[derive(Clone, Debug)]
pub struct SdkIam {
    reading: Client,
    writing: Client,
}

impl SdkIam {
    /// Uses the credentials, region and endpoint of the configuration.
    pub fn new(config: &SdkConfig) -> SdkIam {
        let timeouts = TimeoutConfig::builder().operation_attempt_timeout(ATTEMPT).build();
        let client = |retry| {
            let config = Builder::from(config).retry_config(retry).retry_classifier(TooMany);
            Client::from_conf(config.timeout_config(timeouts.clone()).build())
        };
        SdkIam {
            reading: client(RetryConfig::standard().with_max_attempts(READ_ATTEMPTS)),
            writing: client(RetryConfig::disabled()),
        }
    }

    /// Reads a policy; an error if it, or one of its versions, is gone meanwhile.
    async fn policy_once(&self, arn: &str) -> Result<PolicyState, ApiError> {
        let answer = self.reading.get_policy().policy_arn(arn).send().await;
        let answer = answer.map_err(|error| ApiError::from_sdk("iam:GetPolicy", &error))?;
        let policy = answer.policy.ok_or_else(|| odd("iam:GetPolicy", "no policy"))?;
        let default = version_id("iam:GetPolicy", policy.default_version_id())?;
        let mut versions = BTreeMap::new();
        for id in self.versions(arn).await? {
            versions.insert(id, self.version(arn, id).await?);
        }
        Ok(PolicyState {
            description: policy.description.unwrap_or_default(),
            tags: tags(policy.tags.as_deref()),
            default,
            versions,
            holders: self.holders(arn).await?,
        })
    }

    /// The ARN of the policy of this name; none, as far as one can tell who may not ask.
    async fn named(&self, name: &str, scope: PolicyScopeType) -> Result<Option<String>, ApiError> {
        let call = self.reading.list_policies().scope(scope);
        let mut pages = call.into_paginator().page_size(1000).send();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| ApiError::from_sdk("iam:ListPolicies", &error));
            let Some(page) = if_allowed(page)? else { return Ok(None) };
            let is_named = |policy: &&aws_sdk_iam::types::Policy| {
                policy.policy_name().is_some_and(|found| found.eq_ignore_ascii_case(name))
            };
            if let Some(found) = page.policies().iter().find(is_named) {
                return Ok(found.arn().map(str::to_owned));
            }
        }
        Ok(None)
    }

    async fn versions(&self, arn: &str) -> Result<Vec<VersionId>, ApiError> {
        const ACTION: &str = "iam:ListPolicyVersions";
        let mut ids = Vec::new();
        let mut pages = self.reading.list_policy_versions().policy_arn(arn).into_paginator().send();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| ApiError::from_sdk(ACTION, &error))?;
            for version in page.versions() {
                ids.push(version_id(ACTION, version.version_id())?);
            }
        }
        Ok(ids)
    }

    async fn version(&self, arn: &str, id: VersionId) -> Result<PolicyText, ApiError> {
        const ACTION: &str = "iam:GetPolicyVersion";
        let call = self.reading.get_policy_version().policy_arn(arn).version_id(id.to_string());
        let answer = call.send().await.map_err(|error| ApiError::from_sdk(ACTION, &error))?;
        let version = answer.policy_version.and_then(|version| version.document);
        document(ACTION, version.as_deref())
    }

    /// Who holds the policy; nobody, as far as one can tell who may not ask.
    async fn holders(&self, arn: &str) -> Result<BTreeSet<Principal>, ApiError> {
        let mut holders = BTreeSet::new();
        let mut pages =
            self.reading.list_entities_for_policy().policy_arn(arn).into_paginator().send();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|e| ApiError::from_sdk("iam:ListEntitiesForPolicy", &e));
            let Some(page) = if_allowed(page)? else { break };
            let groups = page.policy_groups().iter().filter_map(|group| group.group_name());
            holders.extend(groups.map(Principal::group));
            let roles = page.policy_roles().iter().filter_map(|role| role.role_name());
            holders.extend(roles.map(Principal::role));
            let users = page.policy_users().iter().filter_map(|user| user.user_name());
            holders.extend(users.map(Principal::user));
        }
        Ok(holders)
    }
}

impl Iam for SdkIam {
    async fn principal(&self, principal: &Principal) -> Result<Option<PrincipalState>, ApiError> {
        if_exists(self.principal_once(principal).await)
    }

    async fn policy(&self, arn: &str) -> Result<Option<PolicyState>, ApiError> {
        for _ in 1..READINGS {
            match self.policy_once(arn).await {
                Err(error) if error.is_no_such_entity() && error.action != "iam:GetPolicy" => {}
                result => return if_exists(result),
            }
        }
        if_exists(self.policy_once(arn).await)
    }

    async fn policy_tags(&self, arn: &str) -> Result<Option<Tags>, ApiError> {
        let answer = self.reading.get_policy().policy_arn(arn).send().await;
        let answer = answer.map_err(|error| ApiError::from_sdk("iam:GetPolicy", &error));
        let policy = if_exists(answer)?.and_then(|answer| answer.policy);
        Ok(policy.map(|policy| tags(policy.tags.as_deref())))
    }

    async fn policy_named(&self, name: &str) -> Result<Option<String>, ApiError> {
        self.named(name, PolicyScopeType::Local).await
    }

    async fn aws_policy_named(&self, name: &str) -> Result<Option<String>, ApiError> {
        self.named(name, PolicyScopeType::Aws).await
    }

    async fn document(&self, arn: &str) -> Result<Option<PolicyText>, ApiError> {
        let answer = self.reading.get_policy().policy_arn(arn).send().await;
        let answer = answer.map_err(|error| ApiError::from_sdk("iam:GetPolicy", &error));
        let Some(policy) = if_exists(answer)?.and_then(|answer| answer.policy) else {
            return Ok(None);
        };
        let default = version_id("iam:GetPolicy", policy.default_version_id())?;
        if_exists(self.version(arn, default).await)
    }

    async fn groups(&self, user: &str) -> Result<Option<Vec<String>>, ApiError> {
        let mut groups = Vec::new();
        let mut pages = self.reading.list_groups_for_user().user_name(user).into_paginator().send();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| ApiError::from_sdk("iam:ListGroupsForUser", &error));
            let Some(page) = if_exists(page)? else { return Ok(None) };
            groups.extend(page.groups().iter().map(|group| group.group_name().to_owned()));
        }
        groups.sort();
        Ok(Some(groups))
    }

    async fn provider(&self, arn: &str) -> Result<Option<ProviderState>, ApiError> {
        let call = self.reading.get_open_id_connect_provider().open_id_connect_provider_arn(arn);
        let answer = call.send().await;
        let answer =
            answer.map_err(|error| ApiError::from_sdk("iam:GetOpenIDConnectProvider", &error));
        Ok(if_exists(answer)?.map(|answer| {
            let url = answer.url().unwrap_or_default();
            ProviderState {
                url: url.strip_prefix("https://").unwrap_or(url).to_owned(),
                client_ids: answer.client_id_list().iter().cloned().collect(),
                thumbprints: answer.thumbprint_list().iter().cloned().collect(),
                tags: tags(Some(answer.tags())),
            }
        }))
    }

    async fn quotas(&self) -> Result<Quotas, ApiError> {
        let answer = self.reading.get_account_summary().send().await;
        let answer = answer.map_err(|error| ApiError::from_sdk("iam:GetAccountSummary", &error));
        let Some(summary) = if_allowed(answer)?.and_then(|answer| answer.summary_map) else {
            return Ok(Quotas::DEFAULT);
        };
        let quota = |key: SummaryKeyType, default: usize| {
            let value = summary.get(&key).and_then(|value| usize::try_from(*value).ok());
            value.filter(|value| *value > 0).unwrap_or(default)
        };
        let default = Quotas::DEFAULT;
        Ok(Quotas {
            attached_to_user: quota(
                SummaryKeyType::AttachedPoliciesPerUserQuota,
                default.attached_to_user,
            ),
            attached_to_group: quota(
                SummaryKeyType::AttachedPoliciesPerGroupQuota,
                default.attached_to_group,
            ),
            attached_to_role: quota(
                SummaryKeyType::AttachedPoliciesPerRoleQuota,
                default.attached_to_role,
            ),
            policy_size: quota(SummaryKeyType::PolicySizeQuota, default.policy_size),
            user_inline_size: quota(SummaryKeyType::UserPolicySizeQuota, default.user_inline_size),
            group_inline_size: quota(
                SummaryKeyType::GroupPolicySizeQuota,
                default.group_inline_size,
            ),
            role_inline_size: quota(
                SummaryKeyType::from("RolePolicySizeQuota"),
                default.role_inline_size,
            ),
            trust_size: quota(SummaryKeyType::AssumeRolePolicySizeQuota, default.trust_size),
            versions: quota(SummaryKeyType::VersionsPerPolicyQuota, default.versions),
        })
    }

    async fn write(&self, step: &Step) -> Result<Option<VersionId>, ApiError> {
        write::write(&self.writing, step).await
    }
}

/// Asks the SDK to be patient where the status alone asks for it: a proxy says so without a code of AWS.
#[derive(Debug)]
struct TooMany;

impl ClassifyRetry for TooMany {
    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        match context.response().map(|response| response.status().as_u16()) {
            Some(429) => RetryAction::throttling_error(),
            _ => RetryAction::NoActionIndicated,
        }
    }

    fn name(&self) -> &'static str {
        "status 429"
    }
}

/// What does not exist is no error.
fn if_exists<T>(result: Result<T, ApiError>) -> Result<Option<T>, ApiError> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.is_no_such_entity() => Ok(None),
        Err(error) => Err(error),
    }
}

/// What one may not ask is no error where the answer is only good to have.
fn if_allowed<T>(result: Result<T, ApiError>) -> Result<Option<T>, ApiError> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(ApiError { cause: Cause::Denied(_), .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

fn tags(tags: Option<&[aws_sdk_iam::types::Tag]>) -> Tags {
    let tags = tags.unwrap_or_default().iter();
    tags.map(|tag| (tag.key().to_owned(), tag.value().to_owned())).collect()
}

fn version_id(action: &str, id: Option<&str>) -> Result<VersionId, ApiError> {
    let id = id.unwrap_or_default();
    id.parse().map_err(|_| odd(action, &format!("a version called `{id}`")))
}

/// Reads a document, which IAM gives percent-encoded: <https://www.rfc-editor.org/rfc/rfc3986>.
fn document(action: &str, text: Option<&str>) -> Result<PolicyText, ApiError> {
    let text = text.unwrap_or_default();
    // JSON of an object is never the encoding of one, so there is nothing to mistake.
    let parsed = PolicyText::parse(text).or_else(|_| PolicyText::parse(&decoded(text)));
    parsed.map_err(|_| odd(action, "a document that is not JSON"))
}

/// An answer that IAM does not give, by its documentation.
fn odd(action: &str, what: &str) -> ApiError {
    ApiError {
        action: action.to_owned(),
        cause: Cause::Unreadable,
        code: None,
        message: format!("the answer holds {what}"),
        request_id: None,
        status: None,
    }
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let byte = match (first, after) {
            (b'%', [high, low, after @ ..]) => {
                digit(*high).zip(digit(*low)).map(|(high, low)| (high * 16 + low, after))
            }
            _ => None,
        };
        let (byte, after) = byte.unwrap_or((*first, after));
        bytes.push(byte);
        rest = after;
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_patience(status: u16, expected: &RetryAction) {
        use aws_smithy_runtime_api::client::interceptors::context::Input;
        use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
        use aws_smithy_types::body::SdkBody;

        let mut context = InterceptorContext::new(Input::erase(()));
        context.set_response(HttpResponse::new(status.try_into().unwrap(), SdkBody::empty()));
        assert_eq!(TooMany.classify_retry(&context), *expected, "{status}");
    }

    #[test]
    fn status_alone_asks_for_patience() {
        check_patience(429, &RetryAction::throttling_error());
        check_patience(403, &RetryAction::NoActionIndicated);
        check_patience(200, &RetryAction::NoActionIndicated);
    }

    #[test]
    fn documents_are_percent_encoded() {
        assert_eq!(decoded("%7B%22a%22%3A%20%22b%2Bc%C3%A9+%22%7D"), "{\"a\": \"b+cé+\"}");
        assert_eq!(decoded("100%"), "100%");
        assert_eq!(decoded("%zz%4"), "%zz%4");
    }

    #[test]
    fn document_is_read_in_either_form() {
        let plain = document("x", Some("{\"Version\":\"%7B\"}")).unwrap();
        assert_eq!(plain.as_str(), "{\"Version\":\"%7B\"}");
        assert_eq!(document("x", Some("%7B%0A%7D")).unwrap().as_str(), "{}");
        assert!(document("x", Some("")).is_err());
    }
}
