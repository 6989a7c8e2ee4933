//! Names, paths, descriptions, documents and tags as IAM takes them.

use super::Problem;
use crate::state::Tags;
use crate::text::PolicyText;

const MAX_PATH: usize = 512;
const MAX_DESCRIPTION: usize = 1000;
const MAX_TAGS: usize = 50;
const MAX_TAG_KEY: usize = 128;
const MAX_TAG_VALUE: usize = 256;

pub(super) fn name(what: &str, name: &str, limit: usize) -> Vec<Problem> {
    let is_right = |byte: u8| byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte);
    if (1..=limit).contains(&name.len()) && name.bytes().all(is_right) {
        return Vec::new();
    }
    let help = format!("use up to {limit} letters, digits and `_+=,.@-`");
    vec![Problem::new(format!("the name of {what} is not one that IAM takes"), help)]
}

pub(super) fn path(what: &str, path: &str) -> Vec<Problem> {
    let is_right = path == "/"
        || path.len() > 2
            && path.len() <= MAX_PATH
            && path.starts_with('/')
            && path.ends_with('/')
            && path.bytes().all(|byte| byte.is_ascii_graphic());
    if is_right {
        return Vec::new();
    }
    let message = format!("the path `{path}` of {what} is not one that IAM takes");
    vec![Problem::new(message, "begin and end it with `/`, as in `/deploy/`")]
}

pub(super) fn description(what: &str, text: &str) -> Vec<Problem> {
    let is_right = |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..='~' | '\u{a1}'..='\u{ff}');
    if text.chars().count() <= MAX_DESCRIPTION && text.chars().all(is_right) {
        return Vec::new();
    }
    let help = format!("use up to {MAX_DESCRIPTION} characters of Latin-1");
    vec![Problem::new(format!("the description of {what} is not one that IAM takes"), help)]
}

/// IAM takes tab, line ends and U+0020 to U+00FF in documents.
pub(super) fn document(what: &str, document: &PolicyText) -> Vec<Problem> {
    let is_right = |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{ff}');
    let Some(found) = document.as_str().chars().find(|character| !is_right(*character)) else {
        return Vec::new();
    };
    let message = format!("{what} holds `{found}`, which IAM does not take in documents");
    vec![Problem::new(message, "use characters of Latin-1 only; `?` in a pattern stands for any")]
}

/// `count` is the number of tags that there will be at least.
pub(super) fn tags<'t>(
    what: &str,
    wanted: &'t Tags,
    set: impl Iterator<Item = (&'t str, &'t str)>,
    count: usize,
) -> Vec<Problem> {
    let mut problems = Vec::new();
    if count > MAX_TAGS {
        problems.push(Problem::new(
            format!("{what} would have {count} tags; IAM takes {MAX_TAGS}"),
            "take some away",
        ));
    }
    for key in wanted.keys() {
        let lower = key.to_lowercase();
        if lower.starts_with("aws:") || lower.starts_with("stackpass:") {
            problems.push(Problem::new(
                format!("the tag `{key}` of {what} has a reserved prefix"),
                "use another key",
            ));
        }
    }
    let pairs = wanted.iter().map(|(key, value)| (key.as_str(), value.as_str()));
    for (key, value) in pairs.chain(set) {
        let key_fits = (1..=MAX_TAG_KEY).contains(&key.chars().count());
        let value_fits = value.chars().count() <= MAX_TAG_VALUE;
        let is_right = |c: char| c.is_alphanumeric() || c == ' ' || "_.:/=+-@".contains(c);
        if !key_fits || !value_fits || !key.chars().chain(value.chars()).all(is_right) {
            problems.push(Problem::new(
                format!("the tag `{key}` of {what} is not one that IAM takes"),
                format!(
                    "use up to {MAX_TAG_KEY} characters for the key and {MAX_TAG_VALUE} for the \
                     value: letters, digits, spaces and `_.:/=+-@`"
                ),
            ));
        }
    }
    problems
}
