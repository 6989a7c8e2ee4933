//! `AWS::Serverless::Connector`: what lets one resource use another.

use stackpass_ground::tree::{Entry, Kind, Node};

use super::Expansion;
use super::build::{At, Properties, entry_at, field, is_no_value, referred};
use super::event::permit;
use super::resource::{Macro, PREFIX};
use crate::template::{LogicalId, Resource};

/// Which pairs of types can be connected, and how.
const PAIRS: &str = include_str!("connectors.txt");

/// The types that SAM's own become.
const BECOMES: [(&str, &str); 5] = [
    ("AWS::Serverless::Api", "AWS::ApiGateway::RestApi"),
    ("AWS::Serverless::Function", "AWS::Lambda::Function"),
    ("AWS::Serverless::HttpApi", "AWS::ApiGatewayV2::Api"),
    ("AWS::Serverless::SimpleTable", "AWS::DynamoDB::Table"),
    ("AWS::Serverless::StateMachine", "AWS::StepFunctions::StateMachine"),
];

/// One end of a connector.
#[derive(Clone, Debug)]
struct End {
    resource_type: String,
    /// The reference of the resource: its ARN or address.
    reference: Option<Node>,
    /// Its ARN, if it calls functions.
    arn: Option<Node>,
    role: Option<Node>,
}

/// How a connector lets one end use the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Means {
    /// A policy that is attached to a role.
    RolePolicy,
    QueuePolicy,
    TopicPolicy,
    /// A permission for a service to call a function.
    FunctionPermission(&'static str),
}

pub(super) fn expand(expansion: &mut Expansion<'_>, sam: &Macro) {
    let source = sam.field("Source");
    let destinations = sam.field("Destination");
    let (destinations, is_many) = match destinations.map(|destinations| &destinations.kind) {
        Some(Kind::List(items)) => (items.as_slice(), true),
        _ => (destinations.map_or(&[][..], std::slice::from_ref), false),
    };
    let mut is_whole = !destinations.is_empty();
    for (index, destination) in destinations.iter().enumerate() {
        if expansion.is_full() {
            is_whole = false;
            break;
        }
        let suffix = if is_many { format!("Destination{index}") } else { String::new() };
        let added = source.and_then(|source| connect(expansion, sam, source, destination, &suffix));
        is_whole &= added.is_some();
    }
    if !is_whole {
        expansion.keep(sam.resource.clone());
    }
}

/// Expands the connectors that stand at the resource they start from.
pub(super) fn expand_embedded(expansion: &mut Expansion<'_>) {
    let template = expansion.template;
    for resource in template.resources.values() {
        let connectors = resource.connectors.as_ref();
        for found in connectors.map_or(&[][..], Node::entries) {
            let Some(connector) = embedded(resource, found) else { continue };
            expansion.expand_one(&connector, expand);
        }
    }
}

/// A connector of its own with the resource as its source.
fn embedded(resource: &Resource, found: &Entry) -> Option<Resource> {
    let at = entry_at(found);
    let logical_id: LogicalId = format!("{}{}", resource.logical_id, found.key).parse().ok()?;
    let given = field(&found.value, "Properties");
    let mut source = Properties::default();
    source.set("Id", at.text(resource.logical_id.as_str()));
    let mut properties = Properties::default();
    if let Some(given) = given {
        if let Some(reference) = field(given, "SourceReference") {
            source.copy(reference, &["Qualifier"]);
        }
        properties.copy_all_but(given, &["SourceReference"]);
    }
    properties.set("Source", source.into_node(at));
    let condition = field(&found.value, "Condition").and_then(Node::as_str).map(str::to_owned);
    Some(Resource {
        condition,
        deletion_policy: field(&found.value, "DeletionPolicy").cloned(),
        update_replace_policy: field(&found.value, "UpdateReplacePolicy").cloned(),
        ..Resource::new(logical_id, format!("{PREFIX}Connector"), at.0, properties.into_node(at))
    })
}

/// Adds what connects two ends; `None` if they cannot be.
fn connect(
    expansion: &mut Expansion<'_>,
    sam: &Macro,
    source: &Node,
    destination: &Node,
    suffix: &str,
) -> Option<()> {
    let ends = (end(expansion, source, destination)?, end(expansion, destination, source)?);
    let (means, is_source) = means(&ends.0.resource_type, &ends.1.resource_type)?;
    let caller = ends.0.arn.clone();
    let holder = if is_source { ends.0 } else { ends.1 };
    let role = if means == Means::RolePolicy { Some(holder.role?) } else { None };
    add(expansion, sam, means, holder.reference.as_ref(), (role, caller), suffix);
    Some(())
}

/// Adds a policy or a permission.
fn add(
    expansion: &mut Expansion<'_>,
    sam: &Macro,
    means: Means,
    reference: Option<&Node>,
    (role, caller): (Option<Node>, Option<Node>),
    suffix: &str,
) {
    let at = sam.at();
    let reference = reference.cloned().unwrap_or_else(|| at.any_text());
    let mut properties = Properties::default();
    let (name, resource_type) = match means {
        Means::RolePolicy => {
            return add_role_policy(expansion, sam, sam.id(), role, suffix, at);
        }
        Means::QueuePolicy => {
            properties.set("Queues", at.list([reference]));
            ("QueuePolicy", "AWS::SQS::QueuePolicy")
        }
        Means::TopicPolicy => {
            properties.set("Topics", at.list([reference]));
            ("TopicPolicy", "AWS::SNS::TopicPolicy")
        }
        Means::FunctionPermission(service) => {
            let id = format!("{}WriteLambdaPermission{suffix}", sam.id());
            if let Some(caller) = caller {
                properties.set("SourceArn", caller);
            }
            permit(expansion, sam, &id, at, reference, service, properties);
            return;
        }
    };
    properties.set("PolicyDocument", at.map([]));
    expansion.add(sam, &format!("{}{name}{suffix}", sam.id()), resource_type, at, properties);
}

/// Adds a managed policy that is attached to a role.
pub(super) fn add_role_policy(
    expansion: &mut Expansion<'_>,
    sam: &Macro,
    connector: &str,
    role: Option<Node>,
    suffix: &str,
    at: At,
) {
    let mut policy = Properties::default();
    policy.set("PolicyDocument", at.map([]));
    policy.set("Roles", at.list(role));
    let id = format!("{connector}Policy{suffix}");
    expansion.add(sam, &id, "AWS::IAM::ManagedPolicy", at, policy);
}

/// Reads one end of a connector, given the other one.
fn end(expansion: &Expansion<'_>, given: &Node, other: &Node) -> Option<End> {
    let at = At(given.span);
    let Some(id) = field(given, "Id") else {
        let name = field(given, "Type")?.as_str()?;
        let own = BECOMES.into_iter().find(|(own, _)| *own == name);
        let reference = ["QueueUrl", "Arn"].into_iter().find_map(|key| field(given, key));
        return Some(End {
            resource_type: own.map_or(name, |(_, becomes)| becomes).to_owned(),
            reference: reference.cloned(),
            arn: field(given, "Arn").cloned(),
            role: field(given, "RoleName").cloned(),
        });
    };
    let id = id.as_str()?;
    let resource = expansion.resources.get(id)?;
    let role = match resource.resource_type.as_str() {
        "AWS::Lambda::Function" => field(&resource.properties, "Role"),
        "AWS::StepFunctions::StateMachine" => field(&resource.properties, "RoleArn"),
        "AWS::AppSync::DataSource" => field(&resource.properties, "ServiceRoleArn"),
        "AWS::Events::Rule" => rule_role(&resource.properties, other),
        _ => None,
    };
    let role = role.filter(|role| !is_no_value(role)).and_then(referred);
    Some(End {
        resource_type: resource.resource_type.clone(),
        reference: Some(at.reference(id)),
        arn: arn_of(at, &resource.resource_type, id),
        role: role.map(|role| at.reference(role)),
    })
}

/// The ARN of a resource that calls functions.
fn arn_of(at: At, resource_type: &str, id: &str) -> Option<Node> {
    match resource_type {
        "AWS::SNS::Topic" => Some(at.reference(id)),
        "AWS::Events::Rule" | "AWS::S3::Bucket" => Some(at.attribute(id, "Arn")),
        "AWS::ApiGateway::RestApi" | "AWS::ApiGatewayV2::Api" => Some(at.sub(format!(
            "arn:${{AWS::Partition}}:execute-api:${{AWS::Region}}:${{AWS::AccountId}}:${{{id}}}/*"
        ))),
        _ => None,
    }
}

/// The role by which a rule reaches a target.
fn rule_role<'a>(rule: &'a Node, target: &Node) -> Option<&'a Node> {
    let id = field(target, "Id").and_then(Node::as_str);
    let targets = field(rule, "Targets")?.items();
    let is_it = |candidate: &&Node| {
        let arn = field(candidate, "Arn");
        id.is_some() && arn.and_then(referred) == id
    };
    field(targets.iter().find(is_it)?, "RoleArn")
}

/// How a pair of types is connected, and whether at its source.
fn means(source: &str, destination: &str) -> Option<(Means, bool)> {
    PAIRS.lines().find_map(|line| {
        let words: Vec<&str> = line.split_ascii_whitespace().collect();
        let [from, to, means, end, service @ ..] = words.as_slice() else { return None };
        if (*from, *to) != (source, destination) {
            return None;
        }
        let means = match *means {
            "role" => Means::RolePolicy,
            "queue" => Means::QueuePolicy,
            "topic" => Means::TopicPolicy,
            _ => Means::FunctionPermission(service.first()?),
        };
        Some((means, *end == "source"))
    })
}
