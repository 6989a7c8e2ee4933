//! `rules/generic.toml` against the catalogue and the registry's schemas.

use std::collections::BTreeSet;

use stackpass_policy::action::{Action, ActionPattern};

use super::{Generic, linked_services, service_principals};
use crate::registry;
use crate::rules;
use crate::rules::tests::{
    Schemas, action_exists, check_rules, folder, template_problems, variables,
};

fn generic() -> Generic {
    let text = std::fs::read_to_string(folder().join("generic.toml")).unwrap();
    toml::from_str(&text).unwrap_or_else(|error| panic!("generic.toml: {error}"))
}

#[test]
fn the_facts_are_read() {
    assert_eq!(service_principals("AWS::Lambda::Function"), ["lambda.amazonaws.com"]);
    assert_eq!(service_principals("AWS::EC2::Instance"), ["ec2.amazonaws.com"]);
    assert!(service_principals("AWS::Nothing::Here").is_empty());
    assert!(service_principals("nonsense").is_empty());
}

#[test]
fn every_type_and_property_exists() {
    let (schemas, facts) = (Schemas::read(), generic());
    let lists = [&facts.role_properties, &facts.instance_profile_properties, &facts.key_properties];
    let mut paths: Vec<(String, String)> = Vec::new();
    for (name, properties) in lists.into_iter().flatten() {
        paths.extend(properties.iter().map(|path| (name.clone(), path.clone())));
    }
    for (name, document) in &facts.role_documents {
        assert!(!document.keys.is_empty(), "{name}");
        paths.push((name.clone(), document.path.clone()));
    }
    for (name, locations) in &facts.object_properties {
        for location in locations {
            assert!(location.property().is_some(), "{name} names no place");
            let all = [
                &location.bucket,
                &location.bucket_arn,
                &location.key,
                &location.prefix,
                &location.version,
                &location.url,
                &location.arn,
            ];
            paths.extend(all.into_iter().flatten().map(|path| (name.clone(), path.clone())));
        }
    }
    assert!(paths.len() > 200, "{}", paths.len());
    let unknown: Vec<_> = paths.iter().filter(|(name, path)| !schemas.knows(name, path)).collect();
    assert!(unknown.is_empty(), "{unknown:#?}");
}

#[test]
fn every_service_principal_is_one_of_a_known_service_or_type() {
    let services: BTreeSet<&str> =
        registry::resource_types().filter_map(|of| of.name().split("::").nth(1)).collect();
    let facts = generic();
    for (name, principals) in facts.service_principals.into_iter().chain(facts.linked_services) {
        let known = registry::resource_type(&name).is_some() || services.contains(name.as_str());
        assert!(known, "{name} is neither a type nor a service");
        assert!(!principals.is_empty(), "{name}");
        for principal in principals {
            assert!(principal.ends_with(".amazonaws.com"), "{name}: {principal}");
        }
    }
    for name in facts.keys_through.keys() {
        let known = registry::resource_type(name).is_some() || services.contains(name.as_str());
        assert!(known, "{name} is neither a type nor a service");
    }
}

#[test]
fn every_scope_and_parameter_type_is_sound() {
    let (schemas, facts) = (Schemas::read(), generic());
    for (action, template) in &facts.scopes {
        assert!(action_exists(action), "{action}");
        assert_eq!(template_problems(&schemas, "", template), [""; 0]);
        assert!(variables(template).is_ok());
    }
    for (kind, actions) in &facts.parameter_types {
        assert!(kind.starts_with("AWS::"), "{kind}");
        for action in actions {
            assert!(action_exists(action), "{kind}: {action}");
        }
    }
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
    let is_it = |listed: &String| listed.eq_ignore_ascii_case(ACTION);
    let mut unknown = Vec::new();
    for kind in registry::resource_types() {
        let rules = rules::of(kind.name());
        let is_ruled = rules.is_some_and(|rules| {
            let dropped = rules.drop.iter().flat_map(|dropped| &dropped.actions);
            let mut dropped = dropped.filter_map(|text| text.parse::<ActionPattern>().ok());
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
        let bound = rule.conditions.values().any(|keys| keys.contains_key("iam:AWSServiceName"));
        let is_open = rule.actions.iter().any(is_it) && !bound;
        is_open.then(|| "any service-linked role may be created".to_owned()).into_iter().collect()
    });
}
