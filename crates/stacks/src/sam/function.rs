//! `AWS::Serverless::Function`: a function with its role, its version and alias, its address, and its events.

use stackpass_ground::tree::Node;

use super::build::{At, Properties, entry, entry_at, field, if_parts, is_no_value};
use super::resource::{Macro, is_wanted};
use super::role::{self, Role};
use super::target::Target;
use super::{Expansion, code, deployment, events};

/// The properties that only SAM knows, or that `AWS::Lambda::Function` has in another form.
const OWN: [&str; 24] = [
    "AssumeRolePolicyDocument",
    "AutoPublishAlias",
    "AutoPublishAliasAllProperties",
    "AutoPublishCodeSha256",
    "CapacityProviderConfig",
    "CodeUri",
    "DeadLetterQueue",
    "DeploymentPreference",
    "EventInvokeConfig",
    "Events",
    "FunctionUrlConfig",
    "ImageUri",
    "InlineCode",
    "PermissionsBoundary",
    "Policies",
    "PropagateTags",
    "ProvisionedConcurrencyConfig",
    "Role",
    "RolePath",
    "SourceKMSKeyArn",
    "Tags",
    "Tracing",
    "VersionDeletionPolicy",
    "VersionDescription",
];

const CREATOR: &str = "lambda:createdBy";

pub(super) fn expand(expansion: &mut Expansion<'_>, sam: &Macro) {
    let code = code::code(expansion, sam);
    expansion.add_main(sam, "AWS::Lambda::Function", properties(sam, code));
    let alias = sam.wants("AutoPublishAlias").then(|| add_alias(expansion, sam));
    let target = Target {
        is_alias: alias.is_some(),
        id: alias.clone().unwrap_or_else(|| sam.id().to_owned()),
    };
    add_address(expansion, sam, &target);
    deployment::prefer(expansion, sam, alias.as_deref());
    let mut role = own_role(sam);
    add_invoke_config(expansion, sam, alias.as_deref(), &mut role);
    events::expand(expansion, sam, &target, &mut role);
    add_role(expansion, sam, role);
}

fn properties(sam: &Macro, code: Node) -> Properties {
    let mut properties = Properties::default();
    properties.copy_all_but(&sam.properties, &OWN);
    properties.set("Code", code);
    properties.set("Tags", sam.at_property("Tags").list(role::tags(sam, CREATOR)));
    if traces(sam) {
        let at = sam.at_property("Tracing");
        properties.set_some(
            "TracingConfig",
            sam.field("Tracing").map(|mode| at.map([("Mode", mode.clone())])),
        );
    }
    if let Some(queue) = sam.field("DeadLetterQueue") {
        let at = sam.at_property("DeadLetterQueue");
        let arn = field(queue, "TargetArn").cloned().unwrap_or_else(|| at.any_text());
        properties.set("DeadLetterConfig", at.map([("TargetArn", arn)]));
    }
    if let Some(config) = sam.field("CapacityProviderConfig") {
        let at = sam.at_property("CapacityProviderConfig");
        let mut managed = Properties::default();
        managed.copy_as(config, "Arn", "CapacityProviderArn");
        managed.copy_all_but(config, &["Arn"]);
        let managed = [("LambdaManagedInstancesCapacityProviderConfig", managed.into_node(at))];
        properties.set("CapacityProviderConfig", at.map(managed));
    }
    properties
}

/// Whether the function may write traces.
fn traces(sam: &Macro) -> bool {
    sam.wants("Tracing") && sam.word("Tracing") != Some("Disabled")
}

/// Adds the version that is published with each change, and the alias that points to it.
fn add_alias(expansion: &mut Expansion<'_>, sam: &Macro) -> String {
    let at = sam.at_property("AutoPublishAlias");
    let mut version = Properties::default();
    version.set("FunctionName", at.reference(sam.id()));
    version.copy_as(&sam.properties, "VersionDescription", "Description");
    version.copy(&sam.properties, &["FunctionScalingConfig"]);
    let version_id = format!("{}Version", sam.id());
    let version_id = expansion.add(sam, &version_id, "AWS::Lambda::Version", at, version);
    let kept = match (sam.field("VersionDeletionPolicy"), sam.field("CapacityProviderConfig")) {
        (Some(policy), _) => policy.clone(),
        (None, Some(_)) => at.text("Delete"),
        (None, None) => at.text("Retain"),
    };
    if let Some(version) = expansion.resource_mut(&version_id) {
        version.deletion_policy.get_or_insert(kept);
    }
    let name = sam.field("AutoPublishAlias").cloned().unwrap_or_else(|| at.any_text());
    let word = expansion.word_or_default(&name).unwrap_or_default();
    let mut alias = Properties::default();
    alias.set("Name", name);
    alias.set("FunctionName", at.reference(sam.id()));
    alias.set("FunctionVersion", at.attribute(&version_id, "Version"));
    alias.copy(&sam.properties, &["ProvisionedConcurrencyConfig"]);
    let id = format!("{}Alias{}", sam.id(), word.replace('-', "D").replace('_', "U"));
    let id = expansion.add(sam, &id, "AWS::Lambda::Alias", at, alias);
    expansion.set_part(sam, "Version", &version_id);
    expansion.set_part(sam, "Alias", &id);
    id
}

/// Adds the address at which the function is called, and who may call it.
fn add_address(expansion: &mut Expansion<'_>, sam: &Macro, target: &Target) {
    let Some(config) = sam.field("FunctionUrlConfig").filter(|config| is_wanted(config)) else {
        return;
    };
    let at = sam.at_property("FunctionUrlConfig");
    let mut url = Properties::default();
    url.set("TargetFunctionArn", target.name(at));
    url.copy(config, &["AuthType", "Cors", "InvokeMode"]);
    expansion.add(sam, &format!("{}Url", sam.id()), "AWS::Lambda::Url", at, url);
    if field(config, "AuthType").and_then(Node::as_str) != Some("NONE") {
        return;
    }
    let mut anyone = Properties::default();
    anyone.set("FunctionName", target.name(at));
    anyone.set("Principal", at.text("*"));
    let mut by_address = anyone.clone();
    by_address.set("Action", at.text("lambda:InvokeFunctionUrl"));
    by_address.copy_as(config, "AuthType", "FunctionUrlAuthType");
    let id = format!("{}UrlPublicPermissions", sam.id());
    expansion.add(sam, &id, "AWS::Lambda::Permission", at, by_address);
    anyone.set("Action", at.text("lambda:InvokeFunction"));
    anyone.set("InvokedViaFunctionUrl", at.yes());
    let id = format!("{}URLInvokeAllowPublicAccess", sam.id());
    expansion.add(sam, &id, "AWS::Lambda::Permission", at, anyone);
}

/// Adds where the outcome of asynchronous calls goes, with queues and topics that have no ARN yet.
fn add_invoke_config(
    expansion: &mut Expansion<'_>,
    sam: &Macro,
    alias: Option<&str>,
    role: &mut Role,
) {
    let Some(config) = sam.field("EventInvokeConfig").filter(|config| is_wanted(config)) else {
        return;
    };
    let at = sam.at_property("EventInvokeConfig");
    let id = format!("{}EventInvokeConfig", sam.id());
    let mut destinations = Properties::default();
    let given = field(config, "DestinationConfig");
    for event in ["OnSuccess", "OnFailure"] {
        let Some(found) = given.and_then(|given| entry(given, event)) else { continue };
        let at = entry_at(found);
        let destination =
            add_destination(expansion, sam, &format!("{id}{event}"), &found.value, at);
        destinations.set(event, at.map([("Destination", destination)]));
        role.inline.push(at.inline_policy(&format!("{id}{event}Policy")));
    }
    let mut properties = Properties::default();
    properties.set("FunctionName", at.reference(sam.id()));
    let qualifier = alias.map_or_else(
        || at.text("$LATEST"),
        |_| sam.field("AutoPublishAlias").cloned().unwrap_or_else(|| at.any_text()),
    );
    properties.set("Qualifier", qualifier);
    properties.set("DestinationConfig", destinations.into_node(at));
    properties.copy(config, &["MaximumEventAgeInSeconds", "MaximumRetryAttempts"]);
    expansion.add(sam, &id, "AWS::Lambda::EventInvokeConfig", at, properties);
}

fn add_destination(
    expansion: &mut Expansion<'_>,
    sam: &Macro,
    id: &str,
    config: &Node,
    at: At,
) -> Node {
    let given = field(config, "Destination");
    // A destination that is there under a condition only is made under the other one.
    let absence = match given.and_then(if_parts) {
        Some((condition, yes, no)) if is_no_value(yes) || is_no_value(no) => {
            Some((condition.as_str().map(str::to_owned), is_no_value(yes)))
        }
        _ => None,
    };
    let given = given.filter(|given| !is_no_value(given));
    if let (Some(given), None) = (given, &absence) {
        return given.clone();
    }
    let (suffix, resource_type, part) = match field(config, "Type").and_then(Node::as_str) {
        Some("SQS") => ("Queue", "AWS::SQS::Queue", "DestinationQueue"),
        Some("SNS") => ("Topic", "AWS::SNS::Topic", "DestinationTopic"),
        _ => {
            let message = "a destination without an ARN is a queue or a topic".to_owned();
            expansion.keep_part(sam, id, at, message);
            return at.any_text();
        }
    };
    let id = format!("{id}{suffix}");
    let id = expansion.add(sam, &id, resource_type, at, Properties::default());
    expansion.set_part(sam, part, &id);
    if let Some((Some(condition), is_made_if)) = &absence {
        let made_if =
            if *is_made_if { condition.clone() } else { expansion.negated(condition, at) };
        expansion.set_condition(&id, made_if);
    }
    let made = if suffix == "Queue" { at.attribute(&id, "Arn") } else { at.reference(&id) };
    match given.and_then(if_parts) {
        Some((condition, yes, no)) if is_no_value(yes) => {
            at.choice(condition.clone(), made, no.clone())
        }
        Some((condition, yes, _)) => at.choice(condition.clone(), yes.clone(), made),
        None => made,
    }
}

/// The role that the function gets if it names none.
fn own_role(sam: &Macro) -> Role {
    let at = sam.at();
    let trust = sam.field("AssumeRolePolicyDocument").cloned();
    let logs = match sam.field("DurableConfig") {
        Some(_) => "service-role/AWSLambdaBasicDurableExecutionRolePolicy",
        None => "service-role/AWSLambdaBasicExecutionRole",
    };
    let mut role = Role {
        trust: trust.unwrap_or_else(|| at.trust("lambda.amazonaws.com")),
        managed: vec![at.managed_policy(logs)],
        inline: Vec::new(),
        tags: role::tags(sam, CREATOR),
    };
    if traces(sam) {
        role.attach(role::tracing_policy(sam.at_property("Tracing")));
    }
    if sam.wants("VpcConfig") {
        let at = sam.at_property("VpcConfig");
        role.attach(at.managed_policy("service-role/AWSLambdaVPCAccessExecutionRole"));
    }
    if sam.wants("DeadLetterQueue") {
        role.inline.push(sam.at_property("DeadLetterQueue").inline_policy("DeadLetterQueuePolicy"));
    }
    role
}

/// Adds the role and gives it to the function: always, or where the function's own turns out to be none.
fn add_role(expansion: &mut Expansion<'_>, sam: &Macro, role: Role) {
    let id = format!("{}Role", sam.id());
    let at = sam.at_property("Role");
    let given = sam.field("Role");
    let value = match given.map(|given| (given, if_parts(given))) {
        None => {
            let id = role::add(expansion, sam, &id, role);
            at.attribute(&id, "Arn")
        }
        Some((_, Some((condition, yes, no)))) if is_no_value(yes) || is_no_value(no) => {
            let id = role::add(expansion, sam, &id, role);
            let made = at.attribute(&id, "Arn");
            match (is_no_value(yes), is_no_value(no), condition.as_str()) {
                (true, true, _) => made,
                (true, false, name) => {
                    if let Some(name) = name {
                        expansion.set_condition(&id, name.to_owned());
                    }
                    at.choice(condition.clone(), made, no.clone())
                }
                (false, _, name) => {
                    if let Some(name) = name {
                        let negated = expansion.negated(name, at);
                        expansion.set_condition(&id, negated);
                    }
                    at.choice(condition.clone(), yes.clone(), made)
                }
            }
        }
        Some((given, _)) => given.clone(),
    };
    if let Some(lambda) = expansion.resource_mut(sam.id()) {
        let mut properties = Properties::default();
        properties.copy_all_but(&lambda.properties, &["Role"]);
        properties.set("Role", value);
        lambda.properties = properties.into_node(At(lambda.properties.span));
    }
}

/// `AWS::Serverless::CapacityProvider`: the instances that functions run on, with the role that manages them.
pub(super) fn expand_capacity_provider(expansion: &mut Expansion<'_>, sam: &Macro) {
    let own = [
        "InstanceRequirements",
        "LoggingConfig",
        "ManagedResourceTags",
        "OperatorRole",
        "PropagateTags",
        "ScalingConfig",
        "Tags",
    ];
    let mut properties = Properties::default();
    properties.copy_all_but(&sam.properties, &own);
    let at = sam.at_property("OperatorRole");
    let role = if let Some(role) = sam.field("OperatorRole") {
        role.clone()
    } else {
        let operator = Role {
            trust: at.trust("lambda.amazonaws.com"),
            managed: vec![at.managed_policy("AWSLambdaManagedEC2ResourceOperator")],
            inline: Vec::new(),
            tags: vec![at.tag(CREATOR, at.text("SAM"))],
        };
        let id = format!("{}OperatorRole", sam.id());
        let id = role::add(expansion, sam, &id, operator);
        at.attribute(&id, "Arn")
    };
    properties.set("PermissionsConfig", at.map([("CapacityProviderOperatorRoleArn", role)]));
    properties.set("Tags", sam.at_property("Tags").list(role::tags(sam, CREATOR)));
    properties.copy(&sam.properties, &["InstanceRequirements"]);
    properties.copy_as(&sam.properties, "ScalingConfig", "CapacityProviderScalingConfig");
    if let Some(logging) = sam.field("LoggingConfig") {
        let at = sam.at_property("LoggingConfig");
        properties.set("TelemetryConfig", at.map([("LoggingConfig", logging.clone())]));
    }
    expansion.add_main(sam, "AWS::Lambda::CapacityProvider", properties);
}
