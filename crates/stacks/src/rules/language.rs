//! The words that entries of rules and of tools have in common: actions, and conditions with their values.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use stackpass_policy::condition::{ConditionKey, Operator};

/// A condition of an entry: what a permission may be bound to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConditionEntry {
    /// The operator.
    pub operator: Operator,
    /// The condition key.
    pub key: ConditionKey,
    /// The values, of which one must match.
    pub values: Vec<ValueEntry>,
}

/// A value of a condition.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum ValueEntry {
    /// The value itself.
    Text(String),
    /// `$self`: the ARN of the resource.
    Itself,
    /// `$value(Path)`: the texts of a property.
    Value(String),
    /// `$value(Path)END`: those with an end, which bounds the permission even where the property is not known.
    ValueWithEnd {
        /// The property path.
        path: String,
        /// What follows each text.
        end: String,
    },
    /// `$ref(Path)`, or `$ref(Path:SUFFIX)`: the ARN that a property refers to, with something appended.
    Reference {
        /// The property path.
        path: String,
        /// What is appended.
        suffix: String,
    },
    /// `$trust(Path)`: the services that the role at a property trusts. Values behind it are those that receive the role.
    Trust(String),
}

impl ValueEntry {
    /// The property that the value follows from.
    pub fn path(&self) -> Option<&str> {
        match self {
            ValueEntry::Value(path)
            | ValueEntry::ValueWithEnd { path, .. }
            | ValueEntry::Reference { path, .. }
            | ValueEntry::Trust(path) => Some(path),
            ValueEntry::Text(_) | ValueEntry::Itself => None,
        }
    }
}

impl TryFrom<String> for ValueEntry {
    type Error = String;

    fn try_from(text: String) -> Result<ValueEntry, String> {
        let Some(call) = text.strip_prefix('$') else { return Ok(ValueEntry::Text(text)) };
        let (function, argument, end) = match call.split_once('(') {
            Some((function, rest)) => {
                let (argument, end) = rest.split_once(')').unwrap_or(("", rest));
                (function, argument, end)
            }
            None => (call, "", ""),
        };
        Ok(match (function, argument, end) {
            ("self", "", "") => ValueEntry::Itself,
            ("value", path, "") if !path.is_empty() => ValueEntry::Value(path.to_owned()),
            ("value", path, end) if !path.is_empty() => {
                ValueEntry::ValueWithEnd { path: path.to_owned(), end: end.to_owned() }
            }
            ("ref", reference, "") if !reference.is_empty() => {
                let (path, suffix) = reference.split_once(':').unwrap_or((reference, ""));
                ValueEntry::Reference { path: path.to_owned(), suffix: suffix.to_owned() }
            }
            ("trust", path, "") if !path.is_empty() => ValueEntry::Trust(path.to_owned()),
            _ => {
                return Err(format!(
                    "no function `{text}`; write `$value(Path)`, `$ref(Path)`, `$trust(Path)` or `$self`"
                ));
            }
        })
    }
}

/// Reads texts that all stand for something.
pub(crate) fn parsed<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr<Err: fmt::Display>,
{
    let texts = Vec::<String>::deserialize(deserializer)?;
    texts.iter().map(|text| text.parse().map_err(D::Error::custom)).collect()
}

/// Reads condition operator to condition key to values.
pub(crate) fn conditions<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<ConditionEntry>, D::Error> {
    let operators =
        BTreeMap::<String, BTreeMap<String, Vec<ValueEntry>>>::deserialize(deserializer)?;
    let mut conditions = Vec::new();
    for (text, keys) in operators {
        let operator: Operator = text.parse().map_err(|error| {
            D::Error::custom(format!("{error}; write an operator of IAM, such as `StringEquals`"))
        })?;
        for (key, values) in keys {
            let key = key.parse().map_err(D::Error::custom)?;
            conditions.push(ConditionEntry { operator, key, values });
        }
    }
    Ok(conditions)
}
