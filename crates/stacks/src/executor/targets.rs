//! What an action acts on: worked out from the catalogue, or as a rule says.

use std::borrow::Cow;
use std::cell::LazyCell;
use std::collections::{BTreeMap, BTreeSet};

use stackpass_ground::arn::ArnPattern;
use stackpass_policy::action::Action;
use stackpass_policy::catalogue::{self, ActionFacts, ResourceTypeFacts};

use super::once::Once;
use super::{Subject, families, objects, profiles};
use crate::generic;
use crate::need::Scoping;
use crate::registry;
use crate::resolve::Stack;
use crate::rules::{self, On};
use crate::scope::{self, Pattern};
use crate::value::Text;

/// The ARNs of one scoping; none, for what is no ARN and so is given to nobody.
#[derive(Clone, Debug)]
pub(super) struct Target {
    pub(super) scoping: Scoping,
    pub(super) arns: BTreeSet<ArnPattern>,
}

impl Target {
    fn unusable() -> Target {
        Target { scoping: Scoping::UnknownValue, arns: BTreeSet::new() }
    }
}

/// What an action acts on, the ARNs grouped by how closely they could be named.
#[derive(Clone, Debug, Default)]
pub(super) struct Targets(pub(super) Vec<Target>);

impl Targets {
    pub(super) fn of(patterns: impl IntoIterator<Item = Pattern>) -> Targets {
        let mut groups: BTreeMap<Scoping, BTreeSet<ArnPattern>> = BTreeMap::new();
        let mut unusable = false;
        for pattern in patterns {
            match pattern.glob.parse() {
                Ok(arn) => {
                    groups.entry(pattern.scoping).or_default().insert(arn);
                }
                Err(_) => unusable = true,
            }
        }
        let grouped = groups.into_iter();
        let grouped = grouped.map(|(scoping, arns)| Target { scoping, arns: widest(&arns) });
        Targets(grouped.chain(unusable.then(Target::unusable)).collect())
    }

    pub(super) fn merged(several: impl IntoIterator<Item = Targets>) -> Targets {
        let mut groups: BTreeMap<Scoping, BTreeSet<ArnPattern>> = BTreeMap::new();
        let mut unusable = false;
        for target in several.into_iter().flat_map(|targets| targets.0) {
            unusable |= target.arns.is_empty();
            if !target.arns.is_empty() {
                groups.entry(target.scoping).or_default().extend(target.arns);
            }
        }
        let grouped = groups.into_iter().map(|(scoping, arns)| Target { scoping, arns });
        Targets(grouped.chain(unusable.then(Target::unusable)).collect())
    }

    fn everything(scoping: Scoping) -> Targets {
        Targets(vec![Target { scoping, arns: BTreeSet::from([ArnPattern::any()]) }])
    }
}

/// The ARNs without those that another one covers.
fn widest(arns: &BTreeSet<ArnPattern>) -> BTreeSet<ArnPattern> {
    let is_covered = |arn: &ArnPattern| arns.iter().any(|other| other != arn && other.covers(arn));
    arns.iter().filter(|arn| !is_covered(arn)).cloned().collect()
}

/// Works out what an action acts on from the resource types that the catalogue gives for it.
///
/// If the action accepts the resource's own ARN, that is it, together with the other resource types that the action requires and with those
/// beside it that a property names.
/// Otherwise the resource's typed references tell; what nothing tells is the wildcard of the resource type.
pub(super) fn automatic(subject: &Subject<'_>, action: &Action) -> Targets {
    if let Some(template) = generic::scope_of(action) {
        let filled = scope::fill(subject.stack, Some(subject.resource), template);
        // The template bounds the kind, and names none of it.
        return Targets::of(
            filled.into_iter().map(|pattern| Pattern { scoping: Scoping::AnyOfType, ..pattern }),
        );
    }
    let own = subject.arns();
    let Some(facts) = catalogue::action(action.service(), action.name()) else {
        let of_service =
            |pattern: &Pattern| pattern.glob.split(':').nth(2) == Some(action.service());
        return if !own.is_empty() && own.iter().all(of_service) {
            Targets::of(own.iter().cloned())
        } else {
            Targets::everything(Scoping::AnyOfType)
        };
    };
    let accepted: Vec<(ResourceTypeFacts, bool)> = facts.resource_types().collect();
    if accepted.is_empty() {
        return Targets::everything(Scoping::NoResourceLevel);
    }
    if let Some(made) = made(subject, &accepted) {
        return made;
    }
    let own_kinds = own_kinds(subject.stack, own, &accepted);
    let is_own = |kind: &ResourceTypeFacts| own_kinds.contains(kind);
    let mut patterns = BTreeSet::new();
    let own_accepted = accepted.iter().any(|(kind, _)| is_own(kind));
    if own_accepted {
        patterns.extend(own.iter().cloned());
    }
    let any_required = accepted.iter().any(|(_, required)| *required);
    let alone = own_accepted && is_about_tags(facts);
    for (kind, required) in &accepted {
        if is_own(kind) {
            continue;
        }
        let of_kind = match kind.service() {
            "s3" => objects::referenced(subject, action, kind),
            _ => referenced(subject, kind),
        };
        if *required && !alone || !own_accepted && !any_required {
            patterns.extend(of_kind);
        } else if own_accepted && !alone {
            // What the call may be given beside the resource is checked where the template gives it.
            let is_told = |pattern: &Pattern| pattern.scoping != Scoping::AnyOfType;
            patterns.extend(of_kind.into_iter().filter(is_told));
        }
    }
    Targets::of(patterns)
}

/// Whether an action is about tags. These are of one resource: the call takes one ARN, though the catalogue may require every kind that it
/// can be of.
fn is_about_tags(facts: ActionFacts) -> bool {
    let name = facts.name();
    name.contains("Tags") || name.contains("TagResource") || name.starts_with("Untag")
}

/// More resource types than these for one action tell nothing: `ec2:CreateTags` accepts all that EC2 has.
const MANY: usize = 20;

/// Of an action that accepts nearly everything, what the resource is known to make there.
fn made(subject: &Subject<'_>, accepted: &[(ResourceTypeFacts, bool)]) -> Option<Targets> {
    let made = generic::made_in_ec2(&subject.resource.resource_type);
    if accepted.len() <= MANY || made.is_empty() {
        return None;
    }
    let is_made = |kind: &ResourceTypeFacts| {
        kind.service() == "ec2" && made.iter().any(|name| name == kind.name())
    };
    let kinds = accepted.iter().map(|(kind, _)| kind).filter(|kind| is_made(kind));
    let globs =
        kinds.flat_map(|kind| kind.arns()).map(|format| scope::wildcard(subject.stack, format));
    let patterns: Vec<Pattern> =
        globs.map(|glob| Pattern { glob, scoping: Scoping::AnyOfType }).collect();
    (!patterns.is_empty()).then(|| Targets::of(patterns))
}

/// Of the resource types that an action accepts, those that a resource with these ARNs is of: the most closely described ones. The format of
/// a pipeline is open at its resource, so that a webhook's ARN fits it as well, and is none of a pipeline.
fn own_kinds(
    stack: &Stack,
    own: &BTreeSet<Pattern>,
    accepted: &[(ResourceTypeFacts, bool)],
) -> Vec<ResourceTypeFacts> {
    let literal = |format: &str| scope::everywhere(stack, format).replace('*', "").len();
    let closeness = |kind: &ResourceTypeFacts| {
        let fitting = kind.arns().filter(|format| {
            // What lies in a catalog or domain of another account has that account.
            let wildcard = scope::wildcard(stack, &format.replace("${Account}", "*"));
            !own.is_empty() && own.iter().all(|own| scope::fits(&own.glob, &wildcard))
        });
        fitting.map(literal).max()
    };
    let fitting: Vec<_> =
        accepted.iter().filter_map(|(kind, _)| Some((closeness(kind)?, *kind))).collect();
    let closest = fitting.iter().map(|(closeness, _)| *closeness).max();
    let is_closest = |(closeness, _): &(usize, ResourceTypeFacts)| Some(*closeness) == closest;
    fitting.into_iter().filter(is_closest).map(|(_, kind)| kind).collect()
}

/// The service-linked roles of services.
pub(super) fn service_linked_roles(stack: &Stack, services: &[String]) -> Targets {
    Targets::of(services.iter().flat_map(|service| {
        let template =
            format!("arn:${{Partition}}:iam::${{Account}}:role/aws-service-role/{service}/*");
        scope::fill(stack, None, &template)
    }))
}

/// What a rule's `on` says.
pub(super) fn given(subject: &Subject<'_>, action: &Action, on: &[On]) -> Targets {
    // Most rules act on the resource itself, and ask for none of these.
    let formats = LazyCell::new(|| -> Vec<&'static str> {
        let facts = catalogue::action(action.service(), action.name());
        let kinds = facts.into_iter().flat_map(ActionFacts::resource_types);
        kinds.flat_map(|(kind, _)| kind.arns()).collect()
    });
    let mut patterns = BTreeSet::new();
    for on in on {
        match on {
            On::Itself(suffix) => {
                patterns.extend(suffixed(subject.arns().clone(), suffix));
            }
            On::Arn(template) => {
                let template = at_home(subject, template);
                let filled = scope::fill(subject.stack, Some(subject.resource), &template);
                patterns.extend(filled.into_iter().map(|pattern| honest(subject, action, pattern)));
            }
            On::Profile(path) => patterns.extend(profiles::roles(subject, path)),
            On::Executor => patterns.extend(
                subject
                    .stack
                    .setting
                    .executor_role
                    .iter()
                    .map(|role| Pattern { glob: role.clone(), scoping: Scoping::Named }),
            ),
            On::Any => {
                let scoping =
                    if formats.is_empty() { Scoping::NoResourceLevel } else { Scoping::AnyOfType };
                patterns.insert(Pattern { glob: "*".to_owned(), scoping });
            }
            On::Reference { path, suffix, region } => {
                let formats = with_suffix(subject.stack, action, &formats, suffix);
                let mut referred = at_path(subject, path, &formats);
                if formats.is_empty() {
                    referred.retain(|pattern| may_be_of(pattern, action.service()));
                }
                let referred = referred.into_iter();
                let referred =
                    referred.map(|pattern| objects::in_format(pattern, &formats)).collect();
                let suffixed = suffixed(referred, suffix).into_iter();
                patterns.extend(suffixed.map(|pattern| in_region(pattern, region.as_deref())));
            }
            On::Unqualified(path) => {
                patterns.extend(at_path(subject, path, &formats).into_iter().map(unqualified));
            }
            On::Through { path, property } => {
                patterns.extend(through(subject, path, property, &formats));
            }
        }
    }
    Targets::of(patterns)
}

/// The ARN with a region that its value does not tell.
fn in_region(pattern: Pattern, region: Option<&str>) -> Pattern {
    let Some(region) = region else { return pattern };
    // Of the resources of a whole type, the region is the stack's for want of a better one.
    let is_open = scope::is_whole_type(&pattern.glob);
    let mut parts: Vec<&str> = pattern.glob.splitn(6, ':').collect();
    match parts.get_mut(3) {
        Some(open) if is_open || *open == "*" => *open = region,
        _ => return pattern,
    }
    Pattern { glob: parts.join(":"), ..pattern }
}

/// Whether an ARN may be of a service. It tells whom an action without resource types is for.
fn may_be_of(pattern: &Pattern, service: &str) -> bool {
    let told = pattern.glob.split(':').nth(2);
    told.is_none_or(|told| told == service || told.contains('*'))
}

/// The template of what may be of another account, with the own account where the property that names it refers to a resource of the same
/// stack: a subnet may be shared, one that the stack makes is not.
fn at_home<'a>(subject: &Subject<'_>, template: &'a str) -> Cow<'a, str> {
    let property = template
        .split_once(":*:")
        .and_then(|(_, resource)| resource.rsplit_once("/${"))
        .and_then(|(_, property)| property.strip_suffix('}'));
    let Some(property) = property else { return Cow::Borrowed(template) };
    let found = subject.resource.at(property);
    let is_made_here = |text: &Text| {
        let referred = text.as_attribute().map(|(logical_id, _)| logical_id);
        let named = referred.and_then(|logical_id| subject.stack.resources.get(logical_id));
        // What a nested stack gives may come from elsewhere.
        named.is_some_and(|named| {
            named.resource_type != "AWS::CloudFormation::Stack"
                && !scope::arns(subject.stack, named).is_empty()
        })
    };
    let texts: Vec<Text> = found.values.iter().flat_map(|found| found.value.texts()).collect();
    if found.complete && !texts.is_empty() && texts.iter().all(is_made_here) {
        return Cow::Owned(template.replacen(":*:", ":${Account}:", 1));
    }
    Cow::Borrowed(template)
}

/// What a property of the resource means that another property refers to. Of a resource that is not in the template, anything.
fn through(
    subject: &Subject<'_>,
    path: &str,
    property: &str,
    formats: &[&str],
) -> BTreeSet<Pattern> {
    let any = || {
        let globs = formats.iter().map(|format| scope::anywhere(subject.stack, format));
        globs.map(|glob| Pattern { glob, scoping: Scoping::UnknownValue })
    };
    let found = subject.resource.at(path);
    let mut patterns = BTreeSet::new();
    for text in found.values.iter().flat_map(|found| found.value.texts()) {
        let referred = text.as_attribute().map(|(logical_id, _)| logical_id);
        match referred.and_then(|logical_id| subject.stack.resources.get(logical_id)) {
            Some(resource) => {
                let registered = registry::resource_type(&resource.resource_type);
                let rules = rules::of(&resource.resource_type);
                let once = Once::default();
                let other = Subject { resource, registered, rules, once: &once, ..*subject };
                patterns.extend(at_path(&other, property, formats));
            }
            None => patterns.extend(any()),
        }
    }
    if !found.complete {
        patterns.extend(any());
    }
    patterns
}

/// The ARN without a version or an alias behind the name: `function:NAME:QUALIFIER`.
fn unqualified(pattern: Pattern) -> Pattern {
    let parts: Vec<&str> = pattern.glob.split(':').take(7).collect();
    Pattern { glob: parts.join(":"), ..pattern }
}

/// The ARN formats of what a property names whose ARN, with something appended, is one that the action accepts: a function's, for an
/// action on its versions. Without a suffix, those that it accepts themselves.
fn with_suffix(
    stack: &Stack,
    action: &Action,
    accepted: &[&'static str],
    suffix: &str,
) -> Vec<&'static str> {
    if suffix.is_empty() {
        return accepted.to_vec();
    }
    let wildcards: Vec<String> =
        accepted.iter().map(|format| scope::everywhere(stack, format)).collect();
    let becomes_accepted = |format: &&str| {
        let longer = format!("{}{suffix}", scope::everywhere(stack, format));
        wildcards.iter().any(|wildcard| scope::fits(&longer, wildcard))
    };
    let of_service = catalogue::resource_types(action.service()).flat_map(ResourceTypeFacts::arns);
    let mut formats: Vec<&'static str> = of_service.filter(becomes_accepted).collect();
    if formats.is_empty() {
        formats.extend(accepted);
    }
    formats
}

/// A rule may spell out the wildcard of a resource type: `key/*` names no key, so it counts as not scoped.
fn honest(subject: &Subject<'_>, action: &Action, pattern: Pattern) -> Pattern {
    if pattern.scoping != Scoping::Named || !scope::is_whole_type(&pattern.glob) {
        return pattern;
    }
    let own = subject
        .arns()
        .iter()
        .find(|own| own.scoping != Scoping::Named && scope::fits(&own.glob, &pattern.glob));
    // To pass any role is to have the permissions of all of them: that is a gap.
    let otherwise =
        if action.as_str() == "iam:PassRole" { Scoping::UnknownValue } else { Scoping::AnyOfType };
    let scoping = own.map_or(otherwise, |own| own.scoping.clone());
    Pattern { scoping, ..pattern }
}

/// What a property refers to, for an action that accepts ARNs of these formats. Nothing, if it refers to something else.
pub(super) fn at_path(subject: &Subject<'_>, path: &str, formats: &[&str]) -> BTreeSet<Pattern> {
    let found = subject.resource.at(path);
    let mut patterns = BTreeSet::new();
    if found.values.is_empty() && found.complete {
        return patterns;
    }
    let formats = likeliest_first(subject, path, formats);
    for value in &found.values {
        for text in value.value.texts() {
            let kept = refers(subject, &text, &formats);
            subject.followed.note(subject.stack, path, &text, !kept.is_empty());
            patterns.extend(kept);
        }
    }
    if !found.complete {
        let wide = formats.iter().map(|format| scope::anywhere(subject.stack, format));
        patterns.extend(wide.map(|glob| Pattern { glob, scoping: Scoping::UnknownValue }));
    }
    patterns
}

/// ARN formats in the order in which a bare name is taken for one of them: that of the type which the registry says the property
/// refers to, then those with the fewest parts.
fn likeliest_first<'a>(subject: &Subject<'_>, path: &str, formats: &[&'a str]) -> Vec<&'a str> {
    let targets: Vec<String> = subject
        .registered
        .into_iter()
        .flat_map(registry::ResourceType::references)
        .filter(|reference| reference.property == path)
        .filter_map(|reference| scope::arn_template(reference.target_type))
        .map(|template| scope::wildcard(subject.stack, template))
        .collect();
    let mut formats = if formats.is_empty() { vec!["*"] } else { formats.to_vec() };
    formats.sort_by_cached_key(|format| {
        let wildcard = scope::wildcard(subject.stack, format);
        let is_target = targets.iter().any(|target| scope::fits(target, &wildcard));
        (!is_target, format.matches("${").count())
    });
    formats
}

fn refers(subject: &Subject<'_>, text: &Text, formats: &[&str]) -> BTreeSet<Pattern> {
    if let Some(patterns) = scope::of_same_stack(subject.stack, text, formats) {
        return patterns;
    }
    // What is referred to may be of another account or region.
    let accepted: Vec<String> =
        formats.iter().map(|format| scope::everywhere(subject.stack, format)).collect();
    // Of a value that is not known at its beginning, nothing tells which of the formats it will have.
    let is_open = |pattern: &Pattern| {
        pattern.glob.starts_with('*') && pattern.scoping == Scoping::UnknownValue
    };
    if scope::patterns(subject.stack, text).iter().any(is_open) {
        let each = formats.iter().flat_map(|format| scope::referred(subject.stack, text, format));
        return each.collect();
    }
    let within =
        |pattern: &Pattern| accepted.iter().any(|wildcard| overlaps(&pattern.glob, wildcard));
    for format in formats {
        let patterns = scope::referred(subject.stack, text, format);
        let kept: BTreeSet<Pattern> = patterns.into_iter().filter(within).collect();
        if !kept.is_empty() {
            return kept;
        }
    }
    let families = scope::patterns(subject.stack, text).into_iter().filter_map(families::below);
    families.filter(within).collect()
}

fn overlaps(left: &str, right: &str) -> bool {
    match (left.parse::<ArnPattern>(), right.parse::<ArnPattern>()) {
        (Ok(left), Ok(right)) => left.overlaps(&right),
        _ => true,
    }
}

/// What the resource's typed references say of a resource type that an action acts on; else the type's wildcard.
pub(super) fn referenced(subject: &Subject<'_>, kind: &ResourceTypeFacts) -> BTreeSet<Pattern> {
    subject.referenced(kind, || work_out(subject, kind))
}

fn work_out(subject: &Subject<'_>, kind: &ResourceTypeFacts) -> BTreeSet<Pattern> {
    let of_format = |format| {
        let wildcard = scope::wildcard(subject.stack, format);
        let mut patterns = BTreeSet::new();
        for reference in subject.registered.into_iter().flat_map(registry::ResourceType::references)
        {
            let Some(template) = scope::arn_template(reference.target_type) else { continue };
            if scope::fits(&scope::wildcard(subject.stack, template), &wildcard) {
                patterns.extend(at_path(subject, reference.property, &[format]));
            }
        }
        (wildcard, patterns)
    };
    let found: Vec<_> = kind.arns().map(of_format).collect();
    let patterns: BTreeSet<Pattern> =
        found.iter().flat_map(|(_, patterns)| patterns).cloned().collect();
    if !patterns.is_empty() {
        return patterns;
    }
    if let Some(patterns) = told_by_a_property(subject, kind) {
        return patterns;
    }
    let any = |(glob, _)| Pattern { glob, scoping: Scoping::AnyOfType };
    found.into_iter().map(any).collect()
}

/// What a property says of a resource type that an action acts on, where the registry knows no reference: one that is named for the
/// type, as `StreamARN` for a stream and `EndpointConfigName` for what has that in its ARN, or any that holds the ARN of such a thing.
fn told_by_a_property(
    subject: &Subject<'_>,
    kind: &ResourceTypeFacts,
) -> Option<BTreeSet<Pattern>> {
    let plain = |text: &str| {
        let letters = text.chars().filter(char::is_ascii_alphanumeric);
        letters.collect::<String>().to_ascii_lowercase()
    };
    let formats: Vec<&str> = kind.arns().collect();
    let wildcards: Vec<String> =
        formats.iter().map(|format| scope::everywhere(subject.stack, format)).collect();
    let mut told = BTreeSet::new();
    let mut is_told = false;
    let kind = plain(kind.name());
    let of_arn = format!("{kind}arn");
    let of_name = formats.iter().filter_map(|format| {
        let variable = plain(scope::properties_in(format).last()?);
        variable.starts_with(&kind).then_some(variable)
    });
    let of_names: Vec<String> = of_name.collect();
    for (path, arns) in subject.literal_arns() {
        let last = plain(path.rsplit('.').next().unwrap_or(path));
        if last.trim_end_matches('s') == of_arn || of_names.contains(&last) {
            is_told = true;
            told.extend(at_path(subject, path, &formats));
            continue;
        }
        let of_kind = arns
            .iter()
            .filter(|arn| wildcards.iter().any(|wildcard| scope::fits(&arn.glob, wildcard)));
        told.extend(of_kind.cloned());
    }
    (is_told || !told.is_empty()).then_some(told)
}

fn suffixed(patterns: BTreeSet<Pattern>, suffix: &str) -> BTreeSet<Pattern> {
    patterns
        .into_iter()
        .map(|pattern| {
            let glob = match (pattern.glob.ends_with('*'), suffix.strip_prefix('*')) {
                (true, Some(rest)) => format!("{}{rest}", pattern.glob),
                _ => format!("{}{suffix}", pattern.glob),
            };
            Pattern { glob, ..pattern }
        })
        .collect()
}
