use std::collections::{BTreeMap, BTreeSet};

use stackpass_policy::catalogue;
use stackpass_policy::statement::{Selection, Statement};

use super::*;

fn choice(names: &[&str]) -> Choice<'static> {
    let sets = names.iter().filter_map(|name| find(name)).collect();
    let services = names.iter().filter(|name| find(name).is_none());
    Choice {
        sets,
        services: services.map(|name| (*name).to_owned()).collect(),
        needs: Vec::new(),
        partition: Some("aws".to_owned()),
        plumbing: Plumbing::With,
    }
}

/// A line for each statement: its Sid, its actions and its resources.
fn shown(statement: &Statement) -> String {
    let Some(Selection::Only(resources)) = &statement.resources else { panic!("no resources") };
    let actions: Vec<&str> = statement
        .actions
        .value()
        .iter()
        .map(stackpass_policy::action::ActionPattern::as_str)
        .collect();
    let resources: Vec<&str> =
        resources.iter().map(stackpass_ground::arn::ArnPattern::as_str).collect();
    let sid = statement.sid.as_ref().unwrap();
    format!("{sid}: {} on {}", actions.join(" "), resources.join(" "))
}

fn check(names: &[&str], expected: &[&str]) {
    let choice = Choice { plumbing: Plumbing::Without, ..choice(names) };
    let found: Vec<String> = parts(&choice).iter().map(|part| shown(&part.statement)).collect();
    assert_eq!(found, expected, "{names:?}");
}

/// The page that strategy 2 comes from gives the full permission for these services for an API with a table.
#[test]
fn crud_api_of_the_page() {
    check(
        &["crud-api", "iam"],
        &[
            "ManageCloudFormationStacks: cloudformation:* on *",
            "ManageApi: apigateway:* dynamodb:* lambda:* logs:* on *",
            "ManageIam: iam:* on *",
        ],
    );
}

#[test]
fn custom_domain_of_the_page() {
    check(
        &["custom-domain"],
        &[
            "ManageCloudFormationStacks: cloudformation:* on *",
            "ManageCustomDomain: acm:* cloudfront:* route53:* on *",
        ],
    );
}

#[test]
fn what_is_within_a_set_has_no_statement_of_its_own() {
    let api = [
        "ManageCloudFormationStacks: cloudformation:* on *",
        "ManageApi: apigateway:* lambda:* logs:* on *",
    ];
    check(&["api", "function", "lambda", "http-api", "cloudformation"], &api);
    check(
        &["dynamodb", "api", "crud-api"],
        &[api[0], "ManageApi: apigateway:* dynamodb:* lambda:* logs:* on *"],
    );
}

#[test]
fn order_of_names_does_not_matter() {
    let one = parts(&choice(&["sqs", "queue", "custom-domain", "api", "batch"]));
    let other = parts(&choice(&["batch", "api", "custom-domain", "queue", "sqs"]));
    assert_eq!(one, other);
}

#[test]
fn plumbing_comes_after_the_services_and_not_twice() {
    let sids = |names: &[&str]| -> Vec<String> {
        let parts = parts(&choice(names));
        parts.iter().map(|part| part.statement.sid.as_ref().unwrap().to_string()).collect()
    };
    let first = ["ManageCloudFormationStacks", "ManageTables"];
    let plumbing =
        ["AssumeCdkRoles", "ManageFunctionLogs", "ManageRoles", "PublishAssets", "ReadSettings"];
    let all: Vec<&str> = first.into_iter().chain(plumbing).collect();
    assert_eq!(sids(&["table"]), all);
    let all = sids(&["table", "s3", "iam", "logs", "ssm", "sts"]);
    assert!(plumbing.iter().all(|sid| !all.iter().any(|it| it == sid)), "{all:?}");
}

#[test]
fn sets_are_well_formed() {
    let mut names: BTreeMap<&str, &str> = BTreeMap::new();
    for set in sets() {
        assert!(set.sid().is_some(), "{}", set.name());
        assert!(!set.meaning().is_empty(), "{}", set.name());
        let others: Vec<&str> = set.other_names().collect();
        assert!(others.is_sorted(), "{}", set.name());
        for name in set.names() {
            assert_eq!(names.insert(name, set.name()), None, "{name} is in two sets");
        }
        let services: Vec<&str> = set.services().collect();
        let distinct: BTreeSet<&&str> = services.iter().collect();
        assert_eq!(distinct.len(), services.len(), "{}", set.name());
        for service in services {
            assert!(catalogue::services().any(|known| known == service), "{service}");
            assert_eq!(escalation(service), None, "{service} in {}", set.name());
        }
    }
    assert!(names.len() > 60, "{}", names.len());
}

/// A set may be called like a service; then it holds it. One does not, and the program says so.
#[test]
fn set_that_is_called_like_a_service_holds_it() {
    let other: Vec<&str> = catalogue::services()
        .filter(|service| {
            find(service).is_some_and(|set| !set.services().any(|held| held == *service))
        })
        .collect();
    assert_eq!(other, ["config"]);
}

#[test]
fn escalations_are_services() {
    for service in ESCALATIONS.map(|escalation| escalation.service) {
        assert!(catalogue::services().any(|known| known == service), "{service}");
    }
    assert!(ESCALATIONS.is_sorted_by_key(|escalation| escalation.service));
}
