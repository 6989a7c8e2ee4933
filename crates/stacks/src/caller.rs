//! What the caller needs: the calls that the tool makes with the caller's own credentials, and what a template asks of the caller
//! beside them.

mod debug_stack;
mod facts;
mod published;
mod resources;
mod service_role;
mod template;

use std::collections::BTreeSet;

use stackpass_ground::arn::ArnPattern;
use stackpass_ground::code::Code;
use stackpass_ground::source::Span;
use stackpass_policy::action::Action;
use stackpass_policy::catalogue;
use stackpass_policy::condition::Conditions;

use crate::codes;
use crate::deployment::{Deployment, Mode, PlannedStack, Tool};
use crate::help::Help;
use crate::names;
use crate::need::{Gap, Hardness, Need, Needs, Phase, Scoping, Who, Why};
use crate::pattern;
use crate::tools::{ToolNeed, calls_of};

/// Works out what the caller needs for a stack of a deployment.
pub(crate) fn caller_needs(deployment: &Deployment, planned: &PlannedStack) -> Needs {
    let caller = Caller { deployment, planned };
    let mut needs = Needs::default();
    for need in &calls_of(caller.tool()).need {
        if need.when.is_empty() || need.when.iter().any(|fact| caller.holds(*fact)) {
            caller.tool_needs(need, &mut needs);
        }
    }
    // With modern synthesis the deploy role reads the template, not the caller.
    if deployment.mode != Mode::Bootstrap || planned.artifact.deploy_role.is_none() {
        caller.template_needs(&mut needs);
    }
    if deployment.mode == Mode::ServiceRole {
        caller.service_role_needs(&mut needs);
    }
    needs
}

/// The caller of a deployment, for one of its stacks.
#[derive(Clone, Copy)]
struct Caller<'a> {
    deployment: &'a Deployment,
    planned: &'a PlannedStack,
}

/// A permission of the caller's, in whichever phases.
struct Call {
    action: Action,
    resources: BTreeSet<ArnPattern>,
    conditions: Conditions,
    hardness: Hardness,
    scoping: Scoping,
    /// What asks for it; nothing, if it is the deployment as such.
    span: Span,
    evidence: Vec<String>,
}

impl Call {
    /// A permission without conditions that the deployment fails without.
    fn must(action: Action, resources: BTreeSet<ArnPattern>, evidence: &str) -> Call {
        Call {
            action,
            resources,
            conditions: Conditions::new(),
            hardness: Hardness::Must,
            scoping: Scoping::Named,
            span: Span::default(),
            evidence: vec![evidence.to_owned()],
        }
    }
}

impl Caller<'_> {
    /// The tool whose calls deploy the stack: the CDK uses the caller's own credentials for one that names no role to assume.
    fn tool(self) -> Tool {
        match self.deployment.tool {
            Tool::Cdk if self.planned.artifact.deploy_role.is_none() => Tool::CdkLegacy,
            tool => tool,
        }
    }

    fn tool_needs(self, need: &ToolNeed, needs: &mut Needs) {
        let resources = self.arns(self.resources(&need.on), needs);
        if resources.is_empty() {
            return;
        }
        for action in &need.actions {
            let mut conditions = need.conditions();
            self.pin_role(action, &need.on, &mut conditions);
            let call = Call {
                action: action.clone(),
                resources: resources.clone(),
                conditions,
                hardness: need.hardness,
                scoping: self.scoping(action, &resources),
                span: Span::default(),
                evidence: need.evidence.clone(),
            };
            self.push(call, &need.phases, needs);
        }
    }

    fn push(self, call: Call, phases: &[Phase], needs: &mut Needs) {
        let stack = &self.planned.stack;
        let why = Why {
            stack: names::stack_name(stack),
            resource: None,
            property: None,
            place: stack.place(call.span),
            evidence: call.evidence,
        };
        needs.needs.extend(phases.iter().map(|&phase| Need {
            who: Who::Caller,
            action: call.action.clone(),
            phase,
            resources: call.resources.clone(),
            conditions: call.conditions.clone(),
            hardness: call.hardness,
            scoping: call.scoping.clone(),
            why: why.clone(),
        }));
    }

    /// The ARNs among texts. A text of the input that is none is a gap, told once.
    fn arns(
        self,
        texts: impl IntoIterator<Item = String>,
        needs: &mut Needs,
    ) -> BTreeSet<ArnPattern> {
        let mut arns = BTreeSet::new();
        for text in texts {
            if let Ok(arn) = text.parse() {
                arns.insert(arn);
                continue;
            }
            let message =
                format!("`{text}` is no ARN, so nothing of the caller's is allowed on it");
            let help = "mend it where the app is synthesized; a role of the manifest is written as `arn:PARTITION:iam::ACCOUNT:role/NAME`";
            let gap = self.gap(codes::NO_ARN, message, help);
            if !needs.gaps.contains(&gap) {
                needs.gaps.push(gap);
            }
        }
        arns
    }

    /// A gap of the deployment as such.
    fn gap(self, code: Code, message: String, help: impl Into<Help>) -> Gap {
        let stack = &self.planned.stack;
        Gap {
            place: stack.place(Span::default()),
            code,
            stack: names::stack_name(stack),
            resource: None,
            message,
            help: help.into(),
        }
    }

    fn scoping(self, action: &Action, resources: &BTreeSet<ArnPattern>) -> Scoping {
        if !resources.iter().any(ArnPattern::is_any) {
            let unnamed = self.planned.stack.setting.stack_name.is_none()
                && resources.iter().any(|arn| arn.service() == "cloudformation");
            let is_whole_type = resources.iter().any(|arn| pattern::is_whole_type(arn.as_str()));
            return match (unnamed, is_whole_type) {
                (true, _) => Scoping::UnknownStackName,
                (false, true) => Scoping::AnyOfType,
                (false, false) => Scoping::Named,
            };
        }
        let has_resources = catalogue::action(action.service(), action.name())
            .is_some_and(|facts| facts.resource_types().next().is_some());
        if has_resources { Scoping::AnyOfType } else { Scoping::NoResourceLevel }
    }
}

#[cfg(test)]
mod tests;
