//! What the events of a function make, kind by kind.

use stackpass_ground::tree::{Entry, Kind, Node};

use super::build::{Properties, append, field, is_false, referred, with_child};
use super::event::{Event, keep, note_route, permit};
use super::resource::{Macro, is_wanted};
use super::role::Role;
use super::schedule::{self, Started};
use super::target::Target;
use super::{Expansion, http_api, implicit, pull};

/// Adds what the events of a function make.
pub(super) fn expand(expansion: &mut Expansion<'_>, sam: &Macro, target: &Target, role: &mut Role) {
    let Some(events) = sam.field("Events").filter(|events| is_wanted(events)) else { return };
    // The route that takes all calls comes first, since it covers the others.
    let mut sorted: Vec<&Entry> = events.entries().iter().collect();
    sorted.sort_by_key(|found| {
        let path = field(&found.value, "Properties").and_then(|given| field(given, "Path"));
        path.and_then(Node::as_str).unwrap_or(&found.key)
    });
    for found in sorted {
        if !Event::new(sam, found).is_some_and(|event| add(expansion, sam, target, role, &event)) {
            keep(expansion, sam, found);
        }
    }
}

/// Adds what one event makes; says whether that is known.
fn add(
    expansion: &mut Expansion<'_>,
    sam: &Macro,
    target: &Target,
    role: &mut Role,
    event: &Event<'_>,
) -> bool {
    let started = Started::Function(target);
    match event.kind {
        "AlexaSkill" => {
            let mut given = Properties::default();
            given.copy_as(event.properties, "SkillId", "EventSourceToken");
            event.permit(expansion, sam, target, "alexa-appkit.amazon.com", "", given);
        }
        "Api" => add_api(expansion, sam, target, event),
        "CloudWatchEvent" | "EventBridgeRule" | "Schedule" => {
            schedule::add_rule(expansion, sam, event, &started);
        }
        "CloudWatchLogs" => add_log_subscription(expansion, sam, target, event),
        "Cognito" => return add_user_pool_trigger(expansion, sam, target, event),
        "HttpApi" => http_api::add_route(expansion, sam, target, event),
        "IoTRule" => add_iot_rule(expansion, sam, target, event),
        "S3" => return add_bucket_notification(expansion, sam, target, event),
        "SNS" => add_subscription(expansion, sam, target, role, event),
        "ScheduleV2" => schedule::add_schedule(expansion, sam, event, &started),
        _ => return pull::add(expansion, sam, target, role, event),
    }
    true
}

fn add_api(expansion: &mut Expansion<'_>, sam: &Macro, target: &Target, event: &Event<'_>) {
    let at = event.at;
    let api = field(event.properties, "RestApiId");
    let id =
        api.map_or(implicit::REST_API, |api| referred(api).or(api.as_str()).unwrap_or_default());
    let stage = match expansion.template.resources.get(id) {
        _ if id == implicit::REST_API => "Prod",
        Some(api) => match field(&api.properties, "StageName").map(Node::as_str) {
            Some(Some(name)) if name.chars().all(char::is_alphanumeric) => name,
            Some(Some(_)) => "",
            _ => "Stage",
        },
        None => "AllStages",
    };
    let mut given = Properties::default();
    let arn = "arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:${Api}/*";
    let reference = api.cloned().unwrap_or_else(|| at.reference(id));
    given.set("SourceArn", at.sub_with(arn, "Api", reference));
    event.permit(expansion, sam, target, "apigateway.amazonaws.com", stage, given);
    let role = field(event.properties, "Auth").and_then(|auth| field(auth, "InvokeRole"));
    note_route(expansion, sam, id, event, role.cloned());
}

fn add_log_subscription(
    expansion: &mut Expansion<'_>,
    sam: &Macro,
    target: &Target,
    event: &Event<'_>,
) {
    let at = event.at;
    let mut given = Properties::default();
    if let Some(group) = field(event.properties, "LogGroupName") {
        let arn =
            "arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:log-group:${Group}:*";
        given.set("SourceArn", at.sub_with(arn, "Group", group.clone()));
    }
    event.permit(expansion, sam, target, "logs.amazonaws.com", "", given);
    let mut filter = Properties::default();
    filter.copy(event.properties, &["LogGroupName", "FilterPattern"]);
    filter.set("DestinationArn", target.arn(at));
    expansion.add(sam, &event.id, "AWS::Logs::SubscriptionFilter", at, filter);
}

fn add_iot_rule(expansion: &mut Expansion<'_>, sam: &Macro, target: &Target, event: &Event<'_>) {
    let at = event.at;
    let mut given = Properties::default();
    let arn = "arn:${AWS::Partition}:iot:${AWS::Region}:${AWS::AccountId}:rule/${Rule}";
    given.set("SourceArn", at.sub_with(arn, "Rule", at.reference(&event.id)));
    given.set("SourceAccount", at.reference("AWS::AccountId"));
    event.permit(expansion, sam, target, "iot.amazonaws.com", "", given);
    let mut payload = Properties::default();
    payload.copy(event.properties, &["Sql", "AwsIotSqlVersion"]);
    let action = at.map([("Lambda", at.map([("FunctionArn", target.arn(at))]))]);
    payload.set("Actions", at.list([action]));
    let mut rule = Properties::default();
    rule.set("TopicRulePayload", payload.into_node(at));
    expansion.add(sam, &event.id, "AWS::IoT::TopicRule", at, rule);
}

fn add_subscription(
    expansion: &mut Expansion<'_>,
    sam: &Macro,
    target: &Target,
    role: &mut Role,
    event: &Event<'_>,
) {
    let at = event.at;
    let mut subscription = Properties::default();
    let own = ["FilterPolicy", "FilterPolicyScope", "RedrivePolicy", "Region"];
    subscription.copy(event.properties, &own);
    subscription.copy_as(event.properties, "Topic", "TopicArn");
    let queue = field(event.properties, "SqsSubscription");
    if let Some(queue) = queue.filter(|queue| is_wanted(queue) && !is_false(queue)) {
        let (arn, url) = if let Some(arn) = field(queue, "QueueArn") {
            let url = field(queue, "QueueUrl").cloned();
            (arn.clone(), url.unwrap_or_else(|| at.any_text()))
        } else {
            let id = format!("{}Queue", event.id);
            let id = expansion.add(sam, &id, "AWS::SQS::Queue", at, Properties::default());
            (at.attribute(&id, "Arn"), at.reference(&id))
        };
        let mut policy = Properties::default();
        policy.set("Queues", at.list([url]));
        policy.set("PolicyDocument", at.map([]));
        let given = field(queue, "QueuePolicyLogicalId").and_then(Node::as_str);
        let id = given.map_or_else(|| format!("{}QueuePolicy", event.id), str::to_owned);
        expansion.add(sam, &id, "AWS::SQS::QueuePolicy", at, policy);
        let mut mapping = Properties::default();
        mapping.set("EventSourceArn", arn.clone());
        mapping.set("FunctionName", target.name(at));
        mapping.copy(queue, &["BatchSize", "Enabled"]);
        let id = format!("{}EventSourceMapping", event.id);
        expansion.add(sam, &id, "AWS::Lambda::EventSourceMapping", at, mapping);
        role.attach(at.managed_policy("service-role/AWSLambdaSQSQueueExecutionRole"));
        subscription.set("Protocol", at.text("sqs"));
        subscription.set("Endpoint", arn);
    } else {
        let mut given = Properties::default();
        given.copy_as(event.properties, "Topic", "SourceArn");
        event.permit(expansion, sam, target, "sns.amazonaws.com", "", given);
        subscription.set("Protocol", at.text("lambda"));
        subscription.set("Endpoint", target.arn(at));
    }
    expansion.add(sam, &event.id, "AWS::SNS::Subscription", at, subscription);
}

/// Lets a bucket of the template call the function; says whether there is such a bucket.
fn add_bucket_notification(
    expansion: &mut Expansion<'_>,
    sam: &Macro,
    target: &Target,
    event: &Event<'_>,
) -> bool {
    let at = event.at;
    let bucket = field(event.properties, "Bucket").and_then(referred).map(str::to_owned);
    let Some(bucket) = bucket.filter(|id| expansion.resources.contains_key(id.as_str())) else {
        return false;
    };
    let mut given = Properties::default();
    given.set("SourceAccount", at.reference("AWS::AccountId"));
    event.permit(expansion, sam, target, "s3.amazonaws.com", "", given);
    let mut notifications = Vec::new();
    let events = field(event.properties, "Events");
    let names = events.map_or(&[][..], |events| match &events.kind {
        Kind::List(names) => names.as_slice(),
        _ => std::slice::from_ref(events),
    });
    for name in names {
        let mut notification = Properties::default();
        notification.set("Event", name.clone());
        notification.set("Function", target.arn(at));
        notification.copy(event.properties, &["Filter"]);
        let notification = notification.into_node(at);
        notifications.push(match &sam.resource.condition {
            Some(name) => {
                at.choice(at.text(name.clone()), notification, at.reference("AWS::NoValue"))
            }
            None => notification,
        });
    }
    let is_conditional = sam.resource.condition.is_some();
    let Some(resource) = expansion.resource_mut(&bucket) else { return false };
    append(
        &mut resource.properties,
        at,
        &["NotificationConfiguration", "LambdaConfigurations"],
        notifications,
    );
    if is_conditional {
        // SAM orders the bucket behind the permission by a tag.
        let tag =
            at.tag(&format!("sam:ConditionalDependsOn:{}Permission", event.id), at.any_text());
        append(&mut resource.properties, at, &["Tags"], vec![tag]);
    }
    true
}

/// Lets a user pool of the template call the function; says whether there is such a pool.
fn add_user_pool_trigger(
    expansion: &mut Expansion<'_>,
    sam: &Macro,
    target: &Target,
    event: &Event<'_>,
) -> bool {
    let at = event.at;
    let pool = field(event.properties, "UserPool").and_then(referred).map(str::to_owned);
    let Some(pool) = pool.filter(|id| expansion.resources.contains_key(id.as_str())) else {
        return false;
    };
    let mut given = Properties::default();
    given.set("SourceArn", at.attribute(&pool, "Arn"));
    let id = format!("{}CognitoPermission", target.id);
    permit(expansion, sam, &id, at, target.name(at), "cognito-idp.amazonaws.com", given);
    let triggers = field(event.properties, "Trigger");
    let names = triggers.map_or(&[][..], |triggers| match &triggers.kind {
        Kind::List(names) => names.as_slice(),
        _ => std::slice::from_ref(triggers),
    });
    let arn = target.arn(at);
    let Some(resource) = expansion.resource_mut(&pool) else { return false };
    for name in names.iter().filter_map(Node::as_str) {
        with_child(&mut resource.properties, at, "LambdaConfig", |config| {
            with_child(config, at, name, |trigger| *trigger = arn.clone());
        });
    }
    true
}
