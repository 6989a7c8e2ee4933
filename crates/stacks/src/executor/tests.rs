//! What holds of every rule and every type of the registry.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use stackpass_ground::source::Source;
use stackpass_policy::action::{Action, ActionPattern};
use stackpass_policy::catalogue::{self, AccessLevel};

use crate::deployment::{Input, Options};
use crate::need::{Needs, Scoping};
use crate::registry;
use crate::rules::tests::check_rules;
use crate::rules::{self, On, ValueEntry};
use crate::{needs, plan};

fn needs_of(template: &Value) -> Needs {
    let options = Options {
        stack_name: Some("shop".to_owned()),
        account: Some("111122223333".to_owned()),
        region: Some("eu-west-1".to_owned()),
        ..Options::new()
    };
    let input = Input::Template(Source::new("t.json", template.to_string()));
    needs(&plan(&[input], &options).0)
}

/// Puts a value at a path of keys.
fn put(properties: &mut Value, path: &str, value: Value) {
    let mut place = properties;
    for key in path.split('.') {
        place = &mut place[key];
    }
    *place = value;
}

#[test]
fn an_unknown_value_of_a_condition_is_a_gap() {
    check_rules(|name, _, rule| {
        let mut problems = Vec::new();
        for condition in &rule.conditions {
            let key = condition.key.as_str();
            // With an end, a condition bounds the permission in any case.
            let property = condition.values.iter().find_map(|value| match value {
                ValueEntry::Value(path) | ValueEntry::Reference { path, .. } => Some(path.as_str()),
                _ => None,
            });
            let Some(property) = property else { continue };
            let mut properties = json!({});
            for on in &rule.on {
                if let On::Reference { path, .. } = on {
                    put(&mut properties, path, json!("given"));
                }
            }
            put(&mut properties, property, json!({"Ref": "Given"}));
            let needs = needs_of(&json!({
                "Parameters": {"Given": {"Type": "String"}},
                "Resources": {"It": {"Type": name, "Properties": properties}},
            }));
            let is_said = needs.gaps.iter().any(|gap| {
                gap.message.contains(&format!("`{key}`"))
                    && gap.message.contains(&format!("`{property}`"))
            });
            let bare = needs.needs.iter().find(|need| {
                let is_named = rule.actions.contains(&need.action);
                let carries = need.conditions.iter().any(|(_, of, _)| of.as_str() == key);
                is_named && !carries && need.scoping != Scoping::UnknownValue
            });
            if !is_said {
                problems.push(format!("nothing says that `{property}` leaves `{key}` open"));
            }
            // Some rules of the same actions have no such condition, where the property is absent.
            if let Some(need) = bare.filter(|_| rule.when.is_empty()) {
                problems.push(format!("`{}` is not bound by `{key}`", need.action));
            }
        }
        problems
    });
}

#[test]
fn a_role_whose_receiver_nobody_knows_is_a_gap() {
    let needs = needs_of(&json!({"Resources": {"It": {
        "Type": "AWS::RUM::AppMonitor",
        "Properties": {"CwLogEnabled": false, "AppMonitorConfiguration": {"GuestRoleArn": "arn:aws:iam::111122223333:role/guest"}},
    }}}));
    let passed = needs.needs.iter().find(|need| need.action.to_string() == "iam:PassRole").unwrap();
    assert_eq!((passed.conditions.is_empty(), &passed.scoping), (true, &Scoping::UnknownValue));
    let said: Vec<&str> = needs.gaps.iter().map(|gap| gap.message.as_str()).collect();
    assert!(said[0].contains("which service receives the role"), "{said:?}");
}

#[test]
fn a_wildcard_of_the_registry_is_not_spelled_out() {
    const FEW: usize = 6;
    let mut wide = Vec::new();
    for kind in registry::resource_types() {
        let name = kind.name();
        let left_out = rules::of(name).into_iter().flat_map(|rules| &rules.drop);
        let left_out: Vec<&str> =
            left_out.flat_map(|dropped| &dropped.actions).map(ActionPattern::as_str).collect();
        for listed in kind.permissions().filter(|listed| listed.name.contains('*')) {
            let pattern = format!("{}:{}", listed.service, listed.name);
            let stands_for = super::handlers::expanded(listed.service, listed.name).len();
            if stands_for > FEW && !left_out.contains(&pattern.as_str()) {
                wide.push((name, pattern));
            }
        }
    }
    assert_eq!(wide, []);
}

/// Types whose handlers act on many kinds of a service's resources, with the reason why nothing bounds them.
const MANY_KINDS: [(&str, &str, &str); 4] = [
    ("AWS::ApiGatewayV2::PortalProduct", "apigateway:POST", "methods on paths, not operations"),
    ("AWS::AutoScalingPlans::ScalingPlan", "rds:AddTagsToResource", "any scalable resource"),
    ("AWS::RefactorSpaces::Application", "apigateway:POST", "an API of many parts is made"),
    ("AWS::RefactorSpaces::Route", "apigateway:POST", "an API of many parts is made"),
];

#[test]
fn no_star_is_spelled_out() {
    const MANY: usize = 20;
    let mut found = Vec::new();
    for kind in registry::resource_types() {
        let name = kind.name();
        let needs = needs_of(&json!({"Resources": {"It": {"Type": name, "Properties": {}}}}));
        let many =
            needs.needs.iter().filter(|need| need.resources.len() > MANY && mutates(&need.action));
        let actions: BTreeSet<String> = many.map(|need| need.action.to_string()).collect();
        found.extend(actions.into_iter().map(|action| (name, action)));
    }
    let known: Vec<_> =
        MANY_KINDS.iter().map(|(name, action, _)| (*name, (*action).to_owned())).collect();
    assert_eq!(found, known);
}

/// Whether an action does more than to read.
fn mutates(action: &Action) -> bool {
    let facts = catalogue::action(action.service(), action.name());
    facts.is_some_and(|facts| {
        !facts.access_levels().all(|level| matches!(level, AccessLevel::List | AccessLevel::Read))
    })
}

/// Whether a rule lets an action act on all of a kind, `type/*` or more, where IAM could bound it.
fn is_whole(on: &On, action: &Action) -> bool {
    let On::Arn(template) = on else {
        let facts = catalogue::action(action.service(), action.name());
        let has_resources = facts.is_some_and(|facts| facts.resource_types().next().is_some());
        return matches!(on, On::Any) && has_resources;
    };
    let resource = template.splitn(6, ':').nth(5).unwrap_or_default();
    let mut parts = resource.split(['/', ':']).skip(1);
    resource == "*" || resource.ends_with('*') && parts.all(|part| part == "*")
}

#[test]
fn whole_types_have_a_written_reason() {
    check_rules(|_, _, rule| {
        let is_reason = |line: &String| {
            !line.starts_with("registry handler")
                && !line.starts_with("judged from the operation names")
        };
        let mut problems = Vec::new();
        for action in &rule.actions {
            let whole = rule.on.iter().filter(|on| is_whole(on, action)).count();
            if whole > 0 && mutates(action) && !rule.evidence.iter().any(is_reason) {
                problems.push(format!("{action} on {:?} for no reason but the registry", rule.on));
            }
            if whole > 20 {
                problems.push(format!("{action} on a star that is spelled out"));
            }
        }
        problems
    });
}
