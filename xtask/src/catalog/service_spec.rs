//! What npm `@aws-cdk/aws-service-spec` adds to the registry's schemas: ARN templates, what `Ref` gives, typed references.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::Read as _,
};

use anyhow::{Context as _, Result};
use serde_json::{Map, Value};

use super::{
    archive::{Members, member},
    schema::dotted,
};

/// The database of the package, compressed.
const DATABASE: &str = "package/db.json.gz";

/// What the package says about one resource type.
#[derive(Debug, Default)]
pub(crate) struct Spec {
    /// The ARN with `${Partition}`, `${Region}`, `${Account}` and one placeholder for each part of the identifier.
    pub(crate) arn_template: Option<String>,
    /// The properties that `Ref` gives, where they are not the primary identifier.
    pub(crate) ref_identifier: Vec<String>,
    /// The property that holds the tags.
    pub(crate) tag_property: Option<String>,
    /// Property path, type and attribute that it refers to.
    pub(crate) references: BTreeSet<(String, String, String)>,
}

/// Whether a member of the archive is read.
pub(crate) fn wanted(path: &str) -> bool {
    path == "package/package.json" || path == DATABASE
}

/// The version of the package.
pub(crate) fn version(members: &Members) -> Result<String> {
    let package: Value = serde_json::from_slice(member(members, "package/package.json")?)?;
    let version =
        package.get("version").and_then(Value::as_str).context("the package has no version")?;
    Ok(version.to_owned())
}

/// What the package says, by resource type.
pub(crate) fn specs(members: &Members) -> Result<BTreeMap<String, Spec>> {
    let mut text = Vec::new();
    flate2::read::GzDecoder::new(member(members, DATABASE)?).read_to_end(&mut text)?;
    let database: Value = serde_json::from_slice(&text).context("the database is not JSON")?;
    let entities = |kind: &str| {
        database.pointer(&format!("/schema/{kind}/entities")).and_then(Value::as_array)
    };

    let definitions = entities("typeDefinition").context("the database has no type definitions")?;
    let definitions: BTreeMap<&str, &Value> =
        definitions.iter().filter_map(|of| Some((of.get("$id")?.as_str()?, of))).collect();
    let mut specs = BTreeMap::new();
    for of in entities("resource").context("the database has no resources")? {
        let name = string(of, "cloudFormationType").context("a resource has no type")?;
        let identifier = of.get("cfnRefIdentifier").and_then(Value::as_array);
        let mut spec = Spec {
            arn_template: string(of, "arnTemplate"),
            ref_identifier: identifier
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .map(dotted)
                .collect(),
            tag_property: of.get("tagInformation").and_then(|tags| string(tags, "tagPropertyName")),
            references: BTreeSet::new(),
        };
        references(of, "", &mut Vec::new(), &definitions, &mut spec.references);
        specs.insert(name, spec);
    }
    Ok(specs)
}

/// Collects the references of the properties of a resource or a type definition, and of the definitions below it.
fn references<'a>(
    of: &'a Value,
    above: &str,
    inside: &mut Vec<&'a str>,
    definitions: &BTreeMap<&'a str, &'a Value>,
    found: &mut BTreeSet<(String, String, String)>,
) {
    let properties = of.get("properties").and_then(Value::as_object);
    for (name, property) in properties.into_iter().flat_map(Map::iter) {
        let path = if above.is_empty() { name.clone() } else { format!("{above}.{name}") };
        for reference in
            property.get("relationshipRefs").and_then(Value::as_array).into_iter().flatten()
        {
            if let Some((name, attribute)) =
                string(reference, "cloudFormationType").zip(string(reference, "propertyName"))
            {
                found.insert((path.clone(), name, attribute));
            }
        }
        let Some(shape) = property.get("type") else { continue };
        for (id, path) in named_types(shape, &path) {
            let Some(definition) = definitions.get(id).filter(|_| !inside.contains(&id)) else {
                continue;
            };
            inside.push(id);
            references(definition, &path, inside, definitions, found);
            inside.pop();
        }
    }
}

/// The type definitions that a property's type names, each with the path of its own properties' parent.
fn named_types<'a>(shape: &'a Value, path: &str) -> Vec<(&'a str, String)> {
    let element =
        |path: &str| shape.get("element").map(|of| named_types(of, path)).unwrap_or_default();
    match shape.get("type").and_then(Value::as_str) {
        Some("ref") => {
            let id = shape.pointer("/reference/$ref").and_then(Value::as_str);
            id.map(|id| (id, path.to_owned())).into_iter().collect()
        }
        Some("array") => element(path),
        Some("map") => element(&format!("{path}.*")),
        Some("union") => {
            let each = shape.get("types").and_then(Value::as_array).into_iter().flatten();
            each.flat_map(|of| named_types(of, path)).collect()
        }
        _ => Vec::new(),
    }
}

fn string(of: &Value, key: &str) -> Option<String> {
    of.get(key).and_then(Value::as_str).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_found_in_definitions_and_cycles_are_cut() {
        let definition = serde_json::json!({"$id": "1", "properties": {
            "Role": {"type": {"type": "string"}, "relationshipRefs": [{"cloudFormationType": "AWS::IAM::Role", "propertyName": "Arn"}]},
            "Not": {"type": {"type": "ref", "reference": {"$ref": "1"}}},
        }});
        let resource = serde_json::json!({"properties": {
            "Rules": {"type": {"type": "array", "element": {"type": "ref", "reference": {"$ref": "1"}}}},
            "Named": {"type": {"type": "map", "element": {"type": "ref", "reference": {"$ref": "1"}}}},
        }});
        let mut found = BTreeSet::new();
        references(
            &resource,
            "",
            &mut Vec::new(),
            &BTreeMap::from([("1", &definition)]),
            &mut found,
        );
        let paths: Vec<&str> = found.iter().map(|(path, ..)| path.as_str()).collect();
        assert_eq!(paths, ["Named.*.Role", "Rules.Role"]);
    }
}
