//! Nested stacks, with what their parents give them.

use std::collections::BTreeMap;

use stackpass_ground::source::LocatedDiagnostic;

use crate::assembly::StackTemplate;
use crate::codes;
use crate::names::{self, NameTemplate};
use crate::resolve::{Setting, Stack, expand_loops, resolve};
use crate::sam;
use crate::template::Template;
use crate::value::{Text, Value};

use super::of_source;

/// Resolves a stack, then the stacks nested in it with the parameters that it gives them.
pub(super) fn resolved(
    input: &StackTemplate,
    setting: &Setting,
    problems: &mut Vec<LocatedDiagnostic>,
) -> Stack {
    let (looped, of_loops) = expand_loops(&input.template, setting);
    problems.extend(of_source(&input.source, of_loops));
    let (template, mut unexpanded) = sam::expand(&looped);
    if setting.parameters.contains_key(sam::PACKAGE_BUCKET) {
        unexpanded.retain(|problem| problem.code != codes::SAM_PACKAGE);
    }
    problems.extend(of_source(&input.source, unexpanded));
    let (mut stack, diagnostics) = resolve(&input.source, &template, setting);
    problems.extend(of_source(&input.source, diagnostics));
    for (logical_id, nested) in &input.nested {
        let Some(resource) = stack.resources.get(logical_id) else { continue };
        // At least one random character follows the hyphen, which keeps the names inside apart from those of other stacks.
        let name =
            names::fill(&stack, Some(resource), NameTemplate::new("${@name}")).into_iter().next();
        let name = name.map(|name| match name.as_str().strip_suffix("-*") {
            Some(known) => Text::glob(&format!("{known}-?*")),
            None => Text::glob(name.as_str()),
        });
        let mut setting = Setting {
            stack_name: setting.stack_name.as_ref().and(name),
            parameters: passed_parameters(&stack, &resource.properties, &nested.template),
            ..setting.clone()
        };
        // Local code of nested stacks goes to the same bucket.
        if let Some(bucket) = stack.setting.parameters.get(sam::PACKAGE_BUCKET) {
            let parameters = &mut setting.parameters;
            parameters.entry(sam::PACKAGE_BUCKET.to_owned()).or_insert_with(|| bucket.clone());
        }
        let nested = resolved(nested, &setting, problems);
        stack.nested.insert(logical_id.clone(), nested);
    }
    stack
}

/// The parameters that a nested stack is given, in terms that hold outside its parent.
fn passed_parameters(
    parent: &Stack,
    properties: &Value,
    template: &Template,
) -> BTreeMap<String, Value> {
    let mut passed = BTreeMap::new();
    let given = match properties {
        Value::Map(map) if !map.open => map.entries.get("Parameters").map(|given| &given.value),
        _ => Some(&Value::Unknown),
    };
    let Some(given) = given else { return passed };
    // Of those that may be passed or not, nothing is known.
    let is_certain = matches!(given, Value::Map(map) if !map.open);
    if !is_certain {
        passed.extend(template.parameters.keys().map(|name| (name.clone(), Value::Unknown)));
    }
    if let Value::Map(given) = given {
        let entries = given.entries.iter();
        passed
            .extend(entries.map(|(name, located)| (name.clone(), outside(parent, &located.value))));
    }
    passed
}

fn outside(parent: &Stack, value: &Value) -> Value {
    match value {
        Value::Text(text) if text.has_attributes() => {
            let globs = names::patterns(parent, text);
            Value::one_of(
                globs.into_iter().map(|pattern| Value::Text(Text::glob(pattern.as_str()))),
            )
        }
        Value::OneOf(values) => Value::one_of(values.iter().map(|value| outside(parent, value))),
        Value::List(_) | Value::Map(_) => Value::Unknown,
        value => value.clone(),
    }
}
