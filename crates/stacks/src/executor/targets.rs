//! What an action acts on: worked out from the catalogue, or as a rule says.

use std::borrow::Cow;
use std::cell::LazyCell;
use std::collections::BTreeSet;

use stackpass_policy::action::Action;
use stackpass_policy::catalogue::{self, ActionFacts, ResourceTypeFacts};

use crate::generic::{self, Home};
use crate::names::{self, NameTemplate};
use crate::need::Scoping;
use crate::pattern::Pattern;
use crate::registry;
use crate::resolve::Stack;
use crate::rules::{self, On};
use crate::value::Text;

use super::follow::at_path;
use super::kinds::referenced;
use super::once::Once;
use super::target::Targets;
use super::{Subject, objects, profiles};

/// Works out what an action acts on from the resource types that the catalogue gives for it.
///
/// If the action accepts the resource's own ARN, that is it, together with the other resource types that the action requires and with those
/// beside it that a property names.
/// Otherwise the resource's typed references tell; what nothing tells is the wildcard of the resource type.
pub(super) fn automatic(subject: &Subject<'_>, action: &Action) -> Targets {
    if let Some(template) = generic::scope_of(action) {
        let template = NameTemplate::new(template);
        let filled = names::fill(subject.stack, Some(subject.resource), template);
        // The template bounds the kind, and names none of it.
        return Targets::of(filled.into_iter().map(|pattern| pattern.scoped(Scoping::AnyOfType)));
    }
    let own = subject.arns();
    let Some(facts) = catalogue::action(action.service(), action.name()) else {
        let of_service = |pattern: &Pattern| pattern.service() == Some(action.service());
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
            let is_told = |pattern: &Pattern| *pattern.scoping() != Scoping::AnyOfType;
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
    let templates = kinds.flat_map(|kind| NameTemplate::of_kind(*kind));
    let patterns: Vec<Pattern> =
        templates.map(|template| template.wildcard(subject.stack)).collect();
    (!patterns.is_empty()).then(|| Targets::of(patterns))
}

/// Of the resource types that an action accepts, those that a resource with these ARNs is of: the most closely described ones. The format of
/// a pipeline is open at its resource, so that a webhook's ARN fits it as well, and is none of a pipeline.
fn own_kinds(
    stack: &Stack,
    own: &BTreeSet<Pattern>,
    accepted: &[(ResourceTypeFacts, bool)],
) -> Vec<ResourceTypeFacts> {
    let literal =
        |template: NameTemplate<'_>| template.everywhere(stack).as_str().replace('*', "").len();
    let closeness = |kind: &ResourceTypeFacts| {
        let fitting = NameTemplate::of_kind(*kind).filter(|template| {
            // What lies in a catalog or domain of another account has that account.
            let wildcard = template.wildcard_at(stack, Home::AnyAccount);
            !own.is_empty() && own.iter().all(|own| own.fits(&wildcard))
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
        names::fill(stack, None, NameTemplate::new(&template))
    }))
}

/// What a rule's `on` says.
pub(super) fn given(subject: &Subject<'_>, action: &Action, on: &[On]) -> Targets {
    // Most rules act on the resource itself, and ask for none of these.
    let templates = LazyCell::new(|| -> Vec<NameTemplate<'static>> {
        let facts = catalogue::action(action.service(), action.name());
        let kinds = facts.into_iter().flat_map(ActionFacts::resource_types);
        kinds.flat_map(|(kind, _)| NameTemplate::of_kind(kind)).collect()
    });
    let mut patterns = BTreeSet::new();
    for on in on {
        match on {
            On::Itself(suffix) => {
                patterns.extend(suffixed(subject.arns().clone(), suffix));
            }
            On::Arn(template) => {
                let template = at_home(subject, template);
                let filled = names::fill(
                    subject.stack,
                    Some(subject.resource),
                    NameTemplate::new(&template),
                );
                patterns.extend(filled.into_iter().map(|pattern| honest(subject, action, pattern)));
            }
            On::Profile(path) => patterns.extend(profiles::roles(subject, path)),
            On::Executor => {
                patterns.extend(subject.stack.setting.executor_role.iter().map(Pattern::named));
            }
            On::Any => {
                let scoping = if templates.is_empty() {
                    Scoping::NoResourceLevel
                } else {
                    Scoping::AnyOfType
                };
                patterns.insert(Pattern::any(scoping));
            }
            On::Reference { path, suffix, region } => {
                let templates = with_suffix(subject.stack, action, &templates, suffix);
                let mut referred = at_path(subject, path, &templates);
                if templates.is_empty() {
                    referred.retain(|pattern| may_be_of(pattern, action.service()));
                }
                let referred = referred.into_iter();
                let referred =
                    referred.map(|pattern| objects::in_format(pattern, &templates)).collect();
                let suffixed = suffixed(referred, suffix).into_iter();
                patterns.extend(suffixed.map(|pattern| in_region(pattern, region.as_deref())));
            }
            On::Unqualified(path) => {
                patterns.extend(at_path(subject, path, &templates).into_iter().map(unqualified));
            }
            On::Through { path, property } => {
                patterns.extend(through(subject, path, property, &templates));
            }
        }
    }
    Targets::of(patterns)
}

/// The ARN with a region that its value does not tell.
fn in_region(pattern: Pattern, region: Option<&str>) -> Pattern {
    let Some(region) = region else { return pattern };
    // Of the resources of a whole type, the region is the stack's for want of a better one.
    let is_open = pattern.is_whole_type();
    let mut parts: Vec<&str> = pattern.as_str().splitn(6, ':').collect();
    match parts.get_mut(3) {
        Some(open) if is_open || *open == "*" => *open = region,
        _ => return pattern,
    }
    let glob = parts.join(":");
    pattern.with_text(glob)
}

/// Whether an ARN may be of a service. It tells whom an action without resource types is for.
fn may_be_of(pattern: &Pattern, service: &str) -> bool {
    pattern.service().is_none_or(|told| told == service || told.contains('*'))
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
                && !names::arns(subject.stack, named).is_empty()
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
    templates: &[NameTemplate<'_>],
) -> BTreeSet<Pattern> {
    let any = || templates.iter().map(|template| template.anywhere(subject.stack));
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
                patterns.extend(at_path(&other, property, templates));
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
    let parts: Vec<&str> = pattern.as_str().split(':').take(7).collect();
    let glob = parts.join(":");
    pattern.with_text(glob)
}

/// The ARN templates of what a property names whose ARN, with something appended, is one that the action accepts: a function's, for
/// an action on its versions. Without a suffix, those that it accepts themselves.
fn with_suffix(
    stack: &Stack,
    action: &Action,
    accepted: &[NameTemplate<'static>],
    suffix: &str,
) -> Vec<NameTemplate<'static>> {
    if suffix.is_empty() {
        return accepted.to_vec();
    }
    let wildcards: Vec<Pattern> =
        accepted.iter().map(|template| template.everywhere(stack)).collect();
    let becomes_accepted = |template: &NameTemplate<'_>| {
        let wildcard = template.everywhere(stack);
        let longer = format!("{}{suffix}", wildcard.as_str());
        let longer = wildcard.with_text(longer);
        wildcards.iter().any(|wildcard| longer.fits(wildcard))
    };
    let of_service = catalogue::resource_types(action.service()).flat_map(NameTemplate::of_kind);
    let mut templates: Vec<_> = of_service.filter(becomes_accepted).collect();
    if templates.is_empty() {
        templates.extend(accepted);
    }
    templates
}

/// A rule may spell out the wildcard of a resource type: `key/*` names no key, so it counts as not scoped.
fn honest(subject: &Subject<'_>, action: &Action, pattern: Pattern) -> Pattern {
    if !pattern.is_named() || !pattern.is_whole_type() {
        return pattern;
    }
    let own = subject.arns().iter().find(|own| !own.is_named() && own.fits(&pattern));
    // To pass any role is to have the permissions of all of them: that is a gap.
    let otherwise =
        if action.as_str() == "iam:PassRole" { Scoping::UnknownValue } else { Scoping::AnyOfType };
    let scoping = own.map_or(otherwise, |own| own.scoping().clone());
    pattern.scoped(scoping)
}

fn suffixed(patterns: BTreeSet<Pattern>, suffix: &str) -> BTreeSet<Pattern> {
    patterns.into_iter().map(|pattern| pattern.followed_by(suffix)).collect()
}
