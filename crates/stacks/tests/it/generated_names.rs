//! Resources whose template gives no name: what is granted on them, and what is said where nothing is known of the name.

use std::collections::BTreeSet;

use stackpass_ground::source::Source;
use stackpass_stacks::deployment::{Input, Options};
use stackpass_stacks::need::{Need, Scoping, Who};
use stackpass_stacks::{needs, plan};

use super::deployments;

fn executor(resources: &str) -> Vec<Need> {
    let source = Source::new("t.yaml", format!("Resources:\n{resources}"));
    let options = Options { stack_name: Some("demo".to_owned()), ..deployments::options() };
    let (deployment, problems) = plan(&[Input::Template(source)], &options);
    assert!(problems.is_empty(), "{problems:?}");
    needs(&deployment).needs.into_iter().filter(|need| need.who == Who::Executor).collect()
}

#[track_caller]
fn check(resources: &str, action: &str, expected: &[&str]) {
    let needs = executor(resources);
    let of = needs.iter().filter(|need| need.action.as_str() == action);
    let found: BTreeSet<String> = of
        .flat_map(|need| &need.resources)
        .filter_map(|arn| {
            arn.to_string().rsplit_once("111122223333:").map(|(_, name)| name.to_owned())
        })
        .collect();
    assert_eq!(found, expected.iter().map(|&name| name.to_owned()).collect(), "{action}");
}

const PIPELINE: &str = "  Pipe: {Type: AWS::CodePipeline::Pipeline, Properties: {RoleArn: r, Stages: [{Name: S, Actions: [{Name: A}]}]}}";

#[test]
fn the_property_that_names_a_resource_bounds_its_arn_whatever_the_arn_calls_it() {
    let cluster = "  C: {Type: AWS::EKS::Cluster, Properties: {Name: prod, RoleArn: r}}";
    check(cluster, "eks:DeleteCluster", &["cluster/prod"]);
    let group = "  G: {Type: AWS::DocDB::DBSubnetGroup, Properties: {DBSubnetGroupName: Mine}}";
    check(group, "rds:DeleteDBSubnetGroup", &["subgrp:mine"]);
}

#[test]
fn a_generated_name_bounds_what_may_be_deleted() {
    check(PIPELINE, "codepipeline:DeletePipeline", &["demo-Pipe-*"]);
    let domain = "  Search: {Type: AWS::OpenSearchService::Domain, Properties: {}}";
    check(domain, "es:DeleteDomain", &["domain/demo-search-*", "domain/search-*"]);
    let group = "  Rg: {Type: AWS::ElastiCache::ReplicationGroup, Properties: {}}";
    check(group, "elasticache:DeleteReplicationGroup", &["replicationgroup:der*"]);
}

#[test]
fn a_name_that_is_generated_in_an_unknown_way_is_not_called_an_identifier_of_the_service() {
    let needs = executor("  K: {Type: AWS::Cassandra::Keyspace, Properties: {}}");
    let of = needs.iter().filter(|need| need.action.as_str() == "cassandra:Drop");
    let found: BTreeSet<&Scoping> = of.map(|need| &need.scoping).collect();
    assert_eq!(found, BTreeSet::from([&Scoping::UnknownAlgorithm]));
}

#[test]
fn a_pipeline_without_a_connection_passes_none() {
    check(PIPELINE, "codestar-connections:PassConnection", &[]);
    let arn = "arn:aws:codestar-connections:eu-west-1:111122223333:connection/a";
    let connected = PIPELINE
        .replace("{Name: A}", &format!("{{Name: A, Configuration: {{ConnectionArn: '{arn}'}}}}"));
    check(&connected, "codestar-connections:PassConnection", &["connection/a"]);
    check(&connected, "codeconnections:PassConnection", &[]);
    let renamed = connected.replace("aws:codestar-connections", "aws:codeconnections");
    check(&renamed, "codeconnections:PassConnection", &["connection/a"]);
    check(&renamed, "codestar-connections:PassConnection", &[]);
}
