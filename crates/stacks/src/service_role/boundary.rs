//! The permissions boundary of a service role, which is also that of every role that it makes.

use std::collections::BTreeSet;

use stackpass_ground::arn::ArnPattern;
use stackpass_policy::action::ActionPattern;
use stackpass_policy::condition::{Comparison, Conditions};
use stackpass_policy::document::Document;
use stackpass_policy::grant::statements;
use stackpass_policy::minimize::{Limits, MinimizeError, minimize};
use stackpass_policy::statement::{Effect, Selection, Statement};

use crate::need::{Need, Needs, Who};

/// The condition key that has the boundary of a principal, or the one that it is to get.
pub(super) const BOUNDARY_KEY: &str = "iam:PermissionsBoundary";

/// What makes a principal or gives it more. IAM takes `iam:PermissionsBoundary` into account for each of them.
/// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html>
pub const GIVING: [&str; 9] = [
    "iam:AttachRolePolicy",
    "iam:AttachUserPolicy",
    "iam:CreateRole",
    "iam:CreateUser",
    "iam:PutRolePermissionsBoundary",
    "iam:PutRolePolicy",
    "iam:PutUserPermissionsBoundary",
    "iam:PutUserPolicy",
    "iam:UpdateAssumeRolePolicy",
];

/// What frees a principal of its boundary.
pub const FREEING: [&str; 2] =
    ["iam:DeleteRolePermissionsBoundary", "iam:DeleteUserPermissionsBoundary"];

/// What changes a managed policy.
pub const CHANGING_POLICY: [&str; 4] = [
    "iam:CreatePolicyVersion",
    "iam:DeletePolicy",
    "iam:DeletePolicyVersion",
    "iam:SetDefaultPolicyVersion",
];

/// What changes a role.
pub(super) const CHANGING_ROLE: [&str; 9] = [
    "iam:AttachRolePolicy",
    "iam:DeleteRole",
    "iam:DeleteRolePermissionsBoundary",
    "iam:DeleteRolePolicy",
    "iam:DetachRolePolicy",
    "iam:PutRolePermissionsBoundary",
    "iam:PutRolePolicy",
    "iam:UpdateAssumeRolePolicy",
    "iam:UpdateRole",
];

/// Roles that belong to a service of AWS. They take no boundary, and nobody but their service can change or assume them.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create-service-linked-role.html>
const SERVICE_LINKED: &str = "arn:*:iam::*:role/aws-service-role/*";

/// The means to become somebody else, and to rule over accounts: what the boundary gives its holder only as far as the executor
/// needs it. Everything else is left to the holder's own permissions.
///
/// Users, roles and credentials are `iam`'s; `sso`, `sso-directory`, `identitystore` and their kin decide who gets into
/// accounts by IAM Identity Center; with a trust anchor of `rolesanywhere` one's own certificates stand for roles. Sessions of
/// others come from the three actions of `sts`. Sharing resources (`ram`) makes nobody somebody else.
const NOT_FOR_ALL: [&str; 14] = [
    "account:*",
    "controltower:*",
    "iam:*",
    "identity-sync:*",
    "identitystore:*",
    "identitystore-auth:*",
    "organizations:*",
    "rolesanywhere:*",
    "sso:*",
    "sso-directory:*",
    "sso-oauth:*",
    "sts:AssumeRole",
    "sts:AssumeRoot",
    "sts:GetDelegatedAccessToken",
];

/// A statement of the boundary that closes a way out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Closing {
    /// Principals keep their boundary.
    KeepBoundaries,
    /// The boundary itself stays as it is.
    ProtectBoundary,
    /// The service role stays as it is.
    ProtectServiceRole,
    /// Principals are made and given permissions only if they have the boundary.
    RequireBoundary,
}

impl Closing {
    /// All of them, by name.
    pub const ALL: [Closing; 4] = [
        Closing::KeepBoundaries,
        Closing::ProtectBoundary,
        Closing::ProtectServiceRole,
        Closing::RequireBoundary,
    ];

    /// The statement's Sid.
    pub fn sid(self) -> &'static str {
        match self {
            Closing::KeepBoundaries => "KeepBoundaries",
            Closing::ProtectBoundary => "ProtectBoundary",
            Closing::ProtectServiceRole => "ProtectServiceRole",
            Closing::RequireBoundary => "RequireBoundary",
        }
    }

    /// The statement, for the ARNs of role and boundary, which may have wildcards.
    pub fn statement(self, role: &str, boundary: &str) -> Statement {
        match self {
            Closing::KeepBoundaries => self.deny(&FREEING, "*"),
            Closing::ProtectBoundary => self.deny(&CHANGING_POLICY, boundary),
            Closing::ProtectServiceRole => self.deny(&CHANGING_ROLE, role),
            Closing::RequireBoundary => {
                let comparison = if boundary.contains('*') {
                    Comparison::StringNotLike
                } else {
                    Comparison::StringNotEquals
                };
                let conditions = on_boundary(comparison, boundary);
                let deny = self.deny(&GIVING, SERVICE_LINKED).with_conditions(conditions);
                let others = deny.resources.map(|it| Selection::Except(it.value().clone()));
                Statement { resources: others, ..deny }
            }
        }
    }

    fn deny(self, actions: &[&str], resource: &str) -> Statement {
        let allow = Statement::allow(parsed(actions), resource.parse());
        let deny = Statement { effect: Effect::Deny, ..allow };
        match self.sid().parse() {
            Ok(sid) => deny.with_sid(sid),
            Err(_) => deny,
        }
    }
}

/// Binds what the executor does to principals to those that have the boundary, and leaves out what frees them of it.
///
/// A deployment whose principals do not set the boundary is then refused; [`super::unbounded`] tells which they are.
#[must_use]
pub fn bound(needs: Needs, boundary: &str) -> Needs {
    let is = |need: &Need, actions: &[&str]| actions.contains(&need.action.as_str());
    let comparison =
        if boundary.contains('*') { Comparison::StringLike } else { Comparison::StringEquals };
    let bound = |mut need: Need| {
        if need.who == Who::Executor
            && is(&need, &GIVING)
            && !asks_for(&need.conditions, boundary)
            && !is_service_linked(&need)
        {
            for (operator, key, values) in on_boundary(comparison, boundary).iter() {
                need.conditions.add(operator, key.clone(), values.clone());
            }
        }
        need
    };
    let kept = needs.needs.into_iter();
    let kept = kept.filter(|need| need.who == Who::Caller || !is(need, &FREEING)).map(bound);
    Needs { needs: kept.collect(), gaps: needs.gaps }.sorted()
}

/// The boundary of a role that has these needs, after [`bound`]: every action but those on identities, these as far as the
/// executor needs them, and the statements of [`Closing`].
///
/// # Errors
///
/// It must fit into one managed policy.
pub fn boundary(needs: &[&Need], role: &str, boundary: &str) -> Result<Document, MinimizeError> {
    let left_out = parsed_not_for_all();
    let is_kept = |need: &&&Need| {
        need.who == Who::Executor && left_out.iter().any(|it| it.matches(&need.action))
    };
    let mut all = statements(needs.iter().filter(is_kept).map(|need| need.grant()));
    all.push(Statement {
        actions: Selection::Except(parsed_not_for_all()),
        sid: "AllowServices".parse().ok(),
        ..Statement::allow([], "*".parse())
    });
    all.extend(Closing::ALL.map(|closing| closing.statement(role, boundary)));
    let mut minimized = minimize(&all, &Limits { documents: 1, ..Limits::MANAGED })?;
    minimized.documents.pop().ok_or(MinimizeError::NotProved)
}

/// Whether conditions ask for this boundary and no other, as those on a principal that sets it do.
fn asks_for(conditions: &Conditions, boundary: &str) -> bool {
    conditions.iter().any(|(operator, key, values)| {
        key.as_str() == BOUNDARY_KEY
            && !operator.if_exists
            && !operator.comparison.is_negated()
            && operator.comparison != Comparison::Null
            && values.iter().eq([boundary])
    })
}

/// Whether a need is about nothing but roles that belong to services.
fn is_service_linked(need: &Need) -> bool {
    let service_linked: Option<ArnPattern> = SERVICE_LINKED.parse().ok();
    service_linked.is_some_and(|of_services| {
        !need.resources.is_empty() && need.resources.iter().all(|it| of_services.covers(it))
    })
}

fn on_boundary(comparison: Comparison, boundary: &str) -> Conditions {
    match BOUNDARY_KEY.parse() {
        Ok(key) => Conditions::new().with(comparison, key, [boundary]),
        Err(_) => Conditions::new(),
    }
}

/// The actions that the boundary does not leave to everybody.
pub(super) fn parsed_not_for_all() -> BTreeSet<ActionPattern> {
    parsed(&NOT_FOR_ALL)
}

fn parsed(actions: &[&str]) -> BTreeSet<ActionPattern> {
    actions.iter().filter_map(|action| action.parse().ok()).collect()
}
