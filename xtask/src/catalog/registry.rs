//! The resource types: schemas from `PyPI` `cfn-lint`, joined with npm `@aws-cdk/aws-service-spec`.
//!
//! The schema of a type is the one of `us-east-1`; of a type that this region lacks, the one of its first region.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, Result};
use serde_json::{Map, Value};

use super::{
    archive::{Members, is_json, member},
    schema::{self, Facts},
    service_spec::Spec,
};
use crate::table::{Table, join};

/// Where the wheel keeps its schemas.
const SCHEMAS: &str = "cfnlint/data/schemas/";
/// The region that is asked first.
const FIRST_REGION: &str = "us-east-1";
/// The handlers of a resource type and the letter of each, in this order.
const VERBS: [(&str, char); 5] =
    [("create", 'C'), ("read", 'R'), ("update", 'U'), ("delete", 'D'), ("list", 'L')];
/// Names that annotations use for resource types that are called otherwise.
const OTHER_NAMES: [(&str, &str); 1] =
    [("AWS::ACM::Certificate", "AWS::CertificateManager::Certificate")];

/// Whether a member of the wheel is read.
pub(crate) fn wanted(path: &str) -> bool {
    path.strip_prefix(SCHEMAS).is_some_and(|path| {
        path == "version.json"
            || ((path.starts_with("providers/") || path.starts_with("resources/")) && is_json(path))
    })
}

/// The day of the schemas.
pub(crate) fn date(members: &Members) -> Result<String> {
    let version: Value =
        serde_json::from_slice(member(members, &format!("{SCHEMAS}version.json"))?)?;
    let date = version
        .get("schema_date")
        .and_then(Value::as_str)
        .context("version.json has no `schema_date`")?;
    Ok(date.split('T').next().unwrap_or_default().to_owned())
}

/// A resource type with all that is known of it.
struct Type {
    region: String,
    schema: Value,
    properties: BTreeMap<String, Facts>,
    read_only: BTreeSet<String>,
    /// In the order of the schema, which is the order of the parts of a physical id.
    primary_identifier: Vec<String>,
}

impl Type {
    /// The parts of the identifier that a template may give, need not, and cannot change: what is given a name if it does not.
    fn optional_names(&self) -> impl Iterator<Item = &String> {
        let create_only = schema::paths(&self.schema, "createOnlyProperties");
        let required = self.schema.get("required").and_then(Value::as_array).into_iter().flatten();
        let required: BTreeSet<&str> = required.filter_map(Value::as_str).collect();
        self.primary_identifier.iter().filter(move |property| {
            create_only.contains(*property)
                && !self.read_only.contains(*property)
                && !property.contains('.')
                && !required.contains(property.as_str())
        })
    }
}

/// The tables of the `stacks` crate.
pub(crate) fn tables(members: &Members, specs: &BTreeMap<String, Spec>) -> Result<Vec<Table>> {
    let types = read(members)?;
    let none = Spec::default();
    let spec = |name: &str| specs.get(name).unwrap_or(&none);

    let mut tables = Tables::new();
    for (name, of) in &types {
        tables.resource_type(name, of, spec(name)).with_context(|| format!("in {name}"))?;
    }
    let mut unknown = BTreeSet::new();
    for (name, of) in &types {
        for ((property, target, attribute), sources) in references(name, of, spec(name)) {
            let target = OTHER_NAMES
                .iter()
                .find(|(other, _)| *other == target)
                .map_or(target.as_str(), |(_, name)| name);
            let Some(known) = types.get(target) else {
                unknown.insert(target.to_owned());
                continue;
            };
            let attribute = attribute_of(known, &attribute);
            tables.reference([name, &property, target, &attribute], sources);
        }
    }
    if !unknown.is_empty() {
        println!(
            "references to what is no resource type, left out: {}",
            Vec::from_iter(unknown).join(", ")
        );
    }
    tables.finish()
}

fn read(members: &Members) -> Result<BTreeMap<String, Type>> {
    let prefix = format!("{SCHEMAS}providers/");
    let mut regions: Vec<&str> =
        members.keys().filter_map(|path| path.strip_prefix(&prefix)).collect();
    regions.retain(|file| *file != "sam.json");
    regions.sort_by_key(|file| (file.strip_suffix(".json") != Some(FIRST_REGION), *file));

    let mut types: BTreeMap<String, Type> = BTreeMap::new();
    for file in regions {
        let listed: Map<String, Value> =
            serde_json::from_slice(member(members, &format!("{prefix}{file}"))?)?;
        for (name, hash) in listed {
            if types.contains_key(&name) {
                continue;
            }
            let hash = hash.as_str().with_context(|| format!("{name} has no schema in {file}"))?;
            let schema: Value = serde_json::from_slice(member(
                members,
                &format!("{SCHEMAS}resources/{hash}.json"),
            )?)?;
            let identifier =
                schema.get("primaryIdentifier").and_then(Value::as_array).into_iter().flatten();
            let of = Type {
                region: file.trim_end_matches(".json").to_owned(),
                properties: schema::properties(&schema),
                read_only: schema::paths(&schema, "readOnlyProperties"),
                primary_identifier: identifier
                    .filter_map(Value::as_str)
                    .map(schema::dotted)
                    .collect(),
                schema,
            };
            types.insert(name, of);
        }
    }
    Ok(types)
}

/// The tables while they are filled.
struct Tables {
    types: Table,
    handlers: Table,
    tagging: Table,
    names: Table,
    optional_names: Table,
    properties: Table,
    values: Table,
    references: BTreeMap<[String; 4], BTreeSet<&'static str>>,
}

impl Tables {
    fn new() -> Self {
        Self {
            types: Table::new(
                "crates/stacks/data/types.tsv",
                &[
                    "type",
                    "region of the schema",
                    "handlers (CRUDL)",
                    "tag property",
                    "tagging (S = system tags, C = on create, U = updatable)",
                    "primary identifier",
                    "create-only",
                    "read-only",
                    "what Ref gives, if not the primary identifier",
                    "ARN template",
                ],
            ),
            handlers: Table::new(
                "crates/stacks/data/handlers.tsv",
                &["type", "action", "handlers (CRUDL)"],
            ),
            tagging: Table::new("crates/stacks/data/tagging.tsv", &["type", "action"]),
            names: Table::new(
                "crates/stacks/data/names.tsv",
                &["type", "property", "maximum length"],
            ),
            optional_names: Table::new(
                "crates/stacks/data/optional-names.tsv",
                &["type", "property"],
            ),
            properties: Table::new("crates/stacks/data/properties.tsv", &["type", "property"]),
            values: Table::new(
                "crates/stacks/data/values.tsv",
                &["type", "property", "all its values (# = any number), if they are listed"],
            ),
            references: BTreeMap::new(),
        }
    }

    fn resource_type(&mut self, name: &str, of: &Type, spec: &Spec) -> Result<()> {
        let mut verbs = String::new();
        let mut actions: BTreeMap<&str, String> = BTreeMap::new();
        for (verb, letter) in VERBS {
            let Some(handler) = of.schema.pointer(&format!("/handlers/{verb}")) else { continue };
            verbs.push(letter);
            for action in permissions(handler) {
                actions.entry(action).or_default().push(letter);
            }
        }
        for (action, verbs) in &actions {
            self.handlers.push(&[name, action, verbs])?;
        }

        let tags = Tags::of(of, spec);
        for action in &tags.permissions {
            self.tagging.push(&[name, action])?;
        }
        let strings = |set: &BTreeSet<String>| join(set.iter().map(String::as_str));
        let ref_identifier =
            Some(&spec.ref_identifier).filter(|given| **given != of.primary_identifier);
        self.types.push(&[
            name,
            &of.region,
            &verbs,
            &tags.property,
            &tags.flags,
            &join(of.primary_identifier.iter().map(String::as_str))?,
            &strings(&schema::paths(&of.schema, "createOnlyProperties"))?,
            &strings(&of.read_only)?,
            &join(ref_identifier.into_iter().flatten().map(String::as_str))?,
            spec.arn_template.as_deref().unwrap_or_default(),
        ])?;

        if let [property] = of.primary_identifier.as_slice()
            && !of.read_only.contains(property)
            && let Some(length) = of.properties.get(property).and_then(|facts| facts.max_length)
        {
            self.names.push(&[name, property, &length.to_string()])?;
        }
        for property in of.optional_names() {
            self.optional_names.push(&[name, property])?;
        }
        for (property, facts) in &of.properties {
            self.properties.push(&[name, property])?;
            if let Some(values) = facts.closed() {
                self.values.push(&[name, property, &join(values)?])?;
            }
        }
        Ok(())
    }

    /// Adds a reference. Two sources may spell its attribute differently and still mean the same one.
    fn reference(&mut self, row: [&str; 4], sources: BTreeSet<&'static str>) {
        self.references.entry(row.map(str::to_owned)).or_default().extend(sources);
    }

    fn finish(self) -> Result<Vec<Table>> {
        let mut references = Table::new(
            "crates/stacks/data/references.tsv",
            &[
                "type",
                "property",
                "target type",
                "target attribute",
                "source (format, relation: cfn-lint; spec: aws-service-spec)",
            ],
        );
        for ([name, property, target, attribute], sources) in self.references {
            references.push(&[&name, &property, &target, &attribute, &join(sources)?])?;
        }
        Ok(vec![
            self.handlers,
            self.names,
            self.optional_names,
            self.properties,
            references,
            self.tagging,
            self.types,
            self.values,
        ])
    }
}

/// How a type is tagged.
struct Tags<'a> {
    /// The property that holds the tags; empty when the type has none.
    property: String,
    /// `S` the stack adds its system tags, `C` tags can be given on creation, `U` tags can be changed.
    flags: String,
    permissions: BTreeSet<&'a str>,
}

impl<'a> Tags<'a> {
    /// What the schema says. A schema without a word on tagging but with a tag property is taken to accept tags on
    /// creation and update (more needs, not fewer) and to get no system tags (a policy must not rely on them).
    fn of(of: &'a Type, spec: &Spec) -> Self {
        let Some(tagging) = of.schema.get("tagging") else {
            let legacy = of.schema.get("taggable").and_then(Value::as_bool);
            let property = spec
                .tag_property
                .clone()
                .or_else(|| Some("Tags".to_owned()).filter(|_| legacy == Some(true)));
            let property =
                property.filter(|name| legacy != Some(false) && of.properties.contains_key(name));
            let flags = if property.is_some() { "CU" } else { "" };
            return Self {
                property: property.unwrap_or_default(),
                flags: flags.to_owned(),
                permissions: BTreeSet::new(),
            };
        };
        // Absent flags are true in the registry's own definition of a schema.
        let flag = |key: &str| tagging.get(key).and_then(Value::as_bool).unwrap_or(true);
        if !flag("taggable") {
            return Self {
                property: String::new(),
                flags: String::new(),
                permissions: BTreeSet::new(),
            };
        }
        let property = tagging
            .get("tagProperty")
            .and_then(Value::as_str)
            .map_or_else(|| "Tags".to_owned(), schema::dotted);
        let letters =
            [("cloudFormationSystemTags", 'S'), ("tagOnCreate", 'C'), ("tagUpdatable", 'U')];
        let flags = letters.iter().filter(|(key, _)| flag(key)).map(|(_, letter)| letter).collect();
        Self { property, flags, permissions: permissions(tagging).collect() }
    }
}

fn permissions(of: &Value) -> impl Iterator<Item = &str> {
    of.get("permissions").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}

/// The references that a template can write, with the sources that know each: property, target type, attribute.
fn references(
    name: &str,
    of: &Type,
    spec: &Spec,
) -> BTreeMap<(String, String, String), BTreeSet<&'static str>> {
    let mut found: BTreeMap<(String, String, String), BTreeSet<&'static str>> = BTreeMap::new();
    for (property, facts) in &of.properties {
        for format in &facts.formats {
            if let Some((target, attribute)) = format.rsplit_once('.') {
                let attribute = singular(attribute);
                found
                    .entry((property.clone(), target.to_owned(), attribute))
                    .or_default()
                    .insert("format");
            }
        }
        for (target, attribute) in &facts.relations {
            found
                .entry((property.clone(), target.clone(), attribute.clone()))
                .or_default()
                .insert("relation");
        }
    }
    for reference in &spec.references {
        found.entry(reference.clone()).or_default().insert("spec");
    }
    // An attribute that the resource returns, or its own name, refers to nothing.
    found.retain(|(property, target, _), _| {
        let itself = target == name && of.primary_identifier.contains(property);
        !(itself || is_read_only(of, property))
    });
    found
}

/// Whether a template cannot write the property because it, or what it is part of, is returned only.
fn is_read_only(of: &Type, property: &str) -> bool {
    of.read_only.iter().any(|path| {
        property
            .strip_prefix(path.as_str())
            .is_some_and(|rest| matches!(rest.bytes().next(), None | Some(b'.')))
    })
}

/// `Ids` of a list are each an `Id`.
fn singular(attribute: &str) -> String {
    match attribute {
        "Ids" | "Names" | "Arns" => attribute.trim_end_matches('s').to_owned(),
        _ => attribute.to_owned(),
    }
}

/// The name of the target's property that an annotation means.
///
/// Annotations say `Id`, `Name` and `Arn` also where the property is called `KeyId`, `BucketName` or `TopicArn`.
fn attribute_of(target: &Type, attribute: &str) -> String {
    if target.properties.contains_key(attribute) {
        return attribute.to_owned();
    }
    let mut ending =
        target.properties.keys().filter(|path| !path.contains('.') && path.ends_with(attribute));
    match (ending.next(), ending.next(), target.primary_identifier.as_slice()) {
        (Some(property), None, _) => property.clone(),
        (_, _, [identifier])
            if attribute != "Arn" || identifier.to_lowercase().ends_with("arn") =>
        {
            identifier.clone()
        }
        _ => attribute.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(properties: &[&str], identifier: &[&str]) -> Type {
        Type {
            region: FIRST_REGION.to_owned(),
            schema: Value::Null,
            properties: properties
                .iter()
                .map(|name| ((*name).to_owned(), Facts::default()))
                .collect(),
            read_only: BTreeSet::new(),
            primary_identifier: identifier.iter().map(|name| (*name).to_owned()).collect(),
        }
    }

    #[test]
    fn an_annotations_attribute_becomes_the_property_it_means() {
        let check = |target: &Type, attribute: &str, expected: &str| {
            assert_eq!(attribute_of(target, attribute), expected);
        };
        let key = target(&["Arn", "KeyId", "Policy"], &["KeyId"]);
        check(&key, "Arn", "Arn");
        check(&key, "Id", "KeyId");
        check(&target(&["TopicArn", "TopicName"], &["TopicArn"]), "Arn", "TopicArn");
        check(&target(&["Arn", "BucketName"], &["BucketName"]), "Name", "BucketName");
        check(&target(&["VPCEndpointId", "VpcId"], &["VPCEndpointId"]), "Id", "VPCEndpointId");
        check(&target(&["Name"], &["Name"]), "Arn", "Arn");
    }

    #[test]
    fn what_is_part_of_a_read_only_property_is_read_only() {
        let of = Type { read_only: BTreeSet::from(["A.B".to_owned()]), ..target(&[], &[]) };
        assert!(is_read_only(&of, "A.B") && is_read_only(&of, "A.B.C"));
        assert!(!is_read_only(&of, "A") && !is_read_only(&of, "A.BC"));
    }

    #[test]
    fn an_attribute_of_a_list_is_singular() {
        assert_eq!(singular("Ids"), "Id");
        assert_eq!(singular("Alias"), "Alias");
    }
}
