//! Names and ARNs of a stack's resources, as patterns, before they exist.
//!
//! A pattern matches every name or ARN that the deployment can give; where nothing is known, it is the wildcard of the type.

mod address;
mod format;
mod glob;
mod variables;
mod wildcards;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use stackpass_ground::arn::ArnPattern;
use stackpass_ground::wildcard::escape;

use crate::names::StackName;
use crate::need::Scoping;
use crate::registry;
use crate::resolve::{Resource, Setting, Stack};
use crate::rules;
use crate::template::LogicalId;
use crate::value::{Part, Text, Truth, Value};

use address::Address;
#[cfg(test)]
pub(crate) use format::PREFIXES;
use format::in_case;
pub(crate) use format::properties_in;
pub(crate) use glob::{any_build, six_parts};
use glob::{bounded, joined, literal, piece, plain_head};
use variables::variable_patterns;
use wildcards::is_of_objects;
pub(crate) use wildcards::{anywhere, everywhere, wildcard};

/// How many patterns one text may give before it counts as unknown.
const MAX_PATTERNS: usize = 32;

/// How many bytes the patterns of one text may have together before it counts as unknown.
const MAX_BYTES: usize = 16 * 1024;

/// How many characters a pattern is made of before its rest counts as unknown. AWS has no longer ARN.
const MAX_LENGTH: usize = 2048;

/// How many references lie between a resource and its name at the most.
const MAX_DEPTH: usize = 64;

/// How many different references are followed for one question at the most.
const MAX_REFERENCES: usize = 4096;

/// A resource of a stack, told by its address, and an attribute of it.
type Reference = (*const Stack, LogicalId, Option<String>);

/// What was found out for one question: each reference is followed once.
#[derive(Default)]
struct Question {
    /// `None` while a reference is being followed, which shows circles.
    followed: RefCell<BTreeMap<Reference, Option<BTreeSet<Pattern>>>>,
}

/// How far references are still followed.
#[derive(Clone, Copy)]
struct Reach<'a> {
    depth: usize,
    question: &'a Question,
}

impl<'a> Reach<'a> {
    fn new(question: &'a Question) -> Reach<'a> {
        Reach { depth: MAX_DEPTH, question }
    }

    /// Follows a reference, unless that was done before. One that leads back to itself, or too far, is out of reach.
    fn follow(
        self,
        reference: Reference,
        patterns: impl FnOnce(Reach<'a>) -> BTreeSet<Pattern>,
    ) -> BTreeSet<Pattern> {
        let out_of_reach = || BTreeSet::from([Pattern::any(Scoping::OutOfReach)]);
        let followed = &self.question.followed;
        match followed.borrow().get(&reference) {
            Some(Some(patterns)) => return patterns.clone(),
            Some(None) => return out_of_reach(),
            None => {}
        }
        let Some(depth) = self.depth.checked_sub(1) else { return out_of_reach() };
        if followed.borrow().len() >= MAX_REFERENCES {
            return out_of_reach();
        }
        followed.borrow_mut().insert(reference.clone(), None);
        let found = patterns(Reach { depth, ..self });
        followed.borrow_mut().insert(reference, Some(found.clone()));
        found
    }
}

/// A name or an ARN with wildcards, and how much it says.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Pattern {
    /// The text; `*` stands for any characters, `?` for one, `${*}`, `${?}` and `${$}` for those characters themselves.
    pub(crate) glob: String,
    /// How closely it names what is meant.
    pub(crate) scoping: Scoping,
}

impl Pattern {
    fn named(glob: impl Into<String>) -> Pattern {
        Pattern { glob: glob.into(), scoping: Scoping::Named }
    }

    /// No ARN at all, so that nothing is given for it.
    fn unusable() -> Pattern {
        Pattern { glob: String::new(), scoping: Scoping::UnknownValue }
    }

    fn any(scoping: Scoping) -> Pattern {
        Pattern { glob: "*".to_owned(), scoping }
    }
}

/// The ARNs that a resource may have; empty if its type has no ARN template.
pub(crate) fn arns(stack: &Stack, resource: &Resource) -> BTreeSet<Pattern> {
    arns_within(stack, resource, Reach::new(&Question::default()))
}

/// The ARN template of a resource type.
pub(crate) fn arn_template(resource_type: &str) -> Option<&'static str> {
    match rules::of(resource_type).and_then(|rules| rules.arn.as_deref()) {
        Some(template) => Some(template),
        None => registry::resource_type(resource_type)?.arn_template(),
    }
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
    template: &str,
) -> BTreeSet<Pattern> {
    fill_within(stack, resource, template, Reach::new(&Question::default()))
}

/// What a text that refers to something says of its ARN, given the ARN format of what it refers to.
///
/// The text may hold an ARN, a name, or the reference of a resource of the same stack.
pub(crate) fn referred(stack: &Stack, text: &Text, format: &str) -> BTreeSet<Pattern> {
    if let Some(patterns) = of_same_stack(stack, text, &[format]) {
        return patterns;
    }
    if format.contains(":role/") && (has_wildcard(text) || text.known() == Some("")) {
        return BTreeSet::from([Pattern::unusable()]);
    }
    patterns(stack, text)
        .into_iter()
        // An empty text refers to nothing: an ARN that ends where the name begins is none.
        .filter(|pattern| !pattern.glob.is_empty())
        .flat_map(|pattern| {
            if pattern.glob.starts_with("arn:") {
                let glob = six_parts(&pattern.glob);
                // An alias says nothing of the key behind it but where it is.
                let key = glob.split_once(":alias/").filter(|_| format.contains(":key/"));
                if let Some((place, _)) = key {
                    let glob = format!("{place}:key/*");
                    return vec![Pattern { glob, scoping: Scoping::AnyOfType }];
                }
                return vec![Pattern { glob, ..pattern }];
            }
            // The account in an image's address may be unknown; the repository is known all the same.
            let address = Address::of(&pattern.glob, format);
            if address.has_home() {
                let scoping = if address.is_open() { pattern.scoping } else { Scoping::Named };
                let glob = name_into(stack, &address.home(format), &address.name);
                return vec![Pattern { glob, scoping }];
            }
            // An unknown beginning may itself be an ARN; an alias says nothing of the key behind it.
            let is_alias = pattern.glob.starts_with("alias/");
            let may_be_arn = pattern.glob.starts_with('*') && pattern.scoping != Scoping::Named;
            if may_be_arn || is_alias {
                let scoping = if is_alias { Scoping::AnyOfType } else { pattern.scoping };
                let glob = match scoping {
                    Scoping::UnknownValue => anywhere(stack, format),
                    _ => wildcard(stack, format),
                };
                return vec![Pattern { glob, scoping }];
            }
            if format.contains(":s3:") {
                let name = address.name;
                let is_of_objects = format.contains("${ObjectName}");
                // Nothing but an address says where an object is, and a name without a key is none.
                let has_no_key = pattern.scoping == Scoping::Named && !name.contains(['/', '*']);
                let is_file = is_of_objects && (is_path(text) || has_no_key);
                return vec![of_object(stack, &name, pattern, is_file)];
            }
            let names = in_case(format, Pattern { glob: address.name, ..pattern }).into_iter();
            names
                .flat_map(|name| {
                    let glob = name_into(stack, format, &name.glob);
                    with_path(&Pattern { glob, ..name }, format)
                })
                .collect()
        })
        .collect()
}

/// Whether a text stands where an address may and is none: it is the path of a file, which a tool uploads first.
pub(crate) fn is_path(text: &Text) -> bool {
    text.known().is_some_and(|text| !text.contains("://"))
}

/// Whether a text has a wildcard written into it. No role's name or ARN has: who writes `role/*` means any of them.
fn has_wildcard(text: &Text) -> bool {
    let is_wild = |part: &Part| matches!(part, Part::Literal(text) if text.contains(['*', '?']));
    text.parts().iter().any(is_wild)
}

/// The same, with the wildcard of the format for a text that is no name at all, so that something is named in any case.
pub(crate) fn referred_or_any(stack: &Stack, text: &Text, format: &str) -> BTreeSet<Pattern> {
    let mut patterns = referred(stack, text, format);
    patterns.retain(|pattern| pattern.glob.parse::<ArnPattern>().is_ok());
    if patterns.is_empty() {
        let glob = anywhere(stack, format);
        patterns.insert(Pattern { glob, scoping: Scoping::UnknownValue });
    }
    patterns
}

/// The ARNs of the resource of the same stack that a text refers to, if they are of one of these formats.
pub(crate) fn of_same_stack(
    stack: &Stack,
    text: &Text,
    formats: &[&str],
) -> Option<BTreeSet<Pattern>> {
    let (logical_id, _) = text.as_attribute()?;
    let found = arns(stack, stack.resources.get(logical_id)?);
    let is_of = |format: &&str| {
        let wildcard = wildcard(stack, format);
        found.iter().all(|pattern| fits(&pattern.glob, &wildcard))
    };
    (!found.is_empty() && formats.iter().any(is_of)).then_some(found)
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

/// Whether an ARN pattern lies within another.
pub(crate) fn fits(inner: &str, outer: &str) -> bool {
    match (inner.parse::<ArnPattern>(), outer.parse::<ArnPattern>()) {
        (Ok(inner), Ok(outer)) => outer.covers(&inner),
        _ => false,
    }
}

fn arns_within(stack: &Stack, resource: &Resource, reach: Reach<'_>) -> BTreeSet<Pattern> {
    match arn_template(&resource.resource_type) {
        Some(template) => fill_within(stack, Some(resource), template, reach)
            .into_iter()
            .map(|pattern| match pattern.scoping {
                Scoping::Named if is_whole_type(&pattern.glob) => {
                    Pattern { scoping: Scoping::GeneratedId, ..pattern }
                }
                _ => pattern,
            })
            .collect(),
        None => BTreeSet::new(),
    }
}

/// Whether an ARN pattern is the wildcard of a whole resource type, such as `key/*` or `*/ipset/*/*`, which names none of its resources: of
/// its parts, all but the type are open. Paths, which begin with a slash, name a kind in every other part.
pub(crate) fn is_whole_type(glob: &str) -> bool {
    let resource = glob.splitn(6, ':').nth(5).unwrap_or_default();
    let of_buckets = glob.contains(":s3:::");
    let parts = resource.split([':', '/']);
    let (open, words): (Vec<&str>, Vec<&str>) = parts.partition(|part| *part == "*");
    let is_type = |words: &[&str]| match words {
        [] => true,
        [word] => !of_buckets && !word.contains('*'),
        _ => false,
    };
    !resource.starts_with('/') && !open.is_empty() && is_type(&words)
}

fn patterns_within(stack: &Stack, text: &Text, reach: Reach<'_>) -> BTreeSet<Pattern> {
    let mut patterns = BTreeSet::from([Pattern::named("")]);
    for part in text.parts() {
        let tails = match part {
            Part::Literal(text) => BTreeSet::from([Pattern::named(literal(text))]),
            Part::One => {
                BTreeSet::from([Pattern { glob: "?".to_owned(), scoping: Scoping::UnknownValue }])
            }
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
        if patterns.iter().all(|pattern| is_full(&pattern.glob)) {
            break;
        }
    }
    patterns
        .into_iter()
        .map(|pattern| Pattern { glob: plain_head(pattern.glob), ..pattern })
        .collect()
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
    fn of(stack: &Stack, resource: &Resource, property: &str, reach: Reach<'_>) -> Given {
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
    globs.map(|glob| Pattern { scoping: scoping(&glob), glob }).collect()
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
                (Some(only), None) => only.glob,
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
    template: &str,
    reach: Reach<'_>,
) -> BTreeSet<Pattern> {
    let known = |value: &Option<String>| value.clone().unwrap_or_else(|| "*".to_owned());
    let (region, account) = resource
        .and_then(|resource| home_elsewhere(resource, template))
        .unwrap_or_else(|| (known(&stack.setting.region), known(&stack.setting.account)));
    let mut patterns = BTreeSet::from([Pattern::named("")]);
    let mut rest = template;
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
                    .flat_map(|name| in_case(template, name))
                    .collect(),
                None => BTreeSet::from([Pattern::any(Scoping::AnyOfType)]),
            },
        };
        patterns = joined(&patterns, &tails);
        rest = after;
    }
    let filled = joined(&patterns, &BTreeSet::from([Pattern::named(rest)]));
    if is_of_objects(template) {
        return filled.into_iter().map(object_pattern).collect();
    }
    filled
}

/// Region and account of an ARN that a property holds where the template asks for a name: they are those of what is named.
fn home_elsewhere(resource: &Resource, template: &str) -> Option<(String, String)> {
    let service = template.split(':').nth(2)?;
    let variables = template.split("${").skip(1).filter_map(|rest| rest.split_once('}'));
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
    let object = pattern.glob.rsplit(":::").next().unwrap_or_default();
    let is_bounded = !object.starts_with(['*', '/']);
    let glob = any_build(&pattern.glob);
    Pattern { glob, scoping: if is_bounded { Scoping::Named } else { pattern.scoping } }
}

/// The ARN of a bucket, or of an object by bucket and key. A path of the own machine is uploaded to a bucket that only the
/// tool knows.
fn of_object(stack: &Stack, name: &str, pattern: Pattern, is_file: bool) -> Pattern {
    if name.starts_with(['.', '/', '~']) || is_file {
        return Pattern {
            glob: wildcard(stack, "arn:${Partition}:s3:::*/*"),
            scoping: Scoping::UnknownValue,
        };
    }
    let prefix = wildcard(stack, "arn:${Partition}:s3:::");
    Pattern { glob: format!("{prefix}{}", any_build(name)), ..pattern }
}

/// The name of a role, user or group that is not in the template may stand behind a path.
fn with_path(pattern: &Pattern, format: &str) -> Vec<Pattern> {
    let kinds = [":role/", ":user/", ":group/", ":instance-profile/"];
    let Some(kind) = kinds.into_iter().find(|kind| format.contains(*kind)) else {
        return vec![pattern.clone()];
    };
    match pattern.glob.split_once(kind) {
        Some((before, name)) if !name.contains('/') => {
            let deeper = Pattern {
                glob: format!("{before}{kind}*/{name}"),
                scoping: pattern.scoping.clone(),
            };
            vec![pattern.clone(), deeper]
        }
        _ => vec![pattern.clone()],
    }
}

/// The ARN of a format with a name for its last variable.
fn name_into(stack: &Stack, format: &str, name: &str) -> String {
    match format.rsplit_once("${") {
        // There is only one of it, such as the hub of an account.
        Some((before, _)) if before.matches(':').count() < 5 => wildcard(stack, format),
        Some((before, after)) => {
            let after = after.split_once('}').map_or("", |(_, after)| after);
            let mut glob = wildcard(stack, before);
            // `parameter/${Name}` with a name that already begins with the slash.
            let name =
                if glob.ends_with('/') { name.strip_prefix('/').unwrap_or(name) } else { name };
            glob.push_str(name);
            glob.push_str(after);
            glob
        }
        None => format.to_owned(),
    }
}
