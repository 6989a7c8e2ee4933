//! What a value refers to: a resource of the same stack, or one that an ARN, an address, an alias or a name says.
//!
//! An ARN and an address are of the account and region that they say, a name is of the own ones, and what is not known at its
//! beginning may be anywhere.

use std::collections::BTreeSet;

use crate::address::Address;
use crate::need::Scoping;
use crate::pattern::{Pattern, any_build};
use crate::resolve::Stack;
use crate::value::{Part, Text};

use super::template::NameTemplate;
use super::{arns, families, patterns};

/// What every object of S3 is.
const OBJECTS: NameTemplate<'_> = NameTemplate::new("arn:${Partition}:s3:::*/*");

/// What the ARNs of buckets and objects begin with.
const BUCKETS: NameTemplate<'_> = NameTemplate::new("arn:${Partition}:s3:::");

/// What a text refers to that may stand for a resource of one of several kinds, the likeliest kind first. Nothing, if it refers
/// to something else.
pub(crate) fn referred_among(
    stack: &Stack,
    text: &Text,
    templates: &[NameTemplate<'_>],
) -> BTreeSet<Pattern> {
    if let Some(patterns) = of_same_stack(stack, text, templates) {
        return patterns;
    }
    let given = patterns(stack, text);
    // Of a value that is not known at its beginning, nothing tells which of the kinds it will be of.
    let is_open =
        |pattern: &Pattern| pattern.begins_open() && *pattern.scoping() == Scoping::UnknownValue;
    if given.iter().any(is_open) {
        return templates.iter().flat_map(|template| referred(stack, text, *template)).collect();
    }
    // What is referred to may be of another account or region.
    let accepted: Vec<Pattern> =
        templates.iter().map(|template| template.everywhere(stack)).collect();
    let is_accepted = |found: &Pattern| accepted.iter().any(|wildcard| found.overlaps(wildcard));
    for template in templates {
        let found = referred(stack, text, *template).into_iter();
        let found: BTreeSet<Pattern> = found.filter(is_accepted).collect();
        if !found.is_empty() {
            return found;
        }
    }
    given.into_iter().filter_map(families::below).filter(is_accepted).collect()
}

/// What a text refers to that stands for a resource of one kind, which has ARNs of this template.
pub(crate) fn referred(
    stack: &Stack,
    text: &Text,
    template: NameTemplate<'_>,
) -> BTreeSet<Pattern> {
    if let Some(patterns) = of_same_stack(stack, text, &[template]) {
        return patterns;
    }
    let takes_none = template.naming().no_wildcards.iter().any(|kind| kind == template.kind());
    if takes_none && (has_wildcard(text) || text.known() == Some("")) {
        return BTreeSet::from([Pattern::unusable()]);
    }
    let given = patterns(stack, text).into_iter();
    // An empty text refers to nothing: an ARN that ends where the name begins is none.
    let given = given.filter(|pattern| !pattern.as_str().is_empty());
    given
        .map(|pattern| Referent::of(pattern, template))
        .flat_map(|referent| referent.arns(stack, text, template))
        .collect()
}

/// The same, with the wildcard of the template for a text that is no name at all, so that something is named in any case.
pub(crate) fn referred_or_any(
    stack: &Stack,
    text: &Text,
    template: NameTemplate<'_>,
) -> BTreeSet<Pattern> {
    let mut patterns = referred(stack, text, template);
    patterns.retain(|pattern| pattern.arn().is_some());
    if patterns.is_empty() {
        patterns.insert(template.anywhere(stack));
    }
    patterns
}

/// The ARNs of the resource of the same stack that a text refers to, if they are of one of these templates.
fn of_same_stack(
    stack: &Stack,
    text: &Text,
    templates: &[NameTemplate<'_>],
) -> Option<BTreeSet<Pattern>> {
    let (logical_id, _) = text.as_attribute()?;
    let found = arns(stack, stack.resources.get(logical_id)?);
    let is_of = |template: &NameTemplate<'_>| {
        let wildcard = template.wildcard(stack);
        found.iter().all(|pattern| pattern.fits(&wildcard))
    };
    (!found.is_empty() && templates.iter().any(is_of)).then_some(found)
}

/// What a text of a template says of the resource of another stack, or of none, that it stands for.
enum Referent {
    /// Its ARN.
    Arn(Pattern),
    /// The ARN of an alias, which is where the resource is.
    AliasArn(String),
    /// An alias, or a text that is not known at its beginning and so may itself be an ARN.
    Anything(Scoping),
    /// Its address, which tells the account or the region.
    Address(Address, Scoping),
    /// Its name.
    Name(Pattern),
}

impl Referent {
    fn of(pattern: Pattern, template: NameTemplate<'_>) -> Referent {
        let naming = template.naming();
        let may_be_alias = naming.aliased.as_deref() == Some(template.kind());
        if pattern.is_arn() {
            let arn = pattern.in_six_parts();
            let alias = arn.as_str().split_once(":alias/").filter(|_| may_be_alias);
            return match alias {
                Some((place, _)) => Referent::AliasArn(place.to_owned()),
                None => Referent::Arn(arn),
            };
        }
        let address = Address::of(pattern.as_str(), &naming.addresses, &naming.name_ends);
        if address.has_home() {
            // The account in an image's address may be unknown; the repository is known all the same.
            let is_open = address.is_open() || address.name.starts_with('*');
            let scoping = if is_open { pattern.scoping().clone() } else { Scoping::Named };
            return Referent::Address(address, scoping);
        }
        if naming.aliased.is_some() && pattern.as_str().starts_with("alias/") {
            return Referent::Anything(Scoping::AnyOfType);
        }
        if pattern.begins_open() && !pattern.is_named() {
            return Referent::Anything(pattern.scoping().clone());
        }
        Referent::Name(pattern.with_text(address.name))
    }

    /// Its ARNs: where they say, or where the text says, else in the own account and region.
    fn arns(self, stack: &Stack, text: &Text, template: NameTemplate<'_>) -> Vec<Pattern> {
        match self {
            Referent::Arn(arn) => vec![arn],
            Referent::AliasArn(place) => {
                vec![Pattern::new(format!("{place}:{}/*", template.kind()), Scoping::AnyOfType)]
            }
            Referent::Anything(Scoping::UnknownValue) => vec![template.anywhere(stack)],
            Referent::Anything(scoping) => vec![template.wildcard(stack).scoped(scoping)],
            Referent::Address(address, scoping) => {
                let home = address.home(template.as_str());
                let arn = NameTemplate::new(&home).with_name(stack, &address.name);
                vec![Pattern::new(arn, scoping)]
            }
            Referent::Name(name) if template.service() == "s3" => {
                vec![in_s3(stack, text, name, template)]
            }
            Referent::Name(name) => {
                let names = template.in_case(name).into_iter();
                names.flat_map(|name| by_name(stack, name, template)).collect()
            }
        }
    }
}

/// The ARNs of what has a name. Some may stand behind a path: a role, user or group that is not in the template.
fn by_name(stack: &Stack, name: Pattern, template: NameTemplate<'_>) -> Vec<Pattern> {
    let arn = template.with_name(stack, name.as_str());
    let arn = name.with_text(arn);
    let kind = template.kind();
    if !template.naming().in_paths.iter().any(|in_path| in_path == kind) {
        return vec![arn];
    }
    let start = format!(":{kind}/");
    let deeper = match arn.as_str().split_once(start.as_str()) {
        Some((before, name)) if !name.contains('/') => {
            Some(arn.clone().with_text(format!("{before}{start}*/{name}")))
        }
        _ => None,
    };
    std::iter::once(arn).chain(deeper).collect()
}

/// The ARN of a bucket, or of an object by bucket and key. A path of the own machine is uploaded to a bucket that only the
/// tool knows.
fn in_s3(stack: &Stack, text: &Text, name: Pattern, template: NameTemplate<'_>) -> Pattern {
    // Nothing but an address says where an object is, and a name without a key is none.
    let has_no_key = name.is_named() && !name.as_str().contains(['/', '*']);
    let is_of_objects = template.as_str().contains("${ObjectName}");
    let is_file = is_of_objects && (is_path(text) || has_no_key);
    if name.as_str().starts_with(['.', '/', '~']) || is_file {
        return OBJECTS.wildcard(stack).scoped(Scoping::UnknownValue);
    }
    let prefix = BUCKETS.wildcard(stack).into_string();
    let glob = format!("{prefix}{}", any_build(name.as_str()));
    name.with_text(glob)
}

/// Whether a text stands where an address may and is none: it is the path of a file, which a tool uploads first.
pub(crate) fn is_path(text: &Text) -> bool {
    text.known().is_some_and(|text| !text.contains("://"))
}

/// Whether a text has a wildcard written into it.
fn has_wildcard(text: &Text) -> bool {
    let is_wild = |part: &Part| matches!(part, Part::Literal(text) if text.contains(['*', '?']));
    text.parts().iter().any(is_wild)
}
