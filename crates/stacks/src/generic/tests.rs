//! `rules/generic.toml` against the catalogue and the registry's schemas.

use std::collections::BTreeSet;

use stackpass_policy::action::{Action, ActionPattern};
use stackpass_policy::catalogue;

use super::{Generic, linked_services, service_principals};
use crate::names::NameTemplate;
use crate::registry;
use crate::rules;
use crate::rules::tests::{
    Problem, Schemas, Text, action_exists, check_rules, no_action, no_service_or_type, none_of,
    template_problems,
};

/// The file and what it says.
fn generic() -> (Text, Generic) {
    let text = Text::read("generic.toml");
    match text.parsed() {
        Ok(facts) => (text, facts),
        Err(problem) => {
            none_of(vec![problem]);
            unreachable!("a problem fails");
        }
    }
}

#[test]
fn the_facts_are_read() {
    assert_eq!(service_principals("AWS::Lambda::Function"), ["lambda.amazonaws.com"]);
    assert_eq!(service_principals("AWS::EC2::Instance"), ["ec2.amazonaws.com"]);
    assert!(service_principals("AWS::Nothing::Here").is_empty());
    assert!(service_principals("nonsense").is_empty());
}

/// The property paths that the file names: the table, the type and the path.
fn paths(facts: &Generic) -> Vec<(&'static str, &String, &String)> {
    let lists = [
        ("role_properties", &facts.role_properties),
        ("instance_profile_properties", &facts.instance_profile_properties),
        ("key_properties", &facts.key_properties),
        ("snapshot_by_default", &facts.snapshot_by_default),
    ];
    let mut paths = Vec::new();
    for (table, types) in lists {
        let of_types = types.iter().flat_map(|(name, of)| of.iter().map(move |path| (name, path)));
        paths.extend(of_types.map(|(name, path)| (table, name, path)));
    }
    let documents = facts.role_documents.iter();
    paths.extend(documents.map(|(name, document)| ("role_documents", name, &document.path)));
    for (name, locations) in &facts.object_properties {
        for location in locations {
            let all = [
                &location.bucket,
                &location.bucket_arn,
                &location.key,
                &location.prefix,
                &location.version,
                &location.url,
                &location.arn,
            ];
            paths.extend(all.into_iter().flatten().map(|path| ("object_properties", name, path)));
        }
    }
    paths
}

#[test]
fn every_type_and_property_exists() {
    let (schemas, (text, facts)) = (Schemas::read(), generic());
    let paths = paths(&facts);
    assert!(paths.len() > 200, "{}", paths.len());
    let unknown = paths.into_iter().filter(|(_, name, path)| !schemas.knows(name, path));
    let mut problems: Vec<Problem> = unknown
        .map(|(table, name, path)| text.problem(&[table, name], path, schemas.unknown(name, path)))
        .collect();
    for (name, _) in facts.role_documents.iter().filter(|(_, document)| document.keys.is_empty()) {
        let what = "a document without `keys`; write the keys under which roles stand";
        problems.push(text.problem(&["role_documents", name], "", what));
    }
    for (name, locations) in &facts.object_properties {
        for location in locations.iter().filter(|location| location.property().is_none()) {
            let what = format!(
                "{location:?} names no place; write `bucket`, `bucket_arn`, `url` or `arn`"
            );
            problems.push(text.problem(&["object_properties", name], "", what));
        }
    }
    none_of(problems);
}

#[test]
fn every_service_principal_is_one_of_a_known_service_or_type() {
    let services: BTreeSet<&str> =
        registry::resource_types().filter_map(|of| of.name().split("::").nth(1)).collect();
    let (text, facts) = generic();
    let tables = [
        ("service_principals", &facts.service_principals),
        ("linked_services", &facts.linked_services),
        ("keys_through", &facts.keys_through),
    ];
    let mut problems = Vec::new();
    for (table, names) in tables {
        for (name, listed) in names {
            let mut tell = |found: &str, what: String| {
                problems.push(text.problem(&[table, name], found, what));
            };
            if registry::resource_type(name).is_none() && !services.contains(name.as_str()) {
                tell("", no_service_or_type(name));
            }
            if listed.is_empty() {
                tell("", "nothing is listed; leave the line out".to_owned());
            }
            let odd = listed.iter().filter(|principal| !principal.ends_with(".amazonaws.com"));
            for principal in odd.filter(|_| table != "keys_through") {
                tell(
                    principal,
                    format!("`{principal}` is no service principal; write `SERVICE.amazonaws.com`"),
                );
            }
        }
    }
    none_of(problems);
}

#[test]
fn every_scope_and_parameter_type_is_sound() {
    let (schemas, (text, facts)) = (Schemas::read(), generic());
    let mut problems = Vec::new();
    for (action, template) in &facts.scopes {
        let mut tell = |what: String| problems.push(text.problem(&["scopes", action], "", what));
        if !action_exists(action) {
            tell(no_action(action));
        }
        template_problems(&schemas, "", template).into_iter().for_each(tell);
    }
    for (kind, actions) in &facts.parameter_types {
        let mut tell = |found: &str, what: String| {
            problems.push(text.problem(&["parameter_types", kind], found, what));
        };
        if !kind.starts_with("AWS::") {
            tell("", "no type of a parameter; write one such as `AWS::EC2::VPC::Id`".to_owned());
        }
        for action in actions.iter().filter(|action| !action_exists(action)) {
            tell(action, no_action(action));
        }
    }
    none_of(problems);
}

/// Types whose handlers may create a service-linked role of which neither a managed policy nor a user guide at hand names the
/// service, so that they may create any; an answer says so. A type whose service is found moves to `linked_services`.
const SERVICE_UNKNOWN: &[&str] = &[
    "AWS::AccountAccess::Application",
    "AWS::AppStream::DirectoryConfig",
    "AWS::AppStream::ImageBuilder",
    "AWS::CodeStarConnections::RepositoryLink",
    "AWS::Cognito::UserPoolReplica",
    "AWS::Config::Connector",
    "AWS::ControlTower::LandingZone",
    "AWS::DevOpsAgent::AgentSpace",
    "AWS::DevOpsAgent::PrivateConnection",
    "AWS::DevOpsAgent::Service",
    "AWS::EC2::ApplicationStatusCheck",
    "AWS::EC2::CapacityReservationFleet",
    "AWS::EC2::SqlHaStandbyDetectedInstance",
    "AWS::ECR::RepositoryCreationTemplate",
    "AWS::Evidently::Project",
    "AWS::GameLift::GameServerGroup",
    "AWS::Glue::Catalog",
    "AWS::GroundStation::DataflowEndpointGroup",
    "AWS::GroundStation::DataflowEndpointGroupV2",
    "AWS::HealthLake::FHIRDatastore",
    "AWS::IVSChat::LoggingConfiguration",
    "AWS::InspectorV2::Connector",
    "AWS::Lambda::NetworkConnector",
    "AWS::MediaLive::Cluster",
    "AWS::NovaAct::WorkflowDefinition",
    "AWS::ObservabilityAdmin::OrganizationTelemetryRule",
    "AWS::ObservabilityAdmin::TelemetryEnrichment",
    "AWS::ObservabilityAdmin::TelemetryRule",
    "AWS::Omics::Configuration",
    "AWS::RTBFabric::InboundExternalLink",
    "AWS::RTBFabric::Link",
    "AWS::RTBFabric::OutboundExternalLink",
    "AWS::RTBFabric::RequesterGateway",
    "AWS::RTBFabric::ResponderGateway",
    "AWS::SCN::Instance",
    "AWS::SES::MailManagerArchive",
    "AWS::SES::MailManagerIngressPoint",
    "AWS::SES::MultiRegionEndpoint",
    "AWS::SSMQuickSetup::ConfigurationManager",
    "AWS::Transfer::HostKey",
];

#[test]
fn every_service_linked_role_is_bound_to_its_services() {
    const ACTION: &str = "iam:CreateServiceLinkedRole";
    let action: Action = ACTION.parse().unwrap();
    let is_it = |listed: &Action| listed.as_str().eq_ignore_ascii_case(ACTION);
    let mut unknown = Vec::new();
    for kind in registry::resource_types() {
        let rules = rules::of(kind.name());
        let is_ruled = rules.is_some_and(|rules| {
            let dropped = rules.drop.iter().flat_map(|dropped| &dropped.actions);
            let mut dropped = dropped.into_iter();
            rules.rule.iter().flat_map(|rule| &rule.actions).any(is_it)
                || dropped.any(|dropped| dropped.matches(&action))
        });
        let mut permissions = kind.permissions();
        let is_listed = permissions.any(|listed| {
            let listed = format!("{}:{}", listed.service, listed.name);
            listed.parse::<ActionPattern>().is_ok_and(|listed| listed.matches(&action))
        });
        if is_listed && !is_ruled && linked_services(kind.name()).is_empty() {
            unknown.push(kind.name());
        }
    }
    unknown.sort_unstable();
    assert_eq!(unknown, SERVICE_UNKNOWN);

    check_rules(|_, _, rule| {
        let bound = rule.conditions.iter().any(|it| it.key.as_str() == "iam:AWSServiceName");
        let is_open = rule.actions.iter().any(is_it) && !bound;
        is_open
            .then(|| {
                "any service-linked role may be created; write the condition `iam:AWSServiceName`"
                    .to_owned()
            })
            .into_iter()
            .collect()
    });
}

#[test]
fn every_naming_is_of_a_service_and_of_kinds_that_it_has() {
    let (text, facts) = generic();
    let mut problems = Vec::new();
    for (service, naming) in &facts.naming {
        let mut tell = |found: &str, what: String| {
            problems.push(text.problem(&["naming", service], found, what));
        };
        let kinds: BTreeSet<&str> = catalogue::resource_types(service)
            .flat_map(NameTemplate::of_kind)
            .map(NameTemplate::kind)
            .collect();
        if kinds.is_empty() {
            tell("", format!("no service `{service}`; write its prefix, as in actions"));
            continue;
        }
        let listed = naming.aliased.iter().chain(&naming.in_paths);
        let listed = listed.chain(&naming.no_wildcards).chain(&naming.shared);
        for kind in listed.filter(|kind| !kinds.contains(kind.as_str())) {
            tell(
                kind,
                format!("no ARN of `{service}` has `{kind}`; write what stands before the name"),
            );
        }
        if naming.evidence.trim().is_empty() {
            tell("", "no `evidence`; write where the facts come from".to_owned());
        }
    }
    none_of(problems);
}

#[test]
fn every_look_up_calls_actions_that_exist() {
    let (text, facts) = generic();
    let mut problems = Vec::new();
    for (name, looked_up) in &facts.look_ups {
        let actions = looked_up.iter().flat_map(|looked_up| &looked_up.actions);
        let unknown = actions.map(Action::as_str).filter(|action| !action_exists(action));
        problems.extend(
            unknown.map(|action| text.problem(&["look_ups", name], action, no_action(action))),
        );
    }
    none_of(problems);
    let used = ["availability-zones", "parameter", "parameter-of-nested-stack", "secret"];
    assert_eq!(facts.look_ups.keys().collect::<Vec<_>>(), used);
}
