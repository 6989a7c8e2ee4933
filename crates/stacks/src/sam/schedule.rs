//! Rules and schedules, which functions and state machines have alike.

use stackpass_ground::tree::Node;

use super::Expansion;
use super::build::{Properties, field};
use super::event::Event;
use super::resource::{Macro, is_wanted};
use super::target::Target;

/// What a rule or a schedule starts, and the role that it needs for that.
#[derive(Clone, Debug)]
pub(super) enum Started<'a> {
    /// A function, which lets the rule call it.
    Function(&'a Target),
    /// A state machine: the ARN, and the boundary of the roles.
    StateMachine { arn: Node, boundary: Option<&'a Node> },
}

/// `Schedule`, `CloudWatchEvent` and `EventBridgeRule`: a rule, with a queue for what cannot be delivered.
pub(super) fn add_rule(
    expansion: &mut Expansion<'_>,
    sam: &Macro,
    event: &Event<'_>,
    started: &Started<'_>,
) {
    let at = event.at;
    let mut rule = Properties::default();
    rule.copy(event.properties, &["EventBusName", "Description", "State"]);
    rule.copy_as(event.properties, "Schedule", "ScheduleExpression");
    rule.copy_as(event.properties, "Pattern", "EventPattern");
    rule.copy_as(
        event.properties,
        if event.kind == "Schedule" { "Name" } else { "RuleName" },
        "Name",
    );
    let mut target = Properties::default();
    target.set("Id", at.text(format!("{}Target", event.id)));
    target.copy(event.properties, &["Input", "InputPath", "InputTransformer", "RetryPolicy"]);
    if let Some(queue) = add_queue(expansion, sam, event, QueuePolicy::Own) {
        target.set("DeadLetterConfig", at.map([("Arn", queue)]));
    }
    match started {
        Started::Function(function) => {
            target.set("Arn", function.arn(at));
            let mut permission = Properties::default();
            permission.set("SourceArn", at.attribute(&event.id, "Arn"));
            event.permit(expansion, sam, function, "events.amazonaws.com", "", permission);
        }
        Started::StateMachine { arn, boundary } => {
            target.set("Arn", arn.clone());
            let given = field(event.properties, "RoleArn").filter(|_| event.kind == "Schedule");
            let role = match given {
                Some(role) => role.clone(),
                None => add_role(expansion, sam, event, "events.amazonaws.com", *boundary),
            };
            target.set("RoleArn", role);
        }
    }
    rule.set("Targets", at.list([target.into_node(at)]));
    expansion.add(sam, &event.id, "AWS::Events::Rule", at, rule);
}

/// `ScheduleV2`: a schedule with a role of its own.
pub(super) fn add_schedule(
    expansion: &mut Expansion<'_>,
    sam: &Macro,
    event: &Event<'_>,
    started: &Started<'_>,
) {
    let at = event.at;
    let own = [
        "DeadLetterConfig",
        "Input",
        "Name",
        "OmitName",
        "PermissionsBoundary",
        "RetryPolicy",
        "RoleArn",
    ];
    let mut schedule = Properties::default();
    schedule.copy_all_but(event.properties, &own);
    // The schedule is called like its event, unless that is turned off.
    if !field(event.properties, "OmitName").is_some_and(is_wanted) {
        schedule.set("Name", at.text(event.id.clone()));
    }
    schedule.copy(event.properties, &["Name"]);
    let mut target = Properties::default();
    target.copy(event.properties, &["Input", "RetryPolicy"]);
    target.set(
        "Arn",
        match started {
            Started::Function(function) => function.arn(at),
            Started::StateMachine { arn, .. } => arn.clone(),
        },
    );
    if let Some(queue) = add_queue(expansion, sam, event, QueuePolicy::None) {
        target.set("DeadLetterConfig", at.map([("Arn", queue)]));
    }
    let boundary = field(event.properties, "PermissionsBoundary");
    let role = match field(event.properties, "RoleArn").filter(|role| is_wanted(role)) {
        Some(role) => role.clone(),
        None => add_role(expansion, sam, event, "scheduler.amazonaws.com", boundary),
    };
    target.set("RoleArn", role);
    schedule.set("Target", target.into_node(at));
    expansion.add(sam, &event.id, "AWS::Scheduler::Schedule", at, schedule);
}

/// Adds the role by which an event starts its target, and gives its ARN.
pub(super) fn add_role(
    expansion: &mut Expansion<'_>,
    sam: &Macro,
    event: &Event<'_>,
    service: &str,
    boundary: Option<&Node>,
) -> Node {
    let at = event.at;
    let id = format!("{}Role", event.id);
    let mut role = Properties::default();
    role.set("AssumeRolePolicyDocument", at.trust(service));
    role.set("Policies", at.list([at.inline_policy(&format!("{id}StartPolicy"))]));
    role.set_some("PermissionsBoundary", boundary.cloned());
    let id = expansion.add(sam, &id, "AWS::IAM::Role", at, role);
    at.attribute(&id, "Arn")
}

/// Whether a queue that is made gets a policy: a rule writes to it by that, a schedule by its role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum QueuePolicy {
    None,
    Own,
}

/// The queue for what cannot be delivered, made if it is not given.
fn add_queue(
    expansion: &mut Expansion<'_>,
    sam: &Macro,
    event: &Event<'_>,
    policy: QueuePolicy,
) -> Option<Node> {
    let config = field(event.properties, "DeadLetterConfig")?;
    let at = event.at_property("DeadLetterConfig");
    if let Some(arn) = field(config, "Arn") {
        return Some(arn.clone());
    }
    let given = field(config, "QueueLogicalId").and_then(Node::as_str).map(str::to_owned);
    let id = given.unwrap_or_else(|| format!("{}Queue", event.id));
    let id = expansion.add(sam, &id, "AWS::SQS::Queue", at, Properties::default());
    if policy == QueuePolicy::Own {
        let mut properties = Properties::default();
        properties.set("Queues", at.list([at.reference(&id)]));
        properties.set("PolicyDocument", at.map([]));
        let policy_id = format!("{}QueuePolicy", event.id);
        expansion.add(sam, &policy_id, "AWS::SQS::QueuePolicy", at, properties);
    }
    Some(at.attribute(&id, "Arn"))
}
