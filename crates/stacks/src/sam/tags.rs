//! Tags: in the form that the types of AWS take, and on all that a resource is made into.

use stackpass_ground::tree::{Kind, Node};

use super::Expansion;
use super::build::{At, Properties, entry_at};
use super::resource::Macro;
use crate::template::function;

/// A map of tags as a list of keys and values.
pub(super) fn pairs(tags: &Node) -> impl Iterator<Item = Node> {
    let entries = if function(tags).is_some() { &[] } else { tags.entries() };
    entries.iter().map(|entry| entry_at(entry).tag(&entry.key, entry.value.clone()))
}

/// Tags all that a resource is made into like itself, if it says so.
pub(super) fn propagate(expansion: &mut Expansion<'_>, sam: &Macro) {
    let Some(tags) = sam.field("Tags").filter(|_| sam.wants("PropagateTags")) else { return };
    let list = At(tags.span).list(pairs(tags));
    for id in std::mem::take(&mut expansion.made_now) {
        let Some(resource) = expansion.resource_mut(&id) else { continue };
        if !PROPAGATED_TO.contains(&resource.resource_type.as_str()) {
            continue;
        }
        let Kind::Map(entries) = &mut resource.properties.kind else { continue };
        if !entries.iter().any(|entry| entry.key == "Tags") {
            let mut properties = Properties::default();
            let tags = if resource.resource_type.starts_with("AWS::ApiGatewayV2::") {
                tags.clone()
            } else {
                list.clone()
            };
            properties.set("Tags", tags);
            entries.extend(properties.into_node(At(list.span)).entries().iter().cloned());
        }
    }
}

/// The types that SAM tags with the tags of the resource they come from.
const PROPAGATED_TO: [&str; 14] = [
    "AWS::ApiGateway::ApiKey",
    "AWS::ApiGateway::DomainName",
    "AWS::ApiGateway::DomainNameAccessAssociation",
    "AWS::ApiGateway::DomainNameV2",
    "AWS::ApiGateway::RestApi",
    "AWS::ApiGateway::Stage",
    "AWS::ApiGateway::UsagePlan",
    "AWS::ApiGatewayV2::DomainName",
    "AWS::ApiGatewayV2::Stage",
    "AWS::IAM::Role",
    "AWS::IoT::TopicRule",
    "AWS::SNS::Topic",
    "AWS::SQS::Queue",
    "AWS::StepFunctions::StateMachine",
];
