//! Puts what services check beside their own actions among the rules of each type that makes the call.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};

use super::pack::sort_key;

/// The rules of all types: by the key that they are sorted by, the name and the rules.
type Types = BTreeMap<String, (String, Value)>;

/// What is known of the types and actions.
struct Facts {
    /// The actions that the handlers of a type call, in lower case.
    handlers: BTreeMap<String, BTreeSet<String>>,
    /// The property paths of a type.
    properties: BTreeMap<String, BTreeSet<String>>,
    /// The services that have an action of a name.
    services: BTreeMap<String, Vec<String>>,
}

/// Adds each check to the types that it holds for. One that holds for no type is an error.
pub(super) fn add(root: &Path, checks: Value, types: &mut Types) -> Result<()> {
    let Value::Array(checks) = checks else { return Ok(()) };
    let facts = Facts::read(root)?;
    for mut check in checks {
        let calls = texts(&mut check, "calls")?;
        let actions = facts.named(&texts(&mut check, "actions")?)?;
        if let Some(check) = check.as_object_mut() {
            check.insert("actions".to_owned(), json!(actions));
        }
        let renamed = check.as_object_mut().and_then(|check| check.remove("renamed")).is_some();
        let paths = paths(&check);
        let mut found = 0;
        for name in facts.properties.keys() {
            let rules = types.get(&sort_key(name)).map(|(_, rules)| rules);
            let made: Vec<&String> =
                calls.iter().filter(|call| facts.calls(name, rules, call)).collect();
            if made.is_empty() || !paths.iter().all(|path| facts.has_property(name, path)) {
                continue;
            }
            let mut check = check.clone();
            if renamed && let Some(actions) = check.get_mut("actions").and_then(Value::as_array_mut)
            {
                actions.retain(|action| {
                    made.iter().any(|call| {
                        operation(call) == operation(action.as_str().unwrap_or_default())
                    })
                });
            }
            let (_, rules) =
                types.entry(sort_key(name)).or_insert_with(|| (name.clone(), json!({})));
            let rules = rules.as_object_mut().context("rules are a table")?;
            let list = rules.entry("rule").or_insert_with(|| json!([]));
            list.as_array_mut().context("`rule` is a list")?.push(check);
            found += 1;
        }
        ensure!(found > 0, "no type makes the calls {calls:?} and has the properties {paths:?}");
    }
    Ok(())
}

impl Facts {
    fn read(root: &Path) -> Result<Facts> {
        let read = |path: &str| {
            fs::read_to_string(root.join(path)).with_context(|| format!("cannot read {path}"))
        };
        let pairs = |text: &str| {
            let mut pairs: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
            for line in text.lines().filter(|line| !line.starts_with('#')) {
                let mut columns = line.split('\t');
                if let (Some(key), Some(value)) = (columns.next(), columns.next()) {
                    pairs.entry(key.to_owned()).or_default().insert(value.to_owned());
                }
            }
            pairs
        };
        let mut services: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (service, names) in pairs(&read("crates/policy/data/actions.tsv")?) {
            for name in names {
                services.entry(name).or_default().push(service.clone());
            }
        }
        let mut handlers = pairs(&read("crates/stacks/data/handlers.tsv")?);
        for actions in handlers.values_mut() {
            *actions = actions.iter().map(|action| action.to_ascii_lowercase()).collect();
        }
        let properties = pairs(&read("crates/stacks/data/properties.tsv")?);
        Ok(Facts { handlers, properties, services })
    }

    /// The actions of a check; `*:Name` is that of each service.
    fn named(&self, actions: &[String]) -> Result<Vec<String>> {
        let mut named = Vec::new();
        for action in actions {
            match action.strip_prefix("*:") {
                Some(name) => {
                    let services = self.services.get(name);
                    let services = services.with_context(|| format!("no service has `{name}`"))?;
                    named.extend(services.iter().map(|service| format!("{service}:{name}")));
                }
                None => named.push(action.clone()),
            }
        }
        Ok(named)
    }

    /// Whether handlers or rules of a type make a call.
    fn calls(&self, name: &str, rules: Option<&Value>, call: &str) -> bool {
        let in_handlers = self
            .handlers
            .get(name)
            .is_some_and(|actions| actions.contains(&call.to_ascii_lowercase()));
        let rules = rules.and_then(|rules| rules["rule"].as_array()).into_iter().flatten();
        let mut actions = rules.filter_map(|rule| rule["actions"].as_array()).flatten();
        in_handlers || actions.any(|action| action.as_str() == Some(call))
    }

    fn has_property(&self, name: &str, path: &str) -> bool {
        self.properties.get(name).is_some_and(|paths| paths.contains(path))
    }
}

/// The name of an action without its service.
fn operation(action: &str) -> &str {
    action.split_once(':').map_or(action, |(_, name)| name)
}

/// Takes a list of texts out of a table.
fn texts(table: &mut Value, key: &str) -> Result<Vec<String>> {
    let table = table.as_object_mut().context("a check is a table")?;
    let list = table.remove(key).with_context(|| format!("a check without `{key}`"))?;
    serde_json::from_value(list).with_context(|| format!("`{key}` is no list of texts"))
}

/// The property paths that a check names in `when` and `on`.
fn paths(check: &Value) -> BTreeSet<String> {
    let texts = |key: &str| {
        let list = check[key].as_array().cloned().unwrap_or_default();
        list.into_iter().filter_map(|text| text.as_str().map(str::to_owned)).collect::<Vec<_>>()
    };
    let mut paths = BTreeSet::new();
    for alternative in texts("when") {
        for term in alternative.split(" & ").filter(|term| !term.starts_with('@')) {
            let path = term.trim_start_matches('!').split(['=', '~']).next().unwrap_or_default();
            paths.insert(path.to_owned());
        }
    }
    for on in texts("on") {
        if let Some(reference) = on.strip_prefix("ref:") {
            paths.insert(reference.split(':').next().unwrap_or_default().to_owned());
        }
        let variables = on.split("${").skip(1).filter_map(|rest| rest.split('}').next());
        let properties = variables.map(|it| it.split(['|', '#', '+', '/']).next().unwrap_or(it));
        let own = |it: &&str| !["Partition", "Region", "Account"].contains(it);
        paths.extend(properties.filter(own).map(str::to_owned));
    }
    paths
}
