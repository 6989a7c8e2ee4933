//! The role that the caller passes to CloudFormation.

use std::collections::BTreeSet;

use stackpass_policy::action::Action;
use stackpass_policy::condition::{Comparison, Conditions, Operator};

use crate::codes;
use crate::deployment::Mode;
use crate::help::{Help, Wanted};
use crate::names;
use crate::need::{Needs, Phase};
use crate::tools::On;

use super::{Call, Caller};

const EVIDENCE: &str = "a stack that acts with a service role is given the role by the caller";

impl Caller<'_> {
    /// The ARN of the role that the caller passes; none if it has no name.
    ///
    /// The execution role that an app names is another one: the bootstrap's, which is an administrator by default.
    pub(super) fn service_role(self) -> BTreeSet<String> {
        let setting = &self.planned.stack.setting;
        let given = self.deployment.service_role.as_deref();
        given.map(|role| names::filled_text(setting, role)).into_iter().collect()
    }

    /// Binds calls that may name a role to the service role.
    ///
    /// A stack that is made or changed must be given it: without a role CloudFormation acts with the caller's permissions. What
    /// undoes a stack may also name none, since the stack keeps the role that it was given, and the CDK and SST delete without
    /// naming it.
    pub(super) fn pin_role(self, action: &Action, on: &On, conditions: &mut Conditions) {
        let is_of_a_stack = matches!(on, On::Stack | On::DebugStack);
        if self.deployment.mode != Mode::ServiceRole
            || !is_of_a_stack
            || action.service() != "cloudformation"
        {
            return;
        }
        let if_exists = match action.name() {
            "CreateChangeSet" | "CreateStack" | "UpdateStack" => false,
            "ContinueUpdateRollback" | "DeleteStack" | "RollbackStack" => true,
            _ => return,
        };
        let roles = self.service_role();
        let Ok(key) = "cloudformation:RoleArn".parse() else { return };
        if roles.is_empty() {
            return;
        }
        let comparison = if roles.iter().any(|role| role.contains('*')) {
            Comparison::StringLike
        } else {
            Comparison::StringEquals
        };
        conditions.add(Operator { if_exists, ..Operator::new(comparison) }, key, roles);
    }

    /// What it takes to pass the service role.
    pub(super) fn service_role_needs(self, needs: &mut Needs) {
        let roles = self.service_role();
        if roles.is_empty() {
            let message = "the service role has no name, so the caller may pass none".to_owned();
            let help = Help::Give {
                before: "say which role CloudFormation acts with: ",
                what: Wanted::ServiceRole,
                after: String::new(),
            };
            needs.gaps.push(self.gap(codes::SERVICE_ROLE, message, help));
            return;
        }
        let Ok(action) = "iam:PassRole".parse::<Action>() else { return };
        let roles = self.arns(roles, needs);
        if !roles.is_empty() {
            let phases = [Phase::ChangeSet, Phase::Create, Phase::Update, Phase::Delete];
            self.push(Call::must(action, roles, EVIDENCE), &phases, needs);
        }
    }
}
