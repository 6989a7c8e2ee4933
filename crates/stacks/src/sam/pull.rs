//! Events that Lambda fetches: queues, streams, brokers.

use super::Expansion;
use super::build::{Properties, field};
use super::event::Event;
use super::resource::Macro;
use super::role::Role;
use super::target::Target;

/// What is fetched from, the property that names it, and the policy that lets the function's role read it.
const SOURCES: [(&str, &str, Option<&str>); 7] = [
    ("DocumentDB", "Cluster", None),
    ("DynamoDB", "Stream", Some("service-role/AWSLambdaDynamoDBExecutionRole")),
    ("Kinesis", "Stream", Some("service-role/AWSLambdaKinesisExecutionRole")),
    ("MQ", "Broker", None),
    ("MSK", "Stream", Some("service-role/AWSLambdaMSKExecutionRole")),
    ("SQS", "Queue", Some("service-role/AWSLambdaSQSQueueExecutionRole")),
    ("SelfManagedKafka", "", None),
];

/// The properties that the mapping has in another form.
const OWN: [&str; 13] = [
    "Broker",
    "Cluster",
    "CollectionName",
    "ConsumerGroupId",
    "DatabaseName",
    "DynamicPolicyName",
    "FullDocument",
    "KafkaBootstrapServers",
    "Queue",
    "SchemaRegistryConfig",
    "SecretsManagerKmsKeyId",
    "Stream",
    "DestinationConfig",
];

/// Adds the mapping of a source to the function; says whether the source is one that SAM knows.
pub(super) fn add(
    expansion: &mut Expansion<'_>,
    sam: &Macro,
    target: &Target,
    role: &mut Role,
    event: &Event<'_>,
) -> bool {
    let Some((kind, source, policy)) = SOURCES.into_iter().find(|(kind, ..)| *kind == event.kind)
    else {
        return false;
    };
    let at = event.at;
    match policy {
        Some(policy) => role.attach(at.managed_policy(policy)),
        None => role.inline.push(at.inline_policy(&format!("{kind}ExecutionRolePolicy"))),
    }
    let reads_secrets = ["SchemaRegistryConfig", "SourceAccessConfigurations"];
    if kind == "MSK" && reads_secrets.iter().any(|key| field(event.properties, key).is_some()) {
        role.inline.push(at.inline_policy("MSKExecutionRolePolicy"));
    }
    let mut mapping = Properties::default();
    mapping.copy_all_but(event.properties, &OWN);
    mapping.set("FunctionName", target.name(at));
    mapping.copy_as(event.properties, source, "EventSourceArn");
    if let Some(given) = field(event.properties, "DestinationConfig") {
        let at = event.at_property("DestinationConfig");
        if let Some(failure) = field(given, "OnFailure") {
            if field(failure, "Type").is_some() {
                role.inline.push(at.inline_policy(&format!("{}Policy", event.id)));
            }
            let mut destination = Properties::default();
            destination.copy_all_but(failure, &["Type"]);
            mapping.set("DestinationConfig", at.map([("OnFailure", destination.into_node(at))]));
        }
    }
    if let Some(servers) = field(event.properties, "KafkaBootstrapServers") {
        let endpoints = at.map([("KafkaBootstrapServers", servers.clone())]);
        mapping.set("SelfManagedEventSource", at.map([("Endpoints", endpoints)]));
    }
    let mut config = Properties::default();
    let of_source = [
        "ConsumerGroupId",
        "SchemaRegistryConfig",
        "DatabaseName",
        "CollectionName",
        "FullDocument",
    ];
    config.copy(event.properties, &of_source);
    let name = match kind {
        "MSK" => "AmazonManagedKafkaEventSourceConfig",
        "SelfManagedKafka" => "SelfManagedKafkaEventSourceConfig",
        _ => "DocumentDBEventSourceConfig",
    };
    let config = config.into_node(at);
    if !config.entries().is_empty() {
        mapping.set(name, config);
    }
    expansion.add(sam, &event.id, "AWS::Lambda::EventSourceMapping", at, mapping);
    true
}
