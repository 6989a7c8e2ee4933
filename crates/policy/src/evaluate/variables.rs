//! Policy variables: `${aws:username}`, and `${aws:username, 'nobody'}` with a default.

use stackpass_ground::truth::Truth;

use super::Context;
use crate::arn::{Arn, ArnPattern};
use crate::condition::{Comparison, ConditionKey};
use crate::wildcard::{self, Case, Glob, Syntax, Token};

/// What the text is made for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Use {
    /// A pattern, in which the characters of a variable's value have no special meaning.
    Pattern,
    /// Plain text, in which no character has.
    Text,
}

/// Whether the pattern matches the ARN in this context, not to be told if it does only when a `*` can cross colons.
/// The outer `None` is for a variable that cannot be resolved.
pub(super) fn pattern_matches(
    pattern: &ArnPattern,
    arn: &Arn,
    syntax: Syntax,
    context: &Context,
) -> Option<Truth> {
    if syntax == Syntax::Plain || !pattern.as_str().contains("${") {
        let matches = pattern.matches_as(arn, syntax);
        return Some(if matches || !pattern.may_match_as(arn, syntax) {
            Truth::from(matches)
        } else {
            Truth::Maybe
        });
    }
    // Part by part, so that a colon in the value of a variable separates nothing.
    let match_all = |parts: &[(&str, &str)]| {
        let mut all = true;
        for (part, text) in parts {
            let resolved = resolve(part, Use::Pattern, context)?;
            all &= Glob::new(&resolved, Case::Sensitive, syntax).matches(text);
        }
        Some(all)
    };
    let first = [(pattern.partition(), arn.partition()), (pattern.service(), arn.service())];
    let rest = [
        (pattern.region(), arn.region()),
        (pattern.account(), arn.account()),
        (pattern.resource(), arn.resource()),
    ];
    let crossing = [(pattern.after_service(), arn.after_service())];
    if !match_all(&first)? {
        return Some(Truth::No);
    }
    Some(if match_all(&rest)? {
        Truth::Yes
    } else if match_all(&crossing)? {
        Truth::Maybe
    } else {
        Truth::No
    })
}

/// The value of a condition as its comparison takes it; `None` if a variable cannot be resolved.
pub(super) fn condition_value(
    value: &str,
    comparison: Comparison,
    syntax: Syntax,
    context: &Context,
) -> Option<String> {
    if syntax == Syntax::Plain || !value.contains("${") {
        return Some(value.to_owned());
    }
    match comparison {
        Comparison::StringLike
        | Comparison::StringNotLike
        | Comparison::ArnEquals
        | Comparison::ArnLike
        | Comparison::ArnNotEquals
        | Comparison::ArnNotLike => resolve(value, Use::Pattern, context),
        Comparison::StringEquals
        | Comparison::StringNotEquals
        | Comparison::StringEqualsIgnoreCase
        | Comparison::StringNotEqualsIgnoreCase
        | Comparison::Bool => resolve(value, Use::Text, context),
        _ => Some(value.to_owned()),
    }
}

/// The keys whose values the variables of a text stand for.
pub(super) fn keys(text: &str, syntax: Syntax) -> impl Iterator<Item = ConditionKey> {
    let has_variables = syntax == Syntax::Variables && text.contains("${");
    let text = if has_variables { text } else { "" };
    Glob::new(text, Case::Sensitive, Syntax::Variables).tokens().filter_map(|token| match token {
        Token::Variable(variable) => variable.split(',').next()?.trim().parse().ok(),
        Token::Char(_) | Token::One | Token::Many => None,
    })
}

fn resolve(text: &str, purpose: Use, context: &Context) -> Option<String> {
    let mut resolved = String::with_capacity(text.len());
    for token in Glob::new(text, Case::Sensitive, Syntax::Variables).tokens() {
        match token {
            Token::Many => resolved.push('*'),
            Token::One => resolved.push('?'),
            Token::Char(character @ ('*' | '?' | '$')) if purpose == Use::Pattern => {
                // Only `$` can be a plain character here and need no escape; the escaped form means the same.
                resolved.extend(["${", character.encode_utf8(&mut [0; 4]), "}"]);
            }
            Token::Char(character) => resolved.push(character),
            Token::Variable(variable) => {
                let value = value(variable, context)?;
                match purpose {
                    Use::Pattern => resolved.push_str(&wildcard::escape(value)),
                    Use::Text => resolved.push_str(value),
                }
            }
        }
    }
    Some(resolved)
}

/// The one value of a variable. A key with several values cannot be used as a variable.
fn value<'a>(variable: &'a str, context: &'a Context) -> Option<&'a str> {
    let (key, default) = match variable.split_once(',') {
        None => (variable, None),
        Some((key, default)) => (key, quoted(default)),
    };
    let key: ConditionKey = key.trim().parse().ok()?;
    match context.get(&key).map(Vec::as_slice) {
        None | Some([]) => default,
        Some([value]) => Some(value),
        Some(_) => None,
    }
}

fn quoted(text: &str) -> Option<&str> {
    text.trim().strip_prefix('\'')?.strip_suffix('\'')
}
