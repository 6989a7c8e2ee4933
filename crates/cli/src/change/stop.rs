//! IAM for as long as nobody wants to stop.

use std::cell::Cell;

use stackpass_iam::client::Iam;
use stackpass_iam::error::{ApiError, Cause};
use stackpass_iam::principal::Principal;
use stackpass_iam::quotas::Quotas;
use stackpass_iam::state::{PolicyState, PrincipalState, ProviderState, Tags, VersionId};
use stackpass_iam::step::Step;
use stackpass_iam::text::PolicyText;

/// The code of the refusal of a step that was not begun.
pub(super) const STOPPED: &str = "Stopped";

/// IAM that refuses to be changed once somebody wants to stop. Reading goes on, so that a step that was begun can end.
#[derive(Debug)]
pub(crate) struct Stoppable<'i, I> {
    pub(super) iam: &'i I,
    pub(super) stopped: &'i Cell<bool>,
}

impl<I: Iam> Iam for Stoppable<'_, I> {
    async fn principal(&self, principal: &Principal) -> Result<Option<PrincipalState>, ApiError> {
        self.iam.principal(principal).await
    }

    async fn policy(&self, arn: &str) -> Result<Option<PolicyState>, ApiError> {
        self.iam.policy(arn).await
    }

    async fn policy_tags(&self, arn: &str) -> Result<Option<Tags>, ApiError> {
        self.iam.policy_tags(arn).await
    }

    async fn policy_named(&self, name: &str) -> Result<Option<String>, ApiError> {
        self.iam.policy_named(name).await
    }

    async fn aws_policy_named(&self, name: &str) -> Result<Option<String>, ApiError> {
        self.iam.aws_policy_named(name).await
    }

    async fn document(&self, arn: &str) -> Result<Option<PolicyText>, ApiError> {
        self.iam.document(arn).await
    }

    async fn groups(&self, user: &str) -> Result<Option<Vec<String>>, ApiError> {
        self.iam.groups(user).await
    }

    async fn provider(&self, arn: &str) -> Result<Option<ProviderState>, ApiError> {
        self.iam.provider(arn).await
    }

    async fn quotas(&self) -> Result<Quotas, ApiError> {
        self.iam.quotas().await
    }

    async fn write(&self, step: &Step) -> Result<Option<VersionId>, ApiError> {
        if self.stopped.get() {
            return Err(ApiError {
                action: step.action().to_owned(),
                cause: Cause::Other,
                code: Some(STOPPED.to_owned()),
                message: "not begun, because of Ctrl-C".to_owned(),
                request_id: None,
                status: None,
            });
        }
        self.iam.write(step).await
    }
}
