//! The names and ARNs of the stack's own resources.

mod variables;

use std::collections::BTreeSet;

use stackpass_ground::truth::Truth;
use stackpass_ground::wildcard::escape;

use crate::need::Scoping;
use crate::registry;
use crate::resolve::{Resource, Setting, Stack};
use crate::rules;
use crate::template::LogicalId;
use crate::value::{Part, Text, Value};

use super::reach::{Question, Reach};
use super::template::NameTemplate;
use crate::generated_names::StackName;
use crate::pattern::{
    MAX_LENGTH, Pattern, any_build, bounded, joined, literal, piece, plain_head, with_plain_head,
};
use variables::variable_patterns;

/// The ARNs that a resource may have; empty if its type has no ARN template.
pub(crate) fn arns(stack: &Stack, resource: &Resource) -> BTreeSet<Pattern> {
    arns_within(stack, resource, Reach::new(&Question::default()))
}

/// The patterns of a text.
pub(crate) fn patterns(stack: &Stack, text: &Text) -> BTreeSet<Pattern> {
    patterns_within(stack, text, Reach::new(&Question::default()))
}

/// The patterns of a value.
pub(crate) fn patterns_of(stack: &Stack, value: &Value) -> BTreeSet<Pattern> {
    value_patterns(stack, value, Reach::new(&Question::default()))
}

/// Fills an ARN template for a resource: partition, region and account from the setting, the rest from its properties.
pub(crate) fn fill(
    stack: &Stack,
    resource: Option<&Resource>,
    template: NameTemplate<'_>,
) -> BTreeSet<Pattern> {
    fill_within(stack, resource, template, Reach::new(&Question::default()))
}

/// A text of a manifest as a pattern, with `${AWS::Partition}` and its kin replaced.
pub(crate) fn filled_text(setting: &Setting, text: &str) -> String {
    let known = |value: &Option<String>| value.clone().unwrap_or_else(|| "*".to_owned());
    plain_head(
        escape(text)
            .replace("${$}{AWS::Partition}", &known(&setting.partition))
            .replace("${$}{AWS::Region}", &known(&setting.region))
            .replace("${$}{AWS::AccountId}", &known(&setting.account)),
    )
}

fn arns_within(stack: &Stack, resource: &Resource, reach: Reach<'_>) -> BTreeSet<Pattern> {
    match NameTemplate::of_type(&resource.resource_type) {
        Some(template) => fill_within(stack, Some(resource), template, reach)
            .into_iter()
            .map(|pattern| {
                if pattern.is_named() && pattern.is_whole_type() {
                    pattern.scoped(Scoping::GeneratedId)
                } else {
                    pattern
                }
            })
            .collect(),
        None => BTreeSet::new(),
    }
}

fn patterns_within(stack: &Stack, text: &Text, reach: Reach<'_>) -> BTreeSet<Pattern> {
    let mut patterns = BTreeSet::from([Pattern::named("")]);
    for part in text.parts() {
        let tails = match part {
            Part::Literal(text) => BTreeSet::from([Pattern::named(literal(text))]),
            Part::One => BTreeSet::from([Pattern::new("?", Scoping::UnknownValue)]),
            Part::Any | Part::Parameter(_) => BTreeSet::from([Pattern::any(Scoping::UnknownValue)]),
            Part::Environment => BTreeSet::from([Pattern::named("*")]),
            Part::Attribute { logical_id, attribute } => {
                attribute_patterns(stack, logical_id, attribute.as_deref(), reach)
            }
            Part::Piece { of, delimiter, index } => {
                let whole = patterns_within(stack, of, reach).into_iter();
                whole.map(|pattern| piece(pattern, delimiter, *index)).collect()
            }
            Part::Import(name) => match name.known().and_then(|name| stack.imports.get(name)) {
                Some(exported) => exported.clone(),
                None => BTreeSet::from([Pattern::any(Scoping::UnknownValue)]),
            },
        };
        patterns = joined(&patterns, &tails);
        let is_full = |glob: &str| glob.len() > MAX_LENGTH && glob.ends_with('*');
        if patterns.iter().all(|pattern| is_full(pattern.as_str())) {
            break;
        }
    }
    patterns.into_iter().map(with_plain_head).collect()
}

fn attribute_patterns(
    stack: &Stack,
    logical_id: &LogicalId,
    attribute: Option<&str>,
    reach: Reach<'_>,
) -> BTreeSet<Pattern> {
    let Some(resource) = stack.resources.get(logical_id) else {
        return BTreeSet::from([Pattern::any(Scoping::UnknownValue)]);
    };
    let reference = (std::ptr::from_ref(stack), logical_id.clone(), attribute.map(str::to_owned));
    reach.follow(reference, |reach| followed(stack, resource, attribute, reach))
}

/// The patterns of an attribute of a resource that is there.
fn followed(
    stack: &Stack,
    resource: &Resource,
    attribute: Option<&str>,
    reach: Reach<'_>,
) -> BTreeSet<Pattern> {
    let unknown = BTreeSet::from([Pattern::any(Scoping::GeneratedId)]);
    if let Some(output) = attribute.and_then(|attribute| attribute.strip_prefix("Outputs.")) {
        return match stack
            .nested
            .get(&resource.logical_id)
            .and_then(|nested| Some((nested, nested.outputs.get(output)?)))
        {
            Some((nested, value)) => value_patterns(nested, value, reach),
            None => BTreeSet::from([Pattern::any(Scoping::UnknownValue)]),
        };
    }
    let rules = rules::of(&resource.resource_type);
    if let Some(template) = rules.and_then(|of| of.attributes.get(attribute.unwrap_or("Ref"))) {
        let template = NameTemplate::new(template);
        return fill_within(stack, Some(resource), template, reach);
    }
    let registered = registry::resource_type(&resource.resource_type);
    let property = if let Some(attribute) = attribute {
        attribute
    } else {
        let mut identifiers =
            registered.into_iter().flat_map(registry::ResourceType::ref_identifier);
        match (identifiers.next(), identifiers.next()) {
            (Some(only), None) => only,
            _ => return unknown,
        }
    };
    if is_arn_attribute(&resource.resource_type, property)
        || registered.is_some_and(|registered| is_arn_identifier(registered, property))
    {
        let arns = arns_within(stack, resource, reach);
        return if arns.is_empty() { unknown } else { arns };
    }
    named_property(stack, resource, property, reach)
}

/// Whether an attribute gives the ARN of the resource itself: `Arn`, or `TopicArn` of a topic.
fn is_arn_attribute(resource_type: &str, attribute: &str) -> bool {
    let kind = resource_type.rsplit("::").next().unwrap_or_default();
    attribute == "Arn"
        || attribute.strip_suffix("Arn").is_some_and(|name| name == kind)
        || matches!(attribute, "Id" | "StackId") && resource_type == "AWS::CloudFormation::Stack"
}

/// Whether a property is how the type is identified, is made by the service, and holds an ARN: `PolicyArn` of a managed policy.
fn is_arn_identifier(registered: registry::ResourceType, property: &str) -> bool {
    property.ends_with("Arn")
        && registered.primary_identifier().eq([property])
        && registered.read_only().any(|read_only| read_only == property)
}

/// The text of a property, or the name that CloudFormation generates when it is absent.
fn named_property(
    stack: &Stack,
    resource: &Resource,
    property: &str,
    reach: Reach<'_>,
) -> BTreeSet<Pattern> {
    let given = Given::of(stack, resource, property, reach);
    let mut patterns = given.patterns;
    if given.always {
        return patterns;
    }
    let rule = rules::of(&resource.resource_type).and_then(|rules| rules.name.as_ref());
    if !matches!(resource.properties, Value::Map(_)) {
        patterns.insert(Pattern::any(Scoping::UnknownValue));
    } else if let Some(rule) = rule.filter(|rule| rule.property.as_deref() == Some(property)) {
        patterns.extend(generated_names(stack, &resource.logical_id, rule, reach));
    } else {
        patterns.insert(Pattern::any(unnamed(resource, property)));
    }
    if !given.complete {
        patterns.insert(Pattern::any(Scoping::UnknownValue));
    }
    patterns
}

/// What a template gives of a property, under whichever of its names.
struct Given {
    patterns: BTreeSet<Pattern>,
    /// Whether it is there in any case.
    always: bool,
    /// Whether these are all that it may be.
    complete: bool,
}

impl Given {
    pub(super) fn of(
        stack: &Stack,
        resource: &Resource,
        property: &str,
        reach: Reach<'_>,
    ) -> Given {
        let rules = rules::of(&resource.resource_type);
        let other = rules.and_then(|rules| rules.given_as.get(property));
        let mut given = Given { patterns: BTreeSet::new(), always: false, complete: true };
        for name in std::iter::once(property).chain(other.map(String::as_str)) {
            let found = resource.at(name);
            let values = found.values.iter();
            given.patterns.extend(values.flat_map(|of| value_patterns(stack, of.value, reach)));
            given.always |= resource.presence_at(name) == Truth::Yes;
            given.complete &= found.complete;
        }
        given
    }
}

/// Why nothing is known of a property that is absent and for which no way to generate it is known.
fn unnamed(resource: &Resource, property: &str) -> Scoping {
    let is_identifier = registry::resource_type(&resource.resource_type).is_some_and(|of| {
        of.primary_identifier().chain(of.ref_identifier()).any(|part| part == property)
            && of.read_only().all(|read_only| read_only != property)
    });
    if is_identifier { Scoping::UnknownAlgorithm } else { Scoping::GeneratedId }
}

fn generated_names(
    stack: &Stack,
    logical_id: &LogicalId,
    name: &rules::Name,
    reach: Reach<'_>,
) -> BTreeSet<Pattern> {
    let stack_name = stack_name_pattern(stack, reach);
    let known = match stack_name.as_str() {
        "*" => StackName::Unknown,
        name if name.contains('*') => StackName::Pattern(name),
        name => StackName::Known(name),
    };
    let scoping = |glob: &str| match &stack.setting.stack_name {
        None if glob.trim_end_matches(['*', '-']).contains(logical_id.as_str()) => Scoping::Named,
        None => Scoping::UnknownStackName,
        Some(_) if glob == "*" => Scoping::UnknownValue,
        Some(_) => Scoping::Named,
    };
    let globs = name.patterns(known, logical_id.as_str()).into_iter();
    globs.map(|glob| Pattern::new(&*glob, scoping(&glob))).collect()
}

/// The name of the stack as a pattern.
pub(crate) fn stack_name(stack: &Stack) -> String {
    stack_name_pattern(stack, Reach::new(&Question::default()))
}

fn stack_name_pattern(stack: &Stack, reach: Reach<'_>) -> String {
    match &stack.setting.stack_name {
        Some(text) => {
            let mut patterns = patterns_within(stack, text, reach).into_iter();
            match (patterns.next(), patterns.next()) {
                (Some(only), None) => only.into_string(),
                _ => "*".to_owned(),
            }
        }
        None => "*".to_owned(),
    }
}

fn value_patterns(stack: &Stack, value: &Value, reach: Reach<'_>) -> BTreeSet<Pattern> {
    let mut patterns = BTreeSet::new();
    for text in value.texts() {
        patterns.extend(patterns_within(stack, &text, reach));
    }
    bounded(patterns)
}

fn fill_within(
    stack: &Stack,
    resource: Option<&Resource>,
    template: NameTemplate<'_>,
    reach: Reach<'_>,
) -> BTreeSet<Pattern> {
    let known = |value: &Option<String>| value.clone().unwrap_or_else(|| "*".to_owned());
    let (region, account) = resource
        .and_then(|resource| home_elsewhere(resource, template))
        .unwrap_or_else(|| (known(&stack.setting.region), known(&stack.setting.account)));
    let mut patterns = BTreeSet::from([Pattern::named("")]);
    let mut rest = template.as_str();
    while let Some((before, after)) = rest.split_once("${") {
        let Some((variable, after)) = after.split_once('}') else { break };
        patterns = joined(&patterns, &BTreeSet::from([Pattern::named(before)]));
        let tails = match variable {
            "Partition" => BTreeSet::from([Pattern::named(known(&stack.setting.partition))]),
            "Region" => BTreeSet::from([Pattern::named(region.clone())]),
            "Account" | "AccountId" => BTreeSet::from([Pattern::named(account.clone())]),
            // Without a resource the template is of the stack itself; of a resource, it is a property as any other.
            "StackName" if resource.is_none() => {
                BTreeSet::from([Pattern::named(stack_name_pattern(stack, reach))])
            }
            "LogicalId" => BTreeSet::from([Pattern::named(
                resource.map_or("*", |resource| resource.logical_id.as_str()),
            )]),
            "*" | "?" | "$" => BTreeSet::from([Pattern::named(format!("${{{variable}}}"))]),
            variable => match resource {
                Some(resource) => variable_patterns(stack, resource, variable, reach)
                    .into_iter()
                    .flat_map(|name| template.in_case(name))
                    .collect(),
                None => BTreeSet::from([Pattern::any(Scoping::AnyOfType)]),
            },
        };
        patterns = joined(&patterns, &tails);
        rest = after;
    }
    let filled = joined(&patterns, &BTreeSet::from([Pattern::named(rest)]));
    if template.is_of_objects() {
        return filled.into_iter().map(object_pattern).collect();
    }
    filled
}

/// Region and account of an ARN that a property holds where the template asks for a name: they are those of what is named.
fn home_elsewhere(resource: &Resource, template: NameTemplate<'_>) -> Option<(String, String)> {
    let service = template.service();
    let variables = template.as_str().split("${").skip(1).filter_map(|rest| rest.split_once('}'));
    let mut homes = variables.filter_map(|(variable, _)| {
        let property = variable.split(['|', '#', '+']).next()?;
        let found = resource.at(property);
        let text = found.values.first()?.value.texts().into_iter().next()?;
        match text.known()?.splitn(6, ':').collect::<Vec<_>>().as_slice() {
            ["arn", _, of, region, account, _] if *of == service => {
                Some(((*region).to_owned(), (*account).to_owned()))
            }
            _ => None,
        }
    });
    homes.next()
}

/// The ARN of an object: its content hash is open, and a bucket that is known bounds it even when the key is not.
fn object_pattern(pattern: Pattern) -> Pattern {
    let object = pattern.as_str().rsplit(":::").next().unwrap_or_default();
    let is_bounded = !object.starts_with(['*', '/']);
    let glob = any_build(pattern.as_str());
    let pattern = pattern.with_text(glob);
    if is_bounded { pattern.scoped(Scoping::Named) } else { pattern }
}
