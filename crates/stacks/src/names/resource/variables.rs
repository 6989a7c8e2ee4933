//! The variables of ARN templates: what stands for them in a resource.

use std::collections::BTreeSet;

use crate::generic;
use crate::names::reach::Reach;
use crate::names::template::account_and_rest;
use crate::need::Scoping;
use crate::pattern::Pattern;
use crate::resolve::{Resource, Stack};
use crate::rules;

use super::{Given, generated_names, named_property};

/// What a variable of an ARN template stands for.
///
/// `X` is a property; `X|text` has a default; of `X#text` the text is cut off at the start; `X+text` is followed by the text
/// unless the property is absent; of `X/2` the first two parts between slashes are kept; `lower:X` is `X` in lower case;
/// `account of X` is the account with which `X` begins, the own one where there is none, and `path of X` what comes behind it, with a slash in front; `@name` is the name that CloudFormation generates.
pub(super) fn variable_patterns(
    stack: &Stack,
    resource: &Resource,
    variable: &str,
    reach: Reach<'_>,
) -> BTreeSet<Pattern> {
    if variable == "@name" {
        let rule = rules::of(&resource.resource_type).and_then(|rules| rules.name.as_ref());
        return match rule {
            Some(rule) => generated_names(stack, &resource.logical_id, rule, reach),
            None => BTreeSet::from([Pattern::any(Scoping::GeneratedId)]),
        };
    }
    if let Some(variable) = variable.strip_prefix("lower:") {
        return variable_patterns(stack, resource, variable, reach)
            .into_iter()
            .map(Pattern::in_lower_case)
            .collect();
    }
    if let Some(property) = variable.strip_prefix("account of ") {
        return account_patterns(stack, resource, property, reach);
    }
    if let Some((property, default)) = variable.split_once('|') {
        return or_default(stack, resource, property, default, reach);
    }
    if let Some((property, text)) = variable.split_once('+') {
        let given = or_default(stack, resource, property, "", reach);
        let followed = given.into_iter().map(|pattern| match pattern.as_str() {
            "" => pattern,
            name => {
                let name = format!("{name}{text}");
                pattern.with_text(name)
            }
        });
        return followed.collect();
    }
    if let Some((variable, count)) = variable.rsplit_once('/')
        && let Ok(count) = count.parse()
    {
        return variable_patterns(stack, resource, variable, reach)
            .into_iter()
            .map(|pattern| {
                let parts = first_parts(pattern.as_str(), count);
                pattern.with_text(parts)
            })
            .collect();
    }
    if let Some(property) = variable.strip_prefix("path of ") {
        return path_behind_account(or_default(stack, resource, property, "", reach));
    }
    let (property, cut) = variable.split_once('#').unwrap_or((variable, ""));
    named_property(stack, resource, property, reach)
        .into_iter()
        .map(last_segment)
        .map(|pattern| match pattern.as_str().strip_prefix(cut) {
            Some(rest) => {
                let rest = rest.to_owned();
                pattern.with_text(rest)
            }
            None => pattern,
        })
        .collect()
}

/// The account in which something is, by an identifier that may begin with it.
fn account_patterns(
    stack: &Stack,
    resource: &Resource,
    property: &str,
    reach: Reach<'_>,
) -> BTreeSet<Pattern> {
    let own = stack.setting.account.as_deref().unwrap_or("*");
    or_default(stack, resource, property, "", reach)
        .into_iter()
        .map(|pattern| match account_and_rest(pattern.as_str()).0 {
            Some(account) => Pattern::new(account, pattern.scoping().clone()),
            None => Pattern::named(own),
        })
        .collect()
}

/// What stands behind the account in an identifier. Of one that is not known, it may be anything, or nothing.
fn path_behind_account(identifiers: BTreeSet<Pattern>) -> BTreeSet<Pattern> {
    let parts = identifiers.into_iter().flat_map(|pattern| {
        let is_open = pattern.as_str() == "*" && !pattern.is_named();
        let open = is_open.then(|| pattern.clone().with_text("/*"));
        let rest = account_and_rest(pattern.as_str()).1;
        open.into_iter().chain([pattern.with_text(rest)])
    });
    parts.collect()
}

/// The first parts of a path. Where an open part comes before the last of them, nothing tells where it ends.
fn first_parts(glob: &str, count: usize) -> String {
    let parts: Vec<&str> = glob.split('/').take(count).collect();
    match parts.iter().position(|part| part.contains('*') && !part.contains("${*}")) {
        Some(open) if open + 1 < count || glob.split('/').count() > count => {
            let known = parts.get(..open).unwrap_or_default().join("/");
            if known.is_empty() { "*".to_owned() } else { format!("{known}/*") }
        }
        _ => parts.join("/"),
    }
}

/// The texts of a property, or a default where it is or may be absent.
fn or_default(
    stack: &Stack,
    resource: &Resource,
    property: &str,
    default: &str,
    reach: Reach<'_>,
) -> BTreeSet<Pattern> {
    let given = Given::of(stack, resource, property, reach);
    let mut patterns: BTreeSet<Pattern> = given.patterns.into_iter().map(last_segment).collect();
    if !given.always {
        patterns.insert(Pattern::named(default));
    }
    if !given.complete {
        patterns.insert(Pattern::any(Scoping::UnknownValue));
    }
    patterns
}

/// A property that stands for a name inside an ARN may itself hold an ARN; its name is what comes last.
fn last_segment(pattern: Pattern) -> Pattern {
    let functions = &generic::naming("lambda").addresses;
    let function = functions.iter().find_map(|form| form.read(pattern.as_str(), &[]));
    let resource = match &function {
        Some(function) => function.name.as_str(),
        None if pattern.is_arn() => pattern.as_str().splitn(6, ':').nth(5).unwrap_or("*"),
        None => return pattern,
    };
    let ends: &[char] = if function.is_some() { &[':'] } else { &[':', '/'] };
    let name = resource.rsplit(ends).next().unwrap_or("*").to_owned();
    pattern.with_text(name)
}
