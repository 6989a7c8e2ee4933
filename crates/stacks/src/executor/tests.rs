//! What holds of every rule and every type of the registry.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use stackpass_policy::source::Source;

use crate::deploy::{Input, Options, needs, plan};
use crate::need::{Needs, Scoping};
use crate::rules::On;
use crate::rules::tests::check_rules;

fn needs_of(template: &Value) -> Needs {
    let options = Options {
        stack_name: Some("shop".to_owned()),
        account: Some("111122223333".to_owned()),
        region: Some("eu-west-1".to_owned()),
        partition: None,
        parameters: BTreeMap::new(),
        stack_tags: BTreeMap::new(),
        tool: None,
        mode: None,
        live: false,
        qualifier: None,
        service_role: None,
        stacks: Vec::new(),
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
        for (key, values) in rule.conditions.values().flatten() {
            let property = values.iter().find_map(|value| {
                let of =
                    ["$value(", "$ref("].into_iter().find_map(|word| value.strip_prefix(word))?;
                Some(of.trim_end_matches(')').split(':').next().unwrap_or_default())
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
                let is_named = rule.actions.iter().any(|action| *action == need.action.to_string());
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
