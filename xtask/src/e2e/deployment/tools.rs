//! What people type to deploy, by tool and phase.

use super::Plan;
use crate::e2e::case::Tool;

/// A part of a stack's life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    Create,
    Update,
    Delete,
}

impl Phase {
    pub(super) const ALL: [Phase; 3] = [Phase::Create, Phase::Update, Phase::Delete];

    /// The name in recordings.
    pub(super) fn name(self) -> &'static str {
        match self {
            Phase::Create => "create",
            Phase::Update => "update",
            Phase::Delete => "delete",
        }
    }

    /// The name in `generate --phase`.
    pub(super) fn generated(self) -> &'static str {
        match self {
            Phase::Create => "first",
            Phase::Update => "update",
            Phase::Delete => "destroy",
        }
    }
}

/// The commands of a phase. Without a template for it there is no update.
pub(super) fn commands(plan: &Plan<'_>, phase: Phase) -> Vec<Vec<String>> {
    let input = match (phase, &plan.update) {
        (Phase::Update, None) => return Vec::new(),
        (Phase::Update | Phase::Delete, Some(update)) => update,
        _ => &plan.deployed,
    };
    match (plan.deployment.tool, phase) {
        (Tool::Cdk, Phase::Delete) => vec![cdk(plan, &["destroy", "--force", "--app", input])],
        (Tool::Cdk, _) => {
            vec![cdk(plan, &["deploy", "--require-approval", "never", "--app", input])]
        }
        (Tool::CdkBootstrap, Phase::Create | Phase::Update) => vec![bootstrap(plan, input)],
        (Tool::AwsCli | Tool::CdkBootstrap, Phase::Delete) => delete(plan),
        (Tool::AwsCli, Phase::Create) => change_set(plan, phase, input, "CREATE"),
        (Tool::AwsCli, Phase::Update) => change_set(plan, phase, input, "UPDATE"),
    }
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

fn cdk(plan: &Plan<'_>, arguments: &[&str]) -> Vec<String> {
    let mut command = words(&["cdk"]);
    command.extend(words(arguments));
    command.push(plan.deployment.stack.clone());
    command.push("--no-notices".to_owned());
    if let Some(role) = plan.role_arn() {
        command.extend(["--role-arn".to_owned(), role]);
    }
    command.extend(plan.deployment.arguments.iter().cloned());
    command
}

fn bootstrap(plan: &Plan<'_>, template: &str) -> Vec<String> {
    let place = format!("aws://{}/{}", plan.admin.id, plan.admin.region);
    let mut command = words(&["cdk", "bootstrap", &place, "--template", template]);
    command.extend(words(&["--toolkit-stack-name", &plan.deployment.stack, "--no-notices"]));
    command.extend(plan.deployment.arguments.iter().cloned());
    command
}

/// What `aws cloudformation deploy` does, which looks only every half minute whether it is done.
fn change_set(plan: &Plan<'_>, phase: Phase, template: &str, kind: &str) -> Vec<Vec<String>> {
    let stack = plan.deployment.stack.as_str();
    let name = format!("e2e-{}", phase.name());
    let change_set = ["--stack-name", stack, "--change-set-name", &name];
    let cloudformation = |operation: &[&str], arguments: &[&str]| {
        let mut command = words(&["aws", "cloudformation"]);
        command.extend(words(operation));
        command.extend(words(arguments));
        command
    };
    let mut create = cloudformation(&["create-change-set"], &change_set);
    create.extend(words(&["--change-set-type", kind]));
    create.extend(words(&["--template-body", &format!("file://{template}")]));
    create.extend(words(&["--capabilities", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"]));
    create.extend(with_role(plan));
    if !plan.parameters.is_empty() {
        create.push("--parameters".to_owned());
        let pair = |(name, value): &(String, String)| {
            format!("ParameterKey={name},ParameterValue={value}")
        };
        create.extend(plan.parameters.iter().map(pair));
    }
    create.extend(plan.deployment.arguments.iter().cloned());
    let done = format!("stack-{}-complete", phase.name());
    vec![
        create,
        cloudformation(&["wait", "change-set-create-complete"], &change_set),
        cloudformation(&["execute-change-set"], &change_set),
        cloudformation(&["wait", &done], &["--stack-name", stack]),
    ]
}

fn delete(plan: &Plan<'_>) -> Vec<Vec<String>> {
    let stack = plan.deployment.stack.as_str();
    let mut delete = words(&["aws", "cloudformation", "delete-stack", "--stack-name", stack]);
    delete.extend(with_role(plan));
    let wait = ["aws", "cloudformation", "wait", "stack-delete-complete", "--stack-name", stack];
    vec![delete, words(&wait)]
}

fn with_role(plan: &Plan<'_>) -> Vec<String> {
    plan.role_arn().map_or_else(Vec::new, |role| vec!["--role-arn".to_owned(), role])
}
