//! The text of a policy document, compared by what it means.
//!
//! IAM gives trust policies back in its own words and order, and people write a list of one as a string. So two texts are
//! equal here when the same JSON is left after lists of strings are sorted, lists of one are strings, statements are in
//! order, and an account's number stands for its root ARN. Nothing is evaluated: `s3:*` and `S3:*` differ.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A policy document as JSON without white space, its keys in the order of the source.
#[derive(Clone, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PolicyText {
    text: String,
    meaning: Value,
}

/// The text is not JSON, or no JSON object.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ParsePolicyTextError {
    /// It is not JSON.
    #[error("the policy is not JSON")]
    NotJson(#[source] serde_json::Error),
    /// It is JSON, but no object.
    #[error("expected a JSON object")]
    NotAnObject,
}

impl PolicyText {
    /// Reads a document.
    pub fn parse(text: &str) -> Result<PolicyText, ParsePolicyTextError> {
        let value: Value = serde_json::from_str(text).map_err(ParsePolicyTextError::NotJson)?;
        let Value::Object(object) = value else {
            return Err(ParsePolicyTextError::NotAnObject);
        };
        Ok(PolicyText { text: compact(text), meaning: meaning(object) })
    }

    /// The document without white space between its parts.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The document in a normal form: equal texts have the same.
    pub fn meaning(&self) -> &Value {
        &self.meaning
    }

    /// The size as IAM counts it: characters that are not white space.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
    pub fn size(&self) -> usize {
        self.text.chars().filter(|character| !character.is_whitespace()).count()
    }
}

impl PartialEq for PolicyText {
    /// Whether both mean the same.
    fn eq(&self, other: &PolicyText) -> bool {
        self.meaning == other.meaning
    }
}

impl Eq for PolicyText {}

impl fmt::Debug for PolicyText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Display for PolicyText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl TryFrom<String> for PolicyText {
    type Error = ParsePolicyTextError;

    fn try_from(text: String) -> Result<PolicyText, ParsePolicyTextError> {
        PolicyText::parse(&text)
    }
}

impl From<PolicyText> for String {
    fn from(text: PolicyText) -> String {
        text.text
    }
}

/// The JSON without white space outside of its strings.
fn compact(json: &str) -> String {
    let mut result = String::with_capacity(json.len());
    let mut in_string = false;
    let mut escaped = false;
    for character in json.chars() {
        if !in_string && character.is_whitespace() {
            continue;
        }
        result.push(character);
        match character {
            _ if escaped => escaped = false,
            '\\' if in_string => escaped = true,
            '"' => in_string = !in_string,
            _ => {}
        }
    }
    result
}

fn meaning(mut document: Map<String, Value>) -> Value {
    if let Some(statements) = document.remove("Statement") {
        let statements = match statements {
            Value::Array(statements) => statements,
            single => vec![single],
        };
        let mut statements: Vec<Value> = statements.into_iter().map(statement).collect();
        statements.sort_by_cached_key(Value::to_string);
        statements.dedup();
        document.insert("Statement".to_owned(), Value::Array(statements));
    }
    Value::Object(document)
}

fn statement(value: Value) -> Value {
    let Value::Object(elements) = value else { return value };
    let elements = elements.into_iter().map(|(name, value)| {
        let value = match name.as_str() {
            "Action" | "NotAction" | "Resource" | "NotResource" => strings(value),
            "Principal" | "NotPrincipal" => each(value, |value| strings(root_as_number(value))),
            "Condition" => each(value, |operator| each(operator, |value| strings(as_text(value)))),
            _ => value,
        };
        (name, value)
    });
    Value::Object(elements.collect())
}

/// The object with each of its values changed; another value as it is.
fn each(value: Value, change: impl Fn(Value) -> Value) -> Value {
    match value {
        Value::Object(object) => {
            Value::Object(object.into_iter().map(|(key, value)| (key, change(value))).collect())
        }
        other => other,
    }
}

/// A list of values as a sorted list without repetition; a list of one as the value itself.
fn strings(value: Value) -> Value {
    let Value::Array(mut items) = value else { return value };
    items.sort_by_cached_key(Value::to_string);
    items.dedup();
    match items.len() {
        1 => items.pop().unwrap_or_default(),
        _ => Value::Array(items),
    }
}

/// IAM takes `true` and `5` in conditions for the strings.
fn as_text(value: Value) -> Value {
    match value {
        Value::Array(items) => Value::Array(items.into_iter().map(as_text).collect()),
        Value::Bool(_) | Value::Number(_) => Value::String(value.to_string()),
        other => other,
    }
}

/// IAM writes the ARN of an account's root where the number was given.
fn root_as_number(value: Value) -> Value {
    match value {
        Value::Array(items) => Value::Array(items.into_iter().map(root_as_number).collect()),
        Value::String(text) => {
            let mut parts = text.splitn(6, ':');
            let is_root = parts.next() == Some("arn")
                && parts.nth(1) == Some("iam")
                && parts.nth(2) == Some("root");
            let number = text.split(':').nth(4).unwrap_or_default();
            Value::String(if is_root { number.to_owned() } else { text })
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(left: &str, right: &str, expected: bool) {
        let [left, right] = [left, right].map(|text| PolicyText::parse(text).unwrap());
        assert_eq!(left == right, expected, "{left} and {right}");
    }

    #[test]
    fn white_space_order_and_lists_of_one_mean_nothing() {
        check(
            r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"a:B","Resource":["x","y"]}}"#,
            r#"{ "Statement": [{"Resource": ["y","x","y"], "Action": ["a:B"], "Effect": "Allow"}],
                "Version": "2012-10-17" }"#,
            true,
        );
    }

    #[test]
    fn order_of_statements_means_nothing() {
        check(
            r#"{"Statement":[{"Effect":"Allow"},{"Effect":"Deny"}]}"#,
            r#"{"Statement":[{"Effect":"Deny"},{"Effect":"Allow"}]}"#,
            true,
        );
    }

    #[test]
    fn what_is_allowed_means_something() {
        check(r#"{"Statement":[{"Action":"a:B"}]}"#, r#"{"Statement":[{"Action":"a:C"}]}"#, false);
        check(
            r#"{"Statement":[{"Action":"a:B"}]}"#,
            r#"{"Statement":[{"NotAction":"a:B"}]}"#,
            false,
        );
        check(r#"{"Version":"2008-10-17"}"#, r#"{"Version":"2012-10-17"}"#, false);
        check(r#"{"Statement":[]}"#, r#"{"Statement":[{}]}"#, false);
    }

    #[test]
    fn root_of_an_account_is_its_number() {
        let with = |principal: &str| {
            format!(r#"{{"Statement":{{"Effect":"Allow","Principal":{{"AWS":{principal}}}}}}}"#)
        };
        let check = |left: &str, right: &str, expected| check(&with(left), &with(right), expected);
        check(r#""111122223333""#, r#"["arn:aws:iam::111122223333:root"]"#, true);
        check(r#""111122223333""#, r#""arn:aws:iam::111122223333:role/root""#, false);
        check(r#""111122223333""#, r#""444455556666""#, false);
    }

    #[test]
    fn values_of_conditions_are_text() {
        check(
            r#"{"Statement":{"Condition":{"Bool":{"k":true},"NumericEquals":{"n":[5]}}}}"#,
            r#"{"Statement":{"Condition":{"Bool":{"k":"true"},"NumericEquals":{"n":"5"}}}}"#,
            true,
        );
    }

    #[test]
    fn text_keeps_its_order_and_the_white_space_of_strings() {
        let text = PolicyText::parse("{ \"b\" : \"x \\\" y\",\n \"a\": [1, 2] }").unwrap();
        assert_eq!(text.as_str(), r#"{"b":"x \" y","a":[1,2]}"#);
        assert_eq!(text.size(), 22);
    }

    #[test]
    fn what_is_no_object_is_refused() {
        assert!(matches!(PolicyText::parse("[]"), Err(ParsePolicyTextError::NotAnObject)));
        assert!(matches!(PolicyText::parse("{"), Err(ParsePolicyTextError::NotJson(_))));
    }
}
