//! Whether policies let a request pass: a small evaluator beside the product's, on purpose, so that the score does not trust what
//! it measures. Of `Deny` and `NotAction` it knows nothing, as derived policies have neither.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

/// A request to AWS.
#[derive(Debug, Deserialize)]
pub(super) struct Request {
    pub(super) action: String,
    pub(super) resource: String,
    /// Its condition keys, each with a value or a list of them.
    #[serde(default)]
    pub(super) context: BTreeMap<String, Value>,
}

/// Whether a statement of one of the documents allows a request.
pub(super) fn allowed(documents: &[&Value], request: &Request) -> bool {
    let statements = documents.iter().flat_map(|document| many(document.get("Statement")));
    let mut allows =
        statements.filter(|it| it.get("Effect").and_then(Value::as_str) == Some("Allow"));
    let action = request.action.to_lowercase();
    allows.any(|statement| {
        let texts = |name: &str| texts(statement.get(name));
        texts("Action").iter().any(|pattern| fits(&pattern.to_lowercase(), &action))
            && texts("Resource").iter().any(|pattern| fits(pattern, &request.resource))
            && holds(statement.get("Condition"), &request.context)
    })
}

/// Whether a statement's conditions hold.
fn holds(conditions: Option<&Value>, context: &BTreeMap<String, Value>) -> bool {
    let operators = conditions.and_then(Value::as_object).into_iter().flatten();
    let mut keys = operators.flat_map(|(operator, keys)| {
        keys.as_object().into_iter().flatten().map(move |(key, wanted)| (operator, key, wanted))
    });
    keys.all(|(operator, key, wanted)| {
        let found = context.iter().find(|(known, _)| known.eq_ignore_ascii_case(key));
        holds_one(operator, &texts(Some(wanted)), found.map(|(_, value)| texts(Some(value))))
    })
}

fn holds_one(operator: &str, wanted: &[String], found: Option<Vec<String>>) -> bool {
    let is_optional = operator.ends_with("IfExists");
    let of_all = operator.starts_with("ForAllValues:");
    let name = operator.rsplit(':').next().unwrap_or(operator);
    let name = name.strip_suffix("IfExists").unwrap_or(name);
    let is_negative = name.contains("Not");
    if name == "Null" {
        return wanted.iter().any(|text| text.eq_ignore_ascii_case("true")) == found.is_none();
    }
    let Some(found) = found else { return is_optional || of_all || is_negative };
    let is_hit = |value: &String| wanted.iter().any(|wanted| compares(name, wanted, value));
    match (is_negative, of_all) {
        (true, _) => !found.iter().any(is_hit),
        (false, true) => found.iter().all(is_hit),
        (false, false) => found.iter().any(is_hit),
    }
}

fn compares(operator: &str, wanted: &str, value: &str) -> bool {
    if operator.ends_with("Like") || operator.starts_with("Arn") {
        fits(wanted, value)
    } else if operator == "Bool" || operator.contains("IgnoreCase") {
        wanted.eq_ignore_ascii_case(value)
    } else {
        wanted == value
    }
}

/// Whether a pattern of IAM fits a text; `${*}`, `${?}` and `${$}` are those characters themselves.
pub(super) fn fits(pattern: &str, text: &str) -> bool {
    #[derive(Clone, Copy)]
    enum Step {
        Any,
        One,
        Is(char),
    }
    let mut steps = Vec::new();
    let mut rest = pattern;
    while let Some(first) = rest.chars().next() {
        let escaped = ["${*}", "${?}", "${$}"].into_iter().find(|mark| rest.starts_with(mark));
        let (step, length) = match (escaped.and_then(|mark| mark.chars().nth(2)), first) {
            (Some(character), _) => (Step::Is(character), 4),
            (None, '*') => (Step::Any, 1),
            (None, '?') => (Step::One, 1),
            (None, character) => (Step::Is(character), character.len_utf8()),
        };
        steps.push(step);
        rest = rest.get(length..).unwrap_or_default();
    }
    let text: Vec<char> = text.chars().collect();
    // Which beginnings of the text the steps so far can have led to; the first one is empty.
    let mut reached: Vec<bool> = std::iter::once(true).chain(text.iter().map(|_| false)).collect();
    for step in steps {
        let longer = reached.iter().zip(&text).map(|(reached, character)| match step {
            Step::Is(wanted) => *reached && wanted == *character,
            Step::One | Step::Any => *reached,
        });
        reached = match step {
            Step::Any => reached
                .iter()
                .scan(false, |any, reached| {
                    *any |= *reached;
                    Some(*any)
                })
                .collect(),
            Step::One | Step::Is(_) => std::iter::once(false).chain(longer).collect(),
        };
    }
    reached.last() == Some(&true)
}

/// The items of a list, or the one value there is.
pub(super) fn many(value: Option<&Value>) -> Vec<&Value> {
    match value {
        Some(Value::Array(items)) => items.iter().collect(),
        other => other.into_iter().collect(),
    }
}

/// The texts of a value or of a list; booleans and numbers as IAM writes them.
pub(super) fn texts(value: Option<&Value>) -> Vec<String> {
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    many(value).into_iter().map(text).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(mut statement: Value, context: &Value, expected: bool) {
        statement["Effect"] = json!("Allow");
        statement["Action"] = json!(["s3:Get*"]);
        let document = json!({"Statement": [statement]});
        let request =
            json!({"action": "s3:getobject", "resource": "arn:aws:s3:::b/k", "context": context});
        let request: Request = serde_json::from_value(request).unwrap();
        assert_eq!(allowed(&[&document], &request), expected, "{document} {request:?}");
    }

    #[test]
    fn patterns_fit_and_escapes_are_characters() {
        for (pattern, text, expected) in [
            ("a*c", "abbc", true),
            ("a?c", "ac", false),
            ("a${*}c", "a*c", true),
            ("a${*}c", "abc", false),
            ("*", "", true),
            ("a*b*c", "a-b-b-d", false),
        ] {
            assert_eq!(fits(pattern, text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn resources_decide() {
        check(json!({"Resource": "arn:aws:s3:::b/*"}), &json!({}), true);
        check(json!({"Resource": ["arn:aws:s3:::c/*"]}), &json!({}), false);
    }

    #[test]
    fn conditions_decide() {
        let with = |operator: &str, value: &Value| json!({"Resource": "*", "Condition": {operator: {"aws:Key": value}}});
        check(with("StringEquals", &json!("a")), &json!({"aws:key": "a"}), true);
        check(with("StringEquals", &json!("a")), &json!({}), false);
        check(with("StringEqualsIfExists", &json!("a")), &json!({}), true);
        check(with("StringNotEquals", &json!(["a"])), &json!({"aws:Key": "a"}), false);
        check(with("ArnLike", &json!("arn:*:x")), &json!({"aws:Key": "arn:aws:x"}), true);
        check(
            with("ForAllValues:StringEquals", &json!("a")),
            &json!({"aws:Key": ["a", "b"]}),
            false,
        );
        check(with("Null", &json!("true")), &json!({}), true);
        check(with("Bool", &json!("true")), &json!({"aws:Key": true}), true);
    }
}
