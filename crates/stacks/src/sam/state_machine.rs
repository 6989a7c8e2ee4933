//! `AWS::Serverless::StateMachine`: a state machine with its role, its version and alias, and its events.

use stackpass_ground::tree::Node;

use super::build::{Properties, field, referred};
use super::event::{Event, keep, note_route};
use super::resource::{Macro, is_wanted};
use super::role::{self, Role};
use super::schedule::{self, Started};
use super::{Expansion, code, implicit};

const OWN: [&str; 16] = [
    "AutoPublishAlias",
    "Definition",
    "DefinitionUri",
    "DeploymentPreference",
    "Events",
    "Logging",
    "Name",
    "PermissionsBoundary",
    "Policies",
    "PropagateTags",
    "Role",
    "RolePath",
    "Tags",
    "Tracing",
    "Type",
    "UseAliasAsEventTarget",
];

const CREATOR: &str = "stateMachine:createdBy";

pub(super) fn expand(expansion: &mut Expansion<'_>, sam: &Macro) {
    let mut properties = Properties::default();
    properties.copy_all_but(&sam.properties, &OWN);
    for (key, name) in [
        ("Logging", "LoggingConfiguration"),
        ("Name", "StateMachineName"),
        ("Tracing", "TracingConfiguration"),
        ("Type", "StateMachineType"),
        ("Definition", "Definition"),
    ] {
        properties.copy_as(&sam.properties, key, name);
    }
    if !sam.wants("Definition") {
        let at = sam.at_property("DefinitionUri");
        let uri = sam.field("DefinitionUri");
        let location = code::location(expansion, uri, at, code::DEFINITION);
        properties.set("DefinitionS3Location", location.into_node(at));
    }
    let tags = role::tags(sam, CREATOR);
    properties.set("Tags", sam.at_property("Tags").list(tags));
    let given = sam.field("Role").filter(|role| is_wanted(role)).cloned();
    let role = given.unwrap_or_else(|| add_role(expansion, sam));
    properties.set("RoleArn", role);
    expansion.add_main(sam, "AWS::StepFunctions::StateMachine", properties);
    let alias = sam.wants("AutoPublishAlias").then(|| add_alias(expansion, sam));
    let target = alias.filter(|_| sam.wants("UseAliasAsEventTarget"));
    expand_events(expansion, sam, target.as_deref().unwrap_or(sam.id()));
}

/// Adds the role that the state machine gets if it names none, and gives its ARN.
fn add_role(expansion: &mut Expansion<'_>, sam: &Macro) -> Node {
    let at = sam.at_property("Role");
    let mut role = Role {
        trust: at.trust("states.amazonaws.com"),
        managed: Vec::new(),
        inline: Vec::new(),
        tags: role::tags(sam, CREATOR),
    };
    let tracing = sam.field("Tracing").and_then(|tracing| field(tracing, "Enabled"));
    if tracing.is_some_and(is_wanted) {
        role.attach(role::tracing_policy(sam.at_property("Tracing")));
    }
    let id = role::add(expansion, sam, &format!("{}Role", sam.id()), role);
    at.attribute(&id, "Arn")
}

/// Adds the version that is published with each change, and the alias that points to it.
fn add_alias(expansion: &mut Expansion<'_>, sam: &Macro) -> String {
    let at = sam.at_property("AutoPublishAlias");
    let mut version = Properties::default();
    version.set("StateMachineArn", at.reference(sam.id()));
    version.set("StateMachineRevisionId", at.attribute(sam.id(), "StateMachineRevisionId"));
    let id = format!("{}Version", sam.id());
    let version = expansion.add(sam, &id, "AWS::StepFunctions::StateMachineVersion", at, version);
    if let Some(version) = expansion.resource_mut(&version) {
        version.deletion_policy.get_or_insert(at.text("Retain"));
        version.update_replace_policy.get_or_insert(at.text("Retain"));
    }
    let mut preference = Properties::default();
    preference.set("Type", at.text("ALL_AT_ONCE"));
    if let Some(given) = sam.field("DeploymentPreference") {
        preference = Properties::default();
        preference.copy_all_but(given, &[]);
    }
    preference.set("StateMachineVersionArn", at.reference(&version));
    let mut alias = Properties::default();
    alias.copy_as(&sam.properties, "AutoPublishAlias", "Name");
    alias.set("DeploymentPreference", preference.into_node(at));
    let id = format!("{}Alias{}", sam.id(), sam.word("AutoPublishAlias").unwrap_or_default());
    let id: String = id.chars().filter(char::is_ascii_alphanumeric).collect();
    expansion.add(sam, &id, "AWS::StepFunctions::StateMachineAlias", at, alias)
}

fn expand_events(expansion: &mut Expansion<'_>, sam: &Macro, target: &str) {
    let Some(found) = sam.field("Events").filter(|events| is_wanted(events)) else { return };
    for found in found.entries() {
        let Some(event) = Event::new(sam, found) else {
            keep(expansion, sam, found);
            continue;
        };
        let boundary = sam.field("PermissionsBoundary");
        let started = Started::StateMachine { arn: event.at.reference(target), boundary };
        match event.kind {
            "Api" => add_api(expansion, sam, &event, boundary),
            "CloudWatchEvent" | "EventBridgeRule" | "Schedule" => {
                schedule::add_rule(expansion, sam, &event, &started);
            }
            "ScheduleV2" => schedule::add_schedule(expansion, sam, &event, &started),
            _ => keep(expansion, sam, found),
        }
    }
}

/// An API starts the state machine with a role of its own.
fn add_api(expansion: &mut Expansion<'_>, sam: &Macro, event: &Event<'_>, boundary: Option<&Node>) {
    let role = schedule::add_role(expansion, sam, event, "apigateway.amazonaws.com", boundary);
    let given = field(event.properties, "RestApiId");
    let id =
        given.map_or(implicit::REST_API, |api| referred(api).or(api.as_str()).unwrap_or_default());
    note_route(expansion, sam, id, event, Some(role));
}
