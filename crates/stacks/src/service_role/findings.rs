//! The ways out of a service role, and what else to know before it is used.

use std::collections::BTreeSet;

use stackpass_ground::arn::{Arn, ArnPattern};
use stackpass_ground::code::Code;

use super::boundary::{CHANGING_ROLE, Closing, FREEING};
use super::principals::{each, resource_ref};
use crate::codes;
use crate::deployment::{Deployment, Tool};
use crate::help::{Help, Wanted};
use crate::need::{Need, ResourceRef, Scoping, Who};

/// Something to know about a service role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Which kind of finding it is.
    pub code: Code,
    /// How much it weighs.
    pub weight: Weight,
    /// What it is.
    pub message: String,
    /// What to do about it.
    pub help: Help,
    /// The actions of the executor that open the way.
    pub actions: BTreeSet<String>,
    /// The resources that ask for them.
    pub resources: BTreeSet<ResourceRef>,
    /// The statements of a boundary that close it.
    pub closed_by: &'static [Closing],
}

/// How much a finding weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Weight {
    /// Who may deploy can get more than the role has.
    Escalation,
    /// It works in a way that may surprise.
    Note,
}

/// A way out: actions that open it, perhaps together with others.
struct Way {
    code: Code,
    /// One of these.
    actions: &'static [&'static str],
    /// And one of these, if there are any.
    with: &'static [&'static str],
    message: &'static str,
    help: &'static str,
    closed_by: &'static [Closing],
}

/// What runs somebody's code with a role that it is given.
const RUNNING: [&str; 15] = [
    "apprunner:CreateService",
    "batch:RegisterJobDefinition",
    "bedrock-agentcore:CreateAgentRuntime",
    "cloudformation:CreateStack",
    "codebuild:CreateProject",
    "datapipeline:PutPipelineDefinition",
    "ec2:RunInstances",
    "ecs:RegisterTaskDefinition",
    "glue:CreateJob",
    "iot:CreateTopicRule",
    "lambda:CreateFunction",
    "lambda:UpdateFunctionConfiguration",
    "sagemaker:CreateNotebookInstance",
    "scheduler:CreateSchedule",
    "states:CreateStateMachine",
];

const NESTED_STACK: &str = "AWS::CloudFormation::Stack";

const WAYS: [Way; 8] = [
    Way {
        code: codes::CREATES_ROLES,
        actions: &["iam:CreateRole"],
        with: &["iam:AttachRolePolicy", "iam:PutRolePolicy"],
        message: "it makes roles and gives them permissions: who may change the template decides which",
        help: "a boundary that every new role must have",
        closed_by: &[Closing::RequireBoundary, Closing::KeepBoundaries],
    },
    Way {
        code: codes::CREATES_USERS,
        actions: &["iam:CreateUser", "iam:PutUserPolicy", "iam:AttachUserPolicy"],
        with: &[],
        message: "it makes users or gives them permissions",
        help: "a boundary that every user must have",
        closed_by: &[Closing::RequireBoundary, Closing::KeepBoundaries],
    },
    Way {
        code: codes::MAKES_CREDENTIALS,
        actions: &["iam:CreateAccessKey", "iam:CreateLoginProfile", "iam:UpdateLoginProfile"],
        with: &[],
        message: "it makes keys or passwords of users, which outlast the deployment",
        help: "deploy without users; a boundary holds for users that the stack makes, not for others",
        closed_by: &[],
    },
    Way {
        code: codes::EDITS_TRUST,
        actions: &["iam:UpdateAssumeRolePolicy"],
        with: &[],
        message: "it changes who may assume roles",
        help: "a boundary that the changed roles must have",
        closed_by: &[Closing::RequireBoundary],
    },
    Way {
        code: codes::EDITS_POLICIES,
        actions: &["iam:CreatePolicyVersion", "iam:SetDefaultPolicyVersion"],
        with: &[],
        message: "it changes managed policies, and with them everybody who has them",
        help: "a boundary that keeps itself; name the policies, so that others stay out of reach",
        closed_by: &[Closing::ProtectBoundary],
    },
    Way {
        code: codes::EDITS_GROUPS,
        actions: &["iam:AddUserToGroup", "iam:AttachGroupPolicy", "iam:PutGroupPolicy"],
        with: &[],
        message: "it gives groups permissions or members; groups have no boundary, their users may have",
        help: "keep groups out of the stack",
        closed_by: &[],
    },
    Way {
        code: codes::TRUSTS_PROVIDERS,
        actions: &[
            "iam:AddClientIDToOpenIDConnectProvider",
            "iam:CreateOpenIDConnectProvider",
            "iam:CreateSAMLProvider",
            "iam:UpdateOpenIDConnectProviderThumbprint",
            "iam:UpdateSAMLProvider",
        ],
        with: &[],
        message: "it decides which identity providers the account trusts",
        help: "make providers in a stack of their own, which few may deploy",
        closed_by: &[],
    },
    Way {
        code: codes::FREES_OF_BOUNDARIES,
        actions: &FREEING,
        with: &[],
        message: "it takes boundaries away from roles or users",
        help: "a boundary that does not allow it",
        closed_by: &[Closing::KeepBoundaries],
    },
];

/// What to know about a service role, for the needs that its policies are made of and the ARN of the role, which may have
/// wildcards. Escalations come first.
pub fn findings(deployment: &Deployment, needs: &[&Need], role: &str) -> Vec<Finding> {
    let executor: Vec<&Need> =
        needs.iter().copied().filter(|need| need.who == Who::Executor).collect();
    let mut found: Vec<Finding> = WAYS.iter().filter_map(|way| way.of(&executor)).collect();
    found.extend(passes_roles(&executor));
    found.extend(changes_itself(&executor, role));
    found.extend(notes(deployment));
    found.sort_by_key(|finding| (finding.weight, finding.code));
    found
}

impl Way {
    fn of(&self, needs: &[&Need]) -> Option<Finding> {
        let with = with_actions(needs, self.with);
        if !self.with.is_empty() && with.is_empty() {
            return None;
        }
        let mut opening = with_actions(needs, self.actions);
        if opening.is_empty() {
            return None;
        }
        opening.extend(with);
        Some(Finding {
            code: self.code,
            weight: Weight::Escalation,
            message: self.message.to_owned(),
            help: self.help.into(),
            actions: actions(&opening),
            resources: resources(&opening),
            closed_by: self.closed_by,
        })
    }
}

/// Roles that are passed to what runs the template's code.
fn passes_roles(needs: &[&Need]) -> Option<Finding> {
    // A nested stack is given the service role again.
    let is_nested =
        |need: &Need| need.why.resource.as_ref().is_some_and(|it| it.resource_type == NESTED_STACK);
    let mut passing = with_actions(needs, &["iam:PassRole"]);
    passing.retain(|need| !is_nested(need));
    let running = with_actions(needs, &RUNNING);
    if passing.is_empty() || running.is_empty() {
        return None;
    }
    let open: BTreeSet<&str> = passing
        .iter()
        .filter(|need| need.scoping != Scoping::Named)
        .flat_map(|need| need.resources.iter().map(ArnPattern::as_str))
        .collect();
    let which = if open.is_empty() {
        "the roles that the template names".to_owned()
    } else {
        let open: Vec<String> = open.into_iter().map(|it| format!("`{it}`")).collect();
        format!("every role that {} stands for", open.join(" or "))
    };
    let all: Vec<&Need> = passing.into_iter().chain(running).collect();
    Some(Finding {
        code: codes::RUNS_CODE_WITH_ROLES,
        weight: Weight::Escalation,
        message: format!(
            "it runs code and passes roles to it: who may change the template acts with {which}"
        ),
        help: "a boundary on the roles that the stack makes; of other roles, pass only those that anybody who deploys may use"
            .into(),
        actions: actions(&all),
        resources: resources(&all),
        closed_by: &[Closing::RequireBoundary, Closing::KeepBoundaries],
    })
}

/// Permissions on roles that reach as far as the service role itself.
fn changes_itself(needs: &[&Need], role: &str) -> Option<Finding> {
    let reaches = |need: &&&Need| need.resources.iter().any(|it| may_be(it, role));
    let changing = with_actions(needs, &CHANGING_ROLE);
    let changing: Vec<&Need> = changing.iter().filter(reaches).copied().collect();
    if changing.is_empty() {
        return None;
    }
    Some(Finding {
        code: codes::CHANGES_ITSELF,
        weight: Weight::Escalation,
        message: "what it may do to roles reaches the service role itself".to_owned(),
        help: Help::Give {
            before: "give ",
            what: Wanted::StackOrRoleName,
            after: " with a name that no role of the stack can have".to_owned(),
        },
        actions: actions(&changing),
        resources: resources(&changing),
        closed_by: &[Closing::ProtectServiceRole],
    })
}

/// Whether a pattern may stand for a role. Only the name is compared: what is not known of the account is a wildcard that
/// would reach into the name.
fn may_be(pattern: &ArnPattern, role: &str) -> bool {
    let name = role.split_once(":role/").map_or(role, |(_, name)| name);
    let same_place = format!("arn:aws:iam::000000000000:{}", pattern.resource());
    let role = format!("arn:aws:iam::000000000000:role/{name}").parse::<Arn>();
    let (Ok(pattern_here), Ok(role)) = (same_place.parse::<ArnPattern>(), role) else {
        return false;
    };
    pattern.is_any() || (pattern.service() == "iam" && pattern_here.matches(&role))
}

/// What holds for every service role, for nested stacks, for custom resources and for the roles of the bootstrap stack.
fn notes(deployment: &Deployment) -> Vec<Finding> {
    let note = |code, message: &str, help: Help, resources| Finding {
        code,
        weight: Weight::Note,
        message: message.to_owned(),
        help,
        actions: BTreeSet::new(),
        resources,
        closed_by: &[],
    };
    let mut notes = vec![note(
        codes::STAYS_ATTACHED,
        "a stack keeps the role that it was given, and CloudFormation uses it for everybody who may change the stack, also without permission to pass it",
        "let only those update and delete the stack who have the caller policy; it asks for this role by `cloudformation:RoleArn`".into(),
        BTreeSet::new(),
    )];
    let nested = of_types(deployment, &|kind| kind == NESTED_STACK);
    if !nested.is_empty() {
        notes.push(note(
            codes::NESTED_STACKS,
            "nested stacks are deployed with the same role",
            "the templates of nested stacks need the same care as this one".into(),
            nested,
        ));
    }
    let custom = of_types(deployment, &|kind| {
        kind.starts_with("Custom::") || kind == "AWS::CloudFormation::CustomResource"
    });
    if !custom.is_empty() {
        notes.push(note(
            codes::CUSTOM_RESOURCES,
            "custom resources are invoked with the same role; their code runs with the role of its function",
            "look at the policies of these functions' roles as well".into(),
            custom,
        ));
    }
    if deployment.tool == Tool::Cdk {
        notes.push(note(
            codes::DEPLOY_ROLE,
            "the deploy role of the bootstrap stack makes the calls: it may not pass this role yet, and it may pass the bootstrap's execution role, which is an administrator by default",
            Help::Give {
                before: "allow the deploy role to pass this role, or leave ",
                what: Wanted::Cdk,
                after: " out: the caller then deploys with its own credentials".to_owned(),
            },
            BTreeSet::new(),
        ));
    }
    notes
}

fn of_types(deployment: &Deployment, is: &dyn Fn(&str) -> bool) -> BTreeSet<ResourceRef> {
    let mut found = BTreeSet::new();
    for planned in &deployment.stacks {
        each(&planned.stack, &mut |_, resource| {
            if is(&resource.resource_type) {
                found.insert(resource_ref(resource));
            }
        });
    }
    found
}

fn with_actions<'a>(needs: &[&'a Need], wanted: &[&str]) -> Vec<&'a Need> {
    needs.iter().copied().filter(|need| wanted.contains(&need.action.as_str())).collect()
}

fn actions(needs: &[&Need]) -> BTreeSet<String> {
    needs.iter().map(|need| need.action.to_string()).collect()
}

fn resources(needs: &[&Need]) -> BTreeSet<ResourceRef> {
    needs.iter().filter_map(|need| need.why.resource.clone()).collect()
}
