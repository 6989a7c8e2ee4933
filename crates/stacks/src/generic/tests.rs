//! `rules/generic.toml` against the catalogue and the registry's schemas.

use std::collections::BTreeSet;

use super::{Generic, service_principals};
use crate::registry;
use crate::rules::tests::{Schemas, action_exists, folder, template_problems, variables};

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
