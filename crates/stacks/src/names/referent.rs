//! What a value refers to: a resource of the same stack, an ARN, an address or a name.

use std::collections::BTreeSet;

use stackpass_ground::arn::ArnPattern;

use crate::need::Scoping;
use crate::resolve::Stack;
use crate::value::{Part, Text};

use super::address::Address;
use super::template::in_case;
use super::{anywhere, arns, patterns, wildcard};
use crate::pattern::{Pattern, any_build, fits, six_parts};

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
