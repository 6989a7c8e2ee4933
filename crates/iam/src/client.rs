//! The few questions and changes that IAM is asked for.
//!
//! [`Iam`] is all that the rest of this crate knows of IAM. [`crate::sdk`] fulfills it with AWS's SDK, [`crate::model`] with a
//! model in memory.

use std::future::Future;

use crate::error::ApiError;
use crate::principal::Principal;
use crate::quotas::Quotas;
use crate::state::{PolicyState, PrincipalState, ProviderState, Tags, VersionId};
use crate::step::Step;
use crate::text::PolicyText;

/// IAM, as far as this crate asks it. What does not exist is `None`, not an error.
pub trait Iam {
    /// Reads a user, group or role with the policies that it holds.
    fn principal(
        &self,
        principal: &Principal,
    ) -> impl Future<Output = Result<Option<PrincipalState>, ApiError>>;

    /// Reads a customer-managed policy with all its versions.
    fn policy(&self, arn: &str) -> impl Future<Output = Result<Option<PolicyState>, ApiError>>;

    /// Reads the tags of a managed policy: it exists if there is an answer.
    fn policy_tags(&self, arn: &str) -> impl Future<Output = Result<Option<Tags>, ApiError>>;

    /// Finds the ARN of the customer-managed policy of this name, whatever its path.
    fn policy_named(&self, name: &str) -> impl Future<Output = Result<Option<String>, ApiError>>;

    /// Finds the ARN of AWS's own policy of this name, whatever its path.
    fn aws_policy_named(
        &self,
        name: &str,
    ) -> impl Future<Output = Result<Option<String>, ApiError>>;

    /// Reads the document of a managed policy that is in force.
    fn document(&self, arn: &str) -> impl Future<Output = Result<Option<PolicyText>, ApiError>>;

    /// Reads the names of the groups that a user is in; `None` if there is no such user.
    fn groups(&self, user: &str) -> impl Future<Output = Result<Option<Vec<String>>, ApiError>>;

    /// Reads an identity provider.
    fn provider(&self, arn: &str) -> impl Future<Output = Result<Option<ProviderState>, ApiError>>;

    /// Reads the account's quotas.
    fn quotas(&self) -> impl Future<Output = Result<Quotas, ApiError>>;

    /// Carries a step out, in one call that is never repeated. Gives the number of the version that a step made.
    fn write(&self, step: &Step) -> impl Future<Output = Result<Option<VersionId>, ApiError>>;
}
