//! One resource type's schema as the registry of resource types writes it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde_json::Value;

/// A type with more property paths than this follows each of its definitions once only, at its shortest path.
///
/// Three types of one service nest the same few definitions so often that they would have millions of paths.
const MAX_PATHS: usize = 5_000;

/// Keywords that hold alternative or additional schemas of the same value.
const ALTERNATIVES: [&str; 3] = ["allOf", "anyOf", "oneOf"];

/// What a schema says about one property.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Facts {
    /// The values of `format` that name an attribute of a resource type, such as `AWS::KMS::Key.Arn`.
    pub(crate) formats: BTreeSet<String>,
    /// The `relationshipRef`s: type and attribute.
    pub(crate) relations: BTreeSet<(String, String)>,
    /// The smallest `maxLength`.
    pub(crate) max_length: Option<u64>,
    /// The values that are listed: those of enums, and `true` and `false` of a boolean.
    values: BTreeSet<String>,
    /// Whether any number will do.
    is_number: bool,
    /// Whether any text will do.
    is_text: bool,
}

impl Facts {
    /// All values that are possible, where they can be listed; `#` is any number.
    pub(crate) fn closed(&self) -> Option<Vec<&str>> {
        let number = self.is_number.then_some("#");
        let values: Vec<&str> =
            number.into_iter().chain(self.values.iter().map(String::as_str)).collect();
        let can_be_listed =
            |value: &&str| !value.is_empty() && !value.contains([',', '\t', '\n', '\r']);
        (!self.is_text && !values.is_empty() && values.iter().all(can_be_listed)).then_some(values)
    }
}

/// Every property that a template can write or a resource can return, by dotted path.
///
/// Lists are traversed without a mark of their own (`Rules.Id`), maps with `*` (`Services.*.Name`).
pub(crate) fn properties(schema: &Value) -> BTreeMap<String, Facts> {
    walk(schema, Definitions::NotInsideThemselves)
        .unwrap_or_else(|| walk(schema, Definitions::Once).unwrap_or_default())
}

/// The dotted paths of a list of JSON pointers below `/properties`.
pub(crate) fn paths(schema: &Value, key: &str) -> BTreeSet<String> {
    let pointers =
        schema.get(key).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    pointers.map(dotted).filter(|path| !path.is_empty()).collect()
}

/// The dotted path of a JSON pointer below `/properties`: `/properties/Rules/*/Id` is `Rules.Id`.
pub(crate) fn dotted(pointer: &str) -> String {
    let path = pointer.strip_prefix("/properties/").unwrap_or(pointer.trim_start_matches('/'));
    let steps = path.split('/').filter(|step| !matches!(*step, "*" | ""));
    steps.collect::<Vec<_>>().join(".")
}

/// How often a definition is followed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Definitions {
    /// Anywhere but inside itself.
    NotInsideThemselves,
    /// The first time that it is met, nearest to the root.
    Once,
}

/// A schema to look at: the path of its property, the schema, the definitions around it.
struct Visit<'a> {
    path: String,
    schema: &'a Value,
    inside: Vec<&'a str>,
}

/// The properties breadth first; `None` when there are too many.
fn walk(root: &Value, follow: Definitions) -> Option<BTreeMap<String, Facts>> {
    let mut found: BTreeMap<String, Facts> = BTreeMap::new();
    let mut followed: BTreeSet<&str> = BTreeSet::new();
    let mut queue =
        VecDeque::from([Visit { path: String::new(), schema: root, inside: Vec::new() }]);
    while let Some(Visit { path, schema, mut inside }) = queue.pop_front() {
        if let Some(facts) = found.get_mut(&path) {
            note(schema, facts);
        }
        if let Some(name) = schema.get("$ref").and_then(Value::as_str) {
            let again =
                inside.contains(&name) || (follow == Definitions::Once && !followed.insert(name));
            if let Some(schema) = root.pointer(name.trim_start_matches('#')).filter(|_| !again) {
                inside.push(name);
                queue.push_back(Visit { path: path.clone(), schema, inside: inside.clone() });
            }
        }
        for (name, schema) in
            schema.get("properties").and_then(Value::as_object).into_iter().flatten()
        {
            let path = below(&path, name);
            found.entry(path.clone()).or_default();
            queue.push_back(Visit { path, schema, inside: inside.clone() });
        }
        for schema in same_value(schema) {
            queue.push_back(Visit { path: path.clone(), schema, inside: inside.clone() });
        }
        for schema in map_values(schema) {
            queue.push_back(Visit { path: below(&path, "*"), schema, inside: inside.clone() });
        }
        if follow == Definitions::NotInsideThemselves && found.len() > MAX_PATHS {
            return None;
        }
    }
    Some(found)
}

/// The schemas of a list's items and the alternatives of a value: neither has a path of its own.
fn same_value(schema: &Value) -> impl Iterator<Item = &Value> {
    let items = schema.get("items").into_iter().flat_map(|items| match items {
        Value::Array(each) => each.iter().collect(),
        one => vec![one],
    });
    let alternatives =
        ALTERNATIVES.iter().filter_map(|key| schema.get(key).and_then(Value::as_array)).flatten();
    items.chain(alternatives)
}

/// The schemas of a map's values.
fn map_values(schema: &Value) -> impl Iterator<Item = &Value> {
    let patterns = schema
        .get("patternProperties")
        .and_then(Value::as_object)
        .into_iter()
        .flat_map(|of| of.values());
    patterns.chain(schema.get("additionalProperties").filter(|of| of.is_object()))
}

fn below(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

fn note(schema: &Value, facts: &mut Facts) {
    if let Some(format) =
        schema.get("format").and_then(Value::as_str).filter(|format| format.starts_with("AWS::"))
    {
        facts.formats.insert(format.to_owned());
    }
    if let Some(relation) = schema.get("relationshipRef") {
        let text = |key: &str| relation.get(key).and_then(Value::as_str);
        if let Some((name, pointer)) = text("typeName").zip(text("propertyPath")) {
            facts.relations.insert((name.to_owned(), dotted(pointer)));
        }
    }
    if let Some(length) = schema.get("maxLength").and_then(Value::as_u64) {
        facts.max_length = Some(facts.max_length.map_or(length, |known| known.min(length)));
    }
    note_values(schema, facts);
}

fn note_values(schema: &Value, facts: &mut Facts) {
    if let Some(values) = schema.get("enum").and_then(Value::as_array) {
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        facts.values.extend(values.iter().map(text));
        return;
    }
    let kinds = schema.get("type").into_iter().flat_map(|kind| match kind {
        Value::Array(several) => several.iter().collect(),
        one => vec![one],
    });
    for kind in kinds.filter_map(Value::as_str) {
        match kind {
            "boolean" => facts.values.extend(["false", "true"].map(str::to_owned)),
            "integer" | "number" => facts.is_number = true,
            "string" => facts.is_text = true,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(schema: &str, expected: &[&str]) {
        let found = properties(&serde_json::from_str(schema).unwrap());
        assert_eq!(found.keys().map(String::as_str).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn lists_have_no_mark_and_maps_a_star() {
        check(
            r#"{"properties": {"L": {"items": {"properties": {"A": {}}}}, "M": {"patternProperties": {".*": {"properties": {"B": {}}}}}}}"#,
            &["L", "L.A", "M", "M.*.B"],
        );
    }

    #[test]
    fn alternatives_and_definitions_are_followed() {
        check(
            r##"{"definitions": {"D": {"oneOf": [{"properties": {"A": {}}}, {"properties": {"B": {}}}]}}, "properties": {"P": {"$ref": "#/definitions/D"}}}"##,
            &["P", "P.A", "P.B"],
        );
    }

    #[test]
    fn a_definition_inside_itself_is_cut() {
        check(
            r##"{"definitions": {"D": {"properties": {"Not": {"$ref": "#/definitions/D"}}}}, "properties": {"P": {"$ref": "#/definitions/D"}}}"##,
            &["P", "P.Not"],
        );
    }

    #[test]
    fn facts_of_every_alternative_belong_to_the_property() {
        let schema = r#"{"properties": {"K": {"items": {"anyOf": [{"format": "AWS::KMS::Key.Arn", "maxLength": 9}, {"format": "AWS::KMS::Key.Id", "maxLength": 5}]}}}}"#;
        let found = properties(&serde_json::from_str(schema).unwrap());
        assert_eq!(
            found["K"].formats.iter().collect::<Vec<_>>(),
            ["AWS::KMS::Key.Arn", "AWS::KMS::Key.Id"]
        );
        assert_eq!(found["K"].max_length, Some(5));
    }

    #[test]
    fn values_are_closed_unless_an_alternative_takes_any_text() {
        let check = |of: &str, expected: Option<&[&str]>| {
            let schema = format!(r#"{{"properties": {{"P": {of}}}}}"#);
            let found = properties(&serde_json::from_str(&schema).unwrap());
            assert_eq!(found["P"].closed().as_deref(), expected, "{of}");
        };
        check(r#"{"type": "boolean"}"#, Some(&["false", "true"]));
        check(r#"{"type": "string", "enum": ["b", "a"]}"#, Some(&["a", "b"]));
        check(r#"{"type": "array", "items": {"enum": ["a"]}}"#, Some(&["a"]));
        check(r#"{"type": ["integer", "boolean"]}"#, Some(&["#", "false", "true"]));
        check(r#"{"anyOf": [{"enum": ["a"]}, {"type": "string"}]}"#, None);
        check(r#"{"enum": ["a,b"]}"#, None);
        check(r#"{"type": "object"}"#, None);
    }

    #[test]
    fn pointers_become_dotted_paths() {
        assert_eq!(dotted("/properties/Rules/*/Id"), "Rules.Id");
        assert_eq!(dotted("/properties/Device/DeviceName"), "Device.DeviceName");
        assert_eq!(dotted("Device/DeviceName"), "Device.DeviceName");
    }
}
