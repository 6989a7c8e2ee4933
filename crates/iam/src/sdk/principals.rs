//! Users, groups and roles.

use std::collections::{BTreeMap, BTreeSet};

use super::{SdkIam, document, odd, tags};
use crate::error::ApiError;
use crate::principal::{Kind, Principal};
use crate::state::{PrincipalState, RoleState};
use crate::text::PolicyText;

/// The longest session of a role of which IAM says nothing else.
const DEFAULT_SESSION: u32 = 3600;

/// Collects one field of all pages of a list.
macro_rules! all {
    ($action:literal, $call:expr, $items:ident, $take:expr) => {{
        let mut found = Vec::new();
        let mut pages = $call.into_paginator().send();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| ApiError::from_sdk($action, &error))?;
            found.extend(page.$items().iter().filter_map($take));
        }
        found
    }};
}

impl SdkIam {
    /// Reads a principal; an error if it is not there.
    pub(super) async fn principal_once(
        &self,
        principal: &Principal,
    ) -> Result<PrincipalState, ApiError> {
        let mut held = match principal.kind {
            Kind::Group => self.group(&principal.name).await?,
            Kind::Role => self.role(&principal.name).await?,
            Kind::User => self.user(&principal.name).await?,
        };
        held.attached = self.attached(principal).await?;
        held.inline = self.inline(principal).await?;
        Ok(held)
    }

    async fn group(&self, name: &str) -> Result<PrincipalState, ApiError> {
        const ACTION: &str = "iam:GetGroup";
        let answer = self.reading.get_group().group_name(name).max_items(1).send().await;
        let answer = answer.map_err(|error| ApiError::from_sdk(ACTION, &error))?;
        let group = answer.group.ok_or_else(|| odd(ACTION, "no group"))?;
        Ok(PrincipalState { arn: group.arn, ..PrincipalState::default() })
    }

    async fn user(&self, name: &str) -> Result<PrincipalState, ApiError> {
        const ACTION: &str = "iam:GetUser";
        let answer = self.reading.get_user().user_name(name).send().await;
        let answer = answer.map_err(|error| ApiError::from_sdk(ACTION, &error))?;
        let user = answer.user.ok_or_else(|| odd(ACTION, "no user"))?;
        let boundary =
            user.permissions_boundary.and_then(|boundary| boundary.permissions_boundary_arn);
        Ok(PrincipalState {
            arn: user.arn,
            boundary,
            tags: tags(user.tags.as_deref()),
            ..PrincipalState::default()
        })
    }

    async fn role(&self, name: &str) -> Result<PrincipalState, ApiError> {
        const ACTION: &str = "iam:GetRole";
        let answer = self.reading.get_role().role_name(name).send().await;
        let answer = answer.map_err(|error| ApiError::from_sdk(ACTION, &error))?;
        let role = answer.role.ok_or_else(|| odd(ACTION, "no role"))?;
        let boundary =
            role.permissions_boundary.and_then(|boundary| boundary.permissions_boundary_arn);
        let seconds = role.max_session_duration.and_then(|seconds| u32::try_from(seconds).ok());
        Ok(PrincipalState {
            arn: role.arn,
            boundary,
            tags: tags(role.tags.as_deref()),
            role: Some(RoleState {
                path: role.path,
                trust: document(ACTION, role.assume_role_policy_document.as_deref())?,
                description: role.description.unwrap_or_default(),
                max_session: seconds.unwrap_or(DEFAULT_SESSION),
            }),
            ..PrincipalState::default()
        })
    }

    async fn attached(&self, principal: &Principal) -> Result<BTreeSet<String>, ApiError> {
        let name = &principal.name;
        let arns = match principal.kind {
            Kind::Group => all!(
                "iam:ListAttachedGroupPolicies",
                self.reading.list_attached_group_policies().group_name(name),
                attached_policies,
                |policy| policy.policy_arn().map(str::to_owned)
            ),
            Kind::Role => all!(
                "iam:ListAttachedRolePolicies",
                self.reading.list_attached_role_policies().role_name(name),
                attached_policies,
                |policy| policy.policy_arn().map(str::to_owned)
            ),
            Kind::User => all!(
                "iam:ListAttachedUserPolicies",
                self.reading.list_attached_user_policies().user_name(name),
                attached_policies,
                |policy| policy.policy_arn().map(str::to_owned)
            ),
        };
        Ok(arns.into_iter().collect())
    }

    async fn inline(
        &self,
        principal: &Principal,
    ) -> Result<BTreeMap<String, PolicyText>, ApiError> {
        let name = &principal.name;
        let names: Vec<String> = match principal.kind {
            Kind::Group => all!(
                "iam:ListGroupPolicies",
                self.reading.list_group_policies().group_name(name),
                policy_names,
                |name| Some(name.clone())
            ),
            Kind::Role => all!(
                "iam:ListRolePolicies",
                self.reading.list_role_policies().role_name(name),
                policy_names,
                |name| Some(name.clone())
            ),
            Kind::User => all!(
                "iam:ListUserPolicies",
                self.reading.list_user_policies().user_name(name),
                policy_names,
                |name| Some(name.clone())
            ),
        };
        let mut inline = BTreeMap::new();
        for name in names {
            // One that is deleted meanwhile is not there.
            match self.inline_document(principal, &name).await {
                Ok(document) => drop(inline.insert(name, document)),
                Err(error) if error.is_no_such_entity() => {}
                Err(error) => return Err(error),
            }
        }
        Ok(inline)
    }

    async fn inline_document(
        &self,
        principal: &Principal,
        policy: &str,
    ) -> Result<PolicyText, ApiError> {
        let name = &principal.name;
        let (action, text) = match principal.kind {
            Kind::Group => {
                let call = self.reading.get_group_policy().group_name(name).policy_name(policy);
                let answer = call.send().await;
                let action = "iam:GetGroupPolicy";
                (action, answer.map_err(|e| ApiError::from_sdk(action, &e))?.policy_document)
            }
            Kind::Role => {
                let call = self.reading.get_role_policy().role_name(name).policy_name(policy);
                let answer = call.send().await;
                let action = "iam:GetRolePolicy";
                (action, answer.map_err(|e| ApiError::from_sdk(action, &e))?.policy_document)
            }
            Kind::User => {
                let call = self.reading.get_user_policy().user_name(name).policy_name(policy);
                let answer = call.send().await;
                let action = "iam:GetUserPolicy";
                (action, answer.map_err(|e| ApiError::from_sdk(action, &e))?.policy_document)
            }
        };
        document(action, Some(&text))
    }
}
