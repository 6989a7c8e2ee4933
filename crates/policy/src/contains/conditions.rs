//! Whether conditions hold whenever others do, and whether they ever do.

use std::collections::BTreeSet;

use stackpass_ground::truth::Truth;

use super::means_the_same;
use crate::arn::ArnPattern;
use crate::condition::{Comparison, ConditionKey, Conditions, Operator};
use crate::evaluate::{Context, compare, condition_holds};
use crate::wildcard::{Case, Glob, Syntax};

/// How the conditions of a statement stand to those of a grant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Relation {
    /// They hold for every request of the grant.
    Implied,
    /// They may hold or not.
    Possible,
    /// They hold for no request of the grant.
    Contradicted,
}

/// Whether all `needed` conditions hold whenever all `given` ones do. `true` is always right.
pub(crate) fn implies(given: &Conditions, needed: &Conditions, syntax: Syntax) -> bool {
    relation(given, needed, syntax) == Relation::Implied
}

/// How the `needed` conditions stand to the `given` ones. Where it cannot be told, they are possible.
pub(crate) fn relation(given: &Conditions, needed: &Conditions, syntax: Syntax) -> Relation {
    let each = |(operator, key, values)| one(given, operator, key, values, syntax);
    needed.iter().map(each).max().unwrap_or(Relation::Implied)
}

fn one(
    given: &Conditions,
    operator: Operator,
    key: &ConditionKey,
    values: &BTreeSet<String>,
    syntax: Syntax,
) -> Relation {
    let strict = Operator { if_exists: false, ..operator };
    let is_plain = values.iter().all(|value| means_the_same(value, syntax));
    let is_narrower = |it| {
        given.values(it, key).is_some_and(|given| narrower(operator.comparison, given, values))
    };
    if is_plain && [operator, strict].into_iter().any(is_narrower) {
        return Relation::Implied;
    }
    let relations = given
        .iter()
        .filter(|(_, given_key, _)| *given_key == key)
        .map(|(given, _, texts)| with_values(given, texts, operator, key, values, syntax));
    // Any one of the given conditions is enough to know.
    let mut known = Relation::Possible;
    for relation in relations {
        match relation {
            Relation::Implied => return Relation::Implied,
            Relation::Contradicted => known = Relation::Contradicted,
            Relation::Possible => {}
        }
    }
    known
}

/// The relation to a condition whose key is known to have one of some values.
fn with_values(
    given: Operator,
    texts: &BTreeSet<String>,
    operator: Operator,
    key: &ConditionKey,
    values: &BTreeSet<String>,
    syntax: Syntax,
) -> Relation {
    let has_variables =
        syntax == Syntax::Variables && values.iter().any(|value| value.contains("${"));
    if given.qualifier.is_some()
        || given.if_exists
        || has_variables
        || texts.is_empty()
        || values.is_empty()
    {
        return Relation::Possible;
    }
    let truths: Vec<Truth> = if let Some(contexts) = contexts(given.comparison, key, texts) {
        let holds = |context| condition_holds(operator, key, values, syntax, &context);
        contexts.into_iter().map(holds).collect()
    } else if let (Some(form), Some(wanted)) = (form(given), form(operator))
        && !given.comparison.is_negated()
        && values.iter().all(|value| means_the_same(value, syntax))
    {
        let negated = operator.comparison.is_negated();
        let truth = |text: &String| {
            let met = meets(form, text, wanted, values);
            if negated { met.negate() } else { met }
        };
        texts.iter().map(truth).collect()
    } else {
        return Relation::Possible;
    };
    if truths.iter().all(|truth| *truth == Truth::Yes) {
        Relation::Implied
    } else if truths.iter().all(|truth| *truth == Truth::No) {
        Relation::Contradicted
    } else {
        Relation::Possible
    }
}

/// What a request can have as values of the key, if the condition lists all of that. No value is a missing key.
fn contexts(
    given: Comparison,
    key: &ConditionKey,
    texts: &BTreeSet<String>,
) -> Option<Vec<Context>> {
    let is_listed = |text: &String| match given {
        Comparison::StringEquals => !text.contains("${"),
        // The parts of an ARN are compared as text, so that one without wildcards is the only one that compares.
        Comparison::StringLike | Comparison::ArnEquals | Comparison::ArnLike => {
            string_glob(text).is_literal() && !text.contains("${")
        }
        Comparison::Bool => ["true", "false"].iter().any(|it| text.eq_ignore_ascii_case(it)),
        Comparison::Null => text.eq_ignore_ascii_case("true"),
        _ => false,
    };
    let with = |text: &String| {
        let values = if given == Comparison::Null { Vec::new() } else { vec![text.clone()] };
        Context::from([(key.clone(), values)])
    };
    texts.iter().all(is_listed).then(|| texts.iter().map(with).collect())
}

/// What the values of a comparison are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Exact,
    Pattern,
    Arn,
}

fn form(operator: Operator) -> Option<Form> {
    match operator.comparison {
        Comparison::StringEquals | Comparison::StringNotEquals => Some(Form::Exact),
        Comparison::StringLike | Comparison::StringNotLike => Some(Form::Pattern),
        Comparison::ArnEquals
        | Comparison::ArnLike
        | Comparison::ArnNotEquals
        | Comparison::ArnNotLike => Some(Form::Arn),
        _ => None,
    }
}

/// Whether each text that compares with the given one compares with one of the values, or none does.
fn meets(form: Form, given: &str, wanted: Form, values: &BTreeSet<String>) -> Truth {
    let arns = |value: &str| Some((value.parse::<ArnPattern>().ok()?, given.parse().ok()?));
    let includes = |value: &String| match (form, wanted) {
        (Form::Arn, Form::Arn) => arns(value).is_some_and(|(value, given)| value.covers(&given)),
        // One text is compared as it is above. A wildcard of an ARN stays within its part, one of a text does not.
        (_, Form::Exact | Form::Arn) => false,
        (Form::Exact, Form::Pattern) => value == given,
        (_, Form::Pattern) => string_glob(value).includes(string_glob(given)),
    };
    // To take a character for a wildcard lets more values meet.
    let overlaps = |value: &String| {
        string_glob(value).overlaps(string_glob(given))
            && ((form, wanted) != (Form::Arn, Form::Arn)
                || arns(value).is_none_or(|(value, given)| value.overlaps(&given)))
    };
    if values.iter().any(includes) {
        Truth::Yes
    } else if values.iter().any(overlaps) {
        Truth::Maybe
    } else {
        Truth::No
    }
}

fn string_glob(text: &str) -> Glob<'_> {
    Glob::new(text, Case::Sensitive, Syntax::Variables)
}

/// Whether comparing with the one set of values is at least as strict as comparing with the other.
fn narrower(comparison: Comparison, given: &BTreeSet<String>, needed: &BTreeSet<String>) -> bool {
    if given == needed {
        return true;
    }
    if comparison.is_negated() {
        return !needed.is_empty() && given.is_superset(needed);
    }
    !given.is_empty()
        && given.iter().all(|value| {
            needed.contains(value)
                || needed.iter().any(|wider| compare::includes(comparison, wider, value))
        })
}
